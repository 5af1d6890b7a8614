// SPDX-License-Identifier: MIT
/*
 * What the guest is told at its start, which protocols and calls there are,
 * and what a call does to registers (abi.rst: SNP-*, DISC-2, BAD-1, CALL-*,
 * CORE-1, IRQ-0, TIMER-C0). Command line "page": through the GHCB page.
 */
#include "svsm.h"

#define UNSUPPORTED_PROTOCOL	SVSM_ERR_UNSUPPORTED_PROTOCOL
#define UNSUPPORTED_CALL	SVSM_ERR_UNSUPPORTED_CALL

/* Offsets in the secrets page. */
#define SECRETS_VMPCK0		0x020
#define SECRETS_VMPCK_SIZE	0x020
#define SECRETS_SVSM_BASE	0x140
#define SECRETS_SVSM_SIZE	0x148
#define SECRETS_SVSM_CAA	0x150
#define SECRETS_SVSM_VERSION	0x158
#define SECRETS_SVSM_VMPL	0x15C

#define CPUID_TSC		0x15
#define STATUS_SECURE_TSC	BIT(11)

struct cpuid_entry {
	u32 leaf, subleaf;
	u64 xcr0, xss;
	u32 eax, ebx, ecx, edx;
	u64 reserved;
};

static u64 secret(u32 offset, u32 bytes)
{
	u64 value = 0;

	__builtin_memcpy(&value, (const u8 *)svsm_secrets + offset, bytes);
	return value;
}

static const struct cpuid_entry *leaf(u32 number)
{
	static const struct cpuid_entry none;
	const u32 *count = (const u32 *)svsm_cpuid;
	const struct cpuid_entry *entry = (const void *)(svsm_cpuid + 16);
	u32 i;

	for (i = 0; i < *count && i < 64; i++)
		if (entry[i].leaf == number)
			return &entry[i];
	return &none;
}

#define HANDOVER_ROWS	8

static void handover(void)
{
	const struct cpuid_entry *hint;
	u32 i, keys = 0;

	svsm_is(secret(SECRETS_SVSM_BASE, 8), SVSM_BASE, "SNP-1: SVSM's base");
	svsm_is(secret(SECRETS_SVSM_SIZE, 8), SVSM_END - SVSM_BASE,
		"SNP-1: SVSM's size");
	svsm_is(secret(SECRETS_SVSM_VERSION, 4), 1, "SNP-1: protocol version");
	svsm_is(secret(SECRETS_SVSM_VMPL, 1), 2, "SNP-1: the guest's VMPL");
	guest_ok((u64)svsm_area && !((u64)svsm_area % PAGE_SIZE),
		 "SNP-1: there is a calling area");
	for (i = 0; i < 2 * SECRETS_VMPCK_SIZE; i++)
		keys |= ((const u8 *)svsm_secrets)[SECRETS_VMPCK0 + i];
	svsm_is(keys, 0, "SNP-1: keys of VMPL0 and VMPL1 are zero");
	hint = leaf(SVSM_CPUID_SIGNATURE);
	guest_ok(hint->eax == SVSM_CPUID_TRANSPORT && hint->ebx == 0x4D535653 &&
		 hint->ecx == 0x54717249 && hint->edx == 0x72656D69,
		 "DISC-2: CPUID says SVSMIrqTimer");
	hint = leaf(SVSM_CPUID_TRANSPORT);
	guest_ok(hint->leaf && !hint->eax && !hint->ecx && !hint->edx &&
		 hint->ebx == SVSM_CPUID_TRANSPORT_VMGEXIT,
		 "DISC-2: and that calls go by VMGEXIT");
}

static const struct {
	u32 protocol;
	u32 call;
	u64 want;
	const char *name;
} unknown[] = {
	{ SVSM_PROTO_ATTEST, 0, UNSUPPORTED_PROTOCOL, "attestation services" },
	{ SVSM_PROTO_ATTEST, 1, UNSUPPORTED_PROTOCOL, "attestation, one service" },
	{ SVSM_PROTO_VTPM, 0, UNSUPPORTED_PROTOCOL, "vTPM query" },
	{ SVSM_PROTO_VTPM, 1, UNSUPPORTED_PROTOCOL, "vTPM command" },
	{ SVSM_PROTO_APIC, 0, UNSUPPORTED_PROTOCOL, "APIC query" },
	{ SVSM_PROTO_APIC, 1, UNSUPPORTED_PROTOCOL, "APIC configure" },
	{ SVSM_PROTO_UEFI_MM, 1, UNSUPPORTED_PROTOCOL, "UEFI MM" },
	{ 5, 0, UNSUPPORTED_PROTOCOL, "protocol 5" },
	{ 0x53560000, 0, UNSUPPORTED_PROTOCOL, "protocol before ours" },
	{ 0x53560003, 0, UNSUPPORTED_PROTOCOL, "protocol behind ours" },
	{ 0x80000000, 0, UNSUPPORTED_PROTOCOL, "protocol with the sign bit" },
	{ 0xFFFFFFFF, 0xFFFFFFFF, UNSUPPORTED_PROTOCOL, "last protocol" },
	{ SVSM_PROTO_CORE, CORE_DEPOSIT_MEM, UNSUPPORTED_CALL, "deposit memory" },
	{ SVSM_PROTO_CORE, CORE_WITHDRAW_MEM, UNSUPPORTED_CALL, "withdraw memory" },
	{ SVSM_PROTO_CORE, 8, UNSUPPORTED_CALL, "Core call 8" },
	{ SVSM_PROTO_CORE, 0xFFFFFFFF, UNSUPPORTED_CALL, "last Core call" },
	{ SVSM_PROTO_IRQ, 11, UNSUPPORTED_CALL, "IRQ call 11" },
	{ SVSM_PROTO_IRQ, 0x100, UNSUPPORTED_CALL, "IRQ call 256" },
	{ SVSM_PROTO_IRQ, 0xFFFFFFFF, UNSUPPORTED_CALL, "last IRQ call" },
	{ SVSM_PROTO_TIMER, 4, UNSUPPORTED_CALL, "TIMER call 4" },
	{ SVSM_PROTO_TIMER, 0xFFFFFFFF, UNSUPPORTED_CALL, "last TIMER call" },
};

#define VERSION_1	(1ULL << 32 | 1)

static const struct {
	u32 protocol;
	u32 version;
	u64 want;
	const char *name;
} versions[] = {
	{ SVSM_PROTO_CORE, 1, VERSION_1, "QUERY_PROTOCOL: Core 1" },
	{ SVSM_PROTO_CORE, 0, 0, "QUERY_PROTOCOL: Core 0" },
	{ SVSM_PROTO_CORE, 2, 0, "QUERY_PROTOCOL: Core 2" },
	{ SVSM_PROTO_CORE, 0xFFFFFFFF, 0, "QUERY_PROTOCOL: Core 2^32 - 1" },
	{ SVSM_PROTO_IRQ, 1, VERSION_1, "QUERY_PROTOCOL: IRQ 1" },
	{ SVSM_PROTO_IRQ, 0, 0, "QUERY_PROTOCOL: IRQ 0" },
	{ SVSM_PROTO_IRQ, 2, 0, "QUERY_PROTOCOL: IRQ 2" },
	{ SVSM_PROTO_TIMER, 1, VERSION_1, "QUERY_PROTOCOL: TIMER 1" },
	{ SVSM_PROTO_TIMER, 0, 0, "QUERY_PROTOCOL: TIMER 0" },
	{ SVSM_PROTO_TIMER, 2, 0, "QUERY_PROTOCOL: TIMER 2" },
	{ SVSM_PROTO_ATTEST, 1, 0, "QUERY_PROTOCOL: no attestation" },
	{ SVSM_PROTO_VTPM, 1, 0, "QUERY_PROTOCOL: no vTPM" },
	{ SVSM_PROTO_APIC, 1, 0, "QUERY_PROTOCOL: no APIC" },
	{ SVSM_PROTO_UEFI_MM, 1, 0, "QUERY_PROTOCOL: no UEFI MM" },
	{ 0xFFFFFFFF, 1, 0, "QUERY_PROTOCOL: no last protocol" },
};

static void protocols(void)
{
	u64 ret;
	u32 i;

	/* A bad address as well: that of the block is judged later (CALL-9). */
	for (i = 0; i < ARRAY_SIZE(unknown); i++)
		svsm_is(svsm_block_at(unknown[i].protocol, unknown[i].call, 3),
			unknown[i].want, unknown[i].name);
	for (i = 0; i < ARRAY_SIZE(versions); i++) {
		ret = svsm_call(SVSM_PROTO_CORE, CORE_QUERY_PROTOCOL,
				(u64)versions[i].protocol << 32 |
				versions[i].version, 0, 0, 0);
		svsm_is(ret ? ret : svsm_regs.rcx, versions[i].want,
			versions[i].name);
	}
}

#define VTOM_ROWS	3

static void vtom(void)
{
	u64 ret;

	ret = svsm_call(SVSM_PROTO_CORE, CORE_CONFIGURE_VTOM, 1, 0, 0, 0);
	guest_ok(!ret && !svsm_regs.rcx, "CONFIGURE_VTOM: query says none");
	svsm_is(svsm_call(SVSM_PROTO_CORE, CORE_CONFIGURE_VTOM, 0, 0, 0, 0),
		SVSM_ERR_INVALID_REQUEST, "CONFIGURE_VTOM: none cannot be set");
	svsm_is(svsm_call(SVSM_PROTO_CORE, CORE_CONFIGURE_VTOM, 0x80000000, 0,
			  0, 0),
		SVSM_ERR_INVALID_REQUEST, "CONFIGURE_VTOM: nor 2 GiB");
}

static u64 tsc_khz(void)
{
	const struct cpuid_entry *tsc = leaf(CPUID_TSC);

	return tsc->eax ? (u64)tsc->ecx * tsc->ebx / tsc->eax / 1000 : 0;
}

#define QUERY_ROWS	6

static void query(void)
{
	bool secure = rt_rdmsr(MSR_SEV_STATUS) & STATUS_SECURE_TSC;

	svsm_is(svsm_irq(SVSM_IRQ_QUERY, NULL), SVSM_SUCCESS, "IRQ-0: QUERY");
	svsm_is(svsm_regs.rcx, 0, "IRQ-0: features");
	svsm_is(svsm_regs.rdx, 1024 | 224ULL << 32,
		"IRQ-0: sources and host vectors");
	svsm_is(svsm_regs.r8, SVSM_DELIVERY_HOST_ASSISTED | 88 << 8 |
		(secure ? SVSM_QUERY_TSC_TRUSTED : 0) | 1ULL << 32,
		"IRQ-0: delivery mode, block size, TSC, version 1.0");
	svsm_is(svsm_timer(SVSM_TIMER_QUERY, NULL), SVSM_SUCCESS,
		"TIMER-C0: QUERY");
	guest_ok(!svsm_regs.rcx && svsm_regs.rdx == tsc_khz(),
		 "TIMER-C0: no features; frequency as in CPUID");
}

#define A	0x1111222233334444ULL
#define B	0x5555666677778888ULL

#define REGISTER_ROWS	8

static void registers(void)
{
	union svsm_block *block = (union svsm_block *)(svsm_area + 8);
	u64 rcx = (u64)block;

	__builtin_memset(block, 0, sizeof(*block));
	svsm_is(svsm_call(SVSM_PROTO_IRQ, SVSM_IRQ_RESET, rcx, A, B, 0),
		SVSM_SUCCESS, "CALL-4: RDX and R8 are ignored");
	guest_ok(svsm_regs.rcx == rcx && svsm_regs.rdx == A &&
		 svsm_regs.r8 == B && !svsm_regs.r9,
		 "CALL-1: registers without a value keep theirs");
	svsm_is(svsm_call(SVSM_PROTO_IRQ, SVSM_IRQ_QUERY, rcx, A, B, 1),
		SVSM_ERR_INVALID_PARAMETER, "CALL-4: R9 must be zero");
	guest_ok(svsm_regs.rcx == rcx && svsm_regs.rdx == A &&
		 svsm_regs.r8 == B && svsm_regs.r9 == 1,
		 "CALL-1: after an error all but RAX keep theirs");
	svsm_is(svsm_call(SVSM_PROTO_IRQ, SVSM_IRQ_QUERY, rcx + 1, A, B, B),
		SVSM_ERR_INVALID_ADDRESS, "CALL-9: address before R9");
	svsm_call(0x12345678, 0, A, B, A, B);
	guest_ok(svsm_regs.rcx == A && svsm_regs.rdx == B && svsm_regs.r8 == A &&
		 svsm_regs.r9 == B, "CALL-1: also of an unknown protocol");
	svsm_regs = (struct svsm_regs){ SVSM_CALL(SVSM_PROTO_IRQ, SVSM_IRQ_QUERY),
					rcx, A, B, 0 };
	svsm_exit(svsm_area, &svsm_regs, false);
	guest_ok(svsm_regs.rax == SVSM_CALL(SVSM_PROTO_IRQ, SVSM_IRQ_QUERY) &&
		 svsm_regs.rcx == rcx && svsm_regs.rdx == A && svsm_regs.r8 == B,
		 "SNP-3: an exit without call_pending is no call");
	svsm_is(svsm_irq(SVSM_IRQ_QUERY, NULL), SVSM_SUCCESS,
		"and does not disturb the next one");
}

/** guest_main() - see the top of this file */
void guest_main(void)
{
	guest_init();
	svsm_by_page = guest_is("page");
	guest_plan(HANDOVER_ROWS + ARRAY_SIZE(unknown) + ARRAY_SIZE(versions) +
		   VTOM_ROWS + QUERY_ROWS + REGISTER_ROWS);
	handover();
	protocols();
	vtom();
	query();
	registers();
}
