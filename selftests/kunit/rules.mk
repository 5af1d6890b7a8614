# SPDX-License-Identifier: MIT
# The drivers inside of a kernel's source.
#
#   KSRC    source of Linux 6.11 or newer
#   SERIES  where the patches go

SERIES ?= $(BUILD)/series

.PHONY: kunit kernel-overlay kernel-series need-ksrc

kunit: all
	$(Q)BUILD=$(abspath $(BUILD)) $(srctree)/selftests/kunit/run

need-ksrc:
	@test -n "$(KSRC)" || { echo "make: KSRC= must name the source of a kernel" >&2; exit 1; }

kernel-overlay: need-ksrc
	$(Q)$(srctree)/scripts/kernel-overlay "$(KSRC)"

kernel-series: need-ksrc
	$(Q)$(srctree)/scripts/kernel-overlay --series "$(SERIES)" "$(KSRC)"
