// SPDX-License-Identifier: MIT
/*
 * Is evidence genuine? By OpenSSL, which shares nothing with those who make it
 * in this tree.
 */
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/params.h>
#include <openssl/sha.h>

#include "../../machine/snp/test_key.h"
#include "../../machine/tdx/test_key.h"
#include "report.h"

#define UNCOMPRESSED	4

_Static_assert(sizeof(TDX_REPORT_KEY) == TDX_REPORT_KEY_SIZE + 1, "MAC key");

/**
 * snp_test_key() - public half of the key that the machine signs with
 *
 * Return: NULL if the library cannot.
 */
EVP_PKEY *snp_test_key(void)
{
	static const u8 x[] = SNP_TEST_KEY_X, y[] = SNP_TEST_KEY_Y;
	u8 point[1 + sizeof(x) + sizeof(y)] = { UNCOMPRESSED };
	char group[] = "P-384";
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group,
				       sizeof(group) - 1),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point,
					sizeof(point)),
		OSSL_PARAM_END,
	};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;

	memcpy(point + 1, x, sizeof(x));
	memcpy(point + 1 + sizeof(x), y, sizeof(y));
	if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* In DER, as the library wants it; NULL: not enough memory. */
static u8 *der_signature(const struct report *r, int *size)
{
	BIGNUM *br = BN_lebin2bn(r->bytes + SNP_SIGNATURE_R, SNP_SIGNATURE_NUMBER, NULL);
	BIGNUM *bs = BN_lebin2bn(r->bytes + SNP_SIGNATURE_S, SNP_SIGNATURE_NUMBER, NULL);
	ECDSA_SIG *sig = ECDSA_SIG_new();
	u8 *der = NULL;

	if (!br || !bs || !sig || !ECDSA_SIG_set0(sig, br, bs)) {
		BN_free(br);
		BN_free(bs);
		ECDSA_SIG_free(sig);
		return NULL;
	}
	*size = i2d_ECDSA_SIG(sig, &der);
	ECDSA_SIG_free(sig);
	return *size > 0 ? der : NULL;
}

/**
 * snp_signature_ok() - did this key sign this SEV-SNP report?
 * @r: of report_read()
 * @key: P-384
 */
bool snp_signature_ok(const struct report *r, EVP_PKEY *key)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int size = 0;
	u8 *der = der_signature(r, &size);
	bool ok;

	ok = ctx && der &&
		EVP_DigestVerifyInit(ctx, NULL, EVP_sha384(), NULL, key) == 1 &&
		EVP_DigestVerify(ctx, der, (size_t)size, r->bytes,
				 SNP_SIGNED_SIZE) == 1;
	OPENSSL_free(der);
	EVP_MD_CTX_free(ctx);
	return ok;
}

static bool hash_ok(const u8 *data, size_t size, const u8 *expected)
{
	u8 hash[SHA384_DIGEST_LENGTH];

	return SHA384(data, size, hash) &&
		!memcmp(hash, expected, sizeof(hash));
}

/**
 * tdx_hashes_ok() - do both parts of a TDREPORT have the hashes it names?
 * @r: of report_read()
 */
bool tdx_hashes_ok(const struct report *r)
{
	const u8 *p = r->bytes;

	return hash_ok(p + TD_TCB_INFO, TD_TCB_INFO_SIZE, p + TD_TCB_INFO_HASH) &&
		hash_ok(p + TD_INFO, TD_INFO_SIZE, p + TD_INFO_HASH);
}

/**
 * tdx_mac_ok() - does a TDREPORT have the MAC of the machine?
 * @r: of report_read()
 *
 * A real processor keeps its key: only software on it can check the MAC.
 */
bool tdx_mac_ok(const struct report *r)
{
	u8 mac[EVP_MAX_MD_SIZE];
	unsigned int size = 0;

	return HMAC(EVP_sha256(), TDX_REPORT_KEY, TDX_REPORT_KEY_SIZE, r->bytes,
		    TD_MAC, mac, &size) &&
		size == TD_MAC_SIZE &&
		!CRYPTO_memcmp(mac, r->bytes + TD_MAC, TD_MAC_SIZE);
}
