/* SPDX-License-Identifier: MIT */
/*
 * The platform contract: all that svsm-core/ knows of the platform below it.
 *
 * Each function is implemented once per platform (arch/snp, arch/tdx,
 * arch/host) and bound at link time by a strong symbol: one image, one
 * platform. Documented here and nowhere else. A parameter that only one
 * platform can give meaning to does not belong here.
 *
 * "GPA" is a guest-physical address without C-bit or shared bit. "TSC" is the
 * SVSM's time-stamp counter, in ticks. "This vCPU" is the one that executes.
 */
#ifndef _SVSM_ARCH_H
#define _SVSM_ARCH_H

#include <svsm/types.h>

struct vcpu;

/* --- Time ------------------------------------------------------------- */

/** arch_tsc() - TSC of this vCPU, in ticks. */
u64 arch_tsc(void);

/** arch_tsc_khz() - TSC frequency in kHz, 0 if the platform does not know. */
u32 arch_tsc_khz(void);

/** arch_tsc_trusted() - true if the host cannot move the TSC. */
bool arch_tsc_trusted(void);

/**
 * arch_timer_arm() - arm this vCPU's own timer
 * @deadline: TSC at which this vCPU wants to run again; ~0 disarms
 *
 * The timer is the host's and may be late, early or lost: the caller decides
 * by the TSC whether anything is due. May be deferred to the next
 * arch_guest_enter() or arch_idle() of this vCPU, never longer. A tick that
 * comes before @deadline is the platform's to arm again. What was armed before
 * is forgotten, with a tick of it that arch_host_events() has not reported.
 */
void arch_timer_arm(u64 deadline);

/* --- Events from the host --------------------------------------------- */

/**
 * struct host_events - what the host signalled since it was last asked
 * @vectors: bit set of host vectors 0..255 that were posted
 * @level: those of @vectors that the host holds until arch_host_eoi()
 * @nmi: the host signalled an NMI for the guest
 * @kicked: the interrupt of an arch_kick() for this vCPU came
 * @timer: the tick of arch_timer_arm() came, and its deadline has come too
 *
 * The loop looks at everything after each wake-up and needs neither @kicked nor
 * @timer. The self-test does: they tell a wake-up that came from one that was
 * lost while something else happened to wake this vCPU.
 */
struct host_events {
	u64 vectors[4];
	u64 level[4];
	bool nmi;
	bool kicked;
	bool timer;
};

/**
 * arch_host_events() - take what the host signalled for this vCPU's guest
 * @events: filled in; each event is reported once
 *
 * Vectors that the SVSM serves itself (timer, IPI) are never in @vectors: they
 * end arch_guest_enter() or arch_idle(). Bounded work whatever the host does.
 */
void arch_host_events(struct host_events *events);

/**
 * arch_host_eoi() - end of interrupt for a level vector of arch_host_events()
 * @vector: host vector, 0..255
 *
 * Acts on this vCPU.
 */
void arch_host_eoi(u8 vector);

/**
 * arch_kick() - make a vCPU leave its guest or wake from arch_idle()
 * @vcpu: the target, not this vCPU
 *
 * Asynchronous: returns before the target reacts. What was written before the
 * call is visible to the target when it reacts.
 */
void arch_kick(struct vcpu *vcpu);

/**
 * arch_idle() - wait on this vCPU until something may have happened
 *
 * Returns at once if an event came since the last arch_guest_enter(),
 * arch_idle() or arch_host_events() of this vCPU, so that a check "nothing to
 * do" followed by arch_idle() loses nothing. May return for no reason.
 */
void arch_idle(void);

/* --- The guest on this vCPU -------------------------------------------- */

/**
 * struct guest_entry - what to do on the way into the guest
 * @vector: assert this notification vector (NV), 0 for none
 */
struct guest_entry {
	u8 vector;
};

/**
 * struct guest_call - a call of the guest to the SVSM, and its answer
 * @rax: in: protocol << 32 | call; out: result code
 * @rcx: @rdx: @r8: @r9: in: parameters, out: results
 */
struct guest_call {
	u64 rax;
	u64 rcx;
	u64 rdx;
	u64 r8;
	u64 r9;
};

/**
 * enum guest_exit - why arch_guest_enter() came back
 * @GUEST_EXIT_NOT_ENTERED: the guest did not run, @entry->vector is not
 *	asserted; something happened meanwhile, look again
 * @GUEST_EXIT_EVENT: it ran and left for an event or for nothing
 * @GUEST_EXIT_CALL: it ran and left with a call for the SVSM
 * @GUEST_EXIT_NO_GUEST: this vCPU's guest cannot run (none created, or the
 *	host does not have it yet): arch_idle() before trying again
 */
enum guest_exit {
	GUEST_EXIT_NOT_ENTERED,
	GUEST_EXIT_EVENT,
	GUEST_EXIT_CALL,
	GUEST_EXIT_NO_GUEST,
};

/**
 * arch_guest_enter() - run this vCPU's guest until it leaves
 * @entry: what to assert on the way in
 * @call: filled in when the result is GUEST_EXIT_CALL
 *
 * An event that came after the last arch_host_events() prevents the entry, so
 * none is slept on. A call from guest user mode is never reported.
 */
enum guest_exit arch_guest_enter(const struct guest_entry *entry,
				 struct guest_call *call);

/**
 * arch_guest_answer() - write a call's results into the guest's registers
 * @call: rax, rcx, rdx, r8, r9 as the guest will see them
 *
 * Marks the call as served, so that the guest knows that it was the SVSM, and
 * not the host, that answered.
 */
void arch_guest_answer(const struct guest_call *call);

/**
 * arch_delivery_mode() - how notifications reach the guest
 *
 * Return: SVSM_DELIVERY_HOST_ASSISTED, SVSM_DELIVERY_SVSM_APIC or
 * SVSM_DELIVERY_NONE (then @entry->vector must stay 0).
 */
u8 arch_delivery_mode(void);

/* --- The guest's vCPUs -------------------------------------------------- */
/*
 * On a platform whose guests have no page of register state, and so no such
 * calls, each of these returns SVSM_ERR_UNSUPPORTED_CALL.
 */

/**
 * arch_guest_vcpu_create() - give a vCPU a guest register state
 * @vcpu: the vCPU
 * @state: GPA of the guest's register state page, page-aligned guest memory
 *	that the caller has pinned; becomes inaccessible to the guest
 * @calling_area: GPA of the calling area, likewise pinned
 *
 * May replace the state of a vCPU that does not run. Takes the state away from
 * the guest before it looks at it.
 *
 * Return: SVSM result code; on failure the page is as it was.
 */
u32 arch_guest_vcpu_create(struct vcpu *vcpu, u64 state, u64 calling_area);

/**
 * arch_guest_vcpu_delete() - take a vCPU's guest register state back
 * @vcpu: the vCPU that @state was given to
 * @state: GPA of the state; returned to the guest as normal memory
 *
 * Return: SVSM result code; SVSM_ERR_BUSY if it is running now (never waits).
 */
u32 arch_guest_vcpu_delete(struct vcpu *vcpu, u64 state);

/**
 * arch_guest_remap_calling_area() - move this vCPU's calling area
 * @calling_area: GPA, page-aligned guest memory that the caller has pinned
 *
 * Return: SVSM result code.
 */
u32 arch_guest_remap_calling_area(u64 calling_area);

/* --- The guest's memory ------------------------------------------------- */

/**
 * arch_guest_gpa_valid() - can this be the guest's private memory at all?
 * @gpa: start
 * @size: bytes, > 0
 *
 * Return: true if all of it lies in RAM that the guest was given (whatever its
 * present state): no C-bit or shared bit, no bits above the physical width, no
 * device, none of the SVSM's own memory.
 */
bool arch_guest_gpa_valid(u64 gpa, u64 size);

/**
 * arch_guest_map() - pointer to private memory of the guest
 * @gpa: start
 * @size: bytes, not crossing a page
 *
 * The memory can vanish at any time (the host takes the page): access it only
 * through shm.h. Needs no unmapping. A page that is not pinned can become a
 * register state, which the SVSM could still write: to write there hold the
 * control lock from before this call on, for arch_guest_vcpu_create() needs it.
 *
 * Return: NULL unless arch_guest_gpa_valid() and the guest itself may read and
 * write there now.
 */
void *arch_guest_map(u64 gpa, u64 size);

/**
 * enum mem_result - outcome of arch_guest_mem_set()
 * @MEM_OK: state changed
 * @MEM_UNCHANGED: it was in this state already, nothing was done
 * @MEM_SIZE_MISMATCH: the platform backs this 2 MiB range by smaller pages
 * @MEM_FAILED: the platform refused
 */
enum mem_result {
	MEM_OK,
	MEM_UNCHANGED,
	MEM_SIZE_MISMATCH,
	MEM_FAILED,
};

/**
 * arch_guest_mem_set() - make a page private memory of the guest, or not
 * @gpa: aligned to @size, arch_guest_gpa_valid()
 * @size: 4096 or 2 MiB
 * @valid: true: the page becomes private, is accepted once, zeroed, and the
 *	guest's with all permissions; false: it is taken from the guest and
 *	given up
 *
 * Where the guest asks the host itself to change a page's state, this is the
 * SVSM's half only; where it asks the SVSM for everything, it is both halves.
 */
enum mem_result arch_guest_mem_set(u64 gpa, u64 size, bool valid);

/* --- Memory that a peer can write or take away -------------------------- */
/*
 * Used through shm.h only. @p is naturally aligned. Atomic, full barrier for
 * read-modify-write, plain otherwise. Return: false if the access faulted, or
 * if a peer's writes kept a read-modify-write from ever succeeding; then the
 * page is lost. Of a word nothing was read or written, of a stretch a part may
 * have been.
 */
bool arch_shm_copy_in(void *dst, const void *src, size_t size);
bool arch_shm_copy_out(void *dst, const void *src, size_t size);
bool arch_shm_zero(void *dst, size_t size);
bool arch_shm_read32(const u32 *p, u32 *val);
bool arch_shm_read64(const u64 *p, u64 *val);
bool arch_shm_write32(u32 *p, u32 val);
bool arch_shm_write64(u64 *p, u64 val);
bool arch_shm_xchg32(u32 *p, u32 val, u32 *old);
bool arch_shm_fetch_or64(u64 *p, u64 bits, u64 *old);
bool arch_shm_fetch_and64(u64 *p, u64 bits, u64 *old);
/* @old: what was there; equal to @expected if the exchange was done. */
bool arch_shm_cmpxchg64(u64 *p, u64 expected, u64 val, u64 *old);

/* --- The image itself --------------------------------------------------- */

/** arch_this_vcpu() - the core's state of this vCPU. */
struct vcpu *arch_this_vcpu(void);

/** arch_cpu_relax() - hint inside a spin-wait loop. */
void arch_cpu_relax(void);

/**
 * arch_console_write() - write to the SVSM's log
 * @text: bytes
 * @size: number of bytes
 *
 * Never fails; the caller serialises.
 */
void arch_console_write(const char *text, size_t size);

/**
 * enum terminate_reason - why the SVSM ends the whole confidential VM
 * @TERMINATE_GENERAL: a defect of the SVSM itself
 * @TERMINATE_HOST: the host broke its part of a contract
 */
enum terminate_reason {
	TERMINATE_GENERAL,
	TERMINATE_HOST,
};

/** arch_terminate() - end the confidential VM; does not return. */
void arch_terminate(enum terminate_reason reason) __attribute__((noreturn));

/**
 * arch_power_off() - orderly end of the confidential VM; does not return
 * @ok: the result for the host
 */
void arch_power_off(bool ok) __attribute__((noreturn));

/**
 * arch_selftest_wanted() - is this start for the self-test, without a guest?
 *
 * The boot image says so, in a measured page: no host can choose it.
 */
bool arch_selftest_wanted(void);

/**
 * arch_selftest_posts() - have the host post the self-test's vectors, or not
 * @on: again and again on each vCPU, or leave them alone
 *
 * A request to the machine that tests are run on; it posts unless asked not to.
 */
void arch_selftest_posts(bool on);

/**
 * arch_page_convert() - change whose a page of the SVSM's own memory is
 * @page: 4 KiB aligned, of the image or its heap; no other vCPU uses it
 * @shared: true: the host may read and write it; false: it is private,
 *	accepted exactly once
 *
 * The page is zeroed either way; one that is shared the host may have written
 * to since.
 *
 * Return: false if the host refused; then the page stays what it was. One that
 * was to be shared has been zeroed.
 */
bool arch_page_convert(void *page, bool shared);

/**
 * arch_page_flush() - forget how this vCPU last saw a page of the SVSM
 * @page: that another vCPU has converted
 *
 * To be called before the first use of it: a translation from before could
 * lead to the host's page still, even one that was only speculated on.
 */
void arch_page_flush(const void *page);

/**
 * arch_attest_report() - signed evidence of the SVSM itself
 * @data: 64 bytes that the report will contain
 * @report: filled in, in the platform's own format
 * @size: bytes of @report
 * @used: bytes that were filled in
 *
 * Return: false if there is none to be had, or @size is too small.
 */
bool arch_attest_report(const u8 data[64], void *report, size_t size,
			size_t *used);

/* --- What the core offers to the platform ------------------------------- */

/**
 * svsm_init() - set up the core; called once, on the first vCPU
 * @apic_ids: APIC IDs of all vCPUs, the first one first
 * @count: number of vCPUs, at most SVSM_VCPUS_MAX
 *
 * After it svsm_vcpu() and pinned.h can be used.
 */
void svsm_init(const u32 *apic_ids, u32 count);

/** svsm_vcpu() - the core's state of the vCPU with this index, or NULL. */
struct vcpu *svsm_vcpu(u32 index);

/**
 * svsm_vcpu_run() - the per-vCPU loop; does not return
 *
 * Called on every vCPU when the platform part of it is ready.
 */
void svsm_vcpu_run(void) __attribute__((noreturn));

#define SVSM_VCPUS_MAX	32

#endif /* _SVSM_ARCH_H */
