// SPDX-License-Identifier: MIT
/*
 * GHCB: MSR protocol and page. Sources: GHCB specification (56421) 2.3 (MSR
 * protocol), 4 (page and NAE events).
 */
#include "rt.h"

#define GHCB_INFO_MASK		0xFFFULL
#define SEV_INFO_RESPONSE	0x001
#define SEV_INFO_REQUEST	0x002
#define REGISTER_REQUEST	0x012
#define REGISTER_RESPONSE	0x013
#define PSC_REQUEST		0x014
#define PSC_RESPONSE		0x015
#define HV_FEATURES_REQUEST	0x080
#define HV_FEATURES_RESPONSE	0x081
#define TERM_REQUEST		0x100
#define PSC_OP_SHIFT		52

#define IOIO_IN			BIT(0)
#define IOIO_SIZE(bytes)	((u64)(bytes) << 4)
#define IOIO_ADDRESS_64		BIT(9)

static bool ready;

/**
 * rt_ghcb_msr() - one exchange of the GHCB MSR protocol
 * @request: value for the GHCB MSR
 *
 * The MSR afterwards names the GHCB page again, if there is one.
 *
 * Return: the host's answer.
 */
u64 rt_ghcb_msr(u64 request)
{
	u64 answer;

	rt_wrmsr(MSR_GHCB, request);
	rt_vmgexit();
	answer = rt_rdmsr(MSR_GHCB);
	if (ready)
		rt_wrmsr(MSR_GHCB, (u64)rt_ghcb);
	return answer;
}

/**
 * rt_terminate() - ask the host to end the guest
 * @code: TERM_*
 */
void rt_terminate(u8 code)
{
	for (;;) {
		rt_wrmsr(MSR_GHCB, TERM_REQUEST | TERM_SET << 12 |
				   (u64)code << 16);
		rt_vmgexit();
	}
}

/** rt_hv_features() - bitmap of GHCB hypervisor features. */
u64 rt_hv_features(void)
{
	u64 answer = rt_ghcb_msr(HV_FEATURES_REQUEST);

	if ((answer & GHCB_INFO_MASK) != HV_FEATURES_RESPONSE)
		return 0;
	return answer >> 12;
}

/**
 * rt_ghcb_init() - negotiate and set up the GHCB page; ends the guest on error
 */
void rt_ghcb_init(void)
{
	u64 gpa = (u64)rt_ghcb;
	u64 answer = rt_ghcb_msr(SEV_INFO_REQUEST);
	bool unchanged;

	if ((answer & GHCB_INFO_MASK) != SEV_INFO_RESPONSE ||
	    answer >> 48 < 2 || (answer >> 32 & 0xFFFF) > 2 ||
	    !(rt_hv_features() & 1))
		rt_terminate(TERM_PROTOCOL);

	/* To give a page to the host: rescind, tell the host, map shared. */
	if (rt_pvalidate(gpa, false, false, &unchanged) || unchanged)
		rt_terminate(TERM_GHCB);
	answer = rt_ghcb_msr(PSC_REQUEST | gpa |
			     (u64)PSC_SHARED << PSC_OP_SHIFT);
	if (answer != PSC_RESPONSE)
		rt_terminate(TERM_GHCB);
	rt_map_page(rt_ghcb, false);
	if (rt_ghcb_msr(REGISTER_REQUEST | gpa) != (REGISTER_RESPONSE | gpa))
		rt_terminate(TERM_GHCB);
	ready = true;
	rt_wrmsr(MSR_GHCB, gpa);
	rt_ghcb_clear();
}

/** rt_io_ready() - is the GHCB page in use? */
bool rt_io_ready(void)
{
	return ready;
}

/** rt_ghcb_clear() - empty page: no field valid, protocol version 2. */
void rt_ghcb_clear(void)
{
	u16 version = 2;

	__builtin_memset(rt_ghcb, 0, PAGE_SIZE);
	__builtin_memcpy(rt_ghcb + GHCB_VERSION, &version, sizeof(version));
}

/**
 * rt_ghcb_put() - write a field and mark it valid
 * @offset: GHCB_*, a field of 8 bytes
 * @value: what to write
 */
void rt_ghcb_put(u32 offset, u64 value)
{
	__builtin_memcpy(rt_ghcb + offset, &value, sizeof(value));
	rt_ghcb[GHCB_VALID + offset / 64] |= 1 << (offset / 8 % 8);
}

/** rt_ghcb_get() - value of the 8-byte field at @offset. */
u64 rt_ghcb_get(u32 offset)
{
	u64 value;

	__builtin_memcpy(&value, rt_ghcb + offset, sizeof(value));
	return value;
}

/**
 * rt_ghcb_exit() - a non-automatic exit with the fields that were put before
 * @code: SW_EXITCODE
 * @info1: SW_EXITINFO1
 * @info2: SW_EXITINFO2
 *
 * Return: low half of SW_EXITINFO1 as the host left it: 0 done, 1 exception
 * wanted, 2 malformed. The page is left as it is, for its results.
 */
int rt_ghcb_exit(u64 code, u64 info1, u64 info2)
{
	rt_ghcb_put(GHCB_EXIT_CODE, code);
	rt_ghcb_put(GHCB_INFO1, info1);
	rt_ghcb_put(GHCB_INFO2, info2);
	rt_vmgexit();
	return (u32)rt_ghcb_get(GHCB_INFO1);
}

/**
 * rt_out() - write to an I/O port
 * @port: number
 * @bytes: 1, 2 or 4
 * @value: what to write
 *
 * Return: as rt_ghcb_exit().
 */
int rt_out(u16 port, u32 bytes, u32 value)
{
	rt_ghcb_clear();
	rt_ghcb_put(GHCB_RAX, value);
	return rt_ghcb_exit(NAE_IOIO, (u64)port << 16 | IOIO_ADDRESS_64 |
				      IOIO_SIZE(bytes), 0);
}

/**
 * rt_in() - read from an I/O port
 * @port: number
 * @bytes: 1, 2 or 4
 * @value: set to what was read
 *
 * Return: as rt_ghcb_exit().
 */
int rt_in(u16 port, u32 bytes, u32 *value)
{
	int err;

	rt_ghcb_clear();
	rt_ghcb_put(GHCB_RAX, 0);
	err = rt_ghcb_exit(NAE_IOIO, (u64)port << 16 | IOIO_ADDRESS_64 |
				     IOIO_SIZE(bytes) | IOIO_IN, 0);
	*value = rt_ghcb_get(GHCB_RAX);
	if (bytes < 4)
		*value &= (1U << bytes * 8) - 1;
	return err;
}
