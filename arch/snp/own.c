// SPDX-License-Identifier: MIT
/*
 * Pages of the SVSM's own memory: whose they are. A page that becomes private
 * has to be a change to PVALIDATE: if it is none, there are two pages of the
 * host's behind one address of ours, and it could swap them.
 */
#include <svsm/string.h>
#include <x86/asm.h>
#include <x86/heap.h>
#include <x86/paging.h>
#include "ghcb.h"

static void validate(u64 gpa)
{
	if (rmp_validate(gpa, false, true) != RMP_OK)
		host_failed("own page not validated");
}

void platform_accept_page(u64 gpa)
{
	if (ghcb_msr_page_state(gpa, PSC_PRIVATE))
		host_failed("own page not private");
	validate(gpa);
}

bool arch_page_convert(void *page, bool shared)
{
	u64 gpa = (u64)page;

	if (shared && rmp_validate(gpa, false, false) != RMP_OK)
		return false;
	if (ghcb_msr_page_state(gpa, shared ? PSC_SHARED : PSC_PRIVATE)) {
		if (shared) {
			validate(gpa);
			/* Meanwhile the host could write to it. */
			memset(page, 0, PAGE_SIZE);
		}
		return false;
	}
	if (!shared)
		validate(gpa);
	paging_protect(gpa, gpa + PAGE_SIZE, shared ? PAGE_SHARED : PAGE_DATA);
	/* Nobody else used the page, but another CPU may have looked it up. */
	rmp_flush();
	memset(page, 0, PAGE_SIZE);
	return true;
}
