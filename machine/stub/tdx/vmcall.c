// SPDX-License-Identifier: MIT
/*
 * Requests to the host by TDG.VP.VMCALL. Source: Intel GHCI specification 1.5,
 * chapter 3.
 */
#include "rt_tdx.h"

/**
 * rt_vmcall() - a GHCI request
 * @function: VMCALL_*
 * @r12: @r13: @r14: @r15: operands
 * @r11: set to the result in R11; may be NULL
 *
 * Return: status of the host (R10), or of the TDX module (RAX) if that did not
 * pass the request on.
 */
u64 rt_vmcall(u64 function, u64 r12, u64 r13, u64 r14, u64 r15, u64 *r11)
{
	struct tdx_args args = {
		.rax = TDG_VP_VMCALL, .rcx = VMCALL_REGS, .r11 = function,
		.r12 = r12, .r13 = r13, .r14 = r14, .r15 = r15,
	};

	rt_tdcall(&args);
	if (r11)
		*r11 = args.r11;
	return args.rax ? args.rax : args.r10;
}

/** rt_io_ready() - I/O needs no preparation in a TD. */
bool rt_io_ready(void)
{
	return true;
}

/**
 * rt_out() - write to an I/O port
 * @port: number
 * @bytes: 1, 2 or 4
 * @value: what to write
 *
 * Return: 0 or -1.
 */
int rt_out(u16 port, u32 bytes, u32 value)
{
	return rt_vmcall(VMCALL_IO, bytes, 1, port, value, NULL) ? -1 : 0;
}

/**
 * rt_in() - read from an I/O port
 * @port: number
 * @bytes: 1, 2 or 4
 * @value: set to what was read
 *
 * Return: 0 or -1.
 */
int rt_in(u16 port, u32 bytes, u32 *value)
{
	u64 r11;
	u64 status = rt_vmcall(VMCALL_IO, bytes, 0, port, 0, &r11);

	*value = r11;
	if (bytes < 4)
		*value &= (1U << bytes * 8) - 1;
	return status ? -1 : 0;
}

/**
 * rt_terminate() - ask the host to end the guest
 * @code: TERM_*, the error code that the host reports
 */
void rt_terminate(u8 code)
{
	for (;;)
		rt_vmcall(VMCALL_FATAL_ERROR, code, 0, 0, 0, NULL);
}
