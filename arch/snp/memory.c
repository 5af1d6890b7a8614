// SPDX-License-Identifier: MIT
/*
 * Memory of the guest: all RAM of the host's memory map but the SVSM's own.
 * At start it is made private and accepted, once, and given to the guest; a
 * bit a page says which pages the guest itself may read and write.
 *
 * A page is never accepted twice: the host could have put another page there
 * meanwhile. PVALIDATE tells (RMP_UNCHANGED).
 */
#include <svsm/log.h>
#include <svsm/string.h>
#include <x86/asm.h>
#include <x86/heap.h>
#include <x86/image.h>
#include <x86/paging.h>
#include "ghcb.h"

#define PAGES_2M	(SIZE_2M / PAGE_SIZE)

static struct linux_range ram[LINUX_MEMORY_MAP_MAX];
static u32 ram_count;
static u64 *granted;

/* Ranges that are validated when the SVSM starts; ascending. */
struct placed {
	u64 start;
	u64 end;
	bool to_guest;
};

static bool is_ram(u64 gpa, u64 size)
{
	u32 i;

	for (i = 0; i < ram_count; i++)
		if (gpa >= ram[i].start && gpa - ram[i].start < ram[i].size &&
		    size <= ram[i].size - (gpa - ram[i].start))
			return true;
	return false;
}

/* The bit map is shared by all vCPUs: bits change by atomic operations. */
static void set_granted(u64 gpa, u64 size, bool on)
{
	u64 page = gpa / PAGE_SIZE, end = (gpa + size) / PAGE_SIZE;
	u64 bits, count;

	for (; page < end; page += count) {
		count = 64 - page % 64;
		if (count > end - page)
			count = end - page;
		bits = (count == 64 ? ~0ULL : BIT_ULL(count) - 1) << page % 64;
		if (on)
			__atomic_fetch_or(&granted[page / 64], bits,
					  __ATOMIC_SEQ_CST);
		else
			__atomic_fetch_and(&granted[page / 64], ~bits,
					   __ATOMIC_SEQ_CST);
	}
}

static bool is_granted(u64 gpa)
{
	u64 page = gpa / PAGE_SIZE;

	return __atomic_load_n(&granted[page / 64], __ATOMIC_SEQ_CST) &
		BIT_ULL(page % 64);
}

bool arch_guest_gpa_valid(u64 gpa, u64 size)
{
	return is_ram(gpa, size) && !(gpa < SVSM_END && gpa + size > SVSM_BASE);
}

void *arch_guest_map(u64 gpa, u64 size)
{
	if (!size || size > PAGE_SIZE - gpa % PAGE_SIZE ||
	    !arch_guest_gpa_valid(gpa, size) || !is_granted(gpa))
		return NULL;
	return (void *)gpa;
}

/**
 * memory_revoke() - take a page from the guest that it has now
 * @gpa: page
 *
 * When this returns true, no vCPU of the guest can access the page any more.
 */
bool memory_revoke(u64 gpa)
{
	u64 bit = BIT_ULL(gpa / PAGE_SIZE % 64);

	/* Of two that want the same page one wins. */
	if (!arch_guest_gpa_valid(gpa, PAGE_SIZE) ||
	    !(__atomic_fetch_and(&granted[gpa / PAGE_SIZE / 64], ~bit,
				 __ATOMIC_SEQ_CST) & bit))
		return false;
	if (rmp_adjust(gpa, false, RMP_GUEST_NONE) != RMP_OK) {
		set_granted(gpa, PAGE_SIZE, true);
		return false;
	}
	rmp_flush();
	return true;
}

/**
 * memory_restore() - give a page of memory_revoke() back to the guest
 * @gpa: page
 */
void memory_restore(u64 gpa)
{
	if (rmp_adjust(gpa, false, RMP_GUEST_ALL) == RMP_OK)
		set_granted(gpa, PAGE_SIZE, true);
}

/* Full permissions, also where the host has split a large page meanwhile. */
static bool grant(u64 gpa, bool large)
{
	enum rmp_result result = rmp_adjust(gpa, large, RMP_GUEST_ALL);
	u64 size = large ? SIZE_2M : PAGE_SIZE;
	u64 page;

	if (large && result == RMP_FAIL_SIZE) {
		result = RMP_OK;
		for (page = gpa; page < gpa + size && result == RMP_OK;
		     page += PAGE_SIZE)
			result = rmp_adjust(page, false, RMP_GUEST_ALL);
	}
	if (result != RMP_OK)
		return false;
	set_granted(gpa, size, true);
	return true;
}

enum mem_result arch_guest_mem_set(u64 gpa, u64 size, bool valid)
{
	bool large = size == SIZE_2M;
	enum rmp_result result;

	if (valid) {
		result = rmp_validate(gpa, large, true);
	} else {
		result = rmp_adjust(gpa, large, RMP_GUEST_NONE);
		if (result == RMP_FAIL_SIZE)
			return MEM_SIZE_MISMATCH;
		/* A page that is not valid has no permissions to lose. */
		set_granted(gpa, size, false);
		result = rmp_validate(gpa, large, false);
		rmp_flush();
	}
	switch (result) {
	case RMP_OK:
		break;
	case RMP_UNCHANGED:
		return MEM_UNCHANGED;
	case RMP_FAIL_SIZE:
		return MEM_SIZE_MISMATCH;
	default:
		return MEM_FAILED;
	}
	/* Zeroed: the guest must not take the host's bytes for its own. */
	if (valid && (!arch_shm_zero((void *)gpa, size) || !grant(gpa, large)))
		return MEM_FAILED;
	return MEM_OK;
}

/**
 * memory_read_map() - read the host's memory map, allocate the book-keeping
 */
void memory_read_map(void)
{
	const char *why;
	int count, i;
	u64 end;

	count = linux_memory_map(igvm_memory_map_page,
				 sizeof(igvm_memory_map_page), snp.c_bit, ram,
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
	end = ram[ram_count].start + ram[ram_count].size;
	ram_count++;
	granted = heap_pages(PAGE_UP(end / PAGE_SIZE / 8 + 1) / PAGE_SIZE);
}

/**
 * memory_map_all() - map all RAM into the SVSM's page tables
 */
void memory_map_all(void)
{
	u32 i;

	for (i = 0; i < ram_count; i++)
		paging_map_ram(ram[i].start, ram[i].start + ram[i].size);
}

/* PVALIDATE of fresh memory: anything but success is the host's doing. */
static void accept(u64 gpa, bool large)
{
	enum rmp_result result = rmp_validate(gpa, large, true);
	u64 size = large ? SIZE_2M : PAGE_SIZE;
	u64 page;

	if (large && result == RMP_FAIL_SIZE) {
		for (page = gpa; page < gpa + size; page += PAGE_SIZE)
			accept(page, false);
		return;
	}
	if (result == RMP_UNCHANGED)
		host_failed("memory was validated already");
	if (result != RMP_OK)
		host_failed("memory cannot be validated");
}

static void accept_batch(const u64 *entries, u32 count)
{
	u64 gpa;
	bool large;
	u32 i;

	if (!count)
		return;
	if (ghcb_page_states(entries, count))
		host_failed("page state change");
	for (i = 0; i < count; i++) {
		large = entries[i] & PSC_LARGE;
		gpa = entries[i] & ~PSC_LARGE & (BIT_ULL(PSC_OP_SHIFT) - 1);
		accept(gpa, large);
		if (!arch_shm_zero((void *)gpa, large ? SIZE_2M : PAGE_SIZE) ||
		    !grant(gpa, large))
			host_failed("memory was taken away");
	}
}

/* Memory that arrives shared: private, accepted, zeroed, the guest's. */
static void accept_range(u64 start, u64 end)
{
	static u64 entries[PSC_MAX];
	u64 gpa, size;
	u32 count = 0;

	for (gpa = start; gpa < end; gpa += size) {
		size = gpa % SIZE_2M || end - gpa < SIZE_2M ? PAGE_SIZE :
			SIZE_2M;
		entries[count++] = gpa | (u64)PSC_PRIVATE << PSC_OP_SHIFT |
			(size == SIZE_2M ? PSC_LARGE : 0);
		if (count == PSC_MAX) {
			accept_batch(entries, count);
			count = 0;
		}
	}
	accept_batch(entries, count);
}

/* Memory that the IGVM file filled: measured, validated, the guest's. */
static void grant_range(u64 start, u64 end)
{
	u64 gpa;

	for (gpa = start; gpa < end; gpa += PAGE_SIZE)
		if (!grant(gpa, false))
			host_failed("no access to the payload");
}

static u32 find_placed(struct placed *placed)
{
	const struct igvm_payload *payload = &igvm_payload_page;
	u32 count = 0;

	placed[count++] = (struct placed){ SVSM_BASE, SVSM_END, false };
	if (payload->magic != IGVM_PAYLOAD_MAGIC)
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
 * memory_accept_all() - make all RAM but the SVSM's the guest's memory
 *
 * The order of the file's parts is fixed (IGVM_LAYOUT_KERNEL behind the image,
 * IGVM_LAYOUT_INITRD behind the kernel) and the payload page is measured; that
 * all of them lie in RAM is up to the host.
 */
void memory_accept_all(void)
{
	struct placed placed[3];
	u64 at, end, bytes = 0;
	u32 count, i, p = 0;

	count = find_placed(placed);
	for (i = 0; i < count; i++)
		if (!is_ram(placed[i].start, placed[i].end - placed[i].start))
			host_failed("the image is not in RAM");

	for (i = 0; i < ram_count; i++) {
		at = ram[i].start;
		end = at + ram[i].size;
		bytes += ram[i].size;
		for (; p < count && placed[p].start < end; p++) {
			accept_range(at, placed[p].start);
			if (placed[p].to_guest)
				grant_range(placed[p].start, placed[p].end);
			at = placed[p].end;
		}
		accept_range(at, end);
	}
	svsm_log(LOG_INFO, "memory: %llu MiB, %llu of them the SVSM's",
		 (unsigned long long)(bytes >> 20),
		 (unsigned long long)((SVSM_END - SVSM_BASE) >> 20));
}
