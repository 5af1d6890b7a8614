// SPDX-License-Identifier: MIT
/*
 * The log: a formatter as small as what we print, and one lock.
 */
#include <svsm/arch.h>
#include <svsm/lock.h>
#include <svsm/log.h>

/*
 * How often to look whether the log is free before writing anyway. A fault in
 * the middle of a line must not silence the message that explains it; the
 * price is a line that mixes with another.
 */
#define LOG_PATIENCE	(1U << 20)

static struct spinlock log_lock;
static enum log_level log_limit = LOG_INFO;

static const char *const level_name[] = {
	[LOG_ERROR] = "error: ",
	[LOG_WARN] = "warning: ",
	[LOG_INFO] = "",
	[LOG_DEBUG] = "debug: ",
};

/* Where output goes; what does not fit is dropped. */
struct out {
	char *buf;
	size_t size;
	size_t len;
};

/* One conversion: %[0][width][l|ll]x */
struct conversion {
	bool zero;
	bool wide;
	unsigned int width;
	char type;
};

static void put(struct out *out, char c)
{
	if (out->len + 1 < out->size)
		out->buf[out->len++] = c;
}

static void put_padding(struct out *out, char c, size_t used, size_t width)
{
	for (; used < width; used++)
		put(out, c);
}

static void put_string(struct out *out, const char *s,
		       const struct conversion *conv)
{
	size_t len = 0, i;

	if (!s)
		s = "(null)";
	while (s[len])
		len++;
	put_padding(out, ' ', len, conv->width);
	for (i = 0; i < len; i++)
		put(out, s[i]);
}

static void put_number(struct out *out, u64 value, bool negative,
		       unsigned int base, const struct conversion *conv)
{
	char digits[20];
	size_t count = 0, used;

	do {
		digits[count++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);

	used = count + negative;
	if (!conv->zero)
		put_padding(out, ' ', used, conv->width);
	if (negative)
		put(out, '-');
	if (conv->zero)
		put_padding(out, '0', used, conv->width);
	while (count)
		put(out, digits[--count]);
}

static const char *parse(const char *fmt, struct conversion *conv)
{
	*conv = (struct conversion){ 0 };
	if (*fmt == '0') {
		conv->zero = true;
		fmt++;
	}
	for (; *fmt >= '0' && *fmt <= '9'; fmt++)
		conv->width = conv->width * 10 + (unsigned int)(*fmt - '0');
	for (; *fmt == 'l'; fmt++)
		conv->wide = true;
	conv->type = *fmt;
	return *fmt ? fmt + 1 : fmt;
}

/* See log.h. long and long long are both 64 bits wide here. */
size_t svsm_vformat(char *buf, size_t size, const char *fmt, va_list args)
{
	struct out out = { .buf = buf, .size = size };
	struct conversion conv;
	s64 number;

	if (!size)
		return 0;

	while (*fmt) {
		if (*fmt != '%') {
			put(&out, *fmt++);
			continue;
		}
		fmt = parse(fmt + 1, &conv);
		switch (conv.type) {
		case 's':
			put_string(&out, va_arg(args, const char *), &conv);
			break;
		case 'c':
			put(&out, (char)va_arg(args, int));
			break;
		case 'd':
			number = conv.wide ? va_arg(args, s64) :
					     va_arg(args, int);
			put_number(&out, number < 0 ? 0 - (u64)number :
						      (u64)number,
				   number < 0, 10, &conv);
			break;
		case 'u':
		case 'x':
			put_number(&out,
				   conv.wide ? va_arg(args, u64) :
					       va_arg(args, unsigned int),
				   false, conv.type == 'u' ? 10 : 16, &conv);
			break;
		case 'p':
			put(&out, '0');
			put(&out, 'x');
			put_number(&out, (uintptr_t)va_arg(args, void *),
				   false, 16, &conv);
			break;
		case '%':
			put(&out, '%');
			break;
		default:
			/* Our own mistake: show it, trust no argument more. */
			put(&out, '%');
			put(&out, '?');
			goto end;
		}
	}
end:
	buf[out.len] = '\0';
	return out.len;
}

static size_t put_text(char *line, const char *text)
{
	size_t len;

	for (len = 0; text[len]; len++)
		line[len] = text[len];
	return len;
}

/* See log.h. */
void svsm_log_set_level(enum log_level level)
{
	__atomic_store_n(&log_limit, level, __ATOMIC_RELAXED);
}

/* See log.h. */
void svsm_log(enum log_level level, const char *fmt, ...)
{
	char line[SVSM_LOG_LINE_MAX];
	unsigned int patience;
	bool locked = false;
	va_list args;
	size_t len;

	if (level > __atomic_load_n(&log_limit, __ATOMIC_RELAXED))
		return;

	len = put_text(line, "svsm: ");
	len += put_text(line + len, level_name[level]);
	va_start(args, fmt);
	len += svsm_vformat(line + len, sizeof(line) - len, fmt, args);
	va_end(args);
	/* In place of the terminator: the log takes bytes, not strings. */
	line[len++] = '\n';

	for (patience = 0; patience < LOG_PATIENCE && !locked; patience++) {
		locked = spin_trylock(&log_lock);
		if (!locked)
			arch_cpu_relax();
	}
	arch_console_write(line, len);
	if (locked)
		spin_unlock(&log_lock);
}
