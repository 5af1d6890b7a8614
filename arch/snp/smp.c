// SPDX-License-Identifier: MIT
/*
 * The CPUs of the SVSM. Others than the first one start in C code by a VMSA
 * that the first one wrote: same tables, own stack, own pages.
 */
#include <x86/apic.h>
#include <x86/asm.h>
#include <x86/cpus.h>
#include <x86/heap.h>
#include <x86/paging.h>
#include <x86/platform.h>
#include "ghcb.h"

struct snp_cpu snp_cpus[SVSM_VCPUS_MAX];

struct x86_cpu *platform_cpu(u32 index)
{
	return &snp_cpus[index].x86;
}

static struct vmsa_segment segment(u16 selector, u16 attributes, u32 limit,
				   u64 base)
{
	return (struct vmsa_segment){ selector, attributes, limit, base };
}

/* On @cpu, on its stack; what a call would have pushed is missing. */
static void __attribute__((noreturn)) start(struct snp_cpu *cpu)
{
	ghcb_register(cpu);
	doorbell_init(cpu);
	timer_enable_apic();
	apic_init();
	__atomic_store_n(&cpu->x86.online, true, __ATOMIC_RELEASE);
	svsm_vcpu_run();
}

static void fill_vmsa(struct snp_cpu *cpu)
{
	struct vmsa *vmsa = heap_pages(1);
	struct desc_ptr gdt, idt;

	/* Erratum: hardware may take such a VMSA for a 2 MiB page in use. */
	if (!((u64)vmsa % SIZE_2M))
		vmsa = heap_pages(1);
	desc_gdt(&gdt);
	desc_idt(&idt);
	vmsa->cs = segment(SEL_CODE, ATTR_CODE64, 0xFFFFFFFF, 0);
	vmsa->ss = segment(SEL_DATA, ATTR_DATA, 0xFFFFFFFF, 0);
	vmsa->ds = vmsa->ss;
	vmsa->es = vmsa->ss;
	vmsa->fs = vmsa->ss;
	vmsa->gs = segment(SEL_DATA, ATTR_DATA, 0xFFFFFFFF, (u64)cpu);
	vmsa->gdtr = segment(0, 0, gdt.limit, gdt.base);
	vmsa->idtr = segment(0, 0, idt.limit, idt.base);
	vmsa->ldtr = segment(0, ATTR_LDT, 0, 0);
	vmsa->tr = segment(SEL_TSS(cpu->x86.index), ATTR_TSS_BUSY,
			   sizeof(struct x86_tss) - 1, (u64)&cpu->x86.tss);
	vmsa->efer = EFER_LME | EFER_LMA | EFER_NXE | EFER_SVME;
	vmsa->cr0 = CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_PE;
	vmsa->cr3 = paging_root();
	vmsa->cr4 = CR4_PAE | CR4_MCE;
	vmsa->dr6 = RESET_DR6;
	vmsa->dr7 = RESET_DR7;
	vmsa->rflags = RFLAGS_FIXED;
	vmsa->rip = (u64)start;
	vmsa->rdi = (u64)cpu;
	/* As the ABI has it at the first instruction of a function. */
	vmsa->rsp = cpu->x86.stack_top - 8;
	vmsa->g_pat = RESET_PAT;
	vmsa->xcr0 = RESET_XCR0;
	vmsa->mxcsr = RESET_MXCSR;
	vmsa->x87_fcw = RESET_FCW;
	vmsa->sev_features = snp.features;
	/* Any lower VMPL will do as target: it is the VMSA bit that counts. */
	if (rmp_adjust((u64)vmsa, false, RMP_GUEST_NONE | RMP_VMSA) != RMP_OK)
		host_failed("own register state");
	cpu->vmsa = vmsa;
}

/**
 * smp_init() - list the CPUs, allocate what each needs
 */
void smp_init(void)
{
	u32 i;
	u64 id;

	timer_enable_apic();
	if (platform_rdmsr(MSR_X2APIC_ID, &id))
		host_failed("APIC ID not readable");
	cpus_init(id);
	for (i = 0; i < cpus_count; i++) {
		if (i)
			snp_cpus[i].ghcb = heap_shared_page();
		snp_cpus[i].doorbell = heap_shared_page();
		if (i)
			fill_vmsa(&snp_cpus[i]);
	}
}

/**
 * smp_start() - start all other CPUs, one by one
 */
void smp_start(void)
{
	struct snp_cpu *cpu;
	u32 i;

	for (i = 1; i < cpus_count; i++) {
		cpu = &snp_cpus[i];
		if (ghcb_ap_create(cpu->x86.apic_id, 0, (u64)cpu->vmsa,
				   snp.features))
			host_failed("vCPU not started");
		cpus_wait_online(&cpu->x86);
	}
}
