// SPDX-License-Identifier: MIT
/*
 * Self-test of the way from a vector that the host posts to a bit in an event
 * page, for which no guest is needed: the SVSM writes the page, and what a
 * guest would read this reads.
 */
#include <svsm/hostirq.h>
#include <svsm/irqsrc.h>
#include <svsm/selftest.h>
#include <svsm/svsm.h>

/* So many of each vector. */
#define VECTORS_WANTED	8

/**
 * struct seen - what came to one vCPU
 * @gpa: its event page
 * @source: opened for SELFTEST_VECTOR
 * @listed: times SELFTEST_VECTOR came
 * @others: times any other vector came
 * @unlisted: SELFTEST_VECTOR_UNLISTED among them
 * @refused: counter of those that no source took, before any came
 */
struct seen {
	u64 gpa;
	u32 source;
	u32 listed;
	u32 others;
	u32 unlisted;
	u64 refused;
};

static u64 refused(const struct vcpu *vcpu)
{
	return vcpu->page.counters[SVSM_COUNTER_REFUSED];
}

static bool posted(const struct host_events *events, u32 vector)
{
	return events->vectors[vector / 64] & BIT_ULL(vector % 64);
}

/* Take all bits of the page; @source must be the only one, if any. */
static bool raised(struct seen *seen)
{
	struct shm *mem = shm_guest(seen->gpa, SVSM_EVENT_PAGE_SIZE);
	u64 mine = BIT_ULL(seen->source % SVSM_SOURCES_PER_GROUP);
	u64 bits, own = 0;
	u32 g;

	for (g = 0; g < SVSM_GROUPS_MAX; g++) {
		if (!mem || !shm_fetch_and64(shm_u64_at(mem,
				EVENT_PAGE_OFFSET(pir) + g * sizeof(u64)),
				0, &bits)) {
			selftest_fail("the event page is gone");
			return false;
		}
		if (g == seen->source / SVSM_SOURCES_PER_GROUP) {
			own = bits & mine;
			bits &= ~mine;
		}
		if (bits)
			selftest_fail("a source was raised that is not open");
	}
	return own;
}

static void look(struct vcpu *vcpu, struct seen *seen,
		 const struct host_events *events, bool open)
{
	bool listed = posted(events, SELFTEST_VECTOR);
	u32 v;

	for (v = 0; v < HOST_VECTORS; v++)
		seen->others += v != SELFTEST_VECTOR && posted(events, v);
	seen->unlisted += posted(events, SELFTEST_VECTOR_UNLISTED);
	seen->listed += listed;
	if (!open)
		seen->others += listed;
	if (raised(seen) != (listed && open))
		selftest_fail("vCPU %u: vector 0x%x %s", vcpu->index,
			      SELFTEST_VECTOR, listed && open ?
			      "did not raise its source" :
			      "raised without having come");
	if (refused(vcpu) - seen->refused != seen->others)
		selftest_fail("vCPU %u: %u vectors dropped, %lu counted",
			      vcpu->index, seen->others,
			      (unsigned long)(refused(vcpu) - seen->refused));
}

/* Until enough of both came. */
static void receive(struct vcpu *vcpu, struct seen *seen, bool open)
{
	u64 until = selftest_watch();
	struct host_events events;

	seen->listed = 0;
	seen->unlisted = 0;
	while (!selftest_failed() && (seen->listed < VECTORS_WANTED ||
				      seen->unlisted < VECTORS_WANTED)) {
		selftest_idle(vcpu, &events);
		look(vcpu, seen, &events, open);
		if (arch_tsc() >= until)
			selftest_fail("vCPU %u: vectors 0x%x came %u, 0x%x %u times",
				      vcpu->index, SELFTEST_VECTOR,
				      seen->listed, SELFTEST_VECTOR_UNLISTED,
				      seen->unlisted);
	}
}

static bool set_up(struct vcpu *vcpu, struct seen *seen)
{
	const struct irqsrc_config config = {
		.kind = SVSM_SOURCE_HOST_VECTOR,
		.trigger = SVSM_TRIGGER_EDGE,
		.host_vector = SELFTEST_VECTOR,
		.host_vcpu = vcpu,
		.target = vcpu,
	};
	u32 ret;

	seen->gpa = selftest_memory(vcpu);
	seen->source = SVSM_SOURCE_ANY;
	spin_lock(&svsm.control);
	/* Silent: there is no guest to be notified. */
	ret = event_page_register(vcpu, seen->gpa, 0, 0);
	if (!ret)
		ret = irqsrc_open(&config, &seen->source);
	spin_unlock(&svsm.control);
	if (ret)
		selftest_fail("vCPU %u: no event page or source: 0x%x",
			      vcpu->index, ret);
	return !ret;
}

/**
 * selftest_vector() - a source gets its host vector, and no other
 * @vcpu: this vCPU
 */
void selftest_vector(struct vcpu *vcpu)
{
	struct seen seen = { .refused = refused(vcpu) };

	if (!set_up(vcpu, &seen))
		return;
	receive(vcpu, &seen, true);

	/* Once the source is closed the same vector is like all others. */
	spin_lock(&svsm.control);
	irqsrc_close(seen.source);
	spin_unlock(&svsm.control);
	receive(vcpu, &seen, false);

	spin_lock(&svsm.control);
	event_page_close(vcpu);
	event_page_unregister(vcpu);
	spin_unlock(&svsm.control);
}
