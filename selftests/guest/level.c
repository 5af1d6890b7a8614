// SPDX-License-Identifier: MIT
/* A privilege level of one's own: see level.h. */
#include "level.h"

#define RUN_VMPL_REQUEST	0x016
#define SPINS			20000000ULL
#define RUNS			1000

struct attempt level_result;
volatile u64 level_spins;

static volatile struct {
	enum level_command what;
	u64 arg, arg2;
	bool done;
} mailbox;

/* Errata: no VMSA at a 2 MiB boundary; the image's first page is not this. */
u8 level_vmsa[PAGE_SIZE] __attribute__((aligned(4096)));
static u8 stack[4 * PAGE_SIZE] __attribute__((aligned(4096)));

static void put(u8 *vmsa, u32 offset, u64 value, u32 bytes)
{
	__builtin_memcpy(vmsa + offset, &value, bytes);
}

/** level_get() - 8 bytes of the VMSA at @offset. */
u64 level_get(u32 offset)
{
	u64 value;

	__builtin_memcpy(&value, level_vmsa + offset, sizeof(value));
	return value;
}

/** level_put() - sets 8 bytes of the VMSA at @offset. */
void level_put(u32 offset, u64 value)
{
	put(level_vmsa, offset, value, 8);
}

static void call_back(void)
{
	rt_wrmsr(MSR_GHCB, RUN_VMPL_REQUEST);
	rt_vmgexit();
}

static void spin(void)
{
	u64 i;

	for (i = 0; i < SPINS; i++)
		level_spins = i;
}

/* RAX holds a known value at the exit and what VMPL0 made of it after it. */
static void registers(struct attempt *a)
{
	u64 rax = LEVEL_MAGIC;

	rt_wrmsr(MSR_GHCB, RUN_VMPL_REQUEST);
	asm volatile("mov %%rax, %%rbx; mov %%rax, %%r15\n\t"
		     "rep; vmmcall"
		     : "+a"(rax) : : "rbx", "r15", "memory");
	a->rax = rax;
}

static void execute(void)
{
	struct attempt a = { .rax = mailbox.arg };

	switch (mailbox.what) {
	case LEVEL_NOTHING:
		break;
	case LEVEL_FLUSH_AND_READ:
		rt_flush();
		/* fall through */
	case LEVEL_READ:
		guest_attempt(insn_read, &a);
		break;
	case LEVEL_WRITE:
		a.rcx = mailbox.arg2;
		guest_attempt(insn_write, &a);
		break;
	case LEVEL_CALL:
		guest_attempt(insn_call, &a);
		break;
	case LEVEL_PVALIDATE:
		a.rdx = 1;
		guest_attempt(insn_pvalidate, &a);
		break;
	case LEVEL_RMPADJUST:
		a.rdx = mailbox.arg2;
		guest_attempt(insn_rmpadjust, &a);
		break;
	case LEVEL_RMPQUERY:
		a.rdx = mailbox.arg2;
		guest_attempt(insn_rmpquery, &a);
		break;
	case LEVEL_CPUID:
		guest_attempt(insn_cpuid, &a);
		break;
	case LEVEL_RDMSR:
		a.rcx = mailbox.arg;
		guest_attempt(insn_rdmsr, &a);
		break;
	case LEVEL_REGISTERS:
		registers(&a);
		break;
	case LEVEL_APIC_ON:
		rt_ghcb_msr(0x012 | (u64)rt_ghcb);
		a.rax = guest_x2apic_on();
		break;
	case LEVEL_INTERRUPTS:
		asm volatile("sti; nop" : : : "memory");
		spin();
		asm volatile("cli" : : : "memory");
		break;
	case LEVEL_CLI_SPIN:
		spin();
		break;
	}
	level_result = a;
}

static void __attribute__((noreturn)) level_main(void)
{
	for (;;) {
		if (!mailbox.done) {
			execute();
			mailbox.done = true;
		}
		call_back();
	}
}

/* All private pages of the image but the VMSA become VMPL2's. */
static void give_memory(void)
{
	u64 va;
	struct attempt a;

	for (va = RT_IMAGE; va < (u64)rt_image_end; va += PAGE_SIZE) {
		bool private = rt_image_table[(va - RT_IMAGE) / PAGE_SIZE] & rt_cbit;

		if (!private || va == (u64)level_vmsa)
			continue;
		guest_rmpadjust(&a, va, 0, LEVEL | PERM_ALL);
		if (a.vector >= 0 || (u32)a.rax != SNP_OK)
			guest_fail("RMPADJUST of the image");
	}
}

static void put_segment(u8 *vmsa, u32 offset, u16 selector, u16 attributes,
			u32 limit, u64 base)
{
	put(vmsa, offset, selector, 2);
	put(vmsa, offset + 2, attributes, 2);
	put(vmsa, offset + 4, limit, 4);
	put(vmsa, offset + 8, base, 8);
}

static void put_table(u8 *vmsa, u32 offset, u16 limit, u64 base)
{
	put_segment(vmsa, offset, 0, 0, limit, base);
}

static u64 control(u32 n)
{
	u64 value = 0;

	if (n == 0)
		asm volatile("mov %%cr0, %0" : "=r"(value));
	else if (n == 3)
		asm volatile("mov %%cr3, %0" : "=r"(value));
	else if (n == 4)
		asm volatile("mov %%cr4, %0" : "=r"(value));
	return value;
}

/**
 * level_make_vmsa() - a register state in this image's address space
 * @vmsa: page, zero
 * @vmpl: its level
 * @rip: where it starts, in 64-bit mode, interrupts off
 * @stack_top: multiple of 16
 */
void level_make_vmsa(u8 *vmsa, u32 vmpl, u64 rip, u64 stack_top)
{
	struct {
		u16 limit;
		u64 base;
	} __attribute__((packed)) gdtr, idtr;

	asm volatile("sgdt %0; sidt %1" : "=m"(gdtr), "=m"(idtr));
	put_segment(vmsa, 0x000, RT_DS, 0xC93, ~0U, 0);
	put_segment(vmsa, 0x010, RT_CS, 0xA9B, ~0U, 0);
	put_segment(vmsa, 0x020, RT_DS, 0xC93, ~0U, 0);
	put_segment(vmsa, 0x030, RT_DS, 0xC93, ~0U, 0);
	put_segment(vmsa, 0x040, RT_DS, 0xC93, ~0U, 0);
	put_segment(vmsa, 0x050, RT_DS, 0xC93, ~0U, 0);
	put_table(vmsa, 0x060, gdtr.limit, gdtr.base);
	put_segment(vmsa, 0x070, 0, 0x082, 0xFFFF, 0);
	put_table(vmsa, 0x080, idtr.limit, idtr.base);
	put_segment(vmsa, 0x090, RT_TSS, 0x08B, 0x67, (u64)rt_tss);
	put(vmsa, VMSA_CPL_VMPL, vmpl, 1);
	put(vmsa, VMSA_EFER, rt_rdmsr(MSR_EFER), 8);
	put(vmsa, 0x148, control(4), 8);
	put(vmsa, 0x150, control(3), 8);
	put(vmsa, 0x158, control(0), 8);
	put(vmsa, 0x160, 0x400, 8);
	put(vmsa, 0x168, 0xFFFF0FF0, 8);
	put(vmsa, VMSA_RFLAGS, 2, 8);
	put(vmsa, VMSA_RIP, rip, 8);
	put(vmsa, VMSA_RSP, stack_top - 8, 8);
	put(vmsa, 0x268, 0x0007040600070406, 8);
	put(vmsa, VMSA_SEV_FEATURES, LEVEL_SEV_FEATURES, 8);
	put(vmsa, 0x3E8, 1, 8);
	put(vmsa, 0x408, 0x1F80, 4);
	put(vmsa, 0x410, 0x37F, 2);
}

/**
 * level_create() - give the vCPU a VMPL2; ends the payload on failure
 */
void level_create(void)
{
	struct attempt a;

	give_memory();
	level_make_vmsa(level_vmsa, LEVEL, (u64)level_main,
			(u64)stack + sizeof(stack));
	mailbox.done = true;
	guest_rmpadjust(&a, (u64)level_vmsa, 0, 1 | RMP_VMSA);
	if (a.vector >= 0 || (u32)a.rax != SNP_OK)
		guest_fail("RMPADJUST of the VMSA");
	rt_ghcb_clear();
	rt_ghcb_put(GHCB_RAX, LEVEL_SEV_FEATURES);
	if (rt_ghcb_exit(NAE_AP_CREATION, LEVEL << 16 | AP_CREATE,
			 (u64)level_vmsa))
		guest_fail("AP creation");
}

/**
 * level_enter() - RUN_VMPL once
 * @info2: SW_EXITINFO2: 0, or the event of the one-exit switch
 *
 * RCX of the GHCB must have been put before, if it is to be valid.
 *
 * Return: as rt_ghcb_exit().
 */
int level_enter(u64 info2)
{
	return rt_ghcb_exit(NAE_RUN_VMPL, LEVEL, info2);
}

/** level_start() - post a command; level_enter() lets VMPL2 do it. */
void level_start(enum level_command what, u64 arg, u64 arg2)
{
	mailbox.what = what;
	mailbox.arg = arg;
	mailbox.arg2 = arg2;
	mailbox.done = false;
}

/** level_done() - has VMPL2 done what it was told? */
bool level_done(void)
{
	return mailbox.done;
}

/**
 * level_run() - let VMPL2 do something, and wait until it has done it
 * @what: command
 * @arg: @arg2: its arguments
 */
void level_run(enum level_command what, u64 arg, u64 arg2)
{
	u32 i;

	level_start(what, arg, arg2);
	for (i = 0; i < RUNS && !mailbox.done; i++) {
		rt_ghcb_clear();
		if (level_enter(0))
			guest_fail("RUN_VMPL");
	}
	if (!mailbox.done)
		guest_fail("VMPL2 does not come to an end");
}
