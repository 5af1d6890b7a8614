// SPDX-License-Identifier: MIT
/*
 * What the host of a TD can answer: arch/tdx/vmcall.c and memory.c, from the
 * start of the TD on, above fuzz_tdx_module.c. Guests make pages private and
 * give them up, on two vCPUs, one in the middle of what the other does.
 *
 * Oracle: both bit maps and each result are what a model says after every
 * operation. Nothing is accepted that the SVSM holds; what it gives to the
 * guest it accepted in that same operation. What the host answers to other
 * calls comes back cut to size, and nothing else leaves in registers. The TD
 * ends when the host or the module left no choice, and never without that.
 */
#include <setjmp.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <x86/console.h>
#include <x86/heap.h>
#include <x86/pagebits.h>
#include <x86/paging.h>
#include <x86/platform.h>
#include <x86/ram.h>
#include <tdx/tdx.h>
#include <tdx/trampoline.h>

#include "fuzz_tdx_module.h"

#define STEPS_MAX	256
#define WORDS		((RAM_PAGES + 63) / 64)
#define GUEST_PAGES	((LOW_END + RAM_END - SVSM_END) / PAGE_SIZE)

/* The start, first byte of an input. */
#define START_HOSTILE	0x01	/* the host is so from the start */
#define START_GPAW_52	0x02
#define START_OVERLAP	0x04	/* RAM at the reset vector */
#define START_TEXT	0x08	/* long last words */

/* Behind the image, where memory.c looks for it. */
asm(".globl __image_end\n"
    ".set __image_end, 0x8A3000");
_Static_assert(IMAGE_END == 0x8A3000, "as above");

struct tdx tdx;
u64 *ram_granted;

static u64 *accepted;			/* the one of memory.c, once it is there */
static u64 *newest_map;
static u64 want_accepted[WORDS], want_granted[WORDS];
static u32 ops;
static bool nesting;
static bool own_shared[OWN_PAGES];
static u32 protects;
static u64 reset_page;			/* RAM there, 0: none */
static const char *text;		/* last words */
static u32 fatal_calls;
static jmp_buf end_of_td;
/* What the seeds have to reach. */
static u32 made_private, given_up, failed, nested, converted, answered, ended;

/* --- What memory.c and vmcall.c ask of others ------------------------------ */

u64 *ram_page_map(void)
{
	newest_map = calloc(WORDS, sizeof(u64));
	return newest_map;
}

bool ram_overlaps(u64 start, u64 end)
{
	return reset_page && reset_page < end && start < reset_page + PAGE_SIZE;
}

void paging_protect(u64 start, u64 end, enum page_access access)
{
	u32 page = page_index(start);

	fuzz_check(page >= RAM_PAGES && end == start + PAGE_SIZE);
	fuzz_check(op->gpa == start && op->done == op->end);
	fuzz_check(access == (op->shared ? PAGE_SHARED : PAGE_DATA));
	fuzz_check(pages[page].held == !op->shared);
	fuzz_check(!protects++);
}

void arch_terminate(enum terminate_reason reason)
{
	fuzz_check(must_end == (reason == TERMINATE_HOST ? END_HOST : END_GENERAL));
	fatal_calls = 0;
	vmcall_fatal(reason + 1, text);
}

void host_failed(const char *what)
{
	fuzz_check(what && *what);
	arch_terminate(TERMINATE_HOST);
}

/* See fuzz_tdx_module.h. */
void fatal_error(const struct tdx_regs *regs)
{
	const u64 said[] = { regs->r14, regs->r15, regs->rbx, regs->rdi,
			     regs->rsi, regs->r8, regs->r9, regs->rdx };
	char want[sizeof(said)] = { 0 };

	memcpy(want, text, strnlen(text, sizeof(want)));
	fuzz_check(!memcmp(want, said, sizeof(want)));
	fuzz_check(must_end != GO_ON && regs->rcx == 0xFFCC && !regs->r10);
	fuzz_check(regs->r12 == (must_end == END_HOST ? 2 : 1) && !regs->r13);
	if (++fatal_calls == 3)
		longjmp(end_of_td, 1);
}

/* --- Operations ------------------------------------------------------------ */

static void begin(struct op *new, enum op_kind kind, u64 gpa, u64 size)
{
	*new = (struct op){
		.kind = kind,
		.shared = kind == OP_SHARED,
		.id = ++ops,
		.gpa = gpa,
		.end = gpa + size,
		.done = kind == OP_BOOT ? gpa + size : gpa,
	};
	op = new;
}

static void finish(struct op *outer)
{
	fuzz_check(must_end == GO_ON);
	op = outer;
	if (!accepted)
		return;
	fuzz_check(!memcmp(accepted, want_accepted, sizeof(want_accepted)));
	fuzz_check(!memcmp(ram_granted, want_granted, sizeof(want_granted)));
}

static bool is(const u64 *map, u64 page)
{
	return map[page / 64] & BIT_ULL(page % 64);
}

static void put(u64 *map, u64 from, u64 to, bool on)
{
	u64 page;

	for (page = from / PAGE_SIZE; page < to / PAGE_SIZE; page++) {
		map[page / 64] &= ~BIT_ULL(page % 64);
		map[page / 64] |= (u64)on << page % 64;
	}
}

static u32 count(const u64 *map, u64 gpa, u64 size)
{
	u64 page;
	u32 n = 0;

	for (page = gpa / PAGE_SIZE; page < (gpa + size) / PAGE_SIZE; page++)
		n += is(map, page);
	return n;
}

/* This operation accepted all of it, so the module zeroed all. */
static void check_accepted(u64 gpa, u64 end)
{
	for (; gpa < end; gpa += PAGE_SIZE) {
		fuzz_check(pages[page_index(gpa)].held);
		fuzz_check(pages[page_index(gpa)].zeroed == op->id);
	}
}

/* By the bits before. MEM_OK: the host decides. */
static enum mem_result predict(u64 gpa, u64 size, bool valid)
{
	u32 on = count(valid ? want_accepted : want_granted, gpa, size);
	u32 all = (u32)(size / PAGE_SIZE);

	if (on == (valid ? 0 : all))
		return MEM_OK;
	return on == (valid ? all : 0) ? MEM_UNCHANGED : MEM_SIZE_MISMATCH;
}

/* What the host has done of it decides about each page. */
static enum mem_result settle(const struct op *own, bool valid)
{
	bool all = own->done == own->end;

	if (valid) {
		put(want_granted, own->gpa, own->end, all);
		put(want_accepted, own->gpa, own->end, all);
	} else {
		put(want_accepted, own->gpa, own->done, false);
		put(want_granted, own->done, own->end, true);
	}
	failed += !all;
	made_private += all && valid;
	given_up += all && !valid;
	return all ? MEM_OK : MEM_FAILED;
}

static void mem_set(u64 gpa, u64 size, bool valid)
{
	enum mem_result want = predict(gpa, size, valid), got;
	struct op *outer = op, own;

	begin(&own, valid ? OP_PRIVATE : OP_SHARED, gpa, size);
	own.refused = want != MEM_OK;
	/* As the other vCPU must find it. */
	if (want == MEM_OK)
		put(valid ? want_accepted : want_granted, gpa, own.end, valid);
	got = arch_guest_mem_set(gpa, size, valid);
	if (want == MEM_OK)
		want = settle(&own, valid);
	fuzz_check(got == want);
	if (want == MEM_OK && valid)
		check_accepted(gpa, own.end);
	finish(outer);
}

/* A page of the guest's RAM, or an aligned 2 MiB of it. */
static void mem_set_any(bool valid)
{
	static const u64 large[] = { 0, SIZE_2M, SVSM_END };
	u16 choice = input_u16(&input);
	u64 gpa;

	if (choice & 0x8000) {
		mem_set(large[choice % ARRAY_SIZE(large)], SIZE_2M, valid);
		return;
	}
	gpa = choice % GUEST_PAGES * PAGE_SIZE;
	mem_set(gpa < LOW_END ? gpa : gpa - LOW_END + SVSM_END, PAGE_SIZE, valid);
}

/* See fuzz_tdx_module.h. */
void other_vcpu(void)
{
	/* Two vCPUs, and what has them both: not the start, not own pages. */
	if (nesting || op->kind == OP_BOOT || op->gpa >= RAM_END)
		return;
	nesting = true;
	nested++;
	mem_set_any(input_u8(&input) & 1);
	nesting = false;
}

static bool filled_with(const u8 *page, u8 byte)
{
	return page[0] == byte && !memcmp(page, page + 1, PAGE_SIZE - 1);
}

static void convert_own(u32 n)
{
	bool shared = !own_shared[n], done;
	u8 *page = (u8 *)OWN_BASE + n * PAGE_SIZE;
	struct op own;

	memset(page, 0x5A, PAGE_SIZE);
	protects = 0;
	begin(&own, shared ? OP_SHARED : OP_PRIVATE, (u64)page, PAGE_SIZE);
	done = arch_page_convert(page, shared);
	fuzz_check(done == (own.done == own.end) && protects == done);
	/* What stays shared is whatever the host makes of it. */
	fuzz_check((!done && !shared) || filled_with(page, 0));
	own_shared[n] ^= done;
	converted += done;
	if (done && !shared)
		check_accepted((u64)page, own.end);
	finish(NULL);
}

/* MapGPA itself, of anything: no page of ours is there. */
static void map_any(void)
{
	u64 size = PAGE_SIZE << input_u8(&input) % 21, gpa, end;
	struct op own;

	gpa = RAM_END + input_u64(&input) % (tdx.shared_bit - RAM_END - size);
	gpa &= PAGE_MASK;
	begin(&own, OP_MAP, gpa, size);
	own.shared = input_u8(&input) & 1;
	end = vmcall_map_gpa(gpa, size, own.shared);
	fuzz_check(end == own.done && !(end % PAGE_SIZE));
	fuzz_check(end >= gpa && end <= gpa + size);
	finish(NULL);
}

/* --- Other calls ----------------------------------------------------------- */

#define BEFORE	0x5A5A5A5A5A5A5A5AULL

/* One call with these registers; no other has anything in it. */
static void expect(struct op *own, u64 function, u64 r12, u64 r13, u64 r14, u64 r15)
{
	begin(own, OP_PLAIN, 0, 1);
	own->sent = (struct tdx_regs){
		.rax = TDG_VP_VMCALL, .rcx = 0xFC00, .r11 = function,
		.r12 = r12, .r13 = r13, .r14 = r14, .r15 = r15,
	};
}

static u64 cut(u64 value, u32 size)
{
	return size < 8 ? value & (BIT_ULL(8 * size) - 1) : value;
}

static void check_status(const struct op *own, int ret)
{
	fuzz_check(own->done == 1);
	fuzz_check(ret == (own->answer.r10 ? -1 : 0));
	answered++;
	finish(NULL);
}

/*
 * R11 is the answer, of @size bytes, in a variable of @width; nothing comes out
 * of a refusal.
 */
static void check_value(const struct op *own, int ret, u64 got, u32 size, u32 width)
{
	fuzz_check(got == (ret ? cut(BEFORE, width) : cut(own->answer.r11, size)));
	check_status(own, ret);
}

static void cpuid_any(u32 leaf, u32 subleaf)
{
	u32 got[4] = { (u32)BEFORE, (u32)BEFORE, (u32)BEFORE, (u32)BEFORE };
	const struct tdx_regs *a;
	struct op own;
	int ret;

	expect(&own, 10, leaf, subleaf, 0, 0);
	ret = vmcall_cpuid(leaf, subleaf, got);
	a = &own.answer;
	fuzz_check(got[0] == (u32)(ret ? BEFORE : a->r12));
	fuzz_check(got[1] == (u32)(ret ? BEFORE : a->r13));
	fuzz_check(got[2] == (u32)(ret ? BEFORE : a->r14));
	fuzz_check(got[3] == (u32)(ret ? BEFORE : a->r15));
	check_status(&own, ret);
}

static void halt_any(bool off)
{
	struct op own;
	int ret;

	expect(&own, 12, off, 0, 0, 0);
	ret = vmcall_halt(off);
	check_status(&own, ret);
}

static void read_any(u32 what, u64 from, u32 size)
{
	u64 wide = BEFORE;
	u32 narrow = (u32)BEFORE;
	u8 byte = (u8)BEFORE;
	struct op own;
	int ret;

	switch (what) {
	case 0:
		size = size == 8 ? 4 : size;
		expect(&own, 30, size, 0, (u16)from, 0);
		ret = vmcall_in((u16)from, size, &narrow);
		check_value(&own, ret, narrow, size, 4);
		break;
	case 1:
		expect(&own, 30, 1, 0, (u16)from, 0);
		ret = platform_in8((u16)from, &byte);
		check_value(&own, ret, byte, 1, 1);
		break;
	case 2:
		expect(&own, 31, (u32)from, 0, 0, 0);
		ret = platform_rdmsr((u32)from, &wide);
		check_value(&own, ret, wide, 8, 8);
		break;
	default:
		expect(&own, 48, size, 0, from, 0);
		ret = vmcall_mmio_read(from, size, &wide);
		check_value(&own, ret, wide, size, 8);
		break;
	}
}

static void write_any(u32 what, u64 to, u32 size, u64 value)
{
	struct op own;
	int ret;

	switch (what) {
	case 0:
		size = size == 8 ? 4 : size;
		expect(&own, 30, size, 1, (u16)to, cut(value, size));
		ret = vmcall_out((u16)to, size, (u32)value);
		break;
	case 1:
		expect(&own, 30, 1, 1, (u16)to, (u8)value);
		ret = platform_out8((u16)to, (u8)value);
		break;
	case 2:
		expect(&own, 32, (u32)to, value, 0, 0);
		ret = platform_wrmsr((u32)to, value);
		break;
	default:
		expect(&own, 48, size, 1, to, cut(value, size));
		ret = vmcall_mmio_write(to, size, value);
		break;
	}
	check_status(&own, ret);
}

static void call_any(void)
{
	u8 choice = input_u8(&input);
	u32 size = 1U << choice / 16 % 4;
	u64 where = input_u64(&input);

	switch (choice % 16) {
	case 0:
		cpuid_any((u32)where, (u32)(where >> 32));
		break;
	case 1:
		halt_any(where & 1);
		break;
	default:
		if (choice & 1)
			read_any(choice / 2 % 4, where, size);
		else
			write_any(choice / 2 % 4, where, size, input_u64(&input));
		break;
	}
}

/* --- A TD ------------------------------------------------------------------ */

static void accept_range(u64 start, u64 end)
{
	struct op own;

	begin(&own, OP_BOOT, start, end - start);
	put(want_accepted, start, end, true);
	put(want_granted, start, end, true);
	platform_accept_range(start, end);
	check_accepted(start, end);
	finish(NULL);
}

/* The order is tdx_main()'s, then ram_accept_all()'s. */
static void start_td(u8 how)
{
	u64 payload_end = SVSM_END + input_u8(&input) * PAGE_SIZE, gpa;
	struct op own;

	begin(&own, OP_BOOT, IMAGE_END, SVSM_END - IMAGE_END);
	memory_accept_own();
	check_accepted(IMAGE_END, SVSM_END);
	finish(NULL);

	ram_granted = ram_page_map();
	if (how & START_OVERLAP) {
		reset_page = TDX_TRAMPOLINE_TABLES + how / 16 % 3 * PAGE_SIZE;
		must_end = END_HOST;
	}
	memory_init();
	accepted = newest_map;
	put(want_accepted, SVSM_BASE, SVSM_END, true);
	finish(NULL);

	accept_range(0, LOW_END);
	for (gpa = SVSM_END; gpa < payload_end; gpa += PAGE_SIZE)
		pages[page_index(gpa)] = (struct page){ .state = PAGE_ACCEPTED, .held = true };
	platform_grant_range(SVSM_END, payload_end);
	put(want_accepted, SVSM_END, payload_end, true);
	put(want_granted, SVSM_END, payload_end, true);
	accept_range(payload_end, RAM_END);
}

static void step(void)
{
	u8 choice = input_u8(&input);

	switch (choice % 8) {
	case 0:
	case 1:
	case 2:
		mem_set_any(true);
		break;
	case 3:
	case 4:
		mem_set_any(false);
		break;
	case 5:
		convert_own(choice / 8 % OWN_PAGES);
		break;
	case 6:
		if (choice & 8)
			map_any();
		else
			call_any();
		break;
	case 7:
		module_swap(input_u16(&input) % ARRAY_SIZE(pages));
		break;
	}
}

/* What lies around them is nothing: a write there is seen. */
static void map_own(void)
{
	static void *own;

	if (own)
		return;
	own = mmap((void *)OWN_BASE, OWN_PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	fuzz_check(own == (void *)OWN_BASE);
}

static void run_td(void)
{
	u8 how = input_u8(&input);
	u32 n;

	tdx.shared_bit = BIT_ULL(how & START_GPAW_52 ? 51 : 47);
	text = how & START_TEXT ?
		"longer than the 64 bytes that fit into the registers of that call" : "short";
	module_reset(input_u16(&input));
	module_quiet(!(how & START_HOSTILE));
	start_td(how);
	module_quiet(false);
	for (n = 0; n < STEPS_MAX && input.left; n++)
		step();
	for (n = 0; n < RAM_PAGES; n++)
		fuzz_check(pages[n].held == is(want_accepted, n));
}

/* See fuzz.h. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	input = (struct input){ data, size };
	memset(want_accepted, 0, sizeof(want_accepted));
	memset(want_granted, 0, sizeof(want_granted));
	memset(own_shared, 0, sizeof(own_shared));
	nesting = false;
	reset_page = 0;
	ram_granted = newest_map = accepted = NULL;
	map_own();
	if (!setjmp(end_of_td))
		run_td();
	else
		ended++;
	if (newest_map != ram_granted)
		free(newest_map);
	free(ram_granted);
	return 0;
}

/* --- Seeds ----------------------------------------------------------------- */

#define LARGE		0xFF, 0xFF	/* all 2 MiB ranges as large pages */
#define SMALL		0, 0
#define PRIVATE		0
#define SHARED		3
#define CONVERT		5
#define CALL		6
#define SWAP		7
#define MAP		14
#define PAGE(n)		(n), 0
#define FIRST_2M	0x01, 0x80	/* the first: 0x8001 % 3 == 0 */
#define U64(n)		(n), 0, 0, 0, 0, 0, 0, 0
/* When the host comes again, then what it does. */
#define NEXT_CALL	0
#define LATER		0xBF
#define DO_OTHER_VCPU	0
#define DO_PART(n)	1, (n) % 256, (n) / 256
#define DO_SHARED(n)	0x41, (n) % 256, (n) / 256	/* in R11 the shared bit */
#define DO_HALVES(n)	3, (u16)(n) % 256, (u16)(n) / 256	/* of a page */
#define DO_STALL	0x1A		/* for good */
#define DO_LIE		5
#define DO_FAIL	6
#define DO_REFUSE	0x0F		/* the module does */
#define DO_NOTHING	7, 6, 4		/* swaps what is no RAM */
#define ACCEPT_BUSY	0x18		/* for good */
#define ACCEPT_SWAP	1, 0, 0x80
#define ACCEPT_SPLIT	3
#define ACCEPT_ERROR	4, 0, 1
#define ACCEPT_BUILT	7

static void seed(const u8 *bytes, size_t size)
{
	LLVMFuzzerTestOneInput(bytes, size);
	fuzz_seed(bytes, size);
}

#define SEED(...) \
	seed((const u8[]){ __VA_ARGS__ }, sizeof((const u8[]){ __VA_ARGS__ }))

static void seed_memory(void)
{
	SEED(0, LARGE, 0, SHARED, FIRST_2M, LATER, DO_NOTHING, PRIVATE, FIRST_2M,
	     SHARED, PAGE(5), PRIVATE, PAGE(5), CONVERT, CONVERT);
	fuzz_check(given_up == 2 && made_private == 2 && converted == 2 && seen.large >= 6);
	/* What was not given up is swapped. */
	SEED(START_GPAW_52, SMALL, 7, SWAP, PAGE(5), PRIVATE, PAGE(5), SHARED, PAGE(5),
	     LATER, DO_NOTHING, PRIVATE, PAGE(5));
	fuzz_check(seen.swapped == 1 && made_private == 3);
	/* Done in parts, then not at all. */
	SEED(0, LARGE, 0, SHARED, FIRST_2M, NEXT_CALL, DO_PART(100), LATER, DO_FAIL,
	     PRIVATE, FIRST_2M, SHARED, FIRST_2M, PRIVATE, PAGE(5));
	fuzz_check(seen.partial == 1 && failed == 1);
	SEED(0, LARGE, 0, SHARED, FIRST_2M, NEXT_CALL, DO_SHARED(3), NEXT_CALL, DO_HALVES(2),
	     NEXT_CALL, DO_HALVES(-2), SHARED, PAGE(6), LATER, DO_HALVES(1));
	fuzz_check(seen.partial == 3 && failed == 3);
	SEED(0, LARGE, 0, SHARED, FIRST_2M, LATER, DO_PART(512));
	SEED(0, LARGE, 0, SHARED, FIRST_2M, LATER, DO_PART(513));
	SEED(0, LARGE, 0, SHARED, FIRST_2M, LATER, DO_STALL, PRIVATE, FIRST_2M);
	fuzz_check(seen.stalled == 1 && failed == 6);
	/* Refused to private; the next time it works. */
	SEED(0, LARGE, 0, SHARED, FIRST_2M, NEXT_CALL, DO_NOTHING, PRIVATE, FIRST_2M,
	     NEXT_CALL, DO_FAIL, PRIVATE, FIRST_2M, LATER, DO_NOTHING);
	fuzz_check(failed == 7 && made_private == 5);
	SEED(0, LARGE, 0, SHARED, FIRST_2M, NEXT_CALL, DO_OTHER_VCPU, 1, FIRST_2M,
	     PRIVATE, FIRST_2M, LATER, DO_OTHER_VCPU, 0, FIRST_2M);
	fuzz_check(nested == 2 && !ended);
	SEED(0, SMALL, 0, MAP, 9, U64(0), 1, NEXT_CALL, DO_PART(100),
	     NEXT_CALL, DO_PART(412), MAP, 20, U64(0xFF), 0, LATER, DO_FAIL);
	fuzz_check(seen.partial == 4);
	SEED(START_HOSTILE, LARGE, 0, NEXT_CALL, ACCEPT_SWAP, 0xC1, ACCEPT_SPLIT);
}

/* Each ends the TD. */
static void seed_ends(void)
{
	u32 before = ended;

	SEED(START_OVERLAP, LARGE, 0);
	SEED(0, LARGE, 0, SHARED, PAGE(5), LATER, DO_LIE, PRIVATE, PAGE(5));
	fuzz_check(seen.already == 1);
	SEED(0, LARGE, 0, SHARED, PAGE(5), NEXT_CALL, DO_NOTHING, PRIVATE, PAGE(5),
	     NEXT_CALL, DO_NOTHING, LATER, ACCEPT_BUSY);
	fuzz_check(seen.busy >= 100000);
	SEED(START_TEXT, LARGE, 0, SHARED, PAGE(5), LATER, DO_REFUSE);
	SEED(START_HOSTILE, SMALL, 0, 200, ACCEPT_ERROR);
	SEED(START_HOSTILE, SMALL, 0, 3, ACCEPT_SWAP, NEXT_CALL, ACCEPT_BUILT);
	SEED(START_HOSTILE, SMALL, 0, LATER, ACCEPT_SPLIT, NEXT_CALL, ACCEPT_SPLIT);
	fuzz_check(ended == before + 7);
}

/* See fuzz.h. */
void fuzz_seeds(void)
{
	u8 calls[4 + 64 * 35] = { 0 };
	u32 i, at = 4;

	seed_memory();
	seed_ends();
	/* Every call at every width, answered and refused. */
	for (i = 0; i < 64; i++) {
		calls[at++] = CALL;
		calls[at++] = (u8)i;
		memset(calls + at, (int)(0x81 + i), 8);
		at += i % 16 > 1 && !(i & 1) ? 16 : 8;
		calls[at++] = i / 16 == 3 ? 0x80 : 0;
		memset(calls + at, (int)(0xC1 + i), 16);
		at += 16;
		if (i % 16 == 15) {
			seed(calls, at);
			at = 4;
			memset(calls, 0, sizeof(calls));
		}
	}
	fuzz_check(answered == 64);
}
