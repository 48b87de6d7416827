/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The search of live stacks: see stack_search.h.
 *
 *	ranges by start      |--a--|  |---b---|  |c|
 *	farthest end so far      a        b       b or c
 *
 * A word is within one of those that start before it; going back from the last of these, no more come once
 * the farthest end is not behind the word.  Objects are equal or disjoint, and few are within one: where a word is
 * within many of what is looked for, these are made up, and those that start nearest to it are shown.
 */
#include <config.h>

#include "locks/stack_search.h"

#include <stdlib.h>

enum { CANCEL_EVERY = 64, MAX_LOOKS = 64, MAX_SHOWN = 16 };

void dlk_stack_search_init(struct dlk_facts *f, enum dlk_searched who, struct dlk_stack_search *ret)
{
	*ret = (struct dlk_stack_search){ .f = f,
					  .who = who,
					  .sought = DLK_VEC_INIT(struct dlk_sought) };
}

enum dlk_status dlk_stack_search_add(struct dlk_stack_search *s, const struct dlk_sought *what)
{
	struct dlk_sought *slot = dlk_vec_push(s->f->ctx, &s->sought);

	if (!slot)
		return dlk_nomem(s->f->ctx);
	*slot = *what;
	s->wants_all |= what->wants_all;
	return DLK_OK;
}

void dlk_stack_search_add_code(struct dlk_stack_search *s, dlk_hit_fn *code, void *arg)
{
	s->code = code;
	s->code_arg = arg;
}

static int compare_sought(const void *a, const void *b)
{
	const struct dlk_sought *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (x->resource > y->resource) - (x->resource < y->resource);
}

static void sort(struct dlk_stack_search *s)
{
	struct dlk_sought *all = s->sought.data;

	qsort(all, s->sought.len, sizeof(*all), compare_sought);
	for (uint32_t i = 0; i < s->sought.len; i++)
		all[i].farthest = i && all[i - 1].farthest > all[i].end ? all[i - 1].farthest
									: all[i].end;
}

/* How many start at a word or before it. */
static uint32_t count_before(const struct dlk_stack_search *s, uint64_t word)
{
	uint32_t low = 0, high = s->sought.len;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (DLK_VEC_AT(&s->sought, struct dlk_sought, middle)->start > word)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static enum dlk_status show(const struct dlk_stack_search *s, struct dlk_hit *hit, bool is_whole)
{
	const struct dlk_sought *all = s->sought.data;
	unsigned looks = 0, shown = 0;
	enum dlk_status status = DLK_OK;

	for (uint32_t i = count_before(s, hit->word);
	     i-- > 0 && all[i].farthest > hit->word && !status;) {
		if (looks++ == MAX_LOOKS || shown == MAX_SHOWN)
			break;
		if (hit->word >= all[i].end || (!is_whole && !all[i].wants_all))
			continue;
		hit->resource = all[i].resource;
		shown++;
		status = all[i].hit(all[i].arg, hit);
	}
	return status;
}

/* A word of a stack, or what a register has. */
static enum dlk_status look_at(const struct dlk_stack_search *s, struct dlk_hit *hit, bool is_whole)
{
	const struct dlk_sought *all = s->sought.data;
	enum dlk_status status = DLK_OK;

	if (hit->word >= all[0].start && hit->word < all[s->sought.len - 1].farthest)
		status = show(s, hit, is_whole);
	if (!status && s->code && is_whole && hit->at && dlk_kernel_can_be_code(s->f->k, hit->word))
		status = s->code(s->code_arg, hit);
	return status;
}

/* @param is_whole  Whether the task is one of those that are looked at for all that is sought. */
static enum dlk_status search_words(struct dlk_stack_search *s, uint32_t context,
				    struct dlk_stack *stack, bool is_whole)
{
	struct dlk_hit hit = { .f = s->f, .stack = stack, .context = context };
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < stack->word_count && !status; i++) {
		hit.word = stack->words[i];
		hit.at = stack->sp + i * sizeof(uint64_t);
		status = look_at(s, &hit, is_whole);
	}
	/* Where it stands itself. */
	hit.at = stack->start_sp;
	hit.word = stack->pc;
	if (stack->is_exact && stack->pc && s->code && is_whole && !status)
		status = s->code(s->code_arg, &hit);
	hit.at = 0;
	for (unsigned reg = 0; reg < DLK_FRAME_REGS && stack->is_exact && !status; reg++)
		if (dlk_frame_regs_get(&stack->regs, reg, &hit.word))
			status = look_at(s, &hit, is_whole);
	return status;
}

static enum dlk_status search_context(struct dlk_stack_search *s, uint32_t context)
{
	const struct dlk_task *task = dlk_facts_task(s->f, context);
	bool is_whole = dlk_facts_waits(s->f, context) == (s->who == DLK_SEARCH_WAITING);
	struct dlk_stack stack;
	enum dlk_status status;

	if (dlk_facts_context(s->f, context)->is_idle || task->state == 'Z' || task->state == 'X' ||
	    (!is_whole && (!s->wants_all || s->who == DLK_SEARCH_OTHERS)))
		return DLK_OK;
	status = dlk_facts_read_stack(s->f, context, &stack);
	if (!status)
		return search_words(s, context, &stack, is_whole);
	if (dlk_status_is_fatal(status))
		return status;
	/* What cannot be read was a finding when the waits were looked for. */
	s->lost++;
	return DLK_OK;
}

enum dlk_status dlk_stack_search_run(struct dlk_stack_search *s)
{
	enum dlk_status status = DLK_OK;

	if (!s->sought.len)
		return DLK_OK;
	sort(s);
	for (uint32_t i = 0; i < s->f->model.contexts.len && !status; i++) {
		if (i % CANCEL_EVERY == 0)
			status = dlk_check_cancel(s->f->ctx);
		if (!status)
			status = search_context(s, i);
	}
	return status;
}
