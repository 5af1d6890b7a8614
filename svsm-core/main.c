// SPDX-License-Identifier: MIT
/*
 * The loop that every vCPU runs for ever.
 */
#include <svsm/arch.h>
#include <svsm/dispatch.h>
#include <svsm/hostirq.h>
#include <svsm/log.h>
#include <svsm/pinned.h>
#include <svsm/selftest.h>
#include <svsm/svsm.h>

struct svsm svsm;

/* See arch.h. */
void svsm_init(const u32 *apic_ids, u32 count)
{
	u32 i;

	if (!count || count > SVSM_VCPUS_MAX) {
		svsm_log(LOG_ERROR, "%u vcpus, 1 to %u are possible", count,
			 SVSM_VCPUS_MAX);
		arch_terminate(TERMINATE_GENERAL);
	}
	pinned_reset();
	irqsrc_init();
	for (i = 0; i < count; i++)
		vcpu_init(&svsm.vcpus[i], i, apic_ids[i]);
	svsm.vcpu_count = count;
}

/* See arch.h. */
struct vcpu *svsm_vcpu(u32 index)
{
	return index < svsm.vcpu_count ? &svsm.vcpus[index] : NULL;
}

/* See svsm.h. */
void svsm_vcpu_pass(struct vcpu *vcpu)
{
	struct host_events events;
	struct guest_entry entry;
	struct guest_call call;
	enum guest_exit exit;
	u64 deadline;
	u64 requests;

	arch_host_events(&events);
	hostirq_events(vcpu, &events);
	hostirq_send_eois(vcpu);

	/* A deadline that has come raises, so it precedes the decision. */
	deadline = timer_expire(vcpu);
	entry.vector = event_page_enter(vcpu, &requests);
	timer_arm(vcpu, deadline);

	exit = arch_guest_enter(&entry, &call);
	/* Consumed only if the switch was really executed. */
	if (exit == GUEST_EXIT_EVENT || exit == GUEST_EXIT_CALL)
		event_page_entered(vcpu, entry.vector, requests);

	switch (exit) {
	case GUEST_EXIT_CALL:
		svsm_dispatch(vcpu, &call);
		arch_guest_answer(&call);
		break;
	case GUEST_EXIT_NOT_ENTERED:
		vcpu->not_entered++;
		break;
	case GUEST_EXIT_EVENT:
		break;
	case GUEST_EXIT_NO_GUEST:
		arch_idle();
		break;
	}
}

/* See arch.h. */
void svsm_vcpu_run(void)
{
	struct vcpu *vcpu = arch_this_vcpu();

	if (arch_selftest_wanted())
		selftest_run(vcpu);
	for (;;)
		svsm_vcpu_pass(vcpu);
}
