/* SPDX-License-Identifier: MIT */
/*
 * Memory that a peer (guest or host) can write or take away at any moment.
 *
 * It has opaque types, and these functions are the only way to look behind
 * them. Every access can fail: false means that the memory is gone, and what
 * was to be filled in is not to be used. Copy once, then judge the copy: a
 * second read may differ.
 */
#ifndef _SVSM_SHM_H
#define _SVSM_SHM_H

#include <svsm/arch.h>
#include <svsm/types.h>

/* A stretch of peer memory; never complete, so never dereferenced. */
struct shm;

/**
 * struct shm_u32 - a naturally aligned 32-bit word of peer memory
 * @opaque: for this file only
 */
struct shm_u32 {
	u32 opaque;
};

/**
 * struct shm_u64 - a naturally aligned 64-bit word of peer memory
 * @opaque: for this file only
 */
struct shm_u64 {
	u64 opaque;
};

/**
 * shm_guest() - open private memory of the guest
 * @gpa: start
 * @size: bytes, not crossing a page
 *
 * Return: NULL unless the guest itself may read and write all of it now.
 */
static inline struct shm *shm_guest(u64 gpa, u64 size)
{
	return arch_guest_map(gpa, size);
}

/**
 * shm_at() - a part of a stretch
 * @mem: the stretch
 * @offset: bytes from its start
 */
static inline struct shm *shm_at(struct shm *mem, size_t offset)
{
	return (struct shm *)((u8 *)mem + offset);
}

/**
 * shm_u32_at() - a 32-bit word of a stretch
 * @mem: the stretch, 4-aligned
 * @offset: bytes from its start, a multiple of 4
 */
static inline struct shm_u32 *shm_u32_at(struct shm *mem, size_t offset)
{
	return (struct shm_u32 *)shm_at(mem, offset);
}

/**
 * shm_u64_at() - a 64-bit word of a stretch
 * @mem: the stretch, 8-aligned
 * @offset: bytes from its start, a multiple of 8
 */
static inline struct shm_u64 *shm_u64_at(struct shm *mem, size_t offset)
{
	return (struct shm_u64 *)shm_at(mem, offset);
}

/**
 * shm_copy_in() - copy out of peer memory, each byte read once
 * @dst: private memory
 * @src: peer memory
 * @size: bytes
 */
static inline bool shm_copy_in(void *dst, const struct shm *src, size_t size)
{
	return arch_shm_copy_in(dst, src, size);
}

/**
 * shm_copy_out() - copy into peer memory
 * @dst: peer memory
 * @src: private memory
 * @size: bytes
 */
static inline bool shm_copy_out(struct shm *dst, const void *src, size_t size)
{
	return arch_shm_copy_out(dst, src, size);
}

/**
 * shm_zero() - zero peer memory
 * @dst: peer memory
 * @size: bytes
 */
static inline bool shm_zero(struct shm *dst, size_t size)
{
	return arch_shm_zero(dst, size);
}

/** shm_read32() - one plain load. */
static inline bool shm_read32(const struct shm_u32 *p, u32 *val)
{
	return arch_shm_read32(&p->opaque, val);
}

/** shm_read64() - one plain load. */
static inline bool shm_read64(const struct shm_u64 *p, u64 *val)
{
	return arch_shm_read64(&p->opaque, val);
}

/** shm_write32() - one plain store. */
static inline bool shm_write32(struct shm_u32 *p, u32 val)
{
	return arch_shm_write32(&p->opaque, val);
}

/** shm_write64() - one plain store. */
static inline bool shm_write64(struct shm_u64 *p, u64 val)
{
	return arch_shm_write64(&p->opaque, val);
}

/** shm_xchg32() - atomic exchange, full barrier; @old is what was there. */
static inline bool shm_xchg32(struct shm_u32 *p, u32 val, u32 *old)
{
	return arch_shm_xchg32(&p->opaque, val, old);
}

/** shm_fetch_or64() - atomic or, full barrier; @old is what was there. */
static inline bool shm_fetch_or64(struct shm_u64 *p, u64 bits, u64 *old)
{
	return arch_shm_fetch_or64(&p->opaque, bits, old);
}

/** shm_fetch_and64() - atomic and, full barrier; @old is what was there. */
static inline bool shm_fetch_and64(struct shm_u64 *p, u64 bits, u64 *old)
{
	return arch_shm_fetch_and64(&p->opaque, bits, old);
}

/**
 * shm_cmpxchg64() - atomic compare and exchange, full barrier
 * @p: the word
 * @expected: value that must be there
 * @val: value to put there
 * @old: what was there; equal to @expected if @val was stored
 */
static inline bool shm_cmpxchg64(struct shm_u64 *p, u64 expected, u64 val,
				 u64 *old)
{
	return arch_shm_cmpxchg64(&p->opaque, expected, val, old);
}

#endif /* _SVSM_SHM_H */
