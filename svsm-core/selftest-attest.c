// SPDX-License-Identifier: MIT
/*
 * Self-test of arch_attest_report(): the report is printed, for somebody
 * outside to verify; here only that it is about what was asked.
 */
#include <svsm/log.h>
#include <svsm/selftest.h>
#include <svsm/string.h>

#define DATA_SIZE	64
#define REPORT_MAX	4096
#define LINE_BYTES	64

static u8 report[REPORT_MAX];

static bool contains(size_t used, const u8 *data)
{
	size_t at;

	for (at = 0; at + DATA_SIZE <= used; at++) {
		if (!memcmp(report + at, data, DATA_SIZE))
			return true;
	}
	return false;
}

static void print_line(const u8 *bytes, size_t count)
{
	char text[2 * LINE_BYTES + 1];
	size_t i;

	for (i = 0; i < count; i++) {
		text[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
		text[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
	}
	text[2 * count] = '\0';
	svsm_log(LOG_INFO, "# report %s", text);
}

/**
 * selftest_attest() - evidence of the SVSM, with data of ours in it
 * @vcpu: this vCPU; the first one asks
 */
void selftest_attest(struct vcpu *vcpu)
{
	u8 data[DATA_SIZE];
	size_t used, at;
	u32 i;

	if (vcpu->index)
		return;
	for (i = 0; i < DATA_SIZE; i++)
		data[i] = (u8)(7 * i + 1);
	if (!arch_attest_report(data, report, sizeof(report), &used) ||
	    used > sizeof(report)) {
		selftest_fail("no report");
		return;
	}
	for (at = 0; at < used; at += LINE_BYTES)
		print_line(report + at, used - at < LINE_BYTES ? used - at :
			   LINE_BYTES);
	if (!contains(used, data))
		selftest_fail("a report without our data");
}
