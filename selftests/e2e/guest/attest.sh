# SPDX-License-Identifier: MIT
# Linux' own driver asks the security processor for reports, by configfs. The
# host verifies what is printed.
fail() { echo "$*"; exit 1; }
# Linux 6.12 has the cipher by name only.
modprobe -q gcm
modprobe -q ghash_generic
modprobe sev_guest || fail "no sev_guest"
dmesg | grep -q 'Initialized SEV guest driver' || fail "the driver does not work"
mkdir -p /config
mount -t configfs none /config || fail "no configfs"
report=/config/tsm/report/test
mkdir "$report" || fail "no reports"
level=$(cat "$report/privlevel_floor")
echo "$level" >"$report/privlevel"
[ "$(cat "$report/provider")" = sev_guest ] || fail "provider"
i=0
while [ $i -lt 5 ]; do
	head -c 64 /dev/urandom >/tmp/other
	cat /tmp/other >"$report/inblob"
	cat "$report/outblob" >/tmp/outblob || fail "report $i"
	[ "$(wc -c </tmp/outblob)" -eq 1184 ] || fail "size of report $i"
	i=$((i + 1))
done
printf 'end to end: what the one who asks for a report wants to be in it' >"$report/inblob"
cat "$report/outblob" >/tmp/outblob || fail "last report"
[ "$(wc -c <"$report/auxblob")" -eq 0 ] || fail "certificates"
echo "# report $(od -An -v -tx1 /tmp/outblob | tr -d ' \n')"
# A level may not speak for those above it.
if [ "$level" -gt 0 ] && echo $((level - 1)) 2>/dev/null >"$report/privlevel" &&
	cat "$report/outblob" >/dev/null 2>&1; then
	fail "a report on VMPL$((level - 1))"
fi
echo ok
