/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_KERNEL_SLAB_H
#define DLK_KERNEL_SLAB_H

/**
 * @file
 * Pages and slab objects: from an address to its struct page, its slab cache and its object.
 */

#include "kernel/kernel.h"

struct dlk_slab_object {
	dlk_addr_t cache;   /**< struct kmem_cache */
	const char *name;   /**< The cache's name. */
	dlk_addr_t address; /**< Start of the object. */
	uint64_t size;      /**< Size of the object as the cache's user sees it. */
};

/**
 * Find the struct page of an address in the direct mapping; of a compound page, the head.
 *
 * @param[out] pfn  Frame number of the returned page.
 * @return DLK_OK, DLK_ERR_FAULT, DLK_ERR_NOTFOUND (no vmemmap).
 *
 * Target: reads memory; may not return inside crash.
 * Kernel: CONFIG_SPARSEMEM_VMEMMAP, symbol vmemmap_base (v4.17 and later).
 */
enum dlk_status dlk_page_find(struct dlk_kernel *k, dlk_addr_t address, dlk_addr_t *page,
			      uint64_t *pfn) DLK_MUST_CHECK;

/** Frame number of a struct page; UINT64_MAX if @p page is not in the vmemmap. */
uint64_t dlk_page_to_pfn(struct dlk_kernel *k, dlk_addr_t page);

/**
 * Find the slab object that covers an address.
 *
 * @return DLK_OK, DLK_ERR_NOTFOUND (not in a slab), DLK_ERR_FAULT, DLK_ERR_CORRUPT.
 *
 * Target: reads memory; may not return inside crash.
 * Kernel: SLUB; PG_slab is a flag until v6.10 and the page type PGTY_slab since v6.12
 *         (4ffca5a96678); what lies between finds no object.
 */
enum dlk_status dlk_slab_find(struct dlk_kernel *k, dlk_addr_t address, struct dlk_slab_object *ret)
	DLK_MUST_CHECK;

#endif
