// SPDX-License-Identifier: MIT
/*
 * Exceptions and interrupts of the bare payloads.
 */
#include <guest.h>

volatile u64 guest_irqs[256];
void (*guest_irq_hook)(u32 vector);

void guest_attempt_at_cpl0(void (*insn)(void), struct attempt *a);
void guest_attempt_at_cpl3(void (*insn)(void), struct attempt *a);

static struct attempt *running;

/**
 * rt_trap() - exceptions end the attempt that runs, interrupts are counted
 * @f: registers
 */
void rt_trap(struct rt_frame *f)
{
	struct attempt *a = running;

	if (guest_is_irq((u32)f->vector)) {
		guest_irqs[f->vector]++;
		if (guest_irq_hook)
			guest_irq_hook((u32)f->vector);
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
	a->rflags = f->rflags;
	a->cr2 = rt_cr2();
	a->frame = (u64)&f->rip;
	guest_trapped(a);
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
