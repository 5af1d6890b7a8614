// SPDX-License-Identifier: MIT
/*
 * Text on COM1, and the memory functions that the compiler calls.
 */
#include "common.h"

#define COM1		0x3F8
#define COM1_LSR	(COM1 + 5)
#define LSR_THR_EMPTY	BIT(5)
#define LSR_TRIES	1000

void *memset(void *to, int value, size_t size);
void *memcpy(void *to, const void *from, size_t size);
int memcmp(const void *a, const void *b, size_t size);

/** memset() - as in C. */
void *memset(void *to, int value, size_t size)
{
	void *start = to;

	asm volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(value) : "memory");
	return start;
}

/** memcpy() - as in C. */
void *memcpy(void *to, const void *from, size_t size)
{
	void *start = to;

	asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
	return start;
}

/** memcmp() - as in C. */
int memcmp(const void *a, const void *b, size_t size)
{
	const u8 *x = a, *y = b;

	for (; size; size--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

static void put_char(char c)
{
	u32 tries = LSR_TRIES;
	u32 lsr = 0;

	while (tries-- && !(lsr & LSR_THR_EMPTY))
		if (rt_in(COM1_LSR, 1, &lsr))
			return;
	rt_out(COM1, 1, (u8)c);
}

static void put_number(u64 value, u32 base)
{
	char digits[20];
	u32 n = 0;

	do {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	while (n)
		put_char(digits[--n]);
}

/**
 * rt_vprint() - formatted text on COM1; nothing before rt_io_ready()
 * @fmt: %s, %c, %d, %u, %x, the numbers also with l or ll; no widths
 * @args: arguments
 */
void rt_vprint(const char *fmt, va_list args)
{
	if (!rt_io_ready())
		return;
	for (; *fmt; fmt++) {
		bool wide = false;
		const char *text;
		s64 number;

		if (*fmt != '%') {
			if (*fmt == '\n')
				put_char('\r');
			put_char(*fmt);
			continue;
		}
		while (*++fmt == 'l')
			wide = true;
		switch (*fmt) {
		case 's':
			for (text = va_arg(args, const char *); *text; text++)
				put_char(*text);
			break;
		case 'c':
			put_char(va_arg(args, int));
			break;
		case 'd':
			number = wide ? va_arg(args, s64) : va_arg(args, s32);
			if (number < 0)
				put_char('-');
			put_number(number < 0 ? -(u64)number : (u64)number, 10);
			break;
		case 'u':
		case 'x':
			put_number(wide ? va_arg(args, u64) : va_arg(args, u32),
				   *fmt == 'u' ? 10 : 16);
			break;
		default:
			put_char(*fmt);
		}
	}
}

/** rt_print() - rt_vprint() with variable arguments. */
void rt_print(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	rt_vprint(fmt, args);
	va_end(args);
}
