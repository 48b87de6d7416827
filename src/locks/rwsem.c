/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * struct rw_semaphore.
 *
 * Wait: a struct rwsem_waiter on the task's stack, in the frame of a function of the rwsem slow
 * path, or of a task that records the rwsem; linked both ways in the rwsem's wait_list, or in the ring of its
 * first_waiter.  Its type says for reading or for writing.  Certain.
 *
 * Hold: count says whether a writer or how many readers hold it (v5.3, 64489e78004c: bit 0 a
 * writer, bit 1 somebody waits, bit 2 hand-over, bits 8 and up the readers; kernel/locking/rwsem.c).
 * A writer is named by the owner word: certain.  Of readers the owner word keeps only the last to
 * come, also after that one has gone: a hint, possible at best, and none at all if that task itself
 * stands in the queue (it read the lock some time ago, and now waits for it).  Where tasks record the
 * rwsem that they wait for (recorded.c), a reader that goes takes its name out of the owner word (v6.17;
 * CONFIG_DETECT_HUNG_TASK_BLOCKER, rwsem_clear_reader_owned()): whom it names holds the lock, and if the
 * count is one, nobody else does.  Likely, since up_read_non_owner() leaves the name in.  So if it stands in the
 * queue itself, to write, or to read again behind a writer, it waits for itself.
 *
 * How it can be wrong: the other readers are recorded nowhere; the report says how many there are, and
 * rwsem_reader.c looks for tasks that may be among them.
 */
#include <config.h>

#include "locks/rwsem.h"

#include "locks/kind.h"
#include "locks/lock.h"

enum { FLAGS = 0x7, READER_OWNED = 0x1, WRITER_LOCKED = 0x1, READER_SHIFT = 8 };

#define READ_FAIL (UINT64_C(1) << 63)

static const char *const functions[] = { "rwsem_down_*", "down_read*",    "down_write*",
					 "__down_read*", "__down_write*", NULL };

static const enum dlk_member_id needs_either[] = { DLK_M_rwsem_wait_list, DLK_M_rwsem_first_waiter,
						   DLK_M_NONE };

static const enum dlk_member_id needs[] = { DLK_M_rwsem_count,       DLK_M_rwsem_owner,
					    DLK_M_rwsem_waiter_list, DLK_M_rwsem_waiter_task,
					    DLK_M_rwsem_waiter_type, DLK_M_NONE };

bool dlk_rwsem_has_unknown_readers(const struct dlk_resource *resource)
{
	return (resource->kind == DLK_KIND_RWSEM || resource->kind == DLK_KIND_RWLOCK) &&
	       resource->readers && resource->holders_unknown;
}

enum dlk_status dlk_rwsem_set_readers(struct dlk_facts *f, uint32_t resource, uint64_t count)
{
	struct dlk_resource *r = dlk_facts_resource(f, resource);

	r->state = dlk_format(f->ctx, "held for reading by %llu", (unsigned long long)count);
	r->holders_unknown = r->kind == DLK_KIND_RWSEM ? "a rwsem does not record its readers"
						       : "a rwlock does not record its readers";
	r->readers = count;
	return r->state ? DLK_OK : dlk_nomem(f->ctx);
}

static enum dlk_status read_mode(struct dlk_facts *f, dlk_addr_t waiter, const void *arg,
				 struct dlk_wait *wait)
{
	uint64_t for_write = (uint64_t)dlk_kernel_enumerator(f->k, DLK_E_rwsem_for_write, 0);
	uint64_t type;
	enum dlk_status status = dlk_kernel_read_member(f->k, waiter, DLK_M_rwsem_waiter_type,
							&type);

	(void)arg;
	if (!status)
		wait->mode = type == for_write ? DLK_MODE_WRITE : DLK_MODE_READ;
	return status;
}

/* A writer sets count first, the owner word after: until then it names the last reader, as one. */
static enum dlk_status add_writer(struct dlk_facts *f, uint32_t resource, uint64_t word,
				  enum dlk_confidence sure)
{
	dlk_addr_t owner = word & READER_OWNED ? 0 : word & ~(uint64_t)FLAGS;
	struct dlk_hold hold = { .resource = resource,
				 .context = dlk_facts_find_context(f, owner),
				 .mode = DLK_MODE_WRITE,
				 .evidence = DLK_EVIDENCE_OWNER,
				 .confidence = sure };
	enum dlk_status status;

	if (!owner) {
		status = dlk_lock_no_owner(f, resource,
					   "a writer holds it, but the owner word does not "
					   "name it: it was taken or released just now");
		dlk_facts_resource(f, resource)->is_free = false;
		return status;
	}
	if (hold.context == DLK_NONE)
		return dlk_lock_dead_owner(f, resource, owner, sure);
	dlk_facts_resource(f, resource)->state = "held for writing";
	return dlk_facts_add_hold(f, &hold);
}

/* Whether one that waits for it has recorded that, as kernels do that keep the owner word of readers right. */
static bool is_recorded(const struct dlk_facts *f, dlk_addr_t address,
			const struct dlk_queue *queue)
{
	for (uint32_t i = 0; i < queue->entries.len; i++) {
		const struct dlk_queue_entry *e = DLK_VEC_AT(&queue->entries,
							     const struct dlk_queue_entry, i);
		struct dlk_record record;

		if (dlk_record_get(f, e->context, &record) && record.kind == DLK_KIND_RWSEM &&
		    record.lock == address)
			return true;
	}
	return false;
}

/*
 * Whether whom the owner word names may be a reader still.  If it waits for the lock, it has read it some
 * time ago; only where the word is kept right it must be holding it yet.  But the first in the queue may be
 * a reader that is named a moment before it is taken out of it.
 */
static bool may_read(const struct dlk_facts *f, uint32_t context, const struct dlk_queue *queue,
		     bool is_kept)
{
	const struct dlk_wait *wait = dlk_model_first_wait(&f->model, context);

	if (!dlk_queue_has(queue, context))
		return true;
	return is_kept && wait && (wait->mode == DLK_MODE_WRITE || wait->position > 0);
}

static enum dlk_status add_readers(struct dlk_facts *f, uint32_t resource, uint64_t readers,
				   uint64_t owner, const struct dlk_queue *queue)
{
	bool is_kept = is_recorded(f, dlk_facts_resource(f, resource)->address, queue);
	enum dlk_status status = dlk_rwsem_set_readers(f, resource, readers);
	struct dlk_hold hold = { .resource = resource,
				 .context = dlk_facts_find_context(f, owner & ~(uint64_t)FLAGS),
				 .mode = DLK_MODE_READ,
				 .evidence = DLK_EVIDENCE_OWNER_HINT,
				 .confidence = DLK_POSSIBLE,
				 .note = "the last reader to come; it may have gone" };

	if (status)
		return status;
	if (!(owner & READER_OWNED) || hold.context == DLK_NONE ||
	    !may_read(f, hold.context, queue, is_kept))
		return DLK_OK;
	if (is_kept) {
		hold.evidence = DLK_EVIDENCE_OWNER;
		hold.confidence = DLK_LIKELY;
		hold.note = "the owner word names it, and would not if it had gone";
	}
	if (is_kept && readers == 1)
		dlk_facts_resource(f, resource)->holders_unknown = NULL;
	return dlk_facts_add_hold(f, &hold);
}

static enum dlk_status add_holders(struct dlk_facts *f, uint32_t resource, uint64_t count,
				   uint64_t owner, const struct dlk_queue *queue,
				   enum dlk_confidence sure)
{
	uint64_t readers = (count & ~READ_FAIL) >> READER_SHIFT;

	if (count & WRITER_LOCKED)
		return add_writer(f, resource, owner, sure);
	if (readers)
		return add_readers(f, resource, readers, owner, queue);
	return dlk_lock_no_owner(f, resource,
				 "nobody holds it: it was released, and the next waiter "
				 "has not taken it yet");
}

static enum dlk_status describe(struct dlk_facts *f, uint32_t resource,
				const struct dlk_queue *queue, enum dlk_confidence sure)
{
	dlk_addr_t address = dlk_facts_resource(f, resource)->address;
	const struct dlk_wait like = { .resource = resource, .confidence = sure };
	uint64_t count, owner = 0;
	enum dlk_status read, status;

	dlk_facts_resource(f, resource)->name = dlk_lock_name(f, address, "rw_semaphore",
							      DLK_M_rwsem_dep_name);
	read = dlk_kernel_read_member(f->k, address, DLK_M_rwsem_count, &count);
	if (!read)
		read = dlk_kernel_read_member(f->k, address, DLK_M_rwsem_owner, &owner);
	status = read ? dlk_lock_unreadable(f, resource, read) : DLK_OK;
	if (!status)
		status = dlk_lock_add_waits(f, queue, &like, read_mode, NULL);
	return status || read ? status : add_holders(f, resource, count, owner, queue, sure);
}

static const struct dlk_lock_members members = { .kind = DLK_KIND_RWSEM,
						 .wait_list = DLK_M_rwsem_wait_list,
						 .first_waiter = DLK_M_rwsem_first_waiter,
						 .waiter_list = DLK_M_rwsem_waiter_list,
						 .waiter_task = DLK_M_rwsem_waiter_task };

static enum dlk_status take(struct dlk_facts *f, const struct dlk_candidate *c, bool *is_taken)
{
	return dlk_lock_take(f, c, &members, describe, is_taken);
}

static enum dlk_status take_recorded(struct dlk_facts *f, const struct dlk_record *record)
{
	return dlk_lock_take_recorded(f, record, &members, describe);
}

static enum dlk_status is_held(struct dlk_facts *f, dlk_addr_t lock, bool *ret)
{
	uint64_t count = 0;
	enum dlk_status status = dlk_kernel_read_member(f->k, lock, DLK_M_rwsem_count, &count);

	*ret = count & WRITER_LOCKED || (count & ~READ_FAIL) >> READER_SHIFT;
	return status ? dlk_memory_explain(&f->k->memory, status) : DLK_OK;
}

static const struct dlk_waiter waiter = { .task = DLK_M_rwsem_waiter_task,
					  .functions = functions,
					  .take = take };

const struct dlk_lock_kind dlk_kind_rwsem = {
	.dep_map = DLK_M_rwsem_dep_map,
	.waiter = &waiter,
	.needs = needs,
	.needs_either = needs_either,
	.replaced_with = DLK_M_rwsem_rt_mutex,
	.take_recorded = take_recorded,
	.is_held = is_held,
	.check = dlk_rwsem_check_readers,
	.near = DLK_NEAR_OBJECT,
};
