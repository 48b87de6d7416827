/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "code/release.h"

#include <string.h>

#include "code/asked.h"
#include "code/frame.h"
#include "code/registers.h"
#include "code/taken.h"
#include "kernel/arch.h"

enum {
	MAX_DEPTH = 2,          /* functions that a frame's function calls, and these */
	MAX_CONTAINER = 8192,   /* how far before an object what contains it begins */
	MAX_FRAMES_WALKED = 24, /* of one stack */
	MAX_KNOWN = 32          /* calls whose effect is kept */
};

enum effect { NO_EFFECT, TAKES, RELEASES, MAY_RELEASE };

/* What a call does with the object. */
struct known {
	dlk_addr_t target;
	struct dlk_value args[DLK_WALK_ARGS];
	unsigned depth;
	enum effect effect;
};

struct dlk_release {
	struct dlk_kernel *k;
	struct dlk_code *code;
	struct dlk_mentions *mentions; /* NULL */
	struct dlk_registers *registers;
	struct dlk_walk *walks[MAX_DEPTH + 1]; /* of a frame, and of what it calls */
	const struct dlk_stack *stack;         /* at hand */
	dlk_addr_t current_at;                 /* where each CPU has its task, in its area; 0 */
	struct known known[MAX_KNOWN];         /* of the claim that is being answered */
	unsigned known_count;
	struct dlk_asked asked; /* words that the frame's function has asked */
	struct dlk_asked_by by; /* its branches that depend on memory */
};

static enum dlk_status open_parts(struct dlk_release *r)
{
	struct dlk_kernel *k = r->k;
	enum dlk_status status = dlk_code_open(k, &r->code);

	if (status)
		return status;
	for (unsigned i = 0; i <= MAX_DEPTH; i++) {
		r->walks[i] = dlk_walk_open(r->code);
		if (!r->walks[i])
			return dlk_nomem(k->ctx);
	}
	r->registers = dlk_registers_open(r->code, r->walks[0]);
	if (!r->registers)
		return dlk_nomem(k->ctx);
	r->current_at = dlk_frame_current_at(k);
	return DLK_OK;
}

enum dlk_status dlk_release_open(struct dlk_kernel *k, struct dlk_mentions *mentions,
				 struct dlk_release **ret)
{
	struct dlk_release *r = dlk_alloc(k->ctx, sizeof(*r));
	enum dlk_status status;

	if (!r)
		return dlk_nomem(k->ctx);
	r->k = k;
	r->mentions = mentions;
	status = open_parts(r);
	if (!status)
		*ret = r;
	return status;
}

struct dlk_code *dlk_release_code(const struct dlk_release *r)
{
	return r->code;
}

void dlk_release_start(struct dlk_release *r)
{
	dlk_code_start(r->code);
}

/* --- events */

static enum dlk_status evaluate(struct dlk_release *r, unsigned depth, dlk_addr_t at,
				const struct dlk_state *begin, struct dlk_release_claim *claim);

/* Whether a value may lead to the object without a word of memory: it is that, or what contains it. */
static bool is_near(uint64_t value, dlk_addr_t object)
{
	return value <= object && object - value < MAX_CONTAINER;
}

/*
 * Whether a callee may know of the object: it is given that, or what contains it, or has its address in its text, or is
 * known to find it.
 */
static bool may_know(const struct dlk_release *r, const struct dlk_walk_event *e,
		     const struct dlk_release_claim *c)
{
	for (unsigned i = 0; i < DLK_WALK_ARGS; i++)
		if (e->args[i].how == DLK_VALUE_NUMBER && is_near(e->args[i].number, c->object))
			return true;
	if (r->mentions && dlk_mentions_has(r->mentions, e->target, false, c->object))
		return true;
	return c->rules->through &&
	       dlk_function_matches(dlk_kernel_describe_ip(r->k, e->target).function,
				    c->rules->through);
}

/* What a function does that was called with the same before: error paths call the same again and again. */
static bool recall(const struct dlk_release *r, const struct dlk_walk_event *e, unsigned depth,
		   enum effect *ret)
{
	for (unsigned i = 0; i < r->known_count; i++) {
		const struct known *known = &r->known[i];
		bool is_same = known->target == e->target && known->depth == depth;

		for (unsigned j = 0; j < DLK_WALK_ARGS && is_same; j++)
			is_same = dlk_value_is_same(&known->args[j], &e->args[j]);
		if (is_same) {
			*ret = known->effect;
			return true;
		}
	}
	return false;
}

static void remember(struct dlk_release *r, const struct dlk_walk_event *e, unsigned depth,
		     enum effect effect)
{
	struct known *known = &r->known[r->known_count % MAX_KNOWN];

	if (r->known_count == MAX_KNOWN)
		return;
	r->known_count++;
	*known = (struct known){ .target = e->target, .depth = depth, .effect = effect };
	memcpy(known->args, e->args, sizeof(known->args));
}

/* What a function that is called will do with the object. */
static enum dlk_status look_into(struct dlk_release *r, const struct dlk_walk_event *e,
				 unsigned depth, const struct dlk_release_claim *claim,
				 enum effect *ret)
{
	struct dlk_walk *inner = r->walks[depth + 1];
	struct dlk_release_claim c = { .object = claim->object,
				       .rules = claim->rules,
				       .bit = claim->bit };
	const struct dlk_walk_event call = *e;
	struct dlk_state s = { 0 };
	enum dlk_status status;

	if (recall(r, e, depth, ret))
		return DLK_OK;
	for (unsigned i = 0; i < DLK_WALK_ARGS; i++)
		if (e->args[i].how == DLK_VALUE_NUMBER)
			s.regs[dlk_code_row(r->code)->args[i]] = e->args[i];
	s.regs[inner->machine.sp] = dlk_value_entry(inner->machine.sp);
	inner->machine.stack = NULL;
	inner->machine.stack_start = inner->machine.stack_end = 0;
	status = evaluate(r, depth + 1, e->target, &s, &c);
	if (status)
		return dlk_status_is_fatal(status) ? status : DLK_OK;
	*ret = c.verdict == DLK_RELEASE_MUST    ? RELEASES
	       : c.verdict == DLK_RELEASE_MAY   ? MAY_RELEASE
	       : c.verdict == DLK_RELEASE_TAKES ? TAKES
						: NO_EFFECT;
	remember(r, &call, depth, *ret);
	return DLK_OK;
}

static struct dlk_resolver resolver_of(const struct dlk_release *r, const struct dlk_walk *w)
{
	return (struct dlk_resolver){ .k = r->k,
				      .terms = &w->terms,
				      .task = r->stack->task->address,
				      .current_at = r->current_at };
}

static enum dlk_status effect_of(struct dlk_release *r, unsigned depth, uint32_t event,
				 const struct dlk_release_claim *c, enum effect *ret)
{
	const struct dlk_walk *w = r->walks[depth];
	const struct dlk_walk_event *e = dlk_walk_event(w, event);
	const struct dlk_act_asked q = { .resolver = resolver_of(r, w),
					 .object = c->object,
					 .bit = c->bit };

	*ret = NO_EFFECT;
	if (dlk_act_does(&q, e, c->rules->releases, false))
		*ret = RELEASES;
	else if (dlk_act_does(&q, e, c->rules->takes, true))
		*ret = TAKES;
	else if (!e->store && e->target && depth < MAX_DEPTH && may_know(r, e, c))
		return look_into(r, e, depth, c, ret);
	return DLK_OK;
}

/* --- paths */

struct outcome {
	bool releases, may, takes, returns, stays, is_lost;
};

/* A claim that is being answered at a depth. */
struct asking {
	struct dlk_release *r;
	unsigned depth;
	struct dlk_release_claim *claim;
	struct outcome out;
	enum dlk_status status;
};

/* Whether that is the first thing that is done to the object on its path. */
static bool take_event(void *arg, struct dlk_walk *w, uint32_t event)
{
	struct asking *a = arg;
	enum effect effect = NO_EFFECT;

	if (!a->status)
		a->status = effect_of(a->r, a->depth, event, a->claim, &effect);
	if ((effect == RELEASES || effect == MAY_RELEASE) && !a->claim->at)
		a->claim->at = dlk_walk_event(w, event)->at;
	a->out.releases |= effect == RELEASES;
	a->out.may |= effect == MAY_RELEASE;
	a->out.takes |= effect == TAKES;
	return effect == RELEASES || effect == TAKES;
}

/* What a branch depends on, if the frame's function has asked that before. */
static bool number_of(void *arg, struct dlk_walk *w, uint32_t node, dlk_addr_t at,
		      const struct dlk_value *v, uint64_t *ret)
{
	struct asking *a = arg;
	struct dlk_resolver r = resolver_of(a->r, w);

	(void)node;
	if (a->r->asked.count)
		return dlk_asked_number(&a->r->asked, &r, a->claim->object, v, ret);
	if (!a->depth)
		dlk_asked_by_add(&a->r->by, at);
	return false;
}

static void judge(const struct dlk_walk *w, const struct outcome *out, struct dlk_release_claim *c)
{
	bool is_lost = out->is_lost || w->is_cut;

	c->is_lost |= is_lost;
	if (out->releases && !out->may && !out->takes && !out->returns && !out->stays && !is_lost)
		c->verdict = DLK_RELEASE_MUST;
	else if (out->releases || out->may)
		c->verdict = DLK_RELEASE_MAY;
	else
		c->verdict = out->takes ? DLK_RELEASE_TAKES : DLK_RELEASE_NONE;
}

/*
 * Whether a path stays for ever where nothing is done: in a loop, or where a call that never returns is
 * followed by what does not belong to it.
 */
static bool stays(const struct dlk_walk *w)
{
	bool is_done[DLK_MAX_WALK_NODES];

	for (uint32_t i = 0; i < w->nodes.len; i++)
		is_done[i] = dlk_walk_node(w, i)->end != DLK_WALK_GOES_ON;
	dlk_walk_mark_back(w, is_done);
	for (uint32_t i = 0; i < w->nodes.len; i++)
		if (!is_done[i])
			return true;
	return false;
}

/* Walk from an instruction on, each path up to the first thing that is done to the object. */
static enum dlk_status evaluate(struct dlk_release *r, unsigned depth, dlk_addr_t at,
				const struct dlk_state *begin, struct dlk_release_claim *claim)
{
	struct dlk_walk *w = r->walks[depth];
	struct asking a = { .r = r, .depth = depth, .claim = claim };
	enum dlk_status status;

	w->is_done = take_event;
	w->number = number_of;
	w->is_done_arg = w->number_arg = &a;
	status = dlk_walk_run(w, at, begin, 0);
	w->is_done = NULL;
	w->number = NULL;
	if (!status)
		status = a.status;
	if (status)
		return status;
	for (uint32_t i = 0; i < w->nodes.len; i++) {
		a.out.returns |= dlk_walk_node(w, i)->end == DLK_WALK_RETURNS;
		a.out.is_lost |= dlk_walk_node(w, i)->end == DLK_WALK_LOST;
	}
	a.out.stays = stays(w);
	judge(w, &a.out, claim);
	return DLK_OK;
}

/* --- frames */

/* Whether a frame has such a value, in its registers or among its own words, or in its code. */
static bool has_near(const struct dlk_release *r, const struct dlk_stack *stack, uint32_t frame,
		     const struct dlk_frame_regs *regs, dlk_addr_t object)
{
	dlk_addr_t from = dlk_registers_sp(stack, frame);
	uint64_t value;

	for (unsigned reg = 0; reg < DLK_STATE_REGS; reg++)
		if (dlk_frame_regs_get(regs, reg, &value) && is_near(value, object))
			return true;
	if (from < stack->sp) /* what was interrupted may have had any */
		from = stack->sp;
	for (dlk_addr_t at = from; at < stack->frames[frame].sp && at < stack->top; at += DLK_WORD)
		if (at >= stack->sp && is_near(stack->words[(at - stack->sp) / DLK_WORD], object))
			return true;
	return r->mentions && dlk_mentions_has(r->mentions, stack->frames[frame].ip, true, object);
}

/*
 * First those frames are asked that have the object, or what contains it, at hand; then, of what is open yet, those that would
 * have to find it in memory.
 */
struct round {
	const struct dlk_stack *stack;
	bool is_second;
};

static bool is_asked(const struct dlk_release *r, const struct round *round,
		     const struct dlk_release_claim *c, uint32_t frame,
		     const struct dlk_frame_regs *regs)
{
	return c->rules && c->frame == DLK_NONE && c->from <= frame && !c->is_waited_for &&
	       has_near(r, round->stack, frame, regs, c->object) != round->is_second;
}

/* What is further out is not seen. */
static void lose(struct dlk_release_claim *claims, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		claims[i].is_lost |= claims[i].frame == DLK_NONE;
}

/* A claim at a frame. */
struct at_frame {
	struct dlk_release *r;
	const struct dlk_stack *stack;
	uint32_t frame;
	const struct dlk_frame_state *state;
};

static enum dlk_status evaluate_frame(const struct at_frame *f, struct dlk_release_claim *claim)
{
	struct dlk_state s;

	dlk_frame_begin(f->r->walks[0], f->stack, f->frame, &f->state->regs, &s);
	f->r->known_count = 0;
	f->r->by = (struct dlk_asked_by){ .count = 0 };
	return evaluate(f->r, 0, f->stack->frames[f->frame].ip, &s, claim);
}

/* What is released on some paths may be so on all that can be taken. */
static enum dlk_status ask_again(const struct at_frame *f, struct dlk_release_claim *claim)
{
	struct dlk_release *r = f->r;
	struct dlk_way_in in = { .stack = f->stack, .frame = f->frame, .regs = &f->state->regs };
	struct dlk_resolver resolver = resolver_of(r, r->walks[0]);
	struct dlk_release_claim again = *claim;
	enum dlk_status status = dlk_asked_find(r->walks[0], &in, &resolver, &r->by, &r->asked);

	if (status || !r->asked.count)
		return status;
	again.at = 0;
	status = evaluate_frame(f, &again);
	r->asked.count = 0;
	if (!status && again.verdict == DLK_RELEASE_MUST)
		*claim = again;
	return status;
}

static bool is_taking_function(const char *function, const struct dlk_act *takes)
{
	for (const struct dlk_act *act = takes; act->how != DLK_ACT_END; act++)
		if (act->how == DLK_ACT_CALL && dlk_function_is(function, act->function))
			return true;
	return false;
}

/* Whether all paths to where the frame stands end with a call that takes the object. */
static bool is_called_to_take(struct dlk_release *r, const struct dlk_way_in *in,
			      const struct dlk_release_claim *claim)
{
	const struct dlk_walk *w = r->walks[0];
	struct dlk_act_asked q = { .resolver = resolver_of(r, w),
				   .object = claim->object,
				   .bit = claim->bit };
	bool ret = w->has_stopped;

	q.resolver.named = in->named;
	q.resolver.named_count = in->named_count;
	for (uint32_t i = 0; i < w->nodes.len && ret; i++) {
		const struct dlk_walk_node *n = dlk_walk_node(w, i);

		if (n->end == DLK_WALK_STOPPED)
			ret = n->event_count &&
			      dlk_act_does(&q,
					   dlk_walk_event(w, n->first_event + n->event_count - 1),
					   claim->rules->takes, true);
	}
	return ret;
}

/* What a frame is about to take it will release, and does not hold yet. */
static enum dlk_status leave_out_taking(const struct at_frame *f, struct dlk_release_claim *claim)
{
	struct dlk_way_in in = { .stack = f->stack, .frame = f->frame, .regs = &f->state->regs };
	enum dlk_status status;
	dlk_addr_t callee;

	if (!f->frame || f->state->is_exact)
		return DLK_OK;
	callee = f->stack->frames[f->frame - 1].ip;
	if (!is_taking_function(dlk_kernel_describe_ip(f->r->k, callee).function,
				claim->rules->takes))
		return DLK_OK;
	status = dlk_way_in_walk(f->r->walks[0], &in, NULL, NULL);
	if (!status && is_called_to_take(f->r, &in, claim))
		claim->verdict = DLK_RELEASE_TAKES;
	return status;
}

/*
 * Whether a frame has anything to do still: it is no entry into the kernel, stands on the task's stack, not on that of an
 * interrupt, and does not wait for a call that never returns, behind which another function begins.
 */
static bool goes_on(const struct at_frame *f)
{
	const struct dlk_stack *stack = f->stack;
	dlk_addr_t ip = stack->frames[f->frame].ip, sp = dlk_registers_sp(stack, f->frame);

	return sp >= stack->sp && sp < stack->top &&
	       (f->state->is_exact || dlk_kernel_describe_ip(f->r->k, ip).start != ip) &&
	       !dlk_registers_is_entry(f->r->registers, stack, f->frame, f->state);
}

static enum dlk_status ask_frame(const struct at_frame *f, const struct round *round,
				 struct dlk_release_claim *claims, uint32_t count)
{
	if (!goes_on(f))
		return DLK_OK;
	for (uint32_t i = 0; i < count; i++) {
		enum dlk_status status;

		if (!is_asked(f->r, round, &claims[i], f->frame, &f->state->regs))
			continue;
		claims[i].at = 0;
		status = evaluate_frame(f, &claims[i]);
		if (!status && claims[i].verdict == DLK_RELEASE_MAY && f->r->by.count)
			status = ask_again(f, &claims[i]);
		if (!status && claims[i].verdict >= DLK_RELEASE_MAY)
			status = leave_out_taking(f, &claims[i]);
		if (dlk_status_is_fatal(status))
			return status;
		if (claims[i].verdict != DLK_RELEASE_NONE)
			claims[i].frame = f->frame;
	}
	return DLK_OK;
}

static bool is_any_open(const struct dlk_release_claim *claims, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (claims[i].rules && claims[i].frame == DLK_NONE)
			return true;
	return false;
}

static enum dlk_status ask_round(struct dlk_release *r, const struct round *round,
				 struct dlk_release_claim *claims, uint32_t count)
{
	const struct dlk_stack *stack = round->stack;
	struct dlk_frame_state state = dlk_registers_begin(stack);
	enum dlk_status status = DLK_OK;

	for (uint32_t f = 0; f < stack->frame_count && f < MAX_FRAMES_WALKED && !status &&
			     is_any_open(claims, count);
	     f++) {
		if (!stack->frames[f].is_reliable) {
			lose(claims, count);
			break;
		}
		status = ask_frame(&(struct at_frame){ r, stack, f, &state }, round, claims, count);
		if (!status)
			status = dlk_registers_go_out(r->registers, stack, f, &state);
	}
	return status;
}

/* What no frame releases may have been left to one to release. */
static enum dlk_status ask_taken(struct dlk_release *r, const struct dlk_stack *stack,
				 struct dlk_release_claim *claims, uint32_t count)
{
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < count && !status; i++) {
		struct dlk_release_claim *c = &claims[i];

		if (c->rules && (c->rules->is_handed_on || c->is_waited_for) &&
		    c->verdict == DLK_RELEASE_NONE && !c->is_lost)
			status = dlk_taken_ask(r->registers, r->walks[0], r->mentions, stack, c);
	}
	return status;
}

enum dlk_status dlk_release_ask(struct dlk_release *r, const struct dlk_stack *stack,
				struct dlk_release_claim *claims, uint32_t count)
{
	struct round round = { .stack = stack };
	bool can_ask = stack->words && !dlk_code_is_spent(r->code);
	enum dlk_status status;

	r->stack = stack;
	for (uint32_t i = 0; i < count; i++) {
		claims[i].verdict = DLK_RELEASE_NONE;
		claims[i].frame = DLK_NONE;
		claims[i].is_lost = !claims[i].rules || !can_ask;
	}
	if (!can_ask)
		return DLK_OK;
	status = ask_round(r, &round, claims, count);
	round.is_second = true;
	if (!status && is_any_open(claims, count))
		status = ask_round(r, &round, claims, count);
	return status ? status : ask_taken(r, stack, claims, count);
}
