// SPDX-License-Identifier: MIT
/*
 * The four functions that gcc calls even in freestanding code. Linked into
 * images only; a hosted program has libc's.
 */
#include <svsm/string.h>

/* A word at any address, of any type. */
typedef u64 __attribute__((aligned(1), may_alias)) any_u64;

/*
 * Without it the compiler recognises these very loops as the functions that
 * they implement, and calls them.
 */
#define NOT_AN_IDIOM()	__atomic_signal_fence(__ATOMIC_SEQ_CST)

static void copy_up(u8 *dst, const u8 *src, size_t size)
{
	for (; size >= sizeof(u64); size -= sizeof(u64)) {
		*(any_u64 *)dst = *(const any_u64 *)src;
		dst += sizeof(u64);
		src += sizeof(u64);
		NOT_AN_IDIOM();
	}
	for (; size; size--) {
		*dst++ = *src++;
		NOT_AN_IDIOM();
	}
}

static void copy_down(u8 *dst, const u8 *src, size_t size)
{
	for (; size >= sizeof(u64); size -= sizeof(u64)) {
		*(any_u64 *)(dst + size - sizeof(u64)) =
			*(const any_u64 *)(src + size - sizeof(u64));
		NOT_AN_IDIOM();
	}
	for (; size; size--) {
		dst[size - 1] = src[size - 1];
		NOT_AN_IDIOM();
	}
}

/**
 * memcpy() - copy bytes that do not overlap
 * @dst: where to
 * @src: where from
 * @size: bytes
 *
 * Return: @dst. Source: ISO C11 7.24.2.1.
 */
void *memcpy(void *dst, const void *src, size_t size)
{
	copy_up(dst, src, size);
	return dst;
}

/**
 * memmove() - copy bytes that may overlap
 * @dst: where to
 * @src: where from
 * @size: bytes
 *
 * Return: @dst. Source: ISO C11 7.24.2.2.
 */
void *memmove(void *dst, const void *src, size_t size)
{
	/* Upwards is right unless @dst begins inside the source. */
	if ((uintptr_t)dst - (uintptr_t)src >= size)
		copy_up(dst, src, size);
	else
		copy_down(dst, src, size);
	return dst;
}

/**
 * memset() - fill with a byte
 * @dst: where to
 * @byte: its low 8 bits are stored
 * @size: bytes
 *
 * Return: @dst. Source: ISO C11 7.24.6.1.
 */
void *memset(void *dst, int byte, size_t size)
{
	u64 word = (u8)byte * 0x0101010101010101ULL;
	u8 *p = dst;

	for (; size >= sizeof(u64); size -= sizeof(u64)) {
		*(any_u64 *)p = word;
		p += sizeof(u64);
		NOT_AN_IDIOM();
	}
	for (; size; size--) {
		*p++ = (u8)byte;
		NOT_AN_IDIOM();
	}
	return dst;
}

/**
 * memcmp() - compare bytes; not constant in time
 * @a: one
 * @b: the other
 * @size: bytes
 *
 * Return: less than, equal to or greater than 0. Source: ISO C11 7.24.4.1.
 */
int memcmp(const void *a, const void *b, size_t size)
{
	const u8 *p = a, *q = b;
	size_t i;

	for (i = 0; i < size; i++) {
		if (p[i] != q[i])
			return p[i] < q[i] ? -1 : 1;
		NOT_AN_IDIOM();
	}
	return 0;
}
