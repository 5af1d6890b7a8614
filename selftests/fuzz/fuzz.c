// SPDX-License-Identifier: MIT
/*
 * Begin and end of each fuzzer. "TARGET --seeds DIR" writes its seeds into DIR
 * instead of fuzzing.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

static const char *seed_dir;
static unsigned int seed_count;

/* See fuzz.h. */
void fuzz_failed(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

/* See fuzz.h. */
void fuzz_seed(const void *data, size_t size)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%02u", seed_dir, seed_count++);
	file = fopen(path, "wb");
	if (!file || fwrite(data, 1, size, file) != size || fclose(file)) {
		perror(path);
		exit(1);
	}
}

/* See fuzz.h. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	if (*argc == 3 && !strcmp((*argv)[1], "--seeds")) {
		seed_dir = (*argv)[2];
		fuzz_seeds();
		exit(0);
	}
	return 0;
}
