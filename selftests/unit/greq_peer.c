// SPDX-License-Identifier: MIT
/*
 * The machine's security processor for test_greq.c. It counts messages over
 * launches, for it knows of one only.
 */
#include <string.h>

#include <machine/snp/psp.h>

#include "greq_peer.h"

struct machine machine;

static u32 messages;

void peer_launch(u8 first)
{
	for (u32 i = 0; i < ARRAY_SIZE(machine.vmpck); i++)
		memset(machine.vmpck[i], (int)(first + i), sizeof(machine.vmpck[i]));
	memset(machine.launch_digest, PEER_DIGEST, sizeof(machine.launch_digest));
	machine.policy = PEER_POLICY;
}

u32 peer_message(const void *request, void *response)
{
	enum psp_error error = psp_message(request, response);

	if (!error)
		messages += 2;
	return error;
}

u32 peer_count(void)
{
	return messages;
}
