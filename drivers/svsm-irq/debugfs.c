// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/svsm-irq: what there is, and what happened.
 */
#include <linux/cpumask.h>
#include <linux/debugfs.h>

#include "internal.h"

static struct dentry *svsm_debugfs_dir;

static const char * const svsm_counter_names[SVSM_COUNTER_COUNT] = {
	[SVSM_COUNTER_NOTIFIED]		= "notified",
	[SVSM_COUNTER_COALESCED]	= "coalesced",
	[SVSM_COUNTER_MASKED]		= "masked",
	[SVSM_COUNTER_SUPPRESSED_ON]	= "suppressed_on",
	[SVSM_COUNTER_SUPPRESSED_SN]	= "suppressed_sn",
	[SVSM_COUNTER_REASSERTED]	= "reasserted",
	[SVSM_COUNTER_REFUSED]		= "refused",
	[SVSM_COUNTER_LATCHED]		= "latched",
	[SVSM_COUNTER_EXPIRED]		= "expired",
};

static int info_show(struct seq_file *m, void *v)
{
	seq_printf(m, "version %u.%u\n", svsm_info.major, svsm_info.minor);
	seq_printf(m, "features %#llx\n", svsm_info.features);
	seq_printf(m, "delivery %s\n",
		   svsm_info.mode == SVSM_DELIVERY_SVSM_APIC ?
		   "svsm-apic" : "host-assisted");
	seq_printf(m, "sources %u\n", svsm_info.sources);
	seq_printf(m, "host_vectors %u\n", svsm_info.host_vectors);
	seq_printf(m, "tsc_trusted %u\n", svsm_info.tsc_trusted);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(info);

static void cpus_show_svsm(struct seq_file *m, struct svsm_page *p)
{
	union svsm_block block = { .page_query = { .apic_id = p->apic_id } };
	struct svsm_result result;
	unsigned int i;

	for (i = 0; i < SVSM_COUNTER_COUNT; i += 3) {
		block.page_query.first = i;
		if (svsm_issue(IRQ_CALL(PAGE_QUERY), &block, &result))
			return;
		seq_printf(m, " svsm.%s=%llu svsm.%s=%llu svsm.%s=%llu",
			   svsm_counter_names[i], result.rcx,
			   svsm_counter_names[i + 1], result.rdx,
			   svsm_counter_names[i + 2], result.r8);
	}
}

static int cpus_show(struct seq_file *m, void *v)
{
	unsigned int cpu;

	BUILD_BUG_ON(SVSM_COUNTER_COUNT % 3);
	for_each_possible_cpu(cpu) {
		struct svsm_page *p = svsm_page_of(cpu);

		seq_printf(m, "cpu%u apic=%u vector=%u registered=%u", cpu,
			   p->apic_id, p->vector, p->registered);
		seq_printf(m, " notified=%llu handled=%llu unmapped=%llu",
			   p->stats.notified, p->stats.handled,
			   p->stats.unmapped);
		seq_printf(m, " spent=%llu kicked=%llu epochs=%llu",
			   p->stats.spent, p->stats.kicked, p->stats.epochs);
		/* The APIC ID of a CPU that never was may mean "the caller". */
		if (p->registered)
			cpus_show_svsm(m, p);
		seq_putc(m, '\n');
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(cpus);

static int sources_show(struct seq_file *m, void *v)
{
	svsm_domain_show(m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(sources);

/**
 * svsm_debugfs_init() - create the directory and its files
 *
 * Return: the directory; an error pointer is harmless to debugfs functions.
 */
struct dentry *svsm_debugfs_init(void)
{
	svsm_debugfs_dir = debugfs_create_dir("svsm-irq", NULL);
	debugfs_create_file("info", 0444, svsm_debugfs_dir, NULL, &info_fops);
	debugfs_create_file("cpus", 0444, svsm_debugfs_dir, NULL, &cpus_fops);
	debugfs_create_file("sources", 0444, svsm_debugfs_dir, NULL,
			    &sources_fops);
	return svsm_debugfs_dir;
}

/**
 * svsm_debugfs_exit() - remove them; waits for readers and writers
 */
void svsm_debugfs_exit(void)
{
	debugfs_remove_recursive(svsm_debugfs_dir);
}
