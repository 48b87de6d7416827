/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_BASE_MAP_H
#define DLK_BASE_MAP_H

/**
 * @file
 * A map from 64-bit keys (addresses) to 32-bit values (indices), in a context's arena.
 *
 * Open addressing, at most half full; keys are mixed, so that addresses chosen by a hostile dump
 * do not pile up.  Entries are never removed.  Key 0 is an ordinary key.
 */

#include "deadlock/context.h"

struct dlk_map_slot;

struct dlk_map {
	struct dlk_map_slot *slots;
	uint32_t len, cap; /**< cap is 0 or a power of two. */
};

/**
 * Find a key.
 *
 * @return Its value, or UINT32_MAX if it is not in the map.
 *
 * Target: none.
 */
uint32_t dlk_map_get(const struct dlk_map *map, uint64_t key);

/**
 * Enter a key, or replace its value.
 *
 * @param[in] value  Anything but UINT32_MAX.
 * @return DLK_OK or DLK_ERR_NOMEM.
 *
 * Target: none.
 */
enum dlk_status dlk_map_put(struct dlk_ctx *ctx, struct dlk_map *map, uint64_t key, uint32_t value)
	DLK_MUST_CHECK;

#endif
