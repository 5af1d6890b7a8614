/* SPDX-License-Identifier: MIT */
/*
 * Attestation evidence: the SEV-SNP attestation report (AMD 56860) and the
 * TDREPORT (TDX Module 1.5 ABI specification), read and verified.
 */
#ifndef TOOLS_ATTEST_REPORT_H
#define TOOLS_ATTEST_REPORT_H

#include <openssl/types.h>

#include <svsm/types.h>

#define SNP_REPORT_SIZE		0x4A0
#define TD_REPORT_SIZE		0x400

#define REPORT_DATA_SIZE	64
#define MEASUREMENT_SIZE	48
#define RTMR_COUNT		4

enum report_kind {
	REPORT_SNP,
	REPORT_TDX,
};

/**
 * struct report - evidence, taken apart but not verified
 * @kind: which platform's
 * @bytes: all of it
 * @size: bytes of it
 * @data: in @bytes: what the one who asked wanted to be in it
 * @measurement: in @bytes: launch digest or MRTD
 * @debug: the host may read and change the guest
 * @version: of the format
 * @vmpl: SEV-SNP: the level that asked
 * @policy: SEV-SNP: guest policy
 * @attributes: TDX: ATTRIBUTES
 * @xfam: TDX: XFAM
 * @rtmr: in @bytes: TDX: run-time measurement registers
 */
struct report {
	enum report_kind kind;
	u8 bytes[SNP_REPORT_SIZE];
	size_t size;
	const u8 *data;
	const u8 *measurement;
	bool debug;
	u32 version;
	u32 vmpl;
	u64 policy;
	u64 attributes;
	u64 xfam;
	const u8 *rtmr[RTMR_COUNT];
};

/* report_read.c: pure */
bool report_read(struct report *r, const u8 *input, size_t size, const char **why);
bool report_unhex(const char *text, size_t length, u8 *out, size_t size);

/* report_check.c */
EVP_PKEY *snp_test_key(void);
bool snp_signature_ok(const struct report *r, EVP_PKEY *key);
bool tdx_hashes_ok(const struct report *r);
bool tdx_mac_ok(const struct report *r);

/* Layout of both, for those two files */
#define SNP_SIGNED_SIZE		0x2A0
#define SNP_SIGNATURE_R		0x2A0
#define SNP_SIGNATURE_S		0x2E8
#define SNP_SIGNATURE_NUMBER	48	/* in a field of 72, little-endian */
#define SNP_SIGNATURE_END	0x330

#define TD_TCB_INFO_HASH	0x020
#define TD_INFO_HASH		0x050
#define TD_MAC			0x0E0
#define TD_MAC_SIZE		32
#define TD_TCB_INFO		0x100
#define TD_TCB_INFO_SIZE	239
#define TD_INFO			0x200
#define TD_INFO_SIZE		512

#endif /* TOOLS_ATTEST_REPORT_H */
