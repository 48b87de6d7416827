/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TARGET_PAGES_H
#define DLK_TARGET_PAGES_H

/**
 * @file
 * Pages that came a long way: each is fetched once, and what is read in a row is fetched ahead.  Of more
 * than an analysis needs, the oldest make place, and are fetched again if they are wanted.
 *
 * For targets where a read costs a round trip.  A page that follows the one fetched last doubles the
 * window, up to 64 KiB: a table of megabytes comes in few trips, and stacks here and there cost no
 * more than they have.
 */

#include "base/map.h"
#include "base/vec.h"
#include "target/memory.h"

/**
 * Fetch physical memory.
 *
 * @param[in,out] len  A multiple of the page size; may be made less, to one page at least, if there
 *                     is no more.
 */
typedef enum dlk_status dlk_fetch_fn(void *arg, dlk_addr_t address, void *buf, size_t *len);

struct dlk_kept_page {
	uint64_t frame;
	unsigned char *data;
};

struct dlk_pages {
	struct dlk_ctx *ctx;
	dlk_fetch_fn *fetch;
	void *arg;
	struct dlk_map by_frame; /**< To an index in kept, where another page may be by now. */
	struct dlk_vec kept;     /**< Of struct dlk_kept_page. */
	uint32_t oldest;         /**< Of these, the next that makes place. */
	unsigned char *arriving; /**< Room for a window: what does not come costs no memory. */
	uint64_t next_frame;     /**< Behind what was fetched last. */
	unsigned window;         /**< In pages. */
};

/** Make an empty store.  Ownership: the pages live in @p ctx. */
void dlk_pages_init(struct dlk_ctx *ctx, dlk_fetch_fn *fetch, void *arg, struct dlk_pages *ret);

/**
 * Read within a page.
 *
 * @return DLK_OK, DLK_ERR_NOMEM, or as the fetch function; what failed is asked for again.
 */
enum dlk_status dlk_pages_read(struct dlk_pages *p, dlk_addr_t address, void *buf, size_t len)
	DLK_MUST_CHECK;

#endif
