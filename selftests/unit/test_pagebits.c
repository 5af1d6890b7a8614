// SPDX-License-Identifier: MIT
/*
 * Bit maps of pages (arch/x86/pagebits.c), against one bool a page.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <x86/pagebits.h>

#define PAGE	4096UL
#define PAGES	1024
#define ROUNDS	20000

struct model {
	u64 *map;
	bool page[PAGES];
};

static int setup(void **state)
{
	struct model *model = calloc(1, sizeof(*model));

	model->map = calloc(PAGES / 64, sizeof(u64));
	*state = model;
	return 0;
}

static int teardown(void **state)
{
	struct model *model = *state;

	free(model->map);
	free(model);
	return 0;
}

static void compare(const struct model *model)
{
	u64 i;

	for (i = 0; i < PAGES; i++)
		assert_int_equal(pagebits_test(model->map, i * PAGE + i % PAGE),
				 model->page[i]);
}

static void fill(struct model *model, u64 first, u64 count, bool on)
{
	u64 i;

	for (i = first; i < first + count; i++)
		model->page[i] = on;
}

static u64 number(struct model *model, u64 first, u64 count, bool on)
{
	u64 i, found = 0;

	for (i = first; i < first + count; i++)
		found += model->page[i] == on;
	return found;
}

/* Ranges inside a word, over its edges, and of many words; none is empty. */
static void range(u64 *first, u64 *count)
{
	*first = rand() % PAGES;
	*count = rand() % (rand() % 2 ? 70 : PAGES) + 1;
	if (*count > PAGES - *first)
		*count = PAGES - *first;
}

static void test_set(void **state)
{
	struct model *model = *state;
	u64 first, count, i;
	bool on;

	for (i = 0; i < ROUNDS / 10; i++) {
		range(&first, &count);
		on = rand() % 2;
		pagebits_set(model->map, first * PAGE, count * PAGE, on);
		fill(model, first, count, on);
		compare(model);
	}
	/* An empty range is none. */
	pagebits_set(model->map, 64 * PAGE, 0, !model->page[64]);
	compare(model);
}

static void test_claim(void **state)
{
	struct model *model = *state;
	u64 first, count, same, i, seen[3] = { 0 };
	enum claim claim;
	bool on;

	for (i = 0; i < ROUNDS; i++) {
		range(&first, &count);
		on = rand() % 2;
		same = number(model, first, count, on);
		claim = pagebits_claim(model->map, first * PAGE, count * PAGE,
				       on);
		if (!same)
			assert_int_equal(claim, CLAIM_DONE);
		else if (same == count)
			assert_int_equal(claim, CLAIM_UNCHANGED);
		else
			assert_int_equal(claim, CLAIM_MIXED);
		if (claim == CLAIM_DONE)
			fill(model, first, count, on);
		compare(model);
		seen[claim]++;
		if (claim == CLAIM_MIXED && count > 64) {
			/* Long ranges are rarely of one kind by themselves. */
			pagebits_set(model->map, first * PAGE, count * PAGE,
				     !on);
			fill(model, first, count, !on);
		}
	}
	assert_true(seen[CLAIM_DONE] > ROUNDS / 20);
	assert_true(seen[CLAIM_UNCHANGED] > ROUNDS / 20);
	assert_true(seen[CLAIM_MIXED] > ROUNDS / 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_set, setup, teardown),
		cmocka_unit_test_setup_teardown(test_claim, setup, teardown),
	};

	srand(1);
	return cmocka_run_group_tests_name("pagebits", tests, NULL, NULL);
}
