// SPDX-License-Identifier: MIT
/*
 * Small helpers for the bare payloads of SEV-SNP.
 */
#include "guest.h"

#define MSR_X2APIC_SVR	0x80F
#define APIC_BASE_X2	0xC00		/* enabled, x2APIC mode */
#define SVR_ENABLED	0x1FF

/* Read only by the loader, but its page must exist. */
extern u8 igvm_secrets_page[PAGE_SIZE];

u8 igvm_secrets_page[PAGE_SIZE]
	__attribute__((section(".igvm"), aligned(4096)));

/** guest_end() - see ktap.h */
void guest_end(u32 value)
{
	rt_out(DEBUG_EXIT_PORT, 4, value);
	rt_terminate(TERM_TRAP);
}

/** guest_init() - GHCB and the KTAP header. */
void guest_init(void)
{
	rt_ghcb_init();
	rt_print("KTAP version 1\n");
}

/** guest_share() - give a page of the image to the host. */
void guest_share(void *page)
{
	bool unchanged;

	if (rt_pvalidate((u64)page, false, false, &unchanged) ||
	    rt_page_state((u64)page, (u64)page + PAGE_SIZE, PSC_SHARED))
		guest_fail("cannot share a page");
	rt_map_page(page, false);
	__builtin_memset(page, 0, PAGE_SIZE);
}

/** guest_msr_read() - RDMSR through the GHCB; 0 or as rt_ghcb_exit(). */
int guest_msr_read(u32 msr, u64 *value)
{
	int err;

	rt_ghcb_clear();
	rt_ghcb_put(GHCB_RCX, msr);
	err = rt_ghcb_exit(NAE_MSR, 0, 0);
	*value = (u32)rt_ghcb_get(GHCB_RAX) | rt_ghcb_get(GHCB_RDX) << 32;
	return err;
}

/** guest_msr_write() - WRMSR through the GHCB; 0 or as rt_ghcb_exit(). */
int guest_msr_write(u32 msr, u64 value)
{
	rt_ghcb_clear();
	rt_ghcb_put(GHCB_RCX, msr);
	rt_ghcb_put(GHCB_RAX, (u32)value);
	rt_ghcb_put(GHCB_RDX, value >> 32);
	return rt_ghcb_exit(NAE_MSR, 1, 0);
}

/** guest_x2apic_on() - switch this VMPL's APIC on, in x2APIC mode. */
int guest_x2apic_on(void)
{
	u64 base;

	return guest_msr_read(MSR_APIC_BASE, &base) ||
	       guest_msr_write(MSR_APIC_BASE, base | APIC_BASE_X2) ||
	       guest_msr_write(MSR_X2APIC_SVR, SVR_ENABLED);
}
