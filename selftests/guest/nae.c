// SPDX-License-Identifier: MIT
/*
 * Which instructions are non-automatic exits of an SNP guest, and with which
 * error code #VC comes (AMD APM volume 2, 15.35.5; exit codes in its appendix
 * C). Image with SEV_FEATURES 1: without debug swap, so that DR7 exits too.
 */
#include <svsm/payload.h>

#include "guest.h"

#define PORT		0x80
#define XAPIC_ID	0xFEE00020UL
#define IOAPIC		0xFEC00000UL

static u8 ist_stack[PAGE_SIZE] __attribute__((aligned(16)));

static const struct {
	const char *name;
	void (*insn)(void);
	struct attempt in;
	u64 error;
} cases[] = {
	{ "CPUID", insn_cpuid, { .rax = 1 }, 0x72 },
	{ "RDMSR", insn_rdmsr, { .rcx = MSR_APIC_BASE }, 0x7C },
	{ "WRMSR", insn_wrmsr, { .rcx = 0x80B }, 0x7C },
	{ "IN", insn_in, { .rdx = PORT }, 0x7B },
	{ "OUT", insn_out, { .rdx = PORT }, 0x7B },
	{ "INS", insn_ins, { .rdx = PORT, .rdi = (u64)ist_stack }, 0x7B },
	{ "OUTS", insn_outs, { .rdx = PORT, .rsi = (u64)ist_stack }, 0x7B },
	{ "RDPMC", insn_rdpmc, { 0 }, 0x6F },
	{ "VMMCALL", insn_vmmcall, { 0 }, 0x81 },
	{ "WBINVD", insn_wbinvd, { 0 }, 0x89 },
	{ "INVD", insn_invd, { 0 }, 0x76 },
	{ "MONITOR", insn_monitor, { .rax = (u64)ist_stack }, 0x8A },
	{ "MWAIT", insn_mwait, { 0 }, 0x8B },
	{ "MOV from DR7", insn_read_dr7, { 0 }, 0x27 },
	{ "MOV to DR7", insn_write_dr7, { .rax = 0x400 }, 0x37 },
	{ "read of the local APIC", insn_read, { .rax = XAPIC_ID }, VC_NPF },
	{ "write to the local APIC", insn_write, { .rax = XAPIC_ID }, VC_NPF },
	{ "read of the IO-APIC", insn_read, { .rax = IOAPIC }, VC_NPF },
	{ "write to the IO-APIC", insn_write, { .rax = IOAPIC }, VC_NPF },
};

#define CASES	ARRAY_SIZE(cases)

static void at_cpl0(void)
{
	u32 i;

	for (i = 0; i < CASES; i++) {
		struct attempt a = cases[i].in;
		u64 rsp;

		asm volatile("mov %%rsp, %0" : "=r"(rsp));
		guest_attempt(cases[i].insn, &a);
		if (a.vector == VECTOR_VC && a.rip != (u64)cases[i].insn)
			guest_ok(false, "#VC names another instruction");
		else
			guest_trap(&a, VECTOR_VC, cases[i].error, cases[i].name);
	}
}

static void without_vc(void)
{
	u64 features = guest_is("debug-swap") ? 0x21 : 1;
	struct attempt a = { 0 };
	u64 efer;

	guest_attempt(insn_rdtsc, &a);
	guest_none(&a, "RDTSC is not intercepted");
	guest_attempt(insn_rdtscp, &a);
	guest_none(&a, "RDTSCP is not intercepted");
	a.rcx = MSR_SEV_STATUS;
	guest_attempt(insn_rdmsr, &a);
	guest_none(&a, "SEV_STATUS is not intercepted");
	guest_ok((u32)a.rax == (features << 2 | 3) && !a.rdx,
		 "SEV_STATUS is SEV, SEV-ES and the VMSA's features");
	a.rcx = MSR_GHCB;
	guest_attempt(insn_rdmsr, &a);
	guest_none(&a, "the GHCB MSR is not intercepted");
	guest_ok(a.rax == (u64)rt_ghcb, "it holds what was written");
	a.rcx = MSR_EFER;
	guest_attempt(insn_rdmsr, &a);
	guest_none(&a, "EFER is not intercepted");
	efer = a.rax;
	guest_ok((efer & 0x1500) == 0x1500, "EFER has LME, LMA and SVME");
	a.rcx = MSR_EFER;
	a.rax = efer | 1;
	guest_attempt(insn_wrmsr, &a);
	guest_ok(a.vector < 0 && rt_rdmsr(MSR_EFER) == (efer | 1),
		 "EFER takes SCE");
}

static void others(void)
{
	struct attempt a = { 0 };

	guest_attempt(insn_ud2, &a);
	guest_trap(&a, VECTOR_UD, 0, "UD2 is #UD");
	guest_attempt(insn_int3, &a);
	guest_trap(&a, 3, 0, "INT3 is #BP");
	a.rax = RT_WINDOW;
	guest_attempt(insn_read, &a);
	guest_ok(a.vector == VECTOR_PF && a.error == 0 && a.cr2 == RT_WINDOW,
		 "#PF is the guest's own");
}

static void at_cpl3(void)
{
	struct attempt a = { .rax = 1 };

	guest_attempt_user(insn_cpuid, &a);
	guest_trap(&a, VECTOR_VC, 0x72, "CPL 3: CPUID");
	guest_ok(a.cs == RT_USER_CS && a.rip == (u64)insn_cpuid &&
		 a.rsp == (u64)guest_user_stack + PAGE_SIZE - 16,
		 "CPL 3: the frame holds the user's CS, RIP and RSP");
	a = (struct attempt) { 0 };
	guest_attempt_user(insn_vmmcall, &a);
	guest_trap(&a, VECTOR_VC, 0x81, "CPL 3: VMMCALL");
	a = (struct attempt) { .rcx = MSR_APIC_BASE };
	guest_attempt_user(insn_rdmsr, &a);
	guest_trap(&a, VECTOR_GP, 0, "CPL 3: RDMSR is #GP");
	a = (struct attempt) { .rdx = PORT };
	guest_attempt_user(insn_in, &a);
	guest_trap(&a, VECTOR_GP, 0, "CPL 3: IN is #GP");
	a = (struct attempt) { 0 };
	guest_attempt_user(insn_wbinvd, &a);
	guest_trap(&a, VECTOR_GP, 0, "CPL 3: WBINVD is #GP");
	a = (struct attempt) { 0 };
	guest_attempt_user(insn_invd, &a);
	guest_trap(&a, VECTOR_GP, 0, "CPL 3: INVD is #GP");
	a = (struct attempt) { 0 };
	guest_attempt_user(insn_rdpmc, &a);
	guest_trap(&a, VECTOR_GP, 0, "CPL 3: RDPMC is #GP");
}

static void ist(void)
{
	u64 top = (u64)ist_stack + sizeof(ist_stack);
	struct attempt a = { .rax = 1 };

	__builtin_memcpy((u8 *)rt_tss + 0x24, &top, sizeof(top));
	rt_idt[VECTOR_VC][0] |= 1ULL << 32;
	guest_attempt(insn_cpuid, &a);
	guest_trap(&a, VECTOR_VC, 0x72, "#VC through an IST");
	guest_ok(a.frame == top - 5 * 8, "its frame is on the IST stack");
	a = (struct attempt) { .rax = 1 };
	guest_attempt_user(insn_cpuid, &a);
	guest_ok(a.vector == VECTOR_VC && a.frame == top - 5 * 8,
		 "from CPL 3 too");
	rt_idt[VECTOR_VC][0] &= ~(7ULL << 32);
}

static void debug_swap(void)
{
	struct attempt a = { 0 };

	guest_attempt(insn_read_dr7, &a);
	guest_none(&a, "MOV from DR7 with debug swap");
	guest_ok(a.rax == 0x400, "DR7 has its reset value");
	a.rax = 0x401;
	guest_attempt(insn_write_dr7, &a);
	guest_none(&a, "MOV to DR7 with debug swap");
	guest_attempt(insn_read_dr7, &a);
	guest_ok(a.vector < 0 && a.rax == 0x401, "DR7 holds what was written");
	a.rax = 0x400;
	guest_attempt(insn_write_dr7, &a);
}

/** guest_main() - see the top of this file */
void guest_main(void)
{
	guest_init();
	if (guest_is("debug-swap")) {
		guest_plan(4 + 9);
		debug_swap();
		without_vc();
		return;
	}
	guest_plan(CASES + 9 + 3 + 8 + 3);
	at_cpl0();
	without_vc();
	others();
	at_cpl3();
	ist();
}
