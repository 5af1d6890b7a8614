// SPDX-License-Identifier: GPL-2.0-only
/*
 * Software sources that tests raise through debugfs, to see interrupts make
 * the whole way through the SVSM and back.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/interrupt.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "internal.h"

static unsigned int test_source;
module_param(test_source, uint, 0444);
MODULE_PARM_DESC(test_source,
		 "number of software sources to open for tests, interrupts svsm-test (default 0)");

static unsigned int *svsm_test_virqs;
static atomic_t svsm_test_raised;
static atomic_t svsm_test_handled;

static irqreturn_t svsm_test_handler(int irq, void *data)
{
	atomic_inc(&svsm_test_handled);
	return IRQ_HANDLED;
}

static int svsm_test_open(unsigned int index)
{
	struct svsm_irq_spec spec = {
		.source = SVSM_SOURCE_ANY,
		.kind = SVSM_SOURCE_SOFTWARE,
		.trigger = SVSM_TRIGGER_EDGE,
		.cpu = raw_smp_processor_id(),
	};
	int virq, ret;

	virq = svsm_irq_open(&spec);
	if (virq < 0)
		return virq;
	ret = request_irq(virq, svsm_test_handler, 0, "svsm-test",
			  &svsm_test_virqs[index]);
	if (ret) {
		svsm_irq_close(virq);
		return ret;
	}
	svsm_test_virqs[index] = virq;
	return 0;
}

static int svsm_test_raise(void *data, u64 count)
{
	u64 i;
	int ret;

	for (i = 0; i < count; i++) {
		if (signal_pending(current))
			return -EINTR;
		atomic_inc(&svsm_test_raised);
		ret = svsm_irq_raise(svsm_test_virqs[i % test_source]);
		if (ret)
			return ret;
		cond_resched();
	}
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(svsm_test_raise_fops, NULL, svsm_test_raise,
			 "%llu\n");

/**
 * svsm_test_init() - open the sources that the module parameter asks for
 * @dir: debugfs directory for the files raise, raised and handled
 *
 * Return: 0 or a negative errno, with nothing left open.
 */
int svsm_test_init(struct dentry *dir)
{
	unsigned int i;
	int ret;

	if (!test_source)
		return 0;
	test_source = min(test_source, svsm_info.sources);
	svsm_test_virqs = kcalloc(test_source, sizeof(*svsm_test_virqs),
				  GFP_KERNEL);
	if (!svsm_test_virqs)
		return -ENOMEM;
	for (i = 0; i < test_source; i++) {
		ret = svsm_test_open(i);
		if (ret) {
			pr_err("test source %u of %u: %d\n", i, test_source,
			       ret);
			svsm_test_exit();
			return ret;
		}
	}
	debugfs_create_file_unsafe("raise", 0200, dir, NULL,
				   &svsm_test_raise_fops);
	debugfs_create_atomic_t("raised", 0444, dir, &svsm_test_raised);
	debugfs_create_atomic_t("handled", 0444, dir, &svsm_test_handled);
	return 0;
}

/**
 * svsm_test_exit() - close them, after the debugfs files are gone
 */
void svsm_test_exit(void)
{
	unsigned int i;

	if (!svsm_test_virqs)
		return;
	for (i = 0; i < test_source && svsm_test_virqs[i]; i++) {
		free_irq(svsm_test_virqs[i], &svsm_test_virqs[i]);
		svsm_irq_close(svsm_test_virqs[i]);
	}
	kfree(svsm_test_virqs);
	svsm_test_virqs = NULL;
}
