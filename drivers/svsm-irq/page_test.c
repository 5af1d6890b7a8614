// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: event pages, the proof of the SVSM, masks, unmask, retrigger.
 */
#include <linux/irqflags.h>
#include <linux/mm.h>

#include "fake_test.h"

KUNIT_ARRAY_PARAM_DESC(peer, svsm_peers, name);

static u32 code_of(u64 id, struct svsm_page *p)
{
	union svsm_block block = { .vcpu = { .apic_id = p->apic_id } };
	struct svsm_result result;

	svsm_issue(id, &block, &result);
	return result.code;
}

/* What a page looks like that nobody has used. */
static void page_fresh(struct kunit *test)
{
	struct svsm_page *p;

	svsm_case_start(test);
	p = svsm_case_page();
	KUNIT_EXPECT_PTR_EQ(test, svsm_irq_page(p->cpu), p->ev);
	KUNIT_EXPECT_TRUE(test, p->registered);
	KUNIT_EXPECT_EQ(test, p->ev->magic, SVSM_EVENT_PAGE_MAGIC);
	KUNIT_EXPECT_EQ(test, p->ev->apic_id, p->apic_id);
	KUNIT_EXPECT_EQ(test, p->ev->vector, p->vector);
	KUNIT_EXPECT_NULL(test, memchr_inv(p->ev->mask, 0xFF,
					   sizeof(p->ev->mask)));
	KUNIT_EXPECT_NULL(test, memchr_inv(p->ev->pir, 0, sizeof(p->ev->pir)));
}

/* Offsets in the header, and the answer to what else may stand there. */
struct header {
	const char *name;
	size_t offset;
	u16 value;
	int ret;
};

static const struct header headers[] = {
	{ "as_it_is", offsetof(struct svsm_event_page, magic),
	  SVSM_EVENT_PAGE_MAGIC & 0xFFFF, 0 },
	{ "no_magic", offsetof(struct svsm_event_page, magic), 0, -EIO },
	{ "newer_major", offsetof(struct svsm_event_page, major), 2, -EIO },
	{ "older_major", offsetof(struct svsm_event_page, major), 0, -EIO },
	{ "newer_minor", offsetof(struct svsm_event_page, minor), 7, 0 },
	{ "other_cpu", offsetof(struct svsm_event_page, apic_id), 0x7777,
	  -EIO },
	{ "fewer_sources", offsetof(struct svsm_event_page, source_count), 64,
	  -EIO },
	{ "more_sources", offsetof(struct svsm_event_page, source_count), 2048,
	  -EIO },
};

KUNIT_ARRAY_PARAM_DESC(header, headers, name);

static void spoil(u64 id, const union svsm_block *block,
		  struct svsm_call *call)
{
	const struct header *header = svsm_fake.arg;
	void *ev = svsm_case_page()->ev;

	if (id == IRQ_CALL(PAGE_REGISTER))
		*(u16 *)(ev + header->offset) = header->value;
}

/* A registration that succeeds proves nothing: the header does. */
static void page_proof(struct kunit *test)
{
	const struct header *header = test->param_value;
	struct svsm_page *p;
	u8 vector;

	svsm_case_start(test);
	p = svsm_case_page();
	vector = p->vector;
	svsm_page_unregister(p);
	KUNIT_ASSERT_FALSE(test, p->touched);

	svsm_fake.arg = (void *)header;
	svsm_fake.after = spoil;
	KUNIT_EXPECT_EQ(test, svsm_page_register(p, vector), header->ret);
	KUNIT_EXPECT_EQ(test, p->registered, !header->ret);
	KUNIT_EXPECT_PTR_EQ(test, svsm_irq_page(p->cpu),
			    header->ret ? NULL : p->ev);
	/* Something may write there from now on. */
	KUNIT_EXPECT_TRUE(test, p->touched);
}

/* Registered anew: what was open is open again, what waited comes. */
static void page_again(struct kunit *test)
{
	struct svsm_client *open, *masked;
	struct svsm_page *p;
	u8 vector;

	svsm_case_start(test);
	p = svsm_case_page();
	open = svsm_case_request(test, 200, SVSM_TRIGGER_EDGE);
	masked = svsm_case_open(test, 201, SVSM_TRIGGER_EDGE);
	vector = p->vector;
	svsm_page_unregister(p);
	KUNIT_EXPECT_NULL(test, svsm_irq_page(p->cpu));
	KUNIT_EXPECT_FALSE(test, p->touched);
	KUNIT_EXPECT_EQ(test, p->vector, 0);
	svsm_case_raise(test, open);
	svsm_case_raise(test, masked);
	svsm_case_expect(test, open, 0);

	KUNIT_ASSERT_EQ(test, svsm_page_register(p, vector), 0);
	KUNIT_EXPECT_EQ(test, p->vector, vector);
	svsm_case_expect(test, open, 1);
	KUNIT_EXPECT_FALSE(test, test_bit(200, svsm_bits(p->ev->mask)));
	KUNIT_EXPECT_TRUE(test, test_bit(201, svsm_bits(p->ev->mask)));
	KUNIT_EXPECT_TRUE(test, test_bit(201, svsm_bits(p->ev->pir)));
}

/* Pending when the page goes: kept by the SVSM, and there afterwards. */
static void page_keeps_pending(struct kunit *test)
{
	struct svsm_client *client;
	struct svsm_page *p;
	u8 vector;

	svsm_case_start(test);
	p = svsm_case_page();
	client = svsm_case_request(test, 202, SVSM_TRIGGER_EDGE);
	vector = p->vector;
	svsm_page_mask(p, client->source);
	svsm_case_raise(test, client);
	svsm_case_expect(test, client, 0);
	svsm_page_unregister(p);
	svsm_page_unmask(p, client->source);
	KUNIT_ASSERT_EQ(test, svsm_page_register(p, vector), 0);
	svsm_case_expect(test, client, 1);
}

/* The same page again is a change of its vector and of nothing else. */
static void page_changes_vector(struct kunit *test)
{
	struct svsm_client *client;
	struct svsm_page *p;
	u8 vector;

	svsm_case_start(test);
	p = svsm_case_page();
	client = svsm_case_request(test, 203, SVSM_TRIGGER_EDGE);
	vector = p->vector;
	KUNIT_ASSERT_EQ(test, svsm_page_register(p, 0), 0);
	KUNIT_EXPECT_EQ(test, p->vector, 0);
	svsm_case_raise(test, client);
	KUNIT_EXPECT_EQ(test, atomic_read(&client->count), 0);
	KUNIT_EXPECT_EQ(test, p->ev->on, SVSM_EVENT_ON);
	/* ON is a level: the new vector is told at once. */
	KUNIT_ASSERT_EQ(test, svsm_page_register(p, vector), 0);
	svsm_case_expect(test, client, 1);
}

/* Found lost while registering: one more call makes a new registration. */
static void page_lost(struct kunit *test)
{
	struct svsm_client *client;
	struct svsm_page *p;

	svsm_case_start(test);
	p = svsm_case_page();
	client = svsm_case_request(test, 204, SVSM_TRIGGER_EDGE);
	svsm_fake_script(IRQ_CALL(PAGE_REGISTER), 1, SVSM_ERR_LOST);
	svsm_fake_lose(p->cpu);
	svsm_case_raise(test, client);
	svsm_case_expect(test, client, 0);
	KUNIT_ASSERT_EQ(test, svsm_page_register(p, p->vector), 0);
	svsm_case_expect(test, client, 1);
	KUNIT_EXPECT_EQ(test, svsm_fake_vcpu(p->cpu)->vector, p->vector);
}

/* Lost again and again: the second answer counts. */
static void lost_again(u64 id, const union svsm_block *block)
{
	svsm_fake_script(IRQ_CALL(PAGE_REGISTER), 1, SVSM_ERR_LOST);
}

static void page_stays_lost(struct kunit *test)
{
	unsigned int calls;
	struct svsm_page *p;

	svsm_case_start(test);
	p = svsm_case_page();
	calls = svsm_fake.calls;
	lost_again(0, NULL);
	svsm_fake.before = lost_again;
	KUNIT_EXPECT_EQ(test, svsm_page_register(p, p->vector), -ESTALE);
	KUNIT_EXPECT_EQ(test, svsm_fake.calls, calls + 2);
}

/* A refused change of the vector leaves the old one in force. */
static void page_refused(struct kunit *test)
{
	struct svsm_client *client;
	struct svsm_page *p;
	u8 vector;

	svsm_case_start(test);
	p = svsm_case_page();
	client = svsm_case_request(test, 205, SVSM_TRIGGER_EDGE);
	vector = p->vector;
	KUNIT_EXPECT_EQ(test, svsm_page_register(p, 31), -ERANGE);
	KUNIT_EXPECT_EQ(test, svsm_page_register(p, 0x80), -ERANGE);
	KUNIT_EXPECT_EQ(test, p->vector, vector);
	KUNIT_EXPECT_TRUE(test, p->registered);
	svsm_case_raise(test, client);
	svsm_case_expect(test, client, 1);
}

struct withdrawal {
	const char *name;
	u32 answer;
	bool touched;
};

static const struct withdrawal withdrawals[] = {
	{ "done", 0, false },
	{ "vcpu_is_gone", SVSM_ERR_NO_VCPU, false },
	{ "page_is_gone", SVSM_ERR_NO_PAGE, false },
	{ "refused", SVSM_ERR_INVALID_REQUEST, true },
	{ "unknown", SVSM_ERR_UNSUPPORTED_CALL, true },
	{ "dropped", SVSM_FAKE_DROPPED, true },
	{ "late", SVSM_FAKE_LATE, true },
};

KUNIT_ARRAY_PARAM_DESC(withdrawal, withdrawals, name);

/* May the page be used for something else? Only if the SVSM says so. */
static void page_withdrawn(struct kunit *test)
{
	const struct withdrawal *w = test->param_value;
	struct svsm_client *client;
	struct svsm_page *p;

	svsm_case_start(test);
	p = svsm_case_page();
	client = svsm_case_request(test, 206, SVSM_TRIGGER_EDGE);
	svsm_fake_script(IRQ_CALL(PAGE_UNREGISTER), 1, w->answer);
	svsm_page_unregister(p);
	KUNIT_EXPECT_FALSE(test, p->registered);
	KUNIT_EXPECT_EQ(test, p->vector, 0);
	KUNIT_EXPECT_EQ(test, p->touched, w->touched);
	KUNIT_EXPECT_NULL(test, svsm_irq_page(p->cpu));
	/* Nothing in a page that the SVSM still has notifies this CPU. */
	if (w->touched)
		KUNIT_EXPECT_NULL(test, memchr_inv(p->ev->mask, 0xFF,
						   sizeof(p->ev->mask)));
	svsm_case_raise(test, client);
	svsm_case_expect(test, client, 0);
	/* Twice is once. */
	svsm_fake.count[0][SVSM_IRQ_PAGE_UNREGISTER] = 0;
	svsm_page_unregister(p);
	KUNIT_EXPECT_EQ(test, svsm_fake_count(IRQ_CALL(PAGE_UNREGISTER)), 0);
}

/* Unmask and ON: exactly one notification for what had arrived. */
static void page_unmask(struct kunit *test)
{
	struct svsm_client *a, *b;
	struct svsm_page *p;
	unsigned long flags;
	u64 groups;
	u32 on;

	svsm_case_start(test);
	p = svsm_case_page();
	a = svsm_case_request(test, 300, SVSM_TRIGGER_EDGE);
	b = svsm_case_request(test, 301, SVSM_TRIGGER_EDGE);

	/* Nothing arrived: nothing to tell. */
	local_irq_save(flags);
	svsm_page_mask(p, a->source);
	svsm_page_mask(p, b->source);
	svsm_page_unmask(p, a->source);
	on = p->ev->on;
	groups = p->ev->groups;
	svsm_page_mask(p, a->source);
	local_irq_restore(flags);
	KUNIT_EXPECT_EQ(test, on, 0);
	KUNIT_EXPECT_EQ(test, groups, 0);

	svsm_case_raise(test, a);
	svsm_case_raise(test, b);
	svsm_case_expect(test, a, 0);
	local_irq_save(flags);
	svsm_page_unmask(p, a->source);
	svsm_page_unmask(p, b->source);
	on = p->ev->on;
	groups = p->ev->groups;
	local_irq_restore(flags);
	KUNIT_EXPECT_EQ(test, on, SVSM_EVENT_ON);
	KUNIT_EXPECT_EQ(test, groups, BIT(300 / 64));
	svsm_case_expect(test, a, 1);
	svsm_case_expect(test, b, 1);
	/* The second found ON set. */
	KUNIT_EXPECT_EQ(test, p->stats.kicked, p->vector ? 1 : 0);
}

/* A mask that is set or cleared without a page is there with the next. */
static void page_masks_survive(struct kunit *test)
{
	struct svsm_page *p;
	u8 vector;

	svsm_case_start(test);
	p = svsm_case_page();
	vector = p->vector;
	svsm_page_unmask(p, 400);
	svsm_page_unmask(p, 401);
	svsm_page_unregister(p);
	svsm_page_mask(p, 400);
	svsm_page_unmask(p, 402);
	KUNIT_ASSERT_EQ(test, svsm_page_register(p, vector), 0);
	KUNIT_EXPECT_TRUE(test, test_bit(400, svsm_bits(p->ev->mask)));
	KUNIT_EXPECT_FALSE(test, test_bit(401, svsm_bits(p->ev->mask)));
	KUNIT_EXPECT_FALSE(test, test_bit(402, svsm_bits(p->ev->mask)));
	KUNIT_EXPECT_TRUE(test, test_bit(403, svsm_bits(p->ev->mask)));
}

/* The page that the SVSM still had keeps masks of its own: ours are set. */
static void page_masks_of_a_page_that_stayed(struct kunit *test)
{
	struct svsm_page *p;
	u8 vector;

	svsm_case_start(test);
	p = svsm_case_page();
	vector = p->vector;
	svsm_page_unmask(p, 410);
	svsm_fake_script(IRQ_CALL(PAGE_UNREGISTER), 1, SVSM_FAKE_DROPPED);
	svsm_page_unregister(p);
	KUNIT_ASSERT_EQ(test, svsm_page_register(p, vector), 0);
	KUNIT_EXPECT_FALSE(test, test_bit(410, svsm_bits(p->ev->mask)));
	KUNIT_EXPECT_TRUE(test, test_bit(411, svsm_bits(p->ev->mask)));
}

/* Pending by hand: as if raised; without a page it says so. */
static void page_pend(struct kunit *test)
{
	struct svsm_client *client;
	struct svsm_page *p;

	svsm_case_start(test);
	p = svsm_case_page();
	client = svsm_case_request(test, 500, SVSM_TRIGGER_EDGE);
	KUNIT_EXPECT_TRUE(test, svsm_page_pend(p, client->source));
	svsm_case_expect(test, client, 1);
	svsm_page_unregister(p);
	KUNIT_EXPECT_FALSE(test, svsm_page_pend(p, client->source));
	svsm_page_kick(p);
	KUNIT_EXPECT_EQ(test, p->ev->on, 0);
}

/* No way to notify is no way to register a vector. */
static void page_without_delivery(struct kunit *test)
{
	struct svsm_page *p;

	svsm_case_start(test);
	p = svsm_case_page();
	svsm_fake.mode = SVSM_DELIVERY_NONE;
	KUNIT_EXPECT_EQ(test, svsm_page_register(p, 0x40), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, svsm_page_register(p, 0), 0);
	KUNIT_EXPECT_EQ(test, code_of(IRQ_CALL(PAGE_UNREGISTER), p), 0);
	KUNIT_EXPECT_EQ(test, code_of(IRQ_CALL(PAGE_UNREGISTER), p),
			SVSM_ERR_NO_PAGE);
}

static struct kunit_case page_cases[] = {
	KUNIT_CASE_PARAM(page_fresh, peer_gen_params),
	KUNIT_CASE_PARAM(page_proof, header_gen_params),
	KUNIT_CASE_PARAM(page_again, peer_gen_params),
	KUNIT_CASE_PARAM(page_keeps_pending, peer_gen_params),
	KUNIT_CASE_PARAM(page_changes_vector, peer_gen_params),
	KUNIT_CASE(page_lost),
	KUNIT_CASE(page_stays_lost),
	KUNIT_CASE_PARAM(page_refused, peer_gen_params),
	KUNIT_CASE_PARAM(page_withdrawn, withdrawal_gen_params),
	KUNIT_CASE_PARAM(page_unmask, peer_gen_params),
	KUNIT_CASE_PARAM(page_masks_survive, peer_gen_params),
	KUNIT_CASE(page_masks_of_a_page_that_stayed),
	KUNIT_CASE_PARAM(page_pend, peer_gen_params),
	KUNIT_CASE(page_without_delivery),
	{}
};

static struct kunit_suite page_suite = {
	.name = "svsm-irq-page",
	.init = svsm_case_init,
	.exit = svsm_case_exit,
	.test_cases = page_cases,
};

kunit_test_suite(page_suite);
