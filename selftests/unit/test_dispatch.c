// SPDX-License-Identifier: MIT
/*
 * Calls: finding them, parameter blocks, protocol Core, the loop. Rows of
 * "What bad input gets" in Documentation/abi.rst that no other test has.
 */
#include <svsm/dispatch.h>

#include "core.h"

#define VALIDATE	0x4ULL
#define IGNORE		0x8ULL
#define SIZE_2M		0x1ULL

/* Two large ranges of RAM that nobody else uses */
#define BIG(i)		(HOST_RAM_START + (1 + (u64)(i)) * LARGE)

static struct vcpu *v0, *v1;

static int setup(void **state)
{
	(void)state;
	core_setup(2);
	v0 = svsm_vcpu(0);
	v1 = svsm_vcpu(1);
	return 0;
}

static u32 call4(u64 fn, u64 rcx, u64 rdx, u64 r8)
{
	struct guest_call call = { .rax = fn, .rcx = rcx, .rdx = rdx,
				   .r8 = r8 };

	return core_call_regs(v0, &call);
}

/* --- Finding a call --------------------------------------------------------- */

static void unknown_protocols(void **state)
{
	static const u32 protocols[] = { 1, 2, 3, 4, 5, 0x53560000, 0x53560003,
					 0x80000000, 0xFFFFFFFF };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(protocols); i++) {
		assert_int_equal(call4(SVSM_CALL(protocols[i], 0), AREA(0) + 8,
				       0, 0), SVSM_ERR_UNSUPPORTED_PROTOCOL);
		assert_int_equal(call4(SVSM_CALL(protocols[i], 0xFFFFFFFF), 0,
				       0, 0), SVSM_ERR_UNSUPPORTED_PROTOCOL);
	}
}

static void unknown_calls(void **state)
{
	static const u32 core[] = { 4, 5, 8, 9, 0xFFFFFFFF };
	static const u32 irq[] = { 11, 0x80000000, 0xFFFFFFFF };
	static const u32 timer[] = { 4, 0xFFFFFFFF };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(core); i++)
		assert_int_equal(call4(SVSM_CALL(SVSM_PROTO_CORE, core[i]), 0,
				       0, 0), SVSM_ERR_UNSUPPORTED_CALL);
	for (i = 0; i < ARRAY_SIZE(irq); i++)
		assert_int_equal(call4(SVSM_CALL(SVSM_PROTO_IRQ, irq[i]), 0,
				       0, 0), SVSM_ERR_UNSUPPORTED_CALL);
	for (i = 0; i < ARRAY_SIZE(timer); i++)
		assert_int_equal(call4(SVSM_CALL(SVSM_PROTO_TIMER, timer[i]),
				       0, 0, 0), SVSM_ERR_UNSUPPORTED_CALL);
}

/* The upper half of RAX is the result's own, not what the guest left there. */
static void results_are_32_bits(void **state)
{
	struct guest_call call = { .rax = SVSM_CALL(0x1234, 5), .rcx = 1,
				   .rdx = 2, .r8 = 3, .r9 = 4 };

	(void)state;
	core_call_regs(v0, &call);
	assert_true(call.rax == SVSM_ERR_UNSUPPORTED_PROTOCOL);
	assert_true(call.rcx == 1 && call.rdx == 2 && call.r8 == 3 &&
		    call.r9 == 4);
}

static void every_call_has_a_name(void **state)
{
	static const u32 protocols[] = { SVSM_PROTO_CORE, SVSM_PROTO_IRQ,
					 SVSM_PROTO_TIMER };
	const struct svsm_call_entry *entry;
	u32 call, count = 0;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(protocols); i++) {
		for (call = 0; call < 16; call++) {
			entry = svsm_call_find(protocols[i], call);
			if (!entry)
				continue;
			assert_non_null(entry->name);
			assert_non_null(entry->handler);
			count++;
		}
	}
	assert_int_equal(count, 6 + 11 + 4);
}

/* --- Parameter blocks -------------------------------------------------------- */

static void block_addresses(void **state)
{
	u64 page = SPARE(0);
	static const u64 low_bits[] = { 1, 2, 4, 7 };
	size_t i;

	(void)state;
	assert_int_equal(call4(IRQ(QUERY), page, 0, 0), SVSM_SUCCESS);
	assert_int_equal(call4(IRQ(QUERY), page + PAGE - 88, 0, 0),
			 SVSM_SUCCESS);
	assert_int_equal(call4(IRQ(QUERY), AREA(0) + 8, 0, 0), SVSM_SUCCESS);
	/* crossing a page */
	for (i = 8; i < 88; i += 8)
		assert_int_equal(call4(IRQ(QUERY), page + PAGE - i, 0, 0),
				 SVSM_ERR_INVALID_ADDRESS);
	/* unaligned */
	for (i = 0; i < ARRAY_SIZE(low_bits); i++)
		assert_int_equal(call4(IRQ(QUERY), page + low_bits[i], 0, 0),
				 SVSM_ERR_INVALID_ADDRESS);
	/* C-bit, shared bit, above the physical width, no RAM */
	for (i = 30; i < 64; i++)
		assert_int_equal(call4(IRQ(QUERY), page | BIT_ULL(i), 0, 0),
				 SVSM_ERR_INVALID_ADDRESS);
	assert_int_equal(call4(IRQ(QUERY), ~0ULL - 87, 0, 0),
			 SVSM_ERR_INVALID_ADDRESS);
	assert_int_equal(call4(IRQ(QUERY), HOST_RAM_END, 0, 0),
			 SVSM_ERR_INVALID_ADDRESS);
	/* another vCPU's register state: not accessible to the guest */
	assert_int_equal(call4(IRQ(QUERY), STATE(1) + 8, 0, 0),
			 SVSM_ERR_INVALID_ADDRESS);
	/* not accessible, not validated (shared), taken by the host */
	host_page_deny(page);
	assert_int_equal(call4(IRQ(QUERY), page, 0, 0),
			 SVSM_ERR_INVALID_ADDRESS);
	host_page_vanish(EVENTS(0));
	assert_int_equal(call4(IRQ(QUERY), EVENTS(0), 0, 0),
			 SVSM_ERR_INVALID_ADDRESS);
	/* ... between the check and the copy */
	host_vanish_at(1);
	assert_int_equal(call4(IRQ(QUERY), AREA(0) + 8, 0, 0),
			 SVSM_ERR_INVALID_ADDRESS);
}

/* Every byte that a call does not name must be zero. */
static void block_reserved_bytes(void **state)
{
	static const struct {
		u64 fn;
		u32 named;
	} calls[] = {
		{ IRQ(QUERY), 0 },
		{ IRQ(PAGE_REGISTER), 24 },
		{ IRQ(PAGE_UNREGISTER), 4 },
		{ IRQ(SOURCE_OPEN), 20 },
		{ IRQ(SOURCE_CLOSE), 4 },
		{ IRQ(SOURCE_BIND), 8 },
		{ IRQ(SOURCE_EOI), 4 },
		{ IRQ(SOURCE_RAISE), 4 },
		{ IRQ(SOURCE_QUERY), 4 },
		{ IRQ(RESET), 0 },
		{ IRQ(PAGE_QUERY), 8 },
		{ TIMER(QUERY), 0 },
		{ TIMER(ATTACH), 8 },
		{ TIMER(ARM), 0 },
		{ TIMER(DETACH), 4 },
	};
	union svsm_block block;
	size_t i;
	u32 byte;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		for (byte = calls[i].named; byte < SVSM_BLOCK_SIZE; byte++) {
			memset(&block, 0, sizeof(block));
			block.raw[byte] = 0x10;
			assert_int_equal(core_call(v0, calls[i].fn, &block,
						   NULL),
					 SVSM_ERR_INVALID_PARAMETER);
		}
		/* The last named byte has a meaning. */
		if (calls[i].named) {
			memset(&block, 0, sizeof(block));
			assert_int_not_equal(core_call(v0, calls[i].fn, &block,
						       NULL),
					     SVSM_ERR_INVALID_PARAMETER);
		}
	}
}

static void block_reserved_fields(void **state)
{
	union svsm_block good = { .page_register = {
		.gpa = EVENTS(0),
		.apic_id = host_apic_id(0),
		.vector = 0x50,
	} };
	union svsm_block bad;

	(void)state;
	bad = good;
	bad.page_register.flags = 1;
	assert_int_equal(core_call(v0, IRQ(PAGE_REGISTER), &bad, NULL),
			 SVSM_ERR_INVALID_PARAMETER);
	bad = good;
	bad.page_register.reserved = 0x100;
	assert_int_equal(core_call(v0, IRQ(PAGE_REGISTER), &bad, NULL),
			 SVSM_ERR_INVALID_PARAMETER);
	bad = good;
	bad.page_register.features = BIT_ULL(63);
	assert_int_equal(core_call(v0, IRQ(PAGE_REGISTER), &bad, NULL),
			 SVSM_ERR_INVALID_PARAMETER);
	bad = good;
	bad.page_register.apic_id = 2;
	assert_int_equal(core_call(v0, IRQ(PAGE_REGISTER), &bad, NULL),
			 SVSM_ERR_NO_VCPU);
	assert_int_equal(core_call(v0, IRQ(PAGE_REGISTER), &good, NULL),
			 SVSM_SUCCESS);
}

/* "RDX and R8 are ignored on input, R9 is zero" */
static void block_registers(void **state)
{
	struct guest_call call = { .rax = IRQ(RESET), .rcx = SPARE(0),
				   .rdx = 0x1234, .r8 = 0x5678 };

	(void)state;
	assert_int_equal(core_call_regs(v0, &call), SVSM_SUCCESS);
	assert_true(call.rcx == SPARE(0) && call.rdx == 0x1234 &&
		    call.r8 == 0x5678);
	call.rax = IRQ(RESET);
	call.r9 = 1;
	assert_int_equal(core_call_regs(v0, &call),
			 SVSM_ERR_INVALID_PARAMETER);
}

/* "no call writes guest memory other than a registered event page" */
static void calls_write_nothing(void **state)
{
	u8 before[PAGE];
	u32 call;

	(void)state;
	memset(host_ram(SPARE(0)), 0, PAGE);
	memset(host_ram(SPARE(0) + 88), 0x77, PAGE - 88);
	memcpy(before, host_ram(SPARE(0)), PAGE);
	for (call = 0; call <= 10; call++)
		call4(SVSM_CALL(SVSM_PROTO_IRQ, call), SPARE(0), 0, 0);
	for (call = 0; call <= 3; call++)
		call4(SVSM_CALL(SVSM_PROTO_TIMER, call), SPARE(0), 0, 0);
	assert_memory_equal(host_ram(SPARE(0)), before, PAGE);
}

static void query(void **state)
{
	struct guest_call out;

	(void)state;
	assert_int_equal(core_call(v0, IRQ(QUERY), NULL, &out), SVSM_SUCCESS);
	assert_true(out.rcx == 0);
	assert_true(out.rdx == (1024 | 224ULL << 32));
	assert_int_equal(SVSM_QUERY_MODE(out.r8), SVSM_DELIVERY_HOST_ASSISTED);
	assert_int_equal(SVSM_QUERY_BLOCK_SIZE(out.r8), 88);
	assert_true(out.r8 & SVSM_QUERY_TSC_TRUSTED);
	assert_int_equal(SVSM_QUERY_MAJOR(out.r8), 1);
	assert_int_equal(SVSM_QUERY_MINOR(out.r8), 0);
	host.delivery = SVSM_DELIVERY_NONE;
	host.tsc_trusted = false;
	assert_int_equal(core_call(v0, IRQ(QUERY), NULL, &out), SVSM_SUCCESS);
	assert_true(out.r8 == (0xFF | 88 << 8 | 1ULL << 32));
}

/* --- Core: memory --------------------------------------------------------------- */

/* The list goes to the calling area, as Linux has it. */
static u32 pvalidate(u16 entries, u16 next, const u64 *e, u16 *done)
{
	u64 gpa = AREA(0) + 8;
	u16 *head = host_ram(gpa);
	u32 ret;

	head[0] = entries;
	head[1] = next;
	memcpy(host_ram(gpa + 8), e, entries * sizeof(u64));
	ret = call4(CORE(1), gpa, 0, 0);
	if (done)
		*done = head[1];
	return ret;
}

static void pvalidate_both_ways(void **state)
{
	u64 e[] = { BIG(0), BIG(0) + PAGE };
	u64 f[] = { BIG(0) | VALIDATE, (BIG(0) + PAGE) | VALIDATE };
	u16 done;

	(void)state;
	*(u8 *)host_ram(BIG(0) + 5) = 1;
	assert_int_equal(pvalidate(2, 0, e, &done), SVSM_SUCCESS);
	assert_int_equal(done, 2);
	assert_false(host_page_private(BIG(0)));
	assert_false(host_page_private(BIG(0) + PAGE));
	assert_int_equal(pvalidate(2, 0, f, &done), SVSM_SUCCESS);
	assert_true(host_page_private(BIG(0)));
	assert_int_equal(*(u8 *)host_ram(BIG(0) + 5), 0);
	/* Nothing stays pinned. */
	assert_false(pinned_overlaps(BIG(0), LARGE));
}

static void pvalidate_large(void **state)
{
	u64 e[] = { BIG(0) | SIZE_2M };

	(void)state;
	assert_int_equal(pvalidate(1, 0, e, NULL), SVSM_SUCCESS);
	assert_false(host_page_private(BIG(0) + LARGE - PAGE));
	assert_true(host_page_private(BIG(1)));
	e[0] |= VALIDATE;
	assert_int_equal(pvalidate(1, 0, e, NULL), SVSM_SUCCESS);
	assert_true(host_page_private(BIG(0) + LARGE - PAGE));
	host_page_split(BIG(0));
	e[0] = BIG(0) | SIZE_2M;
	assert_int_equal(pvalidate(1, 0, e, NULL),
			 SVSM_ERR_PROTOCOL_BASE + 6);
}

static void pvalidate_next(void **state)
{
	u64 e[] = { BIG(0), BIG(0) + 8 * PAGE, BIG(0) | 0x2, BIG(0) + PAGE };
	u16 done;

	(void)state;
	/* Starts where it says, stops at an error and says where. */
	assert_int_equal(pvalidate(4, 1, e, &done),
			 SVSM_ERR_INVALID_PARAMETER);
	assert_int_equal(done, 2);
	assert_true(host_page_private(BIG(0)));
	assert_false(host_page_private(BIG(0) + 8 * PAGE));
	assert_int_equal(pvalidate(4, 3, e, &done), SVSM_SUCCESS);
	assert_int_equal(done, 4);
}

static void pvalidate_results(void **state)
{
	u64 e[1];

	(void)state;
	/* Already so: an error unless the guest says that it does not care. */
	e[0] = BIG(0) | VALIDATE;
	assert_int_equal(pvalidate(1, 0, e, NULL),
			 SVSM_ERR_PROTOCOL_BASE + 0x10);
	e[0] |= IGNORE;
	assert_int_equal(pvalidate(1, 0, e, NULL), SVSM_SUCCESS);
	host_page_vanish(BIG(0));
	assert_int_equal(pvalidate(1, 0, e, NULL), SVSM_ERR_PROTOCOL_BASE + 1);
	e[0] = BIG(0) | 3;
	assert_int_equal(pvalidate(1, 0, e, NULL), SVSM_ERR_INVALID_PARAMETER);
	e[0] = (BIG(0) + PAGE) | SIZE_2M;
	assert_int_equal(pvalidate(1, 0, e, NULL), SVSM_ERR_INVALID_PARAMETER);
	e[0] = HOST_RAM_END;
	assert_int_equal(pvalidate(1, 0, e, NULL), SVSM_ERR_INVALID_ADDRESS);
	e[0] = BIT_ULL(51) | BIG(0);
	assert_int_equal(pvalidate(1, 0, e, NULL), SVSM_ERR_INVALID_ADDRESS);
}

/* Linux leaves there what an earlier call wrote. */
static void pvalidate_ignores_reserved(void **state)
{
	u64 e[] = { BIG(0) | 0xFF0 };

	(void)state;
	memset(host_ram(AREA(0)), 0xFF, PAGE);
	assert_int_equal(pvalidate(1, 0, e, NULL), SVSM_SUCCESS);
	assert_false(host_page_private(BIG(0)));
}

static void pvalidate_list_form(void **state)
{
	u64 e[512] = { 0 };
	u16 *head = host_ram(SPARE(0) + PAGE - 8);

	(void)state;
	assert_int_equal(pvalidate(0, 0, e, NULL), SVSM_ERR_INVALID_PARAMETER);
	assert_int_equal(pvalidate(1, 1, e, NULL), SVSM_ERR_INVALID_PARAMETER);
	assert_int_equal(pvalidate(2, 3, e, NULL), SVSM_ERR_INVALID_PARAMETER);
	/* 510 fit behind the head at AREA + 8; 511 cross the page. */
	assert_int_equal(pvalidate(511, 0, e, NULL),
			 SVSM_ERR_INVALID_PARAMETER);
	head[0] = 1;
	head[1] = 0;
	assert_int_equal(call4(CORE(1), SPARE(0) + PAGE - 8, 0, 0),
			 SVSM_ERR_INVALID_PARAMETER);
	assert_int_equal(call4(CORE(1), SPARE(0) + PAGE - 12, 0, 0),
			 SVSM_ERR_INVALID_ADDRESS);
	assert_int_equal(call4(CORE(1), SPARE(0) + 1, 0, 0),
			 SVSM_ERR_INVALID_ADDRESS);
	assert_int_equal(call4(CORE(1), BIT_ULL(51) | AREA(0), 0, 0),
			 SVSM_ERR_INVALID_ADDRESS);
	assert_int_equal(call4(CORE(1), STATE(1), 0, 0),
			 SVSM_ERR_INVALID_ADDRESS);
	assert_int_equal(call4(CORE(1), ~0ULL - 7, 0, 0),
			 SVSM_ERR_INVALID_ADDRESS);
}

static void pvalidate_full_list(void **state)
{
	u64 e[510];
	u16 done;
	u32 i;

	(void)state;
	for (i = 0; i < 510; i++)
		e[i] = BIG(0) + i * PAGE;
	assert_int_equal(pvalidate(510, 0, e, &done), SVSM_SUCCESS);
	assert_int_equal(done, 510);
	assert_false(host_page_private(BIG(0) + 509 * PAGE));
	assert_true(host_page_private(BIG(0) + 510 * PAGE));
}

/* A bounded piece of work a call; the guest repeats it. */
static void pvalidate_continues(void **state)
{
	u64 e[] = { BIG(0) | SIZE_2M, BIG(1) | SIZE_2M, BIG(2) | SIZE_2M,
		    BIG(3) | SIZE_2M };
	u16 done;

	(void)state;
	assert_int_equal(pvalidate(4, 0, e, &done), SVSM_ERR_INCOMPLETE);
	assert_int_equal(done, 2);
	assert_false(host_page_private(BIG(1)));
	assert_true(host_page_private(BIG(2)));
	assert_int_equal(pvalidate(4, done, e, &done), SVSM_SUCCESS);
	assert_int_equal(done, 4);
	assert_false(host_page_private(BIG(3)));
}

/* "PVALIDATE (either direction, any size that covers it)" on a pinned page */
static void pvalidate_pinned(void **state)
{
	static const u64 modes[] = { 0, VALIDATE, VALIDATE | IGNORE };
	u64 e[1];
	size_t i;

	(void)state;
	assert_int_equal(call_register(1, BIG(1) + 7 * PAGE, 0x50),
			 SVSM_SUCCESS);
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		e[0] = (BIG(1) + 7 * PAGE) | modes[i];
		assert_int_equal(pvalidate(1, 0, e, NULL),
				 SVSM_ERR_INVALID_REQUEST);
		e[0] = BIG(1) | SIZE_2M | modes[i];
		assert_int_equal(pvalidate(1, 0, e, NULL),
				 SVSM_ERR_INVALID_REQUEST);
		e[0] = STATE(1) | modes[i];
		assert_int_equal(pvalidate(1, 0, e, NULL),
				 SVSM_ERR_INVALID_REQUEST);
		e[0] = AREA(0) | modes[i];
		assert_int_equal(pvalidate(1, 0, e, NULL),
				 SVSM_ERR_INVALID_REQUEST);
	}
	assert_true(host_page_private(BIG(1) + 7 * PAGE));
	assert_int_equal(call_unregister(1), SVSM_SUCCESS);
	e[0] = BIG(1) | SIZE_2M;
	assert_int_equal(pvalidate(1, 0, e, NULL), SVSM_SUCCESS);
}

/* While another vCPU changes the range: it ends by itself. */
static void pvalidate_busy(void **state)
{
	u64 e[] = { BIG(1) | SIZE_2M };

	(void)state;
	assert_int_equal(pinned_add(BIG(1) + PAGE, PAGE, PINNED_CHANGING, 1),
			 SVSM_SUCCESS);
	assert_int_equal(pvalidate(1, 0, e, NULL), SVSM_ERR_BUSY);
	assert_true(pinned_remove(BIG(1) + PAGE, PINNED_CHANGING, 1));
	assert_int_equal(pvalidate(1, 0, e, NULL), SVSM_SUCCESS);
}

static void list_becomes_state(void *result)
{
	*(u32 *)result = vcpu_create_guest(v1, SPARE(0), AREA(1));
}

/*
 * While the list is worked off another vCPU makes a register state of its
 * page: the write of next would hit what the guest must not choose, its VMPL.
 */
static void pvalidate_list_becomes_state(void **state)
{
	u16 *head = host_ram(SPARE(0));
	u64 *e = host_ram(SPARE(0) + 8);
	u32 created = 1;

	(void)state;
	head[0] = 1;
	head[1] = 0;
	e[0] = BIG(0);
	host_at(2, list_becomes_state, &created);
	assert_int_equal(call4(CORE(1), SPARE(0), 0, 0),
			 SVSM_ERR_INVALID_ADDRESS);
	assert_int_equal(created, SVSM_SUCCESS);
	assert_int_equal(head[1], 0);
	assert_invariants();
}

/* The list takes away its own page, or the host does. */
static void pvalidate_list_vanishes(void **state)
{
	u16 *head = host_ram(SPARE(0));
	u64 *e = host_ram(SPARE(0) + 8);
	u64 i;

	(void)state;
	head[0] = 3;
	head[1] = 0;
	e[0] = BIG(0);
	e[1] = SPARE(0);
	e[2] = BIG(0) + PAGE;
	assert_int_equal(call4(CORE(1), SPARE(0), 0, 0),
			 SVSM_ERR_INVALID_ADDRESS);
	assert_true(host_page_private(BIG(0) + PAGE));
	for (i = 1; i < 6; i++) {
		setup(NULL);
		head[0] = 2;
		head[1] = 0;
		e[0] = BIG(0);
		e[1] = BIG(0) + PAGE;
		host_vanish_at(i);
		assert_int_equal(call4(CORE(1), SPARE(0), 0, 0), i < 5 ?
				 SVSM_ERR_INVALID_ADDRESS : SVSM_SUCCESS);
		assert_false(pinned_overlaps(BIG(0), LARGE));
	}
}

/* --- Core: vCPUs ------------------------------------------------------------------ */

#define NEW_STATE	(STATE(5))
#define NEW_AREA	(STATE(5) + PAGE)

static u32 create(u64 state, u64 area, u32 index)
{
	return call4(CORE(2), state, area, host_apic_id(index));
}

static void create_checks(void **state)
{
	(void)state;
	assert_int_equal(create(NEW_STATE + 8, NEW_AREA, 1),
			 SVSM_ERR_INVALID_PARAMETER);
	assert_int_equal(create(NEW_STATE, NEW_AREA + 8, 1),
			 SVSM_ERR_INVALID_PARAMETER);
	assert_int_equal(create(HOST_RAM_END, NEW_AREA, 1),
			 SVSM_ERR_INVALID_ADDRESS);
	assert_int_equal(create(NEW_STATE, HOST_RAM_END, 1),
			 SVSM_ERR_INVALID_ADDRESS);
	assert_int_equal(call4(CORE(2), NEW_STATE, NEW_AREA, 2),
			 SVSM_ERR_INVALID_PARAMETER);
	assert_int_equal(call4(CORE(2), NEW_STATE, NEW_AREA, 0xFFFFFFFF),
			 SVSM_ERR_INVALID_PARAMETER);
	assert_int_equal(call4(CORE(2), NEW_STATE, NEW_AREA,
			       BIT_ULL(32) | host_apic_id(1)),
			 SVSM_ERR_INVALID_PARAMETER);
	/* One page cannot be both. */
	assert_int_equal(create(NEW_STATE, NEW_STATE, 1),
			 SVSM_ERR_INVALID_REQUEST);
	assert_false(pinned_overlaps(NEW_STATE, 2 * PAGE));
}

/* A register state that were an event page would hand the guest our level. */
static void create_pinned(void **state)
{
	(void)state;
	assert_int_equal(call_register(0, EVENTS(0), 0x50), SVSM_SUCCESS);
	assert_int_equal(create(EVENTS(0), NEW_AREA, 1),
			 SVSM_ERR_INVALID_REQUEST);
	assert_int_equal(create(NEW_STATE, EVENTS(0), 1),
			 SVSM_ERR_INVALID_REQUEST);
	assert_int_equal(create(STATE(0), NEW_AREA, 1),
			 SVSM_ERR_INVALID_REQUEST);
	assert_int_equal(create(STATE(1), NEW_AREA, 1),
			 SVSM_ERR_INVALID_REQUEST);
	assert_int_equal(create(AREA(0), NEW_AREA, 1),
			 SVSM_ERR_INVALID_REQUEST);
	assert_int_equal(create(NEW_STATE, STATE(0), 1),
			 SVSM_ERR_INVALID_REQUEST);
	/* Another vCPU's calling area; its own is fine. */
	assert_int_equal(create(NEW_STATE, AREA(0), 1),
			 SVSM_ERR_INVALID_REQUEST);
	assert_false(pinned_overlaps(NEW_STATE, 2 * PAGE));
	assert_int_equal(host_vcpu(v1)->state, STATE(1));
	assert_int_equal(call_register(1, EVENTS(1), 0x50), SVSM_SUCCESS);
}

static void create_platform_refuses(void **state)
{
	(void)state;
	host_vcpu(v1)->create_result = SVSM_ERR_INVALID_PARAMETER;
	assert_int_equal(create(NEW_STATE, NEW_AREA, 1),
			 SVSM_ERR_INVALID_PARAMETER);
	assert_false(pinned_overlaps(NEW_STATE, 2 * PAGE));
	assert_int_equal(create(NEW_STATE, AREA(1), 1),
			 SVSM_ERR_INVALID_PARAMETER);
	/* The calling area that it has is still its own. */
	assert_true(pinned_overlaps(AREA(1), PAGE));
	assert_int_equal(v1->state, STATE(1));
	assert_int_equal(v1->calling_area, AREA(1));
}

/* As Linux brings a CPU online again: new state, same calling area, the old
 * state is deleted afterwards. The page is not the old state's. */
static void create_replaces(void **state)
{
	(void)state;
	assert_int_equal(call_register(1, EVENTS(1), 0x50), SVSM_SUCCESS);
	assert_int_equal(call_open(70, SVSM_TRIGGER_EDGE, 1), SVSM_SUCCESS);
	assert_int_equal(create(NEW_STATE, AREA(1), 1), SVSM_SUCCESS);
	assert_int_equal(host_vcpu(v1)->state, NEW_STATE);
	assert_int_equal(host_vcpu(v1)->kicks, 1);
	/* Both are register states until one is deleted. */
	assert_true(pinned_overlaps(STATE(1), PAGE));
	assert_int_equal(call_register(0, STATE(1), 0x50),
			 SVSM_ERR_INVALID_REQUEST);
	assert_int_equal(call4(CORE(3), STATE(1), 0, 0), SVSM_SUCCESS);
	assert_false(pinned_overlaps(STATE(1), PAGE));
	assert_true(host_page_private(STATE(1)));
	assert_true(v1->has_guest);
	assert_int_equal(event_page_state(v1), EVENT_PAGE_ACTIVE);
	assert_int_equal(call_state(70), SVSM_SOURCE_STATE_OPEN);
	/* With a new calling area the old one is free again. */
	assert_int_equal(create(STATE(1), NEW_AREA, 1), SVSM_SUCCESS);
	assert_false(pinned_overlaps(AREA(1), PAGE));
	assert_true(pinned_overlaps(NEW_AREA, PAGE));
}

/* DELETE_VCPU does for one vCPU what RESET does for all. */
static void delete_resets_the_vcpu(void **state)
{
	(void)state;
	assert_int_equal(call_register(0, EVENTS(0), 0x50), SVSM_SUCCESS);
	assert_int_equal(call_register(1, EVENTS(1), 0x50), SVSM_SUCCESS);
	assert_int_equal(call_open(70, SVSM_TRIGGER_EDGE, 1), SVSM_SUCCESS);
	assert_int_equal(call_open(71, SVSM_TRIGGER_EDGE, 0), SVSM_SUCCESS);
	assert_int_equal(call_attach(1, SVSM_SOURCE_ANY), SVSM_SUCCESS);
	assert_int_equal(call4(CORE(3), STATE(1), 0, 0), SVSM_SUCCESS);
	assert_false(v1->has_guest);
	assert_false(v1->timer.attached);
	assert_false(pinned_overlaps(STATE(1), 3 * PAGE));
	assert_int_equal(call_state(70), 0);
	assert_int_equal(call_state(0), 0);
	assert_int_equal(call_state(71), SVSM_SOURCE_STATE_OPEN);
	assert_int_equal(event_page_state(v0), EVENT_PAGE_ACTIVE);
	/* "vCPU not created" */
	assert_int_equal(call_register(1, EVENTS(1), 0x50), SVSM_ERR_NO_VCPU);
	assert_int_equal(call_open(70, SVSM_TRIGGER_EDGE, 1),
			 SVSM_ERR_NO_VCPU);
	assert_int_equal(call_bind(71, 1), SVSM_ERR_NO_VCPU);
	assert_int_equal(call_attach(1, SVSM_SOURCE_ANY), SVSM_ERR_NO_VCPU);
	assert_int_equal(call_unregister(1), SVSM_ERR_NO_VCPU);
	assert_int_equal(create(STATE(1), AREA(1), 1), SVSM_SUCCESS);
	assert_int_equal(call_register(1, EVENTS(1), 0x50), SVSM_SUCCESS);
}

static void delete_errors(void **state)
{
	(void)state;
	assert_int_equal(call4(CORE(3), NEW_STATE, 0, 0),
			 SVSM_ERR_INVALID_PARAMETER);
	assert_int_equal(call4(CORE(3), AREA(1), 0, 0),
			 SVSM_ERR_INVALID_PARAMETER);
	assert_int_equal(call4(CORE(3), STATE(1) + 8, 0, 0),
			 SVSM_ERR_INVALID_PARAMETER);
	host_vcpu(v1)->busy = true;
	assert_int_equal(call_register(1, EVENTS(1), 0x50), SVSM_SUCCESS);
	assert_int_equal(call4(CORE(3), STATE(1), 0, 0), SVSM_ERR_BUSY);
	assert_true(v1->has_guest);
	assert_int_equal(event_page_state(v1), EVENT_PAGE_ACTIVE);
	assert_true(pinned_overlaps(STATE(1), PAGE));
}

/* Another vCPU deleted its state while its call was on the way. */
static void caller_without_a_guest(void **state)
{
	union svsm_block block = { .page_register = {
		.gpa = EVENTS(1),
		.apic_id = SVSM_APIC_ID_SELF,
		.vector = 0x50,
	} };
	struct guest_call call = { .rax = CORE(0), .rcx = NEW_AREA };

	(void)state;
	assert_int_equal(call4(CORE(3), STATE(1), 0, 0), SVSM_SUCCESS);
	assert_int_equal(core_call_regs(v1, &call), SVSM_ERR_INVALID_REQUEST);
	assert_false(pinned_overlaps(NEW_AREA, PAGE));
	assert_int_equal(core_call(v1, IRQ(PAGE_REGISTER), &block, NULL),
			 SVSM_ERR_NO_VCPU);
}

static void remap(void **state)
{
	(void)state;
	assert_int_equal(call4(CORE(0), NEW_AREA + 4, 0, 0),
			 SVSM_ERR_INVALID_PARAMETER);
	assert_int_equal(call4(CORE(0), HOST_RAM_END, 0, 0),
			 SVSM_ERR_INVALID_ADDRESS);
	assert_int_equal(call4(CORE(0), AREA(1), 0, 0),
			 SVSM_ERR_INVALID_REQUEST);
	assert_int_equal(call4(CORE(0), STATE(1), 0, 0),
			 SVSM_ERR_INVALID_REQUEST);
	assert_int_equal(call_register(1, EVENTS(1), 0x50), SVSM_SUCCESS);
	assert_int_equal(call4(CORE(0), EVENTS(1), 0, 0),
			 SVSM_ERR_INVALID_REQUEST);
	/* The one it has. */
	assert_int_equal(call4(CORE(0), AREA(0), 0, 0), SVSM_SUCCESS);
	assert_true(pinned_overlaps(AREA(0), PAGE));

	host_vcpu(v0)->remap_result = SVSM_ERR_INVALID_ADDRESS;
	assert_int_equal(call4(CORE(0), NEW_AREA, 0, 0),
			 SVSM_ERR_INVALID_ADDRESS);
	assert_int_equal(call4(CORE(0), AREA(0), 0, 0),
			 SVSM_ERR_INVALID_ADDRESS);
	assert_false(pinned_overlaps(NEW_AREA, PAGE));
	assert_true(pinned_overlaps(AREA(0), PAGE));
	host_vcpu(v0)->remap_result = SVSM_SUCCESS;

	assert_int_equal(call4(CORE(0), NEW_AREA, 0, 0), SVSM_SUCCESS);
	assert_int_equal(host_vcpu(v0)->calling_area, NEW_AREA);
	assert_false(pinned_overlaps(AREA(0), PAGE));
	assert_true(pinned_overlaps(NEW_AREA, PAGE));
	/* The old one may become anything. */
	assert_int_equal(call_register(0, AREA(0), 0x50), SVSM_SUCCESS);
}

static void query_protocol(void **state)
{
	struct guest_call call;
	static const struct {
		u64 rcx;
		u64 answer;
	} rows[] = {
		{ 0ULL << 32 | 1, 1ULL << 32 | 1 },
		{ 0ULL << 32 | 0, 0 },
		{ 0ULL << 32 | 2, 0 },
		{ (u64)SVSM_PROTO_IRQ << 32 | 1, 1ULL << 32 | 1 },
		{ (u64)SVSM_PROTO_TIMER << 32 | 1, 1ULL << 32 | 1 },
		{ (u64)SVSM_PROTO_IRQ << 32 | 2, 0 },
		{ 1ULL << 32 | 1, 0 },
		{ 3ULL << 32 | 1, 0 },
		{ ~0ULL, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		call = (struct guest_call){ .rax = CORE(6),
					    .rcx = rows[i].rcx };
		assert_int_equal(core_call_regs(v0, &call), SVSM_SUCCESS);
		assert_true(call.rcx == rows[i].answer);
	}
}

static void configure_vtom(void **state)
{
	struct guest_call call = { .rax = CORE(7), .rcx = 1 };

	(void)state;
	assert_int_equal(core_call_regs(v0, &call), SVSM_SUCCESS);
	assert_true(call.rcx == 0);
	assert_int_equal(call4(CORE(7), 0, 0, 0), SVSM_ERR_INVALID_REQUEST);
	assert_int_equal(call4(CORE(7), 0x80000000, 0, 0),
			 SVSM_ERR_INVALID_REQUEST);
}

/* --- The loop ---------------------------------------------------------------------- */

static enum guest_exit query_call(struct vcpu *vcpu,
				  const struct guest_entry *entry,
				  struct guest_call *call, void *ctx)
{
	(void)entry;
	(void)ctx;
	*call = (struct guest_call){
		.rax = IRQ(QUERY),
		.rcx = host_vcpu(vcpu)->calling_area + 8,
		.r8 = ~0ULL,
	};
	return GUEST_EXIT_CALL;
}

static void loop_answers_calls(void **state)
{
	(void)state;
	host_vcpu(v1)->guest = query_call;
	core_pass(v1);
	assert_int_equal(host_vcpu(v1)->answers, 1);
	assert_true(host_vcpu(v1)->answer.rax == SVSM_SUCCESS);
	assert_int_equal(SVSM_QUERY_BLOCK_SIZE(host_vcpu(v1)->answer.r8), 88);
	assert_int_equal(host_vcpu(v1)->idles, 0);
}

static enum guest_exit leaves(struct vcpu *vcpu,
			      const struct guest_entry *entry,
			      struct guest_call *call, void *ctx)
{
	(void)vcpu;
	(void)entry;
	(void)call;
	return *(enum guest_exit *)ctx;
}

static void loop_answers_nothing_else(void **state)
{
	static enum guest_exit exits[] = {
		GUEST_EXIT_NOT_ENTERED, GUEST_EXIT_EVENT, GUEST_EXIT_NO_GUEST,
	};
	struct host_vcpu *hv = host_vcpu(v1);
	size_t i;

	(void)state;
	hv->guest = leaves;
	for (i = 0; i < ARRAY_SIZE(exits); i++) {
		hv->ctx = &exits[i];
		core_pass(v1);
		assert_int_equal(hv->idles, exits[i] == GUEST_EXIT_NO_GUEST);
	}
	assert_int_equal(hv->answers, 0);
	assert_int_equal(hv->entries, 3);
	assert_int_equal(v1->not_entered, 1);
}

static void init_takes_any_vcpus(void **state)
{
	u32 i;

	(void)state;
	host_setup(SVSM_VCPUS_MAX);
	for (i = 0; i < SVSM_VCPUS_MAX; i++) {
		assert_int_equal(svsm_vcpu(i)->index, i);
		assert_int_equal(svsm_vcpu(i)->apic_id, host_apic_id(i));
		assert_ptr_equal(vcpu_find(NULL, host_apic_id(i)),
				 svsm_vcpu(i));
	}
	assert_null(svsm_vcpu(SVSM_VCPUS_MAX));
	assert_null(vcpu_find(NULL, 2));
	assert_invariants();
}

#define T(name)	cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(unknown_protocols),
		T(unknown_calls),
		T(results_are_32_bits),
		T(every_call_has_a_name),
		T(block_addresses),
		T(block_reserved_bytes),
		T(block_reserved_fields),
		T(block_registers),
		T(calls_write_nothing),
		T(query),
		T(pvalidate_both_ways),
		T(pvalidate_large),
		T(pvalidate_next),
		T(pvalidate_results),
		T(pvalidate_ignores_reserved),
		T(pvalidate_list_form),
		T(pvalidate_full_list),
		T(pvalidate_continues),
		T(pvalidate_pinned),
		T(pvalidate_busy),
		T(pvalidate_list_becomes_state),
		T(pvalidate_list_vanishes),
		T(create_checks),
		T(create_pinned),
		T(create_platform_refuses),
		T(create_replaces),
		T(delete_resets_the_vcpu),
		T(delete_errors),
		T(caller_without_a_guest),
		T(remap),
		T(query_protocol),
		T(configure_vtom),
		T(loop_answers_calls),
		T(loop_answers_nothing_else),
		T(init_takes_any_vcpus),
	};

	return cmocka_run_group_tests_name("dispatch", tests, NULL, NULL);
}
