/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waits that are not understood.
 *
 * Of a task that sleeps and of which no kind has found a wait, its frames still tell where it sleeps;
 * and where a CPU spins, its registers and the frames behind them do.  Without that, a deadlock through
 * something that is not analysed would pass for none.
 *
 * Claims: every task that must not be woken by a signal (state D) has a wait, or is harmless, or is
 * unknown.  Of those that a signal can wake (state S), which mostly wait for work to come, only these
 * are unknown: who sleeps in a function that waits for a lock; and who keeps others waiting, and sleeps
 * in one that waits for somebody, or, if it is likely at least that it keeps them waiting, in any that
 * is not harmless.  Of running ones: who stands in a function that spins, be it the task
 * or an interrupt on top of it; and, where the CPU's registers are not known, or do not lead to the end of the
 * stack, who may.
 *
 * How it can be wrong: a task in state S that waits for another without a lock, and keeps nobody else
 * waiting by a lock that is known, is not named.  A loop that spins in a function which is not in the
 * table (wait_function.c) looks like work.  What was unknown for a moment only is named, too: how long
 * it has been so is said, and judged by whoever judges.
 */
#include <config.h>

#include "locks/unknown.h"

#include "kernel/object.h"
#include "locks/record.h"
#include "locks/spin.h"
#include "locks/wait_function.h"

enum { CANCEL_EVERY = 64, MAX_SPINS = 4 /* of one CPU: a task, and interrupts on top of it */ };

/*
 * Whether others wait for what a task holds.  That it holds it may be but a hint, of which most are out of
 * date: such a task mostly sleeps for reasons of its own.
 */
enum keeping { KEEPS_NOBODY, MAY_KEEP, KEEPS };

bool dlk_unknowns_wants(const struct dlk_frame *frames, uint32_t count)
{
	struct dlk_waiting w;

	dlk_frames_waiting(frames, count, &w);
	return w.how && w.how->class == DLK_WAIT_LOCK;
}

/* Without what the compiler appended. */
static const char *plain_name(struct dlk_ctx *ctx, const char *function)
{
	return function ? dlk_format(ctx, "%.*s", (int)dlk_function_plain(function), function)
			: NULL;
}

/* "wq1+0x6b [zoo]" */
static const char *describe_caller(struct dlk_ctx *ctx, const struct dlk_frame *frame)
{
	if (!frame || !frame->symbol || !frame->module)
		return frame ? frame->symbol : NULL;
	return dlk_format(ctx, "%s [%s]", frame->symbol, frame->module);
}

/* ", last taken by kworker/3:1 (pid 77)", as it records; "" if it does not. */
static const char *describe_last(struct dlk_facts *f, dlk_addr_t semaphore)
{
	uint32_t holder =
		dlk_facts_find_context(f, dlk_kernel_peek_member(f->k, semaphore,
								 DLK_M_semaphore_last_holder));

	if (holder == DLK_NONE)
		return "";
	return dlk_format(f->ctx, ", last taken by %s (pid %d)", dlk_facts_context(f, holder)->comm,
			  dlk_facts_context(f, holder)->pid);
}

/* "semaphore 0xffffffff82a3c1a0 (console_sem), last taken by kworker/3:1 (pid 77)" */
static const char *describe_record(struct dlk_facts *f, uint32_t context)
{
	struct dlk_record record;
	const char *name, *last;

	if (!dlk_record_get(f, context, &record) || record.kind != DLK_KIND_SEMAPHORE)
		return NULL;
	name = dlk_object_name(f->k, record.lock, "semaphore");
	last = describe_last(f, record.lock);
	return dlk_format(f->ctx, "semaphore 0x%llx%s%s%s%s", (unsigned long long)record.lock,
			  name ? " (" : "", name ? name : "", name ? ")" : "", last ? last : "");
}

static enum dlk_status add(struct dlk_facts *f, uint32_t context, enum dlk_why why,
			   enum dlk_kind kind, const struct dlk_waiting *w)
{
	const struct dlk_context *c = dlk_facts_context(f, context);
	struct dlk_unknown *slot = dlk_vec_push(f->ctx, &f->model.unknowns);

	if (!slot)
		return dlk_nomem(f->ctx);
	*slot = (struct dlk_unknown){
		.context = context,
		.why = why,
		.kind = kind,
		.function = w->function ? plain_name(f->ctx, w->function->function) : NULL,
		.caller = describe_caller(f->ctx, w->caller),
		.what = describe_record(f, context),
		.ns = c->is_on_cpu ? c->running_ns : c->blocked_ns,
	};
	return DLK_OK;
}

/* Of what it waits for: as the task records, else by the function. */
static enum dlk_kind find_kind(const struct dlk_facts *f, uint32_t context,
			       const struct dlk_waiting *w)
{
	struct dlk_record record;

	if (dlk_record_get(f, context, &record))
		return record.kind;
	return w->how ? w->how->kind : DLK_KIND_COUNT;
}

static enum dlk_status add_sleeper(struct dlk_facts *f, uint32_t context,
				   const struct dlk_waiting *w)
{
	enum dlk_kind kind = find_kind(f, context, w);
	bool is_known = kind != DLK_KIND_COUNT || (w->how && w->how->class != DLK_WAIT_HARMLESS);
	bool is_followed = kind != DLK_KIND_COUNT && dlk_kind_is_followed(kind);
	enum dlk_why known = is_followed ? DLK_WHY_NOT_FOUND : DLK_WHY_NOT_ANALYSED;

	return add(f, context, is_known ? known : DLK_WHY_NO_IDEA, kind, w);
}

/* Of a sleeper that a signal can wake, by the function that it sleeps in. */
static bool is_unknown_sleep(const struct dlk_wait_function *how, enum keeping keeping)
{
	if (!how || how->class == DLK_WAIT_HARMLESS)
		return keeping == KEEPS;
	return how->class == DLK_WAIT_LOCK || keeping != KEEPS_NOBODY;
}

/* "a futex, 0x7f26f4a01020 of process 77" */
static enum dlk_status say_idle(struct dlk_facts *f, struct dlk_context *c)
{
	c->harmless = dlk_purpose_words(c->purpose);
	if (c->sleeps_on)
		c->harmless = dlk_format(f->ctx, "%s, %s", c->harmless, c->sleeps_on);
	return c->harmless ? DLK_OK : dlk_nomem(f->ctx);
}

static enum dlk_status name_sleeper(struct dlk_facts *f, uint32_t context, enum keeping keeping)
{
	struct dlk_context *c = dlk_facts_context(f, context);
	struct dlk_waiting w;

	dlk_frames_waiting(c->frames, c->frame_count, &w);
	if (w.how && w.how->class == DLK_WAIT_HARMLESS && w.function->is_reliable) {
		c->harmless = w.how->what;
		return DLK_OK;
	}
	if (c->is_uninterruptible || (c->state == 'S' && is_unknown_sleep(w.how, keeping)))
		return add_sleeper(f, context, &w);
	return c->is_waiting_idly ? say_idle(f, c) : DLK_OK;
}

static enum dlk_status name_spinner(struct dlk_facts *f, uint32_t context)
{
	const struct dlk_context *c = dlk_facts_context(f, context);
	struct dlk_waiting w = { NULL, NULL, NULL };
	enum dlk_status status = DLK_OK;
	bool has_spin = false;
	uint32_t next = 0;

	if (dlk_spin_is_explained(f, context))
		return DLK_OK;
	for (int n = 0; n < MAX_SPINS && !status; n++) {
		if (!dlk_frames_spinning(c->frames, c->frame_count, &next, &w))
			break;
		has_spin = true;
		status = add(f, context, DLK_WHY_SPINS, w.how->kind, &w);
	}
	if (has_spin || !c->is_unseen || c->is_idle)
		return status;
	return add(f, context, DLK_WHY_NOT_SEEN, DLK_KIND_COUNT, &w);
}

/* Who holds what somebody waits for: one for each context. */
static enum dlk_status find_keepers(struct dlk_facts *f, enum keeping **ret)
{
	enum keeping *keeping = dlk_calloc(f->ctx, f->model.contexts.len, sizeof(*keeping));
	bool *is_awaited = dlk_calloc(f->ctx, f->model.resources.len, sizeof(*is_awaited));

	if (!keeping || !is_awaited)
		return dlk_nomem(f->ctx);
	for (uint32_t i = 0; i < f->model.waits.len; i++)
		is_awaited[dlk_model_wait(&f->model, i)->resource] = true;
	for (uint32_t i = 0; i < f->model.holds.len; i++) {
		const struct dlk_hold *hold = dlk_model_hold(&f->model, i);
		enum keeping how = hold->confidence >= DLK_LIKELY ? KEEPS : MAY_KEEP;

		if (is_awaited[hold->resource] && keeping[hold->context] < how)
			keeping[hold->context] = how;
	}
	*ret = keeping;
	return DLK_OK;
}

enum dlk_status dlk_unknowns_gather(struct dlk_facts *f)
{
	enum keeping *keeping = NULL;
	enum dlk_status status = find_keepers(f, &keeping);

	for (uint32_t i = 0; i < f->tasks.tasks.len && !status; i++) {
		const struct dlk_context *c = dlk_facts_context(f, i);

		if (i % CANCEL_EVERY == 0)
			status = dlk_check_cancel(f->ctx);
		if (status || c->state == 'Z' || c->state == 'X')
			continue;
		if (c->is_on_cpu)
			status = name_spinner(f, i);
		else if (c->is_blocked && !dlk_facts_waits(f, i))
			status = name_sleeper(f, i, keeping[i]);
	}
	for (uint32_t i = f->tasks.tasks.len; i < f->model.contexts.len && !status; i++)
		status = name_spinner(f, i);
	return status;
}
