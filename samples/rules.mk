# SPDX-License-Identifier: GPL-2.0-only
# Sample modules, built against the drivers as a module from elsewhere is.
#
#   KDIR   build folder of the kernel to build for: /lib/modules/VERSION/build
#   BUILD  build folder of the tree; modules go to $(BUILD)/modules/VERSION/samples/
#
# Uses modules_dir and modules_flags of drivers/rules.mk.

samples_src = $(modules_dir)/src/samples/svsm-client

.PHONY: samples

# With every warning that the kernel's own builds ask for.
samples: modules
	@mkdir -p $(modules_dir)/samples
	@cp -rsf $(abspath $(srctree))/samples $(modules_dir)/src
	$(MAKE) -C $(KDIR) M=$(samples_src) $(modules_flags) W=1 KCFLAGS=-Werror \
		KBUILD_EXTRA_SYMBOLS=$(modules_dir)/src/Module.symvers modules
	@cp -f $(samples_src)/svsm_client.ko $(modules_dir)/samples/
