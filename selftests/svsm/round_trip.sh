#!/bin/sh
# SPDX-License-Identifier: MIT
# Raised one at a time, each raise is handled exactly once.
cd "$(dirname "$0")" && . ./lib.sh
need_sources

one_by_one() {
	first=$(handled) n=0
	while [ $n -lt 100 ]; do
		n=$((n + 1))
		echo 1 >$irq_dir/raise || return 1
		handled_at_least $((first + n)) || return 1
	done
	settle
	[ "$(handled)" -eq $((first + 100)) ]
}

plan 3
check "100 raises, each handled, none twice" one_by_one
check "each source reaches its own interrupt" each_source_alive
check "the kernel does not complain" kernel_quiet
ktap_finished
