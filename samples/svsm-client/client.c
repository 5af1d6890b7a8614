// SPDX-License-Identifier: GPL-2.0-only
/*
 * svsm-client: the least that a driver for an SVSM interrupt source is.
 *
 * Opens one software source, which the SVSM raises when it is asked to, and
 * counts its interrupts. Documentation/writing-a-driver.rst goes through it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/debugfs.h>
#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/smp.h>
#include <linux/svsm_irq.h>
#include <svsm/call.h>

/**
 * struct svsm_client - the one source of this module
 * @virq: its Linux interrupt
 * @raised: calls that asked the SVSM to raise it, and succeeded
 * @handled: interrupts; raises that meet one still pending share it
 * @dir: debugfs directory
 */
struct svsm_client {
	unsigned int virq;
	atomic_t raised;
	atomic_t handled;
	struct dentry *dir;
};

static struct svsm_client client;

/* Hard interrupt context. The bit of an edge source is consumed already. */
static irqreturn_t svsm_client_handler(int irq, void *data)
{
	struct svsm_client *c = data;

	atomic_inc(&c->handled);
	return IRQ_HANDLED;
}

static int svsm_client_raise(void *data, u64 count)
{
	struct svsm_client *c = data;
	int ret;

	while (count--) {
		if (signal_pending(current))
			return -EINTR;
		ret = svsm_irq_raise(c->virq);
		if (ret)
			return ret;
		atomic_inc(&c->raised);
		cond_resched();
	}
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(svsm_client_raise_fops, NULL, svsm_client_raise,
			 "%llu\n");

static int __init svsm_client_init(void)
{
	struct svsm_irq_spec spec = {
		.source = SVSM_SOURCE_ANY,
		.kind = SVSM_SOURCE_SOFTWARE,
		.trigger = SVSM_TRIGGER_EDGE,
		/* Where it begins; request_irq() may move it at once. */
		.cpu = raw_smp_processor_id(),
	};
	int virq, ret;

	virq = svsm_irq_open(&spec);
	if (virq < 0) {
		pr_err("no source from the SVSM: %d\n", virq);
		return virq;
	}

	/* It can fire from here on: what the handler uses has to be there. */
	client.virq = virq;
	ret = request_irq(virq, svsm_client_handler, 0, "svsm-client", &client);
	if (ret) {
		pr_err("interrupt %d: %d\n", virq, ret);
		svsm_irq_close(virq);
		return ret;
	}

	client.dir = debugfs_create_dir("svsm-client", NULL);
	debugfs_create_file_unsafe("raise", 0200, client.dir, &client,
				   &svsm_client_raise_fops);
	debugfs_create_atomic_t("raised", 0444, client.dir, &client.raised);
	debugfs_create_atomic_t("handled", 0444, client.dir, &client.handled);
	pr_info("interrupt %d\n", virq);
	return 0;
}
module_init(svsm_client_init);

/* First nobody raises it any more, then nobody handles it, then it goes. */
static void __exit svsm_client_exit(void)
{
	debugfs_remove_recursive(client.dir);
	free_irq(client.virq, &client);
	svsm_irq_close(client.virq);
}
module_exit(svsm_client_exit);

MODULE_DESCRIPTION("Sample: counts the interrupts of a software source of an SVSM");
MODULE_LICENSE("GPL");
