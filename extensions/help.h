/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_EXTENSIONS_HELP_H
#define DLK_EXTENSIONS_HELP_H

/**
 * What "help deadlock" says, in the form that crash has for it: name, summary, synopsis, then lines up to a
 * NULL. The options come from the table that parses them.
 *
 * @return Static; made anew by each call.
 */
char **help_make(void);

#endif
