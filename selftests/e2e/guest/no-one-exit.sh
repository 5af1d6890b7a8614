# SPDX-License-Identifier: MIT
# No way to notify: svsm_irq says so and leaves nothing behind.
fail() { echo "$*"; dmesg | grep svsm; exit 1; }
dmesg | grep -q 'SNP running at VMPL2' || fail "not at VMPL2"
grep -q '^svsm' /proc/modules && fail "modules are loaded"
dmesg | grep -q 'svsm_irq: .*no way to deliver interrupts' || fail "no message"
grep -q svsm /proc/interrupts && fail "interrupts are left"
sleep 0.3
echo ok
