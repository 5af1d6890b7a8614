// SPDX-License-Identifier: MIT
/*
 * Several vCPUs: identities, IPIs from each to each, HLT and what ends it, and
 * operations of two at the same time. Needs 4 vCPUs.
 */
#include "guest.h"
#include "../../../tools/igvm/igvm_measure.h"

#define CPUS		4
#define IPI		0x45
#define PONG		0x46
#define STOP		0x47
#define ROUNDS		500
#define PAGES		512
#define EXTENDS		50
#define TDX_BUSY	0x80000200

#define MSR_TSC_AUX	0xC0000103

static volatile struct cpu {
	u64 up, index, field, apic_id, cpuid_id, number;
	u64 ipis, others, nmis;
	u64 halted, woken;	/* times */
	u64 accepted, already, failed;
	u64 command, done;
} cpus[CPUS];

/* BSP's commands to the others */
enum { IDLE, HALT_BLOCKED, SEND, PINGPONG, ACCEPT, EXTEND };

static volatile u64 target;
static u8 hash[64] __attribute__((aligned(64)));

static volatile struct cpu *self(void)
{
	return &cpus[rt_rdmsr(MSR_TSC_AUX) % CPUS];
}

/* @td is the first vCPU's. */
static u64 vmcall(u64 function, u64 r12, u64 r13)
{
	u64 r11;

	if (rt_vmcall(function, r12, r13, 0, 0, &r11))
		return PATTERN;
	return r11;
}

/* ICR of an IPI to one vCPU */
static u64 to(u32 cpu, u32 icr)
{
	return cpus[cpu].apic_id << 32 | icr;
}

static void send(u64 icr)
{
	vmcall(VMCALL_WRMSR, MSR_X2APIC_ICR, icr);
}

static void hook(u32 vector)
{
	volatile struct cpu *c = self();

	if (vector == VECTOR_NMI) {
		c->nmis++;
		return;
	}
	if (vector == IPI)
		c->ipis++;
	else
		c->others++;
	rt_wrmsr(MSR_X2APIC_EOI, 0);
}

/* Until @what has changed: the usual way, without a lost wake-up. */
static void wait_change(const volatile u64 *what, u64 old)
{
	while (*what == old) {
		td_cli();
		if (*what == old)
			vmcall(VMCALL_HLT, 0, 0);
		td_sti();
	}
}

static void accept_all(volatile struct cpu *c, bool down)
{
	u64 i;

	for (i = 0; i < PAGES; i++) {
		u64 gpa = AREA + (down ? PAGES - 1 - i : i) * PAGE_SIZE;
		u64 status;

		do
			status = rt_accept_page(gpa, false);
		while (TDX_CODE(status) == TDX_BUSY);
		if (!status)
			c->accepted++;
		else if (status == TDX_PAGE_ALREADY_ACCEPTED)
			c->already++;
		else
			c->failed++;
	}
}

static void extend_all(volatile struct cpu *c)
{
	u32 i;

	for (i = 0; i < EXTENDS; i++) {
		struct tdx_args args;

		do {
			args = (struct tdx_args) {
				.rax = TDG_MR_RTMR_EXTEND, .rcx = (u64)hash,
				.rdx = 1,
			};
			rt_tdcall(&args);
		} while (TDX_CODE(args.rax) == TDX_BUSY);
		if (args.rax)
			c->failed++;
	}
}

static void identify(volatile struct cpu *c)
{
	u32 eax = 1, ebx, ecx = 0, edx;

	asm volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
	c->cpuid_id = ebx >> 24;
	c->apic_id = vmcall(VMCALL_RDMSR, MSR_X2APIC_ID, 0);
}

static void ap_main(u32 index)
{
	volatile struct cpu *c = &cpus[index % CPUS];
	struct tdx_args args = { .rax = TDG_VP_INFO };
	u64 i;

	rt_wrmsr(MSR_TSC_AUX, index);
	rt_tdcall(&args);
	c->index = index;
	c->field = args.r9;
	c->number = args.r8;
	identify(c);
	vmcall(VMCALL_WRMSR, MSR_X2APIC_SVR, SVR_ENABLED);
	td_sti();
	c->up = 1;
	for (;;) {
		wait_change(&c->command, IDLE);
		switch (c->command) {
		case HALT_BLOCKED:
			td_cli();
			c->halted++;
			vmcall(VMCALL_HLT, 1, 0);
			c->woken++;
			td_sti();
			break;
		case SEND:
			send(target);
			break;
		case PINGPONG:
			for (i = 0; i < ROUNDS; i++) {
				wait_change(&c->ipis, i);
				send(to(0, PONG));
			}
			break;
		case ACCEPT:
			accept_all(c, true);
			break;
		case EXTEND:
			extend_all(c);
			break;
		}
		c->command = IDLE;
		c->done++;
	}
}

static void command(u32 cpu, u64 what)
{
	cpus[cpu].command = what;
	send(to(cpu, STOP));
}

static bool finish(u32 cpu, u64 times)
{
	return td_wait(&cpus[cpu].done, times);
}

static void identities(void)
{
	bool good = true;
	u32 i;

	for (i = 1; i < CPUS; i++)
		good &= td_wait(&cpus[i].up, 1);
	guest_ok(good, "all vCPUs run");
	for (i = 1; i < CPUS; i++) {
		good &= cpus[i].index == i && cpus[i].field == i;
		good &= (u32)cpus[i].number == CPUS;
	}
	guest_ok(good, "VP.INFO knows their index, and how many they are");
	for (i = 0; i < CPUS; i++) {
		u32 j;

		good &= cpus[i].apic_id == cpus[i].cpuid_id;
		for (j = 0; j < i; j++)
			good &= cpus[i].apic_id != cpus[j].apic_id;
	}
	guest_ok(good, "each has an APIC ID, the same by CPUID and its APIC");
	guest_equal(td_read_field(TDG_VM_RD, TD_NUM_VCPUS), CPUS, "NUM_VCPUS");
	guest_equal(rt_rdmsr(MSR_TSC_AUX), 0, "TSC_AUX is each vCPU's own");
}

/* Counts and results of one IPI, from vCPU @from with this ICR. */
static bool sends(u32 from, u64 icr, u32 to_mask)
{
	u64 before[CPUS], done = cpus[from].done;
	bool good = true;
	u32 i;

	for (i = 0; i < CPUS; i++)
		before[i] = cpus[i].ipis;
	if (from) {
		target = icr;
		command(from, SEND);
		good &= finish(from, done + 1);
	} else {
		send(icr);
	}
	for (i = 0; i < CPUS; i++)
		if (to_mask & 1 << i)
			good &= td_wait(&cpus[i].ipis, before[i] + 1);
	/* nobody else, and nobody twice: all have made their way since */
	for (i = 1; i < CPUS; i++) {
		done = cpus[i].done;
		target = 0x100UL << 32 | IPI;	/* nobody */
		command(i, SEND);
		good &= finish(i, done + 1);
	}
	for (i = 0; i < CPUS; i++)
		good &= cpus[i].ipis == before[i] + (to_mask >> i & 1);
	return good;
}

static void ipis(void)
{
	bool good = true;
	u32 from, cpu;

	for (from = 0; from < CPUS; from++)
		for (cpu = 0; cpu < CPUS; cpu++)
			good &= sends(from, to(cpu, IPI), 1 << cpu);
	guest_ok(good, "IPIs from each to each arrive there, once");
	good = true;
	for (from = 0; from < CPUS; from++)
		good &= sends(from, IPI | ICR_ALL_BUT_SELF, 0xF & ~(1 << from));
	guest_ok(good, "IPIs to all but self");
	guest_ok(sends(0, IPI | 2 << 18, 0xF), "IPI to all");
	guest_ok(sends(0, 0xFFFFFFFFUL << 32 | IPI, 0xF), "IPI to the broadcast ID");
	/* logical x2APIC destination: cluster 0, one bit per APIC */
	guest_ok(sends(0, (BIT(cpus[1].apic_id) | BIT(cpus[2].apic_id)) << 32 |
		       1 << 11 | IPI, 0x6), "IPI to a logical destination");
	send(to(1, ICR_INIT));
	send(to(1, ICR_STARTUP));
	guest_ok(sends(1, to(1, IPI), 1 << 1), "INIT and start-up do nothing to a vCPU");
}

static void halts(void)
{
	u64 i, woken = cpus[1].woken, done = cpus[1].done;
	u64 others_done = cpus[2].done;

	command(1, HALT_BLOCKED);
	guest_ok(td_wait(&cpus[1].halted, 1), "a vCPU halts, interrupts blocked");
	i = cpus[1].ipis;
	send(to(1, IPI));
	/* while another goes to sleep and wakes up */
	target = to(3, STOP);
	command(2, SEND);
	guest_ok(finish(2, others_done + 1) && cpus[1].woken == woken &&
		 cpus[1].ipis == i, "an IPI does not wake it");
	send(to(1, ICR_NMI));
	guest_ok(td_wait(&cpus[1].woken, woken + 1), "an NMI does");
	guest_equal(cpus[1].nmis, 1, "it has come");
	guest_ok(finish(1, done + 1) && td_wait(&cpus[1].ipis, i + 1),
		 "and the IPI after it");

	/* HLT with R12 0, on both sides */
	done = cpus[1].done;
	cpus[1].ipis = 0;
	cpus[0].others = 0;
	command(1, PINGPONG);
	for (i = 0; i < ROUNDS; i++) {
		send(to(1, IPI));
		wait_change(&cpus[0].others, i);
	}
	guest_ok(finish(1, done + 1), "many IPIs to and fro, with HLT on both sides");
	guest_ok(cpus[0].others == ROUNDS && cpus[1].ipis == ROUNDS,
		 "none lost, none double");
}

static void at_once(void)
{
	u64 accepted, already, done = cpus[1].done, i;
	static u8 expected[48], input[96];
	bool zero = true, same = true;

	command(1, ACCEPT);
	accept_all(&cpus[0], false);
	guest_ok(finish(1, done + 1), "two vCPUs accept the same memory");
	accepted = cpus[0].accepted + cpus[1].accepted;
	already = cpus[0].already + cpus[1].already;
	guest_equal(accepted, PAGES, "each page is accepted once");
	guest_ok(already == PAGES && !cpus[0].failed && !cpus[1].failed,
		 "and was accepted before to the other");
	for (i = 0; i < PAGES * PAGE_SIZE; i += 8)
		zero &= *(volatile u64 *)(AREA + i) == 0;
	guest_ok(zero, "all of it is zero");

	command(1, EXTEND);
	extend_all(&cpus[0]);
	guest_ok(finish(1, done + 2) && !cpus[0].failed && !cpus[1].failed,
		 "two vCPUs extend the same RTMR");
	for (i = 0; i < 2 * EXTENDS; i++) {
		__builtin_memcpy(input, expected, 48);
		__builtin_memcpy(input + 48, hash, 48);
		sha384(input, sizeof(input), expected);
	}
	for (i = 0; i < 6; i++) {
		u64 value;

		__builtin_memcpy(&value, expected + i * 8, 8);
		same &= td_read_field(TDG_VM_RD, TD_RTMR + 6 + i) == value;
	}
	guest_ok(same, "none of it is lost");
}

/** guest_main() - see the top of this file */
void guest_main(void)
{
	td_init();
	guest_irq_hook = hook;
	guest_plan(5 + 6 + 7 + 6);
	rt_wrmsr(MSR_TSC_AUX, 0);
	td_apic_on();
	identify(&cpus[0]);
	td_start_aps(CPUS - 1, ap_main);
	td_sti();
	identities();
	ipis();
	halts();
	at_once();
}
