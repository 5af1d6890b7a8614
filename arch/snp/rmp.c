// SPDX-License-Identifier: MIT
/*
 * PVALIDATE, RMPADJUST (AMD APM volume 3) and what makes them take effect in
 * the TLBs of other CPUs. Both can fault when the host takes the page away.
 */
#include <svsm/log.h>
#include <x86/extable.h>
#include "snp.h"

/* CPU has INVLPGB and the host did not disable it. */
static bool broadcast;

/**
 * rmp_validate() - PVALIDATE
 * @addr: GPA, aligned to the page
 * @large: 2 MiB instead of 4 KiB
 * @valid: accept the page, or give it up
 *
 * Return: RMP_OK, RMP_UNCHANGED if it was in this state, RMP_FAULT, or what
 * the instruction says.
 */
enum rmp_result rmp_validate(u64 addr, bool large, bool valid)
{
	u32 result = RMP_FAULT;
	u8 unchanged = 0;

	/* eax is overwritten only when the instruction completes. */
	asm volatile("1: .byte 0xF2, 0x0F, 0x01, 0xFF\n\t"
		     "setc %1\n\t"
		     "movl %%eax, %0\n"
		     "2:\n\t"
		     EXTABLE(1b, 2b)
		     : "+r" (result), "+q" (unchanged), "+a" (addr)
		     : "c" ((u64)large), "d" ((u64)valid)
		     : "cc", "memory");
	if (result == RMP_OK && unchanged)
		return RMP_UNCHANGED;
	return result;
}

/**
 * rmp_adjust() - RMPADJUST
 * @addr: GPA, aligned to the page
 * @large: 2 MiB instead of 4 KiB
 * @attributes: target VMPL, its permissions, RMP_VMSA
 *
 * Return: RMP_OK, RMP_FAULT, or what the instruction says.
 */
enum rmp_result rmp_adjust(u64 addr, bool large, u64 attributes)
{
	u32 result = RMP_FAULT;

	asm volatile("1: .byte 0xF3, 0x0F, 0x01, 0xFE\n\t"
		     "movl %%eax, %0\n"
		     "2:\n\t"
		     EXTABLE(1b, 2b)
		     : "+r" (result), "+a" (addr)
		     : "c" ((u64)large), "d" (attributes)
		     : "cc", "memory");
	return result;
}

/* RAX of INVLPGB: the ASID in EDX counts (0: this guest's), global pages too */
#define INVLPGB_ALL	(BIT_ULL(2) | BIT_ULL(3))

/* INVLPGB of everything, then TLBSYNC: wait for all CPUs. */
static bool flush_all(void)
{
	bool done = false;

	asm volatile("1: .byte 0x0F, 0x01, 0xFE\n\t"
		     ".byte 0x0F, 0x01, 0xFF\n\t"
		     "movb $1, %0\n"
		     "2:\n\t"
		     EXTABLE(1b, 2b)
		     : "+q" (done)
		     : "a" (INVLPGB_ALL), "c" (0), "d" (0)
		     : "cc", "memory");
	return done;
}

/**
 * rmp_flush_init() - find out whether TLBs of other CPUs can be flushed
 *
 * Asked of the CPU itself and not of the CPUID page, whose bits the host may
 * have cleared. All processors with SNP have the instruction; where it is an
 * invalid opcode the machine below has no TLB of its own, and a change of the
 * RMP takes effect at once.
 */
void rmp_flush_init(void)
{
	broadcast = flush_all();
	if (!broadcast)
		svsm_log(LOG_INFO, "no INVLPGB: RMP changes are not broadcast");
}

/**
 * rmp_flush() - make reduced permissions hold on every CPU
 *
 * RMP permissions are checked when a TLB entry is made: without this another
 * vCPU of the guest could go on writing to a page that was taken from it.
 */
void rmp_flush(void)
{
	if (broadcast && !flush_all())
		host_failed("INVLPGB was taken away");
}
