/* SPDX-License-Identifier: MIT */
/*
 * Exits by cause: exact, the same on every computer, and the project's
 * performance figures.
 */
#include "svm/vcpu.h"

static const char *const names[COUNTERS] = {
	[COUNT_ENTRY] = "entries",
	[COUNT_INTR] = "physical_interrupts",
	[COUNT_VINTR] = "interrupt_windows",
	[COUNT_NPF] = "nested_page_faults",
	[COUNT_HLT] = "hlt",
	[COUNT_VMGEXIT_MSR] = "vmgexit_msr",
	[COUNT_VMGEXIT_PAGE] = "vmgexit_page",
	[COUNT_VC] = "vc_injected",
	[COUNT_HV] = "hv_injected",
	[COUNT_INJECTED] = "interrupts_injected",
	[COUNT_PVALIDATE] = "pvalidate",
	[COUNT_RMPADJUST] = "rmpadjust",
	[COUNT_PSC] = "page_state_changes",
	[COUNT_TDCALL] = "tdcalls",
	[COUNT_VMCALL] = "vmcalls",
	[COUNT_VE] = "ve_injected",
	[COUNT_ACCEPT] = "pages_accepted",
	[COUNT_AUG] = "pages_added",
	[COUNT_MAPGPA] = "pages_converted",
	[COUNT_MSR] = "msr",
	[COUNT_IOIO] = "ioio",
	[COUNT_CPUID] = "cpuid",
	[COUNT_MMIO] = "mmio",
	[COUNT_SWITCH_UP] = "switches_to_guest",
	[COUNT_SWITCH_DOWN] = "switches_to_svsm",
	[COUNT_ONE_EXIT] = "one_exit_switches",
	[COUNT_KICK] = "kicks",
	[COUNT_IPI] = "ipis",
	[COUNT_SHOOTDOWN] = "tlb_shootdowns",
	[COUNT_HOSTILE_DROP] = "hostile_drops",
	[COUNT_HOSTILE_REPEAT] = "hostile_repeats",
	[COUNT_HOSTILE_TICK] = "hostile_ticks",
	[COUNT_HOSTILE_POST] = "hostile_posts",
	[COUNT_HOSTILE_ANSWER] = "hostile_answers",
	[COUNT_HOSTILE_EXIT] = "hostile_exits",
	[COUNT_HOSTILE_START] = "hostile_starts",
	[COUNT_HOSTILE_REFUSED] = "hostile_starts_refused",
	[COUNT_HOSTILE_PAGE] = "hostile_pages",
};

static void print_object(const u64 *count)
{
	for (u32 c = 0; c < COUNTERS; c++)
		print_raw("%s\"%s\":%lu", c ? "," : "", names[c], count[c]);
}

/**
 * counters_print() - one JSON object on the log
 *
 * {"total":{...},"vcpus":[{"index":0,...},...]}; world switches are
 * "switches_to_guest" and "switches_to_svsm".
 */
void counters_print(void)
{
	u64 total[COUNTERS] = { 0 };

	for (u32 i = 0; i < machine.cpu_count; i++) {
		for (u32 c = 0; c < COUNTERS; c++)
			total[c] += vcpus[i]->count[c];
	}
	print_raw("machine: counters: {\"total\":{");
	print_object(total);
	print_raw("},\"vcpus\":[");
	for (u32 i = 0; i < machine.cpu_count; i++) {
		print_raw("%s{\"index\":%u,", i ? "," : "", i);
		print_object(vcpus[i]->count);
		print_raw("}");
	}
	print_raw("]}\n");
}
