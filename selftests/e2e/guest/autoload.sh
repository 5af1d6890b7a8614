# SPDX-License-Identifier: MIT
# What udev does with a CPU: modprobe of its modalias loads both modules.
fail() { echo "$*"; exit 1; }
! lsmod | grep '^svsm_' || fail 'loaded already'
/kmod/modprobe -d /depmod -b "$(cat /sys/devices/system/cpu/modalias)" || fail 'modprobe'
for module in svsm_irq svsm_timer; do
	lsmod | grep -q "^$module " || fail "$module is not loaded"
done
grep -q svsm-timer /proc/interrupts || fail 'no timer'
echo ok
