// SPDX-License-Identifier: MIT
/*
 * The decoder for device accesses of the SVSM itself (arch/tdx/insn.c). The
 * assembler says what an instruction looks like and how long it is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <tdx/insn.h>

/* Bytes of @text as rodata; the symbols mark its ends. */
#define INSN(name, text)						\
	asm(".pushsection .rodata\n"					\
	    #name "_start:\n" text "\n" #name "_end:\n"			\
	    ".byte 0x90\n"						\
	    ".popsection");						\
	extern const u8 name##_start[], name##_end[]

/* Decode from a heap copy of the exact length, so that overruns are seen. */
static bool decode(const u8 *start, const u8 *end, struct mov_insn *insn)
{
	size_t size = end - start;
	u8 *copy = malloc(size);
	bool good;

	memcpy(copy, start, size);
	good = insn_decode_mov(copy, size, insn);
	free(copy);
	return good;
}

/* All prefixes of an instruction are refused, the whole is not. */
static struct mov_insn check(const u8 *start, const u8 *end)
{
	struct mov_insn insn, cut;
	const u8 *at;

	for (at = start; at < end; at++)
		assert_false(decode(start, at, &cut));
	assert_true(decode(start, end, &insn));
	assert_int_equal(insn.length, end - start);
	return insn;
}

#define CHECK(name)	check(name##_start, name##_end)

static void assert_access(struct mov_insn insn, bool write, u32 size, u32 reg,
			  u32 reg_size)
{
	assert_int_equal(insn.write, write);
	assert_false(insn.immediate);
	assert_int_equal(insn.size, size);
	assert_int_equal(insn.reg, reg);
	assert_int_equal(insn.reg_size, reg_size);
}

INSN(load8, "movb (%rdi), %cl");
INSN(load16, "movw 2(%rsi), %dx");
INSN(load32, "movl (%rax), %ebx");
INSN(load64, "movq 0x1234(%rbp), %r15");
INSN(load8_sil, "movb (%rdi), %sil");
INSN(zero8, "movzbl (%rdi), %eax");
INSN(zero16, "movzwl (%rdi), %r9d");
INSN(zero8_64, "movzbq (%rdi), %rdx");
INSN(zero8_16, "movzbw (%rdi), %dx");

static void test_loads(void **state)
{
	(void)state;
	assert_access(CHECK(load8), false, 1, 1, 1);
	assert_access(CHECK(load16), false, 2, 2, 2);
	assert_access(CHECK(load32), false, 4, 3, 4);
	assert_access(CHECK(load64), false, 8, 15, 8);
	assert_access(CHECK(load8_sil), false, 1, 6, 1);
	assert_access(CHECK(zero8), false, 1, 0, 4);
	assert_access(CHECK(zero16), false, 2, 9, 4);
	assert_access(CHECK(zero8_64), false, 1, 2, 8);
	assert_access(CHECK(zero8_16), false, 1, 2, 2);
}

INSN(store8, "movb %al, (%rdi)");
INSN(store8_r8, "movb %r8b, (%rdi)");
INSN(store16, "movw %bp, (%rdi)");
INSN(store32, "movl %esp, (%rdi)");
INSN(store64, "movq %r10, -8(%rdi)");

static void test_stores(void **state)
{
	(void)state;
	assert_access(CHECK(store8), true, 1, 0, 1);
	assert_access(CHECK(store8_r8), true, 1, 8, 1);
	assert_access(CHECK(store16), true, 2, 5, 2);
	assert_access(CHECK(store32), true, 4, 4, 4);
	assert_access(CHECK(store64), true, 8, 10, 8);
}

INSN(constant8, "movb $-2, (%rdi)");
INSN(constant16, "movw $0x8123, (%rdi)");
INSN(constant32, "movl $0x12345678, 0x40(%rdi)");
INSN(constant64, "movq $-3, (%r13)");

static void assert_constant(struct mov_insn insn, u32 size, u64 value)
{
	assert_true(insn.write);
	assert_true(insn.immediate);
	assert_int_equal(insn.size, size);
	assert_int_equal(insn.value, value);
}

static void test_constants(void **state)
{
	(void)state;
	assert_constant(CHECK(constant8), 1, -2ULL);
	assert_constant(CHECK(constant16), 2, 0xFFFFFFFFFFFF8123ULL);
	assert_constant(CHECK(constant32), 4, 0x12345678);
	assert_constant(CHECK(constant64), 8, -3ULL);
}

INSN(at_rip, "movl 0x1000(%rip), %eax");
INSN(at_absolute, "movl 0x2F8, %ecx");
INSN(at_index, "movl (%rsi, %rdi, 4), %eax");
INSN(at_index8, "movl 8(%rsi, %r12, 2), %eax");
INSN(at_index32, "movl 0x400(%rsp, %rdi), %eax");
INSN(at_no_base, "movl 0x400(, %rdi, 8), %eax");
INSN(at_r12, "movl (%r12), %eax");
INSN(at_r13, "movl (%r13), %eax");
INSN(at_rbp_index, "movl (%rbp, %rdi), %eax");

static void test_addresses(void **state)
{
	(void)state;
	CHECK(at_rip);
	CHECK(at_absolute);
	CHECK(at_index);
	CHECK(at_index8);
	CHECK(at_index32);
	CHECK(at_no_base);
	CHECK(at_r12);
	CHECK(at_r13);
	CHECK(at_rbp_index);
}

INSN(no_memory, "movl %eax, %ebx; nop; nop; nop; nop");
INSN(high_byte, "movb %ah, (%rdi)");
INSN(add, "addl %eax, (%rdi)");
INSN(string, "rep movsb");
INSN(sign, "movsbl (%rdi), %eax");
INSN(push, "pushq (%rdi)");
INSN(exchange, "xchgl %eax, (%rdi)");
INSN(bad_c7, ".byte 0xC7, 0x0F, 0, 0, 0, 0");
INSN(locked, ".byte 0xF0, 0x89, 0x07");

#define REFUSED(name)	assert_false(decode(name##_start, name##_end, &insn))

static void test_others(void **state)
{
	struct mov_insn insn;

	(void)state;
	REFUSED(no_memory);
	REFUSED(high_byte);
	REFUSED(add);
	REFUSED(string);
	REFUSED(sign);
	REFUSED(push);
	REFUSED(exchange);
	REFUSED(bad_c7);
	REFUSED(locked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loads),
		cmocka_unit_test(test_stores),
		cmocka_unit_test(test_constants),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests_name("insn", tests, NULL, NULL);
}
