// SPDX-License-Identifier: GPL-2.0-only
/*
 * Notification: one x86 vector for each possible CPU.
 *
 * The vectors are managed: the interrupt core takes one on the CPU when it
 * comes online and gives it back when it goes, and calls activate and
 * deactivate here. Numbers differ between CPUs and change over hotplug, so
 * each activation registers the CPU's page with the number of the day.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/interrupt.h>
#include <linux/topology.h>
#include <asm/hw_irq.h>
#include <asm/irqdomain.h>

#include "internal.h"

static struct irq_domain *svsm_notify_domain;
static struct fwnode_handle *svsm_notify_fwnode;

/* A host can send the vector at will: without work this must be harmless. */
static irqreturn_t svsm_notify_handler(int irq, void *data)
{
	struct svsm_page *p = data;

	if (READ_ONCE(p->registered))
		svsm_take(p);
	return IRQ_HANDLED;
}

static int svsm_notify_register(struct irq_data *d)
{
	struct svsm_page *p = irq_data_get_irq_chip_data(d);
	struct irq_cfg *cfg = irqd_cfg(d);
	int ret;

	if (!cfg)
		return -EINVAL;
	if (p->registered && p->vector == cfg->vector)
		return 0;
	ret = svsm_page_register(p, cfg->vector);
	if (ret) {
		pr_err("CPU %u: event page refused (vector %u): %d\n", p->cpu,
		       cfg->vector, ret);
		/* The old vector may soon be somebody else's. */
		svsm_page_unregister(p);
	}
	return ret;
}

static int svsm_notify_set_affinity(struct irq_data *d,
				    const struct cpumask *mask, bool force)
{
	int ret = irq_chip_set_affinity_parent(d, mask, force);

	if (ret >= 0 && irqd_is_activated(d))
		svsm_notify_register(d);
	return ret;
}

static void svsm_notify_nop(struct irq_data *d)
{
}

static struct irq_chip svsm_notify_chip = {
	.name			= "svsm-notify",
	.irq_ack		= irq_chip_ack_parent,
	/* Masking is done for each source. */
	.irq_mask		= svsm_notify_nop,
	.irq_unmask		= svsm_notify_nop,
	.irq_retrigger		= irq_chip_retrigger_hierarchy,
	.irq_set_affinity	= svsm_notify_set_affinity,
	.flags			= IRQCHIP_SKIP_SET_WAKE,
};

static int svsm_notify_alloc(struct irq_domain *domain, unsigned int virq,
			     unsigned int count, void *arg)
{
	struct irq_alloc_info *info = arg;
	unsigned int cpu = info->hwirq;
	int ret;

	ret = irq_domain_alloc_irqs_parent(domain, virq, count, arg);
	if (ret)
		return ret;
	irq_domain_set_info(domain, virq, cpu, &svsm_notify_chip,
			    svsm_page_of(cpu), handle_edge_irq, NULL, "edge");
	return 0;
}

/*
 * The core takes a failure here for a bug of its own. A CPU whose page was
 * refused has none instead: no source can be bound to it.
 */
static int svsm_notify_activate(struct irq_domain *domain, struct irq_data *d,
				bool reserve)
{
	if (!reserve)
		svsm_notify_register(d);
	return 0;
}

static void svsm_notify_deactivate(struct irq_domain *domain,
				   struct irq_data *d)
{
	svsm_page_unregister(irq_data_get_irq_chip_data(d));
}

static const struct irq_domain_ops svsm_notify_ops = {
	.alloc		= svsm_notify_alloc,
	.free		= irq_domain_free_irqs_common,
	.activate	= svsm_notify_activate,
	.deactivate	= svsm_notify_deactivate,
};

static int svsm_notify_cpu(unsigned int cpu)
{
	struct svsm_page *p = svsm_page_of(cpu);
	struct irq_affinity_desc affinity = { .is_managed = 1 };
	struct irq_alloc_info info = { .hwirq = cpu };
	int virq, ret;

	cpumask_copy(&affinity.mask, cpumask_of(cpu));
	virq = __irq_domain_alloc_irqs(svsm_notify_domain, -1, 1,
				       cpu_to_node(cpu), &info, false,
				       &affinity);
	if (virq < 0)
		return virq;
	p->notify = irq_get_irq_data(virq);
	/*
	 * Not IRQF_PERCPU: the core would not shut it down with its CPU. Not
	 * threaded: a page is taken from in hard interrupt context only.
	 */
	ret = request_irq(virq, svsm_notify_handler,
			  IRQF_NOBALANCING | IRQF_NO_THREAD | IRQF_NO_SUSPEND,
			  "svsm-notify", p);
	if (ret) {
		p->notify = NULL;
		irq_dispose_mapping(virq);
	}
	return ret;
}

/**
 * svsm_notify_init() - take the vectors, register the pages of online CPUs
 *
 * Return: 0, -ENODEV if a CPU that is online got no page, or another errno.
 */
int svsm_notify_init(void)
{
	unsigned int cpu;
	int ret = -ENOMEM;

	svsm_notify_fwnode = irq_domain_alloc_named_fwnode("svsm-notify");
	if (!svsm_notify_fwnode)
		return -ENOMEM;
	svsm_notify_domain =
		irq_domain_create_hierarchy(x86_vector_domain, 0, nr_cpu_ids,
					    svsm_notify_fwnode,
					    &svsm_notify_ops, NULL);
	if (!svsm_notify_domain) {
		irq_domain_free_fwnode(svsm_notify_fwnode);
		return -ENOMEM;
	}

	for_each_possible_cpu(cpu) {
		ret = svsm_notify_cpu(cpu);
		if (ret)
			goto fail;
	}

	cpus_read_lock();
	for_each_online_cpu(cpu) {
		if (!svsm_page_of(cpu)->vector)
			ret = -ENODEV;
	}
	cpus_read_unlock();
	if (ret)
		goto fail;
	return 0;

fail:
	svsm_notify_exit();
	return ret;
}

/**
 * svsm_notify_exit() - give the vectors back, which unregisters the pages
 */
void svsm_notify_exit(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct svsm_page *p = svsm_page_of(cpu);
		unsigned int virq;

		if (!p->notify)
			continue;
		virq = p->notify->irq;
		free_irq(virq, p);
		p->notify = NULL;
		irq_dispose_mapping(virq);
	}
	irq_domain_remove(svsm_notify_domain);
	irq_domain_free_fwnode(svsm_notify_fwnode);
}
