// SPDX-License-Identifier: MIT
/*
 * RAM: all of the host's memory map but the SVSM's own is the guest's. At
 * start it is accepted, once, and given to the guest; a bit a page says which
 * pages the guest itself may read and write. How a page is accepted is the
 * platform's affair.
 */
#include <svsm/arch.h>
#include <svsm/log.h>
#include <x86/asm.h>
#include <x86/console.h>
#include <x86/heap.h>
#include <x86/igvm.h>
#include <x86/image.h>
#include <x86/linux_boot.h>
#include <x86/pagebits.h>
#include <x86/paging.h>
#include <x86/platform.h>
#include <x86/ram.h>

static struct linux_range ram[LINUX_MEMORY_MAP_MAX];
static u32 ram_count;

u64 *ram_granted;

/* What the IGVM file filled, or the SVSM keeps to itself; ascending. */
struct placed {
	u64 start;
	u64 end;
	bool to_guest;
};

/**
 * ram_contains() - is a range RAM?
 * @gpa: start
 * @size: bytes, > 0
 */
bool ram_contains(u64 gpa, u64 size)
{
	u32 i;

	for (i = 0; i < ram_count; i++)
		if (gpa >= ram[i].start && gpa - ram[i].start < ram[i].size &&
		    size <= ram[i].size - (gpa - ram[i].start))
			return true;
	return false;
}

/**
 * ram_overlaps() - is there RAM in a range?
 * @start: GPA
 * @end: GPA
 */
bool ram_overlaps(u64 start, u64 end)
{
	u32 i;

	for (i = 0; i < ram_count; i++)
		if (ram[i].start < end && start < ram[i].start + ram[i].size)
			return true;
	return false;
}

bool arch_guest_gpa_valid(u64 gpa, u64 size)
{
	return ram_contains(gpa, size) &&
		!(gpa < SVSM_END && gpa + size > SVSM_BASE);
}

void *arch_guest_map(u64 gpa, u64 size)
{
	if (!size || size > PAGE_SIZE - gpa % PAGE_SIZE ||
	    !arch_guest_gpa_valid(gpa, size) ||
	    !pagebits_test(ram_granted, gpa))
		return NULL;
	return (void *)gpa;
}

/**
 * ram_page_map() - allocate a bit map with a bit for each page of RAM
 *
 * After ram_read_map(). Return: all zero.
 */
u64 *ram_page_map(void)
{
	u64 end = ram[ram_count - 1].start + ram[ram_count - 1].size;

	return heap_pages(PAGE_UP(end / PAGE_SIZE / 8 + 1) / PAGE_SIZE);
}

/**
 * ram_read_map() - read the host's memory map, allocate the book-keeping
 * @gpa_limit: first GPA that cannot be private RAM
 */
void ram_read_map(u64 gpa_limit)
{
	const char *why;
	int count, i;

	count = linux_memory_map(igvm_memory_map_page,
				 sizeof(igvm_memory_map_page), gpa_limit, ram,
				 ARRAY_SIZE(ram), &why);
	if (count < 0)
		host_failed(why);
	/* Ranges that touch are one: what lies across them is RAM too. */
	for (i = 1; i < count; i++) {
		if (ram[ram_count].start + ram[ram_count].size == ram[i].start)
			ram[ram_count].size += ram[i].size;
		else
			ram[++ram_count] = ram[i];
	}
	ram_count++;
	ram_granted = ram_page_map();
}

/**
 * ram_map_all() - map all RAM into the SVSM's page tables
 */
void ram_map_all(void)
{
	u32 i;

	for (i = 0; i < ram_count; i++)
		paging_map_ram(ram[i].start, ram[i].start + ram[i].size);
}

static u32 find_placed(struct placed *placed)
{
	const struct igvm_payload *payload = &igvm_payload_page;
	u32 count = 0;

	placed[count++] = (struct placed){ SVSM_BASE, SVSM_END, false };
	if (!payload_has_kernel())
		return count;
	placed[count++] = (struct placed){
		payload->kernel_gpa,
		PAGE_UP(payload->kernel_gpa + payload->kernel_size), true };
	if (payload->initrd_size)
		placed[count++] = (struct placed){
			payload->initrd_gpa,
			PAGE_UP(payload->initrd_gpa + payload->initrd_size),
			true };
	return count;
}

/**
 * ram_accept_all() - make all RAM but the SVSM's the guest's memory
 *
 * The order of the file's parts is fixed (IGVM_LAYOUT_KERNEL behind the image,
 * IGVM_LAYOUT_INITRD behind the kernel) and the payload page is measured; that
 * all of them lie in RAM is up to the host.
 */
void ram_accept_all(void)
{
	struct placed placed[3];
	u64 at, end, bytes = 0;
	u32 count, i, p = 0;

	count = find_placed(placed);
	for (i = 0; i < count; i++)
		if (!ram_contains(placed[i].start,
				  placed[i].end - placed[i].start))
			host_failed("the image is not in RAM");

	for (i = 0; i < ram_count; i++) {
		at = ram[i].start;
		end = at + ram[i].size;
		bytes += ram[i].size;
		for (; p < count && placed[p].start < end; p++) {
			platform_accept_range(at, placed[p].start);
			if (placed[p].to_guest)
				platform_grant_range(placed[p].start,
						     placed[p].end);
			at = placed[p].end;
		}
		platform_accept_range(at, end);
	}
	svsm_log(LOG_INFO, "memory: %llu MiB, %llu of them the SVSM's",
		 (unsigned long long)(bytes >> 20),
		 (unsigned long long)((SVSM_END - SVSM_BASE) >> 20));
}
