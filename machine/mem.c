/* SPDX-License-Identifier: MIT */
/*
 * Memory of the machine: the top of low RAM, which the guest never sees.
 * The image moves there, page tables and everything allocated later follow.
 */
#include "cpu.h"
#include "start.h"

#define TABLE_P		BIT_ULL(0)
#define TABLE_W		BIT_ULL(1)
#define TABLE_PCD	BIT_ULL(4)
#define TABLE_LARGE	BIT_ULL(7)
#define TABLE_NX	BIT_ULL(63)
#define TABLE_ADDR	0x000ffffffffff000ULL
#define ENTRIES		512

#define PAGE_1G		BIT_ULL(30)
#define FOUR_GIB	BIT_ULL(32)
/* SeaBIOS puts no device above it, whatever the CPU's address width. */
#define DEVICES_END	BIT_ULL(46)

#define LOW_RAM_END	0xa0000ULL
#define BIOS_START	0xc0000ULL
#define ONE_MIB		0x100000ULL
#define SLACK		0x1000000ULL

extern u8 image_start[], image_end[];

static struct spinlock lock;
static u64 next;	/* first free byte of machine.hidden */
static u64 limit;	/* end of what can be allocated */
static u64 *root;

/**
 * page_alloc() - memory of the machine
 * @pages: of 4096 bytes
 *
 * Return: zeroed pages, contiguous, mapped at their physical address. There is
 * no way back. Ends the machine if there is no more.
 */
void *page_alloc(u64 pages)
{
	u64 got;

	spin_lock(&lock);
	got = next;
	if (pages > (limit - got) / PAGE_SIZE) {
		spin_unlock(&lock);
		machine_error("out of memory: %lu KiB of its own are not enough",
			      (limit - machine.hidden.start) >> 10);
	}
	next += pages * PAGE_SIZE;
	spin_unlock(&lock);
	return memset((void *)got, 0, pages * PAGE_SIZE);
}

/**
 * gpa_ptr() - where memory of the guest really is
 * @gpa: guest-physical address
 *
 * Return: NULL if it is no memory of the guest.
 */
void *gpa_ptr(u64 gpa)
{
	for (u32 i = 0; i < machine.range_count; i++) {
		const struct range *r = &machine.ram[i];

		if (gpa >= r->start && gpa < r->end)
			return i < machine.ram_count ? (void *)gpa :
				machine.window + (gpa - r->start);
	}
	return NULL;
}

/**
 * is_ram() - is it memory of the guest?
 * @gpa: guest-physical address
 */
bool is_ram(u64 gpa)
{
	/* the first byte of all is where NULL points to */
	return gpa_ptr(gpa | 1);
}

/* Entry for @linear in the table of the level that @shift names. */
static u64 *table_entry(u64 linear, u32 shift)
{
	u64 *table = root;

	for (u32 s = 48; s > shift; s -= 9) {
		u64 *e = &table[(linear >> s) & (ENTRIES - 1)];

		if (!*e)
			*e = (u64)page_alloc(1) | TABLE_P | TABLE_W;
		table = (u64 *)(*e & TABLE_ADDR);
	}
	return &table[(linear >> shift) & (ENTRIES - 1)];
}

static bool is_cached(const struct boot_info *info, u64 start, u64 end)
{
	if (start < info->low_top)
		return true;
	for (u32 i = 0; i < info->high_count; i++) {
		if (start < info->high[i].end && end > info->high[i].start)
			return true;
	}
	return false;
}

static void map_identity(const struct boot_info *info, u64 start, u64 end,
			 u32 shift)
{
	for (u64 pa = start; pa < end; pa += 1ULL << shift) {
		u64 e = pa | TABLE_P | TABLE_W | TABLE_LARGE;

		if (!is_cached(info, pa, pa + (1ULL << shift)))
			e |= TABLE_PCD;
		*table_entry(pa, shift) = e;
	}
}

static bool has_1g_pages(void)
{
	u32 r[4];

	cpuid(0x80000001, 0, r);
	return r[3] & BIT(26);
}

/*
 * Without pages of 1 GiB the devices above RAM stay unmapped: tables for all
 * of their window would take more than the machine has.
 */
static void map_all(const struct boot_info *info)
{
	u64 base = machine.hidden.start;
	u64 size = (u64)(image_end - image_start);

	root = page_alloc(1);
	map_identity(info, 0, FOUR_GIB, 21);
	if (has_1g_pages()) {
		machine.mapped_end = DEVICES_END;
		map_identity(info, FOUR_GIB, DEVICES_END, 30);
	} else {
		machine.mapped_end = machine.ram_end > FOUR_GIB ?
			(machine.ram_end + PAGE_1G - 1) & ~(PAGE_1G - 1) :
			FOUR_GIB;
		map_identity(info, FOUR_GIB, machine.mapped_end, 21);
	}
	for (u64 at = 0; at < size; at += PAGE_2M)
		*table_entry((u64)image_start + at, 21) =
			(base + at) | TABLE_P | TABLE_W | TABLE_LARGE;
}

static void add_ram(u64 start, u64 end)
{
	machine.ram[machine.ram_count++] =
		(struct range){ .start = start, .end = end };
}

/* Take the top of low RAM; the rest of RAM is the guest's. */
static void divide(const struct boot_info *info)
{
	u64 ram = info->low_top;
	u64 file = info->file.end - info->file.start;
	u64 want;

	machine.ram_end = info->low_top;
	for (u32 i = 0; i < info->high_count; i++) {
		ram += info->high[i].end - info->high[i].start;
		if (info->high[i].end > machine.ram_end)
			machine.ram_end = info->high[i].end;
	}
	/* RMP: 8 bytes for each page; five views in nested tables: 1.5 % */
	want = (u64)(image_end - image_start) + ram / PAGE_SIZE * 8 + ram / 64 +
	       file + SLACK;
	if (want > info->low_end ||
	    ((info->low_end - want) & ~(PAGE_2M - 1)) <
	    IMAGE_LOAD + (u64)(image_end - image_start) ||
	    ((info->low_end - want) & ~(PAGE_2M - 1)) < info->file.end)
		machine_error("too little memory: %lu MiB, of which the machine itself needs %lu MiB",
			      ram >> 20, want >> 20);
	machine.hidden.start = (info->low_end - want) & ~(PAGE_2M - 1);
	/* The BIOS's tables above are neither the guest's nor the machine's. */
	machine.hidden.end = info->low_top;
	limit = info->low_end;

	add_ram(0, LOW_RAM_END);
	add_ram(BIOS_START, ONE_MIB);
	add_ram(ONE_MIB, machine.hidden.start);
	for (u32 i = 0; i < info->high_count; i++)
		add_ram(info->high[i].start, info->high[i].end);
	machine.range_count = machine.ram_count;
}

/**
 * mem_init() - take the machine's memory, move there, save the boot image
 * @info: RAM and boot image
 *
 * Fills in the RAM, @igvm and mapped_end of struct machine.
 */
void mem_init(const struct boot_info *info)
{
	u64 size = (u64)(image_end - image_start);
	u8 *file;

	divide(info);
	next = machine.hidden.start + size;
	map_all(info);
	boot_relocate(machine.hidden.start, IMAGE_LOAD, size, (u64)root);

	machine.igvm_size = info->file.end - info->file.start;
	file = page_alloc((machine.igvm_size + PAGE_SIZE - 1) / PAGE_SIZE);
	memcpy(file, (const void *)info->file.start, machine.igvm_size);
	machine.igvm = file;
	/* What the loader left is not for the guest to find. */
	memset((void *)(u64)IMAGE_LOAD, 0, info->file.end - IMAGE_LOAD);
}

/**
 * mem_root() - the page tables of all CPUs; below 4 GiB
 */
u64 *mem_root(void)
{
	return root;
}

/**
 * mem_protect() - no code below the high half any more
 */
void mem_protect(void)
{
	root[0] |= TABLE_NX;
	write_cr3(read_cr3());
}
