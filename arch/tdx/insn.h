/* SPDX-License-Identifier: MIT */
/*
 * Decoder for the instructions with which C code reads and writes devices.
 */
#ifndef TDX_INSN_H
#define TDX_INSN_H

#include <svsm/types.h>

/* Longest instruction of the architecture, bytes. */
#define INSN_MAX	15

/**
 * struct mov_insn - a MOV between memory and a register, or of a constant
 * @size: bytes of memory: 1, 2, 4 or 8
 * @write: to memory
 * @immediate: what is written is @value, not a register
 * @value: the constant, sign-extended
 * @reg: number of the register, 0 RAX to 15 R15
 * @reg_size: bytes of the register that change; 4 clears the upper half
 * @length: bytes of the instruction
 */
struct mov_insn {
	u32 size;
	bool write;
	bool immediate;
	u64 value;
	u32 reg;
	u32 reg_size;
	u32 length;
};

bool insn_decode_mov(const u8 *code, size_t size, struct mov_insn *insn);

#endif /* TDX_INSN_H */
