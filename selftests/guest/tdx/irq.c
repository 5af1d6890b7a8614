// SPDX-License-Identifier: MIT
/*
 * Interrupts of one vCPU: its x2APIC as far as the CPU has it (TPR, EOI,
 * SELF_IPI and what can be read of it), the rest through the host; the timer,
 * HLT, NMI and a device.
 */
#include "guest.h"

#define ICR_SELF	(1UL << 18)
#define SOON		3000000		/* TSC ticks */
#define FAR		(1UL << 40)
#define TIMER_VECTOR	0x71

#define COM1_IER	0x3F9
#define IER_THRE	2
#define IOAPIC		(0xFEC00000UL | rt_shared_bit)
#define IOAPIC_COM1	(0x10 + 2 * 4)
#define DEVICE_VECTOR	0x61

/* vectors in the order of their arrival, with EOI or without */
static volatile u32 order[16];
static volatile u64 taken;
static volatile bool no_eoi;
static volatile u64 isr_seen;

static u64 apic_bits(u32 msr, u32 vector)
{
	return rt_rdmsr(msr + vector / 32) >> vector % 32 & 1;
}

static void eoi(void)
{
	rt_wrmsr(MSR_X2APIC_EOI, 0);
}

static void hook(u32 vector)
{
	if (taken < ARRAY_SIZE(order))
		order[taken] = vector;
	taken++;
	if (vector == VECTOR_NMI)
		return;
	isr_seen = apic_bits(MSR_X2APIC_ISR, vector);
	if (!no_eoi)
		eoi();
}

static void self_ipi(u32 vector)
{
	rt_wrmsr(MSR_X2APIC_SELF_IPI, vector);
}

/* a while with interrupts on, long enough for what is pending */
static void window(void)
{
	td_sti();
	asm volatile("nop; nop");
	td_cli();
}

/* the same with some exits to the host, for what comes from there */
static void long_window(void)
{
	u32 i;

	td_sti();
	for (i = 0; i < 100; i++)
		td_vmcall(VMCALL_CPUID, 0x40000000, 0, 0, 0);
	td_cli();
}

static void own(void)
{
	self_ipi(0x40);
	guest_equal(apic_bits(MSR_X2APIC_IRR, 0x40), 1, "IPI to oneself: in IRR");
	guest_equal(taken, 0, "not taken with interrupts off");
	window();
	guest_ok(taken == 1 && order[0] == 0x40, "taken with interrupts on");
	guest_equal(isr_seen, 1, "it was in ISR");
	guest_equal(apic_bits(MSR_X2APIC_IRR, 0x40) |
		    apic_bits(MSR_X2APIC_ISR, 0x40), 0, "and is in neither now");

	taken = 0;
	self_ipi(0x40);
	self_ipi(0x90);
	self_ipi(0x60);
	self_ipi(0x60);
	self_ipi(0xFF);
	window();
	guest_ok(taken == 4 && order[0] == 0xFF && order[1] == 0x90 &&
		 order[2] == 0x60 && order[3] == 0x40,
		 "several: by priority, each once");
}

static void priorities(void)
{
	taken = 0;
	no_eoi = true;
	self_ipi(0x60);
	window();
	guest_equal(rt_rdmsr(MSR_X2APIC_PPR), 0x60, "in service: PPR is its class");
	self_ipi(0x6F);
	self_ipi(0x55);
	window();
	guest_equal(taken, 1, "no interrupt of the same class, or below");
	self_ipi(0x70);
	window();
	guest_ok(taken == 2 && order[1] == 0x70, "one of a class above");
	guest_equal(rt_rdmsr(MSR_X2APIC_PPR), 0x70, "PPR is that class");
	eoi();
	guest_equal(rt_rdmsr(MSR_X2APIC_PPR), 0x60, "after its EOI the one before");
	no_eoi = false;
	eoi();
	window();
	guest_ok(taken == 4 && order[2] == 0x6F && order[3] == 0x55,
		 "after the next the others come");
	guest_equal(rt_rdmsr(MSR_X2APIC_PPR), 0, "PPR is 0 in the end");

	taken = 0;
	rt_wrmsr(MSR_X2APIC_TPR, 0x80);
	guest_equal(rt_rdmsr(MSR_X2APIC_TPR), 0x80, "TPR holds what was written");
	guest_equal(rt_rdmsr(MSR_X2APIC_PPR), 0x80, "so does PPR");
	self_ipi(0x8F);
	self_ipi(0x33);
	window();
	guest_equal(taken, 0, "TPR 0x80 holds back vectors to 0x8F");
	self_ipi(0x90);
	window();
	guest_ok(taken == 1 && order[0] == 0x90, "but not 0x90");
	rt_wrmsr(MSR_X2APIC_TPR, 0x40);
	window();
	guest_ok(taken == 2 && order[1] == 0x8F, "TPR 0x40 lets 0x8F pass");
	asm volatile("mov %0, %%cr8" : : "r"(0UL));
	window();
	guest_ok(taken == 3 && order[2] == 0x33, "CR8 0 lets all pass");
	guest_equal(rt_rdmsr(MSR_X2APIC_TPR), 0, "CR8 is TPR");
}

static void icr(u64 value)
{
	td_write_msr(MSR_X2APIC_ICR, value);
}

static void posted(void)
{
	u32 vector;

	taken = 0;
	icr(0x51);
	long_window();
	guest_ok(taken == 1 && order[0] == 0x51, "IPI by the host, to APIC 0");
	taken = 0;
	icr(0x52 | ICR_SELF);
	long_window();
	guest_ok(taken == 1 && order[0] == 0x52, "by shorthand");
	taken = 0;
	icr(0x53 | ICR_ALL_BUT_SELF);
	icr(0x54 | 7UL << 32);
	long_window();
	guest_equal(taken, 0, "not to others");
	icr(31);
	long_window();
	guest_ok(taken == 1 && order[0] == 31, "vector 31 arrives");
	/* an exception would be the end */
	for (vector = 0; vector < 31; vector++)
		td_vmcall(VMCALL_WRMSR, MSR_X2APIC_ICR, vector, 0, 0);
	long_window();
	guest_equal(taken, 1, "vectors below 31 do not");
	guest_equal(rt_rdmsr(MSR_X2APIC_IRR), 0, "nor are they in IRR");
	icr(0x55);
	long_window();
	guest_ok(taken == 2 && order[1] == 0x55, "others still do");
}

static void arm(u64 deadline)
{
	td_write_msr(MSR_TSC_DEADLINE, deadline);
}

static u64 halt(bool blocked)
{
	return td_vmcall(VMCALL_HLT, blocked, 0, 0, 0);
}

static void timer(void)
{
	u64 deadline;

	taken = 0;
	td_write_msr(MSR_X2APIC_TIMER, TIMER_VECTOR | TIMER_TSC_DEADLINE);
	deadline = td_tsc() + FAR;
	arm(deadline);
	guest_equal(td_read_msr(MSR_TSC_DEADLINE), deadline, "a deadline is set");
	deadline = td_tsc() + SOON;
	arm(deadline);
	td_sti();
	guest_ok(td_wait(&taken, 1) && td_tsc() >= deadline,
		 "the timer rings, and not too early");
	td_cli();
	guest_equal(order[0], TIMER_VECTOR, "with its vector");
	guest_equal(td_read_msr(MSR_TSC_DEADLINE), 0, "and is off then");
	taken = 0;
	arm(1);
	long_window();
	guest_ok(taken == 1 && order[0] == TIMER_VECTOR,
		 "a deadline that is past rings at once");
	/* in time, that is */
	do {
		window();
		taken = 0;
		deadline = td_tsc() + SOON;
		arm(deadline);
		arm(0);
	} while (td_tsc() >= deadline);
	td_sti();
	while (td_tsc() < deadline + SOON)
		td_vmcall(VMCALL_CPUID, 0x40000000, 0, 0, 0);
	td_cli();
	guest_equal(taken, 0, "a deadline of 0 is none");
}

static void halts(void)
{
	u64 deadline = td_tsc() + SOON, after, status;

	taken = 0;
	arm(deadline);
	status = halt(false);
	after = td_tsc();
	guest_equal(status, VMCALL_SUCCESS, "HLT, interrupts off");
	guest_ok(after >= deadline, "until the timer rings");
	guest_ok(taken == 0 && apic_bits(MSR_X2APIC_IRR, TIMER_VECTOR) == 1,
		 "which is pending then, not taken");
	guest_equal(halt(false), VMCALL_SUCCESS,
		    "HLT again: not while something is pending");
	window();
	guest_equal(taken, 1, "with interrupts on it is taken");
	taken = 0;
	deadline = td_tsc() + SOON;
	arm(deadline);
	td_sti_halt();
	guest_ok(taken == 1 && td_tsc() >= deadline, "HLT, interrupts on");
	self_ipi(0x41);
	td_sti_halt();
	guest_equal(taken, 2, "STI and HLT with something pending");
	/* what TPR holds back is no reason to go on */
	taken = 0;
	rt_wrmsr(MSR_X2APIC_TPR, 0x40);
	self_ipi(0x35);
	deadline = td_tsc() + SOON;
	arm(deadline);
	halt(false);
	guest_ok(td_tsc() >= deadline, "HLT does not end by what TPR holds back");
	rt_wrmsr(MSR_X2APIC_TPR, 0);
	window();
	guest_equal(taken, 2, "both are taken in the end");
}

static void nmi(void)
{
	struct attempt a = { 0 };

	taken = 0;
	icr(ICR_NMI);
	td_vmcall(VMCALL_CPUID, 0x40000000, 0, 0, 0);
	guest_ok(taken == 1 && order[0] == VECTOR_NMI,
		 "NMI arrives with interrupts off");
	taken = 0;
	td_keep_ve = true;
	guest_attempt(insn_wbinvd, &a);
	td_keep_ve = false;
	icr(ICR_NMI);
	td_vmcall(VMCALL_CPUID, 0x40000000, 0, 0, 0);
	guest_equal(taken, 0, "but not before #VE information is read");
	td_read_ve();
	td_vmcall(VMCALL_CPUID, 0x40000000, 0, 0, 0);
	guest_ok(td_ve.reason == VE_WBINVD && taken == 1,
		 "when it is read the NMI comes");
}

static u64 mmio_write(u64 index, u64 value)
{
	return td_vmcall(VMCALL_MMIO, 4, 1, IOAPIC, index) |
	       td_vmcall(VMCALL_MMIO, 4, 1, IOAPIC + 0x10, value);
}

static void device(void)
{
	taken = 0;
	guest_equal(mmio_write(IOAPIC_COM1 + 1, 0) |
		    mmio_write(IOAPIC_COM1, DEVICE_VECTOR), 0,
		    "the IO-APIC has COM1's interrupt for APIC 0");
	rt_out(COM1_IER, 1, IER_THRE);
	td_sti();
	td_wait(&taken, 1);
	td_cli();
	rt_out(COM1_IER, 1, 0);
	guest_ok(taken >= 1 && order[0] == DEVICE_VECTOR, "it arrives");
	mmio_write(IOAPIC_COM1, 1 << 16 | DEVICE_VECTOR);
	long_window();
	taken = 0;
	rt_out(COM1_IER, 1, IER_THRE);
	long_window();
	rt_out(COM1_IER, 1, 0);
	guest_equal(taken, 0, "but not when it is masked");
}

/** guest_main() - see the top of this file */
void guest_main(void)
{
	td_init();
	guest_irq_hook = hook;
	guest_plan(6 + 14 + 7 + 6 + 9 + 3 + 3);
	td_apic_on();
	own();
	priorities();
	posted();
	timer();
	halts();
	nmi();
	device();
}
