/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_SYMBOL_CHECKS_H
#define DLK_TESTS_SYMBOL_CHECKS_H

/**
 * @file
 * What a source of symbols must say, whatever it is made of.  Each fails by cmocka, also if an answer that is none
 * has changed what it was to be put into.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "deadlock/debuginfo.h"

static inline void check_find(struct dlk_symbols *s, const char *name, dlk_addr_t expected)
{
	dlk_addr_t address = 1;

	assert_int_equal(s->ops->find(s, name, &address), DLK_OK);
	assert_int_equal(address, expected);
}

static inline void check_no_find(struct dlk_symbols *s, const char *name)
{
	dlk_addr_t address = 1;

	assert_int_equal(s->ops->find(s, name, &address), DLK_ERR_NOTFOUND);
	assert_int_equal(address, 1);
}

static inline void check_at(struct dlk_symbols *s, dlk_addr_t address, dlk_addr_t expected,
			    const char *name)
{
	struct dlk_symbol symbol = { .module = "untouched" };

	assert_int_equal(s->ops->at(s, address, &symbol), DLK_OK);
	assert_string_equal(symbol.name, name);
	assert_int_equal(symbol.address, expected);
	assert_null(symbol.module);
}

static inline void check_not_at(struct dlk_symbols *s, dlk_addr_t address)
{
	struct dlk_symbol symbol = { .address = 1 };

	assert_int_equal(s->ops->at(s, address, &symbol), DLK_ERR_NOTFOUND);
	assert_int_equal(symbol.address, 1);
}

#endif
