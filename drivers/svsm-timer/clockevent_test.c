// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which deadlines need a call to the SVSM, and what an interrupt means.
 */
#include <linux/cc_platform.h>
#include <linux/err.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <linux/prandom.h>
#include <linux/sched.h>

#include "fake_test.h"

static irqreturn_t played_interrupt(struct played *p)
{
	return played_step(p, svsm_timer_handler(0, &p->t));
}

static int played_stop(struct played *p)
{
	return played_step(p, p->t.ce.set_state_shutdown(&p->t.ce));
}

/* --- the rule ------------------------------------------------------------- */

struct rule_case {
	const char *name;
	u64 now;
	u64 armed;
	u64 deadline;
	u64 slack;
	bool call;
};

static const struct rule_case rule_cases[] = {
	{ "nothing armed", 1000, SVSM_TIMER_NONE, 2000, 100, true },
	{ "nothing armed, no slack", 1000, SVSM_TIMER_NONE, 2000, 0, true },
	{ "look at the deadline", 1000, 2000, 2000, 0, false },
	{ "look just before the deadline", 1000, 1999, 2000, 0, false },
	{ "look just after it, no slack", 1000, 2001, 2000, 0, true },
	{ "look just after it, slack 1", 1000, 2001, 2000, 1, false },
	{ "look at the end of the slack", 1000, 2100, 2000, 100, false },
	{ "look after the slack", 1000, 2101, 2000, 100, true },
	{ "look at once", 1000, 1001, 2000, 0, false },
	{ "look is now", 1000, 1000, 2000, 0, true },
	{ "look was missed", 1000, 999, 2000, 100, true },
	{ "look missed at 0", 1000, 0, 2000, 100, true },
	{ "look missed, within the slack", 2050, 2010, 2000, 100, true },
	{ "deadline has passed, look to come", 1000, 1001, 900, 100, true },
	{ "deadline has passed, look in the slack", 1000, 1001, 900, 101, false },
	{ "deadline is now, look is now", 2000, 2000, 2000, 100, true },
	{ "deadline is never, look to come", 1000, 2000, SVSM_TIMER_NONE, 0, false },
	{ "deadline is never, nothing armed", 1000, SVSM_TIMER_NONE, SVSM_TIMER_NONE, 0, false },
	{ "slack without end", 1000, SVSM_TIMER_NONE, 2000, ~0ULL, false },
	{ "slack without end, look missed", 1000, 1000, 2000, ~0ULL, true },
	{ "deadline + slack beyond 64 bits", 1000, ~0ULL - 1, ~0ULL - 10, 100, false },
	{ "deadline + slack wraps to before the look", 1000, 5000, ~0ULL - 10, 20, false },
	{ "deadline 0", 1000, 5000, 0, 4999, true },
	{ "deadline 0, slack just enough", 1000, 5000, 0, 5000, false },
	{ "clock in its upper half", 1ULL << 63, (1ULL << 63) + 1, (1ULL << 63) + 2, 0, false },
	{ "look in the upper half, clock in the lower", (1ULL << 63) - 1, 1ULL << 63,
	  (1ULL << 63) - 1, 0, true },
	{ "clock at its end", ~0ULL, ~0ULL, ~0ULL, ~0ULL, true },
};

KUNIT_ARRAY_PARAM_DESC(rule, rule_cases, name);

static void rule_table_test(struct kunit *test)
{
	const struct rule_case *c = test->param_value;
	struct played *p = test->priv;

	p->now = c->now;
	p->page->timer_armed = c->armed;
	p->t.slack = c->slack;
	KUNIT_EXPECT_EQ(test, played_program(p, c->deadline), 0);
	KUNIT_EXPECT_EQ(test, p->arms, c->call ? 1 : 0);
	KUNIT_EXPECT_EQ(test, p->page->timer_deadline, c->deadline);
	KUNIT_EXPECT_EQ(test, p->t.deadline, c->deadline);
	/* What the SVSM publishes is never the guest's to write. */
	KUNIT_EXPECT_EQ(test, p->page->timer_armed, c->armed);
}

/* Rule TIMER-1 word for word, in numbers that do not wrap. */
static bool rule_needs_call(u64 now, u64 armed, u64 deadline, u64 slack)
{
	return !(now < armed && (u128)armed <= (u128)deadline + slack);
}

static bool rule_holds(struct kunit *test, u64 now, u64 armed, u64 deadline,
		       u64 slack)
{
	struct played *p = test->priv;
	unsigned int before = p->arms;
	bool call = rule_needs_call(now, armed, deadline, slack);

	p->now = now;
	p->page->timer_armed = armed;
	p->t.slack = slack;
	if (!played_program(p, deadline) && p->arms - before == call &&
	    p->page->timer_deadline == deadline)
		return true;
	KUNIT_FAIL(test, "now %llu armed %llu deadline %llu slack %llu: %s",
		   now, armed, deadline, slack,
		   call ? "must call" : "must not call");
	return false;
}

static void rule_exhaustive_test(struct kunit *test)
{
	static const u64 values[] = {
		0, 1, 2, 99, 100, 101, U32_MAX - 1ULL, U32_MAX, U32_MAX + 1ULL,
		S64_MAX - 1ULL, S64_MAX, S64_MAX + 1ULL, U64_MAX - 101,
		U64_MAX - 100, U64_MAX - 99, U64_MAX - 1, U64_MAX,
	};
	const unsigned int count = ARRAY_SIZE(values);
	struct played *p = test->priv;
	unsigned int i;

	for (i = 0; i < count * count * count * count; i++) {
		unsigned int rest = i / count;

		if (!rule_holds(test, values[i % count], values[rest % count],
				values[rest / count % count],
				values[rest / count / count]))
			return;
		if (i % count == 0)
			cond_resched();
	}
	/* Neither of both is all that was tried. */
	KUNIT_EXPECT_GT(test, p->arms, i / 10);
	KUNIT_EXPECT_LT(test, p->arms, i - i / 10);
}

static u64 rule_random(struct rnd_state *rnd)
{
	u64 value = prandom_u32_state(rnd);

	return value << 32 | prandom_u32_state(rnd);
}

/* Close to each other, anywhere; or of any size. */
static void rule_random_test(struct kunit *test)
{
	struct played *p = test->priv;
	struct rnd_state rnd;
	unsigned int i;

	prandom_seed_state(&rnd, 0x53564550);
	for (i = 0; i < 40000; i++) {
		u64 base = rule_random(&rnd), value[4];
		unsigned int j;

		for (j = 0; j < ARRAY_SIZE(value); j++) {
			u64 some = rule_random(&rnd);

			value[j] = i & 1 ? base + some % 17 - 8 :
				   some >> (prandom_u32_state(&rnd) % 64);
		}
		if (i & 1)
			value[3] = rule_random(&rnd) % 17;
		if (!rule_holds(test, value[0], value[1], value[2], value[3]))
			return;
		if (i % 64 == 0)
			cond_resched();
	}
	KUNIT_EXPECT_GT(test, p->arms, i / 10);
	KUNIT_EXPECT_LT(test, p->arms, i - i / 10);
}

/* Who looks, by himself or called, sees the new deadline. */
static void rule_order_test(struct kunit *test)
{
	struct played *p = test->priv;

	p->now = 1000;
	p->page->timer_deadline = 7000;
	played_program(p, 5000);
	KUNIT_EXPECT_EQ(test, p->nows, 1);
	KUNIT_EXPECT_EQ(test, p->deadline_read, 5000);
	KUNIT_EXPECT_EQ(test, p->arms, 1);
	KUNIT_EXPECT_EQ(test, p->deadline_armed, 5000);

	p->page->timer_armed = 2000;
	played_program(p, 6000);
	KUNIT_EXPECT_EQ(test, p->nows, 2);
	KUNIT_EXPECT_EQ(test, p->deadline_read, 6000);
	KUNIT_EXPECT_EQ(test, p->arms, 1);
}

#ifdef CONFIG_HAVE_HW_BREAKPOINT
static void watch_hit(struct perf_event *bp, struct perf_sample_data *data,
		      struct pt_regs *regs)
{
	struct played *p = bp->overflow_handler_context;

	if (!svsm_timer_played())
		return;
	p->looks++;
	p->deadline_looked = READ_ONCE(p->page->timer_deadline);
}

static void watch_end(void *bp)
{
	unregister_wide_hw_breakpoint((__force void __percpu *)bp);
}

/*
 * The deadline is there before timer_armed is read: the other way round a look
 * between the two would not see it, and be taken for one that is to come.
 */
static void rule_watch_test(struct kunit *test)
{
	struct played *p = test->priv;
	struct perf_event * __percpu *bp;
	struct perf_event_attr attr;

	if (cc_platform_has(CC_ATTR_GUEST_STATE_ENCRYPT))
		kunit_skip(test, "debug registers are the host's");
	hw_breakpoint_init(&attr);
	attr.bp_addr = (unsigned long)&p->page->timer_armed;
	attr.bp_len = HW_BREAKPOINT_LEN_8;
	attr.bp_type = HW_BREAKPOINT_RW;
	bp = register_wide_hw_breakpoint(&attr, watch_hit, p);
	if (IS_ERR((__force void *)bp))
		kunit_skip(test, "all breakpoints are in use");
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, watch_end,
						  (__force void *)bp));
	/* Not every emulator has them. */
	played_step(p, READ_ONCE(p->page->timer_armed));
	if (!p->looks)
		kunit_skip(test, "breakpoints do nothing");

	p->looks = 0;
	p->now = 1000;
	p->page->timer_deadline = 7000;
	played_program(p, 5000);
	KUNIT_EXPECT_EQ(test, p->looks, 1);
	KUNIT_EXPECT_EQ(test, p->deadline_looked, 5000);
}
#else
static void rule_watch_test(struct kunit *test)
{
	kunit_skip(test, "no hardware breakpoints");
}
#endif

/* --- what is counted, what fails ------------------------------------------ */

static void counters_test(struct kunit *test)
{
	struct played *p = test->priv;
	struct svsm_timer *t = &p->t;

	p->now = 1000;
	played_program(p, 5000);
	p->page->timer_armed = 5000;
	played_program(p, 6000);
	played_program(p, 7000);
	KUNIT_EXPECT_EQ(test, t->programmed, 3);
	KUNIT_EXPECT_EQ(test, t->armed, 1);
	KUNIT_EXPECT_EQ(test, t->failed, 0);

	p->arm_ret = -EIO;
	played_program(p, 4000);
	KUNIT_EXPECT_EQ(test, t->programmed, 4);
	KUNIT_EXPECT_EQ(test, t->armed, 2);
	KUNIT_EXPECT_EQ(test, t->failed, 1);
	KUNIT_EXPECT_EQ(test, p->arms, 2);

	p->now = 3999;
	played_interrupt(p);
	p->now = 4000;
	played_interrupt(p);
	played_interrupt(p);
	played_stop(p);
	KUNIT_EXPECT_EQ(test, t->expired, 1);
	KUNIT_EXPECT_EQ(test, t->spurious, 2);
	KUNIT_EXPECT_EQ(test, t->programmed, 4);
}

/* All that svsm_irq_timer_arm() may return. */
static const struct arm_case {
	const char *name;
	int ret;
} arm_cases[] = {
	{ "EAGAIN", -EAGAIN }, { "EOPNOTSUPP", -EOPNOTSUPP },
	{ "EFAULT", -EFAULT }, { "EINVAL", -EINVAL }, { "EPERM", -EPERM },
	{ "ENODEV", -ENODEV }, { "ENXIO", -ENXIO }, { "ERANGE", -ERANGE },
	{ "EBUSY", -EBUSY }, { "ESTALE", -ESTALE }, { "EPROTO", -EPROTO },
	{ "EIO", -EIO },
};

KUNIT_ARRAY_PARAM_DESC(arm, arm_cases, name);

/* The host may have kept the call: the deadline stays for a look to come. */
static void arm_fails_test(struct kunit *test)
{
	const struct arm_case *c = test->param_value;
	struct played *p = test->priv;

	p->now = 1000;
	p->arm_ret = c->ret;
	KUNIT_EXPECT_EQ(test, played_program(p, 2000), c->ret);
	KUNIT_EXPECT_EQ(test, p->arms, 1);
	KUNIT_EXPECT_EQ(test, p->t.armed, 1);
	KUNIT_EXPECT_EQ(test, p->t.failed, 1);
	KUNIT_EXPECT_EQ(test, p->t.deadline, 2000);
	KUNIT_EXPECT_EQ(test, p->page->timer_deadline, 2000);

	p->now = 2000;
	played_interrupt(p);
	KUNIT_EXPECT_EQ(test, p->events, 1);

	/* The core tries again, with a later one: as if nothing had been. */
	p->arm_ret = 0;
	KUNIT_EXPECT_EQ(test, played_program(p, 3000), 0);
	KUNIT_EXPECT_EQ(test, p->t.failed, 1);
	KUNIT_EXPECT_EQ(test, p->arms, 2);
}

/* The core asks for a time from now on, in units of 8 ticks. */
static void set_next_event_test(struct kunit *test)
{
	/* At most what clockevents_config() can ask for: 2^64 >> its shift. */
	static const unsigned long deltas[] = {
		0, 1, 0xF, 1000, U32_MAX, U32_MAX + 1UL, 1UL << 40, 1UL << 60,
	};
	struct played *p = test->priv;
	struct clock_event_device *ce = &p->t.ce;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(deltas); i++) {
		unsigned long delta = deltas[i];
		int ret;

		p->now = 7;
		ret = played_step(p, ce->set_next_event(delta, ce));
		KUNIT_EXPECT_EQ(test, ret, 0);
		KUNIT_EXPECT_TRUE(test,
				  p->t.deadline == (u128)delta * 8 + 7);
		KUNIT_EXPECT_EQ(test, p->page->timer_deadline, p->t.deadline);
		KUNIT_EXPECT_EQ(test, p->arms, i + 1);
	}
	p->arm_ret = -EIO;
	KUNIT_EXPECT_EQ(test, played_step(p, ce->set_next_event(1, ce)), -EIO);
}

static void stop_test(struct kunit *test)
{
	struct played *p = test->priv;
	struct clock_event_device *ce = &p->t.ce;

	p->now = 1000;
	played_program(p, 2000);
	KUNIT_EXPECT_EQ(test, p->arms, 1);
	KUNIT_ASSERT_NOT_NULL(test, ce->set_state_shutdown);
	KUNIT_ASSERT_NOT_NULL(test, ce->set_state_oneshot_stopped);
	KUNIT_EXPECT_EQ(test, played_stop(p), 0);
	KUNIT_EXPECT_EQ(test, p->t.deadline, SVSM_TIMER_NONE);
	KUNIT_EXPECT_EQ(test, p->page->timer_deadline, SVSM_TIMER_NONE);

	played_program(p, 2000);
	KUNIT_EXPECT_EQ(test, p->arms, 2);
	KUNIT_EXPECT_EQ(test,
			played_step(p, ce->set_state_oneshot_stopped(ce)), 0);
	KUNIT_EXPECT_EQ(test, p->t.deadline, SVSM_TIMER_NONE);
	KUNIT_EXPECT_EQ(test, p->page->timer_deadline, SVSM_TIMER_NONE);
	KUNIT_EXPECT_EQ(test, p->arms, 2);

	/* What was under way comes all the same. */
	p->now = 2000;
	played_interrupt(p);
	KUNIT_EXPECT_EQ(test, p->events, 0);
	KUNIT_EXPECT_EQ(test, p->t.spurious, 1);
}

/* --- interrupts ----------------------------------------------------------- */

static const struct expiry_case {
	const char *name;
	u64 deadline;
	u64 now;
	bool due;
} expiry_cases[] = {
	{ "at the deadline", 2000, 2000, true },
	{ "just after it", 2000, 2001, true },
	{ "much too late", 2000, S64_MAX, true },
	{ "just before it", 2000, 1999, false },
	{ "long before it", 2000, 0, false },
	{ "deadline 0", 0, 0, true },
	{ "deadline in the upper half", 1ULL << 63, (1ULL << 63) - 1, false },
	{ "no deadline", SVSM_TIMER_NONE, 1ULL << 63, false },
};

KUNIT_ARRAY_PARAM_DESC(expiry, expiry_cases, name);

static void expiry_test(struct kunit *test)
{
	const struct expiry_case *c = test->param_value;
	struct played *p = test->priv;

	played_program(p, c->deadline);
	p->arms = 0;
	p->now = c->now;
	KUNIT_EXPECT_EQ(test, played_interrupt(p), IRQ_HANDLED);
	KUNIT_EXPECT_EQ(test, p->events, c->due);
	KUNIT_EXPECT_EQ(test, p->t.expired, c->due);
	KUNIT_EXPECT_EQ(test, p->t.spurious, !c->due);
	KUNIT_EXPECT_EQ(test, p->t.deadline,
			c->due ? SVSM_TIMER_NONE : c->deadline);
	KUNIT_EXPECT_EQ(test, p->t.programmed, 1);
	KUNIT_EXPECT_EQ(test, p->arms, 0);
}

/* An interrupt of a deadline that another has replaced. */
static void expiry_stale_test(struct kunit *test)
{
	struct played *p = test->priv;

	p->now = 1000;
	played_program(p, 2000);
	p->now = 1999;
	played_program(p, 3000);
	p->now = 2000;
	played_interrupt(p);
	KUNIT_EXPECT_EQ(test, p->events, 0);
	KUNIT_EXPECT_EQ(test, p->t.spurious, 1);
	KUNIT_EXPECT_EQ(test, p->t.deadline, 3000);
	KUNIT_EXPECT_EQ(test, p->page->timer_deadline, 3000);

	p->now = 3000;
	played_interrupt(p);
	KUNIT_EXPECT_EQ(test, p->events, 1);
}

static void expiry_twice_test(struct kunit *test)
{
	struct played *p = test->priv;

	p->now = 1000;
	played_program(p, 2000);
	p->now = 2500;
	played_interrupt(p);
	played_interrupt(p);
	p->now = 9999;
	played_interrupt(p);
	KUNIT_EXPECT_EQ(test, p->events, 1);
	KUNIT_EXPECT_EQ(test, p->t.expired, 1);
	KUNIT_EXPECT_EQ(test, p->t.spurious, 2);
}

/* The event handler programs the next deadline: that one is not used up. */
static void expiry_reprogram_test(struct kunit *test)
{
	struct played *p = test->priv;

	p->now = 1000;
	played_program(p, 2000);
	p->now = 2000;
	p->next = 3000;
	played_interrupt(p);
	KUNIT_EXPECT_EQ(test, p->events, 1);
	KUNIT_EXPECT_EQ(test, p->t.deadline, 3000);
	KUNIT_EXPECT_EQ(test, p->page->timer_deadline, 3000);
	KUNIT_EXPECT_EQ(test, p->arms, 2);

	p->next = SVSM_TIMER_NONE;
	p->now = 3000;
	played_interrupt(p);
	KUNIT_EXPECT_EQ(test, p->events, 2);
}

/* The SVSM lost time, or was restored: it may have forgotten its own timer. */
static void epoch_test(struct kunit *test)
{
	struct played *p = test->priv;

	p->now = 1000;
	played_program(p, 5000);
	KUNIT_EXPECT_EQ(test, p->arms, 1);
	p->page->epoch = 1;
	played_interrupt(p);
	KUNIT_EXPECT_EQ(test, p->t.spurious, 1);
	KUNIT_EXPECT_EQ(test, p->t.programmed, 2);
	KUNIT_EXPECT_EQ(test, p->arms, 2);
	KUNIT_EXPECT_EQ(test, p->deadline_armed, 5000);
	KUNIT_EXPECT_EQ(test, p->t.deadline, 5000);

	/* Once. */
	played_interrupt(p);
	KUNIT_EXPECT_EQ(test, p->t.programmed, 2);
	KUNIT_EXPECT_EQ(test, p->arms, 2);

	/* The rule holds here as well. */
	p->page->timer_armed = 5000;
	p->page->epoch = 2;
	played_interrupt(p);
	KUNIT_EXPECT_EQ(test, p->t.programmed, 3);
	KUNIT_EXPECT_EQ(test, p->arms, 2);
	KUNIT_EXPECT_EQ(test, p->events, 0);

	/* Any other value is new: the count wraps. */
	p->page->epoch = 0;
	played_interrupt(p);
	KUNIT_EXPECT_EQ(test, p->t.programmed, 4);
}

static void epoch_stopped_test(struct kunit *test)
{
	struct played *p = test->priv;

	p->now = 1000;
	p->page->epoch = 1;
	played_interrupt(p);
	KUNIT_EXPECT_EQ(test, p->t.programmed, 0);
	KUNIT_EXPECT_EQ(test, p->arms, 0);
	KUNIT_EXPECT_EQ(test, p->page->timer_deadline, SVSM_TIMER_NONE);

	/* It is known by now. */
	played_program(p, 5000);
	played_interrupt(p);
	KUNIT_EXPECT_EQ(test, p->t.programmed, 1);
}

/* What is due needs no programming: its handler does that. */
static void epoch_due_test(struct kunit *test)
{
	struct played *p = test->priv;

	p->now = 1000;
	played_program(p, 5000);
	p->page->epoch = 1;
	p->now = 5000;
	played_interrupt(p);
	KUNIT_EXPECT_EQ(test, p->events, 1);
	KUNIT_EXPECT_EQ(test, p->t.programmed, 1);
	KUNIT_EXPECT_EQ(test, p->arms, 1);

	p->now = 6000;
	played_program(p, 7000);
	played_interrupt(p);
	KUNIT_EXPECT_EQ(test, p->t.programmed, 2);
}

static struct kunit_case clockevent_cases[] = {
	KUNIT_CASE_PARAM(rule_table_test, rule_gen_params),
	KUNIT_CASE_SLOW(rule_exhaustive_test),
	KUNIT_CASE(rule_random_test),
	KUNIT_CASE(rule_order_test),
	KUNIT_CASE(rule_watch_test),
	KUNIT_CASE(counters_test),
	KUNIT_CASE_PARAM(arm_fails_test, arm_gen_params),
	KUNIT_CASE(set_next_event_test),
	KUNIT_CASE(stop_test),
	KUNIT_CASE_PARAM(expiry_test, expiry_gen_params),
	KUNIT_CASE(expiry_stale_test),
	KUNIT_CASE(expiry_twice_test),
	KUNIT_CASE(expiry_reprogram_test),
	KUNIT_CASE(epoch_test),
	KUNIT_CASE(epoch_stopped_test),
	KUNIT_CASE(epoch_due_test),
	{}
};

static struct kunit_suite clockevent_suite = {
	.name = "svsm-timer",
	.init = played_init,
	.test_cases = clockevent_cases,
};

kunit_test_suite(clockevent_suite);
