// SPDX-License-Identifier: MIT
/*
 * The event page: registration, raise, notification, loss. What stands in
 * quotes is a rule of Documentation/abi.rst.
 */
#include "core.h"

#define S	70U	/* a source in group 1 */

static struct vcpu *v0, *v1;
static struct svsm_event_page *p0, *p1;

static int setup(void **state)
{
	(void)state;
	core_setup(2);
	v0 = svsm_vcpu(0);
	v1 = svsm_vcpu(1);
	p0 = host_event_page(EVENTS(0));
	p1 = host_event_page(EVENTS(1));
	return 0;
}

/* Page on vCPU 1, source S there, unmasked. */
static int setup_source(void **state)
{
	setup(state);
	assert_int_equal(call_register(1, EVENTS(1), NV), SVSM_SUCCESS);
	assert_int_equal(call_open(S, SVSM_TRIGGER_EDGE, 1), SVSM_SUCCESS);
	assert_false(page_unmask(p1, S));
	return 0;
}

static u32 raise_s(void)
{
	return call_source(IRQ(SOURCE_RAISE), S);
}

/* --- Registration ------------------------------------------------------- */

static void register_writes_the_page(void **state)
{
	u32 g;

	(void)state;
	memset(host_ram(EVENTS(1)), 0xA5, PAGE);
	assert_int_equal(call_register(1, EVENTS(1), NV), SVSM_SUCCESS);

	assert_int_equal(p1->magic, SVSM_EVENT_PAGE_MAGIC);
	assert_int_equal(p1->major, 1);
	assert_int_equal(p1->minor, 0);
	assert_int_equal(p1->source_count, 1024);
	assert_int_equal(p1->apic_id, host_apic_id(1));
	assert_int_equal(p1->vector, NV);
	assert_int_equal(p1->tsc_khz, 1000000);
	assert_int_equal(p1->features, 0);
	assert_int_equal(p1->epoch, 0);
	assert_int_equal(p1->on, 0);
	assert_int_equal(p1->sn, 0);
	assert_int_equal(p1->groups, 0);
	assert_true(p1->timer_deadline == SVSM_TIMER_NONE);
	assert_true(p1->timer_armed == SVSM_TIMER_NONE);
	assert_int_equal(p1->timer_expirations, 0);
	assert_int_equal(p1->timer_late_max, 0);
	for (g = 0; g < SVSM_GROUPS_MAX; g++) {
		assert_int_equal(p1->pir[g], 0);
		assert_true(p1->mask[g] == ~0ULL);
		assert_int_equal(p1->level[g], 0);
	}
	for (g = 0; g < sizeof(p1->reserved_280); g++)
		assert_int_equal(p1->reserved_280[g], 0);
}

static void register_writes_nothing_else(void **state)
{
	u8 *before = host_ram(EVENTS(1) - 1);
	u8 *after = host_ram(EVENTS(1) + PAGE);

	(void)state;
	*before = 0xA5;
	*after = 0xA5;
	assert_int_equal(call_register(1, EVENTS(1), NV), SVSM_SUCCESS);
	assert_int_equal(*before, 0xA5);
	assert_int_equal(*after, 0xA5);
}

/* The magic number is the proof, so the page must be complete before it. */
static void register_writes_magic_last(void **state)
{
	u64 accesses, i;

	(void)state;
	accesses = host_shm_accesses();
	assert_int_equal(call_register(1, EVENTS(1), NV), SVSM_SUCCESS);
	accesses = host_shm_accesses() - accesses;

	/* Whichever access fails, there is no magic number in the page. */
	for (i = 2; i <= accesses; i++) {
		setup(NULL);
		host_vanish_at(i);
		if (call_register(1, EVENTS(1), NV) == SVSM_SUCCESS)
			break;
		assert_int_equal(p1->magic, 0);
		assert_false(pinned_overlaps(EVENTS(1), PAGE));
	}
	assert_true(i > 20);
}

static void register_checks_the_address(void **state)
{
	static const u64 bad[] = {
		EVENTS(1) + 8, EVENTS(1) + 1, HOST_RAM_END,
		HOST_RAM_START - PAGE, EVENTS(1) | BIT_ULL(51),
		EVENTS(1) | BIT_ULL(47), ~0ULL & ~(PAGE - 1), 0,
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(call_register(1, bad[i], NV),
				 SVSM_ERR_INVALID_ADDRESS);
}

static void register_needs_access(void **state)
{
	(void)state;
	host_page_deny(EVENTS(1));
	assert_int_equal(call_register(1, EVENTS(1), NV),
			 SVSM_ERR_INVALID_ADDRESS);
	host_page_vanish(SPARE(1));
	assert_int_equal(call_register(1, SPARE(1), NV),
			 SVSM_ERR_INVALID_ADDRESS);
	assert_false(pinned_overlaps(EVENTS(1), 2 * PAGE));
}

/* "a page already registered elsewhere, that is or overlaps ..." */
static void register_refuses_pages_in_use(void **state)
{
	(void)state;
	assert_int_equal(call_register(1, STATE(0), NV),
			 SVSM_ERR_INVALID_REQUEST);
	assert_int_equal(call_register(1, AREA(0), NV),
			 SVSM_ERR_INVALID_REQUEST);
	assert_int_equal(call_register(1, AREA(1), NV),
			 SVSM_ERR_INVALID_REQUEST);
	assert_int_equal(pinned_add(SPARE(0), PAGE, PINNED_PLATFORM,
				    PINNED_NO_OWNER), SVSM_SUCCESS);
	assert_int_equal(call_register(1, SPARE(0), NV),
			 SVSM_ERR_INVALID_REQUEST);
	assert_int_equal(pinned_add(HOST_RAM_START + LARGE, LARGE, PINNED_SVSM,
				    PINNED_NO_OWNER), SVSM_SUCCESS);
	assert_int_equal(call_register(1, HOST_RAM_START + LARGE + 5 * PAGE,
				       NV), SVSM_ERR_INVALID_REQUEST);
	assert_int_equal(call_register(0, EVENTS(0), NV), SVSM_SUCCESS);
	assert_int_equal(call_register(1, EVENTS(0), NV),
			 SVSM_ERR_INVALID_REQUEST);
	assert_int_equal(p0->apic_id, host_apic_id(0));
}

static void register_checks_the_vector(void **state)
{
	u32 vector;

	(void)state;
	for (vector = 0; vector < 256; vector++) {
		bool ok = vector == 0 || (vector >= 32 && vector != 0x80);

		assert_int_equal(call_register(1, EVENTS(1), (u8)vector),
				 ok ? SVSM_SUCCESS : SVSM_ERR_VECTOR);
	}
}

static void register_without_delivery(void **state)
{
	(void)state;
	host.delivery = SVSM_DELIVERY_NONE;
	assert_int_equal(call_register(1, EVENTS(1), NV),
			 SVSM_ERR_NO_DELIVERY);
	assert_int_equal(call_register(1, EVENTS(1), 0), SVSM_SUCCESS);
	assert_int_equal(call_register(1, EVENTS(1), NV),
			 SVSM_ERR_NO_DELIVERY);
	assert_int_equal(p1->vector, 0);
}

static void register_another_page_is_refused(void **state)
{
	(void)state;
	assert_int_equal(call_register(1, EVENTS(1), NV), SVSM_SUCCESS);
	assert_int_equal(call_register(1, SPARE(1), NV), SVSM_ERR_IN_USE);
	assert_int_equal(call_unregister(1), SVSM_SUCCESS);
	assert_int_equal(call_register(1, SPARE(1), NV), SVSM_SUCCESS);
}

static void register_self(void **state)
{
	union svsm_block block = { .page_register = {
		.gpa = EVENTS(1),
		.apic_id = SVSM_APIC_ID_SELF,
		.vector = NV,
	} };

	(void)state;
	assert_int_equal(core_call(v1, IRQ(PAGE_REGISTER), &block, NULL),
			 SVSM_SUCCESS);
	assert_int_equal(p1->apic_id, host_apic_id(1));
}

/* --- Raise ---------------------------------------------------------------- */

static void raise_steps(void **state)
{
	(void)state;
	assert_int_equal(raise_s(), SVSM_SUCCESS);
	assert_true(p1->pir[1] == BIT_OF(S));
	assert_int_equal(p1->groups, 2);
	assert_int_equal(p1->on, 1);
	assert_int_equal(host_vcpu(v1)->kicks, 1);
	assert_int_equal(host_vcpu(v0)->kicks, 0);
	assert_int_equal(core_entry_vector(v1), NV);
	assert_int_equal(call_counter(1, SVSM_COUNTER_NOTIFIED), 1);
}

static void raise_coalesces(void **state)
{
	(void)state;
	raise_s();
	p1->groups = 0;
	p1->on = 0;
	assert_int_equal(raise_s(), SVSM_SUCCESS);
	/* Nothing after step 1. */
	assert_int_equal(p1->groups, 0);
	assert_int_equal(p1->on, 0);
	assert_int_equal(call_counter(1, SVSM_COUNTER_COALESCED), 1);
	assert_int_equal(host_vcpu(v1)->kicks, 1);
}

static void raise_masked(void **state)
{
	(void)state;
	page_mask(p1, S);
	raise_s();
	assert_true(page_pir(p1, S));
	assert_int_equal(p1->groups, 0);
	assert_int_equal(p1->on, 0);
	assert_int_equal(call_counter(1, SVSM_COUNTER_MASKED), 1);
	/* The guest's half finds it. */
	assert_true(page_unmask(p1, S));
}

static void raise_suppressed_by_sn(void **state)
{
	(void)state;
	p1->sn = SVSM_EVENT_SN;
	raise_s();
	assert_int_equal(p1->groups, 2);
	assert_int_equal(p1->on, 0);
	assert_int_equal(call_counter(1, SVSM_COUNTER_SUPPRESSED_SN), 1);
	assert_int_equal(host_vcpu(v1)->kicks, 0);
	assert_int_equal(core_entry_vector(v1), 0);
}

static void raise_suppressed_by_on(void **state)
{
	(void)state;
	p1->on = SVSM_EVENT_ON;
	raise_s();
	assert_int_equal(p1->groups, 2);
	assert_int_equal(call_counter(1, SVSM_COUNTER_SUPPRESSED_ON), 1);
	assert_int_equal(host_vcpu(v1)->kicks, 0);
}

static void raise_silent_page(void **state)
{
	(void)state;
	assert_int_equal(call_register(1, EVENTS(1), 0), SVSM_SUCCESS);
	raise_s();
	assert_int_equal(p1->on, 1);
	assert_int_equal(host_vcpu(v1)->kicks, 0);
	assert_int_equal(core_entry_vector(v1), 0);
}

static void raise_for_oneself_needs_no_kick(void **state)
{
	(void)state;
	assert_int_equal(call_bind(S, 0), SVSM_SUCCESS);
	assert_int_equal(call_register(0, EVENTS(0), NV), SVSM_SUCCESS);
	page_unmask(p0, S);
	raise_s();
	assert_int_equal(host_vcpu(v0)->kicks, 0);
	assert_int_equal(core_entry_vector(v0), NV);
}

/* Garbage in words that both write harms nobody but the guest. */
static void raise_with_garbage_in_the_page(void **state)
{
	(void)state;
	p1->on = 0xFFFFFFFEU;
	p1->sn = 0xFFFFFFFEU;
	p1->groups = ~0ULL;
	assert_int_equal(core_entry_vector(v1), 0);
	raise_s();
	assert_int_equal(p1->on, 1);
	assert_int_equal(core_entry_vector(v1), NV);
	/* The header is information: the SVSM works from its own copy. */
	p1->vector = 0x20;
	p1->apic_id = host_apic_id(0);
	p1->source_count = 0;
	assert_int_equal(core_entry_vector(v1), NV);
}

/* --- Notification is a level ------------------------------------------------ */

static void notify_while_on(void **state)
{
	(void)state;
	raise_s();
	assert_int_equal(core_entry_vector(v1), NV);
	/* Dropped by the host: asserted at every entry. */
	assert_int_equal(core_entry_vector(v1), NV);
	assert_int_equal(core_entry_vector(v1), NV);
	assert_int_equal(call_counter(1, SVSM_COUNTER_NOTIFIED), 1);
	assert_int_equal(call_counter(1, SVSM_COUNTER_REASSERTED), 2);
	p1->on = 0;
	assert_int_equal(core_entry_vector(v1), 0);
}

static void notify_respects_sn(void **state)
{
	(void)state;
	raise_s();
	p1->sn = SVSM_EVENT_SN;
	assert_int_equal(core_entry_vector(v1), 0);
	p1->sn = 0;
	assert_int_equal(core_entry_vector(v1), NV);
}

static enum guest_exit never_entered(struct vcpu *vcpu,
				     const struct guest_entry *entry,
				     struct guest_call *call, void *ctx)
{
	(void)vcpu;
	(void)entry;
	(void)call;
	(void)ctx;
	return GUEST_EXIT_NOT_ENTERED;
}

/* "consumed only when the switch was really executed" */
static void notify_survives_a_cancelled_entry(void **state)
{
	(void)state;
	raise_s();
	host_vcpu(v1)->guest = never_entered;
	assert_int_equal(core_entry_vector(v1), NV);
	assert_int_equal(core_entry_vector(v1), NV);
	assert_int_equal(v1->not_entered, 2);
	assert_int_equal(call_counter(1, SVSM_COUNTER_NOTIFIED), 0);
	host_vcpu(v1)->guest = NULL;
	assert_int_equal(core_entry_vector(v1), NV);
	assert_int_equal(call_counter(1, SVSM_COUNTER_NOTIFIED), 1);
	assert_int_equal(call_counter(1, SVSM_COUNTER_REASSERTED), 0);
}

static enum guest_exit no_guest(struct vcpu *vcpu,
				const struct guest_entry *entry,
				struct guest_call *call, void *ctx)
{
	never_entered(vcpu, entry, call, ctx);
	return GUEST_EXIT_NO_GUEST;
}

static void notify_survives_a_missing_guest(void **state)
{
	(void)state;
	raise_s();
	host_vcpu(v1)->guest = no_guest;
	core_pass(v1);
	assert_int_equal(host_vcpu(v1)->idles, 1);
	assert_int_equal(call_counter(1, SVSM_COUNTER_NOTIFIED), 0);
	host_vcpu(v1)->guest = NULL;
	assert_int_equal(core_entry_vector(v1), NV);
	assert_int_equal(call_counter(1, SVSM_COUNTER_NOTIFIED), 1);
	assert_int_equal(host_vcpu(v1)->idles, 1);
}

/* The 1 s bound: the own timer is armed while one is unacknowledged. */
static void notify_is_repeated_within_a_second(void **state)
{
	u64 start = arch_tsc(), second = host.tsc_khz * 1000ULL;
	struct host_vcpu *hv = host_vcpu(v1);

	(void)state;
	core_pass(v1);
	assert_int_equal(hv->arms, 0);
	raise_s();
	core_pass(v1);
	assert_int_equal(hv->arms, 1);
	assert_true(hv->armed > start && hv->armed <= start + second);
	/* It rings, and the vector is asserted once more. */
	host_tsc_set(hv->armed);
	assert_int_equal(core_entry_vector(v1), NV);
	assert_true(hv->armed > start + second);
	/* Acknowledged: nothing more is armed. */
	p1->on = 0;
	host_tsc_set(hv->armed);
	hv->armed = 0;
	core_pass(v1);
	assert_int_equal(hv->armed, 0);
}

/* "lazily: at most one arm a second" */
static void notify_arms_lazily(void **state)
{
	struct host_vcpu *hv = host_vcpu(v1);
	u64 first;
	u32 i;

	(void)state;
	raise_s();
	core_pass(v1);
	first = hv->armed;
	for (i = 0; i < 100; i++) {
		host_tsc_advance(1000);
		core_pass(v1);
		assert_true(hv->armed == first);
	}
}

static void notify_without_frequency(void **state)
{
	struct host_vcpu *hv = host_vcpu(v1);

	(void)state;
	host.tsc_khz = 0;
	raise_s();
	core_pass(v1);
	assert_true(hv->armed > arch_tsc() &&
		    hv->armed <= arch_tsc() + 1000000000ULL);
}

/* What was under way on the old vector is gone. */
static void vector_change_notifies_again(void **state)
{
	(void)state;
	raise_s();
	assert_int_equal(core_entry_vector(v1), NV);
	assert_int_equal(host_vcpu(v1)->kicks, 1);
	assert_int_equal(call_register(1, EVENTS(1), NV + 1), SVSM_SUCCESS);
	assert_int_equal(host_vcpu(v1)->kicks, 2);
	assert_int_equal(p1->vector, NV + 1);
	assert_int_equal(core_entry_vector(v1), NV + 1);
	assert_int_equal(call_counter(1, SVSM_COUNTER_NOTIFIED), 2);
	/* Nothing was lost or reset by it. */
	assert_true(page_pir(p1, S));
	assert_int_equal(p1->on, 1);
}

static void vector_change_when_idle(void **state)
{
	(void)state;
	assert_int_equal(call_register(1, EVENTS(1), NV + 1), SVSM_SUCCESS);
	assert_int_equal(host_vcpu(v1)->kicks, 0);
	raise_s();
	assert_int_equal(core_entry_vector(v1), NV + 1);
}

/* --- Latches --------------------------------------------------------------- */

static void no_page_latches(void **state)
{
	(void)state;
	assert_int_equal(call_open(S, SVSM_TRIGGER_EDGE, 1), SVSM_SUCCESS);
	assert_int_equal(raise_s(), SVSM_SUCCESS);
	assert_int_equal(call_state(S), SVSM_SOURCE_STATE_OPEN |
			 SVSM_SOURCE_STATE_LATCHED);
	assert_int_equal(call_register(1, EVENTS(1), NV), SVSM_SUCCESS);
	assert_int_equal(call_state(S), SVSM_SOURCE_STATE_OPEN |
			 SVSM_SOURCE_STATE_PENDING);
	assert_int_equal(call_counter(1, SVSM_COUNTER_LATCHED), 1);
	/* All is masked after registration. */
	assert_int_equal(p1->on, 0);
	assert_true(page_unmask(p1, S));
}

/* Pending bits survive UNREGISTER. */
static void unregister_latches(void **state)
{
	(void)state;
	raise_s();
	assert_int_equal(call_unregister(1), SVSM_SUCCESS);
	assert_int_equal(call_state(S), SVSM_SOURCE_STATE_OPEN |
			 SVSM_SOURCE_STATE_LATCHED);
	assert_int_equal(call_bind(S, 0), SVSM_SUCCESS);
	assert_int_equal(call_state(S), SVSM_SOURCE_STATE_OPEN |
			 SVSM_SOURCE_STATE_LATCHED);
	assert_int_equal(call_register(0, EVENTS(0), NV), SVSM_SUCCESS);
	assert_true(page_pir(p0, S));
}

/* From the first half of UNREGISTER on a raise goes to the latch. */
static void closing_page_gets_no_raise(void **state)
{
	(void)state;
	event_page_close(v1);
	assert_int_equal(event_page_state(v1), EVENT_PAGE_CLOSING);
	assert_int_equal(irqsrc_raise_software(S), SVSM_SUCCESS);
	assert_int_equal(p1->pir[1], 0);
	assert_int_equal(call_unregister(1), SVSM_SUCCESS);
	assert_int_equal(call_state(S), SVSM_SOURCE_STATE_OPEN |
			 SVSM_SOURCE_STATE_LATCHED);
}

static void unregister_without_pending(void **state)
{
	(void)state;
	raise_s();
	p1->pir[1] = 0;
	assert_int_equal(call_unregister(1), SVSM_SUCCESS);
	assert_int_equal(call_state(S), SVSM_SOURCE_STATE_OPEN);
}

/* "nothing is touched after it returns" */
static void unregister_leaves_the_page_alone(void **state)
{
	u8 before[PAGE];

	(void)state;
	assert_int_equal(call_attach(1, SVSM_SOURCE_ANY), SVSM_SUCCESS);
	raise_s();
	assert_int_equal(call_unregister(1), SVSM_SUCCESS);
	assert_false(pinned_overlaps(EVENTS(1), PAGE));
	memset(host_ram(EVENTS(1)), 0x5A, PAGE);
	memcpy(before, host_ram(EVENTS(1)), PAGE);
	raise_s();
	core_pass(v1);
	call_bind(S, 0);
	call_bind(S, 1);
	call_source(IRQ(SOURCE_CLOSE), S);
	assert_memory_equal(host_ram(EVENTS(1)), before, PAGE);
}

static void unregister_errors(void **state)
{
	union svsm_block block = { .vcpu.apic_id = 77 };

	(void)state;
	assert_int_equal(call_unregister(1), SVSM_ERR_NO_PAGE);
	assert_int_equal(core_call(v0, IRQ(PAGE_UNREGISTER), &block, NULL),
			 SVSM_ERR_NO_VCPU);
	block.vcpu.apic_id = SVSM_APIC_ID_SELF;
	assert_int_equal(call_register(0, EVENTS(0), NV), SVSM_SUCCESS);
	assert_int_equal(core_call(v0, IRQ(PAGE_UNREGISTER), &block, NULL),
			 SVSM_SUCCESS);
	assert_int_equal(call_unregister(0), SVSM_ERR_NO_PAGE);
}

/* --- Lost pages ------------------------------------------------------------- */

static void lost_while_raising(void **state)
{
	u64 step;

	(void)state;
	/* Whichever of Raise's accesses fails, the edge is not lost. */
	for (step = 1; step <= 5; step++) {
		setup_source(NULL);
		host_vanish_at(step + 1);	/* the first is the block's */
		assert_int_equal(raise_s(), SVSM_SUCCESS);
		host_vanish_at(0);
		assert_int_equal(call_state(S), SVSM_SOURCE_STATE_OPEN |
				 SVSM_SOURCE_STATE_LATCHED |
				 SVSM_SOURCE_STATE_LOST);
		assert_int_equal(host_vcpu(v1)->kicks, 0);
		assert_int_equal(event_page_state(v1), EVENT_PAGE_LOST);
	}
	/* Raise has five accesses: the sixth is not its own any more. */
	setup_source(NULL);
	host_vanish_at(7);
	assert_int_equal(raise_s(), SVSM_SUCCESS);
	assert_int_equal(event_page_state(v1), EVENT_PAGE_ACTIVE);
}

static void lost_page_is_never_touched(void **state)
{
	u64 accesses;

	(void)state;
	host_page_vanish(EVENTS(1));
	raise_s();
	host_page_return(EVENTS(1));
	raise_s();
	host_this_is(v1);
	accesses = host_shm_accesses();
	svsm_vcpu_pass(v1);
	assert_int_equal(host_shm_accesses(), accesses);
	assert_int_equal(p1->pir[1], 0);
	assert_int_equal(host_vcpu(v1)->entry.vector, 0);
}

static void lost_page_registers_anew(void **state)
{
	(void)state;
	host_page_vanish(EVENTS(1));
	raise_s();
	/* It is gone still: refused, and the latch keeps the edge. */
	assert_int_equal(call_register(1, EVENTS(1), NV),
			 SVSM_ERR_INVALID_ADDRESS);
	assert_true(call_state(S) & SVSM_SOURCE_STATE_LATCHED);
	assert_int_equal(call_register(1, SPARE(1), NV), SVSM_SUCCESS);
	assert_true(page_pir(host_event_page(SPARE(1)), S));
	assert_int_equal(call_state(S), SVSM_SOURCE_STATE_OPEN |
			 SVSM_SOURCE_STATE_PENDING);
	assert_false(pinned_overlaps(EVENTS(1), PAGE));
}

static void lost_page_registers_anew_at_its_place(void **state)
{
	(void)state;
	host_page_vanish(EVENTS(1));
	raise_s();
	host_page_return(EVENTS(1));
	assert_int_equal(call_register(1, EVENTS(1), NV), SVSM_SUCCESS);
	assert_true(page_pir(p1, S));
	assert_int_equal(p1->magic, SVSM_EVENT_PAGE_MAGIC);
}

static void lost_page_unregisters(void **state)
{
	(void)state;
	host_page_vanish(EVENTS(1));
	raise_s();
	assert_int_equal(call_unregister(1), SVSM_SUCCESS);
	assert_false(pinned_overlaps(EVENTS(1), PAGE));
	assert_int_equal(call_state(S), SVSM_SOURCE_STATE_OPEN |
			 SVSM_SOURCE_STATE_LATCHED);
}

/* An entry finds the loss; the host cannot make edges up by it. */
static void lost_at_entry(void **state)
{
	(void)state;
	raise_s();
	host_page_vanish(EVENTS(1));
	assert_int_equal(core_entry_vector(v1), 0);
	assert_int_equal(event_page_state(v1), EVENT_PAGE_LOST);
	assert_int_equal(call_register(1, SPARE(1), NV), SVSM_SUCCESS);
	assert_int_equal(call_state(S), SVSM_SOURCE_STATE_OPEN);
}

static void lost_by_vector_change(void **state)
{
	(void)state;
	host_page_vanish(EVENTS(1));
	assert_int_equal(call_register(1, EVENTS(1), NV + 1), SVSM_ERR_LOST);
	assert_int_equal(event_page_state(v1), EVENT_PAGE_LOST);
}

static void lost_is_reported(void **state)
{
	union svsm_block block = { .page_query.apic_id = host_apic_id(1) };

	(void)state;
	host_page_vanish(EVENTS(1));
	raise_s();
	assert_int_equal(core_call(v0, IRQ(PAGE_QUERY), &block, NULL),
			 SVSM_ERR_LOST);
	assert_int_equal(call_attach(1, SVSM_SOURCE_ANY), SVSM_ERR_LOST);
	assert_non_null(strstr(host.console, "warning: vcpu 1: event page"));
}

/* Whatever is called while whichever access fails: no crash, no bad state. */
static void lost_anywhere(void **state)
{
	u64 i;

	(void)state;
	for (i = 1; i < 60; i++) {
		setup_source(NULL);
		call_register(0, EVENTS(0), NV);
		call_open(5, SVSM_TRIGGER_LEVEL, 1);
		call_attach(1, SVSM_SOURCE_ANY);
		host_vanish_at(i);
		raise_s();
		call_source(IRQ(SOURCE_RAISE), 5);
		call_bind(S, 0);
		call_bind(S, 1);
		p1->timer_deadline = 0;
		core_pass(v1);
		core_pass(v0);
		call_source(IRQ(SOURCE_EOI), 5);
		call_source(IRQ(SOURCE_CLOSE), S);
		call_register(1, EVENTS(1), NV + 1);
		call_unregister(1);
		core_call(v0, IRQ(RESET), NULL, NULL);
	}
}

/* --- Counters ------------------------------------------------------------- */

static void counters_three_a_call(void **state)
{
	union svsm_block block = { .page_query.apic_id = host_apic_id(1) };
	struct guest_call out;

	(void)state;
	raise_s();
	raise_s();
	page_mask(p1, S);
	p1->pir[1] = 0;
	raise_s();
	core_pass(v1);
	assert_int_equal(core_call(v0, IRQ(PAGE_QUERY), &block, &out),
			 SVSM_SUCCESS);
	assert_int_equal(out.rcx, 1);
	assert_int_equal(out.rdx, 1);
	assert_int_equal(out.r8, 1);
	/* The last one, and nothing beyond it. */
	block.page_query.first = SVSM_COUNTER_COUNT - 1;
	assert_int_equal(core_call(v0, IRQ(PAGE_QUERY), &block, &out),
			 SVSM_SUCCESS);
	assert_int_equal(out.rdx, 0);
	assert_int_equal(out.r8, 0);
	block.page_query.first = SVSM_COUNTER_COUNT;
	assert_int_equal(core_call(v0, IRQ(PAGE_QUERY), &block, &out),
			 SVSM_ERR_INVALID_PARAMETER);
	block.page_query.first = 0xFFFFFFFFU;
	assert_int_equal(core_call(v0, IRQ(PAGE_QUERY), &block, &out),
			 SVSM_ERR_INVALID_PARAMETER);
	block.page_query.first = 0;
	block.page_query.apic_id = host_apic_id(0);
	assert_int_equal(core_call(v0, IRQ(PAGE_QUERY), &block, &out),
			 SVSM_ERR_NO_PAGE);
	block.page_query.apic_id = 2;
	assert_int_equal(core_call(v0, IRQ(PAGE_QUERY), &block, &out),
			 SVSM_ERR_NO_VCPU);
}

static void reset_forgets_everything(void **state)
{
	(void)state;
	assert_int_equal(call_attach(1, SVSM_SOURCE_ANY), SVSM_SUCCESS);
	assert_int_equal(call_open(5, SVSM_TRIGGER_EDGE, 0), SVSM_SUCCESS);
	call_source(IRQ(SOURCE_RAISE), 5);
	raise_s();
	core_pass(v1);
	assert_int_equal(call_counter(1, SVSM_COUNTER_NOTIFIED), 1);
	assert_int_equal(core_call(v0, IRQ(RESET), NULL, NULL), SVSM_SUCCESS);
	assert_int_equal(call_state(S), 0);
	assert_int_equal(call_state(5), 0);
	assert_int_equal(call_state(0), 0);
	assert_false(pinned_overlaps(EVENTS(1), PAGE));
	assert_int_equal(call_register(1, SPARE(1), NV), SVSM_SUCCESS);
	assert_int_equal(call_counter(1, SVSM_COUNTER_NOTIFIED), 0);
	assert_int_equal(call_counter(1, SVSM_COUNTER_LATCHED), 0);
	assert_int_equal(call_attach(1, SVSM_SOURCE_ANY), SVSM_SUCCESS);
	/* Nothing old shows in the new page. */
	assert_int_equal(call_open(S, SVSM_TRIGGER_EDGE, 1), SVSM_SUCCESS);
	assert_int_equal(call_state(S), SVSM_SOURCE_STATE_OPEN);
}

#define T(name)		cmocka_unit_test_setup(name, setup)
#define TS(name)	cmocka_unit_test_setup(name, setup_source)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(register_writes_the_page),
		T(register_writes_nothing_else),
		T(register_writes_magic_last),
		T(register_checks_the_address),
		T(register_needs_access),
		T(register_refuses_pages_in_use),
		T(register_checks_the_vector),
		T(register_without_delivery),
		T(register_another_page_is_refused),
		T(register_self),
		TS(raise_steps),
		TS(raise_coalesces),
		TS(raise_masked),
		TS(raise_suppressed_by_sn),
		TS(raise_suppressed_by_on),
		TS(raise_silent_page),
		TS(raise_for_oneself_needs_no_kick),
		TS(raise_with_garbage_in_the_page),
		TS(notify_while_on),
		TS(notify_respects_sn),
		TS(notify_survives_a_cancelled_entry),
		TS(notify_survives_a_missing_guest),
		TS(notify_is_repeated_within_a_second),
		TS(notify_arms_lazily),
		TS(notify_without_frequency),
		TS(vector_change_notifies_again),
		TS(vector_change_when_idle),
		T(no_page_latches),
		TS(unregister_latches),
		TS(closing_page_gets_no_raise),
		TS(unregister_without_pending),
		TS(unregister_leaves_the_page_alone),
		T(unregister_errors),
		T(lost_while_raising),
		TS(lost_page_is_never_touched),
		TS(lost_page_registers_anew),
		TS(lost_page_registers_anew_at_its_place),
		TS(lost_page_unregisters),
		TS(lost_at_entry),
		TS(lost_by_vector_change),
		TS(lost_is_reported),
		T(lost_anywhere),
		TS(counters_three_a_call),
		TS(reset_forgets_everything),
	};

	return cmocka_run_group_tests_name("event_page", tests, NULL, NULL);
}
