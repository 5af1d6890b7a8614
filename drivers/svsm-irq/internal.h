/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * svsm-irq: what its files share.
 *
 * Locks, outermost first: an interrupt's desc->lock (held by the interrupt
 * core around every irq_chip and activation callback), svsm_page.lock, the
 * x86 vector lock (inside irq_chip_retrigger_hierarchy()).
 */
#ifndef SVSM_IRQ_INTERNAL_H
#define SVSM_IRQ_INTERNAL_H

#include <linux/bitmap.h>
#include <linux/irqdomain.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>
#include <linux/svsm_irq.h>

#include "compat.h"

/**
 * struct svsm_result - what a call returned
 * @code: raw result code, SVSM_SUCCESS or one of SVSM_ERR_
 * @rcx: first value; all three are zero unless @code is SVSM_SUCCESS
 * @rdx: second value
 * @r8: third value
 */
struct svsm_result {
	u32 code;
	u64 rcx;
	u64 rdx;
	u64 r8;
};

/**
 * struct svsm_irq_info - the answer to IRQ QUERY
 * @features: feature bits offered
 * @sources: number of sources, a multiple of 64
 * @host_vectors: number of host vectors, for information
 * @mode: SVSM_DELIVERY_
 * @tsc_trusted: the host cannot move the guest's TSC
 * @major: interface version
 * @minor: interface version
 */
struct svsm_irq_info {
	u64 features;
	u32 sources;
	u32 host_vectors;
	u8 mode;
	bool tsc_trusted;
	u16 major;
	u16 minor;
};

/**
 * struct svsm_page_stats - counted on the page's CPU, read anywhere
 * @notified: notification interrupts received
 * @handled: sources handed to the interrupt core
 * @unmapped: bits of sources that Linux has not opened
 * @spent: takes that ended because the budget was used up
 * @kicked: notifications that this kernel sent itself (any CPU, under lock)
 * @epochs: changes of the page's epoch seen
 */
struct svsm_page_stats {
	u64 notified;
	u64 handled;
	u64 unmapped;
	u64 spent;
	u64 kicked;
	u64 epochs;
};

/**
 * struct svsm_page - one CPU's event page and what is known about it
 * @lock: orders mask, unmask, registration and notification against another
 * @ev: the page itself, private memory, lives as long as the module
 * @mask: 1 is masked; survives the page's registration, which masks all
 * @cpu: Linux number
 * @apic_id: the number under which the SVSM knows the CPU
 * @vector: notification vector in force, 0 is none
 * @registered: the SVSM has accepted the page and proved itself
 * @touched: a registration was tried, and never withdrawn
 * @notify: the notification interrupt's irq_data, NULL is none
 * @timer_source: source of the CPU's timer, SVSM_SOURCE_ANY is none
 * @epoch: last epoch seen, notification handler only
 * @cursor: group at which the next take begins, notification handler only
 * @stats: counters
 */
struct svsm_page {
	raw_spinlock_t lock;
	struct svsm_event_page *ev;
	DECLARE_BITMAP(mask, SVSM_SOURCES_MAX);
	unsigned int cpu;
	u32 apic_id;
	u8 vector;
	bool registered;
	bool touched;
	struct irq_data *notify;
	u32 timer_source;
	u32 epoch;
	unsigned int cursor;
	struct svsm_page_stats stats;
};

DECLARE_PER_CPU(struct svsm_page, svsm_pages);

static inline struct svsm_page *svsm_page_of(unsigned int cpu)
{
	return per_cpu_ptr(&svsm_pages, cpu);
}

/* svsm_irq_page() for this driver, which calls it under raw locks. */
static inline struct svsm_event_page *svsm_page_registered(unsigned int cpu)
{
	struct svsm_page *p = svsm_page_of(cpu);

	return READ_ONCE(p->registered) ? p->ev : NULL;
}

/* The bit strings of the page are little endian, as x86-64's bitmaps are. */
static inline unsigned long *svsm_bits(u64 *words)
{
	return (unsigned long *)words;
}

/* call.c */
#define IRQ_CALL(name)		SVSM_CALL(SVSM_PROTO_IRQ, SVSM_IRQ_##name)
#define TIMER_CALL(name)	SVSM_CALL(SVSM_PROTO_TIMER, SVSM_TIMER_##name)
bool svsm_call_possible(void);
int svsm_transport(u64 id, struct svsm_call *call,
		   struct svsm_attest_call *block);
int svsm_issue(u64 id, const union svsm_block *block,
	       struct svsm_result *result);
/* Defined by the KUnit tests; NULL is the real transport. */
extern int (*svsm_transport_stub)(u64 id, struct svsm_call *call,
				  struct svsm_attest_call *block);

/* page.c */
int svsm_pages_alloc(void);
void svsm_pages_free(void);
int svsm_page_register(struct svsm_page *p, u8 vector);
void svsm_page_unregister(struct svsm_page *p);
void svsm_page_mask(struct svsm_page *p, unsigned int source);
void svsm_page_unmask(struct svsm_page *p, unsigned int source);
bool svsm_page_pend(struct svsm_page *p, unsigned int source);
void svsm_page_kick(struct svsm_page *p);

/* demux.c */
extern unsigned int svsm_take_budget;
void svsm_take(struct svsm_page *p);

/* domain.c */
extern struct irq_domain *svsm_domain;
int svsm_domain_init(void);
void svsm_domain_exit(void);
void svsm_domain_show(struct seq_file *m);

/* notify.c; without vectors all pages stay silent, and KUnit takes from them */
#ifdef CONFIG_X86_LOCAL_APIC
int svsm_notify_init(void);
void svsm_notify_exit(void);
#else
static inline int svsm_notify_init(void)
{
	return 0;
}

static inline void svsm_notify_exit(void)
{
}
#endif

/* test.c */
int svsm_test_init(struct dentry *dir);
void svsm_test_exit(void);

/* main.c */
extern struct svsm_irq_info svsm_info;
int svsm_irq_start(void);
void svsm_irq_stop(void);

/* debugfs.c */
#ifdef CONFIG_DEBUG_FS
struct dentry *svsm_debugfs_init(void);
void svsm_debugfs_exit(void);
#else
static inline struct dentry *svsm_debugfs_init(void)
{
	return NULL;
}

static inline void svsm_debugfs_exit(void)
{
}
#endif

#endif /* SVSM_IRQ_INTERNAL_H */
