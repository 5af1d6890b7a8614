// SPDX-License-Identifier: MIT
/* igvm-build: the VMSA that starts the boot processor. */
#include "build.h"

#include <string.h>

/* Save area of SEV-ES and SEV-SNP guests: AMD64 manual volume 2, table B-4. */
enum vmsa_offset {
	VMSA_ES			= 0x000,
	VMSA_CS			= 0x010,
	VMSA_SS			= 0x020,
	VMSA_DS			= 0x030,
	VMSA_FS			= 0x040,
	VMSA_GS			= 0x050,
	VMSA_GDTR		= 0x060,
	VMSA_LDTR		= 0x070,
	VMSA_IDTR		= 0x080,
	VMSA_TR			= 0x090,
	VMSA_EFER		= 0x0D0,
	VMSA_CR4		= 0x148,
	VMSA_CR0		= 0x158,
	VMSA_DR7		= 0x160,
	VMSA_DR6		= 0x168,
	VMSA_RFLAGS		= 0x170,
	VMSA_RIP		= 0x178,
	VMSA_G_PAT		= 0x268,
	VMSA_SEV_FEATURES	= 0x3B0,
	VMSA_XCR0		= 0x3E8,
	VMSA_MXCSR		= 0x408,
	VMSA_X87_FCW		= 0x410,
};

static void put(__u8 *page, unsigned int offset, __u64 value, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		page[offset + i] = (__u8)(value >> (8 * i));
}

/* Attributes are packed to 12 bits: type, S, DPL, P, then AVL, L, D, G. */
static void put_segment(__u8 *page, unsigned int offset, __u16 selector, __u16 attributes,
			__u32 limit)
{
	put(page, offset, selector, 2);
	put(page, offset + 2, attributes, 2);
	put(page, offset + 4, limit, 4);
}

/**
 * make_vmsa() - initial state of the boot processor
 * @page: the VMSA, written completely
 * @entry: GPA of the first instruction, below 4 GiB
 * @sev_features: SEV_FEATURES
 *
 * 32-bit protected mode with flat segments and without paging, VMPL 0: in this
 * mode all accesses of an SNP guest are private, so that the entry code needs
 * no page tables before it knows the position of the C-bit. CR0 0x31 is one
 * of the two values that QEMU takes; the rest is the reset state.
 */
void make_vmsa(__u8 page[IGVM_PAGE_SIZE], __u64 entry, __u64 sev_features)
{
	memset(page, 0, IGVM_PAGE_SIZE);
	put_segment(page, VMSA_CS, 0x08, 0xC9B, 0xFFFFFFFF);
	put_segment(page, VMSA_DS, 0x10, 0xC93, 0xFFFFFFFF);
	put_segment(page, VMSA_ES, 0x10, 0xC93, 0xFFFFFFFF);
	put_segment(page, VMSA_SS, 0x10, 0xC93, 0xFFFFFFFF);
	put_segment(page, VMSA_FS, 0x10, 0xC93, 0xFFFFFFFF);
	put_segment(page, VMSA_GS, 0x10, 0xC93, 0xFFFFFFFF);
	put_segment(page, VMSA_GDTR, 0, 0, 0xFFFF);
	put_segment(page, VMSA_IDTR, 0, 0, 0xFFFF);
	put_segment(page, VMSA_LDTR, 0, 0x082, 0xFFFF);
	put_segment(page, VMSA_TR, 0, 0x08B, 0xFFFF);
	put(page, VMSA_EFER, 0x1000, 8);
	put(page, VMSA_CR4, 0x40, 8);
	put(page, VMSA_CR0, 0x31, 8);
	put(page, VMSA_DR7, 0x400, 8);
	put(page, VMSA_DR6, 0xFFFF0FF0, 8);
	put(page, VMSA_RFLAGS, 0x2, 8);
	put(page, VMSA_RIP, entry, 8);
	put(page, VMSA_G_PAT, 0x0007040600070406, 8);
	put(page, VMSA_SEV_FEATURES, sev_features, 8);
	put(page, VMSA_XCR0, 0x1, 8);
	put(page, VMSA_MXCSR, 0x1F80, 4);
	put(page, VMSA_X87_FCW, 0x37F, 2);
}
