// SPDX-License-Identifier: MIT
/*
 * The table of pinned pages, against a map with one byte a page.
 */
#include "core.h"

#define PAGES	4096U

static int setup(void **state)
{
	(void)state;
	host_setup(1);
	return 0;
}

static u32 add(u64 page, u64 pages, enum pinned_kind kind, u32 owner)
{
	u32 ret = pinned_add(page * PAGE, pages * PAGE, kind, owner);

	assert_true(pinned_invariant_ok());
	return ret;
}

static bool drop(u64 page, enum pinned_kind kind, u32 owner)
{
	bool ret = pinned_remove(page * PAGE, kind, owner);

	assert_true(pinned_invariant_ok());
	return ret;
}

static void ranges(void **state)
{
	(void)state;
	assert_int_equal(pinned_add(1, PAGE, PINNED_STATE, 0),
			 SVSM_ERR_INVALID_PARAMETER);
	assert_int_equal(pinned_add(PAGE, 0, PINNED_STATE, 0),
			 SVSM_ERR_INVALID_PARAMETER);
	assert_int_equal(pinned_add(PAGE, 1, PINNED_STATE, 0),
			 SVSM_ERR_INVALID_PARAMETER);
	assert_int_equal(pinned_add(~0ULL - PAGE + 1, PAGE, PINNED_STATE, 0),
			 SVSM_ERR_INVALID_PARAMETER);
	assert_int_equal(pinned_add(PAGE, ~0ULL - PAGE + 1, PINNED_STATE, 0),
			 SVSM_ERR_INVALID_PARAMETER);
	assert_int_equal(add(0, 1, PINNED_STATE, 0), SVSM_SUCCESS);
	assert_true(pinned_overlaps(0, 1));
	assert_false(pinned_overlaps(PAGE, PAGE));
}

static void overlaps(void **state)
{
	(void)state;
	assert_int_equal(add(10, 4, PINNED_SVSM, PINNED_NO_OWNER),
			 SVSM_SUCCESS);
	assert_int_equal(add(13, 1, PINNED_STATE, 0), SVSM_ERR_INVALID_REQUEST);
	assert_int_equal(add(9, 2, PINNED_STATE, 0), SVSM_ERR_INVALID_REQUEST);
	assert_int_equal(add(9, 9, PINNED_STATE, 0), SVSM_ERR_INVALID_REQUEST);
	assert_int_equal(add(11, 1, PINNED_STATE, 0), SVSM_ERR_INVALID_REQUEST);
	assert_int_equal(add(14, 1, PINNED_STATE, 0), SVSM_SUCCESS);
	assert_int_equal(add(9, 1, PINNED_STATE, 0), SVSM_SUCCESS);
	assert_true(pinned_overlaps(13 * PAGE + 4095, 1));
	assert_false(pinned_overlaps(15 * PAGE, PAGE));
	assert_false(pinned_overlaps(8 * PAGE, PAGE));
}

static void changing_is_busy(void **state)
{
	(void)state;
	assert_int_equal(add(10, 4, PINNED_CHANGING, 1), SVSM_SUCCESS);
	assert_int_equal(add(12, 1, PINNED_CHANGING, 0), SVSM_ERR_BUSY);
	assert_int_equal(add(12, 1, PINNED_STATE, 0), SVSM_ERR_BUSY);
	assert_true(drop(10, PINNED_CHANGING, 1));
	assert_int_equal(add(12, 1, PINNED_STATE, 0), SVSM_SUCCESS);
}

static void removes_what_it_names(void **state)
{
	u32 owner = 99;

	(void)state;
	assert_int_equal(add(10, 4, PINNED_STATE, 3), SVSM_SUCCESS);
	assert_false(drop(11, PINNED_STATE, 3));
	assert_false(drop(10, PINNED_CALLING_AREA, 3));
	assert_false(drop(10, PINNED_STATE, 4));
	assert_false(drop(9, PINNED_STATE, 3));
	assert_false(drop(14, PINNED_STATE, 3));
	assert_false(pinned_owner(11 * PAGE, PINNED_STATE, &owner));
	assert_false(pinned_owner(10 * PAGE, PINNED_SVSM, &owner));
	assert_int_equal(owner, 99);
	assert_true(pinned_owner(10 * PAGE, PINNED_STATE, &owner));
	assert_int_equal(owner, 3);
	assert_true(drop(10, PINNED_STATE, 3));
	assert_false(drop(10, PINNED_STATE, 3));
	assert_false(pinned_overlaps(0, PAGES * PAGE));
}

static void full(void **state)
{
	u32 i;

	(void)state;
	/* Downwards, so that each goes before all others. */
	for (i = PINNED_MAX; i; i--)
		assert_int_equal(add(2 * i, 1, PINNED_STATE, i), SVSM_SUCCESS);
	assert_int_equal(add(1, 1, PINNED_STATE, 0), SVSM_ERR_INVALID_REQUEST);
	assert_true(drop(2, PINNED_STATE, 1));
	assert_int_equal(add(1, 1, PINNED_STATE, 0), SVSM_SUCCESS);
}

static void random_ranges(void **state)
{
	static u8 map[PAGES];
	static u64 start[PAGES];
	u32 round, live = 0;

	(void)state;
	srand(1);
	memset(map, 0, sizeof(map));
	for (round = 0; round < 20000; round++) {
		u64 page = (u64)rand() % (PAGES - 16);
		u64 pages = 1 + (u64)rand() % 16, i;
		bool used = false;

		for (i = page; i < page + pages; i++)
			used = used || map[i];
		assert_true(pinned_overlaps(page * PAGE, pages * PAGE) == used);
		if (rand() % 2 && live < PINNED_MAX) {
			assert_true((add(page, pages, PINNED_STATE, 7) ==
				     SVSM_SUCCESS) == !used);
			if (used)
				continue;
			for (i = page; i < page + pages; i++) {
				map[i] = 1;
				start[i] = page;
			}
			live++;
		} else {
			bool is = map[page] && start[page] == page;

			assert_true(drop(page, PINNED_STATE, 7) == is);
			if (!is)
				continue;
			for (i = page; i < PAGES && map[i] && start[i] == page;
			     i++)
				map[i] = 0;
			live--;
		}
	}
	assert_true(live > 10);
}

#define T(name)	cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(ranges),
		T(overlaps),
		T(changing_is_busy),
		T(removes_what_it_names),
		T(full),
		T(random_ranges),
	};

	return cmocka_run_group_tests_name("pinned", tests, NULL, NULL);
}
