/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TARGET_TDESC_H
#define DLK_TARGET_TDESC_H

/**
 * @file
 * GDB's target description: which registers a stub has, and where they are in its "g" packet.
 *
 * It is XML, in several documents: target.xml includes others.  expat reads it; no other file of
 * ours knows XML.
 */

#include "base/vec.h"
#include "deadlock/target.h"

struct dlk_tdesc {
	struct dlk_ctx *ctx;
	const char *architecture; /**< NULL if it does not say. */
	struct dlk_vec includes;  /**< const char *: documents to parse next, in this order. */
	struct dlk_vec regs;      /**< In the order of the "g" packet, after dlk_tdesc_settle(). */
	unsigned next_number;
};

struct dlk_tdesc_reg {
	const char *name;
	unsigned number; /**< As in the description. */
	unsigned bits;
	unsigned offset; /**< In the "g" packet, in bytes. */
};

/** Make an empty description. */
void dlk_tdesc_init(struct dlk_ctx *ctx, struct dlk_tdesc *d);

/**
 * Parse a document and add its registers.
 *
 * @param[in] is_included  It was included by another: it may not include further ones.
 * @return DLK_OK, DLK_ERR_CORRUPT (no XML, or no sense), DLK_ERR_LIMIT, DLK_ERR_NOMEM.
 *
 * Target: none.
 */
enum dlk_status dlk_tdesc_parse(struct dlk_tdesc *d, const char *text, size_t len, bool is_included)
	DLK_MUST_CHECK;

/** Sort the registers by number and say where each is in the "g" packet. */
void dlk_tdesc_settle(struct dlk_tdesc *d);

/**
 * Take an unsigned register of up to 64 bits out of a "g" packet.
 *
 * @param[in]  hex  The packet: hex digits, little-endian; 'x' for what the stub does not know.
 * @param[out] ret  Unchanged if it is not there.
 */
bool dlk_tdesc_get(const struct dlk_tdesc *d, const char *hex, size_t len, const char *name,
		   uint64_t *ret);

#endif
