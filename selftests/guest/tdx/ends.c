// SPDX-License-Identifier: MIT
/*
 * What a TD must not do, and what its host or the TDX module can only answer
 * by ending it. The command line of the image names the deed; the runner looks
 * for the machine's reason. Coming back from it is the failure.
 */
#include <svsm/payload.h>

#include "guest.h"

#define NOWHERE		0x40000000UL	/* behind the RAM */
#define IOAPIC		0xFEC00000UL	/* mapped shared */

static u8 page[PAGE_SIZE] __attribute__((aligned(4096)));

static void fatal(void)
{
	static const char text[64] = "this is the end of the test, in 64 characters, the last of: them";
	u64 word[8];

	__builtin_memcpy(word, text, sizeof(word));
	td = (struct tdx_args) {
		.rcx = VMCALL_REGS | BIT(2) | BIT(3) | BIT(6) | BIT(7) | BIT(8) |
		       BIT(9),
		.r11 = VMCALL_FATAL_ERROR, .r12 = 0x1234, .r14 = word[0],
		.r15 = word[1], .rbx = word[2], .rdi = word[3], .rsi = word[4],
		.r8 = word[5], .r9 = word[6], .rdx = word[7],
	};
	rt_tdcall(&td);
}

static void shared_access(void)
{
	rt_map_page(page, false);
	page[0] = 1;
}

static void private_access(void)
{
	if (td_map_gpa((u64)page, PAGE_SIZE, true))
		guest_fail("MapGPA");
	page[0] = 1;
}

static void private_fetch(void)
{
	if (td_map_gpa((u64)page, PAGE_SIZE, true))
		guest_fail("MapGPA");
	((void (*)(void))page)();
}

static void pending_read(void)
{
	*(volatile u64 *)AREA;
}

static void pending_write(void)
{
	*(volatile u64 *)AREA = 1;
}

/* converted back and not accepted again */
static void converted(void)
{
	if (td_map_gpa((u64)page, PAGE_SIZE, true) ||
	    td_map_gpa((u64)page, PAGE_SIZE, false))
		guest_fail("MapGPA");
	page[0] = 1;
}

/* the same after the TD itself has asked for it: TD_CTLS */
static void chosen(void)
{
	struct attempt a;

	guest_read(&a, AREA);
	if (a.vector != VECTOR_VE)
		guest_fail("no #VE");
	if (td_call(TDG_VM_WR, 0, TD_CTLS, CTLS_PENDING_VE_DISABLE,
		    CTLS_PENDING_VE_DISABLE))
		guest_fail("TD_CTLS is not flexible");
	guest_read(&a, AREA);
}

static void accept_shared(void)
{
	if (td_map_gpa((u64)page, PAGE_SIZE, true))
		guest_fail("MapGPA");
	rt_accept_page((u64)page, false);
}

static void accept_nowhere(void)
{
	rt_accept_page(NOWHERE, false);
}

static void access_nowhere(void)
{
	*(volatile u64 *)NOWHERE = 1;
}

static void operand_pending(void)
{
	td_call(TDG_MR_RTMR_EXTEND, AREA, 0, 0, 0);
}

static void operand_shared(void)
{
	if (td_map_gpa((u64)page, PAGE_SIZE, true))
		guest_fail("MapGPA");
	td_call(TDG_MR_RTMR_EXTEND, (u64)page, 0, 0, 0);
}

static void lidt(u16 limit)
{
	struct {
		u16 limit;
		u64 base;
	} __attribute__((packed)) idtr = { limit, (u64)rt_idt };

	asm volatile("lidt %0" : : "m"(idtr));
}

static void shutdown(void)
{
	lidt(0);
	asm volatile("ud2");
}

/* #VE with no gate for it, nor for #DF */
static void no_gate(void)
{
	lidt(0);
	asm volatile("wbinvd");
}

/* a second #VE in the handler of one: #DF, which has no gate */
static void unread(void)
{
	struct attempt a = { 0 };

	rt_idt[VECTOR_DF][0] = rt_idt[VECTOR_DF][1] = 0;
	td_keep_ve = true;
	guest_attempt(insn_wbinvd, &a);
	rt_print("# one #VE is unread\n");
	asm volatile("wbinvd");
}

/* an EPT violation that the CPU itself makes a #VE, while one is unread */
static void unread_device(void)
{
	struct attempt a = { 0 };

	td_keep_ve = true;
	guest_attempt(insn_wbinvd, &a);
	*(volatile u32 *)IOAPIC;
}

/* vCPU 1 reads shared memory while vCPU 0 makes it private */
static volatile u64 reads;

static void reader(u32 index)
{
	(void)index;
	for (;;) {
		*td_shared((u64)page);
		reads++;
	}
}

static void shootdown(void)
{
	u64 seen;

	if (td_map_gpa((u64)page, PAGE_SIZE, true))
		guest_fail("MapGPA");
	td_start_aps(1, reader);
	if (!td_wait(&reads, 1000))
		guest_fail("the other vCPU does not read");
	td_map_gpa((u64)page, PAGE_SIZE, false);
	seen = reads + 1000;
	td_wait(&reads, seen);
}

static const struct {
	const char *name;
	void (*deed)(void);
} deeds[] = {
	{ "fatal", fatal },
	{ "shared-access", shared_access },
	{ "private-access", private_access },
	{ "private-fetch", private_fetch },
	{ "pending-read", pending_read },
	{ "pending-write", pending_write },
	{ "converted", converted },
	{ "chosen", chosen },
	{ "accept-shared", accept_shared },
	{ "accept-nowhere", accept_nowhere },
	{ "access-nowhere", access_nowhere },
	{ "operand-pending", operand_pending },
	{ "operand-shared", operand_shared },
	{ "shutdown", shutdown },
	{ "no-gate", no_gate },
	{ "unread", unread },
	{ "unread-device", unread_device },
	{ "shootdown", shootdown },
};

/** guest_main() - see the top of this file */
void guest_main(void)
{
	u32 i;

	td_init();
	for (i = 0; i < ARRAY_SIZE(deeds); i++)
		if (guest_is(deeds[i].name)) {
			rt_print("# about to: %s, page 0x%lx\n", deeds[i].name,
				 (u64)page);
			deeds[i].deed();
			guest_fail("the guest goes on");
		}
	guest_fail("unknown test");
}
