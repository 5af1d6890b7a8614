# SPDX-License-Identifier: MIT
# The sample client: every raise is handled or shares an interrupt, svsm_irq
# stays while it is used, and an unload leaves nothing behind.
d=/sys/kernel/debug/svsm-client
s=/sys/kernel/debug/svsm-irq/sources
fail() { echo "$*"; cat $s; dmesg | grep svsm; exit 1; }
h() { cat $d/handled; }
m=/svsm_client.ko
n=$(wc -l <$s)
for round in 1 2; do
	insmod $m || fail "load $round"
	irq=$(awk '/svsm-client/ { sub(":", "", $1); print $1 }' /proc/interrupts)
	[ "$irq" ] || fail "no interrupt"
	grep -q '^svsm_irq .*svsm_client' /proc/modules || fail "svsm_irq not held"
	for i in 1 2 3; do
		echo 1 >$d/raise
		sleep 0.2
		[ "$(h)" -eq $i ] || fail "raise $i: $(h) handled"
	done
	for i in 1 2 1 2; do
		echo $i >/proc/irq/"$irq"/smp_affinity
		echo 50 >$d/raise || fail "raise"
	done
	sleep 0.2
	[ "$(cat $d/raised)" -eq 203 ] || fail "raised $(cat $d/raised)"
	[ "$(h)" -gt 3 ] || fail "handled $(h)"
	[ "$(h)" -le 203 ] || fail "handled $(h)"
	echo 50 >$d/raise
	rmmod svsm_client || fail "no unload"
	grep svsm-client /proc/interrupts && fail "interrupt left"
	[ "$(wc -l <$s)" -eq "$n" ] || fail "source left"
done
dmesg | grep -E 'BUG:|cut here' && fail "kernel"
echo ok
