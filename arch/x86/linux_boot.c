// SPDX-License-Identifier: MIT
/*
 * Zero page, e820 table, command line and CC blob for a Linux kernel that is
 * entered at its 64-bit entry point without any firmware.
 *
 * Sources: Linux Documentation/arch/x86/boot.rst and zero-page.rst (layout of
 * the zero page), Documentation/arch/x86/amd-memory-encryption.rst and
 * <asm/bootparam.h> (CC blob), IGVM specification (memory map entries).
 */
#include "acpi.h"
#include "linux_boot.h"

#define PAGE_SIZE		4096ULL
#define FOUR_GIB		(1ULL << 32)

/* Zero page: fields outside the setup header. */
#define BP_ACPI_RSDP_ADDR	0x070
#define BP_EXT_RAMDISK_IMAGE	0x0C0
#define BP_EXT_RAMDISK_SIZE	0x0C4
#define BP_EXT_CMD_LINE_PTR	0x0C8
#define BP_E820_ENTRIES		0x1E8
#define BP_SETUP_HEADER		0x1F1
#define BP_SETUP_HEADER_MAX	0x290	/* the next field of the zero page */
#define BP_E820_TABLE		0x2D0
#define BP_E820_ENTRY_SIZE	20

/* Setup header, as offsets in the zero page. */
#define HDR_VID_MODE		0x1FA
#define HDR_BOOT_FLAG		0x1FE
#define HDR_JUMP_LENGTH		0x201
#define HDR_MAGIC		0x202
#define HDR_VERSION		0x206
#define HDR_TYPE_OF_LOADER	0x210
#define HDR_CODE32_START	0x214
#define HDR_RAMDISK_IMAGE	0x218
#define HDR_RAMDISK_SIZE	0x21C
#define HDR_CMD_LINE_PTR	0x228
#define HDR_XLOADFLAGS		0x236
#define HDR_CMDLINE_SIZE	0x238
#define HDR_SETUP_DATA		0x250

#define HDR_MAGIC_VALUE		0x53726448	/* "HdrS" */
#define HDR_VERSION_MIN		0x020C		/* first with xloadflags */
#define XLF_KERNEL_64		BIT(0)
#define VID_MODE_NORMAL		0xFFFF
#define LOADER_UNDEFINED	0xFF

/* Confidential computing blob (struct cc_blob_sev_info in Linux). */
#define SETUP_CC_BLOB		7
#define CC_BLOB_MAGIC		0x45444D41	/* "AMDE" */

struct setup_data {
	u64 next;
	u32 type;
	u32 len;
	u32 cc_blob_address;
	u32 pad;
	struct {
		u32 magic;
		u16 version;
		u16 rsvd1;
		u64 secrets_phys;
		u32 secrets_len;
		u32 rsvd2;
		u64 cpuid_phys;
		u32 cpuid_len;
		u32 rsvd3;
	} blob;
};

_Static_assert(sizeof(struct setup_data) == LINUX_SETUP_DATA_SIZE,
	       "setup_data and CC blob must be 64 bytes");

/* IGVM memory map entry. */
struct memory_map_entry {
	u64 start_page;
	u64 pages;
	u16 type;
	u16 flags;
	u32 rsvd;
};

_Static_assert(sizeof(struct memory_map_entry) == 24,
	       "memory map entry must be 24 bytes");

#define MEMORY_MAP_RAM		0
#define MEMORY_MAP_TYPE_MAX	5

/*
 * Where RAM cannot be on the q35 board that the ACPI tables describe: VGA, and
 * from the PCI Express configuration window to 4 GiB.
 */
static const struct {
	u64 start;
	u64 end;
} not_ram[] = {
	{ 0xA0000, 0xC0000 },
	{ 0xB0000000, FOUR_GIB },
};

/*
 * Linux takes [0x9F000, 0xA0000) for the extended BIOS data area when the BIOS
 * data area is zero, and reads ROM signatures above 0xC0000. Both are private
 * memory, but not for it to allocate. What is below serves its real-mode
 * trampoline for further CPUs.
 */
static const struct linux_range low_reserved[] = {
	{ 0x9F000, 0x1000, E820_RESERVED },
	{ 0xC0000, 0x40000, E820_RESERVED },
};

struct e820 {
	u32 count;
	struct linux_range entry[E820_MAX];
};

static void put16(u8 *page, u32 offset, u16 value)
{
	__builtin_memcpy(page + offset, &value, sizeof(value));
}

static void put32(u8 *page, u32 offset, u32 value)
{
	__builtin_memcpy(page + offset, &value, sizeof(value));
}

static void put64(u8 *page, u32 offset, u64 value)
{
	__builtin_memcpy(page + offset, &value, sizeof(value));
}

static u16 get16(const u8 *page, u32 offset)
{
	u16 value;

	__builtin_memcpy(&value, page + offset, sizeof(value));
	return value;
}

static u32 get32(const u8 *page, u32 offset)
{
	u32 value;

	__builtin_memcpy(&value, page + offset, sizeof(value));
	return value;
}

static int fail(const char **why, const char *reason)
{
	*why = reason;
	return -1;
}

/**
 * linux_memory_map() - check the host's memory map and list its RAM
 * @map: IGVM memory map entries, each read once
 * @size: bytes at @map; the map ends there or at an entry with no pages
 * @gpa_limit: first GPA that cannot be private RAM
 * @ranges: filled with the RAM ranges, ascending and disjoint, type E820_RAM
 * @max: entries at @ranges
 * @why: set to the reason of an error
 *
 * Entries of other types only have to be well formed: their memory is not
 * given to anybody. IGVM specification, IGVM_VHS_MEMORY_MAP_ENTRY.
 *
 * Return: number of ranges, at least 1, or -1.
 */
int linux_memory_map(const void *map, u32 size, u64 gpa_limit,
		     struct linux_range *ranges, u32 max, const char **why)
{
	const u8 *next = map;
	u64 last_end = 0;
	u32 count = 0;

	for (; size >= sizeof(struct memory_map_entry);
	     size -= sizeof(struct memory_map_entry)) {
		struct memory_map_entry entry;
		u64 start, end;
		u32 i;

		__builtin_memcpy(&entry, next, sizeof(entry));
		next += sizeof(entry);
		if (!entry.pages)
			break;
		if (entry.type > MEMORY_MAP_TYPE_MAX)
			return fail(why, "memory map: unknown type");
		if (entry.start_page >= gpa_limit / PAGE_SIZE ||
		    entry.pages > gpa_limit / PAGE_SIZE - entry.start_page)
			return fail(why, "memory map: beyond physical memory");
		start = entry.start_page * PAGE_SIZE;
		end = start + entry.pages * PAGE_SIZE;
		if (start < last_end)
			return fail(why, "memory map: not sorted");
		last_end = end;
		if (entry.type != MEMORY_MAP_RAM)
			continue;
		for (i = 0; i < ARRAY_SIZE(not_ram); i++)
			if (start < not_ram[i].end && end > not_ram[i].start)
				return fail(why, "memory map: RAM over devices");
		if (count == max)
			return fail(why, "memory map: too many ranges");
		ranges[count].start = start;
		ranges[count].size = end - start;
		ranges[count].type = E820_RAM;
		count++;
	}
	if (!count)
		return fail(why, "memory map: no RAM");
	return count;
}

static int e820_append(struct e820 *table, u64 start, u64 end, u32 type)
{
	struct linux_range *last;

	if (start >= end)
		return 0;
	if (table->count) {
		last = &table->entry[table->count - 1];
		if (last->type == type && last->start + last->size == start) {
			last->size += end - start;
			return 0;
		}
	}
	if (table->count == E820_MAX)
		return -1;
	last = &table->entry[table->count++];
	last->start = start;
	last->size = end - start;
	last->type = type;
	return 0;
}

/*
 * Give a range a type, whatever it was before: copy the table, in order, with
 * the new range in the place of all that it covers.
 */
static int e820_paint(struct e820 *table, u64 start, u64 end, u32 type)
{
	struct e820 old = *table;
	bool done = false;
	int err = 0;
	u32 i;

	table->count = 0;
	for (i = 0; i < old.count; i++) {
		u64 a = old.entry[i].start;
		u64 b = a + old.entry[i].size;

		err |= e820_append(table, a, b < start ? b : start,
				   old.entry[i].type);
		if (!done && b > start) {
			err |= e820_append(table, start, end, type);
			done = true;
		}
		err |= e820_append(table, a > end ? a : end, b,
				   old.entry[i].type);
	}
	if (!done)
		err |= e820_append(table, start, end, type);
	return err;
}

static int e820_paint_pages(struct e820 *table, u64 start, u64 size, u32 type,
			    const char **why)
{
	if (start % PAGE_SIZE || size % PAGE_SIZE || !size ||
	    start + size < start)
		return fail(why, "reserved range is not whole pages");
	if (e820_paint(table, start, start + size, type))
		return fail(why, "e820 table is full");
	return 0;
}

/* Is all of a range of one type? An empty range never is. */
static bool e820_is(const struct e820 *table, u64 start, u64 size, u32 type)
{
	u32 i;

	for (i = 0; i < table->count; i++) {
		const struct linux_range *entry = &table->entry[i];

		if (start < entry->start ||
		    start - entry->start >= entry->size)
			continue;
		return size && entry->type == type &&
		       size <= entry->size - (start - entry->start);
	}
	return false;
}

static bool is_snp(const struct linux_boot *in)
{
	return in->setup_data.size;
}

static int e820_build(const struct linux_boot *in, struct e820 *table,
		      const char **why)
{
	u32 i;
	int n;

	n = linux_memory_map(in->memory_map, in->memory_map_size, in->gpa_limit,
			     table->entry, E820_MAX, why);
	if (n < 0)
		return n;
	table->count = n;

	for (i = 0; i < ARRAY_SIZE(low_reserved); i++)
		if (e820_paint_pages(table, low_reserved[i].start,
				     low_reserved[i].size,
				     low_reserved[i].type, why))
			return -1;
	for (i = 0; i < in->reserved_count; i++)
		if (e820_paint_pages(table, in->reserved[i].start,
				     in->reserved[i].size,
				     in->reserved[i].type, why))
			return -1;
	if (is_snp(in) &&
	    (e820_paint_pages(table, in->secrets_gpa, PAGE_SIZE,
			      E820_RESERVED, why) ||
	     e820_paint_pages(table, in->cpuid_gpa, PAGE_SIZE,
			      E820_RESERVED, why)))
		return -1;
	if (in->wakeup_mailbox &&
	    e820_paint_pages(table, in->wakeup_mailbox, PAGE_SIZE, E820_NVS,
			     why))
		return -1;
	return e820_paint_pages(table, in->acpi.gpa, in->acpi.size, E820_ACPI,
				why);
}

/*
 * The map is the host's: nothing of what Linux is about to use may lie where
 * the finished table does not say RAM.
 */
static int e820_check(const struct linux_boot *in, const struct e820 *table,
		      const char **why)
{
	const struct igvm_payload *payload = in->payload;

	if (!e820_is(table, 0, PAGE_SIZE, E820_RAM))
		return fail(why, "no RAM at address 0 for Linux' trampoline");
	if (!e820_is(table, payload->kernel_gpa, payload->kernel_init_size,
		     E820_RAM))
		return fail(why, "kernel is not in RAM");
	if (payload->initrd_size &&
	    !e820_is(table, payload->initrd_gpa, payload->initrd_size, E820_RAM))
		return fail(why, "initrd is not in RAM");
	if (!e820_is(table, in->boot_params.gpa, in->boot_params.size, E820_RAM) ||
	    !e820_is(table, in->cmdline.gpa, in->cmdline.size, E820_RAM) ||
	    (is_snp(in) && !e820_is(table, in->setup_data.gpa,
				    in->setup_data.size, E820_RAM)))
		return fail(why, "hand-over pages are not in RAM");
	if ((is_snp(in) &&
	     (!e820_is(table, in->secrets_gpa, PAGE_SIZE, E820_RESERVED) ||
	      !e820_is(table, in->cpuid_gpa, PAGE_SIZE, E820_RESERVED))) ||
	    (in->wakeup_mailbox &&
	     (!e820_is(table, in->wakeup_mailbox, PAGE_SIZE, E820_NVS) ||
	      !e820_is(table, in->wakeup_reset, 1, E820_RESERVED))) ||
	    !e820_is(table, in->acpi.gpa, in->acpi.size, E820_ACPI))
		return fail(why, "ranges of the hand-over overlap");
	return 0;
}

static bool below_4g(u64 gpa, u64 size)
{
	return gpa < FOUR_GIB && size <= FOUR_GIB - gpa;
}

static int check_input(const struct linux_boot *in, const char **why)
{
	const struct igvm_payload *payload = in->payload;

	if (payload->magic != IGVM_PAYLOAD_MAGIC || !payload->kernel_gpa)
		return fail(why, "image carries no kernel");
	if (!below_4g(payload->kernel_gpa, payload->kernel_init_size) ||
	    !below_4g(payload->initrd_gpa, payload->initrd_size))
		return fail(why, "kernel or initrd beyond 4 GiB");
	if (in->boot_params.size < LINUX_BOOT_PARAMS_SIZE ||
	    in->boot_params.gpa % PAGE_SIZE ||
	    (is_snp(in) && (in->setup_data.size < LINUX_SETUP_DATA_SIZE ||
			    in->setup_data.gpa % 8)))
		return fail(why, "hand-over pages too small or unaligned");
	if (!below_4g(in->boot_params.gpa, in->boot_params.size) ||
	    !below_4g(in->cmdline.gpa, in->cmdline.size) ||
	    !below_4g(in->acpi.gpa, in->acpi.size) ||
	    !below_4g(in->wakeup_mailbox, PAGE_SIZE) ||
	    (is_snp(in) &&
	     (!below_4g(in->setup_data.gpa, in->setup_data.size) ||
	      !below_4g(in->secrets_gpa, PAGE_SIZE) ||
	      !below_4g(in->cpuid_gpa, PAGE_SIZE))))
		return fail(why, "hand-over pages beyond 4 GiB");
	return 0;
}

static int put_setup_header(u8 *bp, const struct igvm_payload *payload,
			    const char **why)
{
	u32 end;

	__builtin_memcpy(bp + BP_SETUP_HEADER, payload->setup_header,
			 BP_SETUP_HEADER_MAX - BP_SETUP_HEADER);
	if (get16(bp, HDR_BOOT_FLAG) != 0xAA55 ||
	    get32(bp, HDR_MAGIC) != HDR_MAGIC_VALUE)
		return fail(why, "setup header is not one of Linux");
	if (get16(bp, HDR_VERSION) < HDR_VERSION_MIN ||
	    !(get16(bp, HDR_XLOADFLAGS) & XLF_KERNEL_64))
		return fail(why, "kernel has no 64-bit entry point");

	/* The header's own jump instruction says where it ends. */
	end = HDR_MAGIC + bp[HDR_JUMP_LENGTH];
	if (end > BP_SETUP_HEADER_MAX)
		return fail(why, "setup header is too long");
	__builtin_memset(bp + end, 0, BP_SETUP_HEADER_MAX - end);
	return 0;
}

static int put_cmdline(const struct linux_boot *in, u8 *bp, const char **why)
{
	const char *cmdline = in->payload->cmdline;
	u64 len = 0;

	while (len < IGVM_PAYLOAD_CMDLINE_SIZE && cmdline[len])
		len++;
	if (len == IGVM_PAYLOAD_CMDLINE_SIZE || len >= in->cmdline.size ||
	    len > get32(bp, HDR_CMDLINE_SIZE))
		return fail(why, "command line is too long");
	__builtin_memset(in->cmdline.va, 0, in->cmdline.size);
	__builtin_memcpy(in->cmdline.va, cmdline, len);
	put32(bp, HDR_CMD_LINE_PTR, in->cmdline.gpa);
	put32(bp, BP_EXT_CMD_LINE_PTR, 0);
	return 0;
}

static void put_cc_blob(const struct linux_boot *in, u8 *bp)
{
	struct setup_data data = {
		.type = SETUP_CC_BLOB,
		.len = sizeof(data) - offsetof(struct setup_data, cc_blob_address),
		.cc_blob_address = in->setup_data.gpa +
				   offsetof(struct setup_data, blob),
		.blob = {
			.magic = CC_BLOB_MAGIC,
			.secrets_phys = in->secrets_gpa,
			.secrets_len = PAGE_SIZE,
			.cpuid_phys = in->cpuid_gpa,
			.cpuid_len = PAGE_SIZE,
		},
	};

	__builtin_memcpy(in->setup_data.va, &data, sizeof(data));
	put64(bp, HDR_SETUP_DATA, in->setup_data.gpa);
}

static void put_e820(u8 *bp, const struct e820 *table)
{
	u32 i;

	for (i = 0; i < table->count; i++) {
		u32 offset = BP_E820_TABLE + i * BP_E820_ENTRY_SIZE;

		put64(bp, offset, table->entry[i].start);
		put64(bp, offset + 8, table->entry[i].size);
		put32(bp, offset + 16, table->entry[i].type);
	}
	bp[BP_E820_ENTRIES] = table->count;
}

/**
 * linux_boot_prepare() - fill in all that Linux reads at its entry
 * @in: see struct linux_boot; the areas are overwritten
 * @why: set to the reason of an error, a constant string
 *
 * After success the kernel is entered at @in->payload->kernel_entry in long
 * mode with RSI = @in->boot_params.gpa (Linux Documentation/arch/x86/boot.rst,
 * "64-bit Boot Protocol"). screen_info stays zero, so that Linux looks for no
 * text console at the VGA hole, and hardware_subarch is that of a PC.
 *
 * Needs about 8 KiB of stack.
 *
 * Return: 0, or -1: the areas then hold nothing of use.
 */
int linux_boot_prepare(const struct linux_boot *in, const char **why)
{
	u8 *bp = in->boot_params.va;
	struct e820 table;
	u64 rsdp_gpa;

	if (check_input(in, why) || e820_build(in, &table, why) ||
	    e820_check(in, &table, why))
		return -1;

	__builtin_memset(bp, 0, in->boot_params.size);
	if (put_setup_header(bp, in->payload, why) ||
	    put_cmdline(in, bp, why))
		return -1;
	put16(bp, HDR_VID_MODE, VID_MODE_NORMAL);
	bp[HDR_TYPE_OF_LOADER] = LOADER_UNDEFINED;
	put32(bp, HDR_CODE32_START, in->payload->kernel_gpa);
	put32(bp, HDR_RAMDISK_IMAGE, in->payload->initrd_gpa);
	put32(bp, HDR_RAMDISK_SIZE, in->payload->initrd_size);
	put32(bp, BP_EXT_RAMDISK_IMAGE, 0);
	put32(bp, BP_EXT_RAMDISK_SIZE, 0);
	put64(bp, HDR_SETUP_DATA, 0);
	if (is_snp(in))
		put_cc_blob(in, bp);
	put_e820(bp, &table);

	if (acpi_build(in, &rsdp_gpa, why))
		return -1;
	put64(bp, BP_ACPI_RSDP_ADDR, rsdp_gpa);
	return 0;
}
