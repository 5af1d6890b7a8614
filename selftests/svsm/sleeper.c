// SPDX-License-Identifier: MIT
/*
 * sleeper [--cpu N] [--count N] [--histogram]
 *
 * Sleeps for 20 us to 5 ms again and again. Exit status 1: a sleep ended early.
 * Prints for a histogram, all in ns:
 *
 *	# latency FROM TO COUNT		four bins for each power of two
 *	# percentile P LATE		no more than P percent were later
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <getopt.h>
#include <inttypes.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define NS_PER_S	1000000000LL
#define COUNT_MAX	1000000

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

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Where the bin of this value ends; below 8 each value has its own. */
static int64_t bin_end(int64_t late)
{
	int64_t quarter = 1;

	while (late >= 8 * quarter)
		quarter *= 2;
	return (late / quarter + 1) * quarter;
}

static int64_t bin_start(int64_t end)
{
	int64_t quarter = 1;

	while (end > 8 * quarter)
		quarter *= 2;
	return end - quarter;
}

/* late: sorted, none is negative */
static void print_histogram(const int64_t *late, int count)
{
	static const double percent[] = { 50, 90, 99, 100 };
	int64_t end;
	size_t k;
	int i, n;

	for (i = 0; i < count; i += n) {
		end = bin_end(late[i]);
		for (n = 1; i + n < count && late[i + n] < end; n++)
			;
		printf("# latency %" PRId64 " %" PRId64 " %d\n", bin_start(end), end, n);
	}
	for (k = 0; k < sizeof(percent) / sizeof(*percent); k++) {
		i = count * percent[k] / 100;
		printf("# percentile %g %" PRId64 "\n", percent[k],
		       late[i < count ? i : count - 1]);
	}
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
	int count = 100, bad = 0, c, i;
	int64_t *lates;
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

	if (count < 1 || count > COUNT_MAX)
		return 2;
	lates = calloc(count, sizeof(*lates));
	if (!lates)
		return 2;

	for (i = 0; i < count; i++) {
		int64_t length = lengths[i % (sizeof(lengths) / sizeof(*lengths))];
		int64_t raw = now(CLOCK_MONOTONIC_RAW);
		int64_t when = now(CLOCK_MONOTONIC) + length;
		int64_t late;

		sleep_until(when);
		late = now(CLOCK_MONOTONIC) - when;
		bad += early(length, now(CLOCK_MONOTONIC_RAW) - raw, late);
		lates[i] = late < 0 ? 0 : late;
	}

	qsort(lates, count, sizeof(*lates), compare);
	printf("# %d sleeps, %d early, half of them late by %" PRId64 " ns at most, the latest by %"
	       PRId64 " ns\n", count, bad, lates[count / 2], lates[count - 1]);
	if (histogram)
		print_histogram(lates, count);
	free(lates);
	return bad > 0;
}
