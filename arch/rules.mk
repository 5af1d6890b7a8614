# SPDX-License-Identifier: MIT
#
# The SVSM's images: svsm-core/, arch/x86/ and one of arch/snp/ and arch/tdx/
# in one link each. Needs arch/x86/linux_boot.mk; $(VERSION) goes into the log.

ARCH_CFLAGS := -std=gnu11 -O2 -g -ffreestanding -fno-stack-protector -fno-pic \
	-mno-red-zone -mgeneral-regs-only -mcmodel=small -Wall -Wextra -Werror \
	-Wmissing-prototypes -Wshadow -Wundef -fno-common -fno-strict-aliasing \
	-fcf-protection=none -fno-asynchronous-unwind-tables \
	-fno-tree-loop-distribute-patterns \
	-I$(srctree)/include -I$(srctree)/arch -MMD -MP $(PREFIX_MAP)
ARCH_LDS := $(srctree)/arch/x86/image.lds

# Invariants are for tests; no guest has an APIC of ours.
ARCH_LEAVE_OUT := $(addprefix $(srctree)/svsm-core/,invariant.c vapic.c)
ARCH_COMMON := $(filter-out $(ARCH_LEAVE_OUT),$(wildcard $(srctree)/svsm-core/*.c)) \
	$(wildcard $(srctree)/arch/x86/*.c) \
	$(addprefix $(srctree)/arch/x86/,idt.S shm.S start.S)

# $(1): snp or tdx
define ARCH_IMAGE
ARCH_OBJS_$(1) := $$(patsubst $(srctree)/%,$(BUILD)/svsm-$(1)/%.o,$$(basename \
	$(ARCH_COMMON) $$(wildcard $(srctree)/arch/$(1)/*.c $(srctree)/arch/$(1)/*.S)))

$(BUILD)/svsm-$(1)/arch/$(1)/main.o: ARCH_CFLAGS += -DSVSM_VERSION='"$(VERSION)"'

$(BUILD)/svsm-$(1)/%.o: $(srctree)/%.c
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(ARCH_CFLAGS) -c $$< -o $$@

$(BUILD)/svsm-$(1)/%.o: $(srctree)/%.S
	@mkdir -p $$(@D)
	$$(Q)$$(CC) -I$(srctree)/arch -MMD -MP -c $$< -o $$@

$(BUILD)/svsm-$(1)/image.lds: $(ARCH_LDS) $(srctree)/arch/tdx/trampoline.h
	@mkdir -p $$(@D)
	$$(Q)$$(CC) -E -P -x assembler-with-cpp -DPLATFORM_$(1) \
		-I$(srctree)/arch $$< -o $$@

$(BUILD)/svsm-$(1).elf: $$(ARCH_OBJS_$(1)) $(LINUX_BOOT_DATA) $(BUILD)/svsm-$(1)/image.lds
	$$(Q)$$(CC) -nostdlib -static -no-pie -Wl,--build-id=none \
		-Wl,-z,max-page-size=4096 -Wl,--no-warn-rwx-segments \
		-T $(BUILD)/svsm-$(1)/image.lds $$(filter %.o,$$^) -o $$@

-include $$(ARCH_OBJS_$(1):.o=.d)
endef

$(foreach platform,snp tdx,$(eval $(call ARCH_IMAGE,$(platform))))

# Pure parts as normal programs.
ARCH_TEST_madt := x86/madt
ARCH_TEST_pagebits := x86/pagebits
ARCH_TEST_insn := tdx/insn
ARCH_TEST := $(addprefix $(BUILD)/selftests/unit/test_,madt pagebits insn)

$(ARCH_TEST): $(BUILD)/selftests/unit/test_%: $(srctree)/selftests/unit/test_%.c \
		$(wildcard $(srctree)/arch/x86/*.[ch] $(srctree)/arch/tdx/*.[ch])
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -g -O1 -Wall -Wextra -Werror -Wshadow -Wundef \
		-fsanitize=address,undefined -fno-sanitize-recover=all \
		-I$(srctree)/include -I$(srctree)/arch $< \
		$(srctree)/arch/$(ARCH_TEST_$*).c -lcmocka -o $@

.PHONY: arch-test
arch-test: $(ARCH_TEST)
	$(Q)for t in $(ARCH_TEST); do timeout 60 $$t || exit; done
