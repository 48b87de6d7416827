/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_DEBUGINFO_ELFFILE_H
#define DLK_DEBUGINFO_ELFFILE_H

/**
 * @file
 * ELF files of a kernel: VMLINUX, and the separate file that has what was stripped off it.
 */

#include "deadlock/debuginfo.h"

struct Elf; /* libelf's */

struct dlk_elffile {
	const char *path;
	int fd;                      /**< -1 if it is not open. */
	const struct dlk_arch *arch; /**< What it is of: target/arch.h. */
	struct Elf *elf;
};

/**
 * Open an ELF file, also a compressed one; what its sections declare to unpack to is judged, too, by the
 * same limits (target/unpack.h).
 *
 * @param[out] ret  Closed again on error, but its path is set.
 * @return DLK_OK, DLK_ERR_SYSTEM, DLK_ERR_UNSUPPORTED (no ELF file, a compressed kernel, a module,
 *         a dump, another architecture; the text says which), DLK_ERR_CORRUPT, DLK_ERR_NOMEM, what
 *         dlk_container_unpack() returns.
 *
 * Ownership: the path is copied; dlk_elffile_close() it before the context goes.
 * Target:    none.
 */
enum dlk_status dlk_elffile_open(struct dlk_ctx *ctx, const char *path, struct dlk_elffile *ret)
	DLK_MUST_CHECK;

/** Give back the file and libelf's memory; may be called again. */
void dlk_elffile_close(struct dlk_elffile *f);

/**
 * Get the build ID, as VMCOREINFO writes it.
 *
 * @param[out] ret  Lower-case hex digits; unchanged on error.
 * @return DLK_OK, DLK_ERR_NOTFOUND (it has none; no text), DLK_ERR_NOMEM.
 *
 * Ownership: *ret lives in the context.
 * Target:    none.
 */
enum dlk_status dlk_elffile_build_id(struct dlk_ctx *ctx, const struct dlk_elffile *f,
				     const char **ret) DLK_MUST_CHECK;

/** Tell whether a file has a symbol table. */
bool dlk_elffile_has_symbols(const struct dlk_elffile *f);

/** Tell whether a file has DWARF. */
bool dlk_elffile_has_dwarf(const struct dlk_elffile *f);

/** Tell whether a file has call frame information: .debug_frame. */
bool dlk_elffile_has_cfi(const struct dlk_elffile *f);

/** Tell whether a part of its DWARF is in another file, where dwz has put it. */
bool dlk_elffile_is_shared(const struct dlk_elffile *f);

/**
 * Find the separate debug file of a stripped file.
 *
 * It is looked for where the other tools do (gdb: "Debugging Information in Separate Files"): by
 * build ID below @p root; by name beside the file, in .debug beside it, and below @p root in the
 * file's own folder.  Only a file of the same build ID is taken.  Nothing is asked of a network.
 *
 * @param[in]  root    Where debug files are installed; DLK_DEBUG_ROOT.
 * @param[out] ret     The open debug file; unchanged on error.
 * @param[out] sought  The files that were looked for, in words; set on DLK_ERR_NOTFOUND only.
 * @return DLK_OK, DLK_ERR_NOTFOUND (no text), DLK_ERR_NOMEM.
 *
 * Ownership: dlk_elffile_close() it before the context goes; *sought lives in the context.
 * Target:    none.
 */
enum dlk_status dlk_elffile_find_debug(struct dlk_ctx *ctx, const struct dlk_elffile *f,
				       const char *root, struct dlk_elffile *ret,
				       const char **sought) DLK_MUST_CHECK;

#define DLK_DEBUG_ROOT "/usr/lib/debug"

#endif
