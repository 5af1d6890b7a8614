// SPDX-License-Identifier: MIT
/*
 * PVALIDATE of the Core protocol: the list, what each entry can say, and how
 * far the SVSM got (abi.rst: CORE-2, CORE-3; AMD 58019, SVSM_CORE_PVALIDATE).
 */
#include "svsm.h"

#define PARAMETER	SVSM_ERR_INVALID_PARAMETER
#define ADDRESS		SVSM_ERR_INVALID_ADDRESS
#define RESCIND		0ULL
#define SECOND		(SCRATCH + PAGE_2M)
#define PSC_PSMASH	3
#define LIST_MAX	511
#define TRIES		1000

static u8 page[PAGE_SIZE] __attribute__((aligned(4096)));
static u8 pages[4][PAGE_SIZE] __attribute__((aligned(4096)));
static u8 shared[PAGE_SIZE] __attribute__((aligned(4096)));
static struct svsm_list list __attribute__((aligned(4096)));

static u64 gpa(u32 i)
{
	return (u64)pages[i];
}

static u64 call_at(u64 at)
{
	return svsm_call(SVSM_PROTO_CORE, CORE_PVALIDATE, at, 0, 0, 0);
}

static u64 call(u16 entries, u16 next)
{
	list.entries = entries;
	list.next = next;
	return call_at((u64)&list);
}

/* Is it the guest's, as it says? */
static bool usable(u64 va)
{
	struct attempt a;

	guest_read(&a, va);
	return a.vector < 0;
}

static bool gone(u64 va)
{
	struct attempt a;

	guest_read(&a, va);
	return a.vector == VECTOR_VC && a.error == VC_NOT_VALIDATED;
}

static void must(bool good, const char *what)
{
	if (!good)
		guest_fail(what);
}

#define HEAD_ROWS	26

static void head(void)
{
	u64 at = (u64)&list;
	u32 bit, bad = 0;

	list.entry[0] = gpa(0) | RESCIND;
	svsm_is(call(0, 0), PARAMETER, "a list of no entries");
	svsm_is(call(1, 1), PARAMETER, "next = entries");
	svsm_is(call(1, 2), PARAMETER, "next > entries");
	svsm_is(call(1, 0xFFFF), PARAMETER, "next = 65535");
	svsm_is(call(LIST_MAX + 1, 0), PARAMETER, "a list that crosses its page");
	svsm_is(call(0xFFFF, 0), PARAMETER, "65535 entries");
	svsm_is(call(0x2000, 0x1FFF), PARAMETER,
		"a list of which only the last entry is left");
	guest_ok(usable(gpa(0)), "nothing was done");
	svsm_is(call_at(at + 4), ADDRESS, "a list at an address that is 4-aligned");
	svsm_is(call_at(at + 1), ADDRESS, "at an odd address");
	svsm_is(call_at(at | rt_cbit), ADDRESS, "with the C-bit");
	svsm_is(call_at(at | BIT(63)), ADDRESS, "with bit 63");
	svsm_is(call_at(0xFFFFFFFFFFFFFFF8ULL), ADDRESS, "at the end of all memory");
	svsm_is(call_at(SVSM_BASE), ADDRESS, "in the SVSM's memory");
	svsm_is(call_at(SVSM_END - PAGE_SIZE), ADDRESS, "at its end");
	svsm_is(call_at(0xA0000), ADDRESS, "in the VGA hole");
	svsm_is(call_at(0xFEE00000), ADDRESS, "at a device");
	svsm_is(call_at(0x60D000), ADDRESS, "in the guest's register state");
	guest_share(shared);
	shared[0] = 1;
	*(u64 *)(shared + 8) = gpa(0) | RESCIND;
	svsm_is(call_at((u64)shared), ADDRESS, "in shared memory");
	svsm_is(shared[2], 0, "whose next was not written to");
	guest_ok(usable(gpa(0)), "nothing was done");
	for (bit = 0; bit < 32; bit++) {
		/* CORE-3: what an earlier call left there does not matter. */
		list.reserved = BIT(bit);
		list.entry[0] = gpa(0) | LIST_VALIDATE;
		bad += call(1, 0) != PVALIDATE_UNCHANGED;
	}
	list.reserved = 0;
	svsm_is(bad, 0, "CORE-3: reserved bits of the head are not looked at");

	/* At the end of a page: the last place for a head with one entry. */
	*(u64 *)(page + PAGE_SIZE - 16) = 1;
	*(u64 *)(page + PAGE_SIZE - 8) = gpa(0) | RESCIND;
	svsm_is(call_at((u64)page + PAGE_SIZE - 16), SVSM_SUCCESS,
		"a list of one entry at the end of a page");
	guest_ok(gone(gpa(0)), "is worked off");
	*(u64 *)(page + PAGE_SIZE - 8) = 1;
	svsm_is(call_at((u64)page + PAGE_SIZE - 8), PARAMETER,
		"a head there without room for its entry");
	must(!svsm_pvalidate(gpa(0) | LIST_VALIDATE), "PVALIDATE");
	guest_ok(usable(gpa(0)), "and back");
}

#define ENTRY_ROWS	25

static void entries(void)
{
	u64 ret;
	u32 bit, bad = 0;

	svsm_is(svsm_pvalidate(gpa(0) | 2), PARAMETER, "an entry of size 2");
	svsm_is(svsm_pvalidate(gpa(0) | 3), PARAMETER, "of size 3");
	svsm_is(svsm_pvalidate((SCRATCH + PAGE_SIZE) | LIST_2M), PARAMETER,
		"2 MiB that are not aligned");
	svsm_is(svsm_pvalidate((SCRATCH + PAGE_2M / 2) | LIST_2M | LIST_VALIDATE),
		PARAMETER, "nor are these");
	for (bit = 4; bit < 12; bit++)
		bad += svsm_pvalidate(gpa(0) | LIST_VALIDATE | BIT(bit)) !=
		       PVALIDATE_UNCHANGED;
	svsm_is(bad, 0, "CORE-3: reserved bits of an entry are not looked at");
	svsm_is(svsm_pvalidate(gpa(0) | rt_cbit), ADDRESS, "a page with the C-bit");
	svsm_is(svsm_pvalidate(gpa(0) | BIT(63)), ADDRESS, "with bit 63");
	svsm_is(svsm_pvalidate(SVSM_BASE), ADDRESS, "rescind the SVSM's first page");
	svsm_is(svsm_pvalidate(SVSM_BASE | LIST_VALIDATE), ADDRESS, "validate it");
	svsm_is(svsm_pvalidate(SVSM_END - PAGE_SIZE), ADDRESS,
		"rescind its last page");
	svsm_is(svsm_pvalidate((SVSM_BASE + 0x200000) | LIST_2M), ADDRESS,
		"rescind 2 MiB of it");
	svsm_is(svsm_pvalidate((SVSM_END - PAGE_2M) | LIST_2M | LIST_VALIDATE),
		ADDRESS, "validate its last 2 MiB");
	svsm_is(svsm_pvalidate(0xA0000), ADDRESS, "the VGA hole");
	svsm_is(svsm_pvalidate(0xFEE00000 | LIST_VALIDATE), ADDRESS, "a device");
	svsm_is(svsm_pvalidate(0xFFFFF000 | LIST_VALIDATE), ADDRESS, "ROM");
	svsm_is(svsm_pvalidate(0 | LIST_2M), ADDRESS,
		"2 MiB with the VGA hole in it");
	svsm_is(svsm_pvalidate(svsm_secrets), SVSM_ERR_INVALID_REQUEST,
		"BAD-5: the secrets page");
	svsm_is(svsm_pvalidate(svsm_cpuid | LIST_VALIDATE),
		SVSM_ERR_INVALID_REQUEST, "BAD-5: the CPUID page");

	svsm_is(svsm_pvalidate(gpa(0) | LIST_VALIDATE), PVALIDATE_UNCHANGED,
		"a page that is valid already");
	svsm_is(svsm_pvalidate(gpa(0) | LIST_VALIDATE | LIST_IGNORE_UNCHANGED),
		SVSM_SUCCESS, "unless the entry does not care");
	__builtin_memset(pages[0], 0xEE, PAGE_SIZE);
	svsm_pvalidate(gpa(0) | LIST_VALIDATE | LIST_IGNORE_UNCHANGED);
	guest_ok(pages[0][0] == 0xEE && pages[0][PAGE_SIZE - 1] == 0xEE,
		 "which leaves its contents");
	must(!svsm_pvalidate(gpa(0)), "PVALIDATE");
	svsm_is(svsm_pvalidate(gpa(0)), PVALIDATE_UNCHANGED,
		"a page that is rescinded already");
	svsm_is(svsm_pvalidate(gpa(0) | LIST_IGNORE_UNCHANGED), SVSM_SUCCESS,
		"unless the entry does not care");
	ret = svsm_pvalidate(gpa(0) | LIST_VALIDATE);
	svsm_is(ret, SVSM_SUCCESS, "validate it");
	for (bad = 0, bit = 0; bit < PAGE_SIZE; bit++)
		bad += pages[0][bit] != 0;
	svsm_is(bad, 0, "CORE-3: it is zero then");
}

#define NEXT_ROWS	12

static void fill(u32 count, u64 what)
{
	u32 i;

	for (i = 0; i < count; i++)
		list.entry[i] = gpa(i) | what;
}

static void next(void)
{
	fill(4, RESCIND);
	guest_ok(!call(4, 0) && list.next == 4 && list.entries == 4,
		 "four entries: next = 4");
	guest_ok(gone(gpa(0)) && gone(gpa(1)) && gone(gpa(2)) && gone(gpa(3)),
		 "all are rescinded");
	fill(4, LIST_VALIDATE);
	guest_ok(!call(4, 2) && list.next == 4, "from the third one: next = 4");
	guest_ok(gone(gpa(0)) && gone(gpa(1)) && usable(gpa(2)) && usable(gpa(3)),
		 "the first two are left as they were");
	list.entry[2] = 3;
	svsm_is(call(4, 0), PARAMETER, "the third entry is bad");
	svsm_is(list.next, 2, "next = 2");
	guest_ok(usable(gpa(0)) && usable(gpa(1)),
		 "what comes before it is done");
	list.entry[2] = gpa(2) | LIST_VALIDATE;
	svsm_is(call(4, 2), PVALIDATE_UNCHANGED, "the third one is valid already");
	svsm_is(list.next, 2, "next = 2");
	svsm_is(call(3, 2), PVALIDATE_UNCHANGED, "also as the last one of a list");
	list.entry[0] = SVSM_BASE;
	fill(1, RESCIND);
	list.entry[1] = SVSM_BASE | LIST_VALIDATE;
	svsm_is(call(2, 0), ADDRESS, "the SVSM's memory as second entry");
	svsm_is(list.next, 1, "next = 1");
	must(!svsm_pvalidate(gpa(0) | LIST_VALIDATE), "PVALIDATE");
}

#define LARGE_ROWS	17

/* Until it is done; each call must get further. */
static bool all(u16 count)
{
	u16 last = 0;
	u64 ret;
	u32 i;

	for (i = 0; i < TRIES; i++) {
		ret = call(count, last);
		if (ret == SVSM_SUCCESS)
			return list.next == count;
		if (ret != SVSM_ERR_INCOMPLETE || list.next <= last ||
		    list.next >= count)
			break;
		last = list.next;
	}
	rt_print("# got 0x%lx, next %u\n", ret, list.next);
	return false;
}

static void large(void)
{
	const u64 *words = (const u64 *)SCRATCH;
	u32 i, bad = 0;

	*(volatile u64 *)SCRATCH = ~0ULL;
	*(volatile u64 *)(SECOND - 8) = ~0ULL;
	svsm_is(svsm_pvalidate(SCRATCH | LIST_2M), SVSM_SUCCESS, "rescind 2 MiB");
	guest_ok(gone(SCRATCH) && gone(SECOND - PAGE_SIZE) && usable(SECOND),
		 "these and no others");
	svsm_is(svsm_pvalidate(SCRATCH | LIST_2M), PVALIDATE_UNCHANGED,
		"not twice");
	svsm_is(svsm_pvalidate(SCRATCH | LIST_2M | LIST_VALIDATE), SVSM_SUCCESS,
		"validate them");
	for (i = 0; i < PAGE_2M / 8; i++)
		bad += words[i] != 0;
	svsm_is(bad, 0, "CORE-3: all is zero");
	svsm_is(svsm_pvalidate(SCRATCH | LIST_2M | LIST_VALIDATE),
		PVALIDATE_UNCHANGED, "not twice");

	/* CORE-2: a call ends after 4 MiB and says so. */
	for (i = 0; i < 6; i++)
		list.entry[i] = (SCRATCH + i * PAGE_2M) | LIST_2M;
	svsm_is(call(6, 0), SVSM_ERR_INCOMPLETE, "CORE-2: 12 MiB at once");
	svsm_is(list.next, 2, "CORE-2: 4 MiB are done");
	guest_ok(gone(SCRATCH + PAGE_2M) && usable(SCRATCH + 2 * PAGE_2M),
		 "and no more");
	for (i = 0; i < 2; i++)
		list.entry[i] |= LIST_IGNORE_UNCHANGED;
	guest_ok(all(6), "CORE-2: again and again until it is done");
	for (i = 0; i < 6; i++)
		list.entry[i] = (SCRATCH + i * PAGE_2M) | LIST_2M | LIST_VALIDATE;
	guest_ok(all(6), "and back");
	for (i = 0; i < LIST_MAX; i++)
		list.entry[i] = (SCRATCH + i * PAGE_SIZE) | RESCIND;
	guest_ok(all(LIST_MAX) && gone(SCRATCH) && gone(SCRATCH + 510 * PAGE_SIZE),
		 "the longest list: 511 pages");
	for (i = 0; i < LIST_MAX; i++)
		list.entry[i] |= LIST_VALIDATE;
	guest_ok(all(LIST_MAX) && usable(SCRATCH) &&
		 usable(SCRATCH + 510 * PAGE_SIZE), "and back");

	/* The host keeps them as pages of 4 KiB now. */
	svsm_is(svsm_pvalidate(SCRATCH | LIST_2M), PVALIDATE_SIZE_MISMATCH,
		"rescind 2 MiB that the host keeps as 4 KiB pages");
	guest_ok(usable(SCRATCH) && usable(SECOND - PAGE_SIZE),
		 "they are still the guest's");
	must(!svsm_pvalidate(SECOND | LIST_2M), "PVALIDATE");
	must(!rt_page_state(SECOND, SECOND + PAGE_2M, PSC_PSMASH), "PSMASH");
	svsm_is(svsm_pvalidate(SECOND | LIST_2M | LIST_VALIDATE),
		PVALIDATE_SIZE_MISMATCH, "validate 2 MiB that are 4 KiB pages");
	guest_ok(gone(SECOND), "they are not the guest's");
}

#define STATE_ROWS	6

/* Both ways of a page, with the host in between. */
static void shared_and_back(void)
{
	svsm_is(svsm_pvalidate(gpa(1)), SVSM_SUCCESS, "rescind");
	guest_ok(!rt_page_state(gpa(1), gpa(1) + PAGE_SIZE, PSC_SHARED), "share");
	rt_map_page(pages[1], false);
	pages[1][0] = 0x77;
	guest_ok(pages[1][0] == 0x77, "it is shared memory");
	guest_ok(!rt_page_state(gpa(1), gpa(1) + PAGE_SIZE, PSC_PRIVATE),
		 "private again");
	svsm_is(svsm_pvalidate(gpa(1) | LIST_VALIDATE), SVSM_SUCCESS, "validate");
	rt_map_page(pages[1], true);
	svsm_is(pages[1][0], 0, "CORE-3: what the host could write is gone");
}

#define OWN_ROWS	5

/* The list lies in the page that it is about. */
static void own_page(void)
{
	list.entry[0] = (u64)&list | RESCIND;
	svsm_is(call(1, 0), ADDRESS, "BAD-7: a list that rescinds its own page");
	guest_ok(gone((u64)&list), "which is gone");
	must(!svsm_pvalidate((u64)&list | LIST_VALIDATE), "PVALIDATE");
	list.entry[0] = (u64)&list | RESCIND;
	list.entry[1] = gpa(0) | RESCIND;
	svsm_is(call(2, 0), ADDRESS, "BAD-7: and has another entry");
	guest_ok(gone((u64)&list) && usable(gpa(0)),
		 "which is not there to be worked off");
	must(!svsm_pvalidate((u64)&list | LIST_VALIDATE), "PVALIDATE");
	svsm_is(svsm_irq(SVSM_IRQ_QUERY, NULL), SVSM_SUCCESS, "no harm done");
}

/** guest_main() - see the top of this file */
void guest_main(void)
{
	guest_init();
	guest_plan(HEAD_ROWS + ENTRY_ROWS + NEXT_ROWS + LARGE_ROWS + STATE_ROWS +
		   OWN_ROWS);
	head();
	entries();
	next();
	large();
	shared_and_back();
	own_page();
}
