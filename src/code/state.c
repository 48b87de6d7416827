/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <config.h>

#include "code/state.h"

#include <string.h>

enum { WORD = 8, MAX_SPAN = 1 << 16, MAX_HEAD = 64 /* where a page has the way to its head */ };

static const struct dlk_value unknown;

static struct dlk_value get(const struct dlk_state *s, uint8_t reg)
{
	return reg < DLK_STATE_REGS ? s->regs[reg] : unknown;
}

static void set(struct dlk_state *s, uint8_t reg, struct dlk_value v)
{
	if (reg < DLK_STATE_REGS)
		s->regs[reg] = v;
}

struct dlk_value dlk_state_place(const struct dlk_state *s, const struct dlk_place *place)
{
	struct dlk_value base = place->base == DLK_PLACE_NO_REG ? dlk_value_number(0)
								: get(s, place->base);
	struct dlk_value index;

	if (place->index == DLK_PLACE_NO_REG)
		return dlk_value_add(base, (uint64_t)place->offset);
	index = get(s, place->index);
	if (index.how == DLK_VALUE_NUMBER)
		return dlk_value_add(base, index.number * place->scale + (uint64_t)place->offset);
	if (base.how == DLK_VALUE_NUMBER && place->scale == 1)
		return dlk_value_add(index, base.number + (uint64_t)place->offset);
	return unknown;
}

/* Whether an address is one of the stack's: then *ret is what slots are named by. */
static bool is_stack(const struct dlk_machine *m, const struct dlk_value *at, uint64_t *ret)
{
	*ret = at->number;
	if (at->how == DLK_VALUE_ENTRY)
		return at->reg == m->sp;
	return at->how == DLK_VALUE_NUMBER && at->number >= m->stack_start &&
	       at->number < m->stack_end;
}

static uint8_t find(const struct dlk_state *s, uint64_t at)
{
	uint8_t i = 0;

	while (i < s->slot_count && s->slots[i].at < at)
		i++;
	return i;
}

static void put(struct dlk_state *s, uint64_t at, struct dlk_value v)
{
	uint8_t i = find(s, at);

	if (i == s->slot_count || s->slots[i].at != at) {
		if (s->slot_count == DLK_STATE_SLOTS) {
			s->is_lossy = true;
			return;
		}
		memmove(&s->slots[i + 1], &s->slots[i],
			(size_t)(s->slot_count - i) * sizeof(s->slots[0]));
		s->slot_count++;
	}
	s->slots[i] = (struct dlk_slot){ at, v };
}

/* Nothing is known any more of the words from @p first on, so many bytes; what no slot says of them, neither. */
static void forget(struct dlk_state *s, uint64_t first, uint64_t size)
{
	for (uint8_t i = 0; i < s->slot_count; i++)
		if (s->slots[i].at - first < size)
			s->slots[i].value = unknown;
	s->is_lossy = true;
}

/* Something not known goes to [at, at + size): to all words that it touches.  Those of the caller begin at 0. */
static void spoil(struct dlk_state *s, uint64_t at, uint64_t size)
{
	uint64_t first = at & ~(uint64_t)(WORD - 1), end = at - first + size;

	if (end > (uint64_t)DLK_STATE_SLOTS * WORD)
		forget(s, first, end);
	else
		for (uint64_t i = 0; i < end; i += WORD)
			put(s, first + i, unknown);
}

static void spoil_from(struct dlk_state *s, uint64_t at)
{
	forget(s, at & ~(uint64_t)(WORD - 1), UINT64_MAX / 2);
}

/* A word of the stack. */
static struct dlk_value load_word(const struct dlk_state *s, const struct dlk_machine *m,
				  uint64_t word)
{
	uint8_t i = find(s, word);

	if (i < s->slot_count && s->slots[i].at == word)
		return s->slots[i].value;
	return s->is_lossy || !m->stack ? unknown : m->stack(m->stack_arg, word);
}

static uint64_t mask_of(unsigned size)
{
	return size < WORD ? (UINT64_C(1) << size * 8) - 1 : UINT64_MAX;
}

struct dlk_value dlk_state_load(const struct dlk_state *s, const struct dlk_machine *m,
				struct dlk_value at, unsigned size, bool is_percpu)
{
	uint64_t address;
	struct dlk_value v;
	unsigned part;

	if (is_percpu || !is_stack(m, &at, &address))
		return dlk_terms_load(m->terms, at, size, is_percpu);
	part = address % WORD;
	if (part + size > WORD)
		return unknown;
	v = load_word(s, m, address - part);
	if (part && v.how != DLK_VALUE_NUMBER)
		return unknown;
	v.number >>= part * 8;
	return dlk_terms_mask(m->terms, v, mask_of(size));
}

/* imm bytes, so often as a register says: if that is known, and not too many, no word behind them is lost. */
static void spoil_repeated(struct dlk_state *s, uint64_t at, const struct dlk_insn *insn)
{
	struct dlk_value count = get(s, insn->from);
	uint64_t width = (uint64_t)insn->imm;

	if (count.how == DLK_VALUE_NUMBER && width && count.number <= MAX_SPAN / width)
		spoil(s, at, count.number * width);
	else
		spoil_from(s, at);
}

/* What of a word is written becomes known only where the rest of it is, and both are numbers. */
static void put_part(struct dlk_state *s, const struct dlk_machine *m, uint64_t at, unsigned size,
		     struct dlk_value v)
{
	unsigned part = at % WORD;
	struct dlk_value old;
	uint64_t mask;

	if (part + size > WORD) {
		spoil(s, at, size);
		return;
	}
	if (size < WORD) {
		old = load_word(s, m, at - part);
		mask = mask_of(size) << part * 8;
		v = old.how == DLK_VALUE_NUMBER && v.how == DLK_VALUE_NUMBER
			    ? dlk_value_number((old.number & ~mask) |
					       ((v.number << part * 8) & mask))
			    : unknown;
	}
	put(s, at - part, v);
}

static void store(struct dlk_state *s, const struct dlk_machine *m, const struct dlk_insn *insn)
{
	struct dlk_value at = dlk_state_place(s, &insn->place);
	uint64_t address;

	if (insn->place.is_percpu || !is_stack(m, &at, &address))
		return;
	if (insn->store_size == DLK_STORE_UNBOUNDED)
		spoil_repeated(s, address, insn);
	else if (insn->store == DLK_STORE_REG)
		put_part(s, m, address, insn->store_size, get(s, insn->from));
	else if (insn->store == DLK_STORE_NUMBER)
		put_part(s, m, address, insn->store_size, dlk_value_number((uint64_t)insn->imm));
	else
		spoil(s, address, insn->store_size);
}

static struct dlk_value operand(const struct dlk_state *s, const struct dlk_machine *m,
				const struct dlk_insn *insn, unsigned i)
{
	switch (insn->operands[i]) {
	case DLK_OPERAND_NUMBER:
		return dlk_value_number((uint64_t)insn->imm);
	case DLK_OPERAND_PLACE:
		return dlk_state_load(s, m, dlk_state_place(s, &insn->place), insn->width,
				      insn->place.is_percpu);
	default:
		return get(s, insn->operands[i]);
	}
}

void dlk_state_forget_flags(struct dlk_state *s)
{
	s->flags = (struct dlk_flags){ 0 };
}

static void set_flags(struct dlk_state *s, const struct dlk_machine *m, const struct dlk_insn *insn)
{
	if (insn->flags == DLK_FLAGS_KEPT)
		return;
	dlk_state_forget_flags(s);
	if (insn->flags == DLK_FLAGS_LOST)
		return;
	s->flags.of[0] = operand(s, m, insn, 0);
	s->flags.of[1] = operand(s, m, insn, 1);
	if (s->flags.of[0].how == DLK_VALUE_UNKNOWN || s->flags.of[1].how == DLK_VALUE_UNKNOWN)
		return;
	s->flags.how = insn->flags;
	s->flags.width = insn->width;
}

/* Whether a value is the word that stands behind another one, less its tag. */
static bool is_led_to(const struct dlk_machine *m, const struct dlk_value *v,
		      const struct dlk_value *from)
{
	const struct dlk_term *t;
	struct dlk_value at;

	if (v->how != DLK_VALUE_TERM || v->number != (uint64_t)-1)
		return false;
	t = &m->terms->terms[v->term];
	if (t->how != DLK_TERM_LOADED)
		return false;
	at = t->of;
	at.number -= from->number;
	return at.number <= MAX_HEAD && at.how == from->how && at.reg == from->reg &&
	       (at.how == DLK_VALUE_NUMBER || at.term == from->term);
}

/*
 * One of two values.  A page, or what a tagged word of it leads to, is its head (compound_head() of
 * include/linux/page-flags.h): of one that is a head, and such is all that has a lock, the page itself.
 */
static struct dlk_value either(const struct dlk_machine *m, struct dlk_value a, struct dlk_value b)
{
	if (dlk_value_is_same(&a, &b) || is_led_to(m, &b, &a))
		return a;
	return is_led_to(m, &a, &b) ? b : unknown;
}

static struct dlk_value setting(const struct dlk_state *s, const struct dlk_machine *m,
				const struct dlk_insn *insn)
{
	struct dlk_value v = get(s, insn->from);

	switch (insn->setting) {
	case DLK_SET_NUMBER:
		return dlk_value_number((uint64_t)insn->imm);
	case DLK_SET_COPY:
		return dlk_value_add(v, (uint64_t)insn->imm);
	case DLK_SET_EITHER:
		return either(m, get(s, insn->reg), v);
	case DLK_SET_MASKED:
		return dlk_terms_mask(m->terms, v, (uint64_t)insn->imm);
	case DLK_SET_ADDRESS:
		return dlk_state_place(s, &insn->place);
	case DLK_SET_LOADED:
		return dlk_state_load(s, m, dlk_state_place(s, &insn->place), insn->load_size,
				      insn->place.is_percpu);
	default:
		return unknown;
	}
}

void dlk_state_step(struct dlk_state *s, const struct dlk_machine *m, const struct dlk_insn *insn)
{
	struct dlk_value v;

	if (insn->leaves)
		set(s, m->sp, get(s, m->fp));
	if (insn->push)
		set(s, m->sp, dlk_value_add(get(s, m->sp), (uint64_t)(int64_t)insn->push));
	set_flags(s, m, insn);
	if (insn->store != DLK_STORE_NOTHING)
		store(s, m, insn);
	v = setting(s, m, insn);
	for (unsigned reg = 0; insn->lost >> reg && reg < DLK_STATE_REGS; reg++)
		if (insn->lost >> reg & 1)
			s->regs[reg] = unknown;
	if (insn->pop)
		set(s, m->sp, dlk_value_add(get(s, m->sp), (uint64_t)insn->pop));
	if (insn->setting != DLK_SET_NOTHING)
		set(s, insn->reg, v);
}

void dlk_state_call(struct dlk_state *s, const struct dlk_machine *m, uint32_t kept,
		    const uint8_t *args, unsigned arg_count)
{
	uint64_t address;

	for (unsigned i = 0; i < arg_count; i++) {
		struct dlk_value v = get(s, args[i]);

		if (is_stack(m, &v, &address))
			spoil(s, address, WORD);
	}
	for (unsigned reg = 0; reg < DLK_STATE_REGS; reg++)
		if (reg != m->sp && !(kept >> reg & 1))
			s->regs[reg] = unknown;
	dlk_state_forget_flags(s);
}

bool dlk_state_is_same(const struct dlk_state *a, const struct dlk_state *b)
{
	if (a->slot_count != b->slot_count || a->is_lossy != b->is_lossy ||
	    !dlk_flags_is_same(&a->flags, &b->flags))
		return false;
	for (unsigned i = 0; i < DLK_STATE_REGS; i++)
		if (!dlk_value_is_same(&a->regs[i], &b->regs[i]))
			return false;
	for (unsigned i = 0; i < a->slot_count; i++)
		if (a->slots[i].at != b->slots[i].at ||
		    !dlk_value_is_same(&a->slots[i].value, &b->slots[i].value))
			return false;
	return true;
}

/* A slot that only one of them has written is not known. */
void dlk_state_join(struct dlk_state *s, const struct dlk_state *other)
{
	for (unsigned i = 0; i < DLK_STATE_REGS; i++)
		if (!dlk_value_is_same(&s->regs[i], &other->regs[i]))
			s->regs[i] = unknown;
	for (uint8_t i = 0; i < s->slot_count; i++) {
		uint8_t j = find(other, s->slots[i].at);

		if (j == other->slot_count || other->slots[j].at != s->slots[i].at ||
		    !dlk_value_is_same(&s->slots[i].value, &other->slots[j].value))
			s->slots[i].value = unknown;
	}
	for (uint8_t j = 0; j < other->slot_count; j++) {
		uint8_t i = find(s, other->slots[j].at);

		if (i == s->slot_count || s->slots[i].at != other->slots[j].at)
			put(s, other->slots[j].at, unknown);
	}
	if (!dlk_flags_is_same(&s->flags, &other->flags))
		dlk_state_forget_flags(s);
	s->is_lossy |= other->is_lossy;
}
