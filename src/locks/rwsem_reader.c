/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may hold a rwsem for reading?
 *
 * The rwsem says how many readers there are, and names the last to come at best.  Whoever holds it
 * mostly still has the address of the object that it is part of: an inode, an mm_struct.  So the
 * live stacks of the tasks that wait for something else are searched for addresses within that
 * object; only such tasks can close a cycle.
 *
 * Claims: possible, never more: a task that has the inode's address on its stack works on the inode,
 * and need not hold this lock of it.  How it can be wrong: both ways; a rwsem in static memory is
 * found by its own address only, which the compiler seldom keeps.
 */
#include <config.h>

#include "locks/rwsem.h"

#include <stdlib.h>

#include "kernel/slab.h"

enum { CANCEL_EVERY = 64, MAX_CANDIDATES = 64 };

/* A rwsem whose readers are looked for, and the object around it. */
struct sought {
	dlk_addr_t start, end;
	uint32_t resource;
	uint32_t hint; /* who is known as a reader already */
	uint32_t found;
	uint32_t last; /* the context added last */
};

struct search {
	struct dlk_facts *f;
	struct dlk_vec sought; /* of struct sought, by address */
};

static int compare_sought(const void *a, const void *b)
{
	const struct sought *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->resource < y->resource ? -1 : x->resource > y->resource;
}

static enum dlk_status add_sought(struct search *s, uint32_t resource)
{
	struct dlk_facts *f = s->f;
	dlk_addr_t address = dlk_facts_resource(f, resource)->address;
	struct dlk_slab_object object = { .address = address, .size = 1 };
	struct sought *slot = dlk_vec_push(f->ctx, &s->sought);
	enum dlk_status status = dlk_slab_find(f->k, address, &object);

	if (!slot)
		return dlk_nomem(f->ctx);
	*slot = (struct sought){ .start = object.address,
				 .end = object.address + object.size,
				 .resource = resource,
				 .hint = DLK_NONE,
				 .last = DLK_NONE };
	for (uint32_t i = 0; i < f->model.holds.len; i++) {
		const struct dlk_hold *hold = dlk_model_hold(&f->model, i);

		if (hold->resource == resource)
			slot->hint = hold->context;
	}
	return dlk_status_is_fatal(status) ? status : DLK_OK;
}

static bool waits_for(const struct dlk_facts *f, uint32_t context, uint32_t resource)
{
	return dlk_model_find_wait(&f->model, context, resource) != DLK_NONE;
}

static enum dlk_status add_reader(struct search *s, struct sought *sought, uint32_t context)
{
	struct dlk_hold hold = {
		.resource = sought->resource,
		.context = context,
		.mode = DLK_MODE_READ,
		.evidence = DLK_EVIDENCE_STACK_WORD,
		.confidence = DLK_POSSIBLE,
		.note = "the address of the object that it is part of stands on the live "
			"stack"
	};

	if (sought->last == context || sought->hint == context || sought->found == MAX_CANDIDATES ||
	    waits_for(s->f, context, sought->resource))
		return DLK_OK;
	sought->last = context;
	sought->found++;
	return dlk_facts_add_hold(s->f, &hold);
}

/* The first that ends above an address; objects are equal or disjoint. */
static uint32_t first_above(const struct search *s, dlk_addr_t address)
{
	uint32_t low = 0, high = s->sought.len;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (DLK_VEC_AT(&s->sought, struct sought, middle)->end > address)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static enum dlk_status search_stack(struct search *s, uint32_t context,
				    const struct dlk_stack *stack)
{
	dlk_addr_t lowest = DLK_VEC_AT(&s->sought, struct sought, 0)->start;
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < stack->word_count && !status; i++) {
		uint64_t word = stack->words[i];

		if (word < lowest)
			continue;
		for (uint32_t n = first_above(s, word); !status && n < s->sought.len; n++) {
			struct sought *sought = DLK_VEC_AT(&s->sought, struct sought, n);

			if (word < sought->start)
				break;
			status = add_reader(s, sought, context);
		}
	}
	return status;
}

static enum dlk_status search_all(struct search *s)
{
	struct dlk_facts *f = s->f;

	for (uint32_t i = 0; i < f->tasks.tasks.len; i++) {
		const struct dlk_task *task = dlk_facts_task(f, i);
		enum dlk_status status = i % CANCEL_EVERY ? DLK_OK : dlk_check_cancel(f->ctx);
		struct dlk_stack stack;

		if (status)
			return status;
		if (!dlk_facts_waits(f, i))
			continue;
		status = dlk_stack_read(f->k, task, &stack);
		/* What cannot be read was a finding when the waits were looked for. */
		if (!status)
			status = search_stack(s, i, &stack);
		if (dlk_status_is_fatal(status))
			return status;
	}
	return DLK_OK;
}

enum dlk_status dlk_rwsem_infer_readers(struct dlk_facts *f)
{
	struct search s = { .f = f, .sought = DLK_VEC_INIT(struct sought) };
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < f->model.resources.len && !status; i++)
		if (dlk_rwsem_has_unknown_readers(dlk_facts_resource(f, i)))
			status = add_sought(&s, i);
	if (status || !s.sought.len)
		return status;
	qsort(s.sought.data, s.sought.len, sizeof(struct sought), compare_sought);
	return search_all(&s);
}
