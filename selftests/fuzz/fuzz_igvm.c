// SPDX-License-Identifier: MIT
/*
 * Reader and measurement of IGVM files. The first byte says what is repaired,
 * the others are the begin of the file: headers, with pages of data behind.
 *
 * Oracle: what igvm_open() accepts keeps what its comment promises, by a second
 * reading here; what it refuses has a reason; every byte that the checksum or
 * the launch digest should cover is covered.
 */
#include <stdlib.h>

#include "fuzz.h"
#include "igvm_measure.h"

#define REPAIR_SIZE	0x01	/* total_file_size */
#define REPAIR_CRC	0x02
#define DATA_PAGES(b)	((b) >> 4)

#define HEADERS_MAX	0x2000u
/* A directive of 8 bytes is the shortest there is. */
#define RANGES_MAX	(HEADERS_MAX / 8)
/* What one run measures at most; 2 MiB pages and large areas add up. */
#define STEPS_MAX	5000u

/* Files that igvm_open() took: a fuzzer that gets none past it tests nothing. */
static u32 accepted;

struct range {
	u64 gpa;
	u64 end;
};

struct measured {
	u32 steps;
	u8 last[IGVM_DIGEST_SIZE];
};

/*
 * No SHA-384, but every byte counts and is read, which is all that the oracle
 * needs of it.
 */
void sha384_start(struct sha384_stream *s)
{
	*s = (struct sha384_stream){ .state = { 0xCBF29CE484222325ULL } };
}

void sha384_blocks(struct sha384_stream *s, const void *data, size_t len)
{
	const u8 *p = data;
	size_t i;

	for (i = 0; i < len; i++)
		s->state[0] = (s->state[0] ^ p[i]) * 0x100000001B3ULL;
}

void sha384_finish(struct sha384_stream *s, const void *data, size_t len,
		   __u8 out[IGVM_DIGEST_SIZE])
{
	u64 hash;
	size_t i;

	sha384_blocks(s, data, len);
	hash = s->state[0];
	for (i = 0; i < IGVM_DIGEST_SIZE; i += sizeof(hash)) {
		hash = (hash ^ hash >> 29 ^ i) * 0xBF58476D1CE4E5B9ULL;
		memcpy(out + i, &hash, sizeof(hash));
	}
}

void sha384(const void *data, size_t len, __u8 out[IGVM_DIGEST_SIZE])
{
	struct sha384_stream s;

	sha384_start(&s);
	sha384_finish(&s, data, len, out);
}

static u32 get32(const u8 *p)
{
	u32 value;

	memcpy(&value, p, sizeof(value));
	return value;
}

static void put32(u8 *p, u32 value)
{
	memcpy(p, &value, sizeof(value));
}

/* Bit by bit: shares nothing with the table in the reader. */
static u32 crc32(u32 crc, const u8 *p, size_t size)
{
	int i;

	crc = ~crc;
	while (size--) {
		crc ^= *p++;
		for (i = 0; i < 8; i++)
			crc = crc & 1 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
	}
	return ~crc;
}

static u32 fixed_size(const u8 *file)
{
	return get32(file + 4) == 2 ? IGVM_V2_HEADER_SIZE : IGVM_V1_HEADER_SIZE;
}

static void repair(u8 *file, size_t size, u8 what)
{
	u32 at, length;

	if (size < IGVM_V2_HEADER_SIZE)
		return;
	if (what & REPAIR_SIZE)
		put32(file + 16, (u32)size);
	at = get32(file + 8);
	length = get32(file + 12);
	if (!(what & REPAIR_CRC) || at > size || length > size - at)
		return;
	put32(file + 20, 0);
	put32(file + 20, crc32(crc32(0, file, fixed_size(file)), file + at,
			       length));
}

/* --- What was accepted --------------------------------------------------- */

static bool is_parameter(u32 type)
{
	return type == IGVM_VHT_DEVICE_TREE ||
	       type == IGVM_VHT_ENVIRONMENT_INFO ||
	       type == IGVM_VHT_MEMORY_MAP || type == IGVM_VHT_COMMAND_LINE ||
	       type == IGVM_VHT_SLIT || type == IGVM_VHT_PPTT ||
	       (type >= IGVM_VHT_VP_COUNT && type <= IGVM_VHT_MMIO_RANGES);
}

static bool occupies_memory(u32 type, u8 platform)
{
	return type == IGVM_VHT_PAGE_DATA || type == IGVM_VHT_PARAMETER_INSERT ||
	       type == IGVM_VHT_ERROR_RANGE ||
	       (type == IGVM_VHT_VP_CONTEXT && platform == IGVM_PLATFORM_SEV_SNP);
}

static void check_directive(const struct igvm_file *f,
			    const struct igvm_directive *d)
{
	const u8 *body = d->body, *data = d->data;

	fuzz_check(body >= f->data + f->headers &&
		   body + ((d->length + 7) & ~7U) <= f->data + f->file_data);
	fuzz_check(!data || (data >= f->data + f->file_data &&
			     data < f->data + f->size &&
			     d->data_size <= f->size - (data - f->data)));
	fuzz_check(d->mask);
	if (is_parameter(d->type))
		fuzz_check(d->byte_offset < d->area_bytes);
	if (d->type != IGVM_VHT_RELOCATABLE_REGION && d->size) {
		fuzz_check(!(d->gpa % IGVM_PAGE_SIZE) &&
			   !(d->size % IGVM_PAGE_SIZE));
		fuzz_check(d->gpa < IGVM_MAX_GPA &&
			   d->size <= IGVM_MAX_GPA - d->gpa);
	}
	if (d->type == IGVM_VHT_PAGE_DATA && d->data)
		fuzz_check(d->data_size == d->size);
}

static int by_gpa(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->gpa < y->gpa ? -1 : x->gpa > y->gpa;
}

/* Return: 4 KiB pages that the platform's loader measures or inserts. */
static u64 check_platform(const struct igvm_file *f,
			  const struct igvm_platform *p)
{
	static struct range range[RANGES_MAX];
	struct igvm_directive d;
	struct igvm_iter it;
	u32 last = 0, n = 0, i;
	u64 pages = 0;

	igvm_iter_init(&it, f, p->mask);
	while (igvm_next(&it, &d)) {
		fuzz_check(d.offset >= f->headers && d.offset >= last);
		last = d.offset + 8;
		check_directive(f, &d);
		if (!occupies_memory(d.type, p->type))
			continue;
		fuzz_check(n < RANGES_MAX);
		range[n++] = (struct range){ d.gpa, d.gpa + d.size };
		if (d.type != IGVM_VHT_ERROR_RANGE &&
		    !(d.type == IGVM_VHT_PAGE_DATA &&
		      d.flags & IGVM_PAGE_FLAG_SHARED))
			pages += d.size / IGVM_PAGE_SIZE;
	}
	qsort(range, n, sizeof(range[0]), by_gpa);
	for (i = 1; i < n; i++)
		fuzz_check(range[i - 1].end <= range[i].gpa);
	return pages;
}

static void on_step(void *arg, const struct igvm_step *step)
{
	struct measured *m = arg;

	fuzz_check(!(step->gpa % IGVM_PAGE_SIZE));
	m->steps++;
	if (step->platform == IGVM_PLATFORM_TDX)
		return;
	fuzz_check(!step->contents == (step->type != SNP_PAGE_NORMAL &&
				       step->type != SNP_PAGE_VMSA));
	fuzz_check(step->type != SNP_PAGE_ZERO);
	memcpy(m->last, step->ld, sizeof(m->last));
}

/* Any byte of a page whose contents are measured changes the digest. */
static void check_covers(const struct igvm_file *f, u8 *file, u32 mask,
			 const u8 *digest, u32 where)
{
	u8 other[IGVM_DIGEST_SIZE];
	struct igvm_directive d;
	struct igvm_iter it;
	u8 *at;

	igvm_iter_init(&it, f, mask);
	while (igvm_next(&it, &d)) {
		if (!d.data || !(d.type == IGVM_VHT_VP_CONTEXT ||
				 (d.type == IGVM_VHT_PAGE_DATA &&
				  d.data_type == IGVM_PAGE_NORMAL && !d.flags)))
			continue;
		at = file + ((const u8 *)d.data - f->data) + where % d.data_size;
		*at ^= 0x10;
		fuzz_check(!igvm_measure(f, mask, other));
		*at ^= 0x10;
		fuzz_check(memcmp(other, digest, sizeof(other)));
		return;
	}
}

static void check_measure(const struct igvm_file *f, u8 *file,
			  const struct igvm_platform *p, u64 pages, u32 where)
{
	struct measured m = { .steps = 0 };
	u8 digest[IGVM_DIGEST_SIZE];

	fuzz_check(igvm_measure(f, 0, digest) == -1);
	if (p->type != IGVM_PLATFORM_SEV_SNP && p->type != IGVM_PLATFORM_TDX) {
		fuzz_check(igvm_measure(f, p->mask, digest) == -1);
		return;
	}
	if (pages > STEPS_MAX)
		return;
	fuzz_check(!igvm_measure_steps(f, p->mask, digest, on_step, &m));
	fuzz_check(m.steps == pages);
	if (p->type == IGVM_PLATFORM_SEV_SNP)
		fuzz_check(!memcmp(digest, m.last, sizeof(digest)));
	check_covers(f, file, p->mask, digest, where);
}

/* Any bit of what the checksum covers, the checksum itself included. */
static void check_checksum(const struct igvm_file *f, u8 *file, u32 where)
{
	u32 fixed = fixed_size(file);
	u32 covered = fixed + f->file_data - f->headers;
	struct igvm_file other;
	const char *why;
	u32 at = where % covered;

	at = at < fixed ? at : f->headers + at - fixed;
	file[at] ^= 1 << where % 8;
	fuzz_check(igvm_open(&other, file, f->size, &why) == -1);
	file[at] ^= 1 << where % 8;
}

/* Parameters go into an area before it is inserted. */
static void check_areas(const struct igvm_file *f)
{
	u32 inserted[IGVM_MAX_AREAS], n = 0, i;
	struct igvm_directive d;
	struct igvm_iter it;

	igvm_iter_init(&it, f, ~0U);
	while (igvm_next(&it, &d)) {
		if (!is_parameter(d.type) && d.type != IGVM_VHT_PARAMETER_INSERT)
			continue;
		for (i = 0; i < n; i++)
			fuzz_check(inserted[i] != d.area);
		if (d.type != IGVM_VHT_PARAMETER_INSERT)
			continue;
		fuzz_check(n < IGVM_MAX_AREAS && d.size);
		inserted[n++] = d.area;
	}
}

static void check_accepted(const struct igvm_file *f, u8 *file, size_t size)
{
	u32 where = crc32(0, file, 64 < size ? 64 : size), i;
	u64 pages;

	fuzz_check(f->size == size && f->platforms &&
		   f->platforms <= IGVM_PLATFORM_TYPES &&
		   f->areas <= IGVM_MAX_AREAS);
	for (i = 0; i < f->platforms; i++) {
		pages = check_platform(f, &f->platform[i]);
		check_measure(f, file, &f->platform[i], pages, where);
	}
	check_areas(f);
	check_checksum(f, file, where);
}

/* See fuzz.h. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct igvm_file f;
	const char *why;
	size_t pages, total, i;
	u8 *memory, *file;

	if (size < 1 || size > HEADERS_MAX)
		return -1;
	pages = DATA_PAGES(data[0]);
	total = size - 1 + pages * IGVM_PAGE_SIZE;
	/* Ends where the file does; any alignment has to do. */
	memory = malloc(total + 1);
	file = memory + 1;
	memcpy(file, data + 1, size - 1);
	for (i = size - 1; i < total; i++)
		file[i] = (u8)(i * 7 + i / 251);
	repair(file, total, data[0]);

	if (igvm_open(&f, file, total, &why)) {
		fuzz_check(why && *why);
	} else {
		fuzz_check(!why);
		accepted++;
		check_accepted(&f, file, total);
	}
	free(memory);
	return 0;
}

/* --- Seeds ----------------------------------------------------------------- */

struct seed {
	u8 bytes[1 + HEADERS_MAX];
	size_t size;
};

#define FILE_DATA	0x500u	/* the headers of all seeds end before */

static void add(struct seed *seed, u32 type, const void *body, u32 length)
{
	struct igvm_variable_header h = { type, length };

	memcpy(seed->bytes + seed->size, &h, sizeof(h));
	memcpy(seed->bytes + seed->size + sizeof(h), body, length);
	seed->size += sizeof(h) + ((length + 7) & ~7U);
}

#define ADD(seed, type, name, ...) \
	add(seed, IGVM_VHT_##type, &(struct igvm_##name){ __VA_ARGS__ }, \
	    sizeof(struct igvm_##name))

static void begin(struct seed *seed, u32 version)
{
	*seed = (struct seed){ .size = 1 + (version == 2 ? IGVM_V2_HEADER_SIZE :
							   IGVM_V1_HEADER_SIZE) };
	seed->bytes[0] = REPAIR_SIZE | REPAIR_CRC | 2 << 4;
	put32(seed->bytes + 1, IGVM_MAGIC);
	put32(seed->bytes + 5, version);
	put32(seed->bytes + 9, (u32)seed->size - 1);
	if (version == 2)
		put32(seed->bytes + 1 + 28, IGVM_PAGE_SIZE);
}

static void add_platform(struct seed *seed, u32 mask, u8 type)
{
	ADD(seed, SUPPORTED_PLATFORM, supported_platform,
	    .compatibility_mask = mask, .platform_type = type,
	    .platform_version = 1);
}

/* @cut: bytes of the last header that the file leaves out. */
static void end(struct seed *seed, u32 cut, bool valid)
{
	put32(seed->bytes + 13, (u32)seed->size - 1 - get32(seed->bytes + 9) -
				cut);
	fuzz_seed(seed->bytes, 1 + FILE_DATA);
	accepted = 0;
	LLVMFuzzerTestOneInput(seed->bytes, 1 + FILE_DATA);
	fuzz_check(accepted == valid);
}

static void add_usual(struct seed *seed)
{
	ADD(seed, PARAMETER_AREA, parameter_area, .number_of_bytes = 4096);
	ADD(seed, PAGE_DATA, page_data, .gpa = 0x1000, .compatibility_mask = 1,
	    .file_offset = FILE_DATA);
	ADD(seed, PAGE_DATA, page_data, .gpa = 0x2000, .compatibility_mask = 1);
	ADD(seed, MEMORY_MAP, parameter, .parameter_area_index = 0);
	ADD(seed, VP_COUNT, parameter, .byte_offset = 0xF00);
	ADD(seed, PARAMETER_INSERT, parameter_insert, .gpa = 0x4000,
	    .compatibility_mask = 1);
	ADD(seed, REQUIRED_MEMORY, required_memory, .gpa = 0x100000,
	    .compatibility_mask = 1, .number_of_bytes = 0x10000);
	ADD(seed, ERROR_RANGE, error_range, .gpa = 0x8000,
	    .compatibility_mask = 1, .size_bytes = 0x1000);
}

static void seed_snp(void)
{
	struct seed seed;

	begin(&seed, 1);
	add_platform(&seed, 1, IGVM_PLATFORM_SEV_SNP);
	ADD(&seed, GUEST_POLICY, guest_policy, .policy = 0x30000,
	    .compatibility_mask = 1);
	add_usual(&seed);
	ADD(&seed, PAGE_DATA, page_data, .gpa = 0x5000, .compatibility_mask = 1,
	    .data_type = IGVM_PAGE_SECRETS);
	ADD(&seed, PAGE_DATA, page_data, .gpa = 0x6000, .compatibility_mask = 1,
	    .data_type = IGVM_PAGE_CPUID_DATA, .file_offset = FILE_DATA);
	ADD(&seed, SNP_ID_BLOCK, snp_id_block, .compatibility_mask = 1);
	ADD(&seed, VP_CONTEXT, vp_context, .gpa = IGVM_SNP_VMSA_GPA,
	    .compatibility_mask = 1, .file_offset = FILE_DATA);
	end(&seed, 0, true);
}

static void seed_large(void)
{
	struct seed seed;

	begin(&seed, 1);
	add_platform(&seed, 1, IGVM_PLATFORM_SEV_SNP);
	ADD(&seed, PAGE_DATA, page_data, .gpa = 0x200000,
	    .compatibility_mask = 1, .flags = IGVM_PAGE_FLAG_2MB);
	ADD(&seed, PAGE_DATA, page_data, .gpa = 0x1000, .compatibility_mask = 1,
	    .flags = IGVM_PAGE_FLAG_SHARED);
	ADD(&seed, PAGE_DATA, page_data, .gpa = 0x2000, .compatibility_mask = 1,
	    .flags = IGVM_PAGE_FLAG_UNMEASURED, .file_offset = FILE_DATA);
	ADD(&seed, VP_CONTEXT, vp_context, .gpa = IGVM_SNP_VMSA_GPA,
	    .compatibility_mask = 1, .file_offset = FILE_DATA + 4096);
	end(&seed, 0, true);
}

static void seed_two_platforms(void)
{
	struct seed seed;

	begin(&seed, 2);
	add_platform(&seed, 1, IGVM_PLATFORM_SEV_SNP);
	add_platform(&seed, 2, IGVM_PLATFORM_VSM_ISOLATION);
	ADD(&seed, RELOCATABLE_REGION, relocatable_region,
	    .compatibility_mask = 1, .relocation_alignment = 0x1000,
	    .relocation_region_gpa = 0x10000, .relocation_region_size = 0x1000,
	    .maximum_relocation_gpa = 0x100000);
	ADD(&seed, PAGE_TABLE_RELOCATION, page_table_relocation,
	    .compatibility_mask = 1, .gpa = 0x20000, .size = 0x2000,
	    .used_size = 0x1000);
	ADD(&seed, CORIM_DOCUMENT, corim, .compatibility_mask = 1,
	    .file_offset = FILE_DATA, .size_bytes = 16);
	ADD(&seed, CORIM_SIGNATURE, corim, .compatibility_mask = 1,
	    .file_offset = FILE_DATA + 16, .size_bytes = 16);
	add_usual(&seed);
	ADD(&seed, PAGE_DATA, page_data, .gpa = 0x1000, .compatibility_mask = 2,
	    .file_offset = FILE_DATA);
	ADD(&seed, VP_CONTEXT, vp_context, .compatibility_mask = 3,
	    .file_offset = FILE_DATA + 4096, .gpa = 0x7000);
	end(&seed, 0, true);
}

/*
 * Almost good: a parameter that comes too late, an area that is inserted twice,
 * a header without its padding.
 */
static void seed_refused(void)
{
	struct seed seed;

	begin(&seed, 1);
	add_platform(&seed, 1, IGVM_PLATFORM_SEV_SNP);
	add_usual(&seed);
	ADD(&seed, VP_COUNT, parameter, .parameter_area_index = 0);
	end(&seed, 0, false);

	begin(&seed, 1);
	add_platform(&seed, 1, IGVM_PLATFORM_SEV_SNP);
	add_usual(&seed);
	ADD(&seed, PARAMETER_INSERT, parameter_insert, .gpa = 0x9000,
	    .compatibility_mask = 1);
	end(&seed, 0, false);

	begin(&seed, 1);
	add_platform(&seed, 1, IGVM_PLATFORM_SEV_SNP);
	ADD(&seed, VP_CONTEXT, vp_context, .gpa = IGVM_SNP_VMSA_GPA,
	    .compatibility_mask = 1, .file_offset = FILE_DATA);
	end(&seed, 4, false);
}

/* See fuzz.h. */
void fuzz_seeds(void)
{
	seed_snp();
	seed_large();
	seed_two_platforms();
	seed_refused();
}
