// SPDX-License-Identifier: MIT
/*
 * VMPL2 beside VMPL0 on one vCPU: start, switch, registers in the VMSA, what
 * it may do (AMD APM volume 2, 15.36.7 and .8; GHCB specification: AP
 * Creation, Run VMPL).
 */
#include "level.h"

#define VMEXIT_VMGEXIT	0x403

static u8 page[PAGE_SIZE] __attribute__((aligned(4096)));

static bool adjust(u64 rdx)
{
	struct attempt a;

	guest_rmpadjust(&a, (u64)page, 0, rdx);
	return a.vector < 0 && (u32)a.rax == SNP_OK;
}

static void switching(void)
{
	level_run(LEVEL_NOTHING, 0, 0);
	guest_ok(true, "VMPL2 runs and calls back");
	guest_ok(level_get(VMSA_EXIT_CODE) == VMEXIT_VMGEXIT,
		 "its VMSA says: VMGEXIT");

	level_start(LEVEL_REGISTERS, 0, 0);
	rt_ghcb_clear();
	level_enter(0);
	guest_ok(!level_done() && level_get(VMSA_RAX) == LEVEL_MAGIC &&
		 level_get(VMSA_RBX) == LEVEL_MAGIC &&
		 level_get(VMSA_R15) == LEVEL_MAGIC,
		 "its registers are in the VMSA");
	level_put(VMSA_RAX, 0x4242);
	rt_ghcb_clear();
	level_enter(0);
	guest_ok(level_done() && level_result.rax == 0x4242,
		 "it goes on with what VMPL0 wrote there");
}

static void not_runnable(void)
{
	u64 efer = level_get(VMSA_EFER);
	u64 features = level_get(VMSA_SEV_FEATURES);

	level_put(VMSA_EFER, efer & ~BIT(12));
	rt_ghcb_clear();
	guest_ok(level_enter(0) == GHCB_MALFORMED, "without EFER.SVME it does not run");
	level_put(VMSA_EFER, efer);
	level_put(VMSA_SEV_FEATURES, 0);
	rt_ghcb_clear();
	guest_ok(level_enter(0) == GHCB_MALFORMED, "without the SNP feature neither");
	level_put(VMSA_SEV_FEATURES, features);
	level_vmsa[VMSA_CPL_VMPL] = 1;
	rt_ghcb_clear();
	guest_ok(level_enter(0) == GHCB_MALFORMED, "nor with another VMPL in it");
	level_vmsa[VMSA_CPL_VMPL] = LEVEL;
	rt_ghcb_clear();
	guest_ok(rt_ghcb_exit(NAE_RUN_VMPL, 3, 0) == GHCB_MALFORMED,
		 "VMPL3 has no VMSA");
	rt_ghcb_clear();
	guest_ok(rt_ghcb_exit(NAE_RUN_VMPL, 4, 0) == GHCB_MALFORMED,
		 "VMPL4 does not exist");
	level_run(LEVEL_NOTHING, 0, 0);
	guest_ok(level_done(), "mended, it runs again");
}

static void memory(void)
{
	page[0] = 0x77;
	guest_ok(adjust(LEVEL | PERM_R), "read permission for VMPL2");
	level_run(LEVEL_READ, (u64)page, 0);
	guest_ok(level_result.vector < 0 && (u8)level_result.rcx == 0x77,
		 "VMPL2 reads");
	guest_ok(adjust(LEVEL | PERM_R | PERM_W), "write permission");
	level_run(LEVEL_WRITE, (u64)page, 0x99);
	guest_ok(level_result.vector < 0 && page[0] == 0x99, "VMPL2 writes");
}

static void instructions(void)
{
	u64 va = (u64)page;

	level_run(LEVEL_RMPADJUST, va, 1 | PERM_R);
	guest_ok(level_result.vector < 0 &&
		 (u32)level_result.rax == SNP_FAIL_PERMISSION,
		 "VMPL2 cannot adjust VMPL1");
	level_run(LEVEL_RMPADJUST, va, 2 | PERM_R);
	guest_ok((u32)level_result.rax == SNP_FAIL_PERMISSION, "nor itself");
	level_run(LEVEL_RMPADJUST, va, 3 | PERM_R | PERM_SX);
	guest_ok((u32)level_result.rax == SNP_FAIL_PERMISSION,
		 "nor give VMPL3 what it has not");
	level_run(LEVEL_RMPADJUST, va, 3 | PERM_R);
	guest_ok((u32)level_result.rax == SNP_OK, "but what it has");
	level_run(LEVEL_RMPQUERY, va, 3);
	guest_ok((u32)level_result.rax == SNP_OK &&
		 level_result.rdx == (3 | PERM_R), "and see it");
	level_run(LEVEL_RMPADJUST, va, 3 | RMP_VMSA);
	guest_ok((u32)level_result.rax == SNP_FAIL_PERMISSION,
		 "VMPL2 makes no VMSA");
	level_run(LEVEL_PVALIDATE, va, 0);
	guest_ok(level_result.vector >= 0 || (u32)level_result.rax != SNP_OK,
		 "VMPL2 validates nothing");
	level_run(LEVEL_CPUID, 1, 0);
	guest_trap(&level_result, VECTOR_VC, 0x72, "CPUID is #VC at VMPL2");
	level_run(LEVEL_RDMSR, MSR_SEV_STATUS, 0);
	guest_ok(level_result.vector < 0 && level_result.rax == (1 << 2 | 3),
		 "SEV_STATUS is that of its own VMSA");
}

static void one_exit(void)
{
	const u64 event = 0x50 | BIT(31);

	if (!(rt_hv_features() & HV_FEATURE_ONE_EXIT)) {
		level_start(LEVEL_NOTHING, 0, 0);
		rt_ghcb_clear();
		guest_ok(level_enter(event) == GHCB_MALFORMED,
			 "host without one-exit switch refuses an event");
		return;
	}
	level_run(LEVEL_APIC_ON, 0, 0);
	guest_ok(!level_result.rax, "VMPL2 switches its APIC on");
	rt_ghcb_clear();
	guest_ok(level_enter(0x1F | BIT(31)) == GHCB_MALFORMED,
		 "event: vector 31 is refused");
	rt_ghcb_clear();
	guest_ok(level_enter(0x50 | 3 << 8 | BIT(31)) == GHCB_MALFORMED,
		 "event: an exception is refused");
	rt_ghcb_clear();
	guest_ok(level_enter(0x50) == GHCB_MALFORMED,
		 "event: without valid bit it is refused");
	rt_ghcb_clear();
	guest_ok(rt_ghcb_exit(NAE_RUN_VMPL, 0, event) == GHCB_MALFORMED,
		 "event: VMPL0 cannot post to itself");

	level_start(LEVEL_NOTHING, 0, 0);
	rt_ghcb_clear();
	guest_ok(level_enter(event) == 0 && level_done(),
		 "switch with an event");
	guest_ok(guest_irqs[0x50] == 0, "interrupts are off: not yet taken");
	level_run(LEVEL_INTERRUPTS, 0, 0);
	guest_ok(guest_irqs[0x50] == 1, "taken once interrupts are on");
}

/** guest_main() - see the top of this file */
void guest_main(void)
{
	bool one = false;

	guest_init();
	one = rt_hv_features() & HV_FEATURE_ONE_EXIT;
	guest_plan(4 + 6 + 4 + 9 + (one ? 8 : 1));
	level_create();
	switching();
	not_runnable();
	memory();
	instructions();
	one_exit();
}
