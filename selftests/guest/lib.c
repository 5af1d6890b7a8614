// SPDX-License-Identifier: MIT
/*
 * KTAP, exceptions and small helpers for the bare payloads.
 */
#include <svsm/payload.h>

#include "guest.h"

#define IGVM_PAGE	__attribute__((section(".igvm"), aligned(4096)))

#define MSR_X2APIC_SVR	0x80F
#define APIC_BASE_X2	0xC00		/* enabled, x2APIC mode */
#define SVR_ENABLED	0x1FF

/* Read only by the loader, but its page must exist. */
extern u8 igvm_secrets_page[PAGE_SIZE];

struct igvm_payload igvm_payload_page IGVM_PAGE;
u8 igvm_secrets_page[PAGE_SIZE] IGVM_PAGE;

volatile u64 guest_irqs[256];
void (*guest_irq_hook)(u32 vector);

void guest_attempt_at_cpl0(void (*insn)(void), struct attempt *a);
void guest_attempt_at_cpl3(void (*insn)(void), struct attempt *a);

static struct attempt *running;
static u32 count, failures, planned;

/**
 * guest_is() - is this the test that the image's command line names?
 * @test: its name
 */
bool guest_is(const char *test)
{
	const char *cmdline = igvm_payload_page.cmdline;

	while (*test && *test == *cmdline) {
		test++;
		cmdline++;
	}
	return !*test && !*cmdline;
}

/**
 * rt_trap() - exceptions end the attempt that runs, interrupts are counted
 * @f: registers
 */
void rt_trap(struct rt_frame *f)
{
	struct attempt *a = running;

	if (f->vector >= 32 || f->vector == VECTOR_HV) {
		guest_irqs[f->vector]++;
		if (guest_irq_hook)
			guest_irq_hook(f->vector);
		return;
	}
	if (!a) {
		rt_print("Bail out! exception %u error 0x%lx rip 0x%lx cr2 0x%lx\n",
			 (u32)f->vector, f->error, f->rip, rt_cr2());
		guest_fail("unexpected exception");
	}
	running = NULL;
	a->vector = f->vector;
	a->error = f->error;
	a->rip = f->rip;
	a->cs = f->cs;
	a->rsp = f->rsp;
	a->cr2 = rt_cr2();
	a->frame = (u64)&f->rip;
	f->rip = (u64)guest_attempt_stop;
	f->cs = RT_CS;
	f->ss = RT_DS;
	f->rsp = guest_attempt_rsp;
	f->rflags = 2;
}

/**
 * guest_attempt() - execute an instruction at CPL 0
 * @insn: one of try.S
 * @a: registers in and out, and what happened
 */
void guest_attempt(void (*insn)(void), struct attempt *a)
{
	a->vector = -1;
	running = a;
	guest_attempt_at_cpl0(insn, a);
	running = NULL;
}

/**
 * guest_attempt_user() - execute an instruction at CPL 3
 * @insn: one of try.S
 * @a: registers in, and what happened: at the latest #UD behind the instruction
 */
void guest_attempt_user(void (*insn)(void), struct attempt *a)
{
	u64 page;

	for (page = (u64)guest_user_text; page < (u64)guest_user_text_end;
	     page += PAGE_SIZE)
		rt_image_table[(page - RT_IMAGE) / PAGE_SIZE] |= PTE_U;
	rt_image_table[((u64)guest_user_stack - RT_IMAGE) / PAGE_SIZE] |= PTE_U;
	rt_flush();
	a->vector = -1;
	running = a;
	guest_attempt_at_cpl3(insn, a);
	running = NULL;
}

static void __attribute__((noreturn)) finish(u32 value)
{
	rt_out(DEBUG_EXIT_PORT, 4, value);
	rt_terminate(TERM_TRAP);
}

/** guest_init() - GHCB and the KTAP header. */
void guest_init(void)
{
	rt_ghcb_init();
	rt_print("KTAP version 1\n");
}

/** guest_plan() - say how many results will follow. */
void guest_plan(u32 tests)
{
	planned = tests;
	rt_print("1..%u\n", tests);
}

/**
 * guest_ok() - one result
 * @good: passed
 * @name: of the test
 */
void guest_ok(bool good, const char *name)
{
	count++;
	if (!good)
		failures++;
	rt_print("%s %u %s\n", good ? "ok" : "not ok", count, name);
}

static void print_attempt(const struct attempt *a)
{
	if (a->vector < 0)
		rt_print("# no exception, rax 0x%lx rflags 0x%lx\n", a->rax,
			 a->rflags);
	else
		rt_print("# exception %d error 0x%lx rip 0x%lx cr2 0x%lx\n",
			 (s32)a->vector, a->error, a->rip, a->cr2);
}

/**
 * guest_trap() - result: the attempt raised this exception
 * @a: attempt
 * @vector: expected
 * @error: expected error code
 * @name: of the test
 *
 * Return: passed.
 */
bool guest_trap(const struct attempt *a, u8 vector, u64 error, const char *name)
{
	bool good = a->vector == vector && a->error == error;

	if (!good)
		print_attempt(a);
	guest_ok(good, name);
	return good;
}

/** guest_none() - result: the attempt @a raised no exception. */
void guest_none(const struct attempt *a, const char *name)
{
	if (a->vector >= 0)
		print_attempt(a);
	guest_ok(a->vector < 0, name);
}

/** guest_done() - end of the payload; the plan must have been met. */
void guest_done(void)
{
	if (count != planned)
		rt_print("Bail out! %u results, %u were planned\n", count,
			 planned);
	finish(failures || count != planned ? GUEST_FAIL : GUEST_PASS);
}

/** guest_fail() - the payload cannot go on. */
void guest_fail(const char *why)
{
	rt_print("Bail out! %s\n", why);
	finish(GUEST_FAIL);
}

/** guest_share() - give a page of the image to the host. */
void guest_share(void *page)
{
	bool unchanged;

	if (rt_pvalidate((u64)page, false, false, &unchanged) ||
	    rt_page_state((u64)page, (u64)page + PAGE_SIZE, PSC_SHARED))
		guest_fail("cannot share a page");
	rt_map_page(page, false);
	__builtin_memset(page, 0, PAGE_SIZE);
}

/** guest_msr_read() - RDMSR through the GHCB; 0 or as rt_ghcb_exit(). */
int guest_msr_read(u32 msr, u64 *value)
{
	int err;

	rt_ghcb_clear();
	rt_ghcb_put(GHCB_RCX, msr);
	err = rt_ghcb_exit(NAE_MSR, 0, 0);
	*value = (u32)rt_ghcb_get(GHCB_RAX) | rt_ghcb_get(GHCB_RDX) << 32;
	return err;
}

/** guest_msr_write() - WRMSR through the GHCB; 0 or as rt_ghcb_exit(). */
int guest_msr_write(u32 msr, u64 value)
{
	rt_ghcb_clear();
	rt_ghcb_put(GHCB_RCX, msr);
	rt_ghcb_put(GHCB_RAX, (u32)value);
	rt_ghcb_put(GHCB_RDX, value >> 32);
	return rt_ghcb_exit(NAE_MSR, 1, 0);
}

/** guest_x2apic_on() - switch this VMPL's APIC on, in x2APIC mode. */
int guest_x2apic_on(void)
{
	u64 base;

	return guest_msr_read(MSR_APIC_BASE, &base) ||
	       guest_msr_write(MSR_APIC_BASE, base | APIC_BASE_X2) ||
	       guest_msr_write(MSR_X2APIC_SVR, SVR_ENABLED);
}

/** rt_main() - see guest.h */
void rt_main(void)
{
	guest_main();
	guest_done();
}
