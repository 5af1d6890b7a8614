// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a CPU gets and loses its timer, and when the module refuses to stay.
 */
#include <linux/dcache.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/svsm_irq.h>

#include "fake_test.h"

/* --- the device ----------------------------------------------------------- */

static void device_test(struct kunit *test)
{
	struct played *p = test->priv;
	struct clock_event_device *ce = &p->t.ce;

	KUNIT_EXPECT_EQ(test, ce->features,
			CLOCK_EVT_FEAT_ONESHOT | CLOCK_EVT_FEAT_PERCPU);
	/* Above the local APIC's, whose rating is 100 or 150. */
	KUNIT_EXPECT_GT(test, ce->rating, 150);
	KUNIT_EXPECT_PTR_EQ(test, ce->owner, THIS_MODULE);
	KUNIT_EXPECT_TRUE(test, cpumask_equal(ce->cpumask,
					      cpumask_of(PLAYED_CPU)));
	KUNIT_EXPECT_LT(test, ce->irq, 0);
	KUNIT_EXPECT_NOT_NULL(test, ce->set_next_event);
	/* With one of these the core would not use set_next_event(). */
	KUNIT_EXPECT_NULL(test, ce->set_next_ktime);
	KUNIT_EXPECT_NULL(test, ce->set_state_periodic);
}

/* By its name a device is found in sysfs, among those of all CPUs. */
static void device_names_test(struct kunit *test)
{
	struct svsm_timer *t, *other;
	unsigned int cpu;

	t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	other = kunit_kzalloc(test, sizeof(*other), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t);
	KUNIT_ASSERT_NOT_NULL(test, other);
	svsm_timer_setup(t, 0);
	KUNIT_EXPECT_STREQ(test, t->ce.name, "svsm-timer0");
	for_each_possible_cpu(cpu) {
		if (!cpu)
			continue;
		svsm_timer_setup(other, cpu);
		KUNIT_EXPECT_STRNEQ(test, t->ce.name, other->ce.name);
		KUNIT_EXPECT_TRUE(test, cpumask_equal(other->ce.cpumask,
						      cpumask_of(cpu)));
	}
}

/* The parameter is in ns: at 1 GHz as many ticks. */
static void device_slack_test(struct kunit *test)
{
	static const unsigned int khz[] = { 1, 999, 2500000, 5000000, U32_MAX };
	struct played *p = test->priv;
	unsigned int i;
	u64 ns;

	p->khz = NSEC_PER_MSEC;
	svsm_timer_setup(&p->t, PLAYED_CPU);
	ns = p->t.slack;
	for (i = 0; i < ARRAY_SIZE(khz); i++) {
		p->khz = khz[i];
		svsm_timer_setup(&p->t, PLAYED_CPU);
		KUNIT_EXPECT_EQ(test, p->t.slack,
				mul_u64_u32_div(ns, khz[i], NSEC_PER_MSEC));
	}
}

/* --- coming and going of a CPU -------------------------------------------- */

static struct svsm_event_page *played_page(unsigned int cpu)
{
	struct played *p = played_current();

	return cpu == PLAYED_CPU && p->attaches > p->detaches ? p->page : NULL;
}

static int played_attach(unsigned int cpu)
{
	struct played *p = played_current();

	p->tries++;
	if (p->attach_ret)
		return p->attach_ret;
	p->attaches++;
	return p->irq;
}

static void played_detach(unsigned int cpu, unsigned int virq)
{
	struct played *p = played_current();

	p->detaches++;
	p->in_use = cpu != PLAYED_CPU || virq != p->irq || irq_has_action(virq);
}

static void played_bind(struct svsm_timer *t)
{
	struct played *p = played_current();

	p->binds++;
	p->in_use = t->virq == p->irq && irq_has_action(p->irq);
}

static int played_unbind(struct svsm_timer *t, unsigned int cpu)
{
	struct played *p = played_current();

	p->unbinds++;
	p->in_use = cpu == PLAYED_CPU && irq_has_action(p->irq);
	return p->unbind_ret;
}

static void played_irq_free(void *data)
{
	irq_free_descs((unsigned long)data, 1);
}

/* An interrupt of nobody's, and the rest of what svsm-irq offers. */
static struct played *played_irq(struct kunit *test)
{
	struct played *p = test->priv;
	int irq = irq_alloc_descs(-1, 32, 1, NUMA_NO_NODE);

	KUNIT_ASSERT_GT(test, irq, 0);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, played_irq_free,
						  (void *)(long)irq));
	irq_set_chip_and_handler(irq, &dummy_irq_chip, handle_simple_irq);
	irq_clear_status_flags(irq, IRQ_NOREQUEST);
	p->irq = irq;
	memset(&p->t, 0, sizeof(p->t));
	p->page->epoch = 7;
	kunit_activate_static_stub(test, svsm_irq_page, played_page);
	kunit_activate_static_stub(test, svsm_irq_timer_attach, played_attach);
	kunit_activate_static_stub(test, svsm_irq_timer_detach, played_detach);
	kunit_activate_static_stub(test, svsm_timer_bind, played_bind);
	kunit_activate_static_stub(test, svsm_timer_unbind, played_unbind);
	return p;
}

static int played_deliver(struct played *p)
{
	return played_step(p, generic_handle_irq(p->irq));
}

static void cpu_online_test(struct kunit *test)
{
	struct played *p = played_irq(test);
	struct svsm_timer *t = &p->t;

	KUNIT_ASSERT_EQ(test, svsm_timer_add(t, PLAYED_CPU), 0);
	KUNIT_EXPECT_EQ(test, t->virq, p->irq);
	KUNIT_EXPECT_PTR_EQ(test, t->page, p->page);
	KUNIT_EXPECT_EQ(test, t->deadline, SVSM_TIMER_NONE);
	KUNIT_EXPECT_EQ(test, t->epoch, 7);
	KUNIT_EXPECT_STREQ(test, t->ce.name, "svsm-timer0");
	KUNIT_EXPECT_EQ(test, p->attaches, 1);
	KUNIT_EXPECT_EQ(test, p->detaches, 0);
	/* The core may program it at once. */
	KUNIT_EXPECT_EQ(test, p->binds, 1);
	KUNIT_EXPECT_TRUE(test, p->in_use);

	/* The interrupt is this timer's. */
	t->ce.event_handler = played_event;
	p->now = 1000;
	played_program(p, 2000);
	KUNIT_EXPECT_EQ(test, played_deliver(p), 0);
	KUNIT_EXPECT_EQ(test, t->spurious, 1);
	p->now = 2000;
	KUNIT_EXPECT_EQ(test, played_deliver(p), 0);
	KUNIT_EXPECT_EQ(test, p->events, 1);

	KUNIT_EXPECT_EQ(test, svsm_timer_remove(t, PLAYED_CPU), 0);
	KUNIT_ASSERT_EQ(test, t->virq, 0);
	KUNIT_EXPECT_EQ(test, p->unbinds, 1);
	KUNIT_ASSERT_EQ(test, p->detaches, 1);
	/* The handler is gone before the source is. */
	KUNIT_EXPECT_FALSE(test, p->in_use);
	KUNIT_EXPECT_FALSE(test, irq_has_action(p->irq));

	/* And once more, as for a CPU that has none. */
	KUNIT_EXPECT_EQ(test, svsm_timer_remove(t, PLAYED_CPU), 0);
	KUNIT_EXPECT_EQ(test, p->unbinds, 1);
	KUNIT_ASSERT_EQ(test, p->detaches, 1);

	/* The CPU comes back. */
	p->page->epoch = 8;
	KUNIT_ASSERT_EQ(test, svsm_timer_add(t, PLAYED_CPU), 0);
	KUNIT_EXPECT_EQ(test, t->epoch, 8);
	KUNIT_EXPECT_EQ(test, t->deadline, SVSM_TIMER_NONE);
	KUNIT_EXPECT_EQ(test, svsm_timer_remove(t, PLAYED_CPU), 0);
	KUNIT_EXPECT_EQ(test, p->attaches, p->detaches);
}

static const struct attach_case {
	const char *name;
	int ret;
} attach_cases[] = {
	{ "no memory", -ENOMEM }, { "no page", -ENXIO },
	{ "attached already", -EBUSY }, { "no such vCPU", -ENODEV },
	{ "page lost", -ESTALE }, { "nonsense", -EPROTO },
	{ "host interferes", -EIO },
};

KUNIT_ARRAY_PARAM_DESC(attach, attach_cases, name);

static void cpu_no_attach_test(struct kunit *test)
{
	const struct attach_case *c = test->param_value;
	struct played *p = played_irq(test);

	p->attach_ret = c->ret;
	KUNIT_EXPECT_EQ(test, svsm_timer_add(&p->t, PLAYED_CPU), c->ret);
	KUNIT_EXPECT_EQ(test, p->t.virq, 0);
	KUNIT_EXPECT_EQ(test, p->binds, 0);
	KUNIT_EXPECT_EQ(test, p->detaches, 0);
	KUNIT_EXPECT_FALSE(test, irq_has_action(p->irq));

	/* Nothing to undo, and nothing in the way of another try. */
	KUNIT_EXPECT_EQ(test, svsm_timer_remove(&p->t, PLAYED_CPU), 0);
	KUNIT_EXPECT_EQ(test, p->unbinds, 0);
	p->attach_ret = 0;
	KUNIT_ASSERT_EQ(test, svsm_timer_add(&p->t, PLAYED_CPU), 0);
	KUNIT_EXPECT_EQ(test, svsm_timer_remove(&p->t, PLAYED_CPU), 0);
}

static irqreturn_t other_handler(int irq, void *data)
{
	return IRQ_NONE;
}

static void cpu_no_irq_test(struct kunit *test)
{
	struct played *p = played_irq(test);

	/* Somebody has it already. */
	KUNIT_ASSERT_EQ(test, request_irq(p->irq, other_handler, 0, "other",
					  test), 0);
	KUNIT_EXPECT_EQ(test, svsm_timer_add(&p->t, PLAYED_CPU), -EBUSY);
	KUNIT_ASSERT_EQ(test, p->t.virq, 0);
	KUNIT_EXPECT_EQ(test, p->binds, 0);
	KUNIT_EXPECT_EQ(test, p->detaches, 1);
	KUNIT_EXPECT_EQ(test, svsm_timer_remove(&p->t, PLAYED_CPU), 0);
	KUNIT_EXPECT_EQ(test, p->unbinds, 0);
	KUNIT_EXPECT_EQ(test, p->detaches, 1);
	free_irq(p->irq, test);

	/* It is nobody's to have. */
	irq_set_status_flags(p->irq, IRQ_NOREQUEST);
	KUNIT_EXPECT_EQ(test, svsm_timer_add(&p->t, PLAYED_CPU), -EINVAL);
	KUNIT_EXPECT_EQ(test, p->t.virq, 0);
	KUNIT_EXPECT_EQ(test, p->detaches, 2);
	KUNIT_EXPECT_EQ(test, p->binds, 0);
}

#if defined(CONFIG_FAILSLAB) && defined(CONFIG_FAULT_INJECTION_DEBUG_FS)
static void memory_spare(void *spares)
{
	current->fail_nth = 0;
	*(bool *)spares = true;
}

/*
 * Have the n-th allocation of this task fail where current->fail_nth is n.
 * Those that may sleep are spared unless a file in debugfs says otherwise; its
 * variable is set here, since tests also run without user space.
 */
static void memory_fails(struct kunit *test)
{
	struct dentry *dir = debugfs_lookup("failslab", NULL);
	struct dentry *file;
	bool *spares;

	if (IS_ERR_OR_NULL(dir))
		kunit_skip(test, "no fault injection");
	file = debugfs_lookup("ignore-gfp-wait", dir);
	dput(dir);
	KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL(file));
	spares = d_inode(file)->i_private;
	dput(file);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action(test, memory_spare, spares));
	*spares = false;
}

/*
 * The allocation that requesting an interrupt needs. Without those that follow,
 * for /proc, the kernel goes on.
 */
static void cpu_no_memory_test(struct kunit *test)
{
	struct played *p = played_irq(test);
	int ret;

	memory_fails(test);
	current->fail_nth = 1;
	ret = svsm_timer_add(&p->t, PLAYED_CPU);
	KUNIT_EXPECT_EQ(test, current->fail_nth, 0);
	KUNIT_EXPECT_EQ(test, ret, -ENOMEM);
	KUNIT_ASSERT_EQ(test, p->t.virq, 0);
	KUNIT_EXPECT_EQ(test, p->binds, 0);
	KUNIT_EXPECT_EQ(test, p->detaches, 1);
	KUNIT_EXPECT_FALSE(test, irq_has_action(p->irq));

	current->fail_nth = 0;
	KUNIT_ASSERT_EQ(test, svsm_timer_add(&p->t, PLAYED_CPU), 0);
	KUNIT_EXPECT_EQ(test, svsm_timer_remove(&p->t, PLAYED_CPU), 0);
}
#else
static void cpu_no_memory_test(struct kunit *test)
{
	kunit_skip(test, "no fault injection");
}
#endif

/* Without another timer the CPU stays, with its timer running. */
static void cpu_stays_test(struct kunit *test)
{
	struct played *p = played_irq(test);
	struct svsm_timer *t = &p->t;

	KUNIT_ASSERT_EQ(test, svsm_timer_add(t, PLAYED_CPU), 0);
	t->ce.event_handler = played_event;
	p->now = 1000;
	played_program(p, 2000);
	p->unbind_ret = -EBUSY;
	KUNIT_EXPECT_EQ(test, svsm_timer_remove(t, PLAYED_CPU), -EBUSY);
	KUNIT_EXPECT_EQ(test, t->virq, p->irq);
	KUNIT_EXPECT_EQ(test, p->detaches, 0);
	KUNIT_EXPECT_TRUE(test, irq_has_action(p->irq));
	KUNIT_EXPECT_EQ(test, t->deadline, 2000);
	KUNIT_EXPECT_EQ(test, p->page->timer_deadline, 2000);
	p->now = 2000;
	played_deliver(p);
	KUNIT_EXPECT_EQ(test, p->events, 1);

	p->unbind_ret = 0;
	KUNIT_EXPECT_EQ(test, svsm_timer_remove(t, PLAYED_CPU), 0);
	KUNIT_EXPECT_EQ(test, p->detaches, 1);
}

/* --- the module ----------------------------------------------------------- */

/* One page, for all CPUs, and not one timer. */
static struct svsm_event_page *played_any_page(unsigned int cpu)
{
	return played_current()->page;
}

static struct svsm_event_page *played_no_page(unsigned int cpu)
{
	return NULL;
}

static bool svsm_is_there(void)
{
	return svsm_irq_page(cpumask_first(cpu_online_mask));
}

static void start_no_svsm_test(struct kunit *test)
{
	struct played *p = test->priv;

	if (svsm_is_there())
		kunit_skip(test, "there is an SVSM, and the driver uses it");
	p->attach_ret = -ENXIO;
	kunit_activate_static_stub(test, svsm_irq_timer_attach, played_attach);
	/* As it is here, and as played. No CPU is asked. */
	KUNIT_EXPECT_EQ(test, svsm_timer_start(), -ENODEV);
	kunit_activate_static_stub(test, svsm_irq_page, played_no_page);
	KUNIT_EXPECT_EQ(test, svsm_timer_start(), -ENODEV);
	KUNIT_EXPECT_EQ(test, p->tries, 0);
}

static void start_no_tsc_test(struct kunit *test)
{
	struct played *p = test->priv;

	if (svsm_is_there())
		kunit_skip(test, "there is an SVSM, and the driver uses it");
	kunit_activate_static_stub(test, svsm_irq_page, played_any_page);
	p->attach_ret = -ENXIO;
	kunit_activate_static_stub(test, svsm_irq_timer_attach, played_attach);
	p->khz = 0;
	KUNIT_EXPECT_EQ(test, svsm_timer_start(), -ENODEV);
	KUNIT_EXPECT_EQ(test, p->tries, 0);
}

/*
 * No CPU gets a timer: the module does not stay, nor its hotplug state. The
 * callbacks run in threads of the CPUs where nothing is redirected, and find
 * what is true there: no page.
 */
static void start_no_timer_test(struct kunit *test)
{
	struct played *p = test->priv;
	unsigned int i;

	if (svsm_is_there())
		kunit_skip(test, "there is an SVSM, and the driver uses it");
	kunit_activate_static_stub(test, svsm_irq_page, played_any_page);
	p->attach_ret = -ENXIO;
	kunit_activate_static_stub(test, svsm_irq_timer_attach, played_attach);
	/* More often than there are states: one that stayed would be missed. */
	for (i = 0; i < 50; i++)
		KUNIT_ASSERT_EQ(test, svsm_timer_start(), -ENODEV);
}

static struct kunit_case cpu_cases[] = {
	KUNIT_CASE(device_test),
	KUNIT_CASE(device_names_test),
	KUNIT_CASE(device_slack_test),
	KUNIT_CASE(cpu_online_test),
	KUNIT_CASE_PARAM(cpu_no_attach_test, attach_gen_params),
	KUNIT_CASE(cpu_no_irq_test),
	KUNIT_CASE(cpu_no_memory_test),
	KUNIT_CASE(cpu_stays_test),
	KUNIT_CASE(start_no_svsm_test),
	KUNIT_CASE(start_no_tsc_test),
	KUNIT_CASE(start_no_timer_test),
	{}
};

static struct kunit_suite cpu_suite = {
	.name = "svsm-timer-cpu",
	.init = played_init,
	.test_cases = cpu_cases,
};

kunit_test_suite(cpu_suite);
