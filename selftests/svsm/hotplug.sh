#!/bin/sh
# SPDX-License-Identifier: MIT
# CPUs go off and come back under fire, with the sources bound to them.
#
# In an SNP guest a CPU goes off only once: Linux never gives back the GHCB that
# a CPU waits in while off, and panics when it has none left. So the storm is made
# of CPUs that Linux takes back half way down, timer and all.
# HOTPLUG_ROUNDS=N asks for N real ones nevertheless, on a kernel without that.
cd "$(dirname "$0")" && . ./lib.sh
need_sources
need_timer
mark=/run/svsm-selftest-hotplug
cpus=$(online_cpus | grep -vx 0)
[ -n "$cpus" ] || skip_all "one CPU"
rounds=${HOTPLUG_ROUNDS:-}
if [ -z "$rounds" ]; then
	[ -e $cpu_dir/sev/vmpl ] && rounds=1 || rounds=10
fi

all_off() {
	for cpu in $cpus; do
		bind_all "$cpu" && echo 0 >$cpu_dir/cpu"$cpu"/online || return 1
	done
	[ "$(nproc)" -eq 1 ]
}

all_on() {
	for cpu in $cpus; do
		echo 1 >$cpu_dir/cpu"$cpu"/online || return 1
	done
	[ "$(nproc)" -eq "$all" ]
}

under_fire() { # command
	start_fire
	"$1"
	status=$?
	stop_fire && settle && return $status
}

# A state that is left after the timer's, and at which the CPU still runs.
half_way() {
	awk '$2 == "smpboot/threads:online" { sub(":", "", $1); print $1 }' $cpu_dir/hotplug/states
}

taken_back() {
	state=$(half_way)
	for round in 1 2 3 4 5 6 7 8 9 10; do
		for cpu in $cpus; do
			bind_all "$cpu" || return 1
			echo "$state" >$cpu_dir/cpu"$cpu"/hotplug/fail || return 1
			! echo 0 2>/dev/null >$cpu_dir/cpu"$cpu"/online || return 1
			# It came that far.
			[ "$(cat $cpu_dir/cpu"$cpu"/hotplug/fail)" = -1 ] || return 1
		done
	done
	[ "$(nproc)" -eq "$all" ]
}

# Masked when they leave their CPU, they stay so.
storm() {
	round=0
	while [ $round -lt "$rounds" ]; do
		round=$((round + 1))
		mask
		at=$(handled)
		all_off || return 1
		[ "$(handled)" -eq "$at" ] || return 1
		unmask
		each_source_alive && all_on && each_source_alive && timers_back || return 1
	done
}

timers_back() {
	for cpu in $cpus; do
		grep -qx "svsm-timer$cpu" $clock_dir/clockevent"$cpu"/current_device || return 1
		was=$(counter $timer_dir/cpus expired "$cpu")
		./sleeper --cpu "$cpu" --count 20 || return 1
		[ $(($(counter $timer_dir/cpus expired "$cpu") - was)) -ge 20 ] || return 1
	done
}

all=$(nproc)
plan 10
back="CPUs that Linux takes back half way down keep their interrupts"
if [ -e $cpu_dir/cpu"$(echo "$cpus" | head -n 1)"/hotplug/fail ] && [ -n "$(half_way)" ]; then
	check "$back" under_fire taken_back
	check "and their timers" timers_back
else
	skip "$back" "this Linux has no way to ask for that"
	skip "and their timers" "this Linux has no way to ask for that"
fi
check "each source is alive after that" each_source_alive
once="off for the only time that Linux survives, in this boot already"
if [ ! -e $mark ] || [ "$rounds" -gt 1 ]; then
	touch $mark
	check "CPUs go off while their interrupts are raised" under_fire all_off
	check "each source is alive on what is left" each_source_alive
	check "CPUs come back under fire" under_fire all_on
	check "each source is alive after that" each_source_alive
	check "timers of the CPUs that came back work" timers_back
else
	skip "CPUs go off while their interrupts are raised" "$once"
	skip "each source is alive on what is left" "$once"
	skip "CPUs come back under fire" "$once"
	skip "each source is alive after that" "$once"
	skip "timers of the CPUs that came back work" "$once"
fi
if [ "$rounds" -gt 1 ]; then
	check "$rounds rounds of that, masked sources stay masked" storm
else
	skip "rounds of that, masked sources stay masked" \
		"Linux panics in an SNP guest when a CPU goes off again"
fi
check "the kernel does not complain" kernel_quiet
ktap_finished
