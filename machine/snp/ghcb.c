/* SPDX-License-Identifier: MIT */
/*
 * Requests through the GHCB page: read once, checked, answered.
 */
#include "../cpu.h"
#include "../hostile.h"
#include "ghcb.h"

/*
 * The buffer that a request names: within one page, and in the GHCB's own page
 * within its buffer.
 */
static bool scratch_valid(const struct exit *x, u64 size)
{
	u64 start = x->in.scratch;
	u64 offset = start & (PAGE_SIZE - 1);

	if (!ghcb_has(x, scratch) || !size || size > PAGE_SIZE ||
	    offset + size > PAGE_SIZE)
		return false;
	return start - offset != x->gpa ||
	       (offset >= __builtin_offsetof(struct ghcb, buffer) &&
		offset + size <= __builtin_offsetof(struct ghcb, reserved_ff0));
}

/**
 * ghcb_scratch_read() - copy from the buffer that a request names
 * @x: request
 * @buf: to
 * @size: bytes
 *
 * Return: false if it is not all in shared memory of one page.
 */
bool ghcb_scratch_read(const struct exit *x, void *buf, u64 size)
{
	bool ok;

	mem_lock();
	ok = scratch_valid(x, size) && is_shared(x->in.scratch);
	if (ok)
		memcpy(buf, (const void *)x->in.scratch, size);
	mem_unlock();
	return ok;
}

/**
 * ghcb_scratch_write() - copy to the buffer that a request names
 * @x: request
 * @buf: from
 * @size: bytes
 *
 * Return: false if it is not, or no more, shared memory.
 */
bool ghcb_scratch_write(const struct exit *x, const void *buf, u64 size)
{
	bool ok;

	mem_lock();
	ok = scratch_valid(x, size) && is_shared(x->in.scratch);
	if (ok)
		memcpy((void *)x->in.scratch, buf, size);
	mem_unlock();
	return ok;
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
	u64 tsc;

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
	case NAE_GUEST_REQUEST:
		return exit_guest_request(x);
	case NAE_EXTENDED_REQUEST:
		return exit_extended_request(x);
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
		ghcb_set(x, rcx, (u32)rdmsr(MSR_TSC_AUX));
		/* fall through */
	case NAE_RDTSC:
		tsc = rdtsc();
		ghcb_set(x, rax, (u32)tsc);
		ghcb_set(x, rdx, tsc >> 32);
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
	const volatile struct ghcb *p = (const volatile struct ghcb *)x->gpa;

	x->in.valid[0] = p->valid[0];
	x->in.valid[1] = p->valid[1];
	x->in.rax = p->rax;
	x->in.rcx = p->rcx;
	x->in.rdx = p->rdx;
	x->in.code = p->exit_code;
	x->in.info1 = p->info1;
	x->in.info2 = p->info2;
	x->in.scratch = p->scratch;
	x->in.usage = p->usage;
	/* what is no output stays */
	x->out.rax = x->in.rax;
	x->out.rcx = x->in.rcx;
	x->out.rdx = x->in.rdx;
	x->out.rbx = p->rbx;
}

static void copy_out(const struct exit *x)
{
	volatile struct ghcb *p = (volatile struct ghcb *)x->gpa;
	const struct ghcb_out *out = &x->out;

	p->rax = out->rax;
	p->rcx = out->rcx;
	p->rdx = out->rdx;
	p->rbx = out->rbx;
	p->info1 = out->info1;
	p->info2 = out->info2;
	p->valid[0] = out->valid[0];
	p->valid[1] = out->valid[1];
}

/* A host that touches what the guest made private faults, and gives up. */
static void __attribute__((noreturn)) end_private(const struct vcpu *v,
						  u32 level, u64 gpa)
{
	guest_end("GHCB is not in shared memory: vcpu%u vmpl%u gpa 0x%lx "
		  "rip 0x%lx", v->index, level, gpa, v->vmcb->save.rip);
}

static enum ghcb_error check(const struct exit *x)
{
	if (x->gpa != vcpu_level(x->v)->ghcb_gpa)
		return GHCB_ERR_NOT_REGISTERED;
	if (x->in.usage)
		return GHCB_ERR_INVALID_USAGE;
	if (!ghcb_has(x, exit_code) || !ghcb_has(x, info1) ||
	    !ghcb_has(x, info2))
		return GHCB_ERR_MISSING_INPUT;
	return GHCB_OK;
}

/**
 * ghcb_page() - VMGEXIT with the address of a page in the GHCB MSR
 * @v: vCPU, its state is in its VMSA
 * @gpa: the address
 */
void ghcb_page(struct vcpu *v, u64 gpa)
{
	struct exit x = { .v = v, .gpa = gpa };
	u32 level = v->current;
	enum ghcb_error err;

	mem_lock();
	if (!is_shared(gpa))
		end_private(v, level, gpa);
	copy_in(&x);
	mem_unlock();

	err = check(&x);
	if (err) {
		memcpy(x.out.valid, x.in.valid, sizeof(x.out.valid));
	} else {
		/* outputs that are no answer to this request are not there */
		x.out.valid[GHCB_WORD(exit_code)] = GHCB_BIT(exit_code);
		ghcb_set(&x, info1, 0);
		ghcb_set(&x, info2, 0);
		if (!hostile_answer(v, &x.out.info1, &x.out.info2))
			err = dispatch(&x);
	}
	if (err) {
		ghcb_set(&x, info1, GHCB_RESULT_MALFORMED);
		ghcb_set(&x, info2, err);
	}

	mem_lock();
	if (!is_shared(gpa))
		end_private(v, level, gpa);
	copy_out(&x);
	mem_unlock();
}
