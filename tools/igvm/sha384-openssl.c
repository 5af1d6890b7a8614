// SPDX-License-Identifier: MIT
/* sha384() and sha384_*() for host programs, by OpenSSL. */
#include <openssl/evp.h>
#include <string.h>

#include "host.h"
#include "igvm_measure.h"

static void fail(void)
{
	die("libcrypto cannot compute SHA-384");
}

static EVP_MD_CTX *begin(EVP_MD_CTX *ctx)
{
	/* Looked up once: a lookup costs more than hashing a page. */
	static EVP_MD *md;

	if (!md)
		md = EVP_MD_fetch(NULL, "SHA384", NULL);
	if (!ctx)
		ctx = EVP_MD_CTX_new();
	if (!md || !ctx || !EVP_DigestInit_ex(ctx, md, NULL))
		fail();
	return ctx;
}

static void end(EVP_MD_CTX *ctx, const void *data, size_t len, __u8 *out)
{
	if (!EVP_DigestUpdate(ctx, data, len) || !EVP_DigestFinal_ex(ctx, out, NULL))
		fail();
}

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
	static EVP_MD_CTX *ctx;

	ctx = begin(ctx);
	end(ctx, data, len, out);
}

/* The library's context is all of a stream's state. */
static EVP_MD_CTX *context(const struct sha384_stream *s)
{
	EVP_MD_CTX *ctx;

	memcpy(&ctx, s->state, sizeof(ctx));
	return ctx;
}

/**
 * sha384_start() - begin a hash over a stream
 * @s: set up; sha384_finish() frees what it holds
 *
 * Does not return if the library cannot do SHA-384.
 */
void sha384_start(struct sha384_stream *s)
{
	EVP_MD_CTX *ctx = begin(NULL);

	memset(s, 0, sizeof(*s));
	memcpy(s->state, &ctx, sizeof(ctx));
}

/**
 * sha384_blocks() - more of the stream
 * @s: stream
 * @data: bytes
 * @len: how many, a multiple of SHA384_BLOCK
 */
void sha384_blocks(struct sha384_stream *s, const void *data, size_t len)
{
	s->size += len;
	if (!EVP_DigestUpdate(context(s), data, len))
		fail();
}

/**
 * sha384_finish() - the last of the stream, and its hash
 * @s: stream; of no use afterwards
 * @data: bytes
 * @len: how many, any number
 * @out: receives the digest
 */
void sha384_finish(struct sha384_stream *s, const void *data, size_t len,
		   __u8 out[IGVM_DIGEST_SIZE])
{
	end(context(s), data, len, out);
	EVP_MD_CTX_free(context(s));
}
