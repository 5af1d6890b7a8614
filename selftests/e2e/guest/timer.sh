# SPDX-License-Identifier: MIT
# A sleep never ends early; every expiry that the SVSM counts was handled; and
# moved deadlines are often covered by what is armed already.
fail() { echo "$*"; cat /sys/kernel/debug/svsm-timer/cpus; exit 1; }
field() { # name: sum over CPUs
	tr ' ' '\n' </sys/kernel/debug/svsm-timer/cpus |
		awk -F= -v name="$1" '$1 == name { n += $2 } END { print n + 0 }'
}
now() { awk '{ print int($1 * 100) }' /proc/uptime; }
for i in 1 2 3 4 5; do
	start=$(now)
	sleep 0.5
	[ $(($(now) - start)) -ge 49 ] || fail "a sleep of 0.5 s ended early"
done
[ "$(field failed)" -eq 0 ] || fail "ARM failed"
[ "$(field svsm.expirations)" -gt 0 ] || fail "nothing expired"
[ "$(field expired)" -gt 0 ] || fail "no expiry was handled"
[ "$(field armed)" -lt "$(field programmed)" ] || fail "every deadline cost a call"
echo ok
