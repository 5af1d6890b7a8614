/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between kernels: found by feature. User Mode Linux, where KUnit
 * runs, knows nothing of its TSC: the stand-in counts ns.
 */
#ifndef SVSM_TIMER_COMPAT_H
#define SVSM_TIMER_COMPAT_H

#ifndef CONFIG_UML
#include <linux/cpufeature.h>
#include <asm/cpu_device_id.h>
#include <asm/msr.h>
#include <asm/tsc.h>

#define svsm_compat_tsc()	rdtsc_ordered()
#define svsm_compat_tsc_khz()	(boot_cpu_has(X86_FEATURE_TSC) ? tsc_khz : 0)
#else
#include <linux/timekeeping.h>

#define svsm_compat_tsc()	ktime_get_ns()
#define svsm_compat_tsc_khz()	1000000U
#endif

/* Kernels before 6.11 cannot run on an SVSM, nor can User Mode Linux. */
#if defined(X86_FEATURE_SVSM) && !defined(CONFIG_UML)
#define SVSM_CPU_IDS	X86_MATCH_FEATURE(X86_FEATURE_SVSM, NULL),
#else
#define SVSM_CPU_IDS
#endif

#if IS_ENABLED(CONFIG_SVSM_TIMER_KUNIT_TEST)
#include <kunit/static_stub.h>
#else
#define KUNIT_STATIC_STUB_REDIRECT(...)	do {} while (0)
#endif

#endif /* SVSM_TIMER_COMPAT_H */
