/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_CODE_VALUE_H
#define DLK_CODE_VALUE_H

/**
 * @file
 * What is known of a value: a number; what a register was when the function was entered; what is loaded from an
 * address that is such a value, or some bits of such a value; what a call has returned; each with a number added.  Or nothing.
 *
 * Loads are kept as what they are, and read when somebody wants to know: most are never asked for.
 */

#include "code/insn.h"

enum dlk_value_how {
	DLK_VALUE_UNKNOWN,
	DLK_VALUE_NUMBER,
	DLK_VALUE_ENTRY, /**< A register's at the function's entry. */
	DLK_VALUE_TERM,  /**< A term of struct dlk_terms. */
	DLK_VALUE_RESULT /**< What a call has returned, by the number of its event. */
};

struct dlk_value {
	uint8_t how;     /**< enum dlk_value_how */
	uint8_t reg;     /**< Of ENTRY. */
	uint16_t term;   /**< Of TERM; of RESULT the event. */
	uint64_t number; /**< That, or what is added. */
};

enum {
	DLK_MAX_TERMS = 512, /**< Of one walk; more are not known. */
	DLK_TERM_BUCKETS = 128
};

enum dlk_term_how {
	DLK_TERM_LOADED,        /**< The bytes at an address, as a number without sign. */
	DLK_TERM_LOADED_PERCPU, /**< The address is one of the running CPU's own area. */
	DLK_TERM_MASKED         /**< A value & mask. */
};

struct dlk_term {
	struct dlk_value of; /**< The address, or what is masked. */
	uint64_t mask;       /**< Of MASKED. */
	uint8_t how;         /**< enum dlk_term_how */
	uint8_t size;        /**< Of what is loaded, in bytes. */
	uint16_t next;       /**< Private: of the same bucket, + 1. */
};

/** What is loaded and masked in a walk: each once. */
struct dlk_terms {
	struct dlk_term terms[DLK_MAX_TERMS];
	uint16_t count;
	uint16_t buckets[DLK_TERM_BUCKETS]; /**< Private: the last of each, + 1. */
};

void dlk_terms_clear(struct dlk_terms *terms);

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
	return a->how == b->how && a->reg == b->reg && a->term == b->term && a->number == b->number;
}

/** A value with a number added; nothing is known of nothing. */
static inline struct dlk_value dlk_value_add(struct dlk_value v, uint64_t number)
{
	if (v.how != DLK_VALUE_UNKNOWN)
		v.number += number;
	return v;
}

/** The bytes at an address; nothing if there are too many terms. */
struct dlk_value dlk_terms_load(struct dlk_terms *terms, struct dlk_value address, unsigned size,
				bool is_percpu);

/** A value's bits. */
struct dlk_value dlk_terms_mask(struct dlk_terms *terms, struct dlk_value v, uint64_t mask);

#endif
