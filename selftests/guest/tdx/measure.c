// SPDX-License-Identifier: MIT
/*
 * Run-time measurement registers and the report: MR.RTMR.EXTEND, MR.REPORT
 * (TDREPORT_STRUCT of the TDX module ABI specification).
 */
#include "guest.h"
#include "../../../tools/igvm/igvm_measure.h"

#define HASH		48
#define REPORT_SIZE	1024
#define REPORT_DATA	64

/* Offsets in the report; TDINFO is its second half. */
#define TYPE		0x000
#define RESERVED_0	0x004
#define TCB_INFO_HASH	0x020
#define INFO_HASH	0x050
#define DATA		0x080
#define RESERVED_1	0x0C0
#define MAC		0x0E0
#define MAC_SIZE	32
#define TDINFO		0x200
#define ATTRIBUTES	0x200
#define XFAM		0x208
#define MRTD		0x210
#define MRCONFIGID	0x240
#define MROWNER		0x270
#define MROWNERCONFIG	0x2A0
#define RTMR(n)		(0x2D0 + (n) * HASH)
#define SERVTD_HASH	0x390
#define RESERVED_2	0x3C0

/* SHA-384("abc"); SHA-384(48 zeroes, that); SHA-384(that, the first). */
static const u8 abc[HASH] = {
	0xcb, 0x00, 0x75, 0x3f, 0x45, 0xa3, 0x5e, 0x8b, 0xb5, 0xa0, 0x3d, 0x69,
	0x9a, 0xc6, 0x50, 0x07, 0x27, 0x2c, 0x32, 0xab, 0x0e, 0xde, 0xd1, 0x63,
	0x1a, 0x8b, 0x60, 0x5a, 0x43, 0xff, 0x5b, 0xed, 0x80, 0x86, 0x07, 0x2b,
	0xa1, 0xe7, 0xcc, 0x23, 0x58, 0xba, 0xec, 0xa1, 0x34, 0xc8, 0x25, 0xa7
};
static const u8 once[HASH] = {
	0x93, 0x73, 0x2e, 0x37, 0x33, 0x51, 0x4a, 0x84, 0x1c, 0x98, 0x2c, 0xfa,
	0x75, 0xea, 0x76, 0xab, 0x55, 0xfe, 0x01, 0x1a, 0xcb, 0x9c, 0xd9, 0x80,
	0xef, 0x45, 0x23, 0x91, 0x3c, 0x65, 0xbe, 0x1b, 0x09, 0x98, 0xe0, 0x4d,
	0x77, 0xf8, 0xc1, 0x74, 0xf8, 0x1a, 0x82, 0x15, 0x16, 0x19, 0xca, 0x40
};
static const u8 twice[HASH] = {
	0x0b, 0x81, 0x5a, 0xdb, 0x5c, 0x28, 0x24, 0x36, 0x0b, 0x25, 0xf9, 0xc2,
	0xca, 0x66, 0x7e, 0xee, 0x48, 0x1d, 0xc1, 0x56, 0x76, 0x32, 0x7e, 0x8c,
	0x56, 0xbe, 0x97, 0xa3, 0x27, 0x5d, 0x8f, 0x11, 0x4d, 0x89, 0xb1, 0x98,
	0xe3, 0x9f, 0x5f, 0x49, 0xe8, 0x96, 0x57, 0xea, 0x2a, 0x8a, 0xdb, 0x6a
};

static u8 report[REPORT_SIZE] __attribute__((aligned(4096)));
static u8 first[REPORT_SIZE];
static u8 data[4096] __attribute__((aligned(4096)));
static u8 page[4096] __attribute__((aligned(4096)));

static u64 make(u64 to, u64 from, u64 subtype)
{
	return td_call(TDG_MR_REPORT, to, from, subtype, PATTERN);
}

static u64 extend(u64 gpa, u64 index)
{
	return td_call(TDG_MR_RTMR_EXTEND, gpa, index, PATTERN, PATTERN);
}

static bool is_zero(const u8 *at, u32 size)
{
	while (size--)
		if (*at++)
			return false;
	return true;
}

/* Is the field in the report what VM.RD gives? */
static bool is_field(u32 offset, u64 field)
{
	u64 value, i;

	for (i = 0; i < HASH / 8; i++) {
		__builtin_memcpy(&value, report + offset + i * 8, 8);
		if (value != td_read_field(TDG_VM_RD, field + i))
			return false;
	}
	return true;
}

static u64 word(u32 offset)
{
	u64 value;

	__builtin_memcpy(&value, report + offset, 8);
	return value;
}

static void layout(void)
{
	u8 hash[HASH];
	u32 i;

	for (i = 0; i < REPORT_DATA; i++)
		data[i] = (u8)(0xC0 + i);
	__builtin_memset(report, 0xEE, sizeof(report));
	guest_equal(make((u64)report, (u64)data, 0), TDX_SUCCESS, "MR.REPORT");
	guest_ok(td.rcx == (u64)report && td.rdx == (u64)data && !td.r8 &&
		 td.r9 == PATTERN && td.r10 == PATTERN, "registers stay");
	guest_equal((u32)word(TYPE), 0x81, "type TDX, subtype 0, version 0");
	guest_ok(is_zero(report + RESERVED_0, 12), "reserved bytes are zero");
	guest_ok(!is_zero(report + TCB_INFO_HASH, HASH), "TEE_TCB_INFO_HASH is there");
	sha384(report + TDINFO, REPORT_SIZE - TDINFO, hash);
	guest_ok(!__builtin_memcmp(report + INFO_HASH, hash, HASH),
		 "TEE_INFO_HASH is the SHA-384 of TDINFO");
	guest_ok(!__builtin_memcmp(report + DATA, data, REPORT_DATA),
		 "REPORTDATA is what was given");
	guest_ok(is_zero(report + RESERVED_1, 32), "reserved bytes are zero");
	guest_ok(!is_zero(report + MAC, MAC_SIZE), "MAC is there");

	td_call(TDG_VP_INFO, 0, 0, 0, 0);
	guest_equal(word(ATTRIBUTES), td.rdx, "ATTRIBUTES is VP.INFO's");
	guest_equal(word(XFAM), td_read_field(TDG_VM_RD, TD_XFAM), "XFAM is VM.RD's");
	guest_ok(!is_zero(report + MRTD, HASH), "MRTD is not zero");
	guest_ok(is_field(MRTD, TD_MRTD), "MRTD is VM.RD's");
	guest_ok(is_field(MRCONFIGID, TD_MRCONFIGID) &&
		 is_field(MROWNER, TD_MROWNER) &&
		 is_field(MROWNERCONFIG, TD_MROWNERCONFIG),
		 "so are MRCONFIGID, MROWNER, MROWNERCONFIG");
	guest_ok(is_zero(report + RTMR(0), 4 * HASH), "RTMRs begin as zero");
	guest_ok(is_zero(report + SERVTD_HASH, HASH), "no service TD");
	guest_ok(is_zero(report + RESERVED_2, 64), "reserved bytes are zero");
	__builtin_memcpy(first, report, sizeof(first));

	rt_print("# mrtd ");
	for (i = 0; i < HASH; i++)
		rt_print("%x%x", report[MRTD + i] >> 4, report[MRTD + i] & 15);
	rt_print("\n");
}

static void bad_reports(void)
{
	u64 good = (u64)report, from = (u64)data, beyond = 1ULL << 52;

	__builtin_memset(report, 0xEE, sizeof(report));
	guest_equal(make(good + 512, from, 0), TDX_OPERAND_INVALID | RCX,
		    "report is not aligned to 1024");
	guest_equal(make(good, from + 32, 0), TDX_OPERAND_INVALID | RDX,
		    "data is not aligned to 64");
	guest_equal(make(good + 512, from + 32, 1), TDX_OPERAND_INVALID | RCX,
		    "RCX is the first to be blamed");
	guest_equal(make(good, from + 32, 1), TDX_OPERAND_INVALID | RDX,
		    "RDX the second");
	guest_equal(make(good, from, 1), TDX_OPERAND_INVALID | R8, "subtype 1");
	guest_equal(make(good, from, 1ULL << 32), TDX_OPERAND_INVALID | R8,
		    "subtype beyond 32 bits");
	guest_equal(make(good, from | beyond, 0), TDX_OPERAND_INVALID | RDX,
		    "data beyond the address width");
	guest_equal(make(good | beyond, from, 0), TDX_OPERAND_INVALID | RCX,
		    "report beyond the address width");
	guest_equal(report[0], 0xEE, "nothing was written");
	guest_equal(make(good, from + 64, 0), TDX_SUCCESS, "data aligned to 64");
	guest_ok(is_zero(report + DATA, REPORT_DATA), "which was zero");
	guest_ok(__builtin_memcmp(report + MAC, first + MAC, MAC_SIZE),
		 "another report has another MAC");
	guest_ok(!__builtin_memcmp(report + TDINFO, first + TDINFO,
				   REPORT_SIZE - TDINFO), "but the same TDINFO");
}

/* The module takes both operands from shared memory too. */
static void shared_report(void)
{
	if (td_map_gpa((u64)page, PAGE_SIZE, true))
		guest_fail("MapGPA");
	rt_map_page(page, false);
	__builtin_memset(page, 0x77, sizeof(page));
	guest_equal(make((u64)report, (u64)page | rt_shared_bit, 0), TDX_SUCCESS,
		    "data in shared memory");
	guest_equal(report[DATA + 63], 0x77, "is taken");
	guest_equal(make((u64)page | rt_shared_bit, (u64)data, 0), TDX_SUCCESS,
		    "report to shared memory");
	guest_equal(page[0], 0x81, "is there");
	guest_equal(extend((u64)page | rt_shared_bit, 3),
		    TDX_OPERAND_INVALID | RCX, "RTMR.EXTEND by shared memory");
}

static void rtmrs(void)
{
	u8 *at = data + 128;
	u32 i;

	__builtin_memcpy(at, abc, HASH);
	guest_equal(extend((u64)at + 32, 2), TDX_OPERAND_INVALID | RCX,
		    "data is not aligned to 64");
	guest_equal(extend((u64)at | 1ULL << 52, 2), TDX_OPERAND_INVALID | RCX,
		    "data beyond the address width");
	guest_equal(extend((u64)at, 4), TDX_OPERAND_INVALID | RDX, "RTMR 4");
	guest_equal(extend((u64)at, ~0ULL), TDX_OPERAND_INVALID | RDX, "RTMR -1");
	guest_equal(extend((u64)at, 1ULL << 32), TDX_OPERAND_INVALID | RDX,
		    "RTMR beyond 32 bits");
	guest_equal(extend((u64)at + 32, 4), TDX_OPERAND_INVALID | RCX,
		    "RCX is the first to be blamed");
	make((u64)report, (u64)data, 0);
	guest_ok(is_zero(report + RTMR(0), 4 * HASH), "nothing is extended");

	guest_equal(extend((u64)at, 2), TDX_SUCCESS, "RTMR.EXTEND");
	guest_ok(td.rcx == (u64)at && td.rdx == 2 && td.r8 == PATTERN,
		 "registers stay");
	make((u64)report, (u64)data, 0);
	guest_ok(!__builtin_memcmp(report + RTMR(2), once, HASH),
		 "RTMR 2 is SHA-384(0, SHA-384(\"abc\"))");
	guest_ok(is_zero(report + RTMR(0), 2 * HASH) &&
		 is_zero(report + RTMR(3), HASH), "the others are zero still");
	guest_equal(extend((u64)at, 2), TDX_SUCCESS, "RTMR.EXTEND again");
	for (i = 0; i < 4; i++)
		if (i != 2 && extend((u64)at, i))
			guest_fail("RTMR.EXTEND");
	make((u64)report, (u64)data, 0);
	guest_ok(!__builtin_memcmp(report + RTMR(2), twice, HASH),
		 "RTMR 2 goes on from there");
	guest_ok(!__builtin_memcmp(report + RTMR(0), once, HASH) &&
		 !__builtin_memcmp(report + RTMR(1), once, HASH) &&
		 !__builtin_memcmp(report + RTMR(3), once, HASH),
		 "RTMR 0, 1 and 3 are extended once");
	guest_ok(is_field(RTMR(2), TD_RTMR + 12), "VM.RD gives the same");
	guest_ok(__builtin_memcmp(report + INFO_HASH, first + INFO_HASH, HASH),
		 "TEE_INFO_HASH has changed");
	guest_ok(!__builtin_memcmp(report + TDINFO, first + TDINFO,
				   RTMR(0) - TDINFO), "all else has not");
}

/** guest_main() - see the top of this file */
void guest_main(void)
{
	td_init();
	guest_plan(17 + 13 + 5 + 17);
	layout();
	bad_reports();
	shared_report();
	rtmrs();
}
