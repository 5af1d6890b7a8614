// SPDX-License-Identifier: MIT
/*
 * What the host posts, and the EOIs that we owe it for that.
 */
#include <svsm/arch.h>
#include <svsm/hostirq.h>
#include <svsm/irqsrc.h>
#include <svsm/vcpu.h>

/* See hostirq.h. */
bool hostirq_vector_ok(u8 vector)
{
	return vector >= 31 && vector != 0x80;
}

static bool bit_set(const u64 *bits, u8 vector)
{
	return __atomic_load_n(&bits[vector / 64], __ATOMIC_SEQ_CST) &
	       BIT_ULL(vector % 64);
}

static void set_bit(u64 *bits, u8 vector)
{
	__atomic_fetch_or(&bits[vector / 64], BIT_ULL(vector % 64),
			  __ATOMIC_SEQ_CST);
}

static bool take_bit(u64 *bits, u8 vector)
{
	u64 bit = BIT_ULL(vector % 64);

	return __atomic_fetch_and(&bits[vector / 64], ~bit,
				  __ATOMIC_SEQ_CST) & bit;
}

/* See hostirq.h. */
bool hostirq_eoi_owed(const struct vcpu *vcpu, u8 vector)
{
	return bit_set(vcpu->eoi_owed, vector);
}

/* See hostirq.h. */
void hostirq_eoi(struct vcpu *vcpu, u8 vector)
{
	/* Whoever takes the bit owes the EOI: one, not two. */
	if (!take_bit(vcpu->host_held, vector))
		return;
	set_bit(vcpu->eoi_owed, vector);
	/* The host accepts an EOI only where it posted the vector. */
	if (vcpu != arch_this_vcpu())
		arch_kick(vcpu);
}

/* See hostirq.h. */
void hostirq_send_eois(struct vcpu *vcpu)
{
	u64 owed, bit;
	u32 w;

	for (w = 0; w < ARRAY_SIZE(vcpu->eoi_owed); w++) {
		if (!__atomic_load_n(&vcpu->eoi_owed[w], __ATOMIC_RELAXED))
			continue;
		owed = __atomic_exchange_n(&vcpu->eoi_owed[w], 0,
					   __ATOMIC_SEQ_CST);
		for (; owed; owed &= owed - 1) {
			bit = owed & (0 - owed);
			/*
			 * One that the host repeated against the rules; before
			 * the EOI: it may post again at once.
			 */
			__atomic_fetch_and(&vcpu->host_held[w], ~bit,
					   __ATOMIC_SEQ_CST);
			arch_host_eoi((u8)(w * 64 + (u32)__builtin_ctzll(bit)));
		}
	}
}

static void host_event(struct vcpu *vcpu, u8 vector, bool level)
{
	u16 source;

	/*
	 * "open/post": held before the look for a source; pairs with
	 * irqsrc_open(), which shows the source before it looks at held.
	 */
	if (level)
		set_bit(vcpu->host_held, vector);
	source = __atomic_load_n(&vcpu->host_source[vector], __ATOMIC_SEQ_CST);
	if (source == HOST_SOURCE_NONE ||
	    !irqsrc_posted(source, vcpu, vector, level))
		event_page_count(&vcpu->page, SVSM_COUNTER_REFUSED);
}

/* See hostirq.h. */
void hostirq_events(struct vcpu *vcpu, const struct host_events *events)
{
	u64 posted, bit;
	u32 w;

	for (w = 0; w < ARRAY_SIZE(events->vectors); w++) {
		for (posted = events->vectors[w]; posted; posted &= posted - 1) {
			bit = posted & (0 - posted);
			host_event(vcpu,
				   (u8)(w * 64 + (u32)__builtin_ctzll(bit)),
				   events->level[w] & bit);
		}
	}
	if (events->nmi)
		vcpu->dropped_nmi++;
}
