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
 * is the reader, and nobody else is looked for: the last to come has gone only if it works on the object
 * without the lock, while an older one has it.  Where that is so all the same, the rwsem's holders are still said to
 * be unknown.
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
#include "locks/reader.h"

/*
 * The one reader of each rwsem that has only one, if the owner word names a task that is awake; DLK_NONE for others.
 *
 * @return  In the context's arena, for each resource; NULL: no memory.
 */
static uint32_t *find_awake_readers(struct dlk_facts *f)
{
	uint32_t count = f->model.resources.len;
	uint32_t *ret = dlk_calloc(f->ctx, count ? count : 1, sizeof(*ret));

	for (uint32_t i = 0; ret && i < count; i++)
		ret[i] = DLK_NONE;
	for (uint32_t i = 0; ret && i < f->model.holds.len; i++) {
		const struct dlk_hold *h = dlk_model_hold(&f->model, i);
		const struct dlk_context *c = dlk_facts_context(f, h->context);

		if (dlk_facts_resource(f, h->resource)->readers == 1 && !c->is_blocked &&
		    h->evidence & DLK_EVIDENCE_OWNER_HINT)
			ret[h->resource] = h->context;
	}
	return ret;
}

/* Whether a task works on an object: it has the address of some of it on its live stack. */
static enum dlk_status works_on(struct dlk_facts *f, uint32_t context,
				const struct dlk_slab_object *object, bool *ret)
{
	struct dlk_stack stack;
	enum dlk_status status = dlk_stack_read(f->k, dlk_facts_task(f, context), &stack);

	if (status)
		return dlk_status_is_fatal(status) ? status : DLK_OK;
	for (uint32_t i = 0; i < stack.word_count && !*ret; i++)
		*ret = stack.words[i] - object->address < object->size;
	return DLK_OK;
}

/* @param[in] awake  The reader that is likely the only one, if it works on the object; DLK_NONE. */
static enum dlk_status seek(struct dlk_facts *f, struct dlk_stack_search *search, uint32_t resource,
			    uint32_t awake)
{
	dlk_addr_t address = dlk_facts_resource(f, resource)->address;
	struct dlk_slab_object object = { .address = address, .size = 1 };
	enum dlk_status status = dlk_slab_find(f->k, address, &object);
	bool is_reader = false;

	if (!dlk_status_is_fatal(status) && awake != DLK_NONE)
		status = works_on(f, awake, &object, &is_reader);
	if (dlk_status_is_fatal(status) || is_reader)
		return status;
	return dlk_readers_seek(search,
				&(struct dlk_sought){ .start = object.address,
						      .end = object.address + object.size,
						      .resource = resource },
				"the address of the object that it is part of stands on the live "
				"stack");
}

enum dlk_status dlk_rwsem_seek_readers(struct dlk_facts *f, struct dlk_stack_search *search,
				       void **state)
{
	const uint32_t *awake = find_awake_readers(f);
	enum dlk_status status = awake ? DLK_OK : dlk_nomem(f->ctx);

	(void)state;
	for (uint32_t i = 0; i < f->model.resources.len && !status; i++)
		if (dlk_rwsem_has_unknown_readers(dlk_facts_resource(f, i)))
			status = seek(f, search, i, awake[i]);
	return status;
}
