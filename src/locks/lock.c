/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What mutex and rwsem have in common. */
#include <config.h>

#include "locks/lock.h"

#include "kernel/object.h"

enum dlk_status dlk_lock_take(struct dlk_facts *f, const struct dlk_candidate *c,
			      const struct dlk_lock_members *members,
			      dlk_lock_describe_fn *describe, bool *is_taken)
{
	const struct dlk_layout *l = &f->k->layout;
	struct dlk_queue_layout layout;
	struct dlk_queue queue;
	bool is_linked, is_new, is_sure = c->stack->frames[c->frame].is_reliable;
	uint32_t resource;
	enum dlk_status status;

	if (!dlk_layout_has(l, members->wait_list) || !dlk_layout_has(l, members->waiter_list))
		return DLK_OK;
	layout.list = dlk_layout_offset(l, members->waiter_list);
	layout.task = dlk_layout_offset(l, members->waiter_task);
	status = dlk_queue_read(f, c->waiter, &layout, &queue, &is_linked);
	if (status || !is_linked)
		return status;
	status = dlk_facts_resource(f, members->kind,
				    queue.head - dlk_layout_offset(l, members->wait_list),
				    &resource, &is_new);
	*is_taken = true;
	if (status || !is_new)
		return status;
	return describe(f, resource, &queue, is_sure ? DLK_CERTAIN : DLK_LIKELY);
}

const char *dlk_lock_name(struct dlk_facts *f, dlk_addr_t address, const char *type,
			  enum dlk_member_id dep_name)
{
	const char *name = dlk_object_name(f->k, address, type);
	const char *class = dlk_kernel_read_string(f->k,
						   dlk_kernel_get_member(f->k, address, dep_name));

	if (name && class)
		return dlk_format(f->ctx, "%s, class %s", name, class);
	return name || !class ? name : dlk_format(f->ctx, "class %s", class);
}

enum dlk_status dlk_lock_no_owner(struct dlk_facts *f, uint32_t resource, const char *why)
{
	struct dlk_resource *r = dlk_facts_get(f, resource);

	r->state = "no owner";
	r->is_free = true;
	r->holders_unknown = why;
	return dlk_facts_find(f, DLK_FINDING_NO_OWNER, r->address, false, "%s %#llx: %s",
			      dlk_kind_text(r->kind), (unsigned long long)r->address, why);
}

/* Where tasks are missing, the owner may be one of these: nothing is wrong with the lock then. */
enum dlk_status dlk_lock_dead_owner(struct dlk_facts *f, uint32_t resource, dlk_addr_t owner,
				    enum dlk_confidence sure)
{
	struct dlk_resource *r = dlk_facts_get(f, resource);
	bool may_be_lost = f->tasks.lost > 0;
	const char *why =
		may_be_lost ? "which is none of the tasks that could be read"
			    : "which is no live task: it exited with the lock held, or the word "
			      "is damaged";

	r->is_leaked = !may_be_lost;
	r->leak = sure;
	r->state = may_be_lost ? "owner is not known" : "owner is no live task";
	r->holders_unknown = dlk_format(f->ctx, "the owner word names 0x%llx, %s",
					(unsigned long long)owner, why);
	if (!r->holders_unknown)
		return dlk_nomem(f->ctx);
	return dlk_facts_find(f, may_be_lost ? DLK_FINDING_NO_OWNER : DLK_FINDING_LEAKED_LOCK,
			      r->address, may_be_lost, "%s 0x%llx: %s", dlk_kind_text(r->kind),
			      (unsigned long long)r->address, r->holders_unknown);
}

enum dlk_status dlk_lock_unreadable(struct dlk_facts *f, uint32_t resource, enum dlk_status why)
{
	struct dlk_resource *r = dlk_facts_get(f, resource);

	if (dlk_status_is_fatal(why))
		return why;
	r->holders_unknown = "the lock itself is not in the dump";
	return dlk_facts_find(f, DLK_FINDING_UNREADABLE, r->address, true, "%s %#llx: %s",
			      dlk_kind_text(r->kind), (unsigned long long)r->address,
			      r->holders_unknown);
}
