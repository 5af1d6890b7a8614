// SPDX-License-Identifier: MIT
/*
 * What a TD's vCPUs begin with (TDX module base specification, "initial state
 * of guest GPRs" and "of CRs"; td_vmcs_init.c, tdh_vp_init.c). Command lines:
 * "48" with a GPA width of 48, "hob" with a hand-off block at HOB.
 */
#include "guest.h"

#define HOB		0x123456000
#define VCPUS		8
#define PAT_RESET	0x0007040600070406

extern u64 start_rax[VCPUS], start_rcx[VCPUS], start_rdx[VCPUS];
extern u64 start_rbx[VCPUS], start_rsp[VCPUS], start_rbp[VCPUS];
extern u64 start_rsi[VCPUS], start_rdi[VCPUS], start_r8[VCPUS];
extern u64 start_r9[VCPUS], start_r10[VCPUS], start_r11[VCPUS];
extern u64 start_r12[VCPUS], start_r13[VCPUS], start_r14[VCPUS];
extern u64 start_r15[VCPUS], start_rflags[VCPUS], start_cr0[VCPUS];
extern u64 start_cr3[VCPUS], start_cr4[VCPUS], start_dr6[VCPUS];
extern u64 start_dr7[VCPUS], start_efer[VCPUS], start_pat[VCPUS];
extern u64 start_gdtr[VCPUS];
extern volatile u64 start_count;

static u32 cpus;

static void same(const u64 *array, u64 mask, u64 expected, const char *name)
{
	bool good = true;
	u32 i;

	for (i = 0; i < cpus; i++) {
		if ((array[i] & mask) == expected)
			continue;
		rt_print("# vCPU %u: 0x%lx, expected 0x%lx\n", i,
			 array[i] & mask, expected);
		good = false;
	}
	guest_ok(good, name);
}

static void indices(void)
{
	bool good = true;
	u32 i;

	for (i = 0; i < VCPUS; i++)
		good &= start_rsi[i] == (i < cpus ? i : 0);
	guest_ok(good, "RSI is the index of the vCPU");
}

/** guest_main() - see the top of this file */
void guest_main(void)
{
	u64 hob = guest_is("hob") ? HOB : 0, all = ~0ULL;
	struct attempt a = { .rax = 1 };

	td_init();
	guest_plan(28);
	td_call(TDG_VP_INFO, 0, 0, 0, 0);
	cpus = (u32)td.r8;
	guest_ok(cpus && cpus <= VCPUS && td.r8 >> 32 >= cpus,
		 "VP.INFO says how many there are");
	if (cpus > VCPUS)
		guest_fail("too many vCPUs");
	guest_ok(td_wait(&start_count, cpus), "all of them have started");
	guest_equal(start_count, cpus, "each once");
	indices();
	guest_attempt(insn_cpuid, &a);
	same(start_rax, all, 0, "RAX is 0");
	same(start_rbx, all, guest_is("48") ? 48 : 52, "RBX is the GPA width");
	same(start_rcx, all, hob, "RCX is the address of the hand-off block");
	same(start_rdx, all, (u32)a.rax, "RDX is family, model and stepping");
	same(start_rsp, all, 0, "RSP is 0");
	same(start_rbp, all, 0, "RBP is 0");
	same(start_rdi, all, 0, "RDI is 0");
	same(start_r8, all, hob, "R8 is the address of the hand-off block");
	same(start_r9, all, 0, "R9 is 0");
	same(start_r10, all, 0, "R10 is 0");
	same(start_r11, all, 0, "R11 is 0");
	same(start_r12, all, 0, "R12 is 0");
	same(start_r13, all, 0, "R13 is 0");
	same(start_r14, all, 0, "R14 is 0");
	same(start_r15, all, 0, "R15 is 0");
	same(start_rflags, (u32)all, 2, "RFLAGS is 2");
	same(start_cr0, all, 0x31, "CR0 is NE, ET, PE");
	same(start_cr3, all, 0, "CR3 is 0");
	same(start_cr4, all, 0x40, "CR4 is MCE; VMXE is hidden");
	same(start_efer, all, 0xD01, "EFER is NXE, LME and SCE; LMA by paging");
	same(start_dr6, all, 0xFFFF0FF0, "DR6 is as after reset");
	same(start_dr7, all, 0x400, "DR7 is as after reset");
	same(start_pat, all, PAT_RESET, "PAT is as after reset");
	same(start_gdtr, 0xFFFFFFFFFFFF, 0xFFFF, "GDTR is 0, limit 0xFFFF");
}
