# SPDX-License-Identifier: MIT
#
# The SVSM's image for SEV-SNP: svsm-core/, arch/x86/ and arch/snp/ in one
# link. Needs arch/x86/linux_boot.mk; $(VERSION) goes into the log.

ARCH_CFLAGS := -std=gnu11 -O2 -g -ffreestanding -fno-stack-protector -fno-pic \
	-mno-red-zone -mgeneral-regs-only -mcmodel=small -Wall -Wextra -Werror \
	-Wmissing-prototypes -Wshadow -Wundef -fno-common -fno-strict-aliasing \
	-fcf-protection=none -fno-asynchronous-unwind-tables \
	-fno-tree-loop-distribute-patterns \
	-I$(srctree)/include -I$(srctree)/arch -MMD -MP
ARCH_LDS := $(srctree)/arch/x86/image.lds

# Invariants are for tests; the guest has the host's APIC, not ours.
ARCH_LEAVE_OUT := $(addprefix $(srctree)/svsm-core/,invariant.c vapic.c)
ARCH_SRCS := $(filter-out $(ARCH_LEAVE_OUT),$(wildcard $(srctree)/svsm-core/*.c)) \
	$(wildcard $(srctree)/arch/x86/*.c $(srctree)/arch/snp/*.c) \
	$(addprefix $(srctree)/arch/,x86/idt.S x86/shm.S snp/entry.S snp/enter.S)
ARCH_OBJS := $(patsubst $(srctree)/%,$(BUILD)/svsm-snp/%.o,$(basename $(ARCH_SRCS)))

$(BUILD)/svsm-snp/arch/snp/main.o: ARCH_CFLAGS += -DSVSM_VERSION='"$(VERSION)"'

$(BUILD)/svsm-snp/%.o: $(srctree)/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(ARCH_CFLAGS) -c $< -o $@

$(BUILD)/svsm-snp/%.o: $(srctree)/%.S
	@mkdir -p $(@D)
	$(Q)$(CC) -I$(srctree)/arch -MMD -MP -c $< -o $@

$(BUILD)/svsm-snp.elf: $(ARCH_OBJS) $(LINUX_BOOT_DATA) $(ARCH_LDS)
	$(Q)$(CC) -nostdlib -static -no-pie -Wl,--build-id=none \
		-Wl,-z,max-page-size=4096 \
		-T $(ARCH_LDS) $(filter %.o,$^) -o $@

-include $(ARCH_OBJS:.o=.d)

# Pure parts as normal programs.
ARCH_TEST := $(BUILD)/selftests/unit/test_madt

$(ARCH_TEST): $(srctree)/selftests/unit/test_madt.c $(srctree)/arch/x86/madt.c \
		$(srctree)/arch/x86/madt.h
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -g -O1 -Wall -Wextra -Werror -Wshadow -Wundef \
		-fsanitize=address,undefined -fno-sanitize-recover=all \
		-I$(srctree)/include -I$(srctree)/arch $(filter %.c,$^) \
		-lcmocka -o $@

.PHONY: arch-test
arch-test: $(ARCH_TEST)
	$(Q)timeout 60 $(ARCH_TEST)
