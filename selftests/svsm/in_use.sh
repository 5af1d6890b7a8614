#!/bin/sh
# SPDX-License-Identifier: MIT
# Modules that are in use stay.
cd "$(dirname "$0")" && . ./lib.sh
need_sources
need_timer
grep -q svsm-timer $clock_dir/*/current_device || skip_all "no tick runs on svsm_timer"

refused() { # module
	! rmmod "$1" 2>/dev/null && loaded "$1"
}

ticks() {
	was=$(counter $timer_dir/cpus expired)
	./sleeper --count 20 && [ "$(counter $timer_dir/cpus expired)" -gt "$was" ]
}

plan 5
check "svsm_timer stays while a tick runs on it" refused svsm_timer
check "svsm_irq stays while svsm_timer needs it" refused svsm_irq
check "the timer ticks after that" ticks
check "interrupts arrive after that" each_source_alive
check "the kernel does not complain" kernel_quiet
ktap_finished
