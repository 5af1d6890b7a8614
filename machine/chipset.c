/* SPDX-License-Identifier: MIT */
/*
 * What is special to QEMU's q35 board: RAM where the BIOS was, the ACPI timer,
 * the number of CPUs, and the silence of the old interrupt controllers.
 * Sources: Intel 82Q35 (PAM registers) and ICH9 (PMBASE) data sheets, QEMU's
 * description of fw_cfg.
 */
#include "cpu.h"
#include "start.h"

#define PCI_ADDRESS		0xcf8
#define PCI_DATA		0xcfc
#define PCI_HOST_BRIDGE		0
#define PCI_LPC			(0x1f << 3)
#define Q35_HOST_BRIDGE		0x29c08086
#define Q35_PAM			0x90
#define PAM_FIRST_RW		0x30	/* 0xf0000, upper half only */
#define PAM_RW			0x33
#define LPC_PMBASE		0x40
#define PMBASE_MASK		0xff80
#define PM_TIMER		8

#define FW_CFG_SELECT		0x510
#define FW_CFG_DATA		0x511
#define FW_CFG_CPUS		5

#define PIC_MASK		0x21
#define PIC_SLAVE_MASK		0xa1
#define IOAPIC			0xfec00000UL
#define IOAPIC_DATA		0x10
#define IOAPIC_VERSION		1
#define IOAPIC_TABLE		0x10
#define IOAPIC_MASKED		BIT(16)

#define LOW_RAM_END		0xa0000
#define BIOS_START		0xc0000
#define BIOS_SIZE		0x40000

static u16 pm_timer;

static u32 pci_read(u32 devfn, u32 offset)
{
	outl(PCI_ADDRESS, BIT(31) | devfn << 8 | (offset & ~3U));
	return inl(PCI_DATA);
}

static void pci_write_byte(u32 devfn, u32 offset, u8 val)
{
	outl(PCI_ADDRESS, BIT(31) | devfn << 8 | (offset & ~3U));
	outb((u16)(PCI_DATA + (offset & 3)), val);
}

static void mask_ioapic(void)
{
	volatile u32 *select = (volatile u32 *)IOAPIC;
	volatile u32 *data = (volatile u32 *)(IOAPIC + IOAPIC_DATA);
	u32 pins;

	*select = IOAPIC_VERSION;
	pins = ((*data >> 16) & 0xff) + 1;
	for (u32 i = 0; i < pins; i++) {
		*select = IOAPIC_TABLE + 2 * i;
		*data = IOAPIC_MASKED;
		*select = IOAPIC_TABLE + 2 * i + 1;
		*data = 0;
	}
}

/**
 * chipset_init() - make the board what the machine wants
 *
 * The BIOS is not called again, so its memory becomes RAM. Interrupts come
 * through MSIs and the IOAPIC alone, whose pins the guest's IOAPIC opens.
 */
void chipset_init(void)
{
	if (pci_read(PCI_HOST_BRIDGE, 0) != Q35_HOST_BRIDGE)
		machine_error("this board is not a q35 (start QEMU with -M q35)");
	pci_write_byte(PCI_HOST_BRIDGE, Q35_PAM, PAM_FIRST_RW);
	for (u32 i = 1; i < 7; i++)
		pci_write_byte(PCI_HOST_BRIDGE, Q35_PAM + i, PAM_RW);
	pm_timer = (u16)((pci_read(PCI_LPC, LPC_PMBASE) & PMBASE_MASK) +
			 PM_TIMER);
	outb(PIC_MASK, 0xff);
	outb(PIC_SLAVE_MASK, 0xff);
	mask_ioapic();
}

/**
 * chipset_clear_low() - wipe what the BIOS left below 1 MiB
 *
 * Real hosts hand out clean memory, and a guest that scans for tables of the
 * BIOS must not find those of the machine's own.
 */
void chipset_clear_low(void)
{
	/* address 0 is no object of C: hide where the pointer comes from */
	void *low = NULL;

	asm("" : "+r" (low));
	memset(low, 0, LOW_RAM_END);
	memset((void *)(u64)BIOS_START, 0, BIOS_SIZE);
}

/**
 * chipset_cpus() - number of CPUs that QEMU started with
 */
u32 chipset_cpus(void)
{
	u32 count;

	outw(FW_CFG_SELECT, FW_CFG_CPUS);
	count = inb(FW_CFG_DATA);
	return count | (u32)inb(FW_CFG_DATA) << 8;
}

/**
 * chipset_pm_timer() - the ACPI timer: 24 bits, 3.579545 MHz
 */
u32 chipset_pm_timer(void)
{
	return inl(pm_timer) & 0xffffff;
}
