/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/target/container.c: what is around a dump. */
#include <config.h>

#include "support.h"

#include <endian.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "target/container.h"

struct fixture {
	struct dlk_ctx ctx;
	struct temp temp;
	unsigned char data[65536];
	size_t size;
};

static int setup(void **state)
{
	static struct fixture x;

	memset(&x, 0, sizeof(x));
	dlk_ctx_init(&x.ctx);
	temp_make(&x.temp);
	*state = &x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;

	temp_remove(&x->temp);
	dlk_ctx_deinit(&x->ctx);
	return 0;
}

static void append(struct fixture *x, const void *data, size_t size)
{
	memcpy(x->data + x->size, data, size);
	x->size += size;
}

static void append_be(struct fixture *x, uint64_t value)
{
	uint64_t word = htobe64(value);

	append(x, &word, sizeof(word));
}

/* The header of a flattened file: 4 KiB, type 1, version 1. */
static void start_flattened(struct fixture *x)
{
	append(x, "makedumpfile\0\0\0", 16);
	append_be(x, 1);
	append_be(x, 1);
	x->size = 4096;
}

static void segment(struct fixture *x, uint64_t offset, const char *text)
{
	append_be(x, offset);
	append_be(x, strlen(text));
	append(x, text, strlen(text));
}

static void end_flattened(struct fixture *x)
{
	append_be(x, UINT64_MAX);
	append_be(x, UINT64_MAX);
}

static enum dlk_status open_it(struct fixture *x, struct dlk_container *ret)
{
	temp_write(&x->temp, "file", x->data, x->size);
	return dlk_container_open(&x->ctx, temp_file(&x->temp, "file"), ret);
}

/* The descriptor's content is @p size bytes, and starts at its beginning. */
static void assert_content(int fd, const void *want, size_t size)
{
	char *got = malloc(size + 1);

	assert_int_equal(read(fd, got, size + 1), size);
	assert_memory_equal(got, want, size);
	free(got);
	close(fd);
}

static void test_container__plain(void **state)
{
	struct fixture *x = *state;
	struct dlk_container c;

	append(x, "nothing special", 15);
	assert_int_equal(open_it(x, &c), DLK_OK);
	assert_false(c.is_flattened);
	assert_content(c.fd, "nothing special", 15);
}

/* Segments in any order; between them zeros; a hole at the end counts. */
static void test_container__flattened(void **state)
{
	static const char zeros[8];
	struct fixture *x = *state;
	struct dlk_container c;

	start_flattened(x);
	segment(x, 8, "world");
	segment(x, 0, "hello");
	append_be(x, 16);
	append_be(x, sizeof(zeros));
	append(x, zeros, sizeof(zeros));
	end_flattened(x);
	assert_int_equal(open_it(x, &c), DLK_OK);
	assert_true(c.is_flattened);
	assert_content(c.fd, "hello\0\0\0world\0\0\0\0\0\0\0\0\0\0", 24);
}

static void test_container__flattened_cut(void **state)
{
	struct fixture *x = *state;
	struct dlk_container c = { .fd = -7 };
	size_t whole;

	start_flattened(x);
	segment(x, 0, "hello");
	end_flattened(x);
	whole = x->size;
	for (x->size = 16; x->size < whole; x->size += x->size < 4080 ? 500 : 1)
		assert_int_equal(open_it(x, &c), DLK_ERR_CORRUPT);
	assert_int_equal(c.fd, -7);
}

static void test_container__flattened_lies(void **state)
{
	static const uint64_t lies[][2] = {
		{ UINT64_MAX, 1 },        { 1, UINT64_MAX }, { UINT64_C(1) << 62, 1 },
		{ 0, UINT64_C(1) << 62 }, { 0, 0 },
	};
	struct fixture *x = *state;
	struct dlk_container c;

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		x->size = 0;
		start_flattened(x);
		append_be(x, lies[i][0]);
		append_be(x, lies[i][1]);
		assert_int_equal(open_it(x, &c), DLK_ERR_CORRUPT);
	}
}

static void test_container__other_version(void **state)
{
	struct fixture *x = *state;
	struct dlk_container c;

	start_flattened(x);
	x->data[31] = 2;
	end_flattened(x);
	assert_int_equal(open_it(x, &c), DLK_ERR_UNSUPPORTED);
}

/* Compressed by the tool itself, around a flattened file. */
static void test_container__packed(void **state)
{
	static const char *const tools[] = { "xz", "zstd -q", "gzip" };
	struct fixture *x = *state;

	start_flattened(x);
	segment(x, 0, "hello");
	end_flattened(x);
	temp_write(&x->temp, "plain", x->data, x->size);
	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
		struct dlk_container c;
		char command[256];

		snprintf(command, sizeof(command), "%s -c %s/plain >%s/packed 2>/dev/null",
			 tools[i], x->temp.dir, x->temp.dir);
		if (system(command))
			skip();
		assert_int_equal(dlk_container_open(&x->ctx, temp_file(&x->temp, "packed"), &c),
				 DLK_OK);
		assert_true(c.is_flattened);
		assert_content(c.fd, "hello", 5);
	}
}

/* Made by a shell command from "plain"; skipped if the tool is not there. */
static enum dlk_status open_made(struct fixture *x, const char *command, struct dlk_container *ret)
{
	char line[512];

	temp_write(&x->temp, "plain", "hello", 5);
	snprintf(line, sizeof(line), "cd %s && { %s; } 2>/dev/null", x->temp.dir, command);
	if (system(line))
		skip();
	return dlk_container_open(&x->ctx, temp_file(&x->temp, "packed"), ret);
}

/* Members in a row are one file; what ends within one was cut off, wherever that is. */
static void test_container__gzip(void **state)
{
	struct fixture *x = *state;
	struct dlk_container c;

	assert_int_equal(open_made(x, "gzip -c plain >packed && gzip -9c plain >>packed", &c),
			 DLK_OK);
	assert_content(c.fd, "hellohello", 10);
	assert_int_equal(open_made(x, "gzip -c plain >one && cat one one | head -c -1 >packed", &c),
			 DLK_ERR_CORRUPT);
	assert_non_null(strstr(x->ctx.err.text, "the gzip file ends early"));
	assert_int_equal(open_made(x, "gzip -c plain | head -c 12 >packed", &c), DLK_ERR_CORRUPT);
	assert_non_null(strstr(x->ctx.err.text, "the gzip file ends early"));
	assert_int_equal(open_made(x, "{ gzip -c plain; echo more; } >packed", &c),
			 DLK_ERR_CORRUPT);
	assert_string_equal(x->ctx.err.text, "the gzip file is damaged");
}

/* The file is as long as what came farthest, also if that was zeros, and not the last. */
static void test_container__flattened_length(void **state)
{
	static const char zeros[8], want[24] = "hello";
	struct fixture *x = *state;
	struct dlk_container c;

	start_flattened(x);
	append_be(x, 16);
	append_be(x, sizeof(zeros));
	append(x, zeros, sizeof(zeros));
	segment(x, 0, "hello");
	end_flattened(x);
	assert_int_equal(open_it(x, &c), DLK_OK);
	assert_content(c.fd, want, sizeof(want));
}

/* What comes out is counted, zeros and all; what the user allows is for all files together. */
static void test_container__max_unpack(void **state)
{
	struct fixture *x = *state;
	struct dlk_container c;

	x->ctx.limits.unpack = 8192;
	assert_int_equal(open_made(x, "head -c 4096 /dev/zero | zstd -qc >packed", &c), DLK_OK);
	close(c.fd);
	assert_int_equal(open_made(x, "printf x | zstd -qc >packed", &c), DLK_OK);
	close(c.fd);
	assert_int_equal(open_made(x, "printf x | zstd -qc >packed", &c), DLK_ERR_LIMIT);
	assert_non_null(strstr(x->ctx.err.text, "give --max-unpack SIZE"));
	x->ctx.unpacked = 0;
	assert_int_equal(open_made(x, "head -c 8193 /dev/zero | zstd -qc >packed", &c),
			 DLK_ERR_LIMIT);
}

/* Zeros take no room. */
static void test_container__holes(void **state)
{
	struct fixture *x = *state;
	struct dlk_container c;
	struct stat st;

	assert_int_equal(open_made(x,
				   "{ echo; head -c 64M /dev/zero; echo; head -c 1M /dev/zero; } | "
				   "gzip -1 >packed",
				   &c),
			 DLK_OK);
	assert_int_equal(fstat(c.fd, &st), 0);
	assert_int_equal(st.st_size, (65 << 20) + 2);
	assert_true(st.st_blocks <= 256);
	close(c.fd);
}

/* pzstd and others put a frame to be skipped first. */
static void test_container__skippable_frame(void **state)
{
	struct fixture *x = *state;
	struct dlk_container c;

	assert_int_equal(open_made(x,
				   "printf '\\137\\052\\115\\030\\003\\0\\0\\0abc' >packed && "
				   "zstd -qc plain >>packed",
				   &c),
			 DLK_OK);
	assert_content(c.fd, "hello", 5);
}

/* A window that costs much memory is no damage. */
static void test_container__xz_takes_memory(void **state)
{
	struct fixture *x = *state;
	struct dlk_container c;

	assert_int_equal(open_made(x, "xz --lzma2=dict=144MiB,mf=hc3,mode=fast -c plain >packed",
				   &c),
			 DLK_ERR_UNSUPPORTED);
	assert_non_null(strstr(x->ctx.err.text, "unpack it by xz -d"));
}

static void test_container__zstd_takes_memory(void **state)
{
	struct fixture *x = *state;
	struct dlk_container c;

	assert_int_equal(open_made(x, "zstd -q -1 --long=28 -c <plain >packed", &c),
			 DLK_ERR_UNSUPPORTED);
	assert_non_null(strstr(x->ctx.err.text, "unpack it by zstd -d --long=31"));
}

static void look(struct fixture *x, const void *data, size_t size, enum dlk_content want)
{
	char command[256];

	temp_write(&x->temp, "file", data, size);
	assert_int_equal(dlk_container_look(&x->ctx, temp_file(&x->temp, "file")), want);
	snprintf(command, sizeof(command),
		 "cd %s && xz -c file >file.xz && zstd -qc file.xz >packed", x->temp.dir);
	if (!system(command))
		assert_int_equal(dlk_container_look(&x->ctx, temp_file(&x->temp, "packed")), want);
}

static void test_container__look(void **state)
{
	struct fixture *x = *state;
	unsigned char elf[64] = "\177ELF\2\1\1";

	look(x, "KDUMP   ", 8, DLK_CONTENT_PART);
	look(x, "makedumpfile\0\0\0", 16, DLK_CONTENT_PART);
	look(x, "KDUMP  ", 7, DLK_CONTENT_UNKNOWN);
	look(x, "", 0, DLK_CONTENT_UNKNOWN);
	look(x, "[    1.0] zoo\n[    2.0] ape\n", 28, DLK_CONTENT_TEXT);
	look(x, "a\0\1\2\n", 5, DLK_CONTENT_UNKNOWN);
	look(x, elf, 17, DLK_CONTENT_UNKNOWN);
	elf[16] = 2;
	look(x, elf, sizeof(elf), DLK_CONTENT_PROGRAM);
	elf[16] = 4;
	look(x, elf, sizeof(elf), DLK_CONTENT_CORE);
	assert_int_equal(dlk_container_look(&x->ctx, x->temp.dir), DLK_CONTENT_UNKNOWN);
	assert_int_equal(dlk_container_look(&x->ctx, "/dev/zero"), DLK_CONTENT_UNKNOWN);
	assert_int_equal(mkfifo(temp_file(&x->temp, "fifo"), 0600), 0);
	assert_int_equal(dlk_container_look(&x->ctx, x->temp.path), DLK_CONTENT_UNKNOWN);
}

/* No more is unpacked than is looked at: what is damaged behind that is found when it is read. */
static void test_container__look_unpacks_the_start(void **state)
{
	struct fixture *x = *state;
	struct dlk_container c;
	char command[256];

	snprintf(command, sizeof(command),
		 "cd %s && { printf 'KDUMP   '; head -c 4000000 /dev/urandom; } | xz -0 | "
		 "head -c 3000000 >packed",
		 x->temp.dir);
	if (system(command))
		skip();
	assert_int_equal(dlk_container_look(&x->ctx, temp_file(&x->temp, "packed")),
			 DLK_CONTENT_PART);
	assert_int_equal(dlk_container_open(&x->ctx, x->temp.path, &c), DLK_ERR_CORRUPT);
}

static void test_container__no_file(void **state)
{
	struct fixture *x = *state;
	struct dlk_container c;

	assert_int_equal(dlk_container_open(&x->ctx, temp_file(&x->temp, "none"), &c),
			 DLK_ERR_SYSTEM);
	assert_int_equal(dlk_container_open(&x->ctx, x->temp.dir, &c), DLK_ERR_UNSUPPORTED);
	assert_int_equal(dlk_container_open(&x->ctx, "/dev/null", &c), DLK_ERR_UNSUPPORTED);
}

static void test_container__cancel(void **state)
{
	volatile int cancel = 1;
	struct fixture *x = *state;
	struct dlk_container c;

	x->ctx.cancel = &cancel;
	start_flattened(x);
	end_flattened(x);
	assert_int_equal(open_it(x, &c), DLK_ERR_CANCELED);
}

#define CONTAINER_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONTAINER_TEST(test_container__plain),
		CONTAINER_TEST(test_container__flattened),
		CONTAINER_TEST(test_container__flattened_cut),
		CONTAINER_TEST(test_container__flattened_lies),
		CONTAINER_TEST(test_container__other_version),
		CONTAINER_TEST(test_container__packed),
		CONTAINER_TEST(test_container__gzip),
		CONTAINER_TEST(test_container__flattened_length),
		CONTAINER_TEST(test_container__max_unpack),
		CONTAINER_TEST(test_container__holes),
		CONTAINER_TEST(test_container__skippable_frame),
		CONTAINER_TEST(test_container__xz_takes_memory),
		CONTAINER_TEST(test_container__zstd_takes_memory),
		CONTAINER_TEST(test_container__look),
		CONTAINER_TEST(test_container__look_unpacks_the_start),
		CONTAINER_TEST(test_container__no_file),
		CONTAINER_TEST(test_container__cancel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
