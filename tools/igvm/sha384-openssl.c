// SPDX-License-Identifier: MIT
/* sha384() for host programs, by OpenSSL. */
#include <openssl/evp.h>

#include "host.h"
#include "igvm_measure.h"

/**
 * sha384() - SHA-384 of a buffer
 * @data: bytes
 * @len: how many
 * @out: receives the digest
 *
 * Does not return if the library cannot do SHA-384.
 */
void sha384(const void *data, size_t len, __u8 out[IGVM_DIGEST_SIZE])
{
	/* Looked up once: a lookup costs more than hashing a page. */
	static EVP_MD *md;
	static EVP_MD_CTX *ctx;

	if (!md) {
		md = EVP_MD_fetch(NULL, "SHA384", NULL);
		ctx = EVP_MD_CTX_new();
	}
	if (!md || !ctx || !EVP_DigestInit_ex(ctx, md, NULL) ||
	    !EVP_DigestUpdate(ctx, data, len) || !EVP_DigestFinal_ex(ctx, out, NULL))
		die("libcrypto cannot compute SHA-384");
}
