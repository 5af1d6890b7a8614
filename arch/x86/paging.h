/* SPDX-License-Identifier: MIT */
/*
 * The SVSM's page tables: one set for all CPUs, guest-physical = virtual.
 */
#ifndef X86_PAGING_H
#define X86_PAGING_H

#include <svsm/types.h>

/* How pages of the SVSM's own 8 MiB are mapped. */
enum page_access {
	PAGE_NONE,	/* guard */
	PAGE_TEXT,	/* read, execute */
	PAGE_RODATA,	/* read */
	PAGE_DATA,	/* read, write */
	PAGE_SHARED,	/* read, write, seen by the host too */
};

void paging_init(u64 private_bits, u64 shared_bits);
void paging_map_ram(u64 start, u64 end);
void paging_map_device(u64 gpa);
void paging_protect(u64 start, u64 end, enum page_access access);
u64 paging_root(void);
void paging_enable(void);

#endif /* X86_PAGING_H */
