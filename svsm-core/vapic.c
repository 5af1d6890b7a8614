/* SPDX-License-Identifier: MIT */
/*
 * Local APIC model; see include/svsm/vapic.h for the contract.
 *
 * "SDM" is Intel SDM vol. 3A with the section numbers 10.x of the editions up
 * to 2022, "APM" is AMD APM vol. 2.
 */
#include <svsm/vapic.h>

/* Version 0x14, 7 LVT entries, no EOI broadcast suppression (SDM 10.4.8). */
#define VERSION_VALUE	0x00060014u

#define BASE_MODE	(VAPIC_BASE_EN | VAPIC_BASE_EXTD)
#define BASE_BITS	(VAPIC_BASE_ADDR | BASE_MODE | VAPIC_BASE_BSP)

#define SVR_RESET	0xffu
#define SVR_BITS	0x3ffu		/* vector, enable, focus (APM 16.4.7) */
#define DCR_BITS	0xbu
#define ESR_BITS	(VAPIC_ESR_SEND_VECTOR | VAPIC_ESR_RECV_VECTOR | \
			 VAPIC_ESR_REGISTER)
#define DFR_FIXED	0x0fffffffu	/* read as ones */
#define DFR_FLAT	0xfu
#define DFR_CLUSTER	0x0u

#define ICR_BITS	0x000ccfffu	/* less the read-only bit 12 */
#define DELIVERY_STATUS	BIT(12)		/* always idle, writes ignored */
#define DEST_XAPIC_ALL	0xffu

#define LVT_MODE(lvt)	(((lvt) >> 8) & 7)
#define TIMER_MODE(lvt)	(((lvt) >> 17) & 3)

enum timer_mode {
	TIMER_ONESHOT	= 0,
	TIMER_PERIODIC	= 1,
	TIMER_DEADLINE	= 2,	/* bit 1: not driven by the initial count */
	TIMER_RESERVED	= 3,
};

/* Writable bits per LVT entry (SDM figure 10-8). */
static const u32 lvt_bits[LVT_COUNT] = {
	[LVT_CMCI]	= 0x107ff,
	[LVT_TIMER]	= 0x700ff,
	[LVT_THERMAL]	= 0x107ff,
	[LVT_PMC]	= 0x107ff,
	[LVT_LINT0]	= 0x1a7ff,
	[LVT_LINT1]	= 0x1a7ff,
	[LVT_ERROR]	= 0x100ff,
};

/* --- Sets of vectors --------------------------------------------------- */

static int highest(const u64 set[4])
{
	for (int i = 3; i >= 0; i--)
		if (set[i])
			return i * 64 + 63 - __builtin_clzll(set[i]);
	return VAPIC_NONE;
}

static void set_vector(u64 set[4], u8 vector)
{
	set[vector >> 6] |= BIT_ULL(vector & 63);
}

static void clear_vector(u64 set[4], u8 vector)
{
	set[vector >> 6] &= ~BIT_ULL(vector & 63);
}

static bool test_vector(const u64 set[4], u8 vector)
{
	return set[vector >> 6] & BIT_ULL(vector & 63);
}

static u32 x2apic_ldr(u32 id)
{
	return (id >> 4) << 16 | (u32)BIT(id & 0xf);	/* SDM 10.12.10.2 */
}

/* PPR is a function of TPR and the highest vector in service (SDM 10.8.3.1). */
static u32 processor_priority(const struct vapic *va)
{
	int vector = highest(va->isr);
	u32 in_service = vector < 0 ? 0 : vector & 0xf0;

	return (va->tpr & 0xf0) >= in_service ? va->tpr : in_service;
}

/* --- Acceptance and errors --------------------------------------------- */

static bool software_enabled(const struct vapic *va)
{
	return va->svr & VAPIC_SVR_ENABLE;
}

static void request(struct vapic *va, u8 vector, bool level)
{
	set_vector(va->irr, vector);
	if (level)
		set_vector(va->tmr, vector);
	else
		clear_vector(va->tmr, vector);
}

/*
 * An error interrupts once; only a write to ESR makes the same error interrupt
 * again (SDM 10.5.3). When the error entry's own vector is illegal that is one
 * more error but no further interrupt: the vector cannot become legal by
 * raising it (the recursion of XSA-462).
 */
static void raise_error(struct vapic *va, u32 bits)
{
	u32 lvt = va->lvt[LVT_ERROR];

	if (!(bits & ~va->esr_pending))
		return;
	va->esr_pending |= bits;
	if (lvt & VAPIC_LVT_MASKED)
		return;
	if ((lvt & 0xff) < 16)
		va->esr_pending |= VAPIC_ESR_RECV_VECTOR;
	else
		request(va, lvt & 0xff, false);
}

/*
 * Take a fixed interrupt. A software disabled APIC answers INIT, NMI and SIPI
 * only (SDM 10.4.7.2).
 */
static void accept_fixed(struct vapic *va, u8 vector, bool level)
{
	if (!software_enabled(va))
		return;
	if (vector < 16)
		raise_error(va, VAPIC_ESR_RECV_VECTOR);
	else
		request(va, vector, level);
}

/* --- Timer ------------------------------------------------------------- */

/* TSC ticks to bus ticks, rounded down; exact, and no product exceeds u64. */
static u64 bus_ticks(const struct vapic *va, u64 tsc)
{
	u64 num = va->clock.bus_khz, den = va->clock.tsc_khz;

	return tsc / den * num + tsc % den * num / den;
}

/* The least number of TSC ticks that is worth @bus bus ticks, or ~0. */
static u64 tsc_ticks(const struct vapic *va, u64 bus)
{
	u64 num = va->clock.bus_khz, den = va->clock.tsc_khz;
	u64 whole, part = (bus % num * den + num - 1) / num;

	if (__builtin_mul_overflow(bus / num, den, &whole) ||
	    __builtin_add_overflow(whole, part, &whole))
		return VAPIC_NEVER;
	return whole;
}

static u64 elapsed(const struct vapic *va, u64 now)
{
	return now > va->timer_base ? bus_ticks(va, now - va->timer_base) : 0;
}

/* Divider as a shift: 000 = 2 ... 110 = 128, 111 = 1 (SDM figure 10-10). */
static u32 divide_shift(const struct vapic *va)
{
	return (((va->dcr & 3) | (va->dcr & 8) >> 1) + 1) & 7;
}

static void timer_stop(struct vapic *va)
{
	va->icount = 0;
	va->timer_next = 0;
	va->tsc_deadline = 0;
}

/*
 * Bring the timer up to @now. Missed periods become one interrupt, and the
 * next expiry stays on the grid that began at timer_base, which by division
 * takes the same time however late this is.
 */
static void timer_run(struct vapic *va, u64 now)
{
	u32 lvt = va->lvt[LVT_TIMER];
	u64 ticks, period;

	if (TIMER_MODE(lvt) == TIMER_DEADLINE) {
		if (!va->tsc_deadline || now < va->tsc_deadline)
			return;
		va->tsc_deadline = 0;
	} else {
		ticks = elapsed(va, now);
		if (!va->timer_next || ticks < va->timer_next)
			return;
		/* A running count has icount != 0, so the period is not 0. */
		period = (u64)va->icount << divide_shift(va);
		va->timer_next += (ticks - va->timer_next) / period * period;
		/* One-shot, or the next one is beyond all that a TSC can say. */
		if (TIMER_MODE(lvt) != TIMER_PERIODIC ||
		    __builtin_add_overflow(va->timer_next, period,
					   &va->timer_next))
			va->timer_next = 0;
	}
	if (!(lvt & VAPIC_LVT_MASKED))
		accept_fixed(va, lvt & 0xff, false);
}

/* The current count, after timer_run(). A TSC that went back cannot raise it. */
static u32 timer_count(const struct vapic *va, u64 now)
{
	u32 shift = divide_shift(va);
	u64 ticks = elapsed(va, now), left;

	if (va->timer_next <= ticks)
		return 0;
	left = va->timer_next - ticks;
	left = (left >> shift) + !!(left & (BIT_ULL(shift) - 1));
	return left < va->icount ? left : va->icount;
}

static void timer_start(struct vapic *va, u32 count, u64 now)
{
	va->timer_base = now;
	va->timer_next = (u64)count << divide_shift(va);
}

static u64 timer_deadline(const struct vapic *va)
{
	u64 tsc;

	if (va->lvt[LVT_TIMER] & VAPIC_LVT_MASKED)
		return VAPIC_NEVER;
	if (va->tsc_deadline)
		return va->tsc_deadline;
	if (!va->timer_next)
		return VAPIC_NEVER;
	if (__builtin_add_overflow(va->timer_base,
				   tsc_ticks(va, va->timer_next), &tsc))
		return VAPIC_NEVER;
	return tsc;
}

/* --- Reset and mode ---------------------------------------------------- */

/* Power-up state of the registers; ID and base stay (SDM 10.4.7.1). */
static void reset_registers(struct vapic *va)
{
	va->tpr = 0;
	va->svr = SVR_RESET;
	va->esr = 0;
	va->esr_pending = 0;
	va->ldr = vapic_x2apic(va) ? x2apic_ldr(va->id) : 0;
	va->dfr = ~0u;
	va->dcr = 0;
	va->icr = 0;
	timer_stop(va);
	va->timer_base = 0;
	for (int i = 0; i < LVT_COUNT; i++)
		va->lvt[i] = VAPIC_LVT_MASKED;
	for (int i = 0; i < 4; i++)
		va->irr[i] = va->isr[i] = va->tmr[i] = 0;
}

static bool clock_ok(const struct vapic_clock *clock)
{
	return clock->bus_khz && clock->bus_khz <= clock->tsc_khz &&
	       clock->tsc_khz <= (u64)clock->bus_khz << 16;
}

/**
 * vapic_init() - power-up state
 * @va: the APIC
 * @apic_id: x2APIC ID
 * @bsp: the boot CPU runs at once, others wait for a SIPI
 * @clock: speed of the timer; an unusable ratio becomes one timer clock per
 *	TSC tick
 *
 * Enabled in xAPIC mode at the default address (SDM 10.4.3, 10.4.4). For a CPU
 * that starts by other means than a SIPI call vapic_take_sipi() when it does.
 */
void vapic_init(struct vapic *va, u32 apic_id, bool bsp,
		const struct vapic_clock *clock)
{
	*va = (struct vapic) {
		.id = apic_id,
		.bsp = bsp,
		.wait_for_sipi = !bsp,
		.clock = { .tsc_khz = 1, .bus_khz = 1 },
		.base = VAPIC_BASE_DEFAULT | VAPIC_BASE_EN |
			(bsp ? VAPIC_BASE_BSP : 0),
	};
	if (clock_ok(clock))
		va->clock = *clock;
	reset_registers(va);
}

/* Mode changes: SDM 10.12.5, figure 10-27; APM 16.9. */
static int write_base(struct vapic *va, u64 val, struct vapic_effect *eff)
{
	u64 from = va->base & BASE_MODE, to = val & BASE_MODE;

	if (val & ~BASE_BITS || to == VAPIC_BASE_EXTD)
		return -1;
	if (from == BASE_MODE && to == VAPIC_BASE_EN)
		return -1;
	if (!from && to == BASE_MODE)
		return -1;

	/* The boot CPU flag is read-only (APM 16.3.1). */
	val = (val & ~VAPIC_BASE_BSP) | (va->base & VAPIC_BASE_BSP);
	eff->base_changed = val != va->base;
	va->base = val;
	if (from && !to) {
		reset_registers(va);
		eff->timer_changed = true;
	} else if (from != to && to == BASE_MODE) {
		va->ldr = x2apic_ldr(va->id);
		va->icr &= ICR_BITS;
	}
	return 0;
}

/* --- Scan and delivery ------------------------------------------------- */

static void merge_posted(struct vapic *va, const struct vapic_in *in)
{
	const u64 *edge = in->posted, *level = in->posted_level;
	u64 legal;

	if (!software_enabled(va))
		return;
	if ((edge[0] | level[0]) & 0xffff)
		raise_error(va, VAPIC_ESR_RECV_VECTOR);
	for (int i = 0; i < 4; i++) {
		legal = i ? ~0ull : ~0xffffull;
		va->irr[i] |= (edge[i] | level[i]) & legal;
		va->tmr[i] = (va->tmr[i] & ~edge[i]) | (level[i] & legal);
	}
}

/* INIT voids a start-up message that came before it. */
static void merge_messages(struct vapic *va, const struct vapic_in *in)
{
	if (in->nmi)
		va->nmi_pending = true;
	if (in->init) {
		va->init_pending = true;
		va->sipi_pending = false;
	}
	/* The first SIPI starts the CPU, a second one finds it running. */
	if (in->sipi && !va->sipi_pending &&
	    (va->init_pending ? !va->bsp : va->wait_for_sipi)) {
		va->sipi_pending = true;
		va->sipi_vector = in->sipi_vector;
	}
}

/*
 * An input pin: @asserted means active, whatever the polarity bit says. NMI and
 * INIT are edges by definition (SDM 10.5.1). Returns whether an external
 * controller has an interrupt.
 */
static bool merge_pin(struct vapic *va, enum vapic_lvt pin, bool asserted)
{
	u8 line = pin == LVT_LINT0 ? 1 : 2;
	bool rose = asserted && !(va->lines & line);
	u32 *lvt = &va->lvt[pin];

	va->lines = asserted ? va->lines | line : va->lines & ~line;

	if (!(va->base & VAPIC_BASE_EN)) {	/* pins INTR and NMI */
		if (pin == LVT_LINT0)
			return asserted;
		va->nmi_pending |= rose;
		return false;
	}
	if (*lvt & VAPIC_LVT_MASKED)
		return false;

	switch (LVT_MODE(*lvt)) {
	case VAPIC_FIXED:
		if (!(*lvt & VAPIC_LVT_LEVEL)) {
			if (rose)
				accept_fixed(va, *lvt & 0xff, false);
		} else if (asserted && !(*lvt & VAPIC_LVT_RIRR)) {
			accept_fixed(va, *lvt & 0xff, true);
			if ((*lvt & 0xff) >= 16)
				*lvt |= VAPIC_LVT_RIRR;
		}
		return false;
	case VAPIC_NMI:
		va->nmi_pending |= rose;
		return false;
	case VAPIC_INIT:
		if (rose) {
			va->init_pending = true;
			va->sipi_pending = false;
		}
		return false;
	case VAPIC_EXTINT:
		return asserted;
	}
	return false;
}

/**
 * vapic_scan() - take what happened outside, say what the CPU could take
 * @va: the APIC
 * @in: events since the last scan; they are merged once, so the caller must
 *	have removed them from where others posted them
 * @out: result
 *
 * Accepts nothing: scanning again changes nothing but the time.
 */
void vapic_scan(struct vapic *va, const struct vapic_in *in,
		struct vapic_out *out)
{
	bool extint;
	int vector;

	timer_run(va, in->now);
	merge_posted(va, in);
	extint = merge_pin(va, LVT_LINT0, in->lint0);
	extint |= merge_pin(va, LVT_LINT1, in->lint1);
	merge_messages(va, in);

	*out = (struct vapic_out) {
		.vector = VAPIC_NONE,
		.init = va->init_pending,
		.sipi_vector = va->sipi_vector,
		.next_deadline = timer_deadline(va),
	};
	if (va->init_pending)
		return;
	if (va->wait_for_sipi) {
		out->sipi = va->sipi_pending;
		return;
	}
	out->nmi = va->nmi_pending;
	out->extint = extint;
	vector = highest(va->irr);
	if (vector >> 4 > (int)(processor_priority(va) >> 4))
		out->vector = vector;
}

/**
 * vapic_accept() - the CPU begins to serve a vector
 * @va: the APIC
 * @vector: from vapic_out
 *
 * Moves it from IRR to ISR. TPR is not looked at again: hardware may have
 * taken a queued vector just before the guest raised TPR.
 *
 * Return: false, and nothing changed, if the vector is not requested or does
 * not outrank what is in service.
 */
bool vapic_accept(struct vapic *va, u8 vector)
{
	int in_service = highest(va->isr);

	if (!test_vector(va->irr, vector))
		return false;
	if (in_service >= 0 && vector >> 4 <= in_service >> 4)
		return false;
	clear_vector(va->irr, vector);
	set_vector(va->isr, vector);
	return true;
}

/**
 * vapic_take_nmi() - the NMI was injected
 * @va: the APIC
 */
void vapic_take_nmi(struct vapic *va)
{
	va->nmi_pending = false;
}

/**
 * vapic_take_init() - the CPU is being reset by INIT
 * @va: the APIC
 *
 * Registers as after power-up, but ID, address and mode stay (SDM 10.4.7.3,
 * 10.12.5.1). The boot CPU goes on at its reset vector, others wait.
 */
void vapic_take_init(struct vapic *va)
{
	reset_registers(va);
	va->init_pending = false;
	va->nmi_pending = false;
	va->wait_for_sipi = !va->bsp;
}

/**
 * vapic_take_sipi() - the CPU starts
 * @va: the APIC
 */
void vapic_take_sipi(struct vapic *va)
{
	va->sipi_pending = false;
	if (!va->init_pending)
		va->wait_for_sipi = false;
}

/* --- Sending ----------------------------------------------------------- */

/*
 * Send what the ICR value says (SDM 10.6.1). The trigger mode matters for INIT
 * de-assert only, which modern CPUs ignore. A fixed interrupt for the sender
 * alone does not leave it.
 */
static void send_icr(struct vapic *va, u64 icr, struct vapic_effect *eff)
{
	struct vapic_ipi ipi = {
		.vector = icr & 0xff,
		.mode = (icr >> 8) & 7,
		.logical = icr & BIT(11),
		.shorthand = (icr >> 18) & 3,
		.dest = icr >> (vapic_xapic(va) ? 56 : 32),
	};
	bool self = ipi.shorthand == VAPIC_TO_SELF;
	bool deassert = (icr & BIT(15)) && !(icr & BIT(14));

	if (vapic_xapic(va) && ipi.dest == DEST_XAPIC_ALL)
		ipi.dest = VAPIC_BROADCAST;

	switch (ipi.mode) {
	case VAPIC_FIXED:
	case VAPIC_LOWEST:
		if (ipi.vector < 16)
			raise_error(va, VAPIC_ESR_SEND_VECTOR);
		else if (self)
			accept_fixed(va, ipi.vector, false);
		else
			eff->ipi = true;
		break;
	case VAPIC_NMI:
		eff->ipi = true;
		break;
	case VAPIC_INIT:
		/* Never to the sender by shorthand (SDM table 10-3). */
		eff->ipi = !deassert && !self && ipi.shorthand != VAPIC_TO_ALL;
		break;
	case VAPIC_SIPI:
		eff->ipi = !self && ipi.shorthand != VAPIC_TO_ALL;
		break;
	}
	eff->ipi_desc = ipi;
}

/**
 * vapic_match() - is this APIC a destination of a message?
 * @va: the APIC; only id, base, ldr and dfr are read
 * @ipi: the message. From an IOAPIC or MSI: no shorthand, and 8-bit
 *	destination 0xff given as VAPIC_BROADCAST
 * @sender_id: x2APIC ID of the sender, for shorthands
 *
 * SDM 10.6.2 (xAPIC), 10.12.10 (x2APIC). An xAPIC has 8-bit IDs: one whose ID
 * is wider has no physical address until it enters x2APIC mode.
 */
bool vapic_match(const struct vapic *va, const struct vapic_ipi *ipi,
		 u32 sender_id)
{
	u32 dest = ipi->dest, ldr = va->ldr;

	if (!(va->base & VAPIC_BASE_EN))
		return false;

	switch (ipi->shorthand) {
	case VAPIC_TO_SELF:
		return va->id == sender_id;
	case VAPIC_TO_ALL:
		return true;
	case VAPIC_TO_OTHERS:
		return va->id != sender_id;
	}

	if (dest == VAPIC_BROADCAST)
		return true;
	if (vapic_x2apic(va)) {
		if (!ipi->logical)
			return dest == va->id;
		return dest >> 16 == ldr >> 16 && (dest & ldr & 0xffff);
	}
	if (dest == DEST_XAPIC_ALL)
		return true;
	if (!ipi->logical)
		return dest == va->id;
	if (dest > 0xff)
		return false;
	ldr >>= 24;
	if (va->dfr >> 28 == DFR_FLAT)
		return dest & ldr;
	return va->dfr >> 28 == DFR_CLUSTER && dest >> 4 == ldr >> 4 &&
	       (dest & ldr & 0xf);
}

/* --- Registers --------------------------------------------------------- */

static int lvt_index(u32 reg)
{
	if (reg >= VAPIC_LVT_TIMER && reg <= VAPIC_LVT_ERROR)
		return LVT_TIMER + (int)(reg - VAPIC_LVT_TIMER);
	return reg == VAPIC_LVT_CMCI ? LVT_CMCI : -1;
}

/*
 * The value of a register, or -1 if it does not exist in the present mode or
 * can only be written; the write-only EOI reads 0 as xAPIC.
 */
static s64 read_reg(const struct vapic *va, u32 reg, u64 now)
{
	const u64 *const sets[] = { va->isr, va->tmr, va->irr };
	bool xapic = vapic_xapic(va);
	int lvt = lvt_index(reg);

	if (lvt >= 0)
		return va->lvt[lvt];
	if (reg >= VAPIC_ISR && reg < VAPIC_IRR + 8)
		return (u32)(sets[(reg - VAPIC_ISR) >> 3][(reg & 7) >> 1] >>
			     (reg & 1) * 32);
	switch (reg) {
	case VAPIC_ID:
		return xapic ? va->id << 24 : va->id;
	case VAPIC_VERSION:
		return VERSION_VALUE;
	case VAPIC_TPR:
		return va->tpr;
	case VAPIC_PPR:
		return processor_priority(va);
	case VAPIC_EOI:
		return xapic ? 0 : -1;
	case VAPIC_LDR:
		return va->ldr;
	case VAPIC_DFR:
		return xapic ? (s64)va->dfr : -1;
	case VAPIC_SVR:
		return va->svr;
	case VAPIC_ESR:
		return va->esr;
	case VAPIC_ICR:
		return (u32)va->icr;
	case VAPIC_ICR_HIGH:
		return xapic ? (s64)(va->icr >> 32) : -1;
	case VAPIC_ICOUNT:
		return va->icount;
	case VAPIC_CCOUNT:
		return timer_count(va, now);
	case VAPIC_DCR:
		return va->dcr;
	}
	return -1;
}

/*
 * The bits that can be set in a register that is written the same way in both
 * modes, or -1 if it is not one of these.
 */
static s64 writable_bits(u32 reg)
{
	int lvt = lvt_index(reg);

	if (lvt >= 0)
		return lvt_bits[lvt];
	switch (reg) {
	case VAPIC_TPR:
		return 0xff;
	case VAPIC_SVR:
		return SVR_BITS;
	case VAPIC_EOI:
	case VAPIC_ESR:
		return 0;
	case VAPIC_ICOUNT:
		return ~0u;
	case VAPIC_DCR:
		return DCR_BITS;
	}
	return -1;
}

/* Read-only bits of a register with @bits to set: writing 1 does no harm. */
static u32 ignored_bits(u32 reg, u32 bits)
{
	if (lvt_index(reg) < 0)
		return 0;
	return DELIVERY_STATUS | (bits & VAPIC_LVT_LEVEL ? VAPIC_LVT_RIRR : 0);
}

/* End of interrupt for the highest vector in service (SDM 10.8.5). */
static void end_of_interrupt(struct vapic *va, struct vapic_effect *eff)
{
	int vector = highest(va->isr);

	if (vector < 0)
		return;
	clear_vector(va->isr, vector);
	eff->eoi = true;
	eff->eoi_vector = vector;
	eff->eoi_level = test_vector(va->tmr, vector);
	for (int i = LVT_LINT0; i <= LVT_LINT1; i++)
		if ((int)(va->lvt[i] & 0xff) == vector)
			va->lvt[i] &= ~VAPIC_LVT_RIRR;
}

static void write_lvt(struct vapic *va, int index, u32 val)
{
	u32 old = va->lvt[index];

	/* Masks stay while software disabled (SDM 10.4.7.2). */
	if (!software_enabled(va))
		val |= VAPIC_LVT_MASKED;
	/* A level in service stays so unless it becomes another interrupt. */
	if (!((val ^ old) & (VAPIC_LVT_LEVEL | 0x7ff)))
		val |= old & VAPIC_LVT_RIRR;
	if (index == LVT_TIMER) {
		if (TIMER_MODE(val) == TIMER_RESERVED)
			val |= VAPIC_LVT_MASKED;
		/* To and from deadline mode disarms (SDM 10.5.4.1). */
		if (TIMER_MODE(val) != TIMER_MODE(old) &&
		    (TIMER_MODE(val) | TIMER_MODE(old)) & TIMER_DEADLINE)
			timer_stop(va);
	}
	va->lvt[index] = val;
}

/* @val has no bit that the register does not have. */
static void write_reg(struct vapic *va, u32 reg, u32 val, u64 now,
		      struct vapic_effect *eff)
{
	u32 count = timer_count(va, now);
	int lvt = lvt_index(reg);

	eff->timer_changed = lvt == LVT_TIMER || reg == VAPIC_SVR ||
			     reg == VAPIC_ICOUNT || reg == VAPIC_DCR;
	if (lvt >= 0)
		write_lvt(va, lvt, val);
	switch (reg) {
	case VAPIC_TPR:
		va->tpr = val;
		break;
	case VAPIC_EOI:
		end_of_interrupt(va, eff);
		break;
	case VAPIC_SVR:
		va->svr = val;
		for (int i = 0; i < LVT_COUNT; i++)	/* none unmasks */
			write_lvt(va, i, va->lvt[i]);
		break;
	case VAPIC_ESR:
		va->esr = va->esr_pending;
		va->esr_pending = 0;
		break;
	case VAPIC_ICOUNT:
		if (TIMER_MODE(va->lvt[LVT_TIMER]) & TIMER_DEADLINE)
			break;
		va->icount = val;
		timer_start(va, val, now);
		break;
	case VAPIC_DCR:
		/* The count goes on from where it is at the new speed. */
		va->dcr = val;
		if (va->timer_next)
			timer_start(va, count, now);
		break;
	}
}

/**
 * vapic_read() - RDMSR
 * @va: the APIC
 * @msr: IA32_APIC_BASE, IA32_TSC_DEADLINE or 0x800 ... 0x83f
 * @now: TSC
 * @val: result
 *
 * Return: 0, or -1: the guest gets #GP(0) (SDM 10.12.1.3).
 */
int vapic_read(struct vapic *va, u32 msr, u64 now, u64 *val)
{
	s64 low;

	timer_run(va, now);
	if (msr == VAPIC_MSR_BASE) {
		*val = va->base;
		return 0;
	}
	if (msr == VAPIC_MSR_DEADLINE) {
		*val = va->tsc_deadline;
		return 0;
	}
	/* A number below or above the range is no register either. */
	if (!vapic_x2apic(va))
		return -1;
	low = read_reg(va, msr - VAPIC_MSR_FIRST, now);
	if (low < 0)
		return -1;
	*val = msr - VAPIC_MSR_FIRST == VAPIC_ICR ? va->icr : (u64)low;
	return 0;
}

/**
 * vapic_write() - WRMSR
 * @va: the APIC
 * @msr: IA32_APIC_BASE, IA32_TSC_DEADLINE or 0x800 ... 0x83f
 * @val: value
 * @now: TSC
 * @eff: what the caller has to do; also written on failure
 *
 * Return: 0, or -1: the guest gets #GP(0) (SDM 10.12.1.3).
 */
int vapic_write(struct vapic *va, u32 msr, u64 val, u64 now,
		struct vapic_effect *eff)
{
	u32 reg = msr - VAPIC_MSR_FIRST;
	s64 bits;

	*eff = (struct vapic_effect) { 0 };
	timer_run(va, now);
	if (msr == VAPIC_MSR_BASE)
		return write_base(va, val, eff);
	if (msr == VAPIC_MSR_DEADLINE) {
		/* Ignored in other modes (SDM 10.5.4.1). */
		if (TIMER_MODE(va->lvt[LVT_TIMER]) == TIMER_DEADLINE) {
			va->tsc_deadline = val;
			eff->timer_changed = true;
		}
		return 0;
	}
	if (!vapic_x2apic(va))
		return -1;

	if (reg == VAPIC_ICR) {
		if ((u32)val & ~(ICR_BITS | DELIVERY_STATUS))
			return -1;
		va->icr = val & (0xffffffff00000000ull | ICR_BITS);
		send_icr(va, va->icr, eff);
		return 0;
	}
	if (reg == VAPIC_SELF_IPI) {
		if (val > 0xff)
			return -1;
		send_icr(va, (u64)VAPIC_TO_SELF << 18 | val, eff);
		return 0;
	}
	bits = writable_bits(reg);
	if (bits < 0 || val & ~((u64)bits | ignored_bits(reg, bits)))
		return -1;
	if (reg == VAPIC_LVT_TIMER && TIMER_MODE(val) == TIMER_RESERVED)
		return -1;
	write_reg(va, reg, val & bits, now, eff);
	return 0;
}

/**
 * vapic_mmio_read() - 32-bit load from the APIC page
 * @va: the APIC
 * @offset: byte offset in the page
 * @now: TSC
 * @val: result; 0 for what is not the first word of a register
 *
 * Return: 0, or -1: not in xAPIC mode, the address is not the APIC's.
 */
int vapic_mmio_read(struct vapic *va, u32 offset, u64 now, u32 *val)
{
	s64 value;

	*val = 0;
	timer_run(va, now);
	if (!vapic_xapic(va) || offset >= 0x1000)
		return -1;
	if (offset & 0xf)
		return 0;
	value = read_reg(va, offset >> 4, now);
	if (value < 0)
		raise_error(va, VAPIC_ESR_REGISTER);
	else
		*val = value;
	return 0;
}

/**
 * vapic_mmio_write() - 32-bit store to the APIC page
 * @va: the APIC
 * @offset: byte offset in the page
 * @val: value; reserved bits and read-only registers are ignored
 * @now: TSC
 * @eff: what the caller has to do; also written on failure
 *
 * Return: 0, or -1: not in xAPIC mode, the address is not the APIC's.
 */
int vapic_mmio_write(struct vapic *va, u32 offset, u32 val, u64 now,
		     struct vapic_effect *eff)
{
	u32 reg = offset >> 4;
	s64 bits = writable_bits(reg);

	*eff = (struct vapic_effect) { 0 };
	timer_run(va, now);
	if (!vapic_xapic(va) || offset >= 0x1000)
		return -1;
	if (offset & 0xf)
		return 0;

	if (reg == VAPIC_LDR) {
		va->ldr = val & 0xff000000;
	} else if (reg == VAPIC_DFR) {
		va->dfr = val | DFR_FIXED;
	} else if (reg == VAPIC_ICR_HIGH) {
		va->icr = (u32)va->icr | (u64)(val & 0xff000000) << 32;
	} else if (reg == VAPIC_ICR) {
		va->icr = (va->icr >> 32 << 32) | (val & ICR_BITS);
		send_icr(va, va->icr, eff);
	} else if (bits >= 0) {
		write_reg(va, reg, val & bits, now, eff);
	} else if (read_reg(va, reg, now) < 0) {
		raise_error(va, VAPIC_ESR_REGISTER);
	}
	return 0;
}

/**
 * vapic_cr8() - what MOV from CR8 returns
 * @va: the APIC
 */
u8 vapic_cr8(const struct vapic *va)
{
	return va->tpr >> 4;
}

/**
 * vapic_set_cr8() - MOV to CR8
 * @va: the APIC
 * @cr8: task priority class; TPR bits 3:0 become 0 (SDM 10.8.6)
 *
 * Return: 0, or -1: a reserved bit is set, the guest gets #GP(0).
 */
int vapic_set_cr8(struct vapic *va, u64 cr8)
{
	if (cr8 > 0xf)
		return -1;
	va->tpr = (u32)cr8 << 4;
	return 0;
}

/* --- Invariant --------------------------------------------------------- */

static bool reset_state_ok(const struct vapic *va)
{
	return va->svr == SVR_RESET && !va->icr && !va->icount &&
	       !(va->esr | va->esr_pending) && highest(va->irr) < 0 &&
	       highest(va->isr) < 0;
}

static bool sets_ok(const struct vapic *va)
{
	if ((va->irr[0] | va->isr[0] | va->tmr[0]) & 0xffff)
		return false;
	for (int class = 1; class < 16; class++) {
		u32 bits = (va->isr[class >> 2] >> (class & 3) * 16) & 0xffff;

		if (bits & (bits - 1))
			return false;
	}
	return true;
}

static bool lvt_ok(const struct vapic *va)
{
	for (int i = 0; i < LVT_COUNT; i++) {
		u32 lvt = va->lvt[i], bits = lvt_bits[i];

		if ((i == LVT_LINT0 || i == LVT_LINT1) &&
		    (lvt & VAPIC_LVT_LEVEL) && LVT_MODE(lvt) == VAPIC_FIXED)
			bits |= VAPIC_LVT_RIRR;
		if (lvt & ~bits)
			return false;
		if (!software_enabled(va) && !(lvt & VAPIC_LVT_MASKED))
			return false;
	}
	return true;
}

static bool timer_ok(const struct vapic *va)
{
	u32 lvt = va->lvt[LVT_TIMER];

	if (va->timer_next &&
	    (!va->icount || TIMER_MODE(lvt) & TIMER_DEADLINE))
		return false;
	if (va->tsc_deadline && TIMER_MODE(lvt) != TIMER_DEADLINE)
		return false;
	return TIMER_MODE(lvt) != TIMER_RESERVED || lvt & VAPIC_LVT_MASKED;
}

/**
 * vapic_invariant_ok() - check what struct vapic promises
 * @va: the APIC
 */
bool vapic_invariant_ok(const struct vapic *va)
{
	u64 mode = va->base & BASE_MODE;

	if (!sets_ok(va) || !lvt_ok(va) || !timer_ok(va))
		return false;
	if (va->base & ~BASE_BITS || mode == VAPIC_BASE_EXTD ||
	    !(va->base & VAPIC_BASE_BSP) == va->bsp)
		return false;
	if (!mode && !reset_state_ok(va))
		return false;
	if (va->tpr > 0xff || va->svr & ~SVR_BITS || va->dcr & ~DCR_BITS ||
	    (va->esr | va->esr_pending) & ~ESR_BITS || va->lines > 3 ||
	    ~va->dfr & DFR_FIXED || (u32)va->icr & ~ICR_BITS)
		return false;
	if (vapic_x2apic(va) ? va->ldr != x2apic_ldr(va->id) :
			       va->ldr & 0x00ffffff || va->icr << 8 >> 40)
		return false;
	if (va->sipi_pending &&
	    (va->init_pending ? va->bsp : !va->wait_for_sipi))
		return false;
	return clock_ok(&va->clock);
}
