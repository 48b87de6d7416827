/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may hold a rwsem for reading?  Or, on PREEMPT_RT, a rwlock, which is made of the same.
 *
 * The rwsem says how many readers there are, and names the last to come at best.  Whoever holds it
 * mostly still has the address of the object that it is part of: an inode, an mm_struct.  So the
 * live stacks of the tasks that wait for something else are searched for addresses within that
 * object; only such tasks can close a cycle.
 *
 * If there is one reader, and the task that the owner word names is awake with the object's address on its live stack, that
 * is the reader, unless the code says otherwise, and nobody else is taken for one by an address alone: the last to come has gone
 * only if it works on the object without the lock, while an older one has it.  Where that is so all the same, and no
 * code says it, the rwsem's holders are still said to be unknown.
 *
 * Claims: possible, never more: a task that has the inode's address on its stack works on the inode,
 * and need not hold this lock of it.  How it can be wrong: both ways; a rwsem in static memory is
 * found by its own address only, which the compiler seldom keeps.  Of many rwsems that are said to be in one
 * object (an inode has two) the readers are looked for of some only.
 */
#include <config.h>

#include "locks/rwsem.h"

#include "kernel/slab.h"
#include "kernel/stack.h"

/* The one reader of a rwsem that has only one, if the owner word names a task that is awake; DLK_NONE. */
static uint32_t find_awake_reader(const struct dlk_facts *f, uint32_t resource)
{
	if (dlk_facts_resource(f, resource)->readers != 1)
		return DLK_NONE;
	for (uint32_t i = 0; i < f->model.holds.len; i++) {
		const struct dlk_hold *h = dlk_model_hold(&f->model, i);

		if (h->resource == resource && h->evidence & DLK_EVIDENCE_OWNER_HINT &&
		    !dlk_facts_context(f, h->context)->is_blocked)
			return h->context;
	}
	return DLK_NONE;
}

/* Whether a task works on an object: it has the address of some of it on its live stack. */
static enum dlk_status works_on(struct dlk_facts *f, uint32_t context,
				const struct dlk_slab_object *object, bool *ret)
{
	struct dlk_stack stack;
	enum dlk_status status = dlk_facts_read_stack(f, context, &stack);

	if (status)
		return dlk_status_is_fatal(status) ? status : DLK_OK;
	for (uint32_t i = 0; i < stack.word_count && !*ret; i++)
		*ret = stack.words[i] - object->address < object->size;
	return DLK_OK;
}

enum dlk_status dlk_rwsem_check_readers(struct dlk_facts *f, uint32_t resource,
					enum dlk_sought_by *by)
{
	const struct dlk_resource *r = dlk_facts_resource(f, resource);
	struct dlk_slab_object object = { .address = r->address, .size = 1 };
	uint32_t awake;
	enum dlk_status status = DLK_OK;
	bool is_reader = false;

	if (!dlk_rwsem_has_unknown_readers(r))
		*by = DLK_SOUGHT_BY_NOTHING;
	awake = *by ? find_awake_reader(f, resource) : DLK_NONE;
	if (awake == DLK_NONE)
		return DLK_OK;
	status = dlk_slab_find(f->k, r->address, &object);
	if (!dlk_status_is_fatal(status))
		status = works_on(f, awake, &object, &is_reader);
	if (is_reader)
		*by = DLK_SOUGHT_BY_CODE;
	return dlk_status_is_fatal(status) ? status : DLK_OK;
}
