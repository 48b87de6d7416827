/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domains of SRCU (struct srcu_struct).
 *
 * Wait: in synchronize_srcu(), or srcu_barrier(), for a grace period (grace.c).  The domain is among the words of the
 * stack, from the innermost frame to that of the caller: a callee has saved the register that it was in.  A word is a
 * domain if what it names for each CPU names it in turn.  Certain if the callback of who waits is in the domain's lists;
 * else likely, for the callback is taken out of these just before it is invoked.
 *
 * Hold: each CPU counts who enters and who leaves, so that it is known how many are inside, but not who
 * (kernel/rcu/srcutree.c).  lockdep records who; and of trace RCU's domain the tasks themselves: rcu_trace.c.
 *
 * How it can be wrong: the domain's address may have been left by something else, where nothing confirms it.  Where it
 * stands nowhere, the wait is for a domain that is not known.  Those who came
 * after the grace period began are counted, too, and are not waited for.
 */
#include <config.h>

#include "kernel/frames.h"
#include "locks/grace.h"
#include "locks/lock.h"

enum { SEARCHED_WORDS = 256, MAX_READERS = 1 << 24, FLIPS = 2 };

static const enum dlk_member_id needs[] = { DLK_M_swait_task,          DLK_M_swait_list,
					    DLK_M_completion_list,     DLK_M_rcu_sync_head,
					    DLK_M_rcu_sync_completion, DLK_M_callback_next,
					    DLK_M_srcu_data_ssp,       DLK_M_NONE };

static const enum dlk_member_id needs_either[] = { DLK_M_srcu_data_locks, DLK_M_srcu_data_ctrs,
						   DLK_M_NONE };

/* What a domain has for a CPU. */
static dlk_addr_t data_of(struct dlk_facts *f, dlk_addr_t domain, uint32_t cpu)
{
	uint64_t sda = dlk_kernel_peek_member(f->k, domain, DLK_M_srcu_sda);

	return sda && f->k->percpu_offset ? sda + f->k->percpu_offset[cpu] : 0;
}

/* A search for the domain that somebody waits for. */
struct search {
	struct dlk_facts *f;
	dlk_addr_t domain;      /* 0: not found yet */
	enum dlk_status failed; /* of a read that might have found it */
};

/* Whether what a domain names for a CPU names it in turn. */
static bool try_domain(struct search *s, dlk_addr_t address)
{
	struct dlk_kernel *k = s->f->k;
	enum dlk_status status;
	uint64_t sda, owner = 0;

	if (!dlk_kernel_can_be_struct(k, address) || !k->cpu_count || !k->percpu_offset)
		return false;
	status = dlk_kernel_read_member(k, address, DLK_M_srcu_sda, &sda);
	if (!status && sda && dlk_kernel_can_be_struct(k, sda + k->percpu_offset[0]))
		status = dlk_kernel_read_member(k, sda + k->percpu_offset[0], DLK_M_srcu_data_ssp,
						&owner);
	if (status)
		s->failed = status;
	else if (owner == address)
		s->domain = address;
	return s->domain;
}

/* That which has the completion of srcu_barrier(). */
static void try_barrier(struct search *s, const struct dlk_grace *g)
{
	const struct dlk_layout *l = &s->f->k->layout;
	dlk_addr_t address;
	uint64_t domain;
	enum dlk_status status;

	if (g->sync || !dlk_layout_has(l, DLK_M_srcu_barrier))
		return;
	address = g->completion - dlk_layout_offset(l, DLK_M_srcu_barrier);
	if (!dlk_layout_has(l, DLK_M_srcu_usage_ssp)) {
		try_domain(s, address);
		return;
	}
	status = dlk_kernel_read_member(s->f->k, address, DLK_M_srcu_usage_ssp, &domain);
	if (status)
		s->failed = status;
	else
		try_domain(s, domain);
}

static void try_words(struct search *s, const struct dlk_grace *g)
{
	const struct dlk_stack *stack = g->stack;
	uint32_t last = g->frame + 1;
	dlk_addr_t end;

	if (g->frame == DLK_NONE || !stack->frame_count)
		return;
	end = stack->frames[last < stack->frame_count ? last : stack->frame_count - 1].sp;
	for (uint32_t i = 0; i < stack->word_count && i < SEARCHED_WORDS; i++) {
		dlk_addr_t word = stack->words[i];

		if (stack->sp + i * sizeof(uint64_t) >= end)
			return;
		if ((word < stack->task->stack || word >= stack->top) && try_domain(s, word))
			return;
	}
}

/* The domain whose callback, or completion, that is; 0 if none is found. */
static enum dlk_status find_domain(struct dlk_facts *f, const struct dlk_grace *g, dlk_addr_t *ret)
{
	struct search s = { .f = f };

	try_barrier(&s, g);
	if (!s.domain)
		try_words(&s, g);
	*ret = s.domain;
	return s.domain ? DLK_OK : dlk_facts_absorb(f, s.failed, g->completion, true);
}

/* Whether a domain has the callback of who waits; not known is no. */
static bool has_callback(struct dlk_facts *f, const struct dlk_grace *g, dlk_addr_t domain)
{
	uint32_t room = DLK_MAX_CALLBACKS;
	bool is_found = false;

	for (uint32_t cpu = 0; cpu < f->k->cpu_count && !is_found; cpu++) {
		dlk_addr_t first = dlk_kernel_peek_member(f->k, data_of(f, domain, cpu),
							  DLK_M_srcu_data_callbacks);

		if (dlk_grace_find(f, g->callback, first, 0, &room, &is_found) == DLK_ERR_LIMIT)
			break;
	}
	return is_found;
}

static uint64_t word_at(const unsigned char *bytes, size_t offset)
{
	const struct dlk_member word = { .offset = (uint32_t)offset, .size = sizeof(uint64_t) };

	return dlk_member_value(&word, bytes);
}

/* How many more have entered than left on a CPU: less than none, where they left on another. */
static enum dlk_status count_on(struct dlk_facts *f, dlk_addr_t data, int64_t *sum)
{
	const struct dlk_layout *l = &f->k->layout;
	unsigned char in[FLIPS * 64], out[FLIPS * 64];
	size_t step = sizeof(uint64_t), locks = 0, unlocks = 0;
	enum dlk_status status;

	if (dlk_layout_has(l, DLK_M_srcu_data_ctrs)) {
		step = l->sizes[DLK_S_srcu_ctr];
		locks = dlk_layout_offset(l, DLK_M_srcu_ctr_locks);
		unlocks = dlk_layout_offset(l, DLK_M_srcu_ctr_unlocks);
		if (step > sizeof(in) / FLIPS || locks + sizeof(uint64_t) > step ||
		    unlocks + sizeof(uint64_t) > step)
			return dlk_fail(f->ctx, DLK_ERR_CORRUPT, "srcu_ctr is too large");
		status = dlk_kernel_read_array(f->k, data, DLK_M_srcu_data_ctrs, in, FLIPS * step);
		if (status)
			return status;
		for (uint32_t i = 0; i < FLIPS; i++)
			*sum += (int64_t)(word_at(in, i * step + locks) -
					  word_at(in, i * step + unlocks));
		return DLK_OK;
	}
	status = dlk_kernel_read_array(f->k, data, DLK_M_srcu_data_locks, in, FLIPS * step);
	if (!status)
		status = dlk_kernel_read_array(f->k, data, DLK_M_srcu_data_unlocks, out,
					       FLIPS * step);
	for (uint32_t i = 0; i < FLIPS && !status; i++)
		*sum += (int64_t)(word_at(in, i * step) - word_at(out, i * step));
	return status;
}

static enum dlk_status count_readers(struct dlk_facts *f, dlk_addr_t domain, int64_t *ret)
{
	enum dlk_status status = DLK_OK;
	int64_t sum = 0;

	for (uint32_t cpu = 0; cpu < f->k->cpu_count && !status; cpu++) {
		dlk_addr_t data = data_of(f, domain, cpu);

		if (cpu % 64 == 0)
			status = dlk_check_cancel(f->ctx);
		if (!status)
			status = count_on(f, data, &sum);
	}
	if (!status && (sum < 0 || sum > MAX_READERS))
		return dlk_fail(f->ctx, DLK_ERR_CORRUPT, "its readers are %lld", (long long)sum);
	*ret = sum;
	return status;
}

static enum dlk_status describe(struct dlk_facts *f, uint32_t resource)
{
	struct dlk_resource *r = dlk_facts_resource(f, resource);
	int64_t readers = 0;
	enum dlk_status read;

	r->name = dlk_lock_name(f, r->address, "srcu_struct", DLK_M_srcu_dep_name);
	read = count_readers(f, r->address, &readers);
	if (read)
		return dlk_lock_unreadable(f, resource, read);
	r->readers = (uint64_t)readers;
	r->is_free = !readers;
	r->state = dlk_format(f->ctx, "%lld reader%s", (long long)readers, readers == 1 ? "" : "s");
	r->holders_unknown = readers ? "those inside a read side are counted, not recorded"
				     : "nobody is inside a read side: the kernel's worker has yet "
				       "to see that";
	return r->state ? DLK_OK : dlk_nomem(f->ctx);
}

/* A domain whose address is not known: nobody else is said to wait for it. */
static enum dlk_status make_unknown(struct dlk_facts *f, uint32_t context, uint32_t *ret)
{
	const char *name = dlk_format(f->ctx, "domain that pid %d waits for",
				      dlk_facts_context(f, context)->pid);
	bool is_new;
	enum dlk_status status;

	if (!name)
		return dlk_nomem(f->ctx);
	status = dlk_model_make_resource(&f->model, DLK_KIND_SRCU, 0, name, ret, &is_new);
	if (!status)
		dlk_facts_resource(f, *ret)->holders_unknown =
			"which domain of SRCU it is was not found";
	return status;
}

static enum dlk_status make_domain(struct dlk_facts *f, dlk_addr_t domain, uint32_t *ret)
{
	bool is_new;
	enum dlk_status status = dlk_facts_make_resource(f, DLK_KIND_SRCU, domain, ret, &is_new);

	return status || !is_new ? status : describe(f, *ret);
}

enum dlk_status dlk_srcu_take(struct dlk_facts *f, const struct dlk_grace *g, bool *is_taken)
{
	struct dlk_wait wait = { .context = g->context,
				 .position = DLK_NONE,
				 .mode = dlk_kind_mode(DLK_KIND_SRCU, false),
				 .evidence = DLK_EVIDENCE_WAITER_LIST,
				 .confidence = DLK_LIKELY };
	dlk_addr_t domain;
	enum dlk_status status = find_domain(f, g, &domain);

	if (status)
		return status;
	*is_taken = true;
	status = domain ? make_domain(f, domain, &wait.resource)
			: make_unknown(f, g->context, &wait.resource);
	if (domain && (!g->sync || has_callback(f, g, domain)))
		wait.confidence = DLK_CERTAIN;
	return status ? status : dlk_facts_add_wait(f, &wait);
}

/* The waiter of RCU leads to them. */
const struct dlk_lock_kind dlk_kind_srcu = {
	.dep_map = DLK_M_srcu_dep_map,
	.needs = needs,
	.needs_either = needs_either,
	.exists_with = DLK_M_srcu_sda,
};
