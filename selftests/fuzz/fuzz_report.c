// SPDX-License-Identifier: MIT
/*
 * Evidence that somebody hands to report-verify: bytes of a report, or a log
 * with lines "# report HEX". The first byte says what is made of the others.
 *
 * Oracle: what is refused has a reason; what is accepted is one report, the
 * bytes of which a second reading here finds too, with every field from its
 * place. What was made well-formed is accepted, unless something is added.
 */
#include <stdlib.h>

#include <tools/attest/report.h>

#include "fuzz.h"

#define AS_TEXT		0x01	/* print the bytes as a log */
#define AS_TDX		0x02	/* with the length of a TDREPORT */
#define REPAIR		0x04	/* constants that the reader wants */
#define LONGER		0x08	/* more of it than there should be */
#define LINE_BYTES(b)	(((b) >> 4) * 16U + 1)

#define LONGER_MAX	256
#define BYTES_MAX	(SNP_REPORT_SIZE + LONGER_MAX)
#define TEXT_MAX	(BYTES_MAX * 18)

static void repair(u8 *p, bool tdx)
{
	if (tdx) {
		p[0] = 0x81;
		p[1] = 0;
		p[2] &= 1;
		p[3] = 0;
		memset(p + 0xC0, 0, 0x20);
		memset(p + 0x1EF, 0, 17);
		return;
	}
	memset(p, 0, 4);
	p[0] = 3;
	p[0x30] &= 7;
	memset(p + 0x31, 0, 7);
	p[0x34] = 1;
	memset(p + 0x2D0, 0, 24);
	memset(p + 0x318, 0, 0x4A0 - 0x318);
}

static size_t print(char *text, const u8 *p, size_t size, size_t line)
{
	static const char digits[] = "0123456789abcdef";
	size_t at = 0, i;

	for (i = 0; i < size; i++) {
		if (i % line == 0) {
			memcpy(text + at, i % 3 ? "\nsvsm: # report " : "\n# report ",
			       i % 3 ? 16 : 10);
			at += i % 3 ? 16 : 10;
		}
		text[at++] = digits[p[i] >> 4];
		text[at++] = digits[p[i] & 15];
	}
	return at;
}

/* Another way to read a log: from mark to mark, digits till there are none. */
static size_t second_reading(const u8 *text, size_t size, u8 *out, size_t room)
{
	size_t at, used = 0;
	char pair[3] = "";

	for (at = 0; at + 9 <= size; at++) {
		bool begins = !at || text[at - 1] == '\n' ||
			(at >= 6 && !memcmp(text + at - 6, "svsm: ", 6) &&
			 (at == 6 || text[at - 7] == '\n'));

		if (!begins || memcmp(text + at, "# report ", 9))
			continue;
		for (at += 9; at + 1 < size && strchr("0123456789abcdefABCDEF",
						      text[at]) && text[at]; at += 2) {
			fuzz_check(used < room);
			memcpy(pair, text + at, 2);
			out[used++] = (u8)strtoul(pair, NULL, 16);
		}
		at--;
	}
	return used;
}

static u64 get(const u8 *p, size_t size)
{
	u64 value = 0;

	while (size--)
		value = value << 8 | p[size];
	return value;
}

static void check_accepted(const struct report *r, const u8 *input, size_t size)
{
	const u8 *p = r->bytes;
	u8 bytes[SNP_REPORT_SIZE];

	if (size == r->size && (size == SNP_REPORT_SIZE || size == TD_REPORT_SIZE)) {
		fuzz_check(!memcmp(p, input, size));
	} else {
		fuzz_check(second_reading(input, size, bytes, sizeof(bytes)) == r->size);
		fuzz_check(!memcmp(p, bytes, r->size));
	}
	if (r->kind == REPORT_SNP) {
		fuzz_check(r->size == SNP_REPORT_SIZE);
		fuzz_check(r->version == get(p, 4) && r->policy == get(p + 8, 8));
		fuzz_check(r->vmpl == get(p + 0x30, 4) && r->vmpl < 4);
		fuzz_check(r->debug == (get(p + 8, 8) >> 19 & 1));
		fuzz_check(r->data == p + 0x50 && r->measurement == p + 0x90);
	} else {
		fuzz_check(r->size == TD_REPORT_SIZE && p[0] == 0x81);
		fuzz_check(r->attributes == get(p + 0x200, 8) && r->xfam == get(p + 0x208, 8));
		fuzz_check(r->debug == (p[0x200] != 0));
		fuzz_check(r->data == p + 0x80 && r->measurement == p + 0x210);
		fuzz_check(r->rtmr[0] == p + 0x2D0 && r->rtmr[3] == p + 0x360);
	}
}

static bool read_it(const u8 *input, size_t size)
{
	struct report r;
	const char *why;
	bool accepted;
	u8 *exact;

	/* exactly as long as it is, so that an overrun is seen */
	exact = malloc(size ? size : 1);
	fuzz_check(exact);
	if (size)
		memcpy(exact, input, size);
	accepted = report_read(&r, exact, size, &why);
	if (accepted) {
		fuzz_check(!why);
		check_accepted(&r, exact, size);
	} else {
		fuzz_check(why && *why);
	}
	free(exact);
	return accepted;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	u8 how = input_u8(&in), bytes[BYTES_MAX];
	size_t length = how & AS_TDX ? TD_REPORT_SIZE : SNP_REPORT_SIZE;
	char text[TEXT_MAX];
	bool accepted, good;

	if (!(how & (AS_TEXT | REPAIR))) {
		read_it(in.at, in.left);
		return 0;
	}
	input_bytes(&in, bytes, sizeof(bytes));
	if (how & REPAIR)
		repair(bytes, how & AS_TDX);
	good = how & AS_TDX || bytes[0x30] < 4;
	if (how & LONGER) {
		length += 1 + bytes[0x50];
		good = false;
		/* then it is of the other kind, well-formed or not */
		if (length == SNP_REPORT_SIZE)
			return 0;
	}
	if (how & AS_TEXT)
		accepted = read_it((u8 *)text, print(text, bytes, length, LINE_BYTES(how)));
	else
		accepted = read_it(bytes, length);
	if (how & REPAIR)
		fuzz_check(accepted == good);
	return 0;
}

void fuzz_seeds(void)
{
	static const char log[] =
		"\0KTAP version 1\nsvsm: # report 8100\r\n# report 00ff\n# report zz\n";
	u8 seed[1 + BYTES_MAX];
	u32 how;

	fuzz_seed(log, sizeof(log) - 1);
	for (how = 0; how < 16; how++) {
		memset(seed, 0x5A, sizeof(seed));
		seed[0] = (u8)(how | 0x30);
		fuzz_seed(seed, sizeof(seed));
	}
}
