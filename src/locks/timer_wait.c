/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who cancels a timer, and spins until its function has returned: hrtimer_cancel() (kernel/time/hrtimer.c),
 * timer_delete_sync() and its like (kernel/time/timer.c).
 *
 * Wait: by the function that spins, and the timer that it was given (spin.c).  Certain, where the unwinder is.
 *
 * Hold: a timer's base names the one whose function runs now (running, running_timer), and its CPU: there that interrupt holds it, certain.
 * If the base names another one, or none, the function has ended, and nobody waits for anybody.
 *
 * A struct timer_list says by its flags to which CPU it belongs; of that CPU's few bases (timer_bases[], one to three, by
 * configuration and version) it may be in any.  Since v6.9 (7ee988770326) another CPU may run what an idle one has: where nobody runs timers on
 * the base's CPU, whoever runs those of others does it, likely, and only possibly if there are several.  So it is of a kernel
 * whose bases are not known: there the frames of who runs timers are all there is.
 *
 * How it can be wrong: the function may be just about to return.  That makes no cycle: in a cycle it cannot.
 *
 * On -rt who cancels a timer sleeps for a lock of its base, which is found as all such locks are.
 */
#include <config.h>

#include "locks/cpu_wait.h"
#include "locks/lock.h"

enum {
	MAX_BASES = 3,
	CPU_MASK = 0x3ffff,  /* of timer_list's flags: TIMER_CPUMASK, since v4.8 */
	MIGRATING = 0x40000, /* TIMER_MIGRATING */
};

/* What runs the functions of timers; the second of others' CPUs, too. */
static const char *const run_hrtimers[] = { "__hrtimer_run_queues", "hrtimer_run_softirq", NULL };
static const char *const run_timers[] = { "call_timer_fn",       "expire_timers",
					  "__run_timers",        "__run_timer_base",
					  "run_timer_base",      "run_timer_softirq",
					  "timer_expire_remote", NULL };
static const char *const run_remote_timers[] = { "timer_expire_remote", NULL };

static const char runs_it[] = "it runs the timer's function";

/* The wait for the end of a timer's function. */
static enum dlk_status add_wait(const struct dlk_cpu_wait *w, const char *type)
{
	bool is_new;
	enum dlk_status status = dlk_facts_make_resource(w->f, DLK_KIND_INTERRUPT, *w->given,
							 &w->wait->resource, &is_new);

	if (!status && is_new) {
		struct dlk_resource *r = dlk_facts_resource(w->f, w->wait->resource);

		r->name = dlk_lock_name(w->f, *w->given, type, DLK_M_NONE);
		r->state = "a timer's function, which runs";
	}
	return status ? status : dlk_facts_add_wait(w->f, w->wait);
}

static enum dlk_status say_not_found(const struct dlk_cpu_wait *w)
{
	dlk_facts_resource(w->f, w->wait->resource)->holders_unknown =
		"what runs it was not found on its CPU";
	return DLK_OK;
}

enum dlk_status dlk_hrtimer_wait_take(const struct dlk_cpu_wait *w)
{
	struct dlk_kernel *k = w->f->k;
	uint64_t base, running, cpu_base = 0, cpu = 0;
	uint32_t holder;
	enum dlk_status status;

	if (!w->given)
		return DLK_OK;
	status = dlk_kernel_read_member(k, *w->given, DLK_M_hrtimer_base, &base);
	if (!status)
		status = dlk_kernel_read_member(k, base, DLK_M_clock_base_running, &running);
	if (!status)
		status = dlk_kernel_read_member(k, base, DLK_M_clock_base_cpu_base, &cpu_base);
	if (!status)
		status = dlk_kernel_read_member(k, cpu_base, DLK_M_hrtimer_cpu, &cpu);
	if (status)
		return status == DLK_ERR_NOTFOUND ? DLK_OK : status;
	if (running != *w->given)
		return dlk_cpu_wait_pass(w);
	status = add_wait(w, "hrtimer");
	holder = dlk_cpu_wait_find(w->f, run_hrtimers, (uint32_t)cpu, 0);
	if (status)
		return status;
	return holder == DLK_NONE
		       ? say_not_found(w)
		       : dlk_cpu_wait_hold(w, holder, DLK_EVIDENCE_ENDS, DLK_CERTAIN, runs_it);
}

/* --- struct timer_list */

/* What is known of the base of a timer. */
struct base {
	uint32_t cpu; /* DLK_NONE: not known */
	bool is_found, is_running, is_migrating;
};

static bool has_bases(const struct dlk_layout *l)
{
	static const enum dlk_member_id needs[] = { DLK_M_timer_base_running, DLK_M_timer_base_cpu,
						    DLK_M_NONE };

	return dlk_layout_has_all(l, needs) && l->sizes[DLK_S_timer_base];
}

/* Whether one of a CPU's bases names the timer; who is no base of that CPU lies behind the last of them. */
static enum dlk_status look_at_bases(struct dlk_kernel *k, dlk_addr_t first, dlk_addr_t timer,
				     struct base *base)
{
	for (unsigned i = 0; i < MAX_BASES && !base->is_running; i++) {
		dlk_addr_t at = first + (dlk_addr_t)i * k->layout.sizes[DLK_S_timer_base];
		uint64_t cpu, running = 0;
		enum dlk_status status = dlk_kernel_read_member(k, at, DLK_M_timer_base_cpu, &cpu);

		if (!status)
			status = dlk_kernel_read_member(k, at, DLK_M_timer_base_running, &running);
		if (status && !i)
			return status;
		if (status || cpu != base->cpu)
			break;
		base->is_found = true;
		base->is_running = running == timer;
	}
	return DLK_OK;
}

static enum dlk_status find_base(struct dlk_kernel *k, dlk_addr_t timer, struct base *ret)
{
	dlk_addr_t bases = dlk_kernel_symbol(k, "timer_bases");
	uint64_t flags;
	enum dlk_status status;

	*ret = (struct base){ .cpu = DLK_NONE };
	if (!dlk_layout_has(&k->layout, DLK_M_timer_flags))
		return DLK_OK;
	status = dlk_kernel_read_member(k, timer, DLK_M_timer_flags, &flags);
	if (status || (flags & CPU_MASK) >= k->cpu_count)
		return status;
	ret->cpu = flags & CPU_MASK;
	ret->is_migrating = flags & MIGRATING;
	if (!bases || !k->percpu_offset || !has_bases(&k->layout))
		return DLK_OK;
	return look_at_bases(k, bases + k->percpu_offset[ret->cpu], timer, ret);
}

/* Whoever may run it: all of them, if it cannot be told which. */
static enum dlk_status add_suspects(const struct dlk_cpu_wait *w, const char *const *functions,
				    uint32_t cpu)
{
	uint32_t first = dlk_cpu_wait_find(w->f, functions, cpu, 0);
	uint32_t next = first == DLK_NONE ? first
					  : dlk_cpu_wait_find(w->f, functions, cpu, first + 1);
	enum dlk_confidence sure = next == DLK_NONE ? DLK_LIKELY : DLK_POSSIBLE;
	enum dlk_status status = DLK_OK;

	if (first == DLK_NONE)
		return say_not_found(w);
	if (sure == DLK_POSSIBLE)
		dlk_facts_resource(w->f, w->wait->resource)->holders_unknown =
			"which of those that run timers runs this one is not known";
	for (next = first; next != DLK_NONE && !status;
	     next = dlk_cpu_wait_find(w->f, functions, cpu, next + 1))
		status = dlk_cpu_wait_hold(w, next, DLK_EVIDENCE_LIVE_FRAME, sure,
					   "it runs timers' functions");
	return status;
}

enum dlk_status dlk_timer_wait_take(const struct dlk_cpu_wait *w)
{
	struct base base;
	uint32_t holder;
	enum dlk_status status;

	if (!w->given)
		return DLK_OK;
	status = find_base(w->f->k, *w->given, &base);
	if (status)
		return status;
	if (base.is_migrating || (base.is_found && !base.is_running))
		return dlk_cpu_wait_pass(w);
	status = add_wait(w, "timer_list");
	if (status)
		return status;
	if (!base.is_found)
		return add_suspects(w, run_timers, base.cpu);
	holder = dlk_cpu_wait_find(w->f, run_timers, base.cpu, 0);
	if (holder == DLK_NONE)
		return add_suspects(w, run_remote_timers, DLK_NONE);
	return dlk_cpu_wait_hold(w, holder, DLK_EVIDENCE_ENDS, DLK_CERTAIN, runs_it);
}
