// SPDX-License-Identifier: MIT
/*
 * TDG.VP.VMCALL: which registers the TDX module passes on, and what the host
 * answers (GHCI specification 1.5, chapter 3). HLT, which waits, is in irq.c;
 * MapGPA in page.c; ReportFatalError in ends.c.
 */
#include "guest.h"

#define BIT_R10		BIT(10)
#define BIT_R11		BIT(11)
#define BIT_R12		BIT(12)
#define BIT_R13		BIT(13)
#define BIT_R14		BIT(14)
#define BIT_R15		BIT(15)
#define CPUID_HOST	0x40000000

#define COM1_SCRATCH	0x3FF
#define PCI_ADDRESS	0xCF8
#define PCI_DATA	0xCFC
#define IOAPIC		(0xFEC00000UL | rt_shared_bit)
#define IOAPIC_WINDOW	(IOAPIC + 0x10)
#define IOAPIC_ID	0
#define IOAPIC_VERSION	1
#define APIC_BASE	0xFEE00D00	/* BSP, enabled, x2APIC */

/* Header of a quote's buffer. */
#define QUOTE_UNAVAILABLE	0x8000000000000001
#define QUOTE_SIZE		(2 * PAGE_SIZE)

static u8 buffer[QUOTE_SIZE] __attribute__((aligned(4096)));

/* VMCALL with a mask of one's choice. */
static u64 masked(u64 mask, u64 r11, u64 r12)
{
	td = (struct tdx_args) {
		.rcx = mask, .rdx = PATTERN, .rbx = PATTERN, .rsi = PATTERN,
		.rdi = PATTERN, .r8 = PATTERN, .r9 = PATTERN, .r11 = r11,
		.r12 = r12, .r13 = 0, .r14 = PATTERN, .r15 = PATTERN,
	};
	rt_tdcall(&td);
	return td.rax;
}

static void masks(void)
{
	static const u64 bad[] = {
		BIT(0), BIT(1), BIT(4), BIT(32), BIT(47), BIT(63),
	};
	u64 ebx, ecx, edx;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		guest_equal(masked(VMCALL_REGS | bad[i], VMCALL_CPUID, CPUID_HOST),
			    TDX_OPERAND_INVALID | RCX,
			    "VMCALL that exposes what it must not");
		guest_ok(td.r11 == VMCALL_CPUID && td.r12 == CPUID_HOST &&
			 td.r15 == PATTERN, "the host was not asked");
	}
	guest_equal(masked(VMCALL_REGS, VMCALL_CPUID, CPUID_HOST), TDX_SUCCESS,
		    "VMCALL with R10-R15");
	guest_equal(td.r10, VMCALL_SUCCESS, "CPUID by the host");
	guest_ok(td.rcx == VMCALL_REGS && td.rdx == PATTERN && td.rbx == PATTERN &&
		 td.rsi == PATTERN && td.rdi == PATTERN && td.r8 == PATTERN &&
		 td.r9 == PATTERN, "registers that are not exposed stay");
	ebx = td.r13;
	ecx = td.r14;
	edx = td.r15;
	guest_equal(masked(VMCALL_REGS | 0xFFFF0000, VMCALL_CPUID, CPUID_HOST),
		    TDX_SUCCESS, "XMM registers may be exposed");
	guest_ok(td.r10 == VMCALL_SUCCESS && td.r13 == ebx, "to the same end");

	guest_equal(masked(0, VMCALL_CPUID, CPUID_HOST), TDX_SUCCESS,
		    "VMCALL that exposes nothing");
	guest_ok(td.r10 == 0 && td.r11 == VMCALL_CPUID && td.r12 == CPUID_HOST &&
		 td.r13 == 0 && td.r15 == PATTERN, "changes nothing");
	masked(VMCALL_REGS & ~BIT_R11, VMCALL_CPUID, CPUID_HOST);
	guest_equal(td.r10, VMCALL_UNSUPPORTED,
		    "the host sees 0 where R11 is not exposed");
	guest_equal(td.r11, VMCALL_CPUID, "and R11 stays");
	masked(BIT_R10 | BIT_R11 | BIT_R12 | BIT_R14, VMCALL_CPUID, CPUID_HOST);
	guest_ok(!td.r10 && td.r13 == 0 && td.r14 == ecx && td.r15 == PATTERN,
		 "an answer comes in the exposed registers alone");
	masked(BIT_R10 | BIT_R11 | BIT_R13 | BIT_R14 | BIT_R15, VMCALL_CPUID,
	       CPUID_HOST);
	guest_ok(!td.r10 && td.r12 == CPUID_HOST &&
		 !(td.r13 == ebx && td.r14 == ecx && td.r15 == edx),
		 "an operand goes in the exposed registers alone");
}

static u64 io(u64 size, u64 write, u64 port, u64 value)
{
	return td_vmcall(VMCALL_IO, size, write, port, value);
}

static void ports(void)
{
	guest_equal(io(1, 1, COM1_SCRATCH, 0x5A), VMCALL_SUCCESS, "IO: write");
	guest_equal(io(1, 0, COM1_SCRATCH, PATTERN), VMCALL_SUCCESS, "IO: read");
	guest_equal((u8)td.r11, 0x5A, "gives what was written");
	guest_equal(io(4, 1, PCI_ADDRESS, 0x80000000), VMCALL_SUCCESS,
		    "IO: write of 4 bytes");
	guest_equal(io(4, 0, PCI_ADDRESS, 0), VMCALL_SUCCESS, "IO: read of 4 bytes");
	guest_equal((u32)td.r11, 0x80000000, "gives what was written");
	guest_equal(io(2, 0, PCI_DATA, 0), VMCALL_SUCCESS, "IO: read of 2 bytes");
	guest_equal((u16)td.r11, 0x8086, "gives the vendor of the bridge");
	guest_equal(io(3, 0, COM1_SCRATCH, 0), VMCALL_INVALID_OPERAND,
		    "IO: 3 bytes");
	guest_equal(io(8, 0, COM1_SCRATCH, 0), VMCALL_INVALID_OPERAND,
		    "IO: 8 bytes");
	guest_equal(io(0, 0, COM1_SCRATCH, 0), VMCALL_INVALID_OPERAND,
		    "IO: no bytes");
	guest_equal(io(1, 2, COM1_SCRATCH, 0), VMCALL_INVALID_OPERAND,
		    "IO: neither read nor write");
	guest_equal(io(1, 0, 0x10000 | COM1_SCRATCH, 0), VMCALL_INVALID_OPERAND,
		    "IO: no such port");
}

static void msrs(void)
{
	guest_equal(td_vmcall(VMCALL_RDMSR, MSR_APIC_BASE, 0, 0, 0),
		    VMCALL_SUCCESS, "RDMSR of APIC_BASE");
	guest_equal(td.r11, APIC_BASE, "the first vCPU's, in x2APIC mode");
	guest_equal(td_vmcall(VMCALL_RDMSR, MSR_X2APIC_ID, 0, 0, 0),
		    VMCALL_SUCCESS, "RDMSR of the APIC's ID");
	guest_equal(td.r11, 0, "it is 0");
	guest_equal(td_vmcall(VMCALL_WRMSR, MSR_X2APIC_SVR, 0x1EE, 0, 0),
		    VMCALL_SUCCESS, "WRMSR of the APIC's SVR");
	guest_equal(td_vmcall(VMCALL_RDMSR, MSR_X2APIC_SVR, 0, 0, 0),
		    VMCALL_SUCCESS, "RDMSR of it");
	guest_equal(td.r11, 0x1EE, "gives what was written");
	guest_equal(td_vmcall(VMCALL_WRMSR, MSR_APIC_BASE, 0xFEE00900, 0, 0),
		    VMCALL_INVALID_OPERAND, "WRMSR of APIC_BASE: x2APIC stays");
	guest_equal(td_vmcall(VMCALL_RDMSR, 0x12345678, 0, 0, 0),
		    VMCALL_INVALID_OPERAND, "RDMSR of what does not exist");
	guest_equal(td_vmcall(VMCALL_WRMSR, 0x12345678, 0, 0, 0),
		    VMCALL_INVALID_OPERAND, "WRMSR of what does not exist");
	guest_equal(td_vmcall(VMCALL_WRMSR, MSR_X2APIC_SVR, BIT(32), 0, 0),
		    VMCALL_INVALID_OPERAND, "WRMSR of a reserved bit");
}

static u64 mmio(u64 size, u64 write, u64 gpa, u64 value)
{
	return td_vmcall(VMCALL_MMIO, size, write, gpa, value);
}

static void memory_io(void)
{
	guest_equal(mmio(4, 1, IOAPIC, IOAPIC_VERSION), VMCALL_SUCCESS,
		    "MMIO: write");
	guest_equal(mmio(4, 0, IOAPIC_WINDOW, PATTERN), VMCALL_SUCCESS,
		    "MMIO: read");
	guest_equal(td.r11 >> 16 & 0xFF, 23, "the IO-APIC has 24 inputs");
	mmio(4, 1, IOAPIC, IOAPIC_ID);
	guest_equal(mmio(4, 1, IOAPIC_WINDOW, 5 << 24), VMCALL_SUCCESS,
		    "MMIO: write of its ID");
	guest_equal(mmio(4, 0, IOAPIC_WINDOW, 0), VMCALL_SUCCESS, "MMIO: read");
	guest_equal((u32)td.r11, 5 << 24, "gives what was written");
	guest_equal(mmio(1, 0, IOAPIC, 0), VMCALL_SUCCESS, "MMIO: read of a byte");
	guest_equal(mmio(3, 0, IOAPIC, 0), VMCALL_INVALID_OPERAND,
		    "MMIO: 3 bytes");
	guest_equal(mmio(16, 0, IOAPIC, 0), VMCALL_INVALID_OPERAND,
		    "MMIO: 16 bytes");
	guest_equal(mmio(4, 2, IOAPIC, 0), VMCALL_INVALID_OPERAND,
		    "MMIO: neither read nor write");
}

static u64 quote(u64 gpa, u64 size)
{
	return td_vmcall(VMCALL_GET_QUOTE, gpa, size, 0, 0);
}

static void quotes(void)
{
	u64 gpa = (u64)buffer;
	volatile u64 *words = (u64 *)buffer;

	words[0] = 1;			/* version */
	words[2] = 1024;		/* length of the report, of the quote */
	guest_equal(quote(gpa, QUOTE_SIZE), VMCALL_INVALID_OPERAND,
		    "GetQuote by private memory");
	guest_equal(quote(gpa | rt_shared_bit, QUOTE_SIZE), VMCALL_INVALID_OPERAND,
		    "GetQuote by memory that is not shared yet");
	guest_equal(words[1], 0, "is not answered there");
	if (td_map_gpa(gpa, QUOTE_SIZE, true))
		guest_fail("MapGPA");
	rt_map_page(buffer, false);
	rt_map_page(buffer + PAGE_SIZE, false);
	gpa |= rt_shared_bit;
	guest_equal(quote(gpa + 8, PAGE_SIZE), VMCALL_ALIGN_ERROR,
		    "GetQuote: address is not aligned");
	guest_equal(quote(gpa, PAGE_SIZE + 8), VMCALL_ALIGN_ERROR,
		    "GetQuote: size is not aligned");
	guest_equal(quote(gpa, 0), VMCALL_INVALID_OPERAND, "GetQuote: no size");
	words[0] = 1;
	words[1] = 0;			/* status */
	words[2] = 1024;
	words[3] = 0x81;
	guest_equal(quote(gpa, QUOTE_SIZE), VMCALL_SUCCESS, "GetQuote");
	guest_equal(words[1], QUOTE_UNAVAILABLE, "says that there is no such service");
	guest_equal(words[2], 1024, "and gives no quote");
	guest_equal(words[3], 0x81, "the report stays");
}

static void others(void)
{
	static const u64 unknown[] = {
		0, 1, 11, 28, 0x1FFFF, 0x10003 + (1UL << 32), ~0UL,
	};
	u32 i;

	guest_equal(td_vmcall(VMCALL_INFO, 0, PATTERN, PATTERN, PATTERN),
		    VMCALL_SUCCESS, "GetTdVmCallInfo");
	guest_ok(!td.r11 && !td.r12 && !td.r13 && !td.r14,
		 "all of the base functions are there");
	guest_equal(td_vmcall(VMCALL_EVENT_NOTIFY, 31, 0, 0, 0),
		    VMCALL_INVALID_OPERAND, "event notification by vector 31");
	guest_equal(td_vmcall(VMCALL_EVENT_NOTIFY, 256, 0, 0, 0),
		    VMCALL_INVALID_OPERAND, "event notification by vector 256");
	guest_equal(td_vmcall(VMCALL_EVENT_NOTIFY, 32, 0, 0, 0), VMCALL_SUCCESS,
		    "event notification by vector 32");
	guest_equal(td_vmcall(VMCALL_EVENT_NOTIFY, 255, 0, 0, 0), VMCALL_SUCCESS,
		    "event notification by vector 255");
	guest_equal(quote((u64)buffer | rt_shared_bit, QUOTE_SIZE), VMCALL_SUCCESS,
		    "GetQuote again");
	guest_equal(rt_rdmsr(MSR_X2APIC_IRR + 7) >> 31, 1, "vector 255 tells of its end");
	for (i = 0; i < ARRAY_SIZE(unknown); i++)
		guest_equal(td_vmcall(unknown[i], 0, 0, 0, 0), VMCALL_UNSUPPORTED,
			    "unknown function");
}

/** guest_main() - see the top of this file */
void guest_main(void)
{
	td_init();
	guest_plan(12 + 11 + 13 + 11 + 10 + 10 + 15);
	masks();
	ports();
	msrs();
	memory_io();
	quotes();
	others();
}
