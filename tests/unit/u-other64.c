/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An architecture that only the tests know (tests/fake/arch.h), where an image does not lead: registers of
 * CPUs in a capture's notes, page tables, struct page arithmetic, registers that are known in frames.  All that
 * is asked for is asked for by the rows; not one line of the product knows it.
 */
#include <config.h>

#include "support.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>

#include "../fake/arch.h"
#include "kernel/slab.h"
#include "kernel/frames.h"
#include "kernel/unwind.h"
#include "kernel/xlat.h"
#include "target/notes.h"

enum { PAGE = 1 << 14, STACK = 2 * PAGE };

static const dlk_addr_t text = 0xc000400001000000u, task = 0xc000000000100000u,
			stack = 0xc000000000200000u, top = 0xc000000000200000u + STACK;

/* The fake's memory has windows at x86-64's addresses: these are elsewhere, one to one. */
static enum dlk_status translate(void *arg, dlk_addr_t address, dlk_addr_t *ret)
{
	(void)arg;
	if (!dlk_arch_is_kernel(&dlk_other64, address))
		return DLK_ERR_FAULT;
	*ret = address & 0xffffffffff;
	return DLK_OK;
}

static void put(struct fake *f, dlk_addr_t address, uint64_t value)
{
	fake_u64(f, FAKE_DIRECT + (address & 0xffffffffff), value);
}

static int setup(void **state)
{
	struct fake *f;

	if (fake_setup(state))
		return -1;
	f = *state;
	f->target.arch = &dlk_other64;
	fake_types_of_a_kernel(f);
	fake_size(f, "thread_union", STACK);
	fake_member(f, "task_struct", "thread.pc", 0x90, 8);
	fake_member(f, "task_struct", "thread.fp", 0x98, 8);
	fake_symbol(f, "_stext", text, 0);
	fake_symbol(f, "_etext", text + 0x1000, 0);
	fake_symbol(f, "inner", text, 0x100);
	fake_symbol(f, "outer", text + 0x100, 0x100);
	fake_symbol(f, "frame_records", text + 0xf00, 0x10);
	dlk_memory_set_translate(&f->memory, translate, NULL);
	return 0;
}

/* Over a kernel with stacks of that size; 0: it does not say. */
static enum dlk_status open_kernel(struct fake *f, uint32_t stack_size)
{
	for (unsigned i = 0; i < f->size_count; i++)
		if (!strcmp(f->size[i].type, "thread_union"))
			f->size[i].size = stack_size;
	f->k = (struct dlk_kernel){ .ctx = &f->ctx,
				    .arch = &dlk_kernel_other64,
				    .memory = f->memory,
				    .symbols = &f->symbols,
				    .types = &f->types };
	return dlk_kernel_init(&f->k);
}

static void test_other64__stack_size(void **state)
{
	struct fake *f = *state;

	assert_int_equal(open_kernel(f, PAGE), DLK_OK);
	assert_int_equal(f->k.stack_size, PAGE);
	assert_int_equal(open_kernel(f, PAGE / 2), DLK_ERR_CORRUPT); /* x86-64 has smaller ones */
	assert_int_equal(open_kernel(f, 0), DLK_OK);
	assert_int_equal(f->k.stack_size, 32 << 10);
}

static void test_other64__addresses(void **state)
{
	struct fake *f = *state;

	assert_int_equal(open_kernel(f, STACK), DLK_OK);
	assert_true(dlk_kernel_can_be_struct(&f->k, task));
	assert_false(dlk_kernel_can_be_struct(&f->k, task + 4));
	assert_false(dlk_kernel_can_be_struct(&f->k, 0x8000000000000000u));
	assert_true(dlk_kernel_can_be_code(&f->k, text));
	assert_false(dlk_kernel_can_be_code(&f->k, 0xffffffff81000000u));
}

/* A page has 16 KiB: the struct page of an address is four times nearer than with 4 KiB. */
static void test_other64__struct_pages(void **state)
{
	struct fake *f = *state;
	const dlk_addr_t pages = 0xc000000001800000u;
	dlk_addr_t page;
	uint64_t pfn;

	fake_size(f, "page", 64);
	fake_member(f, "page", "compound_head", 8, 8);
	fake_symbol(f, "struct_pages", 0xc000000000300000u, 8);
	put(f, 0xc000000000300000u, pages);
	put(f, pages + 64 * 0x140 + 8, 0);
	assert_int_equal(open_kernel(f, STACK), DLK_OK);
	assert_int_equal(dlk_page_find(&f->k, 0xc000000000500010u, &page, &pfn), DLK_OK);
	assert_int_equal(pfn, 0x500000 / PAGE);
	assert_int_equal(page, pages + 64 * (0x500000 / PAGE));
}

/* --- stacks */

static struct dlk_task make_task(struct fake *f, dlk_addr_t sp, dlk_addr_t fp)
{
	for (dlk_addr_t at = stack; at < top; at += DLK_PAGE_SIZE)
		put(f, at, 0);
	put(f, task + 0x90, (text + 0x20) | OTHER64_SIGNATURE);
	put(f, task + 0x98, fp);
	return (struct dlk_task){
		.address = task, .stack = stack, .sp = sp, .state = 'D', .is_blocked = true
	};
}

/* inner, called by outer, called by the entry. */
static void put_records(struct fake *f, dlk_addr_t first)
{
	put(f, first, first + 0x40);
	put(f, first + 8, (text + 0x110) | OTHER64_SIGNATURE);
	put(f, first + 0x40, 0);
	put(f, first + 0x48, 0);
}

static void test_other64__switched_out(void **state)
{
	struct fake *f = *state;
	const dlk_addr_t sp = top - 0x200;
	struct dlk_task t = make_task(f, sp, sp + 0x10);
	struct dlk_stack s;
	struct dlk_cursor c;
	uint64_t fp;

	put_records(f, sp + 0x10);
	assert_int_equal(open_kernel(f, STACK), DLK_OK);
	assert_int_equal(dlk_stack_read(&f->k, &t, &s), DLK_OK);
	assert_int_equal(s.pc, text + 0x20); /* without the signature */
	assert_int_equal(s.word_count, 0x200 / 8);
	dlk_cursor_begin(&f->k, &s, &c);
	assert_int_equal(c.regs.known, 1u << OTHER64_FP);
	assert_int_equal(dlk_unwind_step(&c), DLK_STEP_CALLER);
	assert_int_equal(c.pc, text + 0x110);
	assert_int_equal(c.regs.known, 1u << OTHER64_FP);
	assert_true(dlk_frame_regs_get(&c.regs, OTHER64_FP, &fp));
	assert_int_equal(fp, sp + 0x50);
	assert_int_equal(dlk_unwind_step(&c), DLK_STEP_END);
	assert_int_equal(dlk_stack_unwind(&f->k, &s), DLK_OK);
	assert_int_equal(s.frame_count, 2);
	assert_string_equal(s.frames[0].symbol, "inner+0x20");
	assert_string_equal(s.frames[1].symbol, "outer+0x10");
	assert_true(s.frames[1].is_reliable);
	assert_int_equal(f->k.stacks_lost, 0);
}

/* All registers of a CPU that runs are known, by the row's numbers. */
static void test_other64__running(void **state)
{
	struct fake *f = *state;
	const dlk_addr_t sp = top - 0x200;
	struct dlk_task t = make_task(f, 0, 0);
	struct dlk_regs *r = &f->regs[0];
	struct dlk_stack s;
	struct dlk_cursor c;
	uint64_t value;

	t.is_blocked = false;
	t.is_on_cpu = true;
	r->raw[OTHER64_PC] = text + 0x30;
	r->raw[OTHER64_SP] = sp;
	r->raw[OTHER64_FP] = sp + 0x10;
	r->raw[OTHER64_S0] = 99;
	dlk_arch_settle(&dlk_other64, r);
	f->target.cpu_count = 1;
	put_records(f, sp + 0x10);
	assert_int_equal(open_kernel(f, STACK), DLK_OK);
	assert_int_equal(dlk_stack_read(&f->k, &t, &s), DLK_OK);
	dlk_cursor_begin(&f->k, &s, &c);
	assert_true(c.is_exact);
	assert_int_equal(c.regs.known, 0x3fff);
	assert_true(dlk_frame_regs_get(&c.regs, OTHER64_S0, &value));
	assert_int_equal(value, 99);
	assert_int_equal(dlk_unwind_step(&c), DLK_STEP_CALLER);
	assert_int_equal(c.pc, text + 0x110);
	r->raw[OTHER64_MODE] = 1;
	dlk_arch_settle(&dlk_other64, r);
	assert_int_equal(dlk_stack_read(&f->k, &t, &s), DLK_OK);
	assert_int_equal(s.pc, 0); /* a program's */
}

/* --- page tables: 16 KiB, 11 bits a level, entries as arm64 has them */

enum { TABLE = 3, LEAF = 0x703, BLOCK = 0x701 };

static void map(struct fake *f, dlk_addr_t address, unsigned leaf_level, uint64_t leaf)
{
	dlk_addr_t table = 0x1000000;

	for (unsigned level = 4; level > leaf_level; level--) {
		put(f,
		    0xc000000000000000u + table + (address >> (14 + 11 * (level - 1)) & 2047) * 8,
		    (table + PAGE) | TABLE);
		table += PAGE;
	}
	put(f, 0xc000000000000000u + table + (address >> (14 + 11 * (leaf_level - 1)) & 2047) * 8,
	    leaf);
}

static void test_other64__page_tables(void **state)
{
	struct fake *f = *state;
	const struct dlk_xlat_root root = { 0x1000000, 4 }, bad = { 0x1000000, 5 };
	const uint64_t no_exec = UINT64_C(1) << 53;
	struct dlk_xlat *x;
	dlk_addr_t phys;

	assert_int_equal(dlk_xlat_open(&f->memory, &dlk_kernel_other64, &bad, &x), DLK_ERR_INVALID);
	map(f, text, 1, 0x2340000 | LEAF);
	assert_int_equal(dlk_xlat_open(&f->memory, &dlk_kernel_other64, &root, &x), DLK_OK);
	/* Three chunks of 4 KiB on, it is still the same page. */
	assert_int_equal(dlk_memory_translate(&f->memory, text + 0x3123, &phys), DLK_OK);
	assert_int_equal(phys, 0x2343123);
	assert_int_equal(dlk_memory_translate(&f->memory, text + PAGE, &phys), DLK_ERR_FAULT);
	assert_true(dlk_xlat_is_executable(x, text));
	dlk_xlat_close(x);
	map(f, text, 2, 0x4000000 | BLOCK | no_exec);
	fake_forget(f);
	assert_int_equal(dlk_xlat_open(&f->memory, &dlk_kernel_other64, &root, &x), DLK_OK);
	assert_int_equal(dlk_memory_translate(&f->memory, text + 0x123456, &phys), DLK_OK);
	assert_int_equal(phys, 0x4000000 + ((text + 0x123456) & 0x1ffffff));
	assert_false(dlk_xlat_is_executable(x, text));
	dlk_xlat_close(x);
}

/* --- a capture of it */

static size_t read_notes(const char *path, Elf64_Ehdr *eh, unsigned char *notes, size_t size)
{
	FILE *file = fopen(path, "r");
	Elf64_Phdr ph;

	assert_non_null(file);
	assert_int_equal(fread(eh, sizeof(*eh), 1, file), 1);
	assert_int_equal(fread(&ph, sizeof(ph), 1, file), 1);
	assert_int_equal(ph.p_type, PT_NOTE);
	assert_true(ph.p_filesz <= size);
	fseek(file, (long)ph.p_offset, SEEK_SET);
	assert_int_equal(fread(notes, ph.p_filesz, 1, file), 1);
	fclose(file);
	return ph.p_filesz;
}

static void test_other64__capture(void **state)
{
	struct fake *f = *state;
	struct dlk_target *capture;
	struct dlk_notes notes = { 0 };
	unsigned char data[4096], page[8];
	struct temp temp;
	Elf64_Ehdr eh;
	size_t size;

	f->target.cpu_count = 2;
	for (unsigned cpu = 0; cpu < 2; cpu++) {
		for (unsigned i = 0; i < OTHER64_REGS; i++)
			f->regs[cpu].raw[i] = 0x1000 * i + cpu;
		dlk_arch_settle(&dlk_other64, &f->regs[cpu]);
	}
	put(f, 0xc000000000500000u, 7);
	temp_make(&temp);
	assert_int_equal(dlk_target_open_capture(&f->ctx, &f->target, &capture), DLK_OK);
	assert_int_equal(capture->ops->read(capture, 0x500000, page, sizeof(page)), DLK_OK);
	assert_int_equal(dlk_capture_begin(capture, temp_file(&temp, "capture")), DLK_OK);
	assert_int_equal(dlk_capture_write(capture), DLK_OK);
	size = read_notes(temp_file(&temp, "capture"), &eh, data, sizeof(data));
	temp_remove(&temp);
	assert_int_equal(eh.e_machine, OTHER64_MACHINE);
	assert_int_equal(size, 2 * (12 + 8 + OTHER64_PRSTATUS)); /* and no other notes */
	assert_int_equal(dlk_notes_parse(&f->ctx, &dlk_other64, data, size, &notes), DLK_OK);
	assert_int_equal(notes.cpu_count, 2);
	for (unsigned cpu = 0; cpu < 2; cpu++)
		assert_memory_equal(&notes.regs[cpu], &f->regs[cpu], sizeof(f->regs[cpu]));
	/* To x86-64 these notes are none. */
	notes = (struct dlk_notes){ 0 };
	assert_int_equal(dlk_notes_parse(&f->ctx, &dlk_arch_x86_64, data, size, &notes), DLK_OK);
	assert_int_equal(notes.cpu_count, 0);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, fake_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_other64__stack_size),   TEST(test_other64__addresses),
		TEST(test_other64__struct_pages), TEST(test_other64__switched_out),
		TEST(test_other64__running),      TEST(test_other64__page_tables),
		TEST(test_other64__capture),
	};

	return cmocka_run_group_tests_name("other64", tests, NULL, NULL);
}
