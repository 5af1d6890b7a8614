// SPDX-License-Identifier: MIT
/*
 * The MADT parser of the SVSM: a table from a hostile host.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <x86/madt.h>

#define MAX	4
#define HEADER	44

/* A table that is being written; heap memory, so that overruns are seen. */
struct table {
	u8 *bytes;
	u32 size;
};

static void put32(u8 *p, u32 val)
{
	memcpy(p, &val, sizeof(val));
}

static void start(struct table *table)
{
	table->bytes = calloc(1, HEADER);
	table->size = HEADER;
	memcpy(table->bytes, "APIC", 4);
	put32(table->bytes + 4, HEADER);
}

static void append(struct table *table, const void *entry, u32 size)
{
	table->bytes = realloc(table->bytes, table->size + size);
	memcpy(table->bytes + table->size, entry, size);
	table->size += size;
	put32(table->bytes + 4, table->size);
}

static void append_apic(struct table *table, u8 id, u32 flags)
{
	u8 entry[8] = { 0, 8, 0, id };

	put32(entry + 4, flags);
	append(table, entry, sizeof(entry));
}

static void append_x2apic(struct table *table, u32 id, u32 flags)
{
	u8 entry[16] = { 9, 16 };

	put32(entry + 4, id);
	put32(entry + 8, flags);
	append(table, entry, sizeof(entry));
}

static int parse(struct table *table, u32 *ids, u32 *count)
{
	int err = madt_apic_ids(table->bytes, table->size, ids, MAX, count);

	free(table->bytes);
	return err;
}

static void test_both_kinds(void **state)
{
	const u8 other[12] = { 1, 12 };
	struct table table;
	u32 ids[MAX], count;

	(void)state;
	start(&table);
	append_apic(&table, 3, 1);
	append(&table, other, sizeof(other));
	append_x2apic(&table, 0x12345, 1);
	append_apic(&table, 1, 1);
	assert_int_equal(parse(&table, ids, &count), 0);
	assert_int_equal(count, 3);
	assert_int_equal(ids[0], 3);
	assert_int_equal(ids[1], 0x12345);
	assert_int_equal(ids[2], 1);
}

static void test_disabled_and_twice(void **state)
{
	struct table table;
	u32 ids[MAX], count;

	(void)state;
	start(&table);
	append_apic(&table, 0, 1);
	append_apic(&table, 1, 0);
	append_apic(&table, 2, 2);	/* online capable, not enabled */
	append_x2apic(&table, 0, 1);
	append_x2apic(&table, 7, 0);
	assert_int_equal(parse(&table, ids, &count), 0);
	assert_int_equal(count, 1);
	assert_int_equal(ids[0], 0);
}

static void test_too_many(void **state)
{
	struct table table;
	u32 ids[MAX], count, i;

	(void)state;
	start(&table);
	for (i = 0; i < MAX; i++)
		append_apic(&table, i, 1);
	append_apic(&table, 0, 1);
	assert_int_equal(parse(&table, ids, &count), 0);
	assert_int_equal(count, MAX);

	start(&table);
	for (i = 0; i <= MAX; i++)
		append_x2apic(&table, i, 1);
	assert_int_equal(parse(&table, ids, &count), -1);
}

static void test_bad_header(void **state)
{
	const u32 lengths[] = { 0, HEADER - 1, HEADER + 1, HEADER + 8,
				0xFFFFFFFF };
	struct table table;
	u32 ids[MAX], count, i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		start(&table);
		put32(table.bytes + 4, lengths[i]);
		assert_int_equal(parse(&table, ids, &count), -1);
	}
	start(&table);
	table.bytes[0] = 'a';
	assert_int_equal(parse(&table, ids, &count), -1);
	start(&table);
	table.size = HEADER - 1;
	assert_int_equal(parse(&table, ids, &count), -1);
}

static void test_bad_entry(void **state)
{
	const u8 lengths[] = { 0, 1, 9, 255 };
	struct table table;
	u32 ids[MAX], count, i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		start(&table);
		append_apic(&table, 0, 1);
		table.bytes[HEADER + 1] = lengths[i];
		assert_int_equal(parse(&table, ids, &count), -1);
	}
	/* One byte left: no room for a type and a length. */
	start(&table);
	append(&table, "", 1);
	assert_int_equal(parse(&table, ids, &count), -1);
	/* The broadcast ID is no processor. */
	start(&table);
	append_x2apic(&table, 0xFFFFFFFE, 1);
	assert_int_equal(parse(&table, ids, &count), 0);
	start(&table);
	append_x2apic(&table, 0xFFFFFFFF, 1);
	assert_int_equal(parse(&table, ids, &count), -1);
	/* A known type that is too short to be one is skipped. */
	start(&table);
	append(&table, (const u8[]){ 0, 4, 0, 5 }, 4);
	append(&table, (const u8[]){ 9, 8, 0, 0, 1, 0, 0, 0 }, 8);
	assert_int_equal(parse(&table, ids, &count), 0);
	assert_int_equal(count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_kinds),
		cmocka_unit_test(test_disabled_and_twice),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_bad_header),
		cmocka_unit_test(test_bad_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
