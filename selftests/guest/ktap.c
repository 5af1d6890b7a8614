// SPDX-License-Identifier: MIT
/*
 * KTAP on COM1, for payloads of every platform.
 */
#include <svsm/payload.h>

#include <guest.h>

struct igvm_payload igvm_payload_page
	__attribute__((section(".igvm"), aligned(4096)));

static u32 count, failures, planned;

/**
 * guest_is() - is this the test that the image's command line names?
 * @test: its name
 */
bool guest_is(const char *test)
{
	const char *cmdline = igvm_payload_page.cmdline;

	while (*test && *test == *cmdline) {
		test++;
		cmdline++;
	}
	return !*test && !*cmdline;
}

/** guest_plan() - say how many results will follow. */
void guest_plan(u32 tests)
{
	planned = tests;
	rt_print("1..%u\n", tests);
}

/**
 * guest_ok() - one result
 * @good: passed
 * @name: of the test
 */
void guest_ok(bool good, const char *name)
{
	count++;
	if (!good)
		failures++;
	rt_print("%s %u %s\n", good ? "ok" : "not ok", count, name);
}

/**
 * guest_equal() - result: a value is as expected
 * @value: what there is
 * @expected: what there should be
 * @name: of the test
 */
void guest_equal(u64 value, u64 expected, const char *name)
{
	if (value != expected)
		rt_print("# 0x%lx, expected 0x%lx\n", value, expected);
	guest_ok(value == expected, name);
}

/** guest_done() - end of the payload; the plan must have been met. */
void guest_done(void)
{
	if (count != planned)
		rt_print("Bail out! %u results, %u were planned\n", count,
			 planned);
	guest_end(failures || count != planned ? GUEST_FAIL : GUEST_PASS);
}

/** guest_fail() - the payload cannot go on. */
void guest_fail(const char *why)
{
	rt_print("Bail out! %s\n", why);
	guest_end(GUEST_FAIL);
}

/** rt_main() - see guest.h */
void rt_main(void)
{
	guest_main();
	guest_done();
}
