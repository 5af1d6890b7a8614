// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: sources as Linux interrupts: open, close, handle, mask, level.
 */
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>

#include "fake_test.h"

KUNIT_ARRAY_PARAM_DESC(peer, svsm_peers, name);

static struct svsm_irq_spec software(u32 source)
{
	return (struct svsm_irq_spec){
		.source = source,
		.kind = SVSM_SOURCE_SOFTWARE,
		.cpu = raw_smp_processor_id(),
	};
}

static u64 state_of(unsigned int source)
{
	union svsm_block block = { .source = { .source = source } };
	struct svsm_result result;

	svsm_issue(IRQ_CALL(SOURCE_QUERY), &block, &result);
	return result.rcx;
}

/* Open, taken, closed, free again. */
static void domain_open_close(struct kunit *test)
{
	struct svsm_irq_spec spec = software(100);
	struct svsm_client *any, *fixed;

	svsm_case_start(test);
	any = svsm_case_open(test, SVSM_SOURCE_ANY, SVSM_TRIGGER_EDGE);
	fixed = svsm_case_open(test, 100, SVSM_TRIGGER_EDGE);
	KUNIT_EXPECT_GE(test, any->source, SVSM_SOURCES_PER_GROUP);
	KUNIT_EXPECT_EQ(test, fixed->source, 100);
	KUNIT_EXPECT_EQ(test, irq_find_mapping(svsm_domain, 100), fixed->virq);
	KUNIT_EXPECT_EQ(test, svsm_irq_open(&spec), -EBUSY);
	KUNIT_EXPECT_EQ(test, state_of(100), SVSM_SOURCE_STATE_OPEN);
	KUNIT_EXPECT_EQ(test, svsm_domain->mapcount, 2);

	svsm_case_close(fixed);
	KUNIT_EXPECT_EQ(test, irq_find_mapping(svsm_domain, 100), 0);
	KUNIT_EXPECT_EQ(test, state_of(100), 0);
	fixed = svsm_case_open(test, 100, SVSM_TRIGGER_EDGE);
	KUNIT_EXPECT_EQ(test, fixed->source, 100);
}

/* A CPU that there is not, and one without a page. */
static void domain_open_nowhere(struct kunit *test)
{
	struct svsm_irq_spec spec = software(SVSM_SOURCE_ANY);
	unsigned int here = spec.cpu;

	svsm_case_start(test);
	spec.cpu = nr_cpu_ids;
	KUNIT_EXPECT_EQ(test, svsm_irq_open(&spec), -EINVAL);
	spec.cpu = UINT_MAX;
	KUNIT_EXPECT_EQ(test, svsm_irq_open(&spec), -EINVAL);
	svsm_page_unregister(svsm_page_of(here));
	spec.cpu = here;
	KUNIT_EXPECT_EQ(test, svsm_irq_open(&spec), -ENXIO);
	KUNIT_EXPECT_EQ(test, svsm_irq_timer_attach(here), -ENXIO);
	/* Known here: the SVSM is not asked. */
	if (!svsm_case_real(test)) {
		KUNIT_EXPECT_EQ(test, svsm_fake_count(TIMER_CALL(ATTACH)), 0);
		KUNIT_EXPECT_EQ(test, svsm_fake_count(IRQ_CALL(SOURCE_OPEN)), 0);
	}
	KUNIT_EXPECT_EQ(test, svsm_domain->mapcount, 0);
}

struct refusal {
	const char *name;
	u32 answer;
	int ret;
};

static const struct refusal refusals[] = {
	{ "parameter", SVSM_ERR_INVALID_PARAMETER, -EINVAL },
	{ "no_vcpu", SVSM_ERR_NO_VCPU, -ENODEV },
	{ "in_use", SVSM_ERR_IN_USE, -EBUSY },
	{ "vector", SVSM_ERR_VECTOR, -ERANGE },
	{ "dropped", SVSM_FAKE_DROPPED, -EIO },
};

KUNIT_ARRAY_PARAM_DESC(refusal, refusals, name);

/* The answer is the caller's; the next attempt finds nothing in its way. */
static void domain_open_refused(struct kunit *test)
{
	const struct refusal *refusal = test->param_value;
	struct svsm_irq_spec spec = software(100);
	struct svsm_client *client;

	svsm_case_start(test);
	svsm_fake_script(IRQ_CALL(SOURCE_OPEN), 1, refusal->answer);
	KUNIT_EXPECT_EQ(test, svsm_irq_open(&spec), refusal->ret);
	KUNIT_EXPECT_EQ(test, svsm_domain->mapcount, 0);
	KUNIT_EXPECT_EQ(test, irq_find_mapping(svsm_domain, 100), 0);
	client = svsm_case_request(test, 100, SVSM_TRIGGER_EDGE);
	svsm_fake_script(IRQ_CALL(SOURCE_RAISE), 1, refusal->answer);
	KUNIT_EXPECT_EQ(test, svsm_irq_raise(client->virq), refusal->ret);
	svsm_case_raise(test, client);
	svsm_case_expect(test, client, 1);
	/* Closed here, whatever the SVSM says. */
	svsm_fake_script(IRQ_CALL(SOURCE_CLOSE), 1, refusal->answer);
	svsm_case_close(client);
	KUNIT_EXPECT_EQ(test, svsm_domain->mapcount, 0);
	KUNIT_EXPECT_EQ(test, svsm_irq_open(&spec), -EBUSY);
}

/* Until Linux or the SVSM has no number left: what one has the other has. */
static void domain_exhausted(struct kunit *test)
{
	struct svsm_irq_spec spec = software(SVSM_SOURCE_ANY);
	unsigned int opened = 0, theirs = 0, source;
	int virq;

	svsm_case_start(test);
	for (virq = svsm_irq_open(&spec); virq > 0; virq = svsm_irq_open(&spec))
		opened++;
	KUNIT_EXPECT_TRUE(test, virq == -ENOMEM || virq == -EBUSY);
	for (source = 0; source < SVSM_SOURCES_MAX; source++)
		theirs += svsm_fake_source(source)->open;
	KUNIT_EXPECT_EQ(test, theirs, opened);
	KUNIT_EXPECT_EQ(test, svsm_domain->mapcount, opened);
	KUNIT_EXPECT_LT(test, svsm_irq_timer_attach(spec.cpu),
			virq == -ENOMEM ? 0 : INT_MAX);
	for (source = 0; source < SVSM_SOURCES_MAX; source++) {
		virq = irq_find_mapping(svsm_domain, source);
		if (virq && source < SVSM_SOURCES_PER_GROUP)
			svsm_irq_timer_detach(spec.cpu, virq);
		else if (virq)
			svsm_irq_close(virq);
	}
	KUNIT_EXPECT_EQ(test, svsm_domain->mapcount, 0);
	KUNIT_EXPECT_EQ(test, svsm_fake_vcpu(spec.cpu)->timer, SVSM_SOURCE_ANY);
	/* The one that could not be had, too. */
	if (SVSM_SOURCES_PER_GROUP + opened < SVSM_SOURCES_MAX)
		svsm_case_open(test, SVSM_SOURCES_PER_GROUP + opened,
			       SVSM_TRIGGER_EDGE);
}

struct strange {
	const char *name;
	u64 source;
};

/* Numbers that the SVSM must not give. */
static const struct strange stranges[] = {
	{ "out_of_range", SVSM_SOURCES_MAX },
	{ "64_bits", BIT_ULL(32) },
	{ "any", SVSM_SOURCE_ANY },
	{ "open_already", 99 },
};

KUNIT_ARRAY_PARAM_DESC(strange, stranges, name);

static void answer_strangely(u64 id, const union svsm_block *block,
			     struct svsm_call *call)
{
	const struct strange *strange = svsm_fake.arg;

	if (id == IRQ_CALL(SOURCE_OPEN) || id == TIMER_CALL(ATTACH))
		call->rcx_out = strange->source;
}

static void domain_strange_number(struct kunit *test)
{
	struct svsm_irq_spec spec = software(SVSM_SOURCE_ANY);
	struct svsm_client *client;

	svsm_case_start(test);
	client = svsm_case_request(test, 99, SVSM_TRIGGER_EDGE);
	svsm_fake.arg = (void *)test->param_value;
	svsm_fake.after = answer_strangely;
	KUNIT_EXPECT_EQ(test, svsm_irq_open(&spec), -EPROTO);
	KUNIT_EXPECT_EQ(test, svsm_irq_timer_attach(spec.cpu), -EPROTO);
	KUNIT_EXPECT_EQ(test, svsm_case_page()->timer_source, SVSM_SOURCE_ANY);
	KUNIT_EXPECT_EQ(test, svsm_fake_vcpu(spec.cpu)->timer, SVSM_SOURCE_ANY);
	svsm_fake.after = NULL;
	KUNIT_EXPECT_EQ(test, svsm_domain->mapcount, 1);
	svsm_case_raise(test, client);
	svsm_case_expect(test, client, 1);
}

/* Raise, and back: the interrupt that every other case counts on. */
static void domain_round_trip(struct kunit *test)
{
	struct svsm_client *client;
	int i;

	svsm_case_start(test);
	client = svsm_case_request(test, SVSM_SOURCE_ANY, SVSM_TRIGGER_EDGE);
	for (i = 1; i <= 10; i++) {
		svsm_case_raise(test, client);
		svsm_case_expect(test, client, i);
	}
	KUNIT_EXPECT_EQ(test, client->cpu, raw_smp_processor_id());
	KUNIT_EXPECT_EQ(test, state_of(client->source), SVSM_SOURCE_STATE_OPEN);
}

/* Without a handler it is masked, and what came meanwhile is there then. */
static void domain_starts_masked(struct kunit *test)
{
	struct svsm_client *client;

	svsm_case_start(test);
	svsm_page_unmask(svsm_case_page(), 100);
	client = svsm_case_open(test, 100, SVSM_TRIGGER_EDGE);
	KUNIT_EXPECT_TRUE(test, test_bit(100, svsm_case_page()->mask));
	svsm_case_raise(test, client);
	svsm_case_settle(test);
	KUNIT_EXPECT_EQ(test, state_of(100), SVSM_SOURCE_STATE_OPEN |
					     SVSM_SOURCE_STATE_PENDING);
	KUNIT_EXPECT_EQ(test, svsm_case_page()->stats.handled, 0);
}

static void disable(struct kunit *test, bool unlazy)
{
	struct svsm_client *client;

	svsm_case_start(test);
	client = svsm_case_request(test, SVSM_SOURCE_ANY, SVSM_TRIGGER_EDGE);
	if (unlazy)
		irq_set_status_flags(client->virq, IRQ_DISABLE_UNLAZY);
	disable_irq(client->virq);
	svsm_case_raise(test, client);
	svsm_case_raise(test, client);
	svsm_case_expect(test, client, 0);
	enable_irq(client->virq);
	svsm_case_expect(test, client, 1);
	svsm_case_raise(test, client);
	svsm_case_expect(test, client, 2);
	irq_clear_status_flags(client->virq, IRQ_DISABLE_UNLAZY);
}

/* Masked by the first that arrives; Linux retriggers when it is enabled. */
static void domain_disable_lazily(struct kunit *test)
{
	disable(test, false);
	KUNIT_EXPECT_GE(test, svsm_case_page()->stats.handled, 2);
}

/* Masked at once: the SVSM keeps the bit, unmask finds it. */
static void domain_disable_at_once(struct kunit *test)
{
	disable(test, true);
	KUNIT_EXPECT_EQ(test, svsm_case_page()->stats.handled, 2);
}

static void domain_retrigger(struct kunit *test)
{
	struct svsm_client *client;
	struct irq_data *d;

	svsm_case_start(test);
	client = svsm_case_request(test, SVSM_SOURCE_ANY, SVSM_TRIGGER_EDGE);
	d = irq_get_irq_data(client->virq);
	KUNIT_EXPECT_EQ(test, d->chip->irq_retrigger(d), 1);
	svsm_case_expect(test, client, 1);
	svsm_page_unregister(svsm_case_page());
	/* Then the core has to find another way. */
	KUNIT_EXPECT_EQ(test, d->chip->irq_retrigger(d), 0);
}

static void raise_itself(struct svsm_client *client)
{
	if (atomic_read(&client->count) == 1)
		svsm_irq_raise(client->virq);
}

/* In service until its EOI, and then raised again if it was meanwhile. */
static void domain_level(struct kunit *test)
{
	struct svsm_client *client;

	svsm_case_start(test);
	client = svsm_case_request(test, SVSM_SOURCE_ANY, SVSM_TRIGGER_LEVEL);
	client->fn = raise_itself;
	KUNIT_EXPECT_TRUE(test, test_bit(client->source,
					 svsm_bits(svsm_case_page()->ev->level)));
	svsm_case_raise(test, client);
	svsm_case_expect(test, client, 2);
	KUNIT_EXPECT_EQ(test, state_of(client->source), SVSM_SOURCE_STATE_OPEN);
	svsm_case_raise(test, client);
	svsm_case_expect(test, client, 3);
	KUNIT_EXPECT_EQ(test, state_of(client->source), SVSM_SOURCE_STATE_OPEN);
}

/* EOI once for each handling; edges have none. */
static void domain_eoi_count(struct kunit *test)
{
	struct svsm_client *edge, *level;

	svsm_case_start(test);
	edge = svsm_case_request(test, 100, SVSM_TRIGGER_EDGE);
	level = svsm_case_request(test, 101, SVSM_TRIGGER_LEVEL);
	svsm_case_raise(test, edge);
	svsm_case_expect(test, edge, 1);
	KUNIT_EXPECT_EQ(test, svsm_fake_count(IRQ_CALL(SOURCE_EOI)), 0);
	svsm_case_raise(test, level);
	svsm_case_expect(test, level, 1);
	KUNIT_EXPECT_EQ(test, svsm_fake_count(IRQ_CALL(SOURCE_EOI)), 1);
}

/* Not in service, then there is nothing to end: refused, and harmless. */
static void domain_eoi_of_nothing(struct kunit *test)
{
	struct svsm_client *client;

	svsm_case_start(test);
	client = svsm_case_request(test, 101, SVSM_TRIGGER_LEVEL);
	KUNIT_EXPECT_TRUE(test, svsm_page_pend(svsm_case_page(), 101));
	svsm_case_expect(test, client, 1);
	KUNIT_EXPECT_EQ(test, state_of(101), SVSM_SOURCE_STATE_OPEN);
	svsm_case_raise(test, client);
	svsm_case_expect(test, client, 2);
	KUNIT_EXPECT_EQ(test, state_of(101), SVSM_SOURCE_STATE_OPEN);
}

/* A closed source cannot be raised; nor one that another posts. */
static void domain_raise_refused(struct kunit *test)
{
	struct svsm_irq_spec spec = software(SVSM_SOURCE_ANY);
	struct svsm_client *client;
	int virq;

	svsm_case_start(test);
	client = svsm_case_open(test, 100, SVSM_TRIGGER_EDGE);
	spec.kind = SVSM_SOURCE_HOST_VECTOR;
	spec.host_vector = 0x70;
	spec.host_apic_id = SVSM_APIC_ID_SELF;
	virq = svsm_irq_open(&spec);
	KUNIT_ASSERT_GT(test, virq, 0);
	KUNIT_EXPECT_EQ(test, svsm_irq_raise(virq), -EPERM);
	KUNIT_EXPECT_EQ(test, svsm_irq_open(&spec), -EBUSY);
	svsm_irq_close(virq);
	KUNIT_EXPECT_EQ(test, svsm_irq_raise(client->virq), 0);
}

/* Its line is up when the handler begins, and goes up once more in it. */
static void post_again(struct svsm_client *client)
{
	if (atomic_read(&client->count) == 1)
		svsm_fake_post(client->source);
}

/* What the host posts is a source like another, level included. */
static void domain_host_vector(struct kunit *test)
{
	struct svsm_irq_spec spec = software(SVSM_SOURCE_ANY);
	struct svsm_fake_source *src;
	struct svsm_client *client;

	svsm_case_start(test);
	spec.kind = SVSM_SOURCE_HOST_VECTOR;
	spec.trigger = SVSM_TRIGGER_LEVEL;
	spec.host_vector = 0x71;
	spec.host_apic_id = 0xFFFFFFFE;
	KUNIT_EXPECT_EQ(test, svsm_irq_open(&spec), -ENODEV);
	spec.host_apic_id = svsm_case_page()->apic_id;
	spec.arg = 1;
	KUNIT_EXPECT_EQ(test, svsm_irq_open(&spec), -EINVAL);
	spec.arg = 0;
	client = svsm_case_adopt(test, svsm_irq_open(&spec));
	src = svsm_fake_source(client->source);
	KUNIT_EXPECT_EQ(test, src->host_vector, 0x71);
	KUNIT_EXPECT_EQ(test, src->host_cpu, raw_smp_processor_id());
	KUNIT_EXPECT_EQ(test, src->trigger, SVSM_TRIGGER_LEVEL);

	client->fn = post_again;
	KUNIT_EXPECT_TRUE(test, svsm_fake_post(client->source));
	svsm_case_expect(test, client, 2);
	KUNIT_EXPECT_FALSE(test, src->in_service);
	KUNIT_EXPECT_EQ(test, svsm_fake_count(IRQ_CALL(SOURCE_EOI)), 2);

	/* Disabled: the line stays up, and is there when it is enabled. */
	irq_set_status_flags(client->virq, IRQ_DISABLE_UNLAZY);
	disable_irq(client->virq);
	KUNIT_EXPECT_TRUE(test, svsm_fake_post(client->source));
	svsm_case_expect(test, client, 2);
	KUNIT_EXPECT_TRUE(test, src->in_service);
	enable_irq(client->virq);
	svsm_case_expect(test, client, 3);
	KUNIT_EXPECT_FALSE(test, src->in_service);

	/* Nobody may raise it once it is closed. */
	svsm_case_close(client);
	KUNIT_EXPECT_FALSE(test, src->open);
}

static struct kunit_case domain_cases[] = {
	KUNIT_CASE_PARAM(domain_open_close, peer_gen_params),
	KUNIT_CASE_PARAM(domain_open_nowhere, peer_gen_params),
	KUNIT_CASE_PARAM(domain_open_refused, refusal_gen_params),
	KUNIT_CASE(domain_exhausted),
	KUNIT_CASE_PARAM(domain_strange_number, strange_gen_params),
	KUNIT_CASE_PARAM(domain_round_trip, peer_gen_params),
	KUNIT_CASE_PARAM(domain_starts_masked, peer_gen_params),
	KUNIT_CASE_PARAM(domain_disable_lazily, peer_gen_params),
	KUNIT_CASE_PARAM(domain_disable_at_once, peer_gen_params),
	KUNIT_CASE_PARAM(domain_retrigger, peer_gen_params),
	KUNIT_CASE_PARAM(domain_level, peer_gen_params),
	KUNIT_CASE(domain_eoi_count),
	KUNIT_CASE_PARAM(domain_eoi_of_nothing, peer_gen_params),
	KUNIT_CASE_PARAM(domain_raise_refused, peer_gen_params),
	KUNIT_CASE(domain_host_vector),
	{}
};

static struct kunit_suite domain_suite = {
	.name = "svsm-irq-domain",
	.init = svsm_case_init,
	.exit = svsm_case_exit,
	.test_cases = domain_cases,
};

kunit_test_suite(domain_suite);
