# SPDX-License-Identifier: MIT
fail() { echo "$*"; exit 1; }
dmesg | grep -q 'SNP running at VMPL2' || fail "not at VMPL2"
grep -q svsm /proc/modules && fail "modules are loaded"
for cpu in 0 1; do
	grep -q lapic /sys/devices/system/clockevents/clockevent$cpu/current_device ||
		fail "CPU $cpu has no APIC timer"
done
sleep 0.5
echo ok
