// SPDX-License-Identifier: MIT
/* igvm-build: the firmware, a static ELF64 executable for x86-64. */
#include "build.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SEGMENTS	64

/* Where every processor of a TD begins, whatever the ELF file says. */
#define TDX_RESET_VECTOR	0xFFFFFFF0ULL

/* Guest memory that one firmware may take: guards against absurd p_memsz. */
#define MAX_FIRMWARE	(1ULL << 30)

struct elf {
	struct blob file;
	Elf64_Ehdr header;
	Elf64_Phdr load[MAX_SEGMENTS];	/* PT_LOAD with memory, by p_paddr */
	unsigned int loads;
};

static int inside(const struct blob *b, __u64 offset, __u64 size)
{
	return offset <= b->size && size <= b->size - offset;
}

static int by_paddr(const void *a, const void *b)
{
	__u64 x = ((const Elf64_Phdr *)a)->p_paddr;
	__u64 y = ((const Elf64_Phdr *)b)->p_paddr;

	return (x > y) - (x < y);
}

static void read_headers(struct elf *e)
{
	const struct blob *b = &e->file;
	__u64 total = 0;

	if (!inside(b, 0, sizeof(e->header)))
		die("%s: not an ELF file", b->name);
	memcpy(&e->header, b->data, sizeof(e->header));
	if (memcmp(e->header.e_ident, ELFMAG, SELFMAG))
		die("%s: not an ELF file", b->name);
	if (e->header.e_ident[EI_CLASS] != ELFCLASS64 ||
	    e->header.e_ident[EI_DATA] != ELFDATA2LSB ||
	    e->header.e_machine != EM_X86_64)
		die("%s: not an ELF file for x86-64", b->name);
	if (e->header.e_type != ET_EXEC)
		die("%s: not a statically linked executable at fixed addresses", b->name);
	if (e->header.e_phentsize != sizeof(Elf64_Phdr) ||
	    !inside(b, e->header.e_phoff,
		    (__u64)e->header.e_phnum * sizeof(Elf64_Phdr)))
		die("%s: program headers are damaged", b->name);

	for (unsigned int i = 0; i < e->header.e_phnum; i++) {
		Elf64_Phdr p;

		memcpy(&p, b->data + e->header.e_phoff + i * sizeof(p), sizeof(p));
		if (p.p_type == PT_INTERP || p.p_type == PT_DYNAMIC)
			die("%s: dynamically linked", b->name);
		if (p.p_type != PT_LOAD || !p.p_memsz)
			continue;
		if (e->loads == MAX_SEGMENTS)
			die("%s: more than %u segments", b->name, MAX_SEGMENTS);
		if (p.p_filesz > p.p_memsz || !inside(b, p.p_offset, p.p_filesz))
			die("%s: a segment is damaged", b->name);
		if (p.p_memsz > MAX_FIRMWARE ||
		    (total += p.p_memsz) > MAX_FIRMWARE ||
		    p.p_paddr > 0xFFFFFFFFULL ||
		    p.p_paddr + p.p_memsz > 0x100000000ULL)
			die("%s: a segment is too large or beyond 4 GiB", b->name);
		e->load[e->loads++] = p;
	}
	if (!e->loads)
		die("%s: nothing to load", b->name);
	qsort(e->load, e->loads, sizeof(e->load[0]), by_paddr);
}

/* Segments ascend by now; two of them may meet within a page. */
static void add_segments(struct image *img, const struct elf *e)
{
	const __u64 mask = IGVM_PAGE_SIZE - 1;
	__u64 next = 0;		/* first GPA without a page so far */
	__u64 end = 0;
	__u8 *pages, *last = NULL;

	for (unsigned int i = 0; i < e->loads; i++) {
		const Elf64_Phdr *p = &e->load[i];
		__u64 start = p->p_paddr & ~mask;
		__u64 stop = (p->p_paddr + p->p_memsz + mask) & ~mask;
		const __u8 *from = e->file.data + p->p_offset;
		__u64 left = p->p_filesz, skip = p->p_paddr & mask;

		if (p->p_paddr < end)
			die("%s: segments overlap at 0x%llx", e->file.name,
			    (__u64)p->p_paddr);
		end = p->p_paddr + p->p_memsz;

		if (start < next) {
			__u64 n = left < IGVM_PAGE_SIZE - skip ?
				  left : IGVM_PAGE_SIZE - skip;

			memcpy(last + skip, from, n);
			from += n;
			left -= n;
			skip = 0;
			start = next;
		}
		if (start == stop)
			continue;
		image_add_region(img, "firmware", start, stop);
		pages = alloc_zeroed((stop - start) / IGVM_PAGE_SIZE, IGVM_PAGE_SIZE);
		memcpy(pages + skip, from, left);
		image_add_blob(img, start, pages, stop - start);
		last = pages + (stop - start) - IGVM_PAGE_SIZE;
		next = stop;
	}
}

/* Linked address to GPA. Return: NO_GPA if no segment contains it. */
static __u64 to_gpa(const struct elf *e, __u64 vaddr)
{
	for (unsigned int i = 0; i < e->loads; i++) {
		const Elf64_Phdr *p = &e->load[i];

		if (vaddr >= p->p_vaddr && vaddr - p->p_vaddr < p->p_memsz)
			return p->p_paddr + (vaddr - p->p_vaddr);
	}
	return NO_GPA;
}

/*
 * Find the symbol table and its strings. One that is missing was stripped: what
 * is built without it would be another image, with another digest.
 */
static void find_symtab(const struct elf *e, Elf64_Shdr *symtab, Elf64_Shdr *strtab)
{
	const struct blob *b = &e->file;
	const Elf64_Ehdr *h = &e->header;

	if (!h->e_shoff || !h->e_shnum)
		die("%s: no symbols; is it stripped?", b->name);
	if (h->e_shentsize != sizeof(Elf64_Shdr) ||
	    !inside(b, h->e_shoff, (__u64)h->e_shnum * sizeof(Elf64_Shdr)))
		die("%s: section headers are damaged", b->name);
	for (unsigned int i = 0; i < h->e_shnum; i++) {
		memcpy(symtab, b->data + h->e_shoff + i * sizeof(*symtab), sizeof(*symtab));
		if (symtab->sh_type != SHT_SYMTAB)
			continue;
		if (symtab->sh_link >= h->e_shnum)
			die("%s: symbol table is damaged", b->name);
		memcpy(strtab, b->data + h->e_shoff + symtab->sh_link * sizeof(*strtab),
		       sizeof(*strtab));
		if (!inside(b, symtab->sh_offset, symtab->sh_size) ||
		    !inside(b, strtab->sh_offset, strtab->sh_size))
			die("%s: symbol table is damaged", b->name);
		return;
	}
	die("%s: no symbols; is it stripped?", b->name);
}

/* Return: GPA of the page that carries the symbol, NO_GPA without it. */
static __u64 find_symbol(const struct elf *e, const char *name)
{
	const struct blob *b = &e->file;
	Elf64_Shdr symtab, strtab;
	size_t length = strlen(name) + 1;
	Elf64_Sym s;
	__u64 gpa;

	find_symtab(e, &symtab, &strtab);
	for (__u64 at = 0; at + sizeof(s) <= symtab.sh_size; at += sizeof(s)) {
		memcpy(&s, b->data + symtab.sh_offset + at, sizeof(s));
		if (s.st_shndx == SHN_UNDEF || s.st_name >= strtab.sh_size ||
		    length > strtab.sh_size - s.st_name ||
		    memcmp(b->data + strtab.sh_offset + s.st_name, name, length))
			continue;
		gpa = to_gpa(e, s.st_value);
		if (gpa == NO_GPA)
			die("%s: symbol %s is in no loaded segment", b->name, name);
		if (gpa & (IGVM_PAGE_SIZE - 1))
			die("%s: symbol %s is not page aligned", b->name, name);
		if (s.st_size && s.st_size != IGVM_PAGE_SIZE)
			die("%s: symbol %s is not 4096 bytes long", b->name, name);
		return gpa;
	}
	return NO_GPA;
}

static __u64 special_page(struct image *img, const struct elf *e, const char *name,
			  enum page_kind kind)
{
	__u64 gpa = find_symbol(e, name);
	struct page *p;

	if (gpa == NO_GPA)
		return NO_GPA;
	p = image_find_page(img, gpa);
	if (p->kind != PAGE_NORMAL)
		die("%s: symbol %s shares its page with another one", e->file.name, name);
	p->kind = kind;
	return gpa;
}

/* The loader fills these on SEV-SNP alone: elsewhere nothing would come. */
static void snp_page(struct image *img, const struct elf *e, const char *name,
		     enum page_kind kind)
{
	if (img->platform == IGVM_PLATFORM_SEV_SNP)
		special_page(img, e, name, kind);
	else if (find_symbol(e, name) != NO_GPA)
		die("%s: symbol %s: there is no such page on TDX", e->file.name, name);
}

static void find_entry(struct image *img, const struct elf *e)
{
	if (img->platform == IGVM_PLATFORM_TDX) {
		if (!image_find_page(img, TDX_RESET_VECTOR & ~(IGVM_PAGE_SIZE - 1ULL)))
			die("%s: nothing at the reset vector 0x%llx", e->file.name,
			    TDX_RESET_VECTOR);
		return;
	}
	img->entry = to_gpa(e, e->header.e_entry);
	if (img->entry == NO_GPA)
		die("%s: entry point is in no loaded segment", e->file.name);
}

/**
 * load_firmware() - segments, entry point and special pages of an ELF file
 * @img: image for a platform; regions, pages, entry and the GPAs of special
 *	pages are set
 * @name: path
 *
 * Does not return if the file is not a static x86-64 executable whose segments
 * lie below 4 GiB, if a special page is not one whole page of a segment or not
 * known to the platform, or if there is nothing where the platform begins.
 */
void load_firmware(struct image *img, const char *name)
{
	struct elf e = { .loads = 0 };

	read_blob(&e.file, name);
	read_headers(&e);
	add_segments(img, &e);
	find_entry(img, &e);
	snp_page(img, &e, "igvm_cpuid_page", PAGE_CPUID);
	snp_page(img, &e, "igvm_secrets_page", PAGE_SECRETS);
	img->area_gpa[AREA_GENERAL] =
		special_page(img, &e, "igvm_param_page", PAGE_PARAMETERS);
	img->area_gpa[AREA_MADT] =
		special_page(img, &e, "igvm_madt_page", PAGE_PARAMETERS);
	img->area_gpa[AREA_MEMORY_MAP] =
		special_page(img, &e, "igvm_memory_map_page", PAGE_PARAMETERS);
	img->payload_gpa = special_page(img, &e, "igvm_payload_page", PAGE_NORMAL);
	/* The segments were copied: only the name is still in use. */
	free(e.file.data);
}
