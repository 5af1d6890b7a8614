// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: sources that move between CPUs, and CPUs that go.
 */
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqflags.h>
#include <linux/kthread.h>
#include <linux/sched.h>

#include "fake_test.h"

KUNIT_ARRAY_PARAM_DESC(peer, svsm_peers, name);

/* Another CPU with a page: without vectors it has none by itself. */
static unsigned int other_cpu(struct kunit *test)
{
	unsigned int cpu = svsm_case_other_cpu(test);

	if (!svsm_irq_page(cpu))
		KUNIT_ASSERT_EQ(test, svsm_page_register(svsm_page_of(cpu), 0),
				0);
	return cpu;
}

static const struct cpumask *effective(struct svsm_client *client)
{
	return irq_data_get_effective_affinity_mask(irq_get_irq_data(client->virq));
}

static void expect_on(struct kunit *test, struct svsm_client *client,
		      unsigned int cpu)
{
	KUNIT_EXPECT_TRUE(test, cpumask_equal(effective(client),
					      cpumask_of(cpu)));
	/* A silent page is taken from by the case itself. */
	if (svsm_page_of(cpu)->vector)
		KUNIT_EXPECT_EQ(test, client->cpu, cpu);
}

static void affinity_move(struct kunit *test)
{
	unsigned int here, other;
	struct svsm_client *client;

	svsm_case_start(test);
	other = other_cpu(test);
	here = raw_smp_processor_id();
	client = svsm_case_request(test, SVSM_SOURCE_ANY, SVSM_TRIGGER_EDGE);
	svsm_case_raise(test, client);
	svsm_case_expect(test, client, 1);
	expect_on(test, client, here);

	KUNIT_ASSERT_EQ(test, irq_set_affinity(client->virq, cpumask_of(other)),
			0);
	svsm_case_raise(test, client);
	svsm_case_expect(test, client, 2);
	expect_on(test, client, other);

	KUNIT_ASSERT_EQ(test, irq_set_affinity(client->virq, cpumask_of(here)),
			0);
	svsm_case_raise(test, client);
	svsm_case_expect(test, client, 3);
	expect_on(test, client, here);
}

/* It stays where it is if it may, also if that is not the first: no call. */
static void affinity_stays(struct kunit *test)
{
	struct svsm_client *client;
	unsigned int other;

	svsm_case_start(test);
	other = other_cpu(test);
	client = svsm_case_request(test, SVSM_SOURCE_ANY, SVSM_TRIGGER_EDGE);
	KUNIT_ASSERT_EQ(test, irq_set_affinity(client->virq, cpumask_of(other)),
			0);
	KUNIT_EXPECT_EQ(test, irq_set_affinity(client->virq, cpu_online_mask),
			0);
	KUNIT_EXPECT_EQ(test, svsm_fake_count(IRQ_CALL(SOURCE_BIND)), 1);
	svsm_case_raise(test, client);
	svsm_case_expect(test, client, 1);
	expect_on(test, client, other);
}

/* The mask bits of a source that BIND is about to move. */
static struct {
	unsigned int source, old_cpu, new_cpu;
	bool old_masked, new_masked, seen;
} at_bind;

static void look_at_bind(u64 id, const union svsm_block *block)
{
	if (id != IRQ_CALL(SOURCE_BIND))
		return;
	at_bind.seen = true;
	at_bind.old_masked =
		test_bit(at_bind.source,
			 svsm_bits(svsm_page_of(at_bind.old_cpu)->ev->mask));
	at_bind.new_masked =
		test_bit(at_bind.source,
			 svsm_bits(svsm_page_of(at_bind.new_cpu)->ev->mask));
}

static void bind_with(struct kunit *test, bool masked)
{
	struct svsm_client *client;
	unsigned int other;

	svsm_case_start(test);
	other = other_cpu(test);
	client = svsm_case_request(test, SVSM_SOURCE_ANY, SVSM_TRIGGER_EDGE);
	irq_set_status_flags(client->virq, IRQ_DISABLE_UNLAZY);
	if (masked)
		disable_irq(client->virq);

	memset(&at_bind, 0, sizeof(at_bind));
	at_bind.source = client->source;
	at_bind.old_cpu = raw_smp_processor_id();
	at_bind.new_cpu = other;
	svsm_fake.before = look_at_bind;
	KUNIT_ASSERT_EQ(test, irq_set_affinity(client->virq, cpumask_of(other)),
			0);
	/* From BIND on the new page's bit decides: it was there before. */
	KUNIT_EXPECT_TRUE(test, at_bind.seen);
	KUNIT_EXPECT_EQ(test, at_bind.new_masked, masked);
	KUNIT_EXPECT_EQ(test, at_bind.old_masked, masked);
	/* The old one is left as if it had never been open. */
	KUNIT_EXPECT_TRUE(test, test_bit(client->source,
					 svsm_bits(svsm_case_page()->ev->mask)));
	KUNIT_EXPECT_TRUE(test, test_bit(client->source,
					 svsm_case_page()->mask));
	if (masked)
		enable_irq(client->virq);
}

static void affinity_mask_is_copied(struct kunit *test)
{
	bind_with(test, false);
}

static void affinity_masked_stays_masked(struct kunit *test)
{
	bind_with(test, true);
}

struct refusal {
	const char *name;
	u32 answer;
	int ret;
};

static const struct refusal refusals[] = {
	{ "no_vcpu", SVSM_ERR_NO_VCPU, -ENODEV },
	{ "not_open", SVSM_ERR_INVALID_REQUEST, -EPERM },
	{ "parameter", SVSM_ERR_INVALID_PARAMETER, -EINVAL },
	{ "unknown_call", SVSM_ERR_UNSUPPORTED_CALL, -EOPNOTSUPP },
};

KUNIT_ARRAY_PARAM_DESC(refusal, refusals, name);

/* BIND failed: all is as it was, the mask bit in the new page as well. */
static void affinity_refused(struct kunit *test)
{
	const struct refusal *refusal = test->param_value;
	unsigned int here, other;
	struct svsm_client *client;

	svsm_case_start(test);
	other = other_cpu(test);
	here = raw_smp_processor_id();
	client = svsm_case_request(test, SVSM_SOURCE_ANY, SVSM_TRIGGER_EDGE);
	svsm_fake_script(IRQ_CALL(SOURCE_BIND), 1, refusal->answer);
	KUNIT_EXPECT_EQ(test, irq_set_affinity(client->virq, cpumask_of(other)),
			refusal->ret);
	KUNIT_EXPECT_TRUE(test, test_bit(client->source,
					 svsm_bits(svsm_page_of(other)->ev->mask)));
	KUNIT_EXPECT_TRUE(test, test_bit(client->source,
					 svsm_page_of(other)->mask));
	svsm_case_raise(test, client);
	svsm_case_expect(test, client, 1);
	expect_on(test, client, here);
}

static const struct refusal unsure[] = {
	{ "dropped", SVSM_FAKE_DROPPED },
	{ "late", SVSM_FAKE_LATE },
};

KUNIT_ARRAY_PARAM_DESC(unsure, unsure, name);

/* Executed or not, nobody knows: a second BIND makes it certain. */
static void affinity_unsure(struct kunit *test)
{
	const struct refusal *refusal = test->param_value;
	struct svsm_client *client;
	unsigned int other;

	svsm_case_start(test);
	other = other_cpu(test);
	client = svsm_case_request(test, SVSM_SOURCE_ANY, SVSM_TRIGGER_EDGE);
	svsm_fake_script(IRQ_CALL(SOURCE_BIND), 1, refusal->answer);
	KUNIT_EXPECT_EQ(test, irq_set_affinity(client->virq, cpumask_of(other)),
			0);
	KUNIT_EXPECT_EQ(test, svsm_fake_count(IRQ_CALL(SOURCE_BIND)), 2);
	svsm_case_raise(test, client);
	svsm_case_expect(test, client, 1);
	expect_on(test, client, other);
}

static void drop_next_bind(u64 id, const union svsm_block *block)
{
	svsm_fake_script(IRQ_CALL(SOURCE_BIND), 1, SVSM_FAKE_DROPPED);
}

/* A host that drops each: it stays where it is. */
static void affinity_dropped(struct kunit *test)
{
	struct svsm_client *client;
	unsigned int other;

	svsm_case_start(test);
	other = other_cpu(test);
	client = svsm_case_request(test, SVSM_SOURCE_ANY, SVSM_TRIGGER_EDGE);
	drop_next_bind(0, NULL);
	svsm_fake.before = drop_next_bind;
	KUNIT_EXPECT_EQ(test, irq_set_affinity(client->virq, cpumask_of(other)),
			-EIO);
	KUNIT_EXPECT_TRUE(test, test_bit(client->source,
					 svsm_bits(svsm_page_of(other)->ev->mask)));
	svsm_case_raise(test, client);
	svsm_case_expect(test, client, 1);
	expect_on(test, client, raw_smp_processor_id());
}

/* Only CPUs with a page are there to be had. */
static void affinity_without_page(struct kunit *test)
{
	struct svsm_client *client;
	unsigned int other;
	u8 vector;

	svsm_case_start(test);
	other = other_cpu(test);
	client = svsm_case_request(test, SVSM_SOURCE_ANY, SVSM_TRIGGER_EDGE);
	vector = svsm_page_of(other)->vector;
	svsm_page_unregister(svsm_page_of(other));
	KUNIT_EXPECT_EQ(test, irq_set_affinity(client->virq, cpumask_of(other)),
			-ENOSPC);
	svsm_case_raise(test, client);
	svsm_case_expect(test, client, 1);
	expect_on(test, client, raw_smp_processor_id());
	KUNIT_EXPECT_EQ(test, svsm_page_register(svsm_page_of(other), vector),
			0);
}

/* Pending and masked: it is pending and masked there, and comes there. */
static void affinity_pending_masked(struct kunit *test)
{
	struct svsm_client *client;
	unsigned int other;

	svsm_case_start(test);
	other = other_cpu(test);
	client = svsm_case_request(test, SVSM_SOURCE_ANY, SVSM_TRIGGER_EDGE);
	irq_set_status_flags(client->virq, IRQ_DISABLE_UNLAZY);
	disable_irq(client->virq);
	svsm_case_raise(test, client);
	KUNIT_ASSERT_EQ(test, irq_set_affinity(client->virq, cpumask_of(other)),
			0);
	KUNIT_EXPECT_FALSE(test, test_bit(client->source,
					  svsm_bits(svsm_case_page()->ev->pir)));
	svsm_case_expect(test, client, 0);
	enable_irq(client->virq);
	svsm_case_expect(test, client, 1);
	expect_on(test, client, other);
}

/* Raised here, moved before this CPU took it: it comes there, and once. */
static void affinity_pending(struct kunit *test)
{
	struct svsm_client *client;
	unsigned int other;
	unsigned long flags;
	int ret;

	svsm_case_start(test);
	other = other_cpu(test);
	client = svsm_case_request(test, SVSM_SOURCE_ANY, SVSM_TRIGGER_EDGE);
	local_irq_save(flags);
	svsm_irq_raise(client->virq);
	ret = irq_set_affinity(client->virq, cpumask_of(other));
	local_irq_restore(flags);
	KUNIT_ASSERT_EQ(test, ret, 0);
	svsm_case_expect(test, client, 1);
	expect_on(test, client, other);
}

#define SHOTS	2000

static struct {
	struct svsm_client *client;
	bool real;
	unsigned int fired;
	unsigned int refused;
} fire;

static int fire_away(void *data)
{
	unsigned int i;

	for (i = 1; i <= SHOTS; i++) {
		/* Before the raise: who handles it must see it. */
		smp_store_mb(fire.fired, i);
		if (fire.real ? svsm_irq_raise(fire.client->virq) != 0 :
				!svsm_fake_post(fire.client->source))
			fire.refused++;
		cond_resched();
	}
	while (!kthread_should_stop())
		schedule_timeout_idle(1);
	return 0;
}

/* Raised on another CPU all the time: after the last raise comes a handler. */
static void affinity_under_fire(struct kunit *test)
{
	struct task_struct *thread;
	unsigned int here, other;
	unsigned int moves = 0;
	int ret = 0;

	svsm_case_start(test);
	other = other_cpu(test);
	here = raw_smp_processor_id();
	memset(&fire, 0, sizeof(fire));
	fire.real = svsm_case_real(test);
	fire.client = svsm_case_request(test, SVSM_SOURCE_ANY,
					SVSM_TRIGGER_EDGE);
	fire.client->watch = &fire.fired;
	thread = kthread_run(fire_away, NULL, "svsm-kunit");
	KUNIT_ASSERT_FALSE(test, IS_ERR(thread));
	while (!ret && READ_ONCE(fire.fired) < SHOTS) {
		ret = irq_set_affinity(fire.client->virq,
				       cpumask_of(++moves % 2 ? other : here));
		cond_resched();
	}
	kthread_stop(thread);
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, fire.refused, 0);
	KUNIT_EXPECT_GT(test, moves, 0);
	svsm_case_settle(test);
	KUNIT_EXPECT_EQ(test, fire.client->seen, SHOTS);
	KUNIT_EXPECT_LE(test, atomic_read(&fire.client->count), SHOTS);
}

#ifdef CONFIG_X86_LOCAL_APIC
/*
 * A CPU goes offline: Linux gives back its notification vector first, and
 * moves the sources that were on it after that.
 */
static void affinity_offline(struct kunit *test)
{
	struct svsm_client *client, *masked;
	unsigned int here, other;
	struct irq_data *d;

	svsm_case_start(test);
	other = other_cpu(test);
	here = raw_smp_processor_id();
	client = svsm_case_request(test, SVSM_SOURCE_ANY, SVSM_TRIGGER_EDGE);
	masked = svsm_case_request(test, SVSM_SOURCE_ANY, SVSM_TRIGGER_EDGE);
	irq_set_status_flags(masked->virq, IRQ_DISABLE_UNLAZY);
	disable_irq(masked->virq);
	KUNIT_ASSERT_EQ(test, irq_set_affinity(client->virq, cpumask_of(other)),
			0);
	KUNIT_ASSERT_EQ(test, irq_set_affinity(masked->virq, cpumask_of(other)),
			0);
	svsm_case_raise(test, masked);

	d = svsm_page_of(other)->notify;
	d->domain->ops->deactivate(d->domain, d);
	KUNIT_EXPECT_NULL(test, svsm_irq_page(other));
	svsm_case_raise(test, client);
	svsm_case_expect(test, client, 0);
	KUNIT_EXPECT_EQ(test, irq_set_affinity(client->virq, cpumask_of(here)),
			0);
	KUNIT_EXPECT_EQ(test, irq_set_affinity(masked->virq, cpumask_of(here)),
			0);
	svsm_case_expect(test, client, 1);
	expect_on(test, client, here);
	svsm_case_expect(test, masked, 0);
	enable_irq(masked->virq);
	svsm_case_expect(test, masked, 1);
	expect_on(test, masked, here);

	/* And comes back. */
	KUNIT_EXPECT_EQ(test, d->domain->ops->activate(d->domain, d, false), 0);
	KUNIT_EXPECT_NOT_NULL(test, svsm_irq_page(other));
	KUNIT_EXPECT_EQ(test, irq_set_affinity(client->virq, cpumask_of(other)),
			0);
	svsm_case_raise(test, client);
	svsm_case_expect(test, client, 2);
	expect_on(test, client, other);
}

/* The vector can be sent by the host at any time: also without a page. */
static void affinity_stale_vector(struct kunit *test)
{
	struct svsm_client *client;
	struct svsm_page *p;
	u8 vector;

	svsm_case_start(test);
	p = svsm_case_page();
	client = svsm_case_request(test, SVSM_SOURCE_ANY, SVSM_TRIGGER_EDGE);
	vector = p->vector;
	svsm_page_unregister(p);
	irq_chip_retrigger_hierarchy(p->notify);
	svsm_case_settle(test);
	KUNIT_EXPECT_EQ(test, p->stats.notified, 0);
	KUNIT_EXPECT_EQ(test, svsm_page_register(p, vector), 0);
	irq_chip_retrigger_hierarchy(p->notify);
	svsm_case_raise(test, client);
	svsm_case_expect(test, client, 1);
	KUNIT_EXPECT_EQ(test, p->stats.handled, 1);
}

/* Without the new vector a page is of no use, and the old one is given up. */
static void affinity_vector_refused(struct kunit *test)
{
	struct svsm_client *client;
	struct svsm_page *p;
	struct irq_data *d;
	unsigned int calls;

	svsm_case_start(test);
	p = svsm_case_page();
	d = p->notify;
	client = svsm_case_request(test, SVSM_SOURCE_ANY, SVSM_TRIGGER_EDGE);
	KUNIT_ASSERT_EQ(test, svsm_page_register(p, 0), 0);
	svsm_fake_script(IRQ_CALL(PAGE_REGISTER), 1, SVSM_ERR_VECTOR);
	/* The core would take a failure for one of its own. */
	KUNIT_EXPECT_EQ(test, d->domain->ops->activate(d->domain, d, false), 0);
	KUNIT_EXPECT_NULL(test, svsm_irq_page(p->cpu));
	KUNIT_EXPECT_NULL(test, svsm_fake_vcpu(p->cpu)->ev);
	svsm_case_raise(test, client);
	svsm_case_expect(test, client, 0);
	KUNIT_EXPECT_EQ(test, d->domain->ops->activate(d->domain, d, false), 0);
	svsm_case_expect(test, client, 1);
	/* Once more is once too often: it is registered. */
	calls = svsm_fake.calls;
	KUNIT_EXPECT_EQ(test, d->domain->ops->activate(d->domain, d, false), 0);
	KUNIT_EXPECT_EQ(test, svsm_fake.calls, calls);
}
#else
static void affinity_offline(struct kunit *test)
{
	kunit_skip(test, "no notification vectors");
}

static void affinity_vector_refused(struct kunit *test)
{
	kunit_skip(test, "no notification vectors");
}

static void affinity_stale_vector(struct kunit *test)
{
	kunit_skip(test, "no notification vectors");
}
#endif

static struct kunit_case affinity_cases[] = {
	KUNIT_CASE_PARAM(affinity_move, peer_gen_params),
	KUNIT_CASE(affinity_stays),
	KUNIT_CASE(affinity_mask_is_copied),
	KUNIT_CASE(affinity_masked_stays_masked),
	KUNIT_CASE_PARAM(affinity_refused, refusal_gen_params),
	KUNIT_CASE_PARAM(affinity_unsure, unsure_gen_params),
	KUNIT_CASE(affinity_dropped),
	KUNIT_CASE_PARAM(affinity_without_page, peer_gen_params),
	KUNIT_CASE_PARAM(affinity_pending_masked, peer_gen_params),
	KUNIT_CASE_PARAM(affinity_pending, peer_gen_params),
	KUNIT_CASE_PARAM(affinity_under_fire, peer_gen_params),
	KUNIT_CASE_PARAM(affinity_offline, peer_gen_params),
	KUNIT_CASE(affinity_vector_refused),
	KUNIT_CASE_PARAM(affinity_stale_vector, peer_gen_params),
	{}
};

static struct kunit_suite affinity_suite = {
	.name = "svsm-irq-affinity",
	.init = svsm_case_init,
	.exit = svsm_case_exit,
	.test_cases = affinity_cases,
};

kunit_test_suite(affinity_suite);
