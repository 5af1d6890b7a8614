// SPDX-License-Identifier: MIT
/*
 * Reader of IGVM files.
 *
 * igvm_open() checks everything that can be checked without loading, once;
 * igvm_next() then only decodes. No allocation, no recursion, time linear in
 * the size of the headers (times IGVM_MAX_RUNS at worst): the file comes from
 * whoever wants to start a guest and is hostile until proven well formed.
 *
 * Rules: public IGVM format definition, versions 1 and 2.
 */
#include <stddef.h>

#include "igvm_read.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Known variable headers. mask_at < 0: the type has no compatibility mask. */
static const struct header_rule {
	__u32 type;
	__u32 length;
	int mask_at;
} header_rules[] = {
	{ IGVM_VHT_SUPPORTED_PLATFORM, sizeof(struct igvm_supported_platform), 0 },
	{ IGVM_VHT_GUEST_POLICY, sizeof(struct igvm_guest_policy), 8 },
	{ IGVM_VHT_RELOCATABLE_REGION, sizeof(struct igvm_relocatable_region), 0 },
	{ IGVM_VHT_PAGE_TABLE_RELOCATION, sizeof(struct igvm_page_table_relocation), 0 },
	{ IGVM_VHT_CORIM_DOCUMENT, sizeof(struct igvm_corim), 0 },
	{ IGVM_VHT_CORIM_SIGNATURE, sizeof(struct igvm_corim), 0 },
	{ IGVM_VHT_PARAMETER_AREA, sizeof(struct igvm_parameter_area), -1 },
	{ IGVM_VHT_PAGE_DATA, sizeof(struct igvm_page_data), 8 },
	{ IGVM_VHT_PARAMETER_INSERT, sizeof(struct igvm_parameter_insert), 8 },
	{ IGVM_VHT_VP_CONTEXT, sizeof(struct igvm_vp_context), 8 },
	{ IGVM_VHT_REQUIRED_MEMORY, sizeof(struct igvm_required_memory), 8 },
	{ IGVM_VHT_VP_COUNT, sizeof(struct igvm_parameter), -1 },
	{ IGVM_VHT_SRAT, sizeof(struct igvm_parameter), -1 },
	{ IGVM_VHT_MADT, sizeof(struct igvm_parameter), -1 },
	{ IGVM_VHT_MMIO_RANGES, sizeof(struct igvm_parameter), -1 },
	{ IGVM_VHT_SNP_ID_BLOCK, sizeof(struct igvm_snp_id_block), 0 },
	{ IGVM_VHT_MEMORY_MAP, sizeof(struct igvm_parameter), -1 },
	{ IGVM_VHT_ERROR_RANGE, sizeof(struct igvm_error_range), 8 },
	{ IGVM_VHT_COMMAND_LINE, sizeof(struct igvm_parameter), -1 },
	{ IGVM_VHT_SLIT, sizeof(struct igvm_parameter), -1 },
	{ IGVM_VHT_PPTT, sizeof(struct igvm_parameter), -1 },
	{ IGVM_VHT_VBS_MEASUREMENT, IGVM_VBS_MEASUREMENT_SIZE, 0 },
	{ IGVM_VHT_DEVICE_TREE, sizeof(struct igvm_parameter), -1 },
	{ IGVM_VHT_ENVIRONMENT_INFO, sizeof(struct igvm_parameter), -1 },
};

/**
 * igvm_crc32() - CRC-32 (IEEE 802.3, as in zlib)
 * @crc: 0, or the result for what comes before @data
 * @data: bytes
 * @size: how many
 *
 * Return: the checksum of all bytes so far.
 */
__u32 igvm_crc32(__u32 crc, const void *data, __u64 size)
{
	/* One entry per nibble: small, and fast enough for megabytes. */
	static const __u32 table[16] = {
		0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC,
		0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
		0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C,
		0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C,
	};
	const __u8 *p = data;

	crc = ~crc;
	while (size--) {
		crc ^= *p++;
		crc = (crc >> 4) ^ table[crc & 15];
		crc = (crc >> 4) ^ table[crc & 15];
	}
	return ~crc;
}

static const struct header_rule *find_rule(__u32 type)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(header_rules); i++)
		if (header_rules[i].type == type)
			return &header_rules[i];
	return NULL;
}

static const struct igvm_area *find_area(const struct igvm_file *f, __u32 index)
{
	for (__u32 i = 0; i < f->areas; i++)
		if (f->area[i].index == index)
			return &f->area[i];
	return NULL;
}

static int is_parameter(__u32 type)
{
	switch (type) {
	case IGVM_VHT_VP_COUNT:
	case IGVM_VHT_SRAT:
	case IGVM_VHT_MADT:
	case IGVM_VHT_MMIO_RANGES:
	case IGVM_VHT_MEMORY_MAP:
	case IGVM_VHT_COMMAND_LINE:
	case IGVM_VHT_SLIT:
	case IGVM_VHT_PPTT:
	case IGVM_VHT_DEVICE_TREE:
	case IGVM_VHT_ENVIRONMENT_INFO:
		return 1;
	}
	return 0;
}

/* Bytes that a loader writes at least: what is known without loading. */
static __u32 parameter_min_bytes(__u32 type)
{
	switch (type) {
	case IGVM_VHT_VP_COUNT:
	case IGVM_VHT_ENVIRONMENT_INFO:
		return 4;
	case IGVM_VHT_MMIO_RANGES:
		return 32;
	case IGVM_VHT_MEMORY_MAP:
		return sizeof(struct igvm_memory_map_entry);
	case IGVM_VHT_COMMAND_LINE:
		return 1;
	case IGVM_VHT_DEVICE_TREE:
		return 40;	/* FDT header */
	}
	return 36;		/* ACPI table header */
}

static const void *file_data(const struct igvm_file *f, __u32 offset)
{
	return offset ? f->data + offset : NULL;
}

/* Fill the fields that depend on the type. The header is one that check passed. */
static void decode(const struct igvm_file *f, struct igvm_directive *d)
{
	const struct igvm_area *area;
	union {
		struct igvm_guest_policy policy;
		struct igvm_relocatable_region region;
		struct igvm_page_table_relocation table;
		struct igvm_corim corim;
		struct igvm_parameter_area area;
		struct igvm_page_data page;
		struct igvm_parameter_insert insert;
		struct igvm_vp_context vp;
		struct igvm_required_memory memory;
		struct igvm_error_range range;
		struct igvm_parameter parameter;
	} u;

	__builtin_memset(&u, 0, sizeof(u));
	__builtin_memcpy(&u, d->body, d->length < sizeof(u) ? d->length : sizeof(u));

	if (is_parameter(d->type)) {
		d->area = u.parameter.parameter_area_index;
		d->byte_offset = u.parameter.byte_offset;
		area = find_area(f, d->area);
		d->area_bytes = area ? area->bytes : 0;
		return;
	}
	switch (d->type) {
	case IGVM_VHT_GUEST_POLICY:
		d->policy = u.policy.policy;
		break;
	case IGVM_VHT_RELOCATABLE_REGION:
		d->gpa = u.region.relocation_region_gpa;
		d->size = u.region.relocation_region_size;
		d->flags = u.region.flags;
		d->vp_index = u.region.vp_index;
		break;
	case IGVM_VHT_PAGE_TABLE_RELOCATION:
		d->gpa = u.table.gpa;
		d->size = u.table.size;
		d->vp_index = u.table.vp_index;
		break;
	case IGVM_VHT_CORIM_DOCUMENT:
	case IGVM_VHT_CORIM_SIGNATURE:
		d->data = file_data(f, u.corim.file_offset);
		d->data_size = u.corim.size_bytes;
		break;
	case IGVM_VHT_PARAMETER_AREA:
		d->area = u.area.parameter_area_index;
		d->area_bytes = (__u32)u.area.number_of_bytes;
		d->data = file_data(f, u.area.file_offset);
		d->data_size = d->data ? d->area_bytes : 0;
		break;
	case IGVM_VHT_PAGE_DATA:
		d->gpa = u.page.gpa;
		d->flags = u.page.flags;
		d->data_type = u.page.data_type;
		d->size = u.page.flags & IGVM_PAGE_FLAG_2MB ?
			  IGVM_PAGE_SIZE_2M : IGVM_PAGE_SIZE;
		d->data = file_data(f, u.page.file_offset);
		d->data_size = d->data ? (__u32)d->size : 0;
		break;
	case IGVM_VHT_PARAMETER_INSERT:
		d->gpa = u.insert.gpa;
		d->area = u.insert.parameter_area_index;
		area = find_area(f, d->area);
		if (!area)
			break;
		d->area_bytes = area->bytes;
		d->size = area->bytes;
		d->data = file_data(f, area->file_offset);
		d->data_size = d->data ? area->bytes : 0;
		break;
	case IGVM_VHT_VP_CONTEXT:
		d->gpa = u.vp.gpa;
		d->size = IGVM_PAGE_SIZE;
		d->vp_index = u.vp.vp_index;
		d->data = file_data(f, u.vp.file_offset);
		/* VSM contexts are shorter and may end with the file. */
		if (d->data)
			d->data_size = f->size - u.vp.file_offset < IGVM_PAGE_SIZE ?
				       f->size - u.vp.file_offset : IGVM_PAGE_SIZE;
		break;
	case IGVM_VHT_REQUIRED_MEMORY:
		d->gpa = u.memory.gpa;
		d->size = u.memory.number_of_bytes;
		d->flags = u.memory.flags;
		break;
	case IGVM_VHT_ERROR_RANGE:
		d->gpa = u.range.gpa;
		d->size = u.range.size_bytes;
		break;
	}
}

/**
 * igvm_iter_init() - start walking the variable headers
 * @it: iterator to set up
 * @f: file that igvm_open() accepted
 * @mask: compatibility mask of the platform(s) to see, ~0 for all
 */
void igvm_iter_init(struct igvm_iter *it, const struct igvm_file *f, __u32 mask)
{
	it->file = f;
	it->mask = mask;
	it->pos = f->headers;
}

/**
 * igvm_next() - the next variable header for the iterator's platforms
 * @it: iterator
 * @d: receives the header, decoded
 *
 * In file order: platforms, initialization, directives. Types without a mask
 * (parameter areas and parameters) are always delivered; unknown types that
 * the file marks as optional never.
 *
 * Return: 1, or 0 at the end (@d is then undefined).
 */
int igvm_next(struct igvm_iter *it, struct igvm_directive *d)
{
	const struct igvm_file *f = it->file;

	while (it->pos < f->file_data) {
		const struct header_rule *rule;
		struct igvm_variable_header h;

		__builtin_memset(d, 0, sizeof(*d));
		__builtin_memcpy(&h, f->data + it->pos, sizeof(h));
		d->offset = it->pos;
		d->type = h.type & ~IGVM_VHT_OPTIONAL;
		d->length = h.length;
		d->body = f->data + it->pos + sizeof(h);
		d->mask = ~0u;
		it->pos += (__u32)sizeof(h) + ((h.length + 7) & ~7u);

		rule = find_rule(d->type);
		if (!rule)
			continue;
		if (rule->mask_at >= 0)
			__builtin_memcpy(&d->mask, (const __u8 *)d->body + rule->mask_at,
					 sizeof(d->mask));
		if (!(d->mask & it->mask))
			continue;
		decode(f, d);
		return 1;
	}
	return 0;
}

/**
 * igvm_platform_mask() - compatibility mask of a platform
 * @f: file that igvm_open() accepted
 * @type: the platform
 *
 * Return: its mask (one bit), 0 if the file does not support it.
 */
__u32 igvm_platform_mask(const struct igvm_file *f, enum igvm_platform_type type)
{
	for (__u32 i = 0; i < f->platforms; i++)
		if (f->platform[i].type == type)
			return f->platform[i].mask;
	return 0;
}

/*
 * The checks. Each returns NULL or the reason for refusing the file.
 */

static const char *check_fixed(struct igvm_file *f, const void *data, __u64 size)
{
	struct igvm_fixed_header h;
	__u32 fixed_size, crc;

	__builtin_memset(&h, 0, sizeof(h));
	if (size < IGVM_V1_HEADER_SIZE)
		return "file is shorter than an IGVM header";
	__builtin_memcpy(&h, data, IGVM_V1_HEADER_SIZE);
	if (h.magic != IGVM_MAGIC)
		return "not an IGVM file (wrong magic)";
	if (h.format_version != 1 && h.format_version != 2)
		return "unknown IGVM format version";
	fixed_size = IGVM_V1_HEADER_SIZE;
	if (h.format_version == 2) {
		fixed_size = IGVM_V2_HEADER_SIZE;
		if (size < fixed_size)
			return "file is shorter than an IGVM header";
		__builtin_memcpy(&h, data, sizeof(h));
		if (h.architecture != IGVM_ARCH_X64)
			return "file is not for the x64 architecture";
		if (h.page_size != IGVM_PAGE_SIZE)
			return "page size is not 4096";
	}
	if (h.total_file_size != size)
		return "total_file_size is not the size of the file";
	if (h.variable_header_offset < fixed_size || (h.variable_header_offset & 7))
		return "variable_header_offset is too small or not 8-aligned";
	if ((__u64)h.variable_header_offset + h.variable_header_size >= size)
		return "variable headers reach to or beyond the end of the file";

	f->data = data;
	f->size = (__u32)size;
	f->version = h.format_version;
	f->headers = h.variable_header_offset;
	f->file_data = f->headers + h.variable_header_size;

	crc = h.checksum;
	h.checksum = 0;
	if (igvm_crc32(igvm_crc32(0, &h, fixed_size), f->data + f->headers,
		       h.variable_header_size) != crc)
		return "header checksum is wrong";
	/* The checksum does not cover this gap: keep it from carrying anything. */
	for (__u32 i = fixed_size; i < f->headers; i++)
		if (f->data[i])
			return "bytes between fixed and variable headers are not zero";
	return NULL;
}

/* Class 1, 2, 3; 0 for types outside the three ranges. */
static unsigned int header_class(__u32 type)
{
	if (type >= IGVM_VHT_PLATFORM_FIRST && type <= IGVM_VHT_PLATFORM_LAST)
		return 1;
	if (type >= IGVM_VHT_INIT_FIRST && type <= IGVM_VHT_INIT_LAST)
		return 2;
	if (type >= IGVM_VHT_DIRECTIVE_FIRST && type <= IGVM_VHT_DIRECTIVE_LAST)
		return 3;
	return 0;
}

static const char *check_file_data(const struct igvm_file *f, __u32 offset, __u64 bytes)
{
	if (offset < f->file_data)
		return "file_offset points into the headers";
	if (offset + bytes > f->size)
		return "file data reaches beyond the end of the file";
	return NULL;
}

static const char *check_gpa(__u64 gpa, __u64 size)
{
	if (gpa & (IGVM_PAGE_SIZE - 1))
		return "guest address is not page aligned";
	if (size & (IGVM_PAGE_SIZE - 1))
		return "size is not a multiple of the page size";
	if (!size)
		return "size is zero";
	if (gpa >= IGVM_MAX_GPA || size > IGVM_MAX_GPA - gpa)
		return "guest address is beyond the physical address width";
	return NULL;
}

static const char *check_platform_header(struct igvm_file *f,
					 const struct igvm_directive *d)
{
	struct igvm_supported_platform p;

	__builtin_memcpy(&p, d->body, sizeof(p));
	if (!p.compatibility_mask || (p.compatibility_mask & (p.compatibility_mask - 1)))
		return "platform mask does not have exactly one bit";
	if (p.platform_type >= IGVM_PLATFORM_TYPES)
		return "unknown platform type";
	if (p.platform_type == IGVM_PLATFORM_CCA)
		return "platform needs another architecture";
	if (p.platform_version != 1)
		return "platform version is not 1";
	if (p.highest_vtl != 0 && p.highest_vtl != 2)
		return "highest VTL is neither 0 nor 2";
	if (p.shared_gpa_boundary && (p.platform_type == IGVM_PLATFORM_NATIVE ||
				      p.platform_type == IGVM_PLATFORM_VSM_ISOLATION))
		return "platform cannot have a shared GPA boundary";
	for (__u32 i = 0; i < f->platforms; i++) {
		if (f->platform[i].type == p.platform_type)
			return "two headers for one platform";
		if (f->platform[i].mask == p.compatibility_mask)
			return "two platforms with one mask";
	}
	/* At most one per type, so the array cannot overflow. */
	f->platform[f->platforms++] = (struct igvm_platform){
		.mask = p.compatibility_mask,
		.type = p.platform_type,
		.highest_vtl = p.highest_vtl,
		.version = p.platform_version,
		.shared_gpa_boundary = p.shared_gpa_boundary,
	};
	f->all_masks |= p.compatibility_mask;
	return NULL;
}

static const char *check_guest_policy(const struct igvm_directive *d)
{
	struct igvm_guest_policy p;

	__builtin_memcpy(&p, d->body, sizeof(p));
	return p.reserved ? "reserved field is not zero" : NULL;
}

static const char *check_relocatable_region(const struct igvm_directive *d)
{
	struct igvm_relocatable_region r;
	const char *why;

	__builtin_memcpy(&r, d->body, sizeof(r));
	if (r.flags & ~IGVM_RELOCATION_FLAGS)
		return "reserved flag is set";
	if (r.vtl > 2)
		return "VTL is out of range";
	if (!r.relocation_alignment || (r.relocation_alignment & (IGVM_PAGE_SIZE - 1)))
		return "relocation alignment is not a multiple of the page size";
	if (r.relocation_region_gpa % r.relocation_alignment ||
	    r.maximum_relocation_gpa % r.relocation_alignment)
		return "relocation address is not a multiple of its alignment";
	if (r.minimum_relocation_gpa > r.maximum_relocation_gpa)
		return "relocation range is empty";
	why = check_gpa(r.relocation_region_gpa, r.relocation_region_size);
	if (!why && r.maximum_relocation_gpa > IGVM_MAX_GPA)
		why = "guest address is beyond the physical address width";
	return why;
}

static const char *check_page_table_relocation(const struct igvm_directive *d)
{
	struct igvm_page_table_relocation r;

	__builtin_memcpy(&r, d->body, sizeof(r));
	if (r.reserved)
		return "reserved field is not zero";
	if (r.vtl > 2)
		return "VTL is out of range";
	if ((r.used_size & (IGVM_PAGE_SIZE - 1)) || r.used_size > r.size)
		return "used size of the page table region is wrong";
	return check_gpa(r.gpa, r.size);
}

static const char *check_corim(const struct igvm_file *f, const struct igvm_directive *d)
{
	struct igvm_corim c;

	__builtin_memcpy(&c, d->body, sizeof(c));
	if (c.reserved)
		return "reserved field is not zero";
	if (!c.size_bytes)
		return "size is zero";
	return check_file_data(f, c.file_offset, c.size_bytes);
}

static const char *check_parameter_area(struct igvm_file *f,
					const struct igvm_directive *d)
{
	struct igvm_parameter_area a;
	const char *why;

	__builtin_memcpy(&a, d->body, sizeof(a));
	if (!a.number_of_bytes)
		return "size is zero";
	if (a.number_of_bytes & (IGVM_PAGE_SIZE - 1))
		return "size is not a multiple of the page size";
	if (a.number_of_bytes > IGVM_MAX_AREA_BYTES)
		return "parameter area is too large";
	if (find_area(f, a.parameter_area_index))
		return "two parameter areas with one index";
	if (f->areas == IGVM_MAX_AREAS)
		return "too many parameter areas";
	if (a.file_offset) {
		why = check_file_data(f, a.file_offset, a.number_of_bytes);
		if (why)
			return why;
	}
	f->area[f->areas++] = (struct igvm_area){
		.index = a.parameter_area_index,
		.bytes = (__u32)a.number_of_bytes,
		.file_offset = a.file_offset,
	};
	return NULL;
}

static const char *check_page_data(const struct igvm_file *f,
				   const struct igvm_directive *d)
{
	struct igvm_page_data p;
	__u64 size;
	const char *why;

	__builtin_memcpy(&p, d->body, sizeof(p));
	if (p.reserved)
		return "reserved field is not zero";
	if (p.flags & ~IGVM_PAGE_FLAGS)
		return "reserved flag is set";
	if (p.data_type >= IGVM_PAGE_DATA_TYPES)
		return "unknown page data type";
	if (p.data_type != IGVM_PAGE_NORMAL && (p.flags & ~IGVM_PAGE_FLAG_UNMEASURED))
		return "special page is shared or larger than 4 KiB";
	if (p.data_type != IGVM_PAGE_NORMAL &&
	    (p.compatibility_mask & igvm_platform_mask(f, IGVM_PLATFORM_TDX)))
		return "secrets or CPUID page for TDX";
	size = p.flags & IGVM_PAGE_FLAG_2MB ? IGVM_PAGE_SIZE_2M : IGVM_PAGE_SIZE;
	if (p.gpa & (size - 1))
		return "guest address is not page aligned";
	why = check_gpa(p.gpa, size);
	if (!why && p.file_offset)
		why = check_file_data(f, p.file_offset, size);
	return why;
}

static const char *check_parameter_insert(struct igvm_file *f,
					  const struct igvm_directive *d)
{
	struct igvm_parameter_insert p;
	const char *why;

	__builtin_memcpy(&p, d->body, sizeof(p));
	for (__u32 i = 0; i < f->areas; i++) {
		struct igvm_area *area = &f->area[i];

		if (area->index != p.parameter_area_index)
			continue;
		if (area->inserted)
			return "parameter area is inserted twice";
		why = check_gpa(p.gpa, area->bytes);
		if (!why)
			area->inserted = 1;
		return why;
	}
	return "parameter area is inserted before it is declared";
}

static const char *check_parameter(const struct igvm_file *f,
				   const struct igvm_directive *d)
{
	const struct igvm_area *area;
	struct igvm_parameter p;

	__builtin_memcpy(&p, d->body, sizeof(p));
	area = find_area(f, p.parameter_area_index);
	if (!area)
		return "parameter without a parameter area";
	if (area->inserted)
		return "parameter after its area was inserted";
	if ((__u64)p.byte_offset + parameter_min_bytes(d->type) > area->bytes)
		return "parameter does not fit into its area";
	return NULL;
}

static const char *check_native_context(const struct igvm_file *f, __u32 file_offset)
{
	const __u8 *p = f->data + file_offset;

	if (f->version < 2)
		return "native VP context in a version 1 file";
	for (__u32 i = sizeof(struct igvm_native_vp_context); i < IGVM_PAGE_SIZE; i++)
		if (p[i])
			return "native VP context is not followed by zeroes";
	return NULL;
}

static const char *check_vp_context(const struct igvm_file *f,
				    const struct igvm_directive *d)
{
	struct igvm_vp_context v;
	const char *why;

	__builtin_memcpy(&v, d->body, sizeof(v));
	if (v.reserved)
		return "reserved field is not zero";
	if (!v.file_offset)
		return "VP context without data";
	why = check_gpa(v.gpa, IGVM_PAGE_SIZE);
	if (!why)
		why = check_file_data(f, v.file_offset, 1);
	for (__u32 i = 0; !why && i < f->platforms; i++) {
		const struct igvm_platform *p = &f->platform[i];

		if (!(p->mask & v.compatibility_mask) ||
		    p->type == IGVM_PLATFORM_VSM_ISOLATION)
			continue;
		if (p->type == IGVM_PLATFORM_TDX)
			return "VP context for TDX";
		why = check_file_data(f, v.file_offset, IGVM_PAGE_SIZE);
		if (!why && (p->type == IGVM_PLATFORM_NATIVE ||
			     p->type == IGVM_PLATFORM_SEV))
			why = check_native_context(f, v.file_offset);
	}
	return why;
}

static const char *check_required_memory(const struct igvm_directive *d)
{
	struct igvm_required_memory m;

	__builtin_memcpy(&m, d->body, sizeof(m));
	if (m.reserved)
		return "reserved field is not zero";
	if (m.flags & ~IGVM_REQUIRED_MEMORY_FLAGS)
		return "reserved flag is set";
	return check_gpa(m.gpa, m.number_of_bytes);
}

static const char *check_error_range(const struct igvm_directive *d)
{
	struct igvm_error_range r;

	__builtin_memcpy(&r, d->body, sizeof(r));
	return check_gpa(r.gpa, r.size_bytes);
}

static const char *check_id_block(const struct igvm_file *f,
				  const struct igvm_directive *d)
{
	struct igvm_snp_id_block b;

	__builtin_memcpy(&b, d->body, sizeof(b));
	if (b.reserved[0] || b.reserved[1] || b.reserved[2])
		return "reserved field is not zero";
	if (b.author_key_enabled > 1)
		return "author_key_enabled is neither 0 nor 1";
	if (b.compatibility_mask != igvm_platform_mask(f, IGVM_PLATFORM_SEV_SNP))
		return "SNP ID block for another platform";
	return NULL;
}

static const char *check_header(struct igvm_file *f, const struct igvm_directive *d)
{
	if (is_parameter(d->type))
		return check_parameter(f, d);
	switch (d->type) {
	case IGVM_VHT_SUPPORTED_PLATFORM:
		return check_platform_header(f, d);
	case IGVM_VHT_GUEST_POLICY:
		return check_guest_policy(d);
	case IGVM_VHT_RELOCATABLE_REGION:
		return check_relocatable_region(d);
	case IGVM_VHT_PAGE_TABLE_RELOCATION:
		return check_page_table_relocation(d);
	case IGVM_VHT_CORIM_DOCUMENT:
	case IGVM_VHT_CORIM_SIGNATURE:
		return check_corim(f, d);
	case IGVM_VHT_PARAMETER_AREA:
		return check_parameter_area(f, d);
	case IGVM_VHT_PAGE_DATA:
		return check_page_data(f, d);
	case IGVM_VHT_PARAMETER_INSERT:
		return check_parameter_insert(f, d);
	case IGVM_VHT_VP_CONTEXT:
		return check_vp_context(f, d);
	case IGVM_VHT_REQUIRED_MEMORY:
		return check_required_memory(d);
	case IGVM_VHT_ERROR_RANGE:
		return check_error_range(d);
	case IGVM_VHT_SNP_ID_BLOCK:
		return check_id_block(f, d);
	}
	return NULL;	/* VBS_MEASUREMENT: opaque, for VSM only */
}

/* Every header by itself, in order. Fills in platforms and parameter areas. */
static const char *check_headers(struct igvm_file *f)
{
	unsigned int last_class = 0;
	__u32 pos = f->headers;

	while (pos < f->file_data) {
		struct igvm_directive d = { .offset = pos };
		const struct header_rule *rule;
		struct igvm_variable_header h;
		unsigned int class;
		const char *why;
		__u32 room, padded;

		room = f->file_data - pos;
		if (room < sizeof(h))
			return "variable header is truncated";
		__builtin_memcpy(&h, f->data + pos, sizeof(h));
		pos += sizeof(h);
		room -= (__u32)sizeof(h);
		if (h.length > room)
			return "variable header is truncated";
		padded = (h.length + 7) & ~7u;
		if (padded > room)
			return "padding of a variable header is truncated";
		for (__u32 i = h.length; i < padded; i++)
			if (f->data[pos + i])
				return "padding of a variable header is not zero";

		d.type = h.type & ~IGVM_VHT_OPTIONAL;
		d.length = h.length;
		d.body = f->data + pos;
		pos += padded;

		class = header_class(d.type);
		if (class && class < last_class)
			return "variable headers are not in order";
		if (class)
			last_class = class;

		rule = find_rule(d.type);
		if (!rule) {
			if (h.type & IGVM_VHT_OPTIONAL)
				continue;
			return "unknown type of variable header";
		}
		if (h.length != rule->length)
			return "variable header has the wrong length";
		if (rule->mask_at >= 0 && class != 1) {
			__builtin_memcpy(&d.mask, f->data + pos - padded + rule->mask_at,
					 sizeof(d.mask));
			if (!d.mask)
				return "compatibility mask is empty";
			if (d.mask & ~f->all_masks)
				return "compatibility mask names no platform";
		}
		why = check_header(f, &d);
		if (why)
			return why;
	}
	return f->platforms ? NULL : "file supports no platform";
}

/* What may be there once per platform, and what must fit together. */
struct platform_check {
	const struct igvm_platform *platform;
	__u32 once;			/* bit per kind of header seen */
	__u32 relocations;
	struct {
		__u64 gpa, end;
		__u16 vp_index;
		__u8 page_table;
	} relocation[IGVM_MAX_RELOCATIONS];
	__u64 vps[IGVM_MAX_VPS / 64];
};

enum once {
	ONCE_POLICY,
	ONCE_PAGE_TABLE,
	ONCE_CORIM_DOCUMENT,
	ONCE_CORIM_SIGNATURE,
	ONCE_SECRETS,
	ONCE_CPUID,
	ONCE_CPUID_XF,
	ONCE_ID_BLOCK,
};

static int seen_before(struct platform_check *c, enum once what)
{
	__u32 bit = 1u << what;
	int seen = !!(c->once & bit);

	c->once |= bit;
	return seen;
}

static const char *add_relocation(struct platform_check *c,
				  const struct igvm_directive *d)
{
	__u64 end = d->gpa + d->size;

	if (c->relocations == IGVM_MAX_RELOCATIONS)
		return "too many relocation regions";
	for (__u32 i = 0; i < c->relocations; i++)
		if (d->gpa < c->relocation[i].end && c->relocation[i].gpa < end)
			return "relocation regions overlap";
	c->relocation[c->relocations].gpa = d->gpa;
	c->relocation[c->relocations].end = end;
	c->relocation[c->relocations].vp_index = d->vp_index;
	c->relocation[c->relocations].page_table =
		d->type == IGVM_VHT_PAGE_TABLE_RELOCATION;
	c->relocations++;
	return NULL;
}

static const char *check_for_platform(struct platform_check *c,
				      const struct igvm_directive *d)
{
	__u64 bit;

	switch (d->type) {
	case IGVM_VHT_GUEST_POLICY:
		if (seen_before(c, ONCE_POLICY))
			return "two guest policies for one platform";
		break;
	case IGVM_VHT_PAGE_TABLE_RELOCATION:
		if (seen_before(c, ONCE_PAGE_TABLE))
			return "two page table relocations for one platform";
		return add_relocation(c, d);
	case IGVM_VHT_RELOCATABLE_REGION:
		return add_relocation(c, d);
	case IGVM_VHT_CORIM_DOCUMENT:
		if (seen_before(c, ONCE_CORIM_DOCUMENT))
			return "two CoRIM documents for one platform";
		break;
	case IGVM_VHT_CORIM_SIGNATURE:
		if (!(c->once & (1u << ONCE_CORIM_DOCUMENT)))
			return "CoRIM signature before its document";
		if (seen_before(c, ONCE_CORIM_SIGNATURE))
			return "two CoRIM signatures for one platform";
		break;
	case IGVM_VHT_PAGE_DATA:
		if (d->data_type == IGVM_PAGE_SECRETS && seen_before(c, ONCE_SECRETS))
			return "two secrets pages for one platform";
		if (d->data_type == IGVM_PAGE_CPUID_DATA && seen_before(c, ONCE_CPUID))
			return "two CPUID pages for one platform";
		if (d->data_type == IGVM_PAGE_CPUID_XF && seen_before(c, ONCE_CPUID_XF))
			return "two extended CPUID pages for one platform";
		break;
	case IGVM_VHT_PARAMETER_INSERT:
		for (__u32 i = 0; i < c->relocations; i++)
			if (c->relocation[i].page_table &&
			    d->gpa < c->relocation[i].end &&
			    c->relocation[i].gpa < d->gpa + d->size)
				return "parameters inside the page table region";
		break;
	case IGVM_VHT_VP_CONTEXT:
		if (d->vp_index >= IGVM_MAX_VPS)
			return "vp_index is too large";
		bit = 1ULL << (d->vp_index % 64);
		/* A VSM file may have one context per VTL of a processor. */
		if ((c->vps[d->vp_index / 64] & bit) &&
		    c->platform->type != IGVM_PLATFORM_VSM_ISOLATION)
			return "two contexts for one virtual processor";
		c->vps[d->vp_index / 64] |= bit;
		break;
	case IGVM_VHT_SNP_ID_BLOCK:
		if (seen_before(c, ONCE_ID_BLOCK))
			return "two SNP ID blocks";
		break;
	}
	return NULL;
}

static const char *check_platform(const struct igvm_file *f,
				  const struct igvm_platform *p)
{
	struct platform_check c = { .platform = p };
	struct igvm_directive d;
	struct igvm_iter it;
	const char *why;

	igvm_iter_init(&it, f, p->mask);
	while (igvm_next(&it, &d)) {
		why = check_for_platform(&c, &d);
		if (why)
			return why;
	}
	if (p->type == IGVM_PLATFORM_TDX)
		return NULL;	/* has no VP contexts to relocate */
	for (__u32 i = 0; i < c.relocations; i++) {
		__u16 vp = c.relocation[i].vp_index;

		if (vp >= IGVM_MAX_VPS || !(c.vps[vp / 64] & (1ULL << (vp % 64))))
			return "relocation names a processor without a context";
	}
	return NULL;
}

/*
 * A cursor on one ascending run of directives that occupy guest memory.
 * Writers emit a few such runs; merging them finds every overlap in linear
 * time without memory for all pages.
 */
struct run {
	__u64 gpa, end;
	__u32 pos;		/* of the header after the current one */
};

/* Advance to the next directive that occupies guest memory. Return: 0 at the end. */
static int next_range(const struct igvm_file *f, const struct igvm_platform *p,
		      struct run *r)
{
	struct igvm_iter it = { .file = f, .mask = p->mask, .pos = r->pos };
	struct igvm_directive d;

	while (igvm_next(&it, &d)) {
		switch (d.type) {
		case IGVM_VHT_VP_CONTEXT:
			/* Elsewhere gpa is not where the context is stored. */
			if (p->type != IGVM_PLATFORM_SEV_SNP)
				continue;
			break;
		case IGVM_VHT_PAGE_DATA:
		case IGVM_VHT_PARAMETER_INSERT:
		case IGVM_VHT_ERROR_RANGE:
			break;
		default:
			continue;
		}
		r->gpa = d.gpa;
		r->end = d.gpa + d.size;
		r->pos = it.pos;
		return 1;
	}
	return 0;
}

static const char *check_overlaps(const struct igvm_file *f,
				  const struct igvm_platform *p)
{
	struct run run[IGVM_MAX_RUNS], r = { .pos = f->headers };
	__u64 end = 0;
	__u32 runs = 0;

	while (next_range(f, p, &r)) {
		if (!runs || r.gpa < end) {
			if (runs == IGVM_MAX_RUNS)
				return "pages are in too many ascending runs";
			run[runs++] = r;
		}
		end = r.end;
	}

	end = 0;
	while (runs) {
		__u32 first = 0;

		for (__u32 i = 1; i < runs; i++)
			if (run[i].gpa < run[first].gpa)
				first = i;
		if (run[first].gpa < end)
			return "two directives for one guest page";
		end = run[first].end;
		/* A step back is where the next run began: its own cursor is there. */
		if (!next_range(f, p, &run[first]) || run[first].gpa < end)
			run[first] = run[--runs];
	}
	return NULL;
}

/**
 * igvm_open() - check a whole file and make it ready for igvm_next()
 * @f: filled in
 * @data: the file, any alignment; stays in use
 * @size: its exact size in bytes
 * @why: receives the reason (a constant string) if the file is refused
 *
 * Checked: fixed header and CRC-32; order, types, lengths, padding, reserved
 * fields, masks and flags of all variable headers; that all file data lies
 * inside the file; alignment and range of guest addresses; life of parameter
 * areas; per platform: nothing that must be unique occurs twice, no guest page
 * has two directives. Not checked: whether the guest has the memory.
 *
 * Return: 0, or -1 if the file is not a valid IGVM file or exceeds a limit of
 * this reader (IGVM_MAX_*).
 */
int igvm_open(struct igvm_file *f, const void *data, __u64 size, const char **why)
{
	__builtin_memset(f, 0, sizeof(*f));
	*why = check_fixed(f, data, size);
	if (!*why)
		*why = check_headers(f);
	for (__u32 i = 0; !*why && i < f->platforms; i++) {
		*why = check_platform(f, &f->platform[i]);
		if (!*why)
			*why = check_overlaps(f, &f->platform[i]);
	}
	return *why ? -1 : 0;
}
