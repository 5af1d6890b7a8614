/* SPDX-License-Identifier: MIT */
/*
 * The TD and its vCPUs: launch, and when a vCPU runs.
 */
#include "../cpu.h"
#include "../hostile.h"
#include "insn.h"
#include "tdx.h"
#include "../../tools/igvm/igvm.h"

#define GPAW_NARROW	48
#define GPAW_WIDE	52
#define XFAM_X87_SSE	3
#define POSTED_MIN	31	/* the module posts no vector below */

#define RESET_VECTOR	0xfffffff0
#define RESET_CR0	0x21		/* PE NE */
#define RESET_CR4	0x40		/* MCE; VMXE is not the TD's to see */
#define RESET_EFER	0x801		/* NXE SCE; LME: see cr.c */
#define RESET_DR6	0xffff0ff0
#define RESET_DR7	0x400
#define RESET_PAT	0x0007040600070406
#define RFLAGS_FIXED	2

/* Attributes in VMCB format */
#define ATTR_CODE32	0xc9b
#define ATTR_DATA32	0xc93
#define ATTR_LDT	0x082
#define ATTR_TSS	0x08b

#define NMI_LOOK_US	50
#define PARK_US		2000

struct td td;
struct td_vcpu td_vcpus[MAX_CPUS];

/* Own vCPU: RIP of the IRET that ends an NMI handler, once it was met. */
static u64 iret_rip[MAX_CPUS];
/* Own vCPU: it is parked till then, TSC. */
static u64 parked_until[MAX_CPUS];

static void init(void)
{
	u64 gpaw = option_number("gpaw", GPAW_WIDE);

	if (gpaw != GPAW_NARROW && gpaw != GPAW_WIDE)
		machine_error("option gpaw is %u or %u", GPAW_NARROW, GPAW_WIDE);
	td = (struct td){
		.gpaw = (u32)gpaw,
		.shared_bit = BIT_ULL(gpaw - 1),
		.xfam = XFAM_X87_SSE,
		.config_flags = CONFIG_FLEXIBLE_PENDING_VE |
			(gpaw == GPAW_WIDE ? CONFIG_GPAW : 0),
		.hob = option_number("hob", 0),
	};
	if (!option_set("sept-ve")) {
		td.attributes = ATTRIBUTES_SEPT_VE_DISABLE;
		td.td_ctls = TD_CTLS_PENDING_VE_DISABLE;
	}
	sept_init();
}

static u64 address_bit(void)
{
	return td.shared_bit;
}

static void launch_page(u64 gpa, enum launch_page type)
{
	if (type == LAUNCH_SHARED)
		sept_share(gpa);
	else
		sept_add(gpa);
}

/* Option premap: a host that adds a page which the boot image does not have. */
static void add_unasked(void)
{
	u64 gpa = option_number("premap", ~0ULL);

	if (sept_state(gpa) == SEPT_FREE)
		sept_add(gpa);
}

/* TDH.VP.INIT: td_vmcs_init.c and tdh_vp_init.c of the module */
static void reset(struct vcpu *v)
{
	static const struct segment data = {
		.attrib = ATTR_DATA32, .limit = 0xffffffff,
	};
	struct save_area *s = vcpu_save(v);
	u32 r[4];

	*s = (struct save_area){
		.es = data, .ss = data, .ds = data, .fs = data, .gs = data,
		.cs = { .attrib = ATTR_CODE32, .limit = 0xffffffff },
		.gdtr = { .limit = 0xffff },
		.ldtr = { .attrib = ATTR_LDT, .limit = 0xffff },
		.tr = { .attrib = ATTR_TSS, .limit = 0xffff },
		.efer = RESET_EFER | EFER_SVME,
		.cr0 = RESET_CR0,
		.cr4 = RESET_CR4,
		.dr6 = RESET_DR6,
		.dr7 = RESET_DR7,
		.rflags = RFLAGS_FIXED,
		.rip = RESET_VECTOR,
		.g_pat = RESET_PAT,
	};
	tdx_cpuid(1, 0, v->index, r);
	memset(v->regs, 0, sizeof(v->regs));
	v->regs[GPR_RBX] = td.gpaw;
	v->regs[GPR_RCX] = td.hob;
	v->regs[GPR_RDX] = r[0];
	v->regs[GPR_RSI] = v->index;
	v->regs[GPR_R8] = td.hob;
}

/* A TD's APIC is never in another mode than x2APIC. */
static void reset_apic(struct vcpu *v)
{
	struct vapic *va = &v->level[0].apic;
	struct vapic_effect eff = { 0 };

	va->clock.bus_khz = TDX_CRYSTAL_KHZ;
	if (vapic_write(va, VAPIC_MSR_BASE, va->base | VAPIC_BASE_EXTD,
			rdtsc(), &eff))
		machine_error("vcpu%u: no x2APIC mode", v->index);
}

static void launch_done(bool vtl2)
{
	(void)vtl2;	/* all that comes from outside goes to L1 */
	add_unasked();
	apic_set_os_level(0);
	for (u32 i = 0; i < machine.cpu_count; i++) {
		struct vcpu *v = vcpus[i];

		reset(v);
		reset_apic(v);
		v->current = 0;
		v->loaded = true;
		v->level[0].live = true;
	}
}

static u32 rights(u32 level, u64 gpa)
{
	if (level || sept_state(gpa) != SEPT_MAPPED)
		return 0;
	return RIGHT_READ | RIGHT_WRITE | RIGHT_EXEC;
}

static bool is_shared(u64 gpa)
{
	return sept_state(gpa) == SEPT_SHARED;
}

/*
 * NMIs stay blocked until IRET has run. It exits, but there is no exit behind
 * it: a later one is, at the latest of the timer.
 * Returns: when to look again, TSC; ~0: never.
 */
static u64 nmi_window(struct vcpu *v, const struct vapic_out *out)
{
	struct level *l = &v->level[0];
	u64 *rip = &iret_rip[v->index];

	if (l->nmi_blocked && *rip && *rip != v->vmcb->save.rip) {
		l->nmi_blocked = false;
		*rip = 0;
	}
	if ((l->nmi_blocked || out->nmi) && !*rip)
		v->vmcb->intercept3 |= ICPT_IRET;
	return *rip && out->nmi ?
		rdtsc() + machine.tsc_khz / 1000 * NMI_LOOK_US : ~0ULL;
}

/**
 * tdx_iret() - IRET, as long as NMIs are blocked
 * @v: vCPU
 */
void tdx_iret(struct vcpu *v)
{
	v->vmcb->intercept3 &= ~ICPT_IRET;
	if (v->level[0].nmi_blocked)
		iret_rip[v->index] = v->vmcb->save.rip;
}

/*
 * All vCPUs of a TD start at once, and all but the first spin in the firmware
 * for long. A host that sees PAUSE of one that has not enabled its APIC yet has
 * better use for the CPU.
 */
static void watch_pause(struct vcpu *v)
{
	if (!v->index || (v->level[0].apic.svr & VAPIC_SVR_ENABLE))
		v->vmcb->intercept3 &= ~ICPT_PAUSE;
	else
		v->vmcb->intercept3 |= ICPT_PAUSE;
}

/**
 * tdx_pause() - PAUSE of a vCPU that waits for its start
 * @v: vCPU
 */
void tdx_pause(struct vcpu *v)
{
	vcpu_advance(v, insn_length(v, 1));
	parked_until[v->index] = rdtsc() + machine.tsc_khz / 1000 * PARK_US;
}

/* Does it go on, or is it halted and nothing happened? */
static bool has_reason(const struct vcpu *v, const struct vapic_out *out)
{
	const struct level *l = &v->level[0];

	if (out->nmi && !l->nmi_blocked)
		return true;
	if (!l->halted)
		return !parked_until[v->index];
	/* RFLAGS.IF does not count: the TD said in its call whether it does */
	return out->vector != VAPIC_NONE && !td_vcpu(v)->halt_blocked;
}

static bool ready(struct vcpu *v, struct vapic_out *out)
{
	u64 *parked = &parked_until[v->index];
	u64 deadline = hostile_look(v), window;

	watch_pause(v);
	apic_scan(v, 0, out);
	/* the module keeps NMIs back until #VE information is read */
	if (td_vcpu(v)->ve.valid)
		out->nmi = false;
	window = nmi_window(v, out);
	if (out->next_deadline < deadline)
		deadline = out->next_deadline;
	if (window < deadline)
		deadline = window;
	if (*parked && *parked <= rdtsc())
		*parked = 0;
	if (*parked && *parked < deadline)
		deadline = *parked;
	vcpu_arm(v, deadline);
	return has_reason(v, out);
}

static void idle(struct vcpu *v)
{
	(void)v;	/* its state stays in the VMCB */
}

static void post(struct vcpu *v, u8 vector)
{
	apic_post(v, 0, vector, false);
}

const struct platform tdx_platform = {
	.name = "TDX",
	.level_name = "vm",
	.igvm_type = IGVM_PLATFORM_TDX,
	.shared_by_bit = true,
	.cr_write = BIT(0) | BIT(4),
	.lowest_vector = POSTED_MIN,
	.init = init,
	.address_bit = address_bit,
	.launch_page = launch_page,
	.launch_done = launch_done,
	.rights = rights,
	.is_shared = is_shared,
	.ready = ready,
	.idle = idle,
	.exit = tdx_exit,
	.post = post,
	.take_page = sept_take,
};
