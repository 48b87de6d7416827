/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/target/vmcore.c: dump files, on small ELF vmcores written by hand. */
#include <config.h>

#include "support.h"

#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

static const char info[] =
	"OSRELEASE=6.12.117\nPAGESIZE=4096\nSYMBOL(init_top_pgt)=ffffffff82a0e000\n"
	"NUMBER(phys_base)=0\nNUMBER(pgtable_l5_enabled)=0\n"
	"KERNELOFFSET=0\n";

static unsigned char pages[6][DLK_PAGE_SIZE]; /* page i is full of 0x10 + i */

struct fixture {
	struct dlk_ctx ctx;
	struct temp temp;
	struct dlk_regs regs[2];
	struct dump dump;
	struct dlk_target *target;
};

static int setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .dump = { .regs = f.regs, .vmcoreinfo = info } };
	dlk_ctx_init(&f.ctx);
	temp_make(&f.temp);
	for (unsigned i = 0; i < 6; i++)
		memset(pages[i], 0x10 + (int)i, DLK_PAGE_SIZE);
	f.dump.loads[0] = (struct dump_load){ 0x100000, 0x3000, pages[0], 0x3000 };
	f.dump.loads[1] = (struct dump_load){ 0x40000000, 0x2000, pages[3], 0x2000 };
	f.dump.load_count = 2;
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (f->target)
		f->target->ops->close(f->target);
	dlk_ctx_deinit(&f->ctx);
	temp_remove(&f->temp);
	return 0;
}

static void open_dump(struct fixture *f)
{
	dump_write(&f->dump, temp_file(&f->temp, "vmcore"));
	assert_int_equal(dlk_target_open_vmcore(&f->ctx, f->temp.path, &f->target), DLK_OK);
}

static void assert_byte(struct fixture *f, dlk_addr_t address, size_t len, int byte)
{
	unsigned char buf[DLK_PAGE_SIZE];

	memset(buf, 0xee, sizeof(buf));
	assert_int_equal(f->target->ops->read(f->target, address, buf, len), DLK_OK);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(buf[i], byte);
	if (len < sizeof(buf))
		assert_int_equal(buf[len], 0xee);
}

static void assert_fault(struct fixture *f, dlk_addr_t address)
{
	unsigned char buf[8];

	assert_int_equal(f->target->ops->read(f->target, address, buf, 8), DLK_ERR_FAULT);
}

static void test_vmcore__describes_itself(void **state)
{
	struct fixture *f = *state;

	open_dump(f);
	assert_string_equal(f->target->ops->name, "vmcore");
	assert_string_equal(f->target->name, f->temp.path);
	assert_string_equal(f->target->container, "elf");
	assert_string_equal(f->target->arch->name, "x86_64");
	assert_ptr_equal(f->target->ctx, &f->ctx);
}

static void test_vmcore__reads(void **state)
{
	struct fixture *f = *state;

	open_dump(f);
	assert_byte(f, 0x100000, DLK_PAGE_SIZE, 0x10);
	assert_byte(f, 0x101ff8, 8, 0x11);
	assert_byte(f, 0x102000, 1, 0x12);
	assert_byte(f, 0x40000000, DLK_PAGE_SIZE, 0x13);
	assert_byte(f, 0x40001234, 100, 0x14);
}

static void test_vmcore__faults(void **state)
{
	struct fixture *f = *state;

	open_dump(f);
	assert_fault(f, 0);
	assert_fault(f, 0xff000);
	assert_fault(f, 0x103000);
	assert_fault(f, 0x3ffff000);
	assert_fault(f, 0x40002000);
	assert_fault(f, UINT64_C(1) << 51);
	assert_fault(f, UINT64_MAX - 0xfff);
	assert_byte(f, 0x100000, 8, 0x10); /* and it goes on */
}

/* A dump that was cut while it was written: what is there can be read, the rest is missing. */
static void test_vmcore__truncated(void **state)
{
	struct fixture *f = *state;
	size_t size = dump_write(&f->dump, temp_file(&f->temp, "vmcore"));
	unsigned char buf[8];

	assert_int_equal(truncate(f->temp.path, (off_t)size - 2 * DLK_PAGE_SIZE), 0);
	assert_int_equal(dlk_target_open_vmcore(&f->ctx, f->temp.path, &f->target), DLK_OK);
	assert_true(f->target->is_cut);
	assert_byte(f, 0x102000, 8, 0x12);
	assert_int_not_equal(f->target->ops->read(f->target, 0x40001000, buf, 8), DLK_OK);
	assert_byte(f, 0x100000, 8, 0x10);
}

static void test_vmcore__vmcoreinfo(void **state)
{
	struct fixture *f = *state;

	open_dump(f);
	assert_false(f->target->is_cut);
	assert_non_null(f->target->vmcoreinfo);
	assert_string_equal(f->target->vmcoreinfo, info);
}

static void test_vmcore__no_vmcoreinfo(void **state)
{
	struct fixture *f = *state;

	f->dump.vmcoreinfo = NULL;
	open_dump(f);
	assert_null(f->target->vmcoreinfo);
	assert_byte(f, 0x100000, 8, 0x10);
}

/* Every register has a value of its own. */
static struct dlk_regs distinct_regs(uint64_t seed)
{
	struct dlk_regs r = { 0 };

	for (unsigned i = 0; i <= DLK_X86_SS; i++)
		r.raw[i] = seed + i * 0x0101010101010101;
	dlk_arch_settle(&dlk_arch_x86_64, &r);
	return r;
}

static void test_vmcore__regs(void **state)
{
	struct fixture *f = *state;
	struct dlk_regs got = { .pc = 5 };

	f->regs[0] = distinct_regs(0x1000);
	f->regs[1] = distinct_regs(0x2000);
	f->dump.cpu_count = 2;
	open_dump(f);
	assert_int_equal(f->target->cpu_count, 2);
	for (unsigned cpu = 0; cpu < 2; cpu++) {
		assert_int_equal(f->target->ops->regs(f->target, cpu, &got), DLK_OK);
		assert_memory_equal(&got, &f->regs[cpu], sizeof(got));
		assert_int_equal(got.root, 0);
	}
	got.pc = 5;
	assert_int_equal(f->target->ops->regs(f->target, 2, &got), DLK_ERR_NOTFOUND);
	assert_int_equal(f->target->ops->regs(f->target, UINT32_MAX, &got), DLK_ERR_NOTFOUND);
	assert_int_equal(got.pc, 5);
}

static void test_vmcore__no_regs(void **state)
{
	struct fixture *f = *state;
	struct dlk_regs got;

	open_dump(f);
	assert_int_equal(f->target->cpu_count, 0);
	assert_int_equal(f->target->ops->regs(f->target, 0, &got), DLK_ERR_NOTFOUND);
}

static void assert_refused(struct fixture *f, const char *path, enum dlk_status status,
			   const char *why)
{
	struct dlk_target *t = NULL;

	assert_int_equal(dlk_target_open_vmcore(&f->ctx, path, &t), status);
	assert_null(t);
	assert_non_null(strstr(f->ctx.err.text, path)); /* which file */
	assert_non_null(strstr(f->ctx.err.text, why));
}

static void test_vmcore__missing_file(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, temp_file(&f->temp, "none"), DLK_ERR_SYSTEM, "No such file");
}

static void test_vmcore__directory(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, f->temp.dir, DLK_ERR_UNSUPPORTED, "not a regular file");
}

static void test_vmcore__device(void **state)
{
	assert_refused(*state, "/dev/null", DLK_ERR_UNSUPPORTED, "not a regular file");
}

static void test_vmcore__not_a_dump(void **state)
{
	struct fixture *f = *state;
	char junk[8192];

	memset(junk, 1, sizeof(junk));
	temp_write(&f->temp, "junk", junk, sizeof(junk));
	assert_refused(f, f->temp.path, DLK_ERR_UNSUPPORTED, "not a dump");
	temp_write(&f->temp, "script", "#!/bin/sh\n", 10);
	assert_refused(f, f->temp.path, DLK_ERR_UNSUPPORTED, "no dump but a text");
}

static void test_vmcore__empty_file(void **state)
{
	struct fixture *f = *state;

	temp_write(&f->temp, "empty", "", 0);
	assert_refused(f, f->temp.path, DLK_ERR_UNSUPPORTED, "the file is empty");
}

/* An ELF file that ends within its headers. */
static void test_vmcore__headers_only_in_part(void **state)
{
	struct fixture *f = *state;
	static const int sizes[] = { 4, 16, 63, 64, 100 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct dlk_target *t = NULL;

		dump_write(&f->dump, temp_file(&f->temp, "vmcore"));
		assert_int_equal(truncate(f->temp.path, sizes[i]), 0);
		assert_int_not_equal(dlk_target_open_vmcore(&f->ctx, f->temp.path, &t), DLK_OK);
		assert_null(t);
		assert_non_null(strstr(f->ctx.err.text, f->temp.path));
	}
}

static void test_vmcore__other_architecture(void **state)
{
	struct fixture *f = *state;

	f->dump.machine = EM_AARCH64;
	dump_write(&f->dump, temp_file(&f->temp, "vmcore"));
	assert_refused(f, f->temp.path, DLK_ERR_UNSUPPORTED, "only x86_64 is supported");
}

/* A refusal leaves no file open: the next one gets the same number. */
static void test_vmcore__closes_what_it_refuses(void **state)
{
	struct fixture *f = *state;
	struct dlk_target *t = NULL;
	int before = dup(STDERR_FILENO), after;

	close(before);
	f->dump.machine = EM_AARCH64;
	dump_write(&f->dump, temp_file(&f->temp, "vmcore"));
	assert_int_not_equal(dlk_target_open_vmcore(&f->ctx, f->temp.path, &t), DLK_OK);
	temp_write(&f->temp, "text", "hello, world, this is no dump\n", 30);
	assert_int_not_equal(dlk_target_open_vmcore(&f->ctx, f->temp.path, &t), DLK_OK);
	assert_int_not_equal(dlk_target_open_vmcore(&f->ctx, f->temp.dir, &t), DLK_OK);
	after = dup(STDERR_FILENO);
	close(after);
	assert_int_equal(before, after);
}

static void test_vmcore__closes_itself(void **state)
{
	struct fixture *f = *state;
	int before = dup(STDERR_FILENO), after;

	close(before);
	open_dump(f);
	f->target->ops->close(f->target);
	f->target = NULL;
	after = dup(STDERR_FILENO);
	close(after);
	assert_int_equal(before, after);
}

static void test_vmcore__no_memory(void **state)
{
	struct fixture *f = *state;
	struct dlk_target *t = NULL;

	dump_write(&f->dump, temp_file(&f->temp, "vmcore"));
	f->ctx.budget = 0;
	assert_int_equal(dlk_target_open_vmcore(&f->ctx, f->temp.path, &t), DLK_ERR_NOMEM);
	assert_null(t);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_vmcore__describes_itself),
		TEST(test_vmcore__reads),
		TEST(test_vmcore__faults),
		TEST(test_vmcore__truncated),
		TEST(test_vmcore__vmcoreinfo),
		TEST(test_vmcore__no_vmcoreinfo),
		TEST(test_vmcore__regs),
		TEST(test_vmcore__no_regs),
		TEST(test_vmcore__missing_file),
		TEST(test_vmcore__directory),
		TEST(test_vmcore__device),
		TEST(test_vmcore__not_a_dump),
		TEST(test_vmcore__empty_file),
		TEST(test_vmcore__headers_only_in_part),
		TEST(test_vmcore__other_architecture),
		TEST(test_vmcore__closes_what_it_refuses),
		TEST(test_vmcore__closes_itself),
		TEST(test_vmcore__no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
