// SPDX-License-Identifier: MIT
/*
 * Time: what VMPL0's APIC and TSC are on SNP. Registers exit to the host, and
 * the deadline can travel in the exit that runs the guest.
 */
#include <x86/apic.h>
#include <x86/asm.h>
#include <x86/platform.h>
#include "ghcb.h"

#define MSR_APIC_BASE		0x1B
#define APIC_BASE_EXTD		BIT_ULL(10)
#define APIC_BASE_EN		BIT_ULL(11)

/* How long to wait for a host that has no register state to run yet. */
#define REFUSED_POLL_TICKS	20000000ULL

u32 arch_tsc_khz(void)
{
	return snp.tsc_khz;
}

bool arch_tsc_trusted(void)
{
	return snp.features & SEV_FEATURE_SECURE_TSC;
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

	if (platform_rdmsr(MSR_APIC_BASE, &base) ||
	    ((base & mode) != mode &&
	     platform_wrmsr(MSR_APIC_BASE, base | mode)))
		host_failed("x2APIC not available");
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

	return cpu->refused && poll < cpu->x86.timer_wanted ? poll :
		cpu->x86.timer_wanted;
}
