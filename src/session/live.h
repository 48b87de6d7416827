/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_SESSION_LIVE_H
#define DLK_SESSION_LIVE_H

/**
 * @file
 * Facts of a system that runs while it is read.
 */

#include "kernel/xlat.h"
#include "session/gather.h"

/**
 * Keep of the facts what a reading before had too.
 *
 * @param[in]     before  An earlier reading of the same kernel.
 * @param[in,out] now     Waits that are not in both, or whose task ran in between, are taken out; so
 *                        are contradictions that only one of them shows, and their number is told.
 * @return DLK_OK, DLK_ERR_NOMEM.
 *
 * Target: none.
 */
enum dlk_status dlk_live_settle(const struct dlk_facts *before, struct dlk_facts *now)
	DLK_MUST_CHECK;

/**
 * Keep of what spins only what has spun before, too.
 *
 * @param[in]     before  A reading of the same kernel, at a moment before.
 * @param[in,out] now     A reading at one moment.  Waits of contexts that spin, and spinning that is not understood, are taken
 *                        out if the same context did not spin for the same thing, or in the same function, before; so is who
 *                        holds what nobody waits for any more.
 * @return DLK_OK, DLK_ERR_NOMEM.
 *
 * Target: none.
 */
enum dlk_status dlk_live_settle_spins(const struct dlk_facts *before, struct dlk_facts *now)
	DLK_MUST_CHECK;

/**
 * Gather all facts of a kernel, and who waits for a CPU that was interrupted; of one that runs meanwhile twice, and settle.  Of one that stands for our sake, where some CPU
 * spins, twice as well: it runs for a moment in between.
 *
 * @param[out]    f     Made by this.
 * @param[in,out] xlat  The kernel's translation: forgets what it has read before the second reading.
 * @return as dlk_gather().
 *
 * Target: reads memory; may not return inside crash.
 */
enum dlk_status dlk_live_gather(struct dlk_facts *f, struct dlk_kernel *k, struct dlk_xlat *xlat,
				const struct dlk_analyze_options *options) DLK_MUST_CHECK;

#endif
