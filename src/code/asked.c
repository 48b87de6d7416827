/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "code/asked.h"

enum { MAX_OBJECT = 64 /* a lock's or a folio's own words */ };

void dlk_asked_by_add(struct dlk_asked_by *by, dlk_addr_t at)
{
	if (by->count == DLK_MAX_ASKED_BY)
		by->is_cut = true;
	else
		by->at[by->count++] = at;
}

/* The word that a value is, or some bits of it. */
static bool find_word(const struct dlk_resolver *r, const struct dlk_value *v,
		      struct dlk_asked_word *ret)
{
	const struct dlk_term *t;
	struct dlk_value inner = *v;

	do {
		if (inner.how != DLK_VALUE_TERM)
			return false;
		t = &r->terms->terms[inner.term];
		inner = t->of;
	} while (t->how == DLK_TERM_MASKED);
	ret->size = t->size;
	return t->how == DLK_TERM_LOADED && dlk_resolve(r, inner, &ret->at);
}

static bool is_within(const struct dlk_asked_word *word, const struct dlk_asked_word *other)
{
	return word->at >= other->at && word->at + word->size <= other->at + other->size;
}

/* --- the way in */

/* What branches there depend on. */
struct branches {
	struct dlk_value values[DLK_MAX_ASKED_BY];
	uint32_t nodes[DLK_MAX_ASKED_BY];
	struct dlk_asked_by by;
	bool is_way[DLK_MAX_WALK_NODES]; /* of each node: it leads there */
};

static bool note_value(void *arg, struct dlk_walk *w, uint32_t node, dlk_addr_t at,
		       const struct dlk_value *v, uint64_t *ret)
{
	struct branches *in = arg;

	(void)w;
	(void)ret;
	if (in->by.count < DLK_MAX_ASKED_BY) {
		in->values[in->by.count] = *v;
		in->nodes[in->by.count] = node;
	}
	dlk_asked_by_add(&in->by, at);
	return false;
}

static void mark_way(const struct dlk_walk *w, bool *is_way)
{
	for (uint32_t i = 0; i < w->nodes.len; i++)
		is_way[i] = dlk_walk_node(w, i)->end == DLK_WALK_STOPPED;
	dlk_walk_mark_back(w, is_way);
}

static bool is_come_to(const struct dlk_asked_by *by, dlk_addr_t at)
{
	for (unsigned i = 0; i < by->count; i++)
		if (by->at[i] == at)
			return true;
	return false;
}

static bool has_word(const struct dlk_asked *a, const struct dlk_asked_word *word)
{
	for (unsigned i = 0; i < a->count; i++)
		if (is_within(word, &a->words[i]))
			return true;
	return false;
}

/* The words of branches on the way that are, or are not, come to again. */
static void collect(const struct branches *in, const struct dlk_resolver *r,
		    const struct dlk_asked_by *again, bool is_again, const struct dlk_asked *but,
		    struct dlk_asked *ret)
{
	struct dlk_asked_word word;

	for (unsigned i = 0; i < in->by.count && ret->count < DLK_MAX_ASKED; i++)
		if (in->is_way[in->nodes[i]] && is_come_to(again, in->by.at[i]) == is_again &&
		    find_word(r, &in->values[i], &word) && !(but && has_word(but, &word)) &&
		    !has_word(ret, &word))
			ret->words[ret->count++] = word;
}

enum dlk_status dlk_asked_find(struct dlk_walk *w, struct dlk_way_in *in,
			       const struct dlk_resolver *r, const struct dlk_asked_by *again,
			       struct dlk_asked *ret)
{
	struct branches branches = { .by = { .count = 0 } };
	struct dlk_asked changing = { .count = 0 };
	struct dlk_resolver entry = *r;
	enum dlk_status status;

	status = dlk_way_in_walk(w, in, note_value, &branches);
	ret->count = 0;
	if (status || !w->has_stopped || branches.by.is_cut || again->is_cut)
		return dlk_status_is_fatal(status) ? status : DLK_OK;
	mark_way(w, branches.is_way);
	entry.terms = &w->terms;
	entry.named = in->named;
	entry.named_count = in->named_count;
	collect(&branches, &entry, again, true, NULL, &changing);
	if (changing.count < DLK_MAX_ASKED)
		collect(&branches, &entry, again, false, &changing, ret);
	return DLK_OK;
}

/* --- the way out */

bool dlk_asked_number(const struct dlk_asked *a, const struct dlk_resolver *r, dlk_addr_t object,
		      const struct dlk_value *v, uint64_t *ret)
{
	const struct dlk_asked_word own = { object, MAX_OBJECT };
	struct dlk_asked_word word;

	return a->count && find_word(r, v, &word) && has_word(a, &word) &&
	       !is_within(&word, &own) && dlk_resolve(r, *v, ret);
}
