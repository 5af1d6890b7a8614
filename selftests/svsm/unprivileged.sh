#!/bin/sh
# SPDX-License-Identifier: MIT
# A user without privileges can neither see nor change anything here.
cd "$(dirname "$0")" && . ./lib.sh
need_sources
need_timer

our_files() {
	find $irq_dir $timer_dir /sys/module/svsm_irq /sys/module/svsm_timer -type f
}

reads_nothing() {
	find $irq_dir $timer_dir -type f >"$work/files"
	[ -s "$work/files" ] || return 1
	while read -r file; do
		./as_nobody read "$file" || return 1
	done <"$work/files"
}

writes_nothing() {
	settle
	before=$(raised)
	our_files >"$work/files"
	[ -s "$work/files" ] || return 1
	while read -r file; do
		./as_nobody write "$file" 5 || return 1
	done <"$work/files"
	[ "$(raised)" -eq "$before" ]
}

# Where an administrator opens debugfs up, files still are what they are.
nobody_else_writes() {
	others=$(our_files | while read -r file; do find "$file" -perm -002; done)
	[ -z "$others" ] || { echo "# $others"; return 1; }
}

moves_nothing() {
	awk '$NF ~ /^svsm-/ { sub(":", "", $1); print $1 }' /proc/interrupts >"$work/irqs"
	[ -s "$work/irqs" ] || return 1
	while read -r irq; do
		./as_nobody write "/proc/irq/$irq/smp_affinity" 1 || return 1
	done <"$work/irqs"
}

unbinds_nothing() {
	for file in $clock_dir/clockevent*/unbind_device; do
		./as_nobody write "$file" svsm-timer0 || return 1
	done
}

unloads_nothing() {
	for module in svsm_timer svsm_irq; do
		./as_nobody unload $module && loaded $module || return 1
	done
}

# Else the others would say nothing.
is_somebody() {
	! ./as_nobody read /proc/interrupts >/dev/null &&
		! ./as_nobody write /dev/null 1 >/dev/null
}

plan 8
check "nobody can read what all may read" is_somebody
check "nobody cannot read our files in debugfs" reads_nothing
check "nobody cannot write to any of our files" writes_nothing
check "no file of ours can be written by others" nobody_else_writes
check "nobody cannot move an interrupt" moves_nothing
check "nobody cannot take the timer away" unbinds_nothing
check "nobody cannot unload the modules" unloads_nothing
check "interrupts arrive after that" each_source_alive
ktap_finished
