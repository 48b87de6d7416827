/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKDEP_LOCKDEP_H
#define DLK_LOCKDEP_LOCKDEP_H

/**
 * @file
 * lockdep's records: what each task holds, as the kernel's lock validator wrote it down.
 *
 *	gather.c   the order of things; whether lockdep is there, and on
 *	since.c    if it is off: since when
 *	held.c     a task's list
 *	class.c    the classes that the lists name
 *	usage.c    how locks of a class were used, in signs and in words
 *	what.c     what is listed and is no lock
 *	awaited.c  which entry is not held but waited for
 *	holds.c    what all this says about the graph
 *
 * Claimed: an entry that is not marked as waited for was held by its task when lockdep last looked.
 * lockdep enters a lock before it is obtained (include/linux/lockdep.h, LOCK_CONTENDED), so the one that
 * a task waits for is on its list too; awaited.c says how it is told.  How it can be wrong: a lock that
 * a running task is just obtaining or letting go; a lock that lockdep was told to pass over; a list
 * that was not kept up because lockdep went off, which is_stale says where it cannot be ruled out.
 *
 * Kernel: bit-fields and sizes by type information; a kernel is taken to have lockdep if its
 * task_struct has held_locks.
 */

#include "locks/facts.h"

/** The reader's state, for the files of this folder. */
struct dlk_lockdep_reader {
	struct dlk_facts *f;
	dlk_addr_t classes; /**< lock_classes[]; 0 if its symbol is not known. */
	uint64_t max_class; /**< Highest index that class_idx can have. */
	uint32_t max_depth; /**< Elements of held_locks[]. */
	uint64_t
		off_since; /**< By the scheduler's clock; UINT64_MAX if off, and not known since when. */
	bool with_usages;
	bool has_lost_lists; /**< Some task's list could not be read. */
	bool is_cut;         /**< That, or a class. */
	struct dlk_map
		class_of; /**< Address of a class, or of its map's key -> index into classes. */
	struct dlk_map resource_of; /**< Address of a resource's map -> resource. */
	dlk_addr_t *map_of; /**< For each resource its map; 0 if lockdep does not follow it. */
	unsigned char *buf; /**< Of max_depth entries. */
};

/**
 * Read the held locks of all tasks, mark those waited for, and add what they say to the facts.
 *
 * @param[in] with_usages  Decode the usage of the classes, with stacks.
 * @return DLK_OK, DLK_ERR_NOMEM, DLK_ERR_CANCELED.
 *
 * Target: reads memory; may not return inside crash.
 */
enum dlk_status dlk_lockdep_gather(struct dlk_facts *f, bool with_usages) DLK_MUST_CHECK;

/** Find since when lockdep is off, in the kernel's log; @p why is the message in the arena, or NULL. */
enum dlk_status dlk_lockdep_find_since(struct dlk_facts *f, uint64_t *ns, const char **why)
	DLK_MUST_CHECK;

/** Read a task's list; nothing if it is empty.  @return DLK_OK, or as dlk_facts_absorb(). */
enum dlk_status dlk_lockdep_read_held(struct dlk_lockdep_reader *r, uint32_t context)
	DLK_MUST_CHECK;

/**
 * Find or read a class.
 *
 * @param[in]  index  Of lock_classes[].
 * @param[in]  map    A lock of that class: names it if the class itself cannot be read.
 * @param[out] ret    Its index in the facts.
 */
enum dlk_status dlk_lockdep_make_class(struct dlk_lockdep_reader *r, uint64_t index, dlk_addr_t map,
				       uint32_t *ret) DLK_MUST_CHECK;

/** Set the signs of a class's usage: of a mask in the kernel's order of bits. */
void dlk_lockdep_usage_signs(uint64_t mask, char signs[DLK_USAGE_CHARS + 1]);

/** Decode a class's usage, with the stack recorded for each bit. */
enum dlk_status dlk_lockdep_read_usages(struct dlk_kernel *k, uint64_t mask,
					struct dlk_lock_class *class) DLK_MUST_CHECK;

/** What a wait type of a class means: "sleeps". */
const char *dlk_lockdep_wait_text(struct dlk_kernel *k, uint8_t type);

/** What a class of that name is, if it is no lock; else NULL. */
const char *dlk_lockdep_what(const char *name);

/** What a class is whose locks are taken in that function (NULL: unknown), if it is no lock; else NULL. */
const char *dlk_lockdep_what_at(const char *function);

/** Mark the entry that a context waits for, if there is one. */
enum dlk_status dlk_lockdep_mark_awaited(struct dlk_lockdep_reader *r, uint32_t context)
	DLK_MUST_CHECK;

/** Add to the facts what the entries say about the resources that are known. */
enum dlk_status dlk_lockdep_add_holds(struct dlk_lockdep_reader *r) DLK_MUST_CHECK;

/** A context's entries. */
static inline struct dlk_held *dlk_lockdep_held_of(const struct dlk_facts *f, uint32_t context)
{
	return DLK_VEC_AT(&f->model.held, struct dlk_held,
			  dlk_facts_context(f, context)->held_first);
}

#endif
