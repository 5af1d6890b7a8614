// SPDX-License-Identifier: MIT
/*
 * Which instructions are #VE in a TD, with which information, which are
 * another exception and which are the CPU's own affair (td_other_exits.c,
 * td_cpuid.c, td_msr_access.c of the module; exit qualifications: Intel SDM
 * volume 3, chapter "VM exits").
 */
#include "guest.h"

#define PORT		0x80
#define IOAPIC		0xFEC00000UL
#define XAPIC		0xFEE00000UL

/* Exit qualification of an I/O instruction. */
#define IO(size, port)	(((size) - 1) | (u64)(port) << 16)
#define IO_IN		BIT(3)
#define IO_STRING	BIT(4)
#define IO_REP		BIT(5)
#define IO_IMMEDIATE	BIT(6)

#define MSR_TSC		0x10
#define MSR_MTRRCAP	0xFE
#define MSR_ARCH_CAPS	0x10A
#define MSR_MISC_ENABLE	0x1A0
#define MSR_SYSENTER_CS	0x174
#define MSR_DEBUGCTL	0x1D9
#define MSR_PAT		0x277
#define MSR_PMC0	0xC1
#define MSR_VMX_BASIC	0x480
#define MSR_VMX_PINBASED 0x481
#define MSR_STAR	0xC0000081
#define MSR_LSTAR	0xC0000082
#define MSR_FMASK	0xC0000084
#define MSR_FS_BASE	0xC0000100
#define MSR_KERNEL_GS	0xC0000102
#define MSR_TSC_AUX	0xC0000103
#define MSR_SEV_STATUS	0xC0010131

#define CR0_MP		BIT(1)
#define CR0_TS		BIT(3)
#define CR0_NE		BIT(5)
#define CR0_CD		BIT(30)
#define CR4_PAE		BIT(5)
#define CR4_MCE		BIT(6)
#define CR4_OSXMMEXCPT	BIT(10)
#define CR4_VMXE	BIT(13)
#define CR4_SMXE	BIT(14)
#define CR4_PKE		BIT(22)
#define EFER_SCE	BIT(0)
#define EFER_NXE	BIT(11)
#define EFER_BITS	0xD01		/* NXE, LMA, LME, SCE */

static u8 buffer[PAGE_SIZE] __attribute__((aligned(4096)));
static u8 df_stack[PAGE_SIZE] __attribute__((aligned(16)));

#define TO	(u64)buffer

static const struct {
	const char *name;
	void (*insn)(void);
	struct attempt in;
	u32 reason;
	u64 qualification;
	u32 length;
} cases[] = {
	{ "HLT", insn_hlt, { 0 }, VE_HLT, 0, 1 },
	{ "INVD", insn_invd, { 0 }, VE_INVD, 0, 2 },
	{ "WBINVD", insn_wbinvd, { 0 }, VE_WBINVD, 0, 2 },
	{ "VMCALL", insn_vmcall, { 0 }, VE_VMCALL, 0, 3 },
	{ "MONITOR", insn_monitor, { .rax = TO }, VE_MONITOR, 0, 3 },
	{ "MWAIT", insn_mwait, { 0 }, VE_MWAIT, 0, 3 },
	{ "INB", insn_in, { .rdx = PORT }, VE_IO, IO(1, PORT) | IO_IN, 1 },
	{ "INW", insn_inw, { .rdx = PORT }, VE_IO, IO(2, PORT) | IO_IN, 2 },
	{ "INL", insn_inl, { .rdx = 0xCFC }, VE_IO, IO(4, 0xCFC) | IO_IN, 1 },
	{ "INB, port in the instruction", insn_in_imm, { 0 }, VE_IO,
	  IO(1, PORT) | IO_IN | IO_IMMEDIATE, 2 },
	{ "OUTB", insn_out, { .rdx = 0xFFFF }, VE_IO, IO(1, 0xFFFF), 1 },
	{ "OUTW", insn_outw, { .rdx = PORT }, VE_IO, IO(2, PORT), 2 },
	{ "OUTL", insn_outl, { .rdx = PORT }, VE_IO, IO(4, PORT), 1 },
	{ "OUTB, port in the instruction", insn_out_imm, { 0 }, VE_IO,
	  IO(1, PORT) | IO_IMMEDIATE, 2 },
	{ "INSB", insn_ins, { .rdx = PORT, .rdi = TO }, VE_IO,
	  IO(1, PORT) | IO_IN | IO_STRING, 1 },
	{ "INSL", insn_insl, { .rdx = PORT, .rdi = TO }, VE_IO,
	  IO(4, PORT) | IO_IN | IO_STRING, 1 },
	{ "REP INSB", insn_rep_ins, { .rdx = PORT, .rdi = TO, .rcx = 4 }, VE_IO,
	  IO(1, PORT) | IO_IN | IO_STRING | IO_REP, 2 },
	{ "OUTSB", insn_outs, { .rdx = PORT, .rsi = TO }, VE_IO,
	  IO(1, PORT) | IO_STRING, 1 },
	{ "OUTSW", insn_outsw, { .rdx = PORT, .rsi = TO }, VE_IO,
	  IO(2, PORT) | IO_STRING, 2 },
	{ "REP OUTSB", insn_rep_outs, { .rdx = PORT, .rsi = TO, .rcx = 4 }, VE_IO,
	  IO(1, PORT) | IO_STRING | IO_REP, 2 },
};

#define CASES	ARRAY_SIZE(cases)

static void at_cpl0(void)
{
	u32 i;

	for (i = 0; i < CASES; i++) {
		struct attempt a = cases[i].in;

		guest_attempt(cases[i].insn, &a);
		guest_ok(td_is_ve(&a, cases[i].reason, cases[i].qualification,
				  cases[i].length) &&
			 a.rip == (u64)cases[i].insn && !td_ve.gla && !td_ve.gpa,
			 cases[i].name);
	}
}

/* What the module answers (td_cpuid.c, cpuid_configurations.c). */
static const struct {
	const char *name;
	u32 leaf, subleaf;
	bool ve;
} leaves[] = {
	{ "CPUID 0", 0, 0, false },
	{ "CPUID 1", 1, 0, false },
	{ "CPUID 2: to the host", 2, 0, true },
	{ "CPUID 4", 4, 0, false },
	{ "CPUID 4.4", 4, 4, false },
	{ "CPUID 4.5: to the host", 4, 5, true },
	{ "CPUID 6: to the host", 6, 0, true },
	{ "CPUID 7.0", 7, 0, false },
	{ "CPUID 7.2", 7, 2, false },
	{ "CPUID 7.3: to the host", 7, 3, true },
	{ "CPUID 9: to the host", 9, 0, true },
	{ "CPUID 10", 10, 0, false },
	{ "CPUID 11: to the host", 11, 0, true },
	{ "CPUID 13.0", 13, 0, false },
	{ "CPUID 13.1", 13, 1, false },
	{ "CPUID 16: to the host", 16, 0, true },
	{ "CPUID 0x15", 0x15, 0, false },
	{ "CPUID 0x16: to the host", 0x16, 0, true },
	{ "CPUID 0x1F: to the host", 0x1F, 0, true },
	{ "CPUID 0x21.0", 0x21, 0, false },
	{ "CPUID 0x21.1: to the host", 0x21, 1, true },
	{ "CPUID 0x40000000: to the host", 0x40000000, 0, true },
	{ "CPUID 0x4FFFFFFF: to the host", 0x4FFFFFFF, 0, true },
	{ "CPUID 0x80000000", 0x80000000, 0, false },
	{ "CPUID 0x80000001", 0x80000001, 0, false },
	{ "CPUID 0x80000002: to the host", 0x80000002, 0, true },
	{ "CPUID 0x80000005: to the host", 0x80000005, 0, true },
	{ "CPUID 0x80000006: to the host", 0x80000006, 0, true },
	{ "CPUID 0x80000007", 0x80000007, 0, false },
	{ "CPUID 0x80000008", 0x80000008, 0, false },
};

#define LEAVES	ARRAY_SIZE(leaves)

static void get_cpuid(struct attempt *a, u32 leaf, u32 subleaf)
{
	*a = (struct attempt) {
		.rax = leaf, .rcx = subleaf, .rbx = PATTERN, .rdx = PATTERN,
	};
	guest_attempt(insn_cpuid, a);
}

static bool is_cpuid(const struct attempt *a, u32 eax, u32 ebx, u32 ecx, u32 edx)
{
	if (a->vector < 0 && a->rax == eax && a->rbx == ebx && a->rcx == ecx &&
	    a->rdx == edx)
		return true;
	rt_print("# exception %d, 0x%lx 0x%lx 0x%lx 0x%lx\n", (s32)a->vector,
		 a->rax, a->rbx, a->rcx, a->rdx);
	return false;
}

static void cpuid(void)
{
	struct attempt a, last;
	u32 i, max;

	for (i = 0; i < LEAVES; i++) {
		get_cpuid(&a, leaves[i].leaf, leaves[i].subleaf);
		if (leaves[i].ve)
			td_ok_ve(&a, VE_CPUID, 0, 2, leaves[i].name);
		else
			guest_none(&a, leaves[i].name);
	}
	get_cpuid(&a, 0, 0);
	max = (u32)a.rax;
	guest_ok(max >= 0x21 && a.rbx == 0x756E6547 && a.rdx == 0x49656E69 &&
		 a.rcx == 0x6C65746E, "CPUID 0 is Intel's, up to 0x21 at least");
	get_cpuid(&a, 0x21, 0);
	guest_ok(is_cpuid(&a, 0, 0x65746E49, 0x20202020, 0x5844546C),
		 "CPUID 0x21 is IntelTDX");
	get_cpuid(&a, 1, 0);
	guest_equal(a.rbx >> 24, td_read_msr(MSR_X2APIC_ID),
		    "CPUID 1: ID of the APIC");
	guest_ok(a.rcx & BIT(31), "CPUID 1: hypervisor");
	guest_ok(a.rcx & BIT(21), "CPUID 1: x2APIC");
	guest_ok(a.rcx & BIT(24), "CPUID 1: TSC deadline");
	guest_ok(!(a.rcx & (BIT(5) | BIT(6))), "CPUID 1: no VMX, no SMX");
	guest_ok(a.rdx & BIT(9), "CPUID 1: APIC");
	guest_ok((a.rdx & (BIT(6) | BIT(7) | BIT(25) | BIT(26))) ==
		 (BIT(6) | BIT(7) | BIT(25) | BIT(26)),
		 "CPUID 1: PAE, MCE, SSE, SSE2");
	get_cpuid(&a, 0x80000001, 0);
	guest_ok((a.rdx & (BIT(11) | BIT(20) | BIT(29))) ==
		 (BIT(11) | BIT(20) | BIT(29)) && !(a.rcx & BIT(2)),
		 "CPUID 0x80000001: SYSCALL, NX, long mode, no SVM");
	get_cpuid(&a, 0x80000008, 0);
	guest_ok((a.rax & 0xFF) == 52 && (a.rax >> 8 & 0xFF) >= 48,
		 "CPUID 0x80000008: widths of addresses");
	get_cpuid(&a, 0x80000000, 0);
	guest_equal((u32)a.rax, 0x80000008, "CPUID 0x80000000 ends with 8");
	/* beyond the last leaf it is the last basic one that answers */
	get_cpuid(&last, max, 0);
	get_cpuid(&a, max + 1, 0);
	guest_ok(is_cpuid(&a, (u32)last.rax, (u32)last.rbx, (u32)last.rcx,
			  (u32)last.rdx), "CPUID beyond the basic range");
	get_cpuid(&a, 0x80000009, 0);
	guest_ok(is_cpuid(&a, (u32)last.rax, (u32)last.rbx, (u32)last.rcx,
			  (u32)last.rdx), "CPUID beyond the extended range");
	get_cpuid(&a, 0x8000001F, 0);
	guest_ok(is_cpuid(&a, (u32)last.rax, (u32)last.rbx, (u32)last.rcx,
			  (u32)last.rdx), "CPUID 0x8000001F: no SEV");
}

/* TD_CTLS.ENUM_TOPOLOGY, of releases after 1.5.01: topology by the module */
static void topology(void)
{
	u64 ctls = td_read_field(TDG_VM_RD, TD_CTLS);
	struct attempt a;

	guest_equal(td_call(TDG_VM_WR, 0, TD_CTLS, CTLS_ENUM_TOPOLOGY,
			    CTLS_ENUM_TOPOLOGY), TDX_SUCCESS,
		    "TD_CTLS: enumerate the topology");
	get_cpuid(&a, 11, 0);
	guest_ok(a.vector < 0 && (a.rcx >> 8 & 0xFF) == 1 &&
		 a.rdx == td_read_msr(MSR_X2APIC_ID),
		 "CPUID 11 gives the APIC's ID");
	get_cpuid(&a, 0x1F, 0);
	guest_none(&a, "CPUID 0x1F");
	td_call(TDG_VM_WR, 0, TD_CTLS, ctls, CTLS_ENUM_TOPOLOGY);
	get_cpuid(&a, 11, 0);
	td_ok_ve(&a, VE_CPUID, 0, 2, "both are #VE without it");
}

enum outcome { NATIVE, GP, VE };

static const struct {
	const char *name;
	u32 msr;
	enum outcome read, write;
} msrs[] = {
	{ "TSC", MSR_TSC, NATIVE, VE },
	{ "APIC_BASE", MSR_APIC_BASE, VE, VE },
	{ "MTRRCAP", MSR_MTRRCAP, VE, VE },
	{ "PMC0, without PERFMON", MSR_PMC0, GP, GP },
	{ "SYSENTER_CS", MSR_SYSENTER_CS, NATIVE, NATIVE },
	{ "MISC_ENABLE", MSR_MISC_ENABLE, NATIVE, VE },
	{ "DEBUGCTL", MSR_DEBUGCTL, NATIVE, NATIVE },
	{ "PAT", MSR_PAT, NATIVE, NATIVE },
	{ "ARCH_CAPABILITIES", MSR_ARCH_CAPS, NATIVE, GP },
	{ "VMX_BASIC", MSR_VMX_BASIC, NATIVE, GP },
	{ "VMX_PINBASED_CTLS", MSR_VMX_PINBASED, VE, GP },
	{ "TSC_DEADLINE", MSR_TSC_DEADLINE, VE, VE },
	{ "x2APIC 0x800", 0x800, GP, GP },
	{ "x2APIC ID", MSR_X2APIC_ID, VE, VE },
	{ "x2APIC 0x804", 0x804, GP, GP },
	{ "x2APIC TPR", MSR_X2APIC_TPR, NATIVE, NATIVE },
	{ "x2APIC LDR", 0x80D, VE, VE },
	{ "x2APIC SVR", MSR_X2APIC_SVR, VE, VE },
	{ "x2APIC ESR", 0x828, VE, VE },
	{ "x2APIC 0x829", 0x829, GP, GP },
	{ "x2APIC ICR", MSR_X2APIC_ICR, VE, VE },
	{ "x2APIC 0x831", 0x831, GP, GP },
	{ "x2APIC LVT timer", MSR_X2APIC_TIMER, VE, VE },
	{ "x2APIC 0x840", 0x840, GP, GP },
	{ "x2APIC 0x8FF", 0x8FF, GP, GP },
	{ "MSR 0x2000, in no bitmap", 0x2000, VE, VE },
	{ "KVM's clock", 0x4B564D01, VE, VE },
	{ "STAR", MSR_STAR, NATIVE, NATIVE },
	{ "LSTAR", MSR_LSTAR, NATIVE, NATIVE },
	{ "FMASK", MSR_FMASK, NATIVE, NATIVE },
	{ "FS_BASE", MSR_FS_BASE, NATIVE, NATIVE },
	{ "KERNEL_GS_BASE", MSR_KERNEL_GS, NATIVE, NATIVE },
	{ "TSC_AUX", MSR_TSC_AUX, NATIVE, NATIVE },
	{ "SEV_STATUS", MSR_SEV_STATUS, VE, VE },
};

#define MSRS	ARRAY_SIZE(msrs)

static bool came_out(const struct attempt *a, enum outcome expected, u64 reason)
{
	bool good = expected == NATIVE ? a->vector < 0 :
		    expected == GP ? a->vector == VECTOR_GP && !a->error :
		    td_is_ve(a, reason, 0, 2);

	if (!good)
		rt_print("# %s: exception %d, rax 0x%lx\n",
			 reason == VE_RDMSR ? "read" : "write", (s32)a->vector,
			 a->rax);
	return good;
}

static void msr(void)
{
	u32 i;

	for (i = 0; i < MSRS; i++) {
		struct attempt a = { .rcx = msrs[i].msr, .rax = PATTERN };
		bool good;

		guest_attempt(insn_rdmsr, &a);
		good = came_out(&a, msrs[i].read, VE_RDMSR);
		if (a.vector >= 0)
			a.rax = a.rdx = 0;
		a.rcx = msrs[i].msr;
		guest_attempt(insn_wrmsr, &a);
		good &= came_out(&a, msrs[i].write, VE_WRMSR);
		guest_ok(good, msrs[i].name);
	}
}

static void write_msr(struct attempt *a, u32 number, u64 value)
{
	*a = (struct attempt) {
		.rcx = number, .rax = (u32)value, .rdx = value >> 32,
	};
	guest_attempt(insn_wrmsr, a);
}

static void efer(void)
{
	struct attempt a = { .rcx = MSR_EFER };

	guest_attempt(insn_rdmsr, &a);
	guest_ok(a.vector < 0 && a.rax == EFER_BITS && !a.rdx,
		 "EFER is NXE, LMA, LME, SCE");
	write_msr(&a, MSR_EFER, EFER_BITS);
	guest_none(&a, "EFER: write of what it is");
	write_msr(&a, MSR_EFER, EFER_BITS & ~EFER_SCE);
	guest_none(&a, "EFER: SCE may change");
	guest_equal(rt_rdmsr(MSR_EFER), EFER_BITS & ~EFER_SCE, "and is changed");
	write_msr(&a, MSR_EFER, EFER_BITS);
	guest_none(&a, "EFER: SCE back");
	write_msr(&a, MSR_EFER, EFER_BITS & ~EFER_NXE);
	td_ok_ve(&a, VE_WRMSR, 0, 2, "EFER: NXE may not change");
	write_msr(&a, MSR_EFER, EFER_BITS | BIT(12));
	td_ok_ve(&a, VE_WRMSR, 0, 2, "EFER: no other bit may be set");
	guest_equal(rt_rdmsr(MSR_EFER), EFER_BITS, "and EFER is as it was");
}

static u64 get_cr(void (*insn)(void))
{
	struct attempt a = { 0 };

	guest_attempt(insn, &a);
	return a.vector < 0 ? a.rax : PATTERN;
}

static s64 set_cr(struct attempt *a, void (*insn)(void), u64 value)
{
	*a = (struct attempt) { .rax = value, .rdi = value };
	guest_attempt(insn, a);
	return a->vector;
}

/* CR access: number, MOV to CR, register (SDM, exit qualification) */
#define CR_QUALIFICATION(cr, reg)	((cr) | (u64)(reg) << 8)
#define RDI_NUMBER	7

static void control_registers(void)
{
	u64 cr0 = get_cr(insn_read_cr0), cr4 = get_cr(insn_read_cr4);
	struct attempt a;

	guest_equal(cr0 & 0x80000031, 0x80000031, "CR0 has PG, NE, ET, PE");
	guest_equal(cr4 & (CR4_PAE | CR4_MCE | CR4_VMXE), CR4_PAE | CR4_MCE,
		    "CR4 has PAE and MCE; VMXE is hidden");
	guest_equal(set_cr(&a, insn_write_cr0, cr0), -1, "CR0: what it is");
	guest_equal(set_cr(&a, insn_write_cr0, cr0 | CR0_TS | CR0_MP), -1,
		    "CR0: MP and TS may change");
	guest_equal(get_cr(insn_read_cr0), cr0 | CR0_TS | CR0_MP, "and are changed");
	a = (struct attempt) { 0 };
	guest_attempt(insn_clts, &a);
	guest_ok(a.vector < 0 && get_cr(insn_read_cr0) == (cr0 | CR0_MP), "CLTS");
	guest_equal(set_cr(&a, insn_lmsw, (u16)(cr0 & ~CR0_MP & 0xF)), -1, "LMSW");
	guest_equal(get_cr(insn_read_cr0), cr0 & ~CR0_MP, "has changed MP alone");
	set_cr(&a, insn_write_cr0, cr0);
	set_cr(&a, insn_write_cr0, cr0 & ~CR0_NE);
	guest_trap(&a, VECTOR_GP, 0, "CR0: NE cannot be cleared: #GP");
	guest_ok(a.rip == (u64)insn_write_cr0, "at the instruction");
	set_cr(&a, insn_write_cr0, cr0 | BIT_ULL(32));
	guest_trap(&a, VECTOR_GP, 0, "CR0: bit 32 does not exist: #GP");
	set_cr(&a, insn_write_cr0, cr0 | CR0_CD);
	td_ok_ve(&a, VE_CR_ACCESS, CR_QUALIFICATION(0, 0), 3,
		 "CR0: caches cannot be disabled: #VE");
	guest_equal(get_cr(insn_read_cr0), cr0, "CR0 is as it was");

	guest_equal(set_cr(&a, insn_write_cr4, cr4), -1, "CR4: what it is");
	guest_equal(set_cr(&a, insn_write_cr4, cr4 | CR4_OSXMMEXCPT), -1,
		    "CR4: OSXMMEXCPT may change");
	guest_equal(get_cr(insn_read_cr4), cr4 | CR4_OSXMMEXCPT, "and is changed");
	set_cr(&a, insn_write_cr4, cr4);
	set_cr(&a, insn_write_cr4, cr4 & ~CR4_MCE);
	td_ok_ve(&a, VE_CR_ACCESS, CR_QUALIFICATION(4, 0), 3,
		 "CR4: MCE cannot be cleared: #VE");
	set_cr(&a, insn_write_cr4_rdi, cr4 & ~CR4_MCE);
	td_ok_ve(&a, VE_CR_ACCESS, CR_QUALIFICATION(4, RDI_NUMBER), 3,
		 "the same by RDI");
	set_cr(&a, insn_write_cr4, cr4 | CR4_VMXE);
	td_ok_ve(&a, VE_CR_ACCESS, CR_QUALIFICATION(4, 0), 3,
		 "CR4: VMXE cannot be set: #VE");
	set_cr(&a, insn_write_cr4, cr4 | CR4_SMXE);
	guest_ok(a.vector == VECTOR_VE || a.vector == VECTOR_GP,
		 "CR4: SMXE cannot be set");
	set_cr(&a, insn_write_cr4, cr4 | CR4_PKE);
	guest_trap(&a, VECTOR_GP, 0, "CR4: PKE is not in XFAM: #GP");
	set_cr(&a, insn_write_cr4, cr4 | BIT_ULL(40));
	guest_trap(&a, VECTOR_GP, 0, "CR4: bit 40 does not exist: #GP");
	guest_equal(get_cr(insn_read_cr4), cr4, "CR4 is as it was");
}

static void other_exceptions(void)
{
	static const struct {
		const char *name;
		void (*insn)(void);
		u8 vector;
	} others[] = {
		{ "RDPMC without PERFMON: #GP", insn_rdpmc, VECTOR_GP },
		{ "SEAMCALL: #UD", insn_seamcall, VECTOR_UD },
		{ "VMLAUNCH: #UD", insn_vmlaunch, VECTOR_UD },
		{ "VMXOFF: #UD", insn_vmxoff, VECTOR_UD },
		{ "VMMCALL, AMD's: #UD", insn_vmmcall, VECTOR_UD },
		{ "VMRUN, AMD's: #UD", insn_vmrun, VECTOR_UD },
		{ "STGI, AMD's: #UD", insn_stgi, VECTOR_UD },
		{ "VMGEXIT, AMD's: #UD", insn_vmgexit, VECTOR_UD },
		{ "PVALIDATE, AMD's: #UD", insn_pvalidate, VECTOR_UD },
		{ "UD2: #UD", insn_ud2, VECTOR_UD },
		{ "INT3: #BP", insn_int3, 3 },
	};
	struct attempt a;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		a = (struct attempt) { .rdi = TO };
		guest_attempt(others[i].insn, &a);
		guest_trap(&a, others[i].vector, 0, others[i].name);
	}
	a = (struct attempt) { 0 };
	guest_attempt(insn_rdtsc, &a);
	guest_none(&a, "RDTSC is the CPU's own");
	guest_attempt(insn_rdtscp, &a);
	guest_none(&a, "RDTSCP is the CPU's own");
	a = (struct attempt) { .rax = 8 * GIB };
	guest_attempt(insn_read, &a);
	guest_ok(a.vector == VECTOR_PF && !a.error && a.cr2 == 8 * GIB,
		 "#PF is the guest's own");
}

static void at_cpl3(void)
{
	struct attempt a = { .rax = 0x40000000 };

	guest_attempt_user(insn_cpuid, &a);
	td_ok_ve(&a, VE_CPUID, 0, 2, "CPL 3: CPUID to the host is #VE");
	guest_ok(a.cs == RT_USER_CS && a.rip == (u64)insn_cpuid &&
		 a.rsp == (u64)guest_user_stack + PAGE_SIZE - 16,
		 "CPL 3: the frame holds the user's CS, RIP and RSP");
	a = (struct attempt) { 0 };
	guest_attempt_user(insn_vmcall, &a);
	td_ok_ve(&a, VE_VMCALL, 0, 3, "CPL 3: VMCALL is #VE");
	a = (struct attempt) { .rcx = MSR_APIC_BASE };
	guest_attempt_user(insn_rdmsr, &a);
	guest_trap(&a, VECTOR_GP, 0, "CPL 3: RDMSR is #GP");
	guest_attempt_user(insn_wrmsr, &a);
	guest_trap(&a, VECTOR_GP, 0, "CPL 3: WRMSR is #GP");
	a = (struct attempt) { .rdx = PORT };
	guest_attempt_user(insn_in, &a);
	guest_trap(&a, VECTOR_GP, 0, "CPL 3: IN is #GP");
	a = (struct attempt) { 0 };
	guest_attempt_user(insn_hlt, &a);
	guest_trap(&a, VECTOR_GP, 0, "CPL 3: HLT is #GP");
	guest_attempt_user(insn_wbinvd, &a);
	guest_trap(&a, VECTOR_GP, 0, "CPL 3: WBINVD is #GP");
	guest_attempt_user(insn_write_cr4, &a);
	guest_trap(&a, VECTOR_GP, 0, "CPL 3: MOV to CR4 is #GP");
	guest_attempt_user(insn_monitor, &a);
	guest_trap(&a, VECTOR_UD, 0, "CPL 3: MONITOR is #UD");
}

static void mmio(void)
{
	struct attempt a;

	guest_read(&a, IOAPIC + 0x10);
	guest_ok(a.vector == VECTOR_VE && !td_ve.status &&
		 td_ve.reason == VE_EPT_VIOLATION, "read of the IO-APIC: #VE");
	guest_equal(td_ve.gpa, (IOAPIC + 0x10) | rt_shared_bit, "with its GPA");
	guest_equal(td_ve.gla, IOAPIC + 0x10, "and linear address");
	guest_equal(td_ve.qualification & 7, EPT_READ, "for a read");
	guest_ok(a.rip == (u64)insn_read, "at the instruction");
	guest_write(&a, IOAPIC, 1);
	guest_ok(a.vector == VECTOR_VE && td_ve.reason == VE_EPT_VIOLATION &&
		 td_ve.gpa == (IOAPIC | rt_shared_bit),
		 "write to the IO-APIC: #VE");
	guest_ok(td_ve.qualification & EPT_WRITE, "for a write");
	guest_read(&a, XAPIC + 0x20);
	guest_ok(a.vector == VECTOR_VE && td_ve.reason == VE_EPT_VIOLATION &&
		 td_ve.gpa == ((XAPIC + 0x20) | rt_shared_bit),
		 "the local APIC is no memory either: x2APIC");
}

/* A #VE while the information of one is unread: #DF, by an IST here. */
static void unread(void)
{
	u64 top = (u64)df_stack + sizeof(df_stack);
	struct attempt a = { 0 };

	__builtin_memcpy((u8 *)rt_tss + 0x24, &top, sizeof(top));
	rt_idt[VECTOR_DF][0] |= 1ULL << 32;
	td_keep_ve = true;
	guest_attempt(insn_wbinvd, &a);
	guest_trap(&a, VECTOR_VE, 0, "a first #VE");
	a = (struct attempt) { .rdx = PORT };
	guest_attempt(insn_in, &a);
	guest_trap(&a, VECTOR_DF, 0, "a second one, unread: #DF");
	guest_ok(a.rip == (u64)insn_in && a.frame == top - 5 * 8,
		 "of the second instruction, on its IST stack");
	a = (struct attempt) { 0 };
	guest_attempt(insn_ud2, &a);
	guest_trap(&a, VECTOR_UD, 0, "another exception does not mind");
	td_keep_ve = false;
	td_read_ve();
	guest_ok(!td_ve.status && td_ve.reason == VE_WBINVD,
		 "the information is the first one's");
	a = (struct attempt) { .rdx = PORT };
	guest_attempt(insn_in, &a);
	td_ok_ve(&a, VE_IO, IO(1, PORT) | IO_IN, 1, "now it is #VE again");
	rt_idt[VECTOR_DF][0] &= ~(7ULL << 32);
}

static void ist(void)
{
	u64 top = (u64)df_stack + sizeof(df_stack);
	struct attempt a = { 0 };

	rt_idt[VECTOR_VE][0] |= 1ULL << 32;
	guest_attempt(insn_wbinvd, &a);
	td_ok_ve(&a, VE_WBINVD, 0, 2, "#VE through an IST");
	guest_ok(a.frame == top - 5 * 8, "its frame is on the IST stack");
	a = (struct attempt) { .rax = 0x40000000 };
	guest_attempt_user(insn_cpuid, &a);
	guest_ok(a.vector == VECTOR_VE && a.frame == top - 5 * 8,
		 "from CPL 3 too");
	rt_idt[VECTOR_VE][0] &= ~(7ULL << 32);
}

/** guest_main() - see the top of this file */
void guest_main(void)
{
	td_init();
	guest_plan(CASES + LEAVES + 15 + 4 + MSRS + 8 + 23 + 14 + 10 + 8 + 6 + 3);
	at_cpl0();
	cpuid();
	topology();
	msr();
	efer();
	control_registers();
	other_exceptions();
	at_cpl3();
	mmio();
	unread();
	ist();
}
