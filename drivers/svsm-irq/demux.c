// SPDX-License-Identifier: GPL-2.0-only
/*
 * Take: hand the sources that are set in a page to the interrupt core.
 *
 * Exactly one taker per page: the page's CPU, in hard interrupt context, from
 * its notification interrupt.
 */
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/moduleparam.h>

#include "internal.h"

unsigned int svsm_take_budget = 256;
module_param_named(budget, svsm_take_budget, uint, 0444);
MODULE_PARM_DESC(budget,
		 "sources handled by one notification before others get a turn (default 256)");

static unsigned int svsm_take_group(struct svsm_page *p, unsigned int group)
{
	struct svsm_event_page *ev = p->ev;
	unsigned long *pir = svsm_bits(ev->pir);
	unsigned long bits;
	unsigned int bit, handled = 0;

	bits = READ_ONCE(ev->pir[group]) & ~READ_ONCE(ev->mask[group]);
	for_each_set_bit(bit, &bits, SVSM_SOURCES_PER_GROUP) {
		unsigned int source = group * SVSM_SOURCES_PER_GROUP + bit;

		/*
		 * Clear, then handle: what is raised from here on sets the bit
		 * again and is not lost. Ordered by the full barrier in it.
		 */
		if (!test_and_clear_bit(source, pir))
			continue;
		if (generic_handle_domain_irq(svsm_domain, source))
			p->stats.unmapped++;
		handled++;
	}
	p->stats.handled += handled;
	return handled;
}

/*
 * Visit the groups from the cursor on. A visit costs at least one, so that the
 * loop is bounded, and is never cut short: a group that was begun is done.
 * Groups that were not reached are removed from neither @groups nor duty.
 */
static int svsm_take_groups(struct svsm_page *p, unsigned long *groups,
			    int budget)
{
	unsigned int count = svsm_info.sources / SVSM_SOURCES_PER_GROUP;
	unsigned int i;

	for (i = 0; i < count && *groups && budget > 0; i++) {
		unsigned int group = p->cursor;

		p->cursor = (group + 1) % count;
		if (!__test_and_clear_bit(group, groups))
			continue;
		budget -= max(1U, svsm_take_group(p, group));
	}
	return budget;
}

/*
 * The SVSM was restored or lost time: look everywhere once, and have the
 * timer's handler run, which programs the timer again.
 */
static void svsm_take_epoch(struct svsm_page *p)
{
	struct svsm_event_page *ev = p->ev;
	u32 epoch = READ_ONCE(ev->epoch);
	unsigned int group, count;

	if (likely(epoch == p->epoch))
		return;

	p->epoch = epoch;
	p->stats.epochs++;
	if (p->timer_source != SVSM_SOURCE_ANY)
		set_bit(p->timer_source, svsm_bits(ev->pir));
	count = svsm_info.sources / SVSM_SOURCES_PER_GROUP;
	for (group = 0; group < count; group++)
		set_bit(group, svsm_bits(&ev->groups));
}

/**
 * svsm_take() - work off a page
 * @p: the page of this CPU
 *
 * Context: Hard interrupt, not nested.
 */
void svsm_take(struct svsm_page *p)
{
	struct svsm_event_page *ev = p->ev;
	/* With none at all the notifications would never end. */
	int budget = clamp(svsm_take_budget, 1U, (unsigned int)SVSM_SOURCES_MAX);
	unsigned long groups = 0;
	unsigned int group;

	p->stats.notified++;
	/*
	 * ON first, groups after it, pir last, each a full barrier: pairs with
	 * Raise, which sets them in the opposite order.
	 */
	xchg(&ev->on, 0);
	svsm_take_epoch(p);
	do {
		groups = xchg(&ev->groups, 0);
		budget = svsm_take_groups(p, &groups, budget);
	} while (budget > 0 && READ_ONCE(ev->groups));

	if (budget > 0)
		return;

	/* A group that was taken is worked off or put back. */
	for_each_set_bit(group, &groups, SVSM_GROUPS_MAX)
		set_bit(group, svsm_bits(&ev->groups));
	/* Put back before ON is tested, in svsm_page_kick(). */
	smp_mb__after_atomic();
	if (READ_ONCE(ev->groups)) {
		p->stats.spent++;
		svsm_page_kick(p);
	}
}
