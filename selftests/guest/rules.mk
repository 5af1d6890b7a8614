# SPDX-License-Identifier: MIT
#
# Bare payloads for the machine: one image each. Needs machine/stub/rules.mk.

GUEST_PAYLOADS := $(patsubst $(srctree)/selftests/guest/%.c,%,$(filter-out \
	%/lib.c %/level.c,$(wildcard $(srctree)/selftests/guest/*.c)))
GUEST_DIR := $(BUILD)/selftests/guest
GUEST_ELFS := $(addprefix $(GUEST_DIR)/,$(addsuffix .elf,$(GUEST_PAYLOADS)))
GUEST_LIB := $(GUEST_DIR)/lib.o $(GUEST_DIR)/try.o $(GUEST_DIR)/level.o \
	$(STUB_RT_OBJS)

$(GUEST_DIR)/%.o: $(srctree)/selftests/guest/%.c \
		$(wildcard $(srctree)/selftests/guest/*.h) $(STUB_RT_HEADERS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(STUB_CFLAGS) -c $< -o $@

$(GUEST_DIR)/%.o: $(srctree)/selftests/guest/%.S $(STUB_RT_HEADERS)
	@mkdir -p $(@D)
	$(Q)$(CC) -I$(srctree)/machine/stub -c $< -o $@

.SECONDARY: $(addprefix $(GUEST_DIR)/,$(addsuffix .o,$(GUEST_PAYLOADS)))

$(GUEST_ELFS): %.elf: %.o $(GUEST_LIB) $(STUB_RT_LDS)
	$(Q)$(CC) $(STUB_LDFLAGS) $(filter %.o,$^) -o $@

.PHONY: guest-payloads check-guest
guest-payloads: $(GUEST_ELFS)

check-guest: guest-payloads $(BUILD)/igvm-build $(BUILD)/machine.elf
	$(Q)BUILD=$(BUILD) $(srctree)/selftests/guest/run
