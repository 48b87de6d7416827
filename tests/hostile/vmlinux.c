/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VMLINUX files, of the right build, that are made to cost much, or to mislead. */
#include <config.h>

#include "bytes.h"
#include "victim.h"

#include <dwarf.h>
#include <elf.h>
#include <linux/btf.h>
#include <stdio.h>
#include <stdlib.h>

#include "target/vmcoreinfo.h"

enum { MAX_SECTIONS = 12, ID_SIZE = 20, NAMES_AT = 0x100, DATA_AT = 0x1000 };

static const uint64_t mib = 1 << 20;
static const char *const kernel = "hugetlb-6.12";

/* Of the dump's kernel: all but what its stacks are unwound by. */
static const char *const names[] = { "_text",       "_stext",     "_etext",          "_end",
				     "init_task",   "modules",    "nr_cpu_ids",      "runqueues",
				     "__start_BTF", "__stop_BTF", "__per_cpu_offset" };
enum { NAMES = sizeof(names) / sizeof(names[0]) };

static struct {
	char id[2 * ID_SIZE + 1];
	dlk_addr_t addresses[NAMES]; /* where VMLINUX has them */
} real;

/* A dump, and a VMLINUX of the same build that is being written. */
struct evil {
	struct meter *m;
	char vmlinux[64];
	struct bytes b;
	Elf64_Shdr sections[MAX_SECTIONS];
	unsigned count;
	char names[256];
	size_t names_len;
};

static Elf64_Shdr *add(struct evil *e, const char *name, uint32_t type, uint64_t flags)
{
	Elf64_Shdr *s = &e->sections[e->count++];

	assert_true(e->count < MAX_SECTIONS);
	e->b.at = (e->b.at + 4095) & -UINT64_C(4096);
	*s = (Elf64_Shdr){ .sh_name = (uint32_t)e->names_len,
			   .sh_type = type,
			   .sh_flags = flags,
			   .sh_offset = e->b.at,
			   .sh_addralign = 1 };
	strcpy(e->names + e->names_len, name);
	e->names_len += strlen(name) + 1;
	return s;
}

/* The last section ends here. */
static void end(struct evil *e)
{
	Elf64_Shdr *s = &e->sections[e->count - 1];

	s->sh_size = e->b.at - s->sh_offset;
}

static void put_build_id(struct evil *e)
{
	add(e, ".note.gnu.build-id", SHT_NOTE, SHF_ALLOC);
	bytes_u32(&e->b, 4);
	bytes_u32(&e->b, ID_SIZE);
	bytes_u32(&e->b, NT_GNU_BUILD_ID);
	bytes_put(&e->b, "GNU", 4);
	for (int i = 0; i < ID_SIZE; i++) {
		unsigned byte;

		assert_int_equal(sscanf(real.id + 2 * i, "%2x", &byte), 1);
		bytes_u8(&e->b, (uint8_t)byte);
	}
	end(e);
}

/* The dump is m->path. */
static void make_dump(struct meter *m)
{
	uint64_t offset = 0;
	struct victim v;
	const char *id;
	size_t len;

	victim_open(&v, m, kernel);
	id = dlk_vmcoreinfo_find(v.session->target->vmcoreinfo, "BUILD-ID", &len);
	assert_int_equal(len, 2 * ID_SIZE);
	memcpy(real.id, id, len);
	assert_true(dlk_vmcoreinfo_hex(v.session->target->vmcoreinfo, "KERNELOFFSET", &offset));
	for (unsigned i = 0; i < NAMES; i++) {
		dlk_addr_t address = dlk_kernel_symbol(v.k, names[i]);

		/* What is per CPU is counted from 0, and not moved. */
		real.addresses[i] = address >> 31 == UINT64_MAX >> 31 ? address - offset : address;
	}
	victim_close(&v);
}

/* Begin with the build-id. */
static void begin(struct evil *e, struct meter *m)
{
	*e = (struct evil){ .m = m, .count = 1, .names_len = 1 };
	if (!file_exists(m->path))
		make_dump(m);
	snprintf(e->vmlinux, sizeof(e->vmlinux), "%s", temp_file(&m->temp, "vmlinux"));
	bytes_open(&e->b, e->vmlinux);
	bytes_to(&e->b, DATA_AT);
	put_build_id(e);
}

static void put_symbol(struct evil *e, uint32_t name, uint64_t value)
{
	const Elf64_Sym sym = { .st_name = name,
				.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
				.st_shndx = 1,
				.st_value = value };

	bytes_put(&e->b, &sym, sizeof(sym));
}

/* As few symbols as do. */
static void put_symbols(struct evil *e)
{
	Elf64_Shdr *s = add(e, ".symtab", SHT_SYMTAB, 0);

	s->sh_entsize = sizeof(Elf64_Sym);
	s->sh_link = e->count;
	put_symbol(e, 0, 0);
	put_symbol(e, 1, 0xffffffff81000000);
	put_symbol(e, 7, 0xffffffff81000000);
	put_symbol(e, 14, 0xffffffff82000000);
	end(e);
	add(e, ".strtab", SHT_STRTAB, 0);
	bytes_put(&e->b, "\0_text\0_stext\0_end", 19);
	end(e);
}

static void finish(struct evil *e, const char *what)
{
	Elf64_Ehdr eh = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			  .e_type = ET_EXEC,
			  .e_machine = EM_X86_64,
			  .e_version = EV_CURRENT,
			  .e_ehsize = sizeof(eh),
			  .e_phentsize = sizeof(Elf64_Phdr),
			  .e_shentsize = sizeof(Elf64_Shdr) };

	add(e, ".shstrtab", SHT_STRTAB, 0);
	bytes_put(&e->b, e->names, e->names_len);
	end(e);
	e->b.at = (e->b.at + 7) & -UINT64_C(8);
	eh.e_shoff = e->b.at;
	eh.e_shnum = (uint16_t)e->count;
	eh.e_shstrndx = (uint16_t)(e->count - 1);
	bytes_put(&e->b, e->sections, e->count * sizeof(*e->sections));
	e->b.at = 0;
	bytes_put(&e->b, &eh, sizeof(eh));
	bytes_close(&e->b);
	meter_run(e->m, what, e->m->path, e->vmlinux);
	assert_not_denied(e->m);
}

/* --- symbols */

static void test_symbols(void **state)
{
	static const struct {
		const char *what;
		uint32_t count, every; /* a NUL byte in so many; */
		uint64_t step;
		char c;
	} rows[] = {
		{ "2^21 symbols at one address, of underscores", 1 << 21, 511, 0, '_' },
		{ "2^20 symbols at as many addresses", 1 << 20, 511, 16, 'a' },
		{ "2^19 symbols of one name", 1 << 19, 2, 16, 'a' },
		{ "2^19 symbols named by 8 MiB", 1 << 19, UINT32_MAX, 16, 'a' },
		{ "2^19 symbols named by 8 MiB of underscores", 1 << 19, UINT32_MAX, 0, '_' },
		{ "2^24 symbols, all of them none", 1 << 24, 511, 0, 0 },
	};
	struct meter *m = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum { ROOM = 8 << 20 };
		static char text[ROOM];
		struct evil e;
		Elf64_Shdr *s;

		begin(&e, m);
		s = add(&e, ".symtab", SHT_SYMTAB, 0);
		s->sh_entsize = sizeof(Elf64_Sym);
		s->sh_link = e.count;
		for (uint32_t n = 0; n < rows[i].count && rows[i].c; n += 1024) {
			Elf64_Sym batch[1024] = { 0 };

			for (uint32_t j = 0; j < 1024; j++)
				batch[j] = (Elf64_Sym){
					.st_name = 1 + (n + j) * 7 % (ROOM - 2),
					.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
					.st_shndx = 1,
					.st_value = 0xffffffff81000000 + (n + j) * rows[i].step
				};
			bytes_put(&e.b, batch, sizeof(batch));
		}
		bytes_to(&e.b, s->sh_offset + rows[i].count * sizeof(Elf64_Sym));
		end(&e);
		s = add(&e, ".strtab", SHT_STRTAB, 0);
		memset(text, rows[i].c ? rows[i].c : 'x', ROOM);
		for (uint64_t at = 0; at < ROOM; at += rows[i].every)
			text[at] = 0;
		text[ROOM - 1] = 0;
		bytes_put(&e.b, text, ROOM);
		end(&e);
		finish(&e, rows[i].what);
	}
}

/* --- sections */

static void test_sections(void **state)
{
	struct meter *m = *state;

	for (int way = 0; way < 5; way++) {
		static const char *const what[] = { "names that do not end",
						    "a symbol table of itself",
						    "sections that overlap",
						    "a section beyond the file",
						    "symbols of an odd size" };
		struct evil e;
		Elf64_Shdr *s;

		begin(&e, m);
		put_symbols(&e);
		s = &e.sections[e.count - 2];
		if (way == 0)
			s[1].sh_size -= 1;
		else if (way == 1)
			s->sh_link = e.count - 2;
		else if (way == 2)
			s->sh_offset = s[1].sh_offset - 3;
		else if (way == 3)
			s->sh_size = 1ull << 40;
		else
			s->sh_entsize = s->sh_size = 7;
		finish(&e, what[way]);
	}
}

/* --- BTF */

static void put_btf(struct evil *e, uint32_t types, uint32_t strings)
{
	const struct btf_header h = { .magic = BTF_MAGIC,
				      .version = BTF_VERSION,
				      .hdr_len = sizeof(h),
				      .type_len = types,
				      .str_off = types,
				      .str_len = strings };

	add(e, ".BTF", SHT_PROGBITS, 0);
	bytes_put(&e->b, &h, sizeof(h));
}

static void test_btf_size(void **state)
{
	static const uint64_t sizes[] = { 65, 512, 2047, 4097 };
	struct meter *m = *state;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint32_t len = (uint32_t)((sizes[i] * mib - 4096) & 0xfffffffc);
		struct evil e;
		char what[64];

		begin(&e, m);
		put_symbols(&e);
		put_btf(&e, len, 16);
		bytes_to(&e.b, e.b.at + sizes[i] * mib);
		end(&e);
		snprintf(what, sizeof(what), "BTF of %llu MiB of nothing",
			 (unsigned long long)sizes[i]);
		finish(&e, what);
	}
}

static void test_btf_records(void **state)
{
	static const struct {
		const char *what;
		uint32_t record[4], words, count;
	} rows[] = {
		{ "BTF: a million typedefs of one name",
		  { 1, BTF_KIND_TYPEDEF << 24, 0, 0 },
		  3,
		  1 << 20 },
		{ "BTF: 2 million typedefs of themselves",
		  { 1, BTF_KIND_TYPEDEF << 24, 1, 0 },
		  3,
		  2 << 20 },
		{ "BTF: a million structs of nothing",
		  { 1, BTF_KIND_STRUCT << 24, 0, 0 },
		  3,
		  1 << 20 },
		{ "BTF: a million integers", { 1, BTF_KIND_INT << 24, 4, 32 }, 4, 1 << 20 },
		{ "BTF: a million declarations", { 1, BTF_KIND_FWD << 24, 0, 0 }, 3, 1 << 20 },
	};
	struct meter *m = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t size = rows[i].words * 4;
		struct evil e;

		begin(&e, m);
		put_symbols(&e);
		put_btf(&e, size * rows[i].count, 16);
		bytes_repeat(&e.b, rows[i].record, size, rows[i].count);
		bytes_put(&e.b, "\0task_struct\0\0\0", 16);
		end(&e);
		finish(&e, rows[i].what);
	}
}

/* --- DWARF */

static void put_unit(struct evil *e, uint32_t size)
{
	bytes_u32(&e->b, size);
	bytes_u16(&e->b, 4);
	bytes_u32(&e->b, 0);
	bytes_u8(&e->b, 8);
}

/* One unit, of abbreviation 1; all that follows is of 2. */
static void put_dwarf(struct evil *e, unsigned attributes, unsigned tag, bool has_children,
		      uint32_t dies)
{
	const uint16_t flag = DW_AT_external | DW_FORM_flag_present << 8;

	add(e, ".debug_abbrev", SHT_PROGBITS, 0);
	bytes_put(&e->b, "\1\21\1\0\0", 5);
	bytes_put(&e->b, "\2", 1);
	bytes_u8(&e->b, (uint8_t)tag);
	bytes_u8(&e->b, has_children);
	bytes_repeat(&e->b, &flag, 2, attributes);
	bytes_put(&e->b, "\0\0\0", 3);
	end(e);
	add(e, ".debug_info", SHT_PROGBITS, 0);
	put_unit(e, 7 + 1 + dies + 1);
	bytes_u8(&e->b, 1);
	bytes_fill(&e->b, 2, dies);
	bytes_u8(&e->b, 0);
	end(e);
}

static void test_dwarf(void **state)
{
	static const struct {
		const char *what;
		unsigned attributes, tag;
		bool has_children;
		uint32_t dies;
	} rows[] = {
		{ "DWARF: a million attributes", 1 << 20, DW_TAG_structure_type, false, 1 << 10 },
		{ "DWARF: a thousand attributes, a million times", 1 << 10, DW_TAG_structure_type,
		  false, 1 << 20 },
		{ "DWARF: a million structs in structs", 1, DW_TAG_structure_type, true, 1 << 20 },
		{ "DWARF: 4 million structs", 1, DW_TAG_structure_type, false, 4 << 20 },
		{ "DWARF: 4 million unnamed enums", 1, DW_TAG_enumeration_type, true, 4 << 20 },
	};
	struct meter *m = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct evil e;

		begin(&e, m);
		put_symbols(&e);
		put_dwarf(&e, rows[i].attributes, rows[i].tag, rows[i].has_children, rows[i].dies);
		finish(&e, rows[i].what);
	}
}

/* Many abbreviations, of which the last is wanted. */
static void test_dwarf_abbreviations(void **state)
{
	enum { SIZE = 7, BATCH = 1024 };
	static unsigned char batch[BATCH][SIZE];
	struct meter *m = *state;
	struct evil e;

	begin(&e, m);
	put_symbols(&e);
	add(&e, ".debug_abbrev", SHT_PROGBITS, 0);
	for (uint32_t i = 1; i <= 1 << 20; i++) {
		const unsigned char one[SIZE] = { (unsigned char)(i | 0x80),
						  (unsigned char)(i >> 7 | 0x80),
						  (unsigned char)(i >> 14), DW_TAG_structure_type };

		memcpy(batch[i % BATCH], one, SIZE);
		if (i % BATCH == 0)
			bytes_put(&e.b, batch, sizeof(batch));
	}
	bytes_u8(&e.b, 0);
	end(&e);
	add(&e, ".debug_info", SHT_PROGBITS, 0);
	for (unsigned unit = 0; unit < 64; unit++) {
		put_unit(&e, 7 + 3 + 3 + 1);
		bytes_put(&e.b, "\200\200\100\200\200\100\0", 7);
	}
	end(&e);
	finish(&e, "DWARF: a million abbreviations, 64 times");
}

/* --- structs in DWARF */

/* A task_struct of so many children, all called x, and each in the one before if that is said. */
static void test_dwarf_struct(void **state)
{
	static const struct {
		const char *what;
		unsigned char tag, has_children;
	} rows[] = {
		{ "DWARF: a task_struct of 260000 members", DW_TAG_member, 0 },
		{ "DWARF: a task_struct of 260000 variables", DW_TAG_variable, 0 },
		{ "DWARF: a task_struct of members in members", DW_TAG_member, 1 },
		{ "DWARF: a task_struct of enumerators", DW_TAG_enumerator, 1 },
	};
	enum { COUNT = 260000 };
	struct meter *m = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct evil e;

		begin(&e, m);
		put_symbols(&e);
		add(&e, ".debug_abbrev", SHT_PROGBITS, 0);
		/* 1 the unit; 2 a struct with a name and a size; 3 what is in it, with a name */
		bytes_put(&e.b, "\1\21\1\0\0\2\23\1\3\10\13\13\0\0\3", 15);
		bytes_u8(&e.b, rows[i].tag);
		bytes_u8(&e.b, rows[i].has_children);
		bytes_put(&e.b, "\3\10\0\0\0", 5);
		end(&e);
		add(&e, ".debug_info", SHT_PROGBITS, 0);
		put_unit(&e, 7 + 1 + 14 + 3 * COUNT + 2);
		bytes_put(&e.b, "\1\2task_struct\0\200", 15);
		bytes_repeat(&e.b, "\3x", 3, COUNT);
		bytes_put(&e.b, "\0\0", 2);
		end(&e);
		finish(&e, rows[i].what);
	}
}

/* --- call frames */

static void put_real_symbols(struct evil *e)
{
	Elf64_Shdr *s = add(e, ".symtab", SHT_SYMTAB, 0);
	uint32_t at = 1;

	s->sh_entsize = sizeof(Elf64_Sym);
	s->sh_link = e->count;
	for (unsigned i = 0; i < NAMES; i++) {
		put_symbol(e, at, real.addresses[i]);
		at += (uint32_t)strlen(names[i]) + 1;
	}
	end(e);
	add(e, ".strtab", SHT_STRTAB, 0);
	bytes_u8(&e->b, 0);
	for (unsigned i = 0; i < NAMES; i++)
		bytes_put(&e->b, names[i], strlen(names[i]) + 1);
	end(e);
}

/* All of the text is one function, whose frames are described by this program. */
static void put_frames(struct evil *e, const void *program, size_t size, size_t times)
{
	uint32_t len = (uint32_t)(size * times);

	add(e, ".debug_frame", SHT_PROGBITS, 0);
	bytes_u32(&e->b, 16);
	bytes_u32(&e->b, UINT32_MAX);
	bytes_put(&e->b, "\1\0\1\170\20\14\7\10\220\1\0\0", 12);
	bytes_u32(&e->b, 4 + 16 + len);
	bytes_u32(&e->b, 0);
	bytes_u64(&e->b, real.addresses[0]);
	bytes_u64(&e->b, 64 * mib);
	bytes_repeat(&e->b, program, size, times);
	end(e);
}

static void test_frames(void **state)
{
	static const struct {
		const char *what, *program, *words;
		size_t size, times;
	} rows[] = {
		{ "call frames: as they should be", "\0\0\0\0", "DEADLOCK", 4, 1 },
		{ "call frames: register 2^27", "\5\377\377\377\77\0\0\0", "call frames of VMLINUX",
		  8, 1 },
		{ "call frames: 100000 states remembered", "\12", "call frames of VMLINUX", 1,
		  100000 },
		{ "call frames: 10000 states remembered", "\12", "call frames of VMLINUX", 1,
		  10000 },
		{ "call frames: nothing, 4 MiB of it", "\0", "call frames of VMLINUX", 1, 4 << 20 },
		{ "call frames: an expression of 2^60 bytes",
		  "\17\377\377\377\377\377\377\377\377\17", "call frames of VMLINUX", 10, 1 },
		{ "call frames: unknown opcodes", "\77", "call frames of VMLINUX", 1, 16 },
	};
	struct meter *m = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct evil e;

		begin(&e, m);
		put_real_symbols(&e);
		put_frames(&e, rows[i].program, rows[i].size, rows[i].times);
		finish(&e, rows[i].what);
		assert_says(m, rows[i].words);
	}
}

/* A function every 16 bytes. */
static void test_frames_without_number(void **state)
{
	struct meter *m = *state;
	enum { BATCH = 1024 };
	static uint32_t frames[BATCH][6];
	struct evil e;

	begin(&e, m);
	put_real_symbols(&e);
	put_frames(&e, "\0\0\0\0", 4, 1);
	for (size_t i = 0; i < BATCH; i++)
		frames[i][0] = 20;
	for (uint32_t i = 0; i < 2 << 20; i++) {
		uint32_t *frame = frames[i % BATCH];
		uint64_t at = real.addresses[0] + i * UINT64_C(16);

		memcpy(frame + 2, &at, sizeof(at));
		frame[4] = 16;
		if (i % BATCH == BATCH - 1)
			bytes_put(&e.b, frames, sizeof(frames));
	}
	end(&e);
	finish(&e, "call frames: 2 million functions");
	assert_says(m, "call frames of VMLINUX");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		METER_TEST(test_symbols),
		METER_TEST(test_sections),
		METER_TEST(test_btf_size),
		METER_TEST(test_btf_records),
		METER_TEST(test_dwarf),
		METER_TEST(test_dwarf_abbreviations),
		METER_TEST(test_dwarf_struct),
		METER_TEST(test_frames),
		METER_TEST(test_frames_without_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
