/* SPDX-License-Identifier: MIT */
/* What the IGVM command line programs share: messages, whole files. */
#ifndef TOOLS_IGVM_HOST_H
#define TOOLS_IGVM_HOST_H

#include <stddef.h>

#include <linux/types.h>

#define EXIT_USAGE	2

/* A file in memory; data has room for one more page of zeroes behind size. */
struct blob {
	const char *name;
	__u8 *data;
	size_t size;
};

/* Each program defines its name, for messages. */
extern const char program_name[];

void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
void die_usage(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
void *alloc_zeroed(size_t count, size_t size);
void read_blob(struct blob *b, const char *name);
void close_stdout(void);

#endif
