// SPDX-License-Identifier: MIT
/*
 * Private memory: every page is accepted exactly once. If the host could make
 * the SVSM accept a page that it has accepted before, it could swap in a fresh
 * one there. A bit a page says what was accepted, by the SVSM or by being part
 * of the measured image; what the module says about a page must agree.
 *
 * Of ram_granted (the guest may use it) and this map a page of the guest has
 * both bits, one that is in transit or the SVSM's own has this one only.
 */
#include <svsm/string.h>
#include <x86/asm.h>
#include <x86/console.h>
#include <x86/heap.h>
#include <x86/image.h>
#include <x86/pagebits.h>
#include <x86/paging.h>
#include <x86/platform.h>
#include <x86/ram.h>
#include "trampoline.h"
#include "tdx.h"

/* Level of TDG.MEM.PAGE.ACCEPT, in the low bits of the address */
#define LEVEL_4K	0
#define LEVEL_2M	1

/* Answers in a row that say that the host works on the same page. */
#define BUSY_MAX	100000

static u64 *accepted;

/* Return: status, TDX_SUCCESS or TDX_PAGE_SIZE_MISMATCH. */
static u32 accept_page(u64 gpa, u32 level)
{
	struct tdx_regs regs;
	u32 status, tries = 0;

	do {
		regs = (struct tdx_regs){ .rax = TDG_MEM_PAGE_ACCEPT,
					  .rcx = gpa | level };
		status = TDX_STATUS(tdx_tdcall(&regs));
	} while ((status == TDX_OPERAND_BUSY ||
		  status == TDX_OPERAND_BUSY_HOST) && ++tries < BUSY_MAX);

	if (status == TDX_PAGE_ALREADY_ACCEPTED)
		host_failed("a page was accepted already that the SVSM did not accept");
	if (status != TDX_SUCCESS &&
	    (status != TDX_PAGE_SIZE_MISMATCH || level == LEVEL_4K))
		host_failed("a page cannot be accepted");
	return status;
}

/* The module zeroes what it accepts. */
static void accept(u64 start, u64 end)
{
	u64 gpa, small_end = start;

	for (gpa = start; gpa < end;) {
		if (gpa >= small_end && !(gpa % SIZE_2M) &&
		    end - gpa >= SIZE_2M) {
			if (accept_page(gpa, LEVEL_2M) == TDX_SUCCESS) {
				gpa += SIZE_2M;
				continue;
			}
			small_end = gpa + SIZE_2M;
		}
		accept_page(gpa, LEVEL_4K);
		gpa += PAGE_SIZE;
	}
}

/**
 * memory_accept_own() - accept the SVSM's own memory behind the image
 *
 * By large pages where that is possible: all of it, before any is used.
 */
void memory_accept_own(void)
{
	accept((u64)__image_end, SVSM_END);
}

/* It was, by memory_accept_own(). */
void platform_accept_page(u64 gpa)
{
	(void)gpa;
}

/**
 * memory_init() - book-keeping for RAM; after ram_read_map()
 */
void memory_init(void)
{
	/* It holds code that vCPUs execute, and is never the guest's. */
	if (ram_overlaps(TDX_TRAMPOLINE_TABLES, TDX_TRAMPOLINE + PAGE_SIZE))
		host_failed("memory map: RAM at the reset vector");
	accepted = ram_page_map();
	pagebits_set(accepted, SVSM_BASE, SVSM_END - SVSM_BASE, true);
}

void platform_accept_range(u64 start, u64 end)
{
	accept(start, end);
	platform_grant_range(start, end);
}

/* It was added when the TD was built. */
void platform_grant_range(u64 start, u64 end)
{
	pagebits_set(accepted, start, end - start, true);
	pagebits_set(ram_granted, start, end - start, true);
}

bool arch_page_convert(void *page, bool shared)
{
	u64 gpa = (u64)page;

	if (vmcall_map_gpa(gpa, PAGE_SIZE, shared) != gpa + PAGE_SIZE) {
		if (shared)
			memset(page, 0, PAGE_SIZE);
		return false;
	}
	if (!shared)
		accept_page(gpa, LEVEL_4K);
	/* Other CPUs: arch_page_flush(). */
	paging_protect(gpa, gpa + PAGE_SIZE, shared ? PAGE_SHARED : PAGE_DATA);
	memset(page, 0, PAGE_SIZE);
	return true;
}

static enum mem_result refused(enum claim claim)
{
	return claim == CLAIM_MIXED ? MEM_SIZE_MISMATCH : MEM_UNCHANGED;
}

static enum mem_result make_private(u64 gpa, u64 size)
{
	enum claim claim = pagebits_claim(accepted, gpa, size, true);

	if (claim != CLAIM_DONE)
		return refused(claim);
	/* A part that the host has done is not accepted and nobody's. */
	if (vmcall_map_gpa(gpa, size, false) != gpa + size) {
		pagebits_set(accepted, gpa, size, false);
		return MEM_FAILED;
	}
	accept(gpa, gpa + size);
	pagebits_set(ram_granted, gpa, size, true);
	return MEM_OK;
}

static enum mem_result give_up(u64 gpa, u64 size)
{
	enum claim claim = pagebits_claim(ram_granted, gpa, size, false);
	u64 done;

	if (claim != CLAIM_DONE)
		return refused(claim);
	done = vmcall_map_gpa(gpa, size, true);
	pagebits_set(accepted, gpa, done - gpa, false);
	/* What the host has not done is the guest's as before. */
	pagebits_set(ram_granted, done, gpa + size - done, true);
	return done == gpa + size ? MEM_OK : MEM_FAILED;
}

enum mem_result arch_guest_mem_set(u64 gpa, u64 size, bool valid)
{
	return valid ? make_private(gpa, size) : give_up(gpa, size);
}
