# SPDX-License-Identifier: MIT
# The same without an SVSM finds nothing to load; by name it would.
fail() { echo "$*"; exit 1; }
modprobe() { /kmod/modprobe -d /depmod "$@"; }
modprobe -R svsm_irq | grep -qx svsm_irq || fail 'kmod does not work'
modalias=$(cat /sys/devices/system/cpu/modalias)
! modprobe -R "$modalias" 2>/dev/null || fail 'there is an alias for this CPU'
! modprobe -b "$modalias" 2>/dev/null || fail 'modprobe'
! lsmod | grep '^svsm_' || fail 'loaded'
! dmesg | grep svsm_irq || fail 'tried'
echo ok
