/* SPDX-License-Identifier: MIT */
/*
 * The table of pinned pages: every page that has one use only.
 *
 * One table, one lock, consulted by every call that would give a page a use or
 * take it away. A page that were an event page and a vCPU's register state at
 * once would let the guest write its own privilege level, so the check and the
 * entry are one step. Documentation/abi.rst, "What bad input gets".
 */
#ifndef _SVSM_PINNED_H
#define _SVSM_PINNED_H

#include <svsm/types.h>

/**
 * enum pinned_kind - the one use of a range
 * @PINNED_SVSM: memory of the SVSM itself
 * @PINNED_PLATFORM: pages the platform gave or keeps (secrets, CPUID)
 * @PINNED_STATE: register state of a guest vCPU
 * @PINNED_CALLING_AREA: calling area of a guest vCPU
 * @PINNED_EVENT_PAGE: event page of a guest vCPU
 * @PINNED_CHANGING: its state is being changed at this moment
 */
enum pinned_kind {
	PINNED_SVSM,
	PINNED_PLATFORM,
	PINNED_STATE,
	PINNED_CALLING_AREA,
	PINNED_EVENT_PAGE,
	PINNED_CHANGING,
};

/* Ranges that can be pinned at once; more are refused. */
#define PINNED_MAX	512

/* @owner of ranges that belong to no vCPU */
#define PINNED_NO_OWNER	0xFFFFFFFFU

/**
 * pinned_add() - pin a range if no part of it is pinned
 * @gpa: start, page-aligned
 * @size: bytes, a multiple of 4096, > 0
 * @kind: its use
 * @owner: index of the vCPU it belongs to, or PINNED_NO_OWNER
 *
 * Return: SVSM_SUCCESS; SVSM_ERR_BUSY if what overlaps is PINNED_CHANGING,
 * which ends without the guest's doing; SVSM_ERR_INVALID_REQUEST if something
 * else overlaps or the table is full; SVSM_ERR_INVALID_PARAMETER if the range
 * is no range of pages.
 */
u32 pinned_add(u64 gpa, u64 size, enum pinned_kind kind, u32 owner);

/**
 * pinned_remove() - end a range's use
 * @gpa: start, as given to pinned_add()
 * @kind: its use, as given to pinned_add()
 * @owner: as given to pinned_add()
 *
 * Return: false if there is no such entry.
 */
bool pinned_remove(u64 gpa, enum pinned_kind kind, u32 owner);

/**
 * pinned_owner() - whose range of a kind starts here?
 * @gpa: start
 * @kind: use
 * @owner: filled in on success
 *
 * Return: false if no range of @kind starts at @gpa.
 */
bool pinned_owner(u64 gpa, enum pinned_kind kind, u32 *owner);

/**
 * pinned_overlaps() - is any part of a range pinned?
 * @gpa: start
 * @size: bytes
 *
 * The answer may be outdated when it arrives: to reserve, use pinned_add().
 */
bool pinned_overlaps(u64 gpa, u64 size);

/** pinned_reset() - empty the table; only svsm_init() and tests. */
void pinned_reset(void);

/** pinned_invariant_ok() - entries sorted, disjoint, page-aligned, known. */
bool pinned_invariant_ok(void);

#endif /* _SVSM_PINNED_H */
