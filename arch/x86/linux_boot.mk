# SPDX-License-Identifier: MIT
#
# Linux hand-over and ACPI tables. A user links objects of LINUX_BOOT_SRCS,
# compiled with its own flags, and LINUX_BOOT_DATA (plain bytes).

LINUX_BOOT_SRCS := arch/x86/linux_boot.c arch/x86/acpi.c
LINUX_BOOT_DATA := $(BUILD)/arch/x86/acpi_dsdt.o
LINUX_BOOT_TEST := $(BUILD)/selftests/unit/test_linux_boot

IASL ?= iasl

$(BUILD)/arch/x86/acpi_dsdt.aml: $(srctree)/arch/x86/acpi_dsdt.asl
	@mkdir -p $(@D)
	$(Q)$(CC) -E -P -undef -x assembler-with-cpp $< -o $(@:.aml=.pre.asl)
	$(Q)$(IASL) -va -we -p $(@:.aml=) $(@:.aml=.pre.asl) >$(@:.aml=.log) || \
		{ cat $(@:.aml=.log); exit 1; }

$(BUILD)/arch/x86/acpi_dsdt.o: $(srctree)/arch/x86/acpi_dsdt.S \
		$(BUILD)/arch/x86/acpi_dsdt.aml
	$(Q)$(CC) -c -Wa,-I$(BUILD)/arch/x86 $< -o $@

$(LINUX_BOOT_TEST): $(srctree)/selftests/unit/test_linux_boot.c \
		$(addprefix $(srctree)/,$(LINUX_BOOT_SRCS)) \
		$(srctree)/arch/x86/linux_boot.h $(srctree)/arch/x86/acpi.h \
		$(srctree)/include/svsm/payload.h $(LINUX_BOOT_DATA)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -g -O1 -Wall -Wextra -Werror -Wshadow -Wundef \
		-fsanitize=address,undefined -fno-sanitize-recover=all \
		-I$(srctree)/include -I$(srctree)/arch/x86 \
		$(filter %.c,$^) $(LINUX_BOOT_DATA) -lcmocka -o $@

.PHONY: linux-boot-test
linux-boot-test: $(LINUX_BOOT_TEST)
	timeout 60 $(LINUX_BOOT_TEST)
