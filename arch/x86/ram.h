/* SPDX-License-Identifier: MIT */
/*
 * RAM, as the host's memory map has it: the SVSM's own and the guest's.
 */
#ifndef X86_RAM_H
#define X86_RAM_H

#include <svsm/types.h>

/*
 * A bit a page: the guest itself may read and write it now. ram_granted covers
 * all RAM; other bit maps of the same size: ram_page_map().
 */
extern u64 *ram_granted;

void ram_read_map(u64 gpa_limit);
u64 *ram_page_map(void);
bool ram_contains(u64 gpa, u64 size);
bool ram_overlaps(u64 start, u64 end);
void ram_map_all(void);
void ram_accept_all(void);

#endif /* X86_RAM_H */
