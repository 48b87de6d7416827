/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_EXTENSIONS_OPENFILES_H
#define DLK_EXTENSIONS_OPENFILES_H

/**
 * @file
 * The files that this process has open, whoever opened them.
 *
 * crash gives the names of its files as they were typed: of a split dump the last one only, and
 * relative to a directory that "cd" may have left.  Its descriptors are right.
 */

#include <stdbool.h>

/**
 * Open a file once more, for reading: the one that is open and has the same last component in its name,
 * wherever it is; else the one of that name.
 *
 * @return A descriptor of the caller's, at the file's start; -1 with errno.
 */
int openfiles_reopen(const char *name);

/** True if the file of that name is open, by whatever name. */
bool openfiles_has(const char *name);

#endif
