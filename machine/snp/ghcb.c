/* SPDX-License-Identifier: MIT */
/*
 * Requests through the GHCB page: read once, checked, answered.
 */
#include "../cpu.h"
#include "ghcb.h"

/**
 * ghcb_scratch() - the buffer that a request names
 * @x: request
 * @size: bytes that are needed
 *
 * Return: NULL unless it is shared memory within one page (the GHCB's own
 * buffer included).
 */
void *ghcb_scratch(const struct exit *x, u64 size)
{
	u64 start = x->in.scratch;
	const struct rmp_entry *e = rmp_entry(start);

	if (!ghcb_has(x, scratch) || !e || (e->flags & RMP_ASSIGNED) || !size ||
	    size > PAGE_SIZE || (start & (PAGE_SIZE - 1)) + size > PAGE_SIZE)
		return NULL;
	if ((start & ~(PAGE_SIZE - 1)) == x->gpa &&
	    (start - x->gpa < __builtin_offsetof(struct ghcb, buffer) ||
	     start - x->gpa + size > __builtin_offsetof(struct ghcb,
							reserved_ff0)))
		return NULL;
	return (void *)start;
}

/**
 * ghcb_exception() - the guest's instruction raises an exception
 * @x: request
 * @vector: #GP or #UD
 */
void ghcb_exception(struct exit *x, u8 vector)
{
	u64 event = vector | EVENT_TYPE_EXCEPTION | EVENT_VALID;

	if (vector == VECTOR_GP)
		event |= EVENT_ERROR_CODE;
	ghcb_set(x, info1, GHCB_RESULT_EXCEPTION);
	ghcb_set(x, info2, event);
}

static enum ghcb_error dispatch(struct exit *x)
{
	struct vcpu *v = x->v;

	switch (x->in.code) {
	case NAE_CPUID:
		return exit_cpuid(x);
	case NAE_MSR:
		return exit_msr(x);
	case NAE_IOIO:
		return exit_ioio(x);
	case NAE_MMIO_READ:
		return exit_mmio(x, false);
	case NAE_MMIO_WRITE:
		return exit_mmio(x, true);
	case NAE_PSC:
		return exit_psc(x);
	case NAE_AP_CREATION:
		return exit_ap_creation(x);
	case NAE_HV_DOORBELL:
		return exit_doorbell(x);
	case NAE_HV_IPI:
		return exit_ipi(x);
	case NAE_APIC_IDS:
		return exit_apic_ids(x);
	case NAE_RUN_VMPL:
		return exit_run_vmpl(x);
	case NAE_RDTSCP:
		ghcb_set(x, rcx, v->level[v->current].apic.id);
		/* fall through */
	case NAE_RDTSC:
		ghcb_set(x, rax, (u32)rdtsc());
		ghcb_set(x, rdx, rdtsc() >> 32);
		return GHCB_OK;
	case NAE_RDPMC:
	case NAE_DR7_READ:
		ghcb_exception(x, VECTOR_GP);
		return GHCB_OK;
	case NAE_DR7_WRITE:
		/* debug registers are swapped with the VMSA or not at all */
	case NAE_WBINVD:
	case NAE_INVD:
	case NAE_MONITOR:
	case NAE_MWAIT:
		return GHCB_OK;
	case NAE_VMMCALL:
		/* no hypercall is offered: KVM's -ENOSYS */
		ghcb_set(x, rax, (u64)-1000LL);
		return GHCB_OK;
	case NAE_NMI_COMPLETE:
		v->level[v->current].nmi_blocked = false;
		return GHCB_OK;
	case NAE_RESET_HOLD:
		ghcb_set(x, info2, 1);
		v->level[v->current].reset_hold = true;
		return GHCB_OK;
	case NAE_JUMP_TABLE:
		/* an ES mechanism; SNP guests start CPUs by AP creation */
		ghcb_set(x, info2, 0);
		return GHCB_OK;
	case NAE_HV_FEATURES:
		ghcb_set(x, info2, snp_hv_features());
		return GHCB_OK;
	case NAE_TERMINATE:
		snp_terminated(v, x->in.info1 & 0xf, x->in.info1 >> 4 & 0xff,
			       x->in.info2);
	default:
		return GHCB_ERR_INVALID_EVENT;
	}
}

static void copy_in(struct exit *x)
{
	const volatile struct ghcb *p = x->page;

	x->in.valid[0] = p->valid[0];
	x->in.valid[1] = p->valid[1];
	x->in.cpl = p->cpl;
	x->in.rax = p->rax;
	x->in.rcx = p->rcx;
	x->in.rdx = p->rdx;
	x->in.rbx = p->rbx;
	x->in.xcr0 = p->xcr0;
	x->in.code = p->exit_code;
	x->in.info1 = p->info1;
	x->in.info2 = p->info2;
	x->in.scratch = p->scratch;
}

/**
 * ghcb_page() - VMGEXIT with the address of a page in the GHCB MSR
 * @v: vCPU, its state is in its VMSA
 * @gpa: the address
 */
void ghcb_page(struct vcpu *v, u64 gpa)
{
	const struct rmp_entry *e = rmp_entry(gpa);
	struct exit x = { .v = v, .page = (struct ghcb *)gpa, .gpa = gpa };
	enum ghcb_error err = GHCB_OK;

	if (!e || (e->flags & RMP_ASSIGNED))
		guest_end("GHCB is not in shared memory: vcpu%u vmpl%u gpa "
			  "0x%lx rip 0x%lx", v->index, v->current, gpa,
			  v->vmcb->save.rip);
	copy_in(&x);
	if (gpa != vcpu_level(v)->ghcb_gpa)
		err = GHCB_ERR_NOT_REGISTERED;
	else if (x.page->usage != 0)
		err = GHCB_ERR_INVALID_USAGE;
	else if (!ghcb_has(&x, exit_code) || !ghcb_has(&x, info1) ||
		 !ghcb_has(&x, info2))
		err = GHCB_ERR_MISSING_INPUT;
	ghcb_set(&x, info1, 0);
	if (!err) {
		u64 code = x.in.code;

		/* outputs that are no answer to this request are not there */
		x.page->valid[0] = 0;
		x.page->valid[1] = 0;
		ghcb_set(&x, exit_code, code);
		ghcb_set(&x, info1, 0);
		ghcb_set(&x, info2, 0);
		err = dispatch(&x);
	}
	if (err) {
		ghcb_set(&x, info1, GHCB_RESULT_MALFORMED);
		ghcb_set(&x, info2, err);
	}
}
