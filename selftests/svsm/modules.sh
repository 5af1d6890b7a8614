#!/bin/sh
# SPDX-License-Identifier: MIT
# The modules load and unload again with nothing left; in use they stay.
cd "$(dirname "$0")" && . ./lib.sh

timer_in_use() {
	grep -q svsm-timer /sys/devices/system/clockevents/*/current_device
}

cycles() {
	for cycle in 1 2 3 4 5; do
		rmmod svsm_irq || return 1
		! grep svsm /proc/interrupts || return 1
		[ ! -e $irq_dir ] || return 1
		modprobe svsm_irq test_source=4 || return 1
		each_source_alive || return 1
	done
}

refused() { # module
	! rmmod "$1" 2>/dev/null && loaded "$1"
}

fresh=
loaded svsm_timer || fresh=y
need_sources
plan 5
if [ -n "$fresh" ]; then
	check "svsm_irq unloads and loads five times" cycles
else
	skip "svsm_irq unloads and loads five times" "svsm_timer is loaded"
fi
loaded svsm_timer || modprobe svsm_timer
if timer_in_use; then
	check "svsm_timer stays while a tick runs on it" refused svsm_timer
	check "svsm_irq stays while svsm_timer needs it" refused svsm_irq
else
	skip "svsm_timer stays while a tick runs on it" "no tick runs on it"
	skip "svsm_irq stays while svsm_timer needs it" "no tick runs on it"
fi
check "interrupts arrive after that" each_source_alive
check "the kernel does not complain" kernel_quiet
finish
