// SPDX-License-Identifier: MIT
/*
 * Evidence of the SVSM itself: a TDREPORT, which the CPU can check and a
 * quoting enclave turns into a quote. TDX Module 1.5 ABI, TDG.MR.REPORT.
 */
#include <svsm/lock.h>
#include <svsm/log.h>
#include <svsm/string.h>
#include "tdx.h"

#define REPORT_SIZE	1024
#define DATA_SIZE	64

bool arch_attest_report(const u8 data[64], void *report, size_t size,
			size_t *used)
{
	static u8 buffer[REPORT_SIZE] __attribute__((aligned(REPORT_SIZE)));
	static u8 input[DATA_SIZE] __attribute__((aligned(DATA_SIZE)));
	static struct spinlock lock;
	struct tdx_regs regs;
	u64 status;

	if (size < REPORT_SIZE)
		return false;
	spin_lock(&lock);
	memcpy(input, data, DATA_SIZE);
	regs = (struct tdx_regs){ .rax = TDG_MR_REPORT, .rcx = (u64)buffer,
				  .rdx = (u64)input };
	status = tdx_tdcall(&regs);
	if (!status)
		memcpy(report, buffer, REPORT_SIZE);
	spin_unlock(&lock);
	if (status) {
		svsm_log(LOG_ERROR, "TDG.MR.REPORT: status 0x%llx",
			 (unsigned long long)status);
		return false;
	}
	*used = REPORT_SIZE;
	return true;
}
