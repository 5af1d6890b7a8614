// SPDX-License-Identifier: MIT
#include <svsm/dispatch.h>

#include "core.h"

void core_setup(u32 vcpus)
{
	u32 i;

	host_setup(vcpus);
	for (i = 0; i < vcpus; i++)
		assert_int_equal(vcpu_create_guest(svsm_vcpu(i), STATE(i),
						   AREA(i)), SVSM_SUCCESS);
	for (i = 0; i < vcpus; i++)
		host_vcpu(svsm_vcpu(i))->kicks = 0;
}

u32 core_call_regs(struct vcpu *vcpu, struct guest_call *call)
{
	host_this_is(vcpu);
	svsm_dispatch(vcpu, call);
	assert_invariants();
	return (u32)call->rax;
}

u32 core_call(struct vcpu *vcpu, u64 fn, const union svsm_block *block,
	      struct guest_call *out)
{
	static const union svsm_block zero;
	u64 gpa = host_vcpu(vcpu)->calling_area + 8;
	struct guest_call call = { .rax = fn, .rcx = gpa, .rdx = ~0ULL,
				   .r8 = ~0ULL };
	u32 ret;

	memcpy(host_ram(gpa), block ? block : &zero, SVSM_BLOCK_SIZE);
	ret = core_call_regs(vcpu, &call);
	if (out)
		*out = call;
	return ret;
}

u32 call_register(u32 index, u64 gpa, u8 vector)
{
	union svsm_block block = { .page_register = {
		.gpa = gpa,
		.apic_id = host_apic_id(index),
		.vector = vector,
	} };

	return core_call(svsm_vcpu(0), IRQ(PAGE_REGISTER), &block, NULL);
}

u32 call_unregister(u32 index)
{
	union svsm_block block = { .vcpu.apic_id = host_apic_id(index) };

	return core_call(svsm_vcpu(0), IRQ(PAGE_UNREGISTER), &block, NULL);
}

u32 call_open(u32 source, u8 trigger, u32 index)
{
	union svsm_block block = { .open = {
		.source = source,
		.kind = SVSM_SOURCE_SOFTWARE,
		.trigger = trigger,
		.apic_id = host_apic_id(index),
	} };

	return core_call(svsm_vcpu(0), IRQ(SOURCE_OPEN), &block, NULL);
}

u32 call_open_host(u32 source, u8 trigger, u8 vector, u32 host_index, u32 index)
{
	union svsm_block block = { .open = {
		.source = source,
		.kind = SVSM_SOURCE_HOST_VECTOR,
		.trigger = trigger,
		.host_vector = vector,
		.apic_id = host_apic_id(index),
		.host_apic_id = host_apic_id(host_index),
	} };

	return core_call(svsm_vcpu(0), IRQ(SOURCE_OPEN), &block, NULL);
}

u32 call_source(u64 fn, u32 source)
{
	union svsm_block block = { .source.source = source };

	return core_call(svsm_vcpu(0), fn, &block, NULL);
}

u32 call_bind(u32 source, u32 index)
{
	union svsm_block block = { .bind = {
		.source = source,
		.apic_id = host_apic_id(index),
	} };

	return core_call(svsm_vcpu(0), IRQ(SOURCE_BIND), &block, NULL);
}

u64 call_state(u32 source)
{
	union svsm_block block = { .source.source = source };
	struct guest_call out;

	assert_int_equal(core_call(svsm_vcpu(0), IRQ(SOURCE_QUERY), &block,
				   &out), SVSM_SUCCESS);
	return out.rcx;
}

u64 call_counter(u32 index, u32 counter)
{
	union svsm_block block = { .page_query = {
		.apic_id = host_apic_id(index),
		.first = counter,
	} };
	struct guest_call out;

	assert_int_equal(core_call(svsm_vcpu(0), IRQ(PAGE_QUERY), &block,
				   &out), SVSM_SUCCESS);
	return out.rcx;
}

u32 call_attach(u32 index, u32 source)
{
	union svsm_block block = { .attach = {
		.apic_id = host_apic_id(index),
		.source = source,
	} };

	return core_call(svsm_vcpu(0), TIMER(ATTACH), &block, NULL);
}

static enum guest_exit leave_at_once(struct vcpu *vcpu,
				     const struct guest_entry *entry,
				     struct guest_call *call, void *ctx)
{
	(void)vcpu;
	(void)entry;
	(void)call;
	(void)ctx;
	return GUEST_EXIT_EVENT;
}

void core_pass(struct vcpu *vcpu)
{
	if (!host_vcpu(vcpu)->guest)
		host_vcpu(vcpu)->guest = leave_at_once;
	host_this_is(vcpu);
	svsm_vcpu_pass(vcpu);
	host_this_is(svsm_vcpu(0));
	assert_invariants();
}

u8 core_entry_vector(struct vcpu *vcpu)
{
	core_pass(vcpu);
	return host_vcpu(vcpu)->entry.vector;
}

static u64 load(const __u64 *word)
{
	return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

/* One group. Return: sources handled; *left: unmasked ones that are left. */
static u32 take_group(struct taker *taker, u32 g, u32 budget, bool *left)
{
	struct svsm_event_page *page = taker->page;
	u32 handled = 0;
	u64 work, bit;

	for (work = load(&page->pir[g]) & ~load(&page->mask[g]); work;
	     work &= work - 1) {
		if (handled == budget) {
			*left = true;
			break;
		}
		bit = work & (0 - work);
		/* Cleared before it is handled: a later raise is seen. */
		if (__atomic_fetch_and(&page->pir[g], ~bit, __ATOMIC_SEQ_CST) &
		    bit) {
			taker->handle(taker->ctx,
				      g * 64 + (u32)__builtin_ctzll(bit));
			handled++;
		}
	}
	return handled;
}

u32 taker_take(struct taker *taker, u32 budget)
{
	struct svsm_event_page *page = taker->page;
	u32 handled = 0, i, g;
	u64 groups, undone;
	bool left;

	__atomic_exchange_n(&page->on, 0, __ATOMIC_SEQ_CST);
	do {
		groups = __atomic_exchange_n(&page->groups, 0,
					     __ATOMIC_SEQ_CST);
		undone = 0;
		for (i = 0; i < SVSM_GROUPS_MAX; i++) {
			g = (taker->first + i) % SVSM_GROUPS_MAX;
			if (!(groups & BIT_ULL(g)))
				continue;
			left = false;
			handled += take_group(taker, g, budget - handled,
					      &left);
			if (left)
				undone |= BIT_ULL(g);
		}
		if (undone) {
			/* Worked off or put back. */
			__atomic_fetch_or(&page->groups, undone,
					  __ATOMIC_SEQ_CST);
			taker->first = (u32)__builtin_ctzll(undone);
			if (!__atomic_exchange_n(&page->on, 1,
						 __ATOMIC_SEQ_CST))
				taker->self++;
			return handled;
		}
	} while (load(&page->groups));
	return handled;
}

bool page_mask(struct svsm_event_page *page, u32 source)
{
	return __atomic_fetch_or(&page->mask[GROUP(source)], BIT_OF(source),
				 __ATOMIC_SEQ_CST) & BIT_OF(source);
}

bool page_unmask(struct svsm_event_page *page, u32 source)
{
	__atomic_fetch_and(&page->mask[GROUP(source)], ~BIT_OF(source),
			   __ATOMIC_SEQ_CST);
	if (!(load(&page->pir[GROUP(source)]) & BIT_OF(source)))
		return false;
	__atomic_fetch_or(&page->groups, BIT_ULL(GROUP(source)),
			  __ATOMIC_SEQ_CST);
	return !__atomic_exchange_n(&page->on, 1, __ATOMIC_SEQ_CST);
}

bool page_pir(struct svsm_event_page *page, u32 source)
{
	return load(&page->pir[GROUP(source)]) & BIT_OF(source);
}
