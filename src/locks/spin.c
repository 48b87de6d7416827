/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What spins on a CPU, for another one (cpu_wait.c, timer_wait.c), for a lock that it could sleep for (optimistic.c), or for
 * one that is spun for: queued spinlocks and rwlocks (kernel/locking/qspinlock.c, qrwlock.c; v4.2).
 *
 * Wait: the innermost frames of what runs are those of a function that spins for a lock, and this one was given the lock: by
 * the registers of its CPU, or by those that an interrupt has saved (code/argument.h).  The lock's own word says that it is
 * held; else it is just being passed on, and nobody waits for anybody, but for what follows.  Certain, where the unwinder is.
 *
 * Who stands in no such function may spin all the same: for a bit, by a loop of its own (bit.c).
 *
 * Queue: who stands in the slow path of a rwlock itself is the first of its queue, those that spin for its wait_lock there come
 * behind, in the order of that one's queue; that of a spinlock is mcs.c's.  It may also say what for somebody spins.
 *
 * A lock that nobody holds, and of whose queue the first stands below an interrupt, is not passed on before that has ended: all behind it
 * wait for the one that was interrupted.  Certain, by the queue.
 *
 * Hold: a spinlock does not record its owner, but in kernels that are built to find mistakes (spin_owner.c), or if it is BPF's (rqspin.c), so it is told by the code of
 * others (code_holder.c, acts.c).  So are readers of a rwlock, which are counted.
 *
 * Kernel: struct qspinlock is a word of 32 bits, its first byte locked (include/asm-generic/qspinlock_types.h); struct qrwlock begins with
 * one, its first byte is 0xff if a writer holds it, bit 8 says that one waits, from bit 9 on readers are counted, those among
 * them that wait behind a writer (include/asm-generic/qrwlock.h, v4.18).
 *
 * How it can be wrong: a dump is one moment; who spins may have the lock the next.  That does not make a cycle: in
 * a cycle nobody can let go.  A lock of another kind by the same name.
 */
#include <config.h>

#include <inttypes.h>

#include "code/argument.h"
#include "code/bit_loop.h"
#include "locks/bit.h"
#include "locks/cpu_wait.h"
#include "locks/find.h"
#include "locks/lock.h"
#include "locks/mcs.h"
#include "locks/optimistic.h"
#include "locks/rqspin.h"
#include "locks/rt_mutex.h"
#include "locks/spin.h"
#include "locks/spin_owner.h"
#include "locks/wait_function.h"

enum {
	LOCKED = 0xff, /* of a qspinlock */
	WRITER = 0xff, /* of a qrwlock: the whole byte */
	READER_SHIFT = 9,
	CANCEL_EVERY = 64
};

/* One that spins for a lock. */
struct spinner {
	uint32_t context, in_queue; /* of those in the slow path of a spinlock which; DLK_NONE */
	dlk_addr_t lock;            /* 0: its registers do not tell */
};

struct gathering {
	struct dlk_facts *f;
	struct dlk_vec spinners;         /* of struct spinner */
	struct dlk_vec queued;           /* of struct dlk_mcs_spinner */
	struct dlk_arguments *arguments; /* NULL: not opened yet */
	bool is_blind;                   /* the code cannot be read */
	struct dlk_map first_of; /* spinlock -> who is to get it next, if that was interrupted */
};

/* --- the lock's own words */

static const char *say_readers(struct dlk_facts *f, uint64_t count)
{
	return dlk_format(f->ctx, "%llu reader%s", (unsigned long long)count,
			  count == 1 ? "" : "s");
}

/* Whether it is held, as far as who wants it is concerned. */
static bool is_held(enum dlk_kind kind, uint32_t word, bool is_read)
{
	if (kind == DLK_KIND_SPINLOCK)
		return word & LOCKED;
	return (word & 0xff) == WRITER || (!is_read && word >> READER_SHIFT);
}

static enum dlk_status describe(struct dlk_facts *f, uint32_t resource, uint32_t word)
{
	struct dlk_resource *r = dlk_facts_resource(f, resource);
	bool is_rwlock = r->kind == DLK_KIND_RWLOCK;
	const char *name = dlk_lock_name(f, r->address, is_rwlock ? "qrwlock" : "qspinlock",
					 is_rwlock ? DLK_M_rwlock_dep_name : DLK_M_NONE);

	r->name = name;
	if (is_rwlock && (word & 0xff) != WRITER)
		r->readers = word >> READER_SHIFT;
	r->state = !is_rwlock   ? "locked"
		   : r->readers ? say_readers(f, r->readers)
				: "held for writing";
	r->holders_unknown = !is_rwlock   ? "a spinlock does not record its owner"
			     : r->readers ? "its readers are counted, not recorded"
					  : "a rwlock does not record its writer";
	if (!r->state)
		return dlk_nomem(f->ctx);
	return is_held(r->kind, word, true) ? dlk_spin_owner_claim(f, resource) : DLK_OK;
}

/* --- waits */

/* Whether it stands in the slow path of a spinlock, which may be a rwlock's wait_lock. */
static bool is_in_queue(const struct dlk_context *c, const struct dlk_spinning *s, bool *is_pv)
{
	for (uint32_t i = 0; i <= s->function; i++) {
		*is_pv = dlk_function_is(c->frames[i].function, "__pv_queued_spin_lock_slowpath");
		if (*is_pv ||
		    dlk_function_is(c->frames[i].function, "native_queued_spin_lock_slowpath") ||
		    dlk_function_is(c->frames[i].function, "queued_spin_lock_slowpath"))
			return true;
	}
	return false;
}

/* Where it stands in the queue: of a rwlock the first is in no other one, and before all that are. */
static uint32_t find_position(const struct dlk_spinning *s, const struct dlk_mcs_spinner *m)
{
	if (s->kind != DLK_KIND_RWLOCK)
		return m ? m->position : DLK_NONE;
	return !m ? 0 : m->position == DLK_NONE ? 1 : m->position + 1;
}

/* What the queue says, in words. */
static const char *say_place(struct dlk_facts *f, const struct dlk_mcs_spinner *m,
			     uint32_t position)
{
	const char *told = m && m->is_told ? "its registers do not tell the lock, the queue does; "
					   : "";

	if (!m || m->position == DLK_NONE)
		return *told ? "its registers do not tell the lock, the queue does" : NULL;
	if (m->is_pending && !position)
		return "the first in the queue, by the lock's pending bit";
	if (!position)
		return dlk_format(f->ctx, "%sthe first in the queue", told);
	return dlk_format(f->ctx, "%s%" PRIu32 " before it in the queue", told, position);
}

/* A reader that is not the first of the queue waits for its turn, whoever holds the lock. */
static bool is_queued_reader(const struct dlk_spinning *s, uint32_t position)
{
	return s->is_read && position != DLK_NONE && position > 0;
}

static struct dlk_wait make_wait(struct dlk_facts *f, uint32_t context,
				 const struct dlk_spinning *s, const struct dlk_mcs_spinner *m)
{
	const struct dlk_context *c = dlk_facts_context(f, context);
	uint32_t position = find_position(s, m);
	bool has_node = m && (m->is_told || (m->position != DLK_NONE && !m->is_pending));

	return (struct dlk_wait){
		.context = context,
		.position = position,
		.mode = dlk_kind_mode(s->kind, s->is_read),
		.is_awake = true,
		.evidence = DLK_EVIDENCE_SPINS | (has_node ? DLK_EVIDENCE_WAITER_LIST : 0),
		.confidence = m && m->is_told ? DLK_LIKELY : DLK_CERTAIN,
		.at = s->caller < c->frame_count ? c->frames[s->caller].symbol : NULL,
		.note = say_place(f, m, position)
	};
}

/* Nobody has the lock, and who is to get it next cannot take it before the interrupt on top of it has ended. */
static enum dlk_status take_behind(struct dlk_facts *f, struct dlk_wait *wait, dlk_addr_t lock,
				   uint32_t first)
{
	struct dlk_hold hold = { .context = first,
				 .mode = wait->mode,
				 .evidence = DLK_EVIDENCE_QUEUE_ORDER,
				 .confidence = DLK_CERTAIN,
				 .note = "nobody holds it, it goes to this one next, and that was "
					 "interrupted" };
	bool is_new;
	enum dlk_status status = dlk_facts_make_resource(f, DLK_KIND_SPINLOCK, lock,
							 &wait->resource, &is_new);

	if (status)
		return status;
	if (is_new) {
		struct dlk_resource *r = dlk_facts_resource(f, wait->resource);

		r->name = dlk_lock_name(f, lock, "qspinlock", DLK_M_NONE);
		r->state = "free, and not taken yet by the first in its queue";
	}
	hold.resource = wait->resource;
	status = dlk_facts_add_hold(f, &hold);
	return status ? status : dlk_facts_add_wait(f, wait);
}

/* A lock that nobody holds is just being passed on. */
static enum dlk_status take_free(struct gathering *g, struct dlk_wait *wait,
				 const struct dlk_spinning *s, dlk_addr_t lock)
{
	uint32_t first = DLK_NONE;

	if (s->kind == DLK_KIND_SPINLOCK && wait->position != DLK_NONE && wait->position)
		first = dlk_map_get(&g->first_of, lock);
	if (first != DLK_NONE)
		return take_behind(g->f, wait, lock, first);
	return dlk_map_put(g->f->ctx, &g->f->passing, wait->context, 1);
}

static enum dlk_status take_lock(struct gathering *g, struct dlk_wait *wait,
				 const struct dlk_spinning *s, dlk_addr_t lock)
{
	struct dlk_facts *f = g->f;
	uint32_t word;
	bool is_new;
	enum dlk_status status = dlk_memory_read_u32(&f->k->memory, lock, &word);

	if (status)
		return dlk_memory_explain(&f->k->memory, status);
	if (!is_held(s->kind, word, s->is_read) && !is_queued_reader(s, wait->position))
		return take_free(g, wait, s, lock);
	status = dlk_facts_make_resource(f, s->kind, lock, &wait->resource, &is_new);
	if (!status && is_new)
		status = describe(f, wait->resource, word);
	return status ? status : dlk_facts_add_wait(f, wait);
}

/* The code is opened for the first that spins: mostly nobody does. */
static enum dlk_status open_code(struct gathering *g)
{
	enum dlk_status status;

	if (g->arguments || g->is_blind)
		return DLK_OK;
	status = dlk_arguments_open(g->f->k, &g->arguments);
	g->is_blind = status;
	return dlk_status_is_fatal(status) ? status : DLK_OK;
}

static bool is_followed(const struct dlk_spinning *s, const struct dlk_frame *frames)
{
	return dlk_cpu_wait_is(s, frames) || s->kind == DLK_KIND_SPINLOCK ||
	       s->kind == DLK_KIND_RWLOCK || dlk_optimistic_is(s);
}

static enum dlk_status find_given(struct gathering *g, uint32_t context,
				  const struct dlk_spinning *s, uint64_t *given, bool *found)
{
	struct dlk_stack stack;
	enum dlk_status status = open_code(g);

	*found = false;
	if (!status && !g->is_blind)
		status = dlk_facts_unwind(g->f, context, &stack);
	if (status || g->is_blind)
		return status;
	return dlk_arguments_find(g->arguments, &stack, s->function, 0, given, found);
}

/* The lock in whose queue it stands: a rwlock's has another within. */
static uint32_t offset_of(const struct dlk_facts *f, const struct dlk_spinning *s)
{
	return s->kind == DLK_KIND_RWLOCK
		       ? dlk_layout_offset(&f->k->layout, DLK_M_qrwlock_wait_lock)
		       : 0;
}

static enum dlk_status note_spinner(struct gathering *g, uint32_t context,
				    const struct dlk_spinning *s, dlk_addr_t lock)
{
	const struct dlk_context *c = dlk_facts_context(g->f, context);
	bool is_rwlock = s->kind == DLK_KIND_RWLOCK, is_pv;
	struct dlk_mcs_spinner *m;
	struct spinner *noted = dlk_vec_push(g->f->ctx, &g->spinners);

	if (!noted)
		return dlk_nomem(g->f->ctx);
	*noted = (struct spinner){ context, DLK_NONE, lock };
	if (!is_in_queue(c, s, &is_pv) ||
	    (is_rwlock && !dlk_layout_has(&g->f->k->layout, DLK_M_qrwlock_wait_lock)))
		return DLK_OK;
	noted->in_queue = g->queued.len;
	m = dlk_vec_push(g->f->ctx, &g->queued);
	if (!m)
		return dlk_nomem(g->f->ctx);
	*m = (struct dlk_mcs_spinner){ .context = context,
				       .is_inner = is_rwlock,
				       .is_pv = is_pv,
				       .lock = lock ? lock + offset_of(g->f, s) : 0 };
	return DLK_OK;
}

/* Who stands in no function that spins may do so by its own code, for a bit. */
static enum dlk_status look_for_bit(struct gathering *g, uint32_t context)
{
	const struct dlk_context *c = dlk_facts_context(g->f, context);
	struct dlk_wait wait = { .context = context,
				 .position = DLK_NONE,
				 .mode = DLK_MODE_EXCLUSIVE,
				 .is_awake = true,
				 .evidence = DLK_EVIDENCE_SPINS,
				 .confidence = DLK_CERTAIN,
				 .note = "its code goes on only when it has set the bit" };
	struct dlk_bit_loop loop;
	struct dlk_stack stack;
	enum dlk_status status;

	if (c->is_idle || !c->frame_count || !c->frames[0].is_reliable)
		return DLK_OK;
	status = open_code(g);
	if (!status && !g->is_blind)
		status = dlk_facts_read_stack(g->f, context, &stack);
	if (status || g->is_blind)
		return dlk_status_is_fatal(status) ? status : DLK_OK;
	if (!stack.is_exact || !dlk_bit_loop_find(dlk_arguments_code(g->arguments), c->frames[0].ip,
						  &stack.regs, &loop))
		return DLK_OK;
	wait.at = c->frames[0].symbol;
	return dlk_bit_spin(g->f, &wait, loop.word, loop.bit);
}

/* Who stands in none of the functions that but spin may do so where it would sleep, or by its own code. */
static enum dlk_status look_elsewhere(struct gathering *g, uint32_t context)
{
	bool is_taken;
	enum dlk_status status = dlk_rt_mutex_spin(g->f, context, &is_taken);

	return status || is_taken ? status : look_for_bit(g, context);
}

static enum dlk_status look_at(struct gathering *g, uint32_t context)
{
	const struct dlk_context *c = dlk_facts_context(g->f, context);
	struct dlk_spinning s;
	struct dlk_wait wait;
	uint64_t given;
	bool found;
	enum dlk_status status;

	if (!dlk_frames_spin_now(c->frames, c->frame_count, &s))
		return look_elsewhere(g, context);
	if (!is_followed(&s, c->frames))
		return DLK_OK;
	status = find_given(g, context, &s, &given, &found);
	if (status)
		return status;
	if (!dlk_cpu_wait_is(&s, c->frames) && !dlk_optimistic_is(&s))
		return note_spinner(g, context, &s, found ? given : 0);
	wait = make_wait(g->f, context, &s, NULL);
	if (dlk_optimistic_is(&s))
		return found ? dlk_optimistic_take(g->f, &wait, &s, given) : DLK_OK;
	return dlk_cpu_wait_take(&(struct dlk_cpu_wait){ .f = g->f,
							 .arguments = g->arguments,
							 .wait = &wait,
							 .given = found ? &given : NULL },
				 &s);
}

/* The lock is known, by its registers or by the queue, or nothing can be said. */
static enum dlk_status take(struct gathering *g, const struct spinner *noted)
{
	const struct dlk_context *c = dlk_facts_context(g->f, noted->context);
	const struct dlk_mcs_spinner *m = noted->in_queue == DLK_NONE
						  ? NULL
						  : DLK_VEC_AT(&g->queued, struct dlk_mcs_spinner,
							       noted->in_queue);
	dlk_addr_t lock = noted->lock;
	struct dlk_spinning s;
	struct dlk_wait wait;
	bool is_resilient;

	if (!dlk_frames_spin_now(c->frames, c->frame_count, &s))
		return DLK_OK;
	if (m && m->is_told)
		lock = m->lock - offset_of(g->f, &s);
	is_resilient = dlk_rqspin_is(c->frames[s.function].function);
	if (!lock && is_resilient)
		lock = dlk_rqspin_find(g->f, noted->context);
	if (!lock)
		return DLK_OK;
	wait = make_wait(g->f, noted->context, &s, m);
	if (is_resilient)
		dlk_rqspin_mark(&wait, !noted->lock);
	return take_lock(g, &wait, &s, lock);
}

/* Who is the first in a queue, and has an interrupt on top of it. */
static enum dlk_status find_firsts(struct gathering *g)
{
	const struct dlk_facts *f = g->f;
	struct dlk_map below = { .slots = NULL };
	enum dlk_status status = DLK_OK;

	for (uint32_t i = f->tasks.tasks.len; i < f->model.contexts.len && !status; i++)
		status = dlk_map_put(f->ctx, &below, dlk_facts_context(f, i)->on_top_of, 1);
	for (uint32_t i = 0; i < g->queued.len && !status; i++) {
		const struct dlk_mcs_spinner *m = DLK_VEC_AT(&g->queued, struct dlk_mcs_spinner, i);

		if (m->lock && !m->is_inner && !m->position &&
		    dlk_map_get(&below, m->context) != DLK_NONE)
			status = dlk_map_put(f->ctx, &g->first_of, m->lock, m->context);
	}
	return status;
}

enum dlk_status dlk_spin_gather(struct dlk_facts *f)
{
	struct gathering g = { .f = f };
	enum dlk_status status = DLK_OK;

	g.spinners = (struct dlk_vec)DLK_VEC_INIT(struct spinner);
	g.queued = (struct dlk_vec)DLK_VEC_INIT(struct dlk_mcs_spinner);
	for (uint32_t i = 0; i < f->model.contexts.len && !status; i++) {
		const struct dlk_context *c = dlk_facts_context(f, i);

		if (i % CANCEL_EVERY == 0)
			status = dlk_check_cancel(f->ctx);
		if (!status && c->is_on_cpu && c->frames)
			status = dlk_facts_absorb(f, look_at(&g, i), c->task, true);
	}
	if (!status)
		status = dlk_mcs_order(f, g.queued.data, g.queued.len);
	if (!status)
		status = find_firsts(&g);
	for (uint32_t i = 0; i < g.spinners.len && !status; i++) {
		const struct spinner *noted = DLK_VEC_AT(&g.spinners, struct spinner, i);
		const struct dlk_context *c = dlk_facts_context(f, noted->context);

		status = dlk_facts_absorb(f, take(&g, noted), c->task, true);
	}
	return status ? status : dlk_rqspin_settle(f);
}

static bool is_spun_for(const struct dlk_facts *f, uint32_t resource)
{
	for (uint32_t i = 0; i < f->model.waits.len; i++) {
		const struct dlk_wait *w = dlk_model_wait(&f->model, i);

		/* Who spins for what it could sleep for is blocked on it. */
		if (w->resource == resource && (w->evidence & DLK_EVIDENCE_SPINS) &&
		    !(w->evidence & DLK_EVIDENCE_BLOCKED_ON))
			return true;
	}
	return false;
}

enum dlk_status dlk_spin_check_holders(struct dlk_facts *f)
{
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < f->model.holds.len && !status; i++) {
		const struct dlk_hold *h = dlk_model_hold(&f->model, i);
		const struct dlk_context *c = dlk_facts_context(f, h->context);
		const struct dlk_resource *r = dlk_facts_resource(f, h->resource);

		if ((r->kind != DLK_KIND_SPINLOCK && r->kind != DLK_KIND_RWLOCK) ||
		    h->confidence < DLK_LIKELY || !c->is_blocked || !is_spun_for(f, h->resource))
			continue;
		status = dlk_facts_add_finding(
			f, DLK_FINDING_SLEEPS_HOLDING, r->address, false,
			"task %d (%s) sleeps and holds %s 0x%llx, for which CPUs spin: nobody may "
			"sleep with it",
			c->pid, c->comm, dlk_kind_text(r->kind), (unsigned long long)r->address);
	}
	return status;
}

bool dlk_spin_is_explained(const struct dlk_facts *f, uint32_t context)
{
	const struct dlk_wait *w = dlk_model_first_wait(&f->model, context);

	while (w && !(w->evidence & DLK_EVIDENCE_SPINS))
		w = dlk_model_next_wait(&f->model, w);
	return w || dlk_map_get(&f->passing, context) != DLK_NONE;
}

uint32_t dlk_spin_caller(const struct dlk_facts *f, uint32_t context, uint32_t resource)
{
	uint32_t wait = dlk_model_find_wait(&f->model, context, resource);
	const struct dlk_context *c = dlk_facts_context(f, context);
	struct dlk_spinning s;

	if (wait == DLK_NONE || !(dlk_model_wait(&f->model, wait)->evidence & DLK_EVIDENCE_SPINS))
		return DLK_NONE;
	if (dlk_facts_resource(f, resource)->kind == DLK_KIND_BIT)
		return 0;
	if (!dlk_frames_spin_now(c->frames, c->frame_count, &s) || s.caller == c->frame_count)
		return DLK_NONE;
	return s.caller;
}
