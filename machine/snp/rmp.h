/* SPDX-License-Identifier: MIT */
/*
 * The reverse map table (AMD APM volume 2, 15.36.3): for each 4 KiB page of
 * RAM who owns it, whether the guest validated it and what each VMPL may do.
 */
#ifndef MACHINE_RMP_H
#define MACHINE_RMP_H

#include "../machine.h"

#define RMP_ASSIGNED	BIT(0)
#define RMP_VALIDATED	BIT(1)
#define RMP_VMSA	BIT(2)
#define RMP_2M		BIT(3)	/* part of an aligned range assigned as one */

/* Permissions as RMPADJUST takes them in RDX[15:8]. */
#define PERM_READ	BIT(0)
#define PERM_WRITE	BIT(1)
#define PERM_USER_EXEC	BIT(2)
#define PERM_SUPER_EXEC	BIT(3)
#define PERM_ALL	0x0f

struct rmp_entry {
	u8 flags;
	u8 perm[4];
	u8 reserved[3];
};

void rmp_init(void);
struct rmp_entry *rmp_entry(u64 pa);
bool is_shared(u64 pa);

/* PSMASH, UNSMASH: only the size changes. Caller holds the lock. */
void rmp_smash(u64 pa);
bool rmp_unsmash(u64 pa);

/**
 * rmp_assign() - what the host does with RMPUPDATE: page to or from the guest
 * @pa: address, aligned to @size
 * @size: 4096 or 2 MiB
 * @assigned: to the guest, not validated, all permissions at VMPL0 only
 *
 * Caller holds the lock and calls npt_shootdown() after the last one.
 * Return: false if it is no RAM or holds a register state in use.
 */
bool rmp_assign(u64 pa, u64 size, bool assigned);

#endif /* MACHINE_RMP_H */
