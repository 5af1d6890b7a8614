/* SPDX-License-Identifier: MIT */
/*
 * The attestation report (AMD 56860, "Attestation", ATTESTATION_REPORT version
 * 3), signed with the machine's test key: see test_key.h.
 */
#include "../cpu.h"
#include "../p384.h"
#include "../start.h"
#include "psp.h"
#include "test_key.h"

/* What a tester can tell at a glance from a real chip's. */
#define TEST_TCB		0x0403000000000201ULL	/* boot 1, tee 2, snp 3, microcode 4 */
#define TEST_CHIP_ID		"SVSM test machine, not a chip: its key is public"
#define TEST_BUILD		1
#define TEST_MINOR		55
#define TEST_MAJOR		1

#define REPORT_VERSION		3
#define SIGNATURE_ECDSA_P384	1

/* Numbers of a signature are little-endian, in fields of that size. */
#define SIGNATURE_NUMBER	72

struct report {
	u32 version;
	u32 guest_svn;
	u64 policy;
	u8 family_id[16];
	u8 image_id[16];
	u32 vmpl;
	u32 signature_algorithm;
	u64 current_tcb;
	u64 platform_info;
	u32 key_info;
	u32 reserved_04c;
	u8 data[64];
	u8 measurement[48];
	u8 host_data[32];
	u8 id_key_digest[48];
	u8 author_key_digest[48];
	u8 report_id[32];
	u8 report_id_ma[32];
	u64 reported_tcb;
	u8 cpu_family;
	u8 cpu_model;
	u8 cpu_stepping;
	u8 reserved_18b[21];
	u8 chip_id[64];
	u64 committed_tcb;
	u8 current_version[3];	/* build, minor, major */
	u8 reserved_1eb;
	u8 committed_version[3];
	u8 reserved_1ef;
	u64 launch_tcb;
	u8 reserved_1f8[0x2a0 - 0x1f8];
	u8 signature_r[SIGNATURE_NUMBER];
	u8 signature_s[SIGNATURE_NUMBER];
	u8 reserved_330[0x4a0 - 0x330];
};

_Static_assert(sizeof(struct report) == PSP_REPORT_SIZE, "report size");
_Static_assert(__builtin_offsetof(struct report, data) == 0x050, "data");
_Static_assert(__builtin_offsetof(struct report, report_id) == 0x140, "report_id");
_Static_assert(__builtin_offsetof(struct report, chip_id) == 0x1a0, "chip_id");
_Static_assert(__builtin_offsetof(struct report, launch_tcb) == 0x1f0, "launch_tcb");
_Static_assert(__builtin_offsetof(struct report, signature_r) == 0x2a0, "signature");

#define SIGNED_SIZE	__builtin_offsetof(struct report, signature_r)

/* Family and model with their extensions, as CPUID has them (APM volume 3). */
static void put_cpu(struct report *r)
{
	u32 regs[4], family, model;

	cpuid(1, 0, regs);
	family = regs[0] >> 8 & 0xf;
	model = regs[0] >> 4 & 0xf;
	if (family == 0xf) {
		family += regs[0] >> 20 & 0xff;
		model |= regs[0] >> 12 & 0xf0;
	}
	r->cpu_family = (u8)family;
	r->cpu_model = (u8)model;
	r->cpu_stepping = regs[0] & 0xf;
}

/* One number per launch: from the keys, which no other launch has. */
static void put_report_id(struct report *r)
{
	u8 hash[48];

	sha384(machine.vmpck, sizeof(machine.vmpck), hash);
	memcpy(r->report_id, hash, sizeof(r->report_id));
}

static void put_number(u8 to[SIGNATURE_NUMBER], const u8 from[P384_SIZE])
{
	for (u32 i = 0; i < P384_SIZE; i++)
		to[i] = from[P384_SIZE - 1 - i];
}

static void sign(struct report *r)
{
	static const u8 key[P384_SIZE] = SNP_TEST_KEY_PRIVATE;
	u8 digest[48], sig_r[P384_SIZE], sig_s[P384_SIZE];

	sha384(r, SIGNED_SIZE, digest);
	p384_sign(key, digest, sig_r, sig_s);
	put_number(r->signature_r, sig_r);
	put_number(r->signature_s, sig_s);
}

/**
 * psp_report() - make and sign an attestation report
 * @data: report_data
 * @vmpl: level that it is about
 * @report: filled in
 *
 * Of an ID block it says nothing: the machine does not check the owner's
 * signature, so its keys and names would be anybody's.
 */
void psp_report(const u8 data[64], u32 vmpl, u8 report[PSP_REPORT_SIZE])
{
	struct report r = {
		.version = REPORT_VERSION,
		.policy = machine.policy,
		.vmpl = vmpl,
		.signature_algorithm = SIGNATURE_ECDSA_P384,
		.current_tcb = TEST_TCB,
		.reported_tcb = TEST_TCB,
		.chip_id = TEST_CHIP_ID,
		.committed_tcb = TEST_TCB,
		.current_version = { TEST_BUILD, TEST_MINOR, TEST_MAJOR },
		.committed_version = { TEST_BUILD, TEST_MINOR, TEST_MAJOR },
		.launch_tcb = TEST_TCB,
	};

	memcpy(r.data, data, sizeof(r.data));
	memcpy(r.measurement, machine.launch_digest, sizeof(r.measurement));
	/* no migration agent */
	memset(r.report_id_ma, 0xff, sizeof(r.report_id_ma));
	put_report_id(&r);
	put_cpu(&r);
	sign(&r);
	memcpy(report, &r, sizeof(r));
}
