// SPDX-License-Identifier: MIT
/*
 * Guest memory: an array, a state per page, and faults on request.
 */
#include <assert.h>
#include <string.h>
#include <sys/mman.h>

#include "host.h"
#include "memory.h"

#define PAGE		4096ULL
#define LARGE		(2ULL << 20)
#define PAGES		(HOST_RAM_SIZE / PAGE)

/* State of a page, changed by atomic operations. */
#define PAGE_VALID	0x1U	/* accepted */
#define PAGE_GIVEN	0x2U	/* the guest may read and write */
#define PAGE_GONE	0x4U	/* the host took it */

static u8 *ram;
static u8 state[PAGES];
static bool split[HOST_RAM_SIZE / LARGE];
/*
 * These and the state are relaxed everywhere: the platform must not order what
 * the core forgot to order, or the thread sanitizer could not see it.
 */
static u64 accesses;
static u64 vanish_at;
static u64 hook_at;
static void (*hook)(void *ctx);
static void *hook_ctx;

static u8 *state_of(u64 gpa)
{
	assert(gpa >= HOST_RAM_START && gpa < HOST_RAM_END);
	return &state[(gpa - HOST_RAM_START) / PAGE];
}

static bool has(u64 gpa, u8 bits)
{
	return (__atomic_load_n(state_of(gpa), __ATOMIC_RELAXED) & bits) ==
	       bits;
}

static void change(u64 gpa, u8 clear, u8 set)
{
	__atomic_fetch_and(state_of(gpa), (u8)~clear, __ATOMIC_RELAXED);
	__atomic_fetch_or(state_of(gpa), set, __ATOMIC_RELAXED);
}

void memory_setup(void)
{
	if (!ram) {
		ram = mmap(NULL, HOST_RAM_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		assert(ram != MAP_FAILED);
	} else {
		/* Zero pages again, without touching those nobody used. */
		madvise(ram, HOST_RAM_SIZE, MADV_DONTNEED);
	}
	memset(state, PAGE_VALID | PAGE_GIVEN, sizeof(state));
	memset(split, 0, sizeof(split));
	__atomic_store_n(&accesses, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&vanish_at, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&hook_at, 0, __ATOMIC_RELAXED);
}

bool memory_give(u64 gpa, bool give)
{
	if (!arch_guest_gpa_valid(gpa, PAGE) || !has(gpa, PAGE_VALID))
		return false;
	change(gpa, PAGE_GIVEN, give ? PAGE_GIVEN : 0);
	return true;
}

void *host_ram(u64 gpa)
{
	assert(gpa >= HOST_RAM_START && gpa < HOST_RAM_END);
	return ram + (gpa - HOST_RAM_START);
}

struct svsm_event_page *host_event_page(u64 gpa)
{
	return host_ram(gpa);
}

void host_page_vanish(u64 gpa)
{
	change(gpa, PAGE_VALID, PAGE_GONE);
}

void host_page_return(u64 gpa)
{
	memset(host_ram(gpa & ~(PAGE - 1)), 0, PAGE);
	change(gpa, PAGE_GONE, PAGE_VALID | PAGE_GIVEN);
}

void host_vanish_at(u64 count)
{
	u64 now = __atomic_load_n(&accesses, __ATOMIC_RELAXED);

	__atomic_store_n(&vanish_at, count ? now + count : 0, __ATOMIC_RELAXED);
}

void host_at(u64 count, void (*fn)(void *ctx), void *ctx)
{
	u64 now = __atomic_load_n(&accesses, __ATOMIC_RELAXED);

	hook = fn;
	hook_ctx = ctx;
	__atomic_store_n(&hook_at, count ? now + count : 0, __ATOMIC_RELAXED);
}

u64 host_shm_accesses(void)
{
	return __atomic_load_n(&accesses, __ATOMIC_RELAXED);
}

bool host_page_private(u64 gpa)
{
	return has(gpa, PAGE_VALID | PAGE_GIVEN) && !has(gpa, PAGE_GONE);
}

void host_page_deny(u64 gpa)
{
	change(gpa, PAGE_GIVEN, 0);
}

void host_page_split(u64 gpa)
{
	split[(gpa - HOST_RAM_START) / LARGE] = true;
}

bool arch_guest_gpa_valid(u64 gpa, u64 size)
{
	return gpa >= HOST_RAM_START && gpa < HOST_RAM_END &&
	       size <= HOST_RAM_END - gpa;
}

void *arch_guest_map(u64 gpa, u64 size)
{
	/* The caller's duty: see arch.h. */
	assert(size && gpa % PAGE + size <= PAGE);
	if (!arch_guest_gpa_valid(gpa, size) ||
	    !has(gpa, PAGE_VALID | PAGE_GIVEN))
		return NULL;
	return host_ram(gpa);
}

enum mem_result arch_guest_mem_set(u64 gpa, u64 size, bool valid)
{
	u64 page;

	assert((size == PAGE || size == LARGE) && gpa % size == 0);
	for (page = gpa; page < gpa + size; page += PAGE) {
		if (has(page, PAGE_GONE))
			return MEM_FAILED;
	}
	if (size == LARGE && split[(gpa - HOST_RAM_START) / LARGE])
		return MEM_SIZE_MISMATCH;
	if (has(gpa, PAGE_VALID) == valid && host.fault != HOST_REPEATS)
		return MEM_UNCHANGED;
	for (page = gpa; page < gpa + size; page += PAGE) {
		if (valid && host.fault != HOST_KEEPS_GUEST_PAGES)
			memset(host_ram(page), 0, PAGE);
		change(page, PAGE_VALID | PAGE_GIVEN,
		       valid ? PAGE_VALID | PAGE_GIVEN : 0);
	}
	return MEM_OK;
}

/* --- Accesses, each of which can fault ----------------------------------- */

static bool reachable(const void *p)
{
	u64 gpa = (u64)((const u8 *)p - ram) + HOST_RAM_START;
	u64 count = __atomic_add_fetch(&accesses, 1, __ATOMIC_RELAXED);

	if (count == __atomic_load_n(&vanish_at, __ATOMIC_RELAXED))
		host_page_vanish(gpa & ~(PAGE - 1));
	if (count == __atomic_load_n(&hook_at, __ATOMIC_RELAXED))
		hook(hook_ctx);
	return has(gpa, PAGE_VALID);
}

/* Byte by byte and atomic: the guest may write at the same time. */
bool arch_shm_copy_in(void *dst, const void *src, size_t size)
{
	const u8 *from = src;
	u8 *to = dst;
	size_t i;

	if (!reachable(src))
		return false;
	for (i = 0; i < size; i++)
		to[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
	return true;
}

bool arch_shm_copy_out(void *dst, const void *src, size_t size)
{
	const u8 *from = src;
	u8 *to = dst;
	size_t i;

	if (!reachable(dst))
		return false;
	for (i = 0; i < size; i++)
		__atomic_store_n(&to[i], from[i], __ATOMIC_RELAXED);
	return true;
}

bool arch_shm_zero(void *dst, size_t size)
{
	u8 *to = dst;
	size_t i;

	if (!reachable(dst))
		return false;
	for (i = 0; i < size; i++)
		__atomic_store_n(&to[i], 0, __ATOMIC_RELAXED);
	return true;
}

bool arch_shm_read32(const u32 *p, u32 *val)
{
	if (!reachable(p))
		return false;
	*val = __atomic_load_n(p, __ATOMIC_RELAXED);
	return true;
}

bool arch_shm_read64(const u64 *p, u64 *val)
{
	if (!reachable(p))
		return false;
	*val = __atomic_load_n(p, __ATOMIC_RELAXED);
	return true;
}

bool arch_shm_write32(u32 *p, u32 val)
{
	if (!reachable(p))
		return false;
	__atomic_store_n(p, val, __ATOMIC_RELAXED);
	return true;
}

bool arch_shm_write64(u64 *p, u64 val)
{
	if (!reachable(p))
		return false;
	__atomic_store_n(p, val, __ATOMIC_RELAXED);
	return true;
}

bool arch_shm_xchg32(u32 *p, u32 val, u32 *old)
{
	if (!reachable(p))
		return false;
	*old = __atomic_exchange_n(p, val, __ATOMIC_SEQ_CST);
	return true;
}

bool arch_shm_fetch_or64(u64 *p, u64 bits, u64 *old)
{
	if (!reachable(p))
		return false;
	*old = __atomic_fetch_or(p, bits, __ATOMIC_SEQ_CST);
	return true;
}

bool arch_shm_fetch_and64(u64 *p, u64 bits, u64 *old)
{
	if (!reachable(p))
		return false;
	*old = __atomic_fetch_and(p, bits, __ATOMIC_SEQ_CST);
	return true;
}

bool arch_shm_cmpxchg64(u64 *p, u64 expected, u64 val, u64 *old)
{
	if (!reachable(p))
		return false;
	*old = expected;
	__atomic_compare_exchange_n(p, old, val, false, __ATOMIC_SEQ_CST,
				    __ATOMIC_SEQ_CST);
	return true;
}
