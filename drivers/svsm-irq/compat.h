/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between kernel versions, found by feature: see Kbuild for the
 * tests that the preprocessor cannot make.
 */
#ifndef SVSM_IRQ_COMPAT_H
#define SVSM_IRQ_COMPAT_H

#include <linux/cpufeature.h>
#include <linux/irq.h>
#include <linux/smp.h>
#include <linux/syscore_ops.h>
#ifdef CONFIG_AMD_MEM_ENCRYPT
#include <asm/cpu_device_id.h>
#include <asm/sev.h>
#endif

#include <svsm/call.h>
#include <svsm/event_page.h>

#if IS_ENABLED(CONFIG_SVSM_IRQ_KUNIT_TEST)
#include <kunit/static_stub.h>
#else
#define KUNIT_STATIC_STUB_REDIRECT(...)	do {} while (0)
#define kunit_get_current_test()	NULL
#endif

/*
 * Kernels before 6.11 know no SVSM and cannot run on one: there the module
 * loads only to say so. What it would call has the shape of later kernels.
 * User Mode Linux, built for KUnit, is such a kernel too.
 */
#if defined(CONFIG_AMD_MEM_ENCRYPT) && defined(X86_FEATURE_SVSM)
#define SVSM_CPU_IDS	X86_MATCH_FEATURE(X86_FEATURE_SVSM, NULL),

static inline bool svsm_compat_present(void)
{
	return boot_cpu_has(X86_FEATURE_SVSM) && snp_vmpl;
}
#else
#define SVSM_CPU_IDS

struct svsm_attest_call {
	u8 raw[SVSM_BLOCK_SIZE];
};

struct svsm_call {
	u64 r9;
	u64 rax_out;
	u64 rcx_out;
	u64 rdx_out;
	u64 r8_out;
};

static inline bool svsm_compat_present(void)
{
	return false;
}

static inline int snp_issue_svsm_attest_req(u64 call_id, struct svsm_call *call,
					    struct svsm_attest_call *input)
{
	return -EINVAL;
}
#endif

/*
 * One way to the SVSM and one answer to "did the SVSM answer?", for which a
 * kernel without snp_issue_svsm_call() has to be second-guessed.
 */
#ifdef SVSM_HAVE_CALL
static inline int svsm_compat_call(u64 id, struct svsm_call *call,
				   struct svsm_attest_call *block)
{
	return snp_issue_svsm_call(id, block, sizeof(*block), call);
}

static inline bool svsm_compat_answered(int ret, const struct svsm_call *call)
{
	return !ret;
}
#else
static inline int svsm_compat_call(u64 id, struct svsm_call *call,
				   struct svsm_attest_call *block)
{
	return snp_issue_svsm_attest_req(id, call, block);
}

/*
 * An SVSM that refuses says so in RAX. A failed call without such a code is
 * one that the host did not deliver, or not return from.
 */
static inline bool svsm_compat_answered(int ret, const struct svsm_call *call)
{
	return !ret || (call->rax_out >= SVSM_ERR_INCOMPLETE &&
			call->rax_out <= U32_MAX);
}
#endif

/* User Mode Linux has no APICs. */
static inline u32 svsm_compat_apic_id(unsigned int cpu)
{
#ifdef CONFIG_X86_LOCAL_APIC
	return cpu_physical_id(cpu);
#else
	return cpu;
#endif
}

/* Since 6.15 interrupts may move outside of their handler by default. */
static inline void svsm_compat_movable(unsigned int virq)
{
#ifdef SVSM_HAVE_MOVE_PCNTXT
	irq_set_status_flags(virq, IRQ_MOVE_PCNTXT);
#endif
}

/*
 * SVSM_SYSCORE(fn) defines svsm_syscore, whose fn() is called when the system
 * goes down or into another kernel, after its devices. Other CPUs still run.
 */
#ifdef SVSM_HAVE_SYSCORE_OPS
#define SVSM_SYSCORE(fn)						\
	static struct syscore_ops svsm_syscore = { .shutdown = (fn) }
#define SVSM_SYSCORE_ARGS	void
#define register_syscore	register_syscore_ops
#define unregister_syscore	unregister_syscore_ops
#else
#define SVSM_SYSCORE(fn)						\
	static const struct syscore_ops svsm_syscore_ops = {		\
		.shutdown = (fn),					\
	};								\
	static struct syscore svsm_syscore = { .ops = &svsm_syscore_ops }
#define SVSM_SYSCORE_ARGS	void *data
#endif

#endif /* SVSM_IRQ_COMPAT_H */
