/* SPDX-License-Identifier: MIT */
/*
 * Writes of CR0 and CR4. What no CPU takes is #GP, what only a TD must not do
 * is #VE (TDX module, td_cr_access_exit(), write_guest_cr0() and _cr4(); masks
 * in td_vmcs_init.c); the rest is done here by the rules of a CPU (SDM volume
 * 3, 2.5 and 4.1.2).
 */
#include "insn.h"
#include "tdx.h"

#define CR0_MP		BIT_ULL(1)
#define CR0_EM		BIT_ULL(2)
#define CR0_TS		BIT_ULL(3)
#define CR0_NE		BIT_ULL(5)
#define CR0_WP		BIT_ULL(16)
#define CR0_AM		BIT_ULL(18)
#define CR0_NW		BIT_ULL(29)
#define CR0_CD		BIT_ULL(30)
#define CR0_LMSW	(CR0_MP | CR0_EM | CR0_TS)
/* what a TD can change */
#define CR0_FREE	(CR0_LMSW | CR0_WP | CR0_AM | CR0_PG)

#define CR4_MCE		BIT_ULL(6)
#define CR4_UMIP	BIT_ULL(11)
#define CR4_VMXE	BIT_ULL(13)
#define CR4_SMXE	BIT_ULL(14)
#define CR4_FSGSBASE	BIT_ULL(16)
#define CR4_SMEP	BIT_ULL(20)
#define CR4_SMAP	BIT_ULL(21)
/* VME PVI TSD DE PSE PAE MCE PGE PCE OSFXSR OSXMMEXCPT */
#define CR4_ALWAYS	0x7ffULL

#define CPUID_7_EBX_FSGSBASE	BIT(0)
#define CPUID_7_EBX_SMEP	BIT(7)
#define CPUID_7_EBX_SMAP	BIT(20)
#define CPUID_7_ECX_UMIP	BIT(2)

/* Exit qualification of a CR access (SDM volume 3, table 28-3) */
#define QUAL_REGISTER(r)	((u64)(r) << 8)

/* What the instruction wants. */
struct cr_write {
	u64 val;
	u64 qualification;
	u32 length;
};

/**
 * tdx_cr4_supported() - CR4 bits that the CPU has, by what CPUID tells the TD
 * @v: vCPU
 */
u64 tdx_cr4_supported(struct vcpu *v)
{
	u64 bits = CR4_ALWAYS;
	u32 r[4];

	tdx_cpuid(7, 0, v->index, r);
	if (r[1] & CPUID_7_EBX_FSGSBASE)
		bits |= CR4_FSGSBASE;
	if (r[1] & CPUID_7_EBX_SMEP)
		bits |= CR4_SMEP;
	if (r[1] & CPUID_7_EBX_SMAP)
		bits |= CR4_SMAP;
	if (r[2] & CPUID_7_ECX_UMIP)
		bits |= CR4_UMIP;
	return bits;
}

/* Long mode needs PAE, does not begin in 64-bit code nor end there. */
static bool paging_possible(struct vcpu *v, bool on)
{
	const struct save_area *s = vcpu_save(v);
	bool is_on = s->cr0 & CR0_PG;

	if (on != is_on && (s->cs.attrib & ATTR_L))
		return false;
	return !on || (s->cr4 & CR4_PAE);
}

static void set_paging(struct vcpu *v, u64 cr0)
{
	struct save_area *s = vcpu_save(v);

	/*
	 * EFER.LME is 1 for all of a TD's life, but QEMU, when it exits from
	 * LME without paging and PAE, does not switch the host's paging on.
	 */
	if (cr0 & CR0_PG)
		s->efer |= EFER_LME | EFER_LMA;
	else
		s->efer &= ~(EFER_LME | EFER_LMA);
	s->cr0 = cr0;
	v->flush = true;
}

/* true: done */
static bool change_cr0(struct vcpu *v, const struct cr_write *w)
{
	const struct save_area *s = vcpu_save(v);
	u64 val = w->val;

	if (val >> 32 || !(val & CR0_NE) ||
	    (val & (CR0_PE | CR0_PG)) == CR0_PG) {
		inject_gp(v);
		return false;
	}
	if (!(val & CR0_PE) || (val & (CR0_NW | CR0_CD))) {
		inject_ve(v, VE_CR_ACCESS, w->qualification, 0, 0, w->length);
		return false;
	}
	if (!paging_possible(v, val & CR0_PG)) {
		inject_gp(v);
		return false;
	}
	set_paging(v, (s->cr0 & ~CR0_FREE) | (val & CR0_FREE));
	return true;
}

static bool change_cr4(struct vcpu *v, const struct cr_write *w)
{
	struct save_area *s = vcpu_save(v);
	u64 val = w->val;

	if (val & ~(tdx_cr4_supported(v) | CR4_VMXE | CR4_SMXE)) {
		inject_gp(v);
		return false;
	}
	if ((val & (CR4_VMXE | CR4_SMXE)) || !(val & CR4_MCE)) {
		inject_ve(v, VE_CR_ACCESS, w->qualification, 0, 0, w->length);
		return false;
	}
	if (!(val & CR4_PAE) && vcpu_long_mode(v)) {
		inject_gp(v);
		return false;
	}
	s->cr4 = val;
	v->flush = true;
	return true;
}

static void mov_to_cr(struct vcpu *v, const struct insn *i, u32 cr)
{
	u32 reg = (i->byte[i->op + 2] & 7) | (i->rex & 1) << 3;
	struct cr_write w = {
		.val = vcpu_reg(v, (enum gpr)reg),
		.qualification = cr | QUAL_REGISTER(reg),
		.length = i->op + 3,
	};

	if (!insn_code64(v))
		w.val = (u32)w.val;
	if (cr ? change_cr4(v, &w) : change_cr0(v, &w))
		vcpu_advance(v, w.length);
}

/* PE can be set only, and is. */
static void lmsw(struct vcpu *v, const struct insn *i)
{
	struct save_area *s = vcpu_save(v);
	u32 length;
	u16 word;

	if (!insn_read_word(v, i, &word, &length)) {
		inject_gp(v);
		return;
	}
	s->cr0 = (s->cr0 & ~CR0_LMSW) | (word & CR0_LMSW);
	vcpu_advance(v, length);
}

/**
 * tdx_cr_write() - MOV to CR0 or CR4, CLTS, LMSW
 * @v: vCPU, at CPL 0
 * @cr: 0 or 4
 */
void tdx_cr_write(struct vcpu *v, u32 cr)
{
	struct save_area *s = vcpu_save(v);
	struct insn i;
	const u8 *op;

	insn_fetch(v, &i);
	op = &i.byte[i.op];
	if (i.op > INSN_MAX - 3 || op[0] != 0x0f) {
		inject_exception(v, VECTOR_UD, -1);
		return;
	}
	switch (op[1]) {
	case 0x22:
		mov_to_cr(v, &i, cr);
		return;
	case 0x06:
		s->cr0 &= ~CR0_TS;
		vcpu_advance(v, i.op + 2);
		return;
	case 0x01:
		lmsw(v, &i);
		return;
	}
	inject_exception(v, VECTOR_UD, -1);
}
