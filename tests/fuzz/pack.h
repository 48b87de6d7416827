/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_PACK_H
#define DLK_TESTS_PACK_H

/**
 * @file
 * Packing: the other way round than target/packers.c and flattened.c.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fuzz_packer { FUZZ_GZIP, FUZZ_ZSTD, FUZZ_FLATTENED, FUZZ_XZ, FUZZ_PACKERS };

/** Memory of malloc(). */
struct fuzz_packed {
	uint8_t *data;
	size_t size;
};

/**
 * Replace bytes by what a packer makes of them.
 *
 * @return false if it was not built in, or there is no memory: then they are as they were.
 */
bool fuzz_pack(struct fuzz_packed *p, enum fuzz_packer packer);

#endif
