/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of held locks, as they are. */
#include <config.h>

#include "log/listing.h"

#include <string.h>

#include "base/hash.h"
#include "log/lock_name.h"

struct listing {
	struct dlk_log_facts *f;
	struct dlk_map class_of;    /* hash of a name -> class */
	struct dlk_map resource_at; /* address -> resource */
};

/* Of two names with one hash each entry makes a class anew: no more than that is lost. */
static enum dlk_status make_class(struct listing *l, const char *name, uint32_t *ret)
{
	struct dlk_model_builder *b = &l->f->model;
	uint32_t i = dlk_map_get(&l->class_of, dlk_hash_name(name));
	struct dlk_lock_class *class;

	*ret = i;
	if (i != UINT32_MAX &&
	    !strcmp(DLK_VEC_AT(&b->classes, struct dlk_lock_class, i)->name, name))
		return DLK_OK;
	*ret = b->classes.len;
	class = dlk_vec_push(b->ctx, &b->classes);
	if (!class)
		return dlk_nomem(b->ctx);
	class->name = name;
	return dlk_map_put(b->ctx, &l->class_of, dlk_hash_name(name), *ret);
}

static enum dlk_status add_entry(struct listing *l, const struct dlk_log_person *p, uint32_t i)
{
	struct dlk_model_builder *b = &l->f->model;
	const struct dlk_log_held *entry = &p->held->held.entries[i];
	enum dlk_log_way way = dlk_log_way_of(entry->at_function);
	uint32_t class;
	enum dlk_status status = make_class(l, entry->class ? entry->class : "?", &class);
	struct dlk_held *held = status ? NULL : dlk_vec_push(b->ctx, &b->held);

	if (!held)
		return status ? status : dlk_nomem(b->ctx);
	*held = (struct dlk_held){
		.context = p->context,
		.class = class,
		.resource = entry->lock ? dlk_map_get(&l->resource_at, entry->lock) : DLK_NONE,
		.map = entry->lock,
		.at = entry->at,
		.is_read = entry->is_read_known ? entry->is_read : way == DLK_LOG_WAY_READ,
		.is_mode_unknown = !entry->is_read_known && way == DLK_LOG_WAY_UNKNOWN,
		.is_waited_for = i == p->awaited,
	};
	return DLK_OK;
}

static enum dlk_status add_list(struct listing *l, uint32_t person)
{
	const struct dlk_log_person *p = dlk_log_person(l->f, person);
	const struct dlk_log_held_list *list = dlk_log_held(p);
	uint32_t first = l->f->model.held.len;
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; list && i < list->count && !status; i++)
		status = add_entry(l, p, i);
	if (!status && list) {
		dlk_log_context(l->f, person)->held_first = first;
		dlk_log_context(l->f, person)->held_count = l->f->model.held.len - first;
	}
	return status;
}

enum dlk_status dlk_log_listing_add(struct dlk_log_facts *f)
{
	struct listing l = { .f = f };
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < f->model.resources.len && !status; i++) {
		dlk_addr_t address = dlk_model_resource(&f->model, i)->address;

		if (address)
			status = dlk_map_put(f->ctx, &l.resource_at, address, i);
	}
	for (uint32_t i = 0; i < f->people.len && !status; i++)
		status = add_list(&l, i);
	return status;
}
