/* SPDX-License-Identifier: MIT */
/*
 * Start of the other CPUs, and how a CPU knows which one it is.
 */
#include "cpu.h"
#include "start.h"

#define ICR_ALL_BUT_SELF	(3U << 18)
#define ICR_ASSERT		BIT(14)
#define ICR_INIT		(5U << 8)
#define ICR_STARTUP		(6U << 8)
#define START_SECONDS		10

/**
 * struct cpu - found through GS
 * @index: position in machine.apic_id
 * @apic_id: its x2APIC ID
 */
struct cpu {
	u32 index;
	u32 apic_id;
};

extern const u8 trampoline_start[], trampoline_end[], trampoline_root[];

/* trampoline.S: who comes n-th takes the n-th stack */
u64 ap_stacks[MAX_CPUS];
u32 ap_stack_count;
u32 ap_tickets;

static struct cpu cpus[MAX_CPUS + 1];	/* by arrival; 0 is the boot CPU */
static bool boot_cpu_spare;		/* it is no vCPU */
static u32 arrived;
static void (*start_fn)(u32 index);

/**
 * cpu_index() - index of the CPU this runs on
 */
u32 cpu_index(void)
{
	u32 index;

	asm volatile("movl %%gs:%c1, %0" : "=r" (index)
		     : "i" (offsetof(struct cpu, index)));
	return index;
}

/**
 * cpu_send() - send a machine vector
 * @index: to which CPU
 * @vector: VECTOR_*
 */
void cpu_send(u32 index, u8 vector)
{
	/* WRMSR to an x2APIC is not ordered after stores (SDM vol. 3A 10.12.3) */
	asm volatile("mfence" : : : "memory");
	wrmsr(MSR_X2APIC_ICR,
	      (u64)machine.apic_id[index] << 32 | ICR_ASSERT | vector);
}

static void set_cpu(struct cpu *c)
{
	c->apic_id = (u32)rdmsr(MSR_X2APIC_ID);
	wrmsr(MSR_GS_BASE, (u64)c);
}

/* First C of the other CPUs, on stack number @ticket. */
void ap_main(u32 ticket)
{
	struct cpu *c = &cpus[ticket + 1];

	irq_init_cpu();
	set_cpu(c);
	__atomic_add_fetch(&arrived, 1, __ATOMIC_RELEASE);
	/* smp_start() sets it, then kicks */
	while (!__atomic_load_n(&start_fn, __ATOMIC_ACQUIRE))
		irq_wait();
	start_fn(c->index);
	for (;;)
		asm volatile("cli; hlt");
}

static void delay_ms(u32 ms)
{
	u64 end = rdtsc() + (u64)ms * machine.tsc_khz;

	while (rdtsc() < end)
		;
}

static void start_others(u32 others)
{
	u8 *low = (u8 *)TRAMPOLINE;
	u64 size = (u64)(trampoline_end - trampoline_start);
	u64 end;

	for (u32 i = 0; i < others; i++)
		ap_stacks[i] = (u64)page_alloc(STACK_SIZE / PAGE_SIZE) +
			       STACK_SIZE;
	ap_stack_count = others;
	memcpy(low, trampoline_start, size);
	*(u32 *)(low + (trampoline_root - trampoline_start)) = (u32)(u64)mem_root();

	/* Intel MultiProcessor Specification B.4: INIT, 10 ms, two STARTUPs */
	wrmsr(MSR_X2APIC_ICR, ICR_ALL_BUT_SELF | ICR_ASSERT | ICR_INIT);
	delay_ms(10);
	for (u32 i = 0; i < 2; i++) {
		wrmsr(MSR_X2APIC_ICR, ICR_ALL_BUT_SELF | ICR_ASSERT |
		      ICR_STARTUP | TRAMPOLINE >> PAGE_SHIFT);
		delay_ms(1);
	}
	end = rdtsc() + (u64)START_SECONDS * 1000 * machine.tsc_khz;
	while (__atomic_load_n(&arrived, __ATOMIC_ACQUIRE) < others) {
		if (rdtsc() > end)
			machine_error("%u of %u CPUs did not start",
				      others - arrived, others + 1);
	}
	memset(low, 0, size);
}

/*
 * On QEMU's TCG an FXRSTOR of any CPU clears a bit in its first CPU's flags
 * (cpu_clear_ignne() in target/i386), not atomically, while that CPU changes
 * its own: now and then VMRUN or #VMEXIT there lose what they did to GIF or to
 * nested paging. So that CPU does not run a guest, unless it is the only one.
 */
static bool is_tcg(void)
{
	u32 r[4];

	cpuid(0x40000000, 0, r);
	return !memcmp(&r[1], "TCGTCGTCGTCG", 12);
}

/*
 * Indices follow APIC IDs, not the order of arrival: runs can be compared.
 * @first: 1 leaves the boot CPU out
 */
static void number(u32 first, u32 count)
{
	for (u32 i = first; i < count; i++) {
		for (u32 k = first; k < count; k++)
			cpus[i].index += cpus[k].apic_id < cpus[i].apic_id;
		machine.apic_id[cpus[i].index] = cpus[i].apic_id;
	}
	machine.cpu_count = count - first;
}

/**
 * smp_init() - bring all CPUs into the machine, where they wait
 *
 * Fills in cpu_count and apic_id of struct machine. Needs the clocks and
 * memory below 1 MiB that nobody uses.
 */
void smp_init(void)
{
	u32 count = chipset_cpus();

	boot_cpu_spare = count > 1 && is_tcg();
	if (!count || count - boot_cpu_spare > MAX_CPUS)
		machine_error("%u CPUs: it can be 1 to %u", count,
			      MAX_CPUS + boot_cpu_spare);
	set_cpu(&cpus[0]);
	if (count > 1)
		start_others(count - 1);
	number(boot_cpu_spare, count);
	mem_protect();
}

/**
 * smp_start() - run a function on every CPU that is a vCPU, on this one last
 * @fn: gets the CPU's index
 */
void smp_start(void (*fn)(u32 index))
{
	__atomic_store_n(&start_fn, fn, __ATOMIC_RELEASE);
	for (u32 i = 0; i < machine.cpu_count; i++) {
		if (machine.apic_id[i] != cpus[0].apic_id)
			cpu_send(i, VECTOR_KICK);
	}
	if (!boot_cpu_spare)
		fn(cpu_index());
	for (;;)
		asm volatile("cli; hlt");
}
