/* SPDX-License-Identifier: MIT */
/*
 * The DSDT that iasl made of acpi_dsdt.asl, as bytes.
 */
	.section .rodata.acpi_dsdt, "a"
	.balign 8
	.globl acpi_dsdt_start, acpi_dsdt_end
acpi_dsdt_start:
	.incbin "acpi_dsdt.aml"
acpi_dsdt_end:

	.section .note.GNU-stack, "", @progbits
