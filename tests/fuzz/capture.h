/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_CAPTURE_H
#define DLK_TESTS_CAPTURE_H

/**
 * @file
 * A capture in memory that can be spoilt and mended, and the whole analysis over it.
 *
 * A capture is read once, analysed once as it is, and searched for what is worth spoiling: members
 * of tasks, stacks, pointers, page tables, BTF, kallsyms.  Mutations are decoded from bytes, so that
 * the same code serves a fuzzer, a corpus and a generator of random numbers:
 *
 *     fuzz_capture_load -> { fuzz_capture_mutate -> fuzz_capture_analyse } ...
 */

#include "base/map.h"
#include "base/vec.h"
#include "deadlock/target.h"
#include "deadlock/verdict.h"
#include "target/notes.h"

enum { FUZZ_PLACES = 10, FUZZ_MAX_MUTATIONS = 32, FUZZ_MAX_CYCLE = 16 };

/** Physical memory that is worth spoiling. */
struct fuzz_spot {
	dlk_addr_t address;
	uint64_t len;
};

struct fuzz_page {
	uint64_t frame;
	const unsigned char *data; /**< In the file. */
	const unsigned char *now;  /**< In the mutated capture; NULL if it is missing. */
	bool is_read;              /**< By an analysis since this was cleared. */
	bool is_constant; /**< BTF, kallsyms, ORC: mutations there have places of their own. */
};

/** What an analysis came to. */
struct fuzz_result {
	enum dlk_status status;
	char error[128]; /**< If status is not DLK_OK: why. */
	enum dlk_verdict_code verdict;
	dlk_addr_t cycle[FUZZ_MAX_CYCLE]; /**< Tasks of the first cycle that is at least likely. */
	uint32_t cycle_len, cycle_count;  /**< cycle_count: how many such cycles. */
	size_t used;                      /**< Bytes of memory. */
	bool is_complete;                 /**< No finding is a loss. */
};

struct fuzz_capture {
	const char *path;
	struct dlk_ctx ctx; /**< Lives as long as the capture. */
	struct dlk_target target;
	struct dlk_notes notes;
	struct dlk_vec pages; /**< of struct fuzz_page */
	struct dlk_map by_frame;
	struct dlk_vec places[FUZZ_PLACES]; /**< of struct fuzz_spot */
	struct dlk_vec objects;             /**< of dlk_addr_t: tasks, locks, stacks */
	struct fuzz_result sound;           /**< As it is. */
	/* the mutated state */
	unsigned char (*own)[4096]; /**< Pages of our own. */
	uint32_t *changed;          /**< The pages that have one of them, or are missing. */
	uint32_t own_count, changed_count;
	uint32_t cut; /**< Pages from here on are missing. */
	struct dlk_regs *regs;
	char *vmcoreinfo;
	bool has_forged; /**< A mutation wrote an object's address somewhere. */
};

/**
 * Read a capture; exits with 77 and a word if zstd is needed and was not built in, with 1 if it
 * cannot be read.
 *
 * @param[in] path  NULL: $DEADLOCK_FUZZ_CAPTURE, else the bundled one.
 */
void fuzz_capture_load(struct fuzz_capture *c, const char *path);

/** Give back everything. */
void fuzz_capture_free(struct fuzz_capture *c);

/** Mend the capture, then spoil it as the bytes say. */
void fuzz_capture_mutate(struct fuzz_capture *c, const uint8_t *data, size_t size);

/** Analyse, judge and report to nowhere. */
struct fuzz_result fuzz_capture_analyse(struct fuzz_capture *c);

#endif
