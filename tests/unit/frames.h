/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DLK_TESTS_FRAMES_H
#define DLK_TESTS_FRAMES_H

/**
 * @file
 * A task that sleeps in the functions of code.h, its frames told one by one from the innermost on.
 */

#include "code.h"

#include "deadlock/model.h"
#include "kernel/stack.h"

enum { FRAMES_MAX = 16, FRAMES_WORDS = 64 };

#define FRAMES_TASK (FAKE_DIRECT + 0x200000)
#define FRAMES_OBJECT (FAKE_DIRECT + 0x300000)

struct sleeper {
	struct dlk_task task;
	struct dlk_stack stack;
	struct dlk_frame frames[FRAMES_MAX];
	uint64_t words[FRAMES_WORDS];
};

/** Its registers are not known but for those that are set later. */
static inline void sleeper_begin(struct sleeper *s)
{
	dlk_addr_t sp = fake_stack_of(FRAMES_TASK) + 0x1000;

	*s = (struct sleeper){ .task = { .address = FRAMES_TASK, .is_blocked = true } };
	s->stack = (struct dlk_stack){ .task = &s->task,
				       .sp = sp,
				       .start_sp = sp,
				       .top = sp,
				       .words = s->words,
				       .frames = s->frames };
}

static inline void sleeper_push(struct sleeper *s, uint64_t word)
{
	assert_true(s->stack.word_count < FRAMES_WORDS);
	s->words[s->stack.word_count++] = word;
	s->stack.top += 8;
}

/** The address of the next word. */
static inline dlk_addr_t sleeper_sp(const struct sleeper *s)
{
	return s->stack.top;
}

/** A frame stands at a place of a function, with words on the stack up to its return address. */
static inline void sleeper_frame(struct sleeper *s, const char *function, const char *place,
				 unsigned count, const uint64_t *words)
{
	struct dlk_frame *f = &s->frames[s->stack.frame_count++];

	assert_true(s->stack.frame_count <= FRAMES_MAX);
	if (s->stack.frame_count > 1) /* where the one before returns to */
		s->words[s->stack.word_count - 1] = code_at(place);
	for (unsigned i = 0; i < count; i++)
		sleeper_push(s, words[i]);
	sleeper_push(s, 0);
	*f = (struct dlk_frame){ .ip = code_at(place),
				 .sp = s->stack.top,
				 .start = code_at(function),
				 .function = function,
				 .symbol = place,
				 .is_reliable = true };
}

#define SLEEPS_IN(s, function, place, ...)                                                         \
	sleeper_frame(s, #function, #place,                                                        \
		      sizeof((uint64_t[]){ 0, ##__VA_ARGS__ }) / sizeof(uint64_t) - 1,             \
		      (uint64_t[]){ 0, ##__VA_ARGS__ } + 1)

#define SET_REG(s, name, number) dlk_frame_regs_set(&(s)->stack.regs, DLK_X86_##name, number)

#endif
