/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * svsm-timer: what its files share.
 */
#ifndef SVSM_TIMER_INTERNAL_H
#define SVSM_TIMER_INTERNAL_H

#include <linux/clockchips.h>
#include <linux/percpu.h>
#include <svsm/event_page.h>

/**
 * struct svsm_timer - one CPU's timer, written on that CPU only
 * @ce: the clock event device
 * @name: its name, one for each CPU: sysfs finds devices by name
 * @page: the CPU's event page
 * @virq: interrupt of the timer source, 0 while there is none
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
	u64 deadline;
	u32 epoch;
	u64 programmed;
	u64 armed;
	u64 failed;
	u64 expired;
	u64 spurious;
};

DECLARE_PER_CPU(struct svsm_timer, svsm_timers);

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
