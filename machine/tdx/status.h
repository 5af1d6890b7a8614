/* SPDX-License-Identifier: MIT */
/*
 * Completion status of TDCALL, with which RAX comes back. Bits 63:32 are the
 * code (bit 63: error, bit 62: fatal for the call), bits 31:0 say what it is
 * about. Values: TDX Module 1.5 ABI specification, "function completion
 * status codes".
 */
#ifndef MACHINE_TDX_STATUS_H
#define MACHINE_TDX_STATUS_H

#define TDX_SUCCESS				0ULL
#define TDX_OPERAND_INVALID			0xc000010000000000ULL
#define TDX_NO_VALID_VE_INFO			0xc000070400000000ULL
#define TDX_PAGE_ALREADY_ACCEPTED		0x00000b0a00000000ULL
#define TDX_PAGE_SIZE_MISMATCH			0xc0000b0b00000000ULL
#define TDX_METADATA_FIELD_ID_INCORRECT		0xc0000c0000000000ULL
#define TDX_METADATA_FIELD_NOT_WRITABLE		0xc0000c0100000000ULL
#define TDX_METADATA_FIELD_NOT_READABLE		0xc0000c0200000000ULL
#define TDX_METADATA_FIELD_VALUE_NOT_VALID	0xc0000c0300000000ULL
#define TDX_METADATA_FIRST_FIELD_ID_IN_CONTEXT	0x00000c0b00000000ULL

/*
 * No status: the instruction has not been executed and is to be tried again,
 * after what the guest got to see of it (#VE) or the host did about it.
 */
#define TDX_AGAIN				(~0ULL)

/* Operand identifiers, bits 31:0 of TDX_OPERAND_INVALID: registers */
#define TDX_ID_RAX	0
#define TDX_ID_RCX	1
#define TDX_ID_RDX	2
#define TDX_ID_R8	8

/* TDG.VP.VMCALL: what the host answers in R10 (GHCI 1.5, table 2-4) */
#define VMCALL_SUCCESS			0ULL
#define VMCALL_RETRY			1ULL
#define VMCALL_INVALID_OPERAND		0x8000000000000000ULL
#define VMCALL_GPA_INUSE		0x8000000000000001ULL
#define VMCALL_ALIGN_ERROR		0x8000000000000002ULL
#define VMCALL_UNSUPPORTED		0x8000000000000003ULL

#endif /* MACHINE_TDX_STATUS_H */
