/* SPDX-License-Identifier: MIT */
/*
 * The end of the run: one CPU reports, QEMU ends.
 */
#include <stdarg.h>
#include "cpu.h"
#include "svm/vcpu.h"

#define PORT_EXIT	0xf4

static u32 ending;

/* The first CPU that gets here speaks for all. */
static void only_once(void)
{
	if (!__atomic_exchange_n(&ending, 1, __ATOMIC_SEQ_CST))
		return;
	cli();
	for (;;)
		asm volatile("hlt");
}

/**
 * machine_exit() - end QEMU
 * @code: EXIT_*; QEMU's exit status is code << 1 | 1
 */
void machine_exit(u8 code)
{
	outb(PORT_EXIT, code);
	cli();
	for (;;)
		asm volatile("hlt");
}

/**
 * machine_error() - the machine itself cannot go on
 * @fmt: one line
 */
void machine_error(const char *fmt, ...)
{
	va_list args;

	only_once();
	va_start(args, fmt);
	vprint("error: ", fmt, args);
	va_end(args);
	machine_exit(EXIT_ERROR);
}

/**
 * guest_end() - the guest broke a rule that hardware would end it for
 * @fmt: one line
 */
void guest_end(const char *fmt, ...)
{
	va_list args;

	only_once();
	va_start(args, fmt);
	vprint("guest ended: ", fmt, args);
	va_end(args);
	counters_print();
	machine_exit(EXIT_GUEST);
}

/**
 * guest_power() - the guest is done
 * @code: EXIT_POWER_OFF, EXIT_RESET, or what it wrote to the result port
 */
void guest_power(u8 code)
{
	only_once();
	if (code == EXIT_POWER_OFF)
		print("guest powered off");
	else if (code == EXIT_RESET)
		print("guest reset");
	else
		print("guest result 0x%x", code);
	counters_print();
	machine_exit(code);
}
