/* SPDX-License-Identifier: MIT */
/*
 * Exception table: instructions that may fault on memory that a peer can take
 * away, and where to go on then. Used from assembler and from inline assembler.
 */
#ifndef X86_EXTABLE_H
#define X86_EXTABLE_H

/* Addresses fit 32 bits: the image lies below 16 MiB. */
#ifdef __ASSEMBLER__

.macro EXTABLE insn, fixup
	.pushsection .extable, "a"
	.long \insn, \fixup
	.popsection
.endm

#else

#include <svsm/types.h>

#define EXTABLE(insn, fixup)						\
	".pushsection .extable, \"a\"\n\t"				\
	".long " #insn ", " #fixup "\n\t"				\
	".popsection\n\t"

struct extable_entry {
	u32 insn;
	u32 fixup;
};

#endif /* __ASSEMBLER__ */
#endif /* X86_EXTABLE_H */
