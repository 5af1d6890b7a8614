// SPDX-License-Identifier: MIT
/*
 * A host that misbehaves, by an option of the machine: what it can do to a TD,
 * and what it cannot. The command line says what it does.
 */
#include "guest.h"

#define TIMER_VECTOR	0x71
#define POSTED		0x51		/* option post */
#define UNLISTED	0x52		/* option post-unlisted */
#define QUIET_PORT	0xF8		/* 0: post no more */
#define HALTS		200
#define REQUESTS	10000
#define ERROR_EVERY	2000		/* option vmcall-error */
#define LATE_US		100000		/* option tick-late */
#define TSC_UNIT_MHZ	25
#define STORM_EXITS	2000

static volatile u64 seen[256], total;

static void hook(u32 vector)
{
	seen[vector]++;
	total++;
	if (vector != VECTOR_NMI)
		rt_wrmsr(MSR_X2APIC_EOI, 0);
}

static void some_exits(u32 count)
{
	while (count--)
		td_vmcall(VMCALL_CPUID, 0x40000000, 0, 0, 0);
}

static void arm(u64 deadline)
{
	td_write_msr(MSR_X2APIC_TIMER, TIMER_VECTOR | TIMER_TSC_DEADLINE);
	td_write_msr(MSR_TSC_DEADLINE, deadline);
}

/* post=0x51 post-unlisted=0x52 post-ms=1 */
static void post(void)
{
	u64 before;
	u32 i;

	guest_plan(4);
	for (i = 0; i < HALTS && (seen[POSTED] < 10 || seen[UNLISTED] < 10); i++)
		td_sti_halt();
	guest_ok(seen[POSTED] >= 10 && seen[UNLISTED] >= 10,
		 "the host posts two vectors");
	guest_equal(total, seen[POSTED] + seen[UNLISTED], "and no others");
	rt_out(QUIET_PORT, 1, 0);
	td_sti();
	some_exits(100);
	td_cli();
	before = total;
	arm(td_tsc() + 50000000);
	td_sti_halt();
	guest_ok(total == before + 1 && seen[TIMER_VECTOR] == 1,
		 "it can be told to stop");
	rt_out(QUIET_PORT, 1, 1);
	td_sti();
	guest_ok(td_wait(&seen[POSTED], before), "and to go on");
	td_cli();
}

/* post=31 post-ms=1 */
static void post_31(void)
{
	u32 i;

	guest_plan(1);
	for (i = 0; i < HALTS && seen[31] < 10; i++)
		td_sti_halt();
	guest_ok(seen[31] >= 10, "vector 31 arrives");
}

/* post=V post-ms=1, V below 31: an exception would be the end */
static void post_low(void)
{
	u32 i;

	guest_plan(3);
	for (i = 0; i < 20; i++) {
		arm(td_tsc() + 10000000);
		td_sti_halt();
	}
	guest_equal(seen[TIMER_VECTOR], 20, "timer interrupts arrive");
	guest_equal(total, 20, "nothing else does");
	guest_equal(rt_rdmsr(MSR_X2APIC_IRR), 0, "or is in IRR");
}

/* storm: any vectors from 32, after each exit */
static void storm(void)
{
	u64 posted = 0, low = 0;
	u32 i;

	guest_plan(3);
	td_sti();
	some_exits(STORM_EXITS);
	td_cli();
	for (i = 0; i < 256; i++) {
		if (i >= 32)
			posted += seen[i] != 0;
		else
			low += seen[i];
	}
	guest_ok(total > STORM_EXITS / 2, "interrupts come after nearly each exit");
	guest_ok(posted > 150, "with most vectors");
	guest_equal(low, 0, "and none below 32");
}

/* take-page=AREA take-after=1000: the host puts another page there */
static void take(void)
{
	volatile u64 *p = (u64 *)AREA;
	struct attempt a = { .vector = -1 };
	u32 i;

	guest_plan(6);
	if (rt_accept(AREA, AREA + PAGE_SIZE))
		guest_fail("ACCEPT");
	*p = PATTERN;
	for (i = 0; i < 10000 && a.vector < 0; i++) {
		some_exits(1);
		guest_read(&a, AREA);
	}
	guest_ok(a.vector == VECTOR_VE && td_ve.reason == VE_EPT_VIOLATION,
		 "a page that was accepted is #VE");
	guest_equal(td_ve.gpa, AREA, "it is that page");
	guest_equal(td_call(TDG_MEM_PAGE_ATTR_RD, AREA, 0, 0, 0), TDX_SUCCESS,
		    "ATTR.RD");
	guest_ok(td.rcx >> 62 & 1, "says pending");
	guest_equal(rt_accept_page(AREA, false), TDX_SUCCESS,
		    "ACCEPT: it is not \"already accepted\"");
	guest_equal(*p, 0, "its contents are lost");
}

/* the same without #VE: the end */
static void taken(void)
{
	volatile u64 *p = (u64 *)AREA;
	u32 i;

	if (rt_accept(AREA, AREA + PAGE_SIZE))
		guest_fail("ACCEPT");
	*p = PATTERN;
	for (i = 0; i < 10000; i++) {
		some_exits(1);
		if (*p != PATTERN)
			guest_fail("memory has changed");
	}
	guest_fail("the page is never taken");
}

/* vmcall-error=2000: every 2000th request is answered with garbage */
static void error(void)
{
	u64 eax, ebx, ecx, edx, wrong = 0, info;
	u32 i;

	td_vmcall(VMCALL_CPUID, 0x40000000, 0, 0, 0);
	eax = td.r12;
	ebx = td.r13;
	ecx = td.r14;
	edx = td.r15;
	for (i = 0; i < REQUESTS; i++) {
		if (td_vmcall(VMCALL_CPUID, 0x40000000, 0, 0, 0) ||
		    td.r12 != eax || td.r13 != ebx || td.r14 != ecx ||
		    td.r15 != edx)
			wrong++;
		if (td.rcx != VMCALL_REGS || td.rdx != PATTERN ||
		    td.rsi != PATTERN || td.r8 != PATTERN)
			guest_end(GUEST_FAIL);
	}
	/* after one lie there is time to print without another */
	do {
		td_vmcall(VMCALL_CPUID, 0x40000000, 0, 0, 0);
	} while (!td.r10 && td.r13 == ebx && td.r14 == ecx);
	guest_plan(2);
	guest_equal(wrong, REQUESTS / ERROR_EVERY,
		    "every 2000th request is answered with garbage");
	info = td_call(TDG_VP_INFO, 0, 0, 0, 0);
	guest_ok(!info && td.rcx == 52 && !td.r9, "TDCALL leaves are not the host's");
}

/* tick-early=60000000: a minute */
static void early(void)
{
	u64 deadline = td_tsc() + 30000000UL *
		       td_read_field(TDG_VM_RD, TD_TSC_FREQUENCY) * TSC_UNIT_MHZ;

	guest_plan(1);
	arm(deadline);
	td_sti_halt();
	guest_ok(seen[TIMER_VECTOR] == 1 && td_tsc() < deadline,
		 "the timer rings before its time");
}

/* tick-late=100000 */
static void late(void)
{
	u64 ticks = LATE_US * TSC_UNIT_MHZ *
		    td_read_field(TDG_VM_RD, TD_TSC_FREQUENCY);
	u64 start = td_tsc();

	guest_plan(1);
	arm(start + 1);
	td_sti_halt();
	/* the field's unit is coarse */
	guest_ok(seen[TIMER_VECTOR] == 1 && td_tsc() >= start + ticks / 10 * 9,
		 "the timer rings long after its time");
}

static const struct {
	const char *name;
	void (*test)(void);
} tests[] = {
	{ "post", post },
	{ "post-31", post_31 },
	{ "post-low", post_low },
	{ "storm", storm },
	{ "take", take },
	{ "taken", taken },
	{ "error", error },
	{ "early", early },
	{ "late", late },
};

/** guest_main() - see the top of this file */
void guest_main(void)
{
	u32 i;

	td_init();
	guest_irq_hook = hook;
	if (!guest_is("error"))
		td_apic_on();
	for (i = 0; i < ARRAY_SIZE(tests); i++)
		if (guest_is(tests[i].name)) {
			tests[i].test();
			return;
		}
	guest_fail("unknown test");
}
