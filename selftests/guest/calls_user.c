// SPDX-License-Identifier: MIT
/*
 * A call from user mode, while its kernel is about to call: never executed
 * (abi.rst: CALL-6, SNP-3, BAD-8).
 */
#include "svsm.h"

#define SELF		SVSM_APIC_ID_SELF
#define RUN_VMPL0	0x016
#define VERSION_1	(1ULL << 32 | 1)
#define QUERY		SVSM_CALL(SVSM_PROTO_CORE, CORE_QUERY_PROTOCOL)
#define QUERY_CORE_1	1ULL

static struct svsm_event_page page __attribute__((aligned(4096)));
static struct svsm_event_page want __attribute__((aligned(4096)));
static u8 memory[PAGE_SIZE] __attribute__((aligned(4096)));

/* RAX and RCX behind the exit: in memory that user mode may write to. */
static u64 *const after = (u64 *)guest_user_stack;

static const struct {
	u32 protocol;
	u32 calls;
} all[] = {
	{ SVSM_PROTO_CORE, 8 },
	{ SVSM_PROTO_IRQ, 11 },
	{ SVSM_PROTO_TIMER, 4 },
	{ SVSM_PROTO_APIC, 1 },
};

/* Return: it was executed. */
static bool call(u64 rax, u64 rcx, bool user)
{
	struct attempt a = { .rax = rax, .rcx = rcx, .rdi = (u64)after };
	u64 before = rt_rdmsr(MSR_GHCB);

	if (svsm_by_page) {
		rt_ghcb_clear();
		rt_ghcb_put(GHCB_EXIT_CODE, NAE_RUN_VMPL);
		rt_ghcb_put(GHCB_INFO1, 0);
		rt_ghcb_put(GHCB_INFO2, 0);
	} else {
		rt_wrmsr(MSR_GHCB, RUN_VMPL0);
	}
	svsm_area[0] = 1;
	if (user)
		guest_attempt_user(insn_vmgexit, &a);
	else
		guest_attempt(insn_vmgexit, &a);
	rt_wrmsr(MSR_GHCB, before);
	/* User mode ends by #UD behind the instructions, nothing else does. */
	if (a.vector != (user ? VECTOR_UD : -1))
		guest_fail("the exit raised an exception");
	return !__atomic_exchange_n(svsm_area, 0, __ATOMIC_SEQ_CST);
}

#define ROWS	13

/** guest_main() - see the top of this file */
void guest_main(void)
{
	struct svsm_list *list = (struct svsm_list *)(svsm_area + 8);
	u32 i, n, executed = 0;
	struct attempt a;
	bool done;

	guest_init();
	svsm_by_page = guest_is("page");
	guest_plan(ROWS);

	done = call(QUERY, QUERY_CORE_1, false);
	guest_ok(done && !after[0] && after[1] == VERSION_1,
		 "a call of the kernel is executed");
	done = call(QUERY, QUERY_CORE_1, true);
	guest_ok(!done, "BAD-8: the same one of user mode leaves call_pending set");
	guest_ok(after[0] == QUERY && after[1] == QUERY_CORE_1,
		 "BAD-8: and its registers as they were");

	list->entries = 1;
	list->next = 0;
	list->reserved = 0;
	list->entry[0] = (u64)memory;
	done = call(SVSM_CALL(SVSM_PROTO_CORE, CORE_PVALIDATE), (u64)list, true);
	guest_read(&a, (u64)memory);
	guest_ok(!done && a.vector < 0 && !list->next,
		 "BAD-8: PVALIDATE of user mode does nothing");
	done = call(SVSM_CALL(SVSM_PROTO_CORE, CORE_PVALIDATE), (u64)list, false);
	guest_read(&a, (u64)memory);
	guest_ok(done && a.vector == VECTOR_VC && list->next == 1,
		 "the kernel's does");

	if (svsm_page_register(&page, SELF, 0) ||
	    svsm_open(70, SVSM_TRIGGER_EDGE, SELF) || svsm_attach(SELF, 0))
		guest_fail("PAGE_REGISTER, SOURCE_OPEN or TIMER ATTACH");
	want = page;
	/* An empty block is right for RESET; source 70 for those of sources. */
	__builtin_memset(svsm_area + 8, 0, SVSM_BLOCK_SIZE);
	done = call(SVSM_CALL(SVSM_PROTO_IRQ, SVSM_IRQ_RESET),
		    (u64)svsm_area + 8, true);
	guest_ok(!done, "BAD-8: RESET of user mode is not executed");
	svsm_is(svsm_state(70), SVSM_SOURCE_STATE_OPEN, "the source is still open");
	svsm_area[8] = 70;
	__builtin_memset(svsm_area + 9, 0, SVSM_BLOCK_SIZE - 1);
	done = call(SVSM_CALL(SVSM_PROTO_IRQ, SVSM_IRQ_SOURCE_RAISE),
		    (u64)svsm_area + 8, true);
	guest_ok(!done, "BAD-8: RAISE of user mode is not executed");
	svsm_same(&page, &want, "nothing is raised");
	svsm_is(svsm_source(SVSM_IRQ_SOURCE_RAISE, 70), SVSM_SUCCESS,
		"the kernel's is executed");
	guest_ok(page.pir[1] == BIT(6), "and raises");

	for (i = 0; i < ARRAY_SIZE(all); i++)
		for (n = 0; n < all[i].calls; n++)
			executed += call(SVSM_CALL(all[i].protocol, n),
					 (u64)svsm_area + 8, true);
	svsm_is(executed, 0, "BAD-8: no call of user mode is executed");
	svsm_is(svsm_state(70), SVSM_SOURCE_STATE_OPEN | SVSM_SOURCE_STATE_PENDING,
		"all is as before");
}
