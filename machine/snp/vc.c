/* SPDX-License-Identifier: MIT */
/*
 * #VC: what an SNP guest must see to itself (AMD APM volume 2, 15.35.5).
 */
#include "snp.h"

/**
 * inject_vc() - deliver #VC now
 * @v: vCPU
 * @exit_code: the SVM exit code that is the error code
 */
void inject_vc(struct vcpu *v, u64 exit_code)
{
	static u32 told;

	v->count[COUNT_VC]++;
	if (!inject_frame(v, VECTOR_VC, &exit_code))
		return;
	/* not without end: a guest can do it all day long */
	if (__atomic_fetch_add(&told, 1, __ATOMIC_RELAXED) < 16)
		print("vcpu%u vmpl%u: #VC 0x%lx at rip 0x%lx: no frame, #DF",
		      v->index, v->current, exit_code, vcpu_save(v)->rip);
	inject_exception(v, VECTOR_DF, 0);
}
