/* SPDX-License-Identifier: MIT */
/* igvm-build: the image between input files and output file. */
#ifndef TOOLS_IGVM_BUILD_H
#define TOOLS_IGVM_BUILD_H

#include <svsm/payload.h>

#include "host.h"
#include "igvm.h"

#define MAX_REGIONS	80

enum page_kind {
	PAGE_NORMAL,
	PAGE_SECRETS,
	PAGE_CPUID,
	PAGE_PARAMETERS,	/* a parameter area is inserted there */
};

struct page {
	__u64 gpa;
	const __u8 *data;	/* 4096 bytes, NULL: zeroes */
	enum page_kind kind;
};

struct region {
	const char *name;
	__u64 start, end;
};

/* Parameter areas, one page each; the number is the index in the file. */
enum area {
	AREA_GENERAL,		/* VP count, environment */
	AREA_MADT,
	AREA_MEMORY_MAP,
	AREAS
};

#define NO_GPA	(~0ULL)

struct image {
	/* settings */
	const char *output;
	enum igvm_platform_type platform;	/* SEV_SNP or TDX */
	int vtl2;
	int verbose;
	__u64 sev_features;
	__u64 policy;

	/* contents; pages ascend strictly by gpa once image_finish() is done */
	struct page *page;
	size_t pages, page_room;
	struct region region[MAX_REGIONS];
	unsigned int regions;
	__u64 entry;			/* SEV-SNP only: a TD has a fixed one */
	__u64 area_gpa[AREAS];		/* NO_GPA: not wanted */
	__u64 payload_gpa;		/* NO_GPA: image takes no payload */
	struct igvm_payload *payload;
};

/* build-image.c */
void image_add_region(struct image *img, const char *name, __u64 start, __u64 end);
void image_add_page(struct image *img, __u64 gpa, const __u8 *data);
void image_add_blob(struct image *img, __u64 gpa, const __u8 *data, size_t size);
struct page *image_find_page(struct image *img, __u64 gpa);
void image_finish(struct image *img);

/* build-elf.c */
void load_firmware(struct image *img, const char *name);

/* build-linux.c */
void load_kernel(struct image *img, const char *name);
void load_initrd(struct image *img, const char *name);
void set_cmdline(struct image *img, const char *cmdline);

/* build-vmsa.c */
void make_vmsa(__u8 page[IGVM_PAGE_SIZE], __u64 entry, __u64 sev_features);

/* build-write.c */
void write_image(const struct image *img);

#endif
