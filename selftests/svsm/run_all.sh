#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run_all.sh [TEST ...] - run the installed tests, print KTAP. Exit status: 0 all
# are ok or some were skipped, 1 a test failed, 4 all were skipped.
cd "$(dirname "$0")" || exit 1
limit=$(sed -n 's/^timeout=//p' settings)
[ $# -gt 0 ] || set -- $(cat list)
echo "KTAP version 1"
echo "1..$#"
number=0 failed=0 skipped=0
status_file=$(mktemp) || exit 1
for name; do
	number=$((number + 1))
	read -r uptime idle </proc/uptime
	echo "# start $uptime $name"
	{
		timeout "$limit" "./$name" 2>&1 </dev/null
		echo $? >"$status_file"
	} | sed 's/^/  /'
	status=$(cat "$status_file")
	case $status in
	0) echo "ok $number $name" ;;
	4)
		echo "ok $number $name # SKIP"
		skipped=$((skipped + 1))
		;;
	124 | 143) echo "not ok $number $name # TIMEOUT $limit seconds" ;;
	*) echo "not ok $number $name # exit=$status" ;;
	esac
	case $status in
	0 | 4) ;;
	*) failed=$((failed + 1)) ;;
	esac
done
rm -f "$status_file"
echo "# passed $((number - failed - skipped)) failed $failed skipped $skipped"
[ $failed -eq 0 ] || exit 1
[ $skipped -lt $number ] || exit 4
