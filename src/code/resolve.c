/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "code/resolve.h"

enum { MAX_DEPTH = 12 /* words and masks that lead to one another */ };

/* A number for a value that needs no other. */
static bool find_base(const struct dlk_resolver *r, const struct dlk_value *v, uint64_t *ret)
{
	const struct dlk_term *t;

	if (v->how == DLK_VALUE_NUMBER) {
		*ret = v->number;
		return true;
	}
	for (unsigned i = 0; i < r->named_count; i++) {
		const struct dlk_named *n = &r->named[i];

		if (n->value.how == v->how && n->value.reg == v->reg && n->value.term == v->term) {
			*ret = n->number - n->value.number + v->number;
			return true;
		}
	}
	if (v->how != DLK_VALUE_TERM || !r->current_at)
		return false;
	t = &r->terms->terms[v->term];
	if (t->how != DLK_TERM_LOADED_PERCPU || t->of.how != DLK_VALUE_NUMBER ||
	    t->of.number != r->current_at || t->size != sizeof(r->task))
		return false;
	*ret = r->task + v->number;
	return true;
}

bool dlk_resolve(const struct dlk_resolver *r, struct dlk_value v, uint64_t *ret)
{
	struct dlk_value chain[MAX_DEPTH];
	unsigned depth = 0;
	uint64_t number;

	while (!find_base(r, &v, &number)) {
		if (v.how != DLK_VALUE_TERM || depth == MAX_DEPTH ||
		    r->terms->terms[v.term].how == DLK_TERM_LOADED_PERCPU)
			return false;
		chain[depth++] = v;
		v = r->terms->terms[v.term].of;
	}
	while (depth) {
		const struct dlk_value *outer = &chain[--depth];
		const struct dlk_term *t = &r->terms->terms[outer->term];

		if (t->how == DLK_TERM_MASKED)
			number &= t->mask;
		else if (dlk_memory_read_uint(&r->k->memory, number, t->size, &number))
			return false;
		number += outer->number;
	}
	*ret = number;
	return true;
}
