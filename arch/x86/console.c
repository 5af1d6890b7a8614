// SPDX-License-Identifier: MIT
/*
 * The log on COM2, a 16550 (COM1 is the guest's), and the host's ports for the
 * end of a run. Without a log there is nobody to tell that a port failed.
 */
#include <svsm/arch.h>
#include <svsm/log.h>
#include <x86/console.h>
#include <x86/platform.h>

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

/* The host's port for the result of a run, isa-debug-exit to the machine. */
#define PORT_RESULT	0xF4
#define RESULT_OK	0x10
#define RESULT_FAILED	0x21

/* The machine's port for what it posts of its own accord: 0 stops it. */
#define PORT_POSTS	0xF8

#define DIVISOR_115200	1
#define FIFO_SIZE	16
/* Polls before output is given up: 16 bytes take 1.4 ms. */
#define POLLS_MAX	10000

/** console_init() - 115200 baud, 8 bits, no parity, FIFO, no interrupts */
void console_init(void)
{
	platform_out8(UART_IER, 0);
	platform_out8(UART_LCR, LCR_DLAB);
	platform_out8(UART_DIVISOR_LO, DIVISOR_115200);
	platform_out8(UART_DIVISOR_HI, 0);
	platform_out8(UART_LCR, LCR_8N1);
	platform_out8(UART_FCR, FCR_ENABLE);
	platform_out8(UART_MCR, MCR_ON);
}

static bool wait_empty(void)
{
	u32 i;
	u8 lsr;

	for (i = 0; i < POLLS_MAX; i++) {
		if (platform_in8(UART_LSR, &lsr))
			return false;
		if (lsr & LSR_EMPTY)
			return true;
		arch_cpu_relax();
	}
	return false;
}

void arch_console_write(const char *text, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++) {
		if (i % FIFO_SIZE == 0 && !wait_empty())
			return;
		if (platform_out8(UART_DATA, text[i]))
			return;
	}
}

/* A host without that port goes on: then this is the end. */
void arch_power_off(bool ok)
{
	if (wait_empty())
		platform_out8(PORT_RESULT, ok ? RESULT_OK : RESULT_FAILED);
	arch_terminate(TERMINATE_GENERAL);
}

void arch_selftest_posts(bool on)
{
	platform_out8(PORT_POSTS, on);
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
