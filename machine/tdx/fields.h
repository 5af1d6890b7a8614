/* SPDX-License-Identifier: MIT */
/*
 * Metadata: what the TDX module knows of the TD and of a vCPU, by field
 * identifier (TDX Module 1.5 ABI specification, "field identifiers"): code in
 * bits 23:0, bytes of an element in 33:32 (log2), scope in 54:52, class in
 * 61:56. Elements of a field have consecutive codes.
 */
#ifndef MACHINE_TDX_FIELDS_H
#define MACHINE_TDX_FIELDS_H

#include "call.h"

#define FIELD_CODE(id)		((u32)(id) & 0xffffff)
#define FIELD_CLASS(id)		((u32)((id) >> 56) & 0x3f)
#define FIELD_SIZE(id)		(1U << ((id) >> 32 & 3))
#define FIELD_SCOPE_MASK	(7ULL << 52)

/**
 * struct field - a field that the TD can read
 * @id: of its first element
 * @count: elements
 * @read: bits that it can read
 * @write: bits that it can write
 * @get: value of an element; td.lock is held
 * @set: give an element a value of which only bits of @write changed; td.lock
 *	is held. NULL if @write is 0. Return: completion status
 */
struct field {
	u64 id;
	u32 count;
	u64 read;
	u64 write;
	u64 (*get)(const struct vcpu *v, u32 element);
	u64 (*set)(struct vcpu *v, u32 element, u64 val);
};

/* Codes of a class that exist and are none of the TD's business. */
struct hidden_fields {
	u8 class;
	u32 first;
	u32 last;
};

/**
 * struct scope - the fields of the TD, or those of a vCPU
 * @bits: scope in identifiers
 * @fields: that the TD can read, in the order of enumeration
 * @hidden: the others
 */
struct scope {
	u64 bits;
	const struct field *fields;
	u32 field_count;
	const struct hidden_fields *hidden;
	u32 hidden_count;
};

/* td_fields.c, vp_fields.c */
extern const struct scope td_scope, vp_scope;

#endif /* MACHINE_TDX_FIELDS_H */
