/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "code/bit_loop.h"

enum { MAX_INSNS = 48 /* of a loop */, BITS = 8 /* of a byte */, MAX_BIT = 4095 };

/* The instructions that are come to from where the CPU stands, but for those behind the lock. */
struct loop {
	struct dlk_code *code;
	const struct dlk_frame_regs *regs;
	dlk_addr_t start;
	dlk_addr_t seen[MAX_INSNS];
	uint32_t seen_count, done; /* of these the first were looked at */
	uint32_t written,
		read; /* registers: that are set, and of which the word's address is made */
	struct dlk_bit_loop found;
	bool has_lock, has_pause, is_circle;
};

static bool is_transparent(const struct loop *l, dlk_addr_t function)
{
	struct dlk_ip_text text = dlk_kernel_describe_ip(dlk_code_kernel(l->code), function);

	return text.start == function &&
	       dlk_function_matches(text.function, dlk_code_row(l->code)->transparent);
}

/* @return false if it goes where nothing can be said. */
static bool go_to(struct loop *l, dlk_addr_t at)
{
	if (!at)
		return false;
	for (uint32_t i = 0; i < l->seen_count; i++) {
		l->is_circle |= at == l->start;
		if (l->seen[i] == at)
			return true;
	}
	if (l->seen_count == MAX_INSNS)
		return false;
	l->seen[l->seen_count++] = at;
	return true;
}

static bool add_register(struct loop *l, uint8_t reg, uint8_t scale, uint64_t *sum)
{
	uint64_t value;

	if (reg == DLK_PLACE_NO_REG)
		return true;
	if (!dlk_frame_regs_get(l->regs, reg, &value))
		return false;
	l->read |= UINT32_C(1) << reg;
	*sum += value * scale;
	return true;
}

/* The number of the bit that is set. */
static bool find_bit(struct loop *l, const struct dlk_insn *insn, uint32_t *ret)
{
	uint64_t bit = (uint64_t)insn->imm, most = (uint64_t)insn->store_size * BITS - 1;

	if (insn->sets_bit) {
		bit = 0;
		most = MAX_BIT;
		if (!add_register(l, insn->from, 1, &bit))
			return false;
	}
	*ret = (uint32_t)bit;
	return bit <= most;
}

/* The bit that is set: always the same. */
static bool take_lock(struct loop *l, const struct dlk_insn *insn)
{
	const struct dlk_place *place = &insn->place;
	struct dlk_bit_loop found = { .word = (dlk_addr_t)place->offset };

	if (!insn->is_atomic || place->is_percpu || !find_bit(l, insn, &found.bit))
		return false;
	if (!add_register(l, place->base, 1, &found.word) ||
	    !add_register(l, place->index, place->scale, &found.word))
		return false;
	if (l->has_lock && (l->found.word != found.word || l->found.bit != found.bit))
		return false;
	l->found = found;
	l->has_lock = true;
	return true;
}

bool dlk_bit_lock_ways(struct dlk_code *code, dlk_addr_t at, struct dlk_bit_lock_ways *ret)
{
	const struct dlk_insn *insn = dlk_code_insn(code, at);
	dlk_addr_t on;

	if (!insn || insn->flow != DLK_FLOW_BRANCH || !insn->target ||
	    (insn->condition != DLK_IF_BELOW && insn->condition != DLK_IF_NOT_BELOW))
		return false;
	on = at + insn->size;
	*ret = insn->condition == DLK_IF_BELOW
		       ? (struct dlk_bit_lock_ways){ .was_clear = on, .was_set = insn->target }
		       : (struct dlk_bit_lock_ways){ .was_clear = insn->target, .was_set = on };
	return true;
}

/* Behind it the flag says what the bit was: where it was set the loop goes on. */
static bool follow_lock(struct loop *l, dlk_addr_t at)
{
	struct dlk_bit_lock_ways ways;

	if (!dlk_bit_lock_ways(l->code, at, &ways))
		return false;
	l->is_circle |= at == l->start;
	return go_to(l, ways.was_set);
}

/* What it does, but for where it goes on: whether that is harmless. */
static bool does_nothing(struct loop *l, const struct dlk_insn *insn)
{
	l->has_pause |= insn->is_pause;
	l->written |= insn->lost;
	if (insn->setting != DLK_SET_NOTHING)
		l->written |= UINT32_C(1) << insn->reg;
	if (insn->push || insn->pop || insn->leaves)
		return false;
	return insn->store == DLK_STORE_NOTHING ||
	       (insn->store == DLK_STORE_ADD && insn->place.is_percpu);
}

static bool look_at(struct loop *l, dlk_addr_t at)
{
	const struct dlk_insn *found = dlk_code_insn(l->code, at);
	struct dlk_insn insn;

	if (!found)
		return false;
	insn = *found; /* good until the next is asked for */
	if (insn.store == DLK_STORE_BIT_SET || insn.sets_bit)
		return insn.flow == DLK_FLOW_ON && take_lock(l, &insn) &&
		       follow_lock(l, at + insn.size);
	if (!does_nothing(l, &insn))
		return false;
	switch ((enum dlk_flow)insn.flow) {
	case DLK_FLOW_ON:
		return go_to(l, at + insn.size);
	case DLK_FLOW_JUMP:
		return go_to(l, insn.target);
	case DLK_FLOW_BRANCH:
		return go_to(l, insn.target) && go_to(l, at + insn.size);
	case DLK_FLOW_CALL:
		return insn.target && is_transparent(l, insn.target) && go_to(l, at + insn.size);
	case DLK_FLOW_RETURN:
	case DLK_FLOW_TRAP:
	case DLK_FLOW_LOST:
		break;
	}
	return false;
}

/* Whether all that is come to from an address is such a loop, and it goes through the start. */
static bool is_loop(struct loop *l, dlk_addr_t from)
{
	if (!go_to(l, from))
		return false;
	while (l->done < l->seen_count)
		if (!look_at(l, l->seen[l->done++]))
			return false;
	return l->has_lock && l->has_pause && l->is_circle && !(l->read & l->written);
}

bool dlk_bit_loop_find(struct dlk_code *code, dlk_addr_t at, const struct dlk_frame_regs *regs,
		       struct dlk_bit_loop *ret)
{
	struct dlk_bit_lock_ways ways = { .was_set = 0 };
	dlk_addr_t begin[] = { at, 0 };

	/* Right behind the lock the CPU may stand, too: then it goes on where the bit was set, or has it. */
	if (dlk_bit_lock_ways(code, at, &ways))
		begin[1] = ways.was_set;

	for (unsigned i = 0; i < sizeof(begin) / sizeof(begin[0]); i++) {
		struct loop l = { .code = code, .regs = regs, .start = at };

		if (!begin[i] || !is_loop(&l, begin[i]))
			continue;
		*ret = l.found;
		return true;
	}
	return false;
}
