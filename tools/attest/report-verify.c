// SPDX-License-Identifier: MIT
/* report-verify - verify attestation evidence, SEV-SNP report or TDREPORT. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "../igvm/host.h"
#include "../igvm/igvm_measure.h"
#include "report.h"

const char program_name[] = "report-verify";

static const char help[] =
"Usage: report-verify [options] FILE\n"
"Verify attestation evidence: an SEV-SNP attestation report or a TDREPORT, as\n"
"bytes or as lines \"# report HEX\" of a log. What no option names is printed but\n"
"not checked.\n"
"\n"
"  -i, --igvm FILE         the guest was started from this IGVM file\n"
"  -m, --measurement HEX   the launch digest or MRTD is this one (48 bytes)\n"
"  -d, --report-data HEX   the report data is this (64 bytes)\n"
"  -l, --vmpl N            SEV-SNP: this level asked for it (default 0)\n"
"  -k, --key FILE          SEV-SNP: signed by this key, PEM: a public key or a\n"
"                          certificate (default: the machine's test key)\n"
"      --allow-debug       the host may debug the guest\n"
"  -h, --help              print this text\n"
"  -V, --version           print the version\n"
"\n"
"Exit status: 0 verified, 1 not verified, 2 wrong usage.\n";

/**
 * struct wanted - what the command line asks for
 * @igvm: name of a file, NULL: none
 * @key: name of a file, NULL: the test key
 * @measurement: expected
 * @has_measurement: it was given
 * @data: expected
 * @has_data: it was given
 * @vmpl: expected
 * @allow_debug: a guest that can be debugged passes
 */
struct wanted {
	const char *igvm;
	const char *key;
	u8 measurement[MEASUREMENT_SIZE];
	bool has_measurement;
	u8 data[REPORT_DATA_SIZE];
	bool has_data;
	u32 vmpl;
	bool allow_debug;
};

static void print_hex(const char *name, const u8 *bytes, size_t size)
{
	printf("%-13s", name);
	for (size_t i = 0; i < size; i++)
		printf("%02x", bytes[i]);
	putchar('\n');
}

static void print_report(const struct report *r)
{
	if (r->kind == REPORT_SNP) {
		printf("type         SEV-SNP attestation report, version %u\n", r->version);
		printf("vmpl         %u\n", r->vmpl);
		printf("policy       0x%llx\n", (unsigned long long)r->policy);
	} else {
		printf("type         TDREPORT, version %u\n", r->version);
		printf("attributes   0x%llx\n", (unsigned long long)r->attributes);
		printf("xfam         0x%llx\n", (unsigned long long)r->xfam);
	}
	print_hex("measurement", r->measurement, MEASUREMENT_SIZE);
	print_hex("report data", r->data, REPORT_DATA_SIZE);
	for (u32 i = 0; r->kind == REPORT_TDX && i < RTMR_COUNT; i++) {
		char name[] = "rtmr0";

		name[4] += (char)i;
		print_hex(name, r->rtmr[i], MEASUREMENT_SIZE);
	}
}

static EVP_PKEY *read_key(const char *name)
{
	FILE *f = fopen(name, "r");
	EVP_PKEY *key;
	X509 *cert;

	if (!f)
		die("%s: cannot be read", name);
	key = PEM_read_PUBKEY(f, NULL, NULL, NULL);
	if (!key) {
		rewind(f);
		cert = PEM_read_X509(f, NULL, NULL, NULL);
		key = cert ? X509_get_pubkey(cert) : NULL;
		X509_free(cert);
	}
	fclose(f);
	if (!key)
		die("%s: neither a public key nor a certificate in PEM", name);
	return key;
}

static void measure(const char *name, enum report_kind kind, u8 *digest)
{
	bool snp = kind == REPORT_SNP;
	struct igvm_file f;
	const char *why;
	struct blob b;
	__u32 mask;

	read_blob(&b, name);
	if (igvm_open(&f, b.data, b.size, &why))
		die("%s: %s", name, why);
	mask = igvm_platform_mask(&f, snp ? IGVM_PLATFORM_SEV_SNP : IGVM_PLATFORM_TDX);
	if (!mask)
		die("%s: not for %s", name, snp ? "SEV-SNP" : "TDX");
	if (igvm_measure(&f, mask, digest))
		die("%s: cannot be measured", name);
	free(b.data);
}

/* One line per check; returns the number of failures. */
static int check(bool ok, const char *what, const char *whose)
{
	printf("%-13s%s%s%s\n", ok ? "ok" : "NOT OK", what, *whose ? ": " : "", whose);
	return !ok;
}

static int check_origin(const struct report *r, const struct wanted *w)
{
	EVP_PKEY *key;
	int failed;

	if (r->kind == REPORT_TDX) {
		failed = check(tdx_hashes_ok(r), "hashes", "of TCB and TD information");
		return failed + check(tdx_mac_ok(r), "MAC", "the machine's test key, which is public");
	}
	key = w->key ? read_key(w->key) : snp_test_key();
	if (!key)
		die("libcrypto has no P-384");
	failed = check(snp_signature_ok(r, key), "signature",
		       w->key ? w->key : "the machine's test key, which is public");
	EVP_PKEY_free(key);
	return failed;
}

static int verify(const struct report *r, const struct wanted *w)
{
	u8 digest[MEASUREMENT_SIZE];
	int failed = check_origin(r, w);

	if (r->kind == REPORT_SNP)
		failed += check(r->vmpl == w->vmpl, "vmpl", "");
	if (r->debug || w->allow_debug)
		failed += check(w->allow_debug, "debugging", r->debug ? "possible" : "not possible");
	if (w->igvm) {
		measure(w->igvm, r->kind, digest);
		failed += check(!memcmp(digest, r->measurement, sizeof(digest)),
				"measurement", w->igvm);
	}
	if (w->has_measurement)
		failed += check(!memcmp(w->measurement, r->measurement, MEASUREMENT_SIZE),
				"measurement", "as given");
	if (!w->igvm && !w->has_measurement)
		printf("not checked  measurement\n");
	if (w->has_data)
		failed += check(!memcmp(w->data, r->data, REPORT_DATA_SIZE), "report data", "as given");
	else
		printf("not checked  report data\n");
	return failed;
}

static void get_hex(const char *option, const char *text, u8 *out, size_t size)
{
	if (!report_unhex(text, strlen(text), out, size))
		die_usage("--%s wants %zu bytes as hexadecimal digits", option, size);
}

static void parse_options(int argc, char **argv, struct wanted *w)
{
	enum { ALLOW_DEBUG = 256 };
	static const struct option options[] = {
		{ "igvm", required_argument, NULL, 'i' },
		{ "measurement", required_argument, NULL, 'm' },
		{ "report-data", required_argument, NULL, 'd' },
		{ "vmpl", required_argument, NULL, 'l' },
		{ "key", required_argument, NULL, 'k' },
		{ "allow-debug", no_argument, NULL, ALLOW_DEBUG },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "i:m:d:l:k:hV", options, NULL)) != -1) {
		switch (c) {
		case 'i':
			w->igvm = optarg;
			break;
		case 'm':
			get_hex("measurement", optarg, w->measurement, MEASUREMENT_SIZE);
			w->has_measurement = true;
			break;
		case 'd':
			get_hex("report-data", optarg, w->data, REPORT_DATA_SIZE);
			w->has_data = true;
			break;
		case 'l':
			if (optarg[0] < '0' || optarg[0] > '3' || optarg[1])
				die_usage("--vmpl wants 0 to 3");
			w->vmpl = (u32)(optarg[0] - '0');
			break;
		case 'k':
			w->key = optarg;
			break;
		case ALLOW_DEBUG:
			w->allow_debug = true;
			break;
		case 'h':
			fputs(help, stdout);
			close_stdout();
			exit(0);
		case 'V':
			printf("%s %s\n", program_name, SVSM_VERSION);
			close_stdout();
			exit(0);
		default:
			exit(EXIT_USAGE);	/* getopt has said why */
		}
	}
	if (optind + 1 != argc)
		die_usage("exactly one file is needed");
}

int main(int argc, char **argv)
{
	struct wanted wanted = { 0 };
	struct report r;
	const char *why;
	struct blob b;
	int failed;

	parse_options(argc, argv, &wanted);
	read_blob(&b, argv[optind]);
	if (!report_read(&r, b.data, b.size, &why))
		die("%s: %s", b.name, why);
	free(b.data);
	print_report(&r);
	failed = verify(&r, &wanted);
	printf("%s\n", failed ? "NOT VERIFIED" : "verified");
	close_stdout();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
