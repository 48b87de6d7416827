/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a task holds besides, and nobody waits for.
 *
 * A task in a cycle mostly holds more than what the cycle is about: who migrates a folio has locked the old one and the new
 * one, and only one of them is waited for.  Of such things no record leads to the holder, and nobody's wait leads
 * to them.  But the code of a task whose frames are read anyway names them: they are what it passes to functions
 * that release (code/releases.h).  Of each of these it is asked, as of all others, whether it will be released on all paths
 * before it is taken again (code/release.h).
 *
 * Claims: likely, that the task holds it, if its own words do not deny that: so only kinds are asked whose words can.
 * What may be released, on some paths, is not named: nobody waits for it, so nothing depends on it.  Asked are only tasks that
 * hold something by their code already, and so many of them; that nothing is named besides does not mean that there
 * is nothing.
 *
 * How it can be wrong: as code/release.h can.  Of a folio, and of a rwsem's readers, the words say only that somebody holds it.
 */
#include <config.h>

#include "locks/also_held.h"

#include "code/releases.h"
#include "locks/acts.h"
#include "locks/folio.h"
#include "locks/lock.h"

enum {
	MAX_TASKS = 64,
	OWNER_FLAGS = 0x7,   /* of mutexes and rwsems */
	WRITER_LOCKED = 0x1, /* of a rwsem's count; its readers are above */
	READER_SHIFT = 8
};

/* A kind whose words say whether a task may hold one, and how. */
struct words {
	enum dlk_kind kind;
	bool (*allow)(struct dlk_facts *f, dlk_addr_t object, dlk_addr_t task, enum dlk_mode *mode);
	const char *type; /* for its name */
	enum dlk_member_id dep_name;
};

static bool allow_folio(struct dlk_facts *f, dlk_addr_t folio, dlk_addr_t task, enum dlk_mode *mode)
{
	bool is_locked;

	(void)task;
	*mode = DLK_MODE_EXCLUSIVE;
	return !dlk_folio_read_locked(f, folio, &is_locked) && is_locked;
}

static bool is_owner(struct dlk_facts *f, dlk_addr_t lock, enum dlk_member_id owner,
		     dlk_addr_t task)
{
	uint64_t word;

	return !dlk_kernel_read_member(f->k, lock, owner, &word) &&
	       (word & ~(uint64_t)OWNER_FLAGS) == task;
}

static bool allow_mutex(struct dlk_facts *f, dlk_addr_t mutex, dlk_addr_t task, enum dlk_mode *mode)
{
	*mode = DLK_MODE_EXCLUSIVE;
	return is_owner(f, mutex, DLK_M_mutex_owner, task);
}

static bool allow_rwsem(struct dlk_facts *f, dlk_addr_t rwsem, dlk_addr_t task, enum dlk_mode *mode)
{
	uint64_t count;

	if (dlk_kernel_read_member(f->k, rwsem, DLK_M_rwsem_count, &count))
		return false;
	*mode = count & WRITER_LOCKED ? DLK_MODE_WRITE : DLK_MODE_READ;
	return count & WRITER_LOCKED ? is_owner(f, rwsem, DLK_M_rwsem_owner, task)
				     : count >> READER_SHIFT;
}

static const struct words words[] = {
	{ DLK_KIND_FOLIO, allow_folio, NULL, DLK_M_NONE },
	{ DLK_KIND_MUTEX, allow_mutex, "mutex", DLK_M_mutex_dep_name },
	{ DLK_KIND_RWSEM, allow_rwsem, "rw_semaphore", DLK_M_rwsem_dep_name }
};

enum { KINDS = sizeof(words) / sizeof(words[0]) };

struct gathering {
	struct dlk_facts *f;
	struct dlk_release *release;
	struct dlk_releases *releases;
	const struct dlk_act_rules *rules[KINDS];
};

/* Whether somebody is known to wait for what is at an address, or to hold it: then all is said of it. */
static bool is_known(const struct gathering *g, dlk_addr_t object)
{
	for (uint32_t i = 0; i < g->f->model.resources.len; i++)
		if (dlk_facts_resource(g->f, i)->address == object)
			return true;
	return false;
}

static void describe(struct gathering *g, uint32_t resource, const struct words *w,
		     enum dlk_mode mode)
{
	struct dlk_resource *r = dlk_facts_resource(g->f, resource);

	r->name = w->kind == DLK_KIND_FOLIO ? dlk_folio_name(g->f, r->address)
					    : dlk_lock_name(g->f, r->address, w->type, w->dep_name);
	r->holders_assumed = w->kind == DLK_KIND_FOLIO;
	r->state = w->kind == DLK_KIND_FOLIO ? "locked" : "held";
	if (mode == DLK_MODE_READ)
		r->holders_unknown = "nobody waits for it, and who else reads was not looked for";
}

static enum dlk_status add(struct gathering *g, uint32_t context, const struct words *w,
			   enum dlk_mode mode, const struct dlk_release_claim *claim)
{
	struct dlk_ip_text text = dlk_kernel_describe_ip(g->f->k, claim->at);
	struct dlk_hold hold = { .context = context,
				 .mode = mode,
				 .evidence = DLK_EVIDENCE_CODE,
				 .confidence = DLK_LIKELY };
	bool is_new;
	enum dlk_status status;

	hold.note = dlk_format(g->f->ctx, "%s will release it; nobody is known to wait for it",
			       text.text ? text.text : "its code");
	if (!hold.note)
		return dlk_nomem(g->f->ctx);
	status = dlk_facts_make_resource(g->f, w->kind, claim->object, &hold.resource, &is_new);
	if (status)
		return status;
	if (is_new)
		describe(g, hold.resource, w, mode);
	return dlk_facts_add_hold(g->f, &hold);
}

static enum dlk_status ask(struct gathering *g, uint32_t context, const struct dlk_stack *stack,
			   const struct dlk_released *listed, uint32_t count)
{
	struct dlk_release_claim claims[DLK_MAX_RELEASES];
	const struct words *kinds[DLK_MAX_RELEASES];
	enum dlk_mode modes[DLK_MAX_RELEASES];
	uint32_t asked = 0;
	dlk_addr_t task = dlk_facts_task(g->f, context)->address;
	enum dlk_status status;

	for (uint32_t i = 0; i < count; i++) {
		const struct words *w = &words[listed[i].rules];

		if (is_known(g, listed[i].object) ||
		    !w->allow(g->f, listed[i].object, task, &modes[asked]))
			continue;
		kinds[asked] = w;
		claims[asked++] = (struct dlk_release_claim){ .object = listed[i].object,
							      .rules = g->rules[listed[i].rules] };
	}
	status = asked ? dlk_release_ask(g->release, stack, claims, asked) : DLK_OK;
	for (uint32_t i = 0; i < asked && !status; i++)
		if (claims[i].verdict == DLK_RELEASE_MUST)
			status = add(g, context, kinds[i], modes[i], &claims[i]);
	return status;
}

static enum dlk_status gather_task(struct gathering *g, uint32_t context)
{
	struct dlk_released listed[DLK_MAX_RELEASES];
	struct dlk_stack stack;
	uint32_t count;
	enum dlk_status status = dlk_facts_unwind(g->f, context, &stack);

	if (status)
		return dlk_status_is_fatal(status) ? status : DLK_OK;
	status = dlk_releases_list(g->releases, &stack, g->rules, KINDS, listed, &count);
	return status ? status : ask(g, context, &stack, listed, count);
}

/* The tasks that hold something by their code, each once. */
static uint32_t find_tasks(const struct dlk_facts *f, uint32_t *ret)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < f->model.holds.len && count < MAX_TASKS; i++) {
		const struct dlk_hold *hold = dlk_model_hold(&f->model, i);
		uint32_t j = 0;

		if (!(hold->evidence & DLK_EVIDENCE_CODE) || hold->confidence < DLK_LIKELY)
			continue;
		while (j < count && ret[j] != hold->context)
			j++;
		if (j == count)
			ret[count++] = hold->context;
	}
	return count;
}

enum dlk_status dlk_also_held_gather(struct dlk_facts *f, struct dlk_release *release)
{
	struct gathering g = { .f = f, .release = release };
	uint32_t tasks[MAX_TASKS];
	uint32_t count = find_tasks(f, tasks);
	enum dlk_status status = count ? dlk_releases_open(dlk_release_code(release), &g.releases)
				       : DLK_OK;

	for (unsigned i = 0; i < KINDS; i++)
		g.rules[i] = dlk_acts_of(words[i].kind);
	for (uint32_t i = 0; i < count && !status; i++)
		status = gather_task(&g, tasks[i]);
	return status;
}
