// SPDX-License-Identifier: MIT
/*
 * What a guest must not do, and what its host can only answer by ending it.
 * The command line of the image names the deed; the runner looks for the
 * machine's reason. Coming back from it is the failure.
 */
#include <svsm/payload.h>

#include "guest.h"
#include "level.h"

/* RAM that the boot image leaves shared. */
#define AREA		0x2000000UL

static u8 page[PAGE_SIZE] __attribute__((aligned(4096)));

static void terminate(void)
{
	rt_ghcb_msr(0x100 | 7 << 12 | 0x42 << 16);
}

static void terminate_page(void)
{
	rt_ghcb_clear();
	rt_ghcb_exit(0x8000FFFE, 7 | 0x43 << 4, 0xABCD);
}

static void unknown_msr_request(void)
{
	rt_ghcb_msr(0x0F0);
}

static void private_ghcb(void)
{
	rt_wrmsr(MSR_GHCB, (u64)page);
	rt_vmgexit();
}

static void shared_access(void)
{
	rt_map_page(page, false);
	page[0] = 1;
}

static void private_access(void)
{
	*(volatile u64 *)AREA = 1;
}

static void validate_shared(void)
{
	bool unchanged;

	rt_pvalidate(AREA, false, true, &unchanged);
}

static void shutdown(void)
{
	const struct {
		u16 limit;
		u64 base;
	} __attribute__((packed)) none = { 0, 0 };

	asm volatile("lidt %0; ud2" : : "m"(none));
}

/* VMPL2 does what its RWX permissions on @page without these do not allow. */
static void lower_level(u64 permissions, enum level_command what)
{
	struct attempt a;

	level_create();
	guest_rmpadjust(&a, (u64)page, 0, LEVEL | permissions);
	if (a.vector >= 0 || (u32)a.rax != SNP_OK)
		guest_fail("RMPADJUST");
	level_run(what, (u64)page, 0);
}

static void vmpl_read(void)
{
	lower_level(0, LEVEL_READ);
}

static void vmpl_write(void)
{
	lower_level(PERM_R | PERM_SX, LEVEL_WRITE);
}

static void vmpl_fetch(void)
{
	lower_level(PERM_R | PERM_W, LEVEL_CALL);
}

static void vmpl_table(void)
{
	struct attempt a;

	level_create();
	guest_rmpadjust(&a, (u64)rt_directory, 0, LEVEL | PERM_R);
	level_run(LEVEL_FLUSH_AND_READ, AREA - PAGE_2M, 0);
}

static const struct {
	const char *name;
	void (*deed)(void);
} deeds[] = {
	{ "terminate", terminate },
	{ "terminate-page", terminate_page },
	{ "unknown-msr-request", unknown_msr_request },
	{ "private-ghcb", private_ghcb },
	{ "shared-access", shared_access },
	{ "private-access", private_access },
	{ "validate-shared", validate_shared },
	{ "shutdown", shutdown },
	{ "vmpl-read", vmpl_read },
	{ "vmpl-write", vmpl_write },
	{ "vmpl-fetch", vmpl_fetch },
	{ "vmpl-table", vmpl_table },
};

/** guest_main() - see the top of this file */
void guest_main(void)
{
	u32 i;

	guest_init();
	__builtin_memset(page, 0xC3, sizeof(page));	/* RET */
	for (i = 0; i < ARRAY_SIZE(deeds); i++)
		if (guest_is(deeds[i].name)) {
			rt_print("# about to: %s, page 0x%lx\n", deeds[i].name,
				 (u64)page);
			deeds[i].deed();
			guest_fail("the guest goes on");
		}
	guest_fail("unknown test");
}
