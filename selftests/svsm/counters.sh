#!/bin/sh
# SPDX-License-Identifier: MIT
# What the drivers, the kernel and the SVSM count agrees. Interrupts go on while
# files are read, so what is read later is never less: bounds are exact.
cd "$(dirname "$0")" && . ./lib.sh
need_sources
need_timer

# Something for all of them to count.
stir() {
	echo 400 >$irq_dir/raise && ./sleeper --count 50 >/dev/null
}

sum() { # file, fields...
	file=$1 total=0
	shift
	for field; do
		value=$(counter "$file" "$field")
		[ -n "$value" ] || return 1
		total=$((total + value))
	done
	echo $total
}

# The drivers count in the handler, after the kernel.
same() { # name or chip, file, fields...
	name=$1
	shift
	kernel1=$(interrupts "$name")
	ours1=$(sum "$@") || return 1
	kernel2=$(interrupts "$name")
	stir || return 1
	kernel3=$(interrupts "$name")
	ours2=$(sum "$@")
	kernel4=$(interrupts "$name")
	low=$((kernel3 - kernel2)) high=$((kernel4 - kernel1)) ours=$((ours2 - ours1))
	echo "# $name: the kernel $low to $high, the driver $ours"
	[ $ours -gt 0 ] && [ $low -le $ours ] && [ $ours -le $high ]
}

handled_as_kernel_says() {
	settle
	kernel1=$(interrupts svsm-test) ours1=$(handled)
	stir || return 1
	settle
	kernel=$(($(interrupts svsm-test) - kernel1)) ours=$(($(handled) - ours1))
	[ $ours -gt 0 ] && [ $ours -eq $kernel ]
}

# All of a file at one moment: by the shell itself, not by a program to start.
snapshot() { # file, copy
	lines=
	while read -r line; do
		lines="$lines$line
"
	done <"$1"
	echo "$lines" >"$2"
}

# A timer's interrupt has a reason: the SVSM saw a deadline expire, or told the
# drivers of an epoch. It counts before Linux does, so begins to be looked at
# before; in a line of the file it comes last.
reasons() {
	epochs=$(sum $irq_dir/cpus epochs) || return 1
	snapshot $timer_dir/cpus "$work/svsm"
	snapshot $timer_dir/cpus "$work/linux"
	stir || return 1
	snapshot $timer_dir/cpus "$work/both"
	epochs=$(($(sum $irq_dir/cpus epochs) - epochs))
	svsm=$(($(sum "$work/both" svsm.expirations) - $(sum "$work/svsm" svsm.expirations)))
	ours=$(($(sum "$work/both" expired spurious) - $(sum "$work/linux" expired spurious)))
	echo "# the SVSM saw $svsm expire, $epochs epochs; Linux had $ours interrupts"
	[ $ours -gt 0 ] && [ $ours -le $((svsm + epochs * $(nproc))) ]
}

# Calls are fewer than deadlines: those that the SVSM looks at anyway need none.
calls() {
	armed=$(sum $timer_dir/cpus armed) && programmed=$(sum $timer_dir/cpus programmed) ||
		return 1
	echo "# $programmed deadlines, $armed calls"
	[ "$armed" -gt 0 ] && [ "$armed" -le "$programmed" ]
}

nothing_failed() {
	unmapped=$(sum $irq_dir/cpus unmapped) && failed=$(sum $timer_dir/cpus failed) || return 1
	stir && settle
	[ "$(sum $irq_dir/cpus unmapped)" -eq "$unmapped" ] &&
		[ "$(sum $timer_dir/cpus failed)" -eq "$failed" ]
}

plan 7
check "svsm-test interrupts are those handled" handled_as_kernel_says
check "svsm-notify interrupts are those notified" same svsm-notify $irq_dir/cpus notified
check "svsm-irq interrupts are those taken from the pages" same svsm-irq $irq_dir/cpus handled
check "svsm-timer interrupts are those expired or spurious" \
	same svsm-timer $timer_dir/cpus expired spurious
check "the timer does not interrupt without a reason" reasons
check "no deadline costs more than one call" calls
check "no call fails, no interrupt is without owner" nothing_failed
ktap_finished
