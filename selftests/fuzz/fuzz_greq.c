// SPDX-License-Identifier: MIT
/*
 * Messages of guest requests: what a guest gives the machine's security
 * processor, and what a host gives the SVSM as its answer. The header is the
 * fuzzer's; whether it was sealed with the right key is too.
 *
 * Oracle: nothing happens to a message that is not authentic, or not the next
 * one of its key. An answer is authentic, of the right number and type; a
 * report is of a level that the key may speak for. The SVSM takes no answer but
 * the one to its request.
 */
#include <snp/gcm.h>
#include <snp/greq_message.h>

#include <machine/snp/psp.h>

#include "fuzz.h"

#define MESSAGES_MAX	8

/* Decisions of a message */
#define SEALED		0x01	/* with the key that it names */
#define NEXT		0x02	/* has the next sequence number */
#define PLAIN_HEADER	0x04	/* constants as they should be */
#define KNOWN_TYPE	0x08
#define ZERO_RESERVED	0x10

struct machine machine;

static u64 numbers[4];		/* messages of each key */
static u32 reports;		/* that were asked for in one message */
static u32 report_vmpl;

void psp_report(const u8 data[64], u32 vmpl, u8 report[PSP_REPORT_SIZE])
{
	(void)data;
	memset(report, 0x11, PSP_REPORT_SIZE);
	reports++;
	report_vmpl = vmpl;
}

static void seal(struct greq_message *m, u8 vmpck, u16 size)
{
	u8 iv[GCM_IV_SIZE] = { 0 };
	struct gcm_key key;

	memcpy(iv, &m->seqno, sizeof(m->seqno));
	gcm_init(&key, machine.vmpck[vmpck]);
	gcm_seal(&key, iv, &m->algorithm, 0x30, m->payload, m->payload, size, m->tag);
}

static bool opens(struct greq_message *m, u8 vmpck)
{
	u8 iv[GCM_IV_SIZE] = { 0 };
	struct gcm_key key;

	memcpy(iv, &m->seqno, sizeof(m->seqno));
	gcm_init(&key, machine.vmpck[vmpck]);
	return m->size <= GREQ_PAYLOAD_MAX &&
		gcm_open(&key, iv, &m->algorithm, 0x30, m->payload, m->payload,
			 m->size, m->tag);
}

static u8 make(struct greq_message *m, struct input *in)
{
	static const u8 types[] = { 5, 3, 17, 1 };
	static const u16 sizes[] = { 96, 32, 128, 32 };
	u8 how = input_u8(in), choice;

	memset(m, 0, sizeof(*m));
	input_bytes(in, m, __builtin_offsetof(struct greq_message, payload));
	input_bytes(in, m->payload, 128);
	if (how & PLAIN_HEADER) {
		m->algorithm = 1;
		m->header_version = 1;
		m->header_size = 0x60;
		m->version = 1;
		m->vmpck &= 3;
		m->reserved_38 = 0;
		memset(m->reserved_28, 0, sizeof(m->reserved_28));
		memset(m->reserved_3d, 0, sizeof(m->reserved_3d));
	}
	if (how & KNOWN_TYPE) {
		choice = m->type & 3;
		m->type = types[choice];
		m->size = sizes[choice];
	}
	if (how & ZERO_RESERVED)
		memset(m->payload + 0x48, 0, 24);
	if (how & NEXT && m->vmpck < 4)
		m->seqno = numbers[m->vmpck] + 1;
	if (how & SEALED && m->vmpck < 4 && m->size <= GREQ_PAYLOAD_MAX)
		seal(m, m->vmpck, m->size);
	return how;
}

static void check_answer(const struct greq_message *asked, struct greq_message *a)
{
	u32 status;

	fuzz_check(asked->vmpck < 4 && asked->seqno == numbers[asked->vmpck] + 1);
	fuzz_check(a->seqno == asked->seqno + 1 && a->type == asked->type + 1);
	fuzz_check(a->vmpck == asked->vmpck && a->version == asked->version);
	fuzz_check(opens(a, a->vmpck));
	memcpy(&status, a->payload, sizeof(status));
	if (reports) {
		fuzz_check(reports == 1 && !status && asked->type == GREQ_REPORT_REQ);
		fuzz_check(report_vmpl >= asked->vmpck && report_vmpl < 4);
		fuzz_check(a->size == sizeof(struct greq_report_answer));
	} else {
		fuzz_check(status);
	}
	numbers[asked->vmpck] += 2;
}

static void to_processor(struct input *in)
{
	static struct greq_message asked, answer, copy;
	enum psp_error error;

	make(&asked, in);
	memset(&answer, 0xEE, sizeof(answer));
	copy = asked;
	reports = 0;
	error = psp_message(&asked, &answer);
	fuzz_check(!memcmp(&copy, &asked, sizeof(copy)));
	if (!error) {
		/* only whoever has the key can have made it */
		fuzz_check(asked.vmpck < 4 && opens(&copy, asked.vmpck));
		check_answer(&asked, &answer);
		return;
	}
	fuzz_check(!reports && answer.type == 0xEE && answer.seqno == ~0ULL / 255 * 0xEE);
}

/* The answer to request @seqno of type 5, or what the fuzzer says it is. */
static void to_svsm(struct input *in)
{
	static struct greq_message m, plain;
	u64 seqno = numbers[0] | 1;
	u8 out[128], how;
	struct gcm_key key;
	bool ok;

	how = make(&m, in);
	gcm_init(&key, machine.vmpck[0]);
	if (how & NEXT) {
		m.seqno = seqno + 1;
		m.type = how & KNOWN_TYPE ? 6 : m.type;
		m.size = how & ZERO_RESERVED ? 128 : m.size;
		if (how & SEALED && m.size <= GREQ_PAYLOAD_MAX)
			seal(&m, 0, m.size);
	}
	plain = m;
	ok = greq_message_open(&m, &key, seqno, 5, out, sizeof(out));
	if (!ok)
		return;
	fuzz_check(plain.seqno == seqno + 1 && plain.type == 6 && plain.size == 128);
	fuzz_check(!plain.vmpck && plain.version == 1 && opens(&plain, 0));
	fuzz_check(!memcmp(plain.payload, out, sizeof(out)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	u32 i;

	for (i = 0; i < 4; i++)
		memset(machine.vmpck[i], (int)(0x21 * (i + 1)), sizeof(machine.vmpck[i]));
	for (i = 0; i < MESSAGES_MAX && in.left; i++) {
		if (input_u8(&in) & 1)
			to_svsm(&in);
		else
			to_processor(&in);
	}
	return 0;
}

void fuzz_seeds(void)
{
	u8 seed[2 * (2 + 0x60 + 128)];
	u32 i;

	for (i = 0; i < 64; i++) {
		memset(seed, 0, sizeof(seed));
		seed[0] = (u8)(i >> 5);
		seed[1] = (u8)(i & 31);
		seed[2 + 0x34] = (u8)i;
		seed[2 + 0x3C] = (u8)(i >> 2);
		seed[2 + 0x60 + 0x40] = (u8)(i & 3);
		memcpy(seed + sizeof(seed) / 2, seed, sizeof(seed) / 2);
		fuzz_seed(seed, sizeof(seed));
	}
}
