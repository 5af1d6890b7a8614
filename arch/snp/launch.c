// SPDX-License-Identifier: MIT
/*
 * Launch of the guest: the Linux kernel of the IGVM file at VMPL2, entered at
 * its 64-bit entry point (Linux Documentation/arch/x86/boot.rst). All that it
 * finds at its entry lies in the handover area, which is its own memory.
 */
#include <svsm/log.h>
#include <svsm/pinned.h>
#include <svsm/string.h>
#include <svsm/vcpu.h>
#include <uapi/svsm/call.h>
#include <x86/asm.h>
#include <x86/igvm.h>
#include <x86/image.h>
#include "ghcb.h"

/* Handover area, from IGVM_LAYOUT_HANDOVER. */
#define AREA_BOOT_PARAMS	0x600000UL
#define AREA_CMDLINE		0x601000UL
#define AREA_SETUP_DATA		0x602000UL
#define AREA_TABLES		0x603000UL	/* TABLE_PAGES */
#define AREA_GDT		0x609000UL
#define AREA_SECRETS		0x60A000UL
#define AREA_CPUID		0x60B000UL
#define AREA_CALLING		0x60C000UL
#define AREA_VMSA		0x60D000UL
#define AREA_ACPI		0x610000UL
#define AREA_ACPI_SIZE		0x10000UL

/* Entry page tables: root, one level below, four directories: 4 GiB. */
#define TABLE_PAGES		6
#define DIRECTORIES		4
#define ENTRIES			512
#define PTE_TABLE		0x003
#define PTE_LARGE		0x083

/* Selectors of the Linux boot protocol. */
#define BOOT_CS			0x10
#define BOOT_DS			0x18
#define DESC_CODE64		0x00AF9A000000FFFFULL
#define DESC_DATA		0x00CF92000000FFFFULL

/* CPUID 0x40000F00: "SVSMIrqTimer" in EBX, ECX, EDX. */
#define HINT_EBX		0x4D535653
#define HINT_ECX		0x54717249
#define HINT_EDX		0x72656D69

#define SVSM_MAX_VERSION	1

static void make_tables(void)
{
	u64 *root = (u64 *)AREA_TABLES;
	u64 *pdpt = root + ENTRIES, *pd = pdpt + ENTRIES;
	u64 i;

	root[0] = (u64)pdpt | PTE_TABLE | snp.c_bit;
	for (i = 0; i < DIRECTORIES; i++)
		pdpt[i] = (u64)(pd + i * ENTRIES) | PTE_TABLE | snp.c_bit;
	for (i = 0; i < DIRECTORIES * ENTRIES; i++)
		pd[i] = i * SIZE_2M | PTE_LARGE | snp.c_bit;
}

/* The guest must not speak to the firmware with keys of higher levels. */
static void make_secrets(void)
{
	struct secrets *secrets = (struct secrets *)AREA_SECRETS;

	memcpy(secrets, &igvm_secrets_page, sizeof(*secrets));
	memset(secrets->vmpck, 0, GUEST_VMPL * SECRETS_VMPCK_SIZE);
	secrets->svsm_base = SVSM_BASE;
	secrets->svsm_size = SVSM_END - SVSM_BASE;
	secrets->svsm_caa = AREA_CALLING;
	secrets->svsm_max_version = SVSM_MAX_VERSION;
	secrets->svsm_guest_vmpl = GUEST_VMPL;
}

static void add_leaf(struct cpuid_table *table, u32 leaf, u32 eax, u32 ebx,
		     u32 ecx, u32 edx)
{
	if (table->count >= CPUID_MAX)
		return;
	table->entry[table->count++] = (struct cpuid_entry){
		.eax_in = leaf, .eax = eax, .ebx = ebx, .ecx = ecx, .edx = edx,
	};
}

/* Hints for those who look; Documentation/abi.rst, "Discovery". */
static void make_cpuid(void)
{
	struct cpuid_table *table = (struct cpuid_table *)AREA_CPUID;

	memcpy(table, &igvm_cpuid_page, sizeof(igvm_cpuid_page));
	add_leaf(table, SVSM_CPUID_SIGNATURE, SVSM_CPUID_TRANSPORT, HINT_EBX,
		 HINT_ECX, HINT_EDX);
	add_leaf(table, SVSM_CPUID_TRANSPORT, 0, SVSM_CPUID_TRANSPORT_VMGEXIT,
		 0, 0);
}

static struct vmsa_segment segment(u16 selector, u16 attributes, u32 limit,
				   u64 base)
{
	return (struct vmsa_segment){ selector, attributes, limit, base };
}

static void make_state(void)
{
	struct vmsa *vmsa = (struct vmsa *)AREA_VMSA;
	u64 *gdt = (u64 *)AREA_GDT;

	gdt[BOOT_CS / 8] = DESC_CODE64;
	gdt[BOOT_DS / 8] = DESC_DATA;

	vmsa->cs = segment(BOOT_CS, ATTR_CODE64, 0xFFFFFFFF, 0);
	vmsa->ds = segment(BOOT_DS, ATTR_DATA, 0xFFFFFFFF, 0);
	vmsa->es = vmsa->ds;
	vmsa->ss = vmsa->ds;
	vmsa->fs = vmsa->ds;
	vmsa->gs = vmsa->ds;
	vmsa->gdtr = segment(0, 0, BOOT_DS + 7, AREA_GDT);
	vmsa->idtr = segment(0, 0, 0, 0);
	vmsa->ldtr = segment(0, ATTR_LDT, 0, 0);
	vmsa->tr = segment(0, ATTR_TSS_BUSY, 0xFFFF, 0);
	vmsa->vmpl = GUEST_VMPL;
	vmsa->efer = EFER_LME | EFER_LMA | EFER_NXE | EFER_SVME;
	vmsa->cr0 = CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE;
	vmsa->cr3 = AREA_TABLES | snp.c_bit;
	vmsa->cr4 = CR4_PAE | CR4_MCE;
	vmsa->dr6 = RESET_DR6;
	vmsa->dr7 = RESET_DR7;
	vmsa->rflags = RFLAGS_FIXED;
	vmsa->rip = igvm_payload_page.kernel_entry;
	vmsa->rsi = AREA_BOOT_PARAMS;
	vmsa->g_pat = RESET_PAT;
	vmsa->xcr0 = RESET_XCR0;
	vmsa->mxcsr = RESET_MXCSR;
	vmsa->x87_fcw = RESET_FCW;
	vmsa->sev_features = snp.guest_features;
}

static struct linux_area area(u64 gpa, u64 size)
{
	return (struct linux_area){ (void *)gpa, gpa, size };
}

static void make_boot_params(void)
{
	static const struct linux_range reserved[] = {
		{ SVSM_BASE, SVSM_END - SVSM_BASE, E820_RESERVED },
		{ AREA_CALLING, PAGE_SIZE, E820_RESERVED },
		{ AREA_VMSA, PAGE_SIZE, E820_RESERVED },
	};
	const struct linux_boot boot = {
		.payload = &igvm_payload_page,
		.memory_map = igvm_memory_map_page,
		.memory_map_size = sizeof(igvm_memory_map_page),
		.gpa_limit = snp.c_bit,
		.madt = igvm_madt_page,
		.madt_size = sizeof(igvm_madt_page),
		.boot_params = area(AREA_BOOT_PARAMS, PAGE_SIZE),
		.setup_data = area(AREA_SETUP_DATA, PAGE_SIZE),
		.cmdline = area(AREA_CMDLINE, PAGE_SIZE),
		.acpi = area(AREA_ACPI, AREA_ACPI_SIZE),
		.secrets_gpa = AREA_SECRETS,
		.cpuid_gpa = AREA_CPUID,
		.reserved = reserved,
		.reserved_count = ARRAY_SIZE(reserved),
	};
	const char *why;

	if (linux_boot_prepare(&boot, &why))
		host_failed(why);
}

/* Pages that can become nothing else, whatever the guest asks for. */
static void pin(u64 gpa, u64 size, enum pinned_kind kind)
{
	if (pinned_add(gpa, size, kind, PINNED_NO_OWNER)) {
		svsm_log(LOG_ERROR, "page 0x%llx not pinned",
			 (unsigned long long)gpa);
		arch_terminate(TERMINATE_GENERAL);
	}
}

/**
 * launch_guest() - make the first guest vCPU from the IGVM file's kernel
 *
 * Runs on the boot CPU; svsm_vcpu_run() then enters the guest. A file without
 * a kernel, or for the self-test, leaves the SVSM without a guest.
 */
void launch_guest(void)
{
	struct snp_cpu *cpu = this_cpu();

	pin(SVSM_BASE, SVSM_END - SVSM_BASE, PINNED_SVSM);
	if (arch_selftest_wanted())
		return;
	if (!payload_has_kernel()) {
		svsm_log(LOG_INFO, "no payload");
		return;
	}
	make_boot_params();
	make_tables();
	make_secrets();
	make_cpuid();
	make_state();
	pin(AREA_SECRETS, PAGE_SIZE, PINNED_PLATFORM);
	pin(AREA_CPUID, PAGE_SIZE, PINNED_PLATFORM);
	if (vcpu_create_guest(cpu->x86.vcpu, AREA_VMSA, AREA_CALLING))
		host_failed("guest not created");
	if (ghcb_ap_create(cpu->x86.apic_id, GUEST_VMPL, AREA_VMSA,
			   snp.guest_features))
		host_failed("guest not started");
	svsm_log(LOG_INFO, "guest launched at VMPL%u", GUEST_VMPL);
}
