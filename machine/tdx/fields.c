/* SPDX-License-Identifier: MIT */
/*
 * TDG.VM.RD, TDG.VM.WR, TDG.VP.RD, TDG.VP.WR: one element of a field each.
 */
#include "fields.h"

/*
 * Reserved, or for lists of fields only: bits 31:24, 46:34, 49:47, 55, 62.
 * Scope, size, increment (50) and write mask flag (51) are ignored.
 */
#define ID_MUST_BE_ZERO		0x4083fffcff000000ULL
#define ID_NONE			(~0ULL)

/* VMCS encodings: even, an odd one is the upper half of a 64-bit field */
#define CLASS_VMCS		0
/* CPUID values: the code says of which leaf */
#define CLASS_CPUID		0x14
#define CPUID_SUBLEAF(code)	((code) >> 1 & 0x7f)
#define CPUID_NO_SUBLEAF	BIT(8)
#define CPUID_LEAF(code)	(((code) >> 9 & 0x7f) | ((code) >> 16 & 1) << 31)
#define CPUID_RESERVED		0xfe0000
#define NO_SUBLEAF		(~0U)

static u32 element(const struct field *f, u64 id)
{
	return FIELD_CODE(id) - FIELD_CODE(f->id);
}

static const struct field *find(const struct scope *s, u64 id)
{
	for (u32 i = 0; i < s->field_count; i++) {
		const struct field *f = &s->fields[i];

		/* a code below the first wraps and is above the last */
		if (FIELD_CLASS(f->id) == FIELD_CLASS(id) &&
		    element(f, id) < f->count)
			return f;
	}
	return NULL;
}

static bool cpuid_exists(u32 code)
{
	u32 subleaf = code & CPUID_NO_SUBLEAF ? NO_SUBLEAF :
						CPUID_SUBLEAF(code);

	return !(code & CPUID_RESERVED) &&
	       tdx_cpuid_number(CPUID_LEAF(code), subleaf) >= 0;
}

static bool exists(const struct scope *s, u64 id)
{
	u32 class = FIELD_CLASS(id);
	u32 code = FIELD_CODE(id);

	if (s == &vp_scope && class == CLASS_VMCS && (code & 1))
		return false;
	if (s == &td_scope && class == CLASS_CPUID)
		return cpuid_exists(code);
	for (u32 i = 0; i < s->hidden_count; i++) {
		const struct hidden_fields *h = &s->hidden[i];

		if (class == h->class && code >= h->first && code <= h->last)
			return true;
	}
	return false;
}

/* The element behind one that was read. */
static u64 next(const struct scope *s, const struct field *f, u64 id)
{
	if (element(f, id) + 1 < f->count)
		return ((id & ~FIELD_SCOPE_MASK) | s->bits) + 1;
	f++;
	return f < s->fields + s->field_count ? f->id : ID_NONE;
}

static u64 bits_of(const struct field *f)
{
	u32 size = FIELD_SIZE(f->id);

	return size == 8 ? ~0ULL : BIT_ULL(8 * size) - 1;
}

static u64 read_field(struct vcpu *v, const struct scope *s, u64 id, u64 *val,
		      u64 *after)
{
	const struct field *f;

	if ((id | FIELD_SCOPE_MASK) == ID_NONE && after) {
		*after = s->fields->id;
		return TDX_METADATA_FIRST_FIELD_ID_IN_CONTEXT;
	}
	if (id & ID_MUST_BE_ZERO)
		return TDX_METADATA_FIELD_ID_INCORRECT;
	f = find(s, id);
	if (!f)
		return exists(s, id) ? TDX_METADATA_FIELD_NOT_READABLE :
				       TDX_METADATA_FIELD_ID_INCORRECT;
	spin_lock(&td.lock);
	*val = f->get(v, element(f, id)) & f->read;
	spin_unlock(&td.lock);
	if (after)
		*after = next(s, f, id);
	return TDX_SUCCESS;
}

static u64 write_element(struct vcpu *v, const struct field *f, u32 n, u64 val,
			 u64 mask, u64 *old)
{
	u64 now = f->get(v, n) & bits_of(f);
	u64 change = f->write & mask;
	u64 status;

	if (!change)
		return TDX_METADATA_FIELD_NOT_WRITABLE;
	/* bits beside the writable ones must be as they are, or not selected */
	if ((now ^ val) & mask & ~f->write)
		return TDX_METADATA_FIELD_VALUE_NOT_VALID;
	status = f->set(v, n, (now & ~change) | (val & change));
	if (!status)
		*old = now & f->read;
	return status;
}

static u64 write_field(struct vcpu *v, const struct scope *s, u64 id, u64 val,
		       u64 mask, u64 *old)
{
	const struct field *f;
	u64 status;

	if (id & ID_MUST_BE_ZERO)
		return TDX_METADATA_FIELD_ID_INCORRECT;
	f = find(s, id);
	if (!f)
		return exists(s, id) ? TDX_METADATA_FIELD_NOT_WRITABLE :
				       TDX_METADATA_FIELD_ID_INCORRECT;
	spin_lock(&td.lock);
	status = write_element(v, f, element(f, id), val, mask, old);
	spin_unlock(&td.lock);
	return status;
}

/**
 * tdx_vm_read() - TDG.VM.RD
 * @v: vCPU; RCX: 0, RDX: field; out: R8 value, from version 1 on RDX next field
 * @version: of the leaf
 *
 * Return: completion status.
 */
u64 tdx_vm_read(struct vcpu *v, u32 version)
{
	u64 id = vcpu_reg(v, GPR_RDX);
	u64 val = 0, after = ID_NONE;
	u64 status;

	if (version > 1)
		status = TDX_OPERAND_INVALID | TDX_ID_RAX;
	else if (vcpu_reg(v, GPR_RCX))
		status = TDX_OPERAND_INVALID | TDX_ID_RCX;
	else
		status = read_field(v, &td_scope, id, &val,
				    version ? &after : NULL);
	if (version)
		vcpu_set_reg(v, GPR_RDX, after);
	vcpu_set_reg(v, GPR_R8, val);
	return status;
}

/**
 * tdx_vp_read() - TDG.VP.RD
 * @v: vCPU; RCX: 0, RDX: field; out: R8 value, RDX next field
 *
 * Return: completion status.
 */
u64 tdx_vp_read(struct vcpu *v)
{
	u64 val = 0, after = ID_NONE;
	u64 status = TDX_OPERAND_INVALID | TDX_ID_RCX;

	if (!vcpu_reg(v, GPR_RCX))
		status = read_field(v, &vp_scope, vcpu_reg(v, GPR_RDX), &val,
				    &after);
	vcpu_set_reg(v, GPR_RDX, after);
	vcpu_set_reg(v, GPR_R8, val);
	return status;
}

static u64 write(struct vcpu *v, const struct scope *s)
{
	u64 status = TDX_OPERAND_INVALID | TDX_ID_RCX;
	u64 old = 0;

	if (!vcpu_reg(v, GPR_RCX))
		status = write_field(v, s, vcpu_reg(v, GPR_RDX),
				     vcpu_reg(v, GPR_R8), vcpu_reg(v, GPR_R9),
				     &old);
	vcpu_set_reg(v, GPR_R8, old);
	return status;
}

/**
 * tdx_vm_write() - TDG.VM.WR
 * @v: vCPU; RCX: 0, RDX: field, R8: value, R9: its bits that count; out: R8 the
 *	value before
 *
 * Return: completion status.
 */
u64 tdx_vm_write(struct vcpu *v)
{
	return write(v, &td_scope);
}

/**
 * tdx_vp_write() - TDG.VP.WR
 * @v: vCPU; registers as for tdx_vm_write()
 *
 * Return: completion status.
 */
u64 tdx_vp_write(struct vcpu *v)
{
	return write(v, &vp_scope);
}
