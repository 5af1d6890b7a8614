// SPDX-License-Identifier: MIT
/*
 * Guest requests as the host sees them: which pages it takes, and what it says
 * of messages that firmware refuses (GHCB specification, SNP Guest Request; AMD
 * 56860, SNP_GUEST_REQUEST). Good messages are sent by those who have a cipher.
 *
 * Test "busy": two vCPUs ask at the same time; the one that comes too late must
 * be told so, and nothing else.
 */
#include "level.h"

#define NAE_GUEST_REQUEST	0x80000011
#define NAE_EXTENDED_REQUEST	0x80000012

#define FIRMWARE_BAD_MEASUREMENT	0x0B
#define FIRMWARE_INVALID_PARAM		0x16

#define HOST_BUSY			(2UL << 32)

#define NO_RAM		0xFEE00000UL

#define MSR_CPUID	0x004
#define REG_EBX		1
#define REGISTER	0x012
/* Until two requests meet. */
#define ROUNDS		20000

/* Header of a message: no tag, no seal. */
#define SEQNO		0x20
#define ALGORITHM	0x30
#define HEADER_VERSION	0x31
#define HEADER_SIZE	0x32
#define TYPE		0x34
#define VERSION		0x35
#define SIZE		0x36
#define VMPCK		0x3C

static u8 request[PAGE_SIZE] __attribute__((aligned(4096)));
static u8 response[PAGE_SIZE] __attribute__((aligned(4096)));
static u8 private[PAGE_SIZE] __attribute__((aligned(4096)));

static u8 ap_vmsa[PAGE_SIZE] __attribute__((aligned(4096)));
static u8 ap_ghcb[PAGE_SIZE] __attribute__((aligned(4096)));
static u8 ap_request[PAGE_SIZE] __attribute__((aligned(4096)));
static u8 ap_response[PAGE_SIZE] __attribute__((aligned(4096)));
static u8 ap_stack[2 * PAGE_SIZE] __attribute__((aligned(16)));
static volatile u64 ap_refused, ap_busy, ap_other;

static u64 ask(u64 code, const void *from, const void *to, int *result)
{
	*result = rt_ghcb_exit(code, (u64)from, (u64)to);
	return rt_ghcb_get(GHCB_INFO2);
}

/* The host itself refuses. */
static void refused(u64 code, const void *from, const void *to, u64 error,
		    const char *name)
{
	int result;
	u64 info2 = ask(code, from, to, &result);

	if (result != GHCB_MALFORMED || info2 != error)
		rt_print("# info1 %d info2 0x%lx\n", result, info2);
	guest_ok(result == GHCB_MALFORMED && info2 == error, name);
}

/* Firmware refuses, and leaves the answer's page alone. */
static void error(u64 code, u64 wanted, const char *name)
{
	bool untouched = true;
	int result;
	u64 info2;
	u32 i;

	__builtin_memset(response, 0xEE, PAGE_SIZE);
	info2 = ask(code, request, response, &result);
	for (i = 0; i < PAGE_SIZE; i++)
		untouched = untouched && response[i] == 0xEE;
	if (result || info2 != wanted)
		rt_print("# info1 %d info2 0x%lx\n", result, info2);
	guest_ok(!result && info2 == wanted && untouched, name);
}

static void pages(void)
{
	rt_ghcb_clear();
	refused(NAE_GUEST_REQUEST, request, request, GHCB_BAD_INPUT,
		"one page for both");
	refused(NAE_GUEST_REQUEST, private, response, GHCB_BAD_INPUT,
		"a private request page");
	refused(NAE_GUEST_REQUEST, request, private, GHCB_BAD_INPUT,
		"a private response page");
	refused(NAE_GUEST_REQUEST, request + 8, response, GHCB_BAD_INPUT,
		"a request that is not at the begin of its page");
	refused(NAE_GUEST_REQUEST, request, response + 8, GHCB_BAD_INPUT,
		"a response that is not at the begin of its page");
	refused(NAE_GUEST_REQUEST, (void *)NO_RAM, response, GHCB_BAD_INPUT,
		"a request outside of RAM");
	refused(NAE_GUEST_REQUEST, request, (void *)~0xFFFUL, GHCB_BAD_INPUT,
		"a response outside of everything");
}

static void extended(void)
{
	rt_ghcb_clear();
	refused(NAE_EXTENDED_REQUEST, request, response, GHCB_MISSING_INPUT,
		"extended: without RAX and RBX");
	rt_ghcb_put(GHCB_RAX, (u64)private);
	rt_ghcb_put(GHCB_RBX, 1);
	refused(NAE_EXTENDED_REQUEST, request, response, GHCB_BAD_INPUT,
		"extended: private pages for certificates");
	rt_ghcb_clear();
	rt_ghcb_put(GHCB_RAX, 0);
	rt_ghcb_put(GHCB_RBX, 0);
	error(NAE_EXTENDED_REQUEST, FIRMWARE_INVALID_PARAM,
	      "extended: no room for certificates, and a bad message");
}

static void put(u32 offset, u64 value, u32 size)
{
	__builtin_memcpy(request + offset, &value, size);
}

/* Right in all but its seal. */
static void well_formed(u8 *page)
{
	static const u8 header[] = {
		[SEQNO] = 1, [ALGORITHM] = 1, [HEADER_VERSION] = 1,
		[HEADER_SIZE] = 0x60, [TYPE] = 5, [VERSION] = 1, [SIZE] = 96,
		[VMPCK] = 0,
	};

	__builtin_memset(page, 0, PAGE_SIZE);
	__builtin_memcpy(page, header, sizeof(header));
}

static void messages(void)
{
	u32 i;

	rt_ghcb_clear();
	__builtin_memset(request, 0, PAGE_SIZE);
	error(NAE_GUEST_REQUEST, FIRMWARE_INVALID_PARAM, "a message of zeroes");
	__builtin_memset(request, 0xFF, PAGE_SIZE);
	error(NAE_GUEST_REQUEST, FIRMWARE_INVALID_PARAM, "a message of ones");

	well_formed(request);
	for (i = 0; i < 4; i++) {
		put(VMPCK, i, 1);
		error(NAE_GUEST_REQUEST, FIRMWARE_BAD_MEASUREMENT,
		      "a message that is not authentic");
	}
	put(VMPCK, 4, 1);
	error(NAE_GUEST_REQUEST, FIRMWARE_INVALID_PARAM, "there is no such key");
	put(VMPCK, 0, 1);
	put(SIZE, 0xFFFF, 2);
	error(NAE_GUEST_REQUEST, FIRMWARE_INVALID_PARAM, "longer than a page");
	put(SIZE, 96, 2);
	put(SEQNO, 2, 8);
	error(NAE_GUEST_REQUEST, FIRMWARE_INVALID_PARAM, "not the next number");
}

static void ap_put(u32 offset, u64 value)
{
	__builtin_memcpy(ap_ghcb + offset, &value, sizeof(value));
	ap_ghcb[GHCB_VALID + offset / 64] |= (u8)(1 << offset / 8 % 8);
}

/* The other vCPU: the same request for ever, through a GHCB of its own. */
static void __attribute__((noreturn)) ap_main(void)
{
	u64 info2;
	u16 version = 2;

	rt_wrmsr(MSR_GHCB, (u64)ap_ghcb | REGISTER);
	rt_vmgexit();
	rt_wrmsr(MSR_GHCB, (u64)ap_ghcb);
	for (;;) {
		__builtin_memset(ap_ghcb, 0, PAGE_SIZE);
		__builtin_memcpy(ap_ghcb + GHCB_VERSION, &version, sizeof(version));
		ap_put(GHCB_EXIT_CODE, NAE_GUEST_REQUEST);
		ap_put(GHCB_INFO1, (u64)ap_request);
		ap_put(GHCB_INFO2, (u64)ap_response);
		rt_vmgexit();
		__builtin_memcpy(&info2, ap_ghcb + GHCB_INFO2, sizeof(info2));
		if (info2 == FIRMWARE_BAD_MEASUREMENT)
			ap_refused++;
		else if (info2 == HOST_BUSY)
			ap_busy++;
		else
			ap_other++;
	}
}

static void start_other(void)
{
	u32 apic_id = (u32)(rt_ghcb_msr(1ULL << 32 | REG_EBX << 30 |
					MSR_CPUID) >> 56) + 1;
	struct attempt a;

	level_make_vmsa(ap_vmsa, 0, (u64)ap_main,
			(u64)ap_stack + sizeof(ap_stack));
	guest_rmpadjust(&a, (u64)ap_vmsa, 0, 1 | RMP_VMSA);
	if (a.vector >= 0 || (u32)a.rax != SNP_OK)
		guest_fail("RMPADJUST of the VMSA");
	rt_ghcb_clear();
	rt_ghcb_put(GHCB_RAX, LEVEL_SEV_FEATURES);
	if (rt_ghcb_exit(NAE_AP_CREATION, (u64)apic_id << 32 | AP_CREATE,
			 (u64)ap_vmsa))
		guest_fail("the other vCPU does not start");
}

static void two_at_once(void)
{
	u64 refusals = 0, busy = 0, others = 0, info2;
	u32 i;
	int result;

	guest_share(ap_ghcb);
	guest_share(ap_request);
	guest_share(ap_response);
	well_formed(request);
	well_formed(ap_request);
	start_other();
	rt_ghcb_clear();
	for (i = 0; i < ROUNDS && !((busy || ap_busy) && refusals && ap_refused); i++) {
		info2 = ask(NAE_GUEST_REQUEST, request, response, &result);
		if (result || (info2 != HOST_BUSY && info2 != FIRMWARE_BAD_MEASUREMENT))
			others++;
		else if (info2 == HOST_BUSY)
			busy++;
		else
			refusals++;
	}
	rt_print("# %lu refused and %lu busy, other vCPU %lu and %lu\n", refusals,
		 busy, ap_refused, ap_busy);
	guest_ok(refusals && ap_refused, "both vCPUs are served");
	guest_ok(busy || ap_busy, "who comes too late is told \"busy\"");
	guest_ok(!others && !ap_other, "and nothing else");
}

/** guest_main() - see the top of this file */
void guest_main(void)
{
	guest_init();
	guest_share(request);
	guest_share(response);
	if (guest_is("busy")) {
		guest_plan(3);
		two_at_once();
		return;
	}
	guest_plan(19);
	pages();
	extended();
	messages();
}
