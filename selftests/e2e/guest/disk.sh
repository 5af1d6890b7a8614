# SPDX-License-Identifier: MIT
# Every CPU writes its part of the disk, four times over, and reads it back.
fail() { echo "$*"; exit 1; }
cpus=$(nproc)
[ "$cpus" -eq 4 ] || fail "$cpus CPUs"
part() { # CPU
	for round in 1 2 3 4; do
		dd if=/dev/urandom of="/tmp/data$1" bs=64k count=32 2>/dev/null
		dd if="/tmp/data$1" of=/dev/vda bs=64k seek=$(($1 * 32)) conv=fsync,notrunc 2>/dev/null ||
			return 1
		dd if=/dev/vda bs=64k skip=$(($1 * 32)) count=32 2>/dev/null |
			cmp -s - "/tmp/data$1" || return 1
	done
}
for cpu in 0 1 2 3; do
	( part $cpu && touch /tmp/done$cpu ) &
done
wait
for cpu in 0 1 2 3; do
	[ -e /tmp/done$cpu ] || fail "part $cpu of the disk"
done
echo 3 >/proc/sys/vm/drop_caches
for cpu in 0 1 2 3; do
	dd if=/dev/vda bs=64k skip=$((cpu * 32)) count=32 2>/dev/null | cmp - /tmp/data$cpu ||
		fail "part $cpu differs in the end"
done
dmesg | grep -E 'BUG:|cut here|unchecked MSR' && fail "the kernel complains"
echo ok
