/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The queue of a queued spinlock: kernel/locking/qspinlock.c.
 *
 *	the lock's word: tail | pending | locked
 *	                  |       `- a CPU that spins for the lock itself, without a node: the first
 *	                  v
 *	node of CPU 3 <- node of CPU 1 <- node of CPU 2: the head    (<- is the next of what it points at)
 *
 * Claim: each CPU has four nodes, one for each context that it can be in, and uses the first of them: as many as the first one's count.  The tail
 * names the last node of the queue by CPU and number; the one before it is that whose next it is, and so on to the head.  What
 * stands in the slow path on a node's CPU waits at the node's place: of several the outer one has the lower number.  The pending bit is
 * of one that has no node, and comes before all that have; where the slow path is that of a guest (paravirt) it is the head's own.
 *
 * A node in the queue of a lock tells for what a context on its CPU spins whose registers do not tell it, if each of those that may be
 * meant has a node there: likely.
 *
 * How it can be wrong: a queue moves while it is not hung.  Who has made itself the tail is linked an instant later, and until then who is before it
 * cannot be found; it is taken for the head if the word locked of its node says so, which who was before it has set, or if there is no
 * other queue's end that it may belong to.  Where more contexts spin for a lock than have a place in its queue nobody is given one.
 * Where the kernel tests and sets its locks (under a hypervisor that is no more than that) there is no queue, and no order.
 *
 * Kernel: the word is locked in bits 0 to 7, pending from 8 on, then the number of the node in 2 bits and the CPU's + 1: from
 * bit 16 on with less than 16384 CPUs, else from bit 9 (include/asm-generic/qspinlock_types.h, v4.2).
 */
#include <config.h>

#include "locks/mcs.h"

#include "base/map.h"
#include "kernel/percpu.h"

enum {
	NODES = 4,
	PENDING = 1 << 8,
	INDEX_BITS = 2,
	CANCEL_EVERY = 64,
	MANY_CPUS = 1 << 14 /* from so many on pending is one bit */
};

struct node {
	dlk_addr_t address;
	uint64_t next;
	uint32_t cpu;
	uint32_t queue; /* in which it was found; DLK_NONE */
	uint32_t place; /* there, from the tail */
	bool is_head;   /* who was before it has passed the place of the head on to it */
};

/* The queue of a lock. */
struct queue {
	uint32_t len;    /* how many nodes */
	uint32_t head;   /* the last that was found, from the tail on; DLK_NONE */
	uint32_t extra;  /* how many spin for the lock, and have no node */
	uint32_t first;  /* of the spinners one of these */
	bool is_pending; /* somebody comes before all nodes */
	bool is_moving;  /* it is not all there, or not sound */
	bool is_inner;
	dlk_addr_t lock;
};

/* What is on a CPU: nodes by their number, spinners from the outermost on. */
struct cpu {
	uint32_t first_node, node_count;
	uint32_t spinners[DLK_CONTEXT_COUNT], spinner_count;
};

struct ordering {
	struct dlk_facts *f;
	struct dlk_mcs_spinner *spinners;
	uint32_t count;
	struct dlk_vec nodes; /* of struct node, that are in use */
	struct cpu *cpus;
	struct dlk_map before;   /* address of a node -> the one whose next it is */
	struct dlk_map forked;   /* addresses that are the next of several */
	struct dlk_vec queues;   /* of struct queue */
	struct dlk_map queue_of; /* lock -> queue */
};

static struct node *get_node(const struct ordering *o, uint32_t i)
{
	return DLK_VEC_AT(&o->nodes, struct node, i);
}

static struct queue *get_queue(const struct ordering *o, uint32_t i)
{
	return DLK_VEC_AT(&o->queues, struct queue, i);
}

/* --- the CPUs' nodes */

static enum dlk_status add_node(struct ordering *o, dlk_addr_t address, uint32_t cpu)
{
	struct dlk_kernel *k = o->f->k;
	struct node *n = dlk_vec_push(o->f->ctx, &o->nodes);
	uint64_t next = dlk_kernel_peek_member(k, address, DLK_M_mcs_next);

	if (!n)
		return dlk_nomem(o->f->ctx);
	*n = (struct node){ .address = address,
			    .next = next,
			    .cpu = cpu,
			    .queue = DLK_NONE,
			    .is_head = dlk_kernel_peek_member(k, address, DLK_M_mcs_locked) };
	if (!next)
		return DLK_OK;
	if (dlk_map_get(&o->before, next) != DLK_NONE)
		return dlk_map_put(o->f->ctx, &o->forked, next, 1);
	return dlk_map_put(o->f->ctx, &o->before, next, o->nodes.len - 1);
}

static enum dlk_status read_cpu(struct ordering *o, dlk_addr_t nodes, uint32_t cpu)
{
	struct dlk_kernel *k = o->f->k;
	dlk_addr_t first = nodes + k->percpu_offset[cpu];
	uint32_t size = k->layout.sizes[DLK_S_qnode];
	int32_t used = 0;
	enum dlk_status status = DLK_OK;

	if (dlk_percpu_is_possible(k, cpu))
		used = (int32_t)dlk_kernel_peek_member(k, first, DLK_M_mcs_count);
	o->cpus[cpu].first_node = o->nodes.len;
	for (int32_t i = 0; i < used && i < NODES && !status; i++)
		status = add_node(o, first + (uint64_t)size * (uint32_t)i, cpu);
	o->cpus[cpu].node_count = o->nodes.len - o->cpus[cpu].first_node;
	return status;
}

static enum dlk_status read_nodes(struct ordering *o, dlk_addr_t nodes)
{
	enum dlk_status status = DLK_OK;

	for (uint32_t cpu = 0; cpu < o->f->k->cpu_count && !status; cpu++) {
		if (cpu % CANCEL_EVERY == 0)
			status = dlk_check_cancel(o->f->ctx);
		if (!status)
			status = read_cpu(o, nodes, cpu);
	}
	return status;
}

/* --- the queues */

static unsigned tail_shift(const struct dlk_kernel *k)
{
	return (uint64_t)k->layout.sizes[DLK_S_cpumask] * 8 < MANY_CPUS ? 16 : 9;
}

/* The node that the tail names; DLK_NONE: there is no such CPU, or it is not in use. */
static uint32_t find_tail(const struct ordering *o, uint32_t tail)
{
	uint32_t number = tail & ((1 << INDEX_BITS) - 1), cpu = (tail >> INDEX_BITS) - 1;

	if (cpu >= o->f->k->cpu_count || number >= o->cpus[cpu].node_count)
		return DLK_NONE;
	return o->cpus[cpu].first_node + number;
}

/* From the tail to the head; each node is met once. */
static void follow(struct ordering *o, uint32_t queue, uint32_t at)
{
	struct queue *q = get_queue(o, queue);

	q->is_moving = at == DLK_NONE;
	while (at != DLK_NONE) {
		struct node *n = get_node(o, at);

		if (n->queue != DLK_NONE || dlk_map_get(&o->forked, n->address) != DLK_NONE) {
			q->is_moving = true;
			return;
		}
		n->queue = queue;
		n->place = q->len++;
		q->head = at;
		at = n->is_head ? DLK_NONE : dlk_map_get(&o->before, n->address);
	}
}

static enum dlk_status add_queue(struct ordering *o, const struct dlk_mcs_spinner *s)
{
	struct queue *q;
	uint32_t word, tail;

	if (dlk_memory_read_u32(&o->f->k->memory, s->lock, &word))
		return DLK_OK;
	q = dlk_vec_push(o->f->ctx, &o->queues);
	if (!q)
		return dlk_nomem(o->f->ctx);
	*q = (struct queue){ .head = DLK_NONE,
			     .first = DLK_NONE,
			     .is_pending = word & PENDING && !s->is_pv,
			     .is_inner = s->is_inner,
			     .lock = s->lock };
	tail = word >> tail_shift(o->f->k);
	if (tail)
		follow(o, o->queues.len - 1, find_tail(o, tail));
	return dlk_map_put(o->f->ctx, &o->queue_of, s->lock, o->queues.len - 1);
}

static enum dlk_status make_queues(struct ordering *o)
{
	enum dlk_status status = DLK_OK;

	for (uint32_t i = 0; i < o->count && !status; i++) {
		dlk_addr_t lock = o->spinners[i].lock;

		if (i % CANCEL_EVERY == 0)
			status = dlk_check_cancel(o->f->ctx);
		if (!status && lock && dlk_map_get(&o->queue_of, lock) == DLK_NONE)
			status = add_queue(o, &o->spinners[i]);
	}
	return status;
}

/* --- who stands where */

/* Of more than there can be on a CPU none is looked at. */
static void sort_spinners(struct ordering *o)
{
	for (uint32_t i = 0; i < o->count; i++) {
		int32_t cpu = dlk_facts_context(o->f, o->spinners[i].context)->cpu;
		struct cpu *c;

		if (cpu < 0 || (uint32_t)cpu >= o->f->k->cpu_count)
			continue;
		c = &o->cpus[cpu];
		if (c->spinner_count < DLK_CONTEXT_COUNT)
			c->spinners[c->spinner_count++] = i;
	}
}

/* The nodes of a CPU that are in a queue: their places.  @return How many. */
static uint32_t find_places(const struct ordering *o, const struct cpu *c, uint32_t queue,
			    uint32_t ret[NODES])
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < c->node_count; i++) {
		const struct node *n = get_node(o, c->first_node + i);

		if (n->queue == queue)
			ret[count++] = get_queue(o, queue)->len - 1 - n->place;
	}
	return count;
}

static uint32_t count_spinners(const struct ordering *o, const struct cpu *c, dlk_addr_t lock)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < c->spinner_count; i++)
		count += o->spinners[c->spinners[i]].lock == lock;
	return count;
}

/* Those on a CPU whose lock is not known, if just as many of the queue's nodes there are nobody's. */
static void tell_lock(const struct ordering *o, const struct cpu *c, const struct queue *q,
		      uint32_t places)
{
	if (q->is_moving || !places || count_spinners(o, c, q->lock) ||
	    count_spinners(o, c, 0) != places)
		return;
	for (uint32_t i = 0; i < c->spinner_count; i++)
		if (!o->spinners[c->spinners[i]].lock &&
		    o->spinners[c->spinners[i]].is_inner != q->is_inner)
			return;
	for (uint32_t i = 0; i < c->spinner_count; i++) {
		struct dlk_mcs_spinner *s = &o->spinners[c->spinners[i]];

		if (s->lock)
			continue;
		s->lock = q->lock;
		s->is_told = true;
	}
}

/* The outermost of those that spin for a lock may be without a node, if the CPU has not one for each. */
static void place(const struct ordering *o, const struct cpu *c, uint32_t queue)
{
	struct queue *q = get_queue(o, queue);
	uint32_t places[NODES], count = find_places(o, c, queue, places), spinning, extra;

	tell_lock(o, c, q, count);
	spinning = count_spinners(o, c, q->lock);
	if (spinning < count)
		return;
	extra = spinning - count;
	q->extra += extra;
	q->is_moving |= extra && c->node_count >= c->spinner_count;
	for (uint32_t i = 0, n = 0; i < c->spinner_count; i++) {
		struct dlk_mcs_spinner *s = &o->spinners[c->spinners[i]];

		if (s->lock != q->lock)
			continue;
		if (n < extra)
			q->first = c->spinners[i];
		else
			s->position = places[n - extra] + q->is_pending;
		n++;
	}
}

static void place_cpu(const struct ordering *o, const struct cpu *c)
{
	uint32_t done[DLK_CONTEXT_COUNT + NODES], count = 0;

	for (uint32_t i = 0; i < c->spinner_count + c->node_count; i++) {
		uint32_t queue, n = 0;

		if (i < c->spinner_count)
			queue = dlk_map_get(&o->queue_of, o->spinners[c->spinners[i]].lock);
		else
			queue = get_node(o, c->first_node + i - c->spinner_count)->queue;
		while (n < count && done[n] != queue)
			n++;
		if (queue == DLK_NONE || n < count)
			continue;
		done[count++] = queue;
		place(o, c, queue);
	}
}

/* Whether there is the end of a queue that nobody's lock leads to, where somebody may stand whose lock is not known. */
static bool has_loose_end(const struct ordering *o)
{
	for (uint32_t i = 0; i < o->nodes.len; i++) {
		const struct node *n = get_node(o, i);
		const struct cpu *c = &o->cpus[n->cpu];

		if (!n->next && n->queue == DLK_NONE &&
		    c->spinner_count - count_spinners(o, c, 0) < c->node_count)
			return true;
	}
	return false;
}

static bool is_whole(const struct ordering *o, const struct queue *q, bool has_loose)
{
	return !q->is_moving && q->extra <= q->is_pending &&
	       (q->head == DLK_NONE || get_node(o, q->head)->is_head || !has_loose);
}

static void settle(const struct ordering *o)
{
	bool has_loose = has_loose_end(o);

	for (uint32_t i = 0; i < o->count; i++) {
		struct dlk_mcs_spinner *s = &o->spinners[i];
		uint32_t queue = dlk_map_get(&o->queue_of, s->lock);
		const struct queue *q = queue == DLK_NONE ? NULL : get_queue(o, queue);

		if (!q || !is_whole(o, q, has_loose)) {
			s->position = DLK_NONE;
		} else if (q->first == i) {
			s->position = 0;
			s->is_pending = true;
		}
	}
}

static bool can_be_read(const struct dlk_kernel *k)
{
	static const enum dlk_member_id needs[] = { DLK_M_mcs_next, DLK_M_mcs_locked,
						    DLK_M_mcs_count, DLK_M_NONE };

	return k->percpu_offset && k->layout.sizes[DLK_S_qnode] &&
	       dlk_layout_has_all(&k->layout, needs);
}

enum dlk_status dlk_mcs_order(struct dlk_facts *f, struct dlk_mcs_spinner *spinners, uint32_t count)
{
	struct ordering o = { .f = f, .spinners = spinners, .count = count };
	dlk_addr_t nodes = count ? dlk_kernel_symbol(f->k, "qnodes") : 0;
	enum dlk_status status;

	for (uint32_t i = 0; i < count; i++) {
		spinners[i].position = DLK_NONE;
		spinners[i].is_told = spinners[i].is_pending = false;
	}
	if (!nodes || !can_be_read(f->k))
		return DLK_OK;
	o.nodes = (struct dlk_vec)DLK_VEC_INIT(struct node);
	o.queues = (struct dlk_vec)DLK_VEC_INIT(struct queue);
	o.cpus = dlk_calloc(f->ctx, f->k->cpu_count, sizeof(*o.cpus));
	status = o.cpus ? read_nodes(&o, nodes) : dlk_nomem(f->ctx);
	if (!status)
		status = make_queues(&o);
	if (status)
		return status;
	sort_spinners(&o);
	for (uint32_t cpu = 0; cpu < f->k->cpu_count; cpu++)
		if (o.cpus[cpu].spinner_count)
			place_cpu(&o, &o.cpus[cpu]);
	settle(&o);
	return DLK_OK;
}
