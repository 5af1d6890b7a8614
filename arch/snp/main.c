// SPDX-License-Identifier: MIT
/*
 * Start of the SVSM on SEV-SNP, boot CPU. The order matters: what a step may
 * use is what the steps above it made.
 */
#include <svsm/log.h>
#include <x86/asm.h>
#include <x86/heap.h>
#include <x86/paging.h>
#include "features.h"
#include "ghcb.h"

static u8 boot_fatal_stack[PAGE_SIZE] __attribute__((aligned(16)));

void snp_main(void);
void entry_switch_stack(u64 top, void (*fn)(void)) __attribute__((noreturn));

struct vcpu *arch_this_vcpu(void)
{
	return x86_this_cpu()->vcpu;
}

void arch_cpu_relax(void)
{
	asm volatile("pause");
}

void platform_accept_page(u64 gpa)
{
	if (ghcb_msr_page_state(gpa, PSC_PRIVATE))
		host_failed("own page not private");
	if (rmp_validate(gpa, false, true) != RMP_OK)
		host_failed("own page not validated");
}

void platform_share_page(u64 gpa)
{
	if (ghcb_msr_page_state(gpa, PSC_SHARED))
		host_failed("own page not shared");
}

/* On the final stack. */
static void __attribute__((noreturn)) boot_late(void)
{
	struct snp_cpu *cpu = this_cpu();

	doorbell_init(cpu);
	timer_init_cpu(cpu);
	cpu->x86.online = true;
	memory_accept_all();
	smp_start();
	svsm_log(LOG_INFO, "vCPUs: %u", snp.cpu_count);
	launch_guest();
	svsm_vcpu_run();
}

/**
 * snp_main() - first C code, called by entry.S on the boot stack
 */
void snp_main(void)
{
	struct snp_cpu *cpu = &snp_cpus[0];

	/* This CPU, and exceptions. */
	cpu->x86.self = &cpu->x86;
	wrmsr(MSR_GS_BASE, (u64)cpu);
	desc_init_idt();
	desc_add_tss(0, &cpu->x86.tss,
		     (u64)boot_fatal_stack + sizeof(boot_fatal_stack));
	desc_load(0);

	/* Exits by the MSR protocol, and with them pages of the own memory. */
	features_read();
	ghcb_negotiate();
	paging_init(snp.c_bit, 0);
	paging_enable();

	/* Shared pages: exits by the GHCB page, and with them the log. */
	cpu->ghcb = heap_shared_page();
	ghcb_register(cpu);
	console_init();
	svsm_log(LOG_INFO, "version " SVSM_VERSION ", platform SEV-SNP");
	features_check();
	rmp_flush_init();

	/* RAM, all CPUs, the core. */
	memory_read_map();
	memory_map_all();
	smp_init();
	entry_switch_stack(cpu->x86.stack_top, boot_late);
}
