/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Modules: the list "modules" of struct module (include/linux/module.h, kernel/module/main.c).
 *
 * A module is believed if it has a name and at least one range in the kernel's half of the address
 * space.  One that is not formed yet (MODULE_STATE_UNFORMED) is on the list but empty, as the
 * kernel's own look-ups know.  Its symbols are an ELF symbol table in module memory; the look-up is
 * that of find_kallsyms_symbol() in kernel/module/kallsyms.c: the nearest at or below the address
 * within the same range, of several the first, no unnamed ones and no local labels.
 *
 * How it can be wrong: a list that was being changed when the kernel stopped; a module's memory
 * that is missing from the dump (it is kernel memory, which is not filtered away).
 */
#include <config.h>

#include "kernel/modules.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "kernel/list.h"
#include "target/arch.h"

enum {
	MAX_MODULES = 4096,
	MAX_STRUCT = 64 * 1024,
	MAX_RANGE = 1 << 30,
	MAX_SYMBOLS = 1 << 19,     /* of a module; */
	MAX_ALL_SYMBOLS = 1 << 20, /* of all that are asked: a big distribution's have 2^18 */
	MAX_ORCS = 1 << 24,
	MAX_NAME = 512, /* KSYM_NAME_LEN */
	MAX_TRIES = 64, /* symbols looked at for one that has a name */
	UNFORMED = 3    /* MODULE_STATE_UNFORMED since v3.8 (0d21b0e34773) */
};

struct dlk_module_place {
	struct dlk_module_range range;
	uint32_t module;
};

struct module_symbol {
	dlk_addr_t address;
	uint32_t name_at; /* in strtab */
	uint32_t index;   /* in symtab */
	const char *name; /* once it was read */
};

struct dlk_module_symbols {
	enum dlk_status status;
	struct module_symbol *symbols; /* by address, then by index */
	uint32_t count;
};

/* Members of struct module; size 0 if there is none of this name. */
struct layout {
	uint32_t size;
	struct dlk_member list, name, state;
	struct dlk_member mem, mem_base, mem_size; /* the latter two in struct module_memory */
	struct dlk_member layout_base[3], layout_size[3];
	struct dlk_member kallsyms, symtab, num_symtab, strtab; /* the latter in mod_kallsyms */
	uint32_t kallsyms_size;
	struct dlk_member num_orcs, orc_unwind, orc_unwind_ip;
	uint64_t unformed;
};

struct reader {
	struct dlk_memory *memory;
	struct layout layout;
	unsigned char *copy; /* of a struct module */
	struct dlk_vec modules;
	uint32_t skipped;
};

/* What is not there has size 0; corrupt types are as good as none. */
static void find_member(struct dlk_types *t, const char *type, const char *name,
			struct dlk_member *ret)
{
	if (t->ops->member(t, type, name, ret))
		*ret = (struct dlk_member){ 0 };
}

static bool fits(const struct dlk_member *m, uint32_t size)
{
	return m->size && m->offset <= size && m->size <= size - m->offset;
}

static void find_ranges(struct dlk_types *t, struct layout *l)
{
	/* data_layout: v5.18 (01dc0386efb7), not on x86 */
	static const char *const bases[] = { "core_layout.base", "init_layout.base",
					     "data_layout.base" };
	static const char *const sizes[] = { "core_layout.size", "init_layout.size",
					     "data_layout.size" };

	find_member(t, "module", "mem", &l->mem);
	find_member(t, "module_memory", "base", &l->mem_base);
	find_member(t, "module_memory", "size", &l->mem_size);
	for (int i = 0; i < 3; i++) {
		find_member(t, "module", bases[i], &l->layout_base[i]);
		find_member(t, "module", sizes[i], &l->layout_size[i]);
	}
}

static void find_symbol_members(struct dlk_types *t, struct layout *l)
{
	find_member(t, "module", "kallsyms", &l->kallsyms);
	find_member(t, "mod_kallsyms", "symtab", &l->symtab);
	find_member(t, "mod_kallsyms", "num_symtab", &l->num_symtab);
	find_member(t, "mod_kallsyms", "strtab", &l->strtab);
	if (t->ops->size(t, "mod_kallsyms", &l->kallsyms_size) || l->kallsyms_size > 256 ||
	    !fits(&l->symtab, l->kallsyms_size) || !fits(&l->num_symtab, l->kallsyms_size) ||
	    !fits(&l->strtab, l->kallsyms_size))
		l->kallsyms.size = 0;
}

static enum dlk_status find_layout(struct dlk_ctx *ctx, struct dlk_types *t, struct layout *l)
{
	int64_t unformed;

	*l = (struct layout){ .unformed = UNFORMED };
	if (t->ops->size(t, "module", &l->size) || l->size > MAX_STRUCT)
		return dlk_fail(ctx, DLK_ERR_NOTFOUND, "no type information on struct module");
	find_member(t, "module", "list", &l->list);
	find_member(t, "module", "name", &l->name);
	find_member(t, "module", "state", &l->state);
	if (!fits(&l->list, l->size) || !fits(&l->name, l->size))
		return dlk_fail(ctx, DLK_ERR_NOTFOUND, "struct module has no list or no name");
	if (!t->ops->enumerator(t, "module_state", "MODULE_STATE_UNFORMED", &unformed))
		l->unformed = (uint64_t)unformed;
	find_ranges(t, l);
	find_symbol_members(t, l);
	find_member(t, "module", "arch.num_orcs", &l->num_orcs);
	find_member(t, "module", "arch.orc_unwind", &l->orc_unwind);
	find_member(t, "module", "arch.orc_unwind_ip", &l->orc_unwind_ip);
	return DLK_OK;
}

/* A member's value in a copy of @p size bytes; 0 if it is not there. */
static uint64_t value_in(const unsigned char *copy, uint32_t size, const struct dlk_member *m)
{
	uint64_t value = 0;

	if (!fits(m, size) || m->size > 8)
		return 0;
	for (uint32_t i = m->size; i-- > 0;)
		value = value << 8 | copy[m->offset + i];
	return value;
}

static uint64_t get(const struct reader *r, const struct dlk_member *m)
{
	return value_in(r->copy, r->layout.size, m);
}

static bool is_kernel(const struct reader *r, dlk_addr_t address)
{
	return dlk_arch_is_kernel(r->memory->target->arch, address);
}

static void add_range(const struct reader *r, struct dlk_module *mod, dlk_addr_t base,
		      uint64_t size)
{
	if (!is_kernel(r, base) || !size || size > MAX_RANGE || base + size < base ||
	    mod->range_count == DLK_MODULE_RANGES)
		return;
	mod->ranges[mod->range_count++] = (struct dlk_module_range){ base, base + size };
}

static void get_ranges(const struct reader *r, struct dlk_module *mod)
{
	const struct layout *l = &r->layout;
	uint32_t step = l->mem.count ? l->mem.size / l->mem.count : 0;

	for (uint32_t i = 0; fits(&l->mem, l->size) && i < l->mem.count; i++) {
		const unsigned char *element = r->copy + l->mem.offset + (size_t)i * step;

		add_range(r, mod, value_in(element, step, &l->mem_base),
			  value_in(element, step, &l->mem_size));
	}
	for (int i = 0; i < 3; i++)
		add_range(r, mod, get(r, &l->layout_base[i]), get(r, &l->layout_size[i]));
}

static char *get_name(const struct reader *r)
{
	const struct dlk_member *m = &r->layout.name;
	char name[MAX_NAME];
	size_t size = m->size < sizeof(name) ? m->size : sizeof(name);

	memcpy(name, r->copy + m->offset, size);
	name[size - 1] = 0;
	for (char *p = name; *p; p++)
		if (*p <= ' ' || *p > '~')
			*p = '?';
	return dlk_strdup(r->memory->ctx, name);
}

/* Where the symbols are; a module without them is a module all the same. */
static enum dlk_status read_kallsyms(const struct reader *r, struct dlk_module *mod)
{
	const struct layout *l = &r->layout;
	dlk_addr_t at = get(r, &l->kallsyms);
	unsigned char copy[256];
	uint64_t count;
	enum dlk_status status;

	if (!is_kernel(r, at))
		return DLK_OK;
	status = dlk_memory_read(r->memory, at, copy, l->kallsyms_size);
	if (status)
		return dlk_status_is_fatal(status) ? status : DLK_OK;
	count = value_in(copy, l->kallsyms_size, &l->num_symtab);
	if (count > MAX_SYMBOLS)
		return DLK_OK;
	mod->symbol_count = (uint32_t)count;
	mod->symtab = value_in(copy, l->kallsyms_size, &l->symtab);
	mod->strtab = value_in(copy, l->kallsyms_size, &l->strtab);
	return DLK_OK;
}

static void get_orc(const struct reader *r, struct dlk_module *mod)
{
	const struct layout *l = &r->layout;
	uint64_t count = get(r, &l->num_orcs);
	struct dlk_module_orc orc = {
		.ip = get(r, &l->orc_unwind_ip),
		.entries = get(r, &l->orc_unwind),
		.count = (uint32_t)count,
	};

	if (count && count <= MAX_ORCS && is_kernel(r, orc.ip) && is_kernel(r, orc.entries))
		mod->orc = orc;
}

/* Fill in a module; DLK_ERR_CORRUPT if it is none, DLK_ERR_NOTFOUND if it is not formed yet. */
static enum dlk_status read_module(struct reader *r, dlk_addr_t address, struct dlk_module *mod)
{
	enum dlk_status status = dlk_memory_read(r->memory, address, r->copy, r->layout.size);

	if (status)
		return status;
	*mod = (struct dlk_module){ .address = address };
	if (r->layout.state.size && get(r, &r->layout.state) == r->layout.unformed)
		return DLK_ERR_NOTFOUND;
	get_ranges(r, mod);
	mod->name = get_name(r);
	if (!mod->name)
		return dlk_nomem(r->memory->ctx);
	if (!*mod->name || !mod->range_count)
		return DLK_ERR_CORRUPT;
	get_orc(r, mod);
	return read_kallsyms(r, mod);
}

static enum dlk_status read_list(struct reader *r, dlk_addr_t head, enum dlk_status *end)
{
	struct dlk_list_walk walk = { .memory = r->memory, .head = head, .limit = MAX_MODULES };

	while (dlk_list_next(&walk)) {
		struct dlk_module mod, *slot;
		enum dlk_status status = read_module(r, walk.node - r->layout.list.offset, &mod);

		if (dlk_status_is_fatal(status))
			return status;
		if (status) {
			r->skipped += status != DLK_ERR_NOTFOUND;
			continue;
		}
		slot = dlk_vec_push(r->memory->ctx, &r->modules);
		if (!slot)
			return dlk_nomem(r->memory->ctx);
		*slot = mod;
	}
	*end = walk.status;
	return dlk_status_is_fatal(walk.status) ? walk.status : DLK_OK;
}

static int compare_places(const void *a, const void *b)
{
	const struct dlk_module_place *x = a, *y = b;

	if (x->range.start != y->range.start)
		return x->range.start < y->range.start ? -1 : 1;
	return x->module < y->module ? -1 : x->module > y->module;
}

static enum dlk_status sort_places(struct dlk_ctx *ctx, struct dlk_modules *ms)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < ms->count; i++)
		count += ms->modules[i].range_count;
	ms->places = dlk_calloc(ctx, count, sizeof(*ms->places));
	if (!ms->places)
		return dlk_nomem(ctx);
	for (uint32_t i = 0; i < ms->count; i++)
		for (uint32_t j = 0; j < ms->modules[i].range_count; j++)
			ms->places[ms->place_count++] =
				(struct dlk_module_place){ ms->modules[i].ranges[j], i };
	qsort(ms->places, count, sizeof(*ms->places), compare_places);
	return DLK_OK;
}

/* Say what is missing.  @p end is how the walk ended, with its text in the context. */
static const char *make_note(const struct reader *r, enum dlk_status end)
{
	struct dlk_ctx *ctx = r->memory->ctx;
	const char *note = NULL;

	if (end)
		note = dlk_format(ctx, "the list of modules is broken after %u: %s",
				  r->modules.len + r->skipped, ctx->err.text);
	else if (r->skipped)
		note = dlk_format(ctx, "%u modules cannot be read", r->skipped);
	if (note)
		dlk_message(ctx, DLK_MSG_WARNING, "%s", note);
	return note;
}

enum dlk_status dlk_modules_read(struct dlk_memory *m, struct dlk_types *types,
				 struct dlk_symbols *symbols, struct dlk_modules **ret)
{
	struct reader r = { .memory = m, .modules = DLK_VEC_INIT(struct dlk_module) };
	struct dlk_modules *ms = dlk_alloc(m->ctx, sizeof(*ms));
	enum dlk_status end = DLK_OK, status;
	dlk_addr_t head;

	status = ms ? find_layout(m->ctx, types, &r.layout) : dlk_nomem(m->ctx);
	if (status)
		return status;
	r.copy = dlk_alloc(m->ctx, r.layout.size);
	if (!r.copy)
		return dlk_nomem(m->ctx);
	status = symbols->ops->find(symbols, "modules", &head);
	if (status == DLK_ERR_NOTFOUND)
		return dlk_fail(m->ctx, status, "no symbol \"modules\": a kernel without modules?");
	if (!status)
		status = read_list(&r, head, &end);
	if (status)
		return status;
	if (end && !r.modules.len && !r.skipped)
		return dlk_prepend(m->ctx, end, "the list of modules");
	*ms = (struct dlk_modules){ .memory = m,
				    .modules = r.modules.data,
				    .count = r.modules.len,
				    .note = make_note(&r, end) };
	status = sort_places(m->ctx, ms);
	if (!status)
		*ret = ms;
	return status;
}

/* The place that covers an address; NULL if there is none. */
static const struct dlk_module_place *find_place(const struct dlk_modules *ms, dlk_addr_t address)
{
	uint32_t low = 0, high = ms->place_count;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (ms->places[mid].range.start <= address)
			low = mid + 1;
		else
			high = mid;
	}
	return low && address < ms->places[low - 1].range.end ? &ms->places[low - 1] : NULL;
}

struct dlk_module *dlk_modules_find(const struct dlk_modules *modules, dlk_addr_t address)
{
	const struct dlk_module_place *place = find_place(modules, address);

	return place ? &modules->modules[place->module] : NULL;
}

enum dlk_status dlk_modules_orc_at(const struct dlk_modules *modules, dlk_addr_t address,
				   struct dlk_module_orc *ret)
{
	const struct dlk_module *mod = dlk_modules_find(modules, address);

	if (!mod || !mod->orc.count)
		return DLK_ERR_NOTFOUND;
	*ret = mod->orc;
	return DLK_OK;
}

static int compare_symbols(const void *a, const void *b)
{
	const struct module_symbol *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* Read the symbol table; symbol 0 is none (ELF).  Any number of modules may have the same. */
static enum dlk_status load_symbols(struct dlk_modules *modules, const struct dlk_module *mod,
				    struct dlk_module_symbols *s)
{
	struct dlk_memory *m = modules->memory;
	uint32_t count = mod->symbol_count;
	Elf64_Sym *table;
	enum dlk_status status;

	if (count > MAX_ALL_SYMBOLS - modules->symbol_count)
		return dlk_fail(m->ctx, DLK_ERR_LIMIT, "module %s: its %u symbols are too many",
				mod->name, count);
	modules->symbol_count += count;
	table = dlk_calloc(m->ctx, count, sizeof(*table));
	s->symbols = dlk_calloc(m->ctx, count, sizeof(*s->symbols));
	if (!table || !s->symbols)
		return dlk_nomem(m->ctx);
	status = dlk_memory_read(m, mod->symtab, table, count * sizeof(*table));
	if (status) {
		dlk_memory_explain(m, status);
		return dlk_prepend(m->ctx, status, "module %s: symbols", mod->name);
	}
	for (uint32_t i = 1; i < count; i++)
		if (table[i].st_shndx != SHN_UNDEF && table[i].st_name)
			s->symbols[s->count++] = (struct module_symbol){
				.address = table[i].st_value,
				.name_at = table[i].st_name,
				.index = i,
			};
	qsort(s->symbols, s->count, sizeof(*s->symbols), compare_symbols);
	return DLK_OK;
}

/* The symbols of a module, read once; a failure is remembered as well. */
static enum dlk_status get_symbols(struct dlk_modules *modules, struct dlk_module *mod,
				   struct dlk_module_symbols **ret)
{
	if (!mod->symbols) {
		struct dlk_module_symbols *s = dlk_alloc(modules->memory->ctx, sizeof(*s));

		if (!s)
			return dlk_nomem(modules->memory->ctx);
		if (mod->symbol_count)
			s->status = load_symbols(modules, mod, s);
		if (dlk_status_is_fatal(s->status))
			return s->status;
		mod->symbols = s;
	}
	*ret = mod->symbols;
	return mod->symbols->status;
}

/* is_mapping_symbol() in include/linux/module_symbol.h */
static bool is_label(const char *name)
{
	return !strncmp(name, ".L", 2) || !strncmp(name, "L0", 2) || *name == '$';
}

static enum dlk_status read_name(struct dlk_memory *m, const struct dlk_module *mod,
				 struct module_symbol *s)
{
	char name[MAX_NAME];
	enum dlk_status status;

	if (s->name)
		return DLK_OK;
	status = dlk_memory_read_cstr(m, mod->strtab + s->name_at, name, sizeof(name));
	if (status) {
		dlk_memory_explain(m, status);
		return dlk_prepend(m->ctx, status, "module %s: a symbol's name", mod->name);
	}
	for (char *p = name; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	s->name = dlk_strdup(m->ctx, name);
	return s->name ? DLK_OK : dlk_nomem(m->ctx);
}

/* Number of symbols at or below an address. */
static uint32_t count_below(const struct dlk_module_symbols *s, dlk_addr_t address)
{
	uint32_t low = 0, high = s->count;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (s->symbols[mid].address <= address)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The nearest named symbol at or below, not below @p start; of several, the first. */
static enum dlk_status search_symbol(struct dlk_memory *m, const struct dlk_module *mod,
				     struct dlk_module_symbols *s, dlk_addr_t start,
				     dlk_addr_t address, struct dlk_symbol *ret)
{
	const struct module_symbol *best = NULL;
	uint32_t i = count_below(s, address);

	for (int tries = 0; i-- > 0 && tries < MAX_TRIES; tries++) {
		struct module_symbol *sym = &s->symbols[i];
		enum dlk_status status;

		if (sym->address < start || (best && sym->address != best->address))
			break;
		status = read_name(m, mod, sym);
		if (status)
			return status;
		if (*sym->name && !is_label(sym->name))
			best = sym;
	}
	if (!best)
		return DLK_ERR_NOTFOUND;
	*ret = (struct dlk_symbol){ best->address, best->name, mod->name };
	return DLK_OK;
}

dlk_addr_t dlk_modules_find_named(struct dlk_modules *modules, dlk_addr_t address, const char *name,
				  size_t len)
{
	const struct dlk_module_place *place = find_place(modules, address);
	struct dlk_module_symbols *s = NULL;
	struct dlk_module *mod;

	if (!place)
		return 0;
	mod = &modules->modules[place->module];
	if (get_symbols(modules, mod, &s))
		return 0;
	for (uint32_t i = 0; i < s->count; i++) {
		struct module_symbol *sym = &s->symbols[i];

		if (read_name(modules->memory, mod, sym))
			return 0;
		if (!strncmp(sym->name, name, len) && !sym->name[len])
			return sym->address;
	}
	return 0;
}

enum dlk_status dlk_modules_symbol_at(struct dlk_modules *modules, dlk_addr_t address,
				      struct dlk_symbol *ret)
{
	const struct dlk_module_place *place = find_place(modules, address);
	struct dlk_module_symbols *symbols = NULL;
	struct dlk_module *mod;
	enum dlk_status status;

	if (!place)
		return DLK_ERR_NOTFOUND;
	mod = &modules->modules[place->module];
	status = get_symbols(modules, mod, &symbols);
	if (status)
		return status;
	return search_symbol(modules->memory, mod, symbols, place->range.start, address, ret);
}
