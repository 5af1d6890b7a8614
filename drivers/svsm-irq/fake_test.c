// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way to the SVSM that KUnit tests play, with scripted misbehaviour; what
 * it answers if it behaves is in fake_proto_test.c.
 *
 * Calls come from the thread of the test alone, posts of the host from
 * anywhere.
 */
#include <kunit/static_stub.h>
#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "fake_test.h"

struct svsm_fake svsm_fake;

int (*svsm_transport_stub)(u64 id, struct svsm_call *call,
			   struct svsm_attest_call *block);

static unsigned int *count_of(u64 id)
{
	return &svsm_fake.count[upper_32_bits(id) == SVSM_PROTO_TIMER]
			       [lower_32_bits(id) % SVSM_FAKE_CALLS_MAX];
}

/* What the script has for this call; 0 is nothing. */
static u32 scripted(u64 id)
{
	u32 answer;

	if (!svsm_fake.script_answer ||
	    (svsm_fake.script_id && svsm_fake.script_id != id))
		return 0;
	if (svsm_fake.script_skip) {
		svsm_fake.script_skip--;
		return 0;
	}
	answer = svsm_fake.script_answer;
	svsm_fake.script_answer = 0;
	return answer;
}

static u32 execute(u64 id, const union svsm_block *block,
		   struct svsm_call *call)
{
	u32 ret;

	raw_spin_lock(&svsm_fake.lock);
	ret = svsm_fake_dispatch(id, block, call);
	raw_spin_unlock(&svsm_fake.lock);
	return ret;
}

static int fake_transport(u64 id, struct svsm_call *call,
			  struct svsm_attest_call *raw)
{
	const union svsm_block *block = (const void *)raw;
	u32 answer;

	svsm_fake.calls++;
	++*count_of(id);
	svsm_fake.irqs_on += !irqs_disabled();
	if (svsm_fake.before)
		svsm_fake.before(id, block);
	answer = scripted(id);

	/* What the guest had there: address of the block, nothing of use. */
	call->rcx_out = __pa(raw);
	call->rdx_out = ~0ULL;
	call->r8_out = ~0ULL;
	switch (answer) {
	case 0:
		call->rax_out = execute(id, block, call);
		break;
	case SVSM_FAKE_LATE:
		execute(id, block, call);
		fallthrough;
	case SVSM_FAKE_DROPPED:
		call->rax_out = id;
		break;
	case SVSM_FAKE_LIE:
		call->rax_out = SVSM_SUCCESS;
		break;
	default:
		call->rax_out = answer;
	}
	/* The kernel's function writes into the block as well. */
	memset(raw, 0xA5, sizeof(*raw));
	if (svsm_fake.after)
		svsm_fake.after(id, block, call);
#ifdef SVSM_HAVE_CALL
	/* That function tells a call that was refused from one that was not. */
	return answer == SVSM_FAKE_DROPPED || answer == SVSM_FAKE_LATE ? -EIO :
									 0;
#else
	return call->rax_out ? -EINVAL : 0;
#endif
}

static bool fake_call_possible(void)
{
	return svsm_fake.possible;
}

/* --- For tests ------------------------------------------------------------ */

/**
 * svsm_fake_init() - put a well-behaved SVSM below the driver
 * @test: until the end of this
 *
 * Return: 0 or -ENOMEM.
 */
int svsm_fake_init(struct kunit *test)
{
	unsigned int cpu;

	svsm_fake = (struct svsm_fake){
		.possible = true,
		.source_count = SVSM_SOURCES_MAX,
		.mode = SVSM_DELIVERY_HOST_ASSISTED,
		.block_size = SVSM_BLOCK_SIZE,
		.major = SVSM_EVENT_PAGE_MAJOR,
		.minor = SVSM_EVENT_PAGE_MINOR,
	};
	raw_spin_lock_init(&svsm_fake.lock);
	svsm_fake.vcpus = kunit_kcalloc(test, nr_cpu_ids,
					sizeof(*svsm_fake.vcpus), GFP_KERNEL);
	svsm_fake.sources = kunit_kcalloc(test, SVSM_SOURCES_MAX,
					  sizeof(*svsm_fake.sources),
					  GFP_KERNEL);
	if (!svsm_fake.vcpus || !svsm_fake.sources)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		svsm_fake_vcpu(cpu)->timer = SVSM_SOURCE_ANY;

	kunit_activate_static_stub(test, svsm_call_possible,
				   fake_call_possible);
	svsm_transport_stub = fake_transport;
	return 0;
}

/**
 * svsm_fake_exit() - take it away again
 * @test: of svsm_fake_init()
 */
void svsm_fake_exit(struct kunit *test)
{
	svsm_transport_stub = NULL;
	kunit_deactivate_static_stub(test, svsm_call_possible);
}

/**
 * svsm_fake_script() - have one call go wrong
 * @id: which call, or SVSM_FAKE_ANY_CALL
 * @nth: the how-many-th of these from now on, 1 is the next
 * @answer: its result code, SVSM_FAKE_DROPPED, _LATE or _LIE; 0 is nothing
 */
void svsm_fake_script(u64 id, unsigned int nth, u32 answer)
{
	svsm_fake.script_id = id;
	svsm_fake.script_skip = nth - 1;
	svsm_fake.script_answer = answer;
}

/**
 * svsm_fake_count() - how often a call came
 * @id: the call
 *
 * Return: the number since svsm_fake_init().
 */
unsigned int svsm_fake_count(u64 id)
{
	return *count_of(id);
}

/**
 * svsm_fake_post() - raise a source of any kind
 * @source: number
 *
 * Context: any, also other threads than the test's.
 * Return: false if the source is not open.
 */
bool svsm_fake_post(u32 source)
{
	struct svsm_fake_source *src = &svsm_fake.sources[source];
	unsigned long flags;
	bool open;

	raw_spin_lock_irqsave(&svsm_fake.lock, flags);
	open = src->open;
	if (open)
		svsm_fake_raise(src);
	raw_spin_unlock_irqrestore(&svsm_fake.lock, flags);
	return open;
}

/**
 * svsm_fake_tick() - the host's timer interrupts a vCPU
 * @cpu: the vCPU, with a timer attached
 */
void svsm_fake_tick(unsigned int cpu)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&svsm_fake.lock, flags);
	svsm_fake_look(cpu);
	raw_spin_unlock_irqrestore(&svsm_fake.lock, flags);
}

/**
 * svsm_fake_lose() - a vCPU's page vanishes below the SVSM
 * @cpu: the vCPU
 */
void svsm_fake_lose(unsigned int cpu)
{
	svsm_fake_vcpu(cpu)->lost = true;
}

/**
 * svsm_fake_vcpu() - what the SVSM knows of a vCPU
 * @cpu: its Linux number
 *
 * Return: its state.
 */
struct svsm_fake_vcpu *svsm_fake_vcpu(unsigned int cpu)
{
	return &svsm_fake.vcpus[cpu];
}

/**
 * svsm_fake_source() - what the SVSM knows of a source
 * @source: number
 *
 * Return: its state.
 */
struct svsm_fake_source *svsm_fake_source(u32 source)
{
	return &svsm_fake.sources[source];
}

/**
 * svsm_fake_idle() - has the driver left nothing with the SVSM
 *
 * Return: true without pages, sources and timers.
 */
bool svsm_fake_idle(void)
{
	unsigned int cpu, source;

	for_each_possible_cpu(cpu) {
		if (svsm_fake_vcpu(cpu)->ev || svsm_fake_vcpu(cpu)->timer != SVSM_SOURCE_ANY)
			return false;
	}
	for (source = 0; source < SVSM_SOURCES_MAX; source++) {
		if (svsm_fake.sources[source].open)
			return false;
	}
	return true;
}
