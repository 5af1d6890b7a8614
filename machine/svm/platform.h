/* SPDX-License-Identifier: MIT */
/*
 * What a confidential architecture is to the rest of the machine: SEV-SNP in
 * snp/, TDX in tdx/. The boot image decides which of them the guest gets; all
 * else (run loop, nested tables, APIC, devices, loader) is one for both.
 */
#ifndef MACHINE_PLATFORM_H
#define MACHINE_PLATFORM_H

#include "vcpu.h"

/* What a level may do with a page by its private view. */
#define RIGHT_READ	BIT(0)
#define RIGHT_WRITE	BIT(1)
#define RIGHT_EXEC	BIT(2)

/* How a boot image's page arrives. */
enum launch_page { LAUNCH_NORMAL, LAUNCH_UNMEASURED, LAUNCH_SHARED };

/**
 * struct platform - one confidential architecture
 * @name: for the log
 * @level_name: what it calls a level, before its number, for messages
 * @igvm_type: IGVM_PLATFORM_*: whose part of a boot image it takes
 * @shared_by_bit: the address bit marks shared memory, not private memory
 * @fresh_shared: RAM that the boot image does not fill starts shared
 * @cr_write: control registers whose writes exit, beside CR8
 * @lowest_vector: vectors below get lost when the host posts them
 * @free_cstar: CSTAR is not intercepted, like the other SYSCALL MSRs
 * @init: state of pages and vCPUs, before anything is loaded
 * @address_bit: C-bit or shared bit; after @init
 * @fill_page: a page whose contents are the architecture's business
 *	(IGVM_PAGE_*); false: there is no such page; NULL: there are none
 * @launch_page: a page of the boot image is in guest memory
 * @launch_context: register state of a vCPU as the file gives it (4096 bytes);
 *	NULL if that is none of the file's business
 * @launch_done: everything is loaded; @vtl2: the image is an SVSM, the
 *	operating system runs in a lower level
 * @rights: RIGHT_* of a level on a page of RAM by its private view; memory lock
 * @is_shared: is a page of RAM the host's too? memory lock for a lasting answer
 * @ready: see to what was asked of this vCPU and to its APICs, arm the timer,
 *	and choose what runs: true if a level has its state in the VMCB and a
 *	reason to run, with @out what its APIC has for it
 * @idle: nothing runs on this vCPU now
 * @exit: act on an exit that is the architecture's affair
 * @post: the host posts a vector for the operating system's or the SVSM's
 *	attention, as its architecture has it
 * @take_page: the host takes a page from the guest; memory lock. false: it
 *	cannot
 */
struct platform {
	const char *name;
	const char *level_name;
	u8 igvm_type;
	bool shared_by_bit;
	bool fresh_shared;
	u16 cr_write;
	u8 lowest_vector;
	bool free_cstar;
	void (*init)(void);
	u64 (*address_bit)(void);
	bool (*fill_page)(u16 data_type, u8 *page);
	void (*launch_page)(u64 gpa, enum launch_page type);
	void (*launch_context)(u32 index, const void *context);
	void (*launch_done)(bool vtl2);
	u32 (*rights)(u32 level, u64 gpa);
	bool (*is_shared)(u64 gpa);
	bool (*ready)(struct vcpu *v, struct vapic_out *out);
	void (*idle)(struct vcpu *v);
	void (*exit)(struct vcpu *v, u64 code);
	void (*post)(struct vcpu *v, u8 vector);
	bool (*take_page)(u64 gpa);
};

extern const struct platform snp_platform, tdx_platform;
/* the one of this run; set by the loader before anything else asks */
extern const struct platform *platform;

#endif /* MACHINE_PLATFORM_H */
