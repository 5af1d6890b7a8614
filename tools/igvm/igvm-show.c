// SPDX-License-Identifier: MIT
/*
 * igvm-show - print what an IGVM file contains, for people or as JSON.
 *
 * Neighbouring pages of one kind are printed as one range: a Linux kernel is
 * one line, not ten thousand.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "host.h"
#include "igvm_read.h"

const char program_name[] = "igvm-show";

static const char help[] =
"Usage: igvm-show [options] FILE\n"
"Check an IGVM file and print its headers.\n"
"\n"
"  -a, --all       one line for each page, not for each range of pages\n"
"  -j, --json      print JSON\n"
"  -h, --help      print this text\n"
"  -V, --version   print the version\n"
"\n"
"Exit status: 0 valid, 1 invalid (with the reason), 2 wrong usage.\n";

/* Of the save area: what one wants to see of a context. */
#define VMSA_VMPL		0x0CA
#define VMSA_EFER		0x0D0
#define VMSA_CR4		0x148
#define VMSA_CR0		0x158
#define VMSA_RIP		0x178
#define VMSA_SEV_FEATURES	0x3B0

static const char *const platform_names[IGVM_PLATFORM_TYPES] = {
	[IGVM_PLATFORM_NATIVE] = "NATIVE",
	[IGVM_PLATFORM_VSM_ISOLATION] = "VSM_ISOLATION",
	[IGVM_PLATFORM_SEV_SNP] = "SEV_SNP",
	[IGVM_PLATFORM_TDX] = "TDX",
	[IGVM_PLATFORM_SEV] = "SEV",
	[IGVM_PLATFORM_SEV_ES] = "SEV_ES",
	[IGVM_PLATFORM_CCA] = "CCA",
};

static const char *const page_names[IGVM_PAGE_DATA_TYPES] = {
	[IGVM_PAGE_NORMAL] = "NORMAL",
	[IGVM_PAGE_SECRETS] = "SECRETS",
	[IGVM_PAGE_CPUID_DATA] = "CPUID_DATA",
	[IGVM_PAGE_CPUID_XF] = "CPUID_XF",
};

static const char *type_name(__u32 type)
{
	switch (type) {
	case IGVM_VHT_SUPPORTED_PLATFORM:	return "SUPPORTED_PLATFORM";
	case IGVM_VHT_GUEST_POLICY:		return "GUEST_POLICY";
	case IGVM_VHT_RELOCATABLE_REGION:	return "RELOCATABLE_REGION";
	case IGVM_VHT_PAGE_TABLE_RELOCATION:	return "PAGE_TABLE_RELOCATION";
	case IGVM_VHT_CORIM_DOCUMENT:		return "CORIM_DOCUMENT";
	case IGVM_VHT_CORIM_SIGNATURE:		return "CORIM_SIGNATURE";
	case IGVM_VHT_PARAMETER_AREA:		return "PARAMETER_AREA";
	case IGVM_VHT_PAGE_DATA:		return "PAGE_DATA";
	case IGVM_VHT_PARAMETER_INSERT:		return "PARAMETER_INSERT";
	case IGVM_VHT_VP_CONTEXT:		return "VP_CONTEXT";
	case IGVM_VHT_REQUIRED_MEMORY:		return "REQUIRED_MEMORY";
	case IGVM_VHT_VP_COUNT:			return "VP_COUNT";
	case IGVM_VHT_SRAT:			return "SRAT";
	case IGVM_VHT_MADT:			return "MADT";
	case IGVM_VHT_MMIO_RANGES:		return "MMIO_RANGES";
	case IGVM_VHT_SNP_ID_BLOCK:		return "SNP_ID_BLOCK";
	case IGVM_VHT_MEMORY_MAP:		return "MEMORY_MAP";
	case IGVM_VHT_ERROR_RANGE:		return "ERROR_RANGE";
	case IGVM_VHT_COMMAND_LINE:		return "COMMAND_LINE";
	case IGVM_VHT_SLIT:			return "SLIT";
	case IGVM_VHT_PPTT:			return "PPTT";
	case IGVM_VHT_VBS_MEASUREMENT:		return "VBS_MEASUREMENT";
	case IGVM_VHT_DEVICE_TREE:		return "DEVICE_TREE";
	case IGVM_VHT_ENVIRONMENT_INFO:		return "ENVIRONMENT_INFO";
	}
	return "UNKNOWN";
}

/*
 * Output: one record per header, made of named values. The same calls give a
 * line of text or a JSON object.
 */
static int json, first_record = 1;

static void record_start(const char *type)
{
	if (json) {
		printf("%s\n    {\"type\": \"%s\"", first_record ? "" : ",", type);
		first_record = 0;
	} else {
		printf("%-21s", type);
	}
}

static void record_end(void)
{
	fputs(json ? "}" : "\n", stdout);
}

/* JSON has no hexadecimal; 64-bit values are strings there, to keep all bits. */
static void value_hex(const char *name, __u64 v)
{
	if (json)
		printf(", \"%s\": \"0x%llx\"", name, v);
	else
		printf(" %s 0x%llx", name, v);
}

static void value_number(const char *name, __u64 v)
{
	printf(json ? ", \"%s\": %llu" : " %s %llu", name, v);
}

static void value_name(const char *name, const char *v)
{
	printf(json ? ", \"%s\": \"%s\"" : " %s %s", name, v);
}

static void value_flag(const char *name, int set)
{
	if (json)
		printf(", \"%s\": %s", name, set ? "true" : "false");
	else if (set)
		printf(" %s", name);
}

static void value_bytes(const char *name, const __u8 *v, unsigned int bytes)
{
	printf(json ? ", \"%s\": \"" : " %s ", name);
	for (unsigned int i = 0; i < bytes; i++)
		printf("%02x", v[i]);
	if (json)
		putchar('"');
}

static __u64 load64(const void *data, unsigned int offset)
{
	__u64 v;

	memcpy(&v, (const __u8 *)data + offset, sizeof(v));
	return v;
}

static void show_platform(const struct igvm_directive *d)
{
	struct igvm_supported_platform p;

	memcpy(&p, d->body, sizeof(p));
	value_name("platform", platform_names[p.platform_type]);
	value_number("highest_vtl", p.highest_vtl);
	value_number("version", p.platform_version);
	value_hex("shared_gpa_boundary", p.shared_gpa_boundary);
}

static void show_context(const struct igvm_file *f, const struct igvm_directive *d)
{
	value_hex("gpa", d->gpa);
	value_number("vp_index", d->vp_index);
	if (d->mask != igvm_platform_mask(f, IGVM_PLATFORM_SEV_SNP))
		return;
	value_hex("rip", load64(d->data, VMSA_RIP));
	value_hex("cr0", load64(d->data, VMSA_CR0));
	value_hex("cr4", load64(d->data, VMSA_CR4));
	value_hex("efer", load64(d->data, VMSA_EFER));
	value_number("vmpl", ((const __u8 *)d->data)[VMSA_VMPL]);
	value_hex("sev_features", load64(d->data, VMSA_SEV_FEATURES));
}

static void show_id_block(const struct igvm_directive *d)
{
	struct igvm_snp_id_block b;

	memcpy(&b, d->body, sizeof(b));
	value_bytes("ld", b.ld, sizeof(b.ld));
	value_bytes("family_id", b.family_id, sizeof(b.family_id));
	value_bytes("image_id", b.image_id, sizeof(b.image_id));
	value_number("guest_svn", b.guest_svn);
	value_flag("author_key", b.author_key_enabled);
}

static void show_range(const struct igvm_directive *d)
{
	value_hex("gpa", d->gpa);
	value_hex("size", d->size);
}

static void show_pages(const struct igvm_directive *d, __u64 size)
{
	value_hex("gpa", d->gpa);
	value_hex("size", size);
	value_name("data_type", page_names[d->data_type]);
	value_flag("zero", !d->data);
	value_flag("large", !!(d->flags & IGVM_PAGE_FLAG_2MB));
	value_flag("unmeasured", !!(d->flags & IGVM_PAGE_FLAG_UNMEASURED));
	value_flag("shared", !!(d->flags & IGVM_PAGE_FLAG_SHARED));
}

static void show_header(const struct igvm_file *f, const struct igvm_directive *d,
			__u64 size)
{
	record_start(type_name(d->type));
	if (d->mask != ~0u)
		value_hex("mask", d->mask);
	switch (d->type) {
	case IGVM_VHT_SUPPORTED_PLATFORM:
		show_platform(d);
		break;
	case IGVM_VHT_GUEST_POLICY:
		value_hex("policy", d->policy);
		break;
	case IGVM_VHT_RELOCATABLE_REGION:
	case IGVM_VHT_PAGE_TABLE_RELOCATION:
		show_range(d);
		value_number("vp_index", d->vp_index);
		break;
	case IGVM_VHT_CORIM_DOCUMENT:
	case IGVM_VHT_CORIM_SIGNATURE:
		value_number("bytes", d->data_size);
		break;
	case IGVM_VHT_PARAMETER_AREA:
		value_number("area", d->area);
		value_number("bytes", d->area_bytes);
		value_flag("has_contents", !!d->data);
		break;
	case IGVM_VHT_PAGE_DATA:
		show_pages(d, size);
		break;
	case IGVM_VHT_PARAMETER_INSERT:
		show_range(d);
		value_number("area", d->area);
		break;
	case IGVM_VHT_VP_CONTEXT:
		show_context(f, d);
		break;
	case IGVM_VHT_REQUIRED_MEMORY:
		show_range(d);
		value_flag("vtl2_protectable", !!d->flags);
		break;
	case IGVM_VHT_ERROR_RANGE:
		show_range(d);
		break;
	case IGVM_VHT_SNP_ID_BLOCK:
		show_id_block(d);
		break;
	case IGVM_VHT_VBS_MEASUREMENT:
		break;
	default:
		value_number("area", d->area);
		value_number("offset", d->byte_offset);
	}
	record_end();
}

/* Does b continue the pages of a, which are size bytes by now? */
static int continues(const struct igvm_directive *a, __u64 size,
		     const struct igvm_directive *b)
{
	return a->type == IGVM_VHT_PAGE_DATA && b->type == IGVM_VHT_PAGE_DATA &&
	       a->gpa + size == b->gpa && a->mask == b->mask && a->flags == b->flags &&
	       a->data_type == b->data_type && !a->data == !b->data;
}

static void show_headers(const struct igvm_file *f, int all)
{
	struct igvm_directive held = { .type = 0 }, d;
	struct igvm_iter it;
	__u64 size = 0;

	igvm_iter_init(&it, f, ~0u);
	while (igvm_next(&it, &d)) {
		if (!all && held.type && continues(&held, size, &d)) {
			size += d.size;
			continue;
		}
		if (held.type)
			show_header(f, &held, size);
		held = d;
		size = d.size;
	}
	if (held.type)
		show_header(f, &held, size);
}

static void show_file(const struct igvm_file *f, int all)
{
	struct igvm_fixed_header h;

	memcpy(&h, f->data, IGVM_V1_HEADER_SIZE);
	if (json) {
		printf("{\n  \"version\": %u,\n  \"size\": %u,\n  \"checksum\": \"0x%08x\",\n"
		       "  \"header_bytes\": %u,\n  \"headers\": [",
		       f->version, f->size, h.checksum, f->file_data - f->headers);
		show_headers(f, all);
		puts("\n  ]\n}");
	} else {
		printf("IGVM version %u, %u bytes, %u bytes of headers, checksum 0x%08x\n",
		       f->version, f->size, f->file_data - f->headers, h.checksum);
		show_headers(f, all);
	}
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "all", no_argument, NULL, 'a' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	struct igvm_file f;
	struct blob b;
	const char *why;
	int c, all = 0;

	while ((c = getopt_long(argc, argv, "ajhV", options, NULL)) != -1) {
		switch (c) {
		case 'a':
			all = 1;
			break;
		case 'j':
			json = 1;
			break;
		case 'h':
			fputs(help, stdout);
			close_stdout();
			return 0;
		case 'V':
			printf("igvm-show %s\n", SVSM_VERSION);
			close_stdout();
			return 0;
		default:
			return EXIT_USAGE;	/* getopt has said why */
		}
	}
	if (optind + 1 != argc)
		die_usage("exactly one file is needed");

	read_blob(&b, argv[optind]);
	if (igvm_open(&f, b.data, b.size, &why))
		die("%s: %s", b.name, why);
	show_file(&f, all);
	close_stdout();
	return 0;
}
