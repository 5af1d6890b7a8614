// SPDX-License-Identifier: MIT
/*
 * Bit maps of pages: one place for the arithmetic.
 */
#include <x86/asm.h>
#include <x86/pagebits.h>

/**
 * pagebits_test() - the bit of a page
 * @map: the bit map
 * @gpa: address within the page
 */
bool pagebits_test(const u64 *map, u64 gpa)
{
	u64 page = gpa / PAGE_SIZE;

	return __atomic_load_n(&map[page / 64], __ATOMIC_SEQ_CST) &
		BIT_ULL(page % 64);
}

/* Bits of a word for pages [@page, @end), and how many pages that are. */
static u64 word_bits(u64 page, u64 end, u64 *count)
{
	*count = 64 - page % 64;
	if (*count > end - page)
		*count = end - page;
	return (*count == 64 ? ~0ULL : BIT_ULL(*count) - 1) << page % 64;
}

/* Return: those of @bits that changed. */
static u64 change(u64 *word, u64 bits, bool on)
{
	if (on)
		return bits & ~__atomic_fetch_or(word, bits, __ATOMIC_SEQ_CST);
	return bits & __atomic_fetch_and(word, ~bits, __ATOMIC_SEQ_CST);
}

/**
 * pagebits_set() - set or clear the bits of a range
 * @map: the bit map
 * @gpa: start, page-aligned
 * @size: bytes, whole pages
 * @on: what they become
 */
void pagebits_set(u64 *map, u64 gpa, u64 size, bool on)
{
	u64 page = gpa / PAGE_SIZE, end = (gpa + size) / PAGE_SIZE, count;

	for (; page < end; page += count)
		change(&map[page / 64], word_bits(page, end, &count), on);
}

/* Is the bit of every page in the range @on? */
static bool all_are(const u64 *map, u64 gpa, u64 size, bool on)
{
	u64 end = gpa + size;

	for (; gpa < end; gpa += PAGE_SIZE)
		if (pagebits_test(map, gpa) != on)
			return false;
	return true;
}

/**
 * pagebits_claim() - change the bits of a range if all of them change
 * @map: the bit map
 * @gpa: start, page-aligned
 * @size: bytes, whole pages
 * @on: what they become
 *
 * Of several vCPUs that claim the same page at most one gets it.
 */
enum claim pagebits_claim(u64 *map, u64 gpa, u64 size, bool on)
{
	u64 page = gpa / PAGE_SIZE, end = (gpa + size) / PAGE_SIZE;
	u64 bits, done, count;

	for (; page < end; page += count) {
		bits = word_bits(page, end, &count);
		done = change(&map[page / 64], bits, on);
		if (done == bits)
			continue;
		change(&map[page / 64], done, !on);
		pagebits_set(map, gpa, page * PAGE_SIZE - gpa, !on);
		return all_are(map, gpa, size, on) ? CLAIM_UNCHANGED :
			CLAIM_MIXED;
	}
	return CLAIM_DONE;
}
