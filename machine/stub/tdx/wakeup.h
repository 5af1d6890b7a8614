/* SPDX-License-Identifier: MIT */
#ifndef STUB_TDX_WAKEUP_H
#define STUB_TDX_WAKEUP_H

#include <svsm/types.h>

/* wakeup.c */
void wakeup_listen(u64 mailbox);

/* wakeup_entry.S: for the operating system, struct linux_boot.wakeup_reset */
void wakeup_reset(void);

#endif /* STUB_TDX_WAKEUP_H */
