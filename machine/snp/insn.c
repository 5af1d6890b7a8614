/* SPDX-License-Identifier: MIT */
/*
 * PVALIDATE, RMPADJUST and RMPQUERY (AMD APM volume 3): #UD on QEMU, done here.
 */
#include "../cpu.h"
#include "snp.h"

#define FAIL_INPUT		1
#define FAIL_PERMISSION		2
#define FAIL_INUSE		3
#define FAIL_SIZEMISMATCH	6

#define ADJUST_VMSA		BIT_ULL(16)

/* The operands that the three have in common. */
struct operand {
	u64 pa;
	u64 size;
};

static void done(struct vcpu *v, u64 bytes, u32 status, bool carry)
{
	struct save_area *s = vcpu_save(v);

	s->rax = status;
	if (carry)
		s->rflags |= RFLAGS_CF;
	else
		s->rflags &= ~RFLAGS_CF;
	vcpu_advance(v, bytes);
}

/*
 * Translates RAX. Return: false if an exception was raised instead or the
 * instruction ended with @bytes and a status.
 */
static bool get_operand(struct vcpu *v, u64 bytes, u64 size_code,
			struct operand *op)
{
	struct save_area *s = vcpu_save(v);
	u64 linear = vcpu_long_mode(v) ? s->rax : (u32)s->rax;
	struct walk w;

	if (size_code > 1) {
		done(v, bytes, FAIL_INPUT, false);
		return false;
	}
	op->size = size_code ? PAGE_2M : PAGE_SIZE;
	if (linear & (op->size - 1)) {
		done(v, bytes, FAIL_INPUT, false);
		return false;
	}
	if (walk_linear(v, linear, &w)) {
		inject_page_fault(v, linear, 0);
		return false;
	}
	op->pa = w.gpa;
	/* A 2 MiB operand must be mapped by a page of at least that size. */
	if (op->pa & (op->size - 1)) {
		done(v, bytes, FAIL_SIZEMISMATCH, false);
		return false;
	}
	return true;
}

/*
 * Is the host's page as large as the operand? Splits larger ones. Assigned
 * as one, 2 MiB have one entry on hardware: the first tells for all.
 */
static bool size_matches(const struct operand *op)
{
	if (op->size == PAGE_2M)
		return rmp_entry(op->pa)->flags & RMP_2M;
	/* hardware reports a size mismatch to the host, which does PSMASH */
	rmp_smash(op->pa);
	return true;
}

/* The host must have assigned the page; otherwise #NPF to the host. */
static void check_assigned(struct vcpu *v, const char *insn,
			   const struct operand *op)
{
	const struct rmp_entry *e = rmp_entry(op->pa);

	if (e && (e->flags & RMP_ASSIGNED))
		return;
	mem_unlock();
	guest_end("%s of a page that is not assigned: vcpu%u vmpl%u gpa 0x%lx "
		  "at rip 0x%lx", insn, v->index, v->current, op->pa,
		  v->vmcb->save.rip);
}

static void pvalidate(struct vcpu *v, u64 bytes)
{
	bool validate = v->regs[GPR_RDX] & 1;
	bool changed = false;
	struct operand op;

	v->count[COUNT_PVALIDATE]++;
	/* only VMPL0 may: the APM lists #GP for the privilege level alone,
	 * implementations agree that a lower VMPL cannot use it */
	if (v->vmcb->save.cpl || v->current) {
		inject_gp(v);
		return;
	}
	if (!get_operand(v, bytes, (u32)v->regs[GPR_RCX], &op))
		return;
	mem_lock();
	check_assigned(v, "PVALIDATE", &op);
	if (!size_matches(&op)) {
		mem_unlock();
		done(v, bytes, FAIL_SIZEMISMATCH, false);
		return;
	}
	for (u64 pa = op.pa; pa < op.pa + op.size; pa += PAGE_SIZE) {
		struct rmp_entry *e = rmp_entry(pa);
		u8 flags = e->flags;

		if (validate)
			e->flags |= RMP_VALIDATED;
		else
			e->flags &= (u8)~RMP_VALIDATED;
		if (flags != e->flags) {
			changed = true;
			npt_update(pa);
		}
	}
	npt_shootdown();
	mem_unlock();
	done(v, bytes, 0, !changed);
}

/* Validated throughout? Otherwise the guest gets #VC. */
static bool all_validated(const struct operand *op)
{
	for (u64 pa = op->pa; pa < op->pa + op->size; pa += PAGE_SIZE) {
		if (!(rmp_entry(pa)->flags & RMP_VALIDATED))
			return false;
	}
	return true;
}

static bool in_use(u64 pa)
{
	for (u32 i = 0; i < machine.cpu_count; i++) {
		if (vcpus[i]->vmsa_in_use == pa)
			return true;
	}
	return false;
}

static u32 adjust(struct vcpu *v, const struct operand *op, u64 rdx)
{
	u32 target = rdx & 0xff;
	u8 perm = (u8)(rdx >> 8);
	bool vmsa = rdx & ADJUST_VMSA;

	if (target >= LEVELS || (rdx >> 17) || (perm & ~PERM_ALL))
		return FAIL_INPUT;
	if (target <= v->current)
		return FAIL_PERMISSION;
	if (vmsa && (op->size != PAGE_SIZE || v->current))
		return v->current ? FAIL_PERMISSION : FAIL_INPUT;
	for (u64 pa = op->pa; pa < op->pa + op->size; pa += PAGE_SIZE) {
		const struct rmp_entry *e = rmp_entry(pa);

		if (perm & ~e->perm[v->current])
			return FAIL_PERMISSION;
		if ((e->flags & RMP_VMSA) && !vmsa && in_use(pa))
			return FAIL_INUSE;
	}
	for (u64 pa = op->pa; pa < op->pa + op->size; pa += PAGE_SIZE) {
		struct rmp_entry *e = rmp_entry(pa);

		e->perm[target] = perm;
		if (vmsa)
			e->flags |= RMP_VMSA;
		else if (!v->current)
			e->flags &= (u8)~RMP_VMSA;
		npt_update(pa);
	}
	npt_shootdown();
	return 0;
}

static void rmpadjust(struct vcpu *v, u64 bytes)
{
	struct operand op;
	u32 status;

	v->count[COUNT_RMPADJUST]++;
	if (v->vmcb->save.cpl) {
		inject_gp(v);
		return;
	}
	if (!get_operand(v, bytes, v->regs[GPR_RCX], &op))
		return;
	mem_lock();
	check_assigned(v, "RMPADJUST", &op);
	if (!size_matches(&op)) {
		mem_unlock();
		done(v, bytes, FAIL_SIZEMISMATCH, false);
		return;
	}
	if (!all_validated(&op)) {
		mem_unlock();
		inject_vc(v, VMEXIT_NOT_VALIDATED);
		return;
	}
	status = adjust(v, &op, v->regs[GPR_RDX]);
	mem_unlock();
	done(v, bytes, status, false);
}

static void rmpquery(struct vcpu *v, u64 bytes)
{
	u32 target = v->regs[GPR_RDX] & 0xff;
	const struct rmp_entry *e;
	struct operand op;

	if (v->vmcb->save.cpl) {
		inject_gp(v);
		return;
	}
	if (!get_operand(v, bytes, 0, &op))
		return;
	if (target >= LEVELS) {
		done(v, bytes, FAIL_INPUT, false);
		return;
	}
	if (target < v->current) {
		done(v, bytes, FAIL_PERMISSION, false);
		return;
	}
	mem_lock();
	check_assigned(v, "RMPQUERY", &op);
	e = rmp_entry(op.pa);
	if (!(e->flags & RMP_VALIDATED)) {
		mem_unlock();
		inject_vc(v, VMEXIT_NOT_VALIDATED);
		return;
	}
	v->regs[GPR_RDX] = target | (u64)e->perm[target] << 8 |
			   (e->flags & RMP_VMSA ? ADJUST_VMSA : 0);
	v->regs[GPR_RCX] = e->flags & RMP_2M ? 1 : 0;
	mem_unlock();
	done(v, bytes, 0, false);
}

/**
 * snp_undefined() - an instruction that QEMU does not know
 * @v: vCPU
 */
void snp_undefined(struct vcpu *v)
{
	bool code64 = vcpu_long_mode(v) &&
		      (v->vmcb->save.cs.attrib & ATTR_L);
	u8 insn[5];
	u32 n = guest_fetch(v, insn, 5);
	u32 op = 1;

	if (n == 5 && code64 && (insn[1] & 0xf0) == 0x40)
		op = 2;		/* REX */
	if (n < op + 3 || insn[op] != 0x0f || insn[op + 1] != 0x01)
		goto undefined;
	if (insn[0] == 0xf2 && insn[op + 2] == 0xff) {
		pvalidate(v, op + 3);
		return;
	}
	if (insn[0] == 0xf3 && code64 && insn[op + 2] == 0xfe) {
		rmpadjust(v, op + 3);
		return;
	}
	if (insn[0] == 0xf3 && code64 && insn[op + 2] == 0xfd) {
		rmpquery(v, op + 3);
		return;
	}
undefined:
	inject_exception(v, VECTOR_UD, -1);
}
