/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Resilient queued spinlocks (rqspinlock): kernel/bpf/rqspinlock.c, include/asm-generic/rqspinlock.h; v6.15.
 *
 * Wait: who stands in resilient_queued_spin_lock_slowpath(), or in what that calls where locks are tested and set, spins for what it was
 * given; if its registers do not tell that, for the last lock in its CPU's table, likely.  It gives up by itself: it looks for a
 * deadlock among such locks (-EDEADLK), and at the clock (-ETIMEDOUT): after a quarter of a second as the pending one, half a second as the
 * first of the queue, who then tells all behind it to give up as well, and a second where there is no queue.  So whatever such a wait
 * leads to, and whatever leads to such a wait, ends, and no deadlock is claimed of it (struct dlk_wait, gives_up).  What a caller does who
 * was turned away is its own affair: it may begin again at once, and for good, which no record tells.
 *
 * Hold: each CPU has a table of the locks that are taken on it, in that order, and are let go in the opposite one.  An entry is made before the
 * lock is got: those of contexts that spin are waits, one for each.  What is left is a hold of something that runs on that CPU, for
 * nobody may sleep, or be preempted, with such a lock.  The last entry of a context that spins is that for which it does, so that of several
 * contexts on a CPU those on top of it have the entries behind it, and the others those before.  Certain, if one context alone may
 * have made the entry, no other CPU has one that may be a hold, and all tables are known; else likely, and possible where more than one may hold it.
 *
 * How it can be wrong: between the entry and the slow path, and, in v7.3, between the lock's release and the end of the entry, it is no hold
 * yet, or none any more: a few instructions.  Who sleeps with such a lock, though it must not, is taken for who runs on its CPU now.  A table
 * has room for 31 locks; more are only counted.
 *
 * Kernel: which entries are made by whom has changed (in v6.15 by the slow path, in v7.3 by whoever calls it), not what stands in them.
 */
#include <config.h>

#include "locks/rqspin.h"

#include <inttypes.h>

#include "kernel/percpu.h"
#include "locks/cpu_wait.h"
#include "locks/wait_function.h"

enum { MAX_ENTRIES = 64, MAX_FOUND = 16, CANCEL_EVERY = 64 };

/* What is on a CPU, from the outermost on, and its table. */
struct table {
	uint32_t contexts[DLK_CONTEXT_COUNT], context_count;
	dlk_addr_t wanted[DLK_CONTEXT_COUNT]; /* for which of these locks each spins; 0 */
	dlk_addr_t locks[MAX_ENTRIES];
	uint32_t count;
	bool is_partial; /* it is not known, or has more entries than room */
};

/* Who may hold a lock, of all CPUs. */
struct found {
	uint32_t contexts[MAX_FOUND], count;
	uint32_t cpu;     /* of the last entry that may be a hold */
	uint32_t entries; /* of these how many */
	bool is_partial;
};

bool dlk_rqspin_is(const char *function)
{
	return dlk_function_is(function, "resilient_queued_spin_lock_slowpath") ||
	       dlk_function_is(function, "resilient_tas_spin_lock");
}

void dlk_rqspin_mark(struct dlk_wait *wait, bool is_told)
{
	wait->gives_up = true;
	if (is_told) {
		wait->evidence |= DLK_EVIDENCE_HELD_TABLE;
		wait->confidence = DLK_LIKELY;
	}
	wait->note =
		"a rqspinlock: it gives up by itself, within a second, or as soon as it sees a "
		"deadlock";
}

/* --- the tables */

static bool is_known(struct dlk_kernel *k)
{
	static const enum dlk_member_id needs[] = { DLK_M_rqspin_cnt, DLK_M_rqspin_locks,
						    DLK_M_NONE };

	return k->percpu_offset && dlk_layout_has_all(&k->layout, needs) &&
	       dlk_kernel_symbol(k, "rqspinlock_held_locks");
}

/* How many entries have room in a table. */
static uint32_t room(const struct dlk_kernel *k)
{
	uint32_t size = k->layout.sizes[DLK_S_rqspinlock_held];
	uint32_t offset = dlk_layout_offset(&k->layout, DLK_M_rqspin_locks);
	uint32_t ret = size > offset ? (size - offset) / DLK_WORD : 0;

	return ret < MAX_ENTRIES ? ret : MAX_ENTRIES;
}

static void read_table(const struct dlk_facts *f, uint32_t cpu, struct table *ret)
{
	struct dlk_kernel *k = f->k;
	dlk_addr_t at;
	uint64_t count;

	ret->count = 0;
	ret->is_partial = true;
	if (!is_known(k) || cpu >= k->cpu_count)
		return;
	at = dlk_kernel_symbol(k, "rqspinlock_held_locks") + k->percpu_offset[cpu];
	if (dlk_kernel_read_member(k, at, DLK_M_rqspin_cnt, &count))
		return;
	ret->is_partial = count > room(k);
	ret->count = ret->is_partial ? room(k) : (uint32_t)count;
	at += dlk_layout_offset(&k->layout, DLK_M_rqspin_locks);
	for (uint32_t i = 0; i < ret->count; i++) {
		if (!dlk_memory_read_u64(&k->memory, at + (dlk_addr_t)i * DLK_WORD, &ret->locks[i]))
			continue;
		ret->is_partial = true;
		ret->count = i;
	}
}

dlk_addr_t dlk_rqspin_find(const struct dlk_facts *f, uint32_t context)
{
	uint32_t cpu = dlk_cpu_wait_cpu(dlk_facts_context(f, context));
	struct table t;

	if (cpu == DLK_NONE || dlk_cpu_wait_innermost(f, cpu) != context)
		return 0;
	read_table(f, cpu, &t);
	return !t.is_partial && t.count ? t.locks[t.count - 1] : 0;
}

/* --- which entries are holds */

/* The lock for which a context spins; of the innermost one, if it is not known otherwise, the table's last. */
static dlk_addr_t wanted_by(const struct dlk_facts *f, const struct table *t, uint32_t n)
{
	const struct dlk_context *c = dlk_facts_context(f, t->contexts[n]);
	const struct dlk_wait *w = dlk_model_first_wait(&f->model, t->contexts[n]);
	struct dlk_spinning s;

	while (w && !w->gives_up)
		w = dlk_model_next_wait(&f->model, w);
	if (w)
		return dlk_facts_resource(f, w->resource)->address;
	if (n + 1 < t->context_count || !t->count ||
	    !dlk_frames_spin_now(c->frames, c->frame_count, &s) ||
	    !dlk_rqspin_is(c->frames[s.function].function))
		return 0;
	return t->locks[t->count - 1];
}

/* All CPUs' tables, and what runs there: those on top come behind what they are on top of. */
static enum dlk_status read_tables(const struct dlk_facts *f, struct table **ret)
{
	struct table *tables = dlk_calloc(f->ctx, f->k->cpu_count ? f->k->cpu_count : 1,
					  sizeof(*tables));
	enum dlk_status status = tables ? DLK_OK : dlk_nomem(f->ctx);

	for (uint32_t i = 0; i < f->model.contexts.len && !status; i++) {
		uint32_t cpu = dlk_cpu_wait_cpu(dlk_facts_context(f, i));
		struct table *t = cpu < f->k->cpu_count ? &tables[cpu] : NULL;

		if (t && t->context_count < DLK_CONTEXT_COUNT)
			t->contexts[t->context_count++] = i;
	}
	for (uint32_t cpu = 0; cpu < f->k->cpu_count && !status; cpu++) {
		struct table *t = &tables[cpu];

		if (cpu % CANCEL_EVERY == 0)
			status = dlk_check_cancel(f->ctx);
		if (status || !dlk_percpu_is_possible(f->k, cpu))
			continue;
		read_table(f, cpu, t);
		for (uint32_t n = 0; n < t->context_count; n++)
			t->wanted[n] = wanted_by(f, t, n);
	}
	*ret = tables;
	return status;
}

/* The entry of a wait: the last there is, of the innermost context; of others, if there is but one of that lock. */
static uint32_t find_entry(const struct table *t, uint32_t n)
{
	uint32_t ret = DLK_NONE, count = 0;

	for (uint32_t i = 0; t->wanted[n] && i < t->count; i++) {
		if (t->locks[i] != t->wanted[n])
			continue;
		ret = i;
		count++;
	}
	return count == 1 || n + 1 == t->context_count ? ret : DLK_NONE;
}

static void add_found(struct found *found, uint32_t context)
{
	for (uint32_t i = 0; i < found->count; i++)
		if (found->contexts[i] == context)
			return;
	if (found->count < MAX_FOUND)
		found->contexts[found->count++] = context;
}

/* Whose entry it may be, of those on the CPU: from the first on to before the last. */
static void bound(const struct table *t, uint32_t entry, uint32_t *first, uint32_t *end)
{
	*first = 0;
	*end = t->context_count;
	for (uint32_t n = 0; n < t->context_count; n++) {
		uint32_t own = find_entry(t, n);

		if (own != DLK_NONE && entry > own)
			*first = n + 1;
		else if (own != DLK_NONE && *end > n + 1)
			*end = n + 1;
	}
}

static bool is_wait(const struct table *t, uint32_t entry)
{
	for (uint32_t n = 0; n < t->context_count; n++)
		if (find_entry(t, n) == entry)
			return true;
	return false;
}

/* How many entries of a lock there are more than waits for it. */
static uint32_t count_holds(const struct table *t, dlk_addr_t lock)
{
	uint32_t entries = 0, waits = 0;

	for (uint32_t i = 0; i < t->count; i++)
		entries += t->locks[i] == lock;
	for (uint32_t n = 0; n < t->context_count && entries; n++)
		waits += t->wanted[n] == lock;
	return entries > waits ? entries - waits : 0;
}

static void look_at_cpu(const struct table *t, dlk_addr_t lock, uint32_t cpu, struct found *found)
{
	uint32_t holds = count_holds(t, lock);

	found->is_partial |= t->is_partial;
	if (!holds)
		return;
	found->entries += holds;
	found->cpu = cpu;
	for (uint32_t i = 0; i < t->count; i++) {
		uint32_t first, end;

		if (t->locks[i] != lock || is_wait(t, i))
			continue;
		bound(t, i, &first, &end);
		for (uint32_t n = first; n < end; n++)
			add_found(found, t->contexts[n]);
	}
}

/* --- what follows from it */

static enum dlk_status add_hold(struct dlk_facts *f, uint32_t resource, uint32_t context,
				const struct found *found)
{
	bool is_one = found->count == 1 && found->entries == 1;
	struct dlk_hold hold = { .context = context,
				 .resource = resource,
				 .mode = DLK_MODE_EXCLUSIVE,
				 .evidence = DLK_EVIDENCE_HELD_TABLE,
				 .confidence = !is_one             ? DLK_POSSIBLE
					       : found->is_partial ? DLK_LIKELY
								   : DLK_CERTAIN };

	hold.note =
		dlk_format(f->ctx, "CPU %" PRId32 "'s table of rqspinlocks has it%s",
			   dlk_facts_context(f, context)->cpu,
			   is_one ? ""
				  : ", and this is not the only one that may have made the entry");
	return hold.note ? dlk_facts_add_hold(f, &hold) : dlk_nomem(f->ctx);
}

static enum dlk_status say_unknown(struct dlk_facts *f, uint32_t resource,
				   const struct found *found)
{
	struct dlk_resource *r = dlk_facts_resource(f, resource);

	if (found->entries)
		r->holders_unknown = dlk_format(f->ctx,
						"it was taken on CPU %" PRIu32
						", and what runs there is not known",
						found->cpu);
	else if (found->is_partial)
		r->holders_unknown = "not all CPUs' tables of the rqspinlocks that they hold are "
				     "known";
	else
		r->holders_unknown = "no CPU has it in its table of the rqspinlocks that it holds: "
				     "it is just being let go";
	return r->holders_unknown ? DLK_OK : dlk_nomem(f->ctx);
}

static enum dlk_status settle(struct dlk_facts *f, uint32_t resource, const struct table *tables)
{
	dlk_addr_t lock = dlk_facts_resource(f, resource)->address;
	struct found found = { .is_partial = !is_known(f->k) };
	enum dlk_status status = dlk_check_cancel(f->ctx);

	for (uint32_t cpu = 0; cpu < f->k->cpu_count && !status; cpu++)
		look_at_cpu(&tables[cpu], lock, cpu, &found);
	for (uint32_t i = 0; i < found.count && !status; i++)
		status = add_hold(f, resource, found.contexts[i], &found);
	if (status)
		return status;
	if (!found.count)
		return say_unknown(f, resource, &found);
	dlk_facts_resource(f, resource)->holders_unknown = NULL;
	return DLK_OK;
}

enum dlk_status dlk_rqspin_settle(struct dlk_facts *f)
{
	struct dlk_map seen = { .slots = NULL };
	struct table *tables = NULL;
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < f->model.waits.len && !status; i++) {
		const struct dlk_wait *w = dlk_model_wait(&f->model, i);

		if (!w->gives_up || dlk_map_get(&seen, w->resource) != DLK_NONE)
			continue;
		if (!tables)
			status = read_tables(f, &tables);
		if (!status)
			status = dlk_map_put(f->ctx, &seen, w->resource, 1);
		if (!status)
			status = settle(f, w->resource, tables);
	}
	return status;
}
