/* SPDX-License-Identifier: MIT */
/*
 * The SVSM's own APIC: x2APIC registers as MSRs, and its timer. Numbers: Intel
 * SDM volume 3, chapter on the APIC, table of the x2APIC register addresses.
 */
#ifndef X86_APIC_H
#define X86_APIC_H

#include <x86/percpu.h>

#define MSR_TSC_DEADLINE	0x6E0
#define MSR_X2APIC_ID		0x802
#define MSR_X2APIC_EOI		0x80B
#define MSR_X2APIC_SVR		0x80F
#define MSR_X2APIC_ICR		0x830
#define MSR_X2APIC_LVT_TIMER	0x832

/* ICR: fixed, physical, assert */
#define ICR_FIXED(apic_id, vector)	((u64)(apic_id) << 32 | BIT_ULL(14) | \
					 (vector))

#define TIMER_NEVER	(~0ULL)

void apic_init(void);
void apic_timer_rang(struct x86_cpu *cpu);
void apic_timer_program(struct x86_cpu *cpu, u64 next);
u32 apic_tsc_khz(u32 eax, u32 ebx, u32 ecx);

#endif /* X86_APIC_H */
