/* SPDX-License-Identifier: MIT */
/*
 * A local APIC (xAPIC and x2APIC) as a pure model: every input arrives in a
 * struct, every wish comes back in a struct, nothing is called and no hardware
 * is touched. One struct vapic belongs to one CPU; what others want to post
 * is collected by the caller and handed in through struct vapic_in.
 *
 * Rules: Intel SDM vol. 3A chapter "Advanced Programmable Interrupt Controller"
 * (section numbers 10.x as in editions up to 2022), AMD APM vol. 2 chapter 16.
 * Not modelled: SMI, remote read, EOI broadcast suppression, AMD's extended
 * registers, the inputs of the thermal, performance and CMCI entries.
 */
#ifndef SVSM_VAPIC_H
#define SVSM_VAPIC_H

#include <svsm/types.h>

#define VAPIC_MSR_BASE		0x1bu	/* IA32_APIC_BASE */
#define VAPIC_MSR_DEADLINE	0x6e0u	/* IA32_TSC_DEADLINE */
#define VAPIC_MSR_FIRST		0x800u

#define VAPIC_BASE_BSP		BIT_ULL(8)
#define VAPIC_BASE_EXTD		BIT_ULL(10)	/* x2APIC mode */
#define VAPIC_BASE_EN		BIT_ULL(11)
#define VAPIC_BASE_ADDR		0x000ffffffffff000ull
#define VAPIC_BASE_DEFAULT	0xfee00000ull

#define VAPIC_NONE		(-1)		/* no vector */
#define VAPIC_NEVER		(~0ull)		/* no deadline */
#define VAPIC_BROADCAST		0xffffffffu	/* destination: everybody */

/* Register numbers: MSR 0x800 + n, or byte offset n << 4 (SDM table 10-6). */
enum vapic_reg {
	VAPIC_ID	= 0x02,
	VAPIC_VERSION	= 0x03,
	VAPIC_TPR	= 0x08,
	VAPIC_PPR	= 0x0a,
	VAPIC_EOI	= 0x0b,
	VAPIC_LDR	= 0x0d,
	VAPIC_DFR	= 0x0e,
	VAPIC_SVR	= 0x0f,
	VAPIC_ISR	= 0x10,
	VAPIC_TMR	= 0x18,
	VAPIC_IRR	= 0x20,
	VAPIC_ESR	= 0x28,
	VAPIC_LVT_CMCI	= 0x2f,
	VAPIC_ICR	= 0x30,
	VAPIC_ICR_HIGH	= 0x31,
	VAPIC_LVT_TIMER	= 0x32,
	VAPIC_LVT_ERROR	= 0x37,
	VAPIC_ICOUNT	= 0x38,
	VAPIC_CCOUNT	= 0x39,
	VAPIC_DCR	= 0x3e,
	VAPIC_SELF_IPI	= 0x3f,
};

/* Index into vapic.lvt[]; all but CMCI are in register order. */
enum vapic_lvt {
	LVT_CMCI, LVT_TIMER, LVT_THERMAL, LVT_PMC, LVT_LINT0, LVT_LINT1,
	LVT_ERROR, LVT_COUNT
};

#define VAPIC_LVT_RIRR		BIT(14)		/* remote IRR, LINT only */
#define VAPIC_LVT_LEVEL		BIT(15)		/* LINT only */
#define VAPIC_LVT_MASKED	BIT(16)

#define VAPIC_SVR_ENABLE	BIT(8)

#define VAPIC_ESR_SEND_VECTOR	BIT(5)
#define VAPIC_ESR_RECV_VECTOR	BIT(6)
#define VAPIC_ESR_REGISTER	BIT(7)

/* Message types: bits 10:8 of ICR, LVT entries and MSI data. */
enum vapic_mode {
	VAPIC_FIXED	= 0,
	VAPIC_LOWEST	= 1,
	VAPIC_SMI	= 2,
	VAPIC_NMI	= 4,
	VAPIC_INIT	= 5,
	VAPIC_SIPI	= 6,
	VAPIC_EXTINT	= 7,
};

enum vapic_shorthand {
	VAPIC_TO_DEST, VAPIC_TO_SELF, VAPIC_TO_ALL, VAPIC_TO_OTHERS
};

/**
 * struct vapic_clock - speed of the APIC timer's input clock
 * @tsc_khz: TSC ticks per unit of time
 * @bus_khz: timer input clocks (before the divider) in the same unit
 *
 * Only the ratio counts; any common unit serves.
 * Usable: 1 <= bus_khz <= tsc_khz <= bus_khz * 65536.
 */
struct vapic_clock {
	u32 tsc_khz;
	u32 bus_khz;
};

/**
 * struct vapic - one local APIC
 * @id: x2APIC ID; an xAPIC shows its low 8 bits
 * @bsp: INIT sends this CPU to its reset vector instead of waiting for a SIPI
 * @wait_for_sipi: nothing but INIT and SIPI reaches the CPU
 * @nmi_pending: latched until vapic_take_nmi()
 * @init_pending: latched until vapic_take_init()
 * @sipi_pending: latched until vapic_take_sipi()
 * @sipi_vector: page number of the latched SIPI
 * @lines: last seen levels of LINT0 (bit 0) and LINT1 (bit 1)
 * @clock: ratio of TSC and timer clock
 * @base: IA32_APIC_BASE
 * @tpr: task priority; CR8 is its bits 7:4
 * @svr: spurious vector register
 * @esr: what a read returns
 * @esr_pending: errors since the last write to ESR
 * @ldr: logical ID in the layout of the present mode
 * @dfr: destination format, xAPIC only
 * @dcr: timer divide configuration
 * @icount: timer initial count
 * @icr: x2APIC layout; an xAPIC destination is in bits 63:56
 * @lvt: local vector table
 * @timer_base: TSC at which the count that runs was started
 * @timer_next: bus ticks from @timer_base to the next expiry; 0 = stopped
 * @tsc_deadline: IA32_TSC_DEADLINE; 0 = disarmed
 * @irr: requested vectors
 * @isr: vectors in service
 * @tmr: trigger mode of the last request, 1 = level
 *
 * Invariant (vapic_invariant_ok()):
 * 1.  irr, isr and tmr have no vector below 16;
 * 2.  isr has at most one vector per priority class (16 vectors), because only
 *     a higher class interrupts;
 * 3.  base: no reserved bit, EXTD only with EN, BSP = bsp;
 * 4.  EN = 0: the registers are as after reset, software disabled; only TPR
 *     lives on as CR8;
 * 5.  software disabled (svr bit 8 = 0): every LVT entry is masked;
 * 6.  no register holds a bit that it does not have; remote IRR is set only in
 *     a level triggered fixed LINT entry;
 * 7.  timer_next != 0: icount != 0, mode one-shot or periodic (so no period is
 *     ever 0); tsc_deadline != 0: deadline mode; reserved timer mode: masked;
 * 8.  x2APIC mode: ldr is derived from id; xAPIC: ldr bits 23:0 are 0;
 * 9.  sipi_pending: the CPU waits for it, or will after the pending INIT;
 * 10. clock is usable.
 */
struct vapic {
	u32 id;
	bool bsp;
	bool wait_for_sipi;
	bool nmi_pending;
	bool init_pending;
	bool sipi_pending;
	u8 sipi_vector;
	u8 lines;
	struct vapic_clock clock;
	u64 base;
	u32 tpr;
	u32 svr;
	u32 esr;
	u32 esr_pending;
	u32 ldr;
	u32 dfr;
	u32 dcr;
	u32 icount;
	u64 icr;
	u32 lvt[LVT_COUNT];
	u64 timer_base;
	u64 timer_next;
	u64 tsc_deadline;
	u64 irr[4];
	u64 isr[4];
	u64 tmr[4];
};

/**
 * struct vapic_in - what happened outside since the last scan
 * @now: TSC
 * @posted: edge triggered vectors, bit v % 64 of word v / 64
 * @posted_level: level triggered vectors; wins over @posted
 * @nmi: an NMI message arrived
 * @init: an INIT arrived; if @sipi is set too, the INIT came first
 * @sipi: a start-up message arrived
 * @sipi_vector: its vector
 * @lint0: input pin is asserted (usually the output of the PIC)
 * @lint1: input pin is asserted (usually NMI)
 */
struct vapic_in {
	u64 now;
	u64 posted[4];
	u64 posted_level[4];
	bool nmi;
	bool init;
	bool sipi;
	u8 sipi_vector;
	bool lint0;
	bool lint1;
};

/**
 * struct vapic_out - what the CPU could take now
 * @vector: highest vector above the processor priority, or VAPIC_NONE. When it
 *	is really injected: vapic_accept()
 * @extint: an external controller asks; its vector bypasses this APIC
 * @nmi: when it is really injected: vapic_take_nmi()
 * @init: vapic_take_init(). Excludes everything else
 * @sipi: vapic_take_sipi(); start at @sipi_vector << 12
 * @sipi_vector: page number
 * @next_deadline: TSC at which to scan again without other cause, VAPIC_NEVER
 *	if none. A guest may choose a period of one tick: the caller bounds the
 *	rate, late scans lose nothing but the number of missed periods
 */
struct vapic_out {
	int vector;
	bool extint;
	bool nmi;
	bool init;
	bool sipi;
	u8 sipi_vector;
	u64 next_deadline;
};

/**
 * struct vapic_ipi - an interrupt message
 * @vector: vector, SIPI: page number
 * @mode: enum vapic_mode. From vapic_write(): FIXED, LOWEST, NMI, INIT or SIPI
 * @shorthand: enum vapic_shorthand
 * @logical: @dest is a logical destination
 * @dest: 32 bits; everybody is VAPIC_BROADCAST, also where the sender
 *	could write 8 bits only (0xff)
 */
struct vapic_ipi {
	u8 vector;
	u8 mode;
	u8 shorthand;
	bool logical;
	u32 dest;
};

/**
 * struct vapic_effect - what a register write asks of the outside
 * @ipi: send @ipi_desc to every APIC that vapic_match()es (LOWEST: to one)
 * @eoi: a vector left service
 * @eoi_level: it was level triggered: tell the IOAPICs
 * @timer_changed: next_deadline may be another one
 * @base_changed: IA32_APIC_BASE has a new address or mode
 * @eoi_vector: which vector
 * @ipi_desc: the message
 *
 * After every write the caller scans before it enters the guest again.
 */
struct vapic_effect {
	bool ipi;
	bool eoi;
	bool eoi_level;
	bool timer_changed;
	bool base_changed;
	u8 eoi_vector;
	struct vapic_ipi ipi_desc;
};

void vapic_init(struct vapic *va, u32 apic_id, bool bsp,
		const struct vapic_clock *clock);
void vapic_scan(struct vapic *va, const struct vapic_in *in,
		struct vapic_out *out);
bool vapic_accept(struct vapic *va, u8 vector);
void vapic_take_nmi(struct vapic *va);
void vapic_take_init(struct vapic *va);
void vapic_take_sipi(struct vapic *va);

int vapic_read(struct vapic *va, u32 msr, u64 now, u64 *val);
int vapic_write(struct vapic *va, u32 msr, u64 val, u64 now,
		struct vapic_effect *eff);
int vapic_mmio_read(struct vapic *va, u32 offset, u64 now, u32 *val);
int vapic_mmio_write(struct vapic *va, u32 offset, u32 val, u64 now,
		     struct vapic_effect *eff);
u8 vapic_cr8(const struct vapic *va);
int vapic_set_cr8(struct vapic *va, u64 cr8);

bool vapic_match(const struct vapic *va, const struct vapic_ipi *ipi,
		 u32 sender_id);
bool vapic_invariant_ok(const struct vapic *va);

/**
 * vapic_x2apic() - is the APIC in x2APIC mode?
 * @va: the APIC
 */
static inline bool vapic_x2apic(const struct vapic *va)
{
	return va->base & VAPIC_BASE_EXTD;
}

/**
 * vapic_xapic() - is the APIC in memory-mapped mode?
 * @va: the APIC
 */
static inline bool vapic_xapic(const struct vapic *va)
{
	return (va->base & (VAPIC_BASE_EN | VAPIC_BASE_EXTD)) == VAPIC_BASE_EN;
}

#endif /* SVSM_VAPIC_H */
