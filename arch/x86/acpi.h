/* SPDX-License-Identifier: MIT */
/*
 * ACPI tables of the q35 board, built in guest memory: what the interrupt
 * routing, the timers and power-off of Linux need, and nothing more.
 */
#ifndef SVSM_X86_ACPI_H
#define SVSM_X86_ACPI_H

#include "linux_boot.h"

int acpi_build(const struct linux_boot *in, u64 *rsdp_gpa, const char **why);

#endif /* SVSM_X86_ACPI_H */
