// SPDX-License-Identifier: MIT
/*
 * report-verify: good evidence passes; evidence with any bit changed does not,
 * and none that is malformed. The parser in this process, the program by its
 * exit status.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/sha.h>

#include <machine/p384.h>
#include <machine/snp/test_key.h>
#include <machine/tdx/test_key.h>
#include <tools/attest/report.h>

#define TEXT_MAX	8192

static char folder[] = "/tmp/test_report.XXXXXX";
static u8 snp[SNP_REPORT_SIZE], tdx[TD_REPORT_SIZE];

static void put_number(u8 *to, const u8 from[48])
{
	for (int i = 0; i < 48; i++)
		to[i] = from[47 - i];
}

static void sign_snp(u8 *p)
{
	static const u8 key[48] = SNP_TEST_KEY_PRIVATE;
	u8 digest[48], r[48], s[48];

	SHA384(p, SNP_SIGNED_SIZE, digest);
	p384_sign(key, digest, r, s);
	put_number(p + SNP_SIGNATURE_R, r);
	put_number(p + SNP_SIGNATURE_S, s);
}

static void sign_tdx(u8 *p)
{
	unsigned int size;

	SHA384(p + TD_TCB_INFO, TD_TCB_INFO_SIZE, p + TD_TCB_INFO_HASH);
	SHA384(p + TD_INFO, TD_INFO_SIZE, p + TD_INFO_HASH);
	HMAC(EVP_sha256(), TDX_REPORT_KEY, TDX_REPORT_KEY_SIZE, p, TD_MAC,
	     p + TD_MAC, &size);
}

/* Written from the tables of the specifications, not by the machine. */
static int make_reports(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snp[0x000] = 3;				/* version */
	snp[0x00A] = 3;				/* policy 0x30000 */
	snp[0x034] = 1;				/* ECDSA P-384 */
	memset(snp + 0x050, 0x11, 64);		/* report data */
	memset(snp + 0x090, 0x22, 48);		/* measurement */
	memset(snp + 0x1A0, 0x33, 64);		/* chip */
	sign_snp(snp);

	tdx[0x000] = 0x81;
	memset(tdx + 0x080, 0x11, 64);		/* report data */
	tdx[0x100] = 0xFF;			/* TCB: valid */
	tdx[0x203] = 0x10;			/* SEPT_VE_DISABLE */
	tdx[0x208] = 3;				/* XFAM */
	memset(tdx + 0x210, 0x22, 48);		/* MRTD */
	sign_tdx(tdx);
	return 0;
}

static bool reads(const void *bytes, size_t size)
{
	struct report r;
	const char *why;
	bool ok = report_read(&r, bytes, size, &why);

	assert_true(ok == !why);
	return ok;
}

static bool genuine(const u8 *bytes, size_t size)
{
	static EVP_PKEY *key;
	struct report r;
	const char *why;

	if (!key)
		key = snp_test_key();
	assert_non_null(key);
	if (!report_read(&r, bytes, size, &why))
		return false;
	if (r.kind == REPORT_SNP)
		return snp_signature_ok(&r, key);
	return tdx_hashes_ok(&r) && tdx_mac_ok(&r);
}

static void test_fields(void **state)
{
	struct report r;
	const char *why;

	(void)state;
	assert_true(report_read(&r, snp, sizeof(snp), &why));
	assert_int_equal(r.kind, REPORT_SNP);
	assert_int_equal(r.version, 3);
	assert_int_equal(r.policy, 0x30000);
	assert_int_equal(r.vmpl, 0);
	assert_false(r.debug);
	assert_memory_equal(r.data, snp + 0x50, 64);
	assert_memory_equal(r.measurement, snp + 0x90, 48);
	assert_true(report_read(&r, tdx, sizeof(tdx), &why));
	assert_int_equal(r.kind, REPORT_TDX);
	assert_int_equal(r.attributes, 0x10000000);
	assert_int_equal(r.xfam, 3);
	assert_false(r.debug);
	assert_memory_equal(r.data, tdx + 0x80, 64);
	assert_memory_equal(r.measurement, tdx + 0x210, 48);
}

/* No bit of a report may be changed. */
static void test_every_bit(void **state)
{
	(void)state;
	assert_true(genuine(snp, sizeof(snp)));
	for (size_t bit = 0; bit < 8 * sizeof(snp); bit++) {
		/* the signature is slow to check: all of it, and a sample */
		if (bit % 13 && (bit < 8 * 0x2A0 || bit > 8 * 0x330))
			continue;
		snp[bit / 8] ^= (u8)(1 << bit % 8);
		assert_false(genuine(snp, sizeof(snp)));
		snp[bit / 8] ^= (u8)(1 << bit % 8);
	}
	assert_true(genuine(tdx, sizeof(tdx)));
	for (size_t bit = 0; bit < 8 * sizeof(tdx); bit++) {
		tdx[bit / 8] ^= (u8)(1 << bit % 8);
		assert_false(genuine(tdx, sizeof(tdx)));
		tdx[bit / 8] ^= (u8)(1 << bit % 8);
	}
}

/* Well signed, but not what it claims to be. */
static void test_malformed(void **state)
{
	static const struct {
		size_t at;
		u8 value;
	} bad_snp[] = { { 0, 1 }, { 0, 6 }, { 1, 1 }, { 0x30, 4 }, { 0x34, 2 } },
	bad_tdx[] = { { 0, 0 }, { 1, 1 }, { 2, 2 }, { 3, 1 }, { 0xC0, 1 } };
	u8 copy[SNP_REPORT_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_snp); i++) {
		memcpy(copy, snp, sizeof(snp));
		copy[bad_snp[i].at] = bad_snp[i].value;
		sign_snp(copy);
		assert_false(reads(copy, sizeof(snp)));
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad_tdx); i++) {
		memcpy(copy, tdx, sizeof(tdx));
		copy[bad_tdx[i].at] = bad_tdx[i].value;
		sign_tdx(copy);
		assert_false(reads(copy, sizeof(tdx)));
	}
	for (size_t size = 0; size < sizeof(snp); size++) {
		if (size != sizeof(tdx))
			assert_false(reads(snp, size));
	}
}

/* As the self-test prints it: @bytes of it in each line. */
static size_t as_text(char *text, const u8 *p, size_t size, size_t bytes,
		      const char *prefix, const char *newline)
{
	char *to = text + sprintf(text, "svsm: KTAP version 1%s", newline);

	for (size_t at = 0; at < size; at++) {
		if (at % bytes == 0)
			to += sprintf(to, "%s%s# report ", at ? newline : "", prefix);
		to += sprintf(to, "%02x", p[at]);
	}
	to += sprintf(to, "%sok 6 attestation%s", newline, newline);
	return (size_t)(to - text);
}

static void test_unhex(void **state)
{
	u8 out[2] = { 0 };

	(void)state;
	assert_true(report_unhex("0fA5", 4, out, 2));
	assert_int_equal(out[0], 0x0F);
	assert_int_equal(out[1], 0xA5);
	assert_true(report_unhex("", 0, out, 0));
	assert_false(report_unhex("0g", 2, out, 1));
	assert_false(report_unhex("g0", 2, out, 1));
	assert_false(report_unhex("0000", 3, out, 1));
	assert_false(report_unhex("0000", 4, out, 1));
	assert_false(report_unhex("00", 2, out, 2));
	assert_false(report_unhex("0x", 2, out, 1));
	assert_false(report_unhex(" 0", 2, out, 1));
}

static void test_text(void **state)
{
	static char text[TEXT_MAX];
	struct report r;
	const char *why;
	size_t size;
	char *at;

	(void)state;
	for (size_t bytes = 1; bytes <= sizeof(snp); bytes = bytes * 3 + 1) {
		if (bytes < 10)
			continue;
		size = as_text(text, snp, sizeof(snp), bytes, "svsm: ", "\r\n");
		assert_true(report_read(&r, (u8 *)text, size, &why));
		assert_memory_equal(r.bytes, snp, sizeof(snp));
		size = as_text(text, tdx, sizeof(tdx), bytes, "", "\n");
		assert_true(report_read(&r, (u8 *)text, size, &why));
		assert_memory_equal(r.bytes, tdx, sizeof(tdx));
	}
	/* without the last newline */
	size = as_text(text, snp, sizeof(snp), 64, "", "\n");
	at = strstr(text, "\nok 6");
	assert_true(reads(text, (size_t)(at - text)));
	/* cut off anywhere */
	for (size_t cut = 0; cut < (size_t)(at - text); cut++)
		assert_false(reads(text, cut));
	/* no hexadecimal, half a byte, too much */
	at[-1] = 'g';
	assert_false(reads(text, size));
	at[-1] = ' ';
	assert_false(reads(text, size));
	size = as_text(text, snp, sizeof(snp), 64, "", "\n");
	size += (size_t)sprintf(text + size, "# report 00\n");
	assert_false(reads(text, size));
	size = as_text(text, tdx, sizeof(tdx), 64, "", "\n");
	size += (size_t)sprintf(text + size, "# report 00\n");
	assert_false(reads(text, size));
	/* far too much, in one line */
	size = (size_t)sprintf(text, "# report ");
	memset(text + size, '0', sizeof(text) - size);
	assert_false(reads(text, sizeof(text) - 1));
	/* another's line is not ours */
	size = as_text(text, snp, sizeof(snp), 64, "guest: ", "\n");
	assert_false(reads(text, size));
}

static void write_file(const char *name, const void *data, size_t size)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

/* Exit status of report-verify with these arguments, %s being the folder. */
static int run(const char *arguments)
{
	char command[2048], expanded[1024];
	int status;

	snprintf(expanded, sizeof(expanded), arguments, folder);
	snprintf(command, sizeof(command), "%s %s >/dev/null 2>&1",
		 REPORT_VERIFY, expanded);
	status = system(command);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define HEX8(b)		#b #b #b #b #b #b #b #b
#define HEX16(b)	HEX8(b) HEX8(b)
#define HEX48(b)	HEX16(b) HEX16(b) HEX16(b)
#define HEX64(b)	HEX48(b) HEX16(b)

static void test_program(void **state)
{
	static char text[TEXT_MAX];
	u8 copy[SNP_REPORT_SIZE];

	(void)state;
	write_file("snp", snp, sizeof(snp));
	write_file("tdx", tdx, sizeof(tdx));
	write_file("log", text, as_text(text, snp, sizeof(snp), 64, "svsm: ", "\n"));
	assert_int_equal(run("%s/snp"), 0);
	assert_int_equal(run("%s/tdx"), 0);
	assert_int_equal(run("%s/log"), 0);
	assert_int_equal(run("-m " HEX48(22) " -d " HEX64(11) " %s/snp"), 0);
	assert_int_equal(run("-m " HEX48(22) " -d " HEX64(11) " %s/tdx"), 0);
	assert_int_equal(run("-m " HEX48(23) " %s/snp"), 1);
	assert_int_equal(run("-m " HEX48(23) " %s/tdx"), 1);
	assert_int_equal(run("-d " HEX64(12) " %s/snp"), 1);
	assert_int_equal(run("-d " HEX64(12) " %s/tdx"), 1);
	assert_int_equal(run("--vmpl 0 %s/snp"), 0);
	assert_int_equal(run("--vmpl 2 %s/snp"), 1);
	assert_int_equal(run("--igvm /dev/null %s/snp"), 1);
	assert_int_equal(run("%s/nothing"), 1);
	assert_int_equal(run("--help"), 0);
	assert_int_equal(run("--version"), 0);
	assert_int_equal(run(""), 2);
	assert_int_equal(run("a b"), 2);
	assert_int_equal(run("--nonsense %s/snp"), 2);
	assert_int_equal(run("--vmpl 4 %s/snp"), 2);
	assert_int_equal(run("-m " HEX16(22) " %s/snp"), 2);
	assert_int_equal(run("-d " HEX48(11) " %s/snp"), 2);

	/* the level of a guest, and a policy and attributes that allow to debug */
	memcpy(copy, snp, sizeof(snp));
	copy[0x30] = 2;
	sign_snp(copy);
	write_file("snp2", copy, sizeof(snp));
	assert_int_equal(run("%s/snp2"), 1);
	assert_int_equal(run("--vmpl 2 %s/snp2"), 0);
	memcpy(copy, snp, sizeof(snp));
	copy[0x0A] |= 8;
	sign_snp(copy);
	write_file("debug", copy, sizeof(snp));
	assert_int_equal(run("%s/debug"), 1);
	assert_int_equal(run("--allow-debug %s/debug"), 0);
	memcpy(copy, tdx, sizeof(tdx));
	copy[0x200] |= 1;
	sign_tdx(copy);
	write_file("debug", copy, sizeof(tdx));
	assert_int_equal(run("%s/debug"), 1);
	assert_int_equal(run("--allow-debug %s/debug"), 0);
}

/* Another chip's key: its reports pass with it, and only they. */
static void test_other_key(void **state)
{
	EVP_PKEY *other = EVP_EC_gen("P-384"), *test = snp_test_key();
	char path[64];
	FILE *f;

	(void)state;
	assert_non_null(other);
	snprintf(path, sizeof(path), "%s/other", folder);
	f = fopen(path, "w");
	assert_int_equal(PEM_write_PUBKEY(f, other), 1);
	fclose(f);
	snprintf(path, sizeof(path), "%s/test", folder);
	f = fopen(path, "w");
	assert_int_equal(PEM_write_PUBKEY(f, test), 1);
	fclose(f);
	assert_int_equal(run("--key %1$s/test %1$s/snp"), 0);
	assert_int_equal(run("--key %1$s/other %1$s/snp"), 1);
	assert_int_equal(run("--key %1$s/snp %1$s/snp"), 1);
	assert_int_equal(run("--key %1$s/nothing %1$s/snp"), 1);
	EVP_PKEY_free(other);
	EVP_PKEY_free(test);
}

static int remove_files(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_every_bit),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_unhex),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_program),
		cmocka_unit_test(test_other_key),
	};

	return cmocka_run_group_tests(tests, make_reports, remove_files);
}
