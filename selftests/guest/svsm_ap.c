// SPDX-License-Identifier: MIT
/*
 * A second vCPU of the guest. It does what the boot vCPU tells it, one thing
 * after the other; while it does, the boot vCPU leaves the GHCB page to it.
 */
#include "level.h"
#include "svsm.h"

#define WAIT_EXITS	2000000
#define REGISTER_GHCB	0x012
#define SEV_STATUS_FEATURES_SHIFT 2

u8 svsm_ap_area[PAGE_SIZE] __attribute__((aligned(4096)));
u8 svsm_ap_state[PAGE_SIZE] __attribute__((aligned(4096)));
static u8 stack[4 * PAGE_SIZE] __attribute__((aligned(16)));

static void (*volatile job)(void);

static void __attribute__((noreturn)) ap_main(void)
{
	void (*fn)(void);

	rt_ghcb_msr(REGISTER_GHCB | (u64)rt_ghcb);
	for (;;) {
		fn = job;
		if (fn) {
			fn();
			__atomic_store_n(&job, NULL, __ATOMIC_SEQ_CST);
		} else {
			rt_hv_features();
		}
	}
}

/** svsm_ap_make_state() - fill @state with what CREATE_VCPU should accept. */
void svsm_ap_make_state(u8 *state)
{
	u64 features = rt_rdmsr(MSR_SEV_STATUS) >> SEV_STATUS_FEATURES_SHIFT;

	__builtin_memset(state, 0, PAGE_SIZE);
	level_make_vmsa(state, LEVEL, (u64)ap_main, (u64)stack + sizeof(stack));
	__builtin_memcpy(state + VMSA_SEV_FEATURES, &features, sizeof(features));
}

/** svsm_ap_create() - CREATE_VCPU for the second vCPU; its result. */
u64 svsm_ap_create(void)
{
	svsm_ap_make_state(svsm_ap_state);
	return svsm_call(SVSM_PROTO_CORE, CORE_CREATE_VCPU, (u64)svsm_ap_state,
			 (u64)svsm_ap_area, svsm_other, 0);
}

/**
 * svsm_ap_host() - have the host start or stop the second vCPU's guest
 * @what: AP_CREATE or AP_DESTROY
 * @state: its register state
 *
 * Return: the host did.
 */
bool svsm_ap_host(u32 what, const u8 *state)
{
	rt_ghcb_clear();
	rt_ghcb_put(GHCB_RAX, rt_rdmsr(MSR_SEV_STATUS) >>
			      SEV_STATUS_FEATURES_SHIFT);
	return !rt_ghcb_exit(NAE_AP_CREATION, (u64)svsm_other << 32 |
			     LEVEL << 16 | what, (u64)state);
}

/** svsm_ap_start() - give the second vCPU something to do. */
void svsm_ap_start(void (*fn)(void))
{
	__atomic_store_n(&job, fn, __ATOMIC_SEQ_CST);
}

/** svsm_ap_done() - has it done what it was told? */
bool svsm_ap_done(void)
{
	return !job;
}

/** svsm_ap_wait() - wait for that; the payload ends if it never comes. */
void svsm_ap_wait(void)
{
	u32 tries = WAIT_EXITS;

	while (job && --tries)
		rt_hv_features();
	if (!tries)
		guest_fail("the second vCPU does not answer");
}

/** svsm_ap_run() - have it do something, and wait. */
void svsm_ap_run(void (*fn)(void))
{
	svsm_ap_start(fn);
	svsm_ap_wait();
}
