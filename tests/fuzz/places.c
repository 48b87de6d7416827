/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a capture is worth spoiling: found by the layers below the session. */
#include <config.h>

#include "places.h"

#include <string.h>

#include "debuginfo/btf.h"
#include "debuginfo/kallsyms.h"
#include "kernel/kernel.h"
#include "kernel/arch.h"
#include "kernel/xlat.h"
#include "session/gather.h"

enum { LOCK_SIZE = 192, KERNEL_HALF_SHIFT = 47 };

static const char *const task_type = "task_struct";

static const char *const member_types[] = {
#define X(id, type, member, need) [DLK_M_##id] = (type),
	DLK_MEMBER_TABLE(X)
#undef X
};

struct finder {
	struct fuzz_capture *c;
	struct dlk_kernel k;
	struct dlk_facts facts;
	struct dlk_xlat *xlat;
	bool is_full;
};

static struct fuzz_page *page_at(struct fuzz_capture *c, uint32_t index)
{
	return DLK_VEC_AT(&c->pages, struct fuzz_page, index);
}

static void add_phys(struct finder *f, enum fuzz_place place, dlk_addr_t address, uint64_t len)
{
	struct fuzz_spot *spot = dlk_vec_push(&f->c->ctx, &f->c->places[place]);

	f->is_full |= !spot;
	if (spot)
		*spot = (struct fuzz_spot){ address, len };
}

/* Virtual memory, page by page. */
static void add(struct finder *f, enum fuzz_place place, dlk_addr_t address, uint64_t len)
{
	while (len) {
		uint64_t part = DLK_PAGE_SIZE - address % DLK_PAGE_SIZE;
		dlk_addr_t phys;

		part = part < len ? part : len;
		if (!dlk_memory_translate(&f->k.memory, address, &phys) &&
		    dlk_map_get(&f->c->by_frame, phys / DLK_PAGE_SIZE) != UINT32_MAX)
			add_phys(f, place, phys, part);
		address += part;
		len -= part;
	}
}

static void add_object(struct finder *f, dlk_addr_t address)
{
	dlk_addr_t *slot = dlk_vec_push(&f->c->ctx, &f->c->objects);

	f->is_full |= !slot;
	if (slot)
		*slot = address;
}

static enum dlk_status open_kernel(struct finder *f)
{
	struct dlk_kernel *k = &f->k;
	struct dlk_ctx *ctx = &f->c->ctx;
	struct dlk_target *t = fuzz_capture_target(f->c, ctx);
	struct dlk_kallsyms_tables tables;
	struct dlk_xlat_root root;
	dlk_addr_t start, size;
	void *btf;
	enum dlk_status status = dlk_memory_init(&k->memory, t);

	k->ctx = ctx;
	k->arch = &dlk_kernel_arch_x86_64;
	if (!status)
		status = dlk_xlat_root_from_vmcoreinfo(ctx, k->arch, t->vmcoreinfo, &root);
	if (!status)
		status = dlk_xlat_open(&k->memory, k->arch, &root, &f->xlat);
	if (!status)
		status = dlk_kallsyms_tables_from_vmcoreinfo(t->vmcoreinfo, &tables);
	if (!status)
		status = dlk_kallsyms_open(&k->memory, &tables, &k->symbols);
	if (status)
		return status;
	start = dlk_kernel_symbol(k, "__start_BTF");
	size = dlk_kernel_symbol(k, "__stop_BTF") - start;
	btf = dlk_alloc(ctx, size);
	status = btf ? dlk_memory_read(&k->memory, start, btf, size) : dlk_nomem(ctx);
	if (!status)
		status = dlk_btf_open(ctx, btf, size, &k->types);
	if (!status)
		status = dlk_kernel_init(k);
	return status ? status : dlk_gather(&f->facts, k, &(struct dlk_analyze_options){ 0 });
}

static void add_symbols(struct finder *f, enum fuzz_place place, const char *from, const char *to)
{
	dlk_addr_t start = dlk_kernel_symbol(&f->k, from), end = dlk_kernel_symbol(&f->k, to);

	if (start && end > start)
		add(f, place, start, end - start);
}

/* These have places of their own, or hold nothing but numbers that are looked up once in a while. */
static void mark_constants(struct finder *f)
{
	static const enum fuzz_place constants[] = { FUZZ_BTF, FUZZ_KALLSYMS, FUZZ_TABLE };

	for (size_t i = 0; i < sizeof(constants) / sizeof(constants[0]); i++) {
		const struct dlk_vec *spots = &f->c->places[constants[i]];

		for (uint32_t j = 0; j < spots->len; j++) {
			dlk_addr_t at = DLK_VEC_AT(spots, struct fuzz_spot, j)->address;

			page_at(f->c, dlk_map_get(&f->c->by_frame, at / DLK_PAGE_SIZE))
				->is_constant = true;
		}
	}
}

static void find_constants(struct finder *f)
{
	add_symbols(f, FUZZ_BTF, "__start_BTF", "__stop_BTF");
	add_symbols(f, FUZZ_KALLSYMS, "kallsyms_offsets", "kallsyms_relative_base");
	add_symbols(f, FUZZ_KALLSYMS, "kallsyms_relative_base", "kallsyms_names");
	add_symbols(f, FUZZ_KALLSYMS, "kallsyms_names", "kallsyms_markers");
	add_symbols(f, FUZZ_KALLSYMS, "kallsyms_token_table", "kallsyms_token_index");
	add_symbols(f, FUZZ_KALLSYMS, "kallsyms_token_index", "kallsyms_seqs_of_names");
}

static void add_task(struct finder *f, const struct dlk_task *t, bool is_waiter)
{
	add_object(f, t->address);
	add_object(f, t->stack);
	for (unsigned i = DLK_M_NONE + 1; i < DLK_MEMBER_COUNT; i++)
		if (dlk_layout_has(&f->k.layout, i) && !strcmp(member_types[i], task_type))
			add(f, FUZZ_TASK, t->address + f->k.layout.members[i].offset,
			    f->k.layout.members[i].size);
	if (!t->is_blocked || t->sp < t->stack || t->sp >= t->stack + f->k.stack_size)
		return;
	add(f, is_waiter ? FUZZ_WAITER : FUZZ_STACK, t->sp, t->stack + f->k.stack_size - t->sp);
}

static void find_objects(struct finder *f)
{
	for (uint32_t i = 0; i < f->facts.tasks.tasks.len; i++)
		add_task(f, dlk_facts_task(&f->facts, i), dlk_facts_waits(&f->facts, i));
	for (uint32_t i = 0; i < f->facts.model.resources.len; i++) {
		const struct dlk_resource *r = dlk_facts_resource(&f->facts, i);

		add_object(f, r->address);
		add(f, FUZZ_LOCK, r->address, LOCK_SIZE);
	}
}

/* What is read while addresses are translated, and nothing else is read. */
static void find_page_tables(struct finder *f)
{
	struct fuzz_capture *c = f->c;
	dlk_translate_fn *translate = f->k.memory.translate;
	void *arg = f->k.memory.translate_arg;

	for (uint32_t i = 0; i < c->pages.len; i++)
		page_at(c, i)->is_read = false;
	if (dlk_memory_init(&f->k.memory, f->k.memory.target))
		return;
	dlk_memory_set_translate(&f->k.memory, translate, arg);
	for (uint32_t i = 0; i < c->objects.len; i++) {
		dlk_addr_t phys;

		(void)!dlk_memory_translate(&f->k.memory, *DLK_VEC_AT(&c->objects, dlk_addr_t, i),
					    &phys);
	}
	for (uint32_t i = 0; i < c->pages.len; i++)
		if (page_at(c, i)->is_read)
			add_phys(f, FUZZ_TABLE, page_at(c, i)->frame * DLK_PAGE_SIZE,
				 DLK_PAGE_SIZE);
}

static void find_pointers(struct finder *f, const struct fuzz_page *page)
{
	for (unsigned at = 0; at < DLK_PAGE_SIZE; at += sizeof(uint64_t)) {
		uint64_t word;

		memcpy(&word, page->data + at, sizeof(word));
		if (word >> KERNEL_HALF_SHIFT == UINT64_MAX >> KERNEL_HALF_SHIFT &&
		    word + 4096 > word)
			add_phys(f, FUZZ_POINTER, page->frame * DLK_PAGE_SIZE + at, sizeof(word));
	}
}

static void find_pages(struct finder *f, const bool *is_read)
{
	for (uint32_t i = 0; i < f->c->pages.len; i++) {
		const struct fuzz_page *page = page_at(f->c, i);

		add_phys(f, FUZZ_ANY, page->frame * DLK_PAGE_SIZE, DLK_PAGE_SIZE);
		if (!is_read[i] || page->is_constant)
			continue;
		add_phys(f, FUZZ_HOT, page->frame * DLK_PAGE_SIZE, DLK_PAGE_SIZE);
		find_pointers(f, page);
	}
}

bool fuzz_places_find(struct fuzz_capture *c)
{
	struct finder f = { .c = c };
	bool *is_read = dlk_calloc(&c->ctx, c->pages.len, sizeof(*is_read));
	enum dlk_status status;

	for (unsigned i = 0; i < FUZZ_PLACES; i++)
		c->places[i] = (struct dlk_vec)DLK_VEC_INIT(struct fuzz_spot);
	c->objects = (struct dlk_vec)DLK_VEC_INIT(dlk_addr_t);
	for (uint32_t i = 0; is_read && i < c->pages.len; i++)
		is_read[i] = page_at(c, i)->is_read;
	status = is_read ? open_kernel(&f) : dlk_nomem(&c->ctx);
	if (!status) {
		find_constants(&f);
		find_objects(&f);
		find_page_tables(&f);
		mark_constants(&f);
		find_pages(&f, is_read);
	}
	if (f.k.types)
		f.k.types->ops->close(f.k.types);
	dlk_xlat_close(f.xlat);
	return !status && !f.is_full;
}
