// SPDX-License-Identifier: MIT
/*
 * The guest's register state (VMSA at VMPL2) and its calling area. Both are
 * pages of the guest's memory that the host may take away at any moment, so
 * they are reached through arch_shm_*() only. Rules: AMD APM volume 2, 15.36;
 * SVSM specification 58019, CREATE_VCPU and DELETE_VCPU.
 */
#include <svsm/string.h>
#include <svsm/vcpu.h>
#include <uapi/svsm/call.h>
#include <uapi/svsm/event_page.h>
#include <x86/apic.h>
#include <x86/asm.h>
#include "ghcb.h"

/* Calling area: first byte, set by the guest, cleared by the SVSM. */
#define CALL_PENDING_SIZE	1

static u64 *field(u64 state, size_t offset)
{
	return (u64 *)(state + offset);
}

#define FIELD(state, member)	field(state, offsetof(struct vmsa, member))

/*
 * EFER.SVME is the switch that lets the host run a VMSA. It is on only while
 * this vCPU is in its guest, so that a host cannot run the guest behind the
 * back of the SVSM, which is about to change its registers.
 */
static bool set_runnable(u64 state, bool runnable)
{
	u64 efer;

	if (!arch_shm_read64(FIELD(state, efer), &efer))
		return false;
	efer = runnable ? efer | EFER_SVME : efer & ~EFER_SVME;
	return arch_shm_write64(FIELD(state, efer), efer);
}

/* Is it fit to run at the guest's level, with nothing that the guest lacks? */
static bool state_ok(u64 state)
{
	struct {
		u64 efer, scale, offset, features, tom;
		u8 vmpl;
	} copy;

	return arch_shm_copy_in(&copy.vmpl, FIELD(state, vmpl), 1) &&
		arch_shm_read64(FIELD(state, efer), &copy.efer) &&
		arch_shm_read64(FIELD(state, tsc_scale), &copy.scale) &&
		arch_shm_read64(FIELD(state, tsc_offset), &copy.offset) &&
		arch_shm_read64(FIELD(state, sev_features), &copy.features) &&
		arch_shm_read64(FIELD(state, virtual_tom), &copy.tom) &&
		copy.vmpl == GUEST_VMPL && (copy.efer & EFER_SVME) &&
		copy.features == snp.guest_features &&
		/* The SVSM's own are 0: Secure TSC is refused at start. */
		!copy.scale && !copy.offset && !copy.tom;
}

u32 arch_guest_vcpu_create(struct vcpu *vcpu, u64 state, u64 calling_area)
{
	struct snp_cpu *cpu = vcpu->arch;

	if (!arch_guest_map(calling_area, PAGE_SIZE))
		return SVSM_ERR_INVALID_ADDRESS;
	/* From here on the guest cannot write to it. */
	if (!memory_revoke(state))
		return SVSM_ERR_INVALID_ADDRESS;
	if (!state_ok(state) ||
	    rmp_adjust(state, false, RMP_GUEST_VMSA) != RMP_OK) {
		memory_restore(state);
		return SVSM_ERR_INVALID_PARAMETER;
	}
	spin_lock(&cpu->guest_lock);
	cpu->guest_state = state;
	cpu->calling_area = calling_area;
	spin_unlock(&cpu->guest_lock);
	return SVSM_SUCCESS;
}

u32 arch_guest_vcpu_delete(struct vcpu *vcpu, u64 state)
{
	struct snp_cpu *cpu = vcpu->arch;
	enum rmp_result result;

	spin_lock(&cpu->guest_lock);
	set_runnable(state, false);
	/* Refused while some CPU runs it. */
	result = rmp_adjust(state, false, RMP_GUEST_NONE);
	if (result == RMP_FAIL_INUSE) {
		/* Not if that CPU has left it: nobody would undo it. */
		if (cpu->entered == state)
			set_runnable(state, true);
		spin_unlock(&cpu->guest_lock);
		return SVSM_ERR_BUSY;
	}
	if (cpu->guest_state == state)
		cpu->guest_state = 0;
	if (cpu->entered == state)
		cpu->entered = 0;
	spin_unlock(&cpu->guest_lock);
	/* A page that the host took is lost to the guest, not to the SVSM. */
	if (result == RMP_OK)
		memory_restore(state);
	return SVSM_SUCCESS;
}

u32 arch_guest_remap_calling_area(u64 calling_area)
{
	struct snp_cpu *cpu = this_cpu();
	void *area = arch_guest_map(calling_area, PAGE_SIZE);

	/* Flags of another use must not look like a call: SVSM spec, 8.1. */
	if (!area || !arch_shm_zero(area, sizeof(u64)))
		return SVSM_ERR_INVALID_ADDRESS;
	spin_lock(&cpu->guest_lock);
	cpu->calling_area = calling_area;
	spin_unlock(&cpu->guest_lock);
	return SVSM_SUCCESS;
}

/*
 * Did the guest leave for a call? Its kernel sets the flag in the calling area
 * and exits; user mode can exit too, while its kernel is about to call.
 */
static bool take_call(struct snp_cpu *cpu, u64 state, u64 area,
		      struct guest_call *call)
{
	u64 code;
	u8 cpl, pending = 0;
	void *p = arch_guest_map(area, CALL_PENDING_SIZE);

	if (!arch_shm_read64(FIELD(state, exit_code), &code) ||
	    code != EXIT_VMGEXIT ||
	    !arch_shm_copy_in(&cpl, FIELD(state, cpl), 1) || cpl ||
	    !p || !arch_shm_copy_in(&pending, p, CALL_PENDING_SIZE) ||
	    !pending ||
	    !arch_shm_read64(FIELD(state, rax), &call->rax) ||
	    !arch_shm_read64(FIELD(state, rcx), &call->rcx) ||
	    !arch_shm_read64(FIELD(state, rdx), &call->rdx) ||
	    !arch_shm_read64(FIELD(state, r8), &call->r8) ||
	    !arch_shm_read64(FIELD(state, r9), &call->r9))
		return false;
	cpu->call_state = state;
	cpu->call_area = area;
	return true;
}

void arch_guest_answer(const struct guest_call *call)
{
	struct snp_cpu *cpu = this_cpu();
	u64 state = cpu->call_state;
	void *area = arch_guest_map(cpu->call_area, CALL_PENDING_SIZE);
	u8 pending = 0;

	/*
	 * The call itself or another vCPU may have deleted or replaced the
	 * state. Until the lock is free again nobody can.
	 */
	spin_lock(&cpu->guest_lock);
	/* The flag last: it says that the registers are the SVSM's. */
	if (cpu->guest_state == state && area &&
	    arch_shm_write64(FIELD(state, rax), call->rax) &&
	    arch_shm_write64(FIELD(state, rcx), call->rcx) &&
	    arch_shm_write64(FIELD(state, rdx), call->rdx) &&
	    arch_shm_write64(FIELD(state, r8), call->r8) &&
	    arch_shm_write64(FIELD(state, r9), call->r9))
		arch_shm_copy_out(area, &pending, CALL_PENDING_SIZE);
	spin_unlock(&cpu->guest_lock);
}

/* One exit to the guest and back; the state may be another one afterwards. */
static enum run_result run(struct snp_cpu *cpu, u8 vector)
{
	bool deadline_in_exit = snp.hv_features & HV_RUN_VMPL_DEADLINE;
	enum run_result result;
	u64 next;

	if (!deadline_in_exit)
		apic_timer_program(&cpu->x86, timer_next(cpu));
	next = timer_next(cpu);
	result = ghcb_run_vmpl(cpu, GUEST_VMPL,
			       vector ? EVENT_VALID | vector : 0,
			       deadline_in_exit && next != cpu->x86.timer_armed ?
			       &next : NULL);
	if (deadline_in_exit && result == RUN_DONE)
		cpu->x86.timer_armed = next;
	return result;
}

enum guest_exit arch_guest_enter(const struct guest_entry *entry,
				 struct guest_call *call)
{
	struct snp_cpu *cpu = this_cpu();
	enum run_result result;
	u64 state, area;
	bool replaced;

	if (cpu->x86.has_events)
		return GUEST_EXIT_NOT_ENTERED;
	spin_lock(&cpu->guest_lock);
	state = cpu->guest_state;
	if (!state || !set_runnable(state, true)) {
		spin_unlock(&cpu->guest_lock);
		cpu->refused = false;
		return GUEST_EXIT_NO_GUEST;
	}
	cpu->entered = state;
	spin_unlock(&cpu->guest_lock);

	cpu->refused = false;
	result = run(cpu, entry->vector);

	spin_lock(&cpu->guest_lock);
	/* The one that was entered, if it is still a register state. */
	if (cpu->entered && !set_runnable(cpu->entered, false))
		state = 0;
	cpu->entered = 0;
	replaced = state != cpu->guest_state;
	area = cpu->calling_area;
	spin_unlock(&cpu->guest_lock);

	if (result == RUN_CANCELLED)
		return GUEST_EXIT_NOT_ENTERED;
	if (result == RUN_REFUSED || !state) {
		cpu->refused = state;
		return GUEST_EXIT_NO_GUEST;
	}
	/* The state in force now has not run, so it has not called either. */
	if (!replaced && take_call(cpu, state, area, call))
		return GUEST_EXIT_CALL;
	return GUEST_EXIT_EVENT;
}

u8 arch_delivery_mode(void)
{
	return snp.hv_features & HV_RUN_VMPL_VECTOR ?
		SVSM_DELIVERY_HOST_ASSISTED : SVSM_DELIVERY_NONE;
}
