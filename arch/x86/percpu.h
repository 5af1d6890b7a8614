/* SPDX-License-Identifier: MIT */
/*
 * What every x86 platform keeps per CPU of the SVSM. A platform embeds it as
 * the first member of its own structure; GS points at it.
 */
#ifndef X86_PERCPU_H
#define X86_PERCPU_H

#include <svsm/arch.h>
#include <svsm/types.h>
#include <x86/desc.h>

/*
 * Vectors of the SVSM's own APIC; the core never sees them. None that the host
 * posts has a higher priority, but the spurious one.
 */
#define VECTOR_TIMER	0xFD
#define VECTOR_IPI	0xFE

/**
 * struct x86_cpu - one CPU of the SVSM
 * @self: address of this structure, for this_cpu()
 * @index: 0 is the boot CPU
 * @apic_id: x2APIC ID
 * @online: set by the CPU itself when it runs C code on its own stack
 * @vcpu: the core's state of it
 * @stack_top: top of the normal stack; a guard page lies below the stack
 * @tss: task state, holds the stack of double faults and machine checks
 * @events: taken from the host, not yet by the core
 * @has_events: @events is not empty
 * @timer_wanted: TSC of the core's wish, TIMER_NEVER for none
 * @timer_armed: TSC the host's timer is armed for, TIMER_NEVER: not armed
 */
struct x86_cpu {
	struct x86_cpu *self;
	u32 index;
	u32 apic_id;
	bool online;
	struct vcpu *vcpu;
	u64 stack_top;
	struct x86_tss tss;
	struct host_events events;
	bool has_events;
	u64 timer_wanted;
	u64 timer_armed;
};

static inline struct x86_cpu *x86_this_cpu(void)
{
	struct x86_cpu *cpu;

	asm("mov %%gs:0, %0" : "=r" (cpu));
	return cpu;
}

#endif /* X86_PERCPU_H */
