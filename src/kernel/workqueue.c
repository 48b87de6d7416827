/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Worker pools, and the lists of works (kernel/workqueue.c, kernel/workqueue_internal.h).
 *
 * A work's data has flags in its low bits, and above these the address of its pwq while it is queued; a pwq is aligned to
 * as much as the flags need: WORK_STRUCT_PWQ_SHIFT bits since v6.9, before WORK_STRUCT_FLAG_BITS, which means
 * less today.  Both are 8 but with CONFIG_DEBUG_OBJECTS_WORK, whose works are not understood before v6.9.
 */
#include <config.h>

#include "kernel/workqueue.h"

#include "kernel/list.h"

enum {
	MAX_STEPS = 1 << 22, /* of all lists */
	PENDING = 1 << 0,    /* WORK_STRUCT_PENDING */
	HAS_PWQ = 1 << 2,    /* WORK_STRUCT_PWQ */
	LINKED = 1 << 3,     /* WORK_STRUCT_LINKED */
	PWQ_SHIFT = 8,
	MIN_SHIFT = 4,
	MAX_SHIFT = 12
};

void dlk_workqueues_init(struct dlk_kernel *k, struct dlk_workqueues *ret)
{
	*ret = (struct dlk_workqueues){ .k = k,
					.pools = DLK_VEC_INIT(struct dlk_worker_pool *),
					.flushed = DLK_VEC_INIT(dlk_addr_t) };
}

bool dlk_workqueues_spend(struct dlk_workqueues *w, uint32_t steps)
{
	if (steps > MAX_STEPS - w->steps)
		return false;
	w->steps += steps;
	return true;
}

static bool step(struct dlk_workqueues *w, struct dlk_list_walk *walk)
{
	walk->limit = walk->count + dlk_workqueues_spend(w, 1);
	return dlk_list_next(walk);
}

static dlk_addr_t member_at(const struct dlk_workqueues *w, dlk_addr_t base, enum dlk_member_id id)
{
	return base + dlk_layout_offset(&w->k->layout, id);
}

static uint64_t pwq_bits(struct dlk_workqueues *w)
{
	int64_t shift;

	if (w->pwq_bits)
		return w->pwq_bits;
	shift = dlk_kernel_enumerator(w->k, DLK_E_WORK_STRUCT_PWQ_SHIFT, PWQ_SHIFT);
	if (shift < MIN_SHIFT || shift > MAX_SHIFT)
		shift = PWQ_SHIFT;
	w->pwq_bits = (UINT64_C(1) << shift) - 1;
	return w->pwq_bits;
}

enum dlk_status dlk_queued_work_read(struct dlk_workqueues *w, dlk_addr_t work,
				     struct dlk_queued_work *ret)
{
	uint64_t data, func;
	enum dlk_status status = dlk_kernel_read_member(w->k, work, DLK_M_work_data, &data);

	if (!status)
		status = dlk_kernel_read_member(w->k, work, DLK_M_work_func, &func);
	if (status)
		return status;
	if (!(data & PENDING) || !(data & HAS_PWQ))
		return dlk_fail(w->k->ctx, DLK_ERR_CORRUPT,
				"work 0x%llx: it is in a queue, but its data, 0x%llx, says that it "
				"is in none",
				(unsigned long long)work, (unsigned long long)data);
	*ret = (struct dlk_queued_work){ .address = work,
					 .func = func,
					 .pwq = data & ~pwq_bits(w),
					 .is_linked = data & LINKED };
	return DLK_OK;
}

enum dlk_status dlk_works_read(struct dlk_workqueues *w, dlk_addr_t head, struct dlk_vec *works)
{
	struct dlk_list_walk walk = { .memory = &w->k->memory, .head = head };
	enum dlk_status status = DLK_OK;

	while (!status && step(w, &walk)) {
		struct dlk_queued_work *slot = dlk_vec_push(w->k->ctx, works);

		if (!slot)
			return dlk_nomem(w->k->ctx);
		status = dlk_queued_work_read(
			w, walk.node - dlk_layout_offset(&w->k->layout, DLK_M_work_entry), slot);
		if (status)
			works->len--;
	}
	return status ? status : walk.status;
}

/* Of a jiffy, as its clocksource has it; 0 if unknown. */
static uint64_t jiffy_ns(struct dlk_kernel *k)
{
	dlk_addr_t clock = dlk_kernel_symbol(k, "clocksource_jiffies");
	uint64_t shift = dlk_kernel_peek_member(k, clock, DLK_M_clocksource_shift);

	return clock && shift < 32
		       ? dlk_kernel_peek_member(k, clock, DLK_M_clocksource_mult) >> shift
		       : 0;
}

static uint64_t run_ns(struct dlk_kernel *k, dlk_addr_t worker)
{
	uint64_t start = dlk_kernel_peek_member(k, worker, DLK_M_worker_current_start);
	dlk_addr_t jiffies = dlk_kernel_symbol(k, "jiffies");
	uint64_t now, ns = start ? jiffy_ns(k) : 0;

	if (!ns || !jiffies || dlk_memory_read_u64(&k->memory, jiffies, &now) || now < start ||
	    now - start > UINT32_MAX)
		return UINT64_MAX;
	return (now - start) * ns;
}

/* What it runs. */
static enum dlk_status read_current(struct dlk_kernel *k, struct dlk_worker *worker)
{
	uint64_t color = 0;
	enum dlk_status status = dlk_kernel_read_member(k, worker->address,
							DLK_M_worker_current_func,
							&worker->current_func);

	if (!status)
		status = dlk_kernel_read_member(k, worker->address, DLK_M_worker_current_pwq,
						&worker->current_pwq);
	if (!status && worker->has_color)
		status = dlk_kernel_read_member(k, worker->address, DLK_M_worker_current_color,
						&color);
	worker->color = (uint32_t)color;
	worker->run_ns = run_ns(k, worker->address);
	return status;
}

static enum dlk_status read_worker(struct dlk_workqueues *w, dlk_addr_t pool, dlk_addr_t address,
				   struct dlk_worker *ret)
{
	struct dlk_kernel *k = w->k;
	uint64_t its_pool;
	enum dlk_status status = dlk_kernel_read_member(k, address, DLK_M_worker_pool, &its_pool);

	*ret = (struct dlk_worker){ .address = address,
				    .run_ns = UINT64_MAX,
				    .has_color = dlk_layout_has(&k->layout,
								DLK_M_worker_current_color) };
	if (!status && its_pool != pool)
		status = dlk_fail(k->ctx, DLK_ERR_CORRUPT,
				  "worker 0x%llx: it is in a list of pool 0x%llx, but names 0x%llx",
				  (unsigned long long)address, (unsigned long long)pool,
				  (unsigned long long)its_pool);
	if (!status)
		status = dlk_kernel_read_member(k, address, DLK_M_worker_task, &ret->task);
	if (!status)
		status = dlk_kernel_read_member(k, address, DLK_M_worker_current_work,
						&ret->current_work);
	return !status && ret->current_work ? read_current(k, ret) : status;
}

static enum dlk_status read_workers(struct dlk_workqueues *w, struct dlk_worker_pool *pool)
{
	struct dlk_list_walk walk = { .memory = &w->k->memory,
				      .head = member_at(w, pool->address, DLK_M_pool_workers) };
	enum dlk_status status = DLK_OK;

	while (!status && step(w, &walk)) {
		struct dlk_worker *slot = dlk_vec_push(w->k->ctx, &pool->workers);

		if (!slot)
			return dlk_nomem(w->k->ctx);
		status = read_worker(w, pool->address,
				     walk.node -
					     dlk_layout_offset(&w->k->layout, DLK_M_worker_node),
				     slot);
		if (status)
			pool->workers.len--;
	}
	return status ? status : walk.status;
}

static enum dlk_status read_pool(struct dlk_workqueues *w, struct dlk_worker_pool *pool)
{
	uint64_t node = 0, nr_idle = 0;
	enum dlk_status status;

	if (!dlk_kernel_can_be_struct(w->k, pool->address))
		return dlk_fail(w->k->ctx, DLK_ERR_CORRUPT, "0x%llx is no worker pool",
				(unsigned long long)pool->address);
	status = dlk_kernel_read_member(w->k, pool->address, DLK_M_pool_node, &node);
	if (!status)
		status = dlk_kernel_read_member(w->k, pool->address, DLK_M_pool_nr_idle, &nr_idle);
	pool->node = (uint32_t)node;
	pool->nr_idle = (uint32_t)nr_idle;
	if (!status)
		status = read_workers(w, pool);
	return status ? status
		      : dlk_works_read(w, member_at(w, pool->address, DLK_M_pool_worklist),
				       &pool->worklist);
}

static enum dlk_status add_pool(struct dlk_workqueues *w, dlk_addr_t address,
				struct dlk_worker_pool **ret)
{
	struct dlk_ctx *ctx = w->k->ctx;
	struct dlk_worker_pool *pool = dlk_calloc(ctx, 1, sizeof(*pool));
	struct dlk_worker_pool **slot = dlk_vec_push(ctx, &w->pools);

	if (!pool || !slot || dlk_map_put(ctx, &w->pool_at, address, w->pools.len - 1))
		return dlk_nomem(ctx);
	*pool = (struct dlk_worker_pool){ .address = address,
					  .workers = DLK_VEC_INIT(struct dlk_worker),
					  .worklist = DLK_VEC_INIT(struct dlk_queued_work) };
	*slot = pool;
	pool->status = read_pool(w, pool);
	if (pool->status && !dlk_status_is_fatal(pool->status)) {
		dlk_prepend(ctx, pool->status, "worker pool 0x%llx", (unsigned long long)address);
		pool->lost = dlk_strdup(ctx, ctx->err.text);
	}
	*ret = pool;
	return dlk_status_is_fatal(pool->status) ? pool->status : DLK_OK;
}

enum dlk_status dlk_worker_pool_read(struct dlk_workqueues *w, dlk_addr_t address,
				     const struct dlk_worker_pool **ret)
{
	uint32_t index = dlk_map_get(&w->pool_at, address);
	struct dlk_worker_pool *pool;

	if (index != UINT32_MAX) {
		pool = *DLK_VEC_AT(&w->pools, struct dlk_worker_pool *, index);
	} else {
		enum dlk_status status = add_pool(w, address, &pool);

		if (status)
			return status;
	}
	if (pool->status)
		return dlk_fail(w->k->ctx, pool->status, "%s",
				pool->lost ? pool->lost : "a worker pool cannot be read");
	*ret = pool;
	return DLK_OK;
}

const struct dlk_worker *dlk_worker_pool_running(const struct dlk_worker_pool *pool,
						 dlk_addr_t work, dlk_addr_t func)
{
	for (uint32_t i = 0; i < pool->workers.len; i++) {
		const struct dlk_worker *worker = DLK_VEC_AT(&pool->workers,
							     const struct dlk_worker, i);

		if (worker->current_work == work && worker->current_func == func)
			return worker;
	}
	return NULL;
}

enum dlk_status dlk_pwqs_read(struct dlk_workqueues *w, dlk_addr_t wq, struct dlk_vec *pwqs)
{
	struct dlk_list_walk walk = { .memory = &w->k->memory,
				      .head = member_at(w, wq, DLK_M_wq_pwqs) };

	while (step(w, &walk)) {
		dlk_addr_t *slot = dlk_vec_push(w->k->ctx, pwqs);

		if (!slot)
			return dlk_nomem(w->k->ctx);
		*slot = walk.node - dlk_layout_offset(&w->k->layout, DLK_M_pwq_node);
	}
	return walk.status;
}

static enum dlk_status add_queued_flushers(struct dlk_workqueues *w, dlk_addr_t head, uint32_t wq)
{
	struct dlk_list_walk walk = { .memory = &w->k->memory, .head = head };
	enum dlk_status status = DLK_OK;

	while (!status && step(w, &walk))
		status = dlk_map_put(w->k->ctx, &w->flushers,
				     walk.node -
					     dlk_layout_offset(&w->k->layout, DLK_M_flusher_list),
				     wq);
	return status ? status : walk.status;
}

/* Those of one workqueue.  Only behind a first one are there others. */
static enum dlk_status add_flushers(struct dlk_workqueues *w, dlk_addr_t wq)
{
	uint64_t first;
	dlk_addr_t *slot;
	enum dlk_status status = dlk_kernel_read_member(w->k, wq, DLK_M_wq_first_flusher, &first);

	if (status || !first)
		return status;
	slot = dlk_vec_push(w->k->ctx, &w->flushed);
	if (!slot)
		return dlk_nomem(w->k->ctx);
	*slot = wq;
	status = dlk_map_put(w->k->ctx, &w->flushers, first, w->flushed.len - 1);
	if (!status)
		status = add_queued_flushers(w, member_at(w, wq, DLK_M_wq_flusher_queue),
					     w->flushed.len - 1);
	if (!status)
		status = add_queued_flushers(w, member_at(w, wq, DLK_M_wq_flusher_overflow),
					     w->flushed.len - 1);
	return status;
}

static enum dlk_status read_flushers(struct dlk_workqueues *w)
{
	struct dlk_list_walk walk = { .memory = &w->k->memory,
				      .head = dlk_kernel_symbol(w->k, "workqueues") };
	enum dlk_status status = DLK_OK;

	w->are_flushers_read = true;
	if (!walk.head)
		return dlk_fail(w->k->ctx, DLK_ERR_NOTFOUND,
				"the kernel has no symbol workqueues: who flushes which is not "
				"known");
	while (!status && step(w, &walk))
		status = add_flushers(w,
				      walk.node - dlk_layout_offset(&w->k->layout, DLK_M_wq_list));
	return status ? status : walk.status;
}

enum dlk_status dlk_flusher_find(struct dlk_workqueues *w, dlk_addr_t flusher, dlk_addr_t *wq)
{
	enum dlk_status status = w->are_flushers_read ? DLK_OK : read_flushers(w);
	uint32_t index = dlk_map_get(&w->flushers, flusher);

	if (index == UINT32_MAX)
		*wq = 0;
	else
		*wq = *DLK_VEC_AT(&w->flushed, dlk_addr_t, index);
	/* What was read before a list broke is as good as ever. */
	return index != UINT32_MAX && !dlk_status_is_fatal(status) ? DLK_OK : status;
}

const char *dlk_workqueue_name(struct dlk_kernel *k, dlk_addr_t wq)
{
	if (!wq || !dlk_layout_has(&k->layout, DLK_M_wq_name))
		return NULL;
	return dlk_kernel_read_string(k, wq + dlk_layout_offset(&k->layout, DLK_M_wq_name));
}

const char *dlk_work_func_name(struct dlk_kernel *k, dlk_addr_t func)
{
	return func ? dlk_kernel_describe_ip(k, func).function : NULL;
}
