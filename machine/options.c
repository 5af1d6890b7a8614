/* SPDX-License-Identifier: MIT */
/*
 * The machine's own options: words of the command line, "name" or
 * "name=value".
 */
#include "machine.h"

/* What follows @name in the command line: "", "=value...", NULL: not there. */
static const char *find(const char *name)
{
	const char *p = machine.cmdline;

	while (*p) {
		const char *n = name;

		while (*n && *n == *p) {
			n++;
			p++;
		}
		if (!*n && (!*p || *p == ' ' || *p == '='))
			return p;
		while (*p && *p != ' ')
			p++;
		while (*p == ' ')
			p++;
	}
	return NULL;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/**
 * option_set() - is an option there, with or without a value?
 * @name: of the option
 */
bool option_set(const char *name)
{
	return find(name);
}

/**
 * option_number() - value of an option
 * @name: of the option
 * @otherwise: result if the option is not there
 *
 * Decimal, or hexadecimal after "0x". What is no number ends the machine: a
 * test must not run with something that was not asked for.
 */
u64 option_number(const char *name, u64 otherwise)
{
	const char *p = find(name);
	int base = 10;
	u64 val = 0;

	if (!p)
		return otherwise;
	if (*p++ != '=')
		machine_error("option %s wants a number", name);
	if (p[0] == '0' && p[1] == 'x') {
		base = 16;
		p += 2;
	}
	do {
		if (digit(*p) >= base ||
		    __builtin_mul_overflow(val, (u64)base, &val) ||
		    __builtin_add_overflow(val, (u64)digit(*p), &val))
			machine_error("option %s wants a number", name);
		p++;
	} while (*p && *p != ' ');
	return val;
}
