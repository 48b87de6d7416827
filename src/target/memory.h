/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TARGET_MEMORY_H
#define DLK_TARGET_MEMORY_H

/**
 * @file
 * Memory of a target by physical and by kernel virtual address, with a cache of pages.
 *
 * The translation from virtual to physical is a hook that the kernel layer sets (xlat.c); before
 * that, virtual reads fail with DLK_ERR_FAULT.  Small reads go through a direct-mapped cache of
 * 4 KiB pages, large ones (tables of megabytes) past it.  All values are little-endian, as is the
 * only architecture so far and every host that it is built for.
 *
 * A failed read sets no text, only ctx->err.address: faults are frequent while stacks are probed.
 * Whoever reports one prepends to the text that dlk_memory_explain() makes.
 */

#include "deadlock/target.h"

enum { DLK_PAGE_SHIFT = 12, DLK_PAGE_SIZE = 1 << DLK_PAGE_SHIFT };

/**
 * Translates the page of a kernel virtual address.
 *
 * @param[out] ret  Physical address of @p address.
 * @return DLK_OK or DLK_ERR_FAULT (not mapped, or a page-table page is missing).
 */
typedef enum dlk_status dlk_translate_fn(void *arg, dlk_addr_t address, dlk_addr_t *ret);

struct dlk_memory_page;
struct dlk_memory_tlb;

struct dlk_memory {
	struct dlk_ctx *ctx;
	struct dlk_target *target;
	dlk_translate_fn *translate; /**< NULL before the page tables are known. */
	void *translate_arg;
	struct dlk_memory_page *pages; /**< Cache of pages, by frame number. */
	struct dlk_memory_tlb *tlb;    /**< Cache of translations, by virtual page number. */
	dlk_addr_t constant_start, constant_end; /**< See dlk_memory_set_constant(); whole pages. */
	unsigned char **constant;                /**< Of each of its pages what was read; NULL. */
	uint64_t pages_read;                     /**< Pages fetched from the target. */
	enum dlk_status end;        /**< Why no read succeeds any more; DLK_OK: they do. */
	struct dlk_error end_error; /**< Its text. */
};

/**
 * Make a memory over a target.
 *
 * @return DLK_OK or DLK_ERR_NOMEM.
 *
 * Ownership: the caches live in the target's context.
 * Target:    none.
 */
enum dlk_status dlk_memory_init(struct dlk_memory *m, struct dlk_target *target) DLK_MUST_CHECK;

/**
 * Tell how something ended that read memory.
 *
 * What is looked for and cannot be read is not there, as far as those who look can tell; that the user
 * wants to stop, or that the target is gone, must not pass for that.
 *
 * @param[in] status  What it came to.
 * @return @p status; or the status and the text of the read that was the last.
 */
enum dlk_status dlk_memory_settle(struct dlk_memory *m, enum dlk_status status) DLK_MUST_CHECK;

/** Set the translation of virtual addresses and forget the former one's results. */
void dlk_memory_set_translate(struct dlk_memory *m, dlk_translate_fn *fn, void *arg);

/**
 * Say what does not change while the target runs: of its pages dlk_memory_forget() forgets none that was read by
 * dlk_memory_read() from now on, but in bulk.
 *
 * @param[in] start, end  Kernel virtual addresses; pages that are not wholly between them are not meant.
 * @return DLK_OK, also if that is too large, or nothing: then all is forgotten; DLK_ERR_NOMEM.
 *
 * Ownership: the pages live in the target's context.
 * Target:    none.
 */
enum dlk_status dlk_memory_set_constant(struct dlk_memory *m, dlk_addr_t start, dlk_addr_t end)
	DLK_MUST_CHECK;

/** Forget the pages and the translations read so far: of a target that runs they may have changed. */
void dlk_memory_forget(struct dlk_memory *m);

/**
 * Forget one page, by kernel virtual address, if the target runs: what was read of it may not fit what
 * was read later.
 *
 * @return false if the target stands still: then its pages are what they were.
 */
bool dlk_memory_refresh(struct dlk_memory *m, dlk_addr_t address);

/**
 * Read physical memory; any length.
 *
 * @param[out] buf  Undefined on error.
 * @return DLK_OK, DLK_ERR_FAULT (ctx->err.address is the physical address), DLK_ERR_SYSTEM,
 *         DLK_ERR_CANCELED.
 *
 * Target: reads memory; may not return inside crash.
 */
enum dlk_status dlk_memory_read_phys(struct dlk_memory *m, dlk_addr_t address, void *buf,
				     size_t len) DLK_MUST_CHECK;

/** As dlk_memory_read_phys(), by kernel virtual address. */
enum dlk_status dlk_memory_read(struct dlk_memory *m, dlk_addr_t address, void *buf, size_t len)
	DLK_MUST_CHECK;

/** Read a little-endian value by kernel virtual address; *ret is unchanged on error. */
enum dlk_status dlk_memory_read_u64(struct dlk_memory *m, dlk_addr_t address, uint64_t *ret)
	DLK_MUST_CHECK;
enum dlk_status dlk_memory_read_u32(struct dlk_memory *m, dlk_addr_t address, uint32_t *ret)
	DLK_MUST_CHECK;
enum dlk_status dlk_memory_read_u16(struct dlk_memory *m, dlk_addr_t address, uint16_t *ret)
	DLK_MUST_CHECK;

/**
 * Read an unsigned value of 1, 2, 4 or 8 bytes.
 *
 * @return as dlk_memory_read(); DLK_ERR_INVALID for another size.
 */
enum dlk_status dlk_memory_read_uint(struct dlk_memory *m, dlk_addr_t address, size_t size,
				     uint64_t *ret) DLK_MUST_CHECK;

/**
 * Read a NUL-terminated string; cut at @p size - 1 bytes, always terminated on success.
 *
 * Reads no page beyond the one with the terminator.
 */
enum dlk_status dlk_memory_read_cstr(struct dlk_memory *m, dlk_addr_t address, char *buf,
				     size_t size) DLK_MUST_CHECK;

/** Translate a kernel virtual address; through the cache of translations. */
enum dlk_status dlk_memory_translate(struct dlk_memory *m, dlk_addr_t address, dlk_addr_t *ret)
	DLK_MUST_CHECK;

/** Say of a page that is missing where it is: "not in the dump". */
const char *dlk_memory_missing(const struct dlk_memory *m);

/**
 * Turn the last failed read into an error text: "0xffff...: page not in the dump".
 *
 * @return @p status.
 */
enum dlk_status dlk_memory_explain(struct dlk_memory *m, enum dlk_status status);

#endif
