/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/target/pages.c: what is fetched, and how often. */
#include <config.h>

#include "support.h"

#include "target/pages.h"

enum { PAGES = 64, HOLE = 40 };

struct source {
	unsigned trips, pages;
	unsigned fetched[PAGES];
};

/* The byte at an address is its page's number; there is no page HOLE. */
static enum dlk_status fetch(void *arg, dlk_addr_t address, void *buf, size_t *len)
{
	struct source *s = arg;
	unsigned first = (unsigned)(address / DLK_PAGE_SIZE), count = 0;

	s->trips++;
	while (count < *len / DLK_PAGE_SIZE && first + count < PAGES && first + count != HOLE)
		count++;
	if (!count)
		return DLK_ERR_FAULT;
	for (unsigned i = 0; i < count; i++) {
		memset((char *)buf + (size_t)i * DLK_PAGE_SIZE, (int)(first + i), DLK_PAGE_SIZE);
		s->fetched[first + i]++;
	}
	s->pages += count;
	*len = (size_t)count * DLK_PAGE_SIZE;
	return DLK_OK;
}

static void assert_page(struct dlk_pages *p, unsigned n)
{
	unsigned char byte = 0xff;

	assert_int_equal(dlk_pages_read(p, (dlk_addr_t)n * DLK_PAGE_SIZE + 17, &byte, 1), DLK_OK);
	assert_int_equal(byte, n);
}

static void test_each_page_once(void **state)
{
	struct fake *f = *state;
	struct source s = { 0 };
	struct dlk_pages p;

	dlk_pages_init(&f->ctx, fetch, &s, &p);
	for (unsigned round = 0; round < 3; round++)
		for (unsigned n = 0; n < HOLE; n++)
			assert_page(&p, n * 7 % HOLE);
	for (unsigned n = 0; n < HOLE; n++)
		assert_int_equal(s.fetched[n], 1);
}

/* 1, 2, 4, 8, 16, 9: forty pages in a row are six trips. */
static void test_row(void **state)
{
	struct fake *f = *state;
	struct source s = { 0 };
	struct dlk_pages p;

	dlk_pages_init(&f->ctx, fetch, &s, &p);
	for (unsigned n = 1; n < HOLE; n++)
		assert_page(&p, n);
	assert_int_equal(s.trips, 6);
	assert_int_equal(s.pages, HOLE - 1);
}

static void test_here_and_there(void **state)
{
	struct fake *f = *state;
	struct source s = { 0 };
	struct dlk_pages p;

	dlk_pages_init(&f->ctx, fetch, &s, &p);
	for (unsigned n = 0; n < 30; n += 3)
		assert_page(&p, n);
	assert_int_equal(s.trips, 10);
	assert_int_equal(s.pages, 10);
}

/* A source that gives all or nothing: what lies before a gap is had all the same. */
static enum dlk_status fetch_all(void *arg, dlk_addr_t address, void *buf, size_t *len)
{
	size_t wanted = *len;
	enum dlk_status status = fetch(arg, address, buf, len);

	return status || *len == wanted ? status : DLK_ERR_FAULT;
}

static void test_all_or_nothing(void **state)
{
	struct fake *f = *state;
	struct source s = { 0 };
	struct dlk_pages p;

	dlk_pages_init(&f->ctx, fetch_all, &s, &p);
	for (unsigned n = 0; n < HOLE; n++)
		assert_page(&p, n);
}

/* A hole is asked for again: who asks remembers it (memory.c). */
static void test_hole(void **state)
{
	struct fake *f = *state;
	struct source s = { 0 };
	struct dlk_pages p;
	char byte;

	dlk_pages_init(&f->ctx, fetch, &s, &p);
	for (unsigned n = HOLE - 4; n < HOLE; n++)
		assert_page(&p, n);
	assert_int_equal(dlk_pages_read(&p, (dlk_addr_t)HOLE * DLK_PAGE_SIZE, &byte, 1),
			 DLK_ERR_FAULT);
	assert_page(&p, HOLE + 1);
	assert_int_equal(s.fetched[HOLE + 1], 1);
}

/* A stray pointer is met thousands of times. */
static void test_what_fails_costs_no_memory(void **state)
{
	struct fake *f = *state;
	struct source s = { 0 };
	struct dlk_pages p;
	size_t used;
	char byte;

	dlk_pages_init(&f->ctx, fetch, &s, &p);
	assert_page(&p, 1);
	used = f->ctx.used;
	for (unsigned n = 0; n < 1000; n++)
		assert_int_equal(dlk_pages_read(&p, (dlk_addr_t)(PAGES + n) * DLK_PAGE_SIZE, &byte,
						1),
				 DLK_ERR_FAULT);
	assert_int_equal(f->ctx.used, used);
}

/* The byte at an address is its page's number; every page is there. */
static enum dlk_status fetch_any(void *arg, dlk_addr_t address, void *buf, size_t *len)
{
	(void)arg;
	for (size_t at = 0; at < *len; at += DLK_PAGE_SIZE)
		memset((char *)buf + at, (int)((address + at) / DLK_PAGE_SIZE % 251),
		       DLK_PAGE_SIZE);
	return DLK_OK;
}

/* More than is kept: the oldest make place, and come again. */
static void test_more_than_is_kept(void **state)
{
	enum { MANY = 20000, MOST = 48 << 20 };
	struct fake *f = *state;
	struct dlk_pages p;

	dlk_pages_init(&f->ctx, fetch_any, NULL, &p);
	for (unsigned round = 0; round < 2; round++)
		for (unsigned n = 0; n < MANY; n++) {
			unsigned char byte = 0xff;

			assert_int_equal(dlk_pages_read(&p, (dlk_addr_t)n * DLK_PAGE_SIZE + 5,
							&byte, 1),
					 DLK_OK);
			assert_int_equal(byte, n % 251);
		}
	assert_true(f->ctx.used < MOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_each_page_once),
		FAKE_TEST(test_row),
		FAKE_TEST(test_here_and_there),
		FAKE_TEST(test_all_or_nothing),
		FAKE_TEST(test_hole),
		FAKE_TEST(test_what_fails_costs_no_memory),
		FAKE_TEST(test_more_than_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
