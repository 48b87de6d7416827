/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * struct percpu_rw_semaphore.
 *
 * Wait: who comes while a writer has or wants the lock is queued: a struct wait_queue_entry on the task's stack whose
 * wake-up function is percpu_rwsem_wake_function(), linked both ways in the lock's waiters; nothing else uses that
 * function.  A flag beside that of an exclusive waiter says that it is a reader.  The writer whose turn it is sets
 * block, and sleeps until the readers are gone, in no queue: the lock's writer (a struct rcuwait) names it, until it is
 * awake (v5.7, 7f26482a872c; kernel/locking/percpu-rwsem.c).  Certain.  Whoever is queued waits for it first.
 *
 * Hold: a writer that has the lock is recorded nowhere: block is set, and no writer is named.  Readers are counted, on
 * each CPU what came and went there, so that only the sum means anything.  Whose stack bears the very address of the
 * lock, and who waits for something else, may be one of these: possible, never more.
 *
 * Three of these locks are what a file system is frozen by (kernel/super.h).  Of one that is frozen, no task holds
 * them: who froze it has left.  While it is being frozen one task takes one after the other: whom the lock of the level in
 * progress names as its writer has those before it.  Likely, since it takes the code's word for it.
 *
 * How it can be wrong: the counts are not read in one moment; of a kernel that runs they are read twice.  The address on
 * a stack may be left over from a use that has ended.  A writer that waits for RCU before it sets block is
 * another kind's (rcu_sync.c).
 */
#include <config.h>

#include "kernel/percpu.h"
#include "kernel/super.h"
#include "locks/find.h"
#include "locks/kind.h"
#include "locks/lock.h"
#include "locks/queue.h"

enum { EXCLUSIVE = 0x1 /* WQ_FLAG_EXCLUSIVE */ };

static const enum dlk_member_id needs[] = {
	DLK_M_percpu_rwsem_read_count, DLK_M_percpu_rwsem_writer, DLK_M_percpu_rwsem_waiters,
	DLK_M_percpu_rwsem_block,      DLK_M_wait_entry_flags,    DLK_M_wait_entry_private,
	DLK_M_wait_entry_func,         DLK_M_wait_entry_entry,    DLK_M_NONE
};

/* What a lock's words say. */
struct state {
	uint64_t block;
	uint64_t writer; /* the task that waits for the readers to go; 0 */
};

static struct dlk_queue_layout waiter_layout(const struct dlk_layout *l)
{
	return (struct dlk_queue_layout){ dlk_layout_offset(l, DLK_M_wait_entry_entry),
					  dlk_layout_offset(l, DLK_M_wait_entry_private) };
}

static enum dlk_status read_state(struct dlk_kernel *k, dlk_addr_t address, struct state *ret)
{
	enum dlk_status status = dlk_kernel_read_member(k, address, DLK_M_percpu_rwsem_block,
							&ret->block);

	return status ? status
		      : dlk_kernel_read_member(k, address, DLK_M_percpu_rwsem_writer, &ret->writer);
}

static enum dlk_status count_readers(struct dlk_kernel *k, dlk_addr_t address, uint32_t *ret)
{
	uint64_t read_count = 0;
	enum dlk_status status = dlk_kernel_read_member(k, address, DLK_M_percpu_rwsem_read_count,
							&read_count);

	if (status)
		return status;
	status = dlk_percpu_sum_u32(k, read_count, ret);
	if (status)
		return dlk_prepend(k->ctx, status, "its count of readers");
	if (*ret > INT32_MAX)
		return dlk_fail(k->ctx, DLK_ERR_CORRUPT, "its count of readers is %lld",
				(long long)*ret - ((long long)UINT32_MAX + 1));
	return DLK_OK;
}

/* The writer whose turn it is stands before all that are queued. */
static enum dlk_status read_mode(struct dlk_facts *f, dlk_addr_t waiter, const void *arg,
				 struct dlk_wait *wait)
{
	const struct state *s = arg;
	uint64_t flags;
	enum dlk_status status = dlk_kernel_read_member(f->k, waiter, DLK_M_wait_entry_flags,
							&flags);

	wait->position += s->writer ? 1 : 0;
	if (!status)
		wait->mode = flags & ~(uint64_t)EXCLUSIVE ? DLK_MODE_READ : DLK_MODE_WRITE;
	return status;
}

/* A writer waits for the readers: without any it should not sleep. */
static enum dlk_status add_readers(struct dlk_facts *f, uint32_t resource)
{
	struct dlk_resource *r = dlk_facts_resource(f, resource);
	uint32_t readers;
	enum dlk_status status = count_readers(f->k, r->address, &readers);

	if (status)
		return dlk_lock_unreadable(f, resource, status);
	if (!readers)
		return dlk_lock_no_owner(f, resource,
					 "no reader holds it any more, and the writer that waits "
					 "for that has not taken it yet");
	r->state = dlk_format(f->ctx, "held for reading by %u", readers);
	r->holders_unknown = "a percpu_rwsem counts its readers, and does not record them";
	r->readers = readers;
	return r->state ? DLK_OK : dlk_nomem(f->ctx);
}

/* The frame in which a writer sleeps until the readers are gone, not until another writer or RCU is; DLK_NONE. */
static uint32_t find_writing(const struct dlk_context *c)
{
	static const char *const functions[] = { "percpu_down_write", NULL };
	static const char *const sleeping[] = { "schedule", "__schedule", NULL };

	for (uint32_t i = 1; i < c->frame_count; i++)
		if (dlk_function_matches(c->frames[i].function, functions) &&
		    (!c->frames[i].is_reliable ||
		     dlk_function_matches(c->frames[i - 1].function, sleeping)))
			return i;
	return DLK_NONE;
}

/* Whether a task may be the one that a lock names: it sleeps where such writers do, or is awake. */
static bool can_be_writer(const struct dlk_facts *f, uint32_t context)
{
	const struct dlk_context *c = dlk_facts_context(f, context);

	return !dlk_facts_waits(f, context) && (!c->is_blocked || find_writing(c) != DLK_NONE);
}

static enum dlk_status add_waiting_writer(struct dlk_facts *f, uint32_t resource, uint64_t writer)
{
	const struct dlk_wait wait = {
		.resource = resource,
		.context = dlk_facts_find_context(f, writer),
		.position = 0,
		.mode = DLK_MODE_WRITE,
		.evidence = DLK_EVIDENCE_OWNER,
		.confidence = DLK_CERTAIN,
		.note = "the lock names it as the writer that waits for the readers to go"
	};
	enum dlk_status status = DLK_OK;

	if (wait.context != DLK_NONE)
		status = dlk_facts_unwind(f, wait.context, NULL);
	if (status)
		return status;
	if (wait.context == DLK_NONE || !can_be_writer(f, wait.context))
		return dlk_fail(f->ctx, DLK_ERR_CORRUPT,
				"it names 0x%llx as the writer that waits for its readers, which "
				"is no task that does",
				(unsigned long long)writer);
	return dlk_facts_add_wait(f, &wait);
}

/* The file system is being frozen, and this level's lock is taken: by whom the level in progress waits for. */
static enum dlk_status add_freezer(struct dlk_facts *f, uint32_t resource,
				   const struct dlk_freeze_lock *lock)
{
	dlk_addr_t next = dlk_freeze_lock_of_level(f->k, lock, (unsigned)lock->frozen);
	struct dlk_hold hold = {
		.resource = resource,
		.mode = DLK_MODE_WRITE,
		.evidence = DLK_EVIDENCE_OWNER,
		.confidence = DLK_LIKELY,
		.note = "it freezes the file system, and waits for the writers of the next level"
	};

	uint64_t writer;
	enum dlk_status status = dlk_kernel_read_member(f->k, next, DLK_M_percpu_rwsem_writer,
							&writer);

	if (status)
		return dlk_lock_unreadable(f, resource, status);
	hold.context = dlk_facts_find_context(f, writer);
	if (hold.context == DLK_NONE)
		return DLK_OK;
	dlk_facts_resource(f, resource)->holders_unknown = NULL;
	dlk_facts_resource(f, resource)->holders_assumed = true;
	return dlk_facts_add_hold(f, &hold);
}

static enum dlk_status add_writer(struct dlk_facts *f, uint32_t resource,
				  const struct dlk_freeze_lock *lock)
{
	struct dlk_resource *r = dlk_facts_resource(f, resource);

	r->state = "held for writing";
	r->holders_unknown = "a percpu_rwsem does not record the writer that holds it";
	if (!lock->super || lock->frozen < lock->level)
		return DLK_OK;
	if (lock->frozen > lock->level && lock->frozen < DLK_FREEZE_COMPLETE)
		return add_freezer(f, resource, lock);
	if (lock->frozen != DLK_FREEZE_COMPLETE)
		return DLK_OK;
	r->state = dlk_format(f->ctx, "frozen%s", dlk_freeze_lock_by(f->k, lock));
	r->holders_unknown = "the file system is frozen, and who froze it has left the lock so; it "
			     "ends when somebody thaws it";
	r->is_event = true;
	return r->state ? DLK_OK : dlk_nomem(f->ctx);
}

static enum dlk_status add_holders(struct dlk_facts *f, uint32_t resource, const struct state *s,
				   const struct dlk_freeze_lock *lock)
{
	enum dlk_status status;

	if (!s->block)
		return dlk_lock_no_owner(f, resource,
					 "no writer has it: it was let go, and the next waiter "
					 "has not taken it yet");
	if (!s->writer)
		return add_writer(f, resource, lock);
	status = add_waiting_writer(f, resource, s->writer);
	return status ? dlk_lock_unreadable(f, resource, status) : add_readers(f, resource);
}

/* A lock that was found now. */
static enum dlk_status describe(struct dlk_facts *f, uint32_t resource,
				const struct dlk_queue *queue)
{
	struct dlk_resource *r = dlk_facts_resource(f, resource);
	const struct dlk_wait like = { .resource = resource, .confidence = DLK_CERTAIN };
	struct dlk_freeze_lock lock;
	struct state s = { 0 };
	enum dlk_status read, status;

	status = dlk_facts_absorb(f, dlk_freeze_lock_find(f->k, r->address, &lock), r->address,
				  true);
	if (status)
		return status;
	r->name = lock.super ? dlk_freeze_lock_name(f->k, &lock)
			     : dlk_lock_name(f, r->address, "percpu_rw_semaphore",
					     DLK_M_percpu_rwsem_dep_name);
	read = read_state(f->k, r->address, &s);
	status = read ? dlk_lock_unreadable(f, resource, read) : DLK_OK;
	if (!status)
		status = dlk_lock_add_waits(f, queue, &like, read_mode, &s);
	return status || read ? status : add_holders(f, resource, &s, &lock);
}

static enum dlk_status add_lock(struct dlk_facts *f, dlk_addr_t address,
				const struct dlk_queue *queue)
{
	uint32_t resource;
	bool is_new;
	enum dlk_status status = dlk_facts_make_resource(f, DLK_KIND_PERCPU_RWSEM, address,
							 &resource, &is_new);

	return status || !is_new ? status : describe(f, resource, queue);
}

/* Is a struct wait_queue_entry that of a waiter for such a lock? */
static bool is_waiter(struct dlk_facts *f, dlk_addr_t entry)
{
	static const char *const wakers[] = { "percpu_rwsem_wake_function", NULL };
	uint64_t func;

	return !dlk_kernel_read_member(f->k, entry, DLK_M_wait_entry_func, &func) &&
	       dlk_function_matches(dlk_kernel_describe_ip(f->k, func).function, wakers);
}

static enum dlk_status take(struct dlk_facts *f, const struct dlk_candidate *c, bool *is_taken)
{
	const struct dlk_layout *l = &f->k->layout;
	const struct dlk_queue_layout layout = waiter_layout(l);
	struct dlk_queue queue;
	bool is_linked;
	enum dlk_status status;

	if (!dlk_layout_has_all(l, needs) || !is_waiter(f, c->waiter))
		return DLK_OK;
	status = dlk_queue_read(f, c->waiter, &layout, &queue, &is_linked);
	if (status || !is_linked)
		return status;
	*is_taken = true;
	return add_lock(f, queue.head - dlk_layout_offset(l, DLK_M_percpu_rwsem_waiters), &queue);
}

/* Find out whether at an address is a lock that has a task sleep until its readers are gone. */
static enum dlk_status check_awaited(struct dlk_kernel *k, dlk_addr_t address, dlk_addr_t task,
				     bool *is_awaited)
{
	struct state s = { 0 };
	enum dlk_status status = DLK_OK;

	if (dlk_kernel_can_be_struct(k, address))
		status = read_state(k, address, &s);
	*is_awaited = !status && s.block && s.writer == task;
	return status;
}

/*
 * The lock's address is in a register of percpu_down_write()'s, so it stands on the stack up to that frame.  What cannot
 * be read there may have been the lock.
 */
static enum dlk_status find_address(struct dlk_facts *f, const struct dlk_stack *stack,
				    dlk_addr_t end, dlk_addr_t *ret)
{
	enum dlk_status failed = DLK_OK;

	*ret = 0;
	for (uint32_t i = 0; i < stack->word_count && stack->sp + i * sizeof(uint64_t) < end; i++) {
		dlk_addr_t word = stack->words[i];
		bool is_awaited, is_stack = word >= stack->task->stack && word < stack->top;
		enum dlk_status status;

		if (is_stack)
			continue;
		status = check_awaited(f->k, word, stack->task->address, &is_awaited);
		if (is_awaited) {
			*ret = word;
			return DLK_OK;
		}
		if (status)
			failed = status;
	}
	return failed;
}

static enum dlk_status find_awaited(struct dlk_facts *f, uint32_t context, void *arg)
{
	const struct dlk_layout *l = &f->k->layout;
	const struct dlk_queue_layout layout = waiter_layout(l);
	const struct dlk_context *c = dlk_facts_context(f, context);
	struct dlk_queue queue;
	struct dlk_stack stack;
	dlk_addr_t lock;
	enum dlk_status status = dlk_facts_unwind(f, context, &stack);
	uint32_t frame = status ? DLK_NONE : find_writing(c);

	(void)arg;
	if (frame == DLK_NONE)
		return status;
	status = find_address(f, &stack, c->frames[frame].sp, &lock);
	if (status || !lock)
		return status;
	status = dlk_queue_read_head(f, lock + dlk_layout_offset(l, DLK_M_percpu_rwsem_waiters),
				     &layout, &queue);
	return status ? status : add_lock(f, lock, &queue);
}

enum dlk_status dlk_percpu_rwsem_gather(struct dlk_facts *f)
{
	return dlk_layout_has_all(&f->k->layout, needs)
		       ? dlk_facts_walk_unexplained(f, find_awaited, NULL)
		       : DLK_OK;
}

static const struct dlk_waiter waiter = { .task = DLK_M_wait_entry_private, .take = take };

const struct dlk_lock_kind dlk_kind_percpu_rwsem = {
	.dep_map = DLK_M_percpu_rwsem_dep_map,
	.waiter = &waiter,
	.needs = needs,
	.exists_with = DLK_M_percpu_rwsem_read_count,
	.size = DLK_S_percpu_rwsem,
	.near = DLK_NEAR_ADDRESS,
};
