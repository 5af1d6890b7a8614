// SPDX-License-Identifier: MIT
/*
 * Interrupts that the host posts. The SVSM runs with interrupts off and looks
 * for them at fixed places of the loop: there it opens a window. A handler
 * notes the vector and returns with interrupts off again, so one window takes
 * one interrupt and the work is bounded whatever the host posts.
 */
#include <svsm/log.h>
#include <svsm/vcpu.h>
#include <x86/apic.h>
#include <x86/asm.h>
#include <x86/console.h>
#include <x86/image.h>
#include <x86/platform.h>
#include "tdx.h"

#define RFLAGS_IF	BIT_ULL(9)

/* Windows in a row; what waits behind them ends the next wait at once. */
#define WINDOWS_MAX	16

/*
 * Between its look at what came and its exit to the host the interrupted code
 * must not go on to the exit.
 */
static void leave_window(struct exception_frame *frame)
{
	const struct event_window *window;

	for (window = __event_windows; window < __event_windows_end; window++)
		if (frame->rip >= window->start && frame->rip < window->end)
			frame->rip = window->cancel;
}

/**
 * interrupt_handle() - an interrupt, with interrupts off
 * @frame: what it interrupted
 *
 * The SVSM's own vectors have done their work when they got here: they ended
 * a wait. EOI is the CPU's own, without an exit.
 */
void interrupt_handle(struct exception_frame *frame)
{
	struct tdx_cpu *cpu = this_cpu();
	u8 vector = frame->vector;

	if (vector == VECTOR_TIMER) {
		apic_timer_rang(&cpu->x86);
	} else if (vector == VECTOR_IPI) {
		cpu->x86.events.kicked = true;
	} else {
		cpu->x86.events.vectors[vector / 64] |= BIT_ULL(vector % 64);
		cpu->x86.has_events = true;
	}
	wrmsr(MSR_X2APIC_EOI, 0);
	cpu->interrupted = true;
	frame->rflags &= ~RFLAGS_IF;
	leave_window(frame);
}

/**
 * interrupt_nmi() - an NMI, at any time
 * @frame: what it interrupted
 */
void interrupt_nmi(struct exception_frame *frame)
{
	__atomic_store_n(&this_cpu()->nmi, true, __ATOMIC_SEQ_CST);
	leave_window(frame);
}

void platform_collect_events(struct x86_cpu *x86)
{
	struct tdx_cpu *cpu = (struct tdx_cpu *)x86;
	u32 i;

	for (i = 0; i < WINDOWS_MAX; i++) {
		cpu->interrupted = false;
		asm volatile("sti; nop; cli" : : : "memory", "cc");
		if (!cpu->interrupted)
			break;
	}
	if (__atomic_exchange_n(&cpu->nmi, false, __ATOMIC_SEQ_CST)) {
		x86->events.nmi = true;
		x86->has_events = true;
	}
}

/* The host holds no vector: it posts, and forgets. */
void arch_host_eoi(u8 vector)
{
	(void)vector;
}

void arch_kick(struct vcpu *vcpu)
{
	const struct x86_cpu *cpu = vcpu->arch;

	if (platform_wrmsr(MSR_X2APIC_ICR,
			   ICR_FIXED(cpu->apic_id, VECTOR_IPI)))
		host_failed("IPI");
}

void arch_idle(void)
{
	struct tdx_cpu *cpu = this_cpu();

	if (cpu->x86.has_events)
		return;
	apic_timer_program(&cpu->x86, cpu->x86.timer_wanted);
	if (tdx_halt(&cpu->nmi))
		host_failed("HLT");
	platform_collect_events(&cpu->x86);
}
