/* SPDX-License-Identifier: MIT */
/*
 * What the fuzzers share: bytes to decide by, a check that stops the program,
 * seeds. A target reads its input by these functions only, so that any bytes
 * are a valid input and a mutation of one changes one decision.
 */
#ifndef _FUZZ_H
#define _FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <svsm/types.h>

/**
 * struct input - what is left of the fuzzer's bytes
 * @at: next one
 * @left: how many
 */
struct input {
	const u8 *at;
	size_t left;
};

/** input_bytes() - the next @count bytes, zeros behind the end. */
static inline void input_bytes(struct input *in, void *to, size_t count)
{
	size_t here = count < in->left ? count : in->left;

	memset(to, 0, count);
	if (here)
		memcpy(to, in->at, here);
	in->at += here;
	in->left -= here;
}

/** input_u8() - the next byte, 0 behind the end. */
static inline u8 input_u8(struct input *in)
{
	u8 value;

	input_bytes(in, &value, sizeof(value));
	return value;
}

/** input_u16() - the next two bytes. */
static inline u16 input_u16(struct input *in)
{
	u16 value;

	input_bytes(in, &value, sizeof(value));
	return value;
}

/** input_u64() - the next eight bytes. */
static inline u64 input_u64(struct input *in)
{
	u64 value;

	input_bytes(in, &value, sizeof(value));
	return value;
}

/**
 * fuzz_check() - the oracle: end the program unless a condition holds
 * @condition: what has to hold
 */
#define fuzz_check(condition) \
	((condition) ? (void)0 : fuzz_failed(__FILE__, __LINE__, #condition))

/** fuzz_failed() - say what did not hold, and abort. */
void fuzz_failed(const char *file, int line, const char *what)
	__attribute__((noreturn));

/**
 * fuzz_seed() - an input to begin with; called by fuzz_seeds()
 * @data: bytes
 * @size: how many
 */
void fuzz_seed(const void *data, size_t size);

/** fuzz_seeds() - give all seeds to fuzz_seed(); one in each target. */
void fuzz_seeds(void);

/* What libFuzzer calls. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif /* _FUZZ_H */
