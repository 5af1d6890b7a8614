/* SPDX-License-Identifier: MIT */
/*
 * From a call of the guest to the function that serves it.
 */
#ifndef _SVSM_DISPATCH_H
#define _SVSM_DISPATCH_H

#include <svsm/arch.h>
#include <svsm/types.h>
#include <uapi/svsm/call.h>

struct vcpu;

/**
 * svsm_call_fn - serves one call
 * @vcpu: the calling vCPU
 * @block: copy of the parameter block, bytes that the call does not name are
 *	zero; NULL for protocols without blocks
 * @call: registers; results go to rcx, rdx, r8, what is no result stays
 *
 * Return: result code.
 */
typedef u32 (*svsm_call_fn)(struct vcpu *vcpu, const union svsm_block *block,
			    struct guest_call *call);

/* @named of a call without a parameter block */
#define SVSM_CALL_NO_BLOCK	0xFFU

/**
 * struct svsm_call_entry - one line of the table of calls
 * @protocol: SVSM_PROTO_*
 * @call: number within the protocol
 * @name: for the log
 * @handler: serves it
 * @named: bytes at the start of the block that the call names, the rest must
 *	be zero; SVSM_CALL_NO_BLOCK if it takes none
 */
struct svsm_call_entry {
	u32 protocol;
	u32 call;
	const char *name;
	svsm_call_fn handler;
	u8 named;
};

/**
 * svsm_dispatch() - serve a call
 * @vcpu: the calling vCPU, this vCPU
 * @call: in: as the guest made it; out: as it will see it
 */
void svsm_dispatch(struct vcpu *vcpu, struct guest_call *call);

/**
 * svsm_call_find() - line of the table
 * @protocol: protocol number
 * @call: call number
 *
 * Return: NULL if there is no such call.
 */
const struct svsm_call_entry *svsm_call_find(u32 protocol, u32 call);

/**
 * svsm_protocol_versions() - what QUERY_PROTOCOL answers
 * @protocol: protocol number
 * @version: version the guest asks for
 *
 * Return: highest version << 32 | lowest, 0 if protocol or version are not
 * served.
 */
u64 svsm_protocol_versions(u32 protocol, u32 version);

/* proto-core.c */
u32 proto_core_remap_ca(struct vcpu *vcpu, const union svsm_block *block,
			struct guest_call *call);
u32 proto_core_pvalidate(struct vcpu *vcpu, const union svsm_block *block,
			 struct guest_call *call);
u32 proto_core_create_vcpu(struct vcpu *vcpu, const union svsm_block *block,
			   struct guest_call *call);
u32 proto_core_delete_vcpu(struct vcpu *vcpu, const union svsm_block *block,
			   struct guest_call *call);
u32 proto_core_query_protocol(struct vcpu *vcpu, const union svsm_block *block,
			      struct guest_call *call);
u32 proto_core_configure_vtom(struct vcpu *vcpu, const union svsm_block *block,
			      struct guest_call *call);

/* proto-irq.c */
u32 proto_irq_query(struct vcpu *vcpu, const union svsm_block *block,
		    struct guest_call *call);
u32 proto_irq_page_register(struct vcpu *vcpu, const union svsm_block *block,
			    struct guest_call *call);
u32 proto_irq_page_unregister(struct vcpu *vcpu, const union svsm_block *block,
			      struct guest_call *call);
u32 proto_irq_source_open(struct vcpu *vcpu, const union svsm_block *block,
			  struct guest_call *call);
u32 proto_irq_source_close(struct vcpu *vcpu, const union svsm_block *block,
			   struct guest_call *call);
u32 proto_irq_source_bind(struct vcpu *vcpu, const union svsm_block *block,
			  struct guest_call *call);
u32 proto_irq_source_eoi(struct vcpu *vcpu, const union svsm_block *block,
			 struct guest_call *call);
u32 proto_irq_source_raise(struct vcpu *vcpu, const union svsm_block *block,
			   struct guest_call *call);
u32 proto_irq_source_query(struct vcpu *vcpu, const union svsm_block *block,
			   struct guest_call *call);
u32 proto_irq_reset(struct vcpu *vcpu, const union svsm_block *block,
		    struct guest_call *call);
u32 proto_irq_page_query(struct vcpu *vcpu, const union svsm_block *block,
			 struct guest_call *call);

/**
 * proto_irq_reset_vcpu() - RESET for one vCPU
 * @vcpu: the vCPU
 *
 * Caller holds the control lock.
 */
void proto_irq_reset_vcpu(struct vcpu *vcpu);

/* proto-timer.c */
u32 proto_timer_query(struct vcpu *vcpu, const union svsm_block *block,
		      struct guest_call *call);
u32 proto_timer_attach(struct vcpu *vcpu, const union svsm_block *block,
		       struct guest_call *call);
u32 proto_timer_arm(struct vcpu *vcpu, const union svsm_block *block,
		    struct guest_call *call);
u32 proto_timer_detach(struct vcpu *vcpu, const union svsm_block *block,
		       struct guest_call *call);

#endif /* _SVSM_DISPATCH_H */
