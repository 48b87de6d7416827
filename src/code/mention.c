/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The objects are ranges of addresses, sorted by where they start.  Of each function is kept which of them its text
 * mentions, and, of those that stand on stacks, also what the functions mention that they call.
 */
#include <config.h>

#include "code/mention.h"

#include <stdlib.h>

#include "code/arch.h"
#include "kernel/arch.h"

enum {
	MAX_RANGES = 256,
	MAX_OVERLAPS = 16,        /* that are looked at for one address: locks in one variable */
	MAX_FUNCTION = 16 * 1024, /* bytes of one function */
	CHUNK = 256,              /* that are looked through at a time */
	MAX_BYTES = 4 << 20,      /* of all functions together */
	MAX_CALLED = 256,         /* functions that one calls */
	NEVER = UINT32_MAX
};

struct range {
	dlk_addr_t start, end;
	uint32_t tag;
};

/* Of a function: tags from first on. */
struct row {
	uint32_t first, count;
};

struct dlk_mentions {
	struct dlk_kernel *k;
	const struct dlk_code_arch *arch; /* NULL: nothing is found */
	struct dlk_vec ranges;            /* of struct range */
	bool is_sorted;
	dlk_addr_t lowest, highest; /* of all ranges; highest is exclusive */
	struct dlk_map own, all;    /* function -> index of rows: by itself; with what it calls */
	struct dlk_map of_ip;       /* code address -> index of rows */
	struct dlk_vec rows;        /* of struct row */
	struct dlk_vec tags;        /* of uint32_t */
	uint64_t bytes;             /* looked through */
	dlk_addr_t called[MAX_CALLED];
	unsigned called_count;
	enum dlk_status status; /* of what the scan of a text has to say */
};

enum dlk_status dlk_mentions_open(struct dlk_kernel *k, struct dlk_mentions **ret)
{
	struct dlk_mentions *m = dlk_alloc(k->ctx, sizeof(*m));

	if (!m)
		return dlk_nomem(k->ctx);
	m->k = k;
	m->arch = dlk_code_arch_of(k);
	m->ranges = (struct dlk_vec)DLK_VEC_INIT(struct range);
	m->rows = (struct dlk_vec)DLK_VEC_INIT(struct row);
	m->tags = (struct dlk_vec)DLK_VEC_INIT(uint32_t);
	*ret = m;
	return DLK_OK;
}

bool dlk_mentions_can_be(const struct dlk_kernel *k, dlk_addr_t address)
{
	return address >= k->arch->machine->image_start && address < k->arch->code_end;
}

enum dlk_status dlk_mentions_add(struct dlk_mentions *m, dlk_addr_t start, dlk_addr_t end,
				 uint32_t tag)
{
	struct range *r;

	if (m->ranges.len == MAX_RANGES || !m->arch || !m->arch->scan)
		return DLK_OK;
	r = dlk_vec_push(m->k->ctx, &m->ranges);
	if (!r)
		return dlk_nomem(m->k->ctx);
	*r = (struct range){ start, end, tag };
	if (m->ranges.len == 1 || start < m->lowest)
		m->lowest = start;
	if (end > m->highest)
		m->highest = end;
	m->is_sorted = false;
	return DLK_OK;
}

static int by_start(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (x->tag > y->tag) - (x->tag < y->tag);
}

static const struct range *range_at(const struct dlk_mentions *m, uint32_t i)
{
	return DLK_VEC_AT(&m->ranges, struct range, i);
}

/* How many ranges start at an address or before it. */
static uint32_t count_before(const struct dlk_mentions *m, dlk_addr_t address)
{
	uint32_t low = 0, high = m->ranges.len;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (range_at(m, middle)->start > address)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* --- one function's text */

static bool has_tag(const struct dlk_mentions *m, const struct row *row, uint32_t tag)
{
	for (uint32_t i = 0; i < row->count; i++)
		if (*DLK_VEC_AT(&m->tags, uint32_t, row->first + i) == tag)
			return true;
	return false;
}

/* The row that is being made is the last, and its tags are. */
static void add_tag(struct dlk_mentions *m, struct row *row, uint32_t tag)
{
	uint32_t *slot;

	if (m->status || has_tag(m, row, tag))
		return;
	slot = dlk_vec_push(m->k->ctx, &m->tags);
	if (!slot) {
		m->status = dlk_nomem(m->k->ctx);
		return;
	}
	*slot = tag;
	row->count++;
}

struct scan {
	struct dlk_mentions *m;
	struct row row;
};

static void take_mentioned(void *arg, dlk_addr_t address)
{
	struct scan *s = arg;
	uint32_t end = count_before(s->m, address);

	for (uint32_t i = end; i-- > 0 && end - i <= MAX_OVERLAPS;)
		if (address < range_at(s->m, i)->end)
			add_tag(s->m, &s->row, range_at(s->m, i)->tag);
}

static void take_called(void *arg, dlk_addr_t address)
{
	struct dlk_mentions *m = ((struct scan *)arg)->m;

	for (unsigned i = 0; i < m->called_count; i++)
		if (m->called[i] == address)
			return;
	if (m->called_count < MAX_CALLED)
		m->called[m->called_count++] = address;
}

/* What lies behind the function's end is looked through up to the end of a chunk: it does no harm. */
static void scan_function(struct scan *s, dlk_addr_t start, bool with_calls)
{
	struct dlk_mentions *m = s->m;
	unsigned char bytes[CHUNK + DLK_MAX_INSN];
	const struct dlk_text_scan scan = { .lowest = m->lowest,
					    .highest = m->highest,
					    .mentioned = take_mentioned,
					    .called = with_calls ? take_called : NULL,
					    .arg = s };

	for (dlk_addr_t at = start; at - start < MAX_FUNCTION && m->bytes < MAX_BYTES;
	     at += CHUNK) {
		size_t len = sizeof(bytes);

		if (!dlk_kernel_is_code(m->k, at) ||
		    (at != start && dlk_kernel_describe_ip(m->k, at).start != start))
			return;
		if (dlk_memory_read(&m->k->memory, at, bytes, len)) {
			len = CHUNK;
			if (dlk_memory_read(&m->k->memory, at, bytes, len))
				return;
		}
		m->arch->scan(&scan, bytes, len, at);
		m->bytes += CHUNK;
	}
}

static enum dlk_status keep_row(struct dlk_mentions *m, struct dlk_map *map, dlk_addr_t key,
				const struct row *row, uint32_t *ret)
{
	struct row *kept = m->status ? NULL : dlk_vec_push(m->k->ctx, &m->rows);

	if (!kept)
		return m->status ? m->status : dlk_nomem(m->k->ctx);
	*kept = *row;
	*ret = m->rows.len - 1;
	return dlk_map_put(m->k->ctx, map, key, *ret);
}

/* What a function mentions by itself. */
static enum dlk_status get_own(struct dlk_mentions *m, dlk_addr_t start, uint32_t *ret)
{
	struct scan s = { .m = m, .row = { .first = m->tags.len } };

	*ret = dlk_map_get(&m->own, start);
	if (*ret != NEVER)
		return DLK_OK;
	scan_function(&s, start, false);
	return keep_row(m, &m->own, start, &s.row, ret);
}

/* --- a function with those that it calls */

/* What is called is known by where it begins; what only looks like a call is none. */
static bool is_entry(struct dlk_mentions *m, dlk_addr_t at)
{
	dlk_addr_t start;

	if (!dlk_kernel_is_code(m->k, at))
		return false;
	start = dlk_kernel_describe_ip(m->k, at).start;
	return start && at - start < DLK_MAX_INSN;
}

static enum dlk_status get_all(struct dlk_mentions *m, dlk_addr_t start, uint32_t *ret)
{
	struct scan s = { .m = m };
	uint32_t own[MAX_CALLED];
	unsigned count = 0;
	enum dlk_status status = DLK_OK;

	*ret = dlk_map_get(&m->all, start);
	if (*ret != NEVER)
		return DLK_OK;
	m->called_count = 0;
	s.row.first = m->tags.len;
	scan_function(&s, start, true);
	status = keep_row(m, &m->own, start, &s.row, &own[count++]);
	for (unsigned i = 0; i < m->called_count && count < MAX_CALLED && !status; i++)
		if (m->called[i] != start && is_entry(m, m->called[i]))
			status = get_own(m, m->called[i], &own[count++]);
	s.row = (struct row){ .first = m->tags.len };
	for (unsigned i = 0; i < count && !status; i++) {
		const struct row row = *DLK_VEC_AT(&m->rows, struct row, own[i]);

		for (uint32_t j = 0; j < row.count; j++)
			add_tag(m, &s.row, *DLK_VEC_AT(&m->tags, uint32_t, row.first + j));
	}
	return status ? status : keep_row(m, &m->all, start, &s.row, ret);
}

/* --- questions */

static void sort(struct dlk_mentions *m)
{
	if (!m->is_sorted && m->ranges.len)
		qsort(m->ranges.data, m->ranges.len, sizeof(struct range), by_start);
	m->is_sorted = true;
}

static enum dlk_status get_row_of_ip(struct dlk_mentions *m, dlk_addr_t ip, uint32_t *ret)
{
	struct row none = { 0 };
	dlk_addr_t start;
	enum dlk_status status;

	*ret = dlk_map_get(&m->of_ip, ip);
	if (*ret != NEVER)
		return DLK_OK;
	/* a call that never returns may end its function */
	start = dlk_kernel_is_code(m->k, ip) ? dlk_kernel_describe_ip(m->k, ip - 1).start : 0;
	if (!start)
		return keep_row(m, &m->of_ip, ip, &none, ret);
	status = get_all(m, start, ret);
	return status ? status : dlk_map_put(m->k->ctx, &m->of_ip, ip, *ret);
}

enum dlk_status dlk_mentions_show(struct dlk_mentions *m, dlk_addr_t ip, dlk_mention_fn *fn,
				  void *arg)
{
	enum dlk_status status;
	struct row row;
	uint32_t index;

	if (!m->ranges.len)
		return DLK_OK;
	sort(m);
	status = get_row_of_ip(m, ip, &index);
	if (status)
		return status;
	row = *DLK_VEC_AT(&m->rows, struct row, index);
	for (uint32_t i = 0; i < row.count && !status; i++)
		status = fn(arg, *DLK_VEC_AT(&m->tags, uint32_t, row.first + i));
	return status;
}

static bool row_has(const struct dlk_mentions *m, uint32_t index, dlk_addr_t object)
{
	const struct row *row = DLK_VEC_AT(&m->rows, struct row, index);
	uint32_t end = count_before(m, object);

	for (uint32_t i = end; i-- > 0 && end - i <= MAX_OVERLAPS;)
		if (object < range_at(m, i)->end && has_tag(m, row, range_at(m, i)->tag))
			return true;
	return false;
}

bool dlk_mentions_has(struct dlk_mentions *m, dlk_addr_t ip, bool with_calls, dlk_addr_t object)
{
	uint32_t index;

	if (!m->ranges.len || object < m->lowest || object >= m->highest)
		return false;
	sort(m);
	if (with_calls ? get_row_of_ip(m, ip, &index) : get_own(m, ip, &index))
		return false;
	return row_has(m, index, object);
}
