/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "code/taken.h"

#include "code/bit_loop.h"
#include "code/way_in.h"
#include "kernel/arch.h"

enum {
	MAX_FRAMES = 40,
	MAX_NAMES = 16,       /* values that are the object, where a frame stands */
	MAX_CONTAINER = 8192, /* how far before an object what contains it begins */
	BITS = 8              /* of a byte */
};

/* Who spins may do so for a part of anything. */
static bool is_part(const struct dlk_release_claim *claim)
{
	return claim->rules->is_part || claim->is_waited_for;
}

/* The registers of the frames of a stack. */
struct frames {
	const struct dlk_stack *stack;
	struct dlk_mentions *mentions; /* NULL */
	struct dlk_frame_state state[MAX_FRAMES];
	uint32_t count;
};

struct names {
	struct dlk_value value[MAX_NAMES];
	unsigned count;
};

static void add_name(struct names *n, struct dlk_value v)
{
	if (v.how == DLK_VALUE_UNKNOWN || v.how == DLK_VALUE_NUMBER || n->count == MAX_NAMES)
		return;
	for (unsigned i = 0; i < n->count; i++)
		if (dlk_value_is_same(&n->value[i], &v))
			return;
	n->value[n->count++] = v;
}

static bool is_name(const struct names *n, const struct dlk_value *v)
{
	for (unsigned i = 0; i < n->count; i++)
		if (dlk_value_is_same(&n->value[i], v))
			return true;
	return false;
}

/* Whether it is a bit that is spun for: whoever sets it may find it set. */
static bool is_of_bits(const struct dlk_release_claim *claim)
{
	const struct dlk_act *act = claim->rules->takes;

	while (act->how != DLK_ACT_END && act->how != DLK_ACT_BIT)
		act++;
	return claim->is_waited_for && act->how == DLK_ACT_BIT;
}

static enum dlk_status walk_in(const struct frames *fr, struct dlk_walk *w, uint32_t frame,
			       bool notes_stores)
{
	struct dlk_way_in in = { .stack = fr->stack,
				 .frame = frame,
				 .regs = &fr->state[frame].regs };

	enum dlk_status status;

	w->notes_stores = notes_stores;
	status = dlk_way_in_walk(w, &in, NULL, NULL);
	w->notes_stores = false;
	return status;
}

static const struct dlk_state *state_of(const struct dlk_walk *w, uint32_t state)
{
	return DLK_VEC_AT(&w->states, struct dlk_state, state);
}

static bool read_slot(const struct frames *fr, uint32_t frame, uint64_t at, uint64_t *ret)
{
	const struct dlk_stack *stack = fr->stack;
	dlk_addr_t address = stack->frames[frame].sp - DLK_WORD + at;

	if (address < stack->sp || address >= stack->top || address % DLK_WORD)
		return false;
	*ret = stack->words[(address - stack->sp) / DLK_WORD];
	return true;
}

/* Of objects that are part of something. */
static bool is_part_of(dlk_addr_t object, uint64_t container)
{
	return container <= object && object - container < MAX_CONTAINER;
}

/* A value that is the object, or what contains it, where a frame stands. */
static void name_value(struct names *n, const struct dlk_release_claim *claim, struct dlk_value v,
		       uint64_t value)
{
	if (value == claim->object)
		add_name(n, v);
	else if (is_part(claim) && is_part_of(claim->object, value))
		add_name(n, dlk_value_add(v, claim->object - value));
}

/* The values that are the object where a path has come to the frame's place. */
static void find_names(const struct frames *fr, uint32_t frame, const struct dlk_state *s,
		       const struct dlk_release_claim *claim, struct names *n)
{
	uint64_t value;

	for (unsigned reg = 0; reg < DLK_STATE_REGS; reg++)
		if (dlk_frame_regs_get(&fr->state[frame].regs, reg, &value))
			name_value(n, claim, s->regs[reg], value);
	for (unsigned i = 0; i < s->slot_count; i++)
		if (read_slot(fr, frame, s->slots[i].at, &value))
			name_value(n, claim, s->slots[i].value, value);
}

/* What was done to it last; of several paths a set of these. */
enum found { FOUND_NOTHING = 1, FOUND_TAKEN = 2, FOUND_RELEASED = 4, FOUND_TRIED = 8 };

/* Whether a value is what contains the object, and how far before it that begins. */
static bool is_container(const struct names *n, const struct dlk_value *v, dlk_addr_t object,
			 uint64_t *distance)
{
	struct dlk_value name;

	*distance = object - v->number;
	if (v->how == DLK_VALUE_NUMBER)
		return is_part_of(object, v->number);
	for (unsigned i = 0; i < n->count && v->how != DLK_VALUE_UNKNOWN; i++) {
		name = n->value[i];
		*distance = name.number - v->number;
		name.number = v->number;
		if (*distance < MAX_CONTAINER && dlk_value_is_same(&name, v))
			return true;
	}
	return false;
}

struct search {
	const struct dlk_walk *w;
	const struct dlk_release_claim *claim;
	const struct names *names;
	struct dlk_mentions *mentions;
	struct dlk_kernel *k;
	bool is_callee; /* of whom has taken it: what is tried there fails */
	bool is_given;  /* to a function, since it was taken */
};

static struct dlk_act_asked asked_as(const struct search *s, const struct dlk_value *as)
{
	return (struct dlk_act_asked){ .resolver = { .k = s->k, .terms = &s->w->terms },
				       .object = s->claim->object,
				       .bit = s->claim->bit,
				       .as = as };
}

static bool does(const struct search *s, const struct dlk_walk_event *e, const struct dlk_act *acts,
		 bool is_taken)
{
	struct dlk_act_asked q = asked_as(s, NULL);

	for (unsigned i = 0; i < s->names->count; i++) {
		q.as = &s->names->value[i];
		if (dlk_act_does(&q, e, acts, is_taken))
			return true;
	}
	/* By a number, as of what lies in an image. */
	q.as = NULL;
	return is_part(s->claim) && dlk_act_does(&q, e, acts, is_taken);
}

/* Whether an event was to take it, and may have failed: a call, or a bit that is set, whatever it was. */
static bool tries(const struct search *s, const struct dlk_walk_event *e)
{
	struct dlk_act_asked q = asked_as(s, NULL);

	if (e->store)
		return is_of_bits(s->claim) && does(s, e, s->claim->rules->takes, true);
	if (!is_part(s->claim))
		return false;
	for (unsigned i = 0; i < s->names->count; i++) {
		q.as = &s->names->value[i];
		if (dlk_act_tries(&q, e, s->claim->rules->takes))
			return true;
	}
	q.as = NULL;
	return dlk_act_tries(&q, e, s->claim->rules->takes);
}

/* Whether a value is the object, or what contains it if that says anything. */
static bool leads_to_object(const struct search *s, const struct dlk_value *v)
{
	uint64_t distance;

	return is_name(s->names, v) ||
	       (is_part(s->claim) && is_container(s->names, v, s->claim->object, &distance));
}

/*
 * Whether a call may be given it.  What stands in an argument's register since the function's entry may just have been left
 * there.
 */
static bool is_argument(const struct search *s, const struct dlk_walk_event *e, unsigned i)
{
	uint8_t reg = dlk_code_row(s->w->code)->args[i];
	const struct dlk_value *v = &e->args[i];

	if (e->store || !leads_to_object(s, v))
		return false;
	return v->how != DLK_VALUE_ENTRY || v->reg != reg || v->number || !e->target ||
	       dlk_code_uses_argument(s->w->code, e->target, reg);
}

/* Whether a function, or one that it calls, has the object's address in its text. */
static bool mentions(const struct search *s, dlk_addr_t ip)
{
	return is_part(s->claim) && s->mentions &&
	       dlk_mentions_has(s->mentions, ip, true, s->claim->object);
}

/* Whether an event lets go something of the kind, or writes what may be its bit, of which it is not known what it is. */
static bool is_of_unknown(const struct search *s, const struct dlk_walk_event *e)
{
	const struct dlk_act_asked q = asked_as(s, NULL);

	if (e->store)
		return is_of_bits(s->claim) && e->place.how == DLK_VALUE_UNKNOWN &&
		       e->store != DLK_STORE_OR && e->store != DLK_STORE_BIT_SET;
	return dlk_act_is_of_unknown(&q, e, s->claim->rules->releases);
}

static bool is_given(const struct search *s, const struct dlk_walk_event *e)
{
	if (is_of_unknown(s, e) || (!e->store && e->target && mentions(s, e->target + 1)))
		return true;
	for (unsigned i = 0; i < DLK_WALK_ARGS; i++)
		if (is_argument(s, e, i))
			return true;
	return false;
}

/* --- bits that are waited for: whether they were taken, and whatever may have cleared them */

/* Whether an instruction that stores so many bytes at a value stores that byte. */
static bool covers(const struct dlk_walk_event *e, uint8_t size, const struct dlk_value *byte)
{
	struct dlk_value place = e->place;
	uint64_t distance = byte->number - place.number;

	place.number = byte->number;
	return dlk_value_is_same(&place, byte) &&
	       (size == DLK_STORE_UNBOUNDED ? distance < MAX_CONTAINER : distance < size);
}

/* Whether an event that stores so many bytes may clear a bit of a byte. */
static bool may_clear(const struct dlk_walk_event *e, uint8_t size, const struct dlk_value *byte,
		      unsigned bit)
{
	struct dlk_walk_event own = *e;
	uint64_t distance = byte->number - e->place.number;

	if (e->store == DLK_STORE_BIT_CLEAR) {
		own.place = dlk_value_add(e->place, (uint64_t)e->imm / BITS);
		return (uint64_t)e->imm % BITS == bit && covers(&own, 1, byte);
	}
	return covers(e, size, byte) && (e->store != DLK_STORE_AND || distance >= sizeof(e->imm) ||
					 !((uint64_t)e->imm >> (distance * BITS + bit) & 1));
}

/* Whether an event writes the bit's byte, in a way that may clear the bit. */
static bool overwrites(const struct search *s, const struct dlk_walk_event *e)
{
	const unsigned bit = s->claim->bit % BITS;
	const struct dlk_insn *insn;
	struct dlk_value byte = dlk_value_number(s->claim->object + s->claim->bit / BITS);
	uint8_t size;

	if (!is_of_bits(s->claim) || !e->store || e->store == DLK_STORE_OR ||
	    e->store == DLK_STORE_BIT_SET || e->is_percpu)
		return false;
	insn = dlk_code_insn(s->w->code, e->at);
	if (insn && insn->sets_bit)
		return false;
	size = insn ? insn->store_size : DLK_STORE_UNBOUNDED;
	if (may_clear(e, size, &byte, bit))
		return true;
	for (unsigned i = 0; i < s->names->count; i++) {
		byte = dlk_value_add(s->names->value[i], s->claim->bit / BITS);
		if (may_clear(e, size, &byte, bit))
			return true;
	}
	return false;
}

/* Whether the last that a node does is an attempt to set the bit; the instruction behind that. */
static bool has_attempt(const struct search *s, const struct dlk_walk_node *n, dlk_addr_t *behind)
{
	const struct dlk_walk_event *e =
		n->event_count ? dlk_walk_event(s->w, n->first_event + n->event_count - 1) : NULL;
	const struct dlk_insn *insn;

	if (!is_of_bits(s->claim) || !e || e->store != DLK_STORE_BIT_SET ||
	    !does(s, e, s->claim->rules->takes, true))
		return false;
	insn = dlk_code_insn(s->w->code, e->at);
	if (!insn || !insn->is_atomic)
		return false;
	*behind = e->at + insn->size;
	return true;
}

/* Where a node goes on that ends with an attempt, and a branch by what the bit was. */
static bool find_ways(const struct search *s, const struct dlk_walk_node *n,
		      struct dlk_bit_lock_ways *ways)
{
	dlk_addr_t behind;

	if (n->end != DLK_WALK_GOES_ON || !has_attempt(s, n, &behind) ||
	    !dlk_bit_lock_ways(s->w->code, behind, ways) || ways->was_clear == ways->was_set)
		return false;
	for (unsigned i = 0; i < 2; i++) {
		dlk_addr_t at = n->next[i] == DLK_NONE ? 0 : dlk_walk_node(s->w, n->next[i])->at;

		if (at != ways->was_clear && at != ways->was_set)
			return false;
	}
	return true;
}

/* Whether a path that comes from a node to an address has taken the bit by the last that the node does. */
static bool takes_bit(const struct search *s, const struct dlk_walk_node *n, dlk_addr_t to)
{
	struct dlk_bit_lock_ways ways;

	return find_ways(s, n, &ways) && to == ways.was_clear;
}

/*
 * Whether a node ends with an attempt that says nothing: the bit was set, else the path had come elsewhere; or the CPU stands right behind
 * it, and whoever had the bit before has it still.
 */
static bool is_vain(const struct search *s, const struct dlk_walk_node *n)
{
	struct dlk_bit_lock_ways ways;
	dlk_addr_t behind;

	if (n->end == DLK_WALK_STOPPED)
		return has_attempt(s, n, &behind) && behind == s->w->stop;
	return find_ways(s, n, &ways);
}

/* --- paths */

/* The last that a node's events do, but for those from @p end on. */
static enum found look_back(struct search *s, const struct dlk_walk_node *n, uint32_t end)
{
	for (uint32_t i = end; i-- > 0;) {
		const struct dlk_walk_event *e = dlk_walk_event(s->w, n->first_event + i);

		if (does(s, e, s->claim->rules->releases, false) || overwrites(s, e))
			return FOUND_RELEASED;
		if (tries(s, e)) {
			if (s->is_callee)
				continue;
			return FOUND_TRIED;
		}
		if (does(s, e, s->claim->rules->takes, true))
			return FOUND_TAKEN;
		s->is_given |= is_given(s, e);
	}
	return FOUND_NOTHING;
}

/* Paths backwards from a node that stopped. */
struct paths {
	uint32_t nodes[DLK_MAX_WALK_NODES], count;
	bool is_seen[DLK_MAX_WALK_NODES];
	unsigned found; /* what was done last on them: a set */
};

static void go_to(struct paths *p, uint32_t node)
{
	p->nodes[p->count++] = node;
	p->is_seen[node] = true;
}

/* To those that lead to a node. */
static void go_back(const struct search *s, struct paths *p, uint32_t node)
{
	dlk_addr_t at = dlk_walk_node(s->w, node)->at;

	for (uint32_t i = 0; i < s->w->nodes.len; i++) {
		const struct dlk_walk_node *n = dlk_walk_node(s->w, i);

		if (p->is_seen[i] || (n->next[0] != node && n->next[1] != node))
			continue;
		if (takes_bit(s, n, at))
			p->found |= FOUND_TAKEN;
		else
			go_to(p, i);
	}
}

/*
 * All paths backwards from a node that stopped, at a call unless @p is_exact: the set of what was done last on them.  It ends with
 * the first that has not taken it, but for a callee.
 */
static unsigned search_back(struct search *s, uint32_t stopped, bool is_exact)
{
	struct paths p = { .count = 0 };

	go_to(&p, stopped);
	for (uint32_t i = 0; i < p.count && (s->is_callee || !(p.found & ~(unsigned)FOUND_TAKEN));
	     i++) {
		uint32_t node = p.nodes[i];
		const struct dlk_walk_node *n = dlk_walk_node(s->w, node);
		bool is_last_out = (i == 0 && n->event_count && !is_exact) || is_vain(s, n);
		enum found found = look_back(s, n, n->event_count - is_last_out);

		if (found != FOUND_NOTHING || node == 0)
			p.found |= found;
		if (found == FOUND_NOTHING)
			go_back(s, &p, node);
	}
	return p.found;
}

/* What the call at which a path has stopped gives its callee: there these registers are the object. */
static void find_given(const struct search *s, const struct dlk_walk_node *n, struct names *ret)
{
	const struct dlk_walk *w = s->w;
	const struct dlk_code_arch *arch = dlk_code_row(w->code);
	const struct dlk_walk_event *call;
	uint64_t distance;

	if (!n->event_count)
		return;
	call = dlk_walk_event(w, n->first_event + n->event_count - 1);
	for (unsigned i = 0; i < DLK_WALK_ARGS; i++)
		if (is_name(s->names, &call->args[i]))
			add_name(ret, dlk_value_entry(arch->args[i]));
		else if (is_part(s->claim) &&
			 is_container(s->names, &call->args[i], s->claim->object, &distance))
			add_name(ret, dlk_value_add(dlk_value_entry(arch->args[i]), distance));
}

/* Whether all that the function does up to where the frame stands was seen. */
static bool is_whole(const struct dlk_walk *w)
{
	for (uint32_t i = 0; i < w->nodes.len; i++)
		if (dlk_walk_node(w, i)->end == DLK_WALK_LOST)
			return false;
	return w->has_stopped && !w->is_cut;
}

/*
 * Whether a frame has taken it on all paths.
 *
 * @param[out] given  What the object is for whom it calls now.
 */
static enum dlk_status ask_frame(const struct frames *fr, struct dlk_walk *w, uint32_t frame,
				 struct dlk_release_claim *claim, struct names *given, bool *ret)
{
	struct search s = {
		.w = w, .claim = claim, .mentions = fr->mentions, .k = dlk_code_kernel(w->code)
	};
	enum dlk_status status = walk_in(fr, w, frame, is_of_bits(claim));

	bool has_names = false, is_exact = fr->state[frame].is_exact;
	bool is_number = is_part(claim);

	*ret = !status && is_whole(w);
	for (uint32_t i = 0; i < w->nodes.len && *ret; i++) {
		const struct dlk_walk_node *n = dlk_walk_node(w, i);
		struct names names = { .count = 0 };

		if (n->end != DLK_WALK_STOPPED || n->stopped == DLK_NONE)
			continue;
		find_names(fr, frame, state_of(w, n->stopped), claim, &names);
		if (!names.count && !is_number)
			continue;
		has_names = true;
		s.names = &names;
		*ret = search_back(&s, i, is_exact) == FOUND_TAKEN;
		if (!is_exact)
			find_given(&s, n, given);
	}
	*ret &= has_names;
	claim->verdict = *ret ? (s.is_given ? DLK_RELEASE_HANDED : DLK_RELEASE_TAKEN)
			      : DLK_RELEASE_NONE;
	return dlk_status_is_fatal(status) ? status : DLK_OK;
}

static void say_dropped(struct dlk_release_claim *claim)
{
	claim->verdict = DLK_RELEASE_NONE;
	claim->frame = DLK_NONE;
	claim->at = 0;
}

/*
 * Whether a function that is called now has let it go, or may have given it to another.
 *
 * @param[in,out] given  What the object is for this one, and for whom it calls.  What else is the object in it, its registers tell: it may
 *                       have come to it by memory.
 */
static enum dlk_status ask_callee(const struct frames *fr, struct dlk_walk *w, uint32_t frame,
				  struct dlk_release_claim *claim, struct names *given)
{
	const struct names entry = *given;
	struct search s = { .w = w,
			    .claim = claim,
			    .mentions = fr->mentions,
			    .k = dlk_code_kernel(w->code),
			    .is_callee = true };
	bool is_exact = fr->state[frame].is_exact;
	enum dlk_status status = walk_in(fr, w, frame, is_of_bits(claim));
	unsigned found = 0;

	if (status || !is_whole(w)) {
		claim->verdict = DLK_RELEASE_HANDED;
		return dlk_status_is_fatal(status) ? status : DLK_OK;
	}
	given->count = 0;
	for (uint32_t i = 0; i < w->nodes.len; i++) {
		const struct dlk_walk_node *n = dlk_walk_node(w, i);
		struct names names = entry;

		if (n->end != DLK_WALK_STOPPED || n->stopped == DLK_NONE)
			continue;
		find_names(fr, frame, state_of(w, n->stopped), claim, &names);
		s.names = &names;
		found |= search_back(&s, i, is_exact);
		if (!is_exact)
			find_given(&s, n, given);
	}
	if (found == FOUND_RELEASED)
		say_dropped(claim);
	else if (s.is_given || (found & FOUND_RELEASED))
		claim->verdict = DLK_RELEASE_HANDED;
	return DLK_OK;
}

static enum dlk_status read_frames(struct dlk_registers *registers, struct frames *fr)
{
	enum dlk_status status = DLK_OK;

	fr->state[0] = dlk_registers_begin(fr->stack);
	for (uint32_t f = 0; f + 1 < fr->count && !status; f++) {
		fr->state[f + 1] = fr->state[f];
		status = dlk_registers_go_out(registers, fr->stack, f, &fr->state[f + 1]);
	}
	return status;
}

/* Whether a frame is that of a function that takes such objects: it lets none go. */
static bool is_to_take(const struct frames *fr, uint32_t frame,
		       const struct dlk_release_claim *claim)
{
	const char *function = fr->stack->frames[frame].function;

	for (const struct dlk_act *act = claim->rules->takes; act->how != DLK_ACT_END; act++)
		if (act->how == DLK_ACT_CALL && dlk_function_is(function, act->function))
			return true;
	return false;
}

enum dlk_status dlk_taken_ask(struct dlk_registers *registers, struct dlk_walk *w,
			      struct dlk_mentions *mentions, const struct dlk_stack *stack,
			      struct dlk_release_claim *claim)
{
	struct frames fr = { .stack = stack, .mentions = mentions, .count = stack->frame_count };
	struct names given = { .count = 0 };
	enum dlk_status status;
	bool is_taken = false;
	uint32_t f;

	if (fr.count > MAX_FRAMES)
		fr.count = MAX_FRAMES;
	status = read_frames(registers, &fr);
	for (f = claim->from; f < fr.count && !status && !is_taken; f++) {
		given.count = 0;
		/* no call of its own is under way */
		if (fr.state[f].is_exact && !is_part(claim))
			continue;
		status = ask_frame(&fr, w, f, claim, &given, &is_taken);
	}
	if (status || !is_taken)
		return status;
	claim->frame = f - 1;
	claim->at = stack->frames[f - 1].ip;
	for (f = f - 1; f-- > 0 && claim->verdict != DLK_RELEASE_NONE && !status;) {
		if (is_part(claim) && is_to_take(&fr, f, claim))
			break;
		status = ask_callee(&fr, w, f, claim, &given);
	}
	return status;
}
