/* SPDX-License-Identifier: MIT */
/*
 * What entry.S shares with rt.h, whose C it cannot read.
 */
#ifndef STUB_RT_ASM_H
#define STUB_RT_ASM_H

#ifndef RT_IMAGE
#define RT_IMAGE		0x800000
#endif
#define RT_CS			0x10
#define RT_DS			0x18
#define RT_TSS			0x30
#define RT_STUB_SIZE		16
#define TERM_SET		5
#define TERM_NO_CPUID_PAGE	1

#endif /* STUB_RT_ASM_H */
