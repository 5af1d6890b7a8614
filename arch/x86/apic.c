// SPDX-License-Identifier: MIT
/*
 * The timer of the SVSM's APIC in TSC-deadline mode, and the events that the
 * core takes. The host emulates both, so a tick is no more than a hint.
 */
#include <svsm/string.h>
#include <x86/apic.h>
#include <x86/asm.h>
#include <x86/console.h>
#include <x86/platform.h>

#define SVR_ENABLE		BIT(8)
#define SVR_VECTOR		0xFF
#define LVT_TSC_DEADLINE	BIT(18)

u64 arch_tsc(void)
{
	return rdtsc();
}

/**
 * apic_tsc_khz() - frequency that CPUID leaf 0x15 gives
 * @eax: of the leaf
 * @ebx: of the leaf
 * @ecx: of the leaf, the crystal clock in Hz
 *
 * Return: kHz, 0 if it is not known.
 */
u32 apic_tsc_khz(u32 eax, u32 ebx, u32 ecx)
{
	u64 khz;

	if (!eax || !ebx || !ecx)
		return 0;
	khz = (u64)ecx * ebx / eax / 1000;
	return khz > 0xFFFFFFFF ? 0 : khz;
}

void arch_timer_arm(u64 deadline)
{
	struct x86_cpu *cpu = x86_this_cpu();

	/* To the APIC 0 means "disarm"; it is a deadline like any other. */
	cpu->timer_wanted = deadline ? deadline : 1;
	cpu->events.timer = false;
}

/**
 * apic_init() - enable this CPU's APIC and its timer
 */
void apic_init(void)
{
	if (platform_wrmsr(MSR_X2APIC_SVR, SVR_ENABLE | SVR_VECTOR) ||
	    platform_wrmsr(MSR_X2APIC_LVT_TIMER,
			   LVT_TSC_DEADLINE | VECTOR_TIMER))
		host_failed("APIC timer not available");
}

/**
 * apic_timer_rang() - the host's timer fired
 * @cpu: this CPU
 *
 * One that came early is armed again for what was wanted.
 */
void apic_timer_rang(struct x86_cpu *cpu)
{
	cpu->timer_armed = TIMER_NEVER;
	if (cpu->timer_wanted <= rdtsc()) {
		cpu->timer_wanted = TIMER_NEVER;
		cpu->events.timer = true;
	}
}

/**
 * apic_timer_program() - bring the host's timer up to date by an exit of its own
 * @cpu: this CPU
 * @next: TSC, TIMER_NEVER for no timer
 */
void apic_timer_program(struct x86_cpu *cpu, u64 next)
{
	if (next == cpu->timer_armed)
		return;
	if (platform_wrmsr(MSR_TSC_DEADLINE, next == TIMER_NEVER ? 0 : next))
		host_failed("TSC deadline not accepted");
	cpu->timer_armed = next;
}

void arch_host_events(struct host_events *events)
{
	struct x86_cpu *cpu = x86_this_cpu();

	platform_collect_events(cpu);
	*events = cpu->events;
	memset(&cpu->events, 0, sizeof(cpu->events));
	cpu->has_events = false;
}
