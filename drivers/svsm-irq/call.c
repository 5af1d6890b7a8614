// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls into the SVSM.
 *
 * Most kernels export one function that a module can issue a call with. It is
 * meant for attestation but passes any call number on: a block of 88 bytes is
 * copied into the calling area, RCX points to the copy, R9 is the caller's,
 * results come back in registers. Our protocols are shaped to fit it. Where
 * the kernel has a function for this purpose that one is used: compat.h.
 */
#include <linux/cc_platform.h>
#include <linux/errno.h>
#include <linux/irqflags.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "internal.h"

static_assert(sizeof(struct svsm_attest_call) == SVSM_BLOCK_SIZE);
static_assert(sizeof(union svsm_block) == SVSM_BLOCK_SIZE);

/**
 * svsm_call_possible() - is there an SVSM below this kernel, as far as known
 *
 * Hints only, the host may have planted them. The proof comes with the first
 * event page, svsm_page_register().
 *
 * Return: true if svsm_issue() may be used.
 */
bool svsm_call_possible(void)
{
	KUNIT_STATIC_STUB_REDIRECT(svsm_call_possible);
	return cc_platform_has(CC_ATTR_GUEST_SEV_SNP) &&
	       svsm_compat_present();
}

/**
 * svsm_transport() - the way to the SVSM that this kernel offers
 * @id: call
 * @call: R9 in, results out
 * @block: parameters, written to
 *
 * All that a test replaces to play the SVSM, or a host in its place.
 *
 * Context: Interrupts off.
 * Return: see svsm_compat_answered().
 */
int svsm_transport(u64 id, struct svsm_call *call,
		   struct svsm_attest_call *block)
{
	/* Not a static stub: KUnit locks to find one, here raw locks are held. */
	if (IS_ENABLED(CONFIG_SVSM_IRQ_KUNIT_TEST) && svsm_transport_stub &&
	    kunit_get_current_test())
		return svsm_transport_stub(id, call, block);
	return svsm_compat_call(id, call, block);
}

static int svsm_call_errno(u32 code)
{
	switch (code) {
	case SVSM_ERR_INCOMPLETE:
	case SVSM_ERR_BUSY:
		return -EAGAIN;
	case SVSM_ERR_UNSUPPORTED_PROTOCOL:
	case SVSM_ERR_UNSUPPORTED_CALL:
	case SVSM_ERR_NO_DELIVERY:
		return -EOPNOTSUPP;
	case SVSM_ERR_INVALID_ADDRESS:
		return -EFAULT;
	case SVSM_ERR_INVALID_FORMAT:
	case SVSM_ERR_INVALID_PARAMETER:
		return -EINVAL;
	case SVSM_ERR_INVALID_REQUEST:
		return -EPERM;
	case SVSM_ERR_NO_VCPU:
		return -ENODEV;
	case SVSM_ERR_NO_PAGE:
		return -ENXIO;
	case SVSM_ERR_VECTOR:
		return -ERANGE;
	case SVSM_ERR_IN_USE:
		return -EBUSY;
	case SVSM_ERR_LOST:
		return -ESTALE;
	default:
		return -EPROTO;
	}
}

/**
 * svsm_issue() - issue one call on this CPU
 * @id: IRQ_CALL(name) or TIMER_CALL(name)
 * @block: parameters, zero where the call names none; NULL is all zero
 * @result: where the raw result goes, always written; NULL is not wanted
 *
 * Context: Any but NMI. Interrupts are off during the call, nothing sleeps.
 * Return: 0, or a negative errno for the SVSM's result code. -EIO means that
 *	   the host interfered: whether the SVSM executed the call is unknown.
 */
int svsm_issue(u64 id, const union svsm_block *block,
	       struct svsm_result *result)
{
	struct svsm_attest_call copy = {};
	struct svsm_result unwanted;
	struct svsm_call call = { .r9 = 0 };
	unsigned long flags;
	int ret;

	if (!result)
		result = &unwanted;
	memset(result, 0, sizeof(*result));
	/* A copy because the exported function writes to lengths in there. */
	if (block)
		memcpy(&copy, block, sizeof(copy));

	local_irq_save(flags);
	ret = svsm_transport(id, &call, &copy);
	local_irq_restore(flags);

	if (!svsm_compat_answered(ret, &call))
		return -EIO;
	if (call.rax_out) {
		result->code = min_t(u64, call.rax_out, U32_MAX);
		return svsm_call_errno(result->code);
	}
	result->rcx = call.rcx_out;
	result->rdx = call.rdx_out;
	result->r8 = call.r8_out;
	return 0;
}
