/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hash map from addresses to indices. */
#include <config.h>

#include "base/map.h"

enum { FIRST_CAPACITY = 64 };

struct dlk_map_slot {
	uint64_t key;
	uint32_t value; /* biased by one: 0 is an empty slot */
};

/* The finalizer of splitmix64. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static struct dlk_map_slot *find_slot(const struct dlk_map *map, uint64_t key)
{
	uint32_t i = (uint32_t)mix(key) & (map->cap - 1);

	while (map->slots[i].value && map->slots[i].key != key)
		i = (i + 1) & (map->cap - 1);
	return &map->slots[i];
}

uint32_t dlk_map_get(const struct dlk_map *map, uint64_t key)
{
	return map->cap ? find_slot(map, key)->value - 1 : UINT32_MAX;
}

static enum dlk_status grow(struct dlk_ctx *ctx, struct dlk_map *map)
{
	struct dlk_map bigger = { .cap = map->cap ? map->cap * 2 : FIRST_CAPACITY,
				  .len = map->len };

	bigger.slots = bigger.cap ? dlk_calloc(ctx, bigger.cap, sizeof(*bigger.slots)) : NULL;
	if (!bigger.slots)
		return dlk_nomem(ctx);
	for (uint32_t i = 0; i < map->cap; i++)
		if (map->slots[i].value)
			*find_slot(&bigger, map->slots[i].key) = map->slots[i];
	dlk_discard(ctx, map->slots, map->cap * sizeof(*map->slots));
	*map = bigger;
	return DLK_OK;
}

enum dlk_status dlk_map_put(struct dlk_ctx *ctx, struct dlk_map *map, uint64_t key, uint32_t value)
{
	struct dlk_map_slot *slot;

	if (map->len >= map->cap / 2) {
		enum dlk_status status = grow(ctx, map);

		if (status)
			return status;
	}
	slot = find_slot(map, key);
	if (!slot->value)
		map->len++;
	*slot = (struct dlk_map_slot){ .key = key, .value = value + 1 };
	return DLK_OK;
}
