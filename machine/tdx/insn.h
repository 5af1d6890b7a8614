/* SPDX-License-Identifier: MIT */
/*
 * The instruction at RIP, as far as its exit needs it: QEMU's SVM tells neither
 * its length nor its operand.
 */
#ifndef MACHINE_TDX_INSN_H
#define MACHINE_TDX_INSN_H

#include "tdx.h"

#define INSN_MAX	15

/**
 * struct insn - an instruction
 * @byte: what could be fetched, zeroes behind it
 * @op: index of the opcode, behind prefixes and REX
 * @rex: REX prefix, 0 if there is none
 * @segment: override prefix, 0 if there is none
 * @operand16: has 0x66
 * @address32: has 0x67
 * @lock: has 0xf0
 * @repeat: 0xf2 or 0xf3, 0 if there is none
 */
struct insn {
	u8 byte[INSN_MAX + 1];
	u32 op;
	u8 rex;
	u8 segment;
	bool operand16;
	bool address32;
	bool lock;
	u8 repeat;
};

bool insn_code64(struct vcpu *v);
void insn_fetch(struct vcpu *v, struct insn *i);
u32 insn_length(struct vcpu *v, u32 behind);
bool insn_read_word(struct vcpu *v, const struct insn *i, u16 *val,
		    u32 *length);
u64 insn_linear(struct vcpu *v, u64 gpa, u64 npf_info);

#endif /* MACHINE_TDX_INSN_H */
