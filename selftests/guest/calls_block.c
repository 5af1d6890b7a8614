// SPDX-License-Identifier: MIT
/*
 * Where a parameter block may be and what must be zero in it, for every call
 * of both protocols (abi.rst: CALL-2, CALL-3, CALL-4, BAD-2, BAD-3).
 */
#include "svsm.h"

#define BLOCK	SVSM_BLOCK_SIZE
/* In the hand-over area; the read of its VMPL says that it is there. */
#define BOOT_STATE		0x60D000UL
#define STATE_VMPL		0x0CA

static u8 memory[2 * PAGE_SIZE] __attribute__((aligned(4096)));
static u8 shared[PAGE_SIZE] __attribute__((aligned(4096)));
static u8 rescinded[PAGE_SIZE] __attribute__((aligned(4096)));
static struct svsm_event_page event_page __attribute__((aligned(4096)));
static struct svsm_event_page before __attribute__((aligned(4096)));

/* All calls, how much of the block each one names, and one that is right. */
static const struct {
	u32 protocol;
	u32 call;
	u32 named;
	const char *name;
} calls[] = {
	{ SVSM_PROTO_IRQ, SVSM_IRQ_QUERY, 0, "BAD-3: IRQ QUERY" },
	{ SVSM_PROTO_IRQ, SVSM_IRQ_PAGE_REGISTER, 24, "BAD-3: PAGE_REGISTER" },
	{ SVSM_PROTO_IRQ, SVSM_IRQ_PAGE_UNREGISTER, 4, "BAD-3: PAGE_UNREGISTER" },
	{ SVSM_PROTO_IRQ, SVSM_IRQ_SOURCE_OPEN, 20, "BAD-3: SOURCE_OPEN" },
	{ SVSM_PROTO_IRQ, SVSM_IRQ_SOURCE_CLOSE, 4, "BAD-3: SOURCE_CLOSE" },
	{ SVSM_PROTO_IRQ, SVSM_IRQ_SOURCE_BIND, 8, "BAD-3: SOURCE_BIND" },
	{ SVSM_PROTO_IRQ, SVSM_IRQ_SOURCE_EOI, 4, "BAD-3: SOURCE_EOI" },
	{ SVSM_PROTO_IRQ, SVSM_IRQ_SOURCE_RAISE, 4, "BAD-3: SOURCE_RAISE" },
	{ SVSM_PROTO_IRQ, SVSM_IRQ_SOURCE_QUERY, 4, "BAD-3: SOURCE_QUERY" },
	{ SVSM_PROTO_IRQ, SVSM_IRQ_RESET, 0, "BAD-3: RESET" },
	{ SVSM_PROTO_IRQ, SVSM_IRQ_PAGE_QUERY, 8, "BAD-3: PAGE_QUERY" },
	{ SVSM_PROTO_TIMER, SVSM_TIMER_QUERY, 0, "BAD-3: TIMER QUERY" },
	{ SVSM_PROTO_TIMER, SVSM_TIMER_ATTACH, 8, "BAD-3: TIMER ATTACH" },
	{ SVSM_PROTO_TIMER, SVSM_TIMER_ARM, 0, "BAD-3: TIMER ARM" },
	{ SVSM_PROTO_TIMER, SVSM_TIMER_DETACH, 4, "BAD-3: TIMER DETACH" },
};

static u64 c_bit_of(const void *p)
{
	return (u64)p | rt_cbit;
}

/* All calls refuse a block at @gpa. */
static void nowhere(u64 gpa, const char *name)
{
	bool good = true;
	u64 ret;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		ret = svsm_block_at(calls[i].protocol, calls[i].call, gpa);
		if (ret == SVSM_ERR_INVALID_ADDRESS)
			continue;
		rt_print("# %s, block at 0x%lx: 0x%lx\n", calls[i].name, gpa, ret);
		good = false;
	}
	guest_ok(good, name);
}

static void somewhere(u64 gpa, const char *name)
{
	svsm_is(svsm_block_at(SVSM_PROTO_IRQ, SVSM_IRQ_QUERY, gpa), SVSM_SUCCESS,
		name);
}

/* Has any of the refused calls done something? */
static void no_harm(const char *name)
{
	union svsm_block block = { .page_query = { SVSM_APIC_ID_SELF, 0 } };
	u64 ret = svsm_irq(SVSM_IRQ_PAGE_QUERY, &block);
	u32 s, open = 0;

	for (s = 0; s < SVSM_SOURCES_MAX; s++)
		open += svsm_state(s) != 0;
	if (open || ret != SVSM_ERR_NO_PAGE)
		rt_print("# %u sources are open, PAGE_QUERY says 0x%lx\n", open,
			 ret);
	guest_ok(!open && ret == SVSM_ERR_NO_PAGE, name);
}

#define ADDRESS_ROWS	31

static void addresses(void)
{
	/* What a call would open if it took its block from there. */
	const union svsm_block open = { .open = {
		.source = 7, .kind = SVSM_SOURCE_SOFTWARE,
		.apic_id = SVSM_APIC_ID_SELF } };
	u64 page = (u64)memory;

	nowhere(page + 1, "BAD-2: block at an odd address");
	nowhere(page + 4, "BAD-2: aligned to 4");
	nowhere(page + 4089, "BAD-2: unaligned at the end of a page");
	somewhere(page + PAGE_SIZE - BLOCK, "CALL-2: the last place of a page");
	nowhere(page + PAGE_SIZE - BLOCK + 8, "BAD-2: across the next page");
	nowhere(page + PAGE_SIZE - 8, "BAD-2: with its first 8 bytes in a page");
	nowhere(c_bit_of(memory), "BAD-2: with the C-bit");
	nowhere(page | BIT(63), "BAD-2: with bit 63");
	nowhere(page | BIT(52), "BAD-2: with bit 52");
	nowhere(page | BIT(50), "BAD-2: with bit 50");
	nowhere(page | BIT(46), "BAD-2: with bit 46");
	nowhere(page | BIT(32), "BAD-2: in 4 GiB more memory than there is");
	nowhere(0xFFFFFFFFFFFFFFF8ULL, "BAD-2: in the last 8 bytes of all");
	nowhere(0xFFFFFFFFFFFFF000ULL, "BAD-2: in the last page of all");

	guest_share(shared);
	__builtin_memcpy(shared, &open, sizeof(open));
	nowhere((u64)shared, "BAD-2: in shared memory");
	guest_ok(!__builtin_memcmp(shared, &open, sizeof(open)),
		 "which stays as it was");
	nowhere((u64)rt_ghcb + 0x800, "BAD-2: in the GHCB page");
	nowhere(SVSM_BASE, "BAD-2: in the SVSM's first page");
	nowhere(SVSM_BASE - 8, "BAD-2: across the SVSM's start");
	nowhere(SVSM_END - BLOCK, "BAD-2: in the SVSM's last bytes");
	nowhere((SVSM_BASE + SVSM_END) / 2, "BAD-2: in the SVSM's middle");
	svsm_is(((const u8 *)BOOT_STATE)[STATE_VMPL], 2,
		"the register state is where it is looked for");
	nowhere(BOOT_STATE, "BAD-2: in the guest's register state");
	nowhere(BOOT_STATE + 0x300, "BAD-2: in its registers");
	nowhere(0xA0000, "BAD-2: in the VGA hole");
	nowhere(0xFEE00000, "BAD-2: at the APIC");
	nowhere(0xB0000000, "BAD-2: in configuration space");
	nowhere(0xFFFFF000, "BAD-2: in ROM");

	if (svsm_pvalidate((u64)rescinded))
		guest_fail("PVALIDATE");
	nowhere((u64)rescinded, "BAD-2: in a page that is not validated");
	if (svsm_pvalidate((u64)rescinded | LIST_VALIDATE))
		guest_fail("PVALIDATE");
	somewhere((u64)rescinded, "in the same page after validation");
	no_harm("no harm: nothing is open, no page registered");
}

#define AREA_ROWS	4

static void calling_area(void)
{
	__builtin_memset(svsm_area, 0, PAGE_SIZE);
	somewhere((u64)svsm_area + 8, "CALL-2: block in the own calling area");
	somewhere((u64)svsm_area + PAGE_SIZE - BLOCK, "CALL-2: at its end");
	nowhere((u64)svsm_area + PAGE_SIZE - BLOCK + 8, "BAD-2: across its end");
	/* Its first byte is call_pending, which is not zero. */
	svsm_is(svsm_block_at(SVSM_PROTO_IRQ, SVSM_IRQ_QUERY, (u64)svsm_area),
		SVSM_ERR_INVALID_PARAMETER,
		"BAD-3: at its start call_pending is a reserved byte");
}

/* One that would do something if the call took it. */
static union svsm_block right(u32 i)
{
	union svsm_block b = { .raw = { 0 } };
	bool timer = calls[i].protocol == SVSM_PROTO_TIMER;

	if (timer && calls[i].call == SVSM_TIMER_ATTACH)
		b.attach = (typeof(b.attach)){ SVSM_APIC_ID_SELF, 4 };
	if (timer && calls[i].call == SVSM_TIMER_DETACH)
		b.vcpu.apic_id = SVSM_APIC_ID_SELF;
	if (timer)
		return b;
	switch (calls[i].call) {
	case SVSM_IRQ_PAGE_REGISTER:
		b.page_register.gpa = (u64)&event_page;
		b.page_register.apic_id = SVSM_APIC_ID_SELF;
		b.page_register.vector = NV;
		break;
	case SVSM_IRQ_PAGE_UNREGISTER:
	case SVSM_IRQ_PAGE_QUERY:
		b.vcpu.apic_id = SVSM_APIC_ID_SELF;
		break;
	case SVSM_IRQ_SOURCE_OPEN:
		b.open.source = 9;
		b.open.kind = SVSM_SOURCE_SOFTWARE;
		b.open.apic_id = SVSM_APIC_ID_SELF;
		break;
	case SVSM_IRQ_SOURCE_BIND:
		b.bind = (typeof(b.bind)){ 8, SVSM_APIC_ID_SELF };
		break;
	case SVSM_IRQ_SOURCE_CLOSE:
	case SVSM_IRQ_SOURCE_EOI:
	case SVSM_IRQ_SOURCE_RAISE:
	case SVSM_IRQ_SOURCE_QUERY:
		b.source.source = 8;
		break;
	}
	return b;
}

static void reserved_bytes_of(u32 i)
{
	static const u8 values[] = { 0x01, 0x80, 0xFF };
	union svsm_block b;
	bool good = true;
	u32 at, v;
	u64 ret;

	for (at = calls[i].named; at < BLOCK; at++) {
		for (v = 0; v < ARRAY_SIZE(values); v++) {
			b = right(i);
			b.raw[at] = values[v];
			__builtin_memcpy(memory, &b, sizeof(b));
			ret = svsm_block_at(calls[i].protocol, calls[i].call,
					    (u64)memory);
			if (ret == SVSM_ERR_INVALID_PARAMETER)
				continue;
			rt_print("# byte %u = 0x%x: 0x%lx\n", at, values[v], ret);
			good = false;
		}
	}
	guest_ok(good, calls[i].name);
}

static void r9_of_all(void)
{
	union svsm_block b;
	bool good = true;
	u64 ret;
	u32 i, bit;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		b = right(i);
		__builtin_memcpy(memory, &b, sizeof(b));
		for (bit = 0; bit < 64; bit += 21) {
			ret = svsm_call(calls[i].protocol, calls[i].call,
					(u64)memory, 0, 0, BIT(bit));
			if (ret == SVSM_ERR_INVALID_PARAMETER)
				continue;
			rt_print("# %s, R9 bit %u: 0x%lx\n", calls[i].name, bit, ret);
			good = false;
		}
	}
	guest_ok(good, "BAD-3: R9 set, all calls");
}

/* Fields that are named and may not have any value: 1 if it is taken. */
static u32 wrong(u32 call, union svsm_block b)
{
	return svsm_irq(call, &b) != SVSM_ERR_INVALID_PARAMETER;
}

#define FIELD_ROWS	9
#define REGISTER	SVSM_IRQ_PAGE_REGISTER
#define OPEN		SVSM_IRQ_SOURCE_OPEN

/* Sets a field of a right block to each of its single bits. */
#define EACH_BIT(call, index, field)					\
	({								\
		u32 bad_ = 0, bit_;					\
									\
		for (bit_ = 0; bit_ < sizeof(((union svsm_block *)0)->field) * 8; \
		     bit_++) {						\
			union svsm_block b_ = right(index);		\
									\
			b_.field = BIT(bit_);				\
			bad_ += wrong(call, b_);			\
		}							\
		bad_;							\
	})

static void fields(void)
{
	union svsm_block b;
	u32 bad, value;

	svsm_is(EACH_BIT(REGISTER, 1, page_register.flags), 0,
		"IRQ-1d: any bit of flags");
	svsm_is(EACH_BIT(REGISTER, 1, page_register.reserved), 0,
		"IRQ-1d: any bit of reserved");
	svsm_is(EACH_BIT(REGISTER, 1, page_register.features), 0,
		"IRQ-1d: any feature, as none is offered");
	svsm_is(EACH_BIT(OPEN, 3, open.priority), 0, "IRQ-3f: any priority");
	svsm_is(EACH_BIT(OPEN, 3, open.arg), 0, "IRQ-3f: any bit of arg");
	svsm_is(EACH_BIT(OPEN, 3, open.host_vector), 0,
		"IRQ-3b: a host vector for a software source");
	svsm_is(EACH_BIT(OPEN, 3, open.host_apic_id), 0,
		"IRQ-3b: a host vCPU for a software source");
	for (bad = 0, value = 2; value < 256; value++) {
		b = right(3);
		b.open.trigger = value;
		bad += wrong(OPEN, b);
	}
	svsm_is(bad, 0, "IRQ-3b: trigger 2 to 255");
	for (bad = 0, value = 0; value < 256; value++) {
		b = right(3);
		b.open.kind = value;
		if (value != SVSM_SOURCE_SOFTWARE &&
		    value != SVSM_SOURCE_HOST_VECTOR)
			bad += wrong(OPEN, b);
	}
	svsm_is(bad, 0, "IRQ-3b: kinds 0, 2 and 4 to 255");
}

#define RESERVED_ROWS	(1 + ARRAY_SIZE(calls) + 1 + FIELD_ROWS + 2)

static void reserved_bytes(void)
{
	u32 i;

	/* Something there that a call with a bad block could undo. */
	guest_ok(!svsm_page_register(&event_page, SVSM_APIC_ID_SELF, 0) &&
		 !svsm_open(8, SVSM_TRIGGER_LEVEL, SVSM_APIC_ID_SELF) &&
		 !svsm_source(SVSM_IRQ_SOURCE_RAISE, 8) &&
		 !svsm_attach(SVSM_APIC_ID_SELF, 0),
		 "a page, a source and a timer");
	before = event_page;
	rt_print("# every unnamed byte of:\n");
	for (i = 0; i < ARRAY_SIZE(calls); i++)
		reserved_bytes_of(i);
	r9_of_all();
	fields();
	svsm_same(&event_page, &before, "no harm: the page is as it was");
	guest_ok(svsm_state(8) == (SVSM_SOURCE_STATE_OPEN |
				   SVSM_SOURCE_STATE_PENDING |
				   SVSM_SOURCE_STATE_IN_SERVICE) &&
		 !svsm_state(9) && svsm_state(0) == SVSM_SOURCE_STATE_OPEN,
		 "no harm: the sources, too");
}

/** guest_main() - see the top of this file */
void guest_main(void)
{
	guest_init();
	guest_plan(ADDRESS_ROWS + AREA_ROWS + RESERVED_ROWS);
	addresses();
	calling_area();
	reserved_bytes();
}
