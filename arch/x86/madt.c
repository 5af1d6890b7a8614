// SPDX-License-Identifier: MIT
/*
 * Parser of the MADT parameter. The host writes it, unmeasured. Format: ACPI
 * 6.5, 5.2.12, structures of type 0 (local APIC) and 9 (local x2APIC).
 */
#include <svsm/string.h>
#include <svsm/types.h>
#include <x86/madt.h>

#define MADT_SIGNATURE		"APIC"
#define MADT_LENGTH		4
#define MADT_HEADER		44
#define MADT_APIC		0
#define MADT_APIC_SIZE		8
#define MADT_X2APIC		9
#define MADT_X2APIC_SIZE	16
#define MADT_ENABLED		BIT(0)
#define MADT_BROADCAST		0xFFFFFFFFU

static u32 read32(const u8 *p)
{
	u32 val;

	memcpy(&val, p, sizeof(val));
	return val;
}

static int add(u32 id, u32 *apic_ids, u32 max, u32 *count)
{
	u32 i;

	/* Everybody's ID, and "this vCPU" in the guest's calls. */
	if (id == MADT_BROADCAST)
		return -1;
	for (i = 0; i < *count; i++)
		if (apic_ids[i] == id)
			return 0;
	if (*count == max)
		return -1;
	apic_ids[(*count)++] = id;
	return 0;
}

/**
 * madt_apic_ids() - APIC IDs of the enabled processors
 * @madt: the table; nobody else can write it
 * @size: bytes at @madt; the table may be shorter
 * @apic_ids: filled in, in the table's order, each once
 * @max: size of @apic_ids
 * @count: out: used
 *
 * Return: 0, or -1 if the table is malformed, longer than @size, or has more
 * processors than @max.
 */
int madt_apic_ids(const void *madt, u32 size, u32 *apic_ids, u32 max,
		  u32 *count)
{
	const u8 *table = madt;
	u32 length, at, len;

	*count = 0;
	if (size < MADT_HEADER || memcmp(table, MADT_SIGNATURE, 4))
		return -1;
	length = read32(table + MADT_LENGTH);
	if (length < MADT_HEADER || length > size)
		return -1;
	for (at = MADT_HEADER; at < length; at += len) {
		if (length - at < 2)
			return -1;
		len = table[at + 1];
		if (len < 2 || len > length - at)
			return -1;
		if (table[at] == MADT_APIC && len >= MADT_APIC_SIZE) {
			if ((read32(table + at + 4) & MADT_ENABLED) &&
			    add(table[at + 3], apic_ids, max, count))
				return -1;
		} else if (table[at] == MADT_X2APIC &&
			   len >= MADT_X2APIC_SIZE) {
			if ((read32(table + at + 8) & MADT_ENABLED) &&
			    add(read32(table + at + 4), apic_ids, max, count))
				return -1;
		}
	}
	return 0;
}
