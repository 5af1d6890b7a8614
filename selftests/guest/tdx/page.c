// SPDX-License-Identifier: MIT
/*
 * Private and shared memory: MEM.PAGE.ACCEPT, MEM.PAGE.ATTR.RD and ATTR.WR,
 * MapGPA, and what an access meets in each state of the secure EPT. Command
 * lines: "page-4k" where the host adds small pages only, "sept-ve" where a
 * pending page is #VE, "retry" where MapGPA does one page at a time, "48" with
 * a GPA width of 48.
 */
#include "guest.h"

#define LEVEL_2M	1
#define LEVEL_1G	2
#define ATTR_PENDING	BIT(62)
#define VM1_ALL		(0x800FULL << 16)
#define NOWHERE		0x40000000UL	/* behind the RAM */
#define WORDS		(PAGE_SIZE / 8)

static u8 image_page[PAGE_SIZE] __attribute__((aligned(4096)));

static u64 accept(u64 rcx)
{
	return td_call(TDG_MEM_PAGE_ACCEPT, rcx, PATTERN, PATTERN, PATTERN);
}

static u64 attr_rd(u64 gpa)
{
	return td_call(TDG_MEM_PAGE_ATTR_RD, gpa, PATTERN, PATTERN, PATTERN);
}

static u64 attr_wr(u64 gpa, u64 attributes, u64 mask)
{
	return td_call(TDG_MEM_PAGE_ATTR_WR, gpa, attributes, mask, PATTERN);
}

static bool all(volatile u64 *at, u64 bytes, u64 value)
{
	u64 i;

	for (i = 0; i < bytes / 8; i++)
		if (at[i] != value)
			return false;
	return true;
}

static void fill(volatile u64 *at, u64 bytes, u64 value)
{
	u64 i;

	for (i = 0; i < bytes / 8; i++)
		at[i] = value;
}

static void accept_4k(void)
{
	u64 area = AREA_OF(0) + 5 * PAGE_SIZE;
	volatile u64 *p = (u64 *)area;

	guest_equal(accept(area), TDX_SUCCESS, "ACCEPT of 4 KiB");
	guest_ok(td.rcx == area && td.rdx == PATTERN && td.r8 == PATTERN &&
		 td.r10 == PATTERN, "registers stay");
	guest_ok(all(p, PAGE_SIZE, 0), "the page is zero");
	fill(p, PAGE_SIZE, PATTERN);
	guest_equal(accept(area), TDX_PAGE_ALREADY_ACCEPTED, "ACCEPT again");
	guest_ok(all(p, PAGE_SIZE, PATTERN), "leaves the page as it was");
	guest_equal(accept((u64)image_page), TDX_PAGE_ALREADY_ACCEPTED,
		    "ACCEPT of a page of the boot image");
	guest_equal(accept((u64)&igvm_payload_page), TDX_PAGE_ALREADY_ACCEPTED,
		    "ACCEPT of a page that the loader filled");
	guest_equal(accept(TDX_TRAMPOLINE), TDX_PAGE_ALREADY_ACCEPTED,
		    "ACCEPT of the trampoline");
	guest_equal(accept(area + PAGE_SIZE), TDX_SUCCESS, "ACCEPT of the next");
	guest_equal(accept(AREA_OF(0) | LEVEL_2M),
		    TDX_PAGE_SIZE_MISMATCH | LEVEL_2M,
		    "ACCEPT of 2 MiB where a 4 KiB page is");
	guest_ok(all(p, PAGE_SIZE, PATTERN), "leaves the page as it was");
}

static void accept_2m(void)
{
	u64 area = AREA_OF(1);
	volatile u64 *p = (u64 *)area;

	if (guest_is("page-4k")) {
		u64 gpa;

		guest_equal(accept(area | LEVEL_2M),
			    TDX_PAGE_SIZE_MISMATCH | LEVEL_2M,
			    "ACCEPT of 2 MiB where the host adds 4 KiB");
		for (gpa = area; gpa < area + PAGE_2M; gpa += PAGE_SIZE)
			if (accept(gpa))
				break;
		guest_equal(gpa, area + PAGE_2M, "all of it by 4 KiB");
		guest_ok(all(p, PAGE_2M, 0), "and it is zero");
		guest_equal(accept(area + PAGE_2M - PAGE_SIZE),
			    TDX_PAGE_ALREADY_ACCEPTED, "ACCEPT of 4 KiB again");
	} else {
		guest_equal(accept(area | LEVEL_2M), TDX_SUCCESS, "ACCEPT of 2 MiB");
		guest_equal(td.rcx, area | LEVEL_2M, "RCX stays");
		guest_ok(all(p, PAGE_2M, 0), "and it is zero");
		guest_equal(accept(area + 7 * PAGE_SIZE),
			    TDX_PAGE_ALREADY_ACCEPTED | LEVEL_2M,
			    "ACCEPT of 4 KiB in it");
	}
	fill(p, PAGE_2M, PATTERN);
	guest_ok(all(p, PAGE_2M, PATTERN), "it can be written");
	guest_equal(accept(area | LEVEL_2M),
		    guest_is("page-4k") ? TDX_PAGE_SIZE_MISMATCH | LEVEL_2M :
		    TDX_PAGE_ALREADY_ACCEPTED | LEVEL_2M, "ACCEPT of 2 MiB again");
	guest_ok(all(p, PAGE_2M, PATTERN), "leaves it as it was");
}

static void bad_operands(void)
{
	static const struct {
		u64 rcx;
		const char *name;
	} cases[] = {
		{ AREA_OF(2) + PAGE_SIZE + LEVEL_2M, "2 MiB, not aligned" },
		{ GIB + LEVEL_1G, "1 GiB" },
		{ AREA_OF(2) + 3, "level 3" },
		{ AREA_OF(2) + 7, "level 7" },
		{ AREA_OF(2) + 8, "reserved bit 3" },
		{ AREA_OF(2) + 0x800, "reserved bit 11" },
		{ AREA_OF(2) + (1UL << 52), "reserved bit 52" },
		{ AREA_OF(2) + (1UL << 63), "reserved bit 63" },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		guest_equal(accept(cases[i].rcx), TDX_OPERAND_INVALID | RCX,
			    cases[i].name);
	guest_equal(accept(AREA_OF(2) | rt_shared_bit), TDX_OPERAND_INVALID | RCX,
		    "ACCEPT of a shared address");
	guest_equal(attr_rd(AREA_OF(1) | rt_shared_bit), TDX_OPERAND_INVALID | RCX,
		    "ATTR.RD of a shared address");
	guest_ok(!td.rcx && !td.rdx, "gives nothing");
	guest_equal(attr_wr(AREA_OF(1) | rt_shared_bit, 0, 0),
		    TDX_OPERAND_INVALID | RCX, "ATTR.WR of a shared address");
	guest_equal(attr_wr(AREA_OF(1) + 3, 0, 0), TDX_OPERAND_INVALID | RCX,
		    "ATTR.WR of level 3");
	guest_equal(attr_wr(AREA_OF(1) + PAGE_SIZE + LEVEL_2M, 0, 0),
		    TDX_OPERAND_INVALID | RCX, "ATTR.WR, not aligned");
	guest_equal(attr_wr(AREA_OF(1) + 8, 0, 0), TDX_OPERAND_INVALID | RCX,
		    "ATTR.WR with a reserved bit");
	guest_equal(attr_wr(AREA_OF(1), 0x8001, 0), TDX_OPERAND_INVALID | RDX,
		    "ATTR.WR of L1's attributes");
	guest_equal(attr_wr(AREA_OF(1), 0, 1), TDX_OPERAND_INVALID | R8,
		    "ATTR.WR with L1's mask");
	guest_equal(attr_wr(AREA_OF(1), VM1_ALL, 0), TDX_OPERAND_INVALID | RDX,
		    "ATTR.WR for an L2 that does not exist");
	guest_equal(attr_wr(AREA_OF(1), 0, VM1_ALL), TDX_OPERAND_INVALID | R8,
		    "ATTR.WR with its mask");
}

static void attributes(void)
{
	bool small = guest_is("page-4k");
	u64 area = AREA_OF(1) + 3 * PAGE_SIZE;

	guest_equal(attr_rd((u64)image_page), TDX_SUCCESS, "ATTR.RD");
	guest_equal(td.rcx, (u64)image_page, "its address, 4 KiB, not pending");
	guest_equal(td.rdx, 0, "L1 has no attributes of its own");
	guest_equal(attr_rd(area), TDX_SUCCESS, "ATTR.RD in 2 MiB");
	guest_equal(td.rcx, small ? area : (AREA_OF(1) | LEVEL_2M),
		    "start and level of the mapping");
	guest_equal(attr_rd(AREA_OF(3)), TDX_SUCCESS,
		    "ATTR.RD where no page was: the host adds one");
	guest_ok((td.rcx & ATTR_PENDING) && !td.rdx, "it is pending");
	guest_equal(accept(AREA_OF(3) | (small ? 0 : (td.rcx & 7))), TDX_SUCCESS,
		    "ACCEPT of it");
	guest_equal(attr_rd(AREA_OF(3)), TDX_SUCCESS, "ATTR.RD");
	guest_ok(!(td.rcx & ATTR_PENDING), "it is pending no more");
	guest_equal(attr_wr((u64)image_page, 0, 0), TDX_SUCCESS,
		    "ATTR.WR that changes nothing");
	guest_ok(td.rcx == (u64)image_page && !td.rdx, "gives what there is");
	guest_equal(attr_wr(AREA_OF(0) | LEVEL_2M, 0, 0),
		    TDX_PAGE_SIZE_MISMATCH | LEVEL_2M,
		    "ATTR.WR of 2 MiB where 4 KiB pages are");
	guest_equal(attr_wr(area, 0, 0), TDX_SUCCESS,
		    "ATTR.WR of 4 KiB in 2 MiB: the host splits them");
	guest_equal(td.rcx, area, "gives the small page");
	attr_rd(AREA_OF(1));
	guest_equal(td.rcx, AREA_OF(1), "so are its neighbours");
	guest_ok(all((u64 *)AREA_OF(1), PAGE_2M, PATTERN),
		 "and they keep their contents");
}

/* How often the host did a part only; ends as td_map_gpa() does. */
static u64 retries;

static u64 map(u64 gpa, u64 size, bool shared)
{
	u64 at = gpa | (shared ? rt_shared_bit : 0);
	u64 end = at + size;
	u64 status;

	retries = 0;
	while ((status = td_vmcall(VMCALL_MAP_GPA, at, end - at, 0, 0)) ==
	       VMCALL_RETRY) {
		if (td.r11 <= at || td.r11 >= end || td.r11 % PAGE_SIZE) {
			rt_print("# MapGPA of 0x%lx: next 0x%lx\n", at, td.r11);
			return ~0ULL;
		}
		at = td.r11;
		retries++;
	}
	return status;
}

static void conversion(void)
{
	u64 area = AREA_OF(4);
	volatile u64 *private = (u64 *)area;
	volatile u64 *shared = td_shared(area);
	u64 pages = guest_is("retry") ? 1 : 512;

	if (rt_accept(area, area + PAGE_2M))
		guest_fail("ACCEPT");
	fill(private, PAGE_2M, PATTERN);
	guest_equal(map(area + PAGE_SIZE, 8 * PAGE_SIZE, true), VMCALL_SUCCESS,
		    "MapGPA of 8 pages of 2 MiB to shared");
	guest_equal(retries, guest_is("retry") ? 7 : 0,
		    "in as many steps as the host does");
	guest_ok(all(shared + WORDS, 8 * PAGE_SIZE, 0),
		 "nothing is left of what they were");
	fill(shared + WORDS, 8 * PAGE_SIZE, 0x1111);
	guest_ok(all(shared + WORDS, 8 * PAGE_SIZE, 0x1111),
		 "they can be read and written");
	guest_ok(all(private, PAGE_SIZE, PATTERN) &&
		 all(private + 9 * WORDS, PAGE_2M - 9 * PAGE_SIZE, PATTERN),
		 "the other pages of the 2 MiB are as they were");
	guest_equal(accept(area), TDX_PAGE_ALREADY_ACCEPTED,
		    "and are 4 KiB pages now");
	guest_equal(map(area + PAGE_SIZE, PAGE_SIZE, true), VMCALL_SUCCESS,
		    "MapGPA of a shared page to shared");
	guest_ok(all(shared + WORDS, 8 * PAGE_SIZE, 0x1111), "does nothing");

	guest_equal(map(area + PAGE_SIZE, 8 * PAGE_SIZE, false), VMCALL_SUCCESS,
		    "MapGPA back to private");
	guest_equal(retries, guest_is("retry") ? 7 : 0,
		    "in as many steps as the host does");
	guest_equal(accept(area + PAGE_SIZE), TDX_SUCCESS, "ACCEPT");
	guest_ok(all(private + WORDS, PAGE_SIZE, 0),
		 "nothing is left of what it was");
	guest_equal(rt_accept(area + 2 * PAGE_SIZE, area + 9 * PAGE_SIZE), 0,
		    "ACCEPT of the others");
	fill(private, PAGE_2M, 0x2222);
	guest_equal(map(area, PAGE_SIZE, false), VMCALL_SUCCESS,
		    "MapGPA of a private page to private");
	guest_ok(all(private, PAGE_2M, 0x2222),
		 "does nothing: all is private memory again");

	guest_equal(map(area, 2 * PAGE_2M, true), VMCALL_SUCCESS,
		    "MapGPA of 4 MiB, half of it never accepted");
	guest_equal(retries, 1024 / pages - 1,
		    "in as many steps as the host does");
	guest_ok(all(shared, 2 * PAGE_2M, 0), "all of it is there");
	guest_equal(map(area, 2 * PAGE_2M, false), VMCALL_SUCCESS,
		    "MapGPA of 4 MiB back");
	guest_equal(accept(area | LEVEL_2M),
		    guest_is("page-4k") ? TDX_PAGE_SIZE_MISMATCH | LEVEL_2M :
		    TDX_SUCCESS, "ACCEPT of 2 MiB, if the host gives them");
}

static void bad_conversions(void)
{
	u64 area = AREA_OF(7);
	u64 top = rt_shared_bit;

	guest_equal(map(area + 8, PAGE_SIZE, true), VMCALL_ALIGN_ERROR,
		    "MapGPA: address is not aligned");
	guest_equal(map(area, PAGE_SIZE - 8, true), VMCALL_ALIGN_ERROR,
		    "MapGPA: size is not aligned");
	guest_equal(map(area, 0, true), VMCALL_INVALID_OPERAND, "MapGPA: no size");
	guest_equal(map(NOWHERE, PAGE_SIZE, true), VMCALL_INVALID_OPERAND,
		    "MapGPA: no RAM, to shared");
	guest_equal(map(NOWHERE, PAGE_SIZE, false), VMCALL_INVALID_OPERAND,
		    "MapGPA: no RAM, to private");
	guest_equal(map(top - PAGE_SIZE, 2 * PAGE_SIZE, false),
		    VMCALL_INVALID_OPERAND, "MapGPA: from private to shared");
	guest_equal(map(top - PAGE_SIZE, 2 * PAGE_SIZE, true),
		    VMCALL_INVALID_OPERAND, "MapGPA: beyond the address width");
	guest_equal(map(area, -PAGE_SIZE, true), VMCALL_INVALID_OPERAND,
		    "MapGPA: size that wraps");
	guest_equal(accept(area), TDX_SUCCESS, "nothing of it was converted");
}

/* Code must not be in memory that the host can write. */
static void shared_code(void)
{
	u64 area = AREA_OF(6);
	volatile u64 *shared = td_shared(area);
	struct attempt a = { .rax = (u64)shared };

	if (map(area, PAGE_SIZE, true))
		guest_fail("MapGPA");
	shared[0] = 0xC3;		/* RET */
	guest_attempt(insn_call, &a);
	guest_ok(a.vector == VECTOR_PF && a.error == 0x19 && a.rip == (u64)shared &&
		 a.cr2 == (u64)shared, "fetch from shared memory: #PF, reserved bit");
}

/* SEPT_VE_DISABLE clear: an access to a page not accepted is #VE. */
static void pending(void)
{
	u64 area = AREA_OF(8) + 2 * PAGE_SIZE;
	struct attempt a;

	guest_equal(td_read_field(TDG_VM_RD, TD_CTLS), 0, "TD_CTLS is 0");
	guest_read(&a, area + 0x18);
	guest_ok(a.vector == VECTOR_VE && td_ve.reason == VE_EPT_VIOLATION,
		 "read of a pending page: #VE");
	guest_equal(td_ve.gpa, area + 0x18, "with its GPA");
	guest_equal(td_ve.gla, area + 0x18, "and linear address");
	guest_equal(td_ve.qualification & 7, EPT_READ, "for a read");
	guest_ok(a.rip == (u64)insn_read, "at the instruction");
	guest_write(&a, area + 0x20, 1);
	guest_ok(a.vector == VECTOR_VE && td_ve.reason == VE_EPT_VIOLATION &&
		 td_ve.gpa == area + 0x20, "write to a pending page: #VE");
	guest_ok(td_ve.qualification & EPT_WRITE, "for a write");
	a = (struct attempt) { .rax = area };
	guest_attempt(insn_call, &a);
	guest_ok(a.vector == VECTOR_VE && td_ve.reason == VE_EPT_VIOLATION &&
		 td_ve.gpa == area && a.rip == area,
		 "fetch from a pending page: #VE");
	guest_equal(td_ve.qualification & 7, EPT_FETCH, "for a fetch");
	guest_equal(td_call(TDG_MEM_PAGE_ATTR_RD, area, 0, 0, 0), TDX_SUCCESS,
		    "ATTR.RD of it");
	guest_ok(td.rcx & ATTR_PENDING, "says pending");
	a = (struct attempt) { .rax = TDG_MR_RTMR_EXTEND, .rcx = area };
	guest_attempt(insn_tdcall, &a);
	guest_ok(a.vector == VECTOR_VE && td_ve.reason == VE_EPT_VIOLATION &&
		 td_ve.gpa == area && a.rip == (u64)insn_tdcall,
		 "TDCALL with its operand there: #VE");
	guest_equal(accept(area), TDX_SUCCESS, "ACCEPT");
	guest_write(&a, area, 0x55);
	guest_none(&a, "write");
	guest_read(&a, area);
	guest_ok(a.vector < 0 && a.rcx == 0x55, "and read");
	guest_read(&a, area + PAGE_SIZE);
	guest_ok(a.vector == VECTOR_VE && td_ve.gpa == area + PAGE_SIZE,
		 "the next page is pending still");
}

static void pending_table(void)
{
	u64 table = AREA_OF(9), va = RT_WINDOW + PAGE_2M, old = rt_window[1];
	struct attempt a;

	rt_window[1] = table | PTE_W | PTE_P;
	rt_flush();
	guest_read(&a, va + 5 * PAGE_SIZE);
	guest_ok(a.vector == VECTOR_VE && td_ve.reason == VE_EPT_VIOLATION &&
		 td_ve.gpa == table + 5 * 8 && td_ve.gla == va + 5 * PAGE_SIZE,
		 "a page table is pending: #VE with the entry's GPA");
	guest_equal(td_ve.qualification & (BIT(7) | BIT(8)), BIT(7),
		    "while translating the linear address");
	td_keep_ve = true;
	guest_read(&a, AREA_OF(9));
	guest_trap(&a, VECTOR_VE, 0, "#VE");
	guest_read(&a, AREA_OF(9));
	guest_trap(&a, VECTOR_DF, 0, "again, unread: #DF");
	td_keep_ve = false;
	td_read_ve();
	guest_equal(td_ve.qualification & (BIT(7) | BIT(8)), BIT(7) | BIT(8),
		    "the first was not in a translation");
	rt_window[1] = old;
	rt_flush();
}

/* GPAW 48: bits above the shared bit are reserved in page tables. */
static void above_48(void)
{
	struct attempt a;
	u64 *entry = &rt_window[0];
	u64 old = *entry;

	*entry = AREA_OF(0) | 1ULL << 48 | PTE_PS | PTE_W | PTE_P;
	rt_flush();
	guest_read(&a, RT_WINDOW);
	guest_ok(a.vector == VECTOR_PF && a.error == 9 && a.cr2 == RT_WINDOW,
		 "read beyond the address width: #PF, reserved bit");
	guest_write(&a, RT_WINDOW, 1);
	guest_ok(a.vector == VECTOR_PF && a.error == 11 && a.cr2 == RT_WINDOW,
		 "write beyond the address width: #PF, reserved bit");
	*entry = old;
	rt_flush();
	guest_equal(accept(AREA_OF(2) | 1ULL << 48), TDX_OPERAND_INVALID | RCX,
		    "ACCEPT beyond the address width");
	guest_equal(accept(AREA_OF(2) | 1ULL << 51), TDX_OPERAND_INVALID | RCX,
		    "ACCEPT at bit 51");
}

/** guest_main() - see the top of this file */
void guest_main(void)
{
	u32 tests = 11 + 7 + 19 + 17 + 20 + 9 + 1;

	td_init();
	guest_plan(tests + (guest_is("sept-ve") ? 17 + 5 : 0) +
		   (guest_is("48") ? 4 : 0));
	accept_4k();
	accept_2m();
	bad_operands();
	attributes();
	conversion();
	bad_conversions();
	shared_code();
	if (guest_is("sept-ve")) {
		pending();
		pending_table();
	}
	if (guest_is("48"))
		above_48();
}
