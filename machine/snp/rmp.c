/* SPDX-License-Identifier: MIT */
#include "../cpu.h"
#include "../svm/vcpu.h"
#include "rmp.h"

static struct rmp_entry *tables[MAX_RAM_RANGES];

void rmp_init(void)
{
	for (u32 i = 0; i < machine.range_count; i++) {
		const struct range *ram = &machine.ram[i];
		u64 bytes = (ram->end - ram->start) / PAGE_SIZE *
			    sizeof(struct rmp_entry);

		tables[i] = page_alloc((bytes + PAGE_SIZE - 1) / PAGE_SIZE);
	}
}

/**
 * rmp_entry() - the entry of a page
 * @pa: any address in it
 *
 * Return: NULL if it is not memory of the guest.
 */
struct rmp_entry *rmp_entry(u64 pa)
{
	for (u32 i = 0; i < machine.range_count; i++) {
		const struct range *ram = &machine.ram[i];

		if (pa >= ram->start && pa < ram->end)
			return &tables[i][(pa - ram->start) / PAGE_SIZE];
	}
	return NULL;
}

/**
 * is_shared() - may the host read and write this memory of the guest?
 * @pa: any address in the page
 *
 * It stays so only while the caller holds the lock.
 */
bool is_shared(u64 pa)
{
	const struct rmp_entry *e = rmp_entry(pa);

	return e && !(e->flags & RMP_ASSIGNED);
}

/**
 * rmp_smash() - split what was assigned as 2 MiB
 * @pa: any address in it
 */
void rmp_smash(u64 pa)
{
	const struct rmp_entry *e = rmp_entry(pa);

	if (!e || !(e->flags & RMP_2M))
		return;
	pa &= ~(PAGE_2M - 1);
	for (u64 p = pa; p < pa + PAGE_2M; p += PAGE_SIZE)
		rmp_entry(p)->flags &= (u8)~RMP_2M;
}

/**
 * rmp_unsmash() - make 2 MiB of pages one again
 * @pa: the first one
 *
 * Return: false unless they are private, and all are alike.
 */
bool rmp_unsmash(u64 pa)
{
	const struct rmp_entry *first = rmp_entry(pa);

	if (!first || !(first->flags & RMP_ASSIGNED) ||
	    (first->flags & (RMP_VMSA | RMP_2M)))
		return false;
	for (u64 p = pa; p < pa + PAGE_2M; p += PAGE_SIZE) {
		const struct rmp_entry *e = rmp_entry(p);

		if (!e || memcmp(e, first, sizeof(*e)))
			return false;
	}
	for (u64 p = pa; p < pa + PAGE_2M; p += PAGE_SIZE)
		rmp_entry(p)->flags |= RMP_2M;
	return true;
}

/* Is it the register state of a level that some vCPU holds? */
static bool is_live_vmsa(u64 pa)
{
	for (u32 i = 0; i < machine.cpu_count; i++) {
		for (u32 l = 0; l < LEVELS; l++) {
			if (vcpus[i]->level[l].vmsa == pa)
				return true;
		}
	}
	return false;
}

bool rmp_assign(u64 pa, u64 size, bool assigned)
{
	for (u64 p = pa; p < pa + size; p += PAGE_SIZE) {
		struct rmp_entry *e = rmp_entry(p);

		if (!e || ((e->flags & RMP_VMSA) && is_live_vmsa(p)))
			return false;
	}
	rmp_smash(pa);
	for (u64 p = pa; p < pa + size; p += PAGE_SIZE) {
		struct rmp_entry *e = rmp_entry(p);

		*e = (struct rmp_entry){ 0 };
		if (assigned) {
			e->flags = RMP_ASSIGNED;
			if (size == PAGE_2M)
				e->flags |= RMP_2M;
			e->perm[0] = PERM_ALL;
		}
		npt_update(p);
	}
	return true;
}
