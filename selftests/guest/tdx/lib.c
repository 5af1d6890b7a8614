// SPDX-License-Identifier: MIT
/*
 * Small helpers for the bare payloads of TDX.
 */
#include "guest.h"

#define AP_STACK	8192
#define APS		7
#define WAIT_TSC	4000000000UL

struct tdx_args td;
struct ve_info td_ve;
bool td_keep_ve;

/* ap.S */
extern u8 td_ap_entry[];
extern struct {
	u16 limit;
	u64 base;
} __attribute__((packed)) td_ap_idtr;

static u8 ap_stacks[APS][AP_STACK] __attribute__((aligned(16)));

/** guest_end() - see ktap.h */
void guest_end(u32 value)
{
	rt_out(DEBUG_EXIT_PORT, 4, value);
	rt_terminate((u8)value);
}

/** td_init() - alias of shared memory, and the KTAP header */
void td_init(void)
{
	u64 i;

	for (i = 0; i < 512; i++)
		rt_window[i] = i * PAGE_2M | rt_shared_bit | PTE_PS | PTE_W | PTE_P;
	rt_pdpt[RT_WINDOW / GIB] = (u64)rt_window | PTE_W | PTE_P;
	rt_flush();
	rt_print("KTAP version 1\n");
}

/**
 * td_call() - TDCALL; the registers afterwards are in @td
 * @leaf: RAX: number, version and what should be 0
 * @rcx: @rdx: @r8: @r9: operands; all others hold PATTERN
 *
 * Return: status.
 */
u64 td_call(u64 leaf, u64 rcx, u64 rdx, u64 r8, u64 r9)
{
	td = (struct tdx_args) {
		.rax = leaf, .rcx = rcx, .rdx = rdx, .r8 = r8, .r9 = r9,
		.rbx = PATTERN, .rsi = PATTERN, .rdi = PATTERN,
		.r10 = PATTERN, .r11 = PATTERN, .r12 = PATTERN,
		.r13 = PATTERN, .r14 = PATTERN, .r15 = PATTERN,
	};
	rt_tdcall(&td);
	return td.rax;
}

/** td_read_ve() - TDG.VP.VEINFO.GET to @td_ve; does not touch @td */
void td_read_ve(void)
{
	struct tdx_args args = { .rax = TDG_VP_VEINFO_GET };

	rt_tdcall(&args);
	td_ve = (struct ve_info) {
		.status = args.rax, .reason = args.rcx,
		.qualification = args.rdx, .gla = args.r8, .gpa = args.r9,
		.length = (u32)args.r10, .info = (u32)(args.r10 >> 32),
	};
}

/** guest_trapped() - read the information that a #VE comes with */
void guest_trapped(const struct attempt *a)
{
	if (a->vector == VECTOR_VE && !td_keep_ve)
		td_read_ve();
}

/**
 * td_is_ve() - did the attempt raise #VE with this information?
 * @a: attempt
 * @reason: @qualification: @length: expected
 */
bool td_is_ve(const struct attempt *a, u64 reason, u64 qualification, u32 length)
{
	if (a->vector == VECTOR_VE && !td_ve.status && td_ve.reason == reason &&
	    td_ve.qualification == qualification && td_ve.length == length)
		return true;
	rt_print("# exception %d; #VE: status 0x%lx reason %lu qualification 0x%lx length %u\n",
		 (s32)a->vector, td_ve.status, td_ve.reason, td_ve.qualification,
		 td_ve.length);
	return false;
}

/** td_ok_ve() - result: td_is_ve() */
void td_ok_ve(const struct attempt *a, u64 reason, u64 qualification,
	      u32 length, const char *name)
{
	guest_ok(td_is_ve(a, reason, qualification, length), name);
}

/**
 * td_vmcall() - a request to the host; the registers afterwards are in @td
 * @function: VMCALL_*
 * @r12: @r13: @r14: @r15: operands
 *
 * Return: the host's status; it is the end if the TDX module refused.
 */
u64 td_vmcall(u64 function, u64 r12, u64 r13, u64 r14, u64 r15)
{
	td = (struct tdx_args) {
		.rcx = VMCALL_REGS, .rdx = PATTERN, .rbx = PATTERN,
		.rsi = PATTERN, .rdi = PATTERN, .r8 = PATTERN, .r9 = PATTERN,
		.r11 = function, .r12 = r12, .r13 = r13, .r14 = r14, .r15 = r15,
	};
	rt_tdcall(&td);
	if (td.rax)
		guest_fail("TDG.VP.VMCALL");
	return td.r10;
}

/**
 * td_map_gpa() - MapGPA, to the end
 * @gpa: start, without shared bit
 * @size: bytes
 * @shared: or private
 *
 * Return: the host's status, never RETRY.
 */
u64 td_map_gpa(u64 gpa, u64 size, bool shared)
{
	u64 at = gpa | (shared ? rt_shared_bit : 0);
	u64 end = at + size;
	u64 status;

	for (;;) {
		status = td_vmcall(VMCALL_MAP_GPA, at, end - at, 0, 0);
		if (status != VMCALL_RETRY)
			return status;
		if (td.r11 <= at || td.r11 >= end)
			guest_fail("MapGPA gets nowhere");
		at = td.r11;
	}
}

/** td_read_field() - VM.RD or VP.RD of a field that must be there */
u64 td_read_field(u64 leaf, u64 field)
{
	if (td_call(leaf, 0, field, PATTERN, 0))
		guest_fail("a field cannot be read");
	return td.r8;
}

/** td_read_msr() - RDMSR by the host */
u64 td_read_msr(u32 msr)
{
	if (td_vmcall(VMCALL_RDMSR, msr, 0, 0, 0))
		guest_fail("RDMSR by the host");
	return td.r11;
}

/** td_write_msr() - WRMSR by the host */
void td_write_msr(u32 msr, u64 value)
{
	if (td_vmcall(VMCALL_WRMSR, msr, value, 0, 0))
		guest_fail("WRMSR by the host");
}

/** td_tsc() - time stamp counter */
u64 td_tsc(void)
{
	u32 low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high));
	return (u64)high << 32 | low;
}

/** td_apic_on() - software enable of this vCPU's APIC */
void td_apic_on(void)
{
	td_write_msr(MSR_X2APIC_SVR, SVR_ENABLED);
}

/**
 * td_sti_halt() - HLT by the host, with interrupts on from this instruction on
 *
 * What is pending before ends it, what comes later too: the shadow of STI
 * covers TDCALL.
 */
void td_sti_halt(void)
{
	register u64 r10 asm("r10") = 0;
	register u64 r11 asm("r11") = VMCALL_HLT;
	register u64 r12 asm("r12") = 0;
	u64 rax = TDG_VP_VMCALL, rcx = BIT(10) | BIT(11) | BIT(12);

	asm volatile("sti; .byte 0x66, 0x0F, 0x01, 0xCC; cli"
		     : "+a"(rax), "+c"(rcx), "+r"(r10), "+r"(r11), "+r"(r12)
		     : : "memory");
	if (rax || r10)
		guest_fail("HLT");
}

/** td_wait() - until @what is at least @least; false if that takes too long */
bool td_wait(const volatile u64 *what, u64 least)
{
	u64 end = td_tsc() + WAIT_TSC;

	while (*what < least)
		if (td_tsc() > end)
			return false;
	return true;
}

/**
 * td_start_aps() - release vCPUs from the trampoline
 * @count: of them
 * @main: called on each, interrupts off, with the index of the vCPU
 */
void td_start_aps(u32 count, void (*main)(u32 index))
{
	u32 i;

	asm volatile("sidt %0" : "=m"(td_ap_idtr));
	for (i = 0; i < count; i++)
		tdx_release(i + 1, &(struct tdx_start) {
			.mode = 64, .entry = (u64)td_ap_entry,
			.stack = (u64)ap_stacks[i] + AP_STACK,
			.argument = (u64)main,
		});
}
