/* SPDX-License-Identifier: MIT */
/*
 * TDG.MEM.PAGE.*: pages of the TD by address and level.
 */
#include "call.h"

#define LEVEL_MASK	7ULL
#define LEVEL_1G	2
/* address of a page with its level in the low bits; the rest is reserved */
#define PAGE_BITS	0x000ffffffffff000ULL
#define FLAG_PENDING	BIT_ULL(62)

static u64 level_size(u32 level)
{
	return PAGE_SIZE << 9 * level;
}

/* RCX of a leaf that takes address and level: is it well-formed? */
static bool page_valid(u64 rcx, u32 max_level)
{
	u32 level = rcx & LEVEL_MASK;
	u64 gpa = rcx & PAGE_BITS;

	return !(rcx & ~(PAGE_BITS | LEVEL_MASK)) && level <= max_level &&
	       !(gpa & (level_size(level) - 1)) && tdx_gpa_valid(gpa, false);
}

/**
 * tdx_page_accept() - TDG.MEM.PAGE.ACCEPT
 * @v: vCPU; RCX: page and level, 4 KiB or 2 MiB
 *
 * Return: completion status.
 */
u64 tdx_page_accept(struct vcpu *v)
{
	u64 rcx = vcpu_reg(v, GPR_RCX);
	u64 status;

	if (!page_valid(rcx, 1))
		return TDX_OPERAND_INVALID | TDX_ID_RCX;
	mem_lock();
	status = sept_accept(rcx & PAGE_BITS, rcx & LEVEL_MASK);
	mem_unlock();
	if (!status)
		v->count[COUNT_ACCEPT] += level_size(rcx & LEVEL_MASK) / PAGE_SIZE;
	return status;
}

/**
 * tdx_page_attr_read() - TDG.MEM.PAGE.ATTR.RD
 * @v: vCPU; RCX: address; out: RCX mapping, RDX attributes
 *
 * Return: completion status.
 */
u64 tdx_page_attr_read(struct vcpu *v)
{
	u64 gpa = vcpu_reg(v, GPR_RCX);
	u64 status = TDX_OPERAND_INVALID | TDX_ID_RCX;
	enum sept_state state;
	u64 out = 0;
	u32 level;

	if (tdx_gpa_valid(gpa, false)) {
		mem_lock();
		state = sept_state(gpa);
		if (state == SEPT_MAPPED || state == SEPT_PENDING) {
			level = sept_large(gpa);
			out = (gpa & ~(level_size(level) - 1)) | level;
			out |= state == SEPT_PENDING ? FLAG_PENDING : 0;
			status = TDX_SUCCESS;
		} else {
			tdx_missing_page(v, gpa & PAGE_BITS);
			status = TDX_AGAIN;
		}
		mem_unlock();
	}
	if (status == TDX_AGAIN)
		return status;
	vcpu_set_reg(v, GPR_RCX, out);
	/* the attributes are all of L2 VMs, which there are not */
	vcpu_set_reg(v, GPR_RDX, 0);
	return status;
}

/* 16 bits for each VM: L1 has none that it could set, others do not exist. */
static u64 check_attributes(u64 attributes, u64 mask)
{
	for (u32 vm = 0; vm < TD_VMS; vm++) {
		if (attributes >> 16 * vm & 0xffff)
			return TDX_OPERAND_INVALID | TDX_ID_RDX;
		if (mask >> 16 * vm & 0xffff)
			return TDX_OPERAND_INVALID | TDX_ID_R8;
	}
	return TDX_SUCCESS;
}

/* Is there a table of small pages in the secure EPT? Memory lock held. */
static bool has_table(u64 gpa)
{
	if (sept_large(gpa))
		return false;
	for (u64 at = gpa; at < gpa + PAGE_2M; at += PAGE_SIZE) {
		enum sept_state state = sept_state(at);

		if (state == SEPT_MAPPED || state == SEPT_PENDING)
			return true;
	}
	return false;
}

/* Memory lock held. */
static u64 attr_write(struct vcpu *v, u64 gpa, u32 level, u64 *out)
{
	enum sept_state state = sept_state(gpa);

	/* no page is mapped with 1 GiB */
	if ((level == LEVEL_1G && is_ram(gpa)) || (level == 1 && has_table(gpa)))
		return TDX_PAGE_SIZE_MISMATCH | level;
	if (state != SEPT_MAPPED && state != SEPT_PENDING) {
		tdx_missing_page(v, gpa);
		return TDX_AGAIN;
	}
	if (!level && sept_large(gpa)) {
		/* an exit on which the host splits the mapping */
		sept_split(gpa);
		return TDX_AGAIN;
	}
	*out = gpa | level | (state == SEPT_PENDING ? FLAG_PENDING : 0);
	return TDX_SUCCESS;
}

/**
 * tdx_page_attr_write() - TDG.MEM.PAGE.ATTR.WR
 * @v: vCPU; RCX: page and level, RDX: attributes, R8: which of them; out: RCX
 *	mapping, RDX attributes
 *
 * Return: completion status.
 */
u64 tdx_page_attr_write(struct vcpu *v)
{
	u64 rcx = vcpu_reg(v, GPR_RCX);
	u64 status = check_attributes(vcpu_reg(v, GPR_RDX),
				      vcpu_reg(v, GPR_R8));
	u64 out = 0;

	if (!status && !page_valid(rcx, LEVEL_1G))
		status = TDX_OPERAND_INVALID | TDX_ID_RCX;
	if (!status) {
		mem_lock();
		status = attr_write(v, rcx & PAGE_BITS, rcx & LEVEL_MASK, &out);
		mem_unlock();
	}
	if (status == TDX_AGAIN)
		return status;
	vcpu_set_reg(v, GPR_RCX, out);
	vcpu_set_reg(v, GPR_RDX, 0);
	return status;
}
