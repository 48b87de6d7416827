/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_DEBUGINFO_PTYPE_H
#define DLK_DEBUGINFO_PTYPE_H

/**
 * @file
 * Types from a GDB that somebody else runs: what it prints for "ptype /o TYPE".
 *
 * That is every member of a struct with its offset, size and bits, structs and unions inside
 * written out in place.  GDB 8.1 and later know it; crash(8) has one inside.  A type is asked for once
 * and its answer kept.
 *
 * Of a type that ends in an array without a length (struct pid; task_struct with struct fpstate inside,
 * since v5.16) newer ones print the members and no offsets: "ptype/o does not work with dynamic
 * types"; 16 does, 10 and 13 do not.  Then they are asked for the address that each member has in
 * such a struct at 0, and for its size.
 */

#include "deadlock/debuginfo.h"

/** The GDB. */
struct dlk_gdb {
	/**
	 * Print a type.
	 *
	 * @param[in]  type  "struct mutex", "union thread_union", "spinlock_t".
	 * @param[out] ret   What GDB prints for "ptype /o TYPE", in @p ctx.
	 * @return DLK_OK, DLK_ERR_NOTFOUND (there is no such type; no text needed), DLK_ERR_NOMEM.
	 */
	enum dlk_status (*ptype)(void *arg, struct dlk_ctx *ctx, const char *type,
				 const char **ret);

	/**
	 * Print a value.
	 *
	 * @param[in]  expression  In C; its value is an array of unsigned numbers, and no memory is
	 *                         needed for it.  May set the convenience variable $deadlock, and be
	 *                         some 50 KiB long.
	 * @param[out] ret         "{1, 2}", every element and each only once, in @p ctx.
	 * @return DLK_OK, DLK_ERR_NOTFOUND (GDB does not understand it; no text needed),
	 *         DLK_ERR_NOMEM.
	 */
	enum dlk_status (*print)(void *arg, struct dlk_ctx *ctx, const char *expression,
				 const char **ret);

	/** Get the value of an enumerator of any enum; returns as ptype. */
	enum dlk_status (*enumerator)(void *arg, const char *name, int64_t *ret);

	void *arg;
	const char *name; /**< Of the types, as in the JSON. */
};

/**
 * Open the types of a GDB.
 *
 * An enum's name is ignored when an enumerator is looked for: GDB knows enumerators by their own.
 *
 * @param[out] ret  In @p ctx; nothing to give back.
 * @return DLK_OK, DLK_ERR_NOMEM.
 *
 * Ownership: @p gdb is copied; its arg lives as long as the types.
 * Target:    none.
 */
enum dlk_status dlk_ptype_open(struct dlk_ctx *ctx, const struct dlk_gdb *gdb,
			       struct dlk_types **ret) DLK_MUST_CHECK;

#endif
