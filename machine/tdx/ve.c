/* SPDX-License-Identifier: MIT */
/*
 * #VE, the virtualization exception (TDX module, tdx_inject_ve()).
 */
#include "tdx.h"

#define VECTOR_VE	20

/* Only events of the outside are kept: an exception comes again by itself. */
static u64 kept_event(const struct level *l)
{
	u64 type = l->reinject & EVENT_TYPE_MASK;

	return type == EVENT_TYPE_INTR || type == EVENT_TYPE_NMI ?
		l->reinject : 0;
}

/*
 * Not by EVENTINJ: QEMU would not know that what fails in its delivery fails in
 * that of #DF, and raise #GP.
 */
static void inject_df(struct vcpu *v)
{
	u64 error_code = 0;

	if (inject_frame(v, VECTOR_DF, &error_code))
		guest_end("triple fault: vcpu%u #VE is not possible, nor #DF, rip 0x%lx",
			  v->index, v->vmcb->save.rip);
}

/**
 * inject_ve() - raise #VE at the instruction that RIP points to
 * @v: vCPU
 * @reason: VMX exit reason
 * @qualification: exit qualification
 * @gla: guest-linear address of an EPT violation, else 0
 * @gpa: its guest-physical address, with the shared bit if that is set, else 0
 * @length: bytes of the instruction; 0 for an EPT violation
 *
 * As long as the guest has not read the information of the last one it gets
 * #DF instead.
 */
void inject_ve(struct vcpu *v, enum ve_reason reason, u64 qualification,
	       u64 gla, u64 gpa, u32 length)
{
	struct ve_info *ve = &td_vcpu(v)->ve;
	u64 event = kept_event(vcpu_level(v));

	if (ve->valid) {
		inject_df(v);
		vcpu_level(v)->reinject = event;
		return;
	}
	*ve = (struct ve_info){
		.valid = true,
		.reason = reason,
		.qualification = qualification,
		.gla = gla,
		.gpa = gpa,
		.length = length,
	};
	v->count[COUNT_VE]++;
	v->vmcb->save.rflags |= RFLAGS_RF;
	if (inject_frame(v, VECTOR_VE, NULL))
		inject_df(v);
	vcpu_level(v)->reinject = event;
}
