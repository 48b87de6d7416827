/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where is kallsyms?
 *
 * Symbol names are stored as tokens, and the token table maps each character that occurs in names
 * to itself unless it could be given away.  The digits always occur, so the table holds the strings
 * "0" to "9" one after the other: a pattern of twenty bytes that is found by a plain search.  From
 * there all else follows, because scripts/kallsyms.c writes the tables one behind the other:
 *
 *     [offsets relative_base] num_syms names markers [seqs_of_names] token_table token_index
 *                                                                    [offsets relative_base]
 *
 * the first place of the offsets before v6.4, the second since; no relative_base since v7.0
 * (a081b5789255), when offsets count from their own places, and all tables are aligned to 4 bytes instead
 * of 8; seqs_of_names there from v6.2 (and
 * in 6.1's stable kernels) to v6.4.  A find is believed only if all of it fits: the token index
 * names the starts of the tokens, as many names as num_syms says are followed by markers that fit
 * them, the offsets rise, the base is in the image.
 */
#include <config.h>

#include "debuginfo/kallsyms_find.h"

#include <string.h>

enum {
	WINDOW = 1 << 20,
	TOKENS = 256,
	FIRST_DIGIT = '0',
	MAX_TOKEN_TABLE = 8192, /* a token has some 30 bytes at the most, most have few */
	INDEX_SIZE = TOKENS * 2,
	PER_MARKER = 256,
	MIN_SYMBOLS = PER_MARKER + 1,
	MAX_SYMBOLS = 1 << 23,
	MAX_NAMES = 8 << 20, /* all of num_syms to token_table: 1 to 3 MiB in stock kernels */
	PIECE = 256 << 10,   /* of these, read at once, from behind */
	CHECKED_OFFSETS = 1024,
	/* Words and names looked at in all.  A kernel takes a million or so; a dump that is made to look
	 * like tables everywhere would take for ever. */
	MAX_STEPS = 1 << 23,
	HIT_STEPS = 64,
	IMAGE_WINDOW = 1 << 30
};

static const char digits[] = "0\0001\0002\0003\0004\0005\0006\0007\0008\0009";

struct search {
	struct dlk_memory *m;
	dlk_addr_t start, end;
	struct dlk_kallsyms_tables tables;
	uint32_t symbols;
	unsigned char *names; /* what lies before the token table */
	unsigned align;       /* of the tables: 8, and 4 since v7.0 */
	uint64_t steps;
};

static dlk_addr_t align(const struct search *s, dlk_addr_t at)
{
	return (at + s->align - 1) & -(dlk_addr_t)s->align;
}

static uint32_t get_u32(const unsigned char *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

/* Where the tokens before the digits must have begun: walk FIRST_DIGIT strings back. */
static bool find_token_table(struct search *s, dlk_addr_t at)
{
	unsigned char before[MAX_TOKEN_TABLE];
	size_t i = sizeof(before);
	int tokens = 0;

	if (at - s->start < sizeof(before) ||
	    dlk_memory_read(s->m, at - sizeof(before), before, sizeof(before)) || before[i - 1])
		return false;
	/* before[i] is the start of a token; find the start of the one before. */
	while (tokens < FIRST_DIGIT && i > 1) {
		for (i--; i > 0 && before[i - 1]; i--)
			;
		tokens++;
	}
	/* Tokens of characters that do not occur are empty strings, so zeros before the table look
	 * like more of them: the table is aligned, and token_index will tell. */
	s->tables.token_table = at - sizeof(before) + i;
	return tokens == FIRST_DIGIT;
}

/* Whether both tables of the tokens fit, if tables are aligned so. */
static bool check_token_index(struct search *s)
{
	unsigned char table[MAX_TOKEN_TABLE];
	uint16_t index[TOKENS];
	size_t at = 0;

	if (s->tables.token_table & (s->align - 1) ||
	    dlk_memory_read(s->m, s->tables.token_table, table, sizeof(table)))
		return false;
	for (int token = 0; token < TOKENS; token++) {
		index[token] = (uint16_t)at;
		while (at < sizeof(table) && table[at])
			at++;
		if (at++ >= sizeof(table))
			return false;
	}
	s->tables.token_index = align(s, s->tables.token_table + at);
	return !dlk_memory_read(s->m, s->tables.token_index, table, INDEX_SIZE) &&
	       !memcmp(table, index, INDEX_SIZE);
}

/* Offsets of symbols rise from a base inside the image. */
static bool check_offsets(struct search *s, dlk_addr_t offsets, dlk_addr_t base_at)
{
	uint32_t values[CHECKED_OFFSETS];
	uint32_t count = s->symbols < CHECKED_OFFSETS ? s->symbols : CHECKED_OFFSETS;
	uint64_t base, rising = 0;

	if (offsets < s->start || base_at >= s->end || dlk_memory_read_u64(s->m, base_at, &base) ||
	    base < s->start || base >= s->end ||
	    dlk_memory_read(s->m, offsets + (dlk_addr_t)(s->symbols - count) * 4, values,
			    count * sizeof(values[0])))
		return false;
	/* Percpu symbols are written apart, and negative offsets fall: so look at the last ones. */
	for (uint32_t i = 1; i < count; i++)
		rising += values[i] >= values[i - 1] || (int32_t)values[i] < 0;
	if (rising + 1 < count)
		return false;
	s->tables.offsets = offsets;
	s->tables.relative_base = base_at;
	return true;
}

/* Offsets from their own places: the last symbols rise; they may lie a bit behind what is mapped. */
static bool check_own_places(struct search *s, dlk_addr_t offsets)
{
	uint32_t values[CHECKED_OFFSETS];
	uint32_t count = s->symbols < CHECKED_OFFSETS ? s->symbols : CHECKED_OFFSETS;
	dlk_addr_t from = offsets + (dlk_addr_t)(s->symbols - count) * 4, former = s->start;
	uint32_t lowest;

	/* The lowest is the image's start. */
	if (dlk_memory_read_u32(s->m, offsets, &lowest) ||
	    offsets + (dlk_addr_t)(int64_t)(int32_t)lowest != s->start ||
	    dlk_memory_read(s->m, from, values, count * sizeof(values[0])))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		dlk_addr_t address = from + (dlk_addr_t)i * 4 +
				     (dlk_addr_t)(int64_t)(int32_t)values[i];

		if (address < former || address - s->start > IMAGE_WINDOW)
			return false;
		former = address;
	}
	s->tables.offsets = offsets;
	s->tables.relative_base = 0;
	return true;
}

static bool find_offsets(struct search *s, dlk_addr_t num_syms)
{
	dlk_addr_t size = align(s, (dlk_addr_t)s->symbols * 4);
	dlk_addr_t behind = align(s, s->tables.token_index + INDEX_SIZE);
	dlk_addr_t base_before = num_syms - 8;

	s->tables.num_syms = num_syms;
	s->tables.names = num_syms + s->align;
	return check_offsets(s, behind, behind + size) ||
	       check_offsets(s, base_before - size, base_before) || check_own_places(s, behind);
}

/* Read a window page by page; pages that are not there read as zeros. */
static enum dlk_status read_window(struct dlk_memory *m, dlk_addr_t at, unsigned char *buf,
				   size_t len)
{
	enum dlk_status status = dlk_memory_read(m, at, buf, len);

	if (status != DLK_ERR_FAULT)
		return status;
	for (size_t done = 0; done < len; done += DLK_PAGE_SIZE) {
		size_t part = len - done < DLK_PAGE_SIZE ? len - done : DLK_PAGE_SIZE;

		status = dlk_memory_read(m, at + done, buf + done, part);
		if (status == DLK_ERR_FAULT)
			memset(buf + done, 0, part);
		else if (status)
			return status;
	}
	return DLK_OK;
}

/*
 * Walk the names from @p names on within the bytes up to @p end; on success *second is where the
 * 257th begins and *after where the last one ends.
 */
static bool walk_names(struct search *s, const unsigned char *names, const unsigned char *end,
		       uint64_t *second, const unsigned char **after)
{
	const unsigned char *p = names;

	for (uint32_t i = 0; i < s->symbols; i++) {
		size_t len;

		if (i == PER_MARKER)
			*second = (uint64_t)(p - names);
		if (end - p < 2 || s->steps++ > MAX_STEPS)
			return false;
		/* Two bytes of length since v6.1 (73bbb94466fd), if the top bit is set. */
		len = p[0] & 0x80 ? 2 + (size_t)((p[0] & 0x7f) | p[1] << 7) : 1 + (size_t)p[0];
		if (len < 2 || len > (size_t)(end - p))
			return false;
		p += len;
	}
	*after = p;
	return true;
}

/*
 * A walk from amid the names soon falls into step, and goes on to their end; so where a word of four bytes
 * may be num_syms, first see whether as many markers stand before the token table, and nothing between
 * (since v6.4): the first is 0, they rise.
 */
static bool has_markers(const struct search *s, const unsigned char *names,
			const unsigned char *end)
{
	size_t count = (s->symbols + PER_MARKER - 1) / PER_MARKER;
	const unsigned char *markers = end - count * 4;

	if (s->align == 8)
		return true;
	return (size_t)(end - names) > count * 4 && !get_u32(markers) &&
	       get_u32(markers + 4) > get_u32(markers) &&
	       get_u32(end - 4) < (size_t)(markers - names) && get_u32(end - 4) >= get_u32(end - 8);
}

/* Whether num_syms stands at @p p: names follow it, and behind these markers that fit. */
static bool is_num_syms(struct search *s, const unsigned char *p, const unsigned char *end)
{
	const unsigned char *names = p + s->align, *after;
	uint64_t second = 0;

	s->symbols = get_u32(p);
	if ((s->align == 8 && get_u32(p + 4)) || s->symbols < MIN_SYMBOLS ||
	    s->symbols > MAX_SYMBOLS || !has_markers(s, names, end) ||
	    !walk_names(s, names, end, &second, &after))
		return false;
	after += -(size_t)(after - p) & (s->align - 1);
	return end - after >= 8 && !get_u32(after) && get_u32(after + 4) == second;
}

/*
 * Whether num_syms stands at @p p, in either alignment: tables that are aligned to 4 bytes may be aligned to 8 by
 * chance, so which it is only num_syms itself can tell.
 */
static bool is_start(struct search *s, dlk_addr_t at, const unsigned char *p,
		     const unsigned char *end)
{
	for (s->align = 8; s->align >= 4; s->align /= 2)
		if (!(at & (s->align - 1)) && is_num_syms(s, p, end) && check_token_index(s) &&
		    find_offsets(s, at))
			return true;
	return false;
}

/* Look for num_syms before the token table, from there backwards, reading no more than that takes. */
static enum dlk_status find_names(struct search *s, bool *is_found)
{
	size_t missing; /* from the first of the bytes on */
	dlk_addr_t end = s->tables.token_table;
	size_t len = end - s->start < MAX_NAMES ? end - s->start : MAX_NAMES;
	enum dlk_status status;

	*is_found = false;
	if (!s->names)
		s->names = dlk_alloc(s->m->ctx, MAX_NAMES);
	if (!s->names)
		return dlk_nomem(s->m->ctx);
	len &= ~(size_t)7;
	s->steps += len / 4;
	missing = len;
	for (size_t at = len; !*is_found && at >= 16; at -= 4) {
		if (at - 8 < missing) {
			size_t piece = missing < PIECE ? missing : PIECE;

			missing -= piece;
			status = read_window(s->m, end - len + missing, s->names + missing, piece);
			if (status)
				return status;
		}
		*is_found = is_start(s, end - len + at - 8, s->names + at - 8, s->names + len);
	}
	return DLK_OK;
}

static enum dlk_status too_many(struct search *s)
{
	return dlk_fail(s->m->ctx, DLK_ERR_LIMIT,
			"no kallsyms tables, but too much that looks like them, after %#llx",
			(unsigned long long)s->start);
}

/* The digits stand at @p at: are the tables there, aligned in either way? */
static enum dlk_status try_hit(struct search *s, dlk_addr_t at, bool *is_found)
{
	s->steps += HIT_STEPS;
	if (s->steps > MAX_STEPS)
		return too_many(s);
	if (!find_token_table(s, at))
		return DLK_OK;
	for (s->align = 8; s->align >= 4; s->align /= 2)
		if (check_token_index(s))
			return find_names(s, is_found);
	return DLK_OK;
}

enum dlk_status dlk_kallsyms_find(struct dlk_memory *m, dlk_addr_t start, dlk_addr_t end,
				  dlk_addr_t from, struct dlk_kallsyms_tables *ret)
{
	struct search s = { .m = m, .start = start, .end = end };
	unsigned char *window = dlk_alloc(m->ctx, WINDOW + DLK_PAGE_SIZE);

	if (!window)
		return dlk_nomem(m->ctx);
	for (dlk_addr_t at = from; at < end; at += WINDOW) {
		size_t len = end - at < WINDOW + DLK_PAGE_SIZE ? end - at : WINDOW + DLK_PAGE_SIZE;
		const unsigned char *p = window, *hit;
		enum dlk_status status = dlk_check_cancel(m->ctx);

		if (!status)
			status = read_window(m, at, window, len);
		if (status)
			return status;
		while ((hit = memmem(p, len - (size_t)(p - window), digits, sizeof(digits)))) {
			bool is_found = false;

			status = try_hit(&s, at + (dlk_addr_t)(hit - window), &is_found);
			if (is_found)
				*ret = s.tables;
			if (is_found || status)
				return status;
			p = hit + 1;
		}
	}
	return dlk_fail(m->ctx, DLK_ERR_NOTFOUND, "no kallsyms tables between %#llx and %#llx",
			(unsigned long long)from, (unsigned long long)end);
}
