/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is stuck, and who waits for whom, by definition. */
#include <config.h>

#include "opinion.h"

bool opinion_is_before(const struct dlk_model *m, uint32_t a, uint32_t b)
{
	const struct dlk_context *x = &m->contexts[a], *y = &m->contexts[b];

	return x->pid < y->pid || (x->pid == y->pid && x->task < y->task);
}

bool opinion_is_waiting(const struct dlk_model *m, const struct dlk_wait *w)
{
	return m->contexts[w->context].is_blocked;
}

bool opinion_has_conflict(const struct dlk_wait *w, const struct dlk_hold *h)
{
	return w->resource == h->resource &&
	       !(w->mode == DLK_MODE_READ && h->mode == DLK_MODE_READ);
}

static bool is_fair(const struct dlk_model *m, const struct dlk_wait *w)
{
	enum dlk_kind kind = m->resources[w->resource].kind;

	return kind == DLK_KIND_RWSEM || kind == DLK_KIND_RWLOCK;
}

static bool is_in_queue(const struct dlk_model *m, const struct dlk_wait *w)
{
	return w->position != DLK_NONE && (is_fair(m, w) || (w->evidence & DLK_EVIDENCE_SPINS));
}

static bool is_interrupted(const struct dlk_model *m, uint32_t context)
{
	for (const struct dlk_wait *w = m->waits; w < m->waits + m->wait_count; w++)
		if (w->context == context && (w->evidence & DLK_EVIDENCE_ON_TOP) &&
		    opinion_is_waiting(m, w))
			return true;
	return false;
}

bool opinion_is_in_way(const struct dlk_model *m, const struct dlk_wait *w,
		       const struct dlk_wait *ahead)
{
	if (!is_in_queue(m, w) || !is_in_queue(m, ahead) || ahead->resource != w->resource ||
	    ahead->position >= w->position || !opinion_is_waiting(m, ahead))
		return false;
	return is_interrupted(m, ahead->context) ||
	       (is_fair(m, w) && w->mode == DLK_MODE_READ && ahead->mode != DLK_MODE_READ);
}

uint32_t opinion_ahead(const struct dlk_model *m, const struct dlk_wait *w, int level)
{
	const struct dlk_wait *best = NULL;

	for (const struct dlk_wait *x = m->waits; x < m->waits + m->wait_count; x++) {
		if (!opinion_is_in_way(m, w, x) || (int)x->confidence < level)
			continue;
		if (!best || x->position > best->position ||
		    (x->position == best->position &&
		     opinion_is_before(m, x->context, best->context)))
			best = x;
	}
	return best && best->context != w->context ? best->context : DLK_NONE;
}

/* All holders of a needs_any resource that keep @w waiting are facts and stuck, and all known. */
static bool is_knot(const struct opinion *o, const struct dlk_wait *w, int level)
{
	const struct dlk_model *m = o->m;
	bool has_any = false;

	for (const struct dlk_hold *h = m->holds; h < m->holds + m->hold_count; h++) {
		if (!opinion_has_conflict(w, h))
			continue;
		has_any = true;
		if ((int)h->confidence < level || !o->stuck[level][h->context])
			return false;
	}
	return has_any && !m->resources[w->resource].holders_unknown;
}

bool opinion_is_way(const struct opinion *o, const struct dlk_wait *w, uint32_t to, int level)
{
	const struct dlk_model *m = o->m;

	if (!opinion_is_waiting(m, w) || (int)w->confidence < level)
		return false;
	for (int l = level; l < OPINION_LEVELS; l++)
		if (opinion_ahead(m, w, l) == to)
			return true;
	if (m->resources[w->resource].needs_any && !is_knot(o, w, level))
		return false;
	for (const struct dlk_hold *h = m->holds; h < m->holds + m->hold_count; h++)
		if (opinion_has_conflict(w, h) && h->context == to && (int)h->confidence >= level)
			return true;
	return false;
}

static bool has_stuck_wait(const struct opinion *o, uint32_t context, int level)
{
	const struct dlk_model *m = o->m;

	for (const struct dlk_wait *w = m->waits; w < m->waits + m->wait_count; w++)
		for (uint32_t to = 0; w->context == context && to < m->context_count; to++)
			if (o->stuck[level][to] && opinion_is_way(o, w, to, level))
				return true;
	return false;
}

/* The greatest set: take out who has no reason to be in it, until everybody has one. */
static void find_stuck(struct opinion *o, int level)
{
	bool has_changed = true;

	for (uint32_t c = 0; c < o->m->context_count; c++)
		o->stuck[level][c] = true;
	while (has_changed) {
		has_changed = false;
		for (uint32_t c = 0; c < o->m->context_count; c++) {
			if (!o->stuck[level][c] || has_stuck_wait(o, c, level))
				continue;
			o->stuck[level][c] = false;
			has_changed = true;
		}
	}
}

/* The same by definition: the union of all sets in which everybody has a reason. */
static void check_stuck_by_subsets(const struct opinion *o, int level)
{
	uint32_t count = o->m->context_count, all = 0;
	struct opinion sub = *o;

	for (uint32_t set = 0; set < 1u << count; set++) {
		bool is_sound = true;

		for (uint32_t c = 0; c < count; c++)
			sub.stuck[level][c] = set >> c & 1;
		for (uint32_t c = 0; c < count; c++)
			is_sound = is_sound && (!(set >> c & 1) || has_stuck_wait(&sub, c, level));
		all |= is_sound ? set : 0;
	}
	for (uint32_t c = 0; c < count; c++)
		assert_int_equal(o->stuck[level][c], all >> c & 1);
}

static void find_ways(struct opinion *o)
{
	const struct dlk_model *m = o->m;

	for (const struct dlk_wait *w = m->waits; w < m->waits + m->wait_count; w++) {
		for (uint32_t to = 0; to < m->context_count; to++)
			for (int level = 0; level < OPINION_LEVELS; level++)
				o->way[level][w->context][to] |= opinion_is_way(o, w, to, level);
		if (!opinion_is_waiting(m, w))
			continue;
		for (const struct dlk_hold *h = m->holds; h < m->holds + m->hold_count; h++)
			o->raw[w->context][h->context] |= opinion_has_conflict(w, h);
		for (int level = 0; level < OPINION_LEVELS; level++)
			if (opinion_ahead(m, w, level) != DLK_NONE)
				o->raw[w->context][opinion_ahead(m, w, level)] = true;
	}
}

void opinion_make(struct opinion *o, const struct dlk_model *m)
{
	*o = (struct opinion){ .m = m, .cycle_count = 0 };
	for (int level = 0; level < OPINION_LEVELS; level++) {
		find_stuck(o, level);
		if (m->context_count <= 4)
			check_stuck_by_subsets(o, level);
	}
	find_ways(o);
}
