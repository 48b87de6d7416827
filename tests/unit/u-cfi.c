/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Call frame information as the assembler writes it on the spot, by directives as compilers give them.
 * What is expected of each instruction is what the directives before it say.
 */
#include <config.h>

#include <fcntl.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support.h"

#include "debuginfo/cfi.h"
#include "debuginfo/elffile.h"

#define LINKED 0xffffffff81000000u
#define MOVED 0x2400000

/* Functions begin at multiples of 64; what stands in the comments is where their instructions are. */
static const char text[] =
	".cfi_sections .debug_frame\n"
	".text\n"
	/* a frame pointer: 0 push, 1 mov, 4 nop, 5 pop, 6 ret */
	".cfi_startproc\n"
	"push %rbp\n.cfi_def_cfa_offset 16\n.cfi_offset 6, -16\n"
	"mov %rsp, %rbp\n.cfi_def_cfa_register 6\n"
	"nop\n"
	"pop %rbp\n.cfi_def_cfa 7, 8\n.cfi_restore 6\n"
	"ret\n.cfi_endproc\n"
	/* none: 0 sub, 7 push, 8 nop */
	".balign 64\n.cfi_startproc\n"
	"sub $0x1000, %rsp\n.cfi_def_cfa_offset 4104\n"
	"push %rbp\n.cfi_def_cfa_offset 4112\n.cfi_offset 6, -4112\n"
	"nop\n.cfi_endproc\n"
	/* an aligned stack, as gcc does it: 0 nop, 1 nop, 2 nop */
	".balign 64\n.cfi_startproc\n"
	"nop\n.cfi_def_cfa 10, 0\n"
	"nop\n.cfi_escape 0x10, 6, 2, 0x76, 0\n" /* rbp at rbp + 0 */
	".cfi_escape 0x0f, 3, 0x76, 0x78, 6\n"   /* the CFA is the word at rbp - 8 */
	"nop\n.cfi_endproc\n"
	/* what no compiler writes: 0 nop, 1 nop, 2 nop, 3 nop */
	".balign 64\n.cfi_startproc\n"
	".cfi_escape 0x0f, 4, 0x77, 8, 0x31, 0x22\n" /* rsp + 8 + 1 */
	"nop\n.cfi_def_cfa 7, 16\n.cfi_undefined 6\n"
	"nop\n.cfi_register 6, 12\n"
	"nop\n.cfi_undefined 16\n"
	"nop\n.cfi_endproc\n"
	/* registers that are given back: 0 push, 1 push, 3 nop */
	".balign 64\n.cfi_startproc\n"
	"push %rbx\n.cfi_def_cfa_offset 16\n.cfi_offset 3, -16\n"
	"push %r12\n.cfi_def_cfa_offset 24\n.cfi_offset 12, -24\n"
	"nop\n.cfi_endproc\n"
	/* no function: 0 nop */
	".balign 64\nnop\n";

enum { WITH_FRAME, WITHOUT_FRAME, ALIGNED, STRANGE, SAVING, NO_FUNCTION };

struct fixture {
	struct dlk_ctx ctx;
	struct temp temp;
	struct dlk_elffile file;
	struct dlk_cfi *cfi;
};

static void build(struct fixture *f, const char *flags)
{
	const char *cc = getenv("CC");
	char command[1024], source[512];

	temp_write(&f->temp, "frames.s", text, sizeof(text) - 1);
	snprintf(source, sizeof(source), "%s", temp_file(&f->temp, "frames.s"));
	snprintf(command, sizeof(command),
		 "%s -nostdlib -static -Wl,-e,0 -Wl,-Ttext=%#lx %s -o %s %s", cc && *cc ? cc : "cc",
		 (unsigned long)LINKED, flags, temp_file(&f->temp, "elf"), source);
	assert_int_equal(system(command), 0);
	assert_int_equal(dlk_elffile_open(&f->ctx, temp_file(&f->temp, "elf"), &f->file), DLK_OK);
}

static void start(struct fixture *f, const char *flags, int64_t offset)
{
	memset(f, 0, sizeof(*f));
	dlk_ctx_init(&f->ctx);
	temp_make(&f->temp);
	build(f, flags);
	assert_int_equal(dlk_cfi_open(&f->ctx, f->file.arch, f->file.elf, offset, &f->cfi), DLK_OK);
}

static void finish(struct fixture *f)
{
	f->cfi->ops->close(f->cfi);
	dlk_elffile_close(&f->file);
	remove(temp_file(&f->temp, "frames.s"));
	remove(temp_file(&f->temp, "elf"));
	temp_remove(&f->temp);
	dlk_ctx_deinit(&f->ctx);
}

static int setup(void **state)
{
	static struct fixture f;

	start(&f, "", MOVED);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	finish(*state);
	return 0;
}

static enum dlk_status ask(struct fixture *f, unsigned function, unsigned at,
			   struct dlk_cfi_row *ret)
{
	dlk_addr_t ip = (dlk_addr_t)LINKED + MOVED + (dlk_addr_t)function * 64 + at;

	return f->cfi->ops->row(f->cfi, ip, ret);
}

static struct dlk_cfi_row get(struct fixture *f, unsigned function, unsigned at)
{
	struct dlk_cfi_row row;

	assert_int_equal(ask(f, function, at, &row), DLK_OK);
	return row;
}

static void check(struct dlk_cfi_value v, int how, int base, int32_t offset)
{
	assert_int_equal(v.how, how);
	if (how == DLK_CFI_LOST)
		return;
	assert_int_equal(v.base, base);
	assert_int_equal(v.offset, offset);
}

/* The return address lies below the caller's stack pointer, always. */
static void check_row(struct dlk_cfi_row row, int base, int32_t offset)
{
	check(row.cfa, DLK_CFI_VALUE, base, offset);
	check(row.pc, DLK_CFI_WORD, DLK_CFI_CFA, -8);
}

static void test_cfi__frame_pointer(void **state)
{
	struct fixture *f = *state;

	check_row(get(f, WITH_FRAME, 0), DLK_X86_RSP, 8);
	check_row(get(f, WITH_FRAME, 1), DLK_X86_RSP, 16);
	check_row(get(f, WITH_FRAME, 3), DLK_X86_RSP, 16);
	check_row(get(f, WITH_FRAME, 4), DLK_X86_RBP, 16);
	check_row(get(f, WITH_FRAME, 6), DLK_X86_RSP, 8);
	check(get(f, WITH_FRAME, 0).reg[DLK_X86_RBP], DLK_CFI_VALUE, DLK_X86_RBP, 0);
	check(get(f, WITH_FRAME, 1).reg[DLK_X86_RBP], DLK_CFI_WORD, DLK_CFI_CFA, -16);
	check(get(f, WITH_FRAME, 4).reg[DLK_X86_RBP], DLK_CFI_WORD, DLK_CFI_CFA, -16);
	check(get(f, WITH_FRAME, 6).reg[DLK_X86_RBP], DLK_CFI_VALUE, DLK_X86_RBP, 0);
}

static void test_cfi__stack_pointer(void **state)
{
	struct fixture *f = *state;

	check_row(get(f, WITHOUT_FRAME, 6), DLK_X86_RSP, 8);
	check_row(get(f, WITHOUT_FRAME, 7), DLK_X86_RSP, 4104);
	check_row(get(f, WITHOUT_FRAME, 8), DLK_X86_RSP, 4112);
	check(get(f, WITHOUT_FRAME, 7).reg[DLK_X86_RBP], DLK_CFI_VALUE, DLK_X86_RBP, 0);
	check(get(f, WITHOUT_FRAME, 8).reg[DLK_X86_RBP], DLK_CFI_WORD, DLK_CFI_CFA, -4112);
}

static void test_cfi__aligned(void **state)
{
	struct fixture *f = *state;
	struct dlk_cfi_row row = get(f, ALIGNED, 2);

	check(row.cfa, DLK_CFI_WORD, DLK_X86_RBP, -8);
	check(row.reg[DLK_X86_RBP], DLK_CFI_WORD, DLK_X86_RBP, 0);
	check(row.pc, DLK_CFI_WORD, DLK_CFI_CFA, -8);
}

/* Where its stack is aligned, a function finds its caller by whatever register it likes. */
static void test_cfi__other_register(void **state)
{
	struct fixture *f = *state;

	check_row(get(f, ALIGNED, 1), DLK_X86_R10, 0);
}

/* All that a function gives back as it was, and nothing else. */
static void test_cfi__saved(void **state)
{
	struct fixture *f = *state;
	struct dlk_cfi_row row = get(f, SAVING, 3);

	check(row.reg[DLK_X86_RBX], DLK_CFI_WORD, DLK_CFI_CFA, -16);
	check(row.reg[DLK_X86_R12], DLK_CFI_WORD, DLK_CFI_CFA, -24);
	check(row.reg[DLK_X86_R13], DLK_CFI_VALUE, DLK_X86_R13, 0);
	check(row.reg[DLK_X86_R15], DLK_CFI_VALUE, DLK_X86_R15, 0);
	check(row.reg[DLK_X86_RAX], DLK_CFI_LOST, 0, 0);
	check(row.reg[DLK_X86_R10], DLK_CFI_LOST, 0, 0);
	check(get(f, SAVING, 1).reg[DLK_X86_R12], DLK_CFI_VALUE, DLK_X86_R12, 0);
}

/* An expression that is not known: then nothing is said. */
static void test_cfi__not_known(void **state)
{
	struct fixture *f = *state;
	struct dlk_cfi_row row = { .cfa = { .offset = 77 } };

	assert_int_equal(ask(f, STRANGE, 0, &row), DLK_ERR_NOTFOUND);
	assert_int_equal(row.cfa.offset, 77);
	check_row(get(f, STRANGE, 1), DLK_X86_RSP, 16);
	check(get(f, STRANGE, 1).reg[DLK_X86_RBP], DLK_CFI_LOST, 0, 0);
	check(get(f, STRANGE, 2).reg[DLK_X86_RBP], DLK_CFI_LOST, 0, 0);
}

/* No return address: the outermost function. */
static void test_cfi__outermost(void **state)
{
	struct fixture *f = *state;

	check(get(f, STRANGE, 3).pc, DLK_CFI_LOST, 0, 0);
}

static void test_cfi__no_function(void **state)
{
	struct fixture *f = *state;
	struct dlk_cfi_row row;

	assert_int_equal(ask(f, NO_FUNCTION, 0, &row), DLK_ERR_NOTFOUND);
	assert_int_equal(f->cfi->ops->row(f->cfi, LINKED, &row), DLK_ERR_NOTFOUND);
	assert_int_equal(f->cfi->ops->row(f->cfi, 0, &row), DLK_ERR_NOTFOUND);
	assert_int_equal(f->cfi->ops->row(f->cfi, UINT64_MAX, &row), DLK_ERR_NOTFOUND);
	assert_true(dlk_elffile_has_cfi(&f->file));
}

/* Whatever is asked first, and again. */
static void test_cfi__any_order(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 2; i++) {
		check_row(get(f, STRANGE, 1), DLK_X86_RSP, 16);
		check_row(get(f, WITH_FRAME, 0), DLK_X86_RSP, 8);
		check_row(get(f, WITHOUT_FRAME, 8), DLK_X86_RSP, 4112);
	}
}

static void test_cfi__stripped(void **state)
{
	struct fixture f;
	struct dlk_cfi_row row;

	(void)state;
	start(&f, "-s", 0);
	assert_false(dlk_elffile_has_cfi(&f.file));
	assert_int_equal(f.cfi->ops->row(f.cfi, LINKED, &row), DLK_ERR_CORRUPT);
	assert_int_equal(f.cfi->ops->row(f.cfi, LINKED, &row), DLK_ERR_CORRUPT);
	finish(&f);
}

static void test_cfi__no_memory(void **state)
{
	struct fixture *f = *state;
	struct dlk_cfi *cfi = NULL;

	f->ctx.budget = f->ctx.used;
	while (dlk_alloc(&f->ctx, 8))
		;
	assert_int_equal(dlk_cfi_open(&f->ctx, f->file.arch, f->file.elf, 0, &cfi), DLK_ERR_NOMEM);
	assert_null(cfi);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_cfi__frame_pointer), TEST(test_cfi__stack_pointer),
		TEST(test_cfi__aligned),       TEST(test_cfi__other_register),
		TEST(test_cfi__saved),         TEST(test_cfi__not_known),
		TEST(test_cfi__outermost),     TEST(test_cfi__no_function),
		TEST(test_cfi__any_order),     cmocka_unit_test(test_cfi__stripped),
		TEST(test_cfi__no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
