/* SPDX-License-Identifier: MIT */
/*
 * The machine's log. A line is put together first and goes out with one
 * instruction, since each I/O instruction costs an exit of QEMU.
 */
#include "cpu.h"
#include "start.h"

#define LINE_SIZE	512
#define LOCK_TRIES	(1U << 24)

/* Conversion of one number or string. */
struct field {
	bool left;
	bool zero;
	u32 width;
	s32 precision;		/* -1: none */
	u32 longs;		/* bytes of the argument: 4 or 8 */
};

struct line {
	u32 used;
	char text[LINE_SIZE];
};

static struct spinlock lock;

static void put(struct line *l, char c)
{
	/* one byte stays free for the newline */
	if (l->used < LINE_SIZE - 1)
		l->text[l->used++] = c;
}

static void put_padded(struct line *l, const struct field *f, const char *s,
		       u32 size)
{
	u32 pad = f->width > size ? f->width - size : 0;

	if (!f->left) {
		for (; pad; pad--)
			put(l, f->zero ? '0' : ' ');
	}
	while (size--)
		put(l, *s++);
	for (; pad; pad--)
		put(l, ' ');
}

static void put_number(struct line *l, struct field *f, u64 val, u32 base,
		       bool upper, bool negative)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char buf[24];
	u32 i = sizeof(buf);

	do {
		buf[--i] = digits[val % base];
		val /= base;
	} while (val);
	if (negative) {
		if (f->zero) {
			put(l, '-');
			f->width -= f->width ? 1 : 0;
		} else {
			buf[--i] = '-';
		}
	}
	put_padded(l, f, buf + i, (u32)sizeof(buf) - i);
}

static void put_string(struct line *l, const struct field *f, const char *s)
{
	u32 size = 0;

	while ((f->precision < 0 || size < (u32)f->precision) && s[size])
		size++;
	put_padded(l, f, s, size);
}

static u32 parse_number(const char **fmt, va_list *args)
{
	u32 val = 0;

	if (**fmt == '*') {
		(*fmt)++;
		return (u32)va_arg(*args, int);
	}
	for (; **fmt >= '0' && **fmt <= '9'; (*fmt)++)
		val = val * 10 + (u32)(**fmt - '0');
	return val;
}

static void parse_field(struct field *f, const char **fmt, va_list *args)
{
	*f = (struct field){ .precision = -1, .longs = 4 };
	for (;; (*fmt)++) {
		if (**fmt == '-')
			f->left = true;
		else if (**fmt == '0')
			f->zero = true;
		else
			break;
	}
	f->width = parse_number(fmt, args);
	if (**fmt == '.') {
		(*fmt)++;
		f->precision = (s32)parse_number(fmt, args);
	}
	for (; **fmt == 'h'; (*fmt)++)
		;	/* arguments are promoted to int */
	for (; **fmt == 'l' || **fmt == 'z'; (*fmt)++)
		f->longs = 8;
}

static u64 unsigned_arg(const struct field *f, va_list *args)
{
	return f->longs == 8 ? va_arg(*args, u64) : va_arg(*args, u32);
}

static void convert(struct line *l, const char **fmt, va_list *args)
{
	struct field f;
	s64 number;
	char c;

	parse_field(&f, fmt, args);
	switch (**fmt) {
	case 'd':
	case 'i':
		number = f.longs == 8 ? va_arg(*args, s64) : va_arg(*args, s32);
		put_number(l, &f, number < 0 ? -(u64)number : (u64)number, 10,
			   false, number < 0);
		break;
	case 'u':
		put_number(l, &f, unsigned_arg(&f, args), 10, false, false);
		break;
	case 'x':
	case 'X':
		put_number(l, &f, unsigned_arg(&f, args), 16, **fmt == 'X',
			   false);
		break;
	case 'p':
		put_number(l, &f, (u64)va_arg(*args, void *), 16, false, false);
		break;
	case 'c':
		c = (char)va_arg(*args, int);
		put_padded(l, &f, &c, 1);
		break;
	case 's':
		put_string(l, &f, va_arg(*args, const char *));
		break;
	case '%':
		put(l, '%');
		break;
	case '\0':
		return;
	}
	(*fmt)++;
}

static void format(struct line *l, const char *fmt, va_list args)
{
	va_list copy;

	va_copy(copy, args);
	while (*fmt) {
		if (*fmt != '%') {
			put(l, *fmt++);
			continue;
		}
		fmt++;
		convert(l, &fmt, &copy);
	}
	va_end(copy);
}

/* Two torn lines are better than none: an exception may print in a printer. */
static void send(const struct line *l)
{
	bool locked = false;

	for (u32 i = 0; i < LOCK_TRIES && !locked; i++)
		locked = spin_trylock(&lock);
	outsb(PORT_LOG, l->text, l->used);
	if (locked)
		spin_unlock(&lock);
}

/**
 * vprint() - one line for the log
 * @prefix: put between "machine: " and the text
 * @fmt: text; conversions d i u x X p c s %, flags - 0, width, precision of
 *	strings, sizes h hh l ll z
 * @args: its arguments
 */
void vprint(const char *prefix, const char *fmt, va_list args)
{
	struct line l = { 0 };
	const struct field plain = { .precision = -1 };

	put_string(&l, &plain, "machine: ");
	put_string(&l, &plain, prefix);
	format(&l, fmt, args);
	l.text[l.used++] = '\n';
	send(&l);
}

/**
 * print() - one line for the log: "machine: " and the text
 * @fmt: as vprint() has it
 */
void print(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vprint("", fmt, args);
	va_end(args);
}

/**
 * print_raw() - text for the log as it is, at most 511 bytes
 * @fmt: as vprint() has it
 */
void print_raw(const char *fmt, ...)
{
	struct line l = { 0 };
	va_list args;

	va_start(args, fmt);
	format(&l, fmt, args);
	va_end(args);
	send(&l);
}
