// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: what is taken from a page, in which order, and what is put back.
 */
#include <linux/irqflags.h>

#include "fake_test.h"

KUNIT_ARRAY_PARAM_DESC(peer, svsm_peers, name);

/* The sources in @list raised at once: one take finds them all. */
static void raise_all(struct kunit *test, struct svsm_client **list,
		      unsigned int n)
{
	unsigned long flags;
	unsigned int i;
	int ret = 0;

	local_irq_save(flags);
	for (i = 0; i < n; i++)
		ret = ret ?: svsm_irq_raise(list[i]->virq);
	local_irq_restore(flags);
	KUNIT_EXPECT_EQ(test, ret, 0);
	svsm_case_settle(test);
}

static void request_all(struct kunit *test, struct svsm_client **list,
			const unsigned int *sources, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		list[i] = svsm_case_request(test, sources[i],
					    SVSM_TRIGGER_EDGE);
}

static void expect_order(struct kunit *test, const unsigned int *sources,
			 unsigned int n)
{
	unsigned int i;

	KUNIT_ASSERT_EQ(test, atomic_read(&svsm_order.n), n);
	for (i = 0; i < n; i++)
		KUNIT_EXPECT_EQ_MSG(test, svsm_order.source[i], sources[i],
				    "place %u", i);
}

/* Within a group the lowest number comes first, whatever came first. */
static void demux_order_in_group(struct kunit *test)
{
	static const unsigned int sources[] = { 191, 150, 130, 128 };
	static const unsigned int order[] = { 128, 130, 150, 191 };
	struct svsm_client *list[ARRAY_SIZE(sources)];

	svsm_case_start(test);
	request_all(test, list, sources, ARRAY_SIZE(sources));
	raise_all(test, list, ARRAY_SIZE(sources));
	expect_order(test, order, ARRAY_SIZE(order));
	KUNIT_EXPECT_EQ(test, svsm_case_page()->stats.handled, 4);
}

/* Groups are visited from where the last take stopped, and round. */
static void demux_round_robin(struct kunit *test)
{
	static const unsigned int sources[] = { 64, 300, 500, 1023 };
	static const unsigned int order[] = { 500, 1023, 64, 300 };
	struct svsm_client *list[ARRAY_SIZE(sources)];

	svsm_case_start(test);
	request_all(test, list, sources, ARRAY_SIZE(sources));
	svsm_case_page()->cursor = 300 / SVSM_SOURCES_PER_GROUP + 1;
	raise_all(test, list, ARRAY_SIZE(sources));
	expect_order(test, order, ARRAY_SIZE(order));
	KUNIT_EXPECT_EQ(test, svsm_case_page()->cursor,
			300 / SVSM_SOURCES_PER_GROUP + 1);
}

#define STORM	40

static void storm(struct svsm_client *client)
{
	if (atomic_read(&client->count) < STORM)
		svsm_irq_raise(client->virq);
}

/* A source that comes again each time it is handled starves nobody. */
static void demux_storm_is_fair(struct kunit *test)
{
	static const unsigned int sources[] = { 64, 128, 192 };
	struct svsm_client *list[ARRAY_SIZE(sources)];

	svsm_case_start(test);
	svsm_take_budget = 4;
	request_all(test, list, sources, ARRAY_SIZE(sources));
	list[0]->fn = storm;
	list[1]->fn = storm;
	raise_all(test, list, ARRAY_SIZE(sources));

	/* In turn, and the quiet one after each storm had one visit. */
	KUNIT_EXPECT_EQ(test, svsm_order.source[0], 64);
	KUNIT_EXPECT_EQ(test, svsm_order.source[1], 128);
	KUNIT_EXPECT_EQ(test, svsm_order.source[2], 192);
	KUNIT_EXPECT_EQ(test, svsm_order.source[3], 64);
	KUNIT_EXPECT_EQ(test, svsm_order.source[4], 128);
	KUNIT_EXPECT_EQ(test, atomic_read(&list[0]->count), STORM);
	KUNIT_EXPECT_EQ(test, atomic_read(&list[1]->count), STORM);
	KUNIT_EXPECT_EQ(test, atomic_read(&list[2]->count), 1);
	/* The budget ended takes, as often as it had to. */
	KUNIT_EXPECT_GE(test, svsm_case_page()->stats.spent,
			2 * STORM / 4 - 1);
}

/* Out of budget: the groups that are left are put back and come next. */
static void demux_budget_puts_back(struct kunit *test)
{
	static const unsigned int sources[] = { 70, 140, 210, 280, 350 };
	struct svsm_page *p;
	struct svsm_client *list[ARRAY_SIZE(sources)];

	svsm_case_start(test);
	p = svsm_case_page();
	svsm_take_budget = 2;
	request_all(test, list, sources, ARRAY_SIZE(sources));
	raise_all(test, list, ARRAY_SIZE(sources));
	expect_order(test, sources, ARRAY_SIZE(sources));
	KUNIT_EXPECT_EQ(test, p->stats.spent, 2);
	KUNIT_EXPECT_EQ(test, p->stats.handled, 5);
	KUNIT_EXPECT_EQ(test, p->stats.kicked, p->vector ? 2 : 0);
	/* Each that is put back is one more notification, no more come. */
	KUNIT_EXPECT_GE(test, p->stats.notified, 3);
	KUNIT_EXPECT_EQ(test, p->ev->groups, 0);
}

/* One take of a page that nobody notifies of: what exactly does it leave? */
static void demux_put_back_exactly(struct kunit *test)
{
	static const unsigned int sources[] = { 70, 140, 210 };
	struct svsm_client *list[ARRAY_SIZE(sources)];
	struct svsm_event_page *ev;
	unsigned long flags;
	u64 groups, on;

	svsm_case_start(test);
	ev = svsm_case_page()->ev;
	svsm_take_budget = 1;
	request_all(test, list, sources, ARRAY_SIZE(sources));

	local_irq_save(flags);
	svsm_irq_raise(list[0]->virq);
	svsm_irq_raise(list[1]->virq);
	svsm_irq_raise(list[2]->virq);
	svsm_take(svsm_case_page());
	groups = READ_ONCE(ev->groups);
	on = READ_ONCE(ev->on);
	local_irq_restore(flags);

	KUNIT_EXPECT_EQ(test, groups, BIT(140 / 64) | BIT(210 / 64));
	KUNIT_EXPECT_EQ(test, on, SVSM_EVENT_ON);
	svsm_case_settle(test);
	expect_order(test, sources, ARRAY_SIZE(sources));
}

/* A group that was begun is finished, however little budget there is. */
static void demux_group_is_not_cut(struct kunit *test)
{
	struct svsm_client *list[9];
	unsigned int sources[9];
	unsigned int i;

	svsm_case_start(test);
	svsm_take_budget = 3;
	for (i = 0; i < 8; i++)
		sources[i] = 100 + i;
	sources[8] = 200;
	request_all(test, list, sources, ARRAY_SIZE(list));
	raise_all(test, list, ARRAY_SIZE(list));
	expect_order(test, sources, ARRAY_SIZE(sources));
	KUNIT_EXPECT_EQ(test, svsm_case_page()->stats.spent, 1);
}

/* Without any budget the loop would never end: it is at least one. */
static void demux_no_budget_is_one(struct kunit *test)
{
	static const unsigned int sources[] = { 70, 140, 210 };
	struct svsm_client *list[ARRAY_SIZE(sources)];

	svsm_case_start(test);
	svsm_take_budget = 0;
	request_all(test, list, sources, ARRAY_SIZE(sources));
	raise_all(test, list, ARRAY_SIZE(sources));
	expect_order(test, sources, ARRAY_SIZE(sources));
	KUNIT_EXPECT_EQ(test, svsm_case_page()->stats.spent, 2);
}

/* User Mode Linux has no more than 64 interrupts altogether. */
#define CROWD	24

/* Many in all groups on the smallest budget: each comes, and once. */
static void demux_nothing_lost(struct kunit *test)
{
	struct svsm_client **list;
	unsigned int i;

	svsm_case_start(test);
	svsm_take_budget = 1;
	list = kunit_kcalloc(test, CROWD, sizeof(*list), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, list);
	for (i = 0; i < CROWD; i++)
		list[i] = svsm_case_request(test, 64 + i * 40,
					    SVSM_TRIGGER_EDGE);
	raise_all(test, list, CROWD);
	for (i = 0; i < CROWD; i++)
		KUNIT_EXPECT_EQ_MSG(test, atomic_read(&list[i]->count), 1,
				    "source %u", list[i]->source);
	KUNIT_EXPECT_EQ(test, svsm_case_page()->stats.handled, CROWD);
}

static struct svsm_client *second;

static void raise_second(struct svsm_client *client)
{
	if (atomic_read(&client->count) == 1)
		svsm_irq_raise(second->virq);
}

/* Raised by a handler in a group that the same take has passed already. */
static void demux_raise_while_taking(struct kunit *test)
{
	struct svsm_client *first;

	svsm_case_start(test);
	second = svsm_case_request(test, 64, SVSM_TRIGGER_EDGE);
	first = svsm_case_request(test, 1000, SVSM_TRIGGER_EDGE);
	first->fn = raise_second;
	svsm_case_raise(test, first);
	svsm_case_expect(test, first, 1);
	svsm_case_expect(test, second, 1);
	KUNIT_EXPECT_EQ(test, svsm_case_page()->stats.handled, 2);
}

/* Raised again before it was taken: one interrupt stands for both. */
static void demux_coalesces(struct kunit *test)
{
	struct svsm_client *list[3];

	svsm_case_start(test);
	list[0] = svsm_case_request(test, SVSM_SOURCE_ANY, SVSM_TRIGGER_EDGE);
	list[1] = list[0];
	list[2] = list[0];
	raise_all(test, list, ARRAY_SIZE(list));
	KUNIT_EXPECT_EQ(test, atomic_read(&list[0]->count), 1);
	/* Taken: the next one is a new one. */
	raise_all(test, list, 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&list[0]->count), 2);
}

/* A masked bit beside one that is taken stays where it is. */
static void demux_leaves_masked(struct kunit *test)
{
	struct svsm_client *open, *masked;
	struct svsm_page *p;

	svsm_case_start(test);
	p = svsm_case_page();
	open = svsm_case_request(test, 100, SVSM_TRIGGER_EDGE);
	masked = svsm_case_request(test, 101, SVSM_TRIGGER_EDGE);
	svsm_page_mask(p, masked->source);
	svsm_case_raise(test, masked);
	svsm_case_raise(test, open);
	svsm_case_expect(test, open, 1);
	svsm_case_expect(test, masked, 0);
	KUNIT_EXPECT_TRUE(test, test_bit(101, svsm_bits(p->ev->pir)));
	svsm_page_unmask(p, masked->source);
	svsm_case_expect(test, masked, 1);
}

/* Bits that nobody has opened are cleared and counted, and that is all. */
static void demux_unopened_bits(struct kunit *test)
{
	struct svsm_client *client;
	struct svsm_page *p;
	unsigned long flags;

	svsm_case_start(test);
	p = svsm_case_page();
	client = svsm_case_request(test, 102, SVSM_TRIGGER_EDGE);
	local_irq_save(flags);
	p->ev->mask[1] = 0;
	p->ev->pir[1] = ~0ULL;
	p->ev->pir[15] = BIT_ULL(63);
	p->ev->mask[15] = 0;
	p->ev->groups = BIT(1) | BIT(15);
	svsm_page_kick(p);
	local_irq_restore(flags);
	svsm_case_expect(test, client, 1);
	KUNIT_EXPECT_EQ(test, p->stats.unmapped, 64);
	KUNIT_EXPECT_EQ(test, p->stats.handled, 65);
	KUNIT_EXPECT_EQ(test, p->ev->pir[1], 0);
	KUNIT_EXPECT_EQ(test, p->ev->pir[15], 0);
}

/* What lies beyond the number of sources is never looked at. */
static void demux_out_of_range(struct kunit *test)
{
	struct svsm_client *client;
	struct svsm_page *p;
	unsigned int group;
	unsigned long flags;

	svsm_case_play(test);
	svsm_fake.source_count = 2 * SVSM_SOURCES_PER_GROUP;
	KUNIT_ASSERT_EQ(test, svsm_irq_start(), 0);
	p = svsm_case_page();
	p->cursor = 0;
	memset(&p->stats, 0, sizeof(p->stats));
	svsm_take_budget = 1;
	client = svsm_case_request(test, 127, SVSM_TRIGGER_EDGE);
	local_irq_save(flags);
	for (group = 2; group < SVSM_GROUPS_MAX; group++) {
		p->ev->mask[group] = 0;
		p->ev->pir[group] = ~0ULL;
	}
	p->ev->pir[1] = BIT_ULL(63);
	p->ev->groups = ~0ULL;
	svsm_page_kick(p);
	local_irq_restore(flags);
	svsm_case_expect(test, client, 1);
	KUNIT_EXPECT_EQ(test, p->stats.handled, 1);
	KUNIT_EXPECT_EQ(test, p->stats.unmapped, 0);
	KUNIT_EXPECT_LT(test, p->cursor, 2);
	for (group = 2; group < SVSM_GROUPS_MAX; group++)
		KUNIT_EXPECT_EQ(test, p->ev->pir[group], ~0ULL);
}

/* The host can notify at will: without work nothing happens. */
static void demux_stale_notification(struct kunit *test)
{
	struct svsm_client *client;
	struct svsm_page *p;
	unsigned long flags;

	svsm_case_start(test);
	p = svsm_case_page();
	client = svsm_case_request(test, SVSM_SOURCE_ANY, SVSM_TRIGGER_EDGE);
	local_irq_save(flags);
	svsm_take(p);
	svsm_take(p);
	local_irq_restore(flags);
	svsm_case_expect(test, client, 0);
	KUNIT_EXPECT_GE(test, p->stats.notified, 2);
	KUNIT_EXPECT_EQ(test, p->stats.handled, 0);
	KUNIT_EXPECT_EQ(test, p->stats.kicked, 0);
	svsm_case_raise(test, client);
	svsm_case_expect(test, client, 1);
}

/* After lost time all groups are looked at, and the timer's handler runs. */
static void demux_epoch(struct kunit *test)
{
	struct svsm_client *client, *timer;
	struct svsm_page *p;
	unsigned long flags;

	svsm_case_start(test);
	p = svsm_case_page();
	client = svsm_case_request(test, 640, SVSM_TRIGGER_EDGE);
	timer = svsm_case_request(test, 7, SVSM_TRIGGER_EDGE);
	local_irq_save(flags);
	p->timer_source = timer->source;
	/* An edge whose group bit the restored state did not have. */
	p->ev->pir[10] = BIT_ULL(0);
	svsm_take(p);
	local_irq_restore(flags);
	svsm_case_expect(test, client, 0);

	local_irq_save(flags);
	p->ev->epoch++;
	svsm_take(p);
	svsm_take(p);
	p->timer_source = SVSM_SOURCE_ANY;
	local_irq_restore(flags);
	svsm_case_expect(test, client, 1);
	svsm_case_expect(test, timer, 1);
	KUNIT_EXPECT_EQ(test, p->stats.epochs, 1);
}

static struct kunit_case demux_cases[] = {
	KUNIT_CASE_PARAM(demux_order_in_group, peer_gen_params),
	KUNIT_CASE_PARAM(demux_round_robin, peer_gen_params),
	KUNIT_CASE_PARAM(demux_storm_is_fair, peer_gen_params),
	KUNIT_CASE_PARAM(demux_budget_puts_back, peer_gen_params),
	KUNIT_CASE_PARAM(demux_put_back_exactly, peer_gen_params),
	KUNIT_CASE_PARAM(demux_group_is_not_cut, peer_gen_params),
	KUNIT_CASE_PARAM(demux_no_budget_is_one, peer_gen_params),
	KUNIT_CASE_PARAM(demux_nothing_lost, peer_gen_params),
	KUNIT_CASE_PARAM(demux_raise_while_taking, peer_gen_params),
	KUNIT_CASE_PARAM(demux_coalesces, peer_gen_params),
	KUNIT_CASE_PARAM(demux_leaves_masked, peer_gen_params),
	KUNIT_CASE_PARAM(demux_unopened_bits, peer_gen_params),
	KUNIT_CASE(demux_out_of_range),
	KUNIT_CASE_PARAM(demux_stale_notification, peer_gen_params),
	KUNIT_CASE_PARAM(demux_epoch, peer_gen_params),
	{}
};

static struct kunit_suite demux_suite = {
	.name = "svsm-irq-demux",
	.init = svsm_case_init,
	.exit = svsm_case_exit,
	.test_cases = demux_cases,
};

kunit_test_suite(demux_suite);
