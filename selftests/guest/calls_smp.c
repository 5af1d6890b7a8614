// SPDX-License-Identifier: MIT
/*
 * Two vCPUs: the second one's start and end, sources that go from one to the
 * other, notifications that reach it (abi.rst: CALL-8, CORE-4, CORE-5, BAD-5,
 * MOVE-*, NOTIFY-6).
 */
#include "level.h"
#include "svsm.h"

#define EDGE		SVSM_TRIGGER_EDGE
#define OPEN		SVSM_SOURCE_STATE_OPEN
#define LATCHED		SVSM_SOURCE_STATE_LATCHED
#define PENDING		SVSM_SOURCE_STATE_PENDING
#define SOURCE		70
#define MOVED		130
#define LEVEL_SOURCE	131
#define MASKED		132
#define WORD(source)	((source) / 64)
#define BIT_OF(source)	BIT((source) % 64)

static struct svsm_event_page mine __attribute__((aligned(4096)));
static struct svsm_event_page its __attribute__((aligned(4096)));
static struct svsm_event_page spare __attribute__((aligned(4096)));

static u64 result;			/* of what the second vCPU did */
static volatile bool waiting;
static u64 deadline;

static void must(u64 ret, const char *what)
{
	if (ret)
		guest_fail(what);
}

static u64 raise(u32 source)
{
	return svsm_source(SVSM_IRQ_SOURCE_RAISE, source);
}

static u64 delete(const u8 *state)
{
	return svsm_call(SVSM_PROTO_CORE, CORE_DELETE_VCPU, (u64)state, 0, 0, 0);
}

/* --- What the second vCPU does -------------------------------------------- */

static void nothing(void)
{
}

/* Calls of the library go by this vCPU's calling area meanwhile. */
static void as_itself(void (*fn)(void))
{
	u8 *area = svsm_area;

	svsm_area = svsm_ap_area;
	fn();
	svsm_area = area;
}

static void query(void)
{
	result = svsm_irq(SVSM_IRQ_QUERY, NULL);
}

static void register_self(void)
{
	result = svsm_page_register(&its, SVSM_APIC_ID_SELF, NV);
}

static void register_other(void)
{
	result = svsm_page_register(&mine, svsm_self, 0);
}

static void arm(void)
{
	deadline = svsm_tsc() + its.tsc_khz * 20ULL;
	its.timer_deadline = deadline;
	result = svsm_arm();
}

static void ap_query(void)
{
	as_itself(query);
}

static void ap_register_self(void)
{
	as_itself(register_self);
}

static void ap_register_other(void)
{
	as_itself(register_other);
}

static void ap_arm(void)
{
	as_itself(arm);
}

static void ap_apic_on(void)
{
	svsm_irq_on(&its);
}

static bool taken(void)
{
	waiting = true;
	return svsm_taken[SOURCE] || svsm_taken[MOVED] || svsm_taken[0];
}

/* No exit, no call: what comes, comes by itself. */
static void ap_spin(void)
{
	result = svsm_wait(taken);
}

/* The interrupt that ends a halt is taken before the next instruction. */
static void ap_halt(void)
{
	waiting = true;
	while (!svsm_taken[SOURCE])
		asm volatile("sti; hlt; cli" : : : "memory");
}

static void ap_window(void)
{
	svsm_window();
}

/* --- Tests ---------------------------------------------------------------- */

#define BEFORE_ROWS	5

static void before(void)
{
	svsm_is(svsm_page_register(&its, svsm_other, NV), SVSM_ERR_NO_VCPU,
		"CALL-8: PAGE_REGISTER for a vCPU without a guest");
	svsm_is(svsm_open(SOURCE, EDGE, svsm_other), SVSM_ERR_NO_VCPU,
		"CALL-8: SOURCE_OPEN");
	must(svsm_open(SOURCE, EDGE, svsm_self), "SOURCE_OPEN");
	svsm_is(svsm_bind(SOURCE, svsm_other), SVSM_ERR_NO_VCPU,
		"CALL-8: SOURCE_BIND");
	svsm_is(svsm_attach(svsm_other, 0), SVSM_ERR_NO_VCPU, "CALL-8: ATTACH");
	svsm_is(svsm_open_host(71, EDGE, 40, svsm_other), SVSM_SUCCESS,
		"CALL-8: but the host may post to it");
	must(svsm_reset(), "RESET");
}

#define START_ROWS	18

static void start(void)
{
	u64 state = (u64)svsm_ap_state, area = (u64)svsm_ap_area;
	static const u64 refused = SVSM_ERR_INVALID_REQUEST;

	svsm_is(svsm_ap_create(), SVSM_SUCCESS, "CREATE_VCPU");
	svsm_is(svsm_call(SVSM_PROTO_CORE, CORE_CREATE_VCPU, state, area,
			  svsm_other, 0), refused, "CORE-4: not twice");
	svsm_is(svsm_page_register(svsm_ap_state, svsm_other, 0), refused,
		"BAD-5: its register state as event page");
	svsm_is(svsm_page_register(svsm_ap_area, svsm_other, 0), refused,
		"BAD-5: its calling area");
	svsm_is(svsm_page_register(svsm_ap_area, svsm_self, 0), refused,
		"BAD-5: also for another vCPU");
	svsm_is(svsm_call(SVSM_PROTO_CORE, CORE_REMAP_CA, state, 0, 0, 0), refused,
		"BAD-5: REMAP_CA onto its register state");
	svsm_is(svsm_call(SVSM_PROTO_CORE, CORE_REMAP_CA, area, 0, 0, 0), refused,
		"BAD-5: REMAP_CA onto its calling area");
	svsm_is(svsm_pvalidate(state), refused, "BAD-5: rescind its register state");
	svsm_is(svsm_pvalidate(state | LIST_VALIDATE), refused, "BAD-5: validate it");
	svsm_is(svsm_pvalidate(area), refused, "BAD-5: rescind its calling area");
	svsm_is(svsm_block_at(SVSM_PROTO_IRQ, SVSM_IRQ_QUERY, state + 0x700),
		SVSM_ERR_INVALID_ADDRESS, "BAD-2: block in its register state");
	svsm_is(svsm_block_at(SVSM_PROTO_CORE, CORE_PVALIDATE, state + 0x700),
		SVSM_ERR_INVALID_ADDRESS, "CORE-2: list in its register state");

	guest_ok(svsm_ap_host(AP_CREATE, svsm_ap_state), "the host starts it");
	svsm_ap_run(nothing);
	guest_ok(true, "it runs");
	result = ~0ULL;
	svsm_ap_run(ap_query);
	svsm_is(result, SVSM_SUCCESS, "and calls by its own calling area");
	svsm_is(delete(svsm_ap_state), SVSM_ERR_BUSY, "CORE-5: DELETE_VCPU while it runs");
	svsm_ap_run(nothing);
	guest_ok(true, "which runs on");
	svsm_ap_run(ap_query);
	svsm_is(result, SVSM_SUCCESS, "and calls");
}

#define PAGES_ROWS	9

static void pages(void)
{
	svsm_ap_run(ap_register_self);
	guest_ok(!result && its.apic_id == svsm_other && its.vector == NV,
		 "IRQ-1a: the second vCPU registers its page");
	svsm_is(svsm_page_register(&its, svsm_self, 0), SVSM_ERR_INVALID_REQUEST,
		"BAD-5: the same page for another vCPU");
	svsm_is(its.apic_id, svsm_other, "which changes nothing");
	svsm_is(svsm_page_register(&spare, svsm_other, NV), SVSM_ERR_IN_USE,
		"IRQ-1d: another page for the second vCPU");
	svsm_ap_run(ap_register_other);
	guest_ok(!result && mine.apic_id == svsm_self,
		 "IRQ-1a: the second one registers a page for the first one");
	svsm_is(svsm_page_register(&its, svsm_other, OTHER_NV), SVSM_SUCCESS,
		"IRQ-1b: the first one changes the second one's vector");
	guest_ok(its.vector == OTHER_NV && !mine.vector, "of that page only");
	svsm_is(svsm_page_unregister(svsm_other), SVSM_SUCCESS,
		"IRQ-2: and ends its registration");
	svsm_is(svsm_page_register(&its, svsm_other, NV), SVSM_SUCCESS,
		"and makes another one");
}

/*
 * Has the second vCPU wait for interrupts. Until svsm_ap_wait() the GHCB page
 * belongs to its handler: nothing is to be printed.
 */
static void wait_there(void (*how)(void))
{
	u32 i;

	waiting = false;
	result = false;
	svsm_ap_start(how);
	while (!waiting && !svsm_ap_done())
		rt_hv_features();
	/* Time to get from there into its halt. */
	for (i = 0; i < 100; i++)
		rt_hv_features();
}

#define NOTIFY_ROWS	9

static void notifications(void)
{
	svsm_ap_run(ap_apic_on);
	must(svsm_open(SOURCE, EDGE, svsm_other), "SOURCE_OPEN");
	must(raise(SOURCE), "RAISE");
	svsm_ap_run(ap_window);
	svsm_is(guest_irqs[NV], 0, "RAISE-2: a masked source notifies nobody");
	its.pir[WORD(SOURCE)] = 0;
	svsm_unmask(&its, SOURCE);

	wait_there(ap_spin);
	must(raise(SOURCE), "RAISE");
	svsm_ap_wait();
	guest_ok(result, "NOTIFY-6: a raise reaches another vCPU that runs");
	svsm_is(guest_irqs[NV], 1, "NOTIFY-1: by one interrupt");
	svsm_is(svsm_taken[SOURCE], 1, "TAKE-3: of one source");
	guest_ok(!its.on && !its.groups && !its.pir[WORD(SOURCE)],
		 "its page is empty again");

	svsm_taken[SOURCE] = 0;
	wait_there(ap_halt);
	must(raise(SOURCE), "RAISE");
	svsm_ap_wait();
	guest_ok(svsm_taken[SOURCE] == 1 && guest_irqs[NV] == 2,
		 "NOTIFY-6: and one that is halted");
	svsm_taken[SOURCE] = 0;
	svsm_ap_run(ap_query);
	svsm_ap_run(ap_window);
	svsm_is(guest_irqs[NV], 2, "NOTIFY-1: nothing comes twice");
	svsm_is(svsm_counter(svsm_other, SVSM_COUNTER_NOTIFIED), 2,
		"its counter of notifications");
	svsm_is(svsm_counter(svsm_self, SVSM_COUNTER_NOTIFIED), 0,
		"the first one has had none");
}

#define MOVE_ROWS	14

static void moves(void)
{
	u64 bound;

	/* Pending and masked here, unmasked there: MOVE-2. */
	must(svsm_open(MOVED, EDGE, svsm_self) ||
	     svsm_open(LEVEL_SOURCE, SVSM_TRIGGER_LEVEL, svsm_self) ||
	     svsm_open(MASKED, EDGE, svsm_self), "SOURCE_OPEN");
	must(raise(MOVED) || raise(LEVEL_SOURCE), "RAISE");
	svsm_unmask(&its, MOVED);
	svsm_is(mine.pir[2], BIT_OF(MOVED) | BIT_OF(LEVEL_SOURCE),
		"two sources pend here");
	wait_there(ap_spin);
	bound = svsm_bind(MOVED, svsm_other);
	svsm_ap_wait();
	svsm_is(bound, SVSM_SUCCESS, "BIND of a pending one");
	guest_ok(result && svsm_taken[MOVED] == 1,
		 "MOVE-3: it is raised, notified and taken there");
	svsm_is(mine.pir[2], BIT_OF(LEVEL_SOURCE), "MOVE-4: it is gone here");
	svsm_taken[MOVED] = 0;
	wait_there(ap_spin);
	must(raise(MOVED), "RAISE");
	svsm_ap_wait();
	svsm_is(mine.pir[2], BIT_OF(LEVEL_SOURCE), "MOVE-4: for good");
	svsm_is(svsm_taken[MOVED], 1, "MOVE-4: the next raise goes there");

	svsm_is(svsm_bind(LEVEL_SOURCE, svsm_other), SVSM_SUCCESS,
		"BIND of a level one in service");
	guest_ok(!mine.pir[2] && !mine.level[2] &&
		 its.pir[2] == BIT_OF(LEVEL_SOURCE) &&
		 its.level[2] == BIT_OF(LEVEL_SOURCE) && !its.groups,
		 "MOVE-3: its pir and level bits move, masked");
	svsm_is(svsm_state(LEVEL_SOURCE), OPEN | PENDING |
		SVSM_SOURCE_STATE_IN_SERVICE, "it is in service still");
	svsm_is(svsm_bind(MASKED, svsm_other), SVSM_SUCCESS, "BIND of an idle one");
	svsm_is(its.pir[2], BIT_OF(LEVEL_SOURCE), "MOVE-3: raises nothing");

	must(svsm_page_unregister(svsm_self), "PAGE_UNREGISTER");
	guest_ok(!svsm_bind(LEVEL_SOURCE, svsm_self) && !its.pir[2] &&
		 !its.level[2], "BIND to a vCPU without a page");
	svsm_is(svsm_state(LEVEL_SOURCE), OPEN | LATCHED |
		SVSM_SOURCE_STATE_IN_SERVICE, "MOVE-3: it latches");
	guest_ok(!svsm_bind(LEVEL_SOURCE, svsm_other) &&
		 its.pir[2] == BIT_OF(LEVEL_SOURCE),
		 "MOVE-3: and goes back from its latch");
	must(svsm_page_register(&mine, svsm_self, 0), "PAGE_REGISTER");
}

#define TIMER_ROWS	8

static void timer(void)
{
	svsm_taken[SOURCE] = svsm_taken[MOVED] = 0;
	svsm_is(svsm_attach(svsm_other, 0), SVSM_SUCCESS,
		"ATTACH for another vCPU");
	svsm_is(svsm_arm(), SVSM_ERR_INVALID_REQUEST,
		"TIMER-C2: which gives the caller none");
	svsm_is(svsm_bind(0, svsm_self), SVSM_ERR_INVALID_REQUEST,
		"IRQ-5: a timer's source stays with its vCPU");
	svsm_is(svsm_bind(0, svsm_other), SVSM_SUCCESS, "IRQ-5: it is bound there");
	svsm_unmask(&its, 0);
	svsm_ap_run(ap_arm);
	svsm_is(result, SVSM_SUCCESS, "ARM there");
	wait_there(ap_spin);
	svsm_ap_wait();
	guest_ok(result && svsm_taken[0] == 1 && svsm_taken_tsc >= deadline &&
		 its.timer_expirations == 1, "TIMER-3: comes there, once, in time");
	svsm_is(svsm_counter(svsm_other, SVSM_COUNTER_EXPIRED), 1,
		"counted there");
	guest_ok(!svsm_detach(svsm_other) && its.timer_deadline == ~0ULL &&
		 its.timer_armed == ~0ULL, "DETACH from here");
}

/* The host stops a vCPU at its leisure; until then it runs. */
static u64 delete_when_stopped(const u8 *state)
{
	u32 tries;
	u64 ret;

	for (tries = 0; tries < 100000; tries++) {
		ret = delete(state);
		if (ret != SVSM_ERR_BUSY)
			break;
	}
	return ret;
}

#define END_ROWS	14

static void end(void)
{
	must(svsm_attach(svsm_other, 0), "TIMER ATTACH");
	must(svsm_open(200, EDGE, svsm_self), "SOURCE_OPEN");
	guest_ok(svsm_ap_host(AP_DESTROY, svsm_ap_state), "the host stops it");
	svsm_is(delete_when_stopped(svsm_ap_state), SVSM_SUCCESS,
		"CORE-5: DELETE_VCPU");
	svsm_is(delete(svsm_ap_state), SVSM_ERR_INVALID_PARAMETER,
		"CORE-5: not twice");
	svsm_ap_state[0] = 0x5A;
	svsm_is(svsm_ap_state[0], 0x5A, "its register state is the guest's again");
	svsm_is(svsm_state(SOURCE) | svsm_state(MOVED) | svsm_state(0), 0,
		"CORE-5: its sources are closed");
	svsm_is(svsm_state(200), OPEN, "CORE-5: others are not");
	svsm_is(svsm_page_unregister(svsm_other), SVSM_ERR_NO_VCPU,
		"CALL-8: it has no guest");
	svsm_is(svsm_page_unregister(svsm_self), SVSM_SUCCESS,
		"CORE-5: the first one's page was left alone");
	svsm_is(svsm_pvalidate((u64)&its), SVSM_SUCCESS,
		"CORE-5: its page is registered no more");
	svsm_is(svsm_pvalidate((u64)&its | LIST_VALIDATE), SVSM_SUCCESS,
		"and can be validated again");

	/* Once more, and RESET takes all of it at once. */
	guest_ok(!svsm_ap_create() && svsm_ap_host(AP_CREATE, svsm_ap_state),
		 "CREATE_VCPU again");
	svsm_ap_run(ap_register_self);
	svsm_is(result, SVSM_SUCCESS, "it registers its page again");
	svsm_is(svsm_reset(), SVSM_SUCCESS, "RESET by the first one");
	svsm_is(svsm_page_unregister(svsm_other), SVSM_ERR_NO_PAGE,
		"IRQ-9: is one of all vCPUs");
}

/** guest_main() - see the top of this file */
void guest_main(void)
{
	guest_init();
	guest_plan(BEFORE_ROWS + START_ROWS + PAGES_ROWS + NOTIFY_ROWS +
		   MOVE_ROWS + TIMER_ROWS + END_ROWS);
	before();
	start();
	pages();
	notifications();
	moves();
	timer();
	end();
}
