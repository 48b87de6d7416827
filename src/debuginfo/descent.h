/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_DEBUGINFO_DESCENT_H
#define DLK_DEBUGINFO_DESCENT_H

/**
 * @file
 * From a struct down to a member: what providers of types share, whatever their types are made of.
 *
 * A provider says what a struct's members are, one by one, and where they are; how a path is
 * followed, how an offset becomes a path and how deep is too deep is said here, once.
 */

#include "deadlock/debuginfo.h"

/** A struct or union while its members are looked at. */
struct dlk_composite {
	uint64_t type;    /**< The provider's own. */
	uint64_t next;    /**< The provider's own: which member is the next. */
	uint32_t size;    /**< Bytes. */
	bool is_wanted;   /**< Its tag, or a typedef that led to it, is the name wanted. */
	const char *name; /**< Its tag, else the last typedef that led to it, else NULL. */
};

/** A member of a struct, relative to it. */
struct dlk_place {
	const char *name; /**< "" if unnamed. */
	uint64_t id;      /**< The provider's own. */
	uint64_t type;    /**< The provider's own; of the elements, if it is an array. */
	bool is_array;
	struct dlk_member member;
};

struct dlk_descent_ops {
	/** Find a struct, union, or typedef of one by name; as dlk_types_ops.size. */
	enum dlk_status (*find)(struct dlk_types *t, const char *name, struct dlk_composite *ret);

	/**
	 * Look behind typedefs and modifiers.
	 *
	 * @param[in] wanted  What is_wanted is about; may be NULL.
	 * @return DLK_OK, DLK_ERR_NOTFOUND (there is no struct and no union), or as find.
	 */
	enum dlk_status (*enter)(struct dlk_types *t, uint64_t type, const char *wanted,
				 struct dlk_composite *ret);

	/** Get the next member's name and id; DLK_ERR_NOTFOUND after the last. */
	enum dlk_status (*next)(struct dlk_types *t, struct dlk_composite *c,
				struct dlk_place *ret);

	/**
	 * Find out the rest of a member.  It is inside of its struct, or DLK_ERR_CORRUPT.  Where one that
	 * has a name is may not be known: DLK_ERR_NOTFOUND, as if it were not there.
	 */
	enum dlk_status (*place)(struct dlk_types *t, const struct dlk_composite *c,
				 struct dlk_place *p);
};

/**
 * Find a member by its path; as dlk_types_ops.member.
 *
 * Members on the way may be arrays: the path then leads into their first element.
 *
 * Target: none, unless the provider reads.
 */
enum dlk_status dlk_descent_member(struct dlk_types *t, const struct dlk_descent_ops *ops,
				   const char *type, const char *member, struct dlk_member *ret)
	DLK_MUST_CHECK;

/** What is looked for at an offset. */
struct dlk_descent_goal {
	const char *type;   /**< Where the descent begins. */
	uint32_t offset;    /**< Bytes from there. */
	const char *wanted; /**< Where it ends. */
};

/** Name what stands at an offset; as dlk_types_ops.path_at. */
enum dlk_status dlk_descent_path(struct dlk_types *t, const struct dlk_descent_ops *ops,
				 const struct dlk_descent_goal *goal, const char **path,
				 const char **outer) DLK_MUST_CHECK;

/**
 * Place a bit-field in its storage unit.
 *
 * That is the aligned unit of its type's size, or, if it straddles two of these or the unit reaches
 * beyond the struct (packed ones do that), the bytes that it touches, rounded up to a size that can
 * be read at once.
 *
 * @param[in,out] m            Its size is that of the type; all of it becomes that of the unit.
 * @param[in]     struct_size  Bytes of the struct.
 * @param[in]     bit          Bits from the struct's start.
 * @param[in]     bits         Its width.
 * @return Whether there are 1 to 64 bits, all of them inside of the struct, and in 8 bytes in a row.
 */
bool dlk_place_bits(struct dlk_member *m, uint32_t struct_size, uint64_t bit, uint32_t bits)
	DLK_MUST_CHECK;

#endif
