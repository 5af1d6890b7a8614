// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit: out of memory at every allocation.
 *
 * The kernel's fault injection spares what may sleep, and single pages, unless
 * files in debugfs say otherwise. Their variables are set here: suites that are
 * built in run without user space.
 */
#include <linux/dcache.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/sched.h>

#include "fake_test.h"

/* More allocations than starting takes on any machine that runs this. */
#define ALLOCATIONS_MAX	20000

#if defined(CONFIG_FAILSLAB) && defined(CONFIG_FAIL_PAGE_ALLOC) && \
	defined(CONFIG_FAULT_INJECTION_DEBUG_FS)
static void *knob(const char *dir_name, const char *name)
{
	struct dentry *dir = debugfs_lookup(dir_name, NULL);
	struct dentry *file;
	void *value = NULL;

	if (IS_ERR_OR_NULL(dir))
		return NULL;
	file = debugfs_lookup(name, dir);
	dput(dir);
	if (!IS_ERR_OR_NULL(file)) {
		value = d_inode(file)->i_private;
		dput(file);
	}
	return value;
}

static struct {
	bool *slab_spares, *page_spares;
	u32 *page_order;
	unsigned long *slab_verbose, *page_verbose;
	u32 old_order;
	unsigned long old_slab_verbose, old_page_verbose;
} knobs;

/* For all tasks, but only one that sets fail_nth sees a failure. */
static void faults_on(struct kunit *test)
{
	knobs.slab_spares = knob("failslab", "ignore-gfp-wait");
	knobs.page_spares = knob("fail_page_alloc", "ignore-gfp-wait");
	knobs.page_order = knob("fail_page_alloc", "min-order");
	knobs.slab_verbose = knob("failslab", "verbose");
	knobs.page_verbose = knob("fail_page_alloc", "verbose");
	if (!knobs.slab_spares || !knobs.page_spares || !knobs.page_order ||
	    !knobs.slab_verbose || !knobs.page_verbose)
		kunit_skip(test, "no fault injection");
	*knobs.slab_spares = false;
	*knobs.page_spares = false;
	knobs.old_order = *knobs.page_order;
	*knobs.page_order = 0;
	knobs.old_slab_verbose = *knobs.slab_verbose;
	*knobs.slab_verbose = 0;
	knobs.old_page_verbose = *knobs.page_verbose;
	*knobs.page_verbose = 0;
}

static void faults_off(void)
{
	*knobs.slab_spares = true;
	*knobs.page_spares = true;
	*knobs.page_order = knobs.old_order;
	*knobs.slab_verbose = knobs.old_slab_verbose;
	*knobs.page_verbose = knobs.old_page_verbose;
}

static bool spared;

static void fail_at(unsigned int n)
{
	spared = false;
	current->fail_nth = n;
}

/* Return: has there been an n-th allocation? It has failed then. */
static bool failed(void)
{
	bool failed = !current->fail_nth && !spared;

	current->fail_nth = 0;
	return failed;
}

/*
 * What request_irq() allocates after an interrupt's activation are files in
 * /proc. The kernel does without them, and warns when it cannot remove them.
 */
static void spare_proc(u64 id, const union svsm_block *block)
{
	if (id != IRQ_CALL(PAGE_REGISTER) || !block->page_register.vector ||
	    !current->fail_nth)
		return;
	current->fail_nth = 0;
	spared = true;
}
#else
static void faults_on(struct kunit *test)
{
	kunit_skip(test, "no fault injection");
}

static void faults_off(void)
{
}

static void fail_at(unsigned int n)
{
}

static bool failed(void)
{
	return false;
}

static void spare_proc(u64 id, const union svsm_block *block)
{
}
#endif

static unsigned int count_irqs(void)
{
	unsigned int virq, n = 0;

	for (virq = 0; virq < 4096; virq++)
		n += !!irq_get_irq_data(virq);
	return n;
}

/* Nothing but 0 and -ENOMEM: some of what fails the kernel does without. */
static bool expected(int ret)
{
	return !ret || ret == -ENOMEM;
}

static void memory_start(struct kunit *test)
{
	unsigned int n, irqs, refused = 0, odd = 0, left = 0;
	bool again = true;
	int ret = 0;

	svsm_case_play(test);
	irqs = count_irqs();
	svsm_fake.before = spare_proc;
	faults_on(test);
	for (n = 1; again && n < ALLOCATIONS_MAX; n++) {
		fail_at(n);
		ret = svsm_irq_start();
		again = failed();
		refused += !!ret;
		odd += !expected(ret);
		if (!ret)
			svsm_irq_stop();
		left += svsm_live() || count_irqs() != irqs ||
			svsm_debugfs_has("svsm-irq", NULL) ||
			!svsm_fake_idle();
	}
	faults_off();
	KUNIT_EXPECT_FALSE(test, again);
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, odd, 0);
	KUNIT_EXPECT_EQ(test, left, 0);
	/* Pages, sources, the domain and its node at least. */
	KUNIT_EXPECT_GE(test, refused, 4);
	KUNIT_EXPECT_EQ(test, svsm_irq_start(), 0);
}

/* A source that cannot be entered is closed again, or was never opened. */
static void memory_open(struct kunit *test)
{
	struct svsm_irq_spec spec = {
		.source = SVSM_SOURCE_ANY,
		.kind = SVSM_SOURCE_SOFTWARE,
	};
	unsigned int n, odd = 0, left = 0;
	bool again = true;
	int virq = 0;

	svsm_case_start(test);
	spec.cpu = raw_smp_processor_id();
	faults_on(test);
	for (n = 1; again && n < ALLOCATIONS_MAX; n++) {
		fail_at(n);
		virq = svsm_irq_open(&spec);
		again = failed();
		if (virq > 0)
			svsm_irq_close(virq);
		else
			odd += !expected(virq);
		left += svsm_domain->mapcount ||
			svsm_fake_source(SVSM_SOURCES_PER_GROUP)->open;
	}
	faults_off();
	KUNIT_EXPECT_FALSE(test, again);
	KUNIT_EXPECT_GT(test, virq, 0);
	KUNIT_EXPECT_EQ(test, odd, 0);
	KUNIT_EXPECT_EQ(test, left, 0);
	/* Without SPARSE_IRQ nothing is allocated; else Linux tries twice. */
	if (IS_ENABLED(CONFIG_SPARSE_IRQ))
		KUNIT_EXPECT_GT(test, n, 2);
}

static void memory_timer(struct kunit *test)
{
	unsigned int cpu, n, refused = 0, odd = 0, left = 0;
	bool again = true;
	int virq = 0;

	svsm_case_start(test);
	cpu = raw_smp_processor_id();
	faults_on(test);
	for (n = 1; again && n < ALLOCATIONS_MAX; n++) {
		fail_at(n);
		virq = svsm_irq_timer_attach(cpu);
		again = failed();
		if (virq > 0) {
			svsm_irq_timer_detach(cpu, virq);
		} else {
			refused++;
			odd += !expected(virq);
		}
		left += svsm_domain->mapcount ||
			svsm_fake_vcpu(cpu)->timer != SVSM_SOURCE_ANY ||
			svsm_page_of(cpu)->timer_source != SVSM_SOURCE_ANY;
	}
	faults_off();
	KUNIT_EXPECT_FALSE(test, again);
	KUNIT_EXPECT_GT(test, virq, 0);
	KUNIT_EXPECT_EQ(test, odd, 0);
	KUNIT_EXPECT_EQ(test, left, 0);
	if (IS_ENABLED(CONFIG_SPARSE_IRQ))
		KUNIT_EXPECT_GE(test, refused, 1);
}

static struct kunit_case memory_cases[] = {
	KUNIT_CASE_SLOW(memory_start),
	KUNIT_CASE(memory_open),
	KUNIT_CASE(memory_timer),
	{}
};

static struct kunit_suite memory_suite = {
	.name = "svsm-irq-memory",
	.init = svsm_case_init,
	.exit = svsm_case_exit,
	.test_cases = memory_cases,
};

kunit_test_suite(memory_suite);
