/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_CODE_WALK_H
#define DLK_CODE_WALK_H

/**
 * @file
 * The paths of one function from an instruction on, each with the values that it has.
 *
 * A node is a run of instructions that begins where paths meet, and the values there: the same instructions with
 * other values are another node, so that what one round of a loop knows is not lost in the next.  Where an
 * instruction is come to with too many sets of values, these are joined: what they do not agree on is not known.
 *
 * What happens on the way that may be a lock taken or let go is an event: a call, with the values of its first arguments,
 * or bits that are changed in memory.
 *
 * A branch that depends on numbers alone goes one way.
 *
 * Claims: whatever the function does from there on goes along these paths, if the walk was not cut off, and none
 * of its nodes ends lost.  How it can be wrong: jumps by a fault's fixup; paths that can never be taken, since two conditions
 * that are not known exclude each other, are paths here.
 */

#include "code/code.h"
#include "code/state.h"

enum {
	DLK_WALK_ARGS = 5,
	DLK_MAX_WALK_NODES = 1024,
	DLK_MAX_WALK_STEPS = 20000,
	DLK_MAX_WALK_EVENTS = 2048
};

struct dlk_walk_event {
	dlk_addr_t at;
	dlk_addr_t target; /**< Of a call; 0: not known, or no call. */
	uint8_t store;     /**< enum dlk_store of what is changed in memory; else a call. */
	bool is_percpu;
	int64_t imm;
	struct dlk_value place;
	struct dlk_value args[DLK_WALK_ARGS];
};

enum dlk_walk_end {
	DLK_WALK_GOES_ON, /**< To the nodes in next. */
	DLK_WALK_RETURNS, /**< Or ends in a call that never does. */
	DLK_WALK_TRAPS,   /**< It warns, or dies. */
	DLK_WALK_LOST,    /**< Where it goes on is not known. */
	DLK_WALK_STOPPED, /**< It came to where the walk was to stop. */
	DLK_WALK_DONE     /**< Its last event is what was waited for. */
};

struct dlk_walk_node {
	dlk_addr_t at;
	uint32_t state;       /**< Of the walk's states. */
	uint32_t first_event; /**< Of the walk's events, in order ... */
	uint32_t event_count; /**< ... so many. */
	uint32_t next[2];     /**< DLK_NONE: none. */
	uint32_t stopped;     /**< The state where the walk stopped; DLK_NONE. */
	uint32_t same_bucket; /**< Private. */
	uint8_t end;          /**< enum dlk_walk_end */
};

enum { DLK_WALK_BUCKETS = 512 };

struct dlk_walk;

/**
 * Told of each event when it happens: whether its path need not be followed farther.
 *
 * @param[in] event  Its number; it stands last.
 */
typedef bool dlk_walk_fn(void *arg, struct dlk_walk *w, uint32_t event);

/**
 * Asked what a value is on which a branch depends, where it is no number: told of each such branch whose values are terms.
 *
 * @param[in]  node  That ends with the branch.
 * @param[in]  at    The branch.
 * @param[out] ret   Its number.
 * @return false if it is not known: both ways are followed.
 */
typedef bool dlk_walk_number_fn(void *arg, struct dlk_walk *w, uint32_t node, dlk_addr_t at,
				const struct dlk_value *v, uint64_t *ret);

/** Told of the values after each word that was pushed: whether the walk may stop there. */
typedef bool dlk_walk_enough_fn(void *arg, const struct dlk_state *s);

struct dlk_walk {
	struct dlk_code *code;
	struct dlk_machine machine;
	struct dlk_terms terms;
	struct dlk_vec nodes, states, events;
	uint32_t buckets[DLK_WALK_BUCKETS];
	struct dlk_code_function fn;
	dlk_addr_t stop;
	bool is_one_enough;            /**< The walk ends when one path has stopped. */
	dlk_walk_enough_fn *is_enough; /**< NULL: it stops at @c stop only. */
	void *enough_arg;
	dlk_walk_fn *is_done; /**< NULL: all paths are followed to their ends. */
	void *is_done_arg;
	dlk_walk_number_fn *number; /**< NULL: only numbers are known. */
	void *number_arg;
	bool notes_stores; /**< All stores are events that may go elsewhere than to the function's own stack. */
	struct dlk_state stopped; /**< Joined, of all paths that came to @c stop. */
	bool has_stopped;
	uint32_t pending[DLK_MAX_WALK_NODES], pending_count; /**< Nodes that were not walked yet. */
	uint32_t steps;
	bool is_cut; /**< A bound was met, or there was no memory. */
};

/**
 * Make a walk that can be run again and again.
 *
 * @return NULL if there is no memory.
 *
 * Ownership: lives in the context.
 */
struct dlk_walk *dlk_walk_open(struct dlk_code *code);

/**
 * Walk.
 *
 * @param[in,out] w      Its machine's stack is set; what a former run has left is gone.
 * @param[in]     at     Where it begins: node 0.
 * @param[in]     begin  The values there.
 * @param[in]     stop   Where it is to stop; 0: nowhere.
 * @return DLK_OK, DLK_ERR_NOTFOUND (no function), DLK_ERR_CANCELED.
 *
 * Target: reads text and symbol tables; may not return inside crash.
 */
enum dlk_status dlk_walk_run(struct dlk_walk *w, dlk_addr_t at, const struct dlk_state *begin,
			     dlk_addr_t stop) DLK_MUST_CHECK;

/**
 * Mark all nodes from which one that is marked can be come to.
 *
 * @param[in,out] is_marked  Of each node.
 */
void dlk_walk_mark_back(const struct dlk_walk *w, bool *is_marked);

static inline const struct dlk_walk_node *dlk_walk_node(const struct dlk_walk *w, uint32_t i)
{
	return DLK_VEC_AT(&w->nodes, struct dlk_walk_node, i);
}

static inline const struct dlk_walk_event *dlk_walk_event(const struct dlk_walk *w, uint32_t i)
{
	return DLK_VEC_AT(&w->events, struct dlk_walk_event, i);
}

#endif
