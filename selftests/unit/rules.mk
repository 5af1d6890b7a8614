# SPDX-License-Identifier: MIT
#
# Tests of the core as normal programs, with the address and the undefined-
# behaviour sanitizer; those with threads also with the thread sanitizer.
# check-unit also runs the unit tests that other areas build.

UNIT_DIR := $(srctree)/selftests/unit
UNIT_OUT := $(BUILD)/selftests/unit
UNIT_TIMEOUT := 120

UNIT_CFLAGS := -std=gnu11 -O1 -g -D_GNU_SOURCE -Wall -Wextra -Werror \
	-Wmissing-prototypes -Wshadow -Wundef -fno-common -fno-strict-aliasing \
	-I$(srctree)/include -I$(srctree)/arch/host -MMD -MP
UNIT_ASAN := -fsanitize=address,undefined -fno-sanitize-recover=all
UNIT_TSAN := -fsanitize=thread

# string.c is libc's own here; test_shm.c compiles it under other names.
UNIT_CORE := $(filter-out %/string.c,$(wildcard $(srctree)/svsm-core/*.c)) \
	$(wildcard $(srctree)/arch/host/*.c) $(UNIT_DIR)/core.c
UNIT_TESTS := event_page irqsrc timer dispatch pinned shm selftest threads
UNIT_ALONE := vapic

unit-objs = $(patsubst $(srctree)/%.c,$(UNIT_OUT)/$(1)/%.o,$(UNIT_CORE))
UNIT_PROGRAMS := $(addprefix $(UNIT_OUT)/test_,$(UNIT_TESTS) $(UNIT_ALONE)) \
	$(UNIT_OUT)/test_threads_tsan

$(UNIT_OUT)/asan/%.o: $(srctree)/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(UNIT_CFLAGS) $(UNIT_ASAN) -c $< -o $@

$(UNIT_OUT)/tsan/%.o: $(srctree)/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(UNIT_CFLAGS) $(UNIT_TSAN) -c $< -o $@

$(addprefix $(UNIT_OUT)/test_,$(UNIT_TESTS)): $(UNIT_OUT)/test_%: \
		$(UNIT_OUT)/asan/selftests/unit/test_%.o \
		$(call unit-objs,asan) $(UNIT_OUT)/asan/svsm-core/string_core.o
	$(Q)$(CC) $(UNIT_ASAN) $^ -lcmocka -pthread -o $@

$(UNIT_OUT)/test_threads_tsan: $(UNIT_OUT)/tsan/selftests/unit/test_threads.o \
		$(call unit-objs,tsan)
	$(Q)$(CC) $(UNIT_TSAN) $^ -lcmocka -pthread -o $@

$(UNIT_OUT)/test_vapic: $(UNIT_OUT)/asan/selftests/unit/test_vapic.o \
		$(UNIT_OUT)/asan/svsm-core/vapic.o
	$(Q)$(CC) $(UNIT_ASAN) $^ -lcmocka -o $@

# The image's memcpy() and friends beside libc's.
$(UNIT_OUT)/asan/svsm-core/string_core.o: $(srctree)/svsm-core/string.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(UNIT_CFLAGS) $(UNIT_ASAN) -fno-builtin \
		-Dmemcpy=core_memcpy -Dmemmove=core_memmove \
		-Dmemset=core_memset -Dmemcmp=core_memcmp -c $< -o $@

# Offsets and sizes: compiling is the test.
$(UNIT_OUT)/abi_layout.o: $(UNIT_DIR)/abi_layout.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(UNIT_CFLAGS) -c $< -o $@

.PHONY: check-unit check-style

check-style:
	$(Q)$(srctree)/selftests/style/headers
	$(Q)$(srctree)/selftests/style/spdx
	$(Q)$(srctree)/selftests/style/core-words

check-unit: $(UNIT_PROGRAMS) $(UNIT_OUT)/abi_layout.o $(IGVM_TEST) \
		$(LINUX_BOOT_TEST) $(ARCH_TEST) $(ATTEST_TEST) check-core check-style
	$(Q)status=0; for test in $(UNIT_PROGRAMS) $(IGVM_TEST) \
			$(LINUX_BOOT_TEST) $(ARCH_TEST) $(ATTEST_TEST); do \
		echo "== $${test##*/}"; \
		ASAN_OPTIONS=detect_leaks=0 timeout $(UNIT_TIMEOUT) $$test || \
			status=1; \
	done; exit $$status

-include $(shell find $(UNIT_OUT) -name '*.d' 2>/dev/null)
