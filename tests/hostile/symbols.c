/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dumps of a kernel whose own tables of symbols and types are made to cost much, or to mislead. */
#include <config.h>

#include "bytes.h"
#include "victim.h"

#include <elf.h>
#include <linux/btf.h>
#include <stdio.h>
#include <stdlib.h>

#include "debuginfo/kallsyms.h"

static const char *const lockdep = "hugetlb-6.12", *const stock = "6.12-cloud-abba";

static struct dlk_kallsyms_tables tables_of(struct victim *v)
{
	struct dlk_kallsyms_tables t;

	assert_int_equal(dlk_kallsyms_tables_from_vmcoreinfo(v->session->target->vmcoreinfo, &t),
			 DLK_OK);
	return t;
}

/* --- kallsyms where it is */

/* The functions of the first MiBs are all at one address. */
static void test_one_address(void **state)
{
	struct meter *m = *state;
	struct victim v;
	struct dlk_kallsyms_tables t;
	uint32_t count, *offsets, first = 0;

	victim_open(&v, m, stock);
	t = tables_of(&v);
	count = (uint32_t)victim_get(&v, t.num_syms);
	offsets = malloc(count * sizeof(*offsets));
	assert_non_null(offsets);
	assert_int_equal(dlk_memory_read(&v.k->memory, t.offsets, offsets,
					 count * sizeof(*offsets)),
			 DLK_OK);
	while (first < count && !(offsets[first] >> 31))
		first++;
	/* Half of the text: _stext stays the first. */
	for (uint32_t i = first + 2; i < first + (count - first) / 3; i++)
		offsets[i] = offsets[first + 1];
	victim_put(&v, t.offsets, offsets, count * sizeof(*offsets));
	free(offsets);
	victim_close(&v);
	meter_run(m, "thousands of functions at one address", m->path);
	assert_not_denied(m);
}

/* --- tables of our own: all names that are looked up, each many times */

static const char *const names[] = {
	"__cpu_active_mask",
	"__cpu_online_mask",
	"__cpu_possible_mask",
	"__cpu_present_mask",
	"__end_init_stack",
	"__lockdep_no_track__",
	"__per_cpu_offset",
	"__start_BTF",
	"__start_init_stack",
	"__start_notes",
	"__start_orc_unwind",
	"__start_orc_unwind_ip",
	"__stop_BTF",
	"__stop_notes",
	"__stop_orc_unwind_ip",
	"_einittext",
	"_etext",
	"_end",
	"_sinittext",
	"_stext",
	"_text",
	"crash_notes",
	"crashk_res",
	"debug_locks",
	"elfcorehdr_addr",
	"init_pid_ns",
	"init_task",
	"lock_classes",
	"modules",
	"nr_cpu_ids",
	"orc_fp_entry",
	"orc_lookup",
	"orc_lookup_end",
	"prb",
	"runqueues",
	"saved_command_line",
	"vmemmap_base",
};
enum {
	NAMES = sizeof(names) / sizeof(names[0]),
	TOKENS = 256,
	PAGES = 29,
	TIMES = PAGES * 4096 / 2
};

struct named {
	const char *name;
	dlk_addr_t address;
};

static int compare_named(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	return (x->address > y->address) - (x->address < y->address);
}

/* Those that this kernel has, by address. */
static unsigned find_named(struct victim *v, struct named all[NAMES])
{
	unsigned count = 0;

	for (unsigned i = 0; i < NAMES; i++) {
		dlk_addr_t address = dlk_kernel_symbol(v->k, names[i]);

		if (address >> 31 == UINT64_MAX >> 31)
			all[count++] = (struct named){ names[i], address };
	}
	qsort(all, count, sizeof(*all), compare_named);
	return count;
}

/* A token for each name, type letter included. */
static void put_tokens(struct victim *v, const struct named *all, unsigned count)
{
	dlk_addr_t table = victim_add(v, 0, 4), index = victim_add(v, 1 << 20, 1);
	char text[4 * 4096] = { 0 };
	uint16_t places[TOKENS];
	size_t len = 0;

	for (unsigned i = 0; i < TOKENS; i++) {
		places[i] = (uint16_t)len;
		if (i < count)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "T%s",
						all[i].name) +
			       1;
		else
			text[len++] = 0;
	}
	victim_put(v, table, text, sizeof(text));
	victim_put(v, index, places, sizeof(places));
	victim_vmcoreinfo(v, "kallsyms_token_table", table);
	victim_vmcoreinfo(v, "kallsyms_token_index", index);
}

static void put_names(struct victim *v, const struct named *all, unsigned count)
{
	dlk_addr_t at = VICTIM_SPACE + (1ull << 32), offsets = VICTIM_SPACE + (2ull << 32);
	dlk_addr_t numbers = victim_add(v, 2 << 20, 1), base = all[0].address;

	for (unsigned i = 0; i < count; i++) {
		unsigned char page[4096];
		uint32_t values[1024];
		dlk_addr_t one = victim_grow(v, 2);

		for (unsigned j = 0; j < sizeof(page); j += 2) {
			page[j] = 1;
			page[j + 1] = (unsigned char)i;
		}
		for (unsigned j = 0; j < 1024; j++)
			values[j] = (uint32_t) ~(all[i].address - base);
		victim_put_phys(v, one, page, sizeof(page));
		victim_put_phys(v, one + 4096, values, sizeof(values));
		/* Some more behind the last: names are read in pieces. */
		victim_map(v, at + (dlk_addr_t)i * PAGES * 4096, one, PAGES + 16, true);
		victim_map(v, offsets + (dlk_addr_t)i * 2 * PAGES * 4096, one + 4096, 2 * PAGES,
			   true);
	}
	victim_u32(v, numbers, count * TIMES);
	victim_u64(v, numbers + 8, base);
	victim_vmcoreinfo(v, "kallsyms_names", at);
	victim_vmcoreinfo(v, "kallsyms_offsets", offsets);
	victim_vmcoreinfo(v, "kallsyms_num_syms", numbers);
	victim_vmcoreinfo(v, "kallsyms_relative_base", numbers + 8);
}

static void test_names_again_and_again(void **state)
{
	struct meter *m = *state;
	struct named all[NAMES];
	unsigned count;
	struct victim v;

	victim_open(&v, m, lockdep);
	count = find_named(&v, all);
	put_tokens(&v, all, count);
	put_names(&v, all, count);
	victim_close(&v);
	meter_run(m, "2 million symbols of 37 names", m->path);
	assert_not_denied(m);
}

/* As many symbols as may be, of names that fit nowhere. */
static void test_most_symbols(void **state)
{
	static const uint32_t counts[] = { (1 << 22) - 1, 1 << 22, UINT32_MAX };
	struct meter *m = *state;

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct victim v;
		dlk_addr_t space = VICTIM_SPACE + (1ull << 32), one, numbers;
		unsigned char page[4096];

		victim_open(&v, m, stock);
		one = victim_grow(&v, 1);
		memset(page, 1, sizeof(page));
		victim_put_phys(&v, one, page, sizeof(page));
		victim_map(&v, space, one, 1 << 14, true);
		numbers = victim_add(&v, 0, 1);
		victim_u32(&v, numbers, counts[i]);
		victim_vmcoreinfo(&v, "kallsyms_names", space);
		victim_vmcoreinfo(&v, "kallsyms_offsets", space);
		victim_vmcoreinfo(&v, "kallsyms_num_syms", numbers);
		victim_close(&v);
		meter_run(m, "2^22 symbols, and more", m->path);
		assert_not_denied(m);
		assert_says(m, "kallsyms");
	}
}

/* --- kallsyms to be found */

/* A dump of one CPU whose page tables map a few pages, again and again, where the image is sought. */
static void put_everywhere(struct meter *m, const void *content, unsigned pages)
{
	enum { TABLES = 4, FILE = 4096 };
	unsigned char qemu[432] = { 0 }, prstatus[336] = { 0 };
	const dlk_addr_t table = 0x1000, memory = 0x10000;
	const uint64_t entries[3] = { 0x2063, 0x3063, 0x4063 };
	Elf64_Ehdr eh = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			  .e_type = ET_CORE,
			  .e_machine = EM_X86_64,
			  .e_version = EV_CURRENT,
			  .e_phoff = sizeof(eh),
			  .e_ehsize = sizeof(eh),
			  .e_phentsize = sizeof(Elf64_Phdr),
			  .e_phnum = 3 };
	Elf64_Phdr phs[3] = { { .p_type = PT_NOTE, .p_offset = 1024, .p_filesz = 2048 },
			      { .p_type = PT_LOAD,
				.p_offset = FILE,
				.p_paddr = table,
				.p_filesz = TABLES * 4096 },
			      { .p_type = PT_LOAD,
				.p_offset = FILE + TABLES * 4096,
				.p_paddr = memory,
				.p_filesz = pages * 4096ull } };
	struct bytes b;

	memcpy(qemu, &(uint32_t){ 1 }, 4);
	memcpy(qemu + 392 + 24, &table, 8);
	bytes_open(&b, m->path);
	bytes_put(&b, &eh, sizeof(eh));
	bytes_put(&b, phs, sizeof(phs));
	bytes_to(&b, 1024);
	bytes_put(&b, &(Elf64_Nhdr){ 5, sizeof(prstatus), 1 }, 12);
	bytes_put(&b, "CORE\0\0\0", 8);
	bytes_put(&b, prstatus, sizeof(prstatus));
	bytes_put(&b, &(Elf64_Nhdr){ 5, sizeof(qemu), 0 }, 12);
	bytes_put(&b, "QEMU\0\0\0", 8);
	bytes_put(&b, qemu, sizeof(qemu));
	/* PGD, PUD, PMD: each entry leads to the next table; PTE: to the pages in turn. */
	for (int level = 0; level < 3; level++) {
		bytes_to(&b, FILE + level * 4096ull);
		bytes_repeat(&b, &entries[level], 8, 512);
	}
	for (unsigned i = 0; i < 512; i++)
		bytes_u64(&b, (memory + i % pages * 4096ull) | 0x63);
	bytes_put(&b, content, pages * 4096ull);
	bytes_close(&b);
}

static size_t put_token_table(unsigned char *to)
{
	size_t at = 0;

	for (unsigned c = 0; c < 256; c++) {
		if (c)
			to[at++] = (unsigned char)c;
		to[at++] = 0;
	}
	return (at + 7) & ~(size_t)7;
}

static size_t put_token_index(unsigned char *to)
{
	for (unsigned c = 0; c < 256; c++) {
		uint16_t place = (uint16_t)(c ? 2 * c - 1 : 0);

		memcpy(to + 2 * c, &place, 2);
	}
	return 512;
}

static void test_tables_everywhere(void **state)
{
	static const char *const what[] = { "an image of token tables, without index",
					    "an image of token tables with index",
					    "an image of tables, and names before them",
					    "an image of digits" };
	static unsigned char content[8 * 4096];
	struct meter *m = *state;

	for (unsigned way = 0; way < 4; way++) {
		size_t at = 0;

		memset(content, 0, sizeof(content));
		while (at + 1024 <= sizeof(content) && way < 3) {
			if (way == 2 && at % 8192 == 0) {
				/* num_syms, names of two bytes, no markers */
				memset(content + at, 1, 4096);
				memcpy(content + at, &(uint64_t){ 1 << 20 }, 8);
				at += 4096;
			}
			at += put_token_table(content + at);
			if (way)
				at += put_token_index(content + at);
		}
		for (size_t i = 0; way == 3 && i + 20 <= sizeof(content); i += 20)
			for (unsigned d = 0; d < 10; d++)
				content[i + 2 * d] = (unsigned char)('0' + d);
		put_everywhere(m, content, 8);
		meter_run(m, what[way], m->path);
		assert_not_denied(m);
		assert_says(m, "no kallsyms tables");
	}
}

/* --- BTF where it is */

/* A task_struct of 4 GiB, all of which a capture would want. */
static void test_task_size(void **state)
{
	static const uint32_t sizes[] = { 0xfffff000, 64 << 10, 0 };
	struct meter *m = *state;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct victim v;

		victim_open(&v, m, lockdep);
		victim_u32(&v, victim_btf(&v, "task_struct", BTF_KIND_STRUCT) + 8, sizes[i]);
		victim_close(&v);
		meter_run(m, "a task_struct of 4 GiB, or of nothing", "--capture",
			  temp_file(&m->temp, "capture"), m->path);
		assert_not_denied(m);
	}
}

/* Members of types that lead to themselves, or nowhere. */
static void test_types(void **state)
{
	static const struct {
		const char *name, *what;
		unsigned kind, at;
		uint32_t value;
	} rows[] = {
		{ "task_struct", "BTF: members without number", BTF_KIND_STRUCT, 4,
		  BTF_KIND_STRUCT << 24 | 0xffff },
		{ "task_struct", "BTF: bit-fields at once", BTF_KIND_STRUCT, 4,
		  1u << 31 | BTF_KIND_STRUCT << 24 | 200 },
		{ "task_struct", "BTF: a name beyond the end", BTF_KIND_STRUCT, 0, 0x7fffffff },
		{ "held_lock", "BTF: a held_lock of 2 GiB", BTF_KIND_STRUCT, 8, 0x7fffffff },
		{ "held_lock", "BTF: a held_lock of a byte", BTF_KIND_STRUCT, 8, 1 },
		{ "page", "BTF: a page of a byte", BTF_KIND_STRUCT, 8, 1 },
		{ "module", "BTF: a module of 4 GiB", BTF_KIND_STRUCT, 8, 0xffffffff },
		{ "mutex", "BTF: a mutex of nothing", BTF_KIND_STRUCT, 8, 0 },
		{ "pid_t", "BTF: a typedef of itself", BTF_KIND_TYPEDEF, 8, 0xffffff },
	};
	struct meter *m = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct victim v;

		victim_open(&v, m, lockdep);
		victim_u32(&v, victim_btf(&v, rows[i].name, rows[i].kind) + rows[i].at,
			   rows[i].value);
		victim_close(&v);
		meter_run(m, rows[i].what, m->path);
		assert_not_denied(m);
	}
}

/* A member as a bit-field of more bits than any number has. */
static void test_bit_field(void **state)
{
	static const uint32_t bits[] = { 65, 100, 255 };
	struct meter *m = *state;

	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		struct dlk_member flags;
		struct victim v;
		dlk_addr_t record, at;
		uint32_t info;

		victim_open(&v, m, lockdep);
		record = victim_btf(&v, "task_struct", BTF_KIND_STRUCT);
		flags = victim_member(&v, "task_struct", "flags");
		info = (uint32_t)victim_get(&v, record + 4);
		victim_u32(&v, record + 4, info | 1u << 31);
		/* Three words a member, the last its place. */
		for (at = record + 12 + 8; (uint32_t)victim_get(&v, at) != flags.offset * 8;
		     at += 12)
			assert_true(at < record + 12 * (1 + (info & 0xffff)));
		victim_u32(&v, at, flags.offset * 8 | bits[i] << 24);
		victim_close(&v);
		meter_run(m, "BTF: a bit-field of 65 to 255 bits", m->path);
		assert_not_denied(m);
		assert_says(m, "a bit-field is outside of its struct");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		METER_TEST(test_one_address),  METER_TEST(test_names_again_and_again),
		METER_TEST(test_most_symbols), METER_TEST(test_tables_everywhere),
		METER_TEST(test_task_size),    METER_TEST(test_types),
		METER_TEST(test_bit_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
