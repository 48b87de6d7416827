/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All of src/graph/ against a second opinion, on many small models of all sorts.
 *
 * The second opinion is written from verdict.h alone: matrices over the model's contexts, fixpoints
 * and closures by definition, without resource nodes, ranks, searches or any function under test.
 * It says everything but which of several equally good paths of a cycle is shown.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "u-graph.h"

enum { CONTEXTS = 7, RESOURCES = 7, WAITS = 12, HOLDS = 14, LEVELS = 3, MODELS = 60000, FAR = 100 };

static uint64_t seed;

static uint32_t below(uint32_t bound)
{
	uint64_t x = seed += 0x9e3779b97f4a7c15u;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return (uint32_t)((x ^ (x >> 31)) >> 33) % bound;
}

struct opinion {
	const struct dlk_model *m;
	bool stuck[LEVELS][CONTEXTS];
	/* way: a waits for b by facts of the level; raw: by any, whether stuck or not */
	bool way[LEVELS][CONTEXTS][CONTEXTS], raw[CONTEXTS][CONTEXTS];
	bool is_open[CONTEXTS], in_cycle[CONTEXTS];
	uint32_t cycle_count;
};

static enum dlk_confidence random_confidence(uint32_t doubt)
{
	return below(10) >= doubt ? DLK_CERTAIN : (enum dlk_confidence)below(3);
}

static void make_random(struct scene *s)
{
	static const enum dlk_kind kinds[] = { DLK_KIND_MUTEX, DLK_KIND_RWSEM, DLK_KIND_RWSEM,
					       DLK_KIND_RWLOCK, DLK_KIND_FOLIO };
	/* Either each waits once and each holds one, which makes for long cycles, or anyhow. */
	bool is_sparse = below(2);
	uint32_t contexts = is_sparse ? CONTEXTS : 1 + below(CONTEXTS);
	uint32_t resources = is_sparse ? RESOURCES : 1 + below(RESOURCES);
	uint32_t doubt = below(4) * 3, awake = below(4), any = below(3) * 3;

	scene_init(s);
	for (uint32_t i = 0; i < contexts; i++) {
		scene_task(s, (int32_t)below(4));
		s->contexts[i].task = i * 5 % CONTEXTS; /* differs in each */
		s->contexts[i].is_blocked = below(10) >= awake;
	}
	for (uint32_t i = 0; i < resources; i++) {
		scene_lock(s, kinds[below(5)]);
		s->resources[i].address = i * 3 % RESOURCES;
		s->resources[i].needs_any = below(10) < any;
		s->resources[i].holders_unknown = below(6) ? NULL : "for a reason";
	}
	for (uint32_t i = 0, n = is_sparse ? contexts : below(WAITS + 1); i < n; i++) {
		uint32_t w = scene_queued(s, is_sparse ? i : below(contexts), below(resources),
					  (enum dlk_mode)below(3), below(4) ? below(5) : DLK_NONE);

		s->waits[w].confidence = random_confidence(doubt);
	}
	for (uint32_t i = 0, n = is_sparse ? resources : below(HOLDS + 1); i < n; i++) {
		uint32_t h = scene_hold(s, is_sparse ? i : below(contexts),
					is_sparse ? i : below(resources), (enum dlk_mode)below(3));

		s->holds[h].confidence = random_confidence(doubt);
	}
}

static bool is_before(const struct dlk_model *m, uint32_t a, uint32_t b)
{
	const struct dlk_context *x = &m->contexts[a], *y = &m->contexts[b];

	return x->pid < y->pid || (x->pid == y->pid && x->task < y->task);
}

static bool is_waiting(const struct dlk_model *m, const struct dlk_wait *w)
{
	return m->contexts[w->context].is_blocked;
}

static bool has_conflict(const struct dlk_wait *w, const struct dlk_hold *h)
{
	return w->resource == h->resource &&
	       !(w->mode == DLK_MODE_READ && h->mode == DLK_MODE_READ);
}

/* The context of the nearest writer ahead of @w that is at least as certain as @level, or none. */
static uint32_t writer_ahead(const struct dlk_model *m, const struct dlk_wait *w, int level)
{
	enum dlk_kind kind = m->resources[w->resource].kind;
	const struct dlk_wait *best = NULL;

	if (w->mode != DLK_MODE_READ || w->position == DLK_NONE ||
	    (kind != DLK_KIND_RWSEM && kind != DLK_KIND_RWLOCK))
		return DLK_NONE;
	for (const struct dlk_wait *x = m->waits; x < m->waits + m->wait_count; x++) {
		if (x->resource != w->resource || x->mode == DLK_MODE_READ || !is_waiting(m, x) ||
		    x->position == DLK_NONE || x->position >= w->position ||
		    (int)x->confidence < level)
			continue;
		if (!best || x->position > best->position ||
		    (x->position == best->position && is_before(m, x->context, best->context)))
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
		if (!has_conflict(w, h))
			continue;
		has_any = true;
		if ((int)h->confidence < level || !o->stuck[level][h->context])
			return false;
	}
	return has_any && !m->resources[w->resource].holders_unknown;
}

static bool is_way(const struct opinion *o, const struct dlk_wait *w, uint32_t to, int level)
{
	const struct dlk_model *m = o->m;

	if (!is_waiting(m, w) || (int)w->confidence < level)
		return false;
	for (int l = level; l < LEVELS; l++)
		if (writer_ahead(m, w, l) == to)
			return true;
	if (m->resources[w->resource].needs_any && !is_knot(o, w, level))
		return false;
	for (const struct dlk_hold *h = m->holds; h < m->holds + m->hold_count; h++)
		if (has_conflict(w, h) && h->context == to && (int)h->confidence >= level)
			return true;
	return false;
}

static bool has_stuck_wait(const struct opinion *o, uint32_t context, int level)
{
	const struct dlk_model *m = o->m;

	for (const struct dlk_wait *w = m->waits; w < m->waits + m->wait_count; w++)
		for (uint32_t to = 0; w->context == context && to < m->context_count; to++)
			if (o->stuck[level][to] && is_way(o, w, to, level))
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
			for (int level = 0; level < LEVELS; level++)
				o->way[level][w->context][to] |= is_way(o, w, to, level);
		if (!is_waiting(m, w))
			continue;
		for (const struct dlk_hold *h = m->holds; h < m->holds + m->hold_count; h++)
			o->raw[w->context][h->context] |= has_conflict(w, h);
		for (int level = 0; level < LEVELS; level++)
			if (writer_ahead(m, w, level) != DLK_NONE)
				o->raw[w->context][writer_ahead(m, w, level)] = true;
	}
}

static void make_opinion(struct opinion *o, const struct dlk_model *m)
{
	*o = (struct opinion){ .m = m, .cycle_count = 0 };
	for (int level = 0; level < LEVELS; level++) {
		find_stuck(o, level);
		if (m->context_count <= 4)
			check_stuck_by_subsets(o, level);
	}
	find_ways(o);
}

/* Floyd and Warshall: steps from a to b, at least one, over @in only. */
static void find_distances(const struct opinion *o, int level, const bool *in,
			   uint32_t distance[CONTEXTS][CONTEXTS])
{
	uint32_t n = o->m->context_count;

	for (uint32_t a = 0; a < n; a++)
		for (uint32_t b = 0; b < n; b++)
			distance[a][b] = in[a] && in[b] && o->stuck[level][a] &&
							 o->stuck[level][b] && o->way[level][a][b]
						 ? 1
						 : FAR;
	for (uint32_t k = 0; k < n; k++)
		for (uint32_t a = 0; a < n; a++)
			for (uint32_t b = 0; b < n; b++)
				if (distance[a][k] + distance[k][b] < distance[a][b])
					distance[a][b] = distance[a][k] + distance[k][b];
}

/* The lowest context of a cycle of @len (FAR: of the shortest) whose others are above it. */
static uint32_t find_start(const struct opinion *o, int level, const bool *in, uint32_t *len)
{
	uint32_t n = o->m->context_count, best = DLK_NONE, best_len = *len;
	uint32_t distance[CONTEXTS][CONTEXTS];

	for (uint32_t c = 0; c < n; c++) {
		bool above[CONTEXTS];

		for (uint32_t x = 0; x < n; x++)
			above[x] = in[x] && !is_before(o->m, x, c);
		find_distances(o, level, above, distance);
		if (distance[c][c] >= FAR || distance[c][c] > best_len)
			continue;
		if (distance[c][c] == best_len && best != DLK_NONE && is_before(o->m, best, c))
			continue;
		best = c;
		best_len = distance[c][c];
	}
	*len = best_len;
	return best;
}

static uint32_t waiter_of(const struct opinion *o, const struct dlk_step *step)
{
	return o->m->waits[step->wait].context;
}

/* The reported cycle that begins with @start. */
static const struct dlk_cycle *find_reported(const struct opinion *o, const struct dlk_verdict *v,
					     uint32_t start)
{
	for (uint32_t i = 0; i < v->cycle_count; i++)
		if (waiter_of(o, &v->cycles[i].steps[0]) == start)
			return &v->cycles[i];
	return NULL;
}

/* A component must show its shortest, most certain, lowest cycle; then that is closed. */
static void check_component(struct opinion *o, const struct dlk_verdict *v, int level,
			    const bool *in)
{
	uint32_t len = FAR, start = find_start(o, level, in, &len), certain_start;
	const struct dlk_cycle *cycle;

	certain_start = level ? find_start(o, DLK_CERTAIN, in, &len) : DLK_NONE;
	if (certain_start != DLK_NONE)
		start = certain_start;
	assert_true(start != DLK_NONE);
	cycle = find_reported(o, v, start);
	assert_non_null(cycle);
	assert_int_equal(cycle->step_count, len);
	if (certain_start != DLK_NONE)
		assert_int_equal(cycle->confidence, DLK_CERTAIN);
	assert_int_equal(cycle->confidence >= DLK_LIKELY, level == (int)DLK_LIKELY);
	for (uint32_t i = 0; i < len; i++) {
		uint32_t c = waiter_of(o, &cycle->steps[i]);

		assert_true(in[c] && o->is_open[c]);
		o->is_open[c] = false;
		o->in_cycle[c] = true;
	}
	o->cycle_count++;
}

static void check_level(struct opinion *o, const struct dlk_verdict *v, int level)
{
	uint32_t n = o->m->context_count, distance[CONTEXTS][CONTEXTS];
	bool has_found;

	do {
		has_found = false;
		find_distances(o, level, o->is_open, distance);
		for (uint32_t c = 0; c < n; c++) {
			bool in[CONTEXTS];

			if (distance[c][c] >= FAR)
				continue;
			for (uint32_t x = 0; x < n; x++) {
				in[x] = distance[c][x] < FAR && distance[x][c] < FAR;
				if (in[x] && x != c) /* a component is looked at once */
					distance[x][x] = FAR;
			}
			check_component(o, v, level, in);
			has_found = true;
		}
	} while (has_found);
}

static void check_cycles(struct opinion *o, const struct dlk_verdict *v)
{
	for (uint32_t c = 0; c < o->m->context_count; c++)
		o->is_open[c] = o->stuck[DLK_LIKELY][c];
	check_level(o, v, DLK_LIKELY);
	for (uint32_t c = 0; c < o->m->context_count; c++)
		o->is_open[c] = o->stuck[DLK_POSSIBLE][c] && !o->stuck[DLK_LIKELY][c];
	check_level(o, v, DLK_POSSIBLE);
	assert_int_equal(v->cycle_count, o->cycle_count);
}

static void check_step(const struct opinion *o, const struct dlk_step *step)
{
	const struct dlk_wait *w = &o->m->waits[step->wait];
	int level = LEVELS - 1;

	while (level > 0 && !o->way[level][w->context][step->blocker])
		level--;
	assert_true(o->way[level][w->context][step->blocker]);
	assert_int_equal(step->confidence, level);
	assert_true(is_way(o, w, step->blocker, level));
	if (step->hold != DLK_NONE) {
		assert_int_equal(step->ahead, DLK_NONE);
		assert_int_equal(o->m->holds[step->hold].context, step->blocker);
		assert_true(has_conflict(w, &o->m->holds[step->hold]));
		assert_true((int)o->m->holds[step->hold].confidence >= level);
	} else {
		const struct dlk_wait *ahead = &o->m->waits[step->ahead];

		assert_int_equal(ahead->context, step->blocker);
		assert_int_equal(ahead->resource, w->resource);
		assert_true(ahead->mode != DLK_MODE_READ && ahead->position < w->position);
		assert_true((int)ahead->confidence >= level);
	}
}

static void check_steps(const struct opinion *o, const struct dlk_verdict *v)
{
	for (uint32_t i = 0; i < v->cycle_count; i++) {
		const struct dlk_cycle *c = &v->cycles[i];
		enum dlk_confidence weakest = DLK_CERTAIN;

		for (uint32_t s = 0; s < c->step_count; s++) {
			check_step(o, &c->steps[s]);
			assert_int_equal(c->steps[s].blocker,
					 waiter_of(o, &c->steps[(s + 1) % c->step_count]));
			assert_false(
				is_before(o->m, c->steps[s].blocker, waiter_of(o, &c->steps[0])));
			if (c->steps[s].confidence < weakest)
				weakest = c->steps[s].confidence;
		}
		assert_int_equal(c->confidence, weakest);
		if (!i)
			continue;
		assert_true(c[-1].confidence >= weakest);
		if (c[-1].confidence == weakest)
			assert_true(is_before(o->m, waiter_of(o, &c[-1].steps[0]),
					      waiter_of(o, &c->steps[0])));
	}
}

static void check_behind(const struct opinion *o, const struct dlk_verdict *v)
{
	static const bool all[CONTEXTS] = { true, true, true, true, true, true, true };
	uint32_t distance[CONTEXTS][CONTEXTS], n = o->m->context_count;

	find_distances(o, DLK_POSSIBLE, all, distance);
	for (uint32_t i = 0; i < v->cycle_count; i++) {
		const struct dlk_cycle *cycle = &v->cycles[i];
		uint32_t count = 0;

		for (uint32_t c = 0; c < n; c++) {
			bool is_behind = false, is_in = false;

			for (uint32_t s = 0; s < cycle->step_count; s++) {
				is_behind |= distance[c][cycle->steps[s].blocker] < FAR;
				is_in |= cycle->steps[s].blocker == c;
			}
			count += is_behind && !is_in;
		}
		assert_int_equal(cycle->behind, count);
	}
}

static bool has_wait(const struct dlk_model *m, uint32_t context)
{
	for (const struct dlk_wait *w = m->waits; w < m->waits + m->wait_count; w++)
		if (w->context == context && is_waiting(m, w))
			return true;
	return false;
}

static enum dlk_role expected_role(const struct opinion *o, uint32_t c)
{
	enum dlk_role role = DLK_ROLE_NONE;

	if (o->in_cycle[c])
		return DLK_ROLE_CYCLE;
	if (o->stuck[DLK_POSSIBLE][c])
		return DLK_ROLE_BEHIND;
	if (has_wait(o->m, c))
		return DLK_ROLE_BLOCKED;
	for (uint32_t x = 0; x < o->m->context_count; x++) {
		if (o->raw[x][c] && !o->stuck[DLK_LIKELY][x])
			return DLK_ROLE_ROOT;
		if (o->raw[x][c])
			role = DLK_ROLE_HOLDER;
	}
	return role;
}

static void check_roles(const struct opinion *o, const struct dlk_verdict *v)
{
	uint32_t in = 0, behind = 0;

	for (uint32_t c = 0; c < o->m->context_count; c++) {
		assert_int_equal(v->roles[c], expected_role(o, c));
		in += v->roles[c] == DLK_ROLE_CYCLE;
		behind += v->roles[c] == DLK_ROLE_BEHIND;
	}
	assert_int_equal(v->in_cycles, in);
	assert_int_equal(v->behind_cycles, behind);
}

/* Who leads to whom among those that likely facts do not explain. */
static void find_live_closure(const struct opinion *o, bool leads[CONTEXTS][CONTEXTS])
{
	uint32_t n = o->m->context_count;

	for (uint32_t a = 0; a < n; a++)
		for (uint32_t b = 0; b < n; b++)
			leads[a][b] = o->raw[a][b] && !o->stuck[DLK_LIKELY][a] &&
				      !o->stuck[DLK_LIKELY][b];
	for (uint32_t k = 0; k < n; k++)
		for (uint32_t a = 0; a < n; a++)
			for (uint32_t b = 0; b < n; b++)
				leads[a][b] |= leads[a][k] && leads[k][b];
}

static bool is_kept_by_queue(const struct opinion *o, const struct dlk_wait *w)
{
	for (int level = 0; level < LEVELS; level++)
		if (writer_ahead(o->m, w, level) != DLK_NONE)
			return true;
	return false;
}

static bool is_kept_by_hold(const struct opinion *o, const struct dlk_wait *w)
{
	for (const struct dlk_hold *h = o->m->holds; h < o->m->holds + o->m->hold_count; h++)
		if (has_conflict(w, h))
			return true;
	return false;
}

/* A wait that nobody known keeps, of a context that is not explained. */
static bool is_open_end(const struct opinion *o, const struct dlk_wait *w)
{
	return is_waiting(o->m, w) && !o->stuck[DLK_LIKELY][w->context] &&
	       !is_kept_by_queue(o, w) && !is_kept_by_hold(o, w);
}

/* Whether a holder of what @w waits for leads to an end that is a context or an unheld resource. */
static bool leads_to_end(const struct opinion *o, bool leads[CONTEXTS][CONTEXTS],
			 const struct dlk_wait *w)
{
	const struct dlk_model *m = o->m;

	for (const struct dlk_hold *h = m->holds; h < m->holds + m->hold_count; h++) {
		uint32_t x = h->context;

		if (!has_conflict(w, h) || o->stuck[DLK_LIKELY][x])
			continue;
		for (uint32_t c = 0; c < m->context_count; c++) {
			if (c != x && !leads[x][c])
				continue;
			if (expected_role(o, c) == DLK_ROLE_ROOT)
				return true;
			for (const struct dlk_wait *y = m->waits; y < m->waits + m->wait_count; y++)
				if (y->context == c && is_open_end(o, y))
					return true;
		}
	}
	return false;
}

static bool is_end(const struct opinion *o, bool leads[CONTEXTS][CONTEXTS],
		   const struct dlk_wait *w)
{
	const struct dlk_resource *r = &o->m->resources[w->resource];

	if (!is_kept_by_hold(o, w))
		return is_open_end(o, w);
	return is_waiting(o->m, w) && !o->stuck[DLK_LIKELY][w->context] && r->needs_any &&
	       r->holders_unknown && !leads_to_end(o, leads, w);
}

/* Contexts that lead to those in @ends, and these. */
static uint32_t count_leading(const struct opinion *o, bool leads[CONTEXTS][CONTEXTS],
			      const bool *ends)
{
	uint32_t n = o->m->context_count, count = 0;

	for (uint32_t a = 0; a < n; a++) {
		bool does_lead = ends[a];

		for (uint32_t b = 0; b < n; b++)
			does_lead |= leads[a][b] && ends[b];
		count += does_lead;
	}
	return count;
}

static const struct dlk_root *find_root(const struct dlk_verdict *v, uint32_t context,
					uint32_t resource)
{
	for (uint32_t i = 0; i < v->root_count; i++)
		if (v->roots[i].context == context &&
		    (context != DLK_NONE || v->roots[i].resource == resource))
			return &v->roots[i];
	return NULL;
}

/* Live waits that @holder's holds of @resource keep waiting. */
static uint32_t count_kept(const struct opinion *o, uint32_t holder, uint32_t resource)
{
	const struct dlk_model *m = o->m;
	uint32_t count = 0;

	for (const struct dlk_wait *w = m->waits; w < m->waits + m->wait_count; w++) {
		bool is_kept = false;

		for (const struct dlk_hold *h = m->holds; h < m->holds + m->hold_count; h++)
			is_kept |= h->context == holder && has_conflict(w, h);
		count += is_kept && w->resource == resource && is_waiting(m, w) &&
			 !o->stuck[DLK_LIKELY][w->context];
	}
	return count;
}

static void check_main_resource(const struct opinion *o, const struct dlk_root *root)
{
	uint32_t count = count_kept(o, root->context, root->resource);
	const struct dlk_resource *main = &o->m->resources[root->resource];

	for (uint32_t r = 0; r < o->m->resource_count; r++) {
		const struct dlk_resource *other = &o->m->resources[r];

		assert_true(count_kept(o, root->context, r) <= count);
		if (count_kept(o, root->context, r) == count)
			assert_true(main->kind < other->kind ||
				    (main->kind == other->kind && main->address <= other->address));
	}
}

static void check_roots(const struct opinion *o, const struct dlk_verdict *v)
{
	const struct dlk_model *m = o->m;
	bool leads[CONTEXTS][CONTEXTS];
	uint32_t expected = 0;

	find_live_closure(o, leads);
	for (uint32_t c = 0; c < m->context_count; c++) {
		bool ends[CONTEXTS] = { false };

		if (expected_role(o, c) != DLK_ROLE_ROOT)
			continue;
		ends[c] = true;
		assert_non_null(find_root(v, c, DLK_NONE));
		assert_int_equal(find_root(v, c, DLK_NONE)->behind,
				 count_leading(o, leads, ends) - 1);
		check_main_resource(o, find_root(v, c, DLK_NONE));
		expected++;
	}
	for (uint32_t r = 0; r < m->resource_count; r++) {
		bool ends[CONTEXTS] = { false }, has_end = false;

		for (const struct dlk_wait *w = m->waits; w < m->waits + m->wait_count; w++) {
			if (w->resource != r || !is_end(o, leads, w))
				continue;
			has_end = ends[w->context] = true;
		}
		if (!has_end)
			continue;
		assert_non_null(find_root(v, DLK_NONE, r));
		assert_int_equal(find_root(v, DLK_NONE, r)->behind, count_leading(o, leads, ends));
		expected++;
	}
	assert_int_equal(v->root_count, expected);
	for (uint32_t i = 1; i < v->root_count; i++)
		assert_true(v->roots[i - 1].behind >= v->roots[i].behind);
}

/* Everything that a verdict says, by the identity of contexts and resources, as text. */
static void write_down(const struct dlk_model *m, const struct dlk_verdict *v, FILE *out)
{
	fprintf(out, "%d %u %u\n", (int)v->code, v->in_cycles, v->behind_cycles);
	for (uint32_t i = 0; i < v->cycle_count; i++) {
		const struct dlk_cycle *c = &v->cycles[i];

		fprintf(out, "cycle %d %u", (int)c->confidence, c->behind);
		for (uint32_t s = 0; s < c->step_count; s++) {
			const struct dlk_step *step = &c->steps[s];
			const struct dlk_resource *r = &m->resources[m->waits[step->wait].resource];

			fprintf(out, " %d %d.%u %d.%u %d", (int)step->confidence, (int)r->kind,
				(unsigned)r->address, m->contexts[step->blocker].pid,
				(unsigned)m->contexts[step->blocker].task, step->hold == DLK_NONE);
		}
		fprintf(out, "\n");
	}
	for (uint32_t i = 0; i < v->root_count; i++) {
		const struct dlk_root *root = &v->roots[i];
		const struct dlk_resource *r = &m->resources[root->resource];
		bool has_context = root->context != DLK_NONE;

		fprintf(out, "root %u %d %d.%u\n", root->behind,
			has_context ? (int)m->contexts[root->context].task : -1, (int)r->kind,
			(unsigned)r->address);
	}
	for (uint32_t task = 0; task < CONTEXTS; task++)
		for (uint32_t c = 0; c < m->context_count; c++)
			if (m->contexts[c].task == task)
				fprintf(out, "role %u %d\n", task, (int)v->roles[c]);
}

static char *describe(const struct dlk_model *m, const struct dlk_verdict *v)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	write_down(m, v, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void make_permutation(uint32_t *to, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t j = below(i + 1);

		to[i] = i;
		to[i] = to[j];
		to[j] = i;
	}
}

/* The same facts in another order. */
static void shuffle(const struct scene *s, struct scene *ret)
{
	uint32_t context[CONTEXTS], resource[RESOURCES], wait[WAITS], hold[HOLDS];

	scene_init(ret);
	ret->model.context_count = s->model.context_count;
	ret->model.resource_count = s->model.resource_count;
	ret->model.wait_count = s->model.wait_count;
	ret->model.hold_count = s->model.hold_count;
	make_permutation(context, s->model.context_count);
	make_permutation(resource, s->model.resource_count);
	make_permutation(wait, s->model.wait_count);
	make_permutation(hold, s->model.hold_count);
	for (uint32_t i = 0; i < s->model.context_count; i++)
		ret->contexts[context[i]] = s->contexts[i];
	for (uint32_t i = 0; i < s->model.resource_count; i++)
		ret->resources[resource[i]] = s->resources[i];
	for (uint32_t i = 0; i < s->model.wait_count; i++) {
		struct dlk_wait *w = &ret->waits[wait[i]];

		*w = s->waits[i];
		w->context = context[w->context];
		w->resource = resource[w->resource];
	}
	for (uint32_t i = 0; i < s->model.hold_count; i++) {
		struct dlk_hold *h = &ret->holds[hold[i]];

		*h = s->holds[i];
		h->context = context[h->context];
		h->resource = resource[h->resource];
	}
}

static void check_order_does_not_matter(struct scene *s)
{
	static struct scene other;
	char *text = describe(&s->model, &s->verdict), *other_text;

	shuffle(s, &other);
	other_text = describe(&other.model, scene_judge(&other));
	assert_string_equal(text, other_text);
	free(text);
	free(other_text);
	scene_deinit(&other);
}

/* What the models were like: easy cases alone prove nothing. */
struct tally {
	uint32_t verdicts[DLK_DEADLOCK + 1], two_cycles, long_cycles, queue_steps, any_steps, roots,
		open_roots;
};

static void count(const struct scene *s, struct tally *t)
{
	const struct dlk_verdict *v = &s->verdict;

	t->verdicts[v->code]++;
	t->two_cycles += v->cycle_count > 1;
	for (uint32_t i = 0; i < v->cycle_count; i++) {
		t->long_cycles += v->cycles[i].step_count > 2;
		for (uint32_t k = 0; k < v->cycles[i].step_count; k++) {
			const struct dlk_step *step = &v->cycles[i].steps[k];

			t->queue_steps += step->hold == DLK_NONE;
			t->any_steps += s->resources[s->waits[step->wait].resource].needs_any;
		}
	}
	for (uint32_t i = 0; i < v->root_count; i++) {
		t->roots += v->roots[i].context != DLK_NONE;
		t->open_roots += v->roots[i].context == DLK_NONE;
	}
}

static void test_random__agrees_with_second_opinion(void **state)
{
	static struct scene s;
	struct tally t = { .two_cycles = 0 };

	(void)state;
	for (uint32_t i = 0; i < MODELS; i++) {
		struct opinion o;
		const struct dlk_verdict *v;

		seed = i;
		make_random(&s);
		v = scene_judge(&s);
		make_opinion(&o, &s.model);
		check_steps(&o, v);
		check_cycles(&o, v);
		check_behind(&o, v);
		check_roles(&o, v);
		check_roots(&o, v);
		check_order_does_not_matter(&s);
		count(&s, &t);
		scene_deinit(&s);
	}
	print_message("%u without, %u possible, %u with deadlock; %u with several cycles\n",
		      t.verdicts[DLK_NO_DEADLOCK], t.verdicts[DLK_POSSIBLE_DEADLOCK],
		      t.verdicts[DLK_DEADLOCK], t.two_cycles);
	print_message("%u cycles of 3 or more, %u steps by queue, %u over any; %u roots, %u open\n",
		      t.long_cycles, t.queue_steps, t.any_steps, t.roots, t.open_roots);
	assert_true(t.verdicts[DLK_NO_DEADLOCK] > 1000 && t.verdicts[DLK_DEADLOCK] > 1000);
	assert_true(t.verdicts[DLK_POSSIBLE_DEADLOCK] > 1000);
	assert_true(t.two_cycles > 1000 && t.long_cycles > 1000 && t.queue_steps > 200);
	assert_true(t.any_steps > 200 && t.roots > 1000 && t.open_roots > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random__agrees_with_second_opinion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
