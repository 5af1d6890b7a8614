// SPDX-License-Identifier: MIT
/*
 * igvm-build - turn a firmware image, and optionally a Linux kernel, into an
 * IGVM file for AMD SEV-SNP or Intel TDX.
 */
#include "build.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char program_name[] = "igvm-build";

#define SEV_FEATURE_SNP		0x1u
#define POLICY_DEFAULT		0x30000u	/* SMT allowed, reserved bit 17 */
#define POLICY_MUST_BE_ONE	0x20000u

static const char help[] =
"Usage: igvm-build --firmware ELF [options] -o FILE\n"
"Write an IGVM file (version 1, for SEV-SNP or TDX).\n"
"\n"
"  --platform snp|tdx    what the file is for (default snp)\n"
"  --firmware ELF        static x86-64 executable: SVSM, stub or bare payload\n"
"  --kernel BZIMAGE      Linux kernel\n"
"  --initrd FILE         its initrd\n"
"  --cmdline STRING      its command line\n"
"  --vtl2                the firmware is an SVSM (highest VTL 2)\n"
"  --svsm-selftest       the SVSM runs its self-test; not with --kernel\n"
"  --sev-features N      SEV_FEATURES of the boot processor (default 0x1)\n"
"  --policy N            SEV-SNP guest policy (default 0x30000)\n"
"  -o, --output FILE     file to write\n"
"  -v, --verbose         print what lies where\n"
"  -h, --help            print this text\n"
"  -V, --version         print the version\n"
"\n"
"Exit status: 0 written, 1 refused or failed, 2 wrong usage.\n";

static __u64 number(const char *option, const char *text)
{
	unsigned long long v;
	char *end;

	errno = 0;
	v = strtoull(text, &end, 0);
	if (errno || end == text || *end || *text == '-')
		die_usage("--%s: '%s' is not a number", option, text);
	return v;
}

static void print_regions(const struct image *img)
{
	for (unsigned int i = 0; i < img->regions; i++)
		printf("0x%09llx-0x%09llx %s\n", img->region[i].start,
		       img->region[i].end - 1, img->region[i].name);
	if (img->platform == IGVM_PLATFORM_SEV_SNP)
		printf("entry point 0x%llx\n", img->entry);
}

static enum igvm_platform_type platform(const char *name)
{
	if (!strcmp(name, "snp"))
		return IGVM_PLATFORM_SEV_SNP;
	if (!strcmp(name, "tdx"))
		return IGVM_PLATFORM_TDX;
	die_usage("--platform: '%s' is neither snp nor tdx", name);
}

int main(int argc, char **argv)
{
	enum { PLATFORM = 256, FIRMWARE, KERNEL, INITRD, CMDLINE, VTL2, SELFTEST,
	       SEV_FEATURES, POLICY };
	static const struct option options[] = {
		{ "platform", required_argument, NULL, PLATFORM },
		{ "firmware", required_argument, NULL, FIRMWARE },
		{ "kernel", required_argument, NULL, KERNEL },
		{ "initrd", required_argument, NULL, INITRD },
		{ "cmdline", required_argument, NULL, CMDLINE },
		{ "vtl2", no_argument, NULL, VTL2 },
		{ "svsm-selftest", no_argument, NULL, SELFTEST },
		{ "sev-features", required_argument, NULL, SEV_FEATURES },
		{ "policy", required_argument, NULL, POLICY },
		{ "output", required_argument, NULL, 'o' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	const char *firmware = NULL, *kernel = NULL, *initrd = NULL, *cmdline = NULL;
	struct image img = {
		.platform = IGVM_PLATFORM_SEV_SNP,
		.sev_features = SEV_FEATURE_SNP,
		.policy = POLICY_DEFAULT,
	};
	const char *snp_only = NULL;	/* option that means nothing to a TD */
	int selftest = 0, c;

	while ((c = getopt_long(argc, argv, "o:vhV", options, NULL)) != -1) {
		switch (c) {
		case PLATFORM:
			img.platform = platform(optarg);
			break;
		case FIRMWARE:
			firmware = optarg;
			break;
		case KERNEL:
			kernel = optarg;
			break;
		case INITRD:
			initrd = optarg;
			break;
		case CMDLINE:
			cmdline = optarg;
			break;
		case VTL2:
			img.vtl2 = 1;
			break;
		case SELFTEST:
			selftest = 1;
			break;
		case SEV_FEATURES:
			snp_only = "sev-features";
			img.sev_features = number("sev-features", optarg);
			break;
		case POLICY:
			snp_only = "policy";
			img.policy = number("policy", optarg);
			break;
		case 'o':
			img.output = optarg;
			break;
		case 'v':
			img.verbose = 1;
			break;
		case 'h':
			fputs(help, stdout);
			close_stdout();
			return 0;
		case 'V':
			printf("igvm-build %s\n", SVSM_VERSION);
			close_stdout();
			return 0;
		default:
			return EXIT_USAGE;	/* getopt has said why */
		}
	}
	if (optind < argc)
		die_usage("unexpected argument '%s'", argv[optind]);
	if (!firmware || !img.output)
		die_usage("--firmware and -o are needed");
	if (snp_only && img.platform != IGVM_PLATFORM_SEV_SNP)
		die_usage("--%s is for --platform snp", snp_only);
	if (selftest && kernel)
		die_usage("--svsm-selftest runs without --kernel");
	if (initrd && !kernel)
		die_usage("--initrd needs --kernel");
	if (!(img.sev_features & SEV_FEATURE_SNP))
		die_usage("--sev-features: bit 0 (SEV-SNP) must be set");
	if (!(img.policy & POLICY_MUST_BE_ONE))
		die_usage("--policy: bit 17 must be set");

	load_firmware(&img, firmware);
	if ((kernel || cmdline || selftest) && img.payload_gpa == NO_GPA)
		die("%s: no symbol igvm_payload_page: cannot take %s", firmware,
		    kernel ? "a kernel" : selftest ? "--svsm-selftest" : "a command line");
	/* Page aligned by its type, which calloc would not honour. */
	img.payload = aligned_alloc(sizeof(*img.payload), sizeof(*img.payload));
	if (!img.payload)
		die("out of memory");
	*img.payload = (struct igvm_payload){
		.magic = selftest ? IGVM_PAYLOAD_MAGIC : 0,
		.flags = selftest ? IGVM_PAYLOAD_SELFTEST : 0,
	};
	if (kernel)
		load_kernel(&img, kernel);
	if (initrd)
		load_initrd(&img, initrd);
	if (cmdline)
		set_cmdline(&img, cmdline);
	image_finish(&img);
	if (img.verbose)
		print_regions(&img);
	write_image(&img);
	close_stdout();
	return 0;
}
