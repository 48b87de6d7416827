/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_KERNEL_CALL_H
#define DLK_KERNEL_CALL_H

/**
 * @file
 * Whether an address is one that a call returns to: the text before it is a call.
 */

#include "kernel/kernel.h"

enum dlk_call {
	DLK_CALL_NONE,     /**< No call, or text that cannot be read. */
	DLK_CALL_INDIRECT, /**< Of what a register or memory says. */
	DLK_CALL_DIRECT
};

/**
 * Tell what call, if any, an address is the return address of.
 *
 * What is read is the text as it ran, with all that the kernel has patched in it.
 *
 * @param[out] target  What is called, of a direct call; unchanged otherwise.
 *
 * Target: reads up to 8 bytes of text; may not return inside crash.
 * Kernel: x86-64: e8 and a distance of 32 bits; ff /2 with all its forms of address.
 */
enum dlk_call dlk_call_before(struct dlk_kernel *k, dlk_addr_t ip, dlk_addr_t *target);

/** Whether an address is behind a call that enters the function at @p start. */
bool dlk_is_called_before(struct dlk_kernel *k, dlk_addr_t ip, dlk_addr_t start);

#endif
