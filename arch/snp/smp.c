// SPDX-License-Identifier: MIT
/*
 * The CPUs of the SVSM. Others than the first one start in C code by a VMSA
 * that the first one wrote: same tables, own stack, own pages.
 */
#include <svsm/log.h>
#include <svsm/vcpu.h>
#include <x86/asm.h>
#include <x86/heap.h>
#include <x86/madt.h>
#include <x86/paging.h>
#include "ghcb.h"

#define STACK_PAGES		4
#define FATAL_STACK_PAGES	1

/* How long the host may take to start a CPU, in TSC ticks: seconds. */
#define START_TICKS_MAX		40000000000ULL

#define MSR_X2APIC_ID		0x802

struct snp_cpu snp_cpus[SVSM_VCPUS_MAX];

static void cpu_allocate(struct snp_cpu *cpu)
{
	cpu->x86.stack_top = (u64)heap_stack(STACK_PAGES);
	desc_add_tss(cpu->x86.index, &cpu->x86.tss,
		     (u64)heap_stack(FATAL_STACK_PAGES));
	if (!cpu->ghcb)
		cpu->ghcb = heap_shared_page();
	cpu->doorbell = heap_shared_page();
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
	timer_init_cpu(cpu);
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
 * smp_init() - list the CPUs, allocate what each needs, set up the core
 *
 * The boot CPU becomes the first one whatever its place in the MADT.
 */
void smp_init(void)
{
	u32 apic_ids[SVSM_VCPUS_MAX];
	u32 count, i, own;
	u64 id;

	if (madt_apic_ids(igvm_madt_page, sizeof(igvm_madt_page), apic_ids,
			  ARRAY_SIZE(apic_ids), &count))
		host_failed("MADT malformed or too many vCPUs");
	timer_enable_apic();
	if (ghcb_rdmsr(MSR_X2APIC_ID, &id))
		host_failed("APIC ID not readable");
	for (own = 0; own < count && apic_ids[own] != id; own++)
		;
	if (own == count)
		host_failed("boot CPU is not in the MADT");
	apic_ids[own] = apic_ids[0];
	apic_ids[0] = id;

	svsm_init(apic_ids, count);
	snp.cpu_count = count;
	for (i = 0; i < count; i++) {
		snp_cpus[i].x86.self = &snp_cpus[i].x86;
		snp_cpus[i].x86.index = i;
		snp_cpus[i].x86.apic_id = apic_ids[i];
		snp_cpus[i].x86.vcpu = svsm_vcpu(i);
		snp_cpus[i].x86.vcpu->arch = &snp_cpus[i];
		cpu_allocate(&snp_cpus[i]);
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
	u64 since;
	u32 i;

	for (i = 1; i < snp.cpu_count; i++) {
		cpu = &snp_cpus[i];
		if (ghcb_ap_create(cpu->x86.apic_id, 0, (u64)cpu->vmsa,
				   snp.features))
			host_failed("vCPU not started");
		since = rdtsc();
		while (!__atomic_load_n(&cpu->x86.online, __ATOMIC_ACQUIRE)) {
			if (rdtsc() - since > START_TICKS_MAX)
				host_failed("vCPU does not run");
			arch_cpu_relax();
		}
	}
}
