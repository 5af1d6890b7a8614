// SPDX-License-Identifier: MIT
/*
 * Start of the SVSM on SEV-SNP, boot CPU. The order matters: what a step may
 * use is what the steps above it made.
 */
#include <svsm/log.h>
#include <x86/apic.h>
#include <x86/asm.h>
#include <x86/cpus.h>
#include <x86/heap.h>
#include <x86/paging.h>
#include <x86/platform.h>
#include <x86/ram.h>
#include "features.h"
#include "ghcb.h"
#include "greq.h"

/* Reason sets of GHCB termination: 0 is the specification's. */
#define TERMINATE_SET_HOST	2

static u8 boot_fatal_stack[PAGE_SIZE] __attribute__((aligned(16)));

void snp_main(void);

void arch_terminate(enum terminate_reason reason)
{
	ghcb_terminate(reason == TERMINATE_HOST ? TERMINATE_SET_HOST : 0, 0);
}

/* What is survived: a peer took a page away that is accessed as such. */
bool platform_exception(struct exception_frame *frame)
{
	return frame->vector == VECTOR_VC &&
		frame->error == VC_PAGE_NOT_VALIDATED &&
		exception_recover(frame);
}

/* On the final stack. */
static void __attribute__((noreturn)) boot_late(void)
{
	struct snp_cpu *cpu = this_cpu();

	doorbell_init(cpu);
	apic_init();
	cpu->x86.online = true;
	ram_accept_all();
	smp_start();
	svsm_log(LOG_INFO, "vCPUs: %u", cpus_count);
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
	desc_init_idt(IDT_EXCEPTIONS);
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
	greq_init();

	/* RAM, all CPUs, the core. */
	ram_read_map(snp.c_bit);
	ram_map_all();
	smp_init();
	entry_switch_stack(cpu->x86.stack_top, boot_late);
}
