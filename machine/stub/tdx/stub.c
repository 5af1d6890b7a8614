// SPDX-License-Identifier: MIT
/*
 * The firmware of a plain TD: accepts all RAM, keeps the other vCPUs ready for
 * the kernel (wakeup.c), writes the hand-over and enters the Linux kernel that
 * the boot image carries. Whatever fails ends the guest with a line on COM1 and
 * TDG.VP.VMCALL<ReportFatalError> (codes in rt/common.h).
 */
#include "../firmware.h"
#include "rt_tdx.h"
#include "wakeup.h"

/**
 * rt_main() - see the top of this file
 */
void rt_main(void)
{
	struct linux_boot boot = {
		.gpa_limit = rt_shared_bit,
		.wakeup_mailbox = FW_MAILBOX,
		.wakeup_reset = (u64)wakeup_reset,
	};
	const struct linux_range *ram;

	if (fw_memory_is_shared())
		fw_die(TERM_MEMORY, "memory does not start private");
	fw_accept_memory(rt_shared_bit, &ram);
	wakeup_listen(FW_MAILBOX);
	fw_enter_linux(&boot);
}
