// SPDX-License-Identifier: MIT
/*
 * Exceptions of the SVSM itself. Survived are a fault at an instruction of the
 * exception table, #HV (idt.S), and what the platform can handle. All others
 * end the image with the registers on the log.
 */
#include <svsm/arch.h>
#include <x86/asm.h>
#include <x86/exception.h>
#include <x86/extable.h>
#include <x86/image.h>
#include <x86/percpu.h>
#include <x86/platform.h>

static void put(const char *text)
{
	size_t size = 0;

	while (text[size])
		size++;
	arch_console_write(text, size);
}

static void put_hex(const char *name, u64 val)
{
	char text[16];
	int i;

	for (i = 0; i < 16; i++)
		text[i] = "0123456789abcdef"[val >> (60 - 4 * i) & 15];
	put(name);
	arch_console_write(text, sizeof(text));
}

/**
 * exception_log() - write a line from an exception handler
 * @text: text
 * @val: number that follows it
 *
 * Without the log's lock, which the interrupted code may hold.
 */
void exception_log(const char *text, u64 val)
{
	put("\nsvsm: ");
	put_hex(text, val);
	put("\n");
}

/**
 * exception_recover() - go on elsewhere if the instruction may fault
 * @frame: what was interrupted
 *
 * Return: false if the exception table does not have it.
 */
bool exception_recover(struct exception_frame *frame)
{
	const struct extable_entry *entry;

	for (entry = __extable; entry < __extable_end; entry++) {
		if (entry->insn == frame->rip) {
			frame->rip = entry->fixup;
			return true;
		}
	}
	return false;
}

/* Without the log's lock, too. */
static void __attribute__((noreturn)) die(const struct exception_frame *frame)
{
	const u64 *reg = &frame->rax;
	static const char *const names[] = {
		" rax ", " rcx ", " rdx ", "\nsvsm: rbx ", " rbp ", " rsi ",
		" rdi ", "\nsvsm: r8  ", " r9  ", " r10 ", " r11 ",
		"\nsvsm: r12 ", " r13 ", " r14 ", " r15 ",
	};
	u32 i;

	put_hex("\nsvsm: fatal exception ", frame->vector);
	put_hex(" error ", frame->error);
	put_hex(" rip ", frame->rip);
	put_hex("\nsvsm: rsp ", frame->rsp);
	put_hex(" rflags ", frame->rflags);
	put_hex(" cr2 ", read_cr2());
	put_hex(" cpu ", x86_this_cpu()->index);
	put("\nsvsm:");
	for (i = 0; i < ARRAY_SIZE(names); i++)
		put_hex(names[i], reg[i]);
	put("\n");
	arch_terminate(TERMINATE_GENERAL);
}

/**
 * exception_handle() - any vector other than #HV, called by idt.S
 * @frame: what it interrupted; changes take effect on return
 */
void exception_handle(struct exception_frame *frame)
{
	switch (frame->vector) {
	/* The lost page of a peer, an instruction that this CPU lacks */
	case VECTOR_UD:
	case VECTOR_GP:
	case VECTOR_PF:
		if (exception_recover(frame))
			return;
		break;
	default:
		if (platform_exception(frame))
			return;
	}
	die(frame);
}
