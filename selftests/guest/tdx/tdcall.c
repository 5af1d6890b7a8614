// SPDX-License-Identifier: MIT
/*
 * TDCALL itself, and the leaves that only concern the vCPU: VP.INFO,
 * VP.VEINFO.GET, VP.CPUIDVE.SET. Command line "48" with a GPA width of 48.
 */
#include "guest.h"

#define CPUID_HOST	0x40000000	/* the TDX module leaves it to the host */
#define CS32		0x38

static u64 gdt[8];

/* TDCALL in compatibility mode, with the registers of the attempt. */
void insn_tdcall_compat(void);
asm(".text\n"
    "insn_tdcall_compat:\n"
    "	pushq	$0x38\n"
    "	pushq	$1f\n"
    "	lretq\n"
    "	.code32\n"
    "1:	.byte	0x66, 0x0F, 0x01, 0xCC\n"
    "	ljmp	$0x10, $2f\n"
    "	.code64\n"
    "2:	ret\n");

static void info(void)
{
	u64 gpaw = guest_is("48") ? 48 : 52;

	guest_equal(td_call(TDG_VP_INFO, PATTERN, PATTERN, PATTERN, PATTERN),
		    TDX_SUCCESS, "VP.INFO");
	guest_equal(td.rcx, gpaw, "VP.INFO: GPA width");
	guest_equal(rt_shared_bit, 1UL << (gpaw - 1),
		    "the vCPU began with the same width");
	guest_equal(td.rdx & (ATTRIBUTES_DEBUG | ATTRIBUTES_SEPT_VE_DISABLE),
		    ATTRIBUTES_SEPT_VE_DISABLE,
		    "VP.INFO: no debug, no #VE by pending pages");
	guest_equal((u32)td.r8, 1, "VP.INFO: one vCPU");
	guest_ok(td.r8 >> 32 >= 1, "VP.INFO: and the maximum is not less");
	guest_equal(td.r9, 0, "VP.INFO: index");
	guest_equal(td.r11, 0, "VP.INFO: R11 is zero");
	guest_ok(td.rbx == PATTERN && td.rsi == PATTERN && td.rdi == PATTERN &&
		 td.r12 == PATTERN && td.r13 == PATTERN && td.r14 == PATTERN &&
		 td.r15 == PATTERN, "VP.INFO: the other registers stay");
	if (td.r10 & 1)
		guest_equal(td_call(TDG_SYS_RD, PATTERN, ~0ULL, PATTERN, PATTERN),
			    TDX_FIRST_FIELD_ID, "SYS.RD is there, as it says");
	else
		guest_equal(td_call(TDG_SYS_RD, PATTERN, ~0ULL, PATTERN, PATTERN),
			    TDX_OPERAND_INVALID | RAX,
			    "SYS.RD is not there, as it says");
}

static u64 get(void)
{
	return td_call(TDG_VP_VEINFO_GET, PATTERN, PATTERN, PATTERN, PATTERN);
}

static bool all_zero(void)
{
	return !td.rcx && !td.rdx && !td.r8 && !td.r9 && !td.r10;
}

static void veinfo(void)
{
	struct attempt a = { .rax = CPUID_HOST };

	guest_equal(get(), TDX_NO_VALID_VE_INFO, "VEINFO.GET without #VE");
	guest_ok(all_zero(), "and its registers are zero");
	td_keep_ve = true;
	guest_attempt(insn_cpuid, &a);
	td_keep_ve = false;
	guest_trap(&a, VECTOR_VE, 0, "#VE");
	guest_ok(a.rip == (u64)insn_cpuid, "at the instruction");
	guest_ok(a.rflags & RFLAGS_RF, "it is a fault: RF is pushed");
	guest_equal(get(), TDX_SUCCESS, "VEINFO.GET");
	guest_ok(td.rcx == VE_CPUID && !td.rdx && !td.r8 && !td.r9 &&
		 (u32)td.r10 == 2, "reason and length, and nothing else");
	guest_equal(get(), TDX_NO_VALID_VE_INFO, "VEINFO.GET again");
	guest_ok(all_zero(), "and its registers are zero");
}

static s64 cpuid(bool user)
{
	struct attempt a = { 0 };

	if (user)
		guest_attempt_user(insn_cpuid, &a);
	else
		guest_attempt(insn_cpuid, &a);
	/* a user attempt ends with #UD at the latest */
	return a.vector == VECTOR_UD ? -1 : a.vector;
}

static void cpuidve(void)
{
	static const struct {
		u64 control;
		bool supervisor, user;
	} cases[] = {
		{ 1, true, false }, { 2, false, true }, { 3, true, true },
		{ 0, false, false },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 control = cases[i].control;

		guest_equal(td_call(TDG_VP_CPUIDVE_SET, control, PATTERN, PATTERN,
				    PATTERN), TDX_SUCCESS, "CPUIDVE.SET");
		guest_ok(cpuid(false) == (cases[i].supervisor ? VECTOR_VE : -1),
			 "CPUID at CPL 0 is #VE as set");
		guest_ok(cpuid(true) == (cases[i].user ? VECTOR_VE : -1),
			 "CPUID at CPL 3 is #VE as set");
		guest_ok(td_read_field(TDG_VP_RD, VP_CPUID_SUPERVISOR_VE) ==
			 cases[i].supervisor &&
			 td_read_field(TDG_VP_RD, VP_CPUID_USER_VE) ==
			 cases[i].user, "the fields of the vCPU say so too");
	}
	guest_equal(td_call(TDG_VP_CPUIDVE_SET, 4, PATTERN, PATTERN, PATTERN),
		    TDX_OPERAND_INVALID | RCX, "CPUIDVE.SET: reserved bit 2");
	guest_equal(td_call(TDG_VP_CPUIDVE_SET, 1ULL << 63, PATTERN, PATTERN,
			    PATTERN),
		    TDX_OPERAND_INVALID | RCX, "CPUIDVE.SET: reserved bit 63");
	guest_ok(cpuid(false) == -1, "which has set nothing");
}

static void leaves(void)
{
	static const u64 bad[] = {
		13, 17, 19, 21, 31, 100, 0xFFFF,
		TDG_VP_INFO | 1ULL << 24, TDG_VP_INFO | 1ULL << 31,
		TDG_VP_INFO | 1ULL << 32, TDG_VP_INFO | 1ULL << 63,
		TDG_VP_INFO | 1ULL << 16, TDG_VP_INFO | 0xFFULL << 16,
		TDG_VP_VMCALL | 1ULL << 16, TDG_MEM_PAGE_ACCEPT | 1ULL << 16,
		TDG_VM_WR | 1ULL << 16, TDG_VP_RD | 1ULL << 16,
		TDG_VM_RD | 2ULL << 16,
	};
	bool kept = true;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		u64 status = td_call(bad[i], 0, PATTERN, PATTERN, PATTERN);

		if (status != (TDX_OPERAND_INVALID | RAX)) {
			rt_print("# RAX 0x%lx: status 0x%lx\n", bad[i], status);
			guest_ok(false, "leaf, version or bit that does not exist");
		} else {
			guest_ok(true, "leaf, version or bit that does not exist");
		}
		/* VM.RD alone says what it has not read */
		kept &= td.rcx == 0 && td.rbx == PATTERN && td.r9 == PATTERN &&
			td.r10 == PATTERN && td.r15 == PATTERN;
	}
	guest_ok(kept, "and registers stay as they were");
}

static void modes(void)
{
	struct {
		u16 limit;
		u64 base;
	} __attribute__((packed)) old, new = { sizeof(gdt) - 1, (u64)gdt };
	struct attempt a = { .rax = TDG_VP_INFO };

	guest_attempt_user(insn_tdcall, &a);
	guest_trap(&a, VECTOR_GP, 0, "CPL 3: #GP");
	guest_ok((a.cs & 3) == 3 && a.rip == (u64)insn_tdcall,
		 "raised in user mode");

	asm volatile("sgdt %0" : "=m"(old));
	__builtin_memcpy(gdt, (void *)old.base,
			 old.limit < sizeof(gdt) ? old.limit + 1UL : sizeof(gdt));
	gdt[CS32 / 8] = 0x00CF9B000000FFFF;
	asm volatile("lgdt %0" : : "m"(new));
	a = (struct attempt) { .rax = TDG_VP_INFO };
	guest_attempt(insn_tdcall_compat, &a);
	guest_trap(&a, VECTOR_GP, 0, "compatibility mode: #GP");
	guest_equal(a.cs, CS32, "raised in 32-bit code");
	asm volatile("lgdt %0" : : "m"(old));

	a = (struct attempt) { .rax = TDG_VP_INFO };
	guest_attempt(insn_tdcall, &a);
	guest_ok(a.vector < 0 && a.rax == TDX_SUCCESS, "64-bit mode, CPL 0: no #GP");
}

/** guest_main() - see the top of this file */
void guest_main(void)
{
	td_init();
	guest_plan(10 + 9 + 4 * 4 + 3 + 19 + 5);
	info();
	veinfo();
	cpuidve();
	leaves();
	modes();
}
