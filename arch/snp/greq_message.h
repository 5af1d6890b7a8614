/* SPDX-License-Identifier: MIT */
/*
 * Messages between the guest and the security processor, which the host
 * carries (AMD 56860, "Guest Messages"). Pure functions on private memory.
 */
#ifndef SNP_GREQ_MESSAGE_H
#define SNP_GREQ_MESSAGE_H

#include <svsm/types.h>
#include "gcm.h"
#include "pages.h"

#define GREQ_PAYLOAD_MAX	4000

/* Message types; the answer to a request is the next one. */
#define GREQ_REPORT_REQ		5

struct greq_message {
	u8 tag[GCM_TAG_SIZE];
	u8 reserved_10[0x20 - 0x10];
	u64 seqno;
	u8 reserved_28[0x30 - 0x28];
	/* from here to the payload: authenticated, not encrypted */
	u8 algorithm;
	u8 header_version;
	u16 header_size;
	u8 type;
	u8 version;
	u16 size;
	u32 reserved_38;
	u8 vmpck;
	u8 reserved_3d[0x60 - 0x3D];
	u8 payload[GREQ_PAYLOAD_MAX];
};
SNP_ASSERT(struct greq_message, seqno, 0x20);
SNP_ASSERT(struct greq_message, algorithm, 0x30);
SNP_ASSERT(struct greq_message, type, 0x34);
SNP_ASSERT(struct greq_message, vmpck, 0x3C);
SNP_ASSERT(struct greq_message, payload, 0x60);
_Static_assert(sizeof(struct greq_message) == 4096, "guest message size");

/* Payloads of GREQ_REPORT_REQ and of its answer */
#define GREQ_REPORT_SIZE	0x4A0

struct greq_report_request {
	u8 data[64];
	u32 vmpl;
	u32 key_select;
	u8 reserved[24];
};
_Static_assert(sizeof(struct greq_report_request) == 96, "report request");

struct greq_report_answer {
	u32 status;
	u32 size;
	u8 reserved[0x20 - 8];
	u8 report[GREQ_REPORT_SIZE];
};
SNP_ASSERT(struct greq_report_answer, report, 0x20);

bool greq_message_seal(struct greq_message *message, const struct gcm_key *key,
		       u64 seqno, u8 type, const void *payload, u16 size);
bool greq_message_open(struct greq_message *message, const struct gcm_key *key,
		       u64 seqno, u8 type, void *payload, u16 size);
bool greq_report_valid(const struct greq_report_answer *answer,
		       const u8 data[64]);

#endif /* SNP_GREQ_MESSAGE_H */
