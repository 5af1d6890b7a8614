/* SPDX-License-Identifier: MIT */
/*
 * The secure EPT and, since both have one memory here, which pages are shared:
 * a byte per 4 KiB page. Pages that were added as one 2 MiB page are marked;
 * a page that goes its own way splits them.
 *
 * Source: TDX module, src/vmm_dispatcher/api_calls/tdh_mem_page_*.c and
 * src/td_dispatcher/vm_exits/tdg_mem_page_accept.c (intel/tdx-module).
 */
#include "status.h"
#include "tdx.h"

#define FOUR_GIB	BIT_ULL(32)
#define PAGES_2M	(PAGE_2M / PAGE_SIZE)
#define STATE		0x0f
#define LARGE		0x10

/* 0: nothing happened to the page yet, it is what is_ram() makes of it */
static u8 *pages;
static u64 page_count;
static bool small_only;

/**
 * sept_init() - all RAM is free
 */
void sept_init(void)
{
	u64 end = machine.ram_end > FOUR_GIB ? machine.ram_end : FOUR_GIB;

	page_count = end / PAGE_SIZE;
	pages = page_alloc((page_count + PAGE_SIZE - 1) / PAGE_SIZE);
	small_only = option_set("page-4k");
}

/**
 * sept_state() - state of a page
 * @gpa: any address in it, without the shared bit
 */
enum sept_state sept_state(u64 gpa)
{
	u64 n = gpa >> PAGE_SHIFT;
	u8 state;

	if (n >= page_count)
		return SEPT_NONE;
	state = pages[n] & STATE;
	if (state)
		return (enum sept_state)state;
	return is_ram(gpa) ? SEPT_FREE : SEPT_NONE;
}

/**
 * sept_large() - is a page part of a 2 MiB page?
 * @gpa: any address in it
 */
bool sept_large(u64 gpa)
{
	u64 n = gpa >> PAGE_SHIFT;

	return n < page_count && (pages[n] & LARGE);
}

static void set_state(u64 gpa, enum sept_state state)
{
	pages[gpa >> PAGE_SHIFT] = (u8)state;
	npt_update(gpa & ~(PAGE_SIZE - 1));
}

/**
 * sept_split() - TDH.MEM.PAGE.DEMOTE: 512 pages in the state of the one
 * @gpa: any address in it
 *
 * Memory lock held.
 */
void sept_split(u64 gpa)
{
	u8 *first = &pages[(gpa & ~(PAGE_2M - 1)) >> PAGE_SHIFT];

	if (!sept_large(gpa))
		return;
	for (u32 i = 0; i < PAGES_2M; i++)
		first[i] &= STATE;
}

/* Is all of the 2 MiB around @gpa in this state? */
static bool all_are(u64 gpa, enum sept_state state)
{
	u64 first = gpa & ~(PAGE_2M - 1);

	for (u32 i = 0; i < PAGES_2M; i++) {
		if (sept_state(first + i * PAGE_SIZE) != state)
			return false;
	}
	return true;
}

/**
 * sept_add() - TDH.MEM.PAGE.ADD: a page of the boot image
 * @gpa: its address
 */
void sept_add(u64 gpa)
{
	pages[gpa >> PAGE_SHIFT] = SEPT_MAPPED;
}

/**
 * sept_share() - a page of the boot image that the host is to share
 * @gpa: its address
 */
void sept_share(u64 gpa)
{
	pages[gpa >> PAGE_SHIFT] = SEPT_SHARED;
}

/* @large: 2 MiB, if they are free; and they must be to become one page */
static void aug(u64 gpa, bool large)
{
	u64 count = 1;

	gpa &= ~(PAGE_SIZE - 1);
	if (large && !small_only && all_are(gpa, SEPT_FREE)) {
		gpa &= ~(PAGE_2M - 1);
		count = PAGES_2M;
	}
	for (u64 i = 0; i < count; i++) {
		set_state(gpa + i * PAGE_SIZE, SEPT_PENDING);
		if (count > 1)
			pages[(gpa >> PAGE_SHIFT) + i] |= LARGE;
	}
	vcpu_self()->count[COUNT_AUG] += count;
}

/**
 * sept_aug() - the host adds the page that a vCPU faulted on
 * @gpa: any address in a free page
 *
 * Memory lock held.
 */
void sept_aug(u64 gpa)
{
	aug(gpa, true);
}

static void accept(u64 gpa, u64 count)
{
	for (u64 i = 0; i < count; i++) {
		u64 page = gpa + i * PAGE_SIZE;

		memset(gpa_ptr(page), 0, PAGE_SIZE);
		pages[page >> PAGE_SHIFT] = (pages[page >> PAGE_SHIFT] & LARGE) |
					    SEPT_MAPPED;
		npt_update(page);
	}
}

/* The host cannot give what is accepted: the TD is stuck here for good. */
static void __attribute__((noreturn)) end_accept(u64 gpa, const char *what)
{
	mem_unlock();
	guest_end("vcpu%u accepts %s: gpa 0x%lx at rip 0x%lx",
		  vcpu_self()->index, what, gpa, vcpu_self()->vmcb->save.rip);
}

/*
 * What is in the way of accepting 2 MiB. Returns a status, TDX_AGAIN, 0
 * for nothing.
 */
static u64 check_large(u64 gpa)
{
	if (sept_large(gpa))
		return sept_state(gpa) == SEPT_MAPPED ?
			TDX_PAGE_ALREADY_ACCEPTED | 1 : 0;
	for (u32 i = 0; i < PAGES_2M; i++) {
		enum sept_state state = sept_state(gpa + i * PAGE_SIZE);

		/* a table of 4 KiB pages is there */
		if (state == SEPT_PENDING || state == SEPT_MAPPED)
			return TDX_PAGE_SIZE_MISMATCH | 1;
	}
	switch (sept_state(gpa)) {
	case SEPT_FREE:
		aug(gpa, true);
		return TDX_AGAIN;
	case SEPT_SHARED:
		end_accept(gpa, "a shared page");
	default:
		end_accept(gpa, "what is no memory");
	}
}

static u64 check_small(u64 gpa)
{
	switch (sept_state(gpa)) {
	case SEPT_MAPPED:
		return TDX_PAGE_ALREADY_ACCEPTED | sept_large(gpa);
	case SEPT_PENDING:
		if (!sept_large(gpa))
			return 0;
		/* the host learns the wanted size and splits its page */
		sept_split(gpa);
		return TDX_AGAIN;
	case SEPT_FREE:
		aug(gpa, false);
		return TDX_AGAIN;
	case SEPT_SHARED:
		end_accept(gpa, "a shared page");
	default:
		end_accept(gpa, "what is no memory");
	}
}

/**
 * sept_accept() - TDG.MEM.PAGE.ACCEPT
 * @gpa: aligned to the size, without the shared bit
 * @level: 0: 4 KiB, 1: 2 MiB
 *
 * Memory lock held. What is accepted becomes zeroes.
 * Return: status; TDX_AGAIN: the host had to do something first, execute it again.
 */
u64 sept_accept(u64 gpa, u32 level)
{
	u64 size = level ? PAGE_2M : PAGE_SIZE;
	u64 status;

	if (level > 1 || (gpa & (size - 1)))
		return TDX_OPERAND_INVALID | TDX_ID_RCX;
	status = level ? check_large(gpa) : check_small(gpa);
	if (status)
		return status;
	accept(gpa, size / PAGE_SIZE);
	return TDX_SUCCESS;
}

/**
 * sept_convert() - the host does what TDG.VP.VMCALL<MapGPA> asks for a page
 * @gpa: page, without the shared bit
 * @shared: to shared, or to private
 *
 * A page that becomes shared leaves the secure EPT and is zeroed: the host does
 * not show what it cannot read. One that is what it is to become stays as it
 * is. Memory lock held; the caller ends with npt_shootdown().
 * Return: false if it is no RAM.
 */
bool sept_convert(u64 gpa, bool shared)
{
	enum sept_state state = sept_state(gpa);

	if (state == SEPT_NONE)
		return false;
	if ((state == SEPT_SHARED) == shared)
		return true;
	gpa &= ~(PAGE_SIZE - 1);
	if (!shared) {
		set_state(gpa, SEPT_FREE);
		return true;
	}
	sept_split(gpa);
	memset(gpa_ptr(gpa), 0, PAGE_SIZE);
	set_state(gpa, SEPT_SHARED);
	return true;
}

/**
 * sept_take() - the host removes an accepted page and adds another one
 * @gpa: any address in it
 *
 * Memory lock held; the caller ends with npt_shootdown().
 * Return: false if the TD has no such page.
 */
bool sept_take(u64 gpa)
{
	if (sept_state(gpa) != SEPT_MAPPED)
		return false;
	sept_split(gpa);
	set_state(gpa, SEPT_PENDING);
	return true;
}
