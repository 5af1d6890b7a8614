/* SPDX-License-Identifier: MIT */
/*
 * Requests to the security processor; arch_attest_report() makes them.
 */
#ifndef SNP_GREQ_H
#define SNP_GREQ_H

void greq_init(void);

#endif /* SNP_GREQ_H */
