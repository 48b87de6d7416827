/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What mutex, rwsem and semaphore have in common. */
#include <config.h>

#include "locks/lock.h"

#include "kernel/object.h"

enum {
	SEARCHED_FRAMES = 4, /* of the waiter, and of who called that */
	SEARCHED_WORDS = 256
};

/* A search for the lock of a ring of waiters. */
struct lock_search {
	struct dlk_facts *f;
	const struct dlk_lock_members *members;
	struct dlk_queue *ring;
	dlk_addr_t lock;        /* 0: not found yet */
	enum dlk_status failed; /* of a read that might have found it */
};

/* Whether the lock at an address names one of the ring as its first waiter; the ring begins with it then. */
static bool try_lock(struct lock_search *s, dlk_addr_t address)
{
	uint64_t first;
	enum dlk_status status;

	if (!dlk_kernel_can_be_struct(s->f->k, address))
		return false;
	status = dlk_kernel_read_member(s->f->k, address, s->members->first_waiter, &first);
	if (status)
		s->failed = status;
	else if (dlk_ring_begin(s->f->ctx, s->ring, first))
		s->lock = address;
	return s->lock;
}

/* An address within the stack, or one to return to. */
static bool is_other_word(const struct dlk_stack *stack, uint64_t word)
{
	if (word >= stack->task->stack && word < stack->top)
		return true;
	for (uint32_t i = 0; i < stack->frame_count; i++)
		if (stack->frames[i].ip == word)
			return true;
	return false;
}

/* Among the words from the waiter's frame on. */
static void try_words(struct lock_search *s, const struct dlk_candidate *c)
{
	const struct dlk_stack *stack = c->stack;
	uint32_t last = c->frame + SEARCHED_FRAMES - 1;
	dlk_addr_t end =
		stack->frames[last < stack->frame_count ? last : stack->frame_count - 1].sp;
	uint32_t first = (uint32_t)((c->waiter - stack->sp) / sizeof(uint64_t));

	for (uint32_t i = first; i < stack->word_count && i - first < SEARCHED_WORDS; i++) {
		uint64_t word = stack->words[i];

		if (stack->sp + i * sizeof(uint64_t) >= end)
			return;
		if (!is_other_word(stack, word) && try_lock(s, word))
			return;
	}
}

/* The lock that a ring of waiters belongs to; 0 if none is found. */
static enum dlk_status find_lock(struct lock_search *s, const struct dlk_candidate *c)
{
	try_words(s, c);
	return s->lock ? DLK_OK : s->failed;
}

static bool has_members(const struct dlk_layout *l, const struct dlk_lock_members *members)
{
	return dlk_layout_has(l, members->waiter_list) && dlk_layout_has(l, members->waiter_task) &&
	       (dlk_layout_has(l, members->wait_list) || dlk_layout_has(l, members->first_waiter));
}

static struct dlk_queue_layout waiter_layout(const struct dlk_layout *l,
					     const struct dlk_lock_members *members)
{
	return (struct dlk_queue_layout){ dlk_layout_offset(l, members->waiter_list),
					  dlk_layout_offset(l, members->waiter_task) };
}

/* The lock and the queue of a candidate; the lock is 0 if it is in no queue. */
static enum dlk_status find_queue(struct dlk_facts *f, const struct dlk_candidate *c,
				  const struct dlk_lock_members *members, struct dlk_queue *queue,
				  dlk_addr_t *lock)
{
	const struct dlk_layout *l = &f->k->layout;
	const struct dlk_queue_layout layout = waiter_layout(l, members);
	struct lock_search search = { .f = f, .members = members, .ring = queue };
	bool is_linked;
	enum dlk_status status;

	*lock = 0;
	if (dlk_layout_has(l, members->wait_list)) {
		status = dlk_queue_read(f, c->waiter, &layout, queue, &is_linked);
		if (!status && is_linked)
			*lock = queue->head - dlk_layout_offset(l, members->wait_list);
		return status;
	}
	status = dlk_ring_read(f, c->waiter, &layout, queue, &is_linked);
	if (!status && is_linked)
		status = find_lock(&search, c);
	*lock = search.lock;
	return status;
}

enum dlk_status dlk_lock_take(struct dlk_facts *f, const struct dlk_candidate *c,
			      const struct dlk_lock_members *members,
			      dlk_lock_describe_fn *describe, bool *is_taken)
{
	bool is_new, is_sure = c->stack->frames[c->frame].is_reliable;
	struct dlk_queue queue;
	dlk_addr_t lock;
	uint32_t resource;
	enum dlk_status status;

	if (!has_members(&f->k->layout, members))
		return DLK_OK;
	status = find_queue(f, c, members, &queue, &lock);
	if (status || !lock)
		return status;
	status = dlk_facts_make_resource(f, members->kind, lock, &resource, &is_new);
	*is_taken = true;
	if (status || !is_new)
		return status;
	return describe(f, resource, &queue, is_sure ? DLK_CERTAIN : DLK_LIKELY);
}

/* The queue of a lock by its own words; empty if it has no waiters. */
static enum dlk_status read_queue(struct dlk_facts *f, dlk_addr_t lock,
				  const struct dlk_lock_members *members, struct dlk_queue *queue)
{
	const struct dlk_layout *l = &f->k->layout;
	const struct dlk_queue_layout layout = waiter_layout(l, members);
	uint64_t first;
	bool is_linked = false;
	enum dlk_status status;

	if (dlk_layout_has(l, members->wait_list))
		return dlk_queue_read_head(f, lock + dlk_layout_offset(l, members->wait_list),
					   &layout, queue);
	status = dlk_kernel_read_member(f->k, lock, members->first_waiter, &first);
	if (status)
		return status;
	if (first)
		status = dlk_ring_read(f, first, &layout, queue, &is_linked);
	if (!first || status || is_linked)
		return status;
	return dlk_fail(f->ctx, DLK_ERR_CORRUPT, "%s 0x%llx: its first waiter, 0x%llx, is none",
			dlk_kind_text(members->kind), (unsigned long long)lock,
			(unsigned long long)first);
}

/* The first of the queue may spin, too. */
static enum dlk_status add_spinning(struct dlk_facts *f, const struct dlk_record *record,
				    uint32_t resource)
{
	uint32_t known = dlk_model_find_wait(&f->model, record->context, resource);
	struct dlk_wait wait = { .context = record->context,
				 .resource = resource,
				 .position = DLK_NONE,
				 .mode = record->mode,
				 .is_awake = true,
				 .evidence = DLK_EVIDENCE_SPINS,
				 .confidence = DLK_CERTAIN };

	if (known == DLK_NONE)
		return dlk_facts_add_wait(f, &wait);
	dlk_model_wait(&f->model, known)->is_awake = true;
	dlk_model_wait(&f->model, known)->evidence |= DLK_EVIDENCE_SPINS;
	return DLK_OK;
}

/* Where the queue, or a part of it, could not be read, nothing confirms the record. */
static enum dlk_status add_recorded(struct dlk_facts *f, const struct dlk_record *record,
				    uint32_t resource)
{
	struct dlk_wait wait = { .context = record->context,
				 .resource = resource,
				 .position = DLK_NONE,
				 .mode = record->mode,
				 .evidence = DLK_EVIDENCE_BLOCKED_ON,
				 .confidence = DLK_LIKELY };

	return !dlk_facts_waits(f, record->context) ? dlk_facts_add_wait(f, &wait) : DLK_OK;
}

enum dlk_status dlk_lock_take_recorded(struct dlk_facts *f, const struct dlk_record *record,
				       const struct dlk_lock_members *members,
				       dlk_lock_describe_fn *describe)
{
	struct dlk_queue queue = { .entries = DLK_VEC_INIT(struct dlk_queue_entry) };
	enum dlk_status read, status;
	uint32_t resource;
	bool is_new;

	if (!has_members(&f->k->layout, members))
		return DLK_OK;
	read = read_queue(f, record->lock, members, &queue);
	if (!record->is_spinning && !read && !queue.has_gap &&
	    !dlk_queue_has(&queue, record->context))
		return DLK_OK;
	status = dlk_facts_absorb(f, read, record->lock, true);
	if (!status)
		status = dlk_facts_make_resource(f, members->kind, record->lock, &resource,
						 &is_new);
	if (!status && is_new)
		status = describe(f, resource, &queue, read ? DLK_LIKELY : DLK_CERTAIN);
	if (status)
		return status;
	return record->is_spinning ? add_spinning(f, record, resource)
				   : add_recorded(f, record, resource);
}

const char *dlk_lock_name(struct dlk_facts *f, dlk_addr_t address, const char *type,
			  enum dlk_member_id dep_name)
{
	const char *name = dlk_object_name(f->k, address, type);
	const char *class = dlk_kernel_read_string(f->k,
						   dlk_kernel_peek_member(f->k, address, dep_name));

	if (name && class)
		return dlk_format(f->ctx, "%s, class %s", name, class);
	return name || !class ? name : dlk_format(f->ctx, "class %s", class);
}

enum dlk_status dlk_lock_add_waits(struct dlk_facts *f, const struct dlk_queue *queue,
				   const struct dlk_wait *like, dlk_lock_look_fn *look,
				   const void *arg)
{
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < queue->entries.len && !status; i++) {
		const struct dlk_queue_entry *e = DLK_VEC_AT(&queue->entries,
							     const struct dlk_queue_entry, i);
		struct dlk_wait wait = *like;

		wait.context = e->context;
		wait.position = i;
		wait.evidence = DLK_EVIDENCE_WAITER_LIST;
		if (look)
			status = look(f, e->waiter, arg, &wait);
		if (!status && wait.context != DLK_NONE)
			status = dlk_facts_add_wait(f, &wait);
	}
	return status;
}

enum dlk_status dlk_lock_no_owner(struct dlk_facts *f, uint32_t resource, const char *why)
{
	struct dlk_resource *r = dlk_facts_resource(f, resource);

	r->state = "no owner";
	r->is_free = true;
	r->holders_unknown = why;
	return dlk_facts_add_finding(f, DLK_FINDING_NO_OWNER, r->address, false, "%s %#llx: %s",
				     dlk_kind_text(r->kind), (unsigned long long)r->address, why);
}

/* Where tasks are missing, the owner may be one of these: nothing is wrong with the lock then. */
enum dlk_status dlk_lock_dead_owner(struct dlk_facts *f, uint32_t resource, dlk_addr_t owner,
				    enum dlk_confidence sure)
{
	struct dlk_resource *r = dlk_facts_resource(f, resource);
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
	return dlk_facts_add_finding(f,
				     may_be_lost ? DLK_FINDING_NO_OWNER : DLK_FINDING_LEAKED_LOCK,
				     r->address, may_be_lost, "%s 0x%llx: %s",
				     dlk_kind_text(r->kind), (unsigned long long)r->address,
				     r->holders_unknown);
}

enum dlk_status dlk_lock_unreadable(struct dlk_facts *f, uint32_t resource, enum dlk_status why)
{
	struct dlk_resource *r = dlk_facts_resource(f, resource);

	if (dlk_status_is_fatal(why))
		return why;
	r->holders_unknown = dlk_strdup(f->ctx, f->ctx->err.text);
	if (!r->holders_unknown)
		return dlk_nomem(f->ctx);
	return dlk_facts_add_finding(f, DLK_FINDING_UNREADABLE, r->address, true, "%s %#llx: %s",
				     dlk_kind_text(r->kind), (unsigned long long)r->address,
				     r->holders_unknown);
}
