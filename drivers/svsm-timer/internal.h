/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * svsm-timer: what its files share.
 */
#ifndef SVSM_TIMER_INTERNAL_H
#define SVSM_TIMER_INTERNAL_H

#include <linux/clockchips.h>
#include <linux/interrupt.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <svsm/event_page.h>

#include "compat.h"

/**
 * struct svsm_timer - one CPU's timer, written on that CPU only
 * @ce: the clock event device
 * @name: its name, one for each CPU: sysfs finds devices by name
 * @page: the CPU's event page
 * @virq: interrupt of the timer source, 0 while there is none
 * @slack: how late it may be to save a call, in TSC ticks
 * @deadline: last one programmed, in TSC ticks
 * @epoch: epoch of the page at which it was programmed
 * @programmed: deadlines programmed
 * @armed: of those, how many took a call to the SVSM
 * @failed: of those, how many calls failed
 * @expired: interrupts that were due
 * @spurious: interrupts before the deadline
 */
struct svsm_timer {
	struct clock_event_device ce;
	char name[24];
	struct svsm_event_page *page;
	unsigned int virq;
	u64 slack;
	u64 deadline;
	u32 epoch;
	u64 programmed;
	u64 armed;
	u64 failed;
	u64 expired;
	u64 spurious;
};

DECLARE_PER_CPU(struct svsm_timer, svsm_timers);

/* clockevent.c */
u64 svsm_timer_now(void);
unsigned int svsm_timer_khz(void);
int svsm_timer_program(struct svsm_timer *t, u64 deadline);
irqreturn_t svsm_timer_handler(int irq, void *data);
void svsm_timer_setup(struct svsm_timer *t, unsigned int cpu);
void svsm_timer_bind(struct svsm_timer *t);
int svsm_timer_unbind(struct svsm_timer *t, unsigned int cpu);
int svsm_timer_add(struct svsm_timer *t, unsigned int cpu);
int svsm_timer_remove(struct svsm_timer *t, unsigned int cpu);
int svsm_timer_start(void);

/*
 * fake_test.c: the task that plays clock and SVSM at this moment. Not static
 * stubs: interrupts come here, also in a task whose test has ended, and where
 * KUnit must not take its lock.
 */
extern struct task_struct *svsm_timer_player;
u64 svsm_timer_played_now(void);
int svsm_timer_played_arm(void);

static inline bool svsm_timer_played(void)
{
	return IS_ENABLED(CONFIG_SVSM_TIMER_KUNIT_TEST) &&
	       READ_ONCE(svsm_timer_player) == current;
}

/* debugfs.c */

#ifdef CONFIG_DEBUG_FS
void svsm_timer_debugfs_init(void);
void svsm_timer_debugfs_exit(void);
#else
static inline void svsm_timer_debugfs_init(void)
{
}

static inline void svsm_timer_debugfs_exit(void)
{
}
#endif

#endif /* SVSM_TIMER_INTERNAL_H */
