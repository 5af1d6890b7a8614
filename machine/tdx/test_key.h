/* SPDX-License-Identifier: MIT */
/*
 * TEST KEY, WORTHLESS: the machine's stand-in for the secret with which a TDX
 * processor signs the REPORTMACSTRUCT of a TDREPORT: HMAC-SHA-256 of its bytes
 * 0 to 223. A report that it verifies came from a test machine, or from anyone
 * else.
 */
#ifndef MACHINE_TDX_TEST_KEY_H
#define MACHINE_TDX_TEST_KEY_H

#define TDX_REPORT_KEY_SIZE	32
/* 32 characters, without the terminating zero */
#define TDX_REPORT_KEY		"machine: TDREPORT MAC test key 1"

#endif /* MACHINE_TDX_TEST_KEY_H */
