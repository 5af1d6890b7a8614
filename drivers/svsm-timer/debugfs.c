// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/svsm-timer/cpus: one line for each CPU with a timer.
 */
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "internal.h"

static struct dentry *svsm_timer_dir;

static int cpus_show(struct seq_file *m, void *v)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct svsm_timer *t = per_cpu_ptr(&svsm_timers, cpu);

		if (!t->virq)
			continue;
		seq_printf(m, "cpu%u irq=%u programmed=%llu armed=%llu failed=%llu",
			   cpu, t->virq, t->programmed, t->armed, t->failed);
		seq_printf(m, " expired=%llu spurious=%llu", t->expired,
			   t->spurious);
		seq_printf(m, " svsm.expirations=%llu svsm.late_max=%llu\n",
			   READ_ONCE(t->page->timer_expirations),
			   READ_ONCE(t->page->timer_late_max));
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(cpus);

/**
 * svsm_timer_debugfs_init() - create the directory and its file
 */
void svsm_timer_debugfs_init(void)
{
	svsm_timer_dir = debugfs_create_dir("svsm-timer", NULL);
	debugfs_create_file("cpus", 0444, svsm_timer_dir, NULL, &cpus_fops);
}

/**
 * svsm_timer_debugfs_exit() - remove them
 */
void svsm_timer_debugfs_exit(void)
{
	debugfs_remove_recursive(svsm_timer_dir);
}
