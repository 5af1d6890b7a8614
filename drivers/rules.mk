# SPDX-License-Identifier: GPL-2.0-only
# The guest drivers: svsm_irq.ko and svsm_timer.ko.
#
#   KDIR   build folder of the kernel to build for: /lib/modules/VERSION/build
#   BUILD  build folder of the tree; modules go to $(BUILD)/modules/VERSION/
#
# The kernel's build system puts objects beside sources, so it is given a
# folder of links to them.

KDIR ?= /lib/modules/$(shell uname -r)/build
# What vermagic has; include/config/kernel.release may say it otherwise.
modules_version = $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' \
		  $(KDIR)/include/generated/utsrelease.h)
modules_dir = $(abspath $(BUILD))/modules/$(modules_version)
# Headers ask for type information even where nothing can make it.
modules_flags = $(if $(shell command -v pahole),,CONFIG_DEBUG_INFO_BTF_MODULES=)
# Where the compiler of the headers is missing this system's has to do: the
# options that an older one does not know go.
modules_cc = $(shell sed -n 's/^CONFIG_CC_VERSION_TEXT="\([^ ]*\).*/\1/p' \
	     $(KDIR)/include/config/auto.conf)
modules_cc_flags = CC=gcc $(if $(shell gcc -fmin-function-alignment=16 -x c -c \
		   -o /dev/null /dev/null 2>/dev/null && echo y),,\
		   CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT=)
modules_flags += $(if $(shell command -v $(modules_cc)),,$(modules_cc_flags))

define modules_build
	@mkdir -p $(modules_dir)/src
	@cp -rsf $(abspath $(srctree))/Kbuild $(abspath $(srctree))/drivers \
		$(abspath $(srctree))/include $(modules_dir)/src
	$(MAKE) -C $(KDIR) M=$(modules_dir)/src $(modules_flags) $(1) modules
	@cp -f $(modules_dir)/src/drivers/svsm-irq/svsm_irq.ko \
		$(modules_dir)/src/drivers/svsm-timer/svsm_timer.ko \
		$(modules_dir)/
endef

.PHONY: modules modules-check modules-clean modules-matrix

modules:
	$(call modules_build)

# Every warning that the kernel's own builds ask for, and sparse.
modules-check:
	rm -rf $(modules_dir)
	$(call modules_build,W=1 C=1 KCFLAGS=-Werror)

# The same for all kernels that are supported.
modules-matrix:
	BUILD=$(abspath $(BUILD)) $(srctree)/scripts/kernel-matrix

modules-clean:
	rm -rf $(modules_dir)
