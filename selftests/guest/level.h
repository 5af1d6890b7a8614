/* SPDX-License-Identifier: MIT */
/*
 * A second privilege level on the payload's own vCPU: VMPL2, with its own VMSA
 * and stack in the same image and page tables. It waits for commands and
 * answers them; VMPL0 runs it until it calls back.
 */
#ifndef SELFTESTS_GUEST_LEVEL_H
#define SELFTESTS_GUEST_LEVEL_H

#include "guest.h"

#define LEVEL			2
#define LEVEL_SEV_FEATURES	1

/* What AP creation is asked for. */
#define AP_CREATE		1
#define AP_DESTROY		2

enum level_command {
	LEVEL_NOTHING,
	LEVEL_READ,		/* attempt to read @arg */
	LEVEL_WRITE,		/* attempt to write @arg2 to @arg */
	LEVEL_CALL,		/* attempt to call @arg */
	LEVEL_FLUSH_AND_READ,	/* with empty TLB */
	LEVEL_PVALIDATE,	/* page @arg */
	LEVEL_RMPADJUST,	/* page @arg, RDX @arg2 */
	LEVEL_RMPQUERY,
	LEVEL_CPUID,		/* leaf @arg, no handler: what #VC says */
	LEVEL_RDMSR,
	LEVEL_REGISTERS,	/* VMGEXIT with known registers, see them change */
	LEVEL_APIC_ON,		/* through its own GHCB */
	LEVEL_INTERRUPTS,	/* STI, a bounded wait, CLI */
	LEVEL_CLI_SPIN,		/* a bounded loop, interrupts off */
};

/* VMSA offsets (AMD APM volume 2, table B-4). */
#define VMSA_CPL_VMPL	0x0CA
#define VMSA_EFER	0x0D0
#define VMSA_RFLAGS	0x170
#define VMSA_RIP	0x178
#define VMSA_RSP	0x1D8
#define VMSA_RAX	0x1F8
#define VMSA_RBX	0x318
#define VMSA_R15	0x378
#define VMSA_SEV_FEATURES 0x3B0
#define VMSA_EXIT_CODE	0x3C0

#define LEVEL_MAGIC	0x1122334455667788ULL

extern struct attempt level_result;	/* of the last command */
extern volatile u64 level_spins;	/* how far the last loop came */
extern u8 level_vmsa[];

void level_make_vmsa(u8 *vmsa, u32 vmpl, u64 rip, u64 stack_top);
void level_create(void);
u64 level_get(u32 offset);
void level_put(u32 offset, u64 value);
int level_enter(u64 info2);
void level_run(enum level_command what, u64 arg, u64 arg2);
void level_start(enum level_command what, u64 arg, u64 arg2);
bool level_done(void);

#endif /* SELFTESTS_GUEST_LEVEL_H */
