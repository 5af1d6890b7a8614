// SPDX-License-Identifier: MIT
/*
 * The local APIC model: every register in both modes, delivery order, errors,
 * timers, start-up messages, destinations, and random sequences against a
 * reference that keeps one bool per vector and counts the timer tick by tick.
 *
 * gcc -std=gnu11 -Iinclude svsm-core/vapic.c selftests/unit/test_vapic.c
 *     -fsanitize=address,undefined -O1 -g -lcmocka
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <svsm/vapic.h>

#define MSR(reg)	(VAPIC_MSR_FIRST + (reg))
#define FAR		(1000ull << 32)

static const struct vapic_clock one_to_one = { 1000, 1000 };

/* The APIC under test, its last results and the time. */
static struct vapic va;
static struct vapic_in in;
static struct vapic_out out;
static struct vapic_effect eff;
static u64 now;

static void check(void)
{
	assert_true(vapic_invariant_ok(&va));
}

static int wr(u32 reg, u64 val)
{
	int ret = vapic_write(&va, MSR(reg), val, now, &eff);

	check();
	return ret;
}

static int msr_wr(u32 msr, u64 val)
{
	int ret = vapic_write(&va, msr, val, now, &eff);

	check();
	return ret;
}

static u64 rd(u32 reg)
{
	u64 val;

	assert_int_equal(vapic_read(&va, MSR(reg), now, &val), 0);
	check();
	return val;
}

static u64 msr_rd(u32 msr)
{
	u64 val;

	assert_int_equal(vapic_read(&va, msr, now, &val), 0);
	return val;
}

static void mwr(u32 reg, u32 val)
{
	assert_int_equal(vapic_mmio_write(&va, reg << 4, val, now, &eff), 0);
	check();
}

static u32 mrd(u32 reg)
{
	u32 val;

	assert_int_equal(vapic_mmio_read(&va, reg << 4, now, &val), 0);
	check();
	return val;
}

/* Scan with what was put into @in, which is empty afterwards. */
static int scan(void)
{
	in.now = now;
	vapic_scan(&va, &in, &out);
	memset(&in, 0, sizeof(in));
	check();
	return out.vector;
}

static void post(u8 vector)
{
	in.posted[vector / 64] |= 1ull << (vector % 64);
}

static void post_level(u8 vector)
{
	in.posted_level[vector / 64] |= 1ull << (vector % 64);
}

static bool reg_bit(u32 first, u8 vector)
{
	u32 reg = first + vector / 32, val;

	val = vapic_x2apic(&va) ? rd(reg) : mrd(reg);
	return val >> (vector % 32) & 1;
}

static void start(bool x2apic, u32 id, bool bsp)
{
	memset(&in, 0, sizeof(in));
	now = 5000;
	vapic_init(&va, id, bsp, &one_to_one);
	check();
	if (!bsp)
		vapic_take_sipi(&va);
	if (x2apic)
		assert_int_equal(msr_wr(VAPIC_MSR_BASE, va.base |
					VAPIC_BASE_EXTD), 0);
	if (x2apic)
		assert_int_equal(wr(VAPIC_SVR, 0x1ff), 0);
	else
		mwr(VAPIC_SVR, 0x1ff);
	check();
}

/* --- Reset, modes, registers ------------------------------------------- */

static void test_reset_xapic(void **state)
{
	(void)state;
	memset(&va, 0xa5, sizeof(va));
	vapic_init(&va, 0x12, true, &one_to_one);
	check();
	now = 1;
	assert_int_equal(msr_rd(VAPIC_MSR_BASE), 0xfee00900);
	assert_int_equal(msr_rd(VAPIC_MSR_DEADLINE), 0);
	assert_int_equal(mrd(VAPIC_ID), 0x12000000);
	assert_int_equal(mrd(VAPIC_VERSION), 0x60014);
	assert_int_equal(mrd(VAPIC_TPR), 0);
	assert_int_equal(mrd(VAPIC_PPR), 0);
	assert_int_equal(mrd(VAPIC_EOI), 0);
	assert_int_equal(mrd(VAPIC_LDR), 0);
	assert_int_equal(mrd(VAPIC_DFR), 0xffffffff);
	assert_int_equal(mrd(VAPIC_SVR), 0xff);
	for (u32 reg = VAPIC_ISR; reg < VAPIC_IRR + 8; reg++)
		assert_int_equal(mrd(reg), 0);
	assert_int_equal(mrd(VAPIC_ESR), 0);
	assert_int_equal(mrd(VAPIC_ICR), 0);
	assert_int_equal(mrd(VAPIC_ICR_HIGH), 0);
	assert_int_equal(mrd(VAPIC_LVT_CMCI), 0x10000);
	for (u32 reg = VAPIC_LVT_TIMER; reg <= VAPIC_LVT_ERROR; reg++)
		assert_int_equal(mrd(reg), 0x10000);
	assert_int_equal(mrd(VAPIC_ICOUNT), 0);
	assert_int_equal(mrd(VAPIC_CCOUNT), 0);
	assert_int_equal(mrd(VAPIC_DCR), 0);
	assert_int_equal(scan(), VAPIC_NONE);
	assert_true(out.next_deadline == VAPIC_NEVER);
	assert_false(out.nmi || out.init || out.sipi || out.extint);

	vapic_init(&va, 0x12, false, &one_to_one);
	assert_int_equal(msr_rd(VAPIC_MSR_BASE), 0xfee00800);
	assert_true(va.wait_for_sipi);
}

/* SDM figure 10-27: from each mode to each of the four bit patterns. */
static void test_mode_transitions(void **state)
{
	static const u64 bits[] = { 0, VAPIC_BASE_EXTD, VAPIC_BASE_EN,
				    VAPIC_BASE_EN | VAPIC_BASE_EXTD };
	static const int ok[4][4] = {
		/* to:	   off, bad, xAPIC, x2APIC */
		[0] =	{ 1, 0, 1, 0 },
		[2] =	{ 1, 0, 1, 1 },
		[3] =	{ 1, 0, 0, 1 },
	};
	u64 old;

	(void)state;
	for (int from = 0; from < 4; from++) {
		if (from == 1)
			continue;
		for (int to = 0; to < 4; to++) {
			start(from == 3, 3, true);
			if (from == 0)
				assert_int_equal(msr_wr(VAPIC_MSR_BASE,
							0xfee00000), 0);
			old = va.base;
			assert_int_equal(msr_wr(VAPIC_MSR_BASE, 0xfee00000 |
						bits[to]),
					 ok[from][to] ? 0 : -1);
			assert_int_equal(va.base, ok[from][to] ?
					 (0xfee00100 | bits[to]) : old);
			assert_int_equal(eff.base_changed,
					 ok[from][to] && from != to);
		}
	}
}

static void test_base_register(void **state)
{
	(void)state;
	start(false, 1, false);
	/* Reserved bits. */
	for (int bit = 0; bit < 64; bit++) {
		bool bad = (bit < 8 || bit == 9 || bit > 51);

		if (bit == 10 || bit == 11)
			continue;
		assert_int_equal(msr_wr(VAPIC_MSR_BASE, 0x800 | 1ull << bit),
				 bad ? -1 : 0);
	}
	/* The address moves, the BSP flag does not. */
	assert_int_equal(msr_wr(VAPIC_MSR_BASE, 0xffffffff01900ull & ~0xffull), 0);
	assert_true(msr_rd(VAPIC_MSR_BASE) == 0xffffffff01800ull);
	assert_true(eff.base_changed);
	assert_int_equal(msr_wr(VAPIC_MSR_BASE, 0xffffffff01800ull), 0);
	assert_false(eff.base_changed);
}

static void test_disable_resets(void **state)
{
	u32 val;

	(void)state;
	start(true, 0x25, true);
	post(0x40);
	post_level(0x60);
	assert_int_equal(scan(), 0x60);
	assert_true(vapic_accept(&va, 0x60));
	wr(VAPIC_TPR, 0x20);
	wr(VAPIC_LVT_TIMER, 0x20050);
	msr_wr(VAPIC_MSR_DEADLINE, FAR);
	assert_int_equal(msr_wr(VAPIC_MSR_BASE, 0xfee00000), 0);
	assert_true(eff.timer_changed);
	assert_int_equal(scan(), VAPIC_NONE);
	assert_true(out.next_deadline == VAPIC_NEVER);

	/* Off: nothing is reachable, nothing is accepted. */
	u64 v64;
	assert_int_equal(vapic_read(&va, MSR(VAPIC_ID), now, &v64), -1);
	assert_int_equal(wr(VAPIC_TPR, 0), -1);
	assert_int_equal(vapic_mmio_read(&va, 0x20, now, &val), -1);
	assert_int_equal(vapic_mmio_write(&va, 0x80, 0, now, &eff), -1);
	post(0x50);
	assert_int_equal(scan(), VAPIC_NONE);
	assert_int_equal(msr_wr(VAPIC_MSR_DEADLINE, FAR), 0);
	assert_int_equal(msr_rd(VAPIC_MSR_DEADLINE), 0);

	assert_int_equal(vapic_cr8(&va), 0);
	assert_int_equal(vapic_set_cr8(&va, 4), 0);	/* works without APIC */
	check();

	assert_int_equal(msr_wr(VAPIC_MSR_BASE, 0xfee00800), 0);
	assert_int_equal(mrd(VAPIC_SVR), 0xff);
	assert_int_equal(mrd(VAPIC_TPR), 0x40);
	assert_int_equal(mrd(VAPIC_LDR), 0);
	assert_int_equal(mrd(VAPIC_LVT_TIMER), 0x10000);
	for (u32 reg = VAPIC_ISR; reg < VAPIC_IRR + 8; reg++)
		assert_int_equal(mrd(reg), 0);
}

static void test_x2apic_entry_keeps_state(void **state)
{
	(void)state;
	start(false, 0x25, true);
	mwr(VAPIC_TPR, 0x33);
	mwr(VAPIC_LDR, 0x01000000);
	mwr(VAPIC_ICR_HIGH, 0xab000000);
	mwr(VAPIC_ICR, 0x440);
	post(0x70);
	scan();
	assert_int_equal(msr_wr(VAPIC_MSR_BASE, 0xfee00c00), 0);
	check();
	assert_int_equal(rd(VAPIC_TPR), 0x33);
	assert_int_equal(rd(VAPIC_ID), 0x25);
	assert_int_equal(rd(VAPIC_LDR), 0x00020020);
	assert_int_equal(rd(VAPIC_ICR), 0x440);
	assert_true(reg_bit(VAPIC_IRR, 0x70));
}

/* For every x2APIC MSR: readable, writable, and which bits make #GP. */
static void test_x2apic_msr_map(void **state)
{
	struct { u32 reg; bool r, w; u64 ok; } map[] = {
		{ VAPIC_ID, 1, 0, 0 }, { VAPIC_VERSION, 1, 0, 0 },
		{ VAPIC_TPR, 1, 1, 0xff }, { VAPIC_PPR, 1, 0, 0 },
		{ VAPIC_EOI, 0, 1, 0 }, { VAPIC_LDR, 1, 0, 0 },
		{ VAPIC_SVR, 1, 1, 0x3ff }, { VAPIC_ESR, 1, 1, 0 },
		{ VAPIC_LVT_CMCI, 1, 1, 0x117ff },
		{ VAPIC_ICR, 1, 1, 0xffffffff000cdfff },
		{ 0x32, 1, 1, 0x710ff }, { 0x33, 1, 1, 0x117ff },
		{ 0x34, 1, 1, 0x117ff }, { 0x35, 1, 1, 0x1f7ff },
		{ 0x36, 1, 1, 0x1f7ff }, { 0x37, 1, 1, 0x110ff },
		{ VAPIC_ICOUNT, 1, 1, 0xffffffff },
		{ VAPIC_CCOUNT, 1, 0, 0 }, { VAPIC_DCR, 1, 1, 0xb },
		{ VAPIC_SELF_IPI, 0, 1, 0xff },
	};
	u64 val;

	(void)state;
	for (u32 reg = 0; reg < 0x40; reg++) {
		bool r = reg >= VAPIC_ISR && reg < VAPIC_IRR + 8, w = false;
		u64 ok = 0;

		for (size_t i = 0; i < ARRAY_SIZE(map); i++) {
			if (map[i].reg == reg) {
				r = map[i].r;
				w = map[i].w;
				ok = map[i].ok;
			}
		}
		start(true, 0x25, true);
		assert_int_equal(vapic_read(&va, MSR(reg), now, &val),
				 r ? 0 : -1);
		assert_int_equal(wr(reg, 0), w ? 0 : -1);
		assert_int_equal(eff.timer_changed, reg == VAPIC_SVR ||
				 reg == VAPIC_LVT_TIMER ||
				 reg == VAPIC_ICOUNT || reg == VAPIC_DCR);
		for (int bit = 0; bit < 64; bit++)
			assert_int_equal(wr(reg, 1ull << bit),
					 w && ok >> bit & 1 ? 0 : -1);
	}
	start(true, 0x25, true);
	assert_int_equal(vapic_read(&va, 0x7ff, now, &val), -1);
	assert_int_equal(vapic_read(&va, 0x840, now, &val), -1);
	assert_int_equal(vapic_read(&va, 0x10, now, &val), -1);
	assert_int_equal(msr_wr(0x7ff, 0), -1);
	assert_int_equal(msr_wr(0x840, 0), -1);
	/* Timer mode 3 (bits 17 and 18 alone are modes 1 and 2). */
	assert_int_equal(wr(VAPIC_LVT_TIMER, 0x60040), -1);
	assert_int_equal(rd(VAPIC_LVT_TIMER), 0x10000);
	/* Not in x2APIC mode: none. */
	start(false, 0x25, true);
	for (u32 reg = 0; reg < 0x40; reg++) {
		assert_int_equal(vapic_read(&va, MSR(reg), now, &val), -1);
		assert_int_equal(wr(reg, 0), -1);
	}
}

static void test_x2apic_values(void **state)
{
	u32 val;

	(void)state;
	start(true, 0x12345678, true);
	assert_int_equal(rd(VAPIC_ID), 0x12345678);
	assert_int_equal(rd(VAPIC_VERSION), 0x60014);
	assert_int_equal(rd(VAPIC_LDR), 0x45670100);
	wr(VAPIC_TPR, 0x5a);
	assert_int_equal(rd(VAPIC_TPR), 0x5a);
	assert_int_equal(rd(VAPIC_PPR), 0x5a);
	assert_int_equal(vapic_cr8(&va), 5);
	assert_int_equal(vapic_set_cr8(&va, 0xf), 0);
	assert_int_equal(rd(VAPIC_TPR), 0xf0);
	assert_int_equal(vapic_set_cr8(&va, 0x10), -1);
	assert_int_equal(vapic_set_cr8(&va, 1ull << 32), -1);
	assert_int_equal(rd(VAPIC_TPR), 0xf0);
	wr(VAPIC_SVR, 0x3e5);
	assert_int_equal(rd(VAPIC_SVR), 0x3e5);
	/* Read-only bits 12 and 14 are dropped. */
	wr(VAPIC_LVT_CMCI, 0x117ff);
	assert_int_equal(rd(VAPIC_LVT_CMCI), 0x107ff);
	wr(VAPIC_LVT_TIMER, 0x310ff);
	assert_int_equal(rd(VAPIC_LVT_TIMER), 0x300ff);
	wr(0x35, 0x1f7ff);
	assert_int_equal(rd(0x35), 0x1a7ff);
	wr(0x36, 0x0a621);
	assert_int_equal(rd(0x36), 0x0a621);
	wr(VAPIC_LVT_ERROR, 0x110fe);
	assert_int_equal(rd(VAPIC_LVT_ERROR), 0x100fe);
	wr(VAPIC_ICR, 0xdeadbeef000c5aa1);
	assert_true(rd(VAPIC_ICR) == 0xdeadbeef000c4aa1);
	wr(VAPIC_DCR, 0xb);
	assert_int_equal(rd(VAPIC_DCR), 0xb);
	wr(VAPIC_ICOUNT, 0xffffffff);
	assert_int_equal(rd(VAPIC_ICOUNT), 0xffffffff);
	/* The page is not there in this mode. */
	assert_int_equal(vapic_mmio_read(&va, 0x20, now, &val), -1);
	assert_int_equal(vapic_mmio_write(&va, 0x80, 0, now, &eff), -1);
}

static void test_xapic_registers(void **state)
{
	static const u8 read_only[] = { VAPIC_ID, VAPIC_VERSION, VAPIC_PPR,
		VAPIC_ISR, VAPIC_TMR + 3, VAPIC_IRR + 7, VAPIC_CCOUNT };
	u32 old, val;

	(void)state;
	start(false, 0x25, true);
	mwr(VAPIC_TPR, 0xffffff5a);
	assert_int_equal(mrd(VAPIC_TPR), 0x5a);
	mwr(VAPIC_LDR, 0x12345678);
	assert_int_equal(mrd(VAPIC_LDR), 0x12000000);
	mwr(VAPIC_DFR, 0x12345678);
	assert_int_equal(mrd(VAPIC_DFR), 0x1fffffff);
	mwr(VAPIC_SVR, 0xfffffff5);
	assert_int_equal(mrd(VAPIC_SVR), 0x3f5);
	mwr(VAPIC_LVT_TIMER, 0xfffdffff);
	assert_int_equal(mrd(VAPIC_LVT_TIMER), 0x500ff);
	mwr(0x35, 0xffffffff);
	assert_int_equal(mrd(0x35), 0x1a7ff);
	mwr(VAPIC_DCR, 0xffffffff);
	assert_int_equal(mrd(VAPIC_DCR), 0xb);
	mwr(VAPIC_ICR_HIGH, 0x12345678);
	assert_int_equal(mrd(VAPIC_ICR_HIGH), 0x12000000);
	mwr(VAPIC_ICR, 0xffffffff);
	assert_int_equal(mrd(VAPIC_ICR), 0xccfff);
	assert_int_equal(mrd(VAPIC_ICR_HIGH), 0x12000000);

	/* Writes to read-only registers vanish, without an error. */
	for (size_t i = 0; i < ARRAY_SIZE(read_only); i++) {
		old = mrd(read_only[i]);
		mwr(read_only[i], ~old);
		assert_int_equal(mrd(read_only[i]), old);
	}
	mwr(VAPIC_ESR, 0xffffffff);
	assert_int_equal(mrd(VAPIC_ESR), 0);

	/* Reserved timer mode: kept, but masked. */
	mwr(VAPIC_LVT_TIMER, 0x60040);
	assert_int_equal(mrd(VAPIC_LVT_TIMER), 0x70040);
	mwr(VAPIC_ICOUNT, 10);
	assert_int_equal(mrd(VAPIC_ICOUNT), 0);
	now += 1000;
	assert_int_equal(scan(), VAPIC_NONE);

	/* Off the 16-byte grid and beyond the page. */
	assert_int_equal(vapic_mmio_write(&va, 0x84, 0x11, now, &eff), 0);
	assert_int_equal(mrd(VAPIC_TPR), 0x5a);
	assert_int_equal(vapic_mmio_write(&va, 0x88, 0x11, now, &eff), 0);
	assert_int_equal(mrd(VAPIC_TPR), 0x5a);
	assert_int_equal(vapic_mmio_read(&va, 0x88, now, &val), 0);
	assert_int_equal(val, 0);
	assert_int_equal(vapic_mmio_read(&va, 0x8c, now, &val), 0);
	assert_int_equal(val, 0);
	assert_int_equal(vapic_mmio_write(&va, 0x1000, 0, now, &eff), -1);
	assert_int_equal(vapic_mmio_write(&va, 0xff0, 0, now, &eff), 0);
	assert_int_equal(vapic_mmio_read(&va, 0x1000, now, &val), -1);
	assert_int_equal(vapic_mmio_write(&va, 0x1080, 0, now, &eff), -1);
}

static void test_xapic_illegal_register(void **state)
{
	static const u16 illegal[] = { 0, 1, 4, 9, 0xc, 0x29, 0x2e, 0x3a, 0x3d,
				       0x3f, 0x40, 0x50, 0xff };
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(illegal); i++) {
		for (int write = 0; write < 2; write++) {
			start(false, 1, true);
			mwr(VAPIC_LVT_ERROR, 0x44);
			if (write)
				mwr(illegal[i], 0x55);
			else
				assert_int_equal(mrd(illegal[i]), 0);
			assert_int_equal(mrd(VAPIC_ESR), 0);
			assert_int_equal(scan(), 0x44);
			mwr(VAPIC_ESR, 0);
			assert_int_equal(mrd(VAPIC_ESR), 0x80);
		}
	}
}

/* --- Priority and delivery --------------------------------------------- */

static void test_every_vector(void **state)
{
	(void)state;
	start(true, 1, true);
	for (int v = 16; v < 256; v++) {
		for (int level = 0; level < 2; level++) {
			if (level)
				post_level(v);
			else
				post(v);
			assert_int_equal(scan(), v);
			assert_true(reg_bit(VAPIC_IRR, v));
			assert_int_equal(reg_bit(VAPIC_TMR, v), level);
			assert_false(reg_bit(VAPIC_ISR, v));
			assert_int_equal(scan(), v);	/* not accepted yet */
			assert_true(vapic_accept(&va, v));
			assert_false(reg_bit(VAPIC_IRR, v));
			assert_true(reg_bit(VAPIC_ISR, v));
			assert_int_equal(rd(VAPIC_PPR), v & 0xf0);
			assert_int_equal(scan(), VAPIC_NONE);
			assert_false(vapic_accept(&va, v));
			assert_int_equal(wr(VAPIC_EOI, 0), 0);
			assert_true(eff.eoi);
			assert_int_equal(eff.eoi_vector, v);
			assert_int_equal(eff.eoi_level, level);
			assert_false(reg_bit(VAPIC_ISR, v));
		}
	}
	assert_int_equal(wr(VAPIC_EOI, 0), 0);
	assert_false(eff.eoi);
}

/* Only a class above the processor priority gets through: all pairs. */
static void test_classes(void **state)
{
	(void)state;
	for (int a = 16; a < 256; a += 5) {
		for (int b = 16; b < 256; b += 3) {
			if (a == b)
				continue;
			start(true, 1, true);
			post(a);
			scan();
			assert_true(vapic_accept(&va, a));
			post(b);
			assert_int_equal(scan(), b / 16 > a / 16 ? b :
					 VAPIC_NONE);
			assert_int_equal(vapic_accept(&va, b), b / 16 > a / 16);
			check();
			/* EOI ends the higher one first. */
			wr(VAPIC_EOI, 0);
			assert_int_equal(eff.eoi_vector, b / 16 > a / 16 ? b :
					 a);
		}
	}
}

static void test_tpr_and_ppr(void **state)
{
	(void)state;
	start(true, 1, true);
	for (int tpr = 0; tpr < 256; tpr++) {
		wr(VAPIC_TPR, tpr);
		post(0x58);
		assert_int_equal(scan(), tpr / 16 < 5 ? 0x58 : VAPIC_NONE);
		assert_int_equal(rd(VAPIC_PPR), tpr);
	}
	wr(VAPIC_TPR, 0);
	scan();
	assert_true(vapic_accept(&va, 0x58));
	for (int tpr = 0; tpr < 256; tpr++) {
		wr(VAPIC_TPR, tpr);
		assert_int_equal(rd(VAPIC_PPR), tpr / 16 >= 5 ? tpr : 0x50);
		post(0x71);
		assert_int_equal(scan(), tpr / 16 < 7 ? 0x71 : VAPIC_NONE);
	}
	/* Accepting does not look at TPR: hardware took the vector before. */
	assert_true(vapic_accept(&va, 0x71));
}

static void test_nested_eoi(void **state)
{
	static const u8 order[] = { 0x31, 0x55, 0x80, 0xc2, 0xf0 };

	(void)state;
	start(false, 1, true);
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		if (i & 1)
			post_level(order[i]);
		else
			post(order[i]);
		assert_int_equal(scan(), order[i]);
		assert_true(vapic_accept(&va, order[i]));
	}
	post(0x90);
	for (size_t i = ARRAY_SIZE(order); i-- > 0;) {
		assert_int_equal(scan(), VAPIC_NONE);
		mwr(VAPIC_EOI, 0xffffffff);	/* any value in xAPIC mode */
		assert_true(eff.eoi);
		assert_int_equal(eff.eoi_vector, order[i]);
		assert_int_equal(eff.eoi_level, i & 1);
		if (order[i] == 0xc2) {
			assert_int_equal(scan(), 0x90);
			assert_true(vapic_accept(&va, 0x90));
			mwr(VAPIC_EOI, 0);
			assert_int_equal(eff.eoi_vector, 0x90);
		}
	}
	mwr(VAPIC_EOI, 0);
	assert_false(eff.eoi);
}

/* A request for a vector in service waits; the newest trigger mode counts. */
static void test_request_while_in_service(void **state)
{
	(void)state;
	start(true, 1, true);
	post_level(0x41);
	scan();
	assert_true(vapic_accept(&va, 0x41));
	post(0x41);
	assert_int_equal(scan(), VAPIC_NONE);
	assert_true(reg_bit(VAPIC_IRR, 0x41));
	assert_false(reg_bit(VAPIC_TMR, 0x41));
	wr(VAPIC_EOI, 0);
	assert_true(eff.eoi);
	assert_false(eff.eoi_level);
	assert_int_equal(scan(), 0x41);
	/* Both in one scan: level wins. */
	post(0x41);
	post_level(0x41);
	assert_int_equal(scan(), 0x41);
	assert_true(reg_bit(VAPIC_TMR, 0x41));
	assert_false(vapic_accept(&va, 0x42));
	assert_true(vapic_accept(&va, 0x41));
	assert_int_equal(scan(), VAPIC_NONE);
}

static void test_software_disable(void **state)
{
	(void)state;
	start(true, 1, true);
	for (u32 reg = VAPIC_LVT_TIMER; reg <= VAPIC_LVT_ERROR; reg++)
		wr(reg, 0x40 + reg);
	wr(VAPIC_LVT_CMCI, 0x40);
	post(0x66);
	scan();
	assert_int_equal(wr(VAPIC_SVR, 0xff), 0);
	assert_int_equal(rd(VAPIC_LVT_CMCI), 0x10040);
	for (u32 reg = VAPIC_LVT_TIMER; reg <= VAPIC_LVT_ERROR; reg++) {
		assert_int_equal(rd(reg), 0x10040 + reg);
		wr(reg, 0x51);		/* cannot be unmasked */
		assert_int_equal(rd(reg), 0x10051);
	}
	/* Held requests stay and are served, new ones are not accepted. */
	post(0x77);
	post_level(0x78);
	post(3);
	assert_int_equal(scan(), 0x66);
	assert_int_equal(va.esr_pending, 0);
	wr(VAPIC_SELF_IPI, 0x99);
	wr(VAPIC_ICR, 0x40099);
	assert_false(eff.ipi);
	assert_int_equal(scan(), 0x66);
	assert_false(reg_bit(VAPIC_TMR, 0x78));
	/* It still sends, and answers NMI and INIT. */
	wr(VAPIC_ICR, 0x99);
	assert_true(eff.ipi);
	in.nmi = true;
	scan();
	assert_true(out.nmi);
	/* Enabling unmasks nothing. */
	wr(VAPIC_SVR, 0x1ff);
	assert_int_equal(rd(VAPIC_LVT_TIMER), 0x10051);
	post(0x77);
	assert_int_equal(scan(), 0x77);
}

static void test_nmi(void **state)
{
	(void)state;
	start(true, 1, true);
	wr(VAPIC_TPR, 0xff);
	in.nmi = true;
	scan();
	assert_true(out.nmi);
	scan();
	assert_true(out.nmi);		/* stays until taken */
	vapic_take_nmi(&va);
	scan();
	assert_false(out.nmi);
}

/* --- Errors ------------------------------------------------------------ */

static void test_esr(void **state)
{
	(void)state;
	start(true, 1, true);
	wr(VAPIC_LVT_ERROR, 0xe1);
	for (int v = 0; v < 16; v++)
		post(v);
	post_level(0);
	assert_int_equal(scan(), 0xe1);
	assert_int_equal(va.irr[0] & 0xffff, 0);
	assert_int_equal(va.tmr[0] & 0xffff, 0);
	assert_int_equal(rd(VAPIC_ESR), 0);	/* needs a write first */
	assert_true(vapic_accept(&va, 0xe1));
	wr(VAPIC_EOI, 0);

	/* The same error again: logged already, no second interrupt. */
	post(5);
	assert_int_equal(scan(), VAPIC_NONE);
	/* A new kind interrupts. */
	wr(VAPIC_SELF_IPI, 0xf);
	assert_int_equal(scan(), 0xe1);
	assert_true(vapic_accept(&va, 0xe1));
	wr(VAPIC_EOI, 0);
	wr(VAPIC_ESR, 0);
	assert_int_equal(rd(VAPIC_ESR), 0x60);
	assert_int_equal(rd(VAPIC_ESR), 0x60);
	wr(VAPIC_ESR, 0);
	assert_int_equal(rd(VAPIC_ESR), 0);
	/* The write re-armed it. */
	post_level(15);
	assert_int_equal(scan(), 0xe1);
	wr(VAPIC_ESR, 0);
	assert_int_equal(rd(VAPIC_ESR), 0x40);
	assert_int_equal(wr(VAPIC_ESR, 1), -1);

	/* Masked: logged only. */
	start(true, 1, true);
	wr(VAPIC_LVT_ERROR, 0x100e1);
	wr(VAPIC_ICR, 0x0f);
	assert_false(eff.ipi);
	wr(VAPIC_ICR, 0x10f);
	assert_false(eff.ipi);
	assert_int_equal(scan(), VAPIC_NONE);
	wr(VAPIC_ESR, 0);
	assert_int_equal(rd(VAPIC_ESR), 0x20);
	/* 0x10 is a legal vector. */
	wr(VAPIC_ICR, 0x10);
	assert_true(eff.ipi);
	wr(VAPIC_ESR, 0);
	assert_int_equal(rd(VAPIC_ESR), 0);
}

/* XSA-462: the error entry's own vector is illegal. */
static void test_error_vector_illegal(void **state)
{
	(void)state;
	start(true, 1, true);
	wr(VAPIC_LVT_ERROR, 0x83);		/* legal, only looks low */
	wr(VAPIC_SELF_IPI, 0);
	assert_int_equal(scan(), 0x83);
	for (int v = 0; v < 17; v++) {
		start(true, 1, true);
		wr(VAPIC_LVT_ERROR, v);
		wr(VAPIC_SELF_IPI, 0);		/* send illegal */
		assert_int_equal(scan(), v < 16 ? VAPIC_NONE : 16);
		wr(VAPIC_ESR, 0);
		assert_int_equal(rd(VAPIC_ESR), v < 16 ? 0x60 : 0x20);

		start(true, 1, true);
		wr(VAPIC_LVT_ERROR, v);
		post(1);			/* receive illegal */
		assert_int_equal(scan(), v < 16 ? VAPIC_NONE : 16);
		wr(VAPIC_ESR, 0);
		assert_int_equal(rd(VAPIC_ESR), 0x40);
	}
}

/* --- Timer ------------------------------------------------------------- */

static const u8 dcr_of_shift[] = { 0xb, 0, 1, 2, 3, 8, 9, 0xa };

static void test_oneshot(void **state)
{
	(void)state;
	for (int shift = 0; shift < 8; shift++) {
		u64 t0, len = 100ull << shift;

		start(true, 1, true);
		wr(VAPIC_LVT_TIMER, 0x50);
		assert_true(eff.timer_changed);
		wr(VAPIC_DCR, dcr_of_shift[shift]);
		assert_true(eff.timer_changed);
		t0 = now;
		wr(VAPIC_ICOUNT, 100);
		assert_true(eff.timer_changed);
		assert_int_equal(rd(VAPIC_CCOUNT), 100);
		assert_int_equal(scan(), VAPIC_NONE);
		assert_int_equal(out.next_deadline, t0 + len);
		now = t0 + (1ull << shift);
		assert_int_equal(rd(VAPIC_CCOUNT), 99);
		now--;
		assert_int_equal(rd(VAPIC_CCOUNT), 100);
		now = t0 + len - 1;
		assert_int_equal(rd(VAPIC_CCOUNT), 1);
		assert_int_equal(scan(), VAPIC_NONE);
		now++;
		assert_int_equal(rd(VAPIC_CCOUNT), 0);
		assert_int_equal(scan(), 0x50);
		assert_true(out.next_deadline == VAPIC_NEVER);
		assert_int_equal(rd(VAPIC_ICOUNT), 100);
		assert_true(vapic_accept(&va, 0x50));
		wr(VAPIC_EOI, 0);
		assert_false(eff.eoi_level);
		now += FAR;
		assert_int_equal(scan(), VAPIC_NONE);	/* once */
		/* A count that was stopped does not expire. */
		wr(VAPIC_ICOUNT, 5);
		wr(VAPIC_ICOUNT, 0);
		assert_int_equal(rd(VAPIC_CCOUNT), 0);
		now += FAR;
		assert_int_equal(scan(), VAPIC_NONE);
		/* Neither does a masked one, not even after unmasking. */
		wr(VAPIC_LVT_TIMER, 0x10050);
		wr(VAPIC_ICOUNT, 5);
		assert_int_equal(scan(), VAPIC_NONE);
		assert_true(out.next_deadline == VAPIC_NEVER);
		now += 5ull << shift;
		wr(VAPIC_LVT_TIMER, 0x50);
		assert_int_equal(scan(), VAPIC_NONE);
		assert_true(out.next_deadline == VAPIC_NEVER);
	}
}

static void test_periodic(void **state)
{
	u64 t0;

	(void)state;
	start(true, 1, true);
	wr(VAPIC_LVT_TIMER, 0x20050);
	wr(VAPIC_DCR, 3);			/* 16 */
	t0 = now;
	wr(VAPIC_ICOUNT, 10);			/* period 160 */
	for (int i = 1; i < 5; i++) {
		assert_int_equal(scan(), VAPIC_NONE);
		assert_int_equal(out.next_deadline, t0 + i * 160);
		now = t0 + i * 160;
		assert_int_equal(rd(VAPIC_CCOUNT), 10);
		assert_int_equal(scan(), 0x50);
		assert_true(vapic_accept(&va, 0x50));
		wr(VAPIC_EOI, 0);
	}
	/* Late by 2 periods and a half: one interrupt, still on the grid. */
	now = t0 + 7 * 160 + 80;
	assert_int_equal(rd(VAPIC_CCOUNT), 5);
	assert_int_equal(scan(), 0x50);
	assert_int_equal(out.next_deadline, t0 + 8 * 160);
	assert_true(vapic_accept(&va, 0x50));
	wr(VAPIC_EOI, 0);
	assert_int_equal(scan(), VAPIC_NONE);
	/* Late by a very long time: the same, and no loop. */
	now = t0 + (1ull << 60) * 5 + 3;
	assert_int_equal(scan(), 0x50);
	assert_true(vapic_accept(&va, 0x50));
	wr(VAPIC_EOI, 0);
	assert_true(out.next_deadline > now);
	assert_true(out.next_deadline <= now + 160);
	assert_int_equal((out.next_deadline - t0) % 160, 0);
	/* Masked it runs on. */
	wr(VAPIC_LVT_TIMER, 0x30050);
	now = out.next_deadline + 16;
	assert_int_equal(rd(VAPIC_CCOUNT), 9);
	wr(VAPIC_LVT_TIMER, 0x20050);
	assert_int_equal(scan(), VAPIC_NONE);
	assert_int_equal(out.next_deadline, now + 144);
	/* To one-shot in the run: ends with this expiry. */
	wr(VAPIC_LVT_TIMER, 0x50);
	now += 144;
	assert_int_equal(scan(), 0x50);
	assert_true(out.next_deadline == VAPIC_NEVER);
	/* And back: stopped until a count is written. */
	wr(VAPIC_LVT_TIMER, 0x20050);
	scan();
	assert_true(out.next_deadline == VAPIC_NEVER);
	wr(VAPIC_ICOUNT, 10);
	scan();
	assert_int_equal(out.next_deadline, now + 160);
}

/* The host moves the TSC to its end: the grid does not wrap around to fire. */
static void test_periodic_end_of_time(void **state)
{
	(void)state;
	start(true, 1, true);
	now = 0;
	wr(VAPIC_LVT_TIMER, 0x20055);
	wr(VAPIC_DCR, 0xb);
	wr(VAPIC_ICOUNT, 0xf0000000);
	now = ~0ull - 1;
	assert_int_equal(scan(), 0x55);
	assert_true(out.next_deadline == VAPIC_NEVER);
	assert_true(vapic_accept(&va, 0x55));
	wr(VAPIC_EOI, 0);
	assert_int_equal(scan(), VAPIC_NONE);
	now = ~0ull;
	assert_int_equal(scan(), VAPIC_NONE);
}

/* XSA-504: count 0 in periodic mode, in each order of the three writes. */
static void test_periodic_zero(void **state)
{
	(void)state;
	for (int order = 0; order < 4; order++) {
		start(true, 1, true);
		if (order == 0)
			wr(VAPIC_ICOUNT, 0);
		wr(VAPIC_LVT_TIMER, 0x20050);
		if (order == 1)
			wr(VAPIC_ICOUNT, 0);
		wr(VAPIC_DCR, 0xb);
		if (order == 2) {
			wr(VAPIC_ICOUNT, 7);
			wr(VAPIC_ICOUNT, 0);
		}
		if (order == 3) {
			/* one-shot, stopped by expiry, then periodic */
			wr(VAPIC_LVT_TIMER, 0x10050);
			wr(VAPIC_ICOUNT, 7);
			now += 7;
			wr(VAPIC_LVT_TIMER, 0x20050);
			wr(VAPIC_DCR, 3);
		}
		for (int i = 0; i < 3; i++) {
			assert_int_equal(scan(), VAPIC_NONE);
			assert_true(out.next_deadline == VAPIC_NEVER);
			assert_int_equal(rd(VAPIC_CCOUNT), 0);
			now += FAR;
		}
	}
	/* The shortest period there is. */
	start(true, 1, true);
	wr(VAPIC_LVT_TIMER, 0x20050);
	wr(VAPIC_DCR, 0xb);
	wr(VAPIC_ICOUNT, 1);
	now += FAR;
	assert_int_equal(scan(), 0x50);
	assert_int_equal(out.next_deadline, now + 1);
}

static void test_divider_change(void **state)
{
	(void)state;
	start(true, 1, true);
	wr(VAPIC_LVT_TIMER, 0x20050);
	wr(VAPIC_DCR, 0xb);
	wr(VAPIC_ICOUNT, 1000);
	now += 400;
	wr(VAPIC_DCR, 0xa);			/* 128 */
	assert_int_equal(rd(VAPIC_CCOUNT), 600);
	scan();
	assert_int_equal(out.next_deadline, now + 600 * 128);
	now += 600 * 128;
	assert_int_equal(scan(), 0x50);
	assert_int_equal(out.next_deadline, now + 1000 * 128);
	/* A stopped timer is not started by it. */
	wr(VAPIC_ICOUNT, 0);
	wr(VAPIC_DCR, 0);
	assert_int_equal(rd(VAPIC_CCOUNT), 0);
	scan();
	assert_true(out.next_deadline == VAPIC_NEVER);
}

static void test_deadline_mode(void **state)
{
	(void)state;
	for (int x2apic = 0; x2apic < 2; x2apic++) {
		start(x2apic, 1, true);
		/* Ignored outside the mode. */
		msr_wr(VAPIC_MSR_DEADLINE, now + 10);
		assert_false(eff.timer_changed);
		assert_int_equal(msr_rd(VAPIC_MSR_DEADLINE), 0);
		if (x2apic)
			wr(VAPIC_LVT_TIMER, 0x40050);
		else
			mwr(VAPIC_LVT_TIMER, 0x40050);
		msr_wr(VAPIC_MSR_DEADLINE, now + 10);
		assert_true(eff.timer_changed);
		assert_int_equal(msr_rd(VAPIC_MSR_DEADLINE), now + 10);
		assert_int_equal(scan(), VAPIC_NONE);
		assert_int_equal(out.next_deadline, now + 10);
		now += 9;
		assert_int_equal(scan(), VAPIC_NONE);
		now++;
		assert_int_equal(msr_rd(VAPIC_MSR_DEADLINE), 0);
		assert_int_equal(scan(), 0x50);
		assert_true(out.next_deadline == VAPIC_NEVER);
		assert_true(vapic_accept(&va, 0x50));
		if (x2apic)
			wr(VAPIC_EOI, 0);
		else
			mwr(VAPIC_EOI, 0);
		assert_int_equal(scan(), VAPIC_NONE);
		/* In the past: at once. */
		msr_wr(VAPIC_MSR_DEADLINE, 1);
		assert_int_equal(scan(), 0x50);
		assert_true(vapic_accept(&va, 0x50));
	}
	wr(VAPIC_EOI, 0);
	/* Zero disarms, a masked one still expires. */
	msr_wr(VAPIC_MSR_DEADLINE, now + 10);
	msr_wr(VAPIC_MSR_DEADLINE, 0);
	now += 20;
	assert_int_equal(scan(), VAPIC_NONE);
	wr(VAPIC_LVT_TIMER, 0x50050);
	msr_wr(VAPIC_MSR_DEADLINE, now + 10);
	scan();
	assert_true(out.next_deadline == VAPIC_NEVER);
	now += 10;
	assert_int_equal(scan(), VAPIC_NONE);
	assert_int_equal(msr_rd(VAPIC_MSR_DEADLINE), 0);
	/* The initial count is dead in this mode. */
	wr(VAPIC_LVT_TIMER, 0x40050);
	wr(VAPIC_ICOUNT, 10);
	assert_int_equal(rd(VAPIC_ICOUNT), 0);
	assert_int_equal(rd(VAPIC_CCOUNT), 0);
	/* Leaving and entering disarms. */
	msr_wr(VAPIC_MSR_DEADLINE, now + 10);
	wr(VAPIC_LVT_TIMER, 0x50);
	assert_int_equal(msr_rd(VAPIC_MSR_DEADLINE), 0);
	now += 20;
	assert_int_equal(scan(), VAPIC_NONE);
	wr(VAPIC_ICOUNT, 10);
	wr(VAPIC_LVT_TIMER, 0x40050);
	assert_int_equal(rd(VAPIC_ICOUNT), 0);
	now += 20;
	assert_int_equal(scan(), VAPIC_NONE);
	/* Staying in the mode does not. */
	msr_wr(VAPIC_MSR_DEADLINE, now + 10);
	wr(VAPIC_LVT_TIMER, 0x40051);
	now += 10;
	assert_int_equal(scan(), 0x51);
}

static void test_timer_illegal_vector(void **state)
{
	(void)state;
	start(true, 1, true);
	wr(VAPIC_LVT_ERROR, 0xe1);
	wr(VAPIC_LVT_TIMER, 0x2000f);
	wr(VAPIC_ICOUNT, 10);
	now += FAR;
	assert_int_equal(scan(), 0xe1);
	wr(VAPIC_ESR, 0);
	assert_int_equal(rd(VAPIC_ESR), 0x40);
}

/*
 * Any ratio of clocks: the expiry is the first TSC tick worth the count, and
 * stays on that grid; computed here with 128 bits.
 */
static void test_clock_ratio(void **state)
{
	static const struct vapic_clock clocks[] = {
		{ 1000000, 1000000 }, { 2495378, 25000 }, { 3, 2 }, { 65536, 1 },
		{ 0xffffffff, 0x10000 }, { 0xffffffff, 0xfffffffe },
		{ 7, 7 }, { 4000000001u, 99999 },
	};
	static const u32 counts[] = { 1, 2, 3, 1000, 0x7fffffff, 0xffffffff };

	(void)state;
	for (size_t c = 0; c < ARRAY_SIZE(clocks); c++) {
		for (size_t n = 0; n < ARRAY_SIZE(counts) * 8; n++) {
			u32 count = counts[n / 8], shift = n % 8;
			unsigned __int128 tsc = clocks[c].tsc_khz;
			unsigned __int128 bus = clocks[c].bus_khz;
			unsigned __int128 period = (u64)count << shift, k, due;
			u64 t0;

			vapic_init(&va, 1, true, &clocks[c]);
			assert_int_equal(va.clock.tsc_khz, clocks[c].tsc_khz);
			now = t0 = 123456789;
			mwr(VAPIC_SVR, 0x1ff);
			mwr(VAPIC_LVT_TIMER, 0x20050);
			mwr(VAPIC_DCR, dcr_of_shift[shift]);
			mwr(VAPIC_ICOUNT, count);
			due = (period * tsc + bus - 1) / bus;
			scan();
			assert_true(out.next_deadline == t0 + (u64)due);
			now = out.next_deadline - 1;
			assert_int_equal(scan(), VAPIC_NONE);
			now++;
			assert_int_equal(scan(), 0x50);
			/* Somewhere far on, next expiry is the next of all. */
			now = t0 + (u64)due * 5 / 2 + (1ull << 61);
			scan();
			k = (now - t0) * bus / tsc / period + 1;
			due = (k * period * tsc + bus - 1) / bus;
			assert_true(out.next_deadline == t0 + (u64)due);
			assert_true(mrd(VAPIC_CCOUNT) ==
				    (u32)((k * period - (now - t0) * bus / tsc +
					   (1u << shift) - 1) >> shift));
		}
	}
}

static void test_clock_limits(void **state)
{
	static const struct vapic_clock bad[] = {
		{ 0, 0 }, { 1000, 0 }, { 0, 1000 }, { 1000, 1001 },
		{ 65537, 1 }, { 0xffffffff, 0xffff },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		vapic_init(&va, 1, true, &bad[i]);
		check();
		assert_int_equal(va.clock.bus_khz, va.clock.tsc_khz);
		assert_int_not_equal(va.clock.bus_khz, 0);
	}
	/* The end of time: never, instead of a wrap into the past. */
	start(true, 1, true);
	wr(VAPIC_LVT_TIMER, 0x50);
	now = ~0ull - 5;
	wr(VAPIC_ICOUNT, 1000);
	scan();
	assert_true(out.next_deadline == VAPIC_NEVER);
	/* A TSC that goes back neither expires nor lengthens the count. */
	start(true, 1, true);
	wr(VAPIC_LVT_TIMER, 0x20050);
	wr(VAPIC_DCR, 0xb);
	now = 1000000;
	wr(VAPIC_ICOUNT, 1000);
	now += 10500;
	assert_int_equal(scan(), 0x50);
	now = 10;
	assert_int_equal(rd(VAPIC_CCOUNT), 1000);
}

/* --- LINT pins --------------------------------------------------------- */

static int pins(bool lint0, bool lint1)
{
	in.lint0 = lint0;
	in.lint1 = lint1;
	return scan();
}

static void test_lint_extint(void **state)
{
	(void)state;
	start(true, 1, true);
	pins(true, false);
	assert_false(out.extint);		/* masked */
	wr(0x35, 0x700);
	wr(VAPIC_TPR, 0xff);
	pins(true, false);
	assert_true(out.extint);		/* whatever TPR says */
	assert_int_equal(out.vector, VAPIC_NONE);
	pins(false, true);
	assert_false(out.extint);
	wr(0x36, 0x700);
	pins(false, true);
	assert_true(out.extint);
	wr(VAPIC_SVR, 0xff);
	pins(true, true);
	assert_false(out.extint);
}

static void test_lint_nmi_init(void **state)
{
	(void)state;
	for (int pin = 0; pin < 2; pin++) {
		start(true, 1, false);
		wr(0x35 + pin, 0x8400);		/* level bit is ignored */
		pins(!pin, pin);
		assert_true(out.nmi);
		assert_false(out.extint);
		pins(false, false);
		pins(pin, !pin);
		assert_true(out.nmi);		/* latched */
		pins(!pin, pin);
		vapic_take_nmi(&va);
		pins(!pin, pin);
		assert_false(out.nmi);		/* edge */
		pins(false, false);
		assert_false(out.nmi);
		pins(pin, !pin);		/* the other pin is masked */
		assert_false(out.nmi);
		pins(!pin, pin);
		assert_true(out.nmi);

		start(true, 1, false);
		wr(0x35 + pin, 0x500);
		pins(!pin, pin);
		assert_true(out.init);
		vapic_take_init(&va);
		check();
		pins(!pin, pin);
		assert_false(out.init);

		/* No edge, no INIT; never an external interrupt. */
		start(true, 1, false);
		pins(!pin, pin);
		wr(0x35 + pin, 0x500);
		pins(!pin, pin);
		assert_false(out.init || out.extint);
		vapic_take_init(&va);

		/* It voids an earlier SIPI, as the message does. */
		in.sipi = true;
		pins(false, false);
		assert_true(out.sipi);
		wr(VAPIC_SVR, 0x1ff);
		wr(0x35 + pin, 0x500);
		pins(!pin, pin);
		assert_true(out.init);
		vapic_take_init(&va);
		scan();
		assert_false(out.sipi);
	}
}

static void test_lint_fixed(void **state)
{
	(void)state;
	for (int pin = 0; pin < 2; pin++) {
		u32 reg = 0x35 + pin;

		start(true, 1, true);
		wr(reg, 0x60);				/* edge */
		assert_int_equal(pins(!pin, pin), 0x60);
		assert_false(reg_bit(VAPIC_TMR, 0x60));
		assert_true(vapic_accept(&va, 0x60));
		wr(VAPIC_EOI, 0);
		assert_int_equal(pins(!pin, pin), VAPIC_NONE);

		for (int v = 16; v < 256; v += 15) {	/* any vector */
			pins(false, false);
			wr(reg, v);
			assert_int_equal(pins(!pin, pin), v);
			assert_false(out.extint);
			assert_true(vapic_accept(&va, v));
			wr(VAPIC_EOI, 0);
			wr(reg, 0x8000 | v);
			assert_int_equal(pins(!pin, pin), v);
			assert_false(out.extint);
			assert_int_equal(rd(reg), 0xc000 | v);
			assert_true(vapic_accept(&va, v));
			wr(VAPIC_EOI, 0);
			assert_true(eff.eoi_level);
			assert_int_equal(rd(reg), 0x8000 | v);
		}
		/* The EOI of another vector leaves it in service. */
		wr(reg, 0x80e1);
		assert_int_equal(pins(!pin, pin), 0xe1);
		assert_true(vapic_accept(&va, 0xe1));
		post(0xf1);
		scan();
		assert_true(vapic_accept(&va, 0xf1));
		wr(VAPIC_EOI, 0);
		assert_int_equal(rd(reg), 0xc0e1);
		/* So is the same vector as another message type. */
		wr(reg, 0x84e1);
		assert_int_equal(rd(reg), 0x84e1);
		wr(VAPIC_EOI, 0);

		wr(reg, 0x8061);			/* level */
		assert_int_equal(pins(!pin, pin), 0x61);
		assert_true(reg_bit(VAPIC_TMR, 0x61));
		assert_int_equal(rd(reg), 0xc061);	/* remote IRR */
		assert_true(vapic_accept(&va, 0x61));
		pins(!pin, pin);
		assert_false(reg_bit(VAPIC_IRR, 0x61));
		wr(VAPIC_EOI, 0);
		assert_true(eff.eoi_level);
		assert_int_equal(rd(reg), 0x8061);
		assert_int_equal(pins(!pin, pin), 0x61);	/* still there */
		assert_true(vapic_accept(&va, 0x61));
		/* Masking and unmasking keep it in service, a new mode not. */
		wr(reg, 0x18061);
		assert_int_equal(rd(reg), 0x1c061);
		wr(reg, 0x8061);
		assert_int_equal(rd(reg), 0xc061);
		wr(reg, 0x8062);
		assert_int_equal(rd(reg), 0x8062);
		wr(VAPIC_EOI, 0);
		assert_int_equal(pins(false, false), VAPIC_NONE);

		/* An illegal vector is an error each time ESR is re-armed. */
		wr(reg, 0x8002);
		pins(!pin, pin);
		assert_int_equal(rd(reg), 0x8002);
		wr(VAPIC_ESR, 0);
		assert_int_equal(rd(VAPIC_ESR), 0x40);
		/* A message type that a pin cannot have does nothing. */
		wr(reg, 0x360);
		pins(false, false);
		assert_int_equal(pins(!pin, pin), VAPIC_NONE);
		assert_false(out.nmi || out.init || out.extint);
	}
}

static void test_pins_without_apic(void **state)
{
	(void)state;
	start(false, 1, true);
	msr_wr(VAPIC_MSR_BASE, 0xfee00000);
	pins(true, true);
	assert_true(out.extint);
	assert_true(out.nmi);
	pins(false, true);
	assert_true(out.nmi);
	vapic_take_nmi(&va);
	pins(false, true);
	assert_false(out.extint);
	assert_false(out.nmi);
}

/* --- INIT and start-up ------------------------------------------------- */

static void test_init_sipi(void **state)
{
	(void)state;
	start(true, 5, false);
	post(0x60);
	scan();
	assert_true(vapic_accept(&va, 0x60));
	wr(VAPIC_TPR, 0x10);
	wr(VAPIC_LVT_TIMER, 0x40070);
	msr_wr(VAPIC_MSR_DEADLINE, FAR);
	wr(VAPIC_DCR, 0xb);
	post(0x90);
	in.nmi = true;
	in.init = true;
	assert_int_equal(scan(), VAPIC_NONE);
	assert_true(out.init);
	assert_false(out.nmi || out.sipi || out.extint);
	vapic_take_init(&va);
	check();
	assert_true(va.wait_for_sipi);
	assert_int_equal(rd(VAPIC_SVR), 0xff);
	assert_int_equal(rd(VAPIC_TPR), 0);
	assert_int_equal(rd(VAPIC_DCR), 0);
	assert_false(va.nmi_pending);
	assert_int_equal(rd(VAPIC_ID), 5);
	assert_int_equal(rd(VAPIC_LDR), 0x20);
	assert_int_equal(msr_rd(VAPIC_MSR_BASE), 0xfee00c00);
	assert_int_equal(msr_rd(VAPIC_MSR_DEADLINE), 0);
	assert_false(reg_bit(VAPIC_ISR, 0x60));
	assert_false(reg_bit(VAPIC_IRR, 0x90));
	scan();
	assert_false(out.init || out.nmi || out.sipi);

	/* Waiting: an NMI is held, the first SIPI counts. */
	in.nmi = true;
	scan();
	assert_false(out.nmi);
	in.sipi = true;
	in.sipi_vector = 0x9a;
	scan();
	assert_true(out.sipi);
	assert_int_equal(out.sipi_vector, 0x9a);
	in.sipi = true;
	in.sipi_vector = 0x11;
	scan();
	assert_true(out.sipi);
	assert_int_equal(out.sipi_vector, 0x9a);
	vapic_take_sipi(&va);
	check();
	scan();
	assert_false(out.sipi);
	assert_true(out.nmi);
	/* Running: SIPI is nothing. */
	in.sipi = true;
	scan();
	assert_false(out.sipi);
}

static void test_init_order(void **state)
{
	(void)state;
	/* INIT and SIPI in one scan: INIT first, then SIPI. */
	start(true, 5, false);
	in.init = in.sipi = true;
	in.sipi_vector = 7;
	scan();
	assert_true(out.init);
	assert_false(out.sipi);
	vapic_take_init(&va);
	check();
	scan();
	assert_true(out.sipi);
	assert_int_equal(out.sipi_vector, 7);
	/* An INIT voids the SIPI before it. */
	in.init = true;
	scan();
	assert_true(out.init);
	vapic_take_init(&va);
	scan();
	assert_false(out.init || out.sipi);
	assert_true(va.wait_for_sipi);
	/* INIT is not lost when a start overtakes it. */
	in.init = true;
	scan();
	vapic_take_sipi(&va);
	check();
	scan();
	assert_true(out.init);
	/* LINT may be the source of INIT as well (above); BSP never waits. */
	start(true, 0, true);
	in.init = in.sipi = true;
	scan();
	assert_true(out.init);
	vapic_take_init(&va);
	check();
	scan();
	assert_false(out.sipi || out.init);
	assert_false(va.wait_for_sipi);
	/* xAPIC: mode and address stay, LDR does not. */
	start(false, 3, true);
	mwr(VAPIC_LDR, 0x08000000);
	mwr(VAPIC_DFR, 0x0fffffff);
	vapic_take_init(&va);
	check();
	assert_int_equal(mrd(VAPIC_LDR), 0);
	assert_int_equal(mrd(VAPIC_DFR), 0xffffffff);
	assert_int_equal(mrd(VAPIC_ID), 0x03000000);
}

/* --- Sending ----------------------------------------------------------- */

/* All modes and shorthands: what leaves the APIC. */
static void test_icr(void **state)
{
	(void)state;
	for (u32 mode = 0; mode < 8; mode++) {
		for (u32 sh = 0; sh < 4; sh++) {
			for (u32 trigger = 0; trigger < 4; trigger++) {
				bool fixed = mode < 2, self = false;
				bool sent = fixed || (mode >= 4 && mode < 7);

				if (fixed && sh == VAPIC_TO_SELF) {
					sent = false;
					self = true;
				}
				if (mode >= 5 && (sh == 1 || sh == 2))
					sent = false;
				if (mode == 5 && trigger == 2)
					sent = false;	/* level, de-assert */
				start(true, 9, true);
				assert_int_equal(wr(VAPIC_ICR,
					0x1234567800000000 | 0x61 | mode << 8 |
					trigger << 14 | sh << 18 | 0x800), 0);
				assert_int_equal(eff.ipi, sent);
				assert_int_equal(scan(), self ? 0x61 :
						 VAPIC_NONE);
				if (!sent)
					continue;
				assert_int_equal(eff.ipi_desc.vector, 0x61);
				assert_int_equal(eff.ipi_desc.mode, mode);
				assert_int_equal(eff.ipi_desc.shorthand, sh);
				assert_true(eff.ipi_desc.logical);
				assert_int_equal(eff.ipi_desc.dest, 0x12345678);
			}
		}
	}
	/* NMI, INIT and SIPI have no illegal vectors. */
	for (u32 mode = 4; mode < 7; mode++) {
		wr(VAPIC_ICR, mode << 8);
		assert_true(eff.ipi);
		assert_false(eff.ipi_desc.logical);
	}
	wr(VAPIC_ESR, 0);
	assert_int_equal(rd(VAPIC_ESR), 0);
	/* Illegal self IPI by shorthand. */
	wr(VAPIC_ICR, 0x40003);
	wr(VAPIC_ESR, 0);
	assert_int_equal(rd(VAPIC_ESR), 0x20);
	/* Self IPI register: leaves ICR alone. */
	wr(VAPIC_ICR, 0x123400000061);
	wr(VAPIC_SELF_IPI, 0x31);
	assert_false(eff.ipi);
	assert_int_equal(scan(), 0x31);
	assert_true(rd(VAPIC_ICR) == 0x123400000061);
}

static void test_icr_xapic(void **state)
{
	(void)state;
	start(false, 9, true);
	mwr(VAPIC_ICR_HIGH, 0x07000000);
	assert_false(eff.ipi);
	mwr(VAPIC_ICR, 0x0c061);
	assert_true(eff.ipi);
	assert_int_equal(eff.ipi_desc.dest, 7);
	assert_false(eff.ipi_desc.logical);
	mwr(VAPIC_ICR_HIGH, 0xff000000);
	mwr(VAPIC_ICR, 0x8ff);
	assert_true(eff.ipi);
	assert_true(eff.ipi_desc.dest == VAPIC_BROADCAST);
	assert_true(eff.ipi_desc.logical);
	/* 0xff is a normal destination for an x2APIC. */
	start(true, 9, true);
	wr(VAPIC_ICR, 0xff00000061);
	assert_int_equal(eff.ipi_desc.dest, 0xff);
}

static bool match(u32 shorthand, bool logical, u32 dest, u32 sender)
{
	struct vapic_ipi ipi = {
		.vector = 0x40, .shorthand = shorthand, .logical = logical,
		.dest = dest,
	};

	return vapic_match(&va, &ipi, sender);
}

static void test_match_shorthand(void **state)
{
	(void)state;
	for (int x2apic = 0; x2apic < 2; x2apic++) {
		start(x2apic, 6, true);
		for (u32 sender = 5; sender < 8; sender++) {
			assert_int_equal(match(1, false, 99, sender),
					 sender == 6);
			assert_true(match(2, true, 99, sender));
			assert_int_equal(match(3, false, 6, sender),
					 sender != 6);
		}
		/* A disabled APIC is not on the bus. */
		msr_wr(VAPIC_MSR_BASE, 0xfee00000);
		for (u32 sh = 0; sh < 4; sh++) {
			assert_false(match(sh, false, VAPIC_BROADCAST, 6));
			assert_false(match(sh, false, VAPIC_BROADCAST, 7));
		}
	}
}

static void test_match_x2apic(void **state)
{
	(void)state;
	for (u32 id = 0; id < 0x60; id++) {
		start(true, id, true);
		for (u32 dest = 0; dest < 0x120; dest++)
			assert_int_equal(match(0, false, dest, 0), dest == id);
		assert_true(match(0, false, VAPIC_BROADCAST, 0));
		assert_true(match(0, true, VAPIC_BROADCAST, 0));
		for (u32 cluster = 0; cluster < 7; cluster++) {
			for (u32 bit = 0; bit < 16; bit++)
				assert_int_equal(
					match(0, true, cluster << 16 | 1u << bit,
					      0), id == cluster * 16 + bit);
			assert_int_equal(match(0, true, cluster << 16 | 0xffff,
					       0), id / 16 == cluster);
			assert_false(match(0, true, cluster << 16, 0));
		}
	}
	start(true, 0xff, true);
	assert_true(match(0, false, 0xff, 0));
	start(true, 0x12345678, true);
	assert_true(match(0, false, 0x12345678, 0));
	assert_false(match(0, false, 0x78, 0));
	assert_true(match(0, true, 0x45670100, 0));
}

static void test_match_xapic(void **state)
{
	(void)state;
	start(false, 6, true);
	for (u32 dest = 0; dest < 0x120; dest++)
		assert_int_equal(match(0, false, dest, 0),
				 dest == 6 || dest == 0xff);
	assert_true(match(0, false, VAPIC_BROADCAST, 0));
	/* Flat: any common bit. */
	for (u32 ldr = 0; ldr < 256; ldr++) {
		mwr(VAPIC_LDR, ldr << 24);
		for (u32 dest = 0; dest < 256; dest++)
			assert_int_equal(match(0, true, dest, 0),
					 dest == 0xff || (dest & ldr));
	}
	mwr(VAPIC_LDR, 0xff000000);
	assert_false(match(0, true, 0x101, 0));
	/* Cluster: high nibbles equal, a common bit in the low ones. */
	mwr(VAPIC_DFR, 0x0fffffff);
	for (u32 ldr = 0; ldr < 256; ldr++) {
		mwr(VAPIC_LDR, ldr << 24);
		for (u32 dest = 0; dest < 256; dest++)
			assert_int_equal(match(0, true, dest, 0),
					 dest == 0xff ||
					 (dest / 16 == ldr / 16 &&
					  (dest & ldr & 15)));
	}
	/* No such model. */
	mwr(VAPIC_LDR, 0x11000000);
	for (u32 model = 1; model < 15; model++) {
		mwr(VAPIC_DFR, model << 28);
		assert_false(match(0, true, 0x11, 0));
	}
	assert_true(match(0, true, VAPIC_BROADCAST, 0));
	/* An ID that does not fit 8 bits has no xAPIC address. */
	start(false, 0x106, true);
	assert_false(match(0, false, 6, 0));
	assert_true(match(0, false, VAPIC_BROADCAST, 0));
}

/* --- Random sequences -------------------------------------------------- */

static u64 seed;

static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * 0x2545f4914f6cdd1dull >> 8;
}

/* The reference: what the manuals say, as slowly as possible. */
static struct {
	bool irr[256], isr[256], tmr[256];
	u32 tpr, svr, esr, pending, lvt_timer, lvt_error, dcr, icount, icr;
	u64 deadline;
	/* the counter that hardware has */
	u32 count, prescale, fraction;
	bool running;
	u32 tsc, bus;
	u64 now;
} ref;

static void ref_error(u32 bit)
{
	bool fresh = !(ref.pending & bit);

	ref.pending |= bit;
	if (!fresh || ref.lvt_error & 0x10000)
		return;
	if (ref.lvt_error % 256 < 16) {
		ref.pending |= 0x40;
		return;
	}
	ref.irr[ref.lvt_error % 256] = true;
	ref.tmr[ref.lvt_error % 256] = false;
}

static void ref_accept(u32 vector, bool level)
{
	if (!(ref.svr & 0x100))
		return;
	if (vector < 16) {
		ref_error(0x40);
		return;
	}
	ref.irr[vector] = true;
	ref.tmr[vector] = level;
}

static void ref_timer_irq(void)
{
	if (!(ref.lvt_timer & 0x10000))
		ref_accept(ref.lvt_timer % 256, false);
}

static u32 ref_divisor(void)
{
	static const u32 div[16] = { [0] = 2, [1] = 4, [2] = 8, [3] = 16,
				     [8] = 32, [9] = 64, [10] = 128, [11] = 1 };

	return div[ref.dcr];
}

/* One TSC tick. */
static void ref_tick(void)
{
	ref.now++;
	if ((ref.lvt_timer >> 17 & 3) == 2) {
		if (ref.deadline && ref.now >= ref.deadline) {
			ref.deadline = 0;
			ref_timer_irq();
		}
		return;
	}
	if (!ref.running)
		return;
	ref.fraction += ref.bus;
	if (ref.fraction < ref.tsc)
		return;
	ref.fraction -= ref.tsc;
	if (++ref.prescale < ref_divisor())
		return;
	ref.prescale = 0;
	if (--ref.count)
		return;
	ref_timer_irq();
	if ((ref.lvt_timer >> 17 & 3) == 1)
		ref.count = ref.icount;
	else
		ref.running = false;
}

static int ref_top(const bool set[256])
{
	int top = -1;

	for (int v = 0; v < 256; v++)
		if (set[v])
			top = v;
	return top;
}

static u32 ref_ppr(void)
{
	int top = ref_top(ref.isr);
	u32 class = top < 0 ? 0 : top / 16;

	return ref.tpr / 16 >= class ? ref.tpr : class * 16;
}

static int ref_deliverable(void)
{
	int top = ref_top(ref.irr);

	return top / 16 > (int)ref_ppr() / 16 ? top : VAPIC_NONE;
}

static void both(u32 reg, u32 val)
{
	if (vapic_x2apic(&va))
		assert_int_equal(wr(reg, val), 0);
	else
		mwr(reg, val);
}

static u32 both_rd(u32 reg)
{
	return vapic_x2apic(&va) ? (u32)rd(reg) : mrd(reg);
}

static void compare(void)
{
	assert_int_equal(both_rd(VAPIC_CCOUNT), ref.running ? ref.count : 0);
	assert_int_equal(both_rd(VAPIC_TPR), ref.tpr);
	assert_int_equal(both_rd(VAPIC_PPR), ref_ppr());
	assert_int_equal(both_rd(VAPIC_SVR), ref.svr);
	assert_int_equal(both_rd(VAPIC_ESR), ref.esr);
	assert_int_equal(both_rd(VAPIC_LVT_TIMER), ref.lvt_timer);
	assert_int_equal(both_rd(VAPIC_LVT_ERROR), ref.lvt_error);
	assert_int_equal(both_rd(VAPIC_ICOUNT), ref.icount);
	assert_int_equal(both_rd(VAPIC_ICR), ref.icr);
	assert_int_equal(msr_rd(VAPIC_MSR_DEADLINE), ref.deadline);
	for (int i = 0; i < 8; i++) {
		u32 irr = both_rd(VAPIC_IRR + i), isr = both_rd(VAPIC_ISR + i);
		u32 tmr = both_rd(VAPIC_TMR + i);

		for (int b = 0; b < 32; b++) {
			assert_int_equal(irr >> b & 1, ref.irr[i * 32 + b]);
			assert_int_equal(isr >> b & 1, ref.isr[i * 32 + b]);
			assert_int_equal(tmr >> b & 1, ref.tmr[i * 32 + b]);
		}
	}
}

static void random_lvt_timer(void)
{
	u32 mode = rnd() % 3, old = ref.lvt_timer >> 17 & 3;
	u32 val = mode << 17 | (rnd() % 4 ? 0 : 0x10000) | (rnd() % 256);

	both(VAPIC_LVT_TIMER, val);
	if (!(ref.svr & 0x100))
		val |= 0x10000;
	if ((old == 2) != (mode == 2)) {
		ref.deadline = 0;
		ref.icount = 0;
		ref.running = false;
	}
	ref.lvt_timer = val;
}

static void random_post(void)
{
	int n = rnd() % 4;

	for (int v = 0; v < 256; v++)
		if (rnd() % 300 < (u64)n) {
			if (rnd() % 3)
				post(v);
			if (!(rnd() % 3))
				post_level(v);
		}
	/* illegal ones count once; then by number, level after edge */
	if ((in.posted[0] | in.posted_level[0]) & 0xffff)
		ref_accept(0, false);
	for (int v = 16; v < 256; v++) {
		if (in.posted[v / 64] >> (v % 64) & 1)
			ref_accept(v, false);
		if (in.posted_level[v / 64] >> (v % 64) & 1)
			ref_accept(v, true);
	}
}

static void random_scan(void)
{
	int want;

	random_post();
	scan();
	want = ref_deliverable();
	assert_int_equal(out.vector, want);
	assert_true(out.next_deadline > now);
	if (want >= 0 && rnd() % 4) {
		assert_true(vapic_accept(&va, want));
		ref.irr[want] = false;
		ref.isr[want] = true;
	} else {
		u8 v = rnd();
		bool can = ref.irr[v] && v / 16 > ref_top(ref.isr) / 16;

		assert_int_equal(vapic_accept(&va, v), can);
		if (can) {
			ref.irr[v] = false;
			ref.isr[v] = true;
		}
	}
	check();
}

static void random_eoi(void)
{
	int top = ref_top(ref.isr);

	both(VAPIC_EOI, 0);
	assert_int_equal(eff.eoi, top >= 0);
	if (top < 0)
		return;
	assert_int_equal(eff.eoi_vector, top);
	assert_int_equal(eff.eoi_level, ref.tmr[top]);
	ref.isr[top] = false;
}

static void random_send(void)
{
	u32 vector = rnd() % 256;

	if (vapic_x2apic(&va) && rnd() % 2) {
		both(VAPIC_SELF_IPI, vector);
	} else {
		both(VAPIC_ICR, 0x40000 | vector);
		ref.icr = 0x40000 | vector;
	}
	if (vector < 16)
		ref_error(0x20);
	else
		ref_accept(vector, false);
}

static void random_step(void)
{
	u32 val;

	for (u64 n = rnd() % 8 ? rnd() % 40 : 0; n; n--, now++)
		ref_tick();
	switch (rnd() % 16) {
	case 0 ... 4:
		random_scan();
		break;
	case 5 ... 7:
		random_eoi();
		break;
	case 8:
		ref.tpr = rnd() % 3 ? rnd() % 64 : rnd() % 256;
		both(VAPIC_TPR, ref.tpr);
		break;
	case 9:
		if (rnd() % 2)
			break;
		ref.svr = rnd() % 256 | (rnd() % 4 ? 0x100 : 0);
		both(VAPIC_SVR, ref.svr);
		if (!(ref.svr & 0x100)) {
			ref.lvt_timer |= 0x10000;
			ref.lvt_error |= 0x10000;
		}
		break;
	case 10:
		random_send();
		break;
	case 11:
		both(VAPIC_ESR, 0);
		ref.esr = ref.pending;
		ref.pending = 0;
		break;
	case 12:
		val = rnd() % 64 | (rnd() % 4 ? 0 : 0x10000);
		both(VAPIC_LVT_ERROR, val);
		ref.lvt_error = val | (ref.svr & 0x100 ? 0 : 0x10000);
		break;
	case 13:
		if (rnd() % 3 == 0)
			random_lvt_timer();
		break;
	case 14:
		if ((ref.lvt_timer >> 17 & 3) == 2) {
			ref.deadline = rnd() % 4 ? now + rnd() % 200 : 0;
			assert_int_equal(msr_wr(VAPIC_MSR_DEADLINE,
						ref.deadline), 0);
			if (ref.deadline && ref.deadline <= now) {
				ref.deadline = 0;
				ref_timer_irq();
				scan();
			}
			break;
		}
		ref.icount = rnd() % 3 ? rnd() % 6 : rnd() % 100;
		both(VAPIC_ICOUNT, ref.icount);
		ref.running = ref.icount;
		ref.count = ref.icount;
		ref.prescale = ref.fraction = 0;
		break;
	case 15:
		ref.dcr = dcr_of_shift[rnd() % 8];
		both(VAPIC_DCR, ref.dcr);
		ref.prescale = ref.fraction = 0;
		break;
	}
	compare();
}

static void test_random_against_reference(void **state)
{
	(void)state;
	for (int run = 0; run < 60; run++) {
		struct vapic_clock clock;

		seed = 0x9e3779b97f4a7c15ull * (run + 1);
		start(run & 1, rnd() % 255, true);
		clock.bus_khz = 1 + rnd() % 20;
		clock.tsc_khz = clock.bus_khz + rnd() % 40;
		va.clock = clock;
		memset(&ref, 0, sizeof(ref));
		ref.svr = 0x1ff;
		ref.lvt_timer = ref.lvt_error = 0x10000;
		ref.tsc = clock.tsc_khz;
		ref.bus = clock.bus_khz;
		ref.now = now;
		for (int i = 0; i < 1500; i++)
			random_step();
	}
}

/* Anything a guest can do, in any mode: invariant, and progress of time. */
static void test_random_hostile(void **state)
{
	static const u64 times[] = { 0, 1, 1000, 1ull << 32, 1ull << 62, ~0ull };
	u64 val;
	u32 low;

	(void)state;
	for (int run = 0; run < 300; run++) {
		seed = 0xd1b54a32d192ed03ull * (run + 1);
		start(rnd() & 1, rnd(), rnd() & 1);
		for (int i = 0; i < 400; i++) {
			u64 v = rnd() << 8 ^ rnd();

			v >>= rnd() % 64;
			now += rnd() % 3 ? rnd() % 1000 : 0;
			if (!(rnd() % 50))
				now = times[rnd() % ARRAY_SIZE(times)] +
				      rnd() % 100;
			switch (rnd() % 10) {
			case 0:
				if (!(rnd() % 8))
					msr_wr(VAPIC_MSR_BASE, 0xfee00000 |
					       (rnd() & 0xc00));
				break;
			case 1:
				msr_wr(VAPIC_MSR_DEADLINE, rnd() & 1 ? v :
				       now + rnd() % 1000);
				break;
			case 2 ... 3:
				msr_wr(0x7f0 + rnd() % 0x60, v);
				vapic_mmio_write(&va, rnd() % 0x1100, v, now,
						 &eff);
				break;
			case 4 ... 5:
				v &= rnd() & 1 ? 0x700ff : 0xbb;
				wr(0x2f + rnd() % 0x10, v);
				vapic_mmio_write(&va, (0x2f + rnd() % 0x10) << 4,
						 v, now, &eff);
				wr(VAPIC_SVR, rnd() % 8 ? 0x1ff : 0xff);
				break;
			case 6:
				vapic_read(&va, 0x7f0 + rnd() % 0x60, now, &val);
				vapic_mmio_read(&va, rnd() % 0x1100, now, &low);
				break;
			case 7:
				vapic_set_cr8(&va, v);
				if (rnd() & 1)
					vapic_take_nmi(&va);
				if (out.init)
					vapic_take_init(&va);
				if (out.sipi)
					vapic_take_sipi(&va);
				break;
			default:
				in.posted[rnd() % 4] = rnd() & rnd() & rnd();
				in.posted_level[rnd() % 4] = rnd() & rnd() &
							     rnd();
				in.nmi = !(rnd() % 8);
				in.init = !(rnd() % 32);
				in.sipi = !(rnd() % 8);
				in.lint0 = rnd() & 1;
				in.lint1 = rnd() & 1;
				scan();
				assert_true(out.next_deadline > now ||
					    now == ~0ull);
				if (out.init)
					assert_false(out.sipi || out.nmi ||
						     out.extint ||
						     out.vector >= 0);
				if (out.vector >= 0)
					assert_true(vapic_accept(&va,
								 out.vector));
			}
			check();
		}
	}
}

/* The check itself: break each promise by hand. */
static void test_invariant_detects(void **state)
{
	struct vapic good, *v = &va;

	(void)state;
#define BREAKS(stmt)	do {					\
		va = good;					\
		assert_true(vapic_invariant_ok(&va));		\
		stmt;						\
		assert_false(vapic_invariant_ok(&va));		\
	} while (0)

	start(false, 0x25, true);
	good = va;
	BREAKS(v->irr[0] = 1 << 15);
	BREAKS(v->isr[0] = 1);
	BREAKS(v->tmr[0] = 1 << 3);
	BREAKS(v->isr[0] = 3ull << 16);
	BREAKS(v->isr[2] = 3ull << 32);
	BREAKS(v->isr[3] = 1ull << 63 | 1ull << 48);
	BREAKS(v->base |= 1);
	BREAKS(v->base |= 1ull << 52);
	BREAKS(v->base ^= VAPIC_BASE_EN | VAPIC_BASE_EXTD);
	BREAKS(v->base &= ~VAPIC_BASE_BSP);
	BREAKS(v->bsp = false);
	BREAKS(v->base &= ~VAPIC_BASE_EN);
	BREAKS(v->tpr = 0x100);
	BREAKS(v->svr = 0xff; v->lvt[LVT_CMCI] = 0x40);
	BREAKS(v->svr |= 0x400);
	BREAKS(v->dcr = 4);
	BREAKS(v->esr = 1);
	BREAKS(v->esr_pending = 0x100);
	BREAKS(v->lines = 4);
	BREAKS(v->dfr = 0xf0000000);
	BREAKS(v->ldr = 1);
	BREAKS(v->ldr = 1 << 23);
	BREAKS(v->icr = 1ull << 55);
	BREAKS(v->icr = 1 << 12);
	BREAKS(v->icr = 1ull << 32);
	BREAKS(v->lvt[LVT_TIMER] = 0x100);
	BREAKS(v->lvt[LVT_TIMER] = 0x60040);
	BREAKS(v->lvt[LVT_LINT0] = 0x4040);
	BREAKS(v->lvt[LVT_LINT1] = 0xc440);
	BREAKS(v->lvt[LVT_ERROR] = 0x8040);
	BREAKS(v->timer_next = 1);
	BREAKS(v->timer_next = v->icount = 1; v->lvt[LVT_TIMER] = 0x40040);
	BREAKS(v->tsc_deadline = 1);
	BREAKS(v->sipi_pending = true);
	BREAKS(v->init_pending = v->sipi_pending = true);
	BREAKS(v->clock.bus_khz = 0);
	BREAKS(v->clock.bus_khz = v->clock.tsc_khz + 1);

	start(true, 0x25, false);
	good = va;
	BREAKS(v->ldr ^= 1);
	BREAKS(v->sipi_pending = true);

	start(false, 0x25, false);
	msr_wr(VAPIC_MSR_BASE, 0xfee00000);
	good = va;
	BREAKS(v->svr = 0x1ff);
	BREAKS(v->irr[1] = 1);
	BREAKS(v->isr[1] = 1);
	BREAKS(v->icr = 1);
	BREAKS(v->icount = 1);
	BREAKS(v->esr = 0x40);
#undef BREAKS
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reset_xapic),
		cmocka_unit_test(test_mode_transitions),
		cmocka_unit_test(test_base_register),
		cmocka_unit_test(test_disable_resets),
		cmocka_unit_test(test_x2apic_entry_keeps_state),
		cmocka_unit_test(test_x2apic_msr_map),
		cmocka_unit_test(test_x2apic_values),
		cmocka_unit_test(test_xapic_registers),
		cmocka_unit_test(test_xapic_illegal_register),
		cmocka_unit_test(test_every_vector),
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_tpr_and_ppr),
		cmocka_unit_test(test_nested_eoi),
		cmocka_unit_test(test_request_while_in_service),
		cmocka_unit_test(test_software_disable),
		cmocka_unit_test(test_nmi),
		cmocka_unit_test(test_esr),
		cmocka_unit_test(test_error_vector_illegal),
		cmocka_unit_test(test_oneshot),
		cmocka_unit_test(test_periodic),
		cmocka_unit_test(test_periodic_end_of_time),
		cmocka_unit_test(test_periodic_zero),
		cmocka_unit_test(test_divider_change),
		cmocka_unit_test(test_deadline_mode),
		cmocka_unit_test(test_timer_illegal_vector),
		cmocka_unit_test(test_clock_ratio),
		cmocka_unit_test(test_clock_limits),
		cmocka_unit_test(test_lint_extint),
		cmocka_unit_test(test_lint_nmi_init),
		cmocka_unit_test(test_lint_fixed),
		cmocka_unit_test(test_pins_without_apic),
		cmocka_unit_test(test_init_sipi),
		cmocka_unit_test(test_init_order),
		cmocka_unit_test(test_icr),
		cmocka_unit_test(test_icr_xapic),
		cmocka_unit_test(test_match_shorthand),
		cmocka_unit_test(test_match_x2apic),
		cmocka_unit_test(test_match_xapic),
		cmocka_unit_test(test_random_against_reference),
		cmocka_unit_test(test_random_hostile),
		cmocka_unit_test(test_invariant_detects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
