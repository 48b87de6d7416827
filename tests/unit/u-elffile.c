/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ELF files and their separate debug files: a kernel of a few bytes that the compiler makes and
 * binutils take apart, seen as VMLINUX.
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

#include "debuginfo/elffile.h"
#include "debuginfo/vmlinux.h"

#define IMAGE 0xffffffff81000000u
#define KASLR 0x1e000000

/* A kernel of a few bytes in a folder of its own. */
struct built {
	char folder[32];
	char path[64]; /* vmlinux there */
	struct dlk_ctx ctx;
	const char *id;
};

static void run(const struct built *b, const char *command)
{
	char line[1024];

	snprintf(line, sizeof(line), "cd %s && { %s; }", b->folder, command);
	assert_int_equal(system(line), 0);
}

/* Its build ID is that of its bytes: @p value makes it another build. */
static void compile(struct built *b, const char *name, int value)
{
	const char *cc = getenv("CC");
	char line[512];

	snprintf(line, sizeof(line),
		 "printf 'struct thing { int a, b; } thing = { %d, 0 };\\n"
		 "int do_it(void) { return 0; }' > k.c && %s -g -nostdlib -static -Wl,-e,0 "
		 "-Wl,--build-id -Wl,-Ttext-segment=0xffffffff81000000 k.c -o %s && rm k.c",
		 value, cc && *cc ? cc : "cc", name);
	run(b, line);
}

static void build(struct built *b)
{
	*b = (struct built){ .folder = "/tmp/u-elffile-XXXXXX" };
	assert_non_null(mkdtemp(b->folder));
	snprintf(b->path, sizeof(b->path), "%s/vmlinux", b->folder);
	dlk_ctx_init(&b->ctx);
	compile(b, "vmlinux", 1);
}

static void demolish(struct built *b)
{
	run(b, "cd / && rm -r \"$OLDPWD\"");
	dlk_ctx_deinit(&b->ctx);
}

/* Symbols and types are there, and of the right kernel. */
static void check_whole(struct built *b, const char *path)
{
	struct dlk_vmlinux *v = NULL;
	struct dlk_types *t = NULL;
	struct dlk_symbols *s = NULL;
	struct dlk_member m;
	dlk_addr_t address;
	const char *id;

	assert_int_equal(dlk_vmlinux_open(&b->ctx, path, &v), DLK_OK);
	assert_int_equal(dlk_vmlinux_build_id(v, &id), DLK_OK);
	assert_int_equal(strlen(id), 40);
	if (!b->id)
		b->id = id;
	assert_string_equal(id, b->id);
	assert_int_equal(dlk_vmlinux_symbols(v, KASLR, &s), DLK_OK);
	assert_int_equal(s->ops->find(s, "do_it", &address), DLK_OK);
	assert_int_equal(address >> 24, (IMAGE + KASLR) >> 24);
	assert_int_equal(dlk_vmlinux_dwarf(v, &t), DLK_OK);
	assert_int_equal(t->ops->member(t, "thing", "b", &m), DLK_OK);
	assert_int_equal(m.offset, 4);
	t->ops->close(t);
	dlk_vmlinux_close(v);
}

/* Neither is there; the text names @p text. */
static void check_stripped(struct built *b, const char *text)
{
	struct dlk_vmlinux *v = NULL;
	struct dlk_types *t = NULL;
	struct dlk_symbols *s = NULL;

	assert_int_equal(dlk_vmlinux_open(&b->ctx, b->path, &v), DLK_OK);
	assert_int_equal(dlk_vmlinux_symbols(v, 0, &s), DLK_ERR_UNSUPPORTED);
	assert_non_null(strstr(b->ctx.err.text, "no symbol table"));
	assert_non_null(strstr(b->ctx.err.text, text));
	assert_int_equal(dlk_vmlinux_dwarf(v, &t), DLK_ERR_UNSUPPORTED);
	assert_non_null(strstr(b->ctx.err.text, "no debugging information"));
	assert_non_null(strstr(b->ctx.err.text, text));
	assert_non_null(strstr(b->ctx.err.text, b->path));
	assert_null(s);
	assert_null(t);
	dlk_vmlinux_close(v);
}

#define STRIP "objcopy --only-keep-debug vmlinux vmlinux.debug && objcopy -S vmlinux"

static void test_debug_file_beside(void **state)
{
	char path[128];
	struct built b;

	(void)state;
	build(&b);
	check_whole(&b, b.path);
	run(&b, STRIP);
	check_whole(&b, b.path);
	run(&b, "mkdir .debug && mv vmlinux.debug .debug");
	check_whole(&b, b.path);
	/* A link to it names another folder: that of the file itself counts. */
	run(&b, "mkdir sub && ln -s ../vmlinux sub/kernel");
	snprintf(path, sizeof(path), "%s/sub/kernel", b.folder);
	check_whole(&b, path);
	demolish(&b);
}

static void test_debug_link(void **state)
{
	struct built b;

	(void)state;
	build(&b);
	check_whole(&b, b.path);
	run(&b, STRIP " && mv vmlinux.debug some.dbg && "
		      "objcopy --add-gnu-debuglink=some.dbg vmlinux");
	check_whole(&b, b.path);
	run(&b, "mkdir .debug && mv some.dbg .debug");
	check_whole(&b, b.path);
	run(&b, "mv .debug/some.dbg vmlinux.debug");
	check_stripped(&b, "some.dbg");
	demolish(&b);
}

static void test_debug_file_alone(void **state)
{
	char path[128];
	struct built b;

	(void)state;
	build(&b);
	check_whole(&b, b.path);
	run(&b, STRIP);
	snprintf(path, sizeof(path), "%s.debug", b.path);
	check_whole(&b, path);
	demolish(&b);
}

static void test_no_debug_file(void **state)
{
	struct built b;

	(void)state;
	build(&b);
	run(&b, STRIP " && rm vmlinux.debug");
	check_stripped(&b, "/usr/lib/debug/.build-id/");
	check_stripped(&b, "vmlinux.debug, ");
	run(&b, "objcopy --remove-section .note.gnu.build-id vmlinux");
	check_stripped(&b, "no build-id");
	demolish(&b);
}

/* A debug file that has not everything: only what is missing is missed. */
static void test_half_a_debug_file(void **state)
{
	struct dlk_vmlinux *v = NULL;
	struct dlk_types *t = NULL;
	struct dlk_symbols *s = NULL;
	struct built b;

	(void)state;
	build(&b);
	run(&b, "objcopy --strip-debug vmlinux vmlinux.debug && objcopy -S vmlinux");
	assert_int_equal(dlk_vmlinux_open(&b.ctx, b.path, &v), DLK_OK);
	assert_int_equal(dlk_vmlinux_symbols(v, 0, &s), DLK_OK);
	assert_int_equal(dlk_vmlinux_dwarf(v, &t), DLK_ERR_UNSUPPORTED);
	assert_non_null(strstr(b.ctx.err.text, "nor has its debug file"));
	dlk_vmlinux_close(v);
	demolish(&b);
}

static void test_debug_file_of_another_build(void **state)
{
	struct built b;

	(void)state;
	build(&b);
	run(&b, "objcopy -S vmlinux");
	compile(&b, "vmlinux.debug", 2);
	check_stripped(&b, "vmlinux.debug (of another build)");
	run(&b, "cp vmlinux vmlinux.debug");
	check_stripped(&b, "vmlinux.debug (stripped, too)");
	run(&b, "echo nothing > vmlinux.debug");
	check_stripped(&b, "vmlinux.debug, ");
	demolish(&b);
}

static void check_found_below(struct built *b, const char *root, const char *path)
{
	struct dlk_elffile f, debug = { .fd = -1 };
	const char *sought = NULL;

	assert_int_equal(dlk_elffile_open(&b->ctx, b->path, &f), DLK_OK);
	assert_int_equal(dlk_elffile_find_debug(&b->ctx, &f, root, &debug, &sought), DLK_OK);
	assert_non_null(strstr(debug.path, path));
	assert_true(dlk_elffile_has_dwarf(&debug));
	assert_true(dlk_elffile_has_symbols(&debug));
	assert_false(dlk_elffile_has_dwarf(&f));
	assert_null(sought);
	dlk_elffile_close(&debug);
	dlk_elffile_close(&f);
}

/* As distributions install them. */
static void test_debug_root(void **state)
{
	char root[64], line[512], path[256];
	struct built b;

	(void)state;
	build(&b);
	check_whole(&b, b.path);
	run(&b, STRIP);
	snprintf(root, sizeof(root), "%s/root", b.folder);
	snprintf(path, sizeof(path), "root/.build-id/%.2s/%s.debug", b.id, b.id + 2);
	snprintf(line, sizeof(line), "mkdir -p root/.build-id/%.2s && mv vmlinux.debug %s", b.id,
		 path);
	run(&b, line);
	check_found_below(&b, root, path);
	snprintf(line, sizeof(line), "mkdir -p root%s && mv %s root%s", b.folder, path, b.path);
	run(&b, line);
	check_found_below(&b, root, b.path);
	snprintf(line, sizeof(line), "mv root%s root%s.debug", b.path, b.path);
	run(&b, line);
	check_found_below(&b, root, ".debug");
	demolish(&b);
}

/* One in the other, too; what is not unpacked is named. */
static void test_compressed_file(void **state)
{
	struct dlk_vmlinux *v = NULL;
	struct built b;

	(void)state;
	build(&b);
	check_whole(&b, b.path);
	run(&b, "gzip vmlinux && mv vmlinux.gz vmlinux");
	check_whole(&b, b.path);
	run(&b, "zstd -q vmlinux -o v && xz -c v >vmlinux");
	check_whole(&b, b.path);
	run(&b, "printf '\\050\\265\\057\\375nothing' > vmlinux");
	assert_int_equal(dlk_vmlinux_open(&b.ctx, b.path, &v), DLK_ERR_CORRUPT);
	assert_non_null(strstr(b.ctx.err.text, "vmlinux: the zstd file is damaged"));
	run(&b, "printf 'BZh91AY' > vmlinux");
	assert_int_equal(dlk_vmlinux_open(&b.ctx, b.path, &v), DLK_ERR_UNSUPPORTED);
	assert_non_null(strstr(b.ctx.err.text, "bzip2"));
	run(&b, "rm vmlinux && mkfifo vmlinux");
	assert_int_equal(dlk_vmlinux_open(&b.ctx, b.path, &v), DLK_ERR_UNSUPPORTED);
	assert_non_null(strstr(b.ctx.err.text, "not a regular file"));
	demolish(&b);
}

/* dwz's other file would be opened by libdw, whatever is named. */
static void test_dwz(void **state)
{
	struct dlk_vmlinux *v = NULL;
	struct dlk_types *t = NULL;
	struct built b;

	(void)state;
	build(&b);
	run(&b, "printf '/etc/passwd\\0xxxxxxxxxxxxxxxxxxxx' >link && objcopy --add-section "
		".gnu_debugaltlink=link vmlinux");
	assert_int_equal(dlk_vmlinux_open(&b.ctx, b.path, &v), DLK_OK);
	assert_int_equal(dlk_vmlinux_dwarf(v, &t), DLK_ERR_UNSUPPORTED);
	assert_non_null(strstr(b.ctx.err.text, "in another file, where dwz has put it"));
	assert_null(t);
	dlk_vmlinux_close(v);
	demolish(&b);
}

/* Compressed sections that are what they declare are read. */
static void test_compressed_sections(void **state)
{
	static const char *const kinds[] = { "zlib", "zlib-gnu" };
	struct built b;

	(void)state;
	build(&b);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		char line[128];

		snprintf(line, sizeof(line),
			 "objcopy --decompress-debug-sections vmlinux && "
			 "objcopy --compress-debug-sections=%s vmlinux",
			 kinds[i]);
		run(&b, line);
		check_whole(&b, b.path);
	}
	demolish(&b);
}

/* Section headers come last: without them a file looks stripped. */
static void test_cut_file(void **state)
{
	static const char *const cuts[] = { "truncate -s -1 vmlinux", "truncate -s 4096 vmlinux",
					    "gzip vmlinux && mv vmlinux.gz vmlinux",
					    "truncate -s 64 vmlinux" };
	struct dlk_vmlinux *v = NULL;
	struct built b;

	(void)state;
	build(&b);
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		if (i == 3)
			compile(&b, "vmlinux", 1);
		run(&b, cuts[i]);
		assert_int_equal(dlk_vmlinux_open(&b.ctx, b.path, &v), DLK_ERR_CORRUPT);
		assert_non_null(strstr(b.ctx.err.text, "vmlinux: cut off: section headers at "));
	}
	assert_non_null(strstr(b.ctx.err.text, "the file has 64 bytes"));
	demolish(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_debug_file_beside),
		cmocka_unit_test(test_debug_link),
		cmocka_unit_test(test_debug_file_alone),
		cmocka_unit_test(test_no_debug_file),
		cmocka_unit_test(test_half_a_debug_file),
		cmocka_unit_test(test_debug_file_of_another_build),
		cmocka_unit_test(test_debug_root),
		cmocka_unit_test(test_compressed_file),
		cmocka_unit_test(test_compressed_sections),
		cmocka_unit_test(test_dwz),
		cmocka_unit_test(test_cut_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
