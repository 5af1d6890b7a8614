// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: results of calls, and what every call answers to bad input.
 *
 * The same bad input goes to the played SVSM and to a real one: what the other
 * suites prove with the played one holds because both answer alike.
 */
#include <linux/irqflags.h>

#include "fake_test.h"

KUNIT_ARRAY_PARAM_DESC(peer, svsm_peers, name);

/* --- Result codes --------------------------------------------------------- */

struct answer {
	const char *name;
	u32 answer;
	int ret;
	u32 code;
};

#define ANSWER(suffix, errno)	\
	{ #suffix, SVSM_ERR_##suffix, (errno), SVSM_ERR_##suffix }

static const struct answer answers[] = {
	{ "SUCCESS", SVSM_FAKE_LIE, 0, SVSM_SUCCESS },
	ANSWER(INCOMPLETE, -EAGAIN),
	ANSWER(UNSUPPORTED_PROTOCOL, -EOPNOTSUPP),
	ANSWER(UNSUPPORTED_CALL, -EOPNOTSUPP),
	ANSWER(INVALID_ADDRESS, -EFAULT),
	ANSWER(INVALID_FORMAT, -EINVAL),
	ANSWER(INVALID_PARAMETER, -EINVAL),
	ANSWER(INVALID_REQUEST, -EPERM),
	ANSWER(BUSY, -EAGAIN),
	ANSWER(NO_VCPU, -ENODEV),
	ANSWER(NO_PAGE, -ENXIO),
	ANSWER(VECTOR, -ERANGE),
	ANSWER(IN_USE, -EBUSY),
	ANSWER(NO_DELIVERY, -EOPNOTSUPP),
	ANSWER(LOST, -ESTALE),
	{ "unknown", 0x80001006, -EPROTO, 0x80001006 },
	{ "unknown_low", 0x80000008, -EPROTO, 0x80000008 },
	{ "highest", 0xFFFFFFFF, -EPROTO, 0xFFFFFFFF },
#ifdef SVSM_HAVE_CALL
	{ "below_errors", 0x7FFFFFFF, -EPROTO, 0x7FFFFFFF },
#else
#ifdef SVSM_HAVE_CALL
	{ "below_errors", 0x7FFFFFFF, -EPROTO, 0x7FFFFFFF },
#else
	{ "below_errors", 0x7FFFFFFF, -EIO, 0 },
#endif
#endif
	{ "dropped", SVSM_FAKE_DROPPED, -EIO, 0 },
	{ "late", SVSM_FAKE_LATE, -EIO, 0 },
};

KUNIT_ARRAY_PARAM_DESC(answer, answers, name);

static void call_result(struct kunit *test)
{
	const struct answer *answer = test->param_value;
	union svsm_block block = { .source = { .source = 5 } };
	const union svsm_block copy = block;
	struct svsm_result result;

	svsm_case_play(test);
	memset(&result, 0xFF, sizeof(result));
	svsm_fake_script(SVSM_FAKE_ANY_CALL, 1, answer->answer);
	KUNIT_EXPECT_EQ(test, svsm_issue(IRQ_CALL(SOURCE_QUERY), &block,
					 &result), answer->ret);
	KUNIT_EXPECT_EQ(test, result.code, answer->code);
	if (answer->ret) {
		KUNIT_EXPECT_EQ(test, result.rcx, 0);
		KUNIT_EXPECT_EQ(test, result.rdx, 0);
		KUNIT_EXPECT_EQ(test, result.r8, 0);
	}
	/* Whoever issues the call may write to a copy only. */
	KUNIT_EXPECT_MEMEQ(test, &block, &copy, sizeof(block));
	KUNIT_EXPECT_EQ(test, svsm_fake.irqs_on, 0);

	/* Nobody needs to want the result, or to have a block. */
	svsm_fake_script(SVSM_FAKE_ANY_CALL, 1, answer->answer);
	KUNIT_EXPECT_EQ(test, svsm_issue(IRQ_CALL(RESET), NULL, NULL),
			answer->ret);
	KUNIT_EXPECT_EQ(test, svsm_fake.calls, 2);
}

static void call_values(struct kunit *test)
{
	struct svsm_result result;
	unsigned long flags;

	svsm_case_play(test);
	svsm_fake.features = 0x123456789ABCDEF0;
	KUNIT_ASSERT_EQ(test, svsm_issue(IRQ_CALL(QUERY), NULL, &result), 0);
	KUNIT_EXPECT_EQ(test, result.code, SVSM_SUCCESS);
	KUNIT_EXPECT_EQ(test, result.rcx, 0x123456789ABCDEF0);
	KUNIT_EXPECT_EQ(test, lower_32_bits(result.rdx), SVSM_SOURCES_MAX);
	KUNIT_EXPECT_EQ(test, SVSM_QUERY_BLOCK_SIZE(result.r8),
			SVSM_BLOCK_SIZE);

	/* Interrupts are as they were. */
	KUNIT_EXPECT_FALSE(test, irqs_disabled());
	local_irq_save(flags);
	svsm_issue(IRQ_CALL(QUERY), NULL, &result);
	if (!irqs_disabled())
		KUNIT_FAIL(test, "interrupts are on");
	local_irq_restore(flags);
}

/* --- Bad input ------------------------------------------------------------ */

#define EXPECT_CODE(test, want, id, ...)				\
	KUNIT_EXPECT_EQ(test,						\
			code_of(id, (union svsm_block){ __VA_ARGS__ }),	\
			(u32)(want))

static u32 code_of(u64 id, union svsm_block block)
{
	struct svsm_result result;

	svsm_issue(id, &block, &result);
	return result.code;
}

/* No vCPU has this APIC ID; all ones would be the caller. */
#define NO_APIC_ID	0xFFFFFFFE
/* Not opened by any of these cases. */
#define CLOSED		777

static const u64 calls[] = {
	IRQ_CALL(QUERY), IRQ_CALL(PAGE_REGISTER), IRQ_CALL(PAGE_UNREGISTER),
	IRQ_CALL(SOURCE_OPEN), IRQ_CALL(SOURCE_CLOSE), IRQ_CALL(SOURCE_BIND),
	IRQ_CALL(SOURCE_EOI), IRQ_CALL(SOURCE_RAISE), IRQ_CALL(SOURCE_QUERY),
	IRQ_CALL(RESET), IRQ_CALL(PAGE_QUERY), TIMER_CALL(QUERY),
	TIMER_CALL(ATTACH), TIMER_CALL(ARM), TIMER_CALL(DETACH),
};

/* Unnamed bytes: the last, and the first after the longest. */
static void bad_reserved(struct kunit *test)
{
	unsigned int i;

	svsm_case_start(test);
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		union svsm_block block = { .raw = { [87] = 1 } };

		KUNIT_EXPECT_EQ_MSG(test, code_of(calls[i], block),
				    SVSM_ERR_INVALID_PARAMETER, "call %#llx",
				    calls[i]);
		block = (union svsm_block){ .raw = { [24] = 1 } };
		KUNIT_EXPECT_EQ_MSG(test, code_of(calls[i], block),
				    SVSM_ERR_INVALID_PARAMETER, "call %#llx",
				    calls[i]);
	}
	EXPECT_CODE(test, SVSM_ERR_INVALID_PARAMETER, IRQ_CALL(PAGE_UNREGISTER),
		    .raw = { [4] = 1 });
	EXPECT_CODE(test, SVSM_ERR_INVALID_PARAMETER, IRQ_CALL(SOURCE_RAISE),
		    .raw = { [4] = 1 });
	EXPECT_CODE(test, SVSM_ERR_INVALID_PARAMETER, IRQ_CALL(SOURCE_BIND),
		    .raw = { [8] = 1 });
	EXPECT_CODE(test, SVSM_ERR_INVALID_PARAMETER, TIMER_CALL(ARM),
		    .raw = { [0] = 1 });
	KUNIT_EXPECT_TRUE(test, svsm_case_page()->registered);
}

static void bad_numbers(struct kunit *test)
{
	svsm_case_start(test);
	EXPECT_CODE(test, SVSM_ERR_UNSUPPORTED_PROTOCOL,
		    SVSM_CALL(0x53560000, 0));
	EXPECT_CODE(test, SVSM_ERR_UNSUPPORTED_PROTOCOL,
		    SVSM_CALL(0x53560003, 0));
	EXPECT_CODE(test, SVSM_ERR_UNSUPPORTED_CALL,
		    SVSM_CALL(SVSM_PROTO_IRQ, 11));
	EXPECT_CODE(test, SVSM_ERR_UNSUPPORTED_CALL,
		    SVSM_CALL(SVSM_PROTO_IRQ, U32_MAX));
	EXPECT_CODE(test, SVSM_ERR_UNSUPPORTED_CALL,
		    SVSM_CALL(SVSM_PROTO_TIMER, 4));
	/* Unknown comes before reserved. */
	EXPECT_CODE(test, SVSM_ERR_UNSUPPORTED_CALL,
		    SVSM_CALL(SVSM_PROTO_IRQ, 11), .raw = { [87] = 1 });
}

static void bad_page_register(struct kunit *test)
{
	const u64 id = IRQ_CALL(PAGE_REGISTER);
	struct svsm_page *p;
	u64 gpa;

	svsm_case_start(test);
	p = svsm_case_page();
	gpa = __pa(p->ev);
	EXPECT_CODE(test, SVSM_ERR_INVALID_PARAMETER, id,
		    .page_register = { .gpa = gpa, .flags = 1 });
	EXPECT_CODE(test, SVSM_ERR_INVALID_PARAMETER, id,
		    .page_register = { .gpa = gpa, .reserved = 1 });
	EXPECT_CODE(test, SVSM_ERR_INVALID_PARAMETER, id,
		    .page_register = { .gpa = gpa, .features = BIT_ULL(63) });
	EXPECT_CODE(test, SVSM_ERR_NO_VCPU, id,
		    .page_register = { .gpa = gpa, .apic_id = NO_APIC_ID });
	EXPECT_CODE(test, SVSM_ERR_VECTOR, id,
		    .page_register = { .gpa = gpa, .apic_id = p->apic_id,
				       .vector = 31 });
	EXPECT_CODE(test, SVSM_ERR_VECTOR, id,
		    .page_register = { .gpa = gpa, .apic_id = p->apic_id,
				       .vector = 0x80 });
	EXPECT_CODE(test, SVSM_ERR_IN_USE, id,
		    .page_register = { .gpa = gpa + PAGE_SIZE,
				       .apic_id = p->apic_id });
	EXPECT_CODE(test, SVSM_ERR_IN_USE, id,
		    .page_register = { .gpa = gpa + 8, .apic_id = ~0 });

	/* The address is looked at when there is no page. */
	EXPECT_CODE(test, 0, IRQ_CALL(PAGE_UNREGISTER),
		    .vcpu = { .apic_id = ~0 });
	EXPECT_CODE(test, SVSM_ERR_INVALID_ADDRESS, id,
		    .page_register = { .gpa = gpa + 8, .apic_id = p->apic_id });
	EXPECT_CODE(test, SVSM_ERR_INVALID_ADDRESS, id,
		    .page_register = { .gpa = BIT_ULL(52),
				       .apic_id = p->apic_id });
	EXPECT_CODE(test, SVSM_ERR_INVALID_ADDRESS, id,
		    .page_register = { .gpa = ~0xFFFULL, .apic_id = ~0 });
	EXPECT_CODE(test, SVSM_ERR_NO_PAGE, IRQ_CALL(PAGE_UNREGISTER),
		    .vcpu = { .apic_id = p->apic_id });
	EXPECT_CODE(test, SVSM_ERR_NO_VCPU, IRQ_CALL(PAGE_UNREGISTER),
		    .vcpu = { .apic_id = NO_APIC_ID });
	KUNIT_EXPECT_EQ(test, svsm_page_register(p, p->vector), 0);
}

/* One page for two vCPUs. */
static void bad_page_twice(struct kunit *test)
{
	struct svsm_page *p, *other;

	svsm_case_start(test);
	other = svsm_page_of(svsm_case_other_cpu(test));
	p = svsm_case_page();
	if (!other->registered)
		kunit_skip(test, "one page is registered");
	EXPECT_CODE(test, 0, IRQ_CALL(PAGE_UNREGISTER),
		    .vcpu = { .apic_id = p->apic_id });
	EXPECT_CODE(test, SVSM_ERR_INVALID_REQUEST, IRQ_CALL(PAGE_REGISTER),
		    .page_register = { .gpa = __pa(other->ev),
				       .apic_id = p->apic_id });
	KUNIT_EXPECT_EQ(test, svsm_page_register(p, p->vector), 0);
}

#define OPEN(...)	.open = { .source = CLOSED, .apic_id = ~0, __VA_ARGS__ }

static void bad_source_open(struct kunit *test)
{
	const u64 id = IRQ_CALL(SOURCE_OPEN);
	struct svsm_client *client;
	unsigned int kind;

	svsm_case_start(test);
	client = svsm_case_open(test, 100, SVSM_TRIGGER_EDGE);
	for (kind = 0; kind < 256; kind++) {
		if (kind != SVSM_SOURCE_HOST_VECTOR &&
		    kind != SVSM_SOURCE_SOFTWARE)
			EXPECT_CODE(test, SVSM_ERR_INVALID_PARAMETER, id,
				    OPEN(.kind = kind));
	}
	EXPECT_CODE(test, SVSM_ERR_INVALID_PARAMETER, id,
		    OPEN(.kind = SVSM_SOURCE_SOFTWARE, .trigger = 2));
	EXPECT_CODE(test, SVSM_ERR_INVALID_PARAMETER, id,
		    OPEN(.kind = SVSM_SOURCE_SOFTWARE, .priority = 1));
	EXPECT_CODE(test, SVSM_ERR_INVALID_PARAMETER, id,
		    OPEN(.kind = SVSM_SOURCE_SOFTWARE, .arg = 1));
	EXPECT_CODE(test, SVSM_ERR_INVALID_PARAMETER, id,
		    OPEN(.kind = SVSM_SOURCE_SOFTWARE, .host_vector = 0x40));
	EXPECT_CODE(test, SVSM_ERR_INVALID_PARAMETER, id,
		    OPEN(.kind = SVSM_SOURCE_SOFTWARE, .host_apic_id = 1));
	EXPECT_CODE(test, SVSM_ERR_INVALID_PARAMETER, id,
		    .open = { .kind = SVSM_SOURCE_SOFTWARE, .apic_id = ~0,
			      .source = SVSM_SOURCES_MAX });
	EXPECT_CODE(test, SVSM_ERR_NO_VCPU, id,
		    .open = { .kind = SVSM_SOURCE_SOFTWARE, .source = CLOSED,
			      .apic_id = NO_APIC_ID });
	EXPECT_CODE(test, SVSM_ERR_NO_VCPU, id,
		    OPEN(.kind = SVSM_SOURCE_HOST_VECTOR, .host_vector = 0x40,
			 .host_apic_id = NO_APIC_ID));
	EXPECT_CODE(test, SVSM_ERR_IN_USE, id,
		    .open = { .kind = SVSM_SOURCE_SOFTWARE, .apic_id = ~0,
			      .source = client->source });
	EXPECT_CODE(test, 0, IRQ_CALL(SOURCE_QUERY),
		    .source = { .source = CLOSED });
}

static void bad_host_vector(struct kunit *test)
{
	const u64 id = IRQ_CALL(SOURCE_OPEN);

	svsm_case_start(test);
	EXPECT_CODE(test, SVSM_ERR_VECTOR, id,
		    OPEN(.kind = SVSM_SOURCE_HOST_VECTOR, .host_vector = 30,
			 .host_apic_id = ~0));
	EXPECT_CODE(test, SVSM_ERR_VECTOR, id,
		    OPEN(.kind = SVSM_SOURCE_HOST_VECTOR, .host_vector = 0x80,
			 .host_apic_id = ~0));
	EXPECT_CODE(test, 0, id,
		    OPEN(.kind = SVSM_SOURCE_HOST_VECTOR, .host_vector = 0x70,
			 .host_apic_id = ~0));
	EXPECT_CODE(test, SVSM_ERR_IN_USE, id,
		    .open = { .kind = SVSM_SOURCE_HOST_VECTOR, .apic_id = ~0,
			      .host_vector = 0x70, .host_apic_id = ~0,
			      .source = CLOSED + 1 });
	EXPECT_CODE(test, SVSM_ERR_INVALID_REQUEST, IRQ_CALL(SOURCE_RAISE),
		    .source = { .source = CLOSED });
	EXPECT_CODE(test, 0, IRQ_CALL(SOURCE_CLOSE),
		    .source = { .source = CLOSED });
}

static void bad_source(struct kunit *test)
{
	static const u64 ids[] = {
		IRQ_CALL(SOURCE_CLOSE), IRQ_CALL(SOURCE_EOI),
		IRQ_CALL(SOURCE_RAISE),
	};
	static const u32 sources[] = {
		CLOSED, SVSM_SOURCES_MAX, SVSM_SOURCE_ANY,
	};
	struct svsm_client *edge, *level;
	unsigned int i, j;

	svsm_case_start(test);
	edge = svsm_case_open(test, 100, SVSM_TRIGGER_EDGE);
	level = svsm_case_open(test, 101, SVSM_TRIGGER_LEVEL);
	for (i = 0; i < ARRAY_SIZE(sources); i++) {
		for (j = 0; j < ARRAY_SIZE(ids); j++)
			EXPECT_CODE(test, SVSM_ERR_INVALID_REQUEST, ids[j],
				    .source = { .source = sources[i] });
		EXPECT_CODE(test, SVSM_ERR_INVALID_REQUEST,
			    IRQ_CALL(SOURCE_BIND),
			    .bind = { .source = sources[i], .apic_id = ~0 });
		EXPECT_CODE(test, i ? SVSM_ERR_INVALID_REQUEST : 0,
			    IRQ_CALL(SOURCE_QUERY),
			    .source = { .source = sources[i] });
	}
	EXPECT_CODE(test, SVSM_ERR_NO_VCPU, IRQ_CALL(SOURCE_BIND),
		    .bind = { .source = edge->source, .apic_id = NO_APIC_ID });
	EXPECT_CODE(test, SVSM_ERR_NO_VCPU, IRQ_CALL(SOURCE_BIND),
		    .bind = { .source = CLOSED, .apic_id = NO_APIC_ID });
	EXPECT_CODE(test, 0, IRQ_CALL(SOURCE_BIND),
		    .bind = { .source = edge->source, .apic_id = ~0 });
	/* Only what is in service can be ended, and once. */
	EXPECT_CODE(test, SVSM_ERR_INVALID_REQUEST, IRQ_CALL(SOURCE_EOI),
		    .source = { .source = edge->source });
	EXPECT_CODE(test, SVSM_ERR_INVALID_REQUEST, IRQ_CALL(SOURCE_EOI),
		    .source = { .source = level->source });
	EXPECT_CODE(test, 0, IRQ_CALL(SOURCE_RAISE),
		    .source = { .source = level->source });
	EXPECT_CODE(test, 0, IRQ_CALL(SOURCE_EOI),
		    .source = { .source = level->source });
	EXPECT_CODE(test, SVSM_ERR_INVALID_REQUEST, IRQ_CALL(SOURCE_EOI),
		    .source = { .source = level->source });
}

static void bad_timer(struct kunit *test)
{
	struct svsm_client *timer;
	struct svsm_page *p;

	svsm_case_start(test);
	p = svsm_case_page();
	EXPECT_CODE(test, SVSM_ERR_INVALID_REQUEST, TIMER_CALL(ARM));
	EXPECT_CODE(test, SVSM_ERR_INVALID_REQUEST, TIMER_CALL(DETACH),
		    .vcpu = { .apic_id = p->apic_id });
	EXPECT_CODE(test, SVSM_ERR_NO_VCPU, TIMER_CALL(DETACH),
		    .vcpu = { .apic_id = NO_APIC_ID });
	EXPECT_CODE(test, SVSM_ERR_NO_VCPU, TIMER_CALL(ATTACH),
		    .attach = { .apic_id = NO_APIC_ID, .source = ~0 });
	EXPECT_CODE(test, SVSM_ERR_INVALID_PARAMETER, TIMER_CALL(ATTACH),
		    .attach = { .apic_id = ~0, .source = SVSM_SOURCES_MAX });
	svsm_case_open(test, 100, SVSM_TRIGGER_EDGE);
	EXPECT_CODE(test, SVSM_ERR_IN_USE, TIMER_CALL(ATTACH),
		    .attach = { .apic_id = ~0, .source = 100 });

	timer = svsm_case_timer(test);
	EXPECT_CODE(test, SVSM_ERR_IN_USE, TIMER_CALL(ATTACH),
		    .attach = { .apic_id = ~0, .source = ~0 });
	EXPECT_CODE(test, SVSM_ERR_INVALID_REQUEST, IRQ_CALL(SOURCE_CLOSE),
		    .source = { .source = timer->source });
	EXPECT_CODE(test, SVSM_ERR_INVALID_REQUEST, IRQ_CALL(SOURCE_RAISE),
		    .source = { .source = timer->source });
	EXPECT_CODE(test, 0, IRQ_CALL(SOURCE_BIND),
		    .bind = { .source = timer->source, .apic_id = ~0 });
	EXPECT_CODE(test, 0, TIMER_CALL(ARM));
	svsm_case_close(timer);

	EXPECT_CODE(test, 0, IRQ_CALL(PAGE_UNREGISTER),
		    .vcpu = { .apic_id = p->apic_id });
	EXPECT_CODE(test, SVSM_ERR_NO_PAGE, TIMER_CALL(ATTACH),
		    .attach = { .apic_id = ~0, .source = ~0 });
	EXPECT_CODE(test, SVSM_ERR_NO_PAGE, TIMER_CALL(ARM));
	EXPECT_CODE(test, SVSM_ERR_NO_PAGE, IRQ_CALL(PAGE_QUERY),
		    .page_query = { .apic_id = ~0 });
	KUNIT_EXPECT_EQ(test, svsm_page_register(p, p->vector), 0);
	EXPECT_CODE(test, SVSM_ERR_INVALID_PARAMETER, IRQ_CALL(PAGE_QUERY),
		    .page_query = { .apic_id = ~0,
				    .first = SVSM_COUNTER_COUNT });
	EXPECT_CODE(test, SVSM_ERR_NO_VCPU, IRQ_CALL(PAGE_QUERY),
		    .page_query = { .apic_id = NO_APIC_ID });
}

/* --- Counters ------------------------------------------------------------- */

static u64 counter(enum svsm_page_counter number)
{
	union svsm_block block = {
		.page_query = { .apic_id = SVSM_APIC_ID_SELF, .first = number },
	};
	struct svsm_result result;

	svsm_issue(IRQ_CALL(PAGE_QUERY), &block, &result);
	return result.rcx;
}

/* Both count the same for the same. */
static void call_counters(struct kunit *test)
{
	struct svsm_client *a, *b;
	struct svsm_page *p;
	unsigned long flags;

	svsm_case_start(test);
	p = svsm_case_page();
	a = svsm_case_request(test, 100, SVSM_TRIGGER_EDGE);
	b = svsm_case_request(test, 200, SVSM_TRIGGER_EDGE);
	svsm_page_mask(p, b->source);
	svsm_case_raise(test, b);
	KUNIT_EXPECT_EQ(test, counter(SVSM_COUNTER_MASKED), 1);
	svsm_case_raise(test, b);
	KUNIT_EXPECT_EQ(test, counter(SVSM_COUNTER_COALESCED), 1);
	svsm_page_unmask(p, b->source);
	svsm_case_expect(test, b, 1);
	KUNIT_EXPECT_EQ(test, counter(SVSM_COUNTER_SUPPRESSED_ON), 0);

	local_irq_save(flags);
	svsm_irq_raise(a->virq);
	svsm_irq_raise(b->virq);
	local_irq_restore(flags);
	svsm_case_expect(test, a, 1);
	svsm_case_expect(test, b, 2);
	KUNIT_EXPECT_EQ(test, counter(SVSM_COUNTER_SUPPRESSED_ON), 1);

	WRITE_ONCE(p->ev->sn, SVSM_EVENT_SN);
	svsm_case_raise(test, a);
	KUNIT_EXPECT_EQ(test, counter(SVSM_COUNTER_SUPPRESSED_SN), 1);
	KUNIT_EXPECT_EQ(test, p->ev->on, 0);
	KUNIT_EXPECT_EQ(test, p->ev->groups, BIT(100 / 64));
	WRITE_ONCE(p->ev->sn, 0);
	svsm_page_kick(p);
	svsm_case_expect(test, a, 2);

	KUNIT_EXPECT_EQ(test, counter(SVSM_COUNTER_LATCHED), 0);
	EXPECT_CODE(test, 0, IRQ_CALL(PAGE_UNREGISTER), .vcpu = { ~0 });
	svsm_case_raise(test, a);
	svsm_case_raise(test, a);
	KUNIT_EXPECT_EQ(test, svsm_page_register(p, p->vector), 0);
	svsm_case_expect(test, a, 3);
	/* Each that goes to a latch, also to one that is set. */
	KUNIT_EXPECT_EQ(test, counter(SVSM_COUNTER_LATCHED), 2);
	KUNIT_EXPECT_EQ(test, counter(SVSM_COUNTER_EXPIRED), 0);
	KUNIT_EXPECT_EQ(test, counter(SVSM_COUNTER_COALESCED), 1);
	/* Each registration masks everything first. */
	KUNIT_EXPECT_EQ(test, counter(SVSM_COUNTER_MASKED), 2);
}

static struct kunit_case call_cases[] = {
	KUNIT_CASE_PARAM(call_result, answer_gen_params),
	KUNIT_CASE(call_values),
	KUNIT_CASE_PARAM(bad_reserved, peer_gen_params),
	KUNIT_CASE_PARAM(bad_numbers, peer_gen_params),
	KUNIT_CASE_PARAM(bad_page_register, peer_gen_params),
	KUNIT_CASE_PARAM(bad_page_twice, peer_gen_params),
	KUNIT_CASE_PARAM(bad_source_open, peer_gen_params),
	KUNIT_CASE_PARAM(bad_host_vector, peer_gen_params),
	KUNIT_CASE_PARAM(bad_source, peer_gen_params),
	KUNIT_CASE_PARAM(bad_timer, peer_gen_params),
	KUNIT_CASE_PARAM(call_counters, peer_gen_params),
	{}
};

static struct kunit_suite call_suite = {
	.name = "svsm-irq-call",
	.init = svsm_case_init,
	.exit = svsm_case_exit,
	.test_cases = call_cases,
};

kunit_test_suite(call_suite);
