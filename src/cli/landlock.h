/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_CLI_LANDLOCK_H
#define DLK_CLI_LANDLOCK_H

/**
 * @file
 * Landlock: what a process may do with files by their paths, with addresses, and to other processes.
 *
 * By the kernel's Documentation/userspace-api/landlock.rst: ABI 1 of 5.13 to ABI 7 of 6.15.  What a kernel's ABI does
 * not know is left out; one without landlock is no error.
 */

#include <stdbool.h>
#include <stddef.h>

/**
 * Deny files, and all of addresses and other processes, for good.
 *
 * @param[in] may_read  Files and folders may be opened to be read, everywhere; none are to be executed.
 * @param[in] folders   In these files may be made, written, named and removed; those that are not there are
 *                      left out.
 * @return false if the kernel has no landlock, or it is off.
 *
 * no_new_privs must be set before.
 */
bool dlk_landlock_restrict(bool may_read, const char *const *folders, size_t count);

#endif
