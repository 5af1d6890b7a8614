#!/bin/sh
# SPDX-License-Identifier: MIT
# Sources move between CPUs while they are raised. None may get stuck: after
# each round the last raise of each source must arrive.
cd "$(dirname "$0")" && . ./lib.sh
need_sources
cpus=$(online_cpus)
[ "$(echo "$cpus" | wc -l)" -gt 1 ] || skip_all "one CPU"

fire() {
	# Not after this test: it may be ended in the middle.
	while [ ! -e "$stop" ] && kill -0 $$ 2>/dev/null; do
		echo 40 >$irq_dir/raise || touch "$lost"
	done
}

moves() {
	stop=$(mktemp -u) lost=$(mktemp -u)
	fire &
	status=0
	for round in 1 2 3 4 5 6 7 8 9 10; do
		for cpu in $cpus; do
			for irq in $(test_irqs); do
				echo "$cpu" >"/proc/irq/$irq/smp_affinity_list" || status=1
			done
		done
	done
	touch "$stop"
	wait
	[ ! -e "$lost" ] || status=1
	rm -f "$stop" "$lost"
	settle
	return $status
}

lands_where_bound() {
	for cpu in $cpus; do
		for irq in $(test_irqs); do
			echo "$cpu" >"/proc/irq/$irq/smp_affinity_list" || return 1
			[ "$(cat "/proc/irq/$irq/effective_affinity_list")" = "$cpu" ] || return 1
		done
		# Column by name: CPUs that are off have none.
		before=$(on_cpu "$cpu")
		each_source_alive || return 1
		[ "$(on_cpu "$cpu")" -ge $((before + $(test_irqs | wc -l))) ] || return 1
	done
}

on_cpu() { # CPU: svsm-test interrupts on it
	awk -v cpu="CPU$1" '
		NR == 1 { for (i = 1; i <= NF; i++) if ($i == cpu) column = i + 1; next }
		$NF == "svsm-test" { n += $column }
		END { print n + 0 }' /proc/interrupts
}

plan 4
check "sources move while they are raised" moves
check "each source is alive after the moves" each_source_alive
check "interrupts come on the CPU that was asked for" lands_where_bound
check "the kernel does not complain" kernel_quiet
finish
