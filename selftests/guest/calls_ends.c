// SPDX-License-Identifier: MIT
/*
 * What the guest must not do to its SVSM, and what hardware answers by ending
 * it. As ends.c: the command line names the deed, the runner looks for the
 * machine's reason, coming back is the failure.
 */
#include "svsm.h"

#define BOOT_STATE	0x60D000UL
#define SVSM_PAGE	(SVSM_BASE + 0x10000)

static u8 state[PAGE_SIZE] __attribute__((aligned(4096)));
static u8 area[PAGE_SIZE] __attribute__((aligned(4096)));

static void svsm_read(u64 page)
{
	struct attempt a;

	guest_read(&a, page);
}

static void svsm_write(u64 page)
{
	struct attempt a;

	guest_write(&a, page, 0);
}

static void svsm_fetch(u64 page)
{
	struct attempt a = { .rax = page };

	guest_attempt(insn_call, &a);
}

static void svsm_shared(u64 page)
{
	struct attempt a;

	rt_directory[0][page / PAGE_2M] &= ~rt_cbit;
	rt_flush();
	guest_write(&a, page, 0);
}

/* A register state that the SVSM has accepted. */
static void created_write(u64 page)
{
	struct attempt a;

	svsm_ap_make_state(state);
	if (svsm_call(SVSM_PROTO_CORE, CORE_CREATE_VCPU, (u64)state, (u64)area,
		      svsm_other, 0))
		guest_fail("CREATE_VCPU");
	guest_read(&a, page);
	if (a.vector >= 0)
		guest_fail("Linux reads its SEV features there");
	guest_write(&a, page, 0);
}

static const struct {
	const char *name;
	void (*deed)(u64 page);
	u64 page;
} deeds[] = {
	{ "svsm-read", svsm_read, SVSM_PAGE },
	{ "svsm-write", svsm_write, SVSM_PAGE },
	{ "svsm-fetch", svsm_fetch, SVSM_PAGE },
	{ "svsm-shared", svsm_shared, SVSM_PAGE },
	{ "state-write", svsm_write, BOOT_STATE },
	{ "created-write", created_write, (u64)state },
};

/** guest_main() - see the top of this file */
void guest_main(void)
{
	u32 i;

	guest_init();
	for (i = 0; i < ARRAY_SIZE(deeds); i++)
		if (guest_is(deeds[i].name)) {
			rt_print("# about to: %s, page 0x%lx\n", deeds[i].name,
				 deeds[i].page);
			deeds[i].deed(deeds[i].page);
			guest_fail("the guest goes on");
		}
	guest_fail("unknown test");
}
