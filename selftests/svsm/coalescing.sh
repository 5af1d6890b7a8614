#!/bin/sh
# SPDX-License-Identifier: MIT
# What was raised was handled or met a raise that was still pending.
cd "$(dirname "$0")" && . ./lib.sh
need_sources

# From several processes, so that raises meet.
bursts() {
	account_begin
	for burst in 1 2 3 4 5 6 7 8 9 10; do
		echo 500 >$irq_dir/raise &
	done
	wait
	account_end
	[ "$all" -eq 5000 ]
}

plan 4
check "5000 raises in bursts are accepted" bursts
check "handled and coalesced add up to raised" adds_up 0
check "each source is alive after the bursts" each_source_alive
check "the kernel does not complain" kernel_quiet
ktap_finished
