// SPDX-License-Identifier: MIT
/*
 * Page tables: RAM by 2 MiB pages, private, no execution; the SVSM's own 8 MiB
 * by 4 KiB pages, so that text is not writable, data is not executable, stacks
 * have guard pages and single pages are shared with the host.
 */
#include <svsm/arch.h>
#include <x86/asm.h>
#include <x86/heap.h>
#include <x86/image.h>
#include <x86/paging.h>

#define PTE_PRESENT	BIT_ULL(0)
#define PTE_WRITE	BIT_ULL(1)
#define PTE_UNCACHED	(BIT_ULL(3) | BIT_ULL(4))
#define PTE_ACCESSED	BIT_ULL(5)
#define PTE_DIRTY	BIT_ULL(6)
#define PTE_LARGE	BIT_ULL(7)
#define PTE_NX		BIT_ULL(63)
#define PTE_TABLE	(PTE_PRESENT | PTE_WRITE)
#define PTE_RAM		(PTE_PRESENT | PTE_WRITE | PTE_ACCESSED | PTE_DIRTY | \
			 PTE_NX)
#define PTE_ADDR	0x000FFFFFFFFFF000ULL

#define ENTRIES		512
#define OWN_PAGES	((SVSM_END - SVSM_BASE) / PAGE_SIZE)

static u64 root[ENTRIES] __attribute__((aligned(4096)));
static u64 own[OWN_PAGES] __attribute__((aligned(4096)));
static u64 private_mask;
static u64 shared_mask;

/* Entry @index of @table as a table; makes one where there is none. */
static u64 *next_table(u64 *table, u32 index)
{
	if (!table[index])
		table[index] = (u64)heap_pages(1) | PTE_TABLE | private_mask;
	return (u64 *)(table[index] & PTE_ADDR & ~private_mask);
}

static u64 *directory_entry(u64 addr)
{
	u64 *pdpt = next_table(root, addr >> 39 & (ENTRIES - 1));
	u64 *pd = next_table(pdpt, addr >> 30 & (ENTRIES - 1));

	return &pd[addr >> 21 & (ENTRIES - 1)];
}

/**
 * paging_map_ram() - map RAM private, read-write
 * @start: GPA, rounded down to 2 MiB
 * @end: GPA, rounded up to 2 MiB
 *
 * The SVSM's own memory is left alone.
 */
void paging_map_ram(u64 start, u64 end)
{
	u64 addr;

	for (addr = start & ~(SIZE_2M - 1); addr < end; addr += SIZE_2M) {
		if (addr >= SVSM_BASE && addr < SVSM_END)
			continue;
		*directory_entry(addr) = addr | PTE_RAM | PTE_LARGE |
			private_mask;
	}
}

/**
 * paging_map_device() - map a device of the host's, uncached
 * @gpa: somewhere in it; all of the 2 MiB around it is mapped
 */
void paging_map_device(u64 gpa)
{
	gpa &= ~(SIZE_2M - 1);
	*directory_entry(gpa) = gpa | PTE_RAM | PTE_LARGE | PTE_UNCACHED |
		shared_mask;
}

/**
 * paging_protect() - set the access to pages of the SVSM's own memory
 * @start: GPA, page-aligned
 * @end: GPA, page-aligned
 * @access: how to map them
 *
 * No other CPU may have used these pages in another way.
 */
void paging_protect(u64 start, u64 end, enum page_access access)
{
	u64 addr, pte = 0;

	for (addr = start; addr < end; addr += PAGE_SIZE) {
		switch (access) {
		case PAGE_NONE:
			pte = 0;
			break;
		case PAGE_TEXT:
			pte = PTE_PRESENT | PTE_ACCESSED | private_mask;
			break;
		case PAGE_RODATA:
			pte = PTE_PRESENT | PTE_ACCESSED | PTE_NX |
				private_mask;
			break;
		case PAGE_DATA:
			pte = PTE_RAM | private_mask;
			break;
		case PAGE_SHARED:
			pte = PTE_RAM | shared_mask;
			break;
		}
		own[(addr - SVSM_BASE) / PAGE_SIZE] = pte ? addr | pte : 0;
		invlpg(addr);
	}
}

/**
 * paging_init() - build the tables for the SVSM's own memory
 * @private_bits: page-table bits of a private page (SNP: the C-bit)
 * @shared_bits: page-table bits of a shared page
 */
void paging_init(u64 private_bits, u64 shared_bits)
{
	u64 addr;

	private_mask = private_bits;
	shared_mask = shared_bits;
	for (addr = SVSM_BASE; addr < SVSM_END; addr += SIZE_2M)
		*directory_entry(addr) = PTE_TABLE | private_mask |
			(u64)&own[(addr - SVSM_BASE) / PAGE_SIZE];
	paging_protect((u64)__text_start, (u64)__text_end, PAGE_TEXT);
	paging_protect((u64)__rodata_start, (u64)__rodata_end, PAGE_RODATA);
	paging_protect((u64)__data_start, (u64)__image_end, PAGE_DATA);
	paging_protect((u64)__image_end, SVSM_END, PAGE_DATA);
}

/** paging_root() - value of CR3 */
u64 paging_root(void)
{
	return (u64)root | private_mask;
}

void arch_page_flush(const void *page)
{
	invlpg((u64)page);
}

/**
 * paging_enable() - use the tables on this CPU
 *
 * On SNP the boot CPU only: others start with them.
 */
void paging_enable(void)
{
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_NXE);
	write_cr0(read_cr0() | CR0_WP);
	write_cr3(paging_root());
}
