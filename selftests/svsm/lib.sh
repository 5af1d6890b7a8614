# SPDX-License-Identifier: MIT
# What the tests share; for a POSIX shell, busybox included.
# shellcheck shell=sh disable=SC2034

irq_dir=/sys/kernel/debug/svsm-irq
timer_dir=/sys/kernel/debug/svsm-timer
ksft_skip=4
test_number=0
test_failed=0

skip_all() { # why
	echo "1..0 # SKIP $*"
	exit $ksft_skip
}

plan() { # number of results
	echo "KTAP version 1"
	echo "1..$1"
}

check() { # what holds, command...
	what=$1
	shift
	test_number=$((test_number + 1))
	if "$@"; then
		echo "ok $test_number $what"
	else
		echo "not ok $test_number $what"
		test_failed=$((test_failed + 1))
	fi
}

skip() { # what, why
	test_number=$((test_number + 1))
	echo "ok $test_number $1 # SKIP $2"
}

finish() {
	[ $test_failed -eq 0 ]
	exit
}

loaded() { # module
	grep -q "^$1 " /proc/modules
}

need_sources() {
	[ "$(id -u)" -eq 0 ] || skip_all "must be root"
	loaded svsm_irq || modprobe svsm_irq test_source=4 2>/dev/null ||
		skip_all "svsm_irq does not load"
	[ -d $irq_dir ] || mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
	[ -e $irq_dir/raise ] ||
		skip_all "svsm_irq has no sources for tests: load it with test_source=4"
}

need_timer() {
	[ "$(id -u)" -eq 0 ] || skip_all "must be root"
	loaded svsm_timer || modprobe svsm_timer 2>/dev/null ||
		skip_all "svsm_timer does not load"
	[ -d $timer_dir ] || mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
	[ -r $timer_dir/cpus ] || skip_all "no debugfs"
}

# Interrupts of the sources that tests raise, one a line.
test_irqs() {
	awk '$NF == "svsm-test" { sub(":", "", $1); print $1 }' /proc/interrupts
}

interrupts() { # name: sum over lines and CPUs of /proc/interrupts
	awk -v name="$1" '
		NR == 1 { cpus = NF; next }
		$NF == name { for (i = 2; i <= cpus + 1; i++) n += $i }
		END { printf "%d\n", n }' /proc/interrupts
}

counter() { # file, field: sum over its lines
	tr ' ' '\n' <"$1" | awk -F= -v name="$2" '
		$1 == name { n += $2 } END { printf "%d\n", n }'
}

raised() { cat $irq_dir/raised; }
handled() { cat $irq_dir/handled; }

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

kernel_quiet() {
	! dmesg | grep -E 'BUG:|cut here|nobody cared|No irq handler'
}

online_cpus() {
	awk '/^processor/ { print $3 }' /proc/cpuinfo
}
