/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_FAKE_H
#define DLK_TESTS_FAKE_H

/**
 * @file
 * A fake kernel, made from a text image: symbols, type layouts and bytes in one readable file.
 *
 * An image is read once; any number of fakes are opened over it, each in a context of its own, and
 * the analysis runs over a fake as it does over a dump.  The format is told in README.md here.
 *
 *     dlk_fake_image_load -> dlk_fake_open -> dlk_fake_analyze -> dlk_fake_check
 */

#include <setjmp.h>

#include "deadlock/verdict.h"
#include "kernel/kernel.h"

struct dlk_fake_image;

/** What happens at one read of the target. */
enum dlk_fake_fault {
	DLK_FAKE_SOUND,   /**< Nothing. */
	DLK_FAKE_FAIL,    /**< The read is a DLK_ERR_FAULT. */
	DLK_FAKE_CORRUPT, /**< The read returns random bytes. */
	DLK_FAKE_JUMP     /**< The read does not return, but longjmps. */
};

/** By what the kernel's stacks can be unwound. */
enum dlk_fake_unwind {
	DLK_FAKE_ORC,
	DLK_FAKE_FRAME_POINTERS,
	DLK_FAKE_GUESS, /**< Nothing: stacks are scanned. */
	DLK_FAKE_UNWINDS
};

struct dlk_fake {
	struct dlk_target target;
	struct dlk_symbols symbols;
	struct dlk_types types;
	struct dlk_kernel kernel;
	struct dlk_fake_image *image;
	enum dlk_fake_unwind unwind;
	uint64_t reads; /**< Reads of the target so far. */
	enum dlk_fake_fault fault;
	uint64_t fault_at; /**< Which read, from 1. */
	uint64_t seed;     /**< Of the random bytes. */
	jmp_buf *jump;
};

/**
 * Read an image.
 *
 * @return DLK_OK, or an error with "FILE:LINE: what is wrong" as its text.
 *
 * Ownership: *ret lives in @p ctx.
 */
enum dlk_status dlk_fake_image_load(struct dlk_ctx *ctx, const char *path,
				    struct dlk_fake_image **ret) DLK_MUST_CHECK;

/**
 * As dlk_fake_image_load(), as a kernel of an architecture, if the image does not say of which it is.
 *
 * @param[in] arch  Its name: "x86_64", "other64".
 */
enum dlk_status dlk_fake_image_load_as(struct dlk_ctx *ctx, const char *path, const char *arch,
				       struct dlk_fake_image **ret) DLK_MUST_CHECK;

/** Whether an image says of which architecture it is. */
bool dlk_fake_image_is_of_one_arch(const struct dlk_fake_image *image);

/** As dlk_fake_image_load(), from a string; "include" looks into @p path's folder. */
enum dlk_status dlk_fake_image_parse(struct dlk_ctx *ctx, const char *path, const char *text,
				     struct dlk_fake_image **ret) DLK_MUST_CHECK;

/** Address of an object; 0 if there is none of this name. */
dlk_addr_t dlk_fake_image_find(const struct dlk_fake_image *image, const char *object);

/** Number of pages, and the bytes of one of them: tests may spoil these. */
uint32_t dlk_fake_image_page_count(const struct dlk_fake_image *image);
unsigned char *dlk_fake_image_page(struct dlk_fake_image *image, uint32_t index);

/**
 * Make a fake in a context.  The kernel is not read yet: set unwind and fault before that.
 *
 * Ownership: the caller gives the storage; what it allocates lives in @p ctx.
 */
void dlk_fake_open(struct dlk_fake *fake, struct dlk_fake_image *image, struct dlk_ctx *ctx);

/** Everything from the first read to the verdict. */
enum dlk_status dlk_fake_analyze(struct dlk_fake *fake, struct dlk_model *model,
				 struct dlk_verdict *verdict) DLK_MUST_CHECK;

/** Write all reports to nowhere; the first failure. */
enum dlk_status dlk_fake_report(struct dlk_ctx *ctx, const struct dlk_model *model,
				const struct dlk_verdict *verdict) DLK_MUST_CHECK;

#endif
