/* SPDX-License-Identifier: MIT */
/*
 * TDX, the SVSM as L1 of a TD: what the files of this folder know of each
 * other.
 */
#ifndef TDX_TDX_H
#define TDX_TDX_H

#include <svsm/arch.h>
#include <x86/exception.h>
#include <x86/percpu.h>
#include "tdcall.h"

#define VECTOR_VE		20
/* The first that the host may post; the module drops others. */
#define VECTOR_HOST_FIRST	31

/**
 * struct tdx - what the start found out; constant afterwards
 * @shared_bit: address bit of shared memory
 * @attributes: ATTRIBUTES of the TD
 * @vcpus: vCPUs that the TD has, by the module
 * @tsc_khz: 0 if unknown
 */
struct tdx {
	u64 shared_bit;
	u64 attributes;
	u32 vcpus;
	u32 tsc_khz;
};

extern struct tdx tdx;

/**
 * struct tdx_cpu - one CPU of the SVSM
 * @x86: first
 * @interrupted: an interrupt was taken in the window of interrupt.c
 * @nmi: an NMI came that was not yet reported
 */
struct tdx_cpu {
	struct x86_cpu x86;
	bool interrupted;
	bool nmi;
};

extern struct tdx_cpu tdx_cpus[SVSM_VCPUS_MAX];

static inline struct tdx_cpu *this_cpu(void)
{
	return (struct tdx_cpu *)x86_this_cpu();
}

/* main.c */
bool cpuid_native(u32 leaf, u32 *eax, u32 *ebx, u32 *ecx);

/* selftest.c */
void tdx_selftest(void);

/* ve.c */
bool ve_handle(struct exception_frame *frame);

/* interrupt.c */
void interrupt_handle(struct exception_frame *frame);
void interrupt_nmi(struct exception_frame *frame);

/* memory.c */
void memory_accept_own(void);
void memory_init(void);

/* smp.c */
void smp_load(struct tdx_cpu *cpu);
void smp_init(void);
void smp_start(void);

#endif /* TDX_TDX_H */
