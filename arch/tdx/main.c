// SPDX-License-Identifier: MIT
/*
 * Start of the SVSM on TDX, boot CPU. The order matters: what a step may use
 * is what the steps above it made.
 */
#include <svsm/log.h>
#include <svsm/pinned.h>
#include <x86/apic.h>
#include <x86/asm.h>
#include <x86/console.h>
#include <x86/cpus.h>
#include <x86/extable.h>
#include <x86/igvm.h>
#include <x86/image.h>
#include <x86/paging.h>
#include <x86/platform.h>
#include <x86/ram.h>
#include "trampoline.h"
#include "tdx.h"

#define CPUID_TSC		0x15

/* TDG.VP.INFO */
#define INFO_GPAW		0x3F	/* RCX */
#define ATTRIBUTE_DEBUG		BIT_ULL(0)

/* R12 of ReportFatalError, ours */
#define FATAL_GENERAL		1
#define FATAL_HOST		2

static u8 boot_fatal_stack[PAGE_SIZE] __attribute__((aligned(16)));

struct tdx tdx;

void tdx_main(void);

u32 arch_tsc_khz(void)
{
	return tdx.tsc_khz;
}

/* The module keeps the TSC of a TD from the host. */
bool arch_tsc_trusted(void)
{
	return true;
}

void arch_terminate(enum terminate_reason reason)
{
	if (reason == TERMINATE_HOST)
		vmcall_fatal(FATAL_HOST, "svsm: the host broke a contract, see the log");
	vmcall_fatal(FATAL_GENERAL, "svsm: ended by itself, see the log");
}

bool platform_exception(struct exception_frame *frame)
{
	if (frame->vector >= VECTOR_HOST_FIRST) {
		interrupt_handle(frame);
		return true;
	}
	switch (frame->vector) {
	case VECTOR_VE:
		return ve_handle(frame);
	case VECTOR_NMI:
		interrupt_nmi(frame);
		return true;
	}
	return false;
}

/**
 * cpuid_native() - CPUID where the module answers it
 * @leaf: leaf; subleaf 0
 * @eax: out
 * @ebx: out
 * @ecx: out
 *
 * Return: false if the module leaves it to the host: that is #VE, which the
 * exception table makes a failure.
 */
bool cpuid_native(u32 leaf, u32 *eax, u32 *ebx, u32 *ecx)
{
	bool done = false;
	u32 edx;

	*eax = leaf;
	*ecx = 0;
	asm volatile("1: cpuid\n\t"
		     "movb $1, %4\n"
		     "2:\n\t"
		     EXTABLE(1b, 2b)
		     : "+a" (*eax), "=b" (*ebx), "+c" (*ecx), "=d" (edx),
		       "+m" (done));
	return done;
}

static void read_info(void)
{
	const struct tdx_trampoline *page = (void *)TDX_TRAMPOLINE;
	struct tdx_regs regs = { .rax = TDG_VP_INFO };
	u32 gpaw, eax, ebx, ecx;

	if (tdx_tdcall(&regs)) {
		svsm_log(LOG_ERROR, "TDG.VP.INFO failed");
		arch_terminate(TERMINATE_GENERAL);
	}
	gpaw = regs.rcx & INFO_GPAW;
	if (gpaw != page->gpaw || (gpaw != 48 && gpaw != 52)) {
		svsm_log(LOG_ERROR, "GPA width: %u at the start, %u now",
			 page->gpaw, gpaw);
		arch_terminate(TERMINATE_GENERAL);
	}
	tdx.shared_bit = BIT_ULL(gpaw - 1);
	tdx.attributes = regs.rdx;
	tdx.vcpus = regs.r8;
	if (cpuid_native(CPUID_TSC, &eax, &ebx, &ecx))
		tdx.tsc_khz = apic_tsc_khz(eax, ebx, ecx);
	svsm_log(LOG_INFO, "TDX: attributes 0x%llx, GPA width %u, TSC %u kHz",
		 (unsigned long long)tdx.attributes, gpaw, tdx.tsc_khz);
	if (tdx.attributes & ATTRIBUTE_DEBUG)
		svsm_log(LOG_WARN, "a debug TD: the host reads and writes all of it");
}

/* A file with a kernel promises what cannot be kept: say so, and end. */
static void check_payload(void)
{
	if (pinned_add(SVSM_BASE, SVSM_END - SVSM_BASE, PINNED_SVSM,
		       PINNED_NO_OWNER)) {
		svsm_log(LOG_ERROR, "own memory not pinned");
		arch_terminate(TERMINATE_GENERAL);
	}
	if (arch_selftest_wanted()) {
		tdx_selftest();
		return;
	}
	if (payload_has_kernel()) {
		svsm_log(LOG_ERROR, "no lower level on TDX yet: the guest is not started");
		arch_power_off(false);
	}
	svsm_log(LOG_INFO, "no payload");
}

/* On the final stack. */
static void __attribute__((noreturn)) boot_late(void)
{
	apic_init();
	this_cpu()->x86.online = true;
	ram_accept_all();
	smp_start();
	svsm_log(LOG_INFO, "vCPUs: %u", cpus_count);
	check_payload();
	svsm_vcpu_run();
}

/**
 * tdx_main() - first C code, called by entry.S on the boot stack
 */
void tdx_main(void)
{
	struct tdx_cpu *cpu = &tdx_cpus[0];

	/* This CPU, exceptions, and the log: it needs the host alone. */
	cpu->x86.self = &cpu->x86;
	desc_init_idt(IDT_ALL);
	desc_add_tss(0, &cpu->x86.tss,
		     (u64)boot_fatal_stack + sizeof(boot_fatal_stack));
	smp_load(cpu);
	console_init();
	svsm_log(LOG_INFO, "version " SVSM_VERSION ", platform TDX");

	/* Own memory. */
	read_info();
	memory_accept_own();
	paging_init(0, tdx.shared_bit);
	paging_enable();

	/* RAM, all CPUs, the core. */
	ram_read_map(tdx.shared_bit);
	memory_init();
	ram_map_all();
	smp_init();
	entry_switch_stack(cpu->x86.stack_top, boot_late);
}
