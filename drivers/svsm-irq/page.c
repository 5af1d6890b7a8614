// SPDX-License-Identifier: GPL-2.0-only
/*
 * Event pages: registration, the proof of the SVSM, masks, notification.
 *
 * A page outlives the times at which its CPU is offline. Masks are kept here
 * as well as in the page, since registration masks everything.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/gfp.h>
#include <linux/string.h>

#include "internal.h"

static_assert(sizeof(struct svsm_event_page) == PAGE_SIZE);

DEFINE_PER_CPU(struct svsm_page, svsm_pages);

/**
 * svsm_pages_alloc() - one page for every possible CPU
 *
 * Pages come from private memory and stay private: the SVSM can reach them
 * where they are, the host must not.
 *
 * Return: 0 or -ENOMEM, with nothing left allocated.
 */
int svsm_pages_alloc(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct svsm_page *p = svsm_page_of(cpu);

		memset(p, 0, sizeof(*p));
		raw_spin_lock_init(&p->lock);
		bitmap_fill(p->mask, SVSM_SOURCES_MAX);
		p->cpu = cpu;
		p->apic_id = svsm_compat_apic_id(cpu);
		p->timer_source = SVSM_SOURCE_ANY;
		p->ev = (void *)get_zeroed_page(GFP_KERNEL);
		if (!p->ev) {
			svsm_pages_free();
			return -ENOMEM;
		}
	}
	return 0;
}

/**
 * svsm_pages_free() - give back the pages that nobody else may still use
 *
 * A page that was offered to the SVSM and not taken back for certain is lost
 * on purpose: something may still write to it.
 */
void svsm_pages_free(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct svsm_page *p = svsm_page_of(cpu);

		if (!p->touched)
			free_page((unsigned long)p->ev);
		p->ev = NULL;
	}
}

static bool svsm_page_proved(const struct svsm_page *p)
{
	const struct svsm_event_page *ev = p->ev;

	/* The magic is written last: read it first, the rest after it. */
	if (smp_load_acquire(&ev->magic) != SVSM_EVENT_PAGE_MAGIC)
		return false;
	return READ_ONCE(ev->major) == SVSM_EVENT_PAGE_MAJOR &&
	       READ_ONCE(ev->apic_id) == p->apic_id &&
	       READ_ONCE(ev->source_count) == svsm_info.sources;
}

/* Notify the page's CPU; p->lock is held. */
static void svsm_page_notify(struct svsm_page *p)
{
	if (!p->vector)
		return;
	p->stats.kicked++;
	irq_chip_retrigger_hierarchy(p->notify);
}

/* There is unmasked work in the source's group; p->lock is held. */
static void svsm_page_wake(struct svsm_page *p, unsigned int source)
{
	set_bit(source / SVSM_SOURCES_PER_GROUP, svsm_bits(&p->ev->groups));
	/* A full barrier: a taker that clears ON later sees the group. */
	if (!(xchg(&p->ev->on, SVSM_EVENT_ON) & SVSM_EVENT_ON))
		svsm_page_notify(p);
}

/* Clear a source's mask bit in the page; p->lock is held. */
static void svsm_page_open(struct svsm_page *p, unsigned int source)
{
	clear_bit(source, svsm_bits(p->ev->mask));
	/*
	 * Pairs with the fetch_or of pir in the SVSM's Raise: either it sees
	 * the source unmasked or we see it pending.
	 */
	smp_mb__after_atomic();
	if (test_bit(source, svsm_bits(p->ev->pir)))
		svsm_page_wake(p, source);
}

/*
 * Registration may have masked everything, or nothing if the SVSM still had
 * the page: open what is to be open; p->lock is held.
 */
static void svsm_page_restore_masks(struct svsm_page *p)
{
	unsigned int source;

	for_each_clear_bit(source, p->mask, svsm_info.sources)
		svsm_page_open(p, source);
}

/**
 * svsm_page_register() - register a CPU's page, or change its vector
 * @p: the page
 * @vector: notification vector of its CPU, 0 keeps it silent
 *
 * The magic that the SVSM leaves in private memory is the proof that it is
 * one: the host cannot write there.
 *
 * Context: Any CPU, interrupts may be off.
 * Return: 0, the errno of the call, or -EIO when the proof is missing.
 */
int svsm_page_register(struct svsm_page *p, u8 vector)
{
	union svsm_block block = {
		.page_register = {
			.gpa = __pa(p->ev),
			.vector = vector,
			.features = 0,
		},
	};
	unsigned long flags;
	int ret;

	raw_spin_lock_irqsave(&p->lock, flags);
	/* A CPU that was not present when the module came has one by now. */
	p->apic_id = svsm_compat_apic_id(p->cpu);
	block.page_register.apic_id = p->apic_id;
	p->touched = true;
	ret = svsm_issue(IRQ_CALL(PAGE_REGISTER), &block, NULL);
	/* The SVSM has just found the old registration lost: make a new one. */
	if (ret == -ESTALE)
		ret = svsm_issue(IRQ_CALL(PAGE_REGISTER), &block, NULL);
	if (!ret && !svsm_page_proved(p))
		ret = -EIO;
	if (!ret) {
		p->vector = vector;
		if (!p->registered)
			p->epoch = READ_ONCE(p->ev->epoch);
		WRITE_ONCE(p->registered, true);
		svsm_page_restore_masks(p);
	}
	raw_spin_unlock_irqrestore(&p->lock, flags);
	return ret;
}

/**
 * svsm_page_unregister() - take a CPU's page back
 * @p: the page
 *
 * The SVSM keeps what is pending and raises it where the sources go next.
 *
 * Context: Any CPU, interrupts may be off.
 */
void svsm_page_unregister(struct svsm_page *p)
{
	union svsm_block block = {};
	unsigned long flags;
	int ret;

	raw_spin_lock_irqsave(&p->lock, flags);
	if (p->registered) {
		block.vcpu.apic_id = p->apic_id;
		WRITE_ONCE(p->registered, false);
		p->vector = 0;
		ret = svsm_issue(IRQ_CALL(PAGE_UNREGISTER), &block, NULL);
		/* Without a page the vCPU was deleted: nobody writes either. */
		p->touched = ret && ret != -ENXIO && ret != -ENODEV;
		/* Still the SVSM's: let nothing in it notify this CPU. */
		if (p->touched)
			bitmap_fill(svsm_bits(p->ev->mask), SVSM_SOURCES_MAX);
	}
	raw_spin_unlock_irqrestore(&p->lock, flags);
}

/**
 * svsm_page_mask() - mask a source on one CPU
 * @p: the CPU's page
 * @source: number of the source
 */
void svsm_page_mask(struct svsm_page *p, unsigned int source)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&p->lock, flags);
	__set_bit(source, p->mask);
	if (p->registered)
		set_bit(source, svsm_bits(p->ev->mask));
	raw_spin_unlock_irqrestore(&p->lock, flags);
}

/**
 * svsm_page_unmask() - unmask a source on one CPU
 * @p: the CPU's page
 * @source: number of the source
 *
 * What arrived meanwhile is left to the CPU of the page: exactly one CPU may
 * take from a page.
 */
void svsm_page_unmask(struct svsm_page *p, unsigned int source)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&p->lock, flags);
	__clear_bit(source, p->mask);
	if (p->registered)
		svsm_page_open(p, source);
	raw_spin_unlock_irqrestore(&p->lock, flags);
}

/**
 * svsm_page_pend() - make a source pending as if it had been raised
 * @p: page of the source's CPU
 * @source: number of the source
 *
 * Return: false if the CPU has no page, and nothing was done.
 */
bool svsm_page_pend(struct svsm_page *p, unsigned int source)
{
	unsigned long flags;
	bool done;

	raw_spin_lock_irqsave(&p->lock, flags);
	done = p->registered;
	if (done) {
		set_bit(source, svsm_bits(p->ev->pir));
		/* pir before its group, as in the SVSM's Raise. */
		smp_mb__after_atomic();
		svsm_page_wake(p, source);
	}
	raw_spin_unlock_irqrestore(&p->lock, flags);
	return done;
}

/**
 * svsm_page_kick() - notify a page's CPU unless that is under way
 * @p: the page, with work in its groups
 */
void svsm_page_kick(struct svsm_page *p)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&p->lock, flags);
	if (p->registered && !(xchg(&p->ev->on, SVSM_EVENT_ON) & SVSM_EVENT_ON))
		svsm_page_notify(p);
	raw_spin_unlock_irqrestore(&p->lock, flags);
}

/**
 * svsm_irq_page() - a CPU's event page
 * @cpu: Linux CPU
 *
 * Return: the page while it is registered, else NULL. It stays valid memory
 *	   as long as the caller holds a reference to this module.
 */
struct svsm_event_page *svsm_irq_page(unsigned int cpu)
{
	KUNIT_STATIC_STUB_REDIRECT(svsm_irq_page, cpu);
	return svsm_page_registered(cpu);
}
EXPORT_SYMBOL_GPL(svsm_irq_page);
