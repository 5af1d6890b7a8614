/* SPDX-License-Identifier: MIT */
/*
 * Fuzzer of the core: what the script (fuzz_calls.c) tells the oracle
 * (fuzz_calls_check.c) of each step.
 */
#ifndef _FUZZ_CALLS_H
#define _FUZZ_CALLS_H

#include <svsm/svsm.h>
#include <uapi/svsm/call.h>

#include "fuzz.h"
#include "host.h"

#define PAGE		4096ULL
#define LARGE		(2ULL << 20)
#define PAGE_OF(gpa)	((gpa) & ~(PAGE - 1))

/* Pages that the script knows by number; each vCPU begins with three. */
#define KNOWN(n)	(HOST_RAM_START + (u64)(n) * PAGE)
#define STATE(i)	KNOWN(4 * (i))
#define AREA(i)		KNOWN(4 * (i) + 1)
#define EVENTS(i)	KNOWN(4 * (i) + 2)
#define PLATFORM_PAGE	KNOWN(31)

#define IRQ(call)	SVSM_CALL(SVSM_PROTO_IRQ, SVSM_IRQ_##call)
#define TIMER(call)	SVSM_CALL(SVSM_PROTO_TIMER, SVSM_TIMER_##call)
#define CORE(call)	SVSM_CALL(SVSM_PROTO_CORE, (u64)(call))
#define CORE_REMAP_CA	CORE(0)
#define CORE_PVALIDATE	CORE(1)
#define CORE_CREATE	CORE(2)
#define CORE_DELETE	CORE(3)
#define CORE_QUERY	CORE(6)
#define CORE_VTOM	CORE(7)

/* PVALIDATE's list */
#define LIST_NEXT	2
#define LIST_ENTRIES	8
#define LIST_MAX	511
#define ENTRY_LARGE	0x1
#define ENTRY_VALIDATE	0x4

/**
 * struct pass - one pass of a vCPU's loop
 * @vcpu: whose
 * @exit: how the guest leaves
 * @call: with GUEST_EXIT_CALL: registers as the guest loaded them
 * @called: the guest got to run and made the call
 * @answer: registers as it sees them afterwards
 */
struct pass {
	struct vcpu *vcpu;
	enum guest_exit exit;
	struct guest_call call;
	bool called;
	struct guest_call answer;
};

/**
 * check_setup() - a new world: no memory written, nothing held by the host
 */
void check_setup(void);

/**
 * check_disturbed() - memory changed or vanished in the middle of a pass
 *
 * What is exact about the contents of event pages is not checked for it.
 */
void check_disturbed(void);

/** check_tsc_moved() - the host set the TSC back: nothing holds of time. */
void check_tsc_moved(void);

/**
 * check_guest_write() - the guest writes its memory, if it can
 * @gpa: where, within a page
 * @data: bytes
 * @size: how many
 */
void check_guest_write(u64 gpa, const void *data, size_t size);

/** check_page_returned() - the host put a page back, zeroed. */
void check_page_returned(u64 gpa);

/** check_begin() - before a pass. */
void check_begin(const struct pass *pass);

/** check_entry() - the guest is entered; @vector is asserted. */
void check_entry(struct vcpu *vcpu, u8 vector);

/** check_end() - after it. */
void check_end(const struct pass *pass);

#endif /* _FUZZ_CALLS_H */
