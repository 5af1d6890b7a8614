// SPDX-License-Identifier: MIT
/*
 * Registration of an event page: vectors, places, vCPUs, what is in the page
 * afterwards (abi.rst: PAGE-*, NOTIFY-4, IRQ-1, IRQ-2, BAD-4, BAD-5).
 */
#include "svsm.h"

#define PATTERN		0xA5
#define BOOT_STATE	0x60D000UL
#define STATE_VMPL	0x0CA
#define SELF		SVSM_APIC_ID_SELF

static struct svsm_event_page page __attribute__((aligned(4096)));
static struct svsm_event_page other __attribute__((aligned(4096)));
static struct svsm_event_page want __attribute__((aligned(4096)));
static struct svsm_event_page full __attribute__((aligned(4096)));
static u8 shared[PAGE_SIZE] __attribute__((aligned(4096)));
static u8 rescinded[PAGE_SIZE] __attribute__((aligned(4096)));

static u64 tsc_khz(void)
{
	if (svsm_timer(SVSM_TIMER_QUERY, NULL))
		guest_fail("TIMER QUERY");
	return svsm_regs.rdx;
}

static u64 page_query(u32 apic_id)
{
	union svsm_block block = { .page_query = { apic_id, 0 } };

	return svsm_irq(SVSM_IRQ_PAGE_QUERY, &block);
}

static bool all_is(const void *p, u8 byte)
{
	const u8 *bytes = p;
	u32 i;

	for (i = 0; i < PAGE_SIZE; i++)
		if (bytes[i] != byte)
			return false;
	return true;
}

/* A page right after registration. */
static void make_fresh(struct svsm_event_page *p, u8 vector)
{
	__builtin_memset(p, 0, PAGE_SIZE);
	p->magic = SVSM_EVENT_PAGE_MAGIC;
	p->major = 1;
	p->minor = 0;
	p->source_count = 1024;
	p->apic_id = svsm_self;
	p->vector = vector;
	p->tsc_khz = tsc_khz();
	p->timer_deadline = SVSM_TIMER_NONE;
	p->timer_armed = SVSM_TIMER_NONE;
	__builtin_memset(p->mask, 0xFF, sizeof(p->mask));
}

#define VECTOR_ROWS	4

static void vectors(void)
{
	u32 vector, bad = 0;

	__builtin_memset(&page, PATTERN, PAGE_SIZE);
	for (vector = 1; vector < 32; vector++)
		bad += svsm_page_register(&page, SELF, vector) != SVSM_ERR_VECTOR;
	svsm_is(bad, 0, "NOTIFY-4: vectors 1 to 31");
	svsm_is(svsm_page_register(&page, SELF, 0x80), SVSM_ERR_VECTOR,
		"NOTIFY-4: vector 0x80");
	guest_ok(all_is(&page, PATTERN), "the page was not written to");
	svsm_is(page_query(SELF), SVSM_ERR_NO_PAGE, "nothing is registered");
}

static void refused(u64 gpa, u64 error, const char *name)
{
	u64 ret = svsm_page_register((const void *)gpa, SELF, 0);

	if (ret == SVSM_SUCCESS)
		svsm_page_unregister(SELF);
	svsm_is(ret, error, name);
}

#define PLACE_ROWS	31

static void places(void)
{
	u64 gpa = (u64)&page;

	refused(gpa + 1, SVSM_ERR_INVALID_ADDRESS, "PAGE-1: page at an odd address");
	refused(gpa + 8, SVSM_ERR_INVALID_ADDRESS, "PAGE-1: aligned to 8");
	refused(gpa + 2048, SVSM_ERR_INVALID_ADDRESS, "PAGE-1: aligned to 2048");
	refused(gpa | rt_cbit, SVSM_ERR_INVALID_ADDRESS, "IRQ-1d: with the C-bit");
	refused(gpa | BIT(63), SVSM_ERR_INVALID_ADDRESS, "IRQ-1d: with bit 63");
	refused(gpa | BIT(52), SVSM_ERR_INVALID_ADDRESS, "IRQ-1d: with bit 52");
	refused(gpa | BIT(50), SVSM_ERR_INVALID_ADDRESS, "IRQ-1d: with bit 50");
	refused(gpa | BIT(32), SVSM_ERR_INVALID_ADDRESS,
		"IRQ-1d: in 4 GiB more memory than there is");
	refused(~0xFFFULL, SVSM_ERR_INVALID_ADDRESS, "IRQ-1d: the last page of all");
	guest_ok(all_is(&page, PATTERN), "the page was not written to");

	guest_share(shared);
	__builtin_memset(shared, PATTERN, PAGE_SIZE);
	refused((u64)shared, SVSM_ERR_INVALID_ADDRESS, "PAGE-1: a shared page");
	guest_ok(all_is(shared, PATTERN), "which was not written to");
	refused((u64)rt_ghcb, SVSM_ERR_INVALID_ADDRESS, "PAGE-1: the GHCB page");
	refused(SVSM_BASE, SVSM_ERR_INVALID_ADDRESS, "BAD-5: the SVSM's first page");
	refused(SVSM_BASE + 0x10000, SVSM_ERR_INVALID_ADDRESS,
		"BAD-5: another page of the SVSM");
	refused(SVSM_END - PAGE_SIZE, SVSM_ERR_INVALID_ADDRESS,
		"BAD-5: the SVSM's last page");
	refused(0xA0000, SVSM_ERR_INVALID_ADDRESS, "PAGE-1: the VGA hole");
	refused(0xB0000000, SVSM_ERR_INVALID_ADDRESS, "PAGE-1: configuration space");
	refused(0xFEE00000, SVSM_ERR_INVALID_ADDRESS, "PAGE-1: the APIC");
	refused(0xFFFFF000, SVSM_ERR_INVALID_ADDRESS, "PAGE-1: ROM");
	if (svsm_pvalidate((u64)rescinded))
		guest_fail("PVALIDATE");
	refused((u64)rescinded, SVSM_ERR_INVALID_ADDRESS,
		"PAGE-1: a page that is not validated");
	if (svsm_pvalidate((u64)rescinded | LIST_VALIDATE))
		guest_fail("PVALIDATE");

	svsm_is(((const u8 *)BOOT_STATE)[STATE_VMPL], 2,
		"the register state is where it is looked for");
	refused(BOOT_STATE, SVSM_ERR_INVALID_REQUEST, "BAD-5: the register state");
	svsm_is(((const u8 *)BOOT_STATE)[STATE_VMPL], 2, "which is as it was");
	refused((u64)svsm_area, SVSM_ERR_INVALID_REQUEST, "BAD-5: the calling area");
	refused(svsm_secrets, SVSM_ERR_INVALID_REQUEST, "BAD-5: the secrets page");
	guest_ok(*(const u64 *)(svsm_secrets + 0x140) == SVSM_BASE,
		 "which is as it was");
	refused(svsm_cpuid, SVSM_ERR_INVALID_REQUEST, "BAD-5: the CPUID page");
	guest_ok(*(const u32 *)svsm_cpuid > 0 && *(const u32 *)svsm_cpuid <= 64,
		 "which is as it was");
	svsm_is(page_query(SELF), SVSM_ERR_NO_PAGE, "nothing is registered");
	guest_ok(all_is(&page, PATTERN), "the page was not written to");
}

#define VCPU_ROWS	9

static void vcpus(void)
{
	svsm_is(svsm_page_register(&page, 99, 0), SVSM_ERR_NO_VCPU,
		"BAD-4: PAGE_REGISTER for a vCPU that there is not");
	svsm_is(svsm_page_register(&page, svsm_other, 0), SVSM_ERR_NO_VCPU,
		"CALL-8: or that has no guest");
	svsm_is(svsm_page_unregister(99), SVSM_ERR_NO_VCPU,
		"BAD-4: PAGE_UNREGISTER of its page");
	svsm_is(page_query(0xFFFFFFFE), SVSM_ERR_NO_VCPU, "BAD-4: PAGE_QUERY");
	svsm_is(svsm_open(70, SVSM_TRIGGER_EDGE, 99), SVSM_ERR_NO_VCPU,
		"BAD-4: SOURCE_OPEN for it");
	svsm_is(svsm_attach(99, SVSM_SOURCE_ANY), SVSM_ERR_NO_VCPU,
		"BAD-4: TIMER ATTACH");
	svsm_is(svsm_detach(99), SVSM_ERR_NO_VCPU, "BAD-4: TIMER DETACH");
	svsm_is(svsm_page_unregister(SELF), SVSM_ERR_NO_PAGE,
		"BAD-4: PAGE_UNREGISTER without a page");
	guest_ok(all_is(&page, PATTERN), "the page was not written to");
}

#define CONTENT_ROWS	12

static void contents(void)
{
	u32 g, masked = 0;

	svsm_is(svsm_page_register(&page, SELF, NV), SVSM_SUCCESS,
		"IRQ-1a: registration");
	svsm_is(page.magic, 0x50455653, "PAGE-3: magic");
	svsm_is(page.major << 16 | page.minor, 0x10000, "PAGE-3: version 1.0");
	svsm_is(page.source_count, 1024, "PAGE-3: source_count");
	svsm_is(page.apic_id, svsm_self, "PAGE-3: apic_id");
	svsm_is(page.vector, NV, "PAGE-3: vector");
	svsm_is(page.tsc_khz, tsc_khz(), "PAGE-3: tsc_khz as TIMER QUERY says");
	svsm_is(page.features, 0, "PAGE-3: features");
	svsm_is(page.timer_deadline, ~0ULL, "PAGE-3: timer_deadline");
	svsm_is(page.timer_armed, ~0ULL, "PAGE-3: timer_armed");
	for (g = 0; g < SVSM_GROUPS_MAX; g++)
		masked += page.mask[g] == ~0ULL;
	svsm_is(masked, SVSM_GROUPS_MAX, "PAGE-3: all is masked");
	make_fresh(&want, NV);
	svsm_same(&page, &want, "PAGE-3: the rest is zero");
}

#define AGAIN_ROWS	19

static void again(void)
{
	u32 i, bad = 0;

	/* What the guest would have changed meanwhile. */
	page.mask[3] = 0;
	page.sn = SVSM_EVENT_SN;
	page.pir[2] = 0x10;
	page.groups = 4;
	page.timer_deadline = 123;
	want = page;
	want.vector = OTHER_NV;
	svsm_is(svsm_page_register(&page, SELF, OTHER_NV), SVSM_SUCCESS,
		"IRQ-1b: again with another vector");
	svsm_same(&page, &want, "IRQ-1b: changes the vector, nothing else");
	svsm_is(svsm_page_register(&page, svsm_self, OTHER_NV), SVSM_SUCCESS,
		"IRQ-1b: again with the same, the vCPU by its number");
	svsm_same(&page, &want, "IRQ-1b: changes nothing");
	for (i = 1; i < 32; i++)
		bad += svsm_page_register(&page, SELF, i) != SVSM_ERR_VECTOR;
	svsm_is(bad, 0, "IRQ-1d: again with vectors 1 to 31");
	svsm_is(svsm_page_register(&page, SELF, 0x80), SVSM_ERR_VECTOR,
		"IRQ-1d: again with vector 0x80");
	svsm_same(&page, &want, "which changes nothing");
	want.vector = 32;
	guest_ok(!svsm_page_register(&page, SELF, 32) && page.vector == 32,
		 "NOTIFY-4: vector 32");
	guest_ok(!svsm_page_register(&page, SELF, 255) && page.vector == 255,
		 "NOTIFY-4: vector 255");
	guest_ok(!svsm_page_register(&page, SELF, 0) && page.vector == 0,
		 "NOTIFY-4: vector 0");

	want = page;
	__builtin_memset(&other, PATTERN, PAGE_SIZE);
	svsm_is(svsm_page_register(&other, SELF, NV), SVSM_ERR_IN_USE,
		"IRQ-1d: a second page for the vCPU");
	guest_ok(all_is(&other, PATTERN), "which was not written to");
	svsm_same(&page, &want, "nor was the first one");
	svsm_is(page_query(SELF), SVSM_SUCCESS, "the first one is registered");

	svsm_is(svsm_page_unregister(svsm_self), SVSM_SUCCESS, "IRQ-2: PAGE_UNREGISTER");
	svsm_same(&page, &want, "IRQ-2: leaves the page as it is");
	svsm_is(page_query(SELF), SVSM_ERR_NO_PAGE, "IRQ-2: no page");
	svsm_is(svsm_page_unregister(SELF), SVSM_ERR_NO_PAGE,
		"IRQ-2: not a second time");
	svsm_is(svsm_page_register(&other, SELF, NV), SVSM_SUCCESS,
		"the other page can be registered now");
}

#define AFTER_ROWS	3

/* @page is not registered any more: it is the guest's alone. */
static void after(void)
{
	make_fresh(&want, NV);
	svsm_same(&other, &want, "PAGE-3: it is fresh");
	full = page;
	if (svsm_open(70, SVSM_TRIGGER_LEVEL, SELF) ||
	    svsm_source(SVSM_IRQ_SOURCE_RAISE, 70))
		guest_fail("source");
	svsm_same(&page, &full, "IRQ-2: the first one is not touched any more");
	guest_ok(other.pir[1] == BIT(6) && other.level[1] == BIT(6),
		 "but the other one is");
}

/** guest_main() - see the top of this file */
void guest_main(void)
{
	guest_init();
	guest_plan(VECTOR_ROWS + PLACE_ROWS + VCPU_ROWS + CONTENT_ROWS +
		   AGAIN_ROWS + AFTER_ROWS);
	vectors();
	places();
	vcpus();
	contents();
	again();
	after();
}
