/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_COVERAGE_H
#define DLK_LOCKS_COVERAGE_H

/**
 * @file
 * What of a kernel the kinds of locks and the unwinders do not cover.
 */

#include "locks/facts.h"

/**
 * Say which kinds of locks this kernel has in a form that is not understood.
 *
 * @return DLK_OK, DLK_ERR_NOMEM.
 *
 * Target: none.
 */
enum dlk_status dlk_coverage_check_kinds(struct dlk_facts *f) DLK_MUST_CHECK;

/** Say so if stacks could not be unwound, after they were; returns as dlk_coverage_check_kinds(). */
enum dlk_status dlk_coverage_check_stacks(struct dlk_facts *f) DLK_MUST_CHECK;

#endif
