// SPDX-License-Identifier: MIT
/*
 * vCPUs that the operating system has no work for wait at the mailbox of the
 * ACPI multiprocessor wake-up structure: at first all but vCPU 0, later those
 * that it sends back. Source: ACPI specification 6.5, 5.2.12.19.
 *
 * They do so while the operating system runs: all that they use, code, page
 * tables, IDT and stacks, lies in the image, which the e820 table reserves.
 */
#include "../firmware.h"
#include "rt_tdx.h"
#include "wakeup.h"

#define MSR_X2APIC_ID		0x802
#define NO_APIC_ID		0xFFFFFFFFU
#define STACK_SIZE		2048

#define COMMAND_NOOP		0
#define COMMAND_WAKEUP		1
#define COMMAND_TEST		2

struct mailbox {
	u16 command;
	u16 rsvd;
	u32 apic_id;
	u64 wakeup_vector;
};

/**
 * struct place - what is one vCPU's here
 * @taken: it is here
 * @apic_id: who it is, by the host's word: no two have the same
 * @stack: to be used by nobody else
 */
struct place {
	bool taken;
	u32 apic_id;
	u8 stack[STACK_SIZE] __attribute__((aligned(16)));
};

/* wakeup_entry.S; the order of events is there */
void wakeup_entry(void);
void wakeup_first(u32 index);
u64 wakeup_again(void);
void wakeup_wait(void) __attribute__((noreturn));

static struct place places[TDX_TRAMPOLINE_SLOTS];
static struct mailbox *mailbox;
static bool lock;

static u32 read_apic_id(void)
{
	u64 id;

	if (rt_vmcall(VMCALL_RDMSR, MSR_X2APIC_ID, 0, 0, 0, &id) ||
	    id >= NO_APIC_ID)
		fw_die(TERM_HANDOVER, "the host names no APIC ID");
	return id;
}

static struct place *find(u32 id)
{
	u32 i;

	for (i = 0; i < TDX_TRAMPOLINE_SLOTS; i++)
		if (places[i].apic_id == id)
			return &places[i];
	return NULL;
}

/**
 * wakeup_first() - a vCPU from the trampoline
 * @index: of the vCPU
 */
void wakeup_first(u32 index)
{
	u32 id = read_apic_id();
	bool known;

	while (__atomic_test_and_set(&lock, __ATOMIC_ACQUIRE))
		__builtin_ia32_pause();
	known = find(id);
	places[index].apic_id = id;
	places[index].taken = true;
	__atomic_clear(&lock, __ATOMIC_RELEASE);
	if (known)
		fw_die(TERM_HANDOVER, "two vCPUs have APIC ID %u", id);
}

/**
 * wakeup_again() - a vCPU that the operating system sends back
 *
 * Return: its stack.
 */
u64 wakeup_again(void)
{
	u32 id = read_apic_id();
	struct place *p = find(id);

	if (!p || __atomic_test_and_set(&p->taken, __ATOMIC_ACQUIRE))
		fw_die(TERM_HANDOVER, "APIC ID %u is no vCPU's that left", id);
	return (u64)p->stack + STACK_SIZE;
}

/*
 * The command for this vCPU, if there is one. It is read twice: between the
 * first time and the look at the ID another vCPU may have taken it and the next
 * one be half written.
 */
static u16 command_for(u32 id)
{
	u16 command = __atomic_load_n(&mailbox->command, __ATOMIC_ACQUIRE);

	if (command == COMMAND_NOOP ||
	    __atomic_load_n(&mailbox->apic_id, __ATOMIC_ACQUIRE) != id)
		return COMMAND_NOOP;
	return __atomic_load_n(&mailbox->command, __ATOMIC_ACQUIRE);
}

/**
 * wakeup_wait() - wait for the call and follow it: interrupts off, identity map
 */
void wakeup_wait(void)
{
	struct place *p = find(read_apic_id());
	u64 vector = 0;
	u16 command;

	if (!p)
		fw_die(TERM_HANDOVER, "the host changed an APIC ID");
	do {
		__builtin_ia32_pause();
		command = command_for(p->apic_id);
		if (command == COMMAND_WAKEUP) {
			vector = mailbox->wakeup_vector;
			/* From here on without the stack. */
			__atomic_clear(&p->taken, __ATOMIC_RELEASE);
		}
		if (command != COMMAND_NOOP)
			__atomic_store_n(&mailbox->command, COMMAND_NOOP,
					 __ATOMIC_RELEASE);
	} while (command != COMMAND_WAKEUP);
	asm volatile("jmp *%0" : : "r"(vector) : "memory");
	__builtin_unreachable();
}

/**
 * wakeup_listen() - send all other vCPUs to the mailbox; they come there when
 * the host lets them
 * @gpa: of the mailbox, below 4 GiB, a zeroed page that is nobody's
 */
void wakeup_listen(u64 gpa)
{
	u32 i;

	mailbox = (struct mailbox *)gpa;
	mailbox->apic_id = NO_APIC_ID;
	for (i = 0; i < TDX_TRAMPOLINE_SLOTS; i++)
		places[i].apic_id = NO_APIC_ID;
	places[0].apic_id = read_apic_id();
	for (i = 1; i < TDX_TRAMPOLINE_SLOTS; i++)
		tdx_release(i, &(struct tdx_start) {
			.mode = 64,
			.entry = (u64)wakeup_entry,
			.stack = (u64)places[i].stack + STACK_SIZE,
		});
}
