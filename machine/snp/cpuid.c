/* SPDX-License-Identifier: MIT */
/*
 * CPUID as the guest sees it: what the physical CPU has, less what an SNP
 * guest cannot use here, plus what the machine adds. The launch table and the
 * host's answers come from the same place, so they cannot differ.
 *
 * Sources: AMD APM volume 3, appendix E; SEV-SNP firmware ABI (CPUID page).
 */
#include "../cpu.h"
#include "snp.h"

/*
 * Below 0xD: Linux asks for it if it is in range, and gives up when it shows
 * neither XSAVEC nor XSAVES. Leaf 0x15 is in the table all the same.
 */
#define MAX_STANDARD	0xb
#define MAX_EXTENDED	0x8000001f

/* 1 ECX: SSE3 PCLMULQDQ SSSE3 CX16 SSE4.1 SSE4.2 MOVBE POPCNT AES RDRAND */
#define F1_ECX		0x42d82203
/* x2APIC and TSC deadline are those of the virtual APIC */
#define F1_ECX_ADDED	(BIT(21) | BIT(24) | BIT(31))
/*
 * 1 EDX: FPU VME DE PSE TSC MSR PAE MCE CX8 APIC SEP PGE MCA CMOV PAT PSE36
 * CLFSH MMX FXSR SSE SSE2 HTT. No MTRR: memory types of a guest without
 * firmware would all be uncached.
 */
#define F1_EDX		0x178bebff
#define F1_EDX_APIC	BIT(9)
#define F6_EAX_ARAT	BIT(2)
/*
 * 7.0 EBX: FSGSBASE BMI1 SMEP BMI2 ERMS RDSEED ADX SMAP CLFLUSHOPT CLWB SHA;
 * ECX: UMIP RDPID; EDX: FSRM
 */
#define F7_EBX		0x219c0389
#define F7_ECX		(BIT(2) | BIT(22))
#define F7_EDX		BIT(4)
/* 80000001 ECX: LAHF CMP_LEGACY CR8 ABM SSE4A MISALIGNSSE PREFETCHW TOPOEXT */
#define E1_ECX		0x004001f3
/*
 * 80000001 EDX: those of 1 EDX that AMD repeats, SYSCALL NX MMXEXT FFXSR
 * 1GPAGE RDTSCP LM
 */
#define E1_EDX		0x2fd3ebff
#define E7_EDX_INVARIANT_TSC	BIT(8)
#define E8_LINEAR_BITS	(48 << 8)
#define SEV_EAX		(BIT(1) | BIT(3) | BIT(4))
#define SEV_EBX_COHERENT	BIT(31)
#define SEV_EBX_VMPLS(n)	((n) << 12)

#define TABLE_MAX	64
#define TOPOLOGY_LEVELS	2
#define CACHES		4

struct cpuid_entry {
	u32 leaf;
	u32 subleaf;
	u64 xcr0;
	u64 xss;
	u32 out[4];
	u64 reserved;
};

struct cpuid_page {
	u32 count;
	u32 reserved[3];
	struct cpuid_entry entry[TABLE_MAX];
};

_Static_assert(sizeof(struct cpuid_entry) == 48, "cpuid_entry");
_Static_assert(sizeof(struct cpuid_page) <= PAGE_SIZE, "cpuid_page");

enum { EAX, EBX, ECX, EDX };

static void standard(u32 leaf, u32 subleaf, u32 apic_id, u32 out[4])
{
	switch (leaf) {
	case 0:
		out[EAX] = MAX_STANDARD;
		return;
	case 1:
		out[EBX] = (out[EBX] & 0x00ffffff) | apic_id << 24;
		out[ECX] = (out[ECX] & F1_ECX) | F1_ECX_ADDED;
		out[EDX] = (out[EDX] & F1_EDX) | F1_EDX_APIC;
		return;
	case 6:
		out[EAX] = F6_EAX_ARAT;
		out[EBX] = out[ECX] = out[EDX] = 0;
		return;
	case 7:
		if (subleaf)
			break;
		out[EAX] = 0;
		out[EBX] &= F7_EBX;
		out[ECX] &= F7_ECX;
		out[EDX] &= F7_EDX;
		return;
	case 0xb:
		/* levels behind the last one name the CPU, too */
		out[EDX] = apic_id;
		return;
	case 0x15:
		out[EAX] = 1;
		out[EBX] = machine.tsc_khz;
		out[ECX] = 1000;
		out[EDX] = 0;
		return;
	}
	memset(out, 0, 4 * sizeof(*out));
}

static void extended(u32 leaf, u32 subleaf, u32 apic_id, u32 out[4])
{
	switch (leaf) {
	case 0x80000000:
		out[EAX] = MAX_EXTENDED;
		return;
	case 0x80000001:
		out[ECX] &= E1_ECX;
		out[EDX] &= E1_EDX;
		return;
	case 0x80000002 ... 0x80000006:
		return;
	case 0x80000007:
		out[EAX] = out[EBX] = out[ECX] = 0;
		out[EDX] = E7_EDX_INVARIANT_TSC;
		return;
	case 0x80000008:
		out[EAX] = (out[EAX] & 0xff) | E8_LINEAR_BITS;
		out[EBX] = out[EDX] = 0;
		return;
	case 0x8000001d:
		if (subleaf < CACHES)
			return;
		break;
	case 0x8000001e:
		out[EAX] = apic_id;
		return;
	case 0x8000001f:
		out[EAX] = SEV_EAX;
		out[EBX] = SEV_EBX_COHERENT | SEV_EBX_VMPLS(LEVELS) | SNP_C_BIT;
		out[ECX] = out[EDX] = 0;
		return;
	}
	memset(out, 0, 4 * sizeof(*out));
}

/**
 * snp_cpuid() - what the host answers
 * @leaf: EAX
 * @subleaf: ECX
 * @index: vCPU, for its APIC ID; on whose CPU this runs
 * @out: EAX, EBX, ECX, EDX; zeroes for what there is not
 */
void snp_cpuid(u32 leaf, u32 subleaf, u32 index, u32 out[4])
{
	u32 apic_id = machine.apic_id[index];

	cpuid_physical(leaf, subleaf, out);
	if (leaf >= 0x80000000)
		extended(leaf, subleaf, apic_id, out);
	else if (leaf >= 0x40000000)
		cpuid_hypervisor(leaf, out);
	else
		standard(leaf, subleaf, apic_id, out);
}

static void add(struct cpuid_page *page, u32 leaf, u32 subleaf)
{
	struct cpuid_entry *e = &page->entry[page->count++];

	e->leaf = leaf;
	e->subleaf = subleaf;
	snp_cpuid(leaf, subleaf, 0, e->out);
}

/**
 * snp_cpuid_table() - contents of the guest's CPUID page
 * @page: 4096 bytes
 *
 * Leaves that are not in it are all zeroes. There is no leaf 0xD: XSAVE is
 * hidden, since Linux's SNP code wants XSAVEC or XSAVES, which QEMU's CPUs
 * do not have.
 */
void snp_cpuid_table(void *page)
{
	static const u32 leaves[] = {
		0, 1, 6, 7, 0x15, 0x40000000, 0x40000001,
		0x80000000, 0x80000001, 0x80000002, 0x80000003, 0x80000004,
		0x80000005, 0x80000006, 0x80000007, 0x80000008,
		0x8000001e, 0x8000001f,
	};

	memset(page, 0, PAGE_SIZE);
	for (u32 i = 0; i < ARRAY_SIZE(leaves); i++)
		add(page, leaves[i], 0);
	for (u32 i = 0; i < TOPOLOGY_LEVELS; i++)
		add(page, 0xb, i);
	for (u32 i = 0; i < CACHES; i++)
		add(page, 0x8000001d, i);
}
