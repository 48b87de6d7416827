/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TARGET_BYTES_H
#define DLK_TARGET_BYTES_H

/**
 * @file
 * Bytes of a dump's file: little-endian numbers, wherever they lie, and ranges of the file.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

static inline uint32_t dlk_get_u32(const unsigned char *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

static inline uint64_t dlk_get_u64(const unsigned char *p)
{
	uint64_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

/** Read a range of a file: all of it, or false.  Any offset may be asked for. */
static inline bool dlk_pread_all(int fd, void *buf, size_t len, uint64_t offset)
{
	return len <= INT64_MAX && offset <= INT64_MAX - len &&
	       pread(fd, buf, len, (off_t)offset) == (ssize_t)len;
}

#endif
