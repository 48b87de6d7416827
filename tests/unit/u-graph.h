/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_U_GRAPH_H
#define DLK_TESTS_U_GRAPH_H

/**
 * @file
 * Small models for the tests of src/graph/: a scene is a model that is told fact by fact.
 *
 * Everything is certain and every task blocked unless a test says otherwise.  A task's address is
 * derived from its pid, a resource's from its number, so that the facts can be told in any order.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "graph/graph.h"

enum { SCENE_MAX = 64 };

struct scene {
	struct dlk_ctx ctx;
	struct dlk_model model;
	struct dlk_context contexts[SCENE_MAX];
	struct dlk_resource resources[SCENE_MAX];
	struct dlk_wait waits[SCENE_MAX];
	struct dlk_hold holds[SCENE_MAX];
	struct dlk_unknown unknowns[SCENE_MAX];
	struct dlk_finding findings[SCENE_MAX];
	struct dlk_verdict verdict;
};

/** The longest time that does not last, and the shortest that does. */
enum { BRIEF = 999999999, LASTING = 1000000000 };

static inline void scene_init(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	dlk_ctx_init(&s->ctx);
	s->model.contexts = s->contexts;
	s->model.resources = s->resources;
	s->model.waits = s->waits;
	s->model.holds = s->holds;
	s->model.unknowns = s->unknowns;
	s->model.findings = s->findings;
}

static inline void scene_deinit(struct scene *s)
{
	dlk_ctx_deinit(&s->ctx);
}

/* A blocked task. */
static inline uint32_t scene_task(struct scene *s, int32_t pid)
{
	assert_true(s->model.context_count < SCENE_MAX);
	s->contexts[s->model.context_count] = (struct dlk_context){
		.pid = pid,
		.task = 0xffff888000000000u + (dlk_addr_t)(uint32_t)pid * 0x40,
		.is_blocked = true
	};
	return s->model.context_count++;
}

static inline uint32_t scene_running(struct scene *s, int32_t pid)
{
	uint32_t task = scene_task(s, pid);

	s->contexts[task].is_blocked = false;
	return task;
}

/* A task that has been blocked for @ns. */
static inline uint32_t scene_sleeper(struct scene *s, int32_t pid, uint64_t ns)
{
	uint32_t task = scene_task(s, pid);

	s->contexts[task].blocked_ns = ns;
	s->contexts[task].state = 'D';
	return task;
}

/* A task that has ended, and that nobody has reaped. */
static inline uint32_t scene_zombie(struct scene *s, int32_t pid)
{
	uint32_t task = scene_running(s, pid);

	s->contexts[task].state = 'Z';
	return task;
}

static inline uint32_t scene_lock(struct scene *s, enum dlk_kind kind)
{
	uint32_t index = s->model.resource_count;

	assert_true(index < SCENE_MAX);
	s->resources[index] = (struct dlk_resource){ .kind = kind, .address = 0x1000 + index };
	return s->model.resource_count++;
}

/* A semaphore of several: one holder gone is enough. */
static inline uint32_t scene_semaphore(struct scene *s)
{
	uint32_t lock = scene_lock(s, DLK_KIND_SEMAPHORE);

	s->resources[lock].needs_any = true;
	return lock;
}

static inline uint32_t scene_queued(struct scene *s, uint32_t task, uint32_t lock,
				    enum dlk_mode mode, uint32_t position)
{
	assert_true(s->model.wait_count < SCENE_MAX);
	s->waits[s->model.wait_count] = (struct dlk_wait){ .context = task,
							   .resource = lock,
							   .position = position,
							   .mode = mode,
							   .confidence = DLK_CERTAIN };
	return s->model.wait_count++;
}

static inline uint32_t scene_wait(struct scene *s, uint32_t task, uint32_t lock, enum dlk_mode mode)
{
	return scene_queued(s, task, lock, mode, DLK_NONE);
}

static inline uint32_t scene_hold(struct scene *s, uint32_t task, uint32_t lock, enum dlk_mode mode)
{
	assert_true(s->model.hold_count < SCENE_MAX);
	s->holds[s->model.hold_count] = (struct dlk_hold){
		.context = task, .resource = lock, .mode = mode, .confidence = DLK_CERTAIN
	};
	return s->model.hold_count++;
}

/* A wait of @task that is not understood. */
static inline uint32_t scene_unknown(struct scene *s, uint32_t task, uint64_t ns)
{
	assert_true(s->model.unknown_count < SCENE_MAX);
	s->unknowns[s->model.unknown_count] = (struct dlk_unknown){
		.context = task, .why = DLK_WHY_NOT_ANALYSED, .kind = DLK_KIND_COUNT, .ns = ns
	};
	return s->model.unknown_count++;
}

static inline void scene_finding(struct scene *s, bool is_loss)
{
	assert_true(s->model.finding_count < SCENE_MAX);
	s->findings[s->model.finding_count++] =
		(struct dlk_finding){ .code = DLK_FINDING_CORRUPT, .text = "", .is_loss = is_loss };
}

/* @task holds the mutex @held and waits for the mutex @wanted. */
static inline void scene_holds_waits(struct scene *s, uint32_t task, uint32_t held, uint32_t wanted)
{
	scene_hold(s, task, held, DLK_MODE_EXCLUSIVE);
	scene_wait(s, task, wanted, DLK_MODE_EXCLUSIVE);
}

static inline void scene_graph(struct scene *s, struct dlk_graph *g)
{
	assert_int_equal(dlk_graph_build(&s->ctx, &s->model, g), DLK_OK);
	assert_int_equal(dlk_stuck_find(&s->ctx, g), DLK_OK);
}

static inline const struct dlk_verdict *scene_judge(struct scene *s)
{
	assert_int_equal(dlk_judge(&s->ctx, &s->model, &s->verdict), DLK_OK);
	return &s->verdict;
}

/* Check the pids of a cycle, from its lowest on; ends with 0. */
static inline void assert_cycle(const struct scene *s, uint32_t index, const int32_t *pids)
{
	const struct dlk_cycle *c = &s->verdict.cycles[index];
	uint32_t len = 0;

	assert_true(index < s->verdict.cycle_count);
	for (; pids[len]; len++) {
		assert_true(len < c->step_count);
		assert_int_equal(s->contexts[s->waits[c->steps[len].wait].context].pid, pids[len]);
		assert_int_equal(s->contexts[c->steps[len].blocker].pid,
				 pids[len + 1] ? pids[len + 1] : pids[0]);
	}
	assert_int_equal(c->step_count, len);
}

#define PIDS(...) ((const int32_t[]){ __VA_ARGS__, 0 })

#endif
