# SPDX-License-Identifier: MIT
# A plain TD: Linux knows it, its disk works through shared memory.
fail() { echo "$*"; exit 1; }
dmesg | grep -q 'tdx: Guest detected' || fail "not a TD"
dmesg | grep -q 'Memory Encryption Features active: Intel TDX' || fail "no TDX memory"
grep -qw tdx_guest /proc/cpuinfo || fail "no tdx_guest in cpuinfo"
[ -b /dev/vda ] || fail "no virtio disk"
count() { awk '/virtio0/ { for (i = 2; i <= NF; i++) if ($i ~ /^[0-9]+$/) n += $i } END { print n + 0 }' /proc/interrupts; }
dd if=/dev/urandom of=/tmp/data bs=64k count=64 2>/dev/null
dd if=/tmp/data of=/dev/vda bs=64k conv=fsync 2>/dev/null || fail "write"
echo 3 >/proc/sys/vm/drop_caches
before=$(count)
dd if=/dev/vda bs=64k count=64 2>/dev/null | cmp - /tmp/data || fail "read back differs"
[ "$(count)" -gt "$before" ] || fail "the disk raised no interrupt"
dmesg | grep -E 'BUG:|cut here|unchecked MSR|Unexpected #VE|TDX module' && fail "the kernel complains"
echo ok
