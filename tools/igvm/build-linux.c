// SPDX-License-Identifier: MIT
/* igvm-build: the Linux kernel, its initrd and command line. */
#include "build.h"

#include <string.h>

/* bzImage, Linux x86 boot protocol: offsets in the file. */
#define BZ_SETUP_SECTS		0x1F1
#define BZ_SYSSIZE		0x1F4
#define BZ_BOOT_FLAG		0x1FE
#define BZ_HEADER_LENGTH	0x201	/* header ends this far behind 0x202 */
#define BZ_HEADER		0x202
#define BZ_VERSION		0x206
#define BZ_LOADFLAGS		0x211
#define BZ_INITRD_ADDR_MAX	0x22C
#define BZ_KERNEL_ALIGNMENT	0x230
#define BZ_RELOCATABLE		0x234
#define BZ_XLOADFLAGS		0x236
#define BZ_CMDLINE_SIZE		0x238
#define BZ_PREF_ADDRESS		0x258
#define BZ_INIT_SIZE		0x260
#define BZ_HEADER_MIN		0x264

#define BZ_LOADED_HIGH		0x01
#define BZ_XLF_KERNEL_64	0x01
#define BZ_VERSION_XLOADFLAGS	0x020C
#define BZ_ENTRY_64		0x200

_Static_assert(BZ_SETUP_SECTS == IGVM_PAYLOAD_SETUP_HEADER_START,
	       "setup header starts at setup_sects");

/* Field of the setup header that is saved in the payload page. */
static __u32 field(const __u8 *file, unsigned int offset, unsigned int bytes)
{
	__u32 v = 0;

	while (bytes--)
		v = v << 8 | file[offset + bytes];
	return v;
}

static __u32 saved_field(const struct image *img, unsigned int offset, unsigned int bytes)
{
	return field(img->payload->setup_header, offset - BZ_SETUP_SECTS, bytes);
}

static void check_bzimage(const struct blob *b)
{
	const __u8 *d = b->data;
	__u64 pref_address;
	__u32 align;

	if (b->size < BZ_HEADER_MIN || field(d, BZ_BOOT_FLAG, 2) != 0xAA55 ||
	    memcmp(d + BZ_HEADER, "HdrS", 4) || !(d[BZ_LOADFLAGS] & BZ_LOADED_HIGH))
		die("%s: not a Linux bzImage", b->name);
	if (field(d, BZ_VERSION, 2) < BZ_VERSION_XLOADFLAGS ||
	    !(field(d, BZ_XLOADFLAGS, 2) & BZ_XLF_KERNEL_64))
		die("%s: kernel has no 64-bit entry point (XLF_KERNEL_64)", b->name);

	align = field(d, BZ_KERNEL_ALIGNMENT, 4);
	pref_address = field(d, BZ_PREF_ADDRESS, 4) |
		       (__u64)field(d, BZ_PREF_ADDRESS + 4, 4) << 32;
	if (d[BZ_RELOCATABLE] ? align && IGVM_LAYOUT_KERNEL % align :
				pref_address != IGVM_LAYOUT_KERNEL)
		die("%s: kernel cannot be loaded at 0x%llx", b->name, IGVM_LAYOUT_KERNEL);
}

/**
 * load_kernel() - put a bzImage in place and describe it in the payload page
 * @img: image with a payload page
 * @name: path
 *
 * Does not return if the file is not a bzImage with a 64-bit entry point, is
 * truncated, or does not fit between its fixed place and that of the initrd.
 */
void load_kernel(struct image *img, const char *name)
{
	struct igvm_payload *p = img->payload;
	__u64 room = IGVM_LAYOUT_INITRD - IGVM_LAYOUT_KERNEL;
	__u64 start, size, need, copy;
	struct blob b;

	read_blob(&b, name);
	check_bzimage(&b);
	start = (b.data[BZ_SETUP_SECTS] ? b.data[BZ_SETUP_SECTS] : 4) + 1;
	start *= 512;
	/* syssize counts units of 16 bytes, rounded up. */
	need = (__u64)field(b.data, BZ_SYSSIZE, 4) * 16;
	if (start + BZ_ENTRY_64 >= b.size || need > ((b.size - start + 15) & ~15ULL))
		die("%s: bzImage is truncated", name);
	size = b.size - start;

	need = field(b.data, BZ_INIT_SIZE, 4);
	if (need < size)
		need = size;
	if (need > room)
		die("%s: kernel needs %llu bytes at 0x%llx, there is room for %llu",
		    name, need, IGVM_LAYOUT_KERNEL, room);
	image_add_region(img, "the guest's low memory", 0, IGVM_LAYOUT_LOW_END);
	image_add_region(img, "the handover area", IGVM_LAYOUT_HANDOVER,
			 IGVM_LAYOUT_HANDOVER_END);
	image_add_region(img, "kernel", IGVM_LAYOUT_KERNEL, IGVM_LAYOUT_KERNEL + need);
	image_add_blob(img, IGVM_LAYOUT_KERNEL, b.data + start, size);

	p->magic = IGVM_PAYLOAD_MAGIC;
	p->kernel_gpa = IGVM_LAYOUT_KERNEL;
	p->kernel_size = size;
	p->kernel_entry = IGVM_LAYOUT_KERNEL + BZ_ENTRY_64;
	p->kernel_init_size = field(b.data, BZ_INIT_SIZE, 4);
	copy = BZ_HEADER + b.data[BZ_HEADER_LENGTH] - BZ_SETUP_SECTS;
	if (copy > sizeof(p->setup_header))
		copy = sizeof(p->setup_header);
	memcpy(p->setup_header, b.data + BZ_SETUP_SECTS, copy);
}

/**
 * load_initrd() - put an initrd in place
 * @img: image that load_kernel() has filled
 * @name: path
 *
 * Does not return if it is empty or reaches beyond what the kernel can use.
 */
void load_initrd(struct image *img, const char *name)
{
	__u64 room = (__u64)saved_field(img, BZ_INITRD_ADDR_MAX, 4) + 1;
	struct blob b;

	read_blob(&b, name);
	if (!b.size)
		die("%s: initrd is empty", name);
	room = room > IGVM_LAYOUT_INITRD ? room - IGVM_LAYOUT_INITRD : 0;
	if (b.size > room)
		die("%s: initrd has %zu bytes, there is room for %llu at 0x%llx",
		    name, b.size, room, IGVM_LAYOUT_INITRD);
	image_add_region(img, "initrd", IGVM_LAYOUT_INITRD, IGVM_LAYOUT_INITRD + b.size);
	image_add_blob(img, IGVM_LAYOUT_INITRD, b.data, b.size);
	img->payload->initrd_gpa = IGVM_LAYOUT_INITRD;
	img->payload->initrd_size = b.size;
}

/**
 * set_cmdline() - command line of the kernel or of a bare payload
 * @img: image with a payload page; the kernel, if any, is loaded
 * @cmdline: the string
 *
 * Does not return if it is longer than the payload page or the kernel takes.
 */
void set_cmdline(struct image *img, const char *cmdline)
{
	struct igvm_payload *p = img->payload;
	size_t length = strlen(cmdline), most = sizeof(p->cmdline) - 1;

	if (p->kernel_size && saved_field(img, BZ_CMDLINE_SIZE, 4) < most)
		most = saved_field(img, BZ_CMDLINE_SIZE, 4);
	if (length > most)
		die("command line has %zu characters, at most %zu fit", length, most);
	memcpy(p->cmdline, cmdline, length + 1);
}
