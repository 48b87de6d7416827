/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A task's list of held locks: task_struct.held_locks[lockdep_depth]. */
#include <config.h>

#include "lockdep/lockdep.h"

/* held_lock.read: 0 alone, 1 shared, 2 shared and recursive (include/linux/lockdep.h) */
enum { READ_RECURSIVE = 2 };

/* A member of the entry; 0 if this kernel has none. */
static uint64_t get(const struct dlk_kernel *k, enum dlk_member_id id, const void *entry)
{
	if (!dlk_layout_has(&k->layout, id) ||
	    k->layout.members[id].offset + k->layout.members[id].size >
		    k->layout.sizes[DLK_S_held_lock])
		return 0;
	return dlk_member_value(&k->layout.members[id], entry);
}

/* Whether a task's list can have been left behind when lockdep went off: did the task run since? */
static bool is_stale(const struct dlk_lockdep_reader *r, uint32_t context)
{
	const struct dlk_tasks *tasks = &r->f->tasks;
	const struct dlk_task *task = DLK_VEC_AT(&tasks->tasks, struct dlk_task, context);

	if (r->f->model.lockdep.state == DLK_LOCKDEP_ON)
		return false;
	return r->off_since == UINT64_MAX || !task->is_blocked || !task->exec_start ||
	       task->exec_start + tasks->clock_lag >= r->off_since;
}

static enum dlk_status add_entry(struct dlk_lockdep_reader *r, uint32_t context, const void *entry,
				 bool stale)
{
	struct dlk_kernel *k = r->f->k;
	uint64_t read = get(k, DLK_M_held_read, entry);
	struct dlk_held held = {
		.context = context,
		.resource = DLK_NONE,
		.map = get(k, DLK_M_held_instance, entry),
		.nest_lock = get(k, DLK_M_held_nest_lock, entry),
		.ip = get(k, DLK_M_held_ip, entry),
		.is_read = read,
		.is_recursive = read == READ_RECURSIVE,
		.is_trylock = get(k, DLK_M_held_trylock, entry),
		.has_hardirqs_off = get(k, DLK_M_held_hardirqs_off, entry),
		.is_contended = get(k, DLK_M_held_waittime, entry) >
				get(k, DLK_M_held_holdtime, entry),
		.is_stale = stale,
		.irq = (unsigned)get(k, DLK_M_held_irq_context, entry),
		.references = (uint32_t)get(k, DLK_M_held_references, entry),
	};
	struct dlk_ip_text at = dlk_kernel_describe_ip(k, held.ip);
	struct dlk_lock_class *class;
	struct dlk_held *slot;
	enum dlk_status status;

	held.at = at.text;
	status = dlk_lockdep_make_class(r, get(k, DLK_M_held_class_idx, entry), held.map,
					&held.class);
	if (status)
		return status;
	class = DLK_VEC_AT(&r->f->model.classes, struct dlk_lock_class, held.class);
	if (!class->what)
		class->what = dlk_lockdep_what_at(at.function);
	slot = dlk_vec_push(k->ctx, &r->f->model.held);
	if (!slot)
		return dlk_nomem(k->ctx);
	*slot = held;
	dlk_facts_context(r->f, context)->held_count++;
	return DLK_OK;
}

static enum dlk_status read_entries(struct dlk_lockdep_reader *r, uint32_t context, uint32_t depth)
{
	struct dlk_kernel *k = r->f->k;
	dlk_addr_t task = dlk_facts_context(r->f, context)->task;
	uint32_t size = k->layout.sizes[DLK_S_held_lock];
	bool stale = is_stale(r, context);
	enum dlk_status status = dlk_kernel_read_array(k, task, DLK_M_task_held_locks, r->buf,
						       (size_t)depth * size);

	if (status)
		return status;
	dlk_facts_context(r->f, context)->held_first = r->f->model.held.len;
	for (uint32_t i = 0; i < depth && !status; i++)
		status = add_entry(r, context, r->buf + (size_t)i * size, stale);
	return status;
}

enum dlk_status dlk_lockdep_read_held(struct dlk_lockdep_reader *r, uint32_t context)
{
	struct dlk_facts *f = r->f;
	const struct dlk_context *c = dlk_facts_context(f, context);
	uint64_t depth;
	enum dlk_status status = dlk_kernel_read_member(f->k, c->task, DLK_M_task_lockdep_depth,
							&depth);

	if (!status && !depth)
		return DLK_OK;
	if (!status && depth > r->max_depth)
		status = dlk_fail(f->ctx, DLK_ERR_CORRUPT, "%llu entries, where %u have room",
				  (unsigned long long)depth, r->max_depth);
	if (!status)
		status = read_entries(r, context, (uint32_t)depth);
	if (!status)
		return DLK_OK;
	r->is_cut = r->has_lost_lists = true;
	dlk_prepend(f->ctx, status, "held locks of task %d (%s)", c->pid, c->comm);
	return dlk_facts_absorb(f, status, c->task, true);
}
