// SPDX-License-Identifier: MIT
/*
 * Hand-over from the SVSM, calls to it, and small helpers of their tests. The
 * calls are those of AMD 58019; the hand-over is that of a Linux kernel with a
 * CC blob (Linux Documentation/arch/x86/amd-memory-encryption.rst).
 */
#include <svsm/payload.h>

#include "svsm.h"

#define BP_CMDLINE_PTR		0x228
#define BP_SETUP_DATA		0x250
#define SETUP_CC_BLOB		7
#define SETUP_DATA_MAX		16
#define CC_BLOB_MAGIC		0x45444D41
#define SECRETS_CAA		0x150

#define MSR_CPUID_EBX		(1ULL << 30 | 0x004)	/* of the leaf at 63:32 */
#define CPUID_FEATURES		1ULL
#define MSR_RUN_VMPL0		0x016
#define MSR_RUN_VMPL_ANSWER	0x017

#define TERM_NO_SVSM		7

struct setup_data {
	u64 next;
	u32 type;
	u32 len;
	u32 cc_blob;
};

struct cc_blob {
	u32 magic;
	u32 version;
	u64 secrets;
	u32 secrets_len;
	u32 reserved;
	u64 cpuid;
};

extern u8 igvm_cpuid_page[PAGE_SIZE];

u8 *svsm_area;
u64 svsm_secrets, svsm_cpuid;
u32 svsm_self, svsm_other;
struct svsm_regs svsm_regs;
bool svsm_by_page;

static u64 field(const u8 *page, u32 offset)
{
	u64 value;

	__builtin_memcpy(&value, page + offset, sizeof(value));
	return value;
}

static const struct cc_blob *find_blob(u64 gpa)
{
	const struct setup_data *data;
	u32 i;

	for (i = 0; gpa && i < SETUP_DATA_MAX; i++, gpa = data->next) {
		data = (const struct setup_data *)gpa;
		if (data->type == SETUP_CC_BLOB)
			return (const struct cc_blob *)(u64)data->cc_blob;
	}
	return NULL;
}

/**
 * svsm_handover() - learn what the SVSM left for its guest
 * @boot_params: the zero page
 *
 * Runs on the entry page tables, before there is anything else. The CPUID page
 * and the command line go where the runtime and lib.c look for them.
 */
void svsm_handover(const u8 *boot_params)
{
	const char *cmdline = (const char *)(field(boot_params, BP_CMDLINE_PTR) &
					     0xFFFFFFFF);
	const struct cc_blob *blob = find_blob(field(boot_params, BP_SETUP_DATA));
	u32 i;

	if (!blob || blob->magic != CC_BLOB_MAGIC)
		rt_terminate(TERM_NO_SVSM);
	svsm_secrets = blob->secrets;
	svsm_cpuid = blob->cpuid;
	svsm_area = (u8 *)field((const u8 *)svsm_secrets, SECRETS_CAA);
	/* CPUID 1 EBX[31:24] in the answer's upper half; IDs go up by one. */
	svsm_self = rt_ghcb_msr(CPUID_FEATURES << 32 | MSR_CPUID_EBX) >> 56;
	svsm_other = svsm_self + 1;
	__builtin_memcpy(igvm_cpuid_page, (const void *)svsm_cpuid, PAGE_SIZE);
	for (i = 0; cmdline[i] && i < IGVM_PAYLOAD_CMDLINE_SIZE - 1; i++)
		igvm_payload_page.cmdline[i] = cmdline[i];
}

/*
 * Nothing but the call between these lines: the registers are the SVSM's. At
 * any other time the host could run it, so the flag is set last.
 */
static void vmgexit(u8 *area, struct svsm_regs *regs, bool pending)
{
	register u64 r8 asm("r8") = regs->r8;
	register u64 r9 asm("r9") = regs->r9;

	asm volatile("movb %b[pending], (%[area])\n\t"
		     "rep; vmmcall"
		     : "+a"(regs->rax), "+c"(regs->rcx), "+d"(regs->rdx),
		       "+r"(r8), "+r"(r9)
		     : [area] "r"(area), [pending] "q"((u8)pending)
		     : "memory");
	regs->r8 = r8;
	regs->r9 = r9;
}

static bool exit_by_msr(u8 *area, struct svsm_regs *regs, bool pending)
{
	u64 before = rt_rdmsr(MSR_GHCB);
	u64 answer;

	rt_wrmsr(MSR_GHCB, MSR_RUN_VMPL0);
	vmgexit(area, regs, pending);
	answer = rt_rdmsr(MSR_GHCB);
	rt_wrmsr(MSR_GHCB, before);
	return answer == MSR_RUN_VMPL_ANSWER;
}

static bool exit_by_page(u8 *area, struct svsm_regs *regs, bool pending)
{
	rt_ghcb_clear();
	rt_ghcb_put(GHCB_EXIT_CODE, NAE_RUN_VMPL);
	rt_ghcb_put(GHCB_INFO1, 0);
	rt_ghcb_put(GHCB_INFO2, 0);
	vmgexit(area, regs, pending);
	return !(u32)rt_ghcb_get(GHCB_INFO1);
}

/**
 * svsm_exit() - ask the host to run the SVSM
 * @area: calling area of this vCPU
 * @regs: registers in and out
 * @pending: say that this is a call
 *
 * Return: the SVSM has executed the call.
 */
bool svsm_exit(u8 *area, struct svsm_regs *regs, bool pending)
{
	bool done = svsm_by_page ? exit_by_page(area, regs, pending) :
				   exit_by_msr(area, regs, pending);

	return !__atomic_exchange_n(area, 0, __ATOMIC_SEQ_CST) && done;
}

/**
 * svsm_call() - a call on the boot vCPU
 * @protocol: @call: which
 * @rcx: @rdx: @r8: @r9: registers
 *
 * Return: result code, SVSM_NOT_EXECUTED; the registers are in svsm_regs.
 */
u64 svsm_call(u32 protocol, u32 call, u64 rcx, u64 rdx, u64 r8, u64 r9)
{
	svsm_regs = (struct svsm_regs){ SVSM_CALL(protocol, call), rcx, rdx, r8,
					r9 };
	if (!svsm_exit(svsm_area, &svsm_regs, true))
		svsm_regs.rax = SVSM_NOT_EXECUTED;
	return svsm_regs.rax;
}

/** svsm_block_at() - a call whose block is at @gpa already. */
u64 svsm_block_at(u32 protocol, u32 call, u64 gpa)
{
	return svsm_call(protocol, call, gpa, 0, 0, 0);
}

/* In the calling area, as Linux has it; NULL: nothing named. */
static u64 call_block(u32 protocol, u32 call, const union svsm_block *block)
{
	union svsm_block *copy = (union svsm_block *)(svsm_area + 8);

	if (block)
		*copy = *block;
	else
		*copy = (union svsm_block){ .raw = { 0 } };
	return svsm_block_at(protocol, call, (u64)copy);
}

/** svsm_irq() - a call of the IRQ protocol with @block, NULL: all zero. */
u64 svsm_irq(u32 call, const union svsm_block *block)
{
	return call_block(SVSM_PROTO_IRQ, call, block);
}

/** svsm_timer() - a call of the TIMER protocol with @block, NULL: all zero. */
u64 svsm_timer(u32 call, const union svsm_block *block)
{
	return call_block(SVSM_PROTO_TIMER, call, block);
}

/* What follows returns the result code of the call that its name says. */

u64 svsm_page_register(const void *page, u32 apic_id, u8 vector)
{
	union svsm_block block = { .page_register = {
		.gpa = (u64)page, .apic_id = apic_id, .vector = vector } };

	return svsm_irq(SVSM_IRQ_PAGE_REGISTER, &block);
}

u64 svsm_page_unregister(u32 apic_id)
{
	union svsm_block block = { .vcpu = { apic_id } };

	return svsm_irq(SVSM_IRQ_PAGE_UNREGISTER, &block);
}

u64 svsm_open(u32 source, u8 trigger, u32 apic_id)
{
	union svsm_block block = { .open = {
		.source = source, .kind = SVSM_SOURCE_SOFTWARE,
		.trigger = trigger, .apic_id = apic_id } };

	return svsm_irq(SVSM_IRQ_SOURCE_OPEN, &block);
}

u64 svsm_open_host(u32 source, u8 trigger, u8 vector, u32 host_apic_id)
{
	union svsm_block block = { .open = {
		.source = source, .kind = SVSM_SOURCE_HOST_VECTOR,
		.trigger = trigger, .host_vector = vector,
		.apic_id = SVSM_APIC_ID_SELF, .host_apic_id = host_apic_id } };

	return svsm_irq(SVSM_IRQ_SOURCE_OPEN, &block);
}

u64 svsm_source(u32 call, u32 source)
{
	union svsm_block block = { .source = { source } };

	return svsm_irq(call, &block);
}

u64 svsm_bind(u32 source, u32 apic_id)
{
	union svsm_block block = { .bind = { source, apic_id } };

	return svsm_irq(SVSM_IRQ_SOURCE_BIND, &block);
}

/** svsm_state() - SVSM_SOURCE_STATE_* of @source; the payload ends on error. */
u64 svsm_state(u32 source)
{
	if (svsm_source(SVSM_IRQ_SOURCE_QUERY, source))
		guest_fail("SOURCE_QUERY");
	return svsm_regs.rcx;
}

/** svsm_counter() - a counter of a page; the payload ends on error. */
u64 svsm_counter(u32 apic_id, enum svsm_page_counter counter)
{
	union svsm_block block = { .page_query = { apic_id, counter } };

	if (svsm_irq(SVSM_IRQ_PAGE_QUERY, &block))
		guest_fail("PAGE_QUERY");
	return svsm_regs.rcx;
}

u64 svsm_attach(u32 apic_id, u32 source)
{
	union svsm_block block = { .attach = { apic_id, source } };

	return svsm_timer(SVSM_TIMER_ATTACH, &block);
}

u64 svsm_arm(void)
{
	return svsm_timer(SVSM_TIMER_ARM, NULL);
}

u64 svsm_detach(u32 apic_id)
{
	union svsm_block block = { .vcpu = { apic_id } };

	return svsm_timer(SVSM_TIMER_DETACH, &block);
}

u64 svsm_reset(void)
{
	return svsm_irq(SVSM_IRQ_RESET, NULL);
}

/** svsm_pvalidate() - Core PVALIDATE of a list with one @entry. */
u64 svsm_pvalidate(u64 entry)
{
	struct svsm_list *list = (struct svsm_list *)(svsm_area + 8);

	list->entries = 1;
	list->next = 0;
	list->reserved = 0;
	list->entry[0] = entry;
	return svsm_block_at(SVSM_PROTO_CORE, CORE_PVALIDATE, (u64)list);
}

/*
 * The runtime's own is the instruction, which only VMPL0 may execute; its
 * results and the SVSM's are the same but for an offset.
 */
int rt_pvalidate(u64 va, bool large, bool validate, bool *unchanged)
{
	u64 ret = svsm_pvalidate(va | (large ? LIST_2M : 0) |
				 (validate ? LIST_VALIDATE : 0));

	*unchanged = ret == PVALIDATE_UNCHANGED;
	return *unchanged ? SNP_OK : ret ? SNP_FAIL_INPUT : SNP_OK;
}

/**
 * svsm_is() - result: a value is what it has to be
 * @got: value
 * @want: what it has to be
 * @name: of the test
 *
 * Return: passed.
 */
bool svsm_is(u64 got, u64 want, const char *name)
{
	if (got != want)
		rt_print("# got 0x%lx, expected 0x%lx\n", got, want);
	guest_ok(got == want, name);
	return got == want;
}

/**
 * svsm_same() - result: a page is as it has to be
 * @got: page
 * @want: what it has to be
 * @name: of the test
 *
 * Return: passed.
 */
bool svsm_same(const void *got, const void *want, const char *name)
{
	const u8 *a = got, *b = want;
	u32 i, differ = 0;

	for (i = 0; i < PAGE_SIZE; i++) {
		if (a[i] == b[i])
			continue;
		if (!differ++)
			rt_print("# at 0x%x: got 0x%x, expected 0x%x\n", i, a[i],
				 b[i]);
	}
	guest_ok(!differ, name);
	return !differ;
}
