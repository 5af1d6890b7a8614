/* SPDX-License-Identifier: MIT */
/*
 * Decoding of instructions that exited: their length, and the linear address
 * of an operand whose guest-physical address is known. SDM volume 2, chapter 2.
 */
#include "insn.h"

#define NO_REGISTER	16

/* Memory operand by ModRM: base + index * scale + displacement. */
struct operand {
	u32 base;
	u32 index;
	u32 scale;
	s64 displacement;
	bool rip_relative;
	u32 end;		/* index of the byte behind it */
};

/**
 * insn_code64() - does the vCPU run 64-bit code?
 * @v: vCPU
 */
bool insn_code64(struct vcpu *v)
{
	return vcpu_long_mode(v) && (v->vmcb->save.cs.attrib & ATTR_L);
}

static bool is_prefix(struct insn *i, u8 byte)
{
	switch (byte) {
	case 0x26:
	case 0x2e:
	case 0x36:
	case 0x3e:
	case 0x64:
	case 0x65:
		i->segment = byte;
		return true;
	case 0x66:
		i->operand16 = true;
		return true;
	case 0x67:
		i->address32 = true;
		return true;
	case 0xf0:
		i->lock = true;
		return true;
	case 0xf2:
	case 0xf3:
		i->repeat = byte;
		return true;
	}
	return false;
}

/**
 * insn_fetch() - read the instruction at RIP up to its opcode
 * @v: vCPU
 * @i: result
 */
void insn_fetch(struct vcpu *v, struct insn *i)
{
	bool code64 = insn_code64(v);

	*i = (struct insn){ 0 };
	guest_fetch(v, i->byte, INSN_MAX);
	while (i->op < INSN_MAX) {
		u8 byte = i->byte[i->op];

		if (is_prefix(i, byte))
			i->rex = 0;	/* counts only right before the opcode */
		else if (code64 && (byte & 0xf0) == 0x40)
			i->rex = byte;
		else
			break;
		i->op++;
	}
}

/**
 * insn_length() - length of an instruction whose opcode is known
 * @v: vCPU
 * @behind: bytes of it from the opcode on
 */
u32 insn_length(struct vcpu *v, u32 behind)
{
	struct insn i;

	insn_fetch(v, &i);
	return i.op + behind;
}

/* @size: 1 or 4 bytes; s8 and s32 are what displacements are made of. */
static s64 displacement(const struct insn *i, u32 at, u32 size)
{
	s32 val;

	if (at + size > sizeof(i->byte))
		return 0;
	if (size == 1)
		return (s8)i->byte[at];
	memcpy(&val, &i->byte[at], sizeof(val));
	return val;
}

/* @at: index of ModRM. false: the operand is a register */
static bool read_operand(const struct insn *i, u32 at, bool code64,
			 struct operand *o)
{
	u8 modrm = i->byte[at];
	u32 mod = modrm >> 6, rm = modrm & 7, size;

	*o = (struct operand){ .index = NO_REGISTER };
	if (mod == 3)
		return false;
	at++;
	o->base = rm | (i->rex & 1) << 3;
	if (rm == 4) {
		u8 sib = i->byte[at++];

		o->base = (sib & 7) | (i->rex & 1) << 3;
		o->index = (sib >> 3 & 7) | (i->rex & 2) << 2;
		if (o->index == GPR_RSP)
			o->index = NO_REGISTER;
		o->scale = sib >> 6;
		if (!mod && (sib & 7) == 5) {
			o->base = NO_REGISTER;
			mod = 2;
		}
	} else if (!mod && rm == 5) {
		o->base = NO_REGISTER;
		o->rip_relative = code64;
		mod = 2;
	}
	size = mod == 1 ? 1 : mod == 2 ? 4 : 0;
	if (size)
		o->displacement = displacement(i, at, size);
	o->end = at + size;
	return true;
}

static u64 segment_base(struct vcpu *v, const struct insn *i, bool code64,
			bool stack)
{
	const struct save_area *s = vcpu_save(v);

	switch (i->segment) {
	case 0x64:
		return s->fs.base;
	case 0x65:
		return s->gs.base;
	}
	if (code64)
		return 0;
	switch (i->segment) {
	case 0x26:
		return s->es.base;
	case 0x2e:
		return s->cs.base;
	case 0x36:
		return s->ss.base;
	case 0x3e:
		return s->ds.base;
	}
	return stack ? s->ss.base : s->ds.base;
}

static u64 operand_address(struct vcpu *v, const struct insn *i,
			   const struct operand *o, bool code64)
{
	u64 address = (u64)o->displacement;
	bool stack = o->base == GPR_RSP || o->base == GPR_RBP;

	if (o->base != NO_REGISTER)
		address += vcpu_reg(v, (enum gpr)o->base);
	if (o->index != NO_REGISTER)
		address += vcpu_reg(v, (enum gpr)o->index) << o->scale;
	/* less an immediate, which hardly ever makes it another page */
	if (o->rip_relative)
		address += v->vmcb->save.rip + o->end;
	if (i->address32 || !code64)
		address &= 0xffffffff;
	address += segment_base(v, i, code64, stack);
	return code64 ? address : address & 0xffffffff;
}

/**
 * insn_read_word() - the 16-bit operand of an instruction with ModRM
 * @v: vCPU
 * @i: instruction with a two-byte opcode
 * @val: result
 * @length: bytes of the instruction
 *
 * Return: false if the operand is in memory that cannot be read.
 */
bool insn_read_word(struct vcpu *v, const struct insn *i, u16 *val, u32 *length)
{
	bool code64 = insn_code64(v);
	u32 at = i->op + 2;
	struct operand o;

	if (!read_operand(i, at, code64, &o)) {
		*length = at + 1;
		*val = (u16)vcpu_reg(v, (enum gpr)((i->byte[at] & 7) |
						   (i->rex & 1) << 3));
		return true;
	}
	*length = o.end;
	return !guest_read(v, operand_address(v, i, &o, code64), val,
			   sizeof(*val));
}

/* Index of ModRM, as if every opcode had one. */
static u32 modrm_at(const struct insn *i)
{
	const u8 *op = &i->byte[i->op];

	if (op[0] != 0x0f)
		return i->op + 1;
	return op[1] == 0x38 || op[1] == 0x3a ? i->op + 3 : i->op + 2;
}

/* Is @gpa in the page of @linear, or in the next, if the operand gets there? */
static bool in_page(struct vcpu *v, u64 linear, u64 gpa, u64 *found)
{
	u64 pages[] = { linear, linear + 63 };

	for (u32 p = 0; p < ARRAY_SIZE(pages); p++) {
		struct walk w;

		if (walk_linear(v, pages[p], &w) ||
		    w.gpa >> PAGE_SHIFT != gpa >> PAGE_SHIFT)
			continue;
		*found = (pages[p] & ~(PAGE_SIZE - 1)) | (gpa & (PAGE_SIZE - 1));
		return true;
	}
	return false;
}

/**
 * insn_linear() - which linear address led to a nested page fault?
 * @v: vCPU
 * @gpa: guest-physical address without the shared bit
 * @npf_info: EXITINFO1 of the fault
 *
 * SVM does not tell. It is the page of an operand of the instruction that is
 * mapped to @gpa: by ModRM, by a full address (MOV), on the stack, or a
 * string. For a fault of the walk itself no operand can be checked so.
 * Return: 0 if there is none.
 */
u64 insn_linear(struct vcpu *v, u64 gpa, u64 npf_info)
{
	const struct save_area *s = vcpu_save(v);
	bool code64 = insn_code64(v);
	u64 stack = code64 ? 0 : s->ss.base;
	struct operand o;
	struct insn i;
	u64 found, address;

	if (npf_info & NPF_FETCH)
		return code64 ? s->rip : (u32)(s->cs.base + s->rip);
	insn_fetch(v, &i);
	if (i.op + 5 <= INSN_MAX && (i.byte[i.op] & 0xfc) == 0xa0) {
		u64 full = 0;

		memcpy(&full, &i.byte[i.op + 1],
		       code64 && !i.address32 && i.op + 9 <= INSN_MAX ? 8 : 4);
		address = full + segment_base(v, &i, code64, false);
		if (in_page(v, address, gpa, &found))
			return found;
	}
	if (i.op < INSN_MAX - 3 &&
	    read_operand(&i, modrm_at(&i), code64, &o)) {
		address = operand_address(v, &i, &o, code64);
		if (npf_info & NPF_TABLE_WALK)
			return address;
		if (in_page(v, address, gpa, &found))
			return found;
	}
	if (in_page(v, stack + s->rsp, gpa, &found) ||
	    in_page(v, stack + s->rsp - 8, gpa, &found) ||
	    in_page(v, (code64 ? 0 : s->ds.base) + v->regs[GPR_RSI], gpa,
		    &found) ||
	    in_page(v, (code64 ? 0 : s->es.base) + v->regs[GPR_RDI], gpa,
		    &found))
		return found;
	return 0;
}
