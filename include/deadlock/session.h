/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEADLOCK_SESSION_H
#define DEADLOCK_SESSION_H

/**
 * @file
 * A session: from a target to the facts, in two calls.
 *
 * A front end opens a session, gathers the facts, has them judged (verdict.h) and written
 * (report.h), and closes the session:
 *
 *     dlk_ctx_init -> dlk_session_open_vmcore -> dlk_session_analyze -> dlk_judge -> dlk_report_*
 *                  -> dlk_session_close -> dlk_ctx_deinit
 */

#include "deadlock/model.h"
#include "deadlock/target.h"

struct dlk_session;

/** What to open. */
struct dlk_open {
	const char *vmcore;       /**< Dump file. */
	const char *const *parts; /**< Further files, if the dump was split; may be NULL. */
	unsigned part_count;
	const char *vmlinux;           /**< With symbols; NULL: the dump says all that is needed. */
	const char *capture;           /**< File for the pages read: dlk_session_capture(); NULL. */
	const struct dlk_guest *guest; /**< For dlk_session_open_guest(). */
};

struct dlk_analyze_options {
	bool all_stacks; /**< Unwind every task, not only those that wait, hold, or are in state D. */
	bool all_holds; /**< Find what holders hold besides, and nobody waits for: it costs as much as all else. */
	bool usages; /**< Decode the usage of lockdep's classes, with stacks. */
	bool lines;  /**< Find the source line of each frame, where the symbols know them. */
};

/** What an analysis cost so far. */
struct dlk_session_costs {
	uint64_t pages_read; /**< Pages fetched from the target. */
	uint64_t memory;     /**< Bytes of the context's arena. */
};

/**
 * Open a dump: container, page tables, symbols, types.
 *
 * @param[out] ret  The session; unchanged on error.
 * @return DLK_OK, or why the dump cannot be read; the text says what to do.  One whose kernel is not
 *         understood opens: dlk_session_is_foreign().
 *
 * Ownership: close it with dlk_session_close() before @p ctx goes.
 * Target:    reads kallsyms and BTF.
 */
enum dlk_status dlk_session_open_vmcore(struct dlk_ctx *ctx, const struct dlk_open *how,
					struct dlk_session **ret) DLK_MUST_CHECK;

/**
 * Open a guest, live: as dlk_session_open_vmcore(), of how->guest.
 *
 * It stands still until dlk_session_close(), or an error.
 *
 * Target: reads registers, kallsyms and BTF.
 */
enum dlk_status dlk_session_open_guest(struct dlk_ctx *ctx, const struct dlk_open *how,
				       struct dlk_session **ret) DLK_MUST_CHECK;

/**
 * Open a session over a target of the caller's.
 *
 * @param[in] target   Closed by dlk_session_close(), and on error.
 * @param[in] vmlinux  As in struct dlk_open.
 */
enum dlk_status dlk_session_open_target(struct dlk_ctx *ctx, struct dlk_target *target,
					const char *vmlinux, struct dlk_session **ret)
	DLK_MUST_CHECK;

/** A kernel that somebody else has opened already: crash(8). */
struct dlk_host {
	struct dlk_target *target;   /**< Closed by dlk_session_close(), and on error. */
	struct dlk_symbols *symbols; /**< Of the kernel; modules' are read from its memory. */
	struct dlk_types *types;     /**< Closed with the session. */
	dlk_addr_t
		root; /**< Physical address of the kernel's page tables, if neither VMCOREINFO nor
			      a CPU's CR3 says it; 0 if unknown. */
	unsigned levels;     /**< Of these page tables: 4 or 5. */
	const char *capture; /**< As in struct dlk_open. */
};

/**
 * Open a session over a host's kernel.
 *
 * The memory is read by our own translation, so that no read depends on what the host makes of an
 * address.
 *
 * @param[out] ret  The session, set before the first read, so that a longjmp out of one leaves
 *                  something to close; NULL on error.
 * @return DLK_OK, DLK_ERR_NOTFOUND (no page tables, or no kernel where the symbols say), or as
 *         dlk_session_open_target().
 *
 * Target: reads memory; may not return inside crash.
 */
enum dlk_status dlk_session_open_host(struct dlk_ctx *ctx, const struct dlk_host *host,
				      struct dlk_session **ret) DLK_MUST_CHECK;

/**
 * Gather the facts.
 *
 * @param[out] ret  The facts; they live as long as the session's context.
 * @return DLK_OK, or why nothing could be understood; what could not be read is among the findings.
 *
 * Target: reads memory; may not return inside crash.
 */
enum dlk_status dlk_session_analyze(struct dlk_session *s,
				    const struct dlk_analyze_options *options,
				    struct dlk_model *ret) DLK_MUST_CHECK;

/** The end of a kernel's own log, as dmesg(1) prints it with callers. */
struct dlk_kernel_log {
	const char *text;
	size_t length;
	uint64_t
		now_ns; /**< The moment at which the target is read, by the clock that the log prints. */
};

/**
 * Read the end of the kernel's log.
 *
 * @param[in]  ago_ns  Only what was printed since so long before the target's moment; of 256 KiB the newest.
 * @param[out] ret     What could be read, if anything; unchanged on error.
 * @return DLK_OK, what dlk_printk_walk_tail() returns (kernel/printk.h), DLK_ERR_NOTFOUND (also if it was not analysed yet, or the time is not
 *         known), DLK_ERR_NOMEM.
 *
 * Ownership: the context's.
 * Target:    reads memory; may not return inside crash.
 */
enum dlk_status dlk_session_read_log(struct dlk_session *s, uint64_t ago_ns,
				     struct dlk_kernel_log *ret) DLK_MUST_CHECK;

/**
 * Write the pages read so far, and a margin around them (all of every task_struct and every stack,
 * the kernel's constants), as a small ELF vmcore.
 *
 * @return DLK_OK, DLK_ERR_INVALID (opened without capture, or not analysed yet), DLK_ERR_UNSUPPORTED (a kernel
 *         that is not understood; the text says why and what to do), what dlk_capture_write() returns.
 *
 * Target: reads memory.
 */
enum dlk_status dlk_session_capture(struct dlk_session *s) DLK_MUST_CHECK;

/** Tell whether the target was read, but its kernel not understood; the model says why. */
bool dlk_session_is_foreign(const struct dlk_session *s);

/** Tell what the session cost so far. */
struct dlk_session_costs dlk_session_costs(const struct dlk_session *s);

/** Close a session: the target and what foreign libraries hold.  NULL is allowed. */
void dlk_session_close(struct dlk_session *s);

#endif
