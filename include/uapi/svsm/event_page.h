/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * The event page: how interrupts travel from the SVSM to its guest.
 *
 * One page per vCPU in guest-private memory. The SVSM sets bits, the guest
 * clears them; the host can neither read nor write it. Orders, barriers and
 * the meaning of every field: Documentation/abi.rst, section "Event page".
 */
#ifndef _UAPI_SVSM_EVENT_PAGE_H
#define _UAPI_SVSM_EVENT_PAGE_H

#include <linux/types.h>

#define SVSM_EVENT_PAGE_SIZE	4096
/* "SVEP", little endian; the SVSM writes it last: the proof of its identity. */
#define SVSM_EVENT_PAGE_MAGIC	0x50455653U
#define SVSM_EVENT_PAGE_MAJOR	1
#define SVSM_EVENT_PAGE_MINOR	0

#define SVSM_SOURCES_MAX	1024
#define SVSM_SOURCES_PER_GROUP	64
#define SVSM_GROUPS_MAX		(SVSM_SOURCES_MAX / SVSM_SOURCES_PER_GROUP)

/* Bits of svsm_event_page.on and svsm_event_page.sn. */
#define SVSM_EVENT_ON		0x1U
#define SVSM_EVENT_SN		0x1U

/* No deadline, nothing armed (guest TSC). */
#define SVSM_TIMER_NONE		(~(__u64)0)

/**
 * struct svsm_event_page - one vCPU's interrupts, shared by SVSM and guest
 * @magic: SVSM_EVENT_PAGE_MAGIC, written last at registration
 * @major: layout version
 * @minor: additions behind feature bits
 * @source_count: valid sources, a multiple of 64, at most 1024
 * @apic_id: NDST, the vCPU that is notified
 * @vector: NV, the notification vector; 0 is silent
 * @tsc_khz: frequency of the guest's TSC, 0 if unknown
 * @features: feature bits in force
 * @epoch: incremented after lost time; re-arm the timer and take once
 * @on: bit 0 outstanding notification
 * @sn: bit 0 suppress notification; the guest polls and does not halt
 * @groups: bit g says: look at pir[g]
 * @timer_deadline: guest TSC at which the timer is due; ~0 is disarmed
 * @timer_armed: earliest TSC at which the SVSM looks uncalled; ~0 is never
 * @timer_expirations: number of expiries
 * @timer_late_max: largest TSC - deadline seen at an expiry, in TSC ticks
 * @pir: posted-interrupt requests, one bit a source
 * @mask: 1 is masked; all ones after registration
 * @level: 1 is level triggered
 * @reserved_024: zero, as the others of that name
 * @reserved_050: -
 * @reserved_088: -
 * @reserved_0d8: -
 * @reserved_280: -
 *
 * One writer per 64-byte line where that is possible. Bit strings are little
 * endian: any naturally aligned locked access of up to 8 bytes is valid.
 * Source: the project's own interface, Documentation/abi.rst; names as in
 * Intel's posted-interrupt descriptor (SDM volume 3, 31.6).
 */
struct svsm_event_page {
	/* 0x000: written by the SVSM */
	__u32 magic;
	__u16 major;
	__u16 minor;
	__u32 source_count;
	__u32 apic_id;
	__u32 vector;
	__u32 tsc_khz;
	__u64 features;
	__u32 epoch;
	__u8 reserved_024[0x040 - 0x024];
	/* 0x040: both */
	__u32 on;
	__u32 sn;
	__u64 groups;
	__u8 reserved_050[0x080 - 0x050];
	/* 0x080: the guest; the SVSM by compare-and-exchange on expiry */
	__u64 timer_deadline;
	__u8 reserved_088[0x0C0 - 0x088];
	/* 0x0C0: written by the SVSM */
	__u64 timer_armed;
	__u64 timer_expirations;
	__u64 timer_late_max;
	__u8 reserved_0d8[0x100 - 0x0D8];
	/* 0x100: the SVSM sets, the guest clears */
	__u64 pir[SVSM_GROUPS_MAX];
	/* 0x180: the guest */
	__u64 mask[SVSM_GROUPS_MAX];
	/* 0x200: the SVSM */
	__u64 level[SVSM_GROUPS_MAX];
	__u8 reserved_280[SVSM_EVENT_PAGE_SIZE - 0x280];
};

#endif /* _UAPI_SVSM_EVENT_PAGE_H */
