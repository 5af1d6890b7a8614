/* SPDX-License-Identifier: MIT */
/*
 * Nested page faults: EPT violations to the TDX module and to the host behind
 * it (TDX module, src/td_dispatcher/vm_exits/td_ept_violation.c).
 */
#include "insn.h"
#include "tdx.h"

#define ADDRESS_BITS	0x000fffffffffffffULL
#define UNREAD_FAULTS_MAX	100

/* Page-fault error code */
#define PF_P		BIT_ULL(0)
#define PF_W		BIT_ULL(1)
#define PF_U		BIT_ULL(2)
#define PF_RSVD		BIT_ULL(3)
#define PF_FETCH	BIT_ULL(4)

/* Exit qualification of an EPT violation (SDM volume 3, 28.2.1) */
#define EPT_READ	BIT_ULL(0)
#define EPT_WRITE	BIT_ULL(1)
#define EPT_FETCH	BIT_ULL(2)
#define EPT_GLA_VALID	BIT_ULL(7)
#define EPT_TRANSLATED	BIT_ULL(8)	/* not while walking tables */

static const char *access_name(u64 info)
{
	if (info & NPF_TABLE_WALK)
		return "page-table walk";
	if (info & NPF_FETCH)
		return "fetch";
	return info & NPF_WRITE ? "write" : "read";
}

/* The module exits to the host, and this host can only end the TD. */
static void __attribute__((noreturn))
end_violation(struct vcpu *v, const char *what, u64 gpa, u64 info)
{
	guest_end("%s: vcpu%u %s of gpa 0x%lx at rip 0x%lx", what, v->index,
		  access_name(info), gpa, v->vmcb->save.rip);
}

static void inject_reserved(struct vcpu *v, u64 gpa, u64 info)
{
	u64 code = PF_P | PF_RSVD;

	if ((info & NPF_WRITE) && !(info & NPF_TABLE_WALK))
		code |= PF_W;
	if (v->vmcb->save.cpl == 3)
		code |= PF_U;
	if (info & NPF_FETCH)
		code |= PF_FETCH;
	inject_page_fault(v, insn_linear(v, gpa, info), code);
}

/*
 * As long as #VE information is unread the CPU makes an exit to the host of a
 * violation in shared memory. Of one in private memory the module makes #DF;
 * if what that needs is not there either, the TD would run in circles.
 */
static void check_unread(struct vcpu *v, u64 gpa, u64 info)
{
	struct td_vcpu *t = td_vcpu(v);

	if (!t->ve.valid) {
		t->unread_faults = 0;
		return;
	}
	if (gpa & td.shared_bit)
		end_violation(v, "EPT violation before #VE information was read",
			      gpa & ~td.shared_bit, info);
	if (++t->unread_faults > UNREAD_FAULTS_MAX)
		end_violation(v, "neither #VE nor #DF gets through", gpa, info);
}

/* @gpa: as the guest wrote it, with the shared bit */
static void inject_violation(struct vcpu *v, u64 gpa, u64 info)
{
	u64 qualification = EPT_GLA_VALID;

	check_unread(v, gpa, info);
	if (info & NPF_FETCH)
		qualification |= EPT_FETCH;
	else
		qualification |= info & NPF_WRITE ? EPT_WRITE : EPT_READ;
	if (!(info & NPF_TABLE_WALK))
		qualification |= EPT_TRANSLATED;
	inject_ve(v, VE_EPT_VIOLATION, qualification,
		  insn_linear(v, gpa & ~td.shared_bit, info), gpa, 0);
}

/*
 * Code and tables in shared memory are #PF with the reserved bit (Intel TDX
 * CPU architectural specification, 343754). A walk is seen here only until
 * something else has filled the nested tables for that memory.
 */
static void shared_fault(struct vcpu *v, u64 gpa, u64 info)
{
	if (info & (NPF_FETCH | NPF_TABLE_WALK)) {
		inject_reserved(v, gpa, info);
		return;
	}
	mem_lock();
	if (is_ram(gpa) ? sept_state(gpa) == SEPT_SHARED : mmio_direct(gpa)) {
		npt_fill(0, gpa, false);
		mem_unlock();
		return;
	}
	mem_unlock();
	if (is_ram(gpa))
		end_violation(v, "shared access to a private page", gpa, info);
	/* emulated device: the guest decodes its instruction and asks */
	inject_violation(v, gpa | td.shared_bit, info);
}

/* Returns the page's state after the host had its chance. */
static enum sept_state resolve(u64 gpa)
{
	enum sept_state state;

	mem_lock();
	state = sept_state(gpa);
	if (state == SEPT_FREE) {
		sept_aug(gpa);
		state = SEPT_PENDING;
	} else if (state == SEPT_MAPPED) {
		npt_fill(0, gpa, true);
	}
	mem_unlock();
	return state;
}

static void private_fault(struct vcpu *v, u64 gpa, u64 info)
{
	switch (resolve(gpa)) {
	case SEPT_MAPPED:
		break;
	case SEPT_PENDING:
		if (td.td_ctls & TD_CTLS_PENDING_VE_DISABLE)
			end_violation(v, "access to a pending page", gpa, info);
		inject_violation(v, gpa, info);
		break;
	case SEPT_SHARED:
		end_violation(v, "private access to a shared page", gpa, info);
	default:
		end_violation(v, "private access to what is no memory", gpa,
			      info);
	}
}

/**
 * tdx_npf() - nested page fault
 * @v: vCPU
 */
void tdx_npf(struct vcpu *v)
{
	u64 info = v->vmcb->exit_info1;
	u64 gpa = v->vmcb->exit_info2;

	/* 48-bit addresses: there are no bits above the shared one */
	if (gpa & ADDRESS_BITS & ~(2 * td.shared_bit - 1))
		inject_reserved(v, gpa, info);
	else if (gpa & td.shared_bit)
		shared_fault(v, gpa & ~td.shared_bit, info);
	else
		private_fault(v, gpa, info);
}
