// SPDX-License-Identifier: MIT
/*
 * AES-256-GCM of the guest requests: published vectors, OpenSSL on random
 * input, refusal of everything that was changed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include <snp/gcm.h>

#define ROUNDS		400
#define SIZE_MAX_TEST	4000
#define AAD_MAX		96

struct vector {
	const char *key, *iv, *aad, *plain, *cipher, *tag;
};

/* McGrew, Viega: The Galois/Counter Mode of Operation, test cases 13 to 16 */
static const struct vector vectors[] = {
	{
		"0000000000000000000000000000000000000000000000000000000000000000",
		"000000000000000000000000", "", "", "",
		"530f8afbc74536b9a963b4f1c4cb738b",
	},
	{
		"0000000000000000000000000000000000000000000000000000000000000000",
		"000000000000000000000000", "",
		"00000000000000000000000000000000",
		"cea7403d4d606b6e074ec5d3baf39d18",
		"d0d1c8a799996bf0265b98b5d48ab919",
	},
	{
		"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
		"cafebabefacedbaddecaf888", "",
		"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
		"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
		"522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
		"8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad",
		"b094dac5d93471bdec1a502270e3cc6c",
	},
	{
		"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
		"cafebabefacedbaddecaf888",
		"feedfacedeadbeeffeedfacedeadbeefabaddad2",
		"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
		"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
		"522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
		"8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
		"76fc6ece0f4e1768cddf8853bb2d551b",
	},
};

static size_t unhex(const char *text, u8 *out)
{
	long size;
	unsigned char *buf = OPENSSL_hexstr2buf(text, &size);

	if (!*text)
		return 0;
	assert_non_null(buf);
	memcpy(out, buf, (size_t)size);
	OPENSSL_free(buf);
	return (size_t)size;
}

static void fill(u8 *p, size_t size)
{
	while (size--)
		*p++ = (u8)(rand() >> 7);
}

static void test_published(void **state)
{
	u8 secret[32], iv[12], aad[64], plain[64], cipher[64], tag[16];
	u8 out[64], out_tag[16];
	size_t size, aad_size;
	struct gcm_key key;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		const struct vector *v = &vectors[i];

		unhex(v->key, secret);
		unhex(v->iv, iv);
		aad_size = unhex(v->aad, aad);
		size = unhex(v->plain, plain);
		assert_int_equal(unhex(v->cipher, cipher), size);
		unhex(v->tag, tag);
		gcm_init(&key, secret);
		gcm_seal(&key, iv, aad, aad_size, plain, out, size, out_tag);
		assert_memory_equal(out, cipher, size);
		assert_memory_equal(out_tag, tag, sizeof(tag));
		assert_true(gcm_open(&key, iv, aad, aad_size, cipher, out, size,
				     tag));
		assert_memory_equal(out, plain, size);
	}
}

static void openssl_seal(const u8 *secret, const u8 *iv, const u8 *aad,
			 int aad_size, const u8 *in, u8 *out, int size, u8 *tag)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	assert_non_null(ctx);
	assert_int_equal(EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL,
					    secret, iv), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, NULL, &n, aad, aad_size), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, in, size), 1);
	assert_int_equal(EVP_EncryptFinal_ex(ctx, out + n, &n), 1);
	assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, 16, tag),
			 1);
	EVP_CIPHER_CTX_free(ctx);
}

static void test_openssl(void **state)
{
	static u8 plain[SIZE_MAX_TEST], ours[SIZE_MAX_TEST], theirs[SIZE_MAX_TEST];
	u8 secret[32], iv[12], aad[AAD_MAX], tag[16], their_tag[16];
	struct gcm_key key;

	(void)state;
	srand(3);
	for (int round = 0; round < ROUNDS; round++) {
		size_t size = (size_t)(rand() % (round < ROUNDS / 2 ? 40 :
						 SIZE_MAX_TEST));
		size_t aad_size = (size_t)(rand() % AAD_MAX);

		fill(secret, sizeof(secret));
		fill(iv, sizeof(iv));
		fill(aad, aad_size);
		fill(plain, size);
		openssl_seal(secret, iv, aad, (int)aad_size, plain, theirs,
			     (int)size, their_tag);
		gcm_init(&key, secret);
		gcm_seal(&key, iv, aad, aad_size, plain, ours, size, tag);
		assert_memory_equal(ours, theirs, size);
		assert_memory_equal(tag, their_tag, sizeof(tag));
		/* in place */
		assert_true(gcm_open(&key, iv, aad, aad_size, ours, ours, size,
				     tag));
		assert_memory_equal(ours, plain, size);
	}
}

/* Each bit of a message counts; a refused message leaves no plain text. */
static void test_changed(void **state)
{
	u8 secret[32], iv[12], aad[48], plain[37], cipher[37], tag[16];
	u8 out[37], untouched[37];
	struct {
		u8 *data;
		size_t size;
	} parts[] = {
		{ iv, sizeof(iv) }, { aad, sizeof(aad) },
		{ cipher, sizeof(cipher) }, { tag, sizeof(tag) },
	};
	struct gcm_key key;

	(void)state;
	srand(4);
	fill(secret, sizeof(secret));
	fill(iv, sizeof(iv));
	fill(aad, sizeof(aad));
	fill(plain, sizeof(plain));
	memset(out, 0x55, sizeof(out));
	memcpy(untouched, out, sizeof(out));
	gcm_init(&key, secret);
	gcm_seal(&key, iv, aad, sizeof(aad), plain, cipher, sizeof(plain), tag);
	for (size_t p = 0; p < ARRAY_SIZE(parts); p++) {
		for (size_t bit = 0; bit < 8 * parts[p].size; bit++) {
			parts[p].data[bit / 8] ^= (u8)(1 << bit % 8);
			assert_false(gcm_open(&key, iv, aad, sizeof(aad), cipher,
					      out, sizeof(out), tag));
			assert_memory_equal(out, untouched, sizeof(out));
			parts[p].data[bit / 8] ^= (u8)(1 << bit % 8);
		}
	}
	assert_false(gcm_open(&key, iv, aad, sizeof(aad) - 1, cipher, out,
			      sizeof(out), tag));
	assert_false(gcm_open(&key, iv, aad, sizeof(aad), cipher, out,
			      sizeof(out) - 1, tag));
	assert_true(gcm_open(&key, iv, aad, sizeof(aad), cipher, out,
			     sizeof(out), tag));
	assert_memory_equal(out, plain, sizeof(plain));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published),
		cmocka_unit_test(test_openssl),
		cmocka_unit_test(test_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
