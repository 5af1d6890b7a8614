// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: a CPU's timer as a source: attach, look, expire, detach.
 */
#include "fake_test.h"

KUNIT_ARRAY_PARAM_DESC(peer, svsm_peers, name);

static void attach_once(struct kunit *test)
{
	struct svsm_client *timer;
	struct svsm_page *p;
	unsigned int source;

	svsm_case_start(test);
	p = svsm_case_page();
	timer = svsm_case_timer(test);
	source = timer->source;
	KUNIT_EXPECT_LT(test, source, SVSM_SOURCES_PER_GROUP);
	KUNIT_EXPECT_EQ(test, p->timer_source, source);
	KUNIT_EXPECT_EQ(test, svsm_irq_timer_attach(p->cpu), -EBUSY);
	KUNIT_EXPECT_EQ(test, p->timer_source, source);

	svsm_case_close(timer);
	KUNIT_EXPECT_EQ(test, p->timer_source, SVSM_SOURCE_ANY);
	KUNIT_EXPECT_EQ(test, irq_find_mapping(svsm_domain, source), 0);
	KUNIT_EXPECT_EQ(test, svsm_irq_timer_arm(), -EPERM);
	timer = svsm_case_timer(test);
	KUNIT_EXPECT_EQ(test, timer->source, source);
}

/* A deadline that has passed expires when the SVSM is made to look. */
static void attach_arm(struct kunit *test)
{
	struct svsm_event_page *ev;
	struct svsm_client *timer;

	svsm_case_start(test);
	ev = svsm_case_page()->ev;
	timer = svsm_case_timer(test);
	KUNIT_EXPECT_EQ(test, svsm_irq_timer_arm(), 0);
	svsm_case_expect(test, timer, 0);

	svsm_fake.now = 5;
	WRITE_ONCE(ev->timer_deadline, 1);
	KUNIT_EXPECT_EQ(test, svsm_irq_timer_arm(), 0);
	svsm_case_expect(test, timer, 1);
	KUNIT_EXPECT_EQ(test, ev->timer_deadline, SVSM_TIMER_NONE);
	KUNIT_EXPECT_EQ(test, ev->timer_expirations, 1);
	KUNIT_EXPECT_EQ(test, svsm_irq_timer_arm(), 0);
	svsm_case_expect(test, timer, 1);
}

/* One that lies ahead: not before its time, and then without a call. */
static void attach_tick(struct kunit *test)
{
	struct svsm_event_page *ev;
	struct svsm_client *timer;
	unsigned int cpu;

	svsm_case_start(test);
	cpu = svsm_case_page()->cpu;
	ev = svsm_case_page()->ev;
	timer = svsm_case_timer(test);
	svsm_fake.now = 50;
	WRITE_ONCE(ev->timer_deadline, 100);
	KUNIT_EXPECT_EQ(test, svsm_irq_timer_arm(), 0);
	KUNIT_EXPECT_EQ(test, ev->timer_armed, 100);
	svsm_fake_tick(cpu);
	svsm_case_expect(test, timer, 0);
	svsm_fake.now = 103;
	svsm_fake_tick(cpu);
	svsm_case_expect(test, timer, 1);
	KUNIT_EXPECT_EQ(test, ev->timer_late_max, 3);
	KUNIT_EXPECT_EQ(test, svsm_fake_count(TIMER_CALL(ARM)), 1);
}

/* Lost time: the handler runs, and will program the timer again. */
static void attach_epoch(struct kunit *test)
{
	struct svsm_client *timer;
	struct svsm_page *p;

	svsm_case_start(test);
	p = svsm_case_page();
	timer = svsm_case_timer(test);
	WRITE_ONCE(p->ev->epoch, p->ev->epoch + 1);
	svsm_page_kick(p);
	svsm_case_expect(test, timer, 1);
	svsm_page_kick(p);
	svsm_case_expect(test, timer, 1);
}

struct refusal {
	const char *name;
	u32 answer;
	int ret;
};

static const struct refusal refusals[] = {
	{ "no_vcpu", SVSM_ERR_NO_VCPU, -ENODEV },
	{ "no_page", SVSM_ERR_NO_PAGE, -ENXIO },
	{ "lost", SVSM_ERR_LOST, -ESTALE },
	{ "in_use", SVSM_ERR_IN_USE, -EBUSY },
	{ "no_protocol", SVSM_ERR_UNSUPPORTED_PROTOCOL, -EOPNOTSUPP },
	{ "dropped", SVSM_FAKE_DROPPED, -EIO },
	{ "late", SVSM_FAKE_LATE, -EIO },
};

KUNIT_ARRAY_PARAM_DESC(refusal, refusals, name);

/* No timer, and none that is left attached; the next attempt gets one. */
static void attach_refused(struct kunit *test)
{
	const struct refusal *refusal = test->param_value;
	struct svsm_page *p;

	svsm_case_start(test);
	p = svsm_case_page();
	svsm_fake_script(TIMER_CALL(ATTACH), 1, refusal->answer);
	KUNIT_EXPECT_EQ(test, svsm_irq_timer_attach(p->cpu), refusal->ret);
	KUNIT_EXPECT_EQ(test, p->timer_source, SVSM_SOURCE_ANY);
	KUNIT_EXPECT_EQ(test, svsm_fake_vcpu(p->cpu)->timer, SVSM_SOURCE_ANY);
	KUNIT_EXPECT_EQ(test, svsm_domain->mapcount, 0);
	svsm_case_timer(test);
}

static void arm_refused(struct kunit *test)
{
	const struct refusal *refusal = test->param_value;

	svsm_case_start(test);
	svsm_case_timer(test);
	svsm_fake_script(TIMER_CALL(ARM), 1, refusal->answer);
	KUNIT_EXPECT_EQ(test, svsm_irq_timer_arm(), refusal->ret);
	KUNIT_EXPECT_EQ(test, svsm_irq_timer_arm(), 0);
}

static struct kunit_case attach_cases[] = {
	KUNIT_CASE_PARAM(attach_once, peer_gen_params),
	KUNIT_CASE_PARAM(attach_arm, peer_gen_params),
	KUNIT_CASE(attach_tick),
	KUNIT_CASE_PARAM(attach_refused, refusal_gen_params),
	KUNIT_CASE_PARAM(arm_refused, refusal_gen_params),
	KUNIT_CASE_PARAM(attach_epoch, peer_gen_params),
	{}
};

static struct kunit_suite attach_suite = {
	.name = "svsm-irq-attach",
	.init = svsm_case_init,
	.exit = svsm_case_exit,
	.test_cases = attach_cases,
};

kunit_test_suite(attach_suite);
