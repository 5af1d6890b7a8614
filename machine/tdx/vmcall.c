/* SPDX-License-Identifier: MIT */
/*
 * TDG.VP.VMCALL: the guest calls the host (GHCI 1.5). The module hands over
 * the registers that the guest selects, zeroes for the others, and copies the
 * same ones back.
 */
#include "../cpu.h"
#include "../hostile.h"
#include "call.h"

/* RCX: registers that can be selected: not RAX, RCX, RSP */
#define SELECT_RESERVED		(~0xffffffffULL | BIT(GPR_RAX) | BIT(GPR_RCX) | \
				 BIT(GPR_RSP))

/* R11, beside the exit reasons of instructions */
#define CALL_GET_INFO		0x10000
#define CALL_MAP_GPA		0x10001
#define CALL_GET_QUOTE		0x10002
#define CALL_FATAL_ERROR	0x10003
#define CALL_SETUP_NOTIFY	0x10004

/* GetTdVmCallInfo, R12 = 1: optional calls that there are, in R11 */
#define INFO_GET_QUOTE		BIT(0)
#define INFO_SETUP_NOTIFY	BIT(1)

#define MESSAGE_SIZE		64

static u64 call_cpuid(struct vmcall *c)
{
	u32 leaf = (u32)c->in[GPR_R12];
	u32 out[4] = { 0 };

	/* all other leaves are the module's */
	if (leaf >> 28 == 4)
		cpuid_hypervisor(leaf, out);
	for (u32 i = 0; i < 4; i++)
		c->out[GPR_R12 + i] = out[i];
	return VMCALL_SUCCESS;
}

static u64 call_hlt(struct vmcall *c)
{
	struct vcpu *v = c->v;

	v->count[COUNT_HLT]++;
	vcpu_level(v)->halted = true;
	td_vcpu(v)->halt_blocked = c->in[GPR_R12];
	return VMCALL_SUCCESS;
}

static u64 call_io(struct vmcall *c)
{
	u64 size = c->in[GPR_R12];
	u64 write = c->in[GPR_R13];
	u64 port = c->in[GPR_R14];
	u64 mask;

	if ((size != 1 && size != 2 && size != 4) || write > 1 ||
	    port > 0xffff)
		return VMCALL_INVALID_OPERAND;
	mask = BIT_ULL(size * 8) - 1;
	if (write)
		io_out(c->v, (u16)port, (u32)size,
		       (u32)(c->in[GPR_R15] & mask));
	else
		c->out[GPR_R11] = io_in(c->v, (u16)port, (u32)size);
	return VMCALL_SUCCESS;
}

static u64 call_rdmsr(struct vmcall *c)
{
	u64 val;

	if (host_msr_read(c->v, (u32)c->in[GPR_R12], &val))
		return VMCALL_INVALID_OPERAND;
	c->out[GPR_R11] = val;
	return VMCALL_SUCCESS;
}

static u64 call_wrmsr(struct vmcall *c)
{
	u32 msr = (u32)c->in[GPR_R12];

	/* a TD's APIC is an x2APIC for ever */
	if (msr == VAPIC_MSR_BASE ||
	    host_msr_write(c->v, msr, c->in[GPR_R13]))
		return VMCALL_INVALID_OPERAND;
	return VMCALL_SUCCESS;
}

static u64 call_mmio(struct vmcall *c)
{
	u64 size = c->in[GPR_R12];
	u64 write = c->in[GPR_R13];
	u64 gpa = c->in[GPR_R14];
	u64 val = c->in[GPR_R15];
	int err;

	if ((size != 1 && size != 2 && size != 4 && size != 8) || write > 1 ||
	    !(gpa & td.shared_bit) || !tdx_gpa_valid(gpa, true))
		return VMCALL_INVALID_OPERAND;
	gpa &= ~td.shared_bit;
	c->v->count[COUNT_MMIO]++;
	if (!write)
		val = 0;
	err = write ? mmio_write(c->v, gpa, &val, (u32)size) :
		      mmio_read(c->v, gpa, &val, (u32)size);
	if (err)
		return VMCALL_INVALID_OPERAND;
	if (!write)
		c->out[GPR_R11] = val;
	return VMCALL_SUCCESS;
}

static u64 call_get_info(struct vmcall *c)
{
	u64 leaf = c->in[GPR_R12];

	if (leaf > 1)
		return VMCALL_INVALID_OPERAND;
	c->out[GPR_R11] = leaf ? INFO_GET_QUOTE | INFO_SETUP_NOTIFY : 0;
	c->out[GPR_R12] = 0;
	c->out[GPR_R13] = 0;
	c->out[GPR_R14] = 0;
	return VMCALL_SUCCESS;
}

static void __attribute__((noreturn)) call_fatal_error(const struct vmcall *c)
{
	static const u8 order[MESSAGE_SIZE / 8] = {
		GPR_R14, GPR_R15, GPR_RBX, GPR_RDI,
		GPR_RSI, GPR_R8, GPR_R9, GPR_RDX,
	};
	char text[MESSAGE_SIZE + 1];

	for (u32 i = 0; i < ARRAY_SIZE(order); i++)
		memcpy(text + 8 * i, &c->in[order[i]], 8);
	text[MESSAGE_SIZE] = 0;
	for (char *p = text; *p; p++) {
		if (*p < ' ' || *p > '~')
			*p = '?';
	}
	guest_end("fatal error reported by the guest: vcpu%u code 0x%lx "
		  "message \"%s\"", c->v->index, c->in[GPR_R12], text);
}

static u64 call_setup_notify(struct vmcall *c)
{
	u64 vector = c->in[GPR_R12];

	if (vector < 32 || vector > 255)
		return VMCALL_INVALID_OPERAND;
	td_vcpu(c->v)->notify_vector = (u8)vector;
	return VMCALL_SUCCESS;
}

static u64 dispatch(struct vmcall *c)
{
	/* numbers above 0 are vendors', this host's KVM-like calls none */
	if (c->in[GPR_R10])
		return VMCALL_INVALID_OPERAND;
	switch (c->in[GPR_R11]) {
	case VE_CPUID:
		return call_cpuid(c);
	case VE_HLT:
		return call_hlt(c);
	case VE_IO:
		return call_io(c);
	case VE_RDMSR:
		return call_rdmsr(c);
	case VE_WRMSR:
		return call_wrmsr(c);
	case VE_EPT_VIOLATION:
		return call_mmio(c);
	case VE_WBINVD:
		/* caches are coherent here with everything that there is */
		return VMCALL_SUCCESS;
	case CALL_GET_INFO:
		return call_get_info(c);
	case CALL_MAP_GPA:
		return vmcall_map_gpa(c);
	case CALL_GET_QUOTE:
		return vmcall_get_quote(c);
	case CALL_FATAL_ERROR:
		call_fatal_error(c);
	case CALL_SETUP_NOTIFY:
		return call_setup_notify(c);
	default:
		return VMCALL_UNSUPPORTED;
	}
}

/**
 * tdx_vmcall() - leaf 0, TDG.VP.VMCALL
 * @v: vCPU; RCX: which of its registers the host sees and sets
 *
 * Return: completion status of the leaf; the host's own is in R10.
 */
u64 tdx_vmcall(struct vcpu *v)
{
	struct vmcall c = { .v = v };
	u64 select = vcpu_reg(v, GPR_RCX);

	if ((select & SELECT_RESERVED) ||
	    ((td.config_flags & CONFIG_NO_RBP_MOD) && (select & BIT(GPR_RBP))))
		return TDX_OPERAND_INVALID | TDX_ID_RCX;
	v->count[COUNT_VMCALL]++;
	for (u32 i = 0; i < GPR_COUNT; i++) {
		if (select & BIT(i))
			c.in[i] = vcpu_reg(v, i);
	}
	memcpy(c.out, c.in, sizeof(c.out));
	if (!hostile_vmcall(v, c.out))
		c.out[GPR_R10] = dispatch(&c);
	for (u32 i = 0; i < GPR_COUNT; i++) {
		if (select & BIT(i))
			vcpu_set_reg(v, i, c.out[i]);
	}
	return TDX_SUCCESS;
}
