/* SPDX-License-Identifier: MIT */
/*
 * The platform "a Linux program": guest memory is an array, time is a variable,
 * the host and the guest are what a test says. Everything the core asks of the
 * platform is recorded.
 */
#ifndef _ARCH_HOST_H
#define _ARCH_HOST_H

#include <svsm/arch.h>
#include <svsm/types.h>
#include <uapi/svsm/event_page.h>

/* RAM of the guest. Aligned to 2 MiB; what is not in it does not exist. */
#define HOST_RAM_START	0x200000ULL
#define HOST_RAM_SIZE	(10ULL << 20)
#define HOST_RAM_END	(HOST_RAM_START + HOST_RAM_SIZE)

/* Deadlines and end-of-interrupts that a record keeps, the newest last. */
#define HOST_RECORD_MAX	64

/**
 * struct host_vcpu - what a test scripts and sees of one vCPU
 * @pending: what arch_host_events() will report; set by host_post()
 * @guest: runs at each entry; NULL: the vCPU has no guest. Fills in @call and
 *	returns why it left
 * @ctx: for @guest
 * @busy: arch_guest_vcpu_delete() says that the guest runs
 * @create_result: what arch_guest_vcpu_create() says
 * @remap_result: what arch_guest_remap_calling_area() says
 * @kicks: number of arch_kick()
 * @kicked: one of them has not been reported
 * @tick_at: TSC of the tick that arch_host_events() will report
 * @idles: number of arch_idle()
 * @entries: number of entries tried
 * @entry: the last one
 * @answers: number of arch_guest_answer()
 * @answer: the last one
 * @arms: number of arch_timer_arm()
 * @armed: the last deadline given
 * @eois: number of arch_host_eoi()
 * @eoi: the vectors, from the first on
 * @at_eoi: what another vCPU does during the next arch_host_eoi(), or NULL
 * @state: register state the guest has, 0 for none
 * @calling_area: calling area the guest has
 */
struct host_vcpu {
	struct host_events pending;
	enum guest_exit (*guest)(struct vcpu *vcpu,
				 const struct guest_entry *entry,
				 struct guest_call *call, void *ctx);
	void *ctx;
	bool busy;
	u32 create_result;
	u32 remap_result;
	u32 kicks;
	bool kicked;
	u64 tick_at;
	u32 idles;
	u32 entries;
	struct guest_entry entry;
	u32 answers;
	struct guest_call answer;
	u32 arms;
	u64 armed;
	u32 eois;
	u8 eoi[HOST_RECORD_MAX];
	void (*at_eoi)(void);
	u64 state;
	u64 calling_area;
};

/**
 * enum host_fault - what this platform can do wrong
 * @HOST_LOSES_KICKS: every 100th arch_kick() has no effect
 * @HOST_LOSES_TICKS: every 100th tick does not come
 * @HOST_TICKS_EARLY: ticks come before their deadline
 * @HOST_TICKS_STAY: a deadline cannot be called off
 * @HOST_REFUSES_PAGES: arch_page_convert() fails
 * @HOST_KEEPS_PAGES: and it leaves what is in the page
 * @HOST_KEEPS_GUEST_PAGES: so does arch_guest_mem_set()
 * @HOST_REPEATS: arch_guest_mem_set() does it twice when asked twice
 * @HOST_NO_REPORT: arch_attest_report() has none
 * @HOST_WRONG_REPORT: it has one about something else
 */
enum host_fault {
	HOST_GOOD,
	HOST_LOSES_KICKS,
	HOST_LOSES_TICKS,
	HOST_TICKS_EARLY,
	HOST_TICKS_STAY,
	HOST_REFUSES_PAGES,
	HOST_KEEPS_PAGES,
	HOST_KEEPS_GUEST_PAGES,
	HOST_REPEATS,
	HOST_NO_REPORT,
	HOST_WRONG_REPORT,
};

/**
 * struct host_platform - what a test scripts of the whole platform
 * @delivery: arch_delivery_mode()
 * @tsc_trusted: arch_tsc_trusted()
 * @tsc_khz: arch_tsc_khz()
 * @selftest: arch_selftest_wanted()
 * @posts: arch_selftest_posts(); @selftest's business
 * @fault: what it does wrong
 * @power_off: called by arch_power_off(), does not return
 * @console: what was logged since host_setup(), cut off at the end
 * @console_len: bytes of it
 */
struct host_platform {
	u8 delivery;
	bool tsc_trusted;
	u32 tsc_khz;
	bool selftest;
	bool posts;
	enum host_fault fault;
	void (*power_off)(bool ok);
	char console[8192];
	size_t console_len;
};

extern struct host_platform host;

/**
 * host_setup() - a fresh platform and core
 * @vcpus: number of vCPUs; APIC ID = 2 * index + 1, so that no index is one
 *
 * All RAM belongs to the guest, the TSC is 1000000 at 1 GHz, this thread is
 * vCPU 0, and no vCPU has a guest.
 */
void host_setup(u32 vcpus);

/** host_this_is() - the calling thread is this vCPU from now on. */
void host_this_is(struct vcpu *vcpu);

/** host_vcpu() - script and record of a vCPU. */
struct host_vcpu *host_vcpu(struct vcpu *vcpu);

/** host_apic_id() - APIC ID of the vCPU with an index. */
u32 host_apic_id(u32 index);

/** host_tsc_set() - set the clock, in ticks. */
void host_tsc_set(u64 tsc);

/** host_tsc_advance() - let time pass, in ticks. */
void host_tsc_advance(u64 ticks);

/**
 * host_post() - the host posts a vector to a vCPU
 * @vcpu: the vCPU
 * @vector: host vector
 * @level: the host holds it until the EOI
 */
void host_post(struct vcpu *vcpu, u8 vector, bool level);

/** host_ram() - where guest memory really is. */
void *host_ram(u64 gpa);

/** host_event_page() - the same for an event page. */
struct svsm_event_page *host_event_page(u64 gpa);

/**
 * host_page_vanish() - the host takes a page away
 * @gpa: page
 */
void host_page_vanish(u64 gpa);

/** host_page_return() - and puts it back, zeroed. */
void host_page_return(u64 gpa);

/**
 * host_vanish_at() - let the page of a later access vanish just before it
 * @accesses: 1 is the next arch_shm_*() of any thread; 0: never
 */
void host_vanish_at(u64 accesses);

/**
 * host_at() - do something just before a later access
 * @accesses: 1 is the next arch_shm_*() of any thread; 0: never
 * @fn: what to do; what the guest or the host would do at that moment
 * @ctx: for @fn
 */
void host_at(u64 accesses, void (*fn)(void *ctx), void *ctx);

/** host_shm_accesses() - arch_shm_*() since host_setup(). */
u64 host_shm_accesses(void);

/**
 * host_page_private() - is this page the guest's, valid and accessible to it?
 * @gpa: page
 */
bool host_page_private(u64 gpa);

/**
 * host_page_deny() - a page that the guest may not both read and write
 * @gpa: page
 */
void host_page_deny(u64 gpa);

/**
 * host_page_split() - the platform backs this range by small pages
 * @gpa: 2 MiB aligned
 */
void host_page_split(u64 gpa);

#endif /* _ARCH_HOST_H */
