// SPDX-License-Identifier: MIT
/*
 * Requests of the SVSM to the security processor, with the key of VMPL0.
 *
 * The host carries the messages and may change, drop or repeat them. An IV is
 * the sequence number of a message, so two different messages must never have
 * the same: once a request went out and no good answer came, nobody knows which
 * number is the next one, and the key is wiped. There are no requests then any
 * more. Only a host that says "busy" gets the same message again.
 */
#include <svsm/log.h>
#include <svsm/string.h>
#include <x86/asm.h>
#include <x86/heap.h>
#include <x86/paging.h>
#include "ghcb.h"
#include "greq.h"
#include "greq_message.h"

/* How long a host may be busy, in TSC ticks: seconds. */
#define BUSY_TICKS_MAX	40000000000ULL

/* Upper half of the error: what the host has to say. */
#define HOST_BUSY	(2ULL << 32)

/**
 * struct greq - the way to the security processor
 * @lock: for all of it; takes nothing but the log's
 * @usable: there is a key
 * @key: VMPCK0
 * @seqno: of the last message
 * @message: private; the request, then the answer
 * @request: shared page
 * @response: shared page
 */
static struct {
	struct spinlock lock;
	bool usable;
	struct gcm_key key;
	u64 seqno;
	struct greq_message message;
	void *request;
	void *response;
} greq;

static void stop(const char *why, u64 detail)
{
	gcm_wipe(&greq.key, sizeof(greq.key));
	greq.usable = false;
	svsm_log(LOG_WARN, "no more guest requests: %s, 0x%llx", why,
		 (unsigned long long)detail);
}

/**
 * greq_init() - take VMPCK0 from the secrets page
 *
 * On the boot CPU before there are others. The page loses the key: there is
 * one copy, and when it is wiped it is gone.
 */
void greq_init(void)
{
	struct secrets *secrets = (struct secrets *)&igvm_secrets_page;
	static const u8 none[SECRETS_VMPCK_SIZE];
	u8 *secret = secrets->vmpck[0];

	if (!memcmp(secret, none, sizeof(none)))
		return;
	gcm_init(&greq.key, secret);
	greq.seqno = secrets->msg_seqno[0];
	paging_protect((u64)secrets, (u64)(secrets + 1), PAGE_DATA);
	gcm_wipe(secret, SECRETS_VMPCK_SIZE);
	paging_protect((u64)secrets, (u64)(secrets + 1), PAGE_RODATA);
	greq.request = heap_shared_page();
	greq.response = heap_shared_page();
	greq.usable = true;
}

/* The host carries greq.message and its answer; true: there is an answer. */
static bool carry(void)
{
	u64 since = rdtsc();
	u64 error = 0;

	memcpy(greq.request, &greq.message, sizeof(greq.message));
	for (;;) {
		if (ghcb_guest_request((u64)greq.request, (u64)greq.response,
				       &error)) {
			stop("the host does not do them", error);
			return false;
		}
		if (error != HOST_BUSY)
			break;
		if (rdtsc() - since > BUSY_TICKS_MAX)
			break;
		arch_cpu_relax();
	}
	if (error) {
		stop("refused", error);
		return false;
	}
	if (!arch_shm_copy_in(&greq.message, greq.response,
			      sizeof(greq.message))) {
		stop("the answer cannot be read", 0);
		return false;
	}
	return true;
}

/* One message and its answer of @out_size bytes. */
static bool exchange(u8 type, const void *in, u16 in_size, void *out,
		     u16 out_size)
{
	if (!greq.usable)
		return false;
	if (!greq_message_seal(&greq.message, &greq.key, greq.seqno + 1, type,
			       in, in_size)) {
		stop("sequence number", greq.seqno);
		return false;
	}
	if (!carry())
		return false;
	if (!greq_message_open(&greq.message, &greq.key, greq.seqno + 1, type,
			       out, out_size)) {
		stop("answer not authentic", greq.seqno + 1);
		return false;
	}
	greq.seqno += 2;
	return true;
}

bool arch_attest_report(const u8 data[64], void *report, size_t size,
			size_t *used)
{
	static struct greq_report_answer answer;
	struct greq_report_request request = { .vmpl = 0 };
	bool ok;

	if (size < GREQ_REPORT_SIZE)
		return false;
	memcpy(request.data, data, sizeof(request.data));
	spin_lock(&greq.lock);
	ok = exchange(GREQ_REPORT_REQ, &request, sizeof(request), &answer,
		      sizeof(answer));
	if (ok && !greq_report_valid(&answer, data)) {
		svsm_log(LOG_WARN, "no attestation report: status 0x%x",
			 answer.status);
		ok = false;
	}
	if (ok) {
		memcpy(report, answer.report, GREQ_REPORT_SIZE);
		*used = GREQ_REPORT_SIZE;
	}
	spin_unlock(&greq.lock);
	return ok;
}
