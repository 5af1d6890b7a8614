// SPDX-License-Identifier: MIT
/*
 * Entry of Linux: memory map and MADT from a hostile host, and a payload page
 * that is not what it should be.
 *
 * Oracle: a map, table or page that is accepted gives an e820 table that is
 * sorted, without overlap, RAM only where the host's map has some, and every
 * range that Linux must keep off or will use of the right type; ACPI tables
 * with good checksums, of interrupt hardware only. Every area is as long as
 * it has to be and no longer, so that an overrun is seen.
 */
#include <stdlib.h>

#include <x86/madt.h>

#include "acpi.h"
#include "fuzz.h"
#include "linux_boot.h"

#define PAGE		4096ULL
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
#define RESET		(IMAGE + 0x123)
#define RAM_END		0x20000000ULL
#define GPA_LIMIT	(1ULL << 51)
#define FOUR_GIB	(1ULL << 32)

#define MAP_MAX		4096
#define MADT_HEADER	44
#define MADT_MAX	4096
#define WAKEUP_SIZE	24
#define CPUS_MAX	4

/* Zero page */
#define BP_RSDP		0x070
#define BP_E820_COUNT	0x1E8
#define BP_HEADER	0x1F1
#define BP_JUMP		0x201
#define BP_MAGIC	0x202
#define BP_CMDLINE	0x228
#define BP_SETUP_DATA	0x250
#define BP_E820		0x2D0

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
	{ 0x100, RAM_END / PAGE - 0x100, 0, 0, 0 },
	{ 0xFEC00, 0x10, 1, 0, 0 },
	{ 0x100000, 0x1000, 0, 0, 0 },
};

static const struct linux_range reserved[] = {
	{ IMAGE, 0x800000, E820_RESERVED },
	{ 0x612000, 0x2000, E820_RESERVED },
};

static const u8 good_madt[] = {
	'A', 'P', 'I', 'C', 0, 0, 0, 0, 4, 0, 'H', 'O', 'S', 'T', ' ', ' ',
	'M', 'A', 'D', 'T', ' ', ' ', ' ', ' ', 1, 0, 0, 0, 'H', 'O', 'S', 'T',
	1, 0, 0, 0, 0, 0, 0xE0, 0xFE, 1, 0, 0, 0,
	0, 8, 0, 0, 1, 0, 0, 0,
	1, 12, 0, 0, 0, 0, 0xC0, 0xFE, 0, 0, 0, 0,
	2, 10, 0, 0, 2, 0, 0, 0, 0, 0,
	9, 16, 0, 0, 44, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0,
	4, 6, 0xFF, 0, 0, 1,
};

/*
 * What is as long as it is claimed to be is on the heap. The order of input:
 * what is changed of the payload, map, MADT.
 */
struct world {
	struct igvm_payload payload;
	struct map_entry *map;
	u32 map_size;
	u8 *madt;
	u32 madt_size;
	struct linux_boot boot;
	struct linux_range ram[LINUX_MEMORY_MAP_MAX];
	u32 rams;
};

static u32 accepted;

static u64 get(const u8 *at, u32 bytes)
{
	u64 value = 0;

	memcpy(&value, at, bytes);
	return value;
}

/* --- Input ----------------------------------------------------------------- */

/* The bytes 0x1F1.. of a bzImage of boot protocol 2.15. */
static void make_payload(struct igvm_payload *p)
{
	static const u8 known[] = {
		0x55, 0xAA, 0xEB, 0x6A, 'H', 'd', 'r', 'S', 0x0F, 0x02,
	};

	memset(p, 0, sizeof(*p));
	p->magic = IGVM_PAYLOAD_MAGIC;
	p->kernel_gpa = KERNEL;
	p->kernel_entry = KERNEL + 0x200;
	p->kernel_init_size = INIT_SIZE;
	p->initrd_gpa = INITRD;
	p->initrd_size = INITRD_SIZE;
	memcpy(p->cmdline, "console=ttyS0 quiet", 20);
	memset(p->setup_header, 0x5A, sizeof(p->setup_header));
	memcpy(p->setup_header + 0x0D, known, sizeof(known));
	p->setup_header[0x45] = 0x3F;				/* xloadflags */
	memcpy(p->setup_header + 0x47, "\xFF\x07\0\0", 4);	/* cmdline_size */
}

/*
 * Up to seven changes: where, how many bytes, which; a long command line.
 * Return: hand-over of TDX, not of SNP.
 */
static bool damage_payload(struct input *in, struct igvm_payload *p)
{
	u8 how = input_u8(in);
	u32 n = how % 8, at, count;

	if (how & 0x08)
		memset(p->cmdline, 'x', sizeof(p->cmdline) - !(how & 0x10));
	if (how & 0x20)
		memset(p->setup_header + 0x47, 0x7F, 4);
	while (n--) {
		at = input_u16(in) % sizeof(*p);
		count = 1U << input_u8(in) % 4;
		if (at + count > sizeof(*p))
			count = sizeof(*p) - at;
		input_bytes(in, (u8 *)p + at, count);
	}
	return how & 0x40;
}

/* A page number or a number of pages: small, at an edge, or anything. */
static u64 input_page(struct input *in)
{
	static const u64 edges[] = {
		0, 0x9F, 0xA0, 0xC0, 0x100, 0x600, 0x610, 0x800, 0x1000,
		0x4000, 0x8000, 0x8124, RAM_END / PAGE, 0xB0000, 0xFEC00,
		0x100000, GPA_LIMIT / PAGE, 1ULL << 52, ~0ULL,
	};
	u8 choice = input_u8(in);

	if (choice < 0x80)
		return edges[choice % ARRAY_SIZE(edges)] + choice / 32 - 1;
	if (choice < 0xC0)
		return input_u16(in);
	return input_u64(in);
}

static void input_map(struct input *in, struct world *w)
{
	u8 kind = input_u8(in);
	u32 count = input_u8(in) % (LINUX_MEMORY_MAP_MAX + 1), i;

	/* Bytes behind the last whole entry are no entry. */
	w->map_size = count * sizeof(struct map_entry) + kind / 16;
	if (kind & 1)
		w->map_size = sizeof(good_map);
	w->map = malloc(w->map_size);
	memset(w->map, 0xFF, w->map_size);
	count = w->map_size / sizeof(struct map_entry);
	if (kind & 1)
		memcpy(w->map, good_map, sizeof(good_map));
	if ((kind & 3) == 1)
		return;
	/* From the good map on, or from nothing. */
	for (i = kind & 1 ? input_u8(in) % count : 0; i < count; i++) {
		w->map[i] = (struct map_entry){
			.page = input_page(in),
			.pages = input_page(in),
			.type = input_u8(in) % 8,
		};
		/* Ascending, so that more than one entry gets through. */
		if (kind & 4 && i)
			w->map[i].page += w->map[i - 1].page +
					  w->map[i - 1].pages;
		if (kind & 1)
			break;
	}
}

static void input_madt(struct input *in, struct world *w)
{
	u8 kind = input_u8(in);
	u32 length = sizeof(good_madt), i;
	u8 total = 0;

	if (kind & 1)
		length = input_u16(in) % (MADT_MAX + 1);
	w->madt_size = length + (kind & 2 ? kind / 16 : 0);
	w->madt = malloc(w->madt_size);
	memset(w->madt, 0, w->madt_size);
	memcpy(w->madt, good_madt,
	       length < sizeof(good_madt) ? length : sizeof(good_madt));
	if (kind & 1 && length > MADT_HEADER)
		input_bytes(in, w->madt + MADT_HEADER, length - MADT_HEADER);
	if (length < MADT_HEADER)
		return;
	memcpy(w->madt + 4, &length, sizeof(length));
	if (kind & 4)
		input_bytes(in, w->madt + input_u8(in) % MADT_HEADER, 1);
	if (kind & 8)
		return;
	/* The length may be a claim by now. */
	length = (u32)get(w->madt + 4, 4);
	w->madt[9] = 0;
	for (i = 0; i < length && i < w->madt_size; i++)
		total += w->madt[i];
	w->madt[9] = -total;
}

static struct linux_area area(u64 gpa, u64 size)
{
	struct linux_area a = { malloc(size), gpa, size };

	memset(a.va, 0xEE, size);
	return a;
}

static void make_world(struct input *in, struct world *w)
{
	bool tdx;

	make_payload(&w->payload);
	tdx = damage_payload(in, &w->payload);
	input_map(in, w);
	input_madt(in, w);
	w->boot = (struct linux_boot){
		.payload = &w->payload,
		.memory_map = w->map,
		.memory_map_size = w->map_size,
		.gpa_limit = GPA_LIMIT,
		.madt = w->madt,
		.madt_size = w->madt_size,
		.boot_params = area(BOOT_PARAMS, LINUX_BOOT_PARAMS_SIZE),
		.cmdline = area(CMDLINE, LINUX_CMDLINE_SIZE),
		.acpi = area(ACPI, LINUX_ACPI_SIZE),
		.reserved = reserved,
		.reserved_count = ARRAY_SIZE(reserved),
	};
	if (tdx) {
		w->boot.wakeup_mailbox = MAILBOX;
		w->boot.wakeup_reset = RESET;
	} else {
		w->boot.setup_data = area(SETUP_DATA, LINUX_SETUP_DATA_SIZE);
		w->boot.secrets_gpa = SECRETS;
		w->boot.cpuid_gpa = CPUID;
	}
}

static void free_world(struct world *w)
{
	free(w->boot.boot_params.va);
	free(w->boot.setup_data.va);
	free(w->boot.cmdline.va);
	free(w->boot.acpi.va);
	free(w->map);
	free(w->madt);
}

/* --- Memory ---------------------------------------------------------------- */

/* The host's RAM by a reading of our own, neighbours joined. */
static void read_map(struct world *w)
{
	u32 count = w->map_size / sizeof(struct map_entry), i;
	struct linux_range *last = NULL;

	w->rams = 0;
	for (i = 0; i < count && w->map[i].pages; i++) {
		u64 start = w->map[i].page * PAGE;
		u64 size = w->map[i].pages * PAGE;

		if (w->map[i].type)
			continue;
		if (last && last->start + last->size == start) {
			last->size += size;
			continue;
		}
		last = &w->ram[w->rams++];
		*last = (struct linux_range){ start, size, E820_RAM };
	}
}

static bool in_ram(const struct world *w, u64 start, u64 size)
{
	u32 i;

	for (i = 0; i < w->rams; i++) {
		if (start >= w->ram[i].start &&
		    start - w->ram[i].start < w->ram[i].size)
			return size <= w->ram[i].size -
				       (start - w->ram[i].start);
	}
	return false;
}

static struct linux_range e820(const struct world *w, u32 i)
{
	const u8 *at = (u8 *)w->boot.boot_params.va + BP_E820 + 20 * i;

	return (struct linux_range){
		get(at, 8), get(at + 8, 8), (u32)get(at + 16, 4)
	};
}

static u32 e820_count(const struct world *w)
{
	return ((u8 *)w->boot.boot_params.va)[BP_E820_COUNT];
}

/* Bytes from @start on that are of a type, through neighbouring entries. */
static bool all_of(const struct world *w, u64 start, u64 size, u32 type)
{
	struct linux_range r;
	u64 at = start;
	u32 i;

	for (i = 0; i < e820_count(w) && at - start < size; i++) {
		r = e820(w, i);
		if (at >= r.start && at - r.start < r.size && r.type == type)
			at = r.start + r.size;
	}
	return at - start >= size;
}

static void check_e820(const struct world *w)
{
	u64 end = 0, covered = 0, ram = 0;
	struct linux_range r;
	u32 i;

	fuzz_check(e820_count(w) && e820_count(w) <= E820_MAX);
	for (i = 0; i < e820_count(w); i++) {
		r = e820(w, i);
		fuzz_check(r.size && r.start >= end &&
			   r.start + r.size > r.start);
		end = r.start + r.size;
		fuzz_check(r.type >= E820_RAM && r.type <= E820_NVS);
		if (r.type != E820_RAM)
			continue;
		covered += r.size;
		fuzz_check(in_ram(w, r.start, r.size));
		fuzz_check(end <= GPA_LIMIT);
		fuzz_check(end <= 0xA0000 || r.start >= 0xC0000);
		fuzz_check(end <= 0xB0000000 || r.start >= FOUR_GIB);
	}
	/* All RAM is there, but for what lies below the painted ranges. */
	for (i = 0; i < w->rams; i++)
		ram += w->ram[i].size;
	fuzz_check(ram >= covered && ram - covered <=
		   0x41000 + 0x800000 + 0x2000 + 2 * PAGE + LINUX_ACPI_SIZE);
}

static void check_ranges(const struct world *w)
{
	const struct linux_boot *b = &w->boot;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(reserved); i++)
		fuzz_check(all_of(w, reserved[i].start, reserved[i].size,
				  E820_RESERVED));
	if (b->wakeup_mailbox) {
		fuzz_check(all_of(w, MAILBOX, PAGE, E820_NVS));
	} else {
		fuzz_check(all_of(w, SECRETS, PAGE, E820_RESERVED));
		fuzz_check(all_of(w, CPUID, PAGE, E820_RESERVED));
		fuzz_check(all_of(w, SETUP_DATA, b->setup_data.size, E820_RAM));
	}
	fuzz_check(all_of(w, ACPI, LINUX_ACPI_SIZE, E820_ACPI));
	fuzz_check(all_of(w, 0x9F000, 0x1000, E820_RESERVED));
	fuzz_check(all_of(w, 0xC0000, 0x40000, E820_RESERVED));
	fuzz_check(all_of(w, 0, PAGE, E820_RAM));
	fuzz_check(all_of(w, b->payload->kernel_gpa,
			  b->payload->kernel_init_size, E820_RAM));
	fuzz_check(all_of(w, b->payload->initrd_gpa, b->payload->initrd_size,
			  E820_RAM));
	fuzz_check(all_of(w, BOOT_PARAMS, b->boot_params.size, E820_RAM));
	fuzz_check(all_of(w, CMDLINE, b->cmdline.size, E820_RAM));
}

/* --- Zero page and tables ------------------------------------------------- */

static void check_zero_page(const struct world *w)
{
	const struct igvm_payload *p = &w->payload;
	const u8 *bp = w->boot.boot_params.va;
	u32 end = BP_MAGIC + bp[BP_JUMP], i;

	fuzz_check(p->magic == IGVM_PAYLOAD_MAGIC);
	fuzz_check(!memcmp(bp + BP_MAGIC, "HdrS", 4) && end <= 0x290);
	/* Behind the kernel's header and what we write of it. */
	for (i = end < BP_SETUP_DATA + 8 ? BP_SETUP_DATA + 8 : end; i < BP_E820;
	     i++)
		fuzz_check(!bp[i]);
	for (i = BP_E820 + 20 * e820_count(w); i < LINUX_BOOT_PARAMS_SIZE; i++)
		fuzz_check(!bp[i]);
	for (i = 0; i < BP_RSDP; i++)
		fuzz_check(!bp[i]);
	fuzz_check(get(bp + BP_CMDLINE, 4) == CMDLINE);
	fuzz_check(memchr(p->cmdline, 0, sizeof(p->cmdline)) &&
		   !strcmp(w->boot.cmdline.va, p->cmdline));
	if (w->boot.wakeup_mailbox) {
		fuzz_check(!get(bp + BP_SETUP_DATA, 8));
	} else {
		fuzz_check(get(bp + BP_SETUP_DATA, 8) == SETUP_DATA);
		fuzz_check(!get(w->boot.setup_data.va, 8));
	}
}

static u8 sum(const u8 *p, u64 length)
{
	u8 total = 0;

	while (length--)
		total += *p++;
	return total;
}

/* A table by its GPA: inside the area, checksum good. */
static const u8 *table_at(const struct world *w, u64 gpa)
{
	const u8 *table;
	u64 length;

	fuzz_check(gpa >= ACPI && gpa <= ACPI + LINUX_ACPI_SIZE - 36);
	table = (u8 *)w->boot.acpi.va + (gpa - ACPI);
	length = get(table + 4, 4);
	fuzz_check(length >= 36 && length <= ACPI + LINUX_ACPI_SIZE - gpa);
	fuzz_check(!sum(table, length));
	return table;
}

/* Of @table, what the host gave; our own entry is behind it. */
static u32 check_wakeup(const struct world *w, const u8 *table)
{
	u32 length = (u32)get(table + 4, 4);
	const u8 *entry;

	if (!w->boot.wakeup_mailbox)
		return length;
	fuzz_check(length > WAKEUP_SIZE);
	length -= WAKEUP_SIZE;
	entry = table + length;
	fuzz_check(entry[0] == 16 && entry[1] == WAKEUP_SIZE);
	fuzz_check(get(entry + 2, 2) == 1 && !get(entry + 4, 4));
	fuzz_check(get(entry + 8, 8) == MAILBOX && get(entry + 16, 8) == RESET);
	return length;
}

/* Only what describes interrupt hardware, and a CPU. */
static void check_madt(const u8 *table, u32 length)
{
	static const u8 length_of[11] = {
		[0] = 8, [1] = 12, [2] = 10, [3] = 8, [4] = 6, [5] = 12,
		[9] = 16, [10] = 12,
	};
	u32 at = MADT_HEADER;
	u32 ids[CPUS_MAX], count, cpus = 0, i, j;

	while (at < length) {
		fuzz_check(length - at >= 2 && table[at] < sizeof(length_of));
		fuzz_check(length_of[table[at]] &&
			   table[at + 1] == length_of[table[at]] &&
			   table[at + 1] <= length - at);
		cpus += (table[at] == 0 && table[at + 4] & 1) ||
			(table[at] == 9 && table[at + 8] & 1);
		at += table[at + 1];
	}
	fuzz_check(cpus);
	/* The SVSM's own reader finds the same CPUs, each once. */
	if (madt_apic_ids(table, (u32)get(table + 4, 4), ids, CPUS_MAX, &count)) {
		fuzz_check(cpus > CPUS_MAX);
		return;
	}
	fuzz_check(count && count <= cpus);
	for (i = 0; i < count; i++)
		for (j = 0; j < i; j++)
			fuzz_check(ids[i] != ids[j]);
}

static void check_acpi(const struct world *w)
{
	u64 rsdp = get((u8 *)w->boot.boot_params.va + BP_RSDP, 8);
	const u8 *table, *xsdt, *fadt = NULL;
	bool madt = false;
	u32 at, length;

	fuzz_check(rsdp == ACPI);
	table = w->boot.acpi.va;
	fuzz_check(!memcmp(table, "RSD PTR ", 8) && !sum(table, 20) &&
		   !sum(table, 36));
	xsdt = table_at(w, get(table + 24, 8));
	fuzz_check(!memcmp(xsdt, "XSDT", 4));
	for (at = 36; at < get(xsdt + 4, 4); at += 8) {
		table = table_at(w, get(xsdt + at, 8));
		if (!memcmp(table, "FACP", 4))
			fadt = table;
		if (memcmp(table, "APIC", 4))
			continue;
		madt = true;
		/* Our own entry changes length and checksum. */
		length = check_wakeup(w, table);
		fuzz_check(length <= w->madt_size &&
			   length == get(w->madt + 4, 4) &&
			   !memcmp(table, w->madt, 4) && table[8] == w->madt[8] &&
			   !memcmp(table + 10, w->madt + 10, length - 10));
		check_madt(table, length);
	}
	fuzz_check(madt && fadt);
	fuzz_check(!memcmp(table_at(w, get(fadt + 40, 4)), "DSDT", 4));
}

/* Both readers by themselves: what they refuse, the whole has to refuse. */
static void check_readers(const struct world *w, bool prepared)
{
	struct linux_range ranges[LINUX_MEMORY_MAP_MAX];
	u32 ids[CPUS_MAX], count, i;
	const char *why = NULL;
	int n, err;

	n = linux_memory_map(w->map, w->map_size, GPA_LIMIT, ranges,
			     ARRAY_SIZE(ranges), &why);
	fuzz_check(n > 0 || (n == -1 && why && !prepared));
	for (i = 0; (int)i < n; i++) {
		fuzz_check(ranges[i].size && ranges[i].type == E820_RAM);
		fuzz_check(ranges[i].start + ranges[i].size <= GPA_LIMIT);
		fuzz_check(!i || ranges[i - 1].start + ranges[i - 1].size <=
				 ranges[i].start);
	}
	err = madt_apic_ids(w->madt, w->madt_size, ids, CPUS_MAX, &count);
	fuzz_check(count <= CPUS_MAX && (!err || err == -1));
}

/* See fuzz.h. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	static struct world w;
	const char *why = NULL;
	bool prepared;

	make_world(&in, &w);
	prepared = !linux_boot_prepare(&w.boot, &why);
	check_readers(&w, prepared);
	if (prepared) {
		accepted++;
		read_map(&w);
		check_e820(&w);
		check_ranges(&w);
		check_zero_page(&w);
		check_acpi(&w);
	} else {
		fuzz_check(why && *why);
	}
	free_world(&w);
	return 0;
}

/* --- Seeds ----------------------------------------------------------------- */

static void seed(const u8 *bytes, size_t size)
{
	accepted = 0;
	LLVMFuzzerTestOneInput(bytes, size);
	fuzz_check(accepted);
	fuzz_seed(bytes, size);
}

/* See fuzz.h. */
void fuzz_seeds(void)
{
	/* Changes; kind of map; kind of MADT. */
	static const u8 plain[] = { 0, 1, 0, 0 };
	/* The same for a TD: our own MADT entry needs another 64 bytes. */
	static const u8 tdx[] = {
		0x40, 1, 0, 1, MADT_HEADER + 8, 0, 0, 8, 0, 0, 1, 0, 0, 0,
	};
	/* Another command line; a last entry of the map of our own. */
	static const u8 cmdline[] = {
		1, 0x40, 0, 3, 'd', 'e', 'b', 'u', 'g', 0, 0, 0,
		3, 0, 4, 0xFF, 0, 0, 0x10, 0, 0, 0, 0, 0, 0xBF, 0, 1, 0, 0,
	};
	/* The longest command line; RAM that ends where devices begin. */
	static const u8 edges[] = { 0x28, 3, 0, 3, 13, 76, 0, 0 };
	/* A MADT of two CPUs, two bytes behind it. */
	static const u8 madt[] = {
		0, 1, 0, 0x23, MADT_HEADER + 16, 0,
		0, 8, 0, 0, 1, 0, 0, 0, 0, 8, 1, 1, 1, 0, 0, 0,
	};
	static const u8 claim[] = {
		0, 1, 0, 4, 4, sizeof(good_madt) + 1,
	};

	seed(plain, sizeof(plain));
	seed(tdx, sizeof(tdx));
	seed(cmdline, sizeof(cmdline));
	seed(madt, sizeof(madt));
	seed(edges, sizeof(edges));
	/* And one that claims to be longer than it is. */
	fuzz_seed(claim, sizeof(claim));
}
