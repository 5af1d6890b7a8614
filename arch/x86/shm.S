/* SPDX-License-Identifier: MIT */
/*
 * arch_shm_*() of include/svsm/arch.h: accesses to memory that a peer can take
 * away. An instruction that may fault has an entry in the exception table and
 * goes on at "lost" (false). The caller's variable is written after the access
 * succeeded, never before.
 */
#include <x86/extable.h>

	.text

	.balign	16
lost:
	xorl	%eax, %eax
	ret

.macro FUNCTION name
	.balign	16
	.globl	\name
	.type	\name, @function
\name:
.endm

.macro SUCCESS
	movl	$1, %eax
	ret
.endm

/* bool (void *dst, const void *src, size_t size) */
FUNCTION arch_shm_copy_in
	movq	%rdx, %rcx
1:	rep movsb
	EXTABLE 1b, lost
	SUCCESS

FUNCTION arch_shm_copy_out
	movq	%rdx, %rcx
1:	rep movsb
	EXTABLE 1b, lost
	SUCCESS

/* bool (void *dst, size_t size); words first: whole pages are the rule */
FUNCTION arch_shm_zero
	xorl	%eax, %eax
	movq	%rsi, %rcx
	shrq	$3, %rcx
1:	rep stosq
	EXTABLE 1b, lost
	movl	%esi, %ecx
	andl	$7, %ecx
2:	rep stosb
	EXTABLE 2b, lost
	SUCCESS

/* bool (const uN *p, uN *val) */
FUNCTION arch_shm_read32
1:	movl	(%rdi), %ecx
	EXTABLE 1b, lost
	movl	%ecx, (%rsi)
	SUCCESS

FUNCTION arch_shm_read64
1:	movq	(%rdi), %rcx
	EXTABLE 1b, lost
	movq	%rcx, (%rsi)
	SUCCESS

/* bool (uN *p, uN val) */
FUNCTION arch_shm_write32
1:	movl	%esi, (%rdi)
	EXTABLE 1b, lost
	SUCCESS

FUNCTION arch_shm_write64
1:	movq	%rsi, (%rdi)
	EXTABLE 1b, lost
	SUCCESS

/* bool (u32 *p, u32 val, u32 *old) */
FUNCTION arch_shm_xchg32
1:	xchgl	%esi, (%rdi)
	EXTABLE 1b, lost
	movl	%esi, (%rdx)
	SUCCESS

/*
 * bool (u64 *p, u64 bits, u64 *old): only CMPXCHG returns the old value. A
 * peer that writes without end loses its page, not our time.
 */
#define FETCH_TRIES	1000

.macro FETCH_OP op
	movq	%rdx, %r8
	movl	$FETCH_TRIES, %r9d
1:	movq	(%rdi), %rax
	EXTABLE 1b, lost
2:	movq	%rax, %rcx
	\op	%rsi, %rcx
3:	lock cmpxchgq %rcx, (%rdi)
	EXTABLE 3b, lost
	je	4f
	decl	%r9d
	jnz	2b
	jmp	lost
4:	movq	%rax, (%r8)
	SUCCESS
.endm

FUNCTION arch_shm_fetch_or64
	FETCH_OP orq

FUNCTION arch_shm_fetch_and64
	FETCH_OP andq

/* bool (u64 *p, u64 expected, u64 val, u64 *old) */
FUNCTION arch_shm_cmpxchg64
	movq	%rsi, %rax
1:	lock cmpxchgq %rdx, (%rdi)
	EXTABLE 1b, lost
	movq	%rax, (%rcx)
	SUCCESS

	.section .note.GNU-stack, "", @progbits
