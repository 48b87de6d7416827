/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "code/condition.h"

enum { BITS = 8 };

static uint64_t cut(uint64_t number, unsigned width)
{
	return width < sizeof(number) ? number & ((UINT64_C(1) << width * BITS) - 1) : number;
}

static bool is_negative(uint64_t number, unsigned width)
{
	return number >> (width * BITS - 1) & 1;
}

/* With sign: to turn the sign's bit round makes an order without. */
static bool is_less(uint64_t a, uint64_t b, unsigned width)
{
	uint64_t sign = UINT64_C(1) << (width * BITS - 1);

	return (a ^ sign) < (b ^ sign);
}

/* The condition of a pair that is even, of a - b. */
static bool is_met(unsigned condition, uint64_t a, uint64_t b, unsigned width, bool *ret)
{
	switch (condition) {
	case DLK_IF_EQUAL:
		*ret = a == b;
		return true;
	case DLK_IF_BELOW:
		*ret = a < b;
		return true;
	case DLK_IF_BELOW_OR_EQUAL:
		*ret = a <= b;
		return true;
	case DLK_IF_LESS:
		*ret = is_less(a, b, width);
		return true;
	case DLK_IF_LESS_OR_EQUAL:
		*ret = !is_less(b, a, width);
		return true;
	case DLK_IF_NEGATIVE:
		*ret = is_negative(cut(a - b, width), width);
		return true;
	default:
		return false;
	}
}

bool dlk_condition_is_met(const struct dlk_flags *flags, const uint64_t numbers[2],
			  unsigned condition, bool *ret)
{
	unsigned even = condition & ~1U, width = flags->width;
	uint64_t a, b;

	if (!width || width > sizeof(a))
		return false;
	a = cut(numbers[0], width);
	b = cut(numbers[1], width);
	switch (flags->how) {
	case DLK_FLAGS_COMPARED:
		break;
	case DLK_FLAGS_TESTED: /* as compared with 0: there is neither carry nor overflow */
		a &= b;
		b = 0;
		break;
	case DLK_FLAGS_BIT:
		if (even != DLK_IF_BELOW || b >= (uint64_t)width * BITS)
			return false;
		a = !(a >> b & 1); /* below 1, if it is set */
		b = 1;
		break;
	default:
		return false;
	}
	if (!is_met(even, a, b, width, ret))
		return false;
	*ret ^= condition & 1;
	return true;
}
