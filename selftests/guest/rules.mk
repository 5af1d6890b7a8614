# SPDX-License-Identifier: MIT
#
# Bare payloads for the machine: one image each. Those in tdx/ are firmware of
# a TD, those called calls_* are kernels of the SVSM's guest on SNP, the others
# are firmware of an SNP guest. Needs machine/stub/rules.mk.

GUEST_SRC := $(srctree)/selftests/guest
GUEST_DIR := $(BUILD)/selftests/guest
GUEST_HEADERS := $(wildcard $(GUEST_SRC)/*.h $(srctree)/include/uapi/svsm/*.h) \
	$(STUB_RT_HEADERS)

GUEST_PAYLOADS := $(filter-out attempt ktap lib level svsm_% calls_%,$(basename \
	$(notdir $(wildcard $(GUEST_SRC)/*.c))))
GUEST_ELFS := $(GUEST_PAYLOADS:%=$(GUEST_DIR)/%.elf)
GUEST_LIB := $(addprefix $(GUEST_DIR)/,lib.o ktap.o attempt.o try.o level.o) \
	$(STUB_RT_OBJS)
GUEST_CFLAGS := $(STUB_CFLAGS) -I$(GUEST_SRC)

$(GUEST_DIR)/%.o: $(GUEST_SRC)/%.c $(GUEST_HEADERS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(GUEST_CFLAGS) -c $< -o $@

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
	svsm_ap.o lib.o ktap.o attempt.o try.o level.o rt/entry.o rt/long.o \
	rt/ghcb.o rt/memory.o rt/print.o)
CALLS_LDS := $(GUEST_SRC)/svsm.lds
CALLS_BASE := -DRT_IMAGE=0x1000000
CALLS_CFLAGS := $(GUEST_CFLAGS) $(CALLS_BASE)
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

# TDs: <guest.h> is theirs.
TDX_SRC := $(GUEST_SRC)/tdx
TDX_DIR := $(GUEST_DIR)/tdx
TDX_HEADERS := $(wildcard $(GUEST_SRC)/*.h $(TDX_SRC)/*.h) $(STUB_TDX_HEADERS)
TDX_CFLAGS := $(STUB_TDX_CFLAGS) -I$(TDX_SRC)
TDX_PAYLOADS := $(filter-out lib,$(basename $(notdir $(wildcard $(TDX_SRC)/*.c))))
TDX_ELFS := $(TDX_PAYLOADS:%=$(TDX_DIR)/%.elf)
TDX_LIB := $(addprefix $(TDX_DIR)/,lib.o ap.o ktap.o attempt.o try.o sha384.o)
TDX_RT := $(STUB_TDX_RT_OBJS)

$(TDX_DIR)/%.o: $(TDX_SRC)/%.c $(TDX_HEADERS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(TDX_CFLAGS) -c $< -o $@

$(TDX_DIR)/%.o: $(GUEST_SRC)/%.c $(TDX_HEADERS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(TDX_CFLAGS) -c $< -o $@

$(TDX_DIR)/%.o: $(TDX_SRC)/%.S $(TDX_HEADERS)
	@mkdir -p $(@D)
	$(Q)$(CC) -I$(srctree)/machine/stub -I$(srctree)/arch -c $< -o $@

$(TDX_DIR)/%.o: $(GUEST_SRC)/%.S $(TDX_HEADERS)
	@mkdir -p $(@D)
	$(Q)$(CC) -I$(srctree)/machine/stub -c $< -o $@

$(TDX_DIR)/sha384.o: $(srctree)/machine/sha384.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(TDX_CFLAGS) -c $< -o $@

.SECONDARY: $(TDX_PAYLOADS:%=$(TDX_DIR)/%.o) $(TDX_LIB)

$(TDX_DIR)/trampoline.elf: $(TDX_DIR)/trampoline_code.o
# It has a reset vector of its own.
$(TDX_DIR)/start.elf: $(TDX_DIR)/start_page.o
$(TDX_DIR)/start.elf: TDX_RT := $(filter-out %/trampoline.o,$(STUB_TDX_RT_OBJS))

$(TDX_ELFS): %.elf: %.o $(TDX_LIB) $(STUB_TDX_RT_OBJS) $(STUB_TDX_LDS)
	$(Q)$(CC) $(STUB_TDX_LDFLAGS) \
		$(filter-out $(STUB_TDX_RT_OBJS),$(filter %.o,$^)) $(TDX_RT) -o $@

.PHONY: guest-payloads check-guest
guest-payloads: $(GUEST_ELFS) $(CALLS_IMAGES) $(TDX_ELFS)

check-guest: guest-payloads $(BUILD)/igvm-build $(BUILD)/igvm-measure \
		$(BUILD)/machine.elf $(BUILD)/svsm-snp.elf
	$(Q)BUILD=$(BUILD) $(srctree)/selftests/guest/run
