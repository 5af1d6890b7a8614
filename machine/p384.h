/* SPDX-License-Identifier: MIT */
/*
 * ECDSA signatures on P-384 with SHA-384 (FIPS 186-5), nonces by RFC 6979.
 * Freestanding; needs sha384() from the program that links it.
 */
#ifndef MACHINE_P384_H
#define MACHINE_P384_H

#include <svsm/types.h>

#define P384_SIZE	48

/* All numbers are big-endian. */
void p384_sign(const u8 key[P384_SIZE], const u8 digest[48], u8 r[P384_SIZE],
	       u8 s[P384_SIZE]);

#endif /* MACHINE_P384_H */
