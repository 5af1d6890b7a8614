/* SPDX-License-Identifier: MIT */
/*
 * TDCALL (TDX Module 1.5 ABI specification, "guest-side interface functions").
 * There are no L2 VMs yet: NUM_L2_VMS is 0.
 */
#include "call.h"

#define LEAF_VP_VMCALL		0
#define LEAF_VP_INFO		1
#define LEAF_RTMR_EXTEND	2
#define LEAF_VEINFO_GET		3
#define LEAF_MR_REPORT		4
#define LEAF_CPUIDVE_SET	5
#define LEAF_PAGE_ACCEPT	6
#define LEAF_VM_RD		7
#define LEAF_VM_WR		8
#define LEAF_VP_RD		9
#define LEAF_VP_WR		10
#define LEAF_PAGE_ATTR_RD	23
#define LEAF_PAGE_ATTR_WR	24
#define LEAF_VP_ENTER		25
#define LEAF_VP_INVEPT		26
#define LEAF_VP_INVVPID		27

#define LEAF_NUMBER(rax)	((u16)(rax))
#define LEAF_VERSION(rax)	((u8)((rax) >> 16))
#define LEAF_RESERVED		(~0ULL << 24)

static u64 invalid(u32 id)
{
	return TDX_OPERAND_INVALID | id;
}

static u64 vp_info(struct vcpu *v)
{
	u64 count = machine.cpu_count;

	vcpu_set_reg(v, GPR_RCX, td.gpaw);
	vcpu_set_reg(v, GPR_RDX, td.attributes);
	vcpu_set_reg(v, GPR_R8, count | count << 32);
	vcpu_set_reg(v, GPR_R9, v->index);
	/* bit 0: TDG.SYS.RD is there */
	vcpu_set_reg(v, GPR_R10, 0);
	vcpu_set_reg(v, GPR_R11, 0);
	return TDX_SUCCESS;
}

static u64 rtmr_extend(struct vcpu *v)
{
	u64 gpa = vcpu_reg(v, GPR_RCX);
	u64 index = vcpu_reg(v, GPR_RDX);
	u8 data[HASH_SIZE];
	u64 status;

	if (gpa & 63)
		return invalid(TDX_ID_RCX);
	status = tdx_operand_read(v, gpa, data, sizeof(data), false,
				  TDX_ID_RCX);
	if (status)
		return status;
	if (index >= RTMRS)
		return invalid(TDX_ID_RDX);
	tdx_rtmr_extend((u32)index, data);
	return TDX_SUCCESS;
}

static u64 veinfo_get(struct vcpu *v)
{
	struct ve_info *ve = &td_vcpu(v)->ve;
	const struct ve_info none = { 0 };
	const struct ve_info *from = ve->valid ? ve : &none;
	u64 status = ve->valid ? TDX_SUCCESS : TDX_NO_VALID_VE_INFO;

	vcpu_set_reg(v, GPR_RCX, from->reason);
	vcpu_set_reg(v, GPR_RDX, from->qualification);
	vcpu_set_reg(v, GPR_R8, from->gla);
	vcpu_set_reg(v, GPR_R9, from->gpa);
	vcpu_set_reg(v, GPR_R10, from->length | (u64)from->info << 32);
	ve->valid = false;
	return status;
}

static u64 mr_report(struct vcpu *v)
{
	u64 report_gpa = vcpu_reg(v, GPR_RCX);
	u64 data_gpa = vcpu_reg(v, GPR_RDX);
	u8 report[REPORT_SIZE];
	u8 data[REPORT_DATA_SIZE];
	u64 status;

	if (report_gpa & (REPORT_SIZE - 1))
		return invalid(TDX_ID_RCX);
	if (data_gpa & (REPORT_DATA_SIZE - 1))
		return invalid(TDX_ID_RDX);
	status = tdx_operand_read(v, data_gpa, data, sizeof(data), true,
				  TDX_ID_RDX);
	if (status)
		return status;
	/* the subtype */
	if (vcpu_reg(v, GPR_R8))
		return invalid(TDX_ID_R8);
	tdx_report(data, report);
	return tdx_operand_write(v, report_gpa, report, sizeof(report), true,
				 TDX_ID_RCX);
}

static u64 cpuidve_set(struct vcpu *v)
{
	u64 control = vcpu_reg(v, GPR_RCX);

	if (control & ~3ULL)
		return invalid(TDX_ID_RCX);
	td_vcpu(v)->cpuid_ve[0] = control & 1;
	td_vcpu(v)->cpuid_ve[1] = control >> 1;
	return TDX_SUCCESS;
}

static u64 vp_enter(struct vcpu *v)
{
	u64 state = vcpu_reg(v, GPR_RDX);

	if ((state & 255) || !tdx_gpa_valid(state, false))
		return invalid(TDX_ID_RDX);
	/* no VM that RCX could name */
	return invalid(TDX_ID_RCX);
}

static u64 dispatch(struct vcpu *v, u64 rax)
{
	u16 leaf = LEAF_NUMBER(rax);

	if ((rax & LEAF_RESERVED) || (LEAF_VERSION(rax) && leaf != LEAF_VM_RD))
		return invalid(TDX_ID_RAX);
	switch (leaf) {
	case LEAF_VP_VMCALL:
		return tdx_vmcall(v);
	case LEAF_VP_INFO:
		return vp_info(v);
	case LEAF_RTMR_EXTEND:
		return rtmr_extend(v);
	case LEAF_VEINFO_GET:
		return veinfo_get(v);
	case LEAF_MR_REPORT:
		return mr_report(v);
	case LEAF_CPUIDVE_SET:
		return cpuidve_set(v);
	case LEAF_PAGE_ACCEPT:
		return tdx_page_accept(v);
	case LEAF_VM_RD:
		return tdx_vm_read(v, LEAF_VERSION(rax));
	case LEAF_VM_WR:
		return tdx_vm_write(v);
	case LEAF_VP_RD:
		return tdx_vp_read(v);
	case LEAF_VP_WR:
		return tdx_vp_write(v);
	case LEAF_PAGE_ATTR_RD:
		return tdx_page_attr_read(v);
	case LEAF_PAGE_ATTR_WR:
		return tdx_page_attr_write(v);
	case LEAF_VP_ENTER:
		return vp_enter(v);
	case LEAF_VP_INVEPT:
		/* of no VM is well-formed */
		return vcpu_reg(v, GPR_RCX) ? invalid(TDX_ID_RCX) : TDX_SUCCESS;
	case LEAF_VP_INVVPID:
		return invalid(TDX_ID_RCX);
	default:
		return invalid(TDX_ID_RAX);
	}
}

/**
 * tdx_tdcall() - the guest calls the TDX module
 * @v: vCPU in 64-bit mode at CPL 0; leaf and operands are in its registers
 *
 * RIP is past the instruction afterwards unless it is to be executed again.
 */
void tdx_tdcall(struct vcpu *v)
{
	u64 status;

	v->count[COUNT_TDCALL]++;
	status = dispatch(v, vcpu_reg(v, GPR_RAX));
	if (status == TDX_AGAIN)
		return;
	vcpu_set_reg(v, GPR_RAX, status);
	vcpu_advance(v, TDCALL_SIZE);
}
