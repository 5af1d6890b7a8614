// SPDX-License-Identifier: MIT
/*
 * The core on arch/host: a guest that makes any call with anything, scribbles
 * on its event pages, and a host that posts, delays and takes pages away, also
 * in the middle of a call. Each step but the guest's and the host's own deeds
 * is one pass of svsm_vcpu_pass(). fuzz_calls_check.c judges it.
 */
#include <svsm/pinned.h>

#include "fuzz_calls.h"

#define VCPUS_MIN	2
#define VCPUS_MAX	4
#define STEPS_MAX	128

/* What a hook does in the middle of a pass: a deed of the guest or the host. */
struct deed {
	bool vanish;
	u64 gpa;
	u64 value;
};

static struct pass pass;
static struct deed deed;
/* What the seeds have to reach. */
static u32 answered, registered, entered, expired;

static const u64 functions[] = {
	IRQ(QUERY), IRQ(PAGE_REGISTER), IRQ(PAGE_UNREGISTER), IRQ(SOURCE_OPEN),
	IRQ(SOURCE_CLOSE), IRQ(SOURCE_BIND), IRQ(SOURCE_EOI), IRQ(SOURCE_RAISE),
	IRQ(SOURCE_QUERY), IRQ(RESET), IRQ(PAGE_QUERY), TIMER(QUERY),
	TIMER(ATTACH), TIMER(ARM), TIMER(DETACH), CORE_REMAP_CA, CORE_PVALIDATE,
	CORE_CREATE, CORE_DELETE, CORE_QUERY, CORE_VTOM, CORE(4),
	SVSM_CALL(SVSM_PROTO_IRQ, 11), SVSM_CALL(SVSM_PROTO_APIC, 0),
};

/* --- Values: mostly such as mean something, sometimes anything ------------ */

static struct vcpu *input_vcpu(struct input *in)
{
	return svsm_vcpu(input_u8(in) % svsm.vcpu_count);
}

static u32 input_apic_id(struct input *in)
{
	u8 choice = input_u8(in);

	if (choice < 0xC0)
		return choice % 8 < 6 ? host_apic_id(choice % 8 %
						     svsm.vcpu_count) :
					SVSM_APIC_ID_SELF;
	return choice < 0xF0 ? choice % 16 : (u32)input_u64(in);
}

static u32 input_source(struct input *in)
{
	static const u32 some[] = {
		0, 1, 63, 64, 65, 66, 127, 128, 129, 1023, 1024,
		SVSM_SOURCE_ANY,
	};
	u8 choice = input_u8(in);

	return choice < 0xE0 ? some[choice % ARRAY_SIZE(some)] :
	       choice < 0xFF ? choice : (u32)input_u64(in);
}

static u8 input_vector(struct input *in)
{
	static const u8 some[] = { 0, 0x50, 0x51, 31, 32, 0x80, 0xFF, 30 };
	u8 choice = input_u8(in);

	return choice < 0x80 ? some[choice % 8] : choice;
}

static u64 input_gpa(struct input *in)
{
	u8 choice = input_u8(in);

	if (choice < 0xC0)
		return KNOWN(choice % 32);
	if (choice < 0xE0)
		return HOST_RAM_START + choice % 5 * LARGE;
	if (choice < 0xF0)
		return KNOWN(choice % 16) + input_u16(in);
	if (choice < 0xF8)
		return HOST_RAM_END - PAGE + input_u16(in);
	return input_u64(in);
}

static u64 input_deadline(struct input *in)
{
	u8 choice = input_u8(in);

	switch (choice % 4) {
	case 0:
		return arch_tsc() + (1ULL << choice / 4 % 40);
	case 1:
		return arch_tsc() - choice / 4;
	case 2:
		return choice < 0x80 ? 0 : SVSM_TIMER_NONE;
	default:
		return input_u64(in);
	}
}

/* --- Calls ------------------------------------------------------------------- */

static void input_block(struct input *in, u64 fn, union svsm_block *block)
{
	switch (fn) {
	case IRQ(PAGE_REGISTER):
		block->page_register.apic_id = input_apic_id(in);
		block->page_register.gpa = input_gpa(in);
		block->page_register.vector = input_vector(in);
		break;
	case IRQ(PAGE_UNREGISTER):
	case TIMER(DETACH):
		block->vcpu.apic_id = input_apic_id(in);
		break;
	case IRQ(SOURCE_OPEN):
		block->open.source = input_source(in);
		block->open.kind = input_u8(in) % 5;
		block->open.trigger = input_u8(in) % 3;
		block->open.apic_id = input_apic_id(in);
		if (block->open.kind != SVSM_SOURCE_HOST_VECTOR)
			break;
		block->open.host_vector = input_vector(in);
		block->open.host_apic_id = input_apic_id(in);
		break;
	case IRQ(SOURCE_BIND):
		block->bind.source = input_source(in);
		block->bind.apic_id = input_apic_id(in);
		break;
	case TIMER(ATTACH):
		block->attach.apic_id = input_apic_id(in);
		block->attach.source = input_source(in);
		break;
	case IRQ(SOURCE_CLOSE):
	case IRQ(SOURCE_EOI):
	case IRQ(SOURCE_RAISE):
	case IRQ(SOURCE_QUERY):
		block->source.source = input_source(in);
		break;
	case IRQ(PAGE_QUERY):
		block->page_query.apic_id = input_apic_id(in);
		block->page_query.first = input_u8(in) % 12;
		break;
	}
}

static void input_list(struct input *in, u64 gpa)
{
	u8 shape = input_u8(in);
	struct {
		u16 count;
		u16 next;
		u32 reserved;
		u64 entry[8];
	} list = { .count = shape % 9, .next = shape / 16 % 4 };
	u32 i;

	for (i = 0; i < list.count; i++)
		list.entry[i] = input_gpa(in) | (input_u8(in) & 0xF);
	if (shape >= 0xF0)
		list.count = input_u16(in);
	check_guest_write(gpa, &list, LIST_ENTRIES + 8 * (shape % 9));
}

static void input_call(struct input *in, struct guest_call *call)
{
	u8 choice = input_u8(in), how = input_u8(in), at;
	union svsm_block block = { .raw = { 0 } };

	*call = (struct guest_call){
		.rax = choice < 0xF8 ? functions[choice % ARRAY_SIZE(functions)] :
				       input_u64(in),
		.rcx = AREA(pass.vcpu->index) + 8,
		.rdx = ~0ULL,
		.r8 = ~0ULL,
		.r9 = how & 0x80 ? input_u8(in) : 0,
	};
	if (how & 0x40)
		call->rcx = input_gpa(in) + (how & 0x20 ? input_u16(in) : 0);
	switch (call->rax) {
	case CORE_CREATE:
		call->rdx = input_gpa(in);
		call->r8 = input_apic_id(in);
		/* fall through */
	case CORE_REMAP_CA:
	case CORE_DELETE:
		call->rcx = input_gpa(in);
		return;
	case CORE_QUERY:
	case CORE_VTOM:
		call->rcx = input_u64(in);
		return;
	case CORE_PVALIDATE:
		input_list(in, call->rcx);
		return;
	}
	input_block(in, call->rax, &block);
	if (how & 0x10) {
		at = input_u8(in) % sizeof(block);
		block.raw[at] ^= input_u8(in);
	}
	check_guest_write(call->rcx, &block, sizeof(block));
}

static enum guest_exit run_guest(struct vcpu *vcpu,
				 const struct guest_entry *entry,
				 struct guest_call *call, void *ctx)
{
	(void)ctx;
	if (!vcpu->has_guest)
		return GUEST_EXIT_NO_GUEST;
	check_entry(vcpu, entry->vector);
	if (entry->vector)
		entered++;
	if (pass.exit == GUEST_EXIT_CALL) {
		*call = pass.call;
		pass.called = true;
	}
	return pass.exit;
}

static void run_pass(void)
{
	u64 expirations = pass.vcpu->timer.expirations;

	host_this_is(pass.vcpu);
	pass.called = false;
	check_begin(&pass);
	svsm_vcpu_pass(pass.vcpu);
	pass.answer = host_vcpu(pass.vcpu)->answer;
	check_end(&pass);
	if (pass.called && !pass.answer.rax)
		answered++;
	registered += pass.vcpu->page.state == EVENT_PAGE_ACTIVE;
	expired += pass.vcpu->timer.expirations > expirations;
}

static void do_call(struct input *in)
{
	pass.vcpu = input_vcpu(in);
	pass.exit = GUEST_EXIT_CALL;
	input_call(in, &pass.call);
	run_pass();
}

static void do_pass(struct input *in, u8 op)
{
	pass.vcpu = input_vcpu(in);
	pass.exit = op & 0x80 ? GUEST_EXIT_NOT_ENTERED : GUEST_EXIT_EVENT;
	pass.call = (struct guest_call){ .rax = ~0ULL };
	run_pass();
}

/* --- Deeds of the guest and of the host ----------------------------------- */

static u64 page_of(const struct vcpu *vcpu)
{
	return vcpu->page.gpa ? vcpu->page.gpa : EVENTS(vcpu->index);
}

/* A word of an event page: where, and its new value. */
static u64 input_scribble(struct input *in, u64 *value)
{
	static const u16 fields[] = {
		offsetof(struct svsm_event_page, on),
		offsetof(struct svsm_event_page, groups),
		offsetof(struct svsm_event_page, timer_deadline),
		offsetof(struct svsm_event_page, timer_armed),
		offsetof(struct svsm_event_page, pir),
		offsetof(struct svsm_event_page, mask),
		offsetof(struct svsm_event_page, level),
	};
	u64 page = page_of(input_vcpu(in));
	u8 choice = input_u8(in);
	u32 at = fields[choice % 7];

	if (choice >= 0xF0)
		at = input_u16(in) % (PAGE / 8) * 8;
	else if (choice % 7 >= 4)
		at += choice / 7 % SVSM_GROUPS_MAX * 8;
	if (at == fields[2])
		*value = input_deadline(in);
	else if (at == fields[0])
		*value = (choice / 7 & 1) | (u64)(choice / 14 & 1) << 32;
	else
		*value = choice & 0x80 ? input_u64(in) :
					 0 - (u64)(choice >> 6 & 1);
	return page + at;
}

static void scribble(struct input *in)
{
	u64 value, gpa = input_scribble(in, &value);

	check_guest_write(gpa, &value, sizeof(value));
}

/* TAKE-1 to TAKE-3, all at once. */
static void take(struct input *in)
{
	u64 gpa = page_of(input_vcpu(in));
	struct svsm_event_page page;
	u32 g;

	memcpy(&page, host_ram(gpa), sizeof(page));
	page.on = 0;
	page.groups = 0;
	for (g = 0; g < SVSM_GROUPS_MAX; g++)
		page.pir[g] &= page.mask[g];
	check_guest_write(gpa, &page, sizeof(page));
}

static void post(struct input *in)
{
	struct vcpu *vcpu = input_vcpu(in);
	u8 how = input_u8(in);

	host_post(vcpu, input_vector(in), how & 1);
	if (how & 2)
		host_vcpu(vcpu)->pending.nmi = true;
	host_vcpu(vcpu)->busy = how & 4;
}

static void pass_time(struct input *in)
{
	struct vcpu *vcpu = input_vcpu(in);
	u8 choice = input_u8(in);
	u64 armed = host_vcpu(vcpu)->armed;

	if (choice < 0x80) {
		host_tsc_advance(1ULL << choice % 36);
	} else if (choice < 0xF0) {
		/* To where the host's timer would fire, or just before. */
		if (armed > arch_tsc() && armed < 1ULL << 60)
			host_tsc_set(armed - choice % 2);
	} else {
		host_tsc_set(arch_tsc() - (arch_tsc() >> choice % 8));
		check_tsc_moved();
	}
}

static bool is_state(u64 gpa)
{
	u32 owner;

	return pinned_owner(PAGE_OF(gpa), PINNED_STATE, &owner);
}

static void change_page(struct input *in)
{
	u8 how = input_u8(in);
	u64 gpa = how & 4 ? page_of(input_vcpu(in)) : input_gpa(in);

	if (!arch_guest_gpa_valid(gpa, 1))
		return;
	switch (how % 4) {
	case 0:
		host_page_vanish(gpa);
		break;
	case 1:
		/* A register state does not become the guest's by that. */
		if (is_state(gpa))
			break;
		host_page_return(gpa);
		check_page_returned(gpa);
		break;
	case 2:
		/* Nor can the guest's rights to what has a use be changed. */
		if (!pinned_overlaps(PAGE_OF(gpa), PAGE))
			host_page_deny(gpa);
		break;
	case 3:
		host_page_split(gpa & ~(LARGE - 1));
		break;
	}
}

static void do_deed(void *ctx)
{
	(void)ctx;
	check_disturbed();
	if (deed.vanish)
		host_page_vanish(deed.gpa);
	else
		check_guest_write(deed.gpa, &deed.value, sizeof(deed.value));
}

/* At an access of a later pass. */
static void plan_deed(struct input *in)
{
	u8 how = input_u8(in);
	struct deed next = { .vanish = how & 0x80 };

	if (how & 0x40) {
		next.gpa = input_gpa(in) & ~7ULL;
		next.value = input_u64(in);
	} else {
		next.gpa = input_scribble(in, &next.value);
	}
	if (!arch_guest_gpa_valid(next.gpa, sizeof(next.value)))
		return;
	deed = next;
	host_at(1 + how % 64, do_deed, NULL);
}

/* --- A world ------------------------------------------------------------------ */

static void make_world(struct input *in)
{
	u8 shape = input_u8(in);
	u32 count = VCPUS_MIN + shape % (VCPUS_MAX - VCPUS_MIN + 1), i;

	host_setup(count);
	check_setup();
	if (shape & 0x80)
		host.delivery = SVSM_DELIVERY_NONE;
	if (shape & 0x40)
		host.tsc_khz = 0;
	host.tsc_trusted = shape & 0x20;
	fuzz_check(!pinned_add(PLATFORM_PAGE, PAGE, PINNED_PLATFORM,
			       PINNED_NO_OWNER));
	for (i = 0; i < count; i++) {
		host_vcpu(svsm_vcpu(i))->guest = run_guest;
		/* The last one is for CREATE_VCPU. */
		if (shape & 0x10 && i == count - 1)
			break;
		fuzz_check(!vcpu_create_guest(svsm_vcpu(i), STATE(i), AREA(i)));
	}
}

static void step(struct input *in)
{
	u8 op = input_u8(in);

	switch (op % 16) {
	case 0: case 1: case 2: case 3: case 4: case 5:
		do_call(in);
		break;
	case 6: case 7:
		do_pass(in, op);
		break;
	case 8: case 9:
		post(in);
		break;
	case 10:
		pass_time(in);
		break;
	case 11: case 12:
		scribble(in);
		break;
	case 13:
		take(in);
		break;
	case 14:
		change_page(in);
		break;
	case 15:
		plan_deed(in);
		break;
	}
}

/* See fuzz.h. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	u32 n;

	make_world(&in);
	for (n = 0; n < STEPS_MAX && in.left; n++)
		step(&in);
	return 0;
}

/* --- Seeds --------------------------------------------------------------------- */

/* Bytes of a step, by the tables above */
#define CALL(vcpu, fn)		0, (vcpu), (fn), 0
#define PASS(vcpu)		6, (vcpu)
#define F_REGISTER		1
#define F_UNREGISTER		2
#define F_OPEN			3
#define F_BIND			5
#define F_EOI			6
#define F_RAISE			7
#define F_RESET			9
#define F_ATTACH		12
#define F_ARM			13
#define F_PVALIDATE		16
#define F_CREATE		17
#define F_DELETE		18
#define NV			1	/* 0x50 */
#define REGISTER(vcpu)		CALL(vcpu, F_REGISTER), (vcpu), 4 * (vcpu) + 2, NV
#define S64			3
#define UNMASK(vcpu, group)	11, (vcpu), 5 + 7 * (group)

/* @calls: how many of its calls have to succeed. */
static void seed(const u8 *bytes, size_t size, u32 calls)
{
	answered = 0;
	LLVMFuzzerTestOneInput(bytes, size);
	fuzz_check(answered == calls);
	fuzz_seed(bytes, size);
}

/* See fuzz.h. */
void fuzz_seeds(void)
{
	/* Software source: open, unmask, raise, entry, take, bind, raise. */
	static const u8 software[] = {
		0, REGISTER(0), REGISTER(1),
		CALL(0, F_OPEN), S64, SVSM_SOURCE_SOFTWARE, 0, 0,
		UNMASK(0, 1), CALL(1, F_RAISE), S64, PASS(0), 13, 0,
		CALL(0, F_RAISE), S64, CALL(0, F_BIND), S64, 1, PASS(1),
		CALL(1, F_UNREGISTER), 1, REGISTER(1), CALL(0, F_RESET),
	};
	/* The guest polls: SN is set, a raise does not notify. */
	static const u8 polling[] = {
		0, REGISTER(1),
		CALL(0, F_OPEN), S64, SVSM_SOURCE_SOFTWARE, 0, 1,
		UNMASK(1, 1), 11, 1, 14, CALL(0, F_RAISE), S64, PASS(1),
		11, 1, 7, PASS(1),
	};
	/* Level source of a host vector on another vCPU: post twice, EOI. */
	static const u8 level[] = {
		0, REGISTER(0),
		CALL(0, F_OPEN), S64, SVSM_SOURCE_HOST_VECTOR, 1, 0, 2, 1,
		UNMASK(0, 1), 8, 1, 1, 2, PASS(1), PASS(0), 8, 1, 1, 2,
		PASS(1), 13, 0, CALL(0, F_EOI), S64, PASS(1), PASS(0),
	};
	/* Timer: attach, program, arm, time passes, entry. */
	static const u8 timer[] = {
		0, REGISTER(0), CALL(0, F_ATTACH), 0, 0, UNMASK(0, 0),
		11, 0, 2, 4 * 10, CALL(0, F_ARM), 10, 0, 0x80, PASS(0), PASS(0),
		14, 4, 0, PASS(0), CALL(0, F_REGISTER), 0, 19, NV,
	};
	/* PVALIDATE of a page and of 2 MiB, of 6 MiB; another vCPU's life. */
	static const u8 core[] = {
		0x10, CALL(0, F_PVALIDATE), 3, 20, 0, 20, 4, 0xC2, 1,
		CALL(0, F_PVALIDATE), 1, 0xC2, 5,
		CALL(0, F_PVALIDATE), 3, 0xC4, 1, 0xC5, 1, 0xC6, 1,
		CALL(0, F_CREATE), 21, 1, 22, REGISTER(1), PASS(1),
		CALL(0, F_DELETE), 22, PASS(1),
	};

	seed(software, sizeof(software), 9);
	fuzz_check(registered && entered >= 2);
	seed(polling, sizeof(polling), 3);
	seed(level, sizeof(level), 3);
	fuzz_check(entered >= 5);
	seed(timer, sizeof(timer), 4);
	fuzz_check(expired == 1);
	seed(core, sizeof(core), 5);
}
