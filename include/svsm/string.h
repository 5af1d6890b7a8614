/* SPDX-License-Identifier: MIT */
/*
 * What gcc calls behind our back, and what we call. ISO C semantics.
 */
#ifndef _SVSM_STRING_H
#define _SVSM_STRING_H

#include <svsm/types.h>

void *memcpy(void *dst, const void *src, size_t size);
void *memmove(void *dst, const void *src, size_t size);
void *memset(void *dst, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);

#endif /* _SVSM_STRING_H */
