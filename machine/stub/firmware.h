/* SPDX-License-Identifier: MIT */
/*
 * What the firmware of plain SNP guests and that of plain TDs have in common.
 */
#ifndef STUB_FIRMWARE_H
#define STUB_FIRMWARE_H

#include <svsm/payload.h>

#include <rt/common.h>

#include "linux_boot.h"

/* Hand-over area, below the image. */
#define FW_BOOT_PARAMS	IGVM_LAYOUT_HANDOVER
#define FW_SETUP_DATA	(IGVM_LAYOUT_HANDOVER + 0x1000)
#define FW_CMDLINE	(IGVM_LAYOUT_HANDOVER + 0x2000)
#define FW_ACPI		(IGVM_LAYOUT_HANDOVER + 0x4000)
#define FW_MAILBOX	(IGVM_LAYOUT_HANDOVER + 0x8000)

/* Special pages of the boot image (igvm-build finds them by name). */
#define IGVM_PAGE	__attribute__((section(".igvm"), aligned(4096)))

extern u8 igvm_madt_page[PAGE_SIZE];
extern u8 igvm_memory_map_page[PAGE_SIZE];
extern volatile u32 igvm_param_page[PAGE_SIZE / 4];
extern struct igvm_payload igvm_payload_page;

void fw_die(u8 code, const char *fmt, ...)
	__attribute__((noreturn, format(printf, 2, 3)));
bool fw_memory_is_shared(void);
u32 fw_accept_memory(u64 gpa_limit, const struct linux_range **ram);
void fw_enter_linux(struct linux_boot *boot) __attribute__((noreturn));

static inline struct linux_area fw_area(u64 gpa, u64 size)
{
	return (struct linux_area) { (void *)gpa, gpa, size };
}

#endif /* STUB_FIRMWARE_H */
