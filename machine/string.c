/* SPDX-License-Identifier: MIT */
/*
 * What the compiler expects of every environment. Without vector registers,
 * which are the guest's; in words of 8 bytes, since QEMU's emulation takes as
 * long for a byte.
 */
#include "machine.h"

/**
 * memcpy() - copy bytes between areas that do not overlap
 */
void *memcpy(void *to, const void *from, size_t size)
{
	void *result = to;
	size_t words = size / 8;
	size_t bytes = size % 8;

	asm volatile("cld; rep movsq" : "+D" (to), "+S" (from), "+c" (words)
		     : : "memory");
	asm volatile("rep movsb" : "+D" (to), "+S" (from), "+c" (bytes)
		     : : "memory");
	return result;
}

/**
 * memmove() - copy bytes between areas that may overlap
 */
void *memmove(void *to, const void *from, size_t size)
{
	u8 *t = to;
	const u8 *f = from;

	if ((uintptr_t)to - (uintptr_t)from >= size)
		return memcpy(to, from, size);
	t += size - 1;
	f += size - 1;
	asm volatile("std; rep movsb; cld" : "+D" (t), "+S" (f), "+c" (size)
		     : : "memory");
	return to;
}

/**
 * memset() - fill with a byte
 */
void *memset(void *to, int byte, size_t size)
{
	void *result = to;
	size_t words = size / 8;
	size_t bytes = size % 8;
	u64 pattern = (u8)byte * 0x0101010101010101ULL;

	asm volatile("cld; rep stosq" : "+D" (to), "+c" (words)
		     : "a" (pattern) : "memory");
	asm volatile("rep stosb" : "+D" (to), "+c" (bytes)
		     : "a" (pattern) : "memory");
	return result;
}

/**
 * memcmp() - compare bytes; sign of the first difference, 0 if there is none
 */
int memcmp(const void *a, const void *b, size_t size)
{
	const u8 *x = a, *y = b;

	for (size_t i = 0; i < size; i++) {
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	}
	return 0;
}
