# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What the tests of packages share; to be sourced.
#
# BUILD is the build folder; a test has $work below it for itself.

set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(realpath -m "${BUILD:-$top/build}")
# shellcheck disable=SC2034
version=$(sed -n 's/^VERSION := //p' "$top/Makefile")
# In the user's own PATH they may be missing: kmod and dkms are for root.
PATH=$PATH:/usr/sbin:/sbin
# A test is not part of the make that may have started it.
unset MAKEFLAGS MAKELEVEL MFLAGS

fail()
{
	echo "$*"
	exit 1
}

# As kselftest has it: status 4 is "cannot be tested here".
skip()
{
	echo "$*"
	exit 4
}

begin() # name
{
	work=$build/package-tests/$1
	rm -rf "$work"
	mkdir -p "$work"
}

# kernel VERSION: sets these.
# shellcheck disable=SC2034
release='' modules='' headers='' vmlinuz=''
kernel()
{
	local paths

	paths=$("$top/scripts/cache" kernel "$1") || fail "no kernel $1"
	eval "$paths"
}

# Runs a command that may fail, keeps what it says in $out and its status in
# $status, and shows both.
try()
{
	echo "\$ $*"
	status=0
	out=$("$@" 2>&1) || status=$?
	[ -z "$out" ] || printf '%s\n' "$out"
	[ "$status" -eq 0 ] || echo "exit status $status"
}

# The same for one that must not fail.
must()
{
	try "$@"
	[ "$status" -eq 0 ] || fail "this must not fail: $*"
}

said() # text
{
	case $out in
	*"$1"*) ;;
	*) fail "it did not say: $1" ;;
	esac
}

same() # what, expected, got
{
	[ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"
}

# A key for one test, and its certificate in DER, as scripts/sign-file and
# mokutil want them; only for modules, by the name that mokutil has for that.
throwaway_key() # key, certificate, name
{
	openssl req -new -x509 -newkey rsa:2048 -nodes -sha256 -days 30 \
		-subj "/CN=$3" -keyout "$1" -outform DER -out "$2" \
		-addext basicConstraints=critical,CA:FALSE \
		-addext keyUsage=digitalSignature \
		-addext extendedKeyUsage=codeSigning,1.3.6.1.4.1.2312.16.1.2 \
		2>/dev/null || fail "openssl makes no key"
}
