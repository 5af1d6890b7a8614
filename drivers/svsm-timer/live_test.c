// SPDX-License-Identifier: GPL-2.0-only
/*
 * svsm-timer on its SVSM: real timers on each CPU, with an eye on every
 * deadline that the core programs and every expiry that it gets.
 */
#include <linux/cpu.h>
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/svsm_irq.h>

#include "fake_test.h"

#define LIVE_SLEEPS	50
#define LIVE_SLEEP_NS	(300 * NSEC_PER_USEC)

/**
 * struct live - between the core and the timer of one CPU, written there
 * @t: the timer
 * @set_next_event: the driver's
 * @event_handler: the core's
 * @deadline: the one that was programmed last
 * @programmed: deadlines
 * @armed: of those, how many took a call
 * @failed: calls that failed
 * @uncovered: deadlines without a call that no look was going to see
 * @expired: expiries that the core was told
 * @early: of those, how many came before the deadline
 */
struct live {
	struct svsm_timer *t;
	int (*set_next_event)(unsigned long delta,
			      struct clock_event_device *ce);
	void (*event_handler)(struct clock_event_device *ce);
	u64 deadline;
	u64 programmed;
	u64 armed;
	u64 failed;
	u64 uncovered;
	u64 expired;
	u64 early;
};

static DEFINE_PER_CPU(struct live, lives);

static int live_set_next_event(unsigned long delta,
			       struct clock_event_device *ce)
{
	struct live *l = this_cpu_ptr(&lives);
	struct svsm_timer *t = l->t;
	u64 look = READ_ONCE(t->page->timer_armed);
	u64 armed = t->armed;
	u64 now = svsm_timer_now();
	int ret = l->set_next_event(delta, ce);

	l->deadline = t->deadline;
	l->programmed++;
	l->failed += ret != 0;
	if (t->armed != armed)
		l->armed++;
	/* Unless the SVSM looked meanwhile, which publishes another time. */
	else if (READ_ONCE(t->page->timer_armed) == look &&
		 !(now < look && (u128)look <= (u128)t->deadline + t->slack))
		l->uncovered++;
	return ret;
}

static void live_event_handler(struct clock_event_device *ce)
{
	struct live *l = this_cpu_ptr(&lives);

	l->expired++;
	if (svsm_timer_now() < l->deadline)
		l->early++;
	l->event_handler(ce);
}

/* Interrupts are off, and this is the timer's CPU. */
static void live_begin(struct live *l, struct svsm_timer *t)
{
	memset(l, 0, sizeof(*l));
	l->t = t;
	l->deadline = t->deadline;
	l->set_next_event = t->ce.set_next_event;
	l->event_handler = t->ce.event_handler;
	t->ce.set_next_event = live_set_next_event;
	t->ce.event_handler = live_event_handler;
}

static void live_end(struct live *l)
{
	l->t->ce.set_next_event = l->set_next_event;
	l->t->ce.event_handler = l->event_handler;
}

static bool live_in_use(const struct svsm_timer *t)
{
	return t->virq && t->ce.event_handler &&
	       !clockevent_state_detached((struct clock_event_device *)&t->ce);
}

static void live_skip_without(struct kunit *test)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		if (live_in_use(per_cpu_ptr(&svsm_timers, cpu)))
			return;
	}
	kunit_skip(test, "no CPU has its timer from an SVSM");
}

static void live_devices_test(struct kunit *test)
{
	unsigned int cpu, used = 0;

	live_skip_without(test);
	cpus_read_lock();
	for_each_online_cpu(cpu) {
		const struct svsm_timer *t = per_cpu_ptr(&svsm_timers, cpu);

		if (!live_in_use(t))
			continue;
		used++;
		KUNIT_EXPECT_PTR_EQ(test, t->page, svsm_irq_page(cpu));
		KUNIT_EXPECT_EQ(test, t->page->magic, SVSM_EVENT_PAGE_MAGIC);
		KUNIT_EXPECT_TRUE(test, cpumask_equal(t->ce.cpumask,
						      cpumask_of(cpu)));
	}
#if defined(MODULE) && defined(CONFIG_MODULE_UNLOAD)
	/* One reference for each device in use: that is what refuses rmmod. */
	KUNIT_EXPECT_GE(test, module_refcount(THIS_MODULE), used);
#endif
	cpus_read_unlock();
}

static unsigned int live_sleep(void)
{
	unsigned int i, early = 0;

	for (i = 0; i < LIVE_SLEEPS; i++) {
		ktime_t delay = ns_to_ktime(LIVE_SLEEP_NS);
		ktime_t begin = ktime_get();

		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule_hrtimeout(&delay, HRTIMER_MODE_REL_PINNED);
		early += ktime_sub(ktime_get(), begin) < LIVE_SLEEP_NS;
	}
	return early;
}

static void live_cpu(struct kunit *test, unsigned int cpu)
{
	struct svsm_timer *t = per_cpu_ptr(&svsm_timers, cpu);
	struct live *l = per_cpu_ptr(&lives, cpu);
	u64 raised, taken, expired, programmed, armed, failed;
	unsigned int early;
	u32 epochs;

	local_irq_disable();
	live_begin(l, t);
	raised = READ_ONCE(t->page->timer_expirations);
	epochs = READ_ONCE(t->page->epoch);
	taken = t->expired + t->spurious;
	expired = t->expired;
	programmed = t->programmed;
	armed = t->armed;
	failed = t->failed;
	local_irq_enable();

	early = live_sleep();

	local_irq_disable();
	live_end(l);
	raised = READ_ONCE(t->page->timer_expirations) - raised;
	epochs = READ_ONCE(t->page->epoch) - epochs;
	taken = t->expired + t->spurious - taken;
	expired = t->expired - expired;
	programmed = t->programmed - programmed;
	armed = t->armed - armed;
	failed = t->failed - failed;
	local_irq_enable();

	kunit_info(test, "CPU %u: programmed %llu armed %llu expired %llu raised %llu\n",
		   cpu, programmed, armed, expired, raised);
	KUNIT_EXPECT_EQ(test, early, 0);
	KUNIT_EXPECT_EQ(test, l->early, 0);
	KUNIT_EXPECT_EQ(test, l->uncovered, 0);
	KUNIT_EXPECT_EQ(test, l->failed, 0);
	KUNIT_EXPECT_EQ(test, failed, 0);
	KUNIT_EXPECT_EQ(test, expired, l->expired);
	KUNIT_EXPECT_GE(test, expired, 1);
	/* One may have been programmed before. */
	KUNIT_EXPECT_GE(test, programmed + 1, expired);
	/* Epochs program and call without the core. */
	KUNIT_EXPECT_GE(test, programmed, l->programmed);
	KUNIT_EXPECT_LE(test, programmed, l->programmed + epochs);
	KUNIT_EXPECT_GE(test, armed, l->armed);
	KUNIT_EXPECT_LE(test, armed, l->armed + epochs);
	/* Interrupts come from expirations, one may have been under way. */
	KUNIT_EXPECT_LE(test, taken, raised + epochs + 1);
}

static void live_sleep_test(struct kunit *test)
{
	unsigned int cpu, cpus = 0;

	live_skip_without(test);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, played_everywhere,
						  NULL));
	for_each_online_cpu(cpu) {
		if (set_cpus_allowed_ptr(current, cpumask_of(cpu)) ||
		    !live_in_use(per_cpu_ptr(&svsm_timers, cpu)))
			continue;
		live_cpu(test, cpu);
		cpus++;
	}
	KUNIT_EXPECT_GE(test, cpus, 1);
}

static struct kunit_case live_cases[] = {
	KUNIT_CASE(live_devices_test),
	KUNIT_CASE(live_sleep_test),
	{}
};

static struct kunit_suite live_suite = {
	.name = "svsm-timer-live",
	.test_cases = live_cases,
};

kunit_test_suite(live_suite);
