/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_CPU_WAIT_H
#define DLK_LOCKS_CPU_WAIT_H

/**
 * @file
 * What spins until another CPU has done something (spin.c).
 */

#include "locks/facts.h"
#include "locks/wait_function.h"

/** Whether such a function spins. */
bool dlk_cpu_wait_is(const struct dlk_spinning *s, const struct dlk_frame *frames);

/**
 * Add its wait, and who keeps it waiting.
 *
 * @param[in,out] wait   Whole but for the resource.
 * @param[in]     given  The function's first argument; NULL if that is not known.
 * @return DLK_OK, or a failure: a finding if it is not fatal.
 *
 * Target: reads memory; may not return inside crash.
 */
enum dlk_status dlk_cpu_wait_take(struct dlk_facts *f, struct dlk_wait *wait,
				  const struct dlk_spinning *s, const uint64_t *given)
	DLK_MUST_CHECK;

#endif
