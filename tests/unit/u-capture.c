/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/target/capture.c: what was read comes back from the file, and nothing else. */
#include <config.h>

#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define A FAKE_DIRECT

static const char info[] = "OSRELEASE=6.12.117\nPAGESIZE=4096\nKERNELOFFSET=0\nX=odd";

struct fixture {
	struct fake *f;
	struct temp temp;
	struct dlk_target *capture;
	struct dlk_target *copy;
};

static int setup(void **state)
{
	static struct fixture x;
	void *fake;

	x = (struct fixture){ 0 };
	if (fake_setup(&fake))
		return -1;
	x.f = fake;
	temp_make(&x.temp);
	x.f->target.vmcoreinfo = info;
	*state = &x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;
	void *fake = x->f;

	if (x->copy)
		x->copy->ops->close(x->copy);
	temp_remove(&x->temp);
	return fake_teardown(&fake);
}

static void start(struct fixture *x)
{
	assert_int_equal(dlk_target_open_capture(&x->f->ctx, &x->f->target, &x->capture), DLK_OK);
}

static enum dlk_status write_to(struct dlk_target *capture, const char *path)
{
	enum dlk_status status = dlk_capture_begin(capture, path);

	return status ? status : dlk_capture_write(capture);
}

static enum dlk_status read_through(struct dlk_target *t, dlk_addr_t address, size_t len)
{
	unsigned char buf[DLK_PAGE_SIZE];

	return t->ops->read(t, address, buf, len);
}

static void reopen(struct fixture *x)
{
	assert_int_equal(write_to(x->capture, temp_file(&x->temp, "capture")), DLK_OK);
	assert_int_equal(dlk_target_open_vmcore(&x->f->ctx, x->temp.path, &x->copy), DLK_OK);
}

/* The page of the copy is that of the fake, byte by byte. */
static void assert_same_page(struct fixture *x, dlk_addr_t address)
{
	unsigned char buf[DLK_PAGE_SIZE];

	assert_int_equal(x->copy->ops->read(x->copy, fake_phys(address), buf, sizeof(buf)), DLK_OK);
	assert_memory_equal(buf, fake_page(x->f, address)->data, sizeof(buf));
}

static void fill(struct fixture *x, dlk_addr_t address)
{
	for (unsigned i = 0; i < DLK_PAGE_SIZE; i += 8)
		fake_u64(x->f, address + i, (address + i) * 0x9e3779b97f4a7c15);
}

static void test_capture__passes_through(void **state)
{
	struct fixture *x = *state;
	struct dlk_regs regs;

	x->f->target.cpu_count = 1;
	x->f->regs[0].pc = 0xffffffff81000000;
	start(x);
	fake_u64(x->f, A, 42);
	assert_int_equal(read_through(x->capture, 0, 8), DLK_OK);
	assert_int_equal(read_through(x->capture, 0x5000, 8), DLK_ERR_FAULT);
	assert_int_equal(x->capture->ops->regs(x->capture, 0, &regs), DLK_OK);
	assert_int_equal(regs.pc, 0xffffffff81000000);
	assert_int_equal(x->capture->ops->regs(x->capture, 1, &regs), DLK_ERR_NOTFOUND);
	assert_string_equal(x->capture->ops->name, "fake"); /* under the inner one's name */
	assert_string_equal(x->capture->vmcoreinfo, info);
	x->capture->ops->close(x->capture);
	assert_int_equal(x->f->closes, 1);
}

static void test_capture__pages_come_back(void **state)
{
	static const dlk_addr_t offsets[] = { 0x7000, 0x1000, 0x2000, 0x3000, 0x9000, 0x3f000000 };
	struct fixture *x = *state;

	start(x);
	for (unsigned i = 0; i < 6; i++) {
		fill(x, A + offsets[i]);
		assert_int_equal(read_through(x->capture, offsets[i] + 100, 8), DLK_OK);
	}
	fill(x, FAKE_IMAGE + 0x5000); /* far up */
	assert_int_equal(read_through(x->capture, fake_phys(FAKE_IMAGE + 0x5000), 4096), DLK_OK);
	fill(x, A + 0x4000); /* there, but nobody reads it */
	assert_int_equal(read_through(x->capture, 0x8000, 8), DLK_ERR_FAULT);
	reopen(x);
	for (unsigned i = 0; i < 6; i++)
		assert_same_page(x, A + offsets[i]);
	assert_same_page(x, FAKE_IMAGE + 0x5000);
	assert_int_equal(read_through(x->copy, 0x4000, 8), DLK_ERR_FAULT);
	assert_int_equal(read_through(x->copy, 0x8000, 8), DLK_ERR_FAULT);
	assert_int_equal(read_through(x->copy, 0, 8), DLK_ERR_FAULT);
	assert_string_equal(x->copy->container, "elf");
}

static void test_capture__each_page_once(void **state)
{
	struct fixture *x = *state;
	struct stat st;

	start(x);
	fill(x, A);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(read_through(x->capture, (dlk_addr_t)i * 4, 4), DLK_OK);
	reopen(x);
	assert_int_equal(stat(x->temp.path, &st), 0);
	assert_int_equal(st.st_size, 2 * DLK_PAGE_SIZE); /* headers and notes, then the page */
}

static void test_capture__vmcoreinfo(void **state)
{
	struct fixture *x = *state;

	start(x);
	fill(x, A);
	assert_int_equal(read_through(x->capture, 0, 8), DLK_OK);
	reopen(x);
	assert_string_equal(x->copy->vmcoreinfo, info);
}

static void test_capture__no_vmcoreinfo(void **state)
{
	struct fixture *x = *state;

	x->f->target.vmcoreinfo = NULL;
	start(x);
	fill(x, A);
	assert_int_equal(read_through(x->capture, 0, 8), DLK_OK);
	reopen(x);
	assert_null(x->copy->vmcoreinfo);
	assert_same_page(x, A);
}

/* Every register has a value of its own; what runs is the kernel. */
static void distinct_registers(struct dlk_regs *regs, unsigned cpu)
{
	for (unsigned i = 0; i < DLK_X86_REGS; i++)
		regs->raw[i] = 0x1000 * i + cpu;
	regs->raw[DLK_X86_CS] = 0x10;
	dlk_arch_settle(&dlk_arch_x86_64, regs);
}

static void test_capture__registers(void **state)
{
	struct fixture *x = *state;

	for (unsigned cpu = 0; cpu < 3; cpu++)
		distinct_registers(&x->f->regs[cpu], cpu);
	x->f->target.cpu_count = 3;
	start(x);
	fill(x, A);
	assert_int_equal(read_through(x->capture, 0, 8), DLK_OK);
	reopen(x);
	assert_int_equal(x->copy->cpu_count, 3);
	for (unsigned cpu = 0; cpu < 3; cpu++) {
		struct dlk_regs regs;

		assert_int_equal(x->copy->ops->regs(x->copy, cpu, &regs), DLK_OK);
		assert_memory_equal(&regs, &x->f->regs[cpu], sizeof(regs));
	}
}

/* A file made of a file is the same file. */
static void test_capture__of_a_capture(void **state)
{
	struct fixture *x = *state;
	struct dlk_target *again;
	struct stat first, second;

	start(x);
	fill(x, A);
	fill(x, A + 0x5000);
	assert_int_equal(read_through(x->capture, 0, 8), DLK_OK);
	assert_int_equal(read_through(x->capture, 0x5000, 8), DLK_OK);
	reopen(x);
	assert_int_equal(stat(x->temp.path, &first), 0);
	assert_int_equal(dlk_target_open_capture(&x->f->ctx, x->copy, &again), DLK_OK);
	assert_int_equal(read_through(again, 0x5000, 8), DLK_OK);
	assert_int_equal(read_through(again, 0, 8), DLK_OK);
	assert_int_equal(write_to(again, temp_file(&x->temp, "again")), DLK_OK);
	assert_int_equal(stat(x->temp.path, &second), 0);
	assert_int_equal(first.st_size, second.st_size);
}

static void test_capture__not_a_capture(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(write_to(&x->f->target, temp_file(&x->temp, "out")), DLK_ERR_INVALID);
	assert_false(file_exists(x->temp.path));
}

static void test_capture__failures_are_not_recorded(void **state)
{
	struct fixture *x = *state;

	start(x);
	fill(x, A);
	x->f->fail_in = 1;
	x->f->fail_status = DLK_ERR_SYSTEM;
	assert_int_equal(read_through(x->capture, 0, 8), DLK_ERR_SYSTEM);
	fill(x, A + 0x1000);
	assert_int_equal(read_through(x->capture, 0x1000, 8), DLK_OK);
	reopen(x);
	assert_int_equal(read_through(x->copy, 0, 8), DLK_ERR_FAULT);
	assert_same_page(x, A + 0x1000);
}

static void test_capture__unwritable_path(void **state)
{
	struct fixture *x = *state;

	start(x);
	assert_int_equal(write_to(x->capture, temp_file(&x->temp, "no/such/folder")),
			 DLK_ERR_SYSTEM);
	assert_non_null(strstr(x->f->ctx.err.text, x->temp.path));
	assert_non_null(strstr(x->f->ctx.err.text, "No such file or directory"));
	assert_int_equal(write_to(x->capture, x->temp.dir), DLK_ERR_INVALID);
	assert_true(file_exists(x->temp.dir));
}

/* The limit on a file's size stands for a full disk; a little is written before it fails. */
static void fail_to_write(struct fixture *x, const char *name)
{
	struct rlimit old, small = { DLK_PAGE_SIZE, 0 };
	enum dlk_status status;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	status = write_to(x->capture, temp_file(&x->temp, name));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(status, DLK_ERR_SYSTEM);
}

static unsigned count_files(const struct fixture *x)
{
	DIR *dir = opendir(x->temp.dir);
	unsigned count = 0;

	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir));)
		count += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
	closedir(dir);
	return count;
}

static void test_capture__full(void **state)
{
	struct fixture *x = *state;

	start(x);
	for (dlk_addr_t i = 0; i < 100; i++) {
		fill(x, A + i * DLK_PAGE_SIZE);
		assert_int_equal(read_through(x->capture, i * DLK_PAGE_SIZE, 8), DLK_OK);
	}
	fail_to_write(x, "capture");
	assert_non_null(strstr(x->f->ctx.err.text, x->temp.path));
	assert_non_null(strstr(x->f->ctx.err.text, strerror(EFBIG)));
	assert_int_equal(count_files(x), 0);
}

/* A file that was there is lost only to a whole one, which nobody else may read. */
static void test_capture__replaces_when_whole(void **state)
{
	struct fixture *x = *state;
	struct stat st;
	mode_t old;

	start(x);
	fill(x, A);
	assert_int_equal(read_through(x->capture, 0, 8), DLK_OK);
	temp_write(&x->temp, "capture", "old", 3);
	fail_to_write(x, "capture");
	assert_int_equal(stat(temp_file(&x->temp, "capture"), &st), 0);
	assert_int_equal(st.st_size, 3);
	assert_int_equal(count_files(x), 1);
	old = umask(0);
	reopen(x);
	umask(old);
	assert_int_equal(stat(x->temp.path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(count_files(x), 1);
	assert_same_page(x, A);
}

/* Neither a link nor what it leads to is touched. */
static void test_capture__link_stays(void **state)
{
	struct fixture *x = *state;
	struct stat st;

	start(x);
	fill(x, A);
	assert_int_equal(read_through(x->capture, 0, 8), DLK_OK);
	temp_write(&x->temp, "file", "old", 3);
	assert_int_equal(symlink("file", temp_file(&x->temp, "capture")), 0);
	assert_int_equal(write_to(x->capture, x->temp.path), DLK_ERR_INVALID);
	assert_int_equal(lstat(x->temp.path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat(temp_file(&x->temp, "file"), &st), 0);
	assert_int_equal(st.st_size, 3);
	assert_int_equal(count_files(x), 2);
}

static void test_capture__page_gone_meanwhile(void **state)
{
	struct fixture *x = *state;

	start(x);
	fill(x, A);
	assert_int_equal(read_through(x->capture, 0, 8), DLK_OK);
	fake_drop(x->f, A);
	assert_int_not_equal(write_to(x->capture, temp_file(&x->temp, "capture")), DLK_OK);
	assert_false(file_exists(x->temp.path));
}

/* The dump itself is only ever read. */
static void test_capture__not_over_the_dump(void **state)
{
	struct fixture *x = *state;
	struct dlk_target *again;
	struct stat before, after;

	start(x);
	fill(x, A);
	fill(x, A + 0x1000);
	assert_int_equal(read_through(x->capture, 0, 8), DLK_OK);
	assert_int_equal(read_through(x->capture, 0x1000, 8), DLK_OK);
	reopen(x);
	assert_int_equal(stat(x->temp.path, &before), 0);
	assert_int_equal(dlk_target_open_capture(&x->f->ctx, x->copy, &again), DLK_OK);
	assert_int_equal(read_through(again, 0, 8), DLK_OK);
	assert_int_equal(write_to(again, x->temp.path), DLK_ERR_INVALID);
	assert_int_equal(stat(x->temp.path, &after), 0);
	assert_int_equal(before.st_size, after.st_size);
	assert_same_page(x, A + 0x1000);
}

static void test_capture__no_memory(void **state)
{
	struct fixture *x = *state;

	start(x);
	fill(x, A);
	x->f->ctx.budget = x->f->ctx.used;
	for (int i = 0; i < 10000 && dlk_alloc(&x->f->ctx, 64); i++)
		;
	assert_int_equal(read_through(x->capture, 0, 8), DLK_ERR_NOMEM);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_capture__passes_through),
		TEST(test_capture__pages_come_back),
		TEST(test_capture__each_page_once),
		TEST(test_capture__vmcoreinfo),
		TEST(test_capture__no_vmcoreinfo),
		TEST(test_capture__registers),
		TEST(test_capture__of_a_capture),
		TEST(test_capture__not_a_capture),
		TEST(test_capture__failures_are_not_recorded),
		TEST(test_capture__unwritable_path),
		TEST(test_capture__full),
		TEST(test_capture__replaces_when_whole),
		TEST(test_capture__link_stays),
		TEST(test_capture__page_gone_meanwhile),
		TEST(test_capture__not_over_the_dump),
		TEST(test_capture__no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
