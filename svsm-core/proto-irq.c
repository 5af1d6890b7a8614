// SPDX-License-Identifier: MIT
/*
 * Protocol IRQ: sources, event pages. Normative: Documentation/abi.rst,
 * "Calls". A handler gets a copy of the parameter block whose unnamed bytes
 * are zero, and returns a result code.
 */
#include <svsm/arch.h>
#include <svsm/dispatch.h>
#include <svsm/svsm.h>

/* Feature bits of the event page; there are none yet. */
#define PAGE_FEATURES	0ULL

/* A vCPU that a call may name: it exists and has a guest. Control lock held. */
static struct vcpu *guest_vcpu(struct vcpu *caller, u32 apic_id)
{
	struct vcpu *vcpu = vcpu_find(caller, apic_id);

	return vcpu && vcpu->has_guest ? vcpu : NULL;
}

/**
 * proto_irq_query() - call 0: features, sizes, version
 * @vcpu: calling vCPU
 * @block: empty
 * @call: out: rcx, rdx, r8 as in the interface's table
 *
 * Return: SVSM_SUCCESS.
 */
u32 proto_irq_query(struct vcpu *vcpu, const union svsm_block *block,
		    struct guest_call *call)
{
	(void)vcpu;
	(void)block;
	call->rcx = PAGE_FEATURES;
	call->rdx = SVSM_SOURCES_MAX | (u64)HOST_VECTORS_USABLE << 32;
	call->r8 = arch_delivery_mode() | SVSM_BLOCK_SIZE << 8 |
		   (arch_tsc_trusted() ? SVSM_QUERY_TSC_TRUSTED : 0) |
		   (u64)SVSM_EVENT_PAGE_MAJOR << 32 |
		   (u64)SVSM_EVENT_PAGE_MINOR << 48;
	return SVSM_SUCCESS;
}

/* Control lock held. What is pending goes to the latches. */
static void unregister(struct vcpu *vcpu)
{
	timer_detach(vcpu);
	event_page_close(vcpu);
	irqsrc_page_down(vcpu);
	event_page_unregister(vcpu);
}

/* Control lock held. */
static u32 page_register(struct vcpu *caller, const union svsm_block *block)
{
	struct vcpu *vcpu = guest_vcpu(caller, block->page_register.apic_id);
	u64 gpa = block->page_register.gpa;
	u8 vector = block->page_register.vector;
	u32 ret;

	if (!vcpu)
		return SVSM_ERR_NO_VCPU;
	ret = event_page_vector_ok(vector);
	if (ret)
		return ret;

	switch (event_page_state(vcpu)) {
	case EVENT_PAGE_ACTIVE:
		if (vcpu->page.gpa != gpa)
			return SVSM_ERR_IN_USE;
		return event_page_set_vector(vcpu, vector);
	case EVENT_PAGE_LOST:
		unregister(vcpu);
		break;
	default:
		break;
	}
	ret = event_page_register(vcpu, gpa, vector,
				  block->page_register.features);
	if (!ret)
		irqsrc_page_up(vcpu);
	return ret;
}

/**
 * proto_irq_page_register() - call 1: register a page, or change its vector
 * @vcpu: calling vCPU
 * @block: page_register
 * @call: unused
 *
 * Return: SVSM_SUCCESS; SVSM_ERR_INVALID_PARAMETER (reserved or unknown
 * bits), SVSM_ERR_NO_VCPU, SVSM_ERR_IN_USE (another page is registered for
 * this vCPU), or what event_page_vector_ok(), event_page_register() and
 * event_page_set_vector() say.
 */
u32 proto_irq_page_register(struct vcpu *vcpu, const union svsm_block *block,
			    struct guest_call *call)
{
	u32 ret;

	(void)call;
	if (block->page_register.flags || block->page_register.reserved ||
	    block->page_register.features & ~PAGE_FEATURES)
		return SVSM_ERR_INVALID_PARAMETER;

	spin_lock(&svsm.control);
	ret = page_register(vcpu, block);
	spin_unlock(&svsm.control);
	return ret;
}

/* Control lock held. */
static u32 page_unregister(struct vcpu *caller, u32 apic_id)
{
	struct vcpu *vcpu = guest_vcpu(caller, apic_id);

	if (!vcpu)
		return SVSM_ERR_NO_VCPU;
	if (event_page_state(vcpu) == EVENT_PAGE_NONE)
		return SVSM_ERR_NO_PAGE;
	unregister(vcpu);
	return SVSM_SUCCESS;
}

/**
 * proto_irq_page_unregister() - call 2: forget a page
 * @vcpu: calling vCPU
 * @block: vcpu
 * @call: unused
 *
 * Return: SVSM_SUCCESS, SVSM_ERR_NO_VCPU, SVSM_ERR_NO_PAGE.
 */
u32 proto_irq_page_unregister(struct vcpu *vcpu, const union svsm_block *block,
			      struct guest_call *call)
{
	u32 ret;

	(void)call;
	spin_lock(&svsm.control);
	ret = page_unregister(vcpu, block->vcpu.apic_id);
	spin_unlock(&svsm.control);
	return ret;
}

/* What the kind does not use is reserved. Control lock held. */
static u32 open_config(struct vcpu *caller, const union svsm_block *block,
		       struct irqsrc_config *config)
{
	*config = (struct irqsrc_config){
		.kind = block->open.kind,
		.trigger = block->open.trigger,
	};
	if (block->open.priority || block->open.arg ||
	    config->trigger > SVSM_TRIGGER_LEVEL)
		return SVSM_ERR_INVALID_PARAMETER;

	config->target = guest_vcpu(caller, block->open.apic_id);
	if (!config->target)
		return SVSM_ERR_NO_VCPU;

	switch (config->kind) {
	case SVSM_SOURCE_HOST_VECTOR:
		config->host_vector = block->open.host_vector;
		config->host_vcpu = vcpu_find(caller, block->open.host_apic_id);
		return config->host_vcpu ? SVSM_SUCCESS : SVSM_ERR_NO_VCPU;
	case SVSM_SOURCE_SOFTWARE:
		return block->open.host_vector || block->open.host_apic_id ?
		       SVSM_ERR_INVALID_PARAMETER : SVSM_SUCCESS;
	default:
		/* Timers come by ATTACH; this SVSM offers no service. */
		return SVSM_ERR_INVALID_PARAMETER;
	}
}

/**
 * proto_irq_source_open() - call 3: permit a source
 * @vcpu: calling vCPU
 * @block: open
 * @call: out: rcx: number of the source
 *
 * Return: SVSM_SUCCESS, SVSM_ERR_INVALID_PARAMETER, SVSM_ERR_NO_VCPU, or what
 * irqsrc_open() says.
 */
u32 proto_irq_source_open(struct vcpu *vcpu, const union svsm_block *block,
			  struct guest_call *call)
{
	u32 source = block->open.source;
	struct irqsrc_config config;
	u32 ret;

	spin_lock(&svsm.control);
	ret = open_config(vcpu, block, &config);
	if (!ret)
		ret = irqsrc_open(&config, &source);
	spin_unlock(&svsm.control);
	if (!ret)
		call->rcx = source;
	return ret;
}

/**
 * proto_irq_source_close() - call 4: forbid a source
 * @vcpu: calling vCPU
 * @block: source
 * @call: unused
 *
 * Return: see irqsrc_close().
 */
u32 proto_irq_source_close(struct vcpu *vcpu, const union svsm_block *block,
			   struct guest_call *call)
{
	u32 ret;

	(void)vcpu;
	(void)call;
	spin_lock(&svsm.control);
	ret = irqsrc_close(block->source.source);
	spin_unlock(&svsm.control);
	return ret;
}

/**
 * proto_irq_source_bind() - call 5: move a source to another vCPU
 * @vcpu: calling vCPU
 * @block: bind
 * @call: unused
 *
 * The vCPU need not have a page: then the source latches.
 *
 * Return: SVSM_SUCCESS, SVSM_ERR_NO_VCPU, or what irqsrc_bind() says.
 */
u32 proto_irq_source_bind(struct vcpu *vcpu, const union svsm_block *block,
			  struct guest_call *call)
{
	struct vcpu *target;
	u32 ret = SVSM_ERR_NO_VCPU;

	(void)call;
	spin_lock(&svsm.control);
	target = guest_vcpu(vcpu, block->bind.apic_id);
	if (target)
		ret = irqsrc_bind(block->bind.source, target);
	spin_unlock(&svsm.control);
	return ret;
}

/**
 * proto_irq_source_eoi() - call 6: end of interrupt of a level source
 * @vcpu: calling vCPU
 * @block: source
 * @call: unused
 *
 * Return: see irqsrc_eoi().
 */
u32 proto_irq_source_eoi(struct vcpu *vcpu, const union svsm_block *block,
			 struct guest_call *call)
{
	(void)vcpu;
	(void)call;
	return irqsrc_eoi(block->source.source);
}

/**
 * proto_irq_source_raise() - call 7: raise a software source
 * @vcpu: calling vCPU
 * @block: source
 * @call: unused
 *
 * Return: see irqsrc_raise_software().
 */
u32 proto_irq_source_raise(struct vcpu *vcpu, const union svsm_block *block,
			   struct guest_call *call)
{
	(void)vcpu;
	(void)call;
	return irqsrc_raise_software(block->source.source);
}

/**
 * proto_irq_source_query() - call 8: state of a source
 * @vcpu: calling vCPU
 * @block: source
 * @call: out: rcx: SVSM_SOURCE_STATE_*
 *
 * Return: see irqsrc_query().
 */
u32 proto_irq_source_query(struct vcpu *vcpu, const union svsm_block *block,
			   struct guest_call *call)
{
	u64 state;
	u32 ret;

	(void)vcpu;
	ret = irqsrc_query(block->source.source, &state);
	if (!ret)
		call->rcx = state;
	return ret;
}

/* Control lock held; no source is bound to this vCPU. */
static void forget_page(struct vcpu *vcpu)
{
	u32 i;

	event_page_close(vcpu);
	event_page_unregister(vcpu);
	for (i = 0; i < SVSM_COUNTER_COUNT; i++)
		__atomic_store_n(&vcpu->page.counters[i], 0, __ATOMIC_RELAXED);
}

/* See dispatch.h. */
void proto_irq_reset_vcpu(struct vcpu *vcpu)
{
	timer_detach(vcpu);
	irqsrc_close_bound(vcpu);
	forget_page(vcpu);
}

/**
 * proto_irq_reset() - call 9: as if this guest had never called
 * @vcpu: calling vCPU
 * @block: empty
 * @call: unused
 *
 * Return: SVSM_SUCCESS.
 */
u32 proto_irq_reset(struct vcpu *vcpu, const union svsm_block *block,
		    struct guest_call *call)
{
	u32 i;

	(void)vcpu;
	(void)block;
	(void)call;
	spin_lock(&svsm.control);
	for (i = 0; i < svsm.vcpu_count; i++)
		timer_detach(&svsm.vcpus[i]);
	irqsrc_close_bound(NULL);
	for (i = 0; i < svsm.vcpu_count; i++)
		forget_page(&svsm.vcpus[i]);
	spin_unlock(&svsm.control);
	return SVSM_SUCCESS;
}

/* Control lock held. */
static u32 page_query(struct vcpu *caller, const union svsm_block *block,
		      u64 out[3])
{
	struct vcpu *vcpu = guest_vcpu(caller, block->page_query.apic_id);
	u32 first = block->page_query.first;
	u32 i;

	if (first >= SVSM_COUNTER_COUNT)
		return SVSM_ERR_INVALID_PARAMETER;
	if (!vcpu)
		return SVSM_ERR_NO_VCPU;
	switch (event_page_state(vcpu)) {
	case EVENT_PAGE_NONE:
		return SVSM_ERR_NO_PAGE;
	case EVENT_PAGE_LOST:
		return SVSM_ERR_LOST;
	default:
		break;
	}
	for (i = 0; i < 3; i++)
		out[i] = first + i < SVSM_COUNTER_COUNT ?
			 __atomic_load_n(&vcpu->page.counters[first + i],
					 __ATOMIC_RELAXED) : 0;
	return SVSM_SUCCESS;
}

/**
 * proto_irq_page_query() - call 10: three counters of a page
 * @vcpu: calling vCPU
 * @block: page_query
 * @call: out: rcx, rdx, r8: counters first, first + 1, first + 2
 *
 * Return: SVSM_SUCCESS, SVSM_ERR_INVALID_PARAMETER (no such counter),
 * SVSM_ERR_NO_VCPU, SVSM_ERR_NO_PAGE, SVSM_ERR_LOST.
 */
u32 proto_irq_page_query(struct vcpu *vcpu, const union svsm_block *block,
			 struct guest_call *call)
{
	u64 out[3];
	u32 ret;

	spin_lock(&svsm.control);
	ret = page_query(vcpu, block, out);
	spin_unlock(&svsm.control);
	if (!ret) {
		call->rcx = out[0];
		call->rdx = out[1];
		call->r8 = out[2];
	}
	return ret;
}
