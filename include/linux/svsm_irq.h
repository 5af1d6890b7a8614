/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What svsm-irq offers to other drivers of this kernel.
 */
#ifndef _LINUX_SVSM_IRQ_H
#define _LINUX_SVSM_IRQ_H

#include <linux/types.h>

struct svsm_event_page;

/**
 * struct svsm_irq_spec - the interrupt source that svsm_irq_open() opens
 * @source: source number (hwirq), SVSM_SOURCE_ANY lets the SVSM choose
 * @kind: SVSM_SOURCE_HOST_VECTOR, _SOFTWARE or _SERVICE
 * @trigger: SVSM_TRIGGER_EDGE or SVSM_TRIGGER_LEVEL
 * @host_vector: kind HOST_VECTOR: the vector that the host posts
 * @host_apic_id: kind HOST_VECTOR: the vCPU to which the host posts it
 * @arg: kind SERVICE: number of the service
 * @cpu: Linux CPU to which the source is bound first
 */
struct svsm_irq_spec {
	u32 source;
	u8 kind;
	u8 trigger;
	u8 host_vector;
	u32 host_apic_id;
	u32 arg;
	unsigned int cpu;
};

int svsm_irq_open(const struct svsm_irq_spec *spec);
void svsm_irq_close(unsigned int virq);
int svsm_irq_raise(unsigned int virq);

struct svsm_event_page *svsm_irq_page(unsigned int cpu);

int svsm_irq_timer_attach(unsigned int cpu);
void svsm_irq_timer_detach(unsigned int cpu, unsigned int virq);
int svsm_irq_timer_arm(void);

#endif /* _LINUX_SVSM_IRQ_H */
