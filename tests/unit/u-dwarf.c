/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DWARF, as the compiler writes it on the spot, in several versions of it: what is expected is what
 * same-types.h has.  What no compiler writes is assembled by hand.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <fcntl.h>
#include <libelf.h>

#include "debuginfo/dwarf.h"
#include "same-types.h"

/* What makes the compiler describe them, and a second file. */
static const char first_text[] =
	"outer_t o; struct tight t; struct astride a; struct oldest ol; enum state st; enum sign si;"
	"enum big bi; kind_t ki; elsewhere_t *el; int na = NAMELESS; struct twin { int mine; } tw;"
	"int _start(void) { return na; }";
static const char second_text[] =
	"struct elsewhere { char pad[24]; int found; } e; struct twin { long pad; int mine; } tw2;"
	"typedef struct { int x, y; } late_t; late_t late; enum later { LATER = 5 } lt;"
	"union lone { int a; char b[9]; } lo;";

struct fixture {
	char folder[32];
	struct dlk_ctx ctx;
	char *image; /* of the ELF file, for libelf */
	size_t size;
	Elf *elf;
	struct dlk_types *types;
};

static void write_text(const struct fixture *f, const char *name, const char *one, const char *two)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", f->folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "%s\n%s\n", one, two);
	assert_int_equal(fclose(file), 0);
}

static void read_image(struct fixture *f)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/elf", f->folder);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	f->size = (size_t)ftell(file);
	rewind(file);
	f->image = test_malloc(f->size);
	assert_int_equal(fread(f->image, 1, f->size, file), f->size);
	fclose(file);
}

/* Compile what stands in the folder. */
static void build(struct fixture *f, const char *flags, const char *files)
{
	const char *cc = getenv("CC");
	char command[256];

	snprintf(command, sizeof(command),
		 "cd %s && %s -std=gnu11 -nostdlib -static -Wl,-e,0 %s -o elf %s", f->folder,
		 cc && *cc ? cc : "cc", flags, files);
	assert_int_equal(system(command), 0);
	read_image(f);
	snprintf(command, sizeof(command), "rm -r %s", f->folder);
	assert_int_equal(system(command), 0);
}

static void make_folder(struct fixture *f)
{
	*f = (struct fixture){ .folder = "/tmp/u-dwarf-XXXXXX" };
	assert_non_null(mkdtemp(f->folder));
	dlk_ctx_init(&f->ctx);
	elf_version(EV_CURRENT);
}

static void open_types(struct fixture *f)
{
	f->elf = elf_memory(f->image, f->size);
	assert_non_null(f->elf);
	assert_int_equal(dlk_dwarf_open(&f->ctx, f->elf, &f->types), DLK_OK);
}

static void close_types(struct fixture *f)
{
	if (f->types)
		f->types->ops->close(f->types);
	elf_end(f->elf);
	f->types = NULL;
	f->elf = NULL;
	dlk_ctx_deinit(&f->ctx);
}

static void finish(struct fixture *f)
{
	close_types(f);
	test_free(f->image);
}

static void start(struct fixture *f, const char *flags)
{
	make_folder(f);
	write_text(f, "first.c", same_types_text, first_text);
	write_text(f, "second.c", second_text, "");
	build(f, flags, "first.c second.c");
	open_types(f);
}

/* What both files have, what the first only declares, and what is in the second alone. */
static void check_units(struct dlk_types *t)
{
	check_plain(t, "elsewhere", "found", 24, 4, 1);
	check_plain(t, "elsewhere_t", "found", 24, 4, 1);
	check_plain(t, "twin", "mine", 0, 4, 1);
	check_plain(t, "late_t", "y", 4, 4, 1);
	check_size(t, "lone", 9 + 3);
	check_enumerator(t, NULL, "LATER", 5);
	check_enumerator(t, "later", "LATER", 5);
}

static void check_unnamed_enums(struct dlk_types *t)
{
	check_enumerator(t, NULL, "NAMELESS", 0x80000001);
	check_enumerator(t, "kind_t", "KIND_ONE", 1);
}

static void check_all(const char *flags)
{
	struct fixture f;

	start(&f, flags);
	assert_string_equal(f.types->ops->name, "dwarf");
	check_same_types(f.types);
	check_unnamed_enums(f.types);
	check_units(f.types);
	finish(&f);
}

static void test_dwarf_5(void **state)
{
	(void)state;
	check_all("-gdwarf-5");
}

static void test_dwarf_4(void **state)
{
	(void)state;
	check_all("-gdwarf-4");
}

/* Bit-fields counted from the other end, with and without locations that are expressions. */
static void test_old_dwarf(void **state)
{
	(void)state;
	check_all("-gdwarf-3 -gstrict-dwarf");
	check_all("-gdwarf-2 -gstrict-dwarf");
}

static void test_compressed_sections(void **state)
{
	(void)state;
	check_all("-gdwarf-5 -gz=zlib");
}

static void test_type_units(void **state)
{
	(void)state;
	check_all("-gdwarf-5 -fdebug-types-section");
}

static void count_message(void *arg, enum dlk_level level, const char *text)
{
	int *count = arg;

	assert_int_equal(level, DLK_MSG_PROGRESS);
	assert_non_null(strstr(text, "256"));
	++*count;
}

/* Units are read when they are needed: only then a user who stops matters. */
static void test_lazy(void **state)
{
	struct fixture f;
	volatile int is_canceled = 1;

	(void)state;
	start(&f, "-gdwarf-5");
	f.ctx.cancel = &is_canceled;
	check_no_size(f.types, "outer", DLK_ERR_CANCELED);
	is_canceled = 0;
	check_size(f.types, "outer", sizeof(struct outer));
	is_canceled = 1;
	check_size(f.types, "astride", sizeof(struct astride));
	check_no_size(f.types, "lone", DLK_ERR_CANCELED);
	check_no_size(f.types, "nothing", DLK_ERR_CANCELED);
	is_canceled = 0;
	check_no_size(f.types, "nothing", DLK_ERR_NOTFOUND);
	/* Now all of them have been read. */
	is_canceled = 1;
	check_size(f.types, "lone", 12);
	check_no_size(f.types, "nothing else", DLK_ERR_NOTFOUND);
	check_no_enumerator(f.types, NULL, "NOTHING");
	finish(&f);
}

static void test_no_memory(void **state)
{
	enum dlk_status status = DLK_ERR_NOMEM;
	struct fixture f;
	uint32_t size;

	(void)state;
	start(&f, "-gdwarf-5");
	for (size_t budget = 0; status; budget += 1024) {
		close_types(&f);
		f.ctx.budget = budget;
		f.elf = elf_memory(f.image, f.size);
		status = dlk_dwarf_open(&f.ctx, f.elf, &f.types);
		if (!status)
			status = f.types->ops->size(f.types, "lone", &size);
		assert_true(!status || status == DLK_ERR_NOMEM);
		assert_true(budget < 1 << 24);
	}
	finish(&f);
}

static void test_no_dwarf(void **state)
{
	struct fixture f;

	(void)state;
	make_folder(&f);
	write_text(&f, "first.c", "int _start(void) { return 0; }", "");
	build(&f, "-g0", "first.c");
	f.elf = elf_memory(f.image, f.size);
	assert_int_equal(dlk_dwarf_open(&f.ctx, f.elf, &f.types), DLK_ERR_NOTFOUND);
	assert_null(f.types);
	assert_non_null(strstr(f.ctx.err.text, "DWARF"));
	finish(&f);
}

/* --- by hand */

/*
 * An assembler file: abbreviations by number, then units of them.
 *
 * 1 unit; 2 struct NAME SIZE; 3 member NAME TYPE OFFSET; 4 typedef NAME TYPE; 5 array TYPE;
 * 6 dimension BOUND; 7 base type SIZE; 8 bit-field NAME TYPE SIZE BITS OFFSET; 9 enum NAME;
 * 10 enumerator NAME VALUE; 11 member without a type NAME; 12 const TYPE
 */
static const char abbreviations[] =
	".section .debug_abbrev\n"
	".macro abbrev n, tag, child, attrs:vararg\n .uleb128 \\n, \\tag\n .byte \\child\n"
	" .uleb128 \\attrs\n .byte 0, 0\n.endm\n"
	"abbrev 1, 0x11, 1, 0x3, 0x8\n"
	"abbrev 2, 0x13, 1, 0x3, 0x8, 0xb, 0x6\n"
	"abbrev 3, 0x0d, 0, 0x3, 0x8, 0x49, 0x13, 0x38, 0x6\n"
	"abbrev 4, 0x16, 0, 0x3, 0x8, 0x49, 0x13\n"
	"abbrev 5, 0x01, 1, 0x49, 0x13\n"
	"abbrev 6, 0x21, 0, 0x2f, 0x6\n"
	"abbrev 7, 0x24, 0, 0xb, 0xb\n"
	"abbrev 8, 0x0d, 0, 0x3, 0x8, 0x49, 0x13, 0xb, 0xb, 0xd, 0xd, 0xc, 0xd\n"
	"abbrev 9, 0x04, 1, 0x3, 0x8\n"
	"abbrev 10, 0x28, 0, 0x3, 0x8, 0x1c, 0xd\n"
	"abbrev 11, 0x0d, 0, 0x3, 0x8\n"
	"abbrev 12, 0x26, 0, 0x49, 0x13\n"
	".byte 0\n"
	".section .debug_info\n"
	".macro ref label\n .long \\label - unit\n.endm\n"
	".macro struct label, name, size\n\\label: .uleb128 2\n .asciz \"\\name\"\n"
	" .long \\size\n.endm\n"
	".macro member name, type, at\n .uleb128 3\n .asciz \"\\name\"\n ref \\type\n"
	" .long \\at\n.endm\n"
	".macro done\n .byte 0\n.endm\n"
	"unit: .long end - 1f\n1: .short 4\n .long 0\n .byte 8\n .uleb128 1\n .asciz \"unit\"\n"
	"int: .uleb128 7\n .byte 4\n";

static void start_by_hand(struct fixture *f, const char *text)
{
	make_folder(f);
	write_text(f, "hand.s", abbreviations, text);
	build(f, "-Wl,--build-id=none", "hand.s");
	open_types(f);
}

/* References that lead in circles, or nowhere. */
static void test_cycles(void **state)
{
	struct fixture f;

	(void)state;
	start_by_hand(&f,
		      "snake: .uleb128 4\n .asciz \"snake\"\n ref tail\n"
		      "tail: .uleb128 4\n .asciz \"tail\"\n ref snake\n"
		      "struct self, self, 8\n member \"\", self, 0\ndone\n"
		      "array: .uleb128 5\n ref array\n .uleb128 6\n .long 1\ndone\n"
		      "struct holder, holder, 8\n member array, array, 0\ndone\n"
		      "struct snakes, snakes, 8\n member snake, snake, 0\ndone\n"
		      "struct lost, lost, 8\n member nowhere, unit+0x7fffffff, 0\n"
		      ".uleb128 11\n .asciz \"typeless\"\ndone\n"
		      "struct named, named, 8\n member named, named, 0\ndone\n"
		      "const: .uleb128 12\n ref const\n"
		      "struct fixed, fixed, 8\n member const, const, 0\n member ok, int, 4\ndone\n"
		      "done\nend:\n");
	check_no_size(f.types, "snake", DLK_ERR_NOTFOUND);
	assert_int_equal(try_member(f.types, "self", "x"), DLK_ERR_CORRUPT);
	assert_int_equal(try_member(f.types, "holder", "array"), DLK_ERR_CORRUPT);
	assert_int_equal(try_member(f.types, "snakes", "snake"), DLK_ERR_CORRUPT);
	assert_int_equal(try_member(f.types, "lost", "nowhere"), DLK_ERR_CORRUPT);
	assert_int_equal(try_member(f.types, "lost", "typeless"), DLK_ERR_CORRUPT);
	assert_int_equal(try_member(f.types, "fixed", "const"), DLK_ERR_CORRUPT);
	check_plain(f.types, "fixed", "ok", 4, 4, 1);
	assert_int_equal(try_member(f.types, "named", "named.named.named"), DLK_OK);
	check_path_corrupt(f.types, "named");
	check_path_corrupt(f.types, "self");
	finish(&f);
}

/* Each level has the one below twice: 2^25 ways down, all of them in vain. */
static void test_explosion(void **state)
{
	struct fixture f;
	char text[4096];
	int len = sprintf(text, "struct l0, bottom, 4\n member count, int, 0\ndone\n");

	(void)state;
	for (int i = 1; i <= 25; i++)
		len += sprintf(text + len,
			       "struct l%d, level%d, 4\n member \"\", l%d, 0\n"
			       " member \"\", l%d, 0\ndone\n",
			       i, i, i - 1, i - 1);
	sprintf(text + len, "done\nend:\n");
	start_by_hand(&f, text);
	assert_int_equal(try_member(f.types, "level25", "nothing"), DLK_ERR_CORRUPT);
	assert_int_equal(try_member(f.types, "level25", "count"), DLK_OK);
	finish(&f);
}

static void test_out_of_range(void **state)
{
	struct fixture f;

	(void)state;
	start_by_hand(&f,
		      "struct beyond, beyond, 4\n member word, int, 1\ndone\n"
		      "struct far, far, 8\n member word, int, 1 << 20\ndone\n"
		      "many: .uleb128 5\n ref int\n .uleb128 6\n .long 0x7fffffff\n .uleb128 6\n"
		      " .long 0x7fffffff\ndone\n"
		      "struct huge, huge, 0xffffffff\n member array, many, 0\ndone\n"
		      "none: .uleb128 5\n ref int\n .uleb128 6\n .long 0xffffffff\ndone\n"
		      "struct empty, empty, 0\n member array, none, 0\ndone\n"
		      ".macro bits name, size, bits, at\n .uleb128 8\n .asciz \"\\name\"\n"
		      " ref int\n .byte \\size\n .sleb128 \\bits, \\at\n.endm\n"
		      "struct bits, bits, 4\n bits good, 4, 3, 28\n bits low, 4, 3, 30\n"
		      " bits high, 4, 3, -1\n bits none, 4, 0, 0\n bits wide, 4, 65, 0\n"
		      " bits neg, 4, -3, 0\ndone\n"
		      "done\nend:\n");
	assert_int_equal(try_member(f.types, "beyond", "word"), DLK_ERR_CORRUPT);
	assert_int_equal(try_member(f.types, "far", "word"), DLK_ERR_CORRUPT);
	assert_int_equal(try_member(f.types, "huge", "array"), DLK_ERR_CORRUPT);
	check_plain(f.types, "empty", "array", 0, 0, 0);
	/* Counted from the highest bit: 32 - 28 - 3. */
	assert_int_equal(get_member(f.types, "bits", "good").bit_offset, 1);
	assert_int_equal(try_member(f.types, "bits", "low"), DLK_ERR_CORRUPT);
	assert_int_equal(try_member(f.types, "bits", "high"), DLK_ERR_CORRUPT);
	assert_int_equal(try_member(f.types, "bits", "none"), DLK_ERR_CORRUPT);
	assert_int_equal(try_member(f.types, "bits", "wide"), DLK_ERR_CORRUPT);
	assert_int_equal(try_member(f.types, "bits", "neg"), DLK_ERR_CORRUPT);
	finish(&f);
}

/* Before a unit that ends too early everything is found; what is not found may stand behind it. */
static void test_cut_off(void **state)
{
	struct fixture f;

	(void)state;
	start_by_hand(&f, "struct whole, whole, 4\n member word, int, 0\ndone\n"
			  "done\nend:\n .long 1000\n .short 4\n .long 0\n .byte 8\n");
	check_size(f.types, "whole", 4);
	check_no_size(f.types, "other", DLK_ERR_CORRUPT);
	check_no_size(f.types, "other", DLK_ERR_CORRUPT);
	check_size(f.types, "whole", 4);
	finish(&f);
}

/* More than so many units are announced. */
static void test_progress(void **state)
{
	struct fixture f;
	int count = 0;

	(void)state;
	start_by_hand(&f, "done\nend:\n.rept 300\n .long 2f - 1f\n1: .short 4\n .long 0\n .byte 8\n"
			  " .uleb128 1\n .asciz \"more\"\n done\n2:\n.endr\n");
	f.ctx.message = count_message;
	f.ctx.message_arg = &count;
	check_no_size(f.types, "nothing", DLK_ERR_NOTFOUND);
	check_no_size(f.types, "nothing", DLK_ERR_NOTFOUND);
	assert_int_equal(count, 1);
	finish(&f);
}

static void try_image(struct fixture *f, size_t size)
{
	char *copy = test_malloc(size ? size : 1);
	struct dlk_types *t = NULL;
	Elf *elf;

	memcpy(copy, f->image, size);
	elf = elf_memory(copy, size);
	if (elf && !dlk_dwarf_open(&f->ctx, elf, &t)) {
		use_types(t);
		t->ops->close(t);
	}
	elf_end(elf);
	dlk_ctx_deinit(&f->ctx);
	test_free(copy);
}

/* Where the section stands in the image, and its header. */
static Elf64_Shdr *find_section(struct fixture *f, const char *name)
{
	Elf64_Ehdr *header = (Elf64_Ehdr *)(void *)f->image;
	Elf64_Shdr *sections = (Elf64_Shdr *)(void *)(f->image + header->e_shoff);
	const char *names = f->image + sections[header->e_shstrndx].sh_offset;

	for (int i = 0; i < header->e_shnum; i++)
		if (!strcmp(names + sections[i].sh_name, name))
			return &sections[i];
	fail_msg("no section %s", name);
	return NULL;
}

static const char *const sections[] = { ".debug_info", ".debug_abbrev", ".debug_str" };

/* Sections that end too early: an answer, or an error. */
static void test_truncated(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, "-gdwarf-5");
	close_types(&f);
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		Elf64_Shdr *section = find_section(&f, sections[i]);
		uint64_t full = section->sh_size;

		for (section->sh_size = 0; section->sh_size < full; section->sh_size += 3)
			try_image(&f, f.size);
		section->sh_size = full;
	}
	for (size_t size = 0; size < f.size; size += 97)
		try_image(&f, size);
	finish(&f);
}

/* Every byte in turn is something else: an error, or types that can be used. */
static void test_damaged(void **state)
{
	static const uint8_t damage[] = { 0x01, 0x10, 0x80, 0xff };
	struct fixture f;

	(void)state;
	start(&f, "-gdwarf-5");
	close_types(&f);
	for (size_t i = 0; i < 2; i++) {
		const Elf64_Shdr *section = find_section(&f, sections[i]);

		for (size_t at = 0; at < section->sh_size; at++) {
			char *byte = f.image + section->sh_offset + at;

			*byte = (char)(*byte ^ damage[at % 4]);
			try_image(&f, f.size);
			*byte = (char)(*byte ^ damage[at % 4]);
		}
	}
	finish(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dwarf_5),      cmocka_unit_test(test_dwarf_4),
		cmocka_unit_test(test_old_dwarf),    cmocka_unit_test(test_compressed_sections),
		cmocka_unit_test(test_type_units),   cmocka_unit_test(test_lazy),
		cmocka_unit_test(test_no_memory),    cmocka_unit_test(test_no_dwarf),
		cmocka_unit_test(test_cycles),       cmocka_unit_test(test_explosion),
		cmocka_unit_test(test_out_of_range), cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_progress),     cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
