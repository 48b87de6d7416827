/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_CODE_ARGUMENT_H
#define DLK_CODE_ARGUMENT_H

/**
 * @file
 * What the functions of a stack's frames were given.
 *
 * Claims: what a function was given in a register is the number that stands now wherever its code, on all paths to where
 * it stands, has kept that register's value: in the register itself, in another one, on the stack.  Where it has kept
 * it nowhere, its caller's code says what it has put into the register.  How it can be wrong: as way_in.h can.
 */

#include "code/way_in.h"

struct dlk_arguments;

/**
 * Open a kernel's code for that.
 *
 * @return as dlk_code_open().
 *
 * Ownership: lives in the context.
 */
enum dlk_status dlk_arguments_open(struct dlk_kernel *k, struct dlk_arguments **ret) DLK_MUST_CHECK;

/** The code that it reads, for who reads it as well. */
struct dlk_code *dlk_arguments_code(const struct dlk_arguments *a);

/**
 * Find what the function of a frame was given.
 *
 * @param[in]  stack  Unwound.
 * @param[in]  frame  Its frames up to this one, and the next, are looked at.
 * @param[in]  arg    The number of the argument, from 0.
 * @param[out] found  Whether that is known.
 * @return DLK_OK, DLK_ERR_CANCELED, DLK_ERR_NOMEM.
 *
 * Target: reads text, and words of memory; may not return inside crash.
 */
enum dlk_status dlk_arguments_find(struct dlk_arguments *a, const struct dlk_stack *stack,
				   uint32_t frame, unsigned arg, uint64_t *ret, bool *found)
	DLK_MUST_CHECK;

#endif
