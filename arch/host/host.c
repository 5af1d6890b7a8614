// SPDX-License-Identifier: MIT
/*
 * The platform as a Linux program: clock, host, guest, records.
 */
#include <assert.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <svsm/vcpu.h>
#include <uapi/svsm/call.h>

#include "host.h"
#include "memory.h"

struct host_platform host;

static struct host_vcpu vcpus[SVSM_VCPUS_MAX];
static _Thread_local struct vcpu *this_vcpu;
static u64 tsc;

u32 host_apic_id(u32 index)
{
	return 2 * index + 1;
}

struct host_vcpu *host_vcpu(struct vcpu *vcpu)
{
	return vcpu->arch;
}

void host_this_is(struct vcpu *vcpu)
{
	this_vcpu = vcpu;
}

void host_setup(u32 count)
{
	u32 apic_ids[SVSM_VCPUS_MAX];
	u32 i;

	memset(&host, 0, sizeof(host));
	host.delivery = SVSM_DELIVERY_HOST_ASSISTED;
	host.tsc_trusted = true;
	host.tsc_khz = 1000000;
	host_tsc_set(1000000);
	memset(vcpus, 0, sizeof(vcpus));
	memory_setup();

	for (i = 0; i < count; i++)
		apic_ids[i] = host_apic_id(i);
	svsm_init(apic_ids, count);
	for (i = 0; i < count; i++) {
		vcpus[i].armed = ~0ULL;
		vcpus[i].tick_at = ~0ULL;
		svsm_vcpu(i)->arch = &vcpus[i];
	}
	host_this_is(svsm_vcpu(0));
}

void host_tsc_set(u64 value)
{
	__atomic_store_n(&tsc, value, __ATOMIC_SEQ_CST);
}

void host_tsc_advance(u64 ticks)
{
	__atomic_fetch_add(&tsc, ticks, __ATOMIC_SEQ_CST);
}

void host_post(struct vcpu *vcpu, u8 vector, bool level)
{
	struct host_events *pending = &host_vcpu(vcpu)->pending;
	u64 bit = BIT_ULL(vector % 64);

	if (level)
		__atomic_fetch_or(&pending->level[vector / 64], bit,
				  __ATOMIC_SEQ_CST);
	__atomic_fetch_or(&pending->vectors[vector / 64], bit,
			  __ATOMIC_SEQ_CST);
}

u64 arch_tsc(void)
{
	return __atomic_load_n(&tsc, __ATOMIC_SEQ_CST);
}

u32 arch_tsc_khz(void)
{
	return host.tsc_khz;
}

bool arch_tsc_trusted(void)
{
	return host.tsc_trusted;
}

void arch_timer_arm(u64 deadline)
{
	struct host_vcpu *hv = host_vcpu(this_vcpu);

	hv->arms++;
	hv->armed = deadline;
	if (deadline == ~0ULL && host.fault == HOST_TICKS_STAY)
		return;
	hv->tick_at = deadline;
	if (host.fault == HOST_LOSES_TICKS && hv->arms % 100 == 0)
		hv->tick_at = ~0ULL;
}

static bool tick(struct host_vcpu *hv)
{
	u64 at = hv->tick_at;

	if (host.fault == HOST_TICKS_EARLY && at != ~0ULL)
		at -= 1000;
	if (at > arch_tsc())
		return false;
	hv->tick_at = ~0ULL;
	return true;
}

void arch_host_events(struct host_events *events)
{
	struct host_vcpu *hv = host_vcpu(this_vcpu);
	struct host_events *pending = &hv->pending;
	u32 w;

	for (w = 0; w < 4; w++) {
		events->vectors[w] = __atomic_exchange_n(&pending->vectors[w],
							 0, __ATOMIC_SEQ_CST);
		events->level[w] = __atomic_exchange_n(&pending->level[w], 0,
						       __ATOMIC_SEQ_CST);
	}
	events->nmi = pending->nmi;
	pending->nmi = false;
	events->kicked = __atomic_exchange_n(&hv->kicked, false,
					     __ATOMIC_SEQ_CST);
	events->timer = tick(hv);
}

void arch_host_eoi(u8 vector)
{
	struct host_vcpu *hv = host_vcpu(this_vcpu);
	struct vcpu *self = this_vcpu;
	void (*fn)(void) = hv->at_eoi;

	if (hv->eois < HOST_RECORD_MAX)
		hv->eoi[hv->eois] = vector;
	hv->eois++;
	hv->at_eoi = NULL;
	if (fn)
		fn();
	this_vcpu = self;
}

void arch_kick(struct vcpu *vcpu)
{
	struct host_vcpu *hv = host_vcpu(vcpu);

	assert(vcpu != this_vcpu);
	if (__atomic_add_fetch(&hv->kicks, 1, __ATOMIC_SEQ_CST) % 100 ||
	    host.fault != HOST_LOSES_KICKS)
		__atomic_store_n(&hv->kicked, true, __ATOMIC_SEQ_CST);
}

void arch_idle(void)
{
	const struct timespec pause = { .tv_nsec = 20000 };

	host_vcpu(this_vcpu)->idles++;
	/* In the self-test there are others to wait for. */
	if (host.selftest)
		nanosleep(&pause, NULL);
}

enum guest_exit arch_guest_enter(const struct guest_entry *entry,
				 struct guest_call *call)
{
	struct host_vcpu *hv = host_vcpu(this_vcpu);

	hv->entries++;
	hv->entry = *entry;
	if (!hv->guest)
		return GUEST_EXIT_NO_GUEST;
	return hv->guest(this_vcpu, entry, call, hv->ctx);
}

void arch_guest_answer(const struct guest_call *call)
{
	struct host_vcpu *hv = host_vcpu(this_vcpu);

	hv->answers++;
	hv->answer = *call;
}

u8 arch_delivery_mode(void)
{
	return host.delivery;
}

u32 arch_guest_vcpu_create(struct vcpu *vcpu, u64 state, u64 calling_area)
{
	struct host_vcpu *hv = host_vcpu(vcpu);

	if (hv->create_result)
		return hv->create_result;
	if (!memory_give(state, false))
		return SVSM_ERR_INVALID_ADDRESS;
	hv->state = state;
	hv->calling_area = calling_area;
	return SVSM_SUCCESS;
}

u32 arch_guest_vcpu_delete(struct vcpu *vcpu, u64 state)
{
	struct host_vcpu *hv = host_vcpu(vcpu);

	if (hv->busy && hv->state == state)
		return SVSM_ERR_BUSY;
	memory_give(state, true);
	if (hv->state == state)
		hv->state = 0;
	return SVSM_SUCCESS;
}

u32 arch_guest_remap_calling_area(u64 calling_area)
{
	struct host_vcpu *hv = host_vcpu(this_vcpu);

	if (hv->remap_result)
		return hv->remap_result;
	hv->calling_area = calling_area;
	return SVSM_SUCCESS;
}

struct vcpu *arch_this_vcpu(void)
{
	return this_vcpu;
}

/* Threads may outnumber processors: let the holder of a lock run. */
void arch_cpu_relax(void)
{
	sched_yield();
}

void arch_console_write(const char *text, size_t size)
{
	size_t room = sizeof(host.console) - host.console_len;

	if (size > room)
		size = room;
	memcpy(host.console + host.console_len, text, size);
	host.console_len += size;
}

bool arch_selftest_wanted(void)
{
	return host.selftest;
}

void arch_selftest_posts(bool on)
{
	__atomic_store_n(&host.posts, on, __ATOMIC_RELAXED);
}

void arch_power_off(bool ok)
{
	if (host.power_off)
		host.power_off(ok);
	fprintf(stderr, "powered off: %d\n%.*s", ok, (int)host.console_len,
		host.console);
	abort();
}

/* Programs have no translations of their own to forget. */
void arch_page_flush(const void *page)
{
	(void)page;
}

bool arch_page_convert(void *page, bool shared)
{
	(void)shared;
	if (host.fault == HOST_REFUSES_PAGES)
		return false;
	if (host.fault != HOST_KEEPS_PAGES)
		memset(page, 0, 4096);
	return true;
}

/* A report that is a magic number and the data. */
bool arch_attest_report(const u8 data[64], void *report, size_t size,
			size_t *used)
{
	if (host.fault == HOST_NO_REPORT || size < 72)
		return false;
	memcpy(report, "evidence", 8);
	memcpy((u8 *)report + 8, data, 64);
	if (host.fault == HOST_WRONG_REPORT)
		((u8 *)report)[71]++;
	*used = 72;
	return true;
}

void arch_terminate(enum terminate_reason reason)
{
	fprintf(stderr, "terminated: %d\n%.*s", (int)reason,
		(int)host.console_len, host.console);
	abort();
}
