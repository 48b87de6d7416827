/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_KERNEL_MODULES_H
#define DLK_KERNEL_MODULES_H

/**
 * @file
 * The kernel's modules: where they lie, their symbols, their ORC tables.
 *
 * The list is read once.  A module's symbol table is read when an address in it is asked for, so
 * a hundred modules cost little more than their struct.
 */

#include "deadlock/debuginfo.h"
#include "target/memory.h"

/** Where a module's ORC tables are; count is 0 if it has none. */
struct dlk_module_orc {
	dlk_addr_t ip;      /**< int[count]: orc_unwind_ip. */
	dlk_addr_t entries; /**< struct orc_entry[count]: orc_unwind. */
	uint32_t count;
};

struct dlk_module_range {
	dlk_addr_t start, end; /**< end is exclusive. */
};

/** One for each enum mod_mem_type, with room for more of these. */
enum { DLK_MODULE_RANGES = 16 };

struct dlk_module_symbols;

struct dlk_module {
	dlk_addr_t address; /**< Of the struct module. */
	const char *name;   /**< As lsmod prints it; unprintable bytes replaced. */
	struct dlk_module_range ranges[DLK_MODULE_RANGES];
	uint32_t range_count;
	dlk_addr_t symtab, strtab; /**< Elf64_Sym[symbol_count] and its names; 0 if unknown. */
	uint32_t symbol_count;
	struct dlk_module_orc orc;
	struct dlk_module_symbols *symbols; /**< NULL before the first question. */
};

struct dlk_modules {
	struct dlk_memory *memory;
	struct dlk_module *modules; /**< In the order of the list: the newest first. */
	uint32_t count;
	const char *note;                /**< Why not all modules are here; NULL if they are. */
	struct dlk_module_place *places; /**< Ranges of all modules, by address. */
	uint32_t place_count;
	uint32_t symbol_count; /**< Of the modules whose symbols were read. */
};

/**
 * Read the list of modules.
 *
 * A module that makes no sense is left out, and so is what follows where the list is broken: the
 * result's note says so.
 *
 * @param[in]  m        Memory; kept.
 * @param[in]  types    To find the members by name.
 * @param[in]  symbols  To find the list's head, "modules".
 * @param[out] ret      Unchanged on error.
 * @return DLK_OK, DLK_ERR_NOTFOUND (a kernel without modules, or no type information on them),
 *         DLK_ERR_FAULT, DLK_ERR_CORRUPT (not even the head can be used), DLK_ERR_NOMEM,
 *         DLK_ERR_CANCELED.
 *
 * Ownership: *ret lives in the memory's context.
 * Target:    reads the list and each struct module; may not return inside crash.
 * Kernel:    ranges are mem[] since v6.4 (ac3b43283923), core_layout and init_layout since v4.5
 *            (7523e4dc5057); symbols are in *kallsyms since v4.5 (8244062ef1e5); ORC since v4.14
 *            (ee9f8fce9964).  Decided by which members there are.
 */
enum dlk_status dlk_modules_read(struct dlk_memory *m, struct dlk_types *types,
				 struct dlk_symbols *symbols, struct dlk_modules **ret)
	DLK_MUST_CHECK;

/**
 * Find the module whose sections cover an address.
 *
 * @return NULL if there is none.
 *
 * Target: none.
 */
struct dlk_module *dlk_modules_find(const struct dlk_modules *modules, dlk_addr_t address);

/**
 * Find the symbol of a module that covers an address, the one that the kernel would print.
 *
 * @param[out] ret  Unchanged on error.
 * @return DLK_OK, DLK_ERR_NOTFOUND (no module covers it, or no symbol; no text), DLK_ERR_FAULT,
 *         DLK_ERR_CORRUPT (the module's symbol table), DLK_ERR_NOMEM, DLK_ERR_CANCELED.
 *
 * Ownership: the names live in the context.
 * Target:    reads the module's symbol table the first time; may not return inside crash.
 */
enum dlk_status dlk_modules_symbol_at(struct dlk_modules *modules, dlk_addr_t address,
				      struct dlk_symbol *ret) DLK_MUST_CHECK;

/**
 * Find a symbol by its name, in the module that covers an address; of several the one of the lowest address.
 *
 * @param[in] len  Of the name.
 * @return 0 if there is none, or what must be read for it cannot be.
 *
 * Target: reads the module's symbol table and names; may not return inside crash.
 */
dlk_addr_t dlk_modules_find_named(struct dlk_modules *modules, dlk_addr_t address, const char *name,
				  size_t len);

/**
 * Get the ORC tables for a code address in a module.
 *
 * @param[out] ret  Unchanged on error; not checked beyond being in the kernel's half.
 * @return DLK_OK, DLK_ERR_NOTFOUND (no module covers it, or it has no tables; no text).
 *
 * Target: none.
 */
enum dlk_status dlk_modules_orc_at(const struct dlk_modules *modules, dlk_addr_t address,
				   struct dlk_module_orc *ret) DLK_MUST_CHECK;

#endif
