/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_CODE_MENTION_H
#define DLK_CODE_MENTION_H

/**
 * @file
 * Which functions have the address of an object in their text.
 *
 * What lies in the kernel's image, or in a module's, has an address that is known when the code is made, and the code that
 * works on it has that as a number: no stack and no register needs to bear it between two uses.  So a function is
 * looked through, once, for all such objects that are sought, and so are those that it calls.
 *
 * Claims: none but that a function may work on the object; what it does to it is for a walk to say (walk.h).  Text is looked
 * through as bytes, not as instructions: what only looks like an address is one here.
 *
 * How it can be wrong: functions are looked through for so many bytes, all together for so many more; of what
 * is called through a pointer, or by a function that a function calls, nothing is seen.
 */

#include "kernel/kernel.h"

struct dlk_mentions;

/**
 * @return DLK_OK, DLK_ERR_NOMEM.  Of an architecture whose text is not read nothing is ever found.
 *
 * Ownership: lives in the context.
 * Target:    none.
 */
enum dlk_status dlk_mentions_open(struct dlk_kernel *k, struct dlk_mentions **ret) DLK_MUST_CHECK;

/**
 * Whether an address can be in the kernel's text at all: it lies in an image.
 *
 * Target: none.
 */
bool dlk_mentions_can_be(const struct dlk_kernel *k, dlk_addr_t address);

/**
 * Look for an object: for any address from @p start to before @p end.  Of more than so many the rest is not looked for.
 *
 * To be called before anything is asked.
 *
 * @return DLK_OK, DLK_ERR_NOMEM.
 */
enum dlk_status dlk_mentions_add(struct dlk_mentions *m, dlk_addr_t start, dlk_addr_t end,
				 uint32_t tag) DLK_MUST_CHECK;

/** Told of an object by its tag; DLK_OK, or a failure that ends the question. */
typedef enum dlk_status dlk_mention_fn(void *arg, uint32_t tag);

/**
 * Show what is mentioned by the function of a code address, or by one that it calls; each once.
 *
 * @return DLK_OK, DLK_ERR_NOMEM, what @p fn returned.
 *
 * Target: reads text and symbol tables; may not return inside crash.
 */
enum dlk_status dlk_mentions_show(struct dlk_mentions *m, dlk_addr_t ip, dlk_mention_fn *fn,
				  void *arg) DLK_MUST_CHECK;

/**
 * Whether a function mentions an object.
 *
 * @param[in] ip          In the function, or what a call in it returns to.
 * @param[in] with_calls  Or one does that it calls.
 * @param[in] object      An address of the object.
 *
 * Target: reads text and symbol tables; may not return inside crash.
 */
bool dlk_mentions_has(struct dlk_mentions *m, dlk_addr_t ip, bool with_calls, dlk_addr_t object);

#endif
