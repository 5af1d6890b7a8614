# SPDX-License-Identifier: MIT
# No SVSM below: both drivers say so, modprobe fails, nothing is left behind.
fail() { echo "$*"; dmesg | tail -n 20; exit 1; }
dmesg | grep -q 'SNP running at VMPL[1-3]' && fail "there is an SVSM"
# The first of them is what the second needs; once more, since it has left.
for module in svsm_irq svsm_timer svsm_irq; do
	dmesg -c >/dev/null
	modprobe $module 2>/tmp/error && fail "$module loads without an SVSM"
	grep -q 'No such device' /tmp/error || fail "modprobe $module: $(cat /tmp/error)"
	dmesg | grep -q 'svsm_irq: no SVSM below this kernel' || fail "$module does not say why"
	grep '^svsm' /proc/modules && fail "a module stays"
	grep svsm /proc/interrupts && fail "an interrupt stays"
	[ -e /sys/kernel/debug/svsm-irq ] && fail "debugfs has its files"
	dmesg | grep -E 'BUG:|WARNING:|cut here|unchecked MSR' && fail "the kernel complains"
done
# By itself the timer has nothing to call.
insmod "$(find /lib/modules -name svsm_timer.ko)" 2>/dev/null && fail "svsm_timer loads by itself"
grep '^svsm' /proc/modules && fail "svsm_timer stays"
echo ok
