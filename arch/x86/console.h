/* SPDX-License-Identifier: MIT */
/*
 * The log's serial port, and the end of the image for the host's fault.
 */
#ifndef X86_CONSOLE_H
#define X86_CONSOLE_H

void console_init(void);
void host_failed(const char *what) __attribute__((noreturn));

#endif /* X86_CONSOLE_H */
