/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everybody's role, and where waits end that no cycle explains: by the closure of all that is live. */
#include <config.h>

#include "opinion.h"

static bool has_wait(const struct dlk_model *m, uint32_t context)
{
	for (const struct dlk_wait *w = m->waits; w < m->waits + m->wait_count; w++)
		if (w->context == context && opinion_is_waiting(m, w))
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

void opinion_check_roles(const struct opinion *o, const struct dlk_verdict *v)
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
static void find_live_closure(const struct opinion *o,
			      bool leads[OPINION_CONTEXTS][OPINION_CONTEXTS])
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
	for (int level = 0; level < OPINION_LEVELS; level++)
		if (opinion_ahead(o->m, w, level) != DLK_NONE)
			return true;
	return false;
}

static bool is_kept_by_hold(const struct opinion *o, const struct dlk_wait *w)
{
	for (const struct dlk_hold *h = o->m->holds; h < o->m->holds + o->m->hold_count; h++)
		if (opinion_has_conflict(w, h))
			return true;
	return false;
}

/* A wait that nobody known keeps, of a context that is not explained. */
static bool is_open_end(const struct opinion *o, const struct dlk_wait *w)
{
	return opinion_is_waiting(o->m, w) && !o->stuck[DLK_LIKELY][w->context] &&
	       !is_kept_by_queue(o, w) && !is_kept_by_hold(o, w);
}

/* Whether a holder of what @w waits for leads to an end that is a context or an unheld resource. */
static bool leads_to_end(const struct opinion *o, bool leads[OPINION_CONTEXTS][OPINION_CONTEXTS],
			 const struct dlk_wait *w)
{
	const struct dlk_model *m = o->m;

	for (const struct dlk_hold *h = m->holds; h < m->holds + m->hold_count; h++) {
		uint32_t x = h->context;

		if (!opinion_has_conflict(w, h) || o->stuck[DLK_LIKELY][x])
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

static bool is_end(const struct opinion *o, bool leads[OPINION_CONTEXTS][OPINION_CONTEXTS],
		   const struct dlk_wait *w)
{
	const struct dlk_resource *r = &o->m->resources[w->resource];

	if (!is_kept_by_hold(o, w))
		return is_open_end(o, w);
	return opinion_is_waiting(o->m, w) && !o->stuck[DLK_LIKELY][w->context] && r->needs_any &&
	       r->holders_unknown && !leads_to_end(o, leads, w);
}

/* Contexts that lead to those in @ends, and these. */
static uint32_t count_leading(const struct opinion *o,
			      bool leads[OPINION_CONTEXTS][OPINION_CONTEXTS], const bool *ends)
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
			is_kept |= h->context == holder && opinion_has_conflict(w, h);
		count += is_kept && w->resource == resource && opinion_is_waiting(m, w) &&
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

void opinion_check_roots(const struct opinion *o, const struct dlk_verdict *v)
{
	const struct dlk_model *m = o->m;
	bool leads[OPINION_CONTEXTS][OPINION_CONTEXTS];
	uint32_t expected = 0;

	find_live_closure(o, leads);
	for (uint32_t c = 0; c < m->context_count; c++) {
		bool ends[OPINION_CONTEXTS] = { false };

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
		bool ends[OPINION_CONTEXTS] = { false }, has_end = false;

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
