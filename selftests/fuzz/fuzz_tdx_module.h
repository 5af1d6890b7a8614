/* SPDX-License-Identifier: MIT */
/*
 * A TDX module and a host behind tdx_tdcall(), for fuzz_tdx_host.c. The module
 * does what its specification says, the host what the input says.
 */
#ifndef _FUZZ_TDX_MODULE_H
#define _FUZZ_TDX_MODULE_H

#include <svsm/arch.h>
#include <x86/asm.h>
#include <x86/image.h>
#include <tdx/tdcall.h>

#include "fuzz.h"

/* RAM: [0, LOW_END), the SVSM's own, [SVSM_END, RAM_END); a part of a word. */
#define LOW_END		(2 * SIZE_2M)
#define RAM_END		(SVSM_END + SIZE_2M + 5 * PAGE_SIZE)
#define RAM_PAGES	(RAM_END / PAGE_SIZE)
#define IMAGE_END	0x8A3000UL

/*
 * Pages that the SVSM shares with the host and takes back: it writes to them.
 * At a fixed address, so that an input always does the same.
 */
#define OWN_PAGES	2
#define OWN_BASE	0x70000000UL

/**
 * enum page_state - of a page in the secure EPT
 * @PAGE_FREE: not there; maybe shared
 * @PAGE_PENDING: added by the host
 * @PAGE_ACCEPTED: and accepted by the TD, which zeroed it
 */
enum page_state {
	PAGE_FREE,
	PAGE_PENDING,
	PAGE_ACCEPTED,
};

/**
 * struct page - 4 KiB of private memory
 * @state: as the module has it; the host may change it
 * @large: part of a 2 MiB mapping
 * @held: the SVSM accepted it, or the image had it, and did not give it up
 * @zeroed: @id of the operation that accepted it last
 */
struct page {
	enum page_state state;
	bool large;
	bool held;
	u32 zeroed;
};

enum op_kind {
	OP_BOOT,	/* accept what was never shared */
	OP_PRIVATE,	/* MapGPA, then accept */
	OP_SHARED,	/* MapGPA */
	OP_MAP,		/* MapGPA of what is no RAM */
	OP_PLAIN,	/* another VMCALL, one */
};

/**
 * struct op - what the SVSM was asked for, and how far that is
 * @kind: which calls it may make
 * @shared: MapGPA is to shared
 * @refused: the host's answer was none to go on with
 * @id: counts operations
 * @gpa: start
 * @end: end
 * @done: MapGPA, by the host's word
 * @asked: MapGPA calls in a row about @done
 * @busy: answers "busy" in a row
 * @more_asked: answers "try again" that the host will give
 * @more_busy: "busy" that it will cause
 * @sent: registers of an OP_PLAIN as they must be
 * @answer: and what the host made of them
 */
struct op {
	enum op_kind kind;
	bool shared;
	bool refused;
	u32 id;
	u64 gpa;
	u64 end;
	u64 done;
	u32 asked;
	u32 busy;
	u32 more_asked;
	u32 more_busy;
	struct tdx_regs sent;
	struct tdx_regs answer;
};

/**
 * enum must_end - what has to follow a call
 * @GO_ON: nothing
 * @END_HOST: the TD ends by host_failed()
 * @END_GENERAL: by arch_terminate()
 */
enum must_end {
	GO_ON,
	END_HOST,
	END_GENERAL,
};

/**
 * struct seen - what the seeds have to reach
 */
struct seen {
	u32 large;
	u32 split;
	u32 swapped;
	u32 busy;
	u32 stalled;
	u32 partial;
	u32 already;
};

extern struct page pages[RAM_PAGES + OWN_PAGES];
extern struct op *op;
extern enum must_end must_end;
extern struct input input;
extern struct seen seen;

/**
 * module_reset() - a TD that was built and did not run yet
 * @large: bit n: the host adds 2 MiB range n as one page if it can
 */
void module_reset(u32 large);

/**
 * module_quiet() - the host does as it should, or what the input says
 * @quiet: which
 */
void module_quiet(bool quiet);

/** module_swap() - the host puts a fresh page in the place of one. */
void module_swap(u32 page);

/** page_index() - the page at an address of RAM or an own one. */
u32 page_index(u64 gpa);

/* fuzz_tdx_host.c: another vCPU executes something in the meantime */
void other_vcpu(void);

/* and the end of the TD, when it said so */
void fatal_error(const struct tdx_regs *regs);

#endif /* _FUZZ_TDX_MODULE_H */
