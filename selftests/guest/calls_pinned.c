// SPDX-License-Identifier: MIT
/*
 * An event page that is registered can become nothing else, and what is
 * something else no register state or calling area (abi.rst: BAD-5, CORE-4,
 * CORE-6, CORE-7). A page that were event page and register state at once
 * would give VMPL0 to the guest.
 */
#include "level.h"
#include "svsm.h"

#define SELF		SVSM_APIC_ID_SELF
#define BOOT_STATE	0x60D000UL
#define SOURCE		65

#define VMSA_CR3	0x150
#define VMSA_TSC_SCALE	0x2F0
#define VMSA_TSC_OFFSET	0x2F8
#define VMSA_TOM	0x3C8
#define EFER_SVME	BIT(12)

/* In the middle of 2 MiB that hold nothing else. */
static struct svsm_event_page *const page = (void *)(SCRATCH + 0x100000);

static u8 state[PAGE_SIZE] __attribute__((aligned(4096)));
static u8 area[PAGE_SIZE] __attribute__((aligned(4096)));
static u8 second_area[PAGE_SIZE] __attribute__((aligned(4096)));
static u8 shared[PAGE_SIZE] __attribute__((aligned(4096)));
static struct svsm_event_page before __attribute__((aligned(4096)));

/* None is to be accepted: one that is is deleted, so that the rest can run. */
static u64 create(const void *vmsa, const void *caa, u64 apic_id)
{
	u64 ret = svsm_call(SVSM_PROTO_CORE, CORE_CREATE_VCPU, (u64)vmsa,
			    (u64)caa, apic_id, 0);

	if (!ret)
		svsm_call(SVSM_PROTO_CORE, CORE_DELETE_VCPU, (u64)vmsa, 0, 0, 0);
	return ret;
}

static u64 remap(u64 gpa)
{
	return svsm_call(SVSM_PROTO_CORE, CORE_REMAP_CA, gpa, 0, 0, 0);
}

/* Registered, not written to, and raises arrive. */
static bool works(void)
{
	u64 old = page->pir[1];
	bool same = !__builtin_memcmp(page, &before, PAGE_SIZE);
	bool raised;

	page->pir[1] = 0;
	raised = !svsm_source(SVSM_IRQ_SOURCE_RAISE, SOURCE) &&
		 page->pir[1] == BIT(SOURCE % 64);
	page->pir[1] = old;
	return same && raised;
}

static void refused(u64 ret, const char *name)
{
	if (ret != SVSM_ERR_INVALID_REQUEST)
		rt_print("# got 0x%lx\n", ret);
	if (!works())
		rt_print("# the page is not what it was\n");
	guest_ok(ret == SVSM_ERR_INVALID_REQUEST && works(), name);
}

/* The guest may write to it: if not, the machine ends the guest. */
static bool writable(u8 *p)
{
	p[5] = 0x5A;
	return p[5] == 0x5A;
}

#define PAGE_ROWS	15

static void event_page(void)
{
	u64 gpa = (u64)page;
	struct svsm_list *list = (struct svsm_list *)(svsm_area + 8);

	if (svsm_page_register(page, SELF, 0) ||
	    svsm_open(SOURCE, SVSM_TRIGGER_EDGE, SELF))
		guest_fail("PAGE_REGISTER");
	before = *page;
	svsm_ap_make_state(state);

	refused(create(page, area, svsm_other),
		"CREATE_VCPU: the event page as register state");
	refused(create(page, area, svsm_self), "also for the caller");
	refused(create(page, page, svsm_other), "as both");
	svsm_ap_make_state(state);
	refused(create(state, page, svsm_other),
		"CREATE_VCPU: the event page as calling area");
	guest_ok(writable(state), "the register state is still the guest's");
	svsm_ap_make_state(state);
	refused(create(state, page, svsm_self), "also for the caller");
	guest_ok(writable(state), "the register state is still the guest's");
	refused(remap(gpa), "REMAP_CA: the event page as calling area");
	svsm_is(svsm_irq(SVSM_IRQ_QUERY, NULL), SVSM_SUCCESS,
		"the old calling area is in force");
	refused(svsm_pvalidate(gpa), "PVALIDATE: rescind the event page");
	svsm_is(list->next, 0, "CORE-2: next says that nothing is done");
	refused(svsm_pvalidate(gpa | LIST_VALIDATE), "PVALIDATE: validate it");
	refused(svsm_pvalidate(gpa | LIST_VALIDATE | LIST_IGNORE_UNCHANGED),
		"also if no change is no error");
	refused(svsm_pvalidate(SCRATCH | LIST_2M), "PVALIDATE: rescind 2 MiB around it");
	refused(svsm_pvalidate(SCRATCH | LIST_2M | LIST_VALIDATE),
		"PVALIDATE: validate 2 MiB around it");
}

#define OTHER_ROWS	13

/* The same for the other uses of a page. */
static void others(void)
{
	u64 area_gpa = (u64)svsm_area;

	svsm_ap_make_state(state);
	refused(create((void *)BOOT_STATE, area, svsm_other),
		"CREATE_VCPU: a register state that there is");
	refused(create(svsm_area, area, svsm_other), "with the calling area as register state");
	refused(create(state, state, svsm_other), "with one page as both");
	refused(create(state, (void *)BOOT_STATE, svsm_other),
		"with a register state as calling area");
	refused(create(state, svsm_area, svsm_other), "with the calling area of another vCPU");
	refused(create((void *)svsm_secrets, area, svsm_other), "with the secrets page");
	refused(remap(BOOT_STATE), "REMAP_CA: onto the register state");
	refused(remap(svsm_secrets), "REMAP_CA: onto the secrets page");
	refused(svsm_pvalidate(BOOT_STATE), "PVALIDATE: rescind the register state");
	refused(svsm_pvalidate(BOOT_STATE | LIST_VALIDATE), "or validate it");
	refused(svsm_pvalidate(area_gpa), "PVALIDATE: rescind the calling area");
	refused(svsm_pvalidate(area_gpa | LIST_VALIDATE), "or validate it");
	refused(svsm_pvalidate(0x600000 | LIST_2M), "PVALIDATE: 2 MiB around both");
}

static u64 create_with(u32 offset, u64 value, u32 bytes)
{
	svsm_ap_make_state(state);
	__builtin_memcpy(state + offset, &value, bytes);
	return create(state, area, svsm_other);
}

static u64 number(const u8 *p, u32 offset)
{
	u64 value;

	__builtin_memcpy(&value, p + offset, sizeof(value));
	return value;
}

#define STATE_ROWS	24

/* CORE-6: a register state that is refused is the guest's again. */
static void states(void)
{
	static const u64 bad = SVSM_ERR_INVALID_PARAMETER;
	u64 efer, features;
	u32 bit, wrong = 0;

	svsm_ap_make_state(state);
	efer = number(state, VMSA_EFER);
	features = number(state, VMSA_SEV_FEATURES);
	svsm_is(create_with(VMSA_CPL_VMPL, 0, 1), bad, "CORE-6: register state for VMPL0");
	guest_ok(writable(state), "which is still the guest's");
	svsm_is(create_with(VMSA_CPL_VMPL, 1, 1), bad, "CORE-6: for VMPL1");
	svsm_is(create_with(VMSA_CPL_VMPL, 3, 1), bad, "CORE-6: for VMPL3");
	svsm_is(create_with(VMSA_CPL_VMPL, 0xFF, 1), bad, "CORE-6: for VMPL255");
	svsm_is(create_with(VMSA_EFER, efer & ~EFER_SVME, 8), bad,
		"CORE-6: without EFER.SVME");
	for (bit = 0; bit < 64; bit++)
		wrong += create_with(VMSA_SEV_FEATURES, features ^ BIT(bit), 8) != bad;
	svsm_is(wrong, 0, "CORE-6: with any SEV feature more or less");
	svsm_is(create_with(VMSA_TSC_SCALE, 1, 8), bad, "CORE-6: with a TSC scale");
	svsm_is(create_with(VMSA_TSC_OFFSET, 1, 8), bad, "CORE-6: with a TSC offset");
	svsm_is(create_with(VMSA_TOM, 0x80000000, 8), bad,
		"CORE-6: with a virtual top of memory");
	guest_ok(writable(state), "all of them are still the guest's");

	svsm_ap_make_state(state);
	svsm_is(create(state + 8, area, svsm_other), bad, "CORE-4: register state unaligned");
	svsm_is(create(state, area + 8, svsm_other), bad, "CORE-4: calling area unaligned");
	svsm_is(create(state, area, 99), bad, "CORE-4: no such vCPU");
	svsm_is(create(state, area, SELF), bad, "CORE-4: this protocol knows no self");
	svsm_is(create(state, area, 1ULL << 32), bad,
		"CORE-4: an APIC ID of more than 32 bits");
	svsm_is(create((void *)SVSM_BASE, area, svsm_other), SVSM_ERR_INVALID_ADDRESS,
		"BAD-5: the SVSM's memory as register state");
	svsm_is(create(state, (void *)(SVSM_BASE + 0x10000), svsm_other),
		SVSM_ERR_INVALID_ADDRESS, "BAD-5: as calling area");
	svsm_is(create((void *)0xFEE00000, area, svsm_other), SVSM_ERR_INVALID_ADDRESS,
		"CORE-4: a device as register state");
	svsm_is(create((void *)((u64)state | rt_cbit), area, svsm_other),
		SVSM_ERR_INVALID_ADDRESS, "CORE-4: register state with the C-bit");
	guest_share(shared);
	svsm_is(create(shared, area, svsm_other), SVSM_ERR_INVALID_ADDRESS,
		"CORE-4: register state in shared memory");
	svsm_is(create(state, shared, svsm_other), SVSM_ERR_INVALID_ADDRESS,
		"CORE-4: calling area in shared memory");
	guest_ok(writable(state) && works(), "no harm done");
	svsm_is(svsm_call(SVSM_PROTO_CORE, CORE_DELETE_VCPU, (u64)state, 0, 0, 0),
		bad, "CORE-5: DELETE_VCPU of what is no register state");
}

#define REMAP_ROWS	13

static void remapping(void)
{
	u8 *first = svsm_area;

	svsm_is(remap((u64)first), SVSM_SUCCESS, "CORE-7: onto the present area");
	svsm_is(remap((u64)first + 8), SVSM_ERR_INVALID_PARAMETER,
		"REMAP_CA: unaligned");
	svsm_is(remap(SVSM_BASE), SVSM_ERR_INVALID_ADDRESS,
		"BAD-5: REMAP_CA onto the SVSM's memory");
	svsm_is(remap((u64)shared), SVSM_ERR_INVALID_ADDRESS,
		"REMAP_CA: into shared memory");
	svsm_is(remap(0xFEE00000), SVSM_ERR_INVALID_ADDRESS, "REMAP_CA: onto a device");

	/* All ones: flags of its use before must not look like a call. */
	__builtin_memset(second_area, 0xFF, PAGE_SIZE);
	svsm_is(remap((u64)second_area), SVSM_SUCCESS, "REMAP_CA: to another page");
	svsm_is(number(second_area, 0), 0, "CORE-7: its first 8 bytes are zero");
	svsm_area = second_area;
	svsm_is(svsm_irq(SVSM_IRQ_QUERY, NULL), SVSM_SUCCESS, "which is in force");
	svsm_area = first;
	svsm_is(svsm_irq(SVSM_IRQ_QUERY, NULL), SVSM_NOT_EXECUTED,
		"the first one is not");
	svsm_area = second_area;
	svsm_is(svsm_page_unregister(SELF), SVSM_SUCCESS, "PAGE_UNREGISTER");
	svsm_is(remap((u64)page), SVSM_SUCCESS,
		"what was an event page may be a calling area now");
	svsm_area = (u8 *)page;
	svsm_is(svsm_page_register(first, SELF, 0), SVSM_SUCCESS,
		"and what was a calling area an event page");
	svsm_is(svsm_pvalidate((u64)second_area), SVSM_SUCCESS,
		"and what was one in between may be rescinded");
}

/** guest_main() - see the top of this file */
void guest_main(void)
{
	guest_init();
	guest_plan(PAGE_ROWS + OTHER_ROWS + STATE_ROWS + REMAP_ROWS);
	event_page();
	others();
	states();
	remapping();
}
