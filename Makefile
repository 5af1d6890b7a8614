# SPDX-License-Identifier: MIT
#
# Verbs only; each folder says in its rules.mk how its things are made.
# `make help` lists them.

srctree := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
BUILD ?= $(srctree)/build
VERSION := 0.1.0
SVSM_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/svsm

# No path of this system in what is built: two folders give the same bytes.
PREFIX_MAP := -ffile-prefix-map=$(srctree)=. -ffile-prefix-map=$(abspath $(BUILD))=build

MAKEFLAGS += --no-builtin-rules --no-print-directory
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

# V=1 shows the commands
Q := $(if $(V),,@)

include $(srctree)/arch/x86/linux_boot.mk
include $(srctree)/tools/igvm/rules.mk
include $(srctree)/tools/attest/rules.mk
include $(srctree)/svsm-core/rules.mk
include $(srctree)/arch/rules.mk
include $(srctree)/machine/rules.mk
include $(srctree)/machine/stub/rules.mk
include $(srctree)/drivers/rules.mk
include $(srctree)/samples/rules.mk
include $(srctree)/selftests/unit/rules.mk
include $(srctree)/selftests/guest/rules.mk
include $(srctree)/selftests/fuzz/rules.mk
include $(srctree)/selftests/kunit/rules.mk
include $(srctree)/scripts/rules.mk
include $(srctree)/packaging/rules.mk

.PHONY: all image machine tools stub run check fuzz clean distclean help

all: tools image machine stub	## everything that runs below the guest's kernel

image: $(BUILD)/svsm-snp.elf $(BUILD)/svsm-tdx.elf	## the SVSM, one for each platform

machine: $(BUILD)/machine.elf	## the confidential machine for stock QEMU

stub: $(BUILD)/stub-snp.elf $(BUILD)/stub-tdx.elf	## firmware of plain guests

tools: tools-igvm tools-attest	## igvm-build, igvm-show, igvm-measure, report-verify

modules:	## the drivers for the kernel whose headers are at KDIR

kernel-matrix:	## the drivers for each kernel that Debian offers, as a table

checkpatch:	## the kernel's style checker on what is for the kernel

install:	## DESTDIR= prefix= install everything; KDIR= modules too

packages:	## Debian packages of this tree, to BUILD/packages

rpm:	## RPM packages of this tree, to BUILD/rpm; KDIR= modules for it too

run:	## boot stock Linux under the SVSM, show it at work, give a shell
	$(Q)$(srctree)/scripts/run

check:	## all tests; closes with "N passed, N failed"
	$(Q)$(srctree)/scripts/check

kunit:	## the drivers' KUnit suites, in kernels built for that

kernel-overlay:	## KSRC=dir: put the drivers into a kernel's source

kernel-series:	## KSRC=dir: a series of patches for review, to BUILD/series

fuzz: fuzz-long	## libFuzzer, FUZZ_SECONDS (60) on each target; needs clang

clean:	## remove what was built
	rm -rf $(BUILD)

distclean: clean	## the same and the package cache
	$(srctree)/scripts/cache clean

help:	## this list
	@echo "Usage: make [VERB] [V=1] [BUILD=dir]"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(srctree)/Makefile | expand -t 18
