// SPDX-License-Identifier: MIT
/*
 * sleeper [--cpu N] [--count N] [--histogram]
 *
 * Sleeps for 20 us to 5 ms again and again. Exit status 1: a sleep ended early.
 * A histogram has a line "# latency BELOW COUNT" for each power of two, in ns.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <inttypes.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define NS_PER_S	1000000000LL
#define SLOTS		64

static int64_t now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static void sleep_until(int64_t when)
{
	struct timespec ts = { when / NS_PER_S, when % NS_PER_S };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL))
		;
}

/* The kernel may slew CLOCK_MONOTONIC by 500 ppm against the raw clock. */
static bool early(int64_t length, int64_t raw, int64_t late)
{
	if (late >= 0 && raw >= length - length / 2000)
		return false;
	printf("# a sleep of %" PRId64 " ns: %" PRId64 " ns by the raw clock, late by %"
	       PRId64 " ns\n", length, raw, late);
	return true;
}

static unsigned int slot_of(int64_t late)
{
	unsigned int slot = 0;

	while (late > 0) {
		late >>= 1;
		slot++;
	}
	return slot;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "cpu", required_argument, NULL, 'c' },
		{ "count", required_argument, NULL, 'n' },
		{ "histogram", no_argument, NULL, 'h' },
		{ 0 },
	};
	static const int64_t lengths[] = { 20000, 100000, 500000, 1000000, 5000000 };
	uint64_t slots[SLOTS] = { 0 };
	int64_t worst = 0;
	int count = 100, bad = 0, c, i;
	bool histogram = false;
	cpu_set_t set;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			CPU_ZERO(&set);
			CPU_SET(atoi(optarg), &set);
			if (sched_setaffinity(0, sizeof(set), &set)) {
				perror("# sched_setaffinity");
				return 2;
			}
			break;
		case 'n':
			count = atoi(optarg);
			break;
		case 'h':
			histogram = true;
			break;
		default:
			return 2;
		}
	}

	for (i = 0; i < count; i++) {
		int64_t length = lengths[i % (sizeof(lengths) / sizeof(*lengths))];
		int64_t raw = now(CLOCK_MONOTONIC_RAW);
		int64_t when = now(CLOCK_MONOTONIC) + length;
		int64_t late;

		sleep_until(when);
		late = now(CLOCK_MONOTONIC) - when;
		bad += early(length, now(CLOCK_MONOTONIC_RAW) - raw, late);
		if (late > worst)
			worst = late;
		slots[slot_of(late)]++;
	}

	printf("# %d sleeps, %d early, latest by %" PRId64 " ns\n", count, bad, worst);
	for (i = 0; histogram && i < SLOTS; i++) {
		if (slots[i])
			printf("# latency %" PRIu64 " %" PRIu64 "\n",
			       i ? UINT64_C(1) << i : 0, slots[i]);
	}
	return bad > 0;
}
