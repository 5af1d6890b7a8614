// SPDX-License-Identifier: MIT
/*
 * PVALIDATE (AMD APM volume 3): results, carry flag, sizes, privilege, and
 * what an access to a page that is not validated gets.
 */
#include "guest.h"

/* RAM that the boot image leaves shared; the machine has it in every size. */
#define AREA_4K		0x2000000UL
#define AREA_2M		0x2200000UL

static u8 page[PAGE_SIZE] __attribute__((aligned(4096)));

static bool result(const struct attempt *a, u32 status, bool carry)
{
	return a->vector < 0 && (u32)a->rax == status &&
	       !!(a->rflags & RFLAGS_CF) == carry;
}

static void small(void)
{
	struct attempt a;
	u64 va = (u64)page;

	guest_pvalidate(&a, va, 0, 1);
	guest_ok(result(&a, SNP_OK, true), "validate again: unchanged");
	guest_pvalidate(&a, va, 0, 0);
	guest_ok(result(&a, SNP_OK, false), "rescind: changed");
	guest_pvalidate(&a, va, 0, 0);
	guest_ok(result(&a, SNP_OK, true), "rescind again: unchanged");

	guest_read(&a, va + 8);
	guest_trap(&a, VECTOR_VC, VC_NOT_VALIDATED, "read of an unvalidated page");
	guest_ok(a.rip == (u64)insn_read, "#VC names the instruction");
	guest_write(&a, va, 1);
	guest_trap(&a, VECTOR_VC, VC_NOT_VALIDATED, "write to an unvalidated page");
	a = (struct attempt) { .rax = va };
	guest_attempt(insn_call, &a);
	guest_trap(&a, VECTOR_VC, VC_NOT_VALIDATED, "fetch from an unvalidated page");
	guest_ok(a.rip == va, "#VC names the target of the jump");

	guest_pvalidate(&a, va, 0, 1);
	guest_ok(result(&a, SNP_OK, false), "validate: changed");
	guest_write(&a, va, 0x5A);
	guest_none(&a, "write to a validated page");
	guest_ok(page[0] == 0x5A, "it keeps what was written");
}

static void sizes(void)
{
	struct attempt a;
	u64 pa;

	for (pa = AREA_4K; pa < AREA_4K + PAGE_2M; pa += PAGE_SIZE)
		if (rt_page_state(pa, pa + PAGE_SIZE, PSC_PRIVATE))
			guest_fail("page-state change by 4 KiB");
	guest_pvalidate(&a, AREA_4K, 1, 1);
	guest_ok(result(&a, SNP_FAIL_SIZEMISMATCH, false),
		 "2 MiB operand on 4 KiB pages");
	guest_pvalidate(&a, AREA_4K, 0, 1);
	guest_ok(result(&a, SNP_OK, false), "4 KiB operand on a 4 KiB page");
	guest_read(&a, AREA_4K + PAGE_SIZE);
	guest_trap(&a, VECTOR_VC, VC_NOT_VALIDATED, "its neighbour is not valid");

	if (rt_page_state(AREA_2M, AREA_2M + PAGE_2M, PSC_PRIVATE))
		guest_fail("page-state change by 2 MiB");
	guest_pvalidate(&a, AREA_2M, 1, 1);
	guest_ok(result(&a, SNP_OK, false), "2 MiB operand on a 2 MiB page");
	guest_pvalidate(&a, AREA_2M, 1, 1);
	guest_ok(result(&a, SNP_OK, true), "again: unchanged");
	guest_write(&a, AREA_2M + PAGE_2M - 8, 1);
	guest_none(&a, "its last page is valid");
	guest_pvalidate(&a, AREA_2M + PAGE_SIZE, 0, 0);
	guest_ok(result(&a, SNP_OK, false),
		 "4 KiB operand on a 2 MiB page: the host splits it");
	guest_read(&a, AREA_2M + PAGE_SIZE);
	guest_trap(&a, VECTOR_VC, VC_NOT_VALIDATED, "that page is no longer valid");
	guest_read(&a, AREA_2M + 2 * PAGE_SIZE);
	guest_none(&a, "the next one still is");
	guest_pvalidate(&a, AREA_2M, 1, 1);
	guest_ok(result(&a, SNP_FAIL_SIZEMISMATCH, false),
		 "2 MiB operand after the split");
}

static void bad_input(void)
{
	u64 *entry = &rt_image_table[((u64)page - RT_IMAGE) / PAGE_SIZE];
	struct attempt a;

	guest_pvalidate(&a, (u64)page, 2, 1);
	guest_ok(result(&a, SNP_FAIL_INPUT, false), "page size 2 does not exist");
	a = (struct attempt) { .rax = (u64)page, .rdx = 1 };
	guest_attempt_user(insn_pvalidate, &a);
	guest_trap(&a, VECTOR_GP, 0, "#GP at CPL 3");
	guest_ok((a.cs & 3) == 3 && a.rip == (u64)insn_pvalidate,
		 "raised in user mode");
	*entry &= ~PTE_P;
	rt_flush();
	guest_pvalidate(&a, (u64)page, 0, 1);
	guest_trap(&a, VECTOR_PF, 0, "#PF without a translation");
	guest_ok(a.cr2 == (u64)page, "CR2 is the operand");
	*entry |= PTE_P;
	rt_flush();
}

/** guest_main() - see the top of this file */
void guest_main(void)
{
	guest_init();
	guest_plan(26);
	small();
	sizes();
	bad_input();
}
