// SPDX-License-Identifier: MIT
/*
 * RESET: as if the guest had never called (abi.rst: IRQ-9). What another
 * kernel could find afterwards is this kernel's memory, and nobody writes to
 * it.
 */
#include "svsm.h"

#define SELF	SVSM_APIC_ID_SELF
#define EDGE	SVSM_TRIGGER_EDGE
#define TIMER	3
#define PATTERN	0x3C

static struct svsm_event_page page __attribute__((aligned(4096)));
static struct svsm_event_page second __attribute__((aligned(4096)));
static struct svsm_event_page want __attribute__((aligned(4096)));

static u64 raise(u32 source)
{
	return svsm_source(SVSM_IRQ_SOURCE_RAISE, source);
}

static u64 page_query(u32 first)
{
	union svsm_block block = { .page_query = { SELF, first } };

	return svsm_irq(SVSM_IRQ_PAGE_QUERY, &block);
}

static u32 open_sources(void)
{
	u32 s, count = 0;

	for (s = 0; s < SVSM_SOURCES_MAX; s++)
		count += svsm_state(s) != 0;
	return count;
}

static void must(u64 ret, const char *what)
{
	if (ret)
		guest_fail(what);
}

/* One of everything: pending, in service, claimed, armed, notified. */
static void everything(struct svsm_event_page *p)
{
	must(svsm_page_register(p, SELF, NV), "PAGE_REGISTER");
	must(svsm_open(100, EDGE, SELF), "edge");
	must(svsm_open(101, SVSM_TRIGGER_LEVEL, SELF), "level");
	must(svsm_open_host(102, SVSM_TRIGGER_LEVEL, 40, svsm_self), "host vector");
	must(svsm_attach(SELF, TIMER), "timer");
	svsm_unmask(p, 100);
	must(raise(100), "RAISE");
	must(raise(101), "RAISE");
	must(raise(101), "RAISE");
	p->timer_deadline = svsm_tsc() + 1000ULL * p->tsc_khz * 3600;
	must(svsm_arm(), "ARM");
}

#define RESET_ROWS	16

static void reset(void)
{
	bool seen = true;
	u32 first;

	svsm_is(svsm_reset(), SVSM_SUCCESS, "IRQ-9: RESET of nothing");
	everything(&page);
	guest_ok(open_sources() == 4 && page.on, "there is one of everything");
	svsm_is(svsm_reset(), SVSM_SUCCESS, "IRQ-9: RESET");
	__builtin_memset(&page, PATTERN, PAGE_SIZE);
	__builtin_memset(&want, PATTERN, PAGE_SIZE);
	svsm_is(open_sources(), 0, "IRQ-9: all sources are closed");
	svsm_is(page_query(0), SVSM_ERR_NO_PAGE, "IRQ-9: no page is registered");
	svsm_is(svsm_arm(), SVSM_ERR_NO_PAGE, "IRQ-9: no page has a timer");
	svsm_is(svsm_detach(SELF), SVSM_ERR_INVALID_REQUEST,
		"IRQ-9: the timer is detached");
	svsm_is(svsm_source(SVSM_IRQ_SOURCE_EOI, 101), SVSM_ERR_INVALID_REQUEST,
		"IRQ-9: nothing is in service");
	svsm_is(raise(100), SVSM_ERR_INVALID_REQUEST, "IRQ-9: nothing can be raised");
	must(svsm_open(100, EDGE, SELF), "edge");
	must(raise(100), "RAISE");
	svsm_is(svsm_state(100), SVSM_SOURCE_STATE_OPEN | SVSM_SOURCE_STATE_LATCHED,
		"a new source latches");
	svsm_window();
	guest_irqs[NV] = 0;
	svsm_enter_often();
	svsm_is(guest_irqs[NV], 0, "IRQ-9: no notification any more");
	svsm_same(&page, &want, "IRQ-9: the page is not written to any more");
	svsm_is(svsm_pvalidate((u64)&page), SVSM_SUCCESS,
		"IRQ-9: it may be rescinded");
	svsm_is(svsm_pvalidate((u64)&page | LIST_VALIDATE), SVSM_SUCCESS,
		"and validated again");
	must(svsm_reset(), "RESET");
	must(svsm_open(100, EDGE, SELF), "edge");
	must(svsm_page_register(&page, SELF, NV), "PAGE_REGISTER");
	guest_ok(svsm_state(100) == SVSM_SOURCE_STATE_OPEN && !page.pir[1],
		 "IRQ-9: a latch does not outlive RESET");
	for (first = 0; first < SVSM_COUNTER_COUNT; first += 3)
		seen = seen && !page_query(first) && !svsm_regs.rcx &&
		       !svsm_regs.rdx && !svsm_regs.r8;
	guest_ok(seen, "IRQ-9: nor do the counters");
}

#define AGAIN_ROWS	6

static void again(void)
{
	u32 i, bad = 0;

	must(svsm_reset(), "RESET");
	everything(&second);
	guest_ok(second.magic == SVSM_EVENT_PAGE_MAGIC && second.on == 1 &&
		 second.pir[1] == (BIT(36) | BIT(37)) && second.level[1] ==
		 (BIT(37) | BIT(38)), "after RESET everything works in another page");
	guest_irqs[NV] = 0;
	svsm_window();
	guest_ok(guest_irqs[NV] > 0, "and is notified");
	svsm_is(svsm_taken[100], 1, "and taken");
	second.timer_deadline = 1;
	must(svsm_arm(), "ARM");
	svsm_is(second.timer_expirations, 1, "and the timer comes");
	for (i = 0; i < 50; i++) {
		bad += svsm_reset() != 0;
		everything(i % 2 ? &page : &second);
	}
	svsm_is(bad, 0, "RESET and everything, fifty times over");
	guest_ok(!svsm_reset() && !open_sources(), "nothing is left over");
}

/** guest_main() - see the top of this file */
void guest_main(void)
{
	guest_init();
	guest_plan(RESET_ROWS + AGAIN_ROWS);
	svsm_irq_on(&second);
	svsm_leave_on = false;
	reset();
	again();
}
