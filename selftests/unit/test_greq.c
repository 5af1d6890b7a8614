// SPDX-License-Identifier: MIT
/*
 * The SVSM's guest requests on a host that carries them well, badly or not at
 * all; at its other end the machine's security processor. What must hold
 * whatever the host does: no IV serves for two messages, no report that was not
 * asked for gets through, and after the first failure there is silence.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include <tools/attest/report.h>
#include <x86/asm.h>

#include "greq_peer.h"

static u64 fake_tsc(void);
#define rdtsc() fake_tsc()

/* Its state is looked at here. */
#include "../../arch/snp/greq.c"

#define DATA_FILL	0x5A
#define BUSY		(2ULL << 32)

/* As entry.S has it, with a name more: the image takes it for constant. */
asm(".bss\n"
    ".balign 4096\n"
    ".globl igvm_secrets_page\n"
    "igvm_secrets_page:\n"
    "page: .skip 4096\n"
    ".previous\n");
extern struct secrets page;

static u8 request_page[4096], response_page[4096];
static u32 pages_given;
static u64 tsc;

/**
 * struct host - how the host behaves
 * @busy: so many times it says that it is busy
 * @error: what it says of a good answer
 * @unknown: it does not know guest requests
 * @flip: bit of the answer that it turns over, -1 none
 * @replay: it gives the first answer that it saw
 * @page_gone: the answer's page cannot be read
 * @calls: how often it was asked
 * @used: IVs that were seen, and what was encrypted with each
 */
static struct {
	u32 busy;
	u64 error;
	bool unknown;
	long flip;
	bool replay;
	bool page_gone;
	u32 calls;
	struct {
		u64 seqno;
		u8 message[4096];
	} used[64];
	u32 used_count;
	u8 first_answer[4096];
	bool has_first;
} host;

static u64 fake_tsc(void)
{
	tsc += 1000000;
	return tsc;
}

void arch_cpu_relax(void)
{
}

void svsm_log(enum log_level level, const char *fmt, ...)
{
	(void)level;
	(void)fmt;
}

void paging_protect(u64 start, u64 end, enum page_access access)
{
	assert_int_equal(start, (u64)&page);
	assert_int_equal(end, (u64)(&page + 1));
	assert_true(access == PAGE_DATA || access == PAGE_RODATA);
}

void *heap_shared_page(void)
{
	return pages_given++ ? response_page : request_page;
}

bool arch_shm_copy_in(void *dst, const void *src, size_t size)
{
	if (host.page_gone)
		return false;
	memcpy(dst, src, size);
	return true;
}

/* The rule of GCM: one IV, one message. */
static void watch_iv(const u8 *message)
{
	u64 seqno;
	u32 i;

	memcpy(&seqno, message + 0x20, sizeof(seqno));
	for (i = 0; i < host.used_count; i++) {
		if (host.used[i].seqno != seqno)
			continue;
		assert_memory_equal(host.used[i].message, message, 4096);
		return;
	}
	assert_true(host.used_count < ARRAY_SIZE(host.used));
	host.used[host.used_count].seqno = seqno;
	memcpy(host.used[host.used_count++].message, message, 4096);
}

int ghcb_guest_request(u64 request, u64 response, u64 *error)
{
	u8 *to = (u8 *)response;

	host.calls++;
	watch_iv((const u8 *)request);
	*error = 0;
	if (host.unknown) {
		*error = 6;
		return -1;
	}
	if (host.busy) {
		host.busy--;
		*error = BUSY;
		return 0;
	}
	*error = peer_message((const void *)request, to);
	if (*error)
		return 0;
	if (!host.has_first) {
		memcpy(host.first_answer, to, 4096);
		host.has_first = true;
	} else if (host.replay) {
		memcpy(to, host.first_answer, 4096);
	}
	if (host.flip >= 0)
		to[host.flip / 8] ^= (u8)(1 << host.flip % 8);
	*error = host.error;
	return 0;
}

/* Not inlined: to the compiler the two names are two pages. */
static void __attribute__((noinline)) init(void)
{
	greq_init();
	asm volatile("" : : : "memory");
}

/* A new launch with new keys; the security processor goes on counting. */
static int launch(void **state)
{
	static u8 first;
	int i;

	(void)state;
	memset(&greq, 0, sizeof(greq));
	memset(&host, 0, sizeof(host));
	host.flip = -1;
	pages_given = 0;
	memset(&page, 0, sizeof(page));
	/* a key of zeroes is none */
	first = first % 200 + 1;
	peer_launch(first);
	for (i = 0; i < 4; i++)
		memset(page.vmpck[i], first + i, sizeof(page.vmpck[i]));
	page.msg_seqno[0] = peer_count();
	init();
	return 0;
}

static bool ask(u8 fill, u8 *out)
{
	u8 data[64], report[GREQ_REPORT_SIZE];
	size_t used = 0;
	bool ok;

	memset(data, fill, sizeof(data));
	ok = arch_attest_report(data, report, sizeof(report), &used);
	if (ok) {
		assert_int_equal(used, GREQ_REPORT_SIZE);
		assert_memory_equal(report + 0x50, data, sizeof(data));
	}
	if (ok && out)
		memcpy(out, report, sizeof(report));
	return ok;
}

static void assert_silent(void)
{
	static const u8 zero[sizeof(greq.key)];
	u32 calls = host.calls;

	host.flip = -1;
	host.error = 0;
	host.busy = 0;
	host.unknown = host.replay = host.page_gone = false;
	assert_false(ask(1, NULL));
	assert_int_equal(host.calls, calls);
	assert_memory_equal(&greq.key, zero, sizeof(zero));
}

static void test_key_is_taken(void **state)
{
	static const u8 zero[SECRETS_VMPCK_SIZE];

	(void)state;
	assert_memory_equal(page.vmpck[0], zero, sizeof(zero));
	assert_true(page.vmpck[1][0] && page.vmpck[2][0]);
	/* a page without a key: no requests */
	memset(&page, 0, sizeof(page));
	memset(&greq, 0, sizeof(greq));
	init();
	assert_false(ask(1, NULL));
	assert_int_equal(host.calls, 0);
}

static void test_reports(void **state)
{
	u8 bytes[GREQ_REPORT_SIZE], small[GREQ_REPORT_SIZE - 1], data[64] = { 0 };
	EVP_PKEY *key = snp_test_key();
	struct report r;
	const char *why;
	size_t used;
	u8 i;

	(void)state;
	assert_non_null(key);
	for (i = 0; i < 10; i++) {
		host.busy = i % 3;
		assert_true(ask(i, bytes));
		assert_true(report_read(&r, bytes, sizeof(bytes), &why));
		assert_true(snp_signature_ok(&r, key));
		assert_int_equal(r.vmpl, 0);
		assert_int_equal(r.policy, PEER_POLICY);
		assert_int_equal(r.measurement[0], PEER_DIGEST);
		assert_int_equal(r.measurement[47], PEER_DIGEST);
	}
	assert_int_equal(host.used_count, 10);
	assert_false(arch_attest_report(data, small, sizeof(small), &used));
	assert_true(ask(11, bytes));
	EVP_PKEY_free(key);
}

static void test_errors(void **state)
{
	static const u64 errors[] = { 1, 0x1D, 1ULL << 32, BUSY | 1, ~0ULL };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		launch(state);
		assert_true(ask(1, NULL));
		host.error = errors[i];
		assert_false(ask(2, NULL));
		assert_silent();
	}
	launch(state);
	host.unknown = true;
	assert_false(ask(2, NULL));
	assert_silent();
	launch(state);
	host.page_gone = true;
	assert_false(ask(2, NULL));
	assert_silent();
}

static void test_busy_for_ever(void **state)
{
	(void)state;
	host.busy = UINT32_MAX;
	assert_false(ask(1, NULL));
	/* always the same message: see watch_iv() */
	assert_true(host.calls > 1000);
	assert_int_equal(host.used_count, 1);
	assert_silent();
}

static void test_replay(void **state)
{
	(void)state;
	assert_true(ask(1, NULL));
	host.replay = true;
	assert_false(ask(2, NULL));
	assert_silent();
}

/* All bits of the answer that say something. */
static void test_changed_answer(void **state)
{
	long end = 8 * (0x60 + (long)sizeof(struct greq_report_answer)), bit;

	for (bit = 0; bit < end; bit += bit < 8 * 0x70 ? 1 : 61) {
		launch(state);
		host.flip = bit;
		if ((bit >= 8 * 0x10 && bit < 8 * 0x20) ||
		    (bit >= 8 * 0x28 && bit < 8 * 0x30)) {
			/* nobody's: upper half of the tag, reserved */
			assert_true(ask(DATA_FILL, NULL));
		} else {
			assert_false(ask(DATA_FILL, NULL));
			assert_silent();
		}
	}
}

static void test_sequence_numbers(void **state)
{
	struct greq_message m;
	u8 payload[8] = { 0 };

	(void)state;
	assert_false(greq_message_seal(&m, &greq.key, 0, 5, payload, 8));
	assert_false(greq_message_seal(&m, &greq.key, UINT64_MAX, 5, payload, 8));
	assert_true(greq_message_seal(&m, &greq.key, UINT64_MAX - 1, 5, payload, 8));
	assert_false(greq_message_seal(&m, &greq.key, 1, 5, payload,
				       GREQ_PAYLOAD_MAX + 1));
	greq.seqno = UINT64_MAX - 1;
	assert_false(ask(1, NULL));
	assert_int_equal(host.calls, 0);
	assert_silent();
}

static void reseal(struct greq_message *m, u64 iv_number, u16 size)
{
	u8 iv[GCM_IV_SIZE] = { 0 };

	memcpy(iv, &iv_number, sizeof(iv_number));
	gcm_seal(&greq.key, iv, &m->algorithm, 0x30, m->payload, m->payload,
		 size, m->tag);
}

/* Authentic, but not the answer to this request. */
static void test_wrong_answer(void **state)
{
	u8 payload[32], out[32], untouched[32];
	struct greq_message good, m;

	(void)state;
	memset(payload, 9, sizeof(payload));
	memset(out, 0x66, sizeof(out));
	memcpy(untouched, out, sizeof(out));
	/* what answers request 7 of type 5 */
	assert_true(greq_message_seal(&good, &greq.key, 8, 6, payload, 32));

#define REFUSED(change, iv, size, wanted) do {				\
		m = good;						\
		memcpy(m.payload, payload, sizeof(payload));		\
		change;							\
		reseal(&m, iv, size);					\
		assert_false(greq_message_open(&m, &greq.key, 7, 5, out, \
					       wanted));		\
		assert_memory_equal(out, untouched, sizeof(out));	\
	} while (0)

	REFUSED(m.type = 5, 8, 32, 32);
	REFUSED(m.type = 8, 8, 32, 32);
	REFUSED(m.version = 2, 8, 32, 32);
	REFUSED(m.algorithm = 0, 8, 32, 32);
	REFUSED(m.header_version = 0, 8, 32, 32);
	REFUSED(m.header_size = 0x50, 8, 32, 32);
	REFUSED(m.vmpck = 1, 8, 32, 32);
	REFUSED(m.seqno = 10, 8, 32, 32);
	REFUSED(m.seqno = 10, 10, 32, 32);
	REFUSED(m.seqno = 7, 7, 32, 32);
	REFUSED(m.size = 16, 8, 16, 32);
	REFUSED(m.size = 16, 8, 32, 32);
	REFUSED(m.size = 32, 8, 16, 16);
	m = good;
	assert_true(greq_message_open(&m, &greq.key, 7, 5, out, 32));
	assert_memory_equal(out, payload, sizeof(out));
}

/* An answer, but not what was asked for. */
static void test_wrong_report(void **state)
{
	struct greq_report_answer good = { .size = GREQ_REPORT_SIZE }, a;
	u8 data[64];

	(void)state;
	memset(data, 7, sizeof(data));
	good.report[0] = 3;
	memcpy(good.report + 0x50, data, sizeof(data));
	assert_true(greq_report_valid(&good, data));
	a = good;
	a.status = 0x16;
	assert_false(greq_report_valid(&a, data));
	a = good;
	a.size--;
	assert_false(greq_report_valid(&a, data));
	a = good;
	a.report[0] = 1;
	assert_false(greq_report_valid(&a, data));
	a = good;
	a.report[0x30] = 2;
	assert_false(greq_report_valid(&a, data));
	a = good;
	a.report[0x50 + 63] ^= 1;
	assert_false(greq_report_valid(&a, data));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_key_is_taken, launch),
		cmocka_unit_test_setup(test_reports, launch),
		cmocka_unit_test_setup(test_errors, launch),
		cmocka_unit_test_setup(test_busy_for_ever, launch),
		cmocka_unit_test_setup(test_replay, launch),
		cmocka_unit_test_setup(test_changed_answer, launch),
		cmocka_unit_test_setup(test_sequence_numbers, launch),
		cmocka_unit_test_setup(test_wrong_answer, launch),
		cmocka_unit_test_setup(test_wrong_report, launch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
