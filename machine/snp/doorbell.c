/* SPDX-License-Identifier: MIT */
/*
 * The host's side of the #HV doorbell page (GHCB 2.0 restricted injection and
 * the extended-interrupt descriptors; layout as in COCONUT's hv_doorbell.rs).
 * Nothing here is injected but the #HV itself: the guest reads the page.
 */
#include "../cpu.h"
#include "snp.h"

#define FLAG_NMI		0x01
#define FLAG_NO_FURTHER_SIGNAL	0x80
#define STATUS_LEVEL		BIT(10)
#define STATUS_MULTIPLE		BIT(14)

struct ext_interrupts {
	u32 status;
	u32 irr[7];			/* vectors 32..255 */
	u32 isr[8];
};

struct doorbell {
	u8 vector;
	u8 flags;
	u8 no_eoi_required;
	u8 per_vmpl_events;		/* bit n - 1: descriptor of VMPL n */
	u8 reserved_004[60];
	struct ext_interrupts vmpl[3];
};

_Static_assert(__builtin_offsetof(struct doorbell, vmpl) == 0x40, "vmpl");

/*
 * The page, if it is still shared memory: then it stays so until unlock().
 * Otherwise NULL.
 */
static struct doorbell *lock(const struct level *l)
{
	if (!l->doorbell)
		return NULL;
	mem_lock();
	if (is_shared(l->doorbell))
		return (struct doorbell *)l->doorbell;
	mem_unlock();
	return NULL;
}

static void unlock(void)
{
	mem_unlock();
}

/**
 * doorbell_taken() - see whether the guest took the vector out of the page
 * @v: own vCPU
 * @level: VMPL with restricted injection
 *
 * Then it is in service. To be called before anything that the guest asks for
 * afterwards, its EOI above all.
 */
void doorbell_taken(struct vcpu *v, u32 level)
{
	struct level *l = &v->level[level];
	const struct doorbell *d;
	bool taken;

	if (!l->presented)
		return;
	d = lock(l);
	if (!d)
		return;
	taken = !__atomic_load_n(&d->vector, __ATOMIC_SEQ_CST);
	unlock();
	if (!taken)
		return;
	vapic_accept(&l->apic, l->presented);
	l->presented = 0;
}

/* A higher vector than the one that the guest has not yet taken out. */
static void show(struct level *l, struct doorbell *d, u8 vector)
{
	u8 shown = l->presented;

	/* 0: the guest took it meanwhile, @vector is out of date */
	if (vector <= shown ||
	    (shown && !__atomic_load_n(&d->vector, __ATOMIC_SEQ_CST)))
		return;
	if (__atomic_compare_exchange_n(&d->vector, &shown, vector, false,
					__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		l->presented = vector;
		__atomic_store_n(&l->hv_new, 1, __ATOMIC_SEQ_CST);
	}
}

/**
 * doorbell_sync() - bring doorbell page and APIC of a level together
 * @v: own vCPU
 * @level: VMPL with restricted injection
 * @out: what its APIC could deliver
 *
 * One vector stands in the page at a time. It is in service once the guest
 * has taken it out; a higher one replaces it as long as it has not.
 */
void doorbell_sync(struct vcpu *v, u32 level, const struct vapic_out *out)
{
	struct level *l = &v->level[level];
	struct doorbell *d;

	if (!out->nmi && (out->vector == VAPIC_NONE ||
			  out->vector <= (int)l->presented))
		return;
	d = lock(l);
	if (!d)
		return;
	if (out->nmi) {
		vapic_take_nmi(&l->apic);
		__atomic_fetch_or(&d->flags, FLAG_NMI, __ATOMIC_SEQ_CST);
		__atomic_store_n(&l->hv_new, 1, __ATOMIC_SEQ_CST);
	}
	if (out->vector != VAPIC_NONE)
		show(l, d, (u8)out->vector);
	unlock();
}

/**
 * doorbell_waiting() - is there something the guest was not told yet?
 * @v: vCPU
 * @level: VMPL
 */
bool doorbell_waiting(const struct vcpu *v, u32 level)
{
	const struct level *l = &v->level[level];

	return __atomic_load_n(&l->hv_new, __ATOMIC_SEQ_CST) && l->doorbell &&
	       is_shared(l->doorbell);
}

/**
 * doorbell_signal() - is an #HV due at this entry?
 * @v: own vCPU
 * @level: the level that is entered
 *
 * Sets NoFurtherSignal: the guest looks at the page after it has cleared it.
 */
bool doorbell_signal(struct vcpu *v, u32 level)
{
	struct level *l = &v->level[level];
	struct doorbell *d;
	u8 flags;

	if (!__atomic_load_n(&l->hv_new, __ATOMIC_SEQ_CST))
		return false;
	d = lock(l);
	if (!d)
		return false;
	__atomic_store_n(&l->hv_new, 0, __ATOMIC_SEQ_CST);
	flags = __atomic_fetch_or(&d->flags, FLAG_NO_FURTHER_SIGNAL,
				  __ATOMIC_SEQ_CST);
	unlock();
	return !(flags & FLAG_NO_FURTHER_SIGNAL);
}

/**
 * doorbell_post_guest_vector() - a host interrupt for a level above VMPL0
 * @v: any vCPU
 * @level: 1..3
 * @vector: 32..255
 * @level_triggered: the host wants an EOI
 */
void doorbell_post_guest_vector(struct vcpu *v, u32 level, u8 vector,
				bool level_triggered)
{
	struct level *l = &v->level[0];
	struct ext_interrupts *ext;
	struct doorbell *d;
	u32 none = 0;

	if (!level || level >= LEVELS || vector < 32)
		return;
	d = lock(l);
	if (!d)
		return;
	ext = &d->vmpl[level - 1];
	if (!level_triggered ||
	    !__atomic_compare_exchange_n(&ext->status, &none,
					 vector | STATUS_LEVEL, false,
					 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		__atomic_fetch_or(&ext->irr[vector / 32 - 1],
				  1U << (vector % 32), __ATOMIC_SEQ_CST);
		__atomic_fetch_or(&ext->status, STATUS_MULTIPLE,
				  __ATOMIC_SEQ_CST);
	}
	__atomic_fetch_or(&d->per_vmpl_events, 1 << (level - 1),
			  __ATOMIC_SEQ_CST);
	__atomic_store_n(&l->hv_new, 1, __ATOMIC_SEQ_CST);
	unlock();
	vcpu_kick(v);
}
