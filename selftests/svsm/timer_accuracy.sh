#!/bin/sh
# SPDX-License-Identifier: MIT
# Each sleep ends by an interrupt of the SVSM's timer, and none ends early by
# CLOCK_MONOTONIC or CLOCK_MONOTONIC_RAW. How late is printed and not judged.
cd "$(dirname "$0")" && . ./lib.sh
need_timer

runs_on_it() { # CPU
	[ "$(cat "$clock_dir/clockevent$1/current_device")" = "svsm-timer$1" ]
}

# One sleep after the other on one CPU: no two end by the same interrupt.
sleeps() { # CPU
	was=$(counter $timer_dir/cpus expired "$1")
	./sleeper --cpu "$1" --count 200 || return 1
	now=$(counter $timer_dir/cpus expired "$1")
	echo "# $((now - was)) expiries"
	[ $((now - was)) -ge 200 ]
}

cpus=$(online_cpus)
plan $((2 * $(echo "$cpus" | wc -l) + 1))
for cpu in $cpus; do
	check "the tick of CPU $cpu runs on svsm-timer$cpu" runs_on_it "$cpu"
	check "200 sleeps on CPU $cpu: an expiry for each, none early" sleeps "$cpu"
done
check "the kernel does not complain" kernel_quiet
ktap_finished
