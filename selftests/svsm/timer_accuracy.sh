#!/bin/sh
# SPDX-License-Identifier: MIT
# No sleep on the SVSM's timer ends early, by CLOCK_MONOTONIC and by
# CLOCK_MONOTONIC_RAW. How late it ends is printed and not judged.
cd "$(dirname "$0")" && . ./lib.sh
need_timer

runs_on_it() { # CPU
	[ "$(cat "/sys/devices/system/clockevents/clockevent$1/current_device")" = "svsm-timer$1" ]
}

cpus=$(online_cpus)
plan $((2 * $(echo "$cpus" | wc -l) + 1))
for cpu in $cpus; do
	check "the tick of CPU $cpu runs on svsm-timer$cpu" runs_on_it "$cpu"
	check "no sleep on CPU $cpu ends early" ./sleeper --cpu "$cpu" --count 200
done
check "the kernel does not complain" kernel_quiet
finish
