// SPDX-License-Identifier: MIT
/*
 * Self-test of arch_kick() and arch_idle(). A wake-up counts only if the event
 * of the IPI itself came with it, and not if it took the watchdog to wake up,
 * so that nothing makes up for an IPI or a wake-up that was lost.
 */
#include <svsm/selftest.h>
#include <svsm/svsm.h>

/* IPIs in the chain and in the crowd, at least. */
#define CHAIN_HOPS	4096
#define CROWD_IPIS	4096

/* How long to stay awake after an IPI, at most, in ticks. */
#define AWAKE_TICKS	0x3FFFFU
#define AWAKE_STEP	4099U

/*
 * One IPI is under way at a time, from hop to hop along @route, which leads
 * from each vCPU to each other one and back to the first. @hops counts those
 * that were begun.
 */
static struct {
	u8 route[SVSM_VCPUS_MAX * SVSM_VCPUS_MAX];
	u32 length;
	u32 hops;
} chain;

/* Last message of each vCPU, in the crowd. */
static u32 message[SVSM_VCPUS_MAX];

static void make_route(void)
{
	u32 count = svsm.vcpu_count;
	u32 from, to, n = 0;

	for (from = 0; from < count; from++) {
		for (to = from + 1; to < count; to++) {
			chain.route[n++] = (u8)to;
			chain.route[n++] = (u8)from;
		}
		chain.route[n++] = (u8)((from + 1) % count);
	}
	chain.length = n;
}

static u32 laps(void)
{
	u32 count = svsm.vcpu_count;

	return CHAIN_HOPS / (count * count) + 1;
}

static u32 end_of_hop(u32 hop)
{
	return chain.route[hop % chain.length];
}

static void begin_hop(u32 hop)
{
	u64 until;

	__atomic_store_n(&chain.hops, hop + 1, __ATOMIC_RELEASE);
	arch_kick(&svsm.vcpus[end_of_hop(hop)]);
	/* The answer shall also come just when this vCPU falls asleep. */
	until = arch_tsc() + (hop * AWAKE_STEP & AWAKE_TICKS);
	while (arch_tsc() < until)
		arch_cpu_relax();
}

/* Return: false if the chain is broken. */
static bool await_hop(struct vcpu *vcpu, u32 *hop)
{
	struct host_events events;
	u64 until = selftest_watch();
	u32 hops, to;

	for (;;) {
		selftest_idle(vcpu, &events);
		hops = __atomic_load_n(&chain.hops, __ATOMIC_ACQUIRE);
		to = hops ? end_of_hop(hops - 1) : 0;
		if (arch_tsc() >= until)
			selftest_fail("IPI %u, to vCPU %u, did not come", hops,
				      to);
		if (selftest_failed())
			return false;
		if (events.kicked && hops && to == vcpu->index) {
			*hop = hops - 1;
			return true;
		}
	}
}

/**
 * selftest_ipi_chain() - one IPI after the other, from each vCPU to each
 * @vcpu: this vCPU
 *
 * A vCPU is the end of as many hops of the route as there are vCPUs.
 */
void selftest_ipi_chain(struct vcpu *vcpu)
{
	u32 left, hop;

	if (svsm.vcpu_count == 1)
		return;
	if (!vcpu->index) {
		make_route();
		begin_hop(0);
	}
	for (left = laps() * svsm.vcpu_count; left; left--) {
		if (!await_hop(vcpu, &hop))
			return;
		if (hop + 1 < laps() * chain.length)
			begin_hop(hop + 1);
	}
}

static u32 crowd_rounds(void)
{
	return CROWD_IPIS / (svsm.vcpu_count * svsm.vcpu_count) + 1;
}

static bool all_came(void)
{
	u32 i;

	for (i = 0; i < svsm.vcpu_count; i++) {
		if (__atomic_load_n(&message[i], __ATOMIC_RELAXED) !=
		    crowd_rounds())
			return false;
	}
	return true;
}

/**
 * selftest_ipi_crowd() - all vCPUs send to all others without waiting
 * @vcpu: this vCPU
 *
 * IPIs may become one, but the last one comes after all that was written.
 */
void selftest_ipi_crowd(struct vcpu *vcpu)
{
	struct host_events events;
	bool look = true;
	u32 round, i;
	u64 until;

	if (svsm.vcpu_count == 1)
		return;
	for (round = 1; round <= crowd_rounds(); round++) {
		__atomic_store_n(&message[vcpu->index], round,
				 __ATOMIC_RELAXED);
		for (i = 0; i < svsm.vcpu_count; i++) {
			if (i != vcpu->index)
				arch_kick(&svsm.vcpus[i]);
		}
	}
	until = selftest_watch();
	/* At first: some may have come before this vCPU began. */
	while (!look || !all_came()) {
		selftest_idle(vcpu, &events);
		look = events.kicked;
		if (arch_tsc() >= until)
			selftest_fail("the last IPI to vCPU %u did not come",
				      vcpu->index);
		if (selftest_failed())
			return;
	}
}
