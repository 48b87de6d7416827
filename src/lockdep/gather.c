/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lockdep's records of all tasks: see lockdep.h. */
#include <config.h>

#include "lockdep/lockdep.h"

#include "locks/kind.h"

enum { CANCEL_EVERY = 64, MAX_DEPTH = 1024, NS_PER_MS = 1000000 };

static bool has_lockdep(const struct dlk_layout *l)
{
	static const enum dlk_member_id needed[] = {
		DLK_M_task_lockdep_depth, DLK_M_task_held_locks, DLK_M_held_instance, DLK_M_held_ip,
		DLK_M_held_class_idx,     DLK_M_held_read
	};

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!dlk_layout_has(l, needed[i]))
			return false;
	return l->sizes[DLK_S_held_lock] && l->members[DLK_M_task_held_locks].count;
}

/* "lockdep went off at 12.345 s: ..." as the log stamps it. */
static enum dlk_status read_since(struct dlk_lockdep_reader *r)
{
	struct dlk_facts *f = r->f;
	const char *why = NULL;
	enum dlk_status status = dlk_lockdep_find_since(f, &r->off_since, &why);
	uint64_t ms = r->off_since / NS_PER_MS;

	f->model.lockdep.state = DLK_LOCKDEP_OFF;
	f->model.lockdep.text = "lockdep is off, and the log does not say since when";
	if (status || !why)
		return status;
	f->model.lockdep.text =
		dlk_format(f->ctx, "lockdep is off since %llu.%03llu s after boot: %s",
			   (unsigned long long)(ms / 1000), (unsigned long long)(ms % 1000), why);
	return f->model.lockdep.text ? DLK_OK : dlk_nomem(f->ctx);
}

/* What is not known to be on is taken to be off: then no list is believed blindly. */
static enum dlk_status read_state(struct dlk_lockdep_reader *r)
{
	struct dlk_facts *f = r->f;
	dlk_addr_t at = dlk_kernel_symbol(f->k, "debug_locks");
	uint32_t is_on = 0;
	enum dlk_status status = at ? dlk_memory_read_u32(&f->k->memory, at, &is_on) : DLK_OK;

	r->off_since = UINT64_MAX;
	if (status || !at) {
		f->model.lockdep.state = DLK_LOCKDEP_OFF;
		f->model.lockdep.text = "whether lockdep is on cannot be read";
		status = dlk_memory_explain(&f->k->memory, status);
		dlk_prepend(f->ctx, status, "debug_locks, which says whether lockdep is on");
		return dlk_facts_absorb(f, status, at, true);
	}
	if (!is_on)
		return read_since(r);
	f->model.lockdep.state = DLK_LOCKDEP_ON;
	return DLK_OK;
}

static enum dlk_status open_reader(struct dlk_lockdep_reader *r)
{
	struct dlk_kernel *k = r->f->k;
	const struct dlk_member *index = &k->layout.members[DLK_M_held_class_idx];
	uint32_t bits = index->bit_size ? index->bit_size : 8 * index->size;

	r->classes = dlk_kernel_symbol(k, "lock_classes");
	r->max_class = bits < 32 ? (UINT64_C(1) << bits) - 1 : UINT32_MAX;
	r->max_depth = k->layout.members[DLK_M_task_held_locks].count;
	if (r->max_depth > MAX_DEPTH)
		r->max_depth = MAX_DEPTH;
	r->buf = dlk_calloc(k->ctx, r->max_depth, k->layout.sizes[DLK_S_held_lock]);
	return r->buf ? read_state(r) : dlk_nomem(k->ctx);
}

static enum dlk_status read_lists(struct dlk_lockdep_reader *r)
{
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < r->f->tasks.tasks.len && !status; i++) {
		if (i % CANCEL_EVERY == 0)
			status = dlk_check_cancel(r->f->ctx);
		if (!status)
			status = dlk_lockdep_read_held(r, i);
	}
	return status;
}

/* Where lockdep's map of a lock that somebody waits for is; 0 if it has none. */
static dlk_addr_t map_of(const struct dlk_facts *f, const struct dlk_resource *resource)
{
	const struct dlk_lock_kind *kind = dlk_lock_kinds[resource->kind];

	if (!kind || !dlk_layout_has(&f->k->layout, kind->dep_map))
		return 0;
	return resource->address + dlk_layout_offset(&f->k->layout, kind->dep_map);
}

/* Which entries are of locks that somebody waits for. */
static enum dlk_status link_resources(struct dlk_lockdep_reader *r)
{
	struct dlk_facts *f = r->f;
	enum dlk_status status = DLK_OK;

	r->map_of = dlk_calloc(f->ctx, f->model.resources.len, sizeof(*r->map_of));
	if (!r->map_of)
		return dlk_nomem(f->ctx);
	for (uint32_t i = 0; i < f->model.resources.len && !status; i++) {
		r->map_of[i] = map_of(f, dlk_facts_resource(f, i));
		if (r->map_of[i])
			status = dlk_map_put(f->ctx, &r->resource_of, r->map_of[i], i);
	}
	for (uint32_t i = 0; i < f->model.held.len; i++) {
		struct dlk_held *held = DLK_VEC_AT(&f->model.held, struct dlk_held, i);

		held->resource = dlk_map_get(&r->resource_of, held->map);
	}
	return status;
}

static enum dlk_status mark_awaited(struct dlk_lockdep_reader *r)
{
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < r->f->tasks.tasks.len && !status; i++) {
		if (i % CANCEL_EVERY == 0)
			status = dlk_check_cancel(r->f->ctx);
		if (!status && dlk_facts_context(r->f, i)->held_count)
			status = dlk_lockdep_mark_awaited(r, i);
	}
	return status;
}

static void say_what_is_cut(struct dlk_lockdep_reader *r)
{
	if (r->is_cut && !r->f->model.lockdep.text)
		r->f->model.lockdep.text =
			"lockdep's tables are not all there: some locks or classes are "
			"missing or have no name";
}

enum dlk_status dlk_lockdep_gather(struct dlk_facts *f, bool with_usages)
{
	struct dlk_lockdep_reader r = { .f = f, .with_usages = with_usages };
	enum dlk_status status;

	if (!has_lockdep(&f->k->layout)) {
		f->model.lockdep.text =
			"this kernel was built without lockdep (CONFIG_LOCKDEP): it does "
			"not record what a task holds";
		return DLK_OK;
	}
	status = open_reader(&r);
	if (!status)
		status = read_lists(&r);
	if (!status)
		status = link_resources(&r);
	if (!status)
		status = mark_awaited(&r);
	if (!status)
		status = dlk_lockdep_add_holds(&r);
	say_what_is_cut(&r);
	return status;
}
