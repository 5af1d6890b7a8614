#!/bin/sh
# SPDX-License-Identifier: MIT
# How late sleeps end, as a histogram: latency_svg.sh makes a picture of it.
cd "$(dirname "$0")" && . ./lib.sh
need_timer

every_sleep_counted() {
	./sleeper --histogram --count 500 >"$out" || return 1
	cat "$out"
	awk '$2 == "latency" { n += $4 } END { exit n != 500 }' "$out"
}

out=$(mktemp)
plan 1
check "500 sleeps are in the histogram, none was early" every_sleep_counted
rm -f "$out"
finish
