/* SPDX-License-Identifier: MIT */
/*
 * Symbols of the linker script image.lds.
 */
#ifndef X86_IMAGE_H
#define X86_IMAGE_H

#include <svsm/types.h>
#include <x86/exception.h>
#include <x86/extable.h>

/* The SVSM's own memory; what lies behind the image is its heap. */
#define SVSM_BASE	0x800000UL
#define SVSM_END	0x1000000UL

extern const char __text_start[], __text_end[];
extern const char __rodata_start[], __rodata_end[];
extern const char __data_start[], __image_end[];
extern const struct extable_entry __extable[], __extable_end[];
extern const struct event_window __event_windows[], __event_windows_end[];

#endif /* X86_IMAGE_H */
