// SPDX-License-Identifier: MIT
/* igvm-build: from the finished image to the file. */
#include "build.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "igvm_read.h"

#define MASK	1u	/* compatibility mask of the one platform of a file */

struct headers {
	__u8 *data;
	size_t size, room;
};

static void add_header(struct headers *h, __u32 type, const void *body, __u32 length)
{
	struct igvm_variable_header v = { .type = type, .length = length };
	size_t padded = sizeof(v) + ((length + 7) & ~7u);

	if (h->size + padded > h->room) {
		h->room = (h->room + padded) * 2;
		h->data = realloc(h->data, h->room);
		if (!h->data)
			die("out of memory");
	}
	memset(h->data + h->size, 0, padded);
	memcpy(h->data + h->size, &v, sizeof(v));
	memcpy(h->data + h->size + sizeof(v), body, length);
	h->size += padded;
}

/* Guest policy and processor state: a TD has neither in its file. */
static int has_snp_headers(const struct image *img)
{
	return img->platform == IGVM_PLATFORM_SEV_SNP;
}

static void add_platform(struct headers *h, const struct image *img)
{
	struct igvm_supported_platform platform = {
		.compatibility_mask = MASK,
		.highest_vtl = img->vtl2 ? 2 : 0,
		.platform_type = img->platform,
		.platform_version = 1,
	};
	struct igvm_guest_policy policy = {
		.policy = img->policy,
		.compatibility_mask = MASK,
	};

	add_header(h, IGVM_VHT_SUPPORTED_PLATFORM, &platform, sizeof(platform));
	if (has_snp_headers(img))
		add_header(h, IGVM_VHT_GUEST_POLICY, &policy, sizeof(policy));
}

static void add_parameter(struct headers *h, __u32 type, enum area area, __u32 offset)
{
	struct igvm_parameter p = {
		.parameter_area_index = area,
		.byte_offset = offset,
	};

	add_header(h, type, &p, sizeof(p));
}

/* Areas are declared, filled and inserted before all pages. */
static void add_parameters(struct headers *h, const struct image *img)
{
	for (unsigned int i = 0; i < AREAS; i++) {
		struct igvm_parameter_area a = {
			.number_of_bytes = IGVM_PAGE_SIZE,
			.parameter_area_index = i,
		};

		if (img->area_gpa[i] != NO_GPA)
			add_header(h, IGVM_VHT_PARAMETER_AREA, &a, sizeof(a));
	}
	if (img->area_gpa[AREA_GENERAL] != NO_GPA) {
		add_parameter(h, IGVM_VHT_VP_COUNT, AREA_GENERAL, 0);
		add_parameter(h, IGVM_VHT_ENVIRONMENT_INFO, AREA_GENERAL, 4);
	}
	if (img->area_gpa[AREA_MADT] != NO_GPA)
		add_parameter(h, IGVM_VHT_MADT, AREA_MADT, 0);
	if (img->area_gpa[AREA_MEMORY_MAP] != NO_GPA)
		add_parameter(h, IGVM_VHT_MEMORY_MAP, AREA_MEMORY_MAP, 0);
	for (unsigned int i = 0; i < AREAS; i++) {
		struct igvm_parameter_insert p = {
			.gpa = img->area_gpa[i],
			.compatibility_mask = MASK,
			.parameter_area_index = i,
		};

		if (img->area_gpa[i] != NO_GPA)
			add_header(h, IGVM_VHT_PARAMETER_INSERT, &p, sizeof(p));
	}
}

static void add_page(struct headers *h, const struct page *page, __u32 file_offset)
{
	struct igvm_page_data d = {
		.gpa = page->gpa,
		.compatibility_mask = MASK,
		.file_offset = file_offset,
		.data_type = page->kind == PAGE_SECRETS ? IGVM_PAGE_SECRETS :
			     page->kind == PAGE_CPUID ? IGVM_PAGE_CPUID_DATA :
			     IGVM_PAGE_NORMAL,
	};

	add_header(h, IGVM_VHT_PAGE_DATA, &d, sizeof(d));
}

/* The security processor writes the secrets page: its contents are of no use. */
static int has_data(const struct page *p)
{
	return p->data && p->kind != PAGE_PARAMETERS && p->kind != PAGE_SECRETS;
}

/* data_start is where the first page of file data goes. Return: bytes of data. */
static __u64 add_directives(struct headers *h, const struct image *img, __u64 data_start)
{
	struct igvm_vp_context vp = {
		.gpa = IGVM_SNP_VMSA_GPA,
		.compatibility_mask = MASK,
	};
	__u64 at = data_start;

	for (size_t i = 0; i < img->pages; i++) {
		const struct page *p = &img->page[i];

		if (p->kind == PAGE_PARAMETERS)
			continue;
		add_page(h, p, has_data(p) ? (__u32)at : 0);
		if (has_data(p))
			at += IGVM_PAGE_SIZE;
	}
	if (!has_snp_headers(img))
		return at - data_start;
	/* Last, because KVM measures it last wherever it stands in the file. */
	vp.file_offset = (__u32)at;
	add_header(h, IGVM_VHT_VP_CONTEXT, &vp, sizeof(vp));
	return at + IGVM_PAGE_SIZE - data_start;
}

/* All of the headers; their size is known in advance only by building them. */
static __u64 build_headers(struct headers *h, const struct image *img, __u64 data_start)
{
	h->size = 0;
	add_platform(h, img);
	add_parameters(h, img);
	return add_directives(h, img, data_start);
}

static void write_pages(FILE *f, const struct image *img)
{
	__u8 vmsa[IGVM_PAGE_SIZE];

	for (size_t i = 0; i < img->pages; i++)
		if (has_data(&img->page[i]))
			fwrite(img->page[i].data, IGVM_PAGE_SIZE, 1, f);
	if (has_snp_headers(img)) {
		make_vmsa(vmsa, img->entry, img->sev_features);
		fwrite(vmsa, IGVM_PAGE_SIZE, 1, f);
	}
}

/**
 * write_image() - write the IGVM file
 * @img: image that image_finish() has seen
 *
 * The same image always gives the same bytes. File data starts page aligned:
 * a loader that maps the file can use the pages in place. Does not return, and
 * leaves no file, on errors.
 */
void write_image(const struct image *img)
{
	static const __u8 zeroes[IGVM_PAGE_SIZE];
	struct igvm_fixed_header fixed = {
		.magic = IGVM_MAGIC,
		.format_version = 1,
		.variable_header_offset = IGVM_V1_HEADER_SIZE,
	};
	struct headers h = { .data = NULL };
	__u64 headers_end, data_start, total;
	struct stat st;
	FILE *f;
	int bad, regular;

	/* Sizes do not depend on offsets: build once for the size, once for good. */
	build_headers(&h, img, 0);
	headers_end = IGVM_V1_HEADER_SIZE + h.size;
	data_start = (headers_end + IGVM_PAGE_SIZE - 1) & ~(__u64)(IGVM_PAGE_SIZE - 1);
	total = data_start + build_headers(&h, img, data_start);
	if (total > 0xFFFFFFFFu)
		die("the file would be 4 GiB or larger");

	fixed.variable_header_size = (__u32)h.size;
	fixed.total_file_size = (__u32)total;
	fixed.checksum = igvm_crc32(igvm_crc32(0, &fixed, IGVM_V1_HEADER_SIZE),
				    h.data, h.size);

	f = fopen(img->output, "wb");
	if (!f)
		die("%s: %s", img->output, strerror(errno));
	errno = 0;
	fwrite(&fixed, IGVM_V1_HEADER_SIZE, 1, f);
	fwrite(h.data, h.size, 1, f);
	fwrite(zeroes, data_start - headers_end, 1, f);
	write_pages(f, img);
	fflush(f);
	bad = ferror(f);
	regular = !fstat(fileno(f), &st) && S_ISREG(st.st_mode);
	bad |= fclose(f);
	if (bad) {
		int error = errno ? errno : EIO;

		if (regular)
			remove(img->output);
		die("%s: %s", img->output, strerror(error));
	}
	if (img->verbose)
		printf("%s: %llu bytes, %zu bytes of headers, %zu pages\n",
		       img->output, total, h.size, img->pages);
	free(h.data);
}
