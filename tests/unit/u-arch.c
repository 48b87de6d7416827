/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/target/arch.c, src/kernel/arch.c: rows by their names; registers in notes of any form. */
#include <config.h>

#include "support.h"

#include <elf.h>

static void test_arch__rows(void **state)
{
	struct fake *f = *state;
	const struct dlk_arch *x86 = dlk_arch_of_machine(EM_X86_64);

	assert_ptr_equal(x86, &dlk_arch_x86_64);
	assert_ptr_equal(dlk_arch_named("x86_64", 6), x86);
	assert_ptr_equal(dlk_arch_named("x86_64\0junk", 11), x86);
	assert_ptr_equal(dlk_arch_of_gdb("i386:x86-64"), x86);
	assert_ptr_equal(dlk_arch_named("", 65), x86);
	assert_null(dlk_arch_named("x86_6", 5));
	assert_null(dlk_arch_named("aarch64", 7));
	assert_null(dlk_arch_of_machine(EM_AARCH64));
	assert_null(dlk_arch_of_gdb("aarch64"));
	assert_null(dlk_arch_of_gdb(NULL));
	assert_ptr_equal(dlk_kernel_arch_of(x86), &dlk_kernel_arch_x86_64);
	assert_ptr_equal(dlk_kernel_arch_x86_64.machine, x86);
	assert_string_equal(dlk_arch_names(&f->ctx), "x86_64");
	assert_string_equal(dlk_arch_gdb_xml(&f->ctx), "i386");
}

/* Only a page table's address leads somewhere: neither a PCID nor the bit that keeps its TLB entries. */
static void test_arch__x86_64(void **state)
{
	struct dlk_regs regs = fake_registers(1, 2, 3, 0x10);

	(void)state;
	assert_int_equal(regs.pc, 1);
	assert_int_equal(regs.sp, 2);
	assert_int_equal(regs.fp, 3);
	assert_false(regs.is_user);
	assert_int_equal(regs.root, 0);
	regs.raw[DLK_X86_CS] = 0x33;
	regs.raw[DLK_X86_CR3] = 0x8000000123456fffu;
	dlk_arch_settle(&dlk_arch_x86_64, &regs);
	assert_true(regs.is_user);
	assert_int_equal(regs.root, 0x123456000);
	assert_true(dlk_arch_is_kernel(&dlk_arch_x86_64, 0xffff888000000000u));
	assert_false(dlk_arch_is_kernel(&dlk_arch_x86_64, 0x00007fffffffffffu));
	assert_true(dlk_arch_is_image(&dlk_arch_x86_64, 0xffffffff80000000u));
	assert_false(dlk_arch_is_image(&dlk_arch_x86_64, 0xffffffffc0000000u));
	assert_int_equal(dlk_arch_page_size(&dlk_arch_x86_64), 4096);
}

/* --- a row that is in no list: other registers, in other places */

enum { LINK, STACK, FRAME, COUNTER, MODE, TABLE, FEW };

static void interpret(struct dlk_regs *regs)
{
	regs->is_user = !regs->raw[MODE];
	regs->root = regs->raw[TABLE];
}

static const uint8_t order[] = { MODE, DLK_NO_REG, COUNTER, STACK, LINK, FRAME };
static const uint8_t again[] = { STACK };
static const uint8_t extra[] = { TABLE };

static const struct dlk_arch few = {
	.name = "few",
	.pc = COUNTER,
	.sp = STACK,
	.fp = FRAME,
	.reg_count = FEW,
	.prstatus = { 64, 60, 1, { { 8, sizeof(order), false, order } } },
	.qemu = { 48,
		  40,
		  2,
		  { { 16, sizeof(again), true, again }, { 32, sizeof(extra), false, extra } } },
	.interpret = interpret,
};

static void test_arch__note(void **state)
{
	struct dlk_regs regs = { 0 };
	uint64_t words[8];

	(void)state;
	for (unsigned i = 0; i < 8; i++)
		words[i] = 0x100 + i;
	assert_false(dlk_arch_take_note(&few, &few.prstatus, (void *)words, 59, &regs));
	assert_int_equal(regs.pc, 0);
	assert_true(dlk_arch_take_note(&few, &few.prstatus, (void *)words, 60, &regs));
	assert_int_equal(regs.pc, 0x103);
	assert_int_equal(regs.sp, 0x104);
	assert_int_equal(regs.fp, 0x106);
	assert_int_equal(regs.raw[LINK], 0x105);
	assert_false(regs.is_user);
	/* The other note has what this one has not; and what it repeats counts for nothing. */
	assert_true(dlk_arch_take_note(&few, &few.qemu, (void *)words, 48, &regs));
	assert_int_equal(regs.sp, 0x104);
	assert_int_equal(regs.root, 0x104);
	memset(words, 0, sizeof(words));
	dlk_arch_fill_note(&few.qemu, &regs, (void *)words);
	assert_int_equal(words[2], 0x104);
	assert_int_equal(words[4], 0x104);
	memset(words, 0, sizeof(words));
	dlk_arch_fill_note(&few.prstatus, &regs, (void *)words);
	assert_int_equal(words[1], 0x101);
	assert_int_equal(words[2], 0);
	assert_int_equal(words[3], 0x103);
}

/* An architecture that has no such note takes nothing from one. */
static void test_arch__no_note(void **state)
{
	static const struct dlk_note_form none = { 0 };
	struct dlk_regs regs = { .pc = 7 };

	(void)state;
	assert_false(dlk_arch_take_note(&few, &none, (const unsigned char *)"x", 1, &regs));
	assert_int_equal(regs.pc, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_arch__rows),
		FAKE_TEST(test_arch__x86_64),
		FAKE_TEST(test_arch__note),
		FAKE_TEST(test_arch__no_note),
	};

	return cmocka_run_group_tests_name("arch", tests, NULL, NULL);
}
