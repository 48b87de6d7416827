/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tasks by their pids.
 *
 * The idr is a tree of nodes with a fixed number of slots; an entry whose two low bits are 2 is a
 * node, one without low bits is a struct pid (include/linux/xarray.h).  pid.tasks[PIDTYPE_PID] leads
 * to the one task that has this pid.
 *
 * How it can be wrong: a tree that is damaged may lead to a word that is no task; the caller reads
 * it as one, and refuses it if it makes no sense.  Depth and nodes are bounded.
 */
#include <config.h>

#include "kernel/pid.h"

enum {
	TYPE_MASK = 0x3,
	IS_NODE = 0x2,
	MAX_SLOTS = 64,
	MAX_DEPTH = 12, /* 64 bits of index, 6 a level */
	/* Of 2^22 pids (PID_MAX_LIMIT), each in a node of its own: 2^16 nodes, and those above. */
	MAX_NODES = 1 << 17,
	MAX_ENTRIES = MAX_NODES * MAX_SLOTS
};

struct level {
	uint64_t slots[MAX_SLOTS];
	uint32_t next;
};

struct walk {
	struct dlk_kernel *k;
	dlk_pid_task_fn *fn;
	void *arg;
	uint32_t slot_count, nodes, entries;
	struct level *levels; /* MAX_DEPTH */
	uint32_t depth;
};

/* Go down into a node; one that cannot be read is passed over. */
static void enter(struct walk *w, dlk_addr_t node)
{
	dlk_addr_t slots = node + dlk_layout_offset(&w->k->layout, DLK_M_xa_node_slots);
	struct level *level = &w->levels[w->depth];

	if (w->depth == MAX_DEPTH || w->nodes++ == MAX_NODES)
		return;
	level->next = 0;
	if (!dlk_memory_read(&w->k->memory, slots, level->slots,
			     w->slot_count * sizeof(level->slots[0])))
		w->depth++;
}

static enum dlk_status take_pid(struct walk *w, dlk_addr_t pid)
{
	uint64_t first = dlk_kernel_peek_member(w->k, pid, DLK_M_pid_tasks);

	if (!first)
		return DLK_OK;
	return w->fn(w->arg, first - dlk_layout_offset(&w->k->layout, DLK_M_task_pid_links));
}

static enum dlk_status take_entry(struct walk *w, uint64_t entry)
{
	if (w->entries++ == MAX_ENTRIES)
		return dlk_fail(w->k->ctx, DLK_ERR_LIMIT, "the table of pids does not end");
	if ((entry & TYPE_MASK) == IS_NODE)
		enter(w, entry - IS_NODE);
	else if (entry && !(entry & TYPE_MASK))
		return take_pid(w, entry);
	return DLK_OK;
}

enum dlk_status dlk_pids_walk(struct dlk_kernel *k, dlk_pid_task_fn *fn, void *arg)
{
	const struct dlk_layout *l = &k->layout;
	dlk_addr_t ns = dlk_kernel_symbol(k, "init_pid_ns");
	struct walk w = { .k = k, .fn = fn, .arg = arg };
	uint64_t head;
	enum dlk_status status;

	if (!ns || !dlk_layout_has(l, DLK_M_xa_node_slots) || !dlk_layout_has(l, DLK_M_pid_tasks) ||
	    !dlk_layout_has(l, DLK_M_task_pid_links) ||
	    dlk_kernel_read_member(k, ns, DLK_M_pid_ns_head, &head))
		return dlk_fail(k->ctx, DLK_ERR_NOTFOUND, "no table of pids");
	w.slot_count = l->members[DLK_M_xa_node_slots].count;
	if (!w.slot_count || w.slot_count > MAX_SLOTS)
		return dlk_fail(k->ctx, DLK_ERR_NOTFOUND, "a table of pids with %u slots",
				w.slot_count);
	w.levels = dlk_calloc(k->ctx, MAX_DEPTH, sizeof(*w.levels));
	if (!w.levels)
		return dlk_nomem(k->ctx);
	status = take_entry(&w, head);
	while (!status && w.depth) {
		struct level *level = &w.levels[w.depth - 1];

		if (level->next == w.slot_count)
			w.depth--;
		else
			status = take_entry(&w, level->slots[level->next++]);
	}
	return status;
}
