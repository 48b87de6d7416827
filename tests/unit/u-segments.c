/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/target/segments.c: what memory an ELF dump has. */
#include <config.h>

#include "support.h"

#include <fcntl.h>
#include <unistd.h>

#include "target/segments.h"

static unsigned char pages[4 * DLK_PAGE_SIZE];

struct fixture {
	struct dlk_ctx ctx;
	struct temp temp;
	struct dump dump;
	struct dlk_segments s;
	size_t cut; /* bytes to take away from the file's end */
};

static int setup(void **state)
{
	static struct fixture x;

	x = (struct fixture){ .cut = 0 };
	dlk_ctx_init(&x.ctx);
	temp_make(&x.temp);
	*state = &x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;

	dlk_ctx_deinit(&x->ctx);
	temp_remove(&x->temp);
	return 0;
}

static void add(struct fixture *x, uint64_t address, uint64_t size, uint64_t file_size)
{
	assert_true(file_size <= sizeof(pages));
	x->dump.loads[x->dump.load_count++] = (struct dump_load){ address, size, pages, file_size };
}

static void read_file(struct fixture *x, const char *path)
{
	int fd = open(path, O_RDONLY);

	assert_true(fd >= 0);
	assert_int_equal(dlk_segments_read(&x->ctx, fd, &x->s), DLK_OK);
	close(fd);
}

static void start(struct fixture *x)
{
	size_t size = dump_write(&x->dump, temp_file(&x->temp, "vmcore"));

	assert_int_equal(truncate(x->temp.path, (off_t)(size - x->cut)), 0);
	read_file(x, x->temp.path);
	assert_true(x->s.is_known);
}

static bool has(struct fixture *x, dlk_addr_t address)
{
	return dlk_segments_have(&x->s, address, DLK_PAGE_SIZE);
}

static void test_segments__borders(void **state)
{
	struct fixture *x = *state;

	add(x, 0x40000000, 0x2000, 0x2000); /* not in order */
	add(x, 0x100000, 0x3000, 0x3000);
	start(x);
	assert_false(has(x, 0xff000));
	assert_true(has(x, 0x100000));
	assert_true(has(x, 0x102000));
	assert_false(has(x, 0x103000));
	assert_false(has(x, 0x3ffff000));
	assert_true(has(x, 0x40001000));
	assert_false(has(x, 0x40002000));
	assert_false(has(x, UINT64_MAX - 0xfff));
	assert_true(dlk_segments_have(&x->s, 0xffff8, 9)); /* one byte of it */
}

/* The kernel's image has a segment of its own, within that of the memory around it. */
static void test_segments__overlap(void **state)
{
	struct fixture *x = *state;

	add(x, 0x101000, 0x1000, 0x1000);
	add(x, 0x100000, 0x4000, 0x4000);
	add(x, 0x104000, 0x1000, 0x1000); /* just behind */
	start(x);
	assert_int_equal(x->s.count, 2);
	assert_true(has(x, 0x100000));
	assert_true(has(x, 0x103000));
	assert_true(has(x, 0x104000));
	assert_false(has(x, 0x105000));
}

/* Neither pages that makedumpfile filtered out nor those that were cut off are there. */
static void test_segments__what_the_file_lacks(void **state)
{
	struct fixture *x = *state;

	add(x, 0x100000, 0x2000, 0x1000);
	add(x, 0x200000, 0x4000, 0x4000);
	x->cut = 0x2800;
	start(x);
	assert_true(has(x, 0x100000));
	assert_false(has(x, 0x101000));
	assert_true(has(x, 0x200000));
	assert_false(has(x, 0x201000)); /* there in part: the rest would be zeros */
	assert_false(has(x, 0x202000));
}

static void test_segments__lost_and_wrapping(void **state)
{
	struct fixture *x = *state;

	add(x, UINT64_MAX - 0xfff, 0x4000, 0x4000); /* beyond the end of all addresses */
	add(x, 0x200000, 0x1000, 0x1000);
	x->cut = 0x1000;
	start(x);
	assert_int_equal(x->s.count, 0);
	assert_false(has(x, 0x200000));
	assert_false(has(x, 0));
}

static void test_segments__none(void **state)
{
	struct fixture *x = *state;

	start(x);
	assert_int_equal(x->s.count, 0);
	assert_false(has(x, 0));
}

/* Of another format nothing is known, so everything may be there. */
static void test_segments__no_elf(void **state)
{
	struct fixture *x = *state;

	temp_write(&x->temp, "text", "KDUMP   and more than sixteen bytes", 35);
	read_file(x, x->temp.path);
	assert_false(x->s.is_known);
	assert_true(has(x, 0x12345000));
	temp_write(&x->temp, "text", "", 0);
	read_file(x, x->temp.path);
	assert_false(x->s.is_known);
}

static void test_segments__headers_cut(void **state)
{
	struct fixture *x = *state;
	struct dlk_segments s = { .count = 77 };
	int fd;

	add(x, 0x100000, 0x1000, 0x1000);
	dump_write(&x->dump, temp_file(&x->temp, "vmcore"));
	assert_int_equal(truncate(x->temp.path, 130), 0);
	fd = open(x->temp.path, O_RDONLY);
	assert_int_equal(dlk_segments_read(&x->ctx, fd, &s), DLK_ERR_CORRUPT);
	close(fd);
	assert_int_equal(s.count, 77);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_segments__borders),
		TEST(test_segments__overlap),
		TEST(test_segments__what_the_file_lacks),
		TEST(test_segments__lost_and_wrapping),
		TEST(test_segments__none),
		TEST(test_segments__no_elf),
		TEST(test_segments__headers_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
