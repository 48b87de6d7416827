/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * struct rt_mutex_base, and what is built of it on PREEMPT_RT: mutex, ww_mutex, rw_semaphore, spinlock.
 *
 * Wait: a struct rt_mutex_waiter on the task's stack, which the task's own pi_blocked_on points to,
 * and which names the task and the lock.  Certain: two records that agree.  What the lock is part
 * of, is told by the function that the task called to get it; if no such frame is found it is just
 * an rt_mutex.
 *
 * Hold: rt_mutex_base.owner is the owner's task_struct, bit 0 says that somebody waits
 * (kernel/locking/rtmutex.c).  Certain if it names a task that lives.
 *
 * rw_semaphore (rwbase_rt.c): a writer takes the rt_mutex, and then waits in no queue until the
 * readers are gone; only then WRITER_BIAS is set in rwbase.readers.  So the owner holds the
 * rw_semaphore if that bit is set, and else it waits itself, before all that wait for the rt_mutex.
 * A writer that nobody waits behind is found by the functions that it sleeps in, and by an address
 * on its stack of a rw_semaphore whose rt_mutex it owns.
 *
 * How it can be wrong: a pi_blocked_on that leads to no waiter is a finding, so such a wait is lost,
 * but not in silence.  Waiters queue by priority, not by arrival, so their order is not given; all
 * stand behind the writer that owns the rt_mutex.  Readers are recorded nowhere.
 */
#include <config.h>

#include "locks/find.h"
#include "locks/kind.h"
#include "locks/lock.h"
#include "locks/rwsem.h"
#include "locks/ww_mutex.h"

enum {
	HAS_WAITERS = 0x1,
	WRITER_BIAS = 1 << 30, /* of rwbase.readers */
	READER_MASK = WRITER_BIAS - 1
};

static const enum dlk_member_id needs[] = { DLK_M_rt_waiter_task, DLK_M_rt_waiter_lock,
					    DLK_M_rt_mutex_owner, DLK_M_NONE };

static const char *const read_functions[] = { "down_read*", "__down_read*", "rwbase_read_lock",
					      "__rwbase_read_lock", NULL };
static const char *const write_functions[] = { "down_write*", "__down_write*", "rwbase_write_lock",
					       NULL };
static const char *const ww_functions[] = { "ww_mutex_lock*", "__ww_rt_mutex_lock*", NULL };
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
	{ ww_functions, DLK_KIND_WW_MUTEX, DLK_MODE_EXCLUSIVE, "ww_mutex" },
	{ spin_functions, DLK_KIND_SPINLOCK, DLK_MODE_EXCLUSIVE, "spinlock" },
};

static const struct use plain_use = { NULL, DLK_KIND_RT_MUTEX, DLK_MODE_EXCLUSIVE, "rt_mutex" };

/* Told by its acquire context, which nothing else has. */
static const struct use ww_use = { NULL, DLK_KIND_WW_MUTEX, DLK_MODE_EXCLUSIVE, "ww_mutex" };

/* The outermost frame that takes a lock, from that of the waiter on. */
static const struct use *find_use(const struct dlk_candidate *c, dlk_addr_t acquire)
{
	const struct use *use = acquire ? &ww_use : &plain_use;

	for (uint32_t i = c->frame; i < c->stack->frame_count; i++) {
		const struct use *outer = NULL;

		for (size_t n = 0; n < sizeof(uses) / sizeof(uses[0]); n++)
			if (c->stack->frames[i].is_reliable &&
			    dlk_function_matches(c->stack->frames[i].function, uses[n].functions))
				outer = &uses[n];
		if (outer)
			use = outer;
		else if (use->functions)
			break;
	}
	return use;
}

static enum dlk_status add_owner(struct dlk_facts *f, uint32_t resource, const struct use *use,
				 uint64_t owner)
{
	struct dlk_hold hold = {
		.resource = resource,
		.context = dlk_facts_find_context(f, owner & ~(uint64_t)HAS_WAITERS),
		.mode = use->kind == DLK_KIND_RWSEM ? DLK_MODE_WRITE : DLK_MODE_EXCLUSIVE,
		.evidence = DLK_EVIDENCE_OWNER,
		.confidence = DLK_CERTAIN
	};

	if (!(owner & ~(uint64_t)HAS_WAITERS))
		return dlk_lock_no_owner(f, resource,
					 "the owner word names nobody: it was unlocked, and the "
					 "next waiter has not taken it yet");
	if (hold.context == DLK_NONE)
		return dlk_lock_dead_owner(f, resource, owner & ~(uint64_t)HAS_WAITERS,
					   DLK_CERTAIN);
	dlk_facts_resource(f, resource)->state = "held";
	return dlk_facts_add_hold(f, &hold);
}

/* The functions that a writer sleeps in while readers hold the lock. */
static bool waits_for_readers(const struct dlk_context *c)
{
	static const char *const sleeping[] = { "rwbase_write_lock", "down_write*", "__down_write*",
						NULL };

	for (uint32_t i = 0; c->is_blocked && i < c->frame_count; i++)
		if (c->frames[i].is_reliable &&
		    dlk_function_matches(c->frames[i].function, sleeping))
			return true;
	return false;
}

/* Readers hold it: the owner of its rt_mutex is the writer that waits for them. */
static enum dlk_status add_waiting_writer(struct dlk_facts *f, uint32_t resource, uint64_t readers,
					  uint64_t owner)
{
	struct dlk_wait wait = {
		.resource = resource,
		.context = dlk_facts_find_context(f, owner & ~(uint64_t)HAS_WAITERS),
		.position = 0,
		.mode = DLK_MODE_WRITE,
		.evidence = DLK_EVIDENCE_OWNER,
		.confidence = DLK_CERTAIN,
		.note = "it owns the rwsem's rt_mutex and waits for the readers to go"
	};
	enum dlk_status status = dlk_rwsem_set_readers(f, resource, readers & READER_MASK);

	if (status || wait.context == DLK_NONE || dlk_facts_waits(f, wait.context))
		return status;
	status = dlk_facts_absorb(f, dlk_facts_unwind(f, wait.context, NULL),
				  dlk_facts_context(f, wait.context)->task, true);
	if (status || !waits_for_readers(dlk_facts_context(f, wait.context)))
		return status;
	return dlk_facts_add_wait(f, &wait);
}

static enum dlk_status describe(struct dlk_facts *f, uint32_t resource, dlk_addr_t lock,
				const struct use *use)
{
	dlk_addr_t address = dlk_facts_resource(f, resource)->address;
	bool is_rwsem = use->kind == DLK_KIND_RWSEM;
	uint64_t owner, readers = WRITER_BIAS;
	enum dlk_status read;

	dlk_facts_resource(f, resource)->name = dlk_lock_name(f, address, use->type,
							      is_rwsem ? DLK_M_rwsem_dep_name
								       : DLK_M_mutex_dep_name);
	read = dlk_kernel_read_member(f->k, lock, DLK_M_rt_mutex_owner, &owner);
	if (!read && is_rwsem)
		read = dlk_kernel_read_member(f->k, address, DLK_M_rwsem_rt_readers, &readers);
	if (read)
		return dlk_lock_unreadable(f, resource, read);
	if (readers & WRITER_BIAS)
		return add_owner(f, resource, use, owner);
	return add_waiting_writer(f, resource, readers, owner);
}

static enum dlk_status take(struct dlk_facts *f, const struct dlk_candidate *c, bool *is_taken)
{
	struct dlk_wait wait = { .context = c->context,
				 .position = DLK_NONE,
				 .evidence = DLK_EVIDENCE_BLOCKED_ON,
				 .confidence = DLK_CERTAIN };
	const struct use *use;
	dlk_addr_t outer;
	uint64_t lock, acquire = 0;
	bool is_new;
	enum dlk_status status;

	if (!dlk_layout_has(&f->k->layout, DLK_M_task_pi_blocked_on) ||
	    dlk_kernel_peek_member(f->k, dlk_facts_context(f, c->context)->task,
				   DLK_M_task_pi_blocked_on) != c->waiter)
		return DLK_OK;
	status = dlk_kernel_read_member(f->k, c->waiter, DLK_M_rt_waiter_lock, &lock);
	if (!status && dlk_layout_has(&f->k->layout, DLK_M_rt_waiter_ww_ctx))
		status = dlk_kernel_read_member(f->k, c->waiter, DLK_M_rt_waiter_ww_ctx, &acquire);
	if (status)
		return status;
	use = find_use(c, acquire);
	outer = lock;
	if (use->kind == DLK_KIND_RWSEM && dlk_layout_has(&f->k->layout, DLK_M_rwsem_rt_mutex))
		outer -= dlk_layout_offset(&f->k->layout, DLK_M_rwsem_rt_mutex);
	*is_taken = true;
	wait.mode = use->mode;
	if (use->kind == DLK_KIND_RWSEM)
		wait.position = 1;
	status = dlk_facts_make_resource(f, use->kind, outer, &wait.resource, &is_new);
	if (!status && is_new)
		status = describe(f, wait.resource, lock, use);
	if (!status && use->kind == DLK_KIND_WW_MUTEX)
		status = dlk_ww_mutex_weigh(f, acquire, false, &wait);
	return status ? status : dlk_facts_add_wait(f, &wait);
}

/* By its own record it waits for an rt_mutex, but what the record points to was not taken. */
static enum dlk_status check_record(struct dlk_facts *f, uint32_t context)
{
	const struct dlk_context *c = dlk_facts_context(f, context);
	uint64_t waiter;
	enum dlk_status status = dlk_kernel_read_member(f->k, c->task, DLK_M_task_pi_blocked_on,
							&waiter);

	if (status)
		return status;
	if (!waiter)
		return DLK_OK;
	return dlk_facts_add_finding(
		f, DLK_FINDING_CORRUPT, c->task, true,
		"task %d (%s) waits for an rt_mutex by its pi_blocked_on, %#llx, "
		"where no waiter of it is found",
		c->pid, c->comm, (unsigned long long)waiter);
}

static bool is_unexplained(const struct dlk_facts *f, uint32_t context)
{
	const struct dlk_context *c = dlk_facts_context(f, context);

	return c->is_blocked && c->state != 'Z' && c->state != 'X' && !dlk_facts_waits(f, context);
}

enum dlk_status dlk_rt_mutex_check(struct dlk_facts *f)
{
	enum dlk_status status = DLK_OK;

	if (!dlk_layout_has(&f->k->layout, DLK_M_task_pi_blocked_on))
		return DLK_OK;
	for (uint32_t i = 0; i < f->tasks.tasks.len && !status; i++)
		if (is_unexplained(f, i))
			status = dlk_facts_absorb(f, check_record(f, i),
						  dlk_facts_context(f, i)->task, true);
	return status;
}

/* Whether @p address is that of a rw_semaphore whose rt_mutex @p task owns, and readers hold it. */
static bool is_awaited_rwsem(struct dlk_facts *f, dlk_addr_t address, dlk_addr_t task)
{
	dlk_addr_t lock = address + dlk_layout_offset(&f->k->layout, DLK_M_rwsem_rt_mutex);
	uint64_t owner, readers;

	return dlk_kernel_can_be_struct(f->k, address) &&
	       !dlk_kernel_read_member(f->k, lock, DLK_M_rt_mutex_owner, &owner) &&
	       (owner & ~(uint64_t)HAS_WAITERS) == task &&
	       !dlk_kernel_read_member(f->k, address, DLK_M_rwsem_rt_readers, &readers) &&
	       !(readers & WRITER_BIAS) && readers & READER_MASK;
}

/* A writer that sleeps until the readers are gone: look for the rwsem among the words of its stack. */
static enum dlk_status add_awaited(struct dlk_facts *f, uint32_t context)
{
	const struct dlk_context *c = dlk_facts_context(f, context);
	struct dlk_stack stack;
	enum dlk_status status = dlk_facts_unwind(f, context, &stack);
	uint32_t resource;
	bool is_new;

	if (status || !waits_for_readers(c))
		return status;
	for (uint32_t i = 0; i < stack.word_count; i++) {
		if (!is_awaited_rwsem(f, stack.words[i], c->task))
			continue;
		status = dlk_facts_make_resource(f, DLK_KIND_RWSEM, stack.words[i], &resource,
						 &is_new);
		if (status || !is_new)
			return status;
		return describe(f, resource,
				stack.words[i] +
					dlk_layout_offset(&f->k->layout, DLK_M_rwsem_rt_mutex),
				&uses[1]);
	}
	return DLK_OK;
}

enum dlk_status dlk_rt_rwsem_gather(struct dlk_facts *f)
{
	const struct dlk_layout *l = &f->k->layout;
	enum dlk_status status = DLK_OK;

	if (!dlk_layout_has(l, DLK_M_rwsem_rt_mutex) || !dlk_layout_has(l, DLK_M_rwsem_rt_readers))
		return DLK_OK;
	for (uint32_t i = 0; i < f->tasks.tasks.len && !status; i++)
		if (dlk_facts_context(f, i)->is_uninterruptible && is_unexplained(f, i))
			status = dlk_facts_absorb(f, add_awaited(f, i),
						  dlk_facts_context(f, i)->task, true);
	return status;
}

static const struct dlk_waiter waiter = { .task = DLK_M_rt_waiter_task, .take = take };

const struct dlk_lock_kind dlk_kind_rt_mutex = {
	.dep_map = DLK_M_rt_mutex_dep_map,
	.waiter = &waiter,
	.needs = needs,
	.exists_with = DLK_M_task_pi_blocked_on,
};

/* Where one sleeps for it, it is an rt_mutex: the same waiter leads to it. */
const struct dlk_lock_kind dlk_kind_spinlock = { .dep_map = DLK_M_spinlock_dep_map };
