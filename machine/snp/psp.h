/* SPDX-License-Identifier: MIT */
/*
 * The security processor as a guest meets it: messages in, messages out (AMD
 * 56860, "Guest Messages" and SNP_GUEST_REQUEST).
 */
#ifndef MACHINE_PSP_H
#define MACHINE_PSP_H

#include "../machine.h"

#define PSP_MESSAGE_SIZE	4096
#define PSP_REPORT_SIZE		0x4a0

/* Firmware errors of SNP_GUEST_REQUEST */
enum psp_error {
	PSP_OK = 0,
	PSP_INVALID_ADDRESS = 0x09,
	PSP_BAD_MEASUREMENT = 0x0b,	/* the message is not authentic */
	PSP_INVALID_PARAM = 0x16,
	PSP_INVALID_PAGE_STATE = 0x1a,
	PSP_AEAD_OFLOW = 0x1d,		/* no sequence numbers left */
};

/* What a message of the security processor has in its STATUS */
enum psp_status {
	PSP_STATUS_OK = 0,
	PSP_STATUS_INVALID_PARAM = 0x16,
	PSP_STATUS_INVALID_KEY = 0x27,
};

enum psp_error psp_message(const void *request, void *response);
void psp_report(const u8 data[64], u32 vmpl, u8 report[PSP_REPORT_SIZE]);

#endif /* MACHINE_PSP_H */
