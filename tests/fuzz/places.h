/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_PLACES_H
#define DLK_TESTS_PLACES_H

/**
 * @file
 * Between capture.c and places.c: the places of a capture that are worth spoiling.
 */

#include "capture.h"

enum fuzz_place {
	FUZZ_ANY,     /**< Any word of the capture. */
	FUZZ_HOT,     /**< A page that the analysis reads, tables of constants apart. */
	FUZZ_POINTER, /**< A pointer in such a page. */
	FUZZ_TASK,    /**< A member of a task that the analysis reads. */
	FUZZ_STACK,   /**< The live stack of a task that sleeps. */
	FUZZ_WAITER,  /**< The live stack of one that waits for a lock. */
	FUZZ_LOCK,    /**< A lock that is waited for. */
	FUZZ_TABLE,   /**< A page table. */
	FUZZ_BTF,
	FUZZ_KALLSYMS
};

/** A target over the capture as it now is; in @p ctx. */
struct dlk_target *fuzz_capture_target(struct fuzz_capture *c, struct dlk_ctx *ctx);

/** As the file is. */
void fuzz_capture_mend(struct fuzz_capture *c);

/** A page that may be written; NULL if there are too many. */
unsigned char *fuzz_capture_own(struct fuzz_capture *c, uint32_t index);

/** Make a page missing. */
void fuzz_capture_drop(struct fuzz_capture *c, uint32_t index);

/** Find the places of a capture that was analysed once; false with a text if there are none. */
bool fuzz_places_find(struct fuzz_capture *c);

#endif
