/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_DEBUGINFO_VMLINUX_H
#define DLK_DEBUGINFO_VMLINUX_H

/**
 * @file
 * VMLINUX: the kernel's ELF file, with symbols, BTF, DWARF, call frames and a build ID.
 *
 * A stripped file is as good as a whole one if its separate debug file is installed (elffile.h);
 * that is looked for when something is asked that the file itself does not have.
 *
 * Life cycle: open, ask, close.  Symbols and BTF bytes are good until the close, names that symbols
 * have given out as long as the context.
 */

#include "deadlock/debuginfo.h"

struct dlk_vmlinux;

/**
 * Open an ELF file as a kernel.
 *
 * @param[in]  path  vmlinux, or its debug file; not the compressed image that boots.
 * @param[out] ret   Unchanged on error.
 * @return DLK_OK, DLK_ERR_SYSTEM, DLK_ERR_UNSUPPORTED (no ELF file, a compressed kernel, a module,
 *         a dump, another architecture; the text says which), DLK_ERR_CORRUPT, DLK_ERR_NOMEM.
 *
 * Ownership: *ret lives in @p ctx; dlk_vmlinux_close() it before the context goes.
 * Target:    none.
 */
enum dlk_status dlk_vmlinux_open(struct dlk_ctx *ctx, const char *path, struct dlk_vmlinux **ret)
	DLK_MUST_CHECK;

/**
 * Open its debug file, too, if something is missing in it and that is there; no file is opened after this.
 *
 * @return DLK_OK, also if none was found; DLK_ERR_NOMEM.
 */
enum dlk_status dlk_vmlinux_complete(struct dlk_vmlinux *v) DLK_MUST_CHECK;

/** Give back the file and libelf's memory.  NULL is allowed. */
void dlk_vmlinux_close(struct dlk_vmlinux *v);

/**
 * Get the build ID, as VMCOREINFO writes it.
 *
 * @param[out] ret  Lower-case hex digits; unchanged on error.
 * @return DLK_OK, DLK_ERR_NOTFOUND (it has none; no text), DLK_ERR_NOMEM.
 *
 * Ownership: *ret lives in the context.
 * Target:    none.
 */
enum dlk_status dlk_vmlinux_build_id(struct dlk_vmlinux *v, const char **ret) DLK_MUST_CHECK;

/**
 * Make symbols of the file's symbol table.
 *
 * Their names and addresses are those that the kernel's own kallsyms gives: the same symbols are
 * left out, and of several at one address the same one is the first.
 *
 * @param[in]  kaslr_offset  What KASLR added to the addresses of the kernel's image, in bytes;
 *                           VMCOREINFO's KERNELOFFSET.
 * @param[out] ret           Unchanged on error.
 * @return DLK_OK, DLK_ERR_UNSUPPORTED (stripped, and no debug file), DLK_ERR_CORRUPT, DLK_ERR_NOMEM.
 *
 * Ownership: *ret lives in the context, and is not to be used after dlk_vmlinux_close().
 * Target:    none.
 */
enum dlk_status dlk_vmlinux_symbols(struct dlk_vmlinux *v, int64_t kaslr_offset,
				    struct dlk_symbols **ret) DLK_MUST_CHECK;

/**
 * Get the BTF section.
 *
 * @param[out] data  The bytes; unchanged on error, as is *size.
 * @return DLK_OK, DLK_ERR_NOTFOUND (the file has none; no text), DLK_ERR_CORRUPT.
 *
 * Ownership: *data lives until dlk_vmlinux_close().
 * Target:    none.
 */
enum dlk_status dlk_vmlinux_btf(struct dlk_vmlinux *v, const void **data, size_t *size)
	DLK_MUST_CHECK;

/**
 * Make types of the DWARF of the file, or of its debug file.
 *
 * @param[out] ret  As dlk_dwarf_open() makes them; unchanged on error.
 * @return DLK_OK, DLK_ERR_UNSUPPORTED (it has none, and no debug file), DLK_ERR_NOTFOUND (libdw
 *         finds none in it), DLK_ERR_NOMEM.
 *
 * Ownership: *ret lives in the context; close it before dlk_vmlinux_close().
 * Target:    none.
 */
enum dlk_status dlk_vmlinux_dwarf(struct dlk_vmlinux *v, struct dlk_types **ret) DLK_MUST_CHECK;

/**
 * Make call frames of the file, or of its debug file.
 *
 * @param[in]  kaslr_offset  As for dlk_vmlinux_symbols().
 * @param[out] ret           As dlk_cfi_open() makes them; unchanged on error.
 * @return DLK_OK, DLK_ERR_NOTFOUND (neither has any; no text), DLK_ERR_NOMEM.
 *
 * Ownership: *ret lives in the context; close it before dlk_vmlinux_close().
 * Target:    none.
 */
enum dlk_status dlk_vmlinux_cfi(struct dlk_vmlinux *v, int64_t kaslr_offset, struct dlk_cfi **ret)
	DLK_MUST_CHECK;

#endif
