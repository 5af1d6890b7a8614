// SPDX-License-Identifier: MIT
/*
 * The event page: registration, from pinning to unpinning. All under the
 * control lock.
 */
#include <svsm/arch.h>
#include <svsm/evpage.h>
#include <svsm/pinned.h>
#include <svsm/vcpu.h>

/* See evpage.h. */
u32 event_page_vector_ok(u8 vector)
{
	if (!vector)
		return SVSM_SUCCESS;
	if (vector < 32 || vector == 0x80)
		return SVSM_ERR_VECTOR;
	if (arch_delivery_mode() == SVSM_DELIVERY_NONE)
		return SVSM_ERR_NO_DELIVERY;
	return SVSM_SUCCESS;
}

/* Everything but the magic number. */
static bool write_header(struct shm *mem, const struct vcpu *vcpu, u8 vector,
			 u64 features)
{
	return shm_write32(shm_u32_at(mem, EVENT_PAGE_OFFSET(major)),
			   SVSM_EVENT_PAGE_MAJOR |
			   (u32)SVSM_EVENT_PAGE_MINOR << 16) &&
	       shm_write32(shm_u32_at(mem, EVENT_PAGE_OFFSET(source_count)),
			   SVSM_SOURCES_MAX) &&
	       shm_write32(shm_u32_at(mem, EVENT_PAGE_OFFSET(apic_id)),
			   vcpu->apic_id) &&
	       shm_write32(shm_u32_at(mem, EVENT_PAGE_OFFSET(vector)), vector) &&
	       shm_write32(shm_u32_at(mem, EVENT_PAGE_OFFSET(tsc_khz)),
			   arch_tsc_khz()) &&
	       shm_write64(shm_u64_at(mem, EVENT_PAGE_OFFSET(features)),
			   features);
}

static bool write_page(struct shm *mem, const struct vcpu *vcpu, u8 vector,
		       u64 features)
{
	u32 g, old;

	if (!shm_zero(mem, SVSM_EVENT_PAGE_SIZE) ||
	    !write_header(mem, vcpu, vector, features) ||
	    !shm_write64(shm_u64_at(mem, EVENT_PAGE_OFFSET(timer_deadline)),
			 SVSM_TIMER_NONE) ||
	    !shm_write64(shm_u64_at(mem, EVENT_PAGE_OFFSET(timer_armed)),
			 SVSM_TIMER_NONE))
		return false;
	for (g = 0; g < SVSM_GROUPS_MAX; g++) {
		if (!shm_write64(shm_u64_at(mem, EVENT_PAGE_OFFSET(mask) +
					    g * sizeof(u64)), ~0ULL))
			return false;
	}
	/*
	 * Last, and a full barrier: who sees the magic number sees the page.
	 * Pairs with the guest's read of it after the call.
	 */
	return shm_xchg32(shm_u32_at(mem, EVENT_PAGE_OFFSET(magic)),
			  SVSM_EVENT_PAGE_MAGIC, &old);
}

/* See evpage.h. */
u32 event_page_register(struct vcpu *vcpu, u64 gpa, u8 vector, u64 features)
{
	struct event_page *ep = &vcpu->page;
	struct shm *mem;
	u32 ret;

	if (gpa % SVSM_EVENT_PAGE_SIZE ||
	    !arch_guest_gpa_valid(gpa, SVSM_EVENT_PAGE_SIZE))
		return SVSM_ERR_INVALID_ADDRESS;
	ret = pinned_add(gpa, SVSM_EVENT_PAGE_SIZE, PINNED_EVENT_PAGE,
			 vcpu->index);
	if (ret)
		return ret;

	/* Pinned first, so that what is found here stays so. */
	mem = shm_guest(gpa, SVSM_EVENT_PAGE_SIZE);
	if (!mem || !write_page(mem, vcpu, vector, features)) {
		pinned_remove(gpa, PINNED_EVENT_PAGE, vcpu->index);
		return SVSM_ERR_INVALID_ADDRESS;
	}

	spin_lock(&ep->lock);
	ep->mem = mem;
	ep->gpa = gpa;
	ep->features = features;
	ep->vector = vector;
	ep->state = EVENT_PAGE_ACTIVE;
	spin_unlock(&ep->lock);
	return SVSM_SUCCESS;
}

/*
 * See evpage.h. Litmus test "unregister": a raise holds the page lock while it
 * touches the page, so none is under way when the lock is free again.
 */
void event_page_close(struct vcpu *vcpu)
{
	struct event_page *ep = &vcpu->page;

	spin_lock(&ep->lock);
	if (ep->state == EVENT_PAGE_ACTIVE)
		ep->state = EVENT_PAGE_CLOSING;
	spin_unlock(&ep->lock);
}

/* See evpage.h. */
void event_page_unregister(struct vcpu *vcpu)
{
	struct event_page *ep = &vcpu->page;
	u64 gpa;

	spin_lock(&ep->lock);
	gpa = ep->gpa;
	ep->state = EVENT_PAGE_NONE;
	ep->mem = NULL;
	ep->gpa = 0;
	ep->vector = 0;
	ep->features = 0;
	spin_unlock(&ep->lock);
	pinned_remove(gpa, PINNED_EVENT_PAGE, vcpu->index);
}
