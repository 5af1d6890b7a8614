/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR MIT */
/*
 * Calls from the guest to the SVSM: protocols, calls, parameter blocks,
 * results. The calling convention is that of the SVSM specification (AMD
 * 58019): RAX = protocol << 32 | call, result code in RAX, values in RCX, RDX
 * and R8. Normative text: Documentation/abi.rst, section "Calls".
 */
#ifndef _UAPI_SVSM_CALL_H
#define _UAPI_SVSM_CALL_H

#include <linux/types.h>

#define SVSM_CALL(protocol, call)	(((__u64)(protocol) << 32) | (call))

#define SVSM_PROTO_CORE		0U
#define SVSM_PROTO_ATTEST	1U
#define SVSM_PROTO_VTPM		2U
#define SVSM_PROTO_APIC		3U
#define SVSM_PROTO_UEFI_MM	4U
#define SVSM_PROTO_IRQ		0x53560001U
#define SVSM_PROTO_TIMER	0x53560002U

/* IRQ protocol */
#define SVSM_IRQ_QUERY			0U
#define SVSM_IRQ_PAGE_REGISTER		1U
#define SVSM_IRQ_PAGE_UNREGISTER	2U
#define SVSM_IRQ_SOURCE_OPEN		3U
#define SVSM_IRQ_SOURCE_CLOSE		4U
#define SVSM_IRQ_SOURCE_BIND		5U
#define SVSM_IRQ_SOURCE_EOI		6U
#define SVSM_IRQ_SOURCE_RAISE		7U
#define SVSM_IRQ_SOURCE_QUERY		8U
#define SVSM_IRQ_RESET			9U
#define SVSM_IRQ_PAGE_QUERY		10U

/* TIMER protocol */
#define SVSM_TIMER_QUERY		0U
#define SVSM_TIMER_ATTACH		1U
#define SVSM_TIMER_ARM			2U
#define SVSM_TIMER_DETACH		3U

/* Results, AMD 58019 table "SVSM result codes", and ours from 0x80001000. */
#define SVSM_SUCCESS			0
#define SVSM_ERR_INCOMPLETE		0x80000000
#define SVSM_ERR_UNSUPPORTED_PROTOCOL	0x80000001
#define SVSM_ERR_UNSUPPORTED_CALL	0x80000002
#define SVSM_ERR_INVALID_ADDRESS	0x80000003
#define SVSM_ERR_INVALID_FORMAT		0x80000004
#define SVSM_ERR_INVALID_PARAMETER	0x80000005
#define SVSM_ERR_INVALID_REQUEST	0x80000006
#define SVSM_ERR_BUSY			0x80000007
#define SVSM_ERR_PROTOCOL_BASE		0x80001000
#define SVSM_ERR_NO_VCPU		0x80001000
#define SVSM_ERR_NO_PAGE		0x80001001
#define SVSM_ERR_VECTOR			0x80001002
#define SVSM_ERR_IN_USE			0x80001003
#define SVSM_ERR_NO_DELIVERY		0x80001004
#define SVSM_ERR_LOST			0x80001005

/* "This vCPU" and "choose one for me" in parameter blocks. */
#define SVSM_APIC_ID_SELF		0xFFFFFFFFU
#define SVSM_SOURCE_ANY			0xFFFFFFFFU

/* Every call of IRQ and TIMER takes one block of this size, at RCX. */
#define SVSM_BLOCK_SIZE			88

/* SOURCE_OPEN: what raises it, and how */
#define SVSM_SOURCE_HOST_VECTOR		1U
#define SVSM_SOURCE_TIMER		2U	/* only through TIMER ATTACH */
#define SVSM_SOURCE_SOFTWARE		3U
#define SVSM_SOURCE_SERVICE		4U
#define SVSM_TRIGGER_EDGE		0U
#define SVSM_TRIGGER_LEVEL		1U

/* SOURCE_QUERY: bits of RCX */
#define SVSM_SOURCE_STATE_OPEN		0x01U
#define SVSM_SOURCE_STATE_LATCHED	0x02U
#define SVSM_SOURCE_STATE_PENDING	0x04U
#define SVSM_SOURCE_STATE_IN_SERVICE	0x08U
#define SVSM_SOURCE_STATE_LOST		0x10U

/* IRQ QUERY, R8 */
#define SVSM_DELIVERY_HOST_ASSISTED	0U
#define SVSM_DELIVERY_SVSM_APIC		1U
#define SVSM_DELIVERY_NONE		0xFFU
#define SVSM_QUERY_MODE(r8)		((__u8)((r8) & 0xFF))
#define SVSM_QUERY_BLOCK_SIZE(r8)	((__u8)(((r8) >> 8) & 0xFF))
#define SVSM_QUERY_TSC_TRUSTED		(1ULL << 16)
#define SVSM_QUERY_MAJOR(r8)		((__u16)((r8) >> 32))
#define SVSM_QUERY_MINOR(r8)		((__u16)((r8) >> 48))

/* TIMER QUERY, RCX: the SVSM re-arms itself where it expects the next one */
#define SVSM_TIMER_FEATURE_PREDICTIVE	(1ULL << 0)

/* Hints, never a proof: CPUID leaves, Documentation/abi.rst "Discovery" */
#define SVSM_CPUID_SIGNATURE		0x40000F00U
#define SVSM_CPUID_TRANSPORT		0x40000F01U
#define SVSM_CPUID_TRANSPORT_VMGEXIT	1U
#define SVSM_CPUID_TRANSPORT_TDCALL	2U
#define SVSM_CPUID_TRANSPORT_VMMCALL	3U

/**
 * union svsm_block - the parameter block of every IRQ and TIMER call
 * @raw: all 88 bytes; what a call does not name is zero
 * @page_register: PAGE_REGISTER: page's GPA, vCPU, NV, features wanted
 * @vcpu: PAGE_UNREGISTER, TIMER DETACH: the vCPU by its APIC ID
 * @open: SOURCE_OPEN
 * @bind: SOURCE_BIND
 * @attach: TIMER ATTACH
 * @source: SOURCE_CLOSE, _EOI, _RAISE, _QUERY
 * @page_query: PAGE_QUERY: the first of the three counters wanted
 *
 * 8-aligned, within one page, in private memory of the guest. The size is
 * what stock Linux can pass on for a module (snp_issue_svsm_attest_req()).
 */
union svsm_block {
	__u8 raw[SVSM_BLOCK_SIZE];
	struct {
		__u64 gpa;
		__u32 apic_id;
		__u8 vector;
		__u8 flags;
		__u16 reserved;
		__u64 features;
	} page_register;
	struct {
		__u32 apic_id;
	} vcpu;
	struct {
		__u32 source;
		__u8 kind;
		__u8 trigger;
		__u8 host_vector;
		__u8 priority;
		__u32 apic_id;
		__u32 host_apic_id;
		__u32 arg;
	} open;
	struct {
		__u32 source;
		__u32 apic_id;
	} bind;
	struct {
		__u32 apic_id;
		__u32 source;
	} attach;
	struct {
		__u32 source;
	} source;
	struct {
		__u32 apic_id;
		__u32 first;
	} page_query;
};

/* PAGE_QUERY: counters, three a call from @first on, in RCX, RDX, R8. */
enum svsm_page_counter {
	SVSM_COUNTER_NOTIFIED,
	SVSM_COUNTER_COALESCED,
	SVSM_COUNTER_MASKED,
	SVSM_COUNTER_SUPPRESSED_ON,
	SVSM_COUNTER_SUPPRESSED_SN,
	SVSM_COUNTER_REASSERTED,
	SVSM_COUNTER_REFUSED,
	SVSM_COUNTER_LATCHED,
	SVSM_COUNTER_EXPIRED,
	SVSM_COUNTER_COUNT
};

#endif /* _UAPI_SVSM_CALL_H */
