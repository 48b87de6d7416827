/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "code/act.h"

static bool find_member(const struct dlk_act_asked *q, const struct dlk_act *act, uint64_t *ret)
{
	*ret = 0;
	if (act->member == DLK_M_NONE)
		return true;
	if (!dlk_layout_has(&q->resolver.k->layout, act->member))
		return false;
	*ret = dlk_layout_offset(&q->resolver.k->layout, act->member);
	return true;
}

/* Whether a value is the address at an offset from the object. */
static bool is_at(const struct dlk_act_asked *q, const struct dlk_value *v, uint64_t offset)
{
	struct dlk_value wanted;
	uint64_t number;

	if (q->as) {
		wanted = dlk_value_add(*q->as, offset);
		return dlk_value_is_same(v, &wanted);
	}
	return dlk_resolve(&q->resolver, *v, &number) && number == q->object + offset;
}

/* Whether a call's arguments are 0 that must be. */
static bool has_zeros(const struct dlk_walk_event *e, uint8_t zeros)
{
	for (unsigned i = 0; i < DLK_WALK_ARGS; i++)
		if ((zeros >> i & 1) &&
		    (e->args[i].how != DLK_VALUE_NUMBER || (uint32_t)e->args[i].number))
			return false;
	return true;
}

/* Whether the event is such a call, whatever it is given. */
static bool is_to(const struct dlk_act_asked *q, const struct dlk_walk_event *e,
		  const struct dlk_act *act)
{
	return !e->store && e->target && act->arg < DLK_WALK_ARGS && has_zeros(e, act->zeros) &&
	       dlk_function_is(dlk_kernel_describe_ip(q->resolver.k, e->target).function,
			       act->function);
}

/* Whether a value is the number of the bit that is asked of: an int. */
static bool is_of_bit(const struct dlk_act_asked *q, const struct dlk_value *v)
{
	uint64_t number;

	return dlk_resolve(&q->resolver, *v, &number) && (uint32_t)number == q->bit;
}

static bool is_call(const struct dlk_act_asked *q, const struct dlk_walk_event *e,
		    const struct dlk_act *act)
{
	uint64_t offset;

	if (act->bit_arg && !is_of_bit(q, &e->args[act->bit_arg - 1]))
		return false;
	if (act->arg >= DLK_WALK_ARGS || !find_member(q, act, &offset) ||
	    (!q->as && e->args[act->arg].how == DLK_VALUE_NUMBER &&
	     e->args[act->arg].number != q->object + offset))
		return false;
	return is_to(q, e, act) && is_at(q, &e->args[act->arg], offset);
}

/* Whether the word at an offset, of which a mask is changed, has the bit; of one behind the first byte that may be its own byte's. */
static bool is_masked(const struct dlk_act_asked *q, const struct dlk_walk_event *e,
		      uint64_t offset, uint32_t bit)
{
	uint64_t changed = e->store == DLK_STORE_AND ? ~(uint64_t)e->imm : (uint64_t)e->imm;

	if (bit < 64 && (changed >> bit & 1) && is_at(q, &e->place, offset))
		return true;
	return bit >= 8 && (changed >> bit % 8 & 1) && is_at(q, &e->place, offset + bit / 8);
}

/* Whether the event changes the bit as it is wanted. */
static bool is_bit(const struct dlk_act_asked *q, const struct dlk_walk_event *e,
		   const struct dlk_act *act, bool is_set)
{
	uint32_t bit = act->bit == DLK_ACT_BIT_OF_CLAIM ? q->bit : act->bit;
	bool sets = e->store == DLK_STORE_OR || e->store == DLK_STORE_BIT_SET;
	uint64_t offset;

	if (sets != is_set || !find_member(q, act, &offset))
		return false;
	if (e->store == DLK_STORE_AND || e->store == DLK_STORE_OR)
		return is_masked(q, e, offset, bit);
	if (e->store != DLK_STORE_BIT_SET && e->store != DLK_STORE_BIT_CLEAR)
		return false;
	return e->imm == bit && is_at(q, &e->place, offset);
}

static bool is_count(const struct dlk_act_asked *q, const struct dlk_walk_event *e,
		     const struct dlk_act *act, bool is_up)
{
	uint64_t counter, place;

	return e->store == DLK_STORE_ADD && e->is_percpu && e->imm == (is_up ? 1 : -1) &&
	       !dlk_kernel_read_member(q->resolver.k, q->object, act->member, &counter) &&
	       counter && dlk_resolve(&q->resolver, e->place, &place) && place == counter;
}

bool dlk_act_does(const struct dlk_act_asked *q, const struct dlk_walk_event *e,
		  const struct dlk_act *acts, bool is_taken)
{
	for (const struct dlk_act *act = acts; act->how != DLK_ACT_END; act++)
		if ((act->how == DLK_ACT_CALL && is_call(q, e, act)) ||
		    (act->how == DLK_ACT_BIT && is_bit(q, e, act, is_taken)) ||
		    (act->how == DLK_ACT_COUNT && is_count(q, e, act, is_taken)))
			return true;
	return false;
}

bool dlk_act_tries(const struct dlk_act_asked *q, const struct dlk_walk_event *e,
		   const struct dlk_act *acts)
{
	for (const struct dlk_act *act = acts; act->how != DLK_ACT_END; act++)
		if (act->is_try && act->how == DLK_ACT_CALL && is_call(q, e, act))
			return true;
	return false;
}

bool dlk_act_is_of_unknown(const struct dlk_act_asked *q, const struct dlk_walk_event *e,
			   const struct dlk_act *acts)
{
	for (const struct dlk_act *act = acts; act->how != DLK_ACT_END; act++)
		if (act->how == DLK_ACT_CALL && is_to(q, e, act) &&
		    e->args[act->arg].how == DLK_VALUE_UNKNOWN)
			return true;
	return false;
}

bool dlk_act_find_object(const struct dlk_act_asked *q, const struct dlk_walk_event *e,
			 const struct dlk_act *acts, dlk_addr_t *ret)
{
	uint64_t offset, number;

	for (const struct dlk_act *act = acts; act->how != DLK_ACT_END; act++) {
		if (act->how != DLK_ACT_CALL || act->arg >= DLK_WALK_ARGS ||
		    e->args[act->arg].how == DLK_VALUE_UNKNOWN || !is_to(q, e, act) ||
		    !find_member(q, act, &offset) ||
		    !dlk_resolve(&q->resolver, e->args[act->arg], &number))
			continue;
		*ret = number - offset;
		return true;
	}
	return false;
}
