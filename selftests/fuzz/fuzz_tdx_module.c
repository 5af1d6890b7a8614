// SPDX-License-Identifier: MIT
/*
 * The other side of tdx_tdcall(). PAGE.ACCEPT as in the Intel TDX Module 1.5
 * ABI specification, VMCALL as in GHCI 1.5. What the SVSM may ask at a moment
 * is checked at once: it accepts nothing that it holds, goes on with MapGPA
 * where the host stopped, and stops where the host does not let it go on.
 */
#include <tdx/tdx.h>

#include "fuzz_tdx_module.h"

#define PAGES_2M	(SIZE_2M / PAGE_SIZE)

#define LEVEL_2M	1

/* MapGPA answers without progress, "busy" in a row; as vmcall.c, memory.c. */
#define ASKED_MAX	1000
#define BUSY_MAX	100000

#define FUNCTION_MAP_GPA	0x10001
#define FUNCTION_FATAL		0x10003
#define REGS_R10_R15		0xFC00

#define INVALID_OPERAND		BIT_ULL(63)

struct page pages[RAM_PAGES + OWN_PAGES];
struct op *op;
enum must_end must_end;
struct input input;
struct seen seen;

static u32 large_ranges;
static bool always_quiet;
static u32 quiet;		/* calls until the host does something */

/* See fuzz_tdx_module.h. */
void module_reset(u32 large)
{
	u32 i;

	memset(pages, 0, sizeof(pages));
	for (i = SVSM_BASE / PAGE_SIZE; i < IMAGE_END / PAGE_SIZE; i++)
		pages[i] = (struct page){ .state = PAGE_ACCEPTED, .held = true };
	for (i = RAM_PAGES; i < ARRAY_SIZE(pages); i++)
		pages[i] = (struct page){ .state = PAGE_ACCEPTED, .held = true };
	large_ranges = large;
	must_end = GO_ON;
	quiet = 0;
	op = NULL;
}

/* See fuzz_tdx_module.h. */
void module_quiet(bool is_quiet)
{
	always_quiet = is_quiet;
}

/* See fuzz_tdx_module.h. */
u32 page_index(u64 gpa)
{
	if (gpa < RAM_END)
		return (u32)(gpa / PAGE_SIZE);
	fuzz_check(gpa - OWN_BASE < OWN_PAGES * PAGE_SIZE);
	return (u32)(RAM_PAGES + (gpa - OWN_BASE) / PAGE_SIZE);
}

/* --- Secure EPT ------------------------------------------------------------ */

static void split(u32 page)
{
	u32 first = page - page % PAGES_2M, i;

	if (!pages[page].large)
		return;
	seen.split++;
	for (i = 0; i < PAGES_2M; i++)
		pages[first + i].large = false;
}

static void change(u32 page, enum page_state state)
{
	split(page);
	pages[page].state = state;
}

/* See fuzz_tdx_module.h. */
void module_swap(u32 page)
{
	seen.swapped += pages[page].held;
	change(page, PAGE_PENDING);
}

/* The whole 2 MiB range is RAM, and nothing is there. */
static bool can_be_large(u32 first)
{
	u32 i;

	if (first % PAGES_2M || first + PAGES_2M > RAM_PAGES)
		return false;
	for (i = 0; i < PAGES_2M; i++)
		if (pages[first + i].state != PAGE_FREE)
			return false;
	return true;
}

/* The host adds what the TD wants to accept, at its own choice of size. */
static void add(u32 page, bool want_large)
{
	u32 i;

	if (pages[page].state != PAGE_FREE)
		return;
	if (!want_large || !can_be_large(page) ||
	    !(large_ranges & BIT_ULL(page / PAGES_2M))) {
		pages[page].state = PAGE_PENDING;
		return;
	}
	for (i = 0; i < PAGES_2M; i++) {
		pages[page + i].state = PAGE_PENDING;
		pages[page + i].large = true;
	}
}

static u64 status_to_end(u32 status)
{
	must_end = END_HOST;
	return (u64)status << 32;
}

/* The module alone decides here. */
static u64 accept(u32 first, u32 level)
{
	u32 count = level == LEVEL_2M ? PAGES_2M : 1, i;

	add(first, level == LEVEL_2M);
	if (level == LEVEL_2M && !pages[first].large)
		return (u64)TDX_PAGE_SIZE_MISMATCH << 32 | level;
	if (pages[first].state == PAGE_ACCEPTED) {
		seen.already++;
		return status_to_end(TDX_PAGE_ALREADY_ACCEPTED);
	}
	if (level != LEVEL_2M)
		split(first);
	seen.large += level == LEVEL_2M;
	for (i = first; i < first + count; i++) {
		pages[i].state = PAGE_ACCEPTED;
		pages[i].held = true;
		pages[i].zeroed = op->id;
	}
	return TDX_SUCCESS;
}

/* --- Decisions of the host ------------------------------------------------- */

/* Is it the host's turn to be nasty? */
static bool turn(void)
{
	u8 calls;

	if (always_quiet || !input.left)
		return false;
	if (quiet) {
		quiet--;
		return false;
	}
	calls = input_u8(&input);
	quiet = calls < 0xC0 ? calls : (calls - 0xBFU) * 64;
	return true;
}

/* The page that the call is about, or any. */
static u32 pick(u32 page)
{
	u16 choice = input_u16(&input);

	return choice & 0x8000 ? page : choice % ARRAY_SIZE(pages);
}

static u64 busy(void)
{
	seen.busy++;
	if (++op->busy == BUSY_MAX)
		must_end = END_HOST;
	return (u64)(seen.busy % 2 ? TDX_OPERAND_BUSY : TDX_OPERAND_BUSY_HOST) << 32;
}

/* The host has a word in what becomes of it. */
static u64 contend(u32 first, u32 level)
{
	static const u32 how_often[] = { 1, 3, 1000, ~0U };
	u32 status;
	u8 event;

	if (op->more_busy) {
		op->more_busy--;
		return busy();
	}
	if (!turn())
		return accept(first, level);
	event = input_u8(&input);
	switch (event % 8) {
	case 0:
		op->more_busy = how_often[event / 8 % 4] - 1;
		return busy();
	case 1:
		module_swap(pick(first));
		break;
	case 2:
		change(pick(first), PAGE_FREE);
		break;
	case 3:
		/* Of another size, and it stays that. */
		split(first);
		if (level != LEVEL_2M)
			must_end = END_HOST;
		return (u64)TDX_PAGE_SIZE_MISMATCH << 32 | level;
	case 4:
		status = (u32)input_u16(&input) << 8 | BIT_ULL(31);
		if (status != TDX_OPERAND_BUSY)
			return status_to_end(status);
		break;
	case 5:
		other_vcpu();
		break;
	case 6:
		large_ranges ^= 1U << event / 8 % 16;
		break;
	case 7:
		/* As if added when the TD was built: never pending. */
		change(first, PAGE_ACCEPTED);
		break;
	}
	return accept(first, level);
}

static u64 page_accept(const struct tdx_regs *regs)
{
	u64 gpa = regs->rcx & PAGE_MASK, status;
	u32 level = regs->rcx % PAGE_SIZE, first, i;
	u64 size = level == LEVEL_2M ? SIZE_2M : PAGE_SIZE;

	fuzz_check(level <= LEVEL_2M && !(gpa % size));
	fuzz_check(op->kind == OP_BOOT || op->kind == OP_PRIVATE);
	fuzz_check(op->done == op->end);
	fuzz_check(gpa >= op->gpa && gpa < op->end && size <= op->end - gpa);
	first = page_index(gpa);
	for (i = 0; i < size / PAGE_SIZE; i++)
		fuzz_check(!pages[first + i].held);
	status = contend(first, level);
	if (TDX_STATUS(status) != TDX_OPERAND_BUSY &&
	    TDX_STATUS(status) != TDX_OPERAND_BUSY_HOST)
		op->busy = 0;
	return status;
}

/* What the host does about [op->done, @to), whatever it says. */
static void convert(u64 to)
{
	u64 gpa;

	if (op->kind != OP_SHARED)
		return;
	for (gpa = op->done; gpa < to; gpa += PAGE_SIZE)
		change(page_index(gpa), PAGE_FREE);
}

/* Our own reading of an answer; nothing that the SVSM does depends on it. */
static void take_answer(const struct tdx_regs *regs)
{
	u64 next = regs->r11 & ~tdx.shared_bit, gpa = op->done;

	if (regs->r10 == VMCALL_SUCCESS)
		next = op->end;
	else if (regs->r10 != VMCALL_RETRY || next & ~PAGE_MASK || next < gpa || next >= op->end) {
		op->refused = true;
		return;
	}
	if (next != gpa)
		op->asked = 0;
	else
		seen.stalled += op->asked == ASKED_MAX;
	seen.partial += next != op->end && next != gpa;
	op->done = next;
	if (op->kind != OP_SHARED)
		return;
	for (; gpa < next; gpa += PAGE_SIZE)
		pages[page_index(gpa)].held = false;
}

static void scribble(struct tdx_regs *regs)
{
	u64 value = input_u64(&input);

	regs->r12 ^= value;
	regs->r13 ^= value << 1;
	regs->r14 ^= value << 2;
	regs->r15 ^= value << 3;
}

static u64 map_gpa(struct tdx_regs *regs)
{
	static const u32 how_often[] = { 1, ASKED_MAX - 1, ASKED_MAX, ~0U };
	u64 count = (op->end - op->done) / PAGE_SIZE;
	u64 to = op->end;
	u8 event;

	fuzz_check(op->kind >= OP_PRIVATE && op->kind <= OP_MAP);
	fuzz_check(!op->refused && op->done < op->end);
	fuzz_check(regs->r12 == (op->done | (op->shared ? tdx.shared_bit : 0)));
	fuzz_check(regs->r13 == op->end - op->done);
	fuzz_check(!regs->r14 && !regs->r15);
	fuzz_check(++op->asked <= ASKED_MAX);

	regs->r10 = VMCALL_SUCCESS;
	if (op->more_asked) {
		op->more_asked--;
		regs->r10 = VMCALL_RETRY;
		regs->r11 = op->done;
		take_answer(regs);
		return 0;
	}
	if (!turn()) {
		convert(to);
		take_answer(regs);
		return 0;
	}
	event = input_u8(&input);
	switch (event % 8) {
	case 0:
		other_vcpu();
		break;
	case 1:
		/* A part; or one that is none. */
		to = op->done + input_u16(&input) % (count + 2) * PAGE_SIZE;
		regs->r10 = VMCALL_RETRY;
		regs->r11 = to;
		break;
	case 2:
		op->more_asked = how_often[event / 8 % 4] - 1;
		regs->r10 = VMCALL_RETRY;
		regs->r11 = op->done;
		to = op->done;
		break;
	case 3:
		/* Also backwards, and in the middle of a page. */
		regs->r10 = VMCALL_RETRY;
		regs->r11 = event & 8 ? input_u64(&input) :
			op->done + (s64)(s16)input_u16(&input) * (s64)PAGE_SIZE / 2;
		break;
	case 4:
		regs->r10 = input_u64(&input);
		regs->r11 = input_u64(&input);
		break;
	case 5:
		/* Says that it is done, and does nothing; the other way round. */
		to = op->done;
		break;
	case 6:
		regs->r10 = INVALID_OPERAND;
		regs->r11 = op->done;
		break;
	case 7:
		if (event & 8) {
			must_end = END_GENERAL;
			return INVALID_OPERAND;
		}
		module_swap(pick(op->kind == OP_MAP ? 0 : page_index(op->done)));
		break;
	}
	if (event & 0x40)
		regs->r11 ^= tdx.shared_bit;
	if (event & 0x80)
		scribble(regs);
	convert(to < op->end ? to : op->end);
	take_answer(regs);
	return 0;
}

static u64 plain(struct tdx_regs *regs)
{
	u8 event = input_u8(&input);

	fuzz_check(op->kind == OP_PLAIN && !op->done);
	fuzz_check(!memcmp(regs, &op->sent, sizeof(*regs)));
	op->done = 1;
	if (event == 0xFF) {
		must_end = END_GENERAL;
		return INVALID_OPERAND;
	}
	regs->r10 = event < 0xC0 ? event / 0x80 : input_u64(&input);
	regs->r11 = input_u64(&input);
	scribble(regs);
	op->answer = *regs;
	return 0;
}

static u64 dispatch(struct tdx_regs *regs)
{
	if (regs->rax == TDG_VP_VMCALL && regs->r11 == FUNCTION_FATAL) {
		fatal_error(regs);
		/* It goes on regardless, with other registers. */
		memset(regs, 0xA5, sizeof(*regs));
		return 0;
	}
	fuzz_check(must_end == GO_ON);
	if (regs->rax == TDG_MEM_PAGE_ACCEPT)
		return page_accept(regs);
	fuzz_check(regs->rax == TDG_VP_VMCALL);
	fuzz_check(regs->rcx == REGS_R10_R15 && !regs->r10);
	if (regs->r11 == FUNCTION_MAP_GPA)
		return map_gpa(regs);
	return plain(regs);
}

u64 tdx_tdcall(struct tdx_regs *regs)
{
	regs->rax = dispatch(regs);
	return regs->rax;
}
