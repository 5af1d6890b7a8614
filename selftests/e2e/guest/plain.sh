# SPDX-License-Identifier: MIT
# A plain SNP guest: VMPL0, its disk works, the drivers keep out.
fail() { echo "$*"; exit 1; }
dmesg | grep -q 'Memory Encryption Features active: .*SEV-SNP' || fail "not an SNP guest"
dmesg | grep -q 'SNP running at VMPL0' || fail "not at VMPL0"
modprobe svsm_irq 2>/dev/null && fail "svsm_irq loads without an SVSM"
dmesg | grep -q 'svsm_irq: no SVSM below this kernel' || fail "svsm_irq does not say why"
grep -q '^svsm_irq ' /proc/modules && fail "svsm_irq stays without an SVSM"
[ -b /dev/vda ] || fail "no virtio disk"
dd if=/dev/urandom of=/tmp/data bs=64k count=64 2>/dev/null
dd if=/tmp/data of=/dev/vda bs=64k conv=fsync 2>/dev/null || fail "write"
echo 3 >/proc/sys/vm/drop_caches
before=$(awk '/virtio0/ { for (i = 2; i <= NF; i++) if ($i ~ /^[0-9]+$/) n += $i } END { print n + 0 }' /proc/interrupts)
dd if=/dev/vda bs=64k count=64 2>/dev/null | cmp - /tmp/data || fail "read back differs"
after=$(awk '/virtio0/ { for (i = 2; i <= NF; i++) if ($i ~ /^[0-9]+$/) n += $i } END { print n + 0 }' /proc/interrupts)
[ "$after" -gt "$before" ] || fail "the disk raised no interrupt"
dmesg | grep -E 'BUG:|cut here|unchecked MSR' && fail "the kernel complains"
echo ok
