// SPDX-License-Identifier: MIT
/*
 * From a call of the guest to the function that serves it.
 */
#include <svsm/arch.h>
#include <svsm/dispatch.h>
#include <svsm/shm.h>
#include <svsm/vcpu.h>

#define PAGE_SIZE_4K	4096ULL

/* Bytes that a call names: up to the end of the last field. */
#define NAMED(field) \
	(offsetof(union svsm_block, field) + \
	 sizeof(((union svsm_block *)NULL)->field))

_Static_assert(sizeof(union svsm_block) == SVSM_BLOCK_SIZE,
	       "parameter block has its fixed size");

static const struct svsm_call_entry calls[] = {
	{ SVSM_PROTO_CORE, 0, "core remap_ca",
	  proto_core_remap_ca, SVSM_CALL_NO_BLOCK },
	{ SVSM_PROTO_CORE, 1, "core pvalidate",
	  proto_core_pvalidate, SVSM_CALL_NO_BLOCK },
	{ SVSM_PROTO_CORE, 2, "core create_vcpu",
	  proto_core_create_vcpu, SVSM_CALL_NO_BLOCK },
	{ SVSM_PROTO_CORE, 3, "core delete_vcpu",
	  proto_core_delete_vcpu, SVSM_CALL_NO_BLOCK },
	{ SVSM_PROTO_CORE, 6, "core query_protocol",
	  proto_core_query_protocol, SVSM_CALL_NO_BLOCK },
	{ SVSM_PROTO_CORE, 7, "core configure_vtom",
	  proto_core_configure_vtom, SVSM_CALL_NO_BLOCK },

	{ SVSM_PROTO_IRQ, SVSM_IRQ_QUERY, "irq query",
	  proto_irq_query, 0 },
	{ SVSM_PROTO_IRQ, SVSM_IRQ_PAGE_REGISTER, "irq page_register",
	  proto_irq_page_register, NAMED(page_register.features) },
	{ SVSM_PROTO_IRQ, SVSM_IRQ_PAGE_UNREGISTER, "irq page_unregister",
	  proto_irq_page_unregister, NAMED(vcpu.apic_id) },
	{ SVSM_PROTO_IRQ, SVSM_IRQ_SOURCE_OPEN, "irq source_open",
	  proto_irq_source_open, NAMED(open.arg) },
	{ SVSM_PROTO_IRQ, SVSM_IRQ_SOURCE_CLOSE, "irq source_close",
	  proto_irq_source_close, NAMED(source.source) },
	{ SVSM_PROTO_IRQ, SVSM_IRQ_SOURCE_BIND, "irq source_bind",
	  proto_irq_source_bind, NAMED(bind.apic_id) },
	{ SVSM_PROTO_IRQ, SVSM_IRQ_SOURCE_EOI, "irq source_eoi",
	  proto_irq_source_eoi, NAMED(source.source) },
	{ SVSM_PROTO_IRQ, SVSM_IRQ_SOURCE_RAISE, "irq source_raise",
	  proto_irq_source_raise, NAMED(source.source) },
	{ SVSM_PROTO_IRQ, SVSM_IRQ_SOURCE_QUERY, "irq source_query",
	  proto_irq_source_query, NAMED(source.source) },
	{ SVSM_PROTO_IRQ, SVSM_IRQ_RESET, "irq reset",
	  proto_irq_reset, 0 },
	{ SVSM_PROTO_IRQ, SVSM_IRQ_PAGE_QUERY, "irq page_query",
	  proto_irq_page_query, NAMED(page_query.first) },

	{ SVSM_PROTO_TIMER, SVSM_TIMER_QUERY, "timer query",
	  proto_timer_query, 0 },
	{ SVSM_PROTO_TIMER, SVSM_TIMER_ATTACH, "timer attach",
	  proto_timer_attach, NAMED(attach.source) },
	{ SVSM_PROTO_TIMER, SVSM_TIMER_ARM, "timer arm",
	  proto_timer_arm, 0 },
	{ SVSM_PROTO_TIMER, SVSM_TIMER_DETACH, "timer detach",
	  proto_timer_detach, NAMED(vcpu.apic_id) },
};

static const struct {
	u32 protocol;
	u32 lowest;
	u32 highest;
} versions[] = {
	{ SVSM_PROTO_CORE, 1, 1 },
	{ SVSM_PROTO_IRQ, 1, 1 },
	{ SVSM_PROTO_TIMER, 1, 1 },
};

/* See dispatch.h. */
const struct svsm_call_entry *svsm_call_find(u32 protocol, u32 call)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		if (calls[i].protocol == protocol && calls[i].call == call)
			return &calls[i];
	}
	return NULL;
}

static bool protocol_known(u32 protocol)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(versions); i++) {
		if (versions[i].protocol == protocol)
			return true;
	}
	return false;
}

/* See dispatch.h. */
u64 svsm_protocol_versions(u32 protocol, u32 version)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(versions); i++) {
		if (versions[i].protocol == protocol &&
		    version >= versions[i].lowest &&
		    version <= versions[i].highest)
			return (u64)versions[i].highest << 32 |
			       versions[i].lowest;
	}
	return 0;
}

/* Copied once; everybody works on the copy. */
static u32 copy_block(union svsm_block *block, u64 gpa)
{
	struct shm *mem;

	if (gpa % sizeof(u64) ||
	    gpa % PAGE_SIZE_4K + SVSM_BLOCK_SIZE > PAGE_SIZE_4K ||
	    !arch_guest_gpa_valid(gpa, SVSM_BLOCK_SIZE))
		return SVSM_ERR_INVALID_ADDRESS;
	mem = shm_guest(gpa, SVSM_BLOCK_SIZE);
	if (!mem || !shm_copy_in(block, mem, SVSM_BLOCK_SIZE))
		return SVSM_ERR_INVALID_ADDRESS;
	return SVSM_SUCCESS;
}

static bool rest_is_zero(const union svsm_block *block, u32 named)
{
	u32 i;

	for (i = named; i < SVSM_BLOCK_SIZE; i++) {
		if (block->raw[i])
			return false;
	}
	return true;
}

static u32 serve(struct vcpu *vcpu, const struct svsm_call_entry *entry,
		 struct guest_call *call)
{
	union svsm_block block;
	u32 ret;

	if (entry->named == SVSM_CALL_NO_BLOCK)
		return entry->handler(vcpu, NULL, call);

	ret = copy_block(&block, call->rcx);
	if (ret)
		return ret;
	if (call->r9 || !rest_is_zero(&block, entry->named))
		return SVSM_ERR_INVALID_PARAMETER;
	return entry->handler(vcpu, &block, call);
}

/* See dispatch.h. */
void svsm_dispatch(struct vcpu *vcpu, struct guest_call *call)
{
	const struct svsm_call_entry *entry;
	u32 protocol = (u32)(call->rax >> 32);
	u32 ret;

	entry = svsm_call_find(protocol, (u32)call->rax);
	if (entry)
		ret = serve(vcpu, entry, call);
	else if (protocol_known(protocol))
		ret = SVSM_ERR_UNSUPPORTED_CALL;
	else
		ret = SVSM_ERR_UNSUPPORTED_PROTOCOL;
	call->rax = ret;
}
