// SPDX-License-Identifier: MIT
/*
 * The self-test of the SVSM on a platform that does one thing wrong: the test
 * for it says so. Each run is a process of its own, with a thread for each vCPU
 * and one for the host: its clock, which runs, and what it posts.
 */
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <svsm/selftest.h>

#include "core.h"

#define NS	1000000000ULL
#define POST_NS	(NS / 1000)

/*
 * The TSC's frequency as the SVSM knows it, in kHz: the true one, by which its
 * patience is a minute, and one with less of it, to see what is lost.
 */
#define PATIENT		1000000
#define IMPATIENT	100000

static int result[2];
static bool posts;

static u64 set_clock(void)
{
	struct timespec t;
	u64 now;

	clock_gettime(CLOCK_MONOTONIC, &t);
	now = (u64)t.tv_sec * NS + (u64)t.tv_nsec;
	host_tsc_set(now);
	return now;
}

static void *run_host(void *arg)
{
	const struct timespec pause = { .tv_nsec = 20000 };
	u64 now, post_at = 0;
	u32 i;

	(void)arg;
	for (;;) {
		now = set_clock();
		for (i = 0; posts && now >= post_at && svsm_vcpu(i) &&
		     __atomic_load_n(&host.posts, __ATOMIC_RELAXED); i++) {
			host_post(svsm_vcpu(i), SELFTEST_VECTOR, false);
			host_post(svsm_vcpu(i), SELFTEST_VECTOR_UNLISTED,
				  false);
		}
		if (now >= post_at)
			post_at = now + POST_NS;
		nanosleep(&pause, NULL);
	}
	return NULL;
}

static void *run_vcpu(void *vcpu)
{
	host_this_is(vcpu);
	svsm_vcpu_run();
}

static void power_off(bool ok)
{
	if (write(result[1], host.console, host.console_len) < 0)
		_exit(2);
	_exit(ok ? 0 : 1);
}

static void run(u32 vcpus, u32 started, enum host_fault fault, u32 khz)
{
	pthread_t thread;
	u32 i;

	host_setup(vcpus);
	host.fault = fault;
	host.tsc_khz = khz;
	host.selftest = true;
	host.power_off = power_off;
	set_clock();
	for (i = 1; i < started; i++)
		pthread_create(&thread, NULL, run_vcpu, svsm_vcpu(i));
	pthread_create(&thread, NULL, run_host, NULL);
	run_vcpu(svsm_vcpu(0));
}

/* Return: exit status of the run; @text: its log. */
static int selftest(u32 vcpus, u32 started, enum host_fault fault, u32 khz,
		    char *text, size_t size)
{
	size_t used = 0;
	ssize_t got;
	int status;
	pid_t pid;

	assert_int_equal(pipe(result), 0);
	fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		close(result[0]);
		run(vcpus, started, fault, khz);
	}
	close(result[1]);
	while ((got = read(result[0], text + used, size - 1 - used)) > 0)
		used += (size_t)got;
	text[used] = '\0';
	close(result[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void all_is_well(u32 vcpus)
{
	char text[8192];

	posts = true;
	if (selftest(vcpus, vcpus, HOST_GOOD, PATIENT, text, sizeof(text)))
		fail_msg("%s", text);
	assert_non_null(strstr(text, "svsm: KTAP version 1\nsvsm: 1..9\n"));
	assert_non_null(strstr(text, "svsm: ok 9 "));
	assert_null(strstr(text, "not ok"));
	assert_non_null(strstr(text, "svsm: # report 65766964656e6365"));
}

static void good_platform_passes(void **unused)
{
	(void)unused;
	all_is_well(1);
	all_is_well(3);
}

static void finds(enum host_fault fault, u32 khz, const char *line)
{
	char text[8192];

	assert_int_equal(selftest(2, 2, fault, khz, text, sizeof(text)), 1);
	if (!strstr(text, line))
		fail_msg("no '%s' in:\n%s", line, text);
}

static void faults_are_found(void **unused)
{
	(void)unused;
	posts = true;
	finds(HOST_LOSES_KICKS, IMPATIENT,
	      "not ok 2 IPI from each vCPU to each # IPI ");
	finds(HOST_REFUSES_PAGES, PATIENT,
	      "not ok 4 own page shared and back # the host");
	finds(HOST_KEEPS_PAGES, PATIENT,
	      "not ok 4 own page shared and back # a page");
	finds(HOST_KEEPS_GUEST_PAGES, PATIENT,
	      "not ok 5 guest memory given up and back # page");
	finds(HOST_REPEATS, PATIENT, "not ok 5 guest memory given up");
	finds(HOST_LOSES_TICKS, IMPATIENT, "not ok 7 timer # vCPU ");
	finds(HOST_TICKS_EARLY, PATIENT, "not ok 7 timer # vCPU ");
	finds(HOST_TICKS_STAY, PATIENT,
	      "not ok 8 timer moved and disarmed # vCPU ");
	finds(HOST_NO_REPORT, PATIENT,
	      "not ok 9 attestation report # no report");
	finds(HOST_WRONG_REPORT, PATIENT,
	      "not ok 9 attestation report # a report");
}

static void missing_posts_are_found(void **unused)
{
	(void)unused;
	posts = false;
	finds(HOST_GOOD, IMPATIENT, "not ok 6 host vectors # vCPU ");
}

/* The end is still an end: every test has its line. */
static void missing_vcpu_is_found(void **unused)
{
	char text[8192];

	(void)unused;
	posts = true;
	assert_int_equal(selftest(3, 2, HOST_GOOD, IMPATIENT, text, sizeof(text)),
			 1);
	if (!strstr(text, "not ok 1 all vCPUs run # vCPU 2 does "))
		fail_msg("%s", text);
	assert_non_null(strstr(text, "not ok 9 "));
	assert_null(strstr(text, "svsm: ok "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_platform_passes),
		cmocka_unit_test(faults_are_found),
		cmocka_unit_test(missing_posts_are_found),
		cmocka_unit_test(missing_vcpu_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
