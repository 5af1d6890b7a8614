/* SPDX-License-Identifier: MIT */
/*
 * Exceptions: the frame that idt.S builds, and how the image ends.
 */
#ifndef X86_EXCEPTION_H
#define X86_EXCEPTION_H

#define VECTOR_NMI	2
#define VECTOR_UD	6
#define VECTOR_DF	8
#define VECTOR_GP	13
#define VECTOR_PF	14
#define VECTOR_MC	18
#define VECTOR_HV	28
#define VECTOR_VC	29

/*
 * EVENT_WINDOW: code in which an event from the host that was not yet looked
 * at must send the CPU to @cancel (SNP: idt.S, vector 28; TDX: interrupt.c).
 */
#ifdef __ASSEMBLER__

.macro EVENT_WINDOW start, end, cancel
	.pushsection .event_windows, "a"
	.long \start, \end, \cancel
	.popsection
.endm

#else

#include <svsm/types.h>

struct exception_frame {
	u64 rax, rcx, rdx, rbx, rbp, rsi, rdi;
	u64 r8, r9, r10, r11, r12, r13, r14, r15;
	u64 vector;
	u64 error;
	u64 rip, cs, rflags, rsp, ss;
};

struct event_window {
	u32 start;
	u32 end;
	u32 cancel;
};

void exception_handle(struct exception_frame *frame);
bool exception_recover(struct exception_frame *frame);
void exception_log(const char *text, u64 val);

#endif /* __ASSEMBLER__ */
#endif /* X86_EXCEPTION_H */
