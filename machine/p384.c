/* SPDX-License-Identifier: MIT */
/*
 * ECDSA signatures on P-384 with SHA-384 (FIPS 186-5), nonces by RFC 6979.
 *
 * Its running time depends on key and nonce: the keys here are public test
 * keys, and what they sign proves nothing outside of tests.
 */
#include "start.h"
#include "p384.h"

#define LIMBS	6

typedef unsigned __int128 u128;

/**
 * struct modulus - an odd number of 384 bits, top bit set
 * @m: the number, least significant limb first
 * @inv: -1 / @m modulo 2^64
 * @rr: 2^768 modulo @m
 *
 * Numbers modulo it are kept below it, and in Montgomery form (x * 2^384)
 * wherever they are multiplied.
 */
struct modulus {
	u64 m[LIMBS];
	u64 inv;
	u64 rr[LIMBS];
};

/* Jacobian coordinates in Montgomery form; z = 0: the point at infinity. */
struct point {
	u64 x[LIMBS];
	u64 y[LIMBS];
	u64 z[LIMBS];
};

/* SP 800-186, 3.2.1.4: field, order of the base point, base point */
static const u64 field_prime[LIMBS] = {
	0x00000000ffffffff, 0xffffffff00000000, 0xfffffffffffffffe,
	0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff,
};
static const u64 group_order[LIMBS] = {
	0xecec196accc52973, 0x581a0db248b0a77a, 0xc7634d81f4372ddf,
	0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff,
};
static const u64 base_x[LIMBS] = {
	0x3a545e3872760ab7, 0x5502f25dbf55296c, 0x59f741e082542a38,
	0x6e1d3b628ba79b98, 0x8eb1c71ef320ad74, 0xaa87ca22be8b0537,
};
static const u64 base_y[LIMBS] = {
	0x7a431d7c90ea0e5f, 0x0a60b1ce1d7e819d, 0xe9da3113b5f0b8c0,
	0xf8f41dbd289a147c, 0x5d9e98bf9292dc29, 0x3617de4a96262c6f,
};
static const u64 one[LIMBS] = { 1 };

static void copy(u64 to[LIMBS], const u64 from[LIMBS])
{
	memcpy(to, from, LIMBS * sizeof(u64));
}

static bool is_zero(const u64 a[LIMBS])
{
	u64 any = 0;

	for (u32 i = 0; i < LIMBS; i++)
		any |= a[i];
	return !any;
}

static bool less(const u64 a[LIMBS], const u64 b[LIMBS])
{
	for (u32 i = LIMBS; i-- > 0;) {
		if (a[i] != b[i])
			return a[i] < b[i];
	}
	return false;
}

/* to = a + b; returns the carry */
static u64 add(u64 to[LIMBS], const u64 a[LIMBS], const u64 b[LIMBS])
{
	u128 sum = 0;

	for (u32 i = 0; i < LIMBS; i++) {
		sum += (u128)a[i] + b[i];
		to[i] = (u64)sum;
		sum >>= 64;
	}
	return (u64)sum;
}

/* to = a - b modulo 2^384; returns the borrow */
static u64 subtract(u64 to[LIMBS], const u64 a[LIMBS], const u64 b[LIMBS])
{
	u64 borrow = 0;

	for (u32 i = 0; i < LIMBS; i++) {
		u128 difference = (u128)a[i] - b[i] - borrow;

		to[i] = (u64)difference;
		borrow = (u64)(difference >> 64) & 1;
	}
	return borrow;
}

static void mod_add(const struct modulus *mod, u64 to[LIMBS],
		    const u64 a[LIMBS], const u64 b[LIMBS])
{
	if (add(to, a, b) || !less(to, mod->m))
		subtract(to, to, mod->m);
}

static void mod_sub(const struct modulus *mod, u64 to[LIMBS],
		    const u64 a[LIMBS], const u64 b[LIMBS])
{
	if (subtract(to, a, b))
		add(to, to, mod->m);
}

/* to = a * b / 2^384 */
static void mod_mul(const struct modulus *mod, u64 to[LIMBS],
		    const u64 a[LIMBS], const u64 b[LIMBS])
{
	u64 t[LIMBS + 2] = { 0 };

	for (u32 i = 0; i < LIMBS; i++) {
		u128 sum = 0;
		u64 factor;

		for (u32 k = 0; k < LIMBS; k++) {
			sum += (u128)a[k] * b[i] + t[k];
			t[k] = (u64)sum;
			sum >>= 64;
		}
		sum += t[LIMBS];
		t[LIMBS] = (u64)sum;
		t[LIMBS + 1] = (u64)(sum >> 64);

		/* makes the lowest limb 0, which is then dropped */
		factor = t[0] * mod->inv;
		sum = ((u128)factor * mod->m[0] + t[0]) >> 64;
		for (u32 k = 1; k < LIMBS; k++) {
			sum += (u128)factor * mod->m[k] + t[k];
			t[k - 1] = (u64)sum;
			sum >>= 64;
		}
		sum += t[LIMBS];
		t[LIMBS - 1] = (u64)sum;
		t[LIMBS] = t[LIMBS + 1] + (u64)(sum >> 64);
	}
	copy(to, t);
	if (t[LIMBS] || !less(to, mod->m))
		subtract(to, to, mod->m);
}

static void mod_init(struct modulus *mod, const u64 m[LIMBS])
{
	u64 inverse = 1;

	copy(mod->m, m);
	/* each step doubles the number of bits that are right */
	for (u32 i = 0; i < 6; i++)
		inverse *= 2 - m[0] * inverse;
	mod->inv = -inverse;
	copy(mod->rr, one);
	for (u32 i = 0; i < 2 * 384; i++)
		mod_add(mod, mod->rr, mod->rr, mod->rr);
}

static void to_montgomery(const struct modulus *mod, u64 to[LIMBS],
			  const u64 a[LIMBS])
{
	mod_mul(mod, to, a, mod->rr);
}

static void from_montgomery(const struct modulus *mod, u64 to[LIMBS],
			    const u64 a[LIMBS])
{
	mod_mul(mod, to, a, one);
}

static bool bit(const u64 a[LIMBS], u32 n)
{
	return a[n / 64] >> n % 64 & 1;
}

/* to = 1 / a, both in Montgomery form: the power m - 2, m is prime */
static void mod_invert(const struct modulus *mod, u64 to[LIMBS],
		       const u64 a[LIMBS])
{
	static const u64 two[LIMBS] = { 2 };
	u64 exponent[LIMBS], power[LIMBS];

	subtract(exponent, mod->m, two);
	to_montgomery(mod, power, one);
	for (u32 i = 384; i-- > 0;) {
		mod_mul(mod, power, power, power);
		if (bit(exponent, i))
			mod_mul(mod, power, power, a);
	}
	copy(to, power);
}

/* 2p, the curve's a being -3; infinity stays infinity */
static void point_double(const struct modulus *f, struct point *p)
{
	u64 delta[LIMBS], gamma[LIMBS], beta[LIMBS], alpha[LIMBS], t[LIMBS];

	mod_mul(f, delta, p->z, p->z);
	mod_mul(f, gamma, p->y, p->y);
	mod_mul(f, beta, p->x, gamma);
	mod_sub(f, t, p->x, delta);
	mod_add(f, alpha, p->x, delta);
	mod_mul(f, alpha, alpha, t);
	mod_add(f, t, alpha, alpha);
	mod_add(f, alpha, alpha, t);

	/* z = (y + z)^2 - gamma - delta */
	mod_add(f, t, p->y, p->z);
	mod_mul(f, t, t, t);
	mod_sub(f, t, t, gamma);
	mod_sub(f, p->z, t, delta);

	/* x = alpha^2 - 8 beta */
	mod_add(f, beta, beta, beta);
	mod_add(f, beta, beta, beta);
	mod_mul(f, t, alpha, alpha);
	mod_sub(f, t, t, beta);
	mod_sub(f, p->x, t, beta);

	/* y = alpha (4 beta - x) - 8 gamma^2 */
	mod_sub(f, t, beta, p->x);
	mod_mul(f, t, t, alpha);
	mod_mul(f, gamma, gamma, gamma);
	mod_add(f, gamma, gamma, gamma);
	mod_add(f, gamma, gamma, gamma);
	mod_add(f, gamma, gamma, gamma);
	mod_sub(f, p->y, t, gamma);
}

/* p + q where p is neither q nor -q, and q has z = 1 */
static void point_add(const struct modulus *f, struct point *p,
		      const struct point *q)
{
	u64 zz[LIMBS], u[LIMBS], s[LIMBS], h[LIMBS], hh[LIMBS], v[LIMBS];

	if (is_zero(p->z)) {
		*p = *q;
		return;
	}
	mod_mul(f, zz, p->z, p->z);
	mod_mul(f, u, q->x, zz);
	mod_mul(f, s, q->y, zz);
	mod_mul(f, s, s, p->z);
	mod_sub(f, h, u, p->x);
	mod_sub(f, s, s, p->y);
	mod_mul(f, p->z, p->z, h);
	mod_mul(f, hh, h, h);
	mod_mul(f, v, p->x, hh);
	mod_mul(f, hh, hh, h);

	/* x = s^2 - h^3 - 2v, y = s (v - x) - y h^3 */
	mod_mul(f, p->x, s, s);
	mod_sub(f, p->x, p->x, hh);
	mod_sub(f, p->x, p->x, v);
	mod_sub(f, p->x, p->x, v);
	mod_sub(f, v, v, p->x);
	mod_mul(f, v, v, s);
	mod_mul(f, hh, hh, p->y);
	mod_sub(f, p->y, v, hh);
}

/* Affine x of k times the base point, 0 < k < order; not in Montgomery form */
static void multiply_base(const u64 k[LIMBS], u64 x[LIMBS])
{
	struct modulus f;
	struct point base, p = { 0 };
	u64 t[LIMBS];

	mod_init(&f, field_prime);
	to_montgomery(&f, base.x, base_x);
	to_montgomery(&f, base.y, base_y);
	to_montgomery(&f, base.z, one);
	/*
	 * Before each addition p is e * base with e even and e + 1 <= k: it is
	 * neither base (e = 1) nor its negative (e = order - 1).
	 */
	for (u32 i = 384; i-- > 0;) {
		point_double(&f, &p);
		if (bit(k, i))
			point_add(&f, &p, &base);
	}
	mod_invert(&f, t, p.z);
	mod_mul(&f, t, t, t);
	mod_mul(&f, t, t, p.x);
	from_montgomery(&f, x, t);
}

static void load(u64 to[LIMBS], const u8 from[P384_SIZE])
{
	for (u32 i = 0; i < LIMBS; i++) {
		memcpy(&to[i], from + P384_SIZE - 8 * (i + 1), sizeof(to[i]));
		to[i] = __builtin_bswap64(to[i]);
	}
}

static void store(u8 to[P384_SIZE], const u64 from[LIMBS])
{
	for (u32 i = 0; i < LIMBS; i++) {
		u64 limb = __builtin_bswap64(from[i]);

		memcpy(to + P384_SIZE - 8 * (i + 1), &limb, sizeof(limb));
	}
}

/* --- Nonces: RFC 6979, section 3.2, with HMAC-SHA-384 (RFC 2104) ---------- */

#define HASH_SIZE	48
#define HMAC_BLOCK	128

/**
 * struct nonce_source - state of the generator
 * @k: K of the RFC
 * @v: V of the RFC
 */
struct nonce_source {
	u8 k[HASH_SIZE];
	u8 v[HASH_SIZE];
};

static void hmac(const u8 key[HASH_SIZE], const void *data, u32 size,
		 u8 out[HASH_SIZE])
{
	u8 inner[HMAC_BLOCK + 3 * HASH_SIZE + 1];
	u8 outer[HMAC_BLOCK + HASH_SIZE];

	memset(inner, 0x36, HMAC_BLOCK);
	memset(outer, 0x5c, HMAC_BLOCK);
	for (u32 i = 0; i < HASH_SIZE; i++) {
		inner[i] ^= key[i];
		outer[i] ^= key[i];
	}
	memcpy(inner + HMAC_BLOCK, data, size);
	sha384(inner, HMAC_BLOCK + size, outer + HMAC_BLOCK);
	sha384(outer, sizeof(outer), out);
}

/* K = HMAC(K, V || marker || key || digest), V = HMAC(K, V) */
static void nonce_update(struct nonce_source *n, u8 marker, const u8 *seed,
			 u32 size)
{
	u8 data[3 * HASH_SIZE + 1];

	memcpy(data, n->v, HASH_SIZE);
	data[HASH_SIZE] = marker;
	memcpy(data + HASH_SIZE + 1, seed, size);
	hmac(n->k, data, HASH_SIZE + 1 + size, n->k);
	hmac(n->k, n->v, HASH_SIZE, n->v);
}

static void nonce_init(struct nonce_source *n, const u64 key[LIMBS],
		       const u64 digest[LIMBS])
{
	u8 seed[2 * HASH_SIZE];

	store(seed, key);
	store(seed + HASH_SIZE, digest);
	memset(n->k, 0, sizeof(n->k));
	memset(n->v, 1, sizeof(n->v));
	nonce_update(n, 0, seed, sizeof(seed));
	nonce_update(n, 1, seed, sizeof(seed));
}

static void nonce_next(struct nonce_source *n, u64 nonce[LIMBS])
{
	for (;;) {
		hmac(n->k, n->v, HASH_SIZE, n->v);
		load(nonce, n->v);
		if (!is_zero(nonce) && less(nonce, group_order))
			return;
		nonce_update(n, 0, n->v, 0);
	}
}

/**
 * p384_sign() - sign a SHA-384 digest
 * @key: private key, between 0 and the order of the base point
 * @digest: what is signed
 * @r: filled in
 * @s: filled in
 *
 * The same digest and key give the same signature.
 */
void p384_sign(const u8 key[P384_SIZE], const u8 digest[48], u8 r[P384_SIZE],
	       u8 s[P384_SIZE])
{
	u64 d[LIMBS], z[LIMBS], k[LIMBS], x[LIMBS], sum[LIMBS];
	struct nonce_source nonces;
	struct modulus n;

	mod_init(&n, group_order);
	load(d, key);
	load(z, digest);
	if (!less(z, n.m))
		subtract(z, z, n.m);
	nonce_init(&nonces, d, z);
	to_montgomery(&n, d, d);
	do {
		nonce_next(&nonces, k);
		multiply_base(k, x);
		if (!less(x, n.m))
			subtract(x, x, n.m);
		/* s = (z + x d) / k */
		mod_mul(&n, sum, x, d);
		mod_add(&n, sum, sum, z);
		to_montgomery(&n, k, k);
		mod_invert(&n, k, k);
		mod_mul(&n, sum, sum, k);
	} while (is_zero(x) || is_zero(sum));
	store(r, x);
	store(s, sum);
}
