// SPDX-License-Identifier: MIT
/*
 * The firmware of a plain SNP guest: makes all RAM private and valid, writes
 * the hand-over and enters the Linux kernel that the boot image carries, at
 * VMPL0. Whatever fails ends the guest with a line on COM1 and a GHCB
 * termination request (reason set 5, codes in rt/rt.h and rt/common.h).
 */
#include "firmware.h"
#include "rt/rt.h"

extern const u8 igvm_cpuid_page[PAGE_SIZE];
extern u8 igvm_secrets_page[PAGE_SIZE];

u8 igvm_secrets_page[PAGE_SIZE] IGVM_PAGE;

#define MSR_PAT		0x277
/* That of reset, but write-protect for what write-through has twice */
#define PAT_WITH_WP	0x0007050600070406ULL

/* Linux reads there what it would take for the words of a BIOS. */
static void clear_low_memory(const struct linux_range *ram, u32 count)
{
	u32 i;

	for (i = 0; i < count && ram[i].start < IGVM_LAYOUT_LOW_END; i++) {
		u64 end = ram[i].start + ram[i].size;

		if (end > IGVM_LAYOUT_LOW_END)
			end = IGVM_LAYOUT_LOW_END;
		rt_zero(ram[i].start, end - ram[i].start);
	}
}

/**
 * rt_main() - see the top of this file
 */
void rt_main(void)
{
	struct linux_boot boot = {
		.gpa_limit = rt_cbit,
		.setup_data = fw_area(FW_SETUP_DATA, PAGE_SIZE),
		.secrets_gpa = (u64)igvm_secrets_page,
		.cpuid_gpa = (u64)igvm_cpuid_page,
	};
	const struct linux_range *ram;
	u32 count;

	rt_ghcb_init();
	if (!fw_memory_is_shared())
		fw_die(TERM_MEMORY, "memory does not start shared");
	count = fw_accept_memory(rt_cbit, &ram);
	clear_low_memory(ram, count);
	/*
	 * Linux before 6.2 keeps the PAT that it finds where there are no MTRRs,
	 * and cannot change the encryption of early memory without this type.
	 */
	rt_wrmsr(MSR_PAT, PAT_WITH_WP);
	fw_enter_linux(&boot);
}
