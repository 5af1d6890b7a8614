# SPDX-License-Identifier: MIT
# Linux 7's own driver reads the TD's measurements and extends a register.
fail() { echo "$*"; exit 1; }
modprobe tdx_guest || fail "no tdx_guest"
cd /sys/class/misc/tdx_guest/measurements || fail "no measurements"
hex() { od -An -v -tx1 "$1" | tr -d ' \n'; }
[ "$(hex rtmr2:sha384)" = "$(printf '%096d' 0)" ] || fail "RTMR2 is not zero"
head -c 48 /dev/zero >rtmr2:sha384 || fail "extend"
# SHA-384 of 96 zero bytes
[ "$(hex rtmr2:sha384)" = f57bb7ed82c6ae4a29e6c9879338c592c7d42a39135583e8ccbe3940f2344b0eb6eb8503db0ffd6a39ddd00cd07d8317 ] ||
	fail "RTMR2 is $(hex rtmr2:sha384)"
# No quoting service: an answer, and an empty one.
mkdir -p /config && mount -t configfs none /config && mkdir /config/tsm/report/t || fail "no configfs"
head -c 64 /dev/zero >/config/tsm/report/t/inblob
[ "$(cat /config/tsm/report/t/provider)" = tdx_guest ] || fail "provider"
[ "$(cat /config/tsm/report/t/outblob 2>/dev/null | wc -c)" -eq 0 ] || fail "a quote"
echo "mrtd $(hex mrtd:sha384)"
echo ok
