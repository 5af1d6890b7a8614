// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the KUnit suites of svsm-irq share: a driver of its own for each case,
 * on the played SVSM or on the real one, and interrupts to try it with.
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include "fake_test.h"

/* Until something counts as lost: nothing waits so long that works. */
#define PATIENCE	(20 * HZ)
/* More takes than any case needs; a silent page has nobody else to stop it. */
#define TAKES_MAX	4096

const struct svsm_peer svsm_peers[2] = {
	{ .name = "played" },
	{ .name = "svsm" },
};

struct svsm_order svsm_order;

static struct {
	struct list_head clients;
	bool played;
	bool was_live;
	unsigned int budget;
} svsm_case;

static void pin(void)
{
	set_cpus_allowed_ptr(current, cpumask_of(cpumask_first(cpu_online_mask)));
}

/**
 * svsm_live() - is the driver started
 *
 * Return: true between svsm_irq_start() and svsm_irq_stop().
 */
bool svsm_live(void)
{
	return svsm_page_of(cpumask_first(cpu_possible_mask))->ev;
}

/**
 * svsm_case_init() - before each case
 * @test: the case
 *
 * Calls of other threads, hard interrupts of them included, are not played:
 * the case stays on one CPU, and so do interrupts that end with a call.
 *
 * Return: 0.
 */
int svsm_case_init(struct kunit *test)
{
	INIT_LIST_HEAD(&svsm_case.clients);
	svsm_case.played = false;
	svsm_case.was_live = false;
	svsm_case.budget = svsm_take_budget;
	atomic_set(&svsm_order.n, 0);
	pin();
	if (svsm_live() && svsm_domain->mapcount)
		kunit_skip(test, "sources are open");
	return 0;
}

/**
 * svsm_case_exit() - after each case, however it ended
 * @test: the case
 */
void svsm_case_exit(struct kunit *test)
{
	pin();
	while (!list_empty(&svsm_case.clients))
		svsm_case_close(list_first_entry(&svsm_case.clients,
						 struct svsm_client, list));
	svsm_take_budget = svsm_case.budget;
	if (svsm_case.played) {
		svsm_fake_script(SVSM_FAKE_ANY_CALL, 1, 0);
		svsm_fake.before = NULL;
		svsm_fake.after = NULL;
	}
	/* As a new one, whatever the case did to it. */
	if (svsm_live() && (svsm_case.played || svsm_case.was_live))
		svsm_irq_stop();
	if (svsm_case.played) {
		KUNIT_EXPECT_EQ(test, svsm_fake.irqs_on, 0);
		svsm_fake_exit(test);
	}
	if (svsm_case.was_live)
		KUNIT_EXPECT_EQ(test, svsm_irq_start(), 0);
}

/**
 * svsm_case_play() - play the SVSM from here on; the driver is stopped
 * @test: the case
 */
void svsm_case_play(struct kunit *test)
{
	svsm_case.was_live = svsm_live();
	if (svsm_case.was_live)
		svsm_irq_stop();
	KUNIT_ASSERT_EQ(test, svsm_fake_init(test), 0);
	svsm_case.played = true;
}

/**
 * svsm_case_real() - does the case run on a real SVSM
 * @test: the case, with one of svsm_peers as parameter or without
 *
 * Return: false if the SVSM is played.
 */
bool svsm_case_real(struct kunit *test)
{
	return test->param_value == &svsm_peers[1];
}

/**
 * svsm_case_start() - have a driver that was just started
 * @test: the case, with one of svsm_peers as parameter or without
 */
void svsm_case_start(struct kunit *test)
{
	unsigned int cpu;

	if (svsm_case_real(test)) {
		if (!svsm_live())
			kunit_skip(test, "no SVSM below this kernel");
		svsm_case.was_live = true;
		svsm_irq_stop();
	} else {
		svsm_case_play(test);
	}
	KUNIT_ASSERT_EQ(test, svsm_irq_start(), 0);
	for_each_possible_cpu(cpu) {
		svsm_page_of(cpu)->cursor = 0;
		memset(&svsm_page_of(cpu)->stats, 0,
		       sizeof(struct svsm_page_stats));
	}
}

/**
 * svsm_case_other_cpu() - a CPU that is not this one
 * @test: the case, skipped where there is none
 *
 * Return: its number.
 */
unsigned int svsm_case_other_cpu(struct kunit *test)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		if (cpu != raw_smp_processor_id())
			return cpu;
	}
	kunit_skip(test, "needs two CPUs");
	return nr_cpu_ids;
}

static irqreturn_t client_handler(int irq, void *data)
{
	struct svsm_client *client = data;
	int n = atomic_fetch_inc(&svsm_order.n);

	if (n < SVSM_ORDER_MAX)
		svsm_order.source[n] = client->source;
	client->cpu = raw_smp_processor_id();
	if (client->watch)
		client->seen = READ_ONCE(*client->watch);
	atomic_inc(&client->count);
	if (client->fn)
		client->fn(client);
	return IRQ_HANDLED;
}

static struct svsm_client *add_client(struct kunit *test, int virq)
{
	struct svsm_client *client;

	KUNIT_ASSERT_GT(test, virq, 0);
	client = kunit_kzalloc(test, sizeof(*client), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, client);
	client->virq = virq;
	client->source = irqd_to_hwirq(irq_get_irq_data(virq));
	client->cpu = nr_cpu_ids;
	list_add(&client->list, &svsm_case.clients);
	return client;
}

static void request(struct kunit *test, struct svsm_client *client)
{
	KUNIT_ASSERT_EQ(test, request_irq(client->virq, client_handler, 0,
					  "svsm-kunit", client), 0);
	client->requested = true;
}

/**
 * svsm_case_open() - open a software source on this CPU
 * @test: the case, at whose end it is closed
 * @source: number or SVSM_SOURCE_ANY
 * @trigger: SVSM_TRIGGER_
 *
 * Return: the client, without a handler.
 */
struct svsm_client *svsm_case_open(struct kunit *test, u32 source, u8 trigger)
{
	struct svsm_irq_spec spec = {
		.source = source,
		.kind = SVSM_SOURCE_SOFTWARE,
		.trigger = trigger,
		.cpu = raw_smp_processor_id(),
	};

	return add_client(test, svsm_irq_open(&spec));
}

/**
 * svsm_case_request() - open a software source and request its interrupt
 * @test: the case, at whose end both end
 * @source: number or SVSM_SOURCE_ANY
 * @trigger: SVSM_TRIGGER_
 *
 * Return: the client.
 */
struct svsm_client *svsm_case_request(struct kunit *test, u32 source,
				      u8 trigger)
{
	struct svsm_client *client = svsm_case_open(test, source, trigger);

	request(test, client);
	return client;
}

/**
 * svsm_case_adopt() - request the interrupt of an open source
 * @test: the case, at whose end both end
 * @virq: from svsm_irq_open(), asserted not to be an errno
 *
 * Return: the client.
 */
struct svsm_client *svsm_case_adopt(struct kunit *test, int virq)
{
	struct svsm_client *client = add_client(test, virq);

	request(test, client);
	return client;
}

/**
 * svsm_case_timer() - attach this CPU's timer and request its interrupt
 * @test: the case, at whose end both end
 *
 * Return: the client.
 */
struct svsm_client *svsm_case_timer(struct kunit *test)
{
	struct svsm_client *client;

	client = svsm_case_adopt(test,
				 svsm_irq_timer_attach(raw_smp_processor_id()));
	client->timer = true;
	return client;
}

/**
 * svsm_case_close() - end a client before its case ends
 * @client: of this case
 */
void svsm_case_close(struct svsm_client *client)
{
	list_del(&client->list);
	if (client->requested)
		free_irq(client->virq, client);
	if (client->timer)
		svsm_irq_timer_detach(raw_smp_processor_id(), client->virq);
	else
		svsm_irq_close(client->virq);
}

/**
 * svsm_case_raise() - have the SVSM raise a client's source
 * @test: the case
 * @client: the client
 */
void svsm_case_raise(struct kunit *test, struct svsm_client *client)
{
	KUNIT_EXPECT_EQ(test, svsm_irq_raise(client->virq), 0);
}

/* A silent page has no interrupt: be it. */
static void drain(struct svsm_page *p)
{
	unsigned long flags;
	unsigned int i;

	local_irq_save(flags);
	for (i = 0; i < TAKES_MAX && READ_ONCE(p->ev->on) & SVSM_EVENT_ON; i++)
		svsm_take(p);
	local_irq_restore(flags);
}

static bool outstanding(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		struct svsm_page *p = svsm_page_of(cpu);

		if (!svsm_irq_page(cpu))
			continue;
		if (!p->vector)
			drain(p);
		if (READ_ONCE(p->ev->on) & SVSM_EVENT_ON)
			return true;
	}
	return false;
}

static void do_nothing(void *data)
{
}

/**
 * svsm_case_settle() - wait until all that was notified has been handled
 * @test: the case
 */
void svsm_case_settle(struct kunit *test)
{
	unsigned long end = jiffies + PATIENCE;

	while (outstanding()) {
		KUNIT_ASSERT_TRUE_MSG(test, time_before(jiffies, end),
				      "a notification got lost");
		usleep_range(100, 1000);
	}
	/* ON is cleared first: let those end that take at this moment. */
	on_each_cpu(do_nothing, NULL, 1);
}

/**
 * svsm_case_expect() - how often has a client been handled until all is done
 * @test: the case
 * @client: the client
 * @count: so often
 */
void svsm_case_expect(struct kunit *test, struct svsm_client *client,
		      int count)
{
	svsm_case_settle(test);
	KUNIT_EXPECT_EQ(test, atomic_read(&client->count), count);
}

/**
 * svsm_debugfs_has() - look for a file or directory
 * @dir: directory below the root of debugfs
 * @name: in it, NULL for the directory itself
 *
 * Return: true if it is there.
 */
bool svsm_debugfs_has(const char *dir, const char *name)
{
	struct dentry *parent = debugfs_lookup(dir, NULL);
	struct dentry *child;

	if (IS_ERR_OR_NULL(parent))
		return false;
	if (!name) {
		dput(parent);
		return true;
	}
	child = debugfs_lookup(name, parent);
	dput(parent);
	if (IS_ERR_OR_NULL(child))
		return false;
	dput(child);
	return true;
}
