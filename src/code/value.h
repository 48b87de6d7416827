/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_CODE_VALUE_H
#define DLK_CODE_VALUE_H

/**
 * @file
 * What is known of a value: a number; what a register was when the function was entered; what is loaded from an
 * address that is such a value; what a call has returned; each with a number added.  Or nothing.
 *
 * Loads are kept as what they are, and read when somebody wants to know: most are never asked for.
 */

#include "code/insn.h"

enum dlk_value_how {
	DLK_VALUE_UNKNOWN,
	DLK_VALUE_NUMBER,
	DLK_VALUE_ENTRY,  /**< A register's at the function's entry. */
	DLK_VALUE_LOADED, /**< A load of struct dlk_loads. */
	DLK_VALUE_RESULT  /**< What a call has returned, by the number of its event. */
};

struct dlk_value {
	uint8_t how;     /**< enum dlk_value_how */
	uint8_t reg;     /**< Of ENTRY. */
	uint16_t load;   /**< Of LOADED; of RESULT the event. */
	uint64_t number; /**< That, or what is added. */
};

enum { DLK_MAX_LOADS = 512 /**< Of one walk; more are not known. */ };

/** What is loaded in a walk: each address once. */
struct dlk_loads {
	struct dlk_value address[DLK_MAX_LOADS];
	bool is_percpu[DLK_MAX_LOADS]; /**< The address is one of the running CPU's own area. */
	uint16_t count;
};

static inline struct dlk_value dlk_value_number(uint64_t number)
{
	return (struct dlk_value){ .how = DLK_VALUE_NUMBER, .number = number };
}

static inline struct dlk_value dlk_value_entry(unsigned reg)
{
	return (struct dlk_value){ .how = DLK_VALUE_ENTRY, .reg = (uint8_t)reg };
}

static inline bool dlk_value_is_same(const struct dlk_value *a, const struct dlk_value *b)
{
	return a->how == b->how && a->reg == b->reg && a->load == b->load && a->number == b->number;
}

/** A value with a number added; nothing is known of nothing. */
static inline struct dlk_value dlk_value_add(struct dlk_value v, uint64_t number)
{
	if (v.how != DLK_VALUE_UNKNOWN)
		v.number += number;
	return v;
}

/** What is loaded from an address; nothing if there are too many loads. */
struct dlk_value dlk_loads_get(struct dlk_loads *loads, struct dlk_value address, bool is_percpu);

#endif
