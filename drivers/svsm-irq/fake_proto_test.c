// SPDX-License-Identifier: GPL-2.0-only
/*
 * The SVSM that KUnit tests play: protocols IRQ and TIMER as in abi.rst.
 * call_test.c compares it with a real one.
 *
 * Nothing here asserts: it runs with interrupts off and under locks. All that
 * is not static is called with svsm_fake.lock held.
 */
#include <linux/cpumask.h>
#include <linux/irq.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "fake_test.h"

#define HOST_VECTORS	224

static struct svsm_fake_vcpu *vcpu_of(unsigned int cpu)
{
	return &svsm_fake.vcpus[cpu];
}

static u32 apic_id_of(unsigned int cpu)
{
	return svsm_compat_apic_id(cpu);
}

/* Return: nr_cpu_ids if there is none. */
static unsigned int find_cpu(u32 apic_id)
{
	unsigned int cpu;

	if (apic_id == SVSM_APIC_ID_SELF)
		return raw_smp_processor_id();
	for_each_possible_cpu(cpu) {
		if (apic_id_of(cpu) == apic_id)
			return cpu;
	}
	return nr_cpu_ids;
}

static void count(unsigned int cpu, enum svsm_page_counter counter)
{
	vcpu_of(cpu)->counters[counter]++;
}

/* A level at every entry for an SVSM; here asked for once. */
static void notify(unsigned int cpu)
{
	if (vcpu_of(cpu)->vector && svsm_page_of(cpu)->notify) {
		count(cpu, SVSM_COUNTER_NOTIFIED);
		irq_chip_retrigger_hierarchy(svsm_page_of(cpu)->notify);
	}
}

/* --- Raise ---------------------------------------------------------------- */

static void raise_in_page(unsigned int cpu, u32 source)
{
	struct svsm_event_page *ev = vcpu_of(cpu)->ev;

	if (test_and_set_bit(source, svsm_bits(ev->pir))) {
		count(cpu, SVSM_COUNTER_COALESCED);
		return;
	}
	if (test_bit(source, svsm_bits(ev->mask))) {
		count(cpu, SVSM_COUNTER_MASKED);
		return;
	}
	test_and_set_bit(source / SVSM_SOURCES_PER_GROUP,
			 svsm_bits(&ev->groups));
	if (READ_ONCE(ev->sn) & SVSM_EVENT_SN)
		count(cpu, SVSM_COUNTER_SUPPRESSED_SN);
	else if (xchg(&ev->on, SVSM_EVENT_ON) & SVSM_EVENT_ON)
		count(cpu, SVSM_COUNTER_SUPPRESSED_ON);
	else
		notify(cpu);
}

static void deliver(struct svsm_fake_source *src)
{
	struct svsm_fake_vcpu *vcpu = vcpu_of(src->cpu);

	if (vcpu->ev && !vcpu->lost) {
		raise_in_page(src->cpu, src - svsm_fake.sources);
		return;
	}
	src->latched = true;
	count(src->cpu, SVSM_COUNTER_LATCHED);
}

/**
 * svsm_fake_raise() - raise an open source
 * @src: the source
 */
void svsm_fake_raise(struct svsm_fake_source *src)
{
	if (src->trigger == SVSM_TRIGGER_LEVEL) {
		if (src->in_service) {
			src->again = true;
			return;
		}
		src->in_service = true;
	}
	deliver(src);
}

/* --- Pages ---------------------------------------------------------------- */

static void set_level(struct svsm_fake_source *src, bool level)
{
	struct svsm_fake_vcpu *vcpu = vcpu_of(src->cpu);

	if (vcpu->ev && !vcpu->lost)
		assign_bit(src - svsm_fake.sources, svsm_bits(vcpu->ev->level),
			   level);
}

/* Take what is pending out of the page that the source is bound to. */
static bool retire(struct svsm_fake_source *src)
{
	struct svsm_fake_vcpu *vcpu = vcpu_of(src->cpu);
	bool pending = src->latched;

	src->latched = false;
	if (vcpu->lost)
		return pending || src->in_service;
	if (!vcpu->ev)
		return pending;
	set_level(src, false);
	return test_and_clear_bit(src - svsm_fake.sources,
				  svsm_bits(vcpu->ev->pir)) || pending;
}

static void close(struct svsm_fake_source *src)
{
	retire(src);
	*src = (struct svsm_fake_source){ .open = false };
}

static u32 timer_detach(unsigned int cpu)
{
	struct svsm_fake_vcpu *vcpu = vcpu_of(cpu);

	if (vcpu->timer == SVSM_SOURCE_ANY)
		return SVSM_ERR_INVALID_REQUEST;
	if (vcpu->ev && !vcpu->lost) {
		WRITE_ONCE(vcpu->ev->timer_deadline, SVSM_TIMER_NONE);
		WRITE_ONCE(vcpu->ev->timer_armed, SVSM_TIMER_NONE);
	}
	close(&svsm_fake.sources[vcpu->timer]);
	vcpu->timer = SVSM_SOURCE_ANY;
	return SVSM_SUCCESS;
}

static void page_forget(unsigned int cpu)
{
	vcpu_of(cpu)->ev = NULL;
	vcpu_of(cpu)->lost = false;
	vcpu_of(cpu)->vector = 0;
}

static void page_down(unsigned int cpu)
{
	unsigned int source;

	timer_detach(cpu);
	for (source = 0; source < SVSM_SOURCES_MAX; source++) {
		struct svsm_fake_source *src = &svsm_fake.sources[source];

		if (src->open && src->cpu == cpu)
			src->latched = retire(src);
	}
	page_forget(cpu);
}

static void page_up(unsigned int cpu)
{
	unsigned int source;

	for (source = 0; source < SVSM_SOURCES_MAX; source++) {
		struct svsm_fake_source *src = &svsm_fake.sources[source];

		if (!src->open || src->cpu != cpu)
			continue;
		set_level(src, src->trigger == SVSM_TRIGGER_LEVEL);
		if (src->latched) {
			src->latched = false;
			deliver(src);
		}
	}
}

static void page_write(unsigned int cpu, u64 features)
{
	struct svsm_event_page *ev = vcpu_of(cpu)->ev;

	memset(ev, 0, sizeof(*ev));
	ev->major = svsm_fake.major;
	ev->minor = svsm_fake.minor;
	ev->source_count = svsm_fake.source_count;
	ev->apic_id = apic_id_of(cpu);
	ev->vector = vcpu_of(cpu)->vector;
	ev->features = features;
	ev->timer_deadline = SVSM_TIMER_NONE;
	ev->timer_armed = SVSM_TIMER_NONE;
	memset(ev->mask, 0xFF, sizeof(ev->mask));
	xchg(&ev->magic, SVSM_EVENT_PAGE_MAGIC);
}

static u32 vector_ok(u8 vector)
{
	if (!vector)
		return SVSM_SUCCESS;
	if (vector < 32 || vector == 0x80)
		return SVSM_ERR_VECTOR;
	return svsm_fake.mode == SVSM_DELIVERY_NONE ? SVSM_ERR_NO_DELIVERY :
						      SVSM_SUCCESS;
}

static u32 gpa_ok(u64 gpa)
{
	unsigned int cpu;

	if (gpa % SVSM_EVENT_PAGE_SIZE || !pfn_valid(gpa >> PAGE_SHIFT))
		return SVSM_ERR_INVALID_ADDRESS;
	for_each_possible_cpu(cpu) {
		if (vcpu_of(cpu)->ev == __va(gpa))
			return SVSM_ERR_INVALID_REQUEST;
	}
	return SVSM_SUCCESS;
}

static u32 page_register(const union svsm_block *block)
{
	u64 gpa = block->page_register.gpa;
	struct svsm_fake_vcpu *vcpu;
	unsigned int cpu;
	u32 ret;

	if (block->page_register.flags || block->page_register.reserved ||
	    block->page_register.features & ~svsm_fake.features)
		return SVSM_ERR_INVALID_PARAMETER;
	cpu = find_cpu(block->page_register.apic_id);
	if (cpu == nr_cpu_ids)
		return SVSM_ERR_NO_VCPU;
	ret = vector_ok(block->page_register.vector);
	if (ret)
		return ret;

	vcpu = vcpu_of(cpu);
	if (vcpu->lost) {
		page_down(cpu);
	} else if (vcpu->ev) {
		if (vcpu->ev != __va(gpa))
			return SVSM_ERR_IN_USE;
		vcpu->vector = block->page_register.vector;
		WRITE_ONCE(vcpu->ev->vector, vcpu->vector);
		if (READ_ONCE(vcpu->ev->on) & SVSM_EVENT_ON)
			notify(cpu);
		return SVSM_SUCCESS;
	}
	ret = gpa_ok(gpa);
	if (ret)
		return ret;
	vcpu->ev = __va(gpa);
	vcpu->vector = block->page_register.vector;
	page_write(cpu, block->page_register.features);
	page_up(cpu);
	return SVSM_SUCCESS;
}

/* --- Calls ---------------------------------------------------------------- */

static u32 call_query(const union svsm_block *block, struct svsm_call *call)
{
	call->rcx_out = svsm_fake.features;
	call->rdx_out = svsm_fake.source_count | (u64)HOST_VECTORS << 32;
	call->r8_out = svsm_fake.mode | svsm_fake.block_size << 8 |
		       SVSM_QUERY_TSC_TRUSTED | (u64)svsm_fake.major << 32 |
		       (u64)svsm_fake.minor << 48;
	return SVSM_SUCCESS;
}

static u32 call_page_register(const union svsm_block *block,
			      struct svsm_call *call)
{
	return page_register(block);
}

static u32 call_page_unregister(const union svsm_block *block,
				struct svsm_call *call)
{
	unsigned int cpu = find_cpu(block->vcpu.apic_id);

	if (cpu == nr_cpu_ids)
		return SVSM_ERR_NO_VCPU;
	if (!vcpu_of(cpu)->ev)
		return SVSM_ERR_NO_PAGE;
	page_down(cpu);
	return SVSM_SUCCESS;
}

static u32 choose(u32 *source, u32 first, u32 end)
{
	if (*source != SVSM_SOURCE_ANY) {
		if (*source >= SVSM_SOURCES_MAX)
			return SVSM_ERR_INVALID_PARAMETER;
		return svsm_fake.sources[*source].open ? SVSM_ERR_IN_USE :
							 SVSM_SUCCESS;
	}
	for (*source = first; *source < end; ++*source) {
		if (!svsm_fake.sources[*source].open)
			return SVSM_SUCCESS;
	}
	return SVSM_ERR_IN_USE;
}

static void open(u32 source, const struct svsm_fake_source *config)
{
	struct svsm_fake_source *src = &svsm_fake.sources[source];
	struct svsm_fake_vcpu *vcpu = vcpu_of(config->cpu);

	*src = *config;
	src->open = true;
	if (vcpu->ev && !vcpu->lost) {
		set_bit(source, svsm_bits(vcpu->ev->mask));
		clear_bit(source, svsm_bits(vcpu->ev->pir));
		set_level(src, src->trigger == SVSM_TRIGGER_LEVEL);
	}
}

static u32 host_vector_ok(const struct svsm_fake_source *config)
{
	unsigned int source;

	if (config->host_vector < 31 || config->host_vector == 0x80)
		return SVSM_ERR_VECTOR;
	for (source = 0; source < SVSM_SOURCES_MAX; source++) {
		const struct svsm_fake_source *src = &svsm_fake.sources[source];

		if (src->open && src->kind == SVSM_SOURCE_HOST_VECTOR &&
		    src->host_cpu == config->host_cpu &&
		    src->host_vector == config->host_vector)
			return SVSM_ERR_IN_USE;
	}
	return SVSM_SUCCESS;
}

static u32 call_source_open(const union svsm_block *block,
			    struct svsm_call *call)
{
	struct svsm_fake_source config = {
		.kind = block->open.kind,
		.trigger = block->open.trigger,
		.host_vector = block->open.host_vector,
	};
	u32 source = block->open.source;
	u32 ret;

	if (block->open.priority || block->open.arg ||
	    config.trigger > SVSM_TRIGGER_LEVEL)
		return SVSM_ERR_INVALID_PARAMETER;
	config.cpu = find_cpu(block->open.apic_id);
	if (config.cpu == nr_cpu_ids)
		return SVSM_ERR_NO_VCPU;
	if (config.kind == SVSM_SOURCE_HOST_VECTOR) {
		config.host_cpu = find_cpu(block->open.host_apic_id);
		if (config.host_cpu == nr_cpu_ids)
			return SVSM_ERR_NO_VCPU;
	} else if (config.kind != SVSM_SOURCE_SOFTWARE ||
		   block->open.host_vector || block->open.host_apic_id) {
		return SVSM_ERR_INVALID_PARAMETER;
	}
	ret = choose(&source, SVSM_SOURCES_PER_GROUP, SVSM_SOURCES_MAX);
	if (!ret && config.kind == SVSM_SOURCE_HOST_VECTOR)
		ret = host_vector_ok(&config);
	if (ret)
		return ret;
	open(source, &config);
	call->rcx_out = source;
	return SVSM_SUCCESS;
}

/* Return: NULL unless it is open. */
static struct svsm_fake_source *find_source(const union svsm_block *block)
{
	u32 source = block->source.source;

	if (source >= SVSM_SOURCES_MAX || !svsm_fake.sources[source].open)
		return NULL;
	return &svsm_fake.sources[source];
}

static u32 call_source_close(const union svsm_block *block,
			     struct svsm_call *call)
{
	struct svsm_fake_source *src = find_source(block);

	if (!src || src->kind == SVSM_SOURCE_TIMER)
		return SVSM_ERR_INVALID_REQUEST;
	close(src);
	return SVSM_SUCCESS;
}

static u32 call_source_bind(const union svsm_block *block,
			    struct svsm_call *call)
{
	unsigned int cpu = find_cpu(block->bind.apic_id);
	struct svsm_fake_source *src = find_source(block);
	bool pending;

	if (cpu == nr_cpu_ids)
		return SVSM_ERR_NO_VCPU;
	if (!src || (src->kind == SVSM_SOURCE_TIMER && src->cpu != cpu))
		return SVSM_ERR_INVALID_REQUEST;
	if (src->cpu == cpu)
		return SVSM_SUCCESS;
	pending = retire(src);
	src->cpu = cpu;
	set_level(src, src->trigger == SVSM_TRIGGER_LEVEL);
	if (pending)
		deliver(src);
	return SVSM_SUCCESS;
}

static u32 call_source_eoi(const union svsm_block *block,
			   struct svsm_call *call)
{
	struct svsm_fake_source *src = find_source(block);

	if (!src || !src->in_service)
		return SVSM_ERR_INVALID_REQUEST;
	src->in_service = false;
	if (src->again) {
		src->again = false;
		svsm_fake_raise(src);
	}
	return SVSM_SUCCESS;
}

static u32 call_source_raise(const union svsm_block *block,
			     struct svsm_call *call)
{
	struct svsm_fake_source *src = find_source(block);

	if (!src || src->kind != SVSM_SOURCE_SOFTWARE)
		return SVSM_ERR_INVALID_REQUEST;
	svsm_fake_raise(src);
	return SVSM_SUCCESS;
}

static u32 call_source_query(const union svsm_block *block,
			     struct svsm_call *call)
{
	u32 source = block->source.source;
	struct svsm_fake_source *src;
	struct svsm_fake_vcpu *vcpu;

	if (source >= SVSM_SOURCES_MAX)
		return SVSM_ERR_INVALID_REQUEST;
	call->rcx_out = 0;
	src = find_source(block);
	if (!src)
		return SVSM_SUCCESS;
	vcpu = vcpu_of(src->cpu);
	call->rcx_out = SVSM_SOURCE_STATE_OPEN;
	if (src->latched)
		call->rcx_out |= SVSM_SOURCE_STATE_LATCHED;
	if (src->in_service)
		call->rcx_out |= SVSM_SOURCE_STATE_IN_SERVICE;
	if (vcpu->lost)
		call->rcx_out |= SVSM_SOURCE_STATE_LOST;
	else if (vcpu->ev && test_bit(source, svsm_bits(vcpu->ev->pir)))
		call->rcx_out |= SVSM_SOURCE_STATE_PENDING;
	return SVSM_SUCCESS;
}

static u32 call_reset(const union svsm_block *block, struct svsm_call *call)
{
	unsigned int cpu, source;

	for_each_possible_cpu(cpu)
		timer_detach(cpu);
	for (source = 0; source < SVSM_SOURCES_MAX; source++) {
		if (svsm_fake.sources[source].open)
			close(&svsm_fake.sources[source]);
	}
	for_each_possible_cpu(cpu) {
		page_forget(cpu);
		memset(vcpu_of(cpu)->counters, 0,
		       sizeof(vcpu_of(cpu)->counters));
	}
	return SVSM_SUCCESS;
}

static u64 counter(unsigned int cpu, unsigned int number)
{
	return number < SVSM_COUNTER_COUNT ? vcpu_of(cpu)->counters[number] : 0;
}

static u32 call_page_query(const union svsm_block *block,
			   struct svsm_call *call)
{
	unsigned int cpu = find_cpu(block->page_query.apic_id);
	u32 first = block->page_query.first;

	if (first >= SVSM_COUNTER_COUNT)
		return SVSM_ERR_INVALID_PARAMETER;
	if (cpu == nr_cpu_ids)
		return SVSM_ERR_NO_VCPU;
	if (!vcpu_of(cpu)->ev)
		return SVSM_ERR_NO_PAGE;
	if (vcpu_of(cpu)->lost)
		return SVSM_ERR_LOST;
	call->rcx_out = counter(cpu, first);
	call->rdx_out = counter(cpu, first + 1);
	call->r8_out = counter(cpu, first + 2);
	return SVSM_SUCCESS;
}

static u32 call_timer_query(const union svsm_block *block,
			    struct svsm_call *call)
{
	call->rcx_out = 0;
	call->rdx_out = 0;
	return SVSM_SUCCESS;
}

static u32 call_timer_attach(const union svsm_block *block,
			     struct svsm_call *call)
{
	struct svsm_fake_source config = { .kind = SVSM_SOURCE_TIMER };
	u32 source = block->attach.source;
	struct svsm_fake_vcpu *vcpu;
	u32 ret;

	config.cpu = find_cpu(block->attach.apic_id);
	if (config.cpu == nr_cpu_ids)
		return SVSM_ERR_NO_VCPU;
	vcpu = vcpu_of(config.cpu);
	if (vcpu->lost)
		return SVSM_ERR_LOST;
	if (!vcpu->ev)
		return SVSM_ERR_NO_PAGE;
	if (vcpu->timer != SVSM_SOURCE_ANY)
		return SVSM_ERR_IN_USE;
	ret = choose(&source, 0, SVSM_SOURCES_PER_GROUP);
	if (ret)
		return ret;
	open(source, &config);
	vcpu->timer = source;
	WRITE_ONCE(vcpu->ev->timer_deadline, SVSM_TIMER_NONE);
	WRITE_ONCE(vcpu->ev->timer_armed, SVSM_TIMER_NONE);
	WRITE_ONCE(vcpu->ev->timer_expirations, 0);
	WRITE_ONCE(vcpu->ev->timer_late_max, 0);
	call->rcx_out = source;
	return SVSM_SUCCESS;
}

/**
 * svsm_fake_look() - has a vCPU's deadline come
 * @cpu: the vCPU, with a timer attached
 */
void svsm_fake_look(unsigned int cpu)
{
	struct svsm_fake_vcpu *vcpu = vcpu_of(cpu);
	struct svsm_event_page *ev = vcpu->ev;
	u64 deadline = READ_ONCE(ev->timer_deadline);

	if (deadline <= svsm_fake.now && deadline != SVSM_TIMER_NONE &&
	    cmpxchg(&ev->timer_deadline, deadline,
		    SVSM_TIMER_NONE) == deadline) {
		ev->timer_expirations++;
		ev->timer_late_max = max(ev->timer_late_max,
					 svsm_fake.now - deadline);
		count(cpu, SVSM_COUNTER_EXPIRED);
		svsm_fake_raise(&svsm_fake.sources[vcpu->timer]);
	}
	WRITE_ONCE(ev->timer_armed, READ_ONCE(ev->timer_deadline));
}

static u32 call_timer_arm(const union svsm_block *block,
			  struct svsm_call *call)
{
	unsigned int cpu = raw_smp_processor_id();

	if (!vcpu_of(cpu)->ev)
		return SVSM_ERR_NO_PAGE;
	if (vcpu_of(cpu)->lost)
		return SVSM_ERR_LOST;
	if (vcpu_of(cpu)->timer == SVSM_SOURCE_ANY)
		return SVSM_ERR_INVALID_REQUEST;
	svsm_fake_look(cpu);
	return SVSM_SUCCESS;
}

static u32 call_timer_detach(const union svsm_block *block,
			     struct svsm_call *call)
{
	unsigned int cpu = find_cpu(block->vcpu.apic_id);

	return cpu == nr_cpu_ids ? SVSM_ERR_NO_VCPU : timer_detach(cpu);
}

/* --- Dispatch ------------------------------------------------------------- */

#define NAMED(field)	offsetofend(union svsm_block, field)

static const struct {
	u64 id;
	size_t named;
	u32 (*serve)(const union svsm_block *block, struct svsm_call *call);
} calls[] = {
	{ IRQ_CALL(QUERY), 0, call_query },
	{ IRQ_CALL(PAGE_REGISTER), NAMED(page_register.features),
	  call_page_register },
	{ IRQ_CALL(PAGE_UNREGISTER), NAMED(vcpu.apic_id),
	  call_page_unregister },
	{ IRQ_CALL(SOURCE_OPEN), NAMED(open.arg), call_source_open },
	{ IRQ_CALL(SOURCE_CLOSE), NAMED(source.source), call_source_close },
	{ IRQ_CALL(SOURCE_BIND), NAMED(bind.apic_id), call_source_bind },
	{ IRQ_CALL(SOURCE_EOI), NAMED(source.source), call_source_eoi },
	{ IRQ_CALL(SOURCE_RAISE), NAMED(source.source), call_source_raise },
	{ IRQ_CALL(SOURCE_QUERY), NAMED(source.source), call_source_query },
	{ IRQ_CALL(RESET), 0, call_reset },
	{ IRQ_CALL(PAGE_QUERY), NAMED(page_query.first), call_page_query },
	{ TIMER_CALL(QUERY), 0, call_timer_query },
	{ TIMER_CALL(ATTACH), NAMED(attach.source), call_timer_attach },
	{ TIMER_CALL(ARM), 0, call_timer_arm },
	{ TIMER_CALL(DETACH), NAMED(vcpu.apic_id), call_timer_detach },
};

/**
 * svsm_fake_dispatch() - execute a call
 * @id: the call
 * @block: its parameters
 * @call: R9 in, values out
 *
 * Return: result code.
 */
u32 svsm_fake_dispatch(u64 id, const union svsm_block *block,
		       struct svsm_call *call)
{
	u32 protocol = upper_32_bits(id);
	unsigned int i;

	if (protocol != SVSM_PROTO_IRQ && protocol != SVSM_PROTO_TIMER)
		return SVSM_ERR_UNSUPPORTED_PROTOCOL;
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		if (calls[i].id != id)
			continue;
		if (call->r9 || memchr_inv(block->raw + calls[i].named, 0,
					   SVSM_BLOCK_SIZE - calls[i].named))
			return SVSM_ERR_INVALID_PARAMETER;
		return calls[i].serve(block, call);
	}
	return SVSM_ERR_UNSUPPORTED_CALL;
}
