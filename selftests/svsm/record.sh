#!/bin/sh
# SPDX-License-Identifier: MIT
#
# record.sh COMMAND ... - runs it and says afterwards what the interrupts of the
# drivers did meanwhile, for plots.sh: five times a second
#
#   # interrupts UPTIME NAME CPU:COUNT ...
samples=$(mktemp -d) || exit 1
awk -v stop="$samples/stop" '
	function look(   line, cpus, cpu, word, n, i, out) {
		getline line <"/proc/uptime"
		close("/proc/uptime")
		split(line, word)
		uptime = word[1]
		getline line <"/proc/interrupts"
		cpus = split(line, cpu)
		while ((getline line <"/proc/interrupts") > 0) {
			n = split(line, word)
			if (word[n] !~ /^svsm-(test|timer|notify)$/)
				continue
			for (i = 1; i <= cpus; i++)
				count[word[n], i] += word[i + 1]
			seen[word[n]] = 1
		}
		close("/proc/interrupts")
		for (n in seen) {
			out = "# interrupts " uptime " " n
			for (i = 1; i <= cpus; i++) {
				out = out " " substr(cpu[i], 4) ":" count[n, i]
				delete count[n, i]
			}
			print out
		}
	}
	BEGIN {
		do {
			look()
			system("sleep 0.2")
		} while ((getline line <stop) < 0)
	}' >"$samples/lines" &
"$@"
status=$?
touch "$samples/stop"
wait
cat "$samples/lines"
rm -rf "$samples"
exit $status
