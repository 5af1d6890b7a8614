/* SPDX-License-Identifier: MIT */
/*
 * Devices in memory: QEMU's PCI windows are mapped straight into the shared
 * view, like those of assigned devices; all else the guest must ask for.
 */
#include "cpu.h"
#include "svm/vcpu.h"

#define VGA_START	0xa0000ULL
#define VGA_END		0xc0000ULL
#define MMCONFIG_START	0xb0000000ULL
#define PCI_END		0xfec00000ULL
#define IOAPIC_BASE	0xfec00000ULL
#define HPET_BASE	0xfed00000ULL
#define FOUR_GIB	BIT_ULL(32)
#define HIGH_PCI_END	BIT_ULL(46)

static u64 page_of(u64 pa)
{
	return pa & ~(PAGE_SIZE - 1);
}

/**
 * mmio_direct() - does the guest reach this device without the machine?
 * @pa: physical address that is not memory of the guest
 */
bool mmio_direct(u64 pa)
{
	if (pa >= machine.hidden.start && pa < machine.hidden.end)
		return false;
	if (pa >= FOUR_GIB)
		return pa >= machine.ram_end && pa < HIGH_PCI_END;
	return (pa >= MMCONFIG_START && pa < PCI_END) ||
	       (pa >= VGA_START && pa < VGA_END) || page_of(pa) == HPET_BASE;
}

static u64 load(u64 pa, u32 size)
{
	switch (size) {
	case 1:
		return *(volatile u8 *)pa;
	case 2:
		return *(volatile u16 *)pa;
	case 4:
		return *(volatile u32 *)pa;
	default:
		return *(volatile u64 *)pa;
	}
}

static void store(u64 pa, u64 val, u32 size)
{
	switch (size) {
	case 1:
		*(volatile u8 *)pa = (u8)val;
		break;
	case 2:
		*(volatile u16 *)pa = (u16)val;
		break;
	case 4:
		*(volatile u32 *)pa = (u32)val;
		break;
	default:
		*(volatile u64 *)pa = val;
	}
}

static struct vapic *xapic(struct vcpu *v, u64 pa)
{
	struct vapic *va = &vcpu_level(v)->apic;

	return vapic_xapic(va) && page_of(pa) == (va->base & VAPIC_BASE_ADDR) ?
		va : NULL;
}

/* Nothing answers here: hardware reads all ones. */
static bool is_nothing(u64 pa, u32 size)
{
	return !mmio_direct(pa) || (pa & (size - 1)) ||
	       pa + size > machine.mapped_end;
}

/**
 * mmio_read() - load from a device for the guest
 * @v: vCPU
 * @pa: address
 * @buf: for the value
 * @size: 1, 2, 4 or 8 bytes
 *
 * Return: -1 if it is memory.
 */
int mmio_read(struct vcpu *v, u64 pa, void *buf, u32 size)
{
	struct vapic *va = xapic(v, pa);
	u64 val = ~0ULL;
	u32 reg;

	if (is_ram(pa))
		return -1;
	if (va) {
		if (size == 4 && !vapic_mmio_read(va, pa & (PAGE_SIZE - 1),
						  rdtsc(), &reg))
			val = reg;
	} else if (page_of(pa) == IOAPIC_BASE) {
		if (size == 4)
			val = ioapic_read(pa & (PAGE_SIZE - 1));
	} else if (!is_nothing(pa, size)) {
		val = load(pa, size);
	}
	memcpy(buf, &val, size);
	return 0;
}

/**
 * mmio_write() - store to a device for the guest
 * @v: vCPU
 * @pa: address
 * @buf: the value
 * @size: 1, 2, 4 or 8 bytes
 *
 * Return: -1 if it is memory.
 */
int mmio_write(struct vcpu *v, u64 pa, const void *buf, u32 size)
{
	struct vapic *va = xapic(v, pa);
	struct vapic_effect eff = { 0 };
	u64 val = 0;

	if (is_ram(pa))
		return -1;
	memcpy(&val, buf, size);
	if (va) {
		if (size == 4 && !vapic_mmio_write(va, pa & (PAGE_SIZE - 1),
						   (u32)val, rdtsc(), &eff))
			apic_effect(v, v->current, &eff);
	} else if (page_of(pa) == IOAPIC_BASE) {
		if (size == 4)
			ioapic_write(pa & (PAGE_SIZE - 1), (u32)val);
	} else if (!is_nothing(pa, size)) {
		store(pa, val, size);
	}
	return 0;
}
