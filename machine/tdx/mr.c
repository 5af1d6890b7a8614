/* SPDX-License-Identifier: MIT */
/*
 * Measurement registers, and the report that shows them: TDREPORT_STRUCT (TDX
 * Module 1.5 ABI specification), whose first part is the REPORTMACSTRUCT of
 * the processor (Intel TDX CPU architectural extensions, SEAMREPORT).
 */
#include "../start.h"
#include "call.h"
#include "test_key.h"

#define REPORT_TYPE_TDX		0x81
#define SHA256_BLOCK		64
#define SHA256_SIZE		32
/* the fields up to MRSEAM; there is no signer other than Intel */
#define TCB_INFO_VALID		0x1ffULL

struct report_mac {
	u8 type, subtype, version, reserved_003;
	u8 reserved_004[12];
	u8 cpu_svn[16];
	u8 tcb_info_hash[HASH_SIZE];
	u8 td_info_hash[HASH_SIZE];
	u8 data[REPORT_DATA_SIZE];
	u8 reserved_0c0[32];
	u8 mac[SHA256_SIZE];
};

/* No TDX module is behind it: version and measurements are zero. */
struct tcb_info {
	u64 valid;
	u8 svn[16];
	u8 mrseam[HASH_SIZE];
	u8 mrsignerseam[HASH_SIZE];
	u64 attributes;
	u8 svn2[16];
	u8 reserved_190[95];
} __attribute__((packed));

struct td_info {
	u64 attributes;
	u64 xfam;
	u8 mrtd[HASH_SIZE];
	u8 mrconfigid[HASH_SIZE];
	u8 mrowner[HASH_SIZE];
	u8 mrownerconfig[HASH_SIZE];
	u8 rtmr[RTMRS][HASH_SIZE];
	u8 servtd_hash[HASH_SIZE];
	u8 reserved_3c0[64];
};

struct report {
	struct report_mac mac;
	struct tcb_info tcb;
	u8 reserved_1ef[17];
	struct td_info td;
} __attribute__((packed));

_Static_assert(__builtin_offsetof(struct report_mac, mac) == 0xe0, "MAC");
_Static_assert(__builtin_offsetof(struct tcb_info, reserved_190) == 0x90, "TCB");
_Static_assert(__builtin_offsetof(struct report, td) == 0x200, "TDINFO");
_Static_assert(sizeof(struct report) == REPORT_SIZE, "TDREPORT");
_Static_assert(sizeof(TDX_REPORT_KEY) == TDX_REPORT_KEY_SIZE + 1, "key");

/* HMAC-SHA-256 (RFC 2104) of what stands before the MAC */
static void sign(struct report_mac *m)
{
	const u8 key[SHA256_BLOCK] = TDX_REPORT_KEY;
	struct {
		u8 pad[SHA256_BLOCK];
		u8 text[__builtin_offsetof(struct report_mac, mac)];
	} inner;
	struct {
		u8 pad[SHA256_BLOCK];
		u8 hash[SHA256_SIZE];
	} outer;

	for (u32 i = 0; i < SHA256_BLOCK; i++) {
		inner.pad[i] = key[i] ^ 0x36;
		outer.pad[i] = key[i] ^ 0x5c;
	}
	memcpy(inner.text, m, sizeof(inner.text));
	sha256(&inner, sizeof(inner), outer.hash);
	sha256(&outer, sizeof(outer), m->mac);
}

/**
 * tdx_rtmr_extend() - extend a run-time measurement register
 * @index: which
 * @data: what with
 */
void tdx_rtmr_extend(u32 index, const u8 data[HASH_SIZE])
{
	u8 both[2 * HASH_SIZE];

	spin_lock(&td.lock);
	memcpy(both, td.rtmr[index], HASH_SIZE);
	memcpy(both + HASH_SIZE, data, HASH_SIZE);
	sha384(both, sizeof(both), td.rtmr[index]);
	spin_unlock(&td.lock);
}

/**
 * tdx_report() - a report of the TD as it is now
 * @data: REPORTDATA: what the TD wants to be in it
 * @report: for the TDREPORT_STRUCT
 */
void tdx_report(const u8 data[REPORT_DATA_SIZE], u8 report[REPORT_SIZE])
{
	struct report *r = (struct report *)report;

	memset(r, 0, sizeof(*r));
	r->td.attributes = td.attributes;
	r->td.xfam = td.xfam;
	memcpy(r->td.mrtd, machine.launch_digest, HASH_SIZE);
	spin_lock(&td.lock);
	memcpy(r->td.rtmr, td.rtmr, sizeof(r->td.rtmr));
	spin_unlock(&td.lock);

	r->tcb.valid = TCB_INFO_VALID;
	r->mac.type = REPORT_TYPE_TDX;
	memcpy(r->mac.data, data, REPORT_DATA_SIZE);
	sha384(&r->tcb, __builtin_offsetof(struct report, reserved_1ef) -
	       __builtin_offsetof(struct report, tcb), r->mac.tcb_info_hash);
	sha384(&r->td, sizeof(r->td), r->mac.td_info_hash);
	sign(&r->mac);
}
