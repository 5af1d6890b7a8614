// SPDX-License-Identifier: MIT
/*
 * The CPUs of the SVSM. All vCPUs of a TD start at the same time and wait in
 * the trampoline; from there the first one releases the others, one by one.
 */
#include <x86/apic.h>
#include <x86/asm.h>
#include <x86/console.h>
#include <x86/cpus.h>
#include <x86/paging.h>
#include <x86/platform.h>
#include "trampoline.h"
#include "tdx.h"

#define MODE_64		64

_Static_assert(SVSM_VCPUS_MAX <= TDX_TRAMPOLINE_SLOTS, "a slot for each vCPU");

struct tdx_cpu tdx_cpus[SVSM_VCPUS_MAX];

struct x86_cpu *platform_cpu(u32 index)
{
	return &tdx_cpus[index].x86;
}

/**
 * smp_load() - per-CPU state and descriptor tables
 * @cpu: this CPU; desc_add_tss() was called for it
 */
void smp_load(struct tdx_cpu *cpu)
{
	wrmsr(MSR_GS_BASE, (u64)cpu);
	desc_load(cpu->x86.index);
	desc_reload_segments();
}

static u32 own_apic_id(void)
{
	u64 id;

	if (platform_rdmsr(MSR_X2APIC_ID, &id))
		host_failed("APIC ID not readable");
	return id;
}

/* On @cpu, on its stack; what a call would have pushed is missing. */
static void __attribute__((noreturn)) start(struct tdx_cpu *cpu)
{
	paging_enable();
	smp_load(cpu);
	/* The host numbers them: an IPI must reach the one that is meant. */
	if (own_apic_id() != cpu->x86.apic_id)
		host_failed("MADT: not in the order of the vCPUs");
	apic_init();
	__atomic_store_n(&cpu->x86.online, true, __ATOMIC_RELEASE);
	svsm_vcpu_run();
}

/**
 * smp_init() - list the CPUs, allocate what each needs
 *
 * The host's MADT must name all vCPUs that the module knows of, and no others.
 */
void smp_init(void)
{
	cpus_init(own_apic_id());
	if (cpus_count != tdx.vcpus)
		host_failed("MADT: not the number of vCPUs that the TD has");
	/* Before it is released, a CPU must find its slot and its code. */
	paging_map_ram(TDX_TRAMPOLINE, (u64)TDX_TRAMPOLINE + PAGE_SIZE);
}

/**
 * smp_start() - release all other CPUs, one by one
 */
void smp_start(void)
{
	struct tdx_trampoline *page = (struct tdx_trampoline *)TDX_TRAMPOLINE;
	struct tdx_start *slot;
	u32 i;

	for (i = 1; i < cpus_count; i++) {
		slot = &page->slot[i];
		slot->mode = MODE_64;
		slot->entry = (u64)start;
		slot->stack = tdx_cpus[i].x86.stack_top - 8;
		slot->argument = (u64)&tdx_cpus[i];
		__atomic_store_n(&slot->command, TDX_START_GO,
				 __ATOMIC_RELEASE);
		cpus_wait_online(&tdx_cpus[i].x86);
	}
}
