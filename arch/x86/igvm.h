/* SPDX-License-Identifier: MIT */
/*
 * Pages of the image that the IGVM loader fills in, or igvm-build (the
 * payload); start.S has them. The host writes all but the payload.
 */
#ifndef X86_IGVM_H
#define X86_IGVM_H

#include <svsm/payload.h>
#include <svsm/types.h>

extern const u8 igvm_param_page[4096];
extern const u8 igvm_madt_page[4096];
extern const u8 igvm_memory_map_page[4096];
extern const struct igvm_payload igvm_payload_page;

/* Is there a kernel to start, or is the payload page empty? */
static inline bool payload_has_kernel(void)
{
	return igvm_payload_page.magic == IGVM_PAYLOAD_MAGIC &&
		igvm_payload_page.kernel_size;
}

#endif /* X86_IGVM_H */
