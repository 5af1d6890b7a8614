// SPDX-License-Identifier: GPL-2.0-only
/*
 * The interrupt domain: one Linux interrupt per source, hwirq = source.
 *
 * The irq_chip callbacks run under the descriptor's lock, which is what
 * serialises mask, unmask and move of one source.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/slab.h>

#include "internal.h"

/**
 * struct svsm_source - what Linux knows about an open source
 * @cpu: CPU in whose page it is raised
 * @trigger: SVSM_TRIGGER_
 * @open: opened by this driver
 */
struct svsm_source {
	unsigned int cpu;
	u8 trigger;
	bool open;
};

struct irq_domain *svsm_domain;
static struct fwnode_handle *svsm_fwnode;
static struct svsm_source *svsm_sources;

static int svsm_source_issue(u64 id, unsigned int source)
{
	union svsm_block block = { .source = { .source = source } };

	return svsm_issue(id, &block, NULL);
}

static struct svsm_page *svsm_source_page(struct irq_data *d)
{
	struct svsm_source *src = irq_data_get_irq_chip_data(d);

	return svsm_page_of(src->cpu);
}

/* The bit was consumed before the handler was called. */
static void svsm_chip_ack(struct irq_data *d)
{
}

static void svsm_chip_mask(struct irq_data *d)
{
	svsm_page_mask(svsm_source_page(d), irqd_to_hwirq(d));
}

static void svsm_chip_unmask(struct irq_data *d)
{
	svsm_page_unmask(svsm_source_page(d), irqd_to_hwirq(d));
}

static int svsm_chip_retrigger(struct irq_data *d)
{
	return svsm_page_pend(svsm_source_page(d), irqd_to_hwirq(d));
}

/* Refused when nothing is in service: a handler that was not needed. */
static void svsm_chip_eoi(struct irq_data *d)
{
	svsm_source_issue(IRQ_CALL(SOURCE_EOI), irqd_to_hwirq(d));
}

static unsigned int svsm_pick_cpu(const struct cpumask *mask, unsigned int old)
{
	unsigned int cpu;

	if (cpumask_test_cpu(old, mask) && cpu_online(old) &&
	    svsm_page_registered(old))
		return old;
	for_each_cpu_and(cpu, mask, cpu_online_mask) {
		if (svsm_page_registered(cpu))
			return cpu;
	}
	return nr_cpu_ids;
}

static int svsm_chip_set_affinity(struct irq_data *d,
				  const struct cpumask *mask, bool force)
{
	struct svsm_source *src = irq_data_get_irq_chip_data(d);
	unsigned int source = irqd_to_hwirq(d);
	union svsm_block block = { .bind = { .source = source } };
	struct svsm_page *old = svsm_page_of(src->cpu);
	unsigned int cpu;
	int ret;

	cpu = svsm_pick_cpu(mask, src->cpu);
	/* With this error the core tries all CPUs, when one goes offline. */
	if (cpu >= nr_cpu_ids)
		return -ENOSPC;
	if (cpu != src->cpu) {
		struct svsm_page *new = svsm_page_of(cpu);

		block.bind.apic_id = new->apic_id;

		/* From BIND on the new page's bit decides: copy it before. */
		if (!test_bit(source, old->mask))
			svsm_page_unmask(new, source);
		ret = svsm_issue(IRQ_CALL(SOURCE_BIND), &block, NULL);
		/* Executed or not? A second time makes it certain. */
		if (ret == -EIO)
			ret = svsm_issue(IRQ_CALL(SOURCE_BIND), &block, NULL);
		if (ret) {
			svsm_page_mask(new, source);
			return ret;
		}
		svsm_page_mask(old, source);
		src->cpu = cpu;
	}
	irq_data_update_effective_affinity(d, cpumask_of(cpu));
	return IRQ_SET_MASK_OK;
}

/* Edge sources are acknowledged, level sources end with an EOI. */
static struct irq_chip svsm_chip = {
	.name			= "svsm-irq",
	.irq_ack		= svsm_chip_ack,
	.irq_eoi		= svsm_chip_eoi,
	.irq_mask		= svsm_chip_mask,
	.irq_unmask		= svsm_chip_unmask,
	.irq_retrigger		= svsm_chip_retrigger,
	.irq_set_affinity	= svsm_chip_set_affinity,
	.flags			= IRQCHIP_SKIP_SET_WAKE,
};

static int svsm_domain_map(struct irq_domain *domain, unsigned int virq,
			   irq_hw_number_t hwirq)
{
	struct svsm_source *src = &svsm_sources[hwirq];

	bool level = src->trigger == SVSM_TRIGGER_LEVEL;

	irq_set_chip_data(virq, src);
	irq_set_chip_and_handler_name(virq, &svsm_chip,
				      level ? handle_fasteoi_irq :
					      handle_edge_irq,
				      level ? "level" : "edge");
	if (level)
		irq_set_status_flags(virq, IRQ_LEVEL);
	irq_set_noprobe(virq);
	svsm_compat_movable(virq);
	irq_data_update_effective_affinity(irq_get_irq_data(virq),
					   cpumask_of(src->cpu));
	return 0;
}

static const struct irq_domain_ops svsm_domain_ops = {
	.map = svsm_domain_map,
};

/* Enter a source that the SVSM has opened; its interrupt number or an errno. */
static int svsm_source_map(u64 source, unsigned int cpu, u8 trigger)
{
	struct svsm_source *src;
	unsigned int virq;

	if (source >= svsm_info.sources || svsm_sources[source].open)
		return -EPROTO;
	src = &svsm_sources[source];
	src->cpu = cpu;
	src->trigger = trigger;
	src->open = true;
	svsm_page_mask(svsm_page_of(cpu), source);
	virq = irq_create_mapping(svsm_domain, source);
	if (!virq) {
		src->open = false;
		return -ENOMEM;
	}
	return virq;
}

static unsigned int svsm_source_unmap(unsigned int virq)
{
	struct irq_data *d = irq_get_irq_data(virq);
	unsigned int source = irqd_to_hwirq(d);
	struct svsm_page *p = svsm_source_page(d);

	svsm_page_mask(p, source);
	irq_dispose_mapping(virq);
	svsm_sources[source].open = false;
	return source;
}

/**
 * svsm_irq_open() - open a source
 * @spec: the source
 *
 * The source starts masked: request_irq() unmasks it.
 *
 * Context: Process context, not from a CPU hotplug callback.
 * Return: Linux interrupt number, or a negative errno: that of the call,
 *	   -EINVAL or -ENXIO for a CPU that is unknown or has no page.
 */
int svsm_irq_open(const struct svsm_irq_spec *spec)
{
	union svsm_block block = {};
	struct svsm_result result;
	int ret;

	if (spec->cpu >= nr_cpu_ids || !cpu_possible(spec->cpu))
		return -EINVAL;
	if (!svsm_irq_page(spec->cpu))
		return -ENXIO;

	block.open.source = spec->source;
	block.open.kind = spec->kind;
	block.open.trigger = spec->trigger;
	block.open.host_vector = spec->host_vector;
	block.open.apic_id = svsm_page_of(spec->cpu)->apic_id;
	block.open.host_apic_id = spec->host_apic_id;
	block.open.arg = spec->arg;
	ret = svsm_issue(IRQ_CALL(SOURCE_OPEN), &block, &result);
	if (ret)
		return ret;

	ret = svsm_source_map(result.rcx, spec->cpu, spec->trigger);
	if (ret == -ENOMEM)
		svsm_source_issue(IRQ_CALL(SOURCE_CLOSE), result.rcx);
	return ret;
}
EXPORT_SYMBOL_GPL(svsm_irq_open);

/**
 * svsm_irq_close() - close a source
 * @virq: from svsm_irq_open(), after free_irq()
 *
 * Context: Process context.
 */
void svsm_irq_close(unsigned int virq)
{
	unsigned int source = svsm_source_unmap(virq);

	svsm_source_issue(IRQ_CALL(SOURCE_CLOSE), source);
}
EXPORT_SYMBOL_GPL(svsm_irq_close);

/**
 * svsm_irq_raise() - have the SVSM raise a software source
 * @virq: from svsm_irq_open() with kind SVSM_SOURCE_SOFTWARE
 *
 * Context: Any but NMI.
 * Return: 0 or the errno of the call.
 */
int svsm_irq_raise(unsigned int virq)
{
	struct irq_data *d = irq_get_irq_data(virq);

	return svsm_source_issue(IRQ_CALL(SOURCE_RAISE), irqd_to_hwirq(d));
}
EXPORT_SYMBOL_GPL(svsm_irq_raise);

static void svsm_timer_detach(struct svsm_page *p)
{
	union svsm_block block = { .vcpu = { .apic_id = p->apic_id } };

	p->timer_source = SVSM_SOURCE_ANY;
	svsm_issue(TIMER_CALL(DETACH), &block, NULL);
}

/**
 * svsm_irq_timer_attach() - give a CPU a timer
 * @cpu: Linux CPU with a registered page
 *
 * Context: Process context, CPU hotplug callbacks included.
 * Return: Linux interrupt number of the timer, or a negative errno.
 */
int svsm_irq_timer_attach(unsigned int cpu)
{
	struct svsm_page *p = svsm_page_of(cpu);
	union svsm_block block = {
		.attach = { .apic_id = p->apic_id, .source = SVSM_SOURCE_ANY },
	};
	struct svsm_result result;
	int ret;

	KUNIT_STATIC_STUB_REDIRECT(svsm_irq_timer_attach, cpu);
	if (!svsm_irq_page(cpu))
		return -ENXIO;
	ret = svsm_issue(TIMER_CALL(ATTACH), &block, &result);
	/* It may be attached all the same. */
	if (ret == -EIO)
		svsm_timer_detach(p);
	if (ret)
		return ret;
	ret = svsm_source_map(result.rcx, cpu, SVSM_TRIGGER_EDGE);
	if (ret < 0) {
		svsm_timer_detach(p);
		return ret;
	}
	p->timer_source = result.rcx;
	return ret;
}
EXPORT_SYMBOL_GPL(svsm_irq_timer_attach);

/**
 * svsm_irq_timer_detach() - take a CPU's timer away
 * @cpu: the CPU given to svsm_irq_timer_attach()
 * @virq: its interrupt, after free_irq()
 *
 * Context: Process context, CPU hotplug callbacks included.
 */
void svsm_irq_timer_detach(unsigned int cpu, unsigned int virq)
{
	KUNIT_STATIC_STUB_REDIRECT(svsm_irq_timer_detach, cpu, virq);
	/* Ours first: what the SVSM has closed it may open again at once. */
	svsm_source_unmap(virq);
	svsm_timer_detach(svsm_page_of(cpu));
}
EXPORT_SYMBOL_GPL(svsm_irq_timer_detach);

/**
 * svsm_irq_timer_arm() - have the SVSM look at this CPU's deadline
 *
 * Context: On the CPU itself, any context but NMI.
 * Return: 0 or the errno of the call.
 */
int svsm_irq_timer_arm(void)
{
	return svsm_issue(TIMER_CALL(ARM), NULL, NULL);
}
EXPORT_SYMBOL_GPL(svsm_irq_timer_arm);

/**
 * svsm_domain_show() - list the open sources and what the SVSM says of them
 * @m: output
 */
void svsm_domain_show(struct seq_file *m)
{
	unsigned int source;

	seq_puts(m, "source irq cpu trigger state\n");
	for (source = 0; source < svsm_info.sources; source++) {
		struct svsm_source *src = &svsm_sources[source];
		union svsm_block block = { .source = { .source = source } };
		struct svsm_result result;

		if (!src->open)
			continue;
		svsm_issue(IRQ_CALL(SOURCE_QUERY), &block, &result);
		seq_printf(m, "%u %u %u %s %#llx\n", source,
			   irq_find_mapping(svsm_domain, source), src->cpu,
			   src->trigger == SVSM_TRIGGER_LEVEL ? "level" : "edge",
			   result.rcx);
	}
}

/**
 * svsm_domain_init() - create the domain
 *
 * Return: 0 or -ENOMEM.
 */
int svsm_domain_init(void)
{
	svsm_sources = kcalloc(svsm_info.sources, sizeof(*svsm_sources),
			       GFP_KERNEL);
	if (!svsm_sources)
		return -ENOMEM;
	svsm_fwnode = irq_domain_alloc_named_fwnode("svsm-irq");
	if (!svsm_fwnode)
		goto free_sources;
	svsm_domain = irq_domain_create_linear(svsm_fwnode, svsm_info.sources,
					       &svsm_domain_ops, NULL);
	if (!svsm_domain)
		goto free_fwnode;
	return 0;

free_fwnode:
	irq_domain_free_fwnode(svsm_fwnode);
free_sources:
	kfree(svsm_sources);
	return -ENOMEM;
}

/**
 * svsm_domain_exit() - remove the domain, when no source is open any more
 */
void svsm_domain_exit(void)
{
	irq_domain_remove(svsm_domain);
	irq_domain_free_fwnode(svsm_fwnode);
	kfree(svsm_sources);
}
