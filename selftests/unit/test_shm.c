// SPDX-License-Identifier: MIT
/*
 * The lowest layer: accesses to peer memory, the image's own string functions,
 * the log.
 */
#include <stdio.h>

#include <svsm/log.h>
#include <svsm/shm.h>

#include "core.h"

#define MEM	HOST_RAM_START

/* svsm-core/string.c, compiled under other names than libc's */
void *core_memcpy(void *dst, const void *src, size_t size);
void *core_memmove(void *dst, const void *src, size_t size);
void *core_memset(void *dst, int byte, size_t size);
int core_memcmp(const void *a, const void *b, size_t size);

static int setup(void **state)
{
	(void)state;
	host_setup(2);
	return 0;
}

static void accesses(void **state)
{
	struct shm *mem = shm_guest(MEM, PAGE);
	struct shm_u32 *w = shm_u32_at(mem, 4);
	struct shm_u64 *d = shm_u64_at(mem, 8);
	u8 *ram = host_ram(MEM);
	u64 val64, bytes = 0x1122334455667788ULL;
	u32 val32;

	(void)state;
	assert_true(shm_write32(w, 0xAABBCCDD));
	assert_true(shm_read32(w, &val32));
	assert_int_equal(val32, 0xAABBCCDD);
	assert_int_equal(ram[4], 0xDD);
	assert_true(shm_xchg32(w, 7, &val32));
	assert_int_equal(val32, 0xAABBCCDD);
	assert_true(shm_xchg32(w, 8, &val32));
	assert_int_equal(val32, 7);

	assert_true(shm_write64(d, bytes));
	assert_true(shm_read64(d, &val64));
	assert_true(val64 == bytes);
	assert_true(shm_fetch_or64(d, 0xF0, &val64));
	assert_true(val64 == bytes);
	assert_true(shm_fetch_and64(d, ~0xF0ULL, &val64));
	assert_true(val64 == (bytes | 0xF0));
	assert_true(shm_cmpxchg64(d, 1, 2, &val64));
	assert_true(val64 == (bytes & ~0xF0ULL) + 0x00);
	assert_true(shm_cmpxchg64(d, val64, 2, &val64));
	assert_true(val64 == (bytes & ~0xF0ULL));
	assert_true(shm_read64(d, &val64));
	assert_true(val64 == 2);

	assert_true(shm_copy_out(shm_at(mem, 20), &bytes, 5));
	assert_int_equal(ram[24], 0x44);
	assert_int_equal(ram[25], 0);
	val64 = 0;
	assert_true(shm_copy_in(&val64, shm_at(mem, 21), 2));
	assert_int_equal(val64, 0x6677);
	assert_true(shm_zero(shm_at(mem, 20), 3));
	assert_int_equal(ram[22], 0);
	assert_int_equal(ram[23], 0x55);
}

/* A page that is gone: false, and nothing was transferred. */
static void faults(void **state)
{
	struct shm *mem = shm_guest(MEM, PAGE);
	struct shm_u32 *w = shm_u32_at(mem, 0);
	struct shm_u64 *d = shm_u64_at(mem, 8);
	u64 val64 = 5;
	u32 val32 = 6;

	(void)state;
	memset(host_ram(MEM), 0x5A, PAGE);
	host_page_vanish(MEM);
	assert_null(shm_guest(MEM, PAGE));
	assert_false(shm_read32(w, &val32));
	assert_false(shm_write32(w, 1));
	assert_false(shm_xchg32(w, 1, &val32));
	assert_false(shm_read64(d, &val64));
	assert_false(shm_write64(d, 1));
	assert_false(shm_fetch_or64(d, 1, &val64));
	assert_false(shm_fetch_and64(d, 1, &val64));
	assert_false(shm_cmpxchg64(d, 0, 1, &val64));
	assert_false(shm_copy_in(&val64, mem, 8));
	assert_false(shm_copy_out(mem, &val64, 8));
	assert_false(shm_zero(mem, PAGE));
	assert_int_equal(val64, 5);
	assert_int_equal(val32, 6);
	assert_int_equal(*(u8 *)host_ram(MEM), 0x5A);
	host_page_return(MEM);
	assert_non_null(shm_guest(MEM, PAGE));
	assert_true(shm_read64(d, &val64));
	assert_int_equal(val64, 0);
}

static void mapping(void **state)
{
	(void)state;
	assert_non_null(shm_guest(MEM + 8, 4088));
	assert_non_null(shm_guest(MEM + PAGE - 1, 1));
	assert_null(shm_guest(HOST_RAM_END, 1));
	assert_null(shm_guest(MEM - 1, 1));
	assert_null(shm_guest(MEM | BIT_ULL(51), 1));
}

static void string_functions(void **state)
{
	u8 a[80], b[80], want[80];
	size_t size, from, to, i;

	(void)state;
	for (size = 0; size <= 40; size++) {
		for (from = 0; from < 20; from++) {
			for (to = 0; to < 20; to++) {
				for (i = 0; i < sizeof(a); i++)
					a[i] = want[i] = (u8)(i * 7 + 1);
				memmove(want + to, want + from, size);
				assert_ptr_equal(core_memmove(a + to, a + from,
							      size), a + to);
				assert_memory_equal(a, want, sizeof(a));
			}
		}
		for (from = 0; from < 8; from++) {
			memset(b, 0xEE, sizeof(b));
			memset(want, 0xEE, sizeof(want));
			memcpy(want + 3, a + from, size);
			assert_ptr_equal(core_memcpy(b + 3, a + from, size),
					 b + 3);
			assert_memory_equal(b, want, sizeof(b));
			memset(want + from, 0x1A5, size);
			assert_ptr_equal(core_memset(b + from, 0x1A5, size),
					 b + from);
			assert_memory_equal(b, want, sizeof(b));
		}
	}
	assert_int_equal(core_memcmp("abc", "abd", 2), 0);
	assert_true(core_memcmp("abc", "abd", 3) < 0);
	assert_true(core_memcmp("a\xFF", "a\x01", 2) > 0);
	assert_int_equal(core_memcmp("x", "y", 0), 0);
}

static size_t format(char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static size_t format(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	size_t len;

	va_start(args, fmt);
	len = svsm_vformat(buf, size, fmt, args);
	va_end(args);
	return len;
}

#define SAME(...) do { \
	char got_[128], want_[128]; \
	int len_ = snprintf(want_, sizeof(want_), __VA_ARGS__); \
	assert_int_equal(format(got_, sizeof(got_), __VA_ARGS__), len_); \
	assert_string_equal(got_, want_); \
} while (0)

static void formats(void **state)
{
	char buf[8];

	(void)state;
	SAME("plain");
	SAME("%s and %s", "one", "two");
	SAME("[%5s] [%2s]", "abc", "abc");
	SAME("%c%c", 'o', 'k');
	SAME("%d %d %d", 0, -1, 2147483647);
	SAME("%d", (int)-2147483648LL);
	SAME("%ld %lld", -9223372036854775807L - 1, 9223372036854775807LL);
	SAME("%u %lu", 4294967295U, 18446744073709551615UL);
	SAME("%x %lx %llx", 0xdeadU, 0x123456789abcdefUL, ~0ULL);
	SAME("[%8x] [%08x] [%2x]", 0xabcU, 0xabcU, 0xabcdU);
	SAME("[%5d] [%05d] [%03d]", -42, -42, 1234);
	SAME("%016lx", 0x1fUL);
	SAME("%p", (void *)0x1234);
	SAME("100%%");
	assert_int_equal(format(buf, sizeof(buf), "%s", "0123456789"), 7);
	assert_string_equal(buf, "0123456");
	assert_int_equal(format(buf, 1, "x"), 0);
	assert_string_equal(buf, "");
	assert_int_equal(format(buf, 0, "x"), 0);
}

static void log_lines(void **state)
{
	char longer[600];

	(void)state;
	svsm_log(LOG_INFO, "value %u", 5);
	svsm_log(LOG_ERROR, "bad");
	svsm_log(LOG_DEBUG, "not shown");
	svsm_log_set_level(LOG_DEBUG);
	svsm_log(LOG_DEBUG, "shown");
	svsm_log_set_level(LOG_ERROR);
	svsm_log(LOG_WARN, "not shown");
	svsm_log_set_level(LOG_INFO);
	assert_int_equal(host.console_len, strlen("svsm: value 5\n"
			 "svsm: error: bad\nsvsm: debug: shown\n"));
	assert_memory_equal(host.console, "svsm: value 5\nsvsm: error: bad\n"
			    "svsm: debug: shown\n", host.console_len);

	host.console_len = 0;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	svsm_log(LOG_INFO, "%s", longer);
	assert_int_equal(host.console_len, SVSM_LOG_LINE_MAX);
	assert_int_equal(host.console[SVSM_LOG_LINE_MAX - 1], '\n');
}

#define T(name)	cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(accesses),
		T(faults),
		T(mapping),
		T(string_functions),
		T(formats),
		T(log_lines),
	};

	return cmocka_run_group_tests_name("shm", tests, NULL, NULL);
}
