/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TARGET_OUTFILE_H
#define DLK_TARGET_OUTFILE_H

/**
 * @file
 * A file with the memory of a kernel, written where others may write, too: it is whole or not there,
 * nobody else may read it, and it replaces nothing but a file of the user's own.
 *
 * The folder is looked up once, and held: what others do to the path afterwards leads nowhere.  Until it
 * is whole the file has no name, so that nothing stays behind however the program ends; where a file
 * system has no such files it is called ".deadlock.XXXXXXXX".
 */

#include <stdio.h>

#include "deadlock/context.h"

struct dlk_outfile {
	struct dlk_ctx *ctx;
	FILE *stream;       /**< To be written to. */
	const char *path;   /**< As the user gave it. */
	const char *name;   /**< In the folder. */
	int folder;         /**< Descriptor; -1 for standard output. */
	int former;         /**< Descriptor of the user's own file that had the name before; -1. */
	char temporary[32]; /**< The name until it is whole; "" if it has none. */
};

/**
 * Begin a file.
 *
 * A link, a pipe, a device, a socket, and what belongs to another user are refused, without being opened.
 *
 * @param[in] path  Copied; "-" is standard output.
 * @return DLK_OK, DLK_ERR_SYSTEM, DLK_ERR_INVALID (refused, with what to do instead), DLK_ERR_NOMEM.
 *
 * Ownership: to be ended by dlk_outfile_commit() or dlk_outfile_abandon().
 */
enum dlk_status dlk_outfile_open(struct dlk_ctx *ctx, const char *path, struct dlk_outfile *ret)
	DLK_MUST_CHECK;

/**
 * Close the file, and give it its name.
 *
 * @return DLK_OK; DLK_ERR_SYSTEM (something was not written), DLK_ERR_INVALID (somebody else put
 *         something there meanwhile): then there is nothing of it.
 */
enum dlk_status dlk_outfile_commit(struct dlk_outfile *out) DLK_MUST_CHECK;

/** Close the file, and leave nothing of it. */
void dlk_outfile_abandon(struct dlk_outfile *out);

#endif
