/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TARGET_GDBSTUB_H
#define DLK_TARGET_GDBSTUB_H

/**
 * @file
 * QEMU's gdbstub: what its packets mean.
 *
 * Connecting stops the guest.  Memory is read by physical address (Qqemu.PhyMemMode, QEMU 4.1):
 * what a CPU in user mode has mapped under page-table isolation is almost nothing of the kernel.
 * Reading a device's registers by physical address would have the device act on it, so only what
 * the monitor's memory map ("info mtree -f") calls RAM or ROM is read at all.
 *
 * Nothing is written: no memory, no registers, no breakpoints.  The stub's memory mode is put back.
 */

#include "base/vec.h"
#include "target/arch.h"
#include "target/pages.h"
#include "target/rsp.h"
#include "target/tdesc.h"

/** What is known of the guest before anybody has looked at it. */
enum dlk_ran {
	DLK_RAN_UNKNOWN, /**< The stub may say whether it ran; until then it counts as one that ran. */
	DLK_RAN,         /**< It ran, and is to run again. */
	DLK_RAN_NOT      /**< It stood, or is to stand. */
};

struct dlk_gdbstub {
	struct dlk_rsp rsp;
	struct dlk_vec ram;          /**< Of struct dlk_ram_range, ascending. */
	const struct dlk_arch *arch; /**< By the target description. */
	struct dlk_regs *regs;
	unsigned cpu_count;
	struct dlk_pages pages;
	size_t max_read; /**< Bytes that one question may ask for. */
	enum dlk_ran ran;
	bool was_running;     /**< Before we connected, or nobody knows. */
	int64_t server;       /**< As in struct dlk_wire_plan. */
	bool has_greeted;     /**< It has answered. */
	bool is_unanswered;   /**< It took the connection, and said nothing. */
	bool has_phys_mode;   /**< It is on, and must be off when we leave. */
	bool is_attached;     /**< The guest stands still for our sake. */
	bool is_lost;         /**< There is no use in asking for more. */
	uint64_t bytes_read;  /**< Of memory. */
	uint64_t attached_at; /**< By dlk_wire_now(). */
};

/**
 * Attach: the guest stands still until dlk_gdbstub_leave().
 *
 * @param[in]  plan  Its limit is how long a guest that ran may stand still for us: then nothing is read
 *                   any more, and the guard lets it go soon, also if we do not leave.  What is to be
 *                   said by the guard is not for the caller to say.
 * @param[in]  ran   Whether the guest ran, if that is known; of one that stood nobody takes care if we
 *                   die, and it has all the time there is.
 * @param[out] ret   Also set on error: it is attached then, unless is_attached says no.  It must stay
 *                   where it is.
 * @return DLK_OK, DLK_ERR_UNSUPPORTED (not QEMU's, or of another architecture), DLK_ERR_LIMIT (no
 *         answer in time), or as dlk_rsp_ask(); the text says what to do.
 */
enum dlk_status dlk_gdbstub_attach(struct dlk_ctx *ctx, const struct dlk_wire_plan *plan,
				   enum dlk_ran ran, struct dlk_gdbstub *ret) DLK_MUST_CHECK;

/**
 * Read physical memory, within a page.
 *
 * @return DLK_OK, DLK_ERR_FAULT (there is no memory), DLK_ERR_NOMEM, DLK_ERR_CANCELED, DLK_ERR_LOST
 *         (the connection, sense, or the time that the guest may stand still is gone: so it stays).
 */
enum dlk_status dlk_gdbstub_read(struct dlk_gdbstub *g, dlk_addr_t address, void *buf, size_t len)
	DLK_MUST_CHECK;

/**
 * Let a guest that ran before we came run for a while, and have it stand again: its registers, and memory, are then those of
 * the later moment.
 *
 * @param[in] ms  For how long, in milliseconds.  It does not count as time that the guest stands.
 * @return DLK_OK; DLK_ERR_UNSUPPORTED (it stood before: nothing was done), or as dlk_gdbstub_attach(): then nothing can be
 *         read any more, and dlk_gdbstub_leave() lets it go as ever.
 */
enum dlk_status dlk_gdbstub_let_run(struct dlk_gdbstub *g, unsigned ms) DLK_MUST_CHECK;

/**
 * Leave; it does nothing if not attached.
 *
 * @param[in] resume  Let the guest run; else it stands still for the next one who comes.
 * Who has not answered yet may serve somebody else, and stop the guest for us when that one has left:
 * then the guard stays to let it go.
 *
 * @return DLK_OK, or why the guest may not run.
 */
enum dlk_status dlk_gdbstub_leave(struct dlk_gdbstub *g, bool resume) DLK_MUST_CHECK;

/**
 * Find the RAM in what the monitor prints of the memory map.
 *
 * @param[in]  text  Output of "info mtree -f".
 * @param[out] ret   Of struct dlk_ram_range, ascending; empty if it is not understood.
 *
 * Target: none.
 */
enum dlk_status dlk_gdbstub_parse_map(struct dlk_ctx *ctx, const char *text, struct dlk_vec *ret)
	DLK_MUST_CHECK;

#endif
