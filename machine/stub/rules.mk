# SPDX-License-Identifier: MIT
#
# The firmware of plain SNP guests and of plain TDs, and the runtimes that bare
# payloads share with them (STUB_RT_*, STUB_TDX_RT_*). Needs
# arch/x86/linux_boot.mk.

STUB_RT := machine/stub/rt
STUB_TDX := machine/stub/tdx
STUB_RT_COMMON := $(addprefix $(BUILD)/$(STUB_RT)/,long.o print.o)
STUB_RT_OBJS := $(STUB_RT_COMMON) \
	$(addprefix $(BUILD)/$(STUB_RT)/,entry.o ghcb.o memory.o)
STUB_TDX_RT_OBJS := $(STUB_RT_COMMON) \
	$(addprefix $(BUILD)/$(STUB_TDX)/,trampoline.o entry.o vmcall.o memory.o)
STUB_RT_LDS := $(srctree)/$(STUB_RT)/rt.lds
STUB_TDX_LDS := $(srctree)/$(STUB_TDX)/rt_tdx.lds
STUB_RT_HEADERS := $(wildcard $(srctree)/$(STUB_RT)/*.h)
STUB_TDX_HEADERS := $(STUB_RT_HEADERS) $(wildcard $(srctree)/$(STUB_TDX)/*.h) \
	$(srctree)/arch/tdx/trampoline.h

STUB_CFLAGS := -std=gnu11 -O2 -g -ffreestanding -fno-stack-protector -fno-pic \
	-mno-red-zone -mgeneral-regs-only -mcmodel=small -Wall -Wextra -Werror \
	-Wmissing-prototypes -Wshadow -Wundef -fno-common -fno-strict-aliasing \
	-fcf-protection=none -fno-asynchronous-unwind-tables \
	-I$(srctree)/include -I$(srctree)/arch/x86 -I$(srctree)/machine/stub $(PREFIX_MAP)
STUB_TDX_CFLAGS := $(STUB_CFLAGS) -I$(srctree)/arch
STUB_LDFLAGS_ANY := -nostdlib -static -no-pie -Wl,--build-id=none \
	-Wl,-z,max-page-size=4096 -Wl,--no-warn-rwx-segments
STUB_LDFLAGS := $(STUB_LDFLAGS_ANY) -T $(STUB_RT_LDS)
STUB_TDX_LDFLAGS := $(STUB_LDFLAGS_ANY) -T $(STUB_TDX_LDS)

STUB_LINUX_OBJS := \
	$(patsubst %.c,$(BUILD)/machine/stub/%.o,$(notdir $(LINUX_BOOT_SRCS)))
STUB_LINUX_HEADERS := $(srctree)/arch/x86/linux_boot.h \
	$(srctree)/arch/x86/acpi.h $(srctree)/include/svsm/payload.h \
	$(srctree)/machine/stub/firmware.h
STUB_OBJS := $(BUILD)/machine/stub/stub.o $(BUILD)/machine/stub/firmware.o \
	$(STUB_LINUX_OBJS)
STUB_TDX_OBJS := \
	$(addprefix $(BUILD)/$(STUB_TDX)/,stub.o wakeup.o wakeup_entry.o) \
	$(BUILD)/machine/stub/firmware.o $(STUB_LINUX_OBJS)

$(BUILD)/$(STUB_RT)/%.o: $(srctree)/$(STUB_RT)/%.c $(STUB_RT_HEADERS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(STUB_CFLAGS) -c $< -o $@

$(BUILD)/$(STUB_RT)/%.o: $(srctree)/$(STUB_RT)/%.S $(STUB_RT_HEADERS)
	@mkdir -p $(@D)
	$(Q)$(CC) -c $< -o $@

$(BUILD)/$(STUB_TDX)/%.o: $(srctree)/$(STUB_TDX)/%.c $(STUB_TDX_HEADERS) \
		$(STUB_LINUX_HEADERS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(STUB_TDX_CFLAGS) -c $< -o $@

$(BUILD)/$(STUB_TDX)/%.o: $(srctree)/$(STUB_TDX)/%.S $(STUB_TDX_HEADERS)
	@mkdir -p $(@D)
	$(Q)$(CC) -I$(srctree)/machine/stub -c $< -o $@

$(BUILD)/$(STUB_TDX)/trampoline.o: $(srctree)/arch/tdx/trampoline.S \
		$(srctree)/arch/tdx/trampoline.h
	@mkdir -p $(@D)
	$(Q)$(CC) -c $< -o $@

$(BUILD)/machine/stub/%.o: $(srctree)/machine/stub/%.c $(STUB_RT_HEADERS) \
		$(STUB_LINUX_HEADERS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(STUB_CFLAGS) -c $< -o $@

$(BUILD)/machine/stub/%.o: $(srctree)/arch/x86/%.c $(STUB_LINUX_HEADERS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(STUB_CFLAGS) -c $< -o $@

$(BUILD)/stub-snp.elf: $(STUB_RT_OBJS) $(STUB_OBJS) $(LINUX_BOOT_DATA) $(STUB_RT_LDS)
	$(Q)$(CC) $(STUB_LDFLAGS) $(filter %.o,$^) -o $@

$(BUILD)/stub-tdx.elf: $(STUB_TDX_RT_OBJS) $(STUB_TDX_OBJS) $(LINUX_BOOT_DATA) \
		$(STUB_TDX_LDS)
	$(Q)$(CC) $(STUB_TDX_LDFLAGS) $(filter %.o,$^) -o $@
