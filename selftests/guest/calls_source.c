// SPDX-License-Identifier: MIT
/*
 * Sources: open, close, bind, raise, EOI, query, and what each leaves in the
 * page, byte for byte (abi.rst: RAISE-*, MASK-*, LEVEL-*, IRQ-3 to IRQ-8,
 * IRQ-10, BAD-4). The page is silent: calls_notify.c has the notifications.
 */
#include "svsm.h"

#define SELF		SVSM_APIC_ID_SELF
#define EDGE		SVSM_TRIGGER_EDGE
#define LEVEL_TRIGGER	SVSM_TRIGGER_LEVEL
#define ANY		SVSM_SOURCE_ANY

#define OPEN		SVSM_SOURCE_STATE_OPEN
#define LATCHED		SVSM_SOURCE_STATE_LATCHED
#define PENDING		SVSM_SOURCE_STATE_PENDING
#define IN_SERVICE	SVSM_SOURCE_STATE_IN_SERVICE

static struct svsm_event_page page __attribute__((aligned(4096)));
static struct svsm_event_page want __attribute__((aligned(4096)));

static u64 raise(u32 source)
{
	return svsm_source(SVSM_IRQ_SOURCE_RAISE, source);
}

static u64 eoi(u32 source)
{
	return svsm_source(SVSM_IRQ_SOURCE_EOI, source);
}

static u64 close(u32 source)
{
	return svsm_source(SVSM_IRQ_SOURCE_CLOSE, source);
}

static void fresh(void)
{
	if (svsm_reset() || svsm_page_register(&page, SELF, 0))
		guest_fail("PAGE_REGISTER");
	want = page;
}

#define ERROR_ROWS	31

static void errors(void)
{
	const u64 request = SVSM_ERR_INVALID_REQUEST;

	fresh();
	guest_ok(!svsm_open(ANY, EDGE, SELF) && svsm_regs.rcx == 64,
		 "IRQ-3a: any source is 64 at first");
	guest_ok(!svsm_open(ANY, EDGE, SELF) && svsm_regs.rcx == 65, "then 65");
	guest_ok(!svsm_open(66, EDGE, SELF) && svsm_regs.rcx == 66,
		 "IRQ-3a: a number that the guest names");
	guest_ok(!svsm_open(ANY, EDGE, SELF) && svsm_regs.rcx == 67,
		 "IRQ-3a: the next one is passed over");
	guest_ok(!close(65) && !svsm_open(ANY, EDGE, SELF) && svsm_regs.rcx == 65,
		 "IRQ-3a: the lowest free one");
	svsm_is(svsm_open(66, EDGE, SELF), SVSM_ERR_IN_USE, "IRQ-3f: open already");
	svsm_is(svsm_open(1024, EDGE, SELF), SVSM_ERR_INVALID_PARAMETER,
		"IRQ-3f: source 1024");
	svsm_is(svsm_open(0xFFFFFFFE, EDGE, SELF), SVSM_ERR_INVALID_PARAMETER,
		"IRQ-3f: source 2^32 - 2");
	guest_ok(!svsm_open(0, EDGE, SELF) && !svsm_open(1023, EDGE, SELF),
		 "the first and the last one");

	svsm_is(close(70), request, "IRQ-4: CLOSE of what is not open");
	svsm_is(close(1024), request, "IRQ-4: of 1024");
	svsm_is(close(ANY), request, "IRQ-4: of any");
	svsm_is(svsm_bind(70, SELF), request, "IRQ-5: BIND of what is not open");
	svsm_is(svsm_bind(1024, SELF), request, "IRQ-5: of 1024");
	svsm_is(svsm_bind(64, 99), SVSM_ERR_NO_VCPU, "IRQ-5: to no vCPU");
	svsm_is(svsm_bind(64, svsm_self), SVSM_SUCCESS, "IRQ-5: where it is bound already");
	svsm_is(raise(70), request, "IRQ-7: RAISE of what is not open");
	svsm_is(raise(1024), request, "IRQ-7: of 1024");
	svsm_is(raise(ANY), request, "IRQ-7: of any");
	svsm_is(eoi(70), request, "IRQ-6: EOI of what is not open");
	svsm_is(eoi(1024), request, "IRQ-6: of 1024");
	svsm_is(eoi(64), request, "IRQ-6: of an edge source");
	svsm_is(svsm_source(SVSM_IRQ_SOURCE_QUERY, 1024), request,
		"IRQ-8: QUERY of 1024");
	svsm_is(svsm_state(70), 0, "IRQ-8: of what is not open");
	svsm_is(svsm_state(64), OPEN, "IRQ-8: of what is open");
	guest_ok(!close(66) && !svsm_state(66), "IRQ-4: CLOSE");
	svsm_is(close(66), request, "IRQ-4: not twice");

	if (svsm_attach(SELF, 3))
		guest_fail("TIMER ATTACH");
	svsm_is(raise(3), request, "IRQ-7: RAISE of a timer's source");
	svsm_is(close(3), request, "IRQ-4: CLOSE of it");
	svsm_is(svsm_open(3, EDGE, SELF), SVSM_ERR_IN_USE, "IRQ-3f: OPEN of it");
	svsm_same(&page, &want, "in all that the page stayed as it was");
}

#define HOST_ROWS	12

static void host_vectors(void)
{
	u32 vector, bad = 0;

	fresh();
	for (vector = 0; vector < 31; vector++)
		bad += svsm_open_host(80, EDGE, vector, svsm_self) != SVSM_ERR_VECTOR;
	svsm_is(bad, 0, "IRQ-3d: host vectors 0 to 30");
	svsm_is(svsm_open_host(80, EDGE, 0x80, svsm_self), SVSM_ERR_VECTOR,
		"IRQ-3d: host vector 0x80");
	svsm_is(svsm_open_host(80, EDGE, 33, 99), SVSM_ERR_NO_VCPU,
		"IRQ-3f: host vCPU that there is not");
	svsm_is(svsm_open_host(80, EDGE, 31, svsm_self), SVSM_SUCCESS,
		"IRQ-3d: host vector 31");
	svsm_is(svsm_open_host(81, EDGE, 31, svsm_self), SVSM_ERR_IN_USE,
		"IRQ-3d: belongs to one source");
	svsm_is(svsm_state(81), 0, "the second one is not open");
	svsm_is(svsm_open_host(81, LEVEL_TRIGGER, 255, svsm_self), SVSM_SUCCESS,
		"IRQ-3d: host vector 255, level");
	svsm_is(raise(80), SVSM_ERR_INVALID_REQUEST,
		"IRQ-7: RAISE of a host vector's source");
	svsm_is(raise(81), SVSM_ERR_INVALID_REQUEST, "IRQ-7: also of a level one");
	svsm_is(eoi(81), SVSM_ERR_INVALID_REQUEST,
		"LEVEL-3: EOI of it when it is not in service");
	svsm_is(svsm_state(80) | svsm_state(81), OPEN, "nothing was raised");
	guest_ok(!close(80) && !svsm_open_host(82, EDGE, 31, svsm_self),
		 "IRQ-4: after CLOSE the vector is free");
}

#define RAISE_ROWS	22

static void raising(void)
{
	fresh();
	if (svsm_open(130, EDGE, SELF) || svsm_open(131, EDGE, SELF) ||
	    svsm_open(1023, EDGE, SELF))
		guest_fail("SOURCE_OPEN");
	svsm_same(&page, &want, "IRQ-3c: OPEN of masked edge sources changes nothing");

	svsm_is(raise(130), SVSM_SUCCESS, "RAISE of a masked source");
	want.pir[2] = BIT(2);
	svsm_same(&page, &want, "RAISE-2: sets its pir bit and nothing else");
	svsm_is(svsm_state(130), OPEN | PENDING, "IRQ-8: it is pending");
	guest_ok(!svsm_bind(130, SELF) && !__builtin_memcmp(&page, &want, PAGE_SIZE),
		 "IRQ-5: BIND where it is already changes nothing");
	svsm_is(svsm_counter(SELF, SVSM_COUNTER_MASKED), 1, "counted as masked");
	svsm_is(raise(130), SVSM_SUCCESS, "RAISE again");
	svsm_same(&page, &want, "RAISE-1: changes nothing");
	svsm_is(svsm_counter(SELF, SVSM_COUNTER_COALESCED), 1,
		"counted as coalesced");

	svsm_unmask(&page, 131);
	want.mask[2] &= ~BIT(3);
	guest_ok(!raise(131), "RAISE of one that is not masked");
	want.pir[2] |= BIT(3);
	want.groups = BIT(2);
	want.on = SVSM_EVENT_ON;
	svsm_same(&page, &want, "RAISE-5: pir, group and ON, nothing else");
	svsm_unmask(&page, 1023);
	want.mask[15] &= ~BIT(63);
	guest_ok(!raise(1023), "RAISE of the last source");
	want.pir[15] = BIT(63);
	want.groups |= BIT(15);
	svsm_same(&page, &want, "RAISE-3: pir and group; ON was set");
	svsm_is(svsm_counter(SELF, SVSM_COUNTER_SUPPRESSED_ON), 1,
		"counted as suppressed by ON");
	svsm_is(svsm_counter(SELF, SVSM_COUNTER_NOTIFIED), 0,
		"nothing was notified: the page is silent");

	/* Taken by the guest; SN on. */
	page.on = want.on = 0;
	page.groups = want.groups = 0;
	page.pir[15] = 0;
	page.sn = want.sn = SVSM_EVENT_SN;
	guest_ok(!raise(1023), "RAISE with SN");
	want.groups = BIT(15);
	svsm_same(&page, &want, "RAISE-4: pir and group, not ON");
	svsm_is(svsm_counter(SELF, SVSM_COUNTER_SUPPRESSED_SN), 1,
		"counted as suppressed by SN");

	/* The header is for the guest: the SVSM does not believe it. */
	__builtin_memset(&page, 0xFF, 0x40);
	__builtin_memset(&want, 0xFF, 0x40);
	page.sn = want.sn = 0;
	page.pir[15] = 0;
	guest_ok(!raise(1023), "RAISE with a header that the guest broke");
	want.on = SVSM_EVENT_ON;
	svsm_same(&page, &want, "PAGE-5: as ever");
	guest_ok(!close(131), "CLOSE of a pending source");
	want.pir[2] &= ~BIT(3);
	svsm_same(&page, &want, "IRQ-4: clears its pir bit and nothing else");
}

#define LEVEL_ROWS	15

static void level(void)
{
	fresh();
	guest_ok(!svsm_open(200, LEVEL_TRIGGER, SELF), "OPEN of a level source");
	want.level[3] = BIT(8);
	svsm_same(&page, &want, "IRQ-3c: sets its level bit");
	svsm_is(eoi(200), SVSM_ERR_INVALID_REQUEST, "LEVEL-3: EOI before a raise");
	guest_ok(!raise(200) && page.pir[3] == BIT(8), "LEVEL-1: RAISE");
	svsm_is(svsm_state(200), OPEN | PENDING | IN_SERVICE,
		"LEVEL-1: it is in service");
	page.pir[3] = 0;
	guest_ok(!raise(200) && !page.pir[3],
		 "LEVEL-1: is not raised before its EOI");
	guest_ok(!raise(200) && !page.pir[3], "LEVEL-1: however often");
	svsm_is(eoi(200), SVSM_SUCCESS, "LEVEL-2: EOI");
	guest_ok(page.pir[3] == BIT(8) &&
		 svsm_state(200) == (OPEN | PENDING | IN_SERVICE),
		 "LEVEL-1: is raised again, as it was meanwhile");
	page.pir[3] = 0;
	guest_ok(!eoi(200) && !page.pir[3], "LEVEL-2: EOI, and that was once");
	svsm_is(svsm_state(200), OPEN, "LEVEL-2: it is not in service");
	svsm_is(eoi(200), SVSM_ERR_INVALID_REQUEST, "LEVEL-3: EOI twice");
	guest_ok(!raise(200) && !close(200), "CLOSE of one in service");
	want.level[3] = 0;
	svsm_same(&page, &want, "IRQ-4: clears its pir and its level bit");
	guest_ok(!svsm_open(200, EDGE, SELF) && svsm_state(200) == OPEN,
		 "a new one of that number is not in service");
}

#define OPEN_ROWS	5

/* What a guest left from before must not be seen as a raise. */
static void opening(void)
{
	fresh();
	page.pir[4] = ~0ULL;
	page.mask[4] = 0;
	want = page;
	guest_ok(!svsm_open(256 + 20, EDGE, SELF), "OPEN over an old pir bit");
	want.pir[4] &= ~BIT(20);
	want.mask[4] |= BIT(20);
	svsm_same(&page, &want, "IRQ-3c: cleared and masked, nothing else changes");
	guest_ok(!svsm_open(256 + 21, LEVEL_TRIGGER, SELF), "a level source");
	want.pir[4] &= ~BIT(21);
	want.mask[4] |= BIT(21);
	want.level[4] = BIT(21);
	svsm_same(&page, &want, "IRQ-3c: the same, and its level bit");
	guest_ok(!close(256 + 20) && !close(256 + 21), "CLOSE");
}

#define LATCH_ROWS	14

static void latches(void)
{
	if (svsm_reset())
		guest_fail("RESET");
	guest_ok(!svsm_open(300, EDGE, SELF) && !svsm_open(301, LEVEL_TRIGGER, SELF) &&
		 !svsm_open(302, EDGE, SELF), "IRQ-3c: OPEN without a page");
	guest_ok(!raise(300) && !raise(301), "RAISE without a page");
	svsm_is(svsm_state(300), OPEN | LATCHED, "RAISE-0: an edge is latched");
	svsm_is(svsm_state(301), OPEN | LATCHED | IN_SERVICE,
		"RAISE-0: a level, too");
	svsm_is(svsm_state(302), OPEN, "what was not raised is not");
	if (svsm_page_register(&page, SELF, 0))
		guest_fail("PAGE_REGISTER");
	guest_ok(page.pir[4] == (BIT(300 - 256) | BIT(301 - 256)),
		 "PAGE-3: registration raises them");
	svsm_is(page.level[4], BIT(301 - 256), "PAGE-3: and sets level bits");
	guest_ok(!page.groups && !page.on, "PAGE-3: all is still masked");
	svsm_is(svsm_state(300), OPEN | PENDING, "the latch is empty");
	page.pir[4] &= ~BIT(300 - 256);
	if (svsm_page_unregister(SELF))
		guest_fail("PAGE_UNREGISTER");
	svsm_is(svsm_state(300), OPEN, "IRQ-2: what was taken is not latched");
	svsm_is(svsm_state(301), OPEN | LATCHED | IN_SERVICE,
		"IRQ-2: what was pending goes back to its latch");
	guest_ok(!close(301) && !svsm_open(301, EDGE, SELF) &&
		 svsm_state(301) == OPEN, "IRQ-4: CLOSE clears the latch");
	if (svsm_page_register(&page, SELF, 0))
		guest_fail("PAGE_REGISTER");
	svsm_is(page.pir[4], 0, "so nothing is raised by registration");
	svsm_is(svsm_counter(SELF, SVSM_COUNTER_LATCHED), 2, "counted as latched");
}

#define NUMBER_ROWS	4

static void numbers(void)
{
	u32 s, bad = 0;

	fresh();
	for (s = 64; s < SVSM_SOURCES_MAX; s++)
		bad += svsm_open(ANY, EDGE, SELF) || svsm_regs.rcx != s;
	svsm_is(bad, 0, "IRQ-3a: all from group 1 on, in order");
	svsm_is(svsm_open(ANY, EDGE, SELF), SVSM_ERR_IN_USE,
		"IRQ-3f: no number is free");
	for (bad = 0, s = 0; s < 64; s++)
		bad += svsm_open(s, EDGE, SELF) != 0;
	svsm_is(bad, 0, "group 0 by name");
	svsm_is(svsm_attach(SELF, ANY), SVSM_ERR_IN_USE,
		"TIMER-C1: no number is free in group 0");
}

#define COUNTER_ROWS	4

static void counters(void)
{
	union svsm_block block = { .page_query = { SELF, SVSM_COUNTER_COUNT } };

	fresh();
	svsm_is(svsm_irq(SVSM_IRQ_PAGE_QUERY, &block), SVSM_ERR_INVALID_PARAMETER,
		"IRQ-10: a counter behind the last one");
	block.page_query.first = ~0U;
	svsm_is(svsm_irq(SVSM_IRQ_PAGE_QUERY, &block), SVSM_ERR_INVALID_PARAMETER,
		"IRQ-10: counter 2^32 - 1");
	block.page_query.first = SVSM_COUNTER_COALESCED;
	if (svsm_open(70, EDGE, SELF) || raise(70) || raise(70) || raise(70))
		guest_fail("RAISE");
	guest_ok(!svsm_irq(SVSM_IRQ_PAGE_QUERY, &block) && svsm_regs.rcx == 2 &&
		 svsm_regs.rdx == 1 && svsm_regs.r8 == 0,
		 "IRQ-10: three at once: coalesced, masked, suppressed");
	block.page_query.first = SVSM_COUNTER_COUNT - 1;
	guest_ok(!svsm_irq(SVSM_IRQ_PAGE_QUERY, &block) && !svsm_regs.rdx &&
		 !svsm_regs.r8, "IRQ-10: zero behind the last one");
}

/** guest_main() - see the top of this file */
void guest_main(void)
{
	guest_init();
	guest_plan(ERROR_ROWS + HOST_ROWS + RAISE_ROWS + LEVEL_ROWS + OPEN_ROWS +
		   LATCH_ROWS + NUMBER_ROWS + COUNTER_ROWS);
	errors();
	host_vectors();
	raising();
	level();
	opening();
	latches();
	numbers();
	counters();
}
