/* SPDX-License-Identifier: MIT */
/*
 * What the guest asks of its host through the GHCB: instructions and memory.
 */
#include "../cpu.h"
#include "ghcb.h"

/* IOIO: EXITINFO1 of SVM (APM volume 2, 15.10.2) */
#define IOIO_IN			BIT(0)
#define IOIO_STRING		BIT(2)
#define IOIO_REP		BIT(3)
#define IOIO_SIZE(info)		((u32)((info) >> 4) & 7)

#define PSC_ENTRIES		253
#define PSC_PRIVATE		1
#define PSC_SHARED		2
#define PSC_PSMASH		3
#define PSC_UNSMASH		4
/* info2 of the answer: upper half what is wrong, lower half where */
#define PSC_BAD_HEADER		(1ULL << 32 | 1)
#define PSC_BAD_ENTRY		(1ULL << 32 | 2)

struct psc {
	u16 cur;
	u16 end;
	u32 reserved;
	u64 entry[PSC_ENTRIES];
};

#define PSC_SIZE(entries)	(__builtin_offsetof(struct psc, entry) + \
				 (entries) * sizeof(u64))

enum ghcb_error exit_cpuid(struct exit *x)
{
	u32 out[4];

	if (!ghcb_has(x, rax) || !ghcb_has(x, rcx))
		return GHCB_ERR_MISSING_INPUT;
	snp_cpuid((u32)x->in.rax, (u32)x->in.rcx, x->v->index, out);
	ghcb_set(x, rax, out[0]);
	ghcb_set(x, rbx, out[1]);
	ghcb_set(x, rcx, out[2]);
	ghcb_set(x, rdx, out[3]);
	return GHCB_OK;
}

enum ghcb_error exit_msr(struct exit *x)
{
	u32 msr = (u32)x->in.rcx;
	u64 val;

	if (!ghcb_has(x, rcx))
		return GHCB_ERR_MISSING_INPUT;
	if (x->in.info1 > 1)
		return GHCB_ERR_INVALID_INPUT;
	if (x->in.info1) {
		if (!ghcb_has(x, rax) || !ghcb_has(x, rdx))
			return GHCB_ERR_MISSING_INPUT;
		val = x->in.rdx << 32 | (u32)x->in.rax;
		if (host_msr_write(x->v, msr, val))
			ghcb_exception(x, VECTOR_GP);
		return GHCB_OK;
	}
	if (host_msr_read(x->v, msr, &val)) {
		ghcb_exception(x, VECTOR_GP);
		return GHCB_OK;
	}
	ghcb_set(x, rax, (u32)val);
	ghcb_set(x, rdx, val >> 32);
	return GHCB_OK;
}

static enum ghcb_error io_string(struct exit *x, u16 port, u32 size, bool in,
				 u64 count)
{
	u8 buf[PAGE_SIZE];

	if (!ghcb_scratch_read(x, buf, count * size))
		return GHCB_ERR_INVALID_SCRATCH;
	for (u64 at = 0; at < count * size; at += size) {
		u32 val = 0;

		if (in) {
			val = io_in(x->v, port, size);
			memcpy(buf + at, &val, size);
		} else {
			memcpy(&val, buf + at, size);
			io_out(x->v, port, size, val);
		}
	}
	return !in || ghcb_scratch_write(x, buf, count * size) ?
		GHCB_OK : GHCB_ERR_INVALID_SCRATCH;
}

enum ghcb_error exit_ioio(struct exit *x)
{
	u64 info = x->in.info1;
	u32 size = IOIO_SIZE(info);
	u16 port = (u16)(info >> 16);
	u64 mask, count;

	if (size != 1 && size != 2 && size != 4)
		return GHCB_ERR_INVALID_INPUT;
	if (info & IOIO_STRING) {
		count = info & IOIO_REP ? x->in.info2 : 1;
		if (count > PAGE_SIZE)
			return GHCB_ERR_INVALID_INPUT;
		return count ? io_string(x, port, size, info & IOIO_IN, count) :
			GHCB_OK;
	}
	mask = BIT_ULL(size * 8) - 1;
	if (info & IOIO_IN) {
		u64 old = ghcb_has(x, rax) ? x->in.rax : 0;

		ghcb_set(x, rax, (old & ~mask) | io_in(x->v, port, size));
		return GHCB_OK;
	}
	if (!ghcb_has(x, rax))
		return GHCB_ERR_MISSING_INPUT;
	io_out(x->v, port, size, (u32)(x->in.rax & mask));
	return GHCB_OK;
}

enum ghcb_error exit_mmio(struct exit *x, bool write)
{
	u64 size = x->in.info2;
	u64 val;
	int err;

	if (size != 1 && size != 2 && size != 4 && size != 8)
		return GHCB_ERR_INVALID_INPUT;
	if (!ghcb_scratch_read(x, &val, size))
		return GHCB_ERR_INVALID_SCRATCH;
	x->v->count[COUNT_MMIO]++;
	err = write ? mmio_write(x->v, x->in.info1, &val, (u32)size) :
		      mmio_read(x->v, x->in.info1, &val, (u32)size);
	if (err)
		return GHCB_ERR_INVALID_INPUT;
	return write || ghcb_scratch_write(x, &val, size) ?
		GHCB_OK : GHCB_ERR_INVALID_SCRATCH;
}

static bool change_state(u64 entry)
{
	u64 pa = entry & 0x000ffffffffff000ULL;
	u64 size = entry >> 56 & 1 ? PAGE_2M : PAGE_SIZE;

	if (pa & (size - 1))
		return false;
	switch (entry >> 52 & 0xf) {
	case PSC_PRIVATE:
		return rmp_assign(pa, size, true);
	case PSC_SHARED:
		return rmp_assign(pa, size, false);
	case PSC_PSMASH:
		rmp_smash(pa);
		return size == PAGE_2M;
	case PSC_UNSMASH:
		return size == PAGE_2M && rmp_unsmash(pa);
	}
	return false;
}

enum ghcb_error exit_psc(struct exit *x)
{
	struct psc psc;
	bool ok = true;
	u16 cur, end;

	if (x->in.info1 || x->in.info2)
		return GHCB_ERR_INVALID_INPUT;
	if (!ghcb_scratch_read(x, &psc, PSC_SIZE(0)))
		return GHCB_ERR_INVALID_SCRATCH;
	cur = psc.cur;
	end = psc.end;
	if (end >= PSC_ENTRIES) {
		ghcb_set(x, info2, PSC_BAD_HEADER);
		return GHCB_OK;
	}
	if (!ghcb_scratch_read(x, &psc, PSC_SIZE(end + 1U)))
		return GHCB_ERR_INVALID_SCRATCH;
	mem_lock();
	for (; cur <= end; cur++) {
		ok = change_state(psc.entry[cur]);
		if (!ok)
			break;
		x->v->count[COUNT_PSC]++;
	}
	npt_shootdown();
	mem_unlock();
	if (!ok)
		ghcb_set(x, info2, PSC_BAD_ENTRY);
	psc.cur = cur;
	return ghcb_scratch_write(x, &psc, sizeof(psc.cur)) ?
		GHCB_OK : GHCB_ERR_INVALID_SCRATCH;
}
