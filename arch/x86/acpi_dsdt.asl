/* SPDX-License-Identifier: MIT */
/*
 * DSDT of QEMU's q35 board for a guest without firmware: PCI with its windows
 * and interrupts in APIC mode, serial ports, RTC, power-off.
 *
 * COM2 (0x2F8) is missing on purpose: it carries the log of the SVSM. There is
 * no window above 4 GiB: where the BIOS put a BAR there, Linux moves it.
 */

/*
 * The four INTx pins of a slot. On q35, pin p of slots 0-24 is wired to PIRQ
 * E + (slot + p) % 4, of slots 25-29 and 31 to PIRQ A + p (reset value of the
 * chip's D25IR-D31IR registers), of slot 30 to PIRQ E + p; PIRQ A-H are inputs
 * 16-23 of the IO-APIC (facts: QEMU hw/isa/lpc_ich9.c).
 */
#define PINS(slot, a, b, c, d)			\
	Package () { slot, 0, 0, a },		\
	Package () { slot, 1, 0, b },		\
	Package () { slot, 2, 0, c },		\
	Package () { slot, 3, 0, d }

#define PINS_0(slot)	PINS(slot, 20, 21, 22, 23)
#define PINS_1(slot)	PINS(slot, 21, 22, 23, 20)
#define PINS_2(slot)	PINS(slot, 22, 23, 20, 21)
#define PINS_3(slot)	PINS(slot, 23, 20, 21, 22)
#define PINS_PCIE(slot)	PINS(slot, 16, 17, 18, 19)

DefinitionBlock ("", "DSDT", 2, "SVSM  ", "SVSMQ35 ", 1)
{
	Scope (\_SB)
	{
		Device (PCI0)
		{
			Name (_HID, EisaId ("PNP0A08"))
			Name (_CID, EisaId ("PNP0A03"))
			Name (_UID, 0)
			Name (_BBN, 0)
			Name (_CRS, ResourceTemplate ()
			{
				WordBusNumber (ResourceProducer, MinFixed, MaxFixed, PosDecode,
					0x0000, 0x0000, 0x00FF, 0x0000, 0x0100)
				IO (Decode16, 0x0CF8, 0x0CF8, 0x01, 0x08)
				WordIO (ResourceProducer, MinFixed, MaxFixed, PosDecode, EntireRange,
					0x0000, 0x0000, 0x0CF7, 0x0000, 0x0CF8)
				WordIO (ResourceProducer, MinFixed, MaxFixed, PosDecode, EntireRange,
					0x0000, 0x0D00, 0xFFFF, 0x0000, 0xF300)
				DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed,
					Cacheable, ReadWrite,
					0x00000000, 0x000A0000, 0x000BFFFF, 0x00000000, 0x00020000)
				DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed,
					NonCacheable, ReadWrite,
					0x00000000, 0xC0000000, 0xFEBFFFFF, 0x00000000, 0x3EC00000)
			})

			Name (_PRT, Package ()
			{
				PINS_0 (0x0000FFFF), PINS_1 (0x0001FFFF),
				PINS_2 (0x0002FFFF), PINS_3 (0x0003FFFF),
				PINS_0 (0x0004FFFF), PINS_1 (0x0005FFFF),
				PINS_2 (0x0006FFFF), PINS_3 (0x0007FFFF),
				PINS_0 (0x0008FFFF), PINS_1 (0x0009FFFF),
				PINS_2 (0x000AFFFF), PINS_3 (0x000BFFFF),
				PINS_0 (0x000CFFFF), PINS_1 (0x000DFFFF),
				PINS_2 (0x000EFFFF), PINS_3 (0x000FFFFF),
				PINS_0 (0x0010FFFF), PINS_1 (0x0011FFFF),
				PINS_2 (0x0012FFFF), PINS_3 (0x0013FFFF),
				PINS_0 (0x0014FFFF), PINS_1 (0x0015FFFF),
				PINS_2 (0x0016FFFF), PINS_3 (0x0017FFFF),
				PINS_0 (0x0018FFFF), PINS_PCIE (0x0019FFFF),
				PINS_PCIE (0x001AFFFF), PINS_PCIE (0x001BFFFF),
				PINS_PCIE (0x001CFFFF), PINS_PCIE (0x001DFFFF),
				PINS_0 (0x001EFFFF), PINS_PCIE (0x001FFFFF)
			})

			Device (LPC)
			{
				Name (_ADR, 0x001F0000)

				Device (COM1)
				{
					Name (_HID, EisaId ("PNP0501"))
					Name (_UID, 1)
					Name (_CRS, ResourceTemplate ()
					{
						IO (Decode16, 0x03F8, 0x03F8, 0x00, 0x08)
						IRQNoFlags () { 4 }
					})
				}

				Device (COM3)
				{
					Name (_HID, EisaId ("PNP0501"))
					Name (_UID, 3)
					Name (_CRS, ResourceTemplate ()
					{
						IO (Decode16, 0x03E8, 0x03E8, 0x00, 0x08)
						IRQNoFlags () { 5 }
					})
				}

				Device (RTC)
				{
					Name (_HID, EisaId ("PNP0B00"))
					Name (_CRS, ResourceTemplate ()
					{
						IO (Decode16, 0x0070, 0x0070, 0x00, 0x02)
						IRQNoFlags () { 8 }
					})
				}
			}
		}

		/* What the chip decodes outside of the PCI windows. */
		Device (BRD0)
		{
			Name (_HID, EisaId ("PNP0C02"))
			Name (_UID, 0)
			Name (_CRS, ResourceTemplate ()
			{
				IO (Decode16, 0x0600, 0x0600, 0x00, 0x80)
				Memory32Fixed (ReadWrite, 0xB0000000, 0x10000000)
				Memory32Fixed (ReadWrite, 0xFED1C000, 0x00004000)
			})
		}
	}

	/* ICH9: SLP_TYP 0 with SLP_EN switches QEMU off. */
	Name (\_S5, Package () { 0, 0, 0, 0 })
}
