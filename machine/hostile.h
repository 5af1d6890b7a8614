/* SPDX-License-Identifier: MIT */
/*
 * A host that misbehaves on request: words of the machine's command line, see
 * hostile.c. Without them all of this does nothing.
 */
#ifndef MACHINE_HOSTILE_H
#define MACHINE_HOSTILE_H

#include "svm/vcpu.h"

void hostile_init(void);
void hostile_quiet(bool on);
u64 hostile_look(struct vcpu *v);
u32 hostile_level(struct vcpu *v);
bool hostile_drop(struct vcpu *v, u32 level, u8 vector);
u64 hostile_deadline(struct vcpu *v, u64 deadline);
bool hostile_answer(struct vcpu *v, u64 *info1, u64 *info2);
bool hostile_vmcall(struct vcpu *v, u64 regs[GPR_COUNT]);

#endif /* MACHINE_HOSTILE_H */
