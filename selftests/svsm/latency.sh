#!/bin/sh
# SPDX-License-Identifier: MIT
# How late sleeps end, as a histogram with percentiles: plots.sh draws it.
cd "$(dirname "$0")" && . ./lib.sh
need_timer

every_sleep_counted() {
	./sleeper --histogram --count 500 >"$work/out"
	status=$?
	cat "$work/out"
	[ $status -eq 0 ] && awk '$2 == "latency" { n += $5 } END { exit n != 500 }' "$work/out"
}

plan 1
check "500 sleeps are in the histogram, none was early" every_sleep_counted
ktap_finished
