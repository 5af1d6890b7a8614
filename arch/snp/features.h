/* SPDX-License-Identifier: MIT */
#ifndef SNP_FEATURES_H
#define SNP_FEATURES_H

void features_read(void);
void features_check(void);

#endif /* SNP_FEATURES_H */
