/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VMLINUX, on a small ELF file put together here byte by byte.
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
#include <elf.h>

#include "debuginfo/vmlinux.h"
#include "symbol-checks.h"

#define IMAGE 0xffffffff81000000u
#define KASLR 0x1e000000

enum { TEXT = 1, PERCPU, BTF, NOTES, COMMENT, SYMTAB, STRTAB, SHSTRTAB, SECTIONS };

struct sym {
	const char *name;
	uint64_t value;
	uint16_t section;
	uint8_t bind, type;
};

/* In no order, as a linker leaves them. */
static const struct sym symbols[] = {
	{ "", 0, SHN_UNDEF, STB_LOCAL, STT_NOTYPE },
	{ "file.c", 0, SHN_ABS, STB_LOCAL, STT_FILE },
	{ "_end", IMAGE + 0x2000, TEXT, STB_GLOBAL, STT_NOTYPE },
	{ "weak_alias", IMAGE + 0x40, TEXT, STB_WEAK, STT_FUNC },
	{ "__do_it", IMAGE + 0x40, TEXT, STB_GLOBAL, STT_FUNC },
	{ "z_do_it", IMAGE + 0x40, TEXT, STB_GLOBAL, STT_FUNC },
	{ "do_it", IMAGE + 0x40, TEXT, STB_GLOBAL, STT_FUNC },
	{ "__start_do_it", IMAGE + 0x40, TEXT, STB_GLOBAL, STT_NOTYPE },
	{ "twice", IMAGE + 0x90, TEXT, STB_LOCAL, STT_FUNC },
	{ "twice", IMAGE + 0x80, TEXT, STB_LOCAL, STT_FUNC },
	{ "_stext", IMAGE, TEXT, STB_GLOBAL, STT_NOTYPE },
	{ "_text", IMAGE, TEXT, STB_GLOBAL, STT_NOTYPE },
	{ "per_cpu_thing", 0x18, PERCPU, STB_LOCAL, STT_OBJECT },
	{ "absolute", IMAGE + 0x44, SHN_ABS, STB_GLOBAL, STT_NOTYPE },
	{ "missing", IMAGE + 0x45, SHN_UNDEF, STB_GLOBAL, STT_NOTYPE },
	{ ".L42", IMAGE + 0x46, TEXT, STB_LOCAL, STT_NOTYPE },
	{ "__crc_do_it", IMAGE + 0x47, TEXT, STB_LOCAL, STT_NOTYPE },
	{ "__kstrtab_do_it", IMAGE + 0x48, TEXT, STB_LOCAL, STT_NOTYPE },
	{ "", IMAGE + 0x49, TEXT, STB_LOCAL, STT_SECTION },
	{ "a_comment", 0x10, COMMENT, STB_LOCAL, STT_NOTYPE },
	{ "some_data", IMAGE + 0x1000, TEXT, STB_GLOBAL, STT_OBJECT },
};

enum { SYMBOLS = sizeof(symbols) / sizeof(symbols[0]) };

struct file {
	char path[64];
	struct dlk_ctx ctx;
	uint8_t bytes[8192];
	size_t size;
	Elf64_Ehdr *header;
	Elf64_Shdr *sections;
};

static void put(struct file *f, int section, const void *data, size_t len)
{
	assert_true(f->size + len + 8 <= sizeof(f->bytes));
	if (!f->sections[section].sh_offset)
		f->sections[section].sh_offset = f->size;
	memcpy(f->bytes + f->size, data, len);
	f->size += len;
	f->sections[section].sh_size = f->size - f->sections[section].sh_offset;
}

static void align(struct file *f)
{
	f->size = (f->size + 7) & ~(size_t)7;
}

static void put_symbols(struct file *f, const struct sym *syms, int count)
{
	Elf64_Sym table[SYMBOLS] = { 0 };

	assert_true(count <= SYMBOLS);
	put(f, STRTAB, "", 1);
	for (int i = 0; i < count; i++) {
		table[i] = (Elf64_Sym){
			.st_name = (uint32_t)(f->size - f->sections[STRTAB].sh_offset),
			.st_info = ELF64_ST_INFO(syms[i].bind, syms[i].type),
			.st_shndx = syms[i].section,
			.st_value = syms[i].value,
		};
		put(f, STRTAB, syms[i].name, strlen(syms[i].name) + 1);
	}
	align(f);
	put(f, SYMTAB, table, (size_t)count * sizeof(table[0]));
}

static void put_note(struct file *f)
{
	static const struct {
		Elf64_Nhdr header;
		char name[4];
		uint8_t id[20];
	} note = { { 4, 20, NT_GNU_BUILD_ID },
		   "GNU",
		   { 0xde, 0xad, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 0xff } };

	put(f, NOTES, &note, sizeof(note));
}

static void put_section_headers(struct file *f)
{
	static const char *const names[SECTIONS] = { "",        ".text",   ".data..percpu",
						     ".BTF",    ".notes",  ".comment",
						     ".symtab", ".strtab", ".shstrtab" };
	static const uint32_t types[SECTIONS] = { SHT_NULL,     SHT_PROGBITS, SHT_PROGBITS,
						  SHT_PROGBITS, SHT_NOTE,     SHT_PROGBITS,
						  SHT_SYMTAB,   SHT_STRTAB,   SHT_STRTAB };

	for (int i = 0; i < SECTIONS; i++) {
		f->sections[i].sh_name = (uint32_t)(i ? f->sections[SHSTRTAB].sh_size : 0);
		f->sections[i].sh_type = types[i];
		f->sections[i].sh_addralign = i == NOTES ? 4 : 1;
		f->sections[i].sh_flags = i && i < COMMENT ? SHF_ALLOC : 0;
		put(f, SHSTRTAB, names[i], strlen(names[i]) + 1);
	}
	f->sections[SYMTAB].sh_link = STRTAB;
	f->sections[SYMTAB].sh_entsize = sizeof(Elf64_Sym);
	f->sections[SYMTAB].sh_addralign = 8;
	f->sections[TEXT].sh_addr = IMAGE;
}

static void make_elf_of(struct file *f, const struct sym *syms, int count)
{
	*f = (struct file){ .size = sizeof(Elf64_Ehdr) + SECTIONS * sizeof(Elf64_Shdr) };
	f->header = (Elf64_Ehdr *)(void *)f->bytes;
	f->sections = (Elf64_Shdr *)(void *)(f->header + 1);
	*f->header = (Elf64_Ehdr){
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_EXEC,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_shoff = sizeof(Elf64_Ehdr),
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = SECTIONS,
		.e_shstrndx = SHSTRTAB,
	};
	put(f, TEXT, "text", 5);
	put(f, PERCPU, "data", 5);
	put(f, COMMENT, "comment", 8);
	put(f, BTF, "these are types", 15);
	align(f);
	put_note(f);
	align(f);
	put_symbols(f, syms, count);
	put_section_headers(f);
	dlk_ctx_init(&f->ctx);
}

static void make_elf(struct file *f)
{
	make_elf_of(f, symbols, SYMBOLS);
}

static void write_file(struct file *f, size_t size)
{
	int fd;

	strcpy(f->path, "/tmp/u-vmlinux-XXXXXX");
	fd = mkstemp(f->path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, f->bytes, size), (ssize_t)size);
	close(fd);
}

static enum dlk_status open_file(struct file *f, size_t size, struct dlk_vmlinux **ret)
{
	enum dlk_status status;

	write_file(f, size);
	status = dlk_vmlinux_open(&f->ctx, f->path, ret);
	unlink(f->path);
	return status;
}

static void check_symbols(struct dlk_vmlinux *v, int64_t kaslr)
{
	static const char *const absent[] = { "file.c", "absolute",    "missing",
					      ".L42",   "__crc_do_it", "__kstrtab_do_it",
					      "",       "a_comment",   "do_i" };
	dlk_addr_t image = IMAGE + (uint64_t)kaslr;
	struct dlk_symbols *s = NULL;

	assert_int_equal(dlk_vmlinux_symbols(v, kaslr, &s), DLK_OK);
	assert_string_equal(s->ops->name, "vmlinux");
	check_find(s, "_stext", image);
	check_find(s, "do_it", image + 0x40);
	check_find(s, "weak_alias", image + 0x40);
	check_find(s, "twice", image + 0x80); /* the lower one */
	check_find(s, "per_cpu_thing", 0x18); /* KASLR does not move it */
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		check_no_find(s, absent[i]);
	check_at(s, image, image, "_stext");
	check_at(s, image + 0x3f, image, "_stext");
	check_at(s, image + 0x49, image + 0x40, "do_it");
	check_at(s, image + 0x8f, image + 0x80, "twice");
	check_at(s, image + 0x1fff, image + 0x1000, "some_data");
	check_not_at(s, image - 1);
	check_not_at(s, image + 0x2000);
	check_not_at(s, 0x18);
}

static void test_symbols(void **state)
{
	static struct file f;
	struct dlk_vmlinux *v = NULL;

	(void)state;
	make_elf(&f);
	assert_int_equal(open_file(&f, f.size, &v), DLK_OK);
	check_symbols(v, 0);
	check_symbols(v, KASLR);
	dlk_vmlinux_close(v);
	dlk_ctx_deinit(&f.ctx);
}

/* The symbol that scripts/kallsyms.c puts first is not always the first by name, or in the file. */
static void test_order_of_aliases(void **state)
{
	static const struct sym aliases[] = {
		{ "", 0, SHN_UNDEF, STB_LOCAL, STT_NOTYPE },
		{ "a_weak", IMAGE, TEXT, STB_WEAK, STT_FUNC },
		{ "strong", IMAGE, TEXT, STB_LOCAL, STT_FUNC },
		{ "__stop_it", IMAGE + 0x10, TEXT, STB_GLOBAL, STT_FUNC },
		{ "___inner", IMAGE + 0x10, TEXT, STB_GLOBAL, STT_FUNC },
		{ "_first", IMAGE + 0x20, TEXT, STB_GLOBAL, STT_FUNC },
		{ "second", IMAGE + 0x20, TEXT, STB_GLOBAL, STT_FUNC },
		{ "third", IMAGE + 0x30, TEXT, STB_GLOBAL, STT_FUNC },
		{ "_fourth", IMAGE + 0x30, TEXT, STB_GLOBAL, STT_FUNC },
		{ "beta", IMAGE + 0x40, TEXT, STB_GLOBAL, STT_FUNC },
		{ "alpha", IMAGE + 0x40, TEXT, STB_GLOBAL, STT_FUNC },
		{ "_b_start", IMAGE + 0x50, TEXT, STB_GLOBAL, STT_FUNC },
		{ "__a_start", IMAGE + 0x50, TEXT, STB_GLOBAL, STT_FUNC },
		{ "a_weak_object", IMAGE + 0x60, TEXT, STB_WEAK, STT_OBJECT },
		{ "object", IMAGE + 0x60, TEXT, STB_GLOBAL, STT_OBJECT },
		{ "behind", IMAGE + 0x70, TEXT, STB_GLOBAL, STT_OBJECT },
	};
	static struct file f;
	struct dlk_vmlinux *v = NULL;
	struct dlk_symbols *s = NULL;

	(void)state;
	make_elf_of(&f, aliases, sizeof(aliases) / sizeof(aliases[0]));
	assert_int_equal(open_file(&f, f.size, &v), DLK_OK);
	assert_int_equal(dlk_vmlinux_symbols(v, 0, &s), DLK_OK);
	check_at(s, IMAGE, IMAGE, "strong");
	check_at(s, IMAGE + 0x10, IMAGE + 0x10, "___inner");
	check_at(s, IMAGE + 0x20, IMAGE + 0x20, "second");
	check_at(s, IMAGE + 0x30, IMAGE + 0x30, "third");
	check_at(s, IMAGE + 0x40, IMAGE + 0x40, "alpha");
	check_at(s, IMAGE + 0x50, IMAGE + 0x50, "_b_start");
	check_at(s, IMAGE + 0x60, IMAGE + 0x60, "a_weak_object");
	/* Without _end the last symbol is where the image ends. */
	check_at(s, IMAGE + 0x70, IMAGE + 0x70, "behind");
	check_not_at(s, IMAGE + 0x71);
	dlk_vmlinux_close(v);
	dlk_ctx_deinit(&f.ctx);
}

/* Addresses that differ high up only. */
static void test_far_apart(void **state)
{
	static const struct sym far[] = {
		{ "", 0, SHN_UNDEF, STB_LOCAL, STT_NOTYPE },
		{ "high", IMAGE + 0x10000000, TEXT, STB_GLOBAL, STT_FUNC },
		{ "low", IMAGE, TEXT, STB_GLOBAL, STT_FUNC },
		{ "middle", IMAGE + 0x400000, TEXT, STB_GLOBAL, STT_FUNC },
	};
	static struct file f;
	struct dlk_vmlinux *v = NULL;
	struct dlk_symbols *s = NULL;

	(void)state;
	make_elf_of(&f, far, sizeof(far) / sizeof(far[0]));
	assert_int_equal(open_file(&f, f.size, &v), DLK_OK);
	assert_int_equal(dlk_vmlinux_symbols(v, 0, &s), DLK_OK);
	check_at(s, IMAGE + 0x3fffff, IMAGE, "low");
	check_at(s, IMAGE + 0x400001, IMAGE + 0x400000, "middle");
	check_at(s, IMAGE + 0x10000000, IMAGE + 0x10000000, "high");
	dlk_vmlinux_close(v);
	dlk_ctx_deinit(&f.ctx);
}

static void test_names_outlive_the_file(void **state)
{
	static struct file f;
	struct dlk_vmlinux *v = NULL;
	struct dlk_symbols *s = NULL;
	struct dlk_symbol symbol;

	(void)state;
	make_elf(&f);
	assert_int_equal(open_file(&f, f.size, &v), DLK_OK);
	assert_int_equal(dlk_vmlinux_symbols(v, 0, &s), DLK_OK);
	assert_int_equal(s->ops->at(s, IMAGE + 0x80, &symbol), DLK_OK);
	dlk_vmlinux_close(v);
	assert_string_equal(symbol.name, "twice");
	dlk_ctx_deinit(&f.ctx);
}

static void test_build_id_and_btf(void **state)
{
	static struct file f;
	struct dlk_vmlinux *v = NULL;
	const char *id = NULL;
	const void *data = NULL;
	size_t size = 0;

	(void)state;
	make_elf(&f);
	assert_int_equal(open_file(&f, f.size, &v), DLK_OK);
	assert_int_equal(dlk_vmlinux_build_id(v, &id), DLK_OK);
	assert_string_equal(id, "dead00010203040506070809"
				"0a0b0c0d0e0f10ff");
	assert_int_equal(dlk_vmlinux_btf(v, &data, &size), DLK_OK);
	assert_int_equal(size, 15);
	assert_memory_equal(data, "these are types", 15);
	dlk_vmlinux_close(v);
	dlk_ctx_deinit(&f.ctx);
}

/* As eu-strip leaves a file: the sections are there, their bytes are not. */
static void test_without_build_id_and_btf(void **state)
{
	static struct file f;
	struct dlk_vmlinux *v = NULL;
	const char *id = NULL;
	const void *data = NULL;
	size_t size = 0;

	(void)state;
	make_elf(&f);
	f.sections[NOTES].sh_type = SHT_PROGBITS;
	f.sections[BTF].sh_type = SHT_NOBITS;
	assert_int_equal(open_file(&f, f.size, &v), DLK_OK);
	assert_int_equal(dlk_vmlinux_build_id(v, &id), DLK_ERR_NOTFOUND);
	assert_int_equal(dlk_vmlinux_btf(v, &data, &size), DLK_ERR_NOTFOUND);
	assert_null(id);
	assert_null(data);
	dlk_vmlinux_close(v);
	dlk_ctx_deinit(&f.ctx);
}

static void check_refusal(struct file *f, enum dlk_status expected, const char *text)
{
	struct dlk_vmlinux *v = NULL;

	assert_int_equal(open_file(f, f->size, &v), expected);
	assert_null(v);
	assert_non_null(strstr(f->ctx.err.text, f->path));
	assert_non_null(strstr(f->ctx.err.text, text));
	dlk_ctx_deinit(&f->ctx);
}

static void test_refusals(void **state)
{
	static struct file f;
	struct dlk_vmlinux *v = NULL;

	(void)state;
	make_elf(&f);
	memset(f.bytes, 0x90, sizeof(f.bytes));
	memcpy(f.bytes + 0x202, "HdrS", 4);
	check_refusal(&f, DLK_ERR_UNSUPPORTED, "compressed kernel image (bzImage); give vmlinux");

	make_elf(&f);
	memcpy(f.bytes, "text", 4);
	check_refusal(&f, DLK_ERR_UNSUPPORTED, "not an ELF file");

	make_elf(&f);
	f.size = 0;
	check_refusal(&f, DLK_ERR_UNSUPPORTED, "not an ELF file");

	make_elf(&f);
	f.header->e_machine = EM_AARCH64;
	check_refusal(&f, DLK_ERR_UNSUPPORTED,
		      "a file of another architecture; only x86_64 is supported");

	make_elf(&f);
	f.header->e_type = ET_CORE;
	check_refusal(&f, DLK_ERR_UNSUPPORTED, "this is a dump");

	make_elf(&f);
	f.header->e_type = ET_REL;
	check_refusal(&f, DLK_ERR_UNSUPPORTED, "module");

	make_elf(&f);
	assert_int_equal(dlk_vmlinux_open(&f.ctx, "/nonexistent/vmlinux", &v), DLK_ERR_SYSTEM);
	assert_non_null(strstr(f.ctx.err.text, "/nonexistent/vmlinux"));
	assert_int_equal(dlk_vmlinux_open(&f.ctx, "/", &v), DLK_ERR_UNSUPPORTED);
	assert_null(v);
	dlk_vmlinux_close(NULL);
	dlk_ctx_deinit(&f.ctx);
}

static void check_no_symbols(struct file *f, enum dlk_status expected, const char *text)
{
	struct dlk_vmlinux *v = NULL;
	struct dlk_symbols *s = NULL;

	assert_int_equal(open_file(f, f->size, &v), DLK_OK);
	assert_int_equal(dlk_vmlinux_symbols(v, 0, &s), expected);
	assert_null(s);
	assert_non_null(strstr(f->ctx.err.text, text));
	dlk_vmlinux_close(v);
	dlk_ctx_deinit(&f->ctx);
}

static void test_damaged_symbols(void **state)
{
	static struct file f;

	(void)state;
	make_elf(&f);
	f.sections[SYMTAB].sh_type = SHT_PROGBITS;
	check_no_symbols(&f, DLK_ERR_UNSUPPORTED, "stripped");

	make_elf(&f);
	f.sections[SYMTAB].sh_size = sizeof(Elf64_Sym);
	check_no_symbols(&f, DLK_ERR_UNSUPPORTED, "no symbols of a kernel");

	make_elf(&f);
	f.sections[SYMTAB].sh_link = 200;
	check_no_symbols(&f, DLK_ERR_CORRUPT, "symbol table");

	make_elf(&f);
	f.sections[STRTAB].sh_size--; /* its last byte is no NUL byte */
	check_no_symbols(&f, DLK_ERR_CORRUPT, "symbol table");

	make_elf(&f);
	f.sections[STRTAB].sh_offset = 1 << 20;
	check_no_symbols(&f, DLK_ERR_CORRUPT, "symbol table");
}

static void try_file(struct file *f, size_t size)
{
	struct dlk_vmlinux *v = NULL;
	struct dlk_symbols *s = NULL;
	struct dlk_symbol symbol;
	const char *id;
	const void *data;
	dlk_addr_t address;
	size_t len;

	if (open_file(f, size, &v)) {
		assert_null(v);
	} else {
		(void)!dlk_vmlinux_build_id(v, &id);
		if (!dlk_vmlinux_btf(v, &data, &len))
			for (size_t i = 0; i < len; i++)
				f->bytes[sizeof(f->bytes) - 1] ^= ((const uint8_t *)data)[i];
		if (!dlk_vmlinux_symbols(v, KASLR, &s)) {
			(void)!s->ops->find(s, "do_it", &address);
			for (uint32_t at = 0; at < 0x2000; at += 16)
				(void)!s->ops->at(s, IMAGE + KASLR + at, &symbol);
		}
		dlk_vmlinux_close(v);
	}
	dlk_ctx_deinit(&f->ctx);
}

/* The file ends at every byte; then every byte in turn is something else. */
static void test_hostile(void **state)
{
	static struct file f;
	size_t full;

	(void)state;
	make_elf(&f);
	full = f.size;
	for (size_t size = 0; size < full; size++)
		try_file(&f, size);
	for (size_t at = 0; at < full; at++) {
		static const uint8_t damage[] = { 0x01, 0x80, 0xff };

		f.bytes[at] ^= damage[at % 3];
		try_file(&f, full);
		f.bytes[at] ^= damage[at % 3];
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_symbols),
		cmocka_unit_test(test_order_of_aliases),
		cmocka_unit_test(test_far_apart),
		cmocka_unit_test(test_names_outlive_the_file),
		cmocka_unit_test(test_build_id_and_btf),
		cmocka_unit_test(test_without_build_id_and_btf),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_damaged_symbols),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
