/* SPDX-License-Identifier: MIT */
/*
 * Memory operands of TDCALL: the module walks the secure (or shared) EPT for
 * them, and what it meets there is an EPT violation of the guest.
 */
#include "call.h"

/* Exit qualification of an EPT violation */
#define VIOLATION_READ		BIT(0)
#define VIOLATION_WRITE		BIT(1)

enum reach { REACHED, HOST_ADDED, RAISE_VE, DENIED };

/**
 * tdx_gpa_valid() - can a guest-physical address be an operand?
 * @gpa: address
 * @may_be_shared: the leaf takes shared memory, too
 */
bool tdx_gpa_valid(u64 gpa, bool may_be_shared)
{
	if (!may_be_shared && (gpa & td.shared_bit))
		return false;
	return !(gpa & ~(2 * td.shared_bit - 1));
}

/* Where is it? Memory lock held. */
static enum reach find(u64 gpa, void **ptr)
{
	u64 page = gpa & ~td.shared_bit;
	bool shared = gpa & td.shared_bit;
	enum sept_state state = sept_state(page);

	*ptr = gpa_ptr(page);
	if (shared) {
		/* what is no memory is a device's, and those give #VE */
		if (state == SEPT_NONE)
			return RAISE_VE;
		return state == SEPT_SHARED ? REACHED : DENIED;
	}
	switch (state) {
	case SEPT_MAPPED:
		return REACHED;
	case SEPT_PENDING:
		return td.td_ctls & TD_CTLS_PENDING_VE_DISABLE ?
			DENIED : RAISE_VE;
	case SEPT_FREE:
		sept_aug(page);
		return HOST_ADDED;
	default:
		return DENIED;
	}
}

static void __attribute__((noreturn)) denied(const struct vcpu *v, u64 gpa)
{
	static const char *const what[] = {
		[SEPT_NONE] = "no memory",
		[SEPT_SHARED] = "a shared page",
		[SEPT_FREE] = "a private page",
		[SEPT_PENDING] = "a pending page",
		[SEPT_MAPPED] = "a private page",
	};

	guest_end("TDCALL operand: %s access to %s: vcpu%u gpa 0x%lx rip 0x%lx",
		  gpa & td.shared_bit ? "shared" : "private",
		  what[sept_state(gpa & ~td.shared_bit)], v->index, gpa,
		  v->vmcb->save.rip);
}

static u64 copy(struct vcpu *v, u64 gpa, void *to, const void *from, u64 size,
		bool may_be_shared, u32 id)
{
	bool write = !to;
	enum reach reach;
	void *ptr;

	if (!tdx_gpa_valid(gpa, may_be_shared))
		return TDX_OPERAND_INVALID | id;
	mem_lock();
	reach = find(gpa, &ptr);
	if (reach == REACHED)
		memcpy(write ? ptr : to, write ? from : ptr, size);
	else if (reach == DENIED)
		denied(v, gpa);
	mem_unlock();
	if (reach == REACHED)
		return TDX_SUCCESS;
	if (reach == RAISE_VE)
		inject_ve(v, VE_EPT_VIOLATION, VIOLATION_READ |
			  (write ? VIOLATION_WRITE : 0), 0, gpa, TDCALL_SIZE);
	return TDX_AGAIN;
}

/**
 * tdx_operand_read() - copy an operand from the guest's memory
 * @v: vCPU
 * @gpa: guest-physical address
 * @buf: to
 * @size: bytes, all in one page
 * @may_be_shared: the leaf takes shared memory, too
 * @id: the operand, for the error
 *
 * Return: TDX_SUCCESS, TDX_OPERAND_INVALID with @id, or TDX_AGAIN: the host
 * adds the page, or the guest got #VE. Where a real host gives up (access to a
 * pending page without #VE, to a page of the other kind) the guest ends.
 */
u64 tdx_operand_read(struct vcpu *v, u64 gpa, void *buf, u64 size,
		     bool may_be_shared, u32 id)
{
	return copy(v, gpa, buf, NULL, size, may_be_shared, id);
}

/**
 * tdx_operand_write() - copy a result to the guest's memory
 * @v: vCPU
 * @gpa: guest-physical address
 * @buf: from
 * @size: bytes, all in one page
 * @may_be_shared: the leaf takes shared memory, too
 * @id: the operand, for the error
 *
 * Return: as tdx_operand_read().
 */
u64 tdx_operand_write(struct vcpu *v, u64 gpa, const void *buf, u64 size,
		      bool may_be_shared, u32 id)
{
	return copy(v, gpa, NULL, buf, size, may_be_shared, id);
}

/**
 * tdx_missing_page() - a leaf named a private page that is not in the EPT
 * @v: vCPU
 * @gpa: the page, without the shared bit
 *
 * Memory lock held. The host adds the page; returns if the guest can try again.
 */
void tdx_missing_page(struct vcpu *v, u64 gpa)
{
	if (sept_state(gpa) != SEPT_FREE)
		denied(v, gpa);
	sept_aug(gpa);
}
