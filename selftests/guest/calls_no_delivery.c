// SPDX-License-Identifier: MIT
/*
 * A host that cannot assert a vector on entry (the machine's "no-one-exit"):
 * no notifications, and nothing guesses (abi.rst: HOST-4, IRQ-1d).
 */
#include "svsm.h"

#define SELF	SVSM_APIC_ID_SELF

static struct svsm_event_page page __attribute__((aligned(4096)));
static struct svsm_event_page want __attribute__((aligned(4096)));

/** guest_main() - see the top of this file */
void guest_main(void)
{
	u32 vector, bad = 0;

	guest_init();
	guest_plan(11);
	svsm_irq_on(&page);
	svsm_leave_on = true;
	guest_ok(!svsm_irq(SVSM_IRQ_QUERY, NULL) &&
		 SVSM_QUERY_MODE(svsm_regs.r8) == SVSM_DELIVERY_NONE,
		 "HOST-4: delivery mode 0xFF");
	for (vector = 32; vector < 256; vector++)
		bad += vector != 0x80 && svsm_page_register(&page, SELF, vector) !=
					 SVSM_ERR_NO_DELIVERY;
	svsm_is(bad, 0, "IRQ-1d: PAGE_REGISTER with any vector");
	for (bad = 0, vector = 1; vector < 32; vector++)
		bad += svsm_page_register(&page, SELF, vector) != SVSM_ERR_VECTOR;
	svsm_is(bad, 0, "IRQ-1d: with a bad vector");
	svsm_is(page.magic, 0, "the page was not written to");
	svsm_is(svsm_page_register(&page, SELF, 0), SVSM_SUCCESS,
		"IRQ-1a: PAGE_REGISTER without one");
	want = page;
	svsm_is(svsm_page_register(&page, SELF, NV), SVSM_ERR_NO_DELIVERY,
		"IRQ-1d: a vector later on");
	svsm_same(&page, &want, "changes nothing");
	svsm_is(svsm_page_register(&page, SELF, 0), SVSM_SUCCESS,
		"IRQ-1b: none again");
	if (svsm_open(70, SVSM_TRIGGER_EDGE, SELF))
		guest_fail("SOURCE_OPEN");
	svsm_unmask(&page, 70);
	svsm_is(svsm_source(SVSM_IRQ_SOURCE_RAISE, 70), SVSM_SUCCESS, "RAISE");
	guest_ok(page.pir[1] == BIT(6) && page.groups == BIT(1) && page.on == 1,
		 "RAISE-5: in the page as ever");
	svsm_enter_often();
	for (bad = 0, vector = 0; vector < 256; vector++)
		bad += guest_irqs[vector];
	svsm_is(bad, 0, "HOST-4: nothing arrives as an interrupt");
}
