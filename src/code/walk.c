/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "code/walk.h"

#include "deadlock/model.h"
#include "kernel/arch.h"

/* Functions that end all: that they are called is no path on which anything is left out. */
static const char *const dying[] = { "__stack_chk_fail", "panic", "*fortify_panic", "__ubsan_*",
				     "usercopy_abort",   "die*",  "*_report*",      NULL };

enum {
	MAX_VARIANTS = 6, /* sets of values of one instruction, before they are joined */
	CANCEL_EVERY = 64
};

struct dlk_walk *dlk_walk_open(struct dlk_code *code)
{
	struct dlk_kernel *k = dlk_code_kernel(code);
	struct dlk_walk *w = dlk_alloc(k->ctx, sizeof(*w));

	if (!w)
		return NULL;
	w->code = code;
	w->machine = (struct dlk_machine){ .sp = k->arch->machine->sp,
					   .fp = k->arch->machine->fp,
					   .terms = &w->terms };
	w->nodes = (struct dlk_vec)DLK_VEC_INIT(struct dlk_walk_node);
	w->states = (struct dlk_vec)DLK_VEC_INIT(struct dlk_state);
	w->events = (struct dlk_vec)DLK_VEC_INIT(struct dlk_walk_event);
	return w;
}

static struct dlk_ctx *ctx_of(const struct dlk_walk *w)
{
	return dlk_code_kernel(w->code)->ctx;
}

static struct dlk_walk_node *node_at(struct dlk_walk *w, uint32_t i)
{
	return DLK_VEC_AT(&w->nodes, struct dlk_walk_node, i);
}

static struct dlk_state *state_at(struct dlk_walk *w, uint32_t i)
{
	return DLK_VEC_AT(&w->states, struct dlk_state, i);
}

/* --- nodes */

static uint32_t bucket_of(dlk_addr_t at)
{
	return (uint32_t)((at * UINT64_C(0x9e3779b97f4a7c15)) >> 32) % DLK_WALK_BUCKETS;
}

static uint32_t add_node(struct dlk_walk *w, dlk_addr_t at, const struct dlk_state *s)
{
	uint32_t bucket = bucket_of(at);
	struct dlk_state copy = *s;
	struct dlk_walk_node *node;
	struct dlk_state *state;

	if (w->nodes.len == DLK_MAX_WALK_NODES) {
		w->is_cut = true;
		return DLK_NONE;
	}
	state = dlk_vec_push(ctx_of(w), &w->states);
	node = state ? dlk_vec_push(ctx_of(w), &w->nodes) : NULL;
	if (!node) {
		w->is_cut = true;
		return DLK_NONE;
	}
	*state = copy;
	*node = (struct dlk_walk_node){ .at = at,
					.state = w->states.len - 1,
					.next = { DLK_NONE, DLK_NONE },
					.stopped = DLK_NONE,
					.same_bucket = w->buckets[bucket] };
	w->buckets[bucket] = w->nodes.len - 1;
	w->pending[w->pending_count++] = w->nodes.len - 1;
	return w->nodes.len - 1;
}

static uint32_t find_node(struct dlk_walk *w, dlk_addr_t at, const struct dlk_state *s,
			  uint32_t *variants, uint32_t *last)
{
	*variants = 0;
	*last = DLK_NONE;
	for (uint32_t i = w->buckets[bucket_of(at)]; i != DLK_NONE;
	     i = node_at(w, i)->same_bucket) {
		if (node_at(w, i)->at != at)
			continue;
		if (dlk_state_is_same(state_at(w, node_at(w, i)->state), s))
			return i;
		if (!(*variants)++)
			*last = i;
	}
	return DLK_NONE;
}

/* The node of an instruction with these values, or with those that are left of too many. */
static uint32_t get_node(struct dlk_walk *w, dlk_addr_t at, const struct dlk_state *s)
{
	struct dlk_state joined;
	uint32_t variants, last;
	uint32_t found = find_node(w, at, s, &variants, &last);

	if (found != DLK_NONE)
		return found;
	if (variants < MAX_VARIANTS)
		return add_node(w, at, s);
	joined = *state_at(w, node_at(w, last)->state);
	dlk_state_join(&joined, s);
	found = find_node(w, at, &joined, &variants, &last);
	return found != DLK_NONE ? found : add_node(w, at, &joined);
}

static bool is_head(struct dlk_walk *w, dlk_addr_t at)
{
	for (uint32_t i = w->buckets[bucket_of(at)]; i != DLK_NONE; i = node_at(w, i)->same_bucket)
		if (node_at(w, i)->at == at)
			return true;
	return false;
}

/* --- events */

/* Whether the last event ends its node's path. */
static bool is_done(struct dlk_walk *w, uint32_t node)
{
	if (!w->is_done || !w->is_done(w->is_done_arg, w, w->events.len - 1))
		return false;
	node_at(w, node)->end = DLK_WALK_DONE;
	return true;
}

static struct dlk_walk_event *add_event(struct dlk_walk *w, uint32_t node, dlk_addr_t at)
{
	struct dlk_walk_event *event = NULL;

	if (w->events.len < DLK_MAX_WALK_EVENTS)
		event = dlk_vec_push(ctx_of(w), &w->events);
	if (!event) {
		w->is_cut = true;
		return NULL;
	}
	*event = (struct dlk_walk_event){ .at = at };
	node_at(w, node)->event_count++;
	return event;
}

static bool note_call(struct dlk_walk *w, uint32_t node, const struct dlk_state *s,
		      const struct dlk_insn *insn)
{
	const struct dlk_code_arch *arch = dlk_code_row(w->code);
	struct dlk_walk_event *event = add_event(w, node, insn->at);

	if (!event)
		return false;
	event->target = insn->target;
	for (unsigned i = 0; i < DLK_WALK_ARGS; i++)
		event->args[i] = s->regs[arch->args[i]];
	return is_done(w, node);
}

/* Flags and bits; a counter only where it is one of each CPU's.  Of all else it is asked whether it is noted. */
static bool is_noted(const struct dlk_walk *w, const struct dlk_insn *insn,
		     const struct dlk_value *place)
{
	if (insn->store > DLK_STORE_LOST && (insn->store != DLK_STORE_ADD || insn->place.is_percpu))
		return true;
	return w->notes_stores && !insn->place.is_percpu &&
	       !(place->how == DLK_VALUE_ENTRY && place->reg == w->machine.sp);
}

static bool note_store(struct dlk_walk *w, uint32_t node, const struct dlk_state *s,
		       const struct dlk_insn *insn)
{
	struct dlk_walk_event *event;
	struct dlk_value place;

	if (insn->store == DLK_STORE_NOTHING)
		return false;
	place = dlk_state_place(s, &insn->place);
	if (!is_noted(w, insn, &place))
		return false;
	event = add_event(w, node, insn->at);
	if (!event)
		return false;
	event->store = insn->store;
	event->imm = insn->imm;
	event->is_percpu = insn->place.is_percpu;
	event->place = place;
	return is_done(w, node);
}

/* --- where it goes on */

static bool is_named(struct dlk_walk *w, dlk_addr_t at, const char *const *patterns)
{
	struct dlk_ip_text text = dlk_kernel_describe_ip(dlk_code_kernel(w->code), at);

	return dlk_function_matches(text.function, patterns);
}

static void end_node(struct dlk_walk *w, uint32_t node, enum dlk_walk_end end)
{
	node_at(w, node)->end = end;
}

static void go_to(struct dlk_walk *w, uint32_t node, dlk_addr_t at, const struct dlk_state *s)
{
	uint32_t next = get_node(w, at, s);
	struct dlk_walk_node *n = node_at(w, node);

	if (next == DLK_NONE)
		n->end = DLK_WALK_LOST;
	else
		n->next[n->next[0] != DLK_NONE] = next;
}

/* A jump out of the function is a call whose return is its own. */
static void jump(struct dlk_walk *w, uint32_t node, struct dlk_state *s,
		 const struct dlk_insn *insn)
{
	if (!insn->target) {
		end_node(w, node, DLK_WALK_LOST);
		return;
	}
	if (dlk_code_is_inside(w->code, &w->fn, insn->target)) {
		dlk_state_forget_flags(s);
		go_to(w, node, insn->target, s);
		return;
	}
	end_node(w, node, DLK_WALK_RETURNS);
	if (!is_named(w, insn->target, dlk_code_row(w->code)->return_thunks))
		(void)note_call(w, node, s, insn);
}

static bool get_number(struct dlk_walk *w, uint32_t node, dlk_addr_t at, const struct dlk_value *v,
		       uint64_t *ret)
{
	*ret = v->number;
	return v->how == DLK_VALUE_NUMBER ||
	       (w->number && w->number(w->number_arg, w, node, at, v, ret));
}

/* Whether it is known where a branch goes. */
static bool decide(struct dlk_walk *w, uint32_t node, const struct dlk_state *s,
		   const struct dlk_insn *insn, bool *is_taken)
{
	uint64_t numbers[2];

	if (!s->flags.how || !insn->condition)
		return false;
	for (unsigned i = 0; i < 2; i++)
		if (!get_number(w, node, insn->at, &s->flags.of[i], &numbers[i]))
			return false;
	return dlk_condition_is_met(&s->flags, numbers, insn->condition, is_taken);
}

/* What a branch leaves in the flags is kept for one that follows at once; else it would only keep paths apart. */
static void go_by_branch(struct dlk_walk *w, uint32_t node, dlk_addr_t at, struct dlk_state *s)
{
	const struct dlk_insn *next = s->flags.how ? dlk_code_insn(w->code, at) : NULL;
	const struct dlk_flags kept = s->flags;

	if (!next || next->flow != DLK_FLOW_BRANCH)
		dlk_state_forget_flags(s);
	go_to(w, node, at, s);
	s->flags = kept;
}

/* What goes on comes last, so that it is followed first: mostly it is the way to the end. */
static void branch(struct dlk_walk *w, uint32_t node, struct dlk_state *s,
		   const struct dlk_insn *insn)
{
	bool is_taken = false, is_known = decide(w, node, s, insn, &is_taken);

	if (is_known && !is_taken)
		; /* it goes on */
	else if (insn->target && dlk_code_is_inside(w->code, &w->fn, insn->target))
		go_by_branch(w, node, insn->target, s);
	else /* a conditional tail call: gcc makes none */
		end_node(w, node, DLK_WALK_LOST);
	if (!is_known || !is_taken)
		go_by_branch(w, node, insn->at + insn->size, s);
}

/*
 * What a call returns is named by the first event of its place: it is the same for all paths, as far as names go.  In a walk that
 * was cut there may be none, and nobody asks for names any more.
 */
static struct dlk_value result_of(const struct dlk_walk *w, dlk_addr_t at)
{
	for (uint32_t i = 0; i < w->events.len && !w->is_cut; i++)
		if (dlk_walk_event(w, i)->at == at)
			return (struct dlk_value){ .how = DLK_VALUE_RESULT, .term = (uint16_t)i };
	return (struct dlk_value){ .how = DLK_VALUE_UNKNOWN };
}

/* @return false if its path ends here. */
static bool call(struct dlk_walk *w, uint32_t node, struct dlk_state *s,
		 const struct dlk_insn *insn)
{
	const struct dlk_code_arch *arch = dlk_code_row(w->code);
	uint32_t kept = dlk_code_kernel(w->code)->arch->machine->callee_saved;
	dlk_addr_t first = w->fn.start;
	const struct dlk_insn *landing;

	landing = insn->at != first ? dlk_code_insn(w->code, first) : NULL;
	if (landing && landing->is_landing)
		first += landing->size;
	if (insn->at == first || (insn->target && is_named(w, insn->target, arch->transparent)))
		return true; /* a tracer's */
	if (note_call(w, node, s, insn))
		return false;
	dlk_state_call(s, &w->machine, kept, arch->args, DLK_CODE_ARGS);
	/* two rounds of a loop would have the same name for two things */
	if (w->stop && arch->result < DLK_STATE_REGS)
		s->regs[arch->result] = result_of(w, insn->at);
	return true;
}

/* The function ends with a call that never returns: since the kernel dies of it, or the task goes on there. */
static enum dlk_walk_end fall_out(struct dlk_walk *w, uint32_t node)
{
	const struct dlk_walk_node *n = node_at(w, node);
	const struct dlk_walk_event *last;

	if (!n->event_count)
		return DLK_WALK_TRAPS;
	last = dlk_walk_event(w, n->first_event + n->event_count - 1);
	return last->target && is_named(w, last->target, dying) ? DLK_WALK_TRAPS : DLK_WALK_RETURNS;
}

/*
 * Whether a module's text ends behind the call that a node came to last: zeros follow, in a page that is there.  What a
 * dump has left out is zeros from the page's beginning on.
 */
static bool ends_text(struct dlk_walk *w, uint32_t node, dlk_addr_t at)
{
	const struct dlk_walk_node *n = node_at(w, node);
	const struct dlk_walk_event *last =
		n->event_count ? dlk_walk_event(w, n->first_event + n->event_count - 1) : NULL;
	const struct dlk_insn *call = last && !last->store ? dlk_code_insn(w->code, last->at)
							   : NULL;
	uint16_t word;

	return call && call->at + call->size == at &&
	       call->at / DLK_PAGE_SIZE == at / DLK_PAGE_SIZE &&
	       !dlk_memory_read(&dlk_code_kernel(w->code)->memory, at, &word, sizeof(word)) &&
	       !word;
}

/* One instruction.  @return Where it goes on, or 0: the node has ended. */
static dlk_addr_t step(struct dlk_walk *w, uint32_t node, struct dlk_state *s,
		       const struct dlk_insn *insn)
{
	switch (insn->flow) {
	case DLK_FLOW_CALL:
		return call(w, node, s, insn) ? insn->at + insn->size : 0;
	case DLK_FLOW_JUMP:
		jump(w, node, s, insn);
		return 0;
	case DLK_FLOW_BRANCH:
		branch(w, node, s, insn);
		return 0;
	case DLK_FLOW_RETURN:
		end_node(w, node, DLK_WALK_RETURNS);
		return 0;
	case DLK_FLOW_TRAP:
		end_node(w, node, DLK_WALK_TRAPS);
		return 0;
	case DLK_FLOW_LOST:
		end_node(w, node, ends_text(w, node, insn->at) ? fall_out(w, node) : DLK_WALK_LOST);
		return 0;
	default:
		if (note_store(w, node, s, insn))
			return 0;
		dlk_state_step(s, &w->machine, insn);
		return insn->at + insn->size;
	}
}

static void stop_at(struct dlk_walk *w, uint32_t node, const struct dlk_state *s)
{
	struct dlk_state copy = *s, *kept = dlk_vec_push(ctx_of(w), &w->states);

	end_node(w, node, DLK_WALK_STOPPED);
	if (kept) {
		*kept = copy;
		node_at(w, node)->stopped = w->states.len - 1;
	}
	w->is_cut |= !kept;
	if (w->has_stopped)
		dlk_state_join(&w->stopped, s);
	else
		w->stopped = *s;
	w->has_stopped = true;
}

static void run_node(struct dlk_walk *w, uint32_t node)
{
	struct dlk_state s = *state_at(w, node_at(w, node)->state);
	dlk_addr_t at = node_at(w, node)->at;
	bool is_first = true;

	node_at(w, node)->first_event = w->events.len;
	while (at) {
		const struct dlk_insn *found;
		struct dlk_insn insn;

		if (at == w->stop && w->stop) {
			stop_at(w, node, &s);
			return;
		}
		if (!is_first && is_head(w, at)) {
			dlk_state_forget_flags(&s);
			go_to(w, node, at, &s);
			return;
		}
		is_first = false;
		if (!dlk_code_is_inside(w->code, &w->fn, at)) {
			end_node(w, node, fall_out(w, node));
			return;
		}
		found = ++w->steps > DLK_MAX_WALK_STEPS ? NULL : dlk_code_insn(w->code, at);
		if (!found) {
			w->is_cut = true;
			end_node(w, node, DLK_WALK_LOST);
			return;
		}
		insn = *found;
		at = step(w, node, &s, &insn);
		if (at && insn.push && w->is_enough && w->is_enough(w->enough_arg, &s)) {
			stop_at(w, node, &s);
			return;
		}
	}
}

enum dlk_status dlk_walk_run(struct dlk_walk *w, dlk_addr_t at, const struct dlk_state *begin,
			     dlk_addr_t stop)
{
	enum dlk_status status = DLK_OK;

	w->nodes.len = w->states.len = w->events.len = w->steps = 0;
	dlk_terms_clear(&w->terms);
	w->is_cut = w->has_stopped = false;
	w->pending_count = 0;
	w->stop = stop;
	for (unsigned i = 0; i < DLK_WALK_BUCKETS; i++)
		w->buckets[i] = DLK_NONE;
	if (!dlk_code_function_at(w->code, at, &w->fn))
		return DLK_ERR_NOTFOUND;
	add_node(w, at, begin);
	for (uint32_t i = 0; w->pending_count && !status; i++) {
		if (i % CANCEL_EVERY == 0)
			status = dlk_check_cancel(ctx_of(w));
		run_node(w, w->pending[--w->pending_count]);
		if (w->is_one_enough && w->has_stopped)
			break;
	}
	return status;
}

static bool leads_to_marked(const bool *is_marked, const struct dlk_walk_node *n)
{
	return (n->next[0] != DLK_NONE && is_marked[n->next[0]]) ||
	       (n->next[1] != DLK_NONE && is_marked[n->next[1]]);
}

void dlk_walk_mark_back(const struct dlk_walk *w, bool *is_marked)
{
	bool has_changed = true;

	while (has_changed) {
		has_changed = false;
		for (uint32_t i = w->nodes.len; i-- > 0;) {
			if (is_marked[i] || !leads_to_marked(is_marked, dlk_walk_node(w, i)))
				continue;
			is_marked[i] = true;
			has_changed = true;
		}
	}
}
