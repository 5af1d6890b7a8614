// SPDX-License-Identifier: MIT
/*
 * RMPADJUST and RMPQUERY (AMD APM volume 3) at VMPL0.
 */
#include "guest.h"

/* RAM that the boot image leaves shared; the machine has it in every size. */
#define AREA_4K		0x2000000UL
#define AREA_2M		0x2200000UL

static u8 page[2 * PAGE_SIZE] __attribute__((aligned(4096)));

static void query(struct attempt *a, u64 va, u64 vmpl)
{
	*a = (struct attempt) { .rax = va, .rdx = vmpl };
	guest_attempt(insn_rmpquery, a);
}

static bool status(const struct attempt *a, u32 want)
{
	return a->vector < 0 && (u32)a->rax == want;
}

static void adjust_ok(u64 va, u64 size, u64 rdx, u32 want, const char *name)
{
	struct attempt a;

	guest_rmpadjust(&a, va, size, rdx);
	if (a.vector >= 0)
		rt_print("# exception %d error 0x%lx\n", (s32)a.vector, a.error);
	else if ((u32)a.rax != want)
		rt_print("# status %u\n", (u32)a.rax);
	guest_ok(status(&a, want), name);
}

static void query_ok(u64 va, u64 vmpl, u64 want, const char *name)
{
	struct attempt a;

	query(&a, va, vmpl);
	if (a.rdx != (want | vmpl))
		rt_print("# rdx 0x%lx\n", a.rdx);
	guest_ok(status(&a, SNP_OK) && a.rdx == (want | vmpl), name);
}

static void permissions(void)
{
	u64 va = (u64)page;

	query_ok(va, 1, 0, "VMPL1 starts without permissions");
	query_ok(va, 0, PERM_ALL, "VMPL0 has all");
	adjust_ok(va, 0, 1, SNP_OK, "nothing for VMPL1: Linux' test for VMPL0");
	adjust_ok(va, 0, 1 | PERM_R, SNP_OK, "read for VMPL1");
	query_ok(va, 1, PERM_R, "VMPL1 may read");
	query_ok(va, 2, 0, "VMPL2 still may not");
	adjust_ok(va, 0, 2 | PERM_ALL, SNP_OK, "all for VMPL2");
	query_ok(va, 2, PERM_ALL, "VMPL2 has all");
	query_ok(va, 1, PERM_R, "VMPL1 has what it had");
	adjust_ok(va, 0, 2, SNP_OK, "VMPL2 loses all");
	query_ok(va, 2, 0, "VMPL2 has none");
	adjust_ok(va, 0, 0 | PERM_R, SNP_FAIL_PERMISSION, "VMPL0 cannot adjust itself");
	query_ok(va, 0, PERM_ALL, "and keeps all");
	adjust_ok(va, 0, 4 | PERM_R, SNP_FAIL_INPUT, "VMPL4 does not exist");
	query_ok(va + PAGE_SIZE, 1, 0, "the neighbour is as before");
}

static void vmsa(void)
{
	u64 va = (u64)page;
	struct attempt a;

	adjust_ok(va, 0, 1 | RMP_VMSA, SNP_OK, "page becomes a VMSA");
	query_ok(va, 1, RMP_VMSA, "RMPQUERY says so");
	guest_write(&a, va, 1);
	guest_none(&a, "VMPL0 writes to it");
	adjust_ok(va, 0, 1, SNP_OK, "and is one no longer");
	query_ok(va, 1, 0, "RMPQUERY says so");
}

static void sizes(void)
{
	struct attempt a;

	u64 pa;

	for (pa = AREA_4K; pa < AREA_4K + PAGE_2M; pa += PAGE_SIZE)
		if (rt_accept(pa, pa + PAGE_SIZE))
			guest_fail("cannot accept 4 KiB");
	adjust_ok(AREA_4K, 1, 1, SNP_FAIL_SIZEMISMATCH,
		  "2 MiB operand on 4 KiB pages");
	if (rt_accept(AREA_2M, AREA_2M + PAGE_2M))
		guest_fail("cannot accept 2 MiB");
	query(&a, AREA_2M, 0);
	guest_ok(status(&a, SNP_OK) && a.rcx == 1, "RMPQUERY: a 2 MiB page");
	adjust_ok(AREA_2M, 1, 3 | PERM_R, SNP_OK, "2 MiB operand on a 2 MiB page");
	query_ok(AREA_2M + PAGE_2M - PAGE_SIZE, 3, PERM_R, "holds for its last page");
	adjust_ok(AREA_2M + PAGE_SIZE, 0, 3 | PERM_R | PERM_W, SNP_OK,
		  "4 KiB operand on a 2 MiB page: the host splits it");
	query(&a, AREA_2M, 0);
	guest_ok(status(&a, SNP_OK) && a.rcx == 0, "RMPQUERY: 4 KiB pages now");
	query_ok(AREA_2M + 2 * PAGE_SIZE, 3, PERM_R, "the next page is as before");
}

static void bad_input(void)
{
	u64 va = (u64)page;
	struct attempt a;
	bool unchanged;

	adjust_ok(va, 2, 1, SNP_FAIL_INPUT, "page size 2 does not exist");
	a = (struct attempt) { .rax = va, .rdx = 1 };
	guest_attempt_user(insn_rmpadjust, &a);
	guest_trap(&a, VECTOR_GP, 0, "#GP at CPL 3");
	a = (struct attempt) { .rax = va, .rdx = 1 };
	guest_attempt_user(insn_rmpquery, &a);
	guest_trap(&a, VECTOR_GP, 0, "RMPQUERY: #GP at CPL 3");
	if (rt_pvalidate(va, false, false, &unchanged))
		guest_fail("cannot rescind");
	guest_rmpadjust(&a, va, 0, 1 | PERM_R);
	guest_trap(&a, VECTOR_VC, VC_NOT_VALIDATED, "page that is not validated");
	if (rt_pvalidate(va, false, true, &unchanged))
		guest_fail("cannot validate");
}

/** guest_main() - see the top of this file */
void guest_main(void)
{
	guest_init();
	guest_plan(31);
	permissions();
	vmsa();
	sizes();
	bad_input();
}
