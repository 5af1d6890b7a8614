// SPDX-License-Identifier: MIT
/*
 * Raisers against takers, with moves, masks, dropped notifications and pages
 * that come and go: no edge is lost. The SVSM's half is the real core, the
 * guest's half is core.c. Also built for the thread sanitizer, which then
 * watches the core's own locks.
 */
#include <pthread.h>
#include <sched.h>

#include <svsm/dispatch.h>

#include "core.h"

#define RAISERS		2
#define TAKERS		2
#define SOURCES		6U
#define RAISES		8000U
/* Passes of a taker after all is done, before it gives up. */
#define PATIENCE	100000U
/* Looks of a raiser for its edge, before it calls it lost. */
#define LOST		20000000U

/* vCPUs: takers 0 and 1 have pages; then the raisers; then who changes. */
#define CHANGER		(TAKERS + RAISERS)

/* Two groups, among others the last one */
static const u32 number[SOURCES] = { 64, 65, 127, 960, 1000, 1023 };

/* What the device has done, and what its handler has seen of it. */
static u64 device[SOURCES], seen[SOURCES];
static u32 raising;
static bool finished;

/* The guest's lock that keeps a page in use while its taker runs. */
static pthread_mutex_t using[TAKERS] = {
	PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
};
static struct taker taker[TAKERS];
static bool online[TAKERS];

static u32 random_next(u32 *seed)
{
	*seed = *seed * 1664525U + 1013904223U;
	return *seed >> 8;
}

/* The block goes to the caller's own calling area. */
static u32 guest_calls(struct vcpu *vcpu, u64 fn, const union svsm_block *block)
{
	u64 gpa = host_vcpu(vcpu)->calling_area + 8;
	struct guest_call call = { .rax = fn, .rcx = gpa };

	memcpy(host_ram(gpa), block, sizeof(*block));
	svsm_dispatch(vcpu, &call);
	return (u32)call.rax;
}

static void handle(void *ctx, u32 source)
{
	u64 now, old;
	u32 i;

	(void)ctx;
	for (i = 0; number[i] != source; i++)
		;
	now = __atomic_load_n(&device[i], __ATOMIC_RELAXED);
	old = __atomic_load_n(&seen[i], __ATOMIC_RELAXED);
	/* Two handlers of one source can run at a time: keep the later. */
	while (old < now &&
	       !__atomic_compare_exchange_n(&seen[i], &old, now, false,
					    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

/* The guest runs: it sees the vector, or the host has dropped it. */
static enum guest_exit guest(struct vcpu *vcpu, const struct guest_entry *entry,
			     struct guest_call *call, void *ctx)
{
	u32 *seed = ctx, index = vcpu->index;

	(void)call;
	pthread_mutex_lock(&using[index]);
	if (entry->vector && online[index] && random_next(seed) % 3)
		taker_take(&taker[index], 1 + random_next(seed) % 3);
	pthread_mutex_unlock(&using[index]);
	return GUEST_EXIT_EVENT;
}

static bool quiet(u32 index)
{
	struct svsm_event_page *page = taker[index].page;

	return __atomic_load_n(&finished, __ATOMIC_SEQ_CST) &&
	       !__atomic_load_n(&page->on, __ATOMIC_SEQ_CST) &&
	       !__atomic_load_n(&page->groups, __ATOMIC_SEQ_CST);
}

static void *take(void *arg)
{
	struct vcpu *vcpu = arg;
	u32 seed = vcpu->index + 100, patience = PATIENCE;

	host_this_is(vcpu);
	host_vcpu(vcpu)->ctx = &seed;
	host_vcpu(vcpu)->guest = guest;
	while (!quiet(vcpu->index) && patience) {
		svsm_vcpu_pass(vcpu);
		if (__atomic_load_n(&finished, __ATOMIC_SEQ_CST))
			patience--;
		else
			sched_yield();
	}
	return NULL;
}

/* Without it a later edge would hide that this one was lost. */
static void wait_until_seen(u32 s, u64 count)
{
	u32 i;

	for (i = 0; __atomic_load_n(&seen[s], __ATOMIC_RELAXED) < count; i++) {
		if (i == LOST)
			abort();
		sched_yield();
	}
}

static void *raise_edges(void *arg)
{
	struct vcpu *vcpu = arg;
	u32 seed = vcpu->index, i, s;
	union svsm_block block = { .raw = { 0 } };
	u64 count;

	host_this_is(vcpu);
	for (i = 0; i < RAISES; i++) {
		s = random_next(&seed) % SOURCES;
		count = __atomic_add_fetch(&device[s], 1, __ATOMIC_RELAXED);
		block.source.source = number[s];
		if (guest_calls(vcpu, IRQ(SOURCE_RAISE), &block))
			abort();
		if (random_next(&seed) % 2)
			wait_until_seen(s, count);
	}
	__atomic_fetch_sub(&raising, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

/* --- What the guest's kernel does, one thing at a time -------------------- */

struct kernel {
	struct vcpu *vcpu;
	u32 where[SOURCES];
	bool masked[SOURCES];
	u32 seed;
};

static void move(struct kernel *k, u32 s)
{
	union svsm_block block = { .bind.source = number[s] };
	u32 to = (k->where[s] + 1) % TAKERS;

	/* "first copies its mask bit to the new page, then BIND" */
	if (online[to]) {
		if (k->masked[s])
			page_mask(taker[to].page, number[s]);
		else
			page_unmask(taker[to].page, number[s]);
	}
	block.bind.apic_id = host_apic_id(to);
	if (guest_calls(k->vcpu, IRQ(SOURCE_BIND), &block))
		abort();
	k->where[s] = to;
}

static void toggle_mask(struct kernel *k, u32 s)
{
	k->masked[s] = !k->masked[s];
	if (!online[k->where[s]])
		return;
	if (k->masked[s])
		page_mask(taker[k->where[s]].page, number[s]);
	else
		page_unmask(taker[k->where[s]].page, number[s]);
}

static void go_offline(struct kernel *k, u32 index)
{
	union svsm_block block = { .vcpu.apic_id = host_apic_id(index) };

	pthread_mutex_lock(&using[index]);
	if (guest_calls(k->vcpu, IRQ(PAGE_UNREGISTER), &block))
		abort();
	online[index] = false;
	/* The memory is the guest's again. */
	__atomic_store_n(&taker[index].page->on, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&taker[index].page->groups, 0, __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&using[index]);
}

static void go_online(struct kernel *k, u32 index)
{
	union svsm_block block = { .page_register = {
		.gpa = EVENTS(index),
		.apic_id = host_apic_id(index),
		.vector = NV,
	} };
	u32 s;

	pthread_mutex_lock(&using[index]);
	if (guest_calls(k->vcpu, IRQ(PAGE_REGISTER), &block))
		abort();
	online[index] = true;
	for (s = 0; s < SOURCES; s++) {
		if (k->where[s] == index && !k->masked[s])
			page_unmask(taker[index].page, number[s]);
	}
	pthread_mutex_unlock(&using[index]);
}

static void *change(void *arg)
{
	struct kernel k = { .vcpu = arg, .seed = 7 };
	u32 i, s;

	host_this_is(arg);
	for (s = 0; s < SOURCES; s++)
		k.where[s] = s % TAKERS;
	/* As long as it takes: raisers wait for what is masked or offline. */
	while (__atomic_load_n(&raising, __ATOMIC_SEQ_CST)) {
		s = random_next(&k.seed) % SOURCES;
		switch (random_next(&k.seed) % 8) {
		case 0:
			s %= TAKERS;
			if (online[s])
				go_offline(&k, s);
			else
				go_online(&k, s);
			break;
		case 1:
		case 2:
			toggle_mask(&k, s);
			break;
		default:
			move(&k, s);
			break;
		}
		sched_yield();
	}
	for (i = 0; i < TAKERS; i++) {
		if (!online[i])
			go_online(&k, i);
	}
	for (s = 0; s < SOURCES; s++) {
		if (k.masked[s])
			toggle_mask(&k, s);
	}
	return NULL;
}

static void start(pthread_t *thread, void *(*fn)(void *), u32 index)
{
	assert_int_equal(pthread_create(thread, NULL, fn, svsm_vcpu(index)), 0);
}

static void no_edge_is_lost(void **state)
{
	pthread_t takers[TAKERS], raisers[RAISERS], changer;
	u64 raised = 0;
	u32 i;

	(void)state;
	core_setup(CHANGER + 1);
	for (i = 0; i < TAKERS; i++) {
		taker[i] = (struct taker){
			.page = host_event_page(EVENTS(i)),
			.handle = handle,
		};
		assert_int_equal(call_register(i, EVENTS(i), NV),
				 SVSM_SUCCESS);
		online[i] = true;
	}
	for (i = 0; i < SOURCES; i++) {
		assert_int_equal(call_open(number[i], SVSM_TRIGGER_EDGE,
					   i % TAKERS), SVSM_SUCCESS);
		page_unmask(taker[i % TAKERS].page, number[i]);
	}

	raising = RAISERS;
	for (i = 0; i < TAKERS; i++)
		start(&takers[i], take, i);
	for (i = 0; i < RAISERS; i++)
		start(&raisers[i], raise_edges, TAKERS + i);
	start(&changer, change, CHANGER);

	for (i = 0; i < RAISERS; i++)
		pthread_join(raisers[i], NULL);
	pthread_join(changer, NULL);
	__atomic_store_n(&finished, true, __ATOMIC_SEQ_CST);
	for (i = 0; i < TAKERS; i++)
		pthread_join(takers[i], NULL);

	for (i = 0; i < SOURCES; i++) {
		assert_true(seen[i] == device[i]);
		raised += device[i];
	}
	assert_true(raised == RAISERS * RAISES);
	assert_invariants();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_edge_is_lost),
	};

	return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
