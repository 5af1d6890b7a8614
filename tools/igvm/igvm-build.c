// SPDX-License-Identifier: MIT
/*
 * igvm-build - turn a firmware image, and optionally a Linux kernel, into an
 * IGVM file for AMD SEV-SNP.
 */
#include "build.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

const char program_name[] = "igvm-build";

#define SEV_FEATURE_SNP		0x1u
#define POLICY_DEFAULT		0x30000u	/* SMT allowed, reserved bit 17 */
#define POLICY_MUST_BE_ONE	0x20000u

static const char help[] =
"Usage: igvm-build --firmware ELF [options] -o FILE\n"
"Write an IGVM file (version 1, platform SEV-SNP).\n"
"\n"
"  --firmware ELF        static x86-64 executable: SVSM, stub or bare payload\n"
"  --kernel BZIMAGE      Linux kernel\n"
"  --initrd FILE         its initrd\n"
"  --cmdline STRING      its command line\n"
"  --vtl2                the firmware is an SVSM (highest VTL 2)\n"
"  --sev-features N      SEV_FEATURES of the boot processor (default 0x1)\n"
"  --policy N            guest policy (default 0x30000)\n"
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
	printf("entry point 0x%llx\n", img->entry);
}

int main(int argc, char **argv)
{
	enum { FIRMWARE = 256, KERNEL, INITRD, CMDLINE, VTL2, SEV_FEATURES, POLICY };
	static const struct option options[] = {
		{ "firmware", required_argument, NULL, FIRMWARE },
		{ "kernel", required_argument, NULL, KERNEL },
		{ "initrd", required_argument, NULL, INITRD },
		{ "cmdline", required_argument, NULL, CMDLINE },
		{ "vtl2", no_argument, NULL, VTL2 },
		{ "sev-features", required_argument, NULL, SEV_FEATURES },
		{ "policy", required_argument, NULL, POLICY },
		{ "output", required_argument, NULL, 'o' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	const char *firmware = NULL, *kernel = NULL, *initrd = NULL, *cmdline = NULL;
	struct image img = { .sev_features = SEV_FEATURE_SNP, .policy = POLICY_DEFAULT };
	int c;

	while ((c = getopt_long(argc, argv, "o:vhV", options, NULL)) != -1) {
		switch (c) {
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
		case SEV_FEATURES:
			img.sev_features = number("sev-features", optarg);
			break;
		case POLICY:
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
	if (initrd && !kernel)
		die_usage("--initrd needs --kernel");
	if (!(img.sev_features & SEV_FEATURE_SNP))
		die_usage("--sev-features: bit 0 (SEV-SNP) must be set");
	if (!(img.policy & POLICY_MUST_BE_ONE))
		die_usage("--policy: bit 17 must be set");

	load_firmware(&img, firmware);
	if ((kernel || cmdline) && img.payload_gpa == NO_GPA)
		die("%s: no symbol igvm_payload_page: cannot take %s", firmware,
		    kernel ? "a kernel" : "a command line");
	/* Page aligned by its type, which calloc would not honour. */
	img.payload = aligned_alloc(sizeof(*img.payload), sizeof(*img.payload));
	if (!img.payload)
		die("out of memory");
	*img.payload = (struct igvm_payload){ .magic = 0 };
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
