/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ELF dumps whose headers, notes or VMCOREINFO are made to cost much, or to mislead. */
#include <config.h>

#include "bytes.h"
#include "meter.h"

#include <elf.h>
#include <stdio.h>

enum { HEADERS_AT = sizeof(Elf64_Ehdr), MOST = 65534 };

static const uint64_t mib = 1 << 20;

/* The header, with the program headers behind it; sections: where section headers are, 0. */
static void put_header(struct bytes *b, unsigned count, uint64_t sections)
{
	Elf64_Ehdr eh = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			  .e_type = ET_CORE,
			  .e_machine = EM_X86_64,
			  .e_version = EV_CURRENT,
			  .e_phoff = HEADERS_AT,
			  .e_ehsize = sizeof(eh),
			  .e_phentsize = sizeof(Elf64_Phdr),
			  .e_phnum = (uint16_t)count };

	if (sections) {
		eh.e_shoff = sections;
		eh.e_shnum = 1;
		eh.e_shentsize = sizeof(Elf64_Shdr);
	}
	bytes_put(b, &eh, sizeof(eh));
}

static void put_program(struct bytes *b, unsigned type, uint64_t offset, uint64_t address,
			uint64_t size)
{
	const Elf64_Phdr ph = { .p_type = type,
				.p_offset = offset,
				.p_paddr = address,
				.p_filesz = size,
				.p_memsz = size };

	bytes_put(b, &ph, sizeof(ph));
}

static void put_note(struct bytes *b, const char *name, uint32_t name_size, uint32_t size)
{
	bytes_u32(b, name_size);
	bytes_u32(b, size);
	bytes_u32(b, 0);
	bytes_text(b, name);
	bytes_fill(b, 0, 12 - strlen(name));
}

/* --- headers */

/* As many notes as there can be headers, all of them the same bytes. */
static void test_notes_again_and_again(void **state)
{
	static const struct {
		uint64_t size;
		const char *what;
	} rows[] = { { 64 << 20, "64 MiB of notes, 65533 times" },
		     { 1 << 20, "1 MiB of notes, 65533 times" },
		     { 4096, "4 KiB of notes, 65533 times" } };
	struct meter *m = *state;

	for (size_t i = 0; i < 3; i++) {
		const uint64_t at = 4 * mib;
		struct bytes b;

		bytes_open(&b, m->path);
		put_header(&b, MOST, 0);
		put_program(&b, PT_LOAD, at, 0, 4096);
		for (unsigned n = 1; n < MOST; n++)
			put_program(&b, PT_NOTE, at, 0, rows[i].size);
		bytes_to(&b, at);
		put_note(&b, "VMCOREINFO", 11, 64);
		bytes_to(&b, at + rows[i].size);
		bytes_close(&b);
		meter_run(m, rows[i].what, m->path);
		assert_refused(m, m->path);
	}
}

/* Each page of memory in a header of its own, all of them one page of the file; and in reverse. */
static void test_memory_in_pieces(void **state)
{
	struct meter *m = *state;

	for (int way = 0; way < 3; way++) {
		struct bytes b;

		bytes_open(&b, m->path);
		put_header(&b, MOST, 0);
		for (unsigned n = 0; n < MOST; n++)
			put_program(&b, PT_LOAD, 4 * mib,
				    way == 0   ? n * UINT64_C(4096)
				    : way == 1 ? (MOST - n) * UINT64_C(1)
					       : -(uint64_t)n * 4096,
				    way == 2 ? UINT64_MAX - n : 4096);
		bytes_to(&b, 4 * mib + 4096);
		bytes_close(&b);
		meter_run(m, "65534 segments", m->path);
		assert_refused(m, "VMCOREINFO");
	}
}

/* More headers than 16 bits can say: their number is in a section header. */
static void test_headers_uncounted(void **state)
{
	static const uint32_t counts[] = { 1 << 20, 1 << 24, UINT32_MAX };
	struct meter *m = *state;

	for (size_t i = 0; i < 3; i++) {
		const uint64_t sections = 512 * mib;
		Elf64_Shdr sh = { .sh_info = counts[i] };
		struct bytes b;

		bytes_open(&b, m->path);
		put_header(&b, PN_XNUM, sections);
		put_program(&b, PT_LOAD, 4 * mib, 0, 4096);
		bytes_to(&b, sections);
		bytes_put(&b, &sh, sizeof(sh));
		bytes_close(&b);
		meter_run(m, "2^20, 2^24, 2^32 headers", m->path);
		assert_refused(m, m->path);
	}
}

/* --- notes */

static void begin_notes(struct bytes *b, const char *path, uint64_t size)
{
	bytes_open(b, path);
	put_header(b, 2, 0);
	put_program(b, PT_LOAD, 4096, 0x100000, 4096);
	put_program(b, PT_NOTE, 8192, 0, size);
	bytes_to(b, 8192);
}

static void test_notes_without_end(void **state)
{
	struct meter *m = *state;
	struct bytes b;

	begin_notes(&b, m->path, 64 * mib);
	bytes_to(&b, 8192 + 64 * mib);
	bytes_close(&b);
	meter_run(m, "5 million notes of nothing", m->path);
	assert_refused(m, "VMCOREINFO");
	begin_notes(&b, m->path, 65 * mib);
	bytes_to(&b, 8192 + 65 * mib);
	bytes_close(&b);
	meter_run(m, "notes of 65 MiB", m->path);
	assert_refused(m, "notes of ");
}

static void test_notes_that_lie(void **state)
{
	static const uint32_t sizes[] = { UINT32_MAX, UINT32_MAX - 3, 0x80000000, 0x7ffffffd,
					  4096 };
	struct meter *m = *state;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct bytes b;

		begin_notes(&b, m->path, 4096);
		put_note(&b, "VMCOREINFO", sizes[i], 16);
		put_note(&b, "VMCOREINFO", 11, sizes[i]);
		bytes_to(&b, 12288);
		bytes_close(&b);
		meter_run(m, "a note's name or size beyond all", m->path);
		assert_refused(m, "VMCOREINFO");
	}
}

/* --- VMCOREINFO */

static void test_vmcoreinfo(void **state)
{
	static const struct {
		const char *line;
		const char *what;
	} rows[] = { { "\n", "VMCOREINFO of 16 MiB of empty lines" },
		     { "x", "VMCOREINFO of one line of 16 MiB" },
		     { "SYMBOL(", "VMCOREINFO of symbols without an end" },
		     { "SYMBOL(init_top_pgt)=ffffffff80000000\n",
		       "VMCOREINFO, a key again and again" },
		     { "SYMBOL(init_top_pgt)=ffffffff\n", "VMCOREINFO, a number that is none" },
		     { "\001\377=\n\033[2J", "VMCOREINFO of bytes" } };
	const uint32_t size = 16 << 20;
	struct meter *m = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = strlen(rows[i].line);
		struct bytes b;

		begin_notes(&b, m->path, size + 24);
		put_note(&b, "VMCOREINFO", 11, size);
		bytes_repeat(&b, rows[i].line, len, size / len);
		bytes_to(&b, 8192 + 24 + size);
		bytes_close(&b);
		meter_run(m, rows[i].what, m->path);
		assert_refused(m, "VMCOREINFO of 16777216 bytes");
		assert_null(strchr(m->err, '\033'));
	}
}

/* Larger than any that is searched: it is no dump, and soon. */
static void test_hole(void **state)
{
	struct meter *m = *state;
	struct bytes b;

	bytes_open(&b, m->path);
	bytes_to(&b, UINT64_C(1) << 40);
	bytes_close(&b);
	meter_run(m, "a hole of a TiB", m->path);
	assert_refused(m, "not a dump");
}

/* What is said of a kernel that nobody knows has no byte in it that a terminal would obey. */
static void test_release(void **state)
{
	static const char *const releases[] = { "6.1\033[2J", "6.1\302\233 2J", "6.1\342\200\256",
						"6.1\177\b\r", "\377\376" };
	struct meter *m = *state;

	for (size_t i = 0; i < sizeof(releases) / sizeof(releases[0]); i++) {
		char text[256];
		struct bytes b;

		snprintf(
			text, sizeof(text),
			"OSRELEASE=%s\nSYMBOL(init_top_pgt)=ffffffff80000000\nNUMBER(phys_base)=1048576\n"
			"NUMBER(pgtable_l5_enabled)=0\nKERNELOFFSET=0\n",
			releases[i]);
		begin_notes(&b, m->path, 512);
		put_note(&b, "VMCOREINFO", 11, (uint32_t)strlen(text));
		bytes_text(&b, text);
		bytes_to(&b, 8192 + 512);
		bytes_close(&b);
		meter_run(m, "OSRELEASE that a terminal obeys", "--json", m->path);
		assert_not_denied(m);
		for (const char *p = m->out; *p; p++)
			assert_true((unsigned char)*p < 0x7f && (*p >= ' ' || *p == '\n'));
		for (const char *p = m->err; *p; p++)
			assert_true((unsigned char)*p < 0x7f && (*p >= ' ' || *p == '\n'));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		METER_TEST(test_notes_again_and_again),
		METER_TEST(test_memory_in_pieces),
		METER_TEST(test_headers_uncounted),
		METER_TEST(test_notes_without_end),
		METER_TEST(test_notes_that_lie),
		METER_TEST(test_vmcoreinfo),
		METER_TEST(test_hole),
		METER_TEST(test_release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
