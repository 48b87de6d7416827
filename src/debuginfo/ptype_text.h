/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_DEBUGINFO_PTYPE_TEXT_H
#define DLK_DEBUGINFO_PTYPE_TEXT_H

/**
 * @file
 * What GDB prints of a type, as a tree; private to ptype.c, which tells the format.
 *
 * Target: none.  The text is as hostile as the dump: nesting, members and elements are capped.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"
#include "deadlock/context.h"

enum { DLK_PTYPE_NESTING = 64 };

/** A member, or a type as a whole.  All of it is the context's. */
struct dlk_ptype_node {
	const char *name; /**< "" if unnamed. */
	/** "struct list_head", "atomic_long_t", "char *"; NULL if written out here. */
	const char *type;
	const char *tag; /**< Of a struct that is written out here; NULL if it has none. */
	uint32_t offset; /**< From the start of the type that was asked for. */
	uint32_t size, bit, bits, count;
	bool is_array;
	bool is_placed; /**< It is known where it is, to the bit. */
	uint32_t id;    /**< Index among all nodes. */
	struct dlk_ptype_node *first,
		*last; /**< Members, if it is a struct that is written out here. */
	struct dlk_ptype_node *next, *outer;
};

/**
 * Read what was printed of a type.
 *
 * @param[in,out] nodes  Of struct dlk_ptype_node *: those of the tree are added, each after its struct.
 * @param[out]    ret    NULL if it is no struct, or was cut off.
 * @return DLK_OK, DLK_ERR_CORRUPT if structs are nested too deeply, DLK_ERR_NOMEM.
 */
enum dlk_status dlk_ptype_parse(struct dlk_ctx *ctx, struct dlk_vec *nodes, const char *text,
				struct dlk_ptype_node **ret) DLK_MUST_CHECK;

/** Whether the place of a node can be asked for by name. */
bool dlk_ptype_is_asked_for(const struct dlk_ptype_node *n);

/**
 * Read "{0, 64, 8, 16}": offset and size of each node from @p root on that is asked for.
 *
 * @return false if there are not as many; then some may have been changed.
 */
bool dlk_ptype_take_places(const struct dlk_vec *nodes, const struct dlk_ptype_node *root,
			   const char *text);

/** Whether it is part of a name in C. */
bool dlk_ptype_is_word(char c);

#endif
