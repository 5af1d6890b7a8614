# SPDX-License-Identifier: MIT
#
# Boot images as files, installation, packages.
#
#   DESTDIR   put in front of each path: the root of a package
#   prefix    /usr/local, or /usr for packages; KDIR is for modules, and without
#             it none are built or installed
#   BUILD     packages go to $(BUILD)/packages/
#
# Each part can be installed alone: install-PART for the PARTs below.

prefix ?= /usr/local
bindir ?= $(prefix)/bin
includedir ?= $(prefix)/include
mandir ?= $(prefix)/share/man
docdir ?= $(prefix)/share/doc/svsm
pkgconfigdir ?= $(prefix)/share/pkgconfig
# svsm-run finds everything here, by paths relative to itself.
svsmdir ?= $(prefix)/lib/svsm
selftestsdir ?= $(prefix)/libexec/kselftests/svsm
dkmsdir ?= $(prefix)/src
# Where the kernel looks, whatever the prefix.
modulesdir ?= /lib/modules

INSTALL ?= install
OBJCOPY ?= objcopy
pkg-install = $(INSTALL) -p -m
pkg-man = $(srctree)/Documentation/man

install-parts := image tools headers selftests run dkms docs
# drivers/rules.mk has a default for KDIR, which means nothing here.
ifneq ($(filter command environment,$(firstword $(origin KDIR))),)
install-parts += modules
pkg-kdir := $(KDIR)
endif

.PHONY: igvm install packages rpm $(addprefix install-,$(install-parts) modules)

# --- boot images ---

# An image without a guest, whose digest tells an SVSM from another; and one
# that tests its platform and ends, on whatever loads IGVM files. How many vCPUs
# and how much memory there is, the loader says: neither is in the file.
igvm-names := svsm-snp svsm-tdx svsm-snp-selftest svsm-tdx-selftest
igvm-options-snp := --platform snp --vtl2 --sev-features 0x29
igvm-options-tdx := --platform tdx --vtl2

igvm: $(foreach n,$(igvm-names),$(BUILD)/$(n).igvm $(BUILD)/$(n).digest)

$(BUILD)/svsm-%.igvm: $(BUILD)/svsm-%.elf $(BUILD)/igvm-build
	$(Q)$(BUILD)/igvm-build $(igvm-options-$*) --firmware $< -o $@

$(BUILD)/svsm-%-selftest.igvm: $(BUILD)/svsm-%.elf $(BUILD)/igvm-build
	$(Q)$(BUILD)/igvm-build $(igvm-options-$*) --svsm-selftest --firmware $< -o $@

$(BUILD)/%.digest: $(BUILD)/%.igvm $(BUILD)/igvm-measure
	$(Q)$(BUILD)/igvm-measure $< >$@

# --- installation ---

install: $(addprefix install-,$(install-parts))

# $(1): files, $(2): folder
define pkg-files
	$(Q)mkdir -p $(DESTDIR)$(2)
	$(Q)$(pkg-install) 644 $(1) $(DESTDIR)$(2)
endef

define pkg-programs
	$(Q)mkdir -p $(DESTDIR)$(2)
	$(Q)$(pkg-install) 755 $(1) $(DESTDIR)$(2)
endef

# $(1): ELF files. Their symbols stay: igvm-build finds the special pages by them.
define pkg-elf
	$(Q)mkdir -p $(DESTDIR)$(svsmdir)
	$(Q)for each in $(1); do \
		$(OBJCOPY) --strip-debug $$each $(DESTDIR)$(svsmdir)/$${each##*/} && \
		chmod 644 $(DESTDIR)$(svsmdir)/$${each##*/} || exit; \
	done
endef

# $(1): what it points to, $(2): link; both as they will be when installed
define pkg-link
	$(Q)mkdir -p $(dir $(DESTDIR)$(2))
	$(Q)ln -srfn $(DESTDIR)$(1) $(DESTDIR)$(2)
endef

install-image: igvm image
	$(call pkg-elf,$(BUILD)/svsm-snp.elf $(BUILD)/svsm-tdx.elf)
	$(call pkg-files,$(foreach n,$(igvm-names),$(BUILD)/$(n).igvm $(BUILD)/$(n).digest),$(svsmdir))

pkg-tools := igvm-build igvm-show igvm-measure report-verify

install-tools: tools
	$(call pkg-programs,$(addprefix $(BUILD)/,$(pkg-tools)),$(bindir))
	$(call pkg-files,$(pkg-tools:%=$(pkg-man)/%.1),$(mandir)/man1)

install-headers:
	$(call pkg-files,$(srctree)/include/uapi/svsm/*.h,$(includedir)/svsm)
	$(Q)mkdir -p $(DESTDIR)$(pkgconfigdir)
	$(Q)sed -e 's|@includedir@|$(includedir)|; s|@VERSION@|$(VERSION)|' -e '/^#/d' \
		$(srctree)/packaging/svsm.pc.in >$(DESTDIR)$(pkgconfigdir)/svsm.pc
	$(Q)chmod 644 $(DESTDIR)$(pkgconfigdir)/svsm.pc

install-selftests:
	$(Q)$(MAKE) -s -C $(srctree)/selftests/svsm install \
		OUTPUT=$(abspath $(BUILD))/selftests/svsm \
		INSTALL_PATH=$(abspath $(DESTDIR)$(selftestsdir))

pkg-run-programs := $(addprefix $(srctree)/scripts/,svsm-run cache initramfs guest-init guest-demo)
pkg-run-files := $(addprefix $(srctree)/scripts/,run_channel.py run_prepare.py run_result.py \
	run_session.py cpio_newc.py)

# It brings the source of the modules along: which kernel a guest will have,
# nobody knows yet.
install-run: machine stub
	$(call pkg-programs,$(pkg-run-programs),$(svsmdir))
	$(call pkg-files,$(pkg-run-files),$(svsmdir))
	$(call pkg-elf,$(BUILD)/machine.elf $(BUILD)/stub-snp.elf $(BUILD)/stub-tdx.elf)
	$(Q)rm -rf $(DESTDIR)$(svsmdir)/guest
	$(Q)$(srctree)/packaging/dkms/source $(DESTDIR)$(svsmdir)/guest $(VERSION)
	$(Q)rm $(DESTDIR)$(svsmdir)/guest/dkms.conf
	$(Q)$(pkg-install) 644 $(srctree)/drivers/rules.mk $(DESTDIR)$(svsmdir)/guest/drivers
	$(call pkg-link,$(bindir)/igvm-build,$(svsmdir)/igvm-build)
	$(call pkg-link,$(selftestsdir),$(svsmdir)/selftests)
	$(call pkg-link,$(svsmdir)/svsm-run,$(bindir)/svsm-run)
	$(call pkg-files,$(pkg-man)/svsm-run.1,$(mandir)/man1)

install-dkms:
	$(Q)rm -rf $(DESTDIR)$(dkmsdir)/svsm-guest-$(VERSION)
	$(Q)$(srctree)/packaging/dkms/source $(DESTDIR)$(dkmsdir)/svsm-guest-$(VERSION) $(VERSION)

install-docs:
	$(call pkg-files,$(srctree)/README.md $(srctree)/Documentation/*.rst,$(docdir))
	$(call pkg-files,$(pkg-man)/svsm-irq.4 $(pkg-man)/svsm-timer.4,$(mandir)/man4)
	$(call pkg-files,$(pkg-man)/svsm.7,$(mandir)/man7)

install-modules: modules
	$(call pkg-files,$(modules_dir)/*.ko,$(modulesdir)/$(modules_version)/updates)

# --- packages ---

packages:
	$(Q)$(srctree)/packaging/make-deb $(abspath $(BUILD)) $(VERSION)

rpm:
	$(Q)$(srctree)/packaging/make-rpm $(abspath $(BUILD)) $(VERSION) $(pkg-kdir)
