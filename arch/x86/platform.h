/* SPDX-License-Identifier: MIT */
/*
 * What this folder asks of the platform that it is linked with, arch/snp or
 * arch/tdx. Where a function can fail, 0 or true is success.
 */
#ifndef X86_PLATFORM_H
#define X86_PLATFORM_H

#include <x86/exception.h>
#include <x86/percpu.h>

/** platform_in8() - read a port of the host, -1 if it does not answer */
int platform_in8(u16 port, u8 *val);

/** platform_out8() - write a port of the host, -1 if it does not answer */
int platform_out8(u16 port, u8 val);

/** platform_rdmsr() - read an MSR of this CPU that the host emulates */
int platform_rdmsr(u32 msr, u64 *val);

/** platform_wrmsr() - write an MSR of this CPU that the host emulates */
int platform_wrmsr(u32 msr, u64 val);

/** platform_cpu() - the part of this folder of CPU @index */
struct x86_cpu *platform_cpu(u32 index);

/**
 * platform_exception() - an exception or interrupt that this folder has no
 * answer to
 * @frame: what it interrupted; changes take effect on return
 *
 * Return: false if it cannot be survived.
 */
bool platform_exception(struct exception_frame *frame);

/**
 * platform_collect_events() - move what the host signalled to @cpu->events
 * @cpu: this CPU
 */
void platform_collect_events(struct x86_cpu *cpu);

/**
 * platform_accept_range() - make fresh RAM private memory of the guest
 * @start: GPA, page-aligned
 * @end: GPA, page-aligned; may be @start
 *
 * At start only. Zeroes it; ends the image if it cannot be done.
 */
void platform_accept_range(u64 start, u64 end);

/**
 * platform_grant_range() - give the guest memory that the IGVM file filled
 * @start: GPA, page-aligned
 * @end: GPA, page-aligned
 *
 * At start only; ends the image if it cannot be done.
 */
void platform_grant_range(u64 start, u64 end);

#endif /* X86_PLATFORM_H */
