/* SPDX-License-Identifier: MIT */
/*
 * Ports: QEMU's devices are passed through, but for what is virtual (PIC), the
 * machine's own (logs, exit) or ends the run (power, reset).
 */
#include "cpu.h"
#include "hostile.h"
#include "svm/vcpu.h"

#define PORT_KEYBOARD		0x64
#define PORT_SYSTEM_CONTROL	0x92
#define PORT_APM_FIRST		0xb2
#define PORT_APM_LAST		0xb3
#define PORT_RESULT		0xf4
#define PORT_POSTS		0xf8
#define PORT_COM2		0x2f8
#define PORT_LOG		0x402
#define PORT_FW_CFG		0x510
#define PORT_FW_CFG_LAST	0x51b
#define PORT_PM1A_CONTROL	0x604
#define PORT_RESET		0xcf9

#define PM1_SLEEP_TYPE(val)	((val) >> 10 & 7)
#define PM1_SLEEP_ENABLE	BIT(13)

/* Does an access hit any of these ports? A wide one reaches several. */
static bool hits(u16 port, u32 size, u32 first, u32 last)
{
	return port <= last && port + size > first;
}

/* Ports that this level may not touch: reads all ones, writes nothing. */
static bool denied(const struct vcpu *v, u16 port, u32 size)
{
	/* COM2 is the SVSM's log where there is an SVSM */
	if (hits(port, size, PORT_COM2, PORT_COM2 + 7))
		return apic_os_level() && v->current;
	/* its DMA would reach the machine */
	if (hits(port, size, PORT_FW_CFG, PORT_FW_CFG_LAST))
		return true;
	/* SMIs would run firmware below the machine */
	return hits(port, size, PORT_APM_FIRST, PORT_APM_LAST) ||
	       hits(port, size, PORT_LOG, PORT_LOG);
}

static void check_power(u16 port, u32 value)
{
	switch (port) {
	case PORT_PM1A_CONTROL:
		if ((value & PM1_SLEEP_ENABLE) && !PM1_SLEEP_TYPE(value))
			guest_power(EXIT_POWER_OFF);
		break;
	case PORT_RESET:
		if (value & BIT(2))
			guest_power(EXIT_RESET);
		break;
	case PORT_KEYBOARD:
		if ((value & 0xff) == 0xfe)
			guest_power(EXIT_RESET);
		break;
	case PORT_SYSTEM_CONTROL:
		if (value & 1)
			guest_power(EXIT_RESET);
		break;
	case PORT_RESULT:
		guest_power((u8)value);
	}
}

/**
 * io_in() - IN of the guest
 * @v: vCPU
 * @port: port
 * @size: 1, 2 or 4 bytes
 *
 * Return: value, zero-extended.
 */
u32 io_in(struct vcpu *v, u16 port, u32 size)
{
	if (denied(v, port, size))
		return size == 4 ? ~0U : (1U << size * 8) - 1;
	if (pic_port(port))
		return pic_in(port);
	switch (size) {
	case 1:
		return inb(port);
	case 2:
		return inw(port);
	default:
		return inl(port);
	}
}

/**
 * io_out() - OUT of the guest
 * @v: vCPU
 * @port: port
 * @size: 1, 2 or 4 bytes
 * @value: what to write
 */
void io_out(struct vcpu *v, u16 port, u32 size, u32 value)
{
	if (denied(v, port, size))
		return;
	if (pic_port(port)) {
		pic_out(port, (u8)value);
		return;
	}
	if (port == PORT_POSTS)
		hostile_quiet(!value);
	check_power(port, value);
	switch (size) {
	case 1:
		outb(port, (u8)value);
		break;
	case 2:
		outw(port, (u16)value);
		break;
	default:
		outl(port, value);
	}
}
