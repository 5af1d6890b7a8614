// SPDX-License-Identifier: MIT
/*
 * #HV doorbell page: what the host signals. The interrupt itself does nothing
 * (arch/x86/idt.S); the page is looked at here, at fixed places of the loop.
 * GHCB specification 56421, #HV doorbell page; the host writes all of it.
 */
#include <svsm/log.h>
#include <svsm/string.h>
#include <svsm/vcpu.h>
#include <x86/apic.h>
#include <x86/platform.h>
#include "ghcb.h"

#define GUEST_BIT	BIT(GUEST_VMPL - 1)

static void set_vector(u64 *set, u32 vector)
{
	set[vector / 64] |= BIT_ULL(vector % 64);
}

/*
 * Vectors of the guest. The flags are taken before the words that they speak
 * of: what the host adds meanwhile comes with a new flag.
 */
static void collect_guest(struct x86_cpu *cpu, struct doorbell_vmpl *info)
{
	struct host_events *events = &cpu->events;
	u32 status = __atomic_exchange_n(&info->status, 0, __ATOMIC_SEQ_CST);
	u32 vector = status & DOORBELL_VECTOR_MASK;
	u32 i, word;

	if (vector) {
		set_vector(events->vectors, vector);
		if (status & DOORBELL_LEVEL)
			set_vector(events->level, vector);
	}
	if (status & DOORBELL_NMI)
		events->nmi = true;
	if (status & DOORBELL_VECTOR_31)
		set_vector(events->vectors, 31);
	if (status & DOORBELL_MULTIPLE) {
		for (i = 0; i < ARRAY_SIZE(info->irr); i++) {
			word = __atomic_exchange_n(&info->irr[i], 0,
						   __ATOMIC_SEQ_CST);
			/* irr[0] starts at vector 32. */
			events->vectors[(i + 1) / 2] |=
				(u64)word << (i + 1) % 2 * 32;
		}
	}
	if (status)
		cpu->has_events = true;
}

static void end_of_interrupt(struct doorbell *bell)
{
	if (__atomic_exchange_n(&bell->no_eoi_required, 0,
				__ATOMIC_SEQ_CST) & 1)
		return;
	if (platform_wrmsr(MSR_X2APIC_EOI, 0))
		host_failed("EOI");
}

/*
 * The SVSM's own vectors have done their work when they got here: they ended
 * a wait. Bounded: one vector for VMPL0 a call; the host rings again for more.
 */
void platform_collect_events(struct x86_cpu *cpu)
{
	struct doorbell *bell = ((struct snp_cpu *)cpu)->doorbell;
	u8 flags, vector;

	/*
	 * First: what the host writes after this rings again. Only its flags
	 * go, and only here.
	 */
	flags = __atomic_fetch_and(&bell->flags, (u8)~(DOORBELL_FLAG_NFS |
						       DOORBELL_FLAG_NMI),
				   __ATOMIC_SEQ_CST);
	if (flags & DOORBELL_FLAG_MC)
		host_failed("machine check");
	vector = __atomic_exchange_n(&bell->vector, 0, __ATOMIC_SEQ_CST);
	if (vector == VECTOR_TIMER)
		apic_timer_rang(cpu);
	if (vector == VECTOR_IPI)
		cpu->events.kicked = true;
	/* Also of one that nobody wants: it would block those below it. */
	if (vector)
		end_of_interrupt(bell);
	if (__atomic_exchange_n(&bell->per_vmpl, 0, __ATOMIC_SEQ_CST) &
	    GUEST_BIT)
		collect_guest(cpu, &bell->vmpl[GUEST_VMPL - 1]);
}

/**
 * doorbell_init() - let the host signal
 * @cpu: this CPU, cpu->doorbell is a zeroed shared page
 */
void doorbell_init(struct snp_cpu *cpu)
{
	if (ghcb_set_doorbell((u64)cpu->doorbell))
		host_failed("#HV doorbell not set");
}

/* A host that refuses keeps its own interrupt from coming again. */
void arch_host_eoi(u8 vector)
{
	ghcb_specific_eoi(GUEST_VMPL, vector);
}

void arch_kick(struct vcpu *vcpu)
{
	const struct x86_cpu *cpu = vcpu->arch;

	if (ghcb_ipi(ICR_FIXED(cpu->apic_id, VECTOR_IPI)))
		host_failed("IPI");
}

void arch_idle(void)
{
	struct snp_cpu *cpu = this_cpu();

	if (cpu->x86.has_events)
		return;
	apic_timer_program(&cpu->x86, timer_next(cpu));
	snp_halt_unless_rung(cpu->doorbell);
	platform_collect_events(&cpu->x86);
}
