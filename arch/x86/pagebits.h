/* SPDX-License-Identifier: MIT */
/*
 * Bit maps with one bit for each 4 KiB page of guest-physical memory, shared
 * by all vCPUs: bits change by atomic operations.
 */
#ifndef X86_PAGEBITS_H
#define X86_PAGEBITS_H

#include <svsm/types.h>

/**
 * enum claim - outcome of pagebits_claim()
 * @CLAIM_DONE: all changed
 * @CLAIM_UNCHANGED: nothing changed: all were so before
 * @CLAIM_MIXED: nothing changed: some were so before
 */
enum claim {
	CLAIM_DONE,
	CLAIM_UNCHANGED,
	CLAIM_MIXED,
};

bool pagebits_test(const u64 *map, u64 gpa);
void pagebits_set(u64 *map, u64 gpa, u64 size, bool on);
enum claim pagebits_claim(u64 *map, u64 gpa, u64 size, bool on);

#endif /* X86_PAGEBITS_H */
