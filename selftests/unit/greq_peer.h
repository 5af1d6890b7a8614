/* SPDX-License-Identifier: MIT */
/*
 * The machine's security processor for test_greq.c: machine and SVSM have
 * headers that do not go together.
 */
#ifndef UNIT_GREQ_PEER_H
#define UNIT_GREQ_PEER_H

#include <svsm/types.h>

#define PEER_POLICY	0x30000
#define PEER_DIGEST	0xD1	/* each byte of the launch digest */

/* New keys: each byte of key n is @first + n. */
void peer_launch(u8 first);
/* Firmware error, 0: @response is filled in. */
u32 peer_message(const void *request, void *response);
/* Messages so far, requests and answers, of all launches. */
u32 peer_count(void);

#endif /* UNIT_GREQ_PEER_H */
