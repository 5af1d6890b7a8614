#!/bin/sh
# SPDX-License-Identifier: MIT
# The drivers' counters and the kernel's own agree. Interrupts go on while
# files are read, so what is read later is never less.
cd "$(dirname "$0")" && . ./lib.sh
need_sources
need_timer

between() { # kernel's name, file, fields...: sum of the fields fits in
	low=$(interrupts "$1")
	name=$1 file=$2 sum=0
	shift 2
	for field; do
		sum=$((sum + $(counter "$file" "$field")))
	done
	high=$(interrupts "$name")
	echo "# $name: $low to $high, counted $sum"
	[ "$sum" -gt 0 ] && [ "$low" -le "$sum" ] && [ "$sum" -le "$high" ]
}

handled_as_kernel_says() {
	settle
	[ "$(per_irq | awk '{ n += $2 } END { print n }')" -eq "$(handled)" ]
}

nothing_failed() {
	[ "$(counter $timer_dir/cpus failed)" -eq 0 ] && [ "$(counter $irq_dir/cpus unmapped)" -eq 0 ]
}

some_expired() {
	was=$(counter $timer_dir/cpus expired)
	sleep 0.5
	[ "$(counter $timer_dir/cpus expired)" -gt "$was" ]
}

echo 40 >$irq_dir/raise
plan 5
check "svsm-test interrupts are those handled" handled_as_kernel_says
check "svsm-notify interrupts are those notified" between svsm-notify $irq_dir/cpus notified
check "svsm-timer interrupts are those expired or spurious" \
	between svsm-timer $timer_dir/cpus expired spurious
check "no call failed, no interrupt had no owner" nothing_failed
check "expiries are counted" some_expired
finish
