/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dumps whose text is made to cost much to follow (src/code/): behind all return addresses of the tasks that wait. */
#include <config.h>

#include "victim.h"

#include "../fuzz/edges.h"

static const char *const victims[] = { "mover", "puncher" };

enum { MAX_FUNCTION = 1 << 14 };

/* Writes @p size bytes of text that is to stand at an address. */
typedef void text_fn(unsigned char *text, size_t size, dlk_addr_t at, dlk_addr_t first);

/* Noise ends soon, but never in the same way. */
static void make_noise(unsigned char *text, size_t size, dlk_addr_t at, dlk_addr_t first)
{
	uint64_t state = at - first;

	for (size_t i = 0; i < size; i++)
		text[i] = (unsigned char)fuzz_next(&state);
}

/*
 * Each word of the stack that may be the object is given to the same code again and again, with a number that is always another; that
 * code gives it to itself.
 */
static void make_calls(unsigned char *text, size_t size, dlk_addr_t at, dlk_addr_t first)
{
	enum { LEN = 5 + 5 + 5 };
	static const unsigned char keeps[] = { 0x48, 0x89, 0xfb }, /* mov %rdi,%rbx */
		again[LEN] = { 0x48, 0x89, 0xdf, 0x90, 0x90, 0xbe }, /* mov %rbx,%rdi; mov $...,%esi */
		slot[LEN] = {
			0x48, 0x8b, 0x7c, 0x24, 0, 0xbe
		}; /* mov ...(%rsp),%rdi; mov $...,%esi */
	bool is_first = at == first;
	size_t begin = is_first ? sizeof(keeps) : 0;

	memcpy(text, keeps, begin < size ? begin : 0);
	for (size_t i = begin; i + LEN <= size; i += LEN) {
		unsigned char *insn = text + i;

		memcpy(insn, is_first ? again : slot, LEN);
		if (!is_first)
			insn[4] = (unsigned char)(i / LEN % 16 * 8);
		fuzz_poke(insn + 6, 4, at + i);
		insn[10] = 0xe8; /* call */
		fuzz_poke(insn + 11, 4, first - (at + i + LEN));
	}
}

/* As many paths as there are branches, each with other values. */
static void make_branches(unsigned char *text, size_t size, dlk_addr_t at, dlk_addr_t first)
{
	static const unsigned char insns[] = { 0x48, 0xff, 0xc3,         /* inc %rbx */
					       0x75, 0x04,               /* jne over the next */
					       0x49, 0x83, 0xc4, 0x08,   /* add $8,%r12 */
					       0x4d, 0x8b, 0x6d, 0x08 }; /* mov 8(%r13),%r13 */

	(void)at;
	(void)first;
	for (size_t i = 0; i + sizeof(insns) <= size; i += sizeof(insns))
		memcpy(text + i, insns, sizeof(insns));
}

/* The text of a function from a return address on. */
static void spoil_function(struct victim *v, dlk_addr_t at, dlk_addr_t first, text_fn *make)
{
	static unsigned char text[MAX_FUNCTION];
	dlk_addr_t start = dlk_kernel_describe_ip(v->k, at).start;
	size_t size = 0;

	while (start && size < sizeof(text) &&
	       dlk_kernel_describe_ip(v->k, at + size).start == start)
		size++;
	memset(text, 0x90, size);
	make(text, size, at, first);
	victim_put(v, at, text, size);
}

/* Behind each return address of a task's stack.  The first of all is *first. */
static void spoil_task(struct victim *v, const char *comm, text_fn *make, dlk_addr_t *first)
{
	dlk_addr_t task = victim_task(v, comm);
	dlk_addr_t from = victim_symbol(v, "_stext"), to = victim_symbol(v, "_etext");
	dlk_addr_t at = victim_get(v, victim_at(v, task, "task_struct", "thread.sp"));
	dlk_addr_t end = victim_get(v, victim_at(v, task, "task_struct", "stack")) +
			 v->k->stack_size;

	for (; at < end; at += 8) {
		uint64_t word = victim_get(v, at);

		if (word < from || word >= to)
			continue;
		*first = *first ? *first : word;
		spoil_function(v, word, *first, make);
	}
}

static void run(struct meter *m, const char *what, text_fn *make)
{
	dlk_addr_t first = 0;
	struct victim v;

	victim_open(&v, m, "hugetlb-6.12");
	for (unsigned i = 0; i < sizeof(victims) / sizeof(victims[0]); i++)
		spoil_task(&v, victims[i], make, &first);
	victim_close(&v);
	meter_run(m, what, m->path);
	assert_not_denied(m);
	assert_says(m, "puncher");
}

static void test_noise(void **state)
{
	run(*state, "code of noise", make_noise);
}

static void test_calls(void **state)
{
	run(*state, "code of nothing but calls", make_calls);
}

static void test_branches(void **state)
{
	run(*state, "code of nothing but branches", make_branches);
}

int main(void)
{
	const struct CMUnitTest tests[] = { METER_TEST(test_noise), METER_TEST(test_calls),
					    METER_TEST(test_branches) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
