// SPDX-License-Identifier: MIT
/*
 * Pages that vanish below the SVSM: the host takes them and puts others in
 * their place, which are not validated (abi.rst: LOST-*, BAD-7, IRQ-1c).
 */
#include "svsm.h"

#define SELF	SVSM_APIC_ID_SELF
#define EDGE	SVSM_TRIGGER_EDGE
#define OPEN	SVSM_SOURCE_STATE_OPEN
#define LATCHED	SVSM_SOURCE_STATE_LATCHED
#define LOST	SVSM_SOURCE_STATE_LOST

static struct svsm_event_page first __attribute__((aligned(4096)));
static struct svsm_event_page second __attribute__((aligned(4096)));
static u8 block[PAGE_SIZE] __attribute__((aligned(4096)));
static u8 dummy[PAGE_SIZE] __attribute__((aligned(4096)));

/* The host's trick, which the guest asks for to have it at a known time. */
static void vanish(const void *page)
{
	u64 gpa = (u64)page;
	struct attempt a;

	if (rt_page_state(gpa, gpa + PAGE_SIZE, PSC_SHARED) ||
	    rt_page_state(gpa, gpa + PAGE_SIZE, PSC_PRIVATE))
		guest_fail("page-state change");
	guest_read(&a, gpa);
	if (a.vector != VECTOR_VC || a.error != VC_NOT_VALIDATED)
		guest_fail("the page is still there");
}

static void must(u64 ret, const char *what)
{
	if (ret)
		guest_fail(what);
}

static u64 page_query(void)
{
	union svsm_block b = { .page_query = { SELF, 0 } };

	return svsm_irq(SVSM_IRQ_PAGE_QUERY, &b);
}

static u64 raise(u32 source)
{
	return svsm_source(SVSM_IRQ_SOURCE_RAISE, source);
}

#define PAGE_ROWS	20

static void event_page(void)
{
	must(svsm_page_register(&first, SELF, NV), "PAGE_REGISTER");
	must(svsm_open(70, EDGE, SELF) || svsm_open(71, EDGE, SELF), "OPEN");
	must(svsm_attach(SELF, 0), "TIMER ATTACH");
	svsm_unmask(&first, 71);
	must(raise(71), "RAISE");
	svsm_window();
	vanish(&first);

	svsm_is(raise(70), SVSM_SUCCESS, "LOST-2: a raise into a lost page");
	svsm_is(svsm_state(70), OPEN | LATCHED | LOST, "LOST-2: latches");
	svsm_is(svsm_state(71), OPEN | LOST,
		"LOST-3: what was pending is lost with the page");
	svsm_is(page_query(), SVSM_ERR_LOST, "LOST-2: PAGE_QUERY");
	svsm_is(svsm_arm(), SVSM_ERR_LOST, "LOST-2: TIMER ARM");
	guest_irqs[NV] = 0;
	svsm_enter_often();
	svsm_is(guest_irqs[NV], 0, "LOST-2: nothing is notified");
	svsm_is(svsm_pvalidate((u64)&first | LIST_VALIDATE),
		SVSM_ERR_INVALID_REQUEST, "BAD-5: it is registered still");
	svsm_is(svsm_page_register(&second, SELF, NV), SVSM_SUCCESS,
		"LOST-4: another page for the vCPU");
	guest_ok(second.magic == SVSM_EVENT_PAGE_MAGIC && second.pir[1] == BIT(6),
		 "PAGE-3: in which the latch is raised");
	svsm_is(svsm_state(70), OPEN | SVSM_SOURCE_STATE_PENDING,
		"the source is pending");
	svsm_is(svsm_arm(), SVSM_ERR_INVALID_REQUEST,
		"IRQ-1c: the timer went with the old page");
	svsm_is(svsm_attach(SELF, 0), SVSM_SUCCESS, "another one can come");
	svsm_is(svsm_pvalidate((u64)&first | LIST_VALIDATE), SVSM_SUCCESS,
		"LOST-4: the old page is free");
	guest_ok(!first.magic && !first.pir[1], "CORE-3: and empty");

	vanish(&second);
	svsm_is(svsm_page_register(&second, SELF, NV), SVSM_ERR_LOST,
		"IRQ-1d: another vector finds that it is lost");
	svsm_is(svsm_attach(SELF, 5), SVSM_ERR_LOST, "LOST-2: TIMER ATTACH");
	svsm_is(svsm_page_register(&second, SELF, NV), SVSM_ERR_INVALID_ADDRESS,
		"IRQ-1c: the same page again, which is not validated");
	svsm_is(page_query(), SVSM_ERR_NO_PAGE, "LOST-4: the old one is gone");
	must(svsm_pvalidate((u64)&second | LIST_VALIDATE), "PVALIDATE");
	svsm_is(svsm_page_register(&second, SELF, NV), SVSM_SUCCESS,
		"the same page again, validated");
	vanish(&second);
	svsm_is(svsm_page_unregister(SELF), SVSM_SUCCESS,
		"IRQ-2: PAGE_UNREGISTER of a lost page");
}

#define TIMER_ROWS	5

/* The SVSM looks at the page by itself. */
static void timer(void)
{
	must(svsm_reset(), "RESET");
	must(svsm_page_register(&first, SELF, 0), "PAGE_REGISTER");
	must(svsm_attach(SELF, 0), "TIMER ATTACH");
	must(svsm_open(70, SVSM_TRIGGER_LEVEL, SELF), "OPEN");
	must(raise(70), "RAISE");
	first.timer_deadline = 1;
	vanish(&first);
	svsm_is(svsm_irq(SVSM_IRQ_QUERY, NULL), SVSM_SUCCESS,
		"a look at a lost timer does no harm");
	svsm_is(page_query(), SVSM_ERR_LOST, "LOST-2: and finds the loss");
	must(svsm_pvalidate((u64)&second | LIST_VALIDATE |
			    LIST_IGNORE_UNCHANGED), "PVALIDATE");
	svsm_is(svsm_page_register(&second, SELF, 0), SVSM_SUCCESS,
		"LOST-4: another page");
	guest_ok(second.pir[1] == BIT(6),
		 "LOST-3: a level source in service is raised in it");
	svsm_is(svsm_reset(), SVSM_SUCCESS, "RESET");
}

#define OTHER_ROWS	11

static void others(void)
{
	struct svsm_list *list = (struct svsm_list *)block;
	struct svsm_regs regs = { SVSM_CALL(SVSM_PROTO_CORE,
					    CORE_QUERY_PROTOCOL), 1, 2, 3, 4 };

	must(svsm_pvalidate((u64)&first | LIST_VALIDATE |
			    LIST_IGNORE_UNCHANGED), "PVALIDATE");
	vanish(&first);
	svsm_is(svsm_page_register(&first, SELF, 0), SVSM_ERR_INVALID_ADDRESS,
		"BAD-7: PAGE_REGISTER of a page that vanished");
	svsm_is(page_query(), SVSM_ERR_NO_PAGE, "nothing is registered");
	vanish(block);
	svsm_is(svsm_block_at(SVSM_PROTO_IRQ, SVSM_IRQ_QUERY, (u64)block),
		SVSM_ERR_INVALID_ADDRESS, "BAD-7: block in a page that vanished");
	svsm_is(svsm_block_at(SVSM_PROTO_CORE, CORE_PVALIDATE, (u64)list),
		SVSM_ERR_INVALID_ADDRESS, "BAD-7: list in it");
	svsm_is(svsm_call(SVSM_PROTO_CORE, CORE_REMAP_CA, (u64)block, 0, 0, 0),
		SVSM_ERR_INVALID_ADDRESS, "BAD-7: REMAP_CA onto it");
	svsm_is(svsm_call(SVSM_PROTO_CORE, CORE_CREATE_VCPU, (u64)block,
			  (u64)dummy, svsm_self, 0),
		SVSM_ERR_INVALID_ADDRESS, "BAD-7: CREATE_VCPU with it");
	svsm_is(svsm_pvalidate((u64)block), PVALIDATE_UNCHANGED,
		"PVALIDATE: rescind it");
	svsm_is(svsm_pvalidate((u64)block | LIST_VALIDATE), SVSM_SUCCESS,
		"PVALIDATE: validate it");
	__builtin_memset(block, 0, SVSM_BLOCK_SIZE);
	svsm_is(svsm_block_at(SVSM_PROTO_IRQ, SVSM_IRQ_QUERY, (u64)block),
		SVSM_SUCCESS, "block in it");

	/* The last thing: without a calling area there are no calls. */
	vanish(svsm_area);
	guest_ok(!svsm_exit(dummy, &regs, true),
		 "BAD-7: calling area that vanished: no answer");
	guest_ok(regs.rax == SVSM_CALL(SVSM_PROTO_CORE, CORE_QUERY_PROTOCOL) &&
		 regs.rcx == 1 && regs.rdx == 2 && regs.r8 == 3 && regs.r9 == 4,
		 "BAD-7: and registers as they were");
}

/** guest_main() - see the top of this file */
void guest_main(void)
{
	guest_init();
	guest_plan(PAGE_ROWS + TIMER_ROWS + OTHER_ROWS);
	svsm_irq_on(&second);
	svsm_leave_on = true;
	event_page();
	timer();
	others();
}
