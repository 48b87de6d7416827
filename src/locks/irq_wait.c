/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who disables or frees an interrupt, or waits for its end: synchronize_irq() and its like (kernel/irq/manage.c).
 *
 * First he spins until no CPU handles it (__synchronize_hardirq()), then he sleeps until no thread of it does.
 *
 * Wait: of the first kind by the function that spins, and the struct irq_desc that it was given (spin.c).  Of the second by a wait_queue_entry that is linked in
 * the queue of a desc (wait_for_threads): it counts as one only if its two parts lead to each other.  Certain, where the unwinder is.
 *
 * Hold: that a CPU handles it, and how many threads do, the desc records (IRQD_IRQ_INPROGRESS, threads_active); if none does nobody
 * waits for anybody.  Which CPU it is has no record: one of those that have a function on their stack which handles an interrupt.  If that was given the
 * desc it is certain; if it is not known what it was given, likely, or possible if there are several.  The threads are those of the
 * desc's actions, and those with its number in their name: who frees an interrupt has taken its action away before he waits.  Of these, those
 * that are in the function that calls the handler: certain if there are as many as are counted, else likely.
 *
 * How it can be wrong: the handler may be just about to return.  That makes no cycle: in a cycle it cannot.  A thread that has no frames.
 */
#include <config.h>

#include "locks/irq_wait.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "locks/cpu_wait.h"

enum { MAX_THREADS = 64, MAX_ACTIONS = 64, IN_PROGRESS = 1 << 18 };

/* What handles an interrupt; each is given its desc. */
static const char *const handling[] = { "__handle_irq_event_percpu", "handle_irq_event_percpu",
					"handle_irq_event", NULL };
/* What calls a handler in a thread. */
static const char *const in_thread[] = { "irq_thread_fn", "irq_forced_thread_fn",
					 "irq_forced_secondary_handler", NULL };

static const enum dlk_member_id needs[] = { DLK_M_irq_state,       DLK_M_irq_common,
					    DLK_M_irq_data_common, DLK_M_irq_number,
					    DLK_M_irq_action,      DLK_M_action_next,
					    DLK_M_action_thread,   DLK_M_action_secondary,
					    DLK_M_action_name,     DLK_M_NONE };

/* Whether there is a desc: its two parts know of each other. */
static enum dlk_status is_desc(struct dlk_kernel *k, dlk_addr_t desc, bool *ret)
{
	uint64_t common = 0;
	enum dlk_status status = DLK_OK;

	*ret = dlk_layout_has_all(&k->layout, needs) && dlk_kernel_can_be_struct(k, desc);
	if (*ret)
		status = dlk_kernel_read_member(k, desc, DLK_M_irq_data_common, &common);
	*ret = *ret && common == desc + dlk_layout_offset(&k->layout, DLK_M_irq_common);
	return status;
}

/* "irq 24 (eth0)" */
static const char *name_desc(struct dlk_facts *f, dlk_addr_t desc)
{
	uint64_t number = dlk_kernel_peek_member(f->k, desc, DLK_M_irq_number);
	dlk_addr_t action = dlk_kernel_peek_member(f->k, desc, DLK_M_irq_action);
	dlk_addr_t at = action ? dlk_kernel_peek_member(f->k, action, DLK_M_action_name) : 0;
	const char *name = at ? dlk_kernel_read_string(f->k, at) : NULL;

	return name ? dlk_format(f->ctx, "irq %" PRIu64 " (%s)", number, name)
		    : dlk_format(f->ctx, "irq %" PRIu64, number);
}

/* --- CPUs that handle it */

enum given { GIVEN_UNKNOWN, GIVEN_THIS, GIVEN_ANOTHER };

/* Which interrupt a context handles: more than one, if one has led to the other. */
static enum dlk_status find_given(const struct dlk_cpu_wait *w, uint32_t context, enum given *ret)
{
	struct dlk_stack stack;
	enum dlk_status status = w->arguments ? dlk_facts_unwind(w->f, context, &stack) : DLK_OK;

	*ret = w->arguments ? GIVEN_ANOTHER : GIVEN_UNKNOWN;
	for (uint32_t i = 0; !status && w->arguments && i < stack.frame_count; i++) {
		uint64_t given;
		bool found;

		if (!dlk_function_matches(stack.frames[i].function, handling))
			continue;
		status = dlk_arguments_find(w->arguments, &stack, i, 0, &given, &found);
		if (!status && found && given == *w->given) {
			*ret = GIVEN_THIS;
			break;
		}
		if (!status && !found)
			*ret = GIVEN_UNKNOWN;
	}
	return status;
}

/* Those that may handle it. */
struct handlers {
	uint32_t certain; /* who was given it; DLK_NONE */
	uint32_t possible,
		count; /* one of those of which that is not known, and how many there are */
};

static enum dlk_status find_handlers(const struct dlk_cpu_wait *w, struct handlers *ret)
{
	enum dlk_status status = DLK_OK;

	*ret = (struct handlers){ .certain = DLK_NONE, .possible = DLK_NONE };
	for (uint32_t i = dlk_cpu_wait_find(w->f, handling, DLK_NONE, 0); i != DLK_NONE && !status;
	     i = dlk_cpu_wait_find(w->f, handling, DLK_NONE, i + 1)) {
		enum given given;

		status = find_given(w, i, &given);
		if (status || given == GIVEN_ANOTHER)
			continue;
		if (given == GIVEN_THIS) {
			ret->certain = i;
		} else {
			ret->possible = i;
			ret->count++;
		}
	}
	return status;
}

static enum dlk_status add_handler(const struct dlk_cpu_wait *w)
{
	static const char note[] = "it runs the interrupt's handler";
	struct dlk_resource *r = dlk_facts_resource(w->f, w->wait->resource);
	struct handlers handlers;
	enum dlk_status status = find_handlers(w, &handlers);

	if (status)
		return status;
	if (handlers.certain != DLK_NONE)
		return dlk_cpu_wait_hold(w, handlers.certain, DLK_EVIDENCE_ENDS, DLK_CERTAIN, note);
	if (handlers.count == 1)
		return dlk_cpu_wait_hold(w, handlers.possible, DLK_EVIDENCE_LIVE_FRAME, DLK_LIKELY,
					 note);
	r->holders_unknown = handlers.count ? "which of the CPUs that handle interrupts handles "
					      "this one is not known"
					    : "what handles it was not found on any CPU";
	return DLK_OK;
}

enum dlk_status dlk_handler_wait_take(const struct dlk_cpu_wait *w)
{
	struct dlk_kernel *k = w->f->k;
	uint64_t state;
	bool is_one, is_new;
	enum dlk_status status = w->given ? is_desc(k, *w->given, &is_one) : DLK_OK;

	if (status || !w->given || !is_one)
		return status;
	status = dlk_kernel_read_member(k, *w->given, DLK_M_irq_state, &state);
	if (status)
		return status;
	if (!(state & (uint64_t)dlk_kernel_enumerator(k, DLK_E_IRQD_IRQ_INPROGRESS, IN_PROGRESS)))
		return dlk_cpu_wait_pass(w);
	status = dlk_facts_make_resource(w->f, DLK_KIND_INTERRUPT, *w->given, &w->wait->resource,
					 &is_new);
	if (!status && is_new) {
		struct dlk_resource *r = dlk_facts_resource(w->f, w->wait->resource);

		r->name = name_desc(w->f, *w->given);
		r->state = "an interrupt's handler, which runs";
	}
	if (!status)
		status = dlk_facts_add_wait(w->f, w->wait);
	return status ? status : add_handler(w);
}

/* --- threads of it */

struct threads {
	struct dlk_facts *f;
	uint32_t resource;
	dlk_addr_t known[MAX_THREADS]; /* the tasks of the desc's actions */
	unsigned known_count;
	char prefix[16]; /* what the names of its threads begin with: "irq/24-" */
	uint64_t active; /* how many handle it, as it is counted */
};

static enum dlk_status remember(struct threads *t, dlk_addr_t action)
{
	uint64_t task;
	enum dlk_status status = dlk_kernel_read_member(t->f->k, action, DLK_M_action_thread,
							&task);

	if (!status && task && t->known_count < MAX_THREADS)
		t->known[t->known_count++] = task;
	return status;
}

static enum dlk_status find_actions(struct threads *t, dlk_addr_t desc)
{
	struct dlk_kernel *k = t->f->k;
	uint64_t action, secondary;
	enum dlk_status status = dlk_kernel_read_member(k, desc, DLK_M_irq_action, &action);

	for (unsigned i = 0; !status && action && i < MAX_ACTIONS; i++) {
		status = remember(t, action);
		if (!status)
			status = dlk_kernel_read_member(k, action, DLK_M_action_secondary,
							&secondary);
		if (!status && secondary)
			status = remember(t, secondary);
		if (!status)
			status = dlk_kernel_read_member(k, action, DLK_M_action_next, &action);
	}
	return status;
}

static bool is_of_desc(const struct threads *t, const struct dlk_context *c)
{
	if (c->is_kthread && !strncmp(c->comm, t->prefix, strlen(t->prefix)))
		return true;
	for (unsigned i = 0; i < t->known_count; i++)
		if (t->known[i] == c->task)
			return true;
	return false;
}

/* Whether a thread handles an interrupt now; its stack is unwound then. */
static enum dlk_status is_handling(struct dlk_facts *f, uint32_t context, bool *ret)
{
	const struct dlk_context *c = dlk_facts_context(f, context);
	enum dlk_status status = DLK_OK;

	*ret = false;
	if (!c->frames)
		status = dlk_facts_absorb(f, dlk_facts_unwind(f, context, NULL), c->task, true);
	if (status || !c->frames)
		return status;
	for (uint32_t i = 0; i < c->frame_count && !*ret; i++)
		*ret = dlk_function_matches(c->frames[i].function, in_thread);
	return DLK_OK;
}

/* Of the tasks, those that handle it; with @p sure they are said to. */
static enum dlk_status walk_threads(struct threads *t, const enum dlk_confidence *sure,
				    uint64_t *count)
{
	enum dlk_status status = DLK_OK;

	*count = 0;
	for (uint32_t i = 0; i < t->f->tasks.tasks.len && !status; i++) {
		struct dlk_hold hold = { .context = i,
					 .resource = t->resource,
					 .mode = DLK_MODE_EXCLUSIVE,
					 .evidence = DLK_EVIDENCE_ENDS,
					 .note = "it runs the interrupt's handler" };
		bool is_one = false;

		if (is_of_desc(t, dlk_facts_context(t->f, i)))
			status = is_handling(t->f, i, &is_one);
		if (status || !is_one)
			continue;
		++*count;
		if (!sure)
			continue;
		hold.confidence = *sure;
		status = dlk_facts_add_hold(t->f, &hold);
	}
	return status;
}

static enum dlk_status add_threads(struct threads *t)
{
	struct dlk_resource *r = dlk_facts_resource(t->f, t->resource);
	enum dlk_confidence sure;
	uint64_t count;
	enum dlk_status status;

	if (!t->active) {
		r->is_free = true;
		r->state = "none of the interrupt's threads runs";
		r->holders_unknown = "they have ended, and who waits has not gone on yet";
		return DLK_OK;
	}
	status = walk_threads(t, NULL, &count);
	if (count < t->active)
		r->holders_unknown = "not all of the interrupt's threads that run were found";
	sure = count == t->active ? DLK_CERTAIN : DLK_LIKELY;
	return status ? status : walk_threads(t, &sure, &count);
}

enum dlk_status dlk_irq_threads_take(struct dlk_facts *f, const struct dlk_candidate *c,
				     dlk_addr_t head, bool *is_taken)
{
	struct dlk_kernel *k = f->k;
	struct dlk_wait wait = { .context = c->context,
				 .position = DLK_NONE,
				 .mode = DLK_MODE_EXCLUSIVE,
				 .evidence = DLK_EVIDENCE_WAITER_LIST,
				 .confidence = DLK_CERTAIN };
	struct threads t = { .f = f };
	bool is_new, is_one = false;
	dlk_addr_t desc;
	enum dlk_status status;

	if (!dlk_layout_has(&k->layout, DLK_M_irq_wait) ||
	    !dlk_layout_has(&k->layout, DLK_M_irq_threads_active))
		return DLK_OK;
	desc = head - dlk_layout_offset(&k->layout, DLK_M_irq_wait);
	status = is_desc(k, desc, &is_one);
	/* It may be any other queue. */
	if (status || !is_one)
		return status;
	status = dlk_kernel_read_member(k, desc, DLK_M_irq_threads_active, &t.active);
	if (!status)
		status = dlk_facts_make_resource(f, DLK_KIND_INTERRUPT, head, &t.resource, &is_new);
	if (status)
		return status;
	*is_taken = true;
	wait.resource = t.resource;
	status = dlk_facts_add_wait(f, &wait);
	if (status || !is_new)
		return status;
	dlk_facts_resource(f, t.resource)->name = name_desc(f, desc);
	dlk_facts_resource(f, t.resource)->state = "an interrupt's thread, which runs";
	snprintf(t.prefix, sizeof(t.prefix), "irq/%" PRIu32 "-",
		 (uint32_t)dlk_kernel_peek_member(k, desc, DLK_M_irq_number));
	/* What of its actions cannot be read may be found by its name. */
	status = dlk_facts_absorb(f, find_actions(&t, desc), desc, true);
	return status ? status : add_threads(&t);
}
