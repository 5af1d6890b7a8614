// SPDX-License-Identifier: MIT
/* igvm-build: the pages and regions of guest memory that are being filled. */
#include "build.h"

#include <stdlib.h>
#include <string.h>

/**
 * image_add_region() - reserve guest memory, refusing overlaps
 * @img: image
 * @name: what it is, for the message; kept by reference
 * @start: first GPA
 * @end: GPA behind the last byte; rounded up to pages
 *
 * Does not return if a region overlaps one that was added before.
 */
void image_add_region(struct image *img, const char *name, __u64 start, __u64 end)
{
	end = (end + IGVM_PAGE_SIZE - 1) & ~(__u64)(IGVM_PAGE_SIZE - 1);
	for (unsigned int i = 0; i < img->regions; i++) {
		const struct region *r = &img->region[i];

		if (start < r->end && r->start < end)
			die("%s (0x%llx-0x%llx) overlaps %s (0x%llx-0x%llx)",
			    name, start, end - 1, r->name, r->start, r->end - 1);
	}
	if (img->regions == MAX_REGIONS)
		die("too many regions of guest memory");
	img->region[img->regions++] = (struct region){ name, start, end };
}

static int is_zero(const __u8 *page)
{
	return !page[0] && !memcmp(page, page + 1, IGVM_PAGE_SIZE - 1);
}

/**
 * image_add_page() - one page of contents
 * @img: image
 * @gpa: page aligned; the caller has reserved it
 * @data: 4096 bytes, kept by reference; NULL for zeroes
 */
void image_add_page(struct image *img, __u64 gpa, const __u8 *data)
{
	if (img->pages == img->page_room) {
		img->page_room = img->page_room ? img->page_room * 2 : 4096;
		img->page = realloc(img->page, img->page_room * sizeof(*img->page));
		if (!img->page)
			die("out of memory");
	}
	img->page[img->pages++] = (struct page){ .gpa = gpa, .data = data };
}

/**
 * image_add_blob() - contents of any size
 * @img: image
 * @gpa: page aligned; the caller has reserved the room
 * @data: kept by reference; zeroes must follow up to a full page
 * @size: bytes
 */
void image_add_blob(struct image *img, __u64 gpa, const __u8 *data, size_t size)
{
	for (size_t at = 0; at < size; at += IGVM_PAGE_SIZE)
		image_add_page(img, gpa + at, data + at);
}

/**
 * image_find_page() - the page at a guest address
 * @img: image
 * @gpa: page aligned
 *
 * Return: the page, valid until the next image_add_page(), or NULL.
 */
struct page *image_find_page(struct image *img, __u64 gpa)
{
	for (size_t i = 0; i < img->pages; i++)
		if (img->page[i].gpa == gpa)
			return &img->page[i];
	return NULL;
}

static int by_gpa(const void *a, const void *b)
{
	__u64 x = ((const struct page *)a)->gpa, y = ((const struct page *)b)->gpa;

	return (x > y) - (x < y);
}

/**
 * image_finish() - everything was added: put in the payload page and sort
 * @img: image
 *
 * Pages of zeroes lose their data, so that they take no room in the file.
 */
void image_finish(struct image *img)
{
	if (img->payload_gpa != NO_GPA)
		image_find_page(img, img->payload_gpa)->data =
			(const __u8 *)img->payload;
	for (size_t i = 0; i < img->pages; i++)
		if (img->page[i].data && is_zero(img->page[i].data))
			img->page[i].data = NULL;
	qsort(img->page, img->pages, sizeof(*img->page), by_gpa);
}
