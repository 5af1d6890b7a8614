/* SPDX-License-Identifier: MIT */
/*
 * The run loop of a vCPU on its physical CPU: take physical interrupts, have
 * the platform choose what runs, inject, enter, act on the exit.
 */
#include "../cpu.h"
#include "../hostile.h"
#include "platform.h"

#define MSR_EFER		0xc0000080
#define MSR_CSTAR		0xc0000083
#define MSR_VM_HSAVE_PA		0xc0010117

#define MIN_TICK_US		20

struct vcpu *vcpus[MAX_CPUS];

/* MSRs that the guest reads and writes without an exit; all are in the VMCB. */
static const u32 free_msrs[] = {
	0x174, 0x175, 0x176,			/* SYSENTER_* */
	0xc0000081, 0xc0000082,			/* STAR, LSTAR */
	0xc0000084,				/* SFMASK */
	0xc0000100, 0xc0000101, 0xc0000102,	/* FS, GS, KERNEL_GS base */
};

static u8 *msrpm;
static u8 *iopm;

static void free_msr(u32 msr)
{
	u32 bit = msr < 0x2000 ? msr * 2 : 0x800 * 8 + (msr - 0xc0000000) * 2;

	msrpm[bit / 8] &= (u8)~(3 << bit % 8);
}

/**
 * guest_init() - all that a guest needs, before it is loaded and CPUs run it
 */
void guest_init(void)
{
	platform->init();
	npt_init();
	hostile_init();
	msrpm = page_alloc(2);
	iopm = page_alloc(3);
	memset(msrpm, 0xff, 2 * PAGE_SIZE);
	memset(iopm, 0xff, 3 * PAGE_SIZE);
	for (u32 i = 0; i < ARRAY_SIZE(free_msrs); i++)
		free_msr(free_msrs[i]);
	if (platform->free_cstar)
		free_msr(MSR_CSTAR);
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
	b->cr_write = BIT(8) | platform->cr_write;
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

/**
 * vcpu_arm() - set the physical timer
 * @v: own vCPU
 * @deadline: the earliest that matters now, TSC; ~0: none
 *
 * A guest can ask for a tick of its APIC timer on every clock: it does not get
 * one before it could do anything with the last.
 */
void vcpu_arm(struct vcpu *v, u64 deadline)
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
	guest_end("VMRUN refused the state of vcpu%u %s%u", v->index,
		  platform->level_name, v->current);
}

static void count_exit(struct vcpu *v, u64 code)
{
	switch (code) {
	case VMEXIT_NPF:
		v->count[COUNT_NPF]++;
		break;
	case VMEXIT_MSR:
		v->count[COUNT_MSR]++;
		break;
	case VMEXIT_CPUID:
		v->count[COUNT_CPUID]++;
		break;
	case VMEXIT_IOIO:
		v->count[COUNT_IOIO]++;
		break;
	case VMEXIT_HLT:
		v->count[COUNT_HLT]++;
		break;
	}
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
	case VMEXIT_CR8_WRITE:
		emulate_cr8_write(v);
		break;
	case VMEXIT_SHUTDOWN:
		guest_end("triple fault: vcpu%u %s%u rip 0x%lx", v->index,
			  platform->level_name, v->current, b->save.rip);
	case VMEXIT_INVALID:
		exit_invalid(v);
		break;
	default:
		count_exit(v, code);
		platform->exit(v, code);
	}
}

static void enter(struct vcpu *v, const struct vapic_out *out)
{
	struct vmcb *b = v->vmcb;
	struct level *l = vcpu_level(v);
	bool window;

	l->halted = false;
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
		if (platform->ready(v, &out)) {
			enter(v, &out);
		} else {
			platform->idle(v);
			irq_wait();
		}
	}
}
