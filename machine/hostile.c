/* SPDX-License-Identifier: MIT */
/*
 * A host that misbehaves on request. Each word of the machine's command line
 * that is not there means "never":
 *
 *	drop-notify=N	lose every Nth vector that comes with RUN_VMPL
 *	repeat-notify=N	deliver every Nth of them again, a little later
 *	tick-early=US	the deadline timer of VMPL0 or L1 rings too early
 *	tick-late=US	or too late
 *	post=V		post host vector V for VMPL2 or L1 on every vCPU,
 *	post-unlisted=V	and vector V, which nobody wants; both
 *	post-ms=N	every N milliseconds (10); the guest can stop this by
 *			writing 0 to port 0xF8, and have it go on by 1
 *	storm		after each exit of VMPL2 post some vector for it and
 *			some vector for VMPL0; after each call of L1 two for it
 *	ghcb-error=N	answer every Nth GHCB request of VMPL0 with garbage
 *	vmcall-error=N	answer every Nth TDG.VP.VMCALL with garbage
 *	spurious-exit=N	go from VMPL2 to VMPL0 without reason, every Nth time
 *	start-vmpl=L	run VMPL L though VMPL0 did not ask for it
 *	take-page=GPA	take a private page of the guest's away (TDX: and put a
 *			new one in its place, which waits to be accepted),
 *	take-after=N	after N entries of the first vCPU (10000)
 *	seed=N		be irregular: N is on the average; and which garbage.
 *			The same seed makes the same decisions
 *
 * Whatever happens is counted (counters.c, "hostile_...").
 */
#include "cpu.h"
#include "hostile.h"
#include "snp/snp.h"
#include "tdx/status.h"

#define GUEST_LEVEL		2
#define POST_MS			10
#define REPEAT_US		500
#define START_PASSES		16
#define TAKE_ENTRIES		10000

/* what is done every so often */
enum { DROP, REPEAT, GHCB, VMCALL, EXIT, START, KINDS };

static bool quiet;

static struct {
	bool storm;
	bool irregular;
	u64 every[KINDS];
	u64 early, late, post_period;	/* TSC */
	u8 post, post_unlisted;
	u32 start_level;
	u64 page, page_after;
} wish;

/**
 * struct mood - of one vCPU; only it touches it
 * @random: state of the generator
 * @left: times that go by until the next hit
 * @repeat: vector that is to come again, 0 none
 * @repeat_level: for which level
 * @repeat_at: when (TSC)
 * @post_at: when to post next (TSC)
 * @took: the page is gone
 * @calls: TDG.VP.VMCALLs when there was a storm last
 */
struct mood {
	u64 random;
	u64 left[KINDS];
	u8 repeat;
	u32 repeat_level;
	u64 repeat_at;
	u64 post_at;
	bool took;
	u64 calls;
};

static struct mood moods[MAX_CPUS];

static u64 microseconds(u64 us)
{
	return us * machine.tsc_khz / 1000;
}

/* xorshift64, G. Marsaglia 2003 */
static u64 random(struct mood *m)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return m->random;
}

static u64 distance(struct mood *m, u64 n)
{
	return wish.irregular ? 1 + random(m) % (2 * n - 1) : n;
}

static bool hit(struct vcpu *v, u32 kind)
{
	struct mood *m = &moods[v->index];
	u64 n = wish.every[kind];

	if (!n || --m->left[kind])
		return false;
	m->left[kind] = distance(m, n);
	return true;
}

/**
 * hostile_init() - read the command line
 */
void hostile_init(void)
{
	u64 seed = option_number("seed", 1);

	wish.every[DROP] = option_number("drop-notify", 0);
	wish.every[REPEAT] = option_number("repeat-notify", 0);
	wish.every[GHCB] = option_number("ghcb-error", 0);
	wish.every[VMCALL] = option_number("vmcall-error", 0);
	wish.every[EXIT] = option_number("spurious-exit", 0);
	wish.start_level = (u32)option_number("start-vmpl", 0) % LEVELS;
	wish.every[START] = wish.start_level ? START_PASSES : 0;
	wish.early = microseconds(option_number("tick-early", 0));
	wish.late = microseconds(option_number("tick-late", 0));
	wish.post = (u8)option_number("post", 0);
	wish.post_unlisted = (u8)option_number("post-unlisted", 0);
	wish.post_period = microseconds(1000 * option_number("post-ms", POST_MS));
	wish.storm = option_set("storm");
	wish.page = option_number("take-page", ~0ULL);
	wish.page_after = option_number("take-after", TAKE_ENTRIES);
	wish.irregular = option_set("seed");

	for (u32 i = 0; i < MAX_CPUS; i++) {
		struct mood *m = &moods[i];

		m->random = (seed + 1) * 0x9e3779b97f4a7c15 + i;
		m->took = i || wish.page == ~0ULL;
		for (u32 k = 0; k < KINDS; k++)
			m->left[k] = wish.every[k] ? distance(m, wish.every[k]) : 0;
	}
}

static void post(struct vcpu *v, u8 vector)
{
	v->count[COUNT_HOSTILE_POST]++;
	platform->post(v, vector);
}

/* Is this the running level, and not only the one that is to run next? */
static bool ran(const struct vcpu *v, u32 level)
{
	return v->current == level && v->vmsa_in_use &&
	       v->vmsa_in_use == v->level[level].vmsa;
}

static void storm(struct vcpu *v, struct mood *m)
{
	u64 calls = v->count[COUNT_VMCALL];

	/*
	 * At most one round per exit, so that the guest gets somewhere; from L1
	 * only after calls: the EOI of one interrupt must not bring the next.
	 */
	if (platform == &snp_platform ? !ran(v, GUEST_LEVEL) : m->calls == calls)
		return;
	m->calls = calls;
	post(v, (u8)(32 + random(m) % 224));
	apic_post(v, 0, (u8)(32 + random(m) % 224), false);
}

static void take_page(struct vcpu *v)
{
	bool taken;

	mem_lock();
	taken = platform->take_page(wish.page & ~(PAGE_SIZE - 1));
	npt_shootdown();
	mem_unlock();
	v->count[COUNT_HOSTILE_PAGE] += taken;
	print("hostile: page 0x%lx is %s", wish.page,
	      taken ? "taken away" : "in use");
}

/**
 * hostile_quiet() - post no more, or post again
 * @on: no more
 */
void hostile_quiet(bool on)
{
	__atomic_store_n(&quiet, on, __ATOMIC_RELAXED);
	for (u32 i = 0; !on && i < machine.cpu_count; i++)
		vcpu_kick(vcpus[i]);
}

/**
 * hostile_look() - what happens by itself
 * @v: own vCPU
 *
 * Return: TSC at which to be called again, ~0 if never.
 */
u64 hostile_look(struct vcpu *v)
{
	struct mood *m = &moods[v->index];
	u64 now = rdtsc(), next = ~0ULL;

	if (wish.storm)
		storm(v, m);
	if (m->repeat) {
		if (now >= m->repeat_at) {
			v->count[COUNT_HOSTILE_REPEAT]++;
			apic_post(v, m->repeat_level, m->repeat, false);
			m->repeat = 0;
		} else {
			next = m->repeat_at;
		}
	}
	if ((wish.post || wish.post_unlisted) &&
	    !__atomic_load_n(&quiet, __ATOMIC_RELAXED)) {
		if (now >= m->post_at) {
			m->post_at = now + wish.post_period;
			if (wish.post)
				post(v, wish.post);
			if (wish.post_unlisted)
				post(v, wish.post_unlisted);
		}
		if (m->post_at < next)
			next = m->post_at;
	}
	if (!m->took && v->count[COUNT_ENTRY] >= wish.page_after) {
		m->took = true;
		take_page(v);
	}
	return next;
}

/**
 * hostile_level() - which level to run
 * @v: own vCPU
 *
 * Return: v->current, or the one that nobody asked for.
 */
u32 hostile_level(struct vcpu *v)
{
	if (ran(v, GUEST_LEVEL) && v->level[0].vmsa && !v->level[0].halted &&
	    hit(v, EXIT)) {
		v->count[COUNT_HOSTILE_EXIT]++;
		return 0;
	}
	if (ran(v, 0) && v->level[wish.start_level].vmsa && hit(v, START)) {
		if (vmsa_check(v, wish.start_level) == VMSA_OK) {
			v->count[COUNT_HOSTILE_START]++;
			return wish.start_level;
		}
		v->count[COUNT_HOSTILE_REFUSED]++;
	}
	return v->current;
}

/**
 * hostile_drop() - does a vector that came with RUN_VMPL get lost?
 * @v: own vCPU
 * @level: it is for
 * @vector: 32..255
 */
bool hostile_drop(struct vcpu *v, u32 level, u8 vector)
{
	struct mood *m = &moods[v->index];

	if (hit(v, DROP)) {
		v->count[COUNT_HOSTILE_DROP]++;
		return true;
	}
	if (hit(v, REPEAT)) {
		m->repeat = vector;
		m->repeat_level = level;
		m->repeat_at = rdtsc() + microseconds(REPEAT_US);
	}
	return false;
}

/**
 * hostile_deadline() - when VMPL0's timer really rings
 * @v: own vCPU
 * @deadline: what VMPL0 asked for, TSC; 0: never
 */
u64 hostile_deadline(struct vcpu *v, u64 deadline)
{
	if (!deadline || (!wish.early && !wish.late))
		return deadline;
	v->count[COUNT_HOSTILE_TICK]++;
	if (deadline <= wish.early)
		return 1;
	return deadline - wish.early + wish.late;
}

/**
 * hostile_answer() - is VMPL0's GHCB request answered with garbage?
 * @v: own vCPU
 * @info1: changed if so: SW_EXITINFO1
 * @info2: changed if so: SW_EXITINFO2
 */
bool hostile_answer(struct vcpu *v, u64 *info1, u64 *info2)
{
	struct mood *m = &moods[v->index];

	if (v->current || !hit(v, GHCB))
		return false;
	v->count[COUNT_HOSTILE_ANSWER]++;
	/* what the specification knows, or anything at all */
	*info1 = wish.irregular ? random(m) : 2;
	*info2 = wish.irregular ? random(m) : 1 + v->count[COUNT_HOSTILE_ANSWER] % 6;
	return true;
}

/**
 * hostile_vmcall() - is a TDG.VP.VMCALL answered with garbage?
 * @v: own vCPU
 * @regs: changed if so: what the guest gets in its registers
 */
bool hostile_vmcall(struct vcpu *v, u64 regs[GPR_COUNT])
{
	/* the first: the host says that it did what it did not do */
	static const u64 statuses[] = {
		VMCALL_SUCCESS, VMCALL_RETRY, VMCALL_INVALID_OPERAND,
		VMCALL_GPA_INUSE, VMCALL_ALIGN_ERROR, VMCALL_UNSUPPORTED,
	};
	struct mood *m = &moods[v->index];

	if (v->current || !hit(v, VMCALL))
		return false;
	v->count[COUNT_HOSTILE_ANSWER]++;
	for (u32 i = 0; i < GPR_COUNT; i++)
		regs[i] = random(m);
	if (!wish.irregular || random(m) % 2)
		regs[GPR_R10] = statuses[random(m) % ARRAY_SIZE(statuses)];
	return true;
}
