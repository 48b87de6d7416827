/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "code/argument.h"

#include "code/frame.h"

struct dlk_arguments {
	struct dlk_code *code;
	struct dlk_walk *walk;
	struct dlk_registers *registers;
	dlk_addr_t current_at;
};

enum dlk_status dlk_arguments_open(struct dlk_kernel *k, struct dlk_arguments **ret)
{
	struct dlk_arguments *a = dlk_alloc(k->ctx, sizeof(*a));
	enum dlk_status status;

	if (!a)
		return dlk_nomem(k->ctx);
	status = dlk_code_open(k, &a->code);
	if (status)
		return status;
	a->walk = dlk_walk_open(a->code);
	a->registers = a->walk ? dlk_registers_open(a->code, a->walk) : NULL;
	if (!a->registers)
		return dlk_nomem(k->ctx);
	a->current_at = dlk_frame_current_at(k);
	*ret = a;
	return DLK_OK;
}

struct dlk_code *dlk_arguments_code(const struct dlk_arguments *a)
{
	return a->code;
}

/* A number that may be said more than once: it must be the same. */
struct said {
	uint64_t number;
	bool is_said, is_denied;
};

static void say(struct said *s, uint64_t number)
{
	s->is_denied |= s->is_said && s->number != number;
	s->is_said = true;
	s->number = number;
}

/* Where a function's code has kept what it was given. */
static void find_kept(const struct dlk_way_in *in, uint8_t reg, struct said *s)
{
	for (unsigned i = 0; i < in->named_count; i++) {
		const struct dlk_value *v = &in->named[i].value;

		if (v->how == DLK_VALUE_ENTRY && v->reg == reg)
			say(s, in->named[i].number - v->number);
	}
}

/* What the call at which a frame stands is given. */
static void find_given(const struct dlk_arguments *a, const struct dlk_way_in *in, unsigned arg,
		       struct said *s)
{
	const struct dlk_walk *w = a->walk;
	const struct dlk_resolver r = { .k = dlk_code_kernel(a->code),
					.terms = &w->terms,
					.task = in->stack->task->address,
					.current_at = a->current_at,
					.named = in->named,
					.named_count = in->named_count };

	for (uint32_t i = 0; i < w->nodes.len; i++) {
		const struct dlk_walk_node *n = dlk_walk_node(w, i);
		const struct dlk_walk_event *call;
		uint64_t number;

		if (n->end != DLK_WALK_STOPPED)
			continue;
		call = n->event_count ? dlk_walk_event(w, n->first_event + n->event_count - 1)
				      : NULL;
		if (call && !call->store && dlk_resolve(&r, call->args[arg], &number))
			say(s, number);
		else
			s->is_denied = true;
	}
}

static enum dlk_status walk_in(struct dlk_arguments *a, struct dlk_way_in *in)
{
	enum dlk_status status = dlk_way_in_walk(a->walk, in, NULL, NULL);

	if (!dlk_status_is_fatal(status) && (status || !a->walk->has_stopped))
		in->named_count = 0;
	return dlk_status_is_fatal(status) ? status : DLK_OK;
}

enum dlk_status dlk_arguments_find(struct dlk_arguments *a, const struct dlk_stack *stack,
				   uint32_t frame, unsigned arg, uint64_t *ret, bool *found)
{
	struct dlk_frame_state state = dlk_registers_begin(stack);
	struct dlk_way_in in = { .stack = stack, .frame = frame, .regs = &state.regs };
	struct said s = { .is_said = false };
	enum dlk_status status = DLK_OK;

	*found = false;
	if (arg >= DLK_WALK_ARGS || frame >= stack->frame_count)
		return DLK_OK;
	for (uint32_t f = 0; f < frame && !status; f++)
		status = dlk_registers_go_out(a->registers, stack, f, &state);
	if (!status)
		status = walk_in(a, &in);
	if (status)
		return status;
	find_kept(&in, dlk_code_row(a->code)->args[arg], &s);
	if (!s.is_said && frame + 1 < stack->frame_count && stack->frames[frame + 1].is_reliable) {
		status = dlk_registers_go_out(a->registers, stack, frame, &state);
		in.frame = frame + 1;
		if (!status && !state.is_exact)
			status = walk_in(a, &in);
		if (!status && !state.is_exact)
			find_given(a, &in, arg, &s);
	}
	*found = !status && s.is_said && !s.is_denied;
	*ret = s.number;
	return status;
}
