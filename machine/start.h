/* SPDX-License-Identifier: MIT */
/*
 * Start of the machine: what its files know of each other, and numbers that
 * assembler and C share.
 */
#ifndef MACHINE_START_H
#define MACHINE_START_H

/* Where the image is linked, and where the multiboot loader puts it. */
#define IMAGE_VIRTUAL		0xffffffff80000000
#define IMAGE_LOAD		0x1000000
/* Below IMAGE_LOAD + it the first page tables map image and bss. */
#define IMAGE_MAX		0x1000000

#define STACK_SIZE		0x4000

/* Real-mode entry of the other CPUs: free memory of the BIOS's map. */
#define TRAMPOLINE		0x8000

#define SELECTOR_CODE		0x08
#define SELECTOR_DATA		0x10
#define SELECTOR_CODE32		0x18

/* Control registers of the machine, the same on every CPU. */
#define CR0_BITS		0x80010033	/* PG WP NE ET MP PE */
#define CR4_BITS		0x1620		/* LA57 OSXMMEXCPT OSFXSR PAE */
#define BOOT_MSR_EFER		0xc0000080
#define EFER_BITS		0x900		/* NXE LME */

#define PORT_LOG		0x402
#define PORT_EXIT		0xf4

#ifndef __ASSEMBLER__

#include "machine.h"

/**
 * struct boot_info - what the multiboot loader left, copied
 * @file: the boot image
 * @low_end: end of the usable RAM that begins at 1 MiB
 * @low_top: end of RAM there, with what the BIOS keeps for itself
 * @high: RAM above 4 GiB
 * @high_count: entries in @high
 */
struct boot_info {
	struct range file;
	u64 low_end;
	u64 low_top;
	struct range high[MAX_RAM_RANGES - 4];
	u32 high_count;
};

/* multiboot.c */
void multiboot_read(u32 magic, u64 address, struct boot_info *info);

/* mem.c */
void mem_init(const struct boot_info *info);
/* no more code below 4 GiB: the identity map loses its right to execute */
void mem_protect(void);
u64 *mem_root(void);

/* boot.S: copy the image to @to and go on there with page tables @root */
void boot_relocate(u64 to, u64 from, u64 size, u64 root);

/* chipset.c */
void chipset_init(void);
void chipset_clear_low(void);
u32 chipset_cpus(void);
u32 chipset_pm_timer(void);

/* irq.c */
void irq_init(void);

/* smp.c */
void smp_init(void);
void ap_main(u32 ticket);

/* main.c */
void machine_main(u32 magic, u64 address);

/* madt.c: ACPI interrupt controller table; returns its bytes, 0: no space */
u32 madt_build(void *buf, u32 size);

/* sha384.c, sha256.c */
void sha384(const void *data, size_t size, u8 out[48]);
void sha256(const void *data, size_t size, u8 out[32]);

#endif /* __ASSEMBLER__ */
#endif /* MACHINE_START_H */
