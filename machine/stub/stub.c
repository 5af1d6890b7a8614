// SPDX-License-Identifier: MIT
/*
 * The firmware of a plain SNP guest: makes all RAM private and valid, writes
 * the hand-over and enters the Linux kernel that the boot image carries, at
 * VMPL0. Whatever fails ends the guest with a line on COM1 and a GHCB
 * termination request (reason set 5, codes in rt/rt.h).
 */
#include <svsm/payload.h>

#include "linux_boot.h"
#include "rt/rt.h"

/* Hand-over area, below the image. */
#define BOOT_PARAMS	IGVM_LAYOUT_HANDOVER
#define SETUP_DATA	(IGVM_LAYOUT_HANDOVER + 0x1000)
#define CMDLINE		(IGVM_LAYOUT_HANDOVER + 0x2000)
#define ACPI		(IGVM_LAYOUT_HANDOVER + 0x4000)

#define PARAM_MEMORY_IS_SHARED	BIT(0)

/* Special pages of the boot image (igvm-build finds them by name). */
#define IGVM_PAGE	__attribute__((section(".igvm"), aligned(4096)))

extern const u8 igvm_cpuid_page[PAGE_SIZE];
extern u8 igvm_secrets_page[PAGE_SIZE], igvm_madt_page[PAGE_SIZE];
extern u8 igvm_memory_map_page[PAGE_SIZE];
extern volatile u32 igvm_param_page[PAGE_SIZE / 4];
extern struct igvm_payload igvm_payload_page;

u8 igvm_secrets_page[PAGE_SIZE] IGVM_PAGE;
u8 igvm_madt_page[PAGE_SIZE] IGVM_PAGE;
u8 igvm_memory_map_page[PAGE_SIZE] IGVM_PAGE;
volatile u32 igvm_param_page[PAGE_SIZE / 4] IGVM_PAGE;
struct igvm_payload igvm_payload_page IGVM_PAGE;

static void __attribute__((noreturn, format(printf, 2, 3)))
die(u8 code, const char *fmt, ...)
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
 * rt_trap() - an exception: the stub expects none
 * @frame: registers
 */
void rt_trap(struct rt_frame *frame)
{
	die(TERM_TRAP, "exception %u, error 0x%lx, RIP 0x%lx, CR2 0x%lx",
	    (u32)frame->vector, frame->error, frame->rip, rt_cr2());
}

static u64 page_up(u64 value)
{
	return (value + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
}

/*
 * Accept [start, end) except what the loader has validated: the image, the
 * kernel's file contents and the initrd, ascending and disjoint by the layout
 * of boot images.
 */
static int accept_rest(u64 start, u64 end)
{
	const struct igvm_payload *p = &igvm_payload_page;
	const struct {
		u64 start;
		u64 end;
	} valid[] = {
		{ RT_IMAGE, (u64)rt_image_end },
		{ p->kernel_gpa, page_up(p->kernel_gpa + p->kernel_size) },
		{ p->initrd_gpa, page_up(p->initrd_gpa + p->initrd_size) },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(valid) && start < end; i++) {
		if (valid[i].end <= start || valid[i].start >= end)
			continue;
		if (start < valid[i].start &&
		    rt_accept(start, valid[i].start))
			return -1;
		start = valid[i].end;
	}
	return start < end ? rt_accept(start, end) : 0;
}

static void accept_memory(void)
{
	static struct linux_range ram[LINUX_MEMORY_MAP_MAX];
	const char *why;
	int count, i;

	if (!(igvm_param_page[1] & PARAM_MEMORY_IS_SHARED))
		die(TERM_MEMORY, "memory does not start shared");
	count = linux_memory_map(igvm_memory_map_page, PAGE_SIZE, rt_cbit,
				 ram, ARRAY_SIZE(ram), &why);
	if (count < 0)
		die(TERM_MEMORY, "%s", why);
	for (i = 0; i < count; i++)
		if (accept_rest(ram[i].start, ram[i].start + ram[i].size))
			die(TERM_MEMORY, "cannot validate 0x%lx-0x%lx",
			    ram[i].start, ram[i].start + ram[i].size - 1);

	/* Linux reads there what it would take for the words of a BIOS. */
	for (i = 0; i < count && ram[i].start < IGVM_LAYOUT_LOW_END; i++) {
		u64 end = ram[i].start + ram[i].size;

		if (end > IGVM_LAYOUT_LOW_END)
			end = IGVM_LAYOUT_LOW_END;
		rt_zero(ram[i].start, end - ram[i].start);
	}
}

static struct linux_area area(u64 gpa, u64 size)
{
	return (struct linux_area) { (void *)gpa, gpa, size };
}

/**
 * rt_main() - see the top of this file
 */
void rt_main(void)
{
	const struct linux_range image = {
		RT_IMAGE, (u64)rt_image_end - RT_IMAGE, E820_RESERVED
	};
	const struct linux_boot boot = {
		.payload = &igvm_payload_page,
		.memory_map = igvm_memory_map_page,
		.memory_map_size = PAGE_SIZE,
		.gpa_limit = rt_cbit,
		.madt = igvm_madt_page,
		.madt_size = PAGE_SIZE,
		.boot_params = area(BOOT_PARAMS, LINUX_BOOT_PARAMS_SIZE),
		.setup_data = area(SETUP_DATA, PAGE_SIZE),
		.cmdline = area(CMDLINE, LINUX_CMDLINE_SIZE),
		.acpi = area(ACPI, LINUX_ACPI_SIZE),
		.secrets_gpa = (u64)igvm_secrets_page,
		.cpuid_gpa = (u64)igvm_cpuid_page,
		.reserved = &image,
		.reserved_count = 1,
	};
	const char *why;

	rt_ghcb_init();
	accept_memory();
	if (linux_boot_prepare(&boot, &why))
		die(TERM_HANDOVER, "%s", why);
	rt_enter(igvm_payload_page.kernel_entry, BOOT_PARAMS);
}
