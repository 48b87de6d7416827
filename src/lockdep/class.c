/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Classes: struct lock_class, of which lock_classes[] holds all.
 *
 * A held lock has its class by index from 0 (v5.2, 01bb6f0af992).  It is named as the kernel names
 * it: name, "#version" if several classes have that name, "/subclass".  Where the class cannot be
 * read, the lock's own map has the name too.
 */
#include <config.h>

#include "lockdep/lockdep.h"

static const char released[] = "(a class that was released)";

/* "sb_writers#6", "&rq->__lock/1" */
static const char *format_name(struct dlk_kernel *k, const char *name, uint64_t version,
			       uint64_t subclass)
{
	const char *text = name;

	if (version > 1)
		text = dlk_format(k->ctx, "%s#%llu", text, (unsigned long long)version);
	if (text && subclass)
		text = dlk_format(k->ctx, "%s/%llu", text, (unsigned long long)subclass);
	return text;
}

/* A class without a name is called by its key's symbol. */
static const char *name_of(struct dlk_kernel *k, dlk_addr_t class)
{
	dlk_addr_t key = dlk_kernel_peek_member(k, class, DLK_M_class_key);
	const char *name =
		dlk_kernel_read_string(k, dlk_kernel_peek_member(k, class, DLK_M_class_name));
	struct dlk_symbol symbol;

	if (!key)
		return released;
	if (!name)
		return k->symbols->ops->at(k->symbols, key, &symbol) ? NULL : symbol.name;
	return format_name(k, name, dlk_kernel_peek_member(k, class, DLK_M_class_name_version),
			   dlk_kernel_peek_member(k, class, DLK_M_class_subclass));
}

static enum dlk_status read_class(struct dlk_lockdep_reader *r, dlk_addr_t address,
				  struct dlk_lock_class *ret)
{
	struct dlk_kernel *k = r->f->k;
	uint64_t mask;
	enum dlk_status status = dlk_kernel_read_member(k, address, DLK_M_class_usage_mask, &mask);

	if (status)
		return status;
	ret->address = address;
	ret->name = name_of(k, address);
	ret->wait_inner = (uint8_t)dlk_kernel_peek_member(k, address, DLK_M_class_wait_inner);
	ret->wait_outer = (uint8_t)dlk_kernel_peek_member(k, address, DLK_M_class_wait_outer);
	/* As the kernel prints it: the outer type is the inner one unless it says otherwise. */
	if (!ret->wait_outer)
		ret->wait_outer = ret->wait_inner;
	dlk_lockdep_usage_signs(mask, ret->usage);
	if (!r->with_usages)
		return DLK_OK;
	ret->wait_inner_text = dlk_lockdep_wait_text(k, ret->wait_inner);
	ret->wait_outer_text = dlk_lockdep_wait_text(k, ret->wait_outer);
	return dlk_lockdep_read_usages(k, mask, ret);
}

static enum dlk_status add_class(struct dlk_lockdep_reader *r, dlk_addr_t key,
				 struct dlk_lock_class *class, uint32_t *ret)
{
	struct dlk_facts *f = r->f;
	struct dlk_lock_class *slot = dlk_vec_push(f->ctx, &f->model.classes);

	if (!slot)
		return dlk_nomem(f->ctx);
	class->what = class->name ? dlk_lockdep_what(class->name) : NULL;
	if (!class->name)
		class->name = "(a class without a name)";
	*slot = *class;
	*ret = f->model.classes.len - 1;
	return dlk_map_put(f->ctx, &r->class_of, key, *ret);
}

enum dlk_status dlk_lockdep_make_class(struct dlk_lockdep_reader *r, uint64_t index, dlk_addr_t map,
				       uint32_t *ret)
{
	struct dlk_kernel *k = r->f->k;
	uint32_t size = k->layout.sizes[DLK_S_lock_class];
	dlk_addr_t address = r->classes && size && index <= r->max_class ? r->classes + index * size
									 : 0;
	dlk_addr_t key = address ? address : dlk_kernel_peek_member(k, map, DLK_M_map_key);
	struct dlk_lock_class class = { .address = 0 };
	enum dlk_status status = DLK_ERR_NOTFOUND;

	*ret = dlk_map_get(&r->class_of, key);
	if (*ret != DLK_NONE)
		return DLK_OK;
	if (address)
		status = read_class(r, address, &class);
	if (dlk_status_is_fatal(status))
		return status;
	if (status) {
		r->is_cut = true;
		class.name = dlk_kernel_read_string(k,
						    dlk_kernel_peek_member(k, map, DLK_M_map_name));
	}
	return add_class(r, key, &class, ret);
}
