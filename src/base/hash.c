/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "base/hash.h"

#include <string.h>

uint32_t dlk_hash_name(const char *name)
{
	uint32_t hash = 2166136261u;

	for (unsigned i = 0; i < DLK_MAX_NAME && name[i]; i++)
		hash = (hash ^ (unsigned char)name[i]) * 16777619u;
	return hash ^ hash >> 15;
}

bool dlk_is_name(const char *name)
{
	return *name && memchr(name, 0, DLK_MAX_NAME);
}
