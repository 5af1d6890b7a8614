/* SPDX-License-Identifier: MIT */
/*
 * The security processor's side of guest messages: authentic, in order, and
 * answered under the key that they came with. Callers take turns.
 */
#include "psp.h"
#include "../../arch/snp/gcm.h"

#define ALGORITHM_AES_256_GCM	1
#define HEADER_VERSION		1
#define MESSAGE_VERSION		1
#define PAYLOAD_MAX		4000

enum message_type {
	KEY_REQ = 3,
	REPORT_REQ = 5,
	TSC_INFO_REQ = 17,
};

#define KEY_REQ_SIZE		32
#define KEY_RSP_SIZE		64
#define TSC_INFO_SIZE		128

struct message {
	u8 tag[32];
	u64 seqno;
	u8 reserved_28[8];
	/* authenticated data: up to the payload */
	u8 algorithm;
	u8 header_version;
	u16 header_size;
	u8 type;
	u8 version;
	u16 size;
	u32 reserved_38;
	u8 vmpck;
	u8 reserved_3d[0x60 - 0x3d];
	u8 payload[PAYLOAD_MAX];
};

#define HEADER_SIZE	__builtin_offsetof(struct message, payload)
#define AAD(m)		(&(m)->algorithm)
#define AAD_SIZE	(HEADER_SIZE - __builtin_offsetof(struct message, algorithm))

_Static_assert(sizeof(struct message) == PSP_MESSAGE_SIZE, "message size");
_Static_assert(__builtin_offsetof(struct message, algorithm) == 0x30, "algorithm");
_Static_assert(__builtin_offsetof(struct message, vmpck) == 0x3c, "vmpck");
_Static_assert(HEADER_SIZE == 0x60, "header size");

struct report_request {
	u8 data[64];
	u32 vmpl;
	u32 key_select;
	u8 reserved[24];
};

/* KEY_SEL: which key signs. There is the chip's only. */
#define KEY_SELECT_ANY		0
#define KEY_SELECT_CHIP		1
#define KEY_SELECT_MAX		2

struct report_response {
	u32 status;
	u32 size;
	u8 reserved[24];
	u8 report[PSP_REPORT_SIZE];
};

/* Messages so far under each key, requests and answers. */
static u64 count[ARRAY_SIZE(machine.vmpck)];

static bool is_zero(const void *data, size_t size)
{
	const u8 *p = data;

	while (size--) {
		if (*p++)
			return false;
	}
	return true;
}

static void make_iv(u64 seqno, u8 iv[GCM_IV_SIZE])
{
	memset(iv, 0, GCM_IV_SIZE);
	memcpy(iv, &seqno, sizeof(seqno));
}

static enum psp_error check_header(const struct message *m)
{
	if (m->algorithm != ALGORITHM_AES_256_GCM ||
	    m->header_version != HEADER_VERSION ||
	    m->header_size != HEADER_SIZE || m->version != MESSAGE_VERSION ||
	    m->size > PAYLOAD_MAX || m->vmpck >= ARRAY_SIZE(machine.vmpck) ||
	    m->reserved_38 || !is_zero(m->reserved_28, sizeof(m->reserved_28)) ||
	    !is_zero(m->reserved_3d, sizeof(m->reserved_3d)))
		return PSP_INVALID_PARAM;
	if (count[m->vmpck] >= ~0ULL - 1)
		return PSP_AEAD_OFLOW;
	return m->seqno == count[m->vmpck] + 1 ? PSP_OK : PSP_INVALID_PARAM;
}

static u16 answer_report(const struct message *request, void *payload)
{
	const struct report_request *in = (const void *)request->payload;
	struct report_response *out = payload;

	/* A level gets reports on itself and on those below it. */
	if (in->vmpl >= ARRAY_SIZE(machine.vmpck) || in->vmpl < request->vmpck ||
	    in->key_select > KEY_SELECT_MAX ||
	    !is_zero(in->reserved, sizeof(in->reserved))) {
		out->status = PSP_STATUS_INVALID_PARAM;
	} else if (in->key_select != KEY_SELECT_ANY &&
		   in->key_select != KEY_SELECT_CHIP) {
		out->status = PSP_STATUS_INVALID_KEY;
	} else {
		out->size = PSP_REPORT_SIZE;
		psp_report(in->data, in->vmpl, out->report);
	}
	return sizeof(*out);
}

/*
 * Size of the answer's payload, 0: no such request. Derived keys would need a
 * secret of the chip, TSC information a guest with Secure TSC: neither is
 * here, and the answer says that it cannot be had.
 */
static u16 answer(const struct message *request, void *payload)
{
	u32 *status = payload;

	switch (request->type) {
	case REPORT_REQ:
		if (request->size != sizeof(struct report_request))
			return 0;
		return answer_report(request, payload);
	case KEY_REQ:
		if (request->size != KEY_REQ_SIZE)
			return 0;
		*status = PSP_STATUS_INVALID_PARAM;
		return KEY_RSP_SIZE;
	case TSC_INFO_REQ:
		if (request->size != TSC_INFO_SIZE)
			return 0;
		*status = PSP_STATUS_INVALID_PARAM;
		return TSC_INFO_SIZE;
	}
	return 0;
}

/**
 * psp_message() - SNP_GUEST_REQUEST
 * @request: PSP_MESSAGE_SIZE bytes that nobody changes meanwhile
 * @response: PSP_MESSAGE_SIZE bytes, written only on success
 *
 * Return: firmware error. A request that fails takes no sequence number.
 */
enum psp_error psp_message(const void *request, void *response)
{
	static struct message in, out;
	struct gcm_key key;
	u8 iv[GCM_IV_SIZE];
	enum psp_error err;

	memcpy(&in, request, sizeof(in));
	err = check_header(&in);
	if (err)
		return err;
	gcm_init(&key, machine.vmpck[in.vmpck]);
	make_iv(in.seqno, iv);
	if (!gcm_open(&key, iv, AAD(&in), AAD_SIZE, in.payload, in.payload,
		      in.size, in.tag))
		return PSP_BAD_MEASUREMENT;

	memset(&out, 0, sizeof(out));
	out.size = answer(&in, out.payload);
	if (!out.size)
		return PSP_INVALID_PARAM;
	count[in.vmpck] += 2;
	out.seqno = count[in.vmpck];
	out.algorithm = ALGORITHM_AES_256_GCM;
	out.header_version = HEADER_VERSION;
	out.header_size = HEADER_SIZE;
	out.type = in.type + 1;
	out.version = MESSAGE_VERSION;
	out.vmpck = in.vmpck;
	make_iv(out.seqno, iv);
	gcm_seal(&key, iv, AAD(&out), AAD_SIZE, out.payload, out.payload,
		 out.size, out.tag);
	memcpy(response, &out, sizeof(out));
	return PSP_OK;
}
