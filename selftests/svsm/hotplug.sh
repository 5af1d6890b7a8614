#!/bin/sh
# SPDX-License-Identifier: MIT
# CPUs go off and come back under fire, with the sources bound to them. Once for
# each CPU and boot: Linux 6.12 panics when a CPU of an SNP guest goes off again.
cd "$(dirname "$0")" && . ./lib.sh
need_sources
need_timer
mark=/run/svsm-selftest-hotplug
cpu_dir=/sys/devices/system/cpu
cpus=$(online_cpus | grep -vx 0)
[ -n "$cpus" ] || skip_all "one CPU"
[ ! -e $mark ] || skip_all "CPUs went off in this boot already"
touch $mark || skip_all "$mark cannot be made"

fire() {
	# Not after this test: it may be ended in the middle.
	while [ ! -e "$stop" ] && kill -0 $$ 2>/dev/null; do
		echo 20 >$irq_dir/raise || touch "$lost"
	done
}

off() {
	for cpu in $cpus; do
		for irq in $(test_irqs); do
			echo "$cpu" >"/proc/irq/$irq/smp_affinity_list" || return 1
		done
		echo 0 >$cpu_dir/cpu"$cpu"/online || return 1
	done
	[ "$(nproc)" -eq 1 ]
}

on() {
	for cpu in $cpus; do
		echo 1 >$cpu_dir/cpu"$cpu"/online || return 1
	done
	[ "$(nproc)" -eq "$all" ]
}

under_fire() { # command
	stop=$(mktemp -u) lost=$(mktemp -u)
	fire &
	"$1"
	status=$?
	touch "$stop"
	wait
	[ ! -e "$lost" ] || status=1
	rm -f "$stop" "$lost"
	settle
	return $status
}

timers_back() {
	for cpu in $cpus; do
		grep -qx "svsm-timer$cpu" \
			/sys/devices/system/clockevents/clockevent"$cpu"/current_device || return 1
		./sleeper --cpu "$cpu" --count 20 || return 1
	done
}

all=$(nproc)
plan 6
check "CPUs go off while their interrupts are raised" under_fire off
check "each source is alive on what is left" each_source_alive
check "CPUs come back under fire" under_fire on
check "each source is alive after that" each_source_alive
check "timers of the CPUs that came back work" timers_back
check "the kernel does not complain" kernel_quiet
finish
