/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * struct rwbase_rt: what rw_semaphore and rwlock_t are made of on PREEMPT_RT (kernel/locking/rwbase_rt.c).
 *
 * A writer takes the rt_mutex, and then waits in no queue until the readers are gone, which the count's low 30 bits
 * say; the two above them are WRITER_BIAS, a writer has it, and READER_BIAS, no writer wants it.  So the owner of the
 * rt_mutex has the lock, or is about to, if there are no readers, and else it waits itself, before all that wait for the
 * rt_mutex: a reader that comes later waits behind it.
 *
 * Wait of such a writer: it owns the rt_mutex, readers are counted, and it sleeps in one of the functions that take such a
 * lock for writing.  Certain, since the owner word names it; likely, if its frames are guessed.  If nobody waits behind
 * it, no record leads to the lock: the words of its stack are searched for the address of the lock, or of its rt_mutex,
 * which is believed if the owner word names this task, and readers are counted.
 *
 * Hold: the readers are counted and recorded nowhere; lockdep alone knows them.
 *
 * How it can be wrong: for which kind of lock the writer sleeps, is told by its frames.  A writer whose stack has kept
 * neither address is not found, and is then a wait that is not understood.
 */
#include <config.h>

#include "locks/rwbase.h"

#include "locks/find.h"
#include "locks/kind.h"
#include "locks/lock.h"
#include "locks/rwsem.h"

enum {
	HAS_WAITERS = 0x1,          /* of rt_mutex_base.owner */
	READER_MASK = (1 << 30) - 1 /* of rwbase_rt.readers */
};

static dlk_addr_t rt_mutex_of(const struct dlk_facts *f, dlk_addr_t lock)
{
	return lock + dlk_layout_offset(&f->k->layout, DLK_M_rwbase_rt_mutex);
}

/* What a writer that sleeps until readers are gone wants; DLK_KIND_COUNT if a context is none. */
static enum dlk_kind find_awaited(const struct dlk_context *c, enum dlk_confidence *sure)
{
	static const char *const rwlock[] = { "rt_write_lock*", NULL };
	static const char *const rwsem[] = { "rwbase_write_lock", "down_write*", "__down_write*",
					     NULL };
	enum dlk_kind kind = DLK_KIND_COUNT;

	*sure = DLK_CERTAIN;
	for (uint32_t i = 0; c->is_blocked && i < c->frame_count && kind != DLK_KIND_RWLOCK; i++) {
		const struct dlk_frame *frame = &c->frames[i];
		bool is_rwlock = dlk_function_matches(frame->function, rwlock);

		if (!is_rwlock && !dlk_function_matches(frame->function, rwsem))
			continue;
		kind = is_rwlock ? DLK_KIND_RWLOCK : DLK_KIND_RWSEM;
		if (!frame->is_reliable)
			*sure = DLK_LIKELY;
	}
	return kind;
}

static enum dlk_status add_writer(struct dlk_facts *f, uint32_t resource, uint64_t owner)
{
	enum dlk_kind kind = dlk_facts_resource(f, resource)->kind;
	struct dlk_wait wait = {
		.resource = resource,
		.context = dlk_facts_find_context(f, owner & ~(uint64_t)HAS_WAITERS),
		.position = 0,
		.mode = DLK_MODE_WRITE,
		.evidence = DLK_EVIDENCE_OWNER,
		.note = "it owns the lock's rt_mutex and waits for the readers to go"
	};
	enum dlk_status status;

	if (wait.context == DLK_NONE || dlk_facts_waits(f, wait.context))
		return DLK_OK;
	status = dlk_facts_absorb(f, dlk_facts_unwind(f, wait.context, NULL),
				  dlk_facts_context(f, wait.context)->task, true);
	if (status || find_awaited(dlk_facts_context(f, wait.context), &wait.confidence) != kind)
		return status;
	return dlk_facts_add_wait(f, &wait);
}

enum dlk_status dlk_rwbase_describe(struct dlk_facts *f, uint32_t resource, uint64_t *owner,
				    bool *is_exclusive)
{
	struct dlk_resource *r = dlk_facts_resource(f, resource);
	bool is_rwsem = r->kind == DLK_KIND_RWSEM;
	uint64_t count;
	enum dlk_status status;

	r->name = dlk_lock_name(f, r->address, is_rwsem ? "rw_semaphore" : "rwlock_t",
				is_rwsem ? DLK_M_rwsem_dep_name : DLK_M_rwlock_dep_name);
	status = dlk_kernel_read_member(f->k, rt_mutex_of(f, r->address), DLK_M_rt_mutex_owner,
					owner);
	if (!status)
		status = dlk_kernel_read_member(f->k, r->address, DLK_M_rwbase_readers, &count);
	if (status)
		return status;
	*is_exclusive = !(count & READER_MASK);
	if (*is_exclusive)
		return DLK_OK;
	status = dlk_rwsem_set_readers(f, resource, count & READER_MASK);
	return status ? status : add_writer(f, resource, *owner);
}

/* A search for the lock whose readers a writer waits for. */
struct search {
	struct dlk_facts *f;
	dlk_addr_t writer;      /* its task */
	dlk_addr_t lock;        /* 0: not found yet */
	enum dlk_status failed; /* of a read that might have found it */
};

/* Whether the writer owns the rt_mutex of @p lock, while readers have the lock. */
static bool try_lock(struct search *s, dlk_addr_t lock)
{
	struct dlk_kernel *k = s->f->k;
	uint64_t owner, count;
	enum dlk_status status;

	if (!dlk_kernel_can_be_struct(k, lock))
		return false;
	status = dlk_kernel_read_member(k, rt_mutex_of(s->f, lock), DLK_M_rt_mutex_owner, &owner);
	if (!status)
		status = dlk_kernel_read_member(k, lock, DLK_M_rwbase_readers, &count);
	if (status)
		s->failed = status;
	else if ((owner & ~(uint64_t)HAS_WAITERS) == s->writer && count & READER_MASK)
		s->lock = lock;
	return s->lock;
}

/* Among the words of its stack that are addresses of the lock, or of its rt_mutex. */
static enum dlk_status find_lock(struct search *s, const struct dlk_stack *stack)
{
	for (uint32_t i = 0; i < stack->word_count; i++)
		if (try_lock(s, stack->words[i]) ||
		    try_lock(s, dlk_rwbase_of(s->f, stack->words[i])))
			return DLK_OK;
	return s->failed;
}

static enum dlk_status add_awaited(struct dlk_facts *f, uint32_t context, void *arg)
{
	struct search s = { .f = f, .writer = dlk_facts_context(f, context)->task };
	enum dlk_confidence sure;
	enum dlk_kind kind;
	struct dlk_stack stack;
	uint64_t owner;
	uint32_t resource;
	bool is_new, is_exclusive;
	enum dlk_status status = dlk_facts_unwind(f, context, &stack);

	(void)arg;
	if (status)
		return status;
	kind = find_awaited(dlk_facts_context(f, context), &sure);
	if (kind != DLK_KIND_COUNT)
		status = find_lock(&s, &stack);
	if (status || !s.lock)
		return status;
	status = dlk_facts_make_resource(f, kind, s.lock, &resource, &is_new);
	if (status || !is_new)
		return status;
	return dlk_rwbase_describe(f, resource, &owner, &is_exclusive);
}

enum dlk_status dlk_rwbase_gather(struct dlk_facts *f)
{
	if (!dlk_layout_has(&f->k->layout, DLK_M_rwbase_rt_mutex) ||
	    !dlk_layout_has(&f->k->layout, DLK_M_rwbase_readers))
		return DLK_OK;
	return dlk_facts_walk_unexplained(f, add_awaited, NULL);
}

const struct dlk_lock_kind dlk_kind_rwlock = { .dep_map = DLK_M_rwlock_dep_map };
