/* SPDX-License-Identifier: MIT */
/*
 * The run loop of a vCPU on its physical CPU: take physical interrupts, see
 * which level has a reason to run, inject, enter, act on the exit.
 */
#include "../cpu.h"
#include "../hostile.h"
#include "../snp/snp.h"
#include "vcpu.h"

#define MSR_EFER		0xc0000080
#define MSR_VM_HSAVE_PA		0xc0010117

#define MIN_TICK_US		20

struct vcpu *vcpus[MAX_CPUS];

/* MSRs that the guest reads and writes without an exit; all are in the VMCB. */
static const u32 free_msrs[] = {
	0x174, 0x175, 0x176,			/* SYSENTER_* */
	0xc0000081, 0xc0000082, 0xc0000083,	/* STAR, LSTAR, CSTAR */
	0xc0000084,				/* SFMASK */
	0xc0000100, 0xc0000101, 0xc0000102,	/* FS, GS, KERNEL_GS base */
};

static u8 *msrpm;
static u8 *iopm;

/**
 * guest_init() - all that a guest needs, before it is loaded and CPUs run it
 */
void guest_init(void)
{
	rmp_init();
	npt_init();
	hostile_init();
	msrpm = page_alloc(2);
	iopm = page_alloc(3);
	memset(msrpm, 0xff, 2 * PAGE_SIZE);
	memset(iopm, 0xff, 3 * PAGE_SIZE);
	for (u32 i = 0; i < ARRAY_SIZE(free_msrs); i++) {
		u32 msr = free_msrs[i];
		u32 bit = msr < 0x2000 ? msr * 2 :
			  0x800 * 8 + (msr - 0xc0000000) * 2;

		msrpm[bit / 8] &= (u8)~(3 << bit % 8);
	}
	for (u32 i = 0; i < machine.cpu_count; i++) {
		struct vcpu *v = page_alloc((sizeof(*v) + PAGE_SIZE - 1) /
					    PAGE_SIZE);

		v->index = i;
		v->apic_id = machine.apic_id[i];
		v->vmcb = page_alloc(1);
		v->vmcb_pa = (u64)v->vmcb;
		v->host_vmcb_pa = (u64)page_alloc(1);
		v->armed = ~0ULL;
		for (u32 l = 0; l < LEVELS; l++) {
			v->level[l].ghcb_gpa = ~0ULL;
			apic_reset(v, l);
		}
		vcpus[i] = v;
	}
}

static void init_cpu(struct vcpu *v)
{
	struct vmcb *b = v->vmcb;

	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SVME);
	wrmsr(MSR_VM_HSAVE_PA, (u64)page_alloc(1));
	b->cr_write = BIT(8);
	b->exceptions = BIT(VECTOR_UD);
	b->intercept3 = ICPT_INTR | ICPT_NMI | ICPT_INIT | ICPT_RDPMC |
			ICPT_CPUID | ICPT_INVD | ICPT_HLT | ICPT_INVLPGA |
			ICPT_IOIO | ICPT_MSR | ICPT_TASK | ICPT_SHUTDOWN;
	b->intercept4 = ICPT_VMRUN | ICPT_VMMCALL | ICPT_VMLOAD | ICPT_VMSAVE |
			ICPT_STGI | ICPT_CLGI | ICPT_SKINIT | ICPT_WBINVD |
			ICPT_MONITOR | ICPT_MWAIT | ICPT_MWAIT_ARMED |
			ICPT_XSETBV;
	b->iopm_base = (u64)iopm;
	b->msrpm_base = (u64)msrpm;
	b->asid = 1;
	b->np_enable = 1;
	b->int_ctl = INTCTL_V_MASKING;
}

/**
 * vcpu_kick() - make a vCPU look at what was posted for it
 * @v: another vCPU or the own one (then nothing is needed)
 */
void vcpu_kick(struct vcpu *v)
{
	struct vcpu *self = vcpu_self();

	if (v == self)
		return;
	self->count[COUNT_KICK]++;
	cpu_send(v->index, VECTOR_KICK);
}

u64 vcpu_reg(struct vcpu *v, enum gpr reg)
{
	if (reg == GPR_RAX)
		return v->vmcb->save.rax;
	if (reg == GPR_RSP)
		return v->vmcb->save.rsp;
	return v->regs[reg];
}

void vcpu_set_reg(struct vcpu *v, enum gpr reg, u64 value)
{
	if (reg == GPR_RAX)
		v->vmcb->save.rax = value;
	else if (reg == GPR_RSP)
		v->vmcb->save.rsp = value;
	else
		v->regs[reg] = value;
}

/**
 * vcpu_advance() - step over an instruction that was dealt with
 * @v: vCPU
 * @bytes: its length
 */
void vcpu_advance(struct vcpu *v, u64 bytes)
{
	struct save_area *s = vcpu_save(v);

	s->rip += bytes;
	if (!(vcpu_long_mode(v) && (s->cs.attrib & ATTR_L)))
		s->rip &= 0xffffffff;
	v->vmcb->interrupt_shadow = 0;
}

/*
 * Physical timer: the earliest deadline that matters now. A guest can ask for
 * a tick of its APIC timer on every clock: it does not get one before it could
 * do anything with the last.
 */
static void arm_timer(struct vcpu *v, u64 deadline)
{
	u64 soon = rdtsc() + machine.tsc_khz / 1000 * MIN_TICK_US;

	if (deadline < soon && deadline != v->armed)
		deadline = soon;
	/* The count is 0 once it fired, be it a little early. */
	if (deadline == v->armed &&
	    (deadline == VAPIC_NEVER || rdmsr(MSR_X2APIC_TIMER_NOW)))
		return;
	v->armed = deadline;
	irq_timer(deadline);
}

static bool interrupts_on(const struct vcpu *v)
{
	return (v->vmcb->save.rflags & RFLAGS_IF) && !v->vmcb->interrupt_shadow;
}

/* An event whose delivery an exit cut short is delivered first of all. */
static void save_cut_event(struct vcpu *v)
{
	u64 info = v->vmcb->exit_int_info;
	u64 type = info & EVENT_TYPE_MASK;
	u8 vector = (u8)info;

	if (!(info & EVENT_VALID))
		return;
	/* INT n, INT3, INTO: RIP still points at them, they run again */
	if (type == EVENT_TYPE_SOFT)
		return;
	if (type == EVENT_TYPE_EXCEPTION) {
		if (vector == 3 || vector == 4)
			return;
		/* QEMU reports an interrupt by a wrong type */
		if (vector >= 32)
			info &= ~EVENT_TYPE_MASK;
	}
	vcpu_level(v)->reinject = info;
}

/* Choose what to inject; the state is in the VMCB. */
static void prepare_event(struct vcpu *v, const struct vapic_out *out)
{
	struct level *l = vcpu_level(v);
	struct vmcb *b = v->vmcb;

	b->event_inj = 0;
	b->int_ctl = INTCTL_V_MASKING | vapic_cr8(&l->apic);
	b->intercept3 &= ~ICPT_VINTR;
	if (v->event) {
		b->event_inj = v->event;
		v->event = 0;
		return;
	}
	if (l->reinject) {
		b->event_inj = l->reinject;
		l->reinject = 0;
		return;
	}
	if (level_restricted(v, v->current)) {
		if (doorbell_signal(v, v->current)) {
			v->count[COUNT_HV]++;
			b->event_inj = VECTOR_HV | EVENT_TYPE_EXCEPTION |
				       EVENT_VALID;
		}
		return;
	}
	if (out->nmi && !l->nmi_blocked) {
		vapic_take_nmi(&l->apic);
		l->nmi_blocked = true;
		b->event_inj = 2 | EVENT_TYPE_NMI | EVENT_VALID;
		return;
	}
	if (out->vector == VAPIC_NONE)
		return;
	if (interrupts_on(v)) {
		if (vapic_accept(&l->apic, (u8)out->vector)) {
			v->count[COUNT_INJECTED]++;
			inject_interrupt(v, (u8)out->vector);
		}
		return;
	}
	/* Come back as soon as the guest can take it. */
	b->int_ctl |= INTCTL_V_IRQ | INTCTL_V_IGN_TPR | INTCTL_V_PRIO;
	b->intercept3 |= ICPT_VINTR;
}

/* May the current level go on, or does it wait for something? */
static bool has_reason(struct vcpu *v, const struct vapic_out *out)
{
	struct level *l = vcpu_level(v);

	if (!l->vmsa || l->reset_hold)
		return false;
	if (!l->halted)
		return true;
	if (level_restricted(v, v->current))
		return doorbell_waiting(v, v->current);
	if (out->nmi && !l->nmi_blocked)
		return true;
	return out->vector != VAPIC_NONE && (v->loaded ?
		(v->vmcb->save.rflags & RFLAGS_IF) : vmsa_interrupts_on(l));
}

/*
 * See to all levels' APICs; returns what the current one can take. An event
 * for VMPL0 takes the vCPU away from a higher level.
 */
static void look(struct vcpu *v, struct vapic_out *current)
{
	struct vapic_out out[LEVELS];
	u64 deadline = hostile_look(v);
	u32 unasked;

	for (u32 l = 0; l < LEVELS; l++) {
		if (!v->level[l].vmsa)
			continue;
		doorbell_taken(v, l);
		apic_scan(v, l, &out[l]);
		/* A level that is not called for misses none of its ticks. */
		if ((!l || l == v->current) && out[l].next_deadline < deadline)
			deadline = out[l].next_deadline;
		if (level_restricted(v, l))
			doorbell_sync(v, l, &out[l]);
	}
	arm_timer(v, deadline);
	if (v->current && v->level[0].vmsa && level_restricted(v, 0) &&
	    doorbell_waiting(v, 0))
		level_switch(v, 0);
	/* VMPL0 sleeps and somebody gave this vCPU a level to run. */
	if (!v->current && v->level[0].halted && !doorbell_waiting(v, 0)) {
		for (u32 l = 1; l < LEVELS; l++) {
			if (v->level[l].start_wanted &&
			    vmsa_check(v, l) == VMSA_OK) {
				level_switch(v, l);
				break;
			}
		}
	}
	unasked = hostile_level(v);
	if (unasked != v->current)
		level_switch(v, unasked);
	if (v->level[v->current].vmsa)
		*current = out[v->current];
	else
		*current = (struct vapic_out){ .vector = VAPIC_NONE };
}

static void emulate_cr8_write(struct vcpu *v)
{
	u8 insn[4];

	/* MOV CR8, r64: REX.R 0F 22 /0 with r in ModRM.rm and REX.B */
	if (guest_fetch(v, insn, 4) != 4 || (insn[0] & 0xf4) != 0x44 ||
	    insn[1] != 0x0f || insn[2] != 0x22) {
		inject_exception(v, VECTOR_UD, -1);
		return;
	}
	if (vapic_set_cr8(&vcpu_level(v)->apic,
			  vcpu_reg(v, (enum gpr)((insn[3] & 7) |
						 (insn[0] & 1) << 3))))
		inject_gp(v);
	else
		vcpu_advance(v, 4);
}

/* VMGEXIT has a prefix that VMMCALL has not; the exit code is the same. */
static bool is_vmgexit(struct vcpu *v)
{
	u8 insn[4];

	return guest_fetch(v, insn, 4) == 4 &&
	       (insn[0] == 0xf3 || insn[0] == 0xf2) && insn[1] == 0x0f &&
	       insn[2] == 0x01 && insn[3] == 0xd9;
}

/*
 * MOV to CR3 or CR4 with reserved bits ends in VMEXIT_INVALID on QEMU, with
 * the guest's state intact; hardware raises #GP.
 */
static void exit_invalid(struct vcpu *v)
{
	u8 insn[4] = { 0 };
	u32 n = guest_fetch(v, insn, 4);
	u32 i = n && (insn[0] & 0xf0) == 0x40 ? 1 : 0;

	if (n >= i + 3 && insn[i] == 0x0f && insn[i + 1] == 0x22) {
		inject_gp(v);
		return;
	}
	guest_end("VMRUN refused the state of vcpu%u vmpl%u", v->index,
		  v->current);
}

static void exit_msr(struct vcpu *v)
{
	bool write = v->vmcb->exit_info1 & 1;

	v->count[COUNT_MSR]++;
	if (!snp_msr(v, (u32)v->regs[GPR_RCX], write))
		inject_vc(v, VMEXIT_MSR);
}

static void handle_exit(struct vcpu *v)
{
	struct vmcb *b = v->vmcb;
	u64 code = b->exit_code;

	if ((u32)code == (u32)VMEXIT_INVALID)
		code = VMEXIT_INVALID;
	switch (code) {
	case VMEXIT_INTR:
	case VMEXIT_NMI:
	case VMEXIT_INIT:
		v->count[COUNT_INTR]++;
		break;
	case VMEXIT_VINTR:
		v->count[COUNT_VINTR]++;
		break;
	case VMEXIT_NPF:
		v->count[COUNT_NPF]++;
		snp_npf(v);
		break;
	case VMEXIT_MSR:
		exit_msr(v);
		break;
	case VMEXIT_CPUID:
		v->count[COUNT_CPUID]++;
		inject_vc(v, code);
		break;
	case VMEXIT_IOIO:
		v->count[COUNT_IOIO]++;
		inject_vc(v, code);
		break;
	case VMEXIT_INVD:
	case VMEXIT_WBINVD:
		/* QEMU looks at the intercept before the privilege level */
		if (b->save.cpl)
			inject_gp(v);
		else
			inject_vc(v, code);
		break;
	case VMEXIT_RDPMC:
	case VMEXIT_MONITOR:
	case VMEXIT_MWAIT:
	case VMEXIT_DR7_READ:
	case VMEXIT_DR7_WRITE:
		inject_vc(v, code);
		break;
	case VMEXIT_MWAIT_ARMED:
		inject_vc(v, VMEXIT_MWAIT);
		break;
	case VMEXIT_VMMCALL:
		if (is_vmgexit(v))
			snp_vmgexit(v);
		else
			inject_vc(v, code);
		break;
	case VMEXIT_HLT:
		v->count[COUNT_HLT]++;
		vcpu_advance(v, 1);
		vcpu_level(v)->halted = true;
		vmsa_store(v, code);
		break;
	case VMEXIT_CR8_WRITE:
		emulate_cr8_write(v);
		break;
	case VMEXIT_UD:
		snp_undefined(v);
		break;
	case VMEXIT_XSETBV:
	case VMEXIT_INVLPGA:
	case VMEXIT_VMRUN:
	case VMEXIT_VMLOAD ... VMEXIT_SKINIT:
		inject_exception(v, VECTOR_UD, -1);
		break;
	case VMEXIT_SHUTDOWN:
		guest_end("triple fault: vcpu%u vmpl%u rip 0x%lx", v->index,
			  v->current, b->save.rip);
	case VMEXIT_INVALID:
		exit_invalid(v);
		break;
	default:
		guest_end("exit 0x%lx is not handled: vcpu%u vmpl%u rip 0x%lx",
			  code, v->index, v->current, b->save.rip);
	}
}

static void enter(struct vcpu *v, const struct vapic_out *out)
{
	struct vmcb *b = v->vmcb;
	struct level *l = vcpu_level(v);
	bool window;

	l->halted = false;
	l->start_wanted = false;
	prepare_event(v, out);
	b->n_cr3 = npt_root(v->current, b->save.cr0 & CR0_PG);
	b->save.efer |= EFER_SVME;
	window = b->int_ctl & INTCTL_V_IRQ;
	b->tlb_control = npt_enter(v) ? 1 : 0;
	v->flush = false;
	vmrun(v);
	__atomic_store_n(&v->in_guest, 0, __ATOMIC_SEQ_CST);
	v->count[COUNT_ENTRY]++;
	if (window)
		irq_look();
	save_cut_event(v);
	handle_exit(v);
}

void vcpu_main(u32 index)
{
	struct vcpu *v = vcpus[index];
	struct vapic_out out;

	init_cpu(v);
	for (;;) {
		irq_window();
		level_requests(v);
		look(v, &out);
		/* what VMRUN refuses does not run; a start may mend it */
		if (!has_reason(v, &out) ||
		    (!v->loaded && vmsa_load(v) != VMSA_OK)) {
			vmsa_release(v);
			irq_wait();
			continue;
		}
		enter(v, &out);
	}
}
