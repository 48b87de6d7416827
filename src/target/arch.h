/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TARGET_ARCH_H
#define DLK_TARGET_ARCH_H

/**
 * @file
 * What differs between architectures in how a dump or a stub tells registers, and where a kernel's addresses
 * are.  Whoever has a target has its row; nobody above asks for an architecture by name.
 *
 * A row numbers its registers: those of integers as its DWARF does, so that call frame information names them
 * by the same numbers, and behind them, in an order of its own, what else the notes have.
 *
 * All rows have words of 64 bits and are little-endian, as every host that this is built for: bytes.h,
 * memory.h and dlk_member_value() take numbers apart by that.  A row of another byte order would have to say
 * so here, and these three to ask for it.
 *
 * To add an architecture: src/README.md.
 */

#include "deadlock/target.h"

enum { DLK_NO_REG = 0xff };

/** Physical memory that can be read without harm. */
struct dlk_ram_range {
	dlk_addr_t start, end; /**< end is not part of it. */
};

/** Registers in a row in a note, 8 bytes each. */
struct dlk_reg_run {
	uint16_t at;         /**< Offset of the first one. */
	uint8_t count;       /**< Of @c regs. */
	bool is_repeated;    /**< Other notes have them, too: these are written, and not read. */
	const uint8_t *regs; /**< Their numbers; DLK_NO_REG for what nobody wants. */
};

enum { DLK_MAX_RUNS = 2 };

/** The descriptor of a note. */
struct dlk_note_form {
	uint16_t size;     /**< As it is written; 0: the architecture has no such note. */
	uint16_t min_size; /**< One that is shorter is not read. */
	uint8_t run_count;
	struct dlk_reg_run runs[DLK_MAX_RUNS];
};

struct dlk_arch {
	const char *name;     /**< As uname(2) and the JSON have it: "x86_64". */
	uint16_t machine;     /**< e_machine of its ELF files. */
	const char *gdb_name; /**< Its architecture in a stub's target description. */
	const char *gdb_xml;  /**< What a stub is told that we know: of xmlRegisters. */

	uint8_t page_shift; /**< Of the kernel's pages; those of a cache may be smaller (memory.h). */

	dlk_addr_t kernel_start;           /**< No address of the kernel is below. */
	dlk_addr_t image_start, image_end; /**< The window in which the kernel's image is mapped. */

	uint8_t pc, sp, fp;    /**< Numbers of these registers. */
	uint8_t ra;            /**< What a call returns to, in its DWARF: pc, or a link register. */
	uint32_t general;      /**< A bit for each register of integers but sp: those of a frame. */
	uint32_t callee_saved; /**< Of these, what a function gives back as it was. */
	uint8_t reg_count;
	const char *const *reg_names; /**< In a stub's target description, by number. */

	struct dlk_note_form prstatus; /**< NT_PRSTATUS: struct elf_prstatus of the kernel. */
	struct dlk_note_form qemu;     /**< "QEMU", version 1. */

	/** Tell what the registers mean besides pc, sp and fp: is_user and root. */
	void (*interpret)(struct dlk_regs *regs);

	/** Where a machine has memory if its monitor does not say. */
	const struct dlk_ram_range *usual_ram;
	uint8_t usual_ram_count;
};

extern const struct dlk_arch dlk_arch_x86_64;

/** The row of an ELF file; NULL if there is none. */
const struct dlk_arch *dlk_arch_of_machine(uint16_t machine);

/**
 * The row of a name.
 *
 * @param[in] size  Bytes at @p name; it may end before, by a NUL.
 * @return NULL if there is none.  Who says nothing ("") has the first row.
 */
const struct dlk_arch *dlk_arch_named(const char *name, size_t size);

/** The row by what a stub calls it, which may be NULL; NULL if there is none. */
const struct dlk_arch *dlk_arch_of_gdb(const char *gdb_name);

/** The names of all rows, for messages: "x86_64". */
const char *dlk_arch_names(struct dlk_ctx *ctx);

/** What is known of stubs' descriptions: "i386". */
const char *dlk_arch_gdb_xml(struct dlk_ctx *ctx);

/** Set pc, sp, fp, is_user and root by the raw registers. */
void dlk_arch_settle(const struct dlk_arch *arch, struct dlk_regs *regs);

/**
 * Take registers out of a note's descriptor, and settle them.
 *
 * @return false if it is too short; *regs is unchanged then.
 */
bool dlk_arch_take_note(const struct dlk_arch *arch, const struct dlk_note_form *form,
			const unsigned char *data, size_t size, struct dlk_regs *regs);

/** Put registers where a note's descriptor of form->size bytes has them. */
void dlk_arch_fill_note(const struct dlk_note_form *form, const struct dlk_regs *regs,
			unsigned char *data);

static inline uint32_t dlk_arch_page_size(const struct dlk_arch *arch)
{
	return UINT32_C(1) << arch->page_shift;
}

/** Whether an address may be the kernel's. */
static inline bool dlk_arch_is_kernel(const struct dlk_arch *arch, dlk_addr_t address)
{
	return address >= arch->kernel_start;
}

/** Whether an address is in the window of the kernel's image. */
static inline bool dlk_arch_is_image(const struct dlk_arch *arch, dlk_addr_t address)
{
	return address >= arch->image_start && address < arch->image_end;
}

#endif
