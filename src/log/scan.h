/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_LOG_SCAN_H
#define DLK_LOG_SCAN_H

/**
 * @file
 * Steps along a NUL-terminated line: each moves a cursor past what it names and says true, or leaves it and says false.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Past blanks and tabs. */
const char *dlk_skip_blanks(const char *at);

/** Past all that is no blank, to the next blank or the end. */
const char *dlk_skip_word(const char *at);

/** Past @p text, which must stand there. */
bool dlk_scan_text(const char **at, const char *text);

/** Past the next occurrence of @p text, wherever it is. */
bool dlk_scan_to(const char **at, const char *text);

/** A decimal number of at most 19 digits. */
bool dlk_scan_number(const char **at, uint64_t *ret);

/** A decimal number that fits: a pid, a CPU. */
bool dlk_scan_int(const char **at, int32_t *ret);

/** A hexadecimal number of at most 16 digits, with or without 0x. */
bool dlk_scan_hex(const char **at, uint64_t *ret);

bool dlk_is_digit(char c);
bool dlk_is_hex(char c);
bool dlk_is_letter(char c);

#endif
