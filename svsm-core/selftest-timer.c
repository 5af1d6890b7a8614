// SPDX-License-Identifier: MIT
/*
 * Self-test of arch_timer_arm(). The TSC judges: a tick before its deadline is
 * an error, and so is one that never comes; how late it is only gets printed.
 */
#include <svsm/log.h>
#include <svsm/selftest.h>
#include <svsm/svsm.h>

/* Deadlines in order, and how far they lie ahead, in ticks. */
#define DEADLINES	2000
#define AHEAD_MAX	0x3FFFFU
/* Rounds of changed deadlines, and the same in them, in ticks. */
#define CHANGES		16
#define AHEAD		0x100000ULL
#define CLOSE		0x400ULL

/* xorshift32, G. Marsaglia 2003 */
static u32 next(u32 x)
{
	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x;
}

/* Sleep until the tick of what is armed. Return: how late it is, in ticks. */
static u64 await_tick(struct vcpu *vcpu, u64 deadline)
{
	struct host_events events;
	u64 now;

	do {
		selftest_idle(vcpu, &events);
		now = arch_tsc();
		if (events.timer && now < deadline)
			selftest_fail("vCPU %u: tick %lu before its deadline",
				      vcpu->index,
				      (unsigned long)(deadline - now));
		if (now > deadline && now - deadline > selftest_patience())
			selftest_fail("vCPU %u: no tick", vcpu->index);
	} while (!events.timer && !selftest_failed());
	return now - deadline;
}

/* Awake, with nothing armed: no tick may come. */
static void expect_none(struct vcpu *vcpu, u64 until)
{
	struct host_events events;

	do {
		selftest_take(vcpu, &events);
		if (events.timer)
			selftest_fail("vCPU %u: tick without a deadline",
				      vcpu->index);
		arch_cpu_relax();
	} while (arch_tsc() < until);
}

/**
 * selftest_timer() - deadlines, one after the other
 * @vcpu: this vCPU
 *
 * Some lie close together, some have passed when they are armed.
 */
void selftest_timer(struct vcpu *vcpu)
{
	u32 random = vcpu->index + 1, i;
	u64 late_max = 0, late, deadline = arch_tsc();

	for (i = 0; i < DEADLINES && !selftest_failed(); i++) {
		random = next(random);
		deadline += i % 4 ? random & AHEAD_MAX : 1;
		arch_timer_arm(deadline);
		late = await_tick(vcpu, deadline);
		expect_none(vcpu, 0);
		if (late > late_max)
			late_max = late;
		if (random & 1)
			deadline = arch_tsc();
	}
	svsm_log(LOG_INFO, "# vCPU %u: %u deadlines, at most %lu ticks late",
		 vcpu->index, i, (unsigned long)late_max);
}

/* What is armed reaches the host at the latest when this vCPU idles. */
static void arm_and_idle(struct vcpu *vcpu, u64 deadline)
{
	struct host_events events;

	arch_timer_arm(deadline);
	selftest_idle(vcpu, &events);
}

/**
 * selftest_timer_changed() - a deadline replaces another, or is called off
 * @vcpu: this vCPU
 */
void selftest_timer_changed(struct vcpu *vcpu)
{
	u64 deadline;
	u32 i;

	for (i = 0; i < CHANGES && !selftest_failed(); i++) {
		/* Moved ahead, moved back: one tick, that of the last. */
		deadline = arch_tsc() + AHEAD;
		arch_timer_arm(deadline + CLOSE);
		arch_timer_arm(deadline);
		await_tick(vcpu, deadline);
		expect_none(vcpu, deadline + 2 * AHEAD);

		deadline = arch_tsc() + AHEAD;
		arm_and_idle(vcpu, deadline);
		arch_timer_arm(deadline + AHEAD);
		await_tick(vcpu, deadline + AHEAD);
		expect_none(vcpu, deadline + 3 * AHEAD);

		deadline = arch_tsc() + AHEAD;
		arm_and_idle(vcpu, deadline);
		arch_timer_arm(~0ULL);
		expect_none(vcpu, deadline + AHEAD);
	}
}
