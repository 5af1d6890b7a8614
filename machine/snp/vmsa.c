/* SPDX-License-Identifier: MIT */
/*
 * Register state between VMSA pages and the VMCB. As on hardware, every exit
 * to the host leaves the whole state in the VMSA, and every VMRUN takes it
 * from there: whoever may write the page between the two changes the guest.
 */
#include "../cpu.h"
#include "snp.h"
#include "vmsa.h"

#define FTW_EMPTY	3

/* The layout of FXSAVE in 64-bit mode (AMD APM volume 2, 11.4.4). */
struct fxsave {
	u16 fcw;
	u16 fsw;
	u8 ftw;
	u8 reserved;
	u16 fop;
	u64 rip;
	u64 dp;
	u32 mxcsr;
	u32 mxcsr_mask;
	u8 st[8][16];
	u8 xmm[256];
	u8 unused[96];
} __attribute__((aligned(16)));

_Static_assert(sizeof(struct fxsave) == 512, "fxsave");

static struct vmsa *page_of(const struct level *l)
{
	return (struct vmsa *)l->vmsa;
}

/* Is there a register state, which the host may use? */
static bool is_vmsa(const struct level *l)
{
	const u8 need = RMP_ASSIGNED | RMP_VALIDATED | RMP_VMSA;
	const struct rmp_entry *e;

	if (!l->vmsa || l->launch)
		return l->vmsa;
	e = rmp_entry(l->vmsa);
	return e && (e->flags & need) == need;
}

/**
 * vmsa_interrupts_on() - RFLAGS.IF of a level that is not in the VMCB
 * @l: level with a VMSA
 */
bool vmsa_interrupts_on(const struct level *l)
{
	return page_of(l)->save.rflags & RFLAGS_IF;
}

/**
 * vmsa_check() - would VMRUN accept the state of a level? (APM 15.36.16)
 * @v: vCPU
 * @level: VMPL
 */
enum vmsa_fault vmsa_check(const struct vcpu *v, u32 level)
{
	const struct level *l = &v->level[level];
	const struct vmsa *vmsa = page_of(l);

	if (!is_vmsa(l))
		return VMSA_NO_PAGE;
	if (!(vmsa->save.efer & EFER_SVME))
		return VMSA_NOT_RUNNABLE;
	if (vmsa->vintr_ctrl & VINTR_BUSY)
		return VMSA_BUSY;
	if (vmsa->save.vmpl != level)
		return VMSA_WRONG_VMPL;
	if (!(vmsa->sev_features & SEV_FEATURE_SNP) ||
	    (vmsa->sev_features & ~SEV_FEATURES_SUPPORTED))
		return VMSA_BAD_FEATURES;
	return VMSA_OK;
}

static void load(struct vcpu *v)
{
	const struct vmsa *m = page_of(vcpu_level(v));
	struct vmcb *b = v->vmcb;
	bool debug_swap = m->sev_features & SEV_FEATURE_DEBUG_SWAP;

	b->save = m->save;
	/* QEMU derives the CPL from SS, as VMRUN of a VMSA does from CPL. */
	b->save.ss.attrib = (u16)((b->save.ss.attrib & ~0x60) |
				  (b->save.cpl & 3) << 5);
	v->regs[GPR_RCX] = m->rcx;
	v->regs[GPR_RDX] = m->rdx;
	v->regs[GPR_RBX] = m->rbx;
	v->regs[GPR_RBP] = m->rbp;
	v->regs[GPR_RSI] = m->rsi;
	v->regs[GPR_RDI] = m->rdi;
	memcpy(&v->regs[GPR_R8], m->r8_15, sizeof(m->r8_15));
	b->interrupt_shadow = m->vintr_ctrl & VINTR_INT_SHADOW ? 1 : 0;
	b->dr_read = debug_swap ? 0 : BIT(7);
	b->dr_write = debug_swap ? 0 : BIT(7);
}

static void store(const struct vcpu *v, u64 exit_code)
{
	struct vmsa *m = page_of(&v->level[v->current]);
	u8 vmpl = m->save.vmpl;

	m->save = v->vmcb->save;
	m->save.vmpl = vmpl;
	m->rcx = v->regs[GPR_RCX];
	m->rdx = v->regs[GPR_RDX];
	m->rbx = v->regs[GPR_RBX];
	m->rbp = v->regs[GPR_RBP];
	m->rsi = v->regs[GPR_RSI];
	m->rdi = v->regs[GPR_RDI];
	memcpy(m->r8_15, &v->regs[GPR_R8], sizeof(m->r8_15));
	m->exit_code = exit_code;
	m->exit_info1 = 0;
	m->exit_info2 = 0;
	m->exit_int_info = 0;
	/* else an interrupt could come between STI and HLT */
	m->vintr_ctrl &= ~VINTR_INT_SHADOW;
	if (v->vmcb->interrupt_shadow)
		m->vintr_ctrl |= VINTR_INT_SHADOW;
}

static u64 read_dr(u32 n)
{
	u64 val = 0;

	switch (n) {
	case 0: asm volatile("mov %%dr0, %0" : "=r"(val)); break;
	case 1: asm volatile("mov %%dr1, %0" : "=r"(val)); break;
	case 2: asm volatile("mov %%dr2, %0" : "=r"(val)); break;
	case 3: asm volatile("mov %%dr3, %0" : "=r"(val)); break;
	}
	return val;
}

static void write_dr(u32 n, u64 val)
{
	switch (n) {
	case 0: asm volatile("mov %0, %%dr0" : : "r"(val)); break;
	case 1: asm volatile("mov %0, %%dr1" : : "r"(val)); break;
	case 2: asm volatile("mov %0, %%dr2" : : "r"(val)); break;
	case 3: asm volatile("mov %0, %%dr3" : : "r"(val)); break;
	}
}

/*
 * x87, SSE and debug registers; they change only when the CPU turns to another
 * VMSA.
 *
 * There is no AVX state: the launcher gives the machine a CPU without XSAVE,
 * because QEMU has neither XSAVEC nor XSAVES, which SNP guests insist on.
 */
static void load_fpu(const struct vmsa *m)
{
	struct fxsave fx = {
		.fcw = m->x87_fcw, .fsw = m->x87_fsw, .fop = m->x87_fop,
		.rip = m->x87_rip, .dp = m->x87_dp, .mxcsr = m->mxcsr & 0xffbf,
	};

	for (u32 i = 0; i < 8; i++) {
		memcpy(fx.st[i], m->x87 + 10 * i, 10);
		if (((m->x87_ftw >> 2 * i) & FTW_EMPTY) != FTW_EMPTY)
			fx.ftw |= (u8)(1 << i);
	}
	memcpy(fx.xmm, m->xmm, sizeof(fx.xmm));
	asm volatile("fxrstorq %0" : : "m"(fx));
	for (u32 i = 0; i < 4; i++)
		write_dr(i, m->save.dr[i]);
	wrmsr(MSR_TSC_AUX, m->tsc_aux);
}

static void store_fpu(struct vmsa *m)
{
	struct fxsave fx;

	asm volatile("fxsaveq %0" : "=m"(fx));
	m->x87_fcw = fx.fcw;
	m->x87_fsw = fx.fsw;
	m->x87_fop = fx.fop;
	m->x87_rip = fx.rip;
	m->x87_dp = fx.dp;
	m->mxcsr = fx.mxcsr;
	m->x87_ftw = 0;
	for (u32 i = 0; i < 8; i++) {
		memcpy(m->x87 + 10 * i, fx.st[i], 10);
		if (!(fx.ftw & (1 << i)))
			m->x87_ftw |= (u16)(FTW_EMPTY << 2 * i);
	}
	memcpy(m->xmm, fx.xmm, sizeof(fx.xmm));
	for (u32 i = 0; i < 4; i++)
		m->save.dr[i] = read_dr(i);
	m->tsc_aux = (u32)rdmsr(MSR_TSC_AUX);
}

/**
 * vmsa_load() - the current level's state into VMCB and registers
 * @v: own vCPU
 *
 * From here to vmsa_release() the page is in use: RMPADJUST cannot make it
 * something else.
 * Return: why VMRUN refuses it, or VMSA_OK.
 */
enum vmsa_fault vmsa_load(struct vcpu *v)
{
	struct level *l = vcpu_level(v);
	enum vmsa_fault fault;

	mem_lock();
	fault = vmsa_check(v, v->current);
	if (fault == VMSA_OK) {
		load(v);
		v->loaded = true;
		l->features = page_of(l)->sev_features;
		if (v->vmsa_in_use != l->vmsa)
			load_fpu(page_of(l));
		v->vmsa_in_use = l->vmsa;
	}
	mem_unlock();
	return fault;
}

/**
 * vmsa_store() - what an exit to the host leaves in the VMSA
 * @v: own vCPU, its state in the VMCB
 * @exit_code: GUEST_EXIT_CODE
 */
void vmsa_store(struct vcpu *v, u64 exit_code)
{
	mem_lock();
	/* PVALIDATE can have made it invalid meanwhile: nothing to write to. */
	if (is_vmsa(vcpu_level(v)))
		store(v, exit_code);
	v->loaded = false;
	mem_unlock();
}

/**
 * vmsa_release() - the current level does not run for now
 * @v: own vCPU
 *
 * Leaves all of its state in the VMSA, which is not in use any more.
 */
void vmsa_release(struct vcpu *v)
{
	if (v->loaded)
		vmsa_store(v, VMEXIT_INTR);
	if (!v->vmsa_in_use)
		return;
	mem_lock();
	if (is_vmsa(vcpu_level(v)))
		store_fpu(page_of(vcpu_level(v)));
	v->vmsa_in_use = 0;
	mem_unlock();
}
