/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may hold a rwsem for reading?  Or, on PREEMPT_RT, a rwlock, which is made of the same.
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
#include "locks/reader.h"

static enum dlk_status seek(struct dlk_facts *f, struct dlk_stack_search *search, uint32_t resource)
{
	dlk_addr_t address = dlk_facts_resource(f, resource)->address;
	struct dlk_slab_object object = { .address = address, .size = 1 };
	enum dlk_status status = dlk_slab_find(f->k, address, &object);

	if (dlk_status_is_fatal(status))
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
	enum dlk_status status = DLK_OK;

	(void)state;
	for (uint32_t i = 0; i < f->model.resources.len && !status; i++)
		if (dlk_rwsem_has_unknown_readers(dlk_facts_resource(f, i)))
			status = seek(f, search, i);
	return status;
}
