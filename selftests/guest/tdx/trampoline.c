// SPDX-License-Identifier: MIT
/*
 * The trampoline: three vCPUs are parked, and leave it one by one to each mode
 * at odd addresses (arch/tdx/trampoline.h). Command line: the GPA width of the
 * machine, and "low" or "high" for where the 16-bit code lies; "52 hob" where
 * the host names a HOB at 0x3F5000.
 */
#include "guest.h"

#define APS		3
#define HOB		0x3F5000
#define WAIT_TSC	60000000000UL
#define LOW_END		0xA0000UL
/* No proof that a vCPU never comes, but a long time for one that would. */
#define PATIENCE_TSC	500000000UL

#define CR0_PE		BIT(0)
#define CR0_NE		BIT(5)
#define CR0_WP		BIT(16)
#define CR0_PG		BIT(31)
#define CR4_PAE		BIT(5)
#define CR4_MCE		BIT(6)
#define RFLAGS_IF	BIT(9)
#define RFLAGS_DF	BIT(10)

/* At the end of the code; trampoline_code.S. */
struct report {
	u32 done;
	u32 bits;
	u64 rip;
	u64 rsp;
	u64 rdi;
	u64 rsi;
	u64 rflags;
	u32 cr0;
	u32 cr3;
	u32 cr4;
	u16 cs, ds, es, ss;
	u32 flat;
} __attribute__((packed));

extern const u8 trampoline_code[], trampoline_code_report[], trampoline_code_end[];

static const struct tdx_start low[APS] = {
	{ .mode = 16, .entry = 0x12345, .stack = 0xFFEE,
	  .argument = 0x89ABCDEF },
	{ .mode = 64, .entry = 0x2345677, .stack = 0x2500001,
	  .argument = 0xFEDCBA9876543210 },
	{ .mode = 32, .entry = 0x9001, .stack = 0x8FFF, .argument = 0x80000001 },
};

static const struct tdx_start high[APS] = {
	{ .mode = 32, .entry = 0x13579BDF, .stack = 0x13400007,
	  .argument = 0xFFFFFFFF },
	{ .mode = 16, .entry = 0x12FEDCBF, .stack = 0x1001, .argument = 1 },
	{ .mode = 64, .entry = 0x7C01, .stack = 0x7BFD, .argument = ~0ULL },
};

static const struct tdx_start *starts;

static u64 segment(const struct tdx_start *s)
{
	return s->mode == 16 ? s->entry & ~15UL : 0;
}

static volatile struct report *report_of(const struct tdx_start *s)
{
	return (struct report *)(s->entry + (trampoline_code_report -
					     trampoline_code));
}

static bool is_done(const struct tdx_start *s)
{
	return __atomic_load_n((u32 *)&report_of(s)->done, __ATOMIC_ACQUIRE);
}

static bool wait_done(const struct tdx_start *s)
{
	u64 end = td_tsc() + WAIT_TSC;

	while (!is_done(s))
		if (td_tsc() > end)
			return false;
	return true;
}

/* vCPUs that have left their slot, as a bitmap. */
static u32 gone(void)
{
	u32 map = 0;
	u32 i;

	for (i = 0; i < TDX_TRAMPOLINE_SLOTS; i++)
		map |= (__atomic_load_n(&tdx_trampoline()->slot[i].command,
					__ATOMIC_ACQUIRE) == TDX_START_LEFT) << i;
	return map;
}

static bool stays(const struct tdx_start *s)
{
	u64 end = td_tsc() + PATIENCE_TSC;

	while (!is_done(s))
		if (td_tsc() > end)
			return true;
	return false;
}

static void accept(u64 start, u64 end)
{
	if (rt_accept(start, end))
		guest_fail("memory is not accepted");
}

static void copy_code(const struct tdx_start *s)
{
	__builtin_memcpy((void *)s->entry, trampoline_code,
			 (u64)(trampoline_code_end - trampoline_code));
	report_of(s)->flat = (u32)s->entry;
}

static void prepare(void)
{
	u32 i;

	accept(0, LOW_END);
	for (i = 0; i < APS; i++)
		if (starts[i].entry >= LOW_END)
			accept(starts[i].entry & -PAGE_2M,
			       (starts[i].entry & -PAGE_2M) + PAGE_2M);
	if (starts == low)
		accept(0x2400000, 0x2600000);
	for (i = 0; i < APS; i++)
		copy_code(&starts[i]);
}

static void page(u64 gpaw)
{
	struct tdx_trampoline *t = tdx_trampoline();
	u64 end = td_tsc() + WAIT_TSC;

	while (__atomic_load_n(&t->parked, __ATOMIC_ACQUIRE) < APS + 1 &&
	       td_tsc() < end)
		;
	guest_equal(t->magic, TDX_TRAMPOLINE_MAGIC, "magic");
	guest_equal(t->parked, APS + 1, "all vCPUs have been counted");
	guest_equal(t->gpaw, gpaw, "GPA width");
	guest_equal(t->hob, guest_is("52 hob") ? HOB : 0, "HOB");
	guest_equal(gone(), 1, "nobody but vCPU 0 has left");
}

static void registers(u32 index, const struct tdx_start *s)
{
	struct report r = *report_of(s);
	u64 stack = segment(s) + (s->mode == 16 ? s->stack & 0xFFFF : s->stack);
	bool is64 = s->mode == 64;

	guest_equal(r.bits, s->mode, "the code runs in this mode");
	guest_equal(segment(s) + r.rip, s->entry, "from its first byte");
	guest_equal(s->mode == 16 ? r.rsp & 0xFFFF : r.rsp, s->stack, "stack pointer");
	guest_equal(r.rdi, s->argument, "argument");
	guest_equal(r.rsi, index, "index");
	guest_equal(r.rflags & (RFLAGS_IF | RFLAGS_DF), 0,
		    "interrupts are off, strings go up");
	guest_equal(r.cr0 & (CR0_PE | CR0_NE | CR0_WP | CR0_PG),
		    CR0_PE | CR0_NE | (is64 ? CR0_WP | CR0_PG : 0), "CR0");
	guest_ok((r.cr4 & (CR4_MCE | CR4_PAE)) == (CR4_MCE | (is64 ? CR4_PAE : 0)) &&
		 (!is64 || r.cr3 == TDX_TRAMPOLINE_TABLES), "CR3, CR4");
	if (s->mode == 16)
		guest_ok(r.cs >= TDX_TRAMPOLINE_DS + 8 && r.ds == r.cs + 8 &&
			 r.es == r.ds && r.ss == r.ds, "segments");
	else
		guest_ok(r.cs == (is64 ? TDX_TRAMPOLINE_CS64 : TDX_TRAMPOLINE_CS32) &&
			 r.ds == TDX_TRAMPOLINE_DS && r.es == r.ds && r.ss == r.ds,
			 "segments");
	/* What the code has pushed last. */
	if (is64)
		guest_equal(*(u64 *)(stack - 8), r.rflags, "the stack is there");
	else
		guest_equal(*(u32 *)(stack - 4),
			    s->mode == 16 ? TDX_TRAMPOLINE_CS32 : (u32)r.rflags,
			    "the stack is there");
}
#define REGISTERS	10

/* A mode that does not exist is none to leave for. */
static void no_mode(u32 index, const struct tdx_start *s)
{
	struct tdx_start wrong = *s;

	wrong.mode = s->mode + 1;
	tdx_release(index, &wrong);
	guest_ok(stays(s), "an unknown mode: it stays");
	guest_ok(!(gone() & 1U << index), "and does not say that it left");
	__atomic_store_n(&tdx_trampoline()->slot[index].command,
			 TDX_START_PARKED, __ATOMIC_RELEASE);
}

/* What is written to a slot whose vCPU is gone is for nobody. */
static void again(u32 index, const struct tdx_start *s)
{
	report_of(s)->done = 0;
	tdx_release(index, s);
	guest_ok(stays(s), "its slot is written again: nobody comes");
	guest_equal(tdx_trampoline()->slot[index].command, TDX_START_GO,
		    "and nobody answers");
}

/** guest_main() - see the top of this file */
void guest_main(void)
{
	u32 i, j;

	td_init();
	starts = guest_is("48 high") || guest_is("52 high") ? high : low;
	guest_plan(5 + APS * (2 + 3 + REGISTERS + 2));
	prepare();
	page(guest_is("48 low") || guest_is("48 high") ? 48 : 52);
	for (i = 0; i < APS; i++) {
		const struct tdx_start *s = &starts[i];
		bool others = true;

		rt_print("# vCPU %u to %u-bit code at 0x%lx\n", i + 1, s->mode,
			 s->entry);
		no_mode(i + 1, s);
		tdx_release(i + 1, s);
		guest_ok(wait_done(s), "released, it comes");
		guest_equal(gone(), 1U | 1U << (i + 1),
			    "and has left its slot, alone");
		for (j = i + 1; j < APS; j++)
			others &= !is_done(&starts[j]);
		guest_ok(others, "those behind it are where they were");
		registers(i + 1, s);
		again(i + 1, s);
	}
}
