/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/code/state.c: of a page and its head it is the page, which alone may be a folio. */
#include <config.h>

#include "support.h"

#include "code/state.h"

enum { SP = 7, FP = 6, PAGE = 14, HEAD = 0, OTHER = 3 };

static struct dlk_terms terms;
static const struct dlk_machine machine = { .sp = SP, .fp = FP, .terms = &terms };

static void step(struct dlk_state *s, enum dlk_setting setting, uint8_t reg, uint8_t from,
		 int64_t number)
{
	const struct dlk_insn insn = {
		.setting = (uint8_t)setting,
		.reg = reg,
		.load_size = 8,
		.from = from,
		.imm = setting == DLK_SET_LOADED ? 0 : number,
		.place = { .base = from, .index = DLK_PLACE_NO_REG, .scale = 1, .offset = number }
	};

	dlk_state_step(s, &machine, &insn);
}

/* head = page->word at offset; head += added: what compound_head() begins with. */
static void begin(struct dlk_state *s, int64_t offset, int64_t added)
{
	dlk_terms_clear(&terms);
	*s = (struct dlk_state){ .regs[PAGE] = dlk_value_entry(PAGE),
				 .regs[OTHER] = dlk_value_entry(OTHER) };
	step(s, DLK_SET_LOADED, HEAD, PAGE, offset);
	step(s, DLK_SET_COPY, HEAD, HEAD, added);
}

/* Whether that is a page's head, whichever of the two is chosen. */
static bool is_head(int64_t offset, int64_t added, uint8_t page)
{
	struct dlk_state s, other;
	struct dlk_value v;

	begin(&s, offset, added);
	other = s;
	v = s.regs[page];
	step(&s, DLK_SET_EITHER, HEAD, page, 0);     /* cmove page,head */
	step(&other, DLK_SET_EITHER, page, HEAD, 0); /* cmovne head,page */
	assert_true(dlk_value_is_same(&s.regs[HEAD], &other.regs[page]));
	assert_true(s.regs[HEAD].how == DLK_VALUE_UNKNOWN || dlk_value_is_same(&s.regs[HEAD], &v));
	return s.regs[HEAD].how != DLK_VALUE_UNKNOWN;
}

static void test_page_is_its_own_head(void **state)
{
	(void)state;
	assert_true(is_head(8, -1, PAGE));
}

static void test_what_else_may_be_is_not_known(void **state)
{
	(void)state;
	assert_false(is_head(8, 0, PAGE));    /* the word as it is */
	assert_false(is_head(8, -2, PAGE));   /* another tag */
	assert_false(is_head(256, -1, PAGE)); /* of no struct page */
	assert_false(is_head(8, -1, OTHER));  /* of another one */
}

static void test_one_value_stays(void **state)
{
	struct dlk_state s = { .regs[PAGE] = dlk_value_number(42),
			       .regs[HEAD] = dlk_value_number(42) };

	(void)state;
	step(&s, DLK_SET_EITHER, HEAD, PAGE, 0);
	assert_int_equal(s.regs[HEAD].how, DLK_VALUE_NUMBER);
	assert_int_equal(s.regs[HEAD].number, 42);
	s.regs[PAGE] = dlk_value_number(43);
	step(&s, DLK_SET_EITHER, HEAD, PAGE, 0);
	assert_int_equal(s.regs[HEAD].how, DLK_VALUE_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_page_is_its_own_head),
					    cmocka_unit_test(test_what_else_may_be_is_not_known),
					    cmocka_unit_test(test_one_value_stays) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
