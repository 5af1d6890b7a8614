// SPDX-License-Identifier: GPL-2.0-only
/*
 * svsm-timer: an SVSM's timer as clock event device.
 *
 * The deadline is a word in the CPU's event page. The SVSM publishes there
 * until when it will not look by itself; most new deadlines lie after a look
 * that is due anyway and cost no call.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/interrupt.h>
#include <linux/math64.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/smp.h>
#include <linux/svsm_irq.h>

#include "internal.h"

/* The rate is a u32 to the core: TSCs above 4.29 GHz must be divided. */
#define SVSM_TSC_DIVISOR	8

static unsigned int slack = 10000;
module_param(slack, uint, 0444);
MODULE_PARM_DESC(slack,
		 "how late, in ns, a timer may be to save a call to the SVSM (default 10000)");

DEFINE_PER_CPU(struct svsm_timer, svsm_timers);

static int svsm_hotplug_state;
static atomic_t svsm_timer_count;

/**
 * svsm_timer_khz() - the rate of svsm_timer_now()
 *
 * Return: TSC ticks in a millisecond, 0 if that is not known.
 */
unsigned int svsm_timer_khz(void)
{
	KUNIT_STATIC_STUB_REDIRECT(svsm_timer_khz);
	return svsm_compat_tsc_khz();
}

/**
 * svsm_timer_now() - the time that deadlines are compared with
 *
 * Return: TSC ticks, not read before what comes before the call.
 */
u64 svsm_timer_now(void)
{
	return svsm_timer_played() ? svsm_timer_played_now() :
				     svsm_compat_tsc();
}

/**
 * svsm_timer_program() - set a timer's deadline, with a call if one is needed
 * @t: timer of this CPU
 * @deadline: TSC ticks
 *
 * No call iff the SVSM looks by itself before the deadline or so shortly after
 * it that the call would take longer (abi.rst, section "Timer").
 *
 * Context: On the timer's CPU, interrupts off.
 * Return: 0 or the errno of the call.
 */
int svsm_timer_program(struct svsm_timer *t, u64 deadline)
{
	struct svsm_event_page *page = t->page;
	u64 armed, now;
	int ret;

	t->programmed++;
	t->deadline = deadline;
	WRITE_ONCE(page->timer_deadline, deadline);
	/*
	 * The deadline before timer_armed: the SVSM publishes that only while
	 * this CPU is out of the kernel, after a look at the deadline. So a
	 * look that is still to come sees this one.
	 */
	smp_mb();
	armed = READ_ONCE(page->timer_armed);
	now = svsm_timer_now();
	/* A look in the past is one that the host did not let happen. */
	if (now < armed &&
	    (armed <= deadline || armed - deadline <= t->slack))
		return 0;

	t->armed++;
	ret = svsm_timer_played() ? svsm_timer_played_arm() :
				    svsm_irq_timer_arm();
	if (ret)
		t->failed++;
	return ret;
}

static int svsm_timer_set_next_event(unsigned long delta,
				     struct clock_event_device *ce)
{
	struct svsm_timer *t = container_of(ce, struct svsm_timer, ce);

	return svsm_timer_program(t, svsm_timer_now() +
				  (u64)delta * SVSM_TSC_DIVISOR);
}

/* Without a call: a look that finds nothing does no harm. */
static int svsm_timer_stop(struct clock_event_device *ce)
{
	struct svsm_timer *t = container_of(ce, struct svsm_timer, ce);

	t->deadline = SVSM_TIMER_NONE;
	WRITE_ONCE(t->page->timer_deadline, SVSM_TIMER_NONE);
	return 0;
}

/**
 * svsm_timer_handler() - an interrupt of the timer's source
 * @irq: its number
 * @data: struct svsm_timer of this CPU
 *
 * Anything may have raised it: only the own deadline says if it is due.
 *
 * Return: IRQ_HANDLED.
 */
irqreturn_t svsm_timer_handler(int irq, void *data)
{
	struct svsm_timer *t = data;
	u32 epoch = READ_ONCE(t->page->epoch);

	if (svsm_timer_now() < t->deadline) {
		/* Of an earlier deadline, or the SVSM was restored. */
		t->spurious++;
		if (epoch != t->epoch && t->deadline != SVSM_TIMER_NONE)
			svsm_timer_program(t, t->deadline);
		t->epoch = epoch;
		return IRQ_HANDLED;
	}

	t->epoch = epoch;
	t->expired++;
	/* It is used up: a second interrupt for it would be spurious. */
	t->deadline = SVSM_TIMER_NONE;
	t->ce.event_handler(&t->ce);
	return IRQ_HANDLED;
}

/**
 * svsm_timer_setup() - fill in a timer's clock event device
 * @t: the timer
 * @cpu: its CPU
 */
void svsm_timer_setup(struct svsm_timer *t, unsigned int cpu)
{
	struct clock_event_device *ce = &t->ce;

	t->slack = div_u64((u64)slack * svsm_timer_khz(), NSEC_PER_MSEC);
	memset(ce, 0, sizeof(*ce));
	snprintf(t->name, sizeof(t->name), "svsm-timer%u", cpu);
	ce->name = t->name;
	/* PERCPU: where a better one has the tick, not for broadcasts either. */
	ce->features = CLOCK_EVT_FEAT_ONESHOT | CLOCK_EVT_FEAT_PERCPU;
	ce->rating = 500;
	ce->cpumask = cpumask_of(cpu);
	ce->irq = -1;
	/* In use it cannot be unloaded: not every CPU has another to go to. */
	ce->owner = THIS_MODULE;
	ce->set_next_event = svsm_timer_set_next_event;
	ce->set_state_shutdown = svsm_timer_stop;
	ce->set_state_oneshot_stopped = svsm_timer_stop;
}

/**
 * svsm_timer_bind() - offer a timer to the tick of this CPU
 * @t: the timer, set up
 */
void svsm_timer_bind(struct svsm_timer *t)
{
	KUNIT_STATIC_STUB_REDIRECT(svsm_timer_bind, t);
	clockevents_config_and_register(&t->ce, svsm_timer_khz() *
					(1000 / SVSM_TSC_DIVISOR), 0xF, ~0UL);
}

/**
 * svsm_timer_unbind() - have the tick of a CPU use another timer
 * @t: the timer
 * @cpu: its CPU
 *
 * Return: 0, or a negative errno: there is no other.
 */
int svsm_timer_unbind(struct svsm_timer *t, unsigned int cpu)
{
	KUNIT_STATIC_STUB_REDIRECT(svsm_timer_unbind, t, cpu);
	return clockevents_unbind_device(&t->ce, cpu);
}

/**
 * svsm_timer_add() - attach a CPU's timer and take it into use
 * @t: the timer
 * @cpu: its CPU
 *
 * Context: On that CPU, may sleep.
 * Return: 0, or a negative errno with nothing left behind.
 */
int svsm_timer_add(struct svsm_timer *t, unsigned int cpu)
{
	int virq, ret;

	virq = svsm_irq_timer_attach(cpu);
	if (virq < 0)
		return virq;
	t->page = svsm_irq_page(cpu);
	t->epoch = READ_ONCE(t->page->epoch);
	t->deadline = SVSM_TIMER_NONE;
	svsm_timer_setup(t, cpu);
	ret = request_irq(virq, svsm_timer_handler,
			  IRQF_TIMER | IRQF_PERCPU | IRQF_NOBALANCING,
			  "svsm-timer", t);
	if (ret) {
		svsm_irq_timer_detach(cpu, virq);
		return ret;
	}
	t->virq = virq;
	atomic_inc(&svsm_timer_count);
	svsm_timer_bind(t);
	return 0;
}

/**
 * svsm_timer_remove() - undo svsm_timer_add(), if that was done
 * @t: the timer
 * @cpu: its CPU, which keeps running: another timer has to take over
 *
 * Context: On that CPU, may sleep.
 * Return: 0, or a negative errno with the timer still in use.
 */
int svsm_timer_remove(struct svsm_timer *t, unsigned int cpu)
{
	int ret;

	if (!t->virq)
		return 0;
	ret = svsm_timer_unbind(t, cpu);
	if (ret) {
		pr_warn("CPU %u has no other timer: %d\n", cpu, ret);
		return ret;
	}
	free_irq(t->virq, t);
	svsm_irq_timer_detach(cpu, t->virq);
	t->virq = 0;
	atomic_dec(&svsm_timer_count);
	return 0;
}

/* A CPU that gets no timer keeps the one it has: no reason to refuse it. */
static int svsm_timer_online(unsigned int cpu)
{
	int ret = svsm_timer_add(per_cpu_ptr(&svsm_timers, cpu), cpu);

	if (ret)
		pr_warn("CPU %u has no timer from the SVSM: %d\n", cpu, ret);
	return 0;
}

static int svsm_timer_offline(unsigned int cpu)
{
	return svsm_timer_remove(per_cpu_ptr(&svsm_timers, cpu), cpu);
}

/**
 * svsm_timer_start() - give each CPU its timer, now or when it comes
 *
 * Return: 0 or a negative errno, with nothing left behind: -ENODEV if not one
 *	   CPU can have a timer.
 */
int svsm_timer_start(void)
{
	int ret;

	if (!svsm_irq_page(cpumask_first(cpu_online_mask))) {
		pr_info("no interrupts from an SVSM\n");
		return -ENODEV;
	}
	if (!svsm_timer_khz()) {
		pr_info("no TSC of known frequency\n");
		return -ENODEV;
	}
	ret = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "svsm/timer:online",
				svsm_timer_online, svsm_timer_offline);
	if (ret < 0)
		return ret;
	svsm_hotplug_state = ret;
	if (!atomic_read(&svsm_timer_count)) {
		cpuhp_remove_state(svsm_hotplug_state);
		return -ENODEV;
	}
	svsm_timer_debugfs_init();
	pr_info("%d CPUs, TSC %u kHz, slack %u ns\n",
		atomic_read(&svsm_timer_count), svsm_timer_khz(), slack);
	return 0;
}

static int __init svsm_timer_init(void)
{
	return svsm_timer_start();
}
module_init(svsm_timer_init);

/* Reached only when no CPU's tick runs on a timer of ours, see ce->owner. */
static void __exit svsm_timer_exit(void)
{
	svsm_timer_debugfs_exit();
	cpuhp_remove_state(svsm_hotplug_state);
}
module_exit(svsm_timer_exit);

/* Beside svsm_irq, not after it: udev loads all that match the CPU. */
static const struct x86_cpu_id __maybe_unused svsm_timer_ids[] = {
	SVSM_CPU_IDS
	{}
};
MODULE_DEVICE_TABLE(x86cpu, svsm_timer_ids);

MODULE_SOFTDEP("pre: svsm_irq");
MODULE_DESCRIPTION("Timer of an SVSM as clock event device");
MODULE_LICENSE("GPL");
#ifdef SVSM_GUEST_VERSION
MODULE_VERSION(SVSM_GUEST_VERSION);
#endif
