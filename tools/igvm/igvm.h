/* SPDX-License-Identifier: MIT */
/*
 * IGVM file format: the structures of a file as they lie on disk.
 *
 * Everything is little endian and packed; nothing here says what is valid
 * (igvm_read.c does). Names follow the public format definition, versions 1
 * and 2. <linux/types.h> is the only include, so that freestanding loaders
 * and host tools take this header alike.
 */
#ifndef TOOLS_IGVM_IGVM_H
#define TOOLS_IGVM_IGVM_H

#include <linux/types.h>

#define IGVM_MAGIC		0x4D564749u	/* "IGVM" */
#define IGVM_V1_HEADER_SIZE	0x18u
#define IGVM_V2_HEADER_SIZE	0x20u
#define IGVM_PAGE_SIZE		4096u
#define IGVM_PAGE_SIZE_2M	0x200000u
#define IGVM_ARCH_X64		0u
#define IGVM_ARCH_AARCH64	1u

/* Where QEMU and KVM expect (and measure) the VMSA of the boot processor. */
#define IGVM_SNP_VMSA_GPA	0xFFFFFFFFF000ULL

struct igvm_fixed_header {
	__u32 magic;
	__u32 format_version;
	__u32 variable_header_offset;
	__u32 variable_header_size;
	__u32 total_file_size;
	__u32 checksum;
	/* version 2 only */
	__u32 architecture;
	__u32 page_size;
} __attribute__((packed));

struct igvm_variable_header {
	__u32 type;
	__u32 length;		/* of the structure that follows, unpadded */
} __attribute__((packed));

/* Variable header types. Bit 31: a loader may ignore an unknown one. */
#define IGVM_VHT_OPTIONAL		0x80000000u
#define IGVM_VHT_PLATFORM_FIRST		0x001u
#define IGVM_VHT_PLATFORM_LAST		0x100u
#define IGVM_VHT_INIT_FIRST		0x101u
#define IGVM_VHT_INIT_LAST		0x200u
#define IGVM_VHT_DIRECTIVE_FIRST	0x301u
#define IGVM_VHT_DIRECTIVE_LAST		0x400u

#define IGVM_VHT_SUPPORTED_PLATFORM	0x001u
#define IGVM_VHT_GUEST_POLICY		0x101u
#define IGVM_VHT_RELOCATABLE_REGION	0x102u
#define IGVM_VHT_PAGE_TABLE_RELOCATION	0x103u
#define IGVM_VHT_CORIM_DOCUMENT		0x104u
#define IGVM_VHT_CORIM_SIGNATURE	0x105u
#define IGVM_VHT_PARAMETER_AREA		0x301u
#define IGVM_VHT_PAGE_DATA		0x302u
#define IGVM_VHT_PARAMETER_INSERT	0x303u
#define IGVM_VHT_VP_CONTEXT		0x304u
#define IGVM_VHT_REQUIRED_MEMORY	0x305u
#define IGVM_VHT_VP_COUNT		0x307u
#define IGVM_VHT_SRAT			0x308u
#define IGVM_VHT_MADT			0x309u
#define IGVM_VHT_MMIO_RANGES		0x30Au
#define IGVM_VHT_SNP_ID_BLOCK		0x30Bu
#define IGVM_VHT_MEMORY_MAP		0x30Cu
#define IGVM_VHT_ERROR_RANGE		0x30Du
#define IGVM_VHT_COMMAND_LINE		0x30Eu
#define IGVM_VHT_SLIT			0x30Fu
#define IGVM_VHT_PPTT			0x310u
#define IGVM_VHT_VBS_MEASUREMENT	0x311u
#define IGVM_VHT_DEVICE_TREE		0x312u
#define IGVM_VHT_ENVIRONMENT_INFO	0x313u

enum igvm_platform_type {
	IGVM_PLATFORM_NATIVE		= 0,
	IGVM_PLATFORM_VSM_ISOLATION	= 1,
	IGVM_PLATFORM_SEV_SNP		= 2,
	IGVM_PLATFORM_TDX		= 3,
	IGVM_PLATFORM_SEV		= 4,
	IGVM_PLATFORM_SEV_ES		= 5,
	IGVM_PLATFORM_CCA		= 6,
	IGVM_PLATFORM_TYPES
};

struct igvm_supported_platform {
	__u32 compatibility_mask;
	__u8 highest_vtl;
	__u8 platform_type;
	__u16 platform_version;
	__u64 shared_gpa_boundary;
} __attribute__((packed));

struct igvm_guest_policy {
	__u64 policy;
	__u32 compatibility_mask;
	__u32 reserved;
} __attribute__((packed));

#define IGVM_RELOCATION_FLAGS	0x7u	/* VTL2, apply to RIP, apply to GDTR */

struct igvm_relocatable_region {
	__u32 compatibility_mask;
	__u16 vp_index;
	__u8 vtl;
	__u8 flags;
	__u64 relocation_alignment;
	__u64 relocation_region_gpa;
	__u64 relocation_region_size;
	__u64 minimum_relocation_gpa;
	__u64 maximum_relocation_gpa;
} __attribute__((packed));

struct igvm_page_table_relocation {
	__u32 compatibility_mask;
	__u16 vp_index;
	__u8 vtl;
	__u8 reserved;
	__u64 gpa;
	__u64 size;
	__u64 used_size;
} __attribute__((packed));

struct igvm_corim {
	__u32 compatibility_mask;
	__u32 file_offset;
	__u32 size_bytes;
	__u32 reserved;
} __attribute__((packed));

struct igvm_parameter_area {
	__u64 number_of_bytes;
	__u32 parameter_area_index;
	__u32 file_offset;
} __attribute__((packed));

#define IGVM_PAGE_FLAG_2MB		0x1u
#define IGVM_PAGE_FLAG_UNMEASURED	0x2u
#define IGVM_PAGE_FLAG_SHARED		0x4u
#define IGVM_PAGE_FLAGS			0x7u

enum igvm_page_data_type {
	IGVM_PAGE_NORMAL	= 0,
	IGVM_PAGE_SECRETS	= 1,
	IGVM_PAGE_CPUID_DATA	= 2,
	IGVM_PAGE_CPUID_XF	= 3,
	IGVM_PAGE_DATA_TYPES
};

struct igvm_page_data {
	__u64 gpa;
	__u32 compatibility_mask;
	__u32 file_offset;
	__u32 flags;
	__u16 data_type;
	__u16 reserved;
} __attribute__((packed));

struct igvm_parameter_insert {
	__u64 gpa;
	__u32 compatibility_mask;
	__u32 parameter_area_index;
} __attribute__((packed));

struct igvm_vp_context {
	__u64 gpa;
	__u32 compatibility_mask;
	__u32 file_offset;
	__u16 vp_index;
	__u16 reserved;
} __attribute__((packed));

#define IGVM_REQUIRED_MEMORY_FLAGS	0x1u	/* VTL2 protectable */

struct igvm_required_memory {
	__u64 gpa;
	__u32 compatibility_mask;
	__u32 number_of_bytes;
	__u32 flags;
	__u32 reserved;
} __attribute__((packed));

struct igvm_parameter {
	__u32 parameter_area_index;
	__u32 byte_offset;
} __attribute__((packed));

struct igvm_snp_id_block {
	__u32 compatibility_mask;
	__u8 author_key_enabled;
	__u8 reserved[3];
	__u8 ld[48];
	__u8 family_id[16];
	__u8 image_id[16];
	__u32 version;
	__u32 guest_svn;
	__u32 id_key_algorithm;
	__u32 author_key_algorithm;
	__u8 id_key_signature[144];
	__u8 id_public_key[152];
	__u8 author_key_signature[144];
	__u8 author_public_key[152];
} __attribute__((packed));

struct igvm_error_range {
	__u64 gpa;
	__u32 compatibility_mask;
	__u32 size_bytes;
} __attribute__((packed));

#define IGVM_VBS_MEASUREMENT_SIZE	864u	/* begins with the mask */

enum igvm_memory_type {
	IGVM_MEMORY_RAM			= 0,
	IGVM_MEMORY_RESERVED		= 1,
	IGVM_MEMORY_PERSISTENT		= 2,
	IGVM_MEMORY_VTL2_PROTECTABLE	= 3,
	IGVM_MEMORY_SPECIFIC_PURPOSE	= 4,
	IGVM_MEMORY_HIDDEN		= 5,
};

/* What a loader writes for MEMORY_MAP; an entry with no pages ends it. */
struct igvm_memory_map_entry {
	__u64 starting_gpa_page_number;
	__u64 number_of_pages;
	__u16 entry_type;
	__u16 flags;
	__u32 reserved;
} __attribute__((packed));

/* What a loader writes for ENVIRONMENT_INFO: a u32. */
#define IGVM_ENVIRONMENT_MEMORY_IS_SHARED	0x1u

/* File data of a VP_CONTEXT on NATIVE and SEV; zeroes up to 4096 follow. */
struct igvm_native_vp_context {
	__u64 rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi;
	__u64 r8, r9, r10, r11, r12, r13, r14, r15;
	__u64 rip;
	__u64 rflags;
	__u64 idtr_base;
	__u16 idtr_limit;
	__u16 reserved[2];
	__u16 gdtr_limit;
	__u64 gdtr_base;
	__u16 code_selector;
	__u16 code_attributes;
	__u32 code_base;
	__u32 code_limit;
	__u16 data_selector;
	__u16 data_attributes;
	__u32 data_base;
	__u32 data_limit;
	__u64 gs_base;
	__u64 cr0;
	__u64 cr3;
	__u64 cr4;
	__u64 efer;
} __attribute__((packed));

#define IGVM_ASSERT_SIZE(type, size) \
	_Static_assert(sizeof(struct type) == (size), #type " has the wrong size")
#define IGVM_ASSERT_OFFSET(type, member, offset) \
	_Static_assert(__builtin_offsetof(struct type, member) == (offset), \
		       #type "." #member " is at the wrong offset")

IGVM_ASSERT_SIZE(igvm_fixed_header, IGVM_V2_HEADER_SIZE);
IGVM_ASSERT_SIZE(igvm_variable_header, 8);
IGVM_ASSERT_SIZE(igvm_supported_platform, 16);
IGVM_ASSERT_SIZE(igvm_guest_policy, 16);
IGVM_ASSERT_SIZE(igvm_relocatable_region, 48);
IGVM_ASSERT_SIZE(igvm_page_table_relocation, 32);
IGVM_ASSERT_SIZE(igvm_corim, 16);
IGVM_ASSERT_SIZE(igvm_parameter_area, 16);
IGVM_ASSERT_SIZE(igvm_page_data, 24);
IGVM_ASSERT_SIZE(igvm_parameter_insert, 16);
IGVM_ASSERT_SIZE(igvm_vp_context, 20);
IGVM_ASSERT_SIZE(igvm_required_memory, 24);
IGVM_ASSERT_SIZE(igvm_parameter, 8);
IGVM_ASSERT_SIZE(igvm_snp_id_block, 696);
IGVM_ASSERT_SIZE(igvm_error_range, 16);
IGVM_ASSERT_SIZE(igvm_memory_map_entry, 24);
IGVM_ASSERT_SIZE(igvm_native_vp_context, 0xE8);
IGVM_ASSERT_OFFSET(igvm_fixed_header, checksum, 0x14);
IGVM_ASSERT_OFFSET(igvm_snp_id_block, version, 0x58);
IGVM_ASSERT_OFFSET(igvm_snp_id_block, id_key_signature, 0x68);
IGVM_ASSERT_OFFSET(igvm_snp_id_block, id_public_key, 0xF8);
IGVM_ASSERT_OFFSET(igvm_snp_id_block, author_key_signature, 0x190);
IGVM_ASSERT_OFFSET(igvm_snp_id_block, author_public_key, 0x220);
IGVM_ASSERT_OFFSET(igvm_native_vp_context, gdtr_limit, 0x9E);
IGVM_ASSERT_OFFSET(igvm_native_vp_context, code_limit, 0xB0);
IGVM_ASSERT_OFFSET(igvm_native_vp_context, gs_base, 0xC0);

#endif
