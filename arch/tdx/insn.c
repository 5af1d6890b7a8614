// SPDX-License-Identifier: MIT
/*
 * MOV in 64-bit mode: opcodes 88-8B, C6 /0, C7 /0 and MOVZX 0F B6, 0F B7, with
 * operand-size and REX prefixes and any memory operand. Where that operand is,
 * the CPU has said. AMD APM volume 3, 1.4 (ModRM, SIB) and the MOV pages.
 */
#include "insn.h"

#define PREFIX_SIZE16	0x66
#define REX		0x40
#define REX_W		BIT(3)
#define REX_R		BIT(2)

#define MODRM_MOD(m)	((m) >> 6)
#define MODRM_REG(m)	((m) >> 3 & 7)
#define MODRM_RM(m)	((m) & 7)
#define SIB_BASE(s)	((s) & 7)

struct code {
	const u8 *at;
	const u8 *end;
	bool bad;
};

static u8 fetch(struct code *code)
{
	if (code->at == code->end) {
		code->bad = true;
		return 0;
	}
	return *code->at++;
}

static u32 fetch_bytes(struct code *code, u32 count)
{
	u32 val = 0, i;

	for (i = 0; i < count; i++)
		val |= (u32)fetch(code) << 8 * i;
	return val;
}

/* Skip SIB and displacement. false: the operand is no memory. */
static bool skip_address(struct code *code, u8 modrm)
{
	u32 mod = MODRM_MOD(modrm), displacement = mod == 1 ? 1 : 4;

	if (mod == 3)
		return false;
	if (mod == 0)
		displacement = MODRM_RM(modrm) == 5 ? 4 : 0;
	if (MODRM_RM(modrm) == 4 && SIB_BASE(fetch(code)) == 5 && mod == 0)
		displacement = 4;
	fetch_bytes(code, displacement);
	return true;
}

/**
 * insn_decode_mov() - decode a MOV with a memory operand
 * @code: the instruction and what follows it
 * @size: bytes at @code
 * @insn: filled in
 *
 * Return: false if it is another instruction.
 */
bool insn_decode_mov(const u8 *code, size_t size, struct mov_insn *insn)
{
	struct code c = { code, code + (size < INSN_MAX ? size : INSN_MAX),
			  false };
	bool size16 = false;
	u8 rex = 0, op, modrm;
	u32 wide;

	*insn = (struct mov_insn){ 0 };
	op = fetch(&c);
	if (op == PREFIX_SIZE16) {
		size16 = true;
		op = fetch(&c);
	}
	if ((op & 0xF0) == REX) {
		rex = op;
		op = fetch(&c);
	}
	wide = rex & REX_W ? 8 : size16 ? 2 : 4;
	switch (op) {
	case 0x88:
	case 0x8A:
	case 0xC6:
		insn->size = 1;
		break;
	case 0x89:
	case 0x8B:
	case 0xC7:
		insn->size = wide;
		break;
	case 0x0F:
		op = fetch(&c);
		if (op != 0xB6 && op != 0xB7)
			return false;
		insn->size = op == 0xB6 ? 1 : 2;
		break;
	default:
		return false;
	}
	insn->write = op == 0x88 || op == 0x89 || op == 0xC6 || op == 0xC7;
	insn->immediate = op == 0xC6 || op == 0xC7;
	insn->reg_size = op == 0xB6 || op == 0xB7 ? wide : insn->size;

	modrm = fetch(&c);
	insn->reg = MODRM_REG(modrm) | (rex & REX_R ? 8 : 0);
	if (!skip_address(&c, modrm))
		return false;
	if (insn->immediate) {
		if (MODRM_REG(modrm))
			return false;
		switch (insn->size) {
		case 1:
			insn->value = (u64)(s8)fetch(&c);
			break;
		case 2:
			insn->value = (u64)(s16)fetch_bytes(&c, 2);
			break;
		default:
			insn->value = (u64)(s32)fetch_bytes(&c, 4);
		}
	} else if (insn->reg_size == 1 && !rex && insn->reg >= 4) {
		/* AH to BH: nothing that a compiler makes of a device access */
		return false;
	}
	insn->length = c.at - code;
	return !c.bad;
}
