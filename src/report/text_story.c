/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a cycle of CPUs came about, and why it never ends, in sentences: where contexts spin that is not to be seen from
 * who waits for whom.
 *
 *   On CPU 3 a softirq came on top of zoo pid 12, which holds spinlock zoo_lock and had softirqs enabled; it spins
 *   for the same lock, and zoo goes on only when it has ended.  Outside of softirqs such a lock is taken with
 *   softirqs off: spin_lock_bh().
 *
 * Each sentence is about one step, and is said if the step is of such a form.
 */
#include <config.h>

#include "report/text.h"

#include <inttypes.h>
#include <stdio.h>

enum { INDENT = 2 };

static const struct dlk_wait *wait_of(const struct dlk_text *t, const struct dlk_step *step)
{
	return &t->model->waits[step->wait];
}

static const struct dlk_context *context_of(const struct dlk_text *t, const struct dlk_step *step)
{
	return &t->model->contexts[wait_of(t, step)->context];
}

static const struct dlk_resource *resource_of(const struct dlk_text *t, const struct dlk_step *step)
{
	return &t->model->resources[wait_of(t, step)->resource];
}

static bool is_spinning_lock(const struct dlk_text *t, const struct dlk_step *step)
{
	const struct dlk_resource *r = resource_of(t, step);

	return (r->kind == DLK_KIND_SPINLOCK || r->kind == DLK_KIND_RWLOCK) &&
	       wait_of(t, step)->is_awake;
}

/* "spinlock zoo_lock", or by its address. */
static const char *name_lock(const struct dlk_text *t, const struct dlk_step *step)
{
	const struct dlk_resource *r = resource_of(t, step);
	const char *name = r->name ? dlk_format(t->ctx, "%s %s", dlk_kind_text(r->kind), r->name)
				   : NULL;

	return name ? name : "that lock";
}

/* "zoo pid 12", "the softirq over pid 12" */
static const char *name_context(const struct dlk_text *t, const struct dlk_context *c)
{
	const char *name = c->kind == DLK_CONTEXT_TASK
				   ? dlk_format(t->ctx, "%s pid %" PRId32, c->comm, c->pid)
				   : dlk_format(t->ctx, "the %s on CPU %" PRId32,
						dlk_context_text(c->kind), c->cpu);

	return name ? name : c->comm;
}

/* What takes a lock with such interruptions off. */
static const char *wanted_form(const struct dlk_text *t, const struct dlk_step *step,
			       enum dlk_context_kind on_top)
{
	const struct dlk_resource *r = resource_of(t, step);
	bool is_read = step->hold != DLK_NONE && t->model->holds[step->hold].mode == DLK_MODE_READ;
	const char *lock = r->kind == DLK_KIND_SPINLOCK ? "spin_lock"
			   : is_read                    ? "read_lock"
							: "write_lock";
	const char *form = dlk_format(t->ctx, "%s_%s()", lock,
				      on_top == DLK_CONTEXT_SOFTIRQ ? "bh" : "irqsave");

	return form ? form : lock;
}

/* What is on top of a context wants what that holds. */
static void tell_on_top(struct dlk_text *t, const struct dlk_step *below,
			const struct dlk_step *top)
{
	const struct dlk_context *c = context_of(t, below), *over = context_of(t, top);
	const char *kind = dlk_context_text(over->kind);
	const char *what = over->kind == DLK_CONTEXT_HARDIRQ ? "interrupt" : kind;

	dlk_out_column(&t->out, INDENT);
	dlk_out_wrap(&t->out, INDENT,
		     "On CPU %" PRId32
		     " a %s came on top of %s, which holds %s and had %ss enabled; "
		     "it spins for the same lock%s%s, and %s goes on only when it has ended.",
		     c->cpu, kind, name_context(t, c), name_lock(t, top), what,
		     wait_of(t, top)->at ? " in " : "",
		     wait_of(t, top)->at ? wait_of(t, top)->at : "", c->comm);
	if (over->kind == DLK_CONTEXT_SOFTIRQ || over->kind == DLK_CONTEXT_HARDIRQ)
		dlk_out_wrap(&t->out, INDENT, " What a %s takes, too, is taken with %ss off: %s.",
			     kind, what, wanted_form(t, top, over->kind));
}

/* Whoever is below cannot let go what others wait for. */
static void tell_held_up(struct dlk_text *t, const struct dlk_step *below,
			 const struct dlk_step *top)
{
	const struct dlk_context *c = context_of(t, below), *over = context_of(t, top);

	dlk_out_column(&t->out, INDENT);
	dlk_out_wrap(&t->out, INDENT,
		     "On CPU %" PRId32
		     " a %s came on top of %s and waits for %s: until it has ended %s "
		     "cannot go on.",
		     c->cpu, dlk_context_text(over->kind), name_context(t, c), name_lock(t, top),
		     c->comm);
}

static void tell_self(struct dlk_text *t, const struct dlk_step *step)
{
	const struct dlk_context *c = context_of(t, step);

	dlk_out_column(&t->out, INDENT);
	if (step->hold != DLK_NONE && t->model->holds[step->hold].mode == DLK_MODE_READ)
		dlk_out_wrap(&t->out, INDENT,
			     "%s holds %s for reading and spins on CPU %" PRId32
			     " until no reader is left: it waits for itself.",
			     name_context(t, c), name_lock(t, step), c->cpu);
	else
		dlk_out_wrap(&t->out, INDENT,
			     "%s has taken %s and takes it once more: it spins on CPU %" PRId32
			     " until it lets it go itself.",
			     name_context(t, c), name_lock(t, step), c->cpu);
}

/* One that is to have it first was interrupted; or a reader comes behind a writer that waits. */
static void tell_turn(struct dlk_text *t, const struct dlk_step *step)
{
	const struct dlk_context *c = context_of(t, step);
	const struct dlk_context *ahead = &t->model->contexts[step->blocker];
	bool is_read = wait_of(t, step)->mode == DLK_MODE_READ;

	dlk_out_column(&t->out, INDENT);
	if (!is_read || t->model->waits[step->ahead].mode == DLK_MODE_READ) {
		dlk_out_wrap(
			&t->out, INDENT,
			"%s spins on CPU %" PRId32
			" for %s, behind %s in its queue: that one is to have it first, but was "
			"interrupted and cannot take it.",
			name_context(t, c), c->cpu, name_lock(t, step), name_context(t, ahead));
		return;
	}
	dlk_out_wrap(
		&t->out, INDENT,
		"%s spins on CPU %" PRId32
		" to read %s, behind %s, which spins until no reader is left. A task must not read such "
		"a lock again while it does: a writer may have come in between.",
		name_context(t, c), c->cpu, name_lock(t, step), name_context(t, ahead));
}

static void tell_cpu(struct dlk_text *t, const struct dlk_step *step)
{
	const struct dlk_context *c = context_of(t, step);
	const struct dlk_context *other = &t->model->contexts[step->blocker];

	dlk_out_column(&t->out, INDENT);
	dlk_out_wrap(
		&t->out, INDENT,
		"%s has asked CPU %" PRId32 " to call a function and spins until it has; there %s "
		"spins with interrupts off, so that it is never called. Who waits for other CPUs "
		"must hold no lock that these may want.",
		name_context(t, c), other->cpu, name_context(t, other));
}

/* CPUs that are to stop, all at a time: only then has one's wait for a CPU a state. */
static bool is_stop(const struct dlk_text *t, const struct dlk_step *step)
{
	const struct dlk_resource *r = resource_of(t, step);

	return r->kind == DLK_KIND_CPU && r->state;
}

static void tell_stop(struct dlk_text *t, const struct dlk_step *step)
{
	const struct dlk_context *other = &t->model->contexts[step->blocker];

	dlk_out_column(&t->out, INDENT);
	dlk_out_wrap(
		&t->out, INDENT,
		"%s waits until all CPUs that it stops have stopped; CPU %" PRId32
		" does not, for %s keeps it from what is to stop it. Who stops CPUs must hold nothing "
		"that is spun for.",
		name_context(t, context_of(t, step)), other->cpu, name_context(t, other));
}

/* The end of a timer's function, or of an interrupt's handler: its state says which. */
static void tell_end(struct dlk_text *t, const struct dlk_step *step)
{
	const struct dlk_context *c = context_of(t, step);
	const char *what = resource_of(t, step)->state;

	if (!what)
		what = "a timer's function, which runs";
	dlk_out_column(&t->out, INDENT);
	if (step->blocker == wait_of(t, step)->context)
		dlk_out_wrap(&t->out, INDENT,
			     "%s waits for the end of %s in itself: it waits for itself.",
			     name_context(t, c), what);
	else
		dlk_out_wrap(&t->out, INDENT,
			     "%s %s for the end of %s in %s. Who waits for that must hold nothing "
			     "that is wanted there.",
			     name_context(t, c), wait_of(t, step)->is_awake ? "spins" : "sleeps",
			     what, name_context(t, &t->model->contexts[step->blocker]));
}

/* The lock is free, and goes to another one first. */
static void tell_behind(struct dlk_text *t, const struct dlk_step *step)
{
	dlk_out_column(&t->out, INDENT);
	dlk_out_wrap(
		&t->out, INDENT,
		"%s spins behind %s in the queue of %s, which nobody holds: it goes to that one "
		"first.",
		name_context(t, context_of(t, step)),
		name_context(t, &t->model->contexts[step->blocker]), name_lock(t, step));
}

static bool is_behind(const struct dlk_text *t, const struct dlk_step *step)
{
	return is_spinning_lock(t, step) && step->hold != DLK_NONE &&
	       t->model->holds[step->hold].evidence == DLK_EVIDENCE_QUEUE_ORDER;
}

/* @return Whether something was said. */
static bool tell_step(struct dlk_text *t, const struct dlk_cycle *cycle, uint32_t i)
{
	const struct dlk_step *step = &cycle->steps[i];
	const struct dlk_step *next = &cycle->steps[(i + 1) % cycle->step_count];
	const struct dlk_wait *w = wait_of(t, step);

	if (w->evidence & DLK_EVIDENCE_ON_TOP) {
		if (is_spinning_lock(t, next) && next->blocker == w->context)
			tell_on_top(t, step, next);
		else
			tell_held_up(t, step, next);
	} else if (is_behind(t, step)) {
		tell_behind(t, step);
	} else if (is_spinning_lock(t, step) && cycle->step_count == 1) {
		tell_self(t, step);
	} else if (is_spinning_lock(t, step) && step->hold == DLK_NONE) {
		tell_turn(t, step);
	} else if (is_stop(t, step)) {
		tell_stop(t, step);
	} else if (w->is_awake && resource_of(t, step)->kind == DLK_KIND_CPU) {
		tell_cpu(t, step);
	} else if (resource_of(t, step)->kind == DLK_KIND_INTERRUPT) {
		tell_end(t, step);
	} else {
		return false;
	}
	dlk_out_end(&t->out);
	return true;
}

/* CPUs that have taken locks in different orders. */
static bool tell_orders(struct dlk_text *t, const struct dlk_cycle *cycle)
{
	for (uint32_t i = 0; i < cycle->step_count; i++)
		if (!is_spinning_lock(t, &cycle->steps[i]) || cycle->steps[i].hold == DLK_NONE)
			return false;
	if (cycle->step_count < 2)
		return false;
	dlk_out_column(&t->out, INDENT);
	dlk_out_wrap(
		&t->out, INDENT,
		"%s CPUs spin, each for a lock that the next one holds: these locks are taken in "
		"different orders.",
		dlk_words_count(cycle->step_count).text);
	dlk_out_end(&t->out);
	return true;
}

void dlk_text_story(struct dlk_text *t, const struct dlk_cycle *cycle)
{
	bool is_told = tell_orders(t, cycle);

	for (uint32_t i = 0; i < cycle->step_count; i++)
		is_told |= tell_step(t, cycle, i);
	if (is_told)
		dlk_out_end(&t->out);
}
