#!/bin/sh
# SPDX-License-Identifier: MIT
# A user without privileges can neither see nor change anything here.
cd "$(dirname "$0")" && . ./lib.sh
need_sources
irq=$(test_irqs | head -n 1)

raises_nothing() {
	settle
	before=$(raised)
	./as_nobody write $irq_dir/raise 5 && [ "$(raised)" -eq "$before" ]
}

plan 8
for file in info cpus sources; do
	check "nobody cannot read $file" ./as_nobody read $irq_dir/$file
done
check "nobody cannot raise" raises_nothing
check "nobody cannot read the timer's counters" ./as_nobody read $timer_dir/cpus
check "nobody cannot move an interrupt" ./as_nobody write "/proc/irq/$irq/smp_affinity" 1
check "nobody cannot unload svsm_irq" ./as_nobody unload svsm_irq
check "interrupts arrive after that" each_source_alive
finish
