# SPDX-License-Identifier: MIT
#
# Bare payloads for the machine: one image each. Those called calls_* are
# kernels of the SVSM's guest, the others are firmware. Needs
# machine/stub/rules.mk.

GUEST_SRC := $(srctree)/selftests/guest
GUEST_DIR := $(BUILD)/selftests/guest
GUEST_HEADERS := $(wildcard $(GUEST_SRC)/*.h $(srctree)/include/uapi/svsm/*.h) \
	$(STUB_RT_HEADERS)

GUEST_PAYLOADS := $(filter-out lib level svsm_% calls_%,$(basename \
	$(notdir $(wildcard $(GUEST_SRC)/*.c))))
GUEST_ELFS := $(GUEST_PAYLOADS:%=$(GUEST_DIR)/%.elf)
GUEST_LIB := $(GUEST_DIR)/lib.o $(GUEST_DIR)/try.o $(GUEST_DIR)/level.o \
	$(STUB_RT_OBJS)

$(GUEST_DIR)/%.o: $(GUEST_SRC)/%.c $(GUEST_HEADERS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(STUB_CFLAGS) -c $< -o $@

$(GUEST_DIR)/%.o: $(GUEST_SRC)/%.S $(STUB_RT_HEADERS)
	@mkdir -p $(@D)
	$(Q)$(CC) -I$(srctree)/machine/stub -c $< -o $@

.SECONDARY: $(GUEST_PAYLOADS:%=$(GUEST_DIR)/%.o)

$(GUEST_ELFS): %.elf: %.o $(GUEST_LIB) $(STUB_RT_LDS)
	$(Q)$(CC) $(STUB_LDFLAGS) $(filter %.o,$^) -o $@

# The SVSM's guest: the same runtime and library, linked where a kernel is
# loaded. PVALIDATE is the SVSM's business there, so the runtime's own gets out
# of the way of the one in svsm_lib.c.
OBJCOPY ?= objcopy
CALLS_DIR := $(GUEST_DIR)/vmpl2
CALLS_PAYLOADS := $(basename $(notdir $(wildcard $(GUEST_SRC)/calls_*.c)))
CALLS_IMAGES := $(CALLS_PAYLOADS:%=$(CALLS_DIR)/%.bzimage)
CALLS_LIB := $(addprefix $(CALLS_DIR)/,svsm_entry.o svsm_lib.o svsm_irq.o \
	svsm_ap.o lib.o try.o level.o rt/entry.o rt/ghcb.o rt/memory.o rt/print.o)
CALLS_LDS := $(GUEST_SRC)/svsm.lds
CALLS_BASE := -DRT_IMAGE=0x1000000
CALLS_CFLAGS := $(STUB_CFLAGS) $(CALLS_BASE)
CALLS_LDFLAGS := $(filter-out -T $(STUB_RT_LDS),$(STUB_LDFLAGS)) -T $(CALLS_LDS)

$(CALLS_DIR)/rt/memory.o: CALLS_CFLAGS += -Drt_pvalidate=rt_pvalidate_vmpl0

$(CALLS_DIR)/%.o: $(GUEST_SRC)/%.c $(GUEST_HEADERS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CALLS_CFLAGS) -c $< -o $@

$(CALLS_DIR)/%.o: $(GUEST_SRC)/%.S $(STUB_RT_HEADERS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CALLS_BASE) -I$(srctree)/machine/stub -c $< -o $@

$(CALLS_DIR)/rt/%.o: $(srctree)/$(STUB_RT)/%.c $(STUB_RT_HEADERS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CALLS_CFLAGS) -c $< -o $@

$(CALLS_DIR)/rt/%.o: $(srctree)/$(STUB_RT)/%.S $(STUB_RT_HEADERS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CALLS_BASE) -c $< -o $@

.SECONDARY: $(CALLS_PAYLOADS:%=$(CALLS_DIR)/%.o) $(CALLS_LIB)

$(CALLS_DIR)/%.elf: $(CALLS_DIR)/%.o $(CALLS_LIB) $(CALLS_LDS)
	$(Q)$(CC) $(CALLS_LDFLAGS) $(filter %.o,$^) -o $@

# The file ends where memory is zero anyway.
$(CALLS_IMAGES): %.bzimage: %.elf
	$(Q)$(OBJCOPY) -O binary $< $@

.PHONY: guest-payloads check-guest
guest-payloads: $(GUEST_ELFS) $(CALLS_IMAGES)

check-guest: guest-payloads $(BUILD)/igvm-build $(BUILD)/machine.elf \
		$(BUILD)/svsm-snp.elf
	$(Q)BUILD=$(BUILD) $(srctree)/selftests/guest/run
