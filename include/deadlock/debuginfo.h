/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEADLOCK_DEBUGINFO_H
#define DEADLOCK_DEBUGINFO_H

/**
 * @file
 * Symbols and types of the target's kernel, by name, and its call frames.
 *
 * Three small tables of operations: symbols (from the kernel's own kallsyms, from VMLINUX, from
 * crash), types (BTF, DWARF, crash) and call frames (VMLINUX).  A provider answers from what it has read when it was
 * opened, or reads the target on demand.  All addresses are those of the running kernel: KASLR is
 * already applied.
 *
 * To add a provider: src/README.md.
 */

#include "deadlock/context.h"

struct dlk_symbol {
	dlk_addr_t address; /**< Start of the symbol. */
	const char *name;   /**< Lives as long as the context. */
	const char *module; /**< NULL for the kernel itself. */
};

struct dlk_symbols;

struct dlk_symbols_ops {
	const char *name; /**< kallsyms, vmlinux, crash: as in the JSON. */

	/**
	 * Find a symbol of the kernel itself by its exact name; of several, the first.
	 *
	 * @return DLK_OK, DLK_ERR_NOTFOUND (no text needed), DLK_ERR_FAULT, DLK_ERR_CORRUPT.
	 */
	enum dlk_status (*find)(struct dlk_symbols *s, const char *name, dlk_addr_t *ret);

	/**
	 * Find the symbol that covers an address: the nearest one at or below it in the kernel's
	 * image or in one module's sections, none outside of these.
	 *
	 * @return as find.
	 */
	enum dlk_status (*at)(struct dlk_symbols *s, dlk_addr_t address, struct dlk_symbol *ret);

	/**
	 * Find the source line of an instruction.
	 *
	 * NULL if the provider knows no lines.
	 *
	 * @param[out] ret  "kernel/sched/core.c:6827", in the arena.
	 * @return DLK_OK, DLK_ERR_NOTFOUND (no text needed), DLK_ERR_NOMEM.
	 */
	enum dlk_status (*line)(struct dlk_symbols *s, dlk_addr_t address, const char **ret);
};

struct dlk_symbols {
	const struct dlk_symbols_ops *ops;
	struct dlk_ctx *ctx;
};

/** A member's place. */
struct dlk_member {
	uint32_t
		offset; /**< Bytes from the start of the outer struct; of the storage unit if a bit-field. */
	uint32_t size;       /**< Bytes; of the storage unit if a bit-field. */
	uint32_t bit_offset; /**< Bits from the start of @c offset; 0 if no bit-field. */
	uint32_t bit_size;   /**< 0 if no bit-field. */
	uint32_t count; /**< Elements if an array (all dimensions; 0 for a flexible one); else 1. */
};

struct dlk_types;

struct dlk_types_ops {
	const char *name; /**< btf, dwarf, crash: as in the JSON. */

	/**
	 * Get the size of a struct, union, or typedef of one, by name without the keyword.
	 *
	 * @return DLK_OK, DLK_ERR_NOTFOUND (no text needed), DLK_ERR_CORRUPT.
	 */
	enum dlk_status (*size)(struct dlk_types *t, const char *type, uint32_t *ret);

	/**
	 * Find a member.
	 *
	 * @param[in]  type    Name of a struct, union or typedef of one.
	 * @param[in]  member  Name, or a path with dots ("owner.counter"); members of unnamed structs
	 *                     and unions inside are found by their own name.
	 * @return as size.
	 */
	enum dlk_status (*member)(struct dlk_types *t, const char *type, const char *member,
				  struct dlk_member *ret);

	/**
	 * Get an enumerator's value.
	 *
	 * @param[in] type  Name of the enum; NULL looks through all enums.
	 * @return as size.
	 */
	enum dlk_status (*enumerator)(struct dlk_types *t, const char *type, const char *name,
				      int64_t *ret);

	/**
	 * Name what stands at an offset: the path of members from @p type down to the last struct
	 * named @p wanted.
	 *
	 * @param[in]  offset  Bytes from the start of @p type.
	 * @param[in]  wanted  Name of a struct: the descent ends at a member of this type that
	 *                     starts at @p offset.
	 * @param[out] path    "vfs_inode.i_data.i_mmap_rwsem", in the arena.
	 * @param[out] outer   Name of the innermost *named* struct that contains it ("address_space");
	 *                     in the arena.
	 * @return as size; DLK_ERR_NOTFOUND if no such member starts there.
	 */
	enum dlk_status (*path_at)(struct dlk_types *t, const char *type, uint32_t offset,
				   const char *wanted, const char **path, const char **outer);

	/** Give back what is not in the arena.  The types are not used afterwards. */
	void (*close)(struct dlk_types *t);
};

struct dlk_types {
	const struct dlk_types_ops *ops;
	struct dlk_ctx *ctx;
};

enum {
	DLK_CFI_CFA = -1, /**< Instead of a register: the caller's stack pointer. */
	DLK_CFI_REGS = 32 /**< Registers of integers, of any architecture. */
};

/** How a value of a caller's frame is found. */
struct dlk_cfi_value {
	enum {
		DLK_CFI_LOST,  /**< It is not known. */
		DLK_CFI_VALUE, /**< base + offset */
		DLK_CFI_WORD   /**< The word at base + offset. */
	} how : 8;
	int8_t base; /**< A register of this frame, by its number; or DLK_CFI_CFA. */
	int32_t offset;
};

/** From an instruction to its caller's frame. */
struct dlk_cfi_row {
	struct dlk_cfi_value cfa; /**< The caller's stack pointer; not counted from itself. */
	struct dlk_cfi_value pc;  /**< The return address; lost if there is no caller. */
	struct dlk_cfi_value reg[DLK_CFI_REGS]; /**< The caller's registers, of those that a
						 *   function gives back as they were. */
};

struct dlk_cfi;

struct dlk_cfi_ops {
	/**
	 * Find the row of an instruction.
	 *
	 * @return DLK_OK, DLK_ERR_NOTFOUND (none covers the address, or one whose caller's stack pointer
	 *         is found in a way that is not known here; no text needed), DLK_ERR_CORRUPT.
	 */
	enum dlk_status (*row)(struct dlk_cfi *cfi, dlk_addr_t ip, struct dlk_cfi_row *ret);

	/** Give back what is not in the arena.  The rows are not asked for afterwards. */
	void (*close)(struct dlk_cfi *cfi);
};

struct dlk_cfi {
	const struct dlk_cfi_ops *ops;
	struct dlk_ctx *ctx;
};

#endif
