/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_KERNEL_ARCH_H
#define DLK_KERNEL_ARCH_H

/**
 * @file
 * What a kernel does differently on each architecture: page tables, where its image and its code are, how a
 * task that was switched out is found again, where a stack ends, by what stacks are unwound.
 *
 * A row belongs to a row of target/arch.h, which says what registers and addresses are.  No other file of the
 * kernel layer, and none to its right, asks which architecture it is; those that only one row leads to
 * (x86_64.h, orc.c, call.c, unwind_orc.c, unwind_untold.c, unwind_fp.c and unwind_prologue.c, of x86-64) may know it.
 *
 * To add an architecture: src/README.md.  A test may have a row of its own, without any list: it sets
 * dlk_kernel.arch.
 */

#include "target/arch.h"

struct dlk_cursor;
struct dlk_kernel;
struct dlk_stack;
struct dlk_task;
struct dlk_xlat_root;

/** What came of a step from a frame to its caller's (unwind.h). */
enum dlk_stepped {
	DLK_STEP_NONE,   /**< It cannot be made; the cursor is as it was. */
	DLK_STEP_CALLER, /**< The cursor is the caller's frame. */
	DLK_STEP_END     /**< This frame has no caller. */
};

enum { DLK_MAX_ROOTS = 3 };

struct dlk_kernel_arch {
	const struct dlk_arch *machine;

	const char *pte_format; /**< Of page tables' entries, as libaddrxlat names it. */
	uint8_t table_bits;     /**< Of an address, by which a table is indexed. */
	uint8_t min_levels, max_levels;
	uint64_t pte_no_exec; /**< The bit of an entry that forbids a CPU to execute the page. */
	uint32_t root_block;  /**< All tables that a CPU may have as its root lie in one block of
				       this size and alignment. */

	uint32_t
		image_align; /**< The image is placed, and its text is mapped, by multiples of this. */
	dlk_addr_t code_end; /**< End of what modules and code made at run time are mapped in. */
	uint32_t stack_size; /**< THREAD_SIZE where the types do not say. */

	bool returns_first; /**< A frame begins with what its call returns to (a record that the link
				       register was stored in); else it ends with that. */
	const char *vmemmap; /**< Symbol of a pointer to the struct page of frame 0; NULL. */

	/** The flags' register, and which of its bits says that an interrupt can come; 0: none is known. */
	uint8_t flags;
	uint64_t interrupts_on;

	/** Functions of which an interrupt, or an NMI, has one on its stack: patterns; NULL: not known (level.h). */
	const char *const *interrupt_entries, *const *nmi_entries;

	/** Find the page tables by what VMCOREINFO has. */
	bool (*find_root)(const char *vmcoreinfo, struct dlk_xlat_root *ret);

	/**
	 * The page tables that a CPU's registers may lead to, the likeliest first.
	 *
	 * @param[out] ret  Room for DLK_MAX_ROOTS.
	 * @return How many.
	 */
	unsigned (*roots)(const struct dlk_regs *regs, struct dlk_xlat_root *ret);

	/**
	 * Take off a pointer what is no part of its address (a signature, a tag).  Asked for what a call
	 * returns to; not for pointers to data.
	 *
	 * NULL if pointers have none.
	 */
	dlk_addr_t (*strip)(dlk_addr_t pointer);

	/**
	 * Find where the stack of a task begins that was switched out: sp, and what unwinding starts with.
	 *
	 * @param[in,out] stack  task and top are set; sp is task->sp.
	 * @return DLK_OK, DLK_ERR_CORRUPT (that is not on the stack), DLK_ERR_FAULT; the text says which.
	 *
	 * Target: reads memory; may not return inside crash.
	 */
	enum dlk_status (*start)(struct dlk_kernel *k, struct dlk_stack *stack);

	/**
	 * Tell what lies at the end of every task's stack, where the kernel was entered.
	 *
	 * @return Its size in bytes; 0 if it is not known.
	 */
	uint32_t (*entry_size)(struct dlk_kernel *k);

	/**
	 * Tell whether a frame's stack pointer is where an interrupt or an exception of the kernel's code has left
	 * the registers; for code that has no call frames (unwind_cfi.c).  NULL: never.
	 *
	 * Target: reads memory; may not return inside crash.
	 */
	bool (*is_at_regs)(const struct dlk_cursor *c);

	/**
	 * Go through registers that were left so, to what was interrupted.  NULL: where is_at_regs() is.
	 *
	 * @return DLK_STEP_END if that was a user's code; DLK_STEP_NONE if they cannot be read, or do not lead
	 *         outwards.
	 *
	 * Target: reads memory; may not return inside crash.
	 */
	enum dlk_stepped (*step_regs)(struct dlk_cursor *c, dlk_addr_t regs);

	/**
	 * Tell what the call before a return address enters: where a function begins, whose frame may be
	 * gone since (it ended by a jump).  NULL: never known.
	 *
	 * @return 0 if there is no call, or none that says it.
	 *
	 * Target: reads text; may not return inside crash.
	 */
	dlk_addr_t (*called_before)(struct dlk_kernel *k, dlk_addr_t ip);

	/**
	 * Find out by what a kernel can be unwound: dlk_unwinders_add(), the best first.
	 *
	 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_CANCELED.
	 *
	 * Target: reads memory; may not return inside crash.
	 */
	enum dlk_status (*open_unwinders)(struct dlk_kernel *k);
};

extern const struct dlk_kernel_arch dlk_kernel_arch_x86_64;

/** The row of a target's architecture. */
const struct dlk_kernel_arch *dlk_kernel_arch_of(const struct dlk_arch *machine);

/** What an address is without the bits that are no part of it. */
static inline dlk_addr_t dlk_arch_strip(const struct dlk_kernel_arch *arch, dlk_addr_t pointer)
{
	return arch->strip ? arch->strip(pointer) : pointer;
}

#endif
