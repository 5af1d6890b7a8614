// SPDX-License-Identifier: MIT
/*
 * Metadata fields of the TD and of the vCPU: VM.RD, VM.WR, VP.RD, VP.WR.
 * Which fields a TD may read and write, and the codes, are in the module's
 * tables (tdr_tdcs_fields_lookup.c, tdvps_fields_lookup.c) and in
 * metadata_generic.c. Command line "48" with a GPA width of 48, "sept-ve" with
 * ATTRIBUTES.SEPT_VE_DISABLE clear.
 */
#include "guest.h"

#define NO_FIELD	(~0ULL)
#define VERSION_1	(1ULL << 16)
#define CONTEXT_ALL	(7ULL << 52)
#define LAST_ELEMENT_1	(1ULL << 34)
#define LAST_FIELD_1	(1ULL << 38)
#define RESERVED_BIT	(1ULL << 24)
#define UNKNOWN_CODE	0x1110000300FFFFF0
#define UNKNOWN_CLASS	0x3E10000300000000

static u64 read(u64 leaf, u64 field)
{
	return td_call(leaf, 0, field, PATTERN, PATTERN);
}

static u64 write(u64 leaf, u64 field, u64 value, u64 mask)
{
	return td_call(leaf, 0, field, value, mask);
}

static void readable(void)
{
	static const struct {
		const char *name;
		u64 field;
	} fields[] = {
		{ "VM.RD of NUM_VCPUS", TD_NUM_VCPUS },
		{ "VM.RD of NUM_L2_VMS", TD_NUM_L2_VMS },
		{ "VM.RD of ATTRIBUTES", TD_ATTRIBUTES },
		{ "VM.RD of XFAM", TD_XFAM },
		{ "VM.RD of MAX_VCPUS", TD_MAX_VCPUS },
		{ "VM.RD of GPAW", TD_GPAW },
		{ "VM.RD of TSC_FREQUENCY", TD_TSC_FREQUENCY },
		{ "VM.RD of NOTIFY_ENABLES", TD_NOTIFY_ENABLES },
		{ "VM.RD of CONFIG_FLAGS", TD_CONFIG_FLAGS },
		{ "VM.RD of TD_CTLS", TD_CTLS },
		{ "VM.RD of MRTD", TD_MRTD },
		{ "VM.RD of MRTD, last element", TD_MRTD + 5 },
		{ "VM.RD of MRCONFIGID", TD_MRCONFIGID },
		{ "VM.RD of MROWNER", TD_MROWNER },
		{ "VM.RD of MROWNERCONFIG", TD_MROWNERCONFIG },
		{ "VM.RD of RTMR 0", TD_RTMR },
		{ "VM.RD of RTMR 3, last element", TD_RTMR + 23 },
	};
	u64 value[ARRAY_SIZE(fields)];
	u64 attributes, vcpus;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		guest_equal(read(TDG_VM_RD, fields[i].field), TDX_SUCCESS,
			    fields[i].name);
		value[i] = td.r8;
	}
	guest_ok(td.rdx == fields[i - 1].field && td.r9 == PATTERN,
		 "VM.RD version 0 changes R8 alone");
	td_call(TDG_VP_INFO, 0, 0, 0, 0);
	attributes = td.rdx;
	vcpus = td.r8;
	guest_equal(value[0], (u32)vcpus, "NUM_VCPUS is VP.INFO's");
	guest_equal(value[1], 0, "NUM_L2_VMS is 0 without a second level");
	guest_equal(value[2], attributes, "ATTRIBUTES is VP.INFO's");
	guest_equal(value[3] & 3, 3, "XFAM has x87 and SSE");
	guest_equal(value[4], vcpus >> 32, "MAX_VCPUS is VP.INFO's");
	guest_equal(value[5], !guest_is("48"), "GPAW says whether it is 52");
	guest_ok(value[6], "TSC_FREQUENCY, in 25 MHz, is not 0");
	guest_equal(value[7], 0, "NOTIFY_ENABLES begins as 0");
	guest_equal(value[8] & 1, !guest_is("48"), "CONFIG_FLAGS has GPAW too");
	guest_equal(value[9], !guest_is("sept-ve"),
		    "TD_CTLS begins with ATTRIBUTES.SEPT_VE_DISABLE alone");
	guest_equal(!!(attributes & ATTRIBUTES_SEPT_VE_DISABLE),
		    !guest_is("sept-ve"), "which is as asked for");
}

static void field_ids(void)
{
	u64 attributes = td_read_field(TDG_VM_RD, TD_ATTRIBUTES);

	guest_equal(read(TDG_VM_RD, TD_ATTRIBUTES ^ CONTEXT_ALL), TDX_SUCCESS,
		    "the context of a field identifier is ignored");
	guest_equal(td.r8, attributes, "and the value is the same");
	guest_equal(read(TDG_VM_RD, TD_ATTRIBUTES & ~(3ULL << 32)), TDX_SUCCESS,
		    "so is the size");
	guest_equal(td.r8, attributes, "and the value is the same");
	guest_equal(read(TDG_VM_RD, UNKNOWN_CODE), TDX_FIELD_ID_INCORRECT,
		    "VM.RD of an unknown field code");
	guest_equal(td.r8, 0, "gives 0");
	guest_equal(read(TDG_VM_RD, UNKNOWN_CLASS), TDX_FIELD_ID_INCORRECT,
		    "VM.RD of an unknown class");
	guest_equal(read(TDG_VM_RD, TD_ATTRIBUTES | RESERVED_BIT),
		    TDX_FIELD_ID_INCORRECT, "VM.RD with a reserved bit");
	guest_equal(read(TDG_VM_RD, TD_MRTD | LAST_ELEMENT_1),
		    TDX_FIELD_ID_INCORRECT, "VM.RD of several elements");
	guest_equal(read(TDG_VM_RD, TD_MRTD | LAST_FIELD_1),
		    TDX_FIELD_ID_INCORRECT, "VM.RD of several fields");
	guest_equal(read(TDG_VM_RD, TD_MRTD + 6), TDX_FIELD_ID_INCORRECT,
		    "VM.RD behind the last element");
	guest_equal(read(TDG_VM_RD, TD_FATAL), TDX_FIELD_NOT_READABLE,
		    "VM.RD of a field that is the host's");
	guest_equal(td.r8, 0, "gives 0");
	guest_equal(td_call(TDG_VM_RD, 1, TD_ATTRIBUTES, PATTERN, PATTERN),
		    TDX_OPERAND_INVALID | RCX, "VM.RD of another TD");
	guest_equal(td.r8, 0, "gives 0");
	guest_equal(td_call(TDG_VM_WR, 1, TD_NOTIFY_ENABLES, 1, 1),
		    TDX_OPERAND_INVALID | RCX, "VM.WR of another TD");
}

/* Version 1 names the next field, so that all can be found. */
static void iterate(void)
{
	bool seen_attributes = false, seen_rtmr = false, all = true;
	u64 field, status, previous = 0;
	u32 count = 0;

	guest_equal(td_call(TDG_VM_RD | VERSION_1, 0, NO_FIELD, PATTERN, PATTERN),
		    TDX_FIRST_FIELD_ID, "VM.RD version 1: the first field");
	field = td.rdx;
	guest_equal(td.r8, 0, "comes without a value");
	while (field != NO_FIELD && count < 10000) {
		status = td_call(TDG_VM_RD | VERSION_1, 0, field, PATTERN, PATTERN);
		all &= !status && td.rdx != previous;
		seen_attributes |= field == TD_ATTRIBUTES;
		seen_rtmr |= field == TD_RTMR + 7;
		if (status) {
			rt_print("# field 0x%lx: status 0x%lx\n", field, status);
			break;
		}
		previous = field;
		field = td.rdx;
		count++;
	}
	guest_ok(all && field == NO_FIELD, "each names the next, to the end");
	guest_ok(seen_attributes && seen_rtmr, "known ones are among them");
	guest_equal(td_call(TDG_VM_RD | VERSION_1, 0, UNKNOWN_CODE, PATTERN,
			    PATTERN), TDX_FIELD_ID_INCORRECT,
		    "VM.RD version 1 of an unknown field");
	guest_ok(td.rdx == NO_FIELD && !td.r8, "names none");
	guest_equal(read(TDG_VP_RD, NO_FIELD), TDX_FIRST_FIELD_ID,
		    "VP.RD: the first field");
	guest_ok(td.rdx != NO_FIELD, "is named");
}

static void writable(void)
{
	u64 ctls = td_read_field(TDG_VM_RD, TD_CTLS);
	bool flexible = td_read_field(TDG_VM_RD, TD_CONFIG_FLAGS) &
			CONFIG_FLAGS_FLEXIBLE_VE;

	guest_equal(write(TDG_VM_WR, TD_ATTRIBUTES, 0, ~0ULL),
		    TDX_FIELD_NOT_WRITABLE, "VM.WR of ATTRIBUTES");
	guest_equal(td.r8, 0, "gives 0");
	guest_equal(write(TDG_VM_WR, TD_RTMR, 1, ~0ULL), TDX_FIELD_NOT_WRITABLE,
		    "VM.WR of an RTMR");
	guest_equal(write(TDG_VM_WR, TD_FATAL, 1, ~0ULL), TDX_FIELD_NOT_WRITABLE,
		    "VM.WR of a field that is the host's");
	guest_equal(write(TDG_VM_WR, UNKNOWN_CODE, 1, 1), TDX_FIELD_ID_INCORRECT,
		    "VM.WR of an unknown field");
	guest_equal(write(TDG_VM_WR, TD_NOTIFY_ENABLES, 1, 0),
		    TDX_FIELD_NOT_WRITABLE, "VM.WR with an empty mask");
	guest_equal(write(TDG_VM_WR, TD_NOTIFY_ENABLES, 2, 2),
		    TDX_FIELD_NOT_WRITABLE, "VM.WR of a bit that is read-only");
	guest_equal(write(TDG_VM_WR, TD_NOTIFY_ENABLES, 2, 3),
		    TDX_FIELD_VALUE_NOT_VALID,
		    "VM.WR that changes a read-only bit among others");
	guest_equal(write(TDG_VM_WR, TD_NOTIFY_ENABLES, 1, 1), TDX_SUCCESS,
		    "VM.WR of NOTIFY_ENABLES");
	guest_equal(td.r8, 0, "gives the old value");
	guest_equal(td_read_field(TDG_VM_RD, TD_NOTIFY_ENABLES), 1,
		    "and VM.RD the new one");
	guest_equal(write(TDG_VM_WR, TD_NOTIFY_ENABLES, 0, 1), TDX_SUCCESS,
		    "VM.WR back");
	guest_equal(td.r8, 1, "gives the old value");

	guest_equal(write(TDG_VM_WR, TD_CTLS, 8, 8), TDX_FIELD_NOT_WRITABLE,
		    "VM.WR of TD_CTLS: bit 3 is not there");
	guest_equal(write(TDG_VM_WR, TD_CTLS, ctls, CTLS_PENDING_VE_DISABLE),
		    TDX_SUCCESS, "VM.WR of TD_CTLS with what it is");
	guest_equal(td.r8, ctls, "gives the old value");
	if (flexible) {
		guest_equal(write(TDG_VM_WR, TD_CTLS, ~ctls, CTLS_PENDING_VE_DISABLE),
			    TDX_SUCCESS, "VM.WR of TD_CTLS: flexible");
		guest_equal(td_read_field(TDG_VM_RD, TD_CTLS),
			    ctls ^ CTLS_PENDING_VE_DISABLE, "it is changed");
		write(TDG_VM_WR, TD_CTLS, ctls, CTLS_PENDING_VE_DISABLE);
	} else {
		guest_equal(write(TDG_VM_WR, TD_CTLS, ~ctls, CTLS_PENDING_VE_DISABLE),
			    TDX_FIELD_VALUE_NOT_VALID,
			    "VM.WR of TD_CTLS: not flexible");
		guest_equal(td_read_field(TDG_VM_RD, TD_CTLS), ctls,
			    "it is not changed");
	}
}

static void vcpu_fields(void)
{
	struct attempt a = { 0 };

	guest_equal(read(TDG_VP_RD, VP_VCPU_INDEX), TDX_SUCCESS,
		    "VP.RD of VCPU_INDEX");
	guest_equal(td.r8, 0, "it is 0");
	guest_ok(td.rdx != PATTERN && td.rdx != VP_VCPU_INDEX,
		 "VP.RD names the next field");
	guest_equal(read(TDG_VP_RD, (VP_VCPU_INDEX & ~CONTEXT_ALL)), TDX_SUCCESS,
		    "the context of a field identifier is ignored");
	guest_equal(td_call(TDG_VP_RD, 1, VP_VCPU_INDEX, PATTERN, PATTERN),
		    TDX_OPERAND_INVALID | RCX, "VP.RD with RCX");
	guest_ok(td.rdx == NO_FIELD && !td.r8, "gives 0 and names no field");
	guest_equal(read(TDG_VP_RD, 0xA020000300FFFFF0), TDX_FIELD_ID_INCORRECT,
		    "VP.RD of an unknown field");
	guest_ok(td.rdx == NO_FIELD && !td.r8, "gives 0 and names no field");
	guest_equal(read(TDG_VP_RD, VP_VCPU_INDEX | LAST_ELEMENT_1),
		    TDX_FIELD_ID_INCORRECT, "VP.RD of several elements");
	guest_equal(write(TDG_VP_WR, VP_VCPU_INDEX, 1, ~0ULL),
		    TDX_FIELD_NOT_WRITABLE, "VP.WR of VCPU_INDEX");
	guest_equal(write(TDG_VP_WR, 0xA020000300FFFFF0, 1, 1),
		    TDX_FIELD_ID_INCORRECT, "VP.WR of an unknown field");
	guest_equal(td_call(TDG_VP_WR, 1, VP_CPUID_USER_VE, 1, 0xFF),
		    TDX_OPERAND_INVALID | RCX, "VP.WR with RCX");
	guest_equal(write(TDG_VP_WR, VP_CPUID_SUPERVISOR_VE, 1, 0xFF),
		    TDX_SUCCESS, "VP.WR of CPUID_SUPERVISOR_VE");
	guest_equal(td.r8, 0, "gives the old value");
	guest_attempt(insn_cpuid, &a);
	td_ok_ve(&a, VE_CPUID, 0, 2, "CPUID is #VE now");
	guest_equal(write(TDG_VP_WR, VP_CPUID_SUPERVISOR_VE, 0, 0xFF),
		    TDX_SUCCESS, "VP.WR back");
	guest_equal(td.r8, 1, "gives the old value");

	/* one leaf: number 0 of the module's list is leaf 1 */
	guest_equal(write(TDG_VP_WR, VP_CPUID_CONTROL, 1, 3), TDX_SUCCESS,
		    "VP.WR of CPUID_CONTROL");
	a = (struct attempt) { .rax = 1 };
	guest_attempt(insn_cpuid, &a);
	td_ok_ve(&a, VE_CPUID, 0, 2, "CPUID 1 is #VE at CPL 0");
	a = (struct attempt) { .rax = 1 };
	guest_attempt_user(insn_cpuid, &a);
	guest_trap(&a, VECTOR_UD, 0, "not at CPL 3");
	a = (struct attempt) { 0 };
	guest_attempt(insn_cpuid, &a);
	guest_none(&a, "nor is CPUID 0");
	guest_equal(write(TDG_VP_WR, VP_CPUID_CONTROL, 0, 3), TDX_SUCCESS,
		    "VP.WR back");
	guest_equal(write(TDG_VP_WR, VP_CPUID_CONTROL, 4, 4),
		    TDX_FIELD_NOT_WRITABLE, "it has two bits");
}

/** guest_main() - see the top of this file */
void guest_main(void)
{
	td_init();
	guest_plan(17 + 12 + 16 + 8 + 18 + 17 + 6);
	readable();
	field_ids();
	iterate();
	writable();
	vcpu_fields();
}
