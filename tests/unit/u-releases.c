/* SPDX-License-Identifier: GPL-2.0-or-later */
/* src/code/releases.c: what the frames of a stack pass to functions that release, told from their code. */
#include <config.h>

#include "support.h"

#include "code/releases.h"
#include "locks/acts.h"

enum {
	INNER = 0x1000, /* offsets of functions in the image */
	OUTER = 0x1100,
	WAIT = 0x1200,
	FOLIO_UNLOCK = 0x1300,
	MUTEX_UNLOCK = 0x1400,
	UP_READ = 0x1500,
	STACK = 0x8000
};

#define TEXT(offset) (FAKE_IMAGE + (offset))
#define FOLIO 0xffffea0000123440u
#define MUTEX 0xffff888000456780u

enum { OF_FOLIO, OF_MUTEX, OF_RWSEM, RULES };

struct code {
	unsigned char bytes[64];
	size_t len;
};

static void emit(struct code *c, const char *bytes, size_t len)
{
	memcpy(c->bytes + c->len, bytes, len);
	c->len += len;
}

#define EMIT(c, bytes) emit(c, bytes, sizeof(bytes) - 1)

/* call, or jmp (0xe9), from the function at an offset. */
static void go(struct code *c, unsigned char opcode, uint32_t function, uint32_t target)
{
	uint32_t away = target - (function + (uint32_t)c->len + 5);

	c->bytes[c->len] = opcode;
	memcpy(c->bytes + c->len + 1, &away, sizeof(away));
	c->len += 5;
}

/* wait(), with its caller's rbx on the stack.  @return Where it stands. */
static dlk_addr_t write_inner(struct fake *f)
{
	struct code c = { .len = 0 };
	size_t at;

	EMIT(&c, "\x53"); /* push %rbx */
	go(&c, 0xe8, INNER, WAIT);
	at = c.len;
	EMIT(&c, "\x5b\xc3"); /* pop %rbx; ret */
	fake_write(f, TEXT(INNER), c.bytes, c.len);
	fake_symbol(f, "inner", TEXT(INNER), c.len);
	return TEXT(INNER) + at;
}

/*
 * inner(); folio_unlock(rbx); then, on one path, mutex_unlock(8(rsp)); up_read(rax), which is what a call has
 * returned; at last folio_unlock(rbx) by a jump.
 */
static dlk_addr_t write_outer(struct fake *f)
{
	struct code c = { .len = 0 };
	size_t at;

	EMIT(&c, "\x90"); /* nop */
	go(&c, 0xe8, OUTER, INNER);
	at = c.len;
	EMIT(&c, "\x48\x89\xdf"); /* mov %rbx,%rdi */
	go(&c, 0xe8, OUTER, FOLIO_UNLOCK);
	EMIT(&c, "\x85\xc0\x74\x0a");     /* test %eax,%eax; je over the next two */
	EMIT(&c, "\x48\x8b\x7c\x24\x08"); /* mov 8(%rsp),%rdi */
	go(&c, 0xe8, OUTER, MUTEX_UNLOCK);
	EMIT(&c, "\x48\x89\xc7"); /* mov %rax,%rdi */
	go(&c, 0xe8, OUTER, UP_READ);
	EMIT(&c, "\x48\x89\xdf");
	go(&c, 0xe9, OUTER, FOLIO_UNLOCK);
	fake_write(f, TEXT(OUTER), c.bytes, c.len);
	fake_symbol(f, "outer", TEXT(OUTER), c.len);
	return TEXT(OUTER) + at;
}

struct world {
	struct dlk_task task;
	uint64_t words[8];
	struct dlk_frame frames[2];
	struct dlk_stack stack;
	const struct dlk_act_rules *rules[RULES];
};

/* inner() sleeps, which outer() has called, with the folio in rbx and the mutex on its stack. */
static void make_world(struct fake *f, struct world *w)
{
	dlk_addr_t stack = FAKE_DIRECT + STACK;

	*w = (struct world){ .task = { .address = FAKE_DIRECT + 0x20000 } };
	fake_types_of_a_kernel(f);
	fake_symbol(f, "wait", TEXT(WAIT), 16);
	fake_symbol(f, "folio_unlock", TEXT(FOLIO_UNLOCK), 16);
	fake_symbol(f, "mutex_unlock", TEXT(MUTEX_UNLOCK), 16);
	fake_symbol(f, "up_read", TEXT(UP_READ), 16);
	w->frames[0] = (struct dlk_frame){
		.ip = write_inner(f), .sp = stack + 16, .start = TEXT(INNER), .is_reliable = true
	};
	w->frames[1] = (struct dlk_frame){
		.ip = write_outer(f), .sp = stack + 48, .start = TEXT(OUTER), .is_reliable = true
	};
	w->words[0] = FOLIO;
	w->words[1] = w->frames[1].ip;
	w->words[3] = MUTEX;
	w->stack = (struct dlk_stack){ .task = &w->task,
				       .sp = stack,
				       .start_sp = stack,
				       .top = stack + sizeof(w->words),
				       .words = w->words,
				       .word_count = 8,
				       .frames = w->frames,
				       .frame_count = 2 };
	w->rules[OF_FOLIO] = dlk_acts_of(DLK_KIND_FOLIO);
	w->rules[OF_MUTEX] = dlk_acts_of(DLK_KIND_MUTEX);
	w->rules[OF_RWSEM] = dlk_acts_of(DLK_KIND_RWSEM);
	fake_kernel(f);
}

static uint32_t list(struct fake *f, struct world *w, struct dlk_released *ret)
{
	struct dlk_releases *r;
	struct dlk_code *code;
	uint32_t count = 99;

	assert_int_equal(dlk_code_open(&f->k, &code), DLK_OK);
	assert_int_equal(dlk_releases_open(code, &r), DLK_OK);
	assert_int_equal(dlk_releases_list(r, &w->stack, w->rules, RULES, ret, &count), DLK_OK);
	return count;
}

static void test_what_is_released_on_any_path(void **state)
{
	struct dlk_released found[DLK_MAX_RELEASES];
	struct world w;

	make_world(*state, &w);
	assert_int_equal(list(*state, &w, found),
			 2); /* the folio once; of up_read() it is not known */
	for (unsigned i = 0; i < 2; i++)
		assert_true((found[i].rules == OF_FOLIO && found[i].object == FOLIO) ||
			    (found[i].rules == OF_MUTEX && found[i].object == MUTEX));
	assert_int_not_equal(found[0].rules, found[1].rules);
}

static void test_only_by_rules_that_are_asked(void **state)
{
	struct dlk_released found[DLK_MAX_RELEASES];
	struct world w;

	make_world(*state, &w);
	w.rules[OF_FOLIO] = NULL;
	assert_int_equal(list(*state, &w, found), 1);
	assert_int_equal(found[0].rules, OF_MUTEX);
}

static void test_what_is_guessed_is_not_read(void **state)
{
	struct dlk_released found[DLK_MAX_RELEASES];
	struct world w;

	make_world(*state, &w);
	w.frames[1].is_reliable = false;
	assert_int_equal(list(*state, &w, found), 0);
}

static void test_text_that_is_missing(void **state)
{
	struct dlk_released found[DLK_MAX_RELEASES];
	struct world w;

	make_world(*state, &w);
	fake_drop(*state, TEXT(INNER));
	fake_forget(*state);
	assert_int_equal(list(*state, &w, found), 0);
}

static void test_without_words(void **state)
{
	struct dlk_released found[DLK_MAX_RELEASES];
	struct world w;

	make_world(*state, &w);
	w.stack.words = NULL;
	assert_int_equal(list(*state, &w, found), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { FAKE_TEST(test_what_is_released_on_any_path),
					    FAKE_TEST(test_only_by_rules_that_are_asked),
					    FAKE_TEST(test_what_is_guessed_is_not_read),
					    FAKE_TEST(test_text_that_is_missing),
					    FAKE_TEST(test_without_words) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
