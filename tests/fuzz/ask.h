/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_ASK_H
#define DLK_TESTS_ASK_H

/**
 * @file
 * What the analysis asks of types and symbols, whoever has made them of an input.
 */

#include "deadlock/debuginfo.h"

/** All that is asked of types; what is answered must make sense. */
void fuzz_ask_types(struct dlk_types *t);

/** Symbols by name, and by addresses from @p from on, each @p step bytes. */
void fuzz_ask_symbols(struct dlk_symbols *s, dlk_addr_t from, dlk_addr_t to, dlk_addr_t step);

#endif
