/* SPDX-License-Identifier: MIT */
/*
 * What the multiboot loader (version 1, QEMU's -kernel) tells: command line,
 * boot image, RAM. All of it lies in memory that soon is the guest's.
 */
#include "start.h"

#define MULTIBOOT_LOADER_MAGIC	0x2badb002
#define FLAG_CMDLINE		BIT(2)
#define FLAG_MODULES		BIT(3)
#define FLAG_MEMORY_MAP		BIT(6)
#define MEMORY_RAM		1
#define FOUR_GIB		BIT_ULL(32)
#define ONE_MIB			0x100000ULL

struct multiboot_info {
	u32 flags;
	u32 mem_lower;
	u32 mem_upper;
	u32 boot_device;
	u32 cmdline;
	u32 modules;
	u32 modules_address;
	u32 symbols[4];
	u32 map_size;
	u32 map_address;
};

struct multiboot_module {
	u32 start;
	u32 end;
	u32 string;
	u32 reserved;
};

struct multiboot_memory {
	u32 size;		/* of what follows */
	u64 start;
	u64 bytes;
	u32 type;
} __attribute__((packed));

/* QEMU puts the name of the image in front of what -append says. */
static void read_cmdline(const char *from)
{
	u32 i = 0;

	while (*from && *from != ' ')
		from++;
	while (*from == ' ')
		from++;
	for (; from[i]; i++) {
		if (i == sizeof(machine.cmdline) - 1)
			machine_error("the command line is longer than %u bytes",
				      i);
		machine.cmdline[i] = from[i];
	}
}

static void read_ram(const struct multiboot_memory *m, struct boot_info *info)
{
	u64 end = (m->start + m->bytes) & ~(PAGE_SIZE - 1);
	u64 start = (m->start + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);

	if (start == ONE_MIB) {
		info->low_end = end;
	} else if (start >= FOUR_GIB && end > start) {
		if (info->high_count == ARRAY_SIZE(info->high))
			machine_error("more than %u ranges of RAM above 4 GiB",
				      info->high_count);
		info->high[info->high_count++] =
			(struct range){ .start = start, .end = end };
	}
}

/*
 * The BIOS keeps its tables at the top of low RAM. RAM comes in multiples of
 * 2 MiB here: what is reserved behind that is something else.
 */
static u64 ram_top(const struct multiboot_info *mbi, u64 end)
{
	u64 limit = (end + PAGE_2M - 1) & ~(PAGE_2M - 1);
	u32 at = 0;

	while (at < mbi->map_size) {
		const struct multiboot_memory *m = (const void *)
			(uintptr_t)(mbi->map_address + at);

		if (m->type != MEMORY_RAM && m->start <= end &&
		    m->start + m->bytes > end && m->start >= ONE_MIB)
			return m->start + m->bytes < limit ?
			       m->start + m->bytes : limit;
		at += m->size + (u32)sizeof(m->size);
	}
	return end;
}

/**
 * multiboot_read() - read what the loader left
 * @magic: what EAX was
 * @address: of the multiboot information, physical
 * @info: filled in; machine.cmdline is, too
 *
 * Source: Multiboot Specification version 0.6.96, 3.3.
 */
void multiboot_read(u32 magic, u64 address, struct boot_info *info)
{
	const struct multiboot_info *mbi = (const void *)address;
	const struct multiboot_module *module;
	u32 at = 0;

	if (magic != MULTIBOOT_LOADER_MAGIC)
		machine_error("not started by a multiboot loader");
	if (!(mbi->flags & FLAG_MEMORY_MAP))
		machine_error("the multiboot loader gave no memory map");
	if (mbi->flags & FLAG_CMDLINE)
		read_cmdline((const char *)(uintptr_t)mbi->cmdline);
	if (!(mbi->flags & FLAG_MODULES) || !mbi->modules)
		machine_error("no boot image (start QEMU with -initrd FILE.igvm)");
	module = (const void *)(uintptr_t)mbi->modules_address;
	info->file = (struct range){ .start = module->start, .end = module->end };

	while (at < mbi->map_size) {
		const struct multiboot_memory *m = (const void *)
			(uintptr_t)(mbi->map_address + at);

		if (m->type == MEMORY_RAM)
			read_ram(m, info);
		at += m->size + (u32)sizeof(m->size);
	}
	if (!info->low_end)
		machine_error("there is no RAM at 1 MiB");
	info->low_top = ram_top(mbi, info->low_end);
}
