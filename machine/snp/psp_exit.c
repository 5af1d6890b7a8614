/* SPDX-License-Identifier: MIT */
/*
 * Guest requests as the host carries them to the security processor (GHCB
 * specification, SNP Guest Request and SNP Extended Guest Request).
 */
#include "../cpu.h"
#include "ghcb.h"
#include "psp.h"

/* SW_EXITINFO2: the host's error in the upper half, firmware's in the lower */
#define HOST_BUSY		(2ULL << 32)

/* A table of certificates ends with an entry of zeroes: GUID, offset, length. */
#define CERT_ENTRY_SIZE		24

/* There is one security processor, and it does one thing at a time. */
static struct spinlock busy;

static bool shared_page(u64 gpa)
{
	bool shared;

	if (gpa & (PAGE_SIZE - 1))
		return false;
	mem_lock();
	shared = is_shared(gpa);
	mem_unlock();
	return shared;
}

/* One page of shared memory to or from the host; false: it is not that. */
static bool copy_page(u64 gpa, void *page, u64 size, bool write)
{
	bool ok;

	mem_lock();
	ok = is_shared(gpa);
	if (ok && write)
		memcpy(gpa_ptr(gpa), page, size);
	else if (ok)
		memcpy(page, gpa_ptr(gpa), size);
	mem_unlock();
	return ok;
}

/*
 * The two pages are the host's to read and write, and two. A host takes no
 * others, so it is not for firmware to complain.
 */
enum ghcb_error exit_guest_request(struct exit *x)
{
	static u8 request[PSP_MESSAGE_SIZE], response[PSP_MESSAGE_SIZE];
	u64 from = x->in.info1, to = x->in.info2;
	enum psp_error err;

	if (from == to || !shared_page(from) || !shared_page(to))
		return GHCB_ERR_INVALID_INPUT;
	if (!spin_trylock(&busy)) {
		ghcb_set(x, info2, HOST_BUSY);
		return GHCB_OK;
	}
	if (!copy_page(from, request, sizeof(request), false))
		err = PSP_INVALID_ADDRESS;
	else
		err = psp_message(request, response);
	/* the guest took the page meanwhile: the answer is lost */
	if (!err && !copy_page(to, response, sizeof(response), true))
		err = PSP_INVALID_PAGE_STATE;
	spin_unlock(&busy);
	ghcb_set(x, info2, err);
	return GHCB_OK;
}

/*
 * The same with room for the host's certificates, at RAX for RBX pages. This
 * host has none, which an empty table says.
 */
enum ghcb_error exit_extended_request(struct exit *x)
{
	u8 none[CERT_ENTRY_SIZE] = { 0 };
	u64 certs = x->in.rax, pages = x->out.rbx;
	enum ghcb_error err;

	if (!ghcb_has(x, rax) || !ghcb_has(x, rbx))
		return GHCB_ERR_MISSING_INPUT;
	if (pages && !shared_page(certs))
		return GHCB_ERR_INVALID_INPUT;
	err = exit_guest_request(x);
	if (err || x->out.info2 || !pages)
		return err;
	return copy_page(certs, none, sizeof(none), true) ?
		GHCB_OK : GHCB_ERR_INVALID_INPUT;
}
