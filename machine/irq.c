/* SPDX-License-Identifier: MIT */
/*
 * Interrupts and exceptions of the physical CPU, its x2APIC and timer.
 */
#include "cpu.h"
#include "start.h"

#define VECTORS			256
#define EXCEPTIONS		32
#define FIRST_APIC_VECTOR	16	/* lower ones the APIC refuses */
#define GATE_INTERRUPT		0x8e00

#define APIC_BASE_X2APIC	(BIT(10) | BIT(11))
#define SVR_ENABLE		BIT(8)
#define LVT_MASKED		BIT(16)
#define DIVIDE_BY_1		0x0b

#define PM_TIMER_HZ		3579545UL
#define PM_TIMER_MASK		0xffffff
#define MEASURE_PM_TICKS	(PM_TIMER_HZ / 20)	/* 50 ms */
#define MEASURE_TRIES		8
#define PM_TIMER_POLLS		1000000

struct irq_frame {
	u64 r15, r14, r13, r12, r11, r10, r9, r8;
	u64 rdi, rsi, rbp, rbx, rdx, rcx, rax;
	u64 vector;
	u64 error;
	u64 rip, cs, rflags, rsp, ss;
};

struct gate {
	u16 offset_low;
	u16 selector;
	u16 type;
	u16 offset_middle;
	u32 offset_high;
	u32 reserved;
};

/* All clocks at one moment. */
struct sample {
	u64 tsc;
	u32 pm;
	u32 apic;	/* counts down */
};

extern const u8 irq_entries[VECTORS][16];
void irq_handle(struct irq_frame *f);

static struct gate idt[VECTORS] __attribute__((aligned(16)));
/* APIC timer ticks per TSC tick, times 2^32 */
static u64 timer_factor;

static bool apic_in_service(u32 vector)
{
	return rdmsr(MSR_X2APIC_ISR + vector / 32) & BIT(vector % 32);
}

static void __attribute__((noreturn)) exception(const struct irq_frame *f)
{
	print("rax %016lx rbx %016lx rcx %016lx rdx %016lx", f->rax, f->rbx,
	      f->rcx, f->rdx);
	print("rsi %016lx rdi %016lx rbp %016lx rsp %016lx", f->rsi, f->rdi,
	      f->rbp, f->rsp);
	print("r8  %016lx r9  %016lx r10 %016lx r11 %016lx", f->r8, f->r9,
	      f->r10, f->r11);
	print("r12 %016lx r13 %016lx r14 %016lx r15 %016lx", f->r12, f->r13,
	      f->r14, f->r15);
	print("cs %lx ss %lx rflags %lx cr2 %lx cr3 %lx", f->cs, f->ss,
	      f->rflags, read_cr2(), read_cr3());
	machine_error("exception %lu error 0x%lx at 0x%lx on CPU with APIC ID %lu",
		      f->vector, f->error, f->rip, rdmsr(MSR_X2APIC_ID));
}

/* irq_entry.S */
void irq_handle(struct irq_frame *f)
{
	u8 vector = (u8)f->vector;

	if (vector < EXCEPTIONS) {
		/* A guest may have told its device to use such a vector. */
		if (vector < FIRST_APIC_VECTOR || !apic_in_service(vector))
			exception(f);
	} else if (vector == VECTOR_SPURIOUS) {
		return;		/* the APIC expects no EOI for it */
	} else if (vector != VECTOR_KICK && vector != VECTOR_TIMER) {
		/* before the EOI: a level pin must be masked by then */
		apic_device_interrupt(vector);
	}
	wrmsr(MSR_X2APIC_EOI, 0);
}

/**
 * irq_init_cpu() - IDT and APIC of this CPU
 */
void irq_init_cpu(void)
{
	struct {
		u16 limit;
		const void *base;
	} __attribute__((packed)) pointer = { sizeof(idt) - 1, idt };

	asm volatile("lidt %0" : : "m" (pointer));
	wrmsr(MSR_APIC_BASE, rdmsr(MSR_APIC_BASE) | APIC_BASE_X2APIC);
	wrmsr(MSR_X2APIC_TPR, 0);
	wrmsr(MSR_X2APIC_SVR, SVR_ENABLE | VECTOR_SPURIOUS);
	/* The 8259 is the guest's illusion, NMIs have no source. */
	wrmsr(MSR_X2APIC_LVT_LINT0, LVT_MASKED);
	wrmsr(MSR_X2APIC_LVT_LINT1, LVT_MASKED);
	wrmsr(MSR_X2APIC_TIMER_DIVIDE, DIVIDE_BY_1);
	wrmsr(MSR_X2APIC_TIMER_COUNT, 0);
	wrmsr(MSR_X2APIC_LVT_TIMER, VECTOR_TIMER);
}

/**
 * irq_window() - take what is pending
 *
 * Called and left with interrupts off. STI holds interrupts back for one
 * instruction, so that there is one more in between.
 */
void irq_window(void)
{
	asm volatile("sti; nop; nop; cli" : : : "memory");
}

/**
 * irq_look() - have the APIC tell the CPU again what is pending
 *
 * After a VMRUN with V_IRQ: QEMU 10 notes it in a word that others set bits of
 * at the same time, without a lock (interrupt_request in helper_vmrun()), and
 * what an APIC said meanwhile can be lost. A write to TPR repeats it.
 */
void irq_look(void)
{
	wrmsr(MSR_X2APIC_TPR, 0);
}

/**
 * irq_wait() - wait for an interrupt and take it
 *
 * Called and left with interrupts off. What is pending already ends the wait:
 * STI lets no interrupt in before HLT.
 */
void irq_wait(void)
{
	asm volatile("sti; hlt; cli" : : : "memory");
}

/**
 * irq_timer() - set this CPU's one timer
 * @deadline: TSC; in the past: at once; ~0: never
 *
 * VECTOR_TIMER may come early where the APIC's 32-bit counter does not reach.
 */
void irq_timer(u64 deadline)
{
	u64 now = rdtsc();
	unsigned __int128 ticks;

	if (deadline == ~0ULL) {
		wrmsr(MSR_X2APIC_TIMER_COUNT, 0);
		return;
	}
	ticks = 1;
	if (deadline > now)
		ticks += (unsigned __int128)(deadline - now) * timer_factor >> 32;
	wrmsr(MSR_X2APIC_TIMER_COUNT,
	      ticks > 0xffffffff ? 0xffffffff : (u32)ticks);
}

/* The best of some tries: the host may take the CPU away in between. */
static struct sample take_sample(void)
{
	struct sample best = { 0 };
	u64 best_width = ~0ULL;

	for (u32 i = 0; i < MEASURE_TRIES; i++) {
		u64 start = rdtsc();
		u32 pm = chipset_pm_timer();
		u32 apic = (u32)rdmsr(MSR_X2APIC_TIMER_NOW);
		u64 width = rdtsc() - start;

		if (width < best_width) {
			best_width = width;
			best.tsc = start + width / 2;
			best.pm = pm;
			best.apic = apic;
		}
	}
	return best;
}

static void check_pm_timer(void)
{
	u32 start = chipset_pm_timer();

	for (u32 i = 0; i < PM_TIMER_POLLS; i++) {
		if (chipset_pm_timer() != start)
			return;
	}
	machine_error("the ACPI timer stands still");
}

/* Frequencies of the TSC and of the APIC's timer, against the ACPI timer. */
static void measure(void)
{
	struct sample a, b;
	u64 pm, tsc, apic;

	check_pm_timer();
	wrmsr(MSR_X2APIC_LVT_TIMER, LVT_MASKED | VECTOR_TIMER);
	wrmsr(MSR_X2APIC_TIMER_COUNT, 0xffffffff);
	a = take_sample();
	while (((chipset_pm_timer() - a.pm) & PM_TIMER_MASK) < MEASURE_PM_TICKS)
		;
	b = take_sample();
	wrmsr(MSR_X2APIC_TIMER_COUNT, 0);
	wrmsr(MSR_X2APIC_LVT_TIMER, VECTOR_TIMER);

	pm = (b.pm - a.pm) & PM_TIMER_MASK;
	tsc = b.tsc - a.tsc;
	apic = a.apic - b.apic;
	machine.tsc_khz = (u32)(tsc * PM_TIMER_HZ / pm / 1000);
	if (!machine.tsc_khz || !apic)
		machine_error("TSC or APIC timer stands still");
	timer_factor = (apic << 32) / tsc;
	print("TSC %u kHz, APIC timer %lu kHz", machine.tsc_khz,
	      apic * PM_TIMER_HZ / pm / 1000);
}

/**
 * irq_init() - interrupts on the boot CPU, clocks; needs chipset_init()
 */
void irq_init(void)
{
	for (u32 i = 0; i < VECTORS; i++) {
		u64 entry = (u64)irq_entries[i];

		idt[i] = (struct gate){
			.offset_low = (u16)entry,
			.selector = SELECTOR_CODE,
			.type = GATE_INTERRUPT,
			.offset_middle = (u16)(entry >> 16),
			.offset_high = (u32)(entry >> 32),
		};
	}
	irq_init_cpu();
	measure();
}
