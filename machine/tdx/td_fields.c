/* SPDX-License-Identifier: MIT */
/*
 * Metadata of the TD: identifiers, masks and order as in the TDX module 1.5.
 */
#include "fields.h"

#define TSC_UNIT_KHZ	25000
#define HASH_WORDS	(HASH_SIZE / 8)

static u64 hash_word(const u8 *hash, u32 n)
{
	u64 word;

	memcpy(&word, hash + 8 * n, sizeof(word));
	return word;
}

#define GET(name, value)						\
static u64 get_##name(const struct vcpu *v, u32 n)			\
{									\
	(void)v;							\
	(void)n;							\
	return value;							\
}

GET(zero, 0)
GET(mrtd, hash_word(machine.launch_digest, n))
GET(rtmr, hash_word(td.rtmr[n / HASH_WORDS], n % HASH_WORDS))
GET(vcpus, machine.cpu_count)
GET(attributes, td.attributes)
GET(xfam, td.xfam)
GET(gpaw, td.gpaw == 52)
GET(tsc_frequency, (machine.tsc_khz + TSC_UNIT_KHZ / 2) / TSC_UNIT_KHZ)
GET(notify_enables, td.notify_enables)
GET(config_flags, td.config_flags)
GET(td_ctls, td.td_ctls)
/* the APIC IDs are those that CPUID leaves 0xB and 0x1F say */
GET(topology_configured, 1)

static u64 set_notify_enables(struct vcpu *v, u32 n, u64 val)
{
	(void)v;
	(void)n;
	td.notify_enables = val;
	return TDX_SUCCESS;
}

static u64 set_td_ctls(struct vcpu *v, u32 n, u64 val)
{
	(void)v;
	(void)n;
	if (((val ^ td.td_ctls) & TD_CTLS_PENDING_VE_DISABLE) &&
	    !(td.config_flags & CONFIG_FLEXIBLE_PENDING_VE))
		return TDX_METADATA_FIELD_VALUE_NOT_VALID;
	__atomic_store_n(&td.td_ctls, val, __ATOMIC_RELEASE);
	return TDX_SUCCESS;
}

#define ALL	(~0ULL)

static const struct field td_fields[] = {
	/* TD_UUID: as good as unique, and the same again for the same image */
	{ 0x8010000300000020, 4, ALL, 0, get_mrtd, NULL },
	{ 0x9010000200000001, 1, 0xffffffff, 0, get_vcpus, NULL }, /* NUM_VCPUS */
	{ 0x9010000100000005, 1, 0xffff, 0, get_zero, NULL },	/* NUM_L2_VMS */
	{ 0x1110000300000000, 1, ALL, 0, get_attributes, NULL },
	{ 0x1110000300000001, 1, ALL, 0, get_xfam, NULL },
	{ 0x1110000200000002, 1, 0xffffffff, 0, get_vcpus, NULL }, /* MAX_VCPUS */
	{ 0x1110000000000003, 1, 0xff, 0, get_gpaw, NULL },
	{ 0x111000010000000c, 1, 0xffff, 0, get_tsc_frequency, NULL },
	{ 0x9110000300000010, 1, 1, 1, get_notify_enables, set_notify_enables },
	{ 0x1110000300000016, 1, ALL, 0, get_config_flags, NULL },
	{ 0x1110000300000017, 1, ALL,
	  TD_CTLS_PENDING_VE_DISABLE | TD_CTLS_ENUM_TOPOLOGY,
	  get_td_ctls, set_td_ctls },
	/* TOPOLOGY_ENUM_CONFIGURED, of later releases of 1.5 */
	{ 0x9110000000000019, 1, 0xff, 0, get_topology_configured, NULL },
	{ 0x1310000300000000, HASH_WORDS, ALL, 0, get_mrtd, NULL },
	{ 0x1310000300000010, HASH_WORDS, ALL, 0, get_zero, NULL },	/* MRCONFIGID */
	{ 0x1310000300000018, HASH_WORDS, ALL, 0, get_zero, NULL },	/* MROWNER */
	{ 0x1310000300000020, HASH_WORDS, ALL, 0, get_zero, NULL },	/* MROWNERCONFIG */
	{ 0x1310000300000040, RTMRS * HASH_WORDS, ALL, 0, get_rtmr, NULL },
	{ 0x9810000300000040, 4, ALL, 0, get_zero, NULL },	/* PRE_IMPORT_UUID */
	{ 0x9910000300000000, HASH_WORDS, ALL, 0, get_zero, NULL },	/* SERVTD_HASH */
	{ 0x9910000100000006, 1, 0xffff, 0, get_zero, NULL },	/* SERVTD_NUM */
	{ 0x9910000300000080, 16, ALL, 0, get_zero, NULL },	/* SERVTD_BINDINGS_TABLE */
};

static const struct hidden_fields td_hidden[] = {
	/* management, keys, what survives an update of the module */
	{ 0x00, 0x1, 0x2 }, { 0x00, 0x4, 0x5 }, { 0x00, 0x10, 0x18 },
	{ 0x01, 0x1, 0x2 },
	{ 0x02, 0x0, 0x5 },
	/* TD management, execution controls */
	{ 0x10, 0x2, 0x2 }, { 0x10, 0x4, 0x4 },
	{ 0x11, 0x4, 0x4 }, { 0x11, 0xa, 0xb }, { 0x11, 0xd, 0xf },
	{ 0x11, 0x11, 0x15 }, { 0x11, 0x80, 0xcf }, { 0x11, 0x800, 0x812 },
	/* TLB epochs */
	{ 0x12, 0x0, 0x2 },
	/* virtual MSR values */
	{ 0x16, 0x10a, 0x10a }, { 0x16, 0x480, 0x480 }, { 0x16, 0x485, 0x489 },
	{ 0x16, 0x48b, 0x493 },
	/* migration */
	{ 0x18, 0x1, 0x6 }, { 0x18, 0x10, 0x21 }, { 0x18, 0x30, 0x32 },
	{ 0x18, 0x34, 0x34 },
	{ 0x1a, 0x0, 0x1ff },
	/* MSR bitmaps, secure EPT root */
	{ 0x20, 0x0, 0x1ff },
	{ 0x21, 0x0, 0x1ff },
};

const struct scope td_scope = {
	.bits = 1ULL << 52,
	.fields = td_fields,
	.field_count = ARRAY_SIZE(td_fields),
	.hidden = td_hidden,
	.hidden_count = ARRAY_SIZE(td_hidden),
};
