/* SPDX-License-Identifier: MIT */
/*
 * The processors of the virtual machine.
 */
#ifndef X86_MADT_H
#define X86_MADT_H

#include <svsm/types.h>

int madt_apic_ids(const void *madt, u32 size, u32 *apic_ids, u32 max,
		  u32 *count);

#endif /* X86_MADT_H */
