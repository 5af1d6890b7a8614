/* SPDX-License-Identifier: MIT */
/*
 * Nested page tables. Each VMPL has a private view (C-bit set) with what the
 * RMP lets it do; all share one view of the memory that is not the guest's
 * (C-bit clear) and of the devices. Both are leaves of one 5-level tree per
 * VMPL: the C-bit, 51, is an index bit of its root.
 *
 *	root[8] (bit 51)  -> private view of the VMPL
 *	root[0]           -> shared view, or the private one while the guest
 *			     has paging off: then every access is private
 *
 * Tables are filled 2 MiB at a time when a fault asks for it and follow the
 * RMP afterwards.
 */
#include "../cpu.h"
#include "../snp/rmp.h"
#include "vcpu.h"

#define NPT_P		BIT_ULL(0)
#define NPT_W		BIT_ULL(1)
#define NPT_U		BIT_ULL(2)
#define NPT_A		BIT_ULL(5)
#define NPT_D		BIT_ULL(6)
#define NPT_NX		BIT_ULL(63)
#define NPT_ADDR	0x000ffffffffff000ULL
#define NPT_TABLE	(NPT_P | NPT_W | NPT_U | NPT_A)
#define ENTRIES		512
#define C_BIT_INDEX	8	/* bit 51 within bits 56:48 */
#define DEVICE_TABLES	1024	/* more than any guest has devices for */
#define KICK_TURNS	(1U << 22)

static u64 *private_view[LEVELS];
static u64 *shared_view;
static u64 *root_paging[LEVELS];
static u64 *root_flat[LEVELS];
static u64 generation;
static u32 device_tables;
static bool stale;

void npt_init(void)
{
	shared_view = page_alloc(1);
	for (u32 l = 0; l < LEVELS; l++) {
		private_view[l] = page_alloc(1);
		root_paging[l] = page_alloc(1);
		root_flat[l] = page_alloc(1);
		root_paging[l][0] = (u64)shared_view | NPT_TABLE;
		root_paging[l][C_BIT_INDEX] = (u64)private_view[l] | NPT_TABLE;
		root_flat[l][0] = (u64)private_view[l] | NPT_TABLE;
	}
}

/**
 * npt_root() - N_CR3 for a VMPL
 * @vmpl: level
 * @paging: the guest has paging on, so that its C-bits count
 */
u64 npt_root(u32 vmpl, bool paging)
{
	return (u64)(paging ? root_paging[vmpl] : root_flat[vmpl]);
}

/* The last-level table for @pa below a 4-level view, NULL if there is none. */
static u64 *find_table(u64 *view, u64 pa, bool create)
{
	u64 *table = view;

	for (int shift = 39; shift > 12; shift -= 9) {
		u64 *e = &table[(pa >> shift) & (ENTRIES - 1)];

		if (!*e) {
			if (!create)
				return NULL;
			if (!is_ram(pa) && ++device_tables > DEVICE_TABLES)
				guest_end("touched too many addresses where no device is");
			*e = (u64)page_alloc(1) | NPT_TABLE;
		}
		table = (u64 *)(*e & NPT_ADDR);
	}
	return table;
}

static u64 private_entry(u32 vmpl, u64 pa)
{
	const struct rmp_entry *e = rmp_entry(pa);
	u8 perm;
	u64 entry;

	if (!e || !(e->flags & RMP_ASSIGNED) || !(e->flags & RMP_VALIDATED))
		return 0;
	perm = e->perm[vmpl];
	if (!(perm & PERM_READ))
		return 0;
	entry = pa | NPT_P | NPT_U | NPT_A | NPT_D;
	if (perm & PERM_WRITE)
		entry |= NPT_W;
	/* Nested tables know one execute bit only: either right allows both. */
	if (!(perm & (PERM_USER_EXEC | PERM_SUPER_EXEC)))
		entry |= NPT_NX;
	return entry;
}

static u64 shared_entry(u64 pa)
{
	const struct rmp_entry *e = rmp_entry(pa);

	if (e ? (e->flags & RMP_ASSIGNED) != 0 : !mmio_direct(pa))
		return 0;
	/* Instruction fetches are private whatever the C-bit: never from here. */
	return pa | NPT_P | NPT_W | NPT_U | NPT_A | NPT_D | NPT_NX;
}

static void set_entry(u64 *e, u64 val)
{
	if ((*e & NPT_P) && (!(val & NPT_P) || (*e & ~val & NPT_W) ||
			     (~*e & val & NPT_NX)))
		stale = true;
	*e = val;
}

/**
 * npt_update() - follow a change of a page's RMP entry in all views
 * @pa: the page
 *
 * Caller holds the RMP lock.
 */
void npt_update(u64 pa)
{
	u64 index = (pa >> PAGE_SHIFT) & (ENTRIES - 1);
	u64 *table;

	for (u32 l = 0; l < LEVELS; l++) {
		table = find_table(private_view[l], pa, false);
		if (table)
			set_entry(&table[index], private_entry(l, pa));
	}
	table = find_table(shared_view, pa, false);
	if (table)
		set_entry(&table[index], shared_entry(pa));
}

/**
 * npt_fill() - enter the 2 MiB around a page that a guest faulted on
 * @vmpl: level, for the private view
 * @pa: physical address
 * @private_view_wanted: which view
 *
 * Caller holds the RMP lock.
 * Return: true if @pa itself can be accessed now.
 */
bool npt_fill(u32 vmpl, u64 pa, bool private_view_wanted)
{
	u64 *view = private_view_wanted ? private_view[vmpl] : shared_view;
	u64 *table = find_table(view, pa, true);
	u64 base = pa & ~(PAGE_2M - 1);

	for (u64 i = 0; i < ENTRIES; i++) {
		u64 p = base + i * PAGE_SIZE;

		set_entry(&table[i], private_view_wanted ?
			  private_entry(vmpl, p) : shared_entry(p));
	}
	return table[(pa >> PAGE_SHIFT) & (ENTRIES - 1)] & NPT_P;
}

/**
 * npt_shootdown() - after permissions were taken away: on every CPU at once
 *
 * Returns when no CPU runs its guest with translations from before. A CPU in
 * the machine's own code flushes on its way back and need not be waited for.
 * Caller holds the RMP lock (so that two never wait for each other).
 */
void npt_shootdown(void)
{
	struct vcpu *self = vcpu_self();
	u64 now;

	if (!stale)
		return;
	stale = false;
	now = __atomic_add_fetch(&generation, 1, __ATOMIC_SEQ_CST);
	self->flush = true;
	for (u32 i = 0; i < machine.cpu_count; i++) {
		struct vcpu *v = vcpus[i];
		u32 turns = 0;

		if (v == self)
			continue;
		/* pairs with npt_enter(): it announces, then reads generation */
		while (__atomic_load_n(&v->in_guest, __ATOMIC_SEQ_CST) &&
		       __atomic_load_n(&v->entry_generation,
				       __ATOMIC_SEQ_CST) < now) {
			/* again, if one was lost: see irq_look() */
			if (!(turns++ % KICK_TURNS)) {
				self->count[COUNT_SHOOTDOWN] += turns == 1;
				cpu_send(i, VECTOR_KICK);
			}
		}
	}
}

/**
 * npt_enter() - announce that this CPU is about to run its guest
 * @v: own vCPU
 *
 * Return: true if the TLB must be flushed on the way in.
 */
bool npt_enter(struct vcpu *v)
{
	u64 now;

	__atomic_store_n(&v->in_guest, 1, __ATOMIC_SEQ_CST);
	now = __atomic_load_n(&generation, __ATOMIC_SEQ_CST);
	if (v->entry_generation != now) {
		__atomic_store_n(&v->entry_generation, now, __ATOMIC_SEQ_CST);
		v->flush = true;
	}
	return v->flush;
}
