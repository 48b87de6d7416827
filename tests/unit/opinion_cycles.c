/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which cycles must be shown, and who is behind them: by all distances. */
#include <config.h>

#include "opinion.h"

enum { FAR = 100 };

/* Floyd and Warshall: steps from a to b, at least one, over @in only. */
static void find_distances(const struct opinion *o, int level, const bool *in,
			   uint32_t distance[OPINION_CONTEXTS][OPINION_CONTEXTS])
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
	uint32_t distance[OPINION_CONTEXTS][OPINION_CONTEXTS];

	for (uint32_t c = 0; c < n; c++) {
		bool above[OPINION_CONTEXTS];

		for (uint32_t x = 0; x < n; x++)
			above[x] = in[x] && !opinion_is_before(o->m, x, c);
		find_distances(o, level, above, distance);
		if (distance[c][c] >= FAR || distance[c][c] > best_len)
			continue;
		if (distance[c][c] == best_len && best != DLK_NONE &&
		    opinion_is_before(o->m, best, c))
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
	uint32_t n = o->m->context_count, distance[OPINION_CONTEXTS][OPINION_CONTEXTS];
	bool has_found;

	do {
		has_found = false;
		find_distances(o, level, o->is_open, distance);
		for (uint32_t c = 0; c < n; c++) {
			bool in[OPINION_CONTEXTS];

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

void opinion_check_cycles(struct opinion *o, const struct dlk_verdict *v)
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
	int level = OPINION_LEVELS - 1;

	while (level > 0 && !o->way[level][w->context][step->blocker])
		level--;
	assert_true(o->way[level][w->context][step->blocker]);
	assert_int_equal(step->confidence, level);
	assert_true(opinion_is_way(o, w, step->blocker, level));
	if (step->hold != DLK_NONE) {
		assert_int_equal(step->ahead, DLK_NONE);
		assert_int_equal(o->m->holds[step->hold].context, step->blocker);
		assert_true(opinion_has_conflict(w, &o->m->holds[step->hold]));
		assert_true((int)o->m->holds[step->hold].confidence >= level);
	} else {
		const struct dlk_wait *ahead = &o->m->waits[step->ahead];

		assert_int_equal(ahead->context, step->blocker);
		assert_true(opinion_is_in_way(o->m, w, ahead));
		assert_true((int)ahead->confidence >= level);
	}
}

void opinion_check_steps(const struct opinion *o, const struct dlk_verdict *v)
{
	for (uint32_t i = 0; i < v->cycle_count; i++) {
		const struct dlk_cycle *c = &v->cycles[i];
		enum dlk_confidence weakest = DLK_CERTAIN;

		for (uint32_t s = 0; s < c->step_count; s++) {
			check_step(o, &c->steps[s]);
			assert_int_equal(c->steps[s].blocker,
					 waiter_of(o, &c->steps[(s + 1) % c->step_count]));
			assert_false(opinion_is_before(o->m, c->steps[s].blocker,
						       waiter_of(o, &c->steps[0])));
			if (c->steps[s].confidence < weakest)
				weakest = c->steps[s].confidence;
		}
		assert_int_equal(c->confidence, weakest);
		if (!i)
			continue;
		assert_true(c[-1].confidence >= weakest);
		if (c[-1].confidence == weakest)
			assert_true(opinion_is_before(o->m, waiter_of(o, &c[-1].steps[0]),
						      waiter_of(o, &c->steps[0])));
	}
}

void opinion_check_behind(const struct opinion *o, const struct dlk_verdict *v)
{
	static const bool all[OPINION_CONTEXTS] = { true, true, true, true, true, true, true };
	uint32_t distance[OPINION_CONTEXTS][OPINION_CONTEXTS], n = o->m->context_count;

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
