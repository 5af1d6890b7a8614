// SPDX-License-Identifier: MIT
/*
 * Linux hand-over and ACPI tables: what a kernel would find, hostile memory
 * maps and MADTs, and the judgement of iasl on every table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "acpi.h"
#include "linux_boot.h"

#define KERNEL		0x1000000ULL
#define INIT_SIZE	0x3000000ULL
#define INITRD		0x8000000ULL
#define INITRD_SIZE	0x123456ULL
#define BOOT_PARAMS	0x600000ULL
#define SETUP_DATA	0x601000ULL
#define CMDLINE		0x602000ULL
#define ACPI		0x604000ULL
#define SECRETS		0x610000ULL
#define CPUID		0x611000ULL
#define MAILBOX		0x608000ULL
#define IMAGE		0x800000ULL
#define RAM_END		0x20000000ULL
#define GPA_LIMIT	(1ULL << 51)

struct map_entry {
	u64 page;
	u64 pages;
	u16 type;
	u16 flags;
	u32 rsvd;
};

static const struct map_entry good_map[] = {
	{ 0x0, 0xA0, 0, 0, 0 },
	{ 0xC0, 0x40, 0, 0, 0 },
	{ 0x100, RAM_END / 4096 - 0x100, 0, 0, 0 },
	{ 0xFEC00, 0x10, 1, 0, 0 },
	{ 0x100000, 0x1000, 0, 0, 0 },
};

static const struct linux_range good_reserved[] = {
	{ IMAGE, 0x800000, E820_RESERVED },
	{ 0x612000, 0x2000, E820_RESERVED },
};

struct world {
	struct igvm_payload payload;
	struct map_entry map[170];
	u8 madt[4096];
	u32 madt_length;
	u8 boot_params[4096];
	u8 setup_data[4096];
	u8 cmdline[2048];
	u8 acpi[LINUX_ACPI_SIZE];
	struct linux_range reserved[E820_MAX + 8];
	struct linux_boot in;
};

static void seal(u8 *table, u32 length)
{
	u8 total = 0;
	u32 i;

	memcpy(table + 4, &length, 4);
	table[9] = 0;
	for (i = 0; i < length; i++)
		total += table[i];
	table[9] = -total;
}

static void madt_add(struct world *w, const void *entry, u32 size)
{
	memcpy(w->madt + w->madt_length, entry, size);
	w->madt_length += size;
	seal(w->madt, w->madt_length);
}

static void make_madt(struct world *w)
{
	static const u8 lapic[] = { 0, 8, 0, 0, 1, 0, 0, 0 };
	static const u8 ioapic[] = { 1, 12, 0, 0, 0, 0, 0xC0, 0xFE, 0, 0, 0, 0 };
	static const u8 override[] = { 2, 10, 0, 0, 2, 0, 0, 0, 0, 0 };
	static const u8 x2apic[] = { 9, 16, 0, 0, 44, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0 };
	static const u8 nmi[] = { 4, 6, 0xFF, 0, 0, 1 };

	memcpy(w->madt, "APIC", 4);
	w->madt[8] = 4;
	memcpy(w->madt + 10, "HOST  MADT    ", 14);
	memcpy(w->madt + 28, "HOST", 4);
	w->madt[39] = 0xFE;
	w->madt[38] = 0xE0;
	w->madt[40] = 1;
	w->madt_length = 44;
	madt_add(w, lapic, sizeof(lapic));
	madt_add(w, ioapic, sizeof(ioapic));
	madt_add(w, override, sizeof(override));
	madt_add(w, x2apic, sizeof(x2apic));
	madt_add(w, nmi, sizeof(nmi));
}

/* The bytes 0x1F1.. of a bzImage of boot protocol 2.15. */
static void make_setup_header(u8 *header)
{
	memset(header, 0x5A, IGVM_PAYLOAD_SETUP_HEADER_SIZE);
	header[0x0D] = 0x55;		/* 0x1FE */
	header[0x0E] = 0xAA;
	header[0x0F] = 0xEB;		/* jump, ends at 0x202 + 0x6A */
	header[0x10] = 0x6A;
	memcpy(header + 0x11, "HdrS", 4);
	header[0x15] = 0x0F;		/* version 2.15 */
	header[0x16] = 0x02;
	header[0x45] = 0x3F;		/* xloadflags */
	header[0x46] = 0;
	memcpy(header + 0x47, "\xFF\x07\0\0", 4);	/* cmdline_size */
	memset(header + 0x4B, 0, 4);	/* hardware_subarch */
}

static int setup(void **state)
{
	struct world *w = aligned_alloc(4096, sizeof(*w));
	struct linux_boot *in;

	if (!w)
		return -1;
	memset(w, 0, sizeof(*w));
	in = &w->in;
	w->payload.magic = IGVM_PAYLOAD_MAGIC;
	w->payload.kernel_gpa = KERNEL;
	w->payload.kernel_entry = KERNEL + 0x200;
	w->payload.kernel_init_size = INIT_SIZE;
	w->payload.initrd_gpa = INITRD;
	w->payload.initrd_size = INITRD_SIZE;
	strcpy(w->payload.cmdline, "console=ttyS0 quiet");
	make_setup_header(w->payload.setup_header);
	memcpy(w->map, good_map, sizeof(good_map));
	memcpy(w->reserved, good_reserved, sizeof(good_reserved));
	make_madt(w);
	memset(w->boot_params, 0xEE, sizeof(w->boot_params));
	memset(w->acpi, 0xEE, sizeof(w->acpi));

	in->payload = &w->payload;
	in->memory_map = w->map;
	in->memory_map_size = sizeof(w->map);
	in->gpa_limit = GPA_LIMIT;
	in->madt = w->madt;
	in->madt_size = sizeof(w->madt);
	in->boot_params = (struct linux_area) { w->boot_params, BOOT_PARAMS, 4096 };
	in->setup_data = (struct linux_area) { w->setup_data, SETUP_DATA, 4096 };
	in->cmdline = (struct linux_area) { w->cmdline, CMDLINE, 2048 };
	in->acpi = (struct linux_area) { w->acpi, ACPI, sizeof(w->acpi) };
	in->secrets_gpa = SECRETS;
	in->cpuid_gpa = CPUID;
	in->reserved = w->reserved;
	in->reserved_count = 2;
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static u64 get(const u8 *at, u32 bytes)
{
	u64 value = 0;

	memcpy(&value, at, bytes);
	return value;
}

static void prepare_ok(struct world *w)
{
	const char *why = "no reason";
	int err = linux_boot_prepare(&w->in, &why);

	if (err)
		fail_msg("refused: %s", why);
}

static void prepare_fails(struct world *w, const char *reason)
{
	const char *why = "no reason";

	assert_int_equal(linux_boot_prepare(&w->in, &why), -1);
	assert_string_equal(why, reason);
}

/* Type of a byte in the finished e820 table, 0 if it is in no entry. */
static u32 e820_type(const struct world *w, u64 gpa)
{
	u32 i;

	for (i = 0; i < w->boot_params[0x1E8]; i++) {
		const u8 *entry = w->boot_params + 0x2D0 + 20 * i;
		u64 start = get(entry, 8);

		if (gpa >= start && gpa - start < get(entry + 8, 8))
			return get(entry + 16, 4);
	}
	return 0;
}

static void assert_e820_sorted(const struct world *w)
{
	u64 end = 0;
	u32 i;

	for (i = 0; i < w->boot_params[0x1E8]; i++) {
		const u8 *entry = w->boot_params + 0x2D0 + 20 * i;

		assert_true(get(entry, 8) >= end);
		assert_int_not_equal(get(entry + 8, 8), 0);
		end = get(entry, 8) + get(entry + 8, 8);
	}
}

static void test_zero_page(void **state)
{
	struct world *w = *state;
	const u8 *bp = w->boot_params;
	u32 i;

	prepare_ok(w);
	for (i = 0; i < 0x40; i++)
		assert_int_equal(bp[i], 0);		/* screen_info */
	assert_int_equal(bp[0x1EF], 0);			/* sentinel */
	assert_int_equal(get(bp + 0x0C0, 4), 0);
	assert_int_equal(get(bp + 0x0C8, 4), 0);
	assert_int_equal(get(bp + 0x13C, 4), 0);	/* cc_blob_address */
	assert_int_equal(bp[0x1F1], 0x5A);		/* copied */
	assert_int_equal(bp[0x26B], 0x5A);		/* last of the header */
	assert_int_equal(bp[0x26C], 0);
	assert_memory_equal(bp + 0x202, "HdrS", 4);
	assert_int_equal(bp[0x210], 0xFF);
	assert_int_equal(get(bp + 0x214, 4), KERNEL);
	assert_int_equal(get(bp + 0x218, 4), INITRD);
	assert_int_equal(get(bp + 0x21C, 4), INITRD_SIZE);
	assert_int_equal(get(bp + 0x228, 4), CMDLINE);
	assert_int_equal(get(bp + 0x23C, 4), 0);	/* hardware_subarch */
	assert_int_equal(get(bp + 0x250, 8), SETUP_DATA);
	assert_int_equal(get(bp + 0x070, 8), ACPI);
	assert_string_equal((char *)w->cmdline, "console=ttyS0 quiet");
}

static void test_cc_blob(void **state)
{
	struct world *w = *state;
	const u8 *data = w->setup_data;
	const u8 *blob;

	prepare_ok(w);
	assert_int_equal(get(data, 8), 0);
	assert_int_equal(get(data + 8, 4), 7);
	/* The kernel reserves [node, node + 16 + len): the blob is inside. */
	assert_int_equal(get(data + 12, 4), 48);
	assert_int_equal(get(data + 16, 4), SETUP_DATA + 24);
	blob = data + 24;
	assert_memory_equal(blob, "AMDE", 4);
	assert_int_equal(get(blob + 8, 8), SECRETS);
	assert_int_equal(get(blob + 16, 4), 4096);
	assert_int_equal(get(blob + 24, 8), CPUID);
	assert_int_equal(get(blob + 32, 4), 4096);
	assert_int_equal(e820_type(w, SETUP_DATA), E820_RAM);
}

/* A guest without CC blob: nothing of SNP is looked at or handed over. */
static void make_tdx(struct world *w)
{
	w->in.setup_data = (struct linux_area) { NULL, 1, 0 };
	w->in.secrets_gpa = 0x100000001ULL;
	w->in.cpuid_gpa = 0x100000001ULL;
	w->in.wakeup_mailbox = MAILBOX;
	w->in.wakeup_reset = IMAGE + 0x123;
}

static void test_no_cc_blob(void **state)
{
	struct world *w = *state;
	u32 i;

	make_tdx(w);
	prepare_ok(w);
	assert_int_equal(get(w->boot_params + 0x250, 8), 0);
	for (i = 0; i < sizeof(w->setup_data); i++)
		assert_int_equal(w->setup_data[i], 0);
	assert_e820_sorted(w);
	assert_int_equal(e820_type(w, SECRETS), E820_RAM);
	assert_int_equal(e820_type(w, CPUID), E820_RAM);
}

static void test_wakeup_mailbox(void **state)
{
	struct world *w = *state;

	make_tdx(w);
	prepare_ok(w);
	assert_int_equal(e820_type(w, MAILBOX - 1), E820_ACPI);
	assert_int_equal(e820_type(w, MAILBOX), E820_NVS);
	assert_int_equal(e820_type(w, MAILBOX + 0xFFF), E820_NVS);
	assert_int_equal(e820_type(w, MAILBOX + 0x1000), E820_RAM);
	w->in.wakeup_mailbox = MAILBOX + 8;
	prepare_fails(w, "reserved range is not whole pages");
	w->in.wakeup_mailbox = ACPI;
	prepare_fails(w, "ranges of the hand-over overlap");
	w->in.wakeup_mailbox = BOOT_PARAMS;
	prepare_fails(w, "hand-over pages are not in RAM");
	w->in.wakeup_mailbox = 0x100000000ULL;
	prepare_fails(w, "hand-over pages beyond 4 GiB");
	w->in.wakeup_mailbox = MAILBOX;
	w->in.wakeup_reset = KERNEL;
	prepare_fails(w, "ranges of the hand-over overlap");
}

static void test_e820(void **state)
{
	static const struct {
		u64 gpa;
		u32 type;
	} want[] = {
		{ 0, 1 }, { 0x9EFFF, 1 }, { 0x9F000, 2 }, { 0x9FFFF, 2 },
		{ 0xA0000, 0 }, { 0xBFFFF, 0 }, { 0xC0000, 2 }, { 0xFFFFF, 2 },
		{ 0x100000, 1 }, { BOOT_PARAMS, 1 }, { CMDLINE, 1 },
		{ ACPI - 1, 1 }, { ACPI, 3 }, { ACPI + LINUX_ACPI_SIZE - 1, 3 },
		{ ACPI + LINUX_ACPI_SIZE, 1 }, { SECRETS, 2 }, { CPUID, 2 },
		{ 0x612000, 2 }, { 0x613FFF, 2 }, { 0x614000, 1 },
		{ IMAGE - 1, 1 }, { IMAGE, 2 }, { 0xFFFFFF, 2 }, { KERNEL, 1 },
		{ INITRD, 1 }, { RAM_END - 1, 1 }, { RAM_END, 0 },
		{ 0xFEC00000, 0 }, { 0x100000000, 1 }, { 0x100FFFFFF, 1 },
		{ 0x101000000, 0 },
	};
	struct world *w = *state;
	u32 i;

	prepare_ok(w);
	assert_e820_sorted(w);
	for (i = 0; i < ARRAY_SIZE(want); i++)
		if (e820_type(w, want[i].gpa) != want[i].type)
			fail_msg("GPA 0x%llx is of type %u, not %u",
				 (unsigned long long)want[i].gpa,
				 e820_type(w, want[i].gpa), want[i].type);
	/* Secrets, CPUID and the range behind them are one entry. */
	assert_int_equal(w->boot_params[0x1E8], 11);
}

static void test_reserved_overlap(void **state)
{
	struct world *w = *state;

	/* Overlapping, nested, outside of RAM: the union is reserved. */
	w->reserved[0] = (struct linux_range) { 0x800000, 0x10000, 2 };
	w->reserved[1] = (struct linux_range) { 0x808000, 0x10000, 2 };
	w->reserved[2] = (struct linux_range) { 0x802000, 0x1000, 2 };
	w->reserved[3] = (struct linux_range) { RAM_END - 0x1000, 0x2000, 2 };
	w->reserved[4] = (struct linux_range) { 0x30000000, 0x1000, 2 };
	w->in.reserved_count = 5;
	prepare_ok(w);
	assert_e820_sorted(w);
	assert_int_equal(e820_type(w, 0x800000), 2);
	assert_int_equal(e820_type(w, 0x817FFF), 2);
	assert_int_equal(e820_type(w, 0x818000), 1);
	assert_int_equal(e820_type(w, RAM_END - 0x1001), 1);
	assert_int_equal(e820_type(w, RAM_END), 2);
	assert_int_equal(e820_type(w, 0x30000000), 2);
	assert_int_equal(e820_type(w, 0x2FFFFFFF), 0);
}

static void test_reserved_bad(void **state)
{
	struct world *w = *state;
	u32 i;

	w->reserved[1] = (struct linux_range) { 0x800001, 0x1000, 2 };
	prepare_fails(w, "reserved range is not whole pages");
	w->reserved[1] = (struct linux_range) { 0x800000, 0, 2 };
	prepare_fails(w, "reserved range is not whole pages");
	w->reserved[1] = (struct linux_range) { -0x1000ULL, 0x2000, 2 };
	prepare_fails(w, "reserved range is not whole pages");
	w->reserved[1] = (struct linux_range) { KERNEL, 0x1000, 2 };
	prepare_fails(w, "kernel is not in RAM");
	w->reserved[1] = (struct linux_range) { INITRD + 0x5000, 0x1000, 2 };
	prepare_fails(w, "initrd is not in RAM");
	w->reserved[1] = (struct linux_range) { SETUP_DATA, 0x1000, 2 };
	prepare_fails(w, "hand-over pages are not in RAM");
	w->reserved[1] = (struct linux_range) { 0, 0x1000, 2 };
	prepare_fails(w, "no RAM at address 0 for Linux' trampoline");
	for (i = 0; i < E820_MAX; i++)
		w->reserved[i] = (struct linux_range) {
			0x10000000 + i * 0x2000, 0x1000, 2
		};
	w->in.reserved_count = E820_MAX;
	prepare_fails(w, "e820 table is full");
}

static void test_areas_bad(void **state)
{
	struct world *w = *state;

	w->in.secrets_gpa = ACPI + 0x1000;
	prepare_fails(w, "ranges of the hand-over overlap");
	w->in.secrets_gpa = SECRETS;
	w->in.boot_params.gpa = 0x100000000ULL;
	prepare_fails(w, "hand-over pages beyond 4 GiB");
	w->in.boot_params.gpa = BOOT_PARAMS + 8;
	prepare_fails(w, "hand-over pages too small or unaligned");
	w->in.boot_params.gpa = BOOT_PARAMS;
	w->in.setup_data.size = 63;
	prepare_fails(w, "hand-over pages too small or unaligned");
	w->in.setup_data.size = 4096;
	w->in.acpi.size = 0x800;
	prepare_fails(w, "reserved range is not whole pages");
	w->in.acpi.size = 0x1000;
	prepare_ok(w);
	w->madt_length = 44;
	while (w->madt_length < 44 + 16 * 100) {
		static const u8 cpu[16] = { 9, 16, 0, 0, 1, 0, 0, 0, 1 };

		madt_add(w, cpu, sizeof(cpu));
	}
	prepare_fails(w, "ACPI area is full");
	w->in.acpi.size = LINUX_ACPI_SIZE;
	prepare_ok(w);
}

static void test_acpi_area_sizes(void **state)
{
	struct world *w = *state;
	struct linux_area *area = &w->in.acpi;
	const char *why;
	u64 rsdp;
	int err = -1;

	/* Any size either holds all tables or is refused, never overrun. */
	make_tdx(w);
	for (area->size = 0; area->size <= LINUX_ACPI_SIZE; area->size += 4) {
		int last = err;

		area->va = malloc(area->size);
		assert_non_null(area->va);
		why = "no reason";
		err = acpi_build(&w->in, &rsdp, &why);
		if (err)
			assert_string_equal(why, "ACPI area is full");
		assert_true(!err || last);
		free(area->va);
	}
	assert_int_equal(err, 0);
}

static void test_map_hostile(void **state)
{
	struct linux_range ranges[LINUX_MEMORY_MAP_MAX];
	struct world *w = *state;
	struct map_entry *map = w->map;
	const char *why;
	u32 i;

	map[4].pages = ~0ULL;
	prepare_fails(w, "memory map: beyond physical memory");
	map[4].pages = 1;
	map[4].page = GPA_LIMIT / 4096;
	prepare_fails(w, "memory map: beyond physical memory");
	map[4].page = GPA_LIMIT / 4096 - 1;
	prepare_ok(w);
	map[4].page = ~0ULL;
	prepare_fails(w, "memory map: beyond physical memory");
	map[4].page = 1ULL << 52;
	prepare_fails(w, "memory map: beyond physical memory");
	map[4].page = 0xFEC0F;
	prepare_fails(w, "memory map: not sorted");
	map[4].page = 0x100000;
	map[4].type = 6;
	prepare_fails(w, "memory map: unknown type");
	map[4].type = 0;
	map[3].type = 0;
	prepare_fails(w, "memory map: RAM over devices");
	map[3].type = 1;
	map[0].pages = 0xA1;
	prepare_fails(w, "memory map: RAM over devices");
	map[0].pages = 0xA0;
	map[2].pages = 0x100;
	prepare_fails(w, "kernel is not in RAM");
	map[2].pages = 0x2000000 / 4096;
	prepare_fails(w, "kernel is not in RAM");
	map[2].pages = (INITRD + INITRD_SIZE) / 4096 - 0x100;
	prepare_fails(w, "initrd is not in RAM");
	memset(map, 0, sizeof(w->map));
	prepare_fails(w, "memory map: no RAM");
	map[0].pages = 1;
	map[0].type = 5;
	prepare_fails(w, "memory map: no RAM");

	/* A page without terminator: its last 16 bytes are no entry. */
	for (i = 0; i < 170; i++)
		map[i] = (struct map_entry) { 0x100 + 2 * i, 1, 0, 0, 0 };
	w->in.memory_map = malloc(4096);
	assert_non_null(w->in.memory_map);
	memset((void *)w->in.memory_map, 0xFF, 4096);
	memcpy((void *)w->in.memory_map, map, 170 * 24);
	assert_int_equal(linux_memory_map(w->in.memory_map, 4096, GPA_LIMIT,
					  ranges, ARRAY_SIZE(ranges), &why), 170);
	assert_int_equal(ranges[169].start, 0x100000 + 0x2000 * 169);
	assert_int_equal(ranges[169].size, 0x1000);
	assert_int_equal(linux_memory_map(w->in.memory_map, 4096, GPA_LIMIT,
					  ranges, 169, &why), -1);
	assert_string_equal(why, "memory map: too many ranges");
	prepare_fails(w, "memory map: too many ranges");
	free((void *)w->in.memory_map);
}

static void test_map_random(void **state)
{
	struct world *w = *state;
	const char *why;
	u32 i, n;

	srand(1);
	for (n = 0; n < 20000; n++) {
		for (i = 0; i < 8; i++) {
			w->map[i].page = rand() % 3 ? (u64)(rand() % 0x30000) :
				(u64)rand() << 33 | (u64)rand();
			w->map[i].pages = rand() % 0x20000;
			w->map[i].type = rand() % 8;
		}
		if (rand() % 4)
			memcpy(w->map, good_map, sizeof(good_map));
		w->map[rand() % 5].pages ^= 1ULL << rand() % 64;
		if (!linux_boot_prepare(&w->in, &why)) {
			assert_e820_sorted(w);
			assert_int_equal(e820_type(w, KERNEL), E820_RAM);
			assert_int_equal(e820_type(w, SECRETS), E820_RESERVED);
			assert_int_equal(e820_type(w, IMAGE), E820_RESERVED);
		}
	}
}

static void test_payload_bad(void **state)
{
	struct world *w = *state;
	struct igvm_payload *p = &w->payload;

	p->magic = 0;
	prepare_fails(w, "image carries no kernel");
	p->magic = IGVM_PAYLOAD_MAGIC;
	p->kernel_gpa = 0;
	prepare_fails(w, "image carries no kernel");
	p->kernel_gpa = KERNEL;
	p->setup_header[0x11] = 'h';
	prepare_fails(w, "setup header is not one of Linux");
	p->setup_header[0x11] = 'H';
	p->setup_header[0x0D] = 0;
	prepare_fails(w, "setup header is not one of Linux");
	p->setup_header[0x0D] = 0x55;
	p->setup_header[0x15] = 0x0B;
	prepare_fails(w, "kernel has no 64-bit entry point");
	p->setup_header[0x15] = 0x0F;
	p->setup_header[0x45] = 0x3E;
	prepare_fails(w, "kernel has no 64-bit entry point");
	p->setup_header[0x45] = 0x3F;
	p->setup_header[0x10] = 0x8F;
	prepare_fails(w, "setup header is too long");
	p->setup_header[0x10] = 0x8E;
	prepare_ok(w);
	assert_int_equal(w->boot_params[0x28F], 0x5A);
	p->initrd_gpa = 0xFFFFFFFFFFFFF000;
	prepare_fails(w, "kernel or initrd beyond 4 GiB");
	p->initrd_gpa = INITRD;
	p->kernel_init_size = ~0ULL;
	prepare_fails(w, "kernel or initrd beyond 4 GiB");
	p->kernel_init_size = 0;
	prepare_fails(w, "kernel is not in RAM");
	p->kernel_init_size = INIT_SIZE;
	p->initrd_gpa = 0;
	p->initrd_size = 0;
	prepare_ok(w);
	assert_int_equal(get(w->boot_params + 0x218, 8), 0);
}

static void test_cmdline(void **state)
{
	struct world *w = *state;

	memset(w->payload.cmdline, 'x', 2047);
	prepare_ok(w);
	assert_int_equal(w->cmdline[2046], 'x');
	assert_int_equal(w->cmdline[2047], 0);
	w->payload.cmdline[2047] = 'x';
	prepare_fails(w, "command line is too long");
	w->payload.cmdline[2047] = 0;
	w->payload.setup_header[0x48] = 3;	/* the kernel takes 1023 */
	prepare_fails(w, "command line is too long");
	w->payload.cmdline[1023] = 0;
	prepare_ok(w);
	w->in.cmdline.size = 1023;
	prepare_fails(w, "command line is too long");
}

/* A table of the finished area by its GPA, with its checksum verified. */
static const u8 *table_at(const struct world *w, u64 gpa)
{
	const u8 *table = w->acpi + (gpa - ACPI);
	u32 length, i;
	u8 total = 0;

	assert_true(gpa >= ACPI && gpa < ACPI + sizeof(w->acpi));
	length = get(table + 4, 4);
	assert_true(length >= 36 && length <= ACPI + sizeof(w->acpi) - gpa);
	for (i = 0; i < length; i++)
		total += table[i];
	assert_int_equal(total, 0);
	return table;
}

static const u8 *find_table(const struct world *w, const char *signature)
{
	const u8 *xsdt = table_at(w, get(w->acpi + 24, 8));
	u32 i;

	for (i = 36; i < get(xsdt + 4, 4); i += 8) {
		const u8 *table = table_at(w, get(xsdt + i, 8));

		if (!memcmp(table, signature, 4))
			return table;
	}
	fail_msg("no table %s", signature);
	return NULL;
}

static void test_acpi_tables(void **state)
{
	struct world *w = *state;
	const u8 *fadt, *facs, *dsdt;
	u8 total = 0;
	u32 i;

	prepare_ok(w);
	assert_memory_equal(w->acpi, "RSD PTR ", 8);
	for (i = 0; i < 20; i++)
		total += w->acpi[i];
	assert_int_equal(total, 0);
	for (i = 20; i < 36; i++)
		total += w->acpi[i];
	assert_int_equal(total, 0);
	assert_int_equal(get(table_at(w, get(w->acpi + 24, 8)) + 4, 4), 36 + 4 * 8);

	fadt = find_table(w, "FACP");
	assert_int_equal(get(fadt + 4, 4), 244);
	assert_int_equal(get(fadt + 46, 2), 9);
	assert_int_equal(get(fadt + 48, 4), 0);		/* no SMI command */
	assert_int_equal(get(fadt + 56, 4), 0x600);
	assert_int_equal(get(fadt + 64, 4), 0x604);
	assert_int_equal(get(fadt + 76, 4), 0x608);
	assert_int_equal(get(fadt + 140, 8), get(fadt + 40, 4));
	dsdt = table_at(w, get(fadt + 40, 4));
	assert_memory_equal(dsdt, "DSDT", 4);
	assert_int_equal(get(fadt + 36, 4) % 64, 0);
	facs = w->acpi + (get(fadt + 36, 4) - ACPI);
	assert_memory_equal(facs, "FACS", 4);
	assert_int_equal(get(facs + 4, 4), 64);

	assert_int_equal(get(find_table(w, "MCFG") + 44, 8), 0xB0000000);
	assert_int_equal(get(find_table(w, "HPET") + 44, 8), 0xFED00000);
	assert_memory_equal(find_table(w, "APIC"), w->madt, w->madt_length);
}

static void test_madt_wakeup(void **state)
{
	struct world *w = *state;
	const u8 *madt, *wakeup;

	make_tdx(w);
	prepare_ok(w);
	madt = find_table(w, "APIC");
	assert_int_equal(get(madt + 4, 4), w->madt_length + 24);
	assert_memory_equal(madt + 10, w->madt + 10, w->madt_length - 10);
	wakeup = madt + w->madt_length;
	assert_int_equal(wakeup[0], 0x10);
	assert_int_equal(wakeup[1], 24);
	assert_int_equal(get(wakeup + 2, 2), 1);	/* version */
	assert_int_equal(get(wakeup + 4, 4), 0);
	assert_int_equal(get(wakeup + 8, 8), MAILBOX);
	assert_int_equal(get(wakeup + 16, 8), IMAGE + 0x123);
}

static void test_madt_hostile(void **state)
{
	static const u8 wakeup[16] = { 0x10, 16, 0, 0, 0, 0, 0, 0, 0, 0x10 };
	static const u8 cut[] = { 1, 12, 0, 0 };
	static const u8 unknown[] = { 6, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
	static const u8 empty[] = { 0, 0 };
	struct world *w = *state;
	u32 good = w->madt_length;
	u8 *copy;

	w->madt[8]++;
	prepare_fails(w, "MADT: bad checksum");
	w->madt[8]--;
	w->madt[0] = 'B';
	prepare_fails(w, "MADT: bad signature or length");
	w->madt[0] = 'A';
	madt_add(w, wakeup, sizeof(wakeup));
	prepare_fails(w, "MADT: entry type not allowed");
	w->madt_length = good;
	madt_add(w, unknown, sizeof(unknown));
	prepare_fails(w, "MADT: entry type not allowed");
	w->madt_length = good;
	madt_add(w, cut, sizeof(cut));
	prepare_fails(w, "MADT: entry with a wrong length");
	w->madt_length = good;
	madt_add(w, cut, 1);
	prepare_fails(w, "MADT: entry cut off");
	w->madt_length = good;
	madt_add(w, empty, sizeof(empty));
	prepare_fails(w, "MADT: entry with a wrong length");
	w->madt_length = 44;
	seal(w->madt, 44);
	prepare_fails(w, "MADT: no CPU");
	w->madt_length = good;
	seal(w->madt, good);
	prepare_ok(w);

	/* Lengths at the edge of what the host may claim. */
	w->in.madt_size = 43;
	prepare_fails(w, "MADT: no room for one");
	w->in.madt_size = good - 1;
	prepare_fails(w, "MADT: bad signature or length");
	copy = malloc(good);
	assert_non_null(copy);
	memcpy(copy, w->madt, good);
	w->in.madt = copy;
	w->in.madt_size = good;
	prepare_ok(w);
	memset(copy + 4, 0xFF, 4);
	prepare_fails(w, "MADT: bad signature or length");
	memset(copy + 4, 0, 4);
	prepare_fails(w, "MADT: bad signature or length");
	free(copy);
}

static void test_madt_random(void **state)
{
	struct world *w = *state;
	const char *why;
	u32 n;

	srand(2);
	for (n = 0; n < 20000; n++) {
		make_madt(w);
		w->madt[44 + rand() % (w->madt_length - 44)] = rand();
		if (rand() % 2)
			w->madt_length -= rand() % (w->madt_length - 44);
		seal(w->madt, w->madt_length);
		if (!linux_boot_prepare(&w->in, &why))
			assert_memory_equal(find_table(w, "APIC"), w->madt,
					    w->madt_length);
	}
}

static void iasl_accepts(const char *dir, const u8 *table)
{
	char path[256], command[1024], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%.4s.dat", dir, table);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(table, get(table + 4, 4), 1, f), 1);
	assert_int_equal(fclose(f), 0);
	snprintf(command, sizeof(command),
		 "cd %s && timeout 20 iasl -d %.4s.dat >log 2>&1 && "
		 "timeout 20 iasl -va -we %.4s.dsl >>log 2>&1 && "
		 "cat log %.4s.dsl | grep -iE 'error|warning|invalid|unknown' | "
		 "grep -vE '0 Errors, 0 Warnings|-we'", dir, table, table, table);
	f = popen(command, "r");
	assert_non_null(f);
	if (fgets(line, sizeof(line), f))
		fail_msg("iasl on %.4s: %s", table, line);
	assert_int_equal(pclose(f) >> 8, 1);	/* grep found nothing */
}

static void test_iasl(void **state)
{
	static const char * const tables[] = { "FACP", "MCFG", "HPET", "APIC" };
	char dir[] = "/tmp/test_linux_boot.XXXXXX";
	struct world *w = *state;
	char command[64];
	u32 i;

	prepare_ok(w);
	assert_non_null(mkdtemp(dir));
	for (i = 0; i < ARRAY_SIZE(tables); i++)
		iasl_accepts(dir, find_table(w, tables[i]));
	iasl_accepts(dir, table_at(w, get(w->acpi + 24, 8)));
	iasl_accepts(dir, table_at(w, get(find_table(w, "FACP") + 40, 4)));
	snprintf(command, sizeof(command), "rm -r %s", dir);
	assert_int_equal(system(command), 0);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_zero_page),
		TEST(test_cc_blob),
		TEST(test_no_cc_blob),
		TEST(test_wakeup_mailbox),
		TEST(test_e820),
		TEST(test_reserved_overlap),
		TEST(test_reserved_bad),
		TEST(test_areas_bad),
		TEST(test_acpi_area_sizes),
		TEST(test_map_hostile),
		TEST(test_map_random),
		TEST(test_payload_bad),
		TEST(test_cmdline),
		TEST(test_acpi_tables),
		TEST(test_madt_wakeup),
		TEST(test_madt_hostile),
		TEST(test_madt_random),
		TEST(test_iasl),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
