/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * struct rt_mutex_base, and what is built of it on PREEMPT_RT: mutex, ww_mutex, rw_semaphore, spinlock, rwlock_t.  A
 * local_lock is a spinlock of its CPU's.
 *
 * Wait: a struct rt_mutex_waiter on the task's stack, which the task's own pi_blocked_on points to,
 * and which names the task and the lock.  Certain: two records that agree.  What the lock is part
 * of, is told by the function that the task called to get it; if it has none, by the call that entered it.  If
 * neither is found it is just an rt_mutex.  If that frame is a guess, and the lock one that readers share, it is likely.
 *
 * Who is the first to wait spins, before it sleeps, as long as the owner runs on a CPU (rtmutex_spin_on_owner(), mostly inlined).  It is in
 * the queue by then, so the same records tell; that it spins, and is not just on its way, is told by its innermost frames.
 *
 * Hold: rt_mutex_base.owner is the owner's task_struct, bit 0 says that somebody waits
 * (kernel/locking/rtmutex.c).  Certain if it names a task that lives.  Of rw_semaphore and rwlock_t that is a
 * writer, which has the lock or waits for the readers to go: rwbase.c.
 *
 * Whose priority a waiter lends to the owner (pi_waiters) follows from these two, and is not read.
 *
 * How it can be wrong: a pi_blocked_on that leads to no waiter is a finding, so such a wait is lost,
 * but not in silence.  Waiters queue by priority, not by arrival, so their order is not given; all
 * stand behind the writer that owns the rt_mutex.  Readers are recorded nowhere.
 */
#include <config.h>

#include "kernel/frames.h"
#include "locks/find.h"
#include "locks/kind.h"
#include "locks/lock.h"
#include "locks/rt_mutex.h"
#include "locks/rwbase.h"
#include "locks/wait_function.h"
#include "locks/ww_mutex.h"

enum { HAS_WAITERS = 0x1 };

static const enum dlk_member_id needs[] = { DLK_M_rt_waiter_task, DLK_M_rt_waiter_lock,
					    DLK_M_rt_mutex_owner, DLK_M_NONE };

static const char *const read_functions[] = { "down_read*", "__down_read*", "rwbase_read_lock",
					      "__rwbase_read_lock", NULL };
static const char *const write_functions[] = { "down_write*", "__down_write*", "rwbase_write_lock",
					       NULL };
static const char *const ww_functions[] = { "ww_mutex_lock*", "__ww_rt_mutex_lock*", NULL };
static const char *const mutex_functions[] = { "mutex_lock*", "__mutex_lock*", NULL };
static const char *const spin_functions[] = { "rt_spin_lock*", "rtlock_slowlock*", NULL };
static const char *const rwlock_read_functions[] = { "rt_read_lock*", NULL };
static const char *const rwlock_write_functions[] = { "rt_write_lock*", NULL };

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
	{ rwlock_read_functions, DLK_KIND_RWLOCK, DLK_MODE_READ, "rwlock_t" },
	{ rwlock_write_functions, DLK_KIND_RWLOCK, DLK_MODE_WRITE, "rwlock_t" },
};

static const struct use plain_use = { NULL, DLK_KIND_RT_MUTEX, DLK_MODE_EXCLUSIVE, "rt_mutex" };

/* Told by its acquire context, which nothing else has. */
static const struct use ww_use = { NULL, DLK_KIND_WW_MUTEX, DLK_MODE_EXCLUSIVE, "ww_mutex" };

/* A function's row; NULL. */
static const struct use *use_of(const char *function)
{
	for (size_t n = 0; n < sizeof(uses) / sizeof(uses[0]); n++)
		if (dlk_function_matches(function, uses[n].functions))
			return &uses[n];
	return NULL;
}

/*
 * mutex_lock() and its like may end by a jump to what makes an rt_mutex of them, and have no frame then: the call
 * that entered them names them.
 */
static const struct use *use_of_called(struct dlk_kernel *k, const struct dlk_candidate *c)
{
	static const char *const inner[] = { "rt_mutex_*", "__rt_mutex_*", NULL };
	const struct dlk_stack *stack = c->stack;
	const struct use *use = NULL;
	uint32_t i = c->frame;

	if (!dlk_layout_has(&k->layout, DLK_M_mutex_rt_mutex))
		return NULL;
	while (i < stack->frame_count && dlk_function_matches(stack->frames[i].function, inner))
		i++;
	if (i > c->frame && i < stack->frame_count)
		use = use_of(dlk_frame_called(k, &stack->frames[i]));
	/* A rwbase has a frame. */
	return use && !dlk_rwbase_is(use->kind) ? use : NULL;
}

/* The outermost frame that takes a lock, from that of the waiter on. */
static const struct use *find_use(struct dlk_kernel *k, const struct dlk_candidate *c,
				  dlk_addr_t acquire, enum dlk_confidence *sure)
{
	const struct use *use = acquire ? &ww_use : &plain_use;

	*sure = DLK_CERTAIN;
	for (uint32_t i = c->frame; i < c->stack->frame_count; i++) {
		const struct use *outer = use_of(c->stack->frames[i].function);

		if (outer)
			use = outer;
		else if (use->functions)
			break;
		/* What else it may be has its owner word in the same place. */
		if (outer && dlk_rwbase_is(outer->kind) && !c->stack->frames[i].is_reliable)
			*sure = DLK_LIKELY;
	}
	if (use == &plain_use && use_of_called(k, c))
		use = use_of_called(k, c);
	return use;
}

static enum dlk_status add_owner(struct dlk_facts *f, uint32_t resource, uint64_t owner,
				 enum dlk_confidence sure)
{
	struct dlk_hold hold = {
		.resource = resource,
		.context = dlk_facts_find_context(f, owner & ~(uint64_t)HAS_WAITERS),
		.mode = dlk_rwbase_is(dlk_facts_resource(f, resource)->kind) ? DLK_MODE_WRITE
									     : DLK_MODE_EXCLUSIVE,
		.evidence = DLK_EVIDENCE_OWNER,
		.confidence = sure
	};

	if (!(owner & ~(uint64_t)HAS_WAITERS))
		return dlk_lock_no_owner(f, resource,
					 "the owner word names nobody: it was unlocked, and the "
					 "next waiter has not taken it yet");
	if (hold.context == DLK_NONE)
		return dlk_lock_dead_owner(f, resource, owner & ~(uint64_t)HAS_WAITERS, sure);
	dlk_facts_resource(f, resource)->state = "held";
	return dlk_facts_add_hold(f, &hold);
}

static enum dlk_status describe(struct dlk_facts *f, uint32_t resource, dlk_addr_t lock,
				const struct use *use, enum dlk_confidence sure)
{
	struct dlk_resource *r = dlk_facts_resource(f, resource);
	bool is_exclusive = true;
	uint64_t owner;
	enum dlk_status read;

	if (dlk_rwbase_is(use->kind)) {
		read = dlk_rwbase_describe(f, resource, &owner, &is_exclusive);
	} else {
		r->name = dlk_lock_name(f, r->address, use->type, DLK_M_mutex_dep_name);
		read = dlk_kernel_read_member(f->k, lock, DLK_M_rt_mutex_owner, &owner);
	}
	if (read)
		return dlk_lock_unreadable(f, resource, read);
	return is_exclusive ? add_owner(f, resource, owner, sure) : DLK_OK;
}

/* One lock is of one kind, though the frames of those who wait for it may tell more or less of it. */
static enum dlk_kind find_kind(const struct dlk_facts *f, enum dlk_kind kind, dlk_addr_t lock)
{
	static const enum dlk_kind kinds[] = { DLK_KIND_MUTEX, DLK_KIND_WW_MUTEX, DLK_KIND_SPINLOCK,
					       DLK_KIND_RT_MUTEX };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && !dlk_rwbase_is(kind); i++)
		if (dlk_model_find_resource(&f->model, kinds[i], lock, NULL) != DLK_NONE)
			return kinds[i];
	return kind;
}

/* What a task is blocked on by its own record; 0. */
static dlk_addr_t find_waiter(struct dlk_facts *f, uint32_t context)
{
	return dlk_layout_has(&f->k->layout, DLK_M_task_pi_blocked_on)
		       ? dlk_kernel_peek_member(f->k, dlk_facts_context(f, context)->task,
						DLK_M_task_pi_blocked_on)
		       : 0;
}

/* By a waiter that its task records: a wait that is whole but for lock, mode and confidence. */
static enum dlk_status take_waiter(struct dlk_facts *f, const struct dlk_candidate *c,
				   uint64_t lock, struct dlk_wait *wait)
{
	const struct use *use;
	dlk_addr_t outer;
	uint64_t acquire = 0;
	bool is_new;
	enum dlk_status status = DLK_OK;

	if (dlk_layout_has(&f->k->layout, DLK_M_rt_waiter_ww_ctx))
		status = dlk_kernel_read_member(f->k, c->waiter, DLK_M_rt_waiter_ww_ctx, &acquire);
	if (status)
		return status;
	use = find_use(f->k, c, acquire, &wait->confidence);
	outer = lock;
	if (dlk_rwbase_is(use->kind)) {
		outer = dlk_rwbase_of(f, lock);
		wait->position = 1;
	}
	wait->mode = use->mode;
	status = dlk_facts_make_resource(f, find_kind(f, use->kind, outer), outer, &wait->resource,
					 &is_new);
	if (!status && is_new)
		status = describe(f, wait->resource, lock, use, wait->confidence);
	if (!status && use->kind == DLK_KIND_WW_MUTEX)
		status = dlk_ww_mutex_weigh(f, acquire, false, wait);
	return status ? status : dlk_facts_add_wait(f, wait);
}

static enum dlk_status take(struct dlk_facts *f, const struct dlk_candidate *c, bool *is_taken)
{
	struct dlk_wait wait = { .context = c->context,
				 .position = DLK_NONE,
				 .evidence = DLK_EVIDENCE_BLOCKED_ON };
	uint64_t lock;
	enum dlk_status status;

	if (find_waiter(f, c->context) != c->waiter)
		return DLK_OK;
	status = dlk_kernel_read_member(f->k, c->waiter, DLK_M_rt_waiter_lock, &lock);
	if (status)
		return status;
	*is_taken = true;
	return take_waiter(f, c, lock, &wait);
}

/* --- who spins, and is to sleep if its owner does */

/* Where the loop stands, which is inlined into one of these, or into what is called to get the lock; and what it calls. */
static const char *const slow[] = { "rtmutex_spin_on_owner", "rt_mutex_slowlock*",
				    "__rt_mutex_slowlock*",  "rtlock_slowlock*",
				    "__rt_mutex_lock*",      NULL };
static const char *const within[] = { "owner_on_cpu", "*_vcpu_is_preempted", NULL };

/* The frame of the loop, if the innermost ones are its; DLK_NONE. */
static uint32_t find_loop(const struct dlk_context *c)
{
	for (uint32_t i = 0; i < c->frame_count && c->frames[i].is_reliable; i++) {
		const char *function = c->frames[i].function;

		if (dlk_function_matches(function, slow) || use_of(function))
			return i;
		if (!dlk_function_matches(function, within))
			break;
	}
	return DLK_NONE;
}

/* Whether the struct that a task records is a waiter of its own, on its stack; which lock that is for, and who has it. */
static enum dlk_status read_waiter(struct dlk_facts *f, const struct dlk_candidate *c,
				   uint64_t *lock, uint64_t *owner, bool *is_its)
{
	uint64_t task;
	enum dlk_status status = DLK_OK;

	*is_its = false;
	if (c->frame == DLK_NONE)
		return DLK_OK;
	status = dlk_kernel_read_member(f->k, c->waiter, DLK_M_rt_waiter_task, &task);
	if (status || task != dlk_facts_context(f, c->context)->task)
		return status;
	status = dlk_kernel_read_member(f->k, c->waiter, DLK_M_rt_waiter_lock, lock);
	if (status || !dlk_kernel_can_be_struct(f->k, *lock))
		return status;
	*is_its = true;
	return dlk_kernel_read_member(f->k, *lock, DLK_M_rt_mutex_owner, owner);
}

enum dlk_status dlk_rt_mutex_spin(struct dlk_facts *f, uint32_t context, bool *is_taken)
{
	const struct dlk_context *context_of = dlk_facts_context(f, context);
	uint32_t loop = find_loop(context_of);
	struct dlk_candidate c = { .context = context };
	struct dlk_wait wait = { .context = context,
				 .position = DLK_NONE,
				 .is_awake = true,
				 .evidence = DLK_EVIDENCE_BLOCKED_ON | DLK_EVIDENCE_SPINS };
	const struct dlk_frame *at;
	struct dlk_stack stack;
	uint64_t lock, owner;
	enum dlk_status status;

	*is_taken = false;
	if (loop == DLK_NONE || context_of->kind != DLK_CONTEXT_TASK)
		return DLK_OK;
	c.waiter = find_waiter(f, context);
	status = c.waiter ? dlk_facts_unwind(f, context, &stack) : DLK_OK;
	if (status || !c.waiter)
		return status;
	c.stack = &stack;
	c.frame = dlk_stack_frame_at(&stack, c.waiter);
	status = read_waiter(f, &c, &lock, &owner, is_taken);
	if (status || !*is_taken)
		return status;
	if (!(owner & ~(uint64_t)HAS_WAITERS))
		return dlk_map_put(f->ctx, &f->passing, context, 1);
	at = dlk_frames_waiting_at(stack.frames + loop, stack.frame_count - loop);
	wait.at = at ? at->symbol : NULL;
	return take_waiter(f, &c, lock, &wait);
}

/* --- records without a waiter */

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

static const struct dlk_waiter waiter = { .task = DLK_M_rt_waiter_task, .take = take };

const struct dlk_lock_kind dlk_kind_rt_mutex = {
	.dep_map = DLK_M_rt_mutex_dep_map,
	.waiter = &waiter,
	.needs = needs,
	.exists_with = DLK_M_task_pi_blocked_on,
};

/* Where one sleeps for it, it is an rt_mutex: the same waiter leads to it. */
const struct dlk_lock_kind dlk_kind_spinlock = { .dep_map = DLK_M_spinlock_dep_map };
