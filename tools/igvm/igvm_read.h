/* SPDX-License-Identifier: MIT */
/*
 * Reader of IGVM files: freestanding, no allocation, safe on hostile files.
 *
 *	struct igvm_file f;
 *	struct igvm_iter it;
 *	struct igvm_directive d;
 *	const char *why;
 *
 *	if (igvm_open(&f, data, size, &why))
 *		refuse(why);
 *	mask = igvm_platform_mask(&f, IGVM_PLATFORM_SEV_SNP);
 *	igvm_iter_init(&it, &f, mask);
 *	while (igvm_next(&it, &d))
 *		...
 *
 * The file must not change between igvm_open() and the last use.
 */
#ifndef TOOLS_IGVM_IGVM_READ_H
#define TOOLS_IGVM_IGVM_READ_H

#include "igvm.h"

/*
 * Limits of this reader, so that it needs neither memory nor unbounded time.
 * A file beyond them is refused, never half read.
 */
#define IGVM_MAX_AREAS		64		/* parameter areas */
#define IGVM_MAX_AREA_BYTES	0x1000000u	/* one parameter area: 16 MiB */
#define IGVM_MAX_VPS		4096		/* vp_index, for one context per VP */
#define IGVM_MAX_RELOCATIONS	16		/* relocation regions per platform */
#define IGVM_MAX_RUNS		128		/* ascending runs of page directives */
#define IGVM_MAX_GPA		(1ULL << 52)

struct igvm_platform {
	__u32 mask;			/* one bit */
	__u8 type;			/* enum igvm_platform_type */
	__u8 highest_vtl;
	__u16 version;
	__u64 shared_gpa_boundary;
};

struct igvm_area {
	__u32 index;
	__u32 bytes;			/* multiple of 4096 */
	__u32 file_offset;		/* 0: no initial contents */
	__u32 inserted;
};

struct igvm_file {
	const __u8 *data;
	__u32 size;			/* of the whole file */
	__u32 version;			/* 1 or 2 */
	__u32 headers;			/* offset of the first variable header */
	__u32 file_data;		/* end of them, start of file data */
	__u32 all_masks;
	__u32 platforms;
	__u32 areas;
	struct igvm_platform platform[IGVM_PLATFORM_TYPES];
	struct igvm_area area[IGVM_MAX_AREAS];
};

struct igvm_iter {
	const struct igvm_file *file;
	__u32 mask;
	__u32 pos;
};

/* One variable header, decoded. Fields that a type does not have are 0. */
struct igvm_directive {
	__u32 type;		/* IGVM_VHT_*, without the optional bit */
	__u32 mask;		/* ~0 for the types that have none */
	__u32 offset;		/* of the variable header in the file */
	__u32 length;		/* of its body */
	const void *body;	/* struct igvm_...: may be unaligned */
	__u64 gpa;
	__u64 size;		/* bytes of guest memory, from gpa */
	__u32 flags;		/* of PAGE_DATA, REQUIRED_MEMORY, relocations */
	__u16 data_type;	/* PAGE_DATA: enum igvm_page_data_type */
	__u16 vp_index;
	__u32 area;		/* index of a parameter area */
	__u32 area_bytes;	/* its size */
	__u32 byte_offset;	/* of a parameter within it */
	__u32 data_size;	/* bytes at data */
	__u64 policy;		/* GUEST_POLICY */
	const void *data;	/* file data; NULL: none, zeroes */
};

__u32 igvm_crc32(__u32 crc, const void *data, __u64 size);
int igvm_open(struct igvm_file *f, const void *data, __u64 size, const char **why);
__u32 igvm_platform_mask(const struct igvm_file *f, enum igvm_platform_type type);
void igvm_iter_init(struct igvm_iter *it, const struct igvm_file *f, __u32 mask);
int igvm_next(struct igvm_iter *it, struct igvm_directive *d);

#endif
