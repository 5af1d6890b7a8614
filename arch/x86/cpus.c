// SPDX-License-Identifier: MIT
/*
 * The CPUs of the SVSM, from the host's MADT. Each gets a stack of its own, a
 * second one for what is not survived, and guard pages below both.
 */
#include <svsm/vcpu.h>
#include <x86/apic.h>
#include <x86/asm.h>
#include <x86/console.h>
#include <x86/cpus.h>
#include <x86/heap.h>
#include <x86/igvm.h>
#include <x86/madt.h>
#include <x86/platform.h>

#define STACK_PAGES		4
#define FATAL_STACK_PAGES	1

/* How long the host may take to start a CPU, in TSC ticks: seconds. */
#define START_TICKS_MAX		40000000000ULL

u32 cpus_count;

struct vcpu *arch_this_vcpu(void)
{
	return x86_this_cpu()->vcpu;
}

void arch_cpu_relax(void)
{
	asm volatile("pause");
}

bool arch_selftest_wanted(void)
{
	return igvm_payload_page.magic == IGVM_PAYLOAD_MAGIC &&
		(igvm_payload_page.flags & IGVM_PAYLOAD_SELFTEST);
}

/**
 * cpus_init() - list the CPUs, allocate what each needs, set up the core
 * @own_apic_id: APIC ID of this CPU; it becomes the first one whatever its
 *	place in the MADT
 */
void cpus_init(u32 own_apic_id)
{
	u32 apic_ids[SVSM_VCPUS_MAX];
	struct x86_cpu *cpu;
	u32 i, own;

	if (madt_apic_ids(igvm_madt_page, sizeof(igvm_madt_page), apic_ids,
			  ARRAY_SIZE(apic_ids), &cpus_count))
		host_failed("MADT malformed or too many vCPUs");
	for (own = 0; own < cpus_count && apic_ids[own] != own_apic_id; own++)
		;
	if (own == cpus_count)
		host_failed("boot CPU is not in the MADT");
	apic_ids[own] = apic_ids[0];
	apic_ids[0] = own_apic_id;

	svsm_init(apic_ids, cpus_count);
	for (i = 0; i < cpus_count; i++) {
		cpu = platform_cpu(i);
		cpu->self = cpu;
		cpu->index = i;
		cpu->apic_id = apic_ids[i];
		cpu->vcpu = svsm_vcpu(i);
		cpu->vcpu->arch = cpu;
		cpu->timer_wanted = TIMER_NEVER;
		cpu->timer_armed = TIMER_NEVER;
		cpu->stack_top = (u64)heap_stack(STACK_PAGES);
		desc_add_tss(i, &cpu->tss, (u64)heap_stack(FATAL_STACK_PAGES));
	}
}

/**
 * cpus_wait_online() - wait until a CPU that was started runs
 * @cpu: the CPU; ends the image if the host does not run it
 */
void cpus_wait_online(const struct x86_cpu *cpu)
{
	u64 since = rdtsc();

	while (!__atomic_load_n(&cpu->online, __ATOMIC_ACQUIRE)) {
		if (rdtsc() - since > START_TICKS_MAX)
			host_failed("vCPU does not run");
		arch_cpu_relax();
	}
}
