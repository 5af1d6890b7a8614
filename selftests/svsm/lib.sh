# SPDX-License-Identifier: MIT
# What the tests share; for a POSIX shell and busybox. Sourced from the folder
# of the tests.
# shellcheck shell=sh disable=SC2034

if [ -r ../kselftest/ktap_helpers.sh ]; then
	# shellcheck disable=SC1091  # of a kernel tree
	. ../kselftest/ktap_helpers.sh
else
	. ./ktap.sh
fi

irq_dir=/sys/kernel/debug/svsm-irq
timer_dir=/sys/kernel/debug/svsm-timer
cpu_dir=/sys/devices/system/cpu
clock_dir=/sys/devices/system/clockevents

# A folder for files, and an end at which nothing stays behind.
work=$(mktemp -d) || exit 1
trap 'clean_up' EXIT
trap 'exit 143' HUP INT TERM

clean_up() {
	touch "$work/stop"
	[ ! -e $irq_dir/mask ] || echo 0 >$irq_dir/mask
	wait
	rm -rf "$work"
}

skip_all() { # why
	ktap_skip_all "$*"
	exit "$KSFT_SKIP"
}

plan() { # number of results
	# What the kernel said before is not this test's.
	marker="svsm selftest $$ $0"
	echo "$marker" >/dev/kmsg
	ktap_print_header
	ktap_set_plan "$1"
}

check() { # what holds, command...
	what=$1
	shift
	if "$@"; then
		ktap_test_pass "$what"
	else
		ktap_test_fail "$what"
	fi
}

skip() { # what, why
	echo "# $2"
	ktap_test_skip "$1"
}

loaded() { # module
	grep -q "^$1 " /proc/modules
}

need_root() {
	[ "$(id -u)" -eq 0 ] || skip_all "must be root"
	grep -q '^[^ ]* /sys/kernel/debug debugfs ' /proc/mounts ||
		mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
}

need_sources() {
	need_root
	# One without sources goes if nobody uses it.
	[ -e $irq_dir/raise ] || ! loaded svsm_irq || rmmod svsm_irq 2>/dev/null
	loaded svsm_irq || modprobe svsm_irq test_source=4 2>/dev/null ||
		skip_all "svsm_irq does not load"
	[ -e $irq_dir/raise ] ||
		skip_all "svsm_irq is in use, without sources for tests: load it with test_source=4"
}

need_timer() {
	need_root
	loaded svsm_timer || modprobe svsm_timer 2>/dev/null ||
		skip_all "svsm_timer does not load"
	[ -r $timer_dir/cpus ] || skip_all "no debugfs"
}

# Interrupts of the sources that tests raise, one a line.
test_irqs() {
	awk '$NF == "svsm-test" { sub(":", "", $1); print $1 }' /proc/interrupts
}

interrupts() { # name or chip: sum over lines and CPUs of /proc/interrupts
	awk -v name="$1" '
		NR == 1 { cpus = NF; next }
		$NF == name || $(cpus + 2) == name { for (i = 2; i <= cpus + 1; i++) n += $i }
		END { printf "%d\n", n }' /proc/interrupts
}

# Nothing is printed for a field that is not there, which no check takes for 0.
counter() { # file, field, CPU or nothing: sum over its lines
	awk -v name="$2" -v cpu="${3:+cpu$3}" '
		cpu == "" || $1 == cpu {
			for (i = 2; i <= NF; i++) {
				split($i, part, "=")
				if (part[1] == name) {
					n += part[2]
					seen = 1
				}
			}
		}
		END { if (seen) printf "%d\n", n }' "$1"
}

raised() { read -r n <$irq_dir/raised && echo "$n"; }
handled() { read -r n <$irq_dir/handled && echo "$n"; }
mask() { echo 1 >$irq_dir/mask; }
unmask() { echo 0 >$irq_dir/mask; }

# The handler runs on another CPU: look until the count stands, for 10 s at most.
handled_at_least() { # count
	i=0
	while [ "$(handled)" -lt "$1" ]; do
		[ $i -lt 200 ] || return 1
		i=$((i + 1))
		sleep 0.05
	done
}

# Nothing is under way any more when two looks see the same.
settle() {
	i=0 before=
	while [ "$before" != "$(handled)" ] && [ $i -lt 100 ]; do
		before=$(handled)
		i=$((i + 1))
		sleep 0.2
	done
}

# raise begins with the first source each time, so a raise of all reaches each.
each_source_alive() {
	count=$(test_irqs | wc -l)
	[ "$count" -gt 0 ] || return 1
	before_each=$(per_irq)
	now=$(handled)
	echo "$count" >$irq_dir/raise || return 1
	handled_at_least $((now + count)) || return 1
	[ "$(per_irq_moved "$before_each")" -eq "$count" ]
}

per_irq() { # "IRQ SUM" lines
	awk 'NR == 1 { cpus = NF; next }
		$NF == "svsm-test" {
			n = 0
			for (i = 2; i <= cpus + 1; i++) n += $i
			print $1, n
		}' /proc/interrupts
}

per_irq_moved() { # earlier output of per_irq: how many sums differ now
	{ echo "$1"; echo; per_irq; } | awk '
		NF == 0 { second = 1; next }
		!second { was[$1] = $2; next }
		was[$1] != $2 { n++ }
		END { print n + 0 }'
}

bind_all() { # CPU
	for irq in $(test_irqs); do
		echo "$1" >"/proc/irq/$irq/smp_affinity_list" || return 1
	done
}

# Raises at full speed beside the test, until it says stop or ends.
start_fire() {
	rm -f "$work/stop" "$work/refused"
	while [ ! -e "$work/stop" ] && kill -0 $$ 2>/dev/null; do
		echo 200 >$irq_dir/raise || touch "$work/refused"
	done &
	# It has begun: what follows is under fire.
	shots=$(raised) i=0
	while [ "$(raised)" -eq "$shots" ] && [ $i -lt 200 ]; do
		i=$((i + 1))
		sleep 0.05
	done
}

stop_fire() { # fails where a raise was refused, or none was made
	touch "$work/stop"
	wait
	[ ! -e "$work/refused" ] && [ "$(raised)" -gt "$shots" ]
}

account_begin() {
	settle
	raised0=$(raised) handled0=$(handled)
	coalesced0=$(counter $irq_dir/cpus svsm.coalesced)
}

account_end() {
	settle
	all=$(($(raised) - raised0)) taken=$(($(handled) - handled0))
	coalesced=$(($(counter $irq_dir/cpus svsm.coalesced) - coalesced0))
	echo "# raised $all handled $taken coalesced $coalesced"
}

# What was raised was handled, or met a raise that was still pending. The SVSM
# counts those; a few may meet in Linux, which does not. An SVSM's timer may
# coalesce too: then its count is a bound.
adds_up() { # how many may meet in Linux
	[ "$taken" -gt 0 ] && [ "$taken" -le "$all" ] || return 1
	[ $((all - taken - coalesced)) -le "$1" ] || return 1
	loaded svsm_timer || [ $((taken + coalesced)) -le "$all" ]
}

kernel_quiet() {
	! dmesg | awk -v marker="$marker" '
		index($0, marker) { n = 0; next }
		/BUG:|cut here|nobody cared|No irq handler|svsm.*: -[0-9]+$/ { said[n++] = $0 }
		END {
			for (i = 0; i < n; i++) print "# " said[i]
			# Nothing at all is no good sign either.
			exit NR && !n
		}'
}

online_cpus() {
	awk '/^processor/ { print $3 }' /proc/cpuinfo
}
