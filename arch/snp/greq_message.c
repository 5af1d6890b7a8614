// SPDX-License-Identifier: MIT
/*
 * Messages between the guest and the security processor: sealed, opened and
 * checked. What an answer says counts only once it is authentic.
 */
#include <svsm/string.h>
#include "greq_message.h"

#define ALGORITHM_AES_256_GCM	1
#define HEADER_VERSION		1
#define MESSAGE_VERSION		1
#define VMPCK			0	/* the key of VMPL0 */

#define AAD(message)	(&(message)->algorithm)
#define AAD_SIZE	(__builtin_offsetof(struct greq_message, payload) - \
			 __builtin_offsetof(struct greq_message, algorithm))

/* Fields of an attestation report that a request determines */
#define REPORT_VERSION		0x00
#define REPORT_VERSION_MIN	2
#define REPORT_VMPL		0x30
#define REPORT_DATA		0x50

/* IV: the sequence number, little-endian, and zeroes. */
static void make_iv(u64 seqno, u8 iv[GCM_IV_SIZE])
{
	memset(iv, 0, GCM_IV_SIZE);
	memcpy(iv, &seqno, sizeof(seqno));
}

/**
 * greq_message_seal() - make a request
 * @message: filled in, all of it
 * @key: VMPCK0
 * @seqno: its sequence number, which must be new to @key
 * @type: message type
 * @payload: of the request
 * @size: bytes, at most GREQ_PAYLOAD_MAX
 *
 * Return: false if there is no such sequence number, or none for the answer.
 */
bool greq_message_seal(struct greq_message *message, const struct gcm_key *key,
		       u64 seqno, u8 type, const void *payload, u16 size)
{
	u8 iv[GCM_IV_SIZE];

	if (!seqno || seqno == UINT64_MAX || size > GREQ_PAYLOAD_MAX)
		return false;
	memset(message, 0, sizeof(*message));
	message->seqno = seqno;
	message->algorithm = ALGORITHM_AES_256_GCM;
	message->header_version = HEADER_VERSION;
	message->header_size = __builtin_offsetof(struct greq_message, payload);
	message->type = type;
	message->version = MESSAGE_VERSION;
	message->size = size;
	message->vmpck = VMPCK;
	make_iv(seqno, iv);
	gcm_seal(key, iv, AAD(message), AAD_SIZE, payload, message->payload,
		 size, message->tag);
	return true;
}

/**
 * greq_message_open() - authenticate, check and decrypt an answer
 * @message: a private copy of what the host gave; decrypted in place
 * @key: VMPCK0
 * @seqno: of the request
 * @type: of the request
 * @payload: filled in on success
 * @size: bytes that it must have
 *
 * Return: false if it is not the answer to that request.
 */
bool greq_message_open(struct greq_message *message, const struct gcm_key *key,
		       u64 seqno, u8 type, void *payload, u16 size)
{
	u8 iv[GCM_IV_SIZE];

	/* The sequence number is the IV: no earlier answer passes either. */
	make_iv(seqno + 1, iv);
	if (message->size != size || size > GREQ_PAYLOAD_MAX ||
	    !gcm_open(key, iv, AAD(message), AAD_SIZE, message->payload,
		      message->payload, size, message->tag))
		return false;
	if (message->seqno != seqno + 1 ||
	    message->algorithm != ALGORITHM_AES_256_GCM ||
	    message->header_version != HEADER_VERSION ||
	    message->header_size !=
			__builtin_offsetof(struct greq_message, payload) ||
	    message->type != type + 1 || message->version != MESSAGE_VERSION ||
	    message->vmpck != VMPCK)
		return false;
	memcpy(payload, message->payload, size);
	return true;
}

static u32 load32(const u8 *p)
{
	u32 val;

	memcpy(&val, p, sizeof(val));
	return val;
}

/**
 * greq_report_valid() - is this the report that was asked for?
 * @answer: payload of an authentic answer
 * @data: what the request had for report_data
 *
 * Of VMPL0, with that data. Its signature is for those who get it.
 */
bool greq_report_valid(const struct greq_report_answer *answer,
		       const u8 data[64])
{
	const u8 *report = answer->report;

	return !answer->status && answer->size == GREQ_REPORT_SIZE &&
		load32(report + REPORT_VERSION) >= REPORT_VERSION_MIN &&
		!load32(report + REPORT_VMPL) &&
		!memcmp(report + REPORT_DATA, data, 64);
}
