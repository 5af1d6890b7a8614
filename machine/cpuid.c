/* SPDX-License-Identifier: MIT */
/*
 * CPUID of the physical CPU, from which the platforms make what their guests
 * see, and the leaves that are the host's own on every platform.
 */
#include "cpu.h"
#include "machine.h"

#define MAX_HYPERVISOR	0x40000001

enum { EAX, EBX, ECX, EDX };

/**
 * cpuid_physical() - what this CPU says
 * @leaf: EAX
 * @subleaf: ECX
 * @out: EAX, EBX, ECX, EDX; zeroes for leaves that it does not have
 */
void cpuid_physical(u32 leaf, u32 subleaf, u32 out[4])
{
	u32 max[4];

	cpuid(leaf & 0x80000000, 0, max);
	if (leaf <= max[EAX])
		cpuid(leaf, subleaf, out);
	else
		memset(out, 0, 4 * sizeof(*out));
}

/**
 * cpuid_hypervisor() - leaves from 0x40000000 on
 * @leaf: EAX
 * @out: EAX, EBX, ECX, EDX
 */
void cpuid_hypervisor(u32 leaf, u32 out[4])
{
	memset(out, 0, 4 * sizeof(*out));
	if (leaf == 0x40000000) {
		out[EAX] = MAX_HYPERVISOR;
		/* Linux keeps x2APIC without remapping only for names it knows */
		memcpy(&out[EBX], "KVMKVMKVM\0\0\0", 12);
	}
}
