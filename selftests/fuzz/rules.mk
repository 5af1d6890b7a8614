# SPDX-License-Identifier: MIT
#
# libFuzzer on the core, guest requests, the IGVM reader, the entry of Linux,
# attestation evidence, the host of a TD and the APIC.
# Needs clang and arch/x86/linux_boot.mk.

FUZZ_DIR := $(srctree)/selftests/fuzz
FUZZ_OUT := $(BUILD)/selftests/fuzz
FUZZ_CC ?= clang
FUZZ_SECONDS ?= 60

FUZZ_CFLAGS := -std=gnu11 -O1 -g -D_GNU_SOURCE -Wall -Wextra -Werror \
	-Wmissing-prototypes -Wshadow -Wundef -fno-common -fno-strict-aliasing \
	-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all \
	-I$(srctree)/include -I$(srctree)/arch -I$(srctree)/arch/host \
	-I$(srctree)/arch/x86 -I$(srctree)/tools/igvm -I$(srctree) -MMD -MP
# clang looks into the newest gcc's folder, which may lack the C++ library that
# libFuzzer needs.
FUZZ_LDFLAGS := -fsanitize=fuzzer,address,undefined \
	$(patsubst %/,-L%,$(dir $(wildcard /usr/lib/gcc/*/*/libstdc++.so)))

FUZZ_TARGETS := calls greq igvm linux_boot report tdx_host vapic
FUZZ_PROGRAMS := $(addprefix $(FUZZ_OUT)/fuzz_,$(FUZZ_TARGETS))

fuzz-obj = $(patsubst $(srctree)/%.c,$(FUZZ_OUT)/obj/%.o,$(1))

FUZZ_SRCS_calls := $(FUZZ_DIR)/fuzz_calls_check.c \
	$(filter-out %/string.c,$(wildcard $(srctree)/svsm-core/*.c)) \
	$(wildcard $(srctree)/arch/host/*.c)
FUZZ_SRCS_greq := $(addprefix $(srctree)/,arch/snp/gcm.c arch/snp/greq_message.c \
	machine/snp/psp.c)
FUZZ_SRCS_igvm := $(addprefix $(srctree)/tools/igvm/,igvm_read.c igvm_measure.c)
FUZZ_SRCS_linux_boot := $(addprefix $(srctree)/,$(LINUX_BOOT_SRCS) arch/x86/madt.c)
FUZZ_SRCS_report := $(srctree)/tools/attest/report_read.c
FUZZ_SRCS_tdx_host := $(FUZZ_DIR)/fuzz_tdx_module.c \
	$(addprefix $(srctree)/,arch/tdx/memory.c arch/tdx/vmcall.c arch/x86/pagebits.c)
FUZZ_SRCS_vapic := $(srctree)/svsm-core/vapic.c

$(FUZZ_OUT)/obj/%.o: $(srctree)/%.c
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(FUZZ_CFLAGS) -c $< -o $@

$(foreach t,$(FUZZ_TARGETS),$(eval \
	$(FUZZ_OUT)/fuzz_$(t): $(call fuzz-obj,$(FUZZ_SRCS_$(t)))))
$(FUZZ_OUT)/fuzz_linux_boot: $(LINUX_BOOT_DATA)

$(FUZZ_PROGRAMS): $(FUZZ_OUT)/fuzz_%: $(FUZZ_OUT)/obj/selftests/fuzz/fuzz_%.o \
		$(FUZZ_OUT)/obj/selftests/fuzz/fuzz.o
	$(Q)$(FUZZ_CC) $(FUZZ_LDFLAGS) $^ -o $@

.PHONY: check-fuzz fuzz-long

check-fuzz: $(FUZZ_PROGRAMS)
	$(Q)BUILD=$(BUILD) $(FUZZ_DIR)/run smoke $(FUZZ_TARGETS)

fuzz-long: $(FUZZ_PROGRAMS)
	$(Q)BUILD=$(BUILD) FUZZ_SECONDS=$(FUZZ_SECONDS) \
		$(FUZZ_DIR)/run long $(FUZZ_TARGETS)

-include $(shell find $(FUZZ_OUT) -name '*.d' 2>/dev/null)
