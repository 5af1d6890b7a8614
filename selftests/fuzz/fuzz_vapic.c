// SPDX-License-Identifier: MIT
/*
 * The local APIC: two of them, register accesses in both modes, posts,
 * messages, pins and time, which may also go back.
 *
 * Oracle: the invariant; a scan that says the same twice; a deadline that is
 * neither early nor late; a vector that is the highest above the processor
 * priority, was requested by somebody, and can be accepted; a refused access
 * that changes nothing.
 */
#include <svsm/vapic.h>

#include "fuzz.h"

#define APICS		2
#define STEPS_MAX	256

/**
 * struct cpu - an APIC and what its caller keeps for it
 * @va: the APIC
 * @in: what will be handed to the next scan; pins stay
 * @out: what the last scan said
 * @fresh: nothing happened since that
 */
struct cpu {
	struct vapic va;
	struct vapic_in in;
	struct vapic_out out;
	bool fresh;
};

static struct cpu cpus[APICS];
static u64 now;
static u64 latest;		/* that it ever was */
/* What the seeds have to reach. */
static u32 accepted, expired, sent;

static bool test(const u64 set[4], u32 vector)
{
	return set[vector / 64] & BIT_ULL(vector % 64);
}

static void set(u64 to[4], u32 vector)
{
	to[vector / 64] |= BIT_ULL(vector % 64);
}

static int highest(const u64 from[4])
{
	int v;

	for (v = 255; v >= 0; v--)
		if (test(from, (u32)v))
			return v;
	return VAPIC_NONE;
}

static bool same(const struct vapic *a, const struct vapic *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* --- Scan ------------------------------------------------------------------ */

/* Only what was posted, or what an own entry of the APIC names, is requested. */
static void check_requests(const struct vapic *old, const struct cpu *cpu)
{
	static const u8 own[] = { LVT_TIMER, LVT_LINT0, LVT_LINT1, LVT_ERROR };
	u64 may[4];
	u32 i;

	for (i = 0; i < 4; i++)
		may[i] = old->irr[i] | cpu->in.posted[i] |
			 cpu->in.posted_level[i];
	for (i = 0; i < sizeof(own); i++)
		set(may, old->lvt[own[i]] & 0xFF);
	for (i = 0; i < 4; i++)
		fuzz_check(!(cpu->va.irr[i] & ~may[i]));
	/* And nothing that was requested is forgotten. */
	for (i = 0; i < 4; i++)
		fuzz_check(!(old->irr[i] & ~cpu->va.irr[i]));
}

static void check_vector(const struct cpu *cpu)
{
	const struct vapic *va = &cpu->va;
	int in_service = highest(va->isr), top = highest(va->irr);
	u32 class = va->tpr >> 4;

	if (in_service >= 0 && (u32)in_service >> 4 > class)
		class = (u32)in_service >> 4;
	if (cpu->out.init || va->wait_for_sipi) {
		fuzz_check(cpu->out.vector == VAPIC_NONE && !cpu->out.nmi);
		return;
	}
	fuzz_check(cpu->out.vector ==
		   (top >= 16 && (u32)top >> 4 > class ? top : VAPIC_NONE));
}

/* Not before, and then indeed. */
static void check_deadline(const struct cpu *cpu)
{
	u64 deadline = cpu->out.next_deadline;
	u32 lvt = cpu->va.lvt[LVT_TIMER];
	struct vapic later = cpu->va;
	struct vapic_in in = {
		.lint0 = cpu->in.lint0,
		.lint1 = cpu->in.lint1,
	};
	struct vapic_out out;

	if (deadline == VAPIC_NEVER) {
		fuzz_check(lvt & VAPIC_LVT_MASKED || !cpu->va.tsc_deadline ||
			   cpu->va.tsc_deadline == VAPIC_NEVER);
		/* A count that runs has an end, unless the TSC was there. */
		fuzz_check(lvt & VAPIC_LVT_MASKED || !cpu->va.timer_next ||
			   latest > ~0ULL >> 1);
		return;
	}
	fuzz_check(deadline > now && !(lvt & VAPIC_LVT_MASKED));
	in.now = deadline - 1;
	vapic_scan(&later, &in, &out);
	fuzz_check(same(&later, &cpu->va) && out.next_deadline == deadline);
	in.now = deadline;
	vapic_scan(&later, &in, &out);
	fuzz_check(vapic_invariant_ok(&later));
	fuzz_check(out.next_deadline > deadline);
	if ((lvt & 0xFF) >= 16)
		fuzz_check(test(later.irr, lvt & 0xFF));
	else
		fuzz_check(later.esr_pending & VAPIC_ESR_RECV_VECTOR);
	expired++;
}

static void scan(struct cpu *cpu)
{
	struct vapic old = cpu->va;
	struct vapic_out again;

	cpu->in.now = now;
	vapic_scan(&cpu->va, &cpu->in, &cpu->out);
	fuzz_check(vapic_invariant_ok(&cpu->va));
	check_requests(&old, cpu);
	cpu->in = (struct vapic_in){
		.now = now,
		.lint0 = cpu->in.lint0,
		.lint1 = cpu->in.lint1,
	};
	old = cpu->va;
	vapic_scan(&cpu->va, &cpu->in, &again);
	fuzz_check(same(&old, &cpu->va));
	fuzz_check(again.vector == cpu->out.vector &&
		   again.extint == cpu->out.extint &&
		   again.nmi == cpu->out.nmi && again.init == cpu->out.init &&
		   again.sipi == cpu->out.sipi &&
		   again.next_deadline == cpu->out.next_deadline);
	check_vector(cpu);
	check_deadline(cpu);
	cpu->fresh = true;
}

/* The CPU takes what the scan offered. */
static void take(struct cpu *cpu)
{
	int vector = cpu->out.vector;

	if (!cpu->fresh)
		return;
	if (cpu->out.init) {
		vapic_take_init(&cpu->va);
	} else if (cpu->out.sipi) {
		vapic_take_sipi(&cpu->va);
		fuzz_check(!cpu->va.wait_for_sipi);
	} else if (cpu->out.nmi) {
		vapic_take_nmi(&cpu->va);
	} else if (vector != VAPIC_NONE) {
		fuzz_check(vapic_accept(&cpu->va, (u8)vector));
		fuzz_check(highest(cpu->va.isr) == vector &&
			   !test(cpu->va.irr, (u32)vector));
		accepted++;
	}
	cpu->fresh = false;
}

/* The CPU claims to have taken any vector. */
static void accept_any(struct cpu *cpu, u8 vector)
{
	struct vapic old = cpu->va;

	if (!vapic_accept(&cpu->va, vector))
		fuzz_check(same(&old, &cpu->va));
	else
		fuzz_check(test(old.irr, vector) &&
			   highest(old.isr) >> 4 < vector >> 4 &&
			   highest(cpu->va.isr) == vector);
	cpu->fresh = false;
}

/* --- Messages and registers ---------------------------------------------- */

static void deliver(struct cpu *to, const struct vapic_ipi *ipi)
{
	switch (ipi->mode) {
	case VAPIC_FIXED:
	case VAPIC_LOWEST:
		set(to->in.posted, ipi->vector);
		break;
	case VAPIC_NMI:
		to->in.nmi = true;
		break;
	case VAPIC_INIT:
		to->in.init = true;
		to->in.sipi = false;
		break;
	case VAPIC_SIPI:
		to->in.sipi = true;
		to->in.sipi_vector = ipi->vector;
		break;
	}
	to->fresh = false;
}

static void check_effect(const struct vapic *old, struct cpu *cpu,
			 const struct vapic_effect *eff)
{
	const struct vapic_ipi *ipi = &eff->ipi_desc;
	u32 i;

	if (eff->eoi) {
		fuzz_check(eff->eoi_vector == highest(old->isr) &&
			   !test(cpu->va.isr, eff->eoi_vector));
		fuzz_check(eff->eoi_level == test(old->tmr, eff->eoi_vector));
	}
	if (!eff->ipi)
		return;
	fuzz_check(ipi->mode != VAPIC_SMI && ipi->mode <= VAPIC_SIPI &&
		   ipi->mode != 3);
	if (ipi->mode <= VAPIC_LOWEST)
		fuzz_check(ipi->vector >= 16);
	for (i = 0; i < APICS; i++)
		if (vapic_match(&cpus[i].va, ipi, cpu->va.id))
			deliver(&cpus[i], ipi);
	sent++;
}

/* The timer is brought up to date by any access: get that out of the way. */
static void touch(struct cpu *cpu)
{
	u64 val;

	fuzz_check(!vapic_read(&cpu->va, VAPIC_MSR_BASE, now, &val));
	fuzz_check(val == cpu->va.base);
	fuzz_check(vapic_invariant_ok(&cpu->va));
}

static void write_msr(struct cpu *cpu, u32 msr, u64 val)
{
	struct vapic_effect eff;
	struct vapic old;
	u64 back;

	touch(cpu);
	old = cpu->va;
	if (vapic_write(&cpu->va, msr, val, now, &eff)) {
		fuzz_check(same(&old, &cpu->va) && !eff.ipi && !eff.eoi);
		return;
	}
	check_effect(&old, cpu, &eff);
	/* Not a bit more than was written, but for those that are read-only. */
	if (msr == VAPIC_MSR_FIRST + VAPIC_ICR) {
		fuzz_check(!vapic_read(&cpu->va, msr, now, &back) &&
			   (back | BIT(12)) == (val | BIT(12)));
	} else if (msr == VAPIC_MSR_FIRST + VAPIC_TPR) {
		fuzz_check(!vapic_read(&cpu->va, msr, now, &back) &&
			   back == val && vapic_cr8(&cpu->va) == val >> 4);
	}
}

static void write_mmio(struct cpu *cpu, u32 offset, u32 val)
{
	struct vapic_effect eff;
	struct vapic old;

	touch(cpu);
	old = cpu->va;
	if (vapic_mmio_write(&cpu->va, offset, val, now, &eff)) {
		fuzz_check(same(&old, &cpu->va) && !eff.ipi && !eff.eoi);
		fuzz_check(!vapic_xapic(&old) || offset >= 0x1000);
		return;
	}
	check_effect(&old, cpu, &eff);
}

/* A read changes nothing, but an xAPIC reports registers that are none. */
static void check_read(const struct vapic *old, const struct cpu *cpu)
{
	fuzz_check(!memcmp(old->isr, cpu->va.isr, sizeof(old->isr)));
	fuzz_check(old->tpr == cpu->va.tpr && old->base == cpu->va.base &&
		   old->icr == cpu->va.icr &&
		   old->timer_next == cpu->va.timer_next);
}

static void read_any(struct cpu *cpu, u32 reg)
{
	u32 word = 0, count = 0;
	struct vapic old;
	u64 val = 0;
	bool ok;

	touch(cpu);
	old = cpu->va;
	ok = !vapic_read(&cpu->va, VAPIC_MSR_FIRST + reg, now, &val);
	fuzz_check(same(&old, &cpu->va));
	fuzz_check(!ok || vapic_x2apic(&old));
	if (ok && reg == VAPIC_CCOUNT)
		count = (u32)val;
	ok = !vapic_mmio_read(&cpu->va, reg << 4, now, &word);
	fuzz_check(ok == (vapic_xapic(&old) && reg < 0x100));
	fuzz_check(ok || same(&old, &cpu->va));
	check_read(&old, cpu);
	if (ok && reg == VAPIC_CCOUNT)
		count = word;
	fuzz_check(count <= old.icount);
	if (ok && reg >= VAPIC_IRR && reg < VAPIC_IRR + 8)
		fuzz_check(word == (u32)(old.irr[(reg - VAPIC_IRR) / 2] >>
					 reg % 2 * 32));
}

/* --- Input ----------------------------------------------------------------- */

static u32 input_reg(struct input *in)
{
	static const u8 some[] = {
		VAPIC_TPR, VAPIC_EOI, VAPIC_LDR, VAPIC_DFR, VAPIC_SVR,
		VAPIC_ESR, VAPIC_LVT_CMCI, VAPIC_ICR, VAPIC_ICR_HIGH,
		VAPIC_LVT_TIMER, VAPIC_LVT_TIMER + 3, VAPIC_LVT_TIMER + 4,
		VAPIC_LVT_ERROR, VAPIC_ICOUNT, VAPIC_DCR, VAPIC_SELF_IPI,
		VAPIC_CCOUNT,
	};
	u8 choice = input_u8(in);

	return choice < 0x80 ? some[choice % sizeof(some)] :
	       choice < 0xC0 ? choice - 0x80 : input_u16(in);
}

static u64 input_value(struct input *in)
{
	u8 choice = input_u8(in);

	switch (choice % 8) {
	case 0:
		return choice / 8;
	case 1:
		return BIT_ULL(choice / 8) | input_u8(in);
	case 2:
		return input_u16(in);
	case 3:
		return input_u16(in) | (u64)(input_u8(in) & 7) << 16;
	case 4:
		return VAPIC_SVR_ENABLE | input_u8(in);
	case 5:
		return now + input_u16(in);
	case 6:
		return (u64)input_u8(in) << 32 | input_u16(in) |
		       (u64)(choice / 8) << 18;
	default:
		return input_u64(in);
	}
}

static u64 input_base(struct input *in)
{
	u8 choice = input_u8(in);

	return choice < 0x80 ? VAPIC_BASE_DEFAULT | (u64)(choice & 0xF) << 8 :
			       input_u64(in);
}

static void pass_time(struct input *in, const struct cpu *cpu)
{
	u8 choice = input_u8(in);

	switch (choice % 4) {
	case 0:
		now += 1ULL << choice / 4 % 48;
		break;
	case 1:
		/* Just before, at, just behind. */
		if (cpu->out.next_deadline != VAPIC_NEVER)
			now = cpu->out.next_deadline + choice / 4 % 3 - 1;
		break;
	case 2:
		now += input_u16(in);
		break;
	case 3:
		now = choice < 0xF0 ? now - choice : input_u64(in);
		break;
	}
	if (now > latest)
		latest = now;
}

static void post(struct input *in, struct cpu *cpu)
{
	u8 vector = input_u8(in), what = input_u8(in);

	switch (what % 8) {
	case 0:
		cpu->in.nmi = true;
		break;
	case 1:
		cpu->in.init = true;
		break;
	case 2:
		cpu->in.sipi = true;
		cpu->in.sipi_vector = vector;
		break;
	case 3:
		cpu->in.lint0 = what & 0x80;
		cpu->in.lint1 = what & 0x40;
		break;
	case 4:
	case 5:
		set(cpu->in.posted_level, vector);
		break;
	default:
		set(cpu->in.posted, vector);
		break;
	}
	cpu->fresh = false;
}

static void step(struct input *in)
{
	u8 op = input_u8(in);
	struct cpu *cpu = &cpus[op >> 7];
	u32 reg;

	switch (op % 16) {
	case 0:
	case 1:
		scan(cpu);
		break;
	case 2:
	case 3:
		scan(cpu);
		take(cpu);
		break;
	case 4:
		write_msr(cpu, VAPIC_MSR_BASE, input_base(in));
		break;
	case 5:
		write_msr(cpu, VAPIC_MSR_DEADLINE, input_value(in));
		break;
	case 6:
	case 7:
		reg = input_reg(in);
		write_msr(cpu, VAPIC_MSR_FIRST + reg, input_value(in));
		break;
	case 8:
	case 9:
		reg = input_reg(in);
		write_mmio(cpu, reg << 4 | (op & 0x40 ? 4 : 0),
			   (u32)input_value(in));
		break;
	case 10:
		read_any(cpu, input_reg(in));
		break;
	case 11:
		pass_time(in, cpu);
		break;
	case 12:
	case 13:
		post(in, cpu);
		break;
	case 14:
		accept_any(cpu, input_u8(in));
		break;
	case 15:
		reg = input_u8(in);
		fuzz_check(!vapic_set_cr8(&cpu->va, reg) == (reg < 16));
		break;
	}
	if (op % 16 > 3)
		cpu->fresh = false;
	fuzz_check(vapic_invariant_ok(&cpus[0].va));
	fuzz_check(vapic_invariant_ok(&cpus[1].va));
}

/* See fuzz.h. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const u32 ids[] = { 1, 0x11, 0xFF, 0x100, 0x10023, 0xFFFFFFFE };
	static const struct vapic_clock clocks[] = {
		{ 1, 1 }, { 3000000, 1000000 }, { 2500000, 25000 },
		{ 0xFFFFFFFF, 0xFFFF }, { 0xFFFFFFFF, 0xFFFFFFFF }, { 7, 3 },
		{ 0, 0 }, { 1, 2 },
	};
	struct input in = { data, size };
	u32 choice = input_u8(&in), n;

	memset(cpus, 0, sizeof(cpus));
	now = latest = 1000;
	vapic_init(&cpus[0].va, 0, true, &clocks[choice % 8]);
	vapic_init(&cpus[1].va, ids[choice / 8 % ARRAY_SIZE(ids)], false,
		   &clocks[choice % 8]);
	for (n = 0; n < APICS; n++)
		cpus[n].out = (struct vapic_out){
			.vector = VAPIC_NONE,
			.next_deadline = VAPIC_NEVER,
		};
	for (n = 0; n < STEPS_MAX && in.left; n++)
		step(&in);
	return 0;
}

/* --- Seeds ----------------------------------------------------------------- */

#define CPU1		0x80
#define ENABLE		8, 4, 4, 0xFF		/* MMIO: SVR = 0x1FF */
#define X2APIC		4, 0xD			/* base: EN, EXTD, BSP */

/* See fuzz.h. */
void fuzz_seeds(void)
{
	/* A post is taken and ended; a level one under a task priority. */
	static const u8 posts[] = {
		1, ENABLE, 12, 0x51, 7, 2, 8, 1, 0, 12, 0x61, 4,
		15, 7, 2, 15, 5, 2, 8, 1, 0,
	};
	/* A periodic timer, at its deadline, then the next; one-shot. */
	static const u8 timer[] = {
		1, ENABLE, 8, 9, 3, 0x52, 0, 2, 8, 13, 2, 0, 1, 0, 11, 5,
		2, 8, 1, 0, 11, 11, 0, 8, 9, 2, 0x53, 0, 8, 13, 2, 7, 0, 11, 5, 0,
	};
	/* Periodic, late by many periods; then the TSC goes back. */
	static const u8 late[] = {
		1, ENABLE, 8, 9, 3, 0x52, 0, 2, 8, 13, 2, 0, 1, 11, 4 * 16, 2,
		10, 16, 11, 0xEF, 11, 0xEF, 11, 0xEF, 10, 16, 2,
	};
	/* x2APIC: deadline mode; ICR to the other, INIT and SIPI first. */
	static const u8 x2apic[] = {
		1, X2APIC, 6, 4, 4, 0xFF, 6, 9, 3, 0x54, 0, 4, 5, 5, 0, 1,
		0, 11, 5, 2, 6, 7, 7, 0, 5, 0, 0, 1, 0, 0, 0, CPU1 | 2,
		6, 7, 7, 8, 6, 0, 0, 1, 0, 0, 0, CPU1 | 2, 6, 15, 2, 0x60, 0, 2,
	};

	LLVMFuzzerTestOneInput(posts, sizeof(posts));
	fuzz_check(accepted == 2);
	LLVMFuzzerTestOneInput(timer, sizeof(timer));
	fuzz_check(expired >= 2);
	LLVMFuzzerTestOneInput(x2apic, sizeof(x2apic));
	fuzz_check(sent >= 2);
	fuzz_seed(posts, sizeof(posts));
	fuzz_seed(timer, sizeof(timer));
	fuzz_seed(late, sizeof(late));
	fuzz_seed(x2apic, sizeof(x2apic));
}
