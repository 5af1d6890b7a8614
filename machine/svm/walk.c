/* SPDX-License-Identifier: MIT */
/*
 * The guest's own page tables, walked by the machine: to fetch instructions
 * that QEMU's SVM does not report, for the operands of PVALIDATE and the like
 * and to push exception frames. Tables are private memory whatever the C-bit.
 */
#include "../cpu.h"
#include "platform.h"

#define PTE_P		BIT_ULL(0)
#define PTE_W		BIT_ULL(1)
#define PTE_U		BIT_ULL(2)
#define PTE_PS		BIT_ULL(7)
#define PTE_ADDR	0x000ffffffffff000ULL

/* Reads a table entry where the guest keeps it; false: no memory there. */
static bool table_entry(u64 pa, u32 size, u64 *entry)
{
	const void *p = gpa_ptr(pa);

	if (!is_ram(pa))
		return false;
	*entry = size == 8 ? *(const volatile u64 *)p : *(const volatile u32 *)p;
	return true;
}

static int walk_tables(u64 root, int levels, u32 bits, u32 size, bool pse,
		       u64 linear, struct walk *out)
{
	u64 bit = platform->address_bit();
	u64 table = root & ~bit;
	int shift = 12 + (levels - 1) * (int)bits;

	out->writable = true;
	out->user = true;
	for (; levels > 0; levels--, shift -= (int)bits) {
		u64 index = (linear >> shift) & (BIT_ULL(bits) - 1);
		u64 entry;
		/* the four entries of a PAE root know P and address only */
		bool pae_root = size == 8 && bits == 9 && levels == 3 &&
				shift == 30 && !pse;

		if (!table_entry(table + index * size, size, &entry) ||
		    !(entry & PTE_P))
			return -1;
		if (!pae_root) {
			out->writable &= (entry & PTE_W) != 0;
			out->user &= (entry & PTE_U) != 0;
		}
		if (levels == 1 ||
		    ((entry & PTE_PS) && levels <= 3 && !pae_root &&
		     (size == 8 || pse))) {
			u64 mask = BIT_ULL(shift) - 1;
			u64 addr = entry & (size == 8 ? PTE_ADDR : 0xfffff000);

			out->gpa = (addr & ~mask & ~bit) | (linear & mask);
			out->encrypted = size != 8 ||
				!(entry & bit) == platform->shared_by_bit;
			return 0;
		}
		table = entry & (size == 8 ? PTE_ADDR & ~bit : 0xfffff000);
	}
	return -1;
}

/**
 * walk_linear() - translate a linear address of the running guest
 * @v: vCPU, its state in the VMCB
 * @linear: address
 * @out: guest-physical address without C-bit, and rights
 *
 * Return: 0, or -1 if it is not mapped.
 */
int walk_linear(struct vcpu *v, u64 linear, struct walk *out)
{
	const struct save_area *s = vcpu_save(v);
	u64 root = s->cr3 & PTE_ADDR;

	if (!(s->cr0 & CR0_PG)) {
		*out = (struct walk){ .gpa = linear & 0xffffffff,
				      .encrypted = true, .writable = true,
				      .user = true };
		return 0;
	}
	if (s->efer & EFER_LMA)
		return walk_tables(root, s->cr4 & CR4_LA57 ? 5 : 4, 9, 8, true,
				   linear, out);
	linear &= 0xffffffff;
	if (s->cr4 & CR4_PAE)
		return walk_tables(s->cr3 & 0xffffffe0, 3, 9, 8, false, linear,
				   out);
	return walk_tables(root & 0xfffff000, 2, 10, 4, s->cr4 & CR4_PSE,
			   linear, out);
}

/* May the running level do it? True as long as the caller holds the memory lock. */
static bool accessible(const struct vcpu *v, const struct walk *w, bool write)
{
	u32 need = write ? RIGHT_WRITE | RIGHT_READ : RIGHT_READ;

	if (!w->encrypted)
		return platform->is_shared(w->gpa);
	return (platform->rights(v->current, w->gpa) & need) == need;
}

/* @to_guest: which way. -1: unmapped or not memory that this level may use. */
static int guest_copy(struct vcpu *v, u64 linear, u8 *buf, u64 size,
		      bool to_guest)
{
	while (size) {
		u64 part = PAGE_SIZE - (linear & (PAGE_SIZE - 1));
		struct walk w;
		bool ok;

		if (part > size)
			part = size;
		if (walk_linear(v, linear, &w))
			return -1;
		mem_lock();
		ok = accessible(v, &w, to_guest);
		if (ok && to_guest)
			memcpy(gpa_ptr(w.gpa), buf, part);
		else if (ok)
			memcpy(buf, gpa_ptr(w.gpa), part);
		mem_unlock();
		if (!ok)
			return -1;
		buf += part;
		linear += part;
		size -= part;
	}
	return 0;
}

/* guest_read(), guest_write(): copy at a linear address; 0 or -1 */
int guest_read(struct vcpu *v, u64 linear, void *buf, u64 size)
{
	return guest_copy(v, linear, buf, size, false);
}

int guest_write(struct vcpu *v, u64 linear, const void *buf, u64 size)
{
	return guest_copy(v, linear, (u8 *)buf, size, true);
}

/**
 * guest_fetch() - bytes of the instruction at RIP
 * @v: vCPU
 * @buf: for them
 * @size: at most so many
 *
 * Fetches are private whatever the C-bit says.
 * Return: how many could be read.
 */
u32 guest_fetch(struct vcpu *v, u8 *buf, u32 size)
{
	const struct save_area *s = vcpu_save(v);
	u64 linear = s->rip;
	u32 got = 0;

	if (!((s->efer & EFER_LMA) && (s->cs.attrib & ATTR_L)))
		linear = (s->cs.base + s->rip) & 0xffffffff;
	while (got < size) {
		u64 part = PAGE_SIZE - (linear & (PAGE_SIZE - 1));
		struct walk w;
		const void *p;

		if (part > size - got)
			part = size - got;
		if (walk_linear(v, linear, &w))
			break;
		p = gpa_ptr(w.gpa);
		if (!is_ram(w.gpa))
			break;
		memcpy(buf + got, p, part);
		got += (u32)part;
		linear += part;
	}
	return got;
}
