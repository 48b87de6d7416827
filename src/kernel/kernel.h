/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_KERNEL_KERNEL_H
#define DLK_KERNEL_KERNEL_H

/**
 * @file
 * The kernel of a target: memory, symbols, types and the handful of constants that all readers
 * share.  Every reader to the right of this (tasks, stacks, slab, locks) takes a dlk_kernel.
 */

#include "base/map.h"
#include "base/vec.h"
#include "deadlock/debuginfo.h"
#include "kernel/layout.h"
#include "kernel/modules.h"
#include "target/memory.h"

struct dlk_kernel_arch;
struct dlk_orc;
struct dlk_call_frames;
struct dlk_unwinder;

enum { DLK_MAX_UNWINDERS = 4, DLK_WORD = 8 };

/** What the types have said of an enumerator. */
struct dlk_enumerator {
	int64_t value;
	bool is_asked, is_there;
};

struct dlk_kernel {
	struct dlk_ctx *ctx;
	const struct dlk_kernel_arch *arch;
	struct dlk_memory memory;
	struct dlk_symbols *symbols;
	struct dlk_types *types;
	struct dlk_layout layout;
	struct dlk_enumerator enumerators[DLK_ENUMERATOR_COUNT]; /**< By dlk_kernel_enumerator(). */
	struct dlk_modules *modules;    /**< NULL if there are none, or they cannot be read. */
	struct dlk_cfi *cfi;            /**< NULL if no call frame information is known. */
	struct dlk_orc *orc;            /**< NULL if the kernel has no ORC tables. */
	struct dlk_call_frames *frames; /**< What cfi has said; NULL before it was asked. */
	const struct dlk_unwinder
		*unwinders[DLK_MAX_UNWINDERS]; /**< By dlk_kernel_open_unwinders(). */
	unsigned unwinder_count;
	uint32_t entry_size; /**< From where the kernel was entered to the stack's end; 0. */
	uint64_t stack_size; /**< THREAD_SIZE. */
	dlk_addr_t text_start, text_end; /**< _stext and _etext; 0 if unknown. */
	uint64_t *stack_words;           /**< Scratch of one stack, for dlk_stack_read(). */
	dlk_addr_t *percpu_offset;       /**< __per_cpu_offset[]. */
	uint32_t cpu_count;              /**< Elements of percpu_offset. */
	const char *percpu_lost;         /**< Why percpu_offset is not known; NULL. */
	struct dlk_regs *noted_regs; /**< By CPU, instead of the target's: see crashed.h; NULL. */
	dlk_addr_t vmemmap;          /**< The struct page of frame 0, by slab.c; 0 if unknown. */
	bool is_vmemmap_known;       /**< Whether it was looked for. */
	struct dlk_map ip_texts;     /**< ip -> index into texts. */
	struct dlk_vec texts;        /**< of struct dlk_ip_text */
	bool with_lines;             /**< Ask for source lines too. */
	const char *release;         /**< "6.12.117"; NULL if unknown. */
	uint32_t stacks_unwound;     /**< Of sleeping tasks, by dlk_stack_unwind(). */
	uint32_t stacks_lost;        /**< Of these, not followed to their end. */
};

/** A code address in words. */
struct dlk_ip_text {
	dlk_addr_t start;     /**< Start of the function; 0 if no symbol covers the address. */
	const char *function; /**< "rmap_walk_file"; NULL. */
	const char *text;     /**< "rmap_walk_file+0x1aa"; NULL. */
	const char *module;   /**< NULL for the kernel itself. */
	const char *line;     /**< "kernel/sched/core.c:6827"; NULL. */
};

/**
 * Prepare a kernel over open symbols and types: resolve the layout, read the constants.
 *
 * @param[in,out] k  ctx, arch, memory, symbols and types are set; cfi, if there is any.
 * @return DLK_OK, or what keeps the analysis from starting.
 *
 * Target: reads __per_cpu_offset, nr_cpu_ids, the list of modules.
 * Kernel: THREAD_SIZE is the size of union thread_union, else that of init_stack.
 */
enum dlk_status dlk_kernel_init(struct dlk_kernel *k) DLK_MUST_CHECK;

/**
 * Find out by what a kernel can be unwound, and where its stacks end: by its architecture's row.  A part of
 * dlk_kernel_init().
 *
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_CANCELED.  k->unwinders is empty if there is nothing.
 *
 * Target: reads a few pages; may not return inside crash.
 */
enum dlk_status dlk_kernel_open_unwinders(struct dlk_kernel *k) DLK_MUST_CHECK;

/**
 * Get the registers of a CPU when this kernel last ran on it.
 *
 * @return false if they are not known.
 *
 * Target: reads registers.
 */
bool dlk_kernel_read_regs(struct dlk_kernel *k, unsigned cpu, struct dlk_regs *ret);

/** Address of a symbol of the kernel itself; 0 if there is none. */
dlk_addr_t dlk_kernel_symbol(struct dlk_kernel *k, const char *name);

/** Whether one of the kernel's structs can be at an address: it is the kernel's, and aligned. */
bool dlk_kernel_can_be_struct(const struct dlk_kernel *k, dlk_addr_t address);

/** Whether any code can be at an address: the kernel's, a module's, or what was made at run time. */
bool dlk_kernel_can_be_code(const struct dlk_kernel *k, dlk_addr_t ip);

/** Whether the kernel's code is there, or that of a module. */
bool dlk_kernel_is_code(const struct dlk_kernel *k, dlk_addr_t ip);

/** Value of an enumerator; @p fallback if there is none.  The types are asked once. */
int64_t dlk_kernel_enumerator(struct dlk_kernel *k, enum dlk_enumerator_id id, int64_t fallback);

/**
 * Read a member as an unsigned value (bit-fields too).
 *
 * @param[in]  base  Address of the struct.
 * @param[out] ret   Unchanged on error.
 * @return DLK_OK, DLK_ERR_FAULT, DLK_ERR_NOTFOUND (the kernel has no such member); the text says which
 *         member of what cannot be read where, and why: nothing is to be added but whose it is.
 *
 * Target: reads memory; may not return inside crash.
 */
enum dlk_status dlk_kernel_read_member(struct dlk_kernel *k, dlk_addr_t base, enum dlk_member_id id,
				       uint64_t *ret) DLK_MUST_CHECK;

/** As dlk_kernel_read_member(), of a member that is an array: its first @p len bytes. */
enum dlk_status dlk_kernel_read_array(struct dlk_kernel *k, dlk_addr_t base, enum dlk_member_id id,
				      void *buf, size_t len) DLK_MUST_CHECK;

/** As dlk_kernel_read_member(), with 0 for what cannot be read; leaves the context's text as it is. */
uint64_t dlk_kernel_peek_member(struct dlk_kernel *k, dlk_addr_t base, enum dlk_member_id id);

/** Extract a member from a copy of its struct; the copy covers the member. */
uint64_t dlk_member_value(const struct dlk_member *m, const void *copy);

/**
 * Read a C string behind a pointer member, into the arena, with unprintable bytes replaced.
 *
 * @return NULL if anything cannot be read, or the string is empty.
 */
const char *dlk_kernel_read_string(struct dlk_kernel *k, dlk_addr_t address);

/**
 * Name a code address; the results are kept.
 *
 * @return Never NULL; good until the next call.
 *
 * Target: may read the symbol tables.
 */
struct dlk_ip_text dlk_kernel_describe_ip(struct dlk_kernel *k, dlk_addr_t ip);

/**
 * Match a function's name against a list of patterns.
 *
 * A pattern may begin or end with '*'.  Suffixes that the compiler appends (".isra.0", ".constprop.1",
 * ".cold", ".part.0") do not count.
 *
 * @param[in] name      May be NULL: matches nothing.
 * @param[in] patterns  Ended by NULL.
 *
 * Target: none.
 */
bool dlk_function_matches(const char *name, const char *const *patterns);

/** Length of a function's name without the suffixes that the compiler appends. */
size_t dlk_function_plain(const char *name);

/** As dlk_function_matches(), of one pattern. */
bool dlk_function_is(const char *name, const char *pattern);

/** The kernel's release in brackets, " (6.12.117)", to stand behind "this kernel"; "". */
const char *dlk_kernel_release(const struct dlk_kernel *k);

#endif
