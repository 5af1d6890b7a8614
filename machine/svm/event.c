/* SPDX-License-Identifier: MIT */
/*
 * Exceptions and interrupts for the guest. Some frames are built here, by the
 * rules for interrupts in 64-bit and in 32-bit protected mode (AMD APM volume
 * 2, 8.7 and 8.9), because of QEMU's SVM:
 * - it never pushes an error code for #VC, whatever EVENTINJ says;
 * - an interrupt injected by EVENTINJ stays its pending exception until the
 *   next exit (exception_index in helper_vmrun()), and is delivered again if
 *   another of QEMU's threads interrupts the CPU before that.
 */
#include "../cpu.h"
#include "vcpu.h"

#define GATE_P		BIT_ULL(47)
#define GATE_TYPE(g)	(((g) >> 40) & 0x1f)
#define GATE_INTERRUPT	0x0e
#define GATE_TRAP	0x0f

/**
 * inject_exception() - raise an exception at the next entry
 * @v: vCPU
 * @vector: 0..31, not #VC
 * @error_code: what to push, -1 for exceptions without one
 */
void inject_exception(struct vcpu *v, u8 vector, s64 error_code)
{
	v->event = vector | EVENT_TYPE_EXCEPTION | EVENT_VALID;
	if (error_code >= 0)
		v->event |= EVENT_ERROR_CODE | (u64)error_code << 32;
}

void inject_gp(struct vcpu *v)
{
	inject_exception(v, VECTOR_GP, 0);
}

void inject_page_fault(struct vcpu *v, u64 linear, u64 error_code)
{
	vcpu_save(v)->cr2 = linear;
	inject_exception(v, VECTOR_PF, (s64)error_code);
}

/* Segment register contents from a descriptor: attributes as in the VMCB. */
static u16 descriptor_attrib(u64 d)
{
	return (u16)(((d >> 40) & 0xff) | ((d >> 44) & 0xf00));
}

static int read_descriptor(struct vcpu *v, u16 selector, u64 *d)
{
	const struct save_area *s = vcpu_save(v);

	if (!(selector & ~3) || (selector & 4) || (selector | 7) > s->gdtr.limit)
		return -1;
	return guest_read(v, s->gdtr.base + (selector & ~7U), d, sizeof(*d));
}

/* New stack pointer for a gate: IST, TSS or the present one. */
static int frame_stack(struct vcpu *v, u32 ist, u32 cpl, u64 *rsp)
{
	const struct save_area *s = vcpu_save(v);

	if (ist)
		return guest_read(v, s->tr.base + 0x24 + (ist - 1) * 8, rsp, 8);
	if (cpl < s->cpl)
		return guest_read(v, s->tr.base + 4 + cpl * 8, rsp, 8);
	*rsp = s->rsp;
	return 0;
}

/* @error_code: NULL for vectors that have none */
static int frame_long(struct vcpu *v, u8 vector, const u64 *error_code)
{
	struct save_area *s = vcpu_save(v);
	u64 gate[2], cs, rsp, frame[6];
	u64 *first = error_code ? frame : frame + 1;
	u64 size = (u64)(frame + 6) - (u64)first;
	u16 selector;
	u32 cpl;

	if (vector * 16U + 15 > s->idtr.limit ||
	    guest_read(v, s->idtr.base + vector * 16U, gate, sizeof(gate)))
		return -1;
	if (!(gate[0] & GATE_P) || (GATE_TYPE(gate[0]) != GATE_INTERRUPT &&
				    GATE_TYPE(gate[0]) != GATE_TRAP))
		return -1;
	selector = (u16)(gate[0] >> 16);
	if (read_descriptor(v, selector, &cs))
		return -1;
	cpl = (u32)(cs >> 45) & 3;
	if (cpl > s->cpl || frame_stack(v, (gate[0] >> 32) & 7, cpl, &rsp))
		return -1;
	rsp &= ~15ULL;
	frame[0] = error_code ? *error_code : 0;
	frame[1] = s->rip;
	frame[2] = s->cs.selector;
	frame[3] = error_code ? s->rflags | RFLAGS_RF : s->rflags;
	frame[4] = s->rsp;
	frame[5] = s->ss.selector;
	if (guest_write(v, rsp - size, first, size))
		return -1;

	s->rsp = rsp - size;
	s->rip = (gate[0] & 0xffff) | ((gate[0] >> 32) & 0xffff0000) |
		 gate[1] << 32;
	s->cs.selector = (u16)((selector & ~3U) | cpl);
	s->cs.attrib = descriptor_attrib(cs);
	s->cs.limit = 0xffffffff;
	s->cs.base = 0;
	if (cpl != s->cpl) {
		s->ss.selector = (u16)cpl;
		s->ss.attrib = (u16)(0xc93 | cpl << 5);
		s->cpl = (u8)cpl;
	}
	s->rflags &= ~(RFLAGS_TF | RFLAGS_NT | RFLAGS_RF | RFLAGS_VM);
	if (GATE_TYPE(gate[0]) == GATE_INTERRUPT)
		s->rflags &= ~RFLAGS_IF;
	return 0;
}

/* 32-bit protected mode, from CPL 0 to CPL 0: what firmware needs. */
static int frame_protected(struct vcpu *v, u8 vector, const u64 *error_code)
{
	struct save_area *s = vcpu_save(v);
	u64 gate, cs;
	u32 frame[4], esp;
	u32 *first = error_code ? frame : frame + 1;
	u32 size = (u32)((u64)(frame + 4) - (u64)first);

	if (s->cpl || vector * 8U + 7 > s->idtr.limit ||
	    guest_read(v, s->idtr.base + vector * 8U, &gate, sizeof(gate)))
		return -1;
	if (!(gate & GATE_P) || (GATE_TYPE(gate) != GATE_INTERRUPT &&
				 GATE_TYPE(gate) != GATE_TRAP) ||
	    read_descriptor(v, (u16)(gate >> 16), &cs))
		return -1;
	frame[0] = error_code ? (u32)*error_code : 0;
	frame[1] = (u32)s->rip;
	frame[2] = s->cs.selector;
	frame[3] = (u32)(s->rflags | RFLAGS_RF);
	esp = (u32)s->rsp - size;
	if (guest_write(v, s->ss.base + esp, first, size))
		return -1;

	s->rsp = esp;
	s->rip = (gate & 0xffff) | ((gate >> 32) & 0xffff0000);
	s->cs.selector = (u16)(gate >> 16);
	s->cs.attrib = descriptor_attrib(cs);
	s->cs.base = ((cs >> 16) & 0xffffff) | ((cs >> 32) & 0xff000000);
	s->cs.limit = 0xffffffff;
	s->rflags &= ~(RFLAGS_TF | RFLAGS_NT | RFLAGS_RF | RFLAGS_VM);
	if (GATE_TYPE(gate) == GATE_INTERRUPT)
		s->rflags &= ~RFLAGS_IF;
	return 0;
}

/**
 * inject_interrupt() - deliver an external interrupt now
 * @v: vCPU that takes interrupts
 * @vector: 16..255
 */
void inject_interrupt(struct vcpu *v, u8 vector)
{
	v->vmcb->interrupt_shadow = 0;
	/* Whatever is in the way: let the CPU find it, and fault by its rules. */
	if (!vcpu_long_mode(v) || frame_long(v, vector, NULL))
		v->vmcb->event_inj = vector | EVENT_TYPE_INTR | EVENT_VALID;
}

/**
 * inject_frame() - deliver an exception now, by a frame on the guest's stack
 * @v: vCPU
 * @vector: 0..31
 * @error_code: NULL for exceptions without one
 *
 * Return: 0, or -1 if there is no way to push the frame; hardware then raises
 * #DF, as for any fault while a contributory exception is delivered.
 */
int inject_frame(struct vcpu *v, u8 vector, const u64 *error_code)
{
	const struct save_area *s = vcpu_save(v);
	int err = -1;

	/* a fault while an event was delivered: the event is gone */
	vcpu_level(v)->reinject = 0;
	if (vcpu_long_mode(v))
		err = frame_long(v, vector, error_code);
	else if ((s->cr0 & CR0_PE) && !(s->rflags & RFLAGS_VM))
		err = frame_protected(v, vector, error_code);
	if (!err)
		v->vmcb->interrupt_shadow = 0;
	return err;
}
