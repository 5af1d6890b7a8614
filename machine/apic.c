/* SPDX-License-Identifier: MIT */
/*
 * The host's local APICs: one svsm-core/vapic.c per vCPU and VMPL. Only its
 * own vCPU touches a model; others post into struct post and kick.
 */
#include "cpu.h"
#include "hostile.h"
#include "svm/platform.h"

/* Input clock of the APIC timer; below any TSC. */
#define BUS_KHZ		100000

static u32 os_level;

/**
 * apic_set_os_level() - which VMPL the devices' interrupts go to
 * @level: that of the operating system
 */
void apic_set_os_level(u32 level)
{
	os_level = level;
}

u32 apic_os_level(void)
{
	return os_level;
}

/**
 * apic_reset() - put the APIC of a level into its state after power-on
 * @v: vCPU
 * @level: VMPL
 */
void apic_reset(struct vcpu *v, u32 level)
{
	struct vapic_clock clock = {
		.tsc_khz = machine.tsc_khz > BUS_KHZ ? machine.tsc_khz : BUS_KHZ,
		.bus_khz = BUS_KHZ,
	};
	struct vapic *va = &v->level[level].apic;

	vapic_init(va, v->apic_id, v->index == 0, &clock);
	/* SNP starts CPUs by AP creation: no start-up message will come. */
	va->wait_for_sipi = false;
}

/**
 * apic_scan() - take what was posted and see what is deliverable
 * @v: own vCPU
 * @level: VMPL
 * @out: result
 */
void apic_scan(struct vcpu *v, u32 level, struct vapic_out *out)
{
	struct level *l = &v->level[level];
	struct vapic_in in = { .now = rdtsc() };

	for (u32 i = 0; i < 4; i++) {
		in.posted[i] = __atomic_exchange_n(&l->post.vectors[i], 0,
						   __ATOMIC_SEQ_CST);
		in.posted_level[i] = __atomic_exchange_n(&l->post.levels[i], 0,
							 __ATOMIC_SEQ_CST);
	}
	in.posted[0] &= ~(BIT_ULL(platform->lowest_vector) - 1);
	in.posted_level[0] &= ~(BIT_ULL(platform->lowest_vector) - 1);
	in.nmi = __atomic_exchange_n(&l->post.nmi, 0, __ATOMIC_SEQ_CST);
	vapic_scan(&l->apic, &in, out);
}

static void post(u64 *set, u8 vector)
{
	__atomic_fetch_or(&set[vector / 64], 1ULL << vector % 64,
			  __ATOMIC_SEQ_CST);
}

/**
 * apic_post() - an interrupt for a level of a vCPU, from any CPU
 * @v: target
 * @level: VMPL
 * @vector: 16..255
 * @level_triggered: its EOI is to be reported
 */
void apic_post(struct vcpu *v, u32 level, u8 vector, bool level_triggered)
{
	struct level *l = &v->level[level];

	post(level_triggered ? l->post.levels : l->post.vectors, vector);
	vcpu_kick(v);
}

/**
 * apic_send() - deliver an interrupt message to the APICs of a level
 * @from: sender
 * @level: VMPL
 * @ipi: message; INIT and start-up are nothing that an SNP guest can do to a
 *	register state, they are dropped
 */
void apic_send(struct vcpu *from, u32 level, const struct vapic_ipi *ipi)
{
	from->count[COUNT_IPI]++;
	for (u32 i = 0; i < machine.cpu_count; i++) {
		struct vcpu *v = vcpus[i];
		struct level *l = &v->level[level];

		if (!l->live || !vapic_match(&l->apic, ipi, from->apic_id))
			continue;
		if (ipi->mode == VAPIC_NMI) {
			__atomic_store_n(&l->post.nmi, 1, __ATOMIC_SEQ_CST);
			vcpu_kick(v);
		} else if (ipi->mode == VAPIC_FIXED ||
			   ipi->mode == VAPIC_LOWEST) {
			apic_post(v, level, ipi->vector, false);
			if (ipi->mode == VAPIC_LOWEST)
				return;
		}
	}
}

/**
 * apic_effect() - what a register write asks of the outside
 * @v: own vCPU
 * @level: VMPL
 * @eff: from vapic_write()
 */
void apic_effect(struct vcpu *v, u32 level, const struct vapic_effect *eff)
{
	if (eff->ipi)
		apic_send(v, level, &eff->ipi_desc);
	if (eff->eoi_level)
		ioapic_eoi(eff->eoi_vector);
}

/* apic_msr_read(), apic_msr_write(): 0, or -1 for #GP */
int apic_msr_read(struct vcpu *v, u32 level, u32 msr, u64 *val)
{
	return vapic_read(&v->level[level].apic, msr, rdtsc(), val);
}

int apic_msr_write(struct vcpu *v, u32 level, u32 msr, u64 val)
{
	struct vapic_effect eff = { 0 };
	int err;

	if (!level && msr == VAPIC_MSR_DEADLINE)
		val = hostile_deadline(v, val);
	err = vapic_write(&v->level[level].apic, msr, val, rdtsc(), &eff);
	if (!err)
		apic_effect(v, level, &eff);
	return err;
}

/**
 * apic_device_interrupt() - a device's interrupt arrived at this CPU
 * @vector: the vector that the guest gave it
 */
void apic_device_interrupt(u8 vector)
{
	apic_post(vcpu_self(), os_level, vector, ioapic_level(vector));
}
