/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TARGET_UNPACK_H
#define DLK_TARGET_UNPACK_H

/**
 * @file
 * The gate that all goes through that is unpacked: from a file or a pipe to a file without a name.
 *
 * A few bytes may declare terabytes.  So what is unpacked is counted, over all layers that are around a
 * file, and compared with what was read of the file itself.  Blocks of zeros become holes, which cost no
 * disk, only time, and real dumps have gigabytes of them: they are counted apart.  What is left free on
 * the disk is looked at again and again, as others write, too.
 *
 * The numbers, by what real files have: of two dumps of the lab, of 0.8 and 2 GB, packed by zstd, a byte makes at
 * most 8 that are not zeros and 77 zeros, beyond those that are free; large guests that do nothing have more.
 * Where nothing but zeros is packed, xz makes 7,000 of a byte, and zstd 32,000.
 *
 * How it can be wrong: a real dump of something large that repeats itself, but is not zeros (freed pages
 * that the kernel fills with a pattern), or that begins with gigabytes of zeros.  So there is
 * the context's limit (--max-unpack), with which the ratio is not asked.
 *
 * To add a format: a function of type dlk_unpack_fn that reads by dlk_unpack_read() and writes by
 * dlk_unpack_write(), and nowhere else, and a line in the table of container.c.
 */

#include "deadlock/context.h"

/** Where the files without names are made: $TMPDIR, or /var/tmp. */
const char *dlk_unpack_folder(void);

enum { DLK_UNPACK_CHUNK = 256 * 1024 };

/** How much may come out of a file. */
struct dlk_unpack_limits {
	uint64_t max;         /**< Bytes that are not zeros. */
	uint64_t free;        /**< So many of them whatever the ratio is. */
	uint64_t free_zeros;  /**< So many zeros. */
	unsigned ratio;       /**< Bytes for each that was read of the file. */
	unsigned zeros_ratio; /**< Zeros for each. */
};

extern const struct dlk_unpack_limits dlk_unpack_dump, dlk_unpack_vmlinux;

/** What came out of a file, over all of its layers. */
struct dlk_unpack_account {
	struct dlk_ctx *ctx;
	const struct dlk_unpack_limits *limits;
	uint64_t packed; /**< Read of the file itself. */
	uint64_t data;   /**< Written, in whole blocks. */
	uint64_t zeros;  /**< Left out. */
	unsigned layers; /**< Begun. */
};

/** A layer that is being unpacked. */
struct dlk_unpack {
	struct dlk_ctx *ctx;
	struct dlk_unpack_account *account;
	bool is_outermost; /**< Its input is the file itself. */
	unsigned ratio;    /**< Of this layer alone, if it packs nothing; 0: that of the limits. */
	int in, out;       /**< Descriptors. */
	int64_t in_at;     /**< Handed out of the input. */
	int64_t out_at;    /**< Where the output goes on; a format may set it. */
	int64_t size;      /**< Of the output, with the holes at its end. */
	int64_t enough;    /**< Done as soon as so much is written; 0: all is wanted. */
	unsigned char *out_buf; /**< DLK_UNPACK_CHUNK bytes, for the format. */
	/* The gate's own. */
	unsigned char *in_buf;
	size_t in_pos, in_len;
	int64_t fill_at, last_block;
	uint64_t data, unchecked;
	const char *folder;
};

typedef enum dlk_status dlk_unpack_fn(struct dlk_unpack *u);

/**
 * Unpack a layer into a file without a name.
 *
 * @param[in]     format  Reads and writes.
 * @param[in,out] u       With account, in, is_outermost, ratio and enough set; the input stays open.
 * @param[out]    ret     The output, at offset 0, as long as its content; the caller closes it.
 * @return DLK_OK, DLK_ERR_LIMIT (the file is not what it seems, or the disk too full; the text says what
 *         to do), DLK_ERR_SYSTEM, DLK_ERR_NOMEM, DLK_ERR_CANCELED, what @p format returns.
 */
enum dlk_status dlk_unpack_run(struct dlk_unpack *u, dlk_unpack_fn *format, int *ret)
	DLK_MUST_CHECK;

/**
 * Get the next bytes of the input.
 *
 * @param[out] data  At most @p most bytes, until the next call.
 * @param[out] len   0 at the end.
 * @return DLK_OK, DLK_ERR_SYSTEM, DLK_ERR_CANCELED.
 */
enum dlk_status dlk_unpack_read(struct dlk_unpack *u, size_t most, const unsigned char **data,
				size_t *len) DLK_MUST_CHECK;

/**
 * Write at @c out_at, zeros as holes.
 *
 * @return DLK_OK, DLK_ERR_LIMIT (also where it is @c enough), DLK_ERR_SYSTEM, DLK_ERR_CANCELED.
 */
enum dlk_status dlk_unpack_write(struct dlk_unpack *u, const unsigned char *data, size_t len)
	DLK_MUST_CHECK;

/** dlk_fail() for an input that ends too early. */
enum dlk_status dlk_unpack_cut_short(struct dlk_unpack *u, const char *what) DLK_MUST_CHECK;

/**
 * Judge what something declares to unpack to that others will unpack, in memory.
 *
 * @param[in] packed, unpacked  Sizes in bytes.
 * @return DLK_OK, DLK_ERR_LIMIT.
 */
enum dlk_status dlk_unpack_judge(struct dlk_ctx *ctx, const struct dlk_unpack_limits *limits,
				 uint64_t packed, uint64_t unpacked) DLK_MUST_CHECK;

/* --- the formats */

dlk_unpack_fn dlk_unpack_plain; /* a pipe, which becomes a file */
dlk_unpack_fn dlk_unpack_flattened;
dlk_unpack_fn dlk_unpack_gzip, dlk_unpack_xz, dlk_unpack_zstd;

#endif
