// SPDX-License-Identifier: MIT
/*
 * Protocol 0, Core (AMD 58019): the guest's vCPUs, calling areas and memory.
 */
#include <svsm/arch.h>
#include <svsm/dispatch.h>
#include <svsm/pinned.h>
#include <svsm/shm.h>
#include <svsm/svsm.h>

#define PAGE_SIZE_4K	4096ULL
#define PAGE_SIZE_2M	(2ULL << 20)

/* Results of PVALIDATE, relative to SVSM_ERR_PROTOCOL_BASE. */
#define PVALIDATE_FAILED	(SVSM_ERR_PROTOCOL_BASE + 0x01U)
#define PVALIDATE_SIZE_MISMATCH	(SVSM_ERR_PROTOCOL_BASE + 0x06U)
#define PVALIDATE_UNCHANGED	(SVSM_ERR_PROTOCOL_BASE + 0x10U)

/* Its list: u16 entries, u16 next, u32 reserved, u64 entry[] */
struct pvalidate_head {
	u16 entries;
	u16 next;
	u32 reserved;
};

/*
 * Bits of an entry. Bits 11:4 are reserved; they and the header's reserved
 * word are not looked at, because Linux builds the list in its calling area
 * on top of what an earlier call left there.
 */
#define ENTRY_SIZE_MASK		0x3ULL
#define ENTRY_SIZE_4K		0x0ULL
#define ENTRY_SIZE_2M		0x1ULL
#define ENTRY_VALIDATE		0x4ULL
#define ENTRY_IGNORE_UNCHANGED	0x8ULL
#define ENTRY_GPA_MASK		(~0xFFFULL)

/*
 * A call changes at most this much memory, so that the vCPU gets back to its
 * interrupts; the guest repeats it on SVSM_ERR_INCOMPLETE.
 */
#define PVALIDATE_BYTES_MAX	(4ULL << 20)

static u32 change(u64 gpa, u64 size, u64 entry)
{
	switch (arch_guest_mem_set(gpa, size, entry & ENTRY_VALIDATE)) {
	case MEM_OK:
		return SVSM_SUCCESS;
	case MEM_UNCHANGED:
		return entry & ENTRY_IGNORE_UNCHANGED ? SVSM_SUCCESS :
							PVALIDATE_UNCHANGED;
	case MEM_SIZE_MISMATCH:
		return PVALIDATE_SIZE_MISMATCH;
	default:
		return PVALIDATE_FAILED;
	}
}

static u32 pvalidate_one(struct vcpu *vcpu, u64 entry, u64 *size)
{
	u64 gpa = entry & ENTRY_GPA_MASK;
	u32 ret;

	switch (entry & ENTRY_SIZE_MASK) {
	case ENTRY_SIZE_4K:
		*size = PAGE_SIZE_4K;
		break;
	case ENTRY_SIZE_2M:
		*size = PAGE_SIZE_2M;
		break;
	default:
		return SVSM_ERR_INVALID_PARAMETER;
	}
	if (gpa % *size)
		return SVSM_ERR_INVALID_PARAMETER;
	if (!arch_guest_gpa_valid(gpa, *size))
		return SVSM_ERR_INVALID_ADDRESS;

	/* For as long as it lasts nobody else can give the range a use. */
	ret = pinned_add(gpa, *size, PINNED_CHANGING, vcpu->index);
	if (ret)
		return ret;
	ret = change(gpa, *size, entry);
	pinned_remove(gpa, PINNED_CHANGING, vcpu->index);
	return ret;
}

static u32 pvalidate_list(struct vcpu *vcpu, struct shm *list,
			  struct pvalidate_head *head)
{
	u64 done = 0, size, entry;
	u32 ret;

	for (; head->next < head->entries; head->next++) {
		if (done >= PVALIDATE_BYTES_MAX)
			return SVSM_ERR_INCOMPLETE;
		if (!shm_read64(shm_u64_at(list, sizeof(*head) +
					   head->next * sizeof(u64)), &entry))
			return SVSM_ERR_INVALID_ADDRESS;
		ret = pvalidate_one(vcpu, entry, &size);
		if (ret)
			return ret;
		done += size;
	}
	return SVSM_SUCCESS;
}

/*
 * The list's page is not pinned: another vCPU may have made a register state
 * of it meanwhile, and its privilege level is two bytes like these. So look
 * again under the control lock, which CREATE_VCPU needs for that.
 */
static bool write_next(u64 gpa, const struct pvalidate_head *head)
{
	struct shm *list;
	bool ok;

	spin_lock(&svsm.control);
	list = shm_guest(gpa, sizeof(*head));
	ok = list && shm_copy_out(shm_at(list,
					 offsetof(struct pvalidate_head, next)),
				  &head->next, sizeof(head->next));
	spin_unlock(&svsm.control);
	return ok;
}

/**
 * proto_core_pvalidate() - call 1: make pages the guest's, or take them back
 * @vcpu: calling vCPU
 * @block: NULL
 * @call: rcx: GPA of the list, 8-aligned, within a page
 *
 * The list's next is the first entry that is not done, also on an error.
 *
 * Return: SVSM_SUCCESS; SVSM_ERR_INCOMPLETE: call again; an error of the entry
 * at next. Source: AMD 58019, SVSM_CORE_PVALIDATE.
 */
u32 proto_core_pvalidate(struct vcpu *vcpu, const union svsm_block *block,
			 struct guest_call *call)
{
	u64 gpa = call->rcx;
	u64 offset = gpa % PAGE_SIZE_4K;
	struct pvalidate_head head;
	struct shm *list;
	u64 bytes;
	u32 ret;

	(void)block;
	if (gpa % sizeof(u64) || offset + sizeof(head) > PAGE_SIZE_4K ||
	    !arch_guest_gpa_valid(gpa, sizeof(head)))
		return SVSM_ERR_INVALID_ADDRESS;
	list = shm_guest(gpa, sizeof(head));
	if (!list || !shm_copy_in(&head, list, sizeof(head)))
		return SVSM_ERR_INVALID_ADDRESS;

	bytes = sizeof(head) + head.entries * sizeof(u64);
	if (!head.entries || head.next >= head.entries ||
	    offset + bytes > PAGE_SIZE_4K)
		return SVSM_ERR_INVALID_PARAMETER;
	if (!shm_guest(gpa, bytes))
		return SVSM_ERR_INVALID_ADDRESS;

	ret = pvalidate_list(vcpu, list, &head);
	if (!write_next(gpa, &head) && !ret)
		ret = SVSM_ERR_INVALID_ADDRESS;
	return ret;
}

/**
 * proto_core_remap_ca() - call 0: move the calling vCPU's calling area
 * @vcpu: calling vCPU
 * @block: NULL
 * @call: rcx: GPA of the new calling area
 *
 * Return: see vcpu_remap_calling_area(). Source: AMD 58019,
 * SVSM_CORE_REMAP_CA.
 */
u32 proto_core_remap_ca(struct vcpu *vcpu, const union svsm_block *block,
			struct guest_call *call)
{
	(void)block;
	return vcpu_remap_calling_area(vcpu, call->rcx);
}

/**
 * proto_core_create_vcpu() - call 2: give a vCPU a register state
 * @vcpu: calling vCPU
 * @block: NULL
 * @call: rcx: GPA of the state; rdx: GPA of the calling area; r8: APIC ID
 *
 * Return: see vcpu_create_guest(); SVSM_ERR_INVALID_PARAMETER for an unknown
 * APIC ID. Source: AMD 58019, SVSM_CORE_CREATE_VCPU.
 */
u32 proto_core_create_vcpu(struct vcpu *vcpu, const union svsm_block *block,
			   struct guest_call *call)
{
	struct vcpu *target = NULL;

	(void)block;
	/* This protocol knows no "self". */
	if (call->r8 < SVSM_APIC_ID_SELF)
		target = vcpu_find(vcpu, (u32)call->r8);
	if (!target)
		return SVSM_ERR_INVALID_PARAMETER;
	return vcpu_create_guest(target, call->rcx, call->rdx);
}

/**
 * proto_core_delete_vcpu() - call 3: take a register state back
 * @vcpu: calling vCPU
 * @block: NULL
 * @call: rcx: GPA of the state
 *
 * Return: see vcpu_delete_guest(). Source: AMD 58019, SVSM_CORE_DELETE_VCPU.
 */
u32 proto_core_delete_vcpu(struct vcpu *vcpu, const union svsm_block *block,
			   struct guest_call *call)
{
	(void)vcpu;
	(void)block;
	return vcpu_delete_guest(call->rcx);
}

/**
 * proto_core_query_protocol() - call 6: which versions of a protocol?
 * @vcpu: calling vCPU
 * @block: NULL
 * @call: rcx: in: protocol << 32 | version; out: highest << 32 | lowest, or 0
 *
 * Return: SVSM_SUCCESS. Source: AMD 58019, SVSM_CORE_QUERY_PROTOCOL.
 */
u32 proto_core_query_protocol(struct vcpu *vcpu, const union svsm_block *block,
			      struct guest_call *call)
{
	(void)vcpu;
	(void)block;
	call->rcx = svsm_protocol_versions((u32)(call->rcx >> 32),
					   (u32)call->rcx);
	return SVSM_SUCCESS;
}

/**
 * proto_core_configure_vtom() - call 7: virtual top of memory
 * @vcpu: calling vCPU
 * @block: NULL
 * @call: rcx: bit 0: query; out: 0, no guest has one
 *
 * Return: SVSM_SUCCESS for a query, else SVSM_ERR_INVALID_REQUEST. Source: AMD
 * 58019, SVSM_CORE_CONFIGURE_VTOM.
 */
u32 proto_core_configure_vtom(struct vcpu *vcpu, const union svsm_block *block,
			      struct guest_call *call)
{
	(void)vcpu;
	(void)block;
	if (!(call->rcx & 1))
		return SVSM_ERR_INVALID_REQUEST;
	call->rcx = 0;
	return SVSM_SUCCESS;
}
