/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Modules that one task loads and others wait for.
 *
 * Whoever loads a module from a file (finit_module()) has a struct idempotent on its stack, with the file's inode as its cookie and a
 * completion in it, linked in a hash table.  The first of a file loads it, and completes all others' then; it is the last in its list,
 * for new ones are put in front (kernel/module/main.c, since v6.5, 9b9879fc0327).
 *
 * Claims: certain, that the task on whose stack the last with this cookie stands ends the wait.
 *
 * Those who wait for a module of the same name that another file has, or that is loaded from memory, sleep elsewhere: module_load.c.
 */
#include <config.h>

#include "kernel/object.h"
#include "locks/event.h"

enum {
	MAX_LINKS = 4096 /* of one list: so many tasks load modules at a time */
};

static const char *const functions[] = { "idempotent_init_module", "idempotent_wait_for_completion",
					 "__do_sys_finit_module",  "__se_sys_finit_module",
					 "__x64_sys_finit_module", NULL };

static const enum dlk_member_id needs[] = { DLK_M_idempotent_cookie, DLK_M_idempotent_entry,
					    DLK_M_idempotent_complete, DLK_M_hlist_next,
					    DLK_M_NONE };

bool dlk_module_is_loading(const struct dlk_candidate *c)
{
	return dlk_event_is_in(c, functions);
}

/* The last with a cookie in the list behind one of them; 0 if there is none. */
static enum dlk_status find_last(struct dlk_facts *f, dlk_addr_t first, uint64_t cookie,
				 dlk_addr_t *ret)
{
	uint32_t offset = dlk_layout_offset(&f->k->layout, DLK_M_idempotent_entry);
	uint64_t node = first + offset, other;

	*ret = 0;
	for (unsigned n = 0; n < MAX_LINKS; n++) {
		enum dlk_status status = dlk_kernel_read_member(f->k, node, DLK_M_hlist_next,
								&node);

		if (status || !node)
			return status;
		status = dlk_kernel_read_member(f->k, node - offset, DLK_M_idempotent_cookie,
						&other);
		if (status)
			return status;
		if (other == cookie)
			*ret = node - offset;
	}
	return dlk_fail(f->ctx, DLK_ERR_LIMIT, "a list of who loads modules does not end");
}

enum dlk_status dlk_module_event_find(struct dlk_facts *f, const struct dlk_candidate *c,
				      dlk_addr_t completion, struct dlk_event *ret, bool *is_found)
{
	const struct dlk_layout *l = &f->k->layout;
	dlk_addr_t own, last;
	const char *file;
	uint64_t cookie;
	enum dlk_status status;

	*is_found = false;
	if (!dlk_layout_has_all(l, needs) || !dlk_module_is_loading(c))
		return DLK_OK;
	own = completion - dlk_layout_offset(l, DLK_M_idempotent_complete);
	if (own < c->stack->sp || own >= c->stack->top)
		return DLK_OK;
	status = dlk_kernel_read_member(f->k, own, DLK_M_idempotent_cookie, &cookie);
	if (!status)
		status = find_last(f, own, cookie, &last);
	if (status)
		return status;
	file = dlk_inode_name(f->k, cookie);
	*ret = (struct dlk_event){ .kind = DLK_KIND_THREAD,
				   .name = dlk_format(f->ctx, "the loading of a module from %s",
						      file ? file : "a file"),
				   .hold = { .context = last ? dlk_facts_find_stack(f, last)
							     : DLK_NONE,
					     .evidence = DLK_EVIDENCE_ENDS,
					     .confidence = DLK_CERTAIN,
					     .note = "it was the first to load it" } };
	if (ret->hold.context == DLK_NONE)
		ret->holders_unknown = "nobody is found that loads it";
	*is_found = true;
	return ret->name ? DLK_OK : dlk_nomem(f->ctx);
}
