// SPDX-License-Identifier: MIT
/*
 * IGVM: reader, launch digest and the three programs.
 *
 * Files are composed here header by header, by a writer that is independent
 * of the one in igvm-build, then damaged in one place each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <elf.h>

#include <svsm/payload.h>

#include "build.h"
#include "igvm_measure.h"

#ifndef IGVM_TOOLS_DIR
#define IGVM_TOOLS_DIR "build"
#endif

const char program_name[] = "test_igvm";

/* Where file data begins in composed files; more headers than that move it. */
#define DATA	0x4000u

/*
 * Composing files
 */

struct compose {
	__u32 version, fixed_size, architecture, page_size;
	__u32 headers_at;	/* offset of the variable headers */
	__u8 *headers;
	size_t size, room;
	__u32 data_pages;
	int zero_data;		/* else a pattern */
	/* filled by emit() */
	__u8 *file;
	size_t file_size;
};

#define BODY(name, ...) (struct igvm_##name){ __VA_ARGS__ }
#define ADD(c, type, name, ...) \
	add(c, IGVM_VHT_##type, &BODY(name, __VA_ARGS__), sizeof(struct igvm_##name))

static void add(struct compose *c, __u32 type, const void *body, __u32 length)
{
	struct igvm_variable_header h = { type, length };
	size_t padded = sizeof(h) + ((length + 7) & ~7u);

	if (c->size + padded > c->room) {
		c->room = (c->room + padded) * 2;
		c->headers = realloc(c->headers, c->room);
		assert_non_null(c->headers);
	}
	memset(c->headers + c->size, 0, padded);
	memcpy(c->headers + c->size, &h, sizeof(h));
	memcpy(c->headers + c->size + sizeof(h), body, length);
	c->size += padded;
}

static void start(struct compose *c)
{
	*c = (struct compose){
		.version = 1,
		.fixed_size = IGVM_V1_HEADER_SIZE,
		.page_size = IGVM_PAGE_SIZE,
		.headers_at = IGVM_V1_HEADER_SIZE,
		.data_pages = 4,
	};
}

static void start_v2(struct compose *c)
{
	start(c);
	c->version = 2;
	c->fixed_size = IGVM_V2_HEADER_SIZE;
	c->headers_at = IGVM_V2_HEADER_SIZE;
}

static void add_platform(struct compose *c, __u32 mask, __u8 type)
{
	ADD(c, SUPPORTED_PLATFORM, supported_platform, .compatibility_mask = mask,
	    .platform_type = type, .platform_version = 1);
}

static void add_snp(struct compose *c)
{
	add_platform(c, 1, IGVM_PLATFORM_SEV_SNP);
}

static void add_tdx(struct compose *c)
{
	add_platform(c, 1, IGVM_PLATFORM_TDX);
}

static void add_page(struct compose *c, __u64 gpa, __u32 file_offset)
{
	ADD(c, PAGE_DATA, page_data, .gpa = gpa, .compatibility_mask = 1,
	    .file_offset = file_offset);
}

static void add_typed(struct compose *c, __u64 gpa, __u16 data_type, __u32 flags)
{
	ADD(c, PAGE_DATA, page_data, .gpa = gpa, .compatibility_mask = 1,
	    .flags = flags, .data_type = data_type);
}

static void add_area(struct compose *c, __u32 index, __u64 bytes)
{
	ADD(c, PARAMETER_AREA, parameter_area, .number_of_bytes = bytes,
	    .parameter_area_index = index);
}

static void add_insert(struct compose *c, __u32 index, __u64 gpa)
{
	ADD(c, PARAMETER_INSERT, parameter_insert, .gpa = gpa, .compatibility_mask = 1,
	    .parameter_area_index = index);
}

static void add_parameter(struct compose *c, __u32 type, __u32 index, __u32 offset)
{
	add(c, type, &BODY(parameter, index, offset), sizeof(struct igvm_parameter));
}

static void add_vmsa(struct compose *c, __u64 gpa, __u16 vp)
{
	ADD(c, VP_CONTEXT, vp_context, .gpa = gpa, .compatibility_mask = 1,
	    .file_offset = DATA, .vp_index = vp);
}

static void set_u32(__u8 *p, __u32 v)
{
	memcpy(p, &v, sizeof(v));
}

static __u32 get_u32(const __u8 *p)
{
	__u32 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* Bit by bit, so that it shares nothing with the table in the reader. */
static __u32 slow_crc32(__u32 crc, const __u8 *p, size_t n)
{
	crc = ~crc;
	while (n--) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++)
			crc = crc & 1 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
	}
	return ~crc;
}

/* Recompute the checksum of a file whose header fields are still sane. */
static void fix_crc(__u8 *file)
{
	__u32 fixed = get_u32(file + 4) == 2 ? IGVM_V2_HEADER_SIZE : IGVM_V1_HEADER_SIZE;

	set_u32(file + 20, 0);
	set_u32(file + 20, slow_crc32(slow_crc32(0, file, fixed), file + get_u32(file + 8),
				      get_u32(file + 12)));
}

/* Exactly as large as the file is, so that ASan sees a read behind it. */
static void emit(struct compose *c)
{
	size_t headers_end = c->headers_at + c->size;
	size_t data = headers_end > DATA ? headers_end : DATA;

	c->file_size = data + c->data_pages * IGVM_PAGE_SIZE;
	c->file = calloc(1, c->file_size);
	assert_non_null(c->file);
	set_u32(c->file, IGVM_MAGIC);
	set_u32(c->file + 4, c->version);
	set_u32(c->file + 8, c->headers_at);
	set_u32(c->file + 12, c->size);
	set_u32(c->file + 16, c->file_size);
	if (c->version == 2) {
		set_u32(c->file + 24, c->architecture);
		set_u32(c->file + 28, c->page_size);
	}
	memcpy(c->file + c->headers_at, c->headers, c->size);
	for (size_t i = 0; !c->zero_data && i < c->data_pages * IGVM_PAGE_SIZE; i++)
		c->file[data + i] = (__u8)(i * 7 + i / IGVM_PAGE_SIZE);
	fix_crc(c->file);
}

static void discard(struct compose *c)
{
	free(c->file);
	free(c->headers);
}

/* One of everything that a loader for SNP meets. */
static void add_usual(struct compose *c)
{
	add_snp(c);
	ADD(c, GUEST_POLICY, guest_policy, .policy = 0x30000, .compatibility_mask = 1);
	add_area(c, 0, 0x1000);
	add_area(c, 7, 0x2000);
	add_parameter(c, IGVM_VHT_VP_COUNT, 0, 0);
	add_parameter(c, IGVM_VHT_ENVIRONMENT_INFO, 0, 4);
	add_parameter(c, IGVM_VHT_MEMORY_MAP, 7, 0);
	add_insert(c, 0, 0x5000);
	add_insert(c, 7, 0x6000);
	ADD(c, REQUIRED_MEMORY, required_memory, .gpa = 0x1000, .compatibility_mask = 1,
	    .number_of_bytes = 0x10000);
	add_page(c, 0x1000, DATA);
	add_page(c, 0x2000, 0);
	add_typed(c, 0x3000, IGVM_PAGE_CPUID_DATA, 0);
	add_typed(c, 0x4000, IGVM_PAGE_SECRETS, 0);
	add_vmsa(c, IGVM_SNP_VMSA_GPA, 0);
}

static void compose_usual(struct compose *c)
{
	start(c);
	add_usual(c);
	emit(c);
}

static const char *open_reason(const void *data, size_t size)
{
	struct igvm_file f;
	const char *why = "not set";
	int result = igvm_open(&f, data, size, &why);

	assert_true(result == 0 || result == -1);
	assert_int_equal(result == 0, why == NULL);
	return why;
}

/*
 * CRC and digests against published values
 */

static void test_crc32(void **state)
{
	__u32 crc;

	(void)state;
	assert_int_equal(igvm_crc32(0, "", 0), 0);
	assert_int_equal(igvm_crc32(0, "123456789", 9), 0xCBF43926);
	crc = igvm_crc32(igvm_crc32(0, "1234", 4), "56789", 5);
	assert_int_equal(crc, 0xCBF43926);
}

static void from_hex(__u8 *out, const char *hex)
{
	unsigned int v;

	assert_int_equal(strlen(hex), 2 * IGVM_DIGEST_SIZE);
	for (int i = 0; i < IGVM_DIGEST_SIZE; i++) {
		assert_int_equal(sscanf(hex + 2 * i, "%2x", &v), 1);
		out[i] = (__u8)v;
	}
}

static void assert_digest(const __u8 *digest, const char *hex)
{
	__u8 want[IGVM_DIGEST_SIZE];

	from_hex(want, hex);
	assert_memory_equal(digest, want, sizeof(want));
}

static void measure_range(__u8 *ld, enum snp_page_type type, __u64 first, __u64 last)
{
	for (__u64 gpa = first; gpa <= last; gpa += 0x1000)
		igvm_measure_page(ld, type, gpa, NULL, 0);
}

/* sev-snp-measure: OVMF, one vCPU EPYC-v4, SEV_FEATURES 1, no kernel. */
static void test_published_chain(void **state)
{
	__u8 ld[IGVM_DIGEST_SIZE] = { 0 }, contents[IGVM_DIGEST_SIZE];

	(void)state;
	from_hex(contents, "3c11386e135b00d4065b771e222fda89b2fda0ab0cc364dfbbc7f0e4460c7dc9"
			   "70fcda61ec05a35d81aa2d521f694601");
	igvm_measure_digest(ld, SNP_PAGE_NORMAL, 0xFFFFF000, contents, 0);
	assert_digest(ld, "b91e6fec73d2bcc57ad5fd400a426ce02731c22ea92bc894ce675e7c9921a822"
			  "977d6cf025b85f8ef4f264bff8839d20");
	measure_range(ld, SNP_PAGE_ZERO, 0x800000, 0x808000);
	measure_range(ld, SNP_PAGE_ZERO, 0x80A000, 0x80C000);
	assert_digest(ld, "712946f39a57dea3f33ff43de2da5ddff5196b37d6c791ab0f0406a92d25c0cd"
			  "53736cd6b873527eeb0f3851167f5766");
	igvm_measure_page(ld, SNP_PAGE_SECRETS, 0x80D000, NULL, 0);
	assert_digest(ld, "3fbd41fb8d99fc50f4c83482f6002f290eba7a1827c49a0bc1b17c97122c86f1"
			  "cdf38346ae479cf5680dff0aba4c693e");
	igvm_measure_page(ld, SNP_PAGE_CPUID, 0x80E000, NULL, 0);
	assert_digest(ld, "1b53c84855c8319dc0aa8e5a838a4604efb9739005dacb36f31e6cdcdd8c03e6"
			  "58392821318b95bce5062ea577b03a3e");
	measure_range(ld, SNP_PAGE_ZERO, 0x80F000, 0x81F000);
	assert_digest(ld, "f412c116030c22fc6050a8d31ade3ea7a90e686aa7145ff10de1a3fbffdd370b"
			  "c431142d3940bcc09018b231618ba98b");
	from_hex(contents, "77920c4c629ff47e90c0e174fc1ad0eb6fa664f88cd4739488058a8c6cb1a77b"
			   "3856f55378e9518d0da99452d51c553a");
	igvm_measure_digest(ld, SNP_PAGE_VMSA, IGVM_SNP_VMSA_GPA, contents, 0);
	assert_digest(ld, "da0296de8193586a5512078dcd719eccecbd87e2b825ad4148c44f665dc87df2"
			  "1e5b49e21523a9ad993afdb6a30b4005");
}

static void put(__u8 *page, unsigned int offset, __u64 value, unsigned int bytes)
{
	memcpy(page + offset, &value, bytes);
}

static void put_segment(__u8 *page, unsigned int offset, __u64 selector, __u64 attributes,
			__u64 limit, __u64 base)
{
	put(page, offset, selector, 2);
	put(page, offset + 2, attributes, 2);
	put(page, offset + 4, limit, 4);
	put(page, offset + 8, base, 8);
}

/*
 * What make_vmsa() stores, moved to the reset state of the published chain.
 * Its contents hash then vouches for every offset that make_vmsa() uses.
 */
static void test_vmsa(void **state)
{
	__u8 vmsa[IGVM_PAGE_SIZE], digest[IGVM_DIGEST_SIZE];

	(void)state;
	make_vmsa(vmsa, 0x800000, 0x1);
	assert_int_equal(vmsa[0x10], 0x08);
	assert_int_equal(get_u32(vmsa + 0x10) >> 16, 0xC9B);
	assert_int_equal(get_u32(vmsa + 0x14), 0xFFFFFFFF);
	for (unsigned int seg = 0; seg <= 0x50; seg += 0x10) {
		if (seg == 0x10)
			continue;
		assert_int_equal(get_u32(vmsa + seg), 0x0C930010);
		assert_int_equal(get_u32(vmsa + seg + 4), 0xFFFFFFFF);
	}
	assert_int_equal(vmsa[0xCA], 0);
	assert_int_equal(get_u32(vmsa + 0x158), 0x31);
	assert_int_equal(get_u32(vmsa + 0x178), 0x800000);

	for (unsigned int seg = 0; seg <= 0x50; seg += 0x10)
		put_segment(vmsa, seg, 0, 0x93, 0xFFFF, 0);
	put_segment(vmsa, 0x10, 0xF000, 0x9B, 0xFFFF, 0xFFFF0000);
	put(vmsa, 0x158, 0x10, 8);
	put(vmsa, 0x178, 0xFFF0, 8);
	put(vmsa, 0x310, 0x800F12, 8);
	sha384(vmsa, sizeof(vmsa), digest);
	assert_digest(digest, "77920c4c629ff47e90c0e174fc1ad0eb6fa664f88cd4739488058a8c6cb1a77b"
			      "3856f55378e9518d0da99452d51c553a");

	/* The other published digest differs in SEV_FEATURES only. */
	from_hex(digest, "f412c116030c22fc6050a8d31ade3ea7a90e686aa7145ff10de1a3fbffdd370b"
			 "c431142d3940bcc09018b231618ba98b");
	put(vmsa, 0x3B0, 0x21, 8);
	igvm_measure_page(digest, SNP_PAGE_VMSA, IGVM_SNP_VMSA_GPA, vmsa, 0);
	assert_digest(digest, "28797ae0afaba4005a81e629acebfb59e6687949d6be44007cd5506823b0dd66"
			      "f146aaae26ff291eed7b493d8a64c385");
}

/* The same chain twice: page by page, and as a file through the walker. */
static void test_second_chain(void **state)
{
	static const char want[] =
		"c375263d6bb22c976fedadbe586133681b426b4233ade8b6b210ea4606620e8d"
		"2d7bc527c4dae83c7596386cde82329d";
	__u8 ld[IGVM_DIGEST_SIZE] = { 0 };
	struct igvm_file f;
	struct compose c;
	const char *why;

	(void)state;
	igvm_measure_page(ld, SNP_PAGE_NORMAL, 0x10000, NULL, 0);
	assert_digest(ld, "6a700778d86899861ca158177ddb255b59e9353602e1e86e495ad1393a49a524"
			  "a8cfb0472b97f31490070c247d904856");
	igvm_measure_page(ld, SNP_PAGE_UNMEASURED, 0x11000, NULL, 0);
	igvm_measure_page(ld, SNP_PAGE_CPUID, 0x12000, NULL, 0);
	igvm_measure_page(ld, SNP_PAGE_SECRETS, 0x13000, NULL, 0);
	igvm_measure_page(ld, SNP_PAGE_VMSA, IGVM_SNP_VMSA_GPA, NULL, 0);
	assert_digest(ld, want);

	start(&c);
	add_snp(&c);
	add_area(&c, 3, 0x1000);
	add_page(&c, 0x10000, 0);
	add_insert(&c, 3, 0x11000);
	add_typed(&c, 0x12000, IGVM_PAGE_CPUID_DATA, 0);
	add_typed(&c, 0x13000, IGVM_PAGE_SECRETS, 0);
	add_typed(&c, 0x20000, IGVM_PAGE_NORMAL, IGVM_PAGE_FLAG_SHARED);
	add_vmsa(&c, IGVM_SNP_VMSA_GPA, 0);
	c.zero_data = 1;
	emit(&c);
	assert_int_equal(igvm_open(&f, c.file, c.file_size, &why), 0);
	assert_int_equal(igvm_measure(&f, 1, ld), 0);
	assert_digest(ld, want);
	assert_int_equal(igvm_measure(&f, 2, ld), -1);
	assert_int_equal(igvm_measure(&f, 0, ld), -1);
	discard(&c);
}

/* Permissions, unmeasured pages, 2 MiB pages with and without data, areas. */
static void test_walker(void **state)
{
	__u8 want[IGVM_DIGEST_SIZE] = { 0 }, got[IGVM_DIGEST_SIZE], other[IGVM_DIGEST_SIZE];
	struct igvm_file f;
	struct compose c;
	const char *why;

	(void)state;
	start(&c);
	c.data_pages = 513;
	add_snp(&c);
	add_area(&c, 0, 0x3000);
	add_typed(&c, 0x400000, IGVM_PAGE_NORMAL, IGVM_PAGE_FLAG_2MB);
	ADD(&c, PAGE_DATA, page_data, .gpa = 0x200000, .compatibility_mask = 1,
	    .file_offset = DATA + 0x1000, .flags = IGVM_PAGE_FLAG_2MB);
	add_typed(&c, 0x3000, IGVM_PAGE_CPUID_XF, 0);
	add_insert(&c, 0, 0x10000);
	ADD(&c, PAGE_DATA, page_data, .gpa = 0x1000, .compatibility_mask = 1,
	    .file_offset = DATA, .flags = IGVM_PAGE_FLAG_UNMEASURED);
	add_page(&c, 0x2000, DATA);
	emit(&c);
	assert_int_equal(igvm_open(&f, c.file, c.file_size, &why), 0);
	assert_int_equal(igvm_measure(&f, 1, got), 0);

	measure_range(want, SNP_PAGE_NORMAL, 0x400000, 0x5FF000);
	for (unsigned int i = 0; i < 512; i++)
		igvm_measure_page(want, SNP_PAGE_NORMAL, 0x200000 + i * 0x1000,
				  c.file + DATA + 0x1000 + i * 0x1000, 0);
	igvm_measure_page(want, SNP_PAGE_CPUID, 0x3000, NULL, 0);
	measure_range(want, SNP_PAGE_UNMEASURED, 0x10000, 0x12000);
	igvm_measure_page(want, SNP_PAGE_UNMEASURED, 0x1000, NULL, 0);
	memcpy(other, want, sizeof(other));
	igvm_measure_page(want, SNP_PAGE_NORMAL, 0x2000, c.file + DATA, 0);
	assert_memory_equal(got, want, sizeof(want));

	igvm_measure_page(other, SNP_PAGE_NORMAL, 0x2000, c.file + DATA, 0x00010000);
	assert_memory_not_equal(got, other, sizeof(other));
	discard(&c);
}

/* The machine's own SHA-384, under other names: see rules.mk. */
void machine_sha384(const void *data, size_t size, __u8 out[IGVM_DIGEST_SIZE]);
void machine_sha384_start(struct sha384_stream *s);
void machine_sha384_blocks(struct sha384_stream *s, const void *data, size_t size);
void machine_sha384_finish(struct sha384_stream *s, const void *data, size_t size,
			   __u8 out[IGVM_DIGEST_SIZE]);

/* Both implementations, at once and as a stream, for every length of the rest. */
static void test_sha384(void **state)
{
	__u8 data[4 * SHA384_BLOCK], want[IGVM_DIGEST_SIZE], got[IGVM_DIGEST_SIZE];
	struct sha384_stream s;

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (__u8)(i * 31 + i / 256);
	sha384("abc", 3, want);
	assert_digest(want, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
			    "8086072ba1e7cc2358baeca134c825a7");
	for (size_t size = 0; size <= sizeof(data); size++) {
		sha384(data, size, want);
		machine_sha384(data, size, got);
		assert_memory_equal(got, want, sizeof(want));
		for (size_t first = 0; first <= size; first += SHA384_BLOCK) {
			sha384_start(&s);
			sha384_blocks(&s, data, first);
			sha384_finish(&s, data + first, size - first, got);
			assert_memory_equal(got, want, sizeof(want));
			machine_sha384_start(&s);
			machine_sha384_blocks(&s, data, first);
			machine_sha384_finish(&s, data + first, size - first, got);
			assert_memory_equal(got, want, sizeof(want));
		}
	}
}

/* Values computed from the rule by an independent program. */
static const char mrtd_zero_page[] =
	"07f08f558c5e2593b33452cf00c12a165c07b027a36424ecfa15ebf39b5415e0"
	"ed62418458e4bfd77f16fec0f1568dc9";
static const char mrtd_added[] =
	"73e66eb2f63d5a2c92c756c54b86b24f1a3d87c07a191518580ba4b227f9edda"
	"1faeb4223ffb2dd70c789055f9af5e7c";
static const char mrtd_two_pages[] =
	"56336d1d218f604f4b8c80a1be4e7769fb04165eb1840fe4416cadf9b9032fc8"
	"614beb9378156e1678023abcef1285ee";

static void test_mrtd(void **state)
{
	__u8 page[IGVM_PAGE_SIZE], digest[IGVM_DIGEST_SIZE];
	struct sha384_stream s;

	(void)state;
	sha384_start(&s);
	igvm_measure_tdx_page(&s, 0xFFFFF000, NULL);
	sha384_finish(&s, NULL, 0, digest);
	assert_digest(digest, mrtd_zero_page);

	sha384_start(&s);
	igvm_measure_tdx_add(&s, 0x800000);
	sha384_finish(&s, NULL, 0, digest);
	assert_digest(digest, mrtd_added);

	for (size_t i = 0; i < sizeof(page); i++)
		page[i] = (__u8)i;
	sha384_start(&s);
	igvm_measure_tdx_page(&s, 0x1000, page);
	igvm_measure_tdx_add(&s, 0x2000);
	sha384_finish(&s, NULL, 0, digest);
	assert_digest(digest, mrtd_two_pages);
}

/* Gives MRTD of the file and throws the file away. */
static void measure_tdx(struct compose *c, __u8 *digest)
{
	struct igvm_file f;
	const char *why;

	emit(c);
	for (size_t i = 0; i < 0x1000; i++)
		c->file[DATA + i] = (__u8)i;
	assert_int_equal(igvm_open(&f, c->file, c->file_size, &why), 0);
	assert_int_equal(igvm_measure(&f, 1, digest), 0);
	assert_int_equal(igvm_measure(&f, 2, digest), -1);
	discard(c);
}

/* Files: what is measured, what is only added, what is neither; the order. */
static void test_mrtd_file(void **state)
{
	__u8 digest[IGVM_DIGEST_SIZE], want[IGVM_DIGEST_SIZE];
	struct sha384_stream s;
	struct compose c;

	(void)state;
	start(&c);
	add_tdx(&c);
	add_page(&c, 0xFFFFF000, 0);
	measure_tdx(&c, digest);
	assert_digest(digest, mrtd_zero_page);

	/* A parameter area is added, in whatever order it was declared. */
	start(&c);
	add_tdx(&c);
	add_area(&c, 0, 0x1000);
	add_page(&c, 0x1000, DATA);
	add_typed(&c, 0x3000, IGVM_PAGE_NORMAL, IGVM_PAGE_FLAG_SHARED);
	add_insert(&c, 0, 0x2000);
	measure_tdx(&c, digest);
	assert_digest(digest, mrtd_two_pages);

	/* So is an unmeasured page, whatever it holds. */
	start(&c);
	add_tdx(&c);
	ADD(&c, PAGE_DATA, page_data, .gpa = 0x800000, .compatibility_mask = 1,
	    .file_offset = DATA, .flags = IGVM_PAGE_FLAG_UNMEASURED);
	measure_tdx(&c, digest);
	assert_digest(digest, mrtd_added);

	start(&c);
	add_tdx(&c);
	add_area(&c, 0, 0x1000);
	add_insert(&c, 0, 0x2000);
	add_page(&c, 0x1000, DATA);
	measure_tdx(&c, digest);
	from_hex(want, mrtd_two_pages);
	assert_memory_not_equal(digest, want, sizeof(want));

	/* TDH.MEM.PAGE.ADD knows 4 KiB only: a large page is 512 small ones. */
	start(&c);
	add_tdx(&c);
	add_typed(&c, 0x200000, IGVM_PAGE_NORMAL, IGVM_PAGE_FLAG_2MB);
	measure_tdx(&c, digest);
	sha384_start(&s);
	for (__u64 gpa = 0x200000; gpa < 0x400000; gpa += 0x1000)
		igvm_measure_tdx_page(&s, gpa, NULL);
	sha384_finish(&s, NULL, 0, want);
	assert_memory_equal(digest, want, sizeof(want));
}

/*
 * Reading
 */

static void test_iterate(void **state)
{
	static const __u32 types[] = {
		IGVM_VHT_SUPPORTED_PLATFORM, IGVM_VHT_GUEST_POLICY,
		IGVM_VHT_PARAMETER_AREA, IGVM_VHT_PARAMETER_AREA, IGVM_VHT_VP_COUNT,
		IGVM_VHT_ENVIRONMENT_INFO, IGVM_VHT_MEMORY_MAP,
		IGVM_VHT_PARAMETER_INSERT, IGVM_VHT_PARAMETER_INSERT,
		IGVM_VHT_REQUIRED_MEMORY, IGVM_VHT_PAGE_DATA, IGVM_VHT_PAGE_DATA,
		IGVM_VHT_PAGE_DATA, IGVM_VHT_PAGE_DATA, IGVM_VHT_VP_CONTEXT,
	};
	struct igvm_directive d;
	struct igvm_iter it;
	struct igvm_file f;
	struct compose c;
	const char *why;
	unsigned int n = 0;

	(void)state;
	compose_usual(&c);
	assert_int_equal(igvm_open(&f, c.file, c.file_size, &why), 0);
	assert_int_equal(f.version, 1);
	assert_int_equal(f.platforms, 1);
	assert_int_equal(igvm_platform_mask(&f, IGVM_PLATFORM_SEV_SNP), 1);
	assert_int_equal(igvm_platform_mask(&f, IGVM_PLATFORM_TDX), 0);

	igvm_iter_init(&it, &f, 1);
	for (; igvm_next(&it, &d); n++) {
		assert_true(n < sizeof(types) / sizeof(types[0]));
		assert_int_equal(d.type, types[n]);
		switch (n) {
		case 1:
			assert_int_equal(d.policy, 0x30000);
			break;
		case 5:
			assert_int_equal(d.area, 0);
			assert_int_equal(d.byte_offset, 4);
			assert_int_equal(d.area_bytes, 0x1000);
			break;
		case 8:
			assert_int_equal(d.area, 7);
			assert_int_equal(d.gpa, 0x6000);
			assert_int_equal(d.size, 0x2000);
			assert_null(d.data);
			break;
		case 9:
			assert_int_equal(d.size, 0x10000);
			break;
		case 10:
			assert_int_equal(d.gpa, 0x1000);
			assert_ptr_equal(d.data, c.file + DATA);
			assert_int_equal(d.data_size, 4096);
			break;
		case 11:
			assert_null(d.data);
			assert_int_equal(d.size, 4096);
			break;
		case 12:
			assert_int_equal(d.data_type, IGVM_PAGE_CPUID_DATA);
			break;
		case 14:
			assert_int_equal(d.gpa, IGVM_SNP_VMSA_GPA);
			assert_ptr_equal(d.data, c.file + DATA);
			break;
		}
	}
	assert_int_equal(n, sizeof(types) / sizeof(types[0]));
	discard(&c);
}

/* Two platforms: each sees its own headers and those that have no mask. */
static void test_masks(void **state)
{
	struct igvm_directive d;
	struct igvm_iter it;
	struct igvm_file f;
	struct compose c;
	const char *why;
	__u64 sum;

	(void)state;
	start(&c);
	add_platform(&c, 4, IGVM_PLATFORM_TDX);
	add_snp(&c);
	add_area(&c, 0, 0x1000);
	add_page(&c, 0x1000, DATA);
	ADD(&c, PAGE_DATA, page_data, .gpa = 0x1000, .compatibility_mask = 4);
	ADD(&c, PAGE_DATA, page_data, .gpa = 0x8000, .compatibility_mask = 5);
	add(&c, 0x80000355, "ignore", 6);
	emit(&c);
	assert_int_equal(igvm_open(&f, c.file, c.file_size, &why), 0);
	for (__u32 mask = 1; mask <= 4; mask *= 4) {
		igvm_iter_init(&it, &f, mask);
		for (sum = 0; igvm_next(&it, &d); )
			sum += d.type == IGVM_VHT_PAGE_DATA ? d.gpa : d.type << 20;
		assert_int_equal(sum, 0x9000 + (IGVM_VHT_SUPPORTED_PLATFORM << 20) +
				 (IGVM_VHT_PARAMETER_AREA << 20));
	}
	discard(&c);
}

/* Things that are unusual and allowed. */
static void accept_v2(struct compose *c)
{
	start_v2(c);
	add_usual(c);
}

static void accept_native(struct compose *c)
{
	start_v2(c);
	c->zero_data = 1;
	add_platform(c, 1, IGVM_PLATFORM_NATIVE);
	add_vmsa(c, 0, 0);
	add_page(c, 0, 0);
}

static void accept_gap(struct compose *c)
{
	c->headers_at = 0x40;
	add_usual(c);
}

static void accept_shared_data(struct compose *c)
{
	add_snp(c);
	add_page(c, 0x1000, DATA);
	add_page(c, 0x2000, DATA);
}

static void accept_area_contents(struct compose *c)
{
	add_snp(c);
	ADD(c, PARAMETER_AREA, parameter_area, .number_of_bytes = 0x2000,
	    .file_offset = DATA + 0x2000);
	add_insert(c, 0, 0x1000);
}

static void accept_optional(struct compose *c)
{
	add_snp(c);
	add(c, 0x80000799, "not in any range", 16);
	add(c, IGVM_VHT_OPTIONAL | IGVM_VHT_PAGE_DATA,
	    &BODY(page_data, .gpa = 0x1000, .compatibility_mask = 1), 24);
}

static void accept_relocations(struct compose *c)
{
	add_snp(c);
	ADD(c, RELOCATABLE_REGION, relocatable_region, .compatibility_mask = 1,
	    .relocation_alignment = 0x1000, .relocation_region_gpa = 0x10000,
	    .relocation_region_size = 0x2000, .maximum_relocation_gpa = 0x100000);
	ADD(c, PAGE_TABLE_RELOCATION, page_table_relocation, .compatibility_mask = 1,
	    .gpa = 0x12000, .size = 0x2000, .used_size = 0x1000);
	add_area(c, 0, 0x1000);
	add_insert(c, 0, 0x14000);
	add_vmsa(c, IGVM_SNP_VMSA_GPA, 0);
}

static void accept_contexts_of_vtls(struct compose *c)
{
	add_platform(c, 1, IGVM_PLATFORM_VSM_ISOLATION);
	add_vmsa(c, 0x1000, 0);
	add_vmsa(c, 0x2000, 0);
}

static void add_corim(struct compose *c, __u32 type, __u32 offset, __u32 bytes, __u32 rsvd)
{
	add(c, type, &BODY(corim, 1, offset, bytes, rsvd), sizeof(struct igvm_corim));
}

static void accept_corim(struct compose *c)
{
	add_snp(c);
	add_corim(c, IGVM_VHT_CORIM_DOCUMENT, DATA, 100, 0);
	add_corim(c, IGVM_VHT_CORIM_SIGNATURE, DATA + 100, 100, 0);
}

static void accept_id_block(struct compose *c)
{
	add_snp(c);
	ADD(c, SNP_ID_BLOCK, snp_id_block, .compatibility_mask = 1, .version = 1);
}

static void test_accept(void **state)
{
	static void (*const cases[])(struct compose *) = {
		add_usual, accept_v2, accept_native, accept_gap, accept_shared_data,
		accept_area_contents, accept_optional, accept_relocations,
		accept_contexts_of_vtls, accept_corim, accept_id_block,
	};
	struct compose c;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *why;

		start(&c);
		cases[i](&c);
		emit(&c);
		why = open_reason(c.file, c.file_size);
		if (why)
			fail_msg("case %zu: %s", i, why);
		discard(&c);
	}
}

/*
 * Rejections: one function per rule, composing a file that breaks only that.
 */

#define REJECT(name) static void reject_##name(struct compose *c)

REJECT(version)		{ add_usual(c); c->version = 3; }
REJECT(architecture)	{ start_v2(c); add_usual(c); c->architecture = IGVM_ARCH_AARCH64; }
REJECT(page_size)	{ start_v2(c); add_usual(c); c->page_size = 16384; }
REJECT(no_platform)	{ ADD(c, PARAMETER_AREA, parameter_area, 0x1000, 0, 0); }

REJECT(class_platform)
{
	add_usual(c);
	add_platform(c, 2, IGVM_PLATFORM_TDX);
}

REJECT(class_init)
{
	add_snp(c);
	add_page(c, 0x1000, 0);
	ADD(c, GUEST_POLICY, guest_policy, 0x30000, 1, 0);
}

REJECT(class_optional)
{
	add_snp(c);
	add_page(c, 0x1000, 0);
	add(c, IGVM_VHT_OPTIONAL | 0x150, "ignore", 6);
}

REJECT(unknown)		{ add_usual(c); add(c, 0x3FF, "", 0); }
REJECT(unknown_range)	{ add_usual(c); add(c, 0x999, "", 0); }
REJECT(reserved_type)	{ add_usual(c); add(c, 0x306, "", 0); }
REJECT(cca_policy)	{ add_snp(c); add(c, 0x106, (__u8[32]){ 1 }, 32); }

REJECT(long_header)
{
	add_snp(c);
	add(c, IGVM_VHT_PAGE_DATA, (__u8[32]){ 0, 0x10, [8] = 1 }, 32);
}

REJECT(short_header)
{
	add_snp(c);
	add(c, IGVM_VHT_PAGE_DATA, (__u8[16]){ 0, 0x10, [8] = 1 }, 16);
}

REJECT(padding)
{
	add_usual(c);
	c->headers[c->size - 1] = 1;
}

REJECT(truncated)	{ add_usual(c); c->size -= 8; }
REJECT(truncated_head)	{ add_usual(c); c->size -= 28; }
REJECT(truncated_pad)	{ add_usual(c); c->size -= 4; }

REJECT(huge_length)
{
	add_usual(c);
	add(c, 0x80000355, "", 0);
	set_u32(c->headers + c->size - 4, ~0u);
}

static void add_odd_platform(struct compose *c, struct igvm_supported_platform p)
{
	add(c, IGVM_VHT_SUPPORTED_PLATFORM, &p, sizeof(p));
	add_page(c, 0x1000, 0);
}

REJECT(platform_two_bits) { add_odd_platform(c, BODY(supported_platform, 3, 0, 2, 1, 0)); }
REJECT(platform_no_bit)	{ add_odd_platform(c, BODY(supported_platform, 0, 0, 2, 1, 0)); }
REJECT(platform_type)	{ add_odd_platform(c, BODY(supported_platform, 1, 0, 7, 1, 0)); }
REJECT(platform_cca)	{ add_odd_platform(c, BODY(supported_platform, 1, 0, 6, 1, 0)); }
REJECT(platform_version) { add_odd_platform(c, BODY(supported_platform, 1, 0, 2, 2, 0)); }
REJECT(platform_vtl)	{ add_odd_platform(c, BODY(supported_platform, 1, 1, 2, 1, 0)); }
REJECT(native_boundary)	{ add_odd_platform(c, BODY(supported_platform, 1, 0, 0, 1, 1ULL << 46)); }
REJECT(platform_twice)	{ add_snp(c); add_platform(c, 2, IGVM_PLATFORM_SEV_SNP); }
REJECT(mask_twice)	{ add_snp(c); add_platform(c, 1, IGVM_PLATFORM_TDX); }

REJECT(mask_unknown)
{
	add_snp(c);
	ADD(c, PAGE_DATA, page_data, .gpa = 0x1000, .compatibility_mask = 3);
}

REJECT(mask_empty)
{
	add_snp(c);
	ADD(c, PAGE_DATA, page_data, .gpa = 0x1000);
}

REJECT(mask_before_platform)
{
	add_platform(c, 2, IGVM_PLATFORM_TDX);
	ADD(c, REQUIRED_MEMORY, required_memory, 0x1000, 1, 0x1000, 0, 0);
}

REJECT(policy_reserved)	{ add_snp(c); ADD(c, GUEST_POLICY, guest_policy, 0x30000, 1, 1); }

REJECT(policy_twice)
{
	add_snp(c);
	ADD(c, GUEST_POLICY, guest_policy, 0x30000, 1, 0);
	ADD(c, GUEST_POLICY, guest_policy, 0x30000, 1, 0);
}

static void add_region(struct compose *c, struct igvm_relocatable_region r)
{
	r.compatibility_mask = 1;
	add(c, IGVM_VHT_RELOCATABLE_REGION, &r, sizeof(r));
}

static void region_case(struct compose *c, struct igvm_relocatable_region r)
{
	add_snp(c);
	add_region(c, r);
	add_vmsa(c, IGVM_SNP_VMSA_GPA, 0);
}

#define REGION(...) BODY(relocatable_region, .relocation_alignment = 0x2000, \
			 .relocation_region_gpa = 0x10000, .relocation_region_size = 0x2000, \
			 .maximum_relocation_gpa = 0x100000, __VA_ARGS__)
#pragma GCC diagnostic ignored "-Woverride-init"

REJECT(region_flags)	{ region_case(c, REGION(.flags = 8)); }
REJECT(region_vtl)	{ region_case(c, REGION(.vtl = 3)); }
REJECT(region_no_align)	{ region_case(c, REGION(.relocation_alignment = 0)); }
REJECT(region_odd_align) { region_case(c, REGION(.relocation_alignment = 0x800)); }
REJECT(region_gpa)	{ region_case(c, REGION(.relocation_region_gpa = 0x11000)); }
REJECT(region_max)	{ region_case(c, REGION(.maximum_relocation_gpa = 0x101000)); }
REJECT(region_min)	{ region_case(c, REGION(.minimum_relocation_gpa = 0x102000)); }
REJECT(region_size)	{ region_case(c, REGION(.relocation_region_size = 0x800)); }
REJECT(region_wide)	{ region_case(c, REGION(.maximum_relocation_gpa = 1ULL << 60)); }
REJECT(region_vp)	{ region_case(c, REGION(.vp_index = 1)); }

REJECT(region_overlap)
{
	add_snp(c);
	add_region(c, REGION(.flags = 0));
	add_region(c, REGION(.relocation_region_size = 0x1000));
	add_vmsa(c, IGVM_SNP_VMSA_GPA, 0);
}

REJECT(region_many)
{
	add_snp(c);
	for (__u64 i = 0; i <= IGVM_MAX_RELOCATIONS; i++)
		add_region(c, REGION(.relocation_region_gpa = 0x10000 + i * 0x2000));
	add_vmsa(c, IGVM_SNP_VMSA_GPA, 0);
}

static void table_case(struct compose *c, struct igvm_page_table_relocation r)
{
	add_snp(c);
	r.compatibility_mask = 1;
	add(c, IGVM_VHT_PAGE_TABLE_RELOCATION, &r, sizeof(r));
	add_area(c, 0, 0x2000);
	add_insert(c, 0, 0x11000);
	add_vmsa(c, IGVM_SNP_VMSA_GPA, 0);
}

#define TABLE(...) BODY(page_table_relocation, .gpa = 0x20000, .size = 0x2000, \
			.used_size = 0x1000, __VA_ARGS__)

REJECT(table_reserved)	{ table_case(c, TABLE(.reserved = 1)); }
REJECT(table_vtl)	{ table_case(c, TABLE(.vtl = 3)); }
REJECT(table_used)	{ table_case(c, TABLE(.used_size = 0x3000)); }
REJECT(table_used_odd)	{ table_case(c, TABLE(.used_size = 0x800)); }
REJECT(table_gpa)	{ table_case(c, TABLE(.gpa = 0x20800)); }
REJECT(table_insert)	{ table_case(c, TABLE(.gpa = 0x12000)); }

REJECT(table_twice)
{
	struct igvm_page_table_relocation r = TABLE(.compatibility_mask = 1);

	add_snp(c);
	add(c, IGVM_VHT_PAGE_TABLE_RELOCATION, &r, sizeof(r));
	r.gpa = 0x30000;
	add(c, IGVM_VHT_PAGE_TABLE_RELOCATION, &r, sizeof(r));
	add_vmsa(c, IGVM_SNP_VMSA_GPA, 0);
}

REJECT(corim_reserved)	{ add_snp(c); add_corim(c, IGVM_VHT_CORIM_DOCUMENT, DATA, 100, 1); }
REJECT(corim_empty)	{ add_snp(c); add_corim(c, IGVM_VHT_CORIM_DOCUMENT, DATA, 0, 0); }
REJECT(corim_beyond)	{ add_snp(c); add_corim(c, IGVM_VHT_CORIM_DOCUMENT, DATA, 0x4001, 0); }
REJECT(corim_order)	{ add_snp(c); add_corim(c, IGVM_VHT_CORIM_SIGNATURE, DATA, 1, 0); }
REJECT(corim_twice)	{ accept_corim(c); add_corim(c, IGVM_VHT_CORIM_DOCUMENT, DATA, 1, 0); }
REJECT(signature_twice)	{ accept_corim(c); add_corim(c, IGVM_VHT_CORIM_SIGNATURE, DATA, 1, 0); }

REJECT(area_empty)	{ add_snp(c); add_area(c, 0, 0); }
REJECT(area_size)	{ add_snp(c); add_area(c, 0, 0x1001); }
REJECT(area_large)	{ add_snp(c); add_area(c, 0, IGVM_MAX_AREA_BYTES + 0x1000ULL); }
REJECT(area_huge)	{ add_snp(c); add_area(c, 0, 1ULL << 63); }
REJECT(area_twice)	{ add_snp(c); add_area(c, 5, 0x1000); add_area(c, 5, 0x1000); }

REJECT(area_many)
{
	add_snp(c);
	for (__u32 i = 0; i <= IGVM_MAX_AREAS; i++)
		add_area(c, i, 0x1000);
}

REJECT(area_contents)
{
	add_snp(c);
	ADD(c, PARAMETER_AREA, parameter_area, 0x2000, 0, DATA + 0x3000);
}

REJECT(insert_first)
{
	add_snp(c);
	add_insert(c, 0, 0x1000);
	add_area(c, 0, 0x1000);
}

REJECT(insert_twice)
{
	add_snp(c);
	add_area(c, 0, 0x1000);
	add_insert(c, 0, 0x1000);
	add_insert(c, 0, 0x2000);
}

REJECT(insert_unaligned) { add_snp(c); add_area(c, 0, 0x1000); add_insert(c, 0, 0x1800); }

REJECT(insert_beyond)
{
	add_snp(c);
	add_area(c, 0, 0x2000);
	add_insert(c, 0, IGVM_MAX_GPA - 0x1000);
}

REJECT(parameter_no_area) { add_snp(c); add_parameter(c, IGVM_VHT_MADT, 0, 0); }

REJECT(parameter_late)
{
	add_snp(c);
	add_area(c, 0, 0x1000);
	add_insert(c, 0, 0x1000);
	add_parameter(c, IGVM_VHT_VP_COUNT, 0, 0);
}

static void parameter_case(struct compose *c, __u32 type, __u32 offset)
{
	add_snp(c);
	add_area(c, 0, 0x1000);
	add_parameter(c, type, 0, offset);
}

REJECT(count_fit)	{ parameter_case(c, IGVM_VHT_VP_COUNT, 0xFFD); }
REJECT(map_fit)		{ parameter_case(c, IGVM_VHT_MEMORY_MAP, 0xFE9); }
REJECT(mmio_fit)	{ parameter_case(c, IGVM_VHT_MMIO_RANGES, 0xFE1); }
REJECT(acpi_fit)	{ parameter_case(c, IGVM_VHT_SRAT, 0xFDD); }
REJECT(tree_fit)	{ parameter_case(c, IGVM_VHT_DEVICE_TREE, 0xFD9); }
REJECT(line_fit)	{ parameter_case(c, IGVM_VHT_COMMAND_LINE, 0x1000); }
REJECT(wrap_fit)	{ parameter_case(c, IGVM_VHT_ENVIRONMENT_INFO, 0xFFFFFFFF); }

static void page_case(struct compose *c, struct igvm_page_data p)
{
	add_snp(c);
	p.compatibility_mask = 1;
	add(c, IGVM_VHT_PAGE_DATA, &p, sizeof(p));
}

REJECT(page_reserved)	{ page_case(c, BODY(page_data, .gpa = 0x1000, .reserved = 1)); }
REJECT(page_flags)	{ page_case(c, BODY(page_data, .gpa = 0x1000, .flags = 8)); }
REJECT(page_type)	{ page_case(c, BODY(page_data, .gpa = 0x1000, .data_type = 4)); }
REJECT(page_unaligned)	{ page_case(c, BODY(page_data, .gpa = 0x1001)); }
REJECT(page_large_odd)	{ page_case(c, BODY(page_data, .gpa = 0x101000, .flags = 1)); }
REJECT(page_large_data)	{ page_case(c, BODY(page_data, .flags = 1, .file_offset = DATA)); }
REJECT(page_wide)	{ page_case(c, BODY(page_data, .gpa = IGVM_MAX_GPA)); }
REJECT(page_wrap)	{ page_case(c, BODY(page_data, .gpa = ~0xFFFULL)); }
REJECT(page_headers)	{ page_case(c, BODY(page_data, .gpa = 0x1000, .file_offset = 8)); }
REJECT(page_beyond)	{ page_case(c, BODY(page_data, .gpa = 0x1000, .file_offset = DATA + 0x3001)); }
REJECT(page_far)	{ page_case(c, BODY(page_data, .gpa = 0x1000, .file_offset = ~0u)); }
REJECT(secrets_shared)	{ page_case(c, BODY(page_data, .gpa = 0x1000, .data_type = 1, .flags = 4)); }
REJECT(cpuid_large)	{ page_case(c, BODY(page_data, .data_type = 2, .flags = 1)); }
REJECT(secrets_tdx)	{ add_tdx(c); add_typed(c, 0x1000, IGVM_PAGE_SECRETS, 0); }
REJECT(cpuid_tdx)	{ add_tdx(c); add_typed(c, 0x1000, IGVM_PAGE_CPUID_DATA, 0); }
REJECT(secrets_twice)	{ add_usual(c); add_typed(c, 0x10000, IGVM_PAGE_SECRETS, 0); }
REJECT(cpuid_twice)	{ add_usual(c); add_typed(c, 0x10000, IGVM_PAGE_CPUID_DATA, 0); }

REJECT(xf_twice)
{
	add_snp(c);
	add_typed(c, 0x10000, IGVM_PAGE_CPUID_XF, 0);
	add_typed(c, 0x11000, IGVM_PAGE_CPUID_XF, 0);
}

REJECT(same_page)	{ add_usual(c); add_page(c, 0x1000, 0); }
REJECT(page_on_insert)	{ add_usual(c); add_page(c, 0x7000, 0); }
REJECT(page_on_vmsa)	{ add_usual(c); add_page(c, IGVM_SNP_VMSA_GPA, 0); }
REJECT(page_in_large)	{ add_snp(c); add_typed(c, 0x200000, 0, 1); add_page(c, 0x3FF000, 0); }

REJECT(page_in_range)
{
	add_snp(c);
	ADD(c, ERROR_RANGE, error_range, 0x10000, 1, 0x10000);
	add_page(c, 0x18000, 0);
}

static void context_case(struct compose *c, struct igvm_vp_context v)
{
	add_snp(c);
	v.compatibility_mask = 1;
	add(c, IGVM_VHT_VP_CONTEXT, &v, sizeof(v));
}

REJECT(context_reserved) { context_case(c, BODY(vp_context, 0x1000, 0, DATA, 0, 1)); }
REJECT(context_no_data)	{ context_case(c, BODY(vp_context, 0x1000, 0, 0, 0, 0)); }
REJECT(context_gpa)	{ context_case(c, BODY(vp_context, 0x1800, 0, DATA, 0, 0)); }
REJECT(context_beyond)	{ context_case(c, BODY(vp_context, 0x1000, 0, DATA + 0x3001, 0, 0)); }
REJECT(context_headers)	{ context_case(c, BODY(vp_context, 0x1000, 0, 0x20, 0, 0)); }
REJECT(context_index)	{ context_case(c, BODY(vp_context, 0x1000, 0, DATA, IGVM_MAX_VPS, 0)); }
REJECT(context_twice)	{ add_usual(c); add_vmsa(c, 0x20000, 0); }
REJECT(context_tdx)	{ add_platform(c, 1, IGVM_PLATFORM_TDX); add_vmsa(c, 0, 0); }
REJECT(native_v1)	{ add_platform(c, 1, IGVM_PLATFORM_NATIVE); add_vmsa(c, 0, 0); }

static void memory_case(struct compose *c, struct igvm_required_memory m)
{
	add_snp(c);
	m.compatibility_mask = 1;
	add(c, IGVM_VHT_REQUIRED_MEMORY, &m, sizeof(m));
}

REJECT(memory_reserved)	{ memory_case(c, BODY(required_memory, 0x1000, 0, 0x1000, 0, 1)); }
REJECT(memory_flags)	{ memory_case(c, BODY(required_memory, 0x1000, 0, 0x1000, 2, 0)); }
REJECT(memory_gpa)	{ memory_case(c, BODY(required_memory, 0x1001, 0, 0x1000, 0, 0)); }
REJECT(memory_size)	{ memory_case(c, BODY(required_memory, 0x1000, 0, 0x1001, 0, 0)); }
REJECT(memory_empty)	{ memory_case(c, BODY(required_memory, 0x1000, 0, 0, 0, 0)); }
REJECT(range_size)	{ add_snp(c); ADD(c, ERROR_RANGE, error_range, 0x1000, 1, 0x10); }

static void id_case(struct compose *c, struct igvm_snp_id_block b)
{
	add_snp(c);
	add_platform(c, 2, IGVM_PLATFORM_TDX);
	add(c, IGVM_VHT_SNP_ID_BLOCK, &b, sizeof(b));
}

REJECT(id_reserved)
{
	id_case(c, BODY(snp_id_block, .compatibility_mask = 1, .reserved = { 0, 1 }));
}

REJECT(id_author)
{
	id_case(c, BODY(snp_id_block, .compatibility_mask = 1, .author_key_enabled = 2));
}

REJECT(id_platform)	{ id_case(c, BODY(snp_id_block, .compatibility_mask = 2)); }

REJECT(id_twice)
{
	accept_id_block(c);
	ADD(c, SNP_ID_BLOCK, snp_id_block, .compatibility_mask = 1);
}

/* More descending runs than the reader follows. */
REJECT(runs)
{
	add_snp(c);
	for (__u64 i = IGVM_MAX_RUNS + 1; i > 0; i--)
		add_page(c, i * 0x1000, 0);
}

#define ENTRY(name, why) { #name, reject_##name, why }

static const struct rejection {
	const char *name;
	void (*compose)(struct compose *c);
	const char *why;
} rejections[] = {
	ENTRY(version, "unknown IGVM format version"),
	ENTRY(architecture, "file is not for the x64 architecture"),
	ENTRY(page_size, "page size is not 4096"),
	ENTRY(no_platform, "file supports no platform"),
	ENTRY(class_platform, "variable headers are not in order"),
	ENTRY(class_init, "variable headers are not in order"),
	ENTRY(class_optional, "variable headers are not in order"),
	ENTRY(unknown, "unknown type of variable header"),
	ENTRY(unknown_range, "unknown type of variable header"),
	ENTRY(reserved_type, "unknown type of variable header"),
	ENTRY(cca_policy, "unknown type of variable header"),
	ENTRY(long_header, "variable header has the wrong length"),
	ENTRY(short_header, "variable header has the wrong length"),
	ENTRY(padding, "padding of a variable header is not zero"),
	ENTRY(truncated, "variable header is truncated"),
	ENTRY(truncated_head, "variable header is truncated"),
	ENTRY(truncated_pad, "padding of a variable header is truncated"),
	ENTRY(huge_length, "variable header is truncated"),
	ENTRY(platform_two_bits, "platform mask does not have exactly one bit"),
	ENTRY(platform_no_bit, "platform mask does not have exactly one bit"),
	ENTRY(platform_type, "unknown platform type"),
	ENTRY(platform_cca, "platform needs another architecture"),
	ENTRY(platform_version, "platform version is not 1"),
	ENTRY(platform_vtl, "highest VTL is neither 0 nor 2"),
	ENTRY(native_boundary, "platform cannot have a shared GPA boundary"),
	ENTRY(platform_twice, "two headers for one platform"),
	ENTRY(mask_twice, "two platforms with one mask"),
	ENTRY(mask_unknown, "compatibility mask names no platform"),
	ENTRY(mask_empty, "compatibility mask is empty"),
	ENTRY(mask_before_platform, "compatibility mask names no platform"),
	ENTRY(policy_reserved, "reserved field is not zero"),
	ENTRY(policy_twice, "two guest policies for one platform"),
	ENTRY(region_flags, "reserved flag is set"),
	ENTRY(region_vtl, "VTL is out of range"),
	ENTRY(region_no_align, "relocation alignment is not a multiple of the page size"),
	ENTRY(region_odd_align, "relocation alignment is not a multiple of the page size"),
	ENTRY(region_gpa, "relocation address is not a multiple of its alignment"),
	ENTRY(region_max, "relocation address is not a multiple of its alignment"),
	ENTRY(region_min, "relocation range is empty"),
	ENTRY(region_size, "size is not a multiple of the page size"),
	ENTRY(region_wide, "guest address is beyond the physical address width"),
	ENTRY(region_vp, "relocation names a processor without a context"),
	ENTRY(region_overlap, "relocation regions overlap"),
	ENTRY(region_many, "too many relocation regions"),
	ENTRY(table_reserved, "reserved field is not zero"),
	ENTRY(table_vtl, "VTL is out of range"),
	ENTRY(table_used, "used size of the page table region is wrong"),
	ENTRY(table_used_odd, "used size of the page table region is wrong"),
	ENTRY(table_gpa, "guest address is not page aligned"),
	ENTRY(table_insert, "parameters inside the page table region"),
	ENTRY(table_twice, "two page table relocations for one platform"),
	ENTRY(corim_reserved, "reserved field is not zero"),
	ENTRY(corim_empty, "size is zero"),
	ENTRY(corim_beyond, "file data reaches beyond the end of the file"),
	ENTRY(corim_order, "CoRIM signature before its document"),
	ENTRY(corim_twice, "two CoRIM documents for one platform"),
	ENTRY(signature_twice, "two CoRIM signatures for one platform"),
	ENTRY(area_empty, "size is zero"),
	ENTRY(area_size, "size is not a multiple of the page size"),
	ENTRY(area_large, "parameter area is too large"),
	ENTRY(area_huge, "parameter area is too large"),
	ENTRY(area_twice, "two parameter areas with one index"),
	ENTRY(area_many, "too many parameter areas"),
	ENTRY(area_contents, "file data reaches beyond the end of the file"),
	ENTRY(insert_first, "parameter area is inserted before it is declared"),
	ENTRY(insert_twice, "parameter area is inserted twice"),
	ENTRY(insert_unaligned, "guest address is not page aligned"),
	ENTRY(insert_beyond, "guest address is beyond the physical address width"),
	ENTRY(parameter_no_area, "parameter without a parameter area"),
	ENTRY(parameter_late, "parameter after its area was inserted"),
	ENTRY(count_fit, "parameter does not fit into its area"),
	ENTRY(map_fit, "parameter does not fit into its area"),
	ENTRY(mmio_fit, "parameter does not fit into its area"),
	ENTRY(acpi_fit, "parameter does not fit into its area"),
	ENTRY(tree_fit, "parameter does not fit into its area"),
	ENTRY(line_fit, "parameter does not fit into its area"),
	ENTRY(wrap_fit, "parameter does not fit into its area"),
	ENTRY(page_reserved, "reserved field is not zero"),
	ENTRY(page_flags, "reserved flag is set"),
	ENTRY(page_type, "unknown page data type"),
	ENTRY(page_unaligned, "guest address is not page aligned"),
	ENTRY(page_large_odd, "guest address is not page aligned"),
	ENTRY(page_large_data, "file data reaches beyond the end of the file"),
	ENTRY(page_wide, "guest address is beyond the physical address width"),
	ENTRY(page_wrap, "guest address is beyond the physical address width"),
	ENTRY(page_headers, "file_offset points into the headers"),
	ENTRY(page_beyond, "file data reaches beyond the end of the file"),
	ENTRY(page_far, "file data reaches beyond the end of the file"),
	ENTRY(secrets_shared, "special page is shared or larger than 4 KiB"),
	ENTRY(cpuid_large, "special page is shared or larger than 4 KiB"),
	ENTRY(secrets_tdx, "secrets or CPUID page for TDX"),
	ENTRY(cpuid_tdx, "secrets or CPUID page for TDX"),
	ENTRY(secrets_twice, "two secrets pages for one platform"),
	ENTRY(cpuid_twice, "two CPUID pages for one platform"),
	ENTRY(xf_twice, "two extended CPUID pages for one platform"),
	ENTRY(same_page, "two directives for one guest page"),
	ENTRY(page_on_insert, "two directives for one guest page"),
	ENTRY(page_on_vmsa, "two directives for one guest page"),
	ENTRY(page_in_large, "two directives for one guest page"),
	ENTRY(page_in_range, "two directives for one guest page"),
	ENTRY(context_reserved, "reserved field is not zero"),
	ENTRY(context_no_data, "VP context without data"),
	ENTRY(context_gpa, "guest address is not page aligned"),
	ENTRY(context_beyond, "file data reaches beyond the end of the file"),
	ENTRY(context_headers, "file_offset points into the headers"),
	ENTRY(context_index, "vp_index is too large"),
	ENTRY(context_twice, "two contexts for one virtual processor"),
	ENTRY(context_tdx, "VP context for TDX"),
	ENTRY(native_v1, "native VP context in a version 1 file"),
	ENTRY(memory_reserved, "reserved field is not zero"),
	ENTRY(memory_flags, "reserved flag is set"),
	ENTRY(memory_gpa, "guest address is not page aligned"),
	ENTRY(memory_size, "size is not a multiple of the page size"),
	ENTRY(memory_empty, "size is zero"),
	ENTRY(range_size, "size is not a multiple of the page size"),
	ENTRY(id_reserved, "reserved field is not zero"),
	ENTRY(id_author, "author_key_enabled is neither 0 nor 1"),
	ENTRY(id_platform, "SNP ID block for another platform"),
	ENTRY(id_twice, "two SNP ID blocks"),
	ENTRY(runs, "pages are in too many ascending runs"),
};

static void test_reject(void **state)
{
	struct compose c;

	(void)state;
	for (size_t i = 0; i < sizeof(rejections) / sizeof(rejections[0]); i++) {
		const struct rejection *r = &rejections[i];
		const char *why;

		start(&c);
		r->compose(&c);
		emit(&c);
		why = open_reason(c.file, c.file_size);
		if (!why || strcmp(why, r->why))
			fail_msg("%s: expected '%s', got '%s'", r->name, r->why,
				 why ? why : "accepted");
		discard(&c);
	}
}

/* Damage that the composer cannot make. */
static void test_reject_fixed(void **state)
{
	struct compose c;
	__u8 *copy;

	(void)state;
	compose_usual(&c);
	for (size_t size = 0; size < c.file_size; size += size < 0x400 ? 1 : 97) {
		/* A copy of that size, so that ASan sees what is read behind it. */
		copy = malloc(size ? size : 1);
		assert_non_null(copy);
		memcpy(copy, c.file, size);
		assert_string_equal(open_reason(copy, size), size < IGVM_V1_HEADER_SIZE ?
				    "file is shorter than an IGVM header" :
				    "total_file_size is not the size of the file");
		free(copy);
	}
	assert_string_equal(open_reason(c.file, c.file_size + (1ULL << 32)),
			    "total_file_size is not the size of the file");

	c.file[0]++;
	assert_string_equal(open_reason(c.file, c.file_size), "not an IGVM file (wrong magic)");
	c.file[0]--;
	c.file[20]++;
	assert_string_equal(open_reason(c.file, c.file_size), "header checksum is wrong");
	c.file[20]--;
	set_u32(c.file + 12, c.file_size - IGVM_V1_HEADER_SIZE);
	assert_string_equal(open_reason(c.file, c.file_size),
			    "variable headers reach to or beyond the end of the file");
	set_u32(c.file + 12, ~0u);
	assert_string_equal(open_reason(c.file, c.file_size),
			    "variable headers reach to or beyond the end of the file");
	set_u32(c.file + 8, 0x10);
	assert_string_equal(open_reason(c.file, c.file_size),
			    "variable_header_offset is too small or not 8-aligned");
	set_u32(c.file + 8, 0x1C);
	assert_string_equal(open_reason(c.file, c.file_size),
			    "variable_header_offset is too small or not 8-aligned");
	discard(&c);

	start(&c);
	accept_gap(&c);
	emit(&c);
	c.file[0x20] = 1;
	assert_string_equal(open_reason(c.file, c.file_size),
			    "bytes between fixed and variable headers are not zero");
	discard(&c);

	start_v2(&c);
	add_usual(&c);
	emit(&c);
	assert_string_equal(open_reason(c.file, IGVM_V1_HEADER_SIZE + 4),
			    "file is shorter than an IGVM header");
	set_u32(c.file + 8, IGVM_V1_HEADER_SIZE);
	assert_string_equal(open_reason(c.file, c.file_size),
			    "variable_header_offset is too small or not 8-aligned");
	discard(&c);

	start_v2(&c);
	accept_native(&c);
	emit(&c);
	c.file[DATA + sizeof(struct igvm_native_vp_context)] = 1;
	assert_string_equal(open_reason(c.file, c.file_size),
			    "native VP context is not followed by zeroes");
	discard(&c);
}

/*
 * Overlaps in files of any order, against the obvious quadratic check.
 */

static __u64 seed = 0x2545F4914F6CDD1DULL;

static __u32 next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (__u32)(seed >> 16);
}

static void test_overlaps(void **state)
{
	int accepted = 0, refused = 0;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		unsigned int n = 2 + next_random() % 24, space = 40 + next_random() % 4000;
		__u64 first[26], last[26];
		struct compose c;
		const char *why;
		int overlap = 0;

		start(&c);
		add_snp(&c);
		for (unsigned int i = 0; i < n; i++) {
			__u32 pages = next_random() % 4 ? 1 : 1 + next_random() % 6;

			first[i] = next_random() % space;
			last[i] = first[i] + pages - 1;
			if (pages == 1)
				add_page(&c, first[i] * 0x1000, 0);
			else
				ADD(&c, ERROR_RANGE, error_range, first[i] * 0x1000, 1,
				    pages * 0x1000);
			for (unsigned int j = 0; j < i; j++)
				overlap |= first[i] <= last[j] && first[j] <= last[i];
		}
		emit(&c);
		why = open_reason(c.file, c.file_size);
		if (overlap)
			assert_string_equal(why, "two directives for one guest page");
		else
			assert_null(why);
		accepted += !overlap;
		refused += overlap;
		discard(&c);
	}
	/* The generator must give both kinds, or this test is worth nothing. */
	assert_true(accepted > 200);
	assert_true(refused > 200);
}

/*
 * Mutations
 */

/* Use everything that a loader would: ASan watches. */
static __u32 consume(const struct igvm_file *f)
{
	__u8 digest[IGVM_DIGEST_SIZE];
	struct igvm_directive d;
	struct igvm_iter it;
	__u32 sum = 0, mask;

	igvm_iter_init(&it, f, ~0u);
	while (igvm_next(&it, &d)) {
		const __u8 *p = d.data;

		for (__u32 i = 0; p && i < d.data_size; i += 64)
			sum += p[i];
		if (p && d.data_size)
			sum += p[d.data_size - 1];
		assert_true(d.gpa + d.size <= IGVM_MAX_GPA);
	}
	mask = igvm_platform_mask(f, IGVM_PLATFORM_SEV_SNP);
	if (mask) {
		assert_int_equal(igvm_measure(f, mask, digest), 0);
		sum += digest[0];
	}
	return sum;
}

/* Any one damaged byte that the checksum or the gap rule covers is noticed. */
static void test_every_byte(void **state)
{
	struct igvm_file f;
	struct compose c;
	const char *why;
	size_t covered;

	(void)state;
	compose_usual(&c);
	covered = c.headers_at + c.size;
	for (size_t at = 0; at < c.file_size; at += at < covered ? 1 : 61) {
		for (int bit = 0; bit < 8; bit++) {
			int result;

			c.file[at] ^= 1 << bit;
			result = igvm_open(&f, c.file, c.file_size, &why);
			if (at < covered)
				assert_int_equal(result, -1);
			else
				assert_int_equal(result, 0);
			c.file[at] ^= 1 << bit;
		}
	}
	assert_int_equal(igvm_open(&f, c.file, c.file_size, &why), 0);
	discard(&c);
}

static void mutate(__u8 *file, __u32 covered)
{
	static const __u64 interesting[] = {
		0, 1, 2, 7, 8, 0xFFF, 0x1000, 0x1001, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF8,
		0xFFFFFFFF, 0x100000000, 1ULL << 51, 1ULL << 52, 1ULL << 63, ~0ULL,
		~0xFFFULL, 0x301, 0x302, 0x303, 0x304, 0x80000302, 20, 24,
	};
	__u32 at = next_random() % covered;
	__u64 v = interesting[next_random() % (sizeof(interesting) / sizeof(interesting[0]))];

	switch (next_random() % 4) {
	case 0:
		file[at] ^= 1 << next_random() % 8;
		break;
	case 1:
		file[at] = (__u8)next_random();
		break;
	case 2:
		at &= ~3u;
		memcpy(file + at, &v, 4);
		break;
	case 3:
		at &= ~7u;
		if (at + 8 <= covered)
			memcpy(file + at, &v, 8);
		break;
	}
}

/* Damaged headers with a right checksum: any answer, but no bad access. */
static void test_fuzz(void **state)
{
	static void (*const bases[])(struct compose *) = {
		add_usual, accept_v2, accept_native, accept_area_contents, accept_optional,
		accept_relocations, accept_contexts_of_vtls, accept_corim, accept_id_block,
	};
	unsigned int accepted = 0, refused = 0;

	(void)state;
	for (size_t base = 0; base < sizeof(bases) / sizeof(bases[0]); base++) {
		struct compose c;
		__u8 *good;
		__u32 covered;

		start(&c);
		bases[base](&c);
		emit(&c);
		covered = c.headers_at + c.size;
		good = malloc(c.file_size);
		assert_non_null(good);
		memcpy(good, c.file, c.file_size);
		for (int round = 0; round < 4000; round++) {
			struct igvm_file f;
			const char *why;

			memcpy(c.file, good, covered);
			for (unsigned int n = 1 + next_random() % 3; n; n--)
				mutate(c.file, covered);
			/* Where the header still says what the checksum covers. */
			if (get_u32(c.file + 8) <= c.file_size &&
			    get_u32(c.file + 12) <= c.file_size - get_u32(c.file + 8))
				fix_crc(c.file);
			if (igvm_open(&f, c.file, c.file_size, &why)) {
				assert_non_null(why);
				refused++;
				continue;
			}
			consume(&f);
			accepted++;
		}
		free(good);
		discard(&c);
	}
	/* Both outcomes must be common, or the mutations miss the point. */
	assert_true(accepted > 1000);
	assert_true(refused > 10000);
}

/*
 * The programs
 */

static char work[] = "/tmp/test_igvm.XXXXXX";
static char output[8192];	/* of the last command: stdout and stderr */

static int __attribute__((format(printf, 1, 2))) run(const char *fmt, ...)
{
	char command[8192];
	va_list ap;
	size_t n;
	FILE *p;
	int status;

	va_start(ap, fmt);
	n = snprintf(command, sizeof(command), "cd %s && timeout 60 " IGVM_TOOLS_DIR "/",
		     work);
	n += vsnprintf(command + n, sizeof(command) - n, fmt, ap);
	va_end(ap);
	assert_true(n + 6 < sizeof(command));
	strcat(command, " 2>&1");
	p = popen(command, "r");
	assert_non_null(p);
	n = fread(output, 1, sizeof(output) - 1, p);
	output[n] = 0;
	status = pclose(p);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void assert_output(const char *part)
{
	if (!strstr(output, part))
		fail_msg("expected '%s' in: %s", part, output);
}

static void assert_refused(int status, const char *line)
{
	assert_output(line);
	assert_int_equal(status, 1);
	/* One line, nothing else. */
	assert_ptr_equal(strchr(output, '\n'), output + strlen(output) - 1);
}

static void save(const char *name, const void *data, size_t size)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", work, name);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

static void load(struct blob *b, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", work, name);
	read_blob(b, path);
	b->name = name;
}

#define FW_BASE		0x800000u
#define FW_FILE_PAGES	10u		/* text page, 6 special pages, 3 of data */
#define FW_PAGES	13u		/* and bss */

struct fake_elf {
	Elf64_Ehdr header;
	Elf64_Phdr load[2];
	Elf64_Shdr section[3];		/* null, symtab, strtab */
	Elf64_Sym symbol[8];
	char strings[256];
	__u8 pages[FW_FILE_PAGES][4096] __attribute__((aligned(4096)));
};

static const char *const special[] = {
	"igvm_cpuid_page", "igvm_secrets_page", "igvm_param_page", "igvm_madt_page",
	"igvm_memory_map_page", "igvm_payload_page",
};

/*
 * Text in the first segment, all else in the second, whose p_vaddr is not its
 * p_paddr and whose first page it shares with the end of the first segment.
 */
static struct fake_elf *make_elf(__u64 base)
{
	const __u64 high = 0xFFFFFFFF80000000ULL;
	struct fake_elf *e = aligned_alloc(4096, sizeof(*e));
	size_t name = 1;

	assert_non_null(e);
	memset(e, 0, sizeof(*e));
	memcpy(e->header.e_ident, ELFMAG, SELFMAG);
	e->header.e_ident[EI_CLASS] = ELFCLASS64;
	e->header.e_ident[EI_DATA] = ELFDATA2LSB;
	e->header.e_type = ET_EXEC;
	e->header.e_machine = EM_X86_64;
	e->header.e_entry = high + base + 0x10;
	e->header.e_phoff = offsetof(struct fake_elf, load);
	e->header.e_phentsize = sizeof(Elf64_Phdr);
	e->header.e_phnum = 2;
	e->header.e_shoff = offsetof(struct fake_elf, section);
	e->header.e_shentsize = sizeof(Elf64_Shdr);
	e->header.e_shnum = 3;
	e->load[1] = (Elf64_Phdr){
		.p_type = PT_LOAD,
		.p_offset = offsetof(struct fake_elf, pages),
		.p_vaddr = high + base,
		.p_paddr = base,
		.p_filesz = 0x800,
		.p_memsz = 0x800,
	};
	e->load[0] = (Elf64_Phdr){
		.p_type = PT_LOAD,
		.p_offset = offsetof(struct fake_elf, pages) + 0x800,
		.p_vaddr = high + base + 0x800,
		.p_paddr = base + 0x800,
		.p_filesz = FW_FILE_PAGES * 4096 - 0x800 - 0x100,
		.p_memsz = FW_PAGES * 4096 - 0x800 - 0x10,
	};
	e->section[1] = (Elf64_Shdr){
		.sh_type = SHT_SYMTAB,
		.sh_offset = offsetof(struct fake_elf, symbol),
		.sh_size = sizeof(e->symbol),
		.sh_link = 2,
	};
	e->section[2] = (Elf64_Shdr){
		.sh_type = SHT_STRTAB,
		.sh_offset = offsetof(struct fake_elf, strings),
		.sh_size = sizeof(e->strings),
	};
	for (int i = 0; i < 6; i++) {
		e->symbol[1 + i] = (Elf64_Sym){
			.st_name = (Elf64_Word)name,
			.st_shndx = 1,
			.st_value = high + base + (1 + i) * 4096,
			.st_size = i & 1 ? 4096 : 0,
		};
		strcpy(e->strings + name, special[i]);
		name += strlen(special[i]) + 1;
	}
	memset(e->pages[0], 0xF4, 4096);
	memset(e->pages[1], 0x11, 16);		/* CPUID template */
	memset(e->pages[2], 0x22, 4096);	/* to be dropped: secrets */
	memset(e->pages[3], 0x33, 4096);	/* to be dropped: parameters */
	memset(e->pages[7], 0x77, 4096);	/* page 8 stays zero */
	memset(e->pages[9], 0x99, 4096);	/* last 0x100 bytes are bss */
	return e;
}

#define BZ_SETUP	(5 * 512)

static __u8 *make_bzimage(size_t size)
{
	__u8 *b = calloc(1, BZ_SETUP + size);

	assert_non_null(b);
	b[0x1F1] = BZ_SETUP / 512 - 1;
	put(b, 0x1F4, (size + 15) / 16, 4);
	put(b, 0x1FE, 0xAA55, 2);
	b[0x200] = 0xEB;
	b[0x201] = 0x6A;
	memcpy(b + 0x202, "HdrS", 4);
	put(b, 0x206, 0x20F, 2);
	b[0x211] = 1;
	put(b, 0x22C, 0x7FFFFFFF, 4);
	put(b, 0x230, 0x200000, 4);
	b[0x234] = 1;
	put(b, 0x236, 0x3F, 2);
	put(b, 0x238, 0x7FF, 4);
	put(b, 0x258, 0x1000000, 8);
	put(b, 0x260, 0x600000, 4);
	b[0x26B] = 0xAB;	/* last byte of the setup header */
	b[0x26C] = 0xCD;	/* not part of it */
	for (size_t i = 0; i < size; i++)
		b[BZ_SETUP + i] = (__u8)(i * 13 + i / 4096);
	return b;
}

#define KERNEL_SIZE	(5 * 4096 + 700)
#define INITRD_SIZE	(3 * 4096 + 1)

static __u8 initrd[INITRD_SIZE];

static int make_inputs(void **state)
{
	struct fake_elf *e;
	__u8 *b;

	(void)state;
	if (!mkdtemp(work))
		return -1;
	e = make_elf(FW_BASE);
	save("fw.elf", e, sizeof(*e));
	free(e);
	b = make_bzimage(KERNEL_SIZE);
	save("bz", b, BZ_SETUP + KERNEL_SIZE);
	free(b);
	for (size_t i = 0; i < sizeof(initrd); i++)
		initrd[i] = (__u8)(i / 5 + 1);
	save("initrd", initrd, sizeof(initrd));
	return 0;
}

static int remove_inputs(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", work);
	return system(command);
}

/* Compare a page of the file with size bytes, the rest being zero. */
static void assert_page(const struct igvm_directive *d, const void *want, size_t size)
{
	static const __u8 zeroes[4096];
	__u8 page[4096] = { 0 };

	memcpy(page, want, size < 4096 ? size : 4096);
	assert_int_equal(d->flags, 0);
	assert_memory_equal(d->data ? d->data : zeroes, page, 4096);
	/* Zeroes take no room in the file. */
	assert_int_equal(d->data == NULL, !memcmp(page, zeroes, 4096));
}

static void assert_firmware_page(const struct igvm_directive *d, const struct fake_elf *e)
{
	__u64 n = (d->gpa - FW_BASE) / 4096;

	assert_true(n < FW_PAGES);
	switch (n) {
	case 1:
		assert_int_equal(d->data_type, IGVM_PAGE_CPUID_DATA);
		assert_page(d, e->pages[1], 4096);
		return;
	case 2:
		assert_int_equal(d->data_type, IGVM_PAGE_SECRETS);
		assert_null(d->data);
		return;
	}
	assert_int_equal(d->data_type, IGVM_PAGE_NORMAL);
	assert_false(n >= 3 && n <= 5);		/* parameters are inserted there */
	if (n >= FW_FILE_PAGES)
		assert_null(d->data);
	else
		assert_page(d, e->pages[n], n == 9 ? 4096 - 0x100 : 4096);
}

static void assert_payload_page(const struct igvm_directive *d)
{
	struct igvm_payload want = {
		.magic = 0x0044414F4C594150ULL,
		.kernel_gpa = 0x1000000,
		.kernel_size = KERNEL_SIZE,
		.kernel_entry = 0x1000200,
		.kernel_init_size = 0x600000,
		.initrd_gpa = 0x8000000,
		.initrd_size = INITRD_SIZE,
		.cmdline = "console=ttyS0 quiet",
	};
	__u8 *b = make_bzimage(16);

	memcpy(want.setup_header, b + 0x1F1, 0x26C - 0x1F1);
	put(want.setup_header, 3, (KERNEL_SIZE + 15) / 16, 4);
	free(b);
	assert_page(d, &want, sizeof(want));
}

static void test_build(void **state)
{
	struct fake_elf *e = make_elf(FW_BASE);
	__u8 *bz = make_bzimage(KERNEL_SIZE), vmsa[4096], digest[IGVM_DIGEST_SIZE];
	unsigned int pages = 0, inserts = 0, parameters = 0;
	struct igvm_directive d;
	struct igvm_iter it;
	struct igvm_file f;
	struct blob file, again;
	const char *why;
	__u64 last = 0;
	char hex[2 * IGVM_DIGEST_SIZE + 2];

	(void)state;
	assert_int_equal(run("igvm-build --firmware fw.elf --kernel bz --initrd initrd --vtl2 "
			     "--cmdline 'console=ttyS0 quiet' --sev-features 0x29 -o a"), 0);
	assert_string_equal(output, "");
	load(&file, "a");
	if (igvm_open(&f, file.data, file.size, &why))
		fail_msg("%s", why);
	assert_int_equal(f.version, 1);
	assert_int_equal(f.platforms, 1);
	assert_int_equal(f.platform[0].type, IGVM_PLATFORM_SEV_SNP);
	assert_int_equal(f.platform[0].mask, 1);
	assert_int_equal(f.platform[0].highest_vtl, 2);

	igvm_iter_init(&it, &f, 1);
	d.type = 0;
	while (igvm_next(&it, &d)) {
		switch (d.type) {
		case IGVM_VHT_GUEST_POLICY:
			assert_int_equal(d.policy, 0x30000);
			break;
		case IGVM_VHT_PARAMETER_INSERT:
			assert_int_equal(d.gpa, FW_BASE + (3 + d.area) * 4096);
			inserts++;
			break;
		case IGVM_VHT_VP_COUNT:
		case IGVM_VHT_ENVIRONMENT_INFO:
			assert_int_equal(d.area, 0);
			assert_int_equal(d.byte_offset, d.type == IGVM_VHT_VP_COUNT ? 0 : 4);
			parameters++;
			break;
		case IGVM_VHT_MADT:
		case IGVM_VHT_MEMORY_MAP:
			assert_int_equal(d.area, d.type == IGVM_VHT_MADT ? 1 : 2);
			assert_int_equal(d.byte_offset, 0);
			parameters++;
			break;
		case IGVM_VHT_PAGE_DATA:
			assert_true(d.gpa > last);
			last = d.gpa;
			pages++;
			if (d.gpa == FW_BASE + 6 * 4096)
				assert_payload_page(&d);
			else if (d.gpa < 0x1000000)
				assert_firmware_page(&d, e);
			else if (d.gpa < 0x8000000)
				assert_page(&d, bz + BZ_SETUP + (d.gpa - 0x1000000),
					    KERNEL_SIZE - (d.gpa - 0x1000000));
			else
				assert_page(&d, initrd + (d.gpa - 0x8000000),
					    INITRD_SIZE - (d.gpa - 0x8000000));
			break;
		case IGVM_VHT_VP_CONTEXT:
			assert_int_equal(d.gpa, IGVM_SNP_VMSA_GPA);
			assert_int_equal(d.vp_index, 0);
			make_vmsa(vmsa, FW_BASE + 0x10, 0x29);
			assert_memory_equal(d.data, vmsa, 4096);
			/* Last of all: KVM measures it last. */
			assert_int_equal(it.pos, f.file_data);
			break;
		}
	}
	assert_int_equal(inserts, 3);
	assert_int_equal(parameters, 4);
	assert_int_equal(pages, FW_PAGES - 3 + 6 + 4);

	assert_int_equal(run("igvm-build --firmware fw.elf --kernel bz --initrd initrd --vtl2 "
			     "--cmdline 'console=ttyS0 quiet' --sev-features 0x29 -o b"), 0);
	load(&again, "b");
	assert_int_equal(again.size, file.size);
	assert_memory_equal(again.data, file.data, file.size);

	assert_int_equal(igvm_measure(&f, 1, digest), 0);
	for (int i = 0; i < IGVM_DIGEST_SIZE; i++)
		sprintf(hex + 2 * i, "%02x", digest[i]);
	strcat(hex, "\n");
	assert_int_equal(run("igvm-measure a"), 0);
	assert_string_equal(output, hex);
	assert_int_equal(run("igvm-measure --verbose a"), 0);
	assert_output("VMSA       0xfffffffff000 ");
	assert_string_equal(output + strlen(output) - strlen(hex), hex);

	free(file.data);
	free(again.data);
	free(bz);
	free(e);
}

/* Payload page of a file that this command builds from fw.elf. */
static void assert_bare(const char *options, const struct igvm_payload *want, size_t size)
{
	struct igvm_directive d;
	struct igvm_iter it;
	struct igvm_file f;
	struct blob file;
	const char *why;
	int found = 0;

	assert_int_equal(run("igvm-build --firmware fw.elf %s -o a", options), 0);
	load(&file, "a");
	assert_int_equal(igvm_open(&f, file.data, file.size, &why), 0);
	assert_int_equal(f.platform[0].highest_vtl, 0);
	igvm_iter_init(&it, &f, 1);
	while (igvm_next(&it, &d)) {
		if (d.type != IGVM_VHT_PAGE_DATA || d.gpa != FW_BASE + 6 * 4096)
			continue;
		assert_page(&d, want, size);
		found++;
	}
	assert_int_equal(found, 1);
	free(file.data);
}

/* Without a kernel: a payload page of zeroes, or with what else was asked for. */
static void test_build_bare(void **state)
{
	struct igvm_payload want = { .cmdline = "test=all" };

	(void)state;
	assert_bare("", &want, 0);
	assert_bare("--cmdline test=all", &want, sizeof(want));
	want.magic = 0x0044414F4C594150ULL;
	want.flags = 1;
	assert_bare("--svsm-selftest --cmdline test=all", &want, sizeof(want));
	want.cmdline[0] = 0;
	assert_bare("--svsm-selftest", &want, 16 * 4);
}

/* Firmware behind the kernel; a setup header longer than what is saved of it. */
static void test_build_odd(void **state)
{
	const __u64 base = 0x7000000;
	struct fake_elf *e = make_elf(base);
	__u8 *bz = make_bzimage(KERNEL_SIZE);
	struct igvm_payload payload;
	struct igvm_directive d;
	struct igvm_iter it;
	struct igvm_file f;
	struct blob file;
	const char *why;
	__u64 last = 0;

	(void)state;
	save("fw2.elf", e, sizeof(*e));
	bz[0x201] = 0xFF;
	memset(bz + 0x26C, 0xEE, 0x400 - 0x26C);
	save("bz2", bz, BZ_SETUP + KERNEL_SIZE);
	assert_int_equal(run("igvm-build --firmware fw2.elf --kernel bz2 --initrd initrd -o a"),
			 0);
	load(&file, "a");
	assert_int_equal(igvm_open(&f, file.data, file.size, &why), 0);
	igvm_iter_init(&it, &f, 1);
	memset(&payload, 0, sizeof(payload));
	while (igvm_next(&it, &d)) {
		if (d.type != IGVM_VHT_PAGE_DATA)
			continue;
		assert_true(d.gpa > last);
		last = d.gpa;
		if (d.gpa == base + 6 * 4096)
			memcpy(&payload, d.data, sizeof(payload));
	}
	assert_int_equal(last, 0x8003000);
	assert_int_equal(payload.magic, IGVM_PAYLOAD_MAGIC);
	assert_memory_equal(payload.setup_header, bz + 0x1F1, sizeof(payload.setup_header));
	for (size_t i = 0; i < sizeof(payload.reserved); i++)
		assert_int_equal(payload.reserved[i], 0);
	free(file.data);
	free(bz);
	free(e);
}

/* A TD's firmware ends at 4 GiB, with the page of the reset vector. */
#define TD_BASE		(0x100000000ULL - FW_PAGES * 4096)

static void save_td(const char *name, __u64 base, int snp_pages)
{
	struct fake_elf *e = make_elf(base);

	for (int i = 0; i < 2 && !snp_pages; i++)
		e->symbol[1 + i].st_shndx = SHN_UNDEF;
	e->header.e_entry = 0;	/* of no meaning */
	e->load[0].p_memsz += 0x10;	/* to the last byte of the page */
	save(name, e, sizeof(*e));
	free(e);
}

static void test_build_tdx(void **state)
{
	unsigned int pages = 0, inserts = 0;
	__u8 digest[IGVM_DIGEST_SIZE];
	char hex[2 * IGVM_DIGEST_SIZE + 2];
	struct fake_elf *e = make_elf(TD_BASE);
	struct igvm_directive d;
	struct igvm_iter it;
	struct igvm_file f;
	struct blob file;
	const char *why;
	__u64 last = 0;

	(void)state;
	save_td("td.elf", TD_BASE, 0);
	assert_int_equal(run("igvm-build --platform tdx --firmware td.elf --kernel bz --vtl2 "
			     "--verbose -o a"), 0);
	assert_null(strstr(output, "entry point"));
	load(&file, "a");
	assert_int_equal(igvm_open(&f, file.data, file.size, &why), 0);
	assert_int_equal(f.platforms, 1);
	assert_int_equal(f.platform[0].type, IGVM_PLATFORM_TDX);
	assert_int_equal(f.platform[0].mask, 1);
	assert_int_equal(f.platform[0].highest_vtl, 2);
	igvm_iter_init(&it, &f, 1);
	while (igvm_next(&it, &d)) {
		__u64 n = (d.gpa - TD_BASE) / 4096;

		assert_int_not_equal(d.type, IGVM_VHT_GUEST_POLICY);
		assert_int_not_equal(d.type, IGVM_VHT_VP_CONTEXT);
		if (d.type == IGVM_VHT_PARAMETER_INSERT)
			inserts++;
		if (d.type != IGVM_VHT_PAGE_DATA)
			continue;
		assert_int_equal(d.data_type, IGVM_PAGE_NORMAL);
		assert_true(d.gpa > last);
		last = d.gpa;
		pages++;
		/* Those that a loader of SNP fills are pages like all others. */
		if (d.gpa >= TD_BASE && n < 3)
			assert_page(&d, e->pages[n], 4096);
	}
	assert_int_equal(inserts, 3);
	assert_int_equal(pages, FW_PAGES - 3 + 6);
	assert_int_equal(last, 0xFFFFF000);

	assert_int_equal(igvm_measure(&f, 1, digest), 0);
	for (int i = 0; i < IGVM_DIGEST_SIZE; i++)
		sprintf(hex + 2 * i, "%02x", digest[i]);
	strcat(hex, "\n");
	assert_int_equal(run("igvm-measure a"), 0);
	assert_string_equal(output, hex);
	assert_int_equal(run("igvm-measure --platform tdx --verbose a"), 0);
	assert_output("ADD        0x0000ffff6000\nADD        0x0000ffff7000\n");
	assert_output("ADD+EXTEND 0x0000fffff000\n");
	assert_string_equal(output + strlen(output) - strlen(hex), hex);
	assert_refused(run("igvm-measure --platform snp a"), "a: no SEV-SNP platform in this file");
	assert_int_equal(run("igvm-show a"), 0);
	assert_output("SUPPORTED_PLATFORM    mask 0x1 platform TDX highest_vtl 2 version 1");
	free(file.data);
	free(e);

	assert_int_equal(run("igvm-build --platform tdx --firmware td.elf -o a"), 0);
	assert_int_equal(run("igvm-show a"), 0);
	assert_output("platform TDX highest_vtl 0");
	save_td("td.elf", TD_BASE - 0x1000, 0);
	assert_refused(run("igvm-build --platform tdx --firmware td.elf -o x"),
		       "td.elf: nothing at the reset vector 0xfffffff0");
	save_td("td.elf", TD_BASE + 0x1000, 0);
	assert_refused(run("igvm-build --platform tdx --firmware td.elf -o x"),
		       "td.elf: a segment is too large or beyond 4 GiB");
	save_td("td.elf", TD_BASE, 1);
	assert_refused(run("igvm-build --platform tdx --firmware td.elf -o x"),
		       "td.elf: symbol igvm_cpuid_page: there is no such page on TDX");
}

static void save_elf(void (*change)(struct fake_elf *e))
{
	struct fake_elf *e = make_elf(FW_BASE);

	change(e);
	save("bad.elf", e, sizeof(*e));
	free(e);
}

static void elf_shared(struct fake_elf *e)	{ e->header.e_type = ET_DYN; }
static void elf_class(struct fake_elf *e)	{ e->header.e_ident[EI_CLASS] = ELFCLASS32; }
static void elf_dynamic(struct fake_elf *e)	{ e->load[1].p_type = PT_DYNAMIC; }
static void elf_offset(struct fake_elf *e)	{ e->load[0].p_offset = ~0xFFFULL; }
static void elf_filesz(struct fake_elf *e)	{ e->load[1].p_filesz = 0x801; }
static void elf_memsz(struct fake_elf *e)	{ e->load[0].p_memsz = ~0xFFFULL; }
static void elf_phoff(struct fake_elf *e)	{ e->header.e_phoff = ~7ULL; }
static void elf_shoff(struct fake_elf *e)	{ e->header.e_shoff = ~7ULL; }
static void elf_sections(struct fake_elf *e)	{ e->header.e_shnum = 0; }
static void elf_stripped(struct fake_elf *e)	{ e->section[1].sh_type = SHT_NULL; }
static void elf_link(struct fake_elf *e)	{ e->section[1].sh_link = 3; }
static void elf_symtab(struct fake_elf *e)	{ e->section[1].sh_size = ~0ULL; }
static void elf_overlap(struct fake_elf *e)	{ e->load[0].p_paddr -= 8; }
static void elf_entry(struct fake_elf *e)	{ e->header.e_entry = 0; }
static void elf_symbol(struct fake_elf *e)	{ e->symbol[1].st_value++; }
static void elf_outside(struct fake_elf *e)	{ e->symbol[2].st_value = 0x1000; }
static void elf_long(struct fake_elf *e)	{ e->symbol[3].st_size = 8192; }
static void elf_same(struct fake_elf *e)	{ e->symbol[6].st_value = e->symbol[3].st_value; }
static void elf_no_payload(struct fake_elf *e)	{ e->symbol[6].st_shndx = SHN_UNDEF; }
static void elf_paddr(struct fake_elf *e)	{ e->load[0].p_paddr = ~0xFFFULL; }
static void elf_nothing(struct fake_elf *e)	{ e->header.e_phnum = 0; }
static void elf_kernel(struct fake_elf *e)
{
	e->load[0].p_paddr += 0x800000;
	e->load[1].p_paddr += 0x800000;
}
static void elf_handover(struct fake_elf *e)
{
	e->load[0].p_paddr -= 0x1000;
	e->load[1].p_paddr -= 0x1000;
}
static void elf_low(struct fake_elf *e)
{
	e->load[0].p_paddr -= 0x7F0000;
	e->load[1].p_paddr -= 0x7F0000;
}

static void test_build_bad_elf(void **state)
{
	static const struct {
		void (*change)(struct fake_elf *e);
		const char *why;
	} cases[] = {
		{ elf_shared, "bad.elf: not a statically linked executable" },
		{ elf_class, "bad.elf: not an ELF file for x86-64" },
		{ elf_dynamic, "bad.elf: dynamically linked" },
		{ elf_offset, "bad.elf: a segment is damaged" },
		{ elf_filesz, "bad.elf: a segment is damaged" },
		{ elf_memsz, "bad.elf: a segment is too large or beyond 4 GiB" },
		{ elf_paddr, "bad.elf: a segment is too large or beyond 4 GiB" },
		{ elf_phoff, "bad.elf: program headers are damaged" },
		{ elf_shoff, "bad.elf: section headers are damaged" },
		{ elf_sections, "bad.elf: no symbols; is it stripped?" },
		{ elf_stripped, "bad.elf: no symbols; is it stripped?" },
		{ elf_link, "bad.elf: symbol table is damaged" },
		{ elf_symtab, "bad.elf: symbol table is damaged" },
		{ elf_overlap, "bad.elf: segments overlap at 0x8007f8" },
		{ elf_entry, "bad.elf: entry point is in no loaded segment" },
		{ elf_symbol, "bad.elf: symbol igvm_cpuid_page is not page aligned" },
		{ elf_outside, "bad.elf: symbol igvm_secrets_page is in no loaded segment" },
		{ elf_long, "bad.elf: symbol igvm_param_page is not 4096 bytes long" },
		{ elf_same, "bad.elf: symbol igvm_payload_page shares its page" },
		{ elf_no_payload, "bad.elf: no symbol igvm_payload_page: cannot take a kernel" },
		{ elf_nothing, "bad.elf: nothing to load" },
		{ elf_kernel, "kernel (0x1000000-0x15fffff) overlaps firmware (0x1000000-" },
		{ elf_handover, "the handover area (0x600000-0x7fffff) overlaps firmware" },
		{ elf_low, "the guest's low memory (0x0-0xfffff) overlaps firmware" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		save_elf(cases[i].change);
		assert_refused(run("igvm-build --firmware bad.elf --kernel bz -o x"),
			       cases[i].why);
	}
	save("bad.elf", "no", 2);
	assert_refused(run("igvm-build --firmware bad.elf -o x"), "bad.elf: not an ELF file");
	assert_refused(run("igvm-build --firmware absent.elf -o x"),
		       "absent.elf: No such file or directory");
}

static void test_build_bad_kernel(void **state)
{
	static const struct {
		unsigned int offset, bytes;
		__u64 value;
		const char *why;
	} cases[] = {
		{ 0x1FE, 2, 0, "bz2: not a Linux bzImage" },
		{ 0x202, 4, 0, "bz2: not a Linux bzImage" },
		{ 0x211, 1, 0, "bz2: not a Linux bzImage" },
		{ 0x206, 2, 0x20B, "bz2: kernel has no 64-bit entry point (XLF_KERNEL_64)" },
		{ 0x236, 2, 0x3E, "bz2: kernel has no 64-bit entry point (XLF_KERNEL_64)" },
		{ 0x230, 4, 0x2000000, "bz2: kernel cannot be loaded at 0x1000000" },
		{ 0x1F4, 4, KERNEL_SIZE / 16 + 2, "bz2: bzImage is truncated" },
		{ 0x1F1, 1, 63, "bz2: bzImage is truncated" },
		{ 0x260, 4, 0x7000001, "bz2: kernel needs 117440513 bytes at 0x1000000, "
				       "there is room for 117440512" },
		{ 0x22C, 4, 0x8002FFF, "initrd: initrd has 12289 bytes, there is room for 12288" },
		{ 0x22C, 4, 0x37FFFFFF, NULL },
		{ 0x238, 4, 3, "command line has 4 characters, at most 3 fit" },
	};
	struct fake_elf *e;
	__u8 *b;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int status;

		b = make_bzimage(KERNEL_SIZE);
		put(b, cases[i].offset, cases[i].value, cases[i].bytes);
		save("bz2", b, BZ_SETUP + KERNEL_SIZE);
		free(b);
		status = run("igvm-build --firmware fw.elf --kernel bz2 --initrd initrd "
			     "--cmdline four -o x");
		if (cases[i].why)
			assert_refused(status, cases[i].why);
		else
			assert_int_equal(status, 0);
	}

	/* A kernel at a fixed address: only if it is ours. */
	for (int ours = 0; ours < 2; ours++) {
		b = make_bzimage(KERNEL_SIZE);
		b[0x234] = 0;
		put(b, 0x258, ours ? 0x1000000 : 0x2000000, 8);
		save("bz2", b, BZ_SETUP + KERNEL_SIZE);
		free(b);
		assert_int_equal(run("igvm-build --firmware fw.elf --kernel bz2 -o x"), !ours);
	}
	/* A kernel that claims to need less memory than it has bytes. */
	e = make_elf(0x1004000);
	save("bad.elf", e, sizeof(*e));
	free(e);
	b = make_bzimage(KERNEL_SIZE);
	put(b, 0x260, 0x1000, 4);
	save("bz2", b, BZ_SETUP + KERNEL_SIZE);
	free(b);
	assert_refused(run("igvm-build --firmware bad.elf --kernel bz2 -o x"),
		       "kernel (0x1000000-0x1005fff) overlaps firmware (0x1004000-");
	save("empty", "", 0);
	assert_refused(run("igvm-build --firmware fw.elf --kernel bz --initrd empty -o x"),
		       "empty: initrd is empty");
	assert_refused(run("igvm-build --firmware fw.elf --kernel empty -o x"),
		       "empty: not a Linux bzImage");
	assert_int_equal(run("igvm-build --firmware fw.elf --cmdline %02047d -o x", 0), 0);
	assert_refused(run("igvm-build --firmware fw.elf --cmdline %02048d -o x", 0),
		       "command line has 2048 characters, at most 2047 fit");
	assert_refused(run("igvm-build --firmware fw.elf -o absent/x"),
		       "absent/x: No such file or directory");
}

static void test_usage(void **state)
{
	static const char *const wrong[] = {
		"igvm-build", "igvm-build --firmware fw.elf", "igvm-build -o x",
		"igvm-build --firmware fw.elf -o x more", "igvm-build --nonsense",
		"igvm-build --firmware fw.elf --initrd initrd -o x",
		"igvm-build --firmware fw.elf --sev-features 0x20 -o x",
		"igvm-build --firmware fw.elf --sev-features 1x -o x",
		"igvm-build --firmware fw.elf --sev-features -1 -o x",
		"igvm-build --firmware fw.elf --policy 0x10000 -o x",
		"igvm-build --firmware fw.elf --platform sgx -o x",
		"igvm-build --firmware fw.elf --platform tdx --policy 0x30000 -o x",
		"igvm-build --firmware fw.elf --platform tdx --sev-features 1 -o x",
		"igvm-build --firmware fw.elf --kernel bz --svsm-selftest -o x",
		"igvm-show", "igvm-show a b", "igvm-show --nonsense a",
		"igvm-measure", "igvm-measure a b", "igvm-measure --nonsense a",
		"igvm-measure --platform sgx a",
	};
	static const char *const programs[] = { "igvm-build", "igvm-show", "igvm-measure" };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (run("%s", wrong[i]) != 2)
			fail_msg("'%s' did not exit with 2", wrong[i]);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(run("%s --help", programs[i]), 0);
		assert_output("Usage: igvm-");
		assert_int_equal(run("%s --version", programs[i]), 0);
		assert_output(programs[i]);
	}
}

static void test_show(void **state)
{
	struct compose c;

	(void)state;
	assert_int_equal(run("igvm-build --firmware fw.elf --kernel bz -o a"), 0);
	assert_int_equal(run("igvm-show a"), 0);
	assert_output("SUPPORTED_PLATFORM    mask 0x1 platform SEV_SNP highest_vtl 0 version 1");
	assert_output("PARAMETER_INSERT      mask 0x1 gpa 0x805000 size 0x1000 area 2\n");
	assert_output("PAGE_DATA             mask 0x1 gpa 0x1000000 size 0x6000 data_type NORMAL\n");
	assert_output("PAGE_DATA             mask 0x1 gpa 0x80a000 size 0x3000 data_type NORMAL zero\n");
	assert_output(" rip 0x800010 cr0 0x31 cr4 0x40 efer 0x1000 vmpl 0 sev_features 0x1\n");
	assert_int_equal(run("igvm-show --all a"), 0);
	assert_output("PAGE_DATA             mask 0x1 gpa 0x1001000 size 0x1000 data_type NORMAL\n");
	assert_int_equal(run("igvm-show --json a | python3 -c 'import json, sys; "
			     "d = json.load(sys.stdin); "
			     "print(d[\"version\"], len(d[\"headers\"]), "
			     "[h[\"gpa\"] for h in d[\"headers\"] if h[\"type\"] == \"VP_CONTEXT\"])'"),
			 0);
	assert_output("1 21 ['0xfffffffff000']\n");

	/* All header types have a name and values; JSON stays well formed. */
	start(&c);
	add_snp(&c);
	add_corim(&c, IGVM_VHT_CORIM_DOCUMENT, DATA, 1, 0);
	add_area(&c, 0, 0x1000);
	for (__u32 type = 0x307; type <= 0x313; type++)
		if (type != IGVM_VHT_SNP_ID_BLOCK && type != IGVM_VHT_ERROR_RANGE &&
		    type != IGVM_VHT_VBS_MEASUREMENT)
			add_parameter(&c, type, 0, 0);
	ADD(&c, SNP_ID_BLOCK, snp_id_block, .compatibility_mask = 1);
	ADD(&c, ERROR_RANGE, error_range, 0x1000, 1, 0x1000);
	add(&c, IGVM_VHT_VBS_MEASUREMENT, (__u8[864]){ 1 }, 864);
	ADD(&c, REQUIRED_MEMORY, required_memory, 0x1000, 1, 0x1000, 1, 0);
	add_page(&c, 0x2000, 0);
	emit(&c);
	save("all", c.file, c.file_size);
	assert_int_equal(run("igvm-show all"), 0);
	assert_null(strstr(output, "UNKNOWN"));
	assert_int_equal(run("igvm-show --json all | python3 -m json.tool"), 0);
	/* Its ID block holds another digest. */
	assert_int_equal(run("igvm-measure all"), 1);
	assert_output("the launch digest in the ID block is another one");

	c.file[c.headers_at]++;
	save("all", c.file, c.file_size);
	assert_refused(run("igvm-show all"), "igvm-show: all: header checksum is wrong");
	assert_refused(run("igvm-measure all"), "igvm-measure: all: header checksum is wrong");
	discard(&c);

	start(&c);
	add_platform(&c, 1, IGVM_PLATFORM_VSM_ISOLATION);
	emit(&c);
	save("vsm", c.file, c.file_size);
	assert_refused(run("igvm-measure vsm"), "vsm: no SEV-SNP or TDX platform in this file");
	discard(&c);

	/* Both in one file: SEV-SNP, unless the other one is asked for. */
	start(&c);
	add_platform(&c, 2, IGVM_PLATFORM_TDX);
	add_snp(&c);
	ADD(&c, PAGE_DATA, page_data, .gpa = 0xFFFFF000, .compatibility_mask = 2);
	add_page(&c, 0x10000, 0);
	emit(&c);
	save("both", c.file, c.file_size);
	discard(&c);
	assert_int_equal(run("igvm-measure both"), 0);
	assert_output("6a700778d86899861ca158177ddb255b59e9353602e1e86e495ad1393a49a524");
	assert_int_equal(run("igvm-measure -p tdx both"), 0);
	assert_output(mrtd_zero_page);

	start(&c);
	add_snp(&c);
	add_vmsa(&c, IGVM_SNP_VMSA_GPA, 0);
	add_page(&c, 0x1000, 0);
	add_page(&c, 0x5000, 0);
	emit(&c);
	save("early", c.file, c.file_size);
	assert_int_equal(run("igvm-show early"), 0);
	assert_output("gpa 0x1000 size 0x1000 data_type NORMAL zero\n");
	assert_int_equal(run("igvm-measure early"), 0);
	assert_output("note: not exactly one VMSA at the end");
	discard(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crc32),
		cmocka_unit_test(test_published_chain),
		cmocka_unit_test(test_vmsa),
		cmocka_unit_test(test_second_chain),
		cmocka_unit_test(test_walker),
		cmocka_unit_test(test_sha384),
		cmocka_unit_test(test_mrtd),
		cmocka_unit_test(test_mrtd_file),
		cmocka_unit_test(test_iterate),
		cmocka_unit_test(test_masks),
		cmocka_unit_test(test_accept),
		cmocka_unit_test(test_reject),
		cmocka_unit_test(test_reject_fixed),
		cmocka_unit_test(test_overlaps),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_fuzz),
		cmocka_unit_test(test_build),
		cmocka_unit_test(test_build_bare),
		cmocka_unit_test(test_build_odd),
		cmocka_unit_test(test_build_tdx),
		cmocka_unit_test(test_build_bad_elf),
		cmocka_unit_test(test_build_bad_kernel),
		cmocka_unit_test(test_usage),
		cmocka_unit_test(test_show),
	};

	return cmocka_run_group_tests_name("igvm", tests, make_inputs, remove_inputs);
}
