# SPDX-License-Identifier: MIT
# machine.elf. Needs $(BUILD) and $(srctree); target: $(BUILD)/machine.elf

MACHINE_CC ?= $(or $(CC),gcc)
MACHINE_CFLAGS ?= -O2 -g

machine-cflags := -std=gnu11 -ffreestanding -fno-stack-protector -fno-pic -mno-red-zone \
	-mgeneral-regs-only -mcmodel=kernel -fno-common -fno-strict-aliasing \
	-fno-asynchronous-unwind-tables \
	-Wall -Wextra -Werror -Wmissing-prototypes -Wshadow -Wundef \
	-I$(srctree)/include $(PREFIX_MAP)
machine-ldflags := -static -nostdlib -no-pie -Wl,--build-id=none -Wl,-z,max-page-size=4096 \
	-Wl,-z,noexecstack -Wl,--no-warn-rwx-segments

machine-obj := $(BUILD)/machine-elf
machine-sources := $(patsubst $(srctree)/%,%,$(wildcard $(srctree)/machine/*.c \
		$(srctree)/machine/*.S $(srctree)/machine/snp/*.c \
		$(srctree)/machine/tdx/*.c \
		$(srctree)/machine/svm/*.c $(srctree)/machine/svm/*.S)) \
	svsm-core/vapic.c arch/snp/gcm.c tools/igvm/igvm_read.c tools/igvm/igvm_measure.c
machine-objects := $(addprefix $(machine-obj)/,$(addsuffix .o,$(machine-sources)))

.PHONY: machine
machine: $(BUILD)/machine.elf

$(machine-obj)/%.c.o: $(srctree)/%.c
	@mkdir -p $(@D)
	$(MACHINE_CC) $(machine-cflags) $(MACHINE_CFLAGS) -MMD -MP -c -o $@ $<

$(machine-obj)/%.S.o: $(srctree)/%.S
	@mkdir -p $(@D)
	$(MACHINE_CC) $(machine-cflags) $(MACHINE_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/machine.elf: $(machine-objects) $(srctree)/machine/machine.lds
	$(MACHINE_CC) $(machine-ldflags) -T $(srctree)/machine/machine.lds -o $@ $(machine-objects)

-include $(machine-objects:.o=.d)
