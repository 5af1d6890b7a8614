# SPDX-License-Identifier: GPL-2.0-only
# The guest drivers: svsm_irq.ko and svsm_timer.ko.
#
#   KDIR   build folder of the kernel to build for: /lib/modules/VERSION/build
#   BUILD  build folder of the tree; modules go to $(BUILD)/modules/VERSION/
#   SPARSE, CHECKPATCH  default: those of scripts/cache
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
modules_cc = $(shell sed -n 's/^CONFIG_CC_VERSION_TEXT="\{0,1\}\([^ "]*\).*/\1/p' \
	     $(KDIR)/include/config/auto.conf)
modules_cc_flags = CC=gcc $(if $(shell gcc -fmin-function-alignment=16 -x c -c \
		   -o /dev/null /dev/null 2>/dev/null && echo y),,\
		   CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT=)
modules_flags += $(if $(shell command -v $(modules_cc)),,$(modules_cc_flags))
# No folder of this system in debugging information, of which the build ID
# is a digest.
modules_kcflags = -ffile-prefix-map=$(modules_dir)/src=.

define modules_build
	@mkdir -p $(modules_dir)/src
	@cp -rsf $(abspath $(srctree))/Kbuild $(abspath $(srctree))/drivers \
		$(abspath $(srctree))/include $(modules_dir)/src
	+$(MAKE) -C $(KDIR) M=$(modules_dir)/src \
		SVSM_GUEST_VERSION=$(VERSION) KCFLAGS="$(modules_kcflags)" \
		$(modules_flags) $(1) modules
	@cp -f $(modules_dir)/src/drivers/svsm-irq/svsm_irq.ko \
		$(modules_dir)/src/drivers/svsm-timer/svsm_timer.ko \
		$(modules_dir)/
endef

SPARSE ?= $(shell $(srctree)/scripts/cache sparse)
# KBUILD_CHECKSRC=2 is C=2 without the look at the checker before, whose script
# is missing in Debian's headers since Linux 7.
modules_check = W=1 KCFLAGS="-Werror $(modules_kcflags)" \
		KBUILD_CHECKSRC=2 CHECK="$(SPARSE)" \
		CF="-fdiagnostic-prefix=sparse -Wsparse-error"

checkpatch_files = $(sort $(foreach dir,drivers include/uapi/svsm include/linux samples,\
		   $(shell find $(srctree)/$(dir) -type f -name '*.[chS]' -o \
			   -type f -name Kbuild -o -type f -name Kconfig)))
# In Debian only the sources of a kernel have it.
CHECKPATCH ?= $(shell eval "$$($(srctree)/scripts/cache source)" && \
		      echo $$source/scripts/checkpatch.pl)

.PHONY: modules modules-check modules-clean kernel-matrix checkpatch

modules:
	$(call modules_build)

# Every warning that the kernel's own builds ask for, and sparse on each file.
modules-check:
	rm -rf $(modules_dir)
	$(call modules_build,$(modules_check))

# The same for each kernel that Debian offers.
kernel-matrix:
	$(Q)BUILD=$(abspath $(BUILD)) $(srctree)/scripts/kernel-matrix

# The kernel's style checker, strict, on what is for the kernel. It leaves a
# file where it runs, and has rules for folders: so it gets links to them.
checkpatch:
	@mkdir -p $(BUILD)/checkpatch
	@ln -sfn $(addprefix $(abspath $(srctree))/,drivers include samples) $(BUILD)/checkpatch
	$(Q)cd $(BUILD)/checkpatch && $(CHECKPATCH) --no-tree --strict --quiet --show-types \
		$(patsubst $(srctree)/%,-f %,$(checkpatch_files))

modules-clean:
	rm -rf $(modules_dir)
