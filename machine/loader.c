/* SPDX-License-Identifier: MIT */
/*
 * The boot image: an IGVM file goes into guest memory as the loader of a real
 * host does it (IGVM specification, directives in file order), and is measured.
 */
#include "cpu.h"
#include "start.h"
#include "svm/platform.h"
#include "../tools/igvm/igvm_measure.h"

#define FOUR_GIB	BIT_ULL(32)
#define WINDOW_MAX	0x1000000	/* room for ROM below 4 GiB */

/* A parameter area of the file, between its declaration and its insertion. */
struct area {
	u8 *data;
	u32 bytes;
};

static struct area areas[IGVM_MAX_AREAS];
static struct igvm_file file;
static u32 mask;	/* of the platform's part of the file */

const struct platform *platform;

/* Index in @areas; the reader has checked that there is one. */
static struct area *find_area(const struct igvm_directive *d)
{
	for (u32 i = 0; i < file.areas; i++) {
		if (file.area[i].index == d->area)
			return &areas[i];
	}
	machine_error("boot image: parameter area %u is not declared", d->area);
}

/* Only the guest's RAM is written, whatever the file says. */
static u8 *guest_memory(const struct igvm_directive *d, u64 gpa, u64 size)
{
	u8 *start = gpa_ptr(gpa);

	for (u64 at = 0; at < size; at += PAGE_SIZE) {
		if (!is_ram(gpa + at))
			machine_error("boot image: page 0x%lx is not in the guest's memory",
				      gpa + at);
	}
	if (gpa & (PAGE_SIZE - 1))
		machine_error("boot image: page 0x%lx of header 0x%x is not aligned",
			      gpa, d->offset);
	return start;
}

static void launch(u64 gpa, u64 size, enum launch_page type)
{
	for (u64 at = 0; at < size; at += PAGE_SIZE)
		platform->launch_page(gpa + at, type);
}

static void load_page(const struct igvm_directive *d)
{
	u8 *to = guest_memory(d, d->gpa, d->size);

	if (d->data_type != IGVM_PAGE_NORMAL) {
		if (!platform->fill_page ||
		    !platform->fill_page(d->data_type, to))
			machine_error("boot image: page 0x%llx has type %u, which this machine does not have",
				      d->gpa, d->data_type);
		launch(d->gpa, d->size, LAUNCH_UNMEASURED);
		return;
	}
	memcpy(to, d->data, d->data_size);
	memset(to + d->data_size, 0, d->size - d->data_size);
	if (d->flags & IGVM_PAGE_FLAG_SHARED)
		launch(d->gpa, d->size, LAUNCH_SHARED);
	else if (d->flags & IGVM_PAGE_FLAG_UNMEASURED)
		launch(d->gpa, d->size, LAUNCH_UNMEASURED);
	else
		launch(d->gpa, d->size, LAUNCH_NORMAL);
}

static void declare_area(const struct igvm_directive *d)
{
	struct area *a = find_area(d);

	a->bytes = d->area_bytes;
	a->data = page_alloc((a->bytes + PAGE_SIZE - 1) / PAGE_SIZE);
	memcpy(a->data, d->data, d->data_size);
}

static void insert_area(const struct igvm_directive *d)
{
	const struct area *a = find_area(d);

	memcpy(guest_memory(d, d->gpa, a->bytes), a->data, a->bytes);
	launch(d->gpa, a->bytes, LAUNCH_UNMEASURED);
}

/* Room for a parameter of @size bytes in its area. */
static u8 *parameter(const struct igvm_directive *d, u32 size, const char *name)
{
	const struct area *a = find_area(d);

	if (!a->data || d->byte_offset > a->bytes ||
	    size > a->bytes - d->byte_offset)
		machine_error("boot image: no space for the %s", name);
	return a->data + d->byte_offset;
}

static void put_u32(const struct igvm_directive *d, u32 val, const char *name)
{
	memcpy(parameter(d, sizeof(val), name), &val, sizeof(val));
}

static void put_memory_map(const struct igvm_directive *d)
{
	struct igvm_memory_map_entry map[MAX_RAM_RANGES + 1] = { 0 };
	u32 size = (machine.ram_count + 1) * (u32)sizeof(map[0]);

	for (u32 i = 0; i < machine.ram_count; i++) {
		const struct range *r = &machine.ram[i];

		map[i].starting_gpa_page_number = r->start / PAGE_SIZE;
		map[i].number_of_pages = (r->end - r->start) / PAGE_SIZE;
		map[i].entry_type = IGVM_MEMORY_RAM;
	}
	memcpy(parameter(d, size, "memory map"), map, size);
}

static void put_madt(const struct igvm_directive *d)
{
	const struct area *a = find_area(d);

	if (!madt_build(parameter(d, 0, "MADT"), a->bytes - d->byte_offset))
		machine_error("boot image: no space for the MADT");
}

static void put_command_line(const struct igvm_directive *d)
{
	/* all of the guest's command line is in the file */
	*parameter(d, 1, "command line") = '\0';
}

/* The owner's signature is the security processor's business; the digest is not. */
static void check_id_block(const struct igvm_directive *d)
{
	struct igvm_snp_id_block id;

	memcpy(&id, d->body, sizeof(id));
	if (memcmp(id.ld, machine.launch_digest, sizeof(id.ld)))
		machine_error("boot image: its launch digest is not that of its ID block");
}

static void load_context(const struct igvm_directive *d)
{
	if (d->vp_index >= machine.cpu_count)
		machine_error("boot image: it starts vCPU %u, there are %u",
			      d->vp_index, machine.cpu_count);
	if (!d->data || d->data_size != PAGE_SIZE)
		machine_error("boot image: vCPU %u has no register state",
			      d->vp_index);
	if (!platform->launch_context)
		machine_error("boot image: registers of a vCPU are not its business on %s",
			      platform->name);
	platform->launch_context(d->vp_index, d->data);
}

static void load(const struct igvm_directive *d)
{
	switch (d->type) {
	case IGVM_VHT_SUPPORTED_PLATFORM:
		break;
	case IGVM_VHT_GUEST_POLICY:
		machine.policy = d->policy;
		break;
	case IGVM_VHT_PAGE_DATA:
		load_page(d);
		break;
	case IGVM_VHT_PARAMETER_AREA:
		declare_area(d);
		break;
	case IGVM_VHT_PARAMETER_INSERT:
		insert_area(d);
		break;
	case IGVM_VHT_VP_CONTEXT:
		load_context(d);
		break;
	case IGVM_VHT_REQUIRED_MEMORY:
	case IGVM_VHT_ERROR_RANGE:
		guest_memory(d, d->gpa, d->size);
		break;
	case IGVM_VHT_VP_COUNT:
		put_u32(d, machine.cpu_count, "number of CPUs");
		break;
	case IGVM_VHT_ENVIRONMENT_INFO:
		put_u32(d, platform->fresh_shared ?
			IGVM_ENVIRONMENT_MEMORY_IS_SHARED : 0, "environment");
		break;
	case IGVM_VHT_MEMORY_MAP:
		put_memory_map(d);
		break;
	case IGVM_VHT_MADT:
		put_madt(d);
		break;
	case IGVM_VHT_COMMAND_LINE:
		put_command_line(d);
		break;
	case IGVM_VHT_SNP_ID_BLOCK:
		check_id_block(d);
		break;
	default:
		machine_error("boot image: header 0x%x at 0x%x asks for what this machine does not have",
			      d->type, d->offset);
	}
}

static void measure(void)
{
	char hex[2 * sizeof(machine.launch_digest) + 1];

	if (igvm_measure(&file, mask, machine.launch_digest))
		machine_error("boot image: it cannot be measured");
	for (u32 i = 0; i < sizeof(machine.launch_digest); i++) {
		hex[2 * i] = "0123456789abcdef"[machine.launch_digest[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[machine.launch_digest[i] & 15];
	}
	hex[sizeof(hex) - 1] = '\0';
	print("launch digest %s", hex);
}

static bool has_vtl2(void)
{
	for (u32 i = 0; i < file.platforms; i++) {
		if (file.platform[i].mask == mask)
			return file.platform[i].highest_vtl == 2;
	}
	return false;
}

/*
 * What the file puts where QEMU's board has its ROM, up to the reset vector,
 * gets memory of its own there.
 */
static void make_window(void)
{
	struct igvm_directive d;
	struct igvm_iter it;
	u64 start = FOUR_GIB;

	igvm_iter_init(&it, &file, mask);
	while (igvm_next(&it, &d)) {
		if (d.type == IGVM_VHT_PAGE_DATA && d.gpa < start &&
		    d.gpa >= FOUR_GIB - WINDOW_MAX && !is_ram(d.gpa))
			start = d.gpa;
	}
	if (start == FOUR_GIB)
		return;
	start &= ~(PAGE_SIZE - 1);
	machine.window = page_alloc((FOUR_GIB - start) / PAGE_SIZE);
	machine.ram[machine.range_count++] =
		(struct range){ .start = start, .end = FOUR_GIB };
}

/**
 * loader_open() - look at the boot image: which platform does it want?
 *
 * Sets the platform, measures the image and makes room for what it brings
 * beside RAM. A file for several platforms gets the first that there is.
 */
void loader_open(void)
{
	static const struct platform *const platforms[] = {
		&snp_platform, &tdx_platform,
	};
	const char *why;

	if (igvm_open(&file, machine.igvm, machine.igvm_size, &why))
		machine_error("boot image: %s", why);
	for (u32 i = 0; i < ARRAY_SIZE(platforms) && !mask; i++) {
		mask = igvm_platform_mask(&file, platforms[i]->igvm_type);
		platform = platforms[i];
	}
	if (!mask)
		machine_error("boot image: it is neither for SEV-SNP nor for TDX");
	print("platform %s", platform->name);
	measure();
	make_window();
}

/**
 * loader_run() - load and launch the boot image
 *
 * Only the platform's part of it counts. What this machine cannot do as the
 * file says ends it: a guest that starts otherwise would be another guest.
 */
void loader_run(void)
{
	struct igvm_directive d;
	struct igvm_iter it;

	igvm_iter_init(&it, &file, mask);
	while (igvm_next(&it, &d))
		load(&d);
	platform->launch_done(has_vtl2());
}
