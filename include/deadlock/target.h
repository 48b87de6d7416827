/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEADLOCK_TARGET_H
#define DEADLOCK_TARGET_H

/**
 * @file
 * A target: where the bytes of a hung kernel come from.
 *
 * A target knows physical memory, the CPUs' registers and the dump's VMCOREINFO; it knows nothing
 * of page tables, symbols or tasks.  It is only ever read.
 *
 * To add a target: src/README.md.
 */

#include "deadlock/context.h"

enum { DLK_MAX_REGS = 40 /**< Of any architecture. */ };

/** Registers of a CPU when the target was stopped. */
struct dlk_regs {
	dlk_addr_t pc, sp, fp; /**< Where it stood, its stack, its frame. */
	dlk_addr_t root; /**< Physical address of its page tables; 0 if the target does not say. */
	bool is_user;    /**< It ran a program, and not the kernel. */
	bool are_flags_known, has_interrupts_off; /**< Whether an interrupt could come. */
	uint64_t raw
		[DLK_MAX_REGS]; /**< As the architecture numbers them; 0 if the target does not say. */
};

struct dlk_arch;
struct dlk_target;

struct dlk_target_ops {
	const char *name; /**< vmcore, qemu, crash: as in the JSON. */

	/**
	 * Read physical memory.
	 *
	 * @param[in]  address  Physical; the range does not cross a 4 KiB page.
	 * @param[out] buf      @p len bytes; undefined on error.
	 * @return DLK_OK, DLK_ERR_FAULT (not in the target), DLK_ERR_SYSTEM, DLK_ERR_CANCELED,
	 *         DLK_ERR_LOST (no further read will succeed).
	 *         No error text is needed for DLK_ERR_FAULT: it is frequent.
	 */
	enum dlk_status (*read)(struct dlk_target *t, dlk_addr_t address, void *buf, size_t len);

	/**
	 * Get the registers of a CPU.
	 *
	 * @return DLK_OK or DLK_ERR_NOTFOUND.
	 */
	enum dlk_status (*regs)(struct dlk_target *t, unsigned cpu, struct dlk_regs *ret);

	/**
	 * Let what stands for our sake run for a while, and have it stand again.  NULL: it does not stand, or never runs.
	 *
	 * @param[in] ms  For how long, in milliseconds.
	 * @return DLK_OK: what was read before, registers too, may be another now; DLK_ERR_UNSUPPORTED (it stood before we
	 *         came: nothing was done), DLK_ERR_CANCELED, DLK_ERR_LOST and the like (no further read will succeed).
	 */
	enum dlk_status (*let_run)(struct dlk_target *t, unsigned ms);

	/** Give back what is not in the arena.  The target is not used afterwards. */
	void (*close)(struct dlk_target *t);
};

struct dlk_target {
	const struct dlk_target_ops *ops;
	struct dlk_ctx *ctx;
	const char *name;            /**< File name or address, for messages. */
	const char *container;       /**< elf, kdump, ...: as in the JSON. */
	const struct dlk_arch *arch; /**< What its registers are: src/target/arch.h. */
	const char *vmcoreinfo;      /**< Its text, NUL-terminated; NULL if there is none. */
	unsigned cpu_count;          /**< CPUs whose registers are known. */
	bool is_cut;         /**< The file ends before the memory does that should be in it. */
	bool is_live;        /**< It runs while it is read: what is read may not fit together. */
	uint32_t dump_level; /**< What makedumpfile -d left out; 0: nothing, or not known. */
};

/**
 * Open a dump file.
 *
 * @param[in]  path  ELF or kdump-compressed vmcore; also flattened, compressed by gzip, xz or zstd, from a
 *                   pipe; "-" is standard input.
 * @param[out] ret   The target; unchanged on error.
 * @return DLK_OK, DLK_ERR_SYSTEM, DLK_ERR_UNSUPPORTED (not a dump, another architecture),
 *         DLK_ERR_CORRUPT, DLK_ERR_NOMEM; the text says what to do.
 *
 * Ownership: *ret lives in @p ctx; close it with its ops before the context goes.
 */
enum dlk_status dlk_target_open_vmcore(struct dlk_ctx *ctx, const char *path,
				       struct dlk_target **ret) DLK_MUST_CHECK;

/**
 * Open a dump that was split into several files (makedumpfile --split).
 *
 * @param[in] paths  The parts, in any order; one is the whole dump.
 * @param[in] count  At least 1.
 * @return as dlk_target_open_vmcore(); DLK_ERR_LIMIT (too many parts).
 *
 * Ownership: *ret lives in @p ctx; it is named by the first path.
 */
enum dlk_status dlk_target_open_vmcores(struct dlk_ctx *ctx, const char *const *paths,
					unsigned count, struct dlk_target **ret) DLK_MUST_CHECK;

/** A guest of QEMU that runs, or hangs. */
struct dlk_guest {
	const char *stub; /**< Address of its gdbstub; NULL: ask the monitor. */
	const char *qmp;  /**< Address of its monitor (QMP); NULL: do without. */
	unsigned timeout; /**< Of each answer, in milliseconds. */
	unsigned
		stop_limit; /**< How long it may stand still if it ran, in milliseconds; 0: for ever. */
	bool keep_stopped; /**< Leave it standing. */
};

/**
 * Attach to a guest.  It stands still until the target is closed, and then runs on if it ran before.
 *
 * When it has stood still for the limit, each further read is a DLK_ERR_LOST, and it is let go soon, even
 * if this process is held up.
 *
 * @param[in]  how  One address at least: tcp:HOST:PORT, HOST:PORT or unix:PATH.
 * @param[out] ret  The target; unchanged on error.
 * @return DLK_OK, DLK_ERR_INVALID (an address), DLK_ERR_SYSTEM, DLK_ERR_LIMIT (no answer in time),
 *         DLK_ERR_UNSUPPORTED (not QEMU's, or of another architecture), DLK_ERR_CORRUPT,
 *         DLK_ERR_CANCELED, DLK_ERR_NOMEM; the text says what to do, and the guest runs as before.
 *
 * Ownership: *ret lives in @p ctx; close it with its ops before the context goes.
 * Target:    reads registers.
 */
enum dlk_status dlk_target_open_guest(struct dlk_ctx *ctx, const struct dlk_guest *how,
				      struct dlk_target **ret) DLK_MUST_CHECK;

/**
 * Open a target without memory: every read is a DLK_ERR_FAULT.
 *
 * Ownership: *ret lives in @p ctx.
 */
enum dlk_status dlk_target_open_null(struct dlk_ctx *ctx, struct dlk_target **ret) DLK_MUST_CHECK;

/**
 * Wrap a target so that the pages read through it are recorded.
 *
 * @param[in] inner  The target to read; closed with the wrapper.
 *
 * Ownership: *ret lives in @p ctx.
 */
enum dlk_status dlk_target_open_capture(struct dlk_ctx *ctx, struct dlk_target *inner,
					struct dlk_target **ret) DLK_MUST_CHECK;

/**
 * Open the file that the recorded pages are to be written to: before the analysis, which may take a while, and
 * while files can still be opened (DLK_STAGE_OPENED).
 *
 * @param[in] t     A target of dlk_target_open_capture().
 * @param[in] path  Copied.  What has the name stays as it is until the new file is whole; "-" is standard
 *                  output.
 * @return DLK_OK, DLK_ERR_SYSTEM, DLK_ERR_INVALID (not a capture target, @p path is the dump that is being
 *         read, or it is not to be written to: target/outfile.h), DLK_ERR_NOMEM.
 */
enum dlk_status dlk_capture_begin(struct dlk_target *t, const char *path) DLK_MUST_CHECK;

/**
 * Write the recorded pages as an ELF vmcore: PT_LOADs, VMCOREINFO, a PRSTATUS note for each CPU.
 *
 * @param[in] t  A target after dlk_capture_begin().
 * @return DLK_OK, DLK_ERR_SYSTEM, DLK_ERR_LIMIT (more than dlk_limits.capture), DLK_ERR_INVALID (not begun):
 *         then there is nothing of it.
 */
enum dlk_status dlk_capture_write(struct dlk_target *t) DLK_MUST_CHECK;

#endif
