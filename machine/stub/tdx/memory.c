// SPDX-License-Identifier: MIT
/*
 * Page tables and acceptance of private memory. Source: Intel TDX module ABI
 * specification (TDG.MEM.PAGE.ACCEPT).
 */
#include "rt_tdx.h"

#define DEVICES		(3 * GIB)
#define PTE_TABLE	(PTE_P | PTE_W | PTE_U)
#define PTE_PAGE	(PTE_P | PTE_W)

u64 rt_shared_bit;

/**
 * rt_init() - page tables as common.h describes them; on the trampoline's
 * tables, without an IDT
 */
void rt_init(void)
{
	u64 gpa, i;

	rt_shared_bit = BIT(tdx_trampoline()->gpaw - 1);
	for (gpa = 0; gpa < 4 * GIB; gpa += PAGE_2M) {
		u64 bits = PTE_PAGE | PTE_PS;

		if (gpa >= DEVICES && gpa != (TDX_TRAMPOLINE & -PAGE_2M))
			bits |= rt_shared_bit;
		rt_directory[gpa / GIB][gpa / PAGE_2M % 512] = gpa | bits;
	}
	for (i = 0; i < 512; i++)
		rt_image_table[i] = (RT_IMAGE + i * PAGE_SIZE) | PTE_PAGE;
	rt_directory[0][RT_IMAGE / PAGE_2M] = (u64)rt_image_table | PTE_TABLE;
	for (i = 0; i < 4; i++)
		rt_pdpt[i] = (u64)rt_directory[i] | PTE_TABLE;
	rt_pdpt[RT_WINDOW / GIB] = (u64)rt_window | PTE_TABLE;
	rt_pml4[0] = (u64)rt_pdpt | PTE_TABLE;
	asm volatile("mov %0, %%cr3" : : "r"(rt_pml4) : "memory");
}

/**
 * rt_map_page() - map a page of the image private or shared
 * @page: its address, in the image's 2 MiB
 * @private: without or with the shared bit
 */
void rt_map_page(const void *page, bool private)
{
	u64 *entry = &rt_image_table[((u64)page - RT_IMAGE) / PAGE_SIZE];

	if (private)
		*entry &= ~rt_shared_bit;
	else
		*entry |= rt_shared_bit;
	rt_flush();
}

/**
 * rt_accept_page() - TDG.MEM.PAGE.ACCEPT
 * @gpa: page, aligned to its size
 * @large: 2 MiB, not 4 KiB
 *
 * Return: status of the TDX module.
 */
u64 rt_accept_page(u64 gpa, bool large)
{
	struct tdx_args args = {
		.rax = TDG_MEM_PAGE_ACCEPT, .rcx = gpa | large,
	};

	rt_tdcall(&args);
	return args.rax;
}

/**
 * rt_accept() - accept memory that the host has added or will add; it is zero
 * afterwards
 * @start: GPA, page aligned
 * @end: GPA behind the last byte, page aligned
 *
 * A page that is accepted already was accepted by somebody else, who may rely
 * on its contents: an error.
 *
 * Return: 0 or -1.
 */
int rt_accept(u64 start, u64 end)
{
	while (start < end) {
		bool large = start % PAGE_2M == 0 && end - start >= PAGE_2M;
		u64 next = start + (large ? PAGE_2M : PAGE_SIZE);
		u64 status = rt_accept_page(start, large);

		if (large && TDX_CODE(status) == TDX_SIZE_MISMATCH)
			for (status = 0; start < next && !status; start += PAGE_SIZE)
				status = rt_accept_page(start, false);
		if (status)
			return -1;
		start = next;
	}
	return 0;
}
