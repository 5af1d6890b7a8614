/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The SVSM that KUnit tests play below the driver, and what its suites share.
 */
#ifndef SVSM_IRQ_FAKE_TEST_H
#define SVSM_IRQ_FAKE_TEST_H

#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/list.h>

#include "internal.h"

/* Instead of a result code: ways in which a host gets between. */
#define SVSM_FAKE_DROPPED	1U	/* not executed, failed without a code */
#define SVSM_FAKE_LATE		2U	/* executed, failed without a code */
#define SVSM_FAKE_LIE		3U	/* not executed, said to be done */

#define SVSM_FAKE_ANY_CALL	0ULL
#define SVSM_FAKE_CALLS_MAX	32U

/**
 * struct svsm_fake_source - as the SVSM keeps it
 * @open: opened
 * @latched: waits for a page
 * @in_service: level, raised and not ended
 * @again: raised while in service
 * @kind: SVSM_SOURCE_
 * @trigger: SVSM_TRIGGER_
 * @host_vector: kind HOST_VECTOR
 * @host_cpu: kind HOST_VECTOR
 * @cpu: CPU that it is bound to
 */
struct svsm_fake_source {
	bool open;
	bool latched;
	bool in_service;
	bool again;
	u8 kind;
	u8 trigger;
	u8 host_vector;
	unsigned int host_cpu;
	unsigned int cpu;
};

/**
 * struct svsm_fake_vcpu - as the SVSM keeps it
 * @ev: registered page, NULL is none
 * @lost: the page vanished
 * @vector: notification vector, 0 is silent
 * @timer: source of the attached timer, SVSM_SOURCE_ANY is none
 * @counters: what PAGE_QUERY answers
 * @held: for tests, page to which they have a reference of their own
 * @keep: for tests, whether the driver has to keep it
 */
struct svsm_fake_vcpu {
	struct svsm_event_page *ev;
	bool lost;
	u8 vector;
	u32 timer;
	u64 counters[SVSM_COUNTER_COUNT];
	void *held;
	bool keep;
};

/**
 * struct svsm_fake - the played SVSM and how it is to behave
 * @possible: what svsm_call_possible() says
 * @features: QUERY answers this
 * @source_count: QUERY answers this, and page headers
 * @mode: QUERY answers this
 * @block_size: QUERY answers this
 * @major: QUERY answers this, and page headers
 * @minor: QUERY answers this, and page headers
 * @now: its TSC
 * @calls: number of calls until now
 * @count: the same, by call
 * @irqs_on: calls that came with interrupts on
 * @before: called before each call, interrupts off
 * @after: called after each call, may change its results
 * @arg: for these two
 */
struct svsm_fake {
	bool possible;
	u64 features;
	u32 source_count;
	u8 mode;
	u8 block_size;
	u16 major;
	u16 minor;
	u64 now;
	unsigned int calls;
	unsigned int count[2][SVSM_FAKE_CALLS_MAX];
	unsigned int irqs_on;
	void (*before)(u64 id, const union svsm_block *block);
	void (*after)(u64 id, const union svsm_block *block,
		      struct svsm_call *call);
	void *arg;
	/* private: */
	raw_spinlock_t lock;
	struct svsm_fake_vcpu *vcpus;
	struct svsm_fake_source *sources;
	u64 script_id;
	unsigned int script_skip;
	u32 script_answer;
};

extern struct svsm_fake svsm_fake;

/* fake_proto_test.c */
void svsm_fake_raise(struct svsm_fake_source *src);
void svsm_fake_look(unsigned int cpu);
u32 svsm_fake_dispatch(u64 id, const union svsm_block *block,
		       struct svsm_call *call);

/* fake_test.c */
int svsm_fake_init(struct kunit *test);
void svsm_fake_exit(struct kunit *test);
void svsm_fake_script(u64 id, unsigned int nth, u32 answer);
unsigned int svsm_fake_count(u64 id);
bool svsm_fake_post(u32 source);
void svsm_fake_tick(unsigned int cpu);
void svsm_fake_lose(unsigned int cpu);
struct svsm_fake_vcpu *svsm_fake_vcpu(unsigned int cpu);
struct svsm_fake_source *svsm_fake_source(u32 source);
bool svsm_fake_idle(void);

/**
 * struct svsm_peer - what a case runs on: the played SVSM, the real one
 * @name: part of the case's name
 */
struct svsm_peer {
	const char *name;
};

extern const struct svsm_peer svsm_peers[2];

/**
 * struct svsm_client - an interrupt that a case has requested
 * @list: all clients of the case
 * @virq: Linux number
 * @source: number of its source
 * @requested: has a handler
 * @timer: the source is this CPU's timer
 * @count: times handled
 * @cpu: CPU that handled it last
 * @seen: value of *@watch that the handler saw last
 * @watch: NULL is none
 * @fn: called by the handler, NULL is nothing
 */
struct svsm_client {
	struct list_head list;
	unsigned int virq;
	unsigned int source;
	bool requested;
	bool timer;
	atomic_t count;
	unsigned int cpu;
	unsigned int seen;
	unsigned int *watch;
	void (*fn)(struct svsm_client *client);
};

#define SVSM_ORDER_MAX	256

/**
 * struct svsm_order - sources in the order in which they were handled
 * @n: how many
 * @source: which
 */
struct svsm_order {
	atomic_t n;
	unsigned int source[SVSM_ORDER_MAX];
};

extern struct svsm_order svsm_order;

/* case_test.c */
int svsm_case_init(struct kunit *test);
void svsm_case_exit(struct kunit *test);
bool svsm_live(void);
void svsm_case_play(struct kunit *test);
void svsm_case_start(struct kunit *test);
bool svsm_case_real(struct kunit *test);
unsigned int svsm_case_other_cpu(struct kunit *test);
struct svsm_client *svsm_case_open(struct kunit *test, u32 source, u8 trigger);
struct svsm_client *svsm_case_request(struct kunit *test, u32 source,
				      u8 trigger);
struct svsm_client *svsm_case_timer(struct kunit *test);
struct svsm_client *svsm_case_adopt(struct kunit *test, int virq);
void svsm_case_close(struct svsm_client *client);
void svsm_case_raise(struct kunit *test, struct svsm_client *client);
void svsm_case_settle(struct kunit *test);
void svsm_case_expect(struct kunit *test, struct svsm_client *client,
		      int count);
bool svsm_debugfs_has(const char *dir, const char *name);

/* This CPU's page: cases do not move. */
static inline struct svsm_page *svsm_case_page(void)
{
	return svsm_page_of(raw_smp_processor_id());
}

#endif /* SVSM_IRQ_FAKE_TEST_H */
