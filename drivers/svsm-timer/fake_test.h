/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clock and the SVSM that tests of svsm-timer play.
 *
 * The page is the test's own, nobody else looks at it. Where the driver also
 * runs on a real SVSM its own timers must not notice: what they call from an
 * interrupt of the test's task goes through.
 */
#ifndef SVSM_TIMER_FAKE_TEST_H
#define SVSM_TIMER_FAKE_TEST_H

#include <linux/irqflags.h>
#include <kunit/test.h>

#include "internal.h"

#define PLAYED_CPU	0

/**
 * struct played - what a test plays, and what it has seen
 * @page: the event page
 * @t: the timer under test
 * @now: the clock
 * @nows: how often it was read
 * @deadline_read: timer_deadline when it was read last
 * @looks: how often timer_armed was read, where that is watched
 * @deadline_looked: timer_deadline when it was read last
 * @khz: its rate
 * @arm_ret: what ARM returns
 * @arms: how often it was called
 * @deadline_armed: timer_deadline at the last call
 * @events: calls of the event handler
 * @next: deadline that the event handler programs, SVSM_TIMER_NONE is none
 * @irq: number of an interrupt, 0 before played_irq()
 * @attach_ret: what attaching returns, 0 is @irq
 * @tries: calls for that
 * @attaches: successful ones
 * @detaches: calls
 * @binds: calls
 * @unbind_ret: what unbinding returns
 * @unbinds: calls
 * @in_use: the interrupt had a handler at the last bind, unbind or detach
 */
struct played {
	struct svsm_event_page *page;
	struct svsm_timer t;
	u64 now;
	unsigned int nows;
	u64 deadline_read;
	unsigned int looks;
	u64 deadline_looked;
	unsigned int khz;
	int arm_ret;
	unsigned int arms;
	u64 deadline_armed;
	unsigned int events;
	u64 next;
	unsigned int irq;
	int attach_ret;
	unsigned int tries;
	unsigned int attaches;
	unsigned int detaches;
	unsigned int binds;
	int unbind_ret;
	unsigned int unbinds;
	bool in_use;
};

/* Around each step of the code under test, which runs with interrupts off. */
#define played_step(p, step)						\
({									\
	unsigned long flags;						\
	typeof(step) result;						\
									\
	local_irq_save(flags);						\
	played_begin(p);						\
	result = (step);						\
	played_end();							\
	local_irq_restore(flags);					\
	result;								\
})

struct played *played_current(void);
void played_begin(struct played *p);
void played_end(void);
int played_init(struct kunit *test);
void played_event(struct clock_event_device *ce);
int played_program(struct played *p, u64 deadline);
void played_everywhere(void *unused);

#endif /* SVSM_TIMER_FAKE_TEST_H */
