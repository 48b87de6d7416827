/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Holders that only the code tells.
 *
 * Whoever holds something goes on to release it, so its address, or that of the object that it is part of, is live in
 * that task: in a register that a callee has saved on the stack, or in a variable there.  So all live stacks that may
 * matter are searched for these addresses, and of each task that has one the frames are asked whether they will
 * release the very thing (code/release.h).
 *
 * Claims: likely, if every path of a frame releases it, and no more tasks do so than can hold it: one, or as many as it
 * counts readers; if these are found, its holders are all known.  Possible, if some paths do, or if more tasks do than can hold
 * it.  Who has the address, and will not release it, does not hold it, and is not named, whatever a hint says.  Of a
 * task whose code could not be followed it is possible, by the address alone.
 *
 * Who will complete() a completion, or wake up who waits for a bit, ends the wait: so it is a holder here, never
 * the only one that may.
 *
 * What lies in an image of the kernel's, or of a module's, may be on no stack: its address is a number in the code.
 * So whose functions mention it, or functions that these call (code/mention.h), is a candidate as well.
 *
 * First those are looked at that wait for something that is understood, since only such ones can close a cycle.  Of what has
 * fewer holders then than it counts the other tasks are looked at, too: who sleeps with it, for
 * whatever that is, or runs.  There only the code counts, and no address by itself.
 *
 * No more than so many candidates are kept of each; if there are more, its holders are not known.
 *
 * Who spins for something may have taken it before; whether it has is asked of what its code did, and not of what it will do
 * (src/README.md, CPUs).
 *
 * How it can be wrong: as the code's reading can (code/release.h).  What is handed over to a timer, a bio or a work is released by
 * no frame.  Who has the address neither on its stack, nor in a register that was saved there, nor in its code is not
 * found.
 */
#include <config.h>

#include "locks/code_holder.h"

#include <stdlib.h>

#include "code/mention.h"
#include "code/release.h"
#include "kernel/frames.h"
#include "kernel/slab.h"
#include "locks/acts.h"
#include "locks/also_held.h"
#include "locks/folio.h"
#include "locks/kind.h"
#include "locks/spin.h"
#include "locks/wait_function.h"

enum {
	MAX_CANDIDATES = 64, /* of one resource */
	MAX_CLAIMS = 32,     /* of one task */
	MAX_VARIABLE = 8192, /* how far behind the beginning of a variable a part of it is */
	MAX_TOLD = 256       /* of all: what the user is told of them */
};

struct sought {
	uint32_t resource;
	uint32_t count;        /* of its candidates */
	uint32_t last;         /* of these, in this search, which goes task by task; DLK_NONE */
	uint32_t must;         /* of these, that will release it on all paths */
	bool has_more;         /* than are kept */
	bool is_static;        /* in an image: code may mention it */
	dlk_addr_t start, end; /* words from here to before there may lead to it */
	dlk_addr_t near;       /* a word from here to before near_end says something by itself */
	dlk_addr_t near_end;
};

/* A task that has the address. */
struct candidate {
	uint32_t context, sought;
	dlk_addr_t at; /* the lowest word; 0: none, but a hint, its code, or a register */
	bool is_near;
	struct dlk_release_claim claim;
};

struct dlk_code_holders {
	struct dlk_facts *f;
	struct dlk_release *release; /* NULL if the code cannot be read */
	struct dlk_mentions *mentions;
	struct dlk_vec sought;     /* of struct sought */
	struct dlk_vec candidates; /* of struct candidate, task by task */
	uint32_t *of_resource;     /* index of sought; DLK_NONE */
	bool is_second; /* the search: of tasks that wait for nothing that is understood */
};

static struct sought *sought_at(const struct dlk_code_holders *h, uint32_t i)
{
	return DLK_VEC_AT(&h->sought, struct sought, i);
}

static struct candidate *candidate_at(const struct dlk_code_holders *h, uint32_t i)
{
	return DLK_VEC_AT(&h->candidates, struct candidate, i);
}

/* How many can hold it, as far as it says so itself. */
static uint64_t room(const struct dlk_resource *r)
{
	return r->readers ? r->readers : 1;
}

/* Whether nobody else is looked for: so many will release it as can hold it, or more than are looked at may. */
static bool is_settled(const struct dlk_code_holders *h, const struct sought *s)
{
	return s->has_more || s->must >= room(dlk_facts_resource(h->f, s->resource));
}

/* --- candidates */

/* Who waits for it does not hold it, but who spins may have taken it before. */
static bool is_waiter(const struct dlk_code_holders *h, uint32_t context, uint32_t resource)
{
	return dlk_model_find_wait(&h->f->model, context, resource) != DLK_NONE &&
	       dlk_spin_caller(h->f, context, resource) == DLK_NONE;
}

static bool is_out(const struct dlk_code_holders *h, const struct dlk_hit *hit)
{
	const struct dlk_resource *r = dlk_facts_resource(h->f, hit->resource);
	uint32_t hold = dlk_model_find_hold(&h->f->model, hit->context, hit->resource);

	if (is_waiter(h, hit->context, hit->resource) ||
	    (hold != DLK_NONE && dlk_model_hold(&h->f->model, hold)->confidence > DLK_POSSIBLE))
		return true;
	return r->kind == DLK_KIND_FOLIO && hit->at &&
	       (dlk_folio_is_in_waiter(h->f, hit->at, hit->stack->task->address) ||
		dlk_folio_is_ahead(h->f, hit->stack, hit->context, hit->at));
}

static enum dlk_status add_candidate(struct dlk_code_holders *h, const struct candidate *c)
{
	struct sought *s = sought_at(h, c->sought);
	struct candidate *slot;

	if (s->count == MAX_CANDIDATES) {
		s->has_more = true;
		return DLK_OK;
	}
	slot = dlk_vec_push(h->f->ctx, &h->candidates);
	if (!slot)
		return dlk_nomem(h->f->ctx);
	*slot = *c;
	s->last = h->candidates.len - 1;
	s->count++;
	return DLK_OK;
}

/* Whether a task is the last that was taken for what is sought. */
static bool is_last(const struct dlk_code_holders *h, const struct sought *s, uint32_t context)
{
	return s->last != DLK_NONE && candidate_at(h, s->last)->context == context;
}

/* Hits are many: what is known of the task by a former one is not asked again, nor what will not be kept. */
static enum dlk_status take_hit(void *arg, const struct dlk_hit *hit)
{
	struct dlk_code_holders *h = arg;
	uint32_t sought = h->of_resource[hit->resource];
	const struct sought *s = sought_at(h, sought);
	bool is_near = !h->is_second && hit->word >= s->near && hit->word < s->near_end;

	if (s->has_more)
		return DLK_OK;
	if (is_last(h, s, hit->context)) {
		candidate_at(h, s->last)->is_near |= is_near;
		return DLK_OK;
	}
	if (is_out(h, hit))
		return DLK_OK;
	return add_candidate(h, &(struct candidate){ .context = hit->context,
						     .sought = sought,
						     .at = hit->at,
						     .is_near = is_near });
}

struct mentioned {
	struct dlk_code_holders *h;
	const struct dlk_hit *hit;
};

static enum dlk_status take_mentioned(void *arg, uint32_t sought)
{
	const struct mentioned *m = arg;
	struct dlk_code_holders *h = m->h;
	const struct sought *s = sought_at(h, sought);
	struct dlk_hit hit = *m->hit;

	hit.resource = s->resource;
	if (is_settled(h, s) || is_last(h, s, hit.context) || is_out(h, &hit))
		return DLK_OK;
	return add_candidate(h, &(struct candidate){ .context = hit.context, .sought = sought });
}

/* A word that may be a return address: what its function mentions. */
static enum dlk_status take_code(void *arg, const struct dlk_hit *hit)
{
	struct dlk_code_holders *h = arg;
	struct mentioned m = { h, hit };

	return dlk_mentions_show(h->mentions, hit->word, take_mentioned, &m);
}

/* Whom a hint names is one, wherever its address stands. */
static enum dlk_status add_hinted(struct dlk_code_holders *h)
{
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < h->f->model.holds.len && !status; i++) {
		const struct dlk_hold *hold = dlk_model_hold(&h->f->model, i);

		if (hold->evidence == DLK_EVIDENCE_OWNER_HINT &&
		    h->of_resource[hold->resource] != DLK_NONE)
			status = add_candidate(h,
					       &(struct candidate){
						       .context = hold->context,
						       .sought = h->of_resource[hold->resource] });
	}
	return status;
}

/* --- what is looked for */

/* By what its holders are looked for. */
static enum dlk_status check(struct dlk_facts *f, uint32_t resource, enum dlk_sought_by *ret)
{
	const struct dlk_resource *r = dlk_facts_resource(f, resource);
	const struct dlk_lock_kind *kind = dlk_lock_kinds[r->kind];
	enum dlk_status status = DLK_OK;

	*ret = DLK_SOUGHT_BY_NOTHING;
	if (!r->address || !kind || (!dlk_acts_of(r->kind) && !kind->check))
		return DLK_OK;
	*ret = DLK_SOUGHT_BY_ALL;
	if (kind->check)
		status = kind->check(f, resource, ret);
	r = dlk_facts_resource(f, resource);
	if (!r->holders_unknown || r->is_free || r->is_leaked)
		*ret = DLK_SOUGHT_BY_NOTHING;
	return status;
}

/* What says something, of what is sought in an object. */
static void set_near(struct sought *s, const struct dlk_resource *r,
		     const struct dlk_slab_object *object, uint32_t size)
{
	enum dlk_near near = dlk_lock_kinds[r->kind]->near;

	s->near = near == DLK_NEAR_OBJECT ? object->address : r->address;
	s->near_end = near == DLK_NEAR_OBJECT    ? object->address + object->size
		      : near == DLK_NEAR_ADDRESS ? s->near + size
						 : s->near;
}

/* In an image an object is a variable, which begins where its symbol is; that may not be known. */
static enum dlk_status seek_mentions(struct dlk_code_holders *h, struct sought *s)
{
	dlk_addr_t address = dlk_facts_resource(h->f, s->resource)->address;
	dlk_addr_t start = dlk_kernel_describe_ip(h->f->k, address).start;

	s->is_static = dlk_mentions_can_be(h->f->k, address);
	if (!s->is_static)
		return DLK_OK;
	if (!start || address - start > MAX_VARIABLE)
		start = address;
	return dlk_mentions_add(h->mentions, start, s->end, h->of_resource[s->resource]);
}

/* Whether the first search has looked at all tasks for it. */
static bool was_sought_of_all(const struct dlk_code_holders *h, const struct sought *s)
{
	return dlk_lock_kinds[dlk_facts_resource(h->f, s->resource)->kind]->seeks_all;
}

static enum dlk_status seek_on_stacks(struct dlk_code_holders *h, struct dlk_stack_search *search,
				      const struct sought *s)
{
	if (s->is_static)
		dlk_stack_search_add_code(search, take_code, h);
	return dlk_stack_search_add(search,
				    &(struct dlk_sought){ .start = s->start,
							  .end = s->end,
							  .resource = s->resource,
							  .wants_all = was_sought_of_all(h, s),
							  .hit = take_hit,
							  .arg = h });
}

static enum dlk_status seek(struct dlk_code_holders *h, struct dlk_stack_search *search,
			    uint32_t resource, enum dlk_sought_by by)
{
	const struct dlk_resource *r = dlk_facts_resource(h->f, resource);
	const struct dlk_lock_kind *kind = dlk_lock_kinds[r->kind];
	struct dlk_slab_object object = { .address = r->address, .size = 1 };
	struct sought *s = dlk_vec_push(h->f->ctx, &h->sought);
	enum dlk_status status = DLK_OK;
	uint32_t size = kind->size ? h->f->k->layout.sizes[kind->size] : 1;

	if (!s)
		return dlk_nomem(h->f->ctx);
	h->of_resource[resource] = h->sought.len - 1;
	if (r->kind != DLK_KIND_FOLIO)
		status = dlk_slab_find(h->f->k, r->address, &object);
	if (dlk_status_is_fatal(status))
		return status;
	if (object.size < size)
		object.size = size;
	*s = (struct sought){ .resource = resource,
			      .start = object.address,
			      .end = object.address + object.size,
			      .last = DLK_NONE };
	if (by == DLK_SOUGHT_BY_ALL)
		set_near(s, r, &object, size);
	status = seek_mentions(h, s);
	return status ? status : seek_on_stacks(h, search, s);
}

enum dlk_status dlk_code_holders_seek(struct dlk_facts *f, struct dlk_stack_search *search,
				      struct dlk_code_holders **ret)
{
	uint32_t count = f->model.resources.len;
	struct dlk_code_holders *h = dlk_alloc(f->ctx, sizeof(*h));
	enum dlk_status status;

	if (!h)
		return dlk_nomem(f->ctx);
	*h = (struct dlk_code_holders){ .f = f,
					.sought = DLK_VEC_INIT(struct sought),
					.candidates = DLK_VEC_INIT(struct candidate),
					.of_resource = dlk_calloc(f->ctx, count ? count : 1,
								  sizeof(*h->of_resource)) };
	if (!h->of_resource)
		return dlk_nomem(f->ctx);
	status = dlk_mentions_open(f->k, &h->mentions);
	for (uint32_t i = 0; i < count && !status; i++) {
		enum dlk_sought_by by = DLK_SOUGHT_BY_NOTHING;

		h->of_resource[i] = DLK_NONE;
		status = dlk_facts_absorb(f, check(f, i, &by), 0, true);
		if (!status && by)
			status = seek(h, search, i, by);
	}
	*ret = h;
	return status;
}

/* --- what the code says */

/*
 * From which frame on a candidate may know of it.  Of who spins for it: whoever called that.  The scheduler's own spinlock is let go by
 * whom it has switched to.
 */
static uint32_t find_first(const struct dlk_code_holders *h, const struct candidate *c,
			   const struct dlk_stack *stack, bool *is_waited_for)
{
	uint32_t resource = sought_at(h, c->sought)->resource;
	const struct dlk_resource *r = dlk_facts_resource(h->f, resource);
	uint32_t frame = c->at ? dlk_stack_frame_at(stack, c->at) : 0;
	bool is_part = dlk_acts_of(r->kind) && dlk_acts_of(r->kind)->is_part;
	/* who spins for a mutex or a rwsem has it by its word, or not at all */
	uint32_t caller = is_part || r->kind == DLK_KIND_BIT
				  ? dlk_spin_caller(h->f, c->context, resource)
				  : DLK_NONE;

	*is_waited_for = caller != DLK_NONE;
	if (*is_waited_for)
		return caller;
	if (is_part) {
		/* what it has on its stack may be a word of an inner frame */
		if (dlk_facts_context(h->f, c->context)->is_on_cpu)
			return 0;
		return dlk_frames_after_scheduler(stack->frames, stack->frame_count);
	}
	return frame == DLK_NONE ? 0 : frame;
}

static enum dlk_status ask_task(struct dlk_code_holders *h, uint32_t from, uint32_t count)
{
	struct dlk_release_claim claims[MAX_CLAIMS];
	const struct candidate *first = candidate_at(h, from);
	struct dlk_stack stack;
	enum dlk_status status = DLK_OK;
	bool is_asked = h->release && count <= MAX_CLAIMS;

	if (is_asked) {
		status = dlk_facts_unwind(h->f, first->context, &stack);
		is_asked = !status;
	}
	if (dlk_status_is_fatal(status))
		return status;
	for (uint32_t i = 0; i < count; i++) {
		const struct candidate *c = candidate_at(h, from + i);
		const struct dlk_resource *r =
			dlk_facts_resource(h->f, sought_at(h, c->sought)->resource);
		bool is_waited_for = false;
		uint32_t frame = is_asked ? find_first(h, c, &stack, &is_waited_for) : 0;

		claims[i % MAX_CLAIMS] = (struct dlk_release_claim){ .object = r->address,
								     .rules = dlk_acts_of(r->kind),
								     .bit = r->part ? r->part - 1
										    : 0,
								     .from = frame,
								     .is_waited_for = is_waited_for,
								     .frame = DLK_NONE,
								     .is_lost = true };
		if (!is_asked)
			candidate_at(h, from + i)->claim = claims[i % MAX_CLAIMS];
	}
	if (!is_asked)
		return DLK_OK;
	status = dlk_release_ask(h->release, &stack, claims, count);
	for (uint32_t i = 0; i < count && !status; i++)
		candidate_at(h, from + i)->claim = claims[i];
	return status;
}

/* Task by task; of two that are the same the one whose address was found comes first. */
static int by_context(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->context != y->context)
		return x->context < y->context ? -1 : 1;
	if (x->sought != y->sought)
		return x->sought < y->sought ? -1 : 1;
	return (x->at == 0) - (y->at == 0);
}

static bool is_same(const struct candidate *x, const struct candidate *y)
{
	return x->context == y->context && x->sought == y->sought;
}

/* Whom a hint names may have been found by its stack as well. */
static void sort(struct dlk_code_holders *h, uint32_t from)
{
	uint32_t kept = from;

	if (from == h->candidates.len)
		return;
	qsort(candidate_at(h, from), h->candidates.len - from, sizeof(struct candidate),
	      by_context);
	for (uint32_t i = from + 1; i < h->candidates.len; i++)
		if (!is_same(candidate_at(h, kept), candidate_at(h, i)))
			*candidate_at(h, ++kept) = *candidate_at(h, i);
	h->candidates.len = kept + 1;
}

/* The candidate that is a task for what is sought; NULL. */
static const struct candidate *find(const struct dlk_code_holders *h, uint32_t context,
				    uint32_t sought)
{
	uint32_t low = 0, high = h->candidates.len;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		const struct candidate *c = candidate_at(h, mid);

		if (c->context == context && c->sought == sought)
			return c;
		if (c->context < context || (c->context == context && c->sought < sought))
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* Where there is no decoder nothing can be followed, and each claim says so. */
static enum dlk_status open_code(struct dlk_code_holders *h)
{
	enum dlk_status status = dlk_release_open(h->f->k, h->mentions, &h->release);

	return dlk_status_is_fatal(status) ? status : DLK_OK;
}

/* All candidates from one on. */
static enum dlk_status ask_all(struct dlk_code_holders *h, uint32_t from)
{
	enum dlk_status status = DLK_OK;

	if (from < h->candidates.len && !h->release)
		status = open_code(h);
	sort(h, from);
	while (from < h->candidates.len && !status) {
		uint32_t end = from + 1;

		while (end < h->candidates.len &&
		       candidate_at(h, end)->context == candidate_at(h, from)->context)
			end++;
		status = ask_task(h, from, end - from);
		from = end;
	}
	return status;
}

/* --- what follows from it */

static bool is_sure(const struct candidate *c)
{
	return c->claim.verdict >= DLK_RELEASE_TAKEN;
}

/* For who wants to know why a task is, or is not, said to hold something. */
static void tell(const struct dlk_code_holders *h, const struct candidate *c)
{
	static const char *const verdicts[] = {
		[DLK_RELEASE_NONE] = "will not release",
		[DLK_RELEASE_TAKES] = "will take, before it releases",
		[DLK_RELEASE_HANDED] = "took, and handed on,",
		[DLK_RELEASE_TAKEN] = "took, and left to what it calls,",
		[DLK_RELEASE_MAY] = "may release",
		[DLK_RELEASE_MUST] = "will release"
	};
	const struct dlk_task *task = dlk_facts_task(h->f, c->context);
	const struct dlk_resource *r = dlk_facts_resource(h->f, sought_at(h, c->sought)->resource);

	bool is_lost = c->claim.is_lost && c->claim.verdict < DLK_RELEASE_MAY;

	dlk_message(h->f->ctx, DLK_MSG_DEBUG, "code: %s (%d) %s %s 0x%llx%s", task->comm, task->pid,
		    is_lost ? "may release" : verdicts[c->claim.verdict], dlk_kind_text(r->kind),
		    (unsigned long long)r->address,
		    is_lost ? "; its code could not be followed" : "");
}

static void tell_all(const struct dlk_code_holders *h)
{
	for (uint32_t i = 0; i < h->candidates.len && i < MAX_TOLD; i++)
		tell(h, candidate_at(h, i));
}

static void count_claims(struct dlk_code_holders *h)
{
	for (uint32_t i = 0; i < h->sought.len; i++)
		sought_at(h, i)->must = 0;
	for (uint32_t i = 0; i < h->candidates.len; i++) {
		const struct candidate *c = candidate_at(h, i);

		sought_at(h, c->sought)->must += is_sure(c);
	}
}

/* Of what not all holders were found: among the tasks that wait for nothing that is understood. */
static enum dlk_status ask_others(struct dlk_code_holders *h)
{
	struct dlk_stack_search search;
	uint32_t from = h->candidates.len;
	enum dlk_status status = DLK_OK;

	h->is_second = true;
	dlk_stack_search_init(h->f, DLK_SEARCH_OTHERS, &search);
	for (uint32_t i = 0; i < h->sought.len && !status; i++) {
		struct sought *s = sought_at(h, i);

		s->last = DLK_NONE;
		if (!is_settled(h, s) && !was_sought_of_all(h, s))
			status = seek_on_stacks(h, &search, s);
	}
	if (!status)
		status = dlk_facts_absorb(h->f, dlk_stack_search_run(&search), 0, true);
	return status ? status : ask_all(h, from);
}

static enum dlk_mode hold_mode(const struct dlk_resource *r)
{
	return r->readers ? DLK_MODE_READ : dlk_kind_mode(r->kind, false);
}

static const char *explain(const struct dlk_code_holders *h, const struct candidate *c)
{
	static const char *const words[] = {
		[DLK_RELEASE_HANDED] = "has taken it, none of its frames will release it, and "
				       "it may have been handed on",
		[DLK_RELEASE_MAY] = "may release it",
		[DLK_RELEASE_TAKEN] = "has taken it, and left it to the function that it calls "
				      "now to release it",
		[DLK_RELEASE_MUST] = "will release it"
	};
	const struct dlk_release_claim *claim = &c->claim;
	struct dlk_ip_text text;

	if (claim->verdict == DLK_RELEASE_NONE)
		return "its address stands on the live stack, and the code that would release it "
		       "could not be followed";
	text = dlk_kernel_describe_ip(h->f->k, claim->at);
	if (claim->verdict == DLK_RELEASE_TAKEN && (claim->rules->is_part || claim->is_waited_for))
		return dlk_format(h->f->ctx, "it has taken it before it came to %s",
				  text.text ? text.text : "where it is");
	return dlk_format(h->f->ctx, "%s %s", text.text ? text.text : "its code",
			  words[claim->verdict]);
}

static enum dlk_status add_hold(struct dlk_code_holders *h, const struct candidate *c)
{
	const struct sought *s = sought_at(h, c->sought);
	const struct dlk_resource *r = dlk_facts_resource(h->f, s->resource);
	bool is_likely = is_sure(c) && s->must <= room(r);
	struct dlk_hold hold = { .resource = s->resource,
				 .context = c->context,
				 .mode = hold_mode(r),
				 .evidence = c->claim.verdict != DLK_RELEASE_NONE
						     ? DLK_EVIDENCE_CODE
						     : DLK_EVIDENCE_STACK_WORD,
				 .confidence = is_likely ? DLK_LIKELY : DLK_POSSIBLE,
				 .note = explain(h, c) };

	return hold.note ? dlk_facts_add_hold(h->f, &hold) : dlk_nomem(h->f->ctx);
}

/* Whether a hint is all that names a holder, and its code does not release it. */
static bool is_refuted(const struct candidate *c)
{
	return c->claim.verdict <= DLK_RELEASE_TAKES && !c->claim.is_lost;
}

static bool keep_hold(void *arg, struct dlk_hold *hold)
{
	const struct dlk_code_holders *h = arg;
	uint32_t sought = h->of_resource[hold->resource];
	const struct candidate *c;

	if (sought == DLK_NONE || hold->evidence != DLK_EVIDENCE_OWNER_HINT)
		return true;
	c = find(h, hold->context, sought);
	return !c || !is_refuted(c);
}

static void settle(struct dlk_code_holders *h, const struct sought *s)
{
	struct dlk_resource *r = dlk_facts_resource(h->f, s->resource);

	if (s->has_more)
		r->holders_unknown = "more tasks than are looked at may hold it, and no record "
				     "names those that do";
	else if (s->must && s->must == room(r))
		r->holders_unknown = NULL;
	if (s->must && !r->readers)
		r->holders_assumed = true;
}

/* Who spins for it holds it only if that is sure, and nobody else does. */
static bool is_counted(const struct dlk_code_holders *h, const struct candidate *c)
{
	if (!c->claim.is_waited_for)
		return c->claim.verdict > DLK_RELEASE_TAKES ||
		       (c->claim.verdict == DLK_RELEASE_NONE && c->claim.is_lost && c->is_near);
	return is_sure(c) && sought_at(h, c->sought)->must == 1;
}

/* What is concluded waits until all were asked: how sure one is depends on how many there are. */
static enum dlk_status conclude(struct dlk_code_holders *h)
{
	enum dlk_status status;

	sort(h, 0);
	count_claims(h);
	tell_all(h);
	status = dlk_model_keep_holds(&h->f->model, keep_hold, h);
	for (uint32_t i = 0; i < h->candidates.len && !status; i++) {
		const struct candidate *c = candidate_at(h, i);

		if (is_counted(h, c))
			status = add_hold(h, c);
	}
	for (uint32_t i = 0; i < h->sought.len && !status; i++)
		settle(h, sought_at(h, i));
	return status;
}

enum dlk_status dlk_code_holders_weigh(struct dlk_code_holders *h)
{
	enum dlk_status status = add_hinted(h);

	if (!status)
		status = ask_all(h, 0);
	if (status)
		return status;
	count_claims(h);
	status = ask_others(h);
	return status ? status : conclude(h);
}

enum dlk_status dlk_code_holders_add_others(struct dlk_code_holders *h)
{
	return h->release ? dlk_also_held_gather(h->f, h->release) : DLK_OK;
}
