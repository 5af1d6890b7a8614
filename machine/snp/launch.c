/* SPDX-License-Identifier: MIT */
/*
 * The launch of an SNP guest: pages, register states, and the two pages that
 * the security processor fills. And what SEV-SNP is to the rest of the machine.
 */
#include "../cpu.h"
#include "../start.h"
#include "snp.h"
#include "../../tools/igvm/igvm.h"

#define SECRETS_VERSION		2
#define SECRETS_FMS		0x08
#define SECRETS_VMPCK		0x20
#define RDRAND_TRIES		10
#define GUEST_LEVEL		2	/* where an SVSM has its guest */

static bool has_rdrand(void)
{
	u32 r[4];

	cpuid(1, 0, r);
	return r[2] & BIT(30);
}

static bool rdrand(u64 *val)
{
	bool ok;

	for (u32 i = 0; i < RDRAND_TRIES; i++) {
		asm volatile("rdrand %0" : "=r" (*val), "=@ccc" (ok));
		if (ok)
			return true;
	}
	return false;
}

/*
 * Keys of the secrets page. They protect nothing here but must differ. What
 * RDRAND does not give comes from the jitter of the TSC.
 */
static void make_keys(void)
{
	struct {
		u64 tsc[32];
		u64 random;
		u32 counter;
	} seed = { 0 };
	u8 hash[48];

	for (u32 i = 0; i < ARRAY_SIZE(machine.vmpck); i++) {
		seed.counter = i;
		for (u32 k = 0; k < ARRAY_SIZE(seed.tsc); k++)
			seed.tsc[k] = rdtsc();
		if (has_rdrand() && !rdrand(&seed.random))
			seed.random = 0;
		sha384(&seed, sizeof(seed), hash);
		memcpy(machine.vmpck[i], hash, sizeof(machine.vmpck[i]));
	}
}

static void fill_secrets(u8 *page)
{
	static const u32 version = SECRETS_VERSION;
	u32 r[4];

	make_keys();
	cpuid(1, 0, r);
	memset(page, 0, PAGE_SIZE);
	memcpy(page, &version, sizeof(version));
	memcpy(page + SECRETS_FMS, &r[0], sizeof(r[0]));
	memcpy(page + SECRETS_VMPCK, machine.vmpck, sizeof(machine.vmpck));
}

static bool fill_page(u16 data_type, u8 *page)
{
	switch (data_type) {
	case IGVM_PAGE_SECRETS:
		fill_secrets(page);
		return true;
	case IGVM_PAGE_CPUID_DATA:
		snp_cpuid_table(page);
		return true;
	}
	return false;
}

static void launch_page(u64 gpa, enum launch_page type)
{
	struct rmp_entry *e = rmp_entry(gpa);

	if (type == LAUNCH_SHARED)
		return;
	e->flags = RMP_ASSIGNED | RMP_VALIDATED;
	memset(e->perm, 0, sizeof(e->perm));
	e->perm[0] = PERM_ALL;
}

static void launch_context(u32 index, const void *context)
{
	void *page = page_alloc(1);

	memcpy(page, context, PAGE_SIZE);
	level_reset(vcpus[index], 0, (u64)page);
	vcpus[index]->level[0].launch = true;
}

static void launch_done(bool vtl2)
{
	apic_set_os_level(vtl2 ? GUEST_LEVEL : 0);
}

static u64 address_bit(void)
{
	return SNP_C_MASK;
}

/* Nested tables know one execute bit only: either right allows both. */
static u32 rights(u32 level, u64 gpa)
{
	const struct rmp_entry *e = rmp_entry(gpa);
	u8 perm;

	if (!e || !(e->flags & RMP_ASSIGNED) || !(e->flags & RMP_VALIDATED))
		return 0;
	perm = e->perm[level];
	if (!(perm & PERM_READ))
		return 0;
	return RIGHT_READ | (perm & PERM_WRITE ? RIGHT_WRITE : 0) |
	       (perm & (PERM_USER_EXEC | PERM_SUPER_EXEC) ? RIGHT_EXEC : 0);
}

static void post(struct vcpu *v, u8 vector)
{
	doorbell_post_guest_vector(v, GUEST_LEVEL, vector, false);
}

static bool take_page(u64 gpa)
{
	return rmp_assign(gpa, PAGE_SIZE, false);
}

const struct platform snp_platform = {
	.name = "SEV-SNP",
	.level_name = "vmpl",
	.igvm_type = IGVM_PLATFORM_SEV_SNP,
	.fresh_shared = true,
	.free_cstar = true,
	.init = rmp_init,
	.address_bit = address_bit,
	.fill_page = fill_page,
	.launch_page = launch_page,
	.launch_context = launch_context,
	.launch_done = launch_done,
	.rights = rights,
	.is_shared = is_shared,
	.ready = snp_ready,
	.idle = vmsa_release,
	.exit = snp_exit,
	.post = post,
	.take_page = take_page,
};
