/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "code/releases.h"

#include "code/frame.h"
#include "code/registers.h"

enum {
	MAX_FRAMES_WALKED = 24, /* of one stack */
	MAX_STEPS = 1 << 19     /* of all walks */
};

struct dlk_releases {
	struct dlk_kernel *k;
	struct dlk_registers *registers;
	struct dlk_walk *walk;
	dlk_addr_t current_at;
	uint64_t steps; /* of all walks so far */
};

/* What is asked of a stack, and what was found. */
struct list {
	const struct dlk_stack *stack;
	const struct dlk_act_rules *const *rules;
	uint32_t rule_count;
	struct dlk_released *items;
	uint32_t count;
};

enum dlk_status dlk_releases_open(struct dlk_code *code, struct dlk_releases **ret)
{
	struct dlk_kernel *k = dlk_code_kernel(code);
	struct dlk_releases *r = dlk_alloc(k->ctx, sizeof(*r));

	if (!r)
		return dlk_nomem(k->ctx);
	*r = (struct dlk_releases){ .k = k,
				    .walk = dlk_walk_open(code),
				    .current_at = dlk_frame_current_at(k) };
	if (r->walk)
		r->registers = dlk_registers_open(code, r->walk);
	if (!r->registers)
		return dlk_nomem(k->ctx);
	*ret = r;
	return DLK_OK;
}

static void add(struct list *l, uint32_t rules, dlk_addr_t object)
{
	for (uint32_t i = 0; i < l->count; i++)
		if (l->items[i].rules == rules && l->items[i].object == object)
			return;
	if (l->count < DLK_MAX_RELEASES)
		l->items[l->count++] = (struct dlk_released){ rules, object };
}

static void look(const struct dlk_releases *r, struct list *l, const struct dlk_walk_event *e)
{
	const struct dlk_act_asked q = { .resolver = { .k = r->k,
						       .terms = &r->walk->terms,
						       .task = l->stack->task->address,
						       .current_at = r->current_at } };
	dlk_addr_t object;

	for (uint32_t i = 0; i < l->rule_count; i++)
		if (l->rules[i] && dlk_act_find_object(&q, e, l->rules[i]->releases, &object))
			add(l, i, object);
}

static enum dlk_status list_frame(struct dlk_releases *r, struct list *l, uint32_t frame,
				  const struct dlk_frame_regs *regs)
{
	struct dlk_state s;
	enum dlk_status status;

	dlk_frame_begin(r->walk, l->stack, frame, regs, &s);
	status = dlk_walk_run(r->walk, l->stack->frames[frame].ip, &s, 0);
	r->steps += r->walk->steps;
	if (status)
		return dlk_status_is_fatal(status) ? status : DLK_OK;
	for (uint32_t i = 0; i < r->walk->events.len; i++)
		look(r, l, dlk_walk_event(r->walk, i));
	return DLK_OK;
}

enum dlk_status dlk_releases_list(struct dlk_releases *r, const struct dlk_stack *stack,
				  const struct dlk_act_rules *const *rules, uint32_t rule_count,
				  struct dlk_released *ret, uint32_t *count)
{
	struct list l = { .stack = stack, .rules = rules, .rule_count = rule_count, .items = ret };
	struct dlk_frame_state state = dlk_registers_begin(stack);
	enum dlk_status status = DLK_OK;

	for (uint32_t f = 0; f < stack->frame_count && f < MAX_FRAMES_WALKED && stack->words &&
			     stack->frames[f].is_reliable && r->steps < MAX_STEPS && !status;
	     f++) {
		status = list_frame(r, &l, f, &state.regs);
		if (!status)
			status = dlk_registers_go_out(r->registers, stack, f, &state);
	}
	*count = l.count;
	return status;
}
