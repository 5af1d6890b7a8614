#!/bin/sh
# SPDX-License-Identifier: MIT
# Sources move between CPUs while they are raised. None may get stuck: after
# each round the last raise of each source must arrive.
cd "$(dirname "$0")" && . ./lib.sh
need_sources
cpus=$(online_cpus)
[ "$(echo "$cpus" | wc -l)" -gt 1 ] || skip_all "one CPU"

moves() {
	account_begin
	start_fire
	status=0
	for round in 1 2 3 4 5 6 7 8 9 10; do
		for cpu in $cpus; do
			bind_all "$cpu" || status=1
		done
	done
	stop_fire || status=1
	account_end
	return $status
}

# Fire that ends amid the moves, so that nothing later makes up for a loss.
last_raise_arrives() {
	for round in 1 2 3 4 5 6 7 8 9 10; do
		for cpu in $cpus; do
			echo 200 >$irq_dir/raise &
			bind_all "$cpu" || return 1
			wait $! || return 1
		done
		each_source_alive || return 1
	done
}

lands_where_bound() {
	for cpu in $cpus; do
		bind_all "$cpu" || return 1
		for irq in $(test_irqs); do
			[ "$(cat "/proc/irq/$irq/effective_affinity_list")" = "$cpu" ] || return 1
		done
		settle
		before=$(on_cpu "$cpu")
		each_source_alive || return 1
		[ "$(on_cpu "$cpu")" -eq $((before + $(test_irqs | wc -l))) ] || return 1
	done
}

on_cpu() { # CPU: svsm-test interrupts on it. Column by name: one that is off has none.
	awk -v cpu="CPU$1" '
		NR == 1 { for (i = 1; i <= NF; i++) if ($i == cpu) column = i + 1; next }
		$NF == "svsm-test" { n += $column }
		END { print n + 0 }' /proc/interrupts
}

plan 6
check "sources move while they are raised" moves
check "handled and coalesced add up to raised" adds_up 0
check "each source is alive after the moves" each_source_alive
check "the last raise before a move arrives" last_raise_arrives
check "interrupts come on the CPU that was asked for" lands_where_bound
check "the kernel does not complain" kernel_quiet
ktap_finished
