/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_BASE_HASH_H
#define DLK_BASE_HASH_H

/**
 * @file
 * Hashes of names that come from a dump or a file: bounded, since a table of strings may hold one of
 * megabytes, and every entry may name a part of it.
 */

#include <stdbool.h>
#include <stdint.h>

/** Bytes that are looked at of a name; the kernel's longest has 511 (KSYM_NAME_LEN). */
enum { DLK_MAX_NAME = 512 };

/** Hash the first DLK_MAX_NAME bytes of a name (FNV-1a). */
uint32_t dlk_hash_name(const char *name);

/** Tell whether a name is one: not empty, and shorter than DLK_MAX_NAME. */
bool dlk_is_name(const char *name);

#endif
