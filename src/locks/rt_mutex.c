/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * struct rt_mutex_base, and what is built of it on PREEMPT_RT: mutex, rw_semaphore, spinlock.
 *
 * Wait: a struct rt_mutex_waiter on the task's stack, which the task's own pi_blocked_on points to,
 * and which names the task and the lock.  Certain: two records that agree.  What the lock is part
 * of, is told by the function that the task called to get it; if no such frame is found it is just
 * an rt_mutex.
 *
 * Hold: rt_mutex_base.owner is the owner's task_struct, bit 0 says that somebody waits
 * (kernel/locking/rtmutex.c).  Certain if it names a task that lives.  The owner of a rw_semaphore's
 * rt_mutex has it for writing, or is a writer that waits for the readers to go (rwbase_rt.c).
 *
 * How it can be wrong: waiters queue by priority, not by arrival, so their order is not given.  A
 * writer that waits for readers is in no queue, and readers are recorded nowhere: it is listed with
 * the function that it sleeps in.
 */
#include <config.h>

#include "locks/kind.h"
#include "locks/lock.h"

enum { HAS_WAITERS = 0x1 };

static const char *const read_functions[] = { "down_read*", "__down_read*", "rwbase_read_lock",
					      "__rwbase_read_lock", NULL };
static const char *const write_functions[] = { "down_write*", "__down_write*", "rwbase_write_lock",
					       NULL };
static const char *const mutex_functions[] = { "mutex_lock*", "__mutex_lock*", NULL };
static const char *const spin_functions[] = { "rt_spin_lock*", "rtlock_slowlock*", NULL };

/** What an rt_mutex is part of, by the functions that take it. */
static const struct use {
	const char *const *functions;
	enum dlk_kind kind;
	enum dlk_mode mode;
	const char *type;
} uses[] = {
	{ read_functions, DLK_KIND_RWSEM, DLK_MODE_READ, "rw_semaphore" },
	{ write_functions, DLK_KIND_RWSEM, DLK_MODE_WRITE, "rw_semaphore" },
	{ mutex_functions, DLK_KIND_MUTEX, DLK_MODE_EXCLUSIVE, "mutex" },
	{ spin_functions, DLK_KIND_SPINLOCK, DLK_MODE_EXCLUSIVE, "spinlock" },
};

static const struct use plain_use = { NULL, DLK_KIND_RT_MUTEX, DLK_MODE_EXCLUSIVE, "rt_mutex" };

/* The outermost frame that takes a lock, from that of the waiter on. */
static const struct use *find_use(const struct dlk_candidate *c)
{
	const struct use *use = &plain_use;

	for (uint32_t i = c->frame; i < c->stack->frame_count; i++) {
		const struct use *outer = NULL;

		for (size_t n = 0; n < sizeof(uses) / sizeof(uses[0]); n++)
			if (c->stack->frames[i].is_reliable &&
			    dlk_function_matches(c->stack->frames[i].function, uses[n].functions))
				outer = &uses[n];
		if (outer)
			use = outer;
		else if (use != &plain_use)
			break;
	}
	return use;
}

static enum dlk_status add_owner(struct dlk_facts *f, uint32_t resource, const struct use *use,
				 uint64_t owner)
{
	struct dlk_hold hold = { .resource = resource,
				 .context = dlk_facts_context(f, owner & ~(uint64_t)HAS_WAITERS),
				 .mode = use->kind == DLK_KIND_RWSEM ? DLK_MODE_WRITE :
								       DLK_MODE_EXCLUSIVE,
				 .evidence = DLK_EVIDENCE_OWNER,
				 .confidence = DLK_CERTAIN };

	if (!(owner & ~(uint64_t)HAS_WAITERS))
		return dlk_lock_no_owner(f, resource, "the owner word is 0: it was unlocked, and the "
						      "next waiter has not taken it yet");
	if (hold.context == DLK_NONE)
		return dlk_lock_dead_owner(f, resource, owner & ~(uint64_t)HAS_WAITERS);
	dlk_facts_get(f, resource)->state = "held";
	return dlk_facts_hold(f, &hold);
}

static enum dlk_status describe(struct dlk_facts *f, uint32_t resource, dlk_addr_t lock,
				const struct use *use)
{
	enum dlk_member_id dep_name = use->kind == DLK_KIND_RWSEM ? DLK_M_rwsem_dep_name :
								    DLK_M_mutex_dep_name;
	uint64_t owner;
	enum dlk_status read = dlk_kernel_read_member(f->k, lock, DLK_M_rt_mutex_owner, &owner);

	dlk_facts_get(f, resource)->name =
		dlk_lock_name(f, dlk_facts_get(f, resource)->address, use->type, dep_name);
	return read ? dlk_lock_unreadable(f, resource, read) : add_owner(f, resource, use, owner);
}

static enum dlk_status take(struct dlk_facts *f, const struct dlk_candidate *c, bool *is_taken)
{
	struct dlk_wait wait = { .context = c->context,
				 .position = DLK_NONE,
				 .evidence = DLK_EVIDENCE_BLOCKED_ON,
				 .confidence = DLK_CERTAIN };
	const struct use *use = find_use(c);
	dlk_addr_t outer;
	uint64_t lock;
	bool is_new;
	enum dlk_status status;

	if (!dlk_layout_has(&f->k->layout, DLK_M_task_pi_blocked_on) ||
	    dlk_kernel_get_member(f->k, f->contexts[c->context].task, DLK_M_task_pi_blocked_on) !=
		    c->waiter)
		return DLK_OK;
	status = dlk_kernel_read_member(f->k, c->waiter, DLK_M_rt_waiter_lock, &lock);
	if (status)
		return dlk_memory_explain(&f->k->memory, status);
	outer = lock;
	if (use->kind == DLK_KIND_RWSEM && dlk_layout_has(&f->k->layout, DLK_M_rwsem_rt_mutex))
		outer -= dlk_layout_offset(&f->k->layout, DLK_M_rwsem_rt_mutex);
	*is_taken = true;
	wait.mode = use->mode;
	status = dlk_facts_resource(f, use->kind, outer, &wait.resource, &is_new);
	if (!status && is_new)
		status = describe(f, wait.resource, lock, use);
	return status ? status : dlk_facts_wait(f, &wait);
}

const struct dlk_lock_kind dlk_kind_rt_mutex = {
	.name = "rt_mutex",
	.task_member = DLK_M_rt_waiter_task,
	.take = take,
};
