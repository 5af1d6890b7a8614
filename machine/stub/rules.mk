# SPDX-License-Identifier: MIT
#
# The firmware of plain SNP guests, and the runtime that bare payloads share
# with it (STUB_RT_*). Needs arch/x86/linux_boot.mk.

STUB_RT := machine/stub/rt
STUB_RT_OBJS := $(addprefix $(BUILD)/$(STUB_RT)/,entry.o ghcb.o memory.o print.o)
STUB_RT_LDS := $(srctree)/$(STUB_RT)/rt.lds
STUB_RT_HEADERS := $(wildcard $(srctree)/$(STUB_RT)/*.h)

STUB_CFLAGS := -std=gnu11 -O2 -g -ffreestanding -fno-stack-protector -fno-pic \
	-mno-red-zone -mgeneral-regs-only -mcmodel=small -Wall -Wextra -Werror \
	-Wmissing-prototypes -Wshadow -Wundef -fno-common -fno-strict-aliasing \
	-fcf-protection=none -fno-asynchronous-unwind-tables \
	-I$(srctree)/include -I$(srctree)/arch/x86 -I$(srctree)/machine/stub
STUB_LDFLAGS := -nostdlib -static -no-pie -Wl,--build-id=none \
	-Wl,-z,max-page-size=4096 -Wl,--no-warn-rwx-segments -T $(STUB_RT_LDS)

STUB_OBJS := $(BUILD)/machine/stub/stub.o \
	$(patsubst %.c,$(BUILD)/machine/stub/%.o,$(notdir $(LINUX_BOOT_SRCS)))

$(BUILD)/$(STUB_RT)/%.o: $(srctree)/$(STUB_RT)/%.c $(STUB_RT_HEADERS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(STUB_CFLAGS) -c $< -o $@

$(BUILD)/$(STUB_RT)/%.o: $(srctree)/$(STUB_RT)/%.S $(STUB_RT_HEADERS)
	@mkdir -p $(@D)
	$(Q)$(CC) -c $< -o $@

$(BUILD)/machine/stub/stub.o: $(srctree)/machine/stub/stub.c $(STUB_RT_HEADERS) \
		$(srctree)/arch/x86/linux_boot.h $(srctree)/include/svsm/payload.h
	@mkdir -p $(@D)
	$(Q)$(CC) $(STUB_CFLAGS) -c $< -o $@

$(BUILD)/machine/stub/%.o: $(srctree)/arch/x86/%.c $(srctree)/arch/x86/acpi.h \
		$(srctree)/arch/x86/linux_boot.h $(srctree)/include/svsm/payload.h
	@mkdir -p $(@D)
	$(Q)$(CC) $(STUB_CFLAGS) -c $< -o $@

$(BUILD)/stub-snp.elf: $(STUB_RT_OBJS) $(STUB_OBJS) $(LINUX_BOOT_DATA) $(STUB_RT_LDS)
	$(Q)$(CC) $(STUB_LDFLAGS) $(filter %.o,$^) -o $@
