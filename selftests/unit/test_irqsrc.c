// SPDX-License-Identifier: MIT
/*
 * The registry: what may be opened, Move, level sources, host vectors. What
 * stands in quotes is a rule of Documentation/abi.rst.
 */
#include "core.h"

#define S	70U	/* a source in group 1 */
#define HV	0x61	/* a host vector */

#define OPEN		SVSM_SOURCE_STATE_OPEN
#define LATCHED		SVSM_SOURCE_STATE_LATCHED
#define PENDING		SVSM_SOURCE_STATE_PENDING
#define IN_SERVICE	SVSM_SOURCE_STATE_IN_SERVICE

static struct vcpu *v0, *v1, *v2;
static struct svsm_event_page *p0, *p1;

/* Three vCPUs; 0 and 1 have pages. */
static int setup(void **state)
{
	(void)state;
	core_setup(3);
	v0 = svsm_vcpu(0);
	v1 = svsm_vcpu(1);
	v2 = svsm_vcpu(2);
	p0 = host_event_page(EVENTS(0));
	p1 = host_event_page(EVENTS(1));
	assert_int_equal(call_register(0, EVENTS(0), NV), SVSM_SUCCESS);
	assert_int_equal(call_register(1, EVENTS(1), NV), SVSM_SUCCESS);
	return 0;
}

static u32 raise_source(u32 source)
{
	return call_source(IRQ(SOURCE_RAISE), source);
}

static u32 eoi(u32 source)
{
	return call_source(IRQ(SOURCE_EOI), source);
}

static u32 close_source(u32 source)
{
	return call_source(IRQ(SOURCE_CLOSE), source);
}

static void post(struct vcpu *vcpu, u8 vector, bool level)
{
	host_post(vcpu, vector, level);
	core_pass(vcpu);
}

/* --- OPEN, CLOSE ---------------------------------------------------------- */

static void open_numbers(void **state)
{
	(void)state;
	assert_int_equal(call_open(0, SVSM_TRIGGER_EDGE, 1), SVSM_SUCCESS);
	assert_int_equal(call_open(1023, SVSM_TRIGGER_EDGE, 1), SVSM_SUCCESS);
	assert_int_equal(call_open(1023, SVSM_TRIGGER_EDGE, 0),
			 SVSM_ERR_IN_USE);
	assert_int_equal(call_open(1024, SVSM_TRIGGER_EDGE, 1),
			 SVSM_ERR_INVALID_PARAMETER);
	assert_int_equal(call_open(0xFFFFFFFEU, SVSM_TRIGGER_EDGE, 1),
			 SVSM_ERR_INVALID_PARAMETER);
}

/* Timers get group 0, which is looked at first; the others do not. */
static void open_allocates(void **state)
{
	union svsm_block block = { .open = {
		.source = SVSM_SOURCE_ANY,
		.kind = SVSM_SOURCE_SOFTWARE,
		.apic_id = SVSM_APIC_ID_SELF,
	} };
	struct guest_call out;
	u32 i;

	(void)state;
	assert_int_equal(call_open(65, SVSM_TRIGGER_EDGE, 0), SVSM_SUCCESS);
	for (i = 64; i < SVSM_SOURCES_MAX; i++) {
		if (i == 65)
			continue;
		assert_int_equal(core_call(v0, IRQ(SOURCE_OPEN), &block, &out),
				 SVSM_SUCCESS);
		assert_int_equal(out.rcx, i);
	}
	assert_int_equal(core_call(v0, IRQ(SOURCE_OPEN), &block, &out),
			 SVSM_ERR_IN_USE);
	assert_int_equal(close_source(700), SVSM_SUCCESS);
	assert_int_equal(core_call(v0, IRQ(SOURCE_OPEN), &block, &out),
			 SVSM_SUCCESS);
	assert_int_equal(out.rcx, 700);
}

static void open_refuses(void **state)
{
	union svsm_block good = { .open = {
		.source = S,
		.kind = SVSM_SOURCE_SOFTWARE,
		.apic_id = host_apic_id(1),
	} };
	union svsm_block bad;
	static const u8 kinds[] = { 0, SVSM_SOURCE_TIMER, SVSM_SOURCE_SERVICE,
				    5, 255 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		bad = good;
		bad.open.kind = kinds[i];
		assert_int_equal(core_call(v0, IRQ(SOURCE_OPEN), &bad, NULL),
				 SVSM_ERR_INVALID_PARAMETER);
	}
	bad = good;
	bad.open.trigger = 2;
	assert_int_equal(core_call(v0, IRQ(SOURCE_OPEN), &bad, NULL),
			 SVSM_ERR_INVALID_PARAMETER);
	bad = good;
	bad.open.priority = 1;
	assert_int_equal(core_call(v0, IRQ(SOURCE_OPEN), &bad, NULL),
			 SVSM_ERR_INVALID_PARAMETER);
	bad = good;
	bad.open.arg = 1;
	assert_int_equal(core_call(v0, IRQ(SOURCE_OPEN), &bad, NULL),
			 SVSM_ERR_INVALID_PARAMETER);
	bad = good;
	bad.open.host_vector = HV;
	assert_int_equal(core_call(v0, IRQ(SOURCE_OPEN), &bad, NULL),
			 SVSM_ERR_INVALID_PARAMETER);
	bad = good;
	bad.open.host_apic_id = host_apic_id(1);
	assert_int_equal(core_call(v0, IRQ(SOURCE_OPEN), &bad, NULL),
			 SVSM_ERR_INVALID_PARAMETER);
	bad = good;
	bad.open.apic_id = 2;
	assert_int_equal(core_call(v0, IRQ(SOURCE_OPEN), &bad, NULL),
			 SVSM_ERR_NO_VCPU);
	bad = good;
	bad.open.kind = SVSM_SOURCE_HOST_VECTOR;
	bad.open.host_vector = HV;
	bad.open.host_apic_id = 2;
	assert_int_equal(core_call(v0, IRQ(SOURCE_OPEN), &bad, NULL),
			 SVSM_ERR_NO_VCPU);
	assert_int_equal(call_state(S), 0);
	assert_int_equal(core_call(v0, IRQ(SOURCE_OPEN), &good, NULL),
			 SVSM_SUCCESS);
}

/* "pir bit cleared; starts masked" */
static void open_starts_clean(void **state)
{
	(void)state;
	p1->mask[1] = 0;
	p1->pir[1] = ~0ULL;
	assert_int_equal(call_open(S, SVSM_TRIGGER_LEVEL, 1), SVSM_SUCCESS);
	assert_true(p1->mask[1] == BIT_OF(S));
	assert_true(p1->pir[1] == ~BIT_OF(S));
	assert_true(p1->level[1] == BIT_OF(S));
	assert_int_equal(p1->groups, 0);
}

/* A masked pending bit must not survive CLOSE: the next owner would coalesce. */
static void close_and_reopen(void **state)
{
	(void)state;
	assert_int_equal(call_open(S, SVSM_TRIGGER_LEVEL, 1), SVSM_SUCCESS);
	raise_source(S);
	assert_int_equal(call_state(S), OPEN | PENDING | IN_SERVICE);
	assert_int_equal(close_source(S), SVSM_SUCCESS);
	assert_int_equal(p1->pir[1], 0);
	assert_int_equal(p1->level[1], 0);
	assert_int_equal(call_state(S), 0);
	assert_int_equal(raise_source(S), SVSM_ERR_INVALID_REQUEST);

	/* Even if the guest puts it back meanwhile. */
	p1->pir[1] = BIT_OF(S);
	assert_int_equal(call_open(S, SVSM_TRIGGER_EDGE, 1), SVSM_SUCCESS);
	assert_int_equal(call_state(S), OPEN);
	page_unmask(p1, S);
	raise_source(S);
	assert_int_equal(p1->groups, 2);
	assert_int_equal(p1->on, 1);
}

static void close_clears_the_latch(void **state)
{
	(void)state;
	assert_int_equal(call_open(S, SVSM_TRIGGER_EDGE, 2), SVSM_SUCCESS);
	raise_source(S);
	assert_int_equal(call_state(S), OPEN | LATCHED);
	assert_int_equal(close_source(S), SVSM_SUCCESS);
	assert_int_equal(call_open(S, SVSM_TRIGGER_EDGE, 2), SVSM_SUCCESS);
	assert_int_equal(call_state(S), OPEN);
}

/* "source not open" */
static void not_open(void **state)
{
	static const u32 bad[] = { S, 1024, 0x7FFFFFFF, SVSM_SOURCE_ANY };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(raise_source(bad[i]),
				 SVSM_ERR_INVALID_REQUEST);
		assert_int_equal(eoi(bad[i]), SVSM_ERR_INVALID_REQUEST);
		assert_int_equal(close_source(bad[i]),
				 SVSM_ERR_INVALID_REQUEST);
		assert_int_equal(call_bind(bad[i], 1),
				 SVSM_ERR_INVALID_REQUEST);
	}
	assert_int_equal(call_state(S), 0);
	assert_int_equal(call_source(IRQ(SOURCE_QUERY), 1024),
			 SVSM_ERR_INVALID_REQUEST);
}

/* RAISE is for software sources only. */
static void raise_other_kinds(void **state)
{
	(void)state;
	assert_int_equal(call_open_host(S, SVSM_TRIGGER_EDGE, HV, 0, 0),
			 SVSM_SUCCESS);
	assert_int_equal(raise_source(S), SVSM_ERR_INVALID_REQUEST);
	assert_int_equal(call_attach(0, 3), SVSM_SUCCESS);
	assert_int_equal(raise_source(3), SVSM_ERR_INVALID_REQUEST);
	assert_int_equal(p0->pir[0], 0);
	assert_int_equal(p0->pir[1], 0);
}

/* --- Move ------------------------------------------------------------------- */

static void bind_moves_a_pending_bit(void **state)
{
	(void)state;
	assert_int_equal(call_open(S, SVSM_TRIGGER_LEVEL, 1), SVSM_SUCCESS);
	page_unmask(p1, S);
	page_unmask(p0, S);
	raise_source(S);
	assert_int_equal(call_bind(S, 0), SVSM_SUCCESS);
	/* "the old page never shows that source again" */
	assert_int_equal(p1->pir[1], 0);
	assert_int_equal(p1->level[1], 0);
	assert_true(p0->pir[1] == BIT_OF(S));
	assert_true(p0->level[1] == BIT_OF(S));
	assert_int_equal(p0->groups, 2);
	assert_int_equal(p0->on, 1);
	assert_int_equal(call_state(S), OPEN | PENDING | IN_SERVICE);
	raise_source(S);
	assert_int_equal(p1->pir[1], 0);
}

static void bind_without_pending(void **state)
{
	(void)state;
	assert_int_equal(call_open(S, SVSM_TRIGGER_EDGE, 1), SVSM_SUCCESS);
	assert_int_equal(call_bind(S, 0), SVSM_SUCCESS);
	assert_int_equal(p0->pir[1], 0);
	assert_int_equal(p0->on, 0);
	raise_source(S);
	assert_true(page_pir(p0, S));
	assert_false(page_pir(p1, S));
}

/* The guest copied its mask bit before BIND; it decides, and stays. */
static void bind_respects_the_new_mask(void **state)
{
	(void)state;
	assert_int_equal(call_open(S, SVSM_TRIGGER_EDGE, 1), SVSM_SUCCESS);
	page_unmask(p1, S);
	raise_source(S);
	page_mask(p0, S);
	assert_int_equal(call_bind(S, 0), SVSM_SUCCESS);
	assert_true(page_pir(p0, S));
	assert_int_equal(p0->groups, 0);
	assert_int_equal(p0->on, 0);
	assert_true(p0->mask[1] & BIT_OF(S));
	assert_true(page_unmask(p0, S));
}

static void bind_keeps_an_unmasked_bit(void **state)
{
	(void)state;
	assert_int_equal(call_open(S, SVSM_TRIGGER_EDGE, 1), SVSM_SUCCESS);
	page_unmask(p0, S);
	assert_int_equal(call_bind(S, 0), SVSM_SUCCESS);
	assert_false(p0->mask[1] & BIT_OF(S));
}

/* A vCPU goes offline page first, its sources are moved afterwards. */
static void offline_page_first(void **state)
{
	(void)state;
	assert_int_equal(call_open(S, SVSM_TRIGGER_EDGE, 1), SVSM_SUCCESS);
	page_unmask(p1, S);
	page_unmask(p0, S);
	raise_source(S);
	assert_int_equal(call_unregister(1), SVSM_SUCCESS);
	/* One more, to a vCPU without a page. */
	raise_source(S);
	assert_int_equal(call_state(S), OPEN | LATCHED);
	assert_int_equal(call_bind(S, 0), SVSM_SUCCESS);
	assert_int_equal(call_state(S), OPEN | PENDING);
	assert_int_equal(p0->on, 1);
}

static void bind_to_a_vcpu_without_page(void **state)
{
	(void)state;
	assert_int_equal(call_open(S, SVSM_TRIGGER_EDGE, 1), SVSM_SUCCESS);
	raise_source(S);
	assert_int_equal(call_bind(S, 2), SVSM_SUCCESS);
	assert_int_equal(call_state(S), OPEN | LATCHED);
	assert_int_equal(p1->pir[1], 0);
	assert_int_equal(call_bind(S, 1), SVSM_SUCCESS);
	assert_int_equal(call_state(S), OPEN | PENDING);
}

static void bind_to_the_same_vcpu(void **state)
{
	(void)state;
	assert_int_equal(call_open(S, SVSM_TRIGGER_EDGE, 1), SVSM_SUCCESS);
	page_unmask(p1, S);
	raise_source(S);
	p1->groups = 0;
	assert_int_equal(call_bind(S, 1), SVSM_SUCCESS);
	assert_int_equal(call_state(S), OPEN | PENDING);
	assert_int_equal(p1->groups, 0);
}

static void bind_to_nobody(void **state)
{
	union svsm_block block = { .bind = { .source = S, .apic_id = 2 } };

	(void)state;
	assert_int_equal(call_open(S, SVSM_TRIGGER_EDGE, 1), SVSM_SUCCESS);
	assert_int_equal(core_call(v0, IRQ(SOURCE_BIND), &block, NULL),
			 SVSM_ERR_NO_VCPU);
	raise_source(S);
	assert_true(page_pir(p1, S));
}

static void bind_from_a_lost_page(void **state)
{
	(void)state;
	assert_int_equal(call_open(S, SVSM_TRIGGER_EDGE, 1), SVSM_SUCCESS);
	assert_int_equal(call_open(S + 1, SVSM_TRIGGER_LEVEL, 1), SVSM_SUCCESS);
	assert_int_equal(call_open(S + 2, SVSM_TRIGGER_LEVEL, 1), SVSM_SUCCESS);
	raise_source(S);
	raise_source(S + 1);
	host_page_vanish(EVENTS(1));
	/* What the page showed is unknown and the host may have taken it... */
	assert_int_equal(call_bind(S, 0), SVSM_SUCCESS);
	assert_int_equal(call_state(S), OPEN);
	/* ...but that an EOI is due is known for certain. */
	assert_int_equal(call_bind(S + 1, 0), SVSM_SUCCESS);
	assert_int_equal(call_state(S + 1), OPEN | PENDING | IN_SERVICE);
	assert_int_equal(call_bind(S + 2, 0), SVSM_SUCCESS);
	assert_int_equal(call_state(S + 2), OPEN);
}

/* --- Level -------------------------------------------------------------------- */

static void level_raises_once_until_eoi(void **state)
{
	(void)state;
	assert_int_equal(call_open(S, SVSM_TRIGGER_LEVEL, 1), SVSM_SUCCESS);
	assert_int_equal(eoi(S), SVSM_ERR_INVALID_REQUEST);
	raise_source(S);
	assert_int_equal(call_state(S), OPEN | PENDING | IN_SERVICE);
	p1->pir[1] = 0;			/* taken */
	raise_source(S);
	assert_int_equal(p1->pir[1], 0);
	/* "line still asserted -> raise again" */
	assert_int_equal(eoi(S), SVSM_SUCCESS);
	assert_int_equal(call_state(S), OPEN | PENDING | IN_SERVICE);
	p1->pir[1] = 0;
	assert_int_equal(eoi(S), SVSM_SUCCESS);
	assert_int_equal(call_state(S), OPEN);
	assert_int_equal(eoi(S), SVSM_ERR_INVALID_REQUEST);
}

static void eoi_of_an_edge(void **state)
{
	(void)state;
	assert_int_equal(call_open(S, SVSM_TRIGGER_EDGE, 1), SVSM_SUCCESS);
	raise_source(S);
	assert_int_equal(eoi(S), SVSM_ERR_INVALID_REQUEST);
}

static void level_survives_unregister(void **state)
{
	(void)state;
	assert_int_equal(call_open(S, SVSM_TRIGGER_LEVEL, 1), SVSM_SUCCESS);
	raise_source(S);
	assert_int_equal(call_unregister(1), SVSM_SUCCESS);
	assert_int_equal(call_state(S), OPEN | LATCHED | IN_SERVICE);
	assert_int_equal(call_register(1, EVENTS(1), NV), SVSM_SUCCESS);
	assert_int_equal(call_state(S), OPEN | PENDING | IN_SERVICE);
	assert_true(p1->level[1] == BIT_OF(S));
}

/* --- Host vectors ----------------------------------------------------------- */

static void host_edge(void **state)
{
	(void)state;
	assert_int_equal(call_open_host(S, SVSM_TRIGGER_EDGE, HV, 1, 1),
			 SVSM_SUCCESS);
	page_unmask(p1, S);
	post(v1, HV, false);
	assert_true(page_pir(p1, S));
	assert_int_equal(host_vcpu(v1)->entry.vector, NV);
	assert_int_equal(host_vcpu(v1)->eois, 0);
	assert_int_equal(eoi(S), SVSM_ERR_INVALID_REQUEST);
	assert_int_equal(host_vcpu(v1)->eois, 0);
}

static void host_edge_for_another_vcpu(void **state)
{
	(void)state;
	assert_int_equal(call_open_host(S, SVSM_TRIGGER_EDGE, HV, 0, 1),
			 SVSM_SUCCESS);
	page_unmask(p1, S);
	post(v0, HV, false);
	assert_true(page_pir(p1, S));
	assert_int_equal(host_vcpu(v1)->kicks, 1);
	assert_int_equal(core_entry_vector(v1), NV);
}

/* "keyed by (host APIC ID, vector) and belongs to at most one source" */
static void host_vector_is_keyed(void **state)
{
	(void)state;
	assert_int_equal(call_open_host(S, SVSM_TRIGGER_EDGE, HV, 0, 1),
			 SVSM_SUCCESS);
	assert_int_equal(call_open_host(S + 1, SVSM_TRIGGER_EDGE, HV, 0, 0),
			 SVSM_ERR_IN_USE);
	assert_int_equal(call_state(S + 1), 0);
	assert_int_equal(call_open_host(S + 1, SVSM_TRIGGER_EDGE, HV, 1, 1),
			 SVSM_SUCCESS);
	post(v1, HV, false);
	assert_false(page_pir(p1, S));
	assert_true(page_pir(p1, S + 1));
	post(v0, HV, false);
	assert_true(page_pir(p1, S));
	/* BIND moves the source, not what the host does. */
	assert_int_equal(call_bind(S, 0), SVSM_SUCCESS);
	p0->pir[1] = 0;
	post(v0, HV, false);
	assert_true(page_pir(p0, S));
	assert_int_equal(close_source(S), SVSM_SUCCESS);
	assert_int_equal(call_open_host(S + 2, SVSM_TRIGGER_EDGE, HV, 0, 0),
			 SVSM_SUCCESS);
}

static void host_vector_numbers(void **state)
{
	u32 vector, usable = 0;

	(void)state;
	for (vector = 0; vector < 256; vector++) {
		bool ok = vector >= 31 && vector != 0x80;

		assert_int_equal(call_open_host(vector, SVSM_TRIGGER_EDGE,
						(u8)vector, 1, 1),
				 ok ? SVSM_SUCCESS : SVSM_ERR_VECTOR);
		usable += ok;
	}
	assert_int_equal(usable, HOST_VECTORS_USABLE);
}

/* "host posts what nobody opened: dropped and counted" */
static void host_unopened(void **state)
{
	u32 vector;

	(void)state;
	for (vector = 0; vector < 256; vector++)
		host_post(v1, (u8)vector, vector & 1);
	core_pass(v1);
	assert_int_equal(call_counter(1, SVSM_COUNTER_REFUSED), 256);
	assert_int_equal(p1->on, 0);
	assert_int_equal(host_vcpu(v1)->entry.vector, 0);
	assert_int_equal(host_vcpu(v1)->eois, 0);
	/* All 256 in one pass, and the guest was entered after it. */
	assert_int_equal(host_vcpu(v1)->entries, 1);
}

static void host_nmi(void **state)
{
	(void)state;
	host_vcpu(v1)->pending.nmi = true;
	core_pass(v1);
	assert_int_equal(v1->dropped_nmi, 1);
	assert_int_equal(p1->on, 0);
}

static void host_level(void **state)
{
	struct host_vcpu *hv = host_vcpu(v1);

	(void)state;
	assert_int_equal(call_open_host(S, SVSM_TRIGGER_LEVEL, HV, 1, 1),
			 SVSM_SUCCESS);
	post(v1, HV, true);
	assert_int_equal(call_state(S), OPEN | PENDING | IN_SERVICE);
	core_pass(v1);
	assert_int_equal(hv->eois, 0);
	p1->pir[1] = 0;
	/* By vCPU 0; the host accepts it on vCPU 1 only. */
	assert_int_equal(eoi(S), SVSM_SUCCESS);
	assert_int_equal(host_vcpu(v0)->eois, 0);
	assert_int_equal(hv->kicks, 1);
	core_pass(v1);
	assert_int_equal(hv->eois, 1);
	assert_int_equal(hv->eoi[0], HV);
	/* "only if in service, else nothing reaches the host" */
	assert_int_equal(eoi(S), SVSM_ERR_INVALID_REQUEST);
	core_pass(v1);
	core_pass(v0);
	assert_int_equal(hv->eois + host_vcpu(v0)->eois, 1);
	assert_int_equal(close_source(S), SVSM_SUCCESS);
	assert_int_equal(call_open_host(S, SVSM_TRIGGER_LEVEL, HV, 1, 1),
			 SVSM_SUCCESS);
	core_pass(v1);
	assert_int_equal(hv->eois, 1);
	/* Still asserted: posted again, raised again. */
	post(v1, HV, true);
	assert_int_equal(call_state(S), OPEN | PENDING | IN_SERVICE);
}

static void host_level_own_eoi(void **state)
{
	union svsm_block block = { .source.source = S };

	(void)state;
	assert_int_equal(call_open_host(S, SVSM_TRIGGER_LEVEL, HV, 1, 1),
			 SVSM_SUCCESS);
	post(v1, HV, true);
	assert_int_equal(core_call(v1, IRQ(SOURCE_EOI), &block, NULL),
			 SVSM_SUCCESS);
	assert_int_equal(host_vcpu(v1)->kicks, 0);
	core_pass(v1);
	assert_int_equal(host_vcpu(v1)->eois, 1);
}

/* A host that repeats a held vector: one raise, one EOI. */
static void host_level_repeated(void **state)
{
	(void)state;
	assert_int_equal(call_open_host(S, SVSM_TRIGGER_LEVEL, HV, 1, 1),
			 SVSM_SUCCESS);
	post(v1, HV, true);
	p1->pir[1] = 0;
	post(v1, HV, true);
	post(v1, HV, true);
	assert_int_equal(p1->pir[1], 0);
	assert_int_equal(eoi(S), SVSM_SUCCESS);
	core_pass(v1);
	assert_int_equal(host_vcpu(v1)->eois, 1);
	/* It was posted while in service: it may be asserted still. */
	assert_int_equal(call_state(S), OPEN | PENDING | IN_SERVICE);
}

/* Level for a source that was opened as edge: no EOI will come. */
static void host_level_for_edge(void **state)
{
	(void)state;
	assert_int_equal(call_open_host(S, SVSM_TRIGGER_EDGE, HV, 1, 1),
			 SVSM_SUCCESS);
	post(v1, HV, true);
	assert_true(page_pir(p1, S));
	assert_int_equal(host_vcpu(v1)->eois, 1);
	assert_int_equal(call_state(S), OPEN | PENDING);
}

/* Edge for a source that was opened as level: the host waits for no EOI. */
static void host_edge_for_level(void **state)
{
	(void)state;
	assert_int_equal(call_open_host(S, SVSM_TRIGGER_LEVEL, HV, 1, 1),
			 SVSM_SUCCESS);
	post(v1, HV, false);
	p1->pir[1] = 0;
	post(v1, HV, false);
	assert_int_equal(p1->pir[1], 0);
	assert_int_equal(eoi(S), SVSM_SUCCESS);
	/* The second was no repetition of the first: nothing is lost. */
	assert_int_equal(call_state(S), OPEN | PENDING | IN_SERVICE);
	core_pass(v1);
	assert_int_equal(host_vcpu(v1)->eois, 0);
}

/* A level source that is closed in service must not block the host for good. */
static void close_in_service(void **state)
{
	(void)state;
	assert_int_equal(call_open_host(S, SVSM_TRIGGER_LEVEL, HV, 1, 1),
			 SVSM_SUCCESS);
	post(v1, HV, true);
	assert_int_equal(close_source(S), SVSM_SUCCESS);
	core_pass(v1);
	assert_int_equal(host_vcpu(v1)->eois, 1);
	assert_int_equal(close_source(S), SVSM_ERR_INVALID_REQUEST);
	core_pass(v1);
	assert_int_equal(host_vcpu(v1)->eois, 1);
}

static void close_and_open_second(void)
{
	assert_int_equal(close_source(S + 1), SVSM_SUCCESS);
	assert_int_equal(call_open_host(S + 1, SVSM_TRIGGER_LEVEL, HV + 1, 1,
					1), SVSM_SUCCESS);
}

/* Opened again by another vCPU while its EOI is being sent: one EOI. */
static void open_during_the_eoi(void **state)
{
	(void)state;
	assert_int_equal(call_open_host(S, SVSM_TRIGGER_LEVEL, HV, 1, 1),
			 SVSM_SUCCESS);
	assert_int_equal(call_open_host(S + 1, SVSM_TRIGGER_LEVEL, HV + 1, 1,
					1), SVSM_SUCCESS);
	post(v1, HV, true);
	post(v1, HV + 1, true);
	assert_int_equal(eoi(S), SVSM_SUCCESS);
	assert_int_equal(eoi(S + 1), SVSM_SUCCESS);
	host_vcpu(v1)->at_eoi = close_and_open_second;
	core_pass(v1);
	core_pass(v1);
	assert_int_equal(host_vcpu(v1)->eois, 2);
}

static void reset_in_service(void **state)
{
	(void)state;
	assert_int_equal(call_open_host(S, SVSM_TRIGGER_LEVEL, HV, 1, 1),
			 SVSM_SUCCESS);
	post(v1, HV, true);
	assert_int_equal(core_call(v0, IRQ(RESET), NULL, NULL), SVSM_SUCCESS);
	core_pass(v1);
	assert_int_equal(host_vcpu(v1)->eois, 1);
}

/* Posted before it was opened: the host holds it and must post it again. */
static void open_after_the_post(void **state)
{
	(void)state;
	post(v1, HV, true);
	assert_int_equal(host_vcpu(v1)->eois, 0);
	assert_int_equal(call_open_host(S, SVSM_TRIGGER_LEVEL, HV, 1, 1),
			 SVSM_SUCCESS);
	assert_int_equal(call_state(S), OPEN);
	assert_int_equal(host_vcpu(v1)->kicks, 1);
	core_pass(v1);
	assert_int_equal(host_vcpu(v1)->eois, 1);
	post(v1, HV, true);
	assert_int_equal(call_state(S), OPEN | PENDING | IN_SERVICE);
	core_pass(v1);
	assert_int_equal(host_vcpu(v1)->eois, 1);
}

/* While an EOI is on its way a post is an old one: the host will repeat it. */
static void post_while_eoi_is_owed(void **state)
{
	(void)state;
	post(v1, HV, true);
	assert_int_equal(call_open_host(S, SVSM_TRIGGER_LEVEL, HV, 1, 1),
			 SVSM_SUCCESS);
	post(v1, HV, true);
	assert_int_equal(call_state(S), OPEN);
	assert_int_equal(host_vcpu(v1)->eois, 1);
}

/* An edge is not repeated by the host, whatever is owed. */
static void edge_while_eoi_is_owed(void **state)
{
	(void)state;
	post(v1, HV, true);
	assert_int_equal(call_open_host(S, SVSM_TRIGGER_LEVEL, HV, 1, 1),
			 SVSM_SUCCESS);
	post(v1, HV, false);
	assert_int_equal(call_state(S), OPEN | PENDING | IN_SERVICE);
}

/* A page that comes shows the sources of its vCPU and no others. */
static void register_shows_own_levels(void **state)
{
	(void)state;
	assert_int_equal(call_unregister(1), SVSM_SUCCESS);
	assert_int_equal(call_open(S, SVSM_TRIGGER_LEVEL, 2), SVSM_SUCCESS);
	assert_int_equal(call_open(S + 1, SVSM_TRIGGER_LEVEL, 1), SVSM_SUCCESS);
	assert_int_equal(call_register(1, EVENTS(1), NV), SVSM_SUCCESS);
	assert_true(p1->level[1] == BIT_OF(S + 1));
}

/* The map may be older than the source: it is checked under the lock. */
static void host_vector_of_another(void **state)
{
	struct host_events events = { .nmi = false };

	(void)state;
	assert_int_equal(call_open_host(S, SVSM_TRIGGER_EDGE, HV, 0, 1),
			 SVSM_SUCCESS);
	v1->host_source[HV] = S;
	events.vectors[HV / 64] = BIT_ULL(HV % 64);
	host_this_is(v1);
	hostirq_events(v1, &events);
	v1->host_source[HV] = HOST_SOURCE_NONE;
	assert_false(page_pir(p1, S));
	assert_int_equal(call_counter(1, SVSM_COUNTER_REFUSED), 1);
}

#define T(name)	cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(open_numbers),
		T(open_allocates),
		T(open_refuses),
		T(open_starts_clean),
		T(close_and_reopen),
		T(close_clears_the_latch),
		T(not_open),
		T(raise_other_kinds),
		T(bind_moves_a_pending_bit),
		T(bind_without_pending),
		T(bind_respects_the_new_mask),
		T(bind_keeps_an_unmasked_bit),
		T(offline_page_first),
		T(bind_to_a_vcpu_without_page),
		T(bind_to_the_same_vcpu),
		T(bind_to_nobody),
		T(bind_from_a_lost_page),
		T(level_raises_once_until_eoi),
		T(eoi_of_an_edge),
		T(level_survives_unregister),
		T(host_edge),
		T(host_edge_for_another_vcpu),
		T(host_vector_is_keyed),
		T(host_vector_numbers),
		T(host_unopened),
		T(host_nmi),
		T(host_level),
		T(host_level_own_eoi),
		T(host_level_repeated),
		T(host_level_for_edge),
		T(host_edge_for_level),
		T(close_in_service),
		T(open_during_the_eoi),
		T(reset_in_service),
		T(open_after_the_post),
		T(post_while_eoi_is_owed),
		T(edge_while_eoi_is_owed),
		T(register_shows_own_levels),
		T(host_vector_of_another),
	};

	return cmocka_run_group_tests_name("irqsrc", tests, NULL, NULL);
}
