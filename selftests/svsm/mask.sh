#!/bin/sh
# SPDX-License-Identifier: MIT
# Sources are masked and unmasked under fire. None arrives while masked, none is
# lost: what was raised meanwhile arrives afterwards, and no more than that. Half
# of the sources is masked at once, the others by the first raise, as Linux does.
cd "$(dirname "$0")" && . ./lib.sh
need_sources
[ -e $irq_dir/mask ] || skip_all "svsm_irq has no way to mask its sources"
sources=$(test_irqs | wc -l)
cpus=$(online_cpus)

raise_more_than() { # how many, by the one who fires
	fired=$(raised) i=0
	while [ $(($(raised) - fired)) -le "$1" ]; do
		[ $i -lt 200 ] || return 1
		i=$((i + 1))
		sleep 0.05
	done
}

quiet_while_masked() {
	start_fire
	status=0 round=0
	while [ $status -eq 0 ] && [ $round -lt 30 ]; do
		round=$((round + 1))
		mask
		masked_at=$(handled)
		raise_more_than "$sources" && [ "$(handled)" -eq "$masked_at" ] || status=1
		unmask
		handled_at_least $((masked_at + 1)) || status=1
	done
	stop_fire && return $status
}

all_moved() { # earlier output of per_irq; looks for 10 s at most
	i=0
	while [ "$(per_irq_moved "$1")" -lt "$sources" ]; do
		[ $i -lt 200 ] || return 1
		i=$((i + 1))
		sleep 0.05
	done
}

# The fire ends while they are masked, so nothing later can make up for a loss.
last_raise_arrives() {
	round=0
	while [ $round -lt 30 ]; do
		round=$((round + 1))
		echo 100 >$irq_dir/raise &
		mask
		wait $! || return 1
		echo "$sources" >$irq_dir/raise || return 1
		at=$(per_irq)
		[ "$(per_irq_moved "$at")" -eq 0 ] || return 1
		unmask
		all_moved "$at" || return 1
	done
}

one_for_one() {
	account_begin
	mask
	echo "$sources" >$irq_dir/raise || return 1
	settle
	[ "$(handled)" -eq "$handled0" ] || return 1
	unmask
	account_end
	[ "$taken" -eq "$sources" ]
}

# One interrupt for ten raises; two where Linux took the first itself.
become_one() {
	account_begin
	masked0=$(counter $irq_dir/cpus svsm.masked)
	mask
	echo $((10 * sources)) >$irq_dir/raise || return 1
	settle
	[ "$(handled)" -eq "$handled0" ] || return 1
	[ "$(counter $irq_dir/cpus svsm.masked)" -gt "$masked0" ] || return 1
	unmask
	account_end
	[ "$taken" -ge "$sources" ] && [ "$taken" -le $((sources + (sources + 1) / 2)) ] &&
		adds_up $(((sources + 1) / 2))
}

storm() {
	account_begin
	start_fire
	round=0
	while [ $round -lt 500 ]; do
		round=$((round + 1))
		mask
		unmask
	done
	stop_fire || return 1
	account_end
	[ "$taken" -gt 0 ] && [ "$taken" -le "$all" ]
}

balanced() {
	mask && mask && mask && unmask && each_source_alive || return 1
	unmask && unmask && mask && unmask && each_source_alive || return 1
	for writer in 1 2 3 4; do
		round=0
		while [ $round -lt 100 ]; do
			round=$((round + 1))
			echo $((round % 3)) >$irq_dir/mask
		done &
	done
	wait
	unmask
	each_source_alive
}

stay_masked() {
	settle
	at=$(per_irq)
	mask
	for cpu in $cpus; do
		bind_all "$cpu" && echo "$sources" >$irq_dir/raise || return 1
	done
	settle
	[ "$(per_irq_moved "$at")" -eq 0 ] || return 1
	unmask
	all_moved "$at"
}

plan 9
check "none arrives while masked, under fire" quiet_while_masked
check "what was raised last arrives after it is unmasked" last_raise_arrives
check "one raise while masked is one interrupt" one_for_one
check "ten raises while masked become one interrupt" become_one
check "500 times masked and unmasked under fire" storm
check "each source is alive after that" each_source_alive
check "masked twice or unmasked twice is once" balanced
if [ "$(echo "$cpus" | wc -l)" -gt 1 ]; then
	check "masked sources that move stay masked, and arrive afterwards" stay_masked
else
	skip "masked sources that move stay masked, and arrive afterwards" "one CPU"
fi
check "the kernel does not complain" kernel_quiet
ktap_finished
