/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the core share: a set-up with guests, calls as a guest
 * makes them, and the guest's half of the event page.
 */
#ifndef _TEST_CORE_H
#define _TEST_CORE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <svsm/pinned.h>
#include <svsm/svsm.h>
#include <uapi/svsm/call.h>

#include "host.h"

#define PAGE		4096ULL
#define LARGE		(2ULL << 20)

/* Pages of vCPU i of the guest */
#define STATE(i)	(HOST_RAM_START + (u64)(i) * 0x10000)
#define AREA(i)		(STATE(i) + PAGE)
#define EVENTS(i)	(STATE(i) + 2 * PAGE)
#define SPARE(i)	(STATE(i) + 3 * PAGE)

#define IRQ(call)	SVSM_CALL(SVSM_PROTO_IRQ, SVSM_IRQ_##call)
#define TIMER(call)	SVSM_CALL(SVSM_PROTO_TIMER, SVSM_TIMER_##call)
#define CORE(call)	SVSM_CALL(SVSM_PROTO_CORE, (u64)(call))

/* Notification vector that the tests use */
#define NV		0x50

#define GROUP(s)	((s) / SVSM_SOURCES_PER_GROUP)
#define BIT_OF(s)	BIT_ULL((s) % SVSM_SOURCES_PER_GROUP)

#define assert_invariants() assert_true(svsm_invariants_ok())

/** core_setup() - platform, core, and a guest on every vCPU. */
void core_setup(u32 vcpus);

/** core_call_regs() - a call with registers as given; result code. */
u32 core_call_regs(struct vcpu *vcpu, struct guest_call *call);

/**
 * core_call() - a call with a parameter block, which goes to the calling area
 * @vcpu: caller
 * @fn: SVSM_CALL()
 * @block: NULL for one of zeros
 * @out: registers afterwards; may be NULL
 *
 * Checks the invariants afterwards. Return: result code.
 */
u32 core_call(struct vcpu *vcpu, u64 fn, const union svsm_block *block,
	      struct guest_call *out);

/* Calls by vCPU 0, in the form in which tests want them. */
u32 call_register(u32 index, u64 gpa, u8 vector);
u32 call_unregister(u32 index);
u32 call_open(u32 source, u8 trigger, u32 index);
u32 call_open_host(u32 source, u8 trigger, u8 vector, u32 host_index,
		   u32 index);
u32 call_source(u64 fn, u32 source);
u32 call_bind(u32 source, u32 index);
u64 call_state(u32 source);
u64 call_counter(u32 index, u32 counter);
u32 call_attach(u32 index, u32 source);

/** core_pass() - one pass of the loop on a vCPU whose guest leaves at once. */
void core_pass(struct vcpu *vcpu);

/** core_entry_vector() - the same; the vector that was asserted. */
u8 core_entry_vector(struct vcpu *vcpu);

/* --- The guest's half: Documentation/abi.rst, "Event page" ---------------- */

/**
 * struct taker - one vCPU's taker
 * @page: its page
 * @handle: called for each source, after its bit is cleared
 * @ctx: for @handle
 * @self: number of NVs that it sent to itself
 * @first: group to start with, for fairness
 */
struct taker {
	struct svsm_event_page *page;
	void (*handle)(void *ctx, u32 source);
	void *ctx;
	u32 self;
	u32 first;
};

/**
 * taker_take() - Take
 * @taker: the taker
 * @budget: sources to handle at most
 *
 * Return: sources handled.
 */
u32 taker_take(struct taker *taker, u32 budget);

/** page_mask() - mask a source; what was there before. */
bool page_mask(struct svsm_event_page *page, u32 source);

/** page_unmask() - unmask a source; true: NV must be sent to the vCPU. */
bool page_unmask(struct svsm_event_page *page, u32 source);

/** page_pir() - is a source's bit set? */
bool page_pir(struct svsm_event_page *page, u32 source);

#endif /* _TEST_CORE_H */
