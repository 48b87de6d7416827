/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Folios: the lock bit and the writeback bit.
 *
 * Wait: a struct wait_page_queue on the task's stack, whose wake-up function is
 * wake_page_function(), linked both ways in a hashed wait queue; it names the folio and the bit
 * (mm/filemap.c, folio_wait_bit_common()).  Certain: nothing else uses that function.
 *
 * Hold: a folio lock has no owner, and lockdep does not track it.  Its holder is inferred in
 * folio_holder.c, likely at best.  Writeback ends when the I/O does: no task holds it.
 *
 * How it can be wrong: the folio's name (size, file) is read from a folio that may have been
 * truncated meanwhile; then it has no file, and the name says less.
 */
#include <config.h>

#include "locks/folio.h"

#include "locks/lock.h"

#include "base/strbuf.h"
#include "kernel/object.h"
#include "locks/bit.h"
#include "locks/kind.h"
#include "locks/queue.h"

enum {
	ORDER_MASK = 0xff, /* of _flags_1 */
	MAX_ORDER = 20,
	MAPPING_FLAGS = 0x3, /* PAGE_MAPPING_FLAGS */
	MAPPING_ANON = 0x1
};

/* Besides the folio or, before v5.16, the page that it names: folio_member(). */
static const enum dlk_member_id needs[] = { DLK_M_wait_page_queue_bit,
					    DLK_M_wait_page_queue_wait,
					    DLK_M_wait_entry_private,
					    DLK_M_wait_entry_func,
					    DLK_M_wait_entry_entry,
					    DLK_M_page_flags,
					    DLK_M_NONE };

static uint64_t page_flag(struct dlk_facts *f, enum dlk_enumerator_id id)
{
	int64_t bit = dlk_kernel_enumerator(f->k, id, -1);

	return bit >= 0 && bit < 64 ? UINT64_C(1) << bit : 0;
}

enum dlk_status dlk_folio_read_locked(struct dlk_facts *f, dlk_addr_t folio, bool *ret)
{
	uint64_t flags;
	enum dlk_status status = dlk_kernel_read_member(f->k, folio, DLK_M_page_flags, &flags);

	if (!status)
		*ret = flags & page_flag(f, DLK_E_PG_locked);
	return status;
}

static unsigned folio_order(struct dlk_facts *f, dlk_addr_t folio)
{
	uint64_t flags = dlk_kernel_peek_member(f->k, folio, DLK_M_page_flags);
	uint64_t order;

	if (!(flags & page_flag(f, DLK_E_PG_head)))
		return 0;
	if (dlk_layout_has(&f->k->layout, DLK_M_folio_order))
		order = dlk_kernel_peek_member(f->k, folio, DLK_M_folio_order);
	else
		order = dlk_kernel_peek_member(f->k, folio, DLK_M_folio_flags_1) & ORDER_MASK;
	return order <= MAX_ORDER ? (unsigned)order : 0;
}

const char *dlk_folio_name(struct dlk_facts *f, dlk_addr_t folio)
{
	struct dlk_strbuf sb = { .ctx = f->ctx };
	uint64_t kib = UINT64_C(4) << folio_order(f, folio);
	uint64_t mapping = dlk_kernel_peek_member(f->k, folio, DLK_M_folio_mapping);
	const char *inode = NULL;

	if (kib >= 1024)
		dlk_strbuf_printf(&sb, "%llu MiB", (unsigned long long)(kib / 1024));
	else
		dlk_strbuf_printf(&sb, "%llu KiB", (unsigned long long)kib);
	if (mapping & MAPPING_ANON) {
		dlk_strbuf_printf(&sb, ", anonymous memory");
	} else if (mapping & ~(uint64_t)MAPPING_FLAGS) {
		inode = dlk_inode_name(f->k,
				       dlk_kernel_peek_member(f->k, mapping, DLK_M_mapping_host));
		dlk_strbuf_printf(&sb, ", page %llu of %s",
				  (unsigned long long)dlk_kernel_peek_member(f->k, folio,
									     DLK_M_folio_index),
				  inode ? inode : "an unknown file");
	}
	return dlk_strbuf_text(&sb);
}

static enum dlk_status describe(struct dlk_facts *f, uint32_t resource)
{
	struct dlk_resource *r = dlk_facts_resource(f, resource);

	bool is_locked;

	/* A folio that cannot be read has no size and no file either. */
	if (!dlk_folio_read_locked(f, r->address, &is_locked))
		r->name = dlk_folio_name(f, r->address);
	if (r->kind == DLK_KIND_WRITEBACK) {
		r->state = "under writeback";
		r->holders_unknown = "it ends when the I/O completes";
		r->is_event = true;
	} else if (r->kind == DLK_KIND_BIT) {
		r->holders_unknown = "who will clear the bit is not recorded";
	}
	return DLK_OK;
}

/* The kind of a bit; DLK_KIND_BIT for those that are neither lock nor writeback. */
static enum dlk_kind kind_of_bit(struct dlk_facts *f, uint64_t bit)
{
	uint64_t flag = bit < 64 ? UINT64_C(1) << bit : 0;

	if (flag && flag == page_flag(f, DLK_E_PG_locked))
		return DLK_KIND_FOLIO;
	return flag && flag == page_flag(f, DLK_E_PG_writeback) ? DLK_KIND_WRITEBACK : DLK_KIND_BIT;
}

static enum dlk_status add_wait(struct dlk_facts *f, const struct dlk_candidate *c,
				dlk_addr_t folio, uint64_t bit)
{
	struct dlk_wait wait = { .context = c->context,
				 .position = DLK_NONE,
				 .mode = DLK_MODE_EXCLUSIVE,
				 .evidence = DLK_EVIDENCE_WAITER_LIST,
				 .confidence = DLK_CERTAIN };
	struct dlk_resource like = { .kind = kind_of_bit(f, bit), .address = folio };
	enum dlk_status status;
	bool is_new;

	if (like.kind == DLK_KIND_BIT)
		like.part = dlk_bit_part(bit);
	status = dlk_model_make_like(&f->model, &like, &wait.resource, &is_new);

	if (!status && is_new)
		status = describe(f, wait.resource);
	return status ? status : dlk_facts_add_wait(f, &wait);
}

static enum dlk_member_id folio_member(const struct dlk_layout *l)
{
	return dlk_layout_has(l, DLK_M_wait_page_queue_folio) ? DLK_M_wait_page_queue_folio
							      : DLK_M_wait_page_queue_page;
}

/* Is a struct wait_queue_entry that of a wait_page_queue? */
static bool is_page_entry(struct dlk_facts *f, dlk_addr_t entry)
{
	static const char *const wakers[] = { "wake_page_function", NULL };
	uint64_t func;

	return !dlk_kernel_read_member(f->k, entry, DLK_M_wait_entry_func, &func) &&
	       dlk_function_matches(dlk_kernel_describe_ip(f->k, func).function, wakers);
}

bool dlk_folio_is_in_waiter(struct dlk_facts *f, dlk_addr_t word, dlk_addr_t task)
{
	const struct dlk_layout *l = &f->k->layout;
	uint64_t its;
	dlk_addr_t entry;

	if (!dlk_layout_has(l, DLK_M_wait_page_queue_wait) || !dlk_layout_has(l, folio_member(l)))
		return false;
	entry = word - dlk_layout_offset(l, folio_member(l)) +
		dlk_layout_offset(l, DLK_M_wait_page_queue_wait);
	return !dlk_kernel_read_member(f->k, entry, DLK_M_wait_entry_private, &its) &&
	       its == task && is_page_entry(f, entry);
}

static enum dlk_status take(struct dlk_facts *f, const struct dlk_candidate *c, bool *is_taken)
{
	const struct dlk_layout *l = &f->k->layout;
	dlk_addr_t entry = c->waiter, queue;
	uint64_t folio, bit;
	bool is_linked;
	enum dlk_status status;

	if (!dlk_layout_has(l, DLK_M_wait_page_queue_wait) ||
	    !dlk_layout_has(l, DLK_M_wait_entry_entry) || !is_page_entry(f, entry))
		return DLK_OK;
	status = dlk_list_check(f->k, entry + dlk_layout_offset(l, DLK_M_wait_entry_entry),
				&is_linked);
	if (status || !is_linked)
		return status;
	queue = entry - dlk_layout_offset(l, DLK_M_wait_page_queue_wait);
	status = dlk_kernel_read_member(f->k, queue, folio_member(l), &folio);
	if (status)
		return status;
	status = dlk_kernel_read_member(f->k, queue, DLK_M_wait_page_queue_bit, &bit);
	if (status)
		return status;
	*is_taken = true;
	return add_wait(f, c, folio, bit);
}

static const struct dlk_waiter waiter = { .task = DLK_M_wait_entry_private, .take = take };

/* Its words say whether it is locked, and nothing of by whom. */
static enum dlk_status check(struct dlk_facts *f, uint32_t resource, enum dlk_sought_by *by)
{
	struct dlk_resource *r = dlk_facts_resource(f, resource);
	bool is_locked = false;
	enum dlk_status status = dlk_folio_read_locked(f, r->address, &is_locked);

	if (!is_locked)
		*by = DLK_SOUGHT_BY_NOTHING;
	if (status) {
		*by = DLK_SOUGHT_BY_NOTHING;
		return dlk_lock_unreadable(f, resource, status);
	}
	r->state = is_locked ? "locked" : "not locked";
	r->is_free = !is_locked;
	r->holders_unknown =
		is_locked ? "a folio lock has no owner field, and no task is found that is sure to "
			    "unlock it; one that is being read in is locked until its I/O completes"
			  : "it is not locked: it was unlocked, and the next waiter has not run "
			    "yet";
	return DLK_OK;
}

const struct dlk_lock_kind dlk_kind_folio = {
	.waiter = &waiter,
	.needs = needs,
	.check = check,
	.seeks_all = true,
	.near = DLK_NEAR_ADDRESS,
};

/* The same waiter leads to it. */
const struct dlk_lock_kind dlk_kind_writeback = { 0 };
