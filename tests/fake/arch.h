/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_FAKE_ARCH_H
#define DLK_TESTS_FAKE_ARCH_H

/**
 * @file
 * How the kernel of an image is built: the rows by which it is read, and how its stacks are written.
 *
 * An image is of x86_64 unless it says otherwise.
 */

#include "kernel/arch.h"

struct dlk_fake_arch {
	const struct dlk_kernel_arch *kernel;
	dlk_addr_t first_object, first_function;
	dlk_addr_t orc_tables; /**< Where the ORC tables lie; 0: it has none. */

	/* Where a task that was switched out has its registers: a struct at its saved stack pointer,
	 * or its task_struct. */
	const char *saved_type, *pc_member, *fp_member;

	bool begins_with_record; /**< A frame, with the caller's frame pointer and the return address;
				       else it ends with it. */
	dlk_addr_t signature;    /**< Of return addresses. */
	const char *const *
		marks; /**< Symbols by which it is seen that there are frame pointers; NULL ends. */
};

extern const struct dlk_fake_arch dlk_fake_x86_64, dlk_fake_other64;

/** By name; NULL if there is none. */
const struct dlk_fake_arch *dlk_fake_find_arch(const char *name);

/*
 * An architecture that is nowhere but in tests.  Its registers have other numbers and other places, its
 * pages 16 KiB, its kernel addresses from 0xc000... on; return addresses are signed; frames are records
 * of frame pointer and return address, the youngest at the lowest address, and a task that was switched out has
 * its registers in its task_struct: much as arm64 has it.
 *
 * A real one would be src/target/arch_NAME.c, src/kernel/arch_NAME.c, a file for its unwinder
 * (src/kernel/unwind_NAME.c), a line in src/target/arch.c and one in src/kernel/arch.c, rows of
 * src/kernel/layout.h for where it saves a task's registers, and their names in src/local.mk.
 */
extern const struct dlk_arch dlk_other64;
extern const struct dlk_kernel_arch dlk_kernel_other64;

enum { OTHER64_MACHINE = 0xfe64, OTHER64_PRSTATUS = 280 };

/** Numbers of its registers. */
enum {
	OTHER64_S0 = 8, /**< To S3: what a function gives back as it was, with FP. */
	OTHER64_FP = 12,
	OTHER64_LR,
	OTHER64_SP,
	OTHER64_PC,
	OTHER64_MODE, /**< 0: the kernel's. */
	OTHER64_TABLE,
	OTHER64_REGS
};

#define OTHER64_SIGNATURE UINT64_C(0x0ab5000000000000)

#endif
