/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_CPU_WAIT_H
#define DLK_LOCKS_CPU_WAIT_H

/**
 * @file
 * What spins until another CPU has done something (spin.c).
 *
 * To add such a function: a line in the tables of cpu_wait.c and wait_function.c, and what is to be read of it, a
 * dlk_cpu_wait_fn.
 */

#include "code/argument.h"
#include "locks/facts.h"
#include "locks/wait_function.h"

/** One that spins in such a function. */
struct dlk_cpu_wait {
	struct dlk_facts *f;
	struct dlk_arguments *arguments; /**< NULL: the code cannot be read. */
	struct dlk_wait *wait;           /**< Whole but for the resource. */
	const uint64_t *given; /**< The function's first argument; NULL if that is not known. */
};

/**
 * Add the wait of one that spins, and who keeps it waiting; or say that nobody does any more (dlk_cpu_wait_pass()).
 *
 * @return DLK_OK, or a failure: a finding if it is not fatal.
 *
 * Target: reads memory; may not return inside crash.
 */
typedef enum dlk_status dlk_cpu_wait_fn(const struct dlk_cpu_wait *w);

/** The end of a timer's function (timer_wait.c): of a struct hrtimer, of a struct timer_list. */
dlk_cpu_wait_fn dlk_hrtimer_wait_take, dlk_timer_wait_take;

/** The CPUs that are to stop, with the one that spins (stop_wait.c). */
dlk_cpu_wait_fn dlk_stop_wait_take;

/** The end of an interrupt's handler (irq_wait.c). */
dlk_cpu_wait_fn dlk_handler_wait_take;

/** Whether such a function spins. */
bool dlk_cpu_wait_is(const struct dlk_spinning *s, const struct dlk_frame *frames);

/** Ask that function's dlk_cpu_wait_fn. */
enum dlk_status dlk_cpu_wait_take(const struct dlk_cpu_wait *w, const struct dlk_spinning *s)
	DLK_MUST_CHECK;

/* --- for those functions; none of these reads the target */

/** The CPU that a context runs on; DLK_NONE. */
uint32_t dlk_cpu_wait_cpu(const struct dlk_context *c);

/**
 * Find a context that has a frame of one of some functions.
 *
 * @param[in] cpu   The CPU it runs on; DLK_NONE: any.
 * @param[in] next  The first context to look at.
 * @return DLK_NONE if there is none.
 */
uint32_t dlk_cpu_wait_find(const struct dlk_facts *f, const char *const *functions, uint32_t cpu,
			   uint32_t next);

/** The innermost context of a CPU: those on top come behind what they are on top of; DLK_NONE. */
uint32_t dlk_cpu_wait_innermost(const struct dlk_facts *f, uint32_t cpu);

/** Say that what it spins for has come, or comes by itself.  @return DLK_OK, DLK_ERR_NOMEM. */
enum dlk_status dlk_cpu_wait_pass(const struct dlk_cpu_wait *w) DLK_MUST_CHECK;

/** Say that a context keeps it waiting for the resource of its wait.  @return DLK_OK, DLK_ERR_NOMEM. */
enum dlk_status dlk_cpu_wait_hold(const struct dlk_cpu_wait *w, uint32_t context,
				  enum dlk_evidence evidence, enum dlk_confidence sure,
				  const char *note) DLK_MUST_CHECK;

#endif
