# SPDX-License-Identifier: MIT
# Every raise is handled, or was coalesced with one that is; also under fire
# while the interrupt moves between CPUs.
d=/sys/kernel/debug/svsm-irq
fail() { echo "$*"; cat $d/cpus $d/sources; exit 1; }
sum() { # file: the numbers in it
	awk '{ for (i = 1; i <= NF; i++) if ($i ~ /^[0-9]+$/) n += $i } END { print n + 0 }' "$1"
}
irq=$(awk '/svsm-test/ { sub(":", "", $1); print $1; exit }' /proc/interrupts)
[ -n "$irq" ] || fail "no svsm-test in /proc/interrupts"
cat $d/raised $d/handled
for i in 1 2 3 4 5; do
	before=$(sum $d/handled)
	echo 1 >$d/raise
	sleep 0.1
	[ "$(sum $d/handled)" -gt "$before" ] || fail "raise $i was not handled"
done
( for i in 1 2 3 4 5 6 7 8; do
	echo $((1 + i % 2)) >/proc/irq/"$irq"/smp_affinity
	sleep 0.05
done ) &
for i in 1 2 3 4 5 6 7 8 9 10; do
	echo 20 >$d/raise
done
wait
before=$(sum $d/handled)
echo 1 >$d/raise
sleep 0.2
[ "$(sum $d/handled)" -gt "$before" ] || fail "the source is dead after moving"
dmesg | grep -E 'BUG:|cut here' && fail "the kernel complains"
echo ok
