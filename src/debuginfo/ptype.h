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
