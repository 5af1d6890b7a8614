/* SPDX-License-Identifier: MIT */
/*
 * Nested page tables. Each level has a private view with what its platform
 * lets it do; all share one view of the memory that is the host's too, and of
 * the devices. An address bit, the C-bit (set: private) or the shared bit
 * (set: shared), selects the view. Both are leaves of one 5-level tree per
 * level:
 *
 *	root[0]		-> the view for the bit clear
 *	root[8]		-> the view for the bit set, if it is bit 51
 *
 * A bit 47 is the top index bit below root[0]: there the upper half of the
 * private view's first table is the lower half of the shared view's.
 *
 * While an SNP guest has paging off every access is private: it gets a root
 * of its own for that.
 *
 * Tables are filled 2 MiB at a time when a fault asks for it and follow the
 * state of pages afterwards.
 */
#include "../cpu.h"
#include "platform.h"

#define NPT_P		BIT_ULL(0)
#define NPT_W		BIT_ULL(1)
#define NPT_U		BIT_ULL(2)
#define NPT_A		BIT_ULL(5)
#define NPT_D		BIT_ULL(6)
#define NPT_NX		BIT_ULL(63)
#define NPT_ADDR	0x000ffffffffff000ULL
#define NPT_TABLE	(NPT_P | NPT_W | NPT_U | NPT_A)
#define ENTRIES		512
#define TOP_SHIFT	48	/* of the root's index */
#define DEVICE_TABLES	1024	/* more than any guest has devices for */
#define KICK_TURNS	(1U << 22)

static u64 *private_view[LEVELS];
static u64 *shared_view;
static u64 *root_paging[LEVELS];
static u64 *root_flat[LEVELS];
static bool split_view;		/* the bit is below the root's index */
static struct spinlock lock;
static u64 generation;
static u32 device_tables;
static bool stale;

/* mem_lock(), mem_unlock(): page states and the tables that follow from them */
void mem_lock(void)
{
	spin_lock(&lock);
}

void mem_unlock(void)
{
	spin_unlock(&lock);
}

/**
 * npt_init() - empty tables; the platform knows its address bit
 */
void npt_init(void)
{
	u64 bit = platform->address_bit();
	u32 index = (u32)(bit >> TOP_SHIFT);

	split_view = !index;
	shared_view = page_alloc(1);
	for (u32 l = 0; l < LEVELS; l++) {
		u64 *clear, *set;

		private_view[l] = page_alloc(1);
		root_paging[l] = page_alloc(1);
		root_flat[l] = page_alloc(1);
		clear = platform->shared_by_bit ? private_view[l] : shared_view;
		set = platform->shared_by_bit ? shared_view : private_view[l];
		root_paging[l][0] = (u64)clear | NPT_TABLE;
		if (!split_view)
			root_paging[l][index] = (u64)set | NPT_TABLE;
		root_flat[l][0] = (u64)private_view[l] | NPT_TABLE;
	}
}

/**
 * npt_root() - N_CR3 for a level
 * @level: level
 * @paging: the guest has paging on, so that its address bits count
 */
u64 npt_root(u32 level, bool paging)
{
	return (u64)(paging ? root_paging[level] : root_flat[level]);
}

/* A first table of the shared view is to be found through every private one. */
static void link_shared(u64 index)
{
	for (u32 l = 0; l < LEVELS; l++)
		private_view[l][ENTRIES / 2 + index] = shared_view[index];
}

/* The last-level table for @gpa below a 4-level view, NULL if there is none. */
static u64 *find_table(u64 *view, u64 gpa, bool create)
{
	u64 *table = view;

	for (int shift = 39; shift > 12; shift -= 9) {
		u64 index = (gpa >> shift) & (ENTRIES - 1);
		u64 *e = &table[index];

		if (!*e) {
			if (!create)
				return NULL;
			if (!is_ram(gpa) && ++device_tables > DEVICE_TABLES)
				guest_end("touched too many addresses where no device is");
			*e = (u64)page_alloc(1) | NPT_TABLE;
			if (split_view && table == shared_view)
				link_shared(index);
		}
		table = (u64 *)(*e & NPT_ADDR);
	}
	return table;
}

static u64 private_entry(u32 level, u64 gpa)
{
	u32 rights = platform->rights(level, gpa);
	u64 entry;

	if (!(rights & RIGHT_READ))
		return 0;
	entry = (u64)gpa_ptr(gpa) | NPT_P | NPT_U | NPT_A | NPT_D;
	if (rights & RIGHT_WRITE)
		entry |= NPT_W;
	if (!(rights & RIGHT_EXEC))
		entry |= NPT_NX;
	return entry;
}

static u64 shared_entry(u64 gpa)
{
	bool ram = is_ram(gpa);

	if (ram ? !platform->is_shared(gpa) : !mmio_direct(gpa))
		return 0;
	/* Instruction fetches are private whatever the bit: never from here. */
	return (ram ? (u64)gpa_ptr(gpa) : gpa) | NPT_P | NPT_W | NPT_U | NPT_A |
	       NPT_D | NPT_NX;
}

static void set_entry(u64 *e, u64 val)
{
	if ((*e & NPT_P) && (!(val & NPT_P) || (*e & ~val & NPT_W) ||
			     (~*e & val & NPT_NX)))
		stale = true;
	*e = val;
}

/**
 * npt_update() - follow a change of a page's state in all views
 * @gpa: the page
 *
 * Caller holds the memory lock.
 */
void npt_update(u64 gpa)
{
	u64 index = (gpa >> PAGE_SHIFT) & (ENTRIES - 1);
	u64 *table;

	for (u32 l = 0; l < LEVELS; l++) {
		table = find_table(private_view[l], gpa, false);
		if (table)
			set_entry(&table[index], private_entry(l, gpa));
	}
	table = find_table(shared_view, gpa, false);
	if (table)
		set_entry(&table[index], shared_entry(gpa));
}

/**
 * npt_fill() - enter the 2 MiB around a page that a guest faulted on
 * @level: level, for the private view
 * @gpa: guest-physical address without the bit
 * @private_view_wanted: which view
 *
 * Caller holds the memory lock.
 * Return: true if @gpa itself can be accessed now.
 */
bool npt_fill(u32 level, u64 gpa, bool private_view_wanted)
{
	u64 *view = private_view_wanted ? private_view[level] : shared_view;
	u64 *table = find_table(view, gpa, true);
	u64 base = gpa & ~(PAGE_2M - 1);

	for (u64 i = 0; i < ENTRIES; i++) {
		u64 p = base + i * PAGE_SIZE;

		set_entry(&table[i], private_view_wanted ?
			  private_entry(level, p) : shared_entry(p));
	}
	return table[(gpa >> PAGE_SHIFT) & (ENTRIES - 1)] & NPT_P;
}

/**
 * npt_shootdown() - after permissions were taken away: on every CPU at once
 *
 * Returns when no CPU runs its guest with translations from before. A CPU in
 * the machine's own code flushes on its way back and need not be waited for.
 * Caller holds the memory lock (so that two never wait for each other).
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
