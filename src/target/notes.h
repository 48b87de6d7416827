/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TARGET_NOTES_H
#define DLK_TARGET_NOTES_H

/**
 * @file
 * The notes of a dump: what the CPUs did when it was written, and VMCOREINFO.
 *
 * Read from the file, for ELF and kdump-compressed alike.  "QEMU" notes have what NT_PRSTATUS has no place
 * for: on x86-64, where the page tables are.
 */

#include "target/arch.h"

struct dlk_notes {
	const struct dlk_arch *arch; /**< What the file is of; by dlk_notes_read() only. */
	struct dlk_regs *regs;       /**< One for each CPU; NULL if there are none. */
	unsigned cpu_count;
	const char *vmcoreinfo; /**< Its text, NUL-terminated; NULL if there is none. */
	bool is_process;        /**< Of a process: the kernel's notes of one are there. */
	uint32_t dump_level;    /**< As in struct dlk_target. */
	uint64_t
		split_at; /**< Page frame between this file of a split dump and another; 0: not split. */
};

/**
 * Read the notes of a dump.
 *
 * @param[in]  fd   Seekable; ELF or kdump-compressed.  Anything else has no notes.
 * @param[out] ret  In the context.
 * @return DLK_OK, DLK_ERR_CORRUPT (headers that lie), DLK_ERR_UNSUPPORTED (an ELF file that is no
 *         core of a known architecture), DLK_ERR_NOMEM.
 *
 * Target: reads the file's headers and notes.
 * Kernel: NT_PRSTATUS notes of kdump and QEMU, "QEMU" notes; their forms are in the architecture's row.
 */
enum dlk_status dlk_notes_read(struct dlk_ctx *ctx, int fd, struct dlk_notes *ret) DLK_MUST_CHECK;

/** How the bytes of a dump are read that are not where they belong: a flattened one inside crash. */
struct dlk_notes_file {
	bool (*read)(int fd, void *buf, size_t len, uint64_t offset); /**< All of them, or false. */
	int fd;
};

/** As dlk_notes_read(). */
enum dlk_status dlk_notes_read_from(struct dlk_ctx *ctx, const struct dlk_notes_file *file,
				    struct dlk_notes *ret) DLK_MUST_CHECK;

/**
 * Parse a block of notes; what is cut or lies is left out.
 *
 * Target: none.
 */
enum dlk_status dlk_notes_parse(struct dlk_ctx *ctx, const struct dlk_arch *arch, const void *data,
				size_t size, struct dlk_notes *ret) DLK_MUST_CHECK;

/**
 * Find the GNU build-id in a block of notes.
 *
 * @return In hex, in the context; NULL if there is none.
 *
 * Target: none.
 */
const char *dlk_notes_build_id(struct dlk_ctx *ctx, const void *data, size_t size);

#endif
