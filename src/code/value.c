/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "code/value.h"

#include <string.h>

void dlk_terms_clear(struct dlk_terms *terms)
{
	terms->count = 0;
	memset(terms->buckets, 0, sizeof(terms->buckets));
}

static unsigned bucket_of(const struct dlk_term *t)
{
	uint64_t sum = t->of.number + t->mask + ((uint64_t)t->of.how << 8) + t->of.term + t->of.reg;

	return (unsigned)((sum * UINT64_C(0x9e3779b97f4a7c15)) >> 32) % DLK_TERM_BUCKETS;
}

static struct dlk_value get(struct dlk_terms *terms, const struct dlk_term *wanted)
{
	uint16_t *bucket = &terms->buckets[bucket_of(wanted)], i;
	struct dlk_value ret = { .how = DLK_VALUE_UNKNOWN };

	if (wanted->of.how == DLK_VALUE_UNKNOWN)
		return ret;
	for (i = *bucket; i; i = terms->terms[i - 1].next) {
		const struct dlk_term *t = &terms->terms[i - 1];

		if (t->how == wanted->how && t->size == wanted->size && t->mask == wanted->mask &&
		    dlk_value_is_same(&t->of, &wanted->of))
			break;
	}
	if (!i) {
		if (terms->count == DLK_MAX_TERMS)
			return ret;
		terms->terms[terms->count] = *wanted;
		terms->terms[terms->count].next = *bucket;
		*bucket = i = ++terms->count;
	}
	ret.how = DLK_VALUE_TERM;
	ret.term = i - 1;
	return ret;
}

struct dlk_value dlk_terms_load(struct dlk_terms *terms, struct dlk_value address, unsigned size,
				bool is_percpu)
{
	const struct dlk_term t = { .of = address,
				    .how = is_percpu ? DLK_TERM_LOADED_PERCPU : DLK_TERM_LOADED,
				    .size = (uint8_t)size };

	return get(terms, &t);
}

struct dlk_value dlk_terms_mask(struct dlk_terms *terms, struct dlk_value v, uint64_t mask)
{
	const struct dlk_term t = { .of = v, .how = DLK_TERM_MASKED, .mask = mask };

	if (v.how == DLK_VALUE_NUMBER)
		return dlk_value_number(v.number & mask);
	return mask == UINT64_MAX ? v : get(terms, &t);
}
