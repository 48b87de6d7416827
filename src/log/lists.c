/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is listed with which lock: grouped by lock, each group judged for itself. */
#include <config.h>

#include "log/lists.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "log/known.h"
#include "log/lock_name.h"

enum { CANCEL_EVERY = 1024 };

enum role { HELD, AWAITED, AWAITED_BY_PLACE, UNDECIDED, OUTLIVED };

/* An entry of somebody's list. */
struct use {
	uint64_t key; /* the lock's address, or the hash of its name */
	uint32_t person;
	const struct dlk_log_held *entry;
	enum role role;
};

struct uses {
	struct dlk_log_facts *f;
	struct dlk_vec all; /* of struct use */
	/* Of locks that there are once, by where they were taken, and by their names: the last use. */
	struct dlk_map at_place, of_name;
};

/* All that is listed of one lock; or, where no address is printed, of a class of which there may be many. */
struct group {
	struct use *uses;
	uint32_t count;
	uint32_t held, awaited, undecided;
	enum dlk_kind kind;
	uint32_t resource;
	bool is_one;   /* The uses are surely of one lock. */
	bool has_only; /* One alone lists it besides those who wait: it must be its holder. */
};

/* --- what a task's last entry is */

/* The frame from which the lock's function was called: the first with an offset outside of those that wait. */
static uint32_t find_outermost(const struct dlk_log_person *p)
{
	uint32_t i = p->waiting.caller ? (uint32_t)(p->waiting.caller - p->frames) : 0;

	while (i + 1 < p->frame_count && p->sources[i]->is_inlined)
		i++;
	return i;
}

static bool is_at(const struct dlk_log_frame *frame, const struct dlk_log_held *entry)
{
	if (!entry->at_function || strcmp(frame->function, entry->at_function))
		return false;
	return frame->offset == entry->at_offset;
}

/* Whether a task that sleeps does so in the function that was to take the lock of an entry. */
static bool sleeps_at(const struct dlk_log_person *p, const struct dlk_log_held *entry)
{
	uint32_t last = find_outermost(p);

	for (uint32_t i = 0; i <= last && i < p->frame_count; i++)
		if (is_at(p->sources[i], entry))
			return true;
	return false;
}

static enum role find_role(const struct dlk_log_person *p, uint32_t i)
{
	const struct dlk_log_held_list *list = &p->held->held;
	bool is_whole = list->count >= list->said;

	if (i + 1 < list->count || !is_whole)
		return HELD;
	if (!p->frame_count)
		return UNDECIDED;
	return sleeps_at(p, &list->entries[i]) ? AWAITED : HELD;
}

/* --- grouping */

static enum dlk_status add_use(struct uses *u, uint32_t person, const struct dlk_log_held *entry,
			       enum role role)
{
	struct use *slot;

	if (!entry->class || dlk_log_class_is_no_lock(entry->class))
		return DLK_OK;
	slot = dlk_vec_push(u->f->ctx, &u->all);
	if (!slot)
		return dlk_nomem(u->f->ctx);
	*slot = (struct use){ .key = entry->lock ? entry->lock : dlk_hash_name(entry->class),
			      .person = person,
			      .entry = entry,
			      .role = role };
	return DLK_OK;
}

/* --- who waits for what others list */

static uint64_t key_of_place(const char *function, uint64_t offset)
{
	return ((uint64_t)dlk_hash_name(function) << 32) ^ offset;
}

static enum dlk_status note_single(struct uses *u)
{
	uint32_t i = u->all.len - 1;
	const struct dlk_log_held *entry = DLK_VEC_AT(&u->all, struct use, i)->entry;
	enum dlk_status status = dlk_map_put(u->f->ctx, &u->of_name, dlk_hash_name(entry->class),
					     i);

	if (status || !entry->at_function || entry->at_offset == DLK_LOG_NO_OFFSET)
		return status;
	return dlk_map_put(u->f->ctx, &u->at_place,
			   key_of_place(entry->at_function, entry->at_offset), i);
}

static const struct dlk_log_held *get_noted(const struct uses *u, uint32_t i)
{
	return i < u->all.len && u->all.data ? DLK_VEC_AT(&u->all, struct use, i)->entry : NULL;
}

/* The lock of the whole kernel that its caller takes; what is inlined into that counts as it. */
static const struct dlk_log_held *find_global(const struct uses *u, const struct dlk_log_person *p)
{
	const struct dlk_log_global *global = dlk_log_global_awaited(p);
	const struct dlk_log_held *entry =
		global ? get_noted(u, dlk_map_get(&u->of_name, dlk_hash_name(global->name))) : NULL;

	return entry && !strcmp(entry->class, global->name) ? entry : NULL;
}

/* One place takes locks of one class; where that has one lock, it is this. */
static const struct dlk_log_held *find_same_place(const struct uses *u,
						  const struct dlk_log_person *p)
{
	uint32_t i = find_outermost(p);
	const struct dlk_log_held *entry;

	if (i >= p->frame_count || p->sources[i]->offset == DLK_LOG_NO_OFFSET)
		return NULL;
	entry = get_noted(u, dlk_map_get(&u->at_place, key_of_place(p->sources[i]->function,
								    p->sources[i]->offset)));
	return entry && is_at(p->sources[i], entry) ? entry : NULL;
}

/* A task in a lock's function, whose own list does not say which one. */
static enum dlk_status add_by_place(struct uses *u, uint32_t person)
{
	const struct dlk_log_person *p = dlk_log_person(u->f, person);
	const struct dlk_log_held *entry;

	if (p->awaited != DLK_NONE || !dlk_log_context(u->f, person)->is_blocked ||
	    !p->waiting.how || p->waiting.how->class != DLK_WAIT_LOCK)
		return DLK_OK;
	entry = find_global(u, p);
	if (!entry)
		entry = find_same_place(u, p);
	return entry ? add_use(u, person, entry, AWAITED_BY_PLACE) : DLK_OK;
}

static enum dlk_status add_list(struct uses *u, uint32_t person)
{
	struct dlk_log_person *p = dlk_log_person(u->f, person);
	const struct dlk_log_held_list *list = dlk_log_held(p);
	bool is_blocked = dlk_log_context(u->f, person)->is_blocked;
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; list && i < list->count && !status; i++) {
		enum role role = is_blocked ? find_role(p, i) : HELD;

		if (role == AWAITED)
			p->awaited = i;
		status = add_use(u, person, &list->entries[i], role);
		if (!status && u->all.len && dlk_log_class_is_single(list->entries[i].class) &&
		    DLK_VEC_AT(&u->all, struct use, u->all.len - 1)->entry == &list->entries[i])
			status = note_single(u);
	}
	return status;
}

static int compare(const void *x, const void *y)
{
	const struct use *a = x, *b = y;
	int by_name;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	by_name = a->entry->lock || b->entry->lock ? 0 : strcmp(a->entry->class, b->entry->class);
	if (by_name)
		return by_name;
	if (a->person != b->person)
		return a->person < b->person ? -1 : 1;
	return a->entry->line < b->entry->line ? -1 : a->entry->line > b->entry->line;
}

static bool is_same_lock(const struct use *a, const struct use *b)
{
	return a->key == b->key && !a->entry->lock == !b->entry->lock &&
	       (a->entry->lock || !strcmp(a->entry->class, b->entry->class));
}

/* --- a group */

static bool is_awaiting(const struct use *use)
{
	return use->role == AWAITED || use->role == AWAITED_BY_PLACE;
}

/* The newest of those who wait for it; NULL. */
static const struct dlk_log_person *find_newest_waiter(const struct dlk_log_facts *f,
						       const struct group *g)
{
	const struct dlk_log_person *newest = NULL;

	for (uint32_t i = 0; i < g->count; i++) {
		const struct dlk_log_person *p = dlk_log_person(f, g->uses[i].person);

		if (is_awaiting(&g->uses[i]) && (!newest || p->since_us > newest->since_us))
			newest = p;
	}
	return newest;
}

/* Who had it at a moment long past does not keep it from who waits now. */
static void leave_out_outlived(const struct dlk_log_facts *f, struct group *g)
{
	const struct dlk_log_person *newest = find_newest_waiter(f, g);

	for (uint32_t i = 0; newest && i < g->count; i++)
		if (!is_awaiting(&g->uses[i]) &&
		    dlk_log_is_outlived(f, dlk_log_person(f, g->uses[i].person), newest))
			g->uses[i].role = OUTLIVED;
}

static void count_roles(struct group *g)
{
	for (uint32_t i = 0; i < g->count; i++) {
		/* Taken twice, for reading, by one: it is one holder. */
		bool is_again = i && g->uses[i].person == g->uses[i - 1].person &&
				g->uses[i].role == g->uses[i - 1].role;

		g->held += g->uses[i].role == HELD && !is_again;
		g->awaited += is_awaiting(&g->uses[i]);
		g->undecided += g->uses[i].role == UNDECIDED;
	}
}

/* By the functions in which it is waited for, by the owner lines of those who do, by its name. */
static enum dlk_kind find_kind(const struct dlk_log_facts *f, const struct group *g)
{
	for (uint32_t i = 0; i < g->count; i++) {
		const struct dlk_log_person *p = dlk_log_person(f, g->uses[i].person);

		if (!is_awaiting(&g->uses[i]))
			continue;
		if (p->owner && p->owner->owner.kind != DLK_KIND_COUNT)
			return p->owner->owner.kind;
		if (p->waiting.how && p->waiting.how->kind != DLK_KIND_COUNT)
			return p->waiting.how->kind;
	}
	return dlk_log_class_kind(g->uses[0].entry);
}

/* Who runs has locks that are not listed, and may have this one. */
static bool has_unlisted(const struct dlk_log_facts *f)
{
	for (uint32_t i = 0; i < f->people.len; i++) {
		const struct dlk_log_held_list *list = dlk_log_held(dlk_log_person(f, i));

		if (list && list->is_running && list->said)
			return true;
	}
	return false;
}

static bool excludes(const struct group *g)
{
	return !dlk_kind_is_shared(g->kind);
}

static enum dlk_log_way way_of(const struct use *use)
{
	if (use->entry->is_read_known)
		return use->entry->is_read ? DLK_LOG_WAY_READ : DLK_LOG_WAY_WRITE;
	return dlk_log_way_of(use->entry->at_function);
}

/* How the waiter's function takes it: down_read(), __down_write_common(). */
static enum dlk_mode wait_mode(const struct dlk_log_person *p, const struct group *g,
			       const struct use *use)
{
	enum dlk_log_way way = p->waiting.function ? dlk_log_way_of(p->waiting.function->function)
						   : DLK_LOG_WAY_UNKNOWN;

	if (excludes(g))
		return DLK_MODE_EXCLUSIVE;
	for (uint32_t i = 0;
	     way == DLK_LOG_WAY_UNKNOWN && p->waiting.caller && &p->frames[i] < p->waiting.caller;
	     i++)
		way = dlk_log_way_of(p->frames[i].function);
	if (p->owner && p->owner->owner.is_reader)
		way = DLK_LOG_WAY_READ;
	else if (p->owner && p->owner->owner.is_writer)
		way = DLK_LOG_WAY_WRITE;
	if (way == DLK_LOG_WAY_UNKNOWN)
		way = way_of(use);
	return way == DLK_LOG_WAY_READ ? DLK_MODE_READ : DLK_MODE_WRITE;
}

/*
 * Several that hold what can be shared are readers.  One alone keeps all others from it, directly or with the writer that they
 * wait behind, so it counts as a writer unless it says that it reads.
 */
static enum dlk_mode hold_mode(const struct group *g, const struct use *use)
{
	if (excludes(g))
		return DLK_MODE_EXCLUSIVE;
	return g->held > 1 || way_of(use) == DLK_LOG_WAY_READ ? DLK_MODE_READ : DLK_MODE_WRITE;
}

/* Whether somebody surely holds it so that one who wants it as an entry says cannot have it as well. */
static bool is_shut_out(const struct group *g, const struct use *one)
{
	for (uint32_t i = 0; i < g->count; i++) {
		const struct use *use = &g->uses[i];

		if (use->role != HELD || use->person == one->person)
			continue;
		if (excludes(g) || way_of(use) == DLK_LOG_WAY_WRITE ||
		    way_of(one) == DLK_LOG_WAY_WRITE)
			return true;
	}
	return false;
}

/* It sleeps where another took what its list names. */
static enum dlk_status add_wait_by_place(struct dlk_log_facts *f, const struct group *g,
					 const struct use *use)
{
	const struct dlk_log_person *p = dlk_log_person(f, use->person);
	struct dlk_wait wait = {
		.context = p->context,
		.resource = g->resource,
		.position = DLK_NONE,
		.mode = wait_mode(p, g, use),
		.evidence = DLK_EVIDENCE_FUNCTION,
		.confidence = DLK_LIKELY,
		.at = p->waiting.caller ? p->waiting.caller->symbol : NULL,
		.log_line = p->task ? p->task->first_line : 0,
		.note = dlk_format(f->ctx, "it sleeps where %s is taken", use->entry->class),
	};

	return dlk_model_add_wait(&f->model, &wait);
}

static enum dlk_status add_wait(struct dlk_log_facts *f, const struct group *g,
				const struct use *use, enum dlk_confidence confidence)
{
	struct dlk_log_person *p = dlk_log_person(f, use->person);
	const struct dlk_log_held_list *list = dlk_log_held(p);
	struct dlk_wait wait = {
		.context = p->context,
		.resource = g->resource,
		.position = DLK_NONE,
		.mode = wait_mode(p, g, use),
		.evidence = DLK_EVIDENCE_LOCKDEP,
		.confidence = confidence,
		.at = use->entry->at,
		.log_line = use->entry->line,
	};

	p->awaited = (uint32_t)(use->entry - list->entries);
	if (p->frame_count)
		wait.evidence |= DLK_EVIDENCE_FUNCTION;
	return dlk_model_add_wait(&f->model, &wait);
}

static enum dlk_status add_hold(struct dlk_log_facts *f, const struct group *g,
				const struct use *use)
{
	bool is_one_of_many = excludes(g) && g->held > 1;
	bool is_only = use->role == UNDECIDED;
	enum dlk_confidence sure = use->entry->lock && !is_only ? DLK_CERTAIN : DLK_LIKELY;
	struct dlk_hold hold = {
		.context = dlk_log_person(f, use->person)->context,
		.resource = g->resource,
		.mode = hold_mode(g, use),
		.evidence = DLK_EVIDENCE_LOCKDEP,
		.confidence = is_one_of_many || !g->is_one || (is_only && has_unlisted(f))
				      ? DLK_POSSIBLE
				      : sure,
		.log_line = use->entry->line,
		.note = !g->is_one ? "it has one of the class; that it is this one, the log does "
				     "not say"
			: is_one_of_many ? "it is one of several that lockdep lists as past the "
					   "place where it is taken, and one alone can have it"
			: is_only        ? "it alone lists it besides those who wait"
					 : NULL,
	};

	return dlk_model_add_hold(&f->model, &hold);
}

static enum dlk_status make_resource(struct dlk_log_facts *f, struct group *g)
{
	const struct dlk_log_held *entry = g->uses[0].entry;
	struct dlk_resource *r;
	bool is_new;
	const char *name = entry->lock ? NULL : entry->class;
	enum dlk_status status;

	if (!g->is_one)
		name = dlk_format(f->ctx, "a %s", entry->class);
	status = dlk_model_make_resource(&f->model, g->kind, entry->lock, name, &g->resource,
					 &is_new);

	if (status)
		return status;
	r = dlk_model_resource(&f->model, g->resource);
	r->name = name ? name : entry->class;
	r->state = g->held ? "held" : NULL;
	if (!excludes(g))
		r->readers = g->held > 1 ? g->held : 0;
	/* That these are all is what the lists say; of tasks that run there are none. */
	r->holders_assumed = g->is_one && (g->held || g->has_only);
	if (!r->holders_assumed)
		r->holders_unknown = g->is_one ? "no list of the log shows who holds it"
					       : "the log does not tell the locks of a class apart";
	return DLK_OK;
}

static enum dlk_status add_facts(struct dlk_log_facts *f, const struct group *g)
{
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < g->count && !status; i++) {
		const struct use *use = &g->uses[i];

		if (use->role == HELD || (use->role == UNDECIDED && g->has_only))
			status = add_hold(f, g, use);
		else if (use->role == AWAITED)
			status = add_wait(f, g, use, DLK_CERTAIN);
		else if (use->role == AWAITED_BY_PLACE)
			status = add_wait_by_place(f, g, use);
		else if (use->role == UNDECIDED && g->is_one && is_shut_out(g, use))
			status = add_wait(f, g, use, DLK_LIKELY);
	}
	return status;
}

/* Whether anybody surely waits for it, or must. */
static bool is_wanted(const struct group *g)
{
	if (g->awaited)
		return true;
	for (uint32_t i = 0; i < g->count && g->undecided; i++)
		if (g->uses[i].role == UNDECIDED && is_shut_out(g, &g->uses[i]))
			return true;
	return false;
}

static enum dlk_status take_group(struct dlk_log_facts *f, struct group *g)
{
	enum dlk_status status;

	leave_out_outlived(f, g);
	count_roles(g);
	g->kind = find_kind(f, g);
	g->is_one = g->uses[0].entry->lock || dlk_log_class_is_single(g->uses[0].entry->class);
	g->has_only = g->awaited && !g->held && g->undecided == 1;
	/* Of a class with many locks it is asked only where two tasks alone have to do with it. */
	if (!g->is_one && (g->awaited != 1 || g->held + g->undecided != 1))
		return DLK_OK;
	if (!is_wanted(g))
		return DLK_OK;
	status = make_resource(f, g);
	return status ? status : add_facts(f, g);
}

enum dlk_status dlk_log_lists_gather(struct dlk_log_facts *f)
{
	struct uses u = { .f = f, .all = DLK_VEC_INIT(struct use) };
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < f->people.len && !status; i++)
		status = add_list(&u, i);
	for (uint32_t i = 0; i < f->people.len && !status; i++)
		status = add_by_place(&u, i);
	if (u.all.len)
		qsort(u.all.data, u.all.len, sizeof(struct use), compare);
	for (uint32_t i = 0, end; i < u.all.len && !status; i = end) {
		struct group g = { .uses = DLK_VEC_AT(&u.all, struct use, i) };

		for (end = i + 1;
		     end < u.all.len && is_same_lock(g.uses, DLK_VEC_AT(&u.all, struct use, end));)
			end++;
		g.count = end - i;
		if (i % CANCEL_EVERY == 0)
			status = dlk_check_cancel(f->ctx);
		if (!status)
			status = take_group(f, &g);
	}
	return status;
}
