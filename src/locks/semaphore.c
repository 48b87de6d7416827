/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * struct semaphore.
 *
 * Wait: a struct semaphore_waiter on the task's stack, linked both ways in the semaphore's wait_list, or in the
 * ring of its first_waiter; in the queue of the semaphore that a task records, or in the frame of a function of
 * down().  Certain.
 *
 * Hold: semaphore.last_holder is the task that took it last, until this one lets it go itself (since v6.16;
 * kernel/locking/semaphore.c).  Before, and with CONFIG_DETECT_HUNG_TASK_BLOCKER off, nothing is
 * recorded.  Likely, and that it is the only holder is likely: nearly all semaphores count to one, and are let go
 * by who took them.
 *
 * How it can be wrong: a semaphore has no owner.  One may count to more than one, and then those who took it earlier
 * are not known; and another task may let it go.  Above all, one that is used as a signal is taken again and again
 * by whoever waits for the next, and let go by who gives the signal.  So who waits again for what it took last is not
 * said to hold it, if it sleeps so that a signal wakes it, as those do; and if it does not, it is possible at best.
 * A last holder that has exited leaves the holders unknown, and the semaphore is not leaked.
 */
#include <config.h>

#include "kernel/object.h"
#include "locks/kind.h"
#include "locks/lock.h"

static const char *const functions[] = { "down",
					 "down_interruptible",
					 "down_killable",
					 "down_timeout",
					 "__down",
					 "__down_interruptible",
					 "__down_killable",
					 "__down_timeout",
					 "__down_common",
					 "___down_common",
					 NULL };

static const enum dlk_member_id needs[] = { DLK_M_semaphore_waiter_list,
					    DLK_M_semaphore_waiter_task, DLK_M_NONE };

static const enum dlk_member_id needs_either[] = { DLK_M_semaphore_wait_list,
						   DLK_M_semaphore_first_waiter, DLK_M_NONE };

/* Why the last that took it does not count as its holder; NULL if it does. */
static const char *doubt_holder(const struct dlk_facts *f, const struct dlk_queue *queue,
				uint64_t last_holder)
{
	uint32_t context = dlk_facts_find_context(f, last_holder);
	const struct dlk_context *c = context != DLK_NONE ? dlk_facts_context(f, context) : NULL;

	if (!last_holder)
		return "the task that took it last has let it go; who else has it is not recorded";
	if (!c && f->tasks.lost)
		return "the task that took it last is none of those that could be read";
	if (!c || c->state == 'Z' || c->state == 'X')
		return "the task that took it last has exited; another one may let it go";
	if (dlk_queue_has(queue, context) && !c->is_uninterruptible)
		return "the task that took it last waits for it again, as for a signal; who gives "
		       "it is not recorded";
	return NULL;
}

static enum dlk_status add_last_holder(struct dlk_facts *f, uint32_t resource,
				       const struct dlk_queue *queue, uint64_t last_holder)
{
	struct dlk_resource *r = dlk_facts_resource(f, resource);
	struct dlk_hold hold = { .resource = resource,
				 .context = dlk_facts_find_context(f, last_holder),
				 .mode = DLK_MODE_EXCLUSIVE,
				 .evidence = DLK_EVIDENCE_OWNER,
				 .confidence = DLK_LIKELY,
				 .note = "it took it last, and has not let it go" };

	r->holders_unknown = doubt_holder(f, queue, last_holder);
	if (r->holders_unknown)
		return DLK_OK;
	r->holders_assumed = true;
	if (dlk_queue_has(queue, hold.context)) {
		hold.confidence = DLK_POSSIBLE;
		hold.note = "it took it last, and waits for it again";
	}
	return dlk_facts_add_hold(f, &hold);
}

static enum dlk_status describe(struct dlk_facts *f, uint32_t resource,
				const struct dlk_queue *queue, enum dlk_confidence sure)
{
	struct dlk_resource *r = dlk_facts_resource(f, resource);
	uint64_t last_holder;
	const struct dlk_wait like = { .resource = resource,
				       .mode = DLK_MODE_EXCLUSIVE,
				       .confidence = sure };
	enum dlk_status read, status = dlk_lock_add_waits(f, queue, &like, NULL, NULL);

	r->name = dlk_object_name(f->k, r->address, "semaphore");
	r->needs_any = true;
	if (status)
		return status;
	if (!dlk_layout_has(&f->k->layout, DLK_M_semaphore_last_holder)) {
		r->holders_unknown = "this kernel does not record who took it";
		return DLK_OK;
	}
	read = dlk_kernel_read_member(f->k, r->address, DLK_M_semaphore_last_holder, &last_holder);
	return read ? dlk_lock_unreadable(f, resource, read)
		    : add_last_holder(f, resource, queue, last_holder);
}

static const struct dlk_lock_members members = { .kind = DLK_KIND_SEMAPHORE,
						 .wait_list = DLK_M_semaphore_wait_list,
						 .first_waiter = DLK_M_semaphore_first_waiter,
						 .waiter_list = DLK_M_semaphore_waiter_list,
						 .waiter_task = DLK_M_semaphore_waiter_task };

static enum dlk_status take(struct dlk_facts *f, const struct dlk_candidate *c, bool *is_taken)
{
	return dlk_lock_take(f, c, &members, describe, is_taken);
}

static enum dlk_status take_recorded(struct dlk_facts *f, const struct dlk_record *record)
{
	return dlk_lock_take_recorded(f, record, &members, describe);
}

static const struct dlk_waiter waiter = { .task = DLK_M_semaphore_waiter_task,
					  .functions = functions,
					  .take = take };

const struct dlk_lock_kind dlk_kind_semaphore = {
	.waiter = &waiter,
	.needs = needs,
	.needs_either = needs_either,
	.take_recorded = take_recorded,
};
