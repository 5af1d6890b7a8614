// SPDX-License-Identifier: MIT
/*
 * The log on COM2, a 16550, and the ends of the image. COM1 is the guest's.
 */
#include <svsm/log.h>
#include "ghcb.h"

#define COM2		0x2F8
#define UART_DATA	(COM2 + 0)
#define UART_IER	(COM2 + 1)
#define UART_FCR	(COM2 + 2)
#define UART_LCR	(COM2 + 3)
#define UART_MCR	(COM2 + 4)
#define UART_LSR	(COM2 + 5)
#define UART_DIVISOR_LO	(COM2 + 0)
#define UART_DIVISOR_HI	(COM2 + 1)

#define FCR_ENABLE	0x07	/* FIFOs on and empty */
#define LCR_8N1		0x03
#define LCR_DLAB	0x80
#define MCR_ON		0x03	/* DTR, RTS */
#define LSR_EMPTY	0x20	/* transmit FIFO is empty */

#define DIVISOR_115200	1
#define FIFO_SIZE	16
/* Polls before output is given up: 16 bytes take 1.4 ms. */
#define POLLS_MAX	10000

/* Reason sets of GHCB termination: 0 is the specification's. */
#define TERMINATE_SET_HOST	2

/** console_init() - 115200 baud, 8 bits, no parity, FIFO, no interrupts */
void console_init(void)
{
	ghcb_out8(UART_IER, 0);
	ghcb_out8(UART_LCR, LCR_DLAB);
	ghcb_out8(UART_DIVISOR_LO, DIVISOR_115200);
	ghcb_out8(UART_DIVISOR_HI, 0);
	ghcb_out8(UART_LCR, LCR_8N1);
	ghcb_out8(UART_FCR, FCR_ENABLE);
	ghcb_out8(UART_MCR, MCR_ON);
}

static bool wait_empty(void)
{
	u32 i;
	u8 lsr;

	for (i = 0; i < POLLS_MAX; i++) {
		if (ghcb_in8(UART_LSR, &lsr))
			return false;
		if (lsr & LSR_EMPTY)
			return true;
		arch_cpu_relax();
	}
	return false;
}

/* Before a CPU has its GHCB it has no log either. */
void arch_console_write(const char *text, size_t size)
{
	size_t i;

	if (!this_cpu()->ghcb)
		return;
	for (i = 0; i < size; i++) {
		if (i % FIFO_SIZE == 0 && !wait_empty())
			return;
		if (ghcb_out8(UART_DATA, text[i]))
			return;
	}
}

void arch_terminate(enum terminate_reason reason)
{
	ghcb_terminate(reason == TERMINATE_HOST ? TERMINATE_SET_HOST : 0, 0);
}

/**
 * host_failed() - end because of the host
 * @what: the contract that it broke
 */
void host_failed(const char *what)
{
	svsm_log(LOG_ERROR, "the host failed: %s", what);
	arch_terminate(TERMINATE_HOST);
}
