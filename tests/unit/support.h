/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_SUPPORT_H
#define DLK_TESTS_SUPPORT_H

/**
 * @file
 * A fake kernel for unit tests: sparse pages in memory, symbols and types that a test writes down.
 *
 * Physical memory is a set of 4 KiB pages; a page that was never written is missing.  Virtual
 * memory is three windows of it, as in a kernel: the direct mapping, the struct pages, the image.
 * A test addresses everything virtually, and uses fake_phys() where it means physical.
 *
 * Whatever can go wrong in a target can be had: fake_drop() takes a page away, @c fail_in makes the
 * n-th read fail, @c ctx.budget makes memory short.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/arch.h"
#include "kernel/kernel.h"
#include "target/arch.h"
#include "target/arch_x86_64.h"

#define FAKE_DIRECT 0xffff888000000000u
#define FAKE_VMEMMAP 0xffffea0000000000u
#define FAKE_IMAGE 0xffffffff80000000u

/** Where fake_types_of_a_kernel() and fake_task() put things. */
enum { FAKE_TASK_SIZE = 0x400, FAKE_STACK_SIZE = 0x4000, FAKE_FRAME_SIZE = 56 };

enum { FAKE_SLOTS = 8192, FAKE_NAMES = 256 };

struct fake_page {
	uint64_t frame;
	bool is_gone;
	unsigned reads;
	unsigned char data[DLK_PAGE_SIZE];
};

struct fake_symbol {
	const char *name, *module;
	dlk_addr_t address;
	uint64_t size;
};

struct fake_size {
	const char *type;
	uint32_t size;
};

struct fake_member {
	const char *type, *name;
	struct dlk_member member;
};

struct fake_enumerator {
	const char *type, *name;
	int64_t value;
};

struct fake_path {
	const char *type, *wanted, *path, *outer;
	uint32_t offset;
};

struct fake {
	struct dlk_ctx ctx;
	struct dlk_target target;
	struct dlk_memory memory; /* translating as the windows say */
	struct dlk_symbols symbols;
	struct dlk_types types;
	struct dlk_kernel k; /* see fake_kernel() */

	struct dlk_regs regs[4];
	unsigned reads;        /* calls of the target's read */
	unsigned translations; /* calls of the translation */
	unsigned at_calls;     /* calls of the symbols' at */
	unsigned closes;       /* calls of the target's close */
	unsigned fail_in;      /* the n-th read from now on fails; 0: none */
	bool fails_on;         /* and so do all that follow */
	enum dlk_status fail_status;
	enum dlk_status translate_status; /* if not DLK_OK, what the next translation returns */
	enum dlk_status types_status;     /* if not DLK_OK, what all types return */

	struct fake_page *slots[FAKE_SLOTS];
	struct fake_symbol symbol[FAKE_NAMES];
	struct fake_size size[FAKE_NAMES];
	struct fake_member member[FAKE_NAMES];
	struct fake_enumerator enumerator[FAKE_NAMES];
	struct fake_path path[FAKE_NAMES];
	unsigned symbol_count, size_count, member_count, enumerator_count, path_count;
};

/** cmocka's setup and teardown: *state is a struct fake. */
int fake_setup(void **state);
int fake_teardown(void **state);

/** cmocka's teardown where *state is a test's own fixture: its first member is the struct fake *. */
int fixture_teardown(void **state);

#define FAKE_TEST(test) cmocka_unit_test_setup_teardown(test, fake_setup, fake_teardown)

/** Physical address of a virtual one; there need be no page. */
dlk_addr_t fake_phys(dlk_addr_t address);

/** The page of a virtual address; made, or brought back, if it is not there. */
struct fake_page *fake_page(struct fake *f, dlk_addr_t address);
void fake_drop(struct fake *f, dlk_addr_t address);

/** Forget the pages and translations that were read so far: f->memory and f->k's. */
void fake_forget(struct fake *f);

void fake_write(struct fake *f, dlk_addr_t address, const void *data, size_t len);
void fake_u64(struct fake *f, dlk_addr_t address, uint64_t value);
void fake_u32(struct fake *f, dlk_addr_t address, uint32_t value);
void fake_string(struct fake *f, dlk_addr_t address, const char *text);

/** Make all pages of a range. */
void fake_zeros(struct fake *f, dlk_addr_t address, size_t len);

/** Link list_heads: @p head and @p count nodes. */
void fake_list(struct fake *f, dlk_addr_t head, const dlk_addr_t *nodes, size_t count);

void fake_symbol(struct fake *f, const char *name, dlk_addr_t address, uint64_t size);
void fake_size(struct fake *f, const char *type, uint32_t size);
void fake_member(struct fake *f, const char *type, const char *name, uint32_t offset,
		 uint32_t size);
void fake_bits(struct fake *f, const char *type, const char *name, struct dlk_member member);
void fake_enumerator(struct fake *f, const char *type, const char *name, int64_t value);
void fake_path(struct fake *f, const char *type, uint32_t offset, const char *wanted,
	       const char *path, const char *outer);
/** Take a member away. */
void fake_no_member(struct fake *f, const char *type, const char *name);

/** Write a member (1 to 8 bytes) of the struct at @p base. */
void fake_put(struct fake *f, dlk_addr_t base, const char *type, const char *name, uint64_t value);
dlk_addr_t fake_at(struct fake *f, dlk_addr_t base, const char *type, const char *name);

/** Types of a small kernel: task_struct, signal_struct, rq, the stack's structs. */
void fake_types_of_a_kernel(struct fake *f);

/** Open f->k over all this; must succeed. */
void fake_kernel(struct fake *f);

/** A task_struct of state S, with a stack of its own, not linked anywhere. */
void fake_task(struct fake *f, dlk_addr_t task, int32_t pid, const char *comm);
dlk_addr_t fake_stack_of(dlk_addr_t task);

/** Registers of a CPU, settled. */
struct dlk_regs fake_registers(uint64_t rip, uint64_t rsp, uint64_t rbp, uint64_t cs);

/** A temporary directory, gone with its files after temp_remove(). */
struct temp {
	char dir[64];
	char path[512];
};

void temp_make(struct temp *t);
/** Name a file in it; good until the next call. */
const char *temp_file(struct temp *t, const char *name);
void temp_write(struct temp *t, const char *name, const void *data, size_t size);
void temp_remove(struct temp *t);
bool file_exists(const char *path);

/** An ELF dump, piece by piece, then written as a file. */
struct dump_load {
	uint64_t address, size;
	const void *data; /* file_size bytes */
	uint64_t file_size;
};

struct dump {
	unsigned machine; /* EM_X86_64 if 0 */
	const struct dlk_regs *regs;
	unsigned cpu_count;
	const char *vmcoreinfo;
	struct dump_load loads[8];
	unsigned load_count;
};

/** Write it; returns the number of bytes. */
size_t dump_write(const struct dump *d, const char *path);

#endif
