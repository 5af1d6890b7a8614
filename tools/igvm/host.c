// SPDX-License-Identifier: MIT
#include "host.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "igvm.h"

/* Offsets in an IGVM file are 32 bits wide: nothing larger is of use. */
#define MAX_BLOB	0xFFFFFFFFu

static void message(const char *fmt, va_list ap)
{
	fflush(stdout);
	fprintf(stderr, "%s: ", program_name);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

/**
 * die() - one line on stderr, then exit status 1
 * @fmt: as for printf, without newline
 */
void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	message(fmt, ap);
	va_end(ap);
	exit(EXIT_FAILURE);
}

/**
 * die_usage() - a wrong command line: one line, a hint, exit status 2
 * @fmt: as for printf, without newline
 */
void die_usage(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	message(fmt, ap);
	va_end(ap);
	fprintf(stderr, "Try '%s --help'.\n", program_name);
	exit(EXIT_USAGE);
}

/**
 * alloc_zeroed() - calloc that does not return on failure
 * @count: elements
 * @size: bytes of one
 *
 * Return: zeroed memory.
 */
void *alloc_zeroed(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size);

	if (!p)
		die("out of memory");
	return p;
}

/**
 * read_blob() - read a whole file (or pipe)
 * @b: filled in
 * @name: path, kept by reference
 *
 * Does not return on errors.
 */
void read_blob(struct blob *b, const char *name)
{
	size_t room = 1 << 20, got;
	FILE *f = fopen(name, "rb");

	if (!f)
		die("%s: %s", name, strerror(errno));
	if (!fseek(f, 0, SEEK_END)) {
		long end = ftell(f);

		if (end > 0 && (unsigned long)end <= MAX_BLOB)
			room = (size_t)end + 1;
		if (end > 0 && (unsigned long)end > MAX_BLOB)
			die("%s: file is 4 GiB or larger", name);
		rewind(f);
	}
	b->name = name;
	b->size = 0;
	b->data = malloc(room + IGVM_PAGE_SIZE);
	if (!b->data)
		die("out of memory");
	errno = 0;
	while ((got = fread(b->data + b->size, 1, room - b->size, f))) {
		b->size += got;
		if (b->size > MAX_BLOB)
			die("%s: file is 4 GiB or larger", name);
		if (b->size < room)
			continue;
		room *= 2;
		b->data = realloc(b->data, room + IGVM_PAGE_SIZE);
		if (!b->data)
			die("out of memory");
	}
	if (ferror(f))
		die("%s: %s", name, strerror(errno ? errno : EIO));
	fclose(f);
	memset(b->data + b->size, 0, IGVM_PAGE_SIZE);
}

/**
 * close_stdout() - make sure that what was printed arrived
 *
 * Does not return if it did not (a full disk, a closed pipe).
 */
void close_stdout(void)
{
	if (fflush(stdout) || ferror(stdout))
		die("standard output: %s", strerror(errno));
}
