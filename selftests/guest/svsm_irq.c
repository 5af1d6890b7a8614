// SPDX-License-Identifier: MIT
/*
 * A guest that takes notifications on its boot vCPU: Documentation/abi.rst,
 * "Take". Interrupts are on in windows only, so that the handler has the GHCB
 * page for itself.
 */
#include "svsm.h"

#define TIME_LIMIT_S	20

bool svsm_leave_on;
volatile u64 svsm_taken[SVSM_SOURCES_MAX];
volatile u64 svsm_taken_tsc;

static struct svsm_event_page *page;

/** svsm_tsc() - time-stamp counter, not earlier than what precedes. */
u64 svsm_tsc(void)
{
	u32 low, high;

	asm volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (u64)high << 32 | low;
}

static void take_group(u32 g)
{
	u64 todo, bit, old;

	todo = __atomic_load_n(&page->pir[g], __ATOMIC_SEQ_CST) &
	       ~__atomic_load_n(&page->mask[g], __ATOMIC_SEQ_CST);
	for (; todo; todo &= ~bit) {
		bit = todo & (0 - todo);
		old = __atomic_fetch_and(&page->pir[g], ~bit, __ATOMIC_SEQ_CST);
		if (!(old & bit))
			continue;
		svsm_taken_tsc = svsm_tsc();
		svsm_taken[g * 64 + (u32)__builtin_ctzll(bit)]++;
	}
}

static void take(void)
{
	u64 groups;

	__atomic_exchange_n(&page->on, 0, __ATOMIC_SEQ_CST);
	while ((groups = __atomic_exchange_n(&page->groups, 0,
					     __ATOMIC_SEQ_CST))) {
		for (; groups; groups &= groups - 1)
			take_group((u32)__builtin_ctzll(groups) %
				   SVSM_GROUPS_MAX);
	}
}

static void handler(u32 vector)
{
	(void)vector;
	if (!svsm_leave_on)
		take();
	if (guest_msr_write(MSR_X2APIC_EOI, 0))
		guest_fail("EOI");
}

/**
 * svsm_irq_on() - switch this vCPU's APIC on and take what comes
 * @event_page: the vCPU's page, registered or about to be
 */
void svsm_irq_on(struct svsm_event_page *event_page)
{
	page = event_page;
	guest_irq_hook = handler;
	if (guest_x2apic_on() || guest_msr_write(MSR_X2APIC_TPR, 0))
		guest_fail("x2APIC");
}

/** svsm_window() - let in what is deliverable now. */
void svsm_window(void)
{
	asm volatile("sti; nop; nop; cli" : : : "memory");
}

/**
 * svsm_wait() - interrupts on until a condition holds
 * @done: condition
 *
 * Makes no exit to the host: what comes, comes by itself. The limit is far
 * beyond anything that a loaded computer needs.
 *
 * Return: it holds.
 */
bool svsm_wait(bool (*done)(void))
{
	u64 end = svsm_tsc() + TIME_LIMIT_S * 1000 *
		  (page->tsc_khz ? page->tsc_khz : 1000000ULL);
	bool held;

	do {
		asm volatile("sti; nop; nop; nop; nop; cli" : : : "memory");
		held = done();
	} while (!held && svsm_tsc() < end);
	return held;
}

/** svsm_unmask() - clear the mask bit of @source, nothing else. */
void svsm_unmask(struct svsm_event_page *event_page, u32 source)
{
	__atomic_fetch_and(&event_page->mask[source / 64],
			   ~BIT_ULL(source % 64), __ATOMIC_SEQ_CST);
}

/** svsm_enter_often() - many entries into this guest, a window after each. */
void svsm_enter_often(void)
{
	u32 i;

	for (i = 0; i < 50; i++) {
		if (svsm_irq(SVSM_IRQ_QUERY, NULL))
			guest_fail("QUERY");
		svsm_window();
	}
}
