/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functions that say more than their stack does: the tables, and holders by them. */
#include <config.h>

#include "log/known.h"

#include <string.h>

#include "kernel/kernel.h"

enum { MAX_SEARCHES = 512, MAX_CANDIDATES = 256, MAX_VISITED = 128 };

/* clang-format off */
static const struct dlk_log_global globals[] = {
	/* net/core/rtnetlink.c, net_namespace.c */
	{ "rtnl_lock*", DLK_KIND_MUTEX, "rtnl_mutex" },
	{ "rtnl_net_lock*", DLK_KIND_MUTEX, "rtnl_mutex" },
	{ "rtnl_nets_lock", DLK_KIND_MUTEX, "rtnl_mutex" },
	{ "rtnetlink_rcv_msg", DLK_KIND_MUTEX, "rtnl_mutex" },
	{ "rtnetlink_rcv", DLK_KIND_MUTEX, "rtnl_mutex" },
	{ "register_pernet_*", DLK_KIND_RWSEM, "pernet_ops_rwsem" },
	{ "unregister_pernet_*", DLK_KIND_RWSEM, "pernet_ops_rwsem" },
	/* kernel/printk/printk.c, drivers/tty/tty_io.c, kernel/cpu.c */
	{ "console_lock", DLK_KIND_SEMAPHORE, "console_sem" },
	{ "cpus_read_lock", DLK_KIND_PERCPU_RWSEM, "cpu_hotplug_lock" },
	{ "cpus_write_lock", DLK_KIND_PERCPU_RWSEM, "cpu_hotplug_lock" },
	/* kernel/cgroup, kernel/trace, kernel/rcu/tree.c, kernel/module */
	{ "cgroup_lock", DLK_KIND_MUTEX, "cgroup_mutex" },
	{ "cgroup_kn_lock_live", DLK_KIND_MUTEX, "cgroup_mutex" },
	{ "perf_trace_init", DLK_KIND_MUTEX, "event_mutex" },
	{ "perf_trace_destroy", DLK_KIND_MUTEX, "event_mutex" },
	{ "rcu_barrier", DLK_KIND_MUTEX, "rcu_state.barrier_mutex" },
	{ "_rcu_barrier", DLK_KIND_MUTEX, "rcu_state.barrier_mutex" },
};

#define LOCKED_FOLIO "is called with a folio locked; whether it is this one, the log does not say"
static const struct dlk_log_rule rules[] = {
	/* mm/rmap.c, mm/migrate.c: "the folio must be locked" */
	{ "rmap_walk*", DLK_KIND_FOLIO, NULL, DLK_POSSIBLE, LOCKED_FOLIO },
	{ "__rmap_walk*", DLK_KIND_FOLIO, NULL, DLK_POSSIBLE, LOCKED_FOLIO },
	{ "try_to_migrate*", DLK_KIND_FOLIO, NULL, DLK_POSSIBLE, LOCKED_FOLIO },
	{ "try_to_unmap*", DLK_KIND_FOLIO, NULL, DLK_POSSIBLE, LOCKED_FOLIO },
	{ "remove_migration_pte*", DLK_KIND_FOLIO, NULL, DLK_POSSIBLE, LOCKED_FOLIO },
	{ "move_to_new_folio", DLK_KIND_FOLIO, NULL, DLK_POSSIBLE, LOCKED_FOLIO },
	{ "move_to_new_page", DLK_KIND_FOLIO, NULL, DLK_POSSIBLE, LOCKED_FOLIO },
	/* mm/hugetlb.c: it faults in, or copies, a folio of the page cache */
	{ "hugetlb_wp", DLK_KIND_FOLIO, NULL, DLK_POSSIBLE, LOCKED_FOLIO },
	{ "hugetlb_cow", DLK_KIND_FOLIO, NULL, DLK_POSSIBLE, LOCKED_FOLIO },
	/* mm/vmscan.c, mm/page-writeback.c */
	{ "pageout", DLK_KIND_FOLIO, NULL, DLK_POSSIBLE, LOCKED_FOLIO },
	{ "split_huge_page_to_list*", DLK_KIND_FOLIO, NULL, DLK_POSSIBLE, LOCKED_FOLIO },
	/* kernel/printk/printk.c */
	{ "console_unlock", DLK_KIND_SEMAPHORE, "console_sem", DLK_LIKELY,
	  "has it to its end" },
	/* kernel/trace/trace_event_perf.c */
	{ "perf_trace_init", DLK_KIND_MUTEX, "event_mutex", DLK_LIKELY, "works under it" },
	{ "perf_trace_destroy", DLK_KIND_MUTEX, "event_mutex", DLK_LIKELY, "works under it" },
	/* net/core/dev.c, rtnetlink.c: ASSERT_RTNL() */
	{ "unregister_netdevice_many*", DLK_KIND_MUTEX, "rtnl_mutex", DLK_LIKELY, "is called with it held" },
	{ "unregister_netdevice_queue*", DLK_KIND_MUTEX, "rtnl_mutex", DLK_LIKELY, "is called with it held" },
	{ "register_netdevice", DLK_KIND_MUTEX, "rtnl_mutex", DLK_LIKELY, "is called with it held" },
	{ "__dev_open", DLK_KIND_MUTEX, "rtnl_mutex", DLK_LIKELY, "is called with it held" },
	{ "dev_change_flags", DLK_KIND_MUTEX, "rtnl_mutex", DLK_LIKELY, "is called with it held" },
	{ "rtnl_newlink", DLK_KIND_MUTEX, "rtnl_mutex", DLK_LIKELY, "is called with it held" },
	{ "rtnl_dellink", DLK_KIND_MUTEX, "rtnl_mutex", DLK_LIKELY, "is called with it held" },
	{ "rtnl_setlink", DLK_KIND_MUTEX, "rtnl_mutex", DLK_LIKELY, "is called with it held" },
	{ "rtnetlink_rcv_msg", DLK_KIND_MUTEX, "rtnl_mutex", DLK_POSSIBLE,
	  "calls most of its handlers with it held" },
};
/* clang-format on */

const struct dlk_log_global *dlk_log_global_of(const char *function)
{
	for (size_t i = 0; function && i < sizeof(globals) / sizeof(globals[0]); i++)
		if (dlk_function_is(function, globals[i].function))
			return &globals[i];
	return NULL;
}

const struct dlk_log_global *dlk_log_global_awaited(const struct dlk_log_person *p)
{
	uint32_t i = p->waiting.caller ? (uint32_t)(p->waiting.caller - p->frames) : p->frame_count;
	const struct dlk_log_global *global = NULL;

	/* What is inlined into a function counts as it. */
	for (bool goes_on = true; goes_on && !global && i < p->frame_count; i++) {
		global = dlk_log_global_of(p->frames[i].function);
		goes_on = p->sources[i]->is_inlined;
	}
	return global && p->waiting.how && global->kind == p->waiting.how->kind ? global : NULL;
}

static bool is_of(const struct dlk_log_rule *rule, enum dlk_kind kind, const char *name)
{
	return rule->kind == kind && (!rule->name || (name && !strcmp(name, rule->name)));
}

static const struct dlk_log_rule *find_rule(const char *function, enum dlk_kind kind,
					    const char *name)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (is_of(&rules[i], kind, name) && dlk_function_is(function, rules[i].function))
			return &rules[i];
	return NULL;
}

/* Who sleeps in a lock's function, called from this one, may be about to take that very lock here: rtnl_newlink() since 6.13. */
static bool may_take(const struct dlk_log_person *p, const struct dlk_frame *frame,
		     enum dlk_kind kind, const char *name)
{
	return name && frame == p->waiting.caller && p->waiting.how && p->waiting.how->kind == kind;
}

const struct dlk_log_rule *dlk_log_rule_of(const struct dlk_log_person *p, enum dlk_kind kind,
					   const char *name)
{
	const struct dlk_log_held_list *list = dlk_log_held(p);
	const struct dlk_log_rule *rule = NULL;

	for (uint32_t i = 0; i < p->frame_count && !rule; i++)
		if (p->frames[i].is_reliable && !may_take(p, &p->frames[i], kind, name))
			rule = find_rule(p->frames[i].function, kind, name);
	/* Where it sleeps stands in no stack, but in what it is about to take. */
	if (!rule && !p->frame_count && list && list->count &&
	    list->entries[list->count - 1].at_function)
		rule = find_rule(list->entries[list->count - 1].at_function, kind, name);
	return rule;
}

/* --- holders by rules */

/* Whether what a context waits for leads to another, by waits and holds; bounded. */
static bool leads_to(const struct dlk_model_builder *b, uint32_t from, uint32_t to)
{
	uint32_t visited[MAX_VISITED] = { from }, count = 1;

	for (uint32_t at = 0; at < count; at++) {
		for (const struct dlk_wait *w = dlk_model_first_wait(b, visited[at]); w;
		     w = dlk_model_next_wait(b, w)) {
			for (uint32_t i = 0; i < b->holds.len && count < MAX_VISITED; i++) {
				const struct dlk_hold *h = dlk_model_hold(b, i);
				bool is_new = h->resource == w->resource;

				for (uint32_t k = 0; k < count && is_new; k++)
					is_new = visited[k] != h->context;
				if (!is_new)
					continue;
				if (h->context == to)
					return true;
				visited[count++] = h->context;
			}
		}
	}
	return false;
}

static enum dlk_status add_hold(struct dlk_log_facts *f, uint32_t resource,
				const struct dlk_log_person *p, const struct dlk_log_rule *rule)
{
	struct dlk_resource *r = dlk_model_resource(&f->model, resource);
	struct dlk_hold hold = {
		.context = p->context,
		.resource = resource,
		.mode = dlk_kind_mode(r->kind, false),
		.evidence = DLK_EVIDENCE_LIVE_FRAME,
		.confidence = rule->confidence,
		.note = dlk_format(f->ctx, "%.*s() %s", (int)strcspn(rule->function, "*"),
				   rule->function, rule->reason),
		.log_line = p->task   ? p->task->first_line
			    : p->held ? p->held->first_line
				      : 0,
	};

	if (!hold.note)
		return dlk_nomem(f->ctx);
	if (rule->confidence >= DLK_LIKELY) {
		r->holders_unknown = NULL;
		r->holders_assumed = true;
	}
	return dlk_model_add_hold(&f->model, &hold);
}

/* Those of whom a rule says anything at all: few. */
struct candidates {
	uint32_t people[MAX_CANDIDATES];
	uint32_t count;
	uint32_t searches; /* for cycles, so far */
};

static bool has_rule(const struct dlk_log_person *p)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (dlk_log_rule_of(p, rules[i].kind, rules[i].name))
			return true;
	return false;
}

/* What was on its stack long before the other began to wait says nothing of now. */
static bool is_past(const struct dlk_log_facts *f, const struct dlk_log_person *p, uint32_t waiter)
{
	for (uint32_t i = 0; i < f->people.len; i++)
		if (dlk_log_person(f, i)->context == waiter)
			return dlk_log_is_outlived(f, p, dlk_log_person(f, i));
	return false;
}

static enum dlk_status try_person(struct dlk_log_facts *f, struct candidates *c,
				  const struct dlk_wait *w, uint32_t person)
{
	const struct dlk_log_person *p = dlk_log_person(f, person);
	const struct dlk_resource *r = dlk_model_resource(&f->model, w->resource);
	const struct dlk_log_rule *rule;

	if (p->context == w->context || is_past(f, p, w->context) ||
	    dlk_model_find_wait(&f->model, p->context, w->resource) != DLK_NONE)
		return DLK_OK;
	rule = dlk_log_rule_of(p, r->kind, r->name);
	if (!rule)
		return DLK_OK;
	if (!rule->name &&
	    (c->searches++ >= MAX_SEARCHES || !leads_to(&f->model, p->context, w->context)))
		return DLK_OK;
	return add_hold(f, w->resource, p, rule);
}

static bool *find_held(const struct dlk_log_facts *f)
{
	bool *held = dlk_calloc(f->ctx, (size_t)f->model.resources.len + 1, sizeof(*held));

	for (uint32_t i = 0; held && i < f->model.holds.len; i++)
		held[dlk_model_hold(&f->model, i)->resource] = true;
	return held;
}

enum dlk_status dlk_log_rules_apply(struct dlk_log_facts *f)
{
	struct candidates *c = dlk_alloc(f->ctx, sizeof(*c));
	bool *held = find_held(f);
	enum dlk_status status = c && held ? DLK_OK : dlk_nomem(f->ctx);

	for (uint32_t i = 0; !status && i < f->people.len && c->count < MAX_CANDIDATES; i++)
		if (has_rule(dlk_log_person(f, i)))
			c->people[c->count++] = i;
	for (uint32_t i = 0; !status && c->count && i < f->model.waits.len; i++) {
		struct dlk_wait w = *dlk_model_wait(&f->model, i);

		status = dlk_check_cancel(f->ctx);
		for (uint32_t k = 0; k < c->count && !status && !held[w.resource]; k++)
			status = try_person(f, c, &w, c->people[k]);
	}
	return status;
}
