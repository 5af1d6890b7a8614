// SPDX-License-Identifier: MIT
/*
 * The timer: attachment, looks, what the host does to ticks. What stands in
 * quotes is a rule of Documentation/abi.rst.
 */
#include "core.h"

#define MS	1000000ULL	/* ticks, at 1 GHz */
#define SLACK	10000ULL	/* the guest's: 10 us */

static struct vcpu *v0, *v1;
static struct host_vcpu *h1;
static struct svsm_event_page *p1;
static u32 source;

/* vCPU 1 has a page and a timer whose source is unmasked. */
static int setup(void **state)
{
	union svsm_block block = { .attach = {
		.apic_id = host_apic_id(1),
		.source = SVSM_SOURCE_ANY,
	} };
	struct guest_call out;

	(void)state;
	core_setup(2);
	v0 = svsm_vcpu(0);
	v1 = svsm_vcpu(1);
	h1 = host_vcpu(v1);
	p1 = host_event_page(EVENTS(1));
	assert_int_equal(call_register(1, EVENTS(1), NV), SVSM_SUCCESS);
	assert_int_equal(core_call(v0, TIMER(ATTACH), &block, &out),
			 SVSM_SUCCESS);
	source = (u32)out.rcx;
	page_unmask(p1, source);
	return 0;
}

static u32 arm(void)
{
	return core_call(v1, TIMER(ARM), NULL, NULL);
}

static u32 detach(u32 index)
{
	union svsm_block block = { .vcpu.apic_id = host_apic_id(index) };

	return core_call(v0, TIMER(DETACH), &block, NULL);
}

/*
 * The guest's set_next_event(): "no call iff n < a and a <= d + slack".
 * Return: true if it called.
 */
static bool set_next_event(u64 d)
{
	u64 a, n;

	__atomic_store_n(&p1->timer_deadline, d, __ATOMIC_SEQ_CST);
	a = __atomic_load_n(&p1->timer_armed, __ATOMIC_SEQ_CST);
	n = arch_tsc();
	if (d == SVSM_TIMER_NONE || (n < a && a <= d + SLACK))
		return false;
	assert_int_equal(arm(), SVSM_SUCCESS);
	core_pass(v1);
	return true;
}

/* The host's timer fires: vCPU 1 looks. Return: did the source expire? */
static bool tick_at(u64 tsc)
{
	bool expired;

	host_tsc_set(tsc);
	core_pass(v1);
	expired = page_pir(p1, source);
	p1->pir[0] = 0;
	p1->groups = 0;
	p1->on = 0;
	return expired;
}

/* --- Attachment ---------------------------------------------------------- */

static void attach_takes_group_0(void **state)
{
	(void)state;
	assert_int_equal(source, 0);
	assert_int_equal(call_register(0, EVENTS(0), NV), SVSM_SUCCESS);
	assert_int_equal(call_attach(0, SVSM_SOURCE_ANY), SVSM_SUCCESS);
	assert_int_equal(v0->timer.source, 1);
	assert_int_equal(call_state(1), SVSM_SOURCE_STATE_OPEN);
}

static void attach_group_0_full(void **state)
{
	u32 s;

	(void)state;
	assert_int_equal(call_register(0, EVENTS(0), NV), SVSM_SUCCESS);
	for (s = 1; s < 64; s++)
		assert_int_equal(call_open(s, SVSM_TRIGGER_EDGE, 0),
				 SVSM_SUCCESS);
	assert_int_equal(call_attach(0, SVSM_SOURCE_ANY), SVSM_ERR_IN_USE);
	assert_int_equal(call_attach(0, 5), SVSM_ERR_IN_USE);
	assert_int_equal(call_attach(0, 64), SVSM_SUCCESS);
}

static void attach_errors(void **state)
{
	union svsm_block block = { .attach = { .apic_id = 2 } };

	(void)state;
	assert_int_equal(call_attach(0, SVSM_SOURCE_ANY), SVSM_ERR_NO_PAGE);
	assert_int_equal(call_attach(1, SVSM_SOURCE_ANY), SVSM_ERR_IN_USE);
	assert_int_equal(core_call(v0, TIMER(ATTACH), &block, NULL),
			 SVSM_ERR_NO_VCPU);
	assert_int_equal(call_register(0, EVENTS(0), NV), SVSM_SUCCESS);
	assert_int_equal(call_attach(0, 1024), SVSM_ERR_INVALID_PARAMETER);
	assert_int_equal(detach(0), SVSM_ERR_INVALID_REQUEST);
	block.vcpu.apic_id = 2;
	assert_int_equal(core_call(v0, TIMER(DETACH), &block, NULL),
			 SVSM_ERR_NO_VCPU);
	assert_int_equal(core_call(v0, TIMER(ARM), NULL, NULL),
			 SVSM_ERR_INVALID_REQUEST);
	assert_int_equal(call_unregister(0), SVSM_SUCCESS);
	assert_int_equal(core_call(v0, TIMER(ARM), NULL, NULL),
			 SVSM_ERR_NO_PAGE);
	host_page_vanish(EVENTS(1));
	core_pass(v1);
	assert_int_equal(arm(), SVSM_ERR_LOST);
}

/* "ATTACH and DETACH set both to ~0" */
static void detach_resets_the_page(void **state)
{
	(void)state;
	set_next_event(arch_tsc() + MS);
	assert_true(p1->timer_armed != SVSM_TIMER_NONE);
	assert_int_equal(detach(1), SVSM_SUCCESS);
	assert_true(p1->timer_deadline == SVSM_TIMER_NONE);
	assert_true(p1->timer_armed == SVSM_TIMER_NONE);
	assert_int_equal(call_state(source), 0);
	/* "a host tick with no timer attached is dropped" */
	p1->timer_deadline = arch_tsc();
	assert_false(tick_at(arch_tsc() + MS));
	assert_true(p1->timer_armed == SVSM_TIMER_NONE);
}

static void attach_resets_the_page(void **state)
{
	(void)state;
	assert_int_equal(detach(1), SVSM_SUCCESS);
	p1->timer_deadline = 5;
	p1->timer_armed = 6;
	assert_int_equal(call_attach(1, 7), SVSM_SUCCESS);
	assert_true(p1->timer_deadline == SVSM_TIMER_NONE);
	assert_true(p1->timer_armed == SVSM_TIMER_NONE);
}

/* What the page shows belongs to this attachment. */
static void attach_resets_the_counts(void **state)
{
	u64 d = arch_tsc() + MS;

	(void)state;
	set_next_event(d);
	assert_true(tick_at(d + 9));
	assert_int_equal(detach(1), SVSM_SUCCESS);
	assert_int_equal(p1->timer_expirations, 1);
	assert_int_equal(p1->timer_late_max, 9);
	assert_int_equal(call_attach(1, source), SVSM_SUCCESS);
	assert_int_equal(p1->timer_expirations, 0);
	assert_int_equal(p1->timer_late_max, 0);
	set_next_event(d + MS);
	tick_at(d + MS);
	assert_int_equal(p1->timer_expirations, 1);
	assert_int_equal(p1->timer_late_max, 0);
}

/* A future timer_armed with nothing behind it would end the timer. */
static void detach_attach_works_again(void **state)
{
	u64 d = arch_tsc() + MS;

	(void)state;
	set_next_event(d);
	assert_int_equal(detach(1), SVSM_SUCCESS);
	assert_int_equal(call_attach(1, source), SVSM_SUCCESS);
	page_unmask(p1, source);
	assert_true(set_next_event(d + MS));
	assert_true(h1->armed <= d + MS);
	tick_at(d);
	assert_true(h1->armed == d + MS);
	assert_true(tick_at(d + MS));
}

static void unregister_detaches(void **state)
{
	(void)state;
	set_next_event(arch_tsc() + MS);
	assert_int_equal(call_unregister(1), SVSM_SUCCESS);
	assert_int_equal(call_state(source), 0);
	assert_int_equal(detach(1), SVSM_ERR_INVALID_REQUEST);
	assert_int_equal(call_register(1, EVENTS(1), NV), SVSM_SUCCESS);
	assert_true(p1->timer_armed == SVSM_TIMER_NONE);
	assert_int_equal(arm(), SVSM_ERR_INVALID_REQUEST);
	assert_int_equal(call_attach(1, SVSM_SOURCE_ANY), SVSM_SUCCESS);
}

static void timer_source_is_its_own(void **state)
{
	(void)state;
	assert_int_equal(call_source(IRQ(SOURCE_CLOSE), source),
			 SVSM_ERR_INVALID_REQUEST);
	assert_int_equal(call_bind(source, 0), SVSM_ERR_INVALID_REQUEST);
	assert_int_equal(call_bind(source, 1), SVSM_SUCCESS);
	assert_int_equal(call_source(IRQ(SOURCE_EOI), source),
			 SVSM_ERR_INVALID_REQUEST);
	assert_int_equal(call_state(source), SVSM_SOURCE_STATE_OPEN);
}

/* --- Looks ------------------------------------------------------------------- */

static void expires_by_the_tsc(void **state)
{
	u64 d = arch_tsc() + MS;

	(void)state;
	assert_true(set_next_event(d));
	assert_true(h1->armed == d);
	assert_true(p1->timer_armed == d);
	assert_true(tick_at(d));
	assert_true(p1->timer_deadline == SVSM_TIMER_NONE);
	/* What is armed now repeats the notification. */
	assert_true(p1->timer_armed == d + 1000 * MS);
	assert_int_equal(p1->timer_expirations, 1);
	assert_int_equal(p1->timer_late_max, 0);
	assert_int_equal(call_counter(1, SVSM_COUNTER_EXPIRED), 1);
	assert_false(tick_at(d + 1));
	assert_int_equal(p1->timer_expirations, 1);
}

static void expiry_notifies(void **state)
{
	u64 d = arch_tsc() + MS;

	(void)state;
	set_next_event(d);
	host_tsc_set(d);
	assert_int_equal(core_entry_vector(v1), NV);
	assert_int_equal(p1->on, 1);
	assert_int_equal(p1->groups, 1);
}

/* "a host tick that comes early fires nothing" */
static void early_tick(void **state)
{
	u64 d = arch_tsc() + MS;

	(void)state;
	set_next_event(d);
	assert_false(tick_at(d - 1));
	assert_true(h1->armed == d);
	assert_true(p1->timer_armed == d);
	assert_true(p1->timer_deadline == d);
	/* "a look that finds nothing due does not wake a halted guest" */
	assert_int_equal(h1->entry.vector, 0);
	assert_true(tick_at(d));
}

/* "a late one is counted" */
static void late_tick(void **state)
{
	u64 d = arch_tsc() + MS;

	(void)state;
	set_next_event(d);
	assert_true(tick_at(d + 700));
	assert_int_equal(p1->timer_late_max, 700);
	set_next_event(d + MS);
	assert_true(tick_at(d + MS + 300));
	assert_int_equal(p1->timer_late_max, 700);
	assert_int_equal(p1->timer_expirations, 2);
}

/* One dropped tick must not end the timer: a stale timer_armed is the past. */
static void dropped_tick(void **state)
{
	u64 d = arch_tsc() + MS;

	(void)state;
	set_next_event(d);
	host_tsc_set(d + 5 * MS);		/* no look happened */
	assert_true(set_next_event(d + 6 * MS));
	assert_true(h1->armed == d + 6 * MS);
	assert_true(p1->timer_armed == d + 6 * MS);
	assert_true(tick_at(d + 6 * MS));
}

/* The same, found by a look for another reason. */
static void dropped_tick_other_look(void **state)
{
	u64 d = arch_tsc() + MS;

	(void)state;
	set_next_event(d);
	assert_true(tick_at(d + 5 * MS));
	assert_int_equal(p1->timer_late_max, 5 * MS);
}

/* "no call": an earlier look will find the deadline. */
static void earlier_look_serves(void **state)
{
	u64 now = arch_tsc();

	(void)state;
	assert_true(set_next_event(now + MS));
	assert_false(set_next_event(now + 3 * MS));
	assert_false(tick_at(now + MS));
	assert_true(h1->armed == now + 3 * MS);
	assert_true(tick_at(now + 3 * MS));
}

static void sooner_deadline_calls(void **state)
{
	u64 now = arch_tsc();

	(void)state;
	assert_true(set_next_event(now + 3 * MS));
	assert_true(set_next_event(now + MS));
	assert_true(h1->armed == now + MS);
	assert_true(tick_at(now + MS));
}

/* A call that changes nothing moves no timer. */
static void calls_arm_lazily(void **state)
{
	u64 now = arch_tsc();
	u32 arms;

	(void)state;
	set_next_event(now + 10 * MS);
	arm();
	arms = h1->arms;
	p1->timer_deadline = now + 20 * MS;
	assert_int_equal(arm(), SVSM_SUCCESS);
	assert_int_equal(h1->arms, arms);
	assert_true(p1->timer_armed == now + 10 * MS);
}

static void past_deadline_expires_at_once(void **state)
{
	(void)state;
	p1->timer_deadline = arch_tsc() - 5;
	assert_int_equal(arm(), SVSM_SUCCESS);
	assert_true(page_pir(p1, source));
	assert_int_equal(p1->timer_expirations, 1);
	p1->timer_deadline = 0;
	assert_int_equal(arm(), SVSM_SUCCESS);
	assert_int_equal(p1->timer_expirations, 2);
}

static void no_deadline_arms_nothing(void **state)
{
	(void)state;
	core_pass(v1);
	arm();
	assert_int_equal(h1->arms, 0);
	assert_true(p1->timer_armed == SVSM_TIMER_NONE);
	/* Compares are without wrap: the largest deadline is just far away. */
	p1->timer_deadline = SVSM_TIMER_NONE - 1;
	arm();
	assert_false(page_pir(p1, source));
	assert_true(p1->timer_armed == SVSM_TIMER_NONE - 1);
}

/* The guest's word for what the SVSM armed is nothing to it. */
static void forged_armed_is_ignored(void **state)
{
	u64 d = arch_tsc() + MS;

	(void)state;
	p1->timer_deadline = d;
	p1->timer_armed = 1;
	p1->timer_expirations = 77;
	arm();
	assert_true(p1->timer_armed == d);
	assert_true(tick_at(d));
	assert_int_equal(p1->timer_expirations, 1);
}

/* ARM looks at the caller's page, whoever's deadline is due. */
static void arm_is_for_the_caller(void **state)
{
	(void)state;
	assert_int_equal(call_register(0, EVENTS(0), NV), SVSM_SUCCESS);
	assert_int_equal(call_attach(0, SVSM_SOURCE_ANY), SVSM_SUCCESS);
	p1->timer_deadline = 1;
	assert_int_equal(core_call(v0, TIMER(ARM), NULL, NULL), SVSM_SUCCESS);
	assert_int_equal(p1->timer_expirations, 0);
	assert_true(p1->timer_deadline == 1);
}

/* An unacknowledged notification and a deadline share one host timer. */
static void repeat_and_deadline(void **state)
{
	u64 now = arch_tsc();

	(void)state;
	assert_int_equal(call_open(9, SVSM_TRIGGER_EDGE, 1), SVSM_SUCCESS);
	page_unmask(p1, 9);
	call_source(IRQ(SOURCE_RAISE), 9);
	p1->timer_deadline = now + 5000 * MS;
	core_pass(v1);
	assert_true(h1->armed <= now + 1000 * MS);
	assert_true(p1->timer_armed == h1->armed);
	/* Acknowledged; the tick still comes, and goes on to the deadline. */
	p1->on = 0;
	p1->pir[0] = 0;
	assert_false(tick_at(h1->armed));
	assert_true(h1->armed == now + 5000 * MS);
	p1->timer_deadline = arch_tsc() + MS;
	arm();
	assert_true(h1->armed == arch_tsc() + MS);
}

/* A deadline between does not put the repeat off. */
static void repeat_keeps_its_time(void **state)
{
	u64 now = arch_tsc();

	(void)state;
	page_mask(p1, source);
	p1->on = SVSM_EVENT_ON;
	core_pass(v1);
	assert_true(h1->armed == now + 1000 * MS);
	p1->timer_deadline = now + 500 * MS;
	arm();
	host_tsc_set(now + 500 * MS);
	assert_int_equal(core_entry_vector(v1), NV);
	assert_int_equal(p1->timer_expirations, 1);
	assert_true(h1->armed == now + 1000 * MS);
}

static void set_deadline(void *ctx)
{
	p1->timer_deadline = *(u64 *)ctx;
}

/* The guest sets a new deadline while the old one is being expired. */
static void deadline_changes_while_looking(void **state)
{
	u64 now = arch_tsc(), later = now + MS;
	u64 passed = now - 1;

	(void)state;
	/* Read, then compare-and-exchange: just before the second. */
	p1->timer_deadline = now - 2;
	host_at(2, set_deadline, &later);
	core_pass(v1);
	assert_int_equal(p1->timer_expirations, 0);
	assert_false(page_pir(p1, source));
	assert_true(p1->timer_deadline == later);
	assert_true(h1->armed == later);
	assert_true(p1->timer_armed == later);
	assert_true(tick_at(later));
	/* One that has passed too: the next look has it. */
	p1->timer_deadline = passed - 1;
	host_at(2, set_deadline, &passed);
	core_pass(v1);
	assert_int_equal(p1->timer_expirations, 1);
	assert_true(h1->armed == passed);
	core_pass(v1);
	assert_int_equal(p1->timer_expirations, 2);
}

static void masked_expiry_is_kept(void **state)
{
	u64 d = arch_tsc() + MS;

	(void)state;
	page_mask(p1, source);
	set_next_event(d);
	host_tsc_set(d);
	core_pass(v1);
	assert_int_equal(p1->on, 0);
	assert_true(page_pir(p1, source));
	assert_true(page_unmask(p1, source));
}

static void page_returns(void *ctx)
{
	(void)ctx;
	host_page_return(EVENTS(1));
}

static void lost_page(void **state)
{
	u64 d = arch_tsc() + MS, i;

	(void)state;
	for (i = 1; i < 12; i++) {
		setup(NULL);
		p1->timer_deadline = d;
		host_tsc_set(d);
		host_vanish_at(i);
		/* Back at once: it must not be touched for all that. */
		host_at(i + 1, page_returns, NULL);
		core_pass(v1);
		host_vanish_at(0);
		host_at(0, NULL, NULL);
		if (event_page_state(v1) == EVENT_PAGE_ACTIVE)
			break;
		assert_int_equal(event_page_state(v1), EVENT_PAGE_LOST);
		assert_int_equal(arm(), SVSM_ERR_LOST);
		assert_int_equal(call_register(1, SPARE(1), NV), SVSM_SUCCESS);
		/* Registered anew, without a timer. */
		assert_int_equal(arm(), SVSM_ERR_INVALID_REQUEST);
		assert_int_equal(call_attach(1, source), SVSM_SUCCESS);
	}
	assert_true(i > 5);
}

static void lost_while_detaching(void **state)
{
	(void)state;
	host_vanish_at(2);		/* the first access is the block's */
	host_at(3, page_returns, NULL);
	assert_int_equal(detach(1), SVSM_SUCCESS);
	assert_int_equal(event_page_state(v1), EVENT_PAGE_LOST);
	assert_int_equal(call_state(source), 0);
}

static void query(void **state)
{
	struct guest_call out;

	(void)state;
	assert_int_equal(core_call(v0, TIMER(QUERY), NULL, &out),
			 SVSM_SUCCESS);
	assert_int_equal(out.rcx, 0);
	assert_int_equal(out.rdx, 1000000);
}

/*
 * Random deadlines, ticks that are dropped, early or late: each deadline that
 * stood long enough expires, none expires early or twice.
 */
static void random_hosts(void **state)
{
	u64 d, next, now, count = 0;
	u32 round, looks;

	(void)state;
	srand(1);
	for (round = 0; round < 2000; round++) {
		now = arch_tsc();
		d = now + 1 + (u64)rand() % (3 * MS);
		set_next_event(d);
		if (rand() % 4 == 0) {
			/* Moved before it came. */
			d = now + 1 + (u64)rand() % (3 * MS);
			set_next_event(d);
		}
		for (looks = 0; page_pir(p1, source) == 0; looks++) {
			assert_true(looks < 10);
			next = p1->timer_armed;
			assert_true(next != SVSM_TIMER_NONE);
			switch (rand() % 3) {
			case 0:
				next -= (u64)rand() % 1000;
				break;
			case 1:
				next += (u64)rand() % MS;
				break;
			}
			if (next < arch_tsc())
				next = arch_tsc();
			host_tsc_set(next);
			core_pass(v1);
			assert_true(page_pir(p1, source) == (next >= d));
		}
		assert_int_equal(p1->timer_expirations, ++count);
		p1->pir[0] = 0;
		p1->groups = 0;
		p1->on = 0;
	}
}

#define T(name)	cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(attach_takes_group_0),
		T(attach_group_0_full),
		T(attach_errors),
		T(detach_resets_the_page),
		T(attach_resets_the_page),
		T(attach_resets_the_counts),
		T(detach_attach_works_again),
		T(unregister_detaches),
		T(timer_source_is_its_own),
		T(expires_by_the_tsc),
		T(expiry_notifies),
		T(early_tick),
		T(late_tick),
		T(dropped_tick),
		T(dropped_tick_other_look),
		T(earlier_look_serves),
		T(sooner_deadline_calls),
		T(calls_arm_lazily),
		T(past_deadline_expires_at_once),
		T(no_deadline_arms_nothing),
		T(forged_armed_is_ignored),
		T(arm_is_for_the_caller),
		T(repeat_and_deadline),
		T(masked_expiry_is_kept),
		T(repeat_keeps_its_time),
		T(deadline_changes_while_looking),
		T(lost_page),
		T(lost_while_detaching),
		T(query),
		T(random_hosts),
	};

	return cmocka_run_group_tests_name("timer", tests, NULL, NULL);
}
