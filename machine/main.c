/* SPDX-License-Identifier: MIT */
/*
 * From the first C function to a vCPU on every CPU.
 */
#include "cpu.h"
#include "start.h"
#include "svm/vcpu.h"

#define CPU_HINT	"(start QEMU with -cpu EPYC,+x2apic,+la57,phys-bits=52)"
#define PHYS_BITS	52	/* the C-bit is bit 51 */

struct machine machine;

/* What boot.S did not need itself. */
static void check_cpu(void)
{
	u32 r[4];

	cpuid(0x80000001, 0, r);
	if (!(r[2] & BIT(2)))
		machine_error("this CPU has no SVM (start QEMU with -cpu EPYC or another AMD model)");
	cpuid(0x8000000a, 0, r);
	if (!(r[3] & BIT(0)))
		machine_error("this CPU has no nested paging " CPU_HINT);
	cpuid(1, 0, r);
	if (!(r[2] & BIT(21)))
		machine_error("this CPU has no x2APIC " CPU_HINT);
	cpuid(0x80000008, 0, r);
	if ((r[0] & 0xff) < PHYS_BITS)
		machine_error("this CPU has %u address bits, %u are needed "
			      CPU_HINT, r[0] & 0xff, PHYS_BITS);
}

static void print_memory(void)
{
	for (u32 i = 0; i < machine.ram_count; i++)
		print("RAM 0x%lx-0x%lx", machine.ram[i].start,
		      machine.ram[i].end - 1);
	print("own 0x%lx-0x%lx", machine.hidden.start, machine.hidden.end - 1);
}

/**
 * machine_main() - called by boot.S
 * @magic: what the multiboot loader left in EAX
 * @address: of its information
 */
void machine_main(u32 magic, u64 address)
{
	struct boot_info info = { 0 };

	check_cpu();
	multiboot_read(magic, address, &info);
	mem_init(&info);
	print_memory();
	chipset_init();
	irq_init();
	ioapic_init();
	smp_init();
	chipset_clear_low();
	print("%u CPU%s", machine.cpu_count, machine.cpu_count == 1 ? "" : "s");
	loader_open();
	guest_init();
	loader_run();
	smp_start(vcpu_main);
}
