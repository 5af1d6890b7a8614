// SPDX-License-Identifier: MIT
/*
 * AES-256-GCM in constant time: no table, no branch and no address depends on
 * a key or on data. The S-box is computed, for eight bytes at once in a word.
 *
 * Not by AES-NI: a guest request encrypts two kilobytes once in a while, and
 * the instructions would bring x87/SSE state, which has to be enabled on each
 * CPU and kept apart from the guest's, into images that are built without any.
 */
#include <svsm/string.h>
#include "gcm.h"

#define BLOCK		16
#define KEY_WORDS	(GCM_KEY_SIZE / 4)
#define BYTES(b)	((b) * 0x0101010101010101ULL)

/* GF(2^8) of AES, each byte of a word on its own. */
static u64 times_x(u64 a)
{
	u64 high = a & BYTES(0x80);

	return (a ^ high) << 1 ^ (high >> 7) * 0x1B;
}

static u64 field_mul(u64 a, u64 b)
{
	u64 product = 0;
	u32 i;

	for (i = 0; i < 8; i++) {
		product ^= a & (b >> i & BYTES(1)) * 0xFF;
		a = times_x(a);
	}
	return product;
}

static u64 field_power(u64 a, u32 squarings)
{
	while (squarings--)
		a = field_mul(a, a);
	return a;
}

static u64 rotate_bytes(u64 a, u32 bits)
{
	u64 mask = BYTES(0xFF << bits & 0xFF);

	return (a << bits & mask) | (a >> (8 - bits) & ~mask);
}

/* Inverse (the power 254 = 240 + 12 + 2) and affine map of FIPS 197, 5.1.1. */
static u64 substitute(u64 a)
{
	u64 a2 = field_power(a, 1);
	u64 a3 = field_mul(a2, a);
	u64 a12 = field_power(a3, 2);
	u64 a15 = field_mul(a12, a3);
	u64 a240 = field_power(a15, 4);
	u64 i = field_mul(field_mul(a240, a12), a2);

	return i ^ rotate_bytes(i, 1) ^ rotate_bytes(i, 2) ^
		rotate_bytes(i, 3) ^ rotate_bytes(i, 4) ^ BYTES(0x63);
}

static void shift_rows(u64 state[2])
{
	u8 from[BLOCK], to[BLOCK];
	u32 i;

	memcpy(from, state, BLOCK);
	for (i = 0; i < BLOCK; i++)
		to[i] = from[(i + 4 * (i % 4)) % BLOCK];
	memcpy(state, to, BLOCK);
}

/* Byte i of each column (32 bits) becomes byte i + @n of it. */
static u64 rotate_column(u64 a, u32 n)
{
	u64 mask = (0xFFFFFFFFULL >> 8 * n) * 0x100000001ULL;

	return (a >> 8 * n & mask) | (a << (32 - 8 * n) & ~mask);
}

static u64 mix_columns(u64 a)
{
	u64 next = rotate_column(a, 1);

	return times_x(a ^ next) ^ next ^ rotate_column(a, 2) ^
		rotate_column(a, 3);
}

static void encrypt(const struct gcm_key *key, const u8 in[BLOCK],
		    u8 out[BLOCK])
{
	u64 state[2];
	u32 round, i;

	memcpy(state, in, BLOCK);
	state[0] ^= key->round[0][0];
	state[1] ^= key->round[0][1];
	for (round = 1; round <= GCM_ROUNDS; round++) {
		state[0] = substitute(state[0]);
		state[1] = substitute(state[1]);
		shift_rows(state);
		for (i = 0; i < 2; i++) {
			if (round < GCM_ROUNDS)
				state[i] = mix_columns(state[i]);
			state[i] ^= key->round[round][i];
		}
	}
	memcpy(out, state, BLOCK);
	gcm_wipe(state, sizeof(state));
}

/* FIPS 197, 5.2; words have their first byte lowest. */
static void expand(struct gcm_key *key, const u8 bytes[GCM_KEY_SIZE])
{
	u32 w[4 * (GCM_ROUNDS + 1)];
	u32 constant = 1, word, i;

	memcpy(w, bytes, GCM_KEY_SIZE);
	for (i = KEY_WORDS; i < ARRAY_SIZE(w); i++) {
		word = w[i - 1];
		if (i % KEY_WORDS == 0) {
			word = (u32)substitute(word >> 8 | word << 24) ^ constant;
			constant <<= 1;
		} else if (i % KEY_WORDS == 4) {
			word = (u32)substitute(word);
		}
		w[i] = w[i - KEY_WORDS] ^ word;
	}
	memcpy(key->round, w, sizeof(key->round));
	gcm_wipe(w, sizeof(w));
}

static u64 load_be64(const u8 *p)
{
	u64 val;

	memcpy(&val, p, sizeof(val));
	return __builtin_bswap64(val);
}

static void store_be64(u8 *p, u64 val)
{
	val = __builtin_bswap64(val);
	memcpy(p, &val, sizeof(val));
}

/* SP 800-38D, 6.3: y = y * h; the first bit of a block is its highest. */
static void hash_mul(u64 y[2], const u64 h[2])
{
	u64 v0 = h[0], v1 = h[1], z0 = 0, z1 = 0, mask;
	u32 i;

	for (i = 0; i < 128; i++) {
		mask = -(y[i / 64] >> (63 - i % 64) & 1);
		z0 ^= v0 & mask;
		z1 ^= v1 & mask;
		mask = -(v1 & 1);
		v1 = v1 >> 1 | v0 << 63;
		v0 = v0 >> 1 ^ (mask & 0xE1ULL << 56);
	}
	y[0] = z0;
	y[1] = z1;
}

static void hash(const struct gcm_key *key, u64 y[2], const void *data,
		 size_t size)
{
	const u8 *p = data;
	u8 block[BLOCK];
	size_t part;

	for (; size; size -= part, p += part) {
		part = size < BLOCK ? size : BLOCK;
		memset(block, 0, BLOCK);
		memcpy(block, p, part);
		y[0] ^= load_be64(block);
		y[1] ^= load_be64(block + 8);
		hash_mul(y, key->h);
	}
}

static void counter_block(const u8 iv[GCM_IV_SIZE], u32 count, u8 block[BLOCK])
{
	count = __builtin_bswap32(count);
	memcpy(block, iv, GCM_IV_SIZE);
	memcpy(block + GCM_IV_SIZE, &count, sizeof(count));
}

static void make_tag(const struct gcm_key *key, const u8 iv[GCM_IV_SIZE],
		     const void *aad, size_t aad_size, const void *cipher,
		     size_t size, u8 tag[GCM_TAG_SIZE])
{
	u64 y[2] = { 0, 0 };
	u8 block[BLOCK];
	u32 i;

	hash(key, y, aad, aad_size);
	hash(key, y, cipher, size);
	y[0] ^= (u64)aad_size * 8;
	y[1] ^= (u64)size * 8;
	hash_mul(y, key->h);
	counter_block(iv, 1, block);
	encrypt(key, block, block);
	store_be64(tag, y[0]);
	store_be64(tag + 8, y[1]);
	for (i = 0; i < GCM_TAG_SIZE; i++)
		tag[i] ^= block[i];
	gcm_wipe(y, sizeof(y));
	gcm_wipe(block, sizeof(block));
}

static void apply_stream(const struct gcm_key *key, const u8 iv[GCM_IV_SIZE],
			 const void *in, void *out, size_t size)
{
	const u8 *from = in;
	u8 *to = out, block[BLOCK];
	size_t i;

	for (i = 0; i < size; i++) {
		if (i % BLOCK == 0) {
			counter_block(iv, (u32)(i / BLOCK) + 2, block);
			encrypt(key, block, block);
		}
		to[i] = from[i] ^ block[i % BLOCK];
	}
	gcm_wipe(block, sizeof(block));
}

/**
 * gcm_wipe() - overwrite a secret that nobody reads any more
 * @secret: where
 * @size: bytes
 */
void gcm_wipe(void *secret, size_t size)
{
	memset(secret, 0, size);
	/* The compiler must not take it for a useless store. */
	asm volatile("" : : "r" (secret) : "memory");
}

/**
 * gcm_init() - make a key ready
 * @key: filled in
 * @bytes: the secret
 */
void gcm_init(struct gcm_key *key, const u8 bytes[GCM_KEY_SIZE])
{
	u8 block[BLOCK] = { 0 };

	expand(key, bytes);
	encrypt(key, block, block);
	key->h[0] = load_be64(block);
	key->h[1] = load_be64(block + 8);
	gcm_wipe(block, sizeof(block));
}

/**
 * gcm_seal() - encrypt and authenticate
 * @key: of gcm_init()
 * @iv: never used before with this key
 * @aad: what is authenticated only
 * @aad_size: bytes of it
 * @in: plain text
 * @out: cipher text, may be @in
 * @size: bytes of both, less than 64 GiB
 * @tag: filled in
 */
void gcm_seal(const struct gcm_key *key, const u8 iv[GCM_IV_SIZE],
	      const void *aad, size_t aad_size, const void *in, void *out,
	      size_t size, u8 tag[GCM_TAG_SIZE])
{
	apply_stream(key, iv, in, out, size);
	make_tag(key, iv, aad, aad_size, out, size, tag);
}

/**
 * gcm_open() - authenticate, then decrypt
 * @key: of gcm_init()
 * @iv: as for sealing
 * @aad: what is authenticated only
 * @aad_size: bytes of it
 * @in: cipher text
 * @out: plain text, may be @in; untouched on failure
 * @size: bytes of both, less than 64 GiB
 * @tag: as it came
 *
 * None of the input may be changed by others meanwhile.
 *
 * Return: false if it is not authentic.
 */
bool gcm_open(const struct gcm_key *key, const u8 iv[GCM_IV_SIZE],
	      const void *aad, size_t aad_size, const void *in, void *out,
	      size_t size, const u8 tag[GCM_TAG_SIZE])
{
	u8 expected[GCM_TAG_SIZE], difference = 0;
	u32 i;

	make_tag(key, iv, aad, aad_size, in, size, expected);
	for (i = 0; i < GCM_TAG_SIZE; i++)
		difference |= expected[i] ^ tag[i];
	gcm_wipe(expected, sizeof(expected));
	if (difference)
		return false;
	apply_stream(key, iv, in, out, size);
	return true;
}
