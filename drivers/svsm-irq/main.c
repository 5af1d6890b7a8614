// SPDX-License-Identifier: GPL-2.0-only
/*
 * svsm-irq: interrupts from an SVSM through a shared event page.
 *
 * Finds the SVSM, checks that it is one, sets up pages, domain and
 * notification, and makes the SVSM forget all of it when this kernel ends.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/suspend.h>

#include "internal.h"

struct svsm_irq_info svsm_info;

static int svsm_query(void)
{
	struct svsm_result result;
	int ret;

	ret = svsm_issue(IRQ_CALL(QUERY), NULL, &result);
	if (ret == -EIO) {
		pr_err("the host did not deliver a call to the SVSM\n");
		return ret;
	}
	if (ret) {
		pr_info("the SVSM offers no interrupts (result %#x)\n",
			result.code);
		return -ENODEV;
	}

	svsm_info.features = result.rcx;
	svsm_info.sources = lower_32_bits(result.rdx);
	svsm_info.host_vectors = upper_32_bits(result.rdx);
	svsm_info.mode = SVSM_QUERY_MODE(result.r8);
	svsm_info.tsc_trusted = result.r8 & SVSM_QUERY_TSC_TRUSTED;
	svsm_info.major = SVSM_QUERY_MAJOR(result.r8);
	svsm_info.minor = SVSM_QUERY_MINOR(result.r8);

	if (svsm_info.major != SVSM_EVENT_PAGE_MAJOR) {
		pr_info("the SVSM speaks version %u.%u, this driver %u.%u\n",
			svsm_info.major, svsm_info.minor, SVSM_EVENT_PAGE_MAJOR,
			SVSM_EVENT_PAGE_MINOR);
		return -ENODEV;
	}
	if (svsm_info.mode != SVSM_DELIVERY_HOST_ASSISTED &&
	    svsm_info.mode != SVSM_DELIVERY_SVSM_APIC) {
		pr_info("the host gives the SVSM no way to deliver interrupts\n");
		return -ENODEV;
	}
	if (!svsm_info.sources || svsm_info.sources > SVSM_SOURCES_MAX ||
	    svsm_info.sources % SVSM_SOURCES_PER_GROUP ||
	    SVSM_QUERY_BLOCK_SIZE(result.r8) < SVSM_BLOCK_SIZE) {
		pr_err("the SVSM's answer makes no sense: %u sources, block size %u\n",
		       svsm_info.sources, SVSM_QUERY_BLOCK_SIZE(result.r8));
		return -EPROTO;
	}
	return 0;
}

static int svsm_reset(void)
{
	return svsm_issue(IRQ_CALL(RESET), NULL, NULL);
}

/*
 * The kernel after this one must not find its memory written to. Not a reboot
 * notifier: timers have to go on until devices are shut down.
 */
static void svsm_shutdown(SVSM_SYSCORE_ARGS)
{
	if (svsm_reset())
		pr_emerg("the SVSM was not reset: it may write to the next kernel's memory\n");
}

SVSM_SYSCORE(svsm_shutdown);

/* A kernel that comes back from disk would not find its pages registered. */
static int svsm_pm_event(struct notifier_block *nb, unsigned long event,
			 void *data)
{
	return event == PM_HIBERNATION_PREPARE ? NOTIFY_BAD : NOTIFY_DONE;
}

static struct notifier_block svsm_pm_notifier = {
	.notifier_call = svsm_pm_event,
};

/* From before the first page is the SVSM's until after the last one is not. */
static void svsm_guard(void)
{
	register_syscore(&svsm_syscore);
	register_pm_notifier(&svsm_pm_notifier);
}

static void svsm_unguard(void)
{
	unregister_pm_notifier(&svsm_pm_notifier);
	unregister_syscore(&svsm_syscore);
}

/* Forget all pages; they may be freed if the SVSM agrees that it has none. */
static void svsm_forget(void)
{
	unsigned int cpu;

	if (svsm_reset())
		return;
	for_each_possible_cpu(cpu) {
		svsm_page_of(cpu)->registered = false;
		svsm_page_of(cpu)->touched = false;
	}
}

/* One page, silent for now: is the peer an SVSM, or the host playing one? */
static int svsm_prove(void)
{
	int ret;

	cpus_read_lock();
	ret = svsm_page_register(svsm_page_of(cpumask_first(cpu_online_mask)),
				 0);
	cpus_read_unlock();
	if (ret == -EIO)
		pr_err("no proof of an SVSM in the event page: not trusting the peer\n");
	else if (ret)
		pr_err("the SVSM refused the event page: %d\n", ret);
	return ret;
}

/**
 * svsm_irq_start() - find the SVSM and take everything into use
 *
 * Return: 0 or a negative errno, with nothing left behind: -ENODEV without an
 *	   SVSM that this driver can work with, -EIO if the peer is none.
 */
int svsm_irq_start(void)
{
	int ret;

	if (!svsm_call_possible()) {
		pr_info("no SVSM below this kernel\n");
		return -ENODEV;
	}
	ret = svsm_query();
	if (ret)
		return ret;
	ret = svsm_reset();
	if (ret) {
		pr_err("the SVSM cannot be reset: %d\n", ret);
		return ret;
	}
	ret = svsm_pages_alloc();
	if (ret)
		return ret;
	svsm_guard();
	ret = svsm_prove();
	if (ret == -EIO)
		goto free_pages;
	if (ret)
		goto forget;
	ret = svsm_domain_init();
	if (ret)
		goto forget;
	ret = svsm_notify_init();
	if (ret) {
		pr_err("no notification: %d\n", ret);
		goto remove_domain;
	}
	ret = svsm_test_init(svsm_debugfs_init());
	if (ret)
		goto remove_notify;
	pr_info("version %u.%u, %u sources, %s, %u CPUs\n", svsm_info.major,
		svsm_info.minor, svsm_info.sources,
		svsm_info.mode == SVSM_DELIVERY_SVSM_APIC ?
		"SVSM's APIC" : "host-assisted", num_online_cpus());
	return 0;

remove_notify:
	svsm_debugfs_exit();
	svsm_notify_exit();
remove_domain:
	svsm_domain_exit();
forget:
	svsm_forget();
free_pages:
	svsm_unguard();
	svsm_pages_free();
	return ret;
}

/**
 * svsm_irq_stop() - undo svsm_irq_start(), when no source is open any more
 */
void svsm_irq_stop(void)
{
	svsm_debugfs_exit();
	svsm_test_exit();
	svsm_notify_exit();
	svsm_domain_exit();
	svsm_forget();
	svsm_unguard();
	svsm_pages_free();
}

static int __init svsm_irq_init(void)
{
	return svsm_irq_start();
}
module_init(svsm_irq_init);

static void __exit svsm_irq_exit(void)
{
	svsm_irq_stop();
}
module_exit(svsm_irq_exit);

static const struct x86_cpu_id __maybe_unused svsm_irq_ids[] = {
	SVSM_CPU_IDS
	{}
};
MODULE_DEVICE_TABLE(x86cpu, svsm_irq_ids);

MODULE_DESCRIPTION("Interrupts from an SVSM through a shared event page");
MODULE_LICENSE("GPL");
#ifdef SVSM_GUEST_VERSION
MODULE_VERSION(SVSM_GUEST_VERSION);
#endif
