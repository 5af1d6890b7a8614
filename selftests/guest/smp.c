// SPDX-License-Identifier: MIT
/*
 * A second vCPU: AP creation, and page-state changes that it must notice
 * (GHCB specification: SNP AP Creation; AMD APM volume 2, 15.36.5).
 */
#include "level.h"

#define MSR_CPUID	0x004
#define REG_EBX		1
#define WAIT_EXITS	200000

static u8 vmsa[PAGE_SIZE] __attribute__((aligned(4096)));
static u8 second_vmsa[PAGE_SIZE] __attribute__((aligned(4096)));
static u8 page[PAGE_SIZE] __attribute__((aligned(4096)));
static u8 ap_stack[2 * PAGE_SIZE] __attribute__((aligned(16)));

/* of the vCPU that is to start: the one after this one */
static u32 wanted_apic_id;
static volatile u64 ap_apic_id = ~0ULL;
static volatile u64 ap_rounds;
static volatile u64 ap_starts;
static struct attempt ap_attempt;
static volatile bool ap_trapped;

/*
 * The AP has no GHCB page: MSR protocol only. rt_ghcb_msr() would name the
 * BSP's page afterwards.
 */
static void __attribute__((noreturn)) ap_main(void)
{
	ap_starts++;
	rt_wrmsr(MSR_GHCB, 1ULL << 32 | REG_EBX << 30 | MSR_CPUID);
	rt_vmgexit();
	ap_apic_id = rt_rdmsr(MSR_GHCB) >> 56;
	do {
		guest_read(&ap_attempt, (u64)page);
		ap_rounds++;
	} while (ap_attempt.vector < 0);
	ap_trapped = true;
	for (;;)
		ap_rounds++;
}

static int ap_event(u32 apic_id, u32 what, u64 state)
{
	rt_ghcb_clear();
	rt_ghcb_put(GHCB_RAX, LEVEL_SEV_FEATURES);
	return rt_ghcb_exit(NAE_AP_CREATION, (u64)apic_id << 32 | what, state);
}

/* Gives the host time; false if the condition never comes. */
#define WAIT_FOR(condition)						\
	({								\
		u32 tries_ = WAIT_EXITS;				\
		while (!(condition) && --tries_)			\
			rt_hv_features();				\
		tries_ > 0;						\
	})

static void make_vmsa_page(u8 *state)
{
	struct attempt a;

	level_make_vmsa(state, 0, (u64)ap_main,
			(u64)ap_stack + sizeof(ap_stack));
	guest_rmpadjust(&a, (u64)state, 0, 1 | RMP_VMSA);
	if (a.vector >= 0 || (u32)a.rax != SNP_OK)
		guest_fail("RMPADJUST of the VMSA");
}

static void creation(void)
{
	guest_ok(ap_event(99, AP_CREATE, (u64)vmsa) == GHCB_MALFORMED,
		 "no vCPU with that APIC ID");
	guest_ok(ap_event(wanted_apic_id, AP_CREATE, (u64)vmsa + 8) == GHCB_MALFORMED,
		 "VMSA must be aligned");
	guest_ok(ap_event(wanted_apic_id, 7, (u64)vmsa) == GHCB_MALFORMED,
		 "event 7 does not exist");
	guest_ok(ap_starts == 0, "nothing has started");
	guest_ok(ap_event(wanted_apic_id, AP_CREATE, (u64)vmsa) == 0, "creation");
	guest_ok(WAIT_FOR(ap_apic_id != ~0ULL), "the vCPU runs");
	guest_ok(ap_apic_id == wanted_apic_id, "with its APIC ID");
}

static void shootdown(void)
{
	u64 seen;
	bool unchanged;

	guest_ok(WAIT_FOR(ap_rounds > 10), "it reads a page");
	guest_ok(rt_pvalidate((u64)page, false, false, &unchanged) == SNP_OK &&
		 !unchanged, "which is rescinded");
	guest_ok(WAIT_FOR(ap_trapped), "its next read traps");
	guest_ok(ap_attempt.vector == VECTOR_VC &&
		 ap_attempt.error == VC_NOT_VALIDATED, "with #VC, not validated");
	rt_pvalidate((u64)page, false, true, &unchanged);
	seen = ap_rounds;
	guest_ok(WAIT_FOR(ap_rounds != seen), "it goes on");
}

/* Stopped: a long series of looks sees no progress. */
static bool stands_still(void)
{
	u32 tries;

	for (tries = 0; tries < 1000; tries++) {
		u64 seen = ap_rounds;
		u32 i;

		for (i = 0; i < 50 && ap_rounds == seen; i++)
			rt_hv_features();
		if (i == 50)
			return true;
	}
	return false;
}

static void again(void)
{
	guest_ok(ap_event(wanted_apic_id, AP_DESTROY, 0) == 0, "destruction");
	guest_ok(stands_still(), "it stands still");
	ap_trapped = false;
	guest_ok(ap_event(wanted_apic_id, AP_CREATE, (u64)second_vmsa) == 0,
		 "creation with another VMSA");
	guest_ok(WAIT_FOR(ap_starts == 2), "it starts anew");
}

/** guest_main() - see the top of this file */
void guest_main(void)
{
	guest_init();
	guest_plan(7 + 5 + 4);
	wanted_apic_id = (u32)(rt_ghcb_msr(1ULL << 32 | REG_EBX << 30 |
					   MSR_CPUID) >> 56) + 1;
	make_vmsa_page(vmsa);
	make_vmsa_page(second_vmsa);
	creation();
	shootdown();
	again();
}
