/* SPDX-License-Identifier: MIT */
/*
 * The CPUs of the SVSM: which there are, and what each has of its own.
 */
#ifndef X86_CPUS_H
#define X86_CPUS_H

#include <x86/percpu.h>

/* Number of CPUs; constant after cpus_init(). */
extern u32 cpus_count;

void cpus_init(u32 own_apic_id);
void cpus_wait_online(const struct x86_cpu *cpu);

/* start.S: go on in @fn on another stack */
void entry_switch_stack(u64 top, void (*fn)(void)) __attribute__((noreturn));

#endif /* X86_CPUS_H */
