/* SPDX-License-Identifier: MIT */
/*
 * A vCPU: one per physical CPU. It has up to four levels (SNP: VMPLs; TDX: L1,
 * then L2 VMs); one of them runs at a time, each has registers and an APIC of
 * its own.
 */
#ifndef MACHINE_VCPU_H
#define MACHINE_VCPU_H

#include <svsm/vapic.h>
#include "../machine.h"
#include "vmcb.h"

#define LEVELS	4

/* Order of the encoding in ModRM; RAX and RSP live in the VMCB. */
enum gpr {
	GPR_RAX, GPR_RCX, GPR_RDX, GPR_RBX, GPR_RSP, GPR_RBP, GPR_RSI, GPR_RDI,
	GPR_R8, GPR_R9, GPR_R10, GPR_R11, GPR_R12, GPR_R13, GPR_R14, GPR_R15,
	GPR_COUNT
};

/* What is counted; names for the report: counters.c */
enum counter {
	COUNT_ENTRY,
	COUNT_INTR,
	COUNT_VINTR,
	COUNT_NPF,
	COUNT_HLT,
	COUNT_VMGEXIT_MSR,
	COUNT_VMGEXIT_PAGE,
	COUNT_VC,
	COUNT_HV,
	COUNT_INJECTED,
	COUNT_PVALIDATE,
	COUNT_RMPADJUST,
	COUNT_PSC,
	COUNT_TDCALL,
	COUNT_VMCALL,
	COUNT_VE,
	COUNT_ACCEPT,
	COUNT_AUG,
	COUNT_MAPGPA,
	COUNT_MSR,
	COUNT_IOIO,
	COUNT_CPUID,
	COUNT_MMIO,
	COUNT_SWITCH_UP,
	COUNT_SWITCH_DOWN,
	COUNT_ONE_EXIT,
	COUNT_KICK,
	COUNT_IPI,
	COUNT_SHOOTDOWN,
	COUNT_HOSTILE_DROP,	/* hostile.c */
	COUNT_HOSTILE_REPEAT,
	COUNT_HOSTILE_TICK,
	COUNT_HOSTILE_POST,
	COUNT_HOSTILE_ANSWER,
	COUNT_HOSTILE_EXIT,
	COUNT_HOSTILE_START,
	COUNT_HOSTILE_REFUSED,
	COUNT_HOSTILE_PAGE,
	COUNTERS
};

/**
 * struct post - what other CPUs want an APIC to see; atomic
 * @vectors: edge triggered
 * @levels: level triggered
 * @nmi: @init: @sipi: messages; @sipi holds vector | 0x100
 */
struct post {
	u64 vectors[4];
	u64 levels[4];
	u32 nmi;
	u32 init;
	u32 sipi;
};

/**
 * struct level - one VMPL of one vCPU, or a TD's L1 or L2 VM on it
 * @live: it exists: interrupts can be sent to it (TDX: from the launch on;
 *	SNP: as long as it has a register state)
 * @vmsa: physical address of the register state's page, 0 if it has none
 * @launch: @vmsa is the launch state, in memory of the machine
 * @features: SEV_FEATURES with which it runs; 0 until it has run
 * @start_wanted: got its state and did not run since
 * @halted: executed HLT: runs again on an event
 * @reset_hold: waits in AP reset hold for a start
 * @nmi_blocked: an NMI is being handled
 * @reinject: event whose delivery an exit cut short, EVENTINJ format
 * @apic: the host's APIC of this level
 * @post: what others want of it
 * @ghcb_msr: GHCB MSR as the guest sees it
 * @ghcb_gpa: the registered GHCB, ~0 none
 * @doorbell: page of the #HV doorbell, 0 none
 * @presented: vector that stands in the doorbell, 0 none
 * @hv_new: the doorbell shows something that was not signalled yet; set by
 *	other CPUs too
 */
struct level {
	bool live;
	u64 vmsa;
	bool launch;
	u64 features;
	bool start_wanted;
	bool halted;
	bool reset_hold;
	bool nmi_blocked;
	u64 reinject;
	struct vapic apic;
	struct post post;
	u64 ghcb_msr;
	u64 ghcb_gpa;
	u64 doorbell;
	u8 presented;
	u32 hv_new;
};

/* struct vcpu.start: the new VMSA (0: none, the level stops), and this bit */
#define START_WANTED	BIT_ULL(0)

struct vcpu {
	u64 regs[GPR_COUNT];	/* first: vmrun.S uses offsets */
	u64 vmcb_pa;
	u64 host_vmcb_pa;
	struct vmcb *vmcb;
	u32 index;
	u32 apic_id;
	u8 current;		/* level that runs or is to run */
	bool loaded;		/* the VMCB holds the current level's state */
	bool flush;		/* TLB flush at the next entry */
	/*
	 * VMSA in use: the CPU has its x87, SSE and debug registers, and while
	 * it is loaded the rest, too. Changed under the memory lock.
	 */
	u64 vmsa_in_use;
	u64 event;		/* to inject at the next entry */
	/* protocol with npt_shootdown() */
	u32 in_guest;
	u64 entry_generation;
	struct level level[LEVELS];
	u64 start[LEVELS];	/* from other vCPUs; atomic */
	u64 armed;		/* physical timer, TSC */
	u64 count[COUNTERS];
};

extern struct vcpu *vcpus[MAX_CPUS];

static inline struct vcpu *vcpu_self(void)
{
	return vcpus[cpu_index()];
}

static inline struct level *vcpu_level(struct vcpu *v)
{
	return &v->level[v->current];
}

static inline struct save_area *vcpu_save(struct vcpu *v)
{
	return &v->vmcb->save;
}

static inline bool vcpu_long_mode(struct vcpu *v)
{
	return v->vmcb->save.efer & EFER_LMA;
}

#define MSR_TSC_AUX	0xc0000103	/* the guest's: the machine uses none */

/* vmrun.S */
void vmrun(struct vcpu *v);

/* run.c */
void guest_init(void);
void vcpu_main(u32 index) __attribute__((noreturn));
void vcpu_kick(struct vcpu *v);
void vcpu_arm(struct vcpu *v, u64 deadline);
u64 vcpu_reg(struct vcpu *v, enum gpr reg);
void vcpu_set_reg(struct vcpu *v, enum gpr reg, u64 value);
void vcpu_advance(struct vcpu *v, u64 bytes);

/* walk.c: guest linear addresses */
struct walk {
	u64 gpa;
	bool encrypted;		/* private by C-bit or by mode */
	bool writable;
	bool user;
};

int walk_linear(struct vcpu *v, u64 linear, struct walk *out);
int guest_read(struct vcpu *v, u64 linear, void *buf, u64 size);
int guest_write(struct vcpu *v, u64 linear, const void *buf, u64 size);
u32 guest_fetch(struct vcpu *v, u8 *buf, u32 size);

/* event.c */
void inject_exception(struct vcpu *v, u8 vector, s64 error_code);
void inject_gp(struct vcpu *v);
void inject_page_fault(struct vcpu *v, u64 linear, u64 error_code);
int inject_frame(struct vcpu *v, u8 vector, const u64 *error_code);
void inject_interrupt(struct vcpu *v, u8 vector);

/* npt.c */
void mem_lock(void);
void mem_unlock(void);
void npt_init(void);
u64 npt_root(u32 level, bool paging);
void npt_update(u64 gpa);
bool npt_fill(u32 level, u64 gpa, bool private_view);
void npt_shootdown(void);
bool npt_enter(struct vcpu *v);

/* apic.c */
void apic_reset(struct vcpu *v, u32 level);
void apic_scan(struct vcpu *v, u32 level, struct vapic_out *out);
void apic_post(struct vcpu *v, u32 level, u8 vector, bool level_triggered);
void apic_send(struct vcpu *from, u32 level, const struct vapic_ipi *ipi);
int apic_msr_read(struct vcpu *v, u32 level, u32 msr, u64 *val);
int apic_msr_write(struct vcpu *v, u32 level, u32 msr, u64 val);
void apic_effect(struct vcpu *v, u32 level, const struct vapic_effect *eff);
u32 apic_os_level(void);
void apic_set_os_level(u32 level);

/* counters.c */
void counters_print(void);

/* power.c */
void guest_end(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));
void guest_power(u8 code) __attribute__((noreturn));

/* io.c, msr.c, mmio.c: what the host answers */
u32 io_in(struct vcpu *v, u16 port, u32 size);
void io_out(struct vcpu *v, u16 port, u32 size, u32 value);
int host_msr_read(struct vcpu *v, u32 msr, u64 *val);
int host_msr_write(struct vcpu *v, u32 msr, u64 val);
bool mmio_direct(u64 pa);
int mmio_read(struct vcpu *v, u64 pa, void *buf, u32 size);
int mmio_write(struct vcpu *v, u64 pa, const void *buf, u32 size);

#endif /* MACHINE_VCPU_H */
