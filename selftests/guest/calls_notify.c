// SPDX-License-Identifier: MIT
/*
 * Notifications of one vCPU, as interrupts of its own APIC (abi.rst: NOTIFY-*,
 * POLL-*, IRQ-1b). A raise from another vCPU: calls_smp.c.
 */
#include "svsm.h"

#define SELF	SVSM_APIC_ID_SELF
#define FIRST	70
#define SECOND	71
#define THIRD	700

static struct svsm_event_page page __attribute__((aligned(4096)));
static struct svsm_event_page silent __attribute__((aligned(4096)));
static u64 seen;

static u64 raise(u32 source)
{
	return svsm_source(SVSM_IRQ_SOURCE_RAISE, source);
}

/* Interrupts of NV since the last call of this. */
static u64 arrived(void)
{
	u64 now = guest_irqs[NV], count = now - seen;

	seen = now;
	return count;
}

static void forget(void)
{
	page.on = 0;
	page.groups = 0;
	__builtin_memset(page.pir, 0, sizeof(page.pir));
	svsm_leave_on = false;
	svsm_window();
	arrived();
}

#define ONCE_ROWS	13

static void once(void)
{
	svsm_enter_often();
	svsm_is(arrived(), 0, "no notification before a raise");
	guest_ok(!raise(FIRST), "RAISE of a masked source");
	svsm_enter_often();
	svsm_is(arrived(), 0, "RAISE-2: no notification");
	page.pir[FIRST / 64] = 0;

	svsm_unmask(&page, FIRST);
	guest_ok(!raise(FIRST) && page.on == 1, "RAISE of one that is not masked");
	svsm_window();
	svsm_is(arrived(), 1, "NOTIFY-1: NV arrives");
	svsm_is(svsm_taken[FIRST], 1, "TAKE-3: and the source is in the page");
	guest_ok(!page.on && !page.groups && !page.pir[FIRST / 64],
		 "TAKE-4: which is empty then");
	svsm_enter_often();
	svsm_is(arrived(), 0, "NOTIFY-1: it does not arrive again once taken");
	svsm_is(svsm_counter(SELF, SVSM_COUNTER_NOTIFIED), 1, "counted as notified");

	/* Interrupts off: NV waits in the APIC. */
	if (raise(FIRST) || raise(FIRST) || raise(FIRST))
		guest_fail("RAISE");
	svsm_window();
	svsm_enter_often();
	svsm_is(arrived(), 1, "RAISE-1: three raises before it is taken: once");
	svsm_is(svsm_taken[FIRST], 2, "TAKE-3: and taken once");
	svsm_unmask(&page, SECOND);
	svsm_unmask(&page, THIRD);
	if (raise(FIRST) || raise(SECOND) || raise(THIRD))
		guest_fail("RAISE");
	svsm_window();
	svsm_enter_often();
	svsm_is(arrived(), 1, "RAISE-5: three sources before it is taken: once");
	guest_ok(svsm_taken[FIRST] == 3 && svsm_taken[SECOND] == 1 &&
		 svsm_taken[THIRD] == 1, "TAKE-3: and all three are taken");
}

static bool twice_more(void)
{
	return guest_irqs[NV] >= seen + 2;
}

#define LEVEL_ROWS	7

/* A guest that does not acknowledge. */
static void repeated(void)
{
	u64 old = svsm_counter(SELF, SVSM_COUNTER_REASSERTED);

	forget();
	svsm_leave_on = true;
	if (raise(FIRST))
		guest_fail("RAISE");
	/* More than one if a second passes here: NOTIFY-3. */
	svsm_window();
	guest_ok(arrived() > 0, "NV arrives at a guest that leaves ON");
	if (svsm_irq(SVSM_IRQ_QUERY, NULL))
		guest_fail("QUERY");
	svsm_window();
	guest_ok(arrived() > 0, "NOTIFY-1: asserted again at the next entry");
	guest_ok(svsm_counter(SELF, SVSM_COUNTER_REASSERTED) > old,
		 "counted as asserted again");
	svsm_window();
	arrived();
	guest_ok(svsm_wait(twice_more),
		 "NOTIFY-3: repeated again and again without any call");
	svsm_leave_on = false;
	if (svsm_irq(SVSM_IRQ_QUERY, NULL))
		guest_fail("QUERY");
	svsm_window();
	guest_ok(arrived() > 0 && !page.on, "a guest that takes");
	svsm_enter_often();
	svsm_is(arrived(), 0, "NOTIFY-1: is left in peace");
	svsm_is(svsm_taken[FIRST], 4, "and has got its one source");
}

#define POLL_ROWS	8

static void polling(void)
{
	forget();
	page.sn = SVSM_EVENT_SN;
	guest_ok(!raise(FIRST), "RAISE with SN");
	svsm_enter_often();
	svsm_is(arrived(), 0, "RAISE-4: no notification");
	guest_ok(!page.on && page.groups == BIT(FIRST / 64),
		 "RAISE-4: the group bit tells who polls");
	page.on = SVSM_EVENT_ON;
	svsm_enter_often();
	svsm_is(arrived(), 0, "NOTIFY-1: none with ON and SN");
	page.sn = 0;
	if (svsm_irq(SVSM_IRQ_QUERY, NULL))
		guest_fail("QUERY");
	svsm_window();
	guest_ok(arrived() > 0, "NOTIFY-1: with ON and without SN");
	svsm_is(svsm_taken[FIRST], 5, "TAKE-3: taken once");
	/* It asks for nothing but its own spurious interrupt. */
	page.on = SVSM_EVENT_ON;
	if (svsm_irq(SVSM_IRQ_QUERY, NULL))
		guest_fail("QUERY");
	svsm_window();
	svsm_is(arrived(), 1, "NOTIFY-1: the guest can set ON itself");
	svsm_enter_often();
	svsm_is(arrived(), 0, "and is left in peace when it took");
}

#define VECTOR_ROWS	9

static void vectors(void)
{
	u64 others;

	forget();
	others = guest_irqs[OTHER_NV];
	/* NV waits in the APIC when the vector changes, and stays there. */
	if (raise(FIRST))
		guest_fail("RAISE");
	guest_ok(!svsm_page_register(&page, SELF, OTHER_NV),
		 "IRQ-1b: another vector while ON is set");
	svsm_window();
	svsm_is(guest_irqs[OTHER_NV] - others, 1, "IRQ-1b: is asserted");
	forget();
	others = guest_irqs[OTHER_NV];
	if (raise(FIRST))
		guest_fail("RAISE");
	svsm_window();
	svsm_is(guest_irqs[OTHER_NV] - others, 1, "and used from now on");
	svsm_is(arrived(), 0, "the old one is not");

	guest_ok(!svsm_page_register(&page, SELF, 0), "IRQ-1b: no vector");
	others = guest_irqs[OTHER_NV];
	guest_ok(!raise(FIRST) && page.on && page.groups, "RAISE in a silent page");
	svsm_enter_often();
	svsm_is(arrived() + guest_irqs[OTHER_NV] - others, 0,
		"NOTIFY-1: nothing arrives");
	guest_ok(!svsm_page_register(&page, SELF, NV), "IRQ-1b: with a vector again");
	svsm_window();
	svsm_is(arrived(), 1, "IRQ-1b: what waited is notified");
}

#define END_ROWS	5

static void end(void)
{
	forget();
	svsm_leave_on = true;
	if (raise(FIRST))
		guest_fail("RAISE");
	svsm_window();
	guest_ok(arrived() > 0, "a page with ON");
	guest_ok(!svsm_page_unregister(SELF) && page.on == 1, "is unregistered");
	/* Asserted on the way into the call, if at all. */
	svsm_window();
	arrived();
	svsm_enter_often();
	svsm_is(arrived(), 0, "IRQ-2: no notifications any more");

	/* FIRST is open, bound and latched if it was pending: nobody took it. */
	if (svsm_page_register(&silent, SELF, NV))
		guest_fail("PAGE_REGISTER");
	svsm_enter_often();
	guest_ok(silent.pir[FIRST / 64] == BIT(FIRST % 64) && !silent.on,
		 "IRQ-2: what nobody took is in the new page, masked");
	svsm_is(arrived(), 0, "PAGE-3: and not notified");
}

/** guest_main() - see the top of this file */
void guest_main(void)
{
	guest_init();
	svsm_by_page = guest_is("page");
	guest_plan(ONCE_ROWS + LEVEL_ROWS + POLL_ROWS + VECTOR_ROWS + END_ROWS);
	svsm_irq_on(&page);
	if (svsm_page_register(&page, SELF, NV) ||
	    svsm_open(FIRST, SVSM_TRIGGER_EDGE, SELF) ||
	    svsm_open(SECOND, SVSM_TRIGGER_EDGE, SELF) ||
	    svsm_open(THIRD, SVSM_TRIGGER_EDGE, SELF))
		guest_fail("PAGE_REGISTER or SOURCE_OPEN");
	once();
	repeated();
	polling();
	vectors();
	end();
}
