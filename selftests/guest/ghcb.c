// SPDX-License-Identifier: MIT
/*
 * The GHCB: MSR protocol, page protocol, malformed input (GHCB specification,
 * 56421: 2.3 MSR protocol, 4 page and exits, 4.1.1 error codes).
 */
#include "guest.h"

#define MSR_CPUID_REQUEST	0x004
#define MSR_CPUID_RESPONSE	0x005
#define MSR_PREFERRED_REQUEST	0x010
#define MSR_PREFERRED_RESPONSE	0x011
#define MSR_REGISTER_REQUEST	0x012
#define MSR_REGISTER_RESPONSE	0x013
#define MSR_PSC_REQUEST		0x014
#define MSR_PSC_RESPONSE	0x015
#define NO_PREFERENCE		(~0ULL << 12)
#define APIC_PAGE		0xFEE00000UL

#define PORT_80		(0x80ULL << 16 | 1 << 4)	/* OUT, one byte */
#define IO_STRING	BIT(2)
#define IO_REP		BIT(3)

/* RAM that the boot image leaves shared. */
#define AREA		0x2000000UL

static u8 second[PAGE_SIZE] __attribute__((aligned(4096)));
static u64 initial_msr;

static void msr_protocol(void)
{
	u64 answer = rt_ghcb_msr(0x002);
	u64 request, bad, gpa = (u64)second;

	guest_ok((initial_msr & 0xFFF) == 1, "the MSR starts with SEV information");
	guest_ok((answer & 0xFFF) == 1 && answer >> 48 >= 2 &&
		 (answer >> 32 & 0xFFFF) <= 2, "version 2 is offered");
	guest_ok(1ULL << (answer >> 24 & 0x3F) == rt_cbit,
		 "C-bit as in the CPUID page");

	request = MSR_CPUID_REQUEST | 1ULL << 30;
	answer = rt_ghcb_msr(request);
	rt_ghcb_clear();
	rt_ghcb_put(GHCB_RAX, 0);
	rt_ghcb_put(GHCB_RCX, 0);
	guest_ok(rt_ghcb_exit(NAE_CPUID, 0, 0) == 0 &&
		 answer == (MSR_CPUID_RESPONSE | 1ULL << 30 |
			    rt_ghcb_get(GHCB_RBX) << 32),
		 "CPUID answers as the page protocol does");

	answer = rt_hv_features();
	rt_ghcb_clear();
	guest_ok(answer & 1, "features: SEV-SNP");
	guest_ok(rt_ghcb_exit(NAE_HV_FEATURES, 0, 0) == 0 &&
		 rt_ghcb_get(GHCB_INFO2) == answer,
		 "features as in the page protocol");

	answer = rt_ghcb_msr(MSR_PREFERRED_REQUEST);
	guest_ok((answer & 0xFFF) == MSR_PREFERRED_RESPONSE,
		 "preferred GHCB is answered");
	/* Nothing can be printed before the old page is registered again. */
	answer = rt_ghcb_msr(MSR_REGISTER_REQUEST | gpa);
	bad = rt_ghcb_msr(MSR_REGISTER_REQUEST | APIC_PAGE);
	rt_ghcb_msr(MSR_REGISTER_REQUEST | (u64)rt_ghcb);
	guest_ok(answer == (MSR_REGISTER_RESPONSE | gpa),
		 "another page is registered");
	guest_ok(bad == (MSR_REGISTER_RESPONSE | NO_PREFERENCE),
		 "what is no memory is not");

	answer = rt_ghcb_msr(MSR_PSC_REQUEST | AREA | 1ULL << 52);
	guest_ok(answer == MSR_PSC_RESPONSE, "page-state change to private");
	answer = rt_ghcb_msr(MSR_PSC_REQUEST | AREA | 2ULL << 52);
	guest_ok(answer == MSR_PSC_RESPONSE, "and back to shared");
	answer = rt_ghcb_msr(MSR_PSC_REQUEST | AREA | 9ULL << 52);
	guest_ok((answer & 0xFFF) == MSR_PSC_RESPONSE && answer >> 32,
		 "page-state 9 does not exist");
	answer = rt_ghcb_msr(MSR_PSC_REQUEST | APIC_PAGE | 1ULL << 52);
	guest_ok((answer & 0xFFF) == MSR_PSC_RESPONSE && answer >> 32,
		 "a page that is no memory");
}

/* The host must say "malformed" with this code. */
static void malformed(int result, u64 code, const char *name)
{
	u64 info2 = rt_ghcb_get(GHCB_INFO2);
	bool good = result == GHCB_MALFORMED && info2 == code;

	if (!good)
		rt_print("# info1 %d info2 0x%lx\n", result, info2);
	guest_ok(good, name);
}

static void page_protocol(void)
{
	u32 usage = 1;

	rt_ghcb_clear();
	__builtin_memcpy(second, rt_ghcb, PAGE_SIZE);
	rt_ghcb_put(GHCB_RAX, 0);
	rt_ghcb_put(GHCB_EXIT_CODE, NAE_IOIO);
	rt_ghcb_put(GHCB_INFO1, PORT_80);
	rt_ghcb_put(GHCB_INFO2, 0);
	__builtin_memcpy(second, rt_ghcb, PAGE_SIZE);
	rt_wrmsr(MSR_GHCB, (u64)second);
	rt_vmgexit();
	rt_wrmsr(MSR_GHCB, (u64)rt_ghcb);
	__builtin_memcpy(rt_ghcb, second, PAGE_SIZE);
	malformed((u32)rt_ghcb_get(GHCB_INFO1), GHCB_NOT_REGISTERED,
		  "GHCB that is not registered");

	rt_ghcb_clear();
	__builtin_memcpy(rt_ghcb + GHCB_USAGE, &usage, sizeof(usage));
	rt_ghcb_put(GHCB_RAX, 0);
	malformed(rt_ghcb_exit(NAE_IOIO, PORT_80, 0), GHCB_BAD_USAGE,
		  "usage that is not defined");

	rt_ghcb_clear();
	rt_ghcb_put(GHCB_RAX, 0);
	rt_ghcb_put(GHCB_EXIT_CODE, NAE_IOIO);
	rt_ghcb_put(GHCB_INFO1, PORT_80);
	rt_vmgexit();
	malformed((u32)rt_ghcb_get(GHCB_INFO1), GHCB_MISSING_INPUT,
		  "SW_EXITINFO2 not valid");

	rt_ghcb_clear();
	malformed(rt_ghcb_exit(NAE_IOIO, PORT_80, 0), GHCB_MISSING_INPUT,
		  "OUT without RAX");
	rt_ghcb_clear();
	rt_ghcb_put(GHCB_RAX, 0);
	malformed(rt_ghcb_exit(NAE_CPUID, 0, 0), GHCB_MISSING_INPUT,
		  "CPUID without RCX");
	rt_ghcb_clear();
	rt_ghcb_put(GHCB_RCX, MSR_APIC_BASE);
	rt_ghcb_put(GHCB_RAX, 0);
	malformed(rt_ghcb_exit(NAE_MSR, 1, 0), GHCB_MISSING_INPUT,
		  "WRMSR without RDX");
	rt_ghcb_clear();
	malformed(rt_ghcb_exit(NAE_MSR, 0, 0), GHCB_MISSING_INPUT,
		  "RDMSR without RCX");
	rt_ghcb_clear();
	malformed(rt_ghcb_exit(0x12345, 0, 0), GHCB_BAD_EVENT, "unknown exit code");
}

static void scratch_areas(void)
{
	const u64 outs = PORT_80 | IO_STRING | IO_REP;

	rt_ghcb_clear();
	rt_ghcb_put(GHCB_SCRATCH, (u64)rt_ghcb + GHCB_BUFFER);
	guest_ok(rt_ghcb_exit(NAE_IOIO, outs, 16) == 0, "OUTS from the shared buffer");
	rt_ghcb_clear();
	rt_ghcb_put(GHCB_SCRATCH, (u64)second);
	guest_ok(rt_ghcb_exit(NAE_IOIO, outs, 16) == 0, "OUTS from a shared page");
	rt_ghcb_clear();
	malformed(rt_ghcb_exit(NAE_IOIO, outs, 16), GHCB_BAD_SCRATCH,
		  "OUTS without a scratch area");
	rt_ghcb_clear();
	rt_ghcb_put(GHCB_SCRATCH, (u64)&initial_msr);
	malformed(rt_ghcb_exit(NAE_IOIO, outs, 1), GHCB_BAD_SCRATCH,
		  "scratch area in private memory");
	rt_ghcb_clear();
	rt_ghcb_put(GHCB_SCRATCH, (u64)rt_ghcb);
	malformed(rt_ghcb_exit(NAE_IOIO, outs, 16), GHCB_BAD_SCRATCH,
		  "scratch area over the GHCB's registers");
	rt_ghcb_clear();
	rt_ghcb_put(GHCB_SCRATCH, (u64)rt_ghcb + GHCB_BUFFER + GHCB_BUFFER_SIZE - 1);
	malformed(rt_ghcb_exit(NAE_IOIO, outs, 2), GHCB_BAD_SCRATCH,
		  "scratch area beyond the shared buffer");
	rt_ghcb_clear();
	rt_ghcb_put(GHCB_SCRATCH, APIC_PAGE);
	malformed(rt_ghcb_exit(NAE_IOIO, outs, 1), GHCB_BAD_SCRATCH,
		  "scratch area that is no memory");
}

static void page_states(void)
{
	struct {
		u16 current;
		u16 end;
		u32 rsvd;
		u64 entry[3];
	} psc = { 0, 2, 0, {
		AREA | (u64)PSC_PRIVATE << 52,
		(AREA + PAGE_SIZE) | 9ULL << 52,
		(AREA + 2 * PAGE_SIZE) | (u64)PSC_PRIVATE << 52,
	} };
	u16 current;
	bool good;

	rt_ghcb_clear();
	rt_ghcb_put(GHCB_SCRATCH, (u64)rt_ghcb + GHCB_BUFFER);
	__builtin_memcpy(rt_ghcb + GHCB_BUFFER, &psc, sizeof(psc));
	good = rt_ghcb_exit(NAE_PSC, 0, 0) == 0 && rt_ghcb_get(GHCB_INFO2);
	__builtin_memcpy(&current, rt_ghcb + GHCB_BUFFER, sizeof(current));
	guest_ok(good, "page-state change with a bad entry fails");
	guest_ok(current == 1, "and stops at that entry");

	psc.entry[0] = AREA | (u64)PSC_SHARED << 52;
	psc.end = 0;
	rt_ghcb_clear();
	rt_ghcb_put(GHCB_SCRATCH, (u64)rt_ghcb + GHCB_BUFFER);
	__builtin_memcpy(rt_ghcb + GHCB_BUFFER, &psc, sizeof(psc));
	good = rt_ghcb_exit(NAE_PSC, 0, 0) == 0 && !rt_ghcb_get(GHCB_INFO2);
	__builtin_memcpy(&current, rt_ghcb + GHCB_BUFFER, sizeof(current));
	guest_ok(good, "a good one succeeds");
	guest_ok(current == 1, "and is past its end");
}

/** guest_main() - see the top of this file */
void guest_main(void)
{
	initial_msr = rt_rdmsr(MSR_GHCB);
	guest_init();
	guest_plan(13 + 8 + 7 + 4);
	guest_share(second);
	msr_protocol();
	page_protocol();
	scratch_areas();
	page_states();
}
