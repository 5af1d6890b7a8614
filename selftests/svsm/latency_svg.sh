#!/bin/sh
# SPDX-License-Identifier: MIT
#
# latency_svg.sh FILE.svg <KTAP - draws the histogram of latency.sh with gnuplot.
# Lines may come from a runner that indents or comments them once more.
set -e
[ $# -eq 1 ] || { echo "usage: latency_svg.sh FILE.svg <KTAP" >&2; exit 2; }
command -v gnuplot >/dev/null || { echo "latency_svg.sh: no gnuplot" >&2; exit 4; }
data=$(mktemp)
trap 'rm -f "$data"' EXIT
awk '{ for (i = 1; i <= NF - 2; i++) if ($i == "latency") print $(i + 1), $(i + 2) }' >"$data"
[ -s "$data" ] || { echo "latency_svg.sh: no latency lines" >&2; exit 1; }
gnuplot <<END
set terminal svg
set output "$1"
set logscale x 2
set xlabel "late by up to, ns"
set ylabel "sleeps"
plot "$data" using (\$1 == 0 ? 1 : \$1):2 with impulses lw 4 notitle
END
