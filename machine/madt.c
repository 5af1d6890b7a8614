/* SPDX-License-Identifier: MIT */
/*
 * The ACPI table that describes CPUs and interrupt controllers to the guest
 * (ACPI specification 6.5, 5.2.12).
 */
#include "start.h"

#define LOCAL_APIC		0xfee00000
#define IOAPIC			0xfec00000
#define FLAG_PCAT		1	/* there is an 8259 pair */
#define FLAG_ENABLED		1
#define LEVEL_HIGH		0x0d	/* trigger 3, polarity 1 */
#define ALL_CPUS		0xff

enum {
	TYPE_LOCAL_APIC = 0,
	TYPE_IOAPIC = 1,
	TYPE_OVERRIDE = 2,
	TYPE_LOCAL_NMI = 4,
	TYPE_X2APIC = 9,
};

struct header {
	char signature[4];
	u32 size;
	u8 revision;
	u8 checksum;
	char oem[6];
	char oem_table[8];
	u32 oem_revision;
	char creator[4];
	u32 creator_revision;
	u32 local_apic;
	u32 flags;
} __attribute__((packed));

struct local_apic {
	u8 type, size;
	u8 uid;
	u8 id;
	u32 flags;
} __attribute__((packed));

struct ioapic {
	u8 type, size;
	u8 id;
	u8 reserved;
	u32 address;
	u32 first_gsi;
} __attribute__((packed));

struct override {
	u8 type, size;
	u8 bus;
	u8 irq;
	u32 gsi;
	u16 flags;
} __attribute__((packed));

struct local_nmi {
	u8 type, size;
	u8 uid;
	u16 flags;
	u8 pin;
} __attribute__((packed));

struct x2apic {
	u8 type, size;
	u16 reserved;
	u32 id;
	u32 flags;
	u32 uid;
} __attribute__((packed));

/* Table under construction; @used grows past @size to say: no space. */
struct table {
	u8 *start;
	u32 size;
	u32 used;
};

static void add(struct table *t, const void *entry, u32 size)
{
	if (t->used + size <= t->size)
		memcpy(t->start + t->used, entry, size);
	t->used += size;
}

static void add_cpu(struct table *t, u32 index)
{
	u32 id = machine.apic_id[index];

	if (id < 255) {
		struct local_apic e = {
			TYPE_LOCAL_APIC, sizeof(e), (u8)index, (u8)id,
			FLAG_ENABLED,
		};

		add(t, &e, sizeof(e));
	} else {
		struct x2apic e = {
			TYPE_X2APIC, sizeof(e), 0, id, FLAG_ENABLED, index,
		};

		add(t, &e, sizeof(e));
	}
}

/**
 * madt_build() - write the table
 * @buf: where to
 * @size: bytes there
 *
 * The timer's interrupt 0 is at input 2, as QEMU's boards have it.
 * Return: bytes of the table, 0 if it does not fit.
 */
u32 madt_build(void *buf, u32 size)
{
	static const struct ioapic ioapic = {
		TYPE_IOAPIC, sizeof(ioapic), 0, 0, IOAPIC, 0,
	};
	static const struct override timer = {
		TYPE_OVERRIDE, sizeof(timer), 0, 0, 2, 0,
	};
	static const struct override acpi = {
		TYPE_OVERRIDE, sizeof(acpi), 0, 9, 9, LEVEL_HIGH,
	};
	static const struct local_nmi nmi = {
		TYPE_LOCAL_NMI, sizeof(nmi), ALL_CPUS, 0, 1,
	};
	struct header h = {
		.signature = { 'A', 'P', 'I', 'C' },
		.revision = 5,
		.oem = { 'S', 'V', 'S', 'M', ' ', ' ' },
		.oem_table = { 'M', 'A', 'C', 'H', 'I', 'N', 'E', ' ' },
		.oem_revision = 1,
		.creator = { 'S', 'V', 'S', 'M' },
		.creator_revision = 1,
		.local_apic = LOCAL_APIC,
		.flags = FLAG_PCAT,
	};
	struct table t = { buf, size, 0 };
	u8 sum = 0;

	add(&t, &h, sizeof(h));
	for (u32 i = 0; i < machine.cpu_count; i++)
		add_cpu(&t, i);
	add(&t, &ioapic, sizeof(ioapic));
	add(&t, &timer, sizeof(timer));
	add(&t, &acpi, sizeof(acpi));
	add(&t, &nmi, sizeof(nmi));
	if (t.used > size)
		return 0;
	h.size = t.used;
	memcpy(buf, &h, sizeof(h));
	for (u32 i = 0; i < t.used; i++)
		sum = (u8)(sum + t.start[i]);
	t.start[offsetof(struct header, checksum)] = (u8)-sum;
	return t.used;
}
