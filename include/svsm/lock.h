/* SPDX-License-Identifier: MIT */
/*
 * Spin lock.
 *
 * Order, outermost first. A holder of one may take only those below it:
 *
 *	control lock (struct svsm)	calls that change what exists
 *	timer lock (struct vtimer)	attachment, look
 *	source lock (struct irqsrc)
 *	page lock (struct event_page)
 *	pinned lock (pinned.c), log lock (log.c): take nothing inside
 *
 * None is held while a guest runs and none is taken by an interrupt or
 * exception handler, so a holder is always SVSM code that makes progress.
 */
#ifndef _SVSM_LOCK_H
#define _SVSM_LOCK_H

#include <svsm/arch.h>
#include <svsm/types.h>

/**
 * struct spinlock - test-and-set lock; all zero is unlocked
 * @held: 1 while someone holds it
 */
struct spinlock {
	u8 held;
};

/**
 * spin_trylock() - take the lock if it is free
 * @lock: the lock
 *
 * Return: true if it was taken.
 */
static inline bool spin_trylock(struct spinlock *lock)
{
	/* Acquire: pairs with the release in spin_unlock(). */
	return __atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE) == 0;
}

/**
 * spin_lock() - take the lock, waiting for it
 * @lock: the lock; not held by the caller
 */
static inline void spin_lock(struct spinlock *lock)
{
	while (!spin_trylock(lock)) {
		while (__atomic_load_n(&lock->held, __ATOMIC_RELAXED))
			arch_cpu_relax();
	}
}

/**
 * spin_unlock() - release the lock
 * @lock: the lock; held by the caller
 */
static inline void spin_unlock(struct spinlock *lock)
{
	/* Release: pairs with the acquire in spin_trylock(). */
	__atomic_store_n(&lock->held, 0, __ATOMIC_RELEASE);
}

#endif /* _SVSM_LOCK_H */
