// SPDX-License-Identifier: MIT
/*
 * Time: the TSC, and the timer of VMPL0's APIC in TSC-deadline mode, which the
 * host emulates (exits for its MSRs, or the deadline in the exit that runs the
 * guest). Registers: Intel SDM volume 3, chapter on the APIC, table of the
 * x2APIC register address space.
 */
#include <svsm/log.h>
#include <x86/asm.h>
#include "ghcb.h"

#define MSR_APIC_BASE		0x1B
#define MSR_TSC_DEADLINE	0x6E0
#define MSR_X2APIC_SVR		0x80F
#define MSR_X2APIC_LVT_TIMER	0x832

#define APIC_BASE_EXTD		BIT_ULL(10)
#define APIC_BASE_EN		BIT_ULL(11)
#define SVR_ENABLE		BIT(8)
#define SVR_VECTOR		0xFF
#define LVT_TSC_DEADLINE	BIT(18)

/* How long to wait for a host that has no register state to run yet. */
#define REFUSED_POLL_TICKS	20000000ULL

u64 arch_tsc(void)
{
	return rdtsc();
}

u32 arch_tsc_khz(void)
{
	return snp.tsc_khz;
}

bool arch_tsc_trusted(void)
{
	return snp.features & SEV_FEATURE_SECURE_TSC;
}

void arch_timer_arm(u64 deadline)
{
	/* To the APIC 0 means "disarm"; it is a deadline like any other. */
	this_cpu()->timer_wanted = deadline ? deadline : 1;
}

/**
 * timer_enable_apic() - put this CPU's APIC into x2APIC mode
 *
 * Before that it has no registers that can be reached by an MSR exit.
 */
void timer_enable_apic(void)
{
	const u64 mode = APIC_BASE_EXTD | APIC_BASE_EN;
	u64 base;

	if (ghcb_rdmsr(MSR_APIC_BASE, &base) ||
	    ((base & mode) != mode && ghcb_wrmsr(MSR_APIC_BASE, base | mode)))
		host_failed("x2APIC not available");
}

/**
 * timer_init_cpu() - enable this CPU's APIC and its timer
 * @cpu: this CPU, its doorbell is set
 */
void timer_init_cpu(struct snp_cpu *cpu)
{
	cpu->timer_wanted = TIMER_NEVER;
	cpu->timer_armed = TIMER_NEVER;
	timer_enable_apic();
	if (ghcb_wrmsr(MSR_X2APIC_SVR, SVR_ENABLE | SVR_VECTOR) ||
	    ghcb_wrmsr(MSR_X2APIC_LVT_TIMER, LVT_TSC_DEADLINE | VECTOR_TIMER))
		host_failed("APIC timer not available");
}

/**
 * timer_rang() - the host's timer fired
 * @cpu: this CPU
 *
 * One that came early is armed again for what was wanted.
 */
void timer_rang(struct snp_cpu *cpu)
{
	cpu->timer_armed = TIMER_NEVER;
	if (cpu->timer_wanted <= rdtsc())
		cpu->timer_wanted = TIMER_NEVER;
}

/**
 * timer_next() - what the host's timer should be armed for now
 * @cpu: this CPU
 *
 * While the host refuses to run a guest that is there, nothing tells when that
 * changes: look again soon.
 *
 * Return: TSC, TIMER_NEVER for no timer.
 */
u64 timer_next(const struct snp_cpu *cpu)
{
	u64 poll = rdtsc() + REFUSED_POLL_TICKS;

	return cpu->refused && poll < cpu->timer_wanted ? poll :
		cpu->timer_wanted;
}

/**
 * timer_program() - bring the host's timer up to date by an exit of its own
 * @cpu: this CPU
 */
void timer_program(struct snp_cpu *cpu)
{
	u64 next = timer_next(cpu);

	if (next == cpu->timer_armed)
		return;
	if (ghcb_wrmsr(MSR_TSC_DEADLINE, next == TIMER_NEVER ? 0 : next))
		host_failed("TSC deadline not accepted");
	cpu->timer_armed = next;
}
