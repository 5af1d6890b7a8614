/* SPDX-License-Identifier: MIT */
/*
 * Hand-over to a Linux kernel: everything that stock Linux finds in memory at
 * its 64-bit entry point. Pure computation on the buffers that the caller
 * names; used by the SVSM (guest at VMPL2) and by the machine's plain firmware
 * (guest at VMPL0).
 *
 * All addresses are guest-physical without C-bit or shared bit. Everything
 * that Linux reads through these structures it reads as private memory: the
 * caller validates what linux_memory_map() reports as RAM, and with it the
 * first MiB (without the VGA hole), before it enters the kernel.
 */
#ifndef SVSM_X86_LINUX_BOOT_H
#define SVSM_X86_LINUX_BOOT_H

#include <svsm/payload.h>
#include <svsm/types.h>

/* Address range types of the e820 table (ACPI specification, 15.) */
#define E820_RAM	1
#define E820_RESERVED	2
#define E820_ACPI	3
#define E820_NVS	4

/* Entries that fit into the zero page, and into a memory map page. */
#define E820_MAX		128
#define LINUX_MEMORY_MAP_MAX	170

/* Smallest usable sizes of the areas in struct linux_boot, in bytes. */
#define LINUX_BOOT_PARAMS_SIZE	4096
#define LINUX_SETUP_DATA_SIZE	64
#define LINUX_CMDLINE_SIZE	IGVM_PAYLOAD_CMDLINE_SIZE
#define LINUX_ACPI_SIZE		0x4000

/**
 * struct linux_range - a range of guest-physical memory
 * @start: GPA of the first byte
 * @size: bytes
 * @type: E820_*
 */
struct linux_range {
	u64 start;
	u64 size;
	u32 type;
};

/**
 * struct linux_area - memory that is filled in for Linux
 * @va: where this image sees it
 * @gpa: where Linux sees it, below 4 GiB
 * @size: bytes
 */
struct linux_area {
	void *va;
	u64 gpa;
	u64 size;
};

/**
 * struct linux_boot - what linux_boot_prepare() needs
 * @payload: the measured payload page: trusted
 * @memory_map: IGVM memory map entries from the host: hostile
 * @memory_map_size: bytes at @memory_map
 * @gpa_limit: first GPA that cannot be private RAM (the C-bit's or shared bit's
 *	value, or less)
 * @madt: MADT from the host: hostile
 * @madt_size: bytes at @madt, its largest possible length
 * @boot_params: one page in RAM, 4 KiB aligned
 * @setup_data: in RAM; the CC blob lies inside it, so that the kernel reserves
 *	the blob when it reserves the setup_data chain. Not to be declared
 *	reserved in the e820 table: Linux 6.12 would map it shared later on.
 *	Size 0: not an SNP guest, there is no CC blob
 * @cmdline: in RAM
 * @acpi: tables; becomes an ACPI range of the e820 table, because Linux maps
 *	plain reserved ranges shared. 4 KiB aligned
 * @secrets_gpa: secrets page for Linux, reserved; SNP only
 * @cpuid_gpa: CPUID page for Linux, reserved; SNP only
 * @wakeup_mailbox: page of the ACPI multiprocessor wake-up mailbox, which the
 *	MADT then names; somebody must listen there. It becomes an NVS range,
 *	for the same reason as @acpi. 0: none
 * @wakeup_reset: where a processor that is not needed any more goes, to listen
 *	again; in a reserved range
 * @reserved: what else Linux must keep off (image, calling area, VMSA): painted
 *	over the memory map in this order, whole pages
 * @reserved_count: entries at @reserved
 */
struct linux_boot {
	const struct igvm_payload *payload;
	const void *memory_map;
	u32 memory_map_size;
	u64 gpa_limit;
	const void *madt;
	u32 madt_size;
	struct linux_area boot_params;
	struct linux_area setup_data;
	struct linux_area cmdline;
	struct linux_area acpi;
	u64 secrets_gpa;
	u64 cpuid_gpa;
	u64 wakeup_mailbox;
	u64 wakeup_reset;
	const struct linux_range *reserved;
	u32 reserved_count;
};

int linux_memory_map(const void *map, u32 size, u64 gpa_limit,
		     struct linux_range *ranges, u32 max, const char **why);
int linux_boot_prepare(const struct linux_boot *in, const char **why);

#endif /* SVSM_X86_LINUX_BOOT_H */
