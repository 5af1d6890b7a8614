// SPDX-License-Identifier: MIT
/* igvm-measure - launch digest (SEV-SNP) or MRTD (TDX) of an IGVM file. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "host.h"
#include "igvm_measure.h"

const char program_name[] = "igvm-measure";

static const char help[] =
"Usage: igvm-measure [options] FILE\n"
"Print the launch measurement of an IGVM file: the launch digest of SEV-SNP or\n"
"the MRTD of TDX.\n"
"\n"
"  -p, --platform snp|tdx  which one of a file for both (default snp)\n"
"  -v, --verbose           print each page\n"
"  -h, --help              print this text\n"
"  -V, --version           print the version\n"
"\n"
"Exit status: 0 measured, 1 invalid file, neither of the platforms or an ID block\n"
"with another digest, 2 wrong usage.\n";

static void print_hex(const __u8 *digest)
{
	for (unsigned int i = 0; i < IGVM_DIGEST_SIZE; i++)
		printf("%02x", digest[i]);
}

static void print_step(void *arg, const struct igvm_step *step)
{
	static const char *const names[] = {
		[SNP_PAGE_NORMAL] = "NORMAL",
		[SNP_PAGE_VMSA] = "VMSA",
		[SNP_PAGE_ZERO] = "ZERO",
		[SNP_PAGE_UNMEASURED] = "UNMEASURED",
		[SNP_PAGE_SECRETS] = "SECRETS",
		[SNP_PAGE_CPUID] = "CPUID",
	};

	(void)arg;
	if (step->platform == IGVM_PLATFORM_TDX) {
		printf("%-10s 0x%012llx\n", step->contents ? "ADD+EXTEND" : "ADD", step->gpa);
		return;
	}
	printf("%-10s 0x%012llx ", names[step->type], step->gpa);
	if (step->contents)
		print_hex(step->contents);
	else
		printf("%-96s", "-");
	printf(" -> ");
	print_hex(step->ld);
	putchar('\n');
}

/* KVM measures VMSAs after everything else: say so where it matters. */
static void warn_order(const struct igvm_file *f, __u32 mask)
{
	struct igvm_directive d;
	struct igvm_iter it;
	int contexts = 0, late = 0;

	igvm_iter_init(&it, f, mask);
	while (igvm_next(&it, &d)) {
		if (d.type == IGVM_VHT_VP_CONTEXT)
			contexts++;
		else if (d.type == IGVM_VHT_PAGE_DATA || d.type == IGVM_VHT_PARAMETER_INSERT)
			late |= contexts;
	}
	if (late || contexts > 1)
		fprintf(stderr, "%s: note: not exactly one VMSA at the end: the digest"
			" under KVM is another one\n", program_name);
}

static void check_id_block(const struct igvm_file *f, __u32 mask, const __u8 *digest)
{
	struct igvm_directive d;
	struct igvm_iter it;

	igvm_iter_init(&it, f, mask);
	while (igvm_next(&it, &d)) {
		if (d.type == IGVM_VHT_SNP_ID_BLOCK &&
		    memcmp((const __u8 *)d.body + offsetof(struct igvm_snp_id_block, ld),
			   digest, IGVM_DIGEST_SIZE))
			die("the launch digest in the ID block is another one");
	}
}

/* Return: mask of the platform that was asked for, else of the first there is. */
static __u32 find_platform(const struct igvm_file *f, const char *name, const char *wanted)
{
	__u32 snp = igvm_platform_mask(f, IGVM_PLATFORM_SEV_SNP);
	__u32 tdx = igvm_platform_mask(f, IGVM_PLATFORM_TDX);
	__u32 mask = snp ? snp : tdx;

	if (wanted)
		mask = !strcmp(wanted, "tdx") ? tdx : snp;
	if (!mask)
		die("%s: no %s platform in this file", name,
		    !wanted ? "SEV-SNP or TDX" : !strcmp(wanted, "tdx") ? "TDX" : "SEV-SNP");
	return mask;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "platform", required_argument, NULL, 'p' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	__u8 digest[IGVM_DIGEST_SIZE];
	struct igvm_file f;
	struct blob b;
	const char *why, *wanted = NULL;
	int c, verbose = 0;
	__u32 mask;

	while ((c = getopt_long(argc, argv, "p:vhV", options, NULL)) != -1) {
		switch (c) {
		case 'p':
			wanted = optarg;
			if (strcmp(wanted, "snp") && strcmp(wanted, "tdx"))
				die_usage("--platform: '%s' is neither snp nor tdx", wanted);
			break;
		case 'v':
			verbose = 1;
			break;
		case 'h':
			fputs(help, stdout);
			close_stdout();
			return 0;
		case 'V':
			printf("igvm-measure %s\n", SVSM_VERSION);
			close_stdout();
			return 0;
		default:
			return EXIT_USAGE;	/* getopt has said why */
		}
	}
	if (optind + 1 != argc)
		die_usage("exactly one file is needed");

	read_blob(&b, argv[optind]);
	if (igvm_open(&f, b.data, b.size, &why))
		die("%s: %s", b.name, why);
	mask = find_platform(&f, b.name, wanted);
	igvm_measure_steps(&f, mask, digest, verbose ? print_step : NULL, NULL);
	print_hex(digest);
	putchar('\n');
	close_stdout();
	if (mask == igvm_platform_mask(&f, IGVM_PLATFORM_SEV_SNP)) {
		warn_order(&f, mask);
		check_id_block(&f, mask, digest);
	}
	return 0;
}
