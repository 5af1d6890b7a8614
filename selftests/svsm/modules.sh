#!/bin/sh
# SPDX-License-Identifier: MIT
# svsm_irq loads and unloads again with nothing left, also under fire.
cd "$(dirname "$0")" && . ./lib.sh
need_sources
! loaded svsm_timer || skip_all "svsm_timer is loaded"

nothing_left() { # the first time says how many interrupts others have
	! grep svsm /proc/interrupts || return 1
	irqs=$(find /sys/kernel/irq -mindepth 1 -maxdepth 1 | wc -l)
	[ ! -e $irq_dir ] && [ "$irqs" -eq "${others:=$irqs}" ]
}

cycles() {
	for cycle in 1 2 3 4 5 6 7 8 9 10; do
		rmmod svsm_irq || return 1
		nothing_left || return 1
		modprobe svsm_irq test_source=4 || return 1
		each_source_alive || return 1
	done
}

# Not while somebody has a file open; then with what is still under way.
under_fire() {
	for cycle in 1 2 3 4 5; do
		now=$(handled)
		echo 1000000 >$irq_dir/raise 2>/dev/null &
		handled_at_least $((now + 1)) || return 1
		! rmmod svsm_irq 2>/dev/null || return 1
		[ $((cycle % 2)) -eq 0 ] || mask
		kill $!
		wait
		rmmod svsm_irq || return 1
		nothing_left || return 1
		modprobe svsm_irq test_source=4 || return 1
		each_source_alive || return 1
	done
}

plan 4
check "svsm_irq unloads and loads ten times" cycles
check "it unloads while it is raised, masked or not" under_fire
check "interrupts arrive after that" each_source_alive
check "the kernel does not complain" kernel_quiet
ktap_finished
