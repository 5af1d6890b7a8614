// SPDX-License-Identifier: GPL-2.0-only
/*
 * Software sources that tests raise and mask through debugfs, to see interrupts
 * make the whole way through the SVSM and back.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/debugfs.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/sched/signal.h>

#include "internal.h"

#define SVSM_TEST_SOURCES_MAX	64

static unsigned int test_source;
module_param(test_source, uint, 0444);
MODULE_PARM_DESC(test_source,
		 "number of software sources to open for tests, interrupts svsm-test (default 0)");

static unsigned int svsm_test_virqs[SVSM_TEST_SOURCES_MAX];
static atomic_t svsm_test_raised;
static atomic_t svsm_test_handled;
static DEFINE_MUTEX(svsm_test_mask_lock);
static bool svsm_test_masked;

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
	/* Both ways of Linux: masked at once, or by the first that arrives. */
	if (index & 1)
		irq_set_status_flags(virq, IRQ_DISABLE_UNLAZY);
	ret = request_irq(virq, svsm_test_handler, 0, "svsm-test",
			  &svsm_test_virqs[index]);
	if (ret)
		svsm_irq_close(virq);
	else
		svsm_test_virqs[index] = virq;
	return ret;
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

/* Balanced, whatever user space writes, from however many processes. */
static int svsm_test_mask(void *data, u64 mask)
{
	unsigned int i;

	mutex_lock(&svsm_test_mask_lock);
	for (i = 0; i < test_source && !!mask != svsm_test_masked; i++) {
		if (mask)
			disable_irq(svsm_test_virqs[i]);
		else
			enable_irq(svsm_test_virqs[i]);
	}
	svsm_test_masked = mask;
	mutex_unlock(&svsm_test_mask_lock);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(svsm_test_mask_fops, NULL, svsm_test_mask, "%llu\n");

/**
 * svsm_test_init() - open the sources that the module parameter asks for
 * @dir: debugfs directory for the files raise, mask, raised and handled
 *
 * Return: 0 or a negative errno, with nothing left open.
 */
int svsm_test_init(struct dentry *dir)
{
	unsigned int i;
	int ret;

	KUNIT_STATIC_STUB_REDIRECT(svsm_test_init, dir);
	test_source = min3(test_source, svsm_info.sources,
			   (unsigned int)SVSM_TEST_SOURCES_MAX);
	if (!test_source)
		return 0;
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
	debugfs_create_file_unsafe("mask", 0200, dir, NULL,
				   &svsm_test_mask_fops);
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

	for (i = 0; i < test_source && svsm_test_virqs[i]; i++) {
		free_irq(svsm_test_virqs[i], &svsm_test_virqs[i]);
		svsm_irq_close(svsm_test_virqs[i]);
		svsm_test_virqs[i] = 0;
	}
}
