#!/bin/sh
# SPDX-License-Identifier: MIT
#
# plots.sh [--png] DIR <KTAP - draws what the tests printed, with gnuplot:
# DIR/latency.svg (latency.sh) and DIR/interrupts.svg (record.sh run_all.sh).
# Lines may come from a runner that indents or comments them once more.
set -e
kind=svg font=13
if [ "$1" = --png ]; then
	kind=png font=10
	shift
fi
[ $# -eq 1 ] || { echo "usage: plots.sh [--png] DIR <KTAP" >&2; exit 2; }
command -v gnuplot >/dev/null || {
	echo "plots.sh: there is no gnuplot; on Debian: apt-get install gnuplot-nox" >&2
	exit 4
}
out=$1
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tr -d '\r' | sed 's/^[# ]*//' >"$work/lines"

terminal() { # width, height, name
	case $kind in
	svg) echo "set terminal svg size $1,$2 font 'sans,$font' background '#ffffff'" ;;
	png) echo "set terminal pngcairo size $1,$2 font 'sans,$font'" ;;
	esac
	echo "set output '$out/$3.$kind'"
}

draw_latency() {
	# Bins in seconds. A logarithmic axis has no 0.
	awk '$1 == "latency" && NF == 4 { print ($2 ? $2 : 1) / 1e9, $3 / 1e9, $4 }' \
		"$work/lines" >"$work/bins"
	[ -s "$work/bins" ] || return 0
	{
		terminal 900 520 latency
		# In the free space above the bins, one below the other.
		awk '$1 == "percentile" && NF == 3 {
			late = $3 / 1e9
			unit = $3 < 1e6 ? "µs" : "ms"
			value = $3 < 1e6 ? $3 / 1e3 : $3 / 1e6
			what = $2 == 100 ? "latest:" : $2 " %: up to"
			printf "set arrow from %s, graph 0 to %s, graph 1 nohead " \
				"front lc \"#c04000\" dt 2\n", late, late
			printf "set label \"%s %.3g %s \" at %s, graph %s right " \
				"front tc \"#c04000\"\n",
				what, value, unit, late, 0.97 - 0.06 * n++
		}' "$work/lines"
		awk '{ n += $3 } END {
			printf "set title \"How late %d sleeps ended " \
				"(clock_nanosleep on svsm_timer)\" noenhanced\n", n }' \
			"$work/bins"
		cat <<-END
			set logscale x
			set format x "%.0s %cs"
			set xlabel "late by (logarithmic, four bins for each power of two)"
			set ylabel "sleeps"
			stats "$work/bins" using 3 nooutput
			set yrange [0:STATS_max * 1.4]
			set grid ytics
			set style fill solid 0.6 border
			plot "$work/bins" using (sqrt(\$1*\$2)):(\$3/2.):1:2:(0):3 \
				with boxxyerror lc "#3060a0" notitle
		END
	} | gnuplot
	echo "$out/latency.$kind"
}

draw_interrupts() {
	# A second's interrupts since the look before. Counts begin anew where a
	# module was loaded or a CPU came back; a CPU that is off has none.
	awk -v work="$work" '
		$1 == "start" && NF == 3 { begins[++tests] = $2; name[tests] = $3 }
		$1 == "interrupts" && NF >= 4 {
			if (first == "") first = $2
			last = $2
			for (i = 4; i <= NF; i++) {
				split($i, part, ":")
				key = $3 "." part[1]
				if (key in count && $2 > time[key]) {
					n = part[2] - count[key]
					if (n < 0) n = part[2]
					# Longer without: a gap in the line.
					if ($2 - time[key] > 1) print "" >(work "/data." key)
					print $2 - first, n / ($2 - time[key]) >(work "/data." key)
				}
				count[key] = part[2]
				time[key] = $2
			}
		}
		END {
			if (last == "") exit
			print "set xrange [0:" last - first "]"
			for (i = 1; i <= tests; i++) {
				sub(/\.sh$/, "", name[i])
				at = begins[i] - first
				if (at < 0) at = 0
				printf "set arrow from %s, graph 0 to %s, graph 1 nohead " \
					"lc \"#a0a0a0\" dt 3\n", at, at
				printf "set label %d \"%s\" at %s, graph 1.03 rotate by 45 " \
					"left noenhanced font \",%d\"\n",
					i, name[i], at, font - 2
			}
		}' font=$font "$work/lines" >"$work/frame"
	ls "$work"/data.* >/dev/null 2>&1 || return 0
	{
		terminal 1100 900 interrupts
		cat "$work/frame"
		cat <<-END
			set multiplot layout 3,1 margins 0.09,0.9,0.07,0.85 spacing 0,0.07
			set grid ytics
			set yrange [0:*]
			set key outside right top
			set label 1000 "Interrupts per second and CPU, while the tests ran" \
				at screen 0.5, 0.97 center font ",$((font + 3))"
		END
		for name in svsm-test svsm-notify svsm-timer; do
			[ $name != svsm-timer ] || echo 'set xlabel "seconds"'
			echo "set ylabel '$name (1/s)' noenhanced"
			plot=
			for data in "$work"/data."$name".*; do
				[ -e "$data" ] || continue
				plot="$plot${plot:+, }'$data' with linespoints pt 7 ps 0.25 lw 1.5"
				plot="$plot title 'CPU ${data##*.}'"
			done
			echo "plot ${plot:-NaN notitle}"
			# Names of tests and the title stand on top only.
			echo "unset label"
		done
		echo "unset multiplot"
	} | gnuplot
	echo "$out/interrupts.$kind"
}

draw_latency
draw_interrupts
[ -e "$out/latency.$kind" ] || [ -e "$out/interrupts.$kind" ] || {
	echo "plots.sh: no data; the tests are latency.sh and record.sh run_all.sh" >&2
	exit 1
}
