/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/target/notes.c: notes of ELF and kdump-compressed dumps. */
#include <config.h>

#include "support.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "target/notes.h"

enum { ROOM = 65536, PRSTATUS = 336, QEMU = 440 };

struct block {
	struct dlk_ctx ctx;
	unsigned char data[ROOM];
	size_t size;
};

static int setup(void **state)
{
	static struct block b;

	memset(&b, 0, sizeof(b));
	dlk_ctx_init(&b.ctx);
	*state = &b;
	return 0;
}

static int teardown(void **state)
{
	struct block *b = *state;

	dlk_ctx_deinit(&b->ctx);
	return 0;
}

/* Append a note; its content is returned, to be filled. */
static unsigned char *add(struct block *b, const char *name, uint32_t type, uint32_t size)
{
	Elf64_Nhdr header = { (uint32_t)strlen(name) + 1, size, type };
	unsigned char *content;

	memcpy(b->data + b->size, &header, sizeof(header));
	memcpy(b->data + b->size + sizeof(header), name, strlen(name));
	content = b->data + b->size + sizeof(header) + ((strlen(name) + 4) & ~(size_t)3);
	b->size = (size_t)(content - b->data) + ((size + 3) & ~(uint32_t)3);
	return content;
}

static void put_u64(unsigned char *to, uint64_t value)
{
	memcpy(to, &value, sizeof(value));
}

/* struct elf_prstatus: pr_reg at 112; rip is the 17th word of it, rsp the 20th. */
static void add_cpu(struct block *b, uint64_t rip, uint64_t rsp)
{
	unsigned char *regs = add(b, "CORE", NT_PRSTATUS, PRSTATUS) + 112;

	put_u64(regs + 16 * 8, rip);
	put_u64(regs + 19 * 8, rsp);
}

/* struct QEMUCPUState: version and size, then 18 registers, 10 segments of 24 bytes, cr0 to cr4. */
static void add_qemu(struct block *b, uint32_t version, uint64_t cr3, uint64_t cr4)
{
	unsigned char *q = add(b, "QEMU", 0, QEMU);

	memcpy(q, &version, sizeof(version));
	put_u64(q + 8 + 18 * 8 + 10 * 24 + 3 * 8, cr3);
	put_u64(q + 8 + 18 * 8 + 10 * 24 + 4 * 8, cr4);
}

static struct dlk_notes parse(struct block *b)
{
	struct dlk_notes notes = { 0 };

	assert_int_equal(dlk_notes_parse(&b->ctx, &dlk_arch_x86_64, b->data, b->size, &notes),
			 DLK_OK);
	return notes;
}

static void test_notes__cpus(void **state)
{
	struct block *b = *state;
	struct dlk_notes notes;

	add_cpu(b, 0x1111, 0x2222);
	add_cpu(b, 0x3333, 0x4444);
	add_qemu(b, 1, 0xabc000, 0x20);
	add_qemu(b, 1, 0xdef000, 0x1020);
	memcpy(add(b, "VMCOREINFO", 0, 5), "A=1\nB", 5);
	notes = parse(b);
	assert_int_equal(notes.cpu_count, 2);
	assert_int_equal(notes.regs[0].pc, 0x1111);
	assert_int_equal(notes.regs[0].root, 0xabc000);
	assert_int_equal(notes.regs[1].sp, 0x4444);
	assert_int_equal(notes.regs[1].raw[DLK_X86_CR4], 0x1020);
	assert_string_equal(notes.vmcoreinfo, "A=1\nB");
}

/* A QEMU note of another version, and one more than there are CPUs, say nothing. */
static void test_notes__odd_qemu(void **state)
{
	struct block *b = *state;
	struct dlk_notes notes;

	add_cpu(b, 1, 2);
	add_qemu(b, 2, 0x5000, 0);
	add_qemu(b, 1, 0x6000, 0);
	add_qemu(b, 1, 0x7000, 0);
	notes = parse(b);
	assert_int_equal(notes.cpu_count, 1);
	assert_int_equal(notes.regs[0].root, 0x6000);
}

static void test_notes__other_names(void **state)
{
	struct block *b = *state;
	struct dlk_notes notes;

	add(b, "COREX", NT_PRSTATUS, PRSTATUS);
	add(b, "CORE", NT_PRPSINFO, PRSTATUS);
	add(b, "CORE", NT_PRSTATUS, PRSTATUS - 4);
	add(b, "VMCOREINFO_XEN", 0, 8);
	notes = parse(b);
	assert_int_equal(notes.cpu_count, 0);
	assert_null(notes.vmcoreinfo);
}

/* Cut anywhere: what is whole counts, and nothing behind the cut is read. */
static void test_notes__cut(void **state)
{
	struct block *b = *state;
	size_t whole;

	add_cpu(b, 1, 2);
	whole = b->size;
	add_cpu(b, 3, 4);
	for (size_t size = 0; size < b->size; size++) {
		struct dlk_notes notes = { 0 };
		unsigned char *copy = malloc(size ? size : 1);

		memcpy(copy, b->data, size);
		assert_int_equal(dlk_notes_parse(&b->ctx, &dlk_arch_x86_64, copy, size, &notes),
				 DLK_OK);
		assert_int_equal(notes.cpu_count, size >= whole);
		free(copy);
	}
}

static void test_notes__lengths_that_lie(void **state)
{
	static const uint32_t lies[] = { 0x7fffffff, 0xfffffffd, 0xffffffff };
	struct block *b = *state;

	add_cpu(b, 1, 2);
	for (size_t i = 0; i < 3; i++) {
		unsigned char copy[1024];

		memcpy(copy, b->data, b->size);
		memcpy(copy, &lies[i], 4);
		assert_int_equal(dlk_notes_parse(&b->ctx, &dlk_arch_x86_64, copy, b->size,
						 &(struct dlk_notes){ 0 }),
				 DLK_OK);
		memcpy(copy, b->data, b->size);
		memcpy(copy + 4, &lies[i], 4);
		assert_int_equal(dlk_notes_parse(&b->ctx, &dlk_arch_x86_64, copy, b->size,
						 &(struct dlk_notes){ 0 }),
				 DLK_OK);
	}
}

static void test_notes__build_id(void **state)
{
	struct block *b = *state;

	assert_null(dlk_notes_build_id(&b->ctx, b->data, 0));
	add(b, "Linux", 0x100, 4);
	memcpy(add(b, "GNU", NT_GNU_BUILD_ID, 4), "\x01\xab\x00\xff", 4);
	assert_string_equal(dlk_notes_build_id(&b->ctx, b->data, b->size), "01ab00ff");
}

static int file_of(const void *data, size_t size)
{
	int fd = memfd_create("notes", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), size);
	return fd;
}

/* A kdump-compressed file: sub-header in the second block, notes and VMCOREINFO where it says. */
static void test_notes__kdump(void **state)
{
	static unsigned char file[32768];
	struct block *b = *state;
	struct dlk_notes notes;
	int fd;

	add_cpu(b, 0x1234, 0x5678);
	memcpy(file, "KDUMP   ", 8);
	memcpy(file + 8, &(int){ 6 }, 4);
	memcpy(file + 428, &(int){ 4096 }, 4);
	memcpy(file + 432, &(int){ 1 }, 4);
	put_u64(file + 4096 + 80, 0x555); /* not split: no matter */
	put_u64(file + 4096 + 32, 0x3000);
	put_u64(file + 4096 + 40, 4);
	put_u64(file + 4096 + 48, 0x4000);
	put_u64(file + 4096 + 56, b->size);
	memcpy(file + 0x3000, "X=1\n", 4);
	memcpy(file + 0x4000, b->data, b->size);
	fd = file_of(file, sizeof(file));
	assert_int_equal(dlk_notes_read(&b->ctx, fd, &notes), DLK_OK);
	assert_int_equal(notes.cpu_count, 1);
	assert_int_equal(notes.regs[0].pc, 0x1234);
	assert_string_equal(notes.vmcoreinfo, "X=1\n");
	assert_int_equal(notes.split_at, 0);
	close(fd);
}

/* Which frames are in this file, of several, stands elsewhere since version 6 of the header. */
static void test_notes__split(void **state)
{
	static const struct {
		uint32_t version, place;
		uint64_t start, end, at;
	} known[] = { { 5, 16, 1000, 2000, 1000 },
		      { 6, 80, 1000, 2000, 1000 },
		      { 6, 80, 0, 1000, 1000 } };
	static unsigned char file[8192];
	struct block *b = *state;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct dlk_notes notes;
		int fd;

		memset(file, 0, sizeof(file));
		memcpy(file, "KDUMP   ", 8);
		memcpy(file + 8, &known[i].version, 4);
		memcpy(file + 428, &(int){ 4096 }, 4);
		memcpy(file + 432, &(int){ 1 }, 4);
		memcpy(file + 4096 + 12, &(int){ 1 }, 4);
		put_u64(file + 4096 + known[i].place, known[i].start);
		put_u64(file + 4096 + known[i].place + 8, known[i].end);
		fd = file_of(file, sizeof(file));
		assert_int_equal(dlk_notes_read(&b->ctx, fd, &notes), DLK_OK);
		assert_int_equal(notes.split_at, known[i].at);
		close(fd);
	}
}

static void test_notes__too_short(void **state)
{
	struct block *b = *state;
	struct dlk_notes notes = { .cpu_count = 77 };
	int fd = file_of("abc", 3);

	assert_int_equal(dlk_notes_read(&b->ctx, fd, &notes), DLK_ERR_UNSUPPORTED);
	assert_int_equal(notes.cpu_count, 77);
	close(fd);
}

#define NOTES_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NOTES_TEST(test_notes__cpus),
		NOTES_TEST(test_notes__odd_qemu),
		NOTES_TEST(test_notes__other_names),
		NOTES_TEST(test_notes__cut),
		NOTES_TEST(test_notes__lengths_that_lie),
		NOTES_TEST(test_notes__build_id),
		NOTES_TEST(test_notes__kdump),
		NOTES_TEST(test_notes__split),
		NOTES_TEST(test_notes__too_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
