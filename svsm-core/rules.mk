# SPDX-License-Identifier: MIT
#
# The core, compiled as images have it, in both code models that they use. The
# images compile it by themselves; this proves that it needs no C library and
# nothing that arch.h does not promise.

CORE_SRCS := $(wildcard $(srctree)/svsm-core/*.c)
CORE_MODELS := kernel small
CORE_CFLAGS := -std=gnu11 -O2 -g -ffreestanding -fno-stack-protector -fno-pic \
	-mno-red-zone -mgeneral-regs-only -Wall -Wextra -Werror \
	-Wmissing-prototypes -Wshadow -Wundef -fno-common -fno-strict-aliasing \
	-fno-asynchronous-unwind-tables -I$(srctree)/include -MMD -MP
CORE_LINKED := $(foreach m,$(CORE_MODELS),$(BUILD)/svsm-core/$(m).o)

define core-model
$(BUILD)/svsm-core/$(1)/%.o: $(srctree)/svsm-core/%.c
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(CORE_CFLAGS) -mcmodel=$(1) -c $$< -o $$@

$(BUILD)/svsm-core/$(1).o: $(patsubst $(srctree)/svsm-core/%.c,$(BUILD)/svsm-core/$(1)/%.o,$(CORE_SRCS))
	$$(Q)$$(CC) -nostdlib -r $$^ -o $$@
endef
$(foreach m,$(CORE_MODELS),$(eval $(call core-model,$(m))))

.PHONY: check-core
check-core: $(CORE_LINKED)
	$(Q)$(srctree)/selftests/style/core-symbols $(CORE_LINKED)
	$(Q)$(srctree)/selftests/style/core-words

-include $(wildcard $(BUILD)/svsm-core/*/*.d)
