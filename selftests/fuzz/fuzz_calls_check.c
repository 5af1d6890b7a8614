// SPDX-License-Identifier: MIT
/*
 * Fuzzer of the core: the oracle. Names in capitals are rules of
 * Documentation/abi.rst, which this is a second reading of.
 *
 * All memory of the guest has a shadow that only the guest writes; where both
 * differ after a pass the SVSM has written, and has to have a reason.
 */
#include <assert.h>
#include <sys/mman.h>

#include <svsm/dispatch.h>
#include <svsm/pinned.h>

#include "fuzz_calls.h"

#define PAGES		(HOST_RAM_SIZE / PAGE)

/* Result codes: each call has a set of those that it may give. */
enum result {
	R_SUCCESS, R_INCOMPLETE, R_PROTOCOL, R_CALL, R_ADDRESS, R_FORMAT,
	R_PARAMETER, R_REQUEST, R_BUSY, R_NO_VCPU, R_NO_PAGE, R_VECTOR,
	R_IN_USE, R_NO_DELIVERY, R_LOST, R_PV_SIZE, R_PV_UNCHANGED, R_COUNT
};

#define R_PV_FAILED	R_NO_PAGE	/* CORE-2: the same number */

static const u32 code_of[R_COUNT] = {
	0, 0x80000000, 0x80000001, 0x80000002, 0x80000003, 0x80000004,
	0x80000005, 0x80000006, 0x80000007, 0x80001000, 0x80001001, 0x80001002,
	0x80001003, 0x80001004, 0x80001005, 0x80001006, 0x80001010,
};

#define R(name)		(1U << R_##name)
#define R_BLOCK		(R(SUCCESS) | R(ADDRESS) | R(PARAMETER))

/* Registers that carry a value after success */
#define RCX		0x1
#define RDX		0x2
#define R8		0x4

/* Accesses to guest memory, at most: all sources, or what one needs. */
#define WORK_SOURCES	8192
#define WORK_LIST	(LIST_MAX + 8)
#define WORK_FEW	40
#define WORK_POST	6

static const struct call_rule {
	u64 fn;
	u32 results;
	u32 values;
	u32 work;
	bool block;
} rules[] = {
	{ IRQ(QUERY), R_BLOCK, RCX | RDX | R8, WORK_FEW, true },
	{ IRQ(PAGE_REGISTER), R_BLOCK | R(NO_VCPU) | R(VECTOR) |
	  R(NO_DELIVERY) | R(IN_USE) | R(REQUEST) | R(LOST), 0, WORK_SOURCES,
	  true },
	{ IRQ(PAGE_UNREGISTER), R_BLOCK | R(NO_VCPU) | R(NO_PAGE), 0,
	  WORK_SOURCES, true },
	{ IRQ(SOURCE_OPEN), R_BLOCK | R(NO_VCPU) | R(IN_USE) | R(VECTOR), RCX,
	  WORK_FEW, true },
	{ IRQ(SOURCE_CLOSE), R_BLOCK | R(REQUEST), 0, WORK_FEW, true },
	{ IRQ(SOURCE_BIND), R_BLOCK | R(NO_VCPU) | R(REQUEST), 0, WORK_FEW,
	  true },
	{ IRQ(SOURCE_EOI), R_BLOCK | R(REQUEST), 0, WORK_FEW, true },
	{ IRQ(SOURCE_RAISE), R_BLOCK | R(REQUEST), 0, WORK_FEW, true },
	{ IRQ(SOURCE_QUERY), R_BLOCK | R(REQUEST), RCX, WORK_FEW, true },
	{ IRQ(RESET), R_BLOCK, 0, WORK_SOURCES, true },
	{ IRQ(PAGE_QUERY), R_BLOCK | R(NO_VCPU) | R(NO_PAGE) | R(LOST),
	  RCX | RDX | R8, WORK_FEW, true },
	{ TIMER(QUERY), R_BLOCK, RCX | RDX, WORK_FEW, true },
	{ TIMER(ATTACH), R_BLOCK | R(NO_VCPU) | R(NO_PAGE) | R(LOST) |
	  R(IN_USE), RCX, WORK_FEW, true },
	{ TIMER(ARM), R_BLOCK | R(NO_PAGE) | R(LOST) | R(REQUEST), 0, WORK_FEW,
	  true },
	{ TIMER(DETACH), R_BLOCK | R(NO_VCPU) | R(REQUEST), 0, WORK_FEW, true },
	{ CORE_REMAP_CA, R(SUCCESS) | R(ADDRESS) | R(PARAMETER) | R(REQUEST), 0,
	  WORK_FEW, false },
	{ CORE_PVALIDATE, R(SUCCESS) | R(INCOMPLETE) | R(ADDRESS) |
	  R(PARAMETER) | R(REQUEST) | R(PV_FAILED) | R(PV_SIZE) |
	  R(PV_UNCHANGED), 0, WORK_LIST, false },
	{ CORE_CREATE, R(SUCCESS) | R(ADDRESS) | R(PARAMETER) | R(REQUEST), 0,
	  WORK_FEW, false },
	{ CORE_DELETE, R(SUCCESS) | R(PARAMETER) | R(BUSY), 0, WORK_SOURCES,
	  false },
	{ CORE_QUERY, R(SUCCESS), RCX, WORK_FEW, false },
	{ CORE_VTOM, R(SUCCESS) | R(REQUEST), RCX, WORK_FEW, false },
};

static u8 *shadow;
static bool disturbed, tsc_moved;
static u64 held[SVSM_VCPUS_MAX][HOST_VECTORS / 64];

/* As things were before the pass. */
static struct svsm before;
static u64 posted[HOST_VECTORS / 64];
static u32 posts;
static u64 accesses;
static bool block_good;
static union svsm_block block;
static u32 kicks[SVSM_VCPUS_MAX];
static bool private[PAGES];
/* And what it wrote. */
static u64 written[PAGES];
static u32 writtens;

/* --- The guest's memory ---------------------------------------------------- */

static u8 *shadow_of(u64 gpa)
{
	return shadow + (gpa - HOST_RAM_START);
}

static const struct svsm_event_page *old_page(u64 gpa)
{
	return (struct svsm_event_page *)shadow_of(gpa);
}

/* See fuzz_calls.h. */
void check_setup(void)
{
	if (!shadow) {
		shadow = mmap(NULL, HOST_RAM_SIZE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		assert(shadow != MAP_FAILED);
		/* So that what was touched is known page by page. */
		madvise(host_ram(HOST_RAM_START), HOST_RAM_SIZE,
			MADV_NOHUGEPAGE);
	}
	madvise(shadow, HOST_RAM_SIZE, MADV_DONTNEED);
	memset(held, 0, sizeof(held));
	disturbed = false;
	tsc_moved = false;
}

/* See fuzz_calls.h. */
void check_disturbed(void)
{
	disturbed = true;
}

/* See fuzz_calls.h. */
void check_tsc_moved(void)
{
	tsc_moved = true;
}

/* See fuzz_calls.h. */
void check_guest_write(u64 gpa, const void *data, size_t size)
{
	if (!arch_guest_gpa_valid(gpa, size) || !host_page_private(gpa) ||
	    gpa % PAGE + size > PAGE)
		return;
	memcpy(host_ram(gpa), data, size);
	memcpy(shadow_of(gpa), data, size);
}

/* See fuzz_calls.h. */
void check_page_returned(u64 gpa)
{
	memset(shadow_of(PAGE_OF(gpa)), 0, PAGE);
}

/* --- Before ---------------------------------------------------------------- */

static const struct call_rule *rule_of(u64 fn)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rules); i++)
		if (rules[i].fn == fn)
			return &rules[i];
	return NULL;
}

/* Only the Core protocol changes who can reach a page. */
static bool is_core(const struct pass *pass)
{
	return pass->exit == GUEST_EXIT_CALL &&
	       pass->call.rax >> 32 == SVSM_PROTO_CORE;
}

/* See fuzz_calls.h. */
void check_begin(const struct pass *pass)
{
	struct host_vcpu *hv = host_vcpu(pass->vcpu);
	u64 gpa = pass->call.rcx;
	u32 i, w;

	disturbed = false;
	before = svsm;
	accesses = host_shm_accesses();
	posts = 0;
	for (w = 0; w < ARRAY_SIZE(posted); w++) {
		posted[w] = hv->pending.vectors[w];
		posts += (u32)__builtin_popcountll(posted[w]);
		held[pass->vcpu->index][w] |= posted[w] & hv->pending.level[w];
	}
	for (i = 0; i < svsm.vcpu_count; i++) {
		kicks[i] = host_vcpu(svsm_vcpu(i))->kicks;
		host_vcpu(svsm_vcpu(i))->eois = 0;
	}
	for (i = 0; is_core(pass) && i < PAGES; i++)
		private[i] = host_page_private(HOST_RAM_START + i * PAGE);

	/* BAD-2 */
	block_good = !(gpa % 8) && gpa % PAGE <= PAGE - SVSM_BLOCK_SIZE &&
		     arch_guest_gpa_valid(gpa, SVSM_BLOCK_SIZE) &&
		     host_page_private(gpa);
	memset(&block, 0, sizeof(block));
	if (block_good)
		memcpy(&block, host_ram(gpa), sizeof(block));
}

/* --- Result ---------------------------------------------------------------- */

static bool succeeded(const struct pass *pass, u64 fn)
{
	return pass->called && pass->call.rax == fn && !pass->answer.rax;
}

static void check_result(const struct pass *pass)
{
	const struct guest_call *in = &pass->call, *out = &pass->answer;
	const struct call_rule *rule = rule_of(in->rax);
	u32 protocol = (u32)(in->rax >> 32);
	u32 values, i;

	if (!rule) {
		/* BAD-1 */
		fuzz_check(out->rax == (protocol == SVSM_PROTO_CORE ||
					protocol == SVSM_PROTO_IRQ ||
					protocol == SVSM_PROTO_TIMER ?
					code_of[R_CALL] : code_of[R_PROTOCOL]));
		values = 0;
	} else {
		for (i = 0; i < R_COUNT; i++)
			if (rule->results & 1U << i && out->rax == code_of[i])
				break;
		fuzz_check(i < R_COUNT);
		values = out->rax ? 0 : rule->values;
	}
	/* CALL-1 */
	fuzz_check(out->r9 == in->r9);
	fuzz_check(values & RCX || out->rcx == in->rcx);
	fuzz_check(values & RDX || out->rdx == in->rdx);
	fuzz_check(values & R8 || out->r8 == in->r8);

	if (!rule || !rule->block || disturbed)
		return;
	/* CALL-9: address, then R9; CALL-3 */
	fuzz_check(block_good || out->rax == SVSM_ERR_INVALID_ADDRESS);
	fuzz_check(!block_good || !in->r9 ||
		   out->rax == SVSM_ERR_INVALID_PARAMETER);
	for (i = sizeof(block.open); i < SVSM_BLOCK_SIZE; i++)
		fuzz_check(!block.raw[i] || out->rax);
}

/* HOST-8, "Long calls" */
static void check_work(const struct pass *pass)
{
	const struct call_rule *rule = rule_of(pass->call.rax);
	u64 done = host_shm_accesses() - accesses;

	fuzz_check(done <= WORK_FEW + posts * WORK_POST +
		   (pass->called && rule ? rule->work : 0));
}

/* --- Event page ------------------------------------------------------------ */

/* Of words of ours or of the interface, which have another type. */
static bool bit(const void *set, u32 n)
{
	const u64 *words = set;

	return words[n / 64] >> n % 64 & 1;
}

static struct vcpu *named(const struct pass *pass, u32 apic_id)
{
	return vcpu_find(pass->vcpu, apic_id);
}

/* Is the call about this source? */
static bool about(const struct pass *pass, u64 fn, u32 source)
{
	if (!succeeded(pass, fn))
		return false;
	if (fn == IRQ(SOURCE_OPEN) || fn == TIMER(ATTACH))
		return pass->answer.rcx == source;
	if (fn == TIMER(DETACH)) {
		u32 i = named(pass, block.vcpu.apic_id)->index;

		return before.vcpus[i].timer.source == source;
	}
	return block.source.source == source;
}

/* A3: a bit that was set has somebody who may set it. */
static bool may_raise(const struct pass *pass, struct vcpu *vcpu, u32 s)
{
	const struct irqsrc *src = &svsm.sources[s];

	if (!src->open || src->target != vcpu)
		return false;
	if (about(pass, IRQ(SOURCE_BIND), s) ||
	    about(pass, IRQ(SOURCE_EOI), s) ||
	    (succeeded(pass, IRQ(PAGE_REGISTER)) && before.sources[s].latched))
		return true;
	switch (src->kind) {
	case SVSM_SOURCE_HOST_VECTOR:
		return src->host_vcpu == pass->vcpu &&
		       bit(posted, src->host_vector);
	case SVSM_SOURCE_SOFTWARE:
		return about(pass, IRQ(SOURCE_RAISE), s);
	case SVSM_SOURCE_TIMER:
		return vcpu == pass->vcpu && vcpu->timer.expirations ==
		       before.vcpus[vcpu->index].timer.expirations + 1;
	}
	return false;
}

/* Calls that end more than one source's stay in a page. */
static bool clears_all(const struct pass *pass)
{
	return succeeded(pass, IRQ(RESET)) || succeeded(pass, CORE_DELETE) ||
	       succeeded(pass, IRQ(PAGE_UNREGISTER)) ||
	       succeeded(pass, IRQ(PAGE_REGISTER));
}

static void check_bits(const struct pass *pass, struct vcpu *vcpu,
		       const struct svsm_event_page *o,
		       const struct svsm_event_page *n)
{
	const struct irqsrc *src;
	u32 g, s;

	for (s = 0; s < SVSM_SOURCES_MAX; s++) {
		g = s / 64;
		if (s % 64 == 0 && o->pir[g] == n->pir[g] &&
		    o->mask[g] == n->mask[g] && o->level[g] == n->level[g]) {
			s += 63;
			continue;
		}
		src = &svsm.sources[s];
		if (bit(n->pir, s) && !bit(o->pir, s)) {
			fuzz_check(may_raise(pass, vcpu, s));
			/* RAISE-2 to RAISE-5 */
			if (!bit(n->mask, s)) {
				fuzz_check(n->groups >> g & 1);
				fuzz_check(n->sn & 1 || n->on & 1);
			}
		}
		if (!bit(n->pir, s) && bit(o->pir, s))
			fuzz_check(clears_all(pass) ||
				   about(pass, IRQ(SOURCE_OPEN), s) ||
				   about(pass, IRQ(SOURCE_CLOSE), s) ||
				   about(pass, IRQ(SOURCE_BIND), s) ||
				   about(pass, TIMER(ATTACH), s) ||
				   about(pass, TIMER(DETACH), s));
		/* MASK-1, IRQ-3c */
		if (bit(n->mask, s) != bit(o->mask, s))
			fuzz_check(bit(n->mask, s) &&
				   (about(pass, IRQ(SOURCE_OPEN), s) ||
				    about(pass, TIMER(ATTACH), s)));
		if (bit(n->level, s) != bit(o->level, s))
			fuzz_check(bit(n->level, s) ==
				   (src->open && src->target == vcpu &&
				    src->trigger == SVSM_TRIGGER_LEVEL &&
				    vcpu->page.state == EVENT_PAGE_ACTIVE));
	}
}

static void check_timer_words(const struct pass *pass, struct vcpu *vcpu,
			      const struct svsm_event_page *o,
			      const struct svsm_event_page *n)
{
	const struct vtimer *was = &before.vcpus[vcpu->index].timer;
	const struct vtimer *is = &vcpu->timer;
	bool cleared = clears_all(pass) || succeeded(pass, TIMER(ATTACH)) ||
		       succeeded(pass, TIMER(DETACH));

	/* TIMER-3, A4: not before its time */
	if (is->expirations != was->expirations && is->expirations) {
		fuzz_check(is->expirations == was->expirations + 1);
		fuzz_check(vcpu == pass->vcpu && was->attached);
		fuzz_check(o->timer_deadline != SVSM_TIMER_NONE &&
			   o->timer_deadline <= arch_tsc());
		fuzz_check(is->late_max >= arch_tsc() - o->timer_deadline);
	} else {
		fuzz_check(n->timer_deadline == o->timer_deadline || cleared);
	}
	if (n->timer_deadline != o->timer_deadline)
		fuzz_check(n->timer_deadline == SVSM_TIMER_NONE);
	if (n->timer_armed != o->timer_armed)
		fuzz_check(n->timer_armed == SVSM_TIMER_NONE ||
			   n->timer_armed == is->armed);
	if (n->timer_expirations != o->timer_expirations)
		fuzz_check(n->timer_expirations == is->expirations);
	if (n->timer_late_max != o->timer_late_max)
		fuzz_check(n->timer_late_max == is->late_max);
}

/* What the SVSM wrote into a page that was registered before. */
static void check_written(const struct pass *pass, struct vcpu *vcpu,
			  const struct svsm_event_page *o,
			  const struct svsm_event_page *n)
{
	bool new_vector = succeeded(pass, IRQ(PAGE_REGISTER)) &&
			  n->vector == vcpu->page.vector;

	fuzz_check(!memcmp(o, n, offsetof(struct svsm_event_page, vector)));
	fuzz_check(o->vector == n->vector || new_vector);
	fuzz_check(!memcmp(&o->tsc_khz, &n->tsc_khz,
			   offsetof(struct svsm_event_page, on) -
			   offsetof(struct svsm_event_page, tsc_khz)));
	/* RAISE-4, RAISE-5 */
	fuzz_check(o->on == n->on || (n->on == SVSM_EVENT_ON &&
				      !(n->sn & SVSM_EVENT_SN)));
	fuzz_check(o->sn == n->sn);
	fuzz_check(!(o->groups & ~n->groups) &&
		   !((n->groups & ~o->groups) >> SVSM_GROUPS_MAX));
	fuzz_check(!memcmp(o->reserved_050, n->reserved_050,
			   sizeof(n->reserved_050)));
	fuzz_check(!memcmp(o->reserved_088, n->reserved_088,
			   sizeof(n->reserved_088)));
	fuzz_check(!memcmp(o->reserved_0d8, n->reserved_0d8,
			   sizeof(n->reserved_0d8)));
	fuzz_check(!memcmp(o->reserved_280, n->reserved_280,
			   sizeof(n->reserved_280)));
	check_bits(pass, vcpu, o, n);
	check_timer_words(pass, vcpu, o, n);
	/* NOTIFY-6 */
	if (!(o->on & 1) && n->on & 1 && vcpu->page.vector &&
	    vcpu != pass->vcpu)
		fuzz_check(host_vcpu(vcpu)->kicks != kicks[vcpu->index]);
}

/* PAGE-3 */
static void check_registered(struct vcpu *vcpu, const struct svsm_event_page *n)
{
	static const struct svsm_event_page zero;
	u32 s;

	fuzz_check(n->magic == SVSM_EVENT_PAGE_MAGIC && n->major == 1 &&
		   !n->minor && n->source_count == SVSM_SOURCES_MAX);
	fuzz_check(n->apic_id == vcpu->apic_id && !n->sn && !n->epoch &&
		   n->vector == vcpu->page.vector &&
		   n->tsc_khz == arch_tsc_khz() && !n->features);
	fuzz_check(n->timer_deadline == SVSM_TIMER_NONE &&
		   n->timer_armed == SVSM_TIMER_NONE);
	/* All masked: what was latched is in pir and nowhere else. */
	fuzz_check(!n->on && !n->groups);
	for (s = 0; s < SVSM_SOURCES_MAX; s++) {
		const struct irqsrc *src = &svsm.sources[s];
		bool ours = src->open && src->target == vcpu;

		fuzz_check(bit(n->mask, s));
		fuzz_check(!bit(n->pir, s) || ours);
		fuzz_check(bit(n->level, s) ==
			   (ours && src->trigger == SVSM_TRIGGER_LEVEL));
	}
	fuzz_check(!memcmp(n->reserved_280, zero.reserved_280,
			   sizeof(zero.reserved_280)));
}

static bool page_is(const struct vcpu *vcpu, u64 gpa)
{
	return vcpu->page.state == EVENT_PAGE_ACTIVE && vcpu->page.gpa == gpa;
}

/* A guest may have its list for PVALIDATE in an event page, if it wants to. */
static void leave_out_next(const struct pass *pass, u64 gpa,
			   struct svsm_event_page *n)
{
	u64 next = pass->call.rcx + LIST_NEXT;

	if (pass->called && pass->call.rax == CORE_PVALIDATE &&
	    PAGE_OF(next) == gpa)
		memcpy((u8 *)n + next % PAGE, shadow_of(next), sizeof(u16));
}

/* Return: false if the page is nobody's event page. */
static bool check_event_page(const struct pass *pass, u64 gpa)
{
	static struct svsm_event_page page;
	const struct svsm_event_page *n = &page;
	struct vcpu *vcpu;
	u32 i;

	page = *host_event_page(gpa);
	leave_out_next(pass, gpa, &page);
	for (i = 0; i < svsm.vcpu_count; i++) {
		vcpu = svsm_vcpu(i);
		if (page_is(&before.vcpus[i], gpa)) {
			if (!disturbed)
				check_written(pass, vcpu, old_page(gpa), n);
			return true;
		}
		if (page_is(vcpu, gpa)) {
			fuzz_check(pass->called &&
				   pass->call.rax == IRQ(PAGE_REGISTER));
			if (!disturbed)
				check_registered(vcpu, n);
			return true;
		}
	}
	/* It vanished while it was being written. */
	return disturbed && pass->called &&
	       pass->call.rax == IRQ(PAGE_REGISTER) && !host_page_private(gpa);
}

/* --- PVALIDATE -------------------------------------------------------------- */

static bool all_zero(const u8 *p, size_t size)
{
	return !*p && !memcmp(p, p + 1, size - 1);
}

/* Did the list ask to make this page valid? */
static bool listed(const struct pass *pass, u64 gpa)
{
	u64 list = pass->call.rcx, entry, start, size;
	u16 count;
	u32 i;

	memcpy(&count, shadow_of(list), sizeof(count));
	for (i = 0; i < count && i < LIST_MAX; i++) {
		memcpy(&entry, shadow_of(list) + LIST_ENTRIES + 8 * i,
		       sizeof(entry));
		start = PAGE_OF(entry);
		size = entry & ENTRY_LARGE ? LARGE : PAGE;
		if (entry & ENTRY_VALIDATE && gpa >= start &&
		    gpa - start < size)
			return true;
	}
	return false;
}

/* CORE-2, CORE-3: the list's next, and pages that became valid: zeros. */
static bool check_pvalidated(const struct pass *pass, u64 gpa)
{
	u64 list = pass->call.rcx;
	u8 *n = host_ram(gpa), *o = shadow_of(gpa);
	u32 at = list % PAGE + LIST_NEXT, i;

	if (!pass->called || pass->call.rax != CORE_PVALIDATE)
		return false;
	if (gpa == PAGE_OF(list)) {
		for (i = 0; i < PAGE; i++)
			fuzz_check(n[i] == o[i] || i == at || i == at + 1);
		return true;
	}
	/* A later entry may have given it up again. */
	return all_zero(n, PAGE) && (disturbed || listed(pass, gpa));
}

static void check_next(const struct pass *pass)
{
	u64 list = pass->call.rcx;
	u16 count, next, was;

	if (!pass->called || pass->call.rax != CORE_PVALIDATE || disturbed ||
	    list % 8 || !arch_guest_gpa_valid(list, LIST_ENTRIES) ||
	    !host_page_private(list))
		return;
	memcpy(&count, host_ram(list), sizeof(count));
	memcpy(&next, host_ram(list + LIST_NEXT), sizeof(next));
	memcpy(&was, shadow_of(list + LIST_NEXT), sizeof(was));
	fuzz_check(next >= was);
	if (!pass->answer.rax)
		fuzz_check(next == count && next > was);
	else if (next != was)
		fuzz_check(next < count);
	if (pass->answer.rax == SVSM_ERR_INCOMPLETE)
		fuzz_check(next > was);
}

/*
 * Who can reach what changes by few calls; no page with a use loses or gets
 * access by PVALIDATE (BAD-5), and that changes no more than it may (CORE-2).
 */
static void check_access(const struct pass *pass)
{
	u32 changed = 0, i;
	u64 gpa;

	if (!is_core(pass) || disturbed)
		return;
	for (i = 0; i < PAGES; i++) {
		gpa = HOST_RAM_START + i * PAGE;
		if (private[i] == host_page_private(gpa))
			continue;
		changed++;
		if (pass->called && pass->call.rax == CORE_PVALIDATE)
			fuzz_check(!pinned_overlaps(gpa, PAGE));
		else
			fuzz_check(succeeded(pass, CORE_CREATE) ||
				   succeeded(pass, CORE_DELETE));
	}
	fuzz_check(changed <= 1 || (pass->call.rax == CORE_PVALIDATE &&
				    changed < (6ULL << 20) / PAGE));
}

/* --- All memory ------------------------------------------------------------- */

static void check_memory(const struct pass *pass)
{
	static unsigned char touched[PAGES];
	u64 gpa;
	u32 i;

	writtens = 0;
	assert(!mincore(host_ram(HOST_RAM_START), HOST_RAM_SIZE, touched));
	for (i = 0; i < PAGES; i++) {
		gpa = HOST_RAM_START + i * PAGE;
		if (!(touched[i] & 1) ||
		    !memcmp(host_ram(gpa), shadow_of(gpa), PAGE))
			continue;
		written[writtens++] = gpa;
		/* PAGE-8 */
		fuzz_check(check_event_page(pass, gpa) ||
			   check_pvalidated(pass, gpa));
	}
	check_next(pass);
}

static void accept_memory(void)
{
	u32 i;

	for (i = 0; i < writtens; i++)
		memcpy(shadow_of(written[i]), host_ram(written[i]), PAGE);
}

/* --- Nothing is lost --------------------------------------------------------- */

static bool pending(const struct svsm *state, u32 s,
		    const struct svsm_event_page *(*page_at)(u64 gpa))
{
	const struct irqsrc *src = &state->sources[s];
	const struct vcpu *target = &state->vcpus[src->target->index];

	return src->latched ||
	       (target->page.state == EVENT_PAGE_ACTIVE &&
		bit(page_at(target->page.gpa)->pir, s));
}

static const struct svsm_event_page *new_page(u64 gpa)
{
	return host_event_page(gpa);
}

/* MOVE-4, IRQ-2, LOST-2: only the guest takes; LOST-3 is the exception. */
static void check_pending(const struct pass *pass)
{
	const struct irqsrc *o, *n;
	const struct event_page *page;
	u32 s;

	for (s = 0; s < SVSM_SOURCES_MAX; s++) {
		o = &before.sources[s];
		n = &svsm.sources[s];
		if (!n->open)
			continue;
		/* A raise arrives, wherever the page is. */
		if (about(pass, IRQ(SOURCE_RAISE), s))
			fuzz_check(n->in_service || pending(&svsm, s, new_page));
		if (!o->open)
			continue;
		page = &before.vcpus[o->target->index].page;
		if (page->gpa && !host_page_private(page->gpa))
			continue;
		fuzz_check(!pending(&before, s, old_page) ||
			   pending(&svsm, s, new_page));
		if (o->target != n->target && page_is(o->target, page->gpa))
			fuzz_check(!bit(new_page(page->gpa)->pir, s));
	}
}

/* LEVEL-3, LEVEL-4, IRQ-3e: EOIs are for what the host holds, and come. */
static void check_eois(const struct pass *pass)
{
	struct host_vcpu *hv = host_vcpu(pass->vcpu);
	const struct vcpu *vcpu;
	u64 waits[HOST_VECTORS / 64];
	u32 i, v, w;
	u16 s;

	for (i = 0; i < hv->eois && i < HOST_RECORD_MAX; i++) {
		v = hv->eoi[i];
		fuzz_check(bit(held[pass->vcpu->index], v));
		held[pass->vcpu->index][v / 64] &= ~BIT_ULL(v % 64);
	}
	for (i = 0; i < svsm.vcpu_count; i++) {
		vcpu = svsm_vcpu(i);
		for (w = 0; w < ARRAY_SIZE(waits); w++)
			waits[w] = vcpu->host_held[w] | vcpu->eoi_owed[w];
		/* More than the record keeps: go by what the core says. */
		if (vcpu == pass->vcpu && hv->eois > HOST_RECORD_MAX)
			memcpy(held[i], waits, sizeof(waits));
		fuzz_check(!memcmp(held[i], waits, sizeof(waits)));
		for (v = 0; v < HOST_VECTORS; v++) {
			s = vcpu->host_source[v];
			if (s != HOST_SOURCE_NONE && bit(held[i], v))
				fuzz_check(bit(vcpu->eoi_owed, v) ||
					   svsm.sources[s].in_service);
		}
	}
}

/* --- Entry and timer --------------------------------------------------------- */

/* See fuzz_calls.h. */
void check_entry(struct vcpu *vcpu, u8 vector)
{
	const struct event_page *ep = &vcpu->page;
	const struct svsm_event_page *page;
	u8 want = 0;

	/* NOTIFY-4 */
	fuzz_check(!vector || (vector >= 32 && vector != 0x80 &&
			       host.delivery != SVSM_DELIVERY_NONE));
	if (disturbed)
		return;
	/* NOTIFY-1 */
	if (ep->state == EVENT_PAGE_ACTIVE && host_page_private(ep->gpa)) {
		page = new_page(ep->gpa);
		if (page->on & 1 && !(page->sn & 1))
			want = ep->vector;
	}
	fuzz_check(vector == want);
}

static u64 one_second(void)
{
	return arch_tsc_khz() ? arch_tsc_khz() * 1000ULL : 1000000000ULL;
}

static void check_timer(const struct pass *pass)
{
	const struct vcpu *vcpu = pass->vcpu;
	const struct host_vcpu *hv = host_vcpu(pass->vcpu);
	u64 now = arch_tsc(), deadline;

	/* TIMER-5: the host was told of the deadline that is left. */
	if (vcpu->page.state == EVENT_PAGE_ACTIVE && vcpu->timer.attached &&
	    host_page_private(vcpu->page.gpa)) {
		deadline = new_page(vcpu->page.gpa)->timer_deadline;
		if (deadline != SVSM_TIMER_NONE)
			fuzz_check(deadline > now && hv->armed > now &&
				   hv->armed <= deadline);
	}
	/* NOTIFY-3 */
	if (hv->entry.vector && !tsc_moved)
		fuzz_check(hv->armed > now && hv->armed <= now + one_second());
}

/* --- After ------------------------------------------------------------------- */

/* BAD-5: one use. What the vCPUs have is private, and nobody has it twice. */
static void check_uses(void)
{
	u64 use[3 * SVSM_VCPUS_MAX];
	u32 n = 0, i, j;

	for (i = 0; i < svsm.vcpu_count; i++) {
		const struct vcpu *vcpu = svsm_vcpu(i);

		if (vcpu->has_guest) {
			use[n++] = vcpu->state;
			use[n++] = vcpu->calling_area;
			fuzz_check(!host_page_private(vcpu->state));
		}
		if (vcpu->page.state != EVENT_PAGE_NONE)
			use[n++] = vcpu->page.gpa;
	}
	for (i = 0; i < n; i++) {
		fuzz_check(!(use[i] % PAGE) && use[i] != PLATFORM_PAGE &&
			   arch_guest_gpa_valid(use[i], PAGE));
		for (j = 0; j < i; j++)
			fuzz_check(use[i] != use[j]);
	}
}

/* See fuzz_calls.h. */
void check_end(const struct pass *pass)
{
	fuzz_check(svsm_invariants_ok());
	fuzz_check(!svsm.control.held);
	if (pass->called)
		check_result(pass);
	check_work(pass);
	check_uses();
	check_memory(pass);
	check_access(pass);
	check_eois(pass);
	if (!disturbed) {
		check_pending(pass);
		check_timer(pass);
	}
	accept_memory();
}
