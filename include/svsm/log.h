/* SPDX-License-Identifier: MIT */
/*
 * The SVSM's log. The host reads it: nothing secret goes there.
 */
#ifndef _SVSM_LOG_H
#define _SVSM_LOG_H

#include <stdarg.h>
#include <svsm/types.h>

/**
 * enum log_level - how much a line matters
 * @LOG_ERROR: something failed that should not
 * @LOG_WARN: a peer misbehaved, the SVSM goes on
 * @LOG_INFO: milestones of a start
 * @LOG_DEBUG: more than most want to read
 */
enum log_level {
	LOG_ERROR,
	LOG_WARN,
	LOG_INFO,
	LOG_DEBUG,
};

/* Longest line, with prefix and newline; the rest is cut off. */
#define SVSM_LOG_LINE_MAX	256

/**
 * svsm_log() - write one line
 * @level: lines above the level of svsm_log_set_level() are dropped
 * @fmt: %s %c %d %u %x %p %%, with flag 0, width, and l or ll; no newline
 *
 * Lines of different vCPUs do not mix.
 */
void svsm_log(enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * svsm_log_set_level() - drop lines that matter less
 * @level: the last level to be written; LOG_INFO at the start
 */
void svsm_log_set_level(enum log_level level);

/**
 * svsm_vformat() - the formatter behind svsm_log()
 * @buf: where to write; always terminated if @size > 0
 * @size: bytes of @buf
 * @fmt: as in svsm_log()
 * @args: arguments
 *
 * Return: bytes written without the terminator, at most @size - 1.
 */
size_t svsm_vformat(char *buf, size_t size, const char *fmt, va_list args);

#endif /* _SVSM_LOG_H */
