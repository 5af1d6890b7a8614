/* SPDX-License-Identifier: MIT */
/*
 * AES-256-GCM (FIPS 197, NIST SP 800-38D) with 12-byte IVs and 16-byte tags.
 * Freestanding and without state of its own: whoever needs it compiles it.
 */
#ifndef SNP_GCM_H
#define SNP_GCM_H

#include <svsm/types.h>

#define GCM_KEY_SIZE	32
#define GCM_IV_SIZE	12
#define GCM_TAG_SIZE	16

#define GCM_ROUNDS	14

/**
 * struct gcm_key - a key, ready for use
 * @round: AES round keys, bytes in the standard's order
 * @h: hash key, as two big-endian words
 */
struct gcm_key {
	u64 round[GCM_ROUNDS + 1][2];
	u64 h[2];
};

void gcm_init(struct gcm_key *key, const u8 bytes[GCM_KEY_SIZE]);
void gcm_seal(const struct gcm_key *key, const u8 iv[GCM_IV_SIZE],
	      const void *aad, size_t aad_size, const void *in, void *out,
	      size_t size, u8 tag[GCM_TAG_SIZE]);
bool gcm_open(const struct gcm_key *key, const u8 iv[GCM_IV_SIZE],
	      const void *aad, size_t aad_size, const void *in, void *out,
	      size_t size, const u8 tag[GCM_TAG_SIZE]);
void gcm_wipe(void *secret, size_t size);

#endif /* SNP_GCM_H */
