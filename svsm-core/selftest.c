// SPDX-License-Identifier: MIT
/*
 * The self-test: its tests one after the other, each on all vCPUs, and the
 * result. The first vCPU leads: it gives the others a sign by an IPI, takes
 * part and waits for them, awake, so that a vCPU that hangs is a result too.
 * The second one waits for the first. A vCPU that is alone and loses its tick
 * is the affair of who started it.
 */
#include <svsm/hostirq.h>
#include <svsm/lock.h>
#include <svsm/log.h>
#include <svsm/selftest.h>
#include <svsm/svsm.h>

#define PATIENCE_MS		60000
/* The same for a TSC of unknown frequency. */
#define PATIENCE_TICKS		200000000000ULL

static void all_there(struct vcpu *vcpu);

static const struct selftest tests[] = {
	{ "all vCPUs run", all_there, 0 },
	{ "IPI from each vCPU to each", selftest_ipi_chain, 0 },
	{ "IPIs all at once", selftest_ipi_crowd, 0 },
	{ "own page shared and back", selftest_memory_own, 0 },
	{ "guest memory given up and back", selftest_memory_guest, 0 },
	{ "host vectors", selftest_vector, SELFTEST_POSTS },
	{ "timer", selftest_timer, SELFTEST_APART },
	{ "timer moved and disarmed", selftest_timer_changed, SELFTEST_APART },
	{ "attestation report", selftest_attest, 0 },
};

/*
 * @round: test that runs, 1 is the first; written by the leader
 * @joined: last round that each vCPU has joined
 * @done: last round that each vCPU has done its part of
 * @lock: protects @failed and @why
 */
static struct {
	u32 round;
	u32 joined[SVSM_VCPUS_MAX];
	u32 done[SVSM_VCPUS_MAX];
	struct spinlock lock;
	bool failed;
	char why[160];
} state;

/* See selftest.h. */
void selftest_fail(const char *fmt, ...)
{
	va_list args;

	spin_lock(&state.lock);
	if (!state.failed) {
		va_start(args, fmt);
		svsm_vformat(state.why, sizeof(state.why), fmt, args);
		va_end(args);
		__atomic_store_n(&state.failed, true, __ATOMIC_RELAXED);
	}
	spin_unlock(&state.lock);
}

/* See selftest.h. */
bool selftest_failed(void)
{
	return __atomic_load_n(&state.failed, __ATOMIC_RELAXED);
}

/* See selftest.h. */
u64 selftest_patience(void)
{
	u32 khz = arch_tsc_khz();

	return khz ? (u64)khz * PATIENCE_MS : PATIENCE_TICKS;
}

/* See selftest.h. */
u64 selftest_watch(void)
{
	u64 until = arch_tsc() + selftest_patience();

	arch_timer_arm(until);
	return until;
}

/* See selftest.h. */
void selftest_take(struct vcpu *vcpu, struct host_events *events)
{
	arch_host_events(events);
	hostirq_events(vcpu, events);
	hostirq_send_eois(vcpu);
}

/* See selftest.h. */
void selftest_idle(struct vcpu *vcpu, struct host_events *events)
{
	arch_idle();
	selftest_take(vcpu, events);
}

/* What the platform said of its vCPUs must be what they are. */
static void all_there(struct vcpu *vcpu)
{
	u32 i;

	if (arch_this_vcpu() != vcpu || svsm_vcpu(vcpu->index) != vcpu)
		selftest_fail("vCPU %u is another one", vcpu->index);
	for (i = 0; i < vcpu->index; i++) {
		if (svsm.vcpus[i].apic_id == vcpu->apic_id)
			selftest_fail("vCPUs %u and %u have APIC ID %u", i,
				      vcpu->index, vcpu->apic_id);
	}
}

/* Awake. Who gets stuck in a test is woken, so that it can leave it. */
static bool wait_for(u32 vcpu, const u32 *where, u32 round, const char *what)
{
	/* The leader is patient with others before it begins itself. */
	u64 until = arch_tsc() + selftest_patience() * (vcpu ? 1 : 2);
	bool there = true;

	while (there && __atomic_load_n(&where[vcpu], __ATOMIC_ACQUIRE) <
	       round) {
		there = arch_tsc() < until;
		if (!there) {
			selftest_fail("vCPU %u does not %s", vcpu, what);
			arch_kick(&svsm.vcpus[vcpu]);
		}
		arch_cpu_relax();
	}
	return there;
}

static bool wait_for_all(const u32 *where, const char *what)
{
	u32 i;

	for (i = 1; i < svsm.vcpu_count; i++) {
		if (!wait_for(i, where, state.round, what))
			return false;
	}
	return true;
}

static void do_part(struct vcpu *vcpu, const struct selftest *test, u32 round)
{
	test->run(vcpu);
	arch_timer_arm(~0ULL);
	__atomic_store_n(&state.done[vcpu->index], round, __ATOMIC_RELEASE);
}

/* Return: false if the others cannot take part in another one. */
static bool lead(struct vcpu *leader, const struct selftest *test)
{
	u32 i;

	arch_selftest_posts(test->flags & SELFTEST_POSTS);
	__atomic_store_n(&state.failed, false, __ATOMIC_RELAXED);
	__atomic_store_n(&state.round, state.round + 1, __ATOMIC_RELEASE);
	for (i = 1; i < svsm.vcpu_count; i++)
		arch_kick(&svsm.vcpus[i]);
	/* No IPI of the test itself may become one with those. */
	if (!wait_for_all(state.joined, "begin"))
		return false;
	if ((test->flags & SELFTEST_APART) && !wait_for_all(state.done, "end"))
		return false;
	do_part(leader, test, state.round);
	return wait_for_all(state.done, "end");
}

static void __attribute__((noreturn)) follow(struct vcpu *vcpu)
{
	struct host_events events;
	u32 round;

	for (round = 1;; round++) {
		do {
			selftest_idle(vcpu, &events);
		} while (!events.kicked ||
			 __atomic_load_n(&state.round, __ATOMIC_ACQUIRE) !=
			 round);
		__atomic_store_n(&state.joined[vcpu->index], round,
				 __ATOMIC_RELEASE);
		do_part(vcpu, &tests[round - 1], round);
		if (vcpu->index == 1)
			wait_for(0, state.done, round, "end");
	}
}

/* See selftest.h. */
void selftest_run(struct vcpu *vcpu)
{
	bool ok, all_ok = true, usable = true;
	u32 i;

	if (vcpu->index)
		follow(vcpu);

	svsm_log(LOG_INFO, "KTAP version 1");
	svsm_log(LOG_INFO, "1..%u", (u32)ARRAY_SIZE(tests));
	for (i = 0; i < ARRAY_SIZE(tests); i++) {
		/* With a vCPU missing the reason stays the same. */
		usable = usable && lead(vcpu, &tests[i]);
		ok = !selftest_failed();
		svsm_log(LOG_INFO, "%sok %u %s%s%s", ok ? "" : "not ", i + 1,
			 tests[i].name, ok ? "" : " # ", ok ? "" : state.why);
		all_ok = all_ok && ok;
	}
	arch_power_off(all_ok);
}
