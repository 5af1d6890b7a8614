/* SPDX-License-Identifier: MIT */
/*
 * What the leaves of TDCALL have in common.
 */
#ifndef MACHINE_TDX_CALL_H
#define MACHINE_TDX_CALL_H

#include "status.h"
#include "tdx.h"

#define TDCALL_SIZE	4	/* bytes of the instruction */

/* operand.c: memory that a register of the caller names */
bool tdx_gpa_valid(u64 gpa, bool may_be_shared);
u64 tdx_operand_read(struct vcpu *v, u64 gpa, void *buf, u64 size,
		     bool may_be_shared, u32 id);
u64 tdx_operand_write(struct vcpu *v, u64 gpa, const void *buf, u64 size,
		      bool may_be_shared, u32 id);
void tdx_missing_page(struct vcpu *v, u64 gpa);

/* page.c: TDG.MEM.PAGE.* */
u64 tdx_page_accept(struct vcpu *v);
u64 tdx_page_attr_read(struct vcpu *v);
u64 tdx_page_attr_write(struct vcpu *v);

/* fields.c: TDG.VM.RD, TDG.VM.WR, TDG.VP.RD, TDG.VP.WR */
u64 tdx_vm_read(struct vcpu *v, u32 version);
u64 tdx_vm_write(struct vcpu *v);
u64 tdx_vp_read(struct vcpu *v);
u64 tdx_vp_write(struct vcpu *v);

/* mr.c: measurement registers and the report; without operand checks */
void tdx_rtmr_extend(u32 index, const u8 data[HASH_SIZE]);
void tdx_report(const u8 data[REPORT_DATA_SIZE], u8 report[REPORT_SIZE]);

/* vmcall.c: TDG.VP.VMCALL */
u64 tdx_vmcall(struct vcpu *v);

/**
 * struct vmcall - a request to the host
 * @v: vCPU
 * @in: registers that the guest shows, the others are zero
 * @out: what it gets back in the same registers
 */
struct vmcall {
	struct vcpu *v;
	u64 in[GPR_COUNT];
	u64 out[GPR_COUNT];
};

/* memcall.c: requests about memory; return the status for R10 */
u64 vmcall_map_gpa(struct vmcall *c);
u64 vmcall_get_quote(struct vmcall *c);

#endif /* MACHINE_TDX_CALL_H */
