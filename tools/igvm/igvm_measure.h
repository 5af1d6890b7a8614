/* SPDX-License-Identifier: MIT */
/*
 * Launch measurement of an IGVM file: SEV-SNP launch digest, TDX MRTD.
 * Freestanding; needs sha384() and sha384_*() from the program that links it.
 */
#ifndef TOOLS_IGVM_IGVM_MEASURE_H
#define TOOLS_IGVM_IGVM_MEASURE_H

#include <stddef.h>

#include "igvm_read.h"

#define IGVM_DIGEST_SIZE	48

/* Page types of the SEV-SNP firmware ABI, SNP_LAUNCH_UPDATE. */
enum snp_page_type {
	SNP_PAGE_NORMAL		= 1,
	SNP_PAGE_VMSA		= 2,
	SNP_PAGE_ZERO		= 3,
	SNP_PAGE_UNMEASURED	= 4,
	SNP_PAGE_SECRETS	= 5,
	SNP_PAGE_CPUID		= 6,
};

/* One page, as igvm_measure_steps() reports it. */
struct igvm_step {
	enum igvm_platform_type platform;	/* SEV_SNP or TDX */
	enum snp_page_type type;	/* SEV_SNP */
	__u64 gpa;
	/* SEV_SNP: IGVM_DIGEST_SIZE bytes; TDX: the page; NULL: not measured */
	const __u8 *contents;
	const __u8 *ld;		/* SEV_SNP: launch digest after the step */
};

typedef void (*igvm_step_fn)(void *arg, const struct igvm_step *step);

/*
 * Provided by the program. SHA-384 of len bytes at data, and of a stream: any
 * number of whole blocks of 128 bytes, then the rest of any length.
 */
#define SHA384_BLOCK	128

struct sha384_stream {
	__u64 state[8];		/* the implementation's own */
	__u64 size;		/* bytes so far */
};

void sha384(const void *data, size_t len, __u8 out[IGVM_DIGEST_SIZE]);
void sha384_start(struct sha384_stream *s);
void sha384_blocks(struct sha384_stream *s, const void *data, size_t len);
void sha384_finish(struct sha384_stream *s, const void *data, size_t len,
		   __u8 out[IGVM_DIGEST_SIZE]);

void igvm_measure_digest(__u8 ld[IGVM_DIGEST_SIZE], enum snp_page_type type, __u64 gpa,
			 const __u8 *contents, __u32 perms);
void igvm_measure_page(__u8 ld[IGVM_DIGEST_SIZE], enum snp_page_type type, __u64 gpa,
		       const void *page, __u32 perms);
void igvm_measure_tdx_page(struct sha384_stream *mrtd, __u64 gpa, const void *page);
void igvm_measure_tdx_add(struct sha384_stream *mrtd, __u64 gpa);
int igvm_measure_steps(const struct igvm_file *f, __u32 mask,
		       __u8 digest[IGVM_DIGEST_SIZE], igvm_step_fn fn, void *arg);
int igvm_measure(const struct igvm_file *f, __u32 mask, __u8 digest[IGVM_DIGEST_SIZE]);

#endif
