// SPDX-License-Identifier: MIT
/*
 * Restricted injection: the #HV doorbell page, IPIs through the host, and the
 * timer deadline of the one-exit switch (GHCB specification: #HV Doorbell
 * Page, #HV IPI). Image with SEV_FEATURES 9: SNP and restricted injection.
 */
#include "level.h"

#define DOORBELL_SET		1
#define DOORBELL_QUERY		2
#define DOORBELL_CLEAR		3
#define FLAG_NMI		0x01
#define FLAG_NFS		0x80
#define ICR_NMI			(4 << 8)

#define MSR_X2APIC_EOI		0x80B
#define MSR_X2APIC_TIMER	0x832
#define TIMER_TSC_DEADLINE	(2 << 17)
#define TIMER_VECTOR		0x71
#define SOON			2000000	/* TSC ticks */
#define ENTRIES			100

struct doorbell {
	u8 vector;
	u8 flags;
	u8 no_eoi_required;
	u8 per_vmpl_events;
	u8 rest[PAGE_SIZE - 4];
};

static volatile struct doorbell doorbell __attribute__((aligned(4096)));
static u8 private_page[PAGE_SIZE] __attribute__((aligned(4096)));

static int bell(u64 what, u64 gpa)
{
	rt_ghcb_clear();
	return rt_ghcb_exit(NAE_HV_DOORBELL, what, gpa);
}

static int ipi(u64 icr)
{
	int err;

	rt_ghcb_clear();
	err = rt_ghcb_exit(NAE_HV_IPI, icr, 0);
	/* #HV may come with the exit or at the next entry after it. */
	if (!err)
		rt_hv_features();
	return err;
}

static void setting(void)
{
	guest_ok(bell(DOORBELL_SET, (u64)private_page) == GHCB_MALFORMED,
		 "doorbell in private memory is refused");
	guest_ok(bell(DOORBELL_SET, (u64)&doorbell + 8) == GHCB_MALFORMED,
		 "unaligned doorbell is refused");
	guest_ok(bell(9, 0) == GHCB_MALFORMED, "unknown action is refused");
	guest_ok(bell(DOORBELL_SET, (u64)&doorbell) == 0 &&
		 rt_ghcb_get(GHCB_INFO2) == (u64)&doorbell, "doorbell is set");
	guest_ok(bell(DOORBELL_QUERY, 0) == 0 &&
		 rt_ghcb_get(GHCB_INFO2) == (u64)&doorbell, "and known");
}

static void clear_nfs(void)
{
	__atomic_fetch_and(&doorbell.flags, (u8)~FLAG_NFS, __ATOMIC_SEQ_CST);
}

static u8 take(void)
{
	return __atomic_exchange_n(&doorbell.vector, 0, __ATOMIC_SEQ_CST);
}

static void interrupts(void)
{
	guest_ok(!guest_x2apic_on(), "own APIC on");
	guest_ok(!ipi(0x60), "IPI to oneself");
	guest_ok(guest_irqs[VECTOR_HV] == 1, "#HV came, with interrupts off");
	guest_ok(doorbell.vector == 0x60, "the page names the vector");
	guest_ok(doorbell.flags & FLAG_NFS, "NoFurtherSignal is set");

	guest_ok(!ipi(0x90), "a second IPI");
	guest_ok(guest_irqs[VECTOR_HV] == 1, "no #HV while NoFurtherSignal is set");
	guest_ok(doorbell.vector == 0x90, "the higher vector is in the page");
	clear_nfs();
	guest_ok(take() == 0x90, "taken: in service");
	rt_hv_features();
	guest_ok(doorbell.vector == 0, "the lower one waits for its end");
	guest_ok(!guest_msr_write(MSR_X2APIC_EOI, 0), "EOI");
	rt_hv_features();
	guest_ok(doorbell.vector == 0x60, "now it is in the page");
	guest_ok(guest_irqs[VECTOR_HV] == 2, "and was signalled");
	clear_nfs();
	guest_ok(take() == 0x60, "taken");
	rt_hv_features();
	guest_ok(!guest_msr_write(MSR_X2APIC_EOI, 0), "EOI");
	rt_hv_features();
	guest_ok(doorbell.vector == 0 && guest_irqs[VECTOR_HV] == 2,
		 "nothing is left");

	guest_ok(!ipi(ICR_NMI), "NMI to oneself");
	guest_ok(guest_irqs[VECTOR_HV] == 3 && (doorbell.flags & FLAG_NMI),
		 "#HV came, the flag is set");
	__atomic_fetch_and(&doorbell.flags, (u8)~(FLAG_NMI | FLAG_NFS),
			   __ATOMIC_SEQ_CST);
	guest_ok(ipi(5) == GHCB_MALFORMED, "vector 5 is refused");
	guest_ok(ipi(0x60 | 2 << 8) == GHCB_MALFORMED, "SMI is refused");
	guest_ok(guest_irqs[0x60] == 0 && guest_irqs[0x90] == 0 && guest_irqs[2] == 0,
		 "nothing was injected but #HV");
}

static u64 tsc(void)
{
	u32 low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high));
	return (u64)high << 32 | low;
}

/* VMPL2 runs in a loop; the deadline of VMPL0 brings it back. */
static void deadline(void)
{
	u64 before, hvs = guest_irqs[VECTOR_HV];
	u32 i;

	guest_ok(!guest_msr_write(MSR_X2APIC_TIMER,
				  TIMER_VECTOR | TIMER_TSC_DEADLINE),
		 "timer in deadline mode");
	level_create();
	level_run(LEVEL_NOTHING, 0, 0);
	level_start(LEVEL_CLI_SPIN, 0, 0);
	level_spins = 0;
	rt_ghcb_clear();
	before = tsc();
	rt_ghcb_put(GHCB_RCX, before + SOON);
	guest_ok(level_enter(0) == 0, "switch with a deadline");
	guest_ok(!level_done() && guest_irqs[VECTOR_HV] == hvs + 1,
		 "#HV interrupts VMPL2 in its loop");
	guest_ok(doorbell.vector == TIMER_VECTOR, "it is the timer's vector");
	guest_ok(tsc() >= before + SOON, "not before its time");
	clear_nfs();
	take();
	guest_msr_write(MSR_X2APIC_EOI, 0);
	for (i = 0; i < ENTRIES && !level_done(); i++) {
		rt_ghcb_clear();
		level_enter(0);
	}
	guest_ok(level_done(), "VMPL2 ends its loop");
	guest_ok(guest_irqs[VECTOR_HV] == hvs + 1 && guest_irqs[TIMER_VECTOR] == 0,
		 "one deadline, one #HV");
}

/** guest_main() - see the top of this file */
void guest_main(void)
{
	guest_init();
	guest_plan(5 + 21 + 7 + 2);
	guest_share((void *)&doorbell);
	setting();
	interrupts();
	deadline();
	guest_irqs[VECTOR_HV] = 0;
	guest_ok(bell(DOORBELL_CLEAR, 0) == 0, "doorbell is cleared");
	ipi(0x60);
	guest_ok(!guest_irqs[VECTOR_HV] && !doorbell.vector, "and rings no more");
}
