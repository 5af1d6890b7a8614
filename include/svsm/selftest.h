/* SPDX-License-Identifier: MIT */
/*
 * The self-test: the image tries out what its platform promises in arch.h, on
 * real vCPUs and without a guest, and says the result as KTAP on the log.
 *
 * The host takes part: when asked, it posts SELFTEST_VECTOR and
 * SELFTEST_VECTOR_UNLISTED to every vCPU again and again.
 */
#ifndef _SVSM_SELFTEST_H
#define _SVSM_SELFTEST_H

#include <svsm/arch.h>
#include <svsm/types.h>
#include <svsm/vcpu.h>

/* Host vectors: one that a source is opened for, and one that none wants. */
#define SELFTEST_VECTOR			0x51
#define SELFTEST_VECTOR_UNLISTED	0x52

/**
 * enum selftest_flags - how a test runs
 * @SELFTEST_POSTS: the host shall post meanwhile. Otherwise nothing but the test
 *	itself wakes a vCPU, and what is lost stays lost
 * @SELFTEST_APART: the first vCPU's part comes when all others are done with
 *	theirs, so that one vCPU is awake even if each of them loses something
 */
enum selftest_flags {
	SELFTEST_POSTS = 1,
	SELFTEST_APART = 2,
};

/**
 * struct selftest - one test
 * @name: for the result
 * @run: runs on each vCPU; the result is in when all are back
 * @flags: enum selftest_flags
 */
struct selftest {
	const char *name;
	void (*run)(struct vcpu *vcpu);
	u32 flags;
};

/**
 * selftest_run() - run all tests, then power off; does not return
 * @vcpu: this vCPU
 *
 * Called on every vCPU; the first one leads.
 */
void selftest_run(struct vcpu *vcpu) __attribute__((noreturn));

/**
 * selftest_fail() - this test has failed
 * @fmt: why, as for svsm_log(); the first one of a test is what is printed
 */
void selftest_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** selftest_failed() - has this test failed, here or on another vCPU? */
bool selftest_failed(void);

/**
 * selftest_patience() - how long a test waits for what must come
 *
 * Far longer than anything takes: who waits so long has lost something.
 *
 * Return: TSC ticks.
 */
u64 selftest_patience(void);

/**
 * selftest_watch() - have this vCPU woken when its patience is at an end
 *
 * Return: TSC of that.
 */
u64 selftest_watch(void);

/**
 * selftest_take() - take what the host signalled, and pass on its vectors
 * @vcpu: this vCPU
 * @events: filled in
 */
void selftest_take(struct vcpu *vcpu, struct host_events *events);

/**
 * selftest_idle() - arch_idle(), then selftest_take()
 * @vcpu: this vCPU
 * @events: filled in
 *
 * Nothing else may end it: selftest_watch() before.
 */
void selftest_idle(struct vcpu *vcpu, struct host_events *events);

/**
 * selftest_memory() - 2 MiB of the guest's memory for one vCPU
 * @vcpu: the vCPU
 *
 * Return: GPA, 0 if there is too little.
 */
u64 selftest_memory(const struct vcpu *vcpu);

/* The tests, each in the file that its name says. */
void selftest_ipi_chain(struct vcpu *vcpu);
void selftest_ipi_crowd(struct vcpu *vcpu);
void selftest_memory_own(struct vcpu *vcpu);
void selftest_memory_guest(struct vcpu *vcpu);
void selftest_vector(struct vcpu *vcpu);
void selftest_timer(struct vcpu *vcpu);
void selftest_timer_changed(struct vcpu *vcpu);
void selftest_attest(struct vcpu *vcpu);

#endif /* _SVSM_SELFTEST_H */
