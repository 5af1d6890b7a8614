# SPDX-License-Identifier: MIT
# CPUs go off and come back once: stock Linux 6.12 does not survive a second
# time in any SNP guest (its GHCB is still marked as in use by the first).
fail() { echo "$*"; cat /proc/interrupts; exit 1; }
count() {
	awk -v column=$(($1 + 2)) '/svsm-timer/ { n += $column } END { print n + 0 }' /proc/interrupts
}
for cpu in 1 2 3; do
	echo 0 >/sys/devices/system/cpu/cpu$cpu/online || fail "CPU $cpu does not go off"
done
[ "$(nproc)" -eq 1 ] || fail "$(nproc) CPUs left"
sleep 0.3
for cpu in 3 1 2; do
	echo 1 >/sys/devices/system/cpu/cpu$cpu/online || fail "CPU $cpu does not come back"
done
[ "$(nproc)" -eq 4 ] || fail "$(nproc) CPUs back"
for cpu in 1 2 3; do
	device=$(cat /sys/devices/system/clockevents/clockevent$cpu/current_device)
	[ "$device" = svsm-timer$cpu ] || fail "clock event device of CPU $cpu is $device"
	before=$(count $cpu)
	taskset $((1 << cpu)) sleep 0.3
	[ "$(count $cpu)" -gt "$before" ] || fail "timer of CPU $cpu stands still"
done
dmesg | grep -E 'BUG:|cut here' && fail "the kernel complains"
echo ok
