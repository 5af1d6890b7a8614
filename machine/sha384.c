/* SPDX-License-Identifier: MIT */
/*
 * SHA-384 (FIPS 180-4).
 */
#include "../tools/igvm/igvm_measure.h"
#include "start.h"

#define BLOCK	SHA384_BLOCK

static const u64 k[80] = {
	0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f,
	0xe9b5dba58189dbbc, 0x3956c25bf348b538, 0x59f111f1b605d019,
	0x923f82a4af194f9b, 0xab1c5ed5da6d8118, 0xd807aa98a3030242,
	0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
	0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235,
	0xc19bf174cf692694, 0xe49b69c19ef14ad2, 0xefbe4786384f25e3,
	0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65, 0x2de92c6f592b0275,
	0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
	0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f,
	0xbf597fc7beef0ee4, 0xc6e00bf33da88fc2, 0xd5a79147930aa725,
	0x06ca6351e003826f, 0x142929670a0e6e70, 0x27b70a8546d22ffc,
	0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
	0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6,
	0x92722c851482353b, 0xa2bfe8a14cf10364, 0xa81a664bbc423001,
	0xc24b8b70d0f89791, 0xc76c51a30654be30, 0xd192e819d6ef5218,
	0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
	0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99,
	0x34b0bcb5e19b48a8, 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb,
	0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3, 0x748f82ee5defb2fc,
	0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
	0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915,
	0xc67178f2e372532b, 0xca273eceea26619c, 0xd186b8c721c0c207,
	0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178, 0x06f067aa72176fba,
	0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
	0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc,
	0x431d67c49c100d4c, 0x4cc5d4becb3e42b6, 0x597f299cfc657e2a,
	0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};

static inline u64 rotate(u64 x, u32 n)
{
	return x >> n | x << (64 - n);
}

static inline u64 load(const u8 *p)
{
	u64 val;

	memcpy(&val, p, sizeof(val));
	return __builtin_bswap64(val);
}

static void block(struct sha384_stream *s, const u8 *data)
{
	u64 w[16];
	u64 a = s->state[0], b = s->state[1], c = s->state[2], d = s->state[3];
	u64 e = s->state[4], f = s->state[5], g = s->state[6], h = s->state[7];

	for (u32 i = 0; i < 80; i++) {
		u64 wi, t1, t2;

		if (i < 16) {
			wi = load(data + i * 8);
		} else {
			u64 w15 = w[(i + 1) & 15];
			u64 w2 = w[(i + 14) & 15];

			wi = w[i & 15] + w[(i + 9) & 15] +
			     (rotate(w15, 1) ^ rotate(w15, 8) ^ w15 >> 7) +
			     (rotate(w2, 19) ^ rotate(w2, 61) ^ w2 >> 6);
		}
		w[i & 15] = wi;
		t1 = h + (rotate(e, 14) ^ rotate(e, 18) ^ rotate(e, 41)) +
		     (g ^ (e & (f ^ g))) + k[i] + wi;
		t2 = (rotate(a, 28) ^ rotate(a, 34) ^ rotate(a, 39)) +
		     ((a & b) | (c & (a | b)));
		h = g;
		g = f;
		f = e;
		e = d + t1;
		d = c;
		c = b;
		b = a;
		a = t1 + t2;
	}
	s->state[0] += a;
	s->state[1] += b;
	s->state[2] += c;
	s->state[3] += d;
	s->state[4] += e;
	s->state[5] += f;
	s->state[6] += g;
	s->state[7] += h;
}

/**
 * sha384_start() - begin a hash over a stream
 * @s: set up
 */
void sha384_start(struct sha384_stream *s)
{
	*s = (struct sha384_stream){ .state = {
		0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17,
		0x152fecd8f70e5939, 0x67332667ffc00b31, 0x8eb44a8768581511,
		0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4,
	} };
}

/**
 * sha384_blocks() - more of the stream
 * @s: stream
 * @data: of any alignment
 * @size: bytes, a multiple of SHA384_BLOCK
 */
void sha384_blocks(struct sha384_stream *s, const void *data, size_t size)
{
	const u8 *p = data;

	s->size += size;
	for (; size >= BLOCK; size -= BLOCK, p += BLOCK)
		block(s, p);
}

/**
 * sha384_finish() - the last of the stream, and its hash
 * @s: stream; of no use afterwards
 * @data: of any alignment
 * @size: bytes, any number
 * @out: 48 bytes; may be within @data
 */
void sha384_finish(struct sha384_stream *s, const void *data, size_t size, u8 out[48])
{
	size_t rest = size % BLOCK;
	u8 tail[2 * BLOCK] = { 0 };
	u64 bits;

	sha384_blocks(s, data, size - rest);
	bits = __builtin_bswap64((s->size + rest) * 8);
	if (rest)
		memcpy(tail, (const u8 *)data + size - rest, rest);
	tail[rest] = 0x80;
	/* the length has 128 bits */
	rest = rest < BLOCK - 16 ? BLOCK : 2 * BLOCK;
	memcpy(tail + rest - 8, &bits, sizeof(bits));
	block(s, tail);
	if (rest > BLOCK)
		block(s, tail + BLOCK);
	for (u32 i = 0; i < 6; i++) {
		u64 word = __builtin_bswap64(s->state[i]);

		memcpy(out + i * 8, &word, sizeof(word));
	}
}

/**
 * sha384() - hash of some bytes
 * @data: of any alignment
 * @size: bytes
 * @out: 48 bytes; may be within @data
 */
void sha384(const void *data, size_t size, u8 out[48])
{
	struct sha384_stream s;

	sha384_start(&s);
	sha384_finish(&s, data, size, out);
}
