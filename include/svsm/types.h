/* SPDX-License-Identifier: MIT */
/*
 * Integer types and the few macros that every freestanding file uses. The
 * three headers below are the ones that a C compiler provides without a libc.
 */
#ifndef SVSM_TYPES_H
#define SVSM_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

#define BIT(n)		(1UL << (n))
#define BIT_ULL(n)	(1ULL << (n))
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#endif /* SVSM_TYPES_H */
