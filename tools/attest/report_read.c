// SPDX-License-Identifier: MIT
/*
 * Evidence out of a file that anybody may have written: the bytes themselves,
 * or lines "# report HEX" of a log. Pure functions.
 */
#include <string.h>

#include "report.h"

#define MARK		"# report "

#define SNP_VERSION	0x000
#define SNP_POLICY	0x008
#define SNP_VMPL	0x030
#define SNP_ALGORITHM	0x034
#define SNP_DATA	0x050
#define SNP_MEASUREMENT	0x090

#define SNP_VERSION_MIN		2
#define SNP_VERSION_MAX		5
#define SNP_VMPL_MAX		3
#define SNP_ECDSA_P384		1
#define SNP_POLICY_DEBUG	BIT_ULL(19)

#define TD_TYPE		0x000
#define TD_DATA		0x080
#define TD_RESERVED	0x0C0
#define TD_ATTRIBUTES	0x200
#define TD_XFAM		0x208
#define TD_MRTD		0x210
#define TD_RTMR		0x2D0

#define TD_TYPE_TDX		0x81
#define TD_VERSION_MAX		1
#define TD_ATTRIBUTES_DEBUG	0xFFULL	/* TUD: any of them is for debugging */

static u32 get32(const u8 *p)
{
	return (u32)p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24;
}

static u64 get64(const u8 *p)
{
	return (u64)get32(p) | (u64)get32(p + 4) << 32;
}

static bool is_zero(const u8 *p, size_t size)
{
	while (size--) {
		if (*p++)
			return false;
	}
	return true;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/**
 * report_unhex() - read hexadecimal digits
 * @text: nothing but digits
 * @length: characters
 * @out: filled in
 * @size: bytes that there must be
 *
 * Return: false if it is anything else.
 */
bool report_unhex(const char *text, size_t length, u8 *out, size_t size)
{
	size_t i;

	if (length % 2 || length / 2 != size)
		return false;
	for (i = 0; i < length; i += 2) {
		int high = digit(text[i]), low = digit(text[i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i / 2] = (u8)(high << 4 | low);
	}
	return true;
}

/* The part of a line behind the mark; the log may have put its name before. */
static const char *find_mark(const char *line, const char *end)
{
	static const char prefix[] = "svsm: ";
	size_t size = (size_t)(end - line);

	if (size >= strlen(prefix) && !memcmp(line, prefix, strlen(prefix))) {
		line += strlen(prefix);
		size -= strlen(prefix);
	}
	if (size < strlen(MARK) || memcmp(line, MARK, strlen(MARK)))
		return NULL;
	return line + strlen(MARK);
}

static const char *read_lines(struct report *r, const char *text, size_t size)
{
	const char *end = text + size, *line, *next, *hex, *stop;

	for (line = text; line < end; line = next) {
		stop = memchr(line, '\n', (size_t)(end - line));
		next = stop ? stop + 1 : end;
		if (!stop)
			stop = end;
		if (stop > line && stop[-1] == '\r')
			stop--;
		hex = find_mark(line, stop);
		if (!hex)
			continue;
		size = (size_t)(stop - hex) / 2;
		if (size > sizeof(r->bytes) - r->size)
			return "the lines \"# report\" hold more than one report";
		if (!report_unhex(hex, (size_t)(stop - hex), r->bytes + r->size, size))
			return "a line \"# report\" is not hexadecimal";
		r->size += size;
	}
	return r->size ? NULL : "no report in it";
}

static const char *take_snp(struct report *r)
{
	const u8 *p = r->bytes;
	size_t pad = SNP_SIGNATURE_S - SNP_SIGNATURE_R - SNP_SIGNATURE_NUMBER;

	r->kind = REPORT_SNP;
	r->version = get32(p + SNP_VERSION);
	r->policy = get64(p + SNP_POLICY);
	r->vmpl = get32(p + SNP_VMPL);
	r->data = p + SNP_DATA;
	r->measurement = p + SNP_MEASUREMENT;
	r->debug = r->policy & SNP_POLICY_DEBUG;
	if (r->version < SNP_VERSION_MIN || r->version > SNP_VERSION_MAX)
		return "not an SEV-SNP report of version 2 to 5";
	if (get32(p + SNP_ALGORITHM) != SNP_ECDSA_P384)
		return "not signed by ECDSA P-384 with SHA-384";
	if (r->vmpl > SNP_VMPL_MAX)
		return "no such VMPL";
	/* What the signature does not cover must say nothing. */
	if (!is_zero(p + SNP_SIGNATURE_R + SNP_SIGNATURE_NUMBER, pad) ||
	    !is_zero(p + SNP_SIGNATURE_S + SNP_SIGNATURE_NUMBER, pad) ||
	    !is_zero(p + SNP_SIGNATURE_END, SNP_REPORT_SIZE - SNP_SIGNATURE_END))
		return "something stands beside the signature";
	return NULL;
}

static const char *take_tdx(struct report *r)
{
	const u8 *p = r->bytes;
	u32 i;

	r->kind = REPORT_TDX;
	r->version = p[TD_TYPE + 2];
	r->attributes = get64(p + TD_ATTRIBUTES);
	r->xfam = get64(p + TD_XFAM);
	r->data = p + TD_DATA;
	r->measurement = p + TD_MRTD;
	r->debug = r->attributes & TD_ATTRIBUTES_DEBUG;
	for (i = 0; i < RTMR_COUNT; i++)
		r->rtmr[i] = p + TD_RTMR + i * MEASUREMENT_SIZE;
	if (p[TD_TYPE] != TD_TYPE_TDX || p[TD_TYPE + 1] || p[TD_TYPE + 3] ||
	    r->version > TD_VERSION_MAX)
		return "not a TDREPORT of version 0 or 1";
	/* Neither MAC nor hashes cover the gap behind the TCB information. */
	if (!is_zero(p + TD_RESERVED, TD_MAC - TD_RESERVED) ||
	    !is_zero(p + TD_TCB_INFO + TD_TCB_INFO_SIZE,
		     TD_INFO - TD_TCB_INFO - TD_TCB_INFO_SIZE))
		return "reserved bytes are not zero";
	return NULL;
}

/**
 * report_read() - take evidence apart
 * @r: filled in
 * @input: a report, or a text with lines "# report HEX" that make up one
 * @size: bytes
 * @why: on failure: what is wrong
 *
 * Return: false if there is no well-formed report.
 */
bool report_read(struct report *r, const u8 *input, size_t size, const char **why)
{
	memset(r, 0, sizeof(*r));
	*why = NULL;
	/* As text a report is longer than that. */
	if (size == SNP_REPORT_SIZE || size == TD_REPORT_SIZE) {
		memcpy(r->bytes, input, size);
		r->size = size;
	} else {
		*why = read_lines(r, (const char *)input, size);
	}
	if (*why)
		return false;
	if (r->size == SNP_REPORT_SIZE)
		*why = take_snp(r);
	else if (r->size == TD_REPORT_SIZE)
		*why = take_tdx(r);
	else
		*why = "the report is cut off";
	return !*why;
}
