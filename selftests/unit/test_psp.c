// SPDX-License-Identifier: MIT
/*
 * The machine's security processor: which messages it takes, from whom, in
 * which order, and what it says to the others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include <tools/attest/report.h>

/* Its counters are set here. */
#include "../../machine/snp/psp.c"

struct machine machine;

static struct message sent, received;

/* The next request of @vmpck in @sent, not yet sealed. */
static void prepare(u8 vmpck, u8 type, const void *payload, u16 size)
{
	memset(&sent, 0, sizeof(sent));
	sent.seqno = count[vmpck] + 1;
	sent.algorithm = 1;
	sent.header_version = 1;
	sent.header_size = 0x60;
	sent.type = type;
	sent.version = 1;
	sent.size = size;
	sent.vmpck = vmpck;
	memcpy(sent.payload, payload, size);
}

static void seal(u8 key_number)
{
	struct gcm_key key;
	u8 iv[12] = { 0 };

	memcpy(iv, &sent.seqno, sizeof(sent.seqno));
	gcm_init(&key, machine.vmpck[key_number]);
	gcm_seal(&key, iv, &sent.algorithm, 0x30, sent.payload, sent.payload,
		 sent.size, sent.tag);
}

static enum psp_error deliver(void)
{
	memset(&received, 0xEE, sizeof(received));
	return psp_message(&sent, &received);
}

/* The answer, authenticated. */
static void open_answer(u8 vmpck, u8 type, u16 size)
{
	struct gcm_key key;
	u8 iv[12] = { 0 };

	assert_int_equal(received.seqno, sent.seqno + 1);
	assert_int_equal(count[vmpck], received.seqno);
	memcpy(iv, &received.seqno, sizeof(received.seqno));
	gcm_init(&key, machine.vmpck[vmpck]);
	assert_int_equal(received.size, size);
	assert_true(gcm_open(&key, iv, &received.algorithm, 0x30,
			     received.payload, received.payload, size,
			     received.tag));
	assert_int_equal(received.type, type + 1);
	assert_int_equal(received.version, 1);
	assert_int_equal(received.vmpck, vmpck);
}

static void assert_refused(enum psp_error error)
{
	static const struct message untouched = { 0 };
	u64 before[ARRAY_SIZE(count)];

	memcpy(before, count, sizeof(count));
	memset(&received, 0, sizeof(received));
	assert_int_equal(psp_message(&sent, &received), error);
	assert_memory_equal(&received, &untouched, sizeof(received));
	assert_memory_equal(before, count, sizeof(count));
}

static const struct report_response *report(u8 vmpck, u32 vmpl, u32 key_select)
{
	struct report_request r = { .vmpl = vmpl, .key_select = key_select };

	memset(r.data, 0x77, sizeof(r.data));
	prepare(vmpck, REPORT_REQ, &r, sizeof(r));
	seal(vmpck);
	assert_int_equal(deliver(), PSP_OK);
	open_answer(vmpck, REPORT_REQ, sizeof(struct report_response));
	return (const struct report_response *)received.payload;
}

static int launch(void **state)
{
	(void)state;
	memset(count, 0, sizeof(count));
	for (u32 i = 0; i < ARRAY_SIZE(machine.vmpck); i++)
		memset(machine.vmpck[i], (int)(0x10 + i), sizeof(machine.vmpck[i]));
	memset(machine.launch_digest, 0xD1, sizeof(machine.launch_digest));
	machine.policy = 0x30000;
	return 0;
}

/* A level speaks for itself and for those below, never for those above. */
static void test_levels(void **state)
{
	EVP_PKEY *key = snp_test_key();

	(void)state;
	assert_non_null(key);
	for (u8 vmpck = 0; vmpck < 4; vmpck++) {
		for (u32 vmpl = 0; vmpl < 6; vmpl++) {
			const struct report_response *r = report(vmpck, vmpl, 0);
			struct report parsed;
			const char *why;

			if (vmpl > 3 || vmpl < vmpck) {
				assert_int_equal(r->status, 0x16);
				assert_int_equal(r->size, 0);
				continue;
			}
			assert_int_equal(r->status, 0);
			assert_true(report_read(&parsed, r->report,
						sizeof(r->report), &why));
			assert_int_equal(parsed.vmpl, vmpl);
			assert_int_equal(parsed.data[63], 0x77);
			assert_memory_equal(parsed.measurement,
					    machine.launch_digest, 48);
			assert_true(snp_signature_ok(&parsed, key));
		}
	}
	EVP_PKEY_free(key);
}

static void test_key_select(void **state)
{
	(void)state;
	assert_int_equal(report(0, 0, 1)->status, 0);
	assert_int_equal(report(0, 0, 2)->status, 0x27);
	assert_int_equal(report(0, 0, 3)->status, 0x16);
}

static void test_sequence(void **state)
{
	struct message again;
	u8 payload[96] = { 0 };

	(void)state;
	report(1, 1, 0);
	prepare(1, REPORT_REQ, payload, sizeof(payload));
	payload[64] = 1;
	memcpy(sent.payload, payload, sizeof(payload));
	seal(1);
	again = sent;
	assert_int_equal(deliver(), PSP_OK);
	/* the same once more */
	sent = again;
	assert_refused(PSP_INVALID_PARAM);
	/* a gap */
	prepare(1, REPORT_REQ, payload, sizeof(payload));
	sent.seqno += 2;
	seal(1);
	assert_refused(PSP_INVALID_PARAM);
	/* the counters of keys are their own */
	assert_int_equal(count[0], 0);
	assert_int_equal(count[1], 4);
	/* the last number there is for an answer, and none */
	count[1] = UINT64_MAX - 2;
	prepare(1, REPORT_REQ, payload, sizeof(payload));
	seal(1);
	assert_int_equal(deliver(), PSP_OK);
	assert_int_equal(count[1], UINT64_MAX);
	sent.seqno = 0;
	assert_refused(PSP_AEAD_OFLOW);
	count[1] = UINT64_MAX - 1;
	sent.seqno = UINT64_MAX;
	assert_refused(PSP_AEAD_OFLOW);
}

static void test_header(void **state)
{
	u8 payload[96] = { 0 };
	struct message good;

	(void)state;
	prepare(0, REPORT_REQ, payload, sizeof(payload));
	seal(0);
	good = sent;

#define REFUSED(change, error) do {	\
		sent = good;		\
		change;			\
		seal(0);		\
		assert_refused(error);	\
	} while (0)

	REFUSED(sent.algorithm = 0, PSP_INVALID_PARAM);
	REFUSED(sent.header_version = 2, PSP_INVALID_PARAM);
	REFUSED(sent.header_size = 0x61, PSP_INVALID_PARAM);
	REFUSED(sent.version = 0, PSP_INVALID_PARAM);
	REFUSED(sent.reserved_28[7] = 1, PSP_INVALID_PARAM);
	REFUSED(sent.reserved_38 = 1, PSP_INVALID_PARAM);
	REFUSED(sent.reserved_3d[34] = 1, PSP_INVALID_PARAM);
	REFUSED(sent.vmpck = 4, PSP_INVALID_PARAM);
	REFUSED(sent.vmpck = 255, PSP_INVALID_PARAM);
	/* too long to be sealed: its tag is never looked at */
	sent = good;
	sent.size = PAYLOAD_MAX + 1;
	assert_refused(PSP_INVALID_PARAM);
	sent.size = UINT16_MAX;
	assert_refused(PSP_INVALID_PARAM);
	/* of another level's key, and changed on the way */
	sent = good;
	seal(1);
	assert_refused(PSP_BAD_MEASUREMENT);
	sent = good;
	sent.payload[0] ^= 1;
	assert_refused(PSP_BAD_MEASUREMENT);
	sent = good;
	sent.tag[15] ^= 0x80;
	assert_refused(PSP_BAD_MEASUREMENT);
	sent = good;
	sent.size--;
	assert_refused(PSP_BAD_MEASUREMENT);
	sent = good;
	assert_int_equal(deliver(), PSP_OK);
}

static void test_types(void **state)
{
	u8 payload[200] = { 0 };

	(void)state;
	for (u32 type = 0; type < 256; type++) {
		prepare(0, (u8)type, payload, sizeof(payload));
		seal(0);
		assert_refused(PSP_INVALID_PARAM);
	}
	/* known, but not to be had here: an answer that says so */
	prepare(0, TSC_INFO_REQ, payload, 128);
	seal(0);
	assert_int_equal(deliver(), PSP_OK);
	open_answer(0, TSC_INFO_REQ, 128);
	assert_int_equal(received.payload[0], 0x16);
	prepare(0, KEY_REQ, payload, 32);
	seal(0);
	assert_int_equal(deliver(), PSP_OK);
	open_answer(0, KEY_REQ, 64);
	assert_int_equal(received.payload[0], 0x16);
	/* reserved bytes of a request */
	payload[95] = 1;
	prepare(0, REPORT_REQ, payload, 96);
	seal(0);
	assert_int_equal(deliver(), PSP_OK);
	open_answer(0, REPORT_REQ, sizeof(struct report_response));
	assert_int_equal(received.payload[0], 0x16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_levels, launch),
		cmocka_unit_test_setup(test_key_select, launch),
		cmocka_unit_test_setup(test_sequence, launch),
		cmocka_unit_test_setup(test_header, launch),
		cmocka_unit_test_setup(test_types, launch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
