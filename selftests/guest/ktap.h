/* SPDX-License-Identifier: MIT */
/*
 * Results of the bare payloads: KTAP lines on COM1; the end is a write to
 * isa-debug-exit: GUEST_PASS or GUEST_FAIL.
 */
#ifndef SELFTESTS_KTAP_H
#define SELFTESTS_KTAP_H

#include <svsm/types.h>

#define DEBUG_EXIT_PORT	0xF4
#define GUEST_PASS	0x10
#define GUEST_FAIL	0x12

extern struct igvm_payload igvm_payload_page;

bool guest_is(const char *test);	/* command line of the image */
void guest_plan(u32 tests);
void guest_ok(bool good, const char *name);
void guest_equal(u64 value, u64 expected, const char *name);
void guest_done(void) __attribute__((noreturn));
void guest_fail(const char *why) __attribute__((noreturn));

/* the platform's: end the run with this value */
void guest_end(u32 value) __attribute__((noreturn));

#endif /* SELFTESTS_KTAP_H */
