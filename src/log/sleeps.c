/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waits by owner lines and by stacks. */
#include <config.h>

#include "log/sleeps.h"

#include <string.h>

#include "log/known.h"
#include "log/lock_name.h"

enum { CANCEL_EVERY = 256 };

/* --- which thing */

static bool is_lock(const struct dlk_waiting *w)
{
	return w->how && w->how->class == DLK_WAIT_LOCK && w->how->kind != DLK_KIND_COUNT;
}

/* Whether an owner line says for what it waits. */
static bool has_owner_line(const struct dlk_log_person *p)
{
	return p->owner && p->owner->owner.kind != DLK_KIND_COUNT;
}

/* Grace periods end for all that wait for them; anything else is one that only its waiter is known of. */
static bool is_grace_period(const struct dlk_waiting *w)
{
	return w->how && w->how->kind == DLK_KIND_RCU;
}

static const char *name_of(const struct dlk_log_facts *f, uint32_t person, enum dlk_kind kind)
{
	const struct dlk_context *c = dlk_log_context(f, person);

	if (kind == DLK_KIND_RCU)
		return "grace period";
	return dlk_format(f->ctx, "wanted by %s pid %d", c->comm, c->pid);
}

static const char *holders_of(enum dlk_kind kind)
{
	if (kind == DLK_KIND_RCU)
		return "the log does not say which CPU or task holds the grace period up";
	return "the log does not say which one it is, nor who holds it";
}

/* --- a wait by a stack, or by an owner line */

static enum dlk_log_way way_of_frames(const struct dlk_log_person *p)
{
	enum dlk_log_way way = DLK_LOG_WAY_UNKNOWN;

	for (uint32_t i = 0; i < p->frame_count && way == DLK_LOG_WAY_UNKNOWN; i++) {
		if (&p->frames[i] == p->waiting.caller)
			break;
		way = dlk_log_way_of(p->frames[i].function);
	}
	return way;
}

static enum dlk_mode mode_of(const struct dlk_log_person *p, enum dlk_kind kind)
{
	bool is_read = way_of_frames(p) == DLK_LOG_WAY_READ;

	if (p->owner && (p->owner->owner.is_reader || p->owner->owner.is_writer))
		is_read = p->owner->owner.is_reader;
	return dlk_kind_mode(kind, is_read);
}

static void fill_wait(const struct dlk_log_facts *f, uint32_t person, enum dlk_kind kind,
		      struct dlk_wait *w)
{
	const struct dlk_log_person *p = dlk_log_person(f, person);
	const struct dlk_frame *at = p->waiting.caller;
	bool is_guess = p->waiting.function && !p->waiting.function->is_reliable;
	bool is_printed = has_owner_line(p);

	*w = (struct dlk_wait){
		.context = p->context,
		.position = DLK_NONE,
		.mode = mode_of(p, kind),
		.evidence = is_printed ? DLK_EVIDENCE_BLOCKED_ON : DLK_EVIDENCE_FUNCTION,
		.confidence = is_printed ? DLK_CERTAIN
			      : is_guess ? DLK_POSSIBLE
					 : DLK_CERTAIN,
		.at = at ? at->symbol : NULL,
		.log_line = is_printed ? p->owner->first_line : p->task->first_line,
	};
	if (is_printed && is_lock(&p->waiting))
		w->evidence |= DLK_EVIDENCE_FUNCTION;
}

/* One that lists have told of by its address; DLK_NONE. */
static uint32_t find_by_name(const struct dlk_log_facts *f, enum dlk_kind kind, const char *name)
{
	for (uint32_t i = 0; i < f->model.resources.len; i++) {
		const struct dlk_resource *r = dlk_model_resource(&f->model, i);

		if (r->kind == kind && r->name && !strcmp(r->name, name))
			return i;
	}
	return DLK_NONE;
}

static enum dlk_status make_resource(struct dlk_log_facts *f, uint32_t person, enum dlk_kind kind,
				     uint32_t *ret)
{
	const struct dlk_log_person *p = dlk_log_person(f, person);
	dlk_addr_t address = has_owner_line(p) ? p->owner->owner.lock : 0;
	const struct dlk_log_global *known = dlk_log_global_awaited(p);
	const char *global = known && known->kind == kind ? known->name : NULL;
	const char *name = address ? NULL : global ? global : name_of(f, person, kind);
	bool is_new;
	enum dlk_status status;

	*ret = global ? find_by_name(f, kind, global) : DLK_NONE;
	if (*ret != DLK_NONE)
		return DLK_OK;

	if (!address && !name)
		return dlk_nomem(f->ctx);
	status = dlk_model_make_resource(&f->model, kind, address, name, ret, &is_new);
	if (status || !is_new)
		return status;
	dlk_model_resource(&f->model, *ret)->name = name;
	dlk_model_resource(&f->model, *ret)->holders_unknown = holders_of(kind);
	dlk_model_resource(&f->model, *ret)->is_event = kind == DLK_KIND_RCU;
	return DLK_OK;
}

static enum dlk_status add_wait(struct dlk_log_facts *f, uint32_t person, uint32_t *resource)
{
	const struct dlk_log_person *p = dlk_log_person(f, person);
	enum dlk_kind kind = has_owner_line(p) ? p->owner->owner.kind : p->waiting.how->kind;
	enum dlk_status status = make_resource(f, person, kind, resource);
	struct dlk_wait wait;

	if (status)
		return status;
	fill_wait(f, person, kind, &wait);
	wait.resource = *resource;
	return dlk_model_add_wait(&f->model, &wait);
}

/* --- who is named as its owner */

static enum dlk_confidence trust(const struct dlk_log_owner *o)
{
	return o->how == DLK_LOG_OWNED && o->kind != DLK_KIND_SEMAPHORE ? DLK_LIKELY : DLK_POSSIBLE;
}

static const char *doubt(const struct dlk_log_owner *o)
{
	if (o->how == DLK_LOG_LAST_HELD)
		return "it is the last that took it, as the kernel printed; it may have let it go";
	if (o->how == DLK_LOG_OWNED_READ)
		return "it is the last reader, as the kernel printed; it may have let it go";
	return "the kernel printed it as the owner";
}

static enum dlk_status add_owner(struct dlk_log_facts *f, const struct dlk_log_block *block,
				 uint32_t resource)
{
	const struct dlk_log_owner *o = &block->owner;
	uint32_t owner = o->how == DLK_LOG_NO_OWNER ? DLK_NONE : dlk_log_people_find(f, &o->owner);
	struct dlk_resource *r = dlk_model_resource(&f->model, resource);
	struct dlk_hold hold = {
		.resource = resource,
		.mode = dlk_kind_mode(o->kind, o->how == DLK_LOG_OWNED_READ),
		.evidence = o->how == DLK_LOG_OWNED ? DLK_EVIDENCE_OWNER : DLK_EVIDENCE_OWNER_HINT,
		.confidence = trust(o),
		.note = doubt(o),
		.log_line = block->first_line,
	};

	if (owner == DLK_NONE) {
		if (!r->holders_assumed)
			r->holders_unknown = "the kernel found no owner when it printed this";
		return DLK_OK;
	}
	hold.context = dlk_log_person(f, owner)->context;
	if (hold.confidence >= DLK_LIKELY) {
		r->holders_unknown = NULL;
		r->holders_assumed = true;
	} else if (!r->holders_assumed) {
		r->holders_unknown = "the kernel records only who took it last";
	}
	return dlk_model_add_hold(&f->model, &hold);
}

/* --- one task */

static bool is_to_be_asked(const struct dlk_log_facts *f, uint32_t person)
{
	const struct dlk_log_person *p = dlk_log_person(f, person);
	const struct dlk_context *c = dlk_log_context(f, person);

	return c->is_blocked && (has_owner_line(p) || is_lock(&p->waiting) ||
				 (is_grace_period(&p->waiting) && c->is_uninterruptible));
}

static enum dlk_status take_person(struct dlk_log_facts *f, uint32_t person)
{
	const struct dlk_log_person *p = dlk_log_person(f, person);
	const struct dlk_wait *former = dlk_model_first_wait(&f->model, p->context);
	uint32_t resource = former ? former->resource : DLK_NONE;
	enum dlk_status status = DLK_OK;

	if (!former && is_to_be_asked(f, person))
		status = add_wait(f, person, &resource);
	if (status || resource == DLK_NONE || !has_owner_line(p))
		return status;
	return add_owner(f, p->owner, resource);
}

enum dlk_status dlk_log_sleeps_gather(struct dlk_log_facts *f)
{
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < f->people.len && !status; i++) {
		if (i % CANCEL_EVERY == 0)
			status = dlk_check_cancel(f->ctx);
		if (!status)
			status = take_person(f, i);
	}
	return status;
}

/* --- what is not known */

static enum dlk_why why_of(const struct dlk_log_person *p)
{
	if (!p->frame_count)
		return DLK_WHY_NOT_SAID;
	return p->waiting.how && p->waiting.how->class != DLK_WAIT_HARMLESS ? DLK_WHY_NOT_ANALYSED
									    : DLK_WHY_NO_IDEA;
}

static enum dlk_status add_unknown(struct dlk_log_facts *f, uint32_t person)
{
	const struct dlk_log_person *p = dlk_log_person(f, person);
	const struct dlk_context *c = dlk_log_context(f, person);
	struct dlk_unknown *slot = dlk_vec_push(f->ctx, &f->model.unknowns);

	if (!slot)
		return dlk_nomem(f->ctx);
	*slot = (struct dlk_unknown){
		.context = p->context,
		.why = why_of(p),
		.kind = p->waiting.how ? p->waiting.how->kind : DLK_KIND_COUNT,
		.function = p->waiting.function ? p->waiting.function->function : NULL,
		.caller = p->waiting.caller ? p->waiting.caller->symbol : NULL,
		.ns = c->blocked_ns,
		.log_line = c->log_line,
	};
	return DLK_OK;
}

/* Whether others wait for what it has, by more than a hint. */
static bool *find_keepers(const struct dlk_log_facts *f)
{
	bool *keeps = dlk_calloc(f->ctx, f->model.contexts.len, sizeof(*keeps));

	for (uint32_t i = 0; keeps && i < f->model.holds.len; i++)
		keeps[dlk_model_hold(&f->model, i)->context] = true;
	return keeps;
}

/* Whether a CPU is said to be stuck: by a lockup, or by a stall that it holds up. */
static bool is_stuck(const struct dlk_log_facts *f, const struct dlk_log_person *p)
{
	int32_t cpu = p->cpu ? p->cpu->cpu.cpu : DLK_LOG_NO_NUMBER;

	if (!p->cpu)
		return false;
	if (p->cpu->cpu.stuck_s || p->cpu->cpu.is_hard_lockup)
		return true;
	for (uint32_t i = f->first; i < f->end && cpu != DLK_LOG_NO_NUMBER; i++) {
		const struct dlk_log_block *block = &f->log->blocks[i];

		for (uint32_t k = 0; block->kind == DLK_LOG_STALL && k < block->stall.cpu_count;
		     k++)
			if (block->stall.cpus[k] == cpu)
				return true;
	}
	return false;
}

/* Whether what it, or what runs on top of it, spins for is told of already. */
static bool is_explained(const struct dlk_log_facts *f, uint32_t context)
{
	for (uint32_t i = 0; i < f->model.unknowns.len; i++)
		if (DLK_VEC_AT(&f->model.unknowns, struct dlk_unknown, i)->context == context)
			return true;
	return dlk_model_first_wait(&f->model, context) != NULL;
}

/* A CPU that is stuck in what is no lock's function: a loop, or something long. */
static enum dlk_status name_runner(struct dlk_log_facts *f, uint32_t person)
{
	const struct dlk_log_person *p = dlk_log_person(f, person);
	const struct dlk_context *c = dlk_log_context(f, person);
	const struct dlk_log_cpu *cpu;
	struct dlk_unknown *slot;

	if (!p->cpu || !c->is_on_cpu || !is_stuck(f, p) || is_explained(f, p->context))
		return DLK_OK;
	cpu = &p->cpu->cpu;
	slot = dlk_vec_push(f->ctx, &f->model.unknowns);
	if (!slot)
		return dlk_nomem(f->ctx);
	*slot = (struct dlk_unknown){
		.context = p->context,
		.why = DLK_WHY_SPINS,
		.kind = DLK_KIND_COUNT,
		.function = cpu->ip.function   ? cpu->ip.function
			    : cpu->stack.count ? cpu->stack.frames[0].function
					       : NULL,
		.ns = c->running_ns,
		.log_line = c->log_line,
	};
	return DLK_OK;
}

static enum dlk_status name_sleeper(struct dlk_log_facts *f, uint32_t person, bool keeps)
{
	const struct dlk_log_person *p = dlk_log_person(f, person);
	struct dlk_context *c = dlk_log_context(f, person);
	const struct dlk_waiting *w = &p->waiting;

	if (w->how && w->how->class == DLK_WAIT_HARMLESS && w->function->is_reliable) {
		c->harmless = w->how->what;
		return DLK_OK;
	}
	if (c->is_uninterruptible || p->is_hung || keeps)
		return add_unknown(f, person);
	return DLK_OK;
}

enum dlk_status dlk_log_unknowns_gather(struct dlk_log_facts *f)
{
	bool *keeps = find_keepers(f);
	enum dlk_status status = keeps ? DLK_OK : dlk_nomem(f->ctx);

	for (uint32_t i = 0; i < f->people.len && !status; i++) {
		const struct dlk_log_person *p = dlk_log_person(f, i);

		if (i % CANCEL_EVERY == 0)
			status = dlk_check_cancel(f->ctx);
		if (!status)
			status = name_runner(f, i);
		if (!status && dlk_log_context(f, i)->is_blocked &&
		    !dlk_model_first_wait(&f->model, p->context))
			status = name_sleeper(f, i, keeps[p->context]);
	}
	return status;
}
