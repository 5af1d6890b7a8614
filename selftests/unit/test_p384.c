// SPDX-License-Identifier: MIT
/*
 * Signatures of the machine: the vectors of RFC 6979, and OpenSSL as the one
 * who verifies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include <machine/p384.h>
#include <machine/snp/test_key.h>

#define MESSAGES	150
#define KEYS		40

void sha384(const void *data, size_t size, u8 out[48]);

/* RFC 6979, A.2.6: key, and what it makes of two messages with SHA-384 */
static const char rfc_key[] =
	"6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA"
	"9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5";

static const struct {
	const char *message, *r, *s;
} rfc[] = {
	{
		"sample",
		"94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA7"
		"3D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE46",
		"99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526"
		"203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8",
	},
	{
		"test",
		"8203B63D3C853E8D77227FB377BCF7B7B772E97892A80F36"
		"AB775D509D7A5FEB0542A7F0812998DA8F1DD3CA3CF023DB",
		"DDD0760448D42D8A43AF45AF836FCE4DE8BE06B485E9B61B"
		"827C2F13173923E06A739F040649A667BF3B828246BAA5A5",
	},
};

static void unhex(const char *text, u8 out[48])
{
	size_t size;

	assert_int_equal(OPENSSL_hexstr2buf_ex(out, 48, &size, text, '\0'), 1);
	assert_int_equal(size, 48);
}

static void test_rfc6979(void **state)
{
	u8 key[48], digest[48], r[48], s[48], expected[48];

	(void)state;
	unhex(rfc_key, key);
	for (size_t i = 0; i < ARRAY_SIZE(rfc); i++) {
		sha384(rfc[i].message, strlen(rfc[i].message), digest);
		p384_sign(key, digest, r, s);
		unhex(rfc[i].r, expected);
		assert_memory_equal(r, expected, sizeof(r));
		unhex(rfc[i].s, expected);
		assert_memory_equal(s, expected, sizeof(s));
	}
}

/* Public half, as OpenSSL computes it. */
static EC_KEY *openssl_key(const u8 key[48])
{
	EC_KEY *ec = EC_KEY_new_by_curve_name(NID_secp384r1);
	BIGNUM *d = BN_bin2bn(key, 48, NULL);
	EC_POINT *public;

	assert_non_null(ec);
	assert_non_null(d);
	public = EC_POINT_new(EC_KEY_get0_group(ec));
	assert_int_equal(EC_POINT_mul(EC_KEY_get0_group(ec), public, d, NULL,
				      NULL, NULL), 1);
	assert_int_equal(EC_KEY_set_public_key(ec, public), 1);
	EC_POINT_free(public);
	BN_free(d);
	return ec;
}

static bool verifies(EC_KEY *ec, const u8 digest[48], const u8 r[48],
		     const u8 s[48])
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	int ok;

	assert_int_equal(ECDSA_SIG_set0(sig, BN_bin2bn(r, 48, NULL),
					BN_bin2bn(s, 48, NULL)), 1);
	ok = ECDSA_do_verify(digest, 48, sig, ec);
	ECDSA_SIG_free(sig);
	return ok == 1;
}

static void fill(u8 *p, size_t size)
{
	while (size--)
		*p++ = (u8)(rand() >> 7);
}

static void test_openssl_verifies(void **state)
{
	static const u8 key[48] = SNP_TEST_KEY_PRIVATE;
	u8 digest[48], r[48], s[48];
	EC_KEY *ec = openssl_key(key);

	(void)state;
	srand(5);
	for (int i = 0; i < MESSAGES; i++) {
		fill(digest, sizeof(digest));
		/* digests at and above the group's order too */
		if (i < 8)
			memset(digest, 0xff, 24 + 3 * (size_t)i);
		p384_sign(key, digest, r, s);
		assert_true(verifies(ec, digest, r, s));
		digest[i % 48] ^= 1;
		assert_false(verifies(ec, digest, r, s));
	}
	EC_KEY_free(ec);
}

/* Of a digest only its value modulo the group's order counts. */
static void test_large_digest(void **state)
{
	static const u8 key[48] = SNP_TEST_KEY_PRIVATE;
	u8 digest[48], reduced[48], r[48], s[48], r2[48], s2[48];
	EC_KEY *ec = openssl_key(key);
	BIGNUM *number;

	(void)state;
	memset(digest, 0xff, sizeof(digest));
	number = BN_bin2bn(digest, sizeof(digest), NULL);
	assert_int_equal(BN_sub(number, number, EC_GROUP_get0_order(
			 EC_KEY_get0_group(ec))), 1);
	assert_int_equal(BN_bn2binpad(number, reduced, sizeof(reduced)),
			 sizeof(reduced));
	p384_sign(key, digest, r, s);
	p384_sign(key, reduced, r2, s2);
	assert_memory_equal(r, r2, sizeof(r));
	assert_memory_equal(s, s2, sizeof(s));
	BN_free(number);
	EC_KEY_free(ec);
}

static void test_many_keys(void **state)
{
	u8 key[48], digest[48], r[48], s[48];

	(void)state;
	srand(6);
	for (int i = 0; i < KEYS; i++) {
		EC_KEY *ec;

		fill(key, sizeof(key));
		key[0] &= 0x7f;
		if (i < 4) {
			memset(key, 0, sizeof(key));
			key[47] = (u8)(i + 1);
		}
		ec = openssl_key(key);
		fill(digest, sizeof(digest));
		p384_sign(key, digest, r, s);
		assert_true(verifies(ec, digest, r, s));
		EC_KEY_free(ec);
	}
}

/* The public half in the header, which report-verify trusts, is that key's. */
static void test_test_key(void **state)
{
	static const char text[] =
		"SVSM machine: worthless test key, SEV-SNP attestation";
	static const u8 key[48] = SNP_TEST_KEY_PRIVATE;
	static const u8 x[48] = SNP_TEST_KEY_X, y[48] = SNP_TEST_KEY_Y;
	u8 digest[48], out[48];
	EC_KEY *ec = openssl_key(key);
	BIGNUM *bx = BN_new(), *by = BN_new();

	(void)state;
	sha384(text, strlen(text), digest);
	assert_memory_equal(digest, key, sizeof(key));
	assert_int_equal(EC_POINT_get_affine_coordinates(
		EC_KEY_get0_group(ec), EC_KEY_get0_public_key(ec), bx, by, NULL),
		1);
	assert_int_equal(BN_bn2binpad(bx, out, 48), 48);
	assert_memory_equal(out, x, sizeof(x));
	assert_int_equal(BN_bn2binpad(by, out, 48), 48);
	assert_memory_equal(out, y, sizeof(y));
	BN_free(bx);
	BN_free(by);
	EC_KEY_free(ec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc6979),
		cmocka_unit_test(test_openssl_verifies),
		cmocka_unit_test(test_large_digest),
		cmocka_unit_test(test_many_keys),
		cmocka_unit_test(test_test_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
