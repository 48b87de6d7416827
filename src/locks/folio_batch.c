/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Folios that a task has found, and not locked yet.
 *
 * Who goes through a mapping, to write it back, truncate or invalidate it, finds some folios at once, as a struct
 * folio_batch on its stack (a struct pagevec before there were folios), and locks them from the first to the last:
 *
 *	nr | folio  folio  folio  folio  folio
 *	            ^ it waits for this one's lock
 *	                   '-- these it has not locked --'
 *
 * Claims: a word that stands in a batch behind the folio whose lock the task waits for is no sign that it holds that
 * word's folio.  Those before it may be locked: ext4's writeback keeps them until it has enough to map.
 *
 * Evidence: the count before the first, and that all that it counts may be struct pages: they are whole ones away from
 * the folio that is waited for.
 *
 * How it can be wrong: other words that look like a batch.  find_lock_entries() locks all that it finds, but tries only,
 * and who has such a batch waits for no lock of a folio in it.
 */
#include <config.h>

#include "locks/folio.h"

enum {
	MAX_FOLIOS = 31, /* it was 15 */
	PAGES_BITS = 40  /* all struct pages are within 1 TiB */
};

static bool is_page_like(const struct dlk_facts *f, uint64_t word, dlk_addr_t folio)
{
	uint64_t distance = word > folio ? word - folio : folio - word;
	uint32_t size = f->k->layout.sizes[DLK_S_page];

	return size && distance % size == 0 && distance >> PAGES_BITS == 0;
}

/* How many folios a batch has whose first would be @p first of a stack's words; 0 if the count cannot be there. */
static uint32_t read_count(const struct dlk_facts *f, const struct dlk_stack *stack, uint32_t first)
{
	const struct dlk_layout *l = &f->k->layout;
	uint64_t before = (uint64_t)dlk_layout_offset(l, DLK_M_folio_batch_folios) -
			  dlk_layout_offset(l, DLK_M_folio_batch_nr);
	uint64_t at = (uint64_t)first * sizeof(uint64_t);

	return before <= at ? *((const unsigned char *)stack->words + at - before) : 0;
}

static bool is_batch(const struct dlk_facts *f, const struct dlk_stack *stack, uint32_t first,
		     dlk_addr_t folio)
{
	uint32_t count = read_count(f, stack, first);

	if (count > MAX_FOLIOS || count > stack->word_count - first)
		return false;
	for (uint32_t i = first; i < first + count; i++)
		if (!is_page_like(f, stack->words[i], folio))
			return false;
	return true;
}

/* The folio whose lock a task waits for; 0 if it waits for none. */
static dlk_addr_t find_waited(const struct dlk_facts *f, uint32_t context)
{
	const struct dlk_wait *w = dlk_model_first_wait(&f->model, context);
	const struct dlk_resource *r = w ? dlk_facts_resource(f, w->resource) : NULL;

	return r && r->kind == DLK_KIND_FOLIO ? r->address : 0;
}

bool dlk_folio_is_ahead(const struct dlk_facts *f, const struct dlk_stack *stack, uint32_t context,
			dlk_addr_t at)
{
	uint32_t place = (uint32_t)((at - stack->sp) / sizeof(uint64_t)), first = place;
	dlk_addr_t folio = find_waited(f, context);
	bool is_behind = false;

	if (!folio || !dlk_layout_has(&f->k->layout, DLK_M_folio_batch_nr) ||
	    !dlk_layout_has(&f->k->layout, DLK_M_folio_batch_folios))
		return false;
	while (first && place - first < MAX_FOLIOS &&
	       is_page_like(f, stack->words[first - 1], folio))
		is_behind |= stack->words[--first] == folio;
	return is_behind && is_batch(f, stack, first, folio) &&
	       place - first < read_count(f, stack, first);
}
