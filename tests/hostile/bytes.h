/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_BYTES_H
#define DLK_TESTS_BYTES_H

/**
 * @file
 * A file, written piece by piece, with numbers in the order that x86 has them.  What is left out is a hole.
 */

#include <stddef.h>
#include <stdint.h>

struct bytes {
	int fd;
	uint64_t at; /**< Where the next piece goes. */
};

/** Begin a new file; fails the test if that cannot be. */
void bytes_open(struct bytes *b, const char *path);
/** Change one that is there. */
void bytes_change(struct bytes *b, const char *path);
/** Done; the file is as long as the furthest @p at. */
void bytes_close(struct bytes *b);

void bytes_put(struct bytes *b, const void *data, size_t size);
void bytes_text(struct bytes *b, const char *text);
void bytes_u8(struct bytes *b, uint8_t value);
void bytes_u16(struct bytes *b, uint16_t value);
void bytes_u32(struct bytes *b, uint32_t value);
void bytes_u64(struct bytes *b, uint64_t value);
/** The most significant byte first, as makedumpfile's flattened format has it. */
void bytes_be64(struct bytes *b, uint64_t value);
/** The same piece, many times. */
void bytes_repeat(struct bytes *b, const void *data, size_t size, size_t times);
void bytes_fill(struct bytes *b, uint8_t value, size_t size);
/** Up to a place in the file, by a hole. */
void bytes_to(struct bytes *b, uint64_t at);

#endif
