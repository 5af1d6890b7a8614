/* SPDX-License-Identifier: MIT */
/*
 * One instruction executed under observation: what it leaves in the registers,
 * or which exception it raises.
 */
#ifndef SELFTESTS_ATTEMPT_H
#define SELFTESTS_ATTEMPT_H

#include <svsm/types.h>

#define VECTOR_UD	6
#define VECTOR_DF	8
#define VECTOR_GP	13
#define VECTOR_PF	14

#define RFLAGS_CF	BIT(0)
#define RFLAGS_RF	BIT(16)

/**
 * struct attempt - one instruction of try.S, executed under observation
 * @rax: @rbx: @rcx: @rdx: @rsi: @rdi: registers before, and after if no trap
 * @rflags: after; if it trapped, as they were pushed
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
void insn_in_imm(void);			/* port 0x80 */
void insn_inw(void);
void insn_inl(void);
void insn_out(void);
void insn_out_imm(void);
void insn_outw(void);
void insn_outl(void);
void insn_ins(void);
void insn_insl(void);
void insn_rep_ins(void);
void insn_outs(void);
void insn_outsw(void);
void insn_rep_outs(void);
void insn_hlt(void);
void insn_rdpmc(void);
void insn_rdtsc(void);
void insn_rdtscp(void);
void insn_vmmcall(void);
void insn_vmcall(void);
void insn_tdcall(void);
void insn_seamcall(void);
void insn_vmlaunch(void);
void insn_vmxoff(void);
void insn_vmrun(void);
void insn_stgi(void);
void insn_wbinvd(void);
void insn_invd(void);
void insn_monitor(void);
void insn_mwait(void);
void insn_read_dr7(void);
void insn_write_dr7(void);
void insn_read_cr0(void);
void insn_write_cr0(void);
void insn_lmsw(void);
void insn_clts(void);
void insn_read_cr4(void);
void insn_write_cr4(void);
void insn_write_cr4_rdi(void);
void insn_ud2(void);
void insn_int3(void);
void insn_ret(void);
void insn_vmgexit(void);		/* [rdi] = rax, [rdi + 8] = rcx after it */

/* try.S */
extern u64 guest_attempt_rsp, guest_attempt_stop[];
extern u8 guest_user_text[], guest_user_text_end[], guest_user_stack[];

/* attempt.c */
extern volatile u64 guest_irqs[256];	/* interrupts and the like taken */
extern void (*guest_irq_hook)(u32 vector);

void guest_attempt(void (*insn)(void), struct attempt *a);
void guest_attempt_user(void (*insn)(void), struct attempt *a);
bool guest_trap(const struct attempt *a, u8 vector, u64 error,
		const char *name);
void guest_none(const struct attempt *a, const char *name);

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

#endif /* SELFTESTS_ATTEMPT_H */
