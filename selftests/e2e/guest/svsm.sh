# SPDX-License-Identifier: MIT
# At VMPL2 with both drivers: timers on every CPU, interrupts count.
fail() { echo "$*"; cat /proc/interrupts; exit 1; }
count() { # name, CPU column
	awk -v name="$1" -v column=$(($2 + 2)) '$0 ~ name { n += $column } END { print n + 0 }' /proc/interrupts
}
dmesg | grep -q 'SNP running at VMPL2' || fail "not at VMPL2"
[ "$(cat /sys/devices/system/cpu/sev/vmpl)" = 2 ] || fail "sysfs has another VMPL"
for module in svsm_irq svsm_timer; do
	grep -q "^$module " /proc/modules || fail "$module is not loaded"
done
cpus=$(nproc)
cpu=0
while [ $cpu -lt "$cpus" ]; do
	device=$(cat /sys/devices/system/clockevents/clockevent$cpu/current_device)
	[ "$device" = svsm-timer$cpu ] || fail "clock event device of CPU $cpu is $device"
	eval "notify$cpu=$(count svsm-notify $cpu) timer$cpu=$(count svsm-timer $cpu)"
	cpu=$((cpu + 1))
done
cpu=0
while [ $cpu -lt "$cpus" ]; do
	taskset $((1 << cpu)) sleep 0.3
	cpu=$((cpu + 1))
done
cpu=0
while [ $cpu -lt "$cpus" ]; do
	eval "notify=\$notify$cpu timer=\$timer$cpu"
	[ "$(count svsm-notify $cpu)" -gt "$notify" ] || fail "svsm-notify of CPU $cpu stands still"
	[ "$(count svsm-timer $cpu)" -gt "$timer" ] || fail "svsm-timer of CPU $cpu stands still"
	cpu=$((cpu + 1))
done
# Nothing is put to sleep that could not come back.
! echo disk >/sys/power/state 2>/dev/null || fail "came back from disk"
dmesg | grep 'Freezing user space' && fail "hibernation was not refused"
dmesg | grep -E 'BUG:|cut here|unchecked MSR' && fail "the kernel complains"
echo ok
