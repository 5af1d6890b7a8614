/* SPDX-License-Identifier: MIT */
/*
 * Nested page faults: what is the machine's own business (tables not filled
 * yet), what the guest gets as #VC, and what hardware would report to a host
 * that can do nothing but end the guest.
 */
#include "../cpu.h"
#include "snp.h"

#define CR3_ADDR	0x0007fffffffff000ULL

static const char *access_name(u64 info)
{
	if (info & NPF_TABLE_WALK)
		return "page-table walk";
	if (info & NPF_FETCH)
		return "fetch";
	return info & NPF_WRITE ? "write" : "read";
}

static void end_violation(struct vcpu *v, const char *what, u64 pa, u64 info)
{
	guest_end("%s: vcpu%u vmpl%u %s of gpa 0x%lx at rip 0x%lx", what,
		  v->index, v->current, access_name(info), pa,
		  v->vmcb->save.rip);
}

/* A private access: C-bit set, or private whatever the C-bit says. */
static void private_fault(struct vcpu *v, u64 pa, u64 info, bool c_bit)
{
	const struct rmp_entry *e = rmp_entry(pa);
	bool filled;
	u8 need = info & NPF_WRITE ? PERM_READ | PERM_WRITE : PERM_READ;

	if (!e)
		end_violation(v, "private access to what is no memory", pa,
			      info);
	if (!(e->flags & RMP_ASSIGNED))
		end_violation(v, "private access to a shared page", pa, info);
	if (!(e->flags & RMP_VALIDATED)) {
		inject_vc(v, VMEXIT_NOT_VALIDATED);
		return;
	}
	if ((e->perm[v->current] & need) != need ||
	    ((info & NPF_FETCH) && !(e->perm[v->current] &
				     (PERM_USER_EXEC | PERM_SUPER_EXEC))))
		end_violation(v, "VMPL permission violation", pa, info);
	if (!c_bit && (v->vmcb->save.cr0 & CR0_PG)) {
		/*
		 * Linux' decompressor loads CR3 without the C-bit while its
		 * tables are private: walks are private whatever it says.
		 */
		if ((info & NPF_TABLE_WALK) &&
		    (pa & ~(PAGE_SIZE - 1)) == (v->vmcb->save.cr3 & CR3_ADDR)) {
			v->vmcb->save.cr3 |= SNP_C_MASK;
			return;
		}
		end_violation(v, "private page reached without C-bit", pa,
			      info);
	}
	mem_lock();
	filled = npt_fill(v->current, pa, true);
	mem_unlock();
	/* another CPU took the page meanwhile: the access faults again */
	if (!filled)
		v->flush = true;
}

/**
 * snp_npf() - nested page fault
 * @v: vCPU
 */
void snp_npf(struct vcpu *v)
{
	u64 info = v->vmcb->exit_info1;
	bool c_bit = v->vmcb->exit_info2 & SNP_C_MASK;
	u64 pa = v->vmcb->exit_info2 & ~SNP_C_MASK;
	const struct rmp_entry *e = rmp_entry(pa);

	if (c_bit || !(v->vmcb->save.cr0 & CR0_PG) ||
	    (info & (NPF_TABLE_WALK | NPF_FETCH))) {
		private_fault(v, pa, info, c_bit);
		return;
	}
	if (e && !is_shared(pa))
		end_violation(v, "shared access to a private page", pa, info);
	if (e || mmio_direct(pa)) {
		mem_lock();
		npt_fill(v->current, pa, false);
		mem_unlock();
		return;
	}
	/* emulated device: the guest decodes its instruction and asks */
	inject_vc(v, VMEXIT_NPF);
}
