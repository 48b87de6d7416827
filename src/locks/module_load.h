/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOCKS_MODULE_LOAD_H
#define DLK_LOCKS_MODULE_LOAD_H

/**
 * @file
 * Who loads the modules that others wait for.
 */

#include "locks/stack_search.h"

/** As dlk_lock_kind.seek: of the modules for which dlk_module_load_gather() has found waits. */
enum dlk_status dlk_module_load_seek(struct dlk_facts *f, struct dlk_stack_search *search,
				     void **state) DLK_MUST_CHECK;

/** As dlk_lock_kind.infer. */
enum dlk_status dlk_module_load_infer(struct dlk_facts *f, void *state) DLK_MUST_CHECK;

#endif
