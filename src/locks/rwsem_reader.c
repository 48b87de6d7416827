/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may hold a rwsem for reading?
 *
 * The rwsem says how many readers there are, and names the last to come at best.  Whoever holds it
 * mostly still has the address of the object that it is part of: an inode, an mm_struct.  So the
 * live stacks of the tasks that wait for something else are searched for addresses within that
 * object; only such tasks can close a cycle.
 *
 * Claims: possible, never more: a task that has the inode's address on its stack works on the inode,
 * and need not hold this lock of it.  How it can be wrong: both ways; a rwsem in static memory is
 * found by its own address only, which the compiler seldom keeps.  Of many rwsems that are said to be in one
 * object (an inode has two) the readers are looked for of some only.
 */
#include <config.h>

#include "locks/rwsem.h"

#include "kernel/slab.h"

enum { MAX_CANDIDATES = 64 };

static bool is_known(const struct dlk_facts *f, uint32_t context, uint32_t resource)
{
	return dlk_model_find_hold(&f->model, context, resource) != DLK_NONE ||
	       dlk_model_find_wait(&f->model, context, resource) != DLK_NONE;
}

static enum dlk_status add_reader(void *arg, const struct dlk_hit *hit)
{
	uint32_t *found = arg;
	struct dlk_hold hold = {
		.resource = hit->resource,
		.context = hit->context,
		.mode = DLK_MODE_READ,
		.evidence = DLK_EVIDENCE_STACK_WORD,
		.confidence = DLK_POSSIBLE,
		.note = "the address of the object that it is part of stands on the live "
			"stack"
	};

	if (*found == MAX_CANDIDATES || is_known(hit->f, hit->context, hit->resource))
		return DLK_OK;
	++*found;
	return dlk_facts_add_hold(hit->f, &hold);
}

static enum dlk_status seek(struct dlk_facts *f, struct dlk_stack_search *search, uint32_t resource)
{
	dlk_addr_t address = dlk_facts_resource(f, resource)->address;
	struct dlk_slab_object object = { .address = address, .size = 1 };
	uint32_t *found = dlk_alloc(f->ctx, sizeof(*found));
	enum dlk_status status = dlk_slab_find(f->k, address, &object);

	if (!found)
		return dlk_nomem(f->ctx);
	if (dlk_status_is_fatal(status))
		return status;
	return dlk_stack_search_add(search, object.address, object.address + object.size, resource,
				    false, add_reader, found);
}

enum dlk_status dlk_rwsem_seek_readers(struct dlk_facts *f, struct dlk_stack_search *search,
				       void **state)
{
	enum dlk_status status = DLK_OK;

	(void)state;
	for (uint32_t i = 0; i < f->model.resources.len && !status; i++)
		if (dlk_rwsem_has_unknown_readers(dlk_facts_resource(f, i)))
			status = seek(f, search, i);
	return status;
}
