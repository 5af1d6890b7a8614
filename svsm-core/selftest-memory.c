// SPDX-License-Identifier: MIT
/*
 * Self-test of the page conversions: the SVSM's own pages and the guest's. What
 * was in a page before must not be there after it.
 */
#include <svsm/lock.h>
#include <svsm/pinned.h>
#include <svsm/selftest.h>
#include <svsm/shm.h>
#include <svsm/svsm.h>

#define PAGE_SIZE_4K	4096ULL
#define PAGE_SIZE_2M	0x200000ULL

/* Where to look for memory of the guest. */
#define MEMORY_END	0x100000000ULL

#define OWN_TURNS	16
#define GUEST_ROUNDS	4

#define WORDS		(PAGE_SIZE_4K / sizeof(u64))
#define PATTERN(n)	(0xA5C3F00D5EED0000ULL + (n))

/*
 * One page, which the vCPUs use in turn: what one did the others must see.
 * @turns counts; vCPU n has turns n, n + number of vCPUs, ...
 */
static struct {
	u32 turns;
	u64 last;
	u64 word[WORDS] __attribute__((aligned(PAGE_SIZE_4K)));
} own;

static bool own_page_is(u64 first, u64 step)
{
	u32 i;

	for (i = 0; i < WORDS; i++) {
		if (own.word[i] != first + i * step)
			return false;
	}
	return true;
}

static void own_page_fill(u64 first)
{
	u32 i;

	for (i = 0; i < WORDS; i++)
		own.word[i] = first + i;
}

static bool await_turn(struct vcpu *vcpu, u32 turn)
{
	u64 until = selftest_watch();
	struct host_events events;

	while (__atomic_load_n(&own.turns, __ATOMIC_ACQUIRE) != turn) {
		selftest_idle(vcpu, &events);
		if (arch_tsc() >= until)
			selftest_fail("vCPU %u does not get its turn",
				      vcpu->index);
		if (selftest_failed())
			return false;
	}
	return true;
}

static void next_turn(struct vcpu *vcpu, u32 turn)
{
	struct vcpu *next = &svsm.vcpus[(turn + 1) % svsm.vcpu_count];

	__atomic_store_n(&own.turns, turn + 1, __ATOMIC_RELEASE);
	if (next != vcpu)
		arch_kick(next);
}

static void own_turn(struct vcpu *vcpu)
{
	u64 mark = PATTERN((u64)vcpu->index << 32);

	arch_page_flush(own.word);
	if (own.last && !own_page_is(own.last, 1))
		selftest_fail("vCPU %u does not see what the last one wrote",
			      vcpu->index);
	if (!arch_page_convert(own.word, true)) {
		selftest_fail("the host does not share a page");
		return;
	}
	own_page_fill(mark);
	if (!own_page_is(mark, 1))
		selftest_fail("vCPU %u cannot use a shared page", vcpu->index);
	if (!arch_page_convert(own.word, false)) {
		selftest_fail("the host does not give a page back");
		return;
	}
	if (!own_page_is(0, 0))
		selftest_fail("a page of our own came back with contents");
	own_page_fill(mark);
	own.last = mark;
}

/**
 * selftest_memory_own() - a page of the SVSM becomes shared and private again
 * @vcpu: this vCPU
 */
void selftest_memory_own(struct vcpu *vcpu)
{
	u32 turn = vcpu->index;

	for (; turn < OWN_TURNS * svsm.vcpu_count; turn += svsm.vcpu_count) {
		if (!await_turn(vcpu, turn))
			return;
		own_turn(vcpu);
		next_turn(vcpu, turn);
	}
}

/*
 * Chosen once, for all vCPUs: what the tests themselves pin would move the
 * ranges of those that ask later.
 */
static struct {
	struct spinlock lock;
	bool known;
	u64 gpa[SVSM_VCPUS_MAX];
} ranges;

static void find_ranges(void)
{
	u64 gpa;
	u32 n = 0;

	for (gpa = PAGE_SIZE_2M; gpa < MEMORY_END; gpa += PAGE_SIZE_2M) {
		if (n == svsm.vcpu_count)
			return;
		if (arch_guest_gpa_valid(gpa, PAGE_SIZE_2M) &&
		    !pinned_overlaps(gpa, PAGE_SIZE_2M))
			ranges.gpa[n++] = gpa;
	}
}

/* See selftest.h. */
u64 selftest_memory(const struct vcpu *vcpu)
{
	spin_lock(&ranges.lock);
	if (!ranges.known)
		find_ranges();
	ranges.known = true;
	spin_unlock(&ranges.lock);
	return ranges.gpa[vcpu->index];
}

/* First and last word of each page. */
static bool mark(u64 gpa, u64 size)
{
	struct shm *mem;
	u64 page;

	for (page = gpa; page < gpa + size; page += PAGE_SIZE_4K) {
		mem = shm_guest(page, PAGE_SIZE_4K);
		if (!mem || !shm_write64(shm_u64_at(mem, 0), PATTERN(page)) ||
		    !shm_write64(shm_u64_at(mem, PAGE_SIZE_4K - sizeof(u64)),
				 PATTERN(page)))
			return false;
	}
	return true;
}

static bool is_zero(u64 gpa, u64 size)
{
	u64 words[64], at;
	struct shm *mem;
	u32 i;

	for (at = gpa; at < gpa + size; at += sizeof(words)) {
		mem = shm_guest(at, sizeof(words));
		if (!mem || !shm_copy_in(words, mem, sizeof(words)))
			return false;
		for (i = 0; i < ARRAY_SIZE(words); i++) {
			if (words[i])
				return false;
		}
	}
	return true;
}

static void expect(enum mem_result wanted, u64 gpa, u64 size, bool valid)
{
	enum mem_result got = arch_guest_mem_set(gpa, size, valid);

	if (got != wanted)
		selftest_fail("page 0x%lx of 0x%lx bytes %s: %d, not %d",
			      (unsigned long)gpa, (unsigned long)size,
			      valid ? "taken" : "given up", got, wanted);
}

/* There and back, and each step once more, which must change nothing. */
static void guest_round(u64 gpa, u64 size)
{
	if (!mark(gpa, size))
		selftest_fail("page 0x%lx is not the guest's",
			      (unsigned long)gpa);
	expect(MEM_OK, gpa, size, false);
	expect(MEM_UNCHANGED, gpa, size, false);
	if (arch_guest_map(gpa, sizeof(u64)))
		selftest_fail("page 0x%lx is still the guest's",
			      (unsigned long)gpa);
	expect(MEM_OK, gpa, size, true);
	if (!selftest_failed() && !is_zero(gpa, size))
		selftest_fail("page 0x%lx came back with contents",
			      (unsigned long)gpa);
	if (!mark(gpa, size))
		selftest_fail("page 0x%lx is not the guest's again",
			      (unsigned long)gpa);
	expect(MEM_UNCHANGED, gpa, size, true);
}

/**
 * selftest_memory_guest() - the guest's memory goes and comes back
 * @vcpu: this vCPU
 *
 * As a large page, then one small page in its middle, which splits it.
 */
void selftest_memory_guest(struct vcpu *vcpu)
{
	u64 gpa = selftest_memory(vcpu);
	u32 round;

	if (!gpa) {
		selftest_fail("no memory of the guest for vCPU %u",
			      vcpu->index);
		return;
	}
	for (round = 0; round < GUEST_ROUNDS && !selftest_failed(); round++)
		guest_round(gpa, PAGE_SIZE_2M);
	for (round = 0; round < GUEST_ROUNDS && !selftest_failed(); round++)
		guest_round(gpa + PAGE_SIZE_2M / 2, PAGE_SIZE_4K);
}
