/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's own symbol table, as scripts/kallsyms.c writes it and kernel/kallsyms.c reads it.
 *
 * Symbol i has the i-th name in kallsyms_names and the i-th word of kallsyms_offsets, sorted by
 * address.  A name is a length (ULEB128 of one byte, or of two since commit 73bbb94466fd, v6.1)
 * and that many token numbers; the tokens' texts, put together, are a type letter and the name.
 * The order of the tables in rodata changes (commit 404bad70fcf7, v6.4), so nothing but their
 * addresses is used, and the end of kallsyms_names is found by walking it.
 *
 * With CONFIG_KALLSYMS_ABSOLUTE_PERCPU (every x86-64 SMP kernel before 6.15: commit 01157ddc58dc)
 * an offset >= 0 is an absolute address, that of a per-CPU variable counted from 0, and a negative
 * one is relative_base - 1 - offset.  Without it an offset is unsigned and counts from
 * relative_base, the lowest address.  Nothing in the dump says which; the data does: the last
 * symbol is in the kernel's image, an image is below 2 GiB, so its offset is negative in the first
 * scheme and in no other.
 *
 * Since v7.0 (a081b5789255) there is no relative_base: an offset is signed and counts from its own place
 * in the table.
 *
 * Markers every 256 names (the kernel's own are not in VMCOREINFO) lead from an index to a name.
 * The way from a name to an index is a hash of all names, made on the first find.  It is computed
 * token by token, h(ab) = h(a) * M^|b| + h(b), so no name is decoded for it.  A hash is only a
 * candidate; the name itself decides.
 *
 * How it can be wrong: a kernel that was patched in memory; a table overwritten by other data that
 * still reads as a table.  Lengths, order of addresses and the tokens are checked, the names are
 * not.
 */
#include <config.h>

#include "debuginfo/kallsyms.h"

#include <stdlib.h>
#include <string.h>

enum {
	MAX_SYMBOLS = 1 << 22,
	MAX_NAMES_BYTES = 64 << 20,
	CHUNK_BYTES = 64 * 1024,
	TOKENS = 256,
	MAX_TOKEN = 512, /* KSYM_NAME_LEN since commit b8a94bfb3395 (v6.1), 128 before */
	MAX_NAME = 512,  /* the same */
	MARKER_SHIFT = 8,
	MAX_SAME_HASH = 1 << 16
};

/* Odd, so that no power of it is 0. */
#define HASH_FACTOR 0x01000193u
/* 2^32 / golden ratio: takes the bucket from all bits of the hash. */
#define HASH_SPREAD 0x9e3779b1u

struct token {
	uint32_t offset, len;         /* of its text in token_text */
	uint32_t hash, power;         /* h(text), M^len */
	uint32_t hash_cut, power_cut; /* the same without the first byte, the type letter */
};

struct kallsyms {
	struct dlk_symbols base;
	uint32_t count;
	const uint8_t *names;
	size_t names_len;
	const uint32_t *markers; /* of every 256th name, its place in names */
	const uint32_t *offsets;
	dlk_addr_t relative_base;
	dlk_addr_t place; /* of kallsyms_offsets, if offsets count from their own places; else 0 */
	bool is_absolute_percpu;
	dlk_addr_t start, end; /* the kernel's image; end is exclusive */
	char *token_text;
	struct token tokens[TOKENS];
	uint32_t *buckets, *next; /* indices biased by one; NULL before the first find */
	uint32_t bucket_shift;
	const char **decoded; /* names that were given out, by index */
};

/* A name's token numbers in the names table. */
struct code {
	const uint8_t *bytes;
	uint32_t len, next; /* next: place of the next name */
};

static bool find_vmcoreinfo_symbol(const char *text, const char *name, dlk_addr_t *ret)
{
	size_t len = strlen(name);

	while (text && *text) {
		if (!strncmp(text, "SYMBOL(", 7) && !strncmp(text + 7, name, len) &&
		    !strncmp(text + 7 + len, ")=", 2)) {
			const char *digits = text + 7 + len + 2;
			char *end;

			*ret = strtoull(digits, &end, 16);
			return end != digits && (*end == '\n' || !*end) && *ret;
		}
		text = strchr(text, '\n');
		if (text)
			text++;
	}
	return false;
}

enum dlk_status dlk_kallsyms_tables_from_vmcoreinfo(const char *vmcoreinfo,
						    struct dlk_kallsyms_tables *ret)
{
	struct dlk_kallsyms_tables t;

	if (!find_vmcoreinfo_symbol(vmcoreinfo, "kallsyms_names", &t.names) ||
	    !find_vmcoreinfo_symbol(vmcoreinfo, "kallsyms_num_syms", &t.num_syms) ||
	    !find_vmcoreinfo_symbol(vmcoreinfo, "kallsyms_token_table", &t.token_table) ||
	    !find_vmcoreinfo_symbol(vmcoreinfo, "kallsyms_token_index", &t.token_index) ||
	    !find_vmcoreinfo_symbol(vmcoreinfo, "kallsyms_offsets", &t.offsets))
		return DLK_ERR_NOTFOUND;
	if (!strstr(vmcoreinfo, "kallsyms_relative_base"))
		t.relative_base = 0;
	else if (!find_vmcoreinfo_symbol(vmcoreinfo, "kallsyms_relative_base", &t.relative_base))
		return DLK_ERR_NOTFOUND;
	*ret = t;
	return DLK_OK;
}

static enum dlk_status explain(struct dlk_memory *m, enum dlk_status status, const char *table)
{
	return status ? dlk_prepend(m->ctx, dlk_memory_explain(m, status), "%s", table) : DLK_OK;
}

static enum dlk_status read_table(struct dlk_memory *m, dlk_addr_t address, size_t size,
				  const char *table, void *ret)
{
	return explain(m, dlk_memory_read(m, address, ret, size), table);
}

/* The names end where the next table begins, at the latest. */
static size_t names_bound(const struct dlk_kallsyms_tables *t, uint32_t count)
{
	const dlk_addr_t others[] = { t->num_syms, t->token_table, t->token_index, t->offsets,
				      t->relative_base };
	uint64_t bound = (uint64_t)count * (MAX_NAME / 8);

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (others[i] > t->names && others[i] - t->names < bound)
			bound = others[i] - t->names;
	return bound < MAX_NAMES_BYTES ? bound : MAX_NAMES_BYTES;
}

/* Have @p need bytes of the names, or as many as there can be. */
static enum dlk_status read_names(struct dlk_memory *m, const struct dlk_kallsyms_tables *t,
				  struct kallsyms *k, size_t bound, size_t need, uint8_t *names)
{
	while (k->names_len < need && k->names_len < bound) {
		size_t left = bound - k->names_len;
		size_t len = left < CHUNK_BYTES ? left : CHUNK_BYTES;
		enum dlk_status status = read_table(m, t->names + k->names_len, len,
						    "kallsyms_names", names + k->names_len);

		if (status)
			return status;
		k->names_len += len;
	}
	if (k->names_len < need)
		return dlk_fail(m->ctx, DLK_ERR_CORRUPT,
				"kallsyms_names: %u names do not end before the next table",
				k->count);
	return DLK_OK;
}

/* Take the name at @p pos apart; its two length bytes must be there. */
static inline struct code code_at(const uint8_t *names, uint32_t pos)
{
	uint32_t len = names[pos++];

	if (len & 0x80)
		len = (len & 0x7f) | (uint32_t)names[pos++] << 7;
	return (struct code){ names + pos, len, pos + len };
}

/* Read all names, check their lengths and set the markers. */
static enum dlk_status load_names(struct dlk_memory *m, const struct dlk_kallsyms_tables *t,
				  struct kallsyms *k)
{
	size_t bound = names_bound(t, k->count), pos = 0;
	uint8_t *names = dlk_alloc(m->ctx, bound + 1);
	uint32_t *markers = dlk_calloc(m->ctx, (k->count >> MARKER_SHIFT) + 1, sizeof(*markers));

	if (!names || !markers)
		return dlk_nomem(m->ctx);
	for (uint32_t i = 0; i < k->count; i++) {
		struct code code;
		enum dlk_status status;

		if (pos + 2 > k->names_len) {
			status = read_names(m, t, k, bound, pos + 2, names);
			if (status)
				return status;
		}
		if (!(i & ((1u << MARKER_SHIFT) - 1)))
			markers[i >> MARKER_SHIFT] = (uint32_t)pos;
		code = code_at(names, (uint32_t)pos);
		if (!code.len)
			return dlk_fail(m->ctx, DLK_ERR_CORRUPT,
					"kallsyms_names: symbol %u of %u has no name", i, k->count);
		pos = code.next;
	}
	k->names = names;
	k->markers = markers;
	return read_names(m, t, k, bound, pos, names);
}

static void measure_token(struct kallsyms *k, struct token *token)
{
	const unsigned char *text = (const unsigned char *)k->token_text + token->offset;

	token->power = token->power_cut = 1;
	token->hash = *text;
	for (; *text; text++, token->len++) {
		if (!token->len) {
			token->power = HASH_FACTOR;
			continue;
		}
		token->hash = token->hash * HASH_FACTOR + *text;
		token->power *= HASH_FACTOR;
		token->hash_cut = token->hash_cut * HASH_FACTOR + *text;
		token->power_cut *= HASH_FACTOR;
	}
}

/* The texts lie one behind the other: the highest index is that of the last one. */
static enum dlk_status load_tokens(struct dlk_memory *m, const struct dlk_kallsyms_tables *t,
				   struct kallsyms *k)
{
	uint16_t index[TOKENS];
	uint32_t last = 0;
	enum dlk_status status = read_table(m, t->token_index, sizeof(index),
					    "kallsyms_token_index", index);

	if (status)
		return status;
	for (int i = 0; i < TOKENS; i++)
		last = index[i] > last ? index[i] : last;
	k->token_text = dlk_alloc(m->ctx, last + MAX_TOKEN);
	if (!k->token_text)
		return dlk_nomem(m->ctx);
	status = read_table(m, t->token_table, last, "kallsyms_token_table", k->token_text);
	if (!status)
		status = explain(m,
				 dlk_memory_read_cstr(m, t->token_table + last,
						      k->token_text + last, MAX_TOKEN),
				 "kallsyms_token_table");
	if (status)
		return status;
	for (int i = 0; i < TOKENS; i++) {
		k->tokens[i].offset = index[i];
		measure_token(k, &k->tokens[i]);
		if (k->tokens[i].len >= MAX_TOKEN - 1)
			return dlk_fail(m->ctx, DLK_ERR_CORRUPT,
					"kallsyms_token_table: token %d is too long", i);
	}
	return DLK_OK;
}

static inline dlk_addr_t address_of(const struct kallsyms *k, uint32_t i)
{
	if (k->place)
		return k->place + i * sizeof(*k->offsets) +
		       (dlk_addr_t)(int64_t)(int32_t)k->offsets[i];
	if (!k->is_absolute_percpu)
		return k->relative_base + k->offsets[i];
	if (!(k->offsets[i] >> 31))
		return k->offsets[i];
	/* -1 - offset is ~offset */
	return k->relative_base + (uint32_t)~k->offsets[i];
}

static enum dlk_status load_offsets(struct dlk_memory *m, const struct dlk_kallsyms_tables *t,
				    struct kallsyms *k)
{
	uint32_t *offsets = dlk_calloc(m->ctx, k->count, sizeof(*offsets));
	dlk_addr_t former = 0;
	enum dlk_status status = DLK_OK;

	if (!offsets)
		return dlk_nomem(m->ctx);
	if (t->relative_base)
		status = explain(m, dlk_memory_read_u64(m, t->relative_base, &k->relative_base),
				 "kallsyms_relative_base");
	else
		k->place = t->offsets;
	if (!status)
		status = read_table(m, t->offsets, k->count * sizeof(*offsets), "kallsyms_offsets",
				    offsets);
	if (status)
		return status;
	k->offsets = offsets;
	k->is_absolute_percpu = offsets[k->count - 1] >> 31;
	for (uint32_t i = 0; i < k->count; i++) {
		dlk_addr_t address = address_of(k, i);

		if (address < former)
			return dlk_fail(m->ctx, DLK_ERR_CORRUPT,
					"kallsyms_offsets: symbol %u of %u is out of order", i,
					k->count);
		former = address;
	}
	return DLK_OK;
}

/* Place of a symbol's name. */
static uint32_t name_pos(const struct kallsyms *k, uint32_t index)
{
	uint32_t pos = k->markers[index >> MARKER_SHIFT];

	for (uint32_t skip = index & ((1u << MARKER_SHIFT) - 1); skip; skip--)
		pos = code_at(k->names, pos).next;
	return pos;
}

static inline uint32_t bucket_of(const struct kallsyms *k, uint32_t hash)
{
	return (hash * HASH_SPREAD) >> k->bucket_shift;
}

/* Enter the symbols in order, each at the head of its chain: a chain's last match is the first. */
static enum dlk_status make_hash(struct kallsyms *k)
{
	uint32_t bits = 1, pos = 0;

	while (bits < 31 && 1u << bits < k->count)
		bits++;
	k->bucket_shift = 32 - bits;
	k->next = dlk_calloc(k->base.ctx, k->count, sizeof(*k->next));
	k->buckets = k->next ? dlk_calloc(k->base.ctx, 1u << bits, sizeof(*k->buckets)) : NULL;
	if (!k->buckets)
		return dlk_nomem(k->base.ctx);
	for (uint32_t i = 0; i < k->count; i++) {
		struct code code = code_at(k->names, pos);
		uint32_t hash = k->tokens[code.bytes[0]].hash_cut, *bucket;

		for (uint32_t j = 1; j < code.len; j++) {
			const struct token *token = &k->tokens[code.bytes[j]];

			hash = hash * token->power + token->hash;
		}
		bucket = &k->buckets[bucket_of(k, hash)];
		k->next[i] = *bucket;
		*bucket = i + 1;
		pos = code.next;
	}
	return DLK_OK;
}

static bool has_name(const struct kallsyms *k, uint32_t index, const char *name, size_t len)
{
	struct code code = code_at(k->names, name_pos(k, index));

	for (uint32_t i = 0; i < code.len; i++) {
		const struct token *token = &k->tokens[code.bytes[i]];
		uint32_t cut = i == 0 && token->len;

		if (token->len - cut > len ||
		    memcmp(k->token_text + token->offset + cut, name, token->len - cut))
			return false;
		name += token->len - cut;
		len -= token->len - cut;
	}
	return !len;
}

static enum dlk_status kallsyms_find(struct dlk_symbols *s, const char *name, dlk_addr_t *ret)
{
	struct kallsyms *k = (struct kallsyms *)s;
	uint32_t hash = 0, found = UINT32_MAX, steps = 0;
	size_t len = strlen(name);

	if (!k->buckets) {
		enum dlk_status status = make_hash(k);

		if (status)
			return status;
	}
	for (const char *p = name; *p; p++)
		hash = hash * HASH_FACTOR + (unsigned char)*p;
	for (uint32_t i = k->buckets[bucket_of(k, hash)]; i; i = k->next[i - 1]) {
		if (steps++ == MAX_SAME_HASH)
			return dlk_fail(s->ctx, DLK_ERR_CORRUPT, "kallsyms_names: too many alike");
		if (has_name(k, i - 1, name, len))
			found = i - 1;
	}
	if (found == UINT32_MAX)
		return DLK_ERR_NOTFOUND;
	*ret = address_of(k, found);
	return DLK_OK;
}

static uint32_t last_at_or_below(const struct kallsyms *k, dlk_addr_t address)
{
	uint32_t low = 0, high = k->count;

	while (high - low > 1) {
		uint32_t mid = low + (high - low) / 2;

		if (address_of(k, mid) <= address)
			low = mid;
		else
			high = mid;
	}
	return low;
}

/*
 * The symbol that the kernel would print: of those at the nearest address at or below, the first
 * in the table (get_symbol_pos() in kernel/kallsyms.c).
 */
static uint32_t index_at(const struct kallsyms *k, dlk_addr_t address)
{
	dlk_addr_t nearest = address_of(k, last_at_or_below(k, address));
	uint32_t low = 0, high = k->count;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (address_of(k, mid) < nearest)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static enum dlk_status decode(struct kallsyms *k, uint32_t index, const char **ret)
{
	struct code code = code_at(k->names, name_pos(k, index));
	char text[MAX_NAME], *copy;
	uint32_t len = 0;

	for (uint32_t i = 0; i < code.len; i++) {
		const struct token *token = &k->tokens[code.bytes[i]];
		uint32_t cut = i == 0 && token->len;

		if (token->len - cut >= MAX_NAME - len)
			return dlk_fail(k->base.ctx, DLK_ERR_CORRUPT,
					"kallsyms_names: the name of symbol %u is too long", index);
		memcpy(text + len, k->token_text + token->offset + cut, token->len - cut);
		len += token->len - cut;
	}
	text[len] = 0;
	copy = dlk_strdup(k->base.ctx, text);
	if (!copy)
		return dlk_nomem(k->base.ctx);
	*ret = copy;
	return DLK_OK;
}

static enum dlk_status kallsyms_at(struct dlk_symbols *s, dlk_addr_t address,
				   struct dlk_symbol *ret)
{
	struct kallsyms *k = (struct kallsyms *)s;
	uint32_t index;

	if (address < k->start || address >= k->end)
		return DLK_ERR_NOTFOUND;
	index = index_at(k, address);
	/* A stack names the same functions again and again: decode each once. */
	if (!k->decoded[index]) {
		enum dlk_status status = decode(k, index, &k->decoded[index]);

		if (status)
			return status;
	}
	*ret = (struct dlk_symbol){ .address = address_of(k, index), .name = k->decoded[index] };
	return DLK_OK;
}

static const struct dlk_symbols_ops kallsyms_ops = {
	.name = "kallsyms",
	.find = kallsyms_find,
	.at = kallsyms_at,
};

/* Find the first of @p names; DLK_ERR_NOTFOUND leaves *ret alone and is no error. */
static enum dlk_status find_first(struct kallsyms *k, const char *const *names, dlk_addr_t *ret)
{
	for (; *names; names++) {
		enum dlk_status status = kallsyms_find(&k->base, *names, ret);

		if (status != DLK_ERR_NOTFOUND)
			return status;
	}
	return DLK_OK;
}

/*
 * What kallsyms covers: is_kernel() in include/asm-generic/sections.h.  Without KALLSYMS_ALL the
 * table has no _end, and the kernel itself looks up nothing behind the code.
 */
static enum dlk_status set_range(struct kallsyms *k)
{
	static const char *const starts[] = { "_stext", "_text", NULL };
	static const char *const ends[] = { "_end", "_einittext", "_etext", NULL };
	enum dlk_status status;

	k->start = k->place ? address_of(k, 0) : k->relative_base;
	k->end = address_of(k, k->count - 1) + 1;
	status = find_first(k, starts, &k->start);
	if (!status)
		status = find_first(k, ends, &k->end);
	if (!status && k->start >= k->end)
		status = dlk_fail(k->base.ctx, DLK_ERR_CORRUPT,
				  "kallsyms: the image ends at %#llx, before it starts at %#llx",
				  (unsigned long long)k->end, (unsigned long long)k->start);
	return status;
}

enum dlk_status dlk_kallsyms_open(struct dlk_memory *m, const struct dlk_kallsyms_tables *tables,
				  struct dlk_symbols **ret)
{
	struct kallsyms *k = dlk_alloc(m->ctx, sizeof(*k));
	enum dlk_status status;

	if (!k)
		return dlk_nomem(m->ctx);
	k->base = (struct dlk_symbols){ &kallsyms_ops, m->ctx };
	status = explain(m, dlk_memory_read_u32(m, tables->num_syms, &k->count),
			 "kallsyms_num_syms");
	if (status)
		return status;
	if (!k->count || k->count > MAX_SYMBOLS)
		return dlk_fail(m->ctx, DLK_ERR_CORRUPT, "kallsyms_num_syms: %u symbols", k->count);
	k->decoded = dlk_calloc(m->ctx, k->count, sizeof(*k->decoded));
	if (!k->decoded)
		return dlk_nomem(m->ctx);
	status = load_tokens(m, tables, k);
	if (!status)
		status = load_offsets(m, tables, k);
	if (!status)
		status = load_names(m, tables, k);
	if (!status)
		status = set_range(k);
	if (!status)
		*ret = &k->base;
	return status;
}
