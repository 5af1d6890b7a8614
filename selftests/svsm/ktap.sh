# SPDX-License-Identifier: MIT
# What lib.sh needs of the kernel's ktap_helpers.sh, for where there is none.
# shellcheck shell=sh disable=SC2034

KSFT_SKIP=4
ktap_planned=0
ktap_done=0
ktap_good=0

ktap_print_header() {
	echo "KTAP version 1"
}

ktap_set_plan() { # number of results
	ktap_planned=$1
	echo "1..$1"
}

ktap_skip_all() { # why; the caller exits
	echo "1..0 # SKIP $*"
}

ktap_result() { # "ok" or "not ok", what, directive
	ktap_done=$((ktap_done + 1))
	echo "$1 $ktap_done $2${3:+ # $3}"
}

ktap_test_pass() { # what
	ktap_good=$((ktap_good + 1))
	ktap_result "ok" "$1"
}

ktap_test_skip() { # what
	ktap_good=$((ktap_good + 1))
	ktap_result "ok" "$1" SKIP
}

ktap_test_fail() { # what
	ktap_result "not ok" "$1"
}

ktap_finished() {
	[ "$ktap_good" -eq "$ktap_planned" ]
	exit
}
