/* SPDX-License-Identifier: MIT */
/*
 * TDG.VP.VMCALL, requests about memory: MapGPA and GetQuote.
 */
#include "call.h"

#define RETRY_PAGES	512

/* GetQuote: header of the buffer; status (GHCI 1.5, GetQuote) */
#define QUOTE_VERSION		1
#define QUOTE_UNAVAILABLE	0x8000000000000001ULL
#define QUOTE_MAX_SIZE		(128 * 1024)

struct quote_header {
	u64 version;
	u64 status;
	u32 in_size;
	u32 out_size;
};

/**
 * vmcall_map_gpa() - MapGPA
 * @c: R12: address, its shared bit says to which kind; R13: bytes; out: R11
 *	where it stopped
 *
 * Like KVM the host does a part of a big range, "vmcall-retry" pages, and has
 * the guest call again for the rest.
 *
 * Return: status for R10.
 */
u64 vmcall_map_gpa(struct vmcall *c)
{
	u64 start = c->in[GPR_R12];
	u64 size = c->in[GPR_R13];
	bool shared = start & td.shared_bit;
	u64 gpa = start & ~td.shared_bit;
	u64 pages = option_number("vmcall-retry", RETRY_PAGES);
	u64 done = 0;
	bool ok = true;

	c->out[GPR_R11] = start;
	if (!size || !tdx_gpa_valid(start, true) || size > td.shared_bit - gpa)
		return VMCALL_INVALID_OPERAND;
	if ((start | size) & (PAGE_SIZE - 1))
		return VMCALL_ALIGN_ERROR;
	mem_lock();
	for (; done < size && done / PAGE_SIZE < pages; done += PAGE_SIZE) {
		ok = sept_convert(gpa + done, shared);
		if (!ok)
			break;
		c->v->count[COUNT_MAPGPA]++;
	}
	npt_shootdown();
	mem_unlock();
	c->out[GPR_R11] = start + done;
	if (!ok)
		return VMCALL_INVALID_OPERAND;
	return done < size ? VMCALL_RETRY : VMCALL_SUCCESS;
}

/* Is all of it shared memory? Memory lock held. */
static bool all_shared(u64 gpa, u64 size)
{
	for (u64 at = 0; at < size; at += PAGE_SIZE) {
		if (sept_state(gpa + at) != SEPT_SHARED)
			return false;
	}
	return true;
}

/**
 * vmcall_get_quote() - GetQuote
 * @c: R12: shared buffer, R13: bytes
 *
 * There is no quoting service: an orderly request is answered so, in the
 * buffer, and with the vector that the guest asked for, if it did.
 *
 * Return: status for R10.
 */
u64 vmcall_get_quote(struct vmcall *c)
{
	u64 gpa = c->in[GPR_R12];
	u64 size = c->in[GPR_R13];
	u8 vector = td_vcpu(c->v)->notify_vector;
	struct quote_header header;
	bool ok;

	if ((gpa | size) & (PAGE_SIZE - 1))
		return VMCALL_ALIGN_ERROR;
	if (!size || size > QUOTE_MAX_SIZE || !(gpa & td.shared_bit) ||
	    !tdx_gpa_valid(gpa, true))
		return VMCALL_INVALID_OPERAND;
	gpa &= ~td.shared_bit;
	mem_lock();
	ok = all_shared(gpa, size);
	if (ok) {
		memcpy(&header, gpa_ptr(gpa), sizeof(header));
		ok = header.version == QUOTE_VERSION &&
		     header.in_size <= size - sizeof(header);
	}
	if (ok) {
		header.status = QUOTE_UNAVAILABLE;
		header.out_size = 0;
		memcpy(gpa_ptr(gpa), &header, sizeof(header));
	}
	mem_unlock();
	if (!ok)
		return VMCALL_INVALID_OPERAND;
	if (vector)
		platform->post(c->v, vector);
	return VMCALL_SUCCESS;
}
