// SPDX-License-Identifier: MIT
/*
 * Memory of the guest: made private and validated, then VMPL2's by RMPADJUST.
 *
 * A page is never accepted twice: the host could have put another page there
 * meanwhile. PVALIDATE tells (RMP_UNCHANGED).
 */
#include <svsm/log.h>
#include <svsm/string.h>
#include <x86/asm.h>
#include <x86/pagebits.h>
#include <x86/platform.h>
#include <x86/ram.h>
#include "ghcb.h"

/**
 * memory_revoke() - take a page from the guest that it has now
 * @gpa: page
 *
 * When this returns true, no vCPU of the guest can access the page any more.
 */
bool memory_revoke(u64 gpa)
{
	/* Of two that want the same page one wins. */
	if (!arch_guest_gpa_valid(gpa, PAGE_SIZE) ||
	    pagebits_claim(ram_granted, gpa, PAGE_SIZE, false) != CLAIM_DONE)
		return false;
	if (rmp_adjust(gpa, false, RMP_GUEST_NONE) != RMP_OK) {
		pagebits_set(ram_granted, gpa, PAGE_SIZE, true);
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
		pagebits_set(ram_granted, gpa, PAGE_SIZE, true);
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
	pagebits_set(ram_granted, gpa, size, true);
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
		pagebits_set(ram_granted, gpa, size, false);
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

/* It arrives shared, or without validation. */
void platform_accept_range(u64 start, u64 end)
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

void platform_grant_range(u64 start, u64 end)
{
	u64 gpa;

	for (gpa = start; gpa < end; gpa += PAGE_SIZE)
		if (!grant(gpa, false))
			host_failed("no access to the payload");
}
