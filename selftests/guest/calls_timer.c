// SPDX-License-Identifier: MIT
/*
 * The timer of one vCPU (abi.rst: TIMER-*, TIMER-C*). Every comparison is with
 * the TSC, none with a length of time. Command line "silent": the page has no
 * vector, the guest looks at it.
 */
#include "svsm.h"

#define SELF		SVSM_APIC_ID_SELF
#define EDGE		SVSM_TRIGGER_EDGE
#define NONE		SVSM_TIMER_NONE
#define SERIES		20

static struct svsm_event_page page __attribute__((aligned(4096)));
static struct svsm_event_page want __attribute__((aligned(4096)));
static struct svsm_event_page other __attribute__((aligned(4096)));
static u32 source;
static bool silent;
static u64 expirations;			/* seen */

static u64 ms(u64 n)
{
	return n * page.tsc_khz;
}

/* TIMER-1. Return: there was a need to call. */
static bool program(u64 deadline)
{
	u64 armed, now;

	__atomic_store_n(&page.timer_deadline, deadline, __ATOMIC_SEQ_CST);
	armed = __atomic_load_n(&page.timer_armed, __ATOMIC_SEQ_CST);
	now = svsm_tsc();
	if (now < armed && armed <= deadline)
		return false;
	if (svsm_arm())
		guest_fail("TIMER ARM");
	return true;
}

static bool pending(void)
{
	return __atomic_load_n(&page.pir[source / 64], __ATOMIC_SEQ_CST) &
	       BIT(source % 64);
}

/* A silent guest takes here, another one in its handler. */
static bool came(void)
{
	u64 bit = BIT(source % 64);

	if (silent && pending()) {
		__atomic_fetch_and(&page.pir[source / 64], ~bit, __ATOMIC_SEQ_CST);
		svsm_taken_tsc = svsm_tsc();
		svsm_taken[source]++;
		page.on = 0;
		page.groups = 0;
	}
	return svsm_taken[source];
}

/* Waits for one; then, whether it stays one. */
static bool comes_once(u64 deadline)
{
	bool good;

	svsm_wait(came);
	svsm_enter_often();
	came();
	expirations++;
	good = svsm_taken[source] == 1 && svsm_taken_tsc >= deadline &&
	       page.timer_deadline == NONE &&
	       page.timer_expirations == expirations;
	if (!good)
		rt_print("# %lu times at 0x%lx, deadline 0x%lx, %llu expirations\n",
			 svsm_taken[source], svsm_taken_tsc, deadline,
			 page.timer_expirations);
	svsm_taken[source] = 0;
	return good;
}

static bool never_comes(void)
{
	svsm_enter_often();
	came();
	return !svsm_taken[source] && page.timer_expirations == expirations;
}

#define ERROR_ROWS	14

static void errors(void)
{
	svsm_is(svsm_attach(SELF, SVSM_SOURCE_ANY), SVSM_ERR_NO_PAGE,
		"TIMER-C1: ATTACH without a page");
	svsm_is(svsm_arm(), SVSM_ERR_NO_PAGE, "TIMER-C2: ARM without a page");
	svsm_is(svsm_detach(SELF), SVSM_ERR_INVALID_REQUEST,
		"TIMER-C3: DETACH without a timer");
	if (svsm_page_register(&page, SELF, silent ? 0 : NV) ||
	    svsm_open(5, EDGE, SELF))
		guest_fail("PAGE_REGISTER or SOURCE_OPEN");
	svsm_is(svsm_arm(), SVSM_ERR_INVALID_REQUEST,
		"TIMER-C2: ARM without a timer");
	svsm_is(svsm_attach(SELF, 1024), SVSM_ERR_INVALID_PARAMETER,
		"TIMER-C1: ATTACH of source 1024");
	svsm_is(svsm_attach(SELF, 5), SVSM_ERR_IN_USE,
		"TIMER-C1: of a source that is open");

	page.timer_deadline = 1;
	page.timer_armed = 2;
	page.timer_expirations = 3;
	page.timer_late_max = 4;
	page.pir[0] = ~0ULL;
	page.mask[0] = 0;
	want = page;
	svsm_is(svsm_attach(SELF, SVSM_SOURCE_ANY), SVSM_SUCCESS, "TIMER-C1: ATTACH");
	source = svsm_regs.rcx;
	svsm_is(source, 0, "TIMER-C1: the lowest free source of group 0");
	want.timer_deadline = NONE;
	want.timer_armed = NONE;
	want.timer_expirations = 0;
	want.timer_late_max = 0;
	want.pir[0] = ~1ULL;
	want.mask[0] = 1;
	svsm_same(&page, &want, "TIMER-C1: resets the timer's words and its source");
	svsm_is(svsm_state(source), SVSM_SOURCE_STATE_OPEN, "its source is open");
	svsm_is(svsm_attach(SELF, 7), SVSM_ERR_IN_USE, "TIMER-C1: ATTACH twice");
	svsm_is(svsm_state(7), 0, "opens nothing");
	svsm_is(svsm_bind(source, svsm_self), SVSM_SUCCESS, "IRQ-5: BIND where it is");
	page.pir[0] = 0;
	page.mask[0] = ~0ULL;
	svsm_is(svsm_arm(), SVSM_SUCCESS, "TIMER-C2: ARM without a deadline");
}

#define FAR_ROWS	7

/* First of all: nothing else has the host armed yet. */
static void far(void)
{
	u64 now = svsm_tsc(), deadline = now + ms(1000 * 3600 * 24);
	u64 armed;

	page.timer_deadline = deadline;
	guest_ok(!svsm_arm() && page.timer_deadline == deadline,
		 "ARM for tomorrow leaves the deadline");
	armed = page.timer_armed;
	guest_ok(armed <= deadline && armed > now,
		 "TIMER-5: armed, no later than that");
	guest_ok(never_comes(), "it does not come today");
	deadline -= ms(1000 * 3600);
	page.timer_deadline = deadline;
	guest_ok(!svsm_arm() && page.timer_armed <= deadline,
		 "TIMER-5: an hour earlier: armed no later than that");
	guest_ok(!program(deadline + ms(1)),
		 "TIMER-1: a later one needs no call");
	guest_ok(never_comes(), "it does not come today either");
	page.timer_deadline = NONE;
	guest_ok(never_comes(), "TIMER-1: disarmed without a call");
}

#define PAST_ROWS	11

static void past(void)
{
	u64 first, last;

	want = page;
	page.timer_deadline = 1000;
	first = svsm_tsc();
	svsm_is(svsm_arm(), SVSM_SUCCESS, "ARM with a deadline in the past");
	last = svsm_tsc();
	guest_ok(page.timer_late_max >= first - 1000 &&
		 page.timer_late_max <= last - 1000,
		 "TIMER-3: timer_late_max is the time since then");
	want.timer_deadline = NONE;
	want.timer_expirations = 1;
	want.timer_late_max = page.timer_late_max;
	want.pir[0] = BIT(source);
	svsm_same(&page, &want, "TIMER-3: expired; masked, so pir and no more");
	expirations = 1;
	svsm_is(svsm_state(source), SVSM_SOURCE_STATE_OPEN |
				    SVSM_SOURCE_STATE_PENDING, "it is pending");
	svsm_is(svsm_counter(SELF, SVSM_COUNTER_EXPIRED), 1, "counted as expired");
	guest_ok(!svsm_arm() && page.timer_expirations == 1,
		 "TIMER-C2: ARM again expires nothing");
	page.pir[0] = 0;
	svsm_unmask(&page, source);

	page.timer_deadline = 0;
	guest_ok(!svsm_arm() && comes_once(0), "deadline 0 comes at ARM, once");
	last = svsm_tsc();
	page.timer_deadline = last;
	guest_ok(!svsm_arm() && comes_once(last), "this moment comes at ARM, once");
	guest_ok(page.timer_late_max >= first - 1000 &&
		 page.timer_late_max <= svsm_tsc(),
		 "TIMER-3: timer_late_max is the largest");
	page.timer_deadline = NONE;
	guest_ok(!svsm_arm() && never_comes(), "no deadline never comes");
	/* TIMER-3: also whenever the SVSM runs here. */
	page.timer_deadline = 5;
	svsm_irq(SVSM_IRQ_QUERY, NULL);
	guest_ok(comes_once(5), "TIMER-3: any call finds one in the past");
}

/*
 * A deadline in the place of one that is 20 ms ahead; returns it. If that one
 * came first (a loaded computer), all over again.
 */
static u64 moved_later(void)
{
	u64 deadline, old;
	u32 tries;

	for (tries = 0; tries < 100; tries++) {
		program(svsm_tsc() + ms(20));
		deadline = svsm_tsc() + ms(60);
		old = __atomic_exchange_n(&page.timer_deadline, deadline,
					  __ATOMIC_SEQ_CST);
		if (old != NONE) {
			program(deadline);
			return deadline;
		}
		__atomic_exchange_n(&page.timer_deadline, NONE, __ATOMIC_SEQ_CST);
		svsm_enter_often();
		came();
		svsm_taken[source] = 0;
		expirations = page.timer_expirations;
	}
	guest_fail("20 ms are always over at once");
}

#define NEAR_ROWS	5

static void near(void)
{
	u64 deadline;
	u32 i, good = 0;

	deadline = svsm_tsc() + ms(30);
	program(deadline);
	guest_ok(comes_once(deadline), "30 ms: comes once, not before its time");
	deadline = svsm_tsc() + ms(1000 * 3600);
	program(deadline);
	deadline = svsm_tsc() + ms(20);
	program(deadline);
	guest_ok(comes_once(deadline), "moved from an hour to 20 ms");
	deadline = moved_later();
	guest_ok(comes_once(deadline), "moved from 20 ms to 60 ms");

	for (i = 0; i < SERIES; i++) {
		deadline = svsm_tsc() + ms(1 + i % 4);
		program(deadline);
		good += comes_once(deadline);
	}
	svsm_is(good, SERIES, "a series: each one once, not before its time");
	svsm_is(svsm_counter(SELF, SVSM_COUNTER_EXPIRED), expirations,
		"all are counted");
}

#define DETACH_ROWS	15

static void detach(void)
{
	u64 deadline;

	page.mask[0] |= BIT(source);
	page.timer_deadline = 1;
	if (svsm_arm() || !pending())
		guest_fail("TIMER ARM");
	page.timer_deadline = svsm_tsc() + ms(1000 * 3600);
	if (svsm_arm())
		guest_fail("TIMER ARM");
	want = page;
	want.timer_deadline = NONE;
	want.timer_armed = NONE;
	want.pir[0] &= ~BIT(source);
	svsm_is(svsm_detach(SELF), SVSM_SUCCESS, "DETACH, armed and pending");
	svsm_same(&page, &want, "TIMER-C3: both words ~0, its source cleared");
	svsm_is(svsm_state(source), 0, "TIMER-C3: which is closed");
	svsm_is(svsm_detach(SELF), SVSM_ERR_INVALID_REQUEST, "TIMER-C3: not twice");
	page.timer_deadline = 1;
	svsm_is(svsm_arm(), SVSM_ERR_INVALID_REQUEST, "TIMER-C2: ARM is refused");
	svsm_enter_often();
	svsm_is(page.timer_deadline, 1, "nobody looks at the page");
	svsm_is(page.pir[0] & BIT(source), 0, "nothing is raised");

	deadline = svsm_tsc();
	svsm_is(svsm_attach(SELF, 500), SVSM_SUCCESS, "ATTACH of a source by name");
	source = svsm_regs.rcx;
	/* TIMER-5: what the host has armed still may be announced again. */
	guest_ok(source == 500 && page.timer_deadline == NONE &&
		 page.timer_armed > deadline && !page.timer_expirations &&
		 !page.timer_late_max, "TIMER-8: starts anew");
	expirations = 0;
	svsm_unmask(&page, source);
	deadline = svsm_tsc() + ms(20);
	program(deadline);
	guest_ok(comes_once(deadline), "and comes once");

	program(svsm_tsc() + ms(1000 * 3600));
	if (svsm_page_unregister(SELF))
		guest_fail("PAGE_UNREGISTER");
	svsm_is(svsm_state(source), 0, "IRQ-2: PAGE_UNREGISTER detaches");
	svsm_is(svsm_arm(), SVSM_ERR_NO_PAGE, "TIMER-C2: ARM without a page");
	if (svsm_page_register(&other, SELF, 0))
		guest_fail("PAGE_REGISTER");
	svsm_is(svsm_arm(), SVSM_ERR_INVALID_REQUEST,
		"TIMER-C2: another page has no timer");
	svsm_is(svsm_attach(SELF, 500), SVSM_SUCCESS, "but can get one");
	other.timer_deadline = 1;
	guest_ok(!svsm_arm() && other.timer_expirations == 1 &&
		 other.pir[500 / 64] == BIT(500 % 64), "which comes");
}

/** guest_main() - see the top of this file */
void guest_main(void)
{
	guest_init();
	silent = guest_is("silent");
	guest_plan(ERROR_ROWS + FAR_ROWS + PAST_ROWS + NEAR_ROWS + DETACH_ROWS);
	svsm_irq_on(&page);
	errors();
	far();
	past();
	near();
	detach();
}
