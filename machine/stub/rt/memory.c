// SPDX-License-Identifier: MIT
/*
 * Page tables, PVALIDATE and page-state changes. Sources: AMD APM volume 3
 * (PVALIDATE), GHCB specification 4.1.6 (SNP Page State Change).
 */
#include "rt.h"

#define PSC_MAX		253

struct psc_buffer {
	u16 current;
	u16 end;
	u32 rsvd;
	u64 entry[PSC_MAX];
};

_Static_assert(sizeof(struct psc_buffer) == GHCB_BUFFER_SIZE,
	       "page-state change buffer must fill the shared buffer");

#define PSC_OP_SHIFT	52
#define PSC_2M		BIT(56)

/**
 * rt_map_page() - map a page of the image private or shared
 * @page: its address, in the image's 2 MiB
 * @private: with or without C-bit
 */
void rt_map_page(const void *page, bool private)
{
	u64 *entry = &rt_image_table[((u64)page - RT_IMAGE) / PAGE_SIZE];

	if (private)
		*entry |= rt_cbit;
	else
		*entry &= ~rt_cbit;
	rt_flush();
}

/**
 * rt_pvalidate() - validate a page or rescind its validation
 * @va: address
 * @large: 2 MiB, not 4 KiB
 * @validate: or rescind
 * @unchanged: set to the carry flag: the page was in that state already
 *
 * Return: SNP_*.
 */
int rt_pvalidate(u64 va, bool large, bool validate, bool *unchanged)
{
	u64 result = va;

	asm volatile(".byte 0xF2, 0x0F, 0x01, 0xFF"
		     : "+a"(result), "=@ccc"(*unchanged)
		     : "c"((u64)large), "d"((u64)validate) : "memory");
	return (u32)result;
}

/**
 * rt_zero() - clear private memory below 4 GiB
 * @gpa: start; 0 is an address like any other
 * @size: bytes
 */
void rt_zero(u64 gpa, u64 size)
{
	asm volatile("rep stosb" : "+D"(gpa), "+c"(size) : "a"(0) : "memory");
}

/* Hands the filled buffer to the host until it has done all entries. */
static int psc_run(struct psc_buffer *buffer, u32 count)
{
	u32 last = 0;

	buffer->current = 0;
	buffer->end = count - 1;
	buffer->rsvd = 0;
	while (last < count) {
		u16 current;

		rt_ghcb_put(GHCB_SCRATCH, (u64)rt_ghcb + GHCB_BUFFER);
		if (rt_ghcb_exit(NAE_PSC, 0, 0) || rt_ghcb_get(GHCB_INFO2))
			return -1;
		/* A host that gets nowhere would keep us here for ever. */
		__builtin_memcpy(&current, &buffer->current, sizeof(current));
		if (current <= last)
			return -1;
		last = current;
	}
	return 0;
}

/**
 * rt_page_state() - tell the host that pages become private or shared
 * @start: GPA, page aligned
 * @end: GPA behind the last byte, page aligned
 * @op: PSC_PRIVATE or PSC_SHARED
 *
 * Return: 0 or -1.
 */
int rt_page_state(u64 start, u64 end, u32 op)
{
	struct psc_buffer *buffer = (struct psc_buffer *)(rt_ghcb + GHCB_BUFFER);
	u32 count = 0;

	rt_ghcb_clear();
	while (start < end) {
		bool large = start % PAGE_2M == 0 && end - start >= PAGE_2M;

		buffer->entry[count++] = start | (u64)op << PSC_OP_SHIFT |
					 (large ? PSC_2M : 0);
		start += large ? PAGE_2M : PAGE_SIZE;
		if (count == PSC_MAX || start == end) {
			if (psc_run(buffer, count))
				return -1;
			count = 0;
		}
	}
	return 0;
}

/* Where the program sees a GPA: as it is, or through the window. */
static u64 window(u64 gpa)
{
	u64 base = gpa & ~(GIB - 1);
	u32 i;

	if (gpa < 4 * GIB)
		return gpa;
	if ((rt_window[0] & ~(rt_cbit | (PAGE_SIZE - 1))) != base) {
		for (i = 0; i < 512; i++)
			rt_window[i] = (base + i * PAGE_2M) | rt_cbit |
				       PTE_PS | PTE_W | PTE_P;
		rt_flush();
	}
	return RT_WINDOW + (gpa - base);
}

/*
 * A page that is validated already was validated by somebody else: after the
 * host has changed what is behind an address, it would be a second page.
 */
static int validate(u64 gpa, bool large)
{
	bool unchanged;
	int result = rt_pvalidate(window(gpa), large, true, &unchanged);

	return result ? result : unchanged ? -1 : 0;
}

/**
 * rt_accept() - make memory private and validate it
 * @start: GPA, page aligned
 * @end: GPA behind the last byte, page aligned
 *
 * Return: 0 or -1; it is an error if a page was validated before.
 */
int rt_accept(u64 start, u64 end)
{
	if (rt_page_state(start, end, PSC_PRIVATE))
		return -1;
	while (start < end) {
		bool large = start % PAGE_2M == 0 && end - start >= PAGE_2M;
		u64 next = start + (large ? PAGE_2M : PAGE_SIZE);
		int result = validate(start, large);

		if (large && result == SNP_FAIL_SIZEMISMATCH)
			for (result = 0; start < next && !result; start += PAGE_SIZE)
				result = validate(start, false);
		if (result)
			return -1;
		start = next;
	}
	return 0;
}
