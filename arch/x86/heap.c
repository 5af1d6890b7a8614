// SPDX-License-Identifier: MIT
/*
 * Memory for what depends on the number of CPUs and on the size of RAM. It is
 * handed out page by page from the end of the image upwards, before any other
 * CPU runs.
 */
#include <svsm/arch.h>
#include <svsm/log.h>
#include <svsm/string.h>
#include <x86/asm.h>
#include <x86/heap.h>
#include <x86/image.h>
#include <x86/paging.h>

static u64 next = (u64)__image_end;

static u64 take(size_t pages)
{
	u64 addr = next;

	if (pages > (SVSM_END - next) / PAGE_SIZE) {
		svsm_log(LOG_ERROR, "own memory exhausted: too many vCPUs or too much RAM");
		arch_terminate(TERMINATE_GENERAL);
	}
	next += pages * PAGE_SIZE;
	return addr;
}

/**
 * heap_pages() - private pages, zeroed
 * @count: how many, contiguous
 *
 * Return: never NULL; ends the image when there are none left.
 */
void *heap_pages(size_t count)
{
	u64 addr = take(count);
	size_t i;

	for (i = 0; i < count; i++)
		platform_accept_page(addr + i * PAGE_SIZE);
	memset((void *)addr, 0, count * PAGE_SIZE);
	return (void *)addr;
}

/**
 * heap_stack() - a stack with a guard page below it
 * @pages: size without the guard
 *
 * After paging_init() only.
 *
 * Return: its top, 16-byte aligned.
 */
void *heap_stack(size_t pages)
{
	u64 guard = take(1);

	paging_protect(guard, guard + PAGE_SIZE, PAGE_NONE);
	return (char *)heap_pages(pages) + pages * PAGE_SIZE;
}

/**
 * heap_shared_page() - a page that the host can read and write, zeroed
 *
 * After paging_enable() only.
 */
void *heap_shared_page(void)
{
	void *page = heap_pages(1);

	if (!arch_page_convert(page, true)) {
		svsm_log(LOG_ERROR, "the host failed: own page not shared");
		arch_terminate(TERMINATE_HOST);
	}
	return page;
}
