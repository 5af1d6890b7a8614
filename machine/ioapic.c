/* SPDX-License-Identifier: MIT */
/*
 * The guest's IOAPIC: registers of its own, entries mirrored into the physical
 * one, whose pins the devices drive (Intel 82093AA data sheet; version 0x20
 * has an EOI register). A device's interrupt arrives at the physical APIC of
 * the vCPU's CPU with the guest's vector.
 *
 * A level pin is masked physically from its arrival to the guest's EOI: the
 * machine's own EOI at the physical APIC must not let it through again.
 */
#include "cpu.h"
#include "machine.h"

#define PHYSICAL		0xfec00000UL
#define OFFSET_SELECT		0x00
#define OFFSET_DATA		0x10
#define OFFSET_EOI		0x40

#define REG_ID			0
#define REG_VERSION		1
#define REG_ARBITRATION		2
#define REG_TABLE		0x10
#define ID_MASK			0x0f000000
#define VERSION			(0x20 | (PINS - 1) << 16)

#define PINS			24
#define FIRST_VECTOR		32	/* those below are exceptions here */
#define BROADCAST		0xff

#define RTE_VECTOR		0xffULL
#define RTE_MODE(rte)		(((rte) >> 8) & 7)
#define MODE_FIXED		0
#define MODE_LOWEST		1
#define RTE_LOGICAL		BIT_ULL(11)
#define RTE_PENDING		BIT_ULL(12)
#define RTE_LOW_ACTIVE		BIT_ULL(13)
#define RTE_REMOTE_IRR		BIT_ULL(14)
#define RTE_LEVEL		BIT_ULL(15)
#define RTE_MASKED		BIT_ULL(16)
#define RTE_DEST(rte)		((u32)((rte) >> 56))
/* what a guest can write; the rest reads as 0, the two states as they are */
#define RTE_WRITABLE		(0xff0000000001ffffULL & \
				 ~(RTE_PENDING | RTE_REMOTE_IRR))

/**
 * struct pin - one input
 * @rte: as the guest wrote it
 * @physical: as the physical IOAPIC has it
 * @held: level interrupt that waits for the guest's EOI
 * @held_vector: its vector
 */
struct pin {
	u64 rte;
	u64 physical;
	bool held;
	u8 held_vector;
};

static struct spinlock lock;
static struct pin pins[PINS];
static u32 selected;
static u32 id;

static void physical_write(u32 reg, u32 val)
{
	*(volatile u32 *)(PHYSICAL + OFFSET_SELECT) = reg;
	*(volatile u32 *)(PHYSICAL + OFFSET_DATA) = val;
}

/* The one CPU that a destination names, as APIC ID; -1: none. */
static int destination(u64 rte)
{
	u32 dest = RTE_DEST(rte);
	u32 index;

	if (!(rte & RTE_LOGICAL)) {
		if (dest == BROADCAST)
			return BROADCAST;
		for (index = 0; index < machine.cpu_count; index++) {
			if (machine.apic_id[index] == dest)
				return (int)dest;
		}
		return -1;
	}
	/* Flat model: a bit for each CPU. One of them gets it. */
	if (!dest)
		return -1;
	index = (u32)__builtin_ctz(dest);
	return index < machine.cpu_count ? (int)machine.apic_id[index] : -1;
}

/*
 * Trigger mode and polarity stay while a pin is masked: the IOAPIC must see
 * the line of a level pin go away.
 */
static u64 physical_entry(const struct pin *p)
{
	u32 mode = RTE_MODE(p->rte);
	u32 vector = p->rte & RTE_VECTOR;
	int dest = destination(p->rte);
	u64 e = p->rte & (RTE_VECTOR | RTE_LOW_ACTIVE | RTE_LEVEL | RTE_MASKED);

	/* SMI, NMI, INIT and ExtINT would hit the machine itself. */
	if (p->held || dest < 0 || (mode != MODE_FIXED && mode != MODE_LOWEST) ||
	    vector < FIRST_VECTOR || vector >= VECTOR_KICK)
		e |= RTE_MASKED;
	if (dest >= 0)
		e |= (u64)dest << 56;
	return e;
}

/* Caller holds the lock. */
static void mirror(u32 n)
{
	struct pin *p = &pins[n];
	u64 e = physical_entry(p);
	u32 reg = REG_TABLE + 2 * n;

	if ((e ^ p->physical) >> 32) {
		/* an interrupt must not see half an entry */
		if (!(p->physical & RTE_MASKED))
			physical_write(reg, (u32)(p->physical | RTE_MASKED));
		physical_write(reg + 1, (u32)(e >> 32));
		physical_write(reg, (u32)e);
	} else if (e != p->physical) {
		physical_write(reg, (u32)e);
	}
	p->physical = e;
}

/* Caller holds the lock. */
static void release(u8 vector)
{
	for (u32 i = 0; i < PINS; i++) {
		if (pins[i].held && pins[i].held_vector == vector) {
			pins[i].held = false;
			mirror(i);
		}
	}
}

static u32 read_register(void)
{
	const struct pin *p;
	u64 rte;

	switch (selected) {
	case REG_ID:
	case REG_ARBITRATION:
		return id;
	case REG_VERSION:
		return VERSION;
	}
	if (selected < REG_TABLE || selected >= REG_TABLE + 2 * PINS)
		return 0;
	p = &pins[(selected - REG_TABLE) / 2];
	rte = p->rte | (p->held ? RTE_REMOTE_IRR : 0);
	return (u32)(selected & 1 ? rte >> 32 : rte);
}

static void write_register(u32 val)
{
	struct pin *p;
	u32 n;

	if (selected == REG_ID)
		id = val & ID_MASK;
	if (selected < REG_TABLE || selected >= REG_TABLE + 2 * PINS)
		return;
	n = (selected - REG_TABLE) / 2;
	p = &pins[n];
	if (selected & 1)
		p->rte = (p->rte & 0xffffffff) | (u64)val << 32;
	else
		p->rte = (p->rte & ~0xffffffffULL) | val;
	p->rte &= RTE_WRITABLE;
	/* an edge pin has no remote IRR: old kernels end an interrupt so */
	if (!(p->rte & RTE_LEVEL))
		p->held = false;
	mirror(n);
}

/**
 * ioapic_init() - reset state: all pins masked; the physical ones must be
 */
void ioapic_init(void)
{
	for (u32 i = 0; i < PINS; i++)
		pins[i] = (struct pin){
			.rte = RTE_MASKED,
			.physical = RTE_MASKED,
		};
	selected = 0;
	id = 0;
}

/**
 * ioapic_read() - 32-bit read by the guest
 * @offset: in the IOAPIC's page
 */
u32 ioapic_read(u32 offset)
{
	u32 val = 0;

	spin_lock(&lock);
	if (offset == OFFSET_SELECT)
		val = selected;
	else if (offset == OFFSET_DATA)
		val = read_register();
	spin_unlock(&lock);
	return val;
}

/**
 * ioapic_write() - 32-bit write by the guest
 * @offset: in the IOAPIC's page
 * @value: written
 */
void ioapic_write(u32 offset, u32 value)
{
	spin_lock(&lock);
	if (offset == OFFSET_SELECT)
		selected = value & 0xff;
	else if (offset == OFFSET_DATA)
		write_register(value);
	else if (offset == OFFSET_EOI)
		release((u8)value);
	spin_unlock(&lock);
}

/**
 * ioapic_level() - a vector arrived: hold its level pin, if it has one
 * @vector: of the guest
 *
 * Return: true if it is level triggered.
 */
bool ioapic_level(u8 vector)
{
	bool level = false;

	spin_lock(&lock);
	for (u32 i = 0; i < PINS; i++) {
		struct pin *p = &pins[i];

		if ((p->physical & RTE_MASKED) || !(p->physical & RTE_LEVEL) ||
		    (p->physical & RTE_VECTOR) != vector)
			continue;
		p->held = true;
		p->held_vector = vector;
		mirror(i);
		level = true;
	}
	spin_unlock(&lock);
	return level;
}

/**
 * ioapic_eoi() - end of a level interrupt in the guest
 * @vector: of the guest
 *
 * The pin, if its line is still asserted, interrupts again at once.
 */
void ioapic_eoi(u8 vector)
{
	spin_lock(&lock);
	release(vector);
	spin_unlock(&lock);
}
