/* SPDX-License-Identifier: MIT */
/*
 * The pair of 8259 interrupt controllers as registers only (Intel 8259A data
 * sheet): software finds, initializes and masks them. Their inputs are not
 * connected, so there never is a request, nothing is ever in service and no
 * interrupt is raised: devices come through the IOAPIC.
 */
#include "cpu.h"
#include "machine.h"

#define PORT_MASTER	0x20
#define PORT_SLAVE	0xa0
#define PORT_ELCR	0x4d0

#define ICW1		BIT(4)
#define ICW1_ICW4	BIT(0)
#define ICW1_SINGLE	BIT(1)
#define OCW3		BIT(3)
#define OCW3_POLL	BIT(2)

/**
 * struct pic - one of the two
 * @mask: IMR
 * @icw: which initialization word comes next: 2, 3, 4; 0: none
 * @icw1: the first one, which says which others follow
 * @poll: OCW3 asked for a poll: the next read answers it
 * @elcr: edge/level control
 */
struct pic {
	u8 mask;
	u8 icw;
	u8 icw1;
	bool poll;
	u8 elcr;
};

/* The pins of timer, keyboard, cascade; RTC, coprocessor: always edge. */
static const u8 elcr_fixed[2] = { 0x07, 0x21 };

static struct spinlock lock;
static struct pic pics[2];

static void write_mask(struct pic *p, u8 value)
{
	switch (p->icw) {
	case 2:
		if (!(p->icw1 & ICW1_SINGLE))
			p->icw = 3;
		else
			p->icw = p->icw1 & ICW1_ICW4 ? 4 : 0;
		return;
	case 3:
		p->icw = p->icw1 & ICW1_ICW4 ? 4 : 0;
		return;
	case 4:
		p->icw = 0;
		return;
	}
	p->mask = value;
}

static void write_command(struct pic *p, u8 value)
{
	if (value & ICW1) {
		p->icw1 = value;
		p->icw = 2;
		p->mask = 0;
		p->poll = false;
		return;
	}
	/* OCW2 ends what is in service: nothing is */
	if (value & OCW3)
		p->poll = value & OCW3_POLL;
}

/**
 * pic_port() - is it a port of the controllers?
 * @port: I/O port
 */
bool pic_port(u16 port)
{
	return (port & ~1) == PORT_MASTER || (port & ~1) == PORT_SLAVE ||
	       (port & ~1) == PORT_ELCR;
}

/**
 * pic_in() - read one of their ports
 * @port: one that pic_port() knows
 */
u8 pic_in(u16 port)
{
	struct pic *p;
	u8 val;

	spin_lock(&lock);
	if ((port & ~1) == PORT_ELCR) {
		val = pics[port & 1].elcr;
	} else {
		p = &pics[(port & ~1) == PORT_SLAVE];
		/* a poll finds nothing; IRR and ISR are empty */
		val = (port & 1) && !p->poll ? p->mask : 0;
		p->poll = false;
	}
	spin_unlock(&lock);
	return val;
}

/**
 * pic_out() - write one of their ports
 * @port: one that pic_port() knows
 * @value: written
 */
void pic_out(u16 port, u8 value)
{
	struct pic *p;

	spin_lock(&lock);
	if ((port & ~1) == PORT_ELCR) {
		pics[port & 1].elcr = value & (u8)~elcr_fixed[port & 1];
	} else {
		p = &pics[(port & ~1) == PORT_SLAVE];
		if (port & 1)
			write_mask(p, value);
		else
			write_command(p, value);
	}
	spin_unlock(&lock);
}
