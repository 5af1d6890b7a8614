// SPDX-License-Identifier: MIT
/*
 * Self-test of what only this platform has: instructions that come back as #VE
 * and are done by the host, a CPUID leaf that must not be, NMIs. Each is the
 * plain instruction; the same asked of the host directly, or written before,
 * says what has to come out.
 */
#include <svsm/log.h>
#include <x86/apic.h>
#include <x86/asm.h>
#include <x86/console.h>
#include <x86/paging.h>
#include <x86/platform.h>
#include "tdx.h"

/* Leaf of the hypervisor: never the module's */
#define CPUID_HOST		0x40000000

/* COM2's scratch register, the byte below it, and PCI's address register */
#define PORT_SCRATCH		0x2FF
#define PORT_SCRATCH_16		0x2FE
#define PORT_PCI_ADDRESS	0xCF8
#define PCI_ADDRESS		0x80001234U

#define MSR_X2APIC_DIVIDE	0x83E
#define MSR_X2APIC_SELF_IPI	0x83F
#define ICR_NMI			0x400

#define IOAPIC			0xFEC00000UL
#define IOAPIC_SELECT		0
#define IOAPIC_WINDOW		0x10
#define IOAPIC_ID		0
#define IOAPIC_REDIRECTION_HI	0x11

#define MARK			0x1122334455667788ULL

static bool test_cpuid(void)
{
	u32 eax = CPUID_HOST, ebx, ecx = 0, edx, host[4];

	asm volatile("cpuid" : "+a" (eax), "=b" (ebx), "+c" (ecx), "=d" (edx));
	return !vmcall_cpuid(CPUID_HOST, 0, host) && eax == host[0] &&
		ebx == host[1] && ecx == host[2] && edx == host[3];
}

static bool test_cpuid_native(void)
{
	u32 eax, ebx, ecx;

	return cpuid_native(0, &eax, &ebx, &ecx) && eax &&
		!cpuid_native(CPUID_HOST, &eax, &ebx, &ecx);
}

/* What a port access of less than 4 bytes leaves alone, it must. */
static bool test_ports(void)
{
	u64 byte = MARK, word = MARK, dword = MARK;

	asm volatile("outb %b0, %w1" : : "a" (0xA5), "d" (PORT_SCRATCH));
	asm volatile("inb %w1, %b0" : "+a" (byte) : "d" (PORT_SCRATCH));
	asm volatile("inw %w1, %w0" : "+a" (word) : "d" (PORT_SCRATCH_16));
	asm volatile("outl %k0, %w1"
		     : : "a" (PCI_ADDRESS), "d" (PORT_PCI_ADDRESS));
	asm volatile("inl %w1, %k0" : "+a" (dword) : "d" (PORT_PCI_ADDRESS));
	return byte == ((MARK & ~0xFFULL) | 0xA5) &&
		word >> 16 == MARK >> 16 && (word >> 8 & 0xFF) == 0xA5 &&
		dword == (PCI_ADDRESS & ~3U);
}

static bool test_msrs(void)
{
	u64 id, divide;

	/* 1 / 1; it means nothing to a deadline timer */
	wrmsr(MSR_X2APIC_DIVIDE, 0xB);
	divide = rdmsr(MSR_X2APIC_DIVIDE);
	return !platform_rdmsr(MSR_X2APIC_ID, &id) &&
		rdmsr(MSR_X2APIC_ID) == id && divide == 0xB;
}

/* The interrupt is there already: it must end the wait. */
static bool test_halt(void)
{
	struct host_events events;

	arch_host_events(&events);
	wrmsr(MSR_X2APIC_SELF_IPI, VECTOR_IPI);
	asm volatile("sti; hlt; cli" : : : "memory");
	arch_host_events(&events);
	return events.kicked;
}

static bool test_nmi(void)
{
	struct host_events events;

	arch_host_events(&events);
	if (platform_wrmsr(MSR_X2APIC_ICR,
			   ICR_FIXED(this_cpu()->x86.apic_id, ICR_NMI)))
		return false;
	/* Nothing else is there to end it. */
	arch_idle();
	arch_host_events(&events);
	return events.nmi;
}

static bool test_mmio(void)
{
	volatile u32 *select = (u32 *)(IOAPIC + IOAPIC_SELECT);
	volatile u32 *window = (u32 *)(IOAPIC + IOAPIC_WINDOW);
	u32 before, after;

	paging_map_device(IOAPIC);
	*select = IOAPIC_REDIRECTION_HI;
	before = *window;
	*window = before ^ 0x5A000000;
	/* Another register in between. */
	*select = IOAPIC_ID;
	after = *window;
	*select = IOAPIC_REDIRECTION_HI;
	after = *window;
	*window = before;
	return after == (before ^ 0x5A000000) && *window == before;
}

/**
 * tdx_selftest() - on the boot CPU, before the core's self-test
 *
 * Ends the confidential VM where something is not as it has to be.
 */
void tdx_selftest(void)
{
	static const struct {
		const char *name;
		bool (*run)(void);
	} tests[] = {
		{ "CPUID by the host", test_cpuid },
		{ "CPUID by the module only", test_cpuid_native },
		{ "ports", test_ports },
		{ "MSRs", test_msrs },
		{ "HLT", test_halt },
		{ "NMI", test_nmi },
		{ "MMIO", test_mmio },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(tests); i++) {
		if (tests[i].run())
			continue;
		svsm_log(LOG_ERROR, "platform self-test: %s", tests[i].name);
		arch_power_off(false);
	}
	svsm_log(LOG_INFO, "platform self-test: %u passed",
		 (u32)ARRAY_SIZE(tests));
}
