/* SPDX-License-Identifier: MIT */
/*
 * Library of the bare payloads: programs on machine/stub/rt that test what
 * the machine gives its guests. Results are KTAP lines on COM1; the end is a
 * write to isa-debug-exit: GUEST_PASS or GUEST_FAIL.
 */
#ifndef SELFTESTS_GUEST_H
#define SELFTESTS_GUEST_H

#include <rt/rt.h>

#define DEBUG_EXIT_PORT	0xF4
#define GUEST_PASS	0x10
#define GUEST_FAIL	0x12

#define VECTOR_UD	6
#define VECTOR_GP	13
#define VECTOR_PF	14
#define VECTOR_HV	28
#define VECTOR_VC	29

#define VC_NPF			0x400
#define VC_NOT_VALIDATED	0x404

#define NAE_CPUID		0x72
#define NAE_AP_CREATION		0x80000013
#define NAE_HV_DOORBELL		0x80000014
#define NAE_HV_IPI		0x80000015
#define NAE_RUN_VMPL		0x80000018
#define NAE_HV_FEATURES		0x8000FFFD

#define HV_FEATURE_ONE_EXIT	BIT(48)
#define HV_FEATURE_DEADLINE	BIT(49)

/* RMPADJUST: permissions at 15:8 of RDX, VMSA at 16. */
#define PERM_R		BIT(8)
#define PERM_W		BIT(9)
#define PERM_UX		BIT(10)
#define PERM_SX		BIT(11)
#define PERM_ALL	(PERM_R | PERM_W | PERM_UX | PERM_SX)
#define RMP_VMSA	BIT(16)

/* Result in info1 and codes in info2 for malformed GHCB input. */
#define GHCB_MALFORMED		2
#define GHCB_NOT_REGISTERED	1
#define GHCB_BAD_USAGE		2
#define GHCB_BAD_SCRATCH	3
#define GHCB_MISSING_INPUT	4
#define GHCB_BAD_INPUT		5
#define GHCB_BAD_EVENT		6

/**
 * struct attempt - one instruction of try.S, executed under observation
 * @rax: @rbx: @rcx: @rdx: @rsi: @rdi: registers before, and after if no trap
 * @rflags: after, if no trap
 * @vector: of the exception that it raised, -1 for none
 * @error: its error code
 * @rip: @cs: @rsp: @cr2: where it was raised
 * @frame: where its frame was pushed
 */
struct attempt {
	u64 rax, rbx, rcx, rdx, rsi, rdi;
	u64 rflags;
	s64 vector;
	u64 error, rip, cs, rsp, cr2;
	u64 frame;
};

#define RFLAGS_CF	BIT(0)

/* try.S; all of them work at CPL 0 and CPL 3 */
void insn_pvalidate(void);		/* rax, rcx, rdx */
void insn_rmpadjust(void);
void insn_rmpquery(void);
void insn_read(void);			/* rcx = [rax] */
void insn_write(void);			/* [rax] = ecx */
void insn_call(void);			/* call rax */
void insn_cpuid(void);
void insn_rdmsr(void);
void insn_wrmsr(void);
void insn_in(void);
void insn_out(void);
void insn_ins(void);
void insn_outs(void);
void insn_rdpmc(void);
void insn_rdtsc(void);
void insn_rdtscp(void);
void insn_vmmcall(void);
void insn_wbinvd(void);
void insn_invd(void);
void insn_monitor(void);
void insn_mwait(void);
void insn_read_dr7(void);
void insn_write_dr7(void);
void insn_ud2(void);
void insn_int3(void);
void insn_ret(void);
void insn_vmgexit(void);		/* [rdi] = rax, [rdi + 8] = rcx after it */

/* try.S */
void guest_attempt(void (*insn)(void), struct attempt *a);
void guest_attempt_user(void (*insn)(void), struct attempt *a);
extern u64 guest_attempt_rsp, guest_attempt_stop[];
extern u8 guest_user_text[], guest_user_text_end[], guest_user_stack[];

/* lib.c */
void guest_main(void);			/* the payload */
extern volatile u64 guest_irqs[256];	/* interrupts and #HV taken */
extern void (*guest_irq_hook)(u32 vector);
extern struct igvm_payload igvm_payload_page;

bool guest_is(const char *test);	/* command line of the image */
void guest_init(void);
void guest_plan(u32 tests);
void guest_ok(bool good, const char *name);
bool guest_trap(const struct attempt *a, u8 vector, u64 error,
		const char *name);
void guest_none(const struct attempt *a, const char *name);
void guest_done(void) __attribute__((noreturn));
void guest_fail(const char *why) __attribute__((noreturn));
void guest_share(void *page);		/* make a page of the image shared */
int guest_msr_read(u32 msr, u64 *value);
int guest_msr_write(u32 msr, u64 value);
int guest_x2apic_on(void);

static inline void guest_pvalidate(struct attempt *a, u64 va, u64 size, u64 on)
{
	*a = (struct attempt) { .rax = va, .rcx = size, .rdx = on };
	guest_attempt(insn_pvalidate, a);
}

static inline void guest_rmpadjust(struct attempt *a, u64 va, u64 size, u64 rdx)
{
	*a = (struct attempt) { .rax = va, .rcx = size, .rdx = rdx };
	guest_attempt(insn_rmpadjust, a);
}

static inline void guest_read(struct attempt *a, u64 va)
{
	*a = (struct attempt) { .rax = va };
	guest_attempt(insn_read, a);
}

static inline void guest_write(struct attempt *a, u64 va, u64 value)
{
	*a = (struct attempt) { .rax = va, .rcx = value };
	guest_attempt(insn_write, a);
}

#endif /* SELFTESTS_GUEST_H */
