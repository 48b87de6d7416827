/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/target/kdump.c: kdump-compressed dumps, written by hand. */
#include <config.h>

#include "support.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <lzo/lzo1x.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

#include "target/kdump.h"

enum {
	PAGE = DLK_PAGE_SIZE,
	MAX_PAGES = 40,
	FRAMES = 100000, /* four blocks of the bitmap */
	BLOCKS = 4,
	DESCS = (2 + 2 * BLOCKS) * PAGE,
	DESC = 24,
	DATA = DESCS + PAGE,
	ROOM = DATA + MAX_PAGES * PAGE,
	BY_ZLIB = 1,
	BY_LZO = 2,
	BY_SNAPPY = 4,
	BY_ZSTD = 32
};

/* Frames at the edges of words and blocks of the bitmap; page i is full of words that begin with i. */
static const uint64_t frames[] = { 0, 1, 63, 64, 4095, 32767, 32768, 65535, 65536, 70001, 99999 };

enum { PAGES = sizeof(frames) / sizeof(frames[0]) };

struct file {
	unsigned char bytes[ROOM];
	size_t size;
	int fd;
	const char *path;
};

struct fixture {
	struct dlk_ctx ctx;
	struct file files[2];
	struct dlk_kdump *kdump;
};

static int setup(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	dlk_ctx_init(&f.ctx);
	assert_int_equal(lzo_init(), LZO_E_OK);
	f.files[0].fd = f.files[1].fd = -1;
	f.files[0].path = "one";
	f.files[1].path = "two";
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 2; i++)
		if (f->files[i].fd >= 0)
			close(f->files[i].fd);
	dlk_ctx_deinit(&f->ctx);
	return 0;
}

static void put_u32(struct file *to, size_t at, uint32_t value)
{
	memcpy(to->bytes + at, &value, sizeof(value));
}

static void put_u64(struct file *to, size_t at, uint64_t value)
{
	memcpy(to->bytes + at, &value, sizeof(value));
}

static void fill_page(unsigned char *page, unsigned number)
{
	for (unsigned i = 0; i < PAGE; i++)
		page[i] = (unsigned char)(i % 8 ? i / 64 : number + 1);
}

static size_t pack_bytes(uint32_t how, const unsigned char *data, size_t size, unsigned char *to)
{
	static unsigned char work[LZO1X_1_MEM_COMPRESS];
	uLongf zlib_len = 2 * PAGE;
	lzo_uint lzo_len = 2 * PAGE;
	size_t len = snappy_max_compressed_length(size);

	switch (how) {
	case BY_ZLIB:
		assert_int_equal(compress(to, &zlib_len, data, size), Z_OK);
		return zlib_len;
	case BY_LZO:
		assert_int_equal(lzo1x_1_compress(data, size, to, &lzo_len, work), LZO_E_OK);
		return lzo_len;
	case BY_SNAPPY:
		/* It wants room for the worst case, which there is. */
		assert_int_equal(snappy_compress((const char *)data, size, (char *)to, &len),
				 SNAPPY_OK);
		return len;
	case BY_ZSTD:
		return ZSTD_compress(to, 2 * PAGE, data, size, 1);
	default:
		memcpy(to, data, size);
		return size;
	}
}

static size_t pack(uint32_t how, const unsigned char *page, unsigned char *to)
{
	return pack_bytes(how, page, PAGE, to);
}

/* A dump of all pages of frames[]; of those from start to end, if it is a part. */
static void write_dump(struct file *to, uint32_t how, uint64_t start, uint64_t end)
{
	size_t data = DATA, desc = DESCS;

	memset(to->bytes, 0, sizeof(to->bytes));
	memcpy(to->bytes, "KDUMP   ", 8);
	put_u32(to, 8, 6);
	memcpy(to->bytes + 272, "x86_64", 6);
	put_u32(to, 424, how);
	put_u32(to, 428, PAGE);
	put_u32(to, 432, 1);
	put_u32(to, 436, 2 * BLOCKS);
	put_u32(to, 440, FRAMES);
	put_u32(to, PAGE + 12, end - start != FRAMES);
	put_u64(to, PAGE + 80, start);
	put_u64(to, PAGE + 88, end);
	put_u64(to, PAGE + 96, FRAMES);
	/* There is memory everywhere. */
	memset(to->bytes + 2 * PAGE, 0xff, BLOCKS * PAGE);
	for (unsigned i = 0; i < PAGES; i++) {
		unsigned char page[PAGE];

		to->bytes[(2 + BLOCKS) * PAGE + frames[i] / 8] |= (unsigned char)(1u
										  << frames[i] % 8);
		if (frames[i] < start || frames[i] >= end)
			continue;
		fill_page(page, i);
		put_u64(to, desc, data);
		put_u32(to, desc + 8, (uint32_t)pack(how, page, to->bytes + data));
		put_u32(to, desc + 12, how);
		data += PAGE;
		desc += DESC;
	}
	to->size = data;
}

static enum dlk_status open_files(struct fixture *f, unsigned count)
{
	int fds[2];
	const char *paths[2];

	for (unsigned i = 0; i < count; i++) {
		struct file *file = &f->files[i];

		file->fd = memfd_create("kdump", MFD_CLOEXEC);
		assert_true(file->fd >= 0);
		assert_int_equal(pwrite(file->fd, file->bytes, file->size, 0), file->size);
		fds[i] = file->fd;
		paths[i] = file->path;
	}
	return dlk_kdump_open(&f->ctx, fds, paths, count, &f->kdump);
}

static void open_dump(struct fixture *f)
{
	assert_int_equal(open_files(f, 1), DLK_OK);
}

static bool has_page(struct fixture *f, unsigned number)
{
	unsigned char want[PAGE], got[PAGE];

	fill_page(want, number);
	if (dlk_kdump_read(f->kdump, frames[number] * PAGE, got, PAGE))
		return false;
	assert_memory_equal(got, want, PAGE);
	return true;
}

static void assert_all_there(struct fixture *f)
{
	for (unsigned i = 0; i < PAGES; i++)
		assert_true(has_page(f, i));
	for (unsigned i = PAGES; i-- > 0;)
		assert_true(has_page(f, i));
}

static void assert_refused(struct fixture *f, unsigned count, enum dlk_status status,
			   const char *text)
{
	assert_int_equal(open_files(f, count), status);
	assert_non_null(strstr(f->ctx.err.text, text));
}

/* --- pages */

static void test_kdump__pages(void **state)
{
	static const uint32_t ways[] = { 0, BY_ZLIB, BY_LZO, BY_SNAPPY, BY_ZSTD };
	struct fixture *f = *state;

	for (unsigned i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		write_dump(&f->files[0], ways[i], 0, FRAMES);
		open_dump(f);
		assert_false(dlk_kdump_is_cut(f->kdump));
		assert_all_there(f);
		close(f->files[0].fd);
		f->files[0].fd = -1;
	}
}

static void test_kdump__parts_of_pages(void **state)
{
	struct fixture *f = *state;
	unsigned char buf[16], first[PAGE], second[PAGE];

	write_dump(&f->files[0], BY_ZLIB, 0, FRAMES);
	open_dump(f);
	fill_page(first, 0);
	fill_page(second, 1);
	assert_int_equal(dlk_kdump_read(f->kdump, PAGE - 8, buf, 16), DLK_OK);
	assert_memory_equal(buf, first + PAGE - 8, 8);
	assert_memory_equal(buf + 8, second, 8);
	assert_int_equal(dlk_kdump_read(f->kdump, 2 * PAGE - 8, buf, 16), DLK_ERR_FAULT);
}

static void test_kdump__not_there(void **state)
{
	static const uint64_t absent[] = { 2, 62, 65, 32766, 99998, FRAMES, UINT64_MAX / PAGE };
	struct fixture *f = *state;
	unsigned char page[PAGE];

	write_dump(&f->files[0], BY_LZO, 0, FRAMES);
	open_dump(f);
	for (unsigned i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		assert_int_equal(dlk_kdump_read(f->kdump, absent[i] * PAGE, page, PAGE),
				 DLK_ERR_FAULT);
	assert_all_there(f);
}

/* A page that cannot be had costs no other one, however often it is asked for. */
static void test_kdump__bad_pages(void **state)
{
	static const struct {
		size_t at;
		uint64_t value;
		size_t bytes;
	} lies[] = {
		{ DESCS, 0, 8 },                     /* no page */
		{ DESCS, ROOM, 8 },                  /* behind the end */
		{ DESCS, UINT64_MAX - 10, 8 },       /* beyond all files */
		{ DESCS, 0x1000, 8 },                /* the sub header is no page */
		{ DESCS + 8, 0, 4 },                 /* of no size */
		{ DESCS + 8, PAGE + 1, 4 },          /* larger than a page */
		{ DESCS + 8, UINT32_MAX, 4 },        /* */
		{ DESCS + 8, 5, 4 },                 /* cut short */
		{ DESCS + 12, BY_ZLIB, 4 },          /* not how it was compressed */
		{ DESCS + 12, BY_ZSTD, 4 },          /* */
		{ DESCS + 12, BY_SNAPPY, 4 },        /* */
		{ DESCS + 12, BY_LZO | BY_ZSTD, 4 }, /* both */
		{ DESCS + 12, 0, 4 },                /* as it is, but not a page long */
		{ DATA, UINT64_MAX, 8 },             /* damaged */
	};
	struct fixture *f = *state;

	for (unsigned i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		write_dump(&f->files[0], BY_LZO, 0, FRAMES);
		memcpy(f->files[0].bytes + lies[i].at, &lies[i].value, lies[i].bytes);
		open_dump(f);
		for (int again = 0; again < 2000; again++)
			assert_false(has_page(f, 0));
		for (unsigned page = 1; page < PAGES; page++)
			assert_true(has_page(f, page));
		close(f->files[0].fd);
		f->files[0].fd = -1;
	}
}

/* Pages that unpack to more than a page, by a byte or by a lot: there is room for a page only. */
static void test_kdump__large_pages(void **state)
{
	static const uint32_t hows[] = { BY_ZLIB, BY_LZO, BY_SNAPPY, BY_ZSTD };
	static const size_t sizes[] = { PAGE - 1, PAGE + 1, 16 * PAGE };
	static unsigned char large[16 * PAGE], packed[32 * PAGE];
	struct fixture *f = *state;

	for (size_t i = 0; i < 12; i++) {
		uint32_t how = hows[i % 4];
		size_t size = pack_bytes(how, large, sizes[i / 4], packed);

		assert_true(size <= PAGE);
		write_dump(&f->files[0], how, 0, FRAMES);
		memcpy(f->files[0].bytes + DATA, packed, size);
		put_u32(&f->files[0], DESCS + 8, (uint32_t)size);
		open_dump(f);
		assert_false(has_page(f, 0));
		assert_true(has_page(f, 1));
		close(f->files[0].fd);
		f->files[0].fd = -1;
	}
}

/* What lies behind the end of the file is not there; it is not zeros. */
static void test_kdump__cut(void **state)
{
	struct fixture *f = *state;

	write_dump(&f->files[0], 0, 0, FRAMES);
	f->files[0].size -= 1;
	open_dump(f);
	assert_true(dlk_kdump_is_cut(f->kdump));
	assert_false(has_page(f, PAGES - 1));
	for (unsigned i = 0; i < PAGES - 1; i++)
		assert_true(has_page(f, i));
}

static void test_kdump__cut_in_descriptors(void **state)
{
	struct fixture *f = *state;

	write_dump(&f->files[0], 0, 0, FRAMES);
	f->files[0].size = DESCS + DESC;
	open_dump(f);
	assert_true(dlk_kdump_is_cut(f->kdump));
	for (unsigned i = 0; i < PAGES; i++)
		assert_false(has_page(f, i));
}

/* makedumpfile without a filter leaves one bitmap. */
static void test_kdump__one_bitmap(void **state)
{
	struct fixture *f = *state;
	struct file *file = &f->files[0];

	write_dump(file, BY_ZLIB, 0, FRAMES);
	memmove(file->bytes + 2 * PAGE, file->bytes + (2 + BLOCKS) * PAGE,
		file->size - (2 + BLOCKS) * PAGE);
	file->size -= BLOCKS * PAGE;
	put_u32(file, 436, BLOCKS);
	for (unsigned i = 0; i < PAGES; i++)
		put_u64(file, DESCS - BLOCKS * PAGE + i * DESC, DATA + (i - BLOCKS) * PAGE);
	open_dump(f);
	assert_all_there(f);
}

/* --- headers that lie */

static void refuse_with(struct fixture *f, size_t at, uint64_t value, size_t bytes,
			enum dlk_status status, const char *text)
{
	write_dump(&f->files[0], BY_LZO, 0, FRAMES);
	memcpy(f->files[0].bytes + at, &value, bytes);
	assert_refused(f, 1, status, text);
	close(f->files[0].fd);
	f->files[0].fd = -1;
}

static void test_kdump__headers(void **state)
{
	struct fixture *f = *state;

	refuse_with(f, 428, 65536, 4, DLK_ERR_UNSUPPORTED, "in blocks of 65536 bytes");
	refuse_with(f, 272, 0x34366d7261, 8, DLK_ERR_UNSUPPORTED, "of architecture arm64");
	refuse_with(f, 436, 0, 4, DLK_ERR_CORRUPT, "page bitmaps of 0 blocks");
	refuse_with(f, 436, BLOCKS - 1, 4, DLK_ERR_CORRUPT, "page bitmaps of 3 blocks");
	refuse_with(f, 432, 0x7fffffff, 4, DLK_ERR_CORRUPT, "cut off");
	refuse_with(f, PAGE + 96, UINT64_MAX, 8, DLK_ERR_LIMIT, "16 TiB");
	refuse_with(f, PAGE + 96, UINT64_C(1) << 40, 8, DLK_ERR_LIMIT, "16 TiB");
	refuse_with(f, PAGE + 96, UINT32_MAX, 8, DLK_ERR_CORRUPT, "page bitmaps of 8 blocks");
}

static void test_kdump__ends_in_headers(void **state)
{
	static const size_t sizes[] = { 8, 443, PAGE, PAGE + 103 };
	struct fixture *f = *state;

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		write_dump(&f->files[0], BY_LZO, 0, FRAMES);
		f->files[0].size = sizes[i];
		assert_refused(f, 1, DLK_ERR_CORRUPT, "one: the file ends within its headers");
		close(f->files[0].fd);
		f->files[0].fd = -1;
	}
}

static void test_kdump__cancel(void **state)
{
	volatile int cancel = 1;
	struct fixture *f = *state;

	f->ctx.cancel = &cancel;
	write_dump(&f->files[0], BY_LZO, 0, FRAMES);
	assert_int_equal(open_files(f, 1), DLK_ERR_CANCELED);
}

static void test_kdump__is(void **state)
{
	struct fixture *f = *state;

	write_dump(&f->files[0], 0, 0, FRAMES);
	write_dump(&f->files[1], 0, 0, FRAMES);
	f->files[1].bytes[0] = 'k';
	assert_int_equal(open_files(f, 2), DLK_ERR_UNSUPPORTED);
	assert_true(dlk_kdump_is(f->files[0].fd));
	assert_false(dlk_kdump_is(f->files[1].fd));
}

/* --- several files */

static void write_parts(struct fixture *f, unsigned first, uint64_t at)
{
	write_dump(&f->files[first], BY_SNAPPY, 0, at);
	write_dump(&f->files[!first], BY_SNAPPY, at, FRAMES);
}

static void test_kdump__split(void **state)
{
	static const uint64_t places[] = { 1, 64, 100, 32768, 70000, 70001, 70002, 99999 };
	struct fixture *f = *state;

	for (unsigned i = 0; i < 2 * sizeof(places) / sizeof(places[0]); i++) {
		write_parts(f, i % 2, places[i / 2]);
		assert_int_equal(open_files(f, 2), DLK_OK);
		assert_false(dlk_kdump_is_cut(f->kdump));
		assert_all_there(f);
		for (unsigned j = 0; j < 2; j++)
			close(f->files[j].fd);
	}
	f->files[0].fd = f->files[1].fd = -1;
}

static void test_kdump__half(void **state)
{
	struct fixture *f = *state;

	write_dump(&f->files[0], 0, 0, 70000);
	assert_refused(f, 1, DLK_ERR_INVALID,
		       "one: a part of a split dump; page frames from 0x11170 on are in another");
}

static void test_kdump__other_half(void **state)
{
	struct fixture *f = *state;

	write_dump(&f->files[0], 0, 70000, FRAMES);
	assert_refused(f, 1, DLK_ERR_INVALID, "page frames from 0 on are in another");
}

static void test_kdump__same_half(void **state)
{
	struct fixture *f = *state;

	write_dump(&f->files[0], 0, 0, 70000);
	write_dump(&f->files[1], 0, 0, 70000);
	assert_refused(f, 2, DLK_ERR_INVALID, "have the same pages");
}

static void test_kdump__half_of_another(void **state)
{
	struct fixture *f = *state;

	write_parts(f, 0, 70000);
	put_u64(&f->files[1], 408, 1); /* the time */
	assert_refused(f, 2, DLK_ERR_INVALID, "one and two are of two dumps");
}

static void test_kdump__two_whole(void **state)
{
	struct fixture *f = *state;

	write_dump(&f->files[0], 0, 0, FRAMES);
	write_dump(&f->files[1], 0, 0, FRAMES);
	assert_refused(f, 2, DLK_ERR_INVALID, "no part of a split one");
}

#define KDUMP_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		KDUMP_TEST(test_kdump__pages),
		KDUMP_TEST(test_kdump__parts_of_pages),
		KDUMP_TEST(test_kdump__not_there),
		KDUMP_TEST(test_kdump__bad_pages),
		KDUMP_TEST(test_kdump__large_pages),
		KDUMP_TEST(test_kdump__cancel),
		KDUMP_TEST(test_kdump__cut),
		KDUMP_TEST(test_kdump__cut_in_descriptors),
		KDUMP_TEST(test_kdump__one_bitmap),
		KDUMP_TEST(test_kdump__headers),
		KDUMP_TEST(test_kdump__ends_in_headers),
		KDUMP_TEST(test_kdump__is),
		KDUMP_TEST(test_kdump__split),
		KDUMP_TEST(test_kdump__half),
		KDUMP_TEST(test_kdump__other_half),
		KDUMP_TEST(test_kdump__same_half),
		KDUMP_TEST(test_kdump__half_of_another),
		KDUMP_TEST(test_kdump__two_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
