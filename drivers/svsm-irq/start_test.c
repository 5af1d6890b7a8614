// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: starting and stopping the driver, on SVSMs that it cannot work with
 * and in all states that it can be in: nothing is left behind.
 */
#include <kunit/static_stub.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/mm.h>

#include "fake_test.h"

KUNIT_ARRAY_PARAM_DESC(peer, svsm_peers, name);

/* Enough to find one that is left: numbers are given from the lowest on. */
#define IRQS_LOOKED_AT	4096

static unsigned int irqs_before;
/* The driver's own, known while it is there. */
static struct fwnode_handle *domain_fwnode;

static unsigned int count_irqs(void)
{
	unsigned int virq, n = 0;

	for (virq = 0; virq < IRQS_LOOKED_AT; virq++)
		n += !!irq_get_irq_data(virq);
	return n;
}

/* The domain is there at this moment. */
static void remember(void)
{
	domain_fwnode = svsm_domain->fwnode;
}

/* Played, nothing started, and what there is without the driver counted. */
static void prepare(struct kunit *test)
{
	svsm_case_play(test);
	domain_fwnode = NULL;
	irqs_before = count_irqs();
}

static void expect_nothing_left(struct kunit *test)
{
	unsigned int cpu;

	KUNIT_EXPECT_FALSE(test, svsm_live());
	KUNIT_EXPECT_FALSE(test, svsm_debugfs_has("svsm-irq", NULL));
	KUNIT_EXPECT_EQ(test, count_irqs(), irqs_before);
	for_each_possible_cpu(cpu) {
		struct svsm_page *p = svsm_page_of(cpu);

		KUNIT_EXPECT_NULL(test, p->ev);
		KUNIT_EXPECT_NULL(test, p->notify);
		KUNIT_EXPECT_NULL(test, svsm_irq_page(cpu));
	}
	/* Compared, not followed: it may be freed. */
	if (domain_fwnode)
		KUNIT_EXPECT_NULL(test,
				  irq_find_matching_fwnode(domain_fwnode,
							   DOMAIN_BUS_ANY));
	domain_fwnode = NULL;
}

static void expect_starts(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, svsm_irq_start(), 0);
	remember();
	KUNIT_EXPECT_TRUE(test, svsm_live());
	svsm_irq_stop();
	expect_nothing_left(test);
}

/* Stopped and started again, here and on the real one. */
static void start_stop(struct kunit *test)
{
	struct svsm_client *client;

	svsm_case_start(test);
	remember();
	KUNIT_EXPECT_EQ(test, svsm_debugfs_has("svsm-irq", "cpus"),
			IS_ENABLED(CONFIG_DEBUG_FS));
	client = svsm_case_request(test, SVSM_SOURCE_ANY, SVSM_TRIGGER_EDGE);
	svsm_case_raise(test, client);
	svsm_case_expect(test, client, 1);
	svsm_case_close(client);
	svsm_irq_stop();
	irqs_before = count_irqs();
	expect_nothing_left(test);
	if (!svsm_case_real(test))
		KUNIT_EXPECT_TRUE(test, svsm_fake_idle());
	expect_starts(test);
	KUNIT_ASSERT_EQ(test, svsm_irq_start(), 0);
	client = svsm_case_request(test, SVSM_SOURCE_ANY, SVSM_TRIGGER_EDGE);
	svsm_case_raise(test, client);
	svsm_case_expect(test, client, 1);
}

/* More often than there are vectors: each is given back. */
static void start_stop_often(struct kunit *test)
{
	int i, ret = 0;

	prepare(test);
	for (i = 0; i < 300 && !ret; i++) {
		ret = svsm_irq_start();
		if (!ret)
			svsm_irq_stop();
	}
	KUNIT_EXPECT_EQ(test, ret, 0);
	expect_nothing_left(test);
	KUNIT_EXPECT_TRUE(test, svsm_fake_idle());
}

/* Without a hint at an SVSM nobody is asked. */
static void start_without_svsm(struct kunit *test)
{
	prepare(test);
	svsm_fake.possible = false;
	KUNIT_EXPECT_EQ(test, svsm_irq_start(), -ENODEV);
	KUNIT_EXPECT_EQ(test, svsm_fake.calls, 0);
	expect_nothing_left(test);
}

struct offer {
	const char *name;
	int ret;
	u32 answer;
	u16 major, minor;
	u8 mode, block_size;
	u32 sources;
};

static const struct offer offers[] = {
	{ "ours", 0, 0, 1, 0, SVSM_DELIVERY_HOST_ASSISTED, 88, 1024 },
	{ "older_major", -ENODEV, 0, 0, 0, 0, 88, 1024 },
	{ "newer_major", -ENODEV, 0, 2, 0, 0, 88, 1024 },
	{ "newer_minor", 0, 0, 1, 9, 0, 88, 1024 },
	{ "svsm_apic", 0, 0, 1, 0, SVSM_DELIVERY_SVSM_APIC, 88, 1024 },
	{ "unknown_delivery", -ENODEV, 0, 1, 0, 2, 88, 1024 },
	{ "no_delivery", -ENODEV, 0, 1, 0, SVSM_DELIVERY_NONE, 88, 1024 },
	{ "one_group", 0, 0, 1, 0, 0, 88, 64 },
	{ "no_sources", -EPROTO, 0, 1, 0, 0, 88, 0 },
	{ "half_a_group", -EPROTO, 0, 1, 0, 0, 88, 96 },
	{ "too_many_sources", -EPROTO, 0, 1, 0, 0, 88, 1088 },
	{ "all_sources", -EPROTO, 0, 1, 0, 0, 88, ~63U },
	{ "small_block", -EPROTO, 0, 1, 0, 0, 80, 1024 },
	{ "large_block", 0, 0, 1, 0, 0, 255, 1024 },
	{ "no_protocol", -ENODEV, SVSM_ERR_UNSUPPORTED_PROTOCOL },
	{ "no_query", -ENODEV, SVSM_ERR_UNSUPPORTED_CALL },
	{ "bad_address", -ENODEV, SVSM_ERR_INVALID_ADDRESS },
	{ "busy", -ENODEV, SVSM_ERR_BUSY },
	{ "dropped", -EIO, SVSM_FAKE_DROPPED },
	/* A host that says yes to all: what the guest had in its registers. */
	{ "host_says_yes", -ENODEV, SVSM_FAKE_LIE },
};

KUNIT_ARRAY_PARAM_DESC(offer, offers, name);

/* What QUERY says decides, before anything is taken. */
static void start_offer(struct kunit *test)
{
	const struct offer *offer = test->param_value;

	prepare(test);
	svsm_fake.major = offer->major;
	svsm_fake.minor = offer->minor;
	svsm_fake.mode = offer->mode;
	svsm_fake.block_size = offer->block_size;
	svsm_fake.source_count = offer->sources;
	svsm_fake_script(IRQ_CALL(QUERY), 1, offer->answer);
	KUNIT_EXPECT_EQ(test, svsm_irq_start(), offer->ret);
	if (offer->ret) {
		KUNIT_EXPECT_EQ(test, svsm_fake.calls, 1);
	} else {
		KUNIT_EXPECT_EQ(test, svsm_info.sources, offer->sources);
		KUNIT_EXPECT_EQ(test, svsm_info.minor, offer->minor);
		svsm_irq_stop();
	}
	expect_nothing_left(test);
}

static void host_plays(u64 id, const union svsm_block *block)
{
	svsm_fake_script(IRQ_CALL(PAGE_REGISTER), 1, SVSM_FAKE_LIE);
}

/* References of our own: who else has the pages afterwards? */
static void hold_pages(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		svsm_fake_vcpu(cpu)->held = svsm_page_of(cpu)->ev;
		get_page(virt_to_page(svsm_page_of(cpu)->ev));
	}
}

/* Return: was the page given back? If not it is now: nobody writes to it. */
static bool page_given_back(unsigned int cpu)
{
	struct page *page = virt_to_page(svsm_fake_vcpu(cpu)->held);
	bool given_back = page_count(page) == 1;

	if (!given_back)
		put_page(page);
	put_page(page);
	return given_back;
}

static void hold_when_registering(u64 id, const union svsm_block *block)
{
	if (id == IRQ_CALL(PAGE_REGISTER))
		hold_pages();
	host_plays(id, block);
}

/* Success of everything and nothing in the page: that is the host. */
static void start_on_host(struct kunit *test)
{
	unsigned int cpu, kept = 0;

	prepare(test);
	host_plays(0, NULL);
	svsm_fake.before = hold_when_registering;
	KUNIT_EXPECT_EQ(test, svsm_irq_start(), -EIO);
	svsm_fake.before = NULL;
	svsm_fake_script(SVSM_FAKE_ANY_CALL, 1, 0);
	KUNIT_EXPECT_EQ(test, svsm_fake_count(IRQ_CALL(PAGE_REGISTER)), 1);
	/* Nobody knows what the host does to the page that it was told of. */
	for_each_possible_cpu(cpu)
		kept += !page_given_back(cpu);
	KUNIT_EXPECT_EQ(test, kept, 1);
	expect_nothing_left(test);
	expect_starts(test);
}

static void remember_domain(u64 id, const union svsm_block *block)
{
	if (id == IRQ_CALL(PAGE_REGISTER) && block->page_register.vector)
		remember();
}

static void refuse_cpu(u64 id, const union svsm_block *block)
{
	const unsigned int *cpu = svsm_fake.arg;

	remember_domain(id, block);
	if (id == IRQ_CALL(PAGE_REGISTER) && block->page_register.vector &&
	    block->page_register.apic_id == svsm_compat_apic_id(*cpu))
		svsm_fake_script(id, 1, SVSM_ERR_INVALID_REQUEST);
}

/* A CPU that is online and gets no page: none of them is left with one. */
static void start_cpu_refused(struct kunit *test)
{
	unsigned int cpu;

	if (!IS_ENABLED(CONFIG_X86_LOCAL_APIC))
		kunit_skip(test, "no notification vectors");
	prepare(test);
	svsm_fake.arg = &cpu;
	for_each_online_cpu(cpu) {
		svsm_fake.before = refuse_cpu;
		KUNIT_EXPECT_EQ(test, svsm_irq_start(), -ENODEV);
		KUNIT_EXPECT_TRUE(test, svsm_fake_idle());
		expect_nothing_left(test);
	}
	svsm_fake.before = NULL;
	expect_starts(test);
}

static int no_test_sources(struct dentry *dir)
{
	return -EBUSY;
}

/* The last step fails: all before it are undone. */
static void start_last_step_fails(struct kunit *test)
{
	prepare(test);
	svsm_fake.before = remember_domain;
	kunit_activate_static_stub(test, svsm_test_init, no_test_sources);
	KUNIT_EXPECT_EQ(test, svsm_irq_start(), -EBUSY);
	KUNIT_EXPECT_TRUE(test, svsm_fake_idle());
	expect_nothing_left(test);
	kunit_deactivate_static_stub(test, svsm_test_init);
	expect_starts(test);
}

struct answer {
	const char *name;
	u32 answer;
};

static const struct answer answers[] = {
	{ "incomplete", SVSM_ERR_INCOMPLETE },
	{ "no_protocol", SVSM_ERR_UNSUPPORTED_PROTOCOL },
	{ "no_call", SVSM_ERR_UNSUPPORTED_CALL },
	{ "bad_address", SVSM_ERR_INVALID_ADDRESS },
	{ "parameter", SVSM_ERR_INVALID_PARAMETER },
	{ "request", SVSM_ERR_INVALID_REQUEST },
	{ "busy", SVSM_ERR_BUSY },
	{ "no_vcpu", SVSM_ERR_NO_VCPU },
	{ "no_page", SVSM_ERR_NO_PAGE },
	{ "vector", SVSM_ERR_VECTOR },
	{ "in_use", SVSM_ERR_IN_USE },
	{ "no_delivery", SVSM_ERR_NO_DELIVERY },
	{ "lost", SVSM_ERR_LOST },
	{ "unknown", 0x8000FFFF },
	{ "dropped", SVSM_FAKE_DROPPED },
	{ "late", SVSM_FAKE_LATE },
	{ "lie", SVSM_FAKE_LIE },
};

KUNIT_ARRAY_PARAM_DESC(answer, answers, name);

/* The n-th call of a start goes wrong, for each n that there is. */
static void start_call_fails(struct kunit *test)
{
	const struct answer *answer = test->param_value;
	unsigned int calls, failed = 0, n;
	int ret;

	prepare(test);
	KUNIT_ASSERT_EQ(test, svsm_irq_start(), 0);
	calls = svsm_fake.calls;
	svsm_irq_stop();
	KUNIT_ASSERT_GE(test, calls, 3);

	svsm_fake.before = remember_domain;
	for (n = 1; n <= calls; n++) {
		svsm_fake_script(SVSM_FAKE_ANY_CALL, n, answer->answer);
		ret = svsm_irq_start();
		KUNIT_EXPECT_LE(test, ret, 0);
		failed += !!ret;
		if (!ret)
			svsm_irq_stop();
		expect_nothing_left(test);
	}
	svsm_fake_script(SVSM_FAKE_ANY_CALL, 1, 0);
	/* QUERY and one more: a lie can be believed, a lost page is retried. */
	KUNIT_EXPECT_GE(test, failed, 2);
	expect_starts(test);
	KUNIT_EXPECT_TRUE(test, svsm_fake_idle());
}

/* --- Stop, in every state ------------------------------------------------- */

static void drop_all(u64 id, const union svsm_block *block)
{
	svsm_fake_script(SVSM_FAKE_ANY_CALL, 1, SVSM_FAKE_DROPPED);
}

static void state_drop_all(struct kunit *test)
{
	drop_all(0, NULL);
	svsm_fake.before = drop_all;
}

static void state_no_reset(struct kunit *test)
{
	svsm_fake_script(IRQ_CALL(RESET), 1, SVSM_ERR_INVALID_REQUEST);
}

static void state_no_unregister(struct kunit *test)
{
	svsm_fake_script(IRQ_CALL(PAGE_UNREGISTER), 1,
			 SVSM_ERR_INVALID_REQUEST);
}

static void state_unregistered(struct kunit *test)
{
	svsm_page_unregister(svsm_case_page());
}

static void state_lost(struct kunit *test)
{
	svsm_fake_lose(raw_smp_processor_id());
}

static void state_timer(struct kunit *test)
{
	KUNIT_ASSERT_GT(test, svsm_irq_timer_attach(raw_smp_processor_id()), 0);
	svsm_irq_timer_detach(raw_smp_processor_id(),
			      irq_find_mapping(svsm_domain, 0));
}

static void state_pending(struct kunit *test)
{
	struct svsm_client *client;

	client = svsm_case_open(test, SVSM_SOURCE_ANY, SVSM_TRIGGER_LEVEL);
	svsm_case_raise(test, client);
	svsm_case_close(client);
	WRITE_ONCE(svsm_case_page()->ev->pir[5], ~0ULL);
	WRITE_ONCE(svsm_case_page()->ev->groups, ~0ULL);
}

static void state_forgotten(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, svsm_issue(IRQ_CALL(RESET), NULL, NULL), 0);
}

struct state {
	const char *name;
	void (*enter)(struct kunit *test);
};

static const struct state states[] = {
	{ "started", NULL },
	{ "unregistered", state_unregistered },
	{ "timer_was_there", state_timer },
	{ "pending", state_pending },
	{ "lost", state_lost },
	{ "forgotten", state_forgotten },
	{ "unregister_refused", state_no_unregister },
	{ "reset_refused", state_no_reset },
	{ "host_drops_all", state_drop_all },
};

KUNIT_ARRAY_PARAM_DESC(state, states, name);

static void stop_in_state(struct kunit *test)
{
	const struct state *state = test->param_value;
	unsigned int cpu;
	bool kept;

	prepare(test);
	KUNIT_ASSERT_EQ(test, svsm_irq_start(), 0);
	remember();
	hold_pages();
	if (state->enter)
		state->enter(test);
	/*
	 * Kept is what the SVSM may still have: nothing after RESET; without
	 * it pages that were not unregistered, silent ones are by RESET only.
	 */
	for_each_possible_cpu(cpu) {
		const struct svsm_page *p = svsm_page_of(cpu);

		kept = p->touched && (state->enter == state_drop_all ||
				      (state->enter == state_no_reset &&
				       !p->notify));
		svsm_fake_vcpu(cpu)->keep = kept;
	}
	svsm_irq_stop();
	svsm_fake.before = NULL;
	svsm_fake_script(SVSM_FAKE_ANY_CALL, 1, 0);
	for_each_possible_cpu(cpu)
		KUNIT_EXPECT_EQ_MSG(test, page_given_back(cpu),
				    !svsm_fake_vcpu(cpu)->keep, "CPU %u", cpu);
	expect_nothing_left(test);
	/* The next start resets what this stop could not. */
	expect_starts(test);
	KUNIT_EXPECT_TRUE(test, svsm_fake_idle());
}

static struct kunit_case start_cases[] = {
	KUNIT_CASE_PARAM(start_stop, peer_gen_params),
	KUNIT_CASE_SLOW(start_stop_often),
	KUNIT_CASE(start_without_svsm),
	KUNIT_CASE_PARAM(start_offer, offer_gen_params),
	KUNIT_CASE(start_on_host),
	KUNIT_CASE(start_cpu_refused),
	KUNIT_CASE(start_last_step_fails),
	KUNIT_CASE_PARAM(start_call_fails, answer_gen_params),
	KUNIT_CASE_PARAM(stop_in_state, state_gen_params),
	{}
};

static struct kunit_suite start_suite = {
	.name = "svsm-irq-start",
	.init = svsm_case_init,
	.exit = svsm_case_exit,
	.test_cases = start_cases,
};

kunit_test_suite(start_suite);
