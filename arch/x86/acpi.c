// SPDX-License-Identifier: MIT
/*
 * RSDP, XSDT, FADT, FACS, DSDT, MCFG, HPET and the host's MADT in one area.
 *
 * Sources: ACPI specification 6.4 (chapter 5, layouts), IA-PC HPET
 * specification 1.0a (3.2.4), PCI firmware specification (MCFG); addresses are
 * those of QEMU's q35 board as its BIOS sets them up (ICH9 data sheet for the
 * registers behind PMBASE).
 */
#include "acpi.h"

#define TABLE_ALIGN		64	/* the FACS needs it */
#define TABLE_MAX		6

#define PM_BASE			0x600
#define PM1_EVT			(PM_BASE + 0x00)
#define PM1_CNT			(PM_BASE + 0x04)
#define PM_TIMER		(PM_BASE + 0x08)
#define SCI_VECTOR		9
#define RESET_PORT		0xCF9
#define RESET_VALUE		0x0E	/* hard reset of the whole system */
#define HPET_BASE		0xFED00000
#define HPET_ID			0x8086A201	/* 3 timers, 64 bit, legacy route */
#define MCFG_BASE		0xB0000000
#define RTC_CENTURY		0x32

/* FADT */
#define BOOT_LEGACY_DEVICES	BIT(0)
#define BOOT_NO_VGA		BIT(2)
#define FADT_WBINVD		BIT(0)
#define FADT_PROC_C1		BIT(2)
#define FADT_SLP_BUTTON		BIT(5)	/* no sleep button */
#define FADT_RTC_FIXED		BIT(6)	/* RTC wakes nothing */
#define FADT_RESET_REG		BIT(10)
#define LATENCY_NO_C2		101	/* microseconds: above the limit */
#define LATENCY_NO_C3		1001

#define SPACE_MEMORY		0
#define SPACE_IO		1

/* The compiled DSDT (acpi_dsdt.asl, linked by acpi_dsdt.S). */
extern const u8 acpi_dsdt_start[];
extern const u8 acpi_dsdt_end[];

struct acpi_header {
	u8 signature[4];
	u32 length;
	u8 revision;
	u8 checksum;
	u8 oem_id[6];
	u8 oem_table_id[8];
	u32 oem_revision;
	u8 creator_id[4];
	u32 creator_revision;
} __attribute__((packed));

struct acpi_address {
	u8 space;
	u8 bit_width;
	u8 bit_offset;
	u8 access_size;
	u64 address;
} __attribute__((packed));

struct acpi_rsdp {
	u8 signature[8];
	u8 checksum;
	u8 oem_id[6];
	u8 revision;
	u32 rsdt_address;
	u32 length;
	u64 xsdt_address;
	u8 extended_checksum;
	u8 rsvd[3];
} __attribute__((packed));

struct acpi_xsdt {
	struct acpi_header header;
	u64 entry[TABLE_MAX];
} __attribute__((packed));

struct acpi_facs {
	u8 signature[4];
	u32 length;
	u32 hardware_signature;
	u32 waking_vector;
	u32 global_lock;
	u32 flags;
	u64 x_waking_vector;
	u8 version;
	u8 rsvd[31];
} __attribute__((packed));

struct acpi_fadt {
	struct acpi_header header;
	u32 facs;
	u32 dsdt;
	u8 int_model;
	u8 pm_profile;
	u16 sci_int;
	u32 smi_cmd;
	u8 acpi_enable;
	u8 acpi_disable;
	u8 s4bios_req;
	u8 pstate_cnt;
	u32 pm1a_evt_blk;
	u32 pm1b_evt_blk;
	u32 pm1a_cnt_blk;
	u32 pm1b_cnt_blk;
	u32 pm2_cnt_blk;
	u32 pm_tmr_blk;
	u32 gpe0_blk;
	u32 gpe1_blk;
	u8 pm1_evt_len;
	u8 pm1_cnt_len;
	u8 pm2_cnt_len;
	u8 pm_tmr_len;
	u8 gpe0_blk_len;
	u8 gpe1_blk_len;
	u8 gpe1_base;
	u8 cst_cnt;
	u16 p_lvl2_lat;
	u16 p_lvl3_lat;
	u16 flush_size;
	u16 flush_stride;
	u8 duty_offset;
	u8 duty_width;
	u8 day_alarm;
	u8 month_alarm;
	u8 century;
	u16 boot_arch;
	u8 rsvd;
	u32 flags;
	struct acpi_address reset_reg;
	u8 reset_value;
	u16 arm_boot_arch;
	u8 minor_version;
	u64 x_facs;
	u64 x_dsdt;
	struct acpi_address x_pm1a_evt_blk;
	struct acpi_address x_pm1b_evt_blk;
	struct acpi_address x_pm1a_cnt_blk;
	struct acpi_address x_pm1b_cnt_blk;
	struct acpi_address x_pm2_cnt_blk;
	struct acpi_address x_pm_tmr_blk;
	struct acpi_address x_gpe0_blk;
	struct acpi_address x_gpe1_blk;
} __attribute__((packed));

struct acpi_mcfg {
	struct acpi_header header;
	u64 rsvd1;
	u64 base;
	u16 segment;
	u8 start_bus;
	u8 end_bus;
	u32 rsvd2;
} __attribute__((packed));

struct acpi_hpet {
	struct acpi_header header;
	u32 id;
	struct acpi_address base;
	u8 number;
	u16 min_tick;
	u8 flags;
} __attribute__((packed));

struct acpi_madt {
	struct acpi_header header;
	u32 local_apic;
	u32 flags;
} __attribute__((packed));

struct acpi_madt_wakeup {
	u8 type;
	u8 length;
	u16 version;
	u32 rsvd;
	u64 mailbox;
	u64 reset;
} __attribute__((packed));

_Static_assert(sizeof(struct acpi_header) == 36, "ACPI header");
_Static_assert(sizeof(struct acpi_rsdp) == 36, "RSDP");
_Static_assert(sizeof(struct acpi_facs) == 64, "FACS");
_Static_assert(sizeof(struct acpi_fadt) == 244, "FADT of revision 4");
_Static_assert(sizeof(struct acpi_mcfg) == 60, "MCFG");
_Static_assert(sizeof(struct acpi_hpet) == 56, "HPET");
_Static_assert(sizeof(struct acpi_madt) == 44, "MADT");
_Static_assert(sizeof(struct acpi_madt_wakeup) == 24, "wake-up structure");

/*
 * MADT entries that describe interrupt hardware, and their lengths. Others are
 * refused: a multiprocessor wake-up mailbox, for one, would let the host name
 * the memory through which Linux starts its CPUs.
 */
#define MADT_TYPES	11
#define MADT_LAPIC	0
#define MADT_X2APIC	9
#define MADT_WAKEUP	16
#define WAKEUP_VERSION	1	/* with a reset vector */
#define MADT_ENABLED	BIT(0)

static const u8 madt_entry_length[MADT_TYPES] = {
	[MADT_LAPIC] = 8,
	[1] = 12,		/* IO-APIC */
	[2] = 10,		/* interrupt source override */
	[3] = 8,		/* NMI source */
	[4] = 6,		/* local APIC NMI */
	[5] = 12,		/* local APIC address */
	[MADT_X2APIC] = 16,
	[10] = 12,		/* local x2APIC NMI */
};

/*
 * struct builder - the area, filled from its start
 * @used: bytes handed out, <= area->size
 */
struct builder {
	const struct linux_area *area;
	u64 used;
};

static int fail(const char **why, const char *reason)
{
	*why = reason;
	return -1;
}

static u8 sum(const void *data, u64 length)
{
	const u8 *byte = data;
	u8 total = 0;

	while (length--)
		total += *byte++;
	return total;
}

/* Room for a table; NULL if the area is full. */
static void *reserve(struct builder *b, u64 length, u64 *gpa)
{
	u64 at = (b->used + TABLE_ALIGN - 1) & ~(u64)(TABLE_ALIGN - 1);

	if (at > b->area->size || length > b->area->size - at)
		return NULL;
	b->used = at + length;
	*gpa = b->area->gpa + at;
	return (u8 *)b->area->va + at;
}

/* Copies a table into the area; its GPA, 0 if the area is full. */
static u64 place(struct builder *b, const void *table, u64 length)
{
	u64 gpa;
	void *to = reserve(b, length, &gpa);

	if (!to)
		return 0;
	__builtin_memcpy(to, table, length);
	return gpa;
}

static void put_header(struct acpi_header *header, const char *signature,
		       u32 length, u8 revision)
{
	__builtin_memcpy(header->signature, signature, 4);
	header->length = length;
	header->revision = revision;
	header->checksum = 0;
	__builtin_memcpy(header->oem_id, "SVSM  ", 6);
	__builtin_memcpy(header->oem_table_id, "SVSMQ35 ", 8);
	header->oem_revision = 1;
	__builtin_memcpy(header->creator_id, "SVSM", 4);
	header->creator_revision = 1;
}

static u64 place_table(struct builder *b, void *table, const char *signature,
		       u32 length, u8 revision)
{
	struct acpi_header *header = table;

	put_header(header, signature, length, revision);
	header->checksum = -sum(table, length);
	return place(b, table, length);
}

static struct acpi_address io_address(u16 port, u8 bytes)
{
	return (struct acpi_address) {
		.space = SPACE_IO,
		.bit_width = bytes * 8,
		.access_size = bytes == 4 ? 3 : bytes,
		.address = port,
	};
}

static u64 place_fadt(struct builder *b, u64 facs, u64 dsdt)
{
	/*
	 * No SMI command: the board is in ACPI mode from the start, and an SMI
	 * would leave the guest behind the machine's back. No 8042, so that
	 * Linux does not wait for a keyboard controller port by port.
	 */
	struct acpi_fadt fadt = {
		.facs = facs,
		.dsdt = dsdt,
		.int_model = 1,
		.sci_int = SCI_VECTOR,
		.pm1a_evt_blk = PM1_EVT,
		.pm1a_cnt_blk = PM1_CNT,
		.pm_tmr_blk = PM_TIMER,
		.pm1_evt_len = 4,
		.pm1_cnt_len = 2,
		.pm_tmr_len = 4,
		.p_lvl2_lat = LATENCY_NO_C2,
		.p_lvl3_lat = LATENCY_NO_C3,
		.century = RTC_CENTURY,
		.boot_arch = BOOT_LEGACY_DEVICES | BOOT_NO_VGA,
		.flags = FADT_WBINVD | FADT_PROC_C1 | FADT_SLP_BUTTON |
			 FADT_RTC_FIXED | FADT_RESET_REG,
		.reset_reg = io_address(RESET_PORT, 1),
		.reset_value = RESET_VALUE,
		.x_dsdt = dsdt,
		.x_pm1a_evt_blk = io_address(PM1_EVT, 4),
		.x_pm1a_cnt_blk = io_address(PM1_CNT, 2),
		.x_pm_tmr_blk = io_address(PM_TIMER, 4),
	};

	return place_table(b, &fadt, "FACP", sizeof(fadt), 4);
}

static u64 place_facs(struct builder *b)
{
	struct acpi_facs facs = {
		.signature = "FACS",
		.length = sizeof(facs),
		.version = 1,
	};

	return place(b, &facs, sizeof(facs));
}

static u64 place_mcfg(struct builder *b)
{
	struct acpi_mcfg mcfg = {
		.base = MCFG_BASE,
		.end_bus = 255,
	};

	return place_table(b, &mcfg, "MCFG", sizeof(mcfg), 1);
}

static u64 place_hpet(struct builder *b)
{
	struct acpi_hpet hpet = {
		.id = HPET_ID,
		.base = { .space = SPACE_MEMORY, .address = HPET_BASE },
	};

	return place_table(b, &hpet, "HPET", sizeof(hpet), 1);
}

static int check_madt(const u8 *madt, u32 length, const char **why)
{
	u32 at = sizeof(struct acpi_madt);
	u32 cpus = 0;

	while (at < length) {
		u8 type, size;

		if (length - at < 2)
			return fail(why, "MADT: entry cut off");
		type = madt[at];
		size = madt[at + 1];
		if (type >= MADT_TYPES || !madt_entry_length[type])
			return fail(why, "MADT: entry type not allowed");
		if (size != madt_entry_length[type] || size > length - at)
			return fail(why, "MADT: entry with a wrong length");
		if ((type == MADT_LAPIC && (madt[at + 4] & MADT_ENABLED)) ||
		    (type == MADT_X2APIC && (madt[at + 8] & MADT_ENABLED)))
			cpus++;
		at += size;
	}
	if (!cpus)
		return fail(why, "MADT: no CPU");
	return 0;
}

/* Our own entry, behind the host's. */
static void append_wakeup(u8 *madt, const struct linux_boot *in)
{
	struct acpi_madt_wakeup wakeup = {
		.type = MADT_WAKEUP,
		.length = sizeof(wakeup),
		.version = WAKEUP_VERSION,
		.mailbox = in->wakeup_mailbox,
		.reset = in->wakeup_reset,
	};
	struct acpi_header header;

	__builtin_memcpy(&header, madt, sizeof(header));
	__builtin_memcpy(madt + header.length, &wakeup, sizeof(wakeup));
	header.length += sizeof(wakeup);
	header.checksum = 0;
	__builtin_memcpy(madt, &header, sizeof(header));
	header.checksum = -sum(madt, header.length);
	__builtin_memcpy(madt, &header, sizeof(header));
}

/*
 * The host's MADT: the length is read once, then the copy in the area is what
 * is checked and what Linux sees.
 */
static u64 place_madt(struct builder *b, const struct linux_boot *in,
		      const char **why)
{
	u32 more = in->wakeup_mailbox ? sizeof(struct acpi_madt_wakeup) : 0;
	struct acpi_header header;
	u64 gpa;
	u8 *copy;

	if (in->madt_size < sizeof(struct acpi_madt)) {
		fail(why, "MADT: no room for one");
		return 0;
	}
	__builtin_memcpy(&header, in->madt, sizeof(header));
	if (__builtin_memcmp(header.signature, "APIC", 4) ||
	    header.length < sizeof(struct acpi_madt) ||
	    header.length > in->madt_size) {
		fail(why, "MADT: bad signature or length");
		return 0;
	}
	copy = reserve(b, (u64)header.length + more, &gpa);
	if (!copy) {
		fail(why, "ACPI area is full");
		return 0;
	}
	__builtin_memcpy(copy, in->madt, header.length);
	__builtin_memcpy(copy, &header, sizeof(header));
	if (sum(copy, header.length)) {
		fail(why, "MADT: bad checksum");
		return 0;
	}
	if (check_madt(copy, header.length, why))
		return 0;
	if (in->wakeup_mailbox)
		append_wakeup(copy, in);
	return gpa;
}

/**
 * acpi_build() - build the ACPI tables
 * @in: @in->acpi, wholly overwritten, 64-byte aligned, below 4 GiB; the host's
 *	@in->madt: hostile; @in->wakeup_* (ACPI 6.5, 5.2.12.19)
 * @rsdp_gpa: set to the GPA of the RSDP
 * @why: set to the reason of an error, a constant string
 *
 * Return: 0 or -1.
 */
int acpi_build(const struct linux_boot *in, u64 *rsdp_gpa, const char **why)
{
	struct builder b = { .area = &in->acpi };
	struct acpi_rsdp rsdp = {
		.signature = "RSD PTR ",
		.oem_id = "SVSM  ",
		.revision = 2,
		.length = sizeof(rsdp),
	};
	struct acpi_xsdt xsdt = { 0 };
	u64 facs, dsdt, gpa;
	void *to;
	u32 n = 0;

	__builtin_memset(in->acpi.va, 0, in->acpi.size);
	to = reserve(&b, sizeof(rsdp), rsdp_gpa);
	facs = place_facs(&b);
	dsdt = place(&b, acpi_dsdt_start, acpi_dsdt_end - acpi_dsdt_start);
	xsdt.entry[n++] = place_fadt(&b, facs, dsdt);
	xsdt.entry[n++] = place_mcfg(&b);
	xsdt.entry[n++] = place_hpet(&b);
	gpa = place_madt(&b, in, why);
	if (!gpa)
		return -1;
	xsdt.entry[n++] = gpa;
	rsdp.xsdt_address = place_table(&b, &xsdt, "XSDT",
					sizeof(xsdt.header) + n * sizeof(u64), 1);

	/* Room is handed out in order: once none is left, the last has none. */
	if (!to || !rsdp.xsdt_address || !dsdt)
		return fail(why, "ACPI area is full");
	rsdp.checksum = -sum(&rsdp, 20);
	rsdp.extended_checksum = -sum(&rsdp, sizeof(rsdp));
	__builtin_memcpy(to, &rsdp, sizeof(rsdp));
	return 0;
}
