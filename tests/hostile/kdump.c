/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kdump-compressed and flattened dumps whose numbers are made to cost much, or to mislead. */
#include <config.h>

#include "bytes.h"
#include "meter.h"

#include <stdio.h>

enum { BLOCK = 4096, FRAMES = BLOCK * 8 /* of a block of the bitmap */ };

/* Numbers of both headers; what is 0 has a value that makes sense. */
struct headers {
	uint32_t version, block_size, sub_blocks, bitmap_blocks;
	uint64_t frames;
	uint32_t split;
	uint64_t start, end;
	uint64_t vmcoreinfo_at, vmcoreinfo_size, notes_at, notes_size;
};

static uint64_t bitmap_at(const struct headers *h)
{
	return BLOCK * (1 + (uint64_t)(h->sub_blocks ? h->sub_blocks : 1));
}

static void put_headers(struct bytes *b, const struct headers *h)
{
	bytes_text(b, "KDUMP   ");
	bytes_u32(b, h->version ? h->version : 6);
	bytes_to(b, 12 + 260);
	bytes_text(b, "x86_64");
	bytes_to(b, 428);
	bytes_u32(b, h->block_size ? h->block_size : BLOCK);
	bytes_u32(b, h->sub_blocks ? h->sub_blocks : 1);
	bytes_u32(b, h->bitmap_blocks);
	bytes_u32(b, (uint32_t)h->frames);
	bytes_to(b, BLOCK + 12);
	bytes_u32(b, h->split);
	bytes_to(b, BLOCK + 32);
	bytes_u64(b, h->vmcoreinfo_at);
	bytes_u64(b, h->vmcoreinfo_size);
	bytes_u64(b, h->notes_at);
	bytes_u64(b, h->notes_size);
	bytes_to(b, BLOCK + 80);
	bytes_u64(b, h->start);
	bytes_u64(b, h->end);
	bytes_u64(b, h->frames);
	bytes_to(b, bitmap_at(h));
}

/* --- headers */

static void test_numbers(void **state)
{
	static const struct {
		const char *what, *words;
		struct headers h;
	} rows[] = {
		{ "no page frames", "no sense", { .bitmap_blocks = 2 } },
		{ "bitmaps of 2^32 blocks",
		  "bitmaps",
		  { .bitmap_blocks = UINT32_MAX, .frames = FRAMES } },
		{ "a sub header of 2^32 blocks",
		  "bitmaps",
		  { .sub_blocks = UINT32_MAX, .bitmap_blocks = 2, .frames = FRAMES } },
		{ "2^64 page frames", "TiB", { .bitmap_blocks = 2, .frames = UINT64_MAX } },
		{ "2^32 page frames",
		  "bitmaps",
		  { .bitmap_blocks = 2, .frames = UINT64_C(1) << 32 } },
		{ "blocks of 4 GiB", "blocks of", { .block_size = UINT32_MAX, .frames = 1 } },
		{ "blocks of 1 byte", "blocks of", { .block_size = 1, .frames = 1 } },
		{ "VMCOREINFO of 2^64 bytes",
		  "notes of",
		  { .bitmap_blocks = 2,
		    .frames = FRAMES,
		    .vmcoreinfo_at = 4096,
		    .vmcoreinfo_size = UINT64_MAX } },
		{ "VMCOREINFO at 2^64",
		  "cut off",
		  { .bitmap_blocks = 2,
		    .frames = FRAMES,
		    .vmcoreinfo_at = UINT64_MAX - 64,
		    .vmcoreinfo_size = 4096 } },
		{ "notes at 2^63",
		  "cut off",
		  { .bitmap_blocks = 2,
		    .frames = FRAMES,
		    .notes_at = INT64_MAX - 64,
		    .notes_size = 4096 } },
		{ "split, backwards",
		  "no sense",
		  { .bitmap_blocks = 2, .frames = FRAMES, .split = 1, .start = 8, .end = 4 } },
		{ "split, beyond the end",
		  "no sense",
		  { .bitmap_blocks = 2, .frames = FRAMES, .split = 1, .end = UINT64_MAX } },
	};
	struct meter *m = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes b;

		bytes_open(&b, m->path);
		put_headers(&b, &rows[i].h);
		bytes_to(&b, 16 * BLOCK);
		bytes_close(&b);
		meter_run(m, rows[i].what, m->path);
		assert_refused(m, rows[i].words);
	}
}

/* 16 TiB of page frames: bitmaps of 1 GiB, of which the file has none but holes. */
static void test_bitmaps(void **state)
{
	static const uint64_t frames[] = { UINT64_C(1) << 28, UINT64_C(1) << 30,
					   UINT64_C(1) << 32 };
	struct meter *m = *state;

	for (size_t i = 0; i < 2; i++) {
		struct headers h = { .frames = frames[i],
				     .bitmap_blocks = (uint32_t)(2 * frames[i] / FRAMES) };
		char what[64];
		struct bytes b;

		bytes_open(&b, m->path);
		put_headers(&b, &h);
		bytes_to(&b, bitmap_at(&h) + BLOCK * (uint64_t)h.bitmap_blocks);
		bytes_close(&b);
		snprintf(what, sizeof(what), "%llu GiB of frames that are not there",
			 (unsigned long long)(frames[i] >> 18));
		meter_run(m, what, m->path);
		assert_refused(m, m->path);
	}
}

/* As many parts as there may be, each with bitmaps of its own. */
static void test_parts(void **state)
{
	enum { PARTS = 20 };
	static char paths[PARTS][64];
	const uint64_t frames = UINT64_C(1) << 32;
	struct meter *m = *state;

	for (unsigned i = 0; i < PARTS; i++) {
		struct headers h = { .frames = frames,
				     .bitmap_blocks = (uint32_t)(2 * frames / FRAMES),
				     .split = 1,
				     .start = i * UINT64_C(4096),
				     .end = i == PARTS - 1 ? frames : (i + 1) * UINT64_C(4096) };
		char name[16];
		struct bytes b;

		snprintf(name, sizeof(name), "part%u", i);
		snprintf(paths[i], sizeof(paths[i]), "%s", temp_file(&m->temp, name));
		bytes_open(&b, paths[i]);
		put_headers(&b, &h);
		bytes_to(&b, bitmap_at(&h) + BLOCK * (uint64_t)h.bitmap_blocks);
		bytes_close(&b);
	}
	meter_run(m, "20 parts of 16 TiB", paths[0], paths[1], paths[2], paths[3], paths[4],
		  paths[5], paths[6], paths[7], paths[8], paths[9], paths[10], paths[11], paths[12],
		  paths[13], paths[14], paths[15], paths[16], paths[17], paths[18], paths[19]);
	assert_refused(m, paths[0]);
	meter_run(m, "a part twice", paths[0], paths[0]);
	assert_refused(m, "have the same pages");
}

/* --- pages */

/* All pages are there, and all descriptors lead to the same place, which is as given. */
static void put_pages(struct meter *m, uint64_t offset, uint32_t size, uint32_t flags)
{
	struct headers h = { .frames = FRAMES,
			     .bitmap_blocks = 2,
			     .vmcoreinfo_at = 4096 + 512,
			     .vmcoreinfo_size = 512 };
	unsigned char desc[24] = { 0 };
	struct bytes b;

	memcpy(desc, &offset, 8);
	memcpy(desc + 8, &size, 4);
	memcpy(desc + 12, &flags, 4);
	bytes_open(&b, m->path);
	put_headers(&b, &h);
	bytes_fill(&b, 0xff, 2 * BLOCK);
	bytes_repeat(&b, desc, sizeof(desc), FRAMES);
	bytes_fill(&b, 0x77, BLOCK);
	b.at = 4096 + 512;
	bytes_text(&b, "SYMBOL(init_top_pgt)=ffffffff80000000\nNUMBER(phys_base)=1048576\n"
		       "NUMBER(pgtable_l5_enabled)=0\nKERNELOFFSET=0\n");
	bytes_close(&b);
}

static void test_pages(void **state)
{
	static const struct {
		const char *what;
		uint64_t offset;
		uint32_t size, flags;
	} rows[] = {
		{ "pages in the headers", 1, 4096, 0 },
		{ "pages of 4 GiB", 4096, UINT32_MAX, 0 },
		{ "pages at 2^64", UINT64_MAX - 4000, 4096, 0 },
		{ "pages at 2^63", INT64_MAX - 4000, 4096, 1 },
		{ "pages of nothing, by zlib", 4096, 0, 1 },
		{ "pages by all at once", 4096, 4096, 39 },
		{ "pages of noise, by zlib", 4096, 4096, 1 },
		{ "pages of noise, by lzo", 4096, 4096, 2 },
		{ "pages of noise, by snappy", 4096, 4096, 4 },
		{ "pages of noise, by zstd", 4096, 4096, 32 },
	};
	struct meter *m = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put_pages(m, rows[i].offset, rows[i].size, rows[i].flags);
		meter_run(m, rows[i].what, m->path);
		assert_refused(m, m->path);
	}
}

/* Page tables of which each entry is a table, and the same one: all of the address space is mapped. */
static void test_everything_is_mapped(void **state)
{
	static const uint64_t entries[] = { 0x7777777777777000 | 0x67, 0x1067, 0x10e7 };
	struct meter *m = *state;

	for (size_t i = 0; i < 3; i++) {
		struct headers h = { .frames = FRAMES,
				     .bitmap_blocks = 2,
				     .vmcoreinfo_at = 4096 + 512,
				     .vmcoreinfo_size = 512 };
		uint64_t page = bitmap_at(&h) + 2 * BLOCK + 24ull * FRAMES;
		struct bytes b;

		put_pages(m, page, 4096, 0);
		bytes_change(&b, m->path);
		b.at = page;
		bytes_repeat(&b, &entries[i], 8, 512);
		bytes_close(&b);
		meter_run(m, "a page table of itself", m->path);
		assert_not_denied(m);
	}
}

/* --- flattened */

static void begin_flattened(struct bytes *b, const char *path)
{
	bytes_open(b, path);
	bytes_put(b, "makedumpfile\0\0\0", 16);
	bytes_be64(b, 1);
	bytes_be64(b, 1);
	bytes_to(b, BLOCK);
}

static void put_record(struct bytes *b, int64_t offset, int64_t size)
{
	bytes_be64(b, (uint64_t)offset);
	bytes_be64(b, (uint64_t)size);
}

static void test_flattened(void **state)
{
	static const struct {
		const char *what;
		int64_t offset, step, size;
		unsigned count;
	} rows[] = {
		{ "flattened, at 2^63", INT64_MAX - 8, 0, 4, 1 },
		{ "flattened, at 2^62", INT64_C(1) << 62, 0, 4, 1 },
		{ "flattened, at -2^63", INT64_MIN, 0, 4, 1 },
		{ "flattened, of 2^63", 0, 0, INT64_MAX, 1 },
		{ "flattened, backwards", 1 << 30, -4096, 4096, 10000 },
		{ "flattened, each over the last", 0, 1, 4096, 10000 },
		{ "flattened, again and again", 0, 0, 4096, 40000 },
		{ "flattened, a page for each GiB", 0, 1 << 30, 4096, 10000 },
		{ "flattened, a byte for each GiB", 0, 1 << 30, 1, 200000 },
		{ "flattened, a byte for each page, backwards", INT64_C(200001) << 12, -4096, 1,
		  200000 },
	};
	static unsigned char data[BLOCK];
	struct meter *m = *state;

	memset(data, 'x', sizeof(data));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes b;
		unsigned char record[16 + BLOCK];

		begin_flattened(&b, m->path);
		for (unsigned n = 0; n < rows[i].count; n++) {
			uint64_t at = __builtin_bswap64(
				(uint64_t)(rows[i].offset + n * rows[i].step));
			uint64_t size = __builtin_bswap64((uint64_t)rows[i].size);
			size_t len = rows[i].size < BLOCK ? (size_t)rows[i].size : BLOCK;

			memcpy(record, &at, 8);
			memcpy(record + 8, &size, 8);
			memcpy(record + 16, data, len);
			bytes_put(&b, record, 16 + len);
		}
		put_record(&b, -1, -1);
		bytes_close(&b);
		meter_run(m, rows[i].what, m->path);
		assert_refused(m, m->path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		METER_TEST(test_numbers),
		METER_TEST(test_bitmaps),
		METER_TEST(test_parts),
		METER_TEST(test_pages),
		METER_TEST(test_everything_is_mapped),
		METER_TEST(test_flattened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
