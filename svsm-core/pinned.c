// SPDX-License-Identifier: MIT
/*
 * The table of pinned pages: sorted, disjoint ranges behind one lock.
 */
#include <svsm/lock.h>
#include <svsm/pinned.h>
#include <svsm/string.h>
#include <uapi/svsm/call.h>

#define PAGE_MASK_4K	0xFFFULL

struct pinned {
	u64 gpa;
	u64 size;
	enum pinned_kind kind;
	u32 owner;
};

/*
 * Invariant: count <= PINNED_MAX; ranges are of whole pages, do not wrap, are
 * sorted by gpa and disjoint; kinds are known.
 */
static struct {
	struct spinlock lock;
	u32 count;
	struct pinned range[PINNED_MAX];
} table;

static bool range_ok(u64 gpa, u64 size)
{
	/* The sum also fails for a size of 0. */
	return !((gpa | size) & PAGE_MASK_4K) && gpa + size > gpa;
}

/* First entry that ends above @gpa; table.count if none does. */
static u32 first_above(u64 gpa)
{
	u32 low = 0, high = table.count;

	while (low < high) {
		u32 mid = low + (high - low) / 2;

		if (table.range[mid].gpa + table.range[mid].size <= gpa)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool overlaps(u32 i, u64 gpa, u64 size)
{
	return i < table.count && table.range[i].gpa < gpa + size;
}

static u32 add(u64 gpa, u64 size, enum pinned_kind kind, u32 owner)
{
	u32 i = first_above(gpa);

	if (overlaps(i, gpa, size))
		return table.range[i].kind == PINNED_CHANGING ?
		       SVSM_ERR_BUSY : SVSM_ERR_INVALID_REQUEST;
	if (table.count == PINNED_MAX)
		return SVSM_ERR_INVALID_REQUEST;

	memmove(&table.range[i + 1], &table.range[i],
		(table.count - i) * sizeof(table.range[0]));
	table.range[i] = (struct pinned){
		.gpa = gpa,
		.size = size,
		.kind = kind,
		.owner = owner,
	};
	table.count++;
	return SVSM_SUCCESS;
}

/* See pinned.h. */
u32 pinned_add(u64 gpa, u64 size, enum pinned_kind kind, u32 owner)
{
	u32 ret;

	if (!range_ok(gpa, size))
		return SVSM_ERR_INVALID_PARAMETER;

	spin_lock(&table.lock);
	ret = add(gpa, size, kind, owner);
	spin_unlock(&table.lock);
	return ret;
}

/* See pinned.h. */
bool pinned_remove(u64 gpa, enum pinned_kind kind, u32 owner)
{
	bool found;
	u32 i;

	spin_lock(&table.lock);
	i = first_above(gpa);
	found = i < table.count && table.range[i].gpa == gpa &&
		table.range[i].kind == kind && table.range[i].owner == owner;
	if (found) {
		table.count--;
		memmove(&table.range[i], &table.range[i + 1],
			(table.count - i) * sizeof(table.range[0]));
	}
	spin_unlock(&table.lock);
	return found;
}

/* See pinned.h. */
bool pinned_owner(u64 gpa, enum pinned_kind kind, u32 *owner)
{
	bool found;
	u32 i;

	spin_lock(&table.lock);
	i = first_above(gpa);
	found = i < table.count && table.range[i].gpa == gpa &&
		table.range[i].kind == kind;
	if (found)
		*owner = table.range[i].owner;
	spin_unlock(&table.lock);
	return found;
}

/* See pinned.h. */
bool pinned_overlaps(u64 gpa, u64 size)
{
	bool found;

	spin_lock(&table.lock);
	found = overlaps(first_above(gpa), gpa, size);
	spin_unlock(&table.lock);
	return found;
}

/* See pinned.h. */
void pinned_reset(void)
{
	spin_lock(&table.lock);
	table.count = 0;
	spin_unlock(&table.lock);
}

/* See pinned.h. */
bool pinned_invariant_ok(void)
{
	bool ok;
	u32 i;

	spin_lock(&table.lock);
	ok = table.count <= PINNED_MAX;
	for (i = 0; ok && i < table.count; i++) {
		const struct pinned *r = &table.range[i];

		ok = range_ok(r->gpa, r->size) && r->kind <= PINNED_CHANGING;
		if (ok && i)
			ok = r[-1].gpa + r[-1].size <= r->gpa;
	}
	spin_unlock(&table.lock);
	return ok;
}
