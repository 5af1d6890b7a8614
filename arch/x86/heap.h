/* SPDX-License-Identifier: MIT */
/*
 * Pages of the SVSM's own memory behind the image. Boot only, never freed.
 */
#ifndef X86_HEAP_H
#define X86_HEAP_H

#include <svsm/types.h>

void *heap_pages(size_t count);
void *heap_stack(size_t pages);
void *heap_shared_page(void);

/**
 * platform_accept_page() - make a page of the SVSM private memory
 * @gpa: page that nobody used yet; ends the image if that cannot be
 */
void platform_accept_page(u64 gpa);

#endif /* X86_HEAP_H */
