/* SPDX-License-Identifier: MIT */
/*
 * The machine: what its parts know of each other that is not a part's own
 * business. One physical CPU runs one vCPU; guest-physical is host-physical.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdarg.h>
#include <svsm/types.h>

#define PAGE_SIZE	4096UL
#define PAGE_SHIFT	12
#define PAGE_2M		0x200000UL
#define MAX_CPUS	16
#define MAX_RAM_RANGES	9

/* Vectors of the machine itself, above all that Linux gives to devices. */
#define VECTOR_KICK	0xFD
#define VECTOR_TIMER	0xFE
#define VECTOR_SPURIOUS	0xFF

/* Results on the isa-debug-exit port (QEMU exits with value << 1 | 1). */
#define EXIT_POWER_OFF	0x10
#define EXIT_RESET	0x11
#define EXIT_GUEST	0x20
#define EXIT_ERROR	0x30

/**
 * struct range - physical addresses
 * @start: first byte
 * @end: first byte behind it
 */
struct range {
	u64 start;
	u64 end;
};

/**
 * struct machine - what start-up found out; constant once the guest runs
 * @ram: memory that the guest gets, sorted, page-aligned, without what the
 *	machine took for itself
 * @ram_count: entries in @ram
 * @range_count: @ram_count, or one more: behind the RAM then stands the window
 *	below 4 GiB that the boot image fills where the board has its ROM
 * @window: where that window's memory really is
 * @ram_end: end of the highest range of physical RAM
 * @hidden: memory of the machine itself
 * @cpu_count: CPUs that are vCPUs
 * @apic_id: their APIC IDs; vCPU index is the position
 * @tsc_khz: measured TSC frequency
 * @cmdline: the machine's own options (multiboot command line)
 * @igvm: the boot image
 * @igvm_size: bytes
 * @mapped_end: physical addresses below it can be accessed by the machine
 * @launch_digest: SNP launch digest or MRTD of the boot image
 * @policy: guest policy of the boot image
 * @vmpck: the keys of the secrets page, one per VMPL
 */
struct machine {
	struct range ram[MAX_RAM_RANGES];
	u32 ram_count;
	u32 range_count;
	u8 *window;
	u64 ram_end;
	struct range hidden;
	u32 cpu_count;
	u32 apic_id[MAX_CPUS];
	u32 tsc_khz;
	char cmdline[512];
	const u8 *igvm;
	u64 igvm_size;
	u64 mapped_end;
	u8 launch_digest[48];
	u64 policy;
	u8 vmpck[4][32];
};

extern struct machine machine;

/* string.c: the compiler calls them too */
void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);

/* mem.c: memory of the machine, zeroed, never given back; ends on lack */
void *page_alloc(u64 pages);
bool is_ram(u64 gpa);
/* where a page of the guest really is; NULL: no memory there */
void *gpa_ptr(u64 gpa);

/* print.c: the machine's log (debugcon, port 0x402); one call is one line */
void print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* the same for a caller with arguments of its own; @prefix follows "machine: " */
void vprint(const char *prefix, const char *fmt, va_list args)
	__attribute__((format(printf, 2, 0)));
/* a continued line: no newline added, caller holds no lock (counters only) */
void print_raw(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* power.c: the end of the run, for each of its reasons */
void machine_exit(u8 code) __attribute__((noreturn));
/* "machine: error: ...": the machine itself cannot go on */
void machine_error(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));

/* options.c: "name" or "name=value" words of the machine's command line */
bool option_set(const char *name);
u64 option_number(const char *name, u64 otherwise);

/* smp.c: start-up of CPUs; @fn runs on each vCPU's, does not come back */
u32 cpu_index(void);
void smp_start(void (*fn)(u32 index)) __attribute__((noreturn));
/* send a machine vector to one CPU (physical x2APIC ICR) */
void cpu_send(u32 index, u8 vector);

/* irq.c: physical interrupts; called with interrupts off */
void irq_init_cpu(void);
/* open the window: take what is pending, return with interrupts off */
void irq_window(void);
/* have the physical APIC tell the CPU again what is pending */
void irq_look(void);
/* wait for a physical interrupt and take it (sti; hlt; cli) */
void irq_wait(void);
/* one-shot physical timer of this CPU: VECTOR_TIMER at TSC @deadline, ~0 off */
void irq_timer(u64 deadline);
/* called by irq.c for each vector that is not the machine's own */
void apic_device_interrupt(u8 vector);

/* loader.c: the IGVM file into guest memory */
void loader_open(void);
void loader_run(void);

/* cpuid.c: CPUID of the physical CPU, and the host's own leaves */
void cpuid_physical(u32 leaf, u32 subleaf, u32 out[4]);
void cpuid_hypervisor(u32 leaf, u32 out[4]);

/* ioapic.c, pic.c: the virtual ones; accesses by the guest */
void ioapic_init(void);
u32 ioapic_read(u32 offset);
void ioapic_write(u32 offset, u32 value);
/* physical vector @vector arrived: is it a level pin? then masks that pin */
bool ioapic_level(u8 vector);
/* EOI of a level vector by the guest: let the pin through again */
void ioapic_eoi(u8 vector);
bool pic_port(u16 port);
u8 pic_in(u16 port);
void pic_out(u16 port, u8 value);

#endif /* MACHINE_H */
