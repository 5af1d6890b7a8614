// SPDX-License-Identifier: MIT
/*
 * Acceptance of all RAM, and the way into the Linux kernel that the boot image
 * carries. Whatever fails ends the guest with a line on COM1 and
 * rt_terminate().
 */
#include "firmware.h"

#define PARAM_MEMORY_IS_SHARED	BIT(0)

u8 igvm_madt_page[PAGE_SIZE] IGVM_PAGE;
u8 igvm_memory_map_page[PAGE_SIZE] IGVM_PAGE;
volatile u32 igvm_param_page[PAGE_SIZE / 4] IGVM_PAGE;
struct igvm_payload igvm_payload_page IGVM_PAGE;

/**
 * fw_die() - give up
 * @code: TERM_*
 * @fmt: reason, as for rt_print()
 */
void fw_die(u8 code, const char *fmt, ...)
{
	va_list args;

	rt_print("stub: ");
	va_start(args, fmt);
	rt_vprint(fmt, args);
	va_end(args);
	rt_print("\n");
	rt_terminate(code);
}

/**
 * rt_trap() - an exception: the firmware expects none
 * @frame: registers
 */
void rt_trap(struct rt_frame *frame)
{
	fw_die(TERM_TRAP, "exception %u, error 0x%lx, RIP 0x%lx, CR2 0x%lx",
	       (u32)frame->vector, frame->error, frame->rip, rt_cr2());
}

/** fw_memory_is_shared() - what the host says of RAM that the image left out. */
bool fw_memory_is_shared(void)
{
	return igvm_param_page[1] & PARAM_MEMORY_IS_SHARED;
}

static u64 page_up(u64 value)
{
	return (value + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
}

/*
 * Accept [start, end) except what came with the boot image: this program, the
 * kernel's file contents and the initrd, ascending and disjoint by the layout
 * of boot images.
 */
static int accept_rest(u64 start, u64 end)
{
	const struct igvm_payload *p = &igvm_payload_page;
	const struct {
		u64 start;
		u64 end;
	} loaded[] = {
		{ RT_IMAGE, (u64)rt_image_end },
		{ p->kernel_gpa, page_up(p->kernel_gpa + p->kernel_size) },
		{ p->initrd_gpa, page_up(p->initrd_gpa + p->initrd_size) },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(loaded) && start < end; i++) {
		if (loaded[i].end <= start || loaded[i].start >= end)
			continue;
		if (start < loaded[i].start &&
		    rt_accept(start, loaded[i].start))
			return -1;
		start = loaded[i].end;
	}
	return start < end ? rt_accept(start, end) : 0;
}

/**
 * fw_accept_memory() - accept all RAM of the host's memory map
 * @gpa_limit: see linux_memory_map()
 * @ram: set to the ranges, ascending
 *
 * Return: number of ranges.
 */
u32 fw_accept_memory(u64 gpa_limit, const struct linux_range **ram)
{
	static struct linux_range ranges[LINUX_MEMORY_MAP_MAX];
	const char *why;
	int count, i;

	count = linux_memory_map(igvm_memory_map_page, PAGE_SIZE, gpa_limit,
				 ranges, ARRAY_SIZE(ranges), &why);
	if (count < 0)
		fw_die(TERM_MEMORY, "%s", why);
	for (i = 0; i < count; i++) {
		u64 end = ranges[i].start + ranges[i].size;

		if (accept_rest(ranges[i].start, end))
			fw_die(TERM_MEMORY, "cannot accept 0x%lx-0x%lx",
			       ranges[i].start, end - 1);
	}
	*ram = ranges;
	return count;
}

/**
 * fw_enter_linux() - write the hand-over and enter the kernel
 * @boot: with what is particular to the kind of guest
 */
void fw_enter_linux(struct linux_boot *boot)
{
	const struct linux_range image = {
		RT_IMAGE, (u64)rt_image_end - RT_IMAGE, E820_RESERVED
	};
	const char *why;

	boot->payload = &igvm_payload_page;
	boot->memory_map = igvm_memory_map_page;
	boot->memory_map_size = PAGE_SIZE;
	boot->madt = igvm_madt_page;
	boot->madt_size = PAGE_SIZE;
	boot->boot_params = fw_area(FW_BOOT_PARAMS, LINUX_BOOT_PARAMS_SIZE);
	boot->cmdline = fw_area(FW_CMDLINE, LINUX_CMDLINE_SIZE);
	boot->acpi = fw_area(FW_ACPI, LINUX_ACPI_SIZE);
	boot->reserved = &image;
	boot->reserved_count = 1;
	if (linux_boot_prepare(boot, &why))
		fw_die(TERM_HANDOVER, "%s", why);
	rt_enter(igvm_payload_page.kernel_entry, FW_BOOT_PARAMS);
}
