/* SPDX-License-Identifier: MIT */
#include "../cpu.h"
#include "../svm/vcpu.h"
#include "rmp.h"

static struct rmp_entry *tables[MAX_RAM_RANGES];
static struct spinlock lock;

void rmp_lock(void)
{
	spin_lock(&lock);
}

void rmp_unlock(void)
{
	spin_unlock(&lock);
}

void rmp_init(void)
{
	for (u32 i = 0; i < machine.ram_count; i++) {
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
	for (u32 i = 0; i < machine.ram_count; i++) {
		const struct range *ram = &machine.ram[i];

		if (pa >= ram->start && pa < ram->end)
			return &tables[i][(pa - ram->start) / PAGE_SIZE];
	}
	return NULL;
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
