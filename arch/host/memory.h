/* SPDX-License-Identifier: MIT */
#ifndef _ARCH_HOST_MEMORY_H
#define _ARCH_HOST_MEMORY_H

#include <svsm/types.h>

/** memory_setup() - all RAM is there, zeroed, and the guest's. */
void memory_setup(void);

/**
 * memory_give() - the guest may or may not access a page
 * @gpa: page
 * @give: may
 *
 * Return: false if the page is no such page of RAM.
 */
bool memory_give(u64 gpa, bool give);

#endif /* _ARCH_HOST_MEMORY_H */
