// SPDX-License-Identifier: MIT
/*
 * Launch measurement of an IGVM file.
 *
 * SEV-SNP: the launch digest is a chain. Each page that the loader hands to the
 * security processor hashes the digest so far together with what is measured of
 * the page (SEV-SNP firmware ABI, SNP_LAUNCH_UPDATE, structure PAGE_INFO).
 *
 * TDX: MRTD is one hash over a stream of 128-byte blocks, one or three for each
 * call of the loader (Intel TDX module base specification, TDH.MEM.PAGE.ADD and
 * TDH.MR.EXTEND).
 */
#include "igvm_measure.h"

struct page_info {
	__u8 digest_cur[IGVM_DIGEST_SIZE];
	__u8 contents[IGVM_DIGEST_SIZE];
	__u16 length;
	__u8 page_type;
	__u8 imi_page;
	__u8 reserved;
	__u8 vmpl_perms[3];	/* VMPL 1, 2, 3 */
	__u64 gpa;
} __attribute__((packed));

_Static_assert(sizeof(struct page_info) == 0x70, "page_info has the wrong size");
_Static_assert(offsetof(struct page_info, gpa) == 0x68, "page_info.gpa is misplaced");

static const __u8 zero_page[IGVM_PAGE_SIZE];

/* Only these two types have their contents measured. */
static int has_contents(enum snp_page_type type)
{
	return type == SNP_PAGE_NORMAL || type == SNP_PAGE_VMSA;
}

/**
 * igvm_measure_digest() - one step of the launch digest, contents as a hash
 * @ld: launch digest, updated; 48 zero bytes before the first step
 * @type: page type
 * @gpa: guest-physical address of the page
 * @contents: SHA-384 of the page; NULL for the types without contents
 * @perms: permissions of VMPL 1, 2, 3 in bits 7:0, 15:8, 23:16; loaders give 0
 */
void igvm_measure_digest(__u8 ld[IGVM_DIGEST_SIZE], enum snp_page_type type, __u64 gpa,
			 const __u8 *contents, __u32 perms)
{
	struct page_info info;

	__builtin_memset(&info, 0, sizeof(info));
	__builtin_memcpy(info.digest_cur, ld, IGVM_DIGEST_SIZE);
	if (contents)
		__builtin_memcpy(info.contents, contents, IGVM_DIGEST_SIZE);
	info.length = sizeof(info);
	info.page_type = (__u8)type;
	info.vmpl_perms[0] = (__u8)perms;
	info.vmpl_perms[1] = (__u8)(perms >> 8);
	info.vmpl_perms[2] = (__u8)(perms >> 16);
	info.gpa = gpa;
	sha384(&info, sizeof(info), ld);
}

/**
 * igvm_measure_page() - one step of the launch digest
 * @ld: launch digest, updated; 48 zero bytes before the first step
 * @type: page type
 * @gpa: guest-physical address of the page
 * @page: its 4096 bytes, NULL for zeroes; only used for NORMAL and VMSA
 * @perms: as for igvm_measure_digest()
 */
void igvm_measure_page(__u8 ld[IGVM_DIGEST_SIZE], enum snp_page_type type, __u64 gpa,
		       const void *page, __u32 perms)
{
	__u8 contents[IGVM_DIGEST_SIZE];

	if (has_contents(type))
		sha384(page ? page : zero_page, IGVM_PAGE_SIZE, contents);
	igvm_measure_digest(ld, type, gpa, has_contents(type) ? contents : NULL, perms);
}

/* What TDH.MR.EXTEND takes at a time. */
#define TDX_CHUNK	256

struct tdx_block {
	char name[16];		/* zero-padded */
	__u64 gpa;
	__u8 zero[104];
} __attribute__((packed));

_Static_assert(sizeof(struct tdx_block) == SHA384_BLOCK, "tdx_block has the wrong size");

/**
 * igvm_measure_tdx_add() - a page that is added to a TD without its contents
 * @mrtd: stream of the measurement
 * @gpa: guest-physical address of the page
 */
void igvm_measure_tdx_add(struct sha384_stream *mrtd, __u64 gpa)
{
	struct tdx_block b = { .name = "MEM.PAGE.ADD", .gpa = gpa };

	sha384_blocks(mrtd, &b, sizeof(b));
}

/**
 * igvm_measure_tdx_page() - a page that is added to a TD and measured
 * @mrtd: stream of the measurement
 * @gpa: guest-physical address of the page
 * @page: its 4096 bytes, NULL for zeroes
 */
void igvm_measure_tdx_page(struct sha384_stream *mrtd, __u64 gpa, const void *page)
{
	const __u8 *data = page ? page : zero_page;

	igvm_measure_tdx_add(mrtd, gpa);
	for (__u32 at = 0; at < IGVM_PAGE_SIZE; at += TDX_CHUNK) {
		struct tdx_block b = { .name = "MR.EXTEND", .gpa = gpa + at };

		sha384_blocks(mrtd, &b, sizeof(b));
		sha384_blocks(mrtd, data + at, TDX_CHUNK);
	}
}

static void walk_tdx_pages(const struct igvm_directive *d, struct sha384_stream *mrtd,
			   igvm_step_fn fn, void *arg)
{
	const __u8 *data = d->data;
	int measured = d->type == IGVM_VHT_PAGE_DATA &&
		       !(d->flags & IGVM_PAGE_FLAG_UNMEASURED);

	for (__u64 at = 0; at < d->size; at += IGVM_PAGE_SIZE) {
		const __u8 *page = !measured ? NULL : data ? data + at : zero_page;

		if (page)
			igvm_measure_tdx_page(mrtd, d->gpa + at, page);
		else
			igvm_measure_tdx_add(mrtd, d->gpa + at);
		if (fn)
			fn(arg, &(struct igvm_step){
				.platform = IGVM_PLATFORM_TDX,
				.gpa = d->gpa + at,
				.contents = page,
			});
	}
}

static void measure_tdx(const struct igvm_file *f, __u32 mask,
			__u8 digest[IGVM_DIGEST_SIZE], igvm_step_fn fn, void *arg)
{
	struct sha384_stream mrtd;
	struct igvm_directive d;
	struct igvm_iter it;

	sha384_start(&mrtd);
	igvm_iter_init(&it, f, mask);
	while (igvm_next(&it, &d)) {
		if (d.type == IGVM_VHT_PARAMETER_INSERT ||
		    (d.type == IGVM_VHT_PAGE_DATA &&
		     !(d.flags & IGVM_PAGE_FLAG_SHARED)))
			walk_tdx_pages(&d, &mrtd, fn, arg);
	}
	sha384_finish(&mrtd, NULL, 0, digest);
}

struct walk {
	__u8 *ld;
	__u8 zero_digest[IGVM_DIGEST_SIZE];	/* of a page of zeroes */
	igvm_step_fn fn;
	void *arg;
};

/* size bytes from gpa on, one step per 4 KiB; data NULL for zeroes. */
static void walk_pages(struct walk *w, enum snp_page_type type, __u64 gpa, __u64 size,
		       const __u8 *data)
{
	__u8 digest[IGVM_DIGEST_SIZE];
	const __u8 *contents;

	for (__u64 at = 0; at < size; at += IGVM_PAGE_SIZE) {
		contents = NULL;
		if (has_contents(type) && data) {
			sha384(data + at, IGVM_PAGE_SIZE, digest);
			contents = digest;
		} else if (has_contents(type)) {
			contents = w->zero_digest;
		}
		igvm_measure_digest(w->ld, type, gpa + at, contents, 0);
		if (w->fn)
			w->fn(w->arg, &(struct igvm_step){
				.platform = IGVM_PLATFORM_SEV_SNP,
				.type = type,
				.gpa = gpa + at,
				.contents = contents,
				.ld = w->ld,
			});
	}
}

static void walk_page_data(struct walk *w, const struct igvm_directive *d)
{
	enum snp_page_type type = SNP_PAGE_NORMAL;

	if (d->flags & IGVM_PAGE_FLAG_SHARED)
		return;
	if (d->data_type == IGVM_PAGE_SECRETS)
		type = SNP_PAGE_SECRETS;
	else if (d->data_type != IGVM_PAGE_NORMAL)
		type = SNP_PAGE_CPUID;
	else if (d->flags & IGVM_PAGE_FLAG_UNMEASURED)
		type = SNP_PAGE_UNMEASURED;
	walk_pages(w, type, d->gpa, d->size, d->data);
}

static void measure_snp(const struct igvm_file *f, __u32 mask,
			__u8 digest[IGVM_DIGEST_SIZE], igvm_step_fn fn, void *arg)
{
	struct walk w = { .ld = digest, .fn = fn, .arg = arg };
	struct igvm_directive d;
	struct igvm_iter it;

	__builtin_memset(digest, 0, IGVM_DIGEST_SIZE);
	sha384(zero_page, IGVM_PAGE_SIZE, w.zero_digest);
	igvm_iter_init(&it, f, mask);
	while (igvm_next(&it, &d)) {
		switch (d.type) {
		case IGVM_VHT_PAGE_DATA:
			walk_page_data(&w, &d);
			break;
		case IGVM_VHT_PARAMETER_INSERT:
			walk_pages(&w, SNP_PAGE_UNMEASURED, d.gpa, d.size, NULL);
			break;
		case IGVM_VHT_VP_CONTEXT:
			walk_pages(&w, SNP_PAGE_VMSA, d.gpa, d.size, d.data);
			break;
		}
	}
}

/**
 * igvm_measure_steps() - launch measurement of a file, step by step
 * @f: file that igvm_open() accepted
 * @mask: compatibility mask of the SEV-SNP or of the TDX platform
 * @digest: receives the launch digest or MRTD
 * @fn: called after each page, may be NULL
 * @arg: for @fn
 *
 * In file order, shared pages not at all, 2 MiB pages as 512 steps.
 *
 * SEV-SNP: page data by its type, inserted parameter areas as unmeasured pages,
 * contexts as VMSA pages. KVM measures VMSAs last whatever the file says, so the
 * result is the one of KVM only where the file has its one VMSA at the end.
 *
 * TDX: a page is added and extended, chunk by chunk, before the next one;
 * unmeasured pages and inserted parameter areas are only added.
 *
 * Return: 0, or -1 if @mask is not that of one of these platforms.
 */
int igvm_measure_steps(const struct igvm_file *f, __u32 mask,
		       __u8 digest[IGVM_DIGEST_SIZE], igvm_step_fn fn, void *arg)
{
	if (mask && mask == igvm_platform_mask(f, IGVM_PLATFORM_SEV_SNP))
		measure_snp(f, mask, digest, fn, arg);
	else if (mask && mask == igvm_platform_mask(f, IGVM_PLATFORM_TDX))
		measure_tdx(f, mask, digest, fn, arg);
	else
		return -1;
	return 0;
}

/**
 * igvm_measure() - launch measurement of a file
 * @f: file that igvm_open() accepted
 * @mask: compatibility mask of the SEV-SNP or of the TDX platform
 * @digest: receives the launch digest or MRTD, 48 bytes
 *
 * Return: 0, or -1 if @mask is not that of one of these platforms.
 */
int igvm_measure(const struct igvm_file *f, __u32 mask, __u8 digest[IGVM_DIGEST_SIZE])
{
	return igvm_measure_steps(f, mask, digest, NULL, NULL);
}
