/* SPDX-License-Identifier: MIT */
/*
 * CPUID of a TD. Which leaves the TDX module answers and which are #VE is as in
 * its include/auto_gen/cpuid_configurations.c. The CPU is an Intel server
 * (Sapphire Rapids by its number) with the features that QEMU's CPU and a TD
 * both can have. XSAVE is hidden as on SEV-SNP.
 */
#include "insn.h"
#include "tdx.h"

#define MAX_BASE	0x23
#define MAX_EXTENDED	0x80000008
#define HYPERVISOR	0x40000000
#define HYPERVISOR_END	0x4fffffff

#define ANY		0xff	/* no subleaf */

#define SIGNATURE	0x000806f8	/* family 6, model 0x8f, stepping 8 */

/* 1 ECX: SSE3 PCLMULQDQ SSSE3 CX16 SSE4.1 SSE4.2 MOVBE POPCNT AES RDRAND */
#define F1_ECX		0x42d82203
/* x2APIC, TSC deadline, hypervisor */
#define F1_ECX_ADDED	(BIT(21) | BIT(24) | BIT(31))
/*
 * 1 EDX: FPU VME DE PSE TSC MSR PAE MCE CX8 APIC SEP PGE MCA CMOV PAT PSE36
 * CLFSH MMX FXSR SSE SSE2. No MTRR: memory types of a guest without firmware
 * would all be uncached.
 */
#define F1_EDX		0x078bebff
#define F1_EDX_APIC	BIT(9)
#define F1_EDX_HTT	BIT(28)
#define F1_EBX_CLFLUSH	(8 << 8)
/*
 * 7.0 EBX: FSGSBASE BMI1 SMEP BMI2 ERMS RDSEED ADX SMAP CLFLUSHOPT CLWB SHA;
 * ECX: UMIP RDPID; EDX: FSRM
 */
#define F7_EBX		0x219c0389
#define F7_ECX		(BIT(2) | BIT(22))
#define F7_EDX		BIT(4)
/* MD_CLEAR IBRS STIBP L1D_FLUSH ARCH_CAPABILITIES SSBD: what msr.c answers */
#define F7_EDX_ADDED	(BIT(10) | BIT(26) | BIT(27) | BIT(28) | BIT(29) | \
			 BIT(31))
#define F7_EAX		2	/* subleaves */
#define F7_2_EDX	0x17	/* PSFD IPRED_CTRL RRSBA_CTRL BHI_CTRL */
#define E1_ECX		(BIT(0) | BIT(5) | BIT(8))	/* LAHF LZCNT PREFETCHW */
#define E1_EDX		0x2c100000	/* NX 1GPAGE RDTSCP LM */
#define E1_EDX_SYSCALL	BIT(11)
#define E7_EDX_INVARIANT_TSC	BIT(8)
#define E8_EAX		(48 << 8 | 52)	/* linear and physical bits */

/* 4 EAX: type, level, self-initializing, sharing CPUs, cores */
#define CACHE(type, level)	((type) | (level) << 5 | BIT(8))
#define CACHE_SHARED(n)		(((n) - 1) << 14)
#define CACHE_CORES(n)		(((n) - 1) << 26)
#define CACHE_DATA		1
#define CACHE_CODE		2
#define CACHE_UNIFIED		3
#define CACHE_WAYS(ways)	(((ways) - 1) << 22 | 63)	/* 64 byte lines */

#define TOPOLOGY_SMT	1
#define TOPOLOGY_CORE	2

enum { EAX, EBX, ECX, EDX };

/*
 * The module's list, by stretches of subleaves; @index: place of the first in
 * it (so are the elements of CPUID_CONTROL numbered).
 */
struct leaf {
	u32 leaf;
	u8 first;
	u8 last;
	u8 index;
};

static const struct leaf leaves[] = {
	{ 0x0, 0, ANY, 10 },
	{ 0x1, 0, ANY, 0 },
	{ 0x3, 0, ANY, 11 },
	{ 0x4, 0, 3, 1 },
	{ 0x4, 4, 4, 12 },
	{ 0x5, 0, ANY, 63 },
	{ 0x6, 0, ANY, 13 },
	{ 0x7, 0, 1, 5 },
	{ 0x7, 2, 2, 14 },
	{ 0x8, 0, ANY, 15 },
	{ 0xa, 0, ANY, 7 },
	{ 0xd, 0, 0x12, 16 },
	{ 0xe, 0, ANY, 35 },
	{ 0x11, 0, ANY, 36 },
	{ 0x12, 0, ANY, 37 },
	{ 0x13, 0, ANY, 38 },
	{ 0x14, 0, 1, 39 },
	{ 0x15, 0, ANY, 41 },
	{ 0x19, 0, ANY, 42 },
	{ 0x1c, 0, ANY, 8 },
	{ 0x1d, 0, 1, 43 },
	{ 0x1e, 0, ANY, 45 },
	{ 0x1f, 0, 5, 46 },
	{ 0x20, 0, ANY, 52 },
	{ 0x21, 0, 0, 53 },
	{ 0x22, 0, ANY, 58 },
	{ 0x23, 0, 3, 59 },
	{ 0x80000000, 0, ANY, 54 },
	{ 0x80000001, 0, ANY, 55 },
	{ 0x80000006, 0, ANY, 56 },
	{ 0x80000007, 0, ANY, 57 },
	{ 0x80000008, 0, ANY, 9 },
};

/* Leaves behind the last one are the last one (as on Intel's CPUs). */
static u32 limit_leaf(u32 leaf)
{
	if (leaf >= HYPERVISOR && leaf <= HYPERVISOR_END)
		return leaf;
	if (leaf > MAX_EXTENDED || (leaf > MAX_BASE && leaf < 0x80000000))
		return MAX_BASE;
	return leaf;
}

static const struct leaf *find_leaf(u32 leaf, u32 subleaf)
{
	for (u32 i = 0; i < ARRAY_SIZE(leaves); i++) {
		const struct leaf *l = &leaves[i];

		if (l->leaf == leaf && (l->last == ANY ||
					(subleaf >= l->first &&
					 subleaf <= l->last)))
			return l;
	}
	return NULL;
}

/* Which leaves of its list the module answers itself. */
static bool is_native(u32 leaf, u32 subleaf)
{
	return leaf != 0x6 && leaf != 0x1f && leaf != 0x80000006 &&
	       find_leaf(leaf, subleaf);
}

/* Later modules answer for the topology, once the TD wants them to. */
static bool is_topology(u32 leaf)
{
	u64 ctls = __atomic_load_n(&td.td_ctls, __ATOMIC_ACQUIRE);

	return (leaf == 0xb || leaf == 0x1f) && (ctls & TD_CTLS_ENUM_TOPOLOGY);
}

/* Bits of an APIC ID that name a CPU of this package, which is the only one. */
static u32 id_bits(void)
{
	u32 bits = 0;

	for (u32 i = 0; i < machine.cpu_count; i++) {
		while (machine.apic_id[i] >> bits)
			bits++;
	}
	return bits;
}

static void cache(u32 subleaf, u32 out[4])
{
	u32 cpus = 1U << id_bits();

	switch (subleaf) {
	case 0:
		out[EAX] = CACHE(CACHE_DATA, 1) | CACHE_CORES(cpus);
		out[EBX] = CACHE_WAYS(12);
		out[ECX] = 64 - 1;
		return;
	case 1:
		out[EAX] = CACHE(CACHE_CODE, 1) | CACHE_CORES(cpus);
		out[EBX] = CACHE_WAYS(8);
		out[ECX] = 64 - 1;
		return;
	case 2:
		out[EAX] = CACHE(CACHE_UNIFIED, 2) | CACHE_CORES(cpus);
		out[EBX] = CACHE_WAYS(16);
		out[ECX] = 2048 - 1;
		return;
	case 3:
		out[EAX] = CACHE(CACHE_UNIFIED, 3) | CACHE_CORES(cpus) |
			   CACHE_SHARED(cpus);
		out[EBX] = CACHE_WAYS(16);
		out[ECX] = 16384 - 1;
		return;
	}
}

static void features_1(u32 apic_id, u32 out[4])
{
	u32 r[4], bits = id_bits();

	cpuid_physical(1, 0, r);
	out[EAX] = SIGNATURE;
	out[EBX] = apic_id << 24 | 1U << (16 + bits) | F1_EBX_CLFLUSH;
	out[ECX] = (r[ECX] & F1_ECX) | F1_ECX_ADDED;
	out[EDX] = (r[EDX] & F1_EDX) | F1_EDX_APIC | (bits ? F1_EDX_HTT : 0);
}

static void features_7(u32 subleaf, u32 out[4])
{
	u32 r[4];

	if (subleaf == 2)
		out[EDX] = F7_2_EDX;
	if (subleaf)
		return;
	cpuid_physical(7, 0, r);
	out[EAX] = F7_EAX;
	out[EBX] = r[EBX] & F7_EBX;
	out[ECX] = r[ECX] & F7_ECX;
	out[EDX] = (r[EDX] & F7_EDX) | F7_EDX_ADDED;
}

static void topology(u32 subleaf, u32 apic_id, u32 out[4])
{
	if (subleaf == 0) {
		out[EBX] = 1;
		out[ECX] = TOPOLOGY_SMT << 8;
	} else if (subleaf == 1) {
		out[EAX] = id_bits();
		out[EBX] = machine.cpu_count;
		out[ECX] = TOPOLOGY_CORE << 8;
	}
	out[ECX] |= subleaf & 0xff;
	out[EDX] = apic_id;
}

/*
 * TSC frequency as a ratio to the crystal clock, which is 25 MHz for all TDs;
 * the APIC timer has the same. As exact as it gets while EBX * 25000 fits into
 * 32 bits: Linux multiplies them so.
 */
static void tsc(u32 out[4])
{
	u64 most = 0xffffffff / TDX_CRYSTAL_KHZ;

	out[EAX] = (u32)(most * TDX_CRYSTAL_KHZ / machine.tsc_khz);
	if (!out[EAX])
		out[EAX] = 1;
	out[EBX] = (u32)(((u64)machine.tsc_khz * out[EAX] + TDX_CRYSTAL_KHZ / 2) /
			 TDX_CRYSTAL_KHZ);
	out[ECX] = TDX_CRYSTAL_KHZ * 1000;
}

/* What is not here is zero. */
static void answer(u32 leaf, u32 subleaf, u32 apic_id, u32 out[4])
{
	u32 r[4];

	switch (leaf) {
	case 0:
		out[EAX] = MAX_BASE;
		memcpy(&out[EBX], "Genu", 4);
		memcpy(&out[EDX], "ineI", 4);
		memcpy(&out[ECX], "ntel", 4);
		return;
	case 1:
		features_1(apic_id, out);
		return;
	case 4:
		cache(subleaf, out);
		return;
	case 7:
		features_7(subleaf, out);
		return;
	case 0xb:
	case 0x1f:
		topology(subleaf, apic_id, out);
		return;
	case 0x15:
		tsc(out);
		return;
	case 0x21:
		memcpy(&out[EBX], "Inte", 4);
		memcpy(&out[EDX], "lTDX", 4);
		memcpy(&out[ECX], "    ", 4);
		return;
	case 0x80000000:
		out[EAX] = MAX_EXTENDED;
		return;
	case 0x80000001:
		cpuid_physical(leaf, 0, r);
		out[ECX] = r[ECX] & E1_ECX;
		out[EDX] = r[EDX] & E1_EDX;
		return;
	case 0x80000007:
		out[EDX] = E7_EDX_INVARIANT_TSC;
		return;
	case 0x80000008:
		out[EAX] = E8_EAX;
		return;
	}
}

/**
 * tdx_cpuid() - what the TDX module answers
 * @leaf: EAX
 * @subleaf: ECX
 * @index: vCPU; on whose CPU this runs
 * @out: EAX, EBX, ECX, EDX
 *
 * Return: false: it leaves this one to #VE.
 */
bool tdx_cpuid(u32 leaf, u32 subleaf, u32 index, u32 out[4])
{
	leaf = limit_leaf(leaf);
	memset(out, 0, 4 * sizeof(*out));
	if (!is_native(leaf, subleaf) && !is_topology(leaf))
		return false;
	answer(leaf, subleaf, machine.apic_id[index], out);
	return true;
}

/**
 * tdx_cpuid_number() - place of a leaf in the module's list
 * @leaf: EAX
 * @subleaf: ECX
 *
 * Return: index into struct td_vcpu.cpuid_control; -1: the list has no such one.
 */
int tdx_cpuid_number(u32 leaf, u32 subleaf)
{
	const struct leaf *l = find_leaf(leaf, subleaf);

	if (!l)
		return -1;
	return l->index + (int)(l->last == ANY ? 0 : subleaf - l->first);
}

/* Did the TD ask for #VE: for all of CPUID, or for this leaf? */
static bool wants_ve(const struct vcpu *v, u32 leaf, u32 subleaf)
{
	const struct td_vcpu *t = td_vcpu(v);
	u32 user = v->vmcb->save.cpl > 0;
	int number = tdx_cpuid_number(leaf, subleaf);

	return t->cpuid_ve[user] ||
	       (number >= 0 && (t->cpuid_control[number] & BIT(user)));
}

/**
 * tdx_cpuid_exit() - CPUID
 * @v: vCPU
 */
void tdx_cpuid_exit(struct vcpu *v)
{
	u32 leaf = (u32)v->vmcb->save.rax;
	u32 subleaf = (u32)v->regs[GPR_RCX];
	u32 length = insn_length(v, 2);
	u32 out[4];

	if (!tdx_cpuid(leaf, subleaf, v->index, out) ||
	    wants_ve(v, limit_leaf(leaf), subleaf)) {
		inject_ve(v, VE_CPUID, 0, 0, 0, length);
		return;
	}
	if (leaf == 0x80000001 && insn_code64(v))
		out[EDX] |= E1_EDX_SYSCALL;
	v->vmcb->save.rax = out[EAX];
	v->regs[GPR_RBX] = out[EBX];
	v->regs[GPR_RCX] = out[ECX];
	v->regs[GPR_RDX] = out[EDX];
	vcpu_advance(v, length);
}
