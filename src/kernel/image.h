/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_KERNEL_IMAGE_H
#define DLK_KERNEL_IMAGE_H

/**
 * @file
 * Where is the kernel?  For targets without VMCOREINFO: page tables by the CPUs' registers, the kernel's
 * image by what these map in the window of the kernel's text.
 */

#include "kernel/xlat.h"

/** The range in which the kernel's image is mapped; there may be holes in it. */
struct dlk_image {
	dlk_addr_t start, end; /**< start is that of _text, rounded down to image_align. */
};

/**
 * Find the image through the translation that @p m has.
 *
 * @param[out] image  start is 0 if nothing is mapped in the window.
 * @return How many chunks of image_align are mapped.
 *
 * Target: reads page tables.
 */
unsigned dlk_image_probe(struct dlk_memory *m, const struct dlk_kernel_arch *arch,
			 struct dlk_image *image);

/**
 * Find where the image's data begins, read-only data first: all text lies before.
 *
 * @return The first chunk of image_align that no CPU may execute; the image's start if there is none.
 *
 * Target: reads page tables.
 */
dlk_addr_t dlk_image_find_data(struct dlk_xlat *x, const struct dlk_kernel_arch *arch,
			       const struct dlk_image *image);

/**
 * Find the page tables and the image, and make the translation that of @p m.
 *
 * All roots are tried that the CPUs may have (arch.h, roots); the one that maps most of the window is taken.
 *
 * @param[out] xlat   Close it with dlk_xlat_close(); also if a read did not return, so it must be
 *                    NULL before.
 * @param[out] image  Where the kernel is.
 * @return DLK_OK, DLK_ERR_NOTFOUND (no root known, or none that maps a kernel), DLK_ERR_NOMEM.
 *
 * Target: reads registers and page tables.
 */
enum dlk_status dlk_image_find(struct dlk_memory *m, const struct dlk_kernel_arch *arch,
			       struct dlk_xlat **xlat, struct dlk_image *image) DLK_MUST_CHECK;

/**
 * Find the kernel's release by the text of its banner, where no symbol leads there.
 *
 * @param[in] image  Where the kernel is; one that starts at 0 is looked for.
 * @return "7.3.4-cloud-amd64", or NULL.
 *
 * Ownership: the context's.
 * Target:    reads the image's data, as far as it must.
 */
const char *dlk_image_find_release(struct dlk_memory *m, const struct dlk_kernel_arch *arch,
				   struct dlk_xlat *x, struct dlk_image *image);

#endif
