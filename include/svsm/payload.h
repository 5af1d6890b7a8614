/* SPDX-License-Identifier: MIT */
/*
 * The payload page: what igvm-build tells the image about the Linux kernel
 * that travels in the same IGVM file. One measured page, found in the image
 * by the symbol igvm_payload_page. Read only, and measured: the image may
 * trust it as much as its own text.
 */
#ifndef SVSM_PAYLOAD_H
#define SVSM_PAYLOAD_H

#include <linux/types.h>

#define IGVM_PAYLOAD_MAGIC		0x0044414F4C594150ULL	/* "PAYLOAD\0" */
#define IGVM_PAYLOAD_CMDLINE_SIZE	2048
#define IGVM_PAYLOAD_SETUP_HEADER_SIZE	256

/*
 * flags: the SVSM tests itself and ends; no guest is started. The page may be
 * there for this flag alone: whether there is a kernel, kernel_size says.
 */
#define IGVM_PAYLOAD_SELFTEST		0x1ULL

/* Offset in a bzImage of what setup_header is a copy of. */
#define IGVM_PAYLOAD_SETUP_HEADER_START	0x1F1

/* Fixed guest-physical layout of a boot image with a kernel. */
#define IGVM_LAYOUT_LOW_END		0x100000ULL
#define IGVM_LAYOUT_HANDOVER		0x600000ULL
#define IGVM_LAYOUT_HANDOVER_END	0x800000ULL
#define IGVM_LAYOUT_KERNEL		0x1000000ULL
#define IGVM_LAYOUT_INITRD		0x8000000ULL

struct igvm_payload {
	__u64 magic;			/* 0x000 0: there is no payload */
	__u64 kernel_gpa;		/* 0x008 protected-mode part */
	__u64 kernel_size;		/* 0x010 bytes, 0: there is no kernel */
	__u64 kernel_entry;		/* 0x018 64-bit entry point */
	__u64 kernel_init_size;		/* 0x020 bytes the kernel needs at kernel_gpa */
	__u64 initrd_gpa;		/* 0x028 0: none */
	__u64 initrd_size;		/* 0x030 bytes */
	__u64 flags;			/* 0x038 IGVM_PAYLOAD_* */
	char cmdline[IGVM_PAYLOAD_CMDLINE_SIZE];		/* 0x040 NUL terminated */
	__u8 setup_header[IGVM_PAYLOAD_SETUP_HEADER_SIZE];	/* 0x840 rest zero */
	__u8 reserved[0x6C0];		/* 0x940 0 */
} __attribute__((aligned(4096)));

#define IGVM_PAYLOAD_ASSERT(member, offset) \
	_Static_assert(__builtin_offsetof(struct igvm_payload, member) == (offset), \
		       "igvm_payload." #member " is at the wrong offset")

IGVM_PAYLOAD_ASSERT(magic, 0x000);
IGVM_PAYLOAD_ASSERT(kernel_gpa, 0x008);
IGVM_PAYLOAD_ASSERT(kernel_size, 0x010);
IGVM_PAYLOAD_ASSERT(kernel_entry, 0x018);
IGVM_PAYLOAD_ASSERT(kernel_init_size, 0x020);
IGVM_PAYLOAD_ASSERT(initrd_gpa, 0x028);
IGVM_PAYLOAD_ASSERT(initrd_size, 0x030);
IGVM_PAYLOAD_ASSERT(flags, 0x038);
IGVM_PAYLOAD_ASSERT(cmdline, 0x040);
IGVM_PAYLOAD_ASSERT(setup_header, 0x840);
IGVM_PAYLOAD_ASSERT(reserved, 0x940);
_Static_assert(sizeof(struct igvm_payload) == 4096, "igvm_payload must be one page");

#endif
