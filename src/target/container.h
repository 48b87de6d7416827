/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TARGET_CONTAINER_H
#define DLK_TARGET_CONTAINER_H

/**
 * @file
 * Files around a dump: whatever the user gives becomes a descriptor of a plain, seekable file.
 *
 * Handled here: pipes, compression (gzip, xz, zstd), and makedumpfile's flattened format.  Each layer
 * that is found is unpacked into a temporary file without a name, which goes with its descriptor;
 * a plain file is used as it is.
 */

#include "deadlock/context.h"
#include "target/unpack.h"

/** What a descriptor was made of. */
struct dlk_container {
	int fd;            /**< Seekable, at offset 0; the caller closes it. */
	bool is_flattened; /**< It was in makedumpfile's flattened format. */
};

/**
 * Open a file and unpack what is around the dump.
 *
 * @param[in]  path  A file, a pipe, or "-" for standard input.
 * @param[out] ret   Unchanged on error.
 * @return DLK_OK, DLK_ERR_SYSTEM, DLK_ERR_CORRUPT (a stream that ends early or says nonsense),
 *         DLK_ERR_UNSUPPORTED (a directory, a compression that was not built in), DLK_ERR_LIMIT (more
 *         comes out than a dump has), DLK_ERR_CANCELED.
 *
 * Target: none; reads the file as a whole only if something is to be unpacked.
 */
enum dlk_status dlk_container_open(struct dlk_ctx *ctx, const char *path, struct dlk_container *ret)
	DLK_MUST_CHECK;

/**
 * Unpack what is around a file.
 *
 * @param[in,out] fd      Replaced by that of what is in it; unchanged if nothing is around it.
 * @param[in]     limits  How much may come out.
 * @return As dlk_container_open(); on error *fd is open, and still to be closed.
 *
 * Target: none.
 */
enum dlk_status dlk_container_unpack(struct dlk_ctx *ctx, int *fd,
				     const struct dlk_unpack_limits *limits) DLK_MUST_CHECK;

/** What is in a file, by its first bytes. */
enum dlk_content {
	DLK_CONTENT_UNKNOWN, /**< Nothing that is known, or it cannot be read. */
	DLK_CONTENT_PART,    /**< A kdump-compressed or flattened dump, or a part of one. */
	DLK_CONTENT_CORE,    /**< An ELF core. */
	DLK_CONTENT_PROGRAM, /**< ELF, but no core. */
	DLK_CONTENT_TEXT,    /**< A console log, or another text. */
};

/**
 * Tell whether what is read of a path is gone then: a pipe, a socket, or "-", standard input, whatever that is.
 *
 * Target: none; the path is looked at, and not opened.
 */
bool dlk_container_is_pipe(const char *path);

/**
 * Tell what is in an open file, by its beginning; nothing around it is looked through.
 *
 * A text is one whose first bytes are, but for one in sixteen: a console has stray bytes, and its ring buffer may begin
 * with some.
 *
 * Target: none; its offset stays.
 */
enum dlk_content dlk_container_tell(int fd);

/**
 * Look into a file, also through compression.
 *
 * @param[in] path  Only a regular file is looked at: a look would take from a pipe.
 *
 * Target: none; unpacks no more than the beginning.
 */
enum dlk_content dlk_container_look(struct dlk_ctx *ctx, const char *path);

#endif
